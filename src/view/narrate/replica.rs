//! Sentences about a node's own copies: rows taken, refused, lost and brought to disk.

use std::sync::Arc;

use super::facts::Facts;
use super::{Cause, Said};
use crate::engine::base::EventId;
use crate::engine::data::{Change, Key, Order, Row};
use crate::engine::node::{Applied, Note, Removed, RemovedWhy, Sync, Timer, Tombstones, Traffic};
use crate::engine::world::{Event, EventKind, Fault};
use crate::view::format::{list, moment, span};

pub(super) fn applied(facts: &Facts<'_>, id: EventId, event: &Event, applied: &Applied) -> Said {
    let who = event.who.map_or_else(String::new, |w| facts.names.end(w));
    let key = &applied.key;
    let given = facts.names.row(key, &applied.given);
    let before = applied.before.as_ref().map(|row| facts.names.row(key, row));
    let repair = applied.by == Traffic::Repair;
    match (applied.change, before) {
        (Change::Stored, before) => {
            if let Some(zombie) = forgotten(facts, id, event, applied) {
                return zombie;
            }
            let headline = if repair { format!("{who} is repaired: it now holds {given}.") } else { format!("{who} now holds {given}.") };
            let rest = match &before {
                Some(old) => format!("It {}, so it replaces {old}.", wins(facts, applied)),
                None => format!("{who} had no row of {key} before."),
            };
            let disk = match facts.settings_at(event.at).sync {
                Sync::EveryWrite => "It is on disk before it is confirmed.",
                Sync::Every(_) => "It is confirmed at once, but until the next sync a crash would take it back.",
            };
            Said::new(headline)
                .rest(format!("{rest} {disk}"))
                .so(format!("in place of {}", before.unwrap_or_else(|| "nothing".to_owned())))
                .rule("the newer version wins")
        }
        (Change::Same, _) => Said::new(format!("{who} already holds {given}, so nothing changes."))
            .rest("It confirms all the same: being given a row twice does no harm.")
            .rule("merging the same row twice changes nothing"),
        (Change::Refused, before) => {
            let held = before.unwrap_or_else(|| "another row".to_owned());
            let what = if repair { "the repair with " } else { "" };
            Said::new(format!("{who} refuses {what}{given}: it holds {held}, which is newer."))
                .rest(format!("It confirms all the same: the sender wants {who} to hold at least {given}, and it does."))
                .so("and what is newer stays")
                .rule("a version never replaces a newer one")
        }
    }
}

/// The sentence for a value that comes back because the tombstone that would have refused it is gone.
fn forgotten(facts: &Facts<'_>, id: EventId, event: &Event, applied: &Applied) -> Option<Said> {
    if applied.before.is_some() || applied.given.is_deleted() {
        return None;
    }
    let rule = facts.session.world().settings().rule;
    let mut own = facts.before(id).filter(|(_, e)| e.who == event.who);
    let (at, gone, removed) = own.find_map(|(at, e)| match &e.kind {
        EventKind::Removed(removed) if removed.key == applied.key => Some((at, e, removed)),
        _ => None,
    })?;
    // A value newer than the delete is no ghost.
    let refused = rule.merged(Some(removed.row.clone()), Some(&applied.given)).as_ref() == Some(&removed.row);
    let (who, given) = (event.who.map_or_else(String::new, |w| facts.names.end(w)), facts.names.row(&applied.key, &applied.given));
    refused.then(|| {
        Said::new(format!("The deleted value is back: {who} holds {given} again."))
            .rest(format!(
                "{who} removed its tombstone of {} at {}. It would have refused {given}, which is older; without it {given} is news.",
                applied.key,
                moment(gone.at)
            ))
            .so("for nothing remembers the delete")
            .rule("a delete is forgotten with its tombstone")
            .cause(Cause::at(facts, at, facts.clause(gone)))
    })
}

pub(super) fn removed(facts: &Facts<'_>, id: EventId, event: &Event, removed: &Removed) -> Said {
    let who = event.who.map_or_else(String::new, |w| facts.names.end(w));
    let (key, stone) = (&removed.key, facts.names.row(&removed.key, &removed.row));
    if removed.why == RemovedWhy::Rotten {
        return super::rot::removed(&who, removed);
    }
    let RemovedWhy::Grace { age } = removed.why else {
        return Said::new(format!("{who} forgets its mark of the delete of {key}, {stone}."))
            .rest("Every replica has said that it has seen this event. Nobody can bring the value back, so nothing has to be kept, and nobody had to wait for a time to pass.")
            .rule("what everybody has seen needs no tombstone");
    };
    let grace = match facts.settings_at(event.at).tombstones {
        Tombstones::Purge { grace, .. } => format!(", and tombstones are kept for {}", span(grace)),
        Tombstones::Keep => String::new(),
    };
    let missed: Vec<_> = facts
        .replicas(key, event.at)
        .into_iter()
        .filter(|node| matches!(super::held(facts, *node, key, id), super::Held::Known(Some(row)) if !row.is_deleted()))
        .collect();
    let danger = if missed.is_empty() {
        "It asks nobody whether all have heard of the delete.".to_owned()
    } else {
        format!(
            "{} never heard of the delete and still {} the value: whoever reads it there brings it back.",
            list(missed.iter()),
            if missed.len() == 1 { "holds" } else { "hold" }
        )
    };
    Said::new(format!("{who} removes the tombstone {stone} of {key}."))
        .rest(format!("It is {} old{grace}. {danger}", span(age)))
        .so("and remembers nothing of the delete")
        .rule("a tombstone older than the grace is removed")
}

/// Why the row given wins over the one held before: what last write wins looks at first.
fn wins(facts: &Facts<'_>, applied: &Applied) -> &'static str {
    let (Some(before), rule) = (&applied.before, facts.session.world().settings().rule) else { return "is the only one" };
    let stamp = |row: &Row| row.versions().iter().map(|v| v.clock).max();
    let newer = applied.given.versions().iter().any(|g| before.versions().iter().all(|b| rule.compare(g, b) == Order::Newer));
    match stamp(&applied.given).zip(stamp(before)) {
        Some((given, held)) if newer && given > held => "has the later timestamp",
        _ => "wins by the rule for equal timestamps",
    }
}

pub(super) fn reverted(facts: &Facts<'_>, event: &Event, key: &Key, before: Option<&Arc<Row>>, after: Option<&Arc<Row>>) -> Said {
    let who = event.who.map_or_else(String::new, |w| facts.names.end(w));
    let lost = facts.names.maybe_row(key, before);
    if let Some(EventKind::Fault(Fault::Restored { taken, .. })) = event.cause.and_then(|c| facts.event(c)).map(|e| &e.kind) {
        let now = facts.names.maybe_row(key, after);
        return Said::new(format!("{who}'s copy of {key} is now {now}: it was {lost}."))
            .rest(format!("Its disk is the copy taken at {}.", moment(*taken)))
            .so(format!("as it was at {}", moment(*taken)))
            .rule("a backup holds what was on disk");
    }
    let headline = match after {
        Some(row) => format!("{who}'s copy of {key} falls back from {lost} to {}.", facts.names.row(key, row)),
        None => format!("{who}'s copy of {key} is gone: {lost} had not reached the disk."),
    };
    Said::new(headline)
        .rest(format!("{who} had confirmed {lost}, but only what is on disk survives a crash."))
        .so(format!("for {lost} was not on disk"))
        .rule("a crash takes back what was not synced")
}

pub(super) fn timer(facts: &Facts<'_>, id: EventId, event: &Event, timer: Timer) -> Said {
    let who = event.who.map_or_else(String::new, |w| facts.names.end(w));
    match timer {
        Timer::Beat(_) => Said::new(format!("{who} tells the others that it lives."))
            .rest("These heartbeats are all that the others know of it.")
            .rule("silence for too long means down"),
        Timer::Sweep(_) => Said::new(format!("{who} looks for tombstones that are old enough to be removed."))
            .rule("a tombstone older than the grace is removed"),
        Timer::Operation(op) => {
            let name = facts.names.op(op);
            if facts.at_once(id).any(|(_, e)| matches!(e.kind, EventKind::Note(Note::TimedOut { .. }))) {
                return Said::new(format!("{who} has waited long enough for {name}."));
            }
            let trace = facts.trace(op, id);
            let told =
                trace.reply().map_or_else(String::new, |(_, e, _)| format!(" The client has had its answer since {}.", moment(e.at)));
            let missing: Vec<String> = missing(&trace).iter().map(ToString::to_string).collect();
            let silent = if missing.is_empty() { String::new() } else { format!(" {} never answered.", list(missing)) };
            Said::new(format!("{who} stops waiting for the rest of {name}."))
                .rest(format!("{}{told}", silent.trim_start()).trim().to_owned())
                .rule("a coordinator waits only so long")
        }
        _ => Said::new(format!("{}.", super::short(event, &facts.names))),
    }
}

/// Replicas that were asked and have not confirmed: of a repair if there was one, else of the operation.
fn missing(trace: &super::Trace<'_>) -> Vec<crate::engine::base::NodeId> {
    let repaired = trace.last_note(|n| matches!(n, Note::RepairStarted { .. }));
    let asked = match (&repaired, trace.choice()) {
        (Some((_, Note::RepairStarted { to, .. })), _) => to.to_vec(),
        (_, Some(choice)) => choice.asked.to_vec(),
        _ => Vec::new(),
    };
    let from = repaired.map_or(EventId(0), |(id, _)| id);
    let heard = |n| trace.answers().any(|(id, _, node, _)| node == n && id > from);
    asked.into_iter().filter(|n| !heard(*n)).collect()
}
