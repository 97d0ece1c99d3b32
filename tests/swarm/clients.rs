//! The reference for operations: whom a coordinator asks, when it may answer, what it may say, and what clients are told of it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use drift::engine::base::{Digest, Endpoint, Micros, NodeId, OpId};
use drift::engine::data::{Row, Version, row_digest};
use drift::engine::node::{Body, Level, Message, Note, Outcome, Request, Verb};
use drift::engine::place::Replication;
use drift::engine::world::{Event, EventKind, Fault, World};

use crate::replicas::{only, rank};
use crate::rules::Rules;

/// Replicas that must answer: said here once more, so that the engine is not its own judge.
fn needed(level: Level, replicas: u32) -> u32 {
    match level {
        Level::One => 1,
        Level::Quorum => (1..=replicas).find(|some| some * 2 > replicas).unwrap_or(replicas),
        Level::All => replicas,
        other => unreachable!("the swarm does not draw {other}"),
    }
}

/// What a coordinator has done and heard of one operation since it took it up.
#[derive(Default)]
struct Work {
    since: Micros,
    rules: Option<Rules>,
    /// Replicas it believed up, if that is known, and how many must answer.
    alive: Option<BTreeSet<NodeId>>,
    required: u32,
    asked: BTreeSet<NodeId>,
    rows_asked: u32,
    acks: BTreeSet<NodeId>,
    /// Rows told, with the round they answer: a second one counts more than a first.
    rows: BTreeMap<NodeId, (u8, Option<Arc<Row>>)>,
    digests: BTreeMap<NodeId, Digest>,
    repaired: BTreeSet<NodeId>,
    answered: bool,
}

/// One operation.
pub struct Op {
    pub request: Arc<Request>,
    client: Endpoint,
    via: NodeId,
    pub began: Micros,
    patience: Micros,
    work: Option<Work>,
    /// How often it was taken up: more than once if its coordinator crashed between two copies of the request.
    taken: u32,
    /// Versions made for it, one each time.
    pub made: Vec<Version>,
    pub ended: Option<(Micros, Outcome)>,
    /// Answers that needed this many replicas.
    pub required: u32,
    heard: Vec<Outcome>,
}

/// The reference for all operations.
#[derive(Default)]
pub struct Clients {
    pub ops: BTreeMap<OpId, Op>,
    /// Requests taken up in the present step.
    fresh: BTreeSet<OpId>,
    /// In this step a node handles all that had waited at its door: what it believes meanwhile cannot be seen from outside.
    rush: bool,
}

impl Clients {
    /// Follows one event.
    pub fn see(&mut self, event: &Event, world: &World, rules: &Rules) -> Result<(), String> {
        if let (EventKind::Fault(Fault::Crashed { .. }), Some(Endpoint::Node(node))) = (&event.kind, event.who) {
            for op in self.ops.values_mut().filter(|op| op.via == node) {
                op.work = None;
            }
        }
        self.rush |= matches!(event.kind, EventKind::Fault(Fault::Resumed { .. }));
        let Some(id) = event.op else { return Ok(()) };
        if let (EventKind::Began { request, via }, Some(client)) = (&event.kind, event.who) {
            let op = Op {
                request: request.clone(),
                client,
                via: *via,
                began: event.at,
                patience: rules.client_timeout,
                work: None,
                taken: 0,
                made: Vec::new(),
                ended: None,
                required: 0,
                heard: Vec::new(),
            };
            return if self.ops.insert(id, op).is_none() { Ok(()) } else { Err("two operations have one name".to_owned()) };
        }
        let op = self.ops.get_mut(&id).ok_or("no such operation")?;
        match (&event.kind, event.who) {
            (EventKind::Note(Note::Stamped { version, .. }), _) => op.made.push(version.clone()),
            (EventKind::Delivered(message), Some(Endpoint::Node(node))) if node == op.via => {
                let taken_up = op.delivered(message, event.at, world, rules, self.rush);
                self.fresh.extend(taken_up.then_some(id));
            }
            (EventKind::Delivered(message), Some(Endpoint::Client(_))) => {
                if let Body::Reply { outcome, .. } = &message.body {
                    op.heard.push(outcome.clone());
                }
            }
            (EventKind::Sent(message), Some(Endpoint::Node(node))) if node == op.via => return op.sent(message, event.at, rules),
            (EventKind::Ended(outcome), Some(who)) => return op.end(outcome, who, event.at),
            _ => {}
        }
        Ok(())
    }

    /// After a step: requests taken up in it went to the right replicas.
    pub fn asked_rightly(&mut self) -> Result<(), String> {
        self.rush = false;
        for id in std::mem::take(&mut self.fresh) {
            let op = &self.ops[&id];
            let Some((work, alive)) = op.work.as_ref().and_then(|work| Some((work, work.alive.as_ref()?))) else { continue };
            let enough = alive.len() as u32 >= work.required;
            let right = match &op.request.verb {
                _ if !enough => work.asked.is_empty() && work.answered,
                Verb::Read => work.asked.len() as u32 == work.required && work.asked.is_subset(alive),
                // The level says when to answer, never whom to write to.
                Verb::Write(_) | Verb::Delete => work.asked == *alive,
            };
            let digests = work.rules.as_ref().is_some_and(|rules| rules.digests);
            let rows = if digests { u32::from(enough) } else { work.asked.len() as u32 };
            if !right || op.request.verb == Verb::Read && work.rows_asked != rows {
                return Err(format!("{} asked {:?} of {:?}, {} for rows", op.via, work.asked, work.alive, work.rows_asked));
            }
        }
        Ok(())
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
            alone: false,
        }
    }

    /// A message reached the coordinator. Returns whether it is a request that must be taken up.
    fn delivered(&mut self, message: &Message, now: Micros, world: &World, rules: &Rules, rush: bool) -> bool {
        let from = message.from.node();
        match (&message.body, &mut self.work, from) {
            (Body::Request(request), None, _) => {
                let replicas = world.ring().replicas(request.key.token(), &Replication::Simple(rules.replicas));
                let up = |node: &NodeId| world.host(self.via).is_some_and(|host| host.node.believes_up(*node));
                let work = Work {
                    since: now,
                    rules: Some(rules.clone()),
                    alive: (!rush).then(|| replicas.into_iter().filter(up).collect()),
                    required: needed(request.level, rules.replicas),
                    ..Work::default()
                };
                self.required = work.required;
                self.taken += 1;
                self.work = Some(work);
                return true;
            }
            (Body::WriteAck, Some(work), Some(from)) => {
                work.acks.insert(from);
            }
            (Body::Data { row, round }, Some(work), Some(from)) => {
                let known = work.rows.entry(from).or_insert((*round, row.clone()));
                if known.0 < *round {
                    *known = (*round, row.clone());
                }
            }
            (Body::Digest(digest), Some(work), Some(from)) => {
                work.digests.entry(from).or_insert(*digest);
            }
            (Body::RepairAck, Some(work), Some(from)) => {
                work.repaired.insert(from);
            }
            _ => {}
        }
        false
    }

    /// The coordinator says something.
    fn sent(&mut self, message: &Message, now: Micros, rules: &Rules) -> Result<(), String> {
        let (client, via) = (self.client, self.via);
        let answers = matches!(message.body, Body::WriteAck | Body::RepairAck | Body::Data { .. } | Body::Digest(_));
        if answers {
            return Ok(());
        }
        let work = self.work.as_mut().ok_or_else(|| format!("{via} works on what it was not asked for"))?;
        let to = message.to.node();
        match &message.body {
            Body::Write { .. } | Body::ReadDigest { .. } => work.asked.extend(to),
            Body::Repair { .. } if to.is_none_or(|node| !work.asked.contains(&node)) => {
                return Err(format!("{via} repairs {}, which it did not read", message.to));
            }
            Body::ReadData { round: 1, .. } => {
                work.asked.extend(to);
                work.rows_asked += 1;
            }
            Body::Reply { outcome, .. } => {
                if work.answered || message.to != client {
                    return Err(format!("{via} answers twice, or {} instead of {client}", message.to));
                }
                work.answered = true;
                // Answers to the first time may count for the second: what was meant, nobody can say.
                let right = self.taken > 1 || work.may_say(&self.request.verb, outcome, now, rules);
                return if right { Ok(()) } else { Err(format!("{via} may not say {outcome:?}")) };
            }
            _ => {}
        }
        Ok(())
    }

    fn end(&mut self, outcome: &Outcome, who: Endpoint, now: Micros) -> Result<(), String> {
        let right = match outcome {
            Outcome::NoAnswer => self.heard.is_empty() && now == self.began.plus(self.patience),
            heard => self.heard == [heard.clone()] && now <= self.began.plus(self.patience),
        };
        if !right || who != self.client || self.ended.is_some() {
            return Err(format!("{who} ends with {outcome:?}, heard {:?}, ended {:?}", self.heard, self.ended));
        }
        self.ended = Some((now, outcome.clone()));
        Ok(())
    }
}

impl Work {
    fn may_say(&self, verb: &Verb, outcome: &Outcome, now: Micros, rules: &Rules) -> bool {
        let patience = self.rules.as_ref().map(|rules| if *verb == Verb::Read { rules.read_timeout } else { rules.write_timeout });
        match outcome {
            Outcome::NoAnswer | Outcome::Overloaded { .. } | Outcome::Behind { .. } => false,
            Outcome::Unavailable { required, alive } => {
                let up = self.alive.as_ref().map_or(*alive, |known| known.len() as u32);
                (*required, *alive) == (self.required, up) && up < self.required && self.asked.is_empty()
            }
            Outcome::Written { acks, .. } => self.acks.len() as u32 == *acks && *acks == self.required && self.acks.is_subset(&self.asked),
            Outcome::TimedOut { received, required } => {
                *required == self.required && *received < *required && patience.is_some_and(|span| now >= self.since.plus(span))
            }
            Outcome::Found(row) => self.may_find(row, rules),
        }
    }

    /// A read may say only the merge of what enough replicas hold, and no replica's digest may stand for a row that was not seen.
    fn may_find(&self, found: &Option<Arc<Row>>, rules: &Rules) -> bool {
        let best = self.rows.values().filter_map(|(_, row)| row.as_deref()).map(only).max_by_key(|version| rank(version));
        let mut heard: BTreeSet<NodeId> = self.rows.keys().copied().collect();
        heard.extend(self.digests.keys());
        let seen: BTreeSet<Digest> = self.rows.values().map(|(_, row)| row_digest(row)).collect();
        let unseen = self.digests.iter().any(|(node, digest)| !self.rows.contains_key(node) && !seen.contains(digest));
        let target = row_digest(found);
        let current = |node: &NodeId| match self.rows.get(node) {
            Some((_, row)) => row_digest(row) == target,
            None => self.digests.get(node) == Some(&target),
        };
        let holding = heard.iter().filter(|node| current(node) || self.repaired.contains(node)).count() as u32;
        best == found.as_deref().map(only)
            && heard.len() as u32 == self.required
            && !unseen
            && (!rules.blocking || holding == self.required)
    }
}
