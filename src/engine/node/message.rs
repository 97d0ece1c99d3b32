//! Messages: what nodes and clients say to each other, and how many bytes it takes.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::settings::Level;
use crate::engine::base::{Digest, Endpoint, EventId, Micros, OpId, Sink, Wire};
use crate::engine::data::{Key, Row};

/// What a message is part of. Each kind has one shape and one hue on screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Traffic {
    /// A write or delete on its way to replicas.
    Write,
    /// A read of whole rows.
    Read,
    /// A read of digests.
    Digest,
    /// A newer row pushed to a stale replica.
    Repair,
    /// Who is alive.
    Gossip,
}

impl Traffic {
    /// Every kind, in the order of the legend.
    pub const EVERY: [Traffic; 5] = [Traffic::Write, Traffic::Read, Traffic::Digest, Traffic::Repair, Traffic::Gossip];

    /// Its name in reports and the legend.
    pub const fn name(self) -> &'static str {
        match self {
            Traffic::Write => "write",
            Traffic::Read => "read",
            Traffic::Digest => "digest",
            Traffic::Repair => "repair",
            Traffic::Gossip => "gossip",
        }
    }
}

/// Whether a message asks, carries a value or a fingerprint, or acknowledges.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Wants something.
    Asks,
    /// Brings a value or a fingerprint.
    Carries,
    /// Confirms, or says no.
    Acks,
}

/// What a client wants done to a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verb {
    /// Give me the value.
    Read,
    /// Set it to these bytes.
    Write(Arc<[u8]>),
    /// Delete it: writes a tombstone.
    Delete,
}

impl Verb {
    /// The traffic this is part of.
    pub const fn traffic(&self) -> Traffic {
        match self {
            Verb::Read => Traffic::Read,
            Verb::Write(_) | Verb::Delete => Traffic::Write,
        }
    }
}

/// What a client asks of a coordinator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// What to do.
    pub verb: Verb,
    /// To which key.
    pub key: Key,
    /// How many replicas must answer first.
    pub level: Level,
}

/// How an operation ended, as the client was told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Enough replicas acknowledged the write.
    Written {
        /// Acknowledgements at that moment.
        acks: u32,
    },
    /// The row found, or none.
    Found(Option<Arc<Row>>),
    /// Refused at once: the coordinator believes that too few replicas are up. Nothing was sent.
    Unavailable {
        /// Replicas the level needs.
        required: u32,
        /// Replicas the coordinator believes to be up.
        alive: u32,
    },
    /// Too few replicas answered in time. A write may still have reached any of them.
    TimedOut {
        /// Replicas that answered.
        received: u32,
        /// Replicas the level needs.
        required: u32,
    },
    /// The coordinator itself never answered: the client gave up.
    NoAnswer,
}

/// What a message says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Body {
    /// Client to coordinator.
    Request(Arc<Request>),
    /// Coordinator to client.
    Reply {
        /// The traffic the request was part of.
        traffic: Traffic,
        /// How the operation ended.
        outcome: Outcome,
    },
    /// Coordinator to replica: hold this row.
    Write {
        /// The key.
        key: Key,
        /// The row to merge in.
        row: Arc<Row>,
    },
    /// Replica to coordinator: held.
    WriteAck,
    /// Coordinator to replica: send me your row.
    ReadData {
        /// The key.
        key: Key,
        /// 1, or 2 after a mismatch.
        round: u8,
    },
    /// Replica to coordinator: my row, or that I have none.
    Data {
        /// The row held, if any.
        row: Option<Arc<Row>>,
        /// The round it answers.
        round: u8,
    },
    /// Coordinator to replica: send me a digest of your row.
    ReadDigest {
        /// The key.
        key: Key,
    },
    /// Replica to coordinator: the digest of my row, or of having none.
    Digest(Digest),
    /// Coordinator to stale replica: merge this in.
    Repair {
        /// The key.
        key: Key,
        /// The row to merge in.
        row: Arc<Row>,
    },
    /// Replica to coordinator: merged, or already newer.
    RepairAck,
    /// Node to node: I live.
    Heartbeat {
        /// How often the sender has started.
        generation: u32,
        /// Counts the sender's heartbeats since it started.
        beat: u32,
    },
}

/// A message in flight or delivered. Shared by the log, the network and the receiver.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Counts messages of a run.
    pub id: u64,
    /// Who sent it.
    pub from: Endpoint,
    /// Who is to get it.
    pub to: Endpoint,
    /// The client operation it serves.
    pub op: Option<OpId>,
    /// The event that made the sender send it.
    pub cause: Option<EventId>,
    /// When it left.
    pub sent_at: Micros,
    /// Bytes of its canonical encoding.
    pub size: u32,
    /// What it says.
    pub body: Body,
}

impl Body {
    /// The kind of traffic it counts as.
    pub fn traffic(&self) -> Traffic {
        match self {
            Body::Request(request) => request.verb.traffic(),
            Body::Reply { traffic, .. } => *traffic,
            Body::Write { .. } | Body::WriteAck => Traffic::Write,
            Body::ReadData { .. } | Body::Data { .. } => Traffic::Read,
            Body::ReadDigest { .. } | Body::Digest(_) => Traffic::Digest,
            Body::Repair { .. } | Body::RepairAck => Traffic::Repair,
            Body::Heartbeat { .. } => Traffic::Gossip,
        }
    }

    /// Whether it asks, carries or acknowledges.
    pub fn mode(&self) -> Mode {
        match self {
            Body::Request(request) => match request.verb {
                Verb::Write(_) => Mode::Carries,
                Verb::Read | Verb::Delete => Mode::Asks,
            },
            Body::Reply { outcome: Outcome::Found(Some(_)), .. } => Mode::Carries,
            Body::Reply { .. } | Body::WriteAck | Body::RepairAck => Mode::Acks,
            Body::ReadData { .. } | Body::ReadDigest { .. } => Mode::Asks,
            Body::Write { .. } | Body::Data { .. } | Body::Digest(_) | Body::Repair { .. } | Body::Heartbeat { .. } => Mode::Carries,
        }
    }

    /// The row it carries.
    pub fn row(&self) -> Option<&Arc<Row>> {
        match self {
            Body::Write { row, .. } | Body::Repair { row, .. } => Some(row),
            Body::Data { row, .. } => row.as_ref(),
            Body::Reply { outcome: Outcome::Found(row), .. } => row.as_ref(),
            _ => None,
        }
    }

    /// Whether it is background chatter that a log may count instead of keep.
    pub fn is_quiet(&self) -> bool {
        matches!(self, Body::Heartbeat { .. })
    }

    /// A small number per kind of body: the first byte of its encoding.
    pub const fn code(&self) -> u8 {
        match self {
            Body::Request(_) => 1,
            Body::Reply { .. } => 2,
            Body::Write { .. } => 3,
            Body::WriteAck => 4,
            Body::ReadData { .. } => 5,
            Body::Data { .. } => 6,
            Body::ReadDigest { .. } => 7,
            Body::Digest(_) => 8,
            Body::Repair { .. } => 9,
            Body::RepairAck => 10,
            Body::Heartbeat { .. } => 11,
        }
    }

    /// Tells apart messages of one kind between the same two endpoints for the same operation.
    pub fn nth(&self) -> u64 {
        match self {
            Body::ReadData { round, .. } | Body::Data { round, .. } => u64::from(*round),
            Body::Heartbeat { generation, beat } => u64::from(*generation) << 32 | u64::from(*beat),
            _ => 0,
        }
    }
}

impl Wire for Request {
    fn encode<S: Sink>(&self, sink: &mut S) {
        let (level, count) = self.level.code();
        sink.u8(level);
        if let Level::Count(_) = self.level {
            sink.u32(count);
        }
        self.key.encode(sink);
        match &self.verb {
            Verb::Read => sink.u8(0),
            Verb::Delete => sink.u8(1),
            Verb::Write(bytes) => {
                sink.u8(2);
                sink.u32(bytes.len() as u32);
                sink.put(bytes);
            }
        }
    }
}

impl Wire for Outcome {
    fn encode<S: Sink>(&self, sink: &mut S) {
        let mut two = |code: u8, a: u32, b: u32| {
            sink.u8(code);
            sink.u32(a);
            sink.u32(b);
        };
        match self {
            Outcome::Written { acks } => two(0, *acks, 0),
            Outcome::Unavailable { required, alive } => two(1, *required, *alive),
            Outcome::TimedOut { received, required } => two(2, *received, *required),
            Outcome::NoAnswer => sink.u8(3),
            Outcome::Found(row) => {
                sink.u8(4);
                row.encode(sink);
            }
        }
    }
}

impl Wire for Body {
    fn encode<S: Sink>(&self, sink: &mut S) {
        sink.u8(self.code());
        match self {
            Body::Request(request) => request.encode(sink),
            Body::Reply { traffic, outcome } => {
                sink.u8(*traffic as u8);
                outcome.encode(sink);
            }
            Body::Write { key, row } | Body::Repair { key, row } => {
                key.encode(sink);
                row.encode(sink);
            }
            Body::WriteAck | Body::RepairAck => {}
            Body::ReadData { key, round } => {
                sink.u8(*round);
                key.encode(sink);
            }
            Body::Data { row, round } => {
                sink.u8(*round);
                row.encode(sink);
            }
            Body::ReadDigest { key } => key.encode(sink),
            Body::Digest(digest) => sink.u64(digest.0),
            Body::Heartbeat { generation, beat } => {
                sink.u32(*generation);
                sink.u32(*beat);
            }
        }
    }
}

impl Wire for Message {
    /// A 33-byte header (id, sender, receiver, operation, time of sending) and the body. The cause is ours, for "why", and is not sent.
    fn encode<S: Sink>(&self, sink: &mut S) {
        sink.u64(self.id);
        sink.u64(self.sent_at.0);
        sink.u32(self.from.code() as u32);
        sink.u32(self.to.code() as u32);
        match self.op {
            Some(op) => {
                sink.u8(1);
                sink.u32(op.number);
                sink.u32(op.tag);
            }
            None => {
                sink.u8(0);
                sink.u64(0);
            }
        }
        self.body.encode(sink);
    }
}
