//! Our trees, with the bytes of the messages that nodes exchange.
use crate::{Needs, Pair};
use drift::engine::base::{DigestFunction, NodeId, Wire};
use drift::engine::data::Token;
use drift::engine::node::Body;
use drift::engine::node::sweeps::{ASKED_AT_ONCE, Place, Say, SessionId};
use drift::engine::sweep::{Combine, Depth, Difference, Item, LeafContent, TokenRange, Tree, TreePolicy, difference};
use std::hint::black_box;
use std::time::Instant;

/// Bytes before the body of every message.
const HEADER: u64 = 33;
/// Updates of which the mean is taken.
const UPDATES: u32 = 10_000;

fn item(function: DigestFunction, pair: &Pair) -> Item {
    let mut bytes = [0; 16];
    bytes[..8].copy_from_slice(&pair.0.to_le_bytes());
    bytes[8..].copy_from_slice(&pair.1.to_le_bytes());
    function.words(&bytes)
}

fn build(policy: TreePolicy, pairs: &[Pair]) -> Tree {
    let rows = pairs.iter().map(|pair| (Token(pair.0), item(policy.digest, pair)));
    Tree::build(TokenRange::RING, policy, policy.depth_for(0), rows)
}

/// Builds, updates and compares.
pub fn run(digest: DigestFunction, fan_out: u32, depth: u32, pairs: &[Pair], others: &[Vec<Pair>]) -> Needs {
    let policy = TreePolicy { leaf: LeafContent::Row, combine: Combine::Xor, digest, fan_out, depth: Depth::Fixed(depth) };
    let start = Instant::now();
    let mut tree = black_box(build(policy, black_box(pairs)));
    let built = start.elapsed();
    let start = Instant::now();
    for n in 0..UPDATES {
        let pair = &pairs[n as usize * (pairs.len() / UPDATES as usize)];
        let (old, new) = (item(digest, pair), item(digest, &(pair.0, 9)));
        tree.change(Token(pair.0), Some(&old), Some(&new));
        black_box(tree.level(0, 0, 1));
    }
    let update = start.elapsed() / UPDATES;
    let tree = build(policy, pairs);
    let found = others.iter().map(|other| {
        let other = build(policy, other);
        black_box(difference(&tree, &other));
        let start = Instant::now();
        let found = black_box(difference(black_box(&tree), black_box(&other)));
        Some((start.elapsed(), bytes(&found, policy, pairs.len() as u64)))
    });
    Needs { build: Some(built), update: Some(update), found: found.collect() }
}

/// Bytes of all messages from the first to the lists of keys, as the nodes send them: a key takes its 8 bytes here and 2 for its length.
fn bytes(found: &Difference, policy: TreePolicy, rows: u64) -> u64 {
    let session = SessionId { by: NodeId(0), generation: 1, number: 1 };
    let size = |say: Say| HEADER + u64::from(Body::Sweep { session, say: Box::new(say) }.size());
    let hash = u64::from(policy.digest.size());
    let place = Place { range: 0, level: 0, index: 0 };
    let open = Say::Open { policy: Default::default(), ranges: [TokenRange::RING].into() };
    let mut total = size(open) + size(Say::Roots(Box::new([]))) + 1 + hash + size(Say::Close);
    let mut ask = |count: u64, answers: u64, say: &dyn Fn(Box<[Place]>) -> Say| {
        let parts = count.div_ceil(ASKED_AT_ONCE as u64);
        total += parts * (size(say(Box::new([]))) + size(Say::Hashes { part: 0, level: 0, hashes: Box::new([]) }));
        total += count * u64::from(say(Box::new([place])).size() - say(Box::new([])).size()) + answers;
    };
    for level in found.levels.iter().take(found.levels.len() - 1) {
        let children = level.differed * u64::from(policy.fan_out) * hash;
        ask(level.differed, children, &|nodes| Say::Children { part: 0, level: 0, nodes });
    }
    let leaves = found.leaves.len() as u64;
    let keys = leaves * rows / (1 << (policy.bits() * policy.depth_for(0)));
    ask(leaves, keys.max(leaves) * (10 + hash), &|leaves| Say::ListKeys { part: 0, leaves });
    total
}
