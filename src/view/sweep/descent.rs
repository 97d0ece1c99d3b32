//! A comparison of trees at the cursor, level by level or bucket by bucket: read off the messages that were sent and heard, with the trees as
//! both nodes had them when it began.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::exchange::{Exchange, Mark};
use super::follow::Follow;
use crate::engine::base::{Endpoint, EventId, NodeId, map_of, set_of};
use crate::engine::node::sweeps::{Held, Place, Say, SegmentSay, SessionId, SweepStep, Work};
use crate::engine::node::{Body, Method, Note};
use crate::engine::sweep::Tree;
use crate::engine::world::{Event, EventKind, World};
use crate::lab::Session;

/// A descent as far as it has been read.
#[derive(Debug, Clone)]
pub struct Descent {
    /// Which.
    pub id: SessionId,
    /// With whom.
    pub with: NodeId,
    /// The trees and what is known of them.
    pub exchange: Exchange,
    follow: Follow,
    /// Questions, by level and part.
    asked: BTreeMap<(u32, u32), Box<[Place]>>,
}

impl Descent {
    /// A descent that has only begun: the asker's trees are made in the same moment.
    pub fn new(id: SessionId, with: NodeId, bits: u32, asking: Vec<Arc<Tree>>) -> Descent {
        let exchange = Exchange { bits, ranges: asking.len() as u32, asking, ..Exchange::default() };
        Descent { id, with, exchange, follow: Follow::default(), asked: BTreeMap::new() }
    }

    /// Takes in what has happened up to the cursor. Returns whether it must be made anew, because the cursor went back.
    pub fn follow(&mut self, session: &Session) -> bool {
        let Some(news) = self.follow.news(session, self.id) else { return true };
        for event in news {
            if let Some(entry) = session.log().get(event.0 as usize) {
                self.take(session, *event, entry);
            }
        }
        false
    }

    fn take(&mut self, session: &Session, id: EventId, event: &Event) {
        match &event.kind {
            EventKind::Note(Note::Sweep { step: SweepStep::Trees { .. }, .. }) if event.who == Some(Endpoint::Node(self.with)) => {
                self.exchange.answering = answering_trees(session, id, self.id, self.with);
            }
            EventKind::Note(Note::Sweep { step: SweepStep::Compared { level, count }, .. }) => {
                if let Some(level) = self.exchange.levels.get_mut(*level as usize) {
                    // A level may be compared in pieces.
                    let known = level.count.get_or_insert_default();
                    (known.compared, known.differed) = (known.compared + count.compared, known.differed + count.differed);
                }
            }
            EventKind::Sent(message) => {
                if let Body::Sweep { say, .. } = &message.body {
                    self.sent(say);
                }
            }
            EventKind::Delivered(message) if message.to == Endpoint::Node(self.id.by) => {
                if let Body::Sweep { say, .. } = &message.body {
                    self.came(say);
                }
            }
            _ => {}
        }
    }

    fn sent(&mut self, say: &Say) {
        match say {
            Say::Open { ranges, policy } if policy.method == Method::Descent => {
                for range in 0..ranges.len() as u32 {
                    self.exchange.mark(&Place { range, level: 0, index: 0 }, Mark::Asked);
                }
            }
            Say::Roots(roots) => {
                for range in 0..roots.len() as u32 {
                    self.exchange.mark(&Place { range, level: 0, index: 0 }, Mark::Sent);
                }
            }
            Say::Children { part, level, nodes } => {
                self.asked.insert((*level, *part), nodes.clone());
                self.mark_children(nodes, Mark::Asked);
            }
            Say::Hashes { part, level, .. } => {
                let nodes = self.asked.get(&(*level, *part)).cloned().unwrap_or_default();
                self.mark_children(&nodes, Mark::Sent);
            }
            Say::Segments(SegmentSay::Bucket { ask, bucket }) => {
                self.asked.insert((u32::MAX, *ask), [*bucket].into());
                // Trees of segments have a fixed shape.
                self.exchange.bottoms = self.exchange.asking.iter().map(|tree| tree.depth()).collect();
                self.own_bucket(*bucket).iter().for_each(|place| self.exchange.mark(place, Mark::Asked));
            }
            Say::Segments(SegmentSay::Hashes { ask, hashes }) => {
                let Some(bucket) = self.asked.get(&(u32::MAX, *ask)).and_then(|asked| asked.first()).copied() else { return };
                for (index, _) in hashes {
                    self.exchange.mark(&Place { index: u64::from(*index), ..bucket }, Mark::Sent);
                }
            }
            _ => {}
        }
    }

    fn mark_children(&mut self, nodes: &[Place], mark: Mark) {
        let bits = self.exchange.bits;
        nodes.iter().flat_map(|node| children(node, bits)).for_each(|child| self.exchange.mark(&child, mark));
    }

    /// What the asker hears it compares at once.
    fn came(&mut self, say: &Say) {
        match say {
            Say::Roots(roots) if roots.len() == self.exchange.asking.len() && self.exchange.bottoms.is_empty() => {
                let hides = |tree: &Tree| tree.policy().combine.hides_depth();
                let bottom = |(tree, (depth, _)): (&Arc<Tree>, &(u32, _))| {
                    if hides(tree) || *depth == tree.depth() { tree.depth().min(*depth) } else { 0 }
                };
                self.exchange.bottoms = self.exchange.asking.iter().zip(roots.iter()).map(bottom).collect();
                for (range, (_, root)) in (0u32..).zip(roots.iter()) {
                    self.exchange.compare(&Place { range, level: 0, index: 0 }, root);
                }
            }
            Say::Hashes { part, level, hashes } => {
                let nodes = self.asked.remove(&(*level, *part)).unwrap_or_default();
                if hashes.len() == nodes.len() << self.exchange.bits {
                    let places: Vec<Place> = nodes.iter().flat_map(|node| children(node, self.exchange.bits)).collect();
                    for (child, hash) in places.iter().zip(hashes.iter()) {
                        self.exchange.compare(child, hash);
                    }
                }
            }
            Say::Segments(SegmentSay::Hashes { ask, hashes }) => {
                let Some(bucket) = self.asked.remove(&(u32::MAX, *ask)).and_then(|asked| asked.first().copied()) else { return };
                let theirs = map_of(hashes.iter().map(|(index, hash)| (u64::from(*index), *hash)));
                let own = self.own_bucket(bucket);
                let both = set_of(own.iter().map(|place| place.index).chain(theirs.keys().copied()));
                for index in both {
                    let place = Place { index, ..bucket };
                    match theirs.get(&index) {
                        Some(hash) => _ = self.exchange.compare(&place, hash),
                        // The other side has no rows below it, and a hash of nothing is not told.
                        None => self.exchange.differs(&place),
                    }
                }
            }
            _ => {}
        }
    }

    /// Nodes of a bucket that have rows below them at the one who asks.
    fn own_bucket(&self, bucket: Place) -> Vec<Place> {
        let Some(tree) = self.exchange.asking.get(bucket.range as usize) else { return Vec::new() };
        let ids = if bucket.level == 0 { 0..1 } else { bucket.index << self.exchange.bits..(bucket.index + 1) << self.exchange.bits };
        let held = |index: &u64| tree.level(bucket.level, *index, index + 1).iter().any(|word| *word != 0);
        ids.filter(held).map(|index| Place { index, ..bucket }).collect()
    }
}

fn children(node: &Place, bits: u32) -> impl Iterator<Item = Place> + use<> {
    let node = *node;
    (node.index << bits..(node.index + 1) << bits).map(move |index| Place { range: node.range, level: node.level + 1, index })
}

/// The trees that the asker made for this sweep, if it is still at it in this world.
pub fn asking_trees(world: &World, id: SessionId) -> Vec<Arc<Tree>> {
    let asking = world.host(id.by).and_then(|host| host.node.sweeps.asking().get(&id.number)).filter(|asking| asking.session == id);
    match asking.map(|asking| &asking.work) {
        Some(Work::Descent(descent)) => descent.trees.clone(),
        Some(Work::Segments(exchange)) => exchange.trees.iter().map(|made| made.tree.clone()).collect(),
        _ => Vec::new(),
    }
}

/// The trees that the other side made. They are in the world as long as the sweep goes on; afterwards one looks back to just after `made`.
fn answering_trees(session: &Session, made: EventId, id: SessionId, with: NodeId) -> Vec<Arc<Tree>> {
    let of = |world: &World| {
        let answering = world.host(with).and_then(|host| host.node.sweeps.answering().get(&id));
        match answering.map(|answering| &answering.work) {
            Some(work @ Held::Descent(_)) => work.trees().to_vec(),
            Some(Held::Segments(trees)) => trees.iter().map(|made| made.tree.clone()).collect(),
            _ => Vec::new(),
        }
    };
    let now = of(session.world());
    if now.is_empty() { of(&session.peek(made.0 + 1).world) } else { now }
}
