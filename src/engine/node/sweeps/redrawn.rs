//! Sweeps when the ring is redrawn: those whose ranges are no longer ranges that both sides hold end, by a typed outcome, and are tried again
//! over the new ones; kept trees of ranges that are no more are given up, and made anew when somebody asks; the queue takes up what has
//! changed. A sweep whose ranges are still whole goes on.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::message::{Refusal, SessionId};
use super::note::{SweepOutcome, SweepStep};
use super::queue::Done;
use super::trees::common_ranges;
use super::{Queue, Sweeps};
use crate::engine::base::NodeId;
use crate::engine::node::ranges::seam;
use crate::engine::node::{Ctx, Method, Node, SweepPolicy};
use crate::engine::place::{Change, Ring};
use crate::engine::sweep::TokenRange;

/// Sweeps that cannot go on.
#[derive(Debug, Default)]
pub(in crate::engine::node) struct Over {
    asking: Vec<u32>,
    answering: Vec<SessionId>,
    repairs: Vec<u32>,
}

impl Over {
    /// How many.
    pub(in crate::engine::node) fn count(&self) -> u32 {
        (self.asking.len() + self.answering.len() + self.repairs.len()) as u32
    }
}

/// Whether any of these changes made the range, or a range that meets it, another one.
fn touches(changes: &[Arc<Change>], range: TokenRange) -> bool {
    changes.iter().any(|change| change.touched.iter().any(|touched| touched.range.meets(range)))
}

impl Sweeps {
    /// Gives up kept trees of other ranges.
    pub(in crate::engine::node) fn keep_trees(&mut self, kept: impl Fn(TokenRange) -> bool) {
        self.kept.keep_only(&kept);
        self.segments.keep_only(&kept);
        self.tries.keep_only(&kept);
    }

    /// The halves of a range are as hot as it was, and the whole as hot as its halves.
    pub(in crate::engine::node) fn heat_follows(&mut self, changes: &[Arc<Change>]) {
        for (at, end, cut) in changes.iter().filter_map(|change| seam(&change.what)) {
            let heat = &mut self.queue.heat;
            if cut {
                heat.get(&end).copied().map(|count| heat.insert(at, count));
            } else if let Some(count) = heat.remove(&at) {
                *heat.entry(end).or_default() += count;
            }
        }
    }
}

impl Node {
    /// Whether a sweep with `peer` can go on under the ring as it is.
    fn goes_on(&self, peer: NodeId, policy: &SweepPolicy, ranges: &[TokenRange], partners: &BTreeSet<NodeId>, ctx: &Ctx<'_>) -> bool {
        let common = common_ranges(ctx.ring, &ctx.settings.replicas, self.id, peer);
        match policy.method {
            // What they remember is about all ranges at once, by their names.
            Method::Log | Method::Bitmaps => !partners.contains(&peer) && ranges.iter().all(|range| common.contains(range)),
            // Their trees are of whole ranges.
            Method::Segments | Method::Trie => ranges.iter().all(|range| common.contains(range)),
            _ => ranges.iter().all(|range| common.iter().any(|whole| whole.covers(*range))),
        }
    }

    /// What cannot go on. Kept trees of ranges that are no more, or not this node's, are given up.
    pub(in crate::engine::node) fn sweeps_over(&mut self, changes: &[Arc<Change>], partners: &BTreeSet<NodeId>, ctx: &Ctx<'_>) -> Over {
        let (me, ring, replicas) = (self.id, ctx.ring, ctx.settings.replicas);
        let mine = |range: TokenRange| ring.is_replica(range.right, &replicas, me);
        // Trees of parts of ranges are kept as well, but not those of segments and tries, which are of whole ones.
        self.sweeps.keep_trees(|range| mine(range) && ring.arc(ring.entry_of(range.right)).covers(range));
        self.sweeps.segments.keep_only(|range| whole(ring, range));
        self.sweeps.tries.keep_only(|range| whole(ring, range));
        let asking = self.sweeps.asking.iter().filter(|(_, a)| !self.goes_on(a.with, &a.policy, &a.ranges, partners, ctx));
        let answering = self.sweeps.answering.iter().filter(|(s, a)| !self.goes_on(s.by, &a.policy, &a.ranges, partners, ctx));
        let repairs = self.sweeps.repairs.coordinating().iter();
        let changed = repairs.filter(|(_, repair)| repair.plan.iter().any(|share| touches(changes, share.range)));
        Over {
            asking: asking.map(|(number, _)| *number).collect(),
            answering: answering.map(|(session, _)| *session).collect(),
            repairs: changed.map(|(number, _)| *number).collect(),
        }
    }

    /// Ends what cannot go on.
    pub(in crate::engine::node) fn end_sweeps_over(&mut self, over: Over, ctx: &mut Ctx<'_>) {
        for session in over.answering {
            self.sweeps.answering.remove(&session);
            self.note_sweep(session, SweepStep::Refused { why: Refusal::Redrawn }, ctx);
        }
        for number in over.asking {
            if let Some(asking) = self.sweeps.asking.remove(&number) {
                self.end_sweep(asking, SweepOutcome::Redrawn, ctx);
            }
        }
        self.repairs_over(&over.repairs, ctx);
    }

    /// The queue follows: what was done of a range counts for its parts, and what was done of all parts for the whole; what is left of the
    /// round in ranges that have changed is taken up, but by a node that `starts`: it goes on with its round later. Returns how many sweeps that adds.
    pub(in crate::engine::node) fn queue_follows(&mut self, changes: &[Arc<Change>], starts: bool, ctx: &mut Ctx<'_>) -> u32 {
        let Some(settings) = ctx.settings.sweeps.queue.filter(|_| ctx.settings.sweeps.schedule.is_some()) else { return 0 };
        let all = self.pairs(&settings, ctx);
        let by_peer = |peer: NodeId, node: &Node| matches!(node.queued_policy(peer, ctx).method, Method::Log | Method::Bitmaps);
        let remembers: BTreeSet<NodeId> = all.iter().map(|(_, peer)| *peer).filter(|peer| by_peer(*peer, self)).collect();
        let queue = &mut self.sweeps.queue;
        let Some(began) = queue.began() else { return 0 };
        let old = queue.take_done();
        for pair in &all {
            let (range, peer) = *pair;
            let known = old.get(pair).copied().filter(|_| !remembers.contains(&peer) || !touches(changes, range));
            let parts =
                || old.iter().filter(move |((part, with), _)| *with == peer && part.meets(range)).map(|((part, _), done)| (*part, *done));
            let made_of = || {
                if remembers.contains(&peer) {
                    return None;
                }
                if let Some((_, done)) = parts().find(|(part, _)| part.covers(range)) {
                    return Some(done);
                }
                let within = || parts().filter(|(part, _)| range.covers(*part));
                let whole = within().map(|(part, _)| part.width()).sum::<u128>() == range.width();
                let first = within().map(|(_, done)| done.at).min().filter(|_| whole)?;
                Some(Done { at: first, moved: within().map(|(_, done)| done.moved).sum() })
            };
            if let Some(done) = known.or_else(made_of) {
                queue.note_done(*pair, done);
            }
        }
        if starts {
            return 0;
        }
        let added = queue.take_up(&all, began, |range| touches(changes, range));
        self.order_queue(&settings, ctx);
        self.sweeps.queue.shorten(settings.most as usize);
        added
    }
}

/// Whether a range is one of the ring's.
fn whole(ring: &Ring, range: TokenRange) -> bool {
    !ring.tokens().is_empty() && ring.arc(ring.entry_of(range.right)) == range
}

impl Queue {
    /// Drops what waits and is no pair any more, and adds pairs of this round that are not done and lie where something has changed.
    fn take_up(&mut self, all: &[super::Pair], began: crate::engine::base::Micros, touched: impl Fn(TokenRange) -> bool) -> u32 {
        self.keep_waiting(|pair| all.binary_search(pair).is_ok());
        let todo = |pair: &&super::Pair| touched(pair.0) && self.done().get(pair).is_none_or(|done| done.at < began) && !self.has(pair);
        let new: Vec<super::Pair> = all.iter().filter(todo).copied().collect();
        new.iter().for_each(|pair| self.wait_for(*pair));
        new.len() as u32
    }
}
