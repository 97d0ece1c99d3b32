//! Read repair: merge the rows a read has gathered, and push the merge to whoever lacks it.

use std::sync::Arc;

use super::coordinate::{Phase, ReadOp, Seat, nodes};
use super::{Body, Ctx, Node, Note, Repair, Timer};
use crate::engine::base::{NodeId, OpId};
use crate::engine::data::{Row, Rule};

/// The merge of all rows gathered.
pub(super) fn merge_all(rule: Rule, read: &ReadOp) -> Option<Arc<Row>> {
    read.answers.iter().filter_map(|a| a.row.as_ref()?.as_ref()).fold(None, |merged, row| rule.merged(merged, Some(row)))
}

impl Ctx<'_> {
    /// How a read repairs. One that a node makes for itself is made for nothing else.
    pub(super) fn repair_of(&self, op: OpId) -> Repair {
        match self.settings.read.repair {
            Repair::Off if op.is_own() => Repair::Asynchronous,
            repair => repair,
        }
    }
}

impl Node {
    /// All rows are in: merge them, and repair as the setting says.
    pub(super) fn resolve(&mut self, op: OpId, ctx: &mut Ctx<'_>) {
        let repair = ctx.repair_of(op);
        let Some(read) = self.coordinator.read(op) else { return };
        read.merged = merge_all(ctx.settings.rule, read);
        let target = ctx.digest(&read.merged);
        let still = if let Phase::Second { waiting } = &read.phase { waiting.clone() } else { Vec::new() };
        // A digest equal to the merge's is as good as the row: that replica was not asked again.
        let known: Vec<Seat> = read.contacts.iter().filter(|seat| read.answers.iter().any(|a| a.seat == **seat)).copied().collect();
        let (current, mut behind): (Vec<Seat>, Vec<Seat>) =
            known.into_iter().partition(|seat| read.answers.iter().any(|a| a.seat == *seat && a.digest == target));
        behind.retain(|seat| !still.contains(seat));
        ctx.note(op, Note::Resolved { current: nodes(&current), behind: nodes(&behind) });
        let held = read.need.counted(current.iter().map(|seat| seat.zone));
        let lacking = if read.answered { 0 } else { read.required.saturating_sub(held) };
        let push = repair != Repair::Off && !behind.is_empty();
        match (repair, read.merged.clone()) {
            (Repair::Blocking | Repair::Bounded(_), Some(row)) if push => {
                // Apache Cassandra 4.1, `BlockingPartitionRepair`: wait for as many as the level still lacks.
                self.push(op, behind, lacking, held, row, ctx);
            }
            (Repair::BlockingAll, Some(row)) if push => {
                // Apache Cassandra 3.11, `DataResolver`: all repair writes are waited for, needed or not.
                let latch = if read.answered { 0 } else { behind.len() as u32 };
                self.push(op, behind, latch, held, row, ctx);
            }
            (Repair::Asynchronous, Some(row)) if push => {
                self.answer_read(op, ctx);
                self.push(op, behind, 0, held, row, ctx);
            }
            _ => {
                if repair == Repair::Off {
                    self.note_skipped(op, &behind, ctx);
                }
                self.answer_read(op, ctx);
                self.coordinator.pending.remove(&op);
            }
        }
    }

    fn push(&mut self, op: OpId, behind: Vec<Seat>, latch: u32, current: u32, row: Arc<Row>, ctx: &mut Ctx<'_>) {
        let settings = &ctx.settings.read;
        let Some(read) = self.coordinator.read(op) else { return };
        let (key, down, more) = (read.key.clone(), read.down.clone(), !read.spare.is_empty());
        read.phase = Phase::Repairing { latch, current, to: behind.clone(), acks: Vec::new() };
        ctx.note(op, Note::RepairStarted { to: nodes(&behind), latch });
        for seat in &behind {
            self.send_to(seat, op, Body::Repair { key: key.clone(), row: row.clone() }, ctx);
        }
        if latch == 0 {
            // Enough hold it already: nobody needs to be waited for.
            self.answer_read(op, ctx);
        }
        if let (Repair::Bounded(most), true) = (settings.repair, latch > 0) {
            ctx.wake(most, Timer::RepairBound(op));
        }
        // Where all that are repaired must confirm, nobody else's confirmation can stand in (Apache Cassandra 3.x has no such write).
        let may = latch > 0 && more && settings.repair != Repair::BlockingAll;
        if let (Some(delay), true) = (settings.additional_write, may) {
            ctx.wake(delay, Timer::WriteMore(op));
        }
        if settings.hint_repairs {
            for target in down {
                self.hint(target, Some(op), &key, &row, false, ctx);
            }
        }
    }

    /// The repair takes long: sends the merge to replicas that were not read, too, whose acknowledgements count as well
    /// (Apache Cassandra 4.1, `BlockingPartitionRepair.maybeSendAdditionalWrites`).
    pub(super) fn write_more(&mut self, op: OpId, ctx: &mut Ctx<'_>) {
        let Some(read) = self.coordinator.read(op) else { return };
        let more = std::mem::take(&mut read.spare);
        let (key, Some(row), Phase::Repairing { to, .. }) = (read.key.clone(), read.merged.clone(), &mut read.phase) else { return };
        to.extend(&more);
        ctx.note(op, Note::WroteMore { to: nodes(&more) });
        for seat in &more {
            self.send_to(seat, op, Body::Repair { key: key.clone(), row: row.clone() }, ctx);
        }
    }

    /// The client waits no longer for the repair.
    pub(super) fn repair_bounded(&mut self, op: OpId, ctx: &mut Ctx<'_>) {
        let Some(read) = self.coordinator.read(op) else { return };
        let Phase::Repairing { latch, acks, .. } = &read.phase else { return };
        ctx.note(op, Note::RepairBounded { missing: latch.saturating_sub(acks.len() as u32) });
        self.answer_read(op, ctx);
    }

    /// One more stale replica confirmed.
    pub(super) fn repair_acked(&mut self, op: OpId, from: NodeId, owner: Option<NodeId>, ctx: &mut Ctx<'_>) {
        let Some(read) = self.coordinator.read(op) else { return };
        let Phase::Repairing { latch, to, acks, .. } = &mut read.phase else { return };
        let Some(seat) = to.iter().copied().find(|seat| seat.is(from, owner)).filter(|seat| !acks.contains(seat)) else { return };
        acks.push(seat);
        let (count, latch, done) = (acks.len() as u32, *latch, acks.len() == to.len());
        if count >= latch && !read.answered {
            ctx.note(op, Note::RepairLatchOpened { acks: count });
            self.answer_read(op, ctx);
        }
        if done {
            self.coordinator.pending.remove(&op);
        }
    }
}

impl ReadOp {
    /// Whether a blocking repair still holds back the answer.
    pub(super) fn repair_waits(&self) -> bool {
        matches!(self.phase, Phase::Repairing { .. }) && !self.answered
    }
}
