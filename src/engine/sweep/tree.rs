//! A Merkle tree over a range of the ring: all levels in one flat list of words, root first, so that nothing is allocated per node.

use super::policy::{Combine, TreePolicy};
use super::range::TokenRange;
use crate::engine::base::{Digest, DigestFunction};
use crate::engine::data::Token;

/// The digest of one row, or the hash of a node: as many words as the function fills, then zeros.
pub type Item = [u64; 4];

/// How many 64-bit words a digest of this function takes.
pub const fn words_of(function: DigestFunction) -> usize {
    (function.size() / 8) as usize
}

/// A Merkle tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tree {
    range: TokenRange,
    policy: TreePolicy,
    depth: u32,
    /// Every node's words, level by level from the root, by place within a level. A node without rows is zero.
    words: Vec<u64>,
    /// Leaves whose hash is out of date, one bit each; only for [`Combine::Hash`].
    stale: Vec<u64>,
    /// How many digests and hashes have been computed for it so far.
    computed: u64,
}

impl Tree {
    /// A tree without rows.
    pub fn empty(range: TokenRange, policy: TreePolicy, depth: u32) -> Tree {
        let nodes = before(policy.bits(), depth + 1);
        let marks = if policy.combine == Combine::Hash { (1usize << (policy.bits() * depth)).div_ceil(64) } else { 0 };
        Tree { range, policy, depth, words: vec![0; nodes * words_of(policy.digest)], stale: vec![0; marks], computed: 0 }
    }

    /// A tree over rows in ring order from the range's left end: the token of each, and its digest. `computed` counts each of them.
    pub fn build(range: TokenRange, policy: TreePolicy, depth: u32, rows: impl Iterator<Item = (Token, Item)>) -> Tree {
        let mut tree = Tree::empty(range, policy, depth);
        let (leaves, words) = (tree.leaves(), words_of(policy.digest));
        let first = before(policy.bits(), depth) * words;
        // Rows come in order, so the next leaf's beginning is all that must be known.
        let (mut leaf, mut next) = (0, range.begin_of(1, leaves));
        let mut list: Vec<u8> = Vec::new();
        for (token, item) in rows {
            tree.computed += 1;
            let offset = range.offset(token);
            if offset >= next {
                tree.close(leaf, &mut list);
                leaf = range.part_of(token, leaves);
                next = range.begin_of(leaf + 1, leaves);
            }
            match policy.combine {
                Combine::Xor => xor(&mut tree.words[first + leaf as usize * words..][..words], &item),
                Combine::Hash => append(&mut list, &item[..words]),
            }
        }
        tree.close(leaf, &mut list);
        tree.fold();
        tree
    }

    /// The leaf's rows are complete: hashes their digests.
    fn close(&mut self, leaf: u64, list: &mut Vec<u8>) {
        if !list.is_empty() {
            self.computed += 1;
            let item = self.policy.digest.words(list);
            self.put(self.depth, leaf, &item);
            list.clear();
        }
    }

    /// Computes every inner node from its children.
    fn fold(&mut self) {
        for level in (0..self.depth).rev() {
            let (words, bits) = (words_of(self.policy.digest), self.policy.bits());
            let (upper, lower) = self.words.split_at_mut(before(bits, level + 1) * words);
            let parents = &mut upper[before(bits, level) * words..];
            let children = lower.chunks_exact(words << bits);
            for (parent, children) in parents.chunks_exact_mut(words).zip(children) {
                match self.policy.combine {
                    Combine::Xor => children.chunks_exact(words).for_each(|child| xor(parent, child)),
                    Combine::Hash => self.computed += u64::from(hash_children(self.policy.digest, children, parent)),
                }
            }
        }
    }

    /// A row of this range changed from one digest to another; a missing row has none. With hashes of hashes the leaf is only marked, and
    /// [`Tree::refresh`] must follow before the tree is compared.
    pub fn change(&mut self, token: Token, before_it: Option<&Item>, after_it: Option<&Item>) {
        let leaf = self.range.part_of(token, self.leaves());
        if self.policy.combine == Combine::Hash {
            self.stale[(leaf / 64) as usize] |= 1 << (leaf % 64);
            return;
        }
        let (words, bits) = (words_of(self.policy.digest), self.policy.bits());
        self.computed += before_it.iter().chain(&after_it).count() as u64;
        for level in 0..=self.depth {
            let node = before(bits, level) + (leaf >> (bits * (self.depth - level))) as usize;
            for item in before_it.iter().chain(&after_it) {
                xor(&mut self.words[node * words..][..words], *item);
            }
        }
    }

    /// How many leaves are out of date.
    pub fn stale(&self) -> u32 {
        self.stale.iter().map(|word| word.count_ones()).sum()
    }

    /// Brings leaves that are out of date up to date, and everything above them. `rows` gives the digests of a part of the range in ring
    /// order.
    pub fn refresh<I: Iterator<Item = Item>>(&mut self, mut rows: impl FnMut(TokenRange) -> I) {
        if self.stale() == 0 {
            return;
        }
        let (words, bits) = (words_of(self.policy.digest), self.policy.bits());
        let mut dirty: Vec<u64> = (0..self.leaves()).filter(|leaf| self.stale[(leaf / 64) as usize] >> (leaf % 64) & 1 == 1).collect();
        self.stale.fill(0);
        let mut list = Vec::new();
        for leaf in &dirty {
            for item in self.range.part(*leaf, self.leaves()).into_iter().flat_map(&mut rows) {
                self.computed += 1;
                append(&mut list, &item[..words]);
            }
            self.put(self.depth, *leaf, &Item::default());
            self.close(*leaf, &mut list);
        }
        for level in (0..self.depth).rev() {
            dirty.iter_mut().for_each(|node| *node >>= bits);
            dirty.dedup();
            for node in &dirty {
                let (upper, lower) = self.words.split_at_mut(before(bits, level + 1) * words);
                let parent = &mut upper[(before(bits, level) + *node as usize) * words..][..words];
                let children = &lower[((*node as usize) << bits) * words..][..words << bits];
                self.computed += u64::from(hash_children(self.policy.digest, children, parent));
            }
        }
    }

    fn put(&mut self, level: u32, index: u64, item: &Item) {
        let words = words_of(self.policy.digest);
        let node = before(self.policy.bits(), level) + index as usize;
        self.words[node * words..][..words].copy_from_slice(&item[..words]);
    }

    /// The range it covers.
    pub fn range(&self) -> TokenRange {
        self.range
    }

    /// How it is made.
    pub fn policy(&self) -> TreePolicy {
        self.policy
    }

    /// Levels below the root.
    pub fn depth(&self) -> u32 {
        self.depth
    }

    /// How many leaves there are.
    pub fn leaves(&self) -> u64 {
        1 << (self.policy.bits() * self.depth)
    }

    /// How many nodes a level has.
    pub fn nodes(&self, level: u32) -> u64 {
        1 << (self.policy.bits() * level)
    }

    /// How many digests and hashes have been computed for it so far, those of rows included.
    pub fn computed(&self) -> u64 {
        self.computed
    }

    /// The words of nodes `from..to` of a level; empty for nodes that do not exist.
    pub fn level(&self, level: u32, from: u64, to: u64) -> &[u64] {
        if level > self.depth || to > self.nodes(level) || from > to {
            return &[];
        }
        let (words, first) = (words_of(self.policy.digest), before(self.policy.bits(), level));
        &self.words[(first + from as usize) * words..(first + to as usize) * words]
    }

    /// A node's hash as it travels; `None` for a node that does not exist.
    pub fn hash(&self, level: u32, index: u64) -> Option<Digest> {
        let words = self.level(level, index, index.checked_add(1)?);
        (!words.is_empty()).then(|| Digest::of_words(words))
    }
}

/// How many nodes there are above a level.
const fn before(bits: u32, level: u32) -> usize {
    (((1u64 << (bits * level)) - 1) / ((1 << bits) - 1)) as usize
}

fn xor(into: &mut [u64], item: &[u64]) {
    into.iter_mut().zip(item).for_each(|(word, other)| *word ^= other);
}

fn append(list: &mut Vec<u8>, words: &[u64]) {
    words.iter().for_each(|word| list.extend_from_slice(&word.to_be_bytes()));
}

/// Hashes children into their parent, which stays zero if all of them are. Returns whether a hash was computed.
fn hash_children(function: DigestFunction, children: &[u64], parent: &mut [u64]) -> bool {
    let any = children.iter().any(|word| *word != 0);
    let mut item = Item::default();
    if any {
        // 256 children of 32 bytes at most.
        let mut bytes = [0u8; 8192];
        let used = &mut bytes[..children.len() * 8];
        used.chunks_exact_mut(8).zip(children).for_each(|(place, word)| place.copy_from_slice(&word.to_be_bytes()));
        item = function.words(used);
    }
    let words = parent.len();
    parent.copy_from_slice(&item[..words]);
    any
}
