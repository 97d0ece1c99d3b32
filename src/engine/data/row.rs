//! Rows: the set of versions that a replica holds for one key.

use std::sync::Arc;

use crate::engine::base::{Digest, NodeId, Sink, Wire};

/// A wall-clock reading and the node that took it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Stamp {
    /// Microseconds on that node's clock, which may be wrong.
    pub micros: u64,
    /// The node that took the reading.
    pub node: NodeId,
}

/// What orders a version among others. Each merge rule mints and compares its own kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Clock {
    /// A physical timestamp (last write wins).
    Stamp(Stamp),
}

/// What a version says.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Payload {
    /// The bytes of the value, shared and never copied.
    Value(Arc<[u8]>),
    /// The key was deleted.
    Tombstone,
    /// The bytes of the value, with the checksum that was made of them when they were written: it goes wherever the value goes.
    Summed(Arc<[u8]>, u64),
}

impl Payload {
    /// The bytes of the value; none of a tombstone.
    pub const fn bytes(&self) -> Option<&Arc<[u8]>> {
        match self {
            Payload::Value(bytes) | Payload::Summed(bytes, _) => Some(bytes),
            Payload::Tombstone => None,
        }
    }

    /// The same with a checksum that travels with it.
    pub fn summed(self) -> Payload {
        match self {
            Payload::Value(bytes) => {
                let sum = checksum(&bytes);
                Payload::Summed(bytes, sum)
            }
            other => other,
        }
    }

    /// Whether the checksum that travels with it, if any does, is that of its bytes.
    pub fn fits(&self) -> bool {
        if let Payload::Summed(bytes, sum) = self { checksum(bytes) == *sum } else { true }
    }
}

/// The checksum of a value: xxh64 of its bytes. (Apache Cassandra has CRC32 of chunks, Garage a Blake2 hash of blocks.)
pub fn checksum(bytes: &[u8]) -> u64 {
    Digest::of_bytes(bytes).head()
}

/// One version of one key.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version {
    /// Orders this version among others.
    pub clock: Clock,
    /// What it says.
    pub payload: Payload,
}

/// The versions of one key that no other of them replaces. Never empty; sorted, so equal sets are equal rows.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Row {
    /// One is all that last-write-wins leaves. It lies in the row itself: a million rows are a million allocations fewer.
    versions: [Version; 1],
    /// The number that the coordinator gave this write among its own in the key's range; 0 if it numbers none.
    dot: u32,
}

impl Row {
    /// A row of one version.
    pub fn single(version: Version) -> Row {
        Row { versions: [version], dot: 0 }
    }

    /// The same, of the coordinator's event of this number.
    pub fn dotted(version: Version, dot: u32) -> Row {
        Row { dot, ..Row::single(version) }
    }

    /// The event that wrote it, if events are numbered: who coordinated it, and its number.
    pub fn dot(&self) -> Option<(NodeId, u32)> {
        let Clock::Stamp(stamp) = self.versions[0].clock;
        (self.dot > 0).then_some((stamp.node, self.dot))
    }

    /// The versions, in a fixed order.
    pub fn versions(&self) -> &[Version] {
        &self.versions
    }

    /// The bytes of the value, if the row is one version and that is not a tombstone.
    pub fn value(&self) -> Option<&[u8]> {
        let [version] = &self.versions;
        version.payload.bytes().map(|bytes| &**bytes)
    }

    /// When it was deleted: the newest timestamp of its tombstones, as the coordinator's clock showed it; `None` if anything in it is alive.
    pub fn deleted_at(&self) -> Option<u64> {
        let Clock::Stamp(newest) = self.versions.iter().map(|v| v.clock).max()?;
        self.is_deleted().then_some(newest.micros)
    }

    /// Whether every checksum that travels with it is that of its bytes.
    pub fn fits(&self) -> bool {
        self.versions.iter().all(|v| v.payload.fits())
    }

    /// Whether every version is a tombstone.
    pub fn is_deleted(&self) -> bool {
        self.versions.iter().all(|v| v.payload == Payload::Tombstone)
    }
}

impl Wire for Version {
    fn encode<S: Sink>(&self, sink: &mut S) {
        let Clock::Stamp(stamp) = self.clock;
        sink.u64(stamp.micros);
        sink.u32(stamp.node.0);
        match &self.payload {
            Payload::Value(bytes) => {
                sink.u8(1);
                // Values reach 64 KiB exactly, one more than two bytes can count.
                sink.u32(bytes.len() as u32);
                sink.put(bytes);
            }
            Payload::Tombstone => sink.u8(0),
            Payload::Summed(bytes, sum) => {
                sink.u8(2);
                sink.u32(bytes.len() as u32);
                sink.put(bytes);
                sink.u64(*sum);
            }
        }
    }
}

impl Wire for Row {
    fn encode<S: Sink>(&self, sink: &mut S) {
        sink.u8(self.versions.len().min(127) as u8 | u8::from(self.dot > 0) << 7);
        for version in &self.versions {
            version.encode(sink);
        }
        if self.dot > 0 {
            sink.u32(self.dot);
        }
    }
}

/// The row or its absence, which has an encoding (and so a digest) of its own: one zero byte.
impl Wire for Option<Arc<Row>> {
    fn encode<S: Sink>(&self, sink: &mut S) {
        match self {
            Some(row) => row.encode(sink),
            None => sink.u8(0),
        }
    }
}

/// xxh64 of a row, or of there being none: what fingerprints of runs use, whatever function the replicas use among themselves.
pub fn row_digest(row: &Option<Arc<Row>>) -> Digest {
    Digest::of(row)
}
