//! A replica that takes part in a repair by whole trees: it says so, makes its trees when told, and forgets the repair in the end.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::message::RepairSay;
use super::plan::{Plan, shared};
use super::record::RepairState;
use super::stream::Streaming;
use super::{Say, SessionId};
use crate::engine::base::{Micros, NodeId};
use crate::engine::data::Store;
use crate::engine::node::desk::{Made, Task};
use crate::engine::node::sweeps::answer::idle;
use crate::engine::node::sweeps::{Refusal, SweepStep, Sweeps};
use crate::engine::node::{Ctx, Node, SweepPolicy, Timer};
use crate::engine::sweep::{TokenRange, Tree};

/// A repair that this node takes part in.
#[derive(Debug, Clone)]
pub struct Party {
    /// How it works.
    pub policy: SweepPolicy,
    /// Which ranges, and who takes part for each.
    pub plan: Plan,
    /// The rows as they were when it was told to take a snapshot.
    frozen: Option<Store>,
    /// Rows that come and go because this node was told to see to it, by the other replica.
    pub(super) streams: BTreeMap<NodeId, Streaming>,
    /// When anybody was last heard of.
    pub(super) touched: Micros,
    /// When the one that started it last heard that rows still come and go.
    pub(super) told: Micros,
}

impl Sweeps {
    /// The rows as they were when a repair took a snapshot of them, if it has.
    pub(in crate::engine::node) fn frozen(&self, session: SessionId) -> Option<&Store> {
        self.repairs.parties.get(&session)?.frozen.as_ref()
    }
}

impl Node {
    /// A node wants this one to take part in a repair.
    pub(super) fn repair_prepared(&mut self, session: SessionId, policy: SweepPolicy, plan: &Plan, promotes: bool, ctx: &mut Ctx<'_>) {
        let incremental = policy.validation.unwrap_or_default().incremental;
        let known = self.sweeps.repairs.parties.contains_key(&session);
        // Its own repair is no other's: a node may always take part in what it has started.
        let others = self.sweeps.answering.len() + self.sweeps.repairs.parties.keys().filter(|s| s.by != self.id).count();
        let full = session.by != self.id && others >= ctx.settings.sweeps.at_once as usize;
        let refusal = if policy.tree.fault().is_some() {
            Some(Refusal::Bounds)
        } else if !self.is_right(plan, ctx) {
            Some(Refusal::NotMine)
        } else if full && !known {
            Some(Refusal::Busy)
        } else {
            (incremental && !known && (self.records.record(session).is_some() || self.records.overlap(plan))).then_some(Refusal::Overlaps)
        };
        if let Some(why) = refusal {
            self.note_sweep(session, SweepStep::Refused { why }, ctx);
            return self.say(session.by, session, Say::Refused(why), ctx);
        }
        if !known {
            ctx.wake(idle(ctx).max(Micros(1)), Timer::SweepIdle(session));
            let party = Party { policy, plan: plan.clone(), frozen: None, streams: BTreeMap::new(), touched: ctx.now, told: ctx.now };
            self.sweeps.repairs.parties.insert(session, party);
            if incremental {
                self.set_aside(session, plan, promotes, ctx);
            }
        }
        self.say(session.by, session, Say::Repair(RepairSay::Prepared), ctx);
    }

    /// Somebody who takes part in a repair wants something.
    pub(super) fn party_told(&mut self, from: NodeId, session: SessionId, told: &RepairSay, ctx: &mut Ctx<'_>) {
        // Taken out while it is worked with, and put back.
        let Some(mut party) = self.sweeps.repairs.parties.remove(&session) else { return };
        party.touched = ctx.now;
        match told {
            RepairSay::Freeze if from == session.by => {
                party.frozen = Some(self.store.clone());
                self.say(from, session, Say::Repair(RepairSay::Frozen), ctx);
            }
            RepairSay::Validate { as_of } if from == session.by => {
                self.step_to(session, RepairState::Repairing, ctx);
                let mine: Vec<TokenRange> = shared(&party.plan, self.id, self.id).collect();
                self.check_ranges(&mine, ctx);
                let trees = self.validate(session, &party, *as_of, ctx);
                self.say(from, session, Say::Repair(RepairSay::Trees(trees)), ctx);
            }
            RepairSay::Sync { with, ranges, pull } if from == session.by => {
                self.stream_begun(session, &mut party, (*with, ranges, *pull), ctx)
            }
            RepairSay::Propose if from == session.by => {
                // What came is on disk before it is promised.
                self.flush(ctx);
                self.step_to(session, RepairState::Promised, ctx);
                self.say(from, session, Say::Repair(RepairSay::Promise), ctx);
            }
            RepairSay::Fetch { ranges } => self.stream_fetched(from, session, &party, ranges, ctx),
            _ => {}
        }
        self.sweeps.repairs.parties.insert(session, party);
    }

    /// Makes the tree of each of its ranges by reading every row, without tombstones that have expired by `as_of`.
    fn validate(&self, session: SessionId, party: &Party, as_of: u64, ctx: &mut Ctx<'_>) -> Box<[Arc<Tree>]> {
        let (store, policy) = (party.frozen.as_ref().unwrap_or(&self.store), party.policy.tree);
        let (mut read, mut leaves, mut computed) = (0, 0, 0);
        let mut trees = Vec::new();
        for range in shared(&party.plan, self.id, self.id) {
            let Made::Tree(tree, rows) = self.done_with(Task::Validated { session, range, policy, as_of }, store, ctx) else { continue };
            (read, leaves, computed) = (read + rows, leaves + tree.leaves(), computed + tree.computed());
            trees.push(tree);
        }
        let trees = trees.into();
        self.note_sweep(session, SweepStep::Trees { leaves, rows: read, computed }, ctx);
        trees
    }

    /// Whether everybody else in a repair has been silent for too long.
    pub(in crate::engine::node::sweeps) fn party_idle(&mut self, session: SessionId, ctx: &mut Ctx<'_>) {
        let Some(party) = self.sweeps.repairs.parties.get(&session) else { return self.ask_state(session, ctx) };
        let (silent, patience) = (ctx.now.since(party.touched), idle(ctx));
        if silent >= patience {
            self.sweeps.repairs.parties.remove(&session);
            self.note_sweep(session, SweepStep::Abandoned, ctx);
            self.ask_state(session, ctx);
        } else {
            ctx.wake(Micros(patience.0 - silent.0).max(Micros(1)), Timer::SweepIdle(session));
        }
    }
}
