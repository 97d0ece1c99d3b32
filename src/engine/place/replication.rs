//! How many copies a key has: one number for the whole ring, or one for each zone.

use serde::{Deserialize, Serialize};

use super::topology::{MAX_ZONES, ZoneId};

/// N: how many replicas a key has, and where. In a run file `3` or `[3, 2]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged, expecting = "replicas must be a number, or a list of at most 8 numbers up to 255, one for each zone")]
pub enum Replication {
    /// So many nodes, wherever they stand (Apache Cassandra 4.1, `locator/SimpleStrategy`).
    Simple(u32),
    /// So many nodes of each zone (Apache Cassandra 4.1, `locator/NetworkTopologyStrategy`).
    PerZone(PerZone),
}

/// One number of replicas for each zone, in the order of the topology's zones; zones past the end of the list have none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<u8>", into = "Vec<u8>")]
pub struct PerZone {
    counts: [u8; MAX_ZONES],
    len: u8,
}

/// The list has more numbers than there can be zones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooManyZones(usize);

impl std::fmt::Display for TooManyZones {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "there can be {MAX_ZONES} zones at most, the list has {}", self.0)
    }
}

impl std::error::Error for TooManyZones {}

impl PerZone {
    /// The numbers, one for each zone listed.
    pub fn counts(&self) -> &[u8] {
        &self.counts[..usize::from(self.len)]
    }
}

impl TryFrom<&[u8]> for PerZone {
    type Error = TooManyZones;

    fn try_from(list: &[u8]) -> Result<PerZone, TooManyZones> {
        let mut counts = [0; MAX_ZONES];
        counts.get_mut(..list.len()).ok_or(TooManyZones(list.len()))?.copy_from_slice(list);
        Ok(PerZone { counts, len: list.len() as u8 })
    }
}

impl TryFrom<Vec<u8>> for PerZone {
    type Error = TooManyZones;

    fn try_from(list: Vec<u8>) -> Result<PerZone, TooManyZones> {
        list.as_slice().try_into()
    }
}

impl From<PerZone> for Vec<u8> {
    fn from(list: PerZone) -> Vec<u8> {
        list.counts().to_vec()
    }
}

impl From<u32> for Replication {
    fn from(n: u32) -> Replication {
        Replication::Simple(n)
    }
}

impl std::fmt::Display for Replication {
    /// `3`, or `3 + 2` for zones.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Replication::Simple(n) => n.fmt(f),
            Replication::PerZone(list) => list.counts().iter().enumerate().try_for_each(|(i, n)| {
                if i > 0 {
                    f.write_str(" + ")?;
                }
                n.fmt(f)
            }),
        }
    }
}

impl Replication {
    /// So many in each zone.
    pub fn per_zone(counts: &[u8]) -> Result<Replication, TooManyZones> {
        counts.try_into().map(Replication::PerZone)
    }

    /// N over all zones: what QUORUM and ALL are counted from.
    pub fn total(&self) -> u32 {
        match self {
            Replication::Simple(n) => *n,
            Replication::PerZone(list) => list.counts().iter().map(|n| u32::from(*n)).sum(),
        }
    }

    /// N of one zone; `None` if zones have no number of their own, and a local level means the whole ring
    /// (Apache Cassandra 4.1, `db/ConsistencyLevel.localQuorumFor`).
    pub fn of_zone(&self, zone: ZoneId) -> Option<u32> {
        match self {
            Replication::Simple(_) => None,
            Replication::PerZone(list) => Some(list.counts().get(zone.index()).map_or(0, |n| u32::from(*n))),
        }
    }

    /// One number that tells different settings apart, for fingerprints.
    pub fn code(&self) -> u64 {
        match self {
            Replication::Simple(n) => u64::from(*n),
            Replication::PerZone(list) => list.counts().iter().fold(1 << 63, |code: u64, n| (code ^ u64::from(*n)).rotate_left(8)),
        }
    }
}
