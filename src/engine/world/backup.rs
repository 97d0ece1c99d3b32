//! Backups of a node's disk, and putting one back: a disk that is older than what the node has acknowledged.

use std::sync::Arc;

use super::event::{Event, EventKind, Fault};
use super::sim::World;
use crate::engine::base::{Endpoint, Micros, NodeId};
use crate::engine::data::Store;
use crate::engine::node::hints::HintStore;
use crate::engine::node::sweeps::validation::Records;
use crate::engine::node::{Guests, Node};

/// What was on a node's disk at one instant. Shares its pages with the disk it was taken of.
#[derive(Debug, Clone)]
pub struct Backup {
    /// When it was taken.
    pub taken: Micros,
    /// Its own rows that were on disk: without changes that had not been synced.
    pub store: Store,
    /// Hints that were on disk.
    pub hints: HintStore,
    /// Copies held in place of others that were on disk.
    pub guests: Guests,
    /// What it knew of incremental repairs.
    pub records: Records,
    /// How many changes of the ring it had followed.
    epoch: u32,
}

impl World {
    /// The last backup of a node's disk.
    pub fn backup(&self, node: NodeId) -> Option<&Backup> {
        self.backups.get(&node)
    }

    /// Copies a node's disk aside, in place of an earlier copy. The node notices nothing, whether it runs or not.
    pub(super) fn back_up(&mut self, node: NodeId, log: &mut Vec<Event>) {
        let Some(host) = self.host(node) else { return };
        let (mut hints, mut guests) = (host.node.hints.clone(), host.node.guests.clone());
        hints.crash();
        guests.crash();
        let backup = Backup {
            taken: self.now,
            store: host.node.store.disk(),
            hints,
            guests,
            records: host.node.records.clone(),
            epoch: host.node.epoch,
        };
        let rows = backup.store.rows().len();
        self.backups.insert(node, backup);
        self.fault(Some(node.into()), Fault::BackedUp { rows }, log);
    }

    /// Kills a node and replaces its disk by the last backup of it. Without a backup nothing happens.
    pub(super) fn restore(&mut self, node: NodeId, log: &mut Vec<Event>) {
        let Some(Backup { taken, store, hints, guests, records, epoch }) = self.backups.get(&node).cloned() else { return };
        self.crash(node, false, log);
        let Some(host) = self.hosts.get_mut(node.index()) else { return };
        let machine: &mut Node = Arc::make_mut(&mut host.node);
        let (count, changed) = (store.rows().len(), machine.store.rows().changed(store.rows()));
        machine.store.restore(store);
        machine.records = records;
        // What the ring has become since is followed once more when it starts.
        machine.epoch = epoch;
        machine.disk_replaced();
        machine.hints.replace(hints);
        machine.guests.replace(guests);
        // No history is put back with the rows: numbers that others have read would be given out again.
        machine.history.wipe();
        let who = Some(Endpoint::Node(node));
        let cause = self.fault(who, Fault::Restored { rows: count, taken }, log);
        for (key, before, after) in changed {
            self.emit(cause, who, None, EventKind::Reverted { key, before, after, stands_for: None }, log);
        }
    }
}
