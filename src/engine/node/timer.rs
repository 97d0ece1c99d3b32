//! Timers that a node sets for itself.

use super::sweeps::SessionId;
use crate::engine::base::{NodeId, OpId};

/// A timer that a node set for itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Timer {
    /// The patience of a coordinator with one operation is over.
    Operation(OpId),
    /// Time to send a heartbeat and to look who is silent. Carries the detector's epoch, so that an old one is ignored.
    Beat(u32),
    /// Time to bring the commit log to disk.
    Sync,
    /// Answers to a read take long: time to ask one replica more.
    Speculate(OpId),
    /// The client has waited long enough for a repair.
    RepairBound(OpId),
    /// A repair takes long: time to write to replicas that were not read.
    WriteMore(OpId),
    /// Time to bring hints to disk.
    HintFlush,
    /// Time to look for replicas that are back.
    HintPoll,
    /// Time to send the next hint of a page: the replica, and the attempt.
    HintNext(NodeId, u32),
    /// The patience with a page of hints is over: the replica, and the attempt.
    HintPage(NodeId, u32),
    /// Time to look for owners that are back.
    Handoff,
    /// The patience with a handoff is over: the owner, and the round.
    HandoffOver(NodeId, u32),
    /// Time to look for tombstones that are old enough to be removed. Carries an epoch, so that an old one is ignored.
    Sweep(u32),
    /// The schedule says that it is time to compare with a peer. Carries an epoch, so that an old one is ignored.
    SweepDue(u32),
    /// The patience with the peer of a sweep may be over: the sweep's number.
    SweepPatience(u32),
    /// A sweep that failed has rested long enough: its number.
    SweepAgain(u32),
    /// A peer that started a sweep may have fallen silent.
    SweepIdle(SessionId),
    /// Time for the next sweep of the queue. Carries a number, so that an old one is ignored.
    SweepTurn(u32),
    /// Time to send a peer more coded symbols: which message of them.
    SweepStream(SessionId, u32),
    /// The time that making trees of segments takes is over.
    SegmentsBuilt,
    /// A sweep has rested between two reads: its number.
    SweepNext(u32),
    /// Keys that have changed have waited long enough to enter the tries.
    TrieWork,
    /// The patience with a replica that was asked for a row is over: the question's number.
    Fetch(u32),
    /// Time to check what is held. Carries an epoch, so that an old one is ignored.
    Scrub(u32),
}

impl Timer {
    /// The operation it is for.
    pub const fn op(&self) -> Option<OpId> {
        match self {
            Timer::Operation(op) | Timer::Speculate(op) | Timer::RepairBound(op) | Timer::WriteMore(op) => Some(*op),
            _ => None,
        }
    }

    /// Whether it is background work that a log may count instead of keep.
    pub const fn is_quiet(&self) -> bool {
        let own = matches!(self, Timer::Beat(_) | Timer::Sweep(_) | Timer::TrieWork | Timer::Scrub(_));
        own || matches!(self, Timer::HintPoll | Timer::HintNext(..) | Timer::Handoff)
    }
}
