//! What a client remembers of its session, and whom it asks next.

use std::sync::Arc;

use crate::engine::base::NodeId;
use crate::engine::data::{Key, Merge, PageMap, Row, Rule, Version};
use crate::engine::node::{ClientSettings, Outcome, Request};

/// The newest that one client has written and read, and the coordinator it stays with. Kept only while the session asks for it.
#[derive(Debug, Clone, Default)]
pub(super) struct Session {
    written: PageMap<Key, Arc<Row>>,
    read: PageMap<Key, Arc<Row>>,
    /// The coordinator that answered last.
    pub coordinator: Option<NodeId>,
}

impl Session {
    /// The least that an answer about `key` must hold; none if anything will do.
    pub fn floor(&self, key: &Key, settings: &ClientSettings, rule: Rule) -> Option<Arc<Row>> {
        let written = settings.read_your_writes.then(|| self.written.get(key)).flatten();
        let read = settings.monotonic_reads.then(|| self.read.get(key)).flatten();
        rule.merged(written.cloned(), read)
    }

    /// Takes in how an operation ended.
    pub fn remember(&mut self, request: &Request, outcome: &Outcome, settings: &ClientSettings, rule: Rule) {
        let (side, row) = match outcome {
            Outcome::Written { clock, .. } if settings.read_your_writes => {
                let Some(payload) = request.verb.payload() else { return };
                (&mut self.written, Arc::new(Row::single(Version { clock: *clock, payload })))
            }
            Outcome::Found(Some(row)) if settings.monotonic_reads => (&mut self.read, row.clone()),
            _ => return,
        };
        if let Some(newest) = rule.merged(side.get(&request.key).cloned(), Some(&row)) {
            side.insert(request.key.clone(), newest);
        }
    }
}

/// Whether `found` lacks something of `floor`.
pub(super) fn lacks(rule: Rule, found: Option<&Arc<Row>>, floor: &Arc<Row>) -> bool {
    found.is_none_or(|found| matches!(rule.merge(found, floor), Merge::Right | Merge::Both(_)))
}

/// Another coordinator than those tried: the key's replicas first, which answer from their own copy, then everyone else. When all have
/// been tried the round begins again.
pub(super) fn another(replicas: &[NodeId], nodes: u32, tried: &mut Vec<NodeId>) -> NodeId {
    let others = (0..nodes).map(NodeId).filter(|node| !replicas.contains(node));
    let all: Vec<NodeId> = replicas.iter().copied().chain(others).collect();
    let next = all.iter().copied().find(|node| !tried.contains(node)).unwrap_or_else(|| {
        let last = tried.last().copied();
        tried.clear();
        all.iter().copied().find(|node| Some(*node) != last).or(last).unwrap_or(NodeId(0))
    });
    tried.push(next);
    next
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replicas_are_tried_first_and_nobody_twice_in_a_round() {
        let replicas = [NodeId(3), NodeId(1)];
        let mut tried = vec![NodeId(1)];
        let order: Vec<u32> = (0..6).map(|_| another(&replicas, 4, &mut tried).0).collect();
        assert_eq!(order, [3, 0, 2, 3, 1, 0], "after everyone the round begins again");
        assert_eq!(another(&[NodeId(0)], 1, &mut vec![NodeId(0)]), NodeId(0), "a cluster of one has no other");
    }
}
