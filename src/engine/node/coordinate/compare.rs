//! Comparing what replicas have answered.

use super::plan::{Seat, nodes};
use super::read::{Answer, Phase, ReadOp};
use crate::engine::base::{Digest, NodeId, OpId};
use crate::engine::data::Rule;
use crate::engine::node::repair::merge_all;
use crate::engine::node::{Body, Ctx, Node, Note, Repair, SecondRound};

impl ReadOp {
    /// The row in hand that others are compared with: that of the closest replica that sent one.
    fn in_hand(&self) -> Option<&Answer> {
        self.contacts.iter().find_map(|seat| self.answers.iter().find(|a| a.seat == *seat && a.row.is_some()))
    }

    /// Answers that differ from the row in hand.
    fn differing(&self, first: &Answer) -> Vec<(Seat, Digest)> {
        self.answers.iter().filter(|a| a.digest != first.digest).map(|a| (a.seat, a.digest)).collect()
    }

    fn all_rows(&self) -> bool {
        self.answers.iter().all(|a| a.row.is_some())
    }

    fn merge(&mut self, rule: Rule) {
        self.merged = merge_all(rule, self);
    }
}

fn note_difference(op: OpId, first: &Answer, others: &[(Seat, Digest)], ctx: &mut Ctx<'_>) {
    let others: Box<[(NodeId, Digest)]> = others.iter().map(|(seat, digest)| (seat.node, *digest)).collect();
    ctx.note(op, Note::DigestsDiffer { data: (first.seat.node, first.digest), others });
}

impl Node {
    /// Enough first answers are in: do they agree?
    pub(super) fn compare(&mut self, op: OpId, ctx: &mut Ctx<'_>) {
        let settings = &ctx.settings.read;
        let Some(read) = self.coordinator.read(op) else { return };
        let Some(first) = read.in_hand().cloned() else { return };
        let others = read.differing(&first);
        let alone = read.contacts.len() == 1;
        if !alone {
            self.coordinator.lately.compared(settings.contact, !others.is_empty());
        }
        let Some(read) = self.coordinator.read(op) else { return };
        if others.is_empty() {
            if !alone {
                ctx.note(op, Note::DigestsMatch);
            }
            read.merged = first.row.flatten();
            self.answer_read(op, ctx);
            return self.linger(op, ctx);
        }
        note_difference(op, &first, &others, ctx);
        if read.all_rows() && !read.silent().is_empty() && ctx.repair_of(op) == Repair::Asynchronous {
            // Riak KV, `riak_kv_get_fsm`: answer with what is here; compare and repair once everyone has answered.
            read.merge(ctx.settings.rule);
            self.answer_read(op, ctx);
            return self.linger(op, ctx);
        }
        let again = match settings.second_round {
            // With whole rows in hand there is nothing left to ask.
            _ if read.all_rows() => Vec::new(),
            SecondRound::Differing => others.iter().map(|(seat, _)| *seat).collect(),
            SecondRound::Everyone => read.contacts.clone(),
        };
        self.second_round(op, again, ctx);
    }

    /// The answer is out long since, and everyone has answered or will not: do they agree?
    pub(super) fn compare_rest(&mut self, op: OpId, ctx: &mut Ctx<'_>) {
        let contact = ctx.settings.read.contact;
        let Some(read) = self.coordinator.read(op) else { return };
        let found = read.in_hand().cloned().map(|first| (read.differing(&first), first));
        let Some((others, first)) = found.filter(|(others, _)| !others.is_empty()) else {
            self.coordinator.pending.remove(&op);
            self.coordinator.lately.compared(contact, false);
            return ctx.note(op, Note::DigestsMatch);
        };
        let again = read.answers.iter().filter(|a| a.row.is_none() && a.digest != first.digest).map(|a| a.seat).collect();
        note_difference(op, &first, &others, ctx);
        self.coordinator.lately.compared(contact, true);
        self.second_round(op, again, ctx);
    }

    /// Asks these replicas for their rows, or goes on at once if none is missing.
    fn second_round(&mut self, op: OpId, waiting: Vec<Seat>, ctx: &mut Ctx<'_>) {
        let Some(read) = self.coordinator.read(op) else { return };
        let key = read.key.clone();
        read.phase = Phase::Second { waiting: waiting.clone() };
        for seat in &waiting {
            self.send_to(seat, op, Body::ReadData { key: key.clone(), round: 2 }, ctx);
        }
        if waiting.is_empty() {
            self.resolve(op, ctx);
        }
    }

    /// Repair is off: says who stays behind.
    pub(in crate::engine::node) fn note_skipped(&self, op: OpId, behind: &[Seat], ctx: &mut Ctx<'_>) {
        if !behind.is_empty() {
            ctx.note(op, Note::RepairSkipped { behind: nodes(behind) });
        }
    }
}
