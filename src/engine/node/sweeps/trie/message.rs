//! What the two sides of a walk through tries say to each other, besides the roots and rows that all sweeps know.

use crate::engine::base::{Sink, Wire};
use crate::engine::node::Mode;
use crate::engine::sweep::TrieNode;

/// One message of a walk through tries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TrieSay {
    /// Tell me your node here.
    Get {
        /// Counts the asker's questions.
        ask: u32,
        /// Which of the session's ranges.
        range: u32,
        /// The bytes that lead to it.
        prefix: Box<[u8]>,
    },
    /// My node there.
    Node {
        /// The question it answers.
        ask: u32,
        /// The node.
        node: TrieNode,
    },
}

impl TrieSay {
    /// Whether it asks or carries.
    pub(in crate::engine::node::sweeps) const fn mode(&self) -> Mode {
        match self {
            TrieSay::Get { .. } => Mode::Asks,
            TrieSay::Node { .. } => Mode::Carries,
        }
    }

    /// Tells apart messages of one session: below 2⁵⁶.
    pub(in crate::engine::node::sweeps) fn nth(&self) -> u64 {
        match self {
            TrieSay::Get { ask, .. } => 1 << 48 | u64::from(*ask),
            TrieSay::Node { ask, .. } => 2 << 48 | u64::from(*ask),
        }
    }
}

impl Wire for TrieSay {
    fn encode<S: Sink>(&self, sink: &mut S) {
        match self {
            TrieSay::Get { ask, range, prefix } => {
                sink.u8(1);
                sink.u32(*ask);
                sink.u32(*range);
                sink.bytes(prefix);
            }
            TrieSay::Node { ask, node } => {
                sink.u8(2);
                sink.u32(*ask);
                node.encode(sink);
            }
        }
    }
}
