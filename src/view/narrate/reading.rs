//! Sentences about what a coordinator finds in the answers to a read: match, mismatch, the merge and its repair.

use super::note::At;
use super::{Cause, Said, origin};
use crate::engine::base::{Digest, EventId, NodeId, arrange};
use crate::engine::node::{Body, Note, SecondRound};
use crate::view::format::{counted, list};

impl At<'_, '_> {
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

    pub(super) fn agree(&self) -> Said {
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
            .rest(format!(
                "Equal digests mean equal rows: {all} {holds} when asked, and {} can answer {} without asking for another row.",
                self.who, self.client
            ))
            .so(format!("so {} answers {}", self.who, self.client))
            .rule("equal digests end a read")
    }

    pub(super) fn differ(&self, first: NodeId, others: &[(NodeId, Digest)]) -> Said {
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
            said.rest(format!("{} has the whole rows in hand, so it can tell at once which is newer.", self.who))
                .so("and can be merged at once")
                .rule("rows that differ are merged")
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

    pub(super) fn resolved(&self, current: &[NodeId], behind: &[NodeId]) -> Said {
        if behind.is_empty() {
            return Said::new("The rows in hand are equal.")
                .rest(format!(
                    "The first answers differed, but the rows that {} waited for do not: a copy has changed in between, or another one answered sooner. It can answer {}.",
                    self.who, self.client
                ))
                .rule("rows are compared again before anything is repaired");
        }
        let holds = if current.is_empty() {
            "None of them holds the merge of all".to_owned()
        } else {
            format!("{} {} the newest", list(current.iter()), if current.len() == 1 { "has" } else { "have" })
        };
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

    pub(super) fn repair(&self, to: &[NodeId], latch: u32) -> Said {
        let (merged, (current, behind)) = (self.merged(), self.resolution());
        let stale =
            if to.len() == 1 { format!("{}'s answer lacked it", to[0]) } else { format!("The answers of {} lacked it", list(to.iter())) };
        let said = if latch == 0 {
            Said::new(format!("{} has answered {} and now sends {merged} to {}.", self.who, self.client, list(to.iter())))
                .rest(format!("{stale}, and repair follows the answer: {} does not wait for it.", self.client))
                .so("after the answer, not before it")
                .rule("repair after the answer")
        } else {
            let required = self.required();
            Said::new(format!("{} sends {merged} to {}, and {} must wait.", self.who, list(to.iter()), self.client))
                .rest(format!(
                    "{stale}. With {} from there, {} hold what {} will be told.",
                    counted(u64::from(latch), "confirmation", "confirmations"),
                    counted(u64::from(required), "replica", "replicas"),
                    self.client
                ))
                .so(format!(
                    "until {} the repair",
                    if latch == 1 { "one replica confirms".to_owned() } else { format!("{latch} replicas confirm") }
                ))
                .rule("repair before the answer")
        };
        said.cause(self.why_behind(&current, &behind))
    }

    pub(super) fn skipped(&self, behind: &[NodeId]) -> Said {
        let (current, _) = self.resolution();
        let (stays, it) = if behind.len() == 1 { ("is behind and stays behind", "it") } else { ("are behind and stay behind", "them") };
        Said::new(format!("{} {stays}: repair is off.", list(behind.iter())))
            .rest(format!(
                "{} answers {} with the newest row it found and sends nothing to {it}, so a later read can meet the old copy again.",
                self.who, self.client
            ))
            .so("and only the answer is right")
            .rule("repair is off")
            .cause(self.why_behind(&current, behind))
    }

    pub(super) fn latch_opened(&self) -> Said {
        let started = self.trace.last_note(|n| matches!(n, Note::RepairStarted { .. })).map_or(EventId(0), |(id, _)| id);
        let acks = self.trace.answers().filter(|(id, _, _, m)| *id > started && matches!(m.body, Body::RepairAck));
        let mut nodes: Vec<NodeId> = acks.map(|(_, _, n, _)| n).collect();
        arrange(&mut nodes, Ord::cmp);
        nodes.dedup();
        let merged = self.merged();
        Said::new(format!(
            "{} {} confirmed the repair, so {} answers {}.",
            list(nodes.iter()),
            if nodes.len() == 1 { "has" } else { "have" },
            self.who,
            self.client
        ))
        .rest(format!(
            "With that, {} have sent or confirmed {merged} or something newer, as many as {} asks for.",
            counted(u64::from(self.required()), "replica", "replicas"),
            self.level()
        ))
        .so("with as many copies as the level asks for")
        .rule("the answer follows the repair")
    }
}
