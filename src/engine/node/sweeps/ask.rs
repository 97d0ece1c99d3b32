//! The side of a sweep that started it, whatever its method: it compares, asks for what it lacks and sends what the other side lacks.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::bitmaps::Filling;
use super::descent::Descent;
use super::message::{Page, Refusal, Say, SessionId};
use super::note::{SweepOutcome, SweepStep};
use super::recon::Ranging;
use super::shipping::{Shipping, ships_in_order, takes_rows};
use super::sketch::Peeling;
use super::trees::common_ranges;
use super::{ASKED_AT_ONCE, Again, Exchange, Walk};
use crate::engine::base::{Micros, NodeId};
use crate::engine::data::{Key, Row};
use crate::engine::node::desk::{Made, Task};
use crate::engine::node::{Ctx, Method, Node, SweepPolicy, Timer, Traffic};
use crate::engine::sweep::{Entry, TokenRange};

/// Most pages of one answer that are waited for.
const MOST_PAGES: u32 = 1 << 16;

/// What a sweep waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// The first answer.
    Opening,
    /// Hashes of the children of nodes of this level.
    Descending(u32),
    /// Keys with digests: of leaves that differ, or all in a full comparison.
    Keys,
    /// Rows.
    Fetching,
    /// Confirmations of rows sent.
    Storing,
    /// Changes of the peer's log, or what it lacks of the own one's.
    Log,
    /// Hashes of a bucket, or the keys of a segment.
    Buckets,
    /// A read of its own.
    Reading,
    /// A node of a trie.
    Nodes,
    /// Events that are missing here.
    Missing,
    /// Which rows the peer lacks of the events it was told of.
    Offering,
}

/// What a method keeps on the side that asks.
#[derive(Debug, Clone)]
pub enum Work {
    /// A full comparison needs nothing but the keys that come.
    Full,
    /// Trees, and where they have been found to differ.
    Descent(Descent),
    /// How far the two logs have been read.
    Log(Shipping),
    /// What ranges have told so far.
    Ranges(Ranging),
    /// What coded symbols have told so far.
    Sketch(Peeling),
    /// An exchange of buckets and segments.
    Segments(Exchange),
    /// Tries, and where they have been found to differ.
    Trie(Walk),
    /// In how many parts the versions were told.
    Versions(u32),
    /// Which events the two have seen.
    Bitmaps(Box<Filling>),
}

/// A sweep that this node has started.
#[derive(Debug, Clone)]
pub struct Asking {
    /// Its name.
    pub session: SessionId,
    /// With whom.
    pub with: NodeId,
    /// How.
    pub policy: SweepPolicy,
    /// What it waits for.
    pub phase: Phase,
    /// Ranges compared.
    pub ranges: Arc<[TokenRange]>,
    /// What its method has found so far.
    pub work: Work,
    /// Pages of answers that are still missing, by part; a part of which no page has come has none yet.
    pub(super) missing: BTreeMap<u32, Option<BTreeSet<u32>>>,
    /// Keys that have come, in pages.
    entries: Vec<Arc<[Entry]>>,
    /// Rows to send in the end.
    pub(super) push: BTreeMap<Key, Arc<Row>>,
    pulled: u32,
    attempt: u32,
    /// When something last came.
    pub(super) touched: Micros,
}

impl Asking {
    /// Notes that a page has come. Returns whether it is new.
    pub(super) fn came(&mut self, page: Page) -> bool {
        // More pages than anybody sends would only fill the memory.
        if page.pages > MOST_PAGES {
            return false;
        }
        let Some(missing) = self.missing.get_mut(&page.part) else { return false };
        let left = missing.get_or_insert_with(|| (0..page.pages).collect());
        let new = left.remove(&page.page);
        if left.is_empty() {
            self.missing.remove(&page.part);
        }
        new
    }

    /// Whether all answers are here once this page is.
    pub(super) fn lacks_only(&self, page: Page) -> bool {
        let last = |left: &Option<BTreeSet<u32>>| left.as_ref().map_or(page.pages == 1, |left| left.len() == 1);
        self.missing.len() == 1 && self.missing.get(&page.part).is_some_and(last)
    }

    /// How a sweep ends that has moved all it wants to.
    fn repaired(&self) -> SweepOutcome {
        let pushed = self.push.len() as u32;
        match self.work {
            Work::Trie(_) => SweepOutcome::Pushed { rows: pushed },
            _ => SweepOutcome::Repaired { pulled: self.pulled, pushed },
        }
    }

    /// Begins to wait for answers to so many parts.
    pub(super) fn wait(&mut self, phase: Phase, parts: usize) {
        self.phase = phase;
        self.missing = (0..parts as u32).map(|part| (part, None)).collect();
    }
}

impl Node {
    /// Starts a sweep with `with`.
    pub(in crate::engine::node) fn start_sweep(&mut self, with: NodeId, policy: SweepPolicy, attempt: u32, ctx: &mut Ctx<'_>) {
        if policy.method == Method::Validation {
            return self.start_repair((with != self.id).then_some(with), policy, attempt, ctx);
        }
        let ranges = common_ranges(ctx.ring, &ctx.settings.replicas, self.id, with).into();
        self.start_over(with, policy, attempt, ranges, ctx);
    }

    /// Starts a sweep with `with` over these ranges. Returns whether it has begun.
    pub(super) fn start_over(
        &mut self,
        with: NodeId,
        policy: SweepPolicy,
        attempt: u32,
        ranges: Arc<[TokenRange]>,
        ctx: &mut Ctx<'_>,
    ) -> bool {
        self.sweeps.begun += 1;
        let session = SessionId { by: self.id, generation: self.generation, number: self.sweeps.begun };
        if with == self.id || ranges.is_empty() {
            self.note_sweep(session, SweepStep::NothingInCommon { with }, ctx);
            return false;
        }
        if self.sweeps.asking.len() >= ctx.settings.sweeps.at_once as usize {
            self.note_sweep(session, SweepStep::Refused { why: Refusal::Busy }, ctx);
            return false;
        }
        self.check_ranges(&ranges, ctx);
        self.note_sweep(session, SweepStep::Began { with, method: policy.method, ranges: ranges.len() as u32 }, ctx);
        let (work, refused) = match policy.method {
            Method::Full | Method::Validation => (Work::Full, None),
            Method::Descent => (Work::Descent(Descent::over(self.note_trees(session, &policy, &ranges, ctx))), None),
            Method::Segments => match self.take_segments(session, &policy, &ranges, ctx) {
                Ok(trees) => (Work::Segments(Exchange::over(trees)), None),
                Err(why) => (Work::Full, Some(why)),
            },
            Method::Log => (Work::Log(Shipping::default()), None),
            Method::Versions => (Work::Versions(0), None),
            Method::Bitmaps => (Work::Bitmaps(Box::default()), None),
            Method::Ranges => (Work::Ranges(Ranging::over(self.item_set(session, &policy, &ranges, ctx).0)), None),
            Method::Sketch => (Work::Sketch(Peeling::over(self.item_set(session, &policy, &ranges, ctx))), None),
            Method::Trie => (Work::Trie(Walk::over(self.take_tries(session, &policy, &ranges, ctx))), None),
        };
        let mut asking = Asking {
            session,
            with,
            policy,
            phase: Phase::Opening,
            ranges: ranges.clone(),
            work,
            missing: BTreeMap::new(),
            entries: Vec::new(),
            push: BTreeMap::new(),
            pulled: 0,
            attempt,
            touched: ctx.now,
        };
        if let Some(why) = refused {
            self.end_sweep(asking, SweepOutcome::Refused(why), ctx);
            return true;
        }
        asking.wait(if policy.method == Method::Full { Phase::Keys } else { Phase::Opening }, 1);
        self.sweeps.asking.insert(session.number, asking);
        self.say(with, session, Say::Open { policy, ranges }, ctx);
        ctx.wake(ctx.settings.sweeps.timeout.max(Micros(1)), Timer::SweepPatience(session.number));
        true
    }

    /// The other side says something. What nobody waits for, a second copy among it, changes nothing.
    pub(super) fn sweep_answered(&mut self, from: NodeId, session: SessionId, say: &Say, ctx: &mut Ctx<'_>) {
        let known = self.sweeps.asking.get(&session.number).is_some_and(|a| a.session == session && a.with == from);
        // Taken out while it is worked on, and put back unless it has ended.
        let Some(mut asking) = self.sweeps.asking.remove(&session.number) else { return };
        if !known {
            self.sweeps.asking.insert(session.number, asking);
            return;
        }
        let ended = match (say, asking.phase) {
            // What is read no longer needs the other side.
            (Say::Refused(_), Phase::Reading) => None,
            (Say::Refused(why), _) => Some(SweepOutcome::Refused(*why)),
            (Say::Keys { page, entries }, Phase::Keys) => self.keys_came(&mut asking, *page, entries, ctx),
            (Say::Rows { page, rows }, Phase::Fetching) => self.rows_came(&mut asking, *page, rows, ctx),
            (Say::Rows { page, rows }, Phase::Log) if takes_rows(&asking) => self.rows_came(&mut asking, *page, rows, ctx),
            (Say::Stored { page }, Phase::Storing) => {
                asking.touched = ctx.now;
                asking.missing.remove(page);
                asking.missing.is_empty().then(|| asking.repaired())
            }
            _ => match asking.policy.method {
                Method::Full | Method::Validation => None,
                Method::Descent => self.descent_heard(&mut asking, say, ctx),
                Method::Log => self.log_heard(&mut asking, say, ctx),
                Method::Ranges => self.ranging_heard(&mut asking, say, ctx),
                Method::Sketch => self.peeling_heard(&mut asking, say, ctx),
                Method::Segments => self.exchange_heard(&mut asking, say, ctx),
                Method::Trie => self.walk_heard(&mut asking, say, ctx),
                Method::Versions => self.versions_heard(&mut asking, say, ctx),
                Method::Bitmaps => self.dots_heard(&mut asking, say, ctx),
            },
        };
        match ended {
            None => {
                self.sweeps.asking.insert(session.number, asking);
            }
            Some(outcome) => self.end_sweep(asking, outcome, ctx),
        }
    }

    pub(super) fn end_sweep(&mut self, asking: Asking, outcome: SweepOutcome, ctx: &mut Ctx<'_>) {
        if outcome.is_good() {
            self.log_ends(&asking, ctx);
            self.dots_end(&asking, ctx);
        }
        let Asking { session, with, policy, attempt, .. } = asking;
        self.note_sweep(session, SweepStep::Ended { with, outcome }, ctx);
        if !matches!(outcome, SweepOutcome::Refused(_) | SweepOutcome::TimedOut) {
            self.say(with, session, Say::Close, ctx);
        }
        let settings = ctx.settings.sweeps;
        if self.queue_ended(session.number, outcome, ctx) {
            return self.pump(ctx);
        }
        if outcome.may_pass() && attempt < settings.retries {
            let rest = Micros(settings.back_off.0.saturating_mul(1 << attempt.min(20))).max(Micros(1));
            self.sweeps.again.insert(session.number, Again { with, policy, attempt: attempt + 1 });
            ctx.wake(rest, Timer::SweepAgain(session.number));
        }
        self.pump(ctx);
    }

    /// Time to see whether the other side is still heard.
    pub(super) fn sweep_waited(&mut self, number: u32, ctx: &mut Ctx<'_>) {
        let Some(asking) = self.sweeps.asking.get(&number) else { return };
        let (silent, patience) = (ctx.now.since(asking.touched), ctx.settings.sweeps.timeout);
        if asking.phase == Phase::Reading {
            // It waits for reads of its own, which have a patience of theirs.
            ctx.wake(patience.max(Micros(1)), Timer::SweepPatience(number));
        } else if silent < patience {
            ctx.wake(Micros(patience.0 - silent.0).max(Micros(1)), Timer::SweepPatience(number));
        } else if let Some(asking) = self.sweeps.asking.remove(&number) {
            self.end_sweep(asking, SweepOutcome::TimedOut, ctx);
        }
    }

    fn keys_came(&self, asking: &mut Asking, page: Page, entries: &[Entry], ctx: &mut Ctx<'_>) -> Option<SweepOutcome> {
        if page.page >= page.pages || !asking.came(page) {
            return None;
        }
        asking.touched = ctx.now;
        asking.entries.push(entries.into());
        if !asking.missing.is_empty() {
            return None;
        }
        let parts = match &asking.work {
            Work::Descent(descent) => descent.leaf_ranges(asking),
            _ => asking.ranges.to_vec(),
        };
        let theirs = std::mem::take(&mut asking.entries);
        let found = match self.done(Task::Compared { ranges: parts, policy: asking.policy.tree, theirs }, ctx) {
            Made::Compared(found) => found,
            _ => return None,
        };
        let step = SweepStep::KeysCompared {
            compared: found.compared,
            only_mine: found.only_mine.len() as u32,
            only_theirs: found.only_theirs.len() as u32,
            differ: found.differ.len() as u32,
        };
        self.note_sweep(asking.session, step, ctx);
        if found.count() == 0 {
            return Some(SweepOutcome::Equal);
        }
        asking.push = found.only_mine.iter().filter_map(|key| Some((key.clone(), self.visible(None, key, ctx)?))).collect();
        let mut wanted: Vec<Key> = found.only_theirs.into_iter().chain(found.differ.iter().cloned()).collect();
        if ctx.settings.misbehave.one_way_sweeps {
            asking.push.extend(found.differ.iter().filter_map(|key| Some((key.clone(), self.visible(None, key, ctx)?))));
            wanted.clear();
        }
        if wanted.is_empty() {
            return self.push_rows(asking, ctx);
        }
        asking.wait(Phase::Fetching, wanted.len().div_ceil(ASKED_AT_ONCE));
        for (part, keys) in (0u32..).zip(wanted.chunks(ASKED_AT_ONCE)) {
            self.say(asking.with, asking.session, Say::FetchRows { part, keys: keys.into() }, ctx);
        }
        None
    }

    fn rows_came(&mut self, asking: &mut Asking, page: Page, rows: &[(Key, Arc<Row>)], ctx: &mut Ctx<'_>) -> Option<SweepOutcome> {
        if page.page >= page.pages || !asking.came(page) {
            return None;
        }
        asking.touched = ctx.now;
        for (key, row) in rows.iter().filter(|(key, _)| asking.ranges.iter().any(|range| range.holds(key.token()))) {
            asking.pulled += 1;
            if matches!(asking.work, Work::Ranges(_) | Work::Sketch(_)) {
                // Digests do not say that a row of each side has one key: now it shows, and only the newer one goes.
                asking.push.remove(key);
            }
            self.hold(None, None, key, row, Traffic::Tree, ctx);
            // The merge may hold more than what came: then the other side is to have it.
            if !ships_in_order(asking)
                && let Some(held) = self.visible(None, key, ctx).filter(|held| held != row)
            {
                asking.push.insert(key.clone(), held);
            }
        }
        if asking.missing.is_empty() { self.rows_done(asking, ctx) } else { None }
    }

    /// All rows asked for are here.
    fn rows_done(&mut self, asking: &mut Asking, ctx: &mut Ctx<'_>) -> Option<SweepOutcome> {
        match asking.work {
            Work::Log(_) => self.log_batch_done(asking, ctx),
            Work::Versions(_) => self.push_or_part(asking, ctx),
            Work::Bitmaps(_) => self.dots_offer(asking, ctx),
            _ => self.push_rows(asking, ctx),
        }
    }

    /// Sends what the other side lacks, if anything: the two may turn out to hold the same.
    pub(super) fn push_or_part(&self, asking: &mut Asking, ctx: &mut Ctx<'_>) -> Option<SweepOutcome> {
        match self.push_rows(asking, ctx) {
            Some(SweepOutcome::Repaired { pulled: 0, pushed: 0 }) => Some(SweepOutcome::Equal),
            other => other,
        }
    }

    /// Sends what the other side lacks, in the state it has now.
    pub(super) fn push_rows(&self, asking: &mut Asking, ctx: &mut Ctx<'_>) -> Option<SweepOutcome> {
        let rows: Vec<(Key, Arc<Row>)> = asking.push.keys().filter_map(|key| Some((key.clone(), self.visible(None, key, ctx)?))).collect();
        if rows.is_empty() {
            asking.push.clear();
            return Some(asking.repaired());
        }
        let pages = self.send_rows(asking.with, asking.session, 0, &rows, ctx);
        asking.wait(Phase::Storing, pages as usize);
        None
    }
}
