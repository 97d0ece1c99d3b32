//! Sweeps on the page: which one is looked at, who compares what with whom, and what it costs. What a method draws is in a file of its own.

pub mod bitmaps;
pub mod descent;
pub mod exchange;
pub mod follow;
pub mod forest;
pub mod icicle;
pub mod ladder;
pub mod ledger;
pub mod logs;
pub mod pair;
pub mod parameters;
pub mod plan;
#[cfg(test)]
mod policy_tests;
pub mod queue;
pub mod ranges;
pub mod rows;
pub mod segments;
#[cfg(test)]
mod set_tests;
pub mod start;
pub mod symbols;
pub mod talk;
#[cfg(test)]
mod tests;
pub mod tries;
pub mod validation;
pub mod versions;

use crate::engine::base::{EventId, NodeId};
use crate::engine::node::sweeps::{Say, SessionId, SweepOutcome};
use crate::engine::node::{Body, Method, SweepPolicy, Upkeep};
use crate::engine::observe::SweepCost;
use crate::engine::world::EventKind;
use crate::lab::Session;
use crate::view::format::{count, counted};

/// How each method is called: as a choice, and in the middle of a sentence.
pub const fn names(method: Method) -> (&'static str, &'static str) {
    match method {
        Method::Descent => ("Merkle trees", "tree by tree"),
        Method::Full => ("every key", "key by key"),
        Method::Validation => ("whole trees", "by whole trees"),
        Method::Log => ("logs", "entry by entry"),
        Method::Ranges => ("ranges", "range by range"),
        Method::Sketch => ("coded symbols", "by coded symbols"),
        Method::Segments => ("trees of segments", "segment by segment"),
        Method::Trie => ("tries", "by tries"),
        Method::Versions => ("versions", "version by version"),
        Method::Bitmaps => ("bitmaps of events", "event by event"),
    }
}

/// A sweep that has begun at the cursor.
#[derive(Debug, Clone, Copy)]
pub struct Shown<'a> {
    /// The event of its beginning.
    pub began: EventId,
    /// Its bill so far.
    pub cost: &'a SweepCost,
}

/// The sweep to look at: the chosen one if it has begun at the cursor, else the last that began and goes on, else the last that began.
pub fn shown(session: &Session, chosen: Option<SessionId>) -> Option<Shown<'_>> {
    let past = begun(session);
    let one = |(began, id): &(EventId, SessionId)| Some(Shown { began: *began, cost: session.sweeps().cost(*id)? });
    let wanted = past.iter().rev().find(|(_, id)| Some(*id) == chosen).and_then(one);
    // More than a few at once is rare, and older ones that never ended are those of nodes that died.
    let going = || past.iter().rev().take(64).filter_map(one).find(|shown| shown.cost.ended.is_none());
    wanted.or_else(going).or_else(|| past.last().and_then(one))
}

/// Sweeps that have begun at the cursor, in order.
pub fn begun(session: &Session) -> &[(EventId, SessionId)] {
    let all = session.sweep_log().begun();
    &all[..all.partition_point(|(event, _)| event.0 < session.cursor())]
}

/// A sweep in a list of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// Which.
    pub id: SessionId,
    /// What it is, in a few words.
    pub text: String,
}

/// The last sweeps that have begun at the cursor, at most so many, the newest first.
pub fn choices(session: &Session, most: usize) -> Vec<Choice> {
    let past = begun(session);
    let text = |number: usize, cost: &SweepCost| {
        let (by, with) = (cost.session.by, cost.with);
        format!("{number}: {by} with {with}, {}, {}", names(cost.method).0, state(cost))
    };
    let numbered = past.iter().enumerate().rev().take(most);
    numbered.filter_map(|(i, (_, id))| Some(Choice { id: *id, text: text(i + 1, session.sweeps().cost(*id)?) })).collect()
}

/// How a sweep stands, in a word or two.
pub fn state(cost: &SweepCost) -> String {
    match cost.ended {
        None => "under way".to_owned(),
        Some((_, SweepOutcome::Equal)) => "nothing differs".to_owned(),
        Some((_, SweepOutcome::Repaired { pulled, pushed })) => format!("{} rows moved", count(u64::from(pulled + pushed))),
        Some((_, SweepOutcome::TimedOut)) => "no answer".to_owned(),
        Some((_, SweepOutcome::Refused(_))) => "refused".to_owned(),
        Some((_, SweepOutcome::Stopped)) => "stopped".to_owned(),
        Some((_, SweepOutcome::Nonsense)) => "broken off".to_owned(),
        Some((_, SweepOutcome::Down(node))) => format!("{node} is down"),
        Some((_, SweepOutcome::Exhausted)) => "given up".to_owned(),
        Some((_, SweepOutcome::Redrawn)) => "ring redrawn".to_owned(),
        Some((_, SweepOutcome::Read { keys, .. })) => format!("{} keys read", count(u64::from(keys))),
        Some((_, SweepOutcome::Pushed { rows })) => format!("{} rows pushed", count(u64::from(rows))),
    }
}

/// Which message of its sweep was the last one sent or heard at the cursor, and how many there are as far as the run is known.
pub fn place(session: &Session, id: SessionId) -> (usize, usize) {
    let events = session.sweep_log().events(id);
    let sent = |events: &[EventId]| {
        let one = |id: &&EventId| session.log().get(id.0 as usize).is_some_and(|event| matches!(event.kind, EventKind::Sent(_)));
        events.iter().filter(one).count()
    };
    (sent(&events[..events.partition_point(|event| event.0 < session.cursor())]), sent(events))
}

/// How a sweep works, as the one who started it said.
pub fn policy(session: &Session, id: SessionId) -> Option<SweepPolicy> {
    let said = session.sweep_log().events(id).iter().filter_map(|event| session.log().get(event.0 as usize)?.message());
    said.take(1).find_map(|message| match &message.body {
        Body::Sweep { say, .. } => match &**say {
            Say::Open { policy, .. } => Some(*policy),
            _ => None,
        },
        _ => None,
    })
}

/// What trees are like, in a few words: `16 leaves of key and version, hashed again`.
pub fn tree_words(policy: &SweepPolicy, leaves: u64) -> String {
    let leaf = if policy.method == Method::Segments { policy.tree_of_segments().leaf } else { policy.tree.leaf };
    let content = start::CONTENTS.iter().find(|(content, _)| *content == leaf).map_or("", |(_, words)| *words);
    if policy.method == Method::Trie {
        return format!("tries of {} over {content}", counted(leaves, "row", "rows"));
    }
    let kept = if policy.upkeep == Upkeep::Kept { "kept trees" } else { "trees" };
    format!("{kept} of {} over {content}", counted(leaves, "leaf", "leaves"))
}

/// Both ends of a sweep: who asks, and who answers.
pub fn ends(cost: &SweepCost) -> (NodeId, NodeId) {
    (cost.session.by, cost.with)
}
