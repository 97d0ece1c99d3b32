//! What each sweep cost and achieved, read off the log: beside it the naive cost, and the least that any method needs.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::engine::base::{Endpoint, Micros, NodeId, OpId, Wire, log2_q32};
use crate::engine::data::{Change, PageMap};
use crate::engine::node::sweeps::validation::{RepairSay, RepairStep, parties};
use crate::engine::node::sweeps::{DotStep, LogStep, Say, SessionId, SetSay, SetStep, SweepOutcome, SweepStep, TrieSay, VersionSay};
use crate::engine::node::{Body, Message, Method, Mode, Note, Parallelism, Traffic};
use crate::engine::sweep::{LevelCount, TokenRange};
use crate::engine::world::{Event, EventKind, World};

/// The bill of one sweep.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SweepCost {
    /// Which.
    pub session: SessionId,
    /// With whom.
    pub with: NodeId,
    /// How differences were found.
    pub method: Method,
    /// What was compared.
    pub ranges: Vec<TokenRange>,
    /// When it began.
    pub began: Micros,
    /// When and how it ended for the node that started it; `None` while it goes on, and if that node died.
    pub ended: Option<(Micros, SweepOutcome)>,
    /// Rows read to make trees, on both sides.
    pub scanned: u64,
    /// Digests and hashes computed for trees, on both sides.
    pub computed: u64,
    /// Leaves of the trees of the one who started it; none if there are no trees.
    pub leaves: u64,
    /// Hashes compared, root first.
    pub levels: Vec<LevelCount>,
    /// Keys whose digests were compared.
    pub keys_compared: u64,
    /// Keys that were found to differ in any way. Where digests of rows are compared instead of keys, a row that both have in different
    /// versions counts twice.
    pub keys_differed: u64,
    /// Messages sent, lost ones included.
    pub messages: u64,
    /// Messages that never arrived.
    pub lost: u64,
    /// Questions that had to be answered one after another.
    pub round_trips: u64,
    /// Bytes of messages without rows.
    pub metadata_bytes: u64,
    /// Bytes of messages with rows.
    pub row_bytes: u64,
    /// Rows sent.
    pub rows: u64,
    /// Rows that reached a replica which had them already, or something newer.
    pub over_streamed: u64,
    /// Replicas that took part in a repair by whole trees; none in a sweep of two.
    pub parties: Vec<NodeId>,
    /// Bytes of whole trees, part of those without rows.
    pub tree_bytes: u64,
    /// Pairs of replicas whose whole trees were compared.
    pub pairs: u64,
    /// Pairs that differed.
    pub pairs_apart: u64,
    /// Whether its replicas make their trees one after another.
    in_turn: bool,
    /// Coded symbols sent.
    pub symbols: u64,
    /// The last question seen, so that the parts of a long one count once.
    asked: Option<(u8, u32)>,
}

impl SweepCost {
    fn new(session: SessionId, with: NodeId, method: Method, began: Micros) -> SweepCost {
        SweepCost {
            session,
            with,
            method,
            began,
            ranges: Vec::new(),
            ended: None,
            scanned: 0,
            computed: 0,
            leaves: 0,
            levels: Vec::new(),
            keys_compared: 0,
            keys_differed: 0,
            messages: 0,
            lost: 0,
            round_trips: 0,
            metadata_bytes: 0,
            row_bytes: 0,
            rows: 0,
            over_streamed: 0,
            parties: Vec::new(),
            tree_bytes: 0,
            pairs: 0,
            pairs_apart: 0,
            in_turn: false,
            symbols: 0,
            asked: None,
        }
    }

    /// All bytes.
    pub fn bytes(&self) -> u64 {
        self.metadata_bytes + self.row_bytes
    }

    /// Hashes compared on all levels.
    pub fn hashes_compared(&self) -> u64 {
        self.levels.iter().map(|level| level.compared).sum()
    }

    /// What it takes to send the other side every key and value of the one that started it, in bytes: the naive sweep, as things are now.
    pub fn naive_bytes(&self, world: &World) -> u64 {
        let Some(host) = world.host(self.session.by) else { return 0 };
        let rows = self.ranges.iter().flat_map(|range| range.runs()).flat_map(|(first, last)| host.node.store.between(first, last));
        rows.map(|(key, row)| u64::from(key.size() + row.size())).sum()
    }

    fn sent(&mut self, from: Endpoint, say: &Say, size: u32) {
        self.messages += 1;
        match say {
            Say::Rows { rows, .. } => {
                self.row_bytes += u64::from(size);
                self.rows += rows.len() as u64;
            }
            _ => self.metadata_bytes += u64::from(size),
        }
        match say {
            Say::Open { ranges, .. } => self.ranges = ranges.to_vec(),
            Say::Set(SetSay::Symbols { run, .. }) => self.symbols += run.symbols.len() as u64,
            Say::Repair(RepairSay::Prepare { policy, plan, .. }) => {
                self.in_turn = policy.validation.is_some_and(|how| how.order == Parallelism::Sequential);
                self.ranges = plan.iter().map(|share| share.range).collect();
                self.parties = parties(plan).into_iter().collect();
            }
            Say::Repair(RepairSay::Trees(_)) => self.tree_bytes += u64::from(size),
            _ => {}
        }
        let question = match say {
            Say::Children { level, .. } => Some((say.code(), *level)),
            Say::Open { .. } | Say::ListKeys { .. } | Say::FetchLeaves { .. } | Say::FetchRows { .. } => Some((say.code(), 0)),
            Say::Repair(told) if told.mode() == Mode::Asks => {
                let turn = matches!(told, RepairSay::Validate { .. }) && self.in_turn;
                Some((told.code() | 1 << 7, if turn { self.messages as u32 } else { 0 }))
            }
            Say::Log(log) if from == self.session.by.into() => log.question().map(|nth| (40 + log.code(), nth)),
            Say::Set(say) if from == self.session.by.into() => Some(say.question()),
            Say::Segments(say) => say.question().map(|ask| (70, ask)),
            Say::Trie(TrieSay::Get { ask, .. }) => Some((71, *ask)),
            Say::Dots(dots) if dots.is_question() => Some((60 + dots.code(), 0)),
            Say::Versions(VersionSay::Have { .. }) => Some((say.code(), 0)),
            Say::Rows { .. } if from == self.session.by.into() && self.method != Method::Validation => Some((say.code(), 0)),
            _ => None,
        };
        if question.is_some() && question != self.asked {
            self.round_trips += 1;
            self.asked = question;
        }
    }

    fn set_step(&mut self, step: SetStep) {
        match step {
            SetStep::Read { rows } => {
                self.scanned += rows;
                self.computed += rows;
            }
            SetStep::Ranges { compared, differed, listed, .. } => {
                self.keys_compared += listed;
                if compared > 0 {
                    self.levels.push(LevelCount { compared, differed });
                }
            }
            SetStep::Peeled { .. } => {}
            SetStep::Found { mine, theirs } => self.keys_differed = u64::from(mine) + u64::from(theirs),
        }
    }

    /// A message of an ordinary read that the sweep has made.
    fn read(&mut self, message: &Message) {
        self.messages += 1;
        let rows = message.body.row().is_some();
        self.rows += u64::from(rows);
        *(if rows { &mut self.row_bytes } else { &mut self.metadata_bytes }) += u64::from(message.size);
        let question = (200 + message.body.code(), message.op.map_or(0, |op| op.number));
        if message.body.mode() == Mode::Asks && self.asked != Some(question) {
            self.round_trips += 1;
            self.asked = Some(question);
        }
    }

    fn step(&mut self, at: Micros, who: NodeId, step: &SweepStep) {
        match *step {
            SweepStep::Trees { leaves, rows, computed } => {
                if who == self.session.by {
                    self.leaves = leaves;
                }
                self.scanned += rows;
                self.computed += computed;
            }
            SweepStep::Log(LogStep::Read { changes, lacked, .. }) => {
                self.keys_compared += u64::from(changes);
                self.keys_differed += u64::from(lacked);
            }
            SweepStep::Set(step) => self.set_step(step),
            SweepStep::Compared { level, count } => {
                // A level may be compared in pieces.
                self.levels.resize(self.levels.len().max(level as usize + 1), LevelCount::default());
                self.levels[level as usize].compared += count.compared;
                self.levels[level as usize].differed += count.differed;
            }
            SweepStep::Dots(DotStep::Missing { events, lacked }) => {
                self.keys_compared += u64::from(events);
                self.keys_differed += u64::from(lacked);
            }
            SweepStep::KeysCompared { compared, only_mine, only_theirs, differ } => {
                self.keys_compared += compared + u64::from(only_mine) + u64::from(only_theirs);
                self.keys_differed += u64::from(only_mine) + u64::from(only_theirs) + u64::from(differ);
            }
            SweepStep::Ended { outcome, .. } if who == self.session.by => self.ended = Some((at, outcome)),
            SweepStep::Repair(RepairStep::Pair { ranges, .. }) => {
                self.pairs += 1;
                self.pairs_apart += u64::from(ranges > 0);
            }
            _ => {}
        }
    }
}

/// All sweeps of a run, event by event. A clone shares the bills with it until one of them changes.
#[derive(Debug, Clone, Default)]
pub struct Sweeps {
    costs: PageMap<SessionId, Arc<SweepCost>>,
    /// The sweep that each node last got rows from: what it applies next came with them.
    taking: BTreeMap<NodeId, SessionId>,
    /// Reads that sweeps have made.
    reads: BTreeMap<OpId, SessionId>,
}

impl Sweeps {
    /// The sweeps of this log.
    pub fn of(log: &[Event]) -> Sweeps {
        let mut all = Sweeps::default();
        log.iter().for_each(|event| all.see(event));
        all
    }

    /// The bills, by who started each and in which order.
    pub fn costs(&self) -> impl Iterator<Item = &SweepCost> {
        self.costs.iter().map(|(_, cost)| &**cost)
    }

    /// The bill of one sweep.
    pub fn cost(&self, session: SessionId) -> Option<&SweepCost> {
        self.costs.get(&session).map(|cost| &**cost)
    }

    /// Changes the bill of a sweep that has begun.
    fn change(&mut self, session: SessionId, change: impl FnOnce(&mut SweepCost)) {
        // Taken out, so that nobody else holds it but a snapshot.
        if let Some(mut cost) = self.costs.remove(&session) {
            change(Arc::make_mut(&mut cost));
            self.costs.insert(session, cost);
        }
    }

    /// Takes in the next event.
    pub fn see(&mut self, event: &Event) {
        let who = event.who.and_then(Endpoint::node);
        match (&event.kind, who) {
            (EventKind::Note(Note::Sweep { session, step: SweepStep::Began { with, method, .. } }), _) => {
                self.costs.insert(*session, Arc::new(SweepCost::new(*session, *with, *method, event.at)));
            }
            (EventKind::Note(Note::Sweep { session, step }), Some(node)) => {
                self.change(*session, |cost| cost.step(event.at, node, step));
            }
            (EventKind::Note(Note::SweepRead { session, .. }), _) => {
                self.reads.extend(event.op.map(|op| (op, *session)));
            }
            (EventKind::Sent(message), _) => match (self.of_read(message), &message.body) {
                (Some(session), _) => self.change(session, |cost| cost.read(message)),
                (None, Body::Sweep { session, say }) if message.from != message.to => {
                    self.change(*session, |cost| cost.sent(message.from, say, message.size))
                }
                _ => {}
            },
            (EventKind::Lost { message, .. }, _) => match (self.of_read(message), &message.body) {
                (Some(session), _) | (None, &Body::Sweep { session, .. }) => self.change(session, |cost| cost.lost += 1),
                _ => {}
            },
            (EventKind::Delivered(message), Some(node)) => {
                if let Body::Sweep { session, .. } = &message.body {
                    self.taking.insert(node, *session);
                }
            }
            (EventKind::Applied(applied), Some(node)) if applied.by == Traffic::Tree && applied.change != Change::Stored => {
                if let Some(session) = self.taking.get(&node).copied() {
                    self.change(session, |cost| cost.over_streamed += 1);
                }
            }
            (EventKind::Applied(applied), Some(_)) if applied.by == Traffic::Repair && applied.change != Change::Stored => {
                if let Some(session) = event.op.and_then(|op| self.reads.get(&op)).copied() {
                    self.change(session, |cost| cost.over_streamed += 1);
                }
            }
            _ => {}
        }
    }

    /// The sweep whose read this message belongs to. What a node says to itself costs nothing.
    fn of_read(&self, message: &Message) -> Option<SessionId> {
        self.reads.get(&message.op?).filter(|_| message.from != message.to).copied()
    }
}

/// The fewest bits that tell which `differences` of all 64-bit items one side lacks: log2 of the ways to choose them, 64 d − log2 d!
/// (Minsky, Trachtenberg, Zippel 2003). Real items are longer; what is sought is never cheaper.
pub fn least_bits(differences: u64) -> u64 {
    let choices: u64 = (1..=differences).map(log2_q32).fold(0u64, u64::saturating_add) >> 32;
    (differences.saturating_mul(64)).saturating_sub(choices)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_least_is_what_choosing_takes() {
        // 64 bits name one item; ten of them may be named in any order: log2 10! is 21.79, log2 1000! is 8529.4.
        assert_eq!([0, 1, 2, 10, 1_000].map(least_bits), [0, 64, 127, 640 - 21, 64_000 - 8_529]);
    }
}
