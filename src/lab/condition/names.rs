//! Stable names of events and messages, by which files speak of them.

use crate::engine::node::integrity::RotStep;
use crate::engine::node::sweeps::{QueueStep, SweepStep};
use crate::engine::node::{Body, Note, Outcome};
use crate::engine::world::{ClientAct, EventKind, Fault};

/// Names of notes, by their codes from 1. A new kind of note gets its line at the end.
const NOTES: &[&str] = &[
    "stamped",
    "chose",
    "unavailable",
    "quorum-reached",
    "digests-match",
    "digests-differ",
    "resolved",
    "repair-started",
    "repair-skipped",
    "repair-latch-opened",
    "timed-out",
    "suspected",
    "trusted",
    "synced",
    "stood-in",
    "hint-kept",
    "hint-sent",
    "hint-refused",
    "hint-counted",
    "hints-flushed",
    "replay-started",
    "replay-stopped",
    "replay-done",
    "hints-expired",
    "hints-moved",
    "handoff-started",
    "handoff-stopped",
    "handoff-done",
    "forwarded",
    "local-first",
    "dropped-late",
    "speculated",
    "wrote-more",
    "repair-bounded",
    "lingers",
    "not-found",
    "convicted",
    "echo-asked",
    "revived",
    "stood-still",
];

/// Names of messages, by their codes from 1. A new kind of message gets its line at the end.
pub const NAMES_OF_MESSAGES: &[&str] = &[
    "request",
    "reply",
    "write",
    "write-ack",
    "read-data",
    "data",
    "read-digest",
    "digest",
    "repair",
    "repair-ack",
    "heartbeat",
    "on-disk",
    "relay",
    "passed",
    "hint",
    "hint-ack",
    "keep-hint",
    "hint-kept",
    "handoff",
    "handoff-ack",
    "forward",
    "coordinating",
    "echo",
    "echo-ack",
    "sweep",
    "rot",
];

/// Names of everything else that may stand in a log.
const OTHERS: &[&str] = &[
    "began",
    "ended",
    "sent",
    "delivered",
    "lost",
    "held",
    "timer",
    "applied",
    "reverted",
    "removed",
    "cut",
    "mended",
    "crashed",
    "restarted",
    "paused",
    "resumed",
    "sweep-asked",
    "wiped",
    "clock-set",
    "slowed",
    "link-changed",
    "network-changed",
    "setting-changed",
    "preloaded",
    "hints-lost",
    "backed-up",
    "restored",
    "workload-began",
    "workload-ended",
    "retried",
    "asked-directly",
    "wrote-back",
    "sweep-began",
    "sweep-nothing-in-common",
    "sweep-trees",
    "sweep-compared",
    "sweep-keys-compared",
    "sweep-ended",
    "sweep-refused",
    "sweep-abandoned",
    "sweep-read",
    "decided",
    "sweep-step",
    "fault",
    "note",
    "client-act",
    "sweep-read",
    "queue-round",
    "queue-resumed",
    "queue-postponed",
    "queue-dropped",
    "queue-finished",
    "queue-held-back",
    "queue-emptied",
    "rot-found",
    "rot-asked",
    "rot-fetched",
    "rot-nobody-has",
    "rot-failed",
    "rot-scrubbed",
    "rotted",
    "sweep-stopped",
    "ring-redrawn",
    "cleanup-asked",
    "ranges-followed",
    "cleaned-up",
];

/// Every name that an event may have.
pub fn names_of_events() -> impl Iterator<Item = &'static str> {
    OTHERS.iter().chain(NOTES).copied()
}

/// The name of what a message says.
pub fn name_of_message(body: &Body) -> &'static str {
    if let Body::Rot(_) = body {
        return "rot";
    }
    NAMES_OF_MESSAGES.get(usize::from(body.code()).wrapping_sub(1)).copied().unwrap_or("message")
}

/// The name of how an operation ended.
pub fn name_of_outcome(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Written { .. } => "written",
        Outcome::Found(Some(_)) => "value",
        Outcome::Found(None) => "absent",
        Outcome::Unavailable { .. } => "unavailable",
        Outcome::TimedOut { .. } => "timed-out",
        Outcome::NoAnswer => "no-answer",
        Outcome::Overloaded { .. } => "overloaded",
        Outcome::Behind { .. } => "behind",
    }
}

/// Every way in which an operation may end, by name.
pub const OUTCOMES: [&str; 8] = ["written", "value", "absent", "unavailable", "timed-out", "no-answer", "overloaded", "behind"];

/// The name of an event.
pub fn name_of_event(kind: &EventKind) -> &'static str {
    match kind {
        EventKind::Began { .. } => "began",
        EventKind::Ended(_) => "ended",
        EventKind::Sent(_) => "sent",
        EventKind::Delivered(_) => "delivered",
        EventKind::Lost { .. } => "lost",
        EventKind::Held(_) => "held",
        EventKind::Timer(_) => "timer",
        EventKind::Applied(_) => "applied",
        EventKind::Reverted { .. } => "reverted",
        EventKind::Removed(_) => "removed",
        EventKind::Note(note) => name_of_note(note),
        EventKind::Fault(fault) => name_of_fault(fault),
        EventKind::Client(ClientAct::Retried { .. }) => "retried",
        EventKind::Client(ClientAct::Asked { .. }) => "asked-directly",
        EventKind::Client(ClientAct::WroteBack { .. }) => "wrote-back",
    }
}

fn name_of_note(note: &Note) -> &'static str {
    match note {
        Note::SweepRead { .. } => "sweep-read",
        Note::RangesFollowed(_) => "ranges-followed",
        Note::CleanedUp { .. } => "cleaned-up",
        Note::Sweep { step, .. } => match step {
            SweepStep::Began { .. } => "sweep-began",
            SweepStep::NothingInCommon { .. } => "sweep-nothing-in-common",
            SweepStep::Trees { .. } => "sweep-trees",
            SweepStep::Compared { .. } => "sweep-compared",
            SweepStep::KeysCompared { .. } => "sweep-keys-compared",
            SweepStep::Ended { .. } => "sweep-ended",
            SweepStep::Refused { .. } => "sweep-refused",
            SweepStep::Abandoned => "sweep-abandoned",
            #[allow(unreachable_patterns, reason = "methods of sweeping add steps of their own")]
            _ => "sweep-step",
        },
        Note::Queue(step) => match step {
            QueueStep::Round { .. } => "queue-round",
            QueueStep::Resumed { .. } => "queue-resumed",
            QueueStep::Postponed { .. } => "queue-postponed",
            QueueStep::Dropped { .. } => "queue-dropped",
            QueueStep::Finished { .. } => "queue-finished",
            QueueStep::HeldBack { .. } => "queue-held-back",
            QueueStep::Emptied { .. } => "queue-emptied",
        },
        Note::Rot(step) => match step {
            RotStep::Found { .. } => "rot-found",
            RotStep::Asked { .. } => "rot-asked",
            RotStep::Fetched { .. } => "rot-fetched",
            RotStep::NobodyHas { .. } => "rot-nobody-has",
            RotStep::Failed { .. } => "rot-failed",
            RotStep::Scrubbed { .. } => "rot-scrubbed",
        },
        other => NOTES.get(usize::from(other.code()).wrapping_sub(1)).copied().unwrap_or("note"),
    }
}

fn name_of_fault(fault: &Fault) -> &'static str {
    match fault {
        Fault::Cut(_) => "cut",
        Fault::Mended(_) => "mended",
        Fault::Crashed { .. } => "crashed",
        Fault::Restarted => "restarted",
        Fault::Paused => "paused",
        Fault::Resumed { .. } => "resumed",
        Fault::SweepAsked { .. } => "sweep-asked",
        Fault::Wiped { .. } => "wiped",
        Fault::Clock { .. } => "clock-set",
        Fault::Slow { .. } => "slowed",
        Fault::Link { .. } => "link-changed",
        Fault::Network => "network-changed",
        Fault::Set(_) => "setting-changed",
        Fault::Preloaded { .. } => "preloaded",
        Fault::HintsLost { .. } => "hints-lost",
        Fault::BackedUp { .. } => "backed-up",
        Fault::Restored { .. } => "restored",
        Fault::WorkloadBegan { .. } => "workload-began",
        Fault::WorkloadEnded { .. } => "workload-ended",
        Fault::Rotted(_) => "rotted",
        Fault::SweepStopped { .. } => "sweep-stopped",
        Fault::Redrawn(_) => "ring-redrawn",
        Fault::CleanupAsked => "cleanup-asked",
        #[allow(unreachable_patterns, reason = "other faults come with their mechanisms")]
        _ => "fault",
    }
}
