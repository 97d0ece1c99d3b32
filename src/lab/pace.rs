//! Moving in time, all at once or in slices: whoever must stay alive meanwhile, as a page must, sets a pace. Then a move that needs more work
//! than that only says where it is going, [`Session::work`] goes on with it, and until it is there the cursor stays where it was.

use super::condition::{Condition, Watch};
use super::predicate::Predicate;
use super::session::{AHEAD, Advance, Session, Stride};
use super::tape::Work;
use crate::engine::base::Micros;
use crate::engine::world::{Doing, Event};

/// What it counts to go one step on and see whether something holds there.
const TURN: u64 = 8;

/// How much is done at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Pace {
    /// Everything.
    #[default]
    Whole,
    /// About as much as reading so many rows.
    Slices(u64),
}

impl Pace {
    pub(super) fn work(self) -> Work {
        if let Pace::Slices(rows) = self { Work(rows.max(1)) } else { Work::ALL }
    }
}

/// Where a session is going.
#[derive(Debug, Clone)]
pub(super) enum Goal {
    /// To just after so many events.
    Event(u32),
    /// To just after so many events, and on to an instant if nothing happens in between: also to that of the last event, if told so.
    Back(u32, Micros, bool),
    /// To an instant.
    Time(Micros),
    /// To just after a command that has been given.
    After(Micros),
    /// One step on.
    Step(Stride),
    /// To where each of these comes to hold after the one before.
    Until(Vec<Predicate>),
    /// To where a condition comes to hold that is watched, and held or not so far.
    Condition(Box<Watch>, bool),
}

/// How a session moves.
#[derive(Debug, Clone, Default)]
pub(super) struct Going {
    pub pace: Pace,
    /// Where to, if it is not there yet.
    goal: Option<Goal>,
    /// Whether nothing more is worked out until something is wanted.
    resting: bool,
}

impl Going {
    pub fn at(pace: Pace) -> Going {
        Going { pace, ..Going::default() }
    }
}

/// How far work has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// What is being done, if it is a single long step.
    pub doing: Option<Doing>,
    /// How much of it is done.
    pub done: u64,
    /// How much there is.
    pub of: u64,
}

/// What came of a slice of work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Worked {
    /// Whether there is nothing more to work out.
    pub finished: bool,
    /// Whether the session has come to where it was going; `Some(false)` if there is no such place before the end of the run.
    pub arrived: Option<bool>,
}

impl Session {
    /// Works at this pace from here on.
    pub fn set_pace(&mut self, pace: Pace) {
        self.going.pace = pace;
    }

    /// Whether it is on its way to somewhere.
    pub fn is_going(&self) -> bool {
        self.going.goal.is_some()
    }

    /// Whether [`Session::work`] has something to do.
    pub fn has_work(&self) -> bool {
        !self.going.resting && (self.is_going() || !self.tape.complete)
    }

    /// How far it has come with what it is working on; `None` if that is nothing long.
    pub fn progress(&self) -> Option<Progress> {
        if let Some(ahead) = self.tape.ahead() {
            let (done, of) = ahead.progress();
            return Some(Progress { doing: ahead.doing(), done, of });
        }
        let known = self.log().last().map_or(0, |event| event.at.0);
        let (done, of) = match self.going.goal.as_ref()? {
            Goal::Event(events) | Goal::Back(events, ..) => (self.log().len() as u64, u64::from(*events)),
            Goal::Time(at) | Goal::After(at) => (known, at.0),
            Goal::Step(_) | Goal::Until(_) | Goal::Condition(..) => (known, self.end().0),
        };
        Some(Progress { doing: None, done: done.min(of), of })
    }

    /// Goes on for one slice: to where it is going, or with what is not known of the run yet.
    pub fn work(&mut self) -> Worked {
        if self.going.resting {
            return Worked { finished: true, arrived: None };
        }
        match self.going.goal.take() {
            Some(goal) => Worked { finished: false, arrived: self.head_for(goal) },
            None => Worked { finished: self.tape.record_within(AHEAD, &mut self.going.pace.work()), arrived: None },
        }
    }

    /// Gives up where it is going and stays where it is, until something else is wanted. A command that was given and is not carried out yet
    /// is taken back; returns whether there was one.
    pub fn rest(&mut self) -> bool {
        let given = matches!(self.going.goal.take(), Some(Goal::After(_)));
        if given {
            let script = self.script_so_far();
            self.set_script(script.clone());
            self.tape.cut_here(script);
        }
        self.tape.put_aside();
        self.going.resting = true;
        given
    }

    /// Sets out. Returns what came of it, if it is there already.
    pub(super) fn head_for(&mut self, mut goal: Goal) -> Option<bool> {
        self.going.resting = false;
        self.going.goal = None;
        let mut work = self.going.pace.work();
        let arrived = self.approach(&mut goal, &mut work);
        if arrived.is_none() {
            self.going.goal = Some(goal);
        }
        arrived
    }

    /// Goes on to a goal as far as the work goes.
    fn approach(&mut self, goal: &mut Goal, work: &mut Work) -> Option<bool> {
        match goal {
            Goal::Event(events) => {
                while !self.tape.complete && (self.log().len() as u32) < *events {
                    self.record(work)?;
                }
                self.arrive(*events);
                Some(true)
            }
            Goal::Back(events, at, settled) => {
                while !self.tape.complete && (self.log().len() as u32) < *events {
                    self.record(work)?;
                }
                self.arrive(*events);
                while self.next_event_at().is_none() && self.tape.recorded_until().is_some_and(|next| next <= *at) {
                    self.record(work)?;
                }
                let later = *at > self.now || *settled && *at == self.now;
                if self.cursor() == *events && later && self.next_event_at().is_none_or(|next| *at < next) {
                    self.stand_at((*at).min(self.end()));
                }
                Some(true)
            }
            Goal::Time(at) | Goal::After(at) => {
                let at = (*at).min(self.end());
                while self.tape.recorded_until().is_some_and(|next| next <= at) {
                    self.record(work)?;
                }
                self.stand_at(at);
                Some(true)
            }
            Goal::Step(stride) => {
                let found = match *stride {
                    Stride::Event => self.next_mark(work, |s, events| events.iter().any(|e| s.is_shown(e)))?,
                    Stride::Decision => self.next_mark(work, |_, events| events.iter().any(Event::is_decision))?,
                };
                Some(self.arrive_or_end(found))
            }
            Goal::Until(all) if all.is_empty() => Some(true),
            // Each holds after the one before it; the next one is the last of the list.
            Goal::Until(all) => self.approach_by_steps(work, |s, from| {
                if all.last().is_some_and(|next| next.holds(&s.tape.log[from..s.cursor() as usize], &s.tape.here)) {
                    all.pop();
                }
                all.is_empty()
            }),
            Goal::Condition(watch, held) => self.approach_by_steps(work, |s, from| {
                let before = *held;
                *held = watch.see(&s.tape.log[from..s.cursor() as usize], &s.tape.here, &s.tape.script.commands);
                *held && !before
            }),
        }
    }

    /// Goes on step by step until one after which `there` holds, which is told how many events there were before it.
    fn approach_by_steps(&mut self, work: &mut Work, mut there: impl FnMut(&Session, usize) -> bool) -> Option<bool> {
        loop {
            // Each turn brings the cursor on, so that the next slice goes on from there.
            if work.is_used_up() {
                return None;
            }
            let from = self.cursor() as usize;
            let found = self.next_mark(work, |_, _| true)?;
            if !self.arrive_or_end(found) {
                return Some(false);
            }
            work.take(TURN);
            if there(self, from) {
                return Some(true);
            }
        }
    }

    /// Records on. `None` if there is no work left to do it with.
    fn record(&mut self, work: &mut Work) -> Option<()> {
        self.tape.record_within(AHEAD, work);
        (!work.is_used_up()).then_some(())
    }

    /// The end (a count of events) of the first step after the cursor for which `wanted` holds, if there is one.
    fn next_mark(&mut self, work: &mut Work, wanted: impl Fn(&Session, &[Event]) -> bool) -> Option<Option<u32>> {
        let mut start = self.cursor();
        let mut i = self.tape.marks.partition_point(|m| m.events <= start);
        loop {
            while i >= self.tape.marks.len() {
                if self.tape.complete {
                    return Some(None);
                }
                self.record(work)?;
            }
            let end = self.tape.marks[i].events;
            if wanted(self, &self.tape.log[start as usize..end as usize]) {
                return Some(Some(end));
            }
            (start, i) = (end, i + 1);
        }
    }

    /// Goes to a step that was found, or to the end of the run. Returns whether one was.
    fn arrive_or_end(&mut self, found: Option<u32>) -> bool {
        match found {
            Some(events) => self.arrive(events),
            None => self.stand_at(self.end()),
        }
        found.is_some()
    }

    /// Goes to the state at an instant up to which the run is known.
    fn stand_at(&mut self, time: Micros) {
        let steps = self.tape.marks.partition_point(|m| m.at <= time);
        self.tape.seek_time(steps.checked_sub(1).map_or(0, |i| self.tape.marks[i].events), time);
        self.now = time;
        self.seen = self.seen.max(self.cursor());
    }

    /// Goes one step forwards. Returns whether there was one (or it is on its way).
    pub fn step(&mut self, stride: Stride) -> bool {
        self.head_for(Goal::Step(stride)).unwrap_or(true)
    }

    /// Goes to just after the step that made event number `events` (a count from the start).
    pub fn seek_event(&mut self, events: u32) {
        self.head_for(Goal::Event(events));
    }

    /// Goes to just after so many events, and on to `time` if nothing that is shown happens before.
    pub(super) fn return_to(&mut self, events: u32, time: Micros, settled: bool) {
        self.head_for(Goal::Back(events, time, settled));
    }

    /// Goes to the state at `time`, which is at most the end of the run.
    pub fn seek_time(&mut self, time: Micros) {
        self.head_for(Goal::Time(time.min(self.end())));
    }

    /// Plays on for a span of simulated time. In slices it stops before what is not worked out yet: time stands still until it is.
    pub fn advance(&mut self, by: Micros) -> Advance {
        let (from, mut target) = (self.cursor(), self.now.plus(by).min(self.end()));
        let mut work = self.going.pace.work();
        self.going.resting = false;
        while let Some(next) = self.tape.recorded_until().filter(|next| *next <= target) {
            if self.record(&mut work).is_none() {
                target = target.min(Micros(next.0.saturating_sub(1))).max(self.now);
                break;
            }
        }
        if !self.is_going() {
            self.stand_at(target);
        }
        let passed = &self.tape.log[from as usize..self.cursor() as usize];
        Advance { decision: passed.iter().any(Event::is_decision), at_end: self.now >= self.end() }
    }

    /// Goes forwards to the first step after which `predicate` holds. Returns false, at the end of the run, if there is none.
    pub fn run_until(&mut self, predicate: Predicate) -> bool {
        self.run_through(&[predicate])
    }

    /// The same to where each of several comes to hold after the one before.
    pub fn run_through(&mut self, all: &[Predicate]) -> bool {
        self.head_for(Goal::Until(all.iter().rev().copied().collect())).unwrap_or(true)
    }

    /// Goes forwards to the first step after which a condition holds that did not hold before it, counting from here. Returns false, at
    /// the end of the run, if there is none.
    pub fn run_until_condition(&mut self, condition: &Condition) -> bool {
        let mut watch = Watch::new(condition.clone());
        let held = watch.see(&[], &self.tape.here, &self.tape.script.commands);
        self.head_for(Goal::Condition(Box::new(watch), held)).unwrap_or(true)
    }
}
