//! Checksums: whether a replica can tell that bytes on its disk have changed by themselves, and what it does then.

use serde::{Deserialize, Serialize};

use crate::engine::base::Micros;

/// Who makes the checksum that is kept with a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Checksum {
    /// Nobody: rotten bytes look like any others.
    #[default]
    None,
    /// Each replica, of what it stores (Apache Cassandra: of each chunk of a file; Riak: of each object). What was rotten when it came gets a
    /// checksum that fits.
    Replica,
    /// Whoever takes up the client's write. It goes wherever the value goes, 8 bytes in each message, and tells on every copy of rotten bytes.
    Writer,
}

/// What a replica does about a value whose checksum does not fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Rotten {
    /// It keeps it, and answers reads of it with a failure (Apache Cassandra, `disk_failure_policy: ignore`).
    Keep,
    /// It gives it up, and waits until a read repair or a sweep brings it anew (Riak answers as if it had never had it).
    Drop,
    /// It gives it up and asks another replica for it (Garage, `src/block/repair.rs`).
    #[default]
    Refetch,
}

/// A replica reads everything it holds in the background and checks it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Scrub {
    /// Rest between one look at everything and the next (Garage: 25 days).
    pub every: Micros,
    /// Bytes read a second; 0 for no limit.
    #[serde(default)]
    pub rate: u64,
}

/// Everything about checksums.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct IntegritySettings {
    /// Who makes them.
    pub checksum: Checksum,
    /// Whether they are checked whenever a value is read (Apache Cassandra, `crc_check_chance` 1.0).
    pub on_read: bool,
    /// What a replica does about a value that does not fit.
    pub rotten: Rotten,
    /// Checks in the background; none if left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scrub: Option<Scrub>,
}

impl Default for IntegritySettings {
    /// No checksums; once there are, every read checks them.
    fn default() -> Self {
        IntegritySettings { checksum: Checksum::None, on_read: true, rotten: Rotten::Refetch, scrub: None }
    }
}

impl IntegritySettings {
    /// Whether nothing was chosen: then it is left out of run files.
    pub fn is_default(&self) -> bool {
        *self == IntegritySettings::default()
    }
}
