//! Clients: endpoints of the network that ask coordinators and wait.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::event::{Event, EventKind};
use super::sim::{Alarm, World};
use crate::engine::base::{ClientId, Endpoint, EventId, NodeId, OpId, Sink, Wire};
use crate::engine::node::{Body, Message, Outcome, Request};

/// What one client remembers.
#[derive(Debug, Clone, Default)]
pub(super) struct Client {
    /// Operations it waits for.
    pub waiting: BTreeSet<OpId>,
}

impl World {
    /// A client asks a coordinator.
    pub(super) fn begin(&mut self, client: ClientId, via: NodeId, request: Request, log: &mut Vec<Event>) {
        let Some(state) = self.clients.get_mut(client.0 as usize) else { return };
        let mut tag = {
            let mut bytes: Vec<u8> = Vec::new();
            request.encode(&mut bytes);
            bytes.u64(self.now.0);
            bytes.u32(client.0);
            bytes.u32(via.0);
            crate::engine::base::Digest::of_bytes(&bytes).head() as u32
        };
        // The very same request twice at one instant: the second is another operation.
        while state.waiting.iter().any(|op| op.tag == tag) {
            tag = tag.wrapping_add(1);
        }
        self.operations += 1;
        let op = OpId { number: self.operations, tag };
        state.waiting.insert(op);
        let request = Arc::new(request);
        let kind = EventKind::Began { request: request.clone(), via };
        let cause = self.emit(None, Some(client.into()), Some(op), kind, log);
        self.send(client.into(), via.into(), Some(op), cause, Body::Request(request), log);
        let alarm = Alarm::GiveUp { client, op, cause };
        self.schedule_alarm(self.now.plus(self.settings().client_timeout), alarm);
    }

    /// A message reached a client. Only the first answer to an operation it still waits for counts.
    pub(super) fn client_receives(&mut self, client: ClientId, message: &Message, cause: Option<EventId>, log: &mut Vec<Event>) {
        if let (Some(op), Body::Reply { outcome, .. }) = (message.op, &message.body) {
            self.finish(client, op, outcome.clone(), cause, log);
        }
    }

    /// A client's patience is over.
    pub(super) fn client_gives_up(&mut self, client: ClientId, op: OpId, cause: Option<EventId>, log: &mut Vec<Event>) {
        self.finish(client, op, Outcome::NoAnswer, cause, log);
    }

    fn finish(&mut self, client: ClientId, op: OpId, outcome: Outcome, cause: Option<EventId>, log: &mut Vec<Event>) {
        let Some(state) = self.clients.get_mut(client.0 as usize) else { return };
        if state.waiting.remove(&op) {
            self.emit(cause, Some(Endpoint::Client(client)), Some(op), EventKind::Ended(outcome), log);
        }
    }
}
