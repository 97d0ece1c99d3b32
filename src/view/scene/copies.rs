//! What replicas hold of the key shown, and the versions made of it so far.

use std::sync::Arc;

use super::ground::Ground;
use super::text::{TextMark, Tone, clipped};
use crate::engine::base::{EventId, Micros, NodeId, arrange};
use crate::engine::data::{Change, Key, Order, Payload, Row, Version};
use crate::engine::node::{Note, RemovedWhy, Verb};
use crate::engine::observe::Truth;
use crate::engine::world::{EventKind, Status};
use crate::lab::Session;
use crate::view::chip;
use crate::view::geometry::Rect;

/// Events looked back at for refusals.
const RECENT: u32 = 200;

/// How a copy stands to the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// No replica holds anything newer.
    Newest,
    /// This many newer versions exist among the replicas.
    Behind(u32),
    /// Holds something that nobody wrote: its bytes, or those it was copied from, have changed by themselves.
    Rotten,
    /// Holds nothing, while others do.
    Missing,
    /// Nobody holds anything.
    Nothing,
}

impl Standing {
    /// In words, as written beside the chip.
    pub fn words(self) -> String {
        match self {
            Standing::Newest => "newest".to_owned(),
            Standing::Behind(n) => format!("{n} behind"),
            Standing::Rotten => "rotten".to_owned(),
            Standing::Missing => "none yet".to_owned(),
            Standing::Nothing => String::new(),
        }
    }
}

/// One version as it is drawn.
#[derive(Debug, Clone, PartialEq)]
pub struct VersionMark {
    /// Its number among the versions of its key, from 1; 0 if it is older than the run.
    pub number: u32,
    /// Colour, spine and label.
    pub look: chip::Look,
    /// Whether it is a tombstone.
    pub stone: bool,
    /// What it says, clipped.
    pub text: String,
    /// Whether that is something else than was written.
    pub rotten: bool,
    /// Whether its holder has found that its checksum does not fit.
    pub failed: bool,
}

/// The chip beside a replica.
#[derive(Debug, Clone, PartialEq)]
pub struct ChipMark {
    /// The replica.
    pub node: NodeId,
    /// What it holds; empty for nothing.
    pub versions: Vec<VersionMark>,
    /// How that stands to the others.
    pub standing: Standing,
    /// Where the chip lies; `None` where there is only room for a dot.
    pub room: Option<Rect>,
    /// "newest" or "1 behind".
    pub note: Option<TextMark>,
    /// The value.
    pub value: Option<TextMark>,
    /// Whether the replica is down, so that nobody can read this.
    pub gone: bool,
}

impl ChipMark {
    /// All labels: `v3`, or `none`.
    pub fn label(&self) -> String {
        let labels: Vec<&str> = self.versions.iter().map(|v| v.look.label.as_str()).collect();
        if labels.is_empty() { "none".to_owned() } else { labels.join(" ") }
    }
}

/// A version as it is drawn, its text at most `letters` long.
pub(super) fn version_mark(session: &Session, key: &Key, version: &Version, letters: usize) -> VersionMark {
    let number = session.history().ordinal(key, version);
    let (stone, text) = match &version.payload {
        Payload::Value(bytes) | Payload::Summed(bytes, _) => (false, clipped(&String::from_utf8_lossy(bytes), letters)),
        Payload::Tombstone => (true, "deleted".to_owned()),
    };
    VersionMark { number, look: chip::look(number), stone, text, rotten: session.world().is_rotten(key, version), failed: false }
}

pub(super) fn row_marks(session: &Session, key: &Key, row: Option<&Arc<Row>>, letters: usize) -> Vec<VersionMark> {
    row.map_or(Vec::new(), |r| r.versions().iter().map(|v| version_mark(session, key, v, letters)).collect())
}

/// How many versions made so far lie between what is held and the merge of all replicas.
fn behind(session: &Session, key: &Key, held: &Row, merged: &Row) -> u32 {
    let rule = session.world().settings().rule;
    let newer = |v: &Version, row: &Row| row.versions().iter().all(|h| rule.compare(v, h) == Order::Newer);
    let made = session.history().operations().iter().take_while(|o| o.began.0 < session.cursor());
    let between =
        made.filter(|o| o.request.key == *key).filter_map(|o| o.version.as_ref()).filter(|v| newer(v, held) && !newer(v, merged)).count();
    (between as u32).max(1)
}

/// The chips of all replicas of `key`, in preference order.
pub(super) fn chips(session: &Session, ground: &Ground, key: &Key) -> Vec<ChipMark> {
    let world = session.world();
    let copies = Truth::copies(world, key);
    let rule = world.settings().rule;
    let merged = copies.iter().fold(None, |m, c| rule.merged(m, c.row.as_ref().map(|row| world.as_written(key, row)).as_ref()));
    let sizes = super::text::sizes(ground.profile);
    let mark = |node: NodeId, row: &Option<Arc<Row>>, late: bool, rotten: bool| -> ChipMark {
        let card = ground.layout.nodes.get(node.index()).and_then(|n| n.card);
        let standing = match (row, &merged) {
            (_, None) => Standing::Nothing,
            (None, _) if !late => Standing::Nothing,
            (None, _) => Standing::Missing,
            _ if rotten => Standing::Rotten,
            (Some(held), Some(all)) if late => Standing::Behind(behind(session, key, held, all)),
            _ => Standing::Newest,
        };
        let letters = card.and_then(|c| c.value).map_or(14, |v| (v.width / (sizes.value * 0.47)) as usize);
        let mut versions = row_marks(session, key, row.as_ref(), letters);
        let known = world.host(node).is_some_and(|h| h.node.integrity.knows(key) && h.node.store.is_misfit(key));
        versions.iter_mut().for_each(|v| v.failed = known);
        let tone = if standing == Standing::Newest { Tone::QuietBold } else { Tone::Fault };
        let note = card.and_then(|c| c.note).filter(|_| standing != Standing::Nothing);
        let value = card.and_then(|c| c.value).filter(|_| !versions.is_empty());
        let text: Vec<&str> = versions.iter().map(|v| v.text.as_str()).collect();
        ChipMark {
            node,
            room: card.map(|c| c.chip),
            note: note.map(|s| TextMark::at_spot(&s, standing.words(), tone, sizes.note)),
            value: value.map(|s| TextMark::at_spot(&s, text.join(" | "), Tone::Ink, sizes.value)),
            versions,
            standing,
            gone: world.host(node).is_none_or(|h| h.status == Status::Down),
        }
    };
    copies.iter().map(|c| mark(c.node, &c.row, c.behind, c.rotten)).collect()
}

/// A row that a replica was given and refused: what it holds is newer.
#[derive(Debug, Clone, PartialEq)]
pub struct LoserMark {
    /// The event.
    pub event: EventId,
    /// The replica.
    pub node: NodeId,
    /// What was refused.
    pub versions: Vec<VersionMark>,
    /// Where the chip lies that won.
    pub room: Rect,
}

/// The refusals of the last moments, for the picture of a losing row that slides off the newer one, and rows given up.
pub(super) fn losers(session: &Session, chips: &[ChipMark], key: &Key) -> Vec<LoserMark> {
    // Long enough to be seen at any speed at which messages are seen.
    let since = Micros(session.now().0.saturating_sub(session.median_travel().0 * 2 / 3));
    let first = session.cursor().saturating_sub(RECENT);
    let recent = session.log()[first as usize..session.cursor() as usize].iter().zip(first..);
    let refused = recent.filter(|(e, _)| e.at >= since).filter_map(|(e, id)| match &e.kind {
        EventKind::Applied(a) if a.change == Change::Refused && a.key == *key => {
            let node = e.who?.node()?;
            let room = chips.iter().find(|c| c.node == node)?.room?;
            Some(LoserMark { event: EventId(id), node, versions: row_marks(session, key, Some(&a.given), 1), room })
        }
        // What does not fit slides off, and leaves its place empty.
        EventKind::Removed(removed) if removed.why == RemovedWhy::Rotten && removed.key == *key => {
            let node = e.who?.node()?;
            let room = chips.iter().find(|c| c.node == node)?.room?;
            let mut versions = row_marks(session, key, Some(&removed.row), 1);
            versions.iter_mut().for_each(|v| v.failed = true);
            Some(LoserMark { event: EventId(id), node, versions, room })
        }
        _ => None,
    });
    refused.collect()
}

/// Versions of `key` stamped so far, oldest first, at most `most` of the latest, each with its text.
pub(super) fn made(session: &Session, key: &Key, most: usize, letters: usize) -> Vec<VersionMark> {
    let cursor = session.cursor();
    let stamped = |from: u32, op| {
        let past = &session.log()[from as usize..cursor as usize];
        past.iter().any(|e| e.op == Some(op) && matches!(e.kind, EventKind::Note(Note::Stamped { .. })))
    };
    let operations = session.history().operations();
    let begun = &operations[..operations.partition_point(|o| o.began.0 < cursor)];
    let mut found: Vec<VersionMark> = begun
        .iter()
        .rev()
        .filter(|o| o.request.key == *key && o.request.verb != Verb::Read)
        .filter_map(|o| Some((o, o.version.as_ref()?)))
        .filter(|(o, _)| stamped(o.began.0, o.id))
        .take(most)
        .map(|(_, v)| version_mark(session, key, v, letters))
        .collect();
    arrange(&mut found, |a, b| a.number.cmp(&b.number));
    found
}

/// The class a node of a large ring takes from what it holds.
pub(super) fn dot_class(chips: &[ChipMark], node: NodeId) -> Option<&'static str> {
    let chip = chips.iter().find(|c| c.node == node)?;
    chip.versions.last().map(|v| v.look.class)
}
