//! Points for plots over time: a few hundred for a run, however long it is.

use super::player::Player;
use crate::engine::base::{EventId, Micros};
use crate::engine::observe::sweep_backlog;

/// Points of a run at most.
const POINTS: u64 = 240;

/// How things stood at an instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sample {
    /// The last event before.
    pub event: EventId,
    /// When.
    pub at: Micros,
    /// What one read in a hundred of the last few seconds exceeded; `None` if none ended.
    pub read_p99: Option<Micros>,
    /// The same of writes.
    pub write_p99: Option<Micros>,
    /// Bytes sent from one zone into another since the start.
    pub across_zones: u64,
    /// Bytes of sweeps since the start.
    pub swept: u64,
    /// Sweeps that wait or are under way.
    pub backlog: u64,
    /// Copies that lack something.
    pub stale: u64,
}

/// Takes a point if one is due: the last one is long enough ago.
pub(super) fn sample(samples: &mut Vec<Sample>, player: &Player, event: EventId, at: Micros, end: Micros) {
    let every = end.0 / POINTS + 1;
    if samples.last().is_some_and(|last| last.at.0 / every == at.0 / every) {
        return;
    }
    let pulse = &player.pulse;
    samples.push(Sample {
        event,
        at,
        read_p99: pulse.reads.quantile(at, 990),
        write_p99: pulse.writes.quantile(at, 990),
        across_zones: pulse.across_zones,
        swept: pulse.swept.bytes,
        backlog: sweep_backlog(&player.world),
        stale: player.truth.stale_copies(),
    });
}
