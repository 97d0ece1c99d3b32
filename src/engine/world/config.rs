//! What a world is made of before anything happens in it.

use serde::{Deserialize, Serialize};

use crate::engine::base::{Micros, exponential, uniform};
use crate::engine::node::Settings;
use crate::engine::place::Topology;

/// Travel time of messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Latency {
    /// Always the same.
    Fixed(Micros),
    /// Evenly spread.
    Uniform {
        /// Shortest.
        low: Micros,
        /// Longest.
        high: Micros,
    },
    /// A floor plus an exponential tail: most messages are quick, a few are slow.
    Tail {
        /// Shortest.
        low: Micros,
        /// Mean of what comes on top.
        mean: Micros,
    },
}

impl Latency {
    /// The travel time that this draw stands for.
    pub fn sample(self, draw: u64) -> Micros {
        match self {
            Latency::Fixed(span) => span,
            Latency::Uniform { low, high } => uniform(draw, low, high),
            Latency::Tail { low, mean } => low.plus(exponential(draw, mean)),
        }
    }

    /// Half of all messages are quicker.
    pub fn median(self) -> Micros {
        self.sample(1 << 63)
    }
}

/// How the network treats messages where no fault says otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct NetworkConfig {
    /// Travel time.
    pub latency: Latency,
    /// Lost messages per million.
    pub loss_ppm: u32,
    /// Messages that arrive twice, per million.
    pub duplicate_ppm: u32,
    /// Messages that are held back, per million.
    pub reorder_ppm: u32,
    /// How long a message is held back at most.
    pub reorder_by: Micros,
    /// Messages of one link arrive in the order in which they were sent, unless held back.
    pub in_order: bool,
    /// Bytes a second that one link carries each way; 0 is without limit.
    pub bandwidth: u64,
    /// How long a node takes to hand a message to itself.
    pub local: Micros,
}

impl Default for NetworkConfig {
    /// Machines of one room: 10 ms to 30 ms, slowed down far enough to be watched; nothing is lost.
    fn default() -> Self {
        NetworkConfig {
            latency: Latency::Uniform { low: Micros::ms(10), high: Micros::ms(30) },
            loss_ppm: 0,
            duplicate_ppm: 0,
            reorder_ppm: 0,
            reorder_by: Micros::ms(50),
            in_order: false,
            bandwidth: 0,
            local: Micros(100),
        }
    }
}

/// What becomes of background messages (heartbeats) in the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Chatter {
    /// They are events like all others.
    #[default]
    Kept,
    /// They are counted only, which keeps long runs small.
    Counted,
}

/// What a world is made of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Config {
    /// Number of nodes, lettered from A.
    pub nodes: u32,
    /// Names of the clients, `c0` first.
    pub clients: Vec<String>,
    /// Protocol settings at the start.
    pub settings: Settings,
    /// The network at the start.
    pub network: NetworkConfig,
    /// What becomes of background messages in the log.
    pub chatter: Chatter,
    /// Zones, racks and how the ring is divided.
    #[serde(skip_serializing_if = "Topology::is_default")]
    pub topology: Topology,
}

impl Default for Config {
    /// Six nodes, two clients, the defaults of everything else.
    fn default() -> Self {
        Config {
            nodes: 6,
            clients: vec!["ada".to_owned(), "bob".to_owned()],
            settings: Settings::default(),
            network: NetworkConfig::default(),
            chatter: Chatter::default(),
            topology: Topology::default(),
        }
    }
}
