//! Sentences about decisions of nodes: each [`Note`] of the engine, in words.

use std::borrow::Cow;

use super::facts::{Choice, Facts, Running, Trace};
use super::{Cause, Said, handoff, ranges, rot, sweep, turns};
use crate::engine::base::{Endpoint, EventId, NodeId, OpId, arrange};
use crate::engine::data::{Key, Version};
use crate::engine::node::{Body, Detector, Keeper, Note, Repair, StandIn, Verb};
use crate::engine::world::{Event, EventKind, Fault, LostWhy};
use crate::view::format::{counted, list, span};

/// What a note is about: who decided, for which operation.
pub(super) struct At<'a, 'f> {
    pub(super) facts: &'f Facts<'a>,
    pub(super) id: EventId,
    pub(super) event: &'a Event,
    /// The node.
    pub(super) who: String,
    /// The client's name.
    pub(super) client: String,
    op: Option<OpId>,
    pub(super) key: Option<&'a Key>,
    /// What happened for the operation before this note, this note included.
    pub(super) trace: Trace<'a>,
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
        Note::Synced { changes } => Said::new(format!(
            "{}'s log reaches the disk: {} {} now safe.",
            at.who,
            counted(u64::from(*changes), "change", "changes"),
            if *changes == 1 { "is" } else { "are" }
        ))
        .rest(format!("A crash of {} would not take {} back any more.", at.who, if *changes == 1 { "it" } else { "them" }))
        .rule("what is on disk survives a crash"),
        Note::Convicted { peer, phi, silence, mean } => at.convicted(*peer, *phi, *silence, *mean),
        Note::EchoAsked(peer) => at.echo_asked(*peer),
        Note::Revived { peer, down } => at.revived(*peer, *down),
        Note::StoodStill { stood, lenient } => at.stood_still(*stood, *lenient),
        Note::Queue(step) => turns::said(&at, step),
        Note::SweepRead { key, .. } => sweep::reads(&at.who, key),
        Note::Sweep { session, step } => sweep::said(&at, *session, step),
        Note::Rot(step) => rot::said(&at, step),
        Note::RangesFollowed(new) => ranges::said(&at, new),
        Note::CleanedUp { rows } => ranges::cleaned_said(&at.who, *rows),
        note => handoff::said(&at, note),
    }
}

impl At<'_, '_> {
    /// The version a write makes, by its number.
    fn made(&self) -> String {
        let operation = self.op.and_then(|op| self.facts.names.history.operation(op));
        let version = operation.and_then(|o| Some(self.facts.names.version(&o.request.key, o.version.as_ref()?)));
        version.unwrap_or_else(|| "the row".to_owned())
    }

    pub(super) fn verb(&self) -> Option<&Verb> {
        self.op.and_then(|op| self.facts.names.request(op)).map(|r| &r.verb)
    }

    pub(super) fn level(&self) -> Cow<'static, str> {
        self.op.and_then(|op| self.facts.names.history.operation(op)).map_or(Cow::Borrowed("the level"), |o| o.level_at(self.id).name())
    }

    fn key_name(&self) -> String {
        self.key.map_or_else(|| "the key".to_owned(), ToString::to_string)
    }

    /// The merge of the rows that the coordinator has gathered: what it repairs with, or answers with.
    pub(super) fn merged(&self) -> String {
        let row = self.facts.at_once(self.id).chain(self.trace.events.iter().copied().rev()).find_map(|(_, e)| match &e.kind {
            EventKind::Sent(m) if e.op == self.op && matches!(m.body, Body::Repair { .. }) => m.body.row().cloned(),
            _ => None,
        });
        match (self.key, row) {
            (Some(key), Some(row)) => self.facts.names.row(key, &row),
            _ => "the newest row".to_owned(),
        }
    }

    pub(super) fn link(&self, found: Option<(EventId, &Event)>) -> Option<Cause> {
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
        let again = if repeats {
            " The request came a second time, after the first had been dealt with, so it is taken for a new one."
        } else {
            ""
        };
        let said = match self.verb() {
            Some(Verb::Read) | None => self.chose_read(asked, down),
            Some(_) => self.chose_write(asked, down),
        };
        let rest = format!("{}{again}", said.rest);
        said.rest(rest).cause(down.iter().find_map(|n| self.since(*n)))
    }

    pub(super) fn required(&self) -> u32 {
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
                format!(
                    "{} asks {first} for its row and {} for {}.",
                    self.who,
                    list(rest.iter()),
                    if rest.len() == 1 { "a digest" } else { "digests" }
                )
            }
            _ => format!("{} asks {} for their rows of {key}.", self.who, list(asked.iter())),
        };
        let mut rest = match asked.len() {
            1 => format!("{} needs one answer, so nobody else is asked and nothing is compared.", self.level()),
            n if digests => format!("{} needs {n} answers, and digests show whether they agree.", self.level()),
            n => format!("{} needs {n} answers, and digests are switched off.", self.level()),
        };
        if !idle.is_empty() {
            rest.push_str(&format!(" {} {} not asked.", list(idle.iter()), if idle.len() == 1 { "is" } else { "are" }));
        }
        if !down.is_empty() {
            rest.push_str(&format!(" {}, believed down, {} left out.", list(down.iter()), if down.len() == 1 { "is" } else { "are" }));
        }
        Said::new(headline)
            .rest(rest)
            .so(format!("for {} needs {}", self.level(), counted(asked.len() as u64, "answer", "answers")))
            .rule("a read asks as many replicas as its level needs")
    }

    fn unavailable(&self, required: u32, alive: u32) -> Said {
        let node = self.event.who.and_then(Endpoint::node);
        let replicas = self.key.map(|k| self.facts.replicas(k, self.event.at)).unwrap_or_default();
        let down = node.and_then(|node| replicas.iter().find_map(|peer| self.facts.suspected_since(node, *peer, self.id)));
        let nothing = if matches!(self.verb(), Some(Verb::Read)) { "so nothing was read" } else { "so no copy has changed" };
        Said::new(format!(
            "{} refuses: it believes {} up, and {} needs {required}.",
            self.who,
            counted(u64::from(alive), "replica", "replicas"),
            self.level()
        ))
        .rest(format!("Nothing was sent to any replica, {nothing}. {} is told at once.", self.client))
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
                n => format!(
                    "{} {} not confirmed yet; that does not hold up the answer.",
                    list(open.iter()),
                    if n == 1 { "has" } else { "have" }
                ),
            };
            return Said::new(format!(
                "{} has {}: enough for {}.",
                self.who,
                counted(u64::from(received), "confirmation", "confirmations"),
                self.level()
            ))
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
        Said::new(format!("All {required} answers are in at {}.", self.who))
            .rest("Now it can compare them.")
            .so("and can be compared")
            .rule("a read waits for as many answers as its level says")
    }

    fn timed_out(&self, received: u32, required: u32) -> Said {
        let settings = self.facts.settings_at(self.event.at);
        let read = matches!(self.verb(), Some(Verb::Read));
        let patience = span(if read { settings.read.timeout } else { settings.write.timeout });
        let acks: Vec<NodeId> = {
            let mut nodes: Vec<NodeId> = self.trace.answers().map(|(_, _, n, _)| n).collect();
            arrange(&mut nodes, Ord::cmp);
            nodes.dedup();
            nodes
        };
        let what = if read { "answers" } else { "confirmations" };
        let rest = match (read, acks.as_slice()) {
            (true, _) => format!("{} is told so. Nothing is rolled back: what was repaired on the way stays repaired.", self.client),
            (false, []) => format!(
                "{} is told so. Nothing is rolled back: a replica that took {} keeps it, even if its confirmation was lost.",
                self.client,
                self.made()
            ),
            (false, nodes) => format!(
                "{} is told so. Nothing is rolled back: {} confirmed {}, and nobody asks for it to be undone.",
                self.client,
                list(nodes.iter()),
                self.made()
            ),
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
            Detector::None | Detector::Accrual(_) => "too long".to_owned(),
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
    pub(super) fn last_cut(&self, peer: NodeId) -> Option<(EventId, &Event)> {
        let me = self.event.who?;
        let stopped = self.facts.before(self.id).take(20_000).find_map(|(_, e)| match &e.kind {
            EventKind::Lost { message, why: LostWhy::Cut(cut) } if message.from == peer.into() && message.to == me => Some(*cut),
            _ => None,
        })?;
        self.facts.cut_event(self.id, stopped)
    }

    fn trusted(&self, peer: NodeId) -> Said {
        let settings = self.facts.settings_at(self.event.at);
        let others =
            settings.hints.keeper != Keeper::Nobody || settings.fallback.stand_in != StandIn::Nobody || settings.sweeps.schedule.is_some();
        let gap = match settings.read.repair {
            _ if others => "Writes missed in between come from whoever kept them or finds them missing.",
            Repair::Off => "Writes missed in between are not made up for.",
            _ => "Writes missed in between come only when a read finds them missing.",
        };
        Said::new(format!("{} hears {peer} again and believes it up.", self.who))
            .rest(format!("It sends {peer} writes and asks it again. {gap}"))
            .so("and sends it writes again")
            .rule("one heartbeat ends the suspicion")
    }
}

fn confirmed(required: u32) -> String {
    if required == 1 { "one of them has confirmed".to_owned() } else { format!("{required} of them have confirmed") }
}
