//! The operation inspector as a whole.

use super::compared::Comparison;
use super::cost::Cost;
use super::ladder::Ladder;
use super::quorum::Tracker;
use super::replicas::{self, ReplicaRow};
use crate::engine::base::{EventId, NodeId, OpId};
use crate::engine::data::Key;
use crate::engine::node::{Outcome, Verb};
use crate::engine::observe::Operation;
use crate::lab::Session;
use crate::view::format::{moment, span};
use crate::view::glyph::Kind;
use crate::view::narrate::{Facts, Trace, kind, verb_name};

/// One operation at the cursor.
#[derive(Debug, Clone, PartialEq)]
pub struct OpView {
    /// Which.
    pub op: OpId,
    /// `Read R4`.
    pub title: String,
    /// Its kind of traffic.
    pub kind: Kind,
    /// The key.
    pub key: Key,
    /// Client, level and coordinator: `bob, QUORUM, through F`.
    pub asked_by: String,
    /// How it stands: `waits since 1.4 s`, `answered v3 after 316 ms`.
    pub status: String,
    /// The coordinator.
    pub via: NodeId,
    /// What the coordinator knows of each replica.
    pub known: Vec<ReplicaRow>,
    /// What each replica truly holds.
    pub truth: Vec<ReplicaRow>,
    /// What the coordinator does, step by step.
    pub ladder: Ladder,
    /// What the level needs and how far the coordinator has come; none before it has taken the operation up.
    pub quorum: Option<Tracker>,
    /// The digests compared; none for a write, or before an answer is in.
    pub digests: Option<Comparison>,
    /// Bytes between coordinator and replicas; none before it has sent anything.
    pub cost: Option<Cost>,
}

/// The operation to show: the selected one, else that of the selected event, else the latest begun before the cursor.
pub fn shown_operation(session: &Session, operation: Option<OpId>, event: Option<EventId>) -> Option<OpId> {
    let of_event = || session.log().get(event?.0 as usize)?.op;
    let begun = |op: &OpId| session.history().operation(*op).is_some();
    operation.or_else(of_event).filter(begun).or_else(|| {
        let all = session.history().operations();
        let past = all.partition_point(|o| o.began.0 < session.cursor());
        Some(all[..past].last()?.id)
    })
}

/// `Read`, `Write` or `Delete`.
fn title(verb: &Verb) -> &'static str {
    match verb {
        Verb::Read => "Read",
        Verb::Write(_) => "Write",
        Verb::Delete => "Delete",
    }
}

impl OpView {
    /// The view of an operation at the cursor.
    pub fn of(session: &Session, op: OpId) -> Option<OpView> {
        let facts = Facts::of(session);
        let operation = session.history().operation(op)?;
        let trace = match session.cursor().checked_sub(1) {
            Some(last) => facts.trace(op, EventId(last)),
            None => Trace { via: Some(operation.via), events: Vec::new() },
        };
        let (stood, present) = (operation.as_of(EventId(session.cursor())), trace.present());
        let request = &stood.request;
        let client = facts.names.end(operation.client);
        Some(OpView {
            op,
            title: format!("{} {}", title(&request.verb), facts.names.op(op)),
            kind: kind(request.verb.traffic()),
            key: request.key.clone(),
            asked_by: if trace.is_direct() {
                format!("{client}, {}, by itself", request.level.name())
            } else {
                format!("{client}, {}, through {}", request.level.name(), stood.via)
            },
            status: status(&facts, operation, &trace),
            via: stood.via,
            known: replicas::known(&facts, &stood, &present),
            truth: replicas::truth(&facts, &stood, &present),
            ladder: Ladder::of(&facts, operation, &trace),
            quorum: Tracker::of(&facts, &stood, &present),
            digests: Comparison::of(&facts, &stood, &present),
            cost: Cost::of(&facts, &stood, &present),
        })
    }
}

fn status(facts: &Facts<'_>, operation: &Operation, trace: &Trace<'_>) -> String {
    let now = facts.session.now();
    let Some((_, event, outcome)) = trace.ended() else {
        if operation.began.0 >= facts.session.cursor() {
            return format!("begins at {}", moment(operation.began_at));
        }
        return format!("{} waits for {}", facts.names.end(operation.client), span(now.since(operation.began_at)));
    };
    let took = span(event.at.since(operation.began_at));
    let key = &operation.request.key;
    match outcome {
        Outcome::Written { .. } => format!("{} after {took}", if operation.request.verb == Verb::Delete { "deleted" } else { "written" }),
        Outcome::Found(row) => format!("answered {} after {took}", facts.names.maybe_row(key, row.as_ref())),
        Outcome::Unavailable { .. } | Outcome::Overloaded { .. } => format!("refused after {took}"),
        Outcome::TimedOut { .. } => format!("timed out after {took}"),
        Outcome::Behind { .. } => format!("only older answers than seen before, after {took}"),
        Outcome::NoAnswer => format!("no answer to the {} in {took}", verb_name(&operation.request.verb)),
    }
}
