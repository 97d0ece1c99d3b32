//! Events: what happened, when, to whom, and because of which earlier event.

use std::sync::Arc;

use crate::engine::base::{CutId, Endpoint, EventId, Micros, NodeId, OpId};
use crate::engine::data::{Key, Row};
use crate::engine::node::{Applied, Message, Note, Outcome, Removed, Request, Setting, Timer};
use crate::engine::place::Change;

/// One entry of a run's log. Its id is its place in the log.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// When.
    pub at: Micros,
    /// The event that made it happen.
    pub cause: Option<EventId>,
    /// At whom; nobody in particular for what happens to the network.
    pub who: Option<Endpoint>,
    /// For which client operation.
    pub op: Option<OpId>,
    /// What.
    pub kind: EventKind,
}

/// Why a message never arrived.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LostWhy {
    /// The network lost it.
    Loss,
    /// It came to a cut.
    Cut(CutId),
    /// The receiver is down.
    Down,
    /// It waited at a paused node that then crashed.
    Crashed,
}

/// What a person did to the world.
#[derive(Debug, Clone, PartialEq)]
pub enum Fault {
    /// A cut was made.
    Cut(CutId),
    /// A cut was undone.
    Mended(CutId),
    /// A node died; this many keys went back to an earlier row, or to none.
    Crashed {
        /// Keys that lost a change.
        lost: u32,
    },
    /// A node started again.
    Restarted,
    /// A node stopped in its tracks.
    Paused,
    /// A paused node went on, with this many inputs waiting.
    Resumed {
        /// Messages and timers that had piled up.
        waiting: u32,
    },
    /// A node was told to compare with another one.
    SweepAsked {
        /// With whom.
        with: NodeId,
    },
    /// A node was told to stop a sweep of its own, or all and what waits.
    SweepStopped {
        /// Which; all if `None`.
        number: Option<u32>,
    },
    /// A node lost its disk.
    Wiped {
        /// Rows lost.
        rows: u64,
    },
    /// A node's clock was set.
    Clock {
        /// Microseconds ahead of true time.
        offset_us: i64,
    },
    /// A node's links became slower.
    Slow {
        /// Added to every message's travel time.
        by: Micros,
    },
    /// One link got a rule of its own.
    Link {
        /// Sender.
        from: Endpoint,
        /// Receiver.
        to: Endpoint,
    },
    /// The network as a whole changed.
    Network,
    /// A protocol setting changed.
    Set(Box<Setting>),
    /// Stores were filled.
    Preloaded {
        /// Keys written.
        count: u64,
    },
    /// A crash took hints that were not on disk.
    HintsLost {
        /// How many.
        count: u32,
    },
    /// A node's disk was copied aside.
    BackedUp {
        /// Rows copied.
        rows: u64,
    },
    /// A node's disk was replaced by an earlier copy of it.
    Restored {
        /// Rows on it now.
        rows: u64,
        /// When the copy was taken.
        taken: Micros,
    },
    /// A workload began.
    WorkloadBegan {
        /// Counts workloads of a run from 0.
        number: u32,
    },
    /// A workload ended, by itself or stopped.
    WorkloadEnded {
        /// Counts workloads of a run from 0.
        number: u32,
        /// Operations it began.
        operations: u32,
    },
    /// Bytes of a value on a node's disk changed by themselves.
    Rotted(Box<Rotted>),
    /// The ring was redrawn.
    Redrawn(Arc<Change>),
    /// A node was told to throw away rows of ranges that it does not own.
    CleanupAsked,
}

/// A value whose bytes changed by themselves.
#[derive(Debug, Clone, PartialEq)]
pub struct Rotted {
    /// The key.
    pub key: Key,
    /// What was held.
    pub before: Arc<Row>,
    /// What is held now, under the same timestamp.
    pub after: Arc<Row>,
    /// Whether a checksum is kept with it that does not fit any more.
    pub misfit: bool,
    /// Whether it is again what was written.
    pub right: bool,
}

/// What a client did by itself, without a coordinator to say so.
#[derive(Debug, Clone, PartialEq)]
pub enum ClientAct {
    /// It tries again.
    Retried {
        /// What it asks now; the level may be lower than before.
        request: Arc<Request>,
        /// The coordinator it asks now.
        via: NodeId,
        /// Counts further attempts, from 1.
        attempt: u8,
        /// How long it rests before.
        rest: Micros,
        /// How the attempt before ended.
        after: Outcome,
    },
    /// It asks replicas itself.
    Asked {
        /// Whom.
        replicas: Box<[NodeId]>,
        /// Answers it needs.
        required: u32,
    },
    /// It writes the newest row back to replicas that lack it.
    WroteBack {
        /// Whom.
        to: Box<[NodeId]>,
    },
}

/// What happened.
#[derive(Debug, Clone, PartialEq)]
pub enum EventKind {
    /// A client began an operation.
    Began {
        /// What it wants.
        request: Arc<Request>,
        /// The coordinator it asks.
        via: NodeId,
    },
    /// A client learned how its operation ended, or gave up.
    Ended(Outcome),
    /// A message left.
    Sent(Arc<Message>),
    /// A message arrived and was handled.
    Delivered(Arc<Message>),
    /// A message will never arrive.
    Lost {
        /// Which.
        message: Arc<Message>,
        /// Why.
        why: LostWhy,
    },
    /// A message reached a paused node and waits.
    Held(Arc<Message>),
    /// A timer went off and something was still waiting for it.
    Timer(Timer),
    /// A replica was given a row.
    Applied(Box<Applied>),
    /// A crash took a replica's row back to what was on disk, or a restored disk holds another row.
    Reverted {
        /// The key.
        key: Key,
        /// The row lost, if there was one.
        before: Option<Arc<Row>>,
        /// The row on disk.
        after: Option<Arc<Row>>,
        /// The replica it was held for, if not for the node itself.
        stands_for: Option<NodeId>,
    },
    /// A replica removed a row by a rule of its own.
    Removed(Removed),
    /// A rule acted.
    Note(Note),
    /// Somebody did something to the world.
    Fault(Fault),
    /// A client did something by itself.
    Client(ClientAct),
}

impl Event {
    /// Whether it is background chatter, skipped when stepping.
    pub fn is_quiet(&self) -> bool {
        match &self.kind {
            EventKind::Sent(m) | EventKind::Delivered(m) | EventKind::Held(m) | EventKind::Lost { message: m, .. } => m.body.is_quiet(),
            EventKind::Timer(timer) => timer.is_quiet(),
            _ => false,
        }
    }

    /// Whether a person stepping from decision to decision stops here.
    pub fn is_decision(&self) -> bool {
        match &self.kind {
            EventKind::Note(note) => note.is_decision(),
            EventKind::Ended(_) | EventKind::Fault(_) | EventKind::Client(_) => true,
            _ => false,
        }
    }

    /// The message it is about.
    pub fn message(&self) -> Option<&Arc<Message>> {
        match &self.kind {
            EventKind::Sent(m) | EventKind::Delivered(m) | EventKind::Held(m) | EventKind::Lost { message: m, .. } => Some(m),
            _ => None,
        }
    }
}
