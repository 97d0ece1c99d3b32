//! Riak's active anti-entropy: hash trees over a fixed number of segments, kept on disk, compared bucket by bucket under locks; and keys that
//! differ are repaired by reading them (`hashtree`, `riak_kv_index_hashtree`, `riak_kv_exchange_fsm`).

mod exchange;
mod message;
mod upkeep;

pub use exchange::Exchange;
pub use message::SegmentSay;
pub use upkeep::{SegmentBuilder, SegmentStore, Segmented};
