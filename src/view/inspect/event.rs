//! The event inspector: one event or message with its size, its times, its cause and its effects.

use super::ChipView;
use crate::engine::base::{EventId, Micros};
use crate::engine::node::{Body, Message, Mode, RemovedWhy, Verb};
use crate::engine::world::{Event, EventKind, Fate};
use crate::lab::Session;
use crate::view::format::{bytes, moment, span};
use crate::view::narrate::{Facts, Mark, Sentence, mark, quoted_bytes, sentence, short};

/// A link to another event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// Where it leads.
    pub event: EventId,
    /// What happened there.
    pub text: String,
    /// When.
    pub at: Micros,
    /// Whether it has not happened yet at the cursor.
    pub ahead: bool,
}

/// One event of the log.
#[derive(Debug, Clone, PartialEq)]
pub struct EventView {
    /// Which.
    pub id: EventId,
    /// `Message leaves`, `Decision`, `Change`, …
    pub title: &'static str,
    /// Its mark.
    pub mark: Mark,
    /// When.
    pub at: Micros,
    /// The sentence that says why.
    pub sentence: Sentence,
    /// Facts in pairs: name and value.
    pub facts: Vec<(&'static str, String)>,
    /// The versions it carries.
    pub payload: Vec<ChipView>,
    /// What made it happen.
    pub cause: Option<Link>,
    /// What it made happen.
    pub effects: Vec<Link>,
}

impl EventView {
    /// The view of an event of the known log; `None` if there is no such event.
    pub fn of(session: &Session, id: EventId) -> Option<EventView> {
        let facts = Facts::of(session);
        let event = facts.event(id)?;
        let sentence = sentence(session, id)?;
        let link = |to: EventId| {
            let target = facts.event(to)?;
            Some(Link { event: to, text: short(target, &facts.names), at: target.at, ahead: to.0 >= session.cursor() })
        };
        let payload = event.message().and_then(|m| Some(ChipView::row(&facts.names, facts.names.key(m.op)?, m.body.row()?)));
        Some(EventView {
            id,
            title: title(event),
            mark: mark(event, &facts.names),
            at: event.at,
            facts: pairs(&facts, id, event),
            payload: payload.unwrap_or_default(),
            cause: event.cause.and_then(link),
            effects: sentence.effects.iter().copied().filter_map(link).collect(),
            sentence,
        })
    }
}

fn title(event: &Event) -> &'static str {
    match &event.kind {
        EventKind::Sent(_) => "Message leaves",
        EventKind::Delivered(_) => "Message arrives",
        EventKind::Held(_) => "Message waits",
        EventKind::Lost { .. } => "Message lost",
        EventKind::Began { .. } => "Request",
        EventKind::Ended(_) => "Answer",
        EventKind::Timer(_) => "Timer",
        EventKind::Applied(_) => "Row given",
        EventKind::Reverted { .. } => "Row lost",
        EventKind::Removed(_) => "Tombstone removed",
        EventKind::Note(note) if note.is_decision() => "Decision",
        EventKind::Note(_) => "Note",
        EventKind::Client(_) => "Client",
        EventKind::Fault(_) => "Change",
    }
}

fn pairs(facts: &Facts<'_>, id: EventId, event: &Event) -> Vec<(&'static str, String)> {
    let mut pairs = vec![("number", format!("{} of {}", id.0 + 1, facts.log().len())), ("time", moment(event.at))];
    if let Some(message) = event.message() {
        pairs.extend(message_pairs(facts, message));
    } else if let Some(who) = event.who {
        pairs.push(("at", facts.names.end(who)));
    }
    if let Some(op) = event.op {
        pairs.push(("operation", facts.names.op(op)));
    }
    if let EventKind::Removed(removed) = &event.kind {
        pairs.push(("key", removed.key.to_string()));
        pairs.push(("removed", facts.names.row(&removed.key, &removed.row)));
        match removed.why {
            RemovedWhy::Grace { age } => pairs.push(("age", span(age))),
            RemovedWhy::Rotten => pairs.push(("because", "its checksum does not fit".to_owned())),
            RemovedWhy::SeenByAll => pairs.push(("because", "every replica has seen the delete".to_owned())),
        }
    }
    if let EventKind::Applied(applied) = &event.kind {
        pairs.push(("key", applied.key.to_string()));
        pairs.push(("held before", facts.names.maybe_row(&applied.key, applied.before.as_ref())));
        pairs.push(("given", facts.names.row(&applied.key, &applied.given)));
    }
    pairs
}

fn message_pairs(facts: &Facts<'_>, m: &Message) -> Vec<(&'static str, String)> {
    let does = match m.body.mode() {
        Mode::Asks => "asks",
        Mode::Carries => "carries",
        Mode::Acks => "acknowledges",
    };
    let mut pairs = vec![
        ("kind", format!("{}, {does}", m.body.traffic().name())),
        ("from", facts.names.end(m.from)),
        ("to", facts.names.end(m.to)),
        ("size", bytes(u64::from(m.size))),
        ("sent", moment(m.sent_at)),
        arrival(facts, m),
    ];
    match &m.body {
        Body::Digest(digest) => pairs.push(("digest", digest.to_string())),
        Body::Request(request) => {
            pairs.push(("key", request.key.to_string()));
            pairs.push(("level", request.level.to_string()));
            if let Verb::Write(value) = &request.verb {
                pairs.push(("value", quoted_bytes(value)));
            }
        }
        body => {
            if let Some(value) = body.row().and_then(|row| row.value()) {
                pairs.push(("value", quoted_bytes(value)));
            }
        }
    }
    pairs
}

/// When the message arrived or was lost; before that, when it arrives if nothing stops it.
fn arrival(facts: &Facts<'_>, m: &Message) -> (&'static str, String) {
    let past = facts.before(EventId(facts.session.cursor())).take_while(|(_, e)| e.at >= m.sent_at);
    let mut landed = None;
    for (_, e) in past {
        match &e.kind {
            EventKind::Delivered(d) if d.id == m.id => {
                landed = Some(("arrived", format!("{}, after {}", moment(e.at), span(e.at.since(m.sent_at)))))
            }
            EventKind::Lost { message, .. } if message.id == m.id && landed.is_none() => landed = Some(("lost", moment(e.at))),
            EventKind::Held(d) if d.id == m.id && landed.is_none() => landed = Some(("waits", format!("at {}", facts.names.end(m.to)))),
            _ => {}
        }
    }
    if let Some(landed) = landed {
        return landed;
    }
    let flight = facts.session.world().in_flight().find(|f| f.message.id == m.id);
    match flight {
        Some(flight) if flight.fate == Fate::Arrives => ("arrives", format!("{}, if nothing stops it", moment(flight.arrives))),
        Some(flight) => ("will stop", moment(flight.due())),
        None => ("arrives", "not sent yet".to_owned()),
    }
}
