//! What one client can hold against the store: reads that go back in time, own writes that it does not see (D. Terry and others: Session
//! guarantees for weakly consistent replicated data, 1994), and acknowledged writes that never counted.
//!
//! Older and newer are the merge rule's: these guarantees speak of what a store holds, and a store that holds a newer version holds
//! everything the newer one replaced.

use std::collections::BTreeMap;

use crate::engine::base::{ClientId, EventId, OpId, arrange};
use crate::engine::data::{Key, Order, Payload, Rule, Version};
use crate::engine::node::{Outcome, Verb};
use crate::engine::observe::Operation;

/// A read, or a write, and the operation it should not have come after.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct After {
    /// The operation at fault.
    pub op: OpId,
    /// Its key.
    pub key: Key,
    /// The event at which its client was told.
    pub seen: EventId,
    /// The earlier operation that it contradicts.
    pub after: OpId,
}

/// What clients could complain of on one key.
#[derive(Debug, Clone, Default)]
pub struct Complaints {
    /// Reads that were shown something older than the same client had been shown before.
    pub went_back: Vec<After>,
    /// Reads that were shown something older than a write that the same client had had acknowledged before.
    pub own_missed: Vec<After>,
    /// Acknowledged writes whose version was older, by the rule, than what had been acknowledged or shown before they began: a clock was
    /// wrong, and nobody will ever be shown them.
    pub outranked: Vec<After>,
}

/// The newest version so far, and the operation that showed it.
type Highest<'a> = Option<(&'a Version, OpId)>;

struct Judge<'a> {
    rule: Rule,
    /// Versions of deletes: a tombstone may have been purged by now, so nothing at all can be newer than a value.
    deletes: Vec<&'a Version>,
}

impl<'a> Judge<'a> {
    fn raise(&self, highest: &mut Highest<'a>, version: &'a Version, op: OpId) {
        if highest.is_none_or(|(h, _)| self.rule.compare(version, h) == Order::Newer) {
            *highest = Some((version, op));
        }
    }

    /// The operation that showed something newer than this.
    fn newer(&self, highest: Highest<'a>, shown: Option<&Version>) -> Option<OpId> {
        let (high, op) = highest?;
        let newer = match shown {
            Some(version) => self.rule.compare(high, version) == Order::Newer,
            None => high.payload != Payload::Tombstone && !self.deletes.iter().any(|d| self.rule.compare(d, high) == Order::Newer),
        };
        newer.then_some(op)
    }
}

/// What an operation that ended well showed, or wrote.
fn version(operation: &Operation) -> Option<Option<&Version>> {
    match &operation.ended.as_ref()?.2 {
        Outcome::Found(row) => Some(row.as_ref().and_then(|r| r.versions().first())),
        Outcome::Written { .. } => Some(operation.version.as_ref()),
        _ => None,
    }
}

/// Looks through the operations on one key, which are in the order in which they began.
pub fn complaints(rule: Rule, key: &Key, operations: &[&Operation]) -> Complaints {
    let deleted = |o: &&&Operation| o.request.verb == Verb::Delete;
    let judge = Judge { rule, deletes: operations.iter().filter(deleted).filter_map(|o| o.version.as_ref()).collect() };
    let mut ended: Vec<&Operation> = operations.iter().copied().filter(|o| version(o).is_some()).collect();
    arrange(&mut ended, |a, b| a.ended.as_ref().map(|e| e.0).cmp(&b.ended.as_ref().map(|e| e.0)));
    let (mut passed, mut all) = (0, None);
    let (mut read, mut written): (BTreeMap<ClientId, Highest<'_>>, BTreeMap<ClientId, Highest<'_>>) = Default::default();
    let mut complaints = Complaints::default();
    for operation in operations {
        while let Some(earlier) = ended.get(passed).filter(|e| e.ended.as_ref().is_some_and(|end| end.0 < operation.began)) {
            passed += 1;
            if let Some(Some(version)) = version(earlier) {
                let own = if earlier.request.verb == Verb::Read { &mut read } else { &mut written };
                judge.raise(own.entry(earlier.client).or_default(), version, earlier.id);
                judge.raise(&mut all, version, earlier.id);
            }
        }
        let (Some(shown), Some((seen, ..))) = (version(operation), &operation.ended) else { continue };
        let of = |highest: Highest<'_>| {
            let after = judge.newer(highest, shown)?;
            Some(After { op: operation.id, key: key.clone(), seen: *seen, after })
        };
        if operation.request.verb == Verb::Read {
            complaints.went_back.extend(of(read.get(&operation.client).copied().flatten()));
            complaints.own_missed.extend(of(written.get(&operation.client).copied().flatten()));
        } else {
            complaints.outranked.extend(of(all));
        }
    }
    complaints
}
