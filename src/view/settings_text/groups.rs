//! Sentences that are folded away until somebody wants them, each group with what is in force in a few words.

use super::{Part, checks, missed, reads, sweeping, writes};
use crate::engine::node::{Checksum, Keeper, Misbehaviour, Proximity, ReadSettings, Settings, StandIn, WriteSettings};
use crate::lab::Session;

/// Sentences about one mechanism.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// A stable name: `settings-<id>` in the page.
    pub id: &'static str,
    /// What it is about.
    pub title: &'static str,
    /// What is in force, in a few words.
    pub brief: &'static str,
    /// Whether that is something else than nothing or the plain way.
    pub active: bool,
    /// The sentences.
    pub sentences: Vec<Vec<Part>>,
}

/// The groups in force at the cursor.
pub fn groups(session: &Session) -> Vec<Group> {
    let s = session.world().settings();
    let group = |id, title, (brief, active), sentences| Group { id, title, brief, active, sentences };
    vec![
        group("hints", "Hints", hints(s), missed::hints(&s.hints)),
        group("stand-ins", "Stand-ins", stand_ins(s), missed::stand_ins(&s.fallback)),
        group("writes", "How writes go", writing(&s.write), writes::sentences(s.write)),
        group("reads", "How reads go", reading(&s.read), reads::sentences(s.read)),
        group("checksums", "Checksums", checksums(s), checks::sentences(s.integrity)),
        group("sweeps", "Sweeps", sweeps(s), sweeping::sweeps(&s.sweeps)),
        group("disks", "Disks", disks(s), sweeping::disks(s.disk)),
        group("rules", "Rules to break", rules(s), missed::rules(s)),
    ]
}

fn hints(s: &Settings) -> (&'static str, bool) {
    match s.hints.keeper {
        Keeper::Nobody => ("none are kept", false),
        _ if s.hints.paused => ("kept, replay stands still", true),
        Keeper::Coordinator => ("kept by the coordinator", true),
        Keeper::Replica => ("kept by another replica", true),
        Keeper::Any | Keeper::Consistent(_) | Keeper::Proximity => ("kept outside the list", true),
    }
}

fn stand_ins(s: &Settings) -> (&'static str, bool) {
    match s.fallback.stand_in {
        StandIn::Nobody => ("nobody: strict quorums", false),
        StandIn::NextHealthy => ("the next healthy node", true),
        StandIn::Partition => ("the next healthy partition", true),
    }
}

fn writing(now: &WriteSettings) -> (&'static str, bool) {
    let usual = WriteSettings::default();
    let plain = *now == WriteSettings { level: now.level, timeout: now.timeout, ..usual };
    if plain { ("to all at once", false) } else { ("as set", true) }
}

fn reading(now: &ReadSettings) -> (&'static str, bool) {
    let proximity = if now.proximity == Proximity::Prefix { Proximity::Ring } else { now.proximity };
    let usual = ReadSettings {
        level: now.level,
        timeout: now.timeout,
        digests: now.digests,
        second_round: now.second_round,
        repair: now.repair,
        ..ReadSettings::default()
    };
    if (ReadSettings { proximity, ..*now }) == usual { ("as few as needed", false) } else { ("as set", true) }
}

fn checksums(s: &Settings) -> (&'static str, bool) {
    match (s.integrity.checksum, s.integrity.scrub) {
        (Checksum::None, _) => ("none: rot goes unseen", false),
        (Checksum::Replica, None) => ("made by each replica", true),
        (Checksum::Writer, None) => ("made at the write", true),
        (Checksum::Replica, Some(_)) => ("made by each replica, scrubbed", true),
        (Checksum::Writer, Some(_)) => ("made at the write, scrubbed", true),
    }
}

fn sweeps(s: &Settings) -> (&'static str, bool) {
    match (s.sweeps.schedule, s.sweeps.queue) {
        (None, _) => ("only when told to", false),
        (Some(_), None) => ("by themselves, peer by peer", true),
        (Some(_), Some(_)) => ("by themselves, range by range", true),
    }
}

fn disks(s: &Settings) -> (&'static str, bool) {
    match s.disk {
        None => ("take no time", false),
        Some(disk) if disk.sweep_share_ppm.is_some() => ("with a share for sweeps", true),
        Some(_) => ("first come, first served", true),
    }
}

fn rules(s: &Settings) -> (&'static str, bool) {
    let kept = !s.hints.never_expire && s.misbehave == Misbehaviour::default() && s.read.proximity != Proximity::Prefix;
    if kept { ("all are kept", false) } else { ("some are broken", true) }
}
