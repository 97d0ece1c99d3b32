//! Bounds of the protocol settings. They are checked together: a level is a number out of N.

use super::bounds::{CommandError, LIMITS, ensure, level, level_of_rows, ppm, span};
use super::placement::check_counts;
use super::sweeping::check_sweeps;
use crate::engine::base::Micros;
use crate::engine::node::{
    Accrual, ClientSettings, Contact, Coordinate, Detector, Disk, FallbackSettings, HintSettings, Keeper, Level, Phi, Policy, ReadSettings,
    Repair, Settings, Speculate, Sync, Tombstones, WriteSettings,
};

/// The shortest of most spans: what repeats more often would fill a run before anything could be seen.
const LEAST: Micros = Micros::ms(1);

/// A number of things, from `least` on.
fn count(field: &'static str, value: u32, least: u32, most: u32) -> Result<(), CommandError> {
    ensure(field, (least..=most).contains(&value), || format!("must be {least} to {most}, is {value}"))
}

fn bytes(field: &'static str, value: u64, least: u64) -> Result<(), CommandError> {
    ensure(field, (least..=LIMITS.hint_bytes).contains(&value), || format!("must be {least} to {} bytes, is {value}", LIMITS.hint_bytes))
}

fn optional(field: &'static str, at: Option<Level>, n: u32) -> Result<(), CommandError> {
    at.map_or(Ok(()), |at| level_of_rows(field, at, n))
}

impl Settings {
    /// Whether every value is within its bounds.
    pub fn check(&self) -> Result<(), CommandError> {
        check_counts(&self.replicas)?;
        let n = self.replicas.total();
        check_writes(&self.write, n)?;
        check_reads(&self.read, n)?;
        check_hints(&self.hints)?;
        check_fallbacks(&self.fallback)?;
        check_clients(&self.client, n)?;
        span("client timeout", self.client_timeout, LEAST)?;
        if let Sync::Every(every) = self.sync {
            span("sync", every, LEAST)?;
        }
        check_detector(&self.detector)?;
        if let Some(disk) = self.disk {
            check_disk(&disk)?;
        }
        if let Tombstones::Purge { grace, every } = self.tombstones {
            span("grace", grace, Micros::ZERO)?;
            span("time between two looks for tombstones", every, LEAST)?;
        }
        if let Some(scrub) = self.integrity.scrub {
            span("time between two scrubs", scrub.every, LEAST)?;
            bytes("scrub rate", scrub.rate, 0)?;
        }
        check_sweeps(&self.sweeps)
    }
}

fn check_writes(write: &WriteSettings, n: u32) -> Result<(), CommandError> {
    level("write level", write.level, n)?;
    span("write timeout", write.timeout, LEAST)?;
    optional("write durable", write.durable, n)?;
    optional("write primary", write.primary, n)?;
    count("write confirms", write.confirms, 0, n)?;
    if let Coordinate::Replica { patience } = write.coordinate {
        span("write coordinate patience", patience, LEAST)?;
    }
    Ok(())
}

fn check_reads(read: &ReadSettings, n: u32) -> Result<(), CommandError> {
    level_of_rows("read level", read.level, n)?;
    span("read timeout", read.timeout, LEAST)?;
    optional("read primary", read.primary, n)?;
    if let Repair::Bounded(most) = read.repair {
        span("read repair bounded", most, LEAST)?;
    }
    if let Some(delay) = read.additional_write {
        span("read additional-write", delay, LEAST)?;
    }
    match read.speculate {
        Speculate::After(delay) => span("read speculate after", delay, LEAST)?,
        Speculate::Percentile(share) => count("read speculate percentile", share, 1, 1_000)?,
        Speculate::Never | Speculate::Always => {}
    }
    match read.contact {
        Contact::Level | Contact::Everyone => Ok(()),
        Contact::Chance { all_ppm, zone_ppm } => {
            ppm("read contact all-ppm", all_ppm)?;
            // One draw decides between everyone, the zone and nobody.
            ensure("read contact zone-ppm", zone_ppm <= 1_000_000 - all_ppm, || {
                format!("must be at most 1000000 together with all-ppm, {all_ppm}, is {zone_ppm}")
            })
        }
        Contact::Adaptive { low_ppm, high_ppm } => {
            ppm("read contact high-ppm", high_ppm)?;
            ensure("read contact low-ppm", low_ppm <= high_ppm, || format!("must be at most high-ppm, {high_ppm}, is {low_ppm}"))
        }
    }
}

fn check_hints(hints: &HintSettings) -> Result<(), CommandError> {
    if let Keeper::Consistent(nodes) = hints.keeper {
        count("hints keeper consistent", nodes, 1, LIMITS.nodes)?;
    }
    span("hints window", hints.window, Micros::ZERO)?;
    // Zero is another way of keeping them: on disk from the start.
    if hints.flush != Micros::ZERO {
        span("hints flush, unless it is 0s,", hints.flush, LEAST)?;
    }
    span("hints poll", hints.poll, LEAST)?;
    // A page without room for a hint would never end.
    bytes("hints page", u64::from(hints.page), 1)?;
    bytes("hints throttle", hints.throttle, 0)?;
    count("hints targets-at-once", hints.targets_at_once, 1, LIMITS.nodes)?;
    if let Some(lifetime) = hints.lifetime {
        span("hints lifetime", lifetime, LEAST)?;
    }
    bytes("hints room", hints.room, 0)?;
    count("hints overload", hints.overload, 0, LIMITS.overload)
}

fn check_disk(disk: &Disk) -> Result<(), CommandError> {
    for (field, value) in [("disk read", disk.read), ("disk write", disk.write), ("disk scan", disk.scan)] {
        let most = Micros::secs(1);
        ensure(field, value <= most, || format!("must be at most {most}, is {value}"))?;
    }
    let share = disk.sweep_share_ppm.unwrap_or(10_000);
    ensure("disk sweep-share-ppm", (10_000..=990_000).contains(&share), || format!("must be 10000 to 990000, is {share}"))
}

fn check_fallbacks(fallback: &FallbackSettings) -> Result<(), CommandError> {
    span("fallback tick", fallback.tick, LEAST)?;
    span("fallback idle", fallback.idle, Micros::ZERO)?;
    count("fallback at-once", fallback.at_once, 1, LIMITS.nodes)
}

fn check_clients(client: &ClientSettings, n: u32) -> Result<(), CommandError> {
    for (field, times) in [("client behind-retries", client.behind_retries), ("client retries", client.retries)] {
        ensure(field, times <= LIMITS.retries, || format!("must be at most {}, is {times}", LIMITS.retries))?;
    }
    span("client back-off", client.back_off, Micros::ZERO)?;
    // Reads are lowered to it as well as writes.
    if let Policy::Lower(lower) = client.policy { level_of_rows("client policy lower", lower, n) } else { Ok(()) }
}

fn check_detector(detector: &Detector) -> Result<(), CommandError> {
    match detector {
        Detector::None => Ok(()),
        Detector::Heartbeat { every, timeout } => {
            span("heartbeat interval", *every, LEAST)?;
            span("heartbeat timeout", *timeout, *every)
        }
        Detector::Accrual(accrual) => check_accrual(accrual),
    }
}

/// Bounds of the accrual detector: a look every microsecond, a window without end or a threshold that is never reached help nobody.
fn check_accrual(accrual: &Accrual) -> Result<(), CommandError> {
    span("heartbeat interval", accrual.every, LEAST)?;
    span("initial interval", accrual.initial, LEAST)?;
    span("longest interval learned", accrual.max_interval, LEAST)?;
    // A pause shorter than the interval would be noticed at every look, and nobody would ever be given up.
    span("pause", accrual.pause, accrual.every)?;
    count("window", accrual.window, 1, 10_000)?;
    let phi = accrual.threshold;
    ensure("threshold", (Phi(100)..=Phi::whole(100)).contains(&phi), || format!("must be 0.1 to 100, is {phi}"))
}
