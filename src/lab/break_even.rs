//! When do digests pay? The same reads with digests and without, at every rate of mismatches: real runs, measured on their messages.
//!
//! Each run has one coordinator that holds nothing and N replicas. Some of the keys are written while the last replica that a read will
//! ask is cut off from the coordinator; then every key is read once. So the mismatch rate of a run is known beforehand, and found again.

use std::collections::BTreeSet;

use crate::engine::base::{ClientId, Draws, Endpoint, Micros, NodeId};
use crate::engine::data::Key;
use crate::engine::node::{Body, Contact, Level, Note, Proximity, ReadSettings, Repair, Request, Settings, Speculate, Verb, WriteSettings};
use crate::engine::place::{Replication, Ring, Topology};
use crate::engine::world::{Command, Config, EventKind, Latency, NetworkConfig, Preload};

use super::error::LabError;
use super::player::Player;
use super::script::{BOUNDS, Script, Timed, View};

/// Keys of a run; each is read once.
pub const KEYS: u32 = 20;
/// Rates measured, with none and all.
pub const RATES: u32 = 11;
/// Replicas at most: more would only make runs longer.
const MOST: u32 = 9;
/// Between two commands: longer than any operation of these runs takes.
const PACE: Micros = Micros::ms(100);

/// What is compared: the reads of a cluster like this one, on rows of this size.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BreakEven {
    /// N.
    pub replicas: u32,
    /// The level of the reads: that of the settings, or QUORUM if that one asks a single replica or more than there are.
    pub level: Level,
    /// Bytes of each value.
    pub value_bytes: u32,
    read: ReadSettings,
    base: Settings,
}

/// One run, measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Measured {
    /// Reads answered.
    pub reads: u32,
    /// Reads that found a difference.
    pub mismatches: u32,
    /// Bytes of questions, rows and digests between coordinator and replicas, over all reads. Repairs cost the same either way and are not
    /// in it.
    pub bytes: u64,
    /// Events before the first read: where a reader should begin.
    pub start: u32,
}

impl Measured {
    /// Mismatches per million reads.
    pub fn rate_ppm(&self) -> u32 {
        (u64::from(self.mismatches) * 1_000_000 / u64::from(self.reads.max(1))) as u32
    }

    /// Bytes per read, to a thousandth.
    pub fn milli_bytes(&self) -> u64 {
        self.bytes * 1_000 / u64::from(self.reads.max(1))
    }
}

impl BreakEven {
    /// The question for a cluster with these settings; `None` if a key has a single copy, because then nothing can differ.
    pub fn of(settings: &Settings, value_bytes: u32) -> Option<BreakEven> {
        let replicas = settings.replicas.total().min(MOST);
        let usable = |level: Level| (2..=replicas).contains(&level.block_for(replicas)) && level.can_read();
        let level = if usable(settings.read.level) { settings.read.level } else { Level::Quorum };
        let contact = if settings.read.contact == Contact::Everyone { Contact::Everyone } else { Contact::Level };
        let read = ReadSettings {
            level,
            contact,
            second_round: settings.read.second_round,
            repair: settings.read.repair,
            proximity: Proximity::Ring,
            speculate: Speculate::Never,
            ..ReadSettings::default()
        };
        let base = Settings { rule: settings.rule, digest: settings.digest, ..Settings::default() };
        (replicas > 1).then_some(BreakEven { replicas, level, value_bytes, read, base })
    }

    /// How many runs there are: each rate with digests and without.
    pub const fn runs(&self) -> usize {
        2 * RATES as usize
    }

    /// Which run is which: the keys that differ, and whether digests are used.
    pub const fn stale_keys(run: usize) -> (u32, bool) {
        ((run as u32 % RATES) * KEYS / (RATES - 1), run < RATES as usize)
    }

    /// What one of the runs is made of.
    pub fn script(&self, run: usize) -> Script {
        let (stale, digests) = BreakEven::stale_keys(run);
        let coordinator = NodeId(self.replicas);
        let topology = Topology { coordinators: [coordinator].into(), ..Topology::default() };
        let replicas = Replication::Simple(self.replicas);
        let settings = Settings {
            replicas,
            read: ReadSettings { digests, ..self.read },
            write: WriteSettings { level: Level::One, ..WriteSettings::default() },
            ..self.base.clone()
        };
        let ring = Ring::of(&topology, self.replicas + 1, Draws::new(0));
        let network = NetworkConfig { latency: Latency::Fixed(Micros::ms(10)), ..NetworkConfig::default() };
        let mut commands = vec![Timed {
            at: Micros::ZERO,
            command: Command::Preload(Preload { count: KEYS.into(), seed: 0, value_bytes: self.value_bytes }),
        }];
        let mut now = Micros::ZERO;
        let mut then = |command: Command| {
            now = now.plus(PACE);
            commands.push(Timed { at: now, command });
        };
        let (client, via) = (ClientId(0), coordinator);
        for i in 0..stale {
            let key = key(i);
            // The last of those whose answers the level waits for: with everyone asked, later answers may be compared too late or never.
            let asked = self.level.block_for(self.replicas);
            let last = ring.replicas(key.token(), &replicas).into_iter().take(asked as usize).next_back().unwrap_or(NodeId(0));
            then(Command::CutLink { a: Endpoint::Node(coordinator), b: Endpoint::Node(last) });
            then(Command::Write { client, via, key, value: self.value(i), level: Some(Level::One) });
            then(Command::MendAll);
        }
        for i in 0..KEYS {
            then(Command::Read { client, via, key: key(i), level: Some(self.level) });
        }
        let way = if digests { "with digests" } else { "with whole rows only" };
        Script {
            title: format!("Reads {way}, {stale} of {KEYS} find a difference"),
            about: String::new(),
            config: Config { nodes: self.replicas + 1, settings, network, topology, ..Config::default() },
            seed: 0,
            commands,
            end: now.plus(Micros::secs(1)),
            focus: Some(key(0)),
            start: None,
            view: View::Ring,
        }
    }

    /// Carries one run out and measures it. A fraction of a millisecond's work for small rows.
    ///
    /// # Errors
    /// The run is not within bounds: the value is too large.
    pub fn measure(&self, run: usize) -> Result<Measured, LabError> {
        let script = self.script(run);
        script.check()?;
        let mut log = Vec::new();
        let mut player = Player::new(&script, &mut log);
        player.run(&script, &mut log, BOUNDS.events as usize);
        // A read that is answered early may say twice that it found a difference.
        let (mut reads, mut differ) = (BTreeSet::new(), BTreeSet::new());
        let mut measured = Measured { reads: 0, mismatches: 0, bytes: 0, start: 0 };
        for (i, event) in log.iter().enumerate() {
            match (&event.kind, event.op) {
                (EventKind::Began { request, .. }, Some(op)) if is_read(request) => {
                    if reads.is_empty() {
                        measured.start = i as u32;
                    }
                    reads.insert(op);
                    measured.reads += 1;
                }
                (EventKind::Note(Note::DigestsDiffer { .. }), Some(op)) => {
                    differ.insert(op);
                }
                (EventKind::Sent(m), Some(op)) if reads.contains(&op) && compares(&m.body) && m.from != m.to => {
                    measured.bytes += u64::from(m.size);
                }
                _ => {}
            }
        }
        measured.mismatches = differ.len() as u32;
        Ok(measured)
    }

    /// The value that is written in place of what is loaded: as long, and different.
    fn value(&self, i: u32) -> String {
        let word = format!("new {i} ");
        word.chars().cycle().take(self.value_bytes as usize).collect()
    }

    /// What happens to replicas that are behind, in these runs.
    pub fn repair(&self) -> Repair {
        self.read.repair
    }
}

fn key(i: u32) -> Key {
    Key::new(&format!("key-{i}"))
}

fn is_read(request: &Request) -> bool {
    request.verb == Verb::Read
}

/// Whether a message belongs to the gathering of versions, and not to the repair.
fn compares(body: &Body) -> bool {
    matches!(body, Body::ReadData { .. } | Body::Data { .. } | Body::ReadDigest { .. } | Body::Digest(_))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::node::SecondRound;

    fn all(settings: &Settings, bytes: u32) -> Vec<Measured> {
        let question = BreakEven::of(settings, bytes).expect("several copies");
        (0..question.runs()).map(|i| question.measure(i).expect("within bounds")).collect()
    }

    #[test]
    fn every_run_finds_the_mismatches_it_was_made_for() {
        for contact in [Contact::Level, Contact::Everyone] {
            for repair in [Repair::Blocking, Repair::Asynchronous, Repair::Off] {
                let read = ReadSettings { contact, repair, ..ReadSettings::default() };
                for (i, m) in all(&Settings { read, ..Settings::default() }, 64).into_iter().enumerate() {
                    assert_eq!((m.reads, m.mismatches), (KEYS, BreakEven::stale_keys(i).0), "{contact:?} {repair:?} run {i}");
                }
            }
        }
    }

    #[test]
    fn without_digests_the_rate_does_not_matter_and_with_them_it_does() {
        let runs = all(&Settings::default(), 256);
        let (with, without) = runs.split_at(RATES as usize);
        assert!(without.iter().all(|m| m.bytes == without[0].bytes), "whole rows cost the same, equal or not");
        assert!(with.windows(2).all(|w| w[0].bytes < w[1].bytes), "each mismatch costs a second round");
        assert!(with[0].bytes < without[0].bytes && with[10].bytes > without[10].bytes, "cheaper at none, dearer at all");
        let everyone = ReadSettings { second_round: SecondRound::Everyone, ..ReadSettings::default() };
        let again = all(&Settings { read: everyone, ..Settings::default() }, 256);
        assert!(
            again[10].bytes > with[10].bytes && again[0].bytes == with[0].bytes,
            "asking everyone again costs more, at mismatches only"
        );
    }

    #[test]
    fn levels_that_cannot_differ_give_way_to_a_quorum() {
        let with = |level: Level, n: u32| {
            let read = ReadSettings { level, ..ReadSettings::default() };
            BreakEven::of(&Settings { read, replicas: n.into(), ..Settings::default() }, 16).map(|q| q.level)
        };
        assert_eq!([with(Level::One, 3), with(Level::All, 3), with(Level::Three, 2)], [Level::Quorum, Level::All, Level::Quorum].map(Some));
        assert_eq!(with(Level::All, 1), None);
    }

    #[test]
    fn a_run_can_be_opened_where_its_reads_begin() {
        let question = BreakEven::of(&Settings::default(), 64).expect("three copies");
        let measured = question.measure(3).expect("within bounds");
        let mut session = crate::lab::Session::open(question.script(3)).expect("within bounds");
        session.seek_event(measured.start);
        assert_eq!(session.cursor(), measured.start, "before the command, and not in the middle of it");
        session.step(crate::lab::Stride::Event);
        let next = session.log().get(measured.start as usize).map(|e| e.kind.clone());
        assert!(matches!(next, Some(EventKind::Began { request, .. }) if request.verb == Verb::Read));
    }
}
