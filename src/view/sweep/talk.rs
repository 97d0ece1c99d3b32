//! What two replicas say to each other during a sweep: each message with its direction, weight and fate.

use crate::engine::base::{Endpoint, EventId, Micros, NodeId};
use crate::engine::node::sweeps::{Say, SessionId};
use crate::engine::node::{Body, Message, Mode};
use crate::engine::world::EventKind;
use crate::lab::Session;
use crate::view::glyph::Form;
use crate::view::narrate::sweep_noun;

/// Where a message is at the cursor.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Fate {
    /// On its way: how much of it is behind it, from 0 to 1.
    Flies(f64),
    /// It arrived.
    There,
    /// It never will.
    Lost,
}

/// One message.
#[derive(Debug, Clone)]
pub struct Rung<'a> {
    /// The event that sent it.
    pub event: EventId,
    /// Counts messages of the run.
    pub id: u64,
    /// When it left.
    pub at: Micros,
    /// Whether the one who started the sweep sent it.
    pub from_asking: bool,
    /// Who sent it, and to whom.
    pub way: (NodeId, NodeId),
    /// What it says.
    pub say: &'a Say,
    /// Its bytes.
    pub size: u32,
    /// Where it is.
    pub fate: Fate,
}

impl Rung<'_> {
    /// What it is, as a noun.
    pub fn noun(&self) -> String {
        sweep_noun(self.say)
    }

    /// Asks, carries or acknowledges.
    pub fn form(&self) -> Form {
        form(self.say)
    }
}

/// The form of the glyph of a message.
pub fn form(say: &Say) -> Form {
    match say.mode() {
        Mode::Asks => Form::Asks,
        Mode::Carries => Form::Carries,
        Mode::Acks => Form::Acks,
    }
}

fn said(message: &Message) -> Option<&Say> {
    match &message.body {
        Body::Sweep { say, .. } => Some(say),
        _ => None,
    }
}

/// All messages of a sweep that have been sent at the cursor, in order.
pub fn talk(session: &Session, id: SessionId) -> Vec<Rung<'_>> {
    let events = session.sweep_log().events(id);
    let past = &events[..events.partition_point(|event| event.0 < session.cursor())];
    let mut rungs: Vec<Rung<'_>> = Vec::new();
    for event in past {
        let Some(entry) = session.log().get(event.0 as usize) else { continue };
        match &entry.kind {
            EventKind::Sent(message) => {
                let Some(say) = said(message) else { continue };
                let from_asking = message.from == Endpoint::Node(id.by);
                let (Some(from), Some(to)) = (message.from.node(), message.to.node()) else { continue };
                let (way, fate) = ((from, to), Fate::There);
                rungs.push(Rung { event: *event, id: message.id, at: entry.at, from_asking, way, say, size: message.size, fate });
            }
            EventKind::Lost { message, .. } => {
                if let Some(rung) = find(&mut rungs, message.id) {
                    rung.fate = Fate::Lost;
                }
            }
            _ => {}
        }
    }
    mark_flights(session, id, &mut rungs);
    rungs
}

/// The message with this number: numbers grow.
fn find<'r, 'a>(rungs: &'r mut [Rung<'a>], id: u64) -> Option<&'r mut Rung<'a>> {
    let place = rungs.binary_search_by_key(&id, |rung| rung.id).ok()?;
    rungs.get_mut(place)
}

/// Finds those that are still on their way.
fn mark_flights(session: &Session, id: SessionId, rungs: &mut [Rung<'_>]) {
    let now = session.now().max(session.world().now());
    for flight in session.world().in_flight() {
        if matches!(&flight.message.body, Body::Sweep { session: of, .. } if *of == id)
            && let Some(rung) = find(rungs, flight.message.id)
        {
            let (gone, whole) = (now.since(flight.leaves).0 as f64, flight.arrives.since(flight.leaves).0.max(1) as f64);
            rung.fate = Fate::Flies((gone / whole).clamp(0.0, 1.0));
        }
    }
}

/// A line of the list of messages: what was said by whom, and its bytes.
pub fn line(rung: &Rung<'_>) -> String {
    let (from, to) = rung.way;
    let fate = match rung.fate {
        Fate::Flies(_) => ", on its way",
        Fate::There => "",
        Fate::Lost => ", lost",
    };
    format!("{from} to {to}: {}{fate}", rung.noun())
}
