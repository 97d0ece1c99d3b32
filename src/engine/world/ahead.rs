//! Looking ahead: what the next input will read or make, done in pieces before it. An input is carried out as a whole, and with a million
//! keys one can take seconds; a page does its long part beforehand, a few milliseconds at a time, and in between it stays alive.
//!
//! Nothing of this is seen in a run. What is wanted is found by carrying the input out on a copy of the node that holds no rows; what has
//! been done is used only where the input asks for exactly that.

use std::collections::VecDeque;

use super::command::Command;
use super::event::Event;
use super::host::Status;
use super::network::Fate;
use super::preload::{Loading, Preload, Shares};
use super::sim::{Alarm, Due, World};
use crate::engine::base::{Endpoint, Micros, NodeId};
use crate::engine::node::desk::{Desk, Reading};
use crate::engine::node::{Body, Ctx, Input, Method, Node, Out, SweepPolicy, Timer};

/// What lies ready for an input.
#[derive(Debug, Clone, Default)]
pub(super) struct Ready {
    pub(super) desk: Desk,
    /// Rows of a preload.
    pub(super) loaded: Option<(Preload, Shares)>,
}

/// What is being done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Doing {
    /// Making so many keys.
    Loading(u64),
    /// This node reads its rows.
    Reading(NodeId),
}

#[derive(Debug, Clone)]
enum Job {
    Load(Box<Loading>),
    Read(NodeId, Box<Reading>),
}

/// The long work of one input, as far as it is done. It belongs to the world as it is just before that input, and to no other.
#[derive(Debug, Clone, Default)]
pub struct Ahead {
    /// When the input is due.
    at: Micros,
    jobs: VecDeque<Job>,
    ready: Ready,
    /// How much is done.
    done: u64,
    of: u64,
}

impl Ahead {
    /// Whether there was anything long to do at all.
    pub fn is_long(&self) -> bool {
        self.of > 0
    }

    /// Whether nothing is left to do.
    pub fn is_done(&self) -> bool {
        self.jobs.is_empty()
    }

    /// How much is done, of how much, in units that mean nothing else.
    pub fn progress(&self) -> (u64, u64) {
        (self.done.min(self.of), self.of)
    }

    /// What is being done now.
    pub fn doing(&self) -> Option<Doing> {
        self.jobs.front().map(|job| match job {
            Job::Load(loading) => Doing::Loading(loading.preload().count),
            Job::Read(node, _) => Doing::Reading(*node),
        })
    }
}

impl World {
    /// What the next input takes, or this command at this time instead of it; nothing if no more than `least` rows are to be looked at.
    pub fn look_ahead(&mut self, command: Option<(Micros, &Command)>, least: u64) -> Ahead {
        let at = command.map(|(at, _)| at).or_else(|| self.queue.next_at()).unwrap_or_default().max(self.now);
        let mut ahead = Ahead { at, ..Ahead::default() };
        match command.map(|(_, command)| command) {
            Some(Command::Preload(preload)) if preload.count > least => {
                let loading = Loading::new(*preload, self);
                ahead.of = loading.progress().1;
                ahead.jobs.push_back(Job::Load(Box::new(loading)));
            }
            Some(Command::Sweep { a, b, policy }) => {
                let policy = policy.unwrap_or(self.settings().sweeps.policy);
                self.scout(*a, Input::Sweep(*b, policy), least, &mut ahead);
            }
            Some(Command::Repair { node, policy }) => {
                let policy = policy.unwrap_or(self.settings().sweeps.policy);
                self.scout(*node, Input::Sweep(*node, SweepPolicy { method: Method::Validation, ..policy }), least, &mut ahead);
            }
            Some(_) => {}
            None => match self.queue.peek() {
                Some(Due::Flight(flight)) => {
                    if let (Fate::Arrives, Endpoint::Node(to), Body::Sweep { session, say }) =
                        (flight.fate, flight.message.to, &flight.message.body)
                        && self.host(to).is_some_and(|host| host.node.sweeps.reads_for(*session, say))
                    {
                        self.scout(to, Input::Message(&flight.message), least, &mut ahead);
                    }
                }
                Some(Due::Alarm(Alarm::Node { node, generation, timer, .. }))
                    if matches!(
                        timer,
                        Timer::SweepDue(_) | Timer::SweepAgain(_) | Timer::SweepTurn(_) | Timer::SweepStream(..) | Timer::SegmentsBuilt
                    ) =>
                {
                    let counts = |node: &Node| node.generation == *generation && node.expects(*timer);
                    if self.host(*node).is_some_and(|host| counts(&host.node)) {
                        self.scout(*node, Input::Timer(*timer), least, &mut ahead);
                    }
                }
                _ => {}
            },
        }
        ahead
    }

    /// Finds out what a node would read.
    fn scout(&self, id: NodeId, input: Input<'_>, least: u64, ahead: &mut Ahead) {
        let Some(host) = self.host(id).filter(|host| host.status == Status::Up && host.node.store.rows().len() > least) else { return };
        let mut node = host.node.without_rows();
        let (mut out, mut desk) = (Vec::new(), Desk::noting());
        node.handle(input, &mut self.ctx(ahead.at, &mut out, &mut desk));
        // A check may remove rows that do not fit before they are read.
        let removes = self.settings().integrity.on_read && host.node.store.misfits().next().is_some();
        let wanted = desk.into_wanted().into_iter().filter(|task| !(removes && task.reads_all())).map(Reading::new);
        let readings: Vec<(Reading, u64)> = wanted.map(|reading| (reading.rows(&host.node), reading)).map(|(rows, r)| (r, rows)).collect();
        let all: u64 = readings.iter().map(|(_, rows)| rows).sum();
        if all > least {
            ahead.of += all;
            ahead.jobs.extend(readings.into_iter().map(|(reading, _)| Job::Read(id, Box::new(reading))));
        }
    }

    fn ctx<'a>(&'a self, now: Micros, out: &'a mut Vec<Out>, desk: &'a mut Desk) -> Ctx<'a> {
        Ctx { now, settings: self.settings(), ring: &self.ring, draws: self.draws, backlog: 0, out, desk }
    }

    /// Goes on for about so many rows, and takes what was done away from them. Returns whether all is done.
    pub fn work_ahead(&self, ahead: &mut Ahead, left: &mut u64) -> bool {
        while let Some(job) = ahead.jobs.front_mut() {
            let before = *left;
            let done = match job {
                Job::Load(loading) => loading.work(self, left),
                Job::Read(node, reading) => match self.host(*node) {
                    Some(host) => host.node.read_on(reading, &self.ctx(ahead.at, &mut Vec::new(), &mut Desk::default()), left),
                    None => true,
                },
            };
            ahead.done += before - *left;
            if !done {
                return false;
            }
            match ahead.jobs.pop_front() {
                Some(Job::Load(loading)) => {
                    ahead.done = ahead.of;
                    ahead.ready.loaded = Some((loading.preload(), loading.finish(self)));
                }
                Some(Job::Read(_, reading)) => {
                    let (task, made) = reading.made();
                    ahead.ready.desk.put(task, made);
                }
                None => {}
            }
        }
        true
    }

    /// Carries out a command as [`World::apply`] does, with what has been done ahead for it.
    pub fn apply_ready(&mut self, at: Micros, command: &Command, ahead: Ahead, log: &mut Vec<Event>) {
        self.ready = ahead.ready;
        self.apply(at, command, log);
        self.ready = Ready::default();
    }

    /// Processes the next input as [`World::step`] does, with what has been done ahead for it.
    pub fn step_ready(&mut self, ahead: Ahead, log: &mut Vec<Event>) -> bool {
        self.ready = ahead.ready;
        let stepped = self.step(log);
        self.ready = Ready::default();
        stepped
    }
}
