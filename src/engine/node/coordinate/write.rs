//! Writes: to every replica believed up, answered at the level's count (Apache Cassandra 4.1, `service/StorageProxy`; Riak KV,
//! `riak_kv_put_fsm`).

use std::collections::BTreeSet;
use std::sync::Arc;

use super::Pending;
use super::plan::{Plan, Seat, nodes, zones};
use crate::engine::base::{Endpoint, NodeId, OpId, set_of};
use crate::engine::data::{Clock, Key, Payload, Row, Version};
use crate::engine::node::{Body, Checksum, Ctx, Level, Need, Node, Note, Outcome, Request, Sync, Traffic};

/// A write in progress.
#[derive(Debug, Clone)]
pub struct WriteOp {
    /// Who waits for it.
    pub client: Endpoint,
    /// The key.
    pub key: Key,
    /// What is written.
    pub row: Arc<Row>,
    /// What the level waits for.
    pub need: Need,
    /// Acknowledgements needed before the client is told.
    pub required: u32,
    /// How many must be on disk (DW), come from owners (PW), come from different machines.
    demands: (u32, u32, u32),
    /// Whether a hint is enough: level ANY.
    pub hint_counts: bool,
    /// Who is written to.
    pub targets: Vec<Seat>,
    /// Targets that wait until the coordinator has stored the write itself.
    unsent: Vec<Seat>,
    /// Who acknowledged.
    pub acks: Vec<Seat>,
    /// Who has it on disk.
    pub on_disk: Vec<Seat>,
    /// Replicas a hint is kept for.
    pub hinted: Vec<NodeId>,
    /// Whether the client has been told.
    pub answered: bool,
    /// The clock of the version made.
    pub clock: Clock,
}

impl WriteOp {
    /// What is waited for and not there yet: how many came, and how many are needed.
    fn missing(&self) -> Option<(u32, u32)> {
        let (durable, primary, confirms) = self.demands;
        // Riak KV, `riak_kv_put_core:num_node_confirms`: what is stored confirms, if stores are counted apart.
        let confirmed = if durable > 0 || primary > 0 { &self.on_disk } else { &self.acks };
        let machines = set_of(confirmed.iter().map(|seat| seat.node));
        let owners = self.on_disk.iter().filter(|seat| seat.stands_for().is_none()).count() as u32;
        let demands = [
            (self.need.counted(zones(&self.acks)), self.required),
            (self.on_disk.len() as u32, durable),
            (owners, primary),
            (machines.len() as u32, confirms),
        ];
        demands.into_iter().find(|(received, required)| received < required)
    }
}

impl Node {
    /// Stamps a new version and sends it to every replica believed up: the level decides when to answer, never whom to write to.
    pub(super) fn start_write(&mut self, op: OpId, client: Endpoint, request: &Request, plan: Plan, ctx: &mut Ctx<'_>) {
        let payload = request.verb.payload().unwrap_or(Payload::Tombstone);
        let payload = if ctx.settings.integrity.checksum == Checksum::Writer { payload.summed() } else { payload };
        let version = Version { clock: ctx.settings.rule.mint(self.id, self.clock.read(ctx.now)), payload };
        let key = &request.key;
        ctx.note(op, Note::Stamped { key: key.clone(), version: version.clone() });
        self.note_choice(op, plan.need.required(), &plan.seats, &plan.down, ctx);
        let clock = version.clock;
        let row = Arc::new(self.numbered(key, version, ctx));
        let n = ctx.settings.replicas.total();
        let count = |level: Option<Level>| level.map_or(0, |level| level.block_for(n));
        let settings = &ctx.settings.write;
        let mut write = WriteOp {
            client,
            key: key.clone(),
            row: row.clone(),
            required: plan.need.required(),
            need: plan.need,
            demands: (count(settings.durable), count(settings.primary), settings.confirms),
            hint_counts: request.level == Level::Any,
            targets: plan.seats,
            unsent: Vec::new(),
            acks: Vec::new(),
            on_disk: Vec::new(),
            hinted: Vec::new(),
            answered: false,
            clock,
        };
        let local = write.targets.iter().copied().find(|seat| seat.node == self.id);
        match local.filter(|_| settings.local_first) {
            Some(own) => {
                ctx.note(op, Note::LocalFirst);
                write.unsent = write.targets.iter().copied().filter(|seat| *seat != own).collect();
                self.spread(op, &[own], key, &row, ctx);
            }
            None => self.spread(op, &write.targets, key, &row, ctx),
        }
        self.open(op, Pending::Write(write), ctx);
        self.hint_targets(op, &plan.down, false, ctx);
        self.answer_write(op, ctx);
    }

    /// Sends a row to seats: one message for each, but only one into each other zone, whose receiver passes it on.
    fn spread(&self, op: OpId, seats: &[Seat], key: &Key, row: &Arc<Row>, ctx: &mut Ctx<'_>) {
        let home = ctx.ring.zone_of(self.id).0;
        let mut done: BTreeSet<u32> = BTreeSet::new();
        for seat in seats {
            let (key, row) = (key.clone(), row.clone());
            if !ctx.settings.write.relay || seat.zone == home || seat.stands_for().is_some() {
                self.send_to(seat, op, Body::Write { key, row }, ctx);
            } else if done.insert(seat.zone) {
                let others = seats.iter().filter(|s| s.zone == seat.zone && s.node != seat.node && s.stands_for().is_none());
                let to = nodes(others);
                let body = if to.is_empty() { Body::Write { key, row } } else { Body::Relay { key, row, to } };
                self.send_to(seat, op, body, ctx);
            }
        }
    }

    /// Hints for replicas that a write does not reach. At ANY one of them is as good as an acknowledgement.
    fn hint_targets(&mut self, op: OpId, targets: &[NodeId], late: bool, ctx: &mut Ctx<'_>) {
        for target in targets {
            let Some((key, row)) = self.coordinator.write(op).map(|write| (write.key.clone(), write.row.clone())) else { return };
            if self.hint(*target, Some(op), &key, &row, late, ctx)
                && let Some(write) = self.coordinator.write(op)
            {
                write.hinted.push(*target);
            }
        }
    }

    /// One more target holds the write, in memory or (`on_disk`) for good.
    pub(in crate::engine::node) fn write_acked(&mut self, op: OpId, from: NodeId, owner: Option<NodeId>, on_disk: bool, ctx: &mut Ctx<'_>) {
        let Some(write) = self.coordinator.write(op) else { return };
        let Some(seat) = write.targets.iter().copied().find(|seat| seat.is(from, owner)) else { return };
        let news = !write.acks.contains(&seat) || on_disk && !write.on_disk.contains(&seat);
        if !write.acks.contains(&seat) {
            write.acks.push(seat);
        }
        if (on_disk || ctx.settings.sync == Sync::EveryWrite) && !write.on_disk.contains(&seat) {
            write.on_disk.push(seat);
        }
        if !news {
            return;
        }
        let unsent = std::mem::take(&mut write.unsent);
        if !unsent.is_empty() {
            let (key, row) = (write.key.clone(), write.row.clone());
            self.spread(op, &unsent, &key, &row, ctx);
        }
        self.answer_write(op, ctx);
        self.close_write(op);
    }

    /// Tells the client, if nothing is missing any more.
    pub(in crate::engine::node) fn answer_write(&mut self, op: OpId, ctx: &mut Ctx<'_>) {
        let Some(write) = self.coordinator.write(op).filter(|write| !write.answered) else { return };
        let received = write.need.counted(zones(&write.acks));
        if write.missing().is_none() {
            ctx.note(op, Note::QuorumReached { received, required: write.required });
        } else if write.hint_counts && !write.hinted.is_empty() {
            ctx.note(op, Note::HintCounted);
        } else {
            return;
        }
        write.answered = true;
        let outcome = Outcome::Written { acks: received, clock: write.clock };
        ctx.send(write.client, Some(op), Body::Reply { traffic: Traffic::Write, outcome });
        self.close_write(op);
    }

    /// Nothing more can come.
    fn close_write(&mut self, op: OpId) {
        let over = |write: &mut WriteOp| {
            let disk = write.demands.0 == 0 && write.demands.1 == 0 || write.on_disk.len() == write.targets.len();
            write.answered && write.acks.len() == write.targets.len() && disk
        };
        if self.coordinator.write(op).is_some_and(over) {
            self.coordinator.pending.remove(&op);
        }
    }

    /// Whoever was believed up and has not acknowledged gets a hint (Apache Cassandra 4.1, `StorageProxy.submitHint` on expiry).
    pub(super) fn write_timed_out(&mut self, op: OpId, write: WriteOp, ctx: &mut Ctx<'_>) {
        let silent: Vec<NodeId> =
            write.targets.iter().filter(|seat| !write.acks.contains(seat) && seat.stands_for().is_none()).map(|seat| seat.node).collect();
        self.coordinator.pending.insert(op, Pending::Write(write));
        self.hint_targets(op, &silent, true, ctx);
        self.answer_write(op, ctx);
        let Some(Pending::Write(write)) = self.coordinator.pending.remove(&op) else { return };
        if !write.answered {
            let missing = write.missing().unwrap_or((write.acks.len() as u32, write.required));
            self.give_up(op, write.client, Traffic::Write, missing, ctx);
        }
    }
}
