//! The parts of a report that judge a run: what the checkers found in its history, and what it cost and achieved.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::player::Player;
use crate::engine::base::OpId;
use crate::engine::observe::check::{After, Because, Findings, Linear, Lost, lost};
use crate::engine::observe::{Ends, History, Spans, Toll, hint_backlog};

/// What the checkers found. Operations are named by their numbers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChecksReport {
    /// `yes` if every key is linearizable, `no` if one is not, else `unknown`: the search was given up.
    pub linearizable: String,
    /// Keys that are not linearizable, or where the search was given up.
    pub keys: Vec<KeyReport>,
    /// Reads that were shown what surely had been replaced before they began.
    pub stale_reads: Vec<StaleReport>,
    /// Reads that were shown something older than the same client had been shown before (`after`).
    pub went_back: Vec<PairReport>,
    /// Reads that were shown something older than the same client's own acknowledged write (`after`).
    pub own_writes_missed: Vec<PairReport>,
    /// Acknowledged writes whose stamp was older than what had been seen before they began (`after`): nobody is ever shown them.
    pub outranked_writes: Vec<PairReport>,
    /// Acknowledged writes of which no node and no message holds anything at the end, nor anything newer.
    pub lost_writes: Vec<u32>,
}

/// A key with its verdict.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyReport {
    /// The key.
    pub key: String,
    /// `no` or `unknown`.
    pub linearizable: String,
    /// The first read that no order explains.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub read: Option<u32>,
    /// `from-nowhere`: nobody had written what it was shown. `replaced`: `by` (or the filling of the stores, if absent) came after what
    /// it was shown (proved by `since`, or there from the start) and before it. `together`: not all of `others` and it can be true.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub because: Option<String>,
    /// See `because`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<u32>,
    /// See `because`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<u32>,
    /// See `because`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub others: Vec<u32>,
}

/// A stale read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StaleReport {
    /// The read.
    pub read: u32,
    /// Acknowledged writes that it misses.
    pub versions: u32,
    /// Simulated microseconds from the acknowledgement of the first of them to the beginning of the read.
    pub age_us: u64,
    /// The last of them; absent if it is the filling of the stores.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub missed: Option<u32>,
}

/// An operation and the earlier one that it contradicts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct PairReport {
    /// The operation at fault.
    pub operation: u32,
    /// The earlier one.
    pub after: u32,
}

/// What a run cost and achieved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MetricsReport {
    /// How reads ended, and what they cost.
    pub reads: VerbReport,
    /// How writes and deletes ended, and what they cost.
    pub writes: VerbReport,
    /// Messages that serve no operation, heartbeats left out.
    pub background_messages: u64,
    /// Their bytes.
    pub background_bytes: u64,
    /// Rows asked for once more because digests or rows differed.
    pub asked_again: u64,
    /// Further attempts of clients.
    pub retries: u64,
    /// Repairs by reads.
    pub repairs: RepairsReport,
    /// Copies that became behind and that caught up.
    pub entropy: EntropyReport,
    /// Keys of which fewer replicas than there should be hold what is newest, at the end.
    pub under_replicated_keys: u64,
    /// Of these, keys of which a single replica holds it.
    pub last_copies: u64,
    /// How long keys disagreed that agree again.
    pub time_to_repair: SpansReport,
    /// Hints waiting at the end, by node; nodes without any are left out.
    pub hint_backlog: BTreeMap<String, u64>,
}

/// Operations of one kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct VerbReport {
    /// Begun.
    pub begun: u64,
    /// Ended as their clients wanted.
    pub succeeded: u64,
    /// Refused: too few replicas believed up.
    pub unavailable: u64,
    /// Their coordinators ran out of patience.
    pub timed_out: u64,
    /// Their clients gave up.
    pub no_answer: u64,
    /// Refused for lack of room for hints.
    pub overloaded: u64,
    /// Answers older than the client's session allows.
    pub behind: u64,
    /// Messages for them over the network, requests and answers included.
    pub messages: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Messages for each that began (its amplification), in thousandths.
    pub messages_each_milli: u64,
    /// Bytes for each that began.
    pub bytes_each: u64,
}

/// Repairs by reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct RepairsReport {
    /// Reads that found a replica behind.
    pub found: u64,
    /// Of these, reads that left it so.
    pub skipped: u64,
    /// Rows sent.
    pub sent: u64,
    /// Of these, rows that were stored.
    pub stored: u64,
    /// Confirmations that arrived.
    pub confirmed: u64,
    /// Rows and confirmations that did not.
    pub lost: u64,
    /// Rows sent for each read that began, in thousandths.
    pub sent_each_milli: u64,
}

/// Disorder that came and went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct EntropyReport {
    /// Times a copy became behind.
    pub entered: u64,
    /// Times one caught up.
    pub left: u64,
    /// Copies behind at the end: the difference.
    pub behind: u64,
}

/// Spans of time, in simulated microseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SpansReport {
    /// How many.
    pub count: u64,
    /// The median, at most 1/32 too long.
    pub p50_us: u64,
    /// What one in a hundred exceeds, at most 1/32 too long.
    pub p99_us: u64,
    /// The longest, exactly.
    pub max_us: u64,
}

impl SpansReport {
    /// Of these spans.
    pub(super) fn of(spans: &Spans) -> SpansReport {
        let at = |thousandths| spans.quantile(thousandths).0;
        SpansReport { count: spans.count(), p50_us: at(500), p99_us: at(990), max_us: spans.max().0 }
    }
}

fn word(linear: &Linear) -> &'static str {
    match linear {
        Linear::Yes => "yes",
        Linear::No { .. } => "no",
        Linear::Unknown => "unknown",
    }
}

impl ChecksReport {
    /// Judges a history at whose end the player stands.
    pub(super) fn of(player: &Player, history: &History) -> ChecksReport {
        let findings = Findings::of(history, player.world.settings().rule);
        let pairs = |list: &[After]| list.iter().map(|a| PairReport { operation: a.op.number, after: a.after.number }).collect();
        let stale = findings.stale.iter().map(|s| StaleReport {
            read: s.op.number,
            versions: s.versions,
            age_us: s.age.0,
            missed: s.missed.map(|op| op.number),
        });
        ChecksReport {
            linearizable: word(findings.linear()).to_owned(),
            keys: findings.keys.iter().map(|(key, linear)| KeyReport::of(key.name(), linear)).collect(),
            stale_reads: stale.collect(),
            went_back: pairs(&findings.complaints.went_back),
            own_writes_missed: pairs(&findings.complaints.own_missed),
            outranked_writes: pairs(&findings.complaints.outranked),
            lost_writes: lost(&player.world, history, player.world.events()).iter().map(|l: &Lost| l.op.number).collect(),
        }
    }
}

impl KeyReport {
    fn of(key: &str, linear: &Linear) -> KeyReport {
        let number = |op: Option<OpId>| op.map(|op| op.number);
        let mut report = KeyReport {
            key: key.to_owned(),
            linearizable: word(linear).to_owned(),
            read: None,
            because: None,
            since: None,
            by: None,
            others: Vec::new(),
        };
        if let Linear::No { op, because, .. } = linear {
            report.read = Some(op.number);
            let word = match because {
                Because::Nowhere => "from-nowhere",
                Because::Passed { since, by } => {
                    (report.since, report.by) = (number(*since), number(*by));
                    "replaced"
                }
                Because::Together(others) => {
                    report.others = others.iter().map(|op| op.number).collect();
                    "together"
                }
            };
            report.because = Some(word.to_owned());
        }
        report
    }
}

impl VerbReport {
    fn of(ends: &Ends, toll: Toll) -> VerbReport {
        VerbReport {
            begun: ends.begun,
            succeeded: ends.succeeded,
            unavailable: ends.unavailable,
            timed_out: ends.timed_out,
            no_answer: ends.no_answer,
            overloaded: ends.overloaded,
            behind: ends.behind,
            messages: toll.messages,
            bytes: toll.bytes,
            messages_each_milli: (toll.messages * 1_000).checked_div(ends.begun).unwrap_or(0),
            bytes_each: toll.bytes.checked_div(ends.begun).unwrap_or(0),
        }
    }
}

impl MetricsReport {
    /// The metrics at the player's place.
    pub(super) fn of(player: &Player) -> MetricsReport {
        let (metrics, truth) = (&player.metrics, &player.truth);
        let (repairs, entropy, healed) = (metrics.repairs, truth.entropy(), truth.healed());
        MetricsReport {
            reads: VerbReport::of(&metrics.reads, metrics.read_toll),
            writes: VerbReport::of(&metrics.writes, metrics.write_toll),
            background_messages: metrics.background_toll.messages,
            background_bytes: metrics.background_toll.bytes,
            asked_again: metrics.asked_again,
            retries: metrics.retries,
            repairs: RepairsReport {
                found: repairs.found,
                skipped: repairs.skipped,
                sent: repairs.sent,
                stored: repairs.stored,
                confirmed: repairs.confirmed,
                lost: repairs.lost,
                sent_each_milli: (repairs.sent * 1_000).checked_div(metrics.reads.begun).unwrap_or(0),
            },
            entropy: EntropyReport { entered: entropy.entered, left: entropy.left, behind: truth.stale_copies() },
            under_replicated_keys: truth.stale_keys(),
            last_copies: truth.last_copies(),
            time_to_repair: SpansReport::of(healed),
            hint_backlog: hint_backlog(&player.world).iter().map(|(node, hints)| (node.to_string(), *hints)).collect(),
        }
    }
}
