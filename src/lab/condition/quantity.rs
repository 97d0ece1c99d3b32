//! Quantities of a run: what it costs and achieves, when something happens, how long it takes.

use std::fmt;

use super::{Condition, Happening, Text, quoted};
use crate::engine::base::{Micros, NodeId};
use crate::engine::data::Key;
use crate::engine::node::Traffic;
use crate::engine::observe::check::Findings;
use crate::engine::observe::{SweepCost, Sweeps, hint_backlog, least_bits};
use crate::engine::world::World;
use crate::lab::player::Player;

/// What a number counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Things.
    Count,
    /// Bytes.
    Bytes,
    /// Microseconds: an instant or a span.
    Time,
    /// Nothing: a ratio of two numbers.
    Ratio,
}

/// What a quantity is worth in a run.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// A number of something.
    Number(f64, Unit),
    /// What a row or an answer says.
    Text(String),
    /// Nothing: it never happened, or there is no such thing.
    Nothing,
}

impl Value {
    /// The number, if it is one.
    pub fn number(&self) -> Option<f64> {
        if let Value::Number(n, _) = self { Some(*n) } else { None }
    }

    /// The instant or span, if it is one.
    pub fn time(&self) -> Option<Micros> {
        if let Value::Number(n, Unit::Time) = self { Some(Micros(n.max(0.0) as u64)) } else { None }
    }

    pub(super) fn span(span: Micros) -> Value {
        Value::Number(span.0 as f64, Unit::Time)
    }
}

/// How two numbers are put together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sum {
    /// `+`
    Plus,
    /// `-`
    Minus,
    /// `*`
    Times,
    /// `/`
    Over,
}

impl Sum {
    /// Its sign.
    pub const fn sign(self) -> char {
        match self {
            Sum::Plus => '+',
            Sum::Minus => '-',
            Sum::Times => '*',
            Sum::Over => '/',
        }
    }

    /// Puts two values together; nothing if one of them is no number, or a division is by zero.
    pub fn of(self, a: &Value, b: &Value) -> Value {
        let (Value::Number(x, u), Value::Number(y, v)) = (a, b) else { return Value::Nothing };
        let either = if *u == Unit::Ratio || *u == Unit::Count { *v } else { *u };
        match self {
            Sum::Plus => Value::Number(x + y, either),
            Sum::Minus => Value::Number(x - y, either),
            Sum::Times => Value::Number(x * y, either),
            Sum::Over if *y == 0.0 => Value::Nothing,
            Sum::Over if *v == Unit::Count && *u != Unit::Count => Value::Number(x / y, *u),
            Sum::Over => Value::Number(x / y, Unit::Ratio),
        }
    }
}

/// Something about a run that has a number, an instant or a text.
#[derive(Debug, Clone, PartialEq)]
pub enum Quantity {
    /// A number.
    Number(f64),
    /// A span: `80ms`.
    Span(Micros),
    /// One of the plain ones: `stale-copies`, by its place among them.
    Plain(usize),
    /// `stale(x)`: replicas of a key that are behind.
    Stale(Key),
    /// `copies(x, 2)`: replicas of a key that hold this value.
    Copies(Key, Text),
    /// `hints(E)`: hints kept at a node.
    Hints(NodeId),
    /// `rows(E)`: rows a node holds.
    Rows(NodeId),
    /// `messages(digest)`: messages of a kind of traffic.
    Messages(Traffic),
    /// `bytes(digest)`: their bytes.
    Bytes(Traffic),
    /// `count(hint-kept)`: events of a kind.
    Count(Happening),
    /// `time(holds(C, x, 2))`: when a condition first held.
    Time(Box<Condition>),
    /// `latency(3)`: how long operation 3 took.
    Latency(u32),
    /// `value(C, x)`: what a node holds of a key.
    Row(NodeId, Key),
    /// `answer(3)`: what operation 3 was answered.
    Answer(u32),
    /// `highest(hints)`: the most that something was at any instant.
    Highest(Box<Quantity>),
    /// `at(2s, stale-copies)`: what it was worth at an instant.
    At(Micros, Box<Quantity>),
    /// Two of them put together.
    Sum(Box<Quantity>, Sum, Box<Quantity>),
}

/// What a plain quantity is read from.
pub(super) struct Reading<'a> {
    pub player: &'a Player,
    pub sweeps: &'a Sweeps,
    /// What the history shows; only at the end of a run.
    pub findings: Option<&'a Findings>,
    /// Acknowledged writes that are gone; only at the end of a run.
    pub lost: u64,
    /// Faults so far.
    pub faults: u64,
}

/// A quantity without arguments: its name, its words, its unit, and how it is read.
pub(super) type Plain = (&'static str, &'static str, Unit, fn(&Reading<'_>) -> u64);

fn sum(r: &Reading<'_>, of: fn(&SweepCost) -> u64) -> u64 {
    r.sweeps.costs().map(of).sum()
}

fn all_traffic(world: &World, bytes: bool) -> u64 {
    Traffic::EVERY.iter().map(|t| world.ledger().of(*t)).map(|tally| if bytes { tally.bytes } else { tally.messages }).sum()
}

/// Quantities without arguments. New ones go to the end.
pub(super) const PLAIN: &[Plain] = &[
    ("now", "the time", Unit::Time, |r| r.player.world.now().0),
    ("stale-copies", "copies that are behind", Unit::Count, |r| r.player.truth.stale_copies()),
    ("stale-keys", "keys whose replicas disagree", Unit::Count, |r| r.player.truth.stale_keys()),
    ("last-copies", "keys whose newest value is on one replica alone", Unit::Count, |r| r.player.truth.last_copies()),
    ("entropy-in", "copies that became behind", Unit::Count, |r| r.player.truth.entropy().entered),
    ("entropy-out", "copies that caught up", Unit::Count, |r| r.player.truth.entropy().left),
    ("hints", "hints that wait", Unit::Count, |r| hint_backlog(&r.player.world).values().sum()),
    ("messages", "messages", Unit::Count, |r| all_traffic(&r.player.world, false)),
    ("bytes", "bytes on the network", Unit::Bytes, |r| all_traffic(&r.player.world, true)),
    ("faults", "faults", Unit::Count, |r| r.faults),
    ("reads", "reads", Unit::Count, |r| r.player.metrics.reads.begun),
    ("writes", "writes", Unit::Count, |r| r.player.metrics.writes.begun),
    ("reads-answered", "reads that were answered", Unit::Count, |r| r.player.metrics.reads.succeeded),
    ("writes-acknowledged", "writes that were acknowledged", Unit::Count, |r| r.player.metrics.writes.succeeded),
    ("reads-failed", "reads that failed", Unit::Count, |r| r.player.metrics.reads.failed()),
    ("writes-failed", "writes that failed", Unit::Count, |r| r.player.metrics.writes.failed()),
    ("read-bytes", "bytes of reads and their repairs", Unit::Bytes, |r| r.player.metrics.read_toll.bytes),
    ("read-messages", "messages of reads and their repairs", Unit::Count, |r| r.player.metrics.read_toll.messages),
    ("write-bytes", "bytes of writes", Unit::Bytes, |r| r.player.metrics.write_toll.bytes),
    ("write-messages", "messages of writes", Unit::Count, |r| r.player.metrics.write_toll.messages),
    ("background-bytes", "bytes of hints and sweeps", Unit::Bytes, |r| r.player.metrics.background_toll.bytes),
    ("repairs-sent", "repairs sent", Unit::Count, |r| r.player.metrics.repairs.sent),
    ("repairs-stored", "repairs that changed a copy", Unit::Count, |r| r.player.metrics.repairs.stored),
    ("mismatches", "reads that found a replica behind", Unit::Count, |r| r.player.metrics.repairs.found),
    ("hashes-compared", "hashes compared", Unit::Count, |r| sum(r, SweepCost::hashes_compared)),
    ("keys-compared", "keys compared", Unit::Count, |r| sum(r, |s| s.keys_compared)),
    ("keys-differed", "keys found to differ", Unit::Count, |r| sum(r, |s| s.keys_differed)),
    ("rows-moved", "rows moved by sweeps", Unit::Count, |r| sum(r, |s| s.rows)),
    ("over-streamed", "rows moved that were there already", Unit::Count, |r| sum(r, |s| s.over_streamed)),
    ("rows-scanned", "rows read to make trees", Unit::Count, |r| sum(r, |s| s.scanned)),
    ("round-trips", "round trips of sweeps", Unit::Count, |r| sum(r, |s| s.round_trips)),
    ("sweep-bytes", "bytes of sweeps", Unit::Bytes, |r| sum(r, SweepCost::bytes)),
    ("sweep-row-bytes", "bytes of rows moved by sweeps", Unit::Bytes, |r| sum(r, |s| s.row_bytes)),
    ("sweep-metadata-bytes", "bytes of hashes and lists", Unit::Bytes, |r| sum(r, |s| s.metadata_bytes)),
    ("naive-bytes", "bytes of sending everything", Unit::Bytes, |r| r.sweeps.costs().map(|s| s.naive_bytes(&r.player.world)).sum()),
    ("stale-reads", "stale reads", Unit::Count, |r| r.findings.map_or(0, |f| f.stale.len() as u64)),
    ("went-back", "reads that went back in time", Unit::Count, |r| r.findings.map_or(0, |f| f.complaints.went_back.len() as u64)),
    ("own-writes-missed", "reads that missed the reader's own write", Unit::Count, |r| {
        r.findings.map_or(0, |f| f.complaints.own_missed.len() as u64)
    }),
    ("broken-keys", "keys that did not behave like one copy", Unit::Count, |r| r.findings.map_or(0, |f| f.keys.len() as u64)),
    ("lost-writes", "acknowledged writes of which nothing is left", Unit::Count, |r| r.lost),
    ("read-p99", "time within which 99 of 100 reads were answered", Unit::Time, |r| r.player.pulse.reads.all.quantile(990).0),
    ("least-bytes", "bytes that say which rows are lacking, at the least", Unit::Bytes, |r| {
        sum(r, |s| least_bits(s.rows.saturating_sub(s.over_streamed)).div_ceil(8))
    }),
    ("outranked-writes", "acknowledged writes that lost to an earlier one", Unit::Count, |r| {
        r.findings.map_or(0, |f| f.complaints.outranked.len() as u64)
    }),
];

/// Those of them that only the whole history tells: nothing of them is known before the run's end.
pub(super) const AT_THE_END: [&str; 6] =
    ["stale-reads", "went-back", "own-writes-missed", "broken-keys", "lost-writes", "outranked-writes"];

impl Quantity {
    /// The names of quantities without arguments.
    pub fn plain_names() -> impl Iterator<Item = &'static str> {
        PLAIN.iter().map(|(name, ..)| *name)
    }

    /// Whether all of it is known before the run's end only there.
    pub(super) fn needs_end(&self) -> bool {
        match self {
            Quantity::Plain(i) => AT_THE_END.contains(&PLAIN[*i].0),
            Quantity::Sum(a, _, b) => a.needs_end() || b.needs_end(),
            Quantity::Highest(a) | Quantity::At(_, a) => a.needs_end(),
            _ => false,
        }
    }
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = |k: &Key| quoted(k.name());
        match self {
            Quantity::Number(n) => write!(f, "{n}"),
            Quantity::Span(span) => write!(f, "{span}"),
            Quantity::Plain(i) => f.write_str(PLAIN.get(*i).map_or("?", |p| p.0)),
            Quantity::Stale(k) => write!(f, "stale({})", key(k)),
            Quantity::Copies(k, value) => write!(f, "copies({}, {})", key(k), quoted(&value.to_string())),
            Quantity::Hints(node) => write!(f, "hints({node})"),
            Quantity::Rows(node) => write!(f, "rows({node})"),
            Quantity::Messages(traffic) => write!(f, "messages({})", traffic.name()),
            Quantity::Bytes(traffic) => write!(f, "bytes({})", traffic.name()),
            Quantity::Count(what) => write!(f, "count({what})"),
            Quantity::Time(condition) => write!(f, "time({condition})"),
            Quantity::Latency(op) => write!(f, "latency({op})"),
            Quantity::Row(node, k) => write!(f, "value({node}, {})", key(k)),
            Quantity::Answer(op) => write!(f, "answer({op})"),
            Quantity::Highest(q) => write!(f, "highest({q})"),
            Quantity::At(time, q) => write!(f, "at({time}, {q})"),
            Quantity::Sum(a, how, b) => {
                let side = |q: &Quantity| if matches!(q, Quantity::Sum(..)) { format!("({q})") } else { q.to_string() };
                write!(f, "{} {} {}", side(a), how.sign(), side(b))
            }
        }
    }
}
