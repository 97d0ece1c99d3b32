//! Which nodes of the walk round the ring become replicas.

use super::replication::{PerZone, Replication};
use super::ring::Ring;
use super::topology::Spot;
use crate::engine::base::NodeId;

/// The most list entries that are worked out in advance (1 MiB).
const TABLE_LIMIT: usize = 1 << 18;

/// The preference list of every entry of a ring for one replication. All are equally long.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Table {
    replication: Replication,
    length: usize,
    lists: Vec<NodeId>,
}

impl Table {
    /// The table for `ring`; `None` if it would be too large.
    pub(super) fn of(ring: &Ring, replication: &Replication) -> Option<Table> {
        let entries = ring.tokens().len();
        let length = ring.work_out(0, replication).len();
        let mut lists = Vec::new();
        if entries * length <= TABLE_LIMIT {
            (0..entries).for_each(|entry| lists.extend(ring.work_out(entry, replication)));
        }
        (lists.len() == entries * length && length > 0).then_some(Table { replication: *replication, length, lists })
    }

    /// The list that begins at `entry`, if the table is for this replication.
    pub(super) fn list(&self, entry: usize, replication: &Replication) -> Option<&[NodeId]> {
        (self.replication == *replication).then(|| self.lists.get(entry * self.length..(entry + 1) * self.length)).flatten()
    }
}

/// What one zone still needs during a walk.
struct Quota {
    left: u32,
    /// How many replicas may stand in a rack that has one already: as many as N exceeds the racks by.
    repeats: u32,
}

impl Ring {
    /// The preference list that begins at `entry`.
    pub(super) fn work_out(&self, entry: usize, replication: &Replication) -> Vec<NodeId> {
        match replication {
            Replication::Simple(n) => self.distinct_from(entry).take(*n as usize).collect(),
            Replication::PerZone(list) => self.by_zones(entry, list),
        }
    }

    /// One walk for all zones: a node is taken while its zone needs one and its rack is new or a repeat is allowed; a node passed
    /// over is not looked at again (Apache Cassandra 4.1, `locator/NetworkTopologyStrategy.calculateNaturalReplicas`).
    fn by_zones(&self, entry: usize, list: &PerZone) -> Vec<NodeId> {
        let wanted = |zone: usize| list.counts().get(zone).map_or(0, |n| u32::from(*n));
        let mut quotas: Vec<Quota> = self
            .zones()
            .iter()
            .enumerate()
            .map(|(zone, shape)| Quota { left: wanted(zone).min(shape.nodes), repeats: wanted(zone).saturating_sub(shape.racks) })
            .collect();
        let mut racks: Vec<Spot> = Vec::new();
        let mut chosen: Vec<NodeId> = Vec::new();
        let mut open: u32 = quotas.iter().map(|q| q.left).sum();
        for (_, node) in self.round_from(entry) {
            if open == 0 {
                break;
            }
            let spot = self.spot(node);
            let quota = &mut quotas[spot.zone.index()];
            if quota.left == 0 || chosen.contains(&node) {
                continue;
            }
            if racks.contains(&spot) {
                // Another node in a rack that has a replica: the racks still missing come further on.
                if quota.repeats == 0 {
                    continue;
                }
                quota.repeats -= 1;
            } else {
                racks.push(spot);
            }
            quota.left -= 1;
            open -= 1;
            chosen.push(node);
        }
        chosen
    }
}
