//! Finding what two replicas disagree on, without a network: token ranges, digests of rows, Merkle trees and their differences.

mod difference;
mod entries;
mod policy;
mod range;
mod tree;
mod trie;

pub use difference::{Difference, LevelCount, Spot, difference, merged_ranges};
pub use entries::{Entries, Entry, Items, compare};
pub use policy::{Combine, Depth, LeafContent, TreePolicy};
pub use range::TokenRange;
pub use tree::{Item, Tree, words_of};
pub use trie::{Trie, TrieNode};
