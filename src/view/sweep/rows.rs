//! Inside the leaves that differ: the rows of both sides as cells, in the same order; which differ, which are on their way, which have come.

use std::collections::{BTreeMap, BTreeSet};

use super::exchange::Exchange;
use super::pair::held;
use super::talk::{Fate, Rung};
use crate::engine::base::{NodeId, arrange, set_of};
use crate::engine::data::Key;
use crate::engine::node::sweeps::{Place, Say, part_of};
use crate::engine::observe::Truth;
use crate::engine::sweep::{TokenRange, TreePolicy};
use crate::engine::world::World;
use crate::lab::Session;

/// Cells of a leaf that are drawn at most; of larger leaves only rows that differ or move are.
pub const CELLS: usize = 240;

/// What has become of a row on its way to a side.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Moved {
    /// Nothing was sent.
    No,
    /// It is on its way here.
    Coming,
    /// It has come.
    Came,
}

/// A row of one side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cell {
    /// Whether this side holds one.
    pub held: bool,
    /// Its version's number among those made of the key, if the two sides differ or differed when the sweep began. 0 is older than the run.
    pub version: Option<u32>,
    /// What has become of the row that was sent here.
    pub moved: Moved,
}

/// A key and both its rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pair {
    /// The key.
    pub key: Key,
    /// The asker's row, and the other one's.
    pub cells: [Cell; 2],
    /// Whether the two differ now.
    pub differs: bool,
}

/// A leaf that differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leaf {
    /// Which.
    pub place: Place,
    /// Keys that either side holds.
    pub rows: u64,
    /// How many of them differed when the sweep began, or differ now.
    pub needed: u64,
    /// Whether all rows are among `pairs`.
    pub whole: bool,
    /// Rows to draw.
    pub pairs: Vec<Pair>,
}

/// What the rows are told from.
pub struct Source<'a> {
    /// The run, at its cursor.
    pub session: &'a Session,
    /// Who asks, and who answers.
    pub ends: (NodeId, NodeId),
    /// Ranges that are compared.
    pub ranges: &'a [TokenRange],
    /// How trees are made.
    pub tree: TreePolicy,
    /// Keys that differed when the sweep began.
    pub at_start: &'a BTreeSet<Key>,
}

/// Keys in these ranges whose rows two nodes hold differently, at most so many.
pub fn differing(world: &World, truth: &Truth, ends: (NodeId, NodeId), ranges: &[TokenRange], most: usize) -> BTreeSet<Key> {
    let stale = truth.stale().map(|(key, _)| key).filter(|key| ranges.iter().any(|range| range.holds(key.token())));
    stale.filter(|key| held(world, ends.0, key) != held(world, ends.1, key)).take(most).cloned().collect()
}

/// The leaves that differ, at most so many.
pub fn leaves(source: &Source<'_>, trees: &Exchange, talk: &[Rung<'_>], most: usize) -> Vec<Leaf> {
    let world = source.session.world();
    let now = differing(world, source.session.truth(), source.ends, source.ranges, 100_000);
    let moves = moves(talk);
    let mut places = trees.leaves.clone();
    arrange(&mut places, Ord::cmp);
    let one = |place: &Place| {
        let part = part_of(*source.ranges.get(place.range as usize)?, &source.tree, place)?;
        Some(leaf(source, *place, part, &now, &moves))
    };
    places.iter().take(most).filter_map(one).collect()
}

/// What has become of each row that was sent: to the asker, and to the other one.
pub type Moves<'a> = [BTreeMap<&'a Key, Moved>; 2];

/// What has become of the rows that were sent so far.
pub fn moves<'a>(talk: &[Rung<'a>]) -> Moves<'a> {
    let mut all: Moves<'a> = Default::default();
    for rung in talk {
        if let Say::Rows { rows, .. } = rung.say {
            let moved = match rung.fate {
                Fate::Flies(_) => Moved::Coming,
                Fate::There => Moved::Came,
                Fate::Lost => Moved::No,
            };
            let side = &mut all[usize::from(rung.from_asking)];
            for (key, _) in rows {
                let known = side.entry(key).or_insert(moved);
                *known = (*known).max(moved);
            }
        }
    }
    all
}

fn leaf(source: &Source<'_>, place: Place, part: TokenRange, now: &BTreeSet<Key>, moves: &Moves<'_>) -> Leaf {
    let world = source.session.world();
    let host = |node| world.host(node).map(|host| &host.node.store);
    let mut keys: BTreeSet<&Key> = BTreeSet::new();
    let (mut rows, mut only_other) = (0, 0);
    for (first, last) in part.runs() {
        if let Some(store) = host(source.ends.0) {
            let room = (CELLS as u64).saturating_sub(rows) as usize;
            rows += store.rows().count_between(first, last);
            keys.extend(store.between(first, last).map(|(key, _)| key).take(room));
        }
        if let (Some(store), true) = (host(source.ends.1), rows <= CELLS as u64) {
            for (key, _) in store.between(first, last).take(CELLS) {
                only_other += u64::from(keys.insert(key));
            }
        }
    }
    let inside = |key: &&Key| part.holds(key.token());
    let needed = set_of(now.iter().chain(source.at_start).filter(inside));
    let whole = rows <= CELLS as u64;
    if !whole {
        let moved = moves.iter().flat_map(|side| side.keys().copied()).filter(inside);
        keys = needed.iter().copied().chain(moved).take(CELLS).collect();
    }
    let pair = |key: &&Key| pair(source.session, source.ends, key, (needed.contains(*key), now.contains(*key)), moves);
    Leaf { place, rows: rows + only_other, needed: needed.len() as u64, whole, pairs: keys.iter().map(pair).collect() }
}

/// A key and both its rows: whether its versions are told, and whether the two differ now.
fn pair(session: &Session, ends: (NodeId, NodeId), key: &Key, (told, differs): (bool, bool), moves: &Moves<'_>) -> Pair {
    let cell = |side: usize| {
        let row = held(session.world(), if side == 0 { ends.0 } else { ends.1 }, key);
        let newest = row.and_then(|row| row.versions().first());
        let version = newest.filter(|_| told).map(|version| session.history().ordinal(key, version));
        Cell { held: row.is_some(), version, moved: moves[side].get(key).copied().unwrap_or(Moved::No) }
    };
    Pair { key: key.clone(), cells: [cell(0), cell(1)], differs }
}

/// Both rows of these keys, at most so many.
pub fn pairs(session: &Session, ends: (NodeId, NodeId), keys: &BTreeSet<Key>, talk: &[Rung<'_>]) -> Vec<Pair> {
    let moves = moves(talk);
    let differs = |key: &Key| held(session.world(), ends.0, key) != held(session.world(), ends.1, key);
    keys.iter().take(CELLS).map(|key| pair(session, ends, key, (true, differs(key)), &moves)).collect()
}
