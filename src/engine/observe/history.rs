//! What clients did and were told, and the versions their writes made.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::engine::base::{ClientId, Endpoint, EventId, Micros, NodeId, OpId};
use crate::engine::data::{Clock, Key, Version};
use crate::engine::node::{Level, Note, Outcome, Request};
use crate::engine::world::{ClientAct, Event, EventKind, Fault};

/// A further attempt at an operation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// The event with which the client decided on it.
    pub event: EventId,
    /// When.
    pub at: Micros,
    /// The coordinator asked.
    pub via: NodeId,
    /// The level asked for.
    pub level: Level,
    /// How the attempt before ended.
    pub after: Outcome,
}

/// One operation of one client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operation {
    /// Which.
    pub id: OpId,
    /// Whose.
    pub client: ClientId,
    /// The coordinator asked.
    pub via: NodeId,
    /// What was asked.
    pub request: Arc<Request>,
    /// The event with which it began.
    pub began: EventId,
    /// When it began.
    pub began_at: Micros,
    /// The version a write made, once its coordinator has stamped it.
    pub version: Option<Version>,
    /// Further attempts, in order.
    pub attempts: Vec<Attempt>,
    /// The event, the time and the way in which it ended.
    pub ended: Option<(EventId, Micros, Outcome)>,
}

impl Operation {
    /// The coordinator asked last before `id`.
    pub fn via_at(&self, id: EventId) -> NodeId {
        self.attempts.iter().rev().find(|a| a.event < id).map_or(self.via, |a| a.via)
    }

    /// The level asked for last before `id`.
    pub fn level_at(&self, id: EventId) -> Level {
        self.attempts.iter().rev().find(|a| a.event < id).map_or(self.request.level, |a| a.level)
    }

    /// The operation as it stood before `id`: coordinator and level are those of the attempt made last.
    pub fn as_of(&self, id: EventId) -> Operation {
        let mut stood = self.clone();
        (stood.via, stood.request) = (self.via_at(id), Arc::new(Request { level: self.level_at(id), ..(*self.request).clone() }));
        stood
    }

    /// The level of the last attempt: the one an answer keeps to.
    pub fn level(&self) -> Level {
        self.attempts.last().map_or(self.request.level, |a| a.level)
    }

    /// The ids of all attempts, by which nodes know them.
    pub fn ids(&self) -> impl Iterator<Item = OpId> {
        std::iter::successors(Some(self.id), |op| Some(op.again())).take(self.attempts.len() + 1)
    }
}

/// All operations of a log.
#[derive(Debug, Clone, Default)]
pub struct History {
    operations: Vec<Operation>,
    versions: BTreeMap<Key, Made>,
    /// When stores were filled, and with how many keys.
    preloads: Vec<(EventId, u64)>,
}

/// Versions of one key.
#[derive(Debug, Clone, Default)]
struct Made {
    /// In the order in which they were made, the operations that made them.
    by: Vec<OpId>,
    /// The place of each clock in that order.
    places: BTreeMap<Clock, u32>,
}

impl History {
    /// The history of a whole log.
    pub fn of(log: &[Event]) -> History {
        let mut history = History::default();
        for (i, event) in log.iter().enumerate() {
            history.observe(EventId(i as u32), event);
        }
        history
    }

    /// Takes in the event with this id. Events come in order.
    pub fn observe(&mut self, id: EventId, event: &Event) {
        if let EventKind::Fault(Fault::Preloaded { count }) = &event.kind {
            self.preloads.push((id, *count));
        }
        let Some(op) = event.op else { return };
        match (&event.kind, event.who) {
            (EventKind::Began { request, via }, Some(Endpoint::Client(client))) => self.operations.push(Operation {
                id: op,
                client,
                via: *via,
                request: request.clone(),
                began: id,
                began_at: event.at,
                version: None,
                attempts: Vec::new(),
                ended: None,
            }),
            (EventKind::Note(Note::Stamped { key, version }), _) => {
                let made = self.versions.entry(key.clone()).or_default();
                made.places.entry(version.clock).or_insert(made.by.len() as u32);
                made.by.push(op);
                // An attempt that comes to a coordinator late makes another version than the one the client was told of.
                let told = |o: &Operation| matches!(o.ended, Some((_, _, Outcome::Written { .. }))) && !o.attempts.is_empty();
                if let Some(operation) = self.find_mut(op).filter(|o| !told(o)) {
                    operation.version = Some(version.clone());
                }
            }
            (EventKind::Client(ClientAct::Retried { request, via, after, .. }), _) => {
                if let Some(operation) = self.find_mut(op) {
                    let attempt = Attempt { event: id, at: event.at, via: *via, level: request.level, after: after.clone() };
                    operation.attempts.push(attempt);
                }
            }
            (EventKind::Ended(outcome), _) => {
                if let Some(operation) = self.find_mut(op) {
                    if let (Outcome::Written { clock, .. }, Some(payload)) = (outcome, operation.request.verb.payload()) {
                        operation.version = Some(Version { clock: *clock, payload });
                    }
                    operation.ended = Some((id, event.at, outcome.clone()));
                }
            }
            _ => {}
        }
    }

    fn find_mut(&mut self, op: OpId) -> Option<&mut Operation> {
        self.operations.get_mut((op.number as usize).checked_sub(1)?)
    }

    /// All operations in the order in which they began.
    pub fn operations(&self) -> &[Operation] {
        &self.operations
    }

    /// One operation.
    pub fn operation(&self, op: OpId) -> Option<&Operation> {
        self.operations.get((op.number as usize).checked_sub(1)?)
    }

    /// The place of a version among those made of its key, from 1; 0 for one that is older than the log.
    pub fn ordinal(&self, key: &Key, version: &Version) -> u32 {
        self.versions.get(key).and_then(|made| made.places.get(&version.clock)).map_or(0, |place| place + 1)
    }

    /// The operation that made a version.
    pub fn maker(&self, key: &Key, version: &Version) -> Option<OpId> {
        let made = self.versions.get(key)?;
        made.by.get(*made.places.get(&version.clock)? as usize).copied()
    }

    /// The operations that made the versions of a key, in order. One that was tried again made several.
    pub fn makers(&self, key: &Key) -> &[OpId] {
        self.versions.get(key).map_or(&[], |made| &made.by)
    }

    /// Keys with versions made in the log, with how many.
    pub fn keys(&self) -> impl Iterator<Item = (&Key, u32)> {
        self.versions.iter().map(|(key, made)| (key, made.by.len() as u32))
    }

    /// The first event that filled the stores with a row of this key.
    pub fn preloaded(&self, key: &Key) -> Option<EventId> {
        let digits = key.name().strip_prefix("key-").filter(|d| !d.is_empty() && d.bytes().all(|b| b.is_ascii_digit()))?;
        let number: u64 = digits.parse().ok().filter(|n: &u64| n.to_string() == digits)?;
        self.preloads.iter().find(|(_, count)| number < *count).map(|(event, _)| *event)
    }
}
