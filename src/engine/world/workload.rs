//! Workloads: clients that go on asking by themselves, at a rate, of keys of some popularity.
//!
//! A workload is not a list of operations: each is drawn when its turn comes, from the workload's seed and the operation's number, so
//! that neither faults nor other commands change what is asked.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::bounds::{self, CommandError, LIMITS, ensure, level, level_of_rows, ppm, span};
use super::config::Config;
use super::event::{Event, Fault};
use super::sim::{Alarm, World};
use crate::engine::base::{ClientId, EventId, Micros, NodeId, Purpose, Zipf, chance, exponential};
use crate::engine::data::Key;
use crate::engine::node::{Level, Request, Verb};

/// Which keys are asked for how often.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", rename_all_fields = "kebab-case", deny_unknown_fields)]
pub enum Popularity {
    /// All alike.
    #[default]
    Uniform,
    /// By Zipf's law, with the exponent that gives the most popular `keys_ppm` of the keys `operations_ppm` of the operations.
    Skew {
        /// Share of the keys, in parts per million.
        keys_ppm: u32,
        /// Share of the operations they take, in parts per million.
        operations_ppm: u32,
    },
}

/// Bytes of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum ValueSize {
    /// Always as many.
    Fixed(u32),
    /// Evenly spread.
    Between {
        /// Fewest.
        low: u32,
        /// Most.
        high: u32,
    },
}

/// What clients go on asking.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Workload {
    /// Who asks, each as often as the others; all clients if empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub clients: Vec<ClientId>,
    /// The coordinators asked, each as often as the others; all nodes if empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub via: Vec<NodeId>,
    /// Mean time between two operations of all clients together; single gaps are exponentially distributed.
    pub every: Micros,
    /// How long it goes on.
    pub duration: Micros,
    /// Reads per million operations; the others are writes.
    #[serde(default = "half")]
    pub reads_ppm: u32,
    /// Keys, named `key-0`, `key-1`, … from the most popular on, as those of a preload.
    #[serde(default = "hundred")]
    pub keys: u64,
    /// Which of them are asked for how often.
    #[serde(default)]
    pub popularity: Popularity,
    /// Bytes of each value written.
    #[serde(default = "small")]
    pub value_bytes: ValueSize,
    /// How many replicas must answer; the setting's level if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub level: Option<Level>,
    /// Tells the operations of one workload from those of another.
    #[serde(default)]
    pub seed: u64,
}

fn half() -> u32 {
    500_000
}

fn hundred() -> u64 {
    100
}

fn small() -> ValueSize {
    ValueSize::Fixed(16)
}

/// How a workload's keys are drawn.
#[derive(Debug, Clone)]
enum Table {
    Uniform(u64),
    Zipf(Box<Zipf>),
}

/// A workload that goes on.
#[derive(Debug, Clone)]
pub struct Running {
    /// What is asked.
    pub workload: Arc<Workload>,
    /// Counts workloads of a run from 0.
    pub number: u32,
    /// When it ends by itself.
    pub ends: Micros,
    /// Operations begun so far.
    pub operations: u32,
    table: Arc<Table>,
    began: Option<EventId>,
}

impl Workload {
    /// The keys that a skew speaks of: at least one.
    fn popular(&self, keys_ppm: u32) -> u64 {
        (u128::from(self.keys) * u128::from(keys_ppm) / 1_000_000) as u64
    }

    fn table(&self) -> Table {
        match self.popularity {
            Popularity::Uniform => Table::Uniform(self.keys),
            Popularity::Skew { keys_ppm, operations_ppm } => {
                Table::Zipf(Box::new(Zipf::of_share(self.keys, self.popular(keys_ppm), operations_ppm)))
            }
        }
    }

    /// The exponent of Zipf's law that its popularity amounts to, in thousandths; none if all keys are alike.
    pub fn exponent_thousandths(&self) -> Option<u64> {
        if let Table::Zipf(zipf) = self.table() { Some(zipf.exponent_thousandths()) } else { None }
    }

    /// Whether it means something in a world of this configuration.
    pub fn check(&self, config: &Config) -> Result<(), CommandError> {
        self.clients.iter().try_for_each(|client| bounds::knows(config, "clients", *client))?;
        self.via.iter().try_for_each(|node| bounds::knows(config, "via", *node))?;
        ensure("clients/via", self.clients.len() <= LIMITS.clients as usize && self.via.len() <= LIMITS.nodes as usize, || {
            "nobody need be named twice".to_owned()
        })?;
        // More than this many a second would fill the log before anything could be seen.
        span("every", self.every, Micros(100))?;
        span("duration", self.duration, Micros::ZERO)?;
        ppm("reads-ppm", self.reads_ppm)?;
        if let Some(at) = self.level {
            let n = config.settings.replicas.total();
            if self.reads_ppm > 0 { level_of_rows("level", at, n) } else { level("level", at, n) }?;
        }
        ensure("keys", (1..=LIMITS.keys).contains(&self.keys), || format!("must be 1 to {}, is {}", LIMITS.keys, self.keys))?;
        let (low, high) = self.sizes();
        ensure("value-bytes", low <= high && high as usize <= LIMITS.value_bytes, || {
            format!("must be at most {}, the lower bound first, is {low} to {high}", LIMITS.value_bytes)
        })?;
        if let Popularity::Skew { keys_ppm, operations_ppm } = self.popularity {
            ensure("operations-ppm", operations_ppm <= 999_999, || format!("must be at most 999999, is {operations_ppm}"))?;
            ensure("keys-ppm", keys_ppm <= operations_ppm, || {
                format!("must be at most operations-ppm, {operations_ppm}, is {keys_ppm}: popular keys take no less than their share")
            })?;
            ensure("keys-ppm", self.popular(keys_ppm) >= 1, || {
                format!("must be at least one of the {} keys, is {keys_ppm} millionths of them", self.keys)
            })?;
        }
        Ok(())
    }

    fn sizes(&self) -> (u32, u32) {
        match self.value_bytes {
            ValueSize::Fixed(size) => (size, size),
            ValueSize::Between { low, high } => (low, high),
        }
    }
}

/// What a draw of a workload is for.
enum For {
    Gap,
    Client,
    Via,
    Verb,
    Key,
    Size,
    Value(u64),
}

impl For {
    fn code(&self) -> u64 {
        match self {
            For::Gap => 0,
            For::Client => 1,
            For::Via => 2,
            For::Verb => 3,
            For::Key => 4,
            For::Size => 5,
            For::Value(block) => 16 + block,
        }
    }
}

fn below(draw: u64, n: u64) -> u64 {
    ((u128::from(draw) * u128::from(n)) >> 64) as u64
}

impl World {
    /// Workloads that go on, in the order in which they began.
    pub fn workloads(&self) -> impl Iterator<Item = &Running> {
        self.workloads.values()
    }

    /// Begins a workload.
    pub(super) fn begin_workload(&mut self, workload: Workload, log: &mut Vec<Event>) {
        let number = self.workloads_begun;
        self.workloads_begun += 1;
        let began = self.fault(None, Fault::WorkloadBegan { number }, log);
        let (table, ends) = (Arc::new(workload.table()), self.now.plus(workload.duration));
        self.workloads.insert(number, Running { workload: Arc::new(workload), number, ends, operations: 0, table, began });
        self.schedule_workload(number);
    }

    /// Stops one workload, or all.
    pub(super) fn stop_workload(&mut self, which: Option<u32>, log: &mut Vec<Event>) {
        let stopped: Vec<u32> = self.workloads.keys().copied().filter(|n| which.is_none_or(|w| w == *n)).collect();
        for number in stopped {
            self.end_workload(number, None, log);
        }
    }

    fn end_workload(&mut self, number: u32, cause: Option<EventId>, log: &mut Vec<Event>) {
        if let Some(running) = self.workloads.remove(&number) {
            let ended = super::EventKind::Fault(Fault::WorkloadEnded { number, operations: running.operations });
            self.emit(cause, None, None, ended, log);
        }
    }

    /// The turn of a workload has come: it begins one operation, or ends.
    pub(super) fn workload_turn(&mut self, number: u32, log: &mut Vec<Event>) {
        let Some(running) = self.workloads.get(&number) else { return };
        let began = running.began;
        if self.now >= running.ends {
            return self.end_workload(number, began, log);
        }
        let (client, via, request) = self.drawn(running);
        if let Some(running) = self.workloads.get_mut(&number) {
            running.operations += 1;
        }
        self.begin(client, via, request, began, log);
        self.schedule_workload(number);
    }

    fn schedule_workload(&mut self, number: u32) {
        let Some(running) = self.workloads.get(&number) else { return };
        let workload = &running.workload;
        let draw = self.draws.draw(Purpose::Workload, [workload.seed, u64::from(running.operations), For::Gap.code()]);
        let gap = exponential(draw, workload.every).max(Micros(1));
        let at = self.now.plus(gap).min(running.ends);
        self.schedule_alarm(at, Alarm::Workload { number });
    }

    /// The next operation of a workload.
    fn drawn(&self, running: &Running) -> (ClientId, NodeId, Request) {
        let (workload, nth) = (&running.workload, u64::from(running.operations));
        let draw = |what: For| self.draws.draw(Purpose::Workload, [workload.seed, nth, what.code()]);
        let client = match workload.clients.as_slice() {
            [] => ClientId(below(draw(For::Client), self.clients.len() as u64) as u32),
            named => named[below(draw(For::Client), named.len() as u64) as usize],
        };
        let via = match workload.via.as_slice() {
            [] => NodeId(below(draw(For::Via), self.hosts.len() as u64) as u32),
            named => named[below(draw(For::Via), named.len() as u64) as usize],
        };
        let rank = match &*running.table {
            Table::Uniform(keys) => below(draw(For::Key), *keys),
            Table::Zipf(zipf) => zipf.pick(draw(For::Key)),
        };
        let reads = chance(draw(For::Verb), workload.reads_ppm);
        let verb = if reads {
            Verb::Read
        } else {
            let (low, high) = workload.sizes();
            let len = u64::from(low) + below(draw(For::Size), u64::from(high - low) + 1);
            Verb::Write(value(running.number, nth, len as usize, |block| draw(For::Value(block))))
        };
        let settings = self.settings();
        let usual = if reads { settings.read.level } else { settings.write.level };
        (client, via, Request { verb, key: Key::new(&format!("key-{rank}")), level: workload.level.unwrap_or(usual) })
    }
}

/// `0.17 ` and hexadecimal digits: which workload and operation wrote it can be read on screen.
fn value(number: u32, nth: u64, len: usize, draw: impl Fn(u64) -> u64) -> Arc<[u8]> {
    let mut text = format!("{number}.{nth} ");
    let mut block = 0;
    while text.len() < len {
        text.push_str(&format!("{:016x}", draw(block)));
        block += 1;
    }
    text.truncate(len);
    text.into_bytes().into()
}
