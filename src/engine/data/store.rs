//! A replica's store: rows in memory over a commit log that may not have reached the disk yet.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::sync::Arc;

use super::key::{Key, Token};
use super::pages::PageMap;
use super::row::Row;
use super::rule::{Merge, Rule};

/// What applying a row did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// The row is now held (alone, or merged with what was there).
    Stored,
    /// The same row was held already.
    Same,
    /// What was held is newer; nothing changed. A write is always conditional, so a late repair cannot go back in time.
    Refused,
}

/// Keys that a crash took back, each with the row before the crash and the row on disk.
pub type Reverted = BTreeMap<Key, (Option<Arc<Row>>, Option<Arc<Row>>)>;

/// How to take back one change that is not on disk yet.
#[derive(Debug, Clone)]
struct Undo {
    key: Key,
    before: Option<Arc<Row>>,
    /// Whether the checksum stored with that did not fit.
    misfit: bool,
    /// The mark it had.
    mark: Option<u32>,
}

/// Rows of one node. A crash takes back what was not synced; a wipe takes everything.
#[derive(Debug, Clone, Default)]
pub struct Store {
    rows: PageMap<Key, Arc<Row>>,
    /// Keys whose row is deleted, so that old tombstones are found without looking at every row.
    tombstones: PageMap<Key, ()>,
    unsynced: Vec<Undo>,
    /// Rows whose checksum does not fit their bytes, if there is one. What a check of them would find, kept so that none is needed twice.
    misfits: BTreeMap<Key, Arc<Row>>,
    /// Which repair each row was taken in by, if by any: a number of the node's records. A row that is written is no longer marked.
    marks: PageMap<Key, u32>,
}

impl<V: Clone> PageMap<Key, V> {
    /// Entries whose tokens are `first` to `last`, in (token, key) order.
    pub fn between(&self, first: Token, last: Token) -> impl Iterator<Item = (&Key, &V)> {
        let all = self.iter_from(move |key| key.token() < first);
        all.take_while(move |(key, _)| key.token() <= last).map(|(key, value)| (key, value))
    }
}

impl<V: Clone> PageMap<Key, V> {
    /// How many entries have tokens `first` to `last`. Looks at two pages.
    pub fn count_between(&self, first: Token, last: Token) -> u64 {
        self.count_before(|key| key.token() <= last).saturating_sub(self.count_before(|key| key.token() < first))
    }
}

impl Store {
    /// The row at `key`.
    pub fn get(&self, key: &Key) -> Option<&Arc<Row>> {
        self.rows.get(key)
    }

    /// All rows in (token, key) order.
    pub fn rows(&self) -> &PageMap<Key, Arc<Row>> {
        &self.rows
    }

    /// Rows whose tokens are `first` to `last`, in (token, key) order.
    pub fn between(&self, first: Token, last: Token) -> impl Iterator<Item = (&Key, &Arc<Row>)> {
        self.rows.between(first, last)
    }

    /// Keys whose row is deleted, in (token, key) order.
    pub fn tombstones(&self) -> impl Iterator<Item = &Key> {
        self.tombstones.iter().map(|(key, ())| key)
    }

    /// Whether a check of the row at `key` would find that its checksum does not fit.
    pub fn is_misfit(&self, key: &Key) -> bool {
        self.misfits.contains_key(key)
    }

    /// Keys of rows whose checksum does not fit.
    pub fn misfits(&self) -> impl Iterator<Item = &Key> {
        self.misfits.keys()
    }

    /// Nobody keeps checksums of his own any more, or they are all made anew: only those that travel with a value are left.
    pub fn forget_misfits(&mut self) {
        self.misfits.retain(|_, row| !row.fits());
    }

    /// Bytes on the disk change by themselves. Unlike a write this is no change that a crash takes back.
    pub fn rot(&mut self, key: &Key, after: &Arc<Row>, misfit: bool) {
        self.put(key, after.clone());
        if misfit {
            self.misfits.insert(key.clone(), after.clone());
        }
    }

    fn undo(&self, key: &Key, before: Option<Arc<Row>>) -> Undo {
        Undo { key: key.clone(), before, misfit: self.misfits.contains_key(key), mark: self.mark(key) }
    }

    fn put(&mut self, key: &Key, row: Arc<Row>) -> Option<Arc<Row>> {
        self.misfits.remove(key);
        if !row.fits() {
            self.misfits.insert(key.clone(), row.clone());
        }
        self.set_mark(key, None);
        if row.is_deleted() {
            self.tombstones.insert(key.clone(), ());
        } else {
            self.tombstones.remove(key);
        }
        self.rows.insert(key.clone(), row)
    }

    fn take(&mut self, key: &Key) -> Option<Arc<Row>> {
        self.misfits.remove(key);
        self.set_mark(key, None);
        self.tombstones.remove(key);
        self.rows.remove(key)
    }

    /// Removes the row at `key` and returns it. Unlike a delete this leaves nothing behind that could refuse an older row.
    pub fn remove(&mut self, key: &Key, synced: bool) -> Option<Arc<Row>> {
        if synced {
            self.sync();
        }
        let undo = self.undo(key, self.rows.get(key).cloned());
        let row = self.take(key)?;
        if !synced {
            self.unsynced.push(undo);
        }
        Some(row)
    }

    /// The repair that a row was taken in by.
    pub fn mark(&self, key: &Key) -> Option<u32> {
        self.marks.get(key).copied()
    }

    /// All marks, in (token, key) order.
    pub fn marks(&self) -> &PageMap<Key, u32> {
        &self.marks
    }

    /// Marks a row, or unmarks it. A mark is on disk at once, as far as the row is.
    pub fn set_mark(&mut self, key: &Key, mark: Option<u32>) {
        if let Some(number) = mark {
            self.marks.insert(key.clone(), number);
        } else if !self.marks.is_empty() {
            self.marks.remove(key);
        }
    }

    /// How many changes a crash would take back.
    pub fn unsynced(&self) -> usize {
        self.unsynced.len()
    }

    /// Merges `row` into what is held, by `rule`. Returns what happened and the row held before. If it is `synced`, the commit log is
    /// on disk up to and including it: a log has no holes.
    pub fn apply(&mut self, rule: Rule, key: &Key, row: &Arc<Row>, synced: bool) -> (Change, Option<Arc<Row>>) {
        if synced {
            self.sync();
        }
        let before = self.rows.get(key).cloned();
        let after = match &before {
            None => row.clone(),
            Some(held) => match rule.merge(held, row) {
                Merge::Same => return (Change::Same, before),
                Merge::Left => return (Change::Refused, before),
                Merge::Right => row.clone(),
                Merge::Both(merged) => merged,
            },
        };
        let undo = self.undo(key, before.clone());
        self.put(key, after);
        if !synced {
            self.unsynced.push(undo);
        }
        (Change::Stored, before)
    }

    /// Puts `row` in the place of what is held, whatever the versions say: a misbehaviour.
    pub fn overwrite(&mut self, key: &Key, row: &Arc<Row>, synced: bool) -> (Change, Option<Arc<Row>>) {
        if synced {
            self.sync();
        }
        let undo = self.undo(key, self.rows.get(key).cloned());
        let before = self.put(key, row.clone());
        if !synced {
            self.unsynced.push(undo);
        }
        (Change::Stored, before)
    }

    /// Everything is on disk from here on. Returns how many changes that made safe.
    pub fn sync(&mut self) -> usize {
        std::mem::take(&mut self.unsynced).len()
    }

    /// Loses what was not synced. Returns each key that changed, with the row before and after the crash.
    pub fn crash(&mut self) -> Reverted {
        let undo = std::mem::take(&mut self.unsynced);
        let mut changed = BTreeMap::new();
        for Undo { key, before, misfit, mark } in undo.into_iter().rev() {
            let held = match &before {
                Some(row) => self.put(&key, row.clone()),
                None => self.take(&key),
            };
            self.misfits.extend(before.iter().filter(|_| misfit).map(|row| (key.clone(), row.clone())));
            self.set_mark(&key, mark);
            changed.entry(key).or_insert((held, None)).1 = before;
        }
        changed
    }

    /// Loses everything, disk and all. Returns how many rows were held.
    pub fn wipe(&mut self) -> u64 {
        let rows = self.rows.len();
        *self = Store::default();
        rows
    }

    /// What is on disk: what a crash would leave.
    pub fn disk(&self) -> Store {
        let mut after = self.clone();
        after.crash();
        after
    }

    /// Replaces the disk by another one, checksums and all. What is in memory and not on disk must be lost before.
    pub fn restore(&mut self, disk: Store) {
        *self = Store { unsynced: Vec::new(), ..disk };
    }

    /// Puts `rows` into the store as if they had been on disk for ever: merged with what is held, and with what a crash would go back to.
    /// `tombstones` are the keys among them that are deleted: whoever makes rows by the million need not look at them again.
    pub fn preload(&mut self, rule: Rule, rows: PageMap<Key, Arc<Row>>, tombstones: PageMap<Key, ()>) {
        for undo in &mut self.unsynced {
            undo.before = rule.merged(undo.before.take(), rows.get(&undo.key));
        }
        if self.rows.is_empty() {
            self.rows = rows;
            self.tombstones = tombstones;
            return;
        }
        if self.rows.len().min(rows.len()) > self.rows.len().max(rows.len()) / 8 {
            return self.preload_many(rule, &rows);
        }
        if self.rows.len() < rows.len() {
            // Merging does not mind which comes first: the fewer ones go into the many.
            for (key, held) in std::mem::replace(&mut self.rows, rows).iter() {
                if let Some(merged) = rule.merged(self.rows.get(key).cloned(), Some(held)) {
                    if merged != *held {
                        self.set_mark(key, None);
                    }
                    self.rows.insert(key.clone(), merged);
                }
            }
            return;
        }
        for (key, row) in rows.iter() {
            if let Some(merged) = rule.merged(self.rows.get(key).cloned(), Some(row)).filter(|merged| self.rows.get(key) != Some(merged)) {
                self.set_mark(key, None);
                self.rows.insert(key.clone(), merged);
            }
        }
    }
}

impl Store {
    /// The same where both are many: goes through both once, instead of looking for the place of each row.
    fn preload_many(&mut self, rule: Rule, rows: &PageMap<Key, Arc<Row>>) {
        let held = std::mem::take(&mut self.rows);
        let (mut old, mut new, mut changed) = (held.iter().peekable(), rows.iter().peekable(), Vec::new());
        let next = || {
            let order = match (old.peek(), new.peek()) {
                (Some((a, _)), Some((b, _))) => a.cmp(b),
                (Some(_), None) => Ordering::Less,
                (None, _) => Ordering::Greater,
            };
            let held = if order.is_le() { old.next() } else { None };
            let came = if order.is_ge() { new.next() } else { None };
            let (key, _) = held.or(came)?;
            let row = rule.merged(held.map(|(_, row)| row.clone()), came.map(|(_, row)| row))?;
            if held.is_none_or(|(_, held)| *held != row) {
                changed.push(key.clone());
            }
            Some((key.clone(), row))
        };
        self.rows = PageMap::from_sorted(std::iter::from_fn(next));
        if !self.marks.is_empty() {
            changed.iter().for_each(|key| self.set_mark(key, None));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::row::{Payload, Version};
    use super::*;
    use crate::engine::base::NodeId;

    fn row(micros: u64) -> Arc<Row> {
        let clock = Rule::LastWriteWins.mint(NodeId(0), micros);
        Arc::new(Row::single(Version { clock, payload: Payload::Value(micros.to_string().as_bytes().into()) }))
    }

    #[test]
    fn a_crash_takes_back_exactly_what_was_not_synced() {
        let (rule, key, other) = (Rule::LastWriteWins, Key::new("k"), Key::new("o"));
        let mut store = Store::default();
        store.apply(rule, &key, &row(1), false);
        assert_eq!(store.sync(), 1);
        store.apply(rule, &key, &row(2), false);
        store.apply(rule, &key, &row(3), false);
        store.apply(rule, &other, &row(9), false);
        let lost = store.crash();
        assert_eq!(store.get(&key), Some(&row(1)));
        assert_eq!(store.get(&other), None);
        assert_eq!(lost, BTreeMap::from([(other, (Some(row(9)), None)), (key, (Some(row(3)), Some(row(1))))]));
        assert!(store.crash().is_empty(), "a second crash has nothing left to lose");
    }

    #[test]
    fn a_copy_of_the_disk_holds_what_was_synced_and_can_be_put_back() {
        let (rule, key) = (Rule::LastWriteWins, Key::new("k"));
        let mut store = Store::default();
        store.apply(rule, &key, &row(1), true);
        store.apply(rule, &key, &row(2), false);
        let disk = store.disk();
        assert_eq!(disk.get(&key), Some(&row(1)));
        assert_eq!((store.get(&key), store.unsynced()), (Some(&row(2)), 1), "copying changes nothing");
        store.sync();
        store.restore(disk);
        assert_eq!((store.get(&key), store.unsynced()), (Some(&row(1)), 0));
    }

    #[test]
    fn tombstones_are_known_through_every_change() {
        let (rule, key, other) = (Rule::LastWriteWins, Key::new("k"), Key::new("o"));
        let stone = |micros| {
            let clock = rule.mint(NodeId(0), micros);
            Arc::new(Row::single(Version { clock, payload: Payload::Tombstone }))
        };
        let mut store = Store::default();
        store.preload(
            rule,
            PageMap::from_sorted([(other.clone(), stone(1))].into_iter()),
            PageMap::from_sorted([(other.clone(), ())].into_iter()),
        );
        store.apply(rule, &key, &row(1), true);
        assert!(store.tombstones().eq([&other]));
        store.apply(rule, &key, &stone(2), false);
        assert_eq!(store.tombstones().count(), 2);
        store.crash();
        assert!(store.tombstones().eq([&other]), "the delete was not on disk");
        store.apply(rule, &other, &row(3), true);
        assert_eq!(store.tombstones().count(), 0, "written again");
        store.apply(rule, &key, &stone(4), true);
        assert_eq!(store.remove(&key, false), Some(stone(4)));
        assert_eq!((store.get(&key), store.tombstones().count()), (None, 0));
        store.crash();
        assert_eq!(store.get(&key), Some(&stone(4)), "its removal was not on disk");
        assert!(store.tombstones().eq([&key]));
        store.remove(&key, true);
        assert_eq!(store.apply(rule, &key, &row(1), true).0, Change::Stored, "nothing is left that would refuse an older row");
        store.wipe();
        assert_eq!(store.tombstones().count(), 0);
    }

    #[test]
    fn a_checksum_that_does_not_fit_is_known_until_another_row_comes() {
        let (rule, key) = (Rule::LastWriteWins, Key::new("k"));
        let mut store = Store::default();
        store.apply(rule, &key, &row(1), true);
        store.rot(&key, &row(7), true);
        assert!(store.is_misfit(&key));
        let copy = store.disk();
        store.apply(rule, &key, &row(8), false);
        assert!(!store.is_misfit(&key), "written over");
        store.crash();
        assert!(store.is_misfit(&key), "the write was not on disk");
        store.restore(copy);
        assert!(store.is_misfit(&key), "the backup is no better");
        store.forget_misfits();
        assert!(!store.is_misfit(&key), "checksums made anew fit what is there");
        let summed = |sum| {
            let clock = rule.mint(NodeId(0), 9);
            Arc::new(Row::single(Version { clock, payload: Payload::Summed(b"v".as_slice().into(), sum) }))
        };
        store.apply(rule, &key, &summed(super::super::row::checksum(b"v")), true);
        assert!(!store.is_misfit(&key));
        store.apply(rule, &Key::new("o"), &summed(5), true);
        assert!(store.misfits().eq([&Key::new("o")]), "one that travels tells on whoever holds it");
    }

    #[test]
    fn an_older_row_is_refused() {
        let (rule, key) = (Rule::LastWriteWins, Key::new("k"));
        let mut store = Store::default();
        store.apply(rule, &key, &row(5), true);
        assert_eq!(store.apply(rule, &key, &row(4), true), (Change::Refused, Some(row(5))));
        assert_eq!(store.apply(rule, &key, &row(5), true), (Change::Same, Some(row(5))));
        assert_eq!(store.get(&key), Some(&row(5)));
        assert_eq!(store.unsynced(), 0);
    }

    #[test]
    fn a_second_load_is_merged_the_same_in_bulk_and_one_by_one() {
        let rule = Rule::LastWriteWins;
        let map = |numbers: std::ops::Range<u64>, micros: u64| {
            let mut all: Vec<(Key, Arc<Row>)> = numbers.map(|n| (Key::new(&format!("k{n}")), row(micros + n % 3))).collect();
            all.sort_unstable_by(|a, b| a.0.cmp(&b.0));
            PageMap::from_sorted(all.into_iter())
        };
        let (first, second) = (map(0..400, 10), map(200..700, 11));
        let mut bulk = Store::default();
        bulk.preload(rule, first.clone(), PageMap::default());
        bulk.set_mark(&Key::new("k1"), Some(7));
        bulk.set_mark(&Key::new("k250"), Some(7));
        let mut single = bulk.clone();
        bulk.preload(rule, second.clone(), PageMap::default());
        for (key, row) in second.iter() {
            single.preload(rule, PageMap::from_sorted(std::iter::once((key.clone(), row.clone()))), PageMap::default());
        }
        assert!(bulk.rows.iter().eq(single.rows.iter()) && bulk.rows.len() == 700);
        assert!(bulk.marks.iter().eq(single.marks.iter()) && bulk.marks.len() == 1);
    }
}
