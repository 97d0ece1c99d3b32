//! The node that starts a repair by whole trees: it collects the trees, compares every two, and has differing replicas brought into line.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use super::message::RepairSay;
use super::note::RepairStep;
use super::plan::{Plan, parties, shared};
use super::{Again, Say, SessionId};
use crate::engine::base::{Micros, NodeId, map_of};
use crate::engine::node::settings::Parallelism;
use crate::engine::node::sweeps::{Refusal, SweepOutcome, SweepStep};
use crate::engine::node::{Ctx, Method, Node, SweepPolicy, Timer};
use crate::engine::sweep::{LevelCount, TokenRange, Tree, difference, merged_ranges};

/// What a repair waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RepairPhase {
    /// Everybody's word that they take part.
    Preparing,
    /// Snapshots.
    Freezing,
    /// Trees.
    Validating,
    /// Pairs that are being brought into line.
    Syncing,
    /// Promises to mark what has been repaired.
    Proposing,
}

/// Two replicas that differ, and where.
pub type Apart = (NodeId, NodeId, Arc<[TokenRange]>);

/// A repair that this node has started.
#[derive(Debug, Clone)]
pub struct Repair {
    /// Its name.
    pub session: SessionId,
    /// The only other node that takes part, if one was named.
    with: Option<NodeId>,
    /// How.
    pub policy: SweepPolicy,
    /// Ranges and who takes part for each.
    pub plan: Plan,
    /// What it waits for.
    pub phase: RepairPhase,
    /// Whose answers are missing.
    waiting: BTreeSet<NodeId>,
    /// Who makes trees after whom: the first of each queue is at it.
    queues: Vec<VecDeque<NodeId>>,
    /// When it was as trees began to be made, by this node's clock.
    as_of: u64,
    /// Trees that have come.
    pub trees: BTreeMap<NodeId, Box<[Arc<Tree>]>>,
    /// Pairs found to differ.
    pub apart: Vec<Apart>,
    /// Pairs that are being brought into line: who does it, with whom.
    syncs: BTreeSet<(NodeId, NodeId)>,
    pulled: u32,
    pushed: u32,
    /// Whether rows are marked in the end.
    promotes: bool,
    attempt: u32,
    /// When something last came.
    touched: Micros,
}

impl Repair {
    /// One of the others, to name the repair by.
    fn other(&self) -> NodeId {
        let by = self.session.by;
        self.with.or_else(|| parties(&self.plan).into_iter().find(|node| *node != by)).unwrap_or(by)
    }

    /// How it has ended, if well.
    fn outcome(&self) -> SweepOutcome {
        if self.apart.is_empty() {
            return SweepOutcome::Equal;
        }
        SweepOutcome::Repaired { pulled: self.pulled, pushed: self.pushed }
    }

    /// Whose ranges these trees must be for: that they are so.
    fn fits(&self, from: NodeId, trees: &[Arc<Tree>]) -> bool {
        let tree = self.policy.tree;
        let ranges = shared(&self.plan, from, from);
        let fits = |tree_of: &Arc<Tree>, range| tree_of.range() == range && tree_of.policy() == tree;
        shared(&self.plan, from, from).count() == trees.len() && ranges.zip(trees).all(|(range, tree)| fits(tree, range))
    }
}

impl Node {
    /// Starts a repair: with one other node over what both hold, or with all replicas of the ranges that the policy names.
    pub(in crate::engine::node) fn start_repair(&mut self, with: Option<NodeId>, policy: SweepPolicy, attempt: u32, ctx: &mut Ctx<'_>) {
        self.sweeps.begun += 1;
        let session = SessionId { by: self.id, generation: self.generation, number: self.sweeps.begun };
        let (plan, down) = self.plan_repair(with, policy.validation.unwrap_or_default(), ctx);
        if plan.is_empty() {
            return self.note_sweep(session, SweepStep::NothingInCommon { with: with.unwrap_or(self.id) }, ctx);
        }
        if self.sweeps.asking.len() + self.sweeps.repairs.coordinating.len() >= ctx.settings.sweeps.at_once as usize {
            return self.note_sweep(session, SweepStep::Refused { why: Refusal::Busy }, ctx);
        }
        // Rows that not all replicas have seen, or that only some were asked for, are not marked.
        let promotes = with.is_none() && down.is_none();
        let repair = Repair {
            session,
            with,
            policy,
            phase: RepairPhase::Preparing,
            waiting: parties(&plan),
            plan,
            queues: Vec::new(),
            as_of: 0,
            trees: BTreeMap::new(),
            apart: Vec::new(),
            syncs: BTreeSet::new(),
            pulled: 0,
            pushed: 0,
            promotes,
            attempt,
            touched: ctx.now,
        };
        let began = SweepStep::Began { with: repair.other(), method: Method::Validation, ranges: repair.plan.len() as u32 };
        self.note_sweep(session, began, ctx);
        if let (Some(node), false) = (down, policy.validation.unwrap_or_default().force) {
            return self.end_repair(repair, SweepOutcome::Down(node), ctx);
        }
        for node in &repair.waiting {
            self.say(*node, session, Say::Repair(RepairSay::Prepare { policy, plan: repair.plan.clone(), promotes }), ctx);
        }
        self.sweeps.repairs.coordinating.insert(session.number, repair);
        ctx.wake(ctx.settings.sweeps.timeout.max(Micros(1)), Timer::SweepPatience(session.number));
    }

    /// One that takes part answers.
    pub(super) fn repair_answered(&mut self, from: NodeId, session: SessionId, told: &RepairSay, ctx: &mut Ctx<'_>) {
        if !self.sweeps.repairs.coordinates(session) {
            return;
        }
        // Taken out while it is worked on, and put back unless it has ended.
        let Some(mut repair) = self.sweeps.repairs.coordinating.remove(&session.number) else { return };
        let ended = match (told, repair.phase) {
            (RepairSay::Prepared, RepairPhase::Preparing) | (RepairSay::Frozen, RepairPhase::Freezing) => {
                self.ready(&mut repair, from, ctx);
                None
            }
            (RepairSay::Trees(trees), RepairPhase::Validating) => self.trees_came(&mut repair, from, trees, ctx),
            (RepairSay::Going { with }, RepairPhase::Syncing) if repair.syncs.contains(&(from, *with)) => {
                repair.touched = ctx.now;
                None
            }
            (RepairSay::Synced { with, came, went }, RepairPhase::Syncing) if repair.syncs.remove(&(from, *with)) => {
                repair.touched = ctx.now;
                let (pulled, pushed) = if from == self.id { (*came, *went) } else { (0, came.saturating_add(*went)) };
                repair.pulled = repair.pulled.saturating_add(pulled);
                repair.pushed = repair.pushed.saturating_add(pushed);
                if repair.syncs.is_empty() { self.in_line(&mut repair, ctx) } else { None }
            }
            (RepairSay::Promise, RepairPhase::Proposing) => {
                repair.waiting.remove(&from);
                repair.touched = ctx.now;
                repair.waiting.is_empty().then(|| repair.outcome())
            }
            _ => None,
        };
        match ended {
            None => {
                self.sweeps.repairs.coordinating.insert(session.number, repair);
            }
            Some(outcome) => self.end_repair(repair, outcome, ctx),
        }
    }

    /// Somebody is ready for what comes next: once all are, it comes.
    fn ready(&self, repair: &mut Repair, from: NodeId, ctx: &mut Ctx<'_>) {
        if !repair.waiting.remove(&from) {
            return;
        }
        repair.touched = ctx.now;
        if !repair.waiting.is_empty() {
            return;
        }
        let (all, order) = (parties(&repair.plan), repair.policy.validation.unwrap_or_default().order);
        if repair.phase == RepairPhase::Preparing {
            self.note_sweep(repair.session, SweepStep::Repair(RepairStep::Ready { parties: all.len() as u32 }), ctx);
            if order != Parallelism::Parallel {
                (repair.phase, repair.waiting) = (RepairPhase::Freezing, all);
                repair.waiting.iter().for_each(|node| self.say(*node, repair.session, Say::Repair(RepairSay::Freeze), ctx));
                return;
            }
        }
        repair.phase = RepairPhase::Validating;
        let mut queues: BTreeMap<u32, VecDeque<NodeId>> = BTreeMap::new();
        for node in all {
            let queue = match order {
                Parallelism::Parallel => node.0,
                Parallelism::Sequential => 0,
                Parallelism::ZoneByZone => ctx.ring.zone_of(node).0,
            };
            queues.entry(queue).or_default().push_back(node);
        }
        repair.queues = queues.into_values().collect();
        // One clock for all: what has expired by it is invisible to everybody.
        repair.as_of = self.clock.shows(ctx.now);
        for first in repair.queues.iter().filter_map(VecDeque::front) {
            self.say(*first, repair.session, Say::Repair(RepairSay::Validate { as_of: repair.as_of }), ctx);
        }
    }

    fn trees_came(&self, repair: &mut Repair, from: NodeId, trees: &[Arc<Tree>], ctx: &mut Ctx<'_>) -> Option<SweepOutcome> {
        let queue = repair.queues.iter_mut().find(|queue| queue.front() == Some(&from))?;
        queue.pop_front();
        let next = queue.front().copied();
        if !repair.fits(from, trees) {
            return Some(SweepOutcome::Nonsense);
        }
        repair.touched = ctx.now;
        repair.trees.insert(from, trees.into());
        if let Some(next) = next {
            self.say(next, repair.session, Say::Repair(RepairSay::Validate { as_of: repair.as_of }), ctx);
        }
        if repair.queues.iter().any(|queue| !queue.is_empty()) {
            return None;
        }
        self.compare_all(repair, ctx);
        if repair.syncs.is_empty() { self.in_line(repair, ctx) } else { None }
    }

    /// All who take part hold the same now: a full repair is over, an incremental one asks for promises.
    fn in_line(&self, repair: &mut Repair, ctx: &mut Ctx<'_>) -> Option<SweepOutcome> {
        if !repair.policy.validation.unwrap_or_default().incremental {
            return Some(repair.outcome());
        }
        (repair.phase, repair.waiting) = (RepairPhase::Proposing, parties(&repair.plan));
        repair.waiting.iter().for_each(|node| self.say(*node, repair.session, Say::Repair(RepairSay::Propose), ctx));
        None
    }

    /// Compares the trees of every two replicas of each range, all n (n - 1) / 2 pairs, and has those that differ brought into line.
    fn compare_all(&self, repair: &mut Repair, ctx: &mut Ctx<'_>) {
        let bits = repair.policy.tree.bits();
        let mut levels: Vec<LevelCount> = Vec::new();
        let mut pairs: BTreeMap<(NodeId, NodeId), Vec<TokenRange>> = BTreeMap::new();
        // Everybody sent the trees of its ranges in the plan's order.
        let mut nexts = map_of(repair.trees.iter().map(|(n, all)| (*n, all.iter())));
        for share in repair.plan.iter() {
            let mut next = |node: &NodeId| Some((*node, nexts.get_mut(node)?.next()?));
            let trees: Vec<(NodeId, &Arc<Tree>)> = share.holders.iter().filter_map(&mut next).collect();
            for (i, (a, x)) in trees.iter().enumerate() {
                for (b, y) in &trees[i + 1..] {
                    let found = difference(x, y);
                    levels.resize(levels.len().max(found.levels.len()), LevelCount::default());
                    for (sum, level) in levels.iter_mut().zip(&found.levels) {
                        sum.compared += level.compared;
                        sum.differed += level.differed;
                    }
                    pairs.entry((*a, *b)).or_default().extend(merged_ranges(share.range, bits, &found));
                }
            }
        }
        for (level, count) in (0u32..).zip(levels) {
            self.note_sweep(repair.session, SweepStep::Compared { level, count }, ctx);
        }
        repair.phase = RepairPhase::Syncing;
        let pull = repair.policy.validation.unwrap_or_default().pull;
        for ((a, b), ranges) in pairs {
            let count = ranges.len() as u32;
            self.note_sweep(repair.session, SweepStep::Repair(RepairStep::Pair { a, b, ranges: count }), ctx);
            if count == 0 {
                continue;
            }
            let ranges: Arc<[TokenRange]> = ranges.into();
            repair.apart.push((a, b, ranges.clone()));
            let (runner, with) = if b == self.id { (b, a) } else { (a, b) };
            if !pull || runner == self.id {
                repair.syncs.insert((runner, with));
                self.say(runner, repair.session, Say::Repair(RepairSay::Sync { with, ranges, pull }), ctx);
            }
        }
    }

    /// One that takes part cannot, or can no longer.
    pub(super) fn repair_refused(&mut self, session: SessionId, why: Refusal, ctx: &mut Ctx<'_>) {
        if self.sweeps.repairs.coordinates(session)
            && let Some(repair) = self.sweeps.repairs.coordinating.remove(&session.number)
        {
            self.end_repair(repair, SweepOutcome::Refused(why), ctx);
        }
    }

    /// Time to see whether anybody is still heard.
    pub(in crate::engine::node::sweeps) fn repair_waited(&mut self, number: u32, ctx: &mut Ctx<'_>) {
        let Some(repair) = self.sweeps.repairs.coordinating.get(&number) else { return };
        let (silent, patience) = (ctx.now.since(repair.touched), ctx.settings.sweeps.timeout);
        if silent < patience {
            ctx.wake(Micros(patience.0 - silent.0).max(Micros(1)), Timer::SweepPatience(number));
        } else if let Some(repair) = self.sweeps.repairs.coordinating.remove(&number) {
            self.end_repair(repair, SweepOutcome::TimedOut, ctx);
        }
    }

    /// A person stops a repair that this node has started, or all of them and what rests before another try.
    pub(in crate::engine::node::sweeps) fn stop_repairs(&mut self, number: Option<u32>, ctx: &mut Ctx<'_>) {
        if number.is_none() {
            self.sweeps.repairs.again.clear();
        }
        let repairs = self.sweeps.repairs.coordinating.keys().copied();
        let all: Vec<u32> = repairs.filter(|known| number.is_none_or(|wanted| *known == wanted)).collect();
        for number in all {
            if let Some(repair) = self.sweeps.repairs.coordinating.remove(&number) {
                self.end_repair(repair, SweepOutcome::Stopped, ctx);
            }
        }
    }

    /// The ring was redrawn, and these repairs are over ranges that are others now.
    pub(in crate::engine::node::sweeps) fn repairs_over(&mut self, numbers: &[u32], ctx: &mut Ctx<'_>) {
        for number in numbers {
            if let Some(repair) = self.sweeps.repairs.coordinating.remove(number) {
                self.end_repair(repair, SweepOutcome::Redrawn, ctx);
            }
        }
    }

    /// The repair is over: everybody may forget it. If it failed, what has been merged stays, and it is tried again after a rest.
    fn end_repair(&mut self, repair: Repair, outcome: SweepOutcome, ctx: &mut Ctx<'_>) {
        let (session, number) = (repair.session, repair.session.number);
        self.note_sweep(session, SweepStep::Ended { with: repair.other(), outcome }, ctx);
        let marks = outcome.is_good() && repair.policy.validation.unwrap_or_default().incremental;
        if marks {
            self.note_sweep(session, SweepStep::Repair(RepairStep::Committed { promotes: repair.promotes }), ctx);
        }
        if !matches!(outcome, SweepOutcome::Down(_)) {
            let last = if marks { Say::Repair(RepairSay::Commit) } else { Say::Close };
            parties(&repair.plan).into_iter().for_each(|node| self.say(node, session, last.clone(), ctx));
        }
        let settings = ctx.settings.sweeps;
        if outcome.may_pass() && repair.attempt < settings.retries {
            let rest = Micros(settings.back_off.0.saturating_mul(1 << repair.attempt.min(20))).max(Micros(1));
            let again = Again { with: repair.with, policy: repair.policy, attempt: repair.attempt + 1 };
            self.sweeps.repairs.again.insert(number, again);
            ctx.wake(rest, Timer::SweepAgain(number));
        }
    }
}
