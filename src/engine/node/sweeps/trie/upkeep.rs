//! A node's tries: a change of a row only queues its key, and the queue is worked off later. Tries and queue lie in one database with the rows:
//! what a crash takes back of the rows is queued again, and a disk that is put back has the tries that belong to it.

use std::collections::{BTreeMap, BTreeSet};

use crate::engine::base::Micros;
use crate::engine::data::Key;
use crate::engine::node::desk::{Made, Task};
use crate::engine::node::sweeps::trees::holding;
use crate::engine::node::sweeps::{SessionId, SweepStep};
use crate::engine::node::{Ctx, Node, SweepPolicy, Timer};
use crate::engine::sweep::{Items, TokenRange, TreePolicy, Trie};

/// The tries of a node.
#[derive(Debug, Clone, Default)]
pub struct TrieStore {
    /// What is hashed of each row, and with what.
    policy: TreePolicy,
    /// How long the queue waits.
    lag: Micros,
    tries: BTreeMap<TokenRange, Trie>,
    /// Keys that have changed and are not in the tries yet.
    todo: BTreeSet<Key>,
    /// Whether somebody will work it off. Volatile.
    due: bool,
}

impl TrieStore {
    /// The trie of a range, if there is one.
    pub fn trie(&self, range: TokenRange) -> Option<&Trie> {
        self.tries.get(&range)
    }

    /// How many keys wait.
    pub fn waiting(&self) -> usize {
        self.todo.len()
    }

    /// Whether the queue is to be worked off.
    pub(in crate::engine::node::sweeps) fn is_due(&self) -> bool {
        self.due
    }

    /// Forgets all tries.
    pub(in crate::engine::node) fn clear(&mut self) {
        self.tries.clear();
        self.todo.clear();
    }

    /// Forgets those of other ranges.
    pub(in crate::engine::node::sweeps) fn keep_only(&mut self, kept: impl Fn(TokenRange) -> bool) {
        self.tries.retain(|range, _| kept(*range));
    }

    /// What is left after a crash.
    pub(in crate::engine::node) fn crashed(self) -> TrieStore {
        TrieStore { due: false, ..self }
    }

    /// A row of a key that has a trie is another one.
    pub(in crate::engine::node) fn queue(&mut self, key: &Key) {
        if holding(&self.tries, key.token()).is_some() {
            self.todo.insert(key.clone());
        }
    }

    /// Sees to it that the queue is worked off, if there is anything in it.
    pub(in crate::engine::node) fn plan(&mut self, ctx: &mut Ctx<'_>) {
        if !self.due && !self.todo.is_empty() {
            self.due = true;
            ctx.wake(self.lag.max(Micros(1)), Timer::TrieWork);
        }
    }
}

impl Node {
    /// The queue has waited long enough: brings the tries up to date.
    pub(in crate::engine::node::sweeps) fn work_tries(&mut self) {
        let tries = &mut self.sweeps.tries;
        tries.due = false;
        let mut items = Items::new(tries.policy);
        for key in std::mem::take(&mut tries.todo) {
            let digest = self.store.get(&key).map(|row| items.digest(&key, row));
            if let Some(trie) = holding(&tries.tries, key.token()).and_then(|range| tries.tries.get_mut(&range)) {
                trie.set(&key, digest);
            }
        }
    }

    /// Snapshots of the tries of these ranges, as far behind as they are; those that are missing are made. Says what it took.
    pub(in crate::engine::node::sweeps) fn take_tries(
        &mut self,
        session: SessionId,
        policy: &SweepPolicy,
        ranges: &[TokenRange],
        ctx: &mut Ctx<'_>,
    ) -> Vec<Trie> {
        let kept = TreePolicy { leaf: policy.tree.leaf, digest: policy.tree.digest, ..TreePolicy::default() };
        self.sweeps.tries.lag = policy.trie.unwrap_or_default().lag;
        if self.sweeps.tries.policy != kept {
            self.sweeps.tries.clear();
            self.sweeps.tries.policy = kept;
        }
        let (mut rows, mut computed, mut leaves) = (0, 0, 0);
        let mut taken = Vec::with_capacity(ranges.len());
        for range in ranges {
            if !self.sweeps.tries.tries.contains_key(range)
                && let Made::Trie(trie) = self.done(Task::Trie { range: *range, policy: kept }, ctx)
            {
                rows += trie.rows();
                computed += trie.computed();
                self.sweeps.tries.tries.insert(*range, trie);
            }
            let Some(trie) = self.sweeps.tries.tries.get(range) else { continue };
            leaves += trie.rows();
            taken.push(trie.clone());
        }
        self.note_sweep(session, SweepStep::Trees { leaves, rows, computed }, ctx);
        taken
    }
}
