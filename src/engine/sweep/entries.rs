//! Digests of single rows, and the comparison of two lists of them: what is left to do once the differing leaves are known.

use std::cmp::Ordering;

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
pub fn compare(mut mine: Vec<Entry>, mut theirs: Vec<Entry>) -> Entries {
    mine.sort();
    theirs.sort();
    let mut found = Entries::default();
    let (mut a, mut b) = (mine.iter().peekable(), theirs.iter().peekable());
    loop {
        let order = match (a.peek(), b.peek()) {
            (None, None) => return found,
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some((x, _)), Some((y, _))) => x.cmp(y),
        };
        match order {
            Ordering::Less => found.only_mine.extend(a.next().map(|(key, _)| key.clone())),
            Ordering::Greater => found.only_theirs.extend(b.next().map(|(key, _)| key.clone())),
            Ordering::Equal => {
                found.compared += 1;
                if let (Some((key, x)), Some((_, y))) = (a.next(), b.next())
                    && x != y
                {
                    found.differ.push(key.clone());
                }
            }
        }
    }
}
