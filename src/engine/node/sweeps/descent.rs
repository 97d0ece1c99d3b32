//! A Merkle descent (Dynamo, section 4.7; Riak, `hashtree:compare`): roots first, then the children of nodes that differ, then the leaves.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::answer::Answering;
use super::ask::{Asking, Phase, Work};
use super::message::{Place, Say, SessionId};
use super::note::{SweepOutcome, SweepStep};
use super::trees::part_of;
use super::{ASKED_AT_ONCE, parents_at_once};
use crate::engine::base::Digest;
use crate::engine::node::{Ctx, Node, Streams, SweepPolicy};
use crate::engine::sweep::{LevelCount, TokenRange, Tree};

/// How far a descent has come.
#[derive(Debug, Clone)]
pub struct Descent {
    /// The asker's trees as they were when it began.
    pub trees: Vec<Arc<Tree>>,
    /// The level of the leaves of each range: those of the less deep tree.
    bottoms: Vec<u32>,
    /// Leaves found to differ so far.
    pub leaves: Vec<Place>,
    /// Nodes found to differ on the next level, whose children come next.
    pub differing: Vec<Place>,
    /// What was asked and is not answered, by part.
    asked: BTreeMap<u32, Box<[Place]>>,
    /// Comparisons of the present level.
    count: LevelCount,
}

impl Descent {
    /// A descent that has not begun.
    pub(super) fn over(trees: Vec<Arc<Tree>>) -> Descent {
        Descent {
            trees,
            bottoms: Vec::new(),
            leaves: Vec::new(),
            differing: Vec::new(),
            asked: BTreeMap::new(),
            count: LevelCount::default(),
        }
    }

    /// The parts of the ring that the leaves found to differ cover.
    pub(super) fn leaf_ranges(&self, asking: &Asking) -> Vec<TokenRange> {
        let part = |leaf: &Place| part_of(*asking.ranges.get(leaf.range as usize)?, &asking.policy.tree, leaf);
        self.leaves.iter().filter_map(part).collect()
    }
}

impl Node {
    /// Makes trees, and says what that took.
    pub(super) fn note_trees(
        &mut self,
        session: SessionId,
        policy: &SweepPolicy,
        ranges: &[TokenRange],
        ctx: &mut Ctx<'_>,
    ) -> Vec<Arc<Tree>> {
        let (made, step) = self.trees_for(policy, ranges, ctx);
        self.note_sweep(session, step, ctx);
        made
    }

    /// The other side of a descent says something.
    pub(super) fn descent_heard(&self, asking: &mut Asking, say: &Say, ctx: &mut Ctx<'_>) -> Option<SweepOutcome> {
        // Taken out while it is worked on, and put back.
        let Work::Descent(mut descent) = std::mem::replace(&mut asking.work, Work::Full) else { return None };
        let ended = match (say, asking.phase) {
            (Say::Roots(roots), Phase::Opening) => self.roots_came(asking, &mut descent, roots, ctx),
            (Say::Hashes { part, level, hashes }, Phase::Descending(at)) if *level == at => {
                self.hashes_came(asking, &mut descent, *part, hashes, ctx)
            }
            _ => None,
        };
        asking.work = Work::Descent(descent);
        ended
    }

    fn roots_came(&self, asking: &mut Asking, descent: &mut Descent, roots: &[(u32, Digest)], ctx: &mut Ctx<'_>) -> Option<SweepOutcome> {
        if roots.len() != descent.trees.len() {
            return Some(SweepOutcome::Nonsense);
        }
        asking.touched = ctx.now;
        asking.missing.clear();
        let mut count = LevelCount { compared: roots.len() as u64, differed: 0 };
        for (range, ((depth, root), tree)) in (0u32..).zip(roots.iter().zip(&descent.trees)) {
            // Hashes of hashes show the depth: such trees of unequal depth can only be compared as a whole.
            let comparable = asking.policy.tree.combine.hides_depth() || *depth == tree.depth();
            let bottom = if comparable { tree.depth().min(*depth) } else { 0 };
            descent.bottoms.push(bottom);
            if tree.hash(0, 0).as_ref() != Some(root) {
                count.differed += 1;
                let place = Place { range, level: 0, index: 0 };
                if bottom == 0 { &mut descent.leaves } else { &mut descent.differing }.push(place);
            }
        }
        self.note_sweep(asking.session, SweepStep::Compared { level: 0, count }, ctx);
        self.descend(asking, descent, ctx)
    }

    /// Asks for the children of the nodes that differ, or, if there are none left, for what is in the leaves.
    fn descend(&self, asking: &mut Asking, descent: &mut Descent, ctx: &mut Ctx<'_>) -> Option<SweepOutcome> {
        let nodes = std::mem::take(&mut descent.differing);
        descent.count = LevelCount::default();
        let Some(level) = nodes.first().map(|place| place.level) else { return self.open_leaves(asking, descent, ctx) };
        let at_once = parents_at_once(asking.policy.tree.bits());
        asking.wait(Phase::Descending(level), nodes.len().div_ceil(at_once));
        for (part, nodes) in (0u32..).zip(nodes.chunks(at_once)) {
            descent.asked.insert(part, nodes.into());
            self.say(asking.with, asking.session, Say::Children { part, level, nodes: nodes.into() }, ctx);
        }
        None
    }

    fn hashes_came(
        &self,
        asking: &mut Asking,
        descent: &mut Descent,
        part: u32,
        hashes: &[Digest],
        ctx: &mut Ctx<'_>,
    ) -> Option<SweepOutcome> {
        asking.missing.remove(&part)?;
        let nodes = descent.asked.remove(&part).unwrap_or_default();
        let bits = asking.policy.tree.bits();
        if hashes.len() != nodes.len() << bits {
            return Some(SweepOutcome::Nonsense);
        }
        asking.touched = ctx.now;
        for (place, theirs) in nodes.iter().zip(hashes.chunks(1 << bits)) {
            let (tree, level) = (&descent.trees[place.range as usize], place.level + 1);
            for (index, hash) in (place.index << bits..).zip(theirs) {
                descent.count.compared += 1;
                if tree.hash(level, index).as_ref() != Some(hash) {
                    descent.count.differed += 1;
                    let child = Place { range: place.range, level, index };
                    let bottom = descent.bottoms[place.range as usize];
                    if level == bottom { &mut descent.leaves } else { &mut descent.differing }.push(child);
                }
            }
        }
        if !asking.missing.is_empty() {
            return None;
        }
        let level = nodes.first().map_or(0, |place| place.level + 1);
        self.note_sweep(asking.session, SweepStep::Compared { level, count: descent.count }, ctx);
        self.descend(asking, descent, ctx)
    }

    /// The descent is over: asks for the keys of the leaves that differ, or for all their rows.
    fn open_leaves(&self, asking: &mut Asking, descent: &mut Descent, ctx: &mut Ctx<'_>) -> Option<SweepOutcome> {
        if descent.leaves.is_empty() {
            return Some(SweepOutcome::Equal);
        }
        let whole = asking.policy.streams == Streams::Leaves;
        asking.wait(if whole { Phase::Fetching } else { Phase::Keys }, descent.leaves.len().div_ceil(ASKED_AT_ONCE));
        for (part, leaves) in (0u32..).zip(descent.leaves.chunks(ASKED_AT_ONCE)) {
            let leaves = leaves.into();
            let say = if whole { Say::FetchLeaves { part, leaves } } else { Say::ListKeys { part, leaves } };
            self.say(asking.with, asking.session, say, ctx);
        }
        if whole {
            let rows = descent.leaf_ranges(asking).into_iter().flat_map(|range| self.rows_in(range, ctx));
            asking.push = rows.map(|(key, row)| (key.clone(), row.clone())).collect();
        }
        None
    }
}

/// Hashes of the children of these nodes, in order. A node that this side does not have has none.
pub(super) fn children(open: &Answering, level: u32, nodes: &[Place]) -> Box<[Digest]> {
    let bits = open.policy.tree.bits();
    let one = |place: &Place| {
        let tree = open
            .work
            .trees()
            .get(place.range as usize)
            .filter(|tree| place.level == level && place.index < tree.nodes(level.min(tree.depth())));
        let below = |tree: &Arc<Tree>| {
            let ids = place.index << bits..(place.index + 1) << bits;
            ids.filter_map(|index| tree.hash(level + 1, index)).collect::<Vec<Digest>>()
        };
        tree.map_or_else(Vec::new, below)
    };
    nodes.iter().take(parents_at_once(bits)).flat_map(one).collect()
}
