//! Which decision of a run this is: "decision 7 of 10", counted as the clock counts them.

use crate::engine::base::EventId;
use crate::lab::{BranchId, Session};

/// Places of all decisions of a run; kept between renders and brought up to date when the log grows or changes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Decisions {
    /// The decisions, in order.
    places: Vec<u32>,
    /// How much of the log has been looked at.
    seen: u32,
    /// What the log was then: the branch, its number of commands and the time of the last one.
    of: Option<(BranchId, usize, Option<u64>)>,
}

impl Decisions {
    /// Takes in what is new in a session's log; starts over if it is another log.
    pub fn update(&mut self, session: &Session) {
        let script = session.script();
        let of = Some((session.current(), script.commands.len(), script.commands.last().map(|t| t.at.0)));
        if self.of != of || session.log().len() < self.seen as usize {
            *self = Decisions { of, ..Decisions::default() };
        }
        let new = session.log().iter().enumerate().skip(self.seen as usize).filter(|(_, e)| e.is_decision());
        self.places.extend(new.map(|(i, _)| i as u32));
        self.seen = session.log().len() as u32;
    }

    /// How many decisions the run has, as far as it is known.
    pub fn total(&self) -> u32 {
        self.places.len() as u32
    }

    /// How many decisions there are among the first `events` events.
    pub fn passed(&self, events: u32) -> u32 {
        self.places.partition_point(|place| *place < events) as u32
    }

    /// Which decision this event is, and of how many; `None` if it is none.
    pub fn place(&self, event: EventId) -> Option<(u32, u32)> {
        self.places.binary_search(&event.0).ok().map(|i| (i as u32 + 1, self.total()))
    }
}
