//! Sentences about bytes that change by themselves, and about the checksums that tell.

use super::Said;
use super::facts::Facts;
use super::names::Names;
use super::note::At;
use crate::engine::node::integrity::{FoundBy, RotSay, RotStep};
use crate::engine::node::{Checksum, IntegritySettings, Removed, Rotten};
use crate::engine::world::{Event, Rotted};
use crate::view::format::{bytes, count, counted, list, span};

/// The fault as a plain line.
pub(super) fn fault_short(who: &str, rotted: &Rotted, names: &Names<'_>) -> String {
    if rotted.right {
        return format!("{who}'s copy of {} is again what was written", rotted.key);
    }
    format!("{who}'s copy of {} rots: {} becomes {}", rotted.key, names.row(&rotted.key, &rotted.before), text(rotted))
}

/// What the value is now.
fn text(rotted: &Rotted) -> String {
    super::names::quoted_bytes(rotted.after.value().unwrap_or_default())
}

/// The fault as a sentence.
pub(super) fn fault(facts: &Facts<'_>, event: &Event, who: &str, rotted: &Rotted) -> Said {
    if rotted.right {
        return Said::new(format!("{}.", fault_short(who, rotted, &facts.names))).rest("What other copies were made of it stays as it is.");
    }
    let larger = rotted.after.value() > rotted.before.value();
    let seen = match (rotted.misfit, facts.settings_at(event.at).integrity.checksum) {
        (true, _) => "Its checksum no longer fits, so the next check finds it.".to_owned(),
        (false, Checksum::None) => "No checksum is kept, so nothing here can tell.".to_owned(),
        (false, _) => "Its checksum changed along and fits, so no check finds it.".to_owned(),
    };
    let wins = if larger {
        "The timestamp is the same, and at equal timestamps the larger value wins: repair would spread it."
    } else {
        "The timestamp is the same, and at equal timestamps the larger value wins: repair would put it right."
    };
    Said::new(format!("{}.", fault_short(who, rotted, &facts.names)))
        .rest(format!("Nobody wrote that, and {who} notices nothing. {seen} {wins}"))
        .so("and notices nothing")
        .rule("bytes on a disk can change by themselves")
}

/// A row given up because its checksum does not fit.
pub(super) fn removed(who: &str, removed: &Removed) -> Said {
    Said::new(format!("{who} gives up its copy of {}.", removed.key))
        .rest("The copy is wrong, so none is better: a newer or equal row that comes now is taken, whichever bytes are larger.")
        .so("so that a good copy can take its place")
        .rule("a copy that does not fit its checksum is set aside")
}

fn found_by(by: FoundBy) -> &'static str {
    match by {
        FoundBy::Read => "on reading",
        FoundBy::Scrub => "on scrubbing",
    }
}

/// A step as a plain line.
pub(super) fn short(who: &str, step: &RotStep) -> String {
    match step {
        RotStep::Found { key, by, .. } => format!("{who} finds {} that {key} does not fit its checksum", found_by(*by)),
        RotStep::Asked { key, of } => format!("{who} asks {of} for {key} anew"),
        RotStep::Fetched { key, from } => format!("{who} has {key} anew from {from}"),
        RotStep::NobodyHas { key } => format!("{who} finds nobody who has {key}"),
        RotStep::Failed { by, instead: Some(instead) } => format!("{who} cannot use {by}'s copy, and asks {instead}"),
        RotStep::Failed { by, instead: None } => format!("{who} cannot use {by}'s copy, and nobody is left to ask"),
        RotStep::Scrubbed { rows, bytes: size, found } => format!(
            "{who} has checked {} of {}: {} {} not fit",
            counted(*rows, "row", "rows"),
            bytes(*size),
            count(*found),
            if *found == 1 { "does" } else { "do" }
        ),
    }
}

/// A step as a sentence.
pub(super) fn said(at: &At<'_, '_>, step: &RotStep) -> Said {
    let said = Said::new(format!("{}.", short(&at.who, step)));
    let who = &at.who;
    match step {
        RotStep::Found { then: Rotten::Keep, .. } => said
            .rest(format!("{who} keeps it and answers with a failure, until another row takes its place."))
            .so("and answers with a failure")
            .rule("a checksum tells that bytes have changed, not what they were"),
        RotStep::Found { then: Rotten::Drop, .. } => said
            .rest(format!("{who} gives it up. Only a repair brings it back: a read that asks {who}, or a sweep."))
            .so("and gives it up")
            .rule("a checksum tells that bytes have changed, not what they were"),
        RotStep::Found { then: Rotten::Refetch, .. } => said
            .rest(format!("{who} gives it up and asks another replica, for what it was nobody can tell from here."))
            .so("and asks another replica")
            .rule("a checksum tells that bytes have changed, not what they were"),
        RotStep::Asked { .. } => said.rest("Replicas hold the same key, so one good copy is enough."),
        RotStep::Fetched { from, .. } => said
            .rest(format!("What {from} sent is taken only if its own checksum fits, and if nothing newer has come meanwhile."))
            .rule("a good copy takes the place of a bad one"),
        RotStep::NobodyHas { .. } => said.rest("Every other replica was asked. If the value is anywhere, only a repair will bring it."),
        RotStep::Failed { by, instead: Some(instead) } => said
            .rest(format!("{by} answers that its copy does not fit its checksum, and so does not count. {instead} may still be enough."))
            .rule("a replica that cannot vouch for its copy does not count"),
        RotStep::Failed { by, instead: None } => said
            .rest(format!(
                "{by} answers that its copy does not fit its checksum, and so does not count. Below ALL the others may be enough."
            ))
            .rule("a replica that cannot vouch for its copy does not count"),
        RotStep::Scrubbed { found: 0, .. } => said.rest("All of it fits. What rotted before its checksum was made would fit, too."),
        RotStep::Scrubbed { .. } => said.rest("No client had to ask for it.").rule("a scrub finds what nobody reads"),
    }
}

/// A message, after whose it is.
pub(super) fn noun(say: &RotSay) -> String {
    match say {
        RotSay::Failed { .. } => "answer that its copy does not fit".to_owned(),
        RotSay::Fetch { key, .. } => format!("request for {key} anew"),
        RotSay::Fetched { key, row: Some(_), .. } => format!("row of {key}"),
        RotSay::Fetched { key, row: None, .. } => format!("answer that it has no {key}"),
    }
}

/// A message as a plain line.
pub(super) fn sent(from: &str, to: &str, say: &RotSay) -> String {
    match say {
        RotSay::Failed { .. } => format!("{from} tells {to} that its copy does not fit its checksum"),
        RotSay::Fetch { key, .. } => format!("{from} asks {to} for {key} anew"),
        RotSay::Fetched { key, row: Some(_), .. } => format!("{from} sends {to} its row of {key}"),
        RotSay::Fetched { key, row: None, .. } => format!("{from} tells {to} that it has no {key} either"),
    }
}

/// What there is to say beside it.
pub(super) fn aside(say: &RotSay, size: &str) -> String {
    match say {
        RotSay::Failed { .. } => format!("The answer is {size}. It costs a read at ALL, and no other."),
        RotSay::Fetch { .. } => format!("The question is {size}."),
        RotSay::Fetched { .. } => format!("The answer is {size}."),
    }
}

/// The settings as a clause.
pub(super) fn setting(settings: &IntegritySettings) -> String {
    let made = match settings.checksum {
        Checksum::None => return "no checksums are kept".to_owned(),
        Checksum::Replica => "each replica keeps a checksum of what it stores".to_owned(),
        Checksum::Writer => "a checksum made at the write goes with each value".to_owned(),
    };
    let checked = if settings.on_read { "reads check it" } else { "reads do not check it" };
    let then = match settings.rotten {
        Rotten::Keep => "what does not fit is kept",
        Rotten::Drop => "what does not fit is given up",
        Rotten::Refetch => "what does not fit is fetched anew",
    };
    let scrub = settings.scrub.map(|scrub| format!("everything is checked every {}", span(scrub.every)));
    list([made, checked.to_owned(), then.to_owned()].into_iter().chain(scrub))
}
