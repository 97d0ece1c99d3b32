//! What the checkers look at: the operations on one key as calls with a beginning and an end.

use std::collections::BTreeMap;

use crate::engine::base::{OpId, arrange};
use crate::engine::data::{Key, Payload, Row, Version};
use crate::engine::node::{Outcome, Verb};
use crate::engine::observe::{History, Operation};

/// What a key shows to its clients. Versions of a key are told apart by number; a tombstone shows nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Mark(pub u32);

impl Mark {
    /// No value: never written, or deleted.
    pub const NOTHING: Mark = Mark(0);
    /// The value from before the run.
    pub const PRELOADED: Mark = Mark(u32::MAX);
    /// A value that nobody is known to have written.
    pub const FOREIGN: Mark = Mark(u32::MAX - 1);
}

/// What a call did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    /// Made the key show this.
    Write(Mark),
    /// Was shown this.
    Read(Mark),
}

impl Act {
    /// What was written or shown.
    pub const fn mark(self) -> Mark {
        match self {
            Act::Write(mark) | Act::Read(mark) => mark,
        }
    }
}

/// One operation on one key. Places count events of the log from 1; place 0 is before the run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Call {
    /// Whose call it is; none for what was there before the run.
    pub op: Option<OpId>,
    /// The place at which it began.
    pub began: u32,
    /// The place at which its client knew that it had happened; none for a write whose outcome is unknown: it may take effect at any
    /// later place, or never. A read without an answer is no call.
    pub ended: Option<u32>,
    /// What it did.
    pub act: Act,
}

impl Call {
    /// Whether this call was over before the other began.
    pub fn precedes(&self, other: &Call) -> bool {
        self.ended.is_some_and(|end| end < other.began)
    }

    /// Whether it is a read.
    pub fn is_read(&self) -> bool {
        matches!(self.act, Act::Read(_))
    }
}

/// What a version shows.
pub(super) fn mark(history: &History, key: &Key, version: &Version) -> Mark {
    match (&version.payload, history.ordinal(key, version)) {
        (Payload::Tombstone, _) => Mark::NOTHING,
        (_, 0) if history.preloaded(key).is_some() => Mark::PRELOADED,
        (_, 0) => Mark::FOREIGN,
        (_, n) => Mark(n),
    }
}

/// What a row shows.
pub(super) fn shown(history: &History, key: &Key, row: Option<&Row>) -> Mark {
    row.and_then(|r| r.versions().first()).map_or(Mark::NOTHING, |version| mark(history, key, version))
}

/// The operations of a history by key, each key's in the order in which they began.
pub(super) fn by_key(history: &History) -> BTreeMap<&Key, Vec<&Operation>> {
    let mut keys: BTreeMap<&Key, Vec<&Operation>> = BTreeMap::new();
    for operation in history.operations() {
        keys.entry(&operation.request.key).or_default().push(operation);
    }
    keys
}

/// The calls of one key in the order in which they began.
pub(super) fn calls(history: &History, key: &Key, operations: &[&Operation]) -> Vec<Call> {
    let mut calls = Vec::new();
    if let Some(place) = history.preloaded(key).map(|event| event.0 + 1) {
        // Rows of a preload are as old as the run: where something was written before, a late preload changes nothing that is seen.
        let first = operations.iter().all(|o| o.began.0 + 1 > place);
        calls.push(Call { op: None, began: 0, ended: first.then_some(place), act: Act::Write(Mark::PRELOADED) });
    }
    for operation in operations {
        let (op, began) = (Some(operation.id), operation.began.0 + 1);
        let end = operation.ended.as_ref().map(|(event, _, outcome)| (event.0 + 1, outcome));
        match (&operation.request.verb, end) {
            (Verb::Read, Some((place, Outcome::Found(row)))) => {
                calls.push(Call { op, began, ended: Some(place), act: Act::Read(shown(history, key, row.as_deref())) });
            }
            (Verb::Read, _) => {}
            (Verb::Write(_) | Verb::Delete, end) => {
                let sure = end.filter(|(_, outcome)| matches!(outcome, Outcome::Written { .. })).map(|(place, _)| place);
                let known = operation.version.as_ref();
                // A write without a version never reached a coordinator that would carry it out: nobody can have seen it.
                calls.extend(known.map(|v| Call { op, began, ended: sure, act: Act::Write(mark(history, key, v)) }));
            }
        }
    }
    // Tried again, an operation made several versions; which of the earlier ones took effect, and when, is open.
    for (op, number) in history.makers(key).iter().zip(1..) {
        if let Some(operation) = history.operation(*op)
            && operation.version.as_ref().is_some_and(|v| history.ordinal(key, v) != number)
        {
            let act = Act::Write(if operation.request.verb == Verb::Delete { Mark::NOTHING } else { Mark(number) });
            calls.push(Call { op: Some(*op), began: operation.began.0 + 1, ended: None, act });
        }
    }
    arrange(&mut calls, |a, b| a.began.cmp(&b.began));
    calls
}
