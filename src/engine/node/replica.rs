//! A node as a replica: it holds rows, answers for them, and brings them to disk.

use std::sync::Arc;

use super::{Applied, Body, Ctx, Message, Node, Note, Out, Sync, Timer, Traffic};
use crate::engine::base::{Endpoint, NodeId, OpId};
use crate::engine::data::{Change, Key, Row, Store};

/// Who waits to hear that something is on disk.
#[derive(Debug, Clone)]
pub(super) struct Owed {
    to: Endpoint,
    op: Option<OpId>,
    owner: Option<NodeId>,
}

impl Node {
    /// A write: merges it in and acknowledges it, to the coordinator wherever the message came from.
    pub(super) fn take_write(&mut self, message: &Message, key: &Key, row: &Arc<Row>, answer_to: Endpoint, ctx: &mut Ctx<'_>) {
        let (op, owner, age) = (message.op, message.owner, ctx.now.since(message.sent_at));
        if ctx.settings.write.drop_late && age > ctx.settings.write.timeout {
            return ctx.note(op, Note::DroppedLate { key: key.clone(), age });
        }
        self.queue_heats(key, ctx);
        self.hold(owner, op, key, row, Traffic::Write, ctx);
        ctx.send_for(answer_to, owner, op, Body::WriteAck);
        let counted = ctx.settings.write.durable.is_some() || ctx.settings.write.primary.is_some();
        if counted && ctx.settings.sync != Sync::EveryWrite {
            if self.unsynced() == 0 {
                ctx.send_for(answer_to, owner, op, Body::OnDisk);
            } else {
                self.owed.push(Owed { to: answer_to, op, owner });
            }
        }
    }

    /// A write for several replicas of this zone: takes it and passes it on.
    pub(super) fn take_relay(&mut self, message: &Message, key: &Key, row: &Arc<Row>, to: &[NodeId], ctx: &mut Ctx<'_>) {
        self.take_write(message, key, row, message.from, ctx);
        if let Endpoint::Node(answer_to) = message.from {
            for node in to {
                ctx.send(*node, message.op, Body::Passed { key: key.clone(), row: row.clone(), answer_to });
            }
        }
    }

    /// Merges a row in, for this node or for the replica it stands in for. A row that loses is no failure: what is held is newer.
    pub(super) fn hold(&mut self, owner: Option<NodeId>, op: Option<OpId>, key: &Key, row: &Arc<Row>, by: Traffic, ctx: &mut Ctx<'_>) {
        let synced = self.is_synced(ctx);
        let buried = if owner.is_none_or(|owner| owner == self.id) { self.unburied(key, row, ctx) } else { None };
        let row = buried.as_ref().unwrap_or(row);
        let stands_for = owner.filter(|owner| *owner != self.id);
        let store = match stands_for {
            Some(owner) => self.guests.store(owner, ctx.now),
            None => &mut self.store,
        };
        let own = stands_for.is_none();
        let (change, before) = if by == Traffic::Repair && ctx.settings.misbehave.blind_repair {
            store.overwrite(key, row, synced)
        } else {
            store.apply(ctx.settings.rule, key, row, synced)
        };
        if own {
            if change == Change::Stored {
                self.trees_follow(key, before.as_deref(), ctx);
            }
            self.history_follows(key, row, change, ctx);
        }
        ctx.out.push(Out::Applied(Applied { op, key: key.clone(), before, given: row.clone(), change, by, stands_for }));
        if change == Change::Stored {
            self.changed(ctx);
            self.plan_sweep(ctx);
        }
        if stands_for.is_some() {
            self.start_handoff_timer(ctx);
        }
    }

    /// Whether a change is on disk at once.
    pub(super) fn is_synced(&self, ctx: &Ctx<'_>) -> bool {
        ctx.settings.sync == Sync::EveryWrite
    }

    /// Something has changed that may not be on disk yet: the commit log is to be brought there.
    pub(super) fn changed(&mut self, ctx: &mut Ctx<'_>) {
        if let (Sync::Every(span), false) = (ctx.settings.sync, self.sync_due) {
            self.sync_due = true;
            ctx.wake(span, Timer::Sync);
        }
    }

    pub(super) fn send_row(&mut self, message: &Message, key: &Key, round: u8, ctx: &mut Ctx<'_>) {
        if self.read_fails(message, key, ctx) {
            return self.fail_read(message, round, ctx);
        }
        ctx.send_for(message.from, message.owner, message.op, Body::Data { row: self.visible(message.owner, key, ctx), round });
    }

    pub(super) fn send_digest(&mut self, message: &Message, key: &Key, ctx: &mut Ctx<'_>) {
        if self.read_fails(message, key, ctx) {
            return self.fail_read(message, 1, ctx);
        }
        let digest = ctx.digest(&self.visible(message.owner, key, ctx));
        ctx.send_for(message.from, message.owner, message.op, Body::Digest(digest));
    }

    /// How many changes a crash would take back.
    pub fn unsynced(&self) -> usize {
        self.store.unsynced() + self.guests.unsynced()
    }

    /// Brings the commit log to disk (Cassandra's periodic mode, but only when there is something to sync).
    pub(super) fn sync(&mut self, ctx: &mut Ctx<'_>) {
        self.sync_due = false;
        self.history.sync();
        let changes = (self.store.sync() + self.guests.stores().map(Store::sync).sum::<usize>()) as u32;
        if changes > 0 {
            ctx.note(None, Note::Synced { changes });
        }
        for Owed { to, op, owner } in std::mem::take(&mut self.owed) {
            ctx.send_for(to, owner, op, Body::OnDisk);
        }
    }
}
