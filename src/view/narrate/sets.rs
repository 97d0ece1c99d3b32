//! Sentences about sweeps that compare sets of digests: by ranges that are split where they differ, and by coded symbols.

use super::Said;
use crate::engine::node::Method;
use crate::engine::node::sweeps::{SetSay, SetStep};
use crate::engine::sweep::Mark;
use crate::view::format::{count, counted};

fn digests(n: u64) -> String {
    counted(n, "digest", "digests")
}

fn prints(n: u64) -> String {
    counted(n, "fingerprint", "fingerprints")
}

fn symbols(n: u64) -> String {
    counted(n, "coded symbol", "coded symbols")
}

/// The beginning of a sweep as a sentence.
pub(super) fn began(method: Method, said: Said) -> Said {
    if method == Method::Ranges {
        said.rest("One fingerprint stands for all rows of a range. A range whose fingerprints differ is split, until the digests of its few rows are listed.")
            .rule("equal fingerprints mean equal rows")
    } else {
        said.rest(
            "The other side mixes digests of all its rows into coded symbols and sends one after another. What both have cancels out.",
        )
        .rule("what is sent grows with what differs, not with what is held")
    }
}

/// A step as a plain line.
pub(super) fn short(who: &str, step: SetStep) -> String {
    match step {
        SetStep::Read { rows } => format!("{who} reads {} for their digests", counted(rows, "row", "rows")),
        SetStep::Ranges { compared, differed: 0, listed: 0, .. } => format!("{who} compares {}: all equal", prints(compared)),
        SetStep::Ranges { compared: 0, listed, .. } => format!("{who} compares {} one by one", digests(listed)),
        SetStep::Ranges { compared, differed, listed: 0, .. } => format!("{who} compares {}: {} differ", prints(compared), count(differed)),
        SetStep::Ranges { compared, differed, listed, .. } => {
            format!("{who} compares {}, of which {} differ, and {} one by one", prints(compared), count(differed), digests(listed))
        }
        SetStep::Peeled { received, found, done: true } => {
            format!("{who} finds {} in {}, and nothing is left", digests(u64::from(found)), symbols(u64::from(received)))
        }
        SetStep::Peeled { received, found, .. } => {
            format!("{who} has {} and finds {} in them so far", symbols(u64::from(received)), digests(u64::from(found)))
        }
        SetStep::Found { mine: 0, theirs: 0 } => format!("{who} finds no digest that only one side has"),
        SetStep::Found { mine, theirs } => {
            format!("{who} finds {} only here and {} only there", digests(u64::from(mine)), count(u64::from(theirs)))
        }
    }
}

/// A step as a sentence.
pub(super) fn said(step: SetStep, said: Said) -> Said {
    match step {
        SetStep::Read { .. } => {
            said.rest("Each digest is of a key and its version. That takes a look at every row, even if nothing differs.").rule("a set made by a scan costs a look at every row")
        }
        SetStep::Ranges { differed: 0, .. } => said.rest("What is equal is not spoken of again.").rule("equal fingerprints mean equal rows"),
        SetStep::Ranges { .. } => {
            said.rest("Only ranges that differ are split further; those with few rows are listed.").rule("a range that differs is split until it can be listed")
        }
        SetStep::Peeled { done: true, .. } => said
            .rest("Each symbol is empty now, the first one too, and every digest takes part in the first one. So this is all.")
            .rule("an empty first symbol means that nothing is left"),
        SetStep::Peeled { .. } => said
            .rest("A symbol with only one digest left in it gives that digest away. Taken out of all other symbols, it makes more of them give one away.")
            .rule("a symbol with one digest gives it away"),
        SetStep::Found { .. } => said
            .rest("A row that both have in different versions counts on both sides. Who wins is for the merge rule to say.")
            .rule("finding is not resolving"),
    }
}

/// What a message is, as a noun.
pub(super) fn noun(say: &SetSay) -> String {
    match say {
        SetSay::Spans { spans, .. } => {
            let listed: usize = spans.iter().map(|span| if let Mark::List(items) = &span.mark { items.len() } else { 0 }).sum();
            match (spans.iter().filter(|span| matches!(span.mark, Mark::Print(_))).count() as u64, listed as u64) {
                (0, 0) if spans.iter().any(|span| matches!(span.mark, Mark::List(_))) => "word that nothing is there".to_owned(),
                (0, 0) => "word that nothing is left".to_owned(),
                (0, listed) => format!("list of {}", digests(listed)),
                (compared, 0) => prints(compared),
                (compared, listed) => format!("{} and a list of {}", prints(compared), digests(listed)),
            }
        }
        SetSay::Symbols { run, .. } => symbols(run.symbols.len() as u64),
        SetSay::Again { .. } => "request for the first symbols once more".to_owned(),
        SetSay::FetchItems { items, .. } => format!("request for the rows of {}", digests(items.len() as u64)),
    }
}

/// What leaves with a message.
pub(super) fn sent(from: &str, to: &str, say: &SetSay) -> String {
    match say {
        SetSay::Spans { .. } | SetSay::Symbols { .. } => format!("{from} sends {to} {}", with_article(&noun(say))),
        SetSay::Again { .. } | SetSay::FetchItems { .. } => format!("{from} sends {to} the {}", noun(say)),
    }
}

fn with_article(noun: &str) -> String {
    if noun.starts_with("list") { format!("a {noun}") } else { noun.to_owned() }
}

/// Why a message weighs what it does.
pub(super) fn aside(say: &SetSay) -> &'static str {
    match say {
        SetSay::Spans { .. } => " Eight bytes stand for a whole range, however much is in it; an equal range costs nothing more.",
        SetSay::Symbols { .. } => " A symbol takes about thirteen bytes, however many rows are mixed into it.",
        _ => "",
    }
}

/// Its label on the stage.
pub(in crate::view) fn label(say: &SetSay) -> &'static str {
    match say {
        SetSay::Spans { spans, .. } if spans.iter().any(|span| matches!(span.mark, Mark::Print(_))) => "ranges",
        SetSay::Spans { .. } => "digests",
        SetSay::Symbols { .. } => "symbols",
        SetSay::Again { .. } => "again?",
        SetSay::FetchItems { .. } => "rows?",
    }
}
