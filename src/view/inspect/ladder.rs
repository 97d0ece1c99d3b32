//! What the coordinator does for an operation, step by step: done, now, and what is to come.

use super::expected;
use crate::engine::base::{EventId, NodeId};
use crate::engine::node::{Body, Message, Note, Outcome};
use crate::engine::observe::Operation;
use crate::engine::world::ClientAct;
use crate::engine::world::{Event, EventKind};
use crate::view::format::{bytes, list, moment};
use crate::view::glyph::{Form, Icon, Kind};
use crate::view::narrate::{Facts, Mark, Trace, focus};

/// How a step stands to the cursor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Done.
    Past,
    /// What the sentence speaks of, or what is waited for.
    Now,
    /// The one after.
    Next,
    /// Later.
    Future,
}

/// One step.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// What, as a command: `Ask C for a digest`.
    pub text: String,
    /// Size or time: `46 B`, `1.097 s`.
    pub note: String,
    /// The mark before it.
    pub mark: Mark,
    /// How it stands to the cursor.
    pub state: State,
    /// Where it happens, if it does.
    pub event: Option<EventId>,
    /// Whether it is nothing but waiting.
    pub(super) waits: bool,
    /// Whether it asks for whole rows after a mismatch.
    asks_rows: bool,
}

/// All steps of one operation.
#[derive(Debug, Clone, PartialEq)]
pub struct Ladder {
    /// In order.
    pub steps: Vec<Step>,
}

impl Step {
    pub(super) fn new(text: impl Into<String>, note: impl Into<String>, mark: Mark, event: Option<EventId>) -> Step {
        Step { text: text.into(), note: note.into(), mark, state: State::Past, event, waits: false, asks_rows: false }
    }

    /// The same step as one of waiting.
    pub(super) fn waiting(self) -> Step {
        Step { waits: true, ..self }
    }

    /// The text with a word before what comes next.
    pub fn line(&self) -> String {
        if self.state != State::Next {
            return self.text.clone();
        }
        let mut letters = self.text.chars();
        let first = letters.next().map_or_else(String::new, |c| c.to_ascii_lowercase().to_string());
        format!("Next: {first}{}", letters.as_str())
    }
}

impl Ladder {
    /// The steps of an operation at the cursor.
    pub fn of(facts: &Facts<'_>, operation: &Operation, trace: &Trace<'_>) -> Ladder {
        let mut steps = done(facts, operation, trace);
        let past = steps.len();
        let (stood, present) = (operation.as_of(EventId(facts.session.cursor())), trace.present());
        let mut ahead = expected::steps(facts, &stood, &present);
        let told = focus(facts.session);
        // A decision and what it sends at once are told by one sentence: the first of its steps is the one it speaks of.
        let speaks_of = |s: &Step| {
            s.event.is_some_and(|e| {
                Some(e) == told
                    || told.is_some()
                        && facts.event(e).is_some_and(|e| e.cause == told && Some(e.at) == told.and_then(|t| facts.event(t)).map(|t| t.at))
            })
        };
        let own = steps.iter().position(|s| s.event.is_some() && s.event == told);
        let now = own.or_else(|| steps.iter().position(speaks_of));
        let waits = !ahead.is_empty() && present.reply().is_none();
        // While the sentence speaks of a step, what is waited for is the answer to its last question: told together with it.
        if now.is_some() && waits && ahead[0].waits {
            let wait = ahead.remove(0);
            if let Some(asks) = steps.last_mut().filter(|s| s.asks_rows && !wait.note.is_empty()) {
                asks.note = format!("{} + {}", asks.note.trim_end_matches(" B"), wait.note);
            }
        }
        steps.extend(ahead);
        let now = now.or(waits.then_some(past));
        for (i, step) in steps.iter_mut().enumerate() {
            step.state = match now {
                Some(now) if i == now => State::Now,
                Some(now) if i == now + 1 => State::Next,
                Some(now) if i > now => State::Future,
                None if i == past => State::Next,
                None if i > past => State::Future,
                _ => State::Past,
            };
        }
        Ladder { steps }
    }
}

/// A run of sends of one kind, taken as one step.
struct Sends {
    event: EventId,
    verb: &'static str,
    to: Vec<NodeId>,
    sizes: Vec<u64>,
    mark: Mark,
    code: (u8, u64),
}

impl Sends {
    fn of(id: EventId, m: &Message, to: NodeId) -> Option<Sends> {
        let (verb, mark) = match &m.body {
            Body::Write { .. } => ("write", Mark::Traffic(Kind::Write, Form::Carries)),
            Body::ReadData { round: 1, .. } => ("row", Mark::Traffic(Kind::Read, Form::Asks)),
            Body::ReadData { .. } => ("again", Mark::Traffic(Kind::Read, Form::Asks)),
            Body::ReadDigest { .. } => ("digest", Mark::Traffic(Kind::Digest, Form::Asks)),
            // A repair is told by the note that decides on it.
            _ => return None,
        };
        let code = (m.body.code(), m.body.nth());
        Some(Sends { event: id, verb, to: vec![to], sizes: vec![u64::from(m.size)], mark, code })
    }

    fn step(&self, version: &str) -> Step {
        let (who, many) = (list(self.to.iter()), self.to.len() > 1);
        let text = match self.verb {
            "write" => format!("Send {version} to {who}"),
            "row" if many => format!("Ask {who} for their rows"),
            "row" => format!("Ask {who} for the row"),
            "again" if many => format!("Ask {who} for their rows"),
            "again" => format!("Ask {who} for its row"),
            "digest" if many => format!("Ask {who} for digests"),
            _ => format!("Ask {who} for a digest"),
        };
        Step { asks_rows: self.verb == "again", ..Step::new(text, total(&self.sizes), self.mark, Some(self.event)) }
    }
}

/// Several sizes in few characters.
fn total(sizes: &[u64]) -> String {
    match sizes {
        [one] => bytes(*one),
        [first, rest @ ..] if rest.iter().all(|s| s == first) => format!("{} × {}", sizes.len(), bytes(*first)),
        _ => bytes(sizes.iter().sum()),
    }
}

/// The steps done so far.
fn done(facts: &Facts<'_>, operation: &Operation, trace: &Trace<'_>) -> Vec<Step> {
    let key = &operation.request.key;
    let version = operation.version.as_ref().map_or_else(|| "the row".to_owned(), |v| facts.names.version(key, v));
    let client = facts.names.end(operation.client);
    let mut steps: Vec<Step> = Vec::new();
    let mut sends: Option<Sends> = None;
    for (id, event) in &trace.events {
        if let EventKind::Sent(m) = &event.kind
            && m.from.node() == Some(operation.via_at(*id))
            && let Some(to) = m.to.node()
        {
            match (&mut sends, Sends::of(*id, m, to)) {
                (Some(run), Some(next)) if run.code == next.code => {
                    run.to.extend(next.to);
                    run.sizes.extend(next.sizes);
                }
                (_, Some(next)) => {
                    steps.extend(sends.replace(next).map(|run| run.step(&version)));
                }
                (_, None) => {}
            }
            continue;
        }
        if let Some(step) = step_of(facts, *id, event, &client, &version) {
            steps.extend(sends.take().map(|run| run.step(&version)));
            steps.push(step);
        }
    }
    steps.extend(sends.map(|run| run.step(&version)));
    if let Some(choice) = trace.choice()
        && trace.reply().is_none()
        && let Some((id, crash)) = facts.forgot(operation.via, choice.id, EventId(facts.session.cursor()))
    {
        steps.push(Step::new(
            format!("Crash and forget {}", facts.names.op(operation.id)),
            moment(crash.at),
            Mark::Fault(Icon::Crash),
            Some(id),
        ));
    }
    steps
}

fn step_of(facts: &Facts<'_>, id: EventId, event: &Event, client: &str, version: &str) -> Option<Step> {
    let at = moment(event.at);
    let answer = |form| {
        Mark::Traffic(
            event.op.and_then(|op| facts.names.request(op)).map_or(Kind::Read, |r| crate::view::narrate::kind(r.verb.traffic())),
            form,
        )
    };
    let step = |text: String, mark| Some(Step::new(text, at.clone(), mark, Some(id)));
    match &event.kind {
        EventKind::Note(note) => match note {
            Note::Stamped { .. } => step(format!("Stamp {version}"), answer(Form::Asks)),
            Note::Unavailable { required, alive } => step(format!("Refuse: {alive} up, {required} needed"), Mark::Plain(Icon::Close)),
            Note::QuorumReached { received, required } if answer(Form::Asks) == Mark::Traffic(Kind::Write, Form::Asks) => {
                step(format!("{received} of {required} confirmed: enough"), answer(Form::Acks))
            }
            Note::DigestsMatch => step("Compare: they match".to_owned(), Mark::Traffic(Kind::Digest, Form::Carries)),
            Note::DigestsDiffer { .. } => step("Compare: they differ".to_owned(), Mark::Traffic(Kind::Digest, Form::Carries)),
            Note::Resolved { behind, .. } if behind.is_empty() => step("Merge: all rows are equal".to_owned(), answer(Form::Carries)),
            Note::Resolved { .. } => step("Keep the newer version".to_owned(), answer(Form::Carries)),
            Note::RepairSkipped { behind } => {
                step(format!("Leave {} behind", list(behind.iter())), Mark::Traffic(Kind::Repair, Form::Asks))
            }
            Note::RepairStarted { to, .. } => {
                let sent = facts.at_once(id).filter_map(|(_, e)| e.message()).filter(|m| matches!(m.body, Body::Repair { .. }));
                let sizes: Vec<u64> = sent.map(|m| u64::from(m.size)).collect();
                Some(Step::new(format!("Repair {}", list(to.iter())), total(&sizes), Mark::Traffic(Kind::Repair, Form::Carries), Some(id)))
            }
            Note::TimedOut { received, required } => step(format!("Give up: {received} of {required} came"), Mark::Plain(Icon::Clock)),
            Note::RepairLatchOpened { .. } => step("Hear that it is repaired".to_owned(), Mark::Traffic(Kind::Repair, Form::Acks)),
            _ => None,
        },
        EventKind::Sent(m) => match &m.body {
            Body::Reply { outcome, .. } => step(reply(client, outcome), answer(Form::Carries)),
            _ => None,
        },
        EventKind::Client(ClientAct::Retried { request, via, .. }) => {
            step(format!("{client} asks {via} again at {}", request.level.name()), Mark::Plain(Icon::Restart))
        }
        EventKind::Client(ClientAct::Asked { replicas, .. }) => {
            step(format!("{client} asks {} itself", list(replicas.iter())), answer(Form::Asks))
        }
        EventKind::Client(ClientAct::WroteBack { to }) => {
            step(format!("{client} writes back to {}", list(to.iter())), Mark::Traffic(Kind::Repair, Form::Carries))
        }
        EventKind::Ended(Outcome::Behind { .. }) => step(format!("{client} does not take it"), Mark::Plain(Icon::Close)),
        EventKind::Ended(Outcome::NoAnswer) => step(format!("{client} gives up"), Mark::Plain(Icon::Close)),
        EventKind::Ended(_) => step(format!("{client} is told"), answer(Form::Acks)),
        _ => None,
    }
}

fn reply(client: &str, outcome: &Outcome) -> String {
    match outcome {
        Outcome::Written { .. } | Outcome::Found(_) => format!("Answer {client}"),
        Outcome::Unavailable { .. } => format!("Tell {client}: unavailable"),
        Outcome::TimedOut { .. } => format!("Tell {client}: timed out"),
        Outcome::NoAnswer | Outcome::Behind { .. } => format!("Tell {client} nothing"),
        Outcome::Overloaded { .. } => format!("Refuse {client}: overloaded"),
    }
}
