//! Merge rules: who wins when two replicas hold different versions. Timestamps and "newest" live here and nowhere else.

use std::cmp::Ordering;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::row::{Clock, Payload, Row, Stamp, Version};
use crate::engine::base::NodeId;

/// How one version stands to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// The same version.
    Equal,
    /// The first replaces the second.
    Newer,
    /// The second replaces the first.
    Older,
    /// Neither replaces the other (never under last write wins).
    Concurrent,
}

/// What merging two rows gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Merge {
    /// Both hold the same.
    Same,
    /// The first row already holds everything.
    Left,
    /// The second row already holds everything.
    Right,
    /// Each held something that the other lacked.
    Both(Arc<Row>),
}

/// The rule of a cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Rule {
    /// The larger timestamp wins. At equal timestamps a tombstone beats a value, then the larger value bytes win
    /// (Apache Cassandra 4.1, `db/rows/Cells`), so every replica decides alike.
    #[default]
    LastWriteWins,
}

impl Rule {
    /// Makes the clock of a new version: a reading of `node`'s clock.
    pub fn mint(self, node: NodeId, micros: u64) -> Clock {
        match self {
            Rule::LastWriteWins => Clock::Stamp(Stamp { micros, node }),
        }
    }

    /// Compares two versions of one key.
    pub fn compare(self, a: &Version, b: &Version) -> Order {
        match self {
            Rule::LastWriteWins => match last_write(a, b) {
                Ordering::Greater => Order::Newer,
                Ordering::Less => Order::Older,
                Ordering::Equal => Order::Equal,
            },
        }
    }

    /// Compares two versions of one key by their clocks alone. What only their values could tell is as if neither knew of the other.
    pub fn compare_clocks(self, a: Clock, b: Clock) -> Order {
        let (Clock::Stamp(x), Clock::Stamp(y)) = (a, b);
        match (self, x.micros.cmp(&y.micros)) {
            (Rule::LastWriteWins, Ordering::Greater) => Order::Newer,
            (Rule::LastWriteWins, Ordering::Less) => Order::Older,
            (Rule::LastWriteWins, Ordering::Equal) if x.node == y.node => Order::Equal,
            (Rule::LastWriteWins, Ordering::Equal) => Order::Concurrent,
        }
    }

    /// Whether a replica that holds this may lack something of a row with these clocks.
    pub fn lacks(self, held: Option<&Row>, clocks: &[Clock]) -> bool {
        let known = |clock: &Clock| {
            let held = held.map_or(&[][..], Row::versions);
            held.iter().any(|version| matches!(self.compare_clocks(version.clock, *clock), Order::Equal | Order::Newer))
        };
        !clocks.iter().all(known)
    }

    /// Whether someone who holds only these clocks may lack something of this row.
    pub fn newer_than(self, row: &Row, clocks: &[Clock]) -> bool {
        let known =
            |version: &Version| clocks.iter().any(|c| matches!(self.compare_clocks(*c, version.clock), Order::Equal | Order::Newer));
        !row.versions().iter().all(known)
    }

    /// Merges two rows of one key. Commutative, associative and idempotent.
    pub fn merge(self, a: &Arc<Row>, b: &Arc<Row>) -> Merge {
        if Arc::ptr_eq(a, b) {
            return Merge::Same;
        }
        let kept = |mine: &Row, other: &Row| {
            mine.versions().iter().filter(|v| !other.versions().iter().any(|o| self.compare(o, v) == Order::Newer)).count()
        };
        let missing = |mine: &Row, other: &Row| {
            other.versions().iter().any(|o| mine.versions().iter().all(|m| matches!(self.compare(o, m), Order::Newer | Order::Concurrent)))
        };
        let (left_lacks, right_lacks) = (missing(a, b), missing(b, a));
        match (left_lacks || kept(a, b) < a.versions().len(), right_lacks || kept(b, a) < b.versions().len()) {
            (false, false) => Merge::Same,
            (false, true) => Merge::Left,
            (true, false) => Merge::Right,
            // Only a rule with concurrent versions comes here; with one total order one side always holds everything.
            (true, true) => Merge::Both(if left_lacks { b.clone() } else { a.clone() }),
        }
    }

    /// Merges an optional row into another: what a replica would hold after receiving both.
    pub fn merged(self, a: Option<Arc<Row>>, b: Option<&Arc<Row>>) -> Option<Arc<Row>> {
        match (a, b) {
            (Some(a), Some(b)) => Some(match self.merge(&a, b) {
                Merge::Same | Merge::Left => a,
                Merge::Right => b.clone(),
                Merge::Both(row) => row,
            }),
            (a, b) => a.or_else(|| b.cloned()),
        }
    }
}

/// Total order of last write wins; the node is compared last so that equal bytes at equal times are still one version each side agrees on.
fn last_write(a: &Version, b: &Version) -> Ordering {
    let (Clock::Stamp(x), Clock::Stamp(y)) = (a.clock, b.clock);
    let content = |v: &Version| match &v.payload {
        Payload::Tombstone => (1, None),
        Payload::Value(bytes) | Payload::Summed(bytes, _) => (0, Some(bytes.clone())),
    };
    x.micros.cmp(&y.micros).then_with(|| content(a).cmp(&content(b))).then_with(|| x.node.cmp(&y.node))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(micros: u64, node: u32, value: Option<&str>) -> Version {
        Version {
            clock: Clock::Stamp(Stamp { micros, node: NodeId(node) }),
            payload: value.map_or(Payload::Tombstone, |v| Payload::Value(v.as_bytes().into())),
        }
    }

    #[test]
    fn ties_fall_as_in_cassandra() {
        let rule = Rule::LastWriteWins;
        assert_eq!(rule.compare(&version(2, 0, Some("a")), &version(1, 9, Some("z"))), Order::Newer);
        assert_eq!(rule.compare(&version(1, 0, None), &version(1, 9, Some("z"))), Order::Newer, "tombstone beats value");
        assert_eq!(rule.compare(&version(1, 0, Some("b")), &version(1, 9, Some("a"))), Order::Newer, "larger bytes win");
        assert_eq!(rule.compare(&version(1, 3, Some("a")), &version(1, 3, Some("a"))), Order::Equal);
    }

    #[test]
    fn clocks_alone_say_what_is_lacking_and_what_they_cannot_say_counts_as_lacking() {
        let (rule, at) = (Rule::LastWriteWins, |micros, node| version(micros, node, None).clock);
        let held = Row::single(version(5, 1, Some("x")));
        let lacks = |clocks: &[Clock]| rule.lacks(Some(&held), clocks);
        assert_eq!([at(4, 9), at(5, 1), at(5, 2), at(6, 0)].map(|clock| lacks(&[clock])), [false, false, true, true]);
        assert!(lacks(&[at(4, 0), at(6, 0)]) && rule.lacks(None, &[at(1, 0)]) && !rule.lacks(None, &[]));
    }

    #[test]
    fn merge_says_which_side_already_holds_everything() {
        let rule = Rule::LastWriteWins;
        let (old, new) = (Arc::new(Row::single(version(1, 0, Some("x")))), Arc::new(Row::single(version(2, 0, Some("y")))));
        assert_eq!(rule.merge(&old, &new), Merge::Right);
        assert_eq!(rule.merge(&new, &old), Merge::Left);
        assert_eq!(rule.merge(&new, &Arc::new(Row::single(version(2, 0, Some("y"))))), Merge::Same);
        assert_eq!(rule.merged(None, Some(&old)), Some(old.clone()));
        assert_eq!(rule.merged(Some(old), Some(&new)), Some(new));
    }
}
