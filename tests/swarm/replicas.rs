//! The reference for what replicas hold: for each, the versions it was given in order, how many of them are on disk, and nothing else.
//! What it holds for a key is the largest of them; a crash takes the list back to the disk.

use std::collections::{BTreeMap, BTreeSet};

use drift::engine::base::{Endpoint, Micros, NodeId, OpId};
use drift::engine::data::{Clock, Key, Payload, Row, Version, row_digest};
use drift::engine::node::{Body, Message, Note, Timer, Traffic};
use drift::engine::world::{Event, EventKind, Fault, Status, World};

use crate::rules::Rules;

/// Where a version stands among others of its key under last write wins: time, then tombstone, then bytes, then maker.
pub fn rank(version: &Version) -> (u64, bool, &[u8], u32) {
    let Clock::Stamp(stamp) = version.clock;
    match &version.payload {
        Payload::Value(bytes) => (stamp.micros, false, bytes, stamp.node.0),
        Payload::Tombstone => (stamp.micros, true, &[], stamp.node.0),
    }
}

/// The one version of a row.
pub fn only(row: &Row) -> &Version {
    &row.versions()[0]
}

#[derive(Default)]
struct Replica {
    given: Vec<(Key, Version)>,
    /// How many of `given` are on disk.
    disk: usize,
    /// When the rest must be.
    due: Option<Micros>,
    last_stamp: u64,
}

impl Replica {
    fn holds(&self, key: &Key) -> Option<&Version> {
        self.given.iter().filter(|(k, _)| k == key).map(|(_, v)| v).max_by_key(|v| rank(v))
    }

    fn has_at_least(&self, key: &Key, version: &Version, on_disk: bool) -> bool {
        let known = if on_disk { &self.given[..self.disk] } else { &self.given };
        known.iter().any(|(k, v)| k == key && rank(v) >= rank(version))
    }
}

/// The reference for all replicas.
pub struct Replicas {
    each: Vec<Replica>,
    /// Every version ever made.
    made: BTreeSet<(Key, Version)>,
    keys: BTreeMap<OpId, Key>,
    /// What a replica was given for an operation, until it acknowledges it: by a write, or by a repair.
    owed: BTreeMap<(OpId, NodeId, bool), (Key, Version)>,
    touched: BTreeSet<(NodeId, Key)>,
}

impl Replicas {
    /// Replicas that hold nothing.
    pub fn new(nodes: u32) -> Replicas {
        Replicas {
            each: (0..nodes).map(|_| Replica::default()).collect(),
            made: BTreeSet::new(),
            keys: BTreeMap::new(),
            owed: BTreeMap::new(),
            touched: BTreeSet::new(),
        }
    }

    /// Follows one event.
    pub fn see(&mut self, event: &Event, world: &World, rules: &Rules) -> Result<(), String> {
        let node = event.who.and_then(Endpoint::node);
        match (&event.kind, node) {
            (EventKind::Began { request, .. }, _) => {
                self.keys.extend(event.op.map(|op| (op, request.key.clone())));
                Ok(())
            }
            (EventKind::Note(Note::Stamped { key, version }), Some(node)) => self.stamped(node, key, version),
            (EventKind::Delivered(message), Some(node)) => self.delivered(node, message, event.at, rules),
            // Of the rows of a sweep a replica takes those of sessions it knows.
            (EventKind::Applied(applied), Some(node)) if applied.by == Traffic::Tree => {
                self.given(node, &applied.key, &applied.given, event.at, rules)
            }
            (EventKind::Sent(message), Some(node)) => self.said(node, message, rules),
            (EventKind::Timer(Timer::Sync), Some(node)) => {
                let replica = &mut self.each[node.index()];
                replica.disk = replica.given.len();
                let due = replica.due.take();
                if due.is_some_and(|due| due <= event.at) { Ok(()) } else { Err(format!("{node} syncs at the wrong time: {due:?}")) }
            }
            (EventKind::Fault(Fault::Crashed { lost }), Some(node)) => self.crashed(node, *lost),
            (EventKind::Fault(Fault::Wiped { .. }), Some(node)) => {
                self.each[node.index()] = Replica { last_stamp: self.each[node.index()].last_stamp, ..Replica::default() };
                Ok(())
            }
            (EventKind::Fault(Fault::Preloaded { .. }), _) => self.preloaded(world),
            _ => Ok(()),
        }
    }

    fn stamped(&mut self, node: NodeId, key: &Key, version: &Version) -> Result<(), String> {
        let Clock::Stamp(stamp) = version.clock;
        let last = &mut self.each[node.index()].last_stamp;
        if stamp.node != node || stamp.micros <= *last {
            return Err(format!("{node} stamped {version:?} after {last}"));
        }
        *last = stamp.micros;
        self.made.insert((key.clone(), version.clone()));
        Ok(())
    }

    fn delivered(&mut self, node: NodeId, message: &Message, now: Micros, rules: &Rules) -> Result<(), String> {
        let (Body::Write { key, row } | Body::Repair { key, row }) = &message.body else { return Ok(()) };
        if let Some(op) = message.op {
            self.owed.insert((op, node, matches!(message.body, Body::Repair { .. })), (key.clone(), only(row).clone()));
        }
        self.given(node, key, row, now, rules)
    }

    /// A replica is given a row, which somebody must have made.
    fn given(&mut self, node: NodeId, key: &Key, row: &Row, now: Micros, rules: &Rules) -> Result<(), String> {
        let version = only(row);
        if row.versions().len() != 1 || !self.made.contains(&(key.clone(), version.clone())) {
            return Err(format!("{node} was given a version of {key} that nobody made: {row:?}"));
        }
        let replica = &mut self.each[node.index()];
        if replica.holds(key).is_none_or(|held| rank(held) < rank(version)) {
            replica.given.push((key.clone(), version.clone()));
            if let (Some(span), None) = (rules.lazy_sync, replica.due) {
                replica.due = Some(now.plus(span));
            }
        }
        if rules.lazy_sync.is_none() {
            replica.disk = replica.given.len();
        }
        self.touched.insert((node, key.clone()));
        Ok(())
    }

    /// What a replica says about itself must be so.
    fn said(&self, node: NodeId, message: &Message, rules: &Rules) -> Result<(), String> {
        let Some(op) = message.op else { return Ok(()) };
        let replica = &self.each[node.index()];
        let row = || self.keys.get(&op).and_then(|key| replica.holds(key)).map(|v| std::sync::Arc::new(Row::single(v.clone())));
        let right = match &message.body {
            Body::WriteAck | Body::RepairAck => {
                let owed = self.owed.get(&(op, node, message.body == Body::RepairAck));
                owed.is_some_and(|(key, version)| replica.has_at_least(key, version, rules.lazy_sync.is_none()))
            }
            Body::Data { row: said, .. } => *said == row(),
            Body::Digest(said) => *said == row_digest(&row()),
            _ => true,
        };
        if right { Ok(()) } else { Err(format!("{node} says what is not so: {message:?}")) }
    }

    fn crashed(&mut self, node: NodeId, lost: u32) -> Result<(), String> {
        let replica = &mut self.each[node.index()];
        let gone: BTreeSet<Key> = replica.given.drain(replica.disk..).map(|(key, _)| key).collect();
        replica.due = None;
        if gone.len() as u32 != lost {
            return Err(format!("{node} lost {lost} keys in a crash, should be {}", gone.len()));
        }
        self.touched.extend(gone.into_iter().map(|key| (node, key)));
        Ok(())
    }

    /// Preloads are drawn, so they are taken as they are; but each key must be at its N replicas, alike, and nowhere else.
    fn preloaded(&mut self, world: &World) -> Result<(), String> {
        let mut rows: BTreeMap<Key, Vec<(NodeId, Version)>> = BTreeMap::new();
        for host in world.hosts() {
            for (key, row) in host.node.store.rows().iter() {
                rows.entry(key.clone()).or_default().push((host.node.id, only(row).clone()));
            }
        }
        for (key, copies) in rows {
            let mut wanted = world.ring().replicas(key.token(), &world.settings().replicas);
            wanted.sort_unstable();
            let at: Vec<NodeId> = copies.iter().map(|(node, _)| *node).collect();
            if at != wanted || copies.iter().any(|(_, version)| *version != copies[0].1) {
                return Err(format!("{key} was preloaded to {copies:?}, should be at {wanted:?}"));
            }
            self.made.insert((key.clone(), copies[0].1.clone()));
            for (node, version) in copies {
                let replica = &mut self.each[node.index()];
                replica.given.push((key.clone(), version));
                replica.disk = replica.given.len();
            }
        }
        Ok(())
    }

    /// After a step: whatever it touched is as the reference says, and no sync is overdue.
    pub fn compare(&mut self, world: &World) -> Result<(), String> {
        for (node, key) in std::mem::take(&mut self.touched) {
            let held = world.host(node).and_then(|host| host.node.store.get(&key)).map(|row| only(row));
            let wanted = self.each[node.index()].holds(&key);
            if held != wanted {
                return Err(format!("{node} holds {held:?} for {key}, should hold {wanted:?}"));
            }
        }
        for host in world.hosts() {
            let overdue = self.each[host.node.id.index()].due.is_some_and(|due| due < world.now());
            if overdue && host.status == Status::Up {
                return Err(format!("{} has not brought its log to disk in time", host.node.id));
            }
        }
        Ok(())
    }

    /// At the end: every row of every store is as the reference says.
    pub fn compare_all(&self, world: &World) -> Result<(), String> {
        for host in world.hosts() {
            let held: BTreeMap<&Key, &Version> = host.node.store.rows().iter().map(|(key, row)| (key, only(row))).collect();
            let replica = &self.each[host.node.id.index()];
            let wanted: BTreeMap<&Key, &Version> = replica.given.iter().filter_map(|(key, _)| Some((key, replica.holds(key)?))).collect();
            if held != wanted {
                return Err(format!("{} holds {held:?}, should hold {wanted:?}", host.node.id));
            }
        }
        Ok(())
    }
}
