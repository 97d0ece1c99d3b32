//! Commands: everything a person or a script can do to a world. Commands are stored; events are derived.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::config::{Config, NetworkConfig};
use super::network::LinkRule;
use super::placement::check_counts;
use super::preload::Preload;
use super::sweeping::{check_policy, check_sweeps};
use super::workload::Workload;
use crate::engine::base::{ClientId, CutId, Endpoint, Micros, NodeId};
use crate::engine::data::Key;
use crate::engine::node::{Accrual, Detector, Level, Phi, Setting, Settings, SweepPolicy, Sync, Tombstones};

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
};

/// One action on a world.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "kebab-case", rename_all_fields = "kebab-case", deny_unknown_fields)]
pub enum Command {
    /// A client writes.
    Write {
        /// Who.
        client: ClientId,
        /// The coordinator.
        via: NodeId,
        /// The key.
        key: Key,
        /// The value, as text.
        value: String,
        /// How many replicas must acknowledge; the setting's level if left out.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        level: Option<Level>,
    },
    /// A client reads.
    Read {
        /// Who.
        client: ClientId,
        /// The coordinator.
        via: NodeId,
        /// The key.
        key: Key,
        /// How many replicas must answer; the setting's level if left out.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        level: Option<Level>,
    },
    /// A client deletes.
    Delete {
        /// Who.
        client: ClientId,
        /// The coordinator.
        via: NodeId,
        /// The key.
        key: Key,
        /// How many replicas must acknowledge; the setting's level if left out.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        level: Option<Level>,
    },
    /// Splits the network into islands. Whoever is named in none of them stays on the mainland.
    Cut {
        /// The islands.
        islands: Vec<Vec<Endpoint>>,
    },
    /// Stops messages one way: from each of `from` to each of `to`.
    CutOneWay {
        /// Senders that are no longer heard.
        from: Vec<Endpoint>,
        /// Receivers that no longer hear them.
        to: Vec<Endpoint>,
    },
    /// Stops messages both ways on one link.
    CutLink {
        /// One end.
        a: Endpoint,
        /// The other end.
        b: Endpoint,
    },
    /// Undoes one cut.
    Mend {
        /// Which, counting cuts of the run from 0.
        cut: u32,
    },
    /// Undoes all cuts.
    MendAll,
    /// Kills a node: what is in memory and not synced is lost.
    Crash {
        /// Which.
        node: NodeId,
    },
    /// Starts a crashed node again.
    Restart {
        /// Which.
        node: NodeId,
    },
    /// Stops a node in its tracks; messages pile up at its door.
    Pause {
        /// Which.
        node: NodeId,
    },
    /// Lets a paused node go on.
    Resume {
        /// Which.
        node: NodeId,
    },
    /// Kills a node and replaces its disk by an empty one.
    Wipe {
        /// Which.
        node: NodeId,
    },
    /// Sets how far a node's clock is ahead of true time.
    Clock {
        /// Which.
        node: NodeId,
        /// Microseconds ahead; behind if negative.
        offset_us: i64,
    },
    /// Makes everything to and from a node slower; zero makes it normal again.
    Slow {
        /// Which.
        node: NodeId,
        /// Added to the travel time of every message to and from it.
        by: Micros,
    },
    /// Replaces the rule of one link, one way.
    Link {
        /// Sender.
        from: Endpoint,
        /// Receiver.
        to: Endpoint,
        /// How messages fare on it.
        rule: LinkRule,
    },
    /// Replaces how the network treats all messages.
    Network {
        /// From now on.
        network: NetworkConfig,
    },
    /// Changes one protocol setting on all nodes.
    Set {
        /// The change.
        setting: Setting,
    },
    /// Fills the stores with rows that all replicas hold, without a message.
    Preload(Preload),
    /// Copies a node's disk aside, in place of an earlier copy.
    Backup {
        /// Which.
        node: NodeId,
    },
    /// Kills a node and replaces its disk by the last copy of it; without a copy nothing happens.
    Restore {
        /// Which.
        node: NodeId,
    },
    /// Clients go on asking by themselves.
    Workload(Workload),
    /// Stops a workload before its time. What it has asked is still answered.
    StopWorkload {
        /// Which, counting workloads of the run from 0; all if left out.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        workload: Option<u32>,
    },
    /// Makes a node compare what it holds with another one, and both get what they lack.
    Sweep {
        /// Who starts it.
        a: NodeId,
        /// With whom.
        b: NodeId,
        /// How; as the settings say if left out.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        policy: Option<SweepPolicy>,
    },
}

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

impl Settings {
    /// Whether every value is within its bounds.
    pub fn check(&self) -> Result<(), CommandError> {
        [
            Setting::Replicas(self.replicas),
            Setting::WriteTimeout(self.write.timeout),
            Setting::ReadTimeout(self.read.timeout),
            Setting::ClientTimeout(self.client_timeout),
            Setting::Sync(self.sync),
            Setting::Detector(self.detector),
            Setting::Client(self.client),
            Setting::Tombstones(self.tombstones),
            Setting::Sweeps(self.sweeps),
        ]
        .iter()
        .try_for_each(Setting::check)
    }
}

/// Bounds of the accrual detector: a look every microsecond, a window without end or a threshold that is never reached help nobody.
fn check_accrual(accrual: &Accrual) -> Result<(), CommandError> {
    let least = Micros::ms(1);
    span("heartbeat interval", accrual.every, least)?;
    span("initial interval", accrual.initial, least)?;
    span("longest interval learned", accrual.max_interval, least)?;
    // A pause shorter than the interval would be noticed at every look, and nobody would ever be given up.
    span("pause", accrual.pause, accrual.every)?;
    let (window, phi) = (accrual.window, accrual.threshold);
    ensure("window", (1..=10_000).contains(&window), || format!("must be 1 to 10000, is {window}"))?;
    ensure("threshold", (Phi(100)..=Phi::whole(100)).contains(&phi), || format!("must be 0.1 to 100, is {phi}"))
}

impl Setting {
    /// Whether the value is within its bounds.
    pub fn check(&self) -> Result<(), CommandError> {
        let least = Micros::ms(1);
        match *self {
            Setting::Replicas(n) => check_counts(&n),
            Setting::WriteTimeout(value) => span("write timeout", value, least),
            Setting::ReadTimeout(value) => span("read timeout", value, least),
            Setting::ClientTimeout(value) => span("client timeout", value, least),
            Setting::Client(client) => {
                for (field, times) in [("client behind-retries", client.behind_retries), ("client retries", client.retries)] {
                    ensure(field, times <= LIMITS.retries, || format!("must be at most {}, is {times}", LIMITS.retries))?;
                }
                span("client back-off", client.back_off, Micros::ZERO)
            }
            Setting::Sync(Sync::Every(value)) => span("sync", value, least),
            Setting::Detector(Detector::Heartbeat { every, timeout }) => {
                span("heartbeat interval", every, least)?;
                span("heartbeat timeout", timeout, every)
            }
            Setting::Detector(Detector::Accrual(accrual)) => check_accrual(&accrual),
            Setting::Tombstones(Tombstones::Purge { grace, every }) => {
                span("grace", grace, Micros::ZERO)?;
                span("time between two looks for tombstones", every, least)
            }
            Setting::Sweeps(sweeps) => check_sweeps(&sweeps),
            _ => Ok(()),
        }
    }
}

impl NetworkConfig {
    /// Whether every value is within its bounds.
    pub fn check(&self) -> Result<(), CommandError> {
        for (field, ppm) in [("loss-ppm", self.loss_ppm), ("duplicate-ppm", self.duplicate_ppm), ("reorder-ppm", self.reorder_ppm)] {
            ensure(field, ppm <= 1_000_000, || format!("must be at most 1000000, is {ppm}"))?;
        }
        let (low, high) = match self.latency {
            super::Latency::Fixed(at) => (at, at),
            super::Latency::Uniform { low, high } => (low, high),
            super::Latency::Tail { low, mean } => (low, mean),
        };
        // A message that takes no time could be answered for ever within one instant.
        span("latency", low, Micros(1))?;
        span("latency", high, Micros::ZERO)?;
        span("local", self.local, Micros(1))?;
        span("reorder-by", self.reorder_by, Micros::ZERO)
    }
}

fn check_key(key: &Key) -> Result<(), CommandError> {
    let len = key.name().len();
    ensure("key", (1..=LIMITS.key_bytes).contains(&len), || format!("must have 1 to {} bytes, has {len}", LIMITS.key_bytes))
}

impl Command {
    /// Whether this command means something in a world of this configuration.
    pub fn check(&self, config: &Config) -> Result<(), CommandError> {
        match self {
            Command::Write { client, via, key, .. } | Command::Read { client, via, key, .. } | Command::Delete { client, via, key, .. } => {
                config.knows("client", *client)?;
                config.knows("via", *via)?;
                check_key(key)?;
                let len = if let Command::Write { value, .. } = self { value.len() } else { 0 };
                ensure("value", len <= LIMITS.value_bytes, || format!("must have at most {} bytes, has {len}", LIMITS.value_bytes))
            }
            Command::Cut { islands } => {
                let mut all: Vec<Endpoint> = islands.iter().flatten().copied().collect();
                all.iter().try_for_each(|end| config.knows("islands", *end))?;
                all.sort_unstable();
                ensure("islands", !all.is_empty() && islands.iter().all(|i| !i.is_empty()), || "none may be empty".to_owned())?;
                ensure("islands", all.windows(2).all(|w| w[0] != w[1]), || "nobody can be on two islands".to_owned())
            }
            Command::CutOneWay { from, to } => {
                from.iter().chain(to).try_for_each(|end| config.knows("from/to", *end))?;
                ensure("from/to", !from.is_empty() && !to.is_empty(), || "neither may be empty".to_owned())
            }
            Command::CutLink { a, b } | Command::Link { from: a, to: b, .. } => {
                config.knows("link", *a)?;
                config.knows("link", *b)?;
                ensure("link", a != b, || "needs two different ends".to_owned())?;
                let rule = if let Command::Link { rule, .. } = self { *rule } else { LinkRule::default() };
                ensure("loss-ppm", rule.loss_ppm <= 1_000_000, || format!("must be at most 1000000, is {}", rule.loss_ppm))?;
                span("slower", rule.slower, Micros::ZERO)
            }
            Command::Crash { node }
            | Command::Restart { node }
            | Command::Pause { node }
            | Command::Resume { node }
            | Command::Wipe { node }
            | Command::Backup { node }
            | Command::Restore { node } => config.knows("node", *node),
            Command::Clock { node, offset_us } => {
                config.knows("node", *node)?;
                ensure("offset-us", offset_us.unsigned_abs() <= LIMITS.span.0, || format!("must be within {} either way", LIMITS.span))
            }
            Command::Slow { node, by } => {
                config.knows("node", *node)?;
                span("by", *by, Micros::ZERO)
            }
            Command::Network { network } => network.check(),
            Command::Set { setting } => {
                setting.check()?;
                if let Setting::Replicas(replicas) = setting { config.check_replicas(replicas) } else { Ok(()) }
            }
            Command::Preload(preload) => {
                ensure("count", preload.count <= LIMITS.keys, || format!("must be at most {}, is {}", LIMITS.keys, preload.count))?;
                ensure("value-bytes", preload.value_bytes as usize <= LIMITS.value_bytes, || {
                    format!("must be at most {}, is {}", LIMITS.value_bytes, preload.value_bytes)
                })
            }
            Command::Workload(workload) => workload.check(config),
            Command::Sweep { a, b, policy } => {
                config.knows("sweep", *a)?;
                config.knows("sweep", *b)?;
                ensure("sweep", a != b, || "needs two different nodes".to_owned())?;
                policy.as_ref().map_or(Ok(()), check_policy)
            }
            Command::Mend { .. } | Command::MendAll | Command::StopWorkload { .. } => Ok(()),
        }
    }

    /// The cut this command mends.
    pub fn mends(&self) -> Option<CutId> {
        if let Command::Mend { cut } = self { Some(CutId(*cut)) } else { None }
    }
}
