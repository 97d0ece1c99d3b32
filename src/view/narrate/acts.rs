//! Sentences about what a client does by itself: asking again, asking replicas directly, writing back; and answers it does not take.

use std::sync::Arc;

use super::facts::Facts;
use super::{Cause, Said};
use crate::engine::base::{EventId, Micros, NodeId};
use crate::engine::data::Row;
use crate::engine::node::{Outcome, Request, Verb};
use crate::engine::observe::Operation;
use crate::engine::world::{ClientAct, Event};
use crate::view::format::{capital, counted, list, span};

pub(super) fn did(facts: &Facts<'_>, id: EventId, event: &Event, act: &ClientAct) -> Said {
    let who = event.who.map_or_else(String::new, |w| facts.names.end(w));
    let key = facts.names.key(event.op).map_or_else(|| "the key".to_owned(), ToString::to_string);
    match act {
        ClientAct::Retried { request, via, rest, after, .. } => retried(facts, id, event, &who, (request, *via, *rest), after),
        ClientAct::Asked { replicas, required } => {
            Said::new(format!("{who} asks {} for their rows of {key} itself.", list(replicas.iter())))
                .rest(format!(
                    "There is no coordinator: {who} knows who the replicas are, and takes the newest of the first {}.",
                    counted(u64::from(*required), "answer", "answers")
                ))
                .so("without a coordinator")
                .rule("a client that knows the ring can read replicas itself")
        }
        ClientAct::WroteBack { to } => {
            let be = if to.len() == 1 { "lacks" } else { "lack" };
            Said::new(format!("{who} writes the newest row of {key} back to {}.", list(to.iter())))
                .rest(format!("{} answered and {be} it. The application has its answer already.", list(to.iter())))
                .so(format!("for {} {be} it", list(to.iter())))
                .rule("a client that reads replicas itself repairs them itself")
        }
    }
}

fn retried(facts: &Facts<'_>, id: EventId, event: &Event, who: &str, next: (&Request, NodeId, Micros), after: &Outcome) -> Said {
    let (request, via, rest) = next;
    let name = event.op.map_or_else(String::new, |op| facts.names.op(op));
    let operation = event.op.and_then(|op| facts.names.history.operation(op));
    let before = operation.map_or(via, |o| o.via_at(id));
    let level = operation.map_or(request.level, |o| o.level_at(id));
    let why = match after {
        Outcome::Overloaded { .. } => "it was refused for lack of room for hints".to_owned(),
        Outcome::Behind { found, seen } => format!("{before}'s answer was {}", older(facts, request, found.as_ref(), seen)),
        Outcome::Unavailable { required, alive } => format!("{before} refused: {alive} of {required} replicas believed up"),
        Outcome::TimedOut { received, required } => format!("only {received} of {required} answers came in time"),
        Outcome::NoAnswer => format!("{before} never answered"),
        Outcome::Written { .. } | Outcome::Found(_) => "it was not content".to_owned(),
    };
    let wait = if rest == Micros::ZERO { String::new() } else { format!(" in {}", span(rest)) };
    let twice = match (&request.verb, after) {
        (Verb::Write(_) | Verb::Delete, Outcome::TimedOut { .. } | Outcome::NoAnswer) => {
            " The first attempt may have reached replicas; this one makes another version."
        }
        _ => "",
    };
    if level != request.level {
        return Said::new(format!("{who} asks for {name} once more, now at {} instead of {}.", request.level.name(), level.name()))
            .rest(format!("At {}, {why}. A lower level can be had sooner and promises less.{twice}", level.name()))
            .so(format!("for {why}"))
            .rule("a client may settle for less");
    }
    Said::new(format!("{who} asks {via} for {name}{wait}."))
        .rest(format!("{}.{twice}", capital(&why)))
        .so(format!("for {why}"))
        .rule(if matches!(after, Outcome::Behind { .. }) {
            "a session takes nothing older than what it has seen"
        } else {
            "a client may try again"
        })
        .cause(None::<Cause>)
}

/// `v1, older than the v2 that it has seen`.
fn older(facts: &Facts<'_>, request: &Request, found: Option<&Arc<Row>>, seen: &Arc<Row>) -> String {
    format!("{}, older than the {} it has seen", facts.names.maybe_row(&request.key, found), facts.names.row(&request.key, seen))
}

/// An operation that ended without an answer new enough for the session.
pub(super) fn behind(facts: &Facts<'_>, who: &str, operation: &Operation, found: Option<&Arc<Row>>, seen: &Arc<Row>) -> Said {
    let times = counted(operation.attempts.len() as u64 + 1, "time", "times");
    Said::new(format!("{who} does not take the answer: it is behind."))
        .rest(format!(
            "It asked {times} and the last answer was {}. Its session gives the application an error rather than go back in time.",
            older(facts, &operation.request, found, seen)
        ))
        .so(format!("for it has seen {}", facts.names.row(&operation.request.key, seen)))
        .rule("a session takes nothing older than what it has seen")
}

/// What a read begins with when the client does it itself.
pub(super) fn begins_directly(who: &str, request: &Request) -> Said {
    Said::new(format!("{who} begins to read {} by itself.", request.key))
        .rest(format!("It asks no coordinator: it waits for as many replicas as {} says and takes the newest row.", request.level.name()))
        .so("without a coordinator")
        .rule("a client that knows the ring can read replicas itself")
}
