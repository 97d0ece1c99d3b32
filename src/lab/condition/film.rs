//! A run played once from its start to its end, with everything that is asked of it answered at the end.

use super::eval::{Instant, Over, Slots, holds, is_fault, worth};
use super::quantity::{AT_THE_END, Reading};
use super::{Condition, Quantity, Value};
use crate::engine::base::Micros;
use crate::engine::observe::check::{Findings, lost};
use crate::engine::observe::{History, Sweeps};
use crate::engine::world::Event;
use crate::lab::error::LabError;
use crate::lab::player::Player;
use crate::lab::script::Script;

/// Events of a run of a lesson at most.
const EVENTS: usize = 400_000;

/// Questions about a run.
#[derive(Debug, Clone, Default)]
pub struct Film {
    conditions: Vec<Condition>,
    quantities: Vec<Quantity>,
}

/// What a run answered, each in the order in which it was asked.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Seen {
    /// Whether each condition holds at the end, where what happened once has happened.
    pub holds: Vec<bool>,
    /// When each condition first held, and after how many events.
    pub first: Vec<Option<(Micros, u32)>>,
    /// What each quantity is worth at the end.
    pub values: Vec<Value>,
    /// Events in all.
    pub events: u32,
    /// Whether the run was stopped before its end because there is too much of it.
    pub cut_short: bool,
}

impl Film {
    /// Asks whether a condition holds. Returns its place in the answers.
    pub fn ask(&mut self, condition: &Condition) -> usize {
        self.place(condition).unwrap_or_else(|| {
            self.conditions.push(condition.clone());
            self.conditions.len() - 1
        })
    }

    /// Asks what a quantity is worth. Returns its place in the answers.
    pub fn measure(&mut self, quantity: &Quantity) -> usize {
        self.place_of(quantity).unwrap_or_else(|| {
            self.quantities.push(quantity.clone());
            self.quantities.len() - 1
        })
    }

    /// The place of a condition that has been asked.
    pub fn place(&self, condition: &Condition) -> Option<usize> {
        self.conditions.iter().position(|c| c == condition)
    }

    /// The place of a quantity that has been asked.
    pub fn place_of(&self, quantity: &Quantity) -> Option<usize> {
        self.quantities.iter().position(|q| q == quantity)
    }

    /// Whether only the whole history can answer something.
    fn needs_history(&self) -> bool {
        let texts = self.conditions.iter().map(Condition::to_string).chain(self.quantities.iter().map(Quantity::to_string));
        texts.into_iter().any(|text| AT_THE_END.iter().any(|name| text.contains(name)))
    }

    /// Plays a run and answers everything. Fails if the run is out of bounds.
    pub fn play(&self, script: &Script) -> Result<Seen, LabError> {
        script.check()?;
        let mut log = Vec::new();
        let mut player = Player::new(script, &mut log);
        let mut answers = Answers::new(self);
        let mut over = false;
        let mut from = 0;
        while !over && log.len() < EVENTS {
            let events = &log[from..];
            if from == 0 || !events.is_empty() {
                answers.see(self, events, &player, script, None);
            }
            from = log.len();
            over = !player.step(script, &mut log);
        }
        let rest: Vec<Event> = log[from..].to_vec();
        let end = self.needs_history().then(|| {
            let history = History::of(&log);
            let findings = Findings::of(&history, player.world.settings().rule);
            Over { lost: lost(&player.world, &history, log.len() as u32).len() as u64, findings: Some(findings) }
        });
        answers.see(self, &rest, &player, script, Some(end.unwrap_or(Over { findings: None, lost: 0 })));
        Ok(Seen { events: log.len() as u32, cut_short: !over, ..answers.seen })
    }
}

/// Answers in the making.
struct Answers {
    seen: Seen,
    sweeps: Sweeps,
    of_conditions: Vec<Slots>,
    of_quantities: Vec<Slots>,
}

impl Answers {
    fn new(film: &Film) -> Answers {
        let seen = Seen {
            holds: vec![false; film.conditions.len()],
            first: vec![None; film.conditions.len()],
            values: vec![Value::Nothing; film.quantities.len()],
            events: 0,
            cut_short: false,
        };
        let slots = |n| vec![Slots::default(); n];
        Answers {
            seen,
            sweeps: Sweeps::default(),
            of_conditions: slots(film.conditions.len()),
            of_quantities: slots(film.quantities.len()),
        }
    }

    fn see(&mut self, film: &Film, events: &[Event], player: &Player, script: &Script, over: Option<Over>) {
        events.iter().for_each(|event| self.sweeps.see(event));
        let faults = script.commands.iter().take(player.commands).filter(|t| is_fault(&t.command)).count() as u64;
        let findings = over.as_ref().and_then(|o| o.findings.as_ref());
        let lost = over.as_ref().map_or(0, |o| o.lost);
        let instant = Instant { events, reading: Reading { player, sweeps: &self.sweeps, findings, lost, faults }, over: over.is_some() };
        for (i, condition) in film.conditions.iter().enumerate() {
            let now = holds(condition, &instant, &mut self.of_conditions[i], true);
            self.seen.holds[i] = now;
            if now && self.seen.first[i].is_none() {
                self.seen.first[i] = Some((player.world.now(), player.world.events()));
            }
        }
        for (i, quantity) in film.quantities.iter().enumerate() {
            self.seen.values[i] = worth(quantity, &instant, &mut self.of_quantities[i]);
        }
    }
}
