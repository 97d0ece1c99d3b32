//! A node's trees: made by reading its rows, or kept and changed with every write.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::message::Place;
use super::note::SweepStep;
use crate::engine::base::NodeId;
use crate::engine::data::{Key, Row, Token};
use crate::engine::node::{Ctx, Node, SweepPolicy, Upkeep};
use crate::engine::place::{Replication, Ring};
use crate::engine::sweep::{Entry, Item, Items, TokenRange, Tree, TreePolicy};

/// Trees that are kept. Volatile: a node makes them anew after a start.
#[derive(Debug, Clone, Default)]
pub struct Kept {
    policy: TreePolicy,
    trees: BTreeMap<TokenRange, Arc<Tree>>,
}

impl Kept {
    /// The trees by their ranges.
    pub fn trees(&self) -> &BTreeMap<TokenRange, Arc<Tree>> {
        &self.trees
    }

    /// Forgets them all.
    pub fn clear(&mut self) {
        self.trees.clear();
    }

    /// What is held at `key` has changed.
    pub fn change(&mut self, key: &Key, before: Option<&Row>, after: Option<&Row>) {
        let Some(tree) = self.trees.iter_mut().find(|(range, _)| range.holds(key.token())).map(|(_, tree)| tree) else { return };
        let mut items = Items::new(self.policy);
        let (old, new) = (before.map(|row| items.item(key, row)), after.map(|row| items.item(key, row)));
        // A session that began before goes on with the tree as it was.
        Arc::make_mut(tree).change(key.token(), old.as_ref(), new.as_ref());
    }
}

/// Ranges of the ring that both nodes hold, in ring order: one for each token of the ring, as each has replicas of its own.
pub fn common_ranges(ring: &Ring, replication: &Replication, a: NodeId, b: NodeId) -> Vec<TokenRange> {
    arcs(ring).filter(|arc| [a, b].iter().all(|node| ring.is_replica(arc.right, replication, *node))).collect()
}

/// Other nodes that hold something that `node` holds, in their order.
pub fn sharers(ring: &Ring, replication: &Replication, node: NodeId) -> Vec<NodeId> {
    let held = arcs(ring).map(|arc| ring.replicas(arc.right, replication)).filter(|list| list.contains(&node));
    let mut all: Vec<NodeId> = held.flatten().filter(|other| *other != node).collect();
    all.sort_unstable();
    all.dedup();
    all
}

/// The ring cut at its tokens. A key on a token belongs to the part that the token ends, in a ring of partitions to the one it begins.
fn arcs(ring: &Ring) -> impl Iterator<Item = TokenRange> {
    let tokens = ring.tokens();
    let end = move |i: usize| {
        let (Token(token), _) = tokens[i];
        Token(token.wrapping_sub(u64::from(ring.is_partitioned())))
    };
    (0..tokens.len()).map(move |i| TokenRange { left: end(if i == 0 { tokens.len() - 1 } else { i - 1 }), right: end(i) })
}

/// The part of its range that a place covers, if any token falls into it.
pub fn part_of(range: TokenRange, policy: &TreePolicy, place: &Place) -> Option<TokenRange> {
    let places = 1u64.checked_shl(policy.bits() * place.level).filter(|places| place.index < *places)?;
    range.part(place.index, places)
}

impl Node {
    /// Rows in a range in its order, as readers see them: expired tombstones count as gone.
    pub(super) fn rows_in<'a>(&'a self, range: TokenRange, ctx: &'a Ctx<'_>) -> impl Iterator<Item = (&'a Key, &'a Arc<Row>)> {
        let shown = self.clock.shows(ctx.now);
        let all = range.runs().flat_map(|(first, last)| self.store.between(first, last));
        all.filter(move |(_, row)| ctx.settings.tombstones.expired(row, shown).is_none())
    }

    /// Keys in a range with digests of their rows.
    pub(super) fn entries_in(&self, range: TokenRange, policy: TreePolicy, ctx: &Ctx<'_>) -> Vec<Entry> {
        let mut items = Items::new(policy);
        self.rows_in(range, ctx).map(|(key, row)| (key.clone(), items.digest(key, row))).collect()
    }

    /// This node's trees for these ranges, and what it took to make them.
    pub(super) fn trees_for(&mut self, policy: &SweepPolicy, ranges: &[TokenRange], ctx: &Ctx<'_>) -> (Vec<Arc<Tree>>, SweepStep) {
        let (mut rows, mut computed) = (0, 0);
        if policy.upkeep == Upkeep::Kept && self.sweeps.kept.policy != policy.tree {
            self.sweeps.kept = Kept { policy: policy.tree, trees: BTreeMap::new() };
        }
        let mut trees = Vec::with_capacity(ranges.len());
        for range in ranges {
            let kept = self.sweeps.kept.trees.remove(range).filter(|_| policy.upkeep == Upkeep::Kept);
            let tree = match kept {
                Some(mut tree) => {
                    if tree.stale() > 0 {
                        let before = tree.computed();
                        Arc::make_mut(&mut tree).refresh(|part| self.items_in(part, policy.tree));
                        computed += tree.computed() - before;
                    }
                    tree
                }
                None => {
                    let tree = self.scan(*range, policy, ctx);
                    computed += tree.1.computed();
                    rows += tree.0;
                    Arc::new(tree.1)
                }
            };
            if policy.upkeep == Upkeep::Kept {
                self.sweeps.kept.trees.insert(*range, tree.clone());
            }
            trees.push(tree);
        }
        let leaves = trees.iter().map(|tree| tree.leaves()).sum();
        (trees, SweepStep::Trees { leaves, rows, computed })
    }

    /// Digests of all rows of a part, expired tombstones included: a kept tree knows no time.
    fn items_in(&self, part: TokenRange, policy: TreePolicy) -> impl Iterator<Item = Item> {
        let mut items = Items::new(policy);
        let rows = part.runs().flat_map(|(first, last)| self.store.between(first, last));
        rows.map(move |(key, row)| items.item(key, row))
    }

    /// Reads every row of a range into a tree. Returns how many rows that were.
    fn scan(&self, range: TokenRange, policy: &SweepPolicy, ctx: &Ctx<'_>) -> (u64, Tree) {
        let mut items = Items::new(policy.tree);
        let digest = |(key, row): (&Key, &Arc<Row>)| (key.token(), items.item(key, row));
        let all: Vec<(Token, Item)> = match policy.upkeep {
            Upkeep::Scan => self.rows_in(range, ctx).map(digest).collect(),
            Upkeep::Kept => range.runs().flat_map(|(first, last)| self.store.between(first, last)).map(digest).collect(),
        };
        let rows = all.len() as u64;
        (rows, Tree::build(range, policy.tree, policy.tree.depth_for(rows), all.into_iter()))
    }
}
