//! Sentences about repairs by whole trees: one node collects the trees of all replicas and has those that differ brought into line.

use super::Said;
use super::sweep::{hashes, rows};
use crate::engine::node::sweeps::validation::{RepairSay, RepairState, RepairStep};
use crate::view::format::{bytes, counted};

fn ranges(n: usize) -> String {
    counted(n as u64, "range", "ranges")
}

/// How far a repair has come, in a word.
fn state_name(state: RepairState) -> &'static str {
    match state {
        RepairState::Preparing => "preparing",
        RepairState::Prepared => "prepared",
        RepairState::Repairing => "repairing",
        RepairState::Promised => "promised",
        RepairState::Finalized => "finalized",
        RepairState::Failed => "failed",
    }
}

/// A step as a plain line.
pub(super) fn short(who: &str, step: &RepairStep) -> String {
    match step {
        RepairStep::Ready { parties } => {
            format!("{who} has the word of {} to take part", counted(u64::from(*parties), "replica", "replicas"))
        }
        RepairStep::Pair { a, b, ranges: 0 } => format!("{who} finds {a} and {b} in line"),
        RepairStep::Pair { a, b, ranges: n } => format!("{who} finds that {a} and {b} differ in {}", ranges(*n as usize)),
        RepairStep::Synced { with, came, went } => format!("{who} and {with} are in line: {} came, {} went", rows(*came), rows(*went)),
        RepairStep::SetAside { rows: n } => format!("{who} sets aside {} that no repair has taken in", rows(*n)),
        RepairStep::State(state) => format!("{who} is at \"{}\" in the repair", state_name(*state)),
        RepairStep::Committed { promotes: true } => format!("{who} has all promises: what was set aside is repaired"),
        RepairStep::Committed { promotes: false } => format!("{who} has all promises, but somebody was left out: nothing is marked"),
    }
}

/// A step as a sentence.
pub(super) fn said(said: Said, step: &RepairStep) -> Said {
    match step {
        RepairStep::Ready { .. } => said
            .rest("Each now reads all its rows of these ranges into a tree and sends the whole tree, not only its root.")
            .rule("every replica of a range takes part in its repair"),
        RepairStep::Pair { ranges: 0, .. } => said.rest("Nothing has to move between the two.").rule("every two replicas are compared"),
        RepairStep::Pair { .. } => said
            .rest("All rows of these ranges go across, both ways: which of them differ, the trees do not say.")
            .rule("a leaf that differs moves whole"),
        RepairStep::SetAside { .. } => said
            .rest("Only these are compared. Rows that a repair has taken in are not looked at.")
            .rule("an incremental repair looks only at what is new"),
        RepairStep::State(RepairState::Failed) => {
            said.rest("What was set aside is as it was before: the next repair takes it in.").rule("a repair that fails marks nothing")
        }
        RepairStep::State(RepairState::Promised) => said
            .rest("What came is on disk. It waits for word, however long that takes.")
            .rule("nobody marks rows before all have promised"),
        RepairStep::State(RepairState::Finalized) => said
            .rest("No later incremental repair compares these rows, until they are written again.")
            .rule("what is marked is taken on trust"),
        RepairStep::State(_) => said.rest("The state is on its disk.").rule("nobody marks rows before all have promised"),
        RepairStep::Committed { promotes: true } => {
            said.rest("The word goes out to all; who misses it will ask.").rule("what is marked is taken on trust")
        }
        RepairStep::Committed { promotes: false } => {
            said.rest("A replica that took no part may lack any of these rows.").rule("rows are marked only if every replica took part")
        }
        RepairStep::Synced { .. } => {
            said.rest("Each row was merged: what was newer stayed.").rule("a row that comes late cannot go back in time")
        }
    }
}

/// What a message is, as a noun.
pub(super) fn noun(told: &RepairSay) -> String {
    match told {
        RepairSay::Prepare { plan, .. } => format!("call to take part in a repair of {}", ranges(plan.len())),
        RepairSay::Prepared => "word to take part".to_owned(),
        RepairSay::Freeze => "call to take a snapshot".to_owned(),
        RepairSay::Frozen => "word that the snapshot is taken".to_owned(),
        RepairSay::Validate { .. } => "call to make trees".to_owned(),
        RepairSay::Trees(trees) => format!(
            "{} with {}",
            counted(trees.len() as u64, "whole tree", "whole trees"),
            counted(trees.iter().map(|tree| tree.leaves()).sum(), "leaf", "leaves")
        ),
        RepairSay::Sync { with, ranges: all, .. } => format!("call to come into line with {with} in {}", ranges(all.len())),
        RepairSay::Fetch { ranges: all } => format!("request for all rows of {}", ranges(all.len())),
        RepairSay::Going { with } => format!("word that rows still move between it and {with}"),
        RepairSay::Synced { with, .. } => format!("word that it and {with} are in line"),
        RepairSay::Propose => "call for a promise".to_owned(),
        RepairSay::Promise => "promise".to_owned(),
        RepairSay::Commit => "word that all have promised".to_owned(),
        RepairSay::AskState => "question what became of the repair".to_owned(),
        RepairSay::State(Some(state)) => format!("answer that the repair is at \"{}\"", state_name(*state)),
        RepairSay::State(None) => "answer that it knows of no such repair".to_owned(),
    }
}

/// What a message is on the ring, in a word.
pub fn word(told: &RepairSay) -> &'static str {
    match told {
        RepairSay::Prepare { .. } => "repair?",
        RepairSay::Prepared => "ready",
        RepairSay::Freeze => "snapshot?",
        RepairSay::Frozen => "snapshot",
        RepairSay::Validate { .. } => "tree?",
        RepairSay::Trees(_) => "tree",
        RepairSay::Sync { .. } => "sync?",
        RepairSay::Fetch { .. } => "rows?",
        RepairSay::Going { .. } => "going on",
        RepairSay::Synced { .. } => "in line",
        RepairSay::Propose => "promise?",
        RepairSay::Promise => "promise",
        RepairSay::Commit => "commit",
        RepairSay::AskState => "state?",
        RepairSay::State(_) => "state",
    }
}

/// What a message weighs and why.
pub(super) fn aside(told: &RepairSay, size: u64) -> String {
    let size = bytes(size);
    match told {
        RepairSay::Trees(trees) => {
            let leaves = trees.iter().map(|tree| tree.leaves()).sum();
            format!("The message is {size}: {}, whatever differs.", hashes(leaves))
        }
        RepairSay::Validate { .. } => format!("The message is {size}. It carries the time, so that tombstones expire for all alike."),
        _ => format!("The message is {size}."),
    }
}
