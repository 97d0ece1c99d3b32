//! Why a replica lacks a version: looked up in the log, back to the loss, the crash or the choice that left it out.

use std::sync::Arc;

use super::Cause;
use super::facts::Facts;
use super::short::noun;
use crate::engine::base::{Endpoint, EventId, NodeId};
use crate::engine::data::{Change, Key, Order, Row, Rule, Version};
use crate::engine::node::{Body, Message, Note};
use crate::engine::world::{Event, EventKind, Fault, LostWhy};

/// What a replica held, as far as the log tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Held {
    /// This row, or none.
    Known(Option<Arc<Row>>),
    /// Nothing has happened to the key there: whatever it was given before the first message.
    FromStart,
}

/// What `node` held for `key` just before `id`.
pub fn held(facts: &Facts<'_>, node: NodeId, key: &Key, id: EventId) -> Held {
    let rule = facts.session.world().settings().rule;
    let here = facts.before(id).filter(|(_, e)| e.who == Some(node.into()));
    for (_, event) in here {
        match &event.kind {
            EventKind::Applied(a) if a.key == *key => {
                let after = match a.change {
                    Change::Stored => rule.merged(a.before.clone(), Some(&a.given)),
                    Change::Same | Change::Refused => a.before.clone(),
                };
                return Held::Known(after);
            }
            EventKind::Reverted { key: k, after, .. } if k == key => return Held::Known(after.clone()),
            EventKind::Removed(removed) if removed.key == *key => return Held::Known(None),
            EventKind::Fault(Fault::Wiped { .. }) => return Held::Known(None),
            _ => {}
        }
    }
    Held::FromStart
}

fn holds(rule: Rule, row: Option<&Arc<Row>>, version: &Version) -> bool {
    row.is_some_and(|r| r.versions().iter().any(|v| matches!(rule.compare(v, version), Order::Equal | Order::Newer)))
}

/// The newest version that any of `nodes` held just before `id`, with those of them that lacked it.
pub fn newest(facts: &Facts<'_>, nodes: &[NodeId], key: &Key, id: EventId) -> Option<(Version, Vec<NodeId>)> {
    let rule = facts.session.world().settings().rule;
    let rows: Vec<(NodeId, Held)> = nodes.iter().map(|n| (*n, held(facts, *n, key, id))).collect();
    let versions =
        rows.iter().filter_map(|(_, h)| if let Held::Known(Some(row)) = h { Some(row) } else { None }).flat_map(|r| r.versions());
    let best = versions.fold(None, |best: Option<&Version>, v| match best {
        Some(b) if rule.compare(v, b) != Order::Newer => Some(b),
        _ => Some(v),
    })?;
    let lacks = |held: &Held| match held {
        Held::Known(row) => !holds(rule, row.as_ref(), best),
        Held::FromStart => true,
    };
    Some((best.clone(), rows.iter().filter(|(_, h)| lacks(h)).map(|(n, _)| *n).collect()))
}

fn carries(rule: Rule, message: &Message, node: NodeId, version: &Version) -> bool {
    message.to == Endpoint::Node(node)
        && matches!(message.body, Body::Write { .. } | Body::Repair { .. })
        && message.body.row().is_some_and(|row| holds(rule, Some(row), version))
}

/// Why `node` lacked `version` of `key` just before `id`: the crash that took it back, the message that never came, or the coordinator that
/// never sent it.
pub fn why_behind(facts: &Facts<'_>, node: NodeId, key: &Key, version: &Version, id: EventId) -> Option<Cause> {
    let rule = facts.session.world().settings().rule;
    let maker = facts.names.history.maker(key, version);
    let born = maker.and_then(|op| facts.names.history.operation(op)).map_or(0, |o| o.began.0);
    let name = facts.names.version(key, version);
    let mut repair_lost = None;
    for (at, event) in facts.before(id).take_while(|(at, _)| at.0 >= born) {
        let found = match &event.kind {
            EventKind::Reverted { key: k, before, .. }
                if k == key && event.who == Some(node.into()) && holds(rule, before.as_ref(), version) =>
            {
                let cause = event.cause.unwrap_or(at);
                let restored = matches!(facts.event(cause).map(|e| &e.kind), Some(EventKind::Fault(Fault::Restored { .. })));
                let why = if restored { "was restored from an older copy" } else { "crashed before its log was flushed" };
                Some((cause, format!("{node} {why}")))
            }
            EventKind::Removed(removed)
                if removed.key == *key && event.who == Some(node.into()) && holds(rule, Some(&removed.row), version) =>
            {
                Some((at, format!("{node} removed {name} after the grace")))
            }
            EventKind::Fault(Fault::Wiped { .. }) if event.who == Some(node.into()) => Some((at, format!("{node} lost its disk"))),
            EventKind::Lost { message, why } if carries(rule, message, node, version) => {
                let cause = (at, lost(facts, message, *why, &name, node));
                if matches!(message.body, Body::Repair { .. }) {
                    // A lost repair only failed to mend; what made the gap lies further back.
                    repair_lost.get_or_insert(cause);
                    None
                } else {
                    Some(cause)
                }
            }
            EventKind::Held(message) if carries(rule, message, node, version) => {
                Some((at, format!("{name} still waits at {node}, which is paused")))
            }
            EventKind::Sent(message) if carries(rule, message, node, version) => {
                Some((at, format!("{name} is still on its way to {node}")))
            }
            EventKind::Note(Note::Chose { down, .. }) if event.op == maker && maker.is_some() && down.contains(&node) => {
                let via = event.who.map_or_else(String::new, |w| facts.names.end(w));
                Some((at, format!("{via} believed {node} down and never sent it {name}")))
            }
            _ => None,
        };
        if let Some((event, text)) = found {
            return Cause::at(facts, event, text);
        }
    }
    repair_lost.and_then(|(event, text)| Cause::at(facts, event, text))
}

fn lost(facts: &Facts<'_>, message: &Message, why: LostWhy, name: &str, node: NodeId) -> String {
    match why {
        LostWhy::Loss => format!("the network lost {}", noun(message, &facts.names)),
        LostWhy::Cut(_) => format!("a cut kept {name} from {node}"),
        LostWhy::Down => format!("{node} was down when {name} came"),
        LostWhy::Crashed => format!("{node} crashed before it handled {name}"),
    }
}

/// Why some of `nodes` differed just before `id`.
pub fn why_differ(facts: &Facts<'_>, nodes: &[NodeId], key: &Key, id: EventId) -> Option<Cause> {
    let (version, behind) = newest(facts, nodes, key, id)?;
    behind.iter().find_map(|node| why_behind(facts, *node, key, &version, id))
}

/// What came in and set off the step of `id`, traced one step back: who caused it.
pub fn plain(facts: &Facts<'_>, id: EventId) -> Option<Cause> {
    let cause: EventId = facts.event(facts.root(id))?.cause?;
    let event: &Event = facts.event(cause)?;
    Cause::at(facts, cause, facts.clause(event))
}
