//! Sentences about sweeps: two replicas that compare what they hold, tree by tree, level by level.

use super::note::At;
use super::{Said, past, sets, validation};
use crate::engine::base::NodeId;
use crate::engine::data::Key;
use crate::engine::node::sweeps::{Refusal, Say, SegmentSay, SessionId, SweepOutcome, SweepStep, TrieSay};
use crate::engine::node::{Method, SweepSettings};
use crate::engine::sweep::TrieNode;
use crate::view::format::{bytes, count, counted, span};

pub(super) fn rows(n: u32) -> String {
    counted(u64::from(n), "row", "rows")
}

pub(super) fn hashes(n: u64) -> String {
    counted(n, "hash", "hashes")
}

fn refusal(why: Refusal) -> &'static str {
    match why {
        Refusal::Busy => "too many sweeps are under way",
        Refusal::NotMine => "the two do not share these ranges",
        Refusal::Unknown => "the sweep is not known there",
        Refusal::Bounds => "such trees are out of bounds",
        Refusal::Overlaps => "another repair of these ranges has not ended",
        Refusal::Locked => "another sweep holds the tree",
        Refusal::NotBuilt => "the tree is not made yet",
        Refusal::Redrawn => "the ring was redrawn, and there are no such ranges",
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
        Method::Validation => "by whole trees",
        Method::Log => "by their logs",
        Method::Ranges => "range by range",
        Method::Sketch => "by coded symbols",
        Method::Segments => "by their trees of segments",
        Method::Trie => "by their tries, pushing what it has,",
        Method::Versions => "version by version",
        Method::Bitmaps => "by the numbers of events",
    };
    match sweeps.schedule {
        None => "no node compares with others by itself".to_owned(),
        Some(schedule) if sweeps.policy.method == Method::Validation => {
            format!("each node repairs its ranges {how} every {}", span(schedule.every))
        }
        Some(schedule) => format!("each node compares {how} with another one every {}", span(schedule.every)),
    }
}

/// How a sweep ended, as a plain line.
fn ended(who: &str, with: NodeId, outcome: SweepOutcome) -> String {
    match outcome {
        SweepOutcome::Equal => format!("{who} and {with} hold the same"),
        SweepOutcome::Repaired { pulled, pushed } => {
            format!("{who} is done with {with}: {} came, {} went", rows(pulled), rows(pushed))
        }
        SweepOutcome::TimedOut => format!("{who} gives up its sweep with {with}: no answer"),
        SweepOutcome::Refused(why) => format!("{who} ends its sweep with {with}: {}", refusal(why)),
        SweepOutcome::Read { keys, failed: 0 } => {
            format!("{who} is done with {with}: {} read", counted(u64::from(keys), "key", "keys"))
        }
        SweepOutcome::Read { keys, failed } => {
            format!(
                "{who} is done with {with}: {} read, {} of them in vain",
                counted(u64::from(keys), "key", "keys"),
                count(u64::from(failed))
            )
        }
        SweepOutcome::Pushed { rows: pushed } => format!("{who} is done with {with}: {} went", rows(pushed)),
        SweepOutcome::Nonsense => format!("{who} ends its sweep with {with}: its answer does not fit"),
        SweepOutcome::Down(node) => format!("{who} starts no repair: {node} is down"),
        SweepOutcome::Stopped => format!("{who} stops its sweep with {with}"),
        SweepOutcome::Exhausted => format!("{who} ends its sweep with {with}: more differs than it may find out"),
        SweepOutcome::Redrawn => format!("{who} ends its sweep with {with}: the ring was redrawn"),
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
        SweepStep::Began { method: Method::Validation, ranges, .. } => validation::began(who, *ranges),
        SweepStep::NothingInCommon { with } if who == with.to_string() => format!("{who} has no range that others hold too"),
        SweepStep::Began { with, method: method @ (Method::Ranges | Method::Sketch), ranges } => {
            let how = if *method == Method::Ranges { "ranges" } else { "coded symbols" };
            format!("{who} begins to compare {how} with {with}: {}", counted(u64::from(*ranges), "range", "ranges"))
        }
        SweepStep::Began { with, method: Method::Segments, ranges } => {
            format!("{who} begins to exchange hashes of segments with {with}: {}", counted(u64::from(*ranges), "tree", "trees"))
        }
        SweepStep::Began { with, method: Method::Trie, ranges } => {
            format!("{who} begins to walk down its tries beside those of {with}: {}", counted(u64::from(*ranges), "range", "ranges"))
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
        SweepStep::Ended { with, outcome } => ended(who, *with, *outcome),
        SweepStep::Refused { why } if who == session.by.to_string() => format!("{who} starts no sweep: {}", refusal(*why)),
        SweepStep::Refused { why } => format!("{who} takes no part in {}'s sweep: {}", session.by, refusal(*why)),
        SweepStep::Abandoned => format!("{who} forgets {}'s sweep: {} is silent", session.by, session.by),
        SweepStep::Repair(step) => validation::short(who, step),
        SweepStep::Log(step) => past::short(who, None, *step),
        SweepStep::Set(step) => sets::short(who, *step),
        SweepStep::Dots(step) => past::short_dots(who, *step),
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
        SweepStep::Began { method: Method::Validation, .. } => said
            .rest("All replicas of these ranges are to make trees; it collects them and compares every two.")
            .rule("a repair needs every replica of a range"),
        SweepStep::Began { method: method @ (Method::Ranges | Method::Sketch), .. } => sets::began(*method, said),
        SweepStep::Began { method: Method::Segments, .. } => said
            .rest("Each has a tree of fixed shape on disk, locked while it is compared: a bucket of hashes goes across, then only buckets below what differs.")
            .rule("equal roots mean equal rows"),
        SweepStep::Began { method: Method::Trie, .. } => said
            .rest(format!("A trie branches on the next byte of each key, and follows the rows at a short distance. {who} goes down wherever hashes differ, and will push what it finds there."))
            .rule("equal roots mean equal rows"),
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
                "{} on both sides. This says where they differ; who wins is for the merge rule to say.",
                counted(*compared, "key is", "keys are")
            ))
            .rule("finding is not resolving"),
        SweepStep::Ended { outcome: SweepOutcome::Equal, .. } => said.rest("They part without a row sent.").rule("a sweep of equal replicas moves no rows"),
        SweepStep::Ended { with, outcome: SweepOutcome::Repaired { .. } } => said
            .rest(format!("{with} has confirmed what it was sent. Each row was merged: what was newer stayed."))
            .rule("a sweep repairs what nobody reads"),
        SweepStep::Ended { outcome: SweepOutcome::Read { .. }, .. } => said
            .rest("No rows were sent for the sweep itself: each read asked all replicas of its key, and whoever was behind got the newest row.")
            .rule("a sweep may leave the mending to reads"),
        SweepStep::Ended { with, outcome: SweepOutcome::Pushed { .. }, .. } => said
            .rest(format!("{with} has what {who} has. What only {with} has stays there until {with} does the same."))
            .rule("a sweep that only pushes takes two"),
        SweepStep::Ended { outcome, .. } => said
            .rest(if outcome.may_pass() {
                "What has been merged so far stays. The rest waits for another try or the next sweep."
            } else {
                "What has been merged so far stays."
            })
            .rule("a sweep that fails loses nothing"),
        SweepStep::Refused { .. } => said.rest("Nothing is compared now.").rule("a node takes part in a few sweeps at a time"),
        SweepStep::Abandoned => said.rest("The trees it held for that sweep are dropped.").rule("a node waits only so long"),
        SweepStep::Repair(step) => validation::said(said, step),
        SweepStep::Log(step) => past::said(*step, said),
        SweepStep::Set(step) => sets::said(*step, said),
        SweepStep::Dots(step) => past::said_dots(*step, said),
    }
}

/// A key that differs is read.
pub(super) fn reads(who: &str, key: &Key) -> Said {
    Said::new(format!("{who} reads {key}, which differs, to have it repaired."))
        .rest("It is an ordinary read that asks every replica. Whoever is behind gets the newest row; the trees only said where to look.")
        .rule("a sweep may leave the mending to reads")
}

/// What a message of an exchange by segments is, as a noun.
fn segments(say: &SegmentSay) -> String {
    match say {
        SegmentSay::Ready => "word that the trees are ready".to_owned(),
        SegmentSay::Bucket { bucket, .. } => format!("question for a bucket of {}", level_name(bucket.level)),
        SegmentSay::Hashes { hashes: all, .. } => format!("bucket of {}", hashes(all.len() as u64)),
        SegmentSay::Segment { .. } => "question for the keys of a segment".to_owned(),
        SegmentSay::Rehash(key) => format!("request to look at {key} again"),
    }
}

/// What a message of a walk through tries is, as a noun.
fn trie(say: &TrieSay) -> String {
    match say {
        TrieSay::Get { prefix, .. } if prefix.is_empty() => "question for the top of a trie".to_owned(),
        TrieSay::Get { prefix, .. } => format!("question for a node of a trie {} down", counted(prefix.len() as u64, "byte", "bytes")),
        TrieSay::Node { node: TrieNode::Empty, .. } => "word that there is nothing".to_owned(),
        TrieSay::Node { node: TrieNode::Leaf(key, _), .. } => format!("word that only {key} is there"),
        TrieSay::Node { node: TrieNode::Inner(children), .. } => hashes(children.len() as u64),
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
        Say::Segments(say) => segments(say),
        Say::Trie(say) => trie(say),
        Say::Refused(why) => format!("refusal to compare: {}", refusal(*why)),
        Say::Repair(told) => validation::noun(told),
        Say::Log(say) => past::noun(say),
        Say::Set(say) => sets::noun(say),
        Say::Versions(say) => past::versions(say),
        Say::Dots(say) => past::dots(say),
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
        Say::Segments(say) => format!("{from} sends {to} the {}", segments(say)),
        Say::Trie(TrieSay::Node { node: TrieNode::Inner(children), .. }) => format!("{from} sends {to} {}", hashes(children.len() as u64)),
        Say::Trie(say) => format!("{from} sends {to} the {}", trie(say)),
        Say::Close => format!("{from} tells {to} that the sweep is over"),
        Say::Log(_) | Say::Versions(_) | Say::Dots(_) => format!("{from} sends {to} the {}", noun(say)),
        Say::Refused(why) => format!("{from} tells {to} that it does not compare: {}", refusal(*why)),
        Say::Repair(told) => format!("{from} sends {to} the {}", validation::noun(told)),
        Say::Set(say) => sets::sent(from, to, say),
    }
}

/// What a message weighs and why.
pub(super) fn aside(say: &Say, bytes_of: u64) -> String {
    let size = bytes(bytes_of);
    match say {
        Say::Roots(_) => format!("One hash stands for a whole range: {size}, however much the ranges hold."),
        Say::Hashes { .. } => format!("The message is {size}. The one who asked compares; what is equal needs no second look."),
        Say::Segments(SegmentSay::Hashes { .. }) => {
            format!("The message is {size}: a whole bucket goes across, however little of it differs.")
        }
        Say::Keys { .. } => format!("The message is {size}: keys and digests, no values."),
        Say::Rows { .. } => format!("The message is {size}. Each row is merged like any write: a newer one stays."),
        Say::Repair(told) => validation::aside(told, bytes_of),
        Say::Set(say) => format!("The message is {size}.{}", sets::aside(say)),
        _ => format!("The message is {size}."),
    }
}
