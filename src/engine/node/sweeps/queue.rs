//! A node's queue of ranges: what waits to be compared with whom, what is under way, what was done when (Reaper, `SegmentRunner`; Apache
//! Cassandra, `nodetool repair` range by range; Garage, `table/sync.rs`).

use std::collections::BTreeMap;

use super::ask::{Phase, Work};
use super::note::SweepOutcome;
use super::trees::{arc_of, common_ranges, sharers};
use super::turn::QueueStep;
use crate::engine::base::{Micros, NodeId, Purpose, arrange, uniform};
use crate::engine::data::{Key, Token};
use crate::engine::node::settings::throttle;
use crate::engine::node::{Checkpoints, Ctx, Method, Node, Note, Order, QueueSettings, SweepPolicy, Timer, Whose};
use crate::engine::place::Ring;
use crate::engine::sweep::TokenRange;

/// A range and the replica to compare it with.
pub type Pair = (TokenRange, NodeId);

/// A sweep that waits for its turn or is under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Job {
    /// What is to be compared, and with whom.
    pub pair: Pair,
    /// How often it has failed in this round.
    pub failures: u32,
    /// Not before this instant: it rests after a failure.
    pub not_before: Micros,
    /// When it was begun; of no meaning while it waits.
    pub began: Micros,
}

/// The last success of a pair.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Done {
    /// When.
    pub at: Micros,
    /// Rows it moved, both ways.
    pub moved: u32,
}

/// What is kept on disk of a round.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Saved {
    /// When the present round began; `None` before the first.
    began: Option<Micros>,
    done: BTreeMap<Pair, Done>,
}

/// What a node knows of its own turns. Volatile, but for what is saved.
#[derive(Debug, Clone, Default)]
pub struct Queue {
    waiting: Vec<Job>,
    /// Under way, by the numbers of their sessions.
    running: BTreeMap<u32, Job>,
    saved: Saved,
    /// Sweeps of the round that found no room.
    put_off: u32,
    round: u32,
    /// Reads and writes of each part of the ring, by the token that ends it, halved with every round. Counted only where the order asks for it.
    pub(super) heat: BTreeMap<Token, u32>,
    /// When each peer last gave cause for doubt.
    unstable: BTreeMap<NodeId, Micros>,
    /// No sweep starts before.
    rest_until: Micros,
    /// Which timer counts, and when it goes off.
    timer: u32,
    wakes: Option<Micros>,
}

impl Queue {
    /// Sweeps that wait, the next one first.
    pub fn waiting(&self) -> &[Job] {
        &self.waiting
    }

    /// Sweeps under way, by the numbers of their sessions.
    pub fn running(&self) -> &BTreeMap<u32, Job> {
        &self.running
    }

    /// The last success of each pair.
    pub fn done(&self) -> &BTreeMap<Pair, Done> {
        &self.saved.done
    }

    /// When the present round began.
    pub fn began(&self) -> Option<Micros> {
        self.saved.began
    }

    /// Sweeps that wait or are under way.
    pub fn backlog(&self) -> usize {
        self.waiting.len() + self.running.len()
    }

    /// Sweeps of this round that found no room and are left to the next.
    pub fn put_off(&self) -> u32 {
        self.put_off
    }

    /// When the node goes on, if it rests.
    pub fn rests_until(&self, now: Micros) -> Option<Micros> {
        (self.rest_until > now && !self.waiting.is_empty()).then_some(self.rest_until)
    }

    /// Whether a timer still counts.
    pub(super) fn expects(&self, timer: u32) -> bool {
        timer == self.timer && self.wakes.is_some()
    }

    /// What is left of it after a crash.
    pub(super) fn crashed(self) -> Queue {
        Queue { saved: self.saved, ..Queue::default() }
    }

    /// The disk is another one: nothing was noted on it.
    pub(in crate::engine::node) fn clear(&mut self) {
        *self = Queue::default();
    }

    /// What is noted as done, taken out.
    pub(super) fn take_done(&mut self) -> BTreeMap<Pair, Done> {
        std::mem::take(&mut self.saved.done)
    }

    /// Notes a pair as done.
    pub(super) fn note_done(&mut self, pair: Pair, done: Done) {
        self.saved.done.insert(pair, done);
    }

    /// Drops what waits and is not to be kept.
    pub(super) fn keep_waiting(&mut self, kept: impl Fn(&Pair) -> bool) {
        self.waiting.retain(|job| kept(&job.pair));
    }

    /// A pair waits for its turn.
    pub(super) fn wait_for(&mut self, pair: Pair) {
        self.waiting.push(Queue::job(pair));
    }

    /// Leaves what there is no room for to the next round.
    pub(super) fn shorten(&mut self, most: usize) {
        self.put_off += self.waiting.len().saturating_sub(most) as u32;
        self.waiting.truncate(most);
    }

    /// Whether a pair is waiting or under way.
    pub(super) fn has(&self, pair: &Pair) -> bool {
        self.waiting.iter().chain(self.running.values()).any(|job| job.pair == *pair)
    }

    fn job(pair: Pair) -> Job {
        Job { pair, failures: 0, not_before: Micros::ZERO, began: Micros::ZERO }
    }
}

/// Whether a method remembers how far two nodes have come with each other, in all their ranges at once: one sweep for each peer.
const fn goes_by_peer(method: Method) -> bool {
    matches!(method, Method::Log | Method::Bitmaps)
}

/// Whether a method compares parts of ranges as well. Kept segments and tries are of whole ranges.
const fn is_cut(method: Method) -> bool {
    !matches!(method, Method::Log | Method::Bitmaps | Method::Segments | Method::Trie)
}

impl Node {
    /// How a sweep of the queue with `peer` works in the present round: another way across zones, trees instead of logs in some rounds.
    pub(super) fn queued_policy(&self, peer: NodeId, ctx: &Ctx<'_>) -> SweepPolicy {
        let across = ctx.ring.zone_of(peer) != ctx.ring.zone_of(self.id);
        let mut policy = ctx.settings.sweeps.policy_for(across, self.sweeps.queue.round.saturating_sub(1));
        if policy.method == Method::Validation {
            // One repair takes in everybody; pair by pair, trees are compared level by level.
            policy.method = Method::Descent;
        }
        policy
    }

    /// Everything the node is to compare in one round.
    pub(super) fn pairs(&self, queue: &QueueSettings, ctx: &Ctx<'_>) -> Vec<Pair> {
        let replicas = &ctx.settings.replicas;
        let mut pairs = Vec::new();
        for peer in sharers(ctx.ring, replicas, self.id) {
            let method = self.queued_policy(peer, ctx).method;
            for range in common_ranges(ctx.ring, replicas, self.id, peer) {
                if queue.ranges == Whose::First && ctx.ring.replicas(range.right, replicas).first() != Some(&self.id) {
                    continue;
                }
                let parts = if is_cut(method) { u64::from(queue.segments.max(1)) } else { 1 };
                pairs.extend((0..parts).filter_map(|part| Some((range.part(part, parts)?, peer))));
                if goes_by_peer(method) {
                    break;
                }
            }
        }
        arrange(&mut pairs, Ord::cmp);
        pairs
    }

    /// The node has started: it goes on with its round, if it knows of one.
    pub(in crate::engine::node) fn resume_queue(&mut self, ctx: &mut Ctx<'_>) {
        let Some(settings) = ctx.settings.sweeps.queue.filter(|_| ctx.settings.sweeps.schedule.is_some()) else { return };
        if settings.checkpoints == Checkpoints::Memory {
            self.sweeps.queue = Queue::default();
            return;
        }
        let Some(began) = self.sweeps.queue.saved.began else { return };
        let all = self.pairs(&settings, ctx);
        let queue = &mut self.sweeps.queue;
        let todo = |pair: &&Pair| queue.saved.done.get(pair).is_none_or(|done| done.at < began) && !queue.has(pair);
        let left: Vec<Job> = all.iter().filter(todo).map(|pair| Queue::job(*pair)).collect();
        if left.is_empty() {
            return;
        }
        let (jobs, done) = (left.len() as u32, (all.len() - left.len()) as u32);
        queue.waiting.extend(left);
        self.order_queue(&settings, ctx);
        ctx.note(None, Note::Queue(QueueStep::Resumed { left: jobs, done }));
        self.pump(ctx);
    }

    /// The schedule says that it is time for a round.
    pub(super) fn begin_round(&mut self, settings: &QueueSettings, ctx: &mut Ctx<'_>) {
        self.sweeps.queue.round += 1;
        let all = self.pairs(settings, ctx);
        let queue = &mut self.sweeps.queue;
        queue.saved.began = Some(ctx.now);
        queue.saved.done.retain(|pair, _| all.binary_search(pair).is_ok());
        queue.waiting.retain(|job| all.binary_search(&job.pair).is_ok());
        queue.heat.values_mut().for_each(|count| *count /= 2);
        let left = queue.waiting.len() as u32;
        let new: Vec<Job> = all.iter().filter(|pair| !queue.has(pair)).map(|pair| Queue::job(*pair)).collect();
        queue.waiting.extend(new);
        self.order_queue(settings, ctx);
        let queue = &mut self.sweeps.queue;
        queue.put_off = queue.waiting.len().saturating_sub(settings.most as usize) as u32;
        queue.waiting.truncate(settings.most as usize);
        let jobs = queue.waiting.len() as u32;
        ctx.note(None, Note::Queue(QueueStep::Round { jobs, left: left.min(jobs), put_off: queue.put_off }));
        self.pump(ctx);
    }

    /// Brings what waits into its order. Equal places keep that of their last success, then that of the ring.
    pub(super) fn order_queue(&mut self, settings: &QueueSettings, ctx: &Ctx<'_>) {
        let (id, draws) = (u64::from(self.id.0), ctx.draws);
        let queue = &mut self.sweeps.queue;
        let round = u64::from(queue.round) << 32 | 1 << 63;
        let rank = |job: &Job| match settings.order {
            Order::Oldest => 0,
            Order::Drawn => {
                let (range, NodeId(peer)) = job.pair;
                draws.draw(Purpose::Sweep, [id, round | u64::from(peer), range.right.0])
            }
            Order::Hot => u64::MAX - u64::from(queue.heat.get(&ctx.ring.arc_id(job.pair.0.right).end).copied().unwrap_or(0)),
            Order::Different => u64::MAX - queue.saved.done.get(&job.pair).map_or(0, |done| u64::from(done.moved)),
            Order::Unstable => u64::MAX - queue.unstable.get(&job.pair.1).map_or(0, |at| at.0),
        };
        let last = |job: &Job| queue.saved.done.get(&job.pair).map_or(0, |done| done.at.0 + 1);
        let mut ranked: Vec<((u64, u64, Pair), Job)> = queue.waiting.iter().map(|job| ((rank(job), last(job), job.pair), *job)).collect();
        arrange(&mut ranked, |a, b| a.0.cmp(&b.0));
        queue.waiting = ranked.into_iter().map(|(_, job)| job).collect();
    }

    /// Starts what may start now, and sets a timer for what may start later.
    pub(in crate::engine::node) fn pump(&mut self, ctx: &mut Ctx<'_>) {
        let Some(settings) = ctx.settings.sweeps.queue else { return };
        while !self.sweeps.queue.waiting.is_empty() && self.sweeps.asking.len() < ctx.settings.sweeps.at_once as usize {
            if self.sweeps.queue.rest_until > ctx.now {
                return self.wake_queue(self.sweeps.queue.rest_until, ctx);
            }
            if settings.one_each && !(self.sweeps.asking.is_empty() && self.sweeps.answering.is_empty()) {
                return;
            }
            let ready = |job: &Job| job.not_before <= ctx.now && self.believes_up(job.pair.1);
            let Some(at) = self.sweeps.queue.waiting.iter().position(ready) else {
                let later = self.sweeps.queue.waiting.iter().filter(|job| self.believes_up(job.pair.1)).map(|job| job.not_before).min();
                return later.map_or((), |at| self.wake_queue(at, ctx));
            };
            if settings.throttle && throttle(ctx.backlog) > 0 {
                let rest = Micros::ms(throttle(ctx.backlog));
                self.sweeps.queue.rest_until = ctx.now.plus(rest);
                ctx.note(None, Note::Queue(QueueStep::HeldBack { waiting: ctx.backlog, rest }));
                continue;
            }
            let job = Job { began: ctx.now, ..self.sweeps.queue.waiting.remove(at) };
            // The number of copies may have changed while it waited.
            let both = [self.id, job.pair.1];
            if !both.iter().all(|node| ctx.ring.is_replica(job.pair.0.right, &ctx.settings.replicas, *node)) {
                ctx.note(None, Note::Queue(QueueStep::Dropped { with: job.pair.1 }));
                continue;
            }
            // Registered before it begins: it may end at once.
            let number = self.sweeps.begun + 1;
            self.sweeps.queue.running.insert(number, job);
            let policy = self.queued_policy(job.pair.1, ctx);
            let ranges = if goes_by_peer(policy.method) {
                common_ranges(ctx.ring, &ctx.settings.replicas, self.id, job.pair.1).into()
            } else {
                [job.pair.0].into()
            };
            if !self.start_over(job.pair.1, policy, 0, ranges, ctx) {
                self.sweeps.queue.running.remove(&number);
            }
        }
    }

    fn wake_queue(&mut self, at: Micros, ctx: &mut Ctx<'_>) {
        let queue = &mut self.sweeps.queue;
        if queue.wakes.is_some_and(|set| set <= at) {
            return;
        }
        queue.timer += 1;
        queue.wakes = Some(at);
        ctx.wake(at.since(ctx.now).max(Micros(1)), Timer::SweepTurn(queue.timer));
    }

    /// The queue's timer went off.
    pub(super) fn queue_woke(&mut self, ctx: &mut Ctx<'_>) {
        self.sweeps.queue.wakes = None;
        self.pump(ctx);
    }

    /// A sweep has ended. Returns whether it was one of the queue's.
    pub(super) fn queue_ended(&mut self, number: u32, outcome: SweepOutcome, ctx: &mut Ctx<'_>) -> bool {
        let Some(job) = self.sweeps.queue.running.remove(&number) else { return false };
        let (took, with) = (ctx.now.since(job.began), job.pair.1);
        let settings = ctx.settings.sweeps;
        if outcome.is_good() {
            let moved = if let SweepOutcome::Repaired { pulled, pushed } = outcome { pulled + pushed } else { 0 };
            self.sweeps.queue.saved.done.insert(job.pair, Done { at: ctx.now, moved });
        } else if outcome != SweepOutcome::Redrawn {
            self.sweeps.queue.unstable.insert(with, ctx.now);
            if outcome.may_pass() && job.failures < settings.retries {
                let longest = Micros(settings.back_off.0.saturating_mul(2 << job.failures.min(20)));
                // Two nodes that were in each other's way must not meet again at the same instant.
                let draw = ctx.draws.draw(Purpose::Sweep, [u64::from(self.id.0), 3 << 61 | u64::from(self.generation), u64::from(number)]);
                let rest = uniform(draw, Micros(longest.0 / 2), longest).max(Micros(1));
                let failures = job.failures + 1;
                self.sweeps.queue.waiting.push(Job { failures, not_before: ctx.now.plus(rest), ..job });
                ctx.note(None, Note::Queue(QueueStep::Postponed { with, failures, rest }));
            } else {
                ctx.note(None, Note::Queue(QueueStep::Dropped { with }));
            }
        }
        if let Some(queue) = settings.queue {
            let share = u128::from(queue.intensity_ppm.clamp(1, 1_000_000));
            let rest = u128::from(took.0) * (1_000_000 - share) / share;
            self.sweeps.queue.rest_until = ctx.now.plus(Micros(u64::try_from(rest).unwrap_or(u64::MAX)));
        }
        if self.sweeps.queue.backlog() == 0 {
            let took = self.sweeps.queue.saved.began.map_or(Micros::ZERO, |began| ctx.now.since(began));
            ctx.note(None, Note::Queue(QueueStep::Finished { took }));
        }
        true
    }

    /// A peer is believed down, or up again.
    pub(in crate::engine::node) fn queue_doubts(&mut self, peer: NodeId, up: bool, ctx: &mut Ctx<'_>) {
        if ctx.settings.sweeps.queue.is_some() {
            self.sweeps.queue.unstable.insert(peer, ctx.now);
            if up {
                return self.pump(ctx);
            }
            // Nobody waits for an answer of one who is gone (Apache Cassandra, `RepairSession.convict`).
            let with = |job: &Job| job.pair.1 == peer;
            let hung: Vec<u32> = self.sweeps.queue.running.iter().filter(|(_, job)| with(job)).map(|(number, _)| *number).collect();
            for number in hung {
                if let Some(asking) = self.sweeps.asking.remove(&number) {
                    self.end_sweep(asking, SweepOutcome::TimedOut, ctx);
                }
            }
        }
    }

    /// A row of the node's own was read or written.
    pub(in crate::engine::node) fn queue_heats(&mut self, key: &Key, ctx: &Ctx<'_>) {
        if ctx.settings.sweeps.queue.is_some_and(|queue| queue.order == Order::Hot) {
            *self.sweeps.queue.heat.entry(ctx.ring.arc_id(key.token()).end).or_default() += 1;
        }
    }

    /// A person stops a sweep that this node has started, or all of them and what waits.
    pub(in crate::engine::node) fn stop_sweep(&mut self, number: Option<u32>, ctx: &mut Ctx<'_>) {
        if number.is_none() {
            self.empty_queue(ctx);
            self.sweeps.again.clear();
        }
        self.stop_repairs(number, ctx);
        let all: Vec<u32> = self.sweeps.asking.keys().copied().filter(|n| number.is_none_or(|wanted| *n == wanted)).collect();
        for number in all {
            if let Some(asking) = self.sweeps.asking.remove(&number) {
                self.end_sweep(asking, SweepOutcome::Stopped, ctx);
            }
        }
    }

    /// How far a sweep has come: steps done and steps in all, as far as is known.
    pub fn sweep_progress(&self, number: u32) -> Option<(u32, u32)> {
        let asking = self.sweeps.asking.get(&number)?;
        let levels = match &asking.work {
            Work::Descent(descent) => descent.trees.iter().map(|tree| tree.depth()).max().unwrap_or(0),
            _ => 0,
        };
        let done = match asking.phase {
            Phase::Opening => 0,
            Phase::Descending(level) => 1 + level.min(levels),
            Phase::Fetching | Phase::Reading => 2 + levels,
            Phase::Storing => 3 + levels,
            _ => 1 + levels,
        };
        Some((done, 4 + levels))
    }

    /// A person empties the queue.
    pub(super) fn empty_queue(&mut self, ctx: &mut Ctx<'_>) {
        let jobs = std::mem::take(&mut self.sweeps.queue.waiting).len() as u32;
        if jobs > 0 {
            ctx.note(None, Note::Queue(QueueStep::Emptied { jobs }));
        }
    }
}

/// The number of the part of the ring that a range lies in, in ring order from 1: two segments of one part have the same.
pub fn number_of(ring: &Ring, range: TokenRange) -> usize {
    arc_of(ring, range.right) + 1
}
