//! What an operation costs between coordinator and replicas, beside what the other way of reading would have cost.
//!
//! What was sent is counted from the messages. What was not is measured by the engine's own size function on the rows really held.

use std::sync::Arc;

use super::quorum::extras;
use crate::engine::base::{DigestFunction, Micros, NodeId, OpId, Wire};
use crate::engine::data::{Key, Row};
use crate::engine::node::{Body, Message, Note, SecondRound, Traffic, Verb};
use crate::engine::observe::Operation;
use crate::view::format::counted;
use crate::view::glyph::Kind;
use crate::view::narrate::{Facts, Trace};

/// One bar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bar {
    /// What it is.
    pub label: String,
    /// A short name for tests and styles.
    pub id: &'static str,
    /// Whose hue it takes.
    pub kind: Kind,
    /// Bytes sent so far (or, for an alternative, all of it).
    pub solid: u64,
    /// Bytes still to come if things go as expected.
    pub more: u64,
}

impl Bar {
    /// All of it.
    pub fn total(&self) -> u64 {
        self.solid + self.more
    }
}

/// The bars of an operation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cost {
    /// From top to bottom.
    pub bars: Vec<Bar>,
    /// The longest total, which fills the width.
    pub most: u64,
    /// A word on what is not counted; empty if nothing is left out.
    pub note: String,
}

/// Size of a message of this operation between two nodes, in bytes; nothing if it does not touch the network.
fn size(op: OpId, (from, to): (NodeId, NodeId), owner: Option<NodeId>, body: Body) -> u64 {
    if from == to {
        return 0;
    }
    let message =
        Message { id: 0, from: from.into(), to: to.into(), op: Some(op), owner, cause: None, sent_at: Micros::ZERO, size: 0, body };
    u64::from(message.size())
}

/// Sizes of a read's questions and answers.
struct Read<'a> {
    op: OpId,
    via: NodeId,
    key: &'a Key,
    /// Whom it asks, and for whom these stand in.
    asked: Vec<(NodeId, Option<NodeId>)>,
    /// Those after the first so many are not asked: they are what the read leaves out.
    contacts: usize,
    rows: Vec<Option<Arc<Row>>>,
    function: DigestFunction,
}

impl Read<'_> {
    fn to(&self, i: usize, body: Body) -> u64 {
        let (node, owner) = self.asked[i];
        size(self.op, (self.via, node), owner, body)
    }

    fn from(&self, i: usize, body: Body) -> u64 {
        let (node, owner) = self.asked[i];
        size(self.op, (node, self.via), owner, body)
    }

    /// Asking for a row and getting it.
    fn whole(&self, i: usize, round: u8) -> u64 {
        self.to(i, Body::ReadData { key: self.key.clone(), round }) + self.from(i, Body::Data { row: self.rows[i].clone(), round })
    }

    fn digest(&self, i: usize) -> u64 {
        self.to(i, Body::ReadDigest { key: self.key.clone() }) + self.from(i, Body::Digest(self.function.of(&self.rows[i])))
    }

    /// Everyone asked for a whole row.
    fn full(&self) -> u64 {
        (0..self.contacts).map(|i| self.whole(i, 1)).sum()
    }

    /// Every replica asked for a whole row, also those that this read leaves out.
    fn every(&self) -> u64 {
        (0..self.asked.len()).map(|i| self.whole(i, 1)).sum()
    }

    /// One row, and digests of the others.
    fn digests(&self) -> u64 {
        self.whole(0, 1) + (1..self.contacts).map(|i| self.digest(i)).sum::<u64>()
    }

    /// The second round: rows of those that differ from the first (or of all), or of the first of the others if none does.
    fn second(&self, round: SecondRound) -> u64 {
        let first = self.function.of(&self.rows[0]);
        let mut again: Vec<usize> = match round {
            SecondRound::Everyone => (0..self.contacts).collect(),
            SecondRound::Differing => (1..self.contacts).filter(|i| self.function.of(&self.rows[*i]) != first).collect(),
        };
        if again.is_empty() {
            again.push(1);
        }
        again.into_iter().map(|i| self.whole(i, 2)).sum()
    }
}

/// Bytes sent so far between nodes for one operation, of messages that `wanted` accepts.
fn sent(trace: &Trace<'_>, wanted: impl Fn(&Body) -> bool) -> u64 {
    let between = trace.sent().filter(|(_, _, m)| m.from.node().is_some() && m.to.node().is_some() && m.from != m.to);
    between.filter(|(_, _, m)| wanted(&m.body)).map(|(_, _, m)| u64::from(m.size)).sum()
}

impl Cost {
    /// The bars of an operation; `None` before its coordinator has sent anything.
    pub fn of(facts: &Facts<'_>, operation: &Operation, trace: &Trace<'_>) -> Option<Cost> {
        let asked = trace.choice()?.asked;
        let mut bars = if operation.request.verb == Verb::Read { read(facts, operation, trace, asked)? } else { write(trace) };
        let repair = sent(trace, |b| matches!(b, Body::Repair { .. } | Body::RepairAck));
        if repair > 0 {
            bars.push(Bar { label: "repair, so far".to_owned(), id: "repair", kind: Kind::Repair, solid: repair, more: 0 });
        }
        let most = bars.iter().map(Bar::total).max().unwrap_or(0).max(1);
        let own = asked.contains(&operation.via);
        let note = if own { format!("{}'s own copy costs the network nothing.", operation.via) } else { String::new() };
        Some(Cost { bars, most, note })
    }
}

fn write(trace: &Trace<'_>) -> Vec<Bar> {
    let one = |label: &str, id, solid| Bar { label: label.to_owned(), id, kind: Kind::Write, solid, more: 0 };
    vec![
        one("rows sent", "rows", sent(trace, |b| matches!(b, Body::Write { .. }))),
        one("confirmations", "acks", sent(trace, |b| matches!(b, Body::WriteAck))),
    ]
}

/// Whom a read asks, with those who stand in marked, then the replicas that it leaves out although they are believed up.
fn parties(facts: &Facts<'_>, operation: &Operation, trace: &Trace<'_>, asked: &[NodeId]) -> (Vec<(NodeId, Option<NodeId>)>, usize) {
    let choice = trace.choice();
    let guests = match trace.last_note(|n| matches!(n, Note::StoodIn { .. })) {
        Some((_, Note::StoodIn { seats })) => &seats[..],
        _ => &[],
    };
    let owner = |node: NodeId| guests.iter().find(|g| g.node == node).and_then(|g| g.stands_for());
    let mut all: Vec<(NodeId, Option<NodeId>)> = asked.iter().map(|n| (*n, owner(*n))).collect();
    for extra in extras(trace).filter(|n| !asked.contains(n)) {
        all.push((extra, None));
    }
    let contacts = all.len();
    let at = choice.and_then(|c| facts.event(c.id)).map_or(operation.began_at, |e| e.at);
    let gone = |n: &NodeId| choice.is_some_and(|c| c.down.contains(n)) || guests.iter().any(|g| g.stands_for() == Some(*n));
    for node in facts.replicas(&operation.request.key, at) {
        if !gone(&node) && !all.iter().any(|(n, _)| *n == node) {
            all.push((node, None));
        }
    }
    (all, contacts)
}

fn read(facts: &Facts<'_>, operation: &Operation, trace: &Trace<'_>, asked: &[NodeId]) -> Option<Vec<Bar>> {
    let key = &operation.request.key;
    let world = facts.session.world();
    let row_of = |(node, _): &(NodeId, Option<NodeId>)| {
        // What it has sent is what it held then; otherwise what it holds now is what it would send.
        let told = trace.sent().filter(|(_, _, m)| m.from == (*node).into()).find_map(|(_, _, m)| match &m.body {
            Body::Data { row, .. } => Some(row.clone()),
            _ => None,
        });
        told.unwrap_or_else(|| world.host(*node).and_then(|h| h.node.store.get(key).cloned()))
    };
    let began = trace.choice().and_then(|c| facts.event(c.id)).map_or(operation.began_at, |e| e.at);
    let settings = facts.settings_at(began);
    let (all, contacts) = parties(facts, operation, trace, asked);
    let plan = Read {
        op: operation.id,
        via: operation.via,
        key,
        rows: all.iter().map(row_of).collect(),
        asked: all,
        contacts,
        function: settings.digest,
    };
    let so_far = sent(trace, |b| matches!(b, Body::ReadData { .. } | Body::Data { .. } | Body::ReadDigest { .. } | Body::Digest(_)));
    let digests = trace.sent().any(|(_, _, m)| m.body.traffic() == Traffic::Digest);
    let rows = |n: usize| counted(n as u64, "row", "rows");
    let bar = |label: String, id, kind, solid: u64, total: u64| Bar { label, id, kind, solid, more: total.saturating_sub(solid) };
    let every =
        (plan.asked.len() > contacts).then(|| bar(format!("all full: {}", rows(plan.asked.len())), "all", Kind::Read, plan.every(), 0));
    if contacts == 1 {
        let mut bars = vec![bar(format!("{}, so far", rows(1)), "full", Kind::Read, so_far, plan.full())];
        bars.extend(every);
        return Some(bars);
    }
    if !digests {
        let mut bars = vec![
            bar(format!("{}, so far", rows(contacts)), "full", Kind::Read, so_far, plan.full()),
            bar("with digests".to_owned(), "digests", Kind::Digest, plan.digests(), 0),
        ];
        bars.extend(every);
        return Some(bars);
    }
    let differ = trace.last_note(|n| matches!(n, Note::DigestsDiffer { .. })).is_some();
    let first = if differ { sent(trace, first_round) } else { so_far };
    let mismatch = plan.digests() + plan.second(settings.read.second_round);
    let again = if differ { "with mismatch" } else { "if they differ" };
    let mut bars = vec![
        bar("digests, so far".to_owned(), "digests", Kind::Digest, first, plan.digests()),
        bar(again.to_owned(), "mismatch", Kind::Digest, so_far, mismatch),
        bar(format!("no digests: {}", rows(contacts)), "full", Kind::Read, plan.full(), 0),
    ];
    bars.extend(every);
    Some(bars)
}

fn first_round(body: &Body) -> bool {
    match body {
        Body::ReadData { round, .. } | Body::Data { round, .. } => *round == 1,
        Body::ReadDigest { .. } | Body::Digest(_) => true,
        _ => false,
    }
}
