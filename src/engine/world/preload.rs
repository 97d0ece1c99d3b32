//! Preloading: rows that all replicas hold from the start, without a message.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::engine::base::{Draws, NodeId, Purpose};
use crate::engine::data::{Key, PageMap, Payload, Row, Rule, Version};
use crate::engine::node::CLOCK_EPOCH;
use crate::engine::place::{Replication, Ring};

/// How to fill the stores.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Preload {
    /// Keys, named `key-0`, `key-1`, ….
    pub count: u64,
    /// Tells the values of one preload from those of another.
    #[serde(default)]
    pub seed: u64,
    /// Bytes of each value.
    #[serde(default = "default_value_bytes")]
    pub value_bytes: u32,
}

fn default_value_bytes() -> u32 {
    16
}

impl Preload {
    /// The rows in (token, key) order. All carry a stamp from just before the run.
    pub(super) fn rows(&self, draws: Draws, rule: Rule, summed: bool) -> Vec<(Key, Arc<Row>)> {
        let clock = rule.mint(NodeId(0), CLOCK_EPOCH - 1);
        let mut rows: Vec<(Key, Arc<Row>)> = (0..self.count)
            .map(|i| {
                let payload = Payload::Value(self.value(draws, i));
                let payload = if summed { payload.summed() } else { payload };
                (Key::new(&format!("key-{i}")), Arc::new(Row::single(Version { clock, payload })))
            })
            .collect();
        rows.sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
        rows
    }

    /// Hexadecimal digits, so that a value can be read on screen.
    fn value(&self, draws: Draws, i: u64) -> Arc<[u8]> {
        let len = self.value_bytes as usize;
        let mut text = String::with_capacity(len + 16);
        let mut block = 0;
        while text.len() < len {
            text.push_str(&format!("{:016x}", draws.draw(Purpose::Preload, [self.seed, i, block])));
            block += 1;
        }
        text.truncate(len);
        text.into_bytes().into()
    }

    /// Those of `rows` that `node` replicates.
    pub(super) fn share(rows: &[(Key, Arc<Row>)], ring: &Ring, n: &Replication, node: NodeId) -> PageMap<Key, Arc<Row>> {
        PageMap::from_sorted(rows.iter().filter(|(key, _)| ring.is_replica(key.token(), n, node)).cloned())
    }
}
