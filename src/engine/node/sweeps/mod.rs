//! Sweeps: two replicas find out what they disagree on, whether or not anybody reads it, and send each other what is missing (Dynamo,
//! section 4.7; Riak, active anti-entropy; Apache Cassandra, repair). The node that starts one asks and decides; the other only answers.

mod answer;
mod ask;
mod bitmaps;
mod descent;
mod dot_say;
mod log_say;
mod message;
mod note;
mod queue;
mod recon;
mod redrawn;
mod segments;
mod set_say;
mod sets;
mod shipping;
mod sketch;
mod trees;
mod trie;
mod turn;
pub mod validation;
mod versions;

use std::collections::BTreeMap;

pub use answer::{Answering, Held};
pub use ask::{Asking, Phase, Work};
pub use bitmaps::{Filling, missing};
pub use descent::Descent;
pub use dot_say::{ClockEntry, DotSay, DotStep, Told};
pub use log_say::{Changed, LogSay, LogStep, Whole};
pub use message::{Page, Place, Refusal, Say, SessionId};
pub use note::{SweepOutcome, SweepStep};
pub use queue::{Done, Job, Pair, Queue, number_of};
pub use recon::{ROUNDS, Ranging};
pub use segments::{Exchange, SegmentBuilder, SegmentSay, SegmentStore, Segmented};
pub use set_say::{SetSay, SetStep};
pub use sets::Listed;
pub use shipping::Shipping;
pub use sketch::{Peeling, Stream};
pub use trees::{Kept, common_ranges, part_of, sharers};
pub use trie::{TrieSay, TrieStore, Walk};
pub use turn::QueueStep;

pub use versions::{Parts, VersionSay, Versioned};

use super::{Body, Ctx, Method, Node, Note, Schedule, Start, SweepPolicy, Timer};
use crate::engine::base::{Micros, NodeId, Purpose, uniform};
use crate::engine::data::{Key, Row};
use validation::Repairs;

/// Most nodes, leaves or keys that one message asks about.
pub const ASKED_AT_ONCE: usize = 1024;

/// Most nodes whose children one message asks for: fewer of wide trees, so that no answer has more than 262,144 hashes.
pub const fn parents_at_once(bits: u32) -> usize {
    let most = 1 << 18 >> bits;
    if most < ASKED_AT_ONCE { most } else { ASKED_AT_ONCE }
}

/// Most keys of one page of an answer.
pub const KEYS_AT_ONCE: usize = 1024;

/// A sweep that is tried again after a rest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Again {
    with: NodeId,
    policy: SweepPolicy,
    attempt: u32,
}

/// What a node knows of sweeps. Volatile, except trees of segments and tries.
#[derive(Debug, Clone, Default)]
pub struct Sweeps {
    /// Sweeps it has started and that are under way, by their numbers.
    asking: BTreeMap<u32, Asking>,
    /// Sweeps of others that it answers.
    answering: BTreeMap<SessionId, Answering>,
    /// Sweeps that rest before another try, by the number of the one that failed.
    again: BTreeMap<u32, Again>,
    /// Repairs by whole trees.
    repairs: Repairs,
    /// Trees that are kept.
    pub(super) kept: Kept,
    /// Trees of segments: on disk.
    pub(super) segments: SegmentStore,
    /// Tries: on disk.
    pub(super) tries: TrieStore,
    /// Events that askers have offered in sweeps that go on.
    offered: BTreeMap<SessionId, Vec<Told>>,
    /// How many it has started.
    begun: u32,
    /// Which timer of the schedule counts; older ones are ignored.
    epoch: u32,
    /// How many turns of the schedule there have been.
    turns: u32,
    /// What waits for its turn.
    pub(super) queue: Queue,
}

impl Sweeps {
    /// Sweeps that the node has started and that are under way, by their numbers.
    pub fn asking(&self) -> &BTreeMap<u32, Asking> {
        &self.asking
    }

    /// Sweeps of others that the node answers.
    pub fn answering(&self) -> &BTreeMap<SessionId, Answering> {
        &self.answering
    }

    /// Repairs by whole trees.
    pub fn repairs(&self) -> &Repairs {
        &self.repairs
    }

    /// What waits for its turn, and what is done. What is done is on disk.
    pub fn queue(&self) -> &Queue {
        &self.queue
    }

    /// Trees that are kept.
    pub fn kept(&self) -> &Kept {
        &self.kept
    }

    /// Trees of segments.
    pub fn segments(&self) -> &SegmentStore {
        &self.segments
    }

    /// Tries.
    pub fn tries(&self) -> &TrieStore {
        &self.tries
    }

    /// What is left after a crash: what is on disk.
    pub(super) fn crashed(self) -> Sweeps {
        Sweeps { segments: self.segments.crashed(), tries: self.tries.crashed(), queue: self.queue.crashed(), ..Sweeps::default() }
    }

    /// Whether anything still waits for this timer, which is one of this room's.
    pub(super) fn expects(&self, timer: Timer) -> bool {
        match timer {
            Timer::SweepDue(epoch) => epoch == self.epoch,
            Timer::SweepPatience(number) => self.asking.contains_key(&number) || self.repairs.waits(number),
            Timer::SweepAgain(number) => self.again.contains_key(&number) || self.repairs.rests(number),
            Timer::SweepIdle(session) if self.repairs.parties().contains_key(&session) => true,
            Timer::SweepTurn(number) => self.queue.expects(number),
            Timer::SweepIdle(session) | Timer::SweepStream(session, _) => self.answering.contains_key(&session),
            Timer::SegmentsBuilt => self.segments.is_building(),
            Timer::TrieWork => self.tries.is_due(),
            Timer::SweepNext(number) => self.asking.get(&number).is_some_and(|asking| asking.phase == Phase::Reading),
            _ => false,
        }
    }
}

impl Sweeps {
    /// Whether the answer to this takes reading many rows, perhaps.
    pub(in crate::engine) fn reads_for(&self, session: SessionId, say: &Say) -> bool {
        match say {
            Say::Open { .. } | Say::ListKeys { .. } | Say::Versions(VersionSay::Ready) | Say::Set(SetSay::Symbols { .. }) => true,
            Say::Repair(say) => matches!(say, validation::RepairSay::Validate { .. }),
            // Keys are compared when the last of them are here.
            Say::Keys { page, .. } => {
                self.asking.get(&session.number).is_some_and(|asking| asking.session == session && asking.lacks_only(*page))
            }
            _ => false,
        }
    }
}

impl Node {
    /// One of this room's timers went off.
    pub(super) fn sweep_woke(&mut self, timer: Timer, ctx: &mut Ctx<'_>) {
        match timer {
            Timer::SweepDue(_) => self.sweep_due(ctx),
            Timer::SweepPatience(number) if self.sweeps.repairs.waits(number) => self.repair_waited(number, ctx),
            Timer::SweepPatience(number) => self.sweep_waited(number, ctx),
            Timer::SweepAgain(number) if self.sweeps.repairs.rests(number) => self.repair_again(number, ctx),
            Timer::SweepAgain(number) => {
                if let Some(Again { with, policy, attempt }) = self.sweeps.again.remove(&number) {
                    self.start_sweep(with, policy, attempt, ctx);
                }
            }
            Timer::SweepIdle(session) if self.sweeps.repairs.parties().contains_key(&session) || self.records.is_open(session) => {
                self.party_idle(session, ctx)
            }
            Timer::SweepIdle(session) => self.answering_idle(session, ctx),
            Timer::SweepTurn(_) => self.queue_woke(ctx),
            Timer::SweepStream(session, next) => self.stream_woke(session, next, ctx),
            Timer::SegmentsBuilt => self.segments_built(ctx),
            Timer::TrieWork => self.work_tries(),
            Timer::SweepNext(number) => self.read_next(number, ctx),
            _ => {}
        }
    }

    /// The node has started, or the schedule has changed.
    pub(super) fn restart_schedule(&mut self, ctx: &mut Ctx<'_>) {
        self.sweeps.epoch += 1;
        if ctx.settings.sweeps.queue.is_none() {
            self.empty_queue(ctx);
        }
        self.pump(ctx);
        let Some(schedule) = ctx.settings.sweeps.schedule else { return };
        let draw = ctx.draws.draw(Purpose::Sweep, [u64::from(self.id.0), u64::from(self.generation), 0]);
        let rest = match self.until_beat(&schedule, ctx) {
            None => uniform(draw, Micros(1), schedule.every.max(Micros(1))),
            Some(rest) => rest.plus(uniform(draw, Micros::ZERO, schedule.jitter)),
        };
        ctx.wake(rest, Timer::SweepDue(self.sweeps.epoch));
    }

    /// How long until the beat of the schedule; `None` if each node has a rhythm of its own.
    fn until_beat(&self, schedule: &Schedule, ctx: &Ctx<'_>) -> Option<Micros> {
        let every = schedule.every.0.max(1);
        let offset = match schedule.start {
            Start::Drawn => return None,
            Start::Together => 0,
            Start::InTurn => (u128::from(every) * u128::from(self.id.0) / u128::from(ctx.ring.nodes().max(1))) as u64,
        };
        Some(Micros(every - (ctx.now.0 + (every - offset)) % every))
    }

    /// The schedule says that it is time: a round of the queue, or the next peer in turn that is believed up; and the next turn.
    fn sweep_due(&mut self, ctx: &mut Ctx<'_>) {
        let Some(schedule) = ctx.settings.sweeps.schedule else { return };
        let turn = self.sweeps.turns;
        self.sweeps.turns += 1;
        let policy = ctx.settings.sweeps.policy;
        let peers = sharers(ctx.ring, &ctx.settings.replicas, self.id);
        if policy.method == Method::Validation {
            // One repair takes in all replicas of its ranges: there is nobody to take turns with.
            if !peers.is_empty() {
                self.start_repair(None, policy, 0, ctx);
            }
        } else if let Some(queue) = ctx.settings.sweeps.queue {
            self.begin_round(&queue, ctx);
        } else {
            let from = turn as usize % peers.len().max(1);
            let up = peers.iter().cycle().skip(from).take(peers.len()).copied().find(|peer| self.believes_up(*peer));
            if let Some(with) = up {
                let across = ctx.ring.zone_of(with) != ctx.ring.zone_of(self.id);
                let policy = ctx.settings.sweeps.policy_for(across, turn / peers.len().max(1) as u32);
                self.start_sweep(with, policy, 0, ctx);
            }
        }
        let draw = ctx.draws.draw(Purpose::Sweep, [u64::from(self.id.0), u64::from(self.generation), u64::from(turn) + 1]);
        let rest = match self.until_beat(&schedule, ctx) {
            None => uniform(draw, schedule.every, schedule.every.plus(schedule.jitter)).max(Micros(1)),
            Some(rest) => rest.plus(uniform(draw, Micros::ZERO, schedule.jitter)),
        };
        ctx.wake(rest, Timer::SweepDue(self.sweeps.epoch));
    }

    /// A message of a sweep arrived.
    pub(super) fn sweep_heard(&mut self, from: NodeId, session: SessionId, say: &Say, ctx: &mut Ctx<'_>) {
        (self.history.taking, self.history.with) = (self.source(from, session), Some(from));
        if matches!(say, Say::Repair(_)) || self.sweeps.repairs.knows(session) || self.records.is_open(session) {
            self.repair_heard(from, session, say, ctx);
        } else if session.by == self.id {
            self.sweep_answered(from, session, say, ctx);
        } else if session.by == from {
            self.sweep_asked(session, say, ctx);
        }
        (self.history.taking, self.history.with) = (None, None);
    }

    /// What is held at `key` has changed: kept trees follow.
    pub(super) fn trees_follow(&mut self, key: &Key, before: Option<&Row>, ctx: &mut Ctx<'_>) {
        let after = self.store.get(key).cloned();
        if self.sweeps.kept.count() > 0 {
            self.sweeps.kept.change(key, before, after.as_deref());
        }
        self.sweeps.segments.follow(key, after.as_deref());
        self.sweeps.tries.queue(key);
        self.sweeps.tries.plan(ctx);
    }

    /// Kept trees are made anew: rows have come that no message brought.
    pub fn forget_trees(&mut self) {
        self.sweeps.kept.clear();
        self.sweeps.segments.clear();
        self.disk_replaced();
    }

    /// Another disk has been put in the place of the node's: what lies in one database with the rows is no longer what it was.
    pub fn disk_replaced(&mut self) {
        self.sweeps.tries.clear();
        self.sweeps.queue.clear();
    }

    fn say(&self, to: NodeId, session: SessionId, say: Say, ctx: &mut Ctx<'_>) {
        ctx.send(to, None, Body::Sweep { session, say: Box::new(say) });
    }

    fn note_sweep(&self, session: SessionId, step: SweepStep, ctx: &mut Ctx<'_>) {
        ctx.note(None, Note::Sweep { session, step });
    }
}
