//! Other crates that compare sets, each doing the same work in its own way.
use crate::{Needs, Pair};
use merkle_search_tree::MerkleSearchTree;
use merkle_search_tree::diff::diff;
use negentropy::{Id, Negentropy, NegentropyStorageVector};
use rs_merkle::algorithms::Sha256;
use rs_merkle::{Hasher as _, MerkleTree};
use std::hint::black_box;
use std::time::Instant;

/// Updates of which the mean is taken.
const UPDATES: usize = 100;

fn tree(pairs: &[Pair]) -> MerkleSearchTree<[u8; 8], u64> {
    let mut tree = MerkleSearchTree::default();
    pairs.iter().for_each(|(key, version)| tree.upsert(key.to_be_bytes(), version));
    tree.root_hash();
    tree
}

/// A search tree that hashes its pages; it sends all pages. Its difference is a list of key ranges, wide ones at that.
pub fn search_tree(pairs: &[Pair], others: &[Vec<Pair>]) -> Needs {
    let start = Instant::now();
    let mut mine = black_box(tree(pairs));
    let build = start.elapsed();
    let start = Instant::now();
    for n in 0..UPDATES {
        let (key, version) = pairs[n * (pairs.len() / UPDATES)];
        mine.upsert(key.to_be_bytes(), &(version + 9));
        black_box(mine.root_hash());
    }
    let update = start.elapsed() / UPDATES as u32;
    let mine = tree(pairs);
    let found = others.iter().map(|other| {
        let other = tree(other);
        let (a, b) = (mine.serialise_page_ranges().expect("hashed"), other.serialise_page_ranges().expect("hashed"));
        // Two keys and a hash of 16 bytes for each page.
        let bytes = b.len() as u64 * 32;
        let start = Instant::now();
        black_box(diff(black_box(a), black_box(b)));
        Some((start.elapsed(), bytes))
    });
    Needs { build: Some(build), update: Some(update), found: found.collect() }
}

fn set(pairs: &[Pair]) -> NegentropyStorageVector {
    let mut set = NegentropyStorageVector::new();
    for (key, version) in pairs {
        let mut id = [0; 32];
        id[..8].copy_from_slice(&key.to_be_bytes());
        id[8..16].copy_from_slice(&version.to_be_bytes());
        // Its ids must look random: they are added up.
        set.insert(*key, Id::from_byte_array(Sha256::hash(&id))).expect("not sealed");
    }
    set.seal().expect("not sealed");
    set
}

/// Range-based set reconciliation. Building includes hashing items to its ids.
pub fn negentropy(pairs: &[Pair], others: &[Vec<Pair>]) -> Needs {
    let start = Instant::now();
    let mine = black_box(set(pairs));
    let build = start.elapsed();
    let found = others.iter().map(|other| {
        let other = set(other);
        let start = Instant::now();
        let mut asker = Negentropy::borrowed(&mine, 0).expect("no limit");
        let mut answerer = Negentropy::borrowed(&other, 0).expect("no limit");
        let (mut have, mut need) = (Vec::new(), Vec::new());
        let mut message = asker.initiate().expect("once");
        let mut bytes = message.len() as u64;
        loop {
            let answer = answerer.reconcile(&message).expect("a message of its own");
            bytes += answer.len() as u64;
            match asker.reconcile_with_ids(&answer, &mut have, &mut need).expect("a message of its own") {
                Some(next) => message = next,
                None => break,
            }
            bytes += message.len() as u64;
        }
        black_box((have, need));
        Some((start.elapsed(), bytes))
    });
    Needs { build: Some(build), update: None, found: found.collect() }
}

/// A tree of SHA-256 hashes, which can only grow at its end. Building includes hashing the rows.
pub fn rs_merkle(pairs: &[Pair]) -> Needs {
    let start = Instant::now();
    let leaves: Vec<[u8; 32]> =
        pairs.iter().map(|(key, version)| Sha256::hash(&[key.to_be_bytes(), version.to_be_bytes()].concat())).collect();
    let tree = MerkleTree::<Sha256>::from_leaves(&leaves);
    black_box(tree.root());
    Needs { build: Some(start.elapsed()), ..Needs::default() }
}
