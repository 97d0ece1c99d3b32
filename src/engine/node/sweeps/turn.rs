//! What a node decides about its queue of sweeps.

use crate::engine::base::{Micros, Mix, NodeId};

/// What a node decides about its queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum QueueStep {
    /// A round begins.
    Round {
        /// Sweeps that wait now.
        jobs: u32,
        /// Of these, sweeps that are left from the round before.
        left: u32,
        /// Sweeps for which there is no room.
        put_off: u32,
    },
    /// The node has started anew and goes on where it stopped.
    Resumed {
        /// Sweeps still to do.
        left: u32,
        /// Sweeps of the round that were done before.
        done: u32,
    },
    /// A sweep failed and rests.
    Postponed {
        /// With whom.
        with: NodeId,
        /// How often it has failed.
        failures: u32,
        /// For how long.
        rest: Micros,
    },
    /// A sweep failed too often, or was stopped: left to the next round.
    Dropped {
        /// With whom.
        with: NodeId,
    },
    /// Nothing waits any more.
    Finished {
        /// Since the round began.
        took: Micros,
    },
    /// Its disk's queue is long: the next sweep waits.
    HeldBack {
        /// Requests that wait for the disk.
        waiting: u64,
        /// For how long.
        rest: Micros,
    },
    /// A person emptied the queue.
    Emptied {
        /// Sweeps that waited.
        jobs: u32,
    },
}

impl QueueStep {
    /// Whether a person stepping from decision to decision stops here.
    pub const fn is_decision(&self) -> bool {
        !matches!(self, QueueStep::Postponed { .. } | QueueStep::HeldBack { .. })
    }

    /// Takes it into a run's running mix.
    pub fn mix(&self, mix: &mut Mix) {
        let (code, a, b) = match *self {
            QueueStep::Round { jobs, left, put_off } => (1, u64::from(jobs) << 24 ^ u64::from(left), u64::from(put_off)),
            QueueStep::Resumed { left, done } => (2, u64::from(left), u64::from(done)),
            QueueStep::Postponed { with, failures, rest } => (3, u64::from(with.0) << 16 ^ u64::from(failures), rest.0),
            QueueStep::Dropped { with } => (4, u64::from(with.0), 0),
            QueueStep::Finished { took } => (5, 0, took.0),
            QueueStep::HeldBack { waiting, rest } => (6, waiting, rest.0),
            QueueStep::Emptied { jobs } => (7, u64::from(jobs), 0),
        };
        mix.word(code << 56 ^ a);
        mix.word(b);
    }
}
