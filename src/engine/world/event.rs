//! Events: what happened, when, to whom, and because of which earlier event.

use std::sync::Arc;

use crate::engine::base::{CutId, Endpoint, EventId, Micros, NodeId, OpId};
use crate::engine::data::{Key, Row};
use crate::engine::node::{Applied, Message, Note, Outcome, Request, Setting, Timer};

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
    /// A crash took a replica's row back to what was on disk.
    Reverted {
        /// The key.
        key: Key,
        /// The row lost.
        before: Option<Arc<Row>>,
        /// The row on disk.
        after: Option<Arc<Row>>,
    },
    /// A rule acted.
    Note(Note),
    /// Somebody did something to the world.
    Fault(Fault),
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
            EventKind::Ended(_) | EventKind::Fault(_) => true,
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
