//! Writes: to every replica believed up, answered at the level's count (Apache Cassandra 4.1, `service/StorageProxy`).

use std::sync::Arc;

use super::{Pending, Plan};
use crate::engine::base::{Endpoint, NodeId, OpId};
use crate::engine::data::{Clock, Key, Payload, Row, Version};
use crate::engine::node::{Body, Ctx, Node, Note, Outcome, Traffic};

/// A write in progress.
#[derive(Debug, Clone)]
pub struct WriteOp {
    /// Who waits for it.
    pub client: Endpoint,
    /// Acknowledgements needed before the client is told.
    pub required: u32,
    /// Replicas written to.
    pub targets: Vec<NodeId>,
    /// Replicas that acknowledged.
    pub acks: Vec<NodeId>,
    /// Whether the client has been told.
    pub answered: bool,
    /// The clock of the version made.
    pub clock: Clock,
}

impl Node {
    /// Stamps a new version and sends it to every replica believed up: the level decides when to answer, never whom to write to.
    pub(super) fn start_write(&mut self, op: OpId, client: Endpoint, key: &Key, payload: Payload, plan: Plan, ctx: &mut Ctx<'_>) {
        let version = Version { clock: ctx.settings.rule.mint(self.id, self.clock.read(ctx.now)), payload };
        ctx.note(op, Note::Stamped { key: key.clone(), version: version.clone() });
        ctx.note(op, Note::Chose { required: plan.required, asked: plan.alive.clone().into(), down: plan.down.into() });
        let clock = version.clock;
        let row = Arc::new(Row::single(version));
        for replica in &plan.alive {
            ctx.send(*replica, Some(op), Body::Write { key: key.clone(), row: row.clone() });
        }
        let write = WriteOp { client, required: plan.required, targets: plan.alive, acks: Vec::new(), answered: false, clock };
        self.open(op, Pending::Write(write), ctx);
    }

    /// One more replica holds the write.
    pub(in crate::engine::node) fn write_acked(&mut self, op: OpId, from: NodeId, ctx: &mut Ctx<'_>) {
        let Some(Pending::Write(write)) = self.coordinator.pending.get_mut(&op) else { return };
        if write.acks.contains(&from) || !write.targets.contains(&from) {
            return;
        }
        write.acks.push(from);
        let (received, required) = (write.acks.len() as u32, write.required);
        if received >= required && !write.answered {
            write.answered = true;
            ctx.note(op, Note::QuorumReached { received, required });
            let outcome = Outcome::Written { acks: received, clock: write.clock };
            ctx.send(write.client, Some(op), Body::Reply { traffic: Traffic::Write, outcome });
        }
        if write.acks.len() == write.targets.len() {
            self.coordinator.pending.remove(&op);
        }
    }
}
