//! Sentences about what replicas missed and who keeps it: hints, stand-ins, handoff; and about policies of writes and reads.

use super::Said;
use super::names::Names;
use super::note::At;
use crate::engine::base::NodeId;
use crate::engine::node::coordinate::Seat;
use crate::engine::node::{Body, Message, NoHint, Note};
use crate::view::format::{counted, list, span};

fn hints(count: u32) -> String {
    counted(u64::from(count), "hint", "hints")
}

fn seats(seats: &[Seat]) -> String {
    list(seats.iter().map(|seat| format!("{} for {}", seat.node, seat.owner)))
}

fn no_hint(why: NoHint) -> &'static str {
    match why {
        NoHint::Window => "it has been down for longer than hints are kept",
        NoHint::Room => "the room for its hints is used up",
        NoHint::Keeper => "nobody is there to keep it",
    }
}

/// A note as a plain line, if it is one of those told here.
pub(super) fn short(who: &str, note: &Note) -> Option<String> {
    Some(match note {
        Note::StoodIn { seats: all } => format!("{who} finds stand-ins: {}", seats(all)),
        Note::HintKept { target, key, .. } => format!("{who} keeps a hint of {key} for {target}"),
        Note::HintSent { target, keeper } => format!("{who} asks {keeper} to keep a hint for {target}"),
        Note::HintRefused { target, why } => format!("{who} keeps no hint for {target}: {}", no_hint(*why)),
        Note::HintCounted => format!("{who} counts the hint: ANY needs no more"),
        Note::HintsFlushed { count } => format!("{who} has {} on disk", hints(*count)),
        Note::ReplayStarted { target, count } => format!("{who} begins to replay {} to {target}", hints(*count)),
        Note::ReplayStopped { target, missing } => format!("{who} stops replaying to {target}: {} not confirmed", hints(*missing)),
        Note::ReplayDone { target, count } => format!("{who} has delivered {} to {target}", hints(*count)),
        Note::HintsExpired { target, count } => format!("{who} throws away {} for {target}: too old", hints(*count)),
        Note::HintsMoved { target, count } => format!("{who} gives {} for {target} to the keys' present replicas", hints(*count)),
        Note::HandoffStarted { owner, count } => format!("{who} hands {} back to {owner}", counted(u64::from(*count), "row", "rows")),
        Note::HandoffStopped { owner, kept } => format!("{who} keeps {} of {owner}'s rows: not confirmed", count_words(*kept)),
        Note::HandoffDone { owner } => format!("{who} has handed everything back to {owner}"),
        Note::Forwarded { to } => format!("{who} passes the request on to {to}"),
        Note::LocalFirst => format!("{who} stores the write itself first"),
        Note::DroppedLate { key, age } => format!("{who} drops a write of {key} that is {} old", span(*age)),
        Note::Speculated { extra, .. } => format!("{who} asks {extra} too: answers take long"),
        Note::WroteMore { to } => format!("{who} repairs {} too: confirmations take long", list(to.iter())),
        Note::RepairBounded { .. } => format!("{who} answers without waiting longer for the repair"),
        Note::Lingers { waiting } => format!("{who} still listens for {}", list(waiting.iter())),
        Note::NotFound { absent } => format!("{who} takes the key for absent: {} have no row", count_words(*absent)),
        _ => return None,
    })
}

fn count_words(n: u32) -> String {
    crate::view::format::count(u64::from(n))
}

/// A note as a sentence.
pub(super) fn said(at: &At<'_, '_>, note: &Note) -> Said {
    let headline = format!("{}.", short(&at.who, note).unwrap_or_default());
    let who = &at.who;
    let said = Said::new(headline);
    match note {
        Note::StoodIn { .. } => said
            .rest("They keep the write apart, in the owners' names, and count like owners: the quorum is a sloppy one.")
            .rule("the next healthy node stands in"),
        Note::HintKept { target, late: true, .. } => said
            .rest(format!(
                "{target} was believed up and did not confirm in time; it may hold the write or not, and a second delivery does no harm."
            ))
            .so("for it may have missed the write")
            .rule("who does not confirm in time gets a hint"),
        Note::HintKept { target, .. } => said
            .rest(format!(
                "The hint is a promise: the write goes to {target} once {who} believes it up again. A hint is no copy: no read sees it."
            ))
            .so(format!("for {who} believes {target} down"))
            .rule("the coordinator keeps what a dead replica misses"),
        Note::HintSent { target, .. } => {
            said.rest(format!("It will deliver the write to {target} when that is back.")).rule("another node may keep the hint")
        }
        Note::HintRefused { target, why } => said
            .rest(format!("What {target} misses now only a read that finds it or a comparison of all rows can bring back."))
            .so(format!("for {}", no_hint(*why)))
            .rule("hints are kept for a limited time, in limited room"),
        Note::HintCounted => said
            .rest("No replica holds the write yet: no read at any level can see it until the hint is delivered.")
            .rule("at ANY a hint counts as the one acknowledgement"),
        Note::HintsFlushed { .. } => said.rest("Until now a crash would have taken them.").rule("hints in memory die with their keeper"),
        Note::ReplayStarted { .. } => said
            .rest("They go page by page; a page is deleted here only when all of it is confirmed.")
            .rule("a hint is kept until it is confirmed"),
        Note::ReplayStopped { .. } => said
            .rest("Nothing is deleted. A later look sends the whole page again; what arrives twice changes nothing.")
            .rule("a hint is kept until it is confirmed"),
        Note::ReplayDone { target, .. } => {
            said.rest(format!("{target} confirmed them all, so {who} deletes them.")).rule("a hint is deleted once it is confirmed")
        }
        Note::HintsExpired { .. } => said
            .rest("A hint that outlives the tombstones could bring a deleted value back, so it dies first.")
            .rule("a hint must not outlive the tombstones"),
        Note::HintsMoved { .. } => said.rest("The node they were for no longer holds these keys.").rule("hints follow the ring"),
        Note::HandoffStarted { .. } => said
            .rest("The owner is back. Copies are deleted here one by one, as it confirms them.")
            .rule("a stand-in gives back what it holds"),
        Note::HandoffStopped { .. } => {
            said.rest("They stay here and go again at a later look.").rule("a stand-in deletes only what the owner confirmed")
        }
        Note::HandoffDone { owner } => {
            said.rest(format!("{owner} holds what it missed; {who} is no stand-in any more.")).rule("a stand-in gives back what it holds")
        }
        _ => policy(said, who, note),
    }
}

/// The rest of a sentence about a policy of writes or reads.
fn policy(said: Said, who: &str, note: &Note) -> Said {
    match note {
        Note::Forwarded { to } => said
            .rest(format!("{who} does not hold the key; {to} does, and answers the client itself."))
            .rule("only a node that holds the key coordinates its writes"),
        Note::LocalFirst => {
            said.rest("Only when its own copy is stored do the others hear of the write.").rule("the coordinator's own copy comes first")
        }
        Note::DroppedLate { .. } => said
            .rest("Its coordinator has given up already. Nobody is told: the copy stays behind.")
            .rule("a replica drops what comes too late"),
        Note::Speculated { data, .. } => said
            .rest(format!(
                "It is asked for {}. The level still needs as many answers as before; the slow one may simply come last.",
                if *data { "its row" } else { "a digest" }
            ))
            .rule("when answers are slow, one more replica is asked"),
        Note::WroteMore { .. } => said.rest("They were not read; their confirmations count as well.").rule("a slow repair is widened"),
        Note::RepairBounded { missing } => said
            .rest(format!(
                "{} still missing. The next read may find the old value again.",
                counted(u64::from(*missing), "confirmation is", "confirmations are")
            ))
            .rule("repair may hold back the answer only so long"),
        Note::Lingers { .. } => said
            .rest("The client has its answer. What still comes is compared, and repaired if it differs.")
            .rule("late answers are compared too"),
        Note::NotFound { .. } => {
            said.rest("So many replicas lack it that the level can no longer be met.").rule("no row is no answer here")
        }
        _ => said,
    }
}

/// What a message of these kinds is, as a noun.
pub(super) fn noun(m: &Message, names: &Names<'_>) -> String {
    match &m.body {
        Body::OnDisk => "word that the write is on disk".to_owned(),
        Body::Relay { .. } | Body::Passed { .. } => format!("write of {}", names.carried(m)),
        Body::Hint { .. } => format!("hint of {}", names.carried(m)),
        Body::HintAck { .. } => "confirmation of the hint".to_owned(),
        Body::KeepHint { target, .. } => format!("hint to keep for {target}"),
        Body::HintKept { target } => format!("word that it keeps the hint for {target}"),
        Body::Handoff { .. } => format!("handoff of {}", names.carried(m)),
        Body::HandoffAck { .. } => "confirmation of the handoff".to_owned(),
        Body::Forward { request, .. } => format!("forwarded request to {} {}", super::names::verb_name(&request.verb), request.key),
        Body::Coordinating => "word that it coordinates".to_owned(),
        _ => "message".to_owned(),
    }
}

/// What leaves with a message of these kinds.
pub(super) fn sent(m: &Message, names: &Names<'_>) -> String {
    let (from, to) = (names.end(m.from), names.end(m.to));
    let others = |nodes: &[NodeId]| list(nodes.iter());
    match &m.body {
        Body::OnDisk => format!("{from} tells {to} that the write is on disk"),
        Body::Relay { to: further, .. } => {
            format!("{from} sends {to} the write of {}, to pass on to {}", names.carried(m), others(further))
        }
        Body::Passed { answer_to, .. } => {
            format!("{from} passes the write of {} on to {to}, which confirms to {answer_to}", names.carried(m))
        }
        Body::Hint { hint, .. } => format!("{from} delivers {to} the hint of {} of {}", names.carried(m), hint.key),
        Body::HintAck { .. } => format!("{from} confirms the hint to {to}"),
        Body::KeepHint { target, .. } => format!("{from} asks {to} to keep {} for {target}", names.carried(m)),
        Body::HintKept { target } => format!("{from} tells {to} that it keeps the hint for {target}"),
        Body::Handoff { key, .. } => format!("{from} hands {} of {key} back to {to}", names.carried(m)),
        Body::HandoffAck { .. } => format!("{from} confirms the handoff to {to}"),
        Body::Forward { .. } => format!("{from} passes the request on to {to}"),
        Body::Coordinating => format!("{from} tells {to} that it coordinates"),
        _ => format!("{from} writes to {to}"),
    }
}

/// What follows from a message of these kinds, and its size in words.
pub(super) fn aside(m: &Message, size: &str) -> String {
    match &m.body {
        Body::Relay { .. } | Body::Passed { .. } => {
            format!("Between zones one message is enough: {size}. Confirmations go straight to the coordinator.")
        }
        Body::Hint { .. } => format!("The message is {size}. It is merged like any write: a newer row stays."),
        Body::KeepHint { .. } => format!("The message is {size}. Only whoever keeps the hint will deliver it."),
        Body::Handoff { .. } => format!("The message is {size}. The copy here stays until it is confirmed."),
        _ => format!("The message is {size}."),
    }
}
