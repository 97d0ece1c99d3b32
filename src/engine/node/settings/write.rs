//! How a cluster writes.

use serde::{Deserialize, Serialize};

use super::Level;
use crate::engine::base::Micros;

/// Who may coordinate a write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Coordinate {
    /// Whichever node the client asks (Apache Cassandra).
    #[default]
    Anyone,
    /// A node that will hold the key: another one passes the request on, and tries the next if it is not taken up in time
    /// (Riak KV, `riak_kv_put_fsm`, `put_coordinator_failure_timeout`).
    Replica {
        /// How long it waits for "I coordinate".
        patience: Micros,
    },
}

/// How far a coordinator sends a write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reach {
    /// To every replica.
    #[default]
    Everywhere,
    /// To the replicas of its own zone, if there are any: other zones get it by sweeps, some time later (asynchronous replication).
    OwnZone,
}

impl Reach {
    fn is_usual(&self) -> bool {
        *self == Reach::Everywhere
    }
}

/// Writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct WriteSettings {
    /// The level a client uses unless it says otherwise: Riak's W.
    pub level: Level,
    /// How long a coordinator waits for acknowledgements.
    pub timeout: Micros,
    /// How many replicas must have it on disk (Riak's DW); none are counted apart if left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub durable: Option<Level>,
    /// How many must be owners and not stand-ins (Riak's PW).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub primary: Option<Level>,
    /// How many different machines must have answered (Riak's `node_confirms`).
    pub confirms: u32,
    /// Who may coordinate.
    pub coordinate: Coordinate,
    /// The coordinator stores the write itself first and sends it on only then (Riak, Dynamo).
    pub local_first: bool,
    /// Into another zone one message goes, and its receiver passes it on to the others there (Apache Cassandra).
    pub relay: bool,
    /// A replica throws away a write that is older than the timeout when it gets to it (Apache Cassandra's dropped mutations).
    pub drop_late: bool,
    /// How far they are sent.
    #[serde(skip_serializing_if = "Reach::is_usual")]
    pub reach: Reach,
}

impl Default for WriteSettings {
    /// QUORUM; 2 s (Apache Cassandra 4.1, `write_request_timeout`).
    fn default() -> Self {
        WriteSettings {
            level: Level::Quorum,
            timeout: Micros::secs(2),
            durable: None,
            primary: None,
            confirms: 0,
            coordinate: Coordinate::default(),
            local_first: false,
            relay: true,
            drop_late: false,
            reach: Reach::default(),
        }
    }
}
