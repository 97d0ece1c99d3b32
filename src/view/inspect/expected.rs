//! What comes next for an operation, read off the state of its coordinator at the cursor.

use super::ladder::Step;
use crate::engine::base::{Endpoint, EventId, Micros, NodeId, Wire};
use crate::engine::node::coordinate::{Pending, Phase, ReadOp, WriteOp};
use crate::engine::node::{Body, Message, Note, Repair};
use crate::engine::observe::Operation;
use crate::engine::world::{Event, EventKind, Status};
use crate::view::format::{bytes, list, span};
use crate::view::glyph::{Form, Icon, Kind};
use crate::view::narrate::{Facts, Mark, Trace, is_answer, kind};

/// The known future of one operation, to seek to.
struct Ahead<'a, 'f> {
    facts: &'f Facts<'a>,
    operation: &'f Operation,
}

/// Events looked through for a step to come.
const WITHIN: usize = 50_000;

impl<'a> Ahead<'a, '_> {
    fn find(&self, wanted: impl Fn(&'a Event) -> bool) -> Option<EventId> {
        let cursor = self.facts.session.cursor() as usize;
        let rest = self.facts.log().get(cursor..).unwrap_or_default();
        let found = rest.iter().take(WITHIN).position(|e| e.op == Some(self.operation.id) && wanted(e))?;
        Some(EventId((cursor + found) as u32))
    }

    fn note(&self, wanted: impl Fn(&Note) -> bool) -> Option<EventId> {
        self.find(|e| matches!(&e.kind, EventKind::Note(n) if wanted(n)))
    }

    fn answer(&self) -> Option<EventId> {
        let via = self.operation.via;
        self.find(|e| matches!(&e.kind, EventKind::Delivered(m) if m.to == via.into() && is_answer(&m.body)))
    }

    fn reply(&self) -> Option<EventId> {
        self.find(|e| matches!(&e.kind, EventKind::Sent(m) if matches!(m.body, Body::Reply { .. })))
    }

    fn row(&self) -> Option<EventId> {
        let client = self.operation.client;
        self.find(|e| matches!(&e.kind, EventKind::Delivered(m) if m.to == Endpoint::Client(client) && matches!(m.body, Body::Data { .. })))
    }

    fn ended(&self) -> Option<EventId> {
        self.find(|e| matches!(e.kind, EventKind::Ended(_)))
    }

    fn client(&self) -> String {
        self.facts.names.end(self.operation.client)
    }

    fn own(&self, form: Form) -> Mark {
        Mark::Traffic(kind(self.operation.request.verb.traffic()), form)
    }

    fn answer_step(&self, when: &str) -> Step {
        Step::new(format!("Answer {}", self.client()), when, self.own(Form::Asks), self.reply())
    }
}

/// The steps to come: the first is what is waited for. Empty once the operation is over for client and coordinator.
pub(super) fn steps(facts: &Facts<'_>, operation: &Operation, trace: &Trace<'_>) -> Vec<Step> {
    let ahead = Ahead { facts, operation };
    let host = facts.session.world().host(operation.via);
    let client = ahead.client();
    let mut steps = Vec::new();
    if operation.began.0 >= facts.session.cursor() {
        let ask = Step::new(format!("{client} asks {}", operation.via), "", ahead.own(Form::Asks), Some(operation.began));
        return vec![ask];
    }
    if trace.is_direct() {
        return match trace.ended() {
            Some(_) => Vec::new(),
            None => vec![
                Step::new("Wait for the replicas' rows", "", ahead.own(Form::Carries), ahead.row()).waiting(),
                Step::new(format!("{client} takes the newest"), "", ahead.own(Form::Acks), ahead.ended()),
            ],
        };
    }
    match host.map(|h| h.status) {
        Some(Status::Paused) if trace.ended().is_none() => {
            steps.push(Step::new(format!("Wait: {} is paused", operation.via), "", Mark::Fault(Icon::Hand), None));
        }
        _ => {}
    }
    match host.and_then(|h| operation.ids().filter_map(|id| h.node.coordinator.pending(id)).last()) {
        Some(Pending::Write(write)) => steps.extend(writing(&ahead, write)),
        Some(Pending::Read(read)) => steps.extend(reading(&ahead, read)),
        Some(Pending::Forwarded(f)) => {
            let taken = ahead.find(|e| matches!(&e.kind, EventKind::Delivered(m) if matches!(m.body, Body::Coordinating)));
            steps.push(Step::new(format!("Wait for {} to take it up", f.to), "", ahead.own(Form::Asks), taken).waiting());
        }
        None => steps.extend(taking_up(&ahead, trace)),
    }
    if trace.ended().is_none() {
        match trace.reply() {
            Some(_) => steps.push(Step::new(format!("{client} is told"), "", ahead.own(Form::Acks), ahead.ended())),
            None if steps.is_empty() => {
                let patience = span(facts.session.world().settings().client_timeout);
                steps.push(Step::new(
                    format!("{client} gives up"),
                    format!("{patience} after asking"),
                    Mark::Plain(Icon::Close),
                    ahead.ended(),
                ));
            }
            None => {}
        }
    }
    steps
}

/// Before the coordinator has taken the request up: it is on its way, waits at a paused node, or is lost.
fn taking_up(ahead: &Ahead<'_, '_>, trace: &Trace<'_>) -> Vec<Step> {
    let dealt_with = trace.choice().is_some() || trace.last_note(|n| matches!(n, Note::Unavailable { .. })).is_some();
    let lost =
        trace.events.iter().any(|(_, e)| matches!(&e.kind, EventKind::Lost { message, .. } if matches!(message.body, Body::Request(_))));
    if dealt_with || lost || trace.ended().is_some() {
        return Vec::new();
    }
    let wait = format!("Wait for {}'s request", ahead.client());
    let came = ahead.find(|e| matches!(&e.kind, EventKind::Delivered(m) if matches!(m.body, Body::Request(_))));
    vec![
        Step::new(wait, "on its way", ahead.own(Form::Asks), came),
        Step::new(
            "Choose the replicas to ask",
            "",
            ahead.own(Form::Asks),
            ahead.note(|n| matches!(n, Note::Chose { .. } | Note::Unavailable { .. })),
        ),
        ahead.answer_step(""),
    ]
}

fn writing(ahead: &Ahead<'_, '_>, write: &WriteOp) -> Vec<Step> {
    let missing: Vec<NodeId> = write.targets.iter().filter(|n| !write.acks.contains(n)).map(|seat| seat.node).collect();
    if write.answered {
        let text = format!("Hear from {} too", list(missing.iter()));
        return vec![Step::new(text, "nobody waits", Mark::Traffic(Kind::Write, Form::Acks), ahead.answer())];
    }
    // A surplus in one zone does not make up for another's.
    let counted = write.need.counted(write.acks.iter().map(|seat| seat.zone));
    let wait = format!("Wait: {counted} of {} confirmed", write.required);
    vec![
        Step::new(wait, "", Mark::Traffic(Kind::Write, Form::Acks), ahead.answer()).waiting(),
        ahead.answer_step(&format!("at {}", write.required)),
    ]
}

fn reading(ahead: &Ahead<'_, '_>, read: &ReadOp) -> Vec<Step> {
    match &read.phase {
        Phase::First => {
            let counted = read.need.counted(read.answers.iter().map(|answer| answer.seat.zone));
            let wait = format!("Wait: {counted} of {} answers", read.required);
            let mut steps = vec![Step::new(wait, "", Mark::Traffic(Kind::Read, Form::Carries), ahead.answer()).waiting()];
            if read.contacts.len() > 1 {
                let compared = ahead.note(|n| matches!(n, Note::DigestsMatch | Note::DigestsDiffer { .. }));
                steps.push(Step::new("Compare the answers", "", Mark::Traffic(Kind::Digest, Form::Asks), compared));
            }
            steps.push(ahead.answer_step(if read.contacts.len() > 1 { "if they match" } else { "" }));
            steps
        }
        Phase::Lingering => {
            let text = format!("Hear from {} too", list(read.silent().iter().map(|seat| seat.node)));
            vec![Step::new(text, "nobody waits", Mark::Traffic(Kind::Read, Form::Carries), ahead.answer())]
        }
        Phase::Second { waiting } => {
            let waiting: Vec<NodeId> = waiting.iter().map(|seat| seat.node).collect();
            second(ahead, read, &waiting)
        }
        Phase::Repairing { to, acks, latch, .. } => {
            let missing: Vec<NodeId> = to.iter().filter(|n| !acks.contains(n)).map(|seat| seat.node).collect();
            let mark = Mark::Traffic(Kind::Repair, Form::Acks);
            if read.answered {
                return vec![Step::new(format!("Hear that {} is repaired", list(missing.iter())), "nobody waits", mark, ahead.answer())];
            }
            let wait = format!("Wait: {} of {latch} repaired", acks.len());
            vec![
                Step::new(wait, "", mark, ahead.answer()).waiting(),
                ahead.answer_step(if *latch == 1 { "after its ack" } else { "after the acks" }),
            ]
        }
    }
}

/// After a mismatch: whole rows, the merge, repair and the answer, in the order that the setting gives.
fn second(ahead: &Ahead<'_, '_>, read: &ReadOp, waiting: &[NodeId]) -> Vec<Step> {
    let world = ahead.facts.session.world();
    let sizes = waiting.iter().filter(|n| **n != ahead.operation.via).map(|node| {
        let row = world.host(*node).and_then(|h| h.node.store.get(&read.key).cloned());
        let (from, to) = ((*node).into(), ahead.operation.via.into());
        let message = Message {
            id: 0,
            from,
            to,
            op: Some(ahead.operation.id),
            owner: None,
            cause: None,
            sent_at: Micros::ZERO,
            size: 0,
            body: Body::Data { row, round: 2 },
        };
        u64::from(message.size())
    });
    let (one, whose) = (waiting.len() == 1, list(waiting.iter()));
    let wait = if one { format!("Wait for {whose}'s row") } else { format!("Wait for the rows of {whose}") };
    let mut steps = vec![
        Step::new(wait, bytes(sizes.sum()), Mark::Traffic(Kind::Read, Form::Carries), ahead.answer()).waiting(),
        Step::new(
            "Keep the newer version",
            "1 rule",
            Mark::Traffic(Kind::Read, Form::Asks),
            ahead.note(|n| matches!(n, Note::Resolved { .. })),
        ),
    ];
    let repair = |when: &str| {
        Step::new(
            "Repair whoever is behind",
            when,
            Mark::Traffic(Kind::Repair, Form::Asks),
            ahead.note(|n| matches!(n, Note::RepairStarted { .. })),
        )
    };
    match world.settings().read.repair {
        Repair::Blocking | Repair::BlockingAll | Repair::Bounded(_) => steps.extend([repair(""), ahead.answer_step("after its ack")]),
        Repair::Asynchronous => steps.extend([ahead.answer_step(""), repair("after the answer")]),
        Repair::Off => steps.push(ahead.answer_step("no repair")),
    }
    steps
}
