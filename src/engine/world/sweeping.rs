//! Sweeps as the world sees them: told to a node, and bounded where they come in.

use super::bounds::{CommandError, LIMITS, ensure, span};
use super::event::{Event, Fault};
use super::host::{Status, Waiting};
use super::sim::World;
use crate::engine::base::{Micros, NodeId};
use crate::engine::node::{Input, SweepPolicy, SweepSettings};

impl World {
    /// Tells a node to compare with another one. A node that is down hears nothing, and a paused one will.
    pub(super) fn sweep(&mut self, node: NodeId, with: NodeId, policy: SweepPolicy, log: &mut Vec<Event>) {
        let Some(status) = self.host(node).map(|h| h.status).filter(|status| *status != Status::Down) else { return };
        let cause = self.fault(Some(node.into()), Fault::SweepAsked { with }, log);
        match status {
            Status::Up => self.run_node(node, Input::Sweep(with, policy), cause, log),
            _ => self.hosts[node.index()].waiting.push(Waiting::Sweep(with, policy)),
        }
    }
}

impl World {
    /// Tells a node to stop sweeps of its own. A node that is down hears nothing, and a paused one will.
    pub(super) fn stop_sweep(&mut self, node: NodeId, number: Option<u32>, log: &mut Vec<Event>) {
        let Some(status) = self.host(node).map(|h| h.status).filter(|status| *status != Status::Down) else { return };
        let cause = self.fault(Some(node.into()), Fault::SweepStopped { number }, log);
        match status {
            Status::Up => self.run_node(node, Input::StopSweep(number), cause, log),
            _ => self.hosts[node.index()].waiting.push(Waiting::StopSweep(number)),
        }
    }
}

/// Whether a sweep's trees are within their bounds.
pub(super) fn check_policy(policy: &SweepPolicy) -> Result<(), CommandError> {
    if let Some((field, problem)) = policy.fault() {
        return Err(CommandError { field, problem });
    }
    if let Some(segments) = policy.segments {
        span("making of segments", segments.build, Micros::ZERO)?;
        span("expiry of segments", segments.expire, Micros::ms(1))?;
        span("rest between reads", segments.throttle, Micros::ZERO)?;
    }
    if let Some(trie) = policy.trie {
        span("lag of tries", trie.lag, Micros::ZERO)?;
    }
    Ok(())
}

/// Whether every value is within its bounds.
pub(super) fn check_sweeps(sweeps: &SweepSettings) -> Result<(), CommandError> {
    let least = Micros::ms(1);
    if let Some(schedule) = sweeps.schedule {
        span("time between two sweeps", schedule.every, least)?;
        span("jitter of sweeps", schedule.jitter, Micros::ZERO)?;
    }
    span("sweep timeout", sweeps.timeout, least)?;
    span("sweep back-off", sweeps.back_off, Micros::ZERO)?;
    let counts = [
        ("sweeps at once", sweeps.at_once, 1, 64),
        ("rows at once", sweeps.rows_at_once, 1, 1024),
        ("sweep retries", sweeps.retries, 0, LIMITS.retries),
    ];
    for (field, n, low, high) in counts {
        ensure(field, (low..=high).contains(&n), || format!("must be {low} to {high}, is {n}"))?;
    }
    for (field, rate) in
        [("bytes of sweeps a second by a node", sweeps.caps.node), ("bytes of sweeps a second out of a zone", sweeps.caps.zone)]
    {
        ensure(field, rate <= LIMITS.hint_bytes, || format!("must be at most {}, is {rate}", LIMITS.hint_bytes))?;
    }
    if let Some(queue) = sweeps.queue {
        let counts = [
            ("segments of a range", queue.segments, 1, 64),
            ("sweeps that wait", queue.most, 1, 10_000),
            ("intensity of sweeps in ppm", queue.intensity_ppm, 10_000, 1_000_000),
        ];
        for (field, n, low, high) in counts {
            ensure(field, (low..=high).contains(&n), || format!("must be {low} to {high}, is {n}"))?;
        }
    }
    if let Some(log) = sweeps.log {
        let entries = 1..=LIMITS.log_entries;
        ensure("log entries", entries.contains(&log.entries), || format!("must be 1 to {}, is {}", LIMITS.log_entries, log.entries))?;
        ensure("log bytes", log.bytes <= LIMITS.hint_bytes, || format!("must be at most {} bytes, is {}", LIMITS.hint_bytes, log.bytes))?;
    }
    check_policy(&sweeps.policy)
}
