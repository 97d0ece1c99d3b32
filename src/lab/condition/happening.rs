//! Events described by name, place and a few qualities: `hint-kept at E for C`, `sent repair from A to B`, `ended timed-out`, `applied at C`.

use std::fmt;

use super::names::{NAMES_OF_MESSAGES, OUTCOMES, name_of_event, name_of_message, name_of_outcome, names_of_events};
use super::quoted;
use crate::engine::base::{Endpoint, NodeId};
use crate::engine::data::Change;
use crate::engine::node::sweeps::SweepStep;
use crate::engine::node::{Note, Verb};
use crate::engine::world::{Event, EventKind};

/// A kind of event. What is left open fits everything.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Happening {
    /// The event's name; the empty text fits any.
    pub name: String,
    /// How an operation ended, what a message says, how a sweep ended: a second name.
    pub what: Option<String>,
    /// `at`: at whom.
    pub at: Option<Endpoint>,
    /// `from`: a message's sender.
    pub from: Option<Endpoint>,
    /// `to`: a message's receiver.
    pub to: Option<Endpoint>,
    /// `about`: the other node that a rule's decision concerns.
    pub about: Option<NodeId>,
    /// `op`: of which operation, by its number.
    pub op: Option<u32>,
    /// `key`: of which key, where the event names one.
    pub key: Option<String>,
}

/// Second names of what was applied, removed, begun or swept.
const MORE: [&str; 13] =
    ["stored", "same", "refused", "read", "write", "delete", "equal", "repaired", "failed", "late", "gossip", "hint", "tree"];

impl Happening {
    /// Reads it from words. The error says what was expected.
    pub fn read(words: &[&str]) -> Result<Happening, String> {
        let (first, mut rest) = words.split_first().ok_or("expected the name of an event, such as hint-kept")?;
        if !names_of_events().any(|name| name == *first) {
            return Err(format!("expected the name of an event, found \"{first}\"{}", near(first)));
        }
        let mut made = Happening { name: (*first).to_owned(), ..Happening::default() };
        while let [word, more @ ..] = rest {
            let end = |value: &[&str]| value.first().ok_or(format!("expected something after \"{word}\"")).map(|v| (*v).to_owned());
            let party = |value: &[&str]| end(value)?.parse::<Endpoint>().map_err(|e| e.to_string());
            match *word {
                "at" | "by" => made.at = Some(party(more)?),
                "from" => made.from = Some(party(more)?),
                "to" => made.to = Some(party(more)?),
                "about" | "for" => made.about = Some(end(more)?.parse::<NodeId>().map_err(|e| e.to_string())?),
                "op" => made.op = Some(end(more)?.parse().map_err(|_| "expected the number of an operation after \"op\"".to_owned())?),
                "key" => made.key = Some(end(more)?),
                what if NAMES_OF_MESSAGES.contains(&what) || OUTCOMES.contains(&what) || MORE.contains(&what) => {
                    made.what = Some(what.to_owned());
                    rest = more;
                    continue;
                }
                other => return Err(format!("expected at, from, to, for, op, key, a message or an outcome, found \"{other}\"")),
            }
            rest = &more[1..];
        }
        Ok(made)
    }

    /// Whether an event is of this kind.
    pub fn fits(&self, event: &Event) -> bool {
        let fits_name = match self.name.as_str() {
            "decided" => event.is_decision(),
            name => name_of_event(&event.kind) == name,
        };
        fits_name
            && self.at.is_none_or(|at| event.who == Some(at))
            && self.op.is_none_or(|op| event.op.is_some_and(|o| o.number == op))
            && self.from.is_none_or(|from| event.message().is_some_and(|m| m.from == from))
            && self.to.is_none_or(|to| event.message().is_some_and(|m| m.to == to))
            && self.what.as_ref().is_none_or(|what| is_called(event, what))
            && self.about.is_none_or(|node| is_about(event, node))
            && self.key.as_ref().is_none_or(|key| names_key(event, key))
    }
}

/// A known name that begins alike, to be offered.
fn near(word: &str) -> String {
    let start: String = word.chars().take(4).collect();
    let found: Vec<&str> = names_of_events().filter(|n| !start.is_empty() && n.contains(start.as_str())).take(4).collect();
    if found.is_empty() { String::new() } else { format!("; there is {}", found.join(", ")) }
}

/// Whether the second name of an event is this one.
fn is_called(event: &Event, what: &str) -> bool {
    match &event.kind {
        EventKind::Ended(outcome) => name_of_outcome(outcome) == what,
        EventKind::Began { request, .. } => {
            what == match request.verb {
                Verb::Read => "read",
                Verb::Write(_) => "write",
                Verb::Delete => "delete",
            }
        }
        EventKind::Applied(applied) => match what {
            "stored" => applied.change == Change::Stored,
            "same" => applied.change == Change::Same,
            "refused" => applied.change == Change::Refused,
            traffic => applied.by.name() == traffic,
        },
        EventKind::Note(Note::HintKept { late, .. }) => *late == (what == "late"),
        EventKind::Note(Note::Sweep { step: SweepStep::Ended { outcome, .. }, .. }) => {
            use crate::engine::node::sweeps::SweepOutcome;
            match what {
                "equal" => *outcome == SweepOutcome::Equal,
                "repaired" => matches!(outcome, SweepOutcome::Repaired { .. }),
                "timed-out" => *outcome == SweepOutcome::TimedOut,
                _ => !outcome.is_good(),
            }
        }
        _ => event.message().is_some_and(|m| name_of_message(&m.body) == what),
    }
}

/// Whether a decision concerns this node beside the one that takes it.
fn is_about(event: &Event, node: NodeId) -> bool {
    let EventKind::Note(note) = &event.kind else { return false };
    match note {
        Note::HintKept { target, .. }
        | Note::HintSent { target, .. }
        | Note::HintRefused { target, .. }
        | Note::ReplayStarted { target, .. }
        | Note::ReplayStopped { target, .. }
        | Note::ReplayDone { target, .. }
        | Note::HintsExpired { target, .. }
        | Note::HintsMoved { target, .. } => *target == node,
        Note::HandoffStarted { owner, .. } | Note::HandoffStopped { owner, .. } | Note::HandoffDone { owner } => *owner == node,
        Note::Suspected(peer) | Note::Trusted(peer) | Note::EchoAsked(peer) => *peer == node,
        Note::Convicted { peer, .. } | Note::Revived { peer, .. } => *peer == node,
        Note::RepairStarted { to, .. } | Note::WroteMore { to } => to.contains(&node),
        Note::RepairSkipped { behind } | Note::Resolved { behind, .. } => behind.contains(&node),
        Note::Chose { asked, .. } => asked.contains(&node),
        Note::StoodIn { seats } => seats.iter().any(|seat| seat.node == node || seat.owner == node),
        Note::Forwarded { to } => *to == node,
        Note::Speculated { extra, .. } => *extra == node,
        Note::DigestsDiffer { others, .. } => others.iter().any(|(other, _)| *other == node),
        Note::Sweep { step: SweepStep::Began { with, .. } | SweepStep::Ended { with, .. }, .. } => *with == node,
        _ => false,
    }
}

fn names_key(event: &Event, key: &str) -> bool {
    match &event.kind {
        EventKind::Began { request, .. } => request.key.name() == key,
        EventKind::Applied(applied) => applied.key.name() == key,
        EventKind::Reverted { key: k, .. } => k.name() == key,
        EventKind::Removed(removed) => removed.key.name() == key,
        EventKind::Note(Note::Stamped { key: k, .. } | Note::HintKept { key: k, .. } | Note::DroppedLate { key: k, .. }) => k.name() == key,
        _ => false,
    }
}

impl fmt::Display for Happening {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)?;
        if let Some(what) = &self.what {
            write!(f, " {what}")?;
        }
        for (word, end) in [("at", self.at), ("from", self.from), ("to", self.to), ("for", self.about.map(Endpoint::Node))] {
            if let Some(end) = end {
                write!(f, " {word} {end}")?;
            }
        }
        if let Some(op) = self.op {
            write!(f, " op {op}")?;
        }
        if let Some(key) = &self.key {
            write!(f, " key {}", quoted(key))?;
        }
        Ok(())
    }
}
