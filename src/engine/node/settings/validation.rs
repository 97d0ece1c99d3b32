//! Repair by whole trees (Apache Cassandra, `repair/RepairOption`): which ranges, in which order replicas read them, what moves.

use serde::{Deserialize, Serialize};

/// In which order replicas make their trees (Apache Cassandra, `repair/RepairParallelism`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Parallelism {
    /// All at once (`-par`, the default).
    #[default]
    Parallel,
    /// One after another, each from a snapshot that all took at the beginning (`-seq`).
    Sequential,
    /// One of each zone at a time, from snapshots (`-dcpar`).
    ZoneByZone,
}

/// Which ranges one repair is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scope {
    /// Those that the node which starts it holds (the default of `nodetool repair`).
    #[default]
    Held,
    /// Those that it owns as the first replica (`-pr`): if every node does it, every range is repaired once.
    Primary,
    /// The whole ring, whoever holds it: the node only coordinates where it is no replica.
    Ring,
}

/// How one repair by whole trees works. A repair between two given nodes is over all ranges that both hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Validation {
    /// In which order replicas make their trees.
    pub order: Parallelism,
    /// Which ranges.
    pub scope: Scope,
    /// Rows move only towards the node that started it (`--pull`); pairs without it are left as they are.
    pub pull: bool,
    /// Go on without replicas that are believed down, instead of failing (`--force`).
    pub force: bool,
    /// Only rows that no repair has taken in yet are compared, and those are marked in the end (the default of `nodetool repair` since 2.2;
    /// without it: `-full`).
    pub incremental: bool,
}

impl Validation {
    /// A small number for each combination, for the wire.
    pub const fn code(&self) -> u8 {
        self.order as u8 | (self.scope as u8) << 2 | (self.pull as u8) << 4 | (self.force as u8) << 5 | (self.incremental as u8) << 6
    }
}
