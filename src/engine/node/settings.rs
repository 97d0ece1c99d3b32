//! Protocol settings of a cluster: one struct per mechanism, and the single changes that can be made while it runs.

mod accrual;
mod tombstones;

use serde::{Deserialize, Serialize};

pub use accrual::{Accrual, Phi};
pub use tombstones::Tombstones;

use crate::engine::base::{DigestFunction, Micros};
use crate::engine::data::Rule;

/// How many replicas must answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Level {
    /// One replica.
    One,
    /// A majority of all replicas: N/2 + 1.
    Quorum,
    /// Every replica.
    All,
}

impl Level {
    /// Every level, from weak to strong.
    pub const EVERY: [Level; 3] = [Level::One, Level::Quorum, Level::All];

    /// How many of `n` replicas an operation waits for (Apache Cassandra 4.1, `db/ConsistencyLevel.blockFor`).
    pub const fn block_for(self, n: u32) -> u32 {
        match self {
            Level::One => 1,
            Level::Quorum => n / 2 + 1,
            Level::All => n,
        }
    }

    /// The name as drivers write it.
    pub const fn name(self) -> &'static str {
        match self {
            Level::One => "ONE",
            Level::Quorum => "QUORUM",
            Level::All => "ALL",
        }
    }
}

/// When the coordinator of a read brings stale replicas up to date.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Repair {
    /// Before the answer: the client waits until enough replicas hold what it is told.
    #[default]
    Blocking,
    /// After the answer.
    Asynchronous,
    /// Never.
    Off,
}

/// Whom a coordinator asks for whole rows once digests differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SecondRound {
    /// Those whose digest differs from the row in hand.
    #[default]
    Differing,
    /// Everyone who was asked, again (Apache Cassandra 4.1, `service/reads/repair/AbstractReadRepair.startRepair`).
    Everyone,
}

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

/// Writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct WriteSettings {
    /// The level a client uses unless it says otherwise.
    pub level: Level,
    /// How long a coordinator waits for acknowledgements.
    pub timeout: Micros,
}

impl Default for WriteSettings {
    /// QUORUM; 2 s (Apache Cassandra 4.1, `write_request_timeout`).
    fn default() -> Self {
        WriteSettings { level: Level::Quorum, timeout: Micros::secs(2) }
    }
}

/// Reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct ReadSettings {
    /// The level a client uses unless it says otherwise.
    pub level: Level,
    /// How long a coordinator works on one read, repair included.
    pub timeout: Micros,
    /// Ask one replica for its row and the others for a digest; otherwise ask all for rows.
    pub digests: bool,
    /// Whom to ask again when digests differ.
    pub second_round: SecondRound,
    /// What to do about stale replicas.
    pub repair: Repair,
}

impl Default for ReadSettings {
    /// QUORUM; 5 s (Apache Cassandra 4.1, `read_request_timeout`); digests on; blocking repair.
    fn default() -> Self {
        ReadSettings {
            level: Level::Quorum,
            timeout: Micros::secs(5),
            digests: true,
            second_round: SecondRound::default(),
            repair: Repair::default(),
        }
    }
}

/// Everything the nodes of a cluster agree on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Settings {
    /// N: replicas per key.
    pub replicas: u32,
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
    /// What digests are made with.
    pub digest: DigestFunction,
    /// How long the marks of deletes are kept.
    pub tombstones: Tombstones,
}

impl Default for Settings {
    /// Three replicas and the defaults of each mechanism; clients wait for 12 s (the Cassandra drivers' usual value).
    fn default() -> Self {
        Settings {
            replicas: 3,
            rule: Rule::default(),
            write: WriteSettings::default(),
            read: ReadSettings::default(),
            sync: Sync::default(),
            detector: Detector::default(),
            client_timeout: Micros::secs(12),
            digest: DigestFunction::default(),
            tombstones: Tombstones::default(),
        }
    }
}

/// One change of one setting while the cluster runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Setting {
    /// N. Existing rows are not moved: as in the real systems, that is a repair's job.
    Replicas(u32),
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
    /// What digests are made with. Answers already on their way were made with another: such a read takes its second round.
    Digest(DigestFunction),
    /// How long tombstones are kept.
    Tombstones(Tombstones),
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
            Setting::Digest(function) => self.digest = function,
            Setting::Tombstones(tombstones) => self.tombstones = tombstones,
        }
    }
}
