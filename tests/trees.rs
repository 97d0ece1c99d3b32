//! Laws of Merkle trees: whatever two replicas hold and however their trees are made, what is found is what differs; and counts worked out by hand.
#![cfg(not(target_arch = "wasm32"))]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use drift::engine::base::{DigestFunction, NodeId};
use drift::engine::data::{Clock, Key, Payload, Row, Rule, Stamp, Store, Token, Version};
use drift::engine::sweep::{
    Combine, Depth, Difference, Entry, Item, Items, LeafContent, LevelCount, Spot, TokenRange, Tree, TreePolicy, compare, difference,
    merged_ranges,
};
use proptest::prelude::*;

/// What a replica holds: a timestamp and a value for each key number.
type Held = BTreeMap<u32, (u64, u8)>;

fn key(n: u32) -> Key {
    Key::new(&format!("key-{n}"))
}

fn row((micros, value): (u64, u8)) -> Arc<Row> {
    let clock = Clock::Stamp(Stamp { micros, node: NodeId(0) });
    let payload = if value == 0 { Payload::Tombstone } else { Payload::Value(vec![value].into()) };
    Arc::new(Row::single(Version { clock, payload }))
}

fn store(held: &Held) -> Store {
    let mut store = Store::default();
    for (n, row_of) in held {
        store.apply(Rule::LastWriteWins, &key(*n), &row(*row_of), true);
    }
    store
}

/// Rows of a store in a range, in the range's order.
fn rows(store: &Store, range: TokenRange) -> impl Iterator<Item = (&Key, &Arc<Row>)> {
    range.runs().flat_map(|(first, last)| store.between(first, last))
}

fn scan(store: &Store, range: TokenRange, policy: TreePolicy) -> Tree {
    let count = rows(store, range).count() as u64;
    let mut items = Items::new(policy);
    Tree::build(range, policy, policy.depth_for(count), rows(store, range).map(|(key, row)| (key.token(), items.item(key, row))))
}

fn entries(store: &Store, range: TokenRange, policy: TreePolicy) -> Vec<Entry> {
    let mut items = Items::new(policy);
    rows(store, range).map(|(key, row)| (key.clone(), items.digest(key, row))).collect()
}

/// The part of the range that a node covers.
fn part(range: TokenRange, policy: TreePolicy, spot: &Spot) -> Option<TokenRange> {
    range.part(spot.index, 1 << (policy.bits() * spot.level))
}

/// Keys that the policy sees differ, looking at everything.
fn truth(a: &Held, b: &Held, range: TokenRange, leaf: LeafContent) -> BTreeSet<Key> {
    let seen = |held: &Held, n: u32| {
        held.get(&n).map(|(micros, value)| match leaf {
            LeafContent::Row => (*micros, *value),
            LeafContent::Version => (*micros, 0),
            LeafContent::Key => (0, 0),
        })
    };
    let all: BTreeSet<u32> = a.keys().chain(b.keys()).copied().collect();
    all.into_iter().filter(|n| seen(a, *n) != seen(b, *n)).map(key).filter(|k| range.holds(k.token())).collect()
}

/// Keys found by comparing trees and then the entries of the leaves that differ.
fn found(a: &Store, b: &Store, range: TokenRange, policy: TreePolicy, difference: &Difference) -> BTreeSet<Key> {
    let parts = difference.leaves.iter().filter_map(|spot| part(range, policy, spot));
    let all = parts.map(|part| compare(entries(a, part, policy), entries(b, part, policy)));
    all.flat_map(|e| e.only_mine.into_iter().chain(e.only_theirs).chain(e.differ)).collect()
}

fn policy() -> impl Strategy<Value = TreePolicy> {
    let depth = prop_oneof![(0..5u32).prop_map(Depth::Fixed), (0..9u32).prop_map(Depth::Rows)];
    (
        prop::sample::select(vec![LeafContent::Row, LeafContent::Version, LeafContent::Key]),
        prop::sample::select(vec![Combine::Xor, Combine::Hash]),
        prop::sample::select(DigestFunction::EVERY.to_vec()),
        prop::sample::select(vec![2u32, 4, 16]),
        depth,
    )
        .prop_map(|(leaf, combine, digest, fan_out, depth)| TreePolicy { leaf, combine, digest, fan_out, depth })
}

fn held(most: usize) -> impl Strategy<Value = Held> {
    prop::collection::btree_map(0..60u32, (0..3u64, 0..3u8), 0..most)
}

fn range() -> impl Strategy<Value = TokenRange> {
    prop_oneof![
        Just(TokenRange::RING),
        (any::<u64>(), any::<u64>()).prop_map(|(left, right)| TokenRange { left: Token(left), right: Token(right) }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    /// What the trees lead to is exactly what differs, in both directions, for every way to make a tree, of equal depth or not.
    #[test]
    fn what_is_found_is_what_differs(a in held(60), b in held(8), same in any::<bool>(), range in range(), policy in policy(), deeper in 0..3u32) {
        // Either two unlike stores, or one that differs from the other in a few rows.
        let b = if same { a.iter().map(|(k, v)| (*k, *v)).chain(b).collect() } else { b };
        let (x, y) = (store(&a), store(&b));
        let other = match policy.depth {
            Depth::Fixed(depth) => TreePolicy { depth: Depth::Fixed(depth + deeper), ..policy },
            Depth::Rows(_) => policy,
        };
        let (left, right) = (scan(&x, range, policy), scan(&y, range, other));
        let (there, back) = (difference(&left, &right), difference(&right, &left));
        prop_assert_eq!(&there, &back, "both directions find the same");
        let want = truth(&a, &b, range, policy.leaf);
        prop_assert_eq!(&found(&x, &y, range, policy, &there), &want);
        prop_assert_eq!(found(&y, &x, range, policy, &back), want.clone());
        // With digests that hide depth, or equal depths, nothing is looked at in vain.
        if policy.combine.hides_depth() || left.depth() == right.depth() {
            for spot in &there.leaves {
                let part = part(range, policy, spot).expect("it has rows");
                prop_assert!(want.iter().any(|key| part.holds(key.token())), "{spot:?} differs for no reason");
            }
        }
    }

    /// A tree kept up to date change by change is the tree that a scan makes.
    #[test]
    fn a_kept_tree_is_a_scanned_tree(start in held(60), changes in held(20), gone in prop::collection::vec(0..60u32, 0..5), range in range(), policy in policy()) {
        let mut store = store(&start);
        let mut tree = scan(&store, range, policy);
        let mut items = Items::new(policy);
        let mut change = |tree: &mut Tree, key: &Key, old: Option<&Arc<Row>>, new: Option<&Arc<Row>>| {
            let (old, new) = (old.map(|row| items.item(key, row)), new.map(|row| items.item(key, row)));
            if range.holds(key.token()) {
                tree.change(key.token(), old.as_ref(), new.as_ref());
            }
        };
        for (n, new) in &changes {
            let (_, old) = store.apply(Rule::LastWriteWins, &key(*n), &row(*new), true);
            change(&mut tree, &key(*n), old.as_ref(), store.get(&key(*n)));
        }
        for n in gone {
            let old = store.remove(&key(n), true);
            change(&mut tree, &key(n), old.as_ref(), None);
        }
        let mut again = Items::new(policy);
        tree.refresh(|part| rows(&store, part).map(|(key, row)| again.item(key, row)).collect::<Vec<Item>>().into_iter());
        let fixed = TreePolicy { depth: Depth::Fixed(tree.depth()), ..policy };
        let fresh = scan(&store, range, fixed);
        for level in 0..=tree.depth() {
            for node in 0..tree.nodes(level) {
                prop_assert_eq!(tree.level(level, node, node + 1), fresh.level(level, node, node + 1));
            }
        }
    }
}

/// A tree whose leaf `i` says `leaves[i]`, over a range as long as there are leaves.
fn small(leaves: &[u64], fan_out: u32) -> Tree {
    let range = TokenRange { left: Token(0), right: Token(leaves.len() as u64) };
    let policy = TreePolicy { fan_out, depth: Depth::Fixed(leaves.len().ilog(fan_out as usize)), ..TreePolicy::default() };
    let rows = leaves.iter().enumerate().map(|(i, word)| (Token(i as u64 + 1), [*word, 0, 0, 0]));
    Tree::build(range, policy, policy.depth_for(0), rows)
}

#[test]
fn one_difference_among_eight_leaves_costs_seven_comparisons() {
    let (a, b) = (small(&[1, 2, 3, 4, 5, 6, 7, 8], 2), small(&[1, 2, 3, 4, 5, 9, 7, 8], 2));
    let found = difference(&a, &b);
    assert_eq!(found.leaves, [Spot { level: 3, index: 5 }]);
    // The root, then two children on each of three levels.
    let counts: Vec<(u64, u64)> = found.levels.iter().map(|l| (l.compared, l.differed)).collect();
    assert_eq!(counts, [(1, 1), (2, 1), (2, 1), (2, 1)]);
    assert_eq!(difference(&a, &a.clone()).levels, [LevelCount { compared: 1, differed: 0 }], "equal trees compare one hash");
}

#[test]
fn two_differences_far_apart_cost_nearly_twice_as_much_as_one() {
    let a = small(&[0; 16], 2);
    let far = small(&[1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2], 4);
    let near = small(&[1, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], 2);
    let total = |found: &Difference| found.levels.iter().map(|l| l.compared).sum::<u64>();
    assert_eq!(total(&difference(&small(&[0; 16], 4), &far)), 1 + 4 + 8, "root, its four children, four children of two of them");
    assert_eq!(total(&difference(&a, &near)), 1 + 2 + 2 + 2 + 2, "neighbours share their path");
}

#[test]
fn the_root_is_what_its_leaves_make_it() {
    let tree = small(&[1, 2, 4, 8], 2);
    assert_eq!(tree.level(0, 0, 1), [15]);
    assert_eq!(tree.level(1, 0, 2), [3, 12]);
    assert_eq!(tree.computed(), 4, "with exclusive or only rows are hashed");
    let range = TokenRange { left: Token(0), right: Token(4) };
    let policy =
        TreePolicy { combine: Combine::Hash, fan_out: 2, depth: Depth::Fixed(2), digest: DigestFunction::Sha256, ..TreePolicy::default() };
    let rows = [(Token(1), [1, 2, 3, 4]), (Token(2), [5, 6, 7, 8])];
    let tree = Tree::build(range, policy, 2, rows.into_iter());
    // Two digests of rows, two leaves, one node above them and the root; what has no rows has no hash.
    assert_eq!(tree.computed(), 6);
    let list = |items: &[[u64; 4]]| items.iter().flatten().flat_map(|w| w.to_be_bytes()).collect::<Vec<u8>>();
    let hash = |items: &[[u64; 4]]| DigestFunction::Sha256.words(&list(items));
    let parent = hash(&[hash(&[[1, 2, 3, 4]]), hash(&[[5, 6, 7, 8]])]);
    assert_eq!(tree.level(0, 0, 1), hash(&[parent, [0; 4]]));
}

#[test]
fn keys_alone_hide_a_stale_value_and_versions_alone_a_rotten_one() {
    let base: Held = (0..50).map(|n| (n, (1, 1))).collect();
    let mut stale = base.clone();
    stale.insert(7, (2, 2));
    let mut rotten = base.clone();
    rotten.insert(7, (1, 2));
    let differ = |b: &Held, leaf| {
        let policy = TreePolicy { leaf, ..TreePolicy::default() };
        let found = difference(&scan(&store(&base), TokenRange::RING, policy), &scan(&store(b), TokenRange::RING, policy));
        found.leaves.len()
    };
    assert_eq!([LeafContent::Row, LeafContent::Version, LeafContent::Key].map(|leaf| differ(&stale, leaf)), [1, 1, 0]);
    assert_eq!([LeafContent::Row, LeafContent::Version, LeafContent::Key].map(|leaf| differ(&rotten, leaf)), [1, 0, 0]);
}

/// Apache Cassandra 4.1, `utils/MerkleTree.differenceHelper`: leaves (0,2] and (2,4] become (0,4], leaves (2,4] and (4,6] stay two ranges.
#[test]
fn neighbours_are_merged_only_if_they_are_siblings() {
    let range = TokenRange { left: Token(0), right: Token(8) };
    let merged = |indexes: &[u64]| -> Vec<(u64, u64)> {
        let found = Difference { leaves: indexes.iter().map(|index| Spot { level: 2, index: *index }).collect(), levels: Vec::new() };
        merged_ranges(range, 1, &found).iter().map(|r| (r.left.0, r.right.0)).collect()
    };
    assert_eq!(merged(&[0, 1]), [(0, 4)]);
    assert_eq!(merged(&[1, 2]), [(2, 4), (4, 6)]);
    assert_eq!(merged(&[0, 1, 2]), [(0, 4), (4, 6)]);
    assert_eq!(merged(&[0, 1, 2, 3]), [(0, 8)]);
    assert_eq!(merged(&[3]), [(6, 8)]);
    assert_eq!(merged(&[]), []);
}
