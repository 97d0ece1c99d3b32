//! A walk through two tries at the cursor: which nodes were asked for and compared, what is pushed without a look, and what only the other side
//! has, which is its own to push. Drawn by [`super::icicle`].

use std::collections::{BTreeMap, BTreeSet};

use super::exchange::Mark;
use super::follow::Follow;
use super::icicle::{Kind, Slot};
use crate::engine::base::{Endpoint, EventId, NodeId, map_of};
use crate::engine::data::Key;
use crate::engine::node::sweeps::{Held, Place, Say, SessionId, SweepStep, TrieSay, Work};
use crate::engine::node::{Body, Note};
use crate::engine::sweep::{LevelCount, Trie, TrieNode};
use crate::engine::world::{Event, EventKind, World};
use crate::lab::Session;
use crate::view::format::counted;

/// Bytes of a token: below them two keys have the same.
const DEEP: u32 = 7;

/// A place in the tries: the bytes that lead there are its number, the first byte highest.
pub type Spot = Place;

/// A walk as far as it has been read.
#[derive(Debug, Clone)]
pub struct Walk {
    /// Which.
    pub id: SessionId,
    /// With whom.
    pub with: NodeId,
    /// The tries of the one who walks and pushes.
    pub asking: Vec<Trie>,
    /// The tries of the other one.
    pub answering: Vec<Trie>,
    /// What is known of each place.
    pub marks: BTreeMap<Spot, Mark>,
    /// Places where only the other side has anything.
    pub theirs: BTreeSet<Spot>,
    /// What has been compared, level by level.
    pub levels: Vec<LevelCount>,
    asked: BTreeMap<u32, Spot>,
    follow: Follow,
}

/// The place that these bytes lead to; `None` so deep that its number has no room.
fn spot(range: u32, prefix: &[u8]) -> Option<Spot> {
    let level = prefix.len() as u32;
    (level <= DEEP).then(|| Place { range, level, index: prefix.iter().fold(0, |sum, byte| sum << 8 | u64::from(*byte)) })
}

/// The bytes that lead to a place.
pub fn prefix(at: &Spot) -> Vec<u8> {
    at.index.to_be_bytes()[8 - at.level.min(8) as usize..].to_vec()
}

/// The place that one more byte leads to.
pub fn child(at: &Spot, byte: u8) -> Option<Spot> {
    (at.level < DEEP).then(|| Place { level: at.level + 1, index: at.index << 8 | u64::from(byte), ..*at })
}

impl Walk {
    /// A walk that has only begun: the asker's tries are taken in the same moment.
    pub fn new(id: SessionId, with: NodeId, asking: Vec<Trie>) -> Walk {
        Walk {
            id,
            with,
            asking,
            answering: Vec::new(),
            marks: BTreeMap::new(),
            theirs: BTreeSet::new(),
            levels: Vec::new(),
            asked: BTreeMap::new(),
            follow: Follow::default(),
        }
    }

    /// Takes in what has happened up to the cursor. Returns whether it must be made anew, because the cursor went back.
    pub fn follow(&mut self, session: &Session) -> bool {
        let Some(news) = self.follow.news(session, self.id) else { return true };
        for event in news {
            if let Some(entry) = session.log().get(event.0 as usize) {
                self.take(session, *event, entry);
            }
        }
        false
    }

    fn take(&mut self, session: &Session, id: EventId, event: &Event) {
        match &event.kind {
            EventKind::Note(Note::Sweep { step: SweepStep::Trees { .. }, .. }) if event.who == Some(Endpoint::Node(self.with)) => {
                self.answering = answering_tries(session, id, self.id, self.with);
            }
            EventKind::Note(Note::Sweep { step: SweepStep::Compared { level, count }, .. }) => {
                self.levels.resize(self.levels.len().max(*level as usize + 1), LevelCount::default());
                let known = &mut self.levels[*level as usize];
                (known.compared, known.differed) = (known.compared + count.compared, known.differed + count.differed);
            }
            EventKind::Sent(message) => {
                if let Body::Sweep { say, .. } = &message.body {
                    self.sent(say);
                }
            }
            EventKind::Delivered(message) if message.to == Endpoint::Node(self.id.by) => {
                if let Body::Sweep { say, .. } = &message.body {
                    self.came(say);
                }
            }
            _ => {}
        }
    }

    fn mark(&mut self, at: Spot, mark: Mark) {
        let known = self.marks.entry(at).or_insert(mark);
        // Nothing undoes a comparison.
        if !matches!(known, Mark::Equal | Mark::Differs) {
            *known = mark;
        }
    }

    fn own(&self, at: &Spot) -> TrieNode {
        self.asking.get(at.range as usize).map_or(TrieNode::Empty, |trie| trie.node(&prefix(at)))
    }

    fn sent(&mut self, say: &Say) {
        match say {
            Say::Open { ranges, .. } => {
                (0..ranges.len() as u32).filter_map(|range| spot(range, &[])).for_each(|at| self.mark(at, Mark::Asked));
            }
            Say::Roots(roots) => {
                (0..roots.len() as u32).filter_map(|range| spot(range, &[])).for_each(|at| self.mark(at, Mark::Sent));
            }
            Say::Trie(TrieSay::Get { ask, range, prefix }) => {
                let Some(at) = spot(*range, prefix) else { return };
                self.asked.insert(*ask, at);
                if let TrieNode::Inner(children) = self.own(&at) {
                    children.iter().filter_map(|(byte, _)| child(&at, *byte)).for_each(|at| self.mark(at, Mark::Asked));
                }
            }
            Say::Trie(TrieSay::Node { ask, node: TrieNode::Inner(children) }) => {
                let Some(at) = self.asked.get(ask).copied() else { return };
                children.iter().filter_map(|(byte, _)| child(&at, *byte)).for_each(|at| self.mark(at, Mark::Sent));
            }
            _ => {}
        }
    }

    fn came(&mut self, say: &Say) {
        match say {
            Say::Roots(roots) if roots.len() == self.asking.len() => {
                let differs: Vec<bool> = roots.iter().zip(&self.asking).map(|((_, root), trie)| trie.root() != *root).collect();
                for (range, differs) in (0u32..).zip(differs) {
                    self.mark(Place { range, level: 0, index: 0 }, if differs { Mark::Differs } else { Mark::Equal });
                }
            }
            Say::Trie(TrieSay::Node { ask, node }) => {
                let Some(at) = self.asked.remove(ask) else { return };
                let of = |node: &TrieNode| match node {
                    TrieNode::Inner(list) => map_of(list.iter().copied()),
                    _ => BTreeMap::new(),
                };
                let (theirs, mine) = (of(node), of(&self.own(&at)));
                for (byte, at) in theirs.keys().chain(mine.keys()).filter_map(|byte| Some((byte, child(&at, *byte)?))) {
                    match mine.get(byte) {
                        None => _ = self.theirs.insert(at),
                        Some(own) => self.mark(at, if theirs.get(byte) == Some(own) { Mark::Equal } else { Mark::Differs }),
                    }
                }
            }
            _ => {}
        }
    }

    /// Keys that are pushed without a look at what the other side has: rows that stand alone where hashes differ.
    pub fn pushed(&self) -> Vec<Key> {
        let differ = self.marks.iter().filter(|(_, mark)| **mark == Mark::Differs);
        differ.filter_map(|(at, _)| if let TrieNode::Leaf(key, _) = self.own(at) { Some(key) } else { None }).collect()
    }
}

/// The tries that the asker took for this walk, if it is still at it in this world.
pub fn asking_tries(world: &World, id: SessionId) -> Vec<Trie> {
    let asking = world.host(id.by).and_then(|host| host.node.sweeps.asking().get(&id.number)).filter(|asking| asking.session == id);
    match asking.map(|asking| &asking.work) {
        Some(Work::Trie(walk)) => walk.tries.clone(),
        _ => Vec::new(),
    }
}

fn answering_tries(session: &Session, made: EventId, id: SessionId, with: NodeId) -> Vec<Trie> {
    let of = |world: &World| {
        let answering = world.host(with).and_then(|host| host.node.sweeps.answering().get(&id));
        match answering.map(|answering| &answering.work) {
            Some(Held::Tries(tries)) => tries.clone(),
            _ => Vec::new(),
        }
    };
    let now = of(session.world());
    if now.is_empty() { of(&session.peek(made.0 + 1).world) } else { now }
}

/// How a place looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Look {
    /// Below something equal.
    Spared,
    /// Not reached.
    Unseen,
    /// Found equal.
    Equal,
    /// Asked for.
    Asked,
    /// Sent, not compared.
    Sent,
    /// Only the other side has it: its own to push.
    Theirs,
    /// The hashes differ.
    Differs,
    /// A row that is pushed.
    Pushed,
}

impl Look {
    /// The class that paints it, and what it is in words.
    pub const fn words(self) -> (&'static str, &'static str) {
        match self {
            Look::Spared => ("spared", "below an equal node"),
            Look::Unseen => ("unseen", "not looked at"),
            Look::Equal => ("equal", "equal"),
            Look::Asked => ("asked", "asked for"),
            Look::Sent => ("sent", "sent, not compared"),
            Look::Theirs => ("theirs", "only there: its own to push"),
            Look::Differs => ("differs", "differs"),
            Look::Pushed => ("differs pushed", "differs, and is pushed without a look"),
        }
    }
}

impl Walk {
    /// How a place looks.
    pub fn look(&self, slot: &Slot) -> Look {
        if self.theirs.contains(&slot.at) {
            return Look::Theirs;
        }
        match self.marks.get(&slot.at) {
            Some(Mark::Differs) if matches!(slot.kinds[0], Kind::Leaf(..)) => Look::Pushed,
            Some(Mark::Differs) => Look::Differs,
            Some(Mark::Equal) => Look::Equal,
            Some(Mark::Sent) => Look::Sent,
            Some(Mark::Asked) => Look::Asked,
            None => {
                let above =
                    (0..slot.at.level).map(|level| Place { level, index: slot.at.index >> (8 * (slot.at.level - level)), ..slot.at });
                let known: Vec<Spot> = above.collect();
                if known.iter().any(|at| self.theirs.contains(at)) {
                    Look::Theirs
                } else if known.iter().any(|at| self.marks.get(at) == Some(&Mark::Equal)) {
                    Look::Spared
                } else {
                    Look::Unseen
                }
            }
        }
    }
}

/// The drawing in a sentence.
pub fn summary(walk: &Walk) -> String {
    let compared: u64 = walk.levels.iter().map(|level| level.compared).sum();
    format!(
        "Tries of {} and {}: {} compared, {} pushed, {} only at {}.",
        walk.id.by,
        walk.with,
        counted(compared, "hash", "hashes"),
        counted(walk.pushed().len() as u64, "row", "rows"),
        counted(walk.theirs.len() as u64, "place is", "places are"),
        walk.with
    )
}
