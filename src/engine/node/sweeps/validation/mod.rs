//! Repair by whole trees (Apache Cassandra 4.1, `repair/RepairSession`): one node, a replica or not, has all replicas of each range make
//! their trees, compares every two of them, and has those that differ send each other what the differing parts hold. A tree crosses the
//! network whole, once; there is no descent.

mod coordinate;
mod message;
mod note;
mod party;
mod plan;
mod record;
mod stream;

use std::collections::BTreeMap;

pub use coordinate::{Repair, RepairPhase};
pub use message::{RepairSay, Share};
pub use note::RepairStep;
pub use party::Party;
pub use plan::{Plan, parties, shared};
pub use record::{Record, Records, RepairSet, RepairState};

use super::{Refusal, Say, SessionId};
use crate::engine::base::NodeId;
use crate::engine::node::{Ctx, Node, SweepPolicy};

/// A repair that is tried again after a rest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Again {
    with: Option<NodeId>,
    policy: SweepPolicy,
    attempt: u32,
}

/// What a node knows of repairs by whole trees. Volatile.
#[derive(Debug, Clone, Default)]
pub struct Repairs {
    /// Repairs it has started and that are under way, by their numbers.
    coordinating: BTreeMap<u32, Repair>,
    /// Repairs it takes part in, its own among them.
    parties: BTreeMap<SessionId, Party>,
    /// Repairs that rest before another try, by the number of the one that failed.
    again: BTreeMap<u32, Again>,
}

impl Repairs {
    /// Repairs that the node has started and that are under way, by their numbers.
    pub fn coordinating(&self) -> &BTreeMap<u32, Repair> {
        &self.coordinating
    }

    /// Repairs that the node takes part in, its own among them.
    pub fn parties(&self) -> &BTreeMap<SessionId, Party> {
        &self.parties
    }

    /// Whether this repair is one that the node has to do with.
    pub(super) fn knows(&self, session: SessionId) -> bool {
        self.parties.contains_key(&session) || self.coordinates(session)
    }

    fn coordinates(&self, session: SessionId) -> bool {
        self.coordinating.get(&session.number).is_some_and(|repair| repair.session == session)
    }

    /// Whether a repair with this number waits for answers.
    pub(super) fn waits(&self, number: u32) -> bool {
        self.coordinating.contains_key(&number)
    }

    /// Whether a repair with this number rests before another try.
    pub(super) fn rests(&self, number: u32) -> bool {
        self.again.contains_key(&number)
    }
}

impl Node {
    /// A message of a repair arrived. What nobody waits for changes nothing.
    pub(super) fn repair_heard(&mut self, from: NodeId, session: SessionId, say: &Say, ctx: &mut Ctx<'_>) {
        let mine = session.by == self.id;
        match say {
            Say::Repair(RepairSay::Prepare { policy, plan, promotes }) if from == session.by => {
                self.repair_prepared(session, *policy, plan, *promotes, ctx);
            }
            Say::Repair(RepairSay::AskState) => {
                let state = self.records.record(session).map(|record| record.state);
                self.say(from, session, Say::Repair(RepairSay::State(state)), ctx);
            }
            Say::Repair(RepairSay::State(state)) => self.state_told(from, session, *state, ctx),
            Say::Repair(RepairSay::Commit) if from == session.by => self.settle(session, RepairState::Finalized, ctx),
            Say::Repair(told) if told.is_for_coordinator() && mine => self.repair_answered(from, session, told, ctx),
            // Said to the wrong node.
            Say::Repair(told) if told.is_for_coordinator() => {}
            Say::Refused(why) if mine => self.repair_refused(session, *why, ctx),
            Say::Close if from == session.by => self.settle(session, RepairState::Failed, ctx),
            _ if !self.sweeps.repairs.parties.contains_key(&session) => {
                if matches!(say, Say::Repair(_)) {
                    self.say(from, session, Say::Refused(Refusal::Unknown), ctx);
                }
            }

            Say::Refused(why) => self.stream_refused(from, session, *why, ctx),
            Say::Repair(told) => self.party_told(from, session, told, ctx),
            Say::Rows { page, rows } => self.streamed(from, session, *page, rows, ctx),
            Say::Stored { page } => self.stream_stored(from, session, *page, ctx),
            _ => {}
        }
    }

    /// A repair that failed has rested.
    pub(super) fn repair_again(&mut self, number: u32, ctx: &mut Ctx<'_>) {
        if let Some(Again { with, policy, attempt }) = self.sweeps.repairs.again.remove(&number) {
            self.start_repair(with, policy, attempt, ctx);
        }
    }
}
