//! What a node keeps for others: its hints, target by target, and the copies it holds as a stand-in.

use super::ChipView;
use crate::engine::base::{EventId, NodeId, OpId};
use crate::engine::node::hints::{Kept, Line};
use crate::engine::node::{Node, Note};
use crate::engine::world::EventKind;
use crate::lab::Session;
use crate::view::format::{bytes, count, counted, moment, span};
use crate::view::narrate::Facts;

/// Hints or copies listed one by one at most, for each node they are for.
const LISTED: usize = 8;

/// One hint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HintView {
    /// The write it comes from, and its short name.
    pub op: Option<(OpId, String)>,
    /// The event in which it was kept, if the log tells it.
    pub event: Option<EventId>,
    /// The key.
    pub key: String,
    /// What it carries.
    pub chips: Vec<ChipView>,
    /// How old it is, and what of it is at stake: `1.2 s old, in memory`.
    pub text: String,
}

/// The hints for one replica.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineView {
    /// The replica.
    pub target: NodeId,
    /// `3 hints, 96 B`.
    pub size: String,
    /// Age of the oldest, how long it may still be delivered, and what is not on disk.
    pub age: String,
    /// The replay under way, with what is sent and confirmed of its page.
    pub replay: Option<String>,
    /// The hints, oldest first; at most eight.
    pub hints: Vec<HintView>,
    /// How many are not listed.
    pub hidden: usize,
}

/// Copies held in place of one owner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GuestView {
    /// The owner.
    pub owner: NodeId,
    /// `2 copies, left alone for 1.2 s`.
    pub text: String,
    /// The handoff under way.
    pub handoff: Option<String>,
    /// Keys and what is held of them; at most eight.
    pub rows: Vec<(String, Vec<ChipView>)>,
    /// How many are not listed.
    pub hidden: u64,
}

/// Hints by the replica they are for.
pub(super) fn lines(session: &Session, facts: &Facts<'_>, machine: &Node) -> Vec<LineView> {
    let all = machine.hints.lines().iter().filter(|(_, line)| !line.hints.is_empty());
    all.map(|(target, line)| self::line(session, facts, machine, *target, line)).collect()
}

fn line(session: &Session, facts: &Facts<'_>, machine: &Node, target: NodeId, line: &Line) -> LineView {
    let (now, settings) = (session.world().now(), session.world().settings());
    let oldest = line.hints.front().map_or(now, |kept| kept.since);
    let shown = machine.clock.shows(now);
    let left = line.hints.iter().filter_map(|kept| kept.hint.left(shown, settings)).min();
    let loose = line.hints.iter().filter(|kept| !kept.flushed).count() as u64;
    let life = left.map_or_else(|| "never expires".to_owned(), |left| format!("expires in {}", span(left)));
    let mut age = format!("oldest {} old, {life}", span(now.since(oldest)));
    if loose > 0 {
        age.push_str(&format!(", {} in memory only", count(loose)));
    }
    let replay = line.replay.as_ref().map(|r| {
        let page = r.unsent.len() + r.unacked.len() + r.acked.len();
        format!(
            "replaying: {} delivered, page of {}, {} sent, {} confirmed",
            r.delivered,
            page,
            r.unacked.len() + r.acked.len(),
            r.acked.len()
        )
    });
    LineView {
        target,
        size: format!("{}, {}", counted(line.hints.len() as u64, "hint", "hints"), bytes(line.bytes)),
        age,
        replay,
        hints: line.hints.iter().take(LISTED).map(|kept| hint(session, facts, machine.id, target, kept)).collect(),
        hidden: line.hints.len().saturating_sub(LISTED),
    }
}

fn hint(session: &Session, facts: &Facts<'_>, keeper: NodeId, target: NodeId, kept: &Kept) -> HintView {
    let age = session.world().now().since(kept.since);
    HintView {
        op: kept.hint.op.map(|op| (op.first(), facts.names.op(op))),
        event: kept_event(session, keeper, target, kept),
        key: kept.hint.key.to_string(),
        chips: ChipView::row(&facts.names, &kept.hint.key, &kept.hint.row),
        text: format!("{} old, {}", span(age), if kept.flushed { "on disk" } else { "in memory" }),
    }
}

/// The event in which a hint was kept: at that instant, by that node, for that target.
fn kept_event(session: &Session, keeper: NodeId, target: NodeId, kept: &Kept) -> Option<EventId> {
    let log = &session.log()[..session.cursor() as usize];
    let first = log.partition_point(|e| e.at < kept.since);
    let same = log[first..].iter().take_while(|e| e.at == kept.since).position(|e| {
        let key_is = |n: &Note| matches!(n, Note::HintKept { target: t, key, .. } if *t == target && *key == kept.hint.key);
        e.who == Some(keeper.into()) && matches!(&e.kind, EventKind::Note(n) if key_is(n))
    })?;
    Some(EventId((first + same) as u32))
}

/// Copies held for others, by owner.
pub(super) fn guests(facts: &Facts<'_>, machine: &Node) -> Vec<GuestView> {
    let held = machine.guests.all().iter().filter(|(_, guest)| !guest.store.rows().is_empty());
    held.map(|(owner, guest)| {
        let rows = guest.store.rows();
        GuestView {
            owner: *owner,
            text: format!("{}, last written at {}", counted(rows.len(), "copy", "copies"), moment(guest.touched)),
            handoff: guest
                .handoff
                .as_ref()
                .map(|h| format!("handing over: {} not confirmed yet", counted(h.missing.len() as u64, "copy", "copies"))),
            rows: rows.iter().take(LISTED).map(|(key, row)| (key.to_string(), ChipView::row(&facts.names, key, row))).collect(),
            hidden: rows.len().saturating_sub(LISTED as u64),
        }
    })
    .collect()
}
