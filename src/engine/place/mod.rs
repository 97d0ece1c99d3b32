//! Who owns what: zones and racks, the token ring and the preference list of a key.

mod claim;
mod fallback;
mod range;
mod redraw;
mod replication;
mod ring;
mod strategy;
mod topology;

pub use claim::TARGET_N;
pub use fallback::Fallback;
pub use range::TokenRange;
pub use redraw::{ArcId, Change, MOST_CHANGES, MOST_RANGES, NoRedraw, Redraw, Redrawn, Touched};
pub use replication::{PerZone, Replication, TooManyZones};
pub use ring::{Ring, ZoneShape};
pub use topology::{MAX_ZONES, Place, Spot, Style, Topology, Zone, ZoneId};
