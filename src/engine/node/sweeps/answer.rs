//! The side of a sweep that was asked: it answers from its own trees and rows, takes the rows it is sent, and decides nothing.

use std::sync::Arc;

use super::descent::children;
use super::message::{Page, Place, Refusal, Say, SessionId};
use super::note::SweepStep;
use super::segments::{SegmentSay, Segmented};
use super::sets::Listed;
use super::trees::{arcs, common_ranges, part_of};
use super::versions::VersionSay;
use super::{ASKED_AT_ONCE, KEYS_AT_ONCE};
use crate::engine::base::{Digest, Micros, NodeId};
use crate::engine::data::{Key, Row};
use crate::engine::node::{Ctx, Method, Node, SweepPolicy, Timer, Traffic};
use crate::engine::sweep::{Entry, TokenRange, Tree, Trie};

/// What a method keeps on the side that answers.
#[derive(Debug, Clone)]
pub enum Held {
    /// A full comparison, and that of versions, keep nothing.
    Full,
    /// Trees as they were when it began.
    Descent(Vec<Arc<Tree>>),
    /// The log is the node's own.
    Log,
    /// Digests of its rows as they were when it began.
    Set(Listed),
    /// Trees of segments, locked, as they were when it began.
    Segments(Vec<Segmented>),
    /// Tries as they were when it began.
    Tries(Vec<Trie>),
    /// How often something had come or gone here that no event tells of.
    Dots(u64),
}

impl Held {
    /// The trees of a descent; none of anything else.
    pub fn trees(&self) -> &[Arc<Tree>] {
        match self {
            Held::Descent(trees) => trees,
            _ => &[],
        }
    }
}

/// A sweep that another node has started.
#[derive(Debug, Clone)]
pub struct Answering {
    /// How it works.
    pub policy: SweepPolicy,
    /// Ranges that are compared.
    pub ranges: Arc<[TokenRange]>,
    /// What its method keeps on this side.
    pub work: Held,
    /// When the other node was last heard of.
    touched: Micros,
}

impl Answering {
    /// The parts of the ring that these places cover, as far as they exist.
    fn parts<'a>(&'a self, places: &'a [Place]) -> impl Iterator<Item = TokenRange> + 'a {
        places.iter().filter_map(|place| part_of(*self.ranges.get(place.range as usize)?, &self.policy.tree, place))
    }
}

/// How long an answering side waits for an asker that has fallen silent: longer than any asker waits for it.
pub(super) fn idle(ctx: &Ctx<'_>) -> Micros {
    Micros(ctx.settings.sweeps.timeout.0.saturating_mul(2))
}

impl Node {
    /// The node that started a sweep says something.
    pub(super) fn sweep_asked(&mut self, session: SessionId, say: &Say, ctx: &mut Ctx<'_>) {
        if let Say::Open { policy, ranges } = say {
            return self.sweep_opened(session, *policy, ranges, ctx);
        }
        if *say == Say::Close {
            self.sweeps.answering.remove(&session);
            return self.pump(ctx);
        }
        // Taken out while it is worked with, and put back.
        let Some(mut open) = self.sweeps.answering.remove(&session) else {
            return self.say(session.by, session, Say::Refused(Refusal::Unknown), ctx);
        };
        open.touched = ctx.now;
        open.hush(say);
        self.sweep_answers(session, &mut open, say, ctx);
        self.sweeps.answering.insert(session, open);
    }

    /// Answers what was asked in a session that it knows.
    fn sweep_answers(&mut self, session: SessionId, open: &mut Answering, say: &Say, ctx: &mut Ctx<'_>) {
        match say {
            Say::Children { part, level, nodes } => {
                let hashes = children(open, *level, nodes);
                self.say(session.by, session, Say::Hashes { part: *part, level: *level, hashes }, ctx);
            }
            Say::ListKeys { part, leaves } if leaves.len() <= ASKED_AT_ONCE => {
                let entries = self.entries_of(open.parts(leaves).collect(), open.policy.tree, ctx);
                self.send_keys(session, *part, &entries, ctx);
            }
            Say::FetchLeaves { part, leaves } if leaves.len() <= ASKED_AT_ONCE => {
                let rows: Vec<(Key, Arc<Row>)> =
                    open.parts(leaves).flat_map(|range| self.rows_in(range, ctx)).map(|(key, row)| (key.clone(), row.clone())).collect();
                self.send_rows(session.by, session, *part, &rows, ctx);
            }
            Say::FetchRows { part, keys } if keys.len() <= ASKED_AT_ONCE => {
                let mine = |key: &Key| open.ranges.iter().any(|range| range.holds(key.token()));
                let rows: Vec<(Key, Arc<Row>)> =
                    keys.iter().filter(|key| mine(key)).filter_map(|key| Some((key.clone(), self.visible(None, key, ctx)?))).collect();
                self.send_rows(session.by, session, *part, &rows, ctx);
            }
            Say::Rows { page, rows } => {
                for (key, row) in rows.iter().filter(|(key, _)| open.ranges.iter().any(|range| range.holds(key.token()))) {
                    self.hold(None, None, key, row, Traffic::Tree, ctx);
                }
                self.say(session.by, session, Say::Stored { page: page.page }, ctx);
            }
            Say::Versions(say) if open.policy.method == Method::Versions => self.versions_asked(session, open, say, ctx),
            Say::Dots(say) if open.policy.method == Method::Bitmaps => self.dots_asked(session, open, say, ctx),
            Say::Log(say) if matches!(open.work, Held::Log) => self.log_asked(session, open, say, ctx),
            Say::Set(say) => self.set_asked(session, open, say, ctx),
            Say::Segments(say) => self.segments_answer(session, open, say, ctx),
            Say::Trie(say) => self.trie_answers(session, open, say, ctx),
            _ => {}
        }
    }

    /// Why it takes no part in a sweep that a peer wants to start, if it does not.
    fn why_not(&self, session: SessionId, policy: &SweepPolicy, ranges: &[TokenRange], ctx: &Ctx<'_>) -> Option<Refusal> {
        let known = self.sweeps.answering.contains_key(&session);
        let alone = ctx.settings.sweeps.queue.is_some_and(|queue| queue.one_each);
        let full = self.sweeps.answering.len() >= ctx.settings.sweeps.at_once as usize
            || alone && !(self.sweeps.answering.is_empty() && self.sweeps.asking.is_empty());
        let gone = |range: &TokenRange| !arcs(ctx.ring).any(|arc| arc.covers(*range));
        let common = common_ranges(ctx.ring, &ctx.settings.replicas, self.id, session.by);
        // A repair by whole trees is never opened like this.
        if policy.fault().is_some() || policy.method == Method::Validation {
            Some(Refusal::Bounds)
        } else if ctx.ring.epoch() > 0 && ranges.iter().any(gone) {
            Some(Refusal::Redrawn)
        } else if ranges.is_empty() || ranges.iter().any(|range| !common.iter().any(|whole| whole.covers(*range))) {
            Some(Refusal::NotMine)
        } else {
            (full && !known).then_some(Refusal::Busy)
        }
    }

    /// A peer wants to compare ranges that both hold.
    fn sweep_opened(&mut self, session: SessionId, policy: SweepPolicy, ranges: &Arc<[TokenRange]>, ctx: &mut Ctx<'_>) {
        let known = self.sweeps.answering.contains_key(&session);
        if let Some(why) = self.why_not(session, &policy, ranges, ctx) {
            return self.refuse_sweep(session, why, ctx);
        }
        self.check_ranges(ranges, ctx);
        if !known {
            ctx.wake(idle(ctx).max(Micros(1)), Timer::SweepIdle(session));
        }
        let work = match policy.method {
            Method::Full | Method::Validation => {
                let entries = self.entries_of(ranges.to_vec(), policy.tree, ctx);
                self.send_keys(session, 0, &entries, ctx);
                Held::Full
            }
            Method::Descent => {
                let trees = self.note_trees(session, &policy, ranges, ctx);
                let root = |tree: &Arc<Tree>| (tree.depth(), Digest::of_words(tree.level(0, 0, 1)));
                self.say(session.by, session, Say::Roots(trees.iter().map(root).collect()), ctx);
                Held::Descent(trees)
            }
            Method::Versions => {
                self.say(session.by, session, Say::Versions(VersionSay::Ready), ctx);
                Held::Full
            }
            Method::Bitmaps => self.dots_head(session, ranges, ctx),
            Method::Log => self.log_head(session, ranges, ctx),
            Method::Ranges => {
                let listed = Listed::over(self.item_set(session, &policy, ranges, ctx).0);
                self.spans_opened(session, &policy, &listed, ctx);
                Held::Set(listed)
            }
            Method::Sketch => {
                let (set, sketch) = self.item_set(session, &policy, ranges, ctx);
                let mut listed = Listed::over(set);
                self.stream_opened(session, &policy, &mut listed, sketch, ctx);
                Held::Set(listed)
            }
            Method::Segments => match self.take_segments(session, &policy, ranges, ctx) {
                Ok(trees) => {
                    self.say(session.by, session, Say::Segments(SegmentSay::Ready), ctx);
                    Held::Segments(trees)
                }
                Err(why) => return self.refuse_sweep(session, why, ctx),
            },
            Method::Trie => {
                let tries = self.take_tries(session, &policy, ranges, ctx);
                self.say(session.by, session, Say::Roots(tries.iter().map(|trie| (0, trie.root())).collect()), ctx);
                Held::Tries(tries)
            }
        };
        let open = Answering { policy, ranges: ranges.clone(), work, touched: ctx.now };
        self.sweeps.answering.insert(session, open);
    }

    fn refuse_sweep(&self, session: SessionId, why: Refusal, ctx: &mut Ctx<'_>) {
        self.note_sweep(session, SweepStep::Refused { why }, ctx);
        self.say(session.by, session, Say::Refused(why), ctx);
    }

    /// Whether the asker has been silent for too long.
    pub(super) fn answering_idle(&mut self, session: SessionId, ctx: &mut Ctx<'_>) {
        let Some(open) = self.sweeps.answering.get(&session) else { return };
        let (silent, patience) = (ctx.now.since(open.touched), idle(ctx));
        if silent >= patience {
            self.sweeps.answering.remove(&session);
            self.note_sweep(session, SweepStep::Abandoned, ctx);
            self.pump(ctx);
        } else {
            ctx.wake(Micros(patience.0 - silent.0).max(Micros(1)), Timer::SweepIdle(session));
        }
    }

    /// Sends keys with digests, page by page; an empty answer is a page too.
    pub(super) fn send_keys(&self, session: SessionId, part: u32, entries: &[Entry], ctx: &mut Ctx<'_>) {
        let pages = entries.len().div_ceil(KEYS_AT_ONCE).max(1) as u32;
        for page in 0..pages {
            let entries = entries.iter().skip(page as usize * KEYS_AT_ONCE).take(KEYS_AT_ONCE).cloned().collect();
            self.say(session.by, session, Say::Keys { page: Page { part, page, pages }, entries }, ctx);
        }
    }

    /// Sends rows, page by page. Returns how many pages there are: at least one.
    pub(super) fn send_rows(&self, to: NodeId, session: SessionId, part: u32, rows: &[(Key, Arc<Row>)], ctx: &mut Ctx<'_>) -> u32 {
        let most = ctx.settings.sweeps.rows_at_once.max(1) as usize;
        let pages = rows.len().div_ceil(most).max(1) as u32;
        for page in 0..pages {
            let rows = rows.iter().skip(page as usize * most).take(most).cloned().collect();
            self.say(to, session, Say::Rows { page: Page { part, page, pages }, rows }, ctx);
        }
        pages
    }
}
