//! A sweep of bitmaps, both sides: each says which numbered events it has seen, and is told of exactly those that it lacks (DottedDB,
//! `dotted_db_sync_fsm.erl`: clocks, missing dots, their objects). Where an event cannot be named any more, every key is compared instead.

use std::collections::BTreeSet;

use super::answer::{Answering, Held};
use super::ask::{Asking, Phase, Work};
use super::dot_say::{ClockEntry, DotSay, DotStep, Told};
use super::log_say::Whole;
use super::message::{Page, Say, SessionId};
use super::note::{SweepOutcome, SweepStep};
use super::{ASKED_AT_ONCE, KEYS_AT_ONCE};
use crate::engine::base::NodeId;
use crate::engine::data::Key;
use crate::engine::node::dots::arc_of;
use crate::engine::node::{Ctx, Node};
use crate::engine::sweep::{Seen, TokenRange};

/// How far a sweep of bitmaps has come.
#[derive(Debug, Clone, Default)]
pub struct Filling {
    /// What the peer had seen when it began.
    pub theirs: Box<[ClockEntry]>,
    /// What this node had seen then.
    pub mine: Box<[ClockEntry]>,
    /// Events that the peer has told of.
    pub told: Vec<Told>,
    /// How many it was told of.
    pub offered: u32,
    /// Whether every key is compared, and why.
    pub whole: Option<Whole>,
    /// How often something had come here that no event tells of when it began.
    untold: u64,
}

/// Events of `mine` that are not in `theirs`: range, coordinator, number.
pub fn missing<'a>(mine: &'a [ClockEntry], theirs: &'a [ClockEntry]) -> impl Iterator<Item = (u32, NodeId, u64)> + 'a {
    const NONE: &Seen = &Seen::NONE;
    mine.iter().flat_map(move |(range, node, seen)| {
        let other = theirs.iter().find(|(r, n, _)| (r, n) == (range, node)).map_or(NONE, |(.., seen)| seen);
        seen.missing_at(other).map(|event| (*range, *node, event))
    })
}

impl Node {
    /// A peer calls for a sweep of bitmaps.
    pub(super) fn dots_head(&self, session: SessionId, ranges: &[TokenRange], ctx: &mut Ctx<'_>) -> Held {
        let settled = self.is_settled(session.by, ctx) && self.is_entire(session.by, ranges, ctx);
        let clock = self.clock_of(ranges, ctx.ring);
        self.say(session.by, session, Say::Dots(DotSay::Seen { settled, clock }), ctx);
        Held::Dots(self.untold(session.by))
    }

    fn untold(&self, peer: NodeId) -> u64 {
        self.history.dots().map_or(0, |dots| dots.untold(peer))
    }

    fn is_settled(&self, peer: NodeId, ctx: &Ctx<'_>) -> bool {
        self.history.dots().is_some_and(|dots| dots.is_settled(peer, ctx.copies()))
    }

    /// The events of this node that are not in a peer's clock, each with its key; `None` if one of them cannot be named. Those that are
    /// not on its own disk yet among them: the other side may have them first.
    fn events_for(&self, ranges: &[TokenRange], theirs: &[ClockEntry], ctx: &Ctx<'_>) -> Option<Vec<Told>> {
        let dots = self.history.dots()?;
        let name = |(range, node, event): (u32, NodeId, u64)| {
            let arc = arc_of(ctx.ring, ranges.get(range as usize)?.right);
            let key = dots.keys.get(&((arc, node), event))?;
            let row = self.visible(None, key, ctx);
            let clocks = row.iter().flat_map(|row| row.versions()).map(|version| version.clock).collect();
            Some(Told { range, node, event, key: key.clone(), clocks })
        };
        missing(&dots.clock_of(ranges, ctx.ring), theirs).map(name).collect()
    }

    /// Keys of these events whose rows are lacking here.
    fn lacking_of(&self, ranges: &[TokenRange], events: &[Told], ctx: &Ctx<'_>) -> BTreeSet<Key> {
        let mine = events.iter().filter(|told| ranges.get(told.range as usize).is_some_and(|range| range.holds(told.key.token())));
        let lacks = |told: &&Told| ctx.settings.rule.lacks(self.store.get(&told.key).map(|row| &**row), &told.clocks);
        mine.filter(lacks).map(|told| told.key.clone()).collect()
    }

    /// These events are here now, or something newer is.
    fn saw_all(&mut self, ranges: &[TokenRange], events: &[Told], ctx: &mut Ctx<'_>) {
        self.history.before_change(self.unsynced() == 0);
        let Some(dots) = self.history.dots_mut() else { return };
        for told in events {
            let Some(range) = ranges.get(told.range as usize).filter(|range| range.holds(told.key.token())) else { continue };
            dots.add((arc_of(ctx.ring, range.right), told.node), told.event, &told.key);
        }
        if self.history.is_unsynced() {
            self.changed(ctx);
        }
    }

    /// The asker of a sweep of bitmaps says something.
    pub(super) fn dots_asked(&mut self, session: SessionId, open: &Answering, say: &DotSay, ctx: &mut Ctx<'_>) {
        match say {
            DotSay::Missing(clock) => {
                self.note_clock(session.by, &open.ranges, clock, None, ctx);
                let entire = self.is_entire(session.by, &open.ranges, ctx);
                let Some(events) = self.events_for(&open.ranges, clock, ctx).filter(|_| entire) else {
                    return self.say(session.by, session, Say::Dots(DotSay::Gone), ctx);
                };
                let pages = events.len().div_ceil(KEYS_AT_ONCE).max(1) as u32;
                for page in 0..pages {
                    let events = events.iter().skip(page as usize * KEYS_AT_ONCE).take(KEYS_AT_ONCE).cloned().collect();
                    self.say(session.by, session, Say::Dots(DotSay::Told { page: Page { part: 0, page, pages }, events }), ctx);
                }
                self.forget_seen(&open.ranges, ctx);
            }
            DotSay::Offer { part, events } if events.len() <= KEYS_AT_ONCE => {
                let keys = self.lacking_of(&open.ranges, events, ctx).into_iter().collect();
                let answering = &self.sweeps.answering;
                self.sweeps.offered.retain(|other, _| *other == session || answering.contains_key(other));
                self.sweeps.offered.entry(session).or_default().extend_from_slice(events);
                self.say(session.by, session, Say::Dots(DotSay::Lacks { part: *part, keys }), ctx);
            }
            DotSay::Done(everything) => {
                let offered = self.sweeps.offered.remove(&session).unwrap_or_default();
                self.saw_all(&open.ranges, &offered, ctx);
                if let (Some(clock), Held::Dots(untold), true) = (everything, &open.work, self.is_entire(session.by, &open.ranges, ctx)) {
                    self.note_clock(session.by, &open.ranges, clock, Some(*untold), ctx);
                }
            }
            _ => {}
        }
    }

    /// The other side of a sweep of bitmaps says something.
    pub(super) fn dots_heard(&mut self, asking: &mut Asking, say: &Say, ctx: &mut Ctx<'_>) -> Option<SweepOutcome> {
        let Say::Dots(say) = say else { return None };
        match say {
            DotSay::Seen { settled, clock } if asking.phase == Phase::Opening => {
                asking.touched = ctx.now;
                self.dots_begin(asking, *settled, clock, ctx)
            }
            DotSay::Told { page, events } if asking.phase == Phase::Missing && page.page < page.pages && asking.came(*page) => {
                asking.touched = ctx.now;
                if let Work::Bitmaps(filling) = &mut asking.work {
                    filling.told.extend_from_slice(events);
                }
                if asking.missing.is_empty() { self.all_told(asking, ctx) } else { None }
            }
            DotSay::Gone if asking.phase == Phase::Missing => {
                asking.touched = ctx.now;
                self.dots_fail(asking, Whole::PeerTruncated, ctx)
            }
            DotSay::Lacks { part, keys } if asking.phase == Phase::Offering && asking.missing.remove(part).is_some() => {
                asking.touched = ctx.now;
                let mine = keys.iter().filter(|key| asking.ranges.iter().any(|range| range.holds(key.token())));
                let rows: Vec<_> = mine.filter_map(|key| Some((key.clone(), self.visible(None, key, ctx)?))).collect();
                asking.push.extend(rows);
                if asking.missing.is_empty() { self.push_or_part(asking, ctx) } else { None }
            }
            _ => None,
        }
    }

    fn dots_begin(&mut self, asking: &mut Asking, settled: bool, clock: &[ClockEntry], ctx: &mut Ctx<'_>) -> Option<SweepOutcome> {
        let mine = self.clock_of(&asking.ranges, ctx.ring);
        self.note_clock(asking.with, &asking.ranges, clock, None, ctx);
        let untold = self.untold(asking.with);
        asking.work = Work::Bitmaps(Box::new(Filling { theirs: clock.into(), mine: mine.clone(), untold, ..Filling::default() }));
        let why = match (self.history.dots(), self.is_settled(asking.with, ctx), settled) {
            (None, ..) => Some(Whole::NoLog),
            (_, false, _) => Some(Whole::New),
            (_, _, false) => Some(Whole::PeerNew),
            _ => None,
        };
        let why = if self.is_entire(asking.with, &asking.ranges, ctx) { why } else { Some(Whole::Part) };
        if let Some(why) = why {
            return self.dots_fail(asking, why, ctx);
        }
        asking.wait(Phase::Missing, 1);
        self.say(asking.with, asking.session, Say::Dots(DotSay::Missing(mine)), ctx);
        None
    }

    /// Numbers do not help: every key is compared, in the ranges that both hold.
    fn dots_fail(&mut self, asking: &mut Asking, why: Whole, ctx: &mut Ctx<'_>) -> Option<SweepOutcome> {
        self.note_sweep(asking.session, SweepStep::Dots(DotStep::Whole(why)), ctx);
        if let Work::Bitmaps(filling) = &mut asking.work {
            filling.whole = Some(why);
        }
        self.ask_for_all_keys(asking, ctx);
        None
    }

    /// The peer has told of every event that is missing here.
    fn all_told(&mut self, asking: &mut Asking, ctx: &mut Ctx<'_>) -> Option<SweepOutcome> {
        let Work::Bitmaps(filling) = &asking.work else { return None };
        let wanted: Vec<Key> = self.lacking_of(&asking.ranges, &filling.told, ctx).into_iter().collect();
        let step = DotStep::Missing { events: filling.told.len() as u32, lacked: wanted.len() as u32 };
        self.note_sweep(asking.session, SweepStep::Dots(step), ctx);
        if wanted.is_empty() {
            return self.dots_offer(asking, ctx);
        }
        asking.wait(Phase::Fetching, wanted.len().div_ceil(ASKED_AT_ONCE));
        for (part, keys) in (0u32..).zip(wanted.chunks(ASKED_AT_ONCE)) {
            self.say(asking.with, asking.session, Say::FetchRows { part, keys: keys.into() }, ctx);
        }
        None
    }

    /// All rows that were lacking here are here: now the events that the peer lacks.
    pub(super) fn dots_offer(&mut self, asking: &mut Asking, ctx: &mut Ctx<'_>) -> Option<SweepOutcome> {
        let Work::Bitmaps(filling) = &mut asking.work else { return None };
        if filling.whole.is_some() {
            return self.push_rows(asking, ctx);
        }
        let (told, theirs) = (std::mem::take(&mut filling.told), filling.theirs.clone());
        self.saw_all(&asking.ranges, &told, ctx);
        let Some(events) = self.events_for(&asking.ranges, &theirs, ctx) else { return self.dots_fail(asking, Whole::Truncated, ctx) };
        if events.is_empty() {
            return self.push_or_part(asking, ctx);
        }
        if let Work::Bitmaps(filling) = &mut asking.work {
            filling.offered = events.len() as u32;
        }
        self.note_sweep(asking.session, SweepStep::Dots(DotStep::Offered { events: events.len() as u32 }), ctx);
        asking.wait(Phase::Offering, events.len().div_ceil(KEYS_AT_ONCE));
        for (part, events) in (0u32..).zip(events.chunks(KEYS_AT_ONCE)) {
            self.say(asking.with, asking.session, Say::Dots(DotSay::Offer { part, events: events.into() }), ctx);
        }
        None
    }

    /// The two hold the same now: what each has seen is what both had seen when the sweep began.
    pub(super) fn dots_end(&mut self, asking: &Asking, ctx: &mut Ctx<'_>) {
        let Work::Bitmaps(filling) = &asking.work else { return };
        if !self.is_entire(asking.with, &asking.ranges, ctx) {
            return;
        }
        if filling.whole.is_some() {
            self.note_clock(asking.with, &asking.ranges, &filling.theirs, Some(filling.untold), ctx);
            self.say(asking.with, asking.session, Say::Dots(DotSay::Done(Some(filling.mine.clone()))), ctx);
        } else if filling.offered > 0 {
            self.say(asking.with, asking.session, Say::Dots(DotSay::Done(None)), ctx);
        }
        self.forget_seen(&asking.ranges, ctx);
    }
}
