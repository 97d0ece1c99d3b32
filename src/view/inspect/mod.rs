//! What the inspector shows: an operation as its coordinator sees it and as it truly is, a node, an event.
//!
//! What a coordinator "knows" comes from messages delivered to it, from its own acts and from its own state at the cursor, never from
//! another node's.

mod compared;
mod cost;
mod event;
mod expected;
mod kept;
mod ladder;
mod node;
mod operation;
mod quorum;
mod ranges;
mod replicas;
#[cfg(test)]
mod tests;

pub use compared::{Compared, Comparison};
pub use cost::{Bar, Cost};
pub use event::{EventView, Link};
pub use kept::{GuestView, HintView, LineView};
pub use ladder::{Ladder, State, Step};
pub use node::{Act, NodeView, RowView, Suspicion};
pub use operation::{OpView, shown_operation};
pub use quorum::{Seat, SeatState, Tracker, ZoneTally};
pub use ranges::acts as range_acts;
pub use replicas::ReplicaRow;

use crate::engine::data::{Key, Payload, Row, Version};
use crate::view::chip::{Look, look};
use crate::view::format::clipped;
use crate::view::narrate::Names;

/// A version as a chip in running text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChipView {
    /// Colour class, spine and label.
    pub look: Look,
    /// Whether it is a tombstone.
    pub stone: bool,
    /// What it says, clipped; `deleted` for a tombstone.
    pub text: String,
}

impl ChipView {
    /// The chip of one version.
    pub fn of(names: &Names<'_>, key: &Key, version: &Version) -> ChipView {
        let (stone, text) = match &version.payload {
            Payload::Value(bytes) | Payload::Summed(bytes, _) => (false, clipped(&String::from_utf8_lossy(bytes), 40)),
            Payload::Tombstone => (true, "deleted".to_owned()),
        };
        ChipView { look: look(names.history.ordinal(key, version)), stone, text }
    }

    /// The chips of a row.
    pub fn row(names: &Names<'_>, key: &Key, row: &Row) -> Vec<ChipView> {
        row.versions().iter().map(|v| ChipView::of(names, key, v)).collect()
    }
}
