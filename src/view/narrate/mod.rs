//! The sentence that says why: for every event what happened, which rule made it so, and what follows.
//!
//! A sentence uses facts only: the event, what caused it, the history of versions and the log before it. Nothing is said because it
//! is usual; tests drive real sessions and hold the words against the engine's state.

mod acts;
mod changed;
mod client;
mod decisions;
mod facts;
mod fault;
mod handoff;
pub mod liveness;
mod message;
mod names;
mod note;
mod origin;
pub(in crate::view) mod past;
mod ranges;
mod reading;
mod replica;
mod rot;
pub(in crate::view) mod sets;
mod short;
mod sweep;
#[cfg(test)]
mod tests;
mod turns;
mod validation;
mod words;

pub use decisions::Decisions;
pub use facts::{Choice, Facts, Running, Trace, is_answer, node_of};
pub use names::{Names, quoted, quoted_bytes, verb_letter, verb_name};
pub use origin::{Held, held, newest, why_behind};
pub use short::{lines, short};
pub use sweep::noun as sweep_noun;
pub use validation::word as repair_word;
pub use words::setting as setting_words;

use crate::engine::base::{EventId, Micros};
use crate::engine::node::integrity::RotStep;
use crate::engine::node::sweeps::{SetStep, SweepStep};
use crate::engine::node::{Mode, Note, Timer, Traffic, Verb};
use crate::engine::world::{ClientAct, Event, EventKind, Fault};
use crate::lab::Session;
use crate::view::glyph::{Form, Icon, Kind};

/// What made an event happen, as a link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cause {
    /// The event to go to.
    pub event: EventId,
    /// What happened, as a clause.
    pub text: String,
    /// When.
    pub at: Micros,
}

impl Cause {
    fn at(facts: &Facts<'_>, event: EventId, text: String) -> Option<Cause> {
        Some(Cause { event, text, at: facts.event(event)?.at })
    }
}

/// The mark drawn beside a sentence or in a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// A message, or what came of one.
    Traffic(Kind, Form),
    /// A message that was lost.
    Lost(Kind),
    /// Something done to the world.
    Fault(Icon),
    /// Neither.
    Plain(Icon),
}

/// What happened, why, and what follows.
#[derive(Debug, Clone, PartialEq)]
pub struct Sentence {
    /// The event it is about; none before anything has happened.
    pub event: Option<EventId>,
    /// The mark drawn beside it.
    pub mark: Mark,
    /// What happened, as one clause with a full stop.
    pub headline: String,
    /// Why, in one or two plain sentences; may be empty.
    pub rest: String,
    /// A short consequence to put behind the headline where there is little room: `so F must fetch C's whole row`.
    pub so: Option<String>,
    /// The rule that acted, as a clause; empty if none did.
    pub rule: String,
    /// What made it happen.
    pub cause: Option<Cause>,
    /// Events it made happen, earliest first.
    pub effects: Vec<EventId>,
    /// Which decision of the run it is, and of how many; filled in by whoever keeps [`Decisions`].
    pub decision: Option<(u32, u32)>,
}

/// The words of a sentence, before its links are added.
#[derive(Debug, Clone, PartialEq, Default)]
struct Said {
    headline: String,
    rest: String,
    so: Option<String>,
    rule: &'static str,
    cause: Option<Cause>,
}

impl Said {
    fn new(headline: impl Into<String>) -> Said {
        Said::default().with(headline.into(), |said| &mut said.headline)
    }

    fn rest(self, rest: impl Into<String>) -> Said {
        self.with(rest.into(), |said| &mut said.rest)
    }

    fn so(self, so: impl Into<String>) -> Said {
        self.with(so.into(), |said| said.so.get_or_insert_default())
    }

    // Said in hundreds of places: not compiled anew in each.
    #[inline(never)]
    fn with(mut self, words: String, place: fn(&mut Said) -> &mut String) -> Said {
        *place(&mut self) = words;
        self
    }

    fn rule(mut self, rule: &'static str) -> Said {
        self.rule = rule;
        self
    }

    fn cause(mut self, cause: Option<Cause>) -> Said {
        self.cause = cause;
        self
    }
}

/// Effects listed at most.
const EFFECTS: usize = 12;
/// Events looked through for effects: a timer may ring long after it was set.
const EFFECTS_WITHIN: usize = 50_000;

impl Sentence {
    /// The whole sentence as plain text, for a screen reader.
    pub fn spoken(&self) -> String {
        let mut text = match self.decision {
            Some((n, of)) => format!("Decision {n} of {of}. "),
            None => String::new(),
        };
        text.push_str(&self.headline);
        if !self.rest.is_empty() {
            text.push(' ');
            text.push_str(&self.rest);
        }
        text
    }

    /// Headline and consequence as one clause pair, for a screen read from the back row: bold part and the rest.
    pub fn brief(&self) -> (String, String) {
        match &self.so {
            Some(so) => (format!("{},", self.headline.trim_end_matches('.')), format!("{so}.")),
            None => (self.headline.clone(), String::new()),
        }
    }
}

/// The sentence for where a session stands: about the weightiest event of the last step that is shown, or an invitation if nothing has
/// happened yet.
pub fn narrate(session: &Session) -> Sentence {
    match focus(session) {
        Some(id) => sentence(session, id).unwrap_or_else(|| invitation(session)),
        None => invitation(session),
    }
}

/// The event that [`narrate`] speaks of.
pub fn focus(session: &Session) -> Option<EventId> {
    let facts = Facts::of(session);
    let shown = |e: &Event| session.show_background || !e.is_quiet();
    let (last, _) = facts.before(EventId(session.cursor())).find(|(_, e)| shown(e))?;
    let start = step_start(&facts, last);
    // The later of equals: what follows from it is said by its own sentence.
    (start.0..session.cursor()).map(EventId).filter(|id| facts.event(*id).is_some_and(shown)).max_by_key(|id| weight(&facts, *id))
}

/// The first event of the step that ends with `last`; what a resumed or dying node lets loose belongs to that one act.
fn step_start(facts: &Facts<'_>, last: EventId) -> EventId {
    let root = facts.root(last);
    let Some(event) = facts.event(root) else { return root };
    let same = facts.before(root).take_while(|(_, e)| e.at == event.at && e.who == event.who);
    let act = same.filter(|(_, e)| matches!(e.kind, EventKind::Fault(Fault::Resumed { .. } | Fault::Crashed { .. }))).last();
    act.map_or(root, |(id, _)| id)
}

/// How much an event matters among those of one step.
fn weight(facts: &Facts<'_>, id: EventId) -> u32 {
    match facts.event(id).map(|e| &e.kind) {
        Some(EventKind::Fault(Fault::Wiped { .. } | Fault::Restored { .. })) => 101,
        Some(EventKind::Fault(_)) => 100,
        Some(EventKind::Note(note)) => match note {
            Note::DigestsDiffer { .. } => 90,
            Note::TimedOut { .. } | Note::Unavailable { .. } => 89,
            Note::RepairStarted { .. } | Note::RepairSkipped { .. } => 86,
            Note::RepairLatchOpened { .. } => 84,
            Note::Resolved { .. } => 82,
            Note::DigestsMatch => 80,
            Note::Suspected(_) | Note::Trusted(_) | Note::Convicted { .. } | Note::Revived { .. } => 75,
            Note::Sweep { step, .. } => sweep_weight(step),
            Note::Queue(step) => turns::weight(step),
            Note::RangesFollowed(_) | Note::CleanedUp { .. } => 76,
            Note::SweepRead { .. } => 86,
            Note::Rot(step) => {
                if let RotStep::Asked { .. } = step {
                    50
                } else {
                    88
                }
            }
            Note::StoodStill { .. } => 76,
            Note::EchoAsked(_) => 50,
            Note::QuorumReached { .. } => 70,
            Note::Synced { .. } => 60,
            Note::Chose { .. } => 55,
            Note::Stamped { .. } => 40,
            Note::HintCounted | Note::HintsExpired { .. } | Note::DroppedLate { .. } => 87,
            Note::ReplayStarted { .. } | Note::ReplayStopped { .. } | Note::ReplayDone { .. } => 85,
            Note::HandoffStarted { .. } | Note::HandoffStopped { .. } | Note::HandoffDone { .. } => 85,
            Note::HintKept { .. } | Note::HintRefused { .. } | Note::HintSent { .. } | Note::StoodIn { .. } => 72,
            Note::HintsFlushed { .. } => 60,
            Note::LocalFirst | Note::Lingers { .. } => 50,
            _ => 71,
        },
        Some(EventKind::Ended(_)) => 88,
        Some(EventKind::Client(_)) => 87,
        Some(EventKind::Began { .. }) => 68,
        Some(EventKind::Removed(_)) => 72,
        Some(EventKind::Applied(_)) => 65,
        Some(EventKind::Lost { .. } | EventKind::Held(_)) => 62,
        Some(EventKind::Reverted { .. }) => 45,
        Some(EventKind::Delivered(_)) => 30,
        Some(EventKind::Timer(_)) => 20,
        Some(EventKind::Sent(_)) | None => 10,
    }
}

/// How much a step of a sweep matters.
fn sweep_weight(step: &SweepStep) -> u32 {
    match step {
        SweepStep::Ended { .. } => 87,
        SweepStep::KeysCompared { .. } => 86,
        SweepStep::Compared { .. } | SweepStep::Began { .. } => 85,
        SweepStep::Trees { .. } => 56,
        SweepStep::Set(SetStep::Read { .. }) => 56,
        SweepStep::Set(SetStep::Found { .. }) => 86,
        SweepStep::Set(_) => 85,
        _ => 72,
    }
}

/// The sentence for one event of the known log; `None` if there is no such event.
pub fn sentence(session: &Session, id: EventId) -> Option<Sentence> {
    let facts = Facts::of(session);
    let event = facts.event(id)?;
    let said = match &event.kind {
        EventKind::Began { request, via } => client::began(&facts, event, request, *via),
        EventKind::Ended(outcome) => client::ended(&facts, id, event, outcome),
        EventKind::Sent(m) => message::sent(&facts, id, m),
        EventKind::Delivered(m) => message::delivered(&facts, id, m),
        EventKind::Held(m) => message::held(&facts, id, m),
        EventKind::Lost { message: m, why } => message::lost(&facts, id, m, *why),
        EventKind::Timer(timer) => replica::timer(&facts, id, event, *timer),
        EventKind::Applied(applied) => replica::applied(&facts, id, event, applied),
        EventKind::Removed(removed) => replica::removed(&facts, id, event, removed),
        EventKind::Reverted { key, before, after, .. } => replica::reverted(&facts, event, key, before.as_ref(), after.as_ref()),
        EventKind::Note(note) => note::noted(&facts, id, event, note),
        EventKind::Client(act) => acts::did(&facts, id, event, act),
        EventKind::Fault(fault) => fault::done(&facts, id, event, fault),
    };
    let cause = said.cause.or_else(|| origin::plain(&facts, id));
    Some(Sentence {
        event: Some(id),
        mark: mark(event, &facts.names),
        headline: said.headline,
        rest: said.rest,
        so: said.so,
        rule: said.rule.to_owned(),
        cause,
        effects: effects(session, id),
        decision: None,
    })
}

/// Events of the known log that `id` made happen.
pub fn effects(session: &Session, id: EventId) -> Vec<EventId> {
    let rest = session.log().get(id.0 as usize + 1..).unwrap_or_default();
    let found = rest.iter().take(EFFECTS_WITHIN).enumerate().filter(|(_, e)| e.cause == Some(id));
    found.map(|(i, _)| EventId(id.0 + 1 + i as u32)).take(EFFECTS).collect()
}

/// What a newcomer reads before anything has happened.
fn invitation(session: &Session) -> Sentence {
    let script = session.script();
    let about = script.about.trim();
    let (headline, rest) = if script.commands.is_empty() {
        let nodes = crate::view::format::counted(session.world().hosts().len() as u64, "node waits", "nodes wait");
        let rest = format!(
            "{nodes} for a first write: press Send. Then drag a line across the sheet to cut the network, and watch copies drift apart."
        );
        ("Nothing has happened yet.", rest)
    } else if about.is_empty() {
        ("Nothing has happened yet.", "Press play, or step.".to_owned())
    } else {
        ("Press play, or step.", about.to_owned())
    };
    Sentence {
        event: None,
        mark: Mark::Plain(Icon::Play),
        headline: headline.to_owned(),
        rest,
        so: None,
        rule: String::new(),
        cause: None,
        effects: Vec::new(),
        decision: None,
    }
}

/// The mark of an event.
pub fn mark(event: &Event, names: &Names<'_>) -> Mark {
    match &event.kind {
        EventKind::Sent(m) | EventKind::Delivered(m) | EventKind::Held(m) => Mark::Traffic(kind(m.body.traffic()), form(m.body.mode())),
        EventKind::Lost { message: m, .. } => Mark::Lost(kind(m.body.traffic())),
        EventKind::Applied(a) => Mark::Traffic(kind(a.by), Form::Carries),
        EventKind::Reverted { .. } => Mark::Fault(Icon::Crash),
        EventKind::Removed(_) => Mark::Plain(Icon::Wipe),
        EventKind::Timer(Timer::Beat(_)) => Mark::Traffic(Kind::Gossip, Form::Carries),
        EventKind::Timer(_) => Mark::Plain(Icon::Clock),
        EventKind::Note(note) => note_mark(event, note, names),
        EventKind::Client(ClientAct::Retried { .. }) => Mark::Plain(Icon::Restart),
        EventKind::Client(ClientAct::Asked { .. }) => Mark::Traffic(Kind::Read, Form::Asks),
        EventKind::Client(ClientAct::WroteBack { .. }) => Mark::Traffic(Kind::Repair, Form::Carries),
        EventKind::Fault(fault) => Mark::Fault(fault_icon(fault)),
        EventKind::Began { request, .. } => Mark::Traffic(kind(request.verb.traffic()), Form::Asks),
        EventKind::Ended(_) => Mark::Traffic(verb_kind(event, names), Form::Acks),
    }
}

fn verb_kind(event: &Event, names: &Names<'_>) -> Kind {
    let verb = event.op.and_then(|op| names.request(op)).map(|r| &r.verb);
    verb.map_or(Kind::Read, |v: &Verb| kind(v.traffic()))
}

fn note_mark(event: &Event, note: &Note, names: &Names<'_>) -> Mark {
    match note {
        Note::DigestsMatch | Note::DigestsDiffer { .. } => Mark::Traffic(Kind::Digest, Form::Carries),
        Note::RepairStarted { .. } | Note::RepairSkipped { .. } => Mark::Traffic(Kind::Repair, Form::Carries),
        Note::RepairLatchOpened { .. } => Mark::Traffic(Kind::Repair, Form::Acks),
        Note::Suspected(_) | Note::Trusted(_) | Note::Convicted { .. } => Mark::Traffic(Kind::Gossip, Form::Carries),
        Note::EchoAsked(_) => Mark::Traffic(Kind::Gossip, Form::Asks),
        Note::Revived { .. } => Mark::Traffic(Kind::Gossip, Form::Acks),
        Note::SweepRead { .. } => Mark::Traffic(Kind::Sync, Form::Asks),
        Note::Sweep { step, .. } => Mark::Traffic(Kind::Sync, if step.is_decision() { Form::Carries } else { Form::Asks }),
        Note::Rot(RotStep::Asked { .. }) => Mark::Traffic(Kind::Repair, Form::Asks),
        Note::Rot(RotStep::Fetched { .. }) => Mark::Traffic(Kind::Repair, Form::Carries),
        Note::Rot(RotStep::Scrubbed { .. }) => Mark::Plain(Icon::Lens),
        Note::Rot(_) => Mark::Plain(Icon::Crack),
        Note::Queue(step) => Mark::Traffic(Kind::Sync, if step.is_decision() { Form::Carries } else { Form::Asks }),
        Note::RangesFollowed(_) => Mark::Plain(Icon::Branch),
        Note::CleanedUp { .. } => Mark::Plain(Icon::Wipe),
        Note::StoodStill { .. } => Mark::Plain(Icon::Clock),
        Note::TimedOut { .. } => Mark::Plain(Icon::Clock),
        Note::Synced { .. } => Mark::Plain(Icon::Download),
        Note::QuorumReached { .. } => Mark::Traffic(verb_kind(event, names), Form::Acks),
        Note::Unavailable { .. } => Mark::Plain(Icon::Close),
        Note::Stamped { .. } | Note::Chose { .. } => Mark::Traffic(verb_kind(event, names), Form::Asks),
        Note::Resolved { .. } => Mark::Traffic(verb_kind(event, names), Form::Carries),
        Note::StoodIn { .. } | Note::HintKept { .. } | Note::HintSent { .. } | Note::ReplayStarted { .. } | Note::HandoffStarted { .. } => {
            Mark::Traffic(Kind::Hint, Form::Carries)
        }
        Note::HintCounted | Note::ReplayDone { .. } | Note::HandoffDone { .. } => Mark::Traffic(Kind::Hint, Form::Acks),
        Note::HintRefused { .. } | Note::HintsExpired { .. } | Note::ReplayStopped { .. } | Note::HandoffStopped { .. } => {
            Mark::Lost(Kind::Hint)
        }
        Note::HintsMoved { .. } => Mark::Traffic(Kind::Hint, Form::Asks),
        Note::HintsFlushed { .. } => Mark::Plain(Icon::Download),
        Note::DroppedLate { .. } => Mark::Lost(Kind::Write),
        Note::RepairBounded { .. } => Mark::Plain(Icon::Clock),
        Note::WroteMore { .. } => Mark::Traffic(Kind::Repair, Form::Carries),
        Note::Forwarded { .. } | Note::LocalFirst | Note::Speculated { .. } | Note::Lingers { .. } | Note::NotFound { .. } => {
            Mark::Traffic(verb_kind(event, names), Form::Asks)
        }
    }
}

/// The icon of something done to the world.
pub fn fault_icon(fault: &Fault) -> Icon {
    match fault {
        Fault::Cut(_) => Icon::Scissors,
        Fault::Mended(_) => Icon::Mend,
        Fault::Crashed { .. } => Icon::Crash,
        Fault::Restarted => Icon::Restart,
        Fault::Resumed { .. } => Icon::Play,
        Fault::Paused => Icon::Hand,
        Fault::Wiped { .. } => Icon::Wipe,
        Fault::Rotted(_) => Icon::Crack,
        Fault::SweepAsked { .. } | Fault::SweepStopped { .. } => Icon::Lens,
        Fault::Clock { .. } => Icon::Clock,
        Fault::Slow { .. } => Icon::Slow,
        Fault::Link { .. } | Fault::Network => Icon::Drop,
        Fault::Set(_) => Icon::Tick,
        Fault::Preloaded { .. } => Icon::Upload,
        Fault::HintsLost { .. } => Icon::Crash,
        Fault::BackedUp { .. } => Icon::Download,
        Fault::WorkloadBegan { .. } => Icon::Play,
        Fault::WorkloadEnded { .. } => Icon::Pause,
        Fault::Restored { .. } => Icon::Upload,
        Fault::Redrawn(_) => Icon::Branch,
        Fault::CleanupAsked => Icon::Wipe,
    }
}

/// The shape and hue of a kind of traffic.
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

/// Whether a message's glyph is hollow, filled or ticked.
pub fn form(mode: Mode) -> Form {
    match mode {
        Mode::Asks => Form::Asks,
        Mode::Carries => Form::Carries,
        Mode::Acks => Form::Acks,
    }
}
