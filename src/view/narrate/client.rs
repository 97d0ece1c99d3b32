//! Sentences about clients: what they ask, and what they are told.

use std::sync::Arc;

use super::facts::Facts;
use super::names::{quoted, quoted_bytes};
use super::{Cause, Said};
use super::{acts, origin};
use crate::engine::base::{Endpoint, EventId, NodeId, OpId, arrange};
use crate::engine::data::{Change, Key, Order, Row, Version};
use crate::engine::node::coordinate::need;
use crate::engine::node::{Coordinate, Direct, Level, Need, Outcome, Request, Verb};
use crate::engine::observe::Operation;
use crate::engine::world::{Event, EventKind};
use crate::view::format::{counted, list, span};

pub(super) fn began(facts: &Facts<'_>, event: &Event, request: &Request, via: NodeId) -> Said {
    let who = event.who.map_or_else(String::new, |w| facts.names.end(w));
    let key = &request.key;
    if request.verb == Verb::Read && facts.settings_at(event.at).client.direct != Direct::Off {
        return acts::begins_directly(&who, request);
    }
    let headline = match &request.verb {
        Verb::Read => format!("{who} asks {via} to read {key}."),
        Verb::Write(bytes) => format!("{who} asks {via} to write {} to {key}.", quoted_bytes(bytes)),
        Verb::Delete => format!("{who} asks {via} to delete {key}."),
    };
    let settings = facts.settings_at(event.at);
    let n = settings.replicas.total();
    let home = facts.session.world().ring().zone_of(via);
    let wanted = need(request.level, &settings.replicas, home.0);
    let required = wanted.required();
    let replicas = facts.replicas(key, event.at);
    let zone = |zone: u32| facts.session.world().ring().zones().get(zone as usize).map_or_else(String::new, |z| z.name.clone());
    let copies = match replicas.as_slice() {
        // Those elsewhere are asked too and do not count.
        _ if let Need::Zone { zone: own, .. } = &wanted => {
            let here: Vec<_> = replicas.iter().filter(|node| facts.session.world().ring().zone_of(**node).0 == *own).collect();
            format!(
                "{required} of {}, the replicas in {}, {}",
                list(here.into_iter()),
                zone(*own),
                if required == 1 { "has" } else { "have" }
            )
        }
        [only] if n == 1 => format!("the only replica, {only}, has"),
        _ if replicas.len() as u32 == n => {
            format!("{required} of the replicas {} {}", list(replicas.iter()), if required == 1 { "has" } else { "have" })
        }
        _ => format!("{required} of {n} replicas (though only {} exist) have", list(replicas.iter())),
    };
    let done = if request.verb == Verb::Read { "answered" } else { "confirmed" };
    let which = match &wanted {
        Need::Total(_) => String::new(),
        Need::Zone { zone: own, .. } => format!(" in {}", zone(*own)),
        Need::Each(_) => ", a majority in every zone".to_owned(),
    };
    let hint = if request.level == Level::Any { " Even a hint is enough." } else { "" };
    let level = request.level.name();
    if matches!(settings.write.coordinate, Coordinate::Replica { .. }) && request.verb != Verb::Read && !replicas.contains(&via) {
        let waits = format!(
            "{via} does not hold the key and will pass the request on to a node that does. {level} needs {required} of {n}{which}."
        );
        return Said::new(headline)
            .rest(waits)
            .so("and its coordinator will be another node")
            .rule("only a node that holds the key coordinates its writes");
    }
    let which = if matches!(wanted, Need::Zone { .. }) { "" } else { &which };
    let waits = format!("{via} coordinates, and answers once {copies} {done}{which}, as {level} says.{hint}");
    Said::new(headline).rest(waits).so(format!("so {via} becomes the coordinator")).rule("any node can coordinate any key")
}

pub(super) fn ended(facts: &Facts<'_>, id: EventId, event: &Event, outcome: &Outcome) -> Said {
    let who = event.who.map_or_else(String::new, |w| facts.names.end(w));
    let Some(operation) = event.op.and_then(|op| facts.names.history.operation(op)) else {
        return Said::new(format!("{who} has an answer."));
    };
    let took = span(event.at.since(operation.began_at));
    let name = facts.names.op(operation.id);
    match outcome {
        Outcome::Written { acks, .. } => written(facts, id, &who, operation, *acks, &took),
        Outcome::Found(row) => found(facts, id, &who, operation, row.as_ref(), &took),
        Outcome::Unavailable { required, alive } => Said::new(format!("{who} is refused.")).rest(format!(
            "{} believed only {alive} of the {required} replicas up that the level needs, so it sent nothing to any replica and nothing has changed.",
            operation.via_at(id)
        )),
        Outcome::TimedOut { received, required } => {
            let rest = if operation.request.verb == Verb::Read {
                format!("Only {received} of {required} answers came in time, so there is no answer that the level allows.")
            } else {
                let reached = reached(facts, operation, id);
                match reached {
                    Some(reached) => format!("This does not mean that nothing was written: {reached}, and the timeout does not undo that. {who} cannot know."),
                    None => format!("This does not mean that nothing is written: no replica has taken the write so far, but a late message still may. {who} cannot know."),
                }
            };
            Said::new(format!("{who} is told that {name} timed out.")).rest(rest).rule("a timeout takes nothing back")
        }
        Outcome::Overloaded { target } => Said::new(format!("{who} is refused."))
            .rest(format!("{} has no room for the hint that {target} would need, so it sent nothing to any replica and nothing has changed.", operation.via))
            .rule("a full store of hints pushes back"),
        Outcome::Behind { found, seen } => acts::behind(facts, &who, operation, found.as_ref(), seen),
        Outcome::NoAnswer => no_answer(facts, id, &who, operation, &took),
    }
}

fn written(facts: &Facts<'_>, id: EventId, who: &str, operation: &Operation, acks: u32, took: &str) -> Said {
    let key = &operation.request.key;
    let version = operation.version.as_ref().map_or_else(|| "the write".to_owned(), |v| facts.names.version(key, v));
    let verb = if operation.request.verb == Verb::Delete { "deleted" } else { "written" };
    Said::new(format!("{who} is told that {key} is {verb}."))
        .rest(format!(
            "{} had confirmed {version} when {} answered. {who} waited {took}.",
            counted(u64::from(acks), "replica", "replicas"),
            operation.via_at(id)
        ))
        .so(format!("with {}", counted(u64::from(acks), "confirmation", "confirmations")))
        .rule("the level decides when to answer, not whom to write to")
}

/// The replicas that took a write up to `id`, as a sentence; `None` if no replica did.
fn reached(facts: &Facts<'_>, operation: &Operation, id: EventId) -> Option<String> {
    let version = operation.version.as_ref()?;
    let trace = facts.trace(operation.id, id);
    let mut nodes: Vec<NodeId> = trace
        .events
        .iter()
        .filter_map(|(_, e)| match &e.kind {
            EventKind::Applied(a) if a.change == Change::Stored && a.given.versions().contains(version) => e.who.and_then(Endpoint::node),
            _ => None,
        })
        .collect();
    arrange(&mut nodes, Ord::cmp);
    nodes.dedup();
    let name = facts.names.version(&operation.request.key, version);
    (!nodes.is_empty()).then(|| format!("{} took {name}", list(nodes.iter())))
}

fn found(facts: &Facts<'_>, id: EventId, who: &str, operation: &Operation, row: Option<&Arc<Row>>, took: &str) -> Said {
    let key = &operation.request.key;
    let Some(row) = row else {
        let said = Said::new(format!("{who} is told that there is no {key}.")).so("for no replica it asked had a row");
        return match newer_acknowledged(facts, operation, key, None) {
            Some((op, version)) => stale(facts, id, said, operation, op, &version),
            None => said.rest(format!("No replica that {} asked had a row for it. The answer took {took}.", operation.via_at(id))),
        };
    };
    let name = facts.names.row(key, row);
    let headline =
        if row.is_deleted() { format!("{who} is told that {key} is deleted.") } else { format!("{who} reads {name}: {}.", quoted(row)) };
    let said = Said::new(headline);
    match row.versions().last().and_then(|v| newer_acknowledged(facts, operation, key, Some(v))) {
        Some((op, version)) => stale(facts, id, said, operation, op, &version),
        None if row.is_deleted() => {
            said.rest(format!("A tombstone is the newest version found: it is kept and read like a value. The answer took {took}."))
        }
        None => {
            let asked = facts.trace(operation.id, id).asked();
            let of = match asked.as_slice() {
                [only] => format!("{only} was the only replica asked, so nothing was compared."),
                _ => format!("It is the newest version in the answers of {}.", list(asked.iter())),
            };
            said.rest(format!("{of} The answer took {took}."))
        }
    }
}

/// A write that was acknowledged before this read began, of a version newer than what was found.
fn newer_acknowledged(facts: &Facts<'_>, read: &Operation, key: &Key, found: Option<&Version>) -> Option<(OpId, Version)> {
    let rule = facts.session.world().settings().rule;
    let newer = |v: &Version| found.is_none_or(|f| rule.compare(v, f) == Order::Newer);
    let writes = facts.names.history.operations().iter().filter(|o| o.request.key == *key);
    let told = writes.filter(|o| matches!(&o.ended, Some((at, _, Outcome::Written { .. })) if *at < read.began));
    let mut all: Vec<(OpId, Version)> = told.filter_map(|o| Some((o.id, o.version.clone()?))).filter(|(_, v)| newer(v)).collect();
    // A key whose newest acknowledged version is a tombstone is rightly absent.
    if found.is_none() {
        all.retain(|(_, v)| v.payload != crate::engine::data::Payload::Tombstone);
    }
    all.into_iter().reduce(|best, next| if rule.compare(&next.1, &best.1) == Order::Newer { next } else { best })
}

fn stale(facts: &Facts<'_>, id: EventId, said: Said, read: &Operation, write: OpId, version: &Version) -> Said {
    let (name, op) = (facts.names.version(&read.request.key, version), facts.names.op(write));
    let asked = facts.trace(read.id, id).asked();
    let cause = asked.iter().find_map(|n| origin::why_behind(facts, *n, &read.request.key, version, id));
    let among = if asked.len() == 1 {
        format!("{}, the only replica asked, answered without it", asked[0])
    } else {
        format!("{} answered without it", list(asked.iter()))
    };
    said.rest(format!("This is old: {op} was acknowledged with {name} before this read began, but {among}."))
        .so(format!("although the newer {name} was acknowledged before"))
        .rule("a read sees only the replicas it asks")
        .cause(cause)
}

fn no_answer(facts: &Facts<'_>, id: EventId, who: &str, operation: &Operation, took: &str) -> Said {
    let known = match (&operation.request.verb, reached(facts, operation, id)) {
        (Verb::Read, _) => String::new(),
        (_, Some(reached)) => format!(" In truth {reached}."),
        (_, None) => " In truth no replica has taken the write so far.".to_owned(),
    };
    let trace = facts.trace(operation.id, id);
    let cause = trace
        .last_lost()
        .or_else(|| facts.forgot(operation.via_at(id), operation.began, id))
        .and_then(|(event, e)| Cause::at(facts, event, facts.clause(e)));
    Said::new(format!("{who} gives up on {}: {} never answered.", facts.names.op(operation.id), operation.via_at(id)))
        .rest(format!("For {took} {who} heard nothing, and cannot tell a lost message from a dead coordinator.{known}"))
        .so(format!("after {took} of silence"))
        .rule("a client waits only so long")
        .cause(cause)
}
