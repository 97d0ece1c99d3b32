//! The digests of a read, replica by replica: who sent its row, who a digest, and which were found equal.

use crate::engine::base::{Digest, NodeId};
use crate::engine::node::{Body, Note, Verb};
use crate::engine::observe::Operation;
use crate::view::digest_bars::{self, Bar};
use crate::view::format::bytes;
use crate::view::narrate::{Facts, Trace};

/// What one replica told in the first round.
#[derive(Debug, Clone, PartialEq)]
pub struct Compared {
    /// Who.
    pub node: NodeId,
    /// `its row, 214 B`, `a digest, 50 B`.
    pub sent: String,
    /// Whether the coordinator had to make the digest itself, from a row.
    pub from_row: bool,
    /// The first digits of the digest.
    pub digest: String,
    /// The digest as bars; grey where equal.
    pub bars: Vec<Bar>,
    /// Whether it equals that of the row in hand; `None` for that row itself, and before they are compared.
    pub equal: Option<bool>,
}

impl Compared {
    /// The verdict in a word or two.
    pub fn verdict(&self, first: bool) -> &'static str {
        match self.equal {
            _ if first => "in hand",
            Some(true) => "equal",
            Some(false) => "differs",
            None => "not yet",
        }
    }
}

/// All digests of one read.
#[derive(Debug, Clone, PartialEq)]
pub struct Comparison {
    /// The digest function.
    pub function: &'static str,
    /// Bytes of each digest.
    pub size: u32,
    /// The row in hand first, then the others in the order in which they came.
    pub lines: Vec<Compared>,
    /// How many of them are not equal to the first, once compared.
    pub differ: Option<u32>,
}

impl Comparison {
    /// What has come so far of a read that asks several replicas; `None` if there is nothing to compare.
    pub fn of(facts: &Facts<'_>, operation: &Operation, trace: &Trace<'_>) -> Option<Comparison> {
        let choice = trace.choice()?;
        if operation.request.verb != Verb::Read || choice.asked.len() < 2 {
            return None;
        }
        let function = facts.settings_at(facts.event(choice.id)?.at).digest;
        let mut told: Vec<(NodeId, Digest, bool, u32)> = Vec::new();
        for (_, event, node, message) in trace.answers() {
            let (digest, from_row) = match &message.body {
                Body::Data { row, round: 1 } => (facts.settings_at(event.at).digest.of(row), true),
                Body::Digest(digest) => (*digest, false),
                _ => continue,
            };
            if !told.iter().any(|(n, ..)| *n == node) {
                told.push((node, digest, from_row, message.size));
            }
        }
        let first = told.iter().position(|(_, _, from_row, _)| *from_row);
        if let Some(first) = first {
            let row = told.remove(first);
            told.insert(0, row);
        }
        let compared = trace.last_note(|n| matches!(n, Note::DigestsMatch | Note::DigestsDiffer { .. })).is_some();
        let hand = first.and_then(|_| Some(told.first()?.1)).filter(|_| compared);
        let line = |(i, (node, digest, from_row, size)): (usize, &(NodeId, Digest, bool, u32))| {
            let others: Vec<Digest> = if i == 0 { told[1..].iter().map(|t| t.1).collect() } else { hand.into_iter().collect() };
            Compared {
                node: *node,
                sent: format!("{}, {}", if *from_row { "its row" } else { "a digest" }, bytes((*size).into())),
                from_row: *from_row,
                digest: digest.short(),
                bars: digest_bars::bars(*digest, if compared { &others } else { &[] }),
                equal: hand.filter(|_| i > 0).map(|hand| hand == *digest),
            }
        };
        let lines: Vec<Compared> = told.iter().enumerate().map(line).collect();
        let differ = compared.then(|| lines.iter().filter(|l| l.equal == Some(false)).count() as u32);
        (!lines.is_empty()).then_some(Comparison { function: function.name(), size: function.size(), lines, differ })
    }
}
