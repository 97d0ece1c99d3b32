//! Which events of a recording belong to which sweep, so that a sweep is found without a look at everything else.

use std::collections::BTreeMap;

use crate::engine::base::EventId;
use crate::engine::node::sweeps::{SessionId, SweepStep};
use crate::engine::node::{Body, Note};
use crate::engine::world::{Event, EventKind};

/// The sweeps of a recording.
#[derive(Debug, Clone, Default)]
pub struct SweepLog {
    /// Sweeps in the order in which they began.
    begun: Vec<(EventId, SessionId)>,
    /// What was said and found in each, in order.
    events: BTreeMap<SessionId, Vec<EventId>>,
}

impl SweepLog {
    /// Takes in the next event.
    pub(super) fn see(&mut self, id: EventId, event: &Event) {
        let session = match &event.kind {
            EventKind::Note(Note::Sweep { session, step }) => {
                if matches!(step, SweepStep::Began { .. }) {
                    self.begun.push((id, *session));
                }
                *session
            }
            EventKind::Note(Note::SweepRead { session, .. }) => *session,
            _ => match event.message().map(|message| &message.body) {
                Some(Body::Sweep { session, .. }) => *session,
                _ => return,
            },
        };
        self.events.entry(session).or_default().push(id);
    }

    /// Forgets everything from the event number `events` (a count) on.
    pub(super) fn cut(&mut self, events: u32) {
        self.begun.retain(|(id, _)| id.0 < events);
        self.events.retain(|_, of| {
            of.truncate(of.partition_point(|id| id.0 < events));
            !of.is_empty()
        });
    }

    /// Sweeps in the order in which they began, with the event of their beginning.
    pub fn begun(&self) -> &[(EventId, SessionId)] {
        &self.begun
    }

    /// The notes and messages of a sweep, in order: what is known of it, past and future.
    pub fn events(&self, session: SessionId) -> &[EventId] {
        self.events.get(&session).map_or(&[], Vec::as_slice)
    }
}
