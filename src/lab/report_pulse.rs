//! What a report says about latencies and sweeps.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::player::Player;
use super::report_checks::SpansReport;
use crate::engine::base::Micros;
use crate::engine::observe::sweep_backlog;

/// Clients beside sweeps.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PulseReport {
    /// From the beginning to the end of each read, however it ended.
    pub read_latency: SpansReport,
    /// The same of writes and deletes.
    pub write_latency: SpansReport,
    /// Bytes sent from one zone into another.
    pub cross_zone_bytes: u64,
    /// Of these, bytes of sweeps.
    pub sweep_cross_zone_bytes: u64,
    /// Sweeps begun.
    pub sweeps: u64,
    /// Of these, sweeps that ended well.
    pub sweeps_good: u64,
    /// Of these, sweeps that did not.
    pub sweeps_failed: u64,
    /// Sweeps of queues that were put off after a failure.
    pub sweep_retries: u64,
    /// Rows that replicas had lacked and took from sweeps.
    pub sweep_rows: u64,
    /// Bytes of messages of sweeps.
    pub sweep_bytes: u64,
    /// Sweeps that wait or are under way at the end.
    pub sweep_backlog: u64,
    /// At each node with a queue, the time since the range that waits longest for it was last swept well, at the end; ranges that never
    /// were are left out.
    pub longest_unswept_us: BTreeMap<String, u64>,
    /// When the last copy caught up that was behind; absent if some still are or none ever was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub converged_us: Option<u64>,
}

impl PulseReport {
    /// As things stand at the player's place, with the changes of the number of stale copies.
    pub(super) fn of(player: &Player, divergence: &[(u64, u64)]) -> PulseReport {
        let (pulse, now) = (&player.pulse, player.world.now());
        let swept = pulse.swept;
        let longest = player.world.hosts().iter().filter_map(|host| {
            let oldest = host.node.sweeps.queue().done().values().map(|done| done.at).min()?;
            Some((host.node.id.to_string(), now.since(oldest).0))
        });
        PulseReport {
            read_latency: SpansReport::of(&pulse.reads.all),
            write_latency: SpansReport::of(&pulse.writes.all),
            cross_zone_bytes: pulse.across_zones,
            sweep_cross_zone_bytes: pulse.swept_across,
            sweeps: swept.begun,
            sweeps_good: swept.good,
            sweeps_failed: swept.failed,
            sweep_retries: swept.retries,
            sweep_rows: swept.rows,
            sweep_bytes: swept.bytes,
            sweep_backlog: sweep_backlog(&player.world),
            longest_unswept_us: longest.collect(),
            converged_us: divergence.last().filter(|(_, stale)| *stale == 0).map(|(at, _)| Micros(*at).0),
        }
    }
}
