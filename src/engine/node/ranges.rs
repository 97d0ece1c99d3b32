//! A node when the ring is redrawn under it: it follows before it does anything else, however long it was away. What it remembers of ranges
//! that are no more is given up, and never taken for what it might know of the new ones; rows stay where they are.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::{Ctx, Node, Note, Settings};
use crate::engine::base::{Mix, NodeId};
use crate::engine::data::{Key, Token};
use crate::engine::place::{Change, Redrawn, Ring};

/// No numbers of copies are this one: what is remembered under it counts for nothing.
pub(super) const NEVER: u64 = u64::MAX;

/// The numbers of copies as one number; another one if the ring has been redrawn between two times of the same numbers.
pub(super) fn copies(settings: &Settings, ring: &Ring) -> u64 {
    settings.replicas.code() ^ u64::from(ring.counted_at()).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

/// Others that a node shares changed ranges with.
#[derive(Debug, Clone, Default)]
pub(super) struct Partners {
    /// All of them.
    pub(super) all: BTreeSet<NodeId>,
    /// Those that have something in common with it that they had not before.
    pub(super) strangers: BTreeSet<NodeId>,
}

impl Partners {
    fn of(me: NodeId, changes: &[Arc<Change>]) -> Partners {
        let mut partners = Partners::default();
        for touched in changes.iter().flat_map(|change| change.touched.iter()).filter(|touched| touched.holders.contains(&me)) {
            for other in touched.holders.iter().filter(|other| **other != me) {
                partners.all.insert(*other);
                if touched.joined.contains(other) || touched.joined.contains(&me) {
                    partners.strangers.insert(*other);
                }
            }
        }
        partners
    }
}

/// What changes of the ring mean to a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct NewRanges {
    /// Ranges that it holds from now on and did not hold before: sweeps must bring the rows.
    pub gained: u32,
    /// Ranges that it no longer holds: the rows stay until it cleans up.
    pub lost: u32,
    /// Sweeps that it has started or answers and that end, because their ranges are others.
    pub ended: u32,
    /// Sweeps that its queue takes up for them.
    pub queued: u32,
    /// Rows that no longer count as repaired, because a replica has come that may lack them.
    pub unmarked: u32,
    /// Others with whom logs or bitmaps do not help before everything has been compared once.
    pub anew: u32,
}

impl NewRanges {
    /// Takes it into a run's running mix.
    pub fn mix(&self, mix: &mut Mix) {
        mix.word(u64::from(self.gained) << 32 | u64::from(self.lost));
        mix.word(u64::from(self.ended) << 32 | u64::from(self.queued));
        mix.word(u64::from(self.unmarked) << 32 | u64::from(self.anew));
    }
}

impl Node {
    /// Follows the ring, if it has been redrawn since this node last looked. A node that `starts` begins nothing yet.
    pub(super) fn follow_ring(&mut self, starts: bool, ctx: &mut Ctx<'_>) {
        if self.epoch == ctx.ring.epoch() {
            return;
        }
        let changes = ctx.ring.changes_since(self.epoch);
        self.epoch = ctx.ring.epoch();
        let partners = Partners::of(self.id, changes);
        let touched = || changes.iter().flat_map(|change| change.touched.iter());
        let mut new = NewRanges {
            gained: touched().filter(|touched| touched.joined.contains(&self.id)).count() as u32,
            lost: touched().filter(|touched| touched.left.contains(&self.id)).count() as u32,
            unmarked: self.unmark(changes),
            ..NewRanges::default()
        };
        new.anew = match (self.history.dots(), self.history.log()) {
            (Some(_), _) => partners.all.len() as u32,
            (None, Some(_)) => partners.strangers.len() as u32,
            (None, None) => 0,
        };
        self.history.redrawn(ctx.ring, &partners);
        self.sweeps.heat_follows(changes);
        let over = self.sweeps_over(changes, &partners.all, ctx);
        new.ended = over.count();
        new.queued = self.queue_follows(changes, starts, ctx);
        if new != NewRanges::default() {
            ctx.note(None, Note::RangesFollowed(new));
        }
        self.end_sweeps_over(over, ctx);
        if !starts {
            self.pump(ctx);
        }
    }

    /// Rows of ranges that a new replica has come to no longer count as repaired: it may lack them. Returns how many those were.
    fn unmark(&mut self, changes: &[Arc<Change>]) -> u32 {
        if self.store.marks().is_empty() {
            return 0;
        }
        let touched = changes.iter().flat_map(|change| change.touched.iter());
        let ranges: Vec<_> = touched.filter(|touched| !touched.joined.is_empty()).map(|touched| touched.range).collect();
        let inside = |key: &&Key| ranges.iter().any(|range| range.holds(key.token()));
        let keys: Vec<Key> = self.store.marks().iter().map(|(key, _)| key).filter(inside).cloned().collect();
        keys.iter().for_each(|key| self.store.set_mark(key, None));
        keys.len() as u32
    }

    /// Throws away every row of a range that it does not own, for good (Apache Cassandra, `nodetool cleanup`), and what it made of them.
    pub(super) fn clean_up(&mut self, ctx: &mut Ctx<'_>) {
        // A commit log has no holes: what came before is on disk first.
        self.flush(ctx);
        let (me, ring, replication) = (self.id, ctx.ring, ctx.settings.replicas);
        let owned = |token: Token| ring.is_replica(token, &replication, me);
        let keys: Vec<Key> = self.store.rows().iter().map(|(key, _)| key).filter(|key| !owned(key.token())).cloned().collect();
        for key in &keys {
            self.store.remove(key, true);
        }
        self.sweeps.keep_trees(|range| owned(range.right));
        self.history.keep_seen(|arc| owned(Token(arc.end.0.wrapping_sub(u64::from(ring.is_partitioned())))));
        ctx.note(None, Note::CleanedUp { rows: keys.len() as u64 });
    }
}

/// Where a range was cut or is no longer cut, with its last token: of a change that moved nothing.
pub(super) fn seam(what: &Redrawn) -> Option<(Token, Token, bool)> {
    match *what {
        Redrawn::Split { range, at, .. } => Some((at, range.right, true)),
        Redrawn::Merged { range, at, .. } => Some((at, range.right, false)),
        Redrawn::Moved { .. } => None,
    }
}
