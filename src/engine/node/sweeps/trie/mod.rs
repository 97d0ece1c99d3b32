//! Garage's way to compare replicas: each node keeps a trie for each range, which follows its rows at some distance, walks down its own trie beside
//! the other's, and pushes what the other may lack. What the other has comes when the other does the same (`src/table/{merkle,sync}.rs`).

mod message;
mod upkeep;
mod walk;

pub use message::TrieSay;
pub use upkeep::TrieStore;
pub use walk::Walk;
