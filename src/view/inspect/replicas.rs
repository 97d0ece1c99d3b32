//! One row per replica: what the coordinator knows of it, and what is true.

use super::ChipView;
use crate::engine::base::{Digest, EventId, Micros, NodeId};
use crate::engine::data::{Change, Key, Order, Row};
use crate::engine::node::{Body, Message, Note, Verb};
use crate::engine::observe::{Operation, Truth};
use crate::engine::world::{Event, EventKind, Status};
use crate::view::digest_bars::{self, Bar};
use crate::view::format::{bytes, moment};
use crate::view::narrate::{Facts, Trace};

/// One replica of the operation's key.
#[derive(Debug, Clone, PartialEq)]
pub struct ReplicaRow {
    /// The replica.
    pub node: NodeId,
    /// Its place in the preference list, from 1; 0 if it is none any more.
    pub place: u32,
    /// Whether it plays no part: not asked, or nothing known of it.
    pub idle: bool,
    /// What it did: `sent the row`.
    pub head: String,
    /// The versions it is known to hold.
    pub chips: Vec<ChipView>,
    /// Whether a dashed chip says that its version is not known.
    pub unknown: bool,
    /// Size, time and what is missing: `214 B, 1.086 s`.
    pub detail: String,
    /// The first digits of its digest.
    pub digest: Option<String>,
    /// The digest as bars; grey where equal.
    pub bars: Vec<Bar>,
    /// Whether its digest equals the one compared with; `None` before they are compared.
    pub equal: Option<bool>,
    /// The event to go to.
    pub event: Option<EventId>,
}

/// A replica's part in an operation, as messages tell.
struct Part<'a> {
    /// The last thing the coordinator sent it.
    sent: Option<(EventId, &'a Event, &'a Message)>,
    /// The last thing the coordinator heard from it.
    heard: Option<(EventId, &'a Event, &'a Message)>,
    /// The last row or digest heard.
    fact: Option<&'a Message>,
}

fn part<'a>(trace: &Trace<'a>, node: NodeId) -> Part<'a> {
    let from = trace.choice().map_or(EventId(0), |c| c.id);
    // In another zone one replica gets the row and passes it on: what that one was sent is what the others will get.
    let meant = |m: &Message| m.to.node() == Some(node) || matches!(&m.body, Body::Relay { to, .. } if to.contains(&node));
    let sent = trace.sent().filter(|(id, e, m)| *id > from && meant(m) && e.who.and_then(|w| w.node()) == trace.via);
    let answers = || trace.answers().filter(|(_, _, n, _)| *n == node);
    Part {
        sent: sent.filter(|(_, _, m)| !matches!(m.body, Body::WriteAck | Body::Data { .. } | Body::Digest(_) | Body::RepairAck)).last(),
        heard: answers().last().map(|(id, e, _, m)| (id, e, m)),
        fact: answers().map(|(_, _, _, m)| m).filter(|m| matches!(m.body, Body::Data { .. } | Body::Digest(_))).last(),
    }
}

fn digest_of(facts: &Facts<'_>, message: &Message) -> Option<Digest> {
    match &message.body {
        Body::Data { row, .. } => Some(facts.settings_at(message.sent_at).digest.of(row)),
        Body::Digest(digest) => Some(*digest),
        _ => None,
    }
}

/// What the coordinator knows of each replica: those it asked in its order, then those it left out, then the others.
pub fn known(facts: &Facts<'_>, operation: &Operation, trace: &Trace<'_>) -> Vec<ReplicaRow> {
    let at = trace.choice().and_then(|c| facts.event(c.id)).map_or(operation.began_at, |e| e.at);
    let replicas = facts.replicas(&operation.request.key, at);
    let asked = trace.choice().map(|c| c.asked.to_vec()).unwrap_or_default();
    let down = trace.choice().map(|c| c.down.to_vec()).unwrap_or_default();
    let rest = replicas.iter().copied().filter(|n| !asked.contains(n) && !down.contains(n));
    let order: Vec<NodeId> = asked.iter().chain(&down).copied().chain(rest).collect();
    let place = |node: NodeId| replicas.iter().position(|r| *r == node).map_or(0, |i| i as u32 + 1);
    let mut rows: Vec<ReplicaRow> = order
        .into_iter()
        .map(|node| {
            let mut row =
                if asked.contains(&node) { asked_row(facts, operation, trace, node) } else { left_out(facts, operation, trace, node) };
            row.place = place(node);
            row
        })
        .collect();
    compare(facts, &mut rows, trace, &asked);
    rows
}

/// Draws equal digits grey and says which digests differ from that of the row in hand, once the coordinator has compared them.
fn compare(facts: &Facts<'_>, rows: &mut [ReplicaRow], trace: &Trace<'_>, asked: &[NodeId]) {
    let compared = trace.last_note(|n| matches!(n, Note::DigestsMatch | Note::DigestsDiffer { .. })).is_some();
    // A replica that confirmed a repair no longer holds what its digest was made of.
    let current = |part: &Part<'_>| part.heard.is_none_or(|(_, _, m)| !matches!(m.body, Body::RepairAck));
    let told = asked.iter().map(|n| (*n, part(trace, *n))).filter(|(_, p)| current(p));
    let digests: Vec<(NodeId, Digest)> = told.filter_map(|(n, p)| Some((n, digest_of(facts, p.fact?)?))).collect();
    let first = digests.iter().find(|(n, _)| Some(n) == asked.first()).map(|(_, d)| *d);
    for row in rows {
        let Some((_, own)) = digests.iter().find(|(n, _)| *n == row.node) else { continue };
        let others: Vec<Digest> = if Some(&row.node) == asked.first() {
            digests.iter().filter(|(n, _)| *n != row.node).map(|(_, d)| *d).collect()
        } else {
            first.into_iter().collect()
        };
        row.digest = Some(own.short());
        row.bars = digest_bars::bars(*own, if compared { &others } else { &[] });
        row.equal = first.filter(|_| compared && Some(&row.node) != asked.first()).map(|first| first == *own);
    }
}

fn empty(node: NodeId) -> ReplicaRow {
    ReplicaRow {
        node,
        place: 0,
        idle: false,
        head: String::new(),
        chips: Vec::new(),
        unknown: false,
        detail: String::new(),
        digest: None,
        bars: Vec::new(),
        equal: None,
        event: None,
    }
}

/// A replica that was not asked, and why.
fn left_out(facts: &Facts<'_>, operation: &Operation, trace: &Trace<'_>, node: NodeId) -> ReplicaRow {
    let via = operation.via;
    let refused = trace.last_note(|n| matches!(n, Note::Unavailable { .. })).map(|(id, _)| id);
    let asked_at = trace.choice().map(|c| c.id).or(refused);
    let since = asked_at.and_then(|id| facts.suspected_since(via, node, id));
    let (detail, event) = match (asked_at, since) {
        (Some(_), Some((id, e))) => (format!("{via} believes {node} down since {}", moment(e.at)), Some(id)),
        (Some(_), None) if refused.is_some() => (format!("{via} believes it up, but too few others"), refused),
        (Some(_), None) => (format!("{} needs no more answers", operation.request.level.name()), None),
        (None, _) => (format!("{via} has not had the request"), None),
    };
    ReplicaRow { idle: true, head: "not asked".to_owned(), detail, event, ..empty(node) }
}

/// A replica that was asked: what it was sent, and what came back.
fn asked_row(facts: &Facts<'_>, operation: &Operation, trace: &Trace<'_>, node: NodeId) -> ReplicaRow {
    let (key, part) = (&operation.request.key, part(trace, node));
    let forgot = trace.choice().and_then(|c| facts.forgot(operation.via, c.id, EventId(facts.session.cursor())));
    let chips = |row: &Row| ChipView::row(&facts.names, key, row);
    let mut row = empty(node);
    if let Some(message) = part.fact {
        match &message.body {
            Body::Data { row: Some(held), .. } => row.chips = chips(held),
            Body::Data { row: None, .. } => {}
            _ => row.unknown = true,
        }
    }
    let waits = |asked: &str, missing: &str| {
        let when = moment(part.sent.map_or(Micros::ZERO, |(_, e, _)| e.at));
        match (forgot, trace.stopped_waiting()) {
            (Some(_), _) => format!("{asked} {when}; {} has forgotten it", operation.via),
            (_, Some(_)) => format!("{asked} {when}, {missing} in time"),
            _ => format!("{asked} {when}, {missing} yet"),
        }
    };
    let answered_last = match (part.sent, part.heard) {
        (Some((sent, _, _)), Some((heard, _, _))) => heard > sent,
        (None, Some(_)) => true,
        _ => false,
    };
    row.event = if answered_last { part.heard.map(|h| h.0) } else { part.sent.map(|s| s.0) };
    if answered_last && let Some((_, event, message)) = part.heard {
        let size = bytes(u64::from(message.size));
        (row.head, row.detail) = match &message.body {
            Body::WriteAck => ("confirmed".to_owned(), moment(event.at)),
            Body::RepairAck => ("repaired".to_owned(), format!("confirmed {}", moment(event.at))),
            Body::Data { row: None, .. } => ("has no row".to_owned(), format!("{size}, {}", moment(event.at))),
            Body::Data { .. } => ("sent the row".to_owned(), format!("{size}, {}", moment(event.at))),
            _ => ("sent a digest".to_owned(), format!("{size}, {}, no version", moment(event.at))),
        };
        match &message.body {
            Body::RepairAck => row.chips = part.sent.and_then(|(_, _, m)| m.body.row()).map(|r| chips(r)).unwrap_or_default(),
            Body::WriteAck => row.chips = written(facts, operation),
            _ => {}
        }
        row.unknown &= !matches!(message.body, Body::RepairAck);
    } else if let Some((_, _, message)) = part.sent {
        let (head, detail) = match &message.body {
            Body::Relay { .. } if message.to.node() != Some(node) => {
                ("gets it passed on", format!("by {}; {}", facts.names.end(message.to), waits("sent", "no confirmation")))
            }
            Body::Write { .. } | Body::Relay { .. } => ("sent the write", waits("sent", "no confirmation")),
            Body::Repair { .. } => ("sent the repair", waits("sent", "no confirmation")),
            Body::ReadData { .. } => ("asked for its row", waits("asked", "no answer")),
            _ => ("asked for a digest", waits("asked", "no answer")),
        };
        (row.head, row.detail) = (head.to_owned(), detail);
        row.unknown |= row.chips.is_empty() && part.fact.is_none();
    }
    row
}

/// The version a write made.
fn written(facts: &Facts<'_>, operation: &Operation) -> Vec<ChipView> {
    operation.version.iter().map(|v| ChipView::of(&facts.names, &operation.request.key, v)).collect()
}

/// What each replica of the key truly holds at the cursor, beside what the coordinator knows of it.
pub fn truth(facts: &Facts<'_>, operation: &Operation, trace: &Trace<'_>) -> Vec<ReplicaRow> {
    let (world, key) = (facts.session.world(), &operation.request.key);
    let copies = Truth::copies(world, key);
    let rule = world.settings().rule;
    let merged = copies.iter().fold(None, |m, c| rule.merged(m, c.row.as_ref()));
    let known = known(facts, operation, trace);
    let mut above: Option<Digest> = None;
    let digests: Vec<Digest> = copies.iter().map(|c| world.settings().digest.of(&c.row)).collect();
    copies
        .iter()
        .enumerate()
        .map(|(i, copy)| {
            let own = digests[i];
            let standing = match (&copy.row, &merged) {
                (_, None) => "nobody holds one".to_owned(),
                (None, _) => "others hold one".to_owned(),
                _ if copy.rotten => "not what was written".to_owned(),
                (Some(held), Some(all)) if copy.behind => format!("{} behind", behind_by(facts, key, held, all)),
                _ => "newest".to_owned(),
            };
            let state = match world.host(copy.node).map(|h| h.status) {
                Some(Status::Down) => ", down",
                Some(Status::Paused) => ", paused",
                _ => "",
            };
            let knows = known.iter().find(|k| k.node == copy.node).map_or_else(|| "knows nothing".to_owned(), |k| knowledge(k, operation));
            let others: Vec<Digest> = digests.iter().enumerate().filter(|(j, _)| *j != i).map(|(_, d)| *d).collect();
            let row = ReplicaRow {
                place: i as u32 + 1,
                head: if copy.row.is_some() { "holds".to_owned() } else { "holds no row".to_owned() },
                chips: copy.row.as_ref().map(|r| ChipView::row(&facts.names, key, r)).unwrap_or_default(),
                detail: format!("{standing}{state}; {} {knows}", operation.via),
                digest: Some(own.short()),
                bars: digest_bars::bars(own, &others),
                equal: above.map(|a| a == own),
                event: last_change(facts, copy.node, operation),
                ..empty(copy.node)
            };
            above = Some(own);
            row
        })
        .collect()
}

/// What the coordinator knows of a replica, in two or three words.
fn knowledge(row: &ReplicaRow, operation: &Operation) -> String {
    match (row.chips.as_slice(), &row.digest) {
        ([], _) if row.head == "has no row" => "knows it had none".to_owned(),
        ([], Some(_)) => "has its digest".to_owned(),
        ([], None) => "knows nothing".to_owned(),
        (chips, _) if operation.request.verb == Verb::Read => {
            let labels: Vec<&str> = chips.iter().map(|c| c.look.label.as_str()).collect();
            format!("knows {}", labels.join(", "))
        }
        (chips, _) => format!("knows it took {}", chips.iter().map(|c| c.look.label.as_str()).collect::<Vec<_>>().join(", ")),
    }
}

/// How many versions made so far lie between what is held and the merge of all.
fn behind_by(facts: &Facts<'_>, key: &Key, held: &Row, merged: &Row) -> u32 {
    let rule = facts.session.world().settings().rule;
    let newer = |v, row: &Row| row.versions().iter().all(|h| rule.compare(v, h) == Order::Newer);
    let made = facts.names.history.operations().iter().take_while(|o| o.began.0 < facts.session.cursor());
    let between = made.filter(|o| o.request.key == *key).filter_map(|o| o.version.as_ref()).filter(|v| newer(v, held) && !newer(v, merged));
    (between.count() as u32).max(1)
}

/// The last event that changed a replica's copy of the key.
fn last_change(facts: &Facts<'_>, node: NodeId, operation: &Operation) -> Option<EventId> {
    let key = &operation.request.key;
    let changes = |e: &Event| match &e.kind {
        EventKind::Applied(a) => a.key == *key && a.change == Change::Stored,
        EventKind::Reverted { key: k, .. } => k == key,
        EventKind::Removed(removed) => removed.key == *key,
        _ => false,
    };
    facts.before(EventId(facts.session.cursor())).take(100_000).find(|(_, e)| e.who == Some(node.into()) && changes(e)).map(|(id, _)| id)
}
