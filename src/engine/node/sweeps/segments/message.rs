//! What the two sides of an exchange by segments say to each other.

use crate::engine::base::{Digest, Sink, Wire};
use crate::engine::data::Key;
use crate::engine::node::Mode;
use crate::engine::node::sweeps::Place;

/// One message of an exchange by segments. The lists of keys that answer [`SegmentSay::Segment`] are common to all sweeps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SegmentSay {
    /// My trees are locked for you and up to date.
    Ready,
    /// Tell me the hashes of this bucket: the root, or all children of one node, named by their level and the number of their parent.
    Bucket {
        /// Counts the asker's questions.
        ask: u32,
        /// The range, the level of the hashes, and their parent's place in its level.
        bucket: Place,
    },
    /// The bucket's nodes that have rows below them: the place of each in its level, and its hash.
    Hashes {
        /// The question it answers.
        ask: u32,
        /// The hashes, in order.
        hashes: Box<[(u32, Digest)]>,
    },
    /// Tell me the keys of this segment, with what your tree says of each.
    Segment {
        /// Counts the asker's questions.
        ask: u32,
        /// The segment: a leaf.
        segment: Place,
    },
    /// I have read this key: look at your row again, and correct your tree if it is wrong.
    Rehash(Key),
}

impl SegmentSay {
    /// A small number per kind.
    pub(in crate::engine::node::sweeps) const fn code(&self) -> u8 {
        match self {
            SegmentSay::Ready => 1,
            SegmentSay::Bucket { .. } => 2,
            SegmentSay::Hashes { .. } => 3,
            SegmentSay::Segment { .. } => 4,
            SegmentSay::Rehash(_) => 5,
        }
    }

    /// Whether it asks, carries or acknowledges.
    pub(in crate::engine::node::sweeps) const fn mode(&self) -> Mode {
        match self {
            SegmentSay::Bucket { .. } | SegmentSay::Segment { .. } | SegmentSay::Rehash(_) => Mode::Asks,
            SegmentSay::Hashes { .. } => Mode::Carries,
            SegmentSay::Ready => Mode::Acks,
        }
    }

    /// Tells apart messages of one session: below 2⁵⁶.
    pub(in crate::engine::node::sweeps) fn nth(&self) -> u64 {
        let which = match self {
            SegmentSay::Ready => 0,
            SegmentSay::Bucket { ask, .. } | SegmentSay::Hashes { ask, .. } | SegmentSay::Segment { ask, .. } => u64::from(*ask),
            SegmentSay::Rehash(key) => key.token().0 >> 16,
        };
        u64::from(self.code()) << 48 | which
    }

    /// The question it is, if it is one that is waited for.
    pub const fn question(&self) -> Option<u32> {
        match self {
            SegmentSay::Bucket { ask, .. } | SegmentSay::Segment { ask, .. } => Some(*ask),
            _ => None,
        }
    }
}

impl Wire for SegmentSay {
    fn encode<S: Sink>(&self, sink: &mut S) {
        sink.u8(self.code());
        match self {
            SegmentSay::Ready => {}
            SegmentSay::Bucket { ask, bucket: place } | SegmentSay::Segment { ask, segment: place } => {
                sink.u32(*ask);
                sink.u32(place.range);
                sink.u8(place.level as u8);
                sink.u32(place.index as u32);
            }
            SegmentSay::Hashes { ask, hashes } => {
                sink.u32(*ask);
                sink.u32(hashes.len() as u32);
                for (index, hash) in hashes {
                    sink.u32(*index);
                    sink.put(hash.bytes());
                }
            }
            SegmentSay::Rehash(key) => key.encode(sink),
        }
    }
}
