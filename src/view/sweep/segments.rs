//! Trees of segments beside their drawing: whether they are locked, which segments have changed since, and how far the reads have come that
//! mend what differs (Riak, active anti-entropy).

use crate::engine::base::NodeId;
use crate::engine::data::Key;
use crate::engine::node::Note;
use crate::engine::node::sweeps::{Held, Place, SessionId, Work};
use crate::engine::sweep::TokenRange;
use crate::engine::world::{EventKind, World};
use crate::lab::Session;
use crate::view::format::{count, counted};

/// A node's trees of the ranges of an exchange, as they are now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upkeep {
    /// Whose.
    pub node: NodeId,
    /// Whether this exchange holds them.
    pub locked: bool,
    /// Whether they are being made.
    pub building: bool,
    /// Rows that they know of; `None` while there are none of these ranges.
    pub rows: Option<u64>,
    /// Segments that have changed since their hashes were computed.
    pub dirty: Vec<Place>,
}

/// Dirty segments that are looked for at most.
const MOST: usize = 2_000;

fn locked(world: &World, node: NodeId, id: SessionId) -> bool {
    let Some(host) = world.host(node) else { return false };
    let asking = host.node.sweeps.asking().get(&id.number).filter(|asking| asking.session == id);
    asking.is_some_and(|asking| matches!(asking.work, Work::Segments(_)))
        || host.node.sweeps.answering().get(&id).is_some_and(|answering| matches!(answering.work, Held::Segments(_)))
}

/// A node's trees as they are now.
pub fn upkeep(world: &World, node: NodeId, id: SessionId, ranges: &[TokenRange]) -> Upkeep {
    let mut all = Upkeep { node, locked: locked(world, node, id), building: false, rows: None, dirty: Vec::new() };
    let Some(host) = world.host(node) else { return all };
    let store = host.node.sweeps.segments();
    all.building = store.is_building();
    for (range, made) in (0u32..).zip(ranges).filter_map(|(number, range)| Some((number, store.tree(*range)?))) {
        all.rows = Some(all.rows.unwrap_or(0) + made.rows());
        let level = made.tree.depth();
        all.dirty.extend(made.tree.stale_leaves().take(MOST).map(|index| Place { range, level, index }));
    }
    all
}

impl Upkeep {
    /// The same in words.
    pub fn words(&self) -> String {
        let node = self.node;
        let Some(rows) = self.rows else {
            return if self.building { format!("{node} makes its tree.") } else { format!("{node} has no tree yet.") };
        };
        let lock = if self.locked { "locked" } else { "open" };
        let dirty = match self.dirty.len() as u64 {
            0 => "no segment is dirty".to_owned(),
            n => format!("{} dirty", counted(n, "segment is", "segments are")),
        };
        format!("{node}'s tree is {lock} and knows {}; {dirty}.", counted(rows, "row", "rows"))
    }
}

/// How far the reads of an exchange have come.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Reads {
    /// Keys that have been read.
    pub done: Vec<Key>,
    /// The key that is being read.
    pub now: Option<Key>,
    /// How many wait.
    pub wait: u64,
}

impl Reads {
    /// The same in words; nothing before the first.
    pub fn words(&self) -> Option<String> {
        let now = match &self.now {
            Some(key) => format!("{} is being read", key.name()),
            None if self.done.is_empty() => return None,
            None => "no key is being read".to_owned(),
        };
        Some(format!("{now}: {} done, {} to come.", count(self.done.len() as u64), count(self.wait)))
    }
}

/// The reads up to the cursor.
pub fn reads(session: &Session, id: SessionId) -> Reads {
    let asking = session.world().host(id.by).and_then(|host| host.node.sweeps.asking().get(&id.number)).filter(|a| a.session == id);
    let mut all = Reads::default();
    if let Some(Work::Segments(exchange)) = asking.map(|asking| &asking.work) {
        all.wait = exchange.keys.len() as u64;
        all.now = exchange.read.as_ref().map(|(_, key)| key.clone());
    }
    let events = session.sweep_log().events(id);
    for event in &events[..events.partition_point(|event| event.0 < session.cursor())] {
        if let Some(EventKind::Note(Note::SweepRead { key, .. })) = session.log().get(event.0 as usize).map(|entry| &entry.kind)
            && all.now.as_ref() != Some(key)
        {
            all.done.push(key.clone());
        }
    }
    all
}
