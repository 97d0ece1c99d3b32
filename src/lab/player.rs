//! Plays a script forwards, one input at a time.

use super::script::Script;
use crate::engine::base::Micros;
use crate::engine::observe::{Metrics, Pulse, Sweeps, Truth};
use crate::engine::world::{Event, World};

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

    /// Carries out the next command or input. Returns false at the end of the run, where nothing happens any more.
    /// A step may leave no event.
    pub fn step(&mut self, script: &Script, log: &mut Vec<Event>) -> bool {
        let before = log.len();
        let input = self.world.next_at().filter(|at| *at <= script.end);
        let command = script.commands.get(self.commands);
        match (command, input) {
            (Some(timed), next) if next.is_none_or(|at| timed.at <= at) => {
                self.commands += 1;
                self.world.apply(timed.at, &timed.command, log);
            }
            (_, Some(_)) => {
                self.world.step(log);
            }
            (_, None) => {
                self.world.wait_until(script.end);
                return false;
            }
        }
        self.inputs += 1;
        self.truth.observe(&self.world, &log[before..]);
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
