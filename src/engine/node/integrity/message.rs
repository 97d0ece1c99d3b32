//! What replicas say about values that do not fit their checksums.

use std::sync::Arc;

use crate::engine::base::{Sink, Wire};
use crate::engine::data::{Key, Row};
use crate::engine::node::{Mode, Traffic};

/// One message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RotSay {
    /// Replica to coordinator: my copy does not fit, take me for one that does not answer.
    Failed {
        /// The round of the read that it answers.
        round: u8,
    },
    /// Replica to replica: send me your row, I have given mine up.
    Fetch {
        /// Counts the asker's questions.
        number: u32,
        /// The key.
        key: Key,
    },
    /// The row, if there is one.
    Fetched {
        /// The question it answers.
        number: u32,
        /// The key.
        key: Key,
        /// What is held.
        row: Option<Arc<Row>>,
    },
}

impl RotSay {
    /// The kind of traffic it counts as.
    pub const fn traffic(&self) -> Traffic {
        match self {
            RotSay::Failed { .. } => Traffic::Read,
            RotSay::Fetch { .. } | RotSay::Fetched { .. } => Traffic::Repair,
        }
    }

    /// Whether it asks, carries or acknowledges.
    pub const fn mode(&self) -> Mode {
        match self {
            RotSay::Failed { .. } | RotSay::Fetched { row: None, .. } => Mode::Acks,
            RotSay::Fetch { .. } => Mode::Asks,
            RotSay::Fetched { .. } => Mode::Carries,
        }
    }

    /// The row it carries.
    pub const fn row(&self) -> Option<&Arc<Row>> {
        if let RotSay::Fetched { row, .. } = self { row.as_ref() } else { None }
    }

    /// Tells apart messages of one kind between the same two nodes.
    pub fn nth(&self) -> u64 {
        match self {
            RotSay::Failed { round } => u64::from(*round),
            RotSay::Fetch { number, .. } => 1 << 40 | u64::from(*number),
            RotSay::Fetched { number, .. } => 2 << 40 | u64::from(*number),
        }
    }
}

impl Wire for RotSay {
    fn encode<S: Sink>(&self, sink: &mut S) {
        match self {
            RotSay::Failed { round } => {
                sink.u8(0);
                sink.u8(*round);
            }
            RotSay::Fetch { number, key } => {
                sink.u8(1);
                sink.u32(*number);
                key.encode(sink);
            }
            RotSay::Fetched { number, key, row } => {
                sink.u8(2);
                sink.u32(*number);
                key.encode(sink);
                row.encode(sink);
            }
        }
    }
}
