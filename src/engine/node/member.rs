//! Who lives: simple heartbeats. Every node tells every other that it lives; silence means down.

use std::collections::BTreeMap;

use super::{Body, Ctx, Detector, Node, Note, Timer};
use crate::engine::base::{Micros, NodeId, Purpose, uniform};

/// What a node has heard from its peers.
#[derive(Debug, Clone, Default)]
pub struct Heartbeats {
    /// Which run of the detector this is; timers of an older one are ignored.
    epoch: u32,
    /// Heartbeats sent since the node started.
    beats: u32,
    heard: BTreeMap<NodeId, Micros>,
    /// Everyone believed down, since when.
    suspected: BTreeMap<NodeId, Micros>,
}

impl Heartbeats {
    /// Whether `peer` is believed down.
    pub fn suspects(&self, peer: NodeId) -> bool {
        self.suspected.contains_key(&peer)
    }

    /// Whether a beat of this epoch still counts.
    pub fn is_current(&self, epoch: u32) -> bool {
        epoch == self.epoch && !self.heard.is_empty()
    }

    /// Everyone believed down.
    pub fn suspected(&self) -> impl Iterator<Item = NodeId> + '_ {
        self.suspected.keys().copied()
    }

    /// Since when `peer` has been believed down.
    pub fn down_since(&self, peer: NodeId) -> Option<Micros> {
        self.suspected.get(&peer).copied()
    }

    /// When `peer` was last heard; `None` before the detector started.
    pub fn last_heard(&self, peer: NodeId) -> Option<Micros> {
        self.heard.get(&peer).copied()
    }
}

impl Node {
    /// (Re)starts the detector: everyone is believed up, and the first beat falls at a random point of the interval so that nodes
    /// do not beat in step.
    pub(super) fn start_heartbeats(&mut self, ctx: &mut Ctx<'_>) {
        let epoch = self.heartbeats.epoch + 1;
        let beats = self.heartbeats.beats;
        self.heartbeats = Heartbeats { epoch, beats, ..Heartbeats::default() };
        if let Detector::Heartbeat { every, .. } = ctx.settings.detector {
            let peers = ctx.ring.tokens().iter().map(|(_, node)| *node).filter(|node| *node != self.id);
            self.heartbeats.heard = peers.map(|peer| (peer, ctx.now)).collect();
            let key = [u64::from(self.id.0), u64::from(self.generation), u64::from(epoch)];
            let first = uniform(ctx.draws.draw(Purpose::Phase, key), Micros::ZERO, every);
            ctx.wake(first, Timer::Beat(epoch));
        }
    }

    /// Tells everyone "I live", looks who has been silent, and sets the next beat.
    pub(super) fn beat(&mut self, epoch: u32, ctx: &mut Ctx<'_>) {
        let Detector::Heartbeat { every, timeout } = ctx.settings.detector else { return };
        if epoch != self.heartbeats.epoch {
            return;
        }
        self.heartbeats.beats += 1;
        let body = Body::Heartbeat { generation: self.generation, beat: self.heartbeats.beats };
        for (peer, heard) in &self.heartbeats.heard {
            ctx.send(*peer, None, body.clone());
            if ctx.now.since(*heard) > timeout && self.heartbeats.suspected.insert(*peer, ctx.now).is_none() {
                ctx.note(None, Note::Suspected(*peer));
            }
        }
        // An interval of zero would never let time pass.
        ctx.wake(every.max(Micros(1)), Timer::Beat(epoch));
    }

    pub(super) fn heard(&mut self, from: NodeId, ctx: &mut Ctx<'_>) {
        if let Some(last) = self.heartbeats.heard.get_mut(&from) {
            *last = ctx.now;
            if self.heartbeats.suspected.remove(&from).is_some() {
                ctx.note(None, Note::Trusted(from));
                self.hints_on_up(from, ctx);
            }
        }
    }
}
