//! Long work that is done in pieces before the input that needs it: reading every row into a tree or a set.
//!
//! A handler handles its input completely, so a node that reads a million rows would keep a page busy for seconds. What it reads changes
//! nothing, though: it can be worked out before, piece by piece, and be found on the desk when its turn comes. A desk is no part of a node's
//! state. What is not on it is worked out on the spot, and comes out the same.

use std::sync::Arc;

use super::{Ctx, Node};
use crate::engine::data::{Key, Row, Token};
use crate::engine::sweep::{Builder, ItemSet, Items, TokenRange, Tree, TreePolicy};

/// A piece of long work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Task {
    /// A tree over the rows of a range.
    Tree {
        /// Which.
        range: TokenRange,
        /// How.
        policy: TreePolicy,
        /// Whether rows that readers do not see are left out.
        living: bool,
    },
    /// The set of digests of the rows of these ranges that readers see.
    Items {
        /// Which.
        ranges: Vec<TokenRange>,
        /// How digests are made.
        policy: TreePolicy,
    },
}

impl Task {
    fn ranges(&self) -> &[TokenRange] {
        match self {
            Task::Tree { range, .. } => std::slice::from_ref(range),
            Task::Items { ranges, .. } => ranges,
        }
    }

    /// Whether it reads rows that readers do not see, too.
    pub fn reads_all(&self) -> bool {
        matches!(self, Task::Tree { living: false, .. })
    }

    fn policy(&self) -> TreePolicy {
        let (Task::Tree { policy, .. } | Task::Items { policy, .. }) = self;
        *policy
    }
}

/// What came of it.
#[derive(Debug, Clone)]
pub enum Made {
    /// A tree, and how many rows it is over.
    Tree(Arc<Tree>, u64),
    /// A set of digests.
    Items(Arc<ItemSet>),
}

/// What lies ready for the next input.
#[derive(Debug, Clone, Default)]
pub struct Desk {
    /// Whether it is only noted what is wanted, to be worked out later; then everybody gets something empty.
    noting: bool,
    wanted: Vec<Task>,
    made: Vec<(Task, Made)>,
}

impl Desk {
    /// A desk at which it is noted what an input wants.
    pub fn noting() -> Desk {
        Desk { noting: true, ..Desk::default() }
    }

    /// What was wanted, in order.
    pub fn into_wanted(self) -> Vec<Task> {
        self.wanted
    }

    /// Puts something there.
    pub fn put(&mut self, task: Task, made: Made) {
        self.made.push((task, made));
    }

    /// Takes it away, if it is there.
    fn take(&mut self, task: &Task) -> Option<Made> {
        if self.noting {
            self.wanted.push(task.clone());
            return Some(match task {
                Task::Tree { range, policy, .. } => Made::Tree(Arc::new(Tree::empty(*range, *policy, 0)), 0),
                Task::Items { .. } => Made::Items(Arc::default()),
            });
        }
        let place = self.made.iter().position(|(known, _)| known == task)?;
        Some(self.made.swap_remove(place).1)
    }
}

/// What rows are read into.
#[derive(Debug, Clone)]
enum Filling {
    Tree(Box<Builder>),
    Items(Vec<(u64, u64)>),
}

/// A task that is being worked on.
#[derive(Debug, Clone)]
pub struct Reading {
    task: Task,
    /// What is read: runs of tokens, one after another.
    runs: Vec<(Token, Token)>,
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
        let mut runs: Vec<(Token, Token)> = task.ranges().iter().flat_map(|range| range.runs()).collect();
        let into = match task {
            Task::Tree { .. } => None,
            Task::Items { .. } => {
                runs.sort_unstable();
                Some(Filling::Items(Vec::new()))
            }
        };
        Reading { task, runs, at: (0, None), count: 0, into }
    }

    /// How many rows there may be to read.
    pub fn rows(&self, node: &Node) -> u64 {
        self.runs.iter().map(|run| held(node, *run)).sum()
    }

    /// It is done: for which task, and what came of it.
    pub fn made(self) -> (Task, Made) {
        let made = match self.into {
            Some(Filling::Tree(builder)) => Made::Tree(Arc::new(builder.done()), self.count),
            Some(Filling::Items(list)) => Made::Items(Arc::new(ItemSet::new(list.into_iter()))),
            // Nothing was read at all.
            None => Made::Items(Arc::default()),
        };
        (self.task, made)
    }

    /// All rows are counted: the tree can begin.
    fn begin(&mut self) {
        if let Task::Tree { range, policy, .. } = self.task {
            self.into = Some(Filling::Tree(Box::new(Builder::new(range, policy, policy.depth_for(self.count)))));
        }
        self.at = (0, None);
    }
}

/// How many rows a node holds in a run of tokens.
fn held(node: &Node, (first, last): (Token, Token)) -> u64 {
    node.store.rows().count_between(first, last)
}

impl Node {
    /// Does a task, unless it is done already.
    pub(super) fn done(&self, task: Task, ctx: &mut Ctx<'_>) -> Made {
        if let Some(made) = ctx.desk.take(&task) {
            return made;
        }
        let mut reading = Reading::new(task);
        let mut all = u64::MAX;
        self.read_on(&mut reading, ctx, &mut all);
        reading.made().1
    }

    /// Goes on with a task for so many rows, and takes what was read away from them. Returns whether all is read.
    pub fn read_on(&self, reading: &mut Reading, ctx: &Ctx<'_>, left: &mut u64) -> bool {
        let (mut items, shown) = (Items::new(reading.task.policy()), self.clock.shows(ctx.now));
        let all = reading.task.reads_all() || self.shows_all(ctx);
        let counts = |key: &Key, row: &Row| all || ctx.settings.tombstones.expired(row, shown).is_none() && !self.checks(key, ctx);
        if all && reading.into.is_none() {
            reading.count = reading.rows(self);
            reading.begin();
        }
        loop {
            let Some((first, last)) = reading.runs.get(reading.at.0).copied() else {
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
            let rows = self.store.rows().iter_from(|key| after.as_ref().map_or(key.token() < first, |after| key <= after));
            let (mut read, mut end) = (0, None);
            let rows = rows.take_while(|(key, _)| key.token() <= last).take(most).inspect(|(key, _)| {
                read += 1;
                end = Some(key);
            });
            let rows = rows.filter(|(key, row)| counts(key, row));
            match &mut reading.into {
                None => reading.count += rows.count() as u64,
                Some(Filling::Tree(builder)) => builder.add(rows.map(|(key, row)| (key.token(), items.item(key, row)))),
                Some(Filling::Items(list)) => list.extend(rows.map(|(key, row)| (key.token().0, items.item(key, row)[0]))),
            }
            let full = read == most;
            reading.at = if full { (reading.at.0, end.cloned()) } else { (reading.at.0 + 1, None) };
            *left -= read as u64;
        }
    }
}
