//! A node as a coordinator: it takes a client's request to the replicas and answers when enough of them have.

mod read;
mod write;

use std::collections::{BTreeMap, BTreeSet};

pub use read::{Answer, Phase, ReadOp};
pub use write::WriteOp;

use super::{Body, Ctx, Node, Note, Outcome, Request, Timer, Traffic, Verb};
use crate::engine::base::{Endpoint, NodeId, OpId};
use crate::engine::data::{Key, Payload};

/// An operation in progress.
#[derive(Debug, Clone)]
pub enum Pending {
    /// A write or delete.
    Write(WriteOp),
    /// A read.
    Read(ReadOp),
}

/// Requests that a coordinator remembers having taken up.
const REMEMBERED: usize = 256;

/// Operations in progress at one node.
#[derive(Debug, Clone, Default)]
pub struct Coordinator {
    pub(super) pending: BTreeMap<OpId, Pending>,
    /// The latest requests taken up, so that a second copy of one is not carried out again.
    taken: BTreeSet<OpId>,
}

impl Coordinator {
    /// The operation, while the coordinator still works on it.
    pub fn pending(&self, op: OpId) -> Option<&Pending> {
        self.pending.get(&op)
    }

    /// Whether this is the first copy of a request.
    fn take_up(&mut self, op: OpId) -> bool {
        let first = self.taken.insert(op);
        if self.taken.len() > REMEMBERED {
            self.taken.pop_first();
        }
        first
    }
}

/// Replicas of a key as one coordinator sees them.
pub(super) struct Plan {
    required: u32,
    alive: Vec<NodeId>,
    down: Vec<NodeId>,
}

impl Node {
    /// Takes up a client's request. A second copy of one (a duplicated message) is ignored, however late it comes.
    pub(super) fn begin(&mut self, op: OpId, client: Endpoint, request: &Request, ctx: &mut Ctx<'_>) {
        if !self.coordinator.take_up(op) {
            return;
        }
        let n = ctx.settings.replicas;
        let (alive, down) = ctx.ring.replicas(request.key.token(), n).into_iter().partition(|r| self.believes_up(*r));
        // Quorum sizes come from N, not from how many nodes there happen to be: with too few nodes a level is unavailable.
        let plan = Plan { required: request.level.block_for(n), alive, down };
        let (traffic, alive) = (request.verb.traffic(), plan.alive.len() as u32);
        if alive < plan.required {
            ctx.note(op, Note::Unavailable { required: plan.required, alive });
            let outcome = Outcome::Unavailable { required: plan.required, alive };
            ctx.send(client, Some(op), Body::Reply { traffic, outcome });
            return;
        }
        match &request.verb {
            Verb::Write(bytes) => self.start_write(op, client, &request.key, Payload::Value(bytes.clone()), plan, ctx),
            Verb::Delete => self.start_write(op, client, &request.key, Payload::Tombstone, plan, ctx),
            Verb::Read => self.start_read(op, client, &request.key, plan, ctx),
        }
    }

    /// The coordinator's patience is over: tell the client if it still waits, and forget the operation. Nothing is rolled back.
    pub(super) fn operation_timed_out(&mut self, op: OpId, ctx: &mut Ctx<'_>) {
        let Some(pending) = self.coordinator.pending.remove(&op) else { return };
        let (client, answered, traffic, received, required) = match pending {
            Pending::Write(w) => (w.client, w.answered, Traffic::Write, w.acks.len() as u32, w.required),
            Pending::Read(r) => (r.client, r.answered, Traffic::Read, r.received(), r.required),
        };
        if !answered {
            ctx.note(op, Note::TimedOut { received, required });
            ctx.send(client, Some(op), Body::Reply { traffic, outcome: Outcome::TimedOut { received, required } });
        }
    }

    /// Puts an operation on the books and starts its clock.
    fn open(&mut self, op: OpId, pending: Pending, ctx: &mut Ctx<'_>) {
        let timeout = match &pending {
            Pending::Write(_) => ctx.settings.write.timeout,
            Pending::Read(_) => ctx.settings.read.timeout,
        };
        self.coordinator.pending.insert(op, pending);
        ctx.wake(timeout, Timer::Operation(op));
    }
}

/// Asks each of `nodes` for its row of `key`.
fn ask_rows(nodes: &[NodeId], op: OpId, key: &Key, round: u8, ctx: &mut Ctx<'_>) {
    for node in nodes {
        ctx.send(*node, Some(op), Body::ReadData { key: key.clone(), round });
    }
}
