//! A node's own clock.

use crate::engine::base::Micros;

/// What a node's clock shows at the start of a run: microseconds since 1970, an instant in September 2001.
pub const CLOCK_EPOCH: u64 = 1_000_000_000_000_000;

/// A node's own clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct NodeClock {
    /// How far it is ahead (behind, if negative) of true time, in microseconds.
    pub offset: i64,
    /// The last reading given out: readings never repeat.
    last: u64,
}

impl NodeClock {
    /// What the clock shows: microseconds since 1970.
    pub fn shows(&self, now: Micros) -> u64 {
        CLOCK_EPOCH.saturating_add(now.0).saturating_add_signed(self.offset)
    }

    /// A fresh reading, larger than every earlier one of this node (as Cassandra's coordinator makes them).
    pub fn read(&mut self, now: Micros) -> u64 {
        self.last = self.shows(now).max(self.last + 1);
        self.last
    }
}
