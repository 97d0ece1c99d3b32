//! Sentences about a node's queue of sweeps: whose turn it is, and what waits.

use super::Said;
use super::note::At;
use crate::engine::node::sweeps::QueueStep;
use crate::view::format::{counted, span};

fn sweeps(n: u32) -> String {
    counted(u64::from(n), "sweep", "sweeps")
}

/// How much it matters among the events of one step.
pub(super) fn weight(step: &QueueStep) -> u32 {
    if step.is_decision() { 74 } else { 58 }
}

/// A step as a plain line.
pub(super) fn short(who: &str, step: &QueueStep) -> String {
    match step {
        QueueStep::Round { jobs, .. } => format!("{who} begins a round: {} to do", sweeps(*jobs)),
        QueueStep::Resumed { left, .. } => format!("{who} goes on with its round: {} left", sweeps(*left)),
        QueueStep::Postponed { with, rest, .. } => format!("{who} puts off its sweep with {with} for {}", span(*rest)),
        QueueStep::Dropped { with } => format!("{who} leaves a sweep with {with} to the next round"),
        QueueStep::Finished { took } => format!("{who} has no sweep left to do, after {}", span(*took)),
        QueueStep::HeldBack { rest, .. } => format!("{who} holds its next sweep back for {}", span(*rest)),
        QueueStep::Emptied { jobs } => format!("{who} drops {} that waited", sweeps(*jobs)),
    }
}

/// A step as a sentence.
pub(super) fn said(at: &At<'_, '_>, step: &QueueStep) -> Said {
    let said = Said::new(format!("{}.", short(&at.who, step)));
    match step {
        QueueStep::Round { left, put_off, .. } => said
            .rest(match (left, put_off) {
                (0, 0) => "One for each range and each replica to compare it with; a few at a time.".to_owned(),
                (left, 0) => format!("{} were left from the round before: rounds come faster than they are done.", sweeps(*left)),
                (_, off) => format!("The queue is full: {} must wait for the next round.", sweeps(*off)),
            })
            .rule("ranges are swept one by one"),
        QueueStep::Resumed { done, .. } => said
            .rest(format!("It had noted on its disk which {} were done before it stopped.", sweeps(*done)))
            .so("and repeats none that were done")
            .rule("a checkpoint saves what was done"),
        QueueStep::Postponed { failures, .. } => said
            .rest(format!("It has failed {}. Others have their turn meanwhile.", counted(u64::from(*failures), "time", "times")))
            .rule("what fails rests longer each time"),
        QueueStep::Dropped { .. } => {
            said.rest("Nothing is lost by that: the range just stays as it was.").rule("a sweep that fails loses nothing")
        }
        QueueStep::Finished { .. } => said.rest("Each of its ranges was compared, put off or given up.").rule("a round has an end"),
        QueueStep::HeldBack { waiting, .. } => said
            .rest(format!("{} wait for its disk: clients come first.", counted(*waiting, "request", "requests")))
            .rule("a sweep gives way to clients"),
        QueueStep::Emptied { .. } => said.rest("The next round takes them up again.").rule("a stopped sweep loses nothing"),
    }
}

/// A person stopped sweeps.
pub(super) fn stopped(who: &str) -> Said {
    Said::new(format!("{who} is told to stop sweeping."))
        .rest("Rows that have moved stay where they are; the rest waits for another sweep.")
        .rule("a stopped sweep loses nothing")
}
