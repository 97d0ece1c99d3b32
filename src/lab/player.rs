//! Plays a script forwards, one input at a time.

use super::script::Script;
use crate::engine::base::Micros;
use crate::engine::observe::{Metrics, Pulse, Sweeps, Truth};
use crate::engine::world::{Ahead, Event, World};

/// A world and how far its script has been carried out. Cloning it takes a snapshot.
#[derive(Debug, Clone)]
pub struct Player {
    /// The world.
    pub world: World,
    /// The truth about it.
    pub truth: Truth,
    /// What it cost and achieved so far.
    pub metrics: Metrics,
    /// What each sweep cost and achieved so far.
    pub sweeps: Sweeps,
    /// How clients and sweeps fare.
    pub pulse: Pulse,
    /// How many commands have been carried out.
    pub commands: usize,
    /// How many inputs there were, commands included.
    pub inputs: u64,
}

impl Player {
    /// The start of a script. `log` gets the first events.
    pub fn new(script: &Script, log: &mut Vec<Event>) -> Player {
        let before = log.len();
        let world = World::new(&script.config, script.seed, log);
        let mut metrics = Metrics::default();
        metrics.observe(&log[before..]);
        let mut pulse = Pulse::default();
        pulse.observe(&world, &log[before..]);
        Player { world, truth: Truth::default(), metrics, sweeps: Sweeps::of(&log[before..]), pulse, commands: 0, inputs: 0 }
    }

    /// When the next command or input is due; none at the end of the run.
    pub fn next_at(&mut self, script: &Script) -> Option<Micros> {
        let input = self.world.next_at().filter(|at| *at <= script.end);
        let command = script.commands.get(self.commands).map(|timed| timed.at);
        input.into_iter().chain(command).min()
    }

    /// Whether a command comes next, and not an input; `None` at the end of the run.
    fn command_next(&mut self, script: &Script) -> Option<bool> {
        let input = self.world.next_at().filter(|at| *at <= script.end);
        match script.commands.get(self.commands) {
            Some(timed) => Some(input.is_none_or(|at| timed.at <= at)),
            None => input.map(|_| false),
        }
    }

    /// What the next step takes: to be done in pieces by [`World::work_ahead`], if it reads more than `least` rows.
    pub fn look_ahead(&mut self, script: &Script, least: u64) -> Ahead {
        match self.command_next(script) {
            Some(true) => self.world.look_ahead(script.commands.get(self.commands).map(|timed| (timed.at, &timed.command)), least),
            Some(false) => self.world.look_ahead(None, least),
            None => Ahead::default(),
        }
    }

    /// Carries out the next command or input. Returns false at the end of the run, where nothing happens any more.
    /// A step may leave no event.
    pub fn step(&mut self, script: &Script, log: &mut Vec<Event>) -> bool {
        let stepped = self.step_ready(script, Ahead::default(), log);
        self.settle(&mut u64::MAX.clone());
        stepped
    }

    /// Finds out what the last step means for the truth where that takes a look at every key: at about so many, which it takes away. Returns
    /// whether it is known.
    pub fn settle(&mut self, keys: &mut u64) -> bool {
        self.truth.look_on(&self.world, keys)
    }

    /// The same as [`Player::step`], with what has been done ahead for it. [`Player::settle`] must follow until it is done.
    pub fn step_ready(&mut self, script: &Script, ahead: Ahead, log: &mut Vec<Event>) -> bool {
        let before = log.len();
        match (self.command_next(script), script.commands.get(self.commands)) {
            (Some(true), Some(timed)) => {
                self.commands += 1;
                self.world.apply_ready(timed.at, &timed.command, ahead, log);
            }
            (Some(_), _) => {
                self.world.step_ready(ahead, log);
            }
            (None, _) => {
                self.world.wait_until(script.end);
                return false;
            }
        }
        self.inputs += 1;
        self.truth.observe_lightly(&self.world, &log[before..]);
        self.metrics.observe(&log[before..]);
        self.pulse.observe(&self.world, &log[before..]);
        log[before..].iter().for_each(|event| self.sweeps.see(event));
        true
    }

    /// Carries out everything to the end of the run, or until the log has `limit` entries. Returns whether the end was reached.
    pub fn run(&mut self, script: &Script, log: &mut Vec<Event>, limit: usize) -> bool {
        while log.len() < limit {
            if !self.step(script, log) {
                return true;
            }
        }
        false
    }
}
