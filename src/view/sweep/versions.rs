//! A comparison of every key: what each side holds for it, which of the two is newer, what has been told and what moves. Versions go across
//! whole, so the side that answers knows at once; with digests it only knows that they differ.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::pair::held;
use super::rows::{Moved, Moves, differing, moves};
use super::talk::{Fate, Rung};
use crate::engine::base::{Micros, NodeId, set_of};
use crate::engine::data::{Clock, Key, Row, Token};
use crate::engine::node::CLOCK_EPOCH;
use crate::engine::node::sweeps::{Say, VersionSay};
use crate::engine::sweep::TokenRange;
use crate::lab::Session;
use crate::view::chip;
use crate::view::format::moment;

/// Cells of the strip of all keys.
pub const CELLS: usize = 200;
/// Keys listed at most.
pub const LISTED: usize = 60;
/// So many keys are all listed, whether they differ or not.
pub const FEW: usize = 24;

/// How what two sides hold for a key compares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Relation {
    /// The same.
    Same,
    /// The one who asks is newer.
    Left,
    /// The one who answers is newer.
    Right,
    /// Each has something that the other lacks.
    Both,
}

impl Relation {
    /// Its sign, and what it is in words.
    pub const fn words(self) -> (&'static str, &'static str) {
        match self {
            Relation::Same => ("=", "the same"),
            Relation::Left => ("→", "newer on the left"),
            Relation::Right => ("←", "newer on the right"),
            Relation::Both => ("↔", "each has news"),
        }
    }
}

/// What one side holds for a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Copy {
    /// The number of the version among those made of the key; 0 is older than the run. `None` if nothing is held.
    pub version: Option<u32>,
    /// Its clock in words.
    pub clock: String,
    /// What has become of the row that was sent here.
    pub moved: Moved,
}

/// A key that differs, or differed when the sweep began.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// The key.
    pub key: Key,
    /// What both hold, the one who asks first.
    pub copies: [Copy; 2],
    /// How they compare.
    pub relation: Relation,
    /// Whether its version or digest has been told, and whether it has arrived.
    pub told: Moved,
}

/// A part of the strip of all keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cell {
    /// Whether what lies there has been told.
    pub told: Moved,
    /// Keys that differ.
    pub differ: u32,
}

/// All keys of a comparison.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Table {
    /// The strip: equal parts of the ranges, in their order.
    pub strip: Vec<Cell>,
    /// Keys to list.
    pub lines: Vec<Line>,
    /// Keys that differ or differed beyond those listed.
    pub more: usize,
}

/// What has been told so far, as parts of the ring: by the one who asks (versions) or who answers (digests).
fn told(talk: &[Rung<'_>]) -> Vec<(TokenRange, Moved)> {
    let moved = |fate: Fate| match fate {
        Fate::Flies(_) => Moved::Coming,
        Fate::There => Moved::Came,
        Fate::Lost => Moved::No,
    };
    let part = |say: &Say| match say {
        Say::Versions(VersionSay::Have { range, .. }) => Some(*range),
        Say::Keys { entries, .. } => {
            let (first, last) = (entries.first()?.0.token(), entries.last()?.0.token());
            Some(TokenRange { left: Token(first.0.wrapping_sub(1)), right: last })
        }
        _ => None,
    };
    talk.iter().filter_map(|rung| Some((part(rung.say)?, moved(rung.fate)))).collect()
}

fn told_of(parts: &[(TokenRange, Moved)], token: Token) -> Moved {
    parts.iter().filter(|(part, _)| part.holds(token)).map(|(_, moved)| *moved).max().unwrap_or(Moved::No)
}

fn clock(row: &Row) -> String {
    let all = row.versions().iter().map(|version| match version.clock {
        Clock::Stamp(stamp) => format!("{} {}", stamp.node, moment(Micros(stamp.micros.saturating_sub(CLOCK_EPOCH)))),
    });
    all.collect::<Vec<_>>().join(", ")
}

/// The table at the cursor. `at_start` are keys that differed when the sweep began.
pub fn table(session: &Session, ends: (NodeId, NodeId), ranges: &[TokenRange], talk: &[Rung<'_>], at_start: &BTreeSet<Key>) -> Table {
    let world = session.world();
    let (told, moved) = (told(talk), moves(talk));
    let now = differing(world, session.truth(), ends, ranges, 100_000);
    let store = |node| world.host(node).map(|host| &host.node.store);
    let few = |node| {
        let all = ranges.iter().flat_map(|range| range.runs());
        all.flat_map(move |(first, last)| store(node).into_iter().flat_map(move |store| store.between(first, last))).map(|(key, _)| key)
    };
    // Of few keys all are listed.
    let (mine, theirs): (Vec<&Key>, Vec<&Key>) = (few(ends.0).take(FEW + 1).collect(), few(ends.1).take(FEW + 1).collect());
    let mut listed = set_of(now.iter().chain(at_start));
    if mine.len() <= FEW && theirs.len() <= FEW {
        listed.extend(mine.into_iter().chain(theirs));
    }
    let each = (CELLS / ranges.len().max(1)).max(1) as u64;
    let strip = ranges.iter().flat_map(|range| (0..each).filter_map(|i| range.part(i, each))).map(|part| Cell {
        told: told_of(&told, Token(part.left.0.wrapping_add(1))).max(told_of(&told, part.right)),
        differ: now.iter().filter(|key| part.holds(key.token())).take(100).count() as u32,
    });
    let one = |key: &&Key| line(session, ends, key, &moved, told_of(&told, key.token()));
    Table { strip: strip.collect(), lines: listed.iter().take(LISTED).map(one).collect(), more: listed.len().saturating_sub(LISTED) }
}

fn line(session: &Session, ends: (NodeId, NodeId), key: &Key, moved: &Moves<'_>, told: Moved) -> Line {
    let world = session.world();
    let rows: [Option<&Arc<Row>>; 2] = [held(world, ends.0, key), held(world, ends.1, key)];
    let merged = world.settings().rule.merged(rows[0].cloned(), rows[1]);
    let lacks = rows.map(|row| row != merged.as_ref());
    let relation = match lacks {
        [false, false] => Relation::Same,
        [false, true] => Relation::Left,
        [true, false] => Relation::Right,
        [true, true] => Relation::Both,
    };
    let copy = |side: usize| {
        let newest = rows[side].and_then(|row| row.versions().first());
        Copy {
            version: newest.map(|version| session.history().ordinal(key, version)),
            clock: rows[side].map_or_else(String::new, |row| clock(row)),
            moved: moved[side].get(key).copied().unwrap_or(Moved::No),
        }
    };
    Line { key: key.clone(), copies: [copy(0), copy(1)], relation, told }
}

impl Copy {
    /// The version as it is written on its chip.
    pub fn label(&self) -> String {
        match self.version {
            None => "nothing".to_owned(),
            Some(0) => "older".to_owned(),
            Some(n) => chip::look(n).label,
        }
    }
}
