//! What the levels of reads and writes promise together, as a sum and a sentence: `2 + 2 > 3`.
//!
//! Two sets of replicas are sure to meet if together they are more than there are replicas to choose from. How many they share at least
//! is worked out from what both levels wait for ([`Need`]), zone by zone where replicas are counted by zone.

use crate::engine::node::coordinate::need;
use crate::engine::node::{Keeper, Level, Need, Settings, StandIn};
use crate::engine::place::{Replication, Ring, ZoneId};
use crate::view::format::{counted, list};
use crate::view::placement_text::zone_name;

/// What can be said of a read after a write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Promise {
    /// They meet at one replica at least.
    Meets,
    /// They may miss each other.
    MayMiss,
    /// One of them can never succeed.
    Never,
}

/// One sum and what follows from it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// `2 + 2 > 3`; empty if there is nothing to add.
    pub sum: String,
    /// What follows, without a capital: `every read meets every write at one replica at least`.
    pub words: String,
    /// The same as a kind.
    pub promise: Promise,
}

/// The sentences about the levels in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Overlap {
    /// One sum, or one for each way in which coordinators may stand.
    pub lines: Vec<Line>,
    /// What the sums do not say, as whole sentences.
    pub notes: Vec<String>,
}

/// Replicas in each zone, as levels see them: one entry if zones do not count.
fn counts(replication: &Replication) -> Vec<u32> {
    match replication {
        Replication::Simple(n) => vec![*n],
        Replication::PerZone(list) => list.counts().iter().map(|n| u32::from(*n)).collect(),
    }
}

/// How many replicas a read and a write share at least, whichever of those allowed they get.
pub fn shared(write: &Need, read: &Need, zones: &[u32]) -> u32 {
    let total: u32 = zones.iter().sum();
    let in_zone = |zone: u32| zones.get(zone as usize).copied().unwrap_or(0);
    // Of each zone: how many are sure to be taken from it, or nothing if any replica will do.
    let part = |need: &Need, zone: u32| match need {
        Need::Total(_) => 0,
        Need::Zone { zone: own, count } => {
            if *own == zone {
                *count
            } else {
                0
            }
        }
        Need::Each(each) => each.get(zone as usize).copied().unwrap_or(0),
    };
    match (write, read) {
        (Need::Total(a), b) | (b, Need::Total(a)) => (a + b.required()).saturating_sub(total),
        (a, b) => (0..zones.len() as u32).map(|z| (part(a, z) + part(b, z)).saturating_sub(in_zone(z))).sum(),
    }
}

/// Whether an operation can ever succeed: enough replicas are where it wants them.
fn possible(need: &Need, zones: &[u32]) -> bool {
    match need {
        Need::Total(n) => *n <= zones.iter().sum(),
        Need::Zone { zone, count } => *count <= zones.get(*zone as usize).copied().unwrap_or(0),
        Need::Each(each) => each.iter().zip(zones).all(|(need, there)| need <= there),
    }
}

/// `read + write > all`, with the sign that holds.
fn sum(read: u32, write: u32, all: u32) -> String {
    format!("{read} + {write} {} {all}", if read + write > all { ">" } else { "\u{2264}" })
}

fn meets(shared: u32) -> Line {
    let words = match shared {
        0 => "a read may miss the write".to_owned(),
        1 => "every read meets every write at one replica at least".to_owned(),
        n => format!("every read meets every write at {n} replicas at least"),
    };
    Line { sum: String::new(), words, promise: if shared > 0 { Promise::Meets } else { Promise::MayMiss } }
}

impl Overlap {
    /// What the settings in force promise on this ring.
    pub fn of(settings: &Settings, ring: &Ring) -> Overlap {
        let zones = counts(&settings.replicas);
        let (write, read) = (settings.write.level, settings.read.level);
        let lines = if write == Level::Any && settings.hints.keeper != Keeper::Nobody {
            // Only where hints are kept does ANY differ from ONE.
            let words = "a hint alone can be enough for a write, and no read sees a hint: it may miss the write".to_owned();
            vec![Line { sum: String::new(), words, promise: Promise::MayMiss }]
        } else if zones.len() > 1 && (write.is_local() || read.is_local()) {
            local(settings, ring, &zones)
        } else {
            vec![anywhere(settings, &zones)]
        };
        let notes = notes(settings, &zones, &lines);
        Overlap { lines, notes }
    }

    /// The promise that holds however coordinators stand.
    pub fn promise(&self) -> Promise {
        let any = |wanted: Promise| self.lines.iter().any(|l| l.promise == wanted);
        if any(Promise::Never) {
            Promise::Never
        } else if any(Promise::MayMiss) {
            Promise::MayMiss
        } else {
            Promise::Meets
        }
    }

    /// Everything in one paragraph.
    pub fn text(&self) -> String {
        let line = |l: &Line| if l.sum.is_empty() { format!("{}.", capital(&l.words)) } else { format!("{}: {}.", l.sum, l.words) };
        self.lines.iter().map(line).chain(self.notes.iter().cloned()).collect::<Vec<_>>().join(" ")
    }
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|c| c.to_uppercase().collect::<String>()).unwrap_or_default() + chars.as_str()
}

/// One that can never succeed, and why.
fn never(what: &str, level: Level, need: &Need, there: u32, place: &str) -> Line {
    let wants = counted(need.required().into(), "replica", "replicas");
    let has = if there == 0 { "holds none".to_owned() } else { format!("has {there}") };
    let words = format!("a {what} at {} needs {wants}, and {place} {has}: it can never succeed", level.name());
    Line { sum: String::new(), words, promise: Promise::Never }
}

/// Levels for which it does not matter where coordinators stand.
fn anywhere(settings: &Settings, zones: &[u32]) -> Line {
    let total: u32 = zones.iter().sum();
    let (write, read) = (need(settings.write.level, &settings.replicas, 0), need(settings.read.level, &settings.replicas, 0));
    for (what, level, need) in [("write", settings.write.level, &write), ("read", settings.read.level, &read)] {
        if !possible(need, zones) {
            return never(what, level, need, total, "a key");
        }
    }
    let shared = shared(&write, &read, zones);
    let sums = match (&write, &read) {
        // Each zone overlaps for itself.
        (Need::Each(w), Need::Each(r)) => {
            let mut sums: Vec<String> =
                w.iter().zip(r.iter()).zip(zones).filter(|(_, n)| **n > 0).map(|((w, r), n)| sum(*r, *w, *n)).collect();
            sums.dedup();
            format!("{} in each zone", sums.join(" and "))
        }
        _ => sum(read.required(), write.required(), total),
    };
    Line { sum: sums, ..meets(shared) }
}

/// Levels that count replicas of the coordinator's zone only: within a zone, and across zones.
fn local(settings: &Settings, ring: &Ring, zones: &[u32]) -> Vec<Line> {
    let name = |zone: u32| zone_name(ring, ZoneId(zone));
    let write = |zone: u32| need(settings.write.level, &settings.replicas, zone);
    let read = |zone: u32| need(settings.read.level, &settings.replicas, zone);
    let mut lines: Vec<(Line, Vec<u32>)> = Vec::new();
    let mut add = |line: Line, zone: u32| match lines.iter_mut().find(|(l, _)| *l == line) {
        Some((_, places)) => places.push(zone),
        None => lines.push((line, vec![zone])),
    };
    let all = 0..(zones.len() as u32).max(ring.zones().len() as u32);
    let mut live = Vec::new();
    for zone in all {
        let here = zones.get(zone as usize).copied().unwrap_or(0);
        let (w, r) = (write(zone), read(zone));
        let fails =
            [("write", settings.write.level, &w), ("read", settings.read.level, &r)].into_iter().find(|(_, _, n)| !possible(n, zones));
        if let Some((what, level, need)) = fails {
            add(never(what, level, need, here, "a zone"), zone);
            continue;
        }
        live.push(zone);
        let within = if matches!((&w, &r), (Need::Total(_), _) | (_, Need::Total(_))) { zones.iter().sum() } else { here };
        let of = |need: &Need| match need {
            Need::Each(each) => each.get(zone as usize).copied().unwrap_or(0),
            other => other.required(),
        };
        add(Line { sum: sum(of(&r), of(&w), within), ..meets(shared(&w, &r, zones)) }, zone);
    }
    let every = ring.zones().len();
    let mut told: Vec<Line> = lines
        .into_iter()
        .map(|(line, places)| {
            let place = if places.len() == every {
                "within each zone".to_owned()
            } else {
                format!("within {}", list(places.into_iter().map(name)))
            };
            Line { words: format!("{place}, {}", line.words), ..line }
        })
        .collect();
    let pairs = live.iter().flat_map(|a| live.iter().map(move |b| (*a, *b))).filter(|(a, b)| a != b);
    let least = pairs.map(|(a, b)| shared(&write(a), &read(b), zones)).min();
    told.extend(least.map(|least| {
        let words = match least {
            0 => "across zones, a read may miss the write".to_owned(),
            _ => format!("across zones too, {}", meets(least).words),
        };
        Line { words, ..meets(least) }
    }));
    told
}

/// What the sums leave out: who may be down, and stand-ins.
fn notes(settings: &Settings, zones: &[u32], lines: &[Line]) -> Vec<String> {
    let mut notes = Vec::new();
    let total: u32 = zones.iter().sum();
    let needs = (need(settings.write.level, &settings.replicas, 0), need(settings.read.level, &settings.replicas, 0));
    let meets = lines.iter().all(|l| l.promise == Promise::Meets);
    let possible = lines.iter().all(|l| l.promise != Promise::Never);
    if let ((Need::Total(w), Need::Total(r)), true, false) = (&needs, possible, settings.write.level == Level::Any) {
        let spare = |n: u32| if n == 0 { "none".to_owned() } else { n.to_string() };
        notes.push(if w == r {
            format!("Both go on with {} of {total} replicas down.", spare(total - w))
        } else {
            format!("Writes go on with {} of {total} replicas down, reads with {}.", spare(total - w), spare(total - r))
        });
    }
    if settings.fallback.stand_in != StandIn::Nobody {
        let owners = |level: Option<Level>| level.map_or(0, |l| l.block_for(total));
        let (pw, pr) = (owners(settings.write.primary), owners(settings.read.primary));
        if pw + pr > total {
            notes.push(format!("Stand-ins count as replicas, but PR and PW do not count them: {}.", sum(pr, pw, total)));
        } else if meets {
            notes.push(
                "But stand-ins count as replicas (a sloppy quorum): while owners are down, a write may lie where no read looks.".to_owned(),
            );
        }
    }
    notes
}

#[cfg(test)]
mod tests;
