//! The settings as sentences whose values can be changed, and reading the values that people type.

mod checks;
mod copies;
mod groups;
mod living;
mod missed;
mod number;
mod reads;
mod sweeping;
mod writes;

use crate::engine::base::{DigestFunction, Micros};
use crate::engine::node::coordinate::need;
use crate::engine::node::{Accrual, Detector, Level, Phi, Repair, SecondRound, Setting, Settings, Sync, Tombstones};
use crate::engine::place::Replication;
use crate::engine::world::{LIMITS, Latency, NetworkConfig};
use crate::lab::Session;
use crate::view::console::levels;
use living::{beats, deletes};

pub use groups::{Group, groups};
pub use number::{Number, Unit, exact, per_cent_field, read_offset, read_per_cent, read_span, scaled};

/// What a changed value does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// Changes a protocol setting.
    Setting(Setting),
    /// Changes the network, which is part of the world and not of the nodes.
    Network(NetworkConfig),
    /// Changes the number of nodes, which is possible only from the start of a run.
    Nodes(u32),
}

/// One choice among a few.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// A stable name: `setting-<id>` in the page.
    pub id: &'static str,
    /// What is chosen, for somebody who does not see the sentence.
    pub label: &'static str,
    /// The words of each option and what it does.
    pub options: Vec<(String, Change)>,
    /// Which one is in force; none if the value in force is not among them.
    pub chosen: Option<usize>,
}

/// A part of a sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// Words.
    Text(&'static str),
    /// Words about this run.
    Words(String),
    /// A choice.
    Choice(Choice),
    /// A number.
    Number(Number),
}

fn choice(id: &'static str, label: &'static str, options: Vec<(String, Change)>, is: Change) -> Part {
    let chosen = options.iter().position(|(_, change)| *change == is);
    Part::Choice(Choice { id, label, options, chosen })
}

pub(super) fn settings_choice(id: &'static str, label: &'static str, options: &[(&str, Setting)], is: Setting) -> Part {
    choice(id, label, options.iter().map(|(words, s)| ((*words).to_owned(), Change::Setting(*s))).collect(), Change::Setting(is))
}

/// A choice among values of one part of a setting.
fn one_of<T: Copy>(id: &'static str, label: &'static str, options: &[(&str, T)], is: T, set: impl Fn(T) -> Setting) -> Part {
    let options: Vec<(&str, Setting)> = options.iter().map(|(words, value)| (*words, set(*value))).collect();
    settings_choice(id, label, &options, set(is))
}

fn amount(id: &'static str, label: &'static str, value: u64, (least, most): (u64, u64), unit: Unit) -> Part {
    Part::Number(Number { id, label, value, least, most, unit })
}

/// How many replicas a level waits for, seen from each zone: `2`, or `2 or 1` where zones differ.
fn waits_for(level: Level, replicas: &Replication) -> String {
    let zones = if let Replication::PerZone(list) = replicas { list.counts().len() as u32 } else { 1 };
    let mut counts: Vec<String> = (0..zones).map(|home| need(level, replicas, home).required().to_string()).collect();
    counts.dedup();
    counts.join(" or ")
}

fn level(id: &'static str, label: &'static str, replicas: &Replication, is: Level, set: fn(Level) -> Setting) -> Part {
    let words = |l: Level| format!("{} ({})", waits_for(l, replicas), l.name());
    let options = levels(is, id == "read-level").into_iter().map(|l| (words(l), Change::Setting(set(l)))).collect();
    choice(id, label, options, Change::Setting(set(is)))
}

fn time(id: &'static str, label: &'static str, value: Micros) -> Part {
    Part::Number(Number { id, label, value: value.0, least: 1_000, most: LIMITS.span.0, unit: Unit::Span })
}

/// What stands for the interval until somebody chooses another, when writes begin to reach the disk later.
const SYNC: Micros = Micros::secs(10);
/// How long an answer waits for a repair until somebody chooses another span.
const BOUND: Micros = Micros::ms(20);

/// The settings in force at the cursor, sentence by sentence.
pub fn sentences(session: &Session) -> Vec<Vec<Part>> {
    let settings = session.world().settings();
    let ring = copies::ring(session).into_iter();
    let rest = [
        reading(settings),
        disk(settings),
        deletes(settings),
        beats(settings),
        patience(settings),
        super::client_text::sentence(settings.client),
        travel(session.world().network().config),
    ];
    ring.chain([copies::copies(settings, session.world().ring())]).chain(rest).collect()
}

/// The sentence about what can be changed only from the start of a run.
pub fn ring(session: &Session) -> Vec<Part> {
    let value = session.script().config.nodes.into();
    let number = Number { id: "nodes", label: "nodes of the ring", value, least: 1, most: LIMITS.nodes.into(), unit: Unit::Count };
    vec![Part::Text("The ring has "), Part::Number(number), Part::Text(" nodes.")]
}

fn reading(s: &Settings) -> Vec<Part> {
    let digests = settings_choice(
        "digests",
        "what a read asks the other replicas for",
        &[("a digest", Setting::Digests(true)), ("the whole row", Setting::Digests(false))],
        Setting::Digests(s.read.digests),
    );
    let round = settings_choice(
        "second-round",
        "whom a read asks again",
        &[("those that differ", Setting::SecondRound(SecondRound::Differing)), ("everyone", Setting::SecondRound(SecondRound::Everyone))],
        Setting::SecondRound(s.read.second_round),
    );
    let bounded = if let Repair::Bounded(_) = s.read.repair { s.read.repair } else { Repair::Bounded(BOUND) };
    let repair = settings_choice(
        "repair",
        "when copies that are behind are repaired",
        &[
            ("before the answer", Setting::Repair(Repair::Blocking)),
            ("all before the answer", Setting::Repair(Repair::BlockingAll)),
            ("first, but not for long", Setting::Repair(bounded)),
            ("after the answer", Setting::Repair(Repair::Asynchronous)),
            ("never", Setting::Repair(Repair::Off)),
        ],
        Setting::Repair(s.read.repair),
    );
    let mut parts = vec![Part::Text("A read asks one replica for the row, the others for "), digests];
    if s.read.digests {
        let words = |f: DigestFunction| (format!("{} ({} bytes)", f.name(), f.size()), Change::Setting(Setting::Digest(f)));
        let function = choice(
            "digest",
            "what digests are made with",
            DigestFunction::EVERY.map(words).to_vec(),
            Change::Setting(Setting::Digest(s.digest)),
        );
        parts.extend([Part::Text(" made with "), function]);
        parts.extend([Part::Text("; if these differ, it asks "), round, Part::Text(" for the row")]);
    }
    parts.extend([Part::Text(". Copies that are behind are repaired "), repair]);
    if let Repair::Bounded(most) = s.read.repair {
        parts.extend([Part::Text(": "), time("repair-bound", "time an answer waits for a repair", most), Part::Text(" at most")]);
    }
    parts.push(Part::Text("."));
    parts
}

fn disk(s: &Settings) -> Vec<Part> {
    let later = if let Sync::Every(_) = s.sync { s.sync } else { Sync::Every(SYNC) };
    let when = settings_choice(
        "sync",
        "when writes reach the disk",
        &[("at once", Setting::Sync(Sync::EveryWrite)), ("together", Setting::Sync(later))],
        Setting::Sync(s.sync),
    );
    let mut parts = vec![Part::Text("Writes reach the disk "), when];
    if let Sync::Every(every) = s.sync {
        parts.extend([Part::Text(", every "), time("sync-every", "time between two visits to the disk", every)]);
    }
    parts.push(Part::Text("."));
    parts
}

fn patience(s: &Settings) -> Vec<Part> {
    vec![
        Part::Text("A coordinator waits "),
        time("write-timeout", "patience of a coordinator with a write", s.write.timeout),
        Part::Text(" for a write, "),
        time("read-timeout", "patience of a coordinator with a read", s.read.timeout),
        Part::Text(" for a read; a client gives up after "),
        time("client-timeout", "patience of a client", s.client_timeout),
        Part::Text("."),
    ]
}

fn travel(config: NetworkConfig) -> Vec<Part> {
    let number = |id, label, value: Micros, least: u64| {
        Part::Number(Number { id, label, value: value.0, least, most: LIMITS.span.0, unit: Unit::Span })
    };
    match config.latency {
        Latency::Fixed(at) => vec![Part::Text("A message travels "), number("latency-low", "travel time", at, 1), Part::Text(".")],
        Latency::Uniform { low, high } => vec![
            Part::Text("A message travels "),
            number("latency-low", "shortest travel time", low, 1),
            Part::Text(" to "),
            number("latency-high", "longest travel time", high, low.0),
            Part::Text("."),
        ],
        Latency::Tail { low, mean } => vec![
            Part::Text("A message travels at least "),
            number("latency-low", "shortest travel time", low, 1),
            Part::Text(", on average "),
            number("latency-high", "mean of what comes on top", mean, 0),
            Part::Text(" more."),
        ],
    }
}

/// What setting the number `id` to `value` changes, at the cursor of this session.
pub fn change(session: &Session, id: &str, value: u64) -> Option<Change> {
    let (settings, network) = (session.world().settings(), session.world().network().config);
    let at = Micros(value);
    let setting = match (id, settings.detector) {
        ("nodes", _) => return Some(Change::Nodes(u32::try_from(value).ok()?)),
        ("sync-every", _) => Setting::Sync(Sync::Every(at)),
        ("beat-every", Detector::Heartbeat { timeout, .. }) => {
            Setting::Detector(Detector::Heartbeat { every: at, timeout: timeout.max(at) })
        }
        ("beat-every", Detector::Accrual(a)) => Setting::Detector(Detector::Accrual(Accrual { every: at, pause: a.pause.max(at), ..a })),
        ("accrual-threshold", Detector::Accrual(a)) => Setting::Detector(Detector::Accrual(Accrual { threshold: Phi(value), ..a })),
        ("accrual-window", Detector::Accrual(a)) => {
            Setting::Detector(Detector::Accrual(Accrual { window: u32::try_from(value).ok()?, ..a }))
        }
        ("accrual-longest", Detector::Accrual(a)) => Setting::Detector(Detector::Accrual(Accrual { max_interval: at, ..a })),
        ("accrual-initial", Detector::Accrual(a)) => Setting::Detector(Detector::Accrual(Accrual { initial: at, ..a })),
        ("accrual-pause", Detector::Accrual(a)) => Setting::Detector(Detector::Accrual(Accrual { pause: at, ..a })),
        ("beat-timeout", Detector::Heartbeat { every, .. }) => Setting::Detector(Detector::Heartbeat { every, timeout: at }),
        ("grace", _) => match settings.tombstones {
            Tombstones::Purge { every, .. } => Setting::Tombstones(Tombstones::Purge { grace: at, every }),
            Tombstones::Keep => return None,
        },
        ("sweep-every", _) => match settings.tombstones {
            Tombstones::Purge { grace, .. } => Setting::Tombstones(Tombstones::Purge { grace, every: at }),
            Tombstones::Keep => return None,
        },
        ("repair-bound", _) => Setting::Repair(Repair::Bounded(at)),
        ("write-timeout", _) => Setting::WriteTimeout(at),
        ("read-timeout", _) => Setting::ReadTimeout(at),
        ("client-timeout", _) => Setting::ClientTimeout(at),
        ("latency-low" | "latency-high", _) => {
            return Some(Change::Network(NetworkConfig { latency: with_latency(network.latency, id, at), ..network }));
        }
        ("scrub-every" | "scrub-rate", _) => checks::change(settings.integrity, id == "scrub-rate", value)?,
        _ => super::client_text::change(settings.client, id, value)
            .or_else(|| copies::change(settings, session.world().ring(), id, value))
            .or_else(|| missed::change(settings, id, value))
            .or_else(|| sweeping::change(settings, id, value))
            .or_else(|| writes::change(settings.write, id, value))
            .or_else(|| reads::change(settings.read, id, value))?,
    };
    Some(Change::Setting(setting))
}

fn with_latency(latency: Latency, id: &str, at: Micros) -> Latency {
    match (latency, id == "latency-low") {
        (Latency::Fixed(_), _) => Latency::Fixed(at),
        (Latency::Uniform { high, .. }, true) => Latency::Uniform { low: at, high: high.max(at) },
        (Latency::Uniform { low, .. }, false) => Latency::Uniform { low, high: at },
        (Latency::Tail { mean, .. }, true) => Latency::Tail { low: at, mean },
        (Latency::Tail { low, .. }, false) => Latency::Tail { low, mean: at },
    }
}

#[cfg(test)]
mod tests;
