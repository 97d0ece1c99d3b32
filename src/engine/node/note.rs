//! Notes: which rule acted, said by the code that acted. Words for them live on a higher floor.

use super::coordinate::Seat;
use super::integrity::RotStep;
use super::ranges::NewRanges;
use super::settings::Phi;
use super::sweeps::{QueueStep, SessionId, SweepStep};
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
    /// Other nodes take the place of owners that are believed down.
    StoodIn {
        /// Each owner with its stand-in.
        seats: Box<[Seat]>,
    },
    /// A hint is kept here for a replica that missed, or will miss, a write.
    HintKept {
        /// The replica.
        target: NodeId,
        /// The key.
        key: Key,
        /// Whether the replica was believed up and did not answer in time.
        late: bool,
    },
    /// Another node is asked to keep the hint.
    HintSent {
        /// The replica that is down.
        target: NodeId,
        /// Who is to keep it.
        keeper: NodeId,
    },
    /// No hint is kept for a replica that missed a write.
    HintRefused {
        /// The replica.
        target: NodeId,
        /// Why not.
        why: NoHint,
    },
    /// Only a hint holds this write, and at ANY that is enough.
    HintCounted,
    /// Hints reached the disk.
    HintsFlushed {
        /// How many.
        count: u32,
    },
    /// Replay to a replica that is back begins.
    ReplayStarted {
        /// The replica.
        target: NodeId,
        /// Hints to replay now.
        count: u32,
    },
    /// A page of hints was not acknowledged in time: all of it will be sent again.
    ReplayStopped {
        /// The replica.
        target: NodeId,
        /// Hints without an acknowledgement.
        missing: u32,
    },
    /// Hints were delivered, and are deleted here.
    ReplayDone {
        /// The replica.
        target: NodeId,
        /// How many were delivered.
        count: u32,
    },
    /// Hints were too old to be delivered: a deleted value could come back.
    HintsExpired {
        /// The replica they were for.
        target: NodeId,
        /// How many.
        count: u32,
    },
    /// Hints wait for nodes that no longer hold their keys: they go to those that do.
    HintsMoved {
        /// The node they were for.
        target: NodeId,
        /// How many.
        count: u32,
    },
    /// A stand-in hands its copies back to their owner.
    HandoffStarted {
        /// The owner.
        owner: NodeId,
        /// Rows sent.
        count: u32,
    },
    /// The owner did not acknowledge everything in time: the rest is kept, and sent again later.
    HandoffStopped {
        /// The owner.
        owner: NodeId,
        /// Rows kept.
        kept: u32,
    },
    /// The owner has everything; the stand-in's copies are deleted.
    HandoffDone {
        /// The owner.
        owner: NodeId,
    },
    /// A node that will not hold the key passes the request on.
    Forwarded {
        /// To whom.
        to: NodeId,
    },
    /// The coordinator stores the write itself before it sends it to anyone.
    LocalFirst,
    /// A write reached this replica after its coordinator had given up: thrown away.
    DroppedLate {
        /// The key.
        key: Key,
        /// How long it had been under way.
        age: Micros,
    },
    /// Answers take long: one more replica is asked.
    Speculated {
        /// Whom.
        extra: NodeId,
        /// For its row, or for a digest.
        data: bool,
    },
    /// The repair waits for long: replicas that were not read are sent the merge too.
    WroteMore {
        /// Whom.
        to: Box<[NodeId]>,
    },
    /// The client waits no longer for the repair.
    RepairBounded {
        /// Confirmations still missing.
        missing: u32,
    },
    /// The answer is out; the remaining replicas' answers are compared in the background.
    Lingers {
        /// Who has not answered yet.
        waiting: Box<[NodeId]>,
    },
    /// Too many replicas said that they have no such key: it counts as not found.
    NotFound {
        /// How many said so.
        absent: u32,
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
    /// A step of a sweep.
    Sweep {
        /// Which sweep.
        session: SessionId,
        /// What was found or decided.
        step: SweepStep,
    },
    /// A step of the queue of sweeps.
    Queue(QueueStep),
    /// A sweep has found a key that differs, and reads it to have it repaired.
    SweepRead {
        /// Which sweep.
        session: SessionId,
        /// The key.
        key: Key,
    },
    /// About a value whose checksum does not fit.
    Rot(RotStep),
    /// The ring was redrawn, and what the node remembers follows.
    RangesFollowed(NewRanges),
    /// The node has thrown away rows of ranges that it does not own.
    CleanedUp {
        /// How many.
        rows: u64,
    },
}

/// Why a hint is not kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoHint {
    /// The replica has been down for longer than the window.
    Window,
    /// The room for this replica's hints is used up.
    Room,
    /// Nobody is there to keep it.
    Keeper,
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
            Note::StoodIn { .. } => 15,
            Note::HintKept { .. } => 16,
            Note::HintSent { .. } => 17,
            Note::HintRefused { .. } => 18,
            Note::HintCounted => 19,
            Note::HintsFlushed { .. } => 20,
            Note::ReplayStarted { .. } => 21,
            Note::ReplayStopped { .. } => 22,
            Note::ReplayDone { .. } => 23,
            Note::HintsExpired { .. } => 24,
            Note::HintsMoved { .. } => 25,
            Note::HandoffStarted { .. } => 26,
            Note::HandoffStopped { .. } => 27,
            Note::HandoffDone { .. } => 28,
            Note::Forwarded { .. } => 29,
            Note::LocalFirst => 30,
            Note::DroppedLate { .. } => 31,
            Note::Speculated { .. } => 32,
            Note::WroteMore { .. } => 33,
            Note::RepairBounded { .. } => 34,
            Note::Lingers { .. } => 35,
            Note::NotFound { .. } => 36,
            Note::Convicted { .. } => 37,
            Note::EchoAsked(_) => 38,
            Note::Revived { .. } => 39,
            Note::StoodStill { .. } => 40,
            Note::Sweep { .. } => 41,
            Note::Queue(_) => 51,
            Note::SweepRead { .. } => 60,
            Note::Rot(_) => 50,
            Note::RangesFollowed(_) => 70,
            Note::CleanedUp { .. } => 71,
        }
    }

    /// Whether a person stepping from decision to decision stops here.
    pub const fn is_decision(&self) -> bool {
        if let Note::Sweep { step, .. } = self {
            return step.is_decision();
        }
        if let Note::Queue(step) = self {
            return step.is_decision();
        }
        !matches!(
            self,
            Note::Stamped { .. }
                | Note::Chose { .. }
                | Note::Synced { .. }
                | Note::HintsFlushed { .. }
                | Note::LocalFirst
                | Note::Lingers { .. }
                | Note::EchoAsked(_)
                | Note::Rot(RotStep::Asked { .. } | RotStep::Scrubbed { found: 0, .. })
        )
    }
}
