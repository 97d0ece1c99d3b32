//! What a whole run promises its clients, where nothing that would break the promise was part of it.

use drift::engine::base::Micros;
use drift::engine::data::Version;
use drift::engine::node::{Outcome, Verb};
use drift::lab::Session;

use crate::clients::{Clients, Op};
use crate::random::{Made, READS_MS};
use crate::replicas::{only, rank};

/// The version that an operation confirmed or told, and how many replicas are sure to hold it from then on.
fn sure(op: &Op, blocking: bool) -> Option<(&Version, u32)> {
    match &op.ended.as_ref()?.1 {
        // Two versions of one request: which one was confirmed, nobody can say.
        Outcome::Written { acks, .. } if op.made.len() == 1 => Some((op.made.first()?, *acks)),
        // Without repair before the answer, only those it came from.
        Outcome::Found(row) => Some((only(row.as_deref()?), if blocking { op.required } else { 1 })),
        _ => None,
    }
}

/// A read finds at least what was confirmed or told before it began, if the replicas asked then and now must overlap.
pub fn kept(made: &Made, clients: &Clients) -> Result<u32, String> {
    let mut pairs = 0;
    if !made.keeps {
        return Ok(pairs);
    }
    for read in clients.ops.values().filter(|op| op.request.verb == Verb::Read) {
        let Some((_, Outcome::Found(row))) = &read.ended else { continue };
        for earlier in clients.ops.values().filter(|op| op.request.key == read.request.key) {
            let before = earlier.ended.as_ref().is_some_and(|(at, _)| *at < read.began);
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

/// Replicas that compare by themselves agree before anybody reads. Returns whether this run promises that.
pub fn swept(made: &Made) -> Result<bool, String> {
    if made.sweeps {
        let mut session = Session::open(made.run.script()).map_err(|e| e.to_string())?;
        session.seek_time(Micros::ms(READS_MS - 1));
        let stale = session.truth().stale_copies();
        if stale > 0 {
            return Err(format!("{stale} copies are behind although replicas have compared for four seconds"));
        }
    }
    Ok(made.sweeps)
}

/// In the end everything is whole: each read at ALL found something or learned that there is nothing.
pub fn healed(made: &Made, clients: &Clients) -> Result<(), String> {
    let last: Vec<&Op> = clients.ops.values().rev().take(made.keys).collect();
    let right = last.iter().all(|op| matches!(op.ended, Some((_, Outcome::Found(_)))));
    if right { Ok(()) } else { Err(format!("{:?}", last.iter().map(|op| &op.ended).collect::<Vec<_>>())) }
}
