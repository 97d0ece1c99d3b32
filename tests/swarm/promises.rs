//! What a whole run promises its clients, where nothing that would break the promise was part of it.

use std::sync::Arc;

use drift::engine::base::Micros;
use drift::engine::data::Version;
use drift::engine::node::{Outcome, Request, Verb};

use crate::random::Made;
use crate::replicas::{only, rank};

/// What promises look at of an operation.
pub struct Op<'a> {
    /// What was wanted.
    pub request: &'a Arc<Request>,
    /// When it began.
    pub began: Micros,
    /// Versions made for it.
    pub made: &'a [Version],
    /// When it ended, and how.
    pub ended: Option<&'a (Micros, Outcome)>,
    /// Replicas that its answer needed.
    pub required: u32,
    /// Whether nobody but the client itself repaired.
    pub alone: bool,
}

/// The version that an operation confirmed or told, and how many replicas are sure to hold it from then on.
fn sure<'a>(op: &Op<'a>, blocking: bool) -> Option<(&'a Version, u32)> {
    match &op.ended?.1 {
        // Two versions of one request: which one was confirmed, nobody can say.
        Outcome::Written { acks, .. } if op.made.len() == 1 => Some((op.made.first()?, *acks)),
        // Without repair before the answer, only those it came from.
        Outcome::Found(row) => Some((only(row.as_deref()?), if blocking && !op.alone { op.required } else { 1 })),
        _ => None,
    }
}

/// A read finds at least what was confirmed or told before it began, if the replicas asked then and now must overlap.
pub fn kept(made: &Made, ops: &[Op<'_>]) -> Result<u32, String> {
    let mut pairs = 0;
    if !made.keeps {
        return Ok(pairs);
    }
    for read in ops.iter().filter(|op| op.request.verb == Verb::Read) {
        let Some((_, Outcome::Found(row))) = read.ended else { continue };
        for earlier in ops.iter().filter(|op| op.request.key == read.request.key) {
            let before = earlier.ended.is_some_and(|(at, _)| *at < read.began);
            let Some((version, holders)) = sure(earlier, made.blocking).filter(|_| before) else { continue };
            if u64::from(holders + read.required) > made.replicas {
                pairs += 1;
                if row.as_deref().is_none_or(|row| rank(only(row)) < rank(version)) {
                    return Err(format!("a read that began at {} found {row:?} although {version:?} was sure before", read.began));
                }
            }
        }
    }
    Ok(pairs)
}

/// In the end everything is whole: each read at ALL found something or learned that there is nothing.
pub fn healed(made: &Made, ops: &[Op<'_>]) -> Result<(), String> {
    let last: Vec<&Op<'_>> = ops.iter().rev().take(made.keys).collect();
    let right = last.iter().all(|op| matches!(op.ended, Some((_, Outcome::Found(_)))));
    if right { Ok(()) } else { Err(format!("{:?}", last.iter().map(|op| op.ended).collect::<Vec<_>>())) }
}
