//! Commands: everything a person or a script can do to a world. Commands are stored; events are derived.

use serde::{Deserialize, Serialize};

use super::bounds::{CommandError, LIMITS, ensure, level, level_of_rows, ppm, span};
use super::config::{Config, NetworkConfig};
use super::network::LinkRule;
use super::preload::Preload;
use super::redraw::RangeOf;
use super::sweeping::check_policy;
use super::workload::Workload;
use crate::engine::base::{ClientId, CutId, Endpoint, Micros, NodeId, arrange};
use crate::engine::data::{Key, Token};
use crate::engine::node::{Level, Setting, SweepPolicy};

/// One action on a world. In a run file its name stands beside its fields (`lab::Timed`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", rename_all_fields = "kebab-case", deny_unknown_fields)]
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
    /// Bytes of a value on a node's disk change by themselves. A key that is not there, or is deleted, has none.
    Rot {
        /// Whose copy.
        node: NodeId,
        /// Of what.
        key: Key,
        /// Whether the checksum kept with it changes along, and fits what is there now.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        sum: bool,
        /// What the value becomes; one bit of it changes if left out.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        value: Option<String>,
    },
    /// Makes a node start a repair by whole trees with all replicas of the ranges that the policy names.
    Repair {
        /// Who starts it, and collects the trees.
        node: NodeId,
        /// How; as the settings say if left out, by whole trees in any case.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        policy: Option<SweepPolicy>,
    },
    /// Makes a node stop a sweep that it has started.
    StopSweep {
        /// Who started it.
        node: NodeId,
        /// Its number among those of the node; all of them, and what waits in its queue, if left out.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        number: Option<u32>,
    },
    /// Makes two ranges of one, with the same owner.
    Split {
        /// Which.
        range: RangeOf,
        /// The last token of the first half; that in the middle if left out.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        cut: Option<Token>,
    },
    /// Makes one range of two neighbours with the same owner.
    Merge {
        /// The first of the two.
        range: RangeOf,
    },
    /// Gives a range to another node. No row goes along.
    Move {
        /// Which.
        range: RangeOf,
        /// The new owner.
        to: NodeId,
    },
    /// Makes a node throw away rows of ranges that it does not own.
    Cleanup {
        /// Which.
        node: NodeId,
    },
}

pub(super) fn check_key(key: &Key) -> Result<(), CommandError> {
    let len = key.name().len();
    ensure("key", (1..=LIMITS.key_bytes).contains(&len), || format!("must have 1 to {} bytes, has {len}", LIMITS.key_bytes))
}

fn check_rot(key: &Key, value: Option<&str>) -> Result<(), CommandError> {
    check_key(key)?;
    let len = value.map_or(0, str::len);
    ensure("value", len <= LIMITS.value_bytes, || format!("must have at most {} bytes, has {len}", LIMITS.value_bytes))
}

impl Command {
    /// Whether this command means something in a world of this configuration, whose settings are those in force when it is carried out.
    pub fn check(&self, config: &Config) -> Result<(), CommandError> {
        match self {
            Command::Write { client, via, key, .. } | Command::Read { client, via, key, .. } | Command::Delete { client, via, key, .. } => {
                config.knows("client", *client)?;
                config.knows("via", *via)?;
                check_key(key)?;
                self.check_level(config.settings.replicas.total())?;
                let len = if let Command::Write { value, .. } = self { value.len() } else { 0 };
                ensure("value", len <= LIMITS.value_bytes, || format!("must have at most {} bytes, has {len}", LIMITS.value_bytes))
            }
            Command::Cut { islands } => {
                let mut all: Vec<Endpoint> = islands.iter().flatten().copied().collect();
                all.iter().try_for_each(|end| config.knows("islands", *end))?;
                arrange(&mut all, Ord::cmp);
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
                ppm("loss-ppm", rule.loss_ppm)?;
                span("slower", rule.slower, Micros::ZERO)
            }
            Command::Crash { node }
            | Command::Restart { node }
            | Command::Pause { node }
            | Command::Resume { node }
            | Command::Wipe { node }
            | Command::Backup { node }
            | Command::Restore { node }
            | Command::Cleanup { node }
            | Command::StopSweep { node, .. } => config.knows("node", *node),
            Command::Clock { node, offset_us } => {
                config.knows("node", *node)?;
                ensure("offset-us", offset_us.unsigned_abs() <= LIMITS.span.0, || format!("must be within {} either way", LIMITS.span))
            }
            Command::Slow { node, by } => config.knows("node", *node).and_then(|()| span("by", *by, Micros::ZERO)),
            Command::Network { network } => network.check(),
            Command::Set { setting } => {
                // A change may clash with what is set already: a level above the new N.
                let mut settings = config.settings.clone();
                settings.set(*setting);
                settings.check()?;
                config.check_replicas(&settings.replicas)
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
            Command::Rot { node, key, value, .. } => config.knows("node", *node).and_then(|()| check_rot(key, value.as_deref())),
            Command::Repair { node, policy } => config.knows("node", *node).and_then(|()| policy.as_ref().map_or(Ok(()), check_policy)),
            Command::Split { .. } | Command::Merge { .. } | Command::Move { .. } => self.check_range(config),
            Command::Mend { .. } | Command::MendAll | Command::StopWorkload { .. } => Ok(()),
        }
    }

    fn check_level(&self, n: u32) -> Result<(), CommandError> {
        match self {
            Command::Read { level: Some(at), .. } => level_of_rows("level", *at, n),
            Command::Write { level: Some(at), .. } | Command::Delete { level: Some(at), .. } => level("level", *at, n),
            _ => Ok(()),
        }
    }

    /// The cut this command mends.
    pub fn mends(&self) -> Option<CutId> {
        if let Command::Mend { cut } = self { Some(CutId(*cut)) } else { None }
    }
}
