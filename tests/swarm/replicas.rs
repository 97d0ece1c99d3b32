//! The reference for what replicas hold: a map of histories. For each copy (a replica's own, or one that a stand-in keeps for it) every
//! version it was given, in order, and how many of them are on disk; nothing else. What it holds for a key is the largest version since it
//! last gave the key up; a crash takes the history back to the disk. It judges by the rules alone, not by switches that break them.

mod rotten;
mod versions;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use drift::engine::base::{Endpoint, Micros, NodeId};
use drift::engine::data::{Clock, Key, Payload, Row, Version};
use drift::engine::node::sweeps::{Say, SessionId};
use drift::engine::node::{Body, Message, Method, Note, Timer, Tombstones, Traffic};
use drift::engine::world::{Event, EventKind, Fault, Status, World};

use crate::hints::outlived;
use crate::rules::Rules;

/// Where a version stands among others of its key under last write wins: time, then tombstone, then bytes, then maker.
pub fn rank(version: &Version) -> (u64, bool, &[u8], u32) {
    let Clock::Stamp(stamp) = version.clock;
    match &version.payload {
        Payload::Value(bytes) | Payload::Summed(bytes, _) => (stamp.micros, false, bytes, stamp.node.0),
        Payload::Tombstone => (stamp.micros, true, &[], stamp.node.0),
    }
}

/// The one version of a row.
pub fn only(row: &Row) -> &Version {
    &row.versions()[0]
}

/// Whose copy at which node: its own if nobody is named.
type Seat = (NodeId, Option<NodeId>);

/// One copy's history.
#[derive(Default, Clone)]
struct Copy {
    /// What came, or `None` where the key was given up.
    past: Vec<(Key, Option<Version>)>,
    /// Places in it of what rotted without its checksum.
    misfits: BTreeSet<usize>,
    /// How much of it is on disk.
    disk: usize,
}

impl Copy {
    fn holds(&self, key: &Key) -> Option<&Version> {
        self.past.iter().rev().find(|(k, _)| k == key).and_then(|(_, v)| v.as_ref())
    }

    fn has_had(&self, key: &Key, version: &Version, on_disk: bool) -> bool {
        let known = if on_disk { &self.past[..self.disk] } else { &self.past };
        known.iter().any(|(k, v)| k == key && v.as_ref().is_some_and(|v| rank(v) >= rank(version)))
    }

    fn keys(&self) -> BTreeSet<&Key> {
        self.past.iter().map(|(key, _)| key).collect()
    }
}

/// A handoff under way: its round, and what was sent in it and is not acknowledged.
#[derive(Default)]
struct Handoff {
    round: u32,
    sent: BTreeMap<Key, Version>,
}

/// The reference for all replicas.
#[derive(Default)]
pub struct Replicas {
    copies: BTreeMap<Seat, Copy>,
    /// When what is not on disk must be there, by node.
    due: BTreeMap<NodeId, Micros>,
    last_stamp: BTreeMap<NodeId, u64>,
    backups: BTreeMap<NodeId, Vec<(Seat, Copy)>>,
    handoffs: BTreeMap<(NodeId, NodeId), Handoff>,
    /// Every version ever made, and the number of its event once it has been seen.
    made: BTreeMap<(Key, Version), Option<Row>>,
    /// The newest delete that a node has forgotten because everybody had seen it.
    forgot: BTreeMap<NodeId, u64>,
    /// The keys of operations, by number.
    keys: BTreeMap<u32, Key>,
    /// What a copy was given for an operation, until it acknowledges it: by a write, or by a repair.
    owed: BTreeMap<(u32, u8, Seat, bool), (Key, Version)>,
    /// What an owner was handed: by whom, in which round.
    handed: BTreeMap<(NodeId, NodeId, Key, u32), Version>,
    touched: BTreeSet<(Seat, Key)>,
    /// Nodes remember more than rows: a sync may be due for that alone.
    remembers: bool,
    /// The longest that anything has ever been allowed to wait for the disk.
    longest: Micros,
    /// Sweeps whose rows come from logs.
    ships: BTreeSet<SessionId>,
}

impl Replicas {
    /// Whether a replica's own copy is this row at present, and not a tombstone that counts as gone.
    pub fn shows_row(&self, node: NodeId, key: &Key, row: &Row, shown: u64, rules: &Rules) -> bool {
        self.copies.get(&(node, None)).and_then(|copy| copy.holds(key)) == Some(only(row)) && !forgotten(row, shown, rules)
    }

    /// What a replica's own copy is at present.
    pub fn row_of(&self, node: NodeId, key: &Key) -> Option<Row> {
        self.copies.get(&(node, None)).and_then(|copy| copy.holds(key)).map(|version| self.row(key, version))
    }

    /// The first key of those meant that two replicas hold different rows for.
    pub fn torn(&self, a: NodeId, b: NodeId, meant: impl Fn(&Key) -> bool) -> Option<Key> {
        let keys = [a, b].into_iter().filter_map(|node| self.copies.get(&(node, None))).flat_map(Copy::keys);
        keys.filter(|key| meant(key)).find(|key| self.row_of(a, key) != self.row_of(b, key)).cloned()
    }

    /// Whether a replica has had this version or a newer one, and has it on disk.
    pub fn has_had(&self, node: NodeId, key: &Key, version: &Version, on_disk: bool) -> bool {
        self.copies.get(&(node, None)).is_some_and(|copy| copy.has_had(key, version, on_disk))
    }

    /// Follows one event.
    pub fn see(&mut self, event: &Event, world: &World, rules: &Rules) -> Result<(), String> {
        let node = event.who.and_then(Endpoint::node);
        self.remembers |= rules.all.sweeps.log_policy().is_some() || rules.all.sweeps.numbers_events();
        self.longest = self.longest.max(rules.lazy_sync.unwrap_or_default());
        match (&event.kind, node) {
            (EventKind::Began { request, .. }, _) => {
                self.keys.extend(event.op.map(|op| (op.number, request.key.clone())));
                Ok(())
            }
            (EventKind::Note(Note::SweepRead { key, .. }), _) => {
                self.keys.extend(event.op.map(|op| (op.number, key.clone())));
                Ok(())
            }
            (EventKind::Note(Note::Stamped { key, version }), Some(node)) => self.stamped(node, key, version),
            (EventKind::Note(Note::HandoffStopped { owner, .. }), Some(node)) => {
                self.handoffs.remove(&(node, *owner));
                Ok(())
            }
            (EventKind::Delivered(message), Some(node)) => self.delivered(node, message, event.at, world, rules),
            (EventKind::Sent(message), Some(node)) => self.said(node, message, event.at, world, rules),
            (EventKind::Applied(applied), Some(node)) if applied.stands_for.is_none() && applied.given.is_deleted() => {
                self.unburied(node, &applied.key, &applied.given);
                self.given((node, None), &applied.key, &applied.given, event.at, rules)
            }
            // What a sweep brought is judged by `sweeps`: that it was offered, and held by whom it came from.
            (EventKind::Applied(applied), Some(node)) if applied.by == Traffic::Tree => {
                self.given((node, None), &applied.key, &applied.given, event.at, rules)
            }
            (EventKind::Applied(applied), Some(node)) if applied.by == Traffic::Repair && applied.op.is_none() => {
                self.given((node, None), &applied.key, &applied.given, event.at, rules)
            }
            (EventKind::Note(Note::CleanedUp { rows }), Some(node)) => self.cleaned(node, *rows, world),
            (EventKind::Removed(removed), Some(node)) => self.removed(node, removed, event.at, world, rules),
            // Also before it is due: a repair that sets rows aside has them on disk first.
            (EventKind::Note(Note::Synced { .. }), Some(node)) => {
                self.of(node).for_each(|copy| copy.disk = copy.past.len());
                Ok(())
            }
            (EventKind::Timer(Timer::Sync), Some(node)) => {
                self.of(node).for_each(|copy| copy.disk = copy.past.len());
                let due = self.due.remove(&node);
                if self.remembers || due.is_some_and(|due| due <= event.at) {
                    Ok(())
                } else {
                    Err(format!("{node} syncs at the wrong time: {due:?}"))
                }
            }
            (EventKind::Fault(fault), node) => self.fault(fault, node, world),
            _ => Ok(()),
        }
    }

    fn of(&mut self, node: NodeId) -> impl Iterator<Item = &mut Copy> {
        self.copies.iter_mut().filter(move |((at, _), _)| *at == node).map(|(_, copy)| copy)
    }

    fn fault(&mut self, fault: &Fault, node: Option<NodeId>, world: &World) -> Result<(), String> {
        match (fault, node) {
            (Fault::Crashed { lost }, Some(node)) => return self.crashed(node, *lost),
            (Fault::Wiped { .. }, Some(node)) => self.replace(node, Vec::new()),
            (Fault::BackedUp { .. }, Some(node)) => {
                let disk = |copy: &Copy| Copy { past: copy.past[..copy.disk].to_vec(), disk: copy.disk, misfits: copy.misfits.clone() };
                let own = self.copies.iter().filter(|((at, _), _)| *at == node);
                let saved = own.map(|(seat, copy)| (*seat, disk(copy))).collect();
                self.backups.insert(node, saved);
            }
            (Fault::Restored { .. }, Some(node)) => {
                let saved = self.backups.get(&node).cloned().ok_or("restored without a backup")?;
                self.replace(node, saved);
            }
            (Fault::Rotted(rotted), Some(node)) => self.rotted(node, rotted),
            (Fault::Preloaded { .. }, _) => return self.preloaded(world),
            _ => {}
        }
        Ok(())
    }

    /// A node has another disk from here on.
    fn replace(&mut self, node: NodeId, copies: Vec<(Seat, Copy)>) {
        let all = self.copies.iter().filter(|((at, _), _)| *at == node);
        self.touched.extend(all.flat_map(|(seat, copy)| copy.keys().into_iter().map(|key| (*seat, key.clone()))));
        self.copies.retain(|(at, _), _| *at != node);
        for (seat, copy) in copies {
            self.touched.extend(copy.keys().into_iter().map(|key| (seat, key.clone())));
            self.copies.insert(seat, copy);
        }
        self.forget(node);
    }

    fn forget(&mut self, node: NodeId) {
        self.due.remove(&node);
        self.handoffs.retain(|(at, _), _| *at != node);
    }

    fn stamped(&mut self, node: NodeId, key: &Key, version: &Version) -> Result<(), String> {
        let Clock::Stamp(stamp) = version.clock;
        let last = self.last_stamp.entry(node).or_default();
        if stamp.node != node || stamp.micros <= *last {
            return Err(format!("{node} stamped {version:?} after {last}"));
        }
        *last = stamp.micros;
        self.made.insert((key.clone(), version.clone()), None);
        Ok(())
    }

    fn delivered(&mut self, node: NodeId, message: &Message, now: Micros, world: &World, rules: &Rules) -> Result<(), String> {
        let owner = message.owner.filter(|owner| *owner != node);
        let late = rules.all.write.drop_late && now.since(message.sent_at) > rules.write_timeout;
        let (seat, key, row) = match &message.body {
            Body::Write { .. } | Body::Relay { .. } | Body::Passed { .. } if late => return Ok(()),
            Body::Write { key, row } | Body::Relay { key, row, .. } | Body::Passed { key, row, .. } | Body::Repair { key, row } => {
                ((node, owner), key, row)
            }
            Body::Handoff { key, row, round } => {
                if let Some(from) = message.from.node() {
                    self.handed.insert((from, node, key.clone(), *round), only(row).clone());
                }
                ((node, None), key, row)
            }
            Body::HandoffAck { key, round } => {
                self.handed_back(node, message.from.node(), key, *round);
                return Ok(());
            }
            // Too old by the receiver's clock: it must not take it.
            Body::Hint { hint, .. } if outlived(hint, shows(world, node, now), rules) => return Ok(()),
            Body::Hint { hint, .. } => ((node, None), &hint.key, &hint.row),
            _ => return Ok(()),
        };
        if let Some(op) = message.op {
            let repair = matches!(message.body, Body::Repair { .. });
            self.owed.insert((op.number, op.attempt, (node, message.owner), repair), (key.clone(), only(row).clone()));
        }
        self.given(seat, key, row, now, rules)
    }

    /// A copy was given a row: it must have been made, and the larger version counts from now on.
    fn given(&mut self, seat: Seat, key: &Key, row: &Row, now: Micros, rules: &Rules) -> Result<(), String> {
        let version = only(row);
        if row.versions().len() != 1 || !self.was_made(key, version) {
            return Err(format!("{} was given a version of {key} that nobody made: {row:?}", seat.0));
        }
        let known = self.made.entry((key.clone(), version.clone())).or_default().get_or_insert_with(|| row.clone());
        if known != row {
            return Err(format!("{} was given a version of {key} as another event: {row:?}, not {known:?}", seat.0));
        }
        let copy = self.copies.entry(seat).or_default();
        let news = copy.holds(key).is_none_or(|held| rank(held) < rank(version));
        if news {
            copy.past.push((key.clone(), Some(version.clone())));
        }
        self.kept(seat, key, news, now, rules);
        Ok(())
    }

    /// A copy was given something: what of it is on disk.
    fn kept(&mut self, seat: Seat, key: &Key, news: bool, now: Micros, rules: &Rules) {
        if let Some(span) = rules.lazy_sync.filter(|_| news) {
            self.due.entry(seat.0).or_insert(now.plus(span));
        }
        if rules.lazy_sync.is_none() {
            let copy = self.copies.entry(seat).or_default();
            copy.disk = copy.past.len();
        }
        self.touched.insert((seat, key.clone()));
    }

    /// An owner acknowledged: only then, and only if nothing newer has come meanwhile, may the stand-in's copy go.
    fn handed_back(&mut self, node: NodeId, from: Option<NodeId>, key: &Key, round: u32) {
        let Some(owner) = from else { return };
        let Some(handoff) = self.handoffs.get_mut(&(node, owner)).filter(|handoff| handoff.round == round) else { return };
        let Some(sent) = handoff.sent.remove(key) else { return };
        if handoff.sent.is_empty() {
            self.handoffs.remove(&(node, owner));
        }
        let copy = self.copies.entry((node, Some(owner))).or_default();
        if copy.holds(key) == Some(&sent) {
            copy.past.push((key.clone(), None));
            copy.disk = copy.past.len();
        }
        self.touched.insert(((node, Some(owner)), key.clone()));
    }

    /// What a replica says about itself must be so.
    fn said(&mut self, node: NodeId, message: &Message, now: Micros, world: &World, rules: &Rules) -> Result<(), String> {
        let seat = (node, message.owner.filter(|owner| *owner != node));
        if let Body::Sweep { session, say } = &message.body
            && let Say::Open { policy, .. } = &**say
            && policy.method == Method::Log
        {
            self.ships.insert(*session);
        }
        if let (Body::Handoff { key, row, round }, Some(owner)) = (&message.body, message.to.node()) {
            let guest = self.copies.get(&(node, Some(owner)));
            if guest.and_then(|guest| guest.holds(key)) != Some(only(row)) {
                return Err(format!("{node} hands {owner} what it does not hold for it: {row:?}"));
            }
            let handoff = self.handoffs.entry((node, owner)).or_default();
            if handoff.round != *round {
                *handoff = Handoff { round: *round, ..Handoff::default() };
            }
            handoff.sent.insert(key.clone(), only(row).clone());
            return Ok(());
        }
        if let (Body::HandoffAck { key, round }, Some(to)) = (&message.body, message.to.node()) {
            let given = self.handed.get(&(to, node, key.clone(), *round));
            let has =
                given.is_some_and(|v| self.copies.get(&(node, None)).is_some_and(|copy| copy.has_had(key, v, rules.lazy_sync.is_none())));
            return if has { Ok(()) } else { Err(format!("{node} confirms a handoff of {key} that it has not")) };
        }
        self.fits(node, message, now, world, rules)?;
        let Some(op) = message.op else { return Ok(()) };
        let nothing = Copy::default();
        let copy = self.copies.get(&seat).unwrap_or(&nothing);
        let owed = |repair: bool| self.owed.get(&(op.number, op.attempt, (node, message.owner), repair));
        let has = |repair: bool, disk: bool| owed(repair).is_some_and(|(key, version)| copy.has_had(key, version, disk));
        let row = || {
            let version = self.keys.get(&op.number).and_then(|key| copy.holds(key))?;
            let row = self.row(self.keys.get(&op.number)?, version);
            (!forgotten(&row, shows(world, node, now), rules)).then(|| Arc::new(row))
        };
        let right = match &message.body {
            Body::WriteAck => has(false, rules.lazy_sync.is_none()),
            Body::OnDisk => has(false, true),
            Body::RepairAck => has(true, rules.lazy_sync.is_none()),
            Body::Data { row: said, .. } => *said == row(),
            Body::Digest(said) => *said == rules.all.digest.of(&row()),
            _ => true,
        };
        if right { Ok(()) } else { Err(format!("{node} says what is not so: {message:?}")) }
    }

    fn crashed(&mut self, node: NodeId, lost: u32) -> Result<(), String> {
        let mut gone: BTreeSet<(Seat, Key)> = BTreeSet::new();
        for (seat, copy) in self.copies.iter_mut().filter(|((at, _), _)| *at == node) {
            gone.extend(copy.past.drain(copy.disk..).map(|(key, _)| (*seat, key)));
            copy.misfits.retain(|place| *place < copy.disk);
        }
        self.forget(node);
        if gone.len() as u32 != lost {
            return Err(format!("{node} lost {lost} keys in a crash, should be {}", gone.len()));
        }
        self.touched.extend(gone);
        Ok(())
    }

    /// Preloads are drawn, so they are taken as they are; but each key must be at its N replicas, alike, and nowhere else.
    fn preloaded(&mut self, world: &World) -> Result<(), String> {
        let mut rows: BTreeMap<Key, Vec<(NodeId, Version)>> = BTreeMap::new();
        for host in world.hosts() {
            for (key, row) in host.node.store.rows().iter() {
                rows.entry(key.clone()).or_default().push((host.node.id, only(row).clone()));
            }
        }
        for (key, copies) in rows {
            let mut wanted = world.ring().replicas(key.token(), &world.settings().replicas);
            wanted.sort_unstable();
            let at: Vec<NodeId> = copies.iter().map(|(node, _)| *node).collect();
            if at != wanted || copies.iter().any(|(_, version)| *version != copies[0].1) {
                return Err(format!("{key} was preloaded to {copies:?}, should be at {wanted:?}"));
            }
            self.made.insert((key.clone(), copies[0].1.clone()), None);
            for (node, version) in copies {
                let copy = self.copies.entry((node, None)).or_default();
                copy.past.push((key.clone(), Some(version)));
                copy.disk = copy.past.len();
            }
        }
        Ok(())
    }

    /// After a step: whatever it touched is as the reference says, and no sync is overdue.
    pub fn compare(&mut self, world: &World) -> Result<(), String> {
        for ((node, owner), key) in std::mem::take(&mut self.touched) {
            let host = world.host(node).ok_or("no such node")?;
            let row = owner.map_or_else(|| host.node.store.get(&key), |owner| host.node.guests.get(owner, &key));
            let held = row.map(|row| only(row));
            let wanted = self.copies.get(&(node, owner)).and_then(|copy| copy.holds(&key));
            if held != wanted {
                return Err(format!("{node} (for {owner:?}) holds {held:?} for {key}, should hold {wanted:?}"));
            }
        }
        // The timer may have been set before, for something that is no row, when more time was allowed.
        let more = if self.remembers { self.longest } else { Micros::ZERO };
        for host in world.hosts() {
            let overdue = self.due.get(&host.node.id).is_some_and(|due| due.plus(more) < world.now());
            if overdue && host.status == Status::Up {
                return Err(format!("{} has not brought its log to disk in time", host.node.id));
            }
        }
        Ok(())
    }

    /// At the end: every row of every store is as the reference says.
    pub fn compare_all(&self, world: &World) -> Result<(), String> {
        let mut held: BTreeMap<(Seat, &Key), &Version> = BTreeMap::new();
        for host in world.hosts() {
            let id = host.node.id;
            held.extend(host.node.store.rows().iter().map(|(key, row)| (((id, None), key), only(row))));
            for (owner, guest) in host.node.guests.all() {
                held.extend(guest.store.rows().iter().map(|(key, row)| (((id, Some(*owner)), key), only(row))));
            }
        }
        let keys = self.copies.iter().flat_map(|(seat, copy)| copy.keys().into_iter().map(move |key| (*seat, copy, key)));
        let wanted: BTreeMap<(Seat, &Key), &Version> = keys.filter_map(|(seat, copy, key)| Some(((seat, key), copy.holds(key)?))).collect();
        if held == wanted { Ok(()) } else { Err(format!("replicas hold {held:?}, should hold {wanted:?}")) }
    }
}

/// What a node's clock shows.
pub fn shows(world: &World, node: NodeId, now: Micros) -> u64 {
    world.host(node).map_or(0, |host| host.node.clock.shows(now))
}

/// Whether a row is a tombstone that counts as gone when a clock shows this.
fn forgotten(row: &Row, shown: u64, rules: &Rules) -> bool {
    let Tombstones::Purge { grace, .. } = rules.all.tombstones else { return false };
    let version = only(row);
    let Clock::Stamp(stamp) = version.clock;
    matches!(version.payload, Payload::Tombstone) && shown > stamp.micros.saturating_add(grace.0)
}
