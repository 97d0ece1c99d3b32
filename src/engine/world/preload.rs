//! Preloading: rows that all replicas hold from the start, without a message. A million of them take a while, so they are made in pieces.

use std::collections::VecDeque;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::sim::World;
use crate::engine::base::{DigestFunction, Draws, NodeId, Purpose, arrange};
use crate::engine::data::{Key, PAGE_MAX, Page, PageMap, Payload, Row, Rule, Token, Version};
use crate::engine::node::{CLOCK_EPOCH, Checksum};
use crate::engine::place::Replication;

/// How to fill the stores.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Preload {
    /// Keys, named `key-0`, `key-1`, ….
    pub count: u64,
    /// Tells the values of one preload from those of another.
    #[serde(default)]
    pub seed: u64,
    /// Bytes of each value.
    #[serde(default = "default_value_bytes")]
    pub value_bytes: u32,
}

fn default_value_bytes() -> u32 {
    16
}

/// Rows of each node, in node order.
pub(super) type Shares = Vec<PageMap<Key, Arc<Row>>>;

/// Keys of a preload whose tokens begin with the same bits: token and number.
type Bucket = Vec<(u64, u64)>;

/// Entries that are to become a page, and the nodes that hold them.
#[derive(Debug, Clone, Default)]
struct Lane {
    open: Vec<(Key, Arc<Row>)>,
    nodes: Vec<NodeId>,
}

/// Rows that are being made: first the token of each key, sorted roughly, then rows in the order of tokens. Replicas share the pages.
#[derive(Debug, Clone)]
pub(super) struct Loading {
    preload: Preload,
    draws: Draws,
    rule: Rule,
    summed: bool,
    replication: Replication,
    /// Keys whose tokens are known.
    placed: u64,
    /// Keys whose rows are not made yet.
    buckets: VecDeque<Bucket>,
    /// How a token becomes the number of its bucket.
    shift: u32,
    /// Rows made.
    made: u64,
    /// Which part of the ring the last row lay in.
    part: Option<usize>,
    /// Whether parts of the ring have pages of their own, which their replicas share.
    shared: bool,
    /// One for all nodes, if they share pages; else one for each node.
    lanes: Vec<Lane>,
    pages: Vec<Vec<Page<Key, Arc<Row>>>>,
    text: Vec<u8>,
}

/// Rows for each part of the ring from which on its replicas share pages: pages of fewer entries would be wasteful.
const SHARED_FROM: u64 = 32;

/// Keys of a bucket, about.
const BUCKET: u64 = 256;

impl Loading {
    /// Rows for a world as it is now.
    pub(super) fn new(preload: Preload, world: &World) -> Loading {
        let nodes = world.hosts().len();
        let bits = (preload.count / BUCKET + 1).ilog2();
        let shared = preload.count / world.ring().tokens().len().max(1) as u64 >= SHARED_FROM;
        let lane = |n: usize| Lane { open: Vec::new(), nodes: if shared { Vec::new() } else { vec![NodeId(n as u32)] } };
        Loading {
            preload,
            draws: world.draws,
            rule: world.settings().rule,
            summed: world.settings().integrity.checksum == Checksum::Writer,
            replication: world.settings().replicas,
            placed: 0,
            buckets: vec![Bucket::new(); 1 << bits].into(),
            shift: 64 - bits,
            made: 0,
            part: None,
            shared,
            lanes: (0..if shared { 1 } else { nodes }).map(lane).collect(),
            pages: vec![Vec::new(); nodes],
            text: Vec::new(),
        }
    }

    /// What it is for.
    pub(super) fn preload(&self) -> Preload {
        self.preload
    }

    /// How many keys there are, and how much is done for them, in halves.
    pub(super) fn progress(&self) -> (u64, u64) {
        (self.placed + self.made, 2 * self.preload.count)
    }

    /// Goes on for about so many keys, and takes what that was away from them. Returns whether all rows are made.
    pub(super) fn work(&mut self, world: &World, left: &mut u64) -> bool {
        while self.placed < self.preload.count && *left > 0 {
            let token = DigestFunction::Xxh64.words(self.name(self.placed))[0];
            let bucket = token.checked_shr(self.shift).unwrap_or(0) as usize;
            self.buckets[bucket].push((token, self.placed));
            self.placed += 1;
            *left -= 1;
        }
        while self.placed == self.preload.count && *left > 0 {
            let Some(mut bucket) = self.buckets.pop_front() else { break };
            *left = left.saturating_sub(2 * bucket.len() as u64);
            // Keys of one token are ordered by their names.
            bucket.sort_unstable_by(|a, b| a.0.cmp(&b.0).then_with(|| a.1.to_string().cmp(&b.1.to_string())));
            bucket.into_iter().for_each(|(token, i)| self.add(world, Token(token), i));
        }
        self.placed == self.preload.count && self.buckets.is_empty()
    }

    /// All rows; for each node those that it replicates.
    pub(super) fn finish(mut self, world: &World) -> Shares {
        let mut all = u64::MAX;
        self.work(world, &mut all);
        (0..self.lanes.len()).for_each(|lane| self.close(lane));
        self.pages.into_iter().map(PageMap::of_pages).collect()
    }

    /// The next row in order.
    fn add(&mut self, world: &World, token: Token, i: u64) {
        let entry = self.row(token, i);
        self.made += 1;
        if !self.shared {
            let nodes = world.ring().replicas(token, &self.replication);
            return nodes.iter().for_each(|node| self.push(node.index(), entry.clone()));
        }
        let part = world.ring().entry_of(token);
        if self.part.replace(part) != Some(part) {
            let mut nodes = world.ring().replicas(token, &self.replication);
            arrange(&mut nodes, Ord::cmp);
            if nodes != self.lanes[0].nodes {
                self.close(0);
                self.lanes[0].nodes = nodes;
            }
        }
        self.push(0, entry);
    }

    /// A key and its row, which carries a stamp from just before the run.
    fn row(&mut self, token: Token, i: u64) -> (Key, Arc<Row>) {
        let key = Key::placed(std::str::from_utf8(self.name(i)).unwrap_or_default(), token);
        let payload = Payload::Value(self.value(i));
        let payload = if self.summed { payload.summed() } else { payload };
        let clock = self.rule.mint(NodeId(0), CLOCK_EPOCH - 1);
        (key, Arc::new(Row::single(Version { clock, payload })))
    }

    /// `key-` and a number. (Formatting is for people; this is done a million times.)
    fn name(&mut self, i: u64) -> &[u8] {
        self.text.clear();
        let mut rest = i;
        while rest > 0 || self.text.is_empty() {
            self.text.push(b'0' + (rest % 10) as u8);
            rest /= 10;
        }
        self.text.extend_from_slice(b"-yek");
        self.text.reverse();
        &self.text
    }

    /// Hexadecimal digits, so that a value can be read on screen.
    fn value(&mut self, i: u64) -> Arc<[u8]> {
        let len = self.preload.value_bytes as usize;
        self.text.clear();
        for block in 0.. {
            if self.text.len() >= len {
                break;
            }
            let word = self.draws.draw(Purpose::Preload, [self.preload.seed, i, block]);
            let digit = |at: u32| b"0123456789abcdef"[(word >> (60 - 4 * at)) as usize & 15];
            self.text.extend((0..16).map(digit));
        }
        self.text[..len].into()
    }

    fn push(&mut self, lane: usize, entry: (Key, Arc<Row>)) {
        self.lanes[lane].open.push(entry);
        if self.lanes[lane].open.len() == PAGE_MAX {
            self.close(lane);
        }
    }

    /// Makes a page of what a lane has.
    fn close(&mut self, lane: usize) {
        let Lane { open, nodes } = &mut self.lanes[lane];
        if !open.is_empty() {
            let page = Arc::new(std::mem::replace(open, Vec::with_capacity(PAGE_MAX)));
            nodes.iter().for_each(|node| self.pages[node.index()].push(page.clone()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::base::Micros;
    use crate::engine::world::{Command, Config};

    /// The same rows as the plainest way would make them, for one node.
    fn plainly(world: &World, preload: Preload, node: NodeId) -> Vec<(Key, Arc<Row>)> {
        let clock = Rule::LastWriteWins.mint(NodeId(0), CLOCK_EPOCH - 1);
        let value = |i: u64| -> String {
            (0..4).map(|block| format!("{:016x}", world.draws.draw(Purpose::Preload, [preload.seed, i, block]))).collect()
        };
        let row =
            |i: u64| Row::single(Version { clock, payload: Payload::Value(value(i).as_bytes()[..preload.value_bytes as usize].into()) });
        let mut all: Vec<(Key, Arc<Row>)> = (0..preload.count).map(|i| (Key::new(&format!("key-{i}")), Arc::new(row(i)))).collect();
        all.retain(|(key, _)| world.ring().is_replica(key.token(), &world.settings().replicas, node));
        all.sort_unstable_by(|a, b| a.0.cmp(&b.0));
        all
    }

    #[test]
    fn pieces_and_shared_pages_give_the_plain_rows() {
        for (nodes, count, value_bytes) in [(3, 0, 16), (3, 1, 1), (5, 700, 20), (6, 5_000, 16), (40, 300, 33)] {
            let world = World::new(&Config { nodes, ..Config::default() }, 5, &mut Vec::new());
            let preload = Preload { count, seed: 3, value_bytes };
            let mut loading = Loading::new(preload, &world);
            while !loading.work(&world, &mut 100) {}
            assert_eq!(loading.progress(), (2 * count, 2 * count));
            let shares = loading.finish(&world);
            for (node, share) in (0..).map(NodeId).zip(&shares) {
                assert!(share.iter().eq(&plainly(&world, preload, node)), "node {node} of {nodes}, {count} keys");
            }
            let mut whole = world.clone();
            whole.apply(Micros(1), &Command::Preload(preload), &mut Vec::new());
            assert!(whole.hosts().iter().zip(&shares).all(|(host, share)| host.node.store.rows().iter().eq(share.iter())));
        }
    }
}
