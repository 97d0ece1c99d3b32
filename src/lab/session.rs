//! A run that somebody looks at: a cursor that moves both ways, and branches when the past is changed.

use super::error::LabError;
use super::pace::{Goal, Going, Pace};
use super::player::Player;
use super::sample::Sample;
use super::script::{BOUNDS, Script, Timed};
use super::sweep_log::SweepLog;
use super::tape::Tape;
use crate::engine::base::{EventId, Micros};
use crate::engine::node::Setting;
use crate::engine::observe::{Entropy, History, Metrics, Pulse, Sweeps, Truth};
use crate::engine::world::{Command, Config, Event, World};

/// How far one step goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stride {
    /// To the next thing that happens; background chatter is passed over unless it is shown.
    Event,
    /// To the next decision.
    Decision,
}

/// A line of a run's tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BranchId(pub u32);

/// One future of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Branch {
    /// Which.
    pub id: BranchId,
    /// A name for people.
    pub name: String,
    /// The branch it came from, after how many events, and when; none for the first, and event 0 for one with other settings.
    pub parent: Option<(BranchId, u32, Micros)>,
    /// The whole run, from its start.
    pub script: Script,
}

/// What came of an action.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Acted {
    /// The branch that keeps the old future, if the past was changed.
    pub branched: Option<BranchId>,
}

/// What playing on met.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Advance {
    /// A decision was made.
    pub decision: bool,
    /// The run is over.
    pub at_end: bool,
}

/// Events executed at once when a run is opened or acted on; the rest is done in slices by [`Session::pump`].
pub(super) const AHEAD: u32 = 20_000;

/// A run, its branches, and a place in it.
#[derive(Debug, Clone)]
pub struct Session {
    branches: Vec<Branch>,
    pub(super) current: BranchId,
    pub(super) tape: Tape,
    pub(super) now: Micros,
    /// The furthest cursor a person has seen on this branch: acting before it changes the past.
    pub(super) seen: u32,
    /// How much is done at once, and where it is going.
    pub(super) going: Going,
    /// Whether single steps stop at background chatter.
    pub show_background: bool,
}

impl Session {
    /// Opens a script at its start. Fails if anything in it is out of bounds.
    pub fn open(script: Script) -> Result<Session, LabError> {
        Session::open_at(script, Pace::Whole)
    }

    /// The same, at this pace from the beginning.
    pub fn open_at(script: Script, pace: Pace) -> Result<Session, LabError> {
        script.check()?;
        let first = Branch { id: BranchId(0), name: "original".to_owned(), parent: None, script: script.clone() };
        Ok(Session::on(vec![first], BranchId(0), script, pace))
    }

    fn on(branches: Vec<Branch>, current: BranchId, script: Script, pace: Pace) -> Session {
        let mut tape = Tape::new(script);
        tape.record_within(AHEAD, &mut pace.work());
        Session { branches, current, tape, now: Micros::ZERO, seen: 0, going: Going::at(pace), show_background: false }
    }

    /// Opens a tree of branches (from a file) at the start of one of them.
    pub(super) fn open_tree(branches: Vec<Branch>, current: BranchId, pace: Pace) -> Result<Session, LabError> {
        let script = branches.get(current.0 as usize).ok_or(LabError::NoBranch(current.0))?.script.clone();
        branches.iter().try_for_each(|b| b.script.check())?;
        Ok(Session::on(branches, current, script, pace))
    }

    /// The current branch's script.
    pub fn script(&self) -> &Script {
        &self.tape.script
    }

    /// What the world is made of, with the settings in force at the cursor: what a command is checked against.
    pub fn config(&self) -> Config {
        Config { settings: self.world().settings().clone(), ..self.tape.script.config.clone() }
    }

    /// The world at the cursor.
    pub fn world(&self) -> &World {
        &self.tape.here.world
    }

    /// The truth at the cursor.
    pub fn truth(&self) -> &Truth {
        &self.tape.here.truth
    }

    /// Everything known of the current branch, past and future.
    pub fn log(&self) -> &[Event] {
        &self.tape.log
    }

    /// How many events have happened at the cursor.
    pub fn cursor(&self) -> u32 {
        self.tape.cursor()
    }

    /// The last event that has happened.
    pub fn last_event(&self) -> Option<(EventId, &Event)> {
        let id = self.cursor().checked_sub(1)?;
        Some((EventId(id), self.tape.log.get(id as usize)?))
    }

    /// The present: at or after the last event, before the next one.
    pub fn now(&self) -> Micros {
        self.now
    }

    /// The end of the run.
    pub fn end(&self) -> Micros {
        self.tape.script.end
    }

    /// Whether there is too much of the run, so that it stops before its end.
    pub fn is_cut_short(&self) -> bool {
        self.tape.is_full()
    }

    /// All operations and versions of the whole known log.
    pub fn history(&self) -> &History {
        &self.tape.history
    }

    /// Changes of the number of stale copies over the whole known log: after which event, when, how many.
    pub fn divergence(&self) -> &[(EventId, Micros, u64)] {
        &self.tape.divergence
    }

    /// How disorder came and went over the whole known log: after which event, when, how much since the start.
    pub fn entropy(&self) -> &[(EventId, Micros, Entropy)] {
        &self.tape.entropy
    }

    /// Points for plots over time, over the whole known log.
    pub fn samples(&self) -> &[Sample] {
        &self.tape.samples
    }

    /// How clients and sweeps fare at the cursor.
    pub fn pulse(&self) -> &Pulse {
        &self.tape.here.pulse
    }

    /// What the run cost and achieved up to the cursor.
    pub fn metrics(&self) -> &Metrics {
        &self.tape.here.metrics
    }

    /// What each sweep cost and achieved up to the cursor.
    pub fn sweeps(&self) -> &Sweeps {
        &self.tape.here.sweeps
    }

    /// What each sweep costs and achieves up to the end of what is known of the run.
    pub fn sweeps_ahead(&self) -> &Sweeps {
        self.tape.sweeps_ahead()
    }

    /// The notes and messages of each sweep, over the whole known log.
    pub fn sweep_log(&self) -> &SweepLog {
        &self.tape.sweeps
    }

    /// The run as it was, or will be, after so many events of the known log; the cursor stays where it is.
    pub fn peek(&self, events: u32) -> Player {
        self.tape.peek(events)
    }

    /// Whether nothing but background is on its way and no client waits.
    pub fn is_quiet(&self) -> bool {
        self.world().is_quiet()
    }

    /// Whether nothing but background is on its way; clients may wait.
    pub fn is_still(&self) -> bool {
        self.world().in_flight().all(|f| f.message.body.is_quiet())
    }

    /// Half of all messages travel faster than this.
    pub fn median_travel(&self) -> Micros {
        self.world().network().config.latency.median().max(Micros(1))
    }

    /// Executes up to `events` more events towards the end, at whatever pace. Returns whether the whole run is known.
    pub fn pump(&mut self, events: u32) -> bool {
        self.tape.record(events)
    }

    pub(super) fn is_shown(&self, event: &Event) -> bool {
        self.show_background || !event.is_quiet()
    }

    /// The end of the last step before the one at `from` for which `wanted` holds.
    fn previous_mark(&self, from: u32, wanted: impl Fn(&[Event]) -> bool) -> Option<u32> {
        let marks = &self.tape.marks;
        let here = marks.partition_point(|m| m.events < from);
        (0..here).rev().find_map(|i| {
            let start = if i == 0 { 0 } else { marks[i - 1].events };
            wanted(&self.tape.log[start as usize..marks[i].events as usize]).then_some(marks[i].events)
        })
    }

    pub(super) fn arrive(&mut self, events: u32) {
        self.tape.seek(events);
        self.now = self.tape.mark_index().map_or(Micros::ZERO, |i| self.tape.marks[i].at);
        self.seen = self.seen.max(self.cursor());
    }

    /// Goes one step backwards. Returns whether there was one; at the first it goes to the start of the run.
    pub fn step_back(&mut self, stride: Stride) -> bool {
        let from = self.cursor();
        let found = match stride {
            Stride::Event => self.previous_mark(from, |events| events.iter().any(|e| self.is_shown(e))),
            Stride::Decision => self.previous_mark(from, |events| events.iter().any(Event::is_decision)),
        };
        self.arrive(found.unwrap_or(0));
        self.cursor() < from
    }

    /// When the next event that is shown happens.
    pub fn next_event_at(&self) -> Option<Micros> {
        let future = self.tape.log.get(self.cursor() as usize..)?;
        future.iter().find(|e| self.is_shown(e)).map(|e| e.at)
    }

    /// The script up to the cursor, with the same end.
    pub(super) fn script_so_far(&self) -> Script {
        let mut script = self.tape.script.clone();
        script.commands.truncate(self.tape.here.commands);
        script
    }

    /// Another script for the current branch.
    pub(super) fn set_script(&mut self, script: Script) {
        self.branches[self.current.0 as usize].script = script;
    }

    /// Carries out a command at the cursor. Acting before what has been seen, or before commands still to come, keeps that future as a
    /// branch of its own and starts a new one.
    pub fn act(&mut self, command: Command) -> Result<Acted, LabError> {
        command.check(&self.config())?;
        command.check_ring(self.world().ring())?;
        let changes_past = self.seen > self.cursor() || self.tape.here.commands < self.tape.script.commands.len();
        let mut script = self.script_so_far();
        // After everything of this instant: a command stands before all else of its own instant, so it gets the next one.
        let at = self.now.max(self.world().now()).plus(Micros(1));
        script.commands.push(Timed { at, command });
        script.end = script.end.max(at.plus(Micros::secs(1)));
        script.check()?;
        let branched = changes_past.then_some(self.current);
        if changes_past {
            self.fork(script.clone(), self.cursor())?;
        } else {
            self.branches[self.current.0 as usize].script = script.clone();
        }
        self.tape.cut_here(script);
        self.tape.record_within(AHEAD, &mut self.going.pace.work());
        self.seen = self.cursor();
        self.head_for(Goal::After(at));
        Ok(Acted { branched })
    }

    /// Runs the same script again with one setting changed from its start, as a branch of its own, at the same instant.
    pub fn set_from_start(&mut self, setting: Setting) -> Result<BranchId, LabError> {
        self.from_start(|config| config.settings.set(setting))
    }

    /// Runs the same script again in another world: with another network, another number of nodes or other settings from its start.
    /// Fails if a command of the script is not possible there, or anything is out of bounds.
    pub fn from_start(&mut self, change: impl FnOnce(&mut Config)) -> Result<BranchId, LabError> {
        let mut script = self.tape.script.clone();
        change(&mut script.config);
        script.check()?;
        let id = self.fork(script.clone(), 0)?;
        self.restart_on(script);
        Ok(id)
    }

    /// Adds a branch that leaves the current one after `events`, and makes it the current one.
    fn fork(&mut self, script: Script, events: u32) -> Result<BranchId, LabError> {
        let too_large = |what, size: usize, limit: usize, unit| LabError::TooLarge { what, size: size as u64, limit: limit as u64, unit };
        if self.branches.len() >= BOUNDS.branches {
            return Err(too_large("the tree of branches", self.branches.len() + 1, BOUNDS.branches, "branches"));
        }
        let depth = self.line(self.current).count();
        if depth >= BOUNDS.depth {
            return Err(too_large("this line of branches", depth + 1, BOUNDS.depth, "branches deep"));
        }
        let id = BranchId(self.branches.len() as u32);
        let at = if events == 0 { Micros::ZERO } else { self.now };
        let name = format!("branch {}", id.0);
        self.branches.push(Branch { id, name, parent: Some((self.current, events, at)), script });
        self.current = id;
        Ok(id)
    }

    /// The branch and those it came from, youngest first.
    fn line(&self, from: BranchId) -> impl Iterator<Item = &Branch> {
        let get = |id: BranchId| self.branches.get(id.0 as usize);
        std::iter::successors(get(from), move |b| get(b.parent?.0))
    }

    /// Replaces the tape, keeping the instant.
    fn restart_on(&mut self, script: Script) {
        let (now, background) = (self.now, self.show_background);
        let branches = std::mem::take(&mut self.branches);
        *self = Session::on(branches, self.current, script, self.going.pace);
        self.show_background = background;
        self.seek_time(now);
    }

    /// All branches; the first is the original.
    pub fn branches(&self) -> &[Branch] {
        &self.branches
    }

    /// The branch that is shown.
    pub fn current(&self) -> BranchId {
        self.current
    }

    /// Shows another branch, at the same instant.
    pub fn switch(&mut self, to: BranchId) -> Result<(), LabError> {
        let script = self.branches.get(to.0 as usize).ok_or(LabError::NoBranch(to.0))?.script.clone();
        self.current = to;
        self.restart_on(script);
        Ok(())
    }

    /// Moves the end of the run later, as far as runs may go.
    pub fn extend(&mut self, by: Micros) {
        let end = self.end().plus(by).min(crate::engine::world::LIMITS.span);
        self.tape.set_end(end);
        self.branches[self.current.0 as usize].script.end = end;
        self.tape.record_within(AHEAD, &mut self.going.pace.work());
    }
}
