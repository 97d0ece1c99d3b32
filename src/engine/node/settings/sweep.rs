//! Sweeps: replicas compare what they hold in the background, whether or not anybody reads it.

use serde::{Deserialize, Serialize};

use super::disk::Caps;
use super::queue::{QueueSettings, Start};
use super::validation::Validation;
use crate::engine::base::{Micros, Sink, Wire};
use crate::engine::sweep::{Combine, Depth, LeafContent, LogPolicy, SketchPolicy, SpanPolicy, TreePolicy};

/// How two replicas find what they disagree on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Method {
    /// Merkle trees: roots first, then children wherever hashes differ, down to the leaves (Dynamo, section 4.7).
    #[default]
    Descent,
    /// Every key and a digest of its row go across.
    Full,
    /// Whole trees of all replicas, collected and compared by the node that starts it (Apache Cassandra's repair).
    Validation,
    /// Each keeps a log of its changes and is sent what came after the last one that it has read of the other's (Apache CouchDB's
    /// replication). A log that has been cut off falls back to every key.
    Log,
    /// Digests of rows in ranges of the ring: a range whose fingerprints differ is split, until its digests are listed (negentropy).
    Ranges,
    /// Coded symbols of all digests of rows, as many as the difference takes (a rateless invertible Bloom lookup table).
    Sketch,
    /// Hash trees of fixed segments, kept on disk; keys that differ are read (Riak, active anti-entropy).
    Segments,
    /// Radix tries that follow the rows at a distance; the node that starts the sweep only pushes (Garage).
    Trie,
    /// The version of every key goes across; the other side sends what is newer there and asks for what it lacks.
    Versions,
    /// Every write has a number, and each replica a bitmap of those that it has seen: exactly what is missing goes across (DottedDB).
    Bitmaps,
}

impl Method {
    /// How a call to compare names it: any bit but the second.
    pub const fn code(self) -> u8 {
        match self {
            Method::Descent => 0,
            Method::Full => 1,
            Method::Log => 40,
            Method::Ranges => 60,
            Method::Sketch => 64,
            Method::Segments => 68,
            Method::Trie => 72,
            Method::Versions => 44,
            Method::Bitmaps => 48,
            Method::Validation => 76,
        }
    }
}

/// Tries (Garage, `src/table/merkle.rs`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Radix {
    /// How long a key that has changed waits before it enters the trie.
    pub lag: Micros,
}

impl Default for Radix {
    /// The queue is worked off as soon as there is something in it: so much passes all the same.
    fn default() -> Self {
        Radix { lag: Micros::ms(10) }
    }
}

impl Wire for Radix {
    fn encode<S: Sink>(&self, sink: &mut S) {
        sink.u64(self.lag.0);
    }
}

/// Trees of fixed segments and their exchange (Riak, `hashtree`, `riak_kv_index_hashtree`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Segments {
    /// Children of a node: a power of two from 2 to 1,024. There are its square of segments, whatever is held.
    pub width: u32,
    /// How long it takes until a tree that is missing has been made; meanwhile the node takes no part.
    pub build: Micros,
    /// When a tree is thrown away and made anew from the rows.
    pub expire: Micros,
    /// Rest between two reads.
    pub throttle: Micros,
}

impl Default for Segments {
    /// A width of 1,024, and a new tree each week (`anti_entropy_expire`); no rest while nothing is overloaded; trees made at once.
    fn default() -> Self {
        Segments { width: 1024, build: Micros::ZERO, expire: Micros(7 * 24 * 3_600_000_000), throttle: Micros::ZERO }
    }
}

impl Wire for Segments {
    /// What the other side needs to know: not the rest between reads.
    fn encode<S: Sink>(&self, sink: &mut S) {
        sink.u32(self.width);
        sink.u64(self.build.0);
        sink.u64(self.expire.0);
    }
}

/// What goes across of a leaf that differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Streams {
    /// First the leaf's keys with digests of their rows, then only rows that differ (Riak, `hashtree.erl` `exchange_segment`).
    #[default]
    Keys,
    /// All its rows, both ways (Apache Cassandra, `repair/SyncTask`).
    Leaves,
}

/// Where a tree comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Upkeep {
    /// Made for each sweep by reading every row (Apache Cassandra's validation).
    #[default]
    Scan,
    /// Kept in memory and changed with every write; made by a scan after a start (Riak and Dynamo keep trees).
    Kept,
}

/// How one sweep works.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct SweepPolicy {
    /// How differences are found.
    pub method: Method,
    /// What goes across of a leaf that differs.
    pub streams: Streams,
    /// Where trees come from.
    pub upkeep: Upkeep,
    /// How trees are made. Methods without trees take their digests of rows from here, trees of segments their function.
    pub tree: TreePolicy,
    /// How a repair by whole trees goes; the defaults if left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub validation: Option<Validation>,
    /// How ranges are split; the usual way if left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ranges: Option<SpanPolicy>,
    /// How coded symbols are sent; the usual way if left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sketch: Option<SketchPolicy>,
    /// Trees of segments.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub segments: Option<Segments>,
    /// Tries.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trie: Option<Radix>,
}

impl SweepPolicy {
    /// How trees of segments are made: three levels of hashes over the clocks of versions, not their values (`riak_kv_index_hashtree`).
    pub fn tree_of_segments(&self) -> TreePolicy {
        let fan_out = self.segments.unwrap_or_default().width;
        TreePolicy { leaf: LeafContent::Version, combine: Combine::Hash, fan_out, depth: Depth::Fixed(2), digest: self.tree.digest }
    }

    /// What is out of bounds, as the field and what it must be.
    pub fn fault(&self) -> Option<(&'static str, String)> {
        let ranges = || self.ranges.and_then(|ranges| ranges.fault());
        let sketch = || self.sketch.and_then(|sketch| sketch.fault());
        let segments = || self.tree_of_segments().fault().map(|(_, problem)| ("width of segments", problem));
        self.tree.fault().or_else(ranges).or_else(sketch).or_else(segments)
    }
}

/// What becomes of the mark of a delete where events are numbered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Deletes {
    /// It is kept, as the setting of tombstones says.
    #[default]
    Keep,
    /// It goes as soon as every replica is known to have seen it, however long that takes: no grace.
    Forget,
}

/// Numbered events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct BitmapPolicy {
    /// What becomes of deletes.
    pub deletes: Deletes,
}

/// When nodes start sweeps by themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Schedule {
    /// Time from one sweep that a node starts to its next; the first falls anywhere within it, so that nodes take turns.
    pub every: Micros,
    /// Up to so much is added each time.
    #[serde(default)]
    pub jitter: Micros,
    /// When the first turn comes, and to which beat the others keep.
    #[serde(default, skip_serializing_if = "is_drawn")]
    pub start: Start,
}

fn is_drawn(start: &Start) -> bool {
    *start == Start::Drawn
}

/// Sweeps of a cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct SweepSettings {
    /// When nodes start them by themselves; never if left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub schedule: Option<Schedule>,
    /// How they work.
    pub policy: SweepPolicy,
    /// How long a node waits for the next message of a sweep that it started.
    pub timeout: Micros,
    /// Sweeps that a node starts, and that it answers, at the same time (Riak, `anti_entropy_concurrency`).
    pub at_once: u32,
    /// Most rows of one message (Garage sends 256).
    pub rows_at_once: u32,
    /// How often a sweep that failed is tried again before the next one that is due.
    pub retries: u32,
    /// How long a node rests before; twice as long each time.
    pub back_off: Micros,
    /// With a queue a turn of the schedule is a round over all ranges, one by one; without, all ranges shared with one peer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub queue: Option<QueueSettings>,
    /// Bytes that sweeps may send.
    #[serde(skip_serializing_if = "Caps::is_none")]
    pub caps: Caps,
    /// What logs keep. Left out, nodes keep one only if their sweeps read logs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub log: Option<LogPolicy>,
    /// How events are numbered. Left out, they are only if sweeps go by them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bitmaps: Option<BitmapPolicy>,
}

impl SweepSettings {
    /// Whether coordinators number their writes.
    pub fn numbers_events(&self) -> bool {
        self.bitmaps.is_some() || self.policy.method == Method::Bitmaps
    }

    /// Whether the marks of deletes may be forgotten once everybody has seen them.
    pub fn forgets_deletes(&self) -> bool {
        self.bitmaps.is_some_and(|bitmaps| bitmaps.deletes == Deletes::Forget)
    }

    /// What logs keep, if nodes keep any.
    pub fn log_policy(&self) -> Option<LogPolicy> {
        self.log.or_else(|| (self.policy.method == Method::Log).then(LogPolicy::default))
    }
}

impl Default for SweepSettings {
    /// Nobody starts one; 10 s of patience, two at once (Riak's number), 16 rows a message, one more try after 1 s.
    fn default() -> Self {
        SweepSettings {
            schedule: None,
            policy: SweepPolicy::default(),
            timeout: Micros::secs(10),
            at_once: 2,
            rows_at_once: 16,
            retries: 1,
            back_off: Micros::secs(1),
            queue: None,
            caps: Caps::default(),
            log: None,
            bitmaps: None,
        }
    }
}
