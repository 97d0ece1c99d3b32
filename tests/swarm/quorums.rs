//! What coordinators may do on the whole foreground path: whom they ask, what they may say, and what clients make of it. Said here once
//! more from the rules, so that the engine is not its own judge.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use drift::engine::base::{Digest, DigestFunction, Endpoint, Micros, NodeId, OpId};
use drift::engine::data::{Key, Row, Version};
use drift::engine::node::{
    Body, Contact, Coordinate, Full, Keeper, Level, Message, Note, Outcome, ReadSettings, Repair, Request, Speculate, StandIn, Sync, Verb,
};
use drift::engine::place::Replication;
use drift::engine::world::{ClientAct, Event, EventKind, Fault, World};

use crate::replicas::{only, rank};
use crate::rules::Rules;

/// A node asked, and the replica it stands in for.
type Seat = (NodeId, Option<NodeId>);

/// Who must answer: so many of those in some zones, each zone apart; one group of all zones where places do not matter.
#[derive(Debug, Clone, Default)]
pub struct Wanted(Vec<(Option<u32>, u32)>);

fn majority(n: u32) -> u32 {
    (1..=n).find(|some| some * 2 > n).unwrap_or(1)
}

/// A level as a plain number out of `n`.
fn plain(level: Level, n: u32) -> u32 {
    match level {
        Level::Any | Level::One | Level::LocalOne => 1,
        Level::Two => 2,
        Level::Three => 3,
        Level::Count(count) => count,
        Level::Quorum | Level::LocalQuorum | Level::EachQuorum => majority(n),
        Level::All => n,
    }
}

impl Wanted {
    fn of(level: Level, replicas: &Replication, home: u32) -> Wanted {
        let total = replicas.total();
        let zones: Vec<u32> = match replicas {
            Replication::PerZone(list) if list.counts().len() > 1 => list.counts().iter().map(|n| u32::from(*n)).collect(),
            _ => return Wanted(vec![(None, plain(level, total))]),
        };
        Wanted(match level {
            Level::LocalOne => vec![(Some(home), 1)],
            Level::LocalQuorum => vec![(Some(home), majority(zones.get(home as usize).copied().unwrap_or(0)))],
            Level::EachQuorum => {
                zones.iter().enumerate().filter(|(_, n)| **n > 0).map(|(zone, n)| (Some(zone as u32), majority(*n))).collect()
            }
            level => vec![(None, plain(level, total))],
        })
    }

    fn required(&self) -> u32 {
        self.0.iter().map(|(_, n)| n).sum()
    }

    /// How many of these count, surplus ones of a zone left out, unless the zone is all that counts.
    fn counted<'a>(&self, seats: impl IntoIterator<Item = &'a Seat>, world: &World) -> u32 {
        let zones: Vec<u32> = seats.into_iter().map(|(node, _)| world.ring().zone_of(*node).0).collect();
        let of = |zone: Option<u32>| zones.iter().filter(|z| zone.is_none_or(|zone| zone == **z)).count() as u32;
        match self.0.as_slice() {
            [(zone, _)] => of(*zone),
            groups => groups.iter().map(|(zone, n)| of(*zone).min(*n)).sum(),
        }
    }

    fn met<'a>(&self, seats: impl IntoIterator<Item = &'a Seat>, world: &World) -> bool {
        self.counted(seats, world) >= self.required()
    }
}

/// What a coordinator has done and heard of one attempt since it took it up.
struct Work {
    since: Micros,
    rules: Rules,
    request: Arc<Request>,
    client: Endpoint,
    wanted: Wanted,
    /// Who can take part, and who is down without a stand-in; unknown if much happened in one step.
    plan: Option<(Vec<Seat>, Vec<NodeId>)>,
    asked: Vec<Seat>,
    for_rows: usize,
    forwarded: u32,
    acks: BTreeSet<Seat>,
    on_disk: BTreeSet<Seat>,
    hinted: bool,
    rows: BTreeMap<Seat, Vec<Option<Arc<Row>>>>,
    digests: BTreeMap<Seat, Vec<Digest>>,
    repairs: BTreeSet<Seat>,
    repaired: BTreeSet<Seat>,
    made: Vec<Version>,
    answered: bool,
}

/// A read that a client does itself.
#[derive(Default)]
struct Direct {
    asked: BTreeSet<NodeId>,
    required: u32,
    rows: Vec<(NodeId, Option<Arc<Row>>)>,
}

/// One operation of a client, in one or more attempts.
pub struct Op {
    pub request: Arc<Request>,
    client: Endpoint,
    pub began: Micros,
    /// When the present attempt was made, with what patience.
    asked: Option<(OpId, Micros, Micros)>,
    heard: Vec<(OpId, Outcome)>,
    direct: Option<Direct>,
    /// Versions made for it.
    pub made: Vec<Version>,
    pub ended: Option<(Micros, Outcome)>,
    /// How many replicas the attempt that ended it needed.
    pub required: u32,
    /// Whether the client read without a coordinator: then nothing is sure of what it found but where it came from.
    pub direct_read: bool,
}

/// The reference for all operations.
#[derive(Default)]
pub struct Quorums {
    pub ops: BTreeMap<u32, Op>,
    works: BTreeMap<(OpId, NodeId), Work>,
    fresh: BTreeSet<(OpId, NodeId)>,
    /// Writes that a node was to pass on in its zone.
    relays: BTreeMap<(OpId, NodeId, NodeId), u32>,
    rush: bool,
}

impl Quorums {
    /// Follows one event.
    pub fn see(&mut self, event: &Event, world: &World, rules: &Rules) -> Result<(), String> {
        if let (EventKind::Fault(Fault::Crashed { .. } | Fault::Wiped { .. } | Fault::Restored { .. }), Some(Endpoint::Node(node))) =
            (&event.kind, event.who)
        {
            self.works.retain(|(_, via), _| *via != node);
        }
        self.rush |= matches!(event.kind, EventKind::Fault(Fault::Resumed { .. }));
        // In the log all attempts of an operation have one name; messages say which attempt they serve.
        let Some(id) = event.message().map_or(event.op, |message| message.op) else { return Ok(()) };
        match (&event.kind, event.who) {
            (EventKind::Began { request, .. }, Some(client)) => return self.began(id, client, request, event.at),
            (EventKind::Ended(outcome), Some(who)) => {
                let op = self.ops.get_mut(&id.number).ok_or("no such operation")?;
                return op.end(outcome, who, event.at, rules.all.client.direct != drift::engine::node::Direct::Off);
            }
            (EventKind::Client(ClientAct::Asked { replicas, required }), Some(_)) => {
                let op = self.ops.get_mut(&id.number).ok_or("no such operation")?;
                op.required = *required;
                op.direct = Some(Direct { asked: replicas.iter().copied().collect(), required: *required, rows: Vec::new() });
                op.direct_read = true;
            }
            (EventKind::Note(note), Some(Endpoint::Node(node))) => return self.noted(id.number, node, note),
            (EventKind::Delivered(message), Some(Endpoint::Node(node))) => self.delivered(id, node, message, event.at, world, rules),
            (EventKind::Delivered(message), Some(Endpoint::Client(_))) => self.told(id, message),
            (EventKind::Sent(message), Some(Endpoint::Node(node))) => return self.sent(id, node, message, event.at, world, rules),
            (EventKind::Sent(message), Some(Endpoint::Client(_))) => {
                let op = self.ops.get_mut(&id.number).ok_or("no such operation")?;
                let direct = !matches!(message.body, Body::Request(_));
                if !matches!(message.body, Body::Repair { .. }) {
                    op.asked = Some((id, event.at, rules.client_timeout));
                    op.direct_read = direct;
                    op.direct = op.direct.take().filter(|_| direct);
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn began(&mut self, id: OpId, client: Endpoint, request: &Arc<Request>, now: Micros) -> Result<(), String> {
        let op = Op {
            request: request.clone(),
            client,
            began: now,
            asked: None,
            heard: Vec::new(),
            direct: None,
            made: Vec::new(),
            ended: None,
            required: 0,
            direct_read: false,
        };
        if self.ops.insert(id.number, op).is_none() { Ok(()) } else { Err("two operations have one number".to_owned()) }
    }

    fn noted(&mut self, number: u32, node: NodeId, note: &Note) -> Result<(), String> {
        let mine = |id: &OpId, via: &NodeId| id.number == number && *via == node;
        match note {
            Note::Stamped { version, .. } => {
                let fresh = self.fresh.iter().find(|(id, via)| mine(id, via)).ok_or("a version for nothing")?;
                self.works.get_mut(fresh).ok_or("a version for nothing")?.made.push(version.clone());
                self.ops.get_mut(&number).ok_or("no such operation")?.made.push(version.clone());
            }
            Note::HintKept { .. } => {
                self.works.iter_mut().filter(|((id, via), _)| mine(id, via)).for_each(|(_, work)| work.hinted = true);
            }
            _ => {}
        }
        Ok(())
    }

    fn told(&mut self, id: OpId, message: &Message) {
        let Some(op) = self.ops.get_mut(&id.number) else { return };
        match (&message.body, message.from.node()) {
            (Body::Reply { outcome, .. }, _) => op.heard.push((id, outcome.clone())),
            (Body::Data { row, .. }, Some(from)) => {
                if let Some(direct) = op.direct.as_mut().filter(|_| op.asked.is_some_and(|(asked, ..)| asked == id))
                    && !direct.rows.iter().any(|(node, _)| *node == from)
                {
                    direct.rows.push((from, row.clone()));
                }
            }
            _ => {}
        }
    }

    fn delivered(&mut self, id: OpId, node: NodeId, message: &Message, now: Micros, world: &World, rules: &Rules) {
        let seat = message.from.node().map(|from| (from, message.owner));
        match &message.body {
            Body::Request(request) => return self.taken(id, node, message.from, request, now, world, rules),
            Body::Forward { client, request } => return self.taken(id, node, *client, request, now, world, rules),
            Body::Relay { to, .. } => {
                for passed in to {
                    *self.relays.entry((id, node, *passed)).or_default() += 1;
                }
            }
            _ => {}
        }
        let (Some(work), Some(seat)) = (self.works.get_mut(&(id, node)), seat) else { return };
        match &message.body {
            Body::WriteAck => {
                work.acks.insert(seat);
                if rules.all.sync == Sync::EveryWrite {
                    work.on_disk.insert(seat);
                }
            }
            Body::OnDisk => {
                work.acks.insert(seat);
                work.on_disk.insert(seat);
            }
            Body::Data { row, .. } => work.rows.entry(seat).or_default().push(row.clone()),
            Body::Digest(digest) => {
                work.digests.entry(seat).or_default().push(*digest);
            }
            Body::RepairAck => {
                work.repaired.insert(seat);
            }
            Body::HintKept { .. } => work.hinted = true,
            _ => {}
        }
    }

    #[expect(clippy::too_many_arguments, reason = "everything that is known at that moment")]
    fn taken(&mut self, id: OpId, node: NodeId, client: Endpoint, request: &Arc<Request>, now: Micros, world: &World, rules: &Rules) {
        if self.works.contains_key(&(id, node)) {
            return;
        }
        let replicas = &rules.all.replicas;
        let work = Work {
            since: now,
            rules: rules.clone(),
            request: request.clone(),
            client,
            wanted: Wanted::of(request.level, replicas, world.ring().zone_of(node).0),
            plan: (!self.rush).then(|| plan(node, &request.key, world, rules)),
            asked: Vec::new(),
            for_rows: 0,
            forwarded: 0,
            acks: BTreeSet::new(),
            on_disk: BTreeSet::new(),
            hinted: false,
            rows: BTreeMap::new(),
            digests: BTreeMap::new(),
            repairs: BTreeSet::new(),
            repaired: BTreeSet::new(),
            made: Vec::new(),
            answered: false,
        };
        self.works.insert((id, node), work);
        self.fresh.insert((id, node));
    }

    /// A node says something that belongs to an operation.
    fn sent(&mut self, id: OpId, node: NodeId, message: &Message, now: Micros, world: &World, rules: &Rules) -> Result<(), String> {
        let (to, seat) = (message.to.node(), message.to.node().map(|to| (to, message.owner)));
        if let (Body::Passed { .. }, Some(to)) = (&message.body, to) {
            return match self.relays.get_mut(&(id, node, to)) {
                Some(left) if *left > 0 => {
                    *left -= 1;
                    Ok(())
                }
                _ => Err(format!("{node} passes a write on to {to} without being told to")),
            };
        }
        let works = matches!(
            message.body,
            Body::Write { .. }
                | Body::Relay { .. }
                | Body::ReadData { .. }
                | Body::ReadDigest { .. }
                | Body::Repair { .. }
                | Body::Reply { .. }
                | Body::Forward { .. }
        );
        if !works {
            return Ok(());
        }
        let work = self.works.get_mut(&(id, node)).ok_or_else(|| format!("{node} works on what it was not asked for"))?;
        match (&message.body, seat) {
            (Body::Write { .. }, Some(seat)) => work.ask(&[seat]),
            (Body::Relay { to, .. }, Some(seat)) => {
                let zone = |n: NodeId| world.ring().zone_of(n);
                if zone(seat.0) == zone(node) || to.iter().any(|other| zone(*other) != zone(seat.0)) {
                    return Err(format!("{node} relays by {} to {to:?}", seat.0));
                }
                let all: Vec<Seat> = [seat].into_iter().chain(to.iter().map(|n| (*n, None))).collect();
                work.ask(&all)
            }
            (Body::ReadDigest { .. }, Some(seat)) => work.ask(&[seat]),
            (Body::ReadData { round: 1, .. }, Some(seat)) => {
                work.for_rows += 1;
                work.ask(&[seat])
            }
            // The second round may ask one more than the first did.
            (Body::ReadData { .. }, Some(seat)) => {
                if work.asked.contains(&seat) {
                    Ok(())
                } else {
                    work.ask(&[seat])
                }
            }
            (Body::Repair { .. }, Some(seat)) => {
                work.repairs.insert(seat);
                let known = work.asked.contains(&seat) || work.plan.as_ref().is_none_or(|(seats, _)| seats.contains(&seat));
                if known { Ok(()) } else { Err(format!("{node} repairs {seat:?}, which has no part in it")) }
            }
            (Body::Forward { .. }, _) => {
                work.forwarded += 1;
                Ok(())
            }
            (Body::Reply { outcome, .. }, _) => {
                if work.answered || message.to != work.client {
                    return Err(format!("{node} answers twice, or {} instead of {}", message.to, work.client));
                }
                work.answered = true;
                let may = work.may_say(outcome, now, world, rules).map_err(|why| format!("{node} may not say {outcome:?}: {why}"));
                if let Some(op) = self.ops.get_mut(&id.number) {
                    op.required = work.wanted.required();
                }
                may
            }
            _ => Ok(()),
        }
    }

    /// After a step: requests taken up in it went to the right nodes, and relayed writes were passed on.
    pub fn asked_rightly(&mut self, world: &World) -> Result<(), String> {
        self.rush = false;
        for (id, node) in std::mem::take(&mut self.fresh) {
            if let Some(work) = self.works.get(&(id, node)) {
                work.went_rightly(node, world).map_err(|why| format!("{node} asked {:?} of {:?}: {why}", work.asked, work.plan))?;
            }
        }
        match std::mem::take(&mut self.relays).into_iter().find(|(_, left)| *left > 0) {
            None => Ok(()),
            Some(((_, node, to), _)) => Err(format!("{node} did not pass a write on to {to}")),
        }
    }
}

/// Who can take part in an operation on `key` at this coordinator, by its own view of who is up: replicas, then stand-ins.
fn plan(via: NodeId, key: &Key, world: &World, rules: &Rules) -> (Vec<Seat>, Vec<NodeId>) {
    let (ring, n) = (world.ring(), &rules.all.replicas);
    let up = |node: NodeId| world.host(via).is_some_and(|host| host.node.believes_up(node));
    let replicas = ring.replicas(key.token(), n);
    let mut seats: Vec<Seat> = replicas.iter().filter(|r| up(**r)).map(|r| (*r, None)).collect();
    let mut down: Vec<NodeId> = replicas.iter().copied().filter(|r| !up(*r)).collect();
    let helpers: Vec<(NodeId, NodeId)> = match rules.all.fallback.stand_in {
        StandIn::Nobody => Vec::new(),
        StandIn::NextHealthy => {
            let others = ring.walk(key.token()).filter(|node| up(*node) && !replicas.contains(node));
            down.iter().copied().zip(others).collect()
        }
        StandIn::Partition => ring.fallbacks(key.token(), n.total(), up).iter().map(|f| (f.owner, f.stand_in)).collect(),
    };
    for (owner, stand_in) in helpers {
        if down.contains(&owner) {
            down.retain(|node| *node != owner);
            seats.push((stand_in, Some(owner)));
        }
    }
    (seats, down)
}

impl Work {
    fn ask(&mut self, seats: &[Seat]) -> Result<(), String> {
        for seat in seats {
            if self.asked.contains(seat) {
                return Err(format!("{seat:?} is asked twice"));
            }
            self.asked.push(*seat);
        }
        Ok(())
    }

    fn reads(&self) -> bool {
        self.request.verb == Verb::Read
    }

    /// What must be there: needed and there, for the level, for owners, for disks and for machines.
    fn demands(&self, counted: u32, owners: usize, disk: usize, machines: usize) -> Vec<(u32, u32)> {
        let (all, n) = (&self.rules.all, self.rules.replicas);
        let count = |level: Option<Level>| level.map_or(0, |level| plain(level, n));
        let mut demands = vec![(self.wanted.required(), counted)];
        if self.reads() {
            demands.push((count(all.read.primary), owners as u32));
        } else {
            demands.push((count(all.write.durable), disk as u32));
            demands.push((count(all.write.primary), owners as u32));
            demands.push((all.write.confirms, machines as u32));
        }
        demands
    }

    /// Demands that those who can take part do not meet.
    fn shortfalls(&self, world: &World) -> Vec<(u32, u32)> {
        let Some((seats, down)) = &self.plan else { return Vec::new() };
        if self.request.level == Level::Any && self.rules.all.hints.keeper != Keeper::Nobody && !down.is_empty() {
            return Vec::new();
        }
        let owners = seats.iter().filter(|(_, owner)| owner.is_none()).count();
        let machines: BTreeSet<NodeId> = seats.iter().map(|(node, _)| *node).collect();
        let mut demands = self.demands(self.wanted.counted(seats, world), owners, seats.len(), machines.len());
        demands.retain(|(required, there)| there < required);
        demands
    }

    /// The step in which it was taken up is over.
    fn went_rightly(&self, node: NodeId, world: &World) -> Result<(), &'static str> {
        let Some((seats, _)) = &self.plan else { return Ok(()) };
        let all = &self.rules.all;
        let own = seats.iter().find(|(at, _)| *at == node);
        if matches!(all.write.coordinate, Coordinate::Replica { .. }) && !self.reads() && own.is_none() && !seats.is_empty() {
            return if self.forwarded == 1 && self.asked.is_empty() { Ok(()) } else { Err("it should pass the request on") };
        }
        if self.forwarded > 0 {
            return Err("it should not pass the request on");
        }
        if !self.shortfalls(world).is_empty() {
            return if self.asked.is_empty() && self.answered { Ok(()) } else { Err("too few are up") };
        }
        if self.answered && self.asked.is_empty() && !self.reads() {
            return Ok(()); // Overloaded, or nothing but a hint: judged by what it said.
        }
        if !self.reads() {
            let first: Vec<Seat> = own.copied().into_iter().collect();
            let right: Vec<Seat> = if all.write.local_first && !first.is_empty() { first } else { seats.clone() };
            let same = right.len() == self.asked.len() && right.iter().all(|seat| self.asked.contains(seat));
            return if same { Ok(()) } else { Err("a write goes to all that are up") };
        }
        self.read_rightly(node, seats, &all.read, world)
    }

    fn read_rightly(&self, node: NodeId, seats: &[Seat], read: &ReadSettings, world: &World) -> Result<(), &'static str> {
        let (asked, required) = (&self.asked, self.wanted.required() as usize);
        let extra = usize::from(read.speculate == Speculate::Always);
        let zone = |seat: &Seat| world.ring().zone_of(seat.0);
        let home = world.ring().zone_of(node);
        let counts = |seat: &Seat| self.wanted.counted([seat], world) > 0;
        if !asked.iter().all(|seat| seats.contains(seat)) || !self.wanted.met(asked, world) {
            return Err("it asks others, or too few");
        }
        let everyone = asked.len() == seats.len();
        let right = match read.contact {
            Contact::Level => (required..=required + extra).contains(&asked.len()),
            Contact::Everyone => everyone,
            Contact::Chance { .. } | Contact::Adaptive { .. } => asked.len() >= required,
        };
        if !right {
            return Err("it asks too many or too few");
        }
        let rows = if read.digests { 1 + extra } else { asked.len() };
        if self.for_rows != rows.min(asked.len()) {
            return Err("it asks for too many or too few rows");
        }
        // Closest first: itself, then its zone. (Where each zone has its own number, each is served apart.)
        let mine = seats.iter().find(|seat| seat.0 == node && counts(seat));
        if mine.is_some_and(|mine| !asked.contains(mine)) {
            return Err("it does not ask itself first");
        }
        let left_at_home = seats.iter().any(|seat| zone(seat) == home && !asked.contains(seat));
        if matches!(self.wanted.0.as_slice(), [(None, _)]) && left_at_home && asked.iter().any(|seat| zone(seat) != home) {
            return Err("it asks another zone before its own");
        }
        Ok(())
    }

    fn may_say(&self, outcome: &Outcome, now: Micros, world: &World, rules: &Rules) -> Result<(), String> {
        let fail = |why: String| Err(why);
        match outcome {
            Outcome::NoAnswer | Outcome::Behind { .. } => fail("nodes do not say so".to_owned()),
            Outcome::Unavailable { required, alive } => {
                let right = self.plan.is_none() || self.shortfalls(world).contains(&(*required, *alive));
                if right && self.asked.is_empty() { Ok(()) } else { fail(format!("{:?}", self.shortfalls(world))) }
            }
            Outcome::Overloaded { target } => {
                let hints = &self.rules.all.hints;
                let allowed = hints.overload > 0 || hints.full == Full::Refuse && hints.room > 0;
                let down = self.plan.as_ref().is_none_or(|(_, down)| down.contains(target));
                if allowed && down && self.asked.is_empty() { Ok(()) } else { fail("it has room".to_owned()) }
            }
            Outcome::Written { acks, clock } => self.may_confirm(*acks, world, self.made.last().map(|v| v.clock) == Some(*clock)),
            Outcome::TimedOut { received, required } => {
                let patience = if self.reads() { self.rules.read_timeout } else { self.rules.write_timeout };
                let patience = match (self.forwarded, self.rules.all.write.coordinate) {
                    (1.., Coordinate::Replica { patience }) => patience,
                    _ => patience,
                };
                if now < self.since.plus(patience) {
                    return fail("too early".to_owned());
                }
                let counted = self.unmet(world);
                let right =
                    *received < *required && (self.reads() || self.forwarded > 0 || counted.first() == Some(&(*required, *received)));
                if right { Ok(()) } else { fail(format!("counted {counted:?}")) }
            }
            Outcome::Found(row) => self.may_find(row, world, rules),
        }
    }

    /// Demands of a write that its acknowledgements do not meet, each with what is there.
    fn unmet(&self, world: &World) -> Vec<(u32, u32)> {
        let owners = self.on_disk.iter().filter(|(_, owner)| owner.is_none()).count();
        let machines: BTreeSet<NodeId> = self.acks.iter().map(|(node, _)| *node).collect();
        let mut demands = self.demands(self.wanted.counted(&self.acks, world), owners, self.on_disk.len(), machines.len());
        demands.retain(|(required, there)| there < required);
        demands
    }

    fn may_confirm(&self, acks: u32, world: &World, stamped: bool) -> Result<(), String> {
        let counted = self.wanted.counted(&self.acks, world);
        let unmet = self.unmet(world);
        let enough = unmet.is_empty() || self.request.level == Level::Any && self.hinted;
        let asked = self.acks.iter().all(|seat| self.asked.contains(seat));
        if enough && acks == counted && asked && stamped {
            return Ok(());
        }
        Err(format!("{counted} acks counted of {:?}, unmet {unmet:?}", self.acks))
    }

    /// A read may say only what some replica told, no older than what as many as the level needs have told; and if repair comes before
    /// the answer, as many must hold it.
    fn may_find(&self, found: &Option<Arc<Row>>, world: &World, rules: &Rules) -> Result<(), String> {
        let place = |row: &Option<Arc<Row>>| {
            row.as_deref().map(|row| {
                let v = only(row);
                (rank(v).0, rank(v).1, rank(v).2.to_vec(), rank(v).3)
            })
        };
        let target = place(found);
        // The function may have changed while the read went on.
        let is = |told: Option<&Vec<Digest>>, row: &Option<Arc<Row>>| {
            told.is_some_and(|told| DigestFunction::EVERY.iter().any(|f| told.contains(&f.of(row))))
        };
        let told: Vec<&Option<Arc<Row>>> = self.rows.values().flatten().collect();
        if found.is_some() && !told.contains(&found) {
            return Err("nobody told it".to_owned());
        }
        let limit = self.absent_limit();
        let has =
            |seat: &Seat| is(self.digests.get(seat), found) || self.rows.get(seat).is_some_and(|rows| rows.iter().any(|row| row == found));
        if let Some(limit) = limit {
            let absent = |seat: &&Seat| {
                is(self.digests.get(seat), &None) || self.rows.get(seat).is_some_and(|rows| rows.iter().any(Option::is_none))
            };
            let count = self.asked.iter().filter(absent).count() as u32;
            if found.is_none() {
                return if count >= limit { Ok(()) } else { Err(format!("only {count} of {limit} are absent")) };
            }
        }
        let heard = |seat: &&Seat| {
            let rows = self.rows.get(seat).is_some_and(|rows| rows.iter().any(|row| place(row) <= target));
            // A digest may be that of a row that somebody else told.
            let same = |row: &Option<Arc<Row>>| is(self.digests.get(seat), row) && place(row) <= target;
            rows || is(self.digests.get(seat), found) || told.iter().copied().any(|row| same(&row))
        };
        let agreed: Vec<Seat> = self.asked.iter().filter(heard).copied().collect();
        let owners = agreed.iter().filter(|(_, owner)| owner.is_none()).count() as u32;
        let primary = self.rules.all.read.primary.map_or(0, |level| plain(level, self.rules.replicas));
        if !self.wanted.met(&agreed, world) || owners < primary {
            return Err(format!("only {agreed:?} are known not to hold more"));
        }
        let blocks = matches!(rules.all.read.repair, Repair::Blocking | Repair::BlockingAll);
        let mut holding: BTreeSet<Seat> = self.asked.iter().filter(|seat| has(seat)).copied().collect();
        holding.extend(&self.repaired);
        if blocks && found.is_some() && !self.wanted.met(&holding, world) {
            return Err(format!("only {holding:?} hold it"));
        }
        if rules.all.read.repair == Repair::BlockingAll
            && !self.repairs.is_subset(&self.repaired)
            && !self.wanted.met(self.asked.iter().filter(|s| has(s)), world)
        {
            return Err("not everybody has confirmed the repair".to_owned());
        }
        Ok(())
    }

    /// So many that have no such key mean that it is not there, if such answers do not count.
    fn absent_limit(&self) -> Option<u32> {
        let read = &self.rules.all.read;
        let n = self.rules.replicas;
        let most = self.wanted.required().max(read.primary.map_or(0, |level| plain(level, n)));
        let failures = (n + 1).saturating_sub(most);
        (!read.absent_counts).then(|| if read.basic_quorum { failures.min(n / 2 + 1) } else { failures })
    }
}

impl Op {
    /// What promises look at.
    pub fn promised(&self) -> crate::promises::Op<'_> {
        crate::promises::Op {
            request: &self.request,
            began: self.began,
            made: &self.made,
            ended: self.ended.as_ref(),
            required: self.required,
            alone: self.direct_read,
        }
    }

    fn end(&mut self, outcome: &Outcome, who: Endpoint, now: Micros, directly: bool) -> Result<(), String> {
        if who != self.client || self.ended.is_some() {
            return Err(format!("{who} ends an operation of {}, ended {:?}", self.client, self.ended));
        }
        let id = self.asked.map(|(id, ..)| id);
        let heard = || self.heard.iter().find(|(of, _)| Some(*of) == id).map(|(_, outcome)| outcome);
        let patient = self.asked.is_some_and(|(_, at, patience)| now == at.plus(patience));
        let found = match outcome {
            Outcome::Behind { found, .. } => &Outcome::Found(found.clone()),
            other => other,
        };
        let right = match (found, &self.direct) {
            (Outcome::NoAnswer, _) => heard().is_none() && patient,
            (Outcome::Found(row), Some(direct)) => direct.finds(row),
            (Outcome::TimedOut { received, required }, Some(direct)) => {
                patient && (*received, *required) == (direct.rows.len() as u32, direct.required)
            }
            // A client that reads by itself may find too few replicas without asking anybody.
            (Outcome::Unavailable { .. }, _) if heard() != Some(found) => self.request.verb == Verb::Read && directly,
            (found, _) => heard() == Some(found),
        };
        let behind = match outcome {
            Outcome::Behind { found, seen } => found.as_deref().is_none_or(|found| rank(only(found)) < rank(only(seen))),
            _ => true,
        };
        if !right || !behind {
            return Err(format!("{who} ends with {outcome:?}, heard {:?}", self.heard));
        }
        self.ended = Some((now, outcome.clone()));
        Ok(())
    }
}

impl Direct {
    /// The newest of the first answers, as many as the level needs.
    fn finds(&self, found: &Option<Arc<Row>>) -> bool {
        let first = || self.rows.iter().take(self.required as usize);
        let best = first().filter_map(|(_, row)| row.as_deref()).map(only).max_by_key(|version| rank(version));
        self.rows.len() as u32 == self.required && best == found.as_deref().map(only) && first().all(|(node, _)| self.asked.contains(node))
    }
}
