//! Digests of single rows, and the comparison of two lists of them: what is left to do once the differing leaves are known.

use std::cmp::Ordering;
use std::sync::Arc;

use super::policy::{LeafContent, TreePolicy};
use super::tree::{Item, words_of};
use crate::engine::base::{Digest, Sink, Wire};
use crate::engine::data::{Clock, Key, Row};

/// A key and the digest of what is held for it.
pub type Entry = (Key, Digest);

/// Makes the digests of rows; keeps its buffer from one to the next.
#[derive(Debug, Clone)]
pub struct Items {
    policy: TreePolicy,
    buffer: Vec<u8>,
}

impl Items {
    /// Digests by this policy.
    pub fn new(policy: TreePolicy) -> Items {
        Items { policy, buffer: Vec::new() }
    }

    /// The digest of a row, as words.
    pub fn item(&mut self, key: &Key, row: &Row) -> Item {
        self.buffer.clear();
        // The key is always part of it: two keys with the same value must not cancel each other out.
        key.encode(&mut self.buffer);
        match self.policy.leaf {
            LeafContent::Row => row.encode(&mut self.buffer),
            LeafContent::Version => row.versions().iter().for_each(|version| {
                let Clock::Stamp(stamp) = version.clock;
                self.buffer.u64(stamp.micros);
                self.buffer.u32(stamp.node.0);
            }),
            LeafContent::Key => {}
        }
        self.policy.digest.words(&self.buffer)
    }

    /// The digest of a row, as it travels.
    pub fn digest(&mut self, key: &Key, row: &Row) -> Digest {
        let item = self.item(key, row);
        Digest::of_words(&item[..words_of(self.policy.digest)])
    }
}

/// Where two lists of entries differ.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Entries {
    /// Keys only the first list has.
    pub only_mine: Vec<Key>,
    /// Keys only the second list has.
    pub only_theirs: Vec<Key>,
    /// Keys that both have, with different digests.
    pub differ: Vec<Key>,
    /// How many keys both have.
    pub compared: u64,
}

impl Entries {
    /// How many keys differ in any way.
    pub fn count(&self) -> usize {
        self.only_mine.len() + self.only_theirs.len() + self.differ.len()
    }
}

/// Compares two lists, whatever their order (a range round zero is not in key order).
pub fn compare(mut mine: Vec<Entry>, theirs: Vec<Entry>) -> Entries {
    mine.sort();
    let mut merge = Merge::over(&[theirs.into()]);
    mine.iter().for_each(|(key, digest)| merge.add(key, digest));
    merge.done()
}

/// A comparison with a list that is known as a whole, of another one whose entries come one after another in the order of keys.
#[derive(Debug, Clone)]
pub struct Merge {
    theirs: Vec<Arc<[Entry]>>,
    /// Pieces of it that ascend, each from and to a place of a page, in the order of keys.
    pieces: Vec<(usize, usize, usize)>,
    /// The first piece that is not done.
    at: usize,
    found: Entries,
}

impl Merge {
    /// A comparison with these, in whatever order they came.
    pub fn over(pages: &[Arc<[Entry]>]) -> Merge {
        let mut pieces = Vec::new();
        for (page, entries) in pages.iter().enumerate() {
            let mut from = 0;
            for piece in entries.chunk_by(|a, b| a <= b) {
                pieces.push((page, from, from + piece.len()));
                from += piece.len();
            }
        }
        let first = |(page, from, _): &(usize, usize, usize)| &pages[*page][*from];
        pieces.sort_by(|a, b| first(a).cmp(first(b)));
        let apart = |pair: &[(usize, usize, usize)]| pages[pair[0].0][pair[0].2 - 1] <= *first(&pair[1]);
        if pieces.windows(2).all(apart) {
            return Merge { theirs: pages.to_vec(), pieces, at: 0, found: Entries::default() };
        }
        // Nobody who tells the truth sends pages that lie in each other.
        let mut all: Vec<Entry> = pages.iter().flat_map(|page| page.iter().cloned()).collect();
        all.sort();
        let pieces = vec![(0, 0, all.len())];
        Merge { theirs: vec![all.into()], pieces, at: 0, found: Entries::default() }
    }

    fn next(&self) -> Option<&Entry> {
        let (page, from, _) = self.pieces.get(self.at)?;
        self.theirs.get(*page)?.get(*from)
    }

    fn pass(&mut self) {
        if let Some((_, from, to)) = self.pieces.get_mut(self.at) {
            *from += 1;
            self.at += usize::from(*from >= *to);
        }
    }

    /// The next entry of the other list.
    pub fn add(&mut self, key: &Key, digest: &Digest) {
        loop {
            let Some((other, theirs)) = self.next() else { return self.found.only_mine.push(key.clone()) };
            match key.cmp(other) {
                Ordering::Less => return self.found.only_mine.push(key.clone()),
                Ordering::Equal => {
                    let differs = digest != theirs;
                    self.found.compared += 1;
                    self.pass();
                    if differs {
                        self.found.differ.push(key.clone());
                    }
                    return;
                }
                Ordering::Greater => {
                    let other = other.clone();
                    self.found.only_theirs.push(other);
                    self.pass();
                }
            }
        }
    }

    /// All entries have come: where the two differ.
    pub fn done(mut self) -> Entries {
        while let Some((other, _)) = self.next() {
            let other = other.clone();
            self.found.only_theirs.push(other);
            self.pass();
        }
        self.found
    }
}
