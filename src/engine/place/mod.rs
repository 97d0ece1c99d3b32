//! Who owns what: zones and racks, the token ring and the preference list of a key.

mod claim;
mod fallback;
mod replication;
mod ring;
mod strategy;
mod topology;

pub use claim::TARGET_N;
pub use fallback::Fallback;
pub use replication::{PerZone, Replication, TooManyZones};
pub use ring::{Ring, ZoneShape};
pub use topology::{MAX_ZONES, Place, Spot, Style, Topology, Zone, ZoneId};
