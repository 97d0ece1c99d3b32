//! A run recorded as far as it has been played, with snapshots to go back to.

use super::player::Player;
use super::sample::{Sample, sample};
use super::script::{BOUNDS, Script};
use super::sweep_log::SweepLog;
use crate::engine::base::{EventId, Micros};
use crate::engine::observe::{Entropy, History, Sweeps};
use crate::engine::world::{Ahead, Event};

/// The end of one step that left events.
#[derive(Debug, Clone, Copy)]
pub(super) struct Mark {
    /// Events so far.
    pub events: u32,
    /// When it happened.
    pub at: Micros,
}

/// A snapshot: the player as it was just after the step that made this many events.
#[derive(Debug, Clone)]
struct Snapshot {
    events: u32,
    player: Player,
    /// Whether it stands behind a step that takes long, which nobody wants to see carried out again.
    dear: bool,
}

/// Work under way for the next step. A copy of a tape begins it anew.
#[derive(Debug, Default)]
struct Bench(Option<Ahead>);

impl Clone for Bench {
    fn clone(&self) -> Self {
        Bench(None)
    }
}

/// A step that has been carried out, but is not known as a whole yet.
#[derive(Debug, Clone)]
struct Unsettled {
    events: Vec<Event>,
    /// Whether it took long so far.
    long: bool,
    /// Whether the run goes on.
    goes_on: bool,
}

/// How much may be done at once, in rows that are read; a step counts as a few.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Work(pub u64);

impl Work {
    /// As much as there is.
    pub const ALL: Work = Work(u64::MAX);

    /// Takes some of it away.
    pub fn take(&mut self, some: u64) {
        if *self != Work::ALL {
            self.0 = self.0.saturating_sub(some);
        }
    }

    pub fn is_used_up(self) -> bool {
        self.0 == 0
    }
}

/// Events between two snapshots at first; doubled whenever there are too many snapshots.
const INTERVAL: u32 = 256;
/// Inputs that may leave no event for each one that does, before recording pauses: runs may count heartbeats instead of keeping them.
const INPUTS_PER_EVENT: u64 = 10;
/// Snapshots kept at most.
const SNAPSHOTS: usize = 512;
/// Those behind long steps that are kept whatever else there is.
const DEAR: usize = 48;
/// Rows from which on reading them is long work.
pub(super) const LONG: u64 = 4_096;
/// What a step counts beside rows that are read.
pub(super) const STEP: u64 = 4;

/// One script, recorded up to `tip`, with the world at the cursor.
#[derive(Debug, Clone)]
pub(super) struct Tape {
    pub script: Script,
    /// The world at the cursor.
    pub here: Player,
    /// Up to when `here` has carried out what leaves no event, if it has.
    settled: Option<Micros>,
    /// The world at the furthest point played, where recording goes on.
    tip: Player,
    /// Whether the tip has reached the end of the run.
    pub complete: bool,
    pub log: Vec<Event>,
    pub marks: Vec<Mark>,
    pub history: History,
    pub sweeps: SweepLog,
    /// Changes of the number of stale copies: after which event, when, how many.
    pub divergence: Vec<(EventId, Micros, u64)>,
    /// How disorder came and went: after which event, when, how much since the start.
    pub entropy: Vec<(EventId, Micros, Entropy)>,
    /// Points for plots over time.
    pub samples: Vec<Sample>,
    snapshots: Vec<Snapshot>,
    interval: u32,
    bench: Bench,
    unsettled: Option<Unsettled>,
}

impl Tape {
    /// Records the first instant of a script, and stands there.
    pub fn new(script: Script) -> Tape {
        let mut log = Vec::new();
        let tip = Player::new(&script, &mut log);
        let mut tape = Tape {
            here: tip.clone(),
            settled: None,
            snapshots: vec![Snapshot { events: log.len() as u32, player: tip.clone(), dear: true }],
            tip,
            complete: false,
            marks: Vec::new(),
            history: History::default(),
            sweeps: SweepLog::default(),
            divergence: Vec::new(),
            entropy: Vec::new(),
            samples: Vec::new(),
            interval: INTERVAL,
            bench: Bench::default(),
            unsettled: None,
            script,
            log,
        };
        tape.absorb(0);
        tape
    }

    /// Takes the events from `before` on into marks, history and divergence.
    fn absorb(&mut self, before: usize) {
        if let Some(last) = self.log.get(before..).and_then(|new| new.last()) {
            let events = self.log.len() as u32;
            self.marks.push(Mark { events, at: last.at });
            for (i, event) in self.log.iter().enumerate().skip(before) {
                self.history.observe(EventId(i as u32), event);
                self.sweeps.see(EventId(i as u32), event);
            }
            let stale = self.tip.truth.stale_copies();
            if self.divergence.last().map_or(0, |d| d.2) != stale {
                self.divergence.push((EventId(events - 1), last.at, stale));
            }
            let entropy = self.tip.truth.entropy();
            if self.entropy.last().map_or(Entropy::default(), |e| e.2) != entropy {
                self.entropy.push((EventId(events - 1), last.at, entropy));
            }
            sample(&mut self.samples, &self.tip, EventId(events - 1), last.at, self.script.end);
        }
    }

    /// Whether a run stops before its end because there is too much of it.
    pub fn is_full(&self) -> bool {
        self.log.len() >= BOUNDS.events as usize || self.tip.inputs >= BOUNDS.inputs
    }

    /// When the next thing is due that is not recorded yet; none at the end of the run.
    pub fn recorded_until(&mut self) -> Option<Micros> {
        match &self.unsettled {
            Some(_) => Some(self.tip.world.now()),
            None if self.complete => None,
            None => self.tip.next_at(&self.script),
        }
    }

    /// Plays on at the tip until `events` more are recorded, or a good number of inputs left none, or the run is at its end. Returns
    /// whether it is.
    pub fn record(&mut self, events: u32) -> bool {
        self.record_within(events, &mut Work::ALL.clone())
    }

    /// The same, as far as `work` goes, which becomes less. A step that takes longer is begun, and gone on with the next time.
    pub fn record_within(&mut self, events: u32, work: &mut Work) -> bool {
        let goal = self.log.len().saturating_add(events as usize).min(BOUNDS.events as usize);
        let patience = self.tip.inputs.saturating_add(u64::from(events).saturating_mul(INPUTS_PER_EVENT)).min(BOUNDS.inputs);
        while !self.complete && self.log.len() < goal && self.tip.inputs < patience && !work.is_used_up() {
            let before = self.log.len();
            let (goes_on, long) = if *work == Work::ALL && self.unsettled.is_none() {
                (self.tip.step(&self.script, &mut self.log), false)
            } else {
                let Some(step) = self.slice(work) else { break };
                self.log.extend(step.events);
                (step.goes_on, step.long)
            };
            self.complete = !goes_on;
            if self.log.len() > before {
                self.absorb(before);
                self.maybe_snapshot(long);
            }
        }
        // A run of too many events ends where the log is full: said by whoever asks, see Session::is_cut_short.
        self.complete |= self.is_full();
        self.complete
    }

    /// Goes on with the next step; gives it once it is known as a whole.
    fn slice(&mut self, work: &mut Work) -> Option<Unsettled> {
        let mut step = match self.unsettled.take() {
            Some(step) => step,
            None => {
                let mut ahead = self.bench.0.take().unwrap_or_else(|| self.tip.look_ahead(&self.script, LONG));
                if !self.tip.world.work_ahead(&mut ahead, &mut work.0) {
                    self.bench.0 = Some(ahead);
                    return None;
                }
                work.take(STEP);
                let (long, mut events) = (ahead.is_long(), Vec::new());
                let goes_on = self.tip.step_ready(&self.script, ahead, &mut events);
                Unsettled { events, long, goes_on }
            }
        };
        if !self.tip.settle(&mut work.0) {
            step.long = true;
            self.unsettled = Some(step);
            return None;
        }
        Some(step)
    }

    /// The long step that is being worked on, if there is one.
    pub fn ahead(&self) -> Option<&Ahead> {
        self.bench.0.as_ref()
    }

    /// Gives up what has been done for the next step.
    pub fn put_aside(&mut self) {
        self.bench.0 = None;
    }

    /// Only just after an event: an input that leaves none may still change a node, and the cursor stands before it.
    fn maybe_snapshot(&mut self, dear: bool) {
        let events = self.log.len() as u32;
        if dear || self.snapshots.last().is_some_and(|s| events >= s.events + self.interval) {
            self.snapshots.push(Snapshot { events, player: self.tip.clone(), dear });
            if self.snapshots.len() > SNAPSHOTS {
                self.interval *= 2;
                let (mut i, mut dear) = (0, 0);
                self.snapshots.retain(|s| {
                    i += 1;
                    dear += usize::from(s.dear);
                    i % 2 == 1 || s.dear && dear <= DEAR
                });
            }
        }
    }

    /// Events that have happened at the cursor.
    pub fn cursor(&self) -> u32 {
        self.here.world.events()
    }

    /// Puts the cursor just after the step that made the event number `events` (a count), recording on if need be.
    pub fn seek(&mut self, events: u32) {
        self.seek_within(events, None);
    }

    /// Puts the cursor after the last event up to `time`, which is number `events`, and carries out what leaves no event up to then: the
    /// world is as it is at that time, not as it was just after the event.
    pub fn seek_time(&mut self, events: u32, time: Micros) {
        self.seek_within(events, Some(time));
        // Where the record is full, inputs beyond it would leave events that nobody has.
        if !self.is_full() {
            let mut none = Vec::new();
            while none.is_empty() && self.here.next_at(&self.script).is_some_and(|at| at <= time) {
                self.here.step(&self.script, &mut none);
            }
            self.settled = Some(time);
        }
    }

    /// Whether the cursor came to the instant of its last event by going to that time: what leaves no event (a beat that is only counted)
    /// has then happened for the whole microsecond, while going to an event stops just after it.
    pub fn is_settled(&self) -> bool {
        self.settled.is_some_and(|settled| settled == self.mark_index().map_or(Micros::ZERO, |i| self.marks[i].at))
    }

    fn seek_within(&mut self, events: u32, time: Option<Micros>) {
        while !self.complete && (self.log.len() as u32) < events {
            self.record(INTERVAL);
        }
        let at = self.marks.partition_point(|m| m.events < events).min(self.marks.len().saturating_sub(1));
        let first = self.snapshots[0].events;
        let target = if events <= first { first } else { self.marks.get(at).map_or(first, |m| m.events) };
        let nearest = self.snapshots.partition_point(|s| s.events <= target).saturating_sub(1);
        let past = self.cursor() > target || self.cursor() == target && self.settled > time;
        if past || self.cursor() < self.snapshots[nearest].events {
            self.here = self.snapshots[nearest].player.clone();
            self.settled = None;
        }
        if self.cursor() < target {
            self.replay_to(target);
            self.settled = None;
        }
    }

    /// The bills of sweeps at the end of the recording.
    pub fn sweeps_ahead(&self) -> &Sweeps {
        &self.tip.sweeps
    }

    /// The player as it was after `events` events, without going there.
    pub fn peek(&self, events: u32) -> Player {
        // Up to the end of the step that made the last of them: there may be a snapshot of just that.
        let events = self.marks.get(self.marks.partition_point(|m| m.events < events)).map_or(events, |m| m.events);
        let nearest = self.snapshots.partition_point(|s| s.events <= events).saturating_sub(1);
        let mut player = if self.cursor() <= events && self.cursor() >= self.snapshots[nearest].events {
            self.here.clone()
        } else {
            self.snapshots[nearest].player.clone()
        };
        let mut known = Vec::new();
        while player.world.events() < events && player.step(&self.script, &mut known) {
            known.clear();
        }
        player
    }

    /// Plays the known steps again from where the cursor is; their events are in the log already.
    fn replay_to(&mut self, target: u32) {
        let mut known = Vec::new();
        while self.cursor() < target {
            known.clear();
            if !self.here.step(&self.script, &mut known) {
                break;
            }
        }
    }

    /// The step that ends at the cursor.
    pub fn mark_index(&self) -> Option<usize> {
        self.marks.partition_point(|m| m.events <= self.cursor()).checked_sub(1)
    }

    /// Forgets everything after the cursor and goes on with another script, whose commands up to here are the same.
    pub fn cut_here(&mut self, script: Script) {
        let events = self.cursor();
        self.log.truncate(events as usize);
        self.marks.retain(|m| m.events <= events);
        self.snapshots.retain(|s| s.events <= events);
        self.divergence.retain(|(event, _, _)| event.0 < events);
        self.entropy.retain(|(event, _, _)| event.0 < events);
        self.samples.retain(|sample| sample.event.0 < events);
        self.history = History::of(&self.log);
        self.sweeps.cut(events);
        (self.bench.0, self.unsettled) = (None, None);
        self.tip = self.here.clone();
        self.complete = false;
        self.script = script;
    }

    /// Moves the end of the run; what happens after the old end is recorded when asked for.
    pub fn set_end(&mut self, end: Micros) {
        self.script.end = end;
        self.complete = false;
    }
}
