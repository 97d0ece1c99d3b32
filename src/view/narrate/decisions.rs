//! Which decision of a run this is: "decision 7 of 10", counted in steps, as stepping from decision to decision does.

use crate::engine::base::EventId;
use crate::engine::world::Event;
use crate::lab::{BranchId, Session};

/// Places of all decisions of a run; kept between renders and brought up to date when the log grows or changes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Decisions {
    /// The first decision of each step that has one, in order.
    firsts: Vec<u32>,
    /// How much of the log has been looked at.
    seen: u32,
    /// What the log was then.
    of: Option<(BranchId, usize, Option<u64>)>,
}

impl Decisions {
    /// Takes in what is new in a session's log; starts over if it is another log.
    pub fn update(&mut self, session: &Session) {
        let script = session.script();
        let last = script.commands.last().map(|t| t.at.0);
        let of = Some((session.current(), script.commands.len(), last));
        if self.of != of || session.log().len() < self.seen as usize {
            *self = Decisions { of, ..Decisions::default() };
        }
        let log = session.log();
        for (i, event) in log.iter().enumerate().skip(self.seen as usize) {
            if event.is_decision() && !self.continues(log, i, event) {
                self.firsts.push(i as u32);
            }
        }
        self.seen = log.len() as u32;
    }

    /// Whether a decision belongs to the step of the one before it.
    fn continues(&self, log: &[Event], i: usize, event: &Event) -> bool {
        let Some(first) = self.firsts.last().map(|f| *f as usize) else { return false };
        let step = |j: usize| {
            let mut root = j;
            while let Some(EventId(cause)) = log[root].cause
                && log.get(cause as usize).is_some_and(|e| e.at == event.at)
            {
                root = cause as usize;
            }
            root
        };
        log[first].at == event.at && (step(first) == step(i) || log[first].who == event.who && event.cause.is_none())
    }

    /// How many decisions the run has, as far as it is known.
    pub fn total(&self) -> u32 {
        self.firsts.len() as u32
    }

    /// How many steps with a decision have happened after `events` events.
    pub fn passed(&self, events: u32) -> u32 {
        self.firsts.partition_point(|first| *first < events) as u32
    }

    /// Which decision this event is, and of how many; `None` if it is none.
    pub fn place(&self, session: &Session, event: EventId) -> Option<(u32, u32)> {
        session.log().get(event.0 as usize).filter(|e| e.is_decision())?;
        Some((self.passed(event.0 + 1), self.total()))
    }
}
