//! Acknowledged writes of which nothing is left.

use std::sync::Arc;

use crate::engine::base::OpId;
use crate::engine::data::{Key, Order, Row};
use crate::engine::node::Outcome;
use crate::engine::observe::History;
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
        let stored = world.hosts().iter().filter_map(|h| h.node.store.get(key));
        let on_the_way = flying.iter().filter(|(k, _)| *k == key).map(|(_, row)| *row);
        let left = stored.chain(on_the_way).fold(None, |merged, row| rule.merged(merged, Some(row)));
        for operation in operations {
            let told = operation.ended.as_ref().is_some_and(|(e, _, o)| e.0 < cursor && matches!(o, Outcome::Written { .. }));
            let Some(version) = operation.version.as_ref().filter(|_| told) else { continue };
            let versions = left.as_ref().map_or(&[][..], |row| row.versions());
            if !versions.iter().any(|held| matches!(rule.compare(held, version), Order::Equal | Order::Newer)) {
                found.push(Lost { op: operation.id, key: key.clone() });
            }
        }
    }
    found.sort_by_key(|l| l.op);
    found
}
