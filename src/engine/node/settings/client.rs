//! What a client's library does by itself: what it remembers, whom it asks, and when it asks again.

use serde::{Deserialize, Serialize};

use super::Level;
use crate::engine::base::Micros;

/// What a client does when the level it asked for cannot be had: the answer was "unavailable" or "timed out".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Policy {
    /// It gives the error to the application.
    #[default]
    Refuse,
    /// It asks once more at this level (the Cassandra drivers' downgrading retry policy). A write asked twice makes two versions.
    Lower(Level),
}

/// Whether a client reads replicas itself, without a coordinator, and writes the newest row back to those behind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Direct {
    /// A coordinator does it.
    #[default]
    Off,
    /// It asks as many replicas as the level needs, the first of the preference list.
    Level,
    /// It asks all replicas, takes the first answers that the level needs, and mends by the later ones as they come.
    Everyone,
}

/// What every client of a cluster does by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct ClientSettings {
    /// It never takes an answer older than what it has written itself.
    pub read_your_writes: bool,
    /// It never takes an answer older than what it has read itself.
    pub monotonic_reads: bool,
    /// It stays with a coordinator as long as that one answers; the one named by an operation is then only the first.
    pub sticky: bool,
    /// How often it asks another coordinator, at once, when an answer is older than its session allows.
    pub behind_retries: u32,
    /// How often it asks again after "unavailable", "timed out" or no answer, the last two of which may have written.
    pub retries: u32,
    /// How long it rests before the first of these; twice as long before each further one.
    pub back_off: Micros,
    /// What it does when these are used up.
    pub policy: Policy,
    /// Whether it reads without a coordinator.
    pub direct: Direct,
}

impl Default for ClientSettings {
    /// A plain client: it remembers nothing, asks whom it is told to, and asks once. A session asks three others; rests begin at 100 ms.
    fn default() -> Self {
        ClientSettings {
            read_your_writes: false,
            monotonic_reads: false,
            sticky: false,
            behind_retries: 3,
            retries: 0,
            back_off: Micros::ms(100),
            policy: Policy::default(),
            direct: Direct::default(),
        }
    }
}

impl ClientSettings {
    /// The rest before retry number `nth`, from 0.
    pub fn rest(&self, nth: u32) -> Micros {
        Micros(self.back_off.0.saturating_mul(1 << nth.min(20)))
    }
}
