//! Incremental repair (Apache Cassandra 4.0, `repair/consistent/LocalSession`): each node knows which rows a repair has taken in, on disk.
//! Rows that no repair has taken in are set aside for the next one (there: anticompaction into pending files); when everybody has promised,
//! they count as repaired and are never compared again, until they are written. A row is marked with the number of the repair that set it
//! aside, so that neither success nor failure has to touch rows: what a mark means, the record says.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::message::RepairSay;
use super::note::RepairStep;
use super::plan::{Plan, parties, shared};
use super::{Say, SessionId};
use crate::engine::base::{Micros, NodeId};
use crate::engine::data::{Key, PageMap, Row};
use crate::engine::node::sweeps::SweepStep;
use crate::engine::node::sweeps::answer::idle;
use crate::engine::node::{Ctx, Node, Timer, Traffic};

/// How often a node asks what became of a repair before it takes it for failed (there: every hour for a day).
pub const ASKS: u32 = 24;

/// How far an incremental repair has come at one node (`ConsistentSession.State`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum RepairState {
    /// Its rows are being set aside.
    Preparing,
    /// They are set aside.
    Prepared,
    /// They are compared and sent.
    Repairing,
    /// It will mark them when told, whatever happens.
    Promised,
    /// They are repaired.
    Finalized,
    /// They are as if nothing had been.
    Failed,
}

impl RepairState {
    /// Whether nothing more can happen.
    pub const fn is_over(self) -> bool {
        matches!(self, RepairState::Finalized | RepairState::Failed)
    }
}

/// Which set a row is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RepairSet {
    /// No repair has taken it in since it was written.
    Unrepaired,
    /// It is set aside for a repair that goes on.
    Pending(SessionId),
    /// A repair has taken it in.
    Repaired(SessionId),
}

/// One incremental repair.
#[derive(Debug, Clone)]
pub struct Record {
    /// Its name.
    pub session: SessionId,
    /// Ranges, and who takes part for each.
    pub plan: Plan,
    /// How far it has come here.
    pub state: RepairState,
    /// Whether its rows count as repaired in the end: not if somebody was left out.
    pub promotes: bool,
}

/// All incremental repairs that a node has taken part in. On disk.
#[derive(Debug, Clone, Default)]
pub struct Records {
    by_number: PageMap<u32, Record>,
    numbers: PageMap<SessionId, u32>,
    /// Those that are not over, and how often was asked what became of each.
    open: BTreeMap<SessionId, u32>,
}

impl Records {
    /// All, in the order in which they came.
    pub fn all(&self) -> impl Iterator<Item = &Record> {
        self.by_number.iter().map(|(_, record)| record)
    }

    /// One of them.
    pub fn record(&self, session: SessionId) -> Option<&Record> {
        self.by_number.get(self.numbers.get(&session)?)
    }

    /// Whether this repair is one that is not over.
    pub fn is_open(&self, session: SessionId) -> bool {
        self.open.contains_key(&session)
    }

    /// The mark of rows that are set aside for this repair, if it is incremental.
    pub(in crate::engine::node) fn pending(&self, session: SessionId) -> Option<u32> {
        self.numbers.get(&session).copied()
    }

    /// Whether some of these ranges are in a repair that is not over.
    pub(super) fn overlap(&self, plan: &[super::Share]) -> bool {
        let open = || self.open.keys().filter_map(|session| self.record(*session)).flat_map(|record| record.plan.iter());
        // Ranges of one ring are the same or apart; of another ring they may overlap in part.
        let meet = |a: &super::Share, b: &super::Share| a.range.holds(b.range.right) || b.range.holds(a.range.right);
        plan.iter().any(|share| open().any(|other| meet(share, other)))
    }

    fn add(&mut self, record: Record) -> u32 {
        let number = self.by_number.len() as u32;
        self.open.insert(record.session, 0);
        self.numbers.insert(record.session, number);
        self.by_number.insert(number, record);
        number
    }

    fn set(&mut self, session: SessionId, state: RepairState) {
        if let Some(number) = self.numbers.get(&session)
            && let Some(mut record) = self.by_number.get(number).cloned()
        {
            record.state = state;
            self.by_number.insert(*number, record);
        }
        if state.is_over() {
            self.open.remove(&session);
        }
    }

    /// What a mark means.
    fn meaning(&self, mark: Option<u32>) -> RepairSet {
        let Some(record) = mark.and_then(|number| self.by_number.get(&number)) else { return RepairSet::Unrepaired };
        match record.state {
            RepairState::Finalized if record.promotes => RepairSet::Repaired(record.session),
            state if state.is_over() => RepairSet::Unrepaired,
            _ => RepairSet::Pending(record.session),
        }
    }
}

impl Node {
    /// Which set this node's row at `key` is in.
    pub fn repair_set(&self, key: &Key) -> RepairSet {
        self.records.meaning(self.store.mark(key))
    }

    /// Sets aside for a repair what no repair has taken in. What is in memory goes to disk first.
    pub(super) fn set_aside(&mut self, session: SessionId, plan: &Plan, promotes: bool, ctx: &mut Ctx<'_>) {
        self.flush(ctx);
        let record = Record { session, plan: plan.clone(), state: RepairState::Preparing, promotes };
        let number = self.records.add(record);
        self.note_sweep(session, SweepStep::Repair(RepairStep::State(RepairState::Preparing)), ctx);
        let own: Vec<_> = shared(plan, self.id, self.id).collect();
        let all = own.iter().flat_map(|range| range.runs()).flat_map(|(first, last)| self.store.between(first, last));
        let free = all.map(|(key, _)| key).filter(|key| self.repair_set(key) == RepairSet::Unrepaired);
        let keys: Vec<Key> = free.cloned().collect();
        keys.iter().for_each(|key| self.store.set_mark(key, Some(number)));
        self.note_sweep(session, SweepStep::Repair(RepairStep::SetAside { rows: keys.len() as u32 }), ctx);
        self.step_to(session, RepairState::Prepared, ctx);
    }

    /// An incremental repair has come a step further here; one that is not incremental has no steps.
    pub(super) fn step_to(&mut self, session: SessionId, state: RepairState, ctx: &mut Ctx<'_>) {
        if self.records.record(session).is_some_and(|record| record.state < state) {
            self.records.set(session, state);
            self.note_sweep(session, SweepStep::Repair(RepairStep::State(state)), ctx);
        }
    }

    /// The node that started a repair says that it is over: well, if this node has promised, or not.
    pub(super) fn settle(&mut self, session: SessionId, state: RepairState, ctx: &mut Ctx<'_>) {
        self.sweeps.repairs.parties.remove(&session);
        let promised = self.records.record(session).is_some_and(|record| record.state == RepairState::Promised);
        if self.records.is_open(session) && (promised || state == RepairState::Failed) {
            self.step_to(session, state, ctx);
        }
    }

    /// Somebody who took part says what became of a repair.
    pub(super) fn state_told(&mut self, from: NodeId, session: SessionId, state: Option<RepairState>, ctx: &mut Ctx<'_>) {
        let knows = |record: &Record| from == session.by || parties(&record.plan).contains(&from);
        let concerned = self.records.record(session).is_some_and(knows);
        if let Some(state) = state.filter(|state| concerned && state.is_over()) {
            self.settle(session, state, ctx);
        }
    }

    /// Nothing has been heard of an incremental repair for a while: asks everybody what became of it, a number of times.
    pub(super) fn ask_state(&mut self, session: SessionId, ctx: &mut Ctx<'_>) {
        let Some(asked) = self.records.open.get_mut(&session) else { return };
        *asked += 1;
        if *asked > ASKS {
            return self.settle(session, RepairState::Failed, ctx);
        }
        let mut all = self.records.record(session).map(|record| parties(&record.plan)).unwrap_or_default();
        all.insert(session.by);
        all.remove(&self.id);
        all.into_iter().for_each(|node| self.say(node, session, Say::Repair(RepairSay::AskState), ctx));
        ctx.wake(idle(ctx).max(Micros(1)), Timer::SweepIdle(session));
    }

    /// The node has started: repairs that it had not promised have failed, and of others it asks what became of them.
    pub(in crate::engine::node) fn take_up_records(&mut self, ctx: &mut Ctx<'_>) {
        let open: Vec<SessionId> = self.records.open.keys().copied().collect();
        for session in open {
            match self.records.record(session).map(|record| record.state) {
                Some(RepairState::Promised) => self.ask_state(session, ctx),
                _ => self.settle(session, RepairState::Failed, ctx),
            }
        }
    }

    /// A row that came in a repair: merged, and of an incremental repair set aside like the others.
    pub(super) fn take_streamed(&mut self, session: SessionId, key: &Key, row: &Arc<Row>, ctx: &mut Ctx<'_>) {
        let had = self.store.get(key).is_some_and(|held| held == row);
        self.hold(None, None, key, row, Traffic::Tree, ctx);
        if !had && self.store.get(key).is_some_and(|held| held == row) && self.records.is_open(session) {
            self.store.set_mark(key, self.records.pending(session));
        }
    }
}
