//! One plain line per event, for lists, the timeline and `drift events`.

use super::names::{Names, quoted_bytes, verb_name};
use super::{handoff, ranges, rot, sweep, turns, words};
use crate::engine::data::Change;
use crate::engine::node::{Body, Message, Note, Outcome, Timer, Traffic, Verb};
use crate::engine::observe::History;
use crate::engine::world::{ClientAct, Event, EventKind, Fault, LostWhy};
use crate::view::format::{counted, list, moment, offset, span};

/// What happened, in a few words: `F asks C for a digest of cart:ada`.
pub fn short(event: &Event, names: &Names<'_>) -> String {
    let who = event.who.map_or_else(String::new, |w| names.end(w));
    match &event.kind {
        EventKind::Began { request, via } => {
            let verb = verb_name(&request.verb);
            let value = if let Verb::Write(bytes) = &request.verb { format!(" {} to", quoted_bytes(bytes)) } else { String::new() };
            format!("{who} asks {via} to {verb}{value} {} at {}", request.key, request.level.name())
        }
        EventKind::Ended(outcome) => ended(event, &who, outcome, names),
        EventKind::Sent(m) => sent(m, names),
        EventKind::Delivered(m) => format!("{} gets {}", names.end(m.to), noun(m, names)),
        EventKind::Held(m) => format!("{} waits at {}, which is paused", noun(m, names), names.end(m.to)),
        EventKind::Lost { message: m, why } => {
            let why = match why {
                LostWhy::Loss => "lost by the network",
                LostWhy::Cut(_) => "stopped by a cut",
                LostWhy::Down => "lost: the receiver is down",
                LostWhy::Crashed => "lost: the receiver crashed before handling it",
            };
            format!("{} to {}: {why}", noun(m, names), names.end(m.to))
        }
        EventKind::Timer(Timer::Operation(op)) => format!("{who} has waited long enough for {}", names.op(*op)),
        EventKind::Timer(Timer::Beat(_)) => format!("{who} tells the others that it lives"),
        EventKind::Timer(Timer::Sweep(_)) => format!("{who} looks for old tombstones"),
        EventKind::Timer(Timer::SweepDue(_)) => format!("{who} is due to compare with another node"),
        EventKind::Timer(Timer::SweepTurn(_)) => format!("{who} looks for the next sweep to do"),
        EventKind::Timer(Timer::SweepPatience(_) | Timer::SweepIdle(_)) => format!("{who} looks whether its sweep goes on"),
        EventKind::Timer(Timer::SweepStream(..)) => format!("{who} may send more coded symbols"),
        EventKind::Timer(Timer::SegmentsBuilt) => format!("{who} has its trees of segments ready"),
        EventKind::Timer(Timer::TrieWork) => format!("{who} brings its tries up to date"),
        EventKind::Timer(Timer::SweepNext(_)) => format!("{who} has rested before the next read of its sweep"),
        EventKind::Timer(Timer::SweepAgain(_)) => format!("{who} tries a sweep again"),
        EventKind::Timer(Timer::Fetch(_)) => format!("{who} has waited long enough for a row"),
        EventKind::Timer(Timer::Scrub(_)) => format!("{who} goes on checking what it holds"),
        EventKind::Timer(Timer::Sync) => format!("{who} brings its log to disk"),
        EventKind::Timer(Timer::Speculate(op)) => format!("{who} has waited long for answers to {}", names.op(*op)),
        EventKind::Timer(Timer::RepairBound(op)) => format!("{who} has let {} wait long enough for the repair", names.op(*op)),
        EventKind::Timer(Timer::WriteMore(op)) => format!("{who} has waited long for the repair of {}", names.op(*op)),
        EventKind::Timer(Timer::HintFlush) => format!("{who} brings hints to disk"),
        EventKind::Timer(Timer::HintPoll) => format!("{who} looks for replicas that are back"),
        EventKind::Timer(Timer::HintNext(target, _)) => format!("{who} may send {target} the next hint"),
        EventKind::Timer(Timer::HintPage(target, _)) => format!("{who} has waited long enough for {target} to confirm hints"),
        EventKind::Timer(Timer::Handoff) => format!("{who} looks for owners that are back"),
        EventKind::Timer(Timer::HandoffOver(owner, _)) => format!("{who} has waited long enough for {owner} to confirm its rows"),
        EventKind::Applied(a) => {
            let given = names.row(&a.key, &a.given);
            let held = names.maybe_row(&a.key, a.before.as_ref());
            let who = a.stands_for.map_or(who.clone(), |owner| format!("{who}, for {owner},"));
            match a.change {
                Change::Stored => format!("{who} stores {given} of {} in place of {held}", a.key),
                Change::Same => format!("{who} already holds {given} of {}", a.key),
                Change::Refused => format!("{who} refuses {given} of {}: it holds {held}, which is newer", a.key),
            }
        }
        EventKind::Reverted { key, before, after, .. } => {
            format!("{who} loses {} of {key}, back to {}", names.maybe_row(key, before.as_ref()), names.maybe_row(key, after.as_ref()))
        }
        EventKind::Removed(removed) => {
            format!("{who} removes its tombstone {} of {}", names.row(&removed.key, &removed.row), removed.key)
        }
        EventKind::Note(note) => noted(event, &who, note, names),
        EventKind::Client(act) => did(event, &who, act, names),
        EventKind::Fault(fault) => faulted(&who, fault, names),
    }
}

fn ended(event: &Event, who: &str, outcome: &Outcome, names: &Names<'_>) -> String {
    let what = event.op.map_or_else(String::new, |op| names.op(op));
    match outcome {
        Outcome::Written { acks, .. } => {
            format!("{who} is told that {what} is written: {}", counted(u64::from(*acks), "confirmation", "confirmations"))
        }
        Outcome::Found(row) => {
            let found = match names.key(event.op) {
                Some(key) => names.maybe_row(key, row.as_ref()),
                None => "a row".to_owned(),
            };
            format!("{who} gets the answer to {what}: {found}")
        }
        Outcome::Unavailable { required, alive } => format!("{who} is refused {what}: {alive} of {required} replicas believed up"),
        Outcome::TimedOut { received, required } => format!("{who} is told that {what} timed out: {received} of {required} answers"),
        Outcome::NoAnswer => format!("{who} gives up on {what}: no answer at all"),
        Outcome::Overloaded { target } => format!("{who} is refused {what}: no room for hints for {target}"),
        Outcome::Behind { .. } => format!("{who} does not take the answer to {what}: it is older than what it has seen"),
    }
}

/// What a message is, as a noun with its sender: `F's question for a digest`.
pub(super) fn noun(m: &Message, names: &Names<'_>) -> String {
    let from = names.end(m.from);
    let what = match &m.body {
        Body::Request(r) => format!("request to {} {}", verb_name(&r.verb), r.key),
        Body::Reply { .. } => "answer".to_owned(),
        Body::Write { .. } => format!("write of {}", names.carried(m)),
        Body::WriteAck => "confirmation".to_owned(),
        Body::ReadData { .. } => "request for the row".to_owned(),
        Body::Data { row: Some(_), .. } => format!("row {}", names.carried(m)),
        Body::Data { row: None, .. } => "answer that it has no row".to_owned(),
        Body::ReadDigest { .. } => "request for a digest".to_owned(),
        Body::Digest(digest) => format!("digest {}", digest.short()),
        Body::Repair { .. } => format!("repair with {}", names.carried(m)),
        Body::RepairAck => "confirmation of the repair".to_owned(),
        Body::Heartbeat { .. } => "heartbeat".to_owned(),
        Body::Echo { .. } => "request for an echo".to_owned(),
        Body::EchoAck { .. } => "echo".to_owned(),
        Body::Sweep { say, .. } => sweep::noun(say),
        Body::Rot(say) => rot::noun(say),
        _ => handoff::noun(m, names),
    };
    format!("{from}'s {what}")
}

fn sent(m: &Message, names: &Names<'_>) -> String {
    let (from, to) = (names.end(m.from), names.end(m.to));
    let key = names.key(m.op).map_or_else(String::new, |k| format!(" of {k}"));
    match &m.body {
        Body::Request(r) => format!("{from} sends {to} the request to {} {}", verb_name(&r.verb), r.key),
        Body::Reply { .. } => format!("{from} answers {to}"),
        Body::Write { .. } => format!("{from} sends {to} the write of {}{key}", names.carried(m)),
        Body::WriteAck => format!("{from} confirms the write to {to}"),
        Body::ReadData { round, .. } if *round > 1 => format!("{from} asks {to} for its whole row{key}"),
        Body::ReadData { .. } => format!("{from} asks {to} for its row{key}"),
        Body::Data { row: Some(_), .. } => format!("{from} sends {to} its row{key}: {}", names.carried(m)),
        Body::Data { row: None, .. } => format!("{from} tells {to} that it has no row{key}"),
        Body::ReadDigest { .. } => format!("{from} asks {to} for a digest{key}"),
        Body::Digest(digest) => format!("{from} sends {to} the digest {}{key}", digest.short()),
        Body::Repair { .. } => format!("{from} repairs {to} with {}{key}", names.carried(m)),
        Body::RepairAck => format!("{from} confirms the repair to {to}"),
        Body::Heartbeat { .. } => format!("{from} tells {to} that it lives"),
        Body::Echo { .. } => format!("{from} asks {to} for an echo"),
        Body::EchoAck { .. } => format!("{from} sends {to} the echo"),
        Body::Sweep { say, .. } => sweep::sent(&from, &to, say),
        Body::Rot(say) => rot::sent(&from, &to, say),
        _ => handoff::sent(m, names),
    }
}

fn noted(event: &Event, who: &str, note: &Note, names: &Names<'_>) -> String {
    let key = names.key(event.op);
    let read = event.op.and_then(|op| names.request(op)).is_some_and(|r| r.verb.traffic() == Traffic::Read);
    match note {
        Note::Stamped { key, version } => format!("{who} makes {} of {key}", names.version(key, version)),
        Note::Chose { asked, down, .. } => {
            let out = if down.is_empty() { String::new() } else { format!(", leaving out {}", list(down.iter())) };
            format!("{who} chooses {}{out}", list(asked.iter()))
        }
        Note::Unavailable { required, alive } => format!("{who} refuses: {alive} of {required} replicas believed up"),
        Note::QuorumReached { received, required } => {
            let what = if read { "answers" } else { "confirmations" };
            format!("{who} has {received} of {required} {what}")
        }
        Note::DigestsMatch => format!("{who} compares: the answers match"),
        Note::DigestsDiffer { data, others } => {
            format!(
                "{who} compares: {} {} from {}'s row",
                list(others.iter().map(|(n, _)| n)),
                if others.len() == 1 { "differs" } else { "differ" },
                data.0
            )
        }
        Note::Resolved { behind, .. } if behind.is_empty() => format!("{who} merges the rows: those in hand are equal"),
        Note::Resolved { behind, .. } => {
            format!("{who} merges the rows: {} {} behind", list(behind.iter()), if behind.len() == 1 { "is" } else { "are" })
        }
        Note::RepairStarted { to, .. } => {
            format!("{who} repairs {}{}", list(to.iter()), key.map_or_else(String::new, |k| format!(" for {k}")))
        }
        Note::RepairSkipped { behind } => format!("{who} leaves {} behind: repair is off", list(behind.iter())),
        Note::RepairLatchOpened { acks } => {
            format!("{who} has {} of the repair: it may answer", counted(u64::from(*acks), "confirmation", "confirmations"))
        }
        Note::TimedOut { received, required } => format!("{who} gives up: {received} of {required} answers"),
        Note::Suspected(peer) => format!("{who} believes {peer} down"),
        Note::Trusted(peer) => format!("{who} believes {peer} up again"),
        Note::Synced { changes } => format!("{who}'s log is on disk: {} safe", counted(u64::from(*changes), "change", "changes")),
        Note::Convicted { peer, phi, .. } => format!("{who} believes {peer} down: suspicion {}", super::liveness::level(*phi)),
        Note::EchoAsked(peer) => format!("{who} hears {peer} and asks it for an echo"),
        Note::Revived { peer, .. } => format!("{who} believes {peer} up again: its echo came back"),
        Note::StoodStill { stood, .. } => format!("{who} notices that it stood still for {}", span(*stood)),
        Note::Queue(step) => turns::short(who, step),
        Note::SweepRead { key, .. } => format!("{who} reads {key} to have it repaired"),
        Note::Sweep { session, step } => sweep::short(who, *session, step),
        Note::Rot(step) => rot::short(who, step),
        Note::RangesFollowed(new) => ranges::follows(who, new),
        Note::CleanedUp { rows } => ranges::cleaned(who, *rows),
        note => handoff::short(who, note).unwrap_or_default(),
    }
}

fn did(event: &Event, who: &str, act: &ClientAct, names: &Names<'_>) -> String {
    let what = event.op.map_or_else(String::new, |op| names.op(op));
    match act {
        ClientAct::Retried { request, via, rest, .. } => {
            let wait = if rest.0 == 0 { String::new() } else { format!(" in {}", span(*rest)) };
            format!("{who} asks {via} for {what} again at {}{wait}", request.level.name())
        }
        ClientAct::Asked { replicas, .. } => format!("{who} asks {} itself", list(replicas.iter())),
        ClientAct::WroteBack { to } => format!("{who} writes the newest row back to {}", list(to.iter())),
    }
}

fn faulted(who: &str, fault: &Fault, names: &Names<'_>) -> String {
    match fault {
        Fault::Cut(id) => format!("cut {} is made", id.0 + 1),
        Fault::Mended(id) => format!("cut {} is mended", id.0 + 1),
        Fault::Crashed { lost: 0 } => format!("{who} crashes, losing nothing"),
        Fault::Crashed { lost } => format!("{who} crashes, losing the newest row of {}", counted(u64::from(*lost), "key", "keys")),
        Fault::Restarted => format!("{who} starts again"),
        Fault::Paused => format!("{who} is paused"),
        Fault::Resumed { waiting } => {
            format!("{who} goes on, with {} waiting", counted(u64::from(*waiting), "message or timer", "messages and timers"))
        }
        Fault::SweepAsked { with } if who == with.to_string() => format!("{who} is told to repair its ranges"),
        Fault::SweepStopped { number: None } => format!("{who} is told to stop all its sweeps"),
        Fault::SweepStopped { number: Some(number) } => format!("{who} is told to stop its sweep {number}"),
        Fault::SweepAsked { with } => format!("{who} is told to compare with {with}"),
        Fault::Rotted(rotted) => rot::fault_short(who, rotted, names),
        Fault::Redrawn(change) => ranges::short(change),
        Fault::CleanupAsked => format!("{who} is told to clean up"),
        Fault::Wiped { rows } => format!("{who} loses its disk: {}", counted(*rows, "row", "rows")),
        Fault::Clock { offset_us } => format!("{who}'s clock is set {}", offset(*offset_us)),
        Fault::Slow { by } if by.0 == 0 => format!("{who} is as quick as the others again"),
        Fault::Slow { by } => format!("{who}'s messages take {} longer", span(*by)),
        Fault::Link { from, to } => format!("the link from {} to {} gets its own rule", names.end(*from), names.end(*to)),
        Fault::Network => "the network changes".to_owned(),
        Fault::Set(setting) => words::setting(**setting),
        Fault::HintsLost { count } => format!("{who} loses {} that were not on disk", counted(u64::from(*count), "hint", "hints")),
        Fault::Preloaded { count } => format!("{} preloaded", counted(*count, "key is", "keys are")),
        Fault::BackedUp { rows } => format!("{who}'s disk is copied aside: {}", counted(*rows, "row", "rows")),
        Fault::WorkloadBegan { number } => format!("workload {} begins", number + 1),
        Fault::WorkloadEnded { number, operations } => {
            format!("workload {} ends after {}", number + 1, counted(u64::from(*operations), "operation", "operations"))
        }
        Fault::Restored { rows, taken } => {
            format!("{who}'s disk is replaced by the copy of {}: {}", moment(*taken), counted(*rows, "row", "rows"))
        }
    }
}

/// A whole log as aligned text, one line per event: number, time, at whom, for which operation, what.
pub fn lines(log: &[Event], clients: &[String], history: &History) -> Vec<String> {
    let names = Names { clients, history };
    let width = |of: &dyn Fn(&Event) -> String| log.iter().map(|e| of(e).chars().count()).max().unwrap_or(0);
    let at = |e: &Event| moment(e.at);
    let who = |e: &Event| e.who.map_or_else(|| "-".to_owned(), |w| names.end(w));
    let op = |e: &Event| e.op.map_or_else(|| "-".to_owned(), |o| names.op(o));
    let (a, w, o, n) = (width(&at), width(&who), width(&op), log.len().to_string().len());
    let line = |(i, e): (usize, &Event)| format!("{i:>n$}  {:>a$}  {:<w$}  {:<o$}  {}", at(e), who(e), op(e), short(e, &names));
    log.iter().enumerate().map(line).collect()
}
