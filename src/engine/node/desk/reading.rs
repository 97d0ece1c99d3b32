//! Reading rows into what a task wants, for so many rows at a time.

use std::sync::Arc;

use super::{Made, Task};
use crate::engine::data::{Key, Row, Store, Token};
use crate::engine::node::sweeps::{Parts, SegmentBuilder};
use crate::engine::node::{Ctx, Node};
use crate::engine::sweep::{Builder, Entry, ItemSet, Items, Merge, Sketch, TrieBuilder};

/// What rows are read into.
#[derive(Debug, Clone)]
enum Filling {
    Tree(Box<Builder>),
    Items(Box<ItemSet>, Sketch),
    /// The items read so far of those that the symbols are of.
    Symbols(usize, Sketch),
    Entries(Vec<Entry>),
    Compared(Box<Merge>),
    Versions(Box<Parts>),
    Segments(Box<SegmentBuilder>),
    Trie(Box<TrieBuilder>),
}

impl Filling {
    /// What a task begins with; nothing for a tree whose depth follows from how many rows there are.
    fn begin(task: &Task) -> Option<Filling> {
        Some(match task {
            Task::Tree { .. } | Task::Validated { .. } => return None,
            Task::Items { symbols, .. } => Filling::Items(Box::default(), Sketch::room(*symbols)),
            Task::Symbols { have, wanted, .. } => Filling::Symbols(0, have.grown(*wanted)),
            Task::Entries { .. } => Filling::Entries(Vec::new()),
            Task::Compared { theirs, .. } => Filling::Compared(Box::new(Merge::over(theirs))),
            Task::Versions { ranges } => Filling::Versions(Box::new(Parts::over(ranges))),
            Task::Segments { range, policy } => Filling::Segments(Box::new(SegmentBuilder::new(*range, *policy))),
            Task::Trie { policy, .. } => Filling::Trie(Box::new(TrieBuilder::new(policy.digest))),
        })
    }

    /// Takes rows in that come after those it has.
    fn add<'a>(&mut self, rows: impl Iterator<Item = (&'a Key, &'a Arc<Row>)>, items: &mut Items) {
        match self {
            Filling::Tree(builder) => builder.add(rows.map(|(key, row)| (key.token(), items.item(key, row)))),
            Filling::Items(set, sketch) => rows.for_each(|(key, row)| {
                let [item, ..] = items.item(key, row);
                set.add(key.token().0, item);
                sketch.put(item, 0);
            }),
            Filling::Symbols(..) => {}
            Filling::Entries(list) => list.extend(rows.map(|(key, row)| (key.clone(), items.digest(key, row)))),
            Filling::Compared(merge) => rows.for_each(|(key, row)| merge.add(key, &items.digest(key, row))),
            Filling::Versions(parts) => rows.for_each(|(key, row)| parts.add(key, row)),
            Filling::Segments(builder) => rows.for_each(|(key, row)| builder.add(key, items.item(key, row))),
            Filling::Trie(builder) => rows.for_each(|(key, row)| builder.add(key, items.digest(key, row))),
        }
    }

    /// A run of tokens is over, and with it perhaps the range that it is of.
    fn turn(&mut self, range: bool) {
        match self {
            Filling::Versions(parts) if range => parts.turn(),
            Filling::Segments(builder) => builder.turn(),
            _ => {}
        }
    }

    fn done(self, count: u64) -> Made {
        match self {
            Filling::Tree(builder) => Made::Tree(Arc::new(builder.done()), count),
            Filling::Items(set, sketch) => Made::Items(Arc::new(set.done()), Arc::new(sketch)),
            Filling::Symbols(_, sketch) => Made::Items(Arc::default(), Arc::new(sketch)),
            Filling::Entries(list) => Made::Entries(list),
            Filling::Compared(merge) => Made::Compared(merge.done()),
            Filling::Versions(parts) => Made::Versions(parts.done()),
            Filling::Segments(builder) => Made::Segments(Box::new(builder.done())),
            Filling::Trie(builder) => Made::Trie(builder.done()),
        }
    }
}

/// A task that is being worked on.
#[derive(Debug, Clone)]
pub struct Reading {
    task: Task,
    /// What is read: runs of tokens, one after another, each with whether its range ends with it.
    runs: Vec<(Token, Token, bool)>,
    /// The run at work, and the last key of it that was read.
    at: (usize, Option<Key>),
    /// Rows that count, as far as they are counted.
    count: u64,
    /// None while rows are still being counted.
    into: Option<Filling>,
}

impl Reading {
    /// A task of which nothing is done.
    pub fn new(task: Task) -> Reading {
        let mut runs = Vec::new();
        for range in task.ranges() {
            runs.extend(range.runs().map(|(first, last)| (first, last, last == range.right)));
        }
        if matches!(task, Task::Items { .. } | Task::Compared { .. } | Task::Trie { .. }) {
            runs.sort_unstable();
        }
        let into = Filling::begin(&task);
        Reading { task, runs, at: (0, None), count: 0, into }
    }

    /// How many rows there may be to read.
    pub fn rows(&self, node: &Node) -> u64 {
        match &self.task {
            Task::Symbols { set, .. } => set.len() as u64,
            task => self.rows_of(node.read_for(task)),
        }
    }

    fn rows_of(&self, store: &Store) -> u64 {
        self.runs.iter().map(|(first, last, _)| store.rows().count_between(*first, *last)).sum()
    }

    /// It is done: for which task, and what came of it.
    pub fn made(self) -> (Task, Made) {
        let made = match self.into {
            Some(filling) => filling.done(self.count),
            // Nothing was read at all.
            None => Made::nothing(&self.task),
        };
        (self.task, made)
    }

    /// All rows are counted: the tree can begin.
    fn begin(&mut self) {
        if let Task::Tree { range, policy, .. } | Task::Validated { range, policy, .. } = self.task {
            self.into = Some(Filling::Tree(Box::new(Builder::new(range, policy, policy.depth_for(self.count)))));
        }
        self.at = (0, None);
    }

    /// Puts so many more items into their symbols.
    fn put_on(&mut self, left: &mut u64) -> bool {
        let (Task::Symbols { set, have, .. }, Some(Filling::Symbols(at, sketch))) = (&self.task, &mut self.into) else { return true };
        let most = usize::try_from(*left).unwrap_or(usize::MAX);
        let items = &set.items()[*at..set.len().min(at.saturating_add(most))];
        items.iter().for_each(|item| _ = sketch.put(*item, have.symbols().len()));
        *at += items.len();
        *left -= items.len() as u64;
        *at == set.len()
    }
}

impl Node {
    /// The rows that a task reads: those held, or a snapshot of them.
    fn read_for(&self, task: &Task) -> &Store {
        let frozen = if let Task::Validated { session, .. } = task { self.sweeps.frozen(*session) } else { None };
        frozen.unwrap_or(&self.store)
    }

    /// Does a task, unless it is done already.
    pub(in crate::engine::node) fn done(&self, task: Task, ctx: &mut Ctx<'_>) -> Made {
        let store = self.read_for(&task);
        self.done_with(task, store, ctx)
    }

    /// The same over the rows of a snapshot that has been taken out to be worked with.
    pub(in crate::engine::node) fn done_with(&self, task: Task, store: &Store, ctx: &mut Ctx<'_>) -> Made {
        if let Some(made) = ctx.desk.take(&task) {
            return made;
        }
        let mut reading = Reading::new(task);
        self.read(&mut reading, store, ctx, &mut u64::MAX.clone());
        reading.made().1
    }

    /// Goes on with a task for so many rows, and takes what was read away from them. Returns whether all is read.
    pub fn read_on(&self, reading: &mut Reading, ctx: &Ctx<'_>, left: &mut u64) -> bool {
        let store = self.read_for(&reading.task);
        self.read(reading, store, ctx, left)
    }

    fn read(&self, reading: &mut Reading, store: &Store, ctx: &Ctx<'_>, left: &mut u64) -> bool {
        if matches!(reading.task, Task::Symbols { .. }) {
            return reading.put_on(left);
        }
        let (mut items, shown) = (Items::new(reading.task.policy()), self.clock.shows(ctx.now));
        let validated = match reading.task {
            Task::Validated { session, as_of, .. } => Some((self.records.pending(session), as_of)),
            _ => None,
        };
        let all = validated.is_none() && (reading.task.reads_all() || self.shows_all(ctx));
        let tombstones = ctx.settings.tombstones;
        let counts = |key: &Key, row: &Row| match validated {
            _ if all => true,
            Some((only, as_of)) => {
                (only.is_none() || store.mark(key) == only) && tombstones.expired(row, as_of).is_none() && !self.checks(key, ctx)
            }
            None => tombstones.expired(row, shown).is_none() && !self.checks(key, ctx),
        };
        if all && reading.into.is_none() {
            reading.count = reading.rows_of(store);
            reading.begin();
        }
        loop {
            let Some((first, last, ends)) = reading.runs.get(reading.at.0).copied() else {
                if reading.into.is_some() {
                    return true;
                }
                reading.begin();
                continue;
            };
            if *left == 0 {
                return false;
            }
            let (after, most) = (reading.at.1.take(), usize::try_from(*left).unwrap_or(usize::MAX));
            let rows = store.rows().iter_from(|key| after.as_ref().map_or(key.token() < first, |after| key <= after));
            let (mut read, mut end) = (0, None);
            let rows = rows.take_while(|(key, _)| key.token() <= last).take(most).inspect(|(key, _)| {
                read += 1;
                end = Some(key);
            });
            let rows = rows.map(|(key, row)| (key, row)).filter(|(key, row)| counts(key, row));
            match &mut reading.into {
                None => reading.count += rows.count() as u64,
                Some(filling) => filling.add(rows, &mut items),
            }
            let full = read == most;
            reading.at = if full { (reading.at.0, end.cloned()) } else { (reading.at.0 + 1, None) };
            if let (false, Some(filling)) = (full, &mut reading.into) {
                filling.turn(ends);
            }
            *left -= read as u64;
        }
    }
}
