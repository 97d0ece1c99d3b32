//! Reading a sweep off the log as the cursor goes forwards: which of its events are new since the last look.

use crate::engine::base::EventId;
use crate::engine::node::sweeps::SessionId;
use crate::lab::Session;

/// How far a sweep has been read.
#[derive(Debug, Clone, Default)]
pub struct Follow {
    /// Events of the sweep that have been taken in.
    seen: usize,
    /// The last of them: a recording that was cut and went on otherwise has another one there.
    last: Option<EventId>,
}

impl Follow {
    /// Events up to the cursor that have not been taken in. `None` if everything must be read anew, because the cursor went back.
    pub fn news<'a>(&mut self, session: &'a Session, id: SessionId) -> Option<&'a [EventId]> {
        let events = session.sweep_log().events(id);
        let past = events.partition_point(|event| event.0 < session.cursor());
        let same = self.seen == 0 || self.seen <= past && events.get(self.seen - 1).copied() == self.last;
        if !same {
            return None;
        }
        let news = &events[self.seen..past];
        (self.seen, self.last) = (past, news.last().copied().or(self.last));
        Some(news)
    }
}
