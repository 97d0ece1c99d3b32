//! Hints: writes kept for a replica that missed them, until it has them (Apache Cassandra 4.1, `org.apache.cassandra.hints`).

mod keep;
mod replay;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use crate::engine::base::{Micros, NodeId, OpId, Sink, Wire};
use crate::engine::data::{Key, Row};
use crate::engine::node::Settings;

/// A write that a replica missed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hint {
    /// Counts the hints of the node that made it, from 1.
    pub id: u64,
    /// The write it comes from.
    pub op: Option<OpId>,
    /// The key.
    pub key: Key,
    /// What the replica missed.
    pub row: Arc<Row>,
    /// When it was made, by its maker's clock, in microseconds since 1970.
    pub created: u64,
    /// How long it may be delivered after that.
    pub lives: Option<Micros>,
}

impl Hint {
    /// How much longer it may be delivered when a clock shows `shown`: for ever, if nothing bounds it. The bounds are the one it was made
    /// with and the present grace of tombstones (Apache Cassandra 4.1, `hints/Hint.isLive`).
    pub fn left(&self, shown: u64, settings: &Settings) -> Option<Micros> {
        if settings.hints.never_expire {
            return None;
        }
        let lives = [self.lives, settings.tombstones.grace()].into_iter().flatten().min()?;
        Some(Micros(self.created.saturating_add(lives.0).saturating_sub(shown)))
    }

    /// Whether it is too old to be delivered.
    pub fn expired(&self, shown: u64, settings: &Settings) -> bool {
        self.left(shown, settings) == Some(Micros::ZERO)
    }
}

impl Wire for Hint {
    fn encode<S: Sink>(&self, sink: &mut S) {
        sink.u64(self.id);
        sink.u64(self.created);
        sink.u64(self.lives.map_or(u64::MAX, |lives| lives.0));
        self.key.encode(sink);
        self.row.encode(sink);
    }
}

/// A hint as it is kept.
#[derive(Debug, Clone)]
pub struct Kept {
    /// What is kept.
    pub hint: Arc<Hint>,
    /// When this node began to keep it (true time, for spans only).
    pub since: Micros,
    /// Whether it is on disk. A crash takes the others.
    pub flushed: bool,
    /// Whether it is closed for further hints: only closed ones are replayed.
    pub closed: bool,
}

/// Hints for one replica, oldest first.
#[derive(Debug, Clone, Default)]
pub struct Line {
    /// The hints.
    pub hints: VecDeque<Kept>,
    /// Their size in bytes.
    pub bytes: u64,
    /// The replay under way. Volatile.
    pub replay: Option<Replay>,
}

/// A replay to one replica: hints go page by page, and a page is done when all of it is acknowledged.
#[derive(Debug, Clone, Default)]
pub struct Replay {
    /// Counts replays and pages, so that an old timer is ignored.
    pub attempt: u32,
    /// Hints of this replay that are not delivered yet, the present page's among them.
    pub left: u32,
    /// Hints of the present page not sent yet.
    pub unsent: VecDeque<Arc<Hint>>,
    /// Hints of the present page sent and not acknowledged.
    pub unacked: BTreeSet<u64>,
    /// Hints acknowledged in the present page.
    pub acked: BTreeSet<u64>,
    /// Hints delivered so far.
    pub delivered: u32,
}

/// All hints a node keeps.
#[derive(Debug, Clone, Default)]
pub struct HintStore {
    lines: BTreeMap<NodeId, Line>,
    /// How many wait in memory: asked on every write, so counted and not searched for.
    unflushed: usize,
    made: u64,
    attempts: u32,
    /// Whether a timer to look for replicas that are back is running. Volatile.
    pub(super) poll_due: bool,
    /// Whether a timer to flush is running. Volatile.
    pub(super) flush_due: bool,
}

impl HintStore {
    /// Hints by the replica they are for.
    pub fn lines(&self) -> &BTreeMap<NodeId, Line> {
        &self.lines
    }

    /// How many hints are kept in all.
    pub fn count(&self) -> usize {
        self.lines.values().map(|line| line.hints.len()).sum()
    }

    /// How many of them a crash would take.
    pub fn unflushed(&self) -> usize {
        self.unflushed
    }

    /// When the oldest hint for `target` came.
    pub fn earliest(&self, target: NodeId) -> Option<Micros> {
        self.lines.get(&target)?.hints.front().map(|kept| kept.since)
    }

    /// Adds a hint at the end of a line.
    fn push(&mut self, target: NodeId, kept: Kept) {
        self.unflushed += usize::from(!kept.flushed);
        let line = self.lines.entry(target).or_default();
        line.bytes += u64::from(kept.hint.size());
        line.hints.push_back(kept);
    }

    /// Takes out the hints for `target` that `goes` picks.
    fn take(&mut self, target: NodeId, mut goes: impl FnMut(&Kept) -> bool) -> Vec<Kept> {
        let Some(line) = self.lines.get_mut(&target) else { return Vec::new() };
        let (gone, stay): (Vec<Kept>, Vec<Kept>) = std::mem::take(&mut line.hints).into_iter().partition(|kept| goes(kept));
        line.hints = stay.into();
        self.unflushed -= gone.iter().filter(|kept| !kept.flushed).count();
        line.bytes -= gone.iter().map(|kept| u64::from(kept.hint.size())).sum::<u64>();
        gone
    }

    /// Forgets lines that hold nothing and are not being replayed.
    fn tidy(&mut self) {
        self.lines.retain(|_, line| !line.hints.is_empty() || line.replay.is_some());
    }

    /// Loses every hint, or has those of `copy` in their place. Numbers go on from here, so that no late acknowledgement of an earlier hint
    /// can stand for a later one.
    pub fn replace(&mut self, copy: HintStore) {
        *self = HintStore { made: self.made.max(copy.made), attempts: self.attempts.max(copy.attempts), ..copy };
    }

    /// Loses what was not flushed. Returns how many hints that were.
    pub fn crash(&mut self) -> u32 {
        let before = self.count();
        for target in self.lines.keys().copied().collect::<Vec<_>>() {
            self.take(target, |kept| !kept.flushed);
        }
        for line in self.lines.values_mut() {
            line.replay = None;
        }
        self.tidy();
        (self.poll_due, self.flush_due) = (false, false);
        (before - self.count()) as u32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_disk_begins_no_number_anew() {
        let mut store = HintStore { made: 7, attempts: 3, ..HintStore::default() };
        store.replace(HintStore::default());
        assert_eq!((store.made, store.attempts), (7, 3));
        store.replace(HintStore { made: 9, attempts: 1, ..HintStore::default() });
        assert_eq!((store.made, store.attempts), (9, 3), "whichever is further");
    }
}
