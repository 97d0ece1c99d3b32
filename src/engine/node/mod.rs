//! One node's machine: an [`Input`] comes in, [`Out`]s are drained.
//!
//! A node is a plain value. It never reads another node, the network or the true state; what it believes, messages told it.
//! One file per concern: `coordinate` (writes, reads), `repair` (read repair), `replica` and `purge` (its own copies), `member` and
//! `arrivals` (who lives), `sweeps` (comparing replicas in the background).

pub mod arrivals;
mod clock;
pub mod coordinate;
pub mod desk;
pub mod dots;
mod guests;
pub mod hints;
pub mod history;
pub mod integrity;
mod member;
mod message;
mod note;
mod purge;
pub mod ranges;
mod repair;
mod replica;
mod settings;
pub mod sweeps;
mod timer;
mod wire;

use std::sync::Arc;

pub use clock::{CLOCK_EPOCH, NodeClock};
pub use coordinate::Coordinator;
use coordinate::Pending;
pub use guests::{Guest, Guests, Handoff};
use hints::HintStore;
pub use history::History;
use integrity::Integrity;
pub use member::Heartbeats;
pub use message::{Body, Message, Mode, Outcome, Request, Traffic, Verb};
pub use note::{NoHint, Note};
pub use purge::{Removed, RemovedWhy};
pub use ranges::NewRanges;
pub use settings::{
    Accrual, BitmapPolicy, Checksum, ClientSettings, Contact, Coordinate, Deletes, Detector, Direct, FallbackSettings, Full, HintSettings,
    IntegritySettings, Keeper, Level, Method, Misbehaviour, Need, Phi, Policy, Proximity, Radix, Reach, ReadSettings, Repair, Replay,
    Rotten, Schedule, Scrub, SecondRound, Segments, Setting, Settings, Speculate, StandIn, Streams, SweepPolicy, SweepSettings, Sync,
    Tombstones, Upkeep, WriteSettings,
};
pub use settings::{Caps, Checkpoints, Disk, Order, Parallelism, QueueSettings, Scope, Start, THROTTLE, Validation, Whose, throttle};
use sweeps::Sweeps;
use sweeps::validation::Records;
pub use timer::Timer;

use crate::engine::base::{Digest, Draws, Endpoint, Micros, NodeId, OpId};
use crate::engine::data::{Change, Key, Row, Store};
use crate::engine::place::Ring;

/// What became of a row in a crash: for whom it was held if not for the node itself, the key, the row before, the row on disk.
pub type Lost = (Option<NodeId>, Key, Option<Arc<Row>>, Option<Arc<Row>>);

/// Settings that a node runs timers for: it must hear of their change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Changed {
    /// How it notices that others are down.
    Detector,
    /// How long it keeps tombstones.
    Tombstones,
    /// When it compares with others by itself.
    Sweeps,
    /// How it checks what it holds.
    Integrity,
    /// The ring's ranges.
    Ranges,
}

/// What happens to a node.
#[derive(Debug, Clone, Copy)]
pub enum Input<'a> {
    /// It starts, for the first time or again.
    Started,
    /// A setting changed that the node runs a timer for.
    Configured(Changed),
    /// A message arrived.
    Message(&'a Message),
    /// A timer it set went off.
    Timer(Timer),
    /// It is told to compare with another node.
    Sweep(NodeId, SweepPolicy),
    /// It is told to stop one of its sweeps, or all of them and what waits.
    StopSweep(Option<u32>),
    /// It is told to throw away rows of ranges that it does not own.
    CleanUp,
}

/// What a node does about it, in order.
#[derive(Debug, Clone)]
pub enum Out {
    /// Send this.
    Send {
        /// To whom; may be the node itself.
        to: Endpoint,
        /// The replica that one of the two stands in for.
        owner: Option<NodeId>,
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
    /// A row was removed from the node's store by a rule of its own.
    Removed(Removed),
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
    /// The replica it was taken for, if the node stands in for one.
    pub stands_for: Option<NodeId>,
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
    /// Requests of clients that wait for the node's own disk.
    pub backlog: u64,
    /// What the node does, in order.
    pub out: &'a mut Vec<Out>,
    /// Long work that is done already.
    pub desk: &'a mut desk::Desk,
}

impl Ctx<'_> {
    /// Sends `body` to `to`.
    pub fn send(&mut self, to: impl Into<Endpoint>, op: Option<OpId>, body: Body) {
        self.out.push(Out::Send { to: to.into(), owner: None, op, body });
    }

    /// Sends `body` to `to`, about the copy of `owner`.
    pub fn send_for(&mut self, to: Endpoint, owner: Option<NodeId>, op: Option<OpId>, body: Body) {
        self.out.push(Out::Send { to, owner, op, body });
    }

    /// Sets a timer.
    pub fn wake(&mut self, after: Micros, timer: Timer) {
        self.out.push(Out::Timer { after, timer });
    }

    /// The digest of a row, or of having none, by the function that all nodes use.
    pub fn digest(&self, row: &Option<Arc<Row>>) -> Digest {
        self.settings.digest.of(row)
    }

    /// The numbers of copies in force as one number, another one if the ring has been redrawn between two times of the same numbers.
    pub fn copies(&self) -> u64 {
        ranges::copies(self.settings, self.ring)
    }

    /// Says which rule acted.
    pub fn note(&mut self, op: impl Into<Option<OpId>>, note: Note) {
        self.out.push(Out::Note { op: op.into(), note });
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
    /// Hints it keeps for others. The flushed part survives a crash.
    pub hints: HintStore,
    /// Copies it holds in place of others. The synced part survives a crash.
    pub guests: Guests,
    /// Whether a timer to sync the commit log is running. Volatile.
    sync_due: bool,
    /// Who waits to hear of the next sync. Volatile.
    owed: Vec<replica::Owed>,
    /// The timer for old tombstones. Volatile.
    sweep: purge::Sweep,
    /// Comparisons with other replicas, and trees. Volatile, except trees of segments and tries.
    pub sweeps: Sweeps,
    /// Incremental repairs it has taken part in. Survives a crash.
    pub records: Records,
    /// What it remembers beside its rows. The synced part survives a crash.
    pub history: History,
    /// Checks of what it holds. Volatile.
    pub integrity: Integrity,
    /// How many changes of the ring it has followed. Survives a crash, as what it made of them does.
    pub epoch: u32,
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
            hints: HintStore::default(),
            guests: Guests::default(),
            sync_due: false,
            owed: Vec::new(),
            sweep: purge::Sweep::default(),
            sweeps: Sweeps::default(),
            records: Records::default(),
            history: History::default(),
            integrity: Integrity::default(),
            epoch: 0,
        }
    }

    /// The same node without its rows.
    pub fn without_rows(&self) -> Node {
        Node { store: Store::default(), ..self.clone() }
    }

    /// Forgets everything volatile except rows and hints, which [`Node::lose_memory`] takes back separately.
    pub fn forget(&mut self) {
        self.coordinator = Coordinator::default();
        self.heartbeats = Heartbeats::default();
        self.sync_due = false;
        self.owed = Vec::new();
        self.sweep = purge::Sweep::default();
        self.sweeps = std::mem::take(&mut self.sweeps).crashed();
        self.integrity = Integrity::default();
        self.guests.forget();
    }

    /// Loses rows that were not synced and hints that were not flushed. Returns what became of each row, with the replica it was held
    /// for if not for this node, and how many hints are gone.
    pub fn lose_memory(&mut self) -> (Vec<Lost>, u32) {
        let mut lost: Vec<Lost> = self.store.crash().into_iter().map(|(key, (before, after))| (None, key, before, after)).collect();
        lost.iter().for_each(|(_, key, ..)| self.sweeps.tries.queue(key));
        lost.extend(self.guests.crash());
        self.history.crash();
        (lost, self.hints.crash())
    }

    /// Loses everything on its disk. Returns how many rows and hints that were.
    pub fn wipe(&mut self) -> u64 {
        let others = self.guests.all().values().map(|guest| guest.store.rows().len()).sum::<u64>() + self.hints.count() as u64;
        self.guests.replace(Guests::default());
        self.hints.replace(HintStore::default());
        self.records = Records::default();
        self.history.wipe();
        self.sweeps.segments.clear();
        self.sweeps.tries.clear();
        self.sweeps.queue.clear();
        self.store.wipe() + others
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
            Timer::Sync => self.sync_due,
            Timer::Speculate(op) => matches!(self.coordinator.pending(op), Some(Pending::Read(read)) if read.may_speculate()),
            Timer::RepairBound(op) => matches!(self.coordinator.pending(op), Some(Pending::Read(read)) if read.repair_waits()),
            Timer::WriteMore(op) => {
                matches!(self.coordinator.pending(op), Some(Pending::Read(read)) if read.repair_waits() && !read.spare.is_empty())
            }
            // Even if nothing is left to do: only a timer that comes makes room for the next.
            Timer::HintFlush => self.hints.flush_due,
            Timer::HintPoll => self.hints.poll_due,
            Timer::HintNext(target, attempt) | Timer::HintPage(target, attempt) => self.replays(target, attempt),
            Timer::Handoff => self.guests.looks(),
            Timer::HandoffOver(owner, round) => self.hands_back(owner, round),
            Timer::Sweep(epoch) => self.sweep.expects(epoch),
            Timer::SweepIdle(session) if self.records.is_open(session) => true,
            timer => self.sweeps.expects(timer) || self.integrity.expects(timer),
        }
    }

    /// Handles one input completely.
    pub fn handle(&mut self, input: Input<'_>, ctx: &mut Ctx<'_>) {
        let starts = matches!(input, Input::Started);
        self.generation += u32::from(starts);
        self.follow_ring(starts, ctx);
        match input {
            Input::Started => {
                self.start_heartbeats(ctx);
                self.start_hint_timers(ctx);
                self.start_handoff_timer(ctx);
                self.restart_sweeps(ctx);
                self.configure_history(ctx);
                self.restart_schedule(ctx);
                self.take_up_records(ctx);
                self.resume_queue(ctx);
                self.sweeps.tries.plan(ctx);
                self.restart_scrub(false, ctx);
            }
            Input::Configured(Changed::Detector) => self.start_heartbeats(ctx),
            Input::Configured(Changed::Tombstones) => self.restart_sweeps(ctx),
            Input::Configured(Changed::Sweeps) => {
                self.configure_history(ctx);
                self.restart_schedule(ctx);
            }
            Input::Configured(Changed::Integrity) => self.restart_scrub(true, ctx),
            // It has followed already, whatever came first.
            Input::Configured(Changed::Ranges) => {}
            Input::Sweep(with, policy) => self.start_sweep(with, policy, 0, ctx),
            Input::StopSweep(number) => self.stop_sweep(number, ctx),
            Input::CleanUp => self.clean_up(ctx),
            Input::Timer(timer) => self.wake(timer, ctx),
            Input::Message(message) => self.receive(message, ctx),
        }
    }

    fn wake(&mut self, timer: Timer, ctx: &mut Ctx<'_>) {
        match timer {
            Timer::Operation(op) => self.operation_timed_out(op, ctx),
            Timer::Beat(epoch) => self.beat(epoch, ctx),
            Timer::Sync => self.sync(ctx),
            Timer::Sweep(epoch) => self.sweep(epoch, ctx),
            Timer::Speculate(op) => self.speculate(op, ctx),
            Timer::RepairBound(op) => self.repair_bounded(op, ctx),
            Timer::WriteMore(op) => self.write_more(op, ctx),
            Timer::HintFlush => self.flush_hints(ctx),
            Timer::HintPoll => self.poll_hints(ctx),
            Timer::HintNext(target, _) => self.send_hints(target, ctx),
            Timer::HintPage(target, _) => self.page_failed(target, ctx),
            Timer::Handoff => self.look_for_owners(ctx),
            Timer::HandoffOver(owner, _) => self.handoff_over(owner, ctx),
            Timer::Fetch(_) | Timer::Scrub(_) => self.integrity_woke(timer, ctx),
            timer => self.sweep_woke(timer, ctx),
        }
    }

    fn receive(&mut self, message: &Message, ctx: &mut Ctx<'_>) {
        let (from, owner) = (message.from, message.owner);
        match (&message.body, from, message.op) {
            (Body::Request(request), Endpoint::Client(_), Some(op)) => self.begin(op, from, request, ctx),
            (Body::Write { key, row }, _, _) => self.take_write(message, key, row, from, ctx),
            (Body::Relay { key, row, to }, _, _) => self.take_relay(message, key, row, to, ctx),
            (Body::Passed { key, row, answer_to }, _, _) => self.take_write(message, key, row, (*answer_to).into(), ctx),
            (Body::Repair { key, row }, _, op) => {
                self.hold(owner, op, key, row, Traffic::Repair, ctx);
                ctx.send_for(from, owner, op, Body::RepairAck);
            }
            (Body::ReadData { key, round }, _, _) => {
                self.queue_heats(key, ctx);
                self.send_row(message, key, *round, ctx);
            }
            (Body::ReadDigest { key }, _, _) => {
                self.queue_heats(key, ctx);
                self.send_digest(message, key, ctx);
            }
            (Body::HandoffAck { key, round }, Endpoint::Node(from), _) => self.handed_back(from, key, *round, ctx),
            (Body::Handoff { key, row, round }, _, op) => {
                self.hold(None, op, key, row, Traffic::Hint, ctx);
                ctx.send(from, op, Body::HandoffAck { key: key.clone(), round: *round });
            }
            (Body::Hint { hint, attempt }, Endpoint::Node(from), _) => self.take_hint(from, hint, *attempt, ctx),
            (Body::HintAck { hint, attempt }, Endpoint::Node(from), _) => self.hint_acked(from, *hint, *attempt, ctx),
            (Body::KeepHint { target, hint }, Endpoint::Node(from), _) => self.keep_for(from, *target, hint, ctx),
            (Body::Heartbeat { generation, beat }, Endpoint::Node(from), _) => self.heard(from, *generation, *beat, ctx),
            (Body::Echo { generation, number }, Endpoint::Node(from), _) => self.echo(from, *generation, *number, ctx),
            (Body::EchoAck { generation, .. }, Endpoint::Node(from), _) => self.echo_came(from, *generation, ctx),
            (Body::Sweep { session, say }, Endpoint::Node(from), _) => self.sweep_heard(from, *session, say, ctx),
            (Body::Rot(say), ..) => self.rot_heard(message, say, ctx),
            (body, Endpoint::Node(from), Some(op)) => self.answered(op, (from, owner), body, ctx),
            // Nobody in this world sends anything else; a node ignores what it does not understand.
            _ => {}
        }
    }

    /// An answer to something this node asked as a coordinator.
    fn answered(&mut self, op: OpId, (from, owner): (NodeId, Option<NodeId>), body: &Body, ctx: &mut Ctx<'_>) {
        match body {
            Body::WriteAck => self.write_acked(op, from, owner, false, ctx),
            Body::OnDisk => self.write_acked(op, from, owner, true, ctx),
            Body::Data { row, round } => self.data_came(op, (from, owner), row, *round, ctx),
            Body::Digest(digest) => self.digest_came(op, (from, owner), *digest, ctx),
            Body::RepairAck => self.repair_acked(op, from, owner, ctx),
            Body::HintKept { target } => self.hint_kept(op, *target, ctx),
            Body::Forward { client, request } => self.take_up(op, from, *client, request, ctx),
            Body::Coordinating => self.taken_up(op, from),
            Body::Reply { outcome, .. } if from == self.id => self.own_read_over(op, outcome, ctx),
            _ => {}
        }
    }
}
