//! Conditions on a run, with stable names: "next decision", "run until", later checklists and lessons.

use serde::{Deserialize, Serialize};

use crate::engine::node::Note;
use crate::engine::world::{Event, EventKind};

use super::player::Player;

/// A condition that a step of a run may fulfil.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Predicate {
    /// A rule decided something, an operation ended, or somebody interfered.
    Decision,
    /// A coordinator saw answers that differ.
    Mismatch,
    /// Stale replicas were sent the merged row.
    Repair,
    /// A message was lost.
    Loss,
    /// A coordinator ran out of patience.
    Timeout,
    /// A coordinator refused: too few replicas believed up.
    Unavailable,
    /// A client learned how its operation ended.
    OperationEnds,
    /// Every replica of every key holds the same.
    Agreement,
    /// Some replica lacks something.
    Disagreement,
}

impl Predicate {
    /// Every condition.
    pub const EVERY: [Predicate; 9] = [
        Predicate::Decision,
        Predicate::Mismatch,
        Predicate::Repair,
        Predicate::Loss,
        Predicate::Timeout,
        Predicate::Unavailable,
        Predicate::OperationEnds,
        Predicate::Agreement,
        Predicate::Disagreement,
    ];

    /// Its stable name in files.
    pub const fn name(self) -> &'static str {
        match self {
            Predicate::Decision => "decision",
            Predicate::Mismatch => "mismatch",
            Predicate::Repair => "repair",
            Predicate::Loss => "loss",
            Predicate::Timeout => "timeout",
            Predicate::Unavailable => "unavailable",
            Predicate::OperationEnds => "operation-ends",
            Predicate::Agreement => "agreement",
            Predicate::Disagreement => "disagreement",
        }
    }

    /// What it says, in words.
    pub const fn words(self) -> &'static str {
        match self {
            Predicate::Decision => "something is decided",
            Predicate::Mismatch => "answers differ",
            Predicate::Repair => "a repair is sent",
            Predicate::Loss => "a message is lost",
            Predicate::Timeout => "a coordinator runs out of patience",
            Predicate::Unavailable => "a coordinator refuses",
            Predicate::OperationEnds => "an operation ends",
            Predicate::Agreement => "all copies agree",
            Predicate::Disagreement => "some copies disagree",
        }
    }

    /// Whether it speaks of how things stand, not of what a step did.
    pub const fn is_state(self) -> bool {
        matches!(self, Predicate::Agreement | Predicate::Disagreement)
    }

    /// Whether a step that made these events and led to this state fulfils it.
    pub fn holds(self, events: &[Event], after: &Player) -> bool {
        let any = |test: fn(&Event) -> bool| events.iter().any(test);
        match self {
            Predicate::Decision => any(Event::is_decision),
            Predicate::Mismatch => any(|e| matches!(e.kind, EventKind::Note(Note::DigestsDiffer { .. }))),
            Predicate::Repair => any(|e| matches!(e.kind, EventKind::Note(Note::RepairStarted { .. }))),
            Predicate::Loss => any(|e| matches!(e.kind, EventKind::Lost { .. }) && !e.is_quiet()),
            Predicate::Timeout => any(|e| matches!(e.kind, EventKind::Note(Note::TimedOut { .. }))),
            Predicate::Unavailable => any(|e| matches!(e.kind, EventKind::Note(Note::Unavailable { .. }))),
            Predicate::OperationEnds => any(|e| matches!(e.kind, EventKind::Ended(_))),
            Predicate::Agreement => after.truth.stale_copies() == 0,
            Predicate::Disagreement => after.truth.stale_copies() > 0,
        }
    }
}
