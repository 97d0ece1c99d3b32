//! A node's trees: made by reading its rows, or kept and changed with every write.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::message::Place;
use super::note::SweepStep;
use crate::engine::base::{NodeId, arrange};
use crate::engine::data::{Key, Row, Token};
use crate::engine::node::desk::{Made, Task};
use crate::engine::node::{Ctx, Node, SweepPolicy, Upkeep};
use crate::engine::place::{Replication, Ring};
use crate::engine::sweep::{Entry, Item, Items, TokenRange, Tree, TreePolicy};

/// A tree that is kept, and how many rows it is over.
#[derive(Debug, Clone)]
struct KeptTree {
    tree: Arc<Tree>,
    rows: u64,
}

/// Trees that are kept. Volatile: a node makes them anew after a start.
#[derive(Debug, Clone, Default)]
pub struct Kept {
    policy: TreePolicy,
    trees: BTreeMap<TokenRange, KeptTree>,
    /// Rows as they were hashed, of keys whose bytes have changed since by themselves: nobody has hashed those.
    hashed: BTreeMap<Key, Arc<Row>>,
}

impl Kept {
    /// The tree of a range, if it is kept.
    pub fn tree(&self, range: TokenRange) -> Option<&Tree> {
        self.trees.get(&range).map(|kept| &*kept.tree)
    }

    /// How many trees are kept.
    pub fn count(&self) -> usize {
        self.trees.len()
    }

    /// Forgets those of other ranges.
    pub(super) fn keep_only(&mut self, kept: impl Fn(TokenRange) -> bool) {
        self.trees.retain(|range, _| kept(*range));
        let trees = &self.trees;
        self.hashed.retain(|key, _| trees.keys().any(|range| range.holds(key.token())));
    }

    /// Forgets them all.
    pub fn clear(&mut self) {
        self.trees.clear();
        self.hashed.clear();
    }

    /// The bytes held at `key` have changed by themselves: the hash that is kept is still that of the row before.
    pub fn rotted(&mut self, key: &Key, before: &Arc<Row>) {
        if self.trees.keys().any(|range| range.holds(key.token())) {
            self.hashed.entry(key.clone()).or_insert_with(|| before.clone());
        }
    }

    /// What is held at `key` has changed.
    pub fn change(&mut self, key: &Key, before: Option<&Row>, after: Option<&Row>) {
        let hashed = self.hashed.remove(key);
        let before = hashed.as_deref().or(before);
        let Some(kept) = holding(&self.trees, key.token()).and_then(|range| self.trees.get_mut(&range)) else { return };
        let mut items = Items::new(self.policy);
        let (old, new) = (before.map(|row| items.item(key, row)), after.map(|row| items.item(key, row)));
        kept.rows = (kept.rows + u64::from(new.is_some())).saturating_sub(u64::from(old.is_some()));
        // A session that began before goes on with the tree as it was.
        Arc::make_mut(&mut kept.tree).change(key.token(), old.as_ref(), new.as_ref());
    }
}

/// The range that a token is in, of ranges that do not overlap.
pub(super) fn holding<T>(trees: &BTreeMap<TokenRange, T>, token: Token) -> Option<TokenRange> {
    // It is the last one that begins before the token, or the one that goes round zero.
    let beyond = TokenRange { left: token, right: Token(0) };
    let near = trees.range(..beyond).next_back().map(|(range, _)| *range);
    let last = trees.last_key_value().map(|(range, _)| *range);
    near.into_iter().chain(last).find(|range| range.holds(token))
}

/// Ranges of the ring that both nodes hold, in ring order: one for each token of the ring, as each has replicas of its own.
pub fn common_ranges(ring: &Ring, replication: &Replication, a: NodeId, b: NodeId) -> Vec<TokenRange> {
    arcs(ring).filter(|arc| [a, b].iter().all(|node| ring.is_replica(arc.right, replication, *node))).collect()
}

/// Other nodes that hold something that `node` holds, in their order.
pub fn sharers(ring: &Ring, replication: &Replication, node: NodeId) -> Vec<NodeId> {
    let held = arcs(ring).map(|arc| ring.replicas(arc.right, replication)).filter(|list| list.contains(&node));
    let mut all: Vec<NodeId> = held.flatten().filter(|other| *other != node).collect();
    arrange(&mut all, Ord::cmp);
    all.dedup();
    all
}

/// The ring cut at its tokens. A key on a token belongs to the part that the token ends, in a ring of partitions to the one it begins.
pub(super) fn arcs(ring: &Ring) -> impl Iterator<Item = TokenRange> {
    (0..ring.tokens().len()).map(|i| arc_at(ring, i))
}

/// One of the parts of the ring: that which token number `i` ends.
pub(super) fn arc_at(ring: &Ring, i: usize) -> TokenRange {
    ring.arc(i)
}

/// The number of the part of the ring that a token lies in.
pub(super) fn arc_of(ring: &Ring, token: Token) -> usize {
    let before = |end: Token| if ring.is_partitioned() { end <= token } else { end < token };
    let after = ring.tokens().partition_point(|(end, _)| before(*end));
    after % ring.tokens().len().max(1)
}

/// The part of its range that a place covers, if any token falls into it.
pub fn part_of(range: TokenRange, policy: &TreePolicy, place: &Place) -> Option<TokenRange> {
    let places = 1u64.checked_shl(policy.bits().saturating_mul(place.level)).filter(|places| place.index < *places)?;
    range.part(place.index, places)
}

impl Node {
    /// Rows in a range in its order, as readers see them: expired tombstones count as gone.
    pub(super) fn rows_in<'a>(&'a self, range: TokenRange, ctx: &'a Ctx<'_>) -> impl Iterator<Item = (&'a Key, &'a Arc<Row>)> {
        let shown = self.clock.shows(ctx.now);
        let all = range.runs().flat_map(|(first, last)| self.store.between(first, last));
        all.filter(move |(key, row)| ctx.settings.tombstones.expired(row, shown).is_none() && !self.checks(key, ctx))
    }

    /// Keys in these ranges with digests of their rows.
    pub(super) fn entries_of(&self, ranges: Vec<TokenRange>, policy: TreePolicy, ctx: &mut Ctx<'_>) -> Vec<Entry> {
        match self.done(Task::Entries { ranges, policy }, ctx) {
            Made::Entries(entries) => entries,
            _ => Vec::new(),
        }
    }

    /// This node's trees for these ranges, and what it took to make them.
    pub(super) fn trees_for(&mut self, policy: &SweepPolicy, ranges: &[TokenRange], ctx: &mut Ctx<'_>) -> (Vec<Arc<Tree>>, SweepStep) {
        if policy.upkeep == Upkeep::Kept && self.sweeps.kept.policy != policy.tree {
            self.sweeps.kept = Kept { policy: policy.tree, ..Kept::default() };
        }
        let (mut rows, mut computed) = (0, 0);
        let mut trees = Vec::with_capacity(ranges.len());
        for range in ranges {
            if policy.upkeep == Upkeep::Scan {
                let made = self.scan(*range, policy.tree, true, ctx);
                rows += made.rows;
                computed += made.tree.computed();
                trees.push(made.tree);
                continue;
            }
            // A tree that has become too flat or too deep for its rows is made anew.
            let fits = |kept: &KeptTree| kept.tree.depth() == policy.tree.depth_for(kept.rows);
            let kept = match self.sweeps.kept.trees.remove(range).filter(fits) {
                Some(mut kept) => {
                    if kept.tree.stale() > 0 {
                        let before = kept.tree.computed();
                        Arc::make_mut(&mut kept.tree).refresh(|part| self.items_in(part, policy.tree));
                        computed += kept.tree.computed() - before;
                    }
                    kept
                }
                None => {
                    self.sweeps.kept.hashed.retain(|key, _| !range.holds(key.token()));
                    let made = self.scan(*range, policy.tree, false, ctx);
                    rows += made.rows;
                    computed += made.tree.computed();
                    made
                }
            };
            trees.push(kept.tree.clone());
            // Kept trees do not overlap: one of a range gives way to those of its parts, and the other way round.
            self.sweeps.kept.trees.retain(|other, _| !other.meets(*range));
            self.sweeps.kept.trees.insert(*range, kept);
        }
        let leaves = trees.iter().map(|tree| tree.leaves()).sum();
        (trees, SweepStep::Trees { leaves, rows, computed })
    }

    /// Digests of all rows of a part, expired tombstones included: a kept tree knows no time.
    fn items_in(&self, part: TokenRange, policy: TreePolicy) -> impl Iterator<Item = Item> {
        let mut items = Items::new(policy);
        let rows = part.runs().flat_map(|(first, last)| self.store.between(first, last));
        // Of other rows of a leaf the hashes that are kept are taken, and not their bytes.
        let hashed = &self.sweeps.kept.hashed;
        rows.map(move |(key, row)| items.item(key, hashed.get(key).unwrap_or(row)))
    }

    /// Reads every row of a range into a tree, or every one that readers see.
    fn scan(&self, range: TokenRange, policy: TreePolicy, living: bool, ctx: &mut Ctx<'_>) -> KeptTree {
        match self.done(Task::Tree { range, policy, living }, ctx) {
            Made::Tree(tree, rows) => KeptTree { tree, rows },
            _ => KeptTree { tree: Arc::new(Tree::empty(range, policy, 0)), rows: 0 },
        }
    }
}
