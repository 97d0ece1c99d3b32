//! What a node finds and decides in a repair by whole trees.

use super::record::RepairState;
use crate::engine::base::NodeId;

/// One finding or decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RepairStep {
    /// All who take part are ready.
    Ready {
        /// How many they are.
        parties: u32,
    },
    /// The trees of two replicas have been compared.
    Pair {
        /// One of them.
        a: NodeId,
        /// The other.
        b: NodeId,
        /// Ranges in which they differ, after neighbours have been merged; none if they agree.
        ranges: u32,
    },
    /// Two replicas have sent each other what their differing ranges hold.
    Synced {
        /// The other replica.
        with: NodeId,
        /// Rows that came.
        came: u32,
        /// Rows that went.
        went: u32,
    },
    /// Rows that no repair had taken in are set aside for this one.
    SetAside {
        /// How many.
        rows: u32,
    },
    /// An incremental repair has come so far here.
    State(RepairState),
    /// All have promised: what was set aside is repaired from now on, or would be if nobody had been left out.
    Committed {
        /// Whether rows are marked.
        promotes: bool,
    },
}

impl RepairStep {
    /// Three words for fingerprints.
    pub fn words(&self) -> (u64, u64, u64) {
        match *self {
            RepairStep::Ready { parties } => (1, u64::from(parties), 0),
            RepairStep::Pair { a, b, ranges } => (2, u64::from(a.0) << 32 | u64::from(b.0), u64::from(ranges)),
            RepairStep::SetAside { rows } => (4, u64::from(rows), 0),
            RepairStep::State(state) => (5, state as u64, 0),
            RepairStep::Committed { promotes } => (6, u64::from(promotes), 0),
            RepairStep::Synced { with, came, went } => (3, u64::from(with.0), u64::from(came) << 32 | u64::from(went)),
        }
    }
}
