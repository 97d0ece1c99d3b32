//! Clients: endpoints of the network that ask coordinators, wait, and may ask again.
//!
//! An operation is one or more attempts. Each has an id of its own, so that the answer to one cannot be taken for that of another and
//! each has its own draws; in the log they all count as the same operation.

mod direct;
mod session;

use std::collections::BTreeMap;
use std::sync::Arc;

use super::event::{ClientAct, Event, EventKind};
use super::sim::{Alarm, World};
use crate::engine::base::{ClientId, Digest, Endpoint, EventId, Micros, NodeId, OpId, Sink, Wire};
use crate::engine::node::{Body, Direct, Message, Outcome, Policy, Request, Verb};
use direct::DirectRead;
use session::{Session, another, lacks};

/// An operation that a client waits for.
#[derive(Debug, Clone)]
pub(super) struct Open {
    /// The present attempt.
    op: OpId,
    /// What it asks: the level may be lower than at first.
    request: Arc<Request>,
    via: NodeId,
    /// Coordinators asked so far in this round.
    tried: Vec<NodeId>,
    /// Attempts made because of errors.
    failures: u32,
    /// Attempts made because of old answers.
    behind: u32,
    lowered: bool,
}

/// What one client remembers.
#[derive(Debug, Clone, Default)]
pub(super) struct Client {
    /// Operations it waits for, by number.
    pub open: BTreeMap<u32, Open>,
    /// Reads it does itself, until the last replica has answered or it gives up.
    direct: BTreeMap<OpId, DirectRead>,
    session: Session,
}

/// How an operation goes on after an attempt.
struct Again {
    via: NodeId,
    level: crate::engine::node::Level,
    rest: Micros,
}

impl World {
    /// A client begins an operation: because of an earlier event, or because somebody wants it to.
    pub(super) fn begin(&mut self, client: ClientId, via: NodeId, request: Request, why: Option<EventId>, log: &mut Vec<Event>) {
        let settings = self.settings().client;
        let directly = settings.direct != Direct::Off && request.verb == Verb::Read;
        let first = self.ring.walk(request.key.token()).next();
        let Some(state) = self.clients.get_mut(client.0 as usize) else { return };
        let mut tag = {
            let mut bytes: Vec<u8> = Vec::new();
            request.encode(&mut bytes);
            bytes.u64(self.now.0);
            bytes.u32(client.0);
            bytes.u32(via.0);
            Digest::of_bytes(&bytes).head() as u32
        };
        // The very same request twice at one instant: the second is another operation.
        while state.open.values().any(|open| open.op.tag == tag) {
            tag = tag.wrapping_add(1);
        }
        let via = match (directly, settings.sticky) {
            (true, _) => first.unwrap_or(via),
            (false, true) => state.session.coordinator.unwrap_or(via),
            (false, false) => via,
        };
        self.operations += 1;
        let op = OpId { number: self.operations, tag, attempt: 0 };
        let request = Arc::new(request);
        let open = Open { op, request: request.clone(), via, tried: vec![via], failures: 0, behind: 0, lowered: false };
        state.open.insert(op.number, open);
        let cause = self.emit(why, Some(client.into()), Some(op), EventKind::Began { request, via }, log);
        self.ask(client, op, cause, log);
    }

    /// Makes the present attempt of an operation.
    pub(super) fn ask(&mut self, client: ClientId, op: OpId, cause: Option<EventId>, log: &mut Vec<Event>) {
        let direct = self.settings().client.direct != Direct::Off;
        let Some(open) = self.clients.get(client.0 as usize).and_then(|c| c.open.get(&op.number)).filter(|o| o.op == op) else { return };
        let (request, via) = (open.request.clone(), open.via);
        if direct && request.verb == Verb::Read {
            if let Some(outcome) = self.ask_directly(client, op, cause, log) {
                return self.attempt_ends(client, op, outcome, cause, log);
            }
        } else {
            self.send(client.into(), via.into(), (Some(op), None), cause, Body::Request(request), log);
        }
        let alarm = Alarm::GiveUp { client, op, cause };
        self.schedule_alarm(self.now.plus(self.settings().client_timeout), alarm);
    }

    /// A message reached a client. Only the first answer to an attempt it still waits for counts.
    pub(super) fn client_receives(&mut self, client: ClientId, message: &Message, cause: Option<EventId>, log: &mut Vec<Event>) {
        match (message.op, &message.body) {
            (Some(op), Body::Reply { outcome, .. }) => self.attempt_ends(client, op, outcome.clone(), cause, log),
            (Some(op), Body::Data { row, .. }) => self.row_came(client, op, message.from, row.as_ref(), cause, log),
            _ => {}
        }
    }

    /// A client's patience with an attempt is over.
    pub(super) fn client_gives_up(&mut self, client: ClientId, op: OpId, cause: Option<EventId>, log: &mut Vec<Event>) {
        let Some(state) = self.clients.get_mut(client.0 as usize) else { return };
        let outcome = match state.direct.remove(&op).map(|read| read.progress()) {
            Some((received, required)) => Outcome::TimedOut { received, required },
            None => Outcome::NoAnswer,
        };
        self.attempt_ends(client, op, outcome, cause, log);
    }

    /// An attempt has ended: with it the operation, unless the client tries again.
    fn attempt_ends(&mut self, client: ClientId, op: OpId, outcome: Outcome, cause: Option<EventId>, log: &mut Vec<Event>) {
        let (settings, rule) = (self.settings().client, self.settings().rule);
        let Some(state) = self.clients.get_mut(client.0 as usize) else { return };
        let Some(open) = state.open.get(&op.number).filter(|open| open.op == op) else { return };
        if outcome == Outcome::NoAnswer {
            state.session.coordinator = state.session.coordinator.filter(|sticky| *sticky != open.via);
        } else if settings.sticky {
            state.session.coordinator = Some(open.via);
        }
        let outcome = match (outcome, state.session.floor(&open.request.key, &settings, rule)) {
            (Outcome::Found(found), Some(seen)) if lacks(rule, found.as_ref(), &seen) => Outcome::Behind { found, seen },
            (outcome, _) => outcome,
        };
        if let Some(again) = self.again(client, op, &outcome) {
            return self.retry(client, op, outcome, again, cause, log);
        }
        let state = &mut self.clients[client.0 as usize];
        if let Some(open) = state.open.remove(&op.number) {
            state.session.remember(&open.request, &outcome, &settings, rule);
            self.emit(cause, Some(Endpoint::Client(client)), Some(op), EventKind::Ended(outcome), log);
        }
    }

    /// Whether and how the client tries again after this.
    fn again(&mut self, client: ClientId, op: OpId, outcome: &Outcome) -> Option<Again> {
        let (settings, nodes, n) = (self.settings().client, self.hosts.len() as u32, self.settings().replicas);
        let ring = self.ring.clone();
        let open = self.clients.get_mut(client.0 as usize)?.open.get_mut(&op.number)?;
        let (level, via) = (open.request.level, open.via);
        let next = |open: &mut Open| another(&ring.replicas(open.request.key.token(), &n), nodes, &mut open.tried);
        match outcome {
            Outcome::Behind { .. } if open.behind < settings.behind_retries => {
                open.behind += 1;
                Some(Again { via: next(open), level, rest: Micros::ZERO })
            }
            Outcome::Unavailable { .. } | Outcome::TimedOut { .. } | Outcome::NoAnswer if open.failures < settings.retries => {
                open.failures += 1;
                let stays = settings.sticky && *outcome != Outcome::NoAnswer;
                let via = if stays { via } else { next(open) };
                Some(Again { via, level, rest: settings.rest(open.failures - 1) })
            }
            Outcome::Unavailable { .. } | Outcome::TimedOut { .. } => match settings.policy {
                Policy::Lower(lower) if !open.lowered && lower != level => {
                    open.lowered = true;
                    Some(Again { via, level: lower, rest: Micros::ZERO })
                }
                _ => None,
            },
            _ => None,
        }
    }

    fn retry(&mut self, client: ClientId, op: OpId, after: Outcome, again: Again, cause: Option<EventId>, log: &mut Vec<Event>) {
        let next = op.again();
        let Some(open) = self.clients.get_mut(client.0 as usize).and_then(|c| c.open.get_mut(&op.number)) else { return };
        let request = Request { level: again.level, ..(*open.request).clone() };
        (open.op, open.via, open.request) = (next, again.via, Arc::new(request));
        let act = ClientAct::Retried { request: open.request.clone(), via: again.via, attempt: next.attempt, rest: again.rest, after };
        let cause = self.emit(cause, Some(client.into()), Some(next), EventKind::Client(act), log);
        if again.rest == Micros::ZERO {
            self.ask(client, next, cause, log);
        } else {
            self.schedule_alarm(self.now.plus(again.rest), Alarm::Retry { client, op: next, cause });
        }
    }
}
