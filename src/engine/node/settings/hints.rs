//! How a cluster keeps what a replica missed: hints, and stand-ins for a sloppy quorum.

use serde::{Deserialize, Serialize};

use crate::engine::base::Micros;

/// Who keeps a hint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Keeper {
    /// Nobody: no hints are made.
    #[default]
    Nobody,
    /// The coordinator of the write (Apache Cassandra).
    Coordinator,
    /// The first replica of the key that is believed up.
    Replica,
    /// A node outside the preference list, drawn among all that are believed up (Voldemort, `HandoffToAny`).
    Any,
    /// One of this many nodes that follow the preference list on the ring, drawn (Voldemort, `ConsistentHandoff`).
    Consistent(u32),
    /// The first node outside the preference list, the coordinator's zone first (Voldemort, `ProximityHandoff`).
    Proximity,
}

/// What happens when the hints for one target fill their room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Full {
    /// New hints are not kept.
    #[default]
    Drop,
    /// Of several hints for one key only the newest stays; if that frees nothing, new ones are not kept.
    Compact,
    /// Writes that would need a hint are refused: back-pressure.
    Refuse,
}

/// When replay begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Replay {
    /// At the next poll; what is still being written waits for the one after (Apache Cassandra since 3.0).
    #[default]
    Poll,
    /// As soon as the target is believed up again (Apache Cassandra before 3.0), and at every poll.
    OnUp,
}

/// Hinted handoff.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct HintSettings {
    /// Who keeps hints.
    pub keeper: Keeper,
    /// For how long after a target was found to be down new hints are kept (`max_hint_window`).
    pub window: Micros,
    /// A target that comes back for a moment does not start a new window while old hints wait (`hint_window_persistent_enabled`).
    pub persistent_window: bool,
    /// Time from memory to disk (`hints_flush_period`).
    pub flush: Micros,
    /// Time between two looks for targets that are back.
    pub poll: Micros,
    /// When replay begins.
    pub replay: Replay,
    /// Bytes of hints sent before their acknowledgements are waited for.
    pub page: u32,
    /// Bytes a second to one target, divided by the number of other nodes because all of them replay at once; 0 is without limit
    /// (`hinted_handoff_throttle`).
    pub throttle: u64,
    /// Targets replayed to at the same time (`max_hints_delivery_threads`).
    pub targets_at_once: u32,
    /// Hints expire after this at the latest; tombstones' grace is a second bound. No bound if left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lifetime: Option<Micros>,
    /// Bytes kept for one target; 0 is without limit. A soft limit: refused when already above (`max_hints_size_per_host`).
    pub room: u64,
    /// What happens above it.
    pub full: Full,
    /// A write is refused while more hints than this wait in memory and its target has some of them; 0 is without limit
    /// (`StorageProxy.checkHintOverload`).
    pub overload: u32,
    /// Replay stands still (`nodetool pausehandoff`).
    pub paused: bool,
    /// Hints never expire: a misbehaviour that brings deleted values back.
    pub never_expire: bool,
}

impl Default for HintSettings {
    /// No hints. The rest is Apache Cassandra 4.1's: 3 h window, 10 s flush and poll, 512 KiB pages, 1 MiB/s, two targets at once.
    fn default() -> Self {
        HintSettings {
            keeper: Keeper::default(),
            window: Micros::secs(3 * 3600),
            persistent_window: true,
            flush: Micros::secs(10),
            poll: Micros::secs(10),
            replay: Replay::default(),
            page: 512 * 1024,
            throttle: 1024 * 1024,
            targets_at_once: 2,
            lifetime: None,
            room: 0,
            full: Full::default(),
            overload: 0,
            paused: false,
            never_expire: false,
        }
    }
}

/// Who stands in for an owner that is believed down, so that an operation still finds N nodes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StandIn {
    /// Nobody: strict quorums.
    #[default]
    Nobody,
    /// The next healthy node clockwise outside the preference list (Dynamo, section 4.6).
    NextHealthy,
    /// The owner of the next healthy partition after the Nth, even if it is a replica already (Riak, `riak_core_apl`).
    Partition,
}

/// Sloppy quorums.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct FallbackSettings {
    /// Who stands in.
    pub stand_in: StandIn,
    /// Time between two looks for owners that are back (Riak, `vnode_management_timer`).
    pub tick: Micros,
    /// How long a stand-in's copies of one owner must have been left alone (Riak, `vnode_inactivity_timeout`).
    pub idle: Micros,
    /// Owners handed back to at the same time (Riak, `handoff_concurrency`).
    pub at_once: u32,
}

impl Default for FallbackSettings {
    /// Strict quorums; 10 s, 60 s and two at once (Riak KV 3.0).
    fn default() -> Self {
        FallbackSettings { stand_in: StandIn::default(), tick: Micros::secs(10), idle: Micros::secs(60), at_once: 2 }
    }
}

/// Rules broken on purpose, all off by default. Each is caught by an invariant of the swarm.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Misbehaviour {
    /// A repair overwrites what the replica holds without comparing versions.
    pub blind_repair: bool,
    /// A node that compares all or descends a tree only sends what it has, and asks for nothing.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub one_way_sweeps: bool,
    /// Hints count as delivered once they are sent, whether or not anybody confirms them.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub hopeful_hints: bool,
}
