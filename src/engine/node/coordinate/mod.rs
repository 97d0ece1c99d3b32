//! A node as a coordinator: it takes a client's request to the replicas and answers when enough of them have.

mod compare;
mod forward;
mod lately;
mod plan;
mod read;
mod write;

use std::collections::{BTreeMap, BTreeSet};

pub use forward::Forwarded;
pub use lately::Lately;
pub(in crate::engine::node) use plan::nodes;
pub use plan::{Seat, need};
pub use read::{Answer, Phase, ReadOp};
pub use write::WriteOp;

use super::{Body, Coordinate, Ctx, Node, Note, Outcome, Request, Timer, Traffic, Verb};
use crate::engine::base::{Endpoint, OpId};
use crate::engine::data::Key;
use std::sync::Arc;

/// An operation in progress.
#[derive(Debug, Clone)]
pub enum Pending {
    /// A write or delete.
    Write(WriteOp),
    /// A read.
    Read(ReadOp),
    /// A request passed on to a node that will hold the key.
    Forwarded(Forwarded),
}

/// Requests that a coordinator remembers having taken up.
const REMEMBERED: usize = 256;

/// Operations in progress at one node, and what it has learnt from earlier ones.
#[derive(Debug, Clone, Default)]
pub struct Coordinator {
    pub(super) pending: BTreeMap<OpId, Pending>,
    /// The latest requests taken up, so that a second copy of one is not carried out again.
    taken: BTreeSet<OpId>,
    /// How reads went lately.
    pub lately: Lately,
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

    /// Everything it works on.
    pub fn all(&self) -> impl Iterator<Item = (OpId, &Pending)> {
        self.pending.iter().map(|(op, pending)| (*op, pending))
    }

    pub(super) fn write(&mut self, op: OpId) -> Option<&mut WriteOp> {
        if let Some(Pending::Write(write)) = self.pending.get_mut(&op) { Some(write) } else { None }
    }

    pub(super) fn read(&mut self, op: OpId) -> Option<&mut ReadOp> {
        if let Some(Pending::Read(read)) = self.pending.get_mut(&op) { Some(read) } else { None }
    }
}

impl Node {
    /// Takes up a request. A second copy of one (a duplicated message) is ignored, however late it comes.
    pub(super) fn begin(&mut self, op: OpId, client: Endpoint, request: &Arc<Request>, ctx: &mut Ctx<'_>) {
        if !self.coordinator.take_up(op) {
            return;
        }
        let plan = self.plan(&request.key, request.level, request.verb != Verb::Read, ctx);
        let (traffic, reads) = (request.verb.traffic(), request.verb == Verb::Read);
        let refuse = |outcome: Outcome, ctx: &mut Ctx<'_>| ctx.send(client, Some(op), Body::Reply { traffic, outcome });
        if let (Coordinate::Replica { patience }, false) = (ctx.settings.write.coordinate, reads)
            && !plan.seats.is_empty()
            && plan.seats.iter().all(|seat| seat.node != self.id)
        {
            return self.forward(op, client, request, plan, patience, ctx);
        }
        if let Some((required, alive)) = plan.shortfall(request, ctx.settings) {
            ctx.note(op, Note::Unavailable { required, alive });
            return refuse(Outcome::Unavailable { required, alive }, ctx);
        }
        if reads {
            self.start_read(op, client, &request.key, plan, ctx);
        } else if let Some(target) = self.overloaded(&plan.down, ctx) {
            refuse(Outcome::Overloaded { target }, ctx);
        } else {
            self.start_write(op, client, request, plan, ctx);
        }
    }

    /// Reads a key for this node itself, at the usual level; everyone is asked, and whoever is behind is repaired. The answer comes to this node
    /// as a message.
    pub(in crate::engine::node) fn read_for_itself(&mut self, op: OpId, key: &Key, ctx: &mut Ctx<'_>) {
        let (client, level) = (Endpoint::Node(self.id), ctx.settings.read.level);
        let request = Request { verb: Verb::Read, key: key.clone(), level };
        let plan = self.plan(key, level, false, ctx);
        if let Some((required, alive)) = plan.shortfall(&request, ctx.settings) {
            ctx.note(op, Note::Unavailable { required, alive });
            return ctx.send(client, Some(op), Body::Reply { traffic: Traffic::Read, outcome: Outcome::Unavailable { required, alive } });
        }
        self.start_read(op, client, key, plan, ctx);
    }

    /// The coordinator's patience is over: tell the client if it still waits, and forget the operation. Nothing is rolled back.
    pub(super) fn operation_timed_out(&mut self, op: OpId, ctx: &mut Ctx<'_>) {
        match self.coordinator.pending.remove(&op) {
            Some(Pending::Write(write)) => self.write_timed_out(op, write, ctx),
            Some(Pending::Read(read)) => self.read_timed_out(op, read, ctx),
            Some(Pending::Forwarded(forwarded)) => self.forward_timed_out(op, forwarded, ctx),
            None => {}
        }
    }

    /// Tells the client that too few answered in time.
    fn give_up(&self, op: OpId, client: Endpoint, traffic: Traffic, (received, required): (u32, u32), ctx: &mut Ctx<'_>) {
        ctx.note(op, Note::TimedOut { received, required });
        ctx.send(client, Some(op), Body::Reply { traffic, outcome: Outcome::TimedOut { received, required } });
    }

    /// Puts an operation on the books and starts its clock.
    fn open(&mut self, op: OpId, pending: Pending, ctx: &mut Ctx<'_>) {
        let timeout = match &pending {
            Pending::Write(_) => ctx.settings.write.timeout,
            Pending::Read(_) => ctx.settings.read.timeout,
            Pending::Forwarded(forwarded) => forwarded.patience,
        };
        self.coordinator.pending.insert(op, pending);
        ctx.wake(timeout, Timer::Operation(op));
    }
}
