//! How a node works through its ranges: in which parts, in which order, how many, how fast, and what it remembers of them.

use serde::{Deserialize, Serialize};

/// When the nodes of a cluster begin their rounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Start {
    /// Each anywhere within the interval, by a draw, and from then on in its own rhythm (Garage; memberlist's staggered timers).
    #[default]
    Drawn,
    /// All at the same instant, at every multiple of the interval: a line in everybody's crontab.
    Together,
    /// One after another, evenly spread over the interval.
    InTurn,
}

/// Which of the ranges that a node holds it sweeps by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Whose {
    /// All of them: every range is swept as often as it has replicas.
    #[default]
    Held,
    /// Those of which it is the first replica: every range once (Apache Cassandra, `nodetool repair -pr`).
    First,
}

/// Which range comes next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Order {
    /// The one whose last success is longest ago; in ring order where that is equal.
    #[default]
    Oldest,
    /// By a draw for each round (Reaper shuffles segments, Garage partitions).
    Drawn,
    /// The one that was read and written most since the last rounds.
    Hot,
    /// The one whose last success moved most rows.
    Different,
    /// The one whose peer was last believed down, or failed in a sweep.
    Unstable,
}

/// What remains of a round when its node stops.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Checkpoints {
    /// Which ranges are done is on disk: a node that starts again goes on with the others.
    #[default]
    Disk,
    /// It is in memory only: the next round begins at its time, from the beginning.
    Memory,
}

/// A queue of ranges, instead of all ranges that two nodes share at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct QueueSettings {
    /// Which ranges.
    pub ranges: Whose,
    /// Parts that each range is cut into (Reaper's segments).
    pub segments: u32,
    /// Which comes next.
    pub order: Order,
    /// Whether a node takes part in one sweep at a time, its own or another's (Reaper: a segment starts when all its replicas are free).
    pub one_each: bool,
    /// Share of time spent sweeping, in parts per million: after a sweep that took d a node rests d / share − d (Reaper's intensity).
    pub intensity_ppm: u32,
    /// Most sweeps that wait; what does not fit comes in the next round.
    pub most: u32,
    /// What remains after a crash.
    pub checkpoints: Checkpoints,
    /// Whether a node rests before each sweep for as long as its own disk's queue demands ([`throttle`]).
    pub throttle: bool,
}

impl Default for QueueSettings {
    /// Whole ranges, longest unrepaired first, without rest; at most 1,000 wait.
    fn default() -> Self {
        QueueSettings {
            ranges: Whose::default(),
            segments: 1,
            order: Order::default(),
            one_each: false,
            intensity_ppm: 1_000_000,
            most: 1_000,
            checkpoints: Checkpoints::default(),
            throttle: false,
        }
    }
}

/// How long to rest, in milliseconds, while requests wait: for each row the number that must be exceeded, and the rest (Riak KV 3.0,
/// `riak_kv_entropy_manager:query_and_set_aae_throttle`, where the numbers are lengths of the longest mailbox of a partition).
pub const THROTTLE: [(u64, u64); 5] = [(200, 10), (500, 50), (750, 250), (900, 1_000), (1_100, 5_000)];

/// The rest that [`THROTTLE`] asks for, in milliseconds.
pub fn throttle(waiting: u64) -> u64 {
    THROTTLE.iter().rev().find(|(beyond, _)| waiting > *beyond).map_or(0, |(_, rest)| *rest)
}
