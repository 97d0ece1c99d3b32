//! The first read that cannot be explained, and the calls because of which it cannot.

use crate::engine::base::{arrange, set_of};
use std::collections::BTreeSet;

use super::call::{Call, Mark};
use super::known::{Known, Written};
use super::linear::{Answer, linearizable};

/// Calls among which a smallest contradiction is looked for: its search tries many parts of the history.
const CORE_CALLS: usize = 600;

/// Why a read has no place in any order. Numbers are places in the list of calls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Why {
    /// Nobody had written what it was shown.
    Nowhere,
    /// What it was shown was there by the end of `since` (or from the start); after that and before the read began, `by` wrote or was
    /// shown something else.
    Passed {
        /// The write of what was shown, or an earlier read of it; none if it was there from the start.
        since: Option<usize>,
        /// What happened in between.
        by: usize,
    },
    /// Each call alone could be explained, but not all of these and the read together, in the order in which they began. Empty if there
    /// are too many to tell.
    Together(Vec<usize>),
}

/// A history that is not linearizable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conflict {
    /// The first read that no order explains: without it and what came after, the history is linearizable.
    pub read: usize,
    /// Why none does.
    pub why: Why,
}

/// Whether calls on one key are linearizable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// They are.
    Yes,
    /// They are not.
    No(Conflict),
    /// The search was given up.
    Unknown,
}

/// Judges the calls on one key, looking at no more than `budget` places of each search.
pub fn judge(calls: &[Call], budget: u32) -> Verdict {
    let mut reads: Vec<usize> = (0..calls.len()).filter(|i| calls[*i].is_read()).collect();
    arrange(&mut reads, |a, b| calls[*a].ended.cmp(&calls[*b].ended));
    // Most contradictions are seen at once, however long the history; the search then proves only what came before.
    let plain = plain(calls);
    let known = plain.as_ref().and_then(|c| reads.iter().position(|r| *r == c.read));
    let upto = known.unwrap_or(reads.len());
    let answer = |reads_kept: usize| match reads_kept.checked_sub(1) {
        Some(last) => linearizable(&before(calls, calls[reads[last]].ended.unwrap_or(u32::MAX)), budget),
        None => Answer::Yes,
    };
    match (answer(upto), plain) {
        (Answer::No, _) => {}
        (Answer::Yes | Answer::Unknown, Some(conflict)) => return Verdict::No(conflict),
        (Answer::Yes, None) => return Verdict::Yes,
        (Answer::Unknown, None) => return Verdict::Unknown,
    }
    // Only a read can break it, and what is broken stays broken: the first that does is found by halving.
    let (mut whole, mut broken) = (0, upto);
    while broken - whole > 1 {
        let middle = (whole + broken) / 2;
        if answer(middle) == Answer::No {
            broken = middle;
        } else {
            whole = middle;
        }
    }
    let read = reads[broken - 1];
    Verdict::No(Conflict { read, why: Why::Together(core(calls, read, budget)) })
}

/// What was known when the event at `place` had happened: writes still open then have an unknown outcome.
pub(super) fn before(calls: &[Call], place: u32) -> Vec<Call> {
    let known = |call: &Call| {
        let ended = call.ended.filter(|end| *end <= place);
        (call.began <= place && (ended.is_some() || !call.is_read())).then_some(Call { ended, ..*call })
    };
    calls.iter().filter_map(known).collect()
}

/// Two calls with different marks that began last among all that had ended: the later one, and the latest of another mark.
#[derive(Default)]
struct Latest([Option<(u32, Mark, usize)>; 2]);

impl Latest {
    fn add(&mut self, began: u32, mark: Mark, call: usize) {
        let new = Some((began, mark, call));
        let [first, second] = &mut self.0;
        if first.is_none_or(|(_, m, _)| m == mark) {
            *first = (*first).max(new);
        } else if *first < new {
            (*first, *second) = (new, *first);
        } else if second.is_none_or(|(_, m, _)| m == mark) || *second < new {
            *second = (*second).max(new);
        }
    }

    /// The call of another mark than this that began last.
    fn other_than(&self, mark: Mark) -> Option<(u32, usize)> {
        self.0.iter().flatten().find(|(_, m, _)| *m != mark).map(|(began, _, call)| (*began, *call))
    }
}

/// The first read, in the order of their ends, that was shown what nobody had written, or what surely had been replaced before it began.
fn plain(calls: &[Call]) -> Option<Conflict> {
    let known = Known::of(calls);
    let mut ends: Vec<usize> = (0..calls.len()).filter(|i| calls[*i].ended.is_some()).collect();
    arrange(&mut ends, |a, b| calls[*a].ended.cmp(&calls[*b].ended));
    let mut reads: Vec<usize> = (0..calls.len()).filter(|i| calls[*i].is_read()).collect();
    arrange(&mut reads, |a, b| calls[*a].began.cmp(&calls[*b].began));
    let (mut latest, mut passed, mut found) = (Latest::default(), 0, None::<Conflict>);
    for read in reads {
        let call = &calls[read];
        while let Some(i) = ends.get(passed).filter(|i| calls[**i].precedes(call)) {
            latest.add(calls[*i].began, calls[*i].act.mark(), *i);
            passed += 1;
        }
        if let Some(why) = refuted(&known, read, &latest)
            && found.as_ref().is_none_or(|f| call.ended < calls[f.read].ended)
        {
            found = Some(Conflict { read, why });
        }
    }
    found
}

fn refuted(known: &Known<'_>, read: usize, latest: &Latest) -> Option<Why> {
    let calls = known.calls;
    let call = &calls[read];
    let (place, since) = match known.written(read) {
        Written::Never => return Some(Why::Nowhere),
        Written::Open => return None,
        Written::Start => (None, None),
        Written::By { place, proof } => (Some(place), Some(proof)),
    };
    let (began, by) = latest.other_than(call.act.mark())?;
    if place.is_some_and(|p| began <= p) {
        return None;
    }
    // Of all that lies between, the first write says it best, else the first read.
    let between = |c: &Call| c.precedes(call) && c.act.mark() != call.act.mark() && place.is_none_or(|p| c.began > p);
    let best = (0..calls.len()).filter(|i| between(&calls[*i])).min_by_key(|i| (calls[*i].is_read(), calls[*i].ended));
    Some(Why::Passed { since, by: best.unwrap_or(by) })
}

/// The smallest part found of what came before the end of `read` that contradicts it: dropping any one read, or any one mark with all its
/// writes and reads, leaves a history that could be explained. (An order of the whole is an order of such a part.)
fn core(calls: &[Call], read: usize, budget: u32) -> Vec<usize> {
    let end = calls[read].ended.unwrap_or(u32::MAX);
    let mark = calls[read].act.mark();
    let mut kept = set_of((0..calls.len()).filter(|i| calls[*i].began <= end));
    if kept.len() > CORE_CALLS {
        return Vec::new();
    }
    let contradicts = |kept: &BTreeSet<usize>| {
        let part: Vec<Call> = kept.iter().map(|i| calls[*i]).collect();
        linearizable(&before(&part, end), budget) == Answer::No
    };
    let marks = set_of(calls.iter().map(|c| c.act.mark()).filter(|m| *m != mark));
    for drop in marks {
        let fewer = set_of(kept.iter().copied().filter(|i| calls[*i].act.mark() != drop));
        if fewer.len() < kept.len() && contradicts(&fewer) {
            kept = fewer;
        }
    }
    for drop in kept.clone().into_iter().filter(|i| calls[*i].is_read() && *i != read) {
        kept.remove(&drop);
        if !contradicts(&kept) {
            kept.insert(drop);
        }
    }
    kept.remove(&read);
    kept.into_iter().filter(|i| calls[*i].ended.is_some_and(|e| e <= end) || !calls[*i].is_read()).collect()
}
