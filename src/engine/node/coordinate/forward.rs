//! Passing a write on to a node that will hold the key (Riak KV, `riak_kv_put_fsm`, `put_coordinator_failure_timeout`).

use std::sync::Arc;

use super::plan::Plan;
use super::{Pending, Traffic};
use crate::engine::base::{Endpoint, Micros, NodeId, OpId};
use crate::engine::node::{Body, Ctx, Node, Note, Request};

/// A request passed on, until somebody takes it up.
#[derive(Debug, Clone)]
pub struct Forwarded {
    /// Who waits for the answer.
    pub client: Endpoint,
    /// What is wanted.
    pub request: Arc<Request>,
    /// Who was asked last.
    pub to: NodeId,
    /// Whom to ask next.
    pub left: Vec<NodeId>,
    /// How long each may take to say that it coordinates.
    pub patience: Micros,
    required: u32,
}

impl Node {
    pub(super) fn forward(&mut self, op: OpId, client: Endpoint, request: &Arc<Request>, plan: Plan, patience: Micros, ctx: &mut Ctx<'_>) {
        let left = plan.seats.iter().rev().map(|seat| seat.node).collect();
        let required = plan.need.required();
        self.pass_on(op, Forwarded { client, request: request.clone(), to: self.id, left, patience, required }, ctx);
    }

    /// Asks the next node, or gives up.
    fn pass_on(&mut self, op: OpId, mut forwarded: Forwarded, ctx: &mut Ctx<'_>) {
        let Some(to) = forwarded.left.pop() else {
            return self.give_up(op, forwarded.client, Traffic::Write, (0, forwarded.required), ctx);
        };
        forwarded.to = to;
        ctx.note(op, Note::Forwarded { to });
        let body = Body::Forward { client: forwarded.client, request: forwarded.request.clone() };
        ctx.send(to, Some(op), body);
        self.open(op, Pending::Forwarded(forwarded), ctx);
    }

    pub(super) fn forward_timed_out(&mut self, op: OpId, forwarded: Forwarded, ctx: &mut Ctx<'_>) {
        self.pass_on(op, forwarded, ctx);
    }

    /// A forwarded request arrives: take it up, and answer the client directly.
    pub(in crate::engine::node) fn take_up(&mut self, op: OpId, from: NodeId, client: Endpoint, request: &Arc<Request>, ctx: &mut Ctx<'_>) {
        ctx.send(from, Some(op), Body::Coordinating);
        self.begin(op, client, request, ctx);
    }

    /// Somebody coordinates: this node has no part in it any more.
    pub(in crate::engine::node) fn taken_up(&mut self, op: OpId, from: NodeId) {
        if matches!(self.coordinator.pending.get(&op), Some(Pending::Forwarded(f)) if f.to == from) {
            self.coordinator.pending.remove(&op);
        }
    }
}
