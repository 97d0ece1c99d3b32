//! A replica's own tombstones: removed once they are older than the grace, without asking anybody.
//!
//! What Cassandra does when it compacts: a tombstone older than `gc_grace_seconds` is dropped, and reads take it for gone even before that.
//! Nothing makes sure that every replica has heard of the delete; that is what the grace is for.

use std::sync::Arc;

use super::{Ctx, Node, Out, Timer, Tombstones};
use crate::engine::base::{Micros, NodeId};
use crate::engine::data::{Key, Row};

/// Why a replica gave up a row by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RemovedWhy {
    /// It was a tombstone older than the grace.
    Grace {
        /// How old, by the replica's clock.
        age: Micros,
    },
    /// It was a tombstone that every replica has seen, by the numbers of events.
    SeenByAll,
    /// Its checksum did not fit.
    Rotten,
}

/// A row that a replica has removed by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Removed {
    /// The key.
    pub key: Key,
    /// What was held.
    pub row: Arc<Row>,
    /// Why.
    pub why: RemovedWhy,
}

/// A node's timer for old tombstones. It runs only while there are any.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Sweep {
    /// Which timer counts; older ones are ignored.
    epoch: u32,
    due: bool,
}

impl Sweep {
    pub(super) fn expects(self, epoch: u32) -> bool {
        self.due && epoch == self.epoch
    }
}

impl Tombstones {
    /// How old a tombstone is by a clock that shows `shown`, if it is old enough to be removed.
    pub fn expired(self, row: &Row, shown: u64) -> Option<Micros> {
        let Tombstones::Purge { grace, .. } = self else { return None };
        let age = Micros(shown.saturating_sub(row.deleted_at()?));
        (age > grace).then_some(age)
    }
}

impl Node {
    /// The row at `key` as readers see it, of this node or of the replica it stands in for: an expired tombstone counts as gone, so that
    /// replicas which have removed it agree with those which have not yet; and so does what a check finds not to fit.
    pub(super) fn visible(&self, owner: Option<NodeId>, key: &Key, ctx: &Ctx<'_>) -> Option<Arc<Row>> {
        let row = match owner.filter(|owner| *owner != self.id) {
            Some(owner) => self.guests.get(owner, key)?,
            None if self.checks(key, ctx) => return None,
            None => self.store.get(key)?,
        };
        ctx.settings.tombstones.expired(row, self.clock.shows(ctx.now)).is_none().then(|| row.clone())
    }

    /// The node has started, or the rule has changed.
    pub(super) fn restart_sweeps(&mut self, ctx: &mut Ctx<'_>) {
        self.sweep = Sweep { epoch: self.sweep.epoch + 1, due: false };
        self.plan_sweep(ctx);
    }

    /// Sets the timer if there is something to wait for.
    pub(super) fn plan_sweep(&mut self, ctx: &mut Ctx<'_>) {
        let Tombstones::Purge { every, .. } = ctx.settings.tombstones else { return };
        if !self.sweep.due && self.store.tombstones().next().is_some() {
            self.sweep.due = true;
            ctx.wake(every.max(Micros(1)), Timer::Sweep(self.sweep.epoch));
        }
    }

    /// Removes every tombstone that is old enough.
    pub(super) fn sweep(&mut self, epoch: u32, ctx: &mut Ctx<'_>) {
        if !self.sweep.expects(epoch) {
            return;
        }
        self.sweep.due = false;
        let shown = self.clock.shows(ctx.now);
        let old = |key: &Key| Some((key.clone(), ctx.settings.tombstones.expired(self.store.get(key)?, shown)?));
        let expired: Vec<(Key, Micros)> = self.store.tombstones().filter_map(old).collect();
        for (key, age) in expired {
            let synced = self.is_synced(ctx);
            if let Some(row) = self.store.remove(&key, synced) {
                self.trees_follow(&key, Some(&row), ctx);
                ctx.out.push(Out::Removed(Removed { key, row, why: RemovedWhy::Grace { age } }));
                self.changed(ctx);
            }
        }
        self.plan_sweep(ctx);
    }
}
