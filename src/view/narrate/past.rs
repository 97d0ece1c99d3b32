//! Sentences about sweeps that use what replicas remember instead of hashes: logs.

use super::Said;
use crate::engine::base::NodeId;
use crate::engine::node::Method;
use crate::engine::node::sweeps::{LogSay, LogStep, Whole};
use crate::view::format::{count, counted};

fn changes(n: usize) -> String {
    counted(n as u64, "change", "changes")
}

/// What a sweep by this method begins to do, before "with B".
pub(super) fn begins(method: Method) -> &'static str {
    match method {
        Method::Log => "begins to read logs",
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
        _ => said,
    }
}

fn why(why: Whole, with: &str) -> String {
    match why {
        Whole::NoLog => "one of them keeps no log".to_owned(),
        Whole::New => format!("it has never compared everything with {with}"),
        Whole::PeerNew => format!("{with} has never compared everything with it"),
        Whole::Truncated => format!("what {with} has not read is cut off"),
        Whole::PeerTruncated => format!("what comes next in {with}'s log is cut off"),
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
