//! Sweeps: replicas compare what they hold in the background, whether or not anybody reads it.

use serde::{Deserialize, Serialize};

use crate::engine::base::Micros;
use crate::engine::sweep::{LogPolicy, TreePolicy};

/// How two replicas find what they disagree on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Method {
    /// Merkle trees: roots first, then children wherever hashes differ, down to the leaves (Dynamo, section 4.7).
    #[default]
    Descent,
    /// Every key and a digest of its row go across.
    Full,
    /// Each keeps a log of its changes and is sent what came after the last one that it has read of the other's (Apache CouchDB's
    /// replication). A log that has been cut off falls back to every key.
    Log,
}

impl Method {
    /// How a call to compare names it: any bit but the second.
    pub const fn code(self) -> u8 {
        match self {
            Method::Descent => 0,
            Method::Full => 1,
            Method::Log => 40,
        }
    }
}

/// What goes across of a leaf that differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Streams {
    /// First the leaf's keys with digests of their rows, then only rows that differ (Riak, `hashtree.erl` `exchange_segment`).
    #[default]
    Keys,
    /// All its rows, both ways (Apache Cassandra, `repair/SyncTask`).
    Leaves,
}

/// Where a tree comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Upkeep {
    /// Made for each sweep by reading every row (Apache Cassandra's validation).
    #[default]
    Scan,
    /// Kept in memory and changed with every write; made by a scan after a start (Riak and Dynamo keep trees).
    Kept,
}

/// How one sweep works.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct SweepPolicy {
    /// How differences are found.
    pub method: Method,
    /// What goes across of a leaf that differs.
    pub streams: Streams,
    /// Where trees come from.
    pub upkeep: Upkeep,
    /// How trees are made. A full comparison takes its digests of rows from here.
    pub tree: TreePolicy,
}

/// When nodes start sweeps by themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Schedule {
    /// Time from one sweep that a node starts to its next; the first falls anywhere within it, so that nodes take turns.
    pub every: Micros,
    /// Up to so much is added each time.
    #[serde(default)]
    pub jitter: Micros,
}

/// Sweeps of a cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct SweepSettings {
    /// When nodes start them by themselves; never if left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub schedule: Option<Schedule>,
    /// How they work.
    pub policy: SweepPolicy,
    /// How long a node waits for the next message of a sweep that it started.
    pub timeout: Micros,
    /// Sweeps that a node starts, and that it answers, at the same time (Riak, `anti_entropy_concurrency`).
    pub at_once: u32,
    /// Most rows of one message (Garage sends 256).
    pub rows_at_once: u32,
    /// How often a sweep that failed is tried again before the next one that is due.
    pub retries: u32,
    /// How long a node rests before; twice as long each time.
    pub back_off: Micros,
    /// What logs keep. Left out, nodes keep one only if their sweeps read logs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub log: Option<LogPolicy>,
}

impl SweepSettings {
    /// What logs keep, if nodes keep any.
    pub fn log_policy(&self) -> Option<LogPolicy> {
        self.log.or_else(|| (self.policy.method == Method::Log).then(LogPolicy::default))
    }
}

impl Default for SweepSettings {
    /// Nobody starts one; 10 s of patience, two at once (Riak's number), 16 rows a message, one more try after 1 s.
    fn default() -> Self {
        SweepSettings {
            schedule: None,
            policy: SweepPolicy::default(),
            timeout: Micros::secs(10),
            at_once: 2,
            rows_at_once: 16,
            retries: 1,
            back_off: Micros::secs(1),
            log: None,
        }
    }
}
