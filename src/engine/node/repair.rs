//! Read repair: merge the rows a read has gathered, and push the merge to whoever lacks it.

use std::sync::Arc;

use super::coordinate::{Pending, Phase, ReadOp};
use super::{Body, Ctx, Node, Note, Repair};
use crate::engine::base::{NodeId, OpId};
use crate::engine::data::{Row, Rule};

/// The merge of all rows gathered.
fn merge_all(rule: Rule, read: &ReadOp) -> Option<Arc<Row>> {
    read.answers.iter().filter_map(|a| a.row.as_ref()?.as_ref()).fold(None, |merged, row| rule.merged(merged, Some(row)))
}

impl Node {
    /// All rows are in: merge them, and repair as the setting says.
    pub(super) fn resolve(&mut self, op: OpId, ctx: &mut Ctx<'_>) {
        let Some(Pending::Read(read)) = self.coordinator.pending.get_mut(&op) else { return };
        read.merged = merge_all(ctx.settings.rule, read);
        let target = ctx.digest(&read.merged);
        // A digest equal to the merge's is as good as the row: that replica was not asked again.
        let (current, behind): (Vec<NodeId>, Vec<NodeId>) =
            read.contacts.iter().partition(|node| read.answers.iter().any(|a| a.node == **node && a.digest == target));
        ctx.note(op, Note::Resolved { current: current.clone().into(), behind: behind.clone().into() });
        let required = read.required;
        match (ctx.settings.read.repair, read.merged.clone()) {
            (Repair::Blocking, Some(row)) if !behind.is_empty() => {
                // Cassandra 4.1, `BlockingPartitionRepair`: wait for as many as the level still lacks.
                let latch = required.saturating_sub(current.len() as u32);
                self.push(op, behind, latch, row, ctx);
            }
            (Repair::Asynchronous, Some(row)) if !behind.is_empty() => {
                self.answer_read(op, ctx);
                self.push(op, behind, 0, row, ctx);
            }
            (repair, _) => {
                if repair == Repair::Off && !behind.is_empty() {
                    ctx.note(op, Note::RepairSkipped { behind: behind.into() });
                }
                self.answer_read(op, ctx);
                self.coordinator.pending.remove(&op);
            }
        }
    }

    fn push(&mut self, op: OpId, behind: Vec<NodeId>, latch: u32, row: Arc<Row>, ctx: &mut Ctx<'_>) {
        let Some(Pending::Read(read)) = self.coordinator.pending.get_mut(&op) else { return };
        ctx.note(op, Note::RepairStarted { to: behind.clone().into(), latch });
        for node in &behind {
            ctx.send(*node, Some(op), Body::Repair { key: read.key.clone(), row: row.clone() });
        }
        read.phase = Phase::Repairing { latch, to: behind, acks: Vec::new() };
    }

    /// One more stale replica confirmed.
    pub(super) fn repair_acked(&mut self, op: OpId, from: NodeId, ctx: &mut Ctx<'_>) {
        let Some(Pending::Read(read)) = self.coordinator.pending.get_mut(&op) else { return };
        let Phase::Repairing { latch, to, acks } = &mut read.phase else { return };
        if acks.contains(&from) || !to.contains(&from) {
            return;
        }
        acks.push(from);
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
