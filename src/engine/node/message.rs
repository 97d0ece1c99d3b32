//! Messages: what nodes and clients say to each other, and how many bytes it takes.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::hints::Hint;
use super::integrity::RotSay;
use super::settings::Level;
use super::sweeps::{Say, SessionId};
use crate::engine::base::{Digest, Endpoint, EventId, Micros, NodeId, OpId};
use crate::engine::data::{Clock, Key, Payload, Row};

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
    /// What a replica missed: hints kept and replayed, and the copies of stand-ins handed back.
    Hint,
    /// Replicas that compare what they hold: trees, keys, and the rows that follow.
    Tree,
}

impl Traffic {
    /// Every kind, in the order of the legend.
    pub const EVERY: [Traffic; 7] =
        [Traffic::Write, Traffic::Read, Traffic::Digest, Traffic::Repair, Traffic::Gossip, Traffic::Hint, Traffic::Tree];

    /// Its name in reports and the legend.
    pub const fn name(self) -> &'static str {
        match self {
            Traffic::Write => "write",
            Traffic::Read => "read",
            Traffic::Digest => "digest",
            Traffic::Repair => "repair",
            Traffic::Gossip => "gossip",
            Traffic::Hint => "hint",
            Traffic::Tree => "tree",
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

    /// What a write or delete says; nothing for a read.
    pub fn payload(&self) -> Option<Payload> {
        match self {
            Verb::Read => None,
            Verb::Write(bytes) => Some(Payload::Value(bytes.clone())),
            Verb::Delete => Some(Payload::Tombstone),
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
        /// Orders the version made among others: what a session must see from now on.
        clock: Clock,
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
    /// Refused at once: the coordinator has no room for the hint this write would need. Nothing was sent.
    Overloaded {
        /// The replica that is down.
        target: NodeId,
    },
    /// The answer was older than the client's session allows, as often as it asked: not given to the application.
    Behind {
        /// What was found last.
        found: Option<Arc<Row>>,
        /// What the client had written or read before.
        seen: Arc<Row>,
    },
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
    /// Replica to coordinator: what I acknowledged is now on disk.
    OnDisk,
    /// Coordinator to a replica in another zone: hold this row, and pass it on to these.
    Relay {
        /// The key.
        key: Key,
        /// The row to merge in.
        row: Arc<Row>,
        /// Further replicas in the receiver's zone.
        to: Box<[NodeId]>,
    },
    /// Passed on within a zone: hold this row, and acknowledge it to the coordinator.
    Passed {
        /// The key.
        key: Key,
        /// The row to merge in.
        row: Arc<Row>,
        /// Who gets the acknowledgement.
        answer_to: NodeId,
    },
    /// Node to replica: you missed this.
    Hint {
        /// What was missed.
        hint: Arc<Hint>,
        /// Counts how often this hint's page has been sent.
        attempt: u32,
    },
    /// Replica to the keeper of a hint: merged, or already newer, or expired.
    HintAck {
        /// The keeper's number of the hint.
        hint: u64,
        /// The attempt it answers.
        attempt: u32,
    },
    /// Coordinator to another node: keep this for a replica that is down.
    KeepHint {
        /// The replica that is down.
        target: NodeId,
        /// What it misses.
        hint: Arc<Hint>,
    },
    /// Node to coordinator: kept.
    HintKept {
        /// The replica that is down.
        target: NodeId,
    },
    /// Stand-in to owner: here is what I hold for you.
    Handoff {
        /// The key.
        key: Key,
        /// The row to merge in.
        row: Arc<Row>,
        /// Counts the sender's rounds of handoff.
        round: u32,
    },
    /// Owner to stand-in: merged, or already newer.
    HandoffAck {
        /// The key.
        key: Key,
        /// The round it answers.
        round: u32,
    },
    /// Node to replica: this client asks for a write; coordinate it.
    Forward {
        /// Who waits for the answer.
        client: Endpoint,
        /// What it wants.
        request: Arc<Request>,
    },
    /// Replica to the node that forwarded a request: I coordinate it.
    Coordinating,
    /// Node to a peer it believed down and has heard again: do you hear me?
    Echo {
        /// How often the asker has started.
        generation: u32,
        /// Counts the asker's echoes since it started.
        number: u32,
    },
    /// The answer, with what the question said.
    EchoAck {
        /// As asked.
        generation: u32,
        /// As asked.
        number: u32,
    },
    /// Replica to replica: a step of a sweep.
    Sweep {
        /// Which sweep.
        session: SessionId,
        /// What is said.
        say: Box<Say>,
    },
    /// About a value whose checksum does not fit.
    Rot(RotSay),
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
    /// The replica that the receiver (of a request) or the sender (of an answer) stands in for.
    pub owner: Option<NodeId>,
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
            Body::Write { .. } | Body::WriteAck | Body::OnDisk | Body::Relay { .. } | Body::Passed { .. } | Body::Coordinating => {
                Traffic::Write
            }
            Body::Forward { request, .. } => request.verb.traffic(),
            Body::Hint { .. } | Body::HintAck { .. } | Body::KeepHint { .. } | Body::HintKept { .. } => Traffic::Hint,
            Body::Handoff { .. } | Body::HandoffAck { .. } => Traffic::Hint,
            Body::ReadData { .. } | Body::Data { .. } => Traffic::Read,
            Body::ReadDigest { .. } | Body::Digest(_) => Traffic::Digest,
            Body::Repair { .. } | Body::RepairAck => Traffic::Repair,
            Body::Heartbeat { .. } | Body::Echo { .. } | Body::EchoAck { .. } => Traffic::Gossip,
            Body::Sweep { .. } => Traffic::Tree,
            Body::Rot(say) => say.traffic(),
        }
    }

    /// Whether it asks, carries or acknowledges.
    pub fn mode(&self) -> Mode {
        match self {
            Body::Request(request) | Body::Forward { request, .. } => match request.verb {
                Verb::Write(_) => Mode::Carries,
                Verb::Read | Verb::Delete => Mode::Asks,
            },
            Body::Reply { outcome: Outcome::Found(Some(_)), .. } => Mode::Carries,
            Body::Reply { .. } | Body::WriteAck | Body::RepairAck | Body::OnDisk | Body::Coordinating => Mode::Acks,
            Body::HintAck { .. } | Body::HintKept { .. } | Body::HandoffAck { .. } | Body::EchoAck { .. } => Mode::Acks,
            Body::Relay { .. } | Body::Passed { .. } | Body::Hint { .. } | Body::KeepHint { .. } | Body::Handoff { .. } => Mode::Carries,
            Body::ReadData { .. } | Body::ReadDigest { .. } | Body::Echo { .. } => Mode::Asks,
            Body::Write { .. } | Body::Data { .. } | Body::Digest(_) | Body::Repair { .. } | Body::Heartbeat { .. } => Mode::Carries,
            Body::Sweep { say, .. } => say.mode(),
            Body::Rot(say) => say.mode(),
        }
    }

    /// The row it carries.
    pub fn row(&self) -> Option<&Arc<Row>> {
        match self {
            Body::Write { row, .. }
            | Body::Repair { row, .. }
            | Body::Relay { row, .. }
            | Body::Passed { row, .. }
            | Body::Handoff { row, .. } => Some(row),
            Body::Hint { hint, .. } | Body::KeepHint { hint, .. } => Some(&hint.row),
            Body::Data { row, .. } => row.as_ref(),
            Body::Sweep { say, .. } => say.row(),
            Body::Rot(say) => say.row(),
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
            Body::OnDisk => 12,
            Body::Relay { .. } => 13,
            Body::Passed { .. } => 14,
            Body::Hint { .. } => 15,
            Body::HintAck { .. } => 16,
            Body::KeepHint { .. } => 17,
            Body::HintKept { .. } => 18,
            Body::Handoff { .. } => 19,
            Body::HandoffAck { .. } => 20,
            Body::Forward { .. } => 21,
            Body::Coordinating => 22,
            Body::Echo { .. } => 23,
            Body::EchoAck { .. } => 24,
            Body::Sweep { .. } => 25,
            Body::Rot(_) => 40,
        }
    }

    /// Tells apart messages of one kind between the same two endpoints for the same operation.
    pub fn nth(&self) -> u64 {
        match self {
            Body::ReadData { round, .. } | Body::Data { round, .. } => u64::from(*round),
            Body::Heartbeat { generation, beat: number } | Body::Echo { generation, number } | Body::EchoAck { generation, number } => {
                u64::from(*generation) << 32 | u64::from(*number)
            }
            Body::Hint { hint, attempt } => hint.id << 24 | u64::from(*attempt),
            Body::HintAck { hint, attempt } => hint << 24 | u64::from(*attempt),
            Body::KeepHint { target, .. } | Body::HintKept { target } => u64::from(target.0),
            Body::Handoff { key, round, .. } => key.token().0 ^ u64::from(*round),
            Body::HandoffAck { key, round } => key.token().0 ^ u64::from(*round),
            Body::Sweep { session, say } => {
                say.nth() ^ (u64::from(session.generation) << 32 | u64::from(session.number)).wrapping_mul(0x9e37_79b9_7f4a_7c15)
            }
            Body::Rot(say) => say.nth(),
            _ => 0,
        }
    }
}
