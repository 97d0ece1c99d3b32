//! Reads: one row and digests, and a second round for rows when they differ (Apache Cassandra 4.1, `service/reads`).

use std::sync::Arc;

use super::{Pending, Plan, ask_rows};
use crate::engine::base::{Digest, Endpoint, NodeId, OpId};
use crate::engine::data::{Key, Row};
use crate::engine::node::{Body, Ctx, Node, Note, Outcome, SecondRound, Traffic};

/// What one replica has answered.
#[derive(Debug, Clone)]
pub struct Answer {
    /// Who.
    pub node: NodeId,
    /// Its digest, sent as such or computed from its row.
    pub digest: Digest,
    /// Its row, if it sent one: `Some(None)` says that it holds none.
    pub row: Option<Option<Arc<Row>>>,
}

/// How far a read has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Phase {
    /// Waiting for the first answers.
    First,
    /// Digests differed: waiting for these replicas' rows.
    Second {
        /// Whose rows are still missing.
        waiting: Vec<NodeId>,
    },
    /// Rows are merged; stale replicas are being repaired.
    Repairing {
        /// Acknowledgements the answer waits for.
        latch: u32,
        /// Who was sent the merged row.
        to: Vec<NodeId>,
        /// Who confirmed.
        acks: Vec<NodeId>,
    },
}

/// A read in progress.
#[derive(Debug, Clone)]
pub struct ReadOp {
    /// Who waits for it.
    pub client: Endpoint,
    /// The key.
    pub key: Key,
    /// Answers needed.
    pub required: u32,
    /// Replicas asked, closest first.
    pub contacts: Vec<NodeId>,
    /// Answers so far, at most one per replica.
    pub answers: Vec<Answer>,
    /// How far it has come.
    pub phase: Phase,
    /// The merge of all rows, once known.
    pub merged: Option<Arc<Row>>,
    /// Whether the client has been told.
    pub answered: bool,
}

impl ReadOp {
    /// Answers that count in the present phase.
    pub(super) fn received(&self) -> u32 {
        match &self.phase {
            Phase::First => self.answers.len() as u32,
            Phase::Second { waiting } => (self.contacts.len() - waiting.len()) as u32,
            // The level's replicas that are known to hold the answer.
            Phase::Repairing { to, acks, .. } => (self.contacts.len() - to.len() + acks.len()) as u32,
        }
    }

    fn answer_of(&mut self, node: NodeId) -> Option<&mut Answer> {
        self.answers.iter_mut().find(|a| a.node == node)
    }
}

impl Node {
    /// Asks as many replicas as the level needs, itself first if it is one: the first for its row, the others for digests.
    pub(super) fn start_read(&mut self, op: OpId, client: Endpoint, key: &Key, plan: Plan, ctx: &mut Ctx<'_>) {
        let mut contacts = plan.alive;
        contacts.sort_by_key(|node| *node != self.id);
        contacts.truncate(plan.required as usize);
        ctx.note(op, Note::Chose { required: plan.required, asked: contacts.clone().into(), down: plan.down.into() });
        if ctx.settings.read.digests {
            ask_rows(&contacts[..1], op, key, 1, ctx);
            for node in &contacts[1..] {
                ctx.send(*node, Some(op), Body::ReadDigest { key: key.clone() });
            }
        } else {
            ask_rows(&contacts, op, key, 1, ctx);
        }
        let read = ReadOp {
            client,
            key: key.clone(),
            required: plan.required,
            contacts,
            answers: Vec::new(),
            phase: Phase::First,
            merged: None,
            answered: false,
        };
        self.open(op, Pending::Read(read), ctx);
    }

    /// A whole row came, in the first or the second round.
    pub(in crate::engine::node) fn data_came(&mut self, op: OpId, from: NodeId, row: &Option<Arc<Row>>, round: u8, ctx: &mut Ctx<'_>) {
        let Some(Pending::Read(read)) = self.coordinator.pending.get_mut(&op) else { return };
        let digest = ctx.digest(row);
        match (&mut read.phase, round) {
            (Phase::First, 1) => self.first_answer(op, Answer { node: from, digest, row: Some(row.clone()) }, ctx),
            (Phase::Second { waiting }, 2) if waiting.contains(&from) => {
                waiting.retain(|node| *node != from);
                let complete = waiting.is_empty();
                if let Some(answer) = read.answer_of(from) {
                    (answer.digest, answer.row) = (digest, Some(row.clone()));
                }
                if complete {
                    self.resolve(op, ctx);
                }
            }
            // A duplicate, or an answer to a round that is over.
            _ => {}
        }
    }

    /// A digest came.
    pub(in crate::engine::node) fn digest_came(&mut self, op: OpId, from: NodeId, digest: Digest, ctx: &mut Ctx<'_>) {
        self.first_answer(op, Answer { node: from, digest, row: None }, ctx);
    }

    fn first_answer(&mut self, op: OpId, answer: Answer, ctx: &mut Ctx<'_>) {
        let Some(Pending::Read(read)) = self.coordinator.pending.get_mut(&op) else { return };
        let known = read.answers.iter().any(|a| a.node == answer.node);
        if read.phase != Phase::First || known || !read.contacts.contains(&answer.node) {
            return;
        }
        read.answers.push(answer);
        let (received, required) = (read.answers.len() as u32, read.required);
        if received == required {
            ctx.note(op, Note::QuorumReached { received, required });
            self.compare(op, ctx);
        }
    }

    /// All first answers are in: do they agree?
    fn compare(&mut self, op: OpId, ctx: &mut Ctx<'_>) {
        let Some(Pending::Read(read)) = self.coordinator.pending.get_mut(&op) else { return };
        // Asked first, so its row is here; it came by a digest read's one data request or with all other rows.
        let Some(first) = read.answers.iter().find(|a| a.node == read.contacts[0]).cloned() else { return };
        let others: Vec<(NodeId, Digest)> = read.answers.iter().filter(|a| a.digest != first.digest).map(|a| (a.node, a.digest)).collect();
        if others.is_empty() {
            if read.contacts.len() > 1 {
                ctx.note(op, Note::DigestsMatch);
            }
            read.merged = first.row.flatten();
            self.answer_read(op, ctx);
            self.coordinator.pending.remove(&op);
            return;
        }
        ctx.note(op, Note::DigestsDiffer { data: (first.node, first.digest), others: others.clone().into() });
        let waiting: Vec<NodeId> = match ctx.settings.read.second_round {
            // With whole rows in hand there is nothing left to ask.
            _ if read.answers.iter().all(|a| a.row.is_some()) => Vec::new(),
            SecondRound::Differing => others.iter().map(|(node, _)| *node).collect(),
            SecondRound::Everyone => read.contacts.clone(),
        };
        ask_rows(&waiting, op, &read.key, 2, ctx);
        let complete = waiting.is_empty();
        read.phase = Phase::Second { waiting };
        if complete {
            self.resolve(op, ctx);
        }
    }

    /// Tells the client what was found.
    pub(in crate::engine::node) fn answer_read(&mut self, op: OpId, ctx: &mut Ctx<'_>) {
        let Some(Pending::Read(read)) = self.coordinator.pending.get_mut(&op) else { return };
        if !read.answered {
            read.answered = true;
            let outcome = Outcome::Found(read.merged.clone());
            ctx.send(read.client, Some(op), Body::Reply { traffic: Traffic::Read, outcome });
        }
    }
}
