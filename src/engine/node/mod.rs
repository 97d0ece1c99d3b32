//! One node's machine: an [`Input`] comes in, [`Out`]s are drained.
//!
//! A node is a plain value. It never reads another node, the network or the true state; what it believes, messages told it.
//! One file per concern: `coordinate` (writes, reads), `repair` (read repair), `replica` (its own copies), `member` (who lives).

pub mod coordinate;
mod member;
mod message;
mod note;
mod repair;
mod replica;
mod settings;

use std::sync::Arc;

pub use coordinate::Coordinator;
pub use member::Heartbeats;
pub use message::{Body, Message, Mode, Outcome, Request, Traffic, Verb};
pub use note::Note;
pub use settings::{
    Contact, Coordinate, Detector, FallbackSettings, Full, HintSettings, Keeper, Level, Misbehaviour, Need, Proximity, ReadSettings,
    Repair, Replay, SecondRound, Setting, Settings, Speculate, StandIn, Sync, WriteSettings,
};

use crate::engine::base::{Draws, Endpoint, Micros, NodeId, OpId};
use crate::engine::data::{Change, Key, Row, Store};
use crate::engine::place::Ring;

/// What a node's clock shows at the start of a run: microseconds since 1970, an instant in September 2001.
pub const CLOCK_EPOCH: u64 = 1_000_000_000_000_000;

/// A timer that a node set for itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Timer {
    /// The patience of a coordinator with one operation is over.
    Operation(OpId),
    /// Time to send a heartbeat and to look who is silent. Carries the detector's epoch, so that an old one is ignored.
    Beat(u32),
    /// Time to bring the commit log to disk.
    Sync,
}

impl Timer {
    /// Whether it is background work that a log may count instead of keep.
    pub const fn is_quiet(&self) -> bool {
        matches!(self, Timer::Beat(_))
    }
}

/// What happens to a node.
#[derive(Debug, Clone, Copy)]
pub enum Input<'a> {
    /// It starts, for the first time or again.
    Started,
    /// The cluster's settings changed.
    Configured,
    /// A message arrived.
    Message(&'a Message),
    /// A timer it set went off.
    Timer(Timer),
}

/// What a node does about it, in order.
#[derive(Debug, Clone)]
pub enum Out {
    /// Send this.
    Send {
        /// To whom; may be the node itself.
        to: Endpoint,
        /// The operation it serves.
        op: Option<OpId>,
        /// What to say.
        body: Body,
    },
    /// Wake me after this span.
    Timer {
        /// How long from now.
        after: Micros,
        /// With what.
        timer: Timer,
    },
    /// A rule acted.
    Note {
        /// For which operation.
        op: Option<OpId>,
        /// Which rule, and on what.
        note: Note,
    },
    /// A row was merged into the node's store, or refused.
    Applied(Applied),
}

/// What became of a row that a replica was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Applied {
    /// The operation it came from.
    pub op: Option<OpId>,
    /// The key.
    pub key: Key,
    /// What was held before.
    pub before: Option<Arc<Row>>,
    /// The row given.
    pub given: Arc<Row>,
    /// What came of it.
    pub change: Change,
    /// The mechanism that brought it.
    pub by: Traffic,
}

/// Everything a handler may look at and do besides its own node.
#[derive(Debug)]
pub struct Ctx<'a> {
    /// The true time. Handlers use it for spans only; stamps come from the node's own clock.
    pub now: Micros,
    /// The settings all nodes agree on.
    pub settings: &'a Settings,
    /// The ring all nodes agree on.
    pub ring: &'a Ring,
    /// Random draws.
    pub draws: Draws,
    /// What the node does, in order.
    pub out: &'a mut Vec<Out>,
}

impl Ctx<'_> {
    /// Sends `body` to `to`.
    pub fn send(&mut self, to: impl Into<Endpoint>, op: Option<OpId>, body: Body) {
        self.out.push(Out::Send { to: to.into(), op, body });
    }

    /// Sets a timer.
    pub fn wake(&mut self, after: Micros, timer: Timer) {
        self.out.push(Out::Timer { after, timer });
    }

    /// Says which rule acted.
    pub fn note(&mut self, op: impl Into<Option<OpId>>, note: Note) {
        self.out.push(Out::Note { op: op.into(), note });
    }
}

/// A node's own clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct NodeClock {
    /// How far it is ahead (behind, if negative) of true time, in microseconds.
    pub offset: i64,
    /// The last reading given out: readings never repeat.
    last: u64,
}

impl NodeClock {
    /// A fresh reading, larger than every earlier one of this node (as Cassandra's coordinator makes them).
    pub fn read(&mut self, now: Micros) -> u64 {
        let shown = CLOCK_EPOCH.saturating_add(now.0).saturating_add_signed(self.offset);
        self.last = shown.max(self.last + 1);
        self.last
    }
}

/// One node.
#[derive(Debug, Clone)]
pub struct Node {
    /// Who it is.
    pub id: NodeId,
    /// How often it has started, from 1.
    pub generation: u32,
    /// Its clock. Survives a crash: it is hardware.
    pub clock: NodeClock,
    /// Its rows. The synced part survives a crash.
    pub store: Store,
    /// Operations it coordinates. Volatile.
    pub coordinator: Coordinator,
    /// Whom it believes down. Volatile.
    pub heartbeats: Heartbeats,
    /// Whether a timer to sync the commit log is running. Volatile.
    sync_due: bool,
}

impl Node {
    /// A node that has never started.
    pub fn new(id: NodeId) -> Node {
        Node {
            id,
            generation: 0,
            clock: NodeClock::default(),
            store: Store::default(),
            coordinator: Coordinator::default(),
            heartbeats: Heartbeats::default(),
            sync_due: false,
        }
    }

    /// Forgets everything volatile except rows, which [`Store::crash`] takes back separately.
    pub fn forget(&mut self) {
        self.coordinator = Coordinator::default();
        self.heartbeats = Heartbeats::default();
        self.sync_due = false;
    }

    /// Whether this node believes `peer` to be up.
    pub fn believes_up(&self, peer: NodeId) -> bool {
        peer == self.id || !self.heartbeats.suspects(peer)
    }

    /// Whether anything still waits for this timer.
    pub fn expects(&self, timer: Timer) -> bool {
        match timer {
            Timer::Operation(op) => self.coordinator.pending(op).is_some(),
            Timer::Beat(epoch) => self.heartbeats.is_current(epoch),
            Timer::Sync => self.store.unsynced() > 0,
        }
    }

    /// Handles one input completely.
    pub fn handle(&mut self, input: Input<'_>, ctx: &mut Ctx<'_>) {
        match input {
            Input::Started => {
                self.generation += 1;
                self.start_heartbeats(ctx);
            }
            Input::Configured => self.start_heartbeats(ctx),
            Input::Timer(Timer::Operation(op)) => self.operation_timed_out(op, ctx),
            Input::Timer(Timer::Beat(epoch)) => self.beat(epoch, ctx),
            Input::Timer(Timer::Sync) => self.sync(ctx),
            Input::Message(message) => self.receive(message, ctx),
        }
    }

    fn receive(&mut self, message: &Message, ctx: &mut Ctx<'_>) {
        let (from, op) = (message.from, message.op);
        match (&message.body, from, op) {
            (Body::Request(request), Endpoint::Client(_), Some(op)) => self.begin(op, from, request, ctx),
            (Body::Write { key, row }, _, _) => self.replicate(from, op, key, row, Traffic::Write, ctx),
            (Body::Repair { key, row }, _, _) => self.replicate(from, op, key, row, Traffic::Repair, ctx),
            (Body::ReadData { key, round }, _, _) => self.send_row(from, op, key, *round, ctx),
            (Body::ReadDigest { key }, _, _) => self.send_digest(from, op, key, ctx),
            (Body::WriteAck, Endpoint::Node(from), Some(op)) => self.write_acked(op, from, ctx),
            (Body::Data { row, round }, Endpoint::Node(from), Some(op)) => self.data_came(op, from, row, *round, ctx),
            (Body::Digest(digest), Endpoint::Node(from), Some(op)) => self.digest_came(op, from, *digest, ctx),
            (Body::RepairAck, Endpoint::Node(from), Some(op)) => self.repair_acked(op, from, ctx),
            (Body::Heartbeat { .. }, Endpoint::Node(from), _) => self.heard(from, ctx),
            // Nobody in this world sends anything else; a node ignores what it does not understand.
            _ => {}
        }
    }
}
