//! Acknowledged writes of which nothing is left.

use std::sync::Arc;

use crate::engine::base::{OpId, arrange};
use crate::engine::data::{Key, Order, Row, Version};
use crate::engine::node::Outcome;
use crate::engine::observe::{History, Operation};
use crate::engine::world::World;

use super::call::by_key;

/// An acknowledged write that is gone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lost {
    /// The write.
    pub op: OpId,
    /// Its key.
    pub key: Key,
}

/// Writes that had been acknowledged by the `cursor` (a count of events), but that no node holds any more, up or down, and that no message
/// on its way carries, neither them nor anything that replaces them. `history` may know more than has happened; `world` stands at the
/// cursor.
pub fn lost(world: &World, history: &History, cursor: u32) -> Vec<Lost> {
    let rule = world.settings().rule;
    let mut found = Vec::new();
    let mut flying: Vec<(&Key, &Arc<Row>)> = Vec::new();
    for flight in world.in_flight() {
        let message = &flight.message;
        let key = message.op.and_then(|op| history.operation(op)).map(|o| &o.request.key);
        flying.extend(key.zip(message.body.row()));
    }
    for (key, operations) in by_key(history) {
        let told = |o: &&&Operation| o.ended.as_ref().is_some_and(|(e, _, end)| e.0 < cursor && matches!(end, Outcome::Written { .. }));
        let acked: Vec<(&Operation, &Version)> = operations.iter().filter(told).filter_map(|o| Some((*o, o.version.as_ref()?))).collect();
        let covers = |row: &Row, version: &Version| {
            row.versions().iter().any(|held| matches!(rule.compare(held, version), Order::Equal | Order::Newer))
        };
        let covers_all = |row: &Arc<Row>| acked.iter().all(|(_, version)| covers(row, version));
        // Mostly the first node that holds the key holds its newest version.
        if acked.is_empty() || stored(world, key).any(covers_all) {
            continue;
        }
        let on_the_way = flying.iter().filter(|(k, _)| *k == key).map(|(_, row)| *row);
        let left = stored(world, key).chain(on_the_way).fold(None, |merged, row| rule.merged(merged, Some(row)));
        let gone = acked.into_iter().filter(|(_, version)| !left.as_ref().is_some_and(|row| covers(row, version)));
        found.extend(gone.map(|(operation, _)| Lost { op: operation.id, key: key.clone() }));
    }
    arrange(&mut found, |a, b| a.op.cmp(&b.op));
    found
}

/// The rows of a key on all disks: held, held in place of others, or kept as hints.
fn stored<'a>(world: &'a World, key: &'a Key) -> impl Iterator<Item = &'a Arc<Row>> {
    world.hosts().iter().flat_map(move |host| {
        let node = &host.node;
        let guests = node.guests.all().values().filter_map(move |guest| guest.store.get(key));
        let hints = node.hints.lines().values().flat_map(|line| &line.hints).map(|kept| &kept.hint);
        node.store.get(key).into_iter().chain(guests).chain(hints.filter(move |hint| hint.key == *key).map(|hint| &hint.row))
    })
}
