//! All sweeps on the same two replicas: what each costs by number of differences, by size of the data, and by how the differences cluster.
//! Every point is a run of its own, carried out in slices and measured on its messages; it can be opened.

use super::error::LabError;
use super::player::Player;
use super::script::{Script, Timed, View};
use super::tape::{LONG, STEP};
use crate::engine::base::{ClientId, DigestFunction, Endpoint, Micros, NodeId};
use crate::engine::data::Key;
use crate::engine::node::{Level, Method, ReadSettings, Settings, Streams, SweepPolicy, SweepSettings, WriteSettings};
use crate::engine::observe::SweepCost;
use crate::engine::sweep::{Depth, TreePolicy};
use crate::engine::world::{Ahead, Command, Config, Event, Latency, NetworkConfig, Preload};

/// One way to compare, as it runs in the race.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Racer {
    /// What it is called.
    pub name: &'static str,
    /// How it compares.
    pub policy: SweepPolicy,
}

/// Everybody who takes part.
pub fn racers() -> Vec<Racer> {
    let of = |method| SweepPolicy { method, ..SweepPolicy::default() };
    let binary = TreePolicy { fan_out: 2, depth: Depth::Rows(15), ..TreePolicy::default() };
    vec![
        Racer { name: "Merkle trees", policy: of(Method::Descent) },
        Racer { name: "trees, whole leaves", policy: SweepPolicy { streams: Streams::Leaves, tree: binary, ..of(Method::Descent) } },
        Racer { name: "every key", policy: of(Method::Full) },
        Racer { name: "ranges", policy: of(Method::Ranges) },
        Racer { name: "coded symbols", policy: of(Method::Sketch) },
        Racer { name: "logs", policy: of(Method::Log) },
        // Only wider trees would do for more rows than there are segments: Riak's width has a million.
        Racer { name: "segments and reads", policy: of(Method::Segments) },
        Racer { name: "tries, one way", policy: of(Method::Trie) },
        Racer { name: "versions", policy: of(Method::Versions) },
        Racer { name: "bitmaps of events", policy: of(Method::Bitmaps) },
        Racer { name: "whole trees", policy: SweepPolicy { tree: binary, ..of(Method::Validation) } },
    ]
}

/// What is varied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Axis {
    /// How many rows differ.
    #[default]
    Differences,
    /// How many rows there are.
    Size,
    /// In how many places of the ring the differences lie.
    Places,
}

impl Axis {
    /// The values that are run.
    pub const fn values(self) -> &'static [u64] {
        match self {
            Axis::Differences => &[1, 3, 10, 30, 100, 300, 1_000],
            Axis::Size => &[100, 300, 1_000, 3_000, 10_000, 30_000, 100_000],
            Axis::Places => &[1, 3, 10, 30, 100, 300],
        }
    }
}

/// Two replicas and where they differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Field {
    /// Rows of each replica.
    pub rows: u64,
    /// Rows that differ: one replica has missed a write of each.
    pub differ: u64,
    /// In how many places of the ring they lie, in each as neighbours; 0 if they are scattered.
    pub places: u64,
    /// Bytes of each value.
    pub value_bytes: u32,
}

/// Rows where the differences are varied.
pub const ROWS: u64 = 10_000;
/// Differences where the size is varied.
pub const DIFFER: u64 = 10;
/// Differences where it is varied how they cluster.
pub const CLUSTERED: u64 = 300;

impl Field {
    /// The field of a point of the race.
    pub fn at(axis: Axis, value: u64, near: bool) -> Field {
        let places = u64::from(near);
        let (rows, differ, places) = match axis {
            Axis::Differences => (ROWS, value, places),
            Axis::Size => (value, DIFFER, places),
            Axis::Places => (ROWS, CLUSTERED, value),
        };
        Field { rows, differ, places, value_bytes: 32 }
    }

    /// Numbers of the keys that differ.
    fn keys(&self) -> Vec<u64> {
        let differ = self.differ.min(self.rows);
        if self.places == 0 || differ == 0 {
            // Names say nothing about places in the ring: the first are as scattered as any.
            return (0..differ).collect();
        }
        // Tokens of a hundred thousand names: nobody else needs the keys.
        let token = |i: u64| DigestFunction::Xxh64.words(format!("key-{i}").as_bytes())[0];
        let mut all: Vec<(u64, u64)> = (0..self.rows).map(|i| (token(i), i)).collect();
        all.sort_unstable();
        let places = self.places.min(differ);
        // Equal parts of the ring, each with its share of neighbours a third of the way into it.
        let part = |place: u64| {
            let (begin, end) = (self.rows * place / places, self.rows * (place + 1) / places);
            let share = differ * (place + 1) / places - differ * place / places;
            let from = begin + (end - begin).saturating_sub(share) / 3;
            from..from + share
        };
        (0..places).flat_map(part).filter_map(|at| all.get(at as usize).map(|(_, i)| *i)).collect()
    }

    /// The run of one racer on this field.
    pub fn script(&self, racer: &Racer) -> Script {
        let (a, b) = (NodeId(0), NodeId(1));
        let mut at = Micros::ZERO;
        let mut commands =
            vec![Timed { at, command: Command::Preload(Preload { count: self.rows, seed: 0, value_bytes: self.value_bytes }) }];
        let mut then = |pause: Micros, command: Command| {
            at = at.plus(pause);
            commands.push(Timed { at, command });
        };
        then(Micros::ms(10), Command::CutLink { a: Endpoint::Node(a), b: Endpoint::Node(b) });
        let keys = self.keys();
        for i in &keys {
            let value: String = format!("new {i} ").chars().cycle().take(self.value_bytes as usize).collect();
            then(Micros(500), Command::Write { client: ClientId(0), via: a, key: name(*i), value, level: Some(Level::One) });
        }
        // Every write has given up its replica by then, so that nothing but the sweep is left to happen.
        then(Micros::ms(400), Command::MendAll);
        // One that only pushes is started by the side that has the news.
        let (asks, answers) = if racer.policy.method == Method::Trie { (a, b) } else { (b, a) };
        then(Micros::ms(10), Command::Sweep { a: asks, b: answers, policy: Some(racer.policy) });
        let end = at.plus(Micros::secs(60));
        let settings = Settings {
            replicas: 2.into(),
            write: WriteSettings { level: Level::One, timeout: Micros::ms(300), ..WriteSettings::default() },
            // Only sweeps that mend by reading read.
            read: ReadSettings { level: Level::All, ..ReadSettings::default() },
            sweeps: SweepSettings { policy: racer.policy, rows_at_once: 256, ..SweepSettings::default() },
            ..Settings::default()
        };
        let network = NetworkConfig { latency: Latency::Fixed(Micros::ms(20)), ..NetworkConfig::default() };
        let place = match self.places {
            0 => "scattered".to_owned(),
            1 => "side by side".to_owned(),
            n => format!("in {n} places"),
        };
        Script {
            title: format!("{} of {} rows differ, {place}: {}", self.differ, self.rows, racer.name),
            about: String::new(),
            config: Config { nodes: 2, clients: vec!["ada".to_owned()], settings, network, ..Config::default() },
            seed: 1,
            commands,
            end,
            focus: keys.first().map(|i| name(*i)),
            start: None,
            view: View::Sweep,
        }
    }
}

fn name(i: u64) -> Key {
    Key::new(&format!("key-{i}"))
}

/// What a run of the race came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Raced {
    /// Bytes of messages without rows.
    pub metadata: u64,
    /// Bytes of messages with rows.
    pub rows: u64,
    /// Questions that had to be answered one after another.
    pub round_trips: u64,
    /// From its beginning to its end.
    pub took: Micros,
    /// Events before it began: where a reader should begin.
    pub start: u32,
    /// Whether both held the same in the end.
    pub good: bool,
}

impl Raced {
    /// All bytes.
    pub fn bytes(&self) -> u64 {
        self.metadata + self.rows
    }
}

/// A run of the race that goes on.
#[derive(Debug, Clone)]
pub struct Run {
    script: Script,
    player: Player,
    log: Vec<Event>,
    /// What is being done for the next step.
    ahead: Option<Ahead>,
    /// A step has been carried out and is not known as a whole yet: whether the run goes on.
    stepped: Option<bool>,
}

impl Run {
    /// The start of a run.
    ///
    /// # Errors
    /// The field is out of bounds.
    pub fn new(field: &Field, racer: &Racer) -> Result<Run, LabError> {
        let script = field.script(racer);
        script.check()?;
        let mut log = Vec::new();
        let player = Player::new(&script, &mut log);
        Ok(Run { script, player, log, ahead: None, stepped: None })
    }

    /// Goes on for about as much work as reading so many rows. Returns what it came to, once the sweep is over or the run at its end.
    pub fn advance(&mut self, mut rows: u64) -> Option<Raced> {
        while rows > 0 {
            if self.stepped.is_none() {
                let mut ahead = self.ahead.take().unwrap_or_else(|| self.player.look_ahead(&self.script, LONG));
                if !self.player.world.work_ahead(&mut ahead, &mut rows) {
                    self.ahead = Some(ahead);
                    return None;
                }
                rows = rows.saturating_sub(STEP);
                self.stepped = Some(self.player.step_ready(&self.script, ahead, &mut self.log));
            }
            if !self.player.settle(&mut rows) {
                return None;
            }
            let more = self.stepped.take().unwrap_or(false);
            if !more || self.player.sweeps.costs().any(|cost| cost.ended.is_some()) {
                return Some(self.raced());
            }
        }
        None
    }

    fn raced(&self) -> Raced {
        let cost: Option<&SweepCost> = self.player.sweeps.costs().next();
        let start = self.log.iter().position(|event| Some(event.at) >= cost.map(|c| c.began)).unwrap_or(0) as u32;
        let ended = cost.and_then(|c| c.ended);
        Raced {
            metadata: cost.map_or(0, |c| c.metadata_bytes),
            rows: cost.map_or(0, |c| c.row_bytes),
            round_trips: cost.map_or(0, |c| c.round_trips),
            took: ended.zip(cost).map_or(Micros::ZERO, |((at, _), c)| at.since(c.began)),
            start,
            good: ended.is_some_and(|(_, outcome)| outcome.is_good()) && self.player.truth.stale_copies() == 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn race(field: Field, racer: &Racer) -> Raced {
        let mut run = Run::new(&field, racer).expect("within bounds");
        loop {
            if let Some(raced) = run.advance(1_000) {
                return raced;
            }
        }
    }

    #[test]
    fn everybody_arrives_wherever_the_differences_lie() {
        for racer in racers() {
            for places in [0, 1, 3] {
                let raced = race(Field { rows: 300, differ: 7, places, value_bytes: 32 }, &racer);
                assert!(raced.good, "{} {places}: {raced:?}", racer.name);
                assert!(raced.bytes() > 0 && raced.round_trips > 0 && raced.took > Micros::ZERO);
            }
        }
    }

    #[test]
    fn neighbours_are_cheaper_for_trees_and_all_the_same_for_a_full_comparison() {
        let all = racers();
        let of = |places, racer| race(Field { rows: 2_000, differ: 40, places, value_bytes: 32 }, racer);
        assert!(of(1, &all[0]).metadata < of(0, &all[0]).metadata / 2);
        assert!(of(1, &all[0]).metadata < of(8, &all[0]).metadata, "the more places, the more paths");
        assert_eq!(of(1, &all[2]).round_trips, of(0, &all[2]).round_trips);
    }

    #[test]
    fn differences_lie_in_as_many_places_as_asked() {
        let mut ring: Vec<(Key, u64)> = (0..1_000).map(|i| (name(i), i)).collect();
        ring.sort_unstable();
        for (differ, places, runs) in [(30, 1, 1), (30, 3, 3), (30, 30, 30), (30, 200, 30), (1_000, 7, 1), (7, 3, 3)] {
            let keys = Field { rows: 1_000, differ, places, value_bytes: 8 }.keys();
            let chosen: std::collections::BTreeSet<u64> = keys.iter().copied().collect();
            assert_eq!(chosen.len() as u64, differ, "{places}");
            let mut found = 0;
            let mut before = false;
            for (_, i) in &ring {
                let now = chosen.contains(i);
                found += u64::from(now && !before);
                before = now;
            }
            assert_eq!(found, runs, "{differ} {places}");
        }
    }

    #[test]
    fn a_point_can_be_opened_where_its_sweep_begins() {
        let (field, racer) = (Field::at(Axis::Differences, 3, false), racers()[0]);
        let raced = race(field, &racer);
        let mut session = crate::lab::Session::open(field.script(&racer)).expect("within bounds");
        session.seek_event(raced.start);
        assert!(session.sweeps().costs().next().is_none(), "it has not begun");
        session.step(crate::lab::Stride::Event);
        assert!(session.sweeps().costs().next().is_some(), "now it has");
    }
}
