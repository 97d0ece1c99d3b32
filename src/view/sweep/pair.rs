//! What two replicas hold in the ranges that they compare, and where they truly differ: what no node knows.

use std::sync::Arc;

use crate::engine::base::{NodeId, Wire};
use crate::engine::data::{Key, Row};
use crate::engine::observe::{SweepCost, Truth};
use crate::engine::sweep::TokenRange;
use crate::engine::world::World;
use crate::view::format::{count, counted, list};

/// What both hold together, counted at one instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Holdings {
    /// Rows that the one who asks holds in the ranges.
    pub rows: u64,
    /// Bytes of their keys, values and clocks: what it takes to send them all.
    pub bytes: u64,
    /// Where the two differ.
    pub differ: Differ,
}

/// Where two replicas differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Differ {
    /// Keys of which the one who asks lacks something.
    pub behind_asking: u64,
    /// Keys of which the other one lacks something.
    pub behind_answering: u64,
    /// Bytes of what they lack, each row once.
    pub bytes: u64,
}

impl Differ {
    /// Keys that differ; a key of which both lack something counts for both.
    pub fn rows(&self) -> u64 {
        self.behind_asking + self.behind_answering
    }
}

/// What a node holds for a key.
pub fn held<'a>(world: &'a World, node: NodeId, key: &Key) -> Option<&'a Arc<Row>> {
    world.host(node)?.node.store.get(key)
}

/// Where two nodes differ in these ranges: found among the keys whose replicas disagree.
pub fn differ(world: &World, truth: &Truth, ends: (NodeId, NodeId), ranges: &[TokenRange]) -> Differ {
    let mut found = Differ::default();
    for (key, _) in truth.stale().filter(|(key, _)| ranges.iter().any(|range| range.holds(key.token()))) {
        let (mine, theirs) = (held(world, ends.0, key), held(world, ends.1, key));
        if mine == theirs {
            continue;
        }
        let merged = world.settings().rule.merged(mine.cloned(), theirs);
        let lacks = |row: Option<&Arc<Row>>| row != merged.as_ref();
        let size = merged.as_ref().map_or(0, |row| u64::from(key.size() + row.size()));
        found.behind_asking += u64::from(lacks(mine));
        found.behind_answering += u64::from(lacks(theirs));
        found.bytes += size * (u64::from(lacks(mine)) + u64::from(lacks(theirs)));
    }
    found
}

/// Copies in these ranges that lack something, of whatever replica.
pub fn copies_behind(truth: &Truth, ranges: &[TokenRange]) -> u64 {
    let stale = truth.stale().filter(|(key, _)| ranges.iter().any(|range| range.holds(key.token())));
    stale.map(|(_, behind)| u64::from(behind)).sum()
}

/// Looks at every row of the ranges: for a big store a piece of work that is worth keeping.
pub fn holdings(world: &World, truth: &Truth, cost: &SweepCost, ranges: &[TokenRange]) -> Holdings {
    let ends = (cost.session.by, cost.with);
    let mut all = Holdings { differ: differ(world, truth, ends, ranges), ..Holdings::default() };
    let Some(host) = world.host(ends.0) else { return all };
    for (key, row) in ranges.iter().flat_map(|range| range.runs()).flat_map(|(first, last)| host.node.store.between(first, last)) {
        all.rows += 1;
        all.bytes += u64::from(key.size() + row.size());
    }
    all
}

/// Who lacks how much: `C is behind on 3 keys`.
pub fn behind(ends: (NodeId, NodeId), differ: &Differ) -> String {
    let one = |node: NodeId, n: u64| (n > 0).then(|| format!("{node} is behind on {}", counted(n, "key", "keys")));
    let both: Vec<String> = [one(ends.0, differ.behind_asking), one(ends.1, differ.behind_answering)].into_iter().flatten().collect();
    if both.is_empty() { "they hold the same".to_owned() } else { both.join(", ") }
}

/// The ranges in words: the nodes whose tokens bound them, `range (A, B]`.
pub fn range_text(world: &World, ranges: &[TokenRange]) -> String {
    let owner = |token| world.ring().tokens().iter().find(|(t, _)| *t == token).map(|(_, node)| *node);
    let one = |range: &TokenRange| Some(format!("({}, {}]", owner(range.left)?, owner(range.right)?));
    match ranges {
        // The tokens of a node with several have no names.
        [_] | [_, _] | [_, _, _] if world.ring().tokens().len() == world.hosts().len() => {
            let words: Vec<String> = ranges.iter().filter_map(one).collect();
            format!("{} {}", if ranges.len() == 1 { "range" } else { "ranges" }, list(words))
        }
        _ => format!("{} ranges", count(ranges.len() as u64)),
    }
}
