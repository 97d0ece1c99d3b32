//! Consistency levels: how many replicas an operation waits for, and which of them count.

use std::borrow::Cow;
use std::fmt;

use serde::de::{self, Deserialize, Deserializer, Visitor};
use serde::ser::{Serialize, Serializer};

/// How many replicas must answer. The names are those of Apache Cassandra's drivers; a plain number is Dynamo's and Riak's R or W.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// One replica, or a hint: writes only.
    Any,
    /// One replica.
    One,
    /// Two replicas.
    Two,
    /// Three replicas.
    Three,
    /// A majority of all replicas: N/2 + 1.
    Quorum,
    /// Every replica.
    All,
    /// One replica of the coordinator's zone.
    LocalOne,
    /// A majority of the replicas in the coordinator's zone.
    LocalQuorum,
    /// A majority of the replicas in each zone.
    EachQuorum,
    /// This many replicas.
    Count(u32),
}

/// What an operation waits for, once the level meets a key's replicas.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Need {
    /// This many, wherever they are.
    Total(u32),
    /// This many in one zone; others do not count.
    Zone {
        /// The coordinator's zone.
        zone: u32,
        /// How many there.
        count: u32,
    },
    /// So many in each zone, by number of the zone.
    Each(Box<[u32]>),
}

impl Level {
    /// Every named level, from weak to strong.
    pub const EVERY: [Level; 9] = [
        Level::Any,
        Level::One,
        Level::LocalOne,
        Level::Two,
        Level::Three,
        Level::LocalQuorum,
        Level::Quorum,
        Level::EachQuorum,
        Level::All,
    ];

    /// The three that say most where there is one zone.
    pub const PLAIN: [Level; 3] = [Level::One, Level::Quorum, Level::All];

    /// How many of `n` replicas an operation waits for where there is one zone.
    pub fn block_for(self, n: u32) -> u32 {
        self.need(&[n], 0).required()
    }

    /// What an operation waits for when zone `z` holds `zones[z]` replicas of the key and the coordinator is in zone `local`
    /// (Apache Cassandra 4.1, `db/ConsistencyLevel.blockFor`). Without zones (one entry) the local levels are the plain ones.
    pub fn need(self, zones: &[u32], local: u32) -> Need {
        let total: u32 = zones.iter().sum();
        let here = zones.get(local as usize).copied().unwrap_or(0);
        let one_zone = zones.len() < 2;
        match self {
            Level::Any | Level::One => Need::Total(1),
            Level::Two => Need::Total(2),
            Level::Three => Need::Total(3),
            Level::Count(n) => Need::Total(n),
            Level::All => Need::Total(total),
            Level::LocalOne if one_zone => Need::Total(1),
            Level::LocalOne => Need::Zone { zone: local, count: 1 },
            Level::LocalQuorum if !one_zone => Need::Zone { zone: local, count: here / 2 + 1 },
            // Of a zone that holds no replica nothing can be asked.
            Level::EachQuorum if !one_zone => Need::Each(zones.iter().map(|n| if *n == 0 { 0 } else { n / 2 + 1 }).collect()),
            Level::Quorum | Level::LocalQuorum | Level::EachQuorum => Need::Total(total / 2 + 1),
        }
    }

    /// Whether only replicas of the coordinator's own zone count.
    pub const fn is_local(self) -> bool {
        matches!(self, Level::LocalOne | Level::LocalQuorum)
    }

    /// The name as drivers write it; the number itself for a count.
    pub fn name(self) -> Cow<'static, str> {
        Cow::Borrowed(match self {
            Level::Any => "ANY",
            Level::One => "ONE",
            Level::Two => "TWO",
            Level::Three => "THREE",
            Level::Quorum => "QUORUM",
            Level::All => "ALL",
            Level::LocalOne => "LOCAL_ONE",
            Level::LocalQuorum => "LOCAL_QUORUM",
            Level::EachQuorum => "EACH_QUORUM",
            Level::Count(n) => return Cow::Owned(n.to_string()),
        })
    }

    /// The level of this name.
    pub fn named(name: &str) -> Option<Level> {
        Level::EVERY.into_iter().find(|level| level.name() == name).or_else(|| name.parse().ok().map(Level::Count))
    }

    /// A small number per name, and the count: how it is written into a message.
    pub const fn code(self) -> (u8, u32) {
        match self {
            Level::One => (0, 0),
            Level::Quorum => (1, 0),
            Level::All => (2, 0),
            Level::Any => (3, 0),
            Level::Two => (4, 0),
            Level::Three => (5, 0),
            Level::LocalOne => (6, 0),
            Level::LocalQuorum => (7, 0),
            Level::EachQuorum => (8, 0),
            Level::Count(n) => (9, n),
        }
    }
}

impl Need {
    /// How many replicas are waited for in all.
    pub fn required(&self) -> u32 {
        match self {
            Need::Total(n) | Need::Zone { count: n, .. } => *n,
            Need::Each(zones) => zones.iter().sum(),
        }
    }

    /// Whether a replica of this zone counts.
    pub fn counts(&self, zone: u32) -> bool {
        match self {
            Need::Total(_) | Need::Each(_) => true,
            Need::Zone { zone: own, .. } => *own == zone,
        }
    }

    /// How many of these replicas, given by zone, count towards what is waited for: surplus ones of a zone do not make up for another's.
    pub fn counted(&self, zones: impl Iterator<Item = u32>) -> u32 {
        match self {
            Need::Total(_) | Need::Zone { .. } => zones.filter(|zone| self.counts(*zone)).count() as u32,
            Need::Each(needed) => {
                let mut left = needed.to_vec();
                let mut take = |zone: u32| match left.get_mut(zone as usize) {
                    Some(left) if *left > 0 => {
                        *left -= 1;
                        true
                    }
                    _ => false,
                };
                zones.filter(|zone| take(*zone)).count() as u32
            }
        }
    }

    /// Whether these replicas, given by zone, are enough.
    pub fn met(&self, zones: impl Iterator<Item = u32>) -> bool {
        self.counted(zones) >= self.required()
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name())
    }
}

impl Serialize for Level {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Level::Count(n) => serializer.serialize_u32(*n),
            level => serializer.serialize_str(&level.name()),
        }
    }
}

impl<'de> Deserialize<'de> for Level {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Level, D::Error> {
        struct Text;
        impl Visitor<'_> for Text {
            type Value = Level;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a level (ANY, ONE, TWO, THREE, QUORUM, ALL, LOCAL_ONE, LOCAL_QUORUM, EACH_QUORUM) or a number of replicas")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Level, E> {
                let named = Level::EVERY.into_iter().find(|level| level.name() == text);
                named.ok_or_else(|| E::invalid_value(de::Unexpected::Str(text), &self))
            }

            fn visit_u64<E: de::Error>(self, n: u64) -> Result<Level, E> {
                u32::try_from(n).map(Level::Count).map_err(|_| E::invalid_value(de::Unexpected::Unsigned(n), &self))
            }
        }
        deserializer.deserialize_any(Text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_surplus_in_one_zone_does_not_make_up_for_another() {
        let need = Level::EachQuorum.need(&[3, 3], 0);
        assert_eq!(need, Need::Each([2, 2].into()));
        assert!(!need.met([0, 0, 0, 1].into_iter()));
        assert_eq!(need.counted([0, 0, 0, 1].into_iter()), 3);
        assert!(need.met([0, 1, 0, 1].into_iter()));
    }

    #[test]
    fn local_levels_count_their_own_zone_only() {
        let need = Level::LocalQuorum.need(&[3, 5], 1);
        assert_eq!(need, Need::Zone { zone: 1, count: 3 });
        assert!(!need.met([0, 0, 0, 1, 1].into_iter()) && need.met([1, 1, 1].into_iter()));
        assert_eq!(Level::LocalQuorum.need(&[3], 0), Need::Total(2), "without zones it is QUORUM");
    }

    #[test]
    fn names_and_numbers_are_read_back() {
        for level in Level::EVERY.into_iter().chain([Level::Count(2)]) {
            let text = serde_json::to_string(&level).expect("levels have a text form");
            assert_eq!(serde_json::from_str::<Level>(&text).ok(), Some(level));
        }
        assert!(serde_json::from_str::<Level>("\"quorum\"").is_err());
        assert!(serde_json::from_str::<Level>("-1").is_err());
        assert_eq!(Level::named("LOCAL_ONE"), Some(Level::LocalOne));
        assert_eq!(Level::named("2"), Some(Level::Count(2)));
    }
}
