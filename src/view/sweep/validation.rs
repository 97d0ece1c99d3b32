//! A repair by whole trees: how far each replica is, what the node that coordinates has found of every two, and the trees of one pair, compared
//! level by level where both have arrived.

use std::sync::Arc;

use super::exchange::Exchange;
use super::talk::Fate;
use crate::engine::base::NodeId;
use crate::engine::data::Token;
use crate::engine::node::sweeps::validation::{Plan, RepairSay, RepairState, RepairStep, parties, shared};
use crate::engine::node::sweeps::{Say, SessionId, SweepStep};
use crate::engine::node::{Body, Message, Note, Validation};
use crate::engine::sweep::{TokenRange, Tree, difference, merged_ranges};
use crate::engine::world::EventKind;
use crate::lab::Session;
use crate::view::format::counted;

/// How far a replica is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Step {
    /// It has been called, or not even that.
    Called,
    /// It takes part.
    Ready,
    /// It has a snapshot.
    Frozen,
    /// It is to make its trees.
    Makes,
    /// Its trees are on their way, or lost.
    Sent(Fate),
    /// The one that coordinates has them.
    Here,
}

/// A replica that takes part.
#[derive(Debug, Clone)]
pub struct Party {
    /// Which.
    pub node: NodeId,
    /// How far it is.
    pub step: Step,
    /// Rows read into its trees, once it has made them.
    pub rows: Option<u64>,
    /// Rows set aside, and the state of its record: only of an incremental repair.
    pub aside: Option<(u32, RepairState)>,
    trees: Box<[Arc<Tree>]>,
}

impl Party {
    /// How far it is, in words.
    pub fn words(&self) -> String {
        let step = match self.step {
            Step::Called => "is called",
            Step::Ready => "takes part",
            Step::Frozen => "has a snapshot",
            Step::Makes => "makes its trees",
            Step::Sent(Fate::Lost) => "sent its trees, and they were lost",
            Step::Sent(_) => "has sent its trees",
            Step::Here => "has its trees here",
        };
        let leaves: u64 = self.trees.iter().map(|tree| tree.leaves()).sum();
        let made = self
            .rows
            .map_or_else(String::new, |rows| format!(": {} in {}", counted(rows, "row", "rows"), counted(leaves, "leaf", "leaves")));
        let aside = self.aside.map_or_else(String::new, |(rows, state)| {
            let state = match state {
                RepairState::Preparing | RepairState::Prepared => "set aside",
                RepairState::Repairing => "set aside and compared",
                RepairState::Promised => "promised",
                RepairState::Finalized => "marked as repaired",
                RepairState::Failed => "released again",
            };
            format!("; {} {state}", counted(u64::from(rows), "row", "rows"))
        });
        format!("{step}{made}{aside}")
    }
}

/// Two replicas.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pair {
    /// Both.
    pub ends: (NodeId, NodeId),
    /// In how many ranges they differ, once that is known.
    pub ranges: Option<u32>,
    /// Whether they have been told to come into line.
    pub told: bool,
    /// Rows that came and went, once they are in line.
    pub moved: Option<(u32, u32)>,
}

impl Pair {
    /// How it stands, in words.
    pub fn words(&self) -> String {
        match (self.ranges, self.moved, self.told) {
            (None, ..) => "not compared".to_owned(),
            (Some(0), ..) => "equal".to_owned(),
            (Some(_), Some((came, went)), _) => format!("in line, {} moved", counted(u64::from(came + went), "row", "rows")),
            (Some(n), None, true) => format!("{} moving", counted(u64::from(n), "range is", "ranges are")),
            (Some(n), None, false) => format!("{} differ", counted(u64::from(n), "range", "ranges")),
        }
    }
}

/// A repair at the cursor.
#[derive(Debug, Clone, Default)]
pub struct Repair {
    /// Which ranges, and who takes part for each; empty before anybody was called.
    pub plan: Option<Plan>,
    /// Who takes part.
    pub parties: Vec<Party>,
    /// Every two of them.
    pub pairs: Vec<Pair>,
    /// Levels that have been compared.
    pub levels: u32,
    /// How it goes.
    pub how: Validation,
}

/// Reads a repair up to the cursor.
pub fn repair(session: &Session, id: SessionId) -> Repair {
    let mut all = Repair::default();
    let events = session.sweep_log().events(id);
    for event in &events[..events.partition_point(|event| event.0 < session.cursor())] {
        let Some(entry) = session.log().get(event.0 as usize) else { continue };
        match &entry.kind {
            EventKind::Sent(message) => all.sent(message),
            EventKind::Delivered(message) => all.came(message),
            EventKind::Lost { message, .. } => {
                if let (Some(RepairSay::Trees(_)), Some(party)) = (told(message), message.from.node().and_then(|node| all.party(node))) {
                    party.step = Step::Sent(Fate::Lost);
                }
            }
            EventKind::Note(Note::Sweep { step, .. }) => all.step(entry.who.and_then(|who| who.node()), step),
            _ => {}
        }
    }
    all
}

fn told(message: &Message) -> Option<&RepairSay> {
    match &message.body {
        Body::Sweep { say, .. } => match &**say {
            Say::Repair(told) => Some(told),
            _ => None,
        },
        _ => None,
    }
}

impl Repair {
    fn party(&mut self, node: NodeId) -> Option<&mut Party> {
        self.parties.iter_mut().find(|party| party.node == node)
    }

    fn pair(&mut self, a: NodeId, b: NodeId) -> Option<&mut Pair> {
        self.pairs.iter_mut().find(|pair| pair.ends == (a, b) || pair.ends == (b, a))
    }

    fn sent(&mut self, message: &Message) {
        let (Some(from), Some(to), Some(told)) = (message.from.node(), message.to.node(), told(message)) else { return };
        match told {
            RepairSay::Prepare { plan, policy, .. } if self.plan.is_none() => {
                self.how = policy.validation.unwrap_or_default();
                let all: Vec<NodeId> = parties(plan).into_iter().collect();
                let new = |node: &NodeId| Party { node: *node, step: Step::Called, rows: None, aside: None, trees: Box::default() };
                self.parties = all.iter().map(new).collect();
                let pairs = all.iter().enumerate().flat_map(|(i, a)| all[i + 1..].iter().map(|b| (*a, *b)));
                let pairs = pairs.filter(|(a, b)| shared(plan, *a, *b).next().is_some());
                self.pairs = pairs.map(|ends| Pair { ends, ranges: None, told: false, moved: None }).collect();
                self.plan = Some(plan.clone());
            }
            RepairSay::Trees(trees) => {
                if let Some(party) = self.party(from) {
                    (party.step, party.trees) = (Step::Sent(Fate::There), trees.clone());
                }
            }
            RepairSay::Sync { with, .. } => {
                if let Some(pair) = self.pair(to, *with) {
                    pair.told = true;
                }
            }
            _ => {}
        }
    }

    fn came(&mut self, message: &Message) {
        let (Some(from), Some(to), Some(told)) = (message.from.node(), message.to.node(), told(message)) else { return };
        let (who, step) = match told {
            RepairSay::Prepared => (from, Step::Ready),
            RepairSay::Frozen => (from, Step::Frozen),
            RepairSay::Validate { .. } => (to, Step::Makes),
            RepairSay::Trees(_) => (from, Step::Here),
            RepairSay::Synced { with, came, went } => {
                if let Some(pair) = self.pair(from, *with) {
                    pair.moved = Some((*came, *went));
                }
                return;
            }
            _ => return,
        };
        if let Some(party) = self.party(who) {
            party.step = step;
        }
    }

    fn step(&mut self, who: Option<NodeId>, step: &SweepStep) {
        match (step, who.and_then(|node| self.party(node))) {
            (SweepStep::Trees { rows, .. }, Some(party)) => party.rows = Some(*rows),
            (SweepStep::Repair(RepairStep::SetAside { rows }), Some(party)) => party.aside = Some((*rows, RepairState::Preparing)),
            (SweepStep::Repair(RepairStep::State(state)), Some(party)) => {
                party.aside = Some((party.aside.map_or(0, |(rows, _)| rows), *state));
            }
            (SweepStep::Compared { level, .. }, _) => self.levels = self.levels.max(level + 1),
            (SweepStep::Repair(RepairStep::Pair { a, b, ranges }), _) => {
                if let Some(pair) = self.pair(*a, *b) {
                    pair.ranges = Some(*ranges);
                }
            }
            _ => {}
        }
    }

    /// The pair to look at: the wanted one, else the first that differs, else the first.
    pub fn shown(&self, wanted: Option<(NodeId, NodeId)>) -> Option<(NodeId, NodeId)> {
        let ends = || self.pairs.iter().map(|pair| pair.ends);
        let apart = || self.pairs.iter().find(|pair| pair.ranges.is_some_and(|n| n > 0)).map(|pair| pair.ends);
        ends().find(|ends| Some(*ends) == wanted).or_else(apart).or_else(|| ends().next())
    }

    /// Ranges for which both take part.
    pub fn ranges(&self, (a, b): (NodeId, NodeId)) -> Vec<TokenRange> {
        self.plan.as_ref().map_or_else(Vec::new, |plan| shared(plan, a, b).collect())
    }

    /// The trees of a node for these ranges; none before it has sent them.
    fn trees(&self, node: NodeId, ranges: &[TokenRange]) -> Vec<Arc<Tree>> {
        let all = self.parties.iter().find(|party| party.node == node).map_or(&[][..], |party| &party.trees);
        ranges.iter().filter_map(|range| all.iter().find(|tree| tree.range() == *range).cloned()).collect()
    }

    /// The trees of two replicas, as far as they have been compared.
    pub fn exchange(&self, ends: (NodeId, NodeId)) -> Exchange {
        let ranges = self.ranges(ends);
        let (asking, answering) = (self.trees(ends.0, &ranges), self.trees(ends.1, &ranges));
        let bits = asking.first().or(answering.first()).map_or(1, |tree| tree.policy().bits());
        let mut all = Exchange { bits, ranges: ranges.len() as u32, ..Exchange::default() };
        if asking.len() == answering.len() {
            let hides = |tree: &Tree| tree.policy().combine.hides_depth();
            let bottom = |(a, b): (&Arc<Tree>, &Arc<Tree>)| if hides(a) || a.depth() == b.depth() { a.depth().min(b.depth()) } else { 0 };
            all.bottoms = asking.iter().zip(&answering).map(bottom).collect();
        } else {
            all.bottoms = asking.iter().chain(&answering).map(|tree| tree.depth()).collect();
        }
        (all.asking, all.answering) = (asking, answering);
        if self.levels > 0 && all.asking.len() == all.answering.len() {
            all.compare_down(self.levels - 1);
            let counted = |level: &mut super::exchange::Level| {
                let with = |mark| level.nodes.iter().filter(|(_, m)| *m == mark).count() as u64;
                let (equal, differed) = (with(super::exchange::Mark::Equal), with(super::exchange::Mark::Differs));
                level.count = Some(crate::engine::sweep::LevelCount { compared: equal + differed, differed });
            };
            all.levels.iter_mut().for_each(counted);
        }
        all
    }
}

/// Leaves of one tree that move together: which tree, the first leaf, and the last.
pub type Joined = (u32, u64, u64);

/// The parts that two replicas send each other, after neighbours that are all the children of one node have become one.
pub fn joined(trees: &Exchange) -> Vec<Joined> {
    let both = (0u32..).zip(trees.asking.iter().zip(&trees.answering));
    let parts = both.flat_map(|(range, (a, b))| {
        let leaves = 1u64 << (trees.bits * trees.bottoms.get(range as usize).copied().unwrap_or(0));
        let of = a.range();
        let part = move |part: TokenRange| {
            let first = of.part_of(Token(part.left.0.wrapping_add(1)), leaves);
            (range, first, of.part_of(part.right, leaves))
        };
        merged_ranges(of, trees.bits, &difference(a, b)).into_iter().map(part)
    });
    parts.collect()
}
