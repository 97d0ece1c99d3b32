//! The truth about replicas, which no node knows: who lacks what, kept up to date event by event.

use std::sync::Arc;

use super::Spans;
use crate::engine::base::{Micros, NodeId, set_of};
use crate::engine::data::{Change, Key, PageMap, Row};
use crate::engine::node::{Setting, Tombstones};
use crate::engine::world::{Event, EventKind, Fault, World};

/// One replica's copy, as it truly is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Copy {
    /// The replica.
    pub node: NodeId,
    /// What it holds.
    pub row: Option<Arc<Row>>,
    /// Whether it lacks something that was written and that some replica holds, rotten or not.
    pub behind: bool,
    /// Whether it says something else than was written under its timestamp.
    pub rotten: bool,
}

/// How disorder came and went. What is in but not out is what is behind: `entered - left`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Entropy {
    /// Times a replica's copy became behind.
    pub entered: u64,
    /// Times a copy that was behind caught up, or its key or replica was dropped.
    pub left: u64,
}

/// A key whose replicas disagree.
#[derive(Debug, Clone)]
struct Torn {
    /// The replicas that are behind.
    behind: Arc<[NodeId]>,
    /// When its replicas last agreed.
    since: Micros,
    /// Whether a single replica holds all there is, though there are more.
    last_copy: bool,
}

/// How far replicas disagree. A key's true row is the merge of what its replicas hold, as it was written.
#[derive(Debug, Clone, Default)]
pub struct Truth {
    /// Keys with replicas behind.
    stale: PageMap<Key, Torn>,
    stale_copies: u64,
    last_copies: u64,
    entropy: Entropy,
    healed: Spans,
    /// A disk was lost, and every key is being looked at: those after this one still are to be.
    looking: Option<Option<Key>>,
    /// Whether deletes were forgotten once everybody had seen them when sweeps were last changed.
    forgets: Option<bool>,
}

/// Keys that are looked at between two looks at how many still may be.
const KEYS_AT_ONCE: usize = 512;

impl Truth {
    /// The copies of `key` at its replicas, in preference order.
    pub fn copies(world: &World, key: &Key) -> Vec<Copy> {
        let replicas = world.ring().replicas(key.token(), &world.settings().replicas);
        let rows: Vec<(NodeId, Option<Arc<Row>>)> =
            replicas.iter().map(|n| (*n, world.host(*n).and_then(|h| h.node.store.get(key).cloned()))).collect();
        let rule = world.settings().rule;
        // What was written counts, and not what has become of it on some disk.
        let true_row = |row: &Option<Arc<Row>>| row.as_ref().map(|row| world.as_written(key, row));
        let merged = rows.iter().fold(None, |merged, (_, row)| rule.merged(merged, true_row(row).as_ref()));
        // Where deletes are forgotten some day, who holds nothing is not behind of a tombstone: to a reader both are the same. (Not judged by
        // age, so that the truth changes with events only.)
        let purges = world.settings().tombstones != Tombstones::Keep || world.settings().sweeps.forgets_deletes();
        let forgotten = purges && merged.as_ref().is_some_and(|row| row.is_deleted());
        let copy = |(node, row): (NodeId, Option<Arc<Row>>)| {
            let rotten = row.is_some() && true_row(&row) != row;
            Copy { node, behind: row != merged && !(forgotten && row.is_none()), rotten, row }
        };
        rows.into_iter().map(copy).collect()
    }

    /// Copies that lack something: pairs of a key and a replica of it.
    pub fn stale_copies(&self) -> u64 {
        self.stale_copies
    }

    /// Keys whose replicas disagree: what is newest of them is on fewer replicas than it should be.
    pub fn stale_keys(&self) -> u64 {
        self.stale.len()
    }

    /// Keys of which a single replica holds what is newest, though they have more replicas: its disk is all that keeps it.
    pub fn last_copies(&self) -> u64 {
        self.last_copies
    }

    /// Keys whose replicas disagree, with how many are behind.
    pub fn stale(&self) -> impl Iterator<Item = (&Key, u32)> {
        self.stale.iter().map(|(key, torn)| (key, torn.behind.len() as u32))
    }

    /// Copies that became behind and that caught up since the start.
    pub fn entropy(&self) -> Entropy {
        self.entropy
    }

    /// How long keys disagreed that agree again: from the first replica that got ahead to the last that caught up.
    pub fn healed(&self) -> &Spans {
        &self.healed
    }

    /// Takes in what has just happened in `world`.
    pub fn observe(&mut self, world: &World, events: &[Event]) {
        self.observe_lightly(world, events);
        self.look_on(world, &mut u64::MAX.clone());
    }

    /// The same, but where every key must be looked at this is left to [`Truth::look_on`]. Until that is done, nothing of this is true.
    pub fn observe_lightly(&mut self, world: &World, events: &[Event]) {
        for event in events {
            match &event.kind {
                EventKind::Applied(applied) if applied.change == Change::Stored => self.check(world, &applied.key),
                EventKind::Reverted { key, .. } => self.check(world, key),
                EventKind::Removed(removed) => self.check(world, &removed.key),
                EventKind::Fault(Fault::Rotted(rotted)) => self.check(world, &rotted.key),
                // (A disk that is put back says of each row that is another one.)
                EventKind::Fault(Fault::Wiped { .. }) => self.looking = Some(None),
                // All replicas get the same rows: those that agreed agree, and only those that did not may have changed.
                EventKind::Fault(Fault::Preloaded { .. }) => {
                    let torn = self.stale.clone();
                    torn.iter().for_each(|(key, _)| self.check(world, key));
                }
                EventKind::Fault(Fault::Set(set)) if matches!(**set, Setting::Replicas(_) | Setting::Tombstones(_)) => {
                    self.looking = Some(None);
                }
                // Others are to hold it now: who has nothing yet is behind.
                EventKind::Fault(Fault::Redrawn(change)) if change.touched.iter().any(|t| t.joined.len() + t.left.len() > 0) => {
                    self.looking = Some(None);
                }
                // Who holds nothing of a delete may be behind, or may not be any more.
                EventKind::Fault(Fault::Set(set)) if matches!(**set, Setting::Sweeps(_)) => {
                    let forgets = Some(world.settings().sweeps.forgets_deletes());
                    if std::mem::replace(&mut self.forgets, forgets) != forgets {
                        self.looking = Some(None);
                    }
                }
                _ => {}
            }
        }
    }

    /// The truth about a whole world, found by looking at every row, as if all its disorder had come at once.
    pub fn of(world: &World) -> Truth {
        let mut truth = Truth { looking: Some(None), ..Truth::default() };
        truth.look_on(world, &mut u64::MAX.clone());
        truth
    }

    /// Goes on looking at every key that is held anywhere, or was torn, in order; at about so many, which it takes away. Returns whether there
    /// is nothing left to look at.
    pub fn look_on(&mut self, world: &World, left: &mut u64) -> bool {
        while let Some(after) = self.looking.take() {
            if *left == 0 {
                self.looking = Some(after);
                return false;
            }
            let torn = self.stale.clone();
            let seen = |key: &Key| after.as_ref().is_some_and(|after| key <= after);
            let mut keys: Vec<&Key> = Vec::new();
            // Beyond the last key of whoever has more, there may be keys of his between those of others.
            let mut until: Option<&Key> = None;
            for at in 0..=world.hosts().len() {
                let from = keys.len();
                match world.hosts().get(at) {
                    Some(host) => keys.extend(host.node.store.rows().iter_from(seen).map(|(key, _)| key).take(KEYS_AT_ONCE)),
                    None => keys.extend(torn.iter_from(seen).map(|(key, _)| key).take(KEYS_AT_ONCE)),
                }
                let last = keys.last().copied().filter(|_| keys.len() == from + KEYS_AT_ONCE);
                until = until.into_iter().chain(last).min();
            }
            let keys = set_of(keys.into_iter().filter(|key| until.is_none_or(|until| *key <= until)));
            keys.iter().for_each(|key| self.check(world, key));
            *left = left.saturating_sub(8 * keys.len() as u64);
            self.looking = until.map(|last| Some(last.clone()));
        }
        true
    }

    fn check(&mut self, world: &World, key: &Key) {
        let copies = Truth::copies(world, key);
        let behind: Arc<[NodeId]> = copies.iter().filter(|copy| copy.behind).map(|copy| copy.node).collect();
        let before = self.stale.get(key);
        let was = before.map_or(&[][..], |torn| &torn.behind);
        let lacks = |a: &[NodeId], b: &[NodeId]| a.iter().filter(|node| !b.contains(node)).count() as u64;
        self.entropy.entered += lacks(&behind, was);
        self.entropy.left += lacks(was, &behind);
        let was_last = before.is_some_and(|torn| torn.last_copy);
        let since = before.map_or(world.now(), |torn| torn.since);
        let last_copy = !behind.is_empty() && behind.len() + 1 == copies.len();
        self.stale_copies = self.stale_copies + behind.len() as u64 - was.len() as u64;
        self.last_copies = self.last_copies + u64::from(last_copy) - u64::from(was_last);
        if !behind.is_empty() {
            self.stale.insert(key.clone(), Torn { behind, since, last_copy });
        } else if self.stale.remove(key).is_some() {
            self.healed.add(world.now().since(since));
        }
    }
}
