//! The truth about replicas, which no node knows: who lacks what, kept up to date event by event.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::engine::base::NodeId;
use crate::engine::data::{Change, Key, PageMap, Row};
use crate::engine::node::Setting;
use crate::engine::world::{Event, EventKind, Fault, World};

/// One replica's copy, as it truly is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Copy {
    /// The replica.
    pub node: NodeId,
    /// What it holds.
    pub row: Option<Arc<Row>>,
    /// Whether some other replica holds something that it lacks.
    pub behind: bool,
}

/// How far replicas disagree. A key's true row is the merge of what its replicas hold.
#[derive(Debug, Clone, Default)]
pub struct Truth {
    /// Keys with replicas behind, and how many.
    stale: PageMap<Key, u32>,
    stale_copies: u64,
}

impl Truth {
    /// The copies of `key` at its replicas, in preference order.
    pub fn copies(world: &World, key: &Key) -> Vec<Copy> {
        let replicas = world.ring().replicas(key.token(), world.settings().replicas);
        let rows: Vec<(NodeId, Option<Arc<Row>>)> =
            replicas.iter().map(|n| (*n, world.host(*n).and_then(|h| h.node.store.get(key).cloned()))).collect();
        let rule = world.settings().rule;
        let merged = rows.iter().fold(None, |merged, (_, row)| rule.merged(merged, row.as_ref()));
        rows.into_iter().map(|(node, row)| Copy { node, behind: row != merged, row }).collect()
    }

    /// Copies that lack something: pairs of a key and a replica of it.
    pub fn stale_copies(&self) -> u64 {
        self.stale_copies
    }

    /// Keys whose replicas disagree.
    pub fn stale_keys(&self) -> u64 {
        self.stale.len()
    }

    /// Keys whose replicas disagree, with how many are behind.
    pub fn stale(&self) -> impl Iterator<Item = (&Key, u32)> {
        self.stale.iter().map(|(key, behind)| (key, *behind))
    }

    /// Takes in what has just happened in `world`.
    pub fn observe(&mut self, world: &World, events: &[Event]) {
        for event in events {
            match &event.kind {
                EventKind::Applied(applied) if applied.change == Change::Stored => self.check(world, &applied.key),
                EventKind::Reverted { key, .. } => self.check(world, key),
                EventKind::Fault(Fault::Wiped { .. } | Fault::Preloaded { .. }) => *self = Truth::of(world),
                EventKind::Fault(Fault::Set(set)) if matches!(**set, Setting::Replicas(_)) => *self = Truth::of(world),
                _ => {}
            }
        }
    }

    /// The truth about a whole world, found by looking at every row.
    pub fn of(world: &World) -> Truth {
        let keys: BTreeSet<&Key> = world.hosts().iter().flat_map(|h| h.node.store.rows().iter().map(|(key, _)| key)).collect();
        let mut truth = Truth::default();
        for key in keys {
            truth.check(world, key);
        }
        truth
    }

    fn check(&mut self, world: &World, key: &Key) {
        let behind = Truth::copies(world, key).iter().filter(|copy| copy.behind).count() as u32;
        let before = if behind == 0 { self.stale.remove(key) } else { self.stale.insert(key.clone(), behind) };
        self.stale_copies = self.stale_copies + u64::from(behind) - u64::from(before.unwrap_or(0));
    }
}
