//! Messages on their way: what is painted anew in each frame.

use super::ground::{Ground, Road};
use super::text;
use crate::engine::base::{Endpoint, EventId, Micros, OpId, arrange};
use crate::engine::node::{Message, Mode, Traffic};
use crate::engine::world::{EventKind, Fate, Flight};
use crate::lab::Session;
use crate::view::glyph::{Form, Kind};

/// Messages besides background above which versions are no longer looked up: their cores would not be seen.
const MANY: usize = 400;

/// A message on its way at one instant.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FlightMark {
    /// The message's number.
    pub id: u64,
    /// Whether it is the second copy of a duplicated one.
    pub copy: bool,
    /// Sender.
    pub from: Endpoint,
    /// Receiver.
    pub to: Endpoint,
    /// What it is part of.
    pub kind: Kind,
    /// What it does.
    pub form: Form,
    /// The number of the version it carries.
    pub version: Option<u32>,
    /// Its path and where a cut stops it.
    pub road: Road,
    /// How far along the path it is, from 0 to 1.
    pub at: f64,
    /// When it left, when it comes to the end of its way, and the share of the path that this is.
    pub course: (Micros, Micros, f64),
    /// Whether it will not arrive.
    pub doomed: bool,
    /// Whether it is background chatter.
    pub quiet: bool,
    /// Whether it serves the operation that is shown.
    pub ours: bool,
    /// Bytes.
    pub size: u32,
    /// What it is, in a word or two.
    pub what: &'static str,
}

/// The kind of a piece of traffic.
pub fn kind(traffic: Traffic) -> Kind {
    match traffic {
        Traffic::Write => Kind::Write,
        Traffic::Read => Kind::Read,
        Traffic::Digest => Kind::Digest,
        Traffic::Repair => Kind::Repair,
        Traffic::Gossip => Kind::Gossip,
        Traffic::Hint => Kind::Hint,
        Traffic::Tree => Kind::Sync,
    }
}

/// The form of a message.
pub fn form(mode: Mode) -> Form {
    match mode {
        Mode::Asks => Form::Asks,
        Mode::Carries => Form::Carries,
        Mode::Acks => Form::Acks,
    }
}

/// The number of the version that a message carries; `None` if it carries none.
pub fn version_of(session: &Session, message: &Message) -> Option<u32> {
    let version = message.body.row()?.versions().last()?;
    let history = session.history();
    let key = &history.operation(message.op?)?.request.key;
    Some(history.ordinal(key, version))
}

/// When a message leaves, when its way ends, and how far along its road that is. Cuts and losses happen half way in time; what a tear
/// stops reaches its edge then.
fn course(flight: &Flight, road: &Road) -> (Micros, Micros, f64) {
    let (due, reach) = match flight.fate {
        Fate::Arrives => (flight.arrives, 1.0),
        Fate::Lost => (flight.crosses, 0.5),
        Fate::Stops(_) => (flight.crosses, road.stop),
    };
    (flight.leaves, due, reach)
}

/// How far along its road a message on this course is at `now` (microseconds, fractions included).
fn along((leaves, due, reach): (Micros, Micros, f64), now: f64) -> f64 {
    let gone = now - leaves.0 as f64;
    (gone / due.since(leaves).0.max(1) as f64).clamp(0.0, 1.0) * reach
}

/// How far along its road a message is at `now`, from 0 to 1.
pub fn progress(flight: &Flight, road: &Road, now: Micros) -> f64 {
    along(course(flight, road), now.0 as f64)
}

impl FlightMark {
    /// Puts it where it is at another time (microseconds), before or after the one it was looked up for.
    pub fn put(&mut self, now: f64) {
        self.at = along(self.course, now);
    }
}

/// Fills `out` with all messages on their way at the session's present: background first, then by kind and form, so that a painter can
/// paint alike things together.
pub fn flights(session: &Session, ground: &mut Ground, shown: Option<OpId>, out: &mut Vec<FlightMark>) {
    out.clear();
    let now = session.now();
    for flight in session.world().in_flight() {
        let m = &flight.message;
        let Some(road) = ground.road(m.from, m.to) else { continue };
        let course = course(flight, &road);
        out.push(FlightMark {
            id: m.id,
            copy: flight.copy,
            from: m.from,
            to: m.to,
            kind: kind(m.body.traffic()),
            form: form(m.body.mode()),
            version: None,
            road,
            at: along(course, now.0 as f64),
            course,
            doomed: flight.fate != Fate::Arrives,
            quiet: m.body.is_quiet(),
            ours: shown.is_some() && m.op.map(OpId::first) == shown,
            size: m.size,
            what: text::what(m),
        });
    }
    let rank = |f: &FlightMark| (!f.quiet, f.ours, f.kind, f.form as u8, f.id, f.copy);
    arrange(out, |a, b| rank(a).cmp(&rank(b)));
    let loud = out.len() - out.partition_point(|f| f.quiet);
    if loud > 0 && loud <= MANY {
        for flight in session.world().in_flight().filter(|f| f.message.body.row().is_some()) {
            let version = version_of(session, &flight.message);
            let found = out.iter_mut().filter(|f| f.id == flight.message.id);
            found.for_each(|f| f.version = version);
        }
    }
}

/// The event with which a message left, looked for backwards from the cursor.
pub fn sent_event(session: &Session, id: u64) -> Option<EventId> {
    let past = &session.log()[..session.cursor() as usize];
    let found = past.iter().rposition(|e| matches!(&e.kind, EventKind::Sent(m) if m.id == id))?;
    Some(EventId(found as u32))
}
