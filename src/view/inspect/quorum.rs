//! The quorum tracker: what an operation's level needs, and how far its coordinator has come.
//!
//! Everything here is what the coordinator knows: its own notes and what was delivered to it. That a message was lost on its way is the
//! one thing it cannot know, and is told apart ([`Seat::lost`]).

use std::collections::BTreeSet;

use crate::engine::base::{Endpoint, EventId, NodeId};
use crate::engine::node::coordinate::{Seat as Place, need};
use crate::engine::node::{Body, Level, Message, Need, Note, Settings, Verb};
use crate::engine::observe::Operation;
use crate::engine::place::{Ring, ZoneId};
use crate::engine::world::EventKind;
use crate::view::format::{counted, list};
use crate::view::narrate::{Facts, Trace};
use crate::view::placement_text::zone_name;

/// How a node that takes part stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SeatState {
    /// It answered, and the answer counts.
    Got,
    /// It answered, and the level does not count it: it stands in another zone, or says that it has no such key.
    Aside,
    /// It has not answered yet.
    Waiting,
    /// It did not answer in time, or its coordinator has forgotten the operation.
    Failed,
    /// It is believed down and was sent nothing.
    Down,
    /// It is believed down, and a hint is kept for it.
    Hinted,
    /// It was not asked: the level needs no more.
    Spare,
}

impl SeatState {
    /// A sign that can be read without colour.
    pub const fn sign(self) -> &'static str {
        match self {
            SeatState::Got => "✓",
            SeatState::Aside => "○",
            SeatState::Waiting => "…",
            SeatState::Failed => "×",
            SeatState::Down => "–",
            SeatState::Hinted => "✉",
            SeatState::Spare => "·",
        }
    }

    /// The name for styles and tests.
    pub const fn id(self) -> &'static str {
        match self {
            SeatState::Got => "got",
            SeatState::Aside => "aside",
            SeatState::Waiting => "waiting",
            SeatState::Failed => "failed",
            SeatState::Down => "down",
            SeatState::Hinted => "hinted",
            SeatState::Spare => "spare",
        }
    }

    /// The same in words.
    pub const fn words(self) -> &'static str {
        match self {
            SeatState::Got => "answered",
            SeatState::Aside => "answered, does not count",
            SeatState::Waiting => "waited for",
            SeatState::Failed => "no answer in time",
            SeatState::Down => "believed down",
            SeatState::Hinted => "believed down, a hint is kept",
            SeatState::Spare => "not asked",
        }
    }
}

/// A replica of the key, or a node that stands in for one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seat {
    /// Who.
    pub node: NodeId,
    /// The replica it stands in for, if it does.
    pub owner: Option<NodeId>,
    /// How it stands.
    pub state: SeatState,
    /// Whether a message to or from it was lost, so that waiting is in vain. The coordinator does not know.
    pub lost: bool,
}

/// What one zone needs and has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ZoneTally {
    /// Its name.
    pub name: String,
    /// Answers needed there; none if the level does not count this zone.
    pub needed: Option<u32>,
    /// Answers from there.
    pub got: u32,
}

/// The tracker of one operation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tracker {
    /// The level.
    pub level: String,
    /// Answers needed.
    pub needed: u32,
    /// Answers that count so far.
    pub got: u32,
    /// Replicas that failed: no answer in time, or believed down from the start.
    pub failed: u32,
    /// Replicas that may still answer.
    pub waiting: u32,
    /// Hints kept; at ANY one of them is enough.
    pub hints: u32,
    /// Whether a hint counts.
    pub hints_count: bool,
    /// Zone by zone, if the level tells zones apart.
    pub zones: Vec<ZoneTally>,
    /// Everyone concerned: those asked in order, then those believed down, then those not asked.
    pub seats: Vec<Seat>,
    /// Confirmations a blocking repair waits for, and how many there are.
    pub latch: Option<(u32, u32)>,
    /// The tracker in one sentence.
    pub words: String,
}

impl Tracker {
    /// The tracker of an operation at the cursor; `None` before its coordinator has taken it up, and for reads without a coordinator.
    pub fn of(facts: &Facts<'_>, operation: &Operation, trace: &Trace<'_>) -> Option<Tracker> {
        if trace.is_direct() {
            return None;
        }
        let refused = trace.last_note(|n| matches!(n, Note::Unavailable { .. })).map(|(id, _)| id);
        let begun = trace.choice().map(|c| c.id).or(refused)?;
        let settings = facts.settings_at(facts.event(begun)?.at);
        let ring = facts.session.world().ring();
        let (level, via) = (operation.request.level, operation.via);
        let need = need(level, &settings.replicas, ring.zone_of(via).0);
        let count = Count { facts, operation, trace, settings: &settings, need: &need, ring };
        let seats = count.seats(refused.is_some());
        let of = |wanted: &[SeatState]| seats.iter().filter(|s| wanted.contains(&s.state)).count() as u32;
        let zone_of = |s: &Seat| ring.zone_of(s.node).0;
        let counting: Vec<u32> = seats.iter().filter(|s| s.state == SeatState::Got).map(zone_of).collect();
        let mut tracker = Tracker {
            level: level.name().into_owned(),
            needed: need.required(),
            got: need.counted(counting.iter().copied()),
            failed: of(&[SeatState::Failed, SeatState::Down, SeatState::Hinted]),
            waiting: of(&[SeatState::Waiting]),
            hints: count.hinted().len() as u32,
            hints_count: level == Level::Any,
            zones: zones(&need, ring, &counting),
            latch: latch(trace),
            seats,
            words: String::new(),
        };
        tracker.words = tracker.sentence(operation.request.verb == Verb::Read, refused.is_some());
        Some(tracker)
    }

    /// Whether the level is satisfied.
    pub fn met(&self) -> bool {
        self.got >= self.needed || self.hints_count && self.hints > 0
    }

    /// What those who failed are: silent for too long, believed down from the start, or both.
    pub fn failed_words(&self) -> &'static str {
        let late = self.seats.iter().any(|s| s.state == SeatState::Failed);
        match (late, self.failed > 0) {
            (false, true) => "down",
            (true, _) if self.seats.iter().any(|s| matches!(s.state, SeatState::Down | SeatState::Hinted)) => "failed, down",
            _ => "failed",
        }
    }

    /// The seat of a node.
    pub fn seat(&self, node: NodeId) -> Option<&Seat> {
        self.seats.iter().find(|s| s.node == node)
    }

    fn sentence(&self, reads: bool, refused: bool) -> String {
        let who =
            |state: SeatState| -> Vec<String> { self.seats.iter().filter(|s| s.state == state).map(|s| s.node.to_string()).collect() };
        let mut words = format!("{} needs {}", self.level, counted(self.needed.into(), "answer", "answers"));
        if refused {
            let missing = who(SeatState::Down);
            let down = if missing.is_empty() { "too few replicas exist".to_owned() } else { format!("{} believed down", verb(&missing)) };
            return format!("{words}; {down}, so nothing was sent.");
        }
        let does = if reads { "answered" } else { "confirmed" };
        let got = match who(SeatState::Got).as_slice() {
            [] => format!("nobody has {does}"),
            [one] => format!("{one} has {does}"),
            many => format!("{} have {does}", list(many)),
        };
        words.push_str(&format!(": {got}"));
        for (state, after) in [(SeatState::Waiting, "waited for"), (SeatState::Failed, "too late"), (SeatState::Down, "believed down")] {
            if !who(state).is_empty() {
                words.push_str(&format!(", {} {after}", verb(&who(state))));
            }
        }
        if self.hints > 0 {
            let counts = if self.hints_count { "and count at ANY" } else { "and count for nothing" };
            words.push_str(&format!(
                "; {} kept {counts}",
                if self.hints == 1 { "a hint is".to_owned() } else { format!("{} hints are", self.hints) }
            ));
        }
        words.push('.');
        words
    }
}

/// `C is`, `C and D are`.
fn verb(who: &[String]) -> String {
    format!("{} {}", list(who), if who.len() == 1 { "is" } else { "are" })
}

/// Zone by zone, if the level tells zones apart.
fn zones(need: &Need, ring: &Ring, counting: &[u32]) -> Vec<ZoneTally> {
    let needed = |zone: u32| match need {
        Need::Total(_) => None,
        Need::Zone { zone: own, count } => (zone == *own).then_some(*count),
        Need::Each(each) => each.get(zone as usize).copied(),
    };
    if matches!(need, Need::Total(_)) {
        return Vec::new();
    }
    let got = |zone: u32| counting.iter().filter(|z| **z == zone).count() as u32;
    let tally = |zone: u32| ZoneTally { name: zone_name(ring, ZoneId(zone)), needed: needed(zone), got: got(zone) };
    (0..ring.zones().len() as u32).map(tally).collect()
}

/// Confirmations the answer waits for once stale replicas are repaired, and how many there are.
fn latch(trace: &Trace<'_>) -> Option<(u32, u32)> {
    let (from, note) = trace.last_note(|n| matches!(n, Note::RepairStarted { .. }))?;
    let Note::RepairStarted { latch, .. } = note else { return None };
    let acks: BTreeSet<NodeId> =
        trace.answers().filter(|(id, _, _, m)| *id > from && matches!(m.body, Body::RepairAck)).map(|(_, _, node, _)| node).collect();
    (*latch > 0).then_some((*latch, acks.len() as u32))
}

/// What is counted, and what it is counted from.
struct Count<'a, 'f> {
    facts: &'f Facts<'a>,
    operation: &'f Operation,
    trace: &'f Trace<'a>,
    settings: &'f Settings,
    need: &'f Need,
    ring: &'f Ring,
}

impl Count<'_, '_> {
    /// Nodes for whom a hint is kept, here or elsewhere.
    fn hinted(&self) -> BTreeSet<NodeId> {
        let via = Endpoint::Node(self.operation.via);
        let of = |event: &crate::engine::world::Event| match &event.kind {
            EventKind::Note(Note::HintKept { target, .. }) if event.who == Some(via) => Some(*target),
            EventKind::Delivered(m) => match m.body {
                Body::HintKept { target } if m.to == via => Some(target),
                _ => None,
            },
            _ => None,
        };
        self.trace.events.iter().filter_map(|(_, event)| of(event)).collect()
    }

    /// Everyone concerned. A refusal asks nobody.
    fn seats(&self, refused: bool) -> Vec<Seat> {
        let guests: Vec<Place> = match self.trace.last_note(|n| matches!(n, Note::StoodIn { .. })) {
            Some((_, Note::StoodIn { seats })) => seats.to_vec(),
            _ => Vec::new(),
        };
        let choice = self.trace.choice();
        let mut asked: Vec<NodeId> = choice.map(|c| c.asked.to_vec()).unwrap_or_default();
        asked.extend(extras(self.trace).filter(|n| !choice.is_some_and(|c| c.asked.contains(n))));
        let at = choice.map(|c| c.id).or_else(|| Some(self.trace.events.first()?.0));
        let when = at.and_then(|id| self.facts.event(id)).map_or(self.operation.began_at, |e| e.at);
        let replicas = self.facts.replicas(&self.operation.request.key, when);
        let believed = |node: NodeId| at.is_some_and(|id| self.facts.suspected_since(self.operation.via, node, id).is_some());
        let down: Vec<NodeId> = match choice {
            Some(choice) => choice.down.to_vec(),
            None => replicas.iter().copied().filter(|n| refused && believed(*n)).collect(),
        };
        let hinted = self.hinted();
        let owner = |node: NodeId| guests.iter().find(|g| g.node == node).and_then(Place::stands_for);
        let left = |state: SeatState| move |node: NodeId| Seat { node, owner: None, state, lost: false };
        let mut seats: Vec<Seat> = asked.iter().map(|n| self.asked(*n, owner(*n))).collect();
        let gone = down.iter().map(|n| left(if hinted.contains(n) { SeatState::Hinted } else { SeatState::Down })(*n));
        seats.extend(gone);
        let owned = |node: &NodeId| guests.iter().any(|g| g.stands_for() == Some(*node));
        let owners: Vec<NodeId> = replicas.iter().copied().filter(|n| owned(n) && !asked.contains(n) && !down.contains(n)).collect();
        seats.extend(owners.iter().copied().map(left(SeatState::Down)));
        let rest = replicas.into_iter().filter(|n| !asked.contains(n) && !down.contains(n) && !owners.contains(n));
        seats.extend(rest.map(left(SeatState::Spare)));
        seats
    }

    /// A node that was asked.
    fn asked(&self, node: NodeId, owner: Option<NodeId>) -> Seat {
        let answered = self.trace.answers().find(|(_, _, n, m)| *n == node && first_answer(&m.body));
        let over = self.trace.stopped_waiting().is_some()
            || self
                .trace
                .choice()
                .is_some_and(|c| self.facts.forgot(self.operation.via, c.id, EventId(self.facts.session.cursor())).is_some());
        let state = match answered {
            Some((.., m)) if !self.need.counts(self.ring.zone_of(node).0) || self.is_absent(m) => SeatState::Aside,
            Some(_) => SeatState::Got,
            None if over => SeatState::Failed,
            None => SeatState::Waiting,
        };
        let lost = |m: &Message| m.from.node() == Some(node) || m.to.node() == Some(node);
        let lost = state != SeatState::Got
            && self.trace.events.iter().any(|(_, e)| matches!(&e.kind, EventKind::Lost { message, .. } if lost(message)));
        Seat { node, owner, state, lost }
    }

    /// Whether an answer says "no such key" where that does not count.
    fn is_absent(&self, message: &Message) -> bool {
        let none = match &message.body {
            Body::Data { row, .. } => row.is_none(),
            Body::Digest(digest) => *digest == self.settings.digest.of(&None::<std::sync::Arc<crate::engine::data::Row>>),
            _ => false,
        };
        none && !self.settings.read.absent_counts
    }
}

/// Replicas asked because answers took long.
pub(super) fn extras<'a>(trace: &'a Trace<'_>) -> impl Iterator<Item = NodeId> + 'a {
    trace.notes().filter_map(|(_, n)| if let Note::Speculated { extra, .. } = n { Some(*extra) } else { None })
}

/// Whether a message is what the level counts, and not the confirmation of a repair.
fn first_answer(body: &Body) -> bool {
    matches!(body, Body::WriteAck | Body::Data { .. } | Body::Digest(_))
}
