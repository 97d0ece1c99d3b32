//! What two replicas hold in the ranges that they compare, and where they truly differ: what no node knows.

use std::sync::Arc;

use crate::engine::base::{NodeId, Wire};
use crate::engine::data::{Key, PageMap, Row, Token};
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

/// What both hold, being counted: every row of the ranges is looked at, so many at a time.
#[derive(Debug, Clone)]
pub struct Weighing {
    /// What is known: `bytes` is zero until all is counted.
    pub holdings: Holdings,
    bytes: u64,
    rows: PageMap<Key, Arc<Row>>,
    runs: Vec<(Token, Token)>,
    /// The last key of the first run that was counted.
    after: Option<Key>,
}

impl Weighing {
    /// Begins to count what they hold now.
    pub fn new(world: &World, truth: &Truth, cost: &SweepCost, ranges: &[TokenRange]) -> Weighing {
        let ends = (cost.session.by, cost.with);
        let rows = world.host(ends.0).map(|host| host.node.store.rows().clone()).unwrap_or_default();
        let runs: Vec<(Token, Token)> = ranges.iter().flat_map(|range| range.runs()).collect();
        let count = runs.iter().map(|(first, last)| rows.count_between(*first, *last)).sum();
        let holdings = Holdings { rows: count, bytes: 0, differ: differ(world, truth, ends, ranges) };
        Weighing { holdings, bytes: 0, rows, runs, after: None }
    }

    /// Counts on, at most so many rows. Returns whether all is counted.
    pub fn go_on(&mut self, mut rows: usize) -> bool {
        while let Some((first, last)) = self.runs.last().copied() {
            let after = self.after.take();
            let all = self.rows.iter_from(|key| after.as_ref().map_or(key.token() < first, |after| key <= after));
            let mut end = None;
            for (key, row) in all.take_while(|(key, _)| key.token() <= last).take(rows) {
                self.bytes += u64::from(key.size() + row.size());
                end = Some(key);
                rows -= 1;
            }
            if rows == 0 {
                self.after = end.cloned();
                return false;
            }
            self.runs.pop();
        }
        self.holdings.bytes = self.bytes;
        true
    }
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
        [_] | [_, _] | [_, _, _] if world.ring().epoch() == 0 && world.ring().tokens().len() == world.hosts().len() => {
            let words: Vec<String> = ranges.iter().filter_map(one).collect();
            format!("{} {}", if ranges.len() == 1 { "range" } else { "ranges" }, list(words))
        }
        _ => format!("{} ranges", count(ranges.len() as u64)),
    }
}
