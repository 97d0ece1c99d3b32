//! Protocol settings of a cluster: one struct per mechanism, and the single changes that can be made while it runs.

mod accrual;
mod client;
mod disk;
mod hints;
mod integrity;
mod level;
mod queue;
mod read;
mod sweep;
mod tombstones;
mod validation;
mod write;

use serde::{Deserialize, Serialize};

pub use accrual::{Accrual, Phi};
pub use client::{ClientSettings, Direct, Policy};
pub use disk::{Caps, Disk};
pub use hints::{FallbackSettings, Full, HintSettings, Keeper, Misbehaviour, Replay, StandIn};
pub use integrity::{Checksum, IntegritySettings, Rotten, Scrub};
pub use level::{Level, Need};
pub use queue::{Checkpoints, Order, QueueSettings, Start, THROTTLE, Whose, throttle};
pub use read::{Contact, Proximity, ReadSettings, Repair, SecondRound, Speculate};
pub use sweep::{BitmapPolicy, Deletes, Method, Radix, Schedule, Segments, Streams, SweepPolicy, SweepSettings, Upkeep};
pub use tombstones::Tombstones;
pub use validation::{Parallelism, Scope, Validation};
pub use write::{Coordinate, WriteSettings};

use crate::engine::base::{DigestFunction, Micros};
use crate::engine::data::Rule;
use crate::engine::place::Replication;

/// When a write reaches the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Sync {
    /// Before it is acknowledged.
    #[default]
    EveryWrite,
    /// Some time later, together with others; a crash before that loses it.
    Every(Micros),
}

/// How a node comes to believe that another is down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Detector {
    /// It never does: everyone is always asked.
    #[default]
    None,
    /// Every node tells every other that it lives; silence for longer than `timeout` means down.
    Heartbeat {
        /// Time between two heartbeats of one node.
        every: Micros,
        /// Silence after which a peer is held to be down.
        timeout: Micros,
    },
    /// Heartbeats too, but how long a silence is too long follows from the peer's own rhythm, and an echo must come back before a peer is
    /// believed up again.
    Accrual(Accrual),
}

/// Everything the nodes of a cluster agree on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Settings {
    /// N: replicas per key, over the whole ring or for each zone.
    pub replicas: Replication,
    /// Which version wins.
    pub rule: Rule,
    /// Writes and deletes.
    pub write: WriteSettings,
    /// Reads and their repair.
    pub read: ReadSettings,
    /// When writes reach the disk.
    pub sync: Sync,
    /// How nodes notice that others are down.
    pub detector: Detector,
    /// How long a client waits before it gives up on a coordinator.
    pub client_timeout: Micros,
    /// What replicas missed, kept for them.
    pub hints: HintSettings,
    /// Who stands in for owners that are down.
    pub fallback: FallbackSettings,
    /// Rules broken on purpose.
    pub misbehave: Misbehaviour,
    /// What clients do by themselves.
    pub client: ClientSettings,
    /// What digests are made with.
    pub digest: DigestFunction,
    /// How long the marks of deletes are kept.
    pub tombstones: Tombstones,
    /// Comparing replicas in the background.
    pub sweeps: SweepSettings,
    /// Checksums of what is held.
    #[serde(skip_serializing_if = "IntegritySettings::is_default")]
    pub integrity: IntegritySettings,
    /// What each node's disk can do; without it disks take no time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disk: Option<Disk>,
}

impl Default for Settings {
    /// Three replicas and the defaults of each mechanism; clients wait for 12 s (the Cassandra drivers' usual value).
    fn default() -> Self {
        Settings {
            replicas: Replication::Simple(3),
            rule: Rule::default(),
            write: WriteSettings::default(),
            read: ReadSettings::default(),
            sync: Sync::default(),
            detector: Detector::default(),
            client_timeout: Micros::secs(12),
            hints: HintSettings::default(),
            fallback: FallbackSettings::default(),
            misbehave: Misbehaviour::default(),
            client: ClientSettings::default(),
            digest: DigestFunction::default(),
            tombstones: Tombstones::default(),
            sweeps: SweepSettings::default(),
            integrity: IntegritySettings::default(),
            disk: None,
        }
    }
}

/// One change of one setting while the cluster runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Setting {
    /// N. Existing rows are not moved: as in the real systems, that is a repair's job.
    Replicas(Replication),
    /// Default level of writes.
    WriteLevel(Level),
    /// Default level of reads.
    ReadLevel(Level),
    /// When stale replicas are repaired.
    Repair(Repair),
    /// Whom to ask again when digests differ.
    SecondRound(SecondRound),
    /// Digest reads on or off.
    Digests(bool),
    /// When writes reach the disk.
    Sync(Sync),
    /// How nodes notice that others are down.
    Detector(Detector),
    /// How long a coordinator waits for acknowledgements.
    WriteTimeout(Micros),
    /// How long a coordinator works on a read.
    ReadTimeout(Micros),
    /// How long a client waits.
    ClientTimeout(Micros),
    /// Everything about writes at once.
    Write(WriteSettings),
    /// Everything about reads at once.
    Read(ReadSettings),
    /// Everything about hints at once.
    Hints(HintSettings),
    /// Everything about stand-ins at once.
    Fallback(FallbackSettings),
    /// Rules broken on purpose.
    Misbehave(Misbehaviour),
    /// What clients do by themselves, all of it at once.
    Client(ClientSettings),
    /// What digests are made with. Answers already on their way were made with another: such a read takes its second round.
    Digest(DigestFunction),
    /// How long tombstones are kept.
    Tombstones(Tombstones),
    /// Everything about sweeps at once. Those under way go on as they began.
    Sweeps(SweepSettings),
    /// Everything about checksums at once. Those of a replica are made anew of what it holds then.
    Integrity(IntegritySettings),
    /// What disks can do; `None`: they take no time.
    Disk(Option<Disk>),
}

impl Settings {
    /// Makes one change.
    pub fn set(&mut self, setting: Setting) {
        match setting {
            Setting::Replicas(n) => self.replicas = n,
            Setting::WriteLevel(level) => self.write.level = level,
            Setting::ReadLevel(level) => self.read.level = level,
            Setting::Repair(repair) => self.read.repair = repair,
            Setting::SecondRound(round) => self.read.second_round = round,
            Setting::Digests(on) => self.read.digests = on,
            Setting::Sync(sync) => self.sync = sync,
            Setting::Detector(detector) => self.detector = detector,
            Setting::WriteTimeout(span) => self.write.timeout = span,
            Setting::ReadTimeout(span) => self.read.timeout = span,
            Setting::ClientTimeout(span) => self.client_timeout = span,
            Setting::Write(write) => self.write = write,
            Setting::Read(read) => self.read = read,
            Setting::Hints(hints) => self.hints = hints,
            Setting::Fallback(fallback) => self.fallback = fallback,
            Setting::Misbehave(misbehave) => self.misbehave = misbehave,
            Setting::Client(client) => self.client = client,
            Setting::Digest(function) => self.digest = function,
            Setting::Tombstones(tombstones) => self.tombstones = tombstones,
            Setting::Sweeps(sweeps) => self.sweeps = sweeps,
            Setting::Integrity(integrity) => self.integrity = integrity,
            Setting::Disk(disk) => self.disk = disk,
        }
    }
}
