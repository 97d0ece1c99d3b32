//! Finding what two replicas disagree on, without a network: token ranges, digests of rows, Merkle trees and their differences,
//! operation logs, bitmaps of events.

mod bitmap;
mod difference;
mod entries;
mod log;
mod policy;
mod range;
mod tree;

pub use bitmap::Seen;
pub use difference::{Difference, LevelCount, Spot, difference, merged_ranges};
pub use entries::{Entries, Entry, Items, compare};
pub use log::{LogEntry, LogPolicy, OpLog, Position, Source};
pub use policy::{Combine, Depth, LeafContent, TreePolicy};
pub use range::TokenRange;
pub use tree::{Item, Tree, words_of};
