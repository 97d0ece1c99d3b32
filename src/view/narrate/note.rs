//! Sentences about decisions of nodes: each [`Note`] of the engine, in words.

use super::facts::{Choice, Facts, Running, Trace};
use super::origin;
use super::{Cause, Said};
use crate::engine::base::{Digest, Endpoint, EventId, NodeId, OpId};
use crate::engine::data::{Key, Version};
use crate::engine::node::{Body, Detector, Note, Repair, SecondRound, Verb};
use crate::engine::world::{Event, EventKind, Fault, LostWhy};
use crate::view::format::{counted, list, span};

/// What a note is about: who decided, for which operation.
struct At<'a, 'f> {
    facts: &'f Facts<'a>,
    id: EventId,
    event: &'a Event,
    /// The node.
    who: String,
    /// The client's name.
    client: String,
    op: Option<OpId>,
    key: Option<&'a Key>,
    /// What happened for the operation before this note, this note included.
    trace: Trace<'a>,
}

pub(super) fn noted<'a>(facts: &Facts<'a>, id: EventId, event: &'a Event, note: &Note) -> Said {
    let operation = event.op.and_then(|op| facts.names.history.operation(op));
    let trace = event.op.map_or(Trace { via: None, events: Vec::new() }, |op| facts.trace(op, id));
    let at = At {
        facts,
        id,
        event,
        who: event.who.map_or_else(String::new, |w| facts.names.end(w)),
        client: operation.map_or_else(|| "the client".to_owned(), |o| facts.names.end(o.client)),
        op: event.op,
        key: facts.names.key(event.op),
        trace,
    };
    match note {
        Note::Stamped { key, version } => at.stamped(key, version),
        Note::Chose { asked, down, .. } => at.chose(asked, down),
        Note::Unavailable { required, alive } => at.unavailable(*required, *alive),
        Note::QuorumReached { received, required } => at.quorum(*received, *required),
        Note::DigestsMatch => at.agree(),
        Note::DigestsDiffer { data, others } => at.differ(data.0, others),
        Note::Resolved { current, behind } => at.resolved(current, behind),
        Note::RepairStarted { to, latch } => at.repair(to, *latch),
        Note::RepairSkipped { behind } => at.skipped(behind),
        Note::RepairLatchOpened { .. } => at.latch_opened(),
        Note::TimedOut { received, required } => at.timed_out(*received, *required),
        Note::Suspected(peer) => at.suspected(*peer),
        Note::Trusted(peer) => at.trusted(*peer),
        Note::Synced { changes } => Said::new(format!("{}'s log reaches the disk: {} {} now safe.", at.who, counted(u64::from(*changes), "change", "changes"), if *changes == 1 { "is" } else { "are" }))
            .rest(format!("A crash of {} would not take {} back any more.", at.who, if *changes == 1 { "it" } else { "them" }))
            .rule("what is on disk survives a crash"),
    }
}

impl At<'_, '_> {
    /// The version a write makes, by its number.
    fn made(&self) -> String {
        let operation = self.op.and_then(|op| self.facts.names.history.operation(op));
        let version = operation.and_then(|o| Some(self.facts.names.version(&o.request.key, o.version.as_ref()?)));
        version.unwrap_or_else(|| "the row".to_owned())
    }

    fn verb(&self) -> Option<&Verb> {
        self.op.and_then(|op| self.facts.names.request(op)).map(|r| &r.verb)
    }

    fn level(&self) -> &'static str {
        self.op.and_then(|op| self.facts.names.request(op)).map_or("the level", |r| r.level.name())
    }

    fn key_name(&self) -> String {
        self.key.map_or_else(|| "the key".to_owned(), ToString::to_string)
    }

    /// The merge of the rows that the coordinator has gathered: what it repairs with, or answers with.
    fn merged(&self) -> String {
        let row = self.facts.at_once(self.id).chain(self.trace.events.iter().copied().rev()).find_map(|(_, e)| match &e.kind {
            EventKind::Sent(m) if e.op == self.op && matches!(m.body, Body::Repair { .. }) => m.body.row().cloned(),
            _ => None,
        });
        match (self.key, row) {
            (Some(key), Some(row)) => self.facts.names.row(key, &row),
            _ => "the newest row".to_owned(),
        }
    }

    fn link(&self, found: Option<(EventId, &Event)>) -> Option<Cause> {
        found.and_then(|(event, e)| Cause::at(self.facts, event, self.facts.clause(e)))
    }

    /// Since when a replica that is left out is believed down.
    fn since(&self, peer: NodeId) -> Option<Cause> {
        let node = self.event.who.and_then(Endpoint::node)?;
        self.link(self.facts.suspected_since(node, peer, self.id))
    }

    fn stamped(&self, key: &Key, version: &Version) -> Said {
        let name = self.facts.names.version(key, version);
        let what = match self.verb() {
            Some(Verb::Delete) => format!("{} makes {name} of {key}: a tombstone.", self.who),
            _ => format!("{} makes {name} of {key}.", self.who),
        };
        Said::new(what)
            .rest(format!("Its timestamp is read from {}'s own clock; wherever two versions meet, the later timestamp wins.", self.who))
            .so(format!("stamped with {}'s own clock", self.who))
            .rule("the coordinator's clock stamps the version")
    }

    fn chose(&self, asked: &[NodeId], down: &[NodeId]) -> Said {
        let repeats = self.trace.until(self.id).choice().is_some();
        let again = if repeats { " The request came a second time, after the first had been dealt with, so it is taken for a new one." } else { "" };
        let said = match self.verb() {
            Some(Verb::Read) | None => self.chose_read(asked, down),
            Some(_) => self.chose_write(asked, down),
        };
        let rest = format!("{}{again}", said.rest);
        said.rest(rest).cause(down.iter().find_map(|n| self.since(*n)))
    }

    fn required(&self) -> u32 {
        self.trace.choice().map_or(0, |c: Choice<'_>| c.required)
    }

    fn chose_write(&self, asked: &[NodeId], down: &[NodeId]) -> Said {
        let (required, made) = (self.required(), self.made());
        let out = if down.is_empty() {
            "All of them are sent it, however few the level waits for.".to_owned()
        } else {
            let (it, believes) = (list(down.iter()), if down.len() == 1 { "it" } else { "them" });
            format!("{it} gets nothing: {} believes {believes} down, and sends the write nowhere else instead.", self.who)
        };
        Said::new(format!("{} sends {made} to {}.", self.who, list(asked.iter())))
            .rest(format!("It answers {} once {}. {out}", self.client, confirmed(required)))
            .so(format!("and waits for {required}"))
            .rule("a write goes to every replica believed up")
    }

    fn chose_read(&self, asked: &[NodeId], down: &[NodeId]) -> Said {
        let key = self.key_name();
        let replicas = self.key.map(|k| self.facts.replicas(k, self.event.at)).unwrap_or_default();
        let idle: Vec<NodeId> = replicas.into_iter().filter(|n| !asked.contains(n) && !down.contains(n)).collect();
        let digests = self.facts.settings_at(self.event.at).read.digests;
        let headline = match asked {
            [only] => format!("{} asks {only} for its row of {key}.", self.who),
            [first, rest @ ..] if digests => {
                format!("{} asks {first} for its row and {} for {}.", self.who, list(rest.iter()), if rest.len() == 1 { "a digest" } else { "digests" })
            }
            _ => format!("{} asks {} for their rows of {key}.", self.who, list(asked.iter())),
        };
        let mut rest = match asked.len() {
            1 => format!("{} needs one answer, so nobody else is asked and nothing is compared.", self.level()),
            n if digests => format!("{} needs {n} answers; a digest, a short fingerprint of a row, is enough to see whether the copies agree.", self.level()),
            n => format!("{} needs {n} answers, and digests are switched off.", self.level()),
        };
        if !idle.is_empty() {
            rest.push_str(&format!(" {} {} not asked.", list(idle.iter()), if idle.len() == 1 { "is" } else { "are" }));
        }
        if !down.is_empty() {
            rest.push_str(&format!(" {} {} left out: {} believes {} down.", list(down.iter()), if down.len() == 1 { "is" } else { "are" }, self.who, if down.len() == 1 { "it" } else { "them" }));
        }
        Said::new(headline).rest(rest).so(format!("for {} needs {}", self.level(), counted(asked.len() as u64, "answer", "answers"))).rule("a read asks as many replicas as its level needs")
    }

    fn unavailable(&self, required: u32, alive: u32) -> Said {
        let node = self.event.who.and_then(Endpoint::node);
        let replicas = self.key.map(|k| self.facts.replicas(k, self.event.at)).unwrap_or_default();
        let down = node.and_then(|node| replicas.iter().find_map(|peer| self.facts.suspected_since(node, *peer, self.id)));
        let nothing = if matches!(self.verb(), Some(Verb::Read)) { "so nothing was read" } else { "so no copy has changed" };
        Said::new(format!("{} refuses: it believes {} up, and {} needs {required}.", self.who, counted(u64::from(alive), "replica", "replicas"), self.level()))
            .rest(format!("Nothing was sent to any replica, {nothing}. {} is told at once instead of after a timeout.", self.client))
            .so("so nothing was sent")
            .rule("too few replicas believed up: refuse before sending")
            .cause(self.link(down))
    }

    fn quorum(&self, received: u32, required: u32) -> Said {
        let asked = self.trace.choice().map(|c| c.asked.to_vec()).unwrap_or_default();
        if !matches!(self.verb(), Some(Verb::Read)) {
            let came: Vec<NodeId> = self.trace.answers().map(|(_, _, n, _)| n).collect();
            let open: Vec<NodeId> = asked.into_iter().filter(|n| !came.contains(n)).collect();
            let others = match open.len() {
                0 => "All of the replicas it wrote to have confirmed.".to_owned(),
                n => format!("{} {} not confirmed yet; that does not hold up the answer.", list(open.iter()), if n == 1 { "has" } else { "have" }),
            };
            return Said::new(format!("{} has {}: enough for {}.", self.who, counted(u64::from(received), "confirmation", "confirmations"), self.level()))
                .rest(format!("It tells {} that {} is written. {others}", self.client, self.made()))
                .so(format!("so it answers {}", self.client))
                .rule("the level's number of confirmations makes a write succeed");
        }
        if let ([only], 1) = (asked.as_slice(), required) {
            return Said::new(format!("{only}'s row is all that {} needs, so {} answers {}.", self.level(), self.who, self.client))
                .rest(format!("Nothing is compared: if {only} lacks a newer version, nobody notices."))
                .so("without comparing anything")
                .rule("a read at ONE trusts the first answer");
        }
        Said::new(format!("All {required} answers are in at {}.", self.who)).rest("Now it can compare them.").so("and can be compared").rule("a read waits for as many answers as its level says")
    }

    /// `B's row and C's digest`, with what was sent.
    fn both(&self, first: NodeId, others: &[NodeId]) -> String {
        let digests = self.trace.answers().any(|(_, _, _, m)| matches!(m.body, Body::Digest(_)));
        let none = self.trace.answers().any(|(_, _, n, m)| n == first && matches!(m.body, Body::Data { row: None, .. }));
        let row = if none { format!("{first}'s answer that it has no row") } else { format!("{first}'s row") };
        match (digests, others) {
            (true, [other]) => format!("{row} and {other}'s digest"),
            (true, _) => format!("{row} and the digests of {}", list(others.iter())),
            (false, _) => format!("The rows of {}", list(std::iter::once(&first).chain(others))),
        }
    }

    fn agree(&self) -> Said {
        let asked = self.trace.choice().map(|c| c.asked.to_vec()).unwrap_or_default();
        let Some((first, others)) = asked.split_first() else { return Said::new("The answers match.") };
        let row = self.trace.answers().find_map(|(_, _, n, m)| match &m.body {
            Body::Data { row, .. } if n == *first => Some(row.clone()),
            _ => None,
        });
        let holds = match (self.key, row) {
            (Some(key), Some(Some(row))) => format!("held {}", self.facts.names.row(key, &row)),
            (_, Some(None)) => "had no row".to_owned(),
            _ => "held the same".to_owned(),
        };
        let all = if others.len() == 1 { "both" } else { "all" };
        Said::new(format!("{} match.", self.both(*first, others)))
            .rest(format!("Equal digests mean equal rows: {all} {holds} when asked, and {} can answer {} without asking for another row.", self.who, self.client))
            .so(format!("so {} answers {}", self.who, self.client))
            .rule("equal digests end a read")
    }

    fn differ(&self, first: NodeId, others: &[(NodeId, Digest)]) -> Said {
        let who: Vec<NodeId> = others.iter().map(|(n, _)| *n).collect();
        let settings = self.facts.settings_at(self.event.at);
        let had_rows = !self.trace.answers().any(|(_, _, _, m)| matches!(m.body, Body::Digest(_)));
        let everyone = settings.read.second_round == SecondRound::Everyone;
        let asked = self.trace.choice().map(|c| c.asked.to_vec()).unwrap_or_default();
        let whose = if everyone { list(asked.iter()) } else { list(who.iter()) };
        let must = match (everyone || who.len() > 1, everyone) {
            (false, _) => format!("{} must fetch {whose}'s whole row", self.who),
            (true, false) => format!("{} must fetch the whole rows of {whose}", self.who),
            (true, true) => format!("{} fetches the whole rows of all it asked, {whose}", self.who),
        };
        let said = Said::new(format!("{} do not match.", self.both(first, &who)));
        let said = if had_rows {
            said.rest(format!("{} has the whole rows in hand, so it can tell at once which is newer.", self.who)).so("and can be merged at once").rule("rows that differ are merged")
        } else {
            said.rest(format!("A digest can show that two copies differ, never which one is older, so {must}."))
                .so(format!("so {must}"))
                .rule("a digest mismatch forces a full read")
        };
        let nodes: Vec<NodeId> = std::iter::once(first).chain(who).collect();
        said.cause(self.key.and_then(|key| origin::why_differ(self.facts, &nodes, key, self.id)))
    }

    fn why_behind(&self, current: &[NodeId], behind: &[NodeId]) -> Option<Cause> {
        let nodes: Vec<NodeId> = current.iter().chain(behind).copied().collect();
        origin::why_differ(self.facts, &nodes, self.key?, self.id)
    }

    fn resolved(&self, current: &[NodeId], behind: &[NodeId]) -> Said {
        if behind.is_empty() {
            return Said::new("The rows are all equal now.")
                .rest(format!("The first answers differed, but the rows fetched afterwards do not: a copy has changed in between. {} can answer {}.", self.who, self.client))
                .rule("rows are compared again before anything is repaired");
        }
        let holds = if current.is_empty() { "None of them holds the merge of all".to_owned() } else { format!("{} {} the newest", list(current.iter()), if current.len() == 1 { "has" } else { "have" }) };
        Said::new(format!("{} {} behind.", list(behind.iter()), if behind.len() == 1 { "is" } else { "are" }))
            .rest(format!("Now {} has the whole rows and keeps the version with the later timestamp. {holds}.", self.who))
            .so(format!("now that {} has the whole rows", self.who))
            .rule("the later timestamp wins")
            .cause(self.why_behind(current, behind))
    }

    fn resolution(&self) -> (Vec<NodeId>, Vec<NodeId>) {
        match self.trace.last_note(|n| matches!(n, Note::Resolved { .. })) {
            Some((_, Note::Resolved { current, behind })) => (current.to_vec(), behind.to_vec()),
            _ => (Vec::new(), Vec::new()),
        }
    }

    fn repair(&self, to: &[NodeId], latch: u32) -> Said {
        let (merged, (current, behind)) = (self.merged(), self.resolution());
        let stale = if to.len() == 1 { format!("{}'s answer lacked it", to[0]) } else { format!("The answers of {} lacked it", list(to.iter())) };
        let said = if latch == 0 {
            Said::new(format!("{} has answered {} and now sends {merged} to {}.", self.who, self.client, list(to.iter())))
                .rest(format!("{stale}, and repair follows the answer: {} does not wait for it.", self.client))
                .so("after the answer, not before it")
                .rule("repair after the answer")
        } else {
            let required = self.required();
            Said::new(format!("{} sends {merged} to {}, and {} must wait.", self.who, list(to.iter()), self.client))
                .rest(format!("{stale}. The answer waits for {} of the repair, so that {} hold what {} is told.", counted(u64::from(latch), "confirmation", "confirmations"), counted(u64::from(required), "replica", "replicas"), self.client))
                .so(format!("until {} the repair", if latch == 1 { "one replica confirms".to_owned() } else { format!("{latch} replicas confirm") }))
                .rule("repair before the answer")
        };
        said.cause(self.why_behind(&current, &behind))
    }

    fn skipped(&self, behind: &[NodeId]) -> Said {
        let (current, _) = self.resolution();
        let (stays, it) = if behind.len() == 1 { ("is behind and stays behind", "it") } else { ("are behind and stay behind", "them") };
        Said::new(format!("{} {stays}: repair is off.", list(behind.iter())))
            .rest(format!("{} answers {} with the newest row it found and sends nothing to {it}, so a later read can meet the old copy again.", self.who, self.client))
            .so("and only the answer is right")
            .rule("repair is off")
            .cause(self.why_behind(&current, behind))
    }

    fn latch_opened(&self) -> Said {
        let started = self.trace.last_note(|n| matches!(n, Note::RepairStarted { .. })).map_or(EventId(0), |(id, _)| id);
        let acks = self.trace.answers().filter(|(id, _, _, m)| *id > started && matches!(m.body, Body::RepairAck));
        let mut nodes: Vec<NodeId> = acks.map(|(_, _, n, _)| n).collect();
        nodes.sort_unstable();
        nodes.dedup();
        let merged = self.merged();
        Said::new(format!("{} {} confirmed the repair, so {} answers {}.", list(nodes.iter()), if nodes.len() == 1 { "has" } else { "have" }, self.who, self.client))
            .rest(format!("With that, {} have sent or confirmed {merged} or something newer, as many as {} asks for.", counted(u64::from(self.required()), "replica", "replicas"), self.level()))
            .so("with as many copies as the level asks for")
            .rule("the answer follows the repair")
    }

    fn timed_out(&self, received: u32, required: u32) -> Said {
        let settings = self.facts.settings_at(self.event.at);
        let read = matches!(self.verb(), Some(Verb::Read));
        let patience = span(if read { settings.read.timeout } else { settings.write.timeout });
        let acks: Vec<NodeId> = {
            let mut nodes: Vec<NodeId> = self.trace.answers().map(|(_, _, n, _)| n).collect();
            nodes.sort_unstable();
            nodes.dedup();
            nodes
        };
        let what = if read { "answers" } else { "confirmations" };
        let rest = match (read, acks.as_slice()) {
            (true, _) => format!("{} is told so. Nothing is rolled back: what was repaired on the way stays repaired.", self.client),
            (false, []) => format!("{} is told so. Nothing is rolled back: a replica that took {} keeps it, even if its confirmation was lost.", self.client, self.made()),
            (false, nodes) => format!("{} is told so. Nothing is rolled back: {} confirmed {}, and nobody asks for it to be undone.", self.client, list(nodes.iter()), self.made()),
        };
        Said::new(format!("{} gives up: {received} of {required} {what} after {patience}.", self.who))
            .rest(rest)
            .so("and nothing is rolled back")
            .rule("a timeout takes nothing back")
            .cause(self.link(self.trace.last_lost()))
    }

    fn suspected(&self, peer: NodeId) -> Said {
        let silence = match self.facts.settings_at(self.event.at).detector {
            Detector::Heartbeat { timeout, .. } => format!("more than {}", span(timeout)),
            Detector::None => "too long".to_owned(),
        };
        let truth = match self.facts.running(peer, self.id) {
            Running::Up => format!("In truth {peer} runs: only its heartbeats did not get through."),
            Running::Paused => format!("In truth {peer} is paused."),
            Running::Down => format!("In truth, too, {peer} is down."),
        };
        let cause = match self.facts.running(peer, self.id) {
            Running::Up => self.last_cut(peer),
            _ => self.facts.last_fault(peer, self.id, |f| matches!(f, Fault::Crashed { .. } | Fault::Wiped { .. } | Fault::Paused)),
        };
        Said::new(format!("{} now believes {peer} down.", self.who))
            .rest(format!("It has heard nothing from {peer} for {silence}. {truth}"))
            .so(format!("for it has heard nothing for {silence}"))
            .rule("silence for too long means down")
            .cause(self.link(cause))
    }

    /// The last cut made before, if it kept this peer's last heartbeat from here.
    fn last_cut(&self, peer: NodeId) -> Option<(EventId, &Event)> {
        let me = self.event.who?;
        let stopped = self.facts.before(self.id).take(20_000).find_map(|(_, e)| match &e.kind {
            EventKind::Lost { message, why: LostWhy::Cut(cut) } if message.from == peer.into() && message.to == me => Some(*cut),
            _ => None,
        })?;
        self.facts.cut_event(self.id, stopped)
    }

    fn trusted(&self, peer: NodeId) -> Said {
        let repair = self.facts.settings_at(self.event.at).read.repair;
        let gap = if repair == Repair::Off {
            "Writes that were not sent to it in between are not made up for."
        } else {
            "Writes that were not sent to it in between are made up for only when a read finds them missing."
        };
        Said::new(format!("{} hears {peer} again and believes it up.", self.who))
            .rest(format!("From now on it sends {peer} writes and asks it again. {gap}"))
            .so("and sends it writes again")
            .rule("one heartbeat ends the suspicion")
    }
}

fn confirmed(required: u32) -> String {
    if required == 1 { "one of them has confirmed".to_owned() } else { format!("{required} of them have confirmed") }
}
