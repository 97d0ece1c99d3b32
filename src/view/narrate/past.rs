//! Sentences about sweeps that use what replicas remember instead of hashes: logs, versions, numbered events.

use super::Said;
use crate::engine::base::NodeId;
use crate::engine::node::Method;
use crate::engine::node::sweeps::{DotSay, DotStep, LogSay, LogStep, VersionSay, Whole};
use crate::view::format::{count, counted};

fn changes(n: usize) -> String {
    counted(n as u64, "change", "changes")
}

/// What a sweep by this method begins to do, before "with B".
pub(super) fn begins(method: Method) -> &'static str {
    match method {
        Method::Log => "begins to read logs",
        Method::Versions => "begins to compare versions",
        Method::Bitmaps => "begins to compare events",
        _ => "begins to compare",
    }
}

/// The same as a sentence.
pub(super) fn began(method: Method, said: Said) -> Said {
    match method {
        Method::Log => said
            .rest(
                "Each has numbered its changes and knows how far it has read in the other's log. Only what came after that has to be sent.",
            )
            .rule("a log ships what came after the last entry read"),
        Method::Versions => said
            .rest("The version of every key goes across, without its value. That tells at once who lacks what, and costs the same when nothing is lacking.")
            .rule("versions say exactly who is behind"),
        Method::Bitmaps => said
            .rest("Every write has a number of its coordinator's. Each side says up to which number it has seen all of them, and which beyond: what is missing can be read off.")
            .rule("a bitmap shows exactly what is missing"),
        _ => said,
    }
}

fn events(n: usize) -> String {
    counted(n as u64, "event", "events")
}

/// A step of a sweep of bitmaps as a plain line.
pub(super) fn short_dots(who: &str, step: DotStep) -> String {
    match step {
        DotStep::Missing { events: 0, .. } => format!("{who} lacks no event"),
        DotStep::Missing { events: n, lacked } => {
            format!("{who} lacks {}, and {} for them", events(n as usize), counted(u64::from(lacked), "row", "rows"))
        }
        DotStep::Offered { events: n } => format!("{who} tells the other one of {} that it lacks", events(n as usize)),
        DotStep::Whole(Whole::NoLog) => format!("{who} cannot go by events, as they are not numbered: every key is compared"),
        DotStep::Whole(Whole::New) => format!("{who} cannot go by events, as it has not been there from the start: every key is compared"),
        DotStep::Whole(Whole::PeerNew) => {
            format!("{who} cannot go by events, as the other one has not been there from the start: every key is compared")
        }
        DotStep::Whole(Whole::Part) => {
            format!("{who} cannot go by events, as only a part of what they share is compared: every key is compared")
        }
        DotStep::Whole(_) => format!("{who} cannot go by events, as some have been forgotten: every key is compared"),
    }
}

/// A step of a sweep of bitmaps as a sentence.
pub(super) fn said_dots(step: DotStep, said: Said) -> Said {
    match step {
        DotStep::Missing { lacked: 0, .. } => {
            said.rest("What is held here is as new or newer.").rule("a bitmap shows exactly what is missing")
        }
        DotStep::Missing { .. } | DotStep::Offered { .. } => said
            .rest("An event that was overwritten since needs no row: the newer one stands for it.")
            .rule("a bitmap shows exactly what is missing"),
        DotStep::Whole(_) => said
            .rest("Keys of events are remembered only until everybody has seen them. After this, events will do.")
            .rule("events need a state to start from"),
    }
}

/// A message of a sweep of bitmaps, as a noun.
pub(super) fn dots(say: &DotSay) -> String {
    match say {
        DotSay::Seen { .. } => "word which events it has seen".to_owned(),
        DotSay::Missing(_) => "question for the events that it lacks".to_owned(),
        DotSay::Told { events: all, .. } => format!("{} that are missing", events(all.len())),
        DotSay::Gone => "word that it has forgotten some events".to_owned(),
        DotSay::Offer { events: all, .. } => format!("offer of {}", events(all.len())),
        DotSay::Lacks { keys, .. } => format!("request for {}", counted(keys.len() as u64, "row", "rows")),
        DotSay::Done(_) => "word that it has all of them now".to_owned(),
    }
}

/// Its label on the stage.
pub(in crate::view) fn dot_label(say: &DotSay) -> &'static str {
    match say {
        DotSay::Seen { .. } => "seen",
        DotSay::Missing(_) => "missing?",
        DotSay::Told { .. } | DotSay::Offer { .. } => "events",
        DotSay::Gone => "forgotten",
        DotSay::Lacks { .. } => "rows?",
        DotSay::Done(_) => "all seen",
    }
}

fn why(why: Whole, with: &str) -> String {
    match why {
        Whole::NoLog => "one of them keeps no log".to_owned(),
        Whole::New => format!("it has never compared everything with {with}"),
        Whole::PeerNew => format!("{with} has never compared everything with it"),
        Whole::Truncated => format!("what {with} has not read is cut off"),
        Whole::PeerTruncated => format!("what comes next in {with}'s log is cut off"),
        Whole::Part => "only a part of what they share is compared".to_owned(),
    }
}

/// A step as a plain line.
pub(super) fn short(who: &str, with: Option<NodeId>, step: LogStep) -> String {
    let with = with.map_or_else(|| "the other one".to_owned(), |node| node.to_string());
    match step {
        LogStep::Read { upto, changes: 0, .. } => format!("{who} has read {with}'s log up to entry {}", count(upto)),
        LogStep::Read { upto, changes: n, lacked } => {
            format!("{who} reads {with}'s log up to entry {}: {}, {} lacking here", count(upto), changes(n as usize), lacked)
        }
        LogStep::Offered { changes: n, upto } => {
            format!("{who} offers {with} {} of its own log, up to entry {}", changes(n as usize), count(upto))
        }
        LogStep::Whole(because) => format!("{who} cannot go by logs, as {}: every key is compared", why(because, &with)),
    }
}

/// A step as a sentence.
pub(super) fn said(step: LogStep, said: Said) -> Said {
    match step {
        LogStep::Read { .. } => said
            .rest("The number is a checkpoint: the next sweep goes on after it, and nothing before it is looked at again.")
            .rule("a log ships what came after the last entry read"),
        LogStep::Offered { .. } => said
            .rest("What came from there is left out: it would only be shipped back.")
            .rule("a log ships what came after the last entry read"),
        LogStep::Whole(Whole::Truncated | Whole::PeerTruncated) => said
            .rest("A log keeps only so much. Whoever stays away for longer must compare everything once; after that logs will do again.")
            .rule("a truncated log falls back to the full state"),
        LogStep::Whole(Whole::Part) => said
            .rest("A place in a log stands for all that the two share. A part of it leaves the places where they are.")
            .rule("a log needs a state to start from"),
        LogStep::Whole(_) => {
            said.rest("A log only tells of what went through it. After this, logs will do.").rule("a log needs a state to start from")
        }
    }
}

/// What a message is, as a noun.
pub(super) fn noun(say: &LogSay) -> String {
    match say {
        LogSay::Head { end: Some(end), .. } => format!("word that its log ends at entry {}", count(end.seq)),
        LogSay::Head { end: None, .. } => "word that it keeps no log".to_owned(),
        LogSay::Since(read) => format!("question what came after entry {}", count(read.seq)),
        LogSay::Changes { upto, changes: all } => format!("{} up to entry {}", changes(all.len()), count(upto.seq)),
        LogSay::Gone => "word that these entries are cut off".to_owned(),
        LogSay::Offer { changes: all, .. } => format!("offer of {}", changes(all.len())),
        LogSay::Lacks { keys, .. } => format!("request for {}", counted(keys.len() as u64, "row", "rows")),
        LogSay::Read(at) => format!("word that everything up to entry {} is there", count(at.seq)),
    }
}

/// The same of a sweep of versions.
pub(super) fn versions(say: &VersionSay) -> String {
    match say {
        VersionSay::Ready => "word that it listens".to_owned(),
        VersionSay::Have { versions, .. } => format!("versions of {}", counted(versions.len() as u64, "key", "keys")),
        VersionSay::Lacks { keys, .. } => format!("request for {}", counted(keys.len() as u64, "row", "rows")),
    }
}

/// Its label on the stage.
pub(in crate::view) fn label(say: &LogSay) -> &'static str {
    match say {
        LogSay::Head { .. } => "log at",
        LogSay::Since(_) => "since?",
        LogSay::Changes { .. } => "changes",
        LogSay::Gone => "cut off",
        LogSay::Offer { .. } => "changes",
        LogSay::Lacks { .. } => "rows?",
        LogSay::Read(_) => "read",
    }
}
