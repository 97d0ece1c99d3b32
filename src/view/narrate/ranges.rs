//! Sentences about the ring redrawn: ranges split, merged and moved, and what each node makes of it.

use super::Said;
use super::note::At;
use crate::engine::base::NodeId;
use crate::engine::node::NewRanges;
use crate::engine::place::{Change, Redrawn, Touched};
use crate::engine::sweep::TokenRange;
use crate::view::format::{counted, list, per_cent};

fn ranges(n: u32) -> String {
    counted(u64::from(n), "range", "ranges")
}

/// How much of the ring a range is, to a tenth of a per cent: it is read, not added up.
fn share(range: TokenRange) -> String {
    per_cent(((range.width() * 1_000 + (1 << 63)) >> 64) as u32 * 1_000)
}

/// Who holds what from now on, and in whose place.
fn joined(change: &Change) -> String {
    let news: Vec<_> = change.touched.iter().filter(|touched| !touched.joined.is_empty()).collect();
    let place = |left: &[NodeId]| if left.is_empty() { String::new() } else { format!(" in place of {}", list(left.iter())) };
    let Some(first) = news.first() else { return "No replica changes.".to_owned() };
    if news.len() > 1 && news.iter().all(|one| one.left == first.left && share(one.range) == share(first.range)) {
        let all = list(news.iter().flat_map(|one| one.joined.iter()));
        return format!("A replica from now on: {all}{}, each for {} of the ring.", place(&first.left), share(first.range));
    }
    let one = |one: &&Touched| format!("{}{} for {} of the ring", list(one.joined.iter()), place(&one.left), share(one.range));
    format!("A replica from now on: {}.", news.iter().map(one).collect::<Vec<_>>().join("; "))
}

/// A change as a plain line.
pub(super) fn short(change: &Change) -> String {
    match change.what {
        Redrawn::Split { range, owner, .. } => format!("a range of {owner} is split, {} of the ring", share(range)),
        Redrawn::Merged { range, owner, .. } => format!("two ranges of {owner} are merged, {} of the ring", share(range)),
        Redrawn::Moved { range, from, to } => format!("a range moves from {from} to {to}, {} of the ring", share(range)),
    }
}

/// A change as a sentence.
pub(super) fn done(change: &Change) -> Said {
    let said = Said::new(format!("{}.", crate::view::format::capital(&short(change))));
    match change.what {
        Redrawn::Split { owner, .. } => said
            .rest(format!("Both halves belong to {owner} and keep their replicas. Each is compared by itself from now on: trees of the whole are given up."))
            .so("and no row moves")
            .rule("a split changes who is compared with what, not who holds what"),
        Redrawn::Merged { .. } => said
            .rest("Their replicas were the same and stay so. The two are compared as one from now on.")
            .so("and no row moves")
            .rule("only neighbours of one owner can be merged"),
        Redrawn::Moved { .. } => {
            said.rest(format!("{} No row goes along: who joins starts without, and sweeps have to bring what it lacks.", joined(change)))
                .so("and no row goes along")
                .rule("a range that moves leaves its rows behind")
        }
    }
}

/// A node is told to clean up.
pub(super) fn asked(who: &str) -> Said {
    Said::new(format!("{who} is told to clean up."))
        .rest("It throws away every row of ranges that it does not hold any more.")
        .rule("a range that moves leaves its rows behind")
}

/// What a node makes of a change, as a plain line.
pub(super) fn follows(who: &str, new: &NewRanges) -> String {
    match (new.gained, new.lost) {
        (0, 0) => format!("{who} follows the new ring"),
        (gained, 0) => format!("{who} holds {} from now on", ranges(gained)),
        (0, lost) => format!("{who} no longer holds {}", ranges(lost)),
        (gained, lost) => format!("{who} holds {} from now on, and no longer {}", ranges(gained), ranges(lost)),
    }
}

/// What a node makes of a change, as a sentence.
pub(super) fn said(at: &At<'_, '_>, new: &NewRanges) -> Said {
    let mut rest = Vec::new();
    if new.gained > 0 {
        rest.push("What is missing there it has yet to get.".to_owned());
    }
    if new.lost > 0 {
        rest.push("The rows stay on its disk until it cleans up.".to_owned());
    }
    if new.ended > 0 {
        rest.push(format!("{} of ranges that are others now.", counted(u64::from(new.ended), "sweep ends", "sweeps end")));
    }
    if new.queued > 0 {
        rest.push(format!("Its queue takes up {} for them.", counted(u64::from(new.queued), "sweep", "sweeps")));
    }
    if new.unmarked > 0 {
        rest.push(format!(
            "{} no longer as repaired: who joined may lack them.",
            counted(u64::from(new.unmarked), "row counts", "rows count")
        ));
    }
    if new.anew > 0 {
        rest.push(format!(
            "With {} it compares everything once: what they remember of each other was about other ranges.",
            counted(u64::from(new.anew), "node", "nodes")
        ));
    }
    Said::new(format!("{}.", follows(&at.who, new))).rest(rest.join(" ")).rule("what was known of a range is not known of another")
}

/// A node has cleaned up.
pub(super) fn cleaned(who: &str, rows: u64) -> String {
    match rows {
        0 => format!("{who} finds nothing to clean up"),
        rows => format!("{who} throws away {} of ranges that it does not hold", counted(rows, "row", "rows")),
    }
}

/// A node has cleaned up, as a sentence.
pub(super) fn cleaned_said(who: &str, rows: u64) -> Said {
    Said::new(format!("{}.", cleaned(who, rows)))
        .rest("If one of these ranges comes back to it, nothing old can come back with it.")
        .rule("a range that moves leaves its rows behind")
}
