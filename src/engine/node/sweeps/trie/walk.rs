//! A walk through two tries, breadth first: the node that drives it asks for the other's node wherever both may have more than one row, goes on
//! where hashes differ, and pushes its own rows (Garage, `src/table/sync.rs`).

use std::collections::{BTreeMap, VecDeque};

use super::message::TrieSay;
use crate::engine::base::Digest;
use crate::engine::node::sweeps::answer::{Answering, Held};
use crate::engine::node::sweeps::ask::{Asking, Phase, Work};
use crate::engine::node::sweeps::{Say, SessionId, SweepOutcome, SweepStep};
use crate::engine::node::{Ctx, Node};
use crate::engine::sweep::{LevelCount, Trie, TrieNode};

/// A place in one of the tries: which, and the bytes that lead there.
pub type Spot = (u32, Box<[u8]>);

/// How far a walk has come on the side that drives it.
#[derive(Debug, Clone, Default)]
pub struct Walk {
    /// Its tries as they were when it began.
    pub tries: Vec<Trie>,
    /// Where hashes differ and nobody has looked yet: the next one first.
    pub todo: VecDeque<Spot>,
    /// What is asked at present, and how many questions there have been.
    pub asked: (Option<Spot>, u32),
}

impl Walk {
    pub(in crate::engine::node::sweeps) fn over(tries: Vec<Trie>) -> Walk {
        Walk { tries, todo: VecDeque::new(), asked: (None, 0) }
    }

    fn node(&self, (range, prefix): &Spot) -> TrieNode {
        self.tries.get(*range as usize).map_or(TrieNode::Empty, |trie| trie.node(prefix))
    }

    /// Compares the children of the node asked for with the other's, and puts those that differ last in the queue. What only the other has is
    /// its own to push.
    fn compare(&mut self, (range, prefix): &Spot, theirs: &TrieNode) -> LevelCount {
        let theirs: BTreeMap<u8, Digest> =
            if let TrieNode::Inner(list) = theirs { list.iter().copied().collect() } else { BTreeMap::new() };
        let TrieNode::Inner(mine) = self.node(&(*range, prefix.clone())) else { return LevelCount::default() };
        let only = theirs.keys().filter(|byte| !mine.iter().any(|(own, _)| own == *byte)).count() as u64;
        let mut count = LevelCount { compared: mine.len() as u64 + only, differed: only };
        for (byte, hash) in mine {
            if theirs.get(&byte) != Some(&hash) {
                count.differed += 1;
                self.todo.push_back((*range, prefix.iter().copied().chain([byte]).collect()));
            }
        }
        count
    }
}

impl Node {
    /// The other side of a walk says something.
    pub(in crate::engine::node::sweeps) fn walk_heard(
        &mut self,
        asking: &mut Asking,
        say: &Say,
        ctx: &mut Ctx<'_>,
    ) -> Option<SweepOutcome> {
        // Taken out while it is worked on, and put back.
        let Work::Trie(walk) = &mut asking.work else { return None };
        let mut walk = std::mem::take(walk);
        let ended = match (say, asking.phase) {
            (Say::Roots(roots), Phase::Opening) => self.trie_roots_came(asking, &mut walk, roots, ctx),
            (Say::Trie(TrieSay::Node { ask, node }), Phase::Nodes) if *ask == walk.asked.1 => match walk.asked.0.take() {
                None => None,
                Some(spot) => {
                    asking.touched = ctx.now;
                    let count = walk.compare(&spot, node);
                    let level = spot.1.len() as u32 + 1;
                    self.note_sweep(asking.session, SweepStep::Compared { level, count }, ctx);
                    self.next_node(asking, &mut walk, ctx)
                }
            },
            _ => None,
        };
        asking.work = Work::Trie(walk);
        ended
    }

    fn trie_roots_came(&self, asking: &mut Asking, walk: &mut Walk, roots: &[(u32, Digest)], ctx: &mut Ctx<'_>) -> Option<SweepOutcome> {
        if roots.len() != walk.tries.len() {
            return Some(SweepOutcome::Nonsense);
        }
        asking.touched = ctx.now;
        let differ = (0u32..).zip(roots.iter().zip(&walk.tries)).filter(|(_, ((_, root), trie))| trie.root() != *root);
        walk.todo = differ.map(|(range, _)| (range, Box::default())).collect();
        let count = LevelCount { compared: roots.len() as u64, differed: walk.todo.len() as u64 };
        self.note_sweep(asking.session, SweepStep::Compared { level: 0, count }, ctx);
        if walk.todo.is_empty() {
            return Some(SweepOutcome::Equal);
        }
        asking.wait(Phase::Nodes, 0);
        self.next_node(asking, walk, ctx)
    }

    /// Looks at the next places until one has to be asked for; after the last one rows are pushed.
    fn next_node(&self, asking: &mut Asking, walk: &mut Walk, ctx: &mut Ctx<'_>) -> Option<SweepOutcome> {
        while let Some(spot) = walk.todo.pop_front() {
            match walk.node(&spot) {
                TrieNode::Empty => {}
                // One row: it goes across without a look at what the other has.
                TrieNode::Leaf(key, _) => {
                    if let Some(row) = self.visible(None, &key, ctx) {
                        asking.push.insert(key, row);
                    }
                }
                TrieNode::Inner(_) => {
                    let ask = walk.asked.1 + 1;
                    let (range, prefix) = spot.clone();
                    walk.asked = (Some(spot), ask);
                    self.say(asking.with, asking.session, Say::Trie(TrieSay::Get { ask, range, prefix }), ctx);
                    return None;
                }
            }
        }
        self.push_rows(asking, ctx)
    }

    /// The side that was asked: it answers from its snapshot.
    pub(in crate::engine::node::sweeps) fn trie_answers(&self, session: SessionId, open: &Answering, say: &TrieSay, ctx: &mut Ctx<'_>) {
        if let (TrieSay::Get { ask, range, prefix }, Held::Tries(tries)) = (say, &open.work) {
            let node = tries.get(*range as usize).map_or(TrieNode::Empty, |trie| trie.node(prefix));
            self.say(session.by, session, Say::Trie(TrieSay::Node { ask: *ask, node }), ctx);
        }
    }
}
