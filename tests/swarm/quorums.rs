//! What coordinators may do on the whole foreground path: whom they ask, what they may say, and what clients make of it. Said here once
//! more from the rules, so that the engine is not its own judge.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use drift::engine::base::{Endpoint, Micros, NodeId, OpId};
use drift::engine::data::{Row, Version};
use drift::engine::node::{Body, Direct as Reads, Message, Note, Outcome, Request, Sync, Verb};
use drift::engine::world::{ClientAct, Event, EventKind, Fault, World};

use crate::replicas::{only, rank};
use crate::rules::Rules;
use crate::wanted::{Seat, Wanted, plan};
use crate::work::Work;

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
                return op.end(outcome, who, event.at, rules.all.client.direct != Reads::Off);
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
                let fresh: Vec<_> = self.fresh.iter().filter(|(id, via)| mine(id, via)).copied().collect();
                // Which of two attempts taken up in one step it is for cannot be seen.
                for id in fresh {
                    self.works.get_mut(&id).into_iter().for_each(|work| work.made.push(version.clone()));
                }
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
            Body::Rot(_) => work.failed += 1,
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
            failed: 0,
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

    /// A write is passed on within a zone: only to those it was to be passed on to, and once.
    fn passed(&mut self, id: OpId, node: NodeId, to: NodeId) -> Result<(), String> {
        match self.relays.get_mut(&(id, node, to)) {
            Some(left) if *left > 0 => {
                *left -= 1;
                Ok(())
            }
            _ => Err(format!("{node} passes a write on to {to} without being told to")),
        }
    }

    /// A node says something that belongs to an operation.
    fn sent(&mut self, id: OpId, node: NodeId, message: &Message, now: Micros, world: &World, rules: &Rules) -> Result<(), String> {
        let to = message.to.node();
        let seat = to.map(|to| (to, message.owner));
        if let (Body::Passed { .. }, Some(to)) = (&message.body, to) {
            return self.passed(id, node, to);
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
