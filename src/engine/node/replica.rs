//! A node as a replica: it holds rows, answers for them, and brings them to disk.

use std::sync::Arc;

use super::{Applied, Body, Ctx, Node, Note, Out, Sync, Timer, Traffic};
use crate::engine::base::{Endpoint, OpId};
use crate::engine::data::{Change, Key, Row};

impl Node {
    /// Merges a row in and acknowledges it; a row that loses is acknowledged too, since what is held is newer.
    pub(super) fn replicate(&mut self, from: Endpoint, op: Option<OpId>, key: &Key, row: &Arc<Row>, by: Traffic, ctx: &mut Ctx<'_>) {
        let synced = self.is_synced(ctx);
        let (change, before) = self.store.apply(ctx.settings.rule, key, row, synced);
        ctx.out.push(Out::Applied(Applied { op, key: key.clone(), before, given: row.clone(), change, by }));
        if change == Change::Stored {
            self.changed(ctx);
            self.plan_sweep(ctx);
        }
        ctx.send(from, op, if by == Traffic::Repair { Body::RepairAck } else { Body::WriteAck });
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

    pub(super) fn send_row(&self, to: Endpoint, op: Option<OpId>, key: &Key, round: u8, ctx: &mut Ctx<'_>) {
        ctx.send(to, op, Body::Data { row: self.visible(key, ctx), round });
    }

    pub(super) fn send_digest(&self, to: Endpoint, op: Option<OpId>, key: &Key, ctx: &mut Ctx<'_>) {
        ctx.send(to, op, Body::Digest(ctx.digest(&self.visible(key, ctx))));
    }

    /// Brings the commit log to disk (Cassandra's periodic mode, but only when there is something to sync).
    pub(super) fn sync(&mut self, ctx: &mut Ctx<'_>) {
        self.sync_due = false;
        let changes = self.store.sync() as u32;
        if changes > 0 {
            ctx.note(None, Note::Synced { changes });
        }
    }
}
