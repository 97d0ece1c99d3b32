//! The report of a run: what `drift run` prints. A documented, versioned format, since tools and tests live on it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::player::Player;
use super::report_checks::{ChecksReport, MetricsReport};
use super::report_pulse::PulseReport;
use super::script::{BOUNDS, Script};
use crate::engine::base::Micros;
use crate::engine::data::{Key, Row};
use crate::engine::node::{Outcome, Traffic, Verb};
use crate::engine::observe::{Attempt, History, Operation};
use crate::engine::world::{ENGINE_VERSION, Event};

/// Version of the report format. 2 added `checks` and `metrics`.
const REPORT_VERSION: u32 = 2;

/// What happened in a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// Always `drift-report`.
    pub format: String,
    /// Version of this format.
    pub version: u32,
    /// Version of the engine's behaviour.
    pub engine: u32,
    /// The run's title.
    pub title: String,
    /// SHA-256 over everything that happened and every row held, in hexadecimal.
    pub fingerprint: String,
    /// Events logged.
    pub events: u64,
    /// Simulated microseconds at the end.
    pub end_us: u64,
    /// False if there was too much of the run: too many events or inputs before its end.
    pub complete: bool,
    /// Client operations in the order in which they began.
    pub operations: Vec<OperationReport>,
    /// Changes of the number of stale copies: simulated microseconds, and copies that lack something from then on.
    pub divergence: Vec<(u64, u64)>,
    /// Keys whose replicas disagree at the end.
    pub stale_keys: u64,
    /// Messages and bytes by kind of traffic.
    pub traffic: BTreeMap<String, TrafficReport>,
    /// What the checkers found in the history of all clients.
    pub checks: ChecksReport,
    /// What the run cost and achieved.
    pub metrics: MetricsReport,
    /// How clients and sweeps fared.
    pub pulse: PulseReport,
}

/// One client operation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OperationReport {
    /// Its number, from 1.
    pub number: u32,
    /// The client's name.
    pub client: String,
    /// `read`, `write` or `delete`.
    pub verb: String,
    /// The key.
    pub key: String,
    /// The level asked for.
    pub level: String,
    /// The coordinator.
    pub via: String,
    /// Simulated microseconds at its beginning.
    pub began_us: u64,
    /// Simulated microseconds at its end; absent if it had not ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_us: Option<u64>,
    /// `written`, `value`, `deleted`, `not-found`, `unavailable`, `timed-out`, `no-answer`, `behind` (older than the session allows; what
    /// was found is given) or `running`.
    pub outcome: String,
    /// The value written or found, as text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// The place of the version written or found among those made of its key, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ordinal: Option<u32>,
    /// Replicas that answered or acknowledged (or are believed up), where the outcome counts them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub received: Option<u32>,
    /// Replicas the level needs, where the outcome says it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub required: Option<u32>,
    /// Further attempts of the client, in order; absent if the first was the last.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attempts: Vec<AttemptReport>,
}

/// A further attempt at an operation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttemptReport {
    /// Simulated microseconds at which the client decided on it.
    pub at_us: u64,
    /// The coordinator asked.
    pub via: String,
    /// The level asked for.
    pub level: String,
    /// How the attempt before ended, in the words of `outcome`.
    pub after: String,
}

/// Counts of one kind of traffic.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrafficReport {
    /// Messages sent over the network.
    pub messages: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Messages that never arrived.
    pub lost: u64,
    /// Messages nodes sent to themselves.
    pub local: u64,
}

/// Text of a row's value, if it is one.
fn text(row: &Row) -> Option<String> {
    row.value().map(|bytes| String::from_utf8_lossy(bytes).into_owned())
}

impl OperationReport {
    /// Describes one operation.
    pub fn of(operation: &Operation, history: &History, clients: &[String]) -> OperationReport {
        let request = &operation.request;
        let mut report = OperationReport {
            number: operation.id.number,
            client: clients.get(operation.client.0 as usize).cloned().unwrap_or_else(|| operation.client.to_string()),
            verb: match request.verb {
                Verb::Read => "read",
                Verb::Write(_) => "write",
                Verb::Delete => "delete",
            }
            .to_owned(),
            key: request.key.name().to_owned(),
            level: request.level.to_string(),
            via: operation.via.to_string(),
            began_us: operation.began_at.0,
            ended_us: operation.ended.as_ref().map(|(_, at, _)| at.0),
            outcome: String::new(),
            value: if let Verb::Write(bytes) = &request.verb { Some(String::from_utf8_lossy(bytes).into_owned()) } else { None },
            ordinal: operation.version.as_ref().map(|v| history.ordinal(&request.key, v)),
            received: None,
            required: None,
            attempts: Vec::new(),
        };
        let attempt = |a: &Attempt| AttemptReport {
            at_us: a.at.0,
            via: a.via.to_string(),
            level: a.level.to_string(),
            after: report.clone().take_outcome(Some(&a.after), history, &request.key).to_owned(),
        };
        let attempts = operation.attempts.iter().map(attempt).collect();
        report.attempts = attempts;
        report.outcome = report.take_outcome(operation.ended.as_ref().map(|(_, _, o)| o), history, &request.key).to_owned();
        report
    }

    fn take_outcome(&mut self, outcome: Option<&Outcome>, history: &History, key: &Key) -> &'static str {
        match outcome {
            None => "running",
            Some(Outcome::NoAnswer) => "no-answer",
            Some(Outcome::Overloaded { .. }) => "overloaded",
            Some(Outcome::Found(None)) => "not-found",
            Some(Outcome::Found(Some(row))) => {
                self.value = text(row);
                self.ordinal = row.versions().first().map(|v| history.ordinal(key, v));
                if row.is_deleted() { "deleted" } else { "value" }
            }
            Some(Outcome::Written { acks, .. }) => {
                self.received = Some(*acks);
                "written"
            }
            Some(Outcome::Unavailable { required, alive }) => {
                (self.received, self.required) = (Some(*alive), Some(*required));
                "unavailable"
            }
            Some(Outcome::TimedOut { received, required }) => {
                (self.received, self.required) = (Some(*received), Some(*required));
                "timed-out"
            }
            Some(Outcome::Behind { found, .. }) => {
                self.value = found.as_deref().and_then(text);
                self.ordinal = found.as_ref().and_then(|row| row.versions().first()).map(|v| history.ordinal(key, v));
                "behind"
            }
        }
    }
}

impl Report {
    /// Plays a checked script to its end and reports.
    pub fn of(script: &Script) -> (Report, Vec<Event>) {
        let mut log = Vec::new();
        let mut player = Player::new(script, &mut log);
        let (mut divergence, mut stale): (Vec<(u64, u64)>, u64) = (Vec::new(), 0);
        let mut complete = false;
        while log.len() < BOUNDS.events as usize && player.inputs < BOUNDS.inputs && !complete {
            complete = !player.step(script, &mut log);
            if player.truth.stale_copies() != stale {
                stale = player.truth.stale_copies();
                divergence.push((player.world.now().0, stale));
            }
        }
        let history = History::of(&log);
        let tally = |kind: Traffic| {
            let t = player.world.ledger().of(kind);
            (kind.name().to_owned(), TrafficReport { messages: t.messages, bytes: t.bytes, lost: t.lost, local: t.local })
        };
        let report = Report {
            format: "drift-report".to_owned(),
            version: REPORT_VERSION,
            engine: ENGINE_VERSION,
            title: script.title.clone(),
            fingerprint: player.world.fingerprint().to_string(),
            events: log.len() as u64,
            end_us: player.world.now().max(Micros::ZERO).0,
            complete,
            operations: history.operations().iter().map(|op| OperationReport::of(op, &history, &script.config.clients)).collect(),
            pulse: PulseReport::of(&player, &divergence),
            divergence,
            stale_keys: player.truth.stale_keys(),
            traffic: Traffic::EVERY.into_iter().map(tally).collect(),
            checks: ChecksReport::of(&player, &history),
            metrics: MetricsReport::of(&player),
        };
        (report, log)
    }
}
