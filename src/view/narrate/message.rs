//! Sentences about messages: leaving, arriving, waiting and lost.

use super::facts::{Facts, Trace, is_answer};
use super::short::{noun, short};
use super::{Cause, Said, handoff, rot, sweep};
use crate::engine::base::{Endpoint, EventId, Micros, NodeId, OpId, Wire, arrange};
use crate::engine::node::coordinate::need;
use crate::engine::node::{Body, Message, Note, Outcome};
use crate::engine::world::{EventKind, Fault, LostWhy};
use crate::view::format::{bytes, count, list, moment};

fn stop(mut clause: String) -> String {
    clause.push('.');
    clause
}

pub(super) fn sent(facts: &Facts<'_>, id: EventId, m: &Message) -> Said {
    let event = facts.event(id);
    let headline = stop(event.map_or_else(String::new, |e| short(e, &facts.names)));
    let (from, to) = (facts.names.end(m.from), facts.names.end(m.to));
    let size = bytes(u64::from(m.size));
    let local = if m.from == m.to { format!(" {from} is a replica itself, so this costs the network nothing.") } else { String::new() };
    let rest = match &m.body {
        Body::Request(_) => format!("The request is {size}."),
        Body::Reply { .. } => format!("The answer is {size}. Only when it arrives does {to} know."),
        Body::Write { .. } => format!("Every replica believed up is sent the whole row, {size}, whatever the level."),
        Body::WriteAck => format!("The confirmation is {size}; {to} counts it when it arrives."),
        Body::ReadData { round: 1, .. } => format!("The question is {size}; the answer will carry the whole row."),
        Body::ReadData { .. } => format!("The digests differed, and only whole rows can show which is newer. The question is {size}."),
        Body::Data { .. } => format!("The message is {size}."),
        Body::ReadDigest { .. } => format!("The question is {size}; the answer will be a short fingerprint instead of the row."),
        Body::Digest(_) => format!("The digest and its envelope are {size}, however large the row is."),
        Body::Repair { .. } => format!("The row is {size}. {to} will keep it only if it holds nothing newer."),
        Body::RepairAck => format!("The confirmation is {size}."),
        Body::Heartbeat { beat, .. } => format!("Heartbeat number {} since it started.", count(u64::from(*beat))),
        Body::Echo { .. } => format!("{from} believes {to} down but has heard it; only an answer to this shows that both ways are open."),
        Body::EchoAck { .. } => format!("Once it arrives {to} believes {from} up again."),
        Body::Sweep { say, .. } => sweep::aside(say, u64::from(m.size)),
        Body::Rot(say) => rot::aside(say, &size),
        _ => handoff::aside(m, &size),
    };
    Said::new(headline).rest(format!("{rest}{local}"))
}

pub(super) fn held(facts: &Facts<'_>, id: EventId, m: &Message) -> Said {
    let to = facts.names.end(m.to);
    let cause = m.to.node().and_then(|n| facts.last_fault(n, id, |f| matches!(f, Fault::Paused)));
    Said::new(format!("{} waits at {to}, which is paused.", noun(m, &facts.names)))
        .rest(format!("{to} will handle it when it goes on. To {} this looks the same as a lost message.", facts.names.end(m.from)))
        .so("and nobody can tell that from a loss")
        .rule("a paused node handles nothing")
        .cause(cause.and_then(|(event, e)| Cause::at(facts, event, facts.clause(e))))
}

pub(super) fn lost(facts: &Facts<'_>, id: EventId, m: &Message, why: LostWhy) -> Said {
    let (what, from, to) = (noun(m, &facts.names), facts.names.end(m.from), facts.names.end(m.to));
    let headline = match why {
        LostWhy::Loss => format!("The network loses {what} to {to}."),
        LostWhy::Cut(_) => format!("{what} stops at the cut, half way to {to}."),
        LostWhy::Down => format!("{what} is lost: {to} is down."),
        LostWhy::Crashed => format!("{what} is lost: {to} crashed before handling it."),
    };
    let fault = match why {
        LostWhy::Loss => None,
        LostWhy::Cut(cut) => facts.cut_event(id, cut).map(|(event, e)| (event, facts.clause(e))),
        LostWhy::Down | LostWhy::Crashed => {
            let dead = |f: &Fault| matches!(f, Fault::Crashed { .. } | Fault::Wiped { .. });
            m.to.node().and_then(|n| facts.last_fault(n, id, dead)).map(|(event, e)| (event, facts.clause(e)))
        }
    };
    let alike = "a lost answer and a dead node look alike";
    let rest = match &m.body {
        Body::WriteAck => format!("{from} has handled the write, but {to} cannot tell: {alike}."),
        Body::RepairAck => format!("{from} has handled the repair, but {to} cannot tell: {alike}."),
        Body::Reply { .. } => format!("{from} has answered, but {to} cannot tell: {alike}."),
        _ => format!("Nobody tells {from}: a lost message, a lost answer and a dead node look alike from outside."),
    };
    Said::new(headline)
        .rest(rest)
        .so("and nobody is told")
        .rule(match why {
            LostWhy::Loss => "the network may lose any message",
            LostWhy::Cut(_) => "nothing crosses a cut",
            LostWhy::Down | LostWhy::Crashed => "a dead node hears nothing",
        })
        .cause(fault.and_then(|(event, text)| Cause::at(facts, event, text)))
}

pub(super) fn delivered(facts: &Facts<'_>, id: EventId, m: &Message) -> Said {
    let (from, to) = (facts.names.end(m.from), facts.names.end(m.to));
    match (&m.body, m.to, m.op) {
        (Body::Heartbeat { .. }, _, _) => {
            Said::new(format!("{to} hears that {from} lives.")).rest("Its silence is counted anew from here.")
        }
        (Body::Echo { .. }, _, _) => {
            Said::new(format!("{to} is asked for an echo by {from}.")).rest(format!("It answers at once, whatever it believes of {from}."))
        }
        (Body::EchoAck { .. }, _, _) => {
            Said::new(format!("{from}'s echo reaches {to}.")).rest("Both ways are open.").rule("an echo shows that both ways are open")
        }
        (Body::Reply { outcome, .. }, Endpoint::Client(_), Some(op)) => reply_came(facts, id, op, &from, &to, outcome),
        (Body::Request(_), _, Some(op)) => request_came(facts, id, op, &from, &to),
        (Body::ReadData { round, .. }, _, _) => row_asked(facts, id, m, *round),
        (Body::ReadDigest { .. }, _, _) => digest_asked(facts, id, m),
        (Body::Write { .. } | Body::Repair { .. }, _, _) => {
            Said::new(format!("{} reaches {to}.", noun(m, &facts.names))).rest(format!("{to} merges it into what it holds, and confirms."))
        }
        (body, Endpoint::Node(via), Some(op)) if is_answer(body) => match m.from.node() {
            Some(node) => answer_came(facts, id, op, via, node, m),
            None => Said::new(stop(format!("{to} gets {}", noun(m, &facts.names)))),
        },
        _ => Said::new(stop(format!("{to} gets {}", noun(m, &facts.names)))),
    }
}

fn reply_came(facts: &Facts<'_>, id: EventId, op: OpId, from: &str, to: &str, outcome: &Outcome) -> Said {
    let name = facts.names.op(op);
    if facts.at_once(id).any(|(_, e)| matches!(e.kind, EventKind::Ended(_))) {
        return Said::new(format!("{from}'s answer to {name} reaches {to}."));
    }
    if is_past(facts, op, id) {
        return Said::new(format!("{from}'s answer to {name} comes too late."))
            .rest(format!("{to} has asked again since, and waits for the answer to that."))
            .so(format!("for {to} has asked again"));
    }
    match facts.trace(op, id).ended() {
        Some((_, e, Outcome::NoAnswer)) => Said::new(format!("{from}'s answer to {name} comes too late."))
            .rest(format!("{to} gave up at {} and no longer listens.", moment(e.at)))
            .so(format!("for {to} has given up")),
        Some((_, e, _)) => Said::new(format!("A second answer to {name} reaches {to} and changes nothing."))
            .rest(format!("{to} had its answer at {}.", moment(e.at))),
        None => Said::new(format!("{from}'s answer to {name} reaches {to}: {}.", outcome_words(outcome))),
    }
}

/// Whether the client had begun a later attempt before `id`.
fn is_past(facts: &Facts<'_>, op: OpId, id: EventId) -> bool {
    let begun = facts.names.history.operation(op).map_or(0, |o| o.attempts.iter().filter(|a| a.event < id).count());
    usize::from(op.attempt) < begun
}

fn outcome_words(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Written { .. } => "written",
        Outcome::Found(_) => "found",
        Outcome::Unavailable { .. } => "unavailable",
        Outcome::TimedOut { .. } => "timed out",
        Outcome::NoAnswer => "no answer",
        Outcome::Overloaded { .. } => "refused",
        Outcome::Behind { .. } => "behind",
    }
}

fn request_came(facts: &Facts<'_>, id: EventId, op: OpId, from: &str, to: &str) -> Said {
    let name = facts.names.op(op);
    if facts.at_once(id).next().is_none() {
        return Said::new(format!("{from}'s request reaches {to} a second time and changes nothing."))
            .rest(format!("{to} is working on {name} already."));
    }
    Said::new(format!("{from}'s request reaches {to}.")).rest(format!("{to} is the coordinator of {name} now."))
}

/// The answer a replica sends at once to the question that has come.
fn answer_to<'a>(facts: &Facts<'a>, id: EventId) -> Option<&'a Message> {
    facts.at_once(id).find_map(|(_, e)| if let EventKind::Sent(m) = &e.kind { Some(&**m) } else { None })
}

fn row_asked(facts: &Facts<'_>, id: EventId, m: &Message, round: u8) -> Said {
    let (from, to) = (facts.names.end(m.from), facts.names.end(m.to));
    let Some(answer) = answer_to(facts, id) else { return Said::new(format!("{from} asks {to} for its row.")) };
    let size = bytes(u64::from(answer.size));
    let why = if round > 1 { format!(" {from} asked for it because the first answers differed.") } else { String::new() };
    match answer.body.row() {
        Some(_) => Said::new(format!("{to} sends {from} its whole row: {}.", facts.names.carried(answer)))
            .rest(format!("With its envelope that is {size}.{why}"))
            .rule("a replica answers with what it holds, old or new"),
        None => Said::new(format!("{to} tells {from} that it has no row."))
            .rest(format!("Having no row is an answer too, and it has a digest of its own.{why}"))
            .rule("a replica answers with what it holds, old or new"),
    }
}

fn digest_asked(facts: &Facts<'_>, id: EventId, m: &Message) -> Said {
    let (from, to) = (facts.names.end(m.from), facts.names.end(m.to));
    let Some(answer) = answer_to(facts, id) else { return Said::new(format!("{from} asks {to} for a digest.")) };
    let Body::Digest(digest) = &answer.body else { return Said::new(format!("{to} answers {from}.")) };
    // What the replica holds is what its digest was made of, so the message a whole row would have taken can be measured.
    let held = m.to.node().zip(facts.names.key(m.op)).map(|(node, key)| super::held(facts, node, key, id));
    let full = match held {
        Some(super::Held::Known(row)) if facts.settings_at(answer.sent_at).digest.of(&row) == *digest => {
            let whole = Message { body: Body::Data { row, round: 1 }, ..answer.clone() };
            format!(" instead of {}", bytes(u64::from(whole.size())))
        }
        _ => String::new(),
    };
    Said::new(format!("{to} answers with a digest: {}.", digest.short()))
        .rest(format!(
            "It is a short fingerprint of the row: equal rows have equal digests. It takes {}{full}.",
            bytes(u64::from(answer.size))
        ))
        .rule("a digest stands for the row when only equality matters")
}

fn answer_came(facts: &Facts<'_>, id: EventId, op: OpId, via: NodeId, from: NodeId, m: &Message) -> Said {
    let what = noun(m, &facts.names);
    if facts.at_once(id).any(|(_, e)| matches!(e.kind, EventKind::Note(_))) {
        return Said::new(format!("{what} reaches {via}."));
    }
    let (name, before) = (facts.names.op(op), facts.trace(op, id).until(id));
    if is_past(facts, op, id) {
        return Said::new(format!("{what} reaches {via}."))
            .rest(format!("It belongs to an earlier attempt at {name}: the client waits for another answer now."));
    }
    let Some(choice) = before.choice() else { return Said::new(format!("{what} reaches {via}, which knows nothing of {name}.")) };
    if let Some((_, crash)) = facts.forgot(via, choice.id, id) {
        return Said::new(format!("{what} reaches {via}, but nobody waits for it."))
            .rest(format!("{via} forgot {name} when it crashed at {}.", moment(crash.at)))
            .so(format!("for {via} forgot {name} in a crash"))
            .rule("a crash takes the memory of operations in progress");
    }
    if let Some((_, gave_up)) = before.stopped_waiting() {
        return Said::new(format!("{what} comes late: nobody waits for it."))
            .rest(format!("{via} stopped waiting for {name} at {}.", moment(gave_up.at)))
            .so(format!("for {via} has stopped waiting"))
            .rule("a coordinator waits only so long");
    }
    let repeats =
        before.answers().any(|(_, _, node, old)| node == from && old.body.code() == m.body.code() && old.body.nth() == m.body.nth());
    if repeats {
        return Said::new(format!("{what} comes a second time and changes nothing."))
            .rest(format!("{via} counts each replica once."))
            .rule("each replica counts once");
    }
    counted_answer(facts, &before, (via, op), &name, what, from, m)
}

/// How many of these nodes the level counts: a surplus of one zone does not make up for another's, and other zones may not count at all.
fn counted_of(facts: &Facts<'_>, via: NodeId, op: OpId, at: Micros, nodes: &[NodeId]) -> u32 {
    let (ring, settings) = (facts.session.world().ring(), facts.settings_at(at));
    let Some(request) = facts.names.request(op) else { return nodes.len() as u32 };
    let need = need(request.level, &settings.replicas, ring.zone_of(via).0);
    need.counted(nodes.iter().map(|n| ring.zone_of(*n).0))
}

/// An answer in time that decides nothing yet, or one that comes after the decision.
fn counted_answer(
    facts: &Facts<'_>,
    before: &Trace<'_>,
    (via, op): (NodeId, OpId),
    name: &str,
    what: String,
    from: NodeId,
    m: &Message,
) -> Said {
    let late = |yet: &str| {
        before.reply().map(|(_, e, _)| {
            Said::new(format!("{what} comes late: nobody waits for it."))
                .rest(format!("{via} answered {name} at {} without it, yet now knows that {yet}.", moment(e.at)))
                .so(format!("for {via} answered without it"))
                .rule("the level decides how many answers are waited for")
        })
    };
    let so_far = |code: u8, after: EventId| {
        let mut nodes: Vec<NodeId> =
            before.answers().filter(|(i, _, _, old)| *i > after && old.body.code() == code).map(|(_, _, n, _)| n).collect();
        nodes.push(from);
        arrange(&mut nodes, Ord::cmp);
        nodes.dedup();
        nodes
    };
    let required = before.choice().map_or(0, |c| c.required);
    match &m.body {
        Body::WriteAck => late(&format!("{from} has handled the write")).unwrap_or_else(|| {
            let nodes = so_far(m.body.code(), EventId(0));
            let began = before.choice().and_then(|c| facts.event(c.id)).map_or(m.sent_at, |e| e.at);
            let n = counted_of(facts, via, op, began, &nodes);
            let whole = n as usize == nodes.len();
            let counts =
                if whole { String::new() } else { format!(" {n} of the {} so far count: the level asks for more elsewhere.", nodes.len()) };
            Said::new(format!("{what} reaches {via}: {n} of {required}."))
                .rest(format!("{via} answers the client at {required}.{counts}"))
                .rule("the level decides how many confirmations are waited for")
        }),
        Body::RepairAck => late(&format!("{from} has handled the repair")).unwrap_or_else(|| {
            let started = before.last_note(|n| matches!(n, Note::RepairStarted { .. }));
            let latch = started.map_or(0, |(_, n)| if let Note::RepairStarted { latch, .. } = n { *latch } else { 0 });
            let nodes = so_far(m.body.code(), started.map_or(EventId(0), |(id, _)| id));
            Said::new(format!("{what} reaches {via}: {} of {latch}.", nodes.len())).rest("The answer waits for the others.")
        }),
        Body::Data { round, .. } if *round > 1 => {
            let waiting = waiting_rows(before, from);
            Said::new(format!("{what} reaches {via}.")).rest(format!("{via} still waits for the whole row of {}.", list(waiting.iter())))
        }
        _ => {
            let n = before.choice().map_or(0, |c| before.answers().filter(|(i, _, _, _)| *i > c.id).count()) + 1;
            Said::new(format!("{what} reaches {via}: {n} of {required} answers."))
                .rest(format!("{via} compares nothing until all {required} are in."))
                .rule("a read waits for as many answers as its level says")
        }
    }
}

/// Replicas asked for whole rows in the second round whose rows have not come, besides `from`.
fn waiting_rows(before: &Trace<'_>, from: NodeId) -> Vec<NodeId> {
    let second = |b: &Body| matches!(b, Body::ReadData { round, .. } | Body::Data { round, .. } if *round > 1);
    let asked =
        before.sent().filter(|(_, _, m)| second(&m.body) && matches!(m.body, Body::ReadData { .. })).filter_map(|(_, _, m)| m.to.node());
    let came: Vec<NodeId> = before.answers().filter(|(_, _, _, m)| second(&m.body)).map(|(_, _, n, _)| n).collect();
    asked.filter(|n| *n != from && !came.contains(n)).collect()
}
