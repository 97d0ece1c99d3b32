//! Notes: which rule acted, said by the code that acted. Words for them live on a higher floor.

use super::settings::Phi;
use crate::engine::base::{Digest, Micros, NodeId};
use crate::engine::data::{Key, Version};

/// A decision of one node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Note {
    /// A coordinator gave a new write its version.
    Stamped {
        /// The key written.
        key: Key,
        /// The version made.
        version: Version,
    },
    /// A coordinator chose the replicas it will ask or write to.
    Chose {
        /// How many must answer.
        required: u32,
        /// Whom it asks, in order; the first one of a digest read is asked for its row.
        asked: Box<[NodeId]>,
        /// Replicas of the key that it leaves out because it believes them down.
        down: Box<[NodeId]>,
    },
    /// Too few replicas are believed to be up: refused before anything is sent.
    Unavailable {
        /// Replicas the level needs.
        required: u32,
        /// Replicas believed to be up.
        alive: u32,
    },
    /// Enough acknowledgements or answers are in.
    QuorumReached {
        /// Answers so far.
        received: u32,
        /// Answers needed.
        required: u32,
    },
    /// All digests equal that of the row in hand.
    DigestsMatch,
    /// Some answer differs from the row in hand.
    DigestsDiffer {
        /// Digest of the row in hand.
        data: (NodeId, Digest),
        /// Replicas whose digest differs, with it.
        others: Box<[(NodeId, Digest)]>,
    },
    /// All whole rows are in and merged.
    Resolved {
        /// Replicas that hold the merged row already.
        current: Box<[NodeId]>,
        /// Replicas that lack it.
        behind: Box<[NodeId]>,
    },
    /// Stale replicas are sent the merged row, and the client waits for `latch` of them.
    RepairStarted {
        /// Whom it is sent to.
        to: Box<[NodeId]>,
        /// Acknowledgements the client's answer waits for: level needs − already current; 0 if repair follows the answer.
        latch: u32,
    },
    /// Stale replicas were seen and left alone: repair is off.
    RepairSkipped {
        /// Who stays behind.
        behind: Box<[NodeId]>,
    },
    /// Enough stale replicas confirmed the repair.
    RepairLatchOpened {
        /// Confirmations.
        acks: u32,
    },
    /// The coordinator's patience ended before enough replicas had answered.
    TimedOut {
        /// Answers so far.
        received: u32,
        /// Answers needed.
        required: u32,
    },
    /// A peer was silent for too long: believed down from now on.
    Suspected(NodeId),
    /// A suspected peer was heard again: believed up from now on.
    Trusted(NodeId),
    /// The commit log reached the disk.
    Synced {
        /// Changes made safe.
        changes: u32,
    },
    /// The accrual detector holds a peer to be down from now on.
    Convicted {
        /// Who.
        peer: NodeId,
        /// Suspicion, above the threshold.
        phi: Phi,
        /// How long it has been silent.
        silence: Micros,
        /// Its mean interval between heartbeats, as learned.
        mean: Micros,
    },
    /// A peer believed down was heard: it is asked for an echo before it is believed up.
    EchoAsked(NodeId),
    /// The echo came back: believed up from now on.
    Revived {
        /// Who.
        peer: NodeId,
        /// How long it was believed down.
        down: Micros,
    },
    /// This node itself stood still for so long that the others' silence says nothing.
    StoodStill {
        /// How long.
        stood: Micros,
        /// For how long nobody is given up.
        lenient: Micros,
    },
}

impl Note {
    /// A small number per kind, for fingerprints.
    pub const fn code(&self) -> u8 {
        match self {
            Note::Stamped { .. } => 1,
            Note::Chose { .. } => 2,
            Note::Unavailable { .. } => 3,
            Note::QuorumReached { .. } => 4,
            Note::DigestsMatch => 5,
            Note::DigestsDiffer { .. } => 6,
            Note::Resolved { .. } => 7,
            Note::RepairStarted { .. } => 8,
            Note::RepairSkipped { .. } => 9,
            Note::RepairLatchOpened { .. } => 10,
            Note::TimedOut { .. } => 11,
            Note::Suspected(_) => 12,
            Note::Trusted(_) => 13,
            Note::Synced { .. } => 14,
            Note::Convicted { .. } => 15,
            Note::EchoAsked(_) => 16,
            Note::Revived { .. } => 17,
            Note::StoodStill { .. } => 18,
        }
    }

    /// Whether a person stepping from decision to decision stops here.
    pub const fn is_decision(&self) -> bool {
        !matches!(self, Note::Stamped { .. } | Note::Chose { .. } | Note::Synced { .. } | Note::EchoAsked(_))
    }
}
