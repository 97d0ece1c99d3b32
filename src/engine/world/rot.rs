//! Bit rot: bytes of a value on a node's disk change by themselves, and the world remembers what was really written.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::event::{Event, Fault, Rotted};
use super::sim::World;
use crate::engine::base::{NodeId, Purpose};
use crate::engine::data::{Clock, Key, Payload, Row, Version, checksum};
use crate::engine::node::{Checksum, Node};

/// Rows as they were written, of those that changed by themselves.
pub(super) type Written = BTreeMap<(Key, Clock), Arc<Row>>;

impl World {
    /// What was written under the timestamp of this row: the row itself unless its bytes, or those it was copied from, have rotted.
    pub fn as_written(&self, key: &Key, row: &Arc<Row>) -> Arc<Row> {
        let [version] = row.versions() else { return row.clone() };
        if self.written.is_empty() {
            return row.clone();
        }
        self.written.get(&(key.clone(), version.clock)).unwrap_or(row).clone()
    }

    /// Whether this row says something else than was written under its timestamp.
    pub fn is_rotten(&self, key: &Key, version: &Version) -> bool {
        self.written
            .get(&(key.clone(), version.clock))
            .is_some_and(|row| row.versions().iter().all(|v| v.payload.bytes() != version.payload.bytes()))
    }

    /// Copies that say something else than was written, each with what was.
    pub fn rotten(&self) -> impl Iterator<Item = (NodeId, &Key, &Arc<Row>)> {
        let copies = self.written.iter().flat_map(|((key, clock), row)| self.hosts.iter().map(move |host| (host, key, clock, row)));
        copies.filter_map(|(host, key, clock, row)| {
            let held = host.node.store.get(key)?;
            let [version] = held.versions() else { return None };
            (version.clock == *clock && self.is_rotten(key, version)).then_some((host.node.id, key, row))
        })
    }

    /// Bytes of a value change. A copy that is not there, or is a tombstone, has none to change.
    pub(super) fn rot(&mut self, node: NodeId, key: &Key, sum: bool, value: Option<String>, log: &mut Vec<Event>) {
        let own = self.settings().integrity.checksum;
        let Some(before) = self.host(node).and_then(|host| host.node.store.get(key)).cloned() else { return };
        let [Version { clock, payload }] = before.versions() else { return };
        let Some(bytes) = payload.bytes() else { return };
        let changed: Arc<[u8]> = match value {
            Some(text) => text.into_bytes().into(),
            None => flipped(bytes, self.draws.draw(Purpose::Rot, [u64::from(node.0), key.token().0, clock_word(*clock), self.now.0])),
        };
        if changed == *bytes {
            return;
        }
        let payload = match payload {
            Payload::Summed(_, old) => Payload::Summed(changed.clone(), if sum { checksum(&changed) } else { *old }),
            _ => Payload::Value(changed),
        };
        let after = Arc::new(Row::single(Version { clock: *clock, payload }));
        let misfit = !sum && (own == Checksum::Replica || !after.fits());
        let written = Arc::make_mut(&mut self.written).entry((key.clone(), *clock)).or_insert_with(|| before.clone());
        let right = written.value() == after.value();
        if let Some(host) = self.hosts.get_mut(node.index()) {
            Arc::<Node>::make_mut(&mut host.node).rot(key, &before, &after, misfit);
        }
        let rotted = Rotted { key: key.clone(), before, after, misfit, right };
        self.fault(Some(node.into()), Fault::Rotted(Box::new(rotted)), log);
    }
}

const fn clock_word(clock: Clock) -> u64 {
    let Clock::Stamp(stamp) = clock;
    stamp.micros
}

/// The bytes with one of the low four bits of one of them changed, so that text stays readable; nothing becomes one byte.
fn flipped(bytes: &[u8], draw: u64) -> Arc<[u8]> {
    let mut changed = bytes.to_vec();
    match changed.len() as u64 {
        0 => changed.push(b'0'),
        len => changed[(draw >> 8) as usize % len as usize] ^= 1 << (draw & 3),
    }
    changed.into()
}
