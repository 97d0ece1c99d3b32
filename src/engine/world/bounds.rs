//! What a world accepts: the limits, and the error that names the field and its bound. Enforced where data enters.

use std::fmt;

use super::config::{Config, Latency, NetworkConfig};
use crate::engine::base::{ClientId, Endpoint, Micros, NodeId};
use crate::engine::node::Level;

/// Bounds on what a world accepts, enforced where data enters.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Nodes.
    pub nodes: u32,
    /// Racks of one zone.
    pub racks: u32,
    /// Tokens of one node.
    pub tokens: u32,
    /// Partitions of a ring.
    pub partitions: u32,
    /// Clients.
    pub clients: u32,
    /// Bytes of a key.
    pub key_bytes: usize,
    /// Bytes of a value.
    pub value_bytes: usize,
    /// Keys of all preloads together.
    pub keys: u64,
    /// Workloads of one run.
    pub workloads: usize,
    /// Further attempts of a client, of each kind.
    pub retries: u32,
    /// Bytes of all values of all preloads together.
    pub preload_bytes: u64,
    /// The latest instant of a run, and the longest span of any setting.
    pub span: Micros,
    /// Bytes of hints for one target, and bytes a second of their replay.
    pub hint_bytes: u64,
    /// Hints in memory beyond which writes are refused.
    pub overload: u32,
    /// Entries of a log.
    pub log_entries: u64,
}

/// The limits of this engine.
pub const LIMITS: Limits = Limits {
    nodes: 100,
    racks: 16,
    tokens: 256,
    partitions: 1024,
    clients: 16,
    key_bytes: 256,
    value_bytes: 65_536,
    keys: 1_000_000,
    workloads: 16,
    retries: 10,
    preload_bytes: 64 << 20,
    span: Micros(400 * 86_400_000_000),
    hint_bytes: 1 << 40,
    overload: 1_000_000,
    log_entries: 10_000_000,
};

/// Why a command or configuration is not accepted: the field and its bound.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommandError {
    /// The field at fault.
    pub field: &'static str,
    /// What it must be, and what it was.
    pub problem: String,
}

impl fmt::Display for CommandError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.field, self.problem)
    }
}

impl std::error::Error for CommandError {}

pub(super) fn ensure(field: &'static str, ok: bool, problem: impl FnOnce() -> String) -> Result<(), CommandError> {
    if ok { Ok(()) } else { Err(CommandError { field, problem: problem() }) }
}

pub(super) fn span(field: &'static str, value: Micros, least: Micros) -> Result<(), CommandError> {
    ensure(field, value >= least && value <= LIMITS.span, || format!("must be {least} to {}, is {value}", LIMITS.span))
}

/// A share in parts per million.
pub(super) fn ppm(field: &'static str, value: u32) -> Result<(), CommandError> {
    ensure(field, value <= 1_000_000, || format!("must be at most 1000000, is {value}"))
}

/// How many replicas an operation waits for. Named levels may exceed N: then the operation is unavailable, as in the real systems.
pub(super) fn level(field: &'static str, level: Level, n: u32) -> Result<(), CommandError> {
    let Level::Count(count) = level else { return Ok(()) };
    ensure(field, (1..=n).contains(&count), || format!("must be 1 to {n}, the number of replicas, is {count}"))
}

/// The same where an answer must hold the row itself.
pub(super) fn level_of_rows(field: &'static str, at: Level, n: u32) -> Result<(), CommandError> {
    ensure(field, at != Level::Any, || "must not be ANY: a hint is kept for a replica, and answers nothing".to_owned())?;
    level(field, at, n)
}

/// Whether there is such a node or client.
pub(super) fn knows(config: &Config, field: &'static str, end: impl Into<Endpoint>) -> Result<(), CommandError> {
    config.knows(field, end)
}

impl Config {
    /// Whether a world can be made of this.
    pub fn check(&self) -> Result<(), CommandError> {
        let (nodes, clients) = (self.nodes, self.clients.len());
        ensure("nodes", (1..=LIMITS.nodes).contains(&nodes), || format!("must be 1 to {}, is {nodes}", LIMITS.nodes))?;
        ensure("clients", (1..=LIMITS.clients as usize).contains(&clients), || {
            format!("must be 1 to {} names, are {clients}", LIMITS.clients)
        })?;
        ensure("clients", self.clients.iter().all(|c| (1..=24).contains(&c.chars().count())), || {
            "each name must have 1 to 24 characters".to_owned()
        })?;
        self.check_topology()?;
        self.settings.check()?;
        self.check_replicas(&self.settings.replicas)?;
        self.network.check()
    }

    pub(super) fn knows(&self, field: &'static str, end: impl Into<Endpoint>) -> Result<(), CommandError> {
        let end = end.into();
        let (known, last) = match end {
            Endpoint::Node(node) => (node.0 < self.nodes, Endpoint::from(NodeId(self.nodes.saturating_sub(1)))),
            Endpoint::Client(client) => {
                ((client.0 as usize) < self.clients.len(), ClientId((self.clients.len() as u32).saturating_sub(1)).into())
            }
        };
        ensure(field, known, || format!("there is no {end}: the last one is {last}"))
    }
}

impl NetworkConfig {
    /// Whether every value is within its bounds.
    pub fn check(&self) -> Result<(), CommandError> {
        for (field, value) in [("loss-ppm", self.loss_ppm), ("duplicate-ppm", self.duplicate_ppm), ("reorder-ppm", self.reorder_ppm)] {
            ppm(field, value)?;
        }
        let (low, high) = match self.latency {
            Latency::Fixed(at) => (at, at),
            Latency::Uniform { low, high } => (low, high),
            Latency::Tail { low, mean } => (low, mean),
        };
        ensure("latency", !matches!(self.latency, Latency::Uniform { .. }) || low <= high, || {
            format!("the shortest must not be above the longest, is {low} to {high}")
        })?;
        // A message that takes no time could be answered for ever within one instant.
        span("latency", low, Micros(1))?;
        span("latency", high, Micros::ZERO)?;
        span("local", self.local, Micros(1))?;
        span("reorder-by", self.reorder_by, Micros::ZERO)
    }
}
