//! The network: how long a message takes, and whether it arrives.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::config::NetworkConfig;
use crate::engine::base::{CutId, Draws, Endpoint, Micros, NodeId, Purpose, chance, uniform};
use crate::engine::node::Message;

/// What a cut separates.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CutShape {
    /// Islands that hear only themselves; whoever is on none is on the mainland.
    Islands(Vec<Vec<Endpoint>>),
    /// Messages from the first to the second stop; the way back is open.
    OneWay(Vec<Endpoint>, Vec<Endpoint>),
    /// Messages between these two stop.
    Link(Endpoint, Endpoint),
}

/// A cut in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cut {
    /// Which.
    pub id: CutId,
    /// What it separates.
    pub shape: CutShape,
    /// Since when.
    pub since: Micros,
}

impl Cut {
    /// Whether it stops messages from `from` to `to`.
    pub fn stops(&self, from: Endpoint, to: Endpoint) -> bool {
        match &self.shape {
            CutShape::Islands(islands) => {
                let island = |end| islands.iter().position(|members| members.contains(&end));
                island(from) != island(to)
            }
            CutShape::OneWay(senders, receivers) => senders.contains(&from) && receivers.contains(&to),
            CutShape::Link(a, b) => (from, to) == (*a, *b) || (from, to) == (*b, *a),
        }
    }
}

/// A rule for one link, one way, on top of the network's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct LinkRule {
    /// Added to every message's travel time.
    pub slower: Micros,
    /// Lost messages per million, on top of the network's own.
    pub loss_ppm: u32,
}

/// What will become of a message in flight, as things stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It arrives.
    Arrives,
    /// The network loses it half way.
    Lost,
    /// It will stop at a cut half way.
    Stops(CutId),
}

/// A message on its way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flight {
    /// The message.
    pub message: Arc<Message>,
    /// When its last byte leaves the sender: later than `sent_at` on a link of limited bandwidth.
    pub leaves: Micros,
    /// When it is half way, where cuts and losses happen.
    pub crosses: Micros,
    /// When it arrives if nothing stops it.
    pub arrives: Micros,
    /// What will become of it.
    pub fate: Fate,
    /// Whether it is the second copy of a duplicated message.
    pub copy: bool,
}

impl Flight {
    /// When something becomes of it.
    pub fn due(&self) -> Micros {
        match self.fate {
            Fate::Arrives => self.arrives,
            Fate::Lost | Fate::Stops(_) => self.crosses,
        }
    }
}

/// What one link remembers, one way.
#[derive(Debug, Clone, Copy, Default)]
struct Lane {
    /// When the bytes already sent have left.
    free_at: Micros,
    /// When the last message in order arrives.
    last_arrival: Micros,
}

/// The state of the network.
#[derive(Debug, Clone)]
pub struct Network {
    /// How it treats messages where nothing else says otherwise.
    pub config: NetworkConfig,
    cuts: Vec<Cut>,
    slow: BTreeMap<NodeId, Micros>,
    links: BTreeMap<(Endpoint, Endpoint), LinkRule>,
    lanes: BTreeMap<(Endpoint, Endpoint), Lane>,
    cuts_made: u32,
}

impl Network {
    pub(super) fn new(config: NetworkConfig) -> Network {
        Network { config, cuts: Vec::new(), slow: BTreeMap::new(), links: BTreeMap::new(), lanes: BTreeMap::new(), cuts_made: 0 }
    }

    /// Cuts in force, oldest first.
    pub fn cuts(&self) -> &[Cut] {
        &self.cuts
    }

    /// What is added to the travel time of everything to and from `node`.
    pub fn slow(&self, node: NodeId) -> Micros {
        self.slow.get(&node).copied().unwrap_or_default()
    }

    /// Links with rules of their own.
    pub fn links(&self) -> impl Iterator<Item = (&(Endpoint, Endpoint), &LinkRule)> {
        self.links.iter()
    }

    pub(super) fn set_slow(&mut self, node: NodeId, by: Micros) {
        if by == Micros::ZERO {
            self.slow.remove(&node);
        } else {
            self.slow.insert(node, by);
        }
    }

    pub(super) fn set_link(&mut self, from: Endpoint, to: Endpoint, rule: LinkRule) {
        if rule == LinkRule::default() {
            self.links.remove(&(from, to));
        } else {
            self.links.insert((from, to), rule);
        }
    }

    pub(super) fn cut(&mut self, shape: CutShape, since: Micros) -> CutId {
        let id = CutId(self.cuts_made);
        self.cuts_made += 1;
        self.cuts.push(Cut { id, shape, since });
        id
    }

    /// Takes cuts away; returns which were in force.
    pub(super) fn mend(&mut self, which: Option<CutId>) -> Vec<CutId> {
        let (gone, stay) = std::mem::take(&mut self.cuts).into_iter().partition(|c: &Cut| which.is_none_or(|w| c.id == w));
        self.cuts = stay;
        gone.into_iter().map(|cut| cut.id).collect()
    }

    /// The first cut in force that stops messages from `from` to `to`.
    pub fn stopped_by(&self, from: Endpoint, to: Endpoint) -> Option<CutId> {
        if from == to {
            return None;
        }
        self.cuts.iter().find(|cut| cut.stops(from, to)).map(|cut| cut.id)
    }

    /// Sends a message off: how it travels, and its second copy if the network makes one.
    /// It leaves no sooner than at `ready`.
    pub(super) fn launch(&mut self, draws: Draws, message: &Arc<Message>, ready: Micros) -> (Flight, Option<Flight>) {
        let (from, to) = (message.from, message.to);
        if from == to {
            let arrives = ready.plus(self.config.local);
            let flight = Flight { message: message.clone(), leaves: ready, crosses: arrives, arrives, fate: Fate::Arrives, copy: false };
            return (flight, None);
        }
        // Nothing but what the message is for: adding another message shifts none of these.
        let op = message.op.map_or(0, |op| u64::from(op.tag) + 1) ^ message.owner.map_or(0, |owner| u64::from(owner.0) + 1) << 40;
        let key = |copy: u64| {
            let body = u64::from(message.body.code()) | message.body.nth() << 8;
            [op, body, from.code(), to.code(), copy]
        };
        let link = self.links.get(&(from, to)).copied().unwrap_or_default();
        let slower = [from, to].iter().filter_map(|end| end.node()).map(|n| self.slow(n).0).sum::<u64>();
        let leaves = self.transmit(message, ready);
        let config = self.config;
        // Draws keep no state: one for what cannot happen need not be made.
        let happens = |purpose, copy: u64, ppm: u32| ppm > 0 && chance(draws.draw(purpose, key(copy)), ppm);
        let travel = |copy: u64| {
            let mut span = config.latency.sample(draws.draw(Purpose::Latency, key(copy))).plus(link.slower).plus(Micros(slower));
            let held = happens(Purpose::Reorder, copy, config.reorder_ppm);
            if held {
                span = span.plus(uniform(draws.draw(Purpose::Reorder, key(copy + 2)), Micros(1), config.reorder_by));
            }
            (span.max(Micros(1)), held)
        };
        let loss = config.loss_ppm.saturating_add(link.loss_ppm);
        let flight = |net: &mut Network, copy: u64| {
            let (span, held) = travel(copy);
            let mut arrives = leaves.plus(span);
            if net.config.in_order && !held {
                let lane = net.lanes.entry((from, to)).or_default();
                arrives = arrives.max(lane.last_arrival);
                lane.last_arrival = arrives;
            }
            let lost = happens(Purpose::Loss, copy, loss);
            let crosses = Micros(leaves.0 + arrives.since(leaves).0 / 2);
            let fate = if lost { Fate::Lost } else { net.fate(from, to) };
            Flight { message: message.clone(), leaves, crosses, arrives, fate, copy: copy == 1 }
        };
        let first = flight(self, 0);
        let twice = happens(Purpose::Duplicate, 0, config.duplicate_ppm);
        let second = twice.then(|| flight(self, 1));
        (first, second)
    }

    fn fate(&self, from: Endpoint, to: Endpoint) -> Fate {
        self.stopped_by(from, to).map_or(Fate::Arrives, Fate::Stops)
    }

    /// When the last byte of `message` has left, behind those already waiting on its link.
    fn transmit(&mut self, message: &Message, ready: Micros) -> Micros {
        if self.config.bandwidth == 0 {
            return ready;
        }
        let lane = self.lanes.entry((message.from, message.to)).or_default();
        let span = u128::from(message.size) * 1_000_000 / u128::from(self.config.bandwidth);
        let span = Micros(u64::try_from(span).unwrap_or(u64::MAX));
        // Its bytes take their room on the link at once, and nobody waits for a message that is not ready yet.
        lane.free_at = lane.free_at.max(message.sent_at).plus(span);
        lane.free_at.max(ready.plus(span))
    }

    /// What becomes of a message that was already in flight when the cuts changed. Once half way it is past every cut.
    pub(super) fn reconsider(&self, flight: &Flight, now: Micros) -> Fate {
        if flight.fate == Fate::Lost || flight.crosses <= now {
            return flight.fate;
        }
        self.fate(flight.message.from, flight.message.to)
    }
}
