//! How a cluster reads, and repairs what it finds.

use serde::{Deserialize, Serialize};

use super::Level;
use crate::engine::base::Micros;

/// When the coordinator of a read brings stale replicas up to date.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Repair {
    /// Before the answer: the client waits until as many replicas as the level asks for hold what it is told
    /// (Apache Cassandra 4.x, `BlockingReadRepair`).
    #[default]
    Blocking,
    /// Before the answer, and all of those repaired must confirm (Apache Cassandra 3.x).
    BlockingAll,
    /// As `blocking`, but the client waits no longer than this; then it is answered and the repair goes on.
    Bounded(Micros),
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

/// How many replicas a read asks. The answer needs no more than the level; the others are compared in the background.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", rename_all_fields = "kebab-case")]
pub enum Contact {
    /// As many as the level needs (Apache Cassandra 4.x).
    #[default]
    Level,
    /// All N (Riak, Dynamo).
    Everyone,
    /// As many as the level needs, but by chance all of them (Apache Cassandra before 4.0, `read_repair_chance`,
    /// `dclocal_read_repair_chance`): one draw per read decides.
    Chance {
        /// Reads per million that ask every replica.
        all_ppm: u32,
        /// Further reads per million that ask every replica of the coordinator's zone.
        zone_ppm: u32,
    },
    /// By chance all of them, and the chance follows what the coordinator finds: a mismatch doubles it, a match takes a sixteenth away.
    Adaptive {
        /// The chance per million it never falls below.
        low_ppm: u32,
        /// The chance per million it never rises above.
        high_ppm: u32,
    },
}

/// In which order a coordinator thinks of a key's replicas.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Proximity {
    /// Itself, then its zone, then the others, each in ring order.
    #[default]
    Ring,
    /// Itself, then its zone, then the others, each by how quickly they have answered lately.
    Latency,
    /// Ring order alone. With this the last replicas of a key are never asked at a weak level: a misbehaviour to learn from.
    Prefix,
}

/// When a coordinator asks one replica more than it needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Speculate {
    /// Never.
    #[default]
    Never,
    /// From the start.
    Always,
    /// When answers have taken this long.
    After(Micros),
    /// When answers take longer than this share of the coordinator's recent reads did, in thousandths
    /// (990: Apache Cassandra's default `99p`).
    Percentile(u32),
}

/// Reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct ReadSettings {
    /// The level a client uses unless it says otherwise: Riak's R.
    pub level: Level,
    /// How long a coordinator works on one read, repair included.
    pub timeout: Micros,
    /// Ask one replica for its row and the others for a digest; otherwise ask all for rows.
    pub digests: bool,
    /// Whom to ask again when digests differ.
    pub second_round: SecondRound,
    /// What to do about stale replicas.
    pub repair: Repair,
    /// How many replicas are asked.
    pub contact: Contact,
    /// In which order.
    pub proximity: Proximity,
    /// When one more is asked.
    pub speculate: Speculate,
    /// How long a blocking repair waits before it also sends the merge to replicas that were not read
    /// (Apache Cassandra 4.1, `additional_write_policy`); never if left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub additional_write: Option<Micros>,
    /// How many of the answers must come from owners and not stand-ins (Riak's PR).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub primary: Option<Level>,
    /// "I have no such key" counts as an answer (Riak's `notfound_ok`); otherwise as a failure.
    pub absent_counts: bool,
    /// Give up as soon as a majority has failed (Riak's `basic_quorum`).
    pub basic_quorum: bool,
    /// Keep a hint for a repair that was not confirmed. Apache Cassandra never does.
    pub hint_repairs: bool,
}

impl Default for ReadSettings {
    /// QUORUM; 5 s (Apache Cassandra 4.1, `read_request_timeout`); digests on; blocking repair of those asked.
    fn default() -> Self {
        ReadSettings {
            level: Level::Quorum,
            timeout: Micros::secs(5),
            digests: true,
            second_round: SecondRound::default(),
            repair: Repair::default(),
            contact: Contact::default(),
            proximity: Proximity::default(),
            speculate: Speculate::default(),
            additional_write: None,
            primary: None,
            absent_counts: true,
            basic_quorum: false,
            hint_repairs: false,
        }
    }
}
