//! What a node finds and decides during a sweep.

use super::dot_say::DotStep;
use super::log_say::LogStep;
use super::message::{Refusal, SessionId};
use super::set_say::SetStep;
use super::validation::RepairStep;
use crate::engine::base::{Mix, NodeId};
use crate::engine::node::Method;
use crate::engine::sweep::LevelCount;

/// How a sweep ended for the node that started it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SweepOutcome {
    /// The two hold the same.
    Equal,
    /// They hold the same now.
    Repaired {
        /// Rows that came.
        pulled: u32,
        /// Rows that went.
        pushed: u32,
    },
    /// The other one did not answer in time.
    TimedOut,
    /// The other one takes no part.
    Refused(Refusal),
    /// The other one's answer does not fit the question.
    Nonsense,
    /// A replica that was to take part is believed down: nothing was sent.
    Down(NodeId),
    /// A person stopped it.
    Stopped,
    /// More differs than the policy allows to find out.
    Exhausted,
    /// Every key that differed has been read.
    Read {
        /// How many.
        keys: u32,
        /// How many reads failed.
        failed: u32,
    },
    /// What this node has is there now. What only the other one has is still only there.
    Pushed {
        /// Rows that went.
        rows: u32,
    },
    /// The ring was redrawn: its ranges are others now, or held by others.
    Redrawn,
}

impl SweepOutcome {
    /// Whether everything that the sweep is for has been done, as far as the node that started it knows.
    pub const fn is_good(self) -> bool {
        matches!(
            self,
            SweepOutcome::Equal | SweepOutcome::Repaired { .. } | SweepOutcome::Read { failed: 0, .. } | SweepOutcome::Pushed { .. }
        )
    }

    /// Whether trying again may help.
    pub const fn may_pass(self) -> bool {
        matches!(
            self,
            SweepOutcome::TimedOut
                | SweepOutcome::Refused(Refusal::Busy | Refusal::Unknown | Refusal::Locked | Refusal::NotBuilt | Refusal::Overlaps)
                | SweepOutcome::Down(_)
                | SweepOutcome::Redrawn
        )
    }
}

/// One finding or decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SweepStep {
    /// A sweep with a peer begins.
    Began {
        /// The peer.
        with: NodeId,
        /// How differences are to be found.
        method: Method,
        /// Ranges that both hold.
        ranges: u32,
    },
    /// Nobody else holds what this node holds, or the two have no range in common: nothing to compare.
    NothingInCommon {
        /// The peer.
        with: NodeId,
    },
    /// Trees are there to be compared.
    Trees {
        /// Leaves in all.
        leaves: u64,
        /// Rows read to make them; none for trees that were kept.
        rows: u64,
        /// Digests and hashes computed for that.
        computed: u64,
    },
    /// The hashes of one level have been compared.
    Compared {
        /// Levels below the root.
        level: u32,
        /// How many, and how many differed.
        count: LevelCount,
    },
    /// The keys of the leaves that differ have been compared.
    KeysCompared {
        /// Keys that both have.
        compared: u64,
        /// Keys that only this node has.
        only_mine: u32,
        /// Keys that only the peer has.
        only_theirs: u32,
        /// Keys whose rows differ.
        differ: u32,
    },
    /// The sweep is over.
    Ended {
        /// The peer.
        with: NodeId,
        /// How.
        outcome: SweepOutcome,
    },
    /// This node takes no part in a peer's sweep, or starts none itself.
    Refused {
        /// Why.
        why: Refusal,
    },
    /// The peer that started a sweep fell silent: forgotten here.
    Abandoned,
    /// Something in a repair by whole trees.
    Repair(RepairStep),
    /// Logs have been read or offered, or do not help.
    Log(LogStep),
    /// A step of a sweep that compares sets of digests.
    Set(SetStep),
    /// Bitmaps have been compared, or do not help.
    Dots(DotStep),
}

impl SweepStep {
    /// Whether a person stepping from decision to decision stops here.
    pub const fn is_decision(&self) -> bool {
        match self {
            SweepStep::Trees { .. } => false,
            SweepStep::Set(step) => step.is_decision(),
            _ => true,
        }
    }

    /// Takes it into a run's running mix.
    pub fn mix(&self, session: SessionId, mix: &mut Mix) {
        if let SweepStep::Set(step) = self {
            return step.mix(session, mix);
        }
        mix.word(u64::from(session.by.0) << 32 | u64::from(session.number));
        let (code, a, b) = match *self {
            SweepStep::Began { with, ranges, .. } => (1, u64::from(with.0), u64::from(ranges)),
            SweepStep::NothingInCommon { with } => (2, u64::from(with.0), 0),
            SweepStep::Trees { leaves, rows, computed } => (3, leaves ^ rows << 32, computed),
            SweepStep::Compared { level, count } => (4, count.compared ^ u64::from(level) << 56, count.differed),
            SweepStep::KeysCompared { compared, only_mine, only_theirs, differ } => {
                (5, compared ^ u64::from(differ) << 32, u64::from(only_mine) << 32 | u64::from(only_theirs))
            }
            SweepStep::Ended { with, outcome } => {
                let how = match outcome {
                    SweepOutcome::Equal => 1,
                    SweepOutcome::Repaired { pulled, pushed } => 2 | u64::from(pulled) << 8 | u64::from(pushed) << 36,
                    SweepOutcome::TimedOut => 3,
                    SweepOutcome::Refused(why) => 4 | (why as u64) << 8,
                    SweepOutcome::Nonsense => 5,
                    SweepOutcome::Down(node) => 50 | u64::from(node.0) << 8,
                    SweepOutcome::Stopped => 16,
                    SweepOutcome::Redrawn => 17,
                    SweepOutcome::Exhausted => 60,
                    SweepOutcome::Pushed { rows } => 7 | u64::from(rows) << 8,
                    SweepOutcome::Read { keys, failed } => 6 | u64::from(keys) << 8 | u64::from(failed) << 36,
                };
                (6, u64::from(with.0), how)
            }
            SweepStep::Refused { why } => (7, why as u64, 0),
            SweepStep::Log(step) => return step.mix(mix),
            SweepStep::Abandoned | SweepStep::Set(_) => (8, 0, 0),
            SweepStep::Dots(step) => return step.mix(mix),
            SweepStep::Repair(step) => {
                let (code, a, b) = step.words();
                (50, a | code << 48, b)
            }
        };
        mix.word(code << 56 ^ a);
        mix.word(b);
    }
}
