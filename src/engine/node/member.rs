//! Who lives: every node tells every other that it lives, and too long a silence means down. How long is too long is the detector's rule:
//! a fixed span ([`Detector::Heartbeat`]) or what a peer's own rhythm makes improbable ([`Detector::Accrual`]).

use std::collections::BTreeMap;

use super::arrivals::Arrivals;
use super::settings::Phi;
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
    /// Peers believed down, with since when.
    down: BTreeMap<NodeId, Micros>,
    /// Rhythms of the peers; only the accrual detector learns them.
    windows: BTreeMap<NodeId, Arrivals>,
    /// Echoes asked for since the node started.
    echoes: u32,
    /// When the node last looked who is silent.
    looked: Micros,
    /// Until when nobody is given up, because the node itself stood still.
    lenient_until: Micros,
}

impl Heartbeats {
    /// Whether `peer` is believed down.
    pub fn suspects(&self, peer: NodeId) -> bool {
        self.down.contains_key(&peer)
    }

    /// Since when `peer` is believed down; `None` while it is believed up.
    pub fn down_since(&self, peer: NodeId) -> Option<Micros> {
        self.down.get(&peer).copied()
    }

    /// Whether a beat of this epoch still counts.
    pub fn is_current(&self, epoch: u32) -> bool {
        epoch == self.epoch && !self.heard.is_empty()
    }

    /// Everyone believed down.
    pub fn suspected(&self) -> impl Iterator<Item = NodeId> + '_ {
        self.down.keys().copied()
    }

    /// When `peer` was last heard; `None` before the detector started.
    pub fn last_heard(&self, peer: NodeId) -> Option<Micros> {
        self.heard.get(&peer).copied()
    }

    /// What the accrual detector knows of each peer's rhythm; empty under other detectors.
    pub fn windows(&self) -> impl Iterator<Item = (NodeId, &Arrivals)> {
        self.windows.iter().map(|(peer, arrivals)| (*peer, arrivals))
    }

    /// Suspicion of `peer` at `now`; `None` if the accrual detector is not in use.
    pub fn phi(&self, peer: NodeId, now: Micros) -> Option<Phi> {
        self.windows.get(&peer).map(|arrivals| arrivals.phi(now))
    }
}

impl Detector {
    /// Time between two heartbeats of one node; `None` if none are sent.
    pub const fn every(self) -> Option<Micros> {
        match self {
            Detector::None => None,
            Detector::Heartbeat { every, .. } => Some(every),
            Detector::Accrual(settings) => Some(settings.every),
        }
    }
}

impl Node {
    /// (Re)starts the detector: everyone is believed up, and the first beat falls at a random point of the interval so that nodes
    /// do not beat in step. The accrual detector takes this moment for a first heartbeat of everyone.
    pub(super) fn start_heartbeats(&mut self, ctx: &mut Ctx<'_>) {
        let epoch = self.heartbeats.epoch + 1;
        let (beats, echoes) = (self.heartbeats.beats, self.heartbeats.echoes);
        self.heartbeats = Heartbeats { epoch, beats, echoes, looked: ctx.now, ..Heartbeats::default() };
        let Some(every) = ctx.settings.detector.every() else { return };
        // Also those that only coordinate: they must know who is up.
        let peers = (0..ctx.ring.nodes()).map(NodeId).filter(|node| *node != self.id);
        self.heartbeats.heard.extend(peers.map(|peer| (peer, ctx.now)));
        if let Detector::Accrual(settings) = ctx.settings.detector {
            let window = |peer: &NodeId| (*peer, Arrivals::begin(ctx.now, settings.initial));
            self.heartbeats.windows.extend(self.heartbeats.heard.keys().map(window));
        }
        let key = [u64::from(self.id.0), u64::from(self.generation), u64::from(epoch)];
        let first = uniform(ctx.draws.draw(Purpose::Phase, key), Micros::ZERO, every);
        ctx.wake(first, Timer::Beat(epoch));
    }

    /// Tells everyone "I live", looks who has been silent, and sets the next beat.
    pub(super) fn beat(&mut self, epoch: u32, ctx: &mut Ctx<'_>) {
        let Some(every) = ctx.settings.detector.every() else { return };
        if epoch != self.heartbeats.epoch {
            return;
        }
        self.heartbeats.beats += 1;
        self.notice_own_pause(ctx);
        let body = Body::Heartbeat { generation: self.generation, beat: self.heartbeats.beats };
        let peers: Vec<NodeId> = self.heartbeats.heard.keys().copied().collect();
        for peer in peers {
            ctx.send(peer, None, body.clone());
            if !self.heartbeats.suspects(peer)
                && let Some(note) = self.gives_up(peer, ctx)
            {
                self.turned_down(peer, note, ctx);
            }
        }
        // An interval of zero would never let time pass.
        ctx.wake(every.max(Micros(1)), Timer::Beat(epoch));
    }

    /// A node that stood still heard nobody, which says nothing about the others (Cassandra's `MAX_LOCAL_PAUSE`).
    fn notice_own_pause(&mut self, ctx: &mut Ctx<'_>) {
        let stood = ctx.now.since(self.heartbeats.looked);
        self.heartbeats.looked = ctx.now;
        if let Detector::Accrual(settings) = ctx.settings.detector
            && stood > settings.pause
        {
            self.heartbeats.lenient_until = ctx.now.plus(settings.pause);
            ctx.note(None, Note::StoodStill { stood, lenient: settings.pause });
        }
    }

    /// Whether the detector's rule says that `peer` is down, and the note that says why.
    fn gives_up(&self, peer: NodeId, ctx: &Ctx<'_>) -> Option<Note> {
        match ctx.settings.detector {
            Detector::None => None,
            Detector::Heartbeat { timeout, .. } => {
                let silence = ctx.now.since(self.heartbeats.last_heard(peer)?);
                (silence > timeout).then_some(Note::Suspected(peer))
            }
            Detector::Accrual(settings) => {
                let arrivals = self.heartbeats.windows.get(&peer)?;
                let lenient = ctx.now < self.heartbeats.lenient_until;
                (!lenient && arrivals.convicts(ctx.now, settings.threshold)).then(|| Note::Convicted {
                    peer,
                    phi: arrivals.phi(ctx.now),
                    silence: ctx.now.since(arrivals.last()),
                    mean: arrivals.mean(),
                })
            }
        }
    }

    /// From now on this node believes `peer` down: what waits for such a turn (hint windows) begins here.
    fn turned_down(&mut self, peer: NodeId, why: Note, ctx: &mut Ctx<'_>) {
        self.heartbeats.down.insert(peer, ctx.now);
        ctx.note(None, why);
        self.queue_doubts(peer, false, ctx);
    }

    /// From now on this node believes `peer` up again.
    fn turned_up(&mut self, peer: NodeId, why: Note, ctx: &mut Ctx<'_>) {
        if self.heartbeats.down.remove(&peer).is_some() {
            ctx.note(None, why);
            self.hints_on_up(peer, ctx);
            self.queue_doubts(peer, true, ctx);
        }
    }

    /// A heartbeat came.
    pub(super) fn heard(&mut self, from: NodeId, generation: u32, beat: u32, ctx: &mut Ctx<'_>) {
        let Some(last) = self.heartbeats.heard.get_mut(&from) else { return };
        let Detector::Accrual(settings) = ctx.settings.detector else {
            *last = ctx.now;
            return self.turned_up(from, Note::Trusted(from), ctx);
        };
        let down = self.heartbeats.down.contains_key(&from);
        let Some(arrivals) = self.heartbeats.windows.get_mut(&from) else { return };
        let known = arrivals.generation();
        if !arrivals.is_news(generation, beat) {
            return;
        }
        *last = ctx.now;
        if down && generation > known && known > 0 {
            // It was down and has started anew: its rhythm is learned anew (Cassandra, `Gossiper.notifyFailureDetector`).
            *arrivals = Arrivals::begin(ctx.now, settings.initial);
            arrivals.is_news(generation, beat);
        } else {
            arrivals.add(ctx.now, &settings);
        }
        if down {
            self.ask_echo(from, ctx);
        }
    }

    /// Being heard is not enough to be believed up: the way there must be open too, so an echo has to come back (Cassandra,
    /// `Gossiper.markAlive`). The next heartbeat asks again if this question or its answer is lost.
    fn ask_echo(&mut self, peer: NodeId, ctx: &mut Ctx<'_>) {
        self.heartbeats.echoes += 1;
        ctx.note(None, Note::EchoAsked(peer));
        ctx.send(peer, None, Body::Echo { generation: self.generation, number: self.heartbeats.echoes });
    }

    /// A peer asks whether this node hears it.
    pub(super) fn echo(&self, from: NodeId, generation: u32, number: u32, ctx: &mut Ctx<'_>) {
        ctx.send(from, None, Body::EchoAck { generation, number });
    }

    /// An echo came back. One that an earlier run of this node asked for says nothing about the present.
    pub(super) fn echo_came(&mut self, from: NodeId, generation: u32, ctx: &mut Ctx<'_>) {
        if generation == self.generation
            && let Some(since) = self.heartbeats.down_since(from)
        {
            self.turned_up(from, Note::Revived { peer: from, down: ctx.now.since(since) }, ctx);
        }
    }
}
