//! How long tombstones are kept.

use serde::{Deserialize, Serialize};

use crate::engine::base::Micros;

/// What becomes of the mark that a delete leaves. Who removes it before every replica has heard of the delete may see the value come back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", rename_all_fields = "kebab-case")]
pub enum Tombstones {
    /// It is kept for good.
    #[default]
    Keep,
    /// Each replica removes it by itself once it is older than `grace` by the replica's own clock, and from then on answers as if it were gone
    /// (Apache Cassandra 4.1: `gc_grace_seconds`, 10 days; `ReadCommand.withoutPurgeableTombstones`).
    Purge {
        /// Age, counted from the timestamp that the coordinator gave the delete, beyond which a tombstone is removed.
        grace: Micros,
        /// Time between two looks for old ones. Stands for compactions, which come when files are merged.
        every: Micros,
    },
}

impl Tombstones {
    /// Beyond which age tombstones are removed, if they are.
    pub const fn grace(self) -> Option<Micros> {
        match self {
            Tombstones::Keep => None,
            Tombstones::Purge { grace, .. } => Some(grace),
        }
    }
}
