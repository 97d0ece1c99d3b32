//! Messages and timers that come twice, out of order, much too late, from strangers or for nobody: a node takes them or leaves them by
//! rule. It is fed what no world would send, and held to what must be so whatever comes.
#![cfg(not(target_arch = "wasm32"))]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use drift::engine::base::{ClientId, Digest, Draws, Endpoint, EventId, Micros, NodeId, OpId, Wire};
use drift::engine::data::{Change, Clock, Key, Payload, Row, Rule, Stamp, Version};
use drift::engine::node::desk::Desk;
use drift::engine::node::hints::Hint;
use drift::engine::node::{
    Accrual, Body, Changed, Contact, Coordinate, Ctx, Detector, Full, Input, Keeper, Level, Message, Node, Out, Outcome, Proximity, Repair,
    Replay, Request, SecondRound, Settings, Speculate, StandIn, Sync, Timer, Tombstones, Traffic, Verb,
};
use drift::engine::place::{Redraw, Replication, Ring, Style, Topology, Zone};
use proptest::prelude::*;

/// The node that is fed.
const ME: NodeId = NodeId(1);
const NODES: u32 = 5;

/// What one message or timer is made of: each body takes of it what it needs.
#[derive(Debug, Clone)]
struct Parts {
    kind: u8,
    from: u32,
    op: u32,
    key: u8,
    number: u32,
    who: u32,
    stamp: u64,
    value: Option<u8>,
    /// How long after the one before it comes.
    after: Micros,
    /// How long it has been under way.
    age: Micros,
}

fn parts() -> impl Strategy<Value = Parts> {
    // Few of everything, so that answers meet questions; and now and then something that cannot be.
    let who = || prop_oneof![8 => 0..NODES, 1 => Just(NODES), 1 => Just(u32::MAX)];
    let span = || prop_oneof![6 => 0..50_000u64, 3 => 0..20_000_000u64, 1 => Just(86_400_000_000u64)].prop_map(Micros);
    let number = prop_oneof![8 => 0..6u32, 1 => any::<u32>(), 1 => Just(u32::MAX)];
    let stamp = prop_oneof![8 => 0..2_000_000_000_000_000u64, 1 => 0..4u64, 1 => Just(u64::MAX)];
    let small = (0..48u8, prop_oneof![9 => 0..NODES, 1 => Just(u32::MAX)], 0..6u32, 0..3u8, number);
    (small, who(), stamp, prop::option::of(any::<u8>()), span(), span()).prop_map(
        |((kind, from, op, key, number), who, stamp, value, after, age)| Parts {
            kind,
            from,
            op,
            key,
            number,
            who,
            stamp,
            value,
            after,
            age,
        },
    )
}

impl Parts {
    fn key(&self) -> Key {
        Key::new(["k", "cart", "m"][usize::from(self.key)])
    }

    fn row(&self) -> Arc<Row> {
        let payload = self.value.map_or(Payload::Tombstone, |v| Payload::Value([v].as_slice().into()));
        let clock = Clock::Stamp(Stamp { micros: self.stamp, node: NodeId(self.from % NODES) });
        Arc::new(Row::single(Version { clock, payload }))
    }

    fn op(&self) -> Option<OpId> {
        (self.op > 0).then_some(OpId { number: self.op, tag: self.op * 7, attempt: 0 })
    }

    fn request(&self) -> Arc<Request> {
        let levels = [Level::Any, Level::One, Level::Quorum, Level::All, Level::LocalQuorum, Level::EachQuorum, Level::Count(2)];
        let verb = match self.number % 3 {
            0 => Verb::Read,
            1 => Verb::Write([self.key].as_slice().into()),
            _ => Verb::Delete,
        };
        Arc::new(Request { verb, key: self.key(), level: levels[self.number as usize % levels.len()] })
    }

    fn hint(&self) -> Arc<Hint> {
        let lives = self.op.is_multiple_of(2).then_some(self.age);
        Arc::new(Hint { id: u64::from(self.number), op: self.op(), key: self.key(), row: self.row(), created: self.stamp, lives })
    }

    /// Any of the kinds of body there are.
    fn body(&self) -> Body {
        let (key, row, number, who) = (self.key(), self.row(), self.number, NodeId(self.who));
        let found = self.value.is_some().then(|| row.clone());
        match self.kind % 24 {
            0 => Body::Request(self.request()),
            1 => Body::Reply { traffic: Traffic::Read, outcome: Outcome::Found(found) },
            2 => Body::Write { key, row },
            3 => Body::WriteAck,
            4 => Body::ReadData { key, round: number as u8 },
            5 => Body::Data { row: found, round: 1 + (number % 2) as u8 },
            6 => Body::ReadDigest { key },
            7 => Body::Digest(Digest::of_bytes(&[self.key])),
            8 => Body::Repair { key, row },
            9 => Body::RepairAck,
            10 => Body::Heartbeat { generation: number, beat: self.op },
            11 => Body::OnDisk,
            12 => Body::Relay { key, row, to: [NodeId(self.from), who, ME].into() },
            13 => Body::Passed { key, row, answer_to: who },
            14 => Body::Hint { hint: self.hint(), attempt: number },
            15 => Body::HintAck { hint: u64::from(number), attempt: 1 + self.op },
            16 => Body::KeepHint { target: who, hint: self.hint() },
            17 => Body::HintKept { target: who },
            18 => Body::Handoff { key, row, round: number },
            19 => Body::HandoffAck { key, round: 1 + number % 3 },
            20 => Body::Forward { client: Endpoint::Client(ClientId(self.from)), request: self.request() },
            21 => Body::Coordinating,
            22 => Body::Echo { generation: number, number: self.op },
            _ => Body::EchoAck { generation: number, number: self.op },
        }
    }

    fn message(&self, now: Micros) -> Message {
        // Only a client's request is carried out: those come from clients more often than not.
        let client = self.kind.is_multiple_of(24) || self.kind % 24 == 8 && self.number.is_multiple_of(4);
        let from = if client { ClientId(self.from).into() } else { Endpoint::Node(NodeId(self.from)) };
        let sent_at = Micros(now.0.saturating_sub(self.age.0));
        let owner = self.who.is_multiple_of(3).then_some(NodeId(self.who));
        let cause = self.op.is_multiple_of(2).then_some(EventId(self.op));
        Message { id: 1, from, to: ME.into(), op: self.op(), owner, cause, sent_at, size: 0, body: self.body() }
    }

    fn timer(&self) -> Timer {
        let op = self.op().unwrap_or(OpId { number: 1, tag: 7, attempt: 0 });
        let (number, who) = (self.number, NodeId(self.who));
        match self.kind % 13 {
            0 => Timer::Operation(op),
            1 => Timer::Beat(number),
            2 => Timer::Sync,
            3 => Timer::Speculate(op),
            4 => Timer::RepairBound(op),
            5 => Timer::WriteMore(op),
            6 => Timer::HintFlush,
            7 => Timer::HintPoll,
            8 => Timer::HintNext(who, number),
            9 => Timer::HintPage(who, number),
            10 => Timer::Handoff,
            11 => Timer::HandoffOver(who, number),
            _ => Timer::Sweep(number),
        }
    }
}

/// Settings out of all that there are: each number picks for one of them.
fn settings() -> impl Strategy<Value = (Settings, Ring)> {
    prop::collection::vec(0..12usize, 20).prop_map(|picks| {
        let mut picks = picks.into_iter();
        let mut pick = |of: usize| picks.next().unwrap_or_default() % of;
        let ms = Micros::ms;
        let mut s = Settings::default();
        let (zones, style) = (pick(2) == 1, [Style::Tokens(1), Style::Tokens(4), Style::Partitions(16)][pick(3)]);
        if zones {
            s.replicas = Replication::per_zone(&[2, 1]).expect("two zones");
        }
        s.write.coordinate = [Coordinate::Anyone, Coordinate::Replica { patience: ms(50) }][pick(2)];
        (s.write.local_first, s.write.relay, s.write.drop_late) = (pick(2) == 1, pick(3) > 0, pick(2) == 1);
        s.write.durable = [None, Some(Level::One), Some(Level::Quorum)][pick(3)];
        s.write.confirms = [0, 2][pick(2)];
        s.read.repair = [Repair::Blocking, Repair::BlockingAll, Repair::Bounded(ms(5)), Repair::Asynchronous, Repair::Off][pick(5)];
        s.read.contact = [Contact::Level, Contact::Everyone, Contact::Adaptive { low_ppm: 1, high_ppm: 900_000 }][pick(3)];
        s.read.speculate = [Speculate::Never, Speculate::Always, Speculate::After(ms(5)), Speculate::Percentile(990)][pick(4)];
        s.read.proximity = [Proximity::Ring, Proximity::Latency, Proximity::Prefix][pick(3)];
        s.read.second_round = [SecondRound::Differing, SecondRound::Everyone][pick(2)];
        (s.read.absent_counts, s.read.hint_repairs) = (pick(2) == 1, pick(2) == 1);
        s.read.additional_write = [None, Some(ms(5))][pick(2)];
        s.hints.keeper =
            [Keeper::Nobody, Keeper::Coordinator, Keeper::Replica, Keeper::Any, Keeper::Consistent(2), Keeper::Proximity][pick(6)];
        (s.hints.page, s.hints.room, s.hints.full) =
            ([1, 512][pick(2)], [0, 200][pick(2)], [Full::Drop, Full::Compact, Full::Refuse][pick(3)]);
        s.hints.replay = [Replay::Poll, Replay::OnUp][pick(2)];
        s.fallback.stand_in = [StandIn::Nobody, StandIn::NextHealthy, StandIn::Partition][pick(3)];
        s.fallback.idle = Micros::ZERO;
        s.sync = [Sync::EveryWrite, Sync::Every(ms(20))][pick(2)];
        let beats = Detector::Heartbeat { every: ms(20), timeout: ms(50) };
        s.detector = [Detector::None, beats, Detector::Accrual(Accrual { every: ms(20), ..Accrual::default() })][pick(3)];
        s.tombstones = [Tombstones::Keep, Tombstones::Purge { grace: Micros::secs(3), every: ms(100) }][pick(2)];
        let names = if zones { vec!["north", "south"] } else { Vec::new() };
        let zones = names.into_iter().map(|name| Zone { name: name.to_owned(), racks: Vec::new() }).collect();
        let ring = Ring::of(&Topology { zones, style, ..Topology::default() }, NODES, Draws::new(1));
        (s, ring)
    })
}

/// A node with everything it may look at, and what is known of it.
struct Fed {
    node: Node,
    now: Micros,
    settings: Settings,
    ring: Ring,
    out: Vec<Out>,
    replies: BTreeMap<OpId, u32>,
    begun: BTreeSet<OpId>,
    /// What it has said to other nodes, and the timers it has set.
    sent: Vec<Message>,
    timers: Vec<Timer>,
}

impl Fed {
    fn new((settings, ring): (Settings, Ring)) -> Fed {
        let (node, now, replies, begun) = (Node::new(ME), Micros::ms(1), BTreeMap::new(), BTreeSet::new());
        let mut fed = Fed { node, now, settings, ring, out: Vec::new(), replies, begun, sent: Vec::new(), timers: Vec::new() };
        fed.feed(Input::Started);
        fed
    }

    fn feed(&mut self, input: Input<'_>) {
        self.out.clear();
        let (before, kept) = (self.node.clone(), self.held());
        let mut ctx = Ctx {
            now: self.now,
            settings: &self.settings,
            ring: &self.ring,
            draws: Draws::new(3),
            backlog: 0,
            out: &mut self.out,
            desk: &mut Desk::default(),
        };
        self.node.handle(input, &mut ctx);
        self.judge(input, &before, &kept);
        for out in &self.out {
            match out {
                Out::Timer { timer, .. } => self.timers.push(*timer),
                Out::Send { to: Endpoint::Node(to), owner, op, body } if !body.is_quiet() => {
                    let (from, to, owner, op, body) = (ME.into(), (*to).into(), *owner, *op, body.clone());
                    self.sent.push(Message { id: 0, from, to, op, owner, cause: None, sent_at: self.now, size: 0, body });
                }
                _ => {}
            }
        }
    }

    /// The answer to something it has said, lately or long ago.
    fn answer(&self, parts: &Parts) -> Option<Message> {
        let back = parts.number as usize % self.sent.len().clamp(1, 24);
        let asked = &self.sent[self.sent.len().checked_sub(1 + back)?];
        let found = parts.value.is_some().then(|| parts.row());
        let body = match &asked.body {
            Body::Write { .. } | Body::Relay { .. } | Body::Passed { .. } if parts.key == 0 => Body::OnDisk,
            Body::Write { .. } | Body::Relay { .. } | Body::Passed { .. } => Body::WriteAck,
            Body::ReadData { round, .. } => Body::Data { row: found, round: *round },
            Body::ReadDigest { .. } => Body::Digest(self.settings.digest.of(&found)),
            Body::Repair { .. } => Body::RepairAck,
            Body::Hint { hint, attempt } => Body::HintAck { hint: hint.id, attempt: *attempt },
            Body::KeepHint { target, .. } => Body::HintKept { target: *target },
            Body::Handoff { key, round, .. } => Body::HandoffAck { key: key.clone(), round: *round },
            Body::Forward { .. } => Body::Coordinating,
            Body::Echo { generation, number } => Body::EchoAck { generation: *generation, number: *number },
            _ => return None,
        };
        Some(Message { from: asked.to, to: ME.into(), sent_at: self.now, body, ..asked.clone() })
    }

    /// A timer it has set, which the world rings if the node still waits for it.
    fn ring(&mut self, parts: &Parts) {
        let back = parts.number as usize % self.timers.len().clamp(1, 12);
        if let Some(at) = self.timers.len().checked_sub(1 + back) {
            let timer = self.timers.remove(at);
            if self.node.expects(timer) {
                self.feed(Input::Timer(timer));
            }
        }
    }

    /// The ring is redrawn, if it can be; the node is told, or finds out by what comes next.
    fn redraw(&mut self, parts: &Parts) {
        let range = parts.key().token();
        let redraw = match parts.number % 3 {
            0 => Redraw::Split { range, at: None },
            1 => Redraw::Merge { range },
            _ => Redraw::Move { range, to: NodeId(parts.who) },
        };
        if let Ok(ring) = self.ring.redrawn(&redraw, &self.settings.replicas) {
            self.ring = ring;
            if parts.value.is_some() {
                self.feed(Input::Configured(Changed::Ranges));
            }
        }
    }

    /// Every row held, for whom, and how large its clock is.
    fn held(&self) -> BTreeMap<(Option<NodeId>, Key), Arc<Row>> {
        let own = self.node.store.rows().iter().map(|(key, row)| ((None, key.clone()), row.clone()));
        let guests = self.node.guests.all().iter();
        let guests = guests.flat_map(|(owner, guest)| guest.store.rows().iter().map(|(k, row)| ((Some(*owner), k.clone()), row.clone())));
        own.chain(guests).collect()
    }

    /// Whether this acknowledges that the owner has this very row.
    fn sent_back(&self, owner: Option<NodeId>, key: &Key, row: &Arc<Row>, body: &Body) -> bool {
        let Body::HandoffAck { key: acked, round } = body else { return false };
        let this = |sent: &Message| match &sent.body {
            Body::Handoff { key: k, row: r, round: n } => (sent.to.node(), k, r, n) == (owner, key, row, round),
            _ => false,
        };
        acked == key && self.sent.iter().any(this)
    }

    fn judge(&mut self, input: Input<'_>, before: &Node, kept: &BTreeMap<(Option<NodeId>, Key), Arc<Row>>) {
        let body = if let Input::Message(message) = input { Some((message, &message.body)) } else { None };
        if let Some((message, Body::Request(_) | Body::Forward { .. })) = body {
            self.begun.extend(message.op);
        }
        let held = self.held();
        for ((owner, key), row) in kept {
            match held.get(&(*owner, key.clone())) {
                Some(now) => assert_eq!(Rule::LastWriteWins.merged(Some(row.clone()), Some(now)).as_ref(), Some(now), "{key:?} went back"),
                None if owner.is_none() => assert!(row.is_deleted() && self.settings.tombstones != Tombstones::Keep, "{key:?} is gone"),
                None => {
                    let acked = body.is_some_and(|(message, body)| message.from.node() == *owner && self.sent_back(*owner, key, row, body));
                    assert!(acked, "a copy for {owner:?} was given up without its acknowledgement");
                }
            }
        }
        for out in &self.out {
            match out {
                Out::Send { to, op: Some(op), body: Body::Reply { .. }, .. } => {
                    assert!(self.begun.contains(op) && matches!(to, Endpoint::Client(_)), "nobody asked for {op:?}");
                    *self.replies.entry(*op).or_default() += 1;
                    assert_eq!(self.replies[op], 1, "{op:?} was answered twice");
                }
                Out::Applied(applied) if applied.change == Change::Stored => assert!(body.is_some(), "a timer wrote {applied:?}"),
                _ => {}
            }
        }
        let count = |node: &Node| node.hints.lines().values().map(|line| line.hints.len()).sum::<usize>();
        let lines = self.node.hints.lines();
        assert!(lines.values().all(|l| l.bytes == l.hints.iter().map(|k| u64::from(k.hint.size())).sum::<u64>()), "the bytes add up");
        let waiting = lines.values().flat_map(|line| &line.hints).filter(|kept| !kept.flushed).count();
        assert_eq!(self.node.hints.unflushed(), waiting, "hints in memory are counted");
        let grows = self.out.iter().filter(|o| matches!(o, Out::Note { .. })).count();
        assert!(count(&self.node) <= count(before) + NODES as usize * (1 + count(before)) + grows, "hints multiply");
        assert!(self.out.len() < 2_000, "one input, {} consequences", self.out.len());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_node_takes_or_leaves_whatever_comes(
        world in settings(),
        inputs in prop::collection::vec((0..14u8, parts()), 1..300),
        offset in prop_oneof![4 => Just(0i64), 1 => -34_560_000_000_000..34_560_000_000_000i64],
    ) {
        let mut fed = Fed::new(world);
        fed.node.clock.offset = offset;
        let mut earlier: Vec<Message> = Vec::new();
        for (how, parts) in inputs {
            fed.now = fed.now.plus(parts.after);
            match how {
                // A timer of its own that is due, or one that nothing waits for: the world asks first, but a node alone must bear it.
                0 if parts.key == 0 => fed.feed(Input::Timer(parts.timer())),
                0..=2 => fed.ring(&parts),
                3..=5 => {
                    if let Some(answer) = fed.answer(&parts) {
                        fed.feed(Input::Message(&answer));
                        earlier.push(answer);
                    }
                }
                // A copy of something that came before, however long ago.
                6 if !earlier.is_empty() => {
                    let copy = earlier[parts.number as usize % earlier.len()].clone();
                    fed.feed(Input::Message(&copy));
                }
                7 if parts.op == 1 => fed.redraw(&parts),
                7 if parts.op == 0 => fed.feed(Input::Configured(if parts.key == 0 { Changed::Detector } else { Changed::Tombstones })),
                _ => {
                    let message = parts.message(fed.now);
                    prop_assert!(message.size() > 0 && message.body.code() > 0);
                    fed.feed(Input::Message(&message));
                    // What came once and comes again at once finds nothing more to change.
                    let before = fed.held();
                    fed.feed(Input::Message(&message));
                    prop_assert_eq!(fed.held(), before, "{:?} counted twice", message.body);
                    earlier.push(message);
                }
            }
        }
        // Everything volatile goes, and what was kept is taken up again.
        let (rows, on_disk) = (fed.held(), fed.node.hints.count() - fed.node.hints.unflushed());
        fed.node.forget();
        fed.node.lose_memory();
        prop_assert!(fed.settings.sync != Sync::EveryWrite || fed.held() == rows, "what was on disk is gone");
        prop_assert_eq!(fed.node.hints.count(), on_disk, "what was flushed stays, nothing else");
        fed.begun.clear();
        fed.replies.clear();
        fed.feed(Input::Started);
        for message in &earlier {
            fed.feed(Input::Message(message));
        }
    }
}
