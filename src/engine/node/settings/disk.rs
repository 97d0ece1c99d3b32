//! What a node's disk can do, and what of it sweeps may take.

use serde::{Deserialize, Serialize};

use crate::engine::base::Micros;

/// A disk that does one thing after another. Writes of clients go to a log of their own, which nothing else waits for (Apache Cassandra's
/// commit log on its own device); reads, scans and the rows of sweeps share the rest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Disk {
    /// To find and read one row.
    pub read: Micros,
    /// To write one row.
    pub write: Micros,
    /// To read one row among others in order, as for a tree.
    pub scan: Micros,
    /// The share of its time that sweeps and hints have for themselves, in parts per million, and may not exceed; the rest is for clients
    /// while there is such work. Without it: first come, first served.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sweep_share_ppm: Option<u32>,
}

impl Default for Disk {
    /// A fast one: 100 µs to find a row, 50 µs to write one, 10 µs for each row of a scan.
    fn default() -> Self {
        Disk { read: Micros(100), write: Micros(50), scan: Micros(10), sweep_share_ppm: None }
    }
}

/// Most bytes a second that sweeps may send; 0 is no limit (Apache Cassandra, `stream_throughput_outbound` and
/// `inter_dc_stream_throughput_outbound`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Caps {
    /// By each node.
    pub node: u64,
    /// Out of each zone into others, by all its nodes together.
    pub zone: u64,
}

impl Caps {
    /// Whether nothing is limited.
    pub fn is_none(&self) -> bool {
        *self == Caps::default()
    }
}
