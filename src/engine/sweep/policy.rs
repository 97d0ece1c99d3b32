//! How a Merkle tree is made: what its leaves say, how hashes are combined, with which function, how wide and how deep.

use serde::{Deserialize, Serialize};

use crate::engine::base::{DigestFunction, Sink, Wire};

/// What is hashed of each row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LeafContent {
    /// The key and everything that is held for it: versions and values (Dynamo, section 4.7; Apache Cassandra, `db/rows/UnfilteredRowIterators.digest`).
    #[default]
    Row,
    /// The key and the clocks of its versions, not the values (Riak, `riak_kv_index_hashtree`: the vector clock). Values that differ under
    /// one clock look equal.
    Version,
    /// The key alone: a mistake, since a stale value looks like a fresh one.
    Key,
}

/// How digests become the hash of a leaf, and hashes the hash of their parent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Combine {
    /// Exclusive or, at every level: a change needs no look at anything else, and depth does not show (Apache Cassandra,
    /// `utils/MerkleTree.java`).
    #[default]
    Xor,
    /// The hash of all digests one after another (Merkle 1987; Dynamo; Riak): trees of different depth can only be compared as a whole.
    Hash,
}

/// How many levels a tree has below its root.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Depth {
    /// Always so many.
    Fixed(u32),
    /// As few as give every row a leaf of its own if rows were spread evenly, at most so many (Apache Cassandra 4.0, `ValidationManager`:
    /// the smaller of ⌈log2 rows⌉ and a limit). Replicas with different numbers of rows may come to different depths.
    Rows(u32),
}

/// How a Merkle tree is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct TreePolicy {
    /// What is hashed of each row.
    pub leaf: LeafContent,
    /// How hashes are combined.
    pub combine: Combine,
    /// What hashes are made with.
    pub digest: DigestFunction,
    /// Children of a node: a power of two from 2 to 1,024 (Riak has 1,024).
    pub fan_out: u32,
    /// Levels below the root.
    pub depth: Depth,
}

impl Default for TreePolicy {
    /// Sixteen children, and as many leaves as rows up to 2¹⁶: a descent of at most four steps below the root.
    fn default() -> Self {
        TreePolicy {
            leaf: LeafContent::default(),
            combine: Combine::default(),
            digest: DigestFunction::default(),
            fan_out: 16,
            depth: Depth::Rows(4),
        }
    }
}

impl TreePolicy {
    /// Most leaves of a tree.
    pub const MOST_LEAVES: u64 = 1 << 20;

    /// The binary logarithm of the fan-out; 1 for anything that is no power of two.
    pub const fn bits(&self) -> u32 {
        if self.fan_out.is_power_of_two() && self.fan_out >= 2 { self.fan_out.trailing_zeros() } else { 1 }
    }

    /// Levels below the root of a tree over so many rows. Never more than gives [`TreePolicy::MOST_LEAVES`].
    pub const fn depth_for(&self, rows: u64) -> u32 {
        let most = Self::MOST_LEAVES.trailing_zeros() / self.bits();
        let (wanted, limit) = match self.depth {
            Depth::Fixed(depth) => (depth, depth),
            Depth::Rows(limit) => {
                let bits = if rows <= 1 { 0 } else { 64 - (rows - 1).leading_zeros() };
                (bits.div_ceil(self.bits()), limit)
            }
        };
        let within = if wanted < limit { wanted } else { limit };
        if within < most { within } else { most }
    }

    /// Leaves of a tree over so many rows.
    pub const fn leaves_for(&self, rows: u64) -> u64 {
        1 << (self.bits() * self.depth_for(rows))
    }

    /// What is out of bounds, as the field and what it must be.
    pub fn fault(&self) -> Option<(&'static str, String)> {
        if !self.fan_out.is_power_of_two() || !(2..=1024).contains(&self.fan_out) {
            return Some(("tree fan-out", format!("must be 2, 4, 8 … 1024, is {}", self.fan_out)));
        }
        let (Depth::Fixed(depth) | Depth::Rows(depth)) = self.depth;
        let most = Self::MOST_LEAVES.trailing_zeros() / self.bits();
        (depth > most).then(|| ("tree depth", format!("must be at most {most} with a fan-out of {}, is {depth}", self.fan_out)))
    }
}

impl Wire for TreePolicy {
    /// Six bytes: a receiver makes its tree by the asker's rules.
    fn encode<S: Sink>(&self, sink: &mut S) {
        let (kind, depth) = match self.depth {
            Depth::Fixed(depth) => (0, depth),
            Depth::Rows(depth) => (1, depth),
        };
        for byte in [self.leaf as u8, self.combine as u8, self.digest as u8, self.bits() as u8, kind, depth as u8] {
            sink.u8(byte);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn depth_follows_the_rows_up_to_its_limit() {
        let binary = TreePolicy { fan_out: 2, depth: Depth::Rows(15), ..TreePolicy::default() };
        let depths = [0, 1, 2, 3, 4, 5, 1_000, 32_768, 32_769, 1_000_000].map(|rows| binary.depth_for(rows));
        assert_eq!(depths, [0, 0, 1, 2, 2, 3, 10, 15, 15, 15], "the smaller of ceil(log2 rows) and the limit");
        let wide = TreePolicy { fan_out: 16, depth: Depth::Rows(5), ..binary };
        assert_eq!([1, 2, 16, 17, 1 << 20].map(|rows| wide.depth_for(rows)), [0, 1, 1, 2, 5]);
        assert_eq!(TreePolicy { depth: Depth::Fixed(99), ..wide }.depth_for(0), 5, "never more leaves than the most");
    }

    #[test]
    fn what_is_out_of_bounds_is_named() {
        let fault = |fan_out, depth| TreePolicy { fan_out, depth, ..TreePolicy::default() }.fault().map(|(field, _)| field);
        for fan_out in [0, 1, 3, 2048] {
            assert_eq!(fault(fan_out, Depth::Fixed(1)), Some("tree fan-out"));
        }
        assert_eq!(fault(2, Depth::Fixed(20)), None);
        assert_eq!(fault(2, Depth::Rows(21)), Some("tree depth"));
        assert_eq!(fault(1024, Depth::Fixed(2)), None);
        assert_eq!(fault(1024, Depth::Fixed(3)), Some("tree depth"));
    }
}
