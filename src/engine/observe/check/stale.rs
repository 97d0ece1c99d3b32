//! Stale reads: reads that were shown what had surely been replaced before they began.
//!
//! A read misses a write if that write was acknowledged before the read began, and began after what the read was shown had surely been
//! written. A write that still runs, or whose outcome is unknown, may be missed: that is no staleness. Each stale read contradicts
//! linearizability; the converse is not so.

use super::call::Call;
use super::known::{Known, Written};

/// A stale read, by places in the list of calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Old {
    /// The read.
    pub read: usize,
    /// Acknowledged writes that it misses: k of k-staleness (P. Bailis and others: Probabilistically bounded staleness, 2012).
    pub missed: u32,
    /// The one that was acknowledged first: since then, what the read was shown is old.
    pub first: usize,
    /// The one that was acknowledged last.
    pub last: usize,
}

/// The stale reads among the calls on one key, which are in the order in which they began.
pub fn stale(calls: &[Call]) -> Vec<Old> {
    let known = Known::of(calls);
    let writes: Vec<usize> = (0..calls.len()).filter(|i| !calls[*i].is_read() && calls[*i].ended.is_some()).collect();
    let one = |read: usize| {
        let call = &calls[read];
        let from = match known.written(read) {
            Written::Never | Written::Open => return None,
            Written::Start => 0,
            Written::By { place, .. } => writes.partition_point(|w| calls[*w].began <= place),
        };
        let upto = writes.partition_point(|w| calls[*w].began < call.began);
        let between = writes.get(from..upto)?.iter().copied();
        let missed: Vec<usize> = between.filter(|w| calls[*w].precedes(call) && calls[*w].act.mark() != call.act.mark()).collect();
        let first = *missed.iter().min_by_key(|w| calls[**w].ended)?;
        let last = *missed.iter().max_by_key(|w| calls[**w].ended)?;
        Some(Old { read, missed: missed.len() as u32, first, last })
    };
    (0..calls.len()).filter(|i| calls[*i].is_read()).filter_map(one).collect()
}
