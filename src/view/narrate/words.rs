//! Words for settings and other choices, shared by sentences and lists.

use crate::engine::node::{ClientSettings, Detector, Direct, Policy, Repair, SecondRound, Setting, Settings, Sync, Tombstones};
use crate::engine::place::Replication;
use crate::engine::world::{Popularity, Workload};
use crate::view::format::{counted, list, per_cent, span};

/// A change of a setting, as a clause: `a write waits for ALL`.
pub fn setting(setting: Setting) -> String {
    match setting {
        Setting::Replicas(Replication::Simple(n)) => format!("each key lives on {}", counted(u64::from(n), "node", "nodes")),
        Setting::Replicas(n) => format!("each key lives on {}, counted zone by zone: {n}", counted(u64::from(n.total()), "node", "nodes")),
        Setting::WriteLevel(level) => format!("a write waits for {} unless it says otherwise", level.name()),
        Setting::ReadLevel(level) => format!("a read waits for {} unless it says otherwise", level.name()),
        Setting::Repair(Repair::Blocking) => "stale replicas are repaired before the answer".to_owned(),
        Setting::Repair(Repair::Asynchronous) => "stale replicas are repaired after the answer".to_owned(),
        Setting::Repair(Repair::Off) => "stale replicas are not repaired".to_owned(),
        Setting::SecondRound(SecondRound::Differing) => "after a mismatch only those that differ send their rows".to_owned(),
        Setting::SecondRound(SecondRound::Everyone) => "after a mismatch everyone sends the whole row".to_owned(),
        Setting::Digests(true) => "a read asks one replica for its row and the others for digests".to_owned(),
        Setting::Digests(false) => "a read asks all replicas for whole rows".to_owned(),
        Setting::Sync(Sync::EveryWrite) => "a write is on disk before it is confirmed".to_owned(),
        Setting::Sync(Sync::Every(every)) => format!("writes reach the disk up to {} later", span(every)),
        Setting::Detector(Detector::None) => "no node ever believes another down".to_owned(),
        Setting::Detector(Detector::Heartbeat { every, timeout }) => {
            format!("nodes send heartbeats every {} and believe a peer down after {} of silence", span(every), span(timeout))
        }
        Setting::Detector(Detector::Accrual(a)) => format!(
            "nodes send heartbeats every {} and believe a peer down once its silence is suspicious beyond {}",
            span(a.every),
            a.threshold
        ),
        Setting::Digest(function) => format!("digests are made with {}, {} bytes each", function.name(), function.size()),
        Setting::Tombstones(Tombstones::Keep) => "tombstones are kept for good".to_owned(),
        Setting::Tombstones(Tombstones::Purge { grace, every }) => {
            format!("tombstones older than {} are removed; nodes look for them every {}", span(grace), span(every))
        }
        Setting::WriteTimeout(after) => format!("a coordinator waits {} for a write", span(after)),
        Setting::ReadTimeout(after) => format!("a coordinator works {} on a read", span(after)),
        Setting::Repair(Repair::BlockingAll) => "stale replicas are repaired before the answer, and all of them must confirm".to_owned(),
        Setting::Repair(Repair::Bounded(most)) => {
            format!("stale replicas are repaired before the answer, which waits {} at most", span(most))
        }
        // Of a whole group, what is not as usual.
        Setting::Write(_) | Setting::Read(_) | Setting::Hints(_) | Setting::Fallback(_) | Setting::Misbehave(_) => {
            super::changed::changed(&Settings::default(), setting)
        }
        Setting::Client(settings) => client(&settings),
        Setting::Sweeps(sweeps) => super::sweep::setting(&sweeps),
        Setting::Integrity(integrity) => super::rot::setting(&integrity),
        Setting::Disk(None) => "disks take no time".to_owned(),
        Setting::Disk(Some(disk)) => match disk.sweep_share_ppm {
            None => format!("finding a row on a disk takes {}, first come, first served", span(disk.read)),
            Some(share) => format!("finding a row on a disk takes {}, and sweeps get {} of its time", span(disk.read), per_cent(share)),
        },
        Setting::ClientTimeout(after) => format!("a client waits {} for an answer", span(after)),
    }
}

/// What clients do by themselves, as a clause.
fn client(settings: &ClientSettings) -> String {
    let mut parts = Vec::new();
    match (settings.read_your_writes, settings.monotonic_reads) {
        (true, true) => parts.push("take nothing older than what they have written or read".to_owned()),
        (true, false) => parts.push("take nothing older than what they have written".to_owned()),
        (false, true) => parts.push("take nothing older than what they have read".to_owned()),
        (false, false) => {}
    }
    if settings.sticky {
        parts.push("stay with a coordinator while it answers".to_owned());
    }
    if settings.retries > 0 {
        parts.push(format!("try again up to {}", counted(u64::from(settings.retries), "time", "times")));
    }
    if let Policy::Lower(level) = settings.policy {
        parts.push(format!("settle for {} when their level cannot be had", level.name()));
    }
    match settings.direct {
        Direct::Off => {}
        Direct::Level => parts.push("read as many replicas as the level needs by themselves".to_owned()),
        Direct::Everyone => parts.push("read all replicas by themselves".to_owned()),
    }
    if parts.is_empty() { "clients remember nothing and ask once".to_owned() } else { format!("clients {}", list(parts)) }
}

/// What a workload asks, as a sentence without its full stop.
pub fn workload(workload: &Workload) -> String {
    let reads = per_cent(workload.reads_ppm);
    let keys = counted(workload.keys, "key", "keys");
    let which = match workload.popularity {
        Popularity::Uniform => format!("{keys}, all alike"),
        Popularity::Skew { keys_ppm, operations_ppm } => {
            let s = workload.exponent_thousandths().unwrap_or(0);
            format!(
                "{keys}, of which {} take {} (Zipf's law with exponent {}.{:02})",
                per_cent(keys_ppm),
                per_cent(operations_ppm),
                s / 1_000,
                s % 1_000 / 10
            )
        }
    };
    format!(
        "For {} there is an operation every {} on average, {reads} of them reads, on {which}",
        span(workload.duration),
        span(workload.every)
    )
}
