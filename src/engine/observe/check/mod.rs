//! Judging what clients were told: stale reads, reads that go back, own writes that are not seen, lost writes, and whether every key
//! behaved as if there were only one copy of it (linearizability, key by key: it holds for all together if it holds for each).

mod call;
mod conflict;
mod known;
mod linear;
mod lost;
mod session;
mod stale;
#[cfg(test)]
mod tests;

pub use call::{Act, Call, Mark};
pub use conflict::{Conflict, Verdict, Why, judge};
pub use linear::{Answer, linearizable};
pub use lost::{Lost, lost};
pub use session::{After, Complaints};
pub use stale::{Old, stale};

use crate::engine::base::{EventId, Micros, OpId, arrange};
use crate::engine::data::{Key, Rule};
use crate::engine::observe::History;

/// Places looked at by one search for an order. A key without unknown writes needs about one for each of its writes.
pub const BUDGET: u32 = 100_000;

/// A stale read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stale {
    /// The read.
    pub op: OpId,
    /// Its key.
    pub key: Key,
    /// The event at which its client was told.
    pub seen: EventId,
    /// Acknowledged writes that it misses.
    pub versions: u32,
    /// How long before the read began the first of them had been acknowledged.
    pub age: Micros,
    /// The last of them to be acknowledged; none if it is what was there before the run.
    pub missed: Option<OpId>,
}

/// Why a read has no place in any order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Because {
    /// Nobody had written what it was shown.
    Nowhere,
    /// What it was shown was there by the end of `since` (or from the start); after that and before it began, `by` wrote or was shown
    /// something else.
    Passed {
        /// The write of what was shown, or an earlier read of it; none if it was there from the start.
        since: Option<OpId>,
        /// What happened in between; none if it is the filling of the stores before the run.
        by: Option<OpId>,
    },
    /// Not all of these and the read can be true together, though each alone can. Empty if there are too many to tell.
    Together(Vec<OpId>),
}

/// Whether one key is linearizable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Linear {
    /// It is.
    Yes,
    /// It is not, from the moment on at which the answer to this read was seen.
    No {
        /// The read.
        op: OpId,
        /// The event at which its client was told.
        seen: EventId,
        /// Why it is not.
        because: Because,
    },
    /// There are too many possibilities to try.
    Unknown,
}

/// What the history of all clients shows.
#[derive(Debug, Clone, Default)]
pub struct Findings {
    /// Reads that were shown what had been replaced before they began.
    pub stale: Vec<Stale>,
    /// What single clients could complain of.
    pub complaints: Complaints,
    /// Keys that are not linearizable, or where it is unknown, with the verdict.
    pub keys: Vec<(Key, Linear)>,
}

impl Findings {
    /// Judges a whole history under a merge rule.
    pub fn of(history: &History, rule: Rule) -> Findings {
        let mut findings = Findings::default();
        for (key, operations) in call::by_key(history) {
            let calls = call::calls(history, key, &operations);
            findings.keys.extend(Some(verdict(&calls)).filter(|v| *v != Linear::Yes).map(|v| (key.clone(), v)));
            findings.stale.extend(stale(&calls).into_iter().filter_map(|old| described(history, key, &calls, old)));
            let complaints = session::complaints(rule, key, &operations);
            findings.complaints.went_back.extend(complaints.went_back);
            findings.complaints.own_missed.extend(complaints.own_missed);
            findings.complaints.outranked.extend(complaints.outranked);
        }
        arrange(&mut findings.stale, |a, b| a.op.cmp(&b.op));
        let lists = &mut findings.complaints;
        for list in [&mut lists.went_back, &mut lists.own_missed, &mut lists.outranked] {
            arrange(list, |a, b| a.op.cmp(&b.op));
        }
        findings
    }

    /// What was known when `cursor` events had happened. A key is broken from the answer on that broke it.
    #[must_use]
    pub fn before(&self, cursor: u32) -> Findings {
        let after = |list: &[After]| list.iter().filter(|a| a.seen.0 < cursor).cloned().collect();
        let known = |linear: &Linear| !matches!(linear, Linear::No { seen, .. } if seen.0 >= cursor);
        Findings {
            stale: self.stale.iter().filter(|s| s.seen.0 < cursor).cloned().collect(),
            complaints: Complaints {
                went_back: after(&self.complaints.went_back),
                own_missed: after(&self.complaints.own_missed),
                outranked: after(&self.complaints.outranked),
            },
            keys: self.keys.iter().filter(|(_, verdict)| known(verdict)).cloned().collect(),
        }
    }

    /// The verdict over all keys: no if one is not, else unknown if one is, else yes.
    pub fn linear(&self) -> &Linear {
        let find = |wanted: fn(&Linear) -> bool| self.keys.iter().map(|(_, l)| l).filter(|l| wanted(l)).min_by_key(|l| seen(l));
        find(|l| matches!(l, Linear::No { .. })).or_else(|| find(|l| *l == Linear::Unknown)).unwrap_or(&Linear::Yes)
    }
}

fn seen(linear: &Linear) -> Option<EventId> {
    if let Linear::No { seen, .. } = linear { Some(*seen) } else { None }
}

/// The event at which a call ended.
fn end(call: &Call) -> Option<EventId> {
    call.ended.and_then(|place| place.checked_sub(1)).map(EventId)
}

fn verdict(calls: &[Call]) -> Linear {
    let conflict = match judge(calls, BUDGET) {
        Verdict::Yes => return Linear::Yes,
        Verdict::Unknown => return Linear::Unknown,
        Verdict::No(conflict) => conflict,
    };
    let op = |i: usize| calls[i].op;
    let because = match conflict.why {
        Why::Nowhere => Because::Nowhere,
        // What was there before the run began as nobody's call.
        Why::Passed { since, by } => Because::Passed { since: since.and_then(op), by: op(by) },
        Why::Together(calls) => Because::Together(calls.into_iter().filter_map(op).collect()),
    };
    match (op(conflict.read), end(&calls[conflict.read])) {
        (Some(op), Some(seen)) => Linear::No { op, seen, because },
        // Only reads of clients are ever at fault, and they have an end.
        _ => Linear::Unknown,
    }
}

fn described(history: &History, key: &Key, calls: &[Call], old: Old) -> Option<Stale> {
    let read = &calls[old.read];
    let op = read.op?;
    let since = calls[old.first].op.and_then(|first| Some(history.operation(first)?.ended.as_ref()?.1)).unwrap_or(Micros::ZERO);
    let age = history.operation(op)?.began_at.since(since);
    Some(Stale { op, key: key.clone(), seen: end(read)?, versions: old.missed, age, missed: calls[old.last].op })
}
