//! Sentences about sweeps: two replicas that compare what they hold, tree by tree, level by level.

use super::note::At;
use super::{Said, past};
use crate::engine::node::sweeps::{Refusal, Say, SessionId, SweepOutcome, SweepStep};
use crate::engine::node::{Method, SweepSettings};
use crate::view::format::{bytes, count, counted, span};

fn rows(n: u32) -> String {
    counted(u64::from(n), "row", "rows")
}

fn hashes(n: u64) -> String {
    counted(n, "hash", "hashes")
}

fn refusal(why: Refusal) -> &'static str {
    match why {
        Refusal::Busy => "too many sweeps are under way",
        Refusal::NotMine => "the two do not share these ranges",
        Refusal::Unknown => "the sweep is not known there",
        Refusal::Bounds => "such trees are out of bounds",
    }
}

/// Where a level is.
fn level_name(level: u32) -> String {
    if level == 0 { "the roots".to_owned() } else { format!("level {level}") }
}

/// A setting of sweeps as a clause.
pub(super) fn setting(sweeps: &SweepSettings) -> String {
    let how = match sweeps.policy.method {
        Method::Descent => "by their trees",
        Method::Full => "key by key",
        Method::Log => "by their logs",
    };
    match sweeps.schedule {
        None => "no node compares with others by itself".to_owned(),
        Some(schedule) => format!("each node compares {how} with another one every {}", span(schedule.every)),
    }
}

/// A step as a plain line.
pub(super) fn short(who: &str, session: SessionId, step: &SweepStep) -> String {
    match step {
        SweepStep::Began { with, method: Method::Descent, ranges } => {
            format!("{who} begins to compare trees with {with}: {}", counted(u64::from(*ranges), "range", "ranges"))
        }
        SweepStep::Began { with, method: Method::Full, ranges } => {
            format!("{who} begins to compare every key with {with}: {}", counted(u64::from(*ranges), "range", "ranges"))
        }
        SweepStep::Began { with, method, .. } => format!("{who} {} with {with}", past::begins(*method)),
        SweepStep::NothingInCommon { with } => format!("{who} has nothing to compare with {with}"),
        SweepStep::Trees { leaves, rows: 0, .. } => format!("{who} has its trees at hand: {}", counted(*leaves, "leaf", "leaves")),
        SweepStep::Trees { leaves, rows, .. } => {
            format!("{who} reads {} into trees of {}", counted(*rows, "row", "rows"), counted(*leaves, "leaf", "leaves"))
        }
        SweepStep::Compared { level, count } if count.differed == 0 => {
            format!("{who} compares {}: all of {} equal", level_name(*level), hashes(count.compared))
        }
        SweepStep::Compared { level, count: c } => {
            format!("{who} compares {}: {} of {} differ", level_name(*level), count(c.differed), hashes(c.compared))
        }
        SweepStep::KeysCompared { only_mine, only_theirs, differ, .. } => format!(
            "{who} compares keys: {} differ, {} only here, {} only there",
            count(u64::from(*differ)),
            count(u64::from(*only_mine)),
            count(u64::from(*only_theirs))
        ),
        SweepStep::Ended { with, outcome } => match outcome {
            SweepOutcome::Equal => format!("{who} and {with} hold the same"),
            SweepOutcome::Repaired { pulled, pushed } => {
                format!("{who} is done with {with}: {} came, {} went", rows(*pulled), rows(*pushed))
            }
            SweepOutcome::TimedOut => format!("{who} gives up its sweep with {with}: no answer"),
            SweepOutcome::Refused(why) => format!("{who} ends its sweep with {with}: {}", refusal(*why)),
            SweepOutcome::Nonsense => format!("{who} ends its sweep with {with}: its answer does not fit"),
        },
        SweepStep::Refused { why } if who == session.by.to_string() => format!("{who} starts no sweep: {}", refusal(*why)),
        SweepStep::Refused { why } => format!("{who} takes no part in {}'s sweep: {}", session.by, refusal(*why)),
        SweepStep::Abandoned => format!("{who} forgets {}'s sweep: {} is silent", session.by, session.by),
        SweepStep::Log(step) => past::short(who, None, *step),
    }
}

/// A step as a sentence.
pub(super) fn said(at: &At<'_, '_>, session: SessionId, step: &SweepStep) -> Said {
    let who = &at.who;
    let said = Said::new(format!("{}.", short(who, session, step)));
    match step {
        SweepStep::Began { method: Method::Descent, .. } => said
            .rest("Each makes a tree of hashes over the keys both hold. Equal hashes mean equal rows below, so only where hashes differ is it worth looking deeper.")
            .rule("equal roots mean equal rows"),
        SweepStep::Began { method: Method::Full, .. } => said
            .rest("Every key goes across with a digest of its row, whether it differs or not: the cost grows with the data.")
            .rule("comparing everything finds everything"),
        SweepStep::Began { method, .. } => past::began(*method, said),
        SweepStep::NothingInCommon { .. } => said.rest("They hold no part of the ring in common.").rule("only replicas of the same keys can be compared"),
        SweepStep::Trees { rows: 0, computed, .. } => said
            .rest(format!("They were kept up to date with every write; {} had to be computed.", hashes(*computed)))
            .rule("a tree that is kept needs no reading of rows"),
        SweepStep::Trees { computed, .. } => said
            .rest(format!("That takes {}, even if nothing differs.", hashes(*computed)))
            .rule("a tree made by a scan costs a look at every row"),
        SweepStep::Compared { level: 0, count } if count.differed == 0 => {
            said.rest("Nothing else has to be sent.").so("and no row has moved").rule("equal roots mean equal rows")
        }
        SweepStep::Compared { count, .. } if count.differed == 0 => {
            said.rest("Rows have changed meanwhile: what differed above is equal now.").rule("only differing nodes are opened")
        }
        SweepStep::Compared { .. } => said.rest("Everything below equal hashes is left alone.").rule("only differing nodes are opened"),
        SweepStep::KeysCompared { compared, .. } => said
            .rest(format!(
                "{} on both sides. The trees said where to look; who wins is for the merge rule to say.",
                counted(*compared, "key is", "keys are")
            ))
            .rule("finding is not resolving"),
        SweepStep::Ended { outcome: SweepOutcome::Equal, .. } => said.rest("They part without a row sent.").rule("a sweep of equal replicas moves no rows"),
        SweepStep::Ended { with, outcome: SweepOutcome::Repaired { .. } } => said
            .rest(format!("{with} has confirmed what it was sent. Each row was merged: what was newer stayed."))
            .rule("a sweep repairs what nobody reads"),
        SweepStep::Ended { outcome, .. } => said
            .rest(if outcome.may_pass() {
                "What has been merged so far stays. The rest waits for another try or the next sweep."
            } else {
                "What has been merged so far stays."
            })
            .rule("a sweep that fails loses nothing"),
        SweepStep::Refused { .. } => said.rest("Nothing is compared now.").rule("a node takes part in a few sweeps at a time"),
        SweepStep::Abandoned => said.rest("The trees it held for that sweep are dropped.").rule("a node waits only so long"),
        SweepStep::Log(step) => past::said(*step, said),
    }
}

/// What a message is, as a noun.
pub fn noun(say: &Say) -> String {
    match say {
        Say::Open { .. } => "call to compare".to_owned(),
        Say::Roots(roots) => counted(roots.len() as u64, "root", "roots"),
        Say::Children { nodes, .. } => format!("question for the children of {}", counted(nodes.len() as u64, "node", "nodes")),
        Say::Hashes { hashes: all, .. } => hashes(all.len() as u64),
        Say::ListKeys { leaves, .. } => format!("question for the keys of {}", counted(leaves.len() as u64, "leaf", "leaves")),
        Say::Keys { entries, .. } => format!("list of {}", counted(entries.len() as u64, "key", "keys")),
        Say::FetchLeaves { leaves, .. } => format!("request for the rows of {}", counted(leaves.len() as u64, "leaf", "leaves")),
        Say::FetchRows { keys, .. } => format!("request for {}", counted(keys.len() as u64, "row", "rows")),
        Say::Rows { rows, .. } => counted(rows.len() as u64, "row", "rows"),
        Say::Stored { .. } => "confirmation of the rows".to_owned(),
        Say::Close => "word that the sweep is over".to_owned(),
        Say::Refused(why) => format!("refusal to compare: {}", refusal(*why)),
        Say::Log(say) => past::noun(say),
    }
}

/// What leaves with a message.
pub(super) fn sent(from: &str, to: &str, say: &Say) -> String {
    match say {
        Say::Open { ranges, .. } => {
            format!("{from} asks {to} to compare {}", counted(ranges.len() as u64, "range", "ranges"))
        }
        Say::Children { .. } | Say::ListKeys { .. } | Say::FetchLeaves { .. } | Say::FetchRows { .. } => {
            format!("{from} sends {to} the {}", noun(say))
        }
        Say::Roots(_) | Say::Hashes { .. } | Say::Rows { .. } => format!("{from} sends {to} {}", noun(say)),
        Say::Keys { .. } => format!("{from} sends {to} a {}", noun(say)),
        Say::Stored { .. } => format!("{from} confirms the rows to {to}"),
        Say::Close => format!("{from} tells {to} that the sweep is over"),
        Say::Log(log) => format!("{from} sends {to} the {}", past::noun(log)),
        Say::Refused(why) => format!("{from} tells {to} that it does not compare: {}", refusal(*why)),
    }
}

/// What a message weighs and why.
pub(super) fn aside(say: &Say, size: u64) -> String {
    let size = bytes(size);
    match say {
        Say::Roots(_) => format!("One hash stands for a whole range: {size}, however much the ranges hold."),
        Say::Hashes { .. } => format!("The message is {size}. The one who asked compares; what is equal needs no second look."),
        Say::Keys { .. } => format!("The message is {size}: keys and digests, no values."),
        Say::Rows { .. } => format!("The message is {size}. Each row is merged like any write: a newer one stays."),
        _ => format!("The message is {size}."),
    }
}
