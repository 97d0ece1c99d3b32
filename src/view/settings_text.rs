//! The settings as sentences whose values can be changed, and reading the values that people type.

mod copies;
mod living;

use crate::engine::base::{DigestFunction, Micros};
use crate::engine::node::coordinate::need;
use crate::engine::node::{Accrual, Detector, Level, Phi, Repair, SecondRound, Setting, Settings, Sync, Tombstones};
use crate::engine::place::Replication;
use crate::engine::world::{LIMITS, Latency, NetworkConfig};
use crate::lab::Session;
use crate::view::console::levels;
use crate::view::format::span;
use living::{beats, deletes};

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

/// What a number counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Things.
    Count,
    /// Microseconds.
    Span,
    /// Thousandths of a level of suspicion.
    Level,
}

/// A number that can be scrubbed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Number {
    /// A stable name: `setting-<id>` in the page.
    pub id: &'static str,
    /// What it is, for somebody who does not see the sentence.
    pub label: &'static str,
    /// The value in force.
    pub value: u64,
    /// Smallest value allowed.
    pub least: u64,
    /// Largest value allowed.
    pub most: u64,
    /// What it counts.
    pub unit: Unit,
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

impl Number {
    /// The value as it stands in the sentence.
    pub fn shown(&self) -> String {
        shown(self.unit, self.value)
    }

    /// The bounds in words.
    pub fn bounds(&self) -> String {
        format!("{} to {}", shown(self.unit, self.least), shown(self.unit, self.most))
    }

    /// The value `steps` steps up (down, if negative): times go 1, 2, 5, 10.
    pub fn stepped(&self, from: u64, steps: i32) -> u64 {
        let mut value = from;
        for _ in 0..steps.unsigned_abs() {
            value = match (self.unit, steps > 0) {
                (Unit::Count, true) => value.saturating_add(1),
                (Unit::Count, false) => value.saturating_sub(1),
                (Unit::Level, true) => value.saturating_add(500),
                (Unit::Level, false) => value.saturating_sub(500),
                (Unit::Span, true) => rungs().find(|r| *r > value).unwrap_or(value),
                (Unit::Span, false) => rungs().take_while(|r| *r < value).last().unwrap_or(value),
            };
        }
        value.clamp(self.least, self.most)
    }

    /// Reads what somebody typed, or says what is wrong with it.
    pub fn read(&self, text: &str) -> Result<u64, String> {
        let value = match self.unit {
            Unit::Count => text.trim().parse().map_err(|_| "write a whole number".to_owned()),
            Unit::Span => read_span(text).map(|s| s.0),
            Unit::Level => text.trim().parse::<Phi>().map(|phi| phi.0).map_err(|_| "write a level such as 8 or 8.5".to_owned()),
        };
        let wrong = |why: &str| format!("{}: {why}, {}.", capital(self.label), self.bounds());
        let value = value.map_err(|why| wrong(&why))?;
        if (self.least..=self.most).contains(&value) {
            Ok(value)
        } else {
            Err(wrong(&format!("{} is out of bounds", shown(self.unit, value))))
        }
    }
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|c| c.to_uppercase().collect::<String>()).unwrap_or_default() + chars.as_str()
}

fn shown(unit: Unit, value: u64) -> String {
    match unit {
        Unit::Count => value.to_string(),
        Unit::Span => exact(Micros(value)),
        Unit::Level => Phi(value).to_string(),
    }
}

/// A time that reads back as itself: rounded only if nothing is lost.
pub fn exact(of: Micros) -> String {
    if of == Micros::ZERO {
        return "0 ms".to_owned();
    }
    let text = span(of);
    if read_span(&text) == Ok(of) { text } else { of.to_string() }
}

/// 1, 2, 5, 10 … microseconds up to a year.
fn rungs() -> impl Iterator<Item = u64> {
    std::iter::successors(Some(1u64), |n| n.checked_mul(10)).take_while(|n| *n < LIMITS.span.0).flat_map(|n| [n, 2 * n, 5 * n])
}

/// Reads a time such as `80 ms`, `1.5 s` or `2h`; a number alone counts milliseconds.
pub fn read_span(text: &str) -> Result<Micros, String> {
    const WRONG: &str = "write a time such as 80 ms or 1.5 s";
    let text = text.trim();
    let split = text.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(text.len());
    let (number, unit) = text.split_at(split);
    let size: u64 = match unit.trim() {
        "us" | "µs" | "μs" => 1,
        "" | "ms" => 1_000,
        "s" => 1_000_000,
        "min" => 60_000_000,
        "h" => 3_600_000_000,
        "d" => 86_400_000_000,
        _ => return Err(WRONG.to_owned()),
    };
    scaled(number, size).map(Micros).ok_or_else(|| WRONG.to_owned())
}

/// A decimal number times `size`, rounded down; nothing if it is no number or too large.
pub fn scaled(number: &str, size: u64) -> Option<u64> {
    let (whole, part) = number.split_once('.').unwrap_or((number, ""));
    let digits = |t: &str| t.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() || !digits(whole) || !digits(part) || part.len() > 6 {
        return None;
    }
    let fraction = if part.is_empty() { 0 } else { part.parse::<u64>().ok()?.checked_mul(size)? / 10u64.pow(part.len() as u32) };
    whole.parse::<u64>().ok()?.checked_mul(size)?.checked_add(fraction)
}

/// Reads a time either way: `+80 ms`, `-1.5 s`.
pub fn read_offset(text: &str) -> Result<i64, String> {
    let text = text.trim();
    let (sign, size) = match text.strip_prefix(['-', '\u{2212}']) {
        Some(rest) => (-1, rest),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    let size = read_span(size)?;
    if size > LIMITS.span {
        return Err(format!("the clock can be off by at most {} either way", span(LIMITS.span)));
    }
    Ok(sign * size.0 as i64)
}

/// Reads a share in per cent, as parts per million: `2.5` is 25 000.
pub fn read_per_cent(text: &str) -> Result<u32, String> {
    let number = text.trim().trim_end_matches('%').trim();
    let ppm = scaled(number, 10_000).filter(|ppm| *ppm <= 1_000_000);
    ppm.map(|ppm| ppm as u32).ok_or_else(|| "write a share from 0 to 100 %".to_owned())
}

/// A share in per cent as it stands in a field: `2.5`.
pub fn per_cent_field(ppm: u32) -> String {
    crate::view::format::per_cent(ppm).trim_end_matches(" %").to_owned()
}

fn choice(id: &'static str, label: &'static str, options: Vec<(String, Change)>, is: Change) -> Part {
    let chosen = options.iter().position(|(_, change)| *change == is);
    Part::Choice(Choice { id, label, options, chosen })
}

pub(super) fn settings_choice(id: &'static str, label: &'static str, options: &[(&str, Setting)], is: Setting) -> Part {
    choice(id, label, options.iter().map(|(words, s)| ((*words).to_owned(), Change::Setting(*s))).collect(), Change::Setting(is))
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
    let repair = settings_choice(
        "repair",
        "when copies that are behind are repaired",
        &[
            ("before the answer", Setting::Repair(Repair::Blocking)),
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
    parts.extend([Part::Text(". Copies that are behind are repaired "), repair, Part::Text(".")]);
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
        ("write-timeout", _) => Setting::WriteTimeout(at),
        ("read-timeout", _) => Setting::ReadTimeout(at),
        ("client-timeout", _) => Setting::ClientTimeout(at),
        ("latency-low" | "latency-high", _) => {
            return Some(Change::Network(NetworkConfig { latency: with_latency(network.latency, id, at), ..network }));
        }
        _ => match super::client_text::change(settings.client, id, value) {
            Some(change) => change,
            None => copies::change(settings, session.world().ring(), id, value)?,
        },
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
