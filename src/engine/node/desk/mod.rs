//! Long work that is done in pieces before the input that needs it: reading every row into a tree or a set.
//!
//! A handler handles its input completely, so a node that reads a million rows would keep a page busy for seconds. What it reads changes
//! nothing, though: it can be worked out before, piece by piece, and be found on the desk when its turn comes. A desk is no part of a node's
//! state. What is not on it is worked out on the spot, and comes out the same.

use std::sync::Arc;

mod reading;

pub use reading::Reading;

use super::sweeps::{Segmented, SessionId, Versioned};
use crate::engine::sweep::{Entries, Entry, ItemSet, Sketch, TokenRange, Tree, TreePolicy, Trie};

/// A piece of long work: reading rows into something.
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
    /// The tree of a range for a repair by whole trees.
    Validated {
        /// The repair.
        session: SessionId,
        /// Which.
        range: TokenRange,
        /// How.
        policy: TreePolicy,
        /// Tombstones that have expired by this reading of a clock are left out.
        as_of: u64,
    },
    /// The set of digests of the rows of these ranges that readers see.
    Items {
        /// Which.
        ranges: Vec<TokenRange>,
        /// How digests are made.
        policy: TreePolicy,
        /// How many coded symbols of it are made at once.
        symbols: u32,
    },
    /// More coded symbols of a set.
    Symbols {
        /// The set.
        set: Arc<ItemSet>,
        /// Those that there are.
        have: Arc<Sketch>,
        /// How many there must be.
        wanted: u32,
    },
    /// Every key of these ranges with the digest of its row, as readers see it.
    Entries {
        /// Which.
        ranges: Vec<TokenRange>,
        /// How digests are made.
        policy: TreePolicy,
    },
    /// Where those differ from what a peer has told of its own.
    Compared {
        /// Which.
        ranges: Vec<TokenRange>,
        /// How digests are made.
        policy: TreePolicy,
        /// What the peer told, in pages.
        theirs: Vec<Arc<[Entry]>>,
    },
    /// Every key of these ranges with its versions, in parts.
    Versions {
        /// Which.
        ranges: Vec<TokenRange>,
    },
    /// A tree of segments.
    Segments {
        /// The range.
        range: TokenRange,
        /// How.
        policy: TreePolicy,
    },
    /// A trie.
    Trie {
        /// The range.
        range: TokenRange,
        /// How digests are made.
        policy: TreePolicy,
    },
}

impl Task {
    fn ranges(&self) -> &[TokenRange] {
        match self {
            Task::Tree { range, .. } | Task::Validated { range, .. } | Task::Segments { range, .. } | Task::Trie { range, .. } => {
                std::slice::from_ref(range)
            }
            Task::Items { ranges, .. } | Task::Entries { ranges, .. } | Task::Compared { ranges, .. } | Task::Versions { ranges } => ranges,
            Task::Symbols { .. } => &[],
        }
    }

    /// Whether it reads rows that readers do not see, too.
    pub fn reads_all(&self) -> bool {
        matches!(self, Task::Tree { living: false, .. } | Task::Validated { .. } | Task::Segments { .. } | Task::Trie { .. })
    }

    fn policy(&self) -> TreePolicy {
        match self {
            Task::Tree { policy, .. }
            | Task::Validated { policy, .. }
            | Task::Items { policy, .. }
            | Task::Entries { policy, .. }
            | Task::Compared { policy, .. }
            | Task::Segments { policy, .. }
            | Task::Trie { policy, .. } => *policy,
            Task::Symbols { .. } | Task::Versions { .. } => TreePolicy::default(),
        }
    }
}

/// What came of it.
#[derive(Debug, Clone)]
pub enum Made {
    /// A tree, and how many rows it is over.
    Tree(Arc<Tree>, u64),
    /// A set of digests, and its first coded symbols.
    Items(Arc<ItemSet>, Arc<Sketch>),
    /// Keys with digests, in the order of the ranges.
    Entries(Vec<Entry>),
    /// Where two sides differ.
    Compared(Entries),
    /// Keys with versions, cut into parts.
    Versions(Vec<(TokenRange, Vec<Versioned>)>),
    /// A tree of segments.
    Segments(Box<Segmented>),
    /// A trie.
    Trie(Trie),
}

impl Made {
    /// What a task comes to that finds no rows.
    fn nothing(task: &Task) -> Made {
        match task {
            Task::Tree { range, policy, .. } | Task::Validated { range, policy, .. } => {
                Made::Tree(Arc::new(Tree::empty(*range, *policy, 0)), 0)
            }
            Task::Items { .. } | Task::Symbols { .. } => Made::Items(Arc::default(), Arc::default()),
            Task::Entries { .. } => Made::Entries(Vec::new()),
            Task::Compared { .. } => Made::Compared(Entries::default()),
            Task::Versions { .. } => Made::Versions(Vec::new()),
            Task::Segments { range, policy } => Made::Segments(Box::new(Segmented::empty(*range, *policy))),
            Task::Trie { policy, .. } => Made::Trie(Trie::build(policy.digest, std::iter::empty())),
        }
    }
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
            return Some(Made::nothing(task));
        }
        let place = self.made.iter().position(|(known, _)| known == task)?;
        Some(self.made.swap_remove(place).1)
    }
}
