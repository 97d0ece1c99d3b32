//! The reference for sweeps: whatever the method, rows that go across are rows that the sender holds, digests are those of its rows, what is
//! taken was offered, what is confirmed was taken, two replicas that nothing else changes meanwhile hold the same when their sweep ends
//! well, nothing but the bytes said is on the bill, and no sweep is left open in the end.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use drift::engine::base::{Endpoint, NodeId, Wire};
use drift::engine::data::{Key, Row};
use drift::engine::node::sweeps::validation::{RepairSay, Share};
use drift::engine::node::sweeps::{Say, SessionId, SweepOutcome, SweepStep};
use drift::engine::node::{Body, Message, Method, Note, SweepPolicy, Sync, Tombstones, Traffic};
use drift::engine::observe::{SweepCost, Sweeps};
use drift::engine::sweep::{Items, LeafContent, TokenRange};
use drift::engine::world::{Event, EventKind, Fault, World};

use crate::replicas::{Replicas, only, shows};
use crate::rules::Rules;

/// Rows of one message of a sweep.
type Rows = Box<[(Key, Arc<Row>)]>;

/// The reference for all sweeps.
#[derive(Default)]
pub struct Comparing {
    /// How each sweep works, and over which ranges.
    opened: BTreeMap<SessionId, (SweepPolicy, Arc<[TokenRange]>)>,
    /// Sweeps that have begun and not ended.
    open: BTreeSet<SessionId>,
    /// What a node was sent last.
    offered: BTreeMap<NodeId, (SessionId, Rows)>,
    /// Sweeps at both of whose nodes nothing has changed since they began but by themselves.
    quiet: BTreeMap<SessionId, [NodeId; 2]>,
    /// Pages of rows that a node was sent and may confirm.
    pages: BTreeMap<(NodeId, Endpoint, SessionId, u32), Rows>,
    /// Repairs by whole trees.
    repairs: BTreeSet<SessionId>,
    bytes: u64,
    /// Bytes have changed by themselves: trees that do not read them may overlook it.
    rotten: bool,
    /// Bytes of reads that sweeps have made.
    read: u64,
}

impl Comparing {
    /// Follows one event, after `replicas` has.
    pub fn see(&mut self, event: &Event, replicas: &Replicas, world: &World, rules: &Rules) -> Result<(), String> {
        let Some(node) = event.who.and_then(Endpoint::node) else { return Ok(()) };
        self.told(node, event)?;
        self.stir(node, event);
        self.rotten |= matches!(event.kind, EventKind::Fault(Fault::Rotted(_)));
        match &event.kind {
            EventKind::Sent(message) => self.sent(node, message, replicas, world, rules),
            EventKind::Delivered(message) => {
                self.offered.remove(&node);
                if let Body::Sweep { session, say } = &message.body
                    && let Say::Rows { page, rows } = &**say
                {
                    self.offered.insert(node, (*session, rows.clone()));
                    self.pages.insert((node, message.from, *session, page.page), rows.clone());
                }
                Ok(())
            }
            EventKind::Applied(applied) if applied.by == Traffic::Tree => {
                let offered = self.offered.get(&node).is_some_and(|(_, rows)| rows.contains(&(applied.key.clone(), applied.given.clone())));
                if offered { Ok(()) } else { Err(format!("{node} takes from a sweep what nobody offered: {applied:?}")) }
            }
            EventKind::Note(Note::Sweep { session, step: SweepStep::Ended { outcome, .. } }) if outcome.is_good() => {
                let (policy, ranges) = self.opened.get(session).ok_or_else(|| format!("{session:?} ended well without having begun"))?;
                // Tombstones that grow too old meanwhile are one more change.
                // Trees that are kept on disk may be behind the rows, and who drives a walk through tries only pushes.
                let sees = !matches!(policy.method, Method::Segments | Method::Trie);
                // Where deletes are forgotten, the mark of one is as good as nothing.
                let sees = sees && !rules.all.sweeps.forgets_deletes();
                let whole = sees && !self.rotten && policy.tree.leaf != LeafContent::Key && rules.all.tombstones == Tombstones::Keep;
                let Some([a, b]) = self.quiet.remove(session).filter(|_| whole) else { return Ok(()) };
                let torn = replicas.torn(a, b, |key| ranges.iter().any(|range| range.holds(key.token())));
                torn.map_or(Ok(()), |key| Err(format!("the sweep of {a} and {b} ended well, yet they differ in {key}")))
            }
            EventKind::Note(Note::Sweep { step: SweepStep::Ended { outcome: SweepOutcome::Nonsense, .. }, .. }) => {
                Err(format!("{node} was told nonsense, and nobody lies"))
            }
            EventKind::Fault(Fault::Crashed { .. }) => {
                self.pages.retain(|(at, ..), _| *at != node);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// Whatever begins ends once, in one way that is named, unless its node stops before.
    fn told(&mut self, node: NodeId, event: &Event) -> Result<(), String> {
        let once = match &event.kind {
            EventKind::Note(Note::Sweep { session, step: SweepStep::Began { .. } }) => self.open.insert(*session),
            EventKind::Note(Note::Sweep { session, step: SweepStep::Ended { .. } }) => self.open.remove(session),
            EventKind::Fault(Fault::Crashed { .. } | Fault::Wiped { .. } | Fault::Restored { .. }) => {
                self.open.retain(|session| session.by != node);
                true
            }
            _ => true,
        };
        if once { Ok(()) } else { Err(format!("{node} begins or ends a sweep twice, or ends what never began: {:?}", event.kind)) }
    }

    /// Something may have changed at a node: sweeps that did not do so themselves are not alone any more.
    fn stir(&mut self, node: NodeId, event: &Event) {
        let by = match &event.kind {
            EventKind::Applied(applied) if applied.by == Traffic::Tree => self.offered.get(&node).map(|(session, _)| *session),
            EventKind::Applied(_) | EventKind::Reverted { .. } | EventKind::Removed(_) | EventKind::Fault(_) => None,
            _ => return,
        };
        self.quiet.retain(|session, pair| Some(*session) == by || !pair.contains(&node));
    }

    fn sent(&mut self, node: NodeId, message: &Message, replicas: &Replicas, world: &World, rules: &Rules) -> Result<(), String> {
        let mut bytes: Vec<u8> = Vec::new();
        message.encode(&mut bytes);
        let Body::Sweep { session, say } = &message.body else {
            // What an exchange reads is on its bill, and is no traffic of sweeps.
            if message.op.is_some_and(|op| op.is_own()) && message.from != message.to {
                self.read += bytes.len() as u64;
            }
            return Ok(());
        };
        // What a node says to itself costs nothing.
        self.bytes += if message.from == message.to { 0 } else { bytes.len() as u64 };
        let shown = shows(world, node, message.sent_at);
        match &**say {
            Say::Open { policy, ranges } => {
                self.opened.insert(*session, (*policy, ranges.clone()));
                self.quiet.extend(message.to.node().map(|to| (*session, [node, to])));
                let both = |range: &TokenRange| {
                    let replicas = world.ring().replicas(range.right, &world.settings().replicas);
                    message.to.node().is_some_and(|to| replicas.contains(&to)) && replicas.contains(&node)
                };
                let right = ranges.iter().all(both);
                if right { Ok(()) } else { Err(format!("{node} opens a sweep of what the two do not both hold: {ranges:?}")) }
            }
            Say::Repair(RepairSay::Prepare { policy, plan, .. }) => {
                self.opened.insert(*session, (*policy, plan.iter().map(|share| share.range).collect()));
                self.repairs.insert(*session);
                let right = |share: &Share| {
                    let replicas = world.ring().replicas(share.range.right, &world.settings().replicas);
                    share.holders.len() > 1 && share.holders.iter().all(|holder| replicas.contains(holder))
                };
                if plan.iter().all(right) { Ok(()) } else { Err(format!("{node} plans a repair of what is not held: {plan:?}")) }
            }
            // As they lie on disk: what has expired too.
            Say::Rows { rows, .. } if self.repairs.contains(session) => {
                let held = |key: &Key, row: &Row| replicas.row_of(node, key).as_ref() == Some(row) && self.of(*session, key);
                let alien = rows.iter().find(|(key, row)| !held(key, row));
                alien.map_or(Ok(()), |row| Err(format!("{node} sends in a repair what it does not hold: {row:?}")))
            }
            Say::Rows { rows, .. } if self.opened.get(session).is_some_and(|(policy, _)| policy.method == Method::Log) => {
                self.ships(node, *session, rows, replicas)
            }
            Say::Rows { rows, .. } => {
                let alien = rows.iter().find(|(key, row)| !replicas.shows_row(node, key, row, shown, rules) || !self.of(*session, key));
                alien.map_or(Ok(()), |row| Err(format!("{node} sends in a sweep what it does not hold: {row:?}")))
            }
            Say::Keys { entries, .. } => {
                let Some((policy, _)) = self.opened.get(session) else { return Err(format!("{session:?} was never opened")) };
                // A tree of segments says what it was told, which may be over; that costs a read and nothing else.
                if policy.method == Method::Segments {
                    return Ok(());
                }
                let mut items = Items::new(policy.tree);
                let mut so = |key: &Key, digest| replicas.row_of(node, key).is_some_and(|row| items.digest(key, &row) == digest);
                let alien = entries.iter().find(|(key, digest)| !so(key, *digest));
                alien.map_or(Ok(()), |entry| Err(format!("{node} says in a sweep what is not so: {entry:?}")))
            }
            Say::Stored { page } => {
                let synced = rules.all.sync == Sync::EveryWrite;
                let had = |(key, row): &(Key, Arc<Row>)| !self.of(*session, key) || replicas.has_had(node, key, only(row), synced);
                let rows = self
                    .pages
                    .get(&(node, message.to, *session, *page))
                    .ok_or_else(|| format!("{node} confirms a page that did not come"))?;
                if rows.iter().all(had) { Ok(()) } else { Err(format!("{node} confirms rows that it does not have: {rows:?}")) }
            }
            _ => Ok(()),
        }
    }

    /// Rows as they stood in a log: something newer may be held by now.
    fn ships(&self, node: NodeId, session: SessionId, rows: &Rows, replicas: &Replicas) -> Result<(), String> {
        let known = |key: &Key, row: &Row| replicas.has_had(node, key, only(row), false) && self.of(session, key);
        let alien = rows.iter().find(|(key, row)| !known(key, row));
        alien.map_or(Ok(()), |row| Err(format!("{node} ships what it has never had: {row:?}")))
    }

    /// Whether a key lies in the ranges of a sweep.
    fn of(&self, session: SessionId, key: &Key) -> bool {
        self.opened.get(&session).is_some_and(|(_, ranges)| ranges.iter().any(|range| range.holds(key.token())))
    }

    /// At the end, when nobody starts sweeps any more.
    pub fn over(&self, world: &World, log: &[Event]) -> Result<(), String> {
        for host in world.hosts() {
            let sweeps = &host.node.sweeps;
            let repairs = sweeps.repairs();
            if !repairs.coordinating().is_empty() || !repairs.parties().is_empty() {
                return Err(format!("{} has repairs open: {:?}", host.node.id, repairs.parties().keys()));
            }
            if !sweeps.asking().is_empty() || !sweeps.answering().is_empty() {
                return Err(format!("{} has sweeps open: {:?} {:?}", host.node.id, sweeps.asking().keys(), sweeps.answering().keys()));
            }
        }
        if !self.open.is_empty() {
            return Err(format!("sweeps have begun and not ended: {:?}", self.open));
        }
        let billed: u64 = Sweeps::of(log).costs().map(SweepCost::bytes).sum();
        let counted = world.ledger().of(Traffic::Tree).bytes;
        let same = self.bytes + self.read == billed && self.bytes == counted;
        if same { Ok(()) } else { Err(format!("{} bytes were said in sweeps, {billed} are on bills, {counted} in the ledger", self.bytes)) }
    }
}
