//! What is said in a repair by whole trees besides rows and their confirmations, and how many bytes it takes.

use std::sync::Arc;

use super::plan::Plan;
use super::record::RepairState;
use crate::engine::base::{Digest, NodeId, Sink, Wire};
use crate::engine::node::{Mode, SweepPolicy};
use crate::engine::sweep::{TokenRange, Tree};

/// A range of the ring, and the replicas of it that take part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Share {
    /// The range.
    pub range: TokenRange,
    /// Who takes part, in their order.
    pub holders: Box<[NodeId]>,
}

/// One message of a repair by whole trees.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RepairSay {
    /// Take part in a repair (`PREPARE_MSG`).
    Prepare {
        /// How.
        policy: SweepPolicy,
        /// Which ranges, and who holds them.
        plan: Plan,
        /// Whether rows of an incremental repair are to be marked in the end.
        promotes: bool,
    },
    /// I take part.
    Prepared,
    /// Take a snapshot, to make the tree from when your turn comes (`SNAPSHOT_MSG`).
    Freeze,
    /// Taken.
    Frozen,
    /// Make your trees (`VALIDATION_REQ`).
    Validate {
        /// When it is, by the asker's clock in microseconds: tombstones that have expired by then are invisible to all alike.
        as_of: u64,
    },
    /// My whole trees, one for each of my ranges (`VALIDATION_RSP`).
    Trees(Box<[Arc<Tree>]>),
    /// Bring yourself and another replica into line in these ranges (`SYNC_REQ`).
    Sync {
        /// The other replica.
        with: NodeId,
        /// Where the two differ.
        ranges: Arc<[TokenRange]>,
        /// Only fetch.
        pull: bool,
    },
    /// Send me all your rows of these ranges.
    Fetch {
        /// Which.
        ranges: Arc<[TokenRange]>,
    },
    /// Rows still come and go between me and the other replica.
    Going {
        /// The other replica.
        with: NodeId,
    },
    /// The two of us are in line (`SYNC_RSP`).
    Synced {
        /// The other replica.
        with: NodeId,
        /// Rows that came.
        came: u32,
        /// Rows that went.
        went: u32,
    },
    /// Everybody is in line: promise to mark what was set aside (`FINALIZE_PROPOSE_MSG`).
    Propose,
    /// I promise, and what came is on disk (`FINALIZE_PROMISE_MSG`).
    Promise,
    /// All have promised: mark it (`FINALIZE_COMMIT_MSG`).
    Commit,
    /// What became of this repair? (`STATUS_REQ`)
    AskState,
    /// As far as I know; nothing if I know of none such (`STATUS_RSP`).
    State(Option<RepairState>),
}

impl RepairSay {
    /// A small number per kind.
    pub const fn code(&self) -> u8 {
        match self {
            RepairSay::Prepare { .. } => 1,
            RepairSay::Prepared => 2,
            RepairSay::Freeze => 3,
            RepairSay::Frozen => 4,
            RepairSay::Validate { .. } => 5,
            RepairSay::Trees(_) => 6,
            RepairSay::Sync { .. } => 7,
            RepairSay::Fetch { .. } => 8,
            RepairSay::Going { .. } => 9,
            RepairSay::Synced { .. } => 10,
            RepairSay::Propose => 11,
            RepairSay::Promise => 12,
            RepairSay::Commit => 13,
            RepairSay::AskState => 14,
            RepairSay::State(_) => 15,
        }
    }

    /// Whether it asks, carries or acknowledges.
    pub const fn mode(&self) -> Mode {
        match self {
            RepairSay::Trees(_) => Mode::Carries,
            RepairSay::Prepared | RepairSay::Frozen | RepairSay::Going { .. } | RepairSay::Synced { .. } => Mode::Acks,
            RepairSay::Promise | RepairSay::Commit | RepairSay::State(_) => Mode::Acks,
            _ => Mode::Asks,
        }
    }

    /// Whether it is said to the node that started the repair, and not to one that takes part.
    pub const fn is_for_coordinator(&self) -> bool {
        matches!(
            self,
            RepairSay::Promise
                | RepairSay::Prepared
                | RepairSay::Frozen
                | RepairSay::Trees(_)
                | RepairSay::Going { .. }
                | RepairSay::Synced { .. }
        )
    }

    /// Tells apart messages of one repair.
    pub const fn nth(&self) -> u64 {
        let with = match self {
            RepairSay::Sync { with, .. } | RepairSay::Going { with } | RepairSay::Synced { with, .. } => with.0,
            _ => 0,
        };
        (self.code() as u64) << 32 | with as u64
    }
}

fn put_ranges<S: Sink>(sink: &mut S, ranges: &[TokenRange]) {
    sink.u32(ranges.len() as u32);
    ranges.iter().for_each(|range| range.encode(sink));
}

impl Wire for Share {
    fn encode<S: Sink>(&self, sink: &mut S) {
        self.range.encode(sink);
        sink.u8(self.holders.len().min(255) as u8);
        self.holders.iter().for_each(|node| sink.u32(node.0));
    }
}

/// A tree as it travels: its depth and the hashes of its leaves. The receiver knows the range, and combines what is above the leaves.
fn put_tree<S: Sink>(sink: &mut S, tree: &Tree) {
    sink.u8(tree.depth() as u8);
    for leaf in 0..tree.leaves() {
        sink.put(Digest::of_words(tree.level(tree.depth(), leaf, leaf + 1)).bytes());
    }
}

impl Wire for RepairSay {
    fn encode<S: Sink>(&self, sink: &mut S) {
        sink.u8(self.code());
        match self {
            RepairSay::Prepare { policy, plan, promotes } => {
                sink.u8(policy.validation.unwrap_or_default().code() | u8::from(*promotes) << 7);
                policy.tree.encode(sink);
                sink.u32(plan.len() as u32);
                plan.iter().for_each(|share| share.encode(sink));
            }
            RepairSay::Prepared | RepairSay::Freeze | RepairSay::Frozen => {}
            RepairSay::Propose | RepairSay::Promise | RepairSay::Commit | RepairSay::AskState => {}
            RepairSay::State(state) => sink.u8(state.map_or(0, |state| state as u8 + 1)),
            RepairSay::Validate { as_of } => sink.u64(*as_of),
            RepairSay::Trees(trees) => {
                sink.u32(trees.len() as u32);
                trees.iter().for_each(|tree| put_tree(sink, tree));
            }
            RepairSay::Sync { with, ranges, pull } => {
                sink.u32(with.0);
                sink.u8(u8::from(*pull));
                put_ranges(sink, ranges);
            }
            RepairSay::Fetch { ranges } => put_ranges(sink, ranges),
            RepairSay::Going { with } => sink.u32(with.0),
            RepairSay::Synced { with, came, went } => {
                sink.u32(with.0);
                sink.u32(*came);
                sink.u32(*went);
            }
        }
    }
}
