//! A Merkle descent at the cursor: read off the messages that were sent and heard, with the trees as both nodes made them.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::exchange::{Exchange, Mark};
use crate::engine::base::{Endpoint, EventId, NodeId};
use crate::engine::node::sweeps::{Held, Place, Say, SessionId, SweepStep, Work};
use crate::engine::node::{Body, Note};
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
    /// Events of the sweep that have been taken in.
    seen: usize,
    /// The last of them: a recording that was cut and went on otherwise has another one there.
    last: Option<EventId>,
    /// Questions, by level and part.
    asked: BTreeMap<(u32, u32), Box<[Place]>>,
}

impl Descent {
    /// A descent that has only begun: the asker's trees are made in the same moment.
    pub fn new(id: SessionId, with: NodeId, bits: u32, asking: Vec<Arc<Tree>>) -> Descent {
        let exchange = Exchange { bits, ranges: asking.len() as u32, asking, ..Exchange::default() };
        Descent { id, with, exchange, seen: 0, last: None, asked: BTreeMap::new() }
    }

    /// Takes in what has happened up to the cursor. Returns whether it must be made anew, because the cursor went back.
    pub fn follow(&mut self, session: &Session) -> bool {
        let events = session.sweep_log().events(self.id);
        let past = events.partition_point(|event| event.0 < session.cursor());
        let same = self.seen == 0 || self.seen <= past && events.get(self.seen - 1).copied() == self.last;
        if !same {
            return true;
        }
        for event in &events[self.seen..past] {
            if let Some(entry) = session.log().get(event.0 as usize) {
                self.take(session, *event, entry);
            }
            self.last = Some(*event);
        }
        self.seen = past;
        false
    }

    fn take(&mut self, session: &Session, id: EventId, event: &Event) {
        match &event.kind {
            EventKind::Note(Note::Sweep { step: SweepStep::Trees { .. }, .. }) if event.who == Some(Endpoint::Node(self.with)) => {
                self.exchange.answering = answering_trees(session, id, self.id, self.with);
            }
            EventKind::Note(Note::Sweep { step: SweepStep::Compared { level, count }, .. }) => {
                if let Some(level) = self.exchange.levels.get_mut(*level as usize) {
                    level.count = Some(*count);
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
            Say::Open { ranges, .. } => {
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
            _ => {}
        }
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
        _ => Vec::new(),
    }
}

/// The trees that the other side made. They are in the world as long as the sweep goes on; afterwards one looks back to just after `made`.
fn answering_trees(session: &Session, made: EventId, id: SessionId, with: NodeId) -> Vec<Arc<Tree>> {
    let of = |world: &World| {
        let answering = world.host(with).and_then(|host| host.node.sweeps.answering().get(&id));
        match answering.map(|answering| &answering.work) {
            Some(work @ Held::Descent(_)) => work.trees().to_vec(),
            _ => Vec::new(),
        }
    };
    let now = of(session.world());
    if now.is_empty() { of(&session.peek(made.0 + 1).world) } else { now }
}
