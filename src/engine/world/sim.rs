//! The world itself: a plain value that steps from one input to the next.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::ahead::Ready;
use super::backup::Backup;
use super::client::Client;
use super::config::{Chatter, Config};
use super::event::{Event, EventKind, LostWhy};
use super::fingerprint::{ENGINE_VERSION, Fingerprint, Hashing, mix_event};
use super::host::{Host, Status, Waiting};
use super::ledger::Ledger;
use super::load::Load;
use super::network::{Fate, Flight, Network};
use super::queue::Queue;
use super::rot::Written;
use super::workload::Running;
use crate::engine::base::{ClientId, Draws, Endpoint, EventId, Micros, Mix, NodeId, OpId, Sink, Wire};
use crate::engine::node::{Body, Ctx, Input, Message, Node, Out, Settings, Timer};
use crate::engine::place::Ring;

/// A timer in the queue.
#[derive(Debug, Clone)]
pub(super) enum Alarm {
    /// A node's own; void once the node has started anew.
    Node { node: NodeId, generation: u32, timer: Timer, cause: Option<EventId> },
    /// A client's patience with an operation.
    GiveUp { client: ClientId, op: OpId, cause: Option<EventId> },
    /// A client has rested long enough before its next attempt.
    Retry { client: ClientId, op: OpId, cause: Option<EventId> },
    /// A workload's next turn.
    Workload { number: u32 },
}

/// What the queue holds.
#[derive(Debug, Clone)]
pub(super) enum Due {
    Flight(Flight),
    Alarm(Alarm),
}

/// A whole cluster with its network and clients. Cloning it takes a snapshot that shares almost everything.
#[derive(Debug, Clone)]
pub struct World {
    pub(super) now: Micros,
    pub(super) draws: Draws,
    settings: Arc<Settings>,
    pub(super) ring: Arc<Ring>,
    pub(super) hosts: Vec<Host>,
    pub(super) clients: Vec<Client>,
    pub(super) backups: BTreeMap<NodeId, Backup>,
    pub(super) workloads: BTreeMap<u32, Running>,
    pub(super) workloads_begun: u32,
    /// Rows as they were written, of those that changed by themselves: by key and clock. No node knows it.
    pub(super) written: Arc<Written>,
    pub(super) network: Network,
    pub(super) queue: Queue<Due>,
    chatter: Chatter,
    ledger: Ledger,
    pub(super) load: Load,
    /// When what a node now says may leave: its disk is busy until then. In the past while no node speaks.
    departs: Micros,
    events: u32,
    messages: u64,
    pub(super) operations: u32,
    mix: Mix,
    /// Reused between inputs; always empty in between.
    out: Vec<Out>,
    /// What has been done ahead for the input at work; always empty in between.
    pub(super) ready: Ready,
}

impl World {
    /// A world in which every node has just started. `log` gets the first events.
    pub fn new(config: &Config, seed: u64, log: &mut Vec<Event>) -> World {
        let draws = Draws::new(seed);
        let mut ring = Ring::of(&config.topology, config.nodes, draws);
        ring.prepare(&config.settings.replicas);
        let mut world = World {
            now: Micros::ZERO,
            draws,
            settings: Arc::new(config.settings.clone()),
            ring: Arc::new(ring),
            hosts: (0..config.nodes).map(|n| Host::new(NodeId(n))).collect(),
            clients: vec![Client::default(); config.clients.len()],
            backups: BTreeMap::new(),
            workloads: BTreeMap::new(),
            workloads_begun: 0,
            written: Arc::default(),
            network: Network::new(config.network),
            queue: Queue::default(),
            chatter: config.chatter,
            ledger: Ledger::default(),
            load: Load::default(),
            departs: Micros::ZERO,
            events: 0,
            messages: 0,
            operations: 0,
            mix: Mix::START,
            out: Vec::new(),
            ready: Ready::default(),
        };
        world.mix.word(seed);
        // The plain ring is told by what happens on it, as it always was.
        if !config.topology.is_default() {
            world.ring.tokens().iter().for_each(|(token, node)| {
                world.mix.word(token.0);
                world
                    .mix
                    .word(u64::from(node.0) << 32 | u64::from(world.ring.zone_of(*node).0) << 16 | u64::from(world.ring.rack_of(*node)));
            });
        }
        for n in 0..config.nodes {
            world.hosts[n as usize].status = Status::Up;
            world.run_node(NodeId(n), Input::Started, None, log);
        }
        world
    }

    /// The present.
    pub fn now(&self) -> Micros {
        self.now
    }

    /// How many events have happened.
    pub fn events(&self) -> u32 {
        self.events
    }

    /// Protocol settings in force.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    pub(super) fn settings_mut(&mut self) -> &mut Settings {
        Arc::make_mut(&mut self.settings)
    }

    /// The ring.
    pub fn ring(&self) -> &Ring {
        &self.ring
    }

    /// All machines, in node order.
    pub fn hosts(&self) -> &[Host] {
        &self.hosts
    }

    /// One machine.
    pub fn host(&self, node: NodeId) -> Option<&Host> {
        self.hosts.get(node.index())
    }

    /// The network.
    pub fn network(&self) -> &Network {
        &self.network
    }

    /// Messages and bytes so far.
    pub fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// Messages on their way, in no meaningful order.
    pub fn in_flight(&self) -> impl Iterator<Item = &Flight> {
        self.queue.iter().filter_map(|due| if let Due::Flight(flight) = due { Some(flight) } else { None })
    }

    /// How long a node's disk has work for, the log of writes left out.
    pub fn disk_busy(&self, node: NodeId) -> Micros {
        self.load.busy(node, self.now)
    }

    /// Whether nothing is on its way and no operation is open: only the background goes on.
    pub fn is_quiet(&self) -> bool {
        self.in_flight().all(|f| f.message.body.is_quiet()) && self.clients.iter().all(|c| c.open.is_empty())
    }

    /// When the next input is due.
    pub fn next_at(&mut self) -> Option<Micros> {
        self.queue.next_at()
    }

    /// Processes the next input completely. Returns whether there was one; it may have left no event.
    pub fn step(&mut self, log: &mut Vec<Event>) -> bool {
        let Some((at, due)) = self.queue.pop() else { return false };
        self.now = at;
        match due {
            Due::Flight(flight) => self.land(flight, log),
            Due::Alarm(alarm) => self.ring_alarm(alarm, log),
        }
        true
    }

    /// Lets time pass to `at` where nothing is due before. Earlier instants are ignored: time does not run backwards.
    pub fn wait_until(&mut self, at: Micros) {
        self.now = self.now.max(at);
    }

    /// The running mix over all events so far: cheap, for telling runs apart at a glance.
    pub fn running_mix(&self) -> u64 {
        self.mix.0
    }

    /// The fingerprint of everything so far. Reads every row: not for every frame.
    pub fn fingerprint(&self) -> Fingerprint {
        let mut hash = Hashing::new();
        hash.u32(ENGINE_VERSION);
        hash.u64(self.mix.0);
        hash.u32(self.events);
        hash.u64(self.messages);
        for host in &self.hosts {
            hash.u8(host.status as u8);
            hash.u64(host.node.store.rows().len());
            for (key, row) in host.node.store.rows().iter() {
                key.encode(&mut hash);
                row.encode(&mut hash);
            }
        }
        hash.finish()
    }

    /// Logs an event and returns its id; a quiet one that is only counted has none.
    pub(super) fn emit(
        &mut self,
        cause: Option<EventId>,
        who: Option<Endpoint>,
        op: Option<OpId>,
        kind: EventKind,
        log: &mut Vec<Event>,
    ) -> Option<EventId> {
        let event = Event { at: self.now, cause, who, op: op.map(OpId::first), kind };
        mix_event(&mut self.mix, &event);
        if self.chatter == Chatter::Counted && event.is_quiet() {
            return None;
        }
        let id = EventId(self.events);
        self.events += 1;
        log.push(event);
        Some(id)
    }

    /// Puts a message on the network.
    pub(super) fn send(
        &mut self,
        from: Endpoint,
        to: Endpoint,
        (op, owner): (Option<OpId>, Option<NodeId>),
        cause: Option<EventId>,
        body: Body,
        log: &mut Vec<Event>,
    ) {
        self.messages += 1;
        let mut message = Message { id: self.messages, from, to, op, owner, cause, sent_at: self.now, size: 0, body };
        message.size = message.size();
        let message = Arc::new(message);
        self.ledger.sent(&message);
        self.emit(cause, Some(from), op, EventKind::Sent(message.clone()), log);
        let mut ready = self.departs.max(self.now);
        if !self.settings.sweeps.caps.is_none() {
            ready = self.load.shape(&message, ready, &self.settings.sweeps.caps, &self.ring);
        }
        let (first, second) = self.network.launch(self.draws, &message, ready);
        for flight in std::iter::once(first).chain(second) {
            self.queue.push(flight.due(), Due::Flight(flight));
        }
    }

    pub(super) fn schedule_alarm(&mut self, at: Micros, alarm: Alarm) {
        self.queue.push(at, Due::Alarm(alarm));
    }

    /// Something becomes of a message in flight.
    pub(super) fn land(&mut self, flight: Flight, log: &mut Vec<Event>) {
        let message = flight.message.clone();
        match (flight.fate, message.to) {
            (Fate::Lost, _) => self.lose(message, LostWhy::Loss, log),
            (Fate::Stops(cut), _) => self.lose(message, LostWhy::Cut(cut), log),
            (Fate::Arrives, Endpoint::Client(client)) => {
                let cause = self.delivered(&message, log);
                self.client_receives(client, &message, cause, log);
            }
            (Fate::Arrives, Endpoint::Node(node)) => match self.host(node).map(|h| h.status) {
                Some(Status::Up) => {
                    let cause = self.delivered(&message, log);
                    self.run_node(node, Input::Message(&message), cause, log);
                }
                Some(Status::Paused) => {
                    self.emit(message.cause, Some(node.into()), message.op, EventKind::Held(message), log);
                    self.hosts[node.index()].waiting.push(Waiting::Flight(flight));
                }
                Some(Status::Down) | None => self.lose(message, LostWhy::Down, log),
            },
        }
    }

    fn delivered(&mut self, message: &Arc<Message>, log: &mut Vec<Event>) -> Option<EventId> {
        self.emit(message.cause, Some(message.to), message.op, EventKind::Delivered(message.clone()), log)
    }

    pub(super) fn lose(&mut self, message: Arc<Message>, why: LostWhy, log: &mut Vec<Event>) {
        self.ledger.lost(&message);
        self.emit(message.cause, Some(message.to), message.op, EventKind::Lost { message, why }, log);
    }

    pub(super) fn ring_alarm(&mut self, alarm: Alarm, log: &mut Vec<Event>) {
        match alarm {
            Alarm::GiveUp { client, op, cause } => self.client_gives_up(client, op, cause, log),
            Alarm::Retry { client, op, cause } => self.ask(client, op, cause, log),
            Alarm::Workload { number } => self.workload_turn(number, log),
            Alarm::Node { node, generation, timer, cause } => {
                let Some(host) = self.hosts.get_mut(node.index()) else { return };
                match host.status {
                    Status::Up if host.node.generation == generation && host.node.expects(timer) => {
                        let event = self.emit(cause, Some(node.into()), timer.op(), EventKind::Timer(timer), log);
                        // What follows from a timer that is only counted happened because of what set it.
                        let cause = event.or(cause);
                        self.run_node(node, Input::Timer(timer), cause, log);
                    }
                    Status::Paused => host.waiting.push(Waiting::Alarm(Alarm::Node { node, generation, timer, cause })),
                    Status::Up | Status::Down => {}
                }
            }
        }
    }

    /// Hands one input to a node and drains what it does.
    pub(super) fn run_node(&mut self, id: NodeId, input: Input<'_>, cause: Option<EventId>, log: &mut Vec<Event>) {
        let Some(host) = self.hosts.get_mut(id.index()) else { return };
        let mut out = std::mem::take(&mut self.out);
        let backlog = if self.settings.disk.is_some() { self.load.backlog(id, self.now) } else { 0 };
        let node: &mut Node = Arc::make_mut(&mut host.node);
        let mut ctx = Ctx {
            now: self.now,
            settings: &self.settings,
            ring: &self.ring,
            draws: self.draws,
            backlog,
            out: &mut out,
            desk: &mut self.ready.desk,
        };
        node.handle(input, &mut ctx);
        let generation = node.generation;
        if let Some(disk) = self.settings.disk {
            self.departs = self.load.work(id, self.now, &disk, &out);
        }
        self.drain(id, generation, cause, &mut out, log);
        self.departs = Micros::ZERO;
        self.out = out;
    }

    /// Carries out what a node did. What follows a note happened because of the note.
    fn drain(&mut self, id: NodeId, generation: u32, input: Option<EventId>, out: &mut Vec<Out>, log: &mut Vec<Event>) {
        let mut cause = input;
        let who = Some(Endpoint::Node(id));
        for action in out.drain(..) {
            match action {
                Out::Send { to, owner, op, body } => self.send(id.into(), to, (op, owner), cause, body, log),
                Out::Timer { after, timer } => {
                    let alarm = Alarm::Node { node: id, generation, timer, cause };
                    self.schedule_alarm(self.now.plus(after), alarm);
                }
                Out::Note { op, note } => cause = self.emit(cause, who, op, EventKind::Note(note), log).or(cause),
                Out::Removed(removed) => cause = self.emit(cause, who, None, EventKind::Removed(removed), log).or(cause),
                Out::Applied(applied) => {
                    cause = self.emit(cause, who, applied.op, EventKind::Applied(Box::new(applied)), log).or(cause);
                }
            }
        }
    }
}
