//! Versions that anybody has made, the events that they were, and which of them a replica may give up by itself.

use drift::engine::base::{Micros, NodeId};
use drift::engine::data::{Clock, Key, Row, Version};
use drift::engine::node::{Checksum, Removed, RemovedWhy, Rotten};
use drift::engine::world::World;

use super::{Replicas, forgotten, only, rank, shows};
use crate::rules::Rules;

impl Replicas {
    /// A node has thrown away what it holds of ranges that are not its own: exactly that, and for good.
    pub(super) fn cleaned(&mut self, node: NodeId, rows: u64, world: &World) -> Result<(), String> {
        let foreign = |key: &Key| !world.ring().is_replica(key.token(), &world.settings().replicas, node);
        let copy = self.copies.entry((node, None)).or_default();
        let gone: Vec<Key> = copy.keys().into_iter().filter(|key| copy.holds(key).is_some() && foreign(key)).cloned().collect();
        copy.past.extend(gone.iter().map(|key| (key.clone(), None)));
        copy.disk = copy.past.len();
        let count = gone.len() as u64;
        self.touched.extend(gone.into_iter().map(|key| ((node, None), key)));
        if count == rows { Ok(()) } else { Err(format!("{node} throws away {rows} rows where {count} are not its own")) }
    }

    /// Whether somebody made this version.
    pub fn was_made(&self, key: &Key, version: &Version) -> bool {
        self.made.contains_key(&(key.clone(), version.clone()))
    }

    /// The row of a version: its event's number goes wherever it goes.
    pub(super) fn row(&self, key: &Key, version: &Version) -> Row {
        let known = self.made.get(&(key.clone(), version.clone())).and_then(Option::as_ref);
        known.cloned().unwrap_or_else(|| Row::single(version.clone()))
    }

    /// A delete that everybody has seen is forgotten; what it had deleted and comes again is taken for the delete.
    pub(super) fn unburied(&mut self, node: NodeId, key: &Key, row: &Row) {
        let Clock::Stamp(stamp) = only(row).clock;
        let old = self.forgot.get(&node).is_some_and(|newest| stamp.micros <= *newest);
        let value = |((of, version), _): (&(Key, Version), &Option<Row>)| of == key && version.clock == only(row).clock;
        if row.is_deleted() && old && !self.was_made(key, only(row)) && self.made.iter().any(value) {
            self.made.insert((key.clone(), only(row).clone()), None);
        }
    }

    /// A replica gave a row up by itself: only a tombstone older than the grace, by its own clock.
    pub(super) fn removed(&mut self, node: NodeId, removed: &Removed, now: Micros, world: &World, rules: &Rules) -> Result<(), String> {
        let seat = (node, None);
        let shown = shows(world, node, now);
        // Nobody is left who could bring the value back.
        let stone = only(&removed.row);
        let replicas = world.ring().replicas(removed.key.token(), &rules.all.replicas);
        let holds = |node: &NodeId| self.copies.get(&(*node, None)).and_then(|copy| copy.holds(&removed.key));
        let seen = removed.row.is_deleted() && replicas.iter().all(|node| holds(node).is_none_or(|version| rank(version) >= rank(stone)));
        let copy = self.copies.entry(seat).or_default();
        let held = copy.holds(&removed.key) == Some(only(&removed.row));
        let right = match removed.why {
            RemovedWhy::SeenByAll => {
                let Clock::Stamp(stamp) = stone.clock;
                let newest = self.forgot.entry(node).or_default();
                *newest = stamp.micros.max(*newest);
                seen
            }
            RemovedWhy::Grace { .. } => forgotten(&removed.row, shown, rules),
            // A checksum that travels tells on whoever holds it.
            RemovedWhy::Rotten => {
                let checks = rules.all.integrity.checksum != Checksum::None && rules.all.integrity.rotten != Rotten::Keep;
                checks && (!removed.row.fits() || copy.is_misfit(&removed.key))
            }
        };
        if !held || !right {
            return Err(format!("{node} gave up {:?} before its time", removed.row));
        }
        copy.past.push((removed.key.clone(), None));
        self.kept(seat, &removed.key, true, now, rules);
        Ok(())
    }
}
