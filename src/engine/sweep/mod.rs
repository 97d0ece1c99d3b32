//! Finding what two replicas disagree on, without a network: token ranges, digests of rows, Merkle trees and their differences;
//! sets of digests, their ranges and their coded symbols; operation logs; bitmaps of events.

mod bitmap;
mod difference;
mod entries;
mod itemset;
mod log;
mod policy;
mod sketch;
mod spans;
mod tree;
mod trie;

pub use crate::engine::place::TokenRange;
pub use bitmap::Seen;
pub use difference::{Difference, LevelCount, Spot, difference, merged_ranges};
pub use entries::{Entries, Entry, Items, Merge, compare};
pub use itemset::{ItemSet, RowItem};
pub use log::{LogEntry, LogPolicy, OpLog, Position, Source};
pub use policy::{Combine, Depth, LeafContent, TreePolicy};
pub use sketch::{Coded, Decoder, Peeled, Places, Sketch, SketchPolicy, Symbols};
pub use spans::{Mark, Reply, Side, Span, SpanPolicy};
pub use tree::{Builder, Item, Tree, words_of};
pub use trie::{Trie, TrieBuilder, TrieNode};
