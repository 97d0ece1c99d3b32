//! The reference for the network: what was sent arrives at most once, or twice if it may be duplicated; nothing passes a cut; nothing is
//! handled by a machine that does not run; nothing vanishes.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use drift::engine::base::{CutId, Endpoint, EventId, Micros, NodeId, OpId, Wire};
use drift::engine::node::{Body, Message, Note};
use drift::engine::world::{Chatter, Command, Event, EventKind, Fault, Latency, LostWhy, NetworkConfig, Status, World};
use drift::lab::Script;

use crate::rules::Rules;

struct Letter {
    message: Arc<Message>,
    /// The network when it was sent.
    network: NetworkConfig,
    may_be_lost: bool,
    /// It may have had to wait for a disk, or for other bytes of sweeps, before it left.
    waits: bool,
    /// When copies of it reached a paused node.
    held: VecDeque<Micros>,
    done: u32,
}

struct Cut {
    shape: Command,
    since: Micros,
    until: Micros,
}

fn stops(shape: &Command, from: Endpoint, to: Endpoint) -> bool {
    match shape {
        // Whoever is on no island is on the mainland, which is one more island.
        Command::Cut { islands } => {
            let alone = |end| islands.iter().filter(|i| i.contains(&end)).count() == 0;
            let together = islands.iter().any(|i| i.contains(&from) && i.contains(&to)) || alone(from) && alone(to);
            !together
        }
        Command::CutOneWay { from: senders, to: receivers } => senders.contains(&from) && receivers.contains(&to) && from != to,
        Command::CutLink { a, b } => (*a == from && *b == to) || (*a == to && *b == from),
        _ => false,
    }
}

/// The reference for the network.
pub struct Post {
    shapes: Vec<Command>,
    cuts: Vec<Cut>,
    letters: BTreeMap<u64, Letter>,
    status: Vec<Status>,
    /// When a node last handled a heartbeat of another.
    heard: BTreeMap<(NodeId, NodeId), Micros>,
    /// When an echo last came back to a node from another.
    echoed: BTreeMap<(NodeId, NodeId), Micros>,
    /// When a node last told another that it lives, since its detector began anew.
    told: BTreeMap<(NodeId, Endpoint), Micros>,
    /// When a node last went on: what it says at that instant is late, and may be followed by new settings.
    went_on: BTreeMap<NodeId, Micros>,
    /// Whether heartbeats are in the log.
    hears: bool,
}

impl Post {
    /// A network on which nothing was sent yet.
    pub fn new(script: &Script) -> Post {
        let is_cut = |c: &&Command| matches!(c, Command::Cut { .. } | Command::CutOneWay { .. } | Command::CutLink { .. });
        Post {
            shapes: script.commands.iter().map(|timed| &timed.command).filter(is_cut).cloned().collect(),
            cuts: Vec::new(),
            letters: BTreeMap::new(),
            status: vec![Status::Up; script.config.nodes as usize],
            heard: BTreeMap::new(),
            echoed: BTreeMap::new(),
            told: BTreeMap::new(),
            went_on: BTreeMap::new(),
            hears: script.config.chatter == Chatter::Kept,
        }
    }

    /// Whether a cut stops what is half way at `at`. What is half way at the very instant of a change is past it.
    fn cut_at(&self, from: Endpoint, to: Endpoint, at: Micros) -> bool {
        self.cuts.iter().any(|cut| stops(&cut.shape, from, to) && cut.since < at && at <= cut.until)
    }

    /// Follows one event.
    pub fn see(&mut self, event: &Event, world: &World, rules: &Rules) -> Result<(), String> {
        let node = event.who.and_then(Endpoint::node);
        match (&event.kind, node) {
            (EventKind::Sent(message), _) => self.sent(message, event, world).and_then(|()| self.beats(message, rules)),
            (EventKind::Held(message), Some(node)) => {
                let letter = self.letters.get_mut(&message.id).ok_or("held without having been sent")?;
                letter.held.push_back(event.at);
                if self.status[node.index()] == Status::Paused { Ok(()) } else { Err(format!("held at {node}, which is not paused")) }
            }
            (EventKind::Delivered(message), _) => self.delivered(message, event.at),
            (EventKind::Lost { message, why }, _) => self.lost(message, *why, event.at),
            (EventKind::Note(note), Some(node)) => self.believed(node, note, event.at, rules),
            (EventKind::Fault(fault), _) => {
                self.fault(fault, node, event.at);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn fault(&mut self, fault: &Fault, node: Option<NodeId>, at: Micros) {
        // Whoever starts, goes on or is told other settings may begin its beats anew.
        match (fault, node) {
            (Fault::Set(_), _) => self.told.clear(),
            (Fault::Restarted | Fault::Resumed { .. }, Some(node)) => {
                self.told.retain(|(from, _), _| *from != node);
                self.went_on.insert(node, at);
            }
            _ => {}
        }
        let status = match fault {
            Fault::Cut(CutId(id)) => {
                self.cuts.push(Cut { shape: self.shapes[*id as usize].clone(), since: at, until: Micros::MAX });
                return;
            }
            Fault::Mended(CutId(id)) => {
                self.cuts[*id as usize].until = at;
                return;
            }
            Fault::Crashed { .. } | Fault::Wiped { .. } => Status::Down,
            Fault::Restarted | Fault::Resumed { .. } => Status::Up,
            Fault::Paused => Status::Paused,
            _ => return,
        };
        if let Some(node) = node {
            self.status[node.index()] = status;
        }
    }

    fn sent(&mut self, message: &Arc<Message>, event: &Event, world: &World) -> Result<(), String> {
        let mut bytes: Vec<u8> = Vec::new();
        message.encode(&mut bytes);
        let said = (event.at, event.who, event.op, event.cause)
            == (message.sent_at, Some(message.from), message.op.map(OpId::first), message.cause);
        if !said || bytes.len() as u32 != message.size {
            return Err(format!("{message:?} is not what its event says, or not {} bytes long", bytes.len()));
        }
        if message.from.node().is_some_and(|node| self.status[node.index()] != Status::Up) {
            return Err(format!("{} says something although it does not run", message.from));
        }
        let network = world.network().config;
        let on_link = world.network().links().any(|(link, rule)| *link == (message.from, message.to) && rule.loss_ppm > 0);
        let (disk, caps) = (world.settings().disk, world.settings().sweeps.caps);
        let waits = disk.is_some() || !caps.is_none() && matches!(message.body, Body::Sweep { .. });
        let may_be_lost = network.loss_ppm > 0 || on_link;
        let letter = Letter { message: message.clone(), network, may_be_lost, waits, held: VecDeque::new(), done: 0 };
        match self.letters.insert(message.id, letter) {
            None => Ok(()),
            Some(_) => Err(format!("two messages are number {}", message.id)),
        }
    }

    /// A node does not beat faster than it should.
    fn beats(&mut self, message: &Message, rules: &Rules) -> Result<(), String> {
        if let (Body::Heartbeat { .. }, Some(node)) = (&message.body, message.from.node())
            && self.went_on.get(&node) != Some(&message.sent_at)
        {
            let before = self.told.insert((node, message.to), message.sent_at);
            let early = |last: Micros| rules.beats.is_none_or(|(every, _)| message.sent_at.since(last) < every);
            if before.is_some_and(early) {
                return Err(format!("{node} beats too fast: {before:?}, {}", message.sent_at));
            }
        }
        Ok(())
    }

    fn delivered(&mut self, message: &Arc<Message>, now: Micros) -> Result<(), String> {
        let (from, to) = (message.from, message.to);
        let letter = self.letters.get_mut(&message.id).ok_or("arrived without having been sent")?;
        let arrived = letter.held.pop_front().unwrap_or(now);
        letter.done += 1;
        if letter.message != *message {
            return Err(format!("{message:?} was changed on its way"));
        }
        if let Some(node) = to.node()
            && self.status[node.index()] != Status::Up
        {
            return Err(format!("{node} handles a message although it does not run"));
        }
        if let (Body::Heartbeat { .. }, Endpoint::Node(from), Endpoint::Node(to)) = (&message.body, from, to) {
            self.heard.insert((to, from), now);
        }
        if let (Body::EchoAck { .. }, Endpoint::Node(from), Endpoint::Node(to)) = (&message.body, from, to) {
            self.echoed.insert((to, from), now);
        }
        let network = letter.network;
        let (local, took) = (from == to, arrived.since(message.sent_at));
        let least = match network.latency {
            _ if local => network.local,
            Latency::Fixed(low) | Latency::Uniform { low, .. } | Latency::Tail { low, .. } => low,
        };
        if took < least || local && took > least && !letter.waits {
            return Err(format!("{message:?} took {took}"));
        }
        // With narrow links or slow disks only the network knows when the last byte left.
        let half_way = Micros(message.sent_at.0 + took.0 / 2);
        if !local && network.bandwidth == 0 && !letter.waits && self.cut_at(from, to, half_way) {
            return Err(format!("{message:?} went through a cut"));
        }
        self.copies(message.id)
    }

    fn copies(&self, id: u64) -> Result<(), String> {
        let letter = &self.letters[&id];
        let most = if letter.network.duplicate_ppm > 0 && letter.message.from != letter.message.to { 2 } else { 1 };
        if letter.done <= most { Ok(()) } else { Err(format!("{} copies of {:?}", letter.done, letter.message)) }
    }

    fn lost(&mut self, message: &Arc<Message>, why: LostWhy, now: Micros) -> Result<(), String> {
        let (from, to) = (message.from, message.to);
        let down = to.node().is_some_and(|node| self.status[node.index()] == Status::Down);
        let letter = self.letters.get_mut(&message.id).ok_or("lost without having been sent")?;
        letter.done += 1;
        let right = match why {
            LostWhy::Loss => letter.may_be_lost && from != to,
            LostWhy::Down => down,
            LostWhy::Crashed => down && letter.held.pop_front().is_some(),
            LostWhy::Cut(CutId(id)) => {
                let cut = &self.cuts[id as usize];
                from != to && stops(&cut.shape, from, to) && cut.since < now && now <= cut.until
            }
        };
        if right { self.copies(message.id) } else { Err(format!("{message:?} was lost without reason: {why:?}")) }
    }

    fn believed(&self, node: NodeId, note: &Note, now: Micros, rules: &Rules) -> Result<(), String> {
        let last = |peer| self.heard.get(&(node, peer)).copied().unwrap_or(Micros::ZERO);
        match note {
            Note::Suspected(peer) if rules.beats.is_none_or(|(_, silence)| now.since(last(*peer)) <= silence) => {
                Err(format!("{node} suspects {peer}, heard at {}", last(*peer)))
            }
            // Being heard is not enough: an echo must come back, too.
            Note::Revived { peer, .. } if self.hears && self.echoed.get(&(node, *peer)) != Some(&now) => {
                Err(format!("{node} trusts {peer} without an echo at {now}"))
            }
            Note::Trusted(peer) if self.hears && last(*peer) != now => Err(format!("{node} trusts {peer}, not heard at {now}")),
            _ => Ok(()),
        }
    }

    /// At the end, where no machine is paused: what was sent came to something or is still on its way.
    pub fn all_accounted_for(&self, world: &World) -> Result<(), String> {
        let mut left: BTreeMap<u64, u32> = BTreeMap::new();
        for flight in world.in_flight() {
            *left.entry(flight.message.id).or_default() += 1;
        }
        let vanished = self.letters.values().find(|l| l.done + left.get(&l.message.id).copied().unwrap_or(0) == 0);
        vanished.map_or(Ok(()), |letter| Err(format!("{:?} vanished", letter.message)))
    }
}

/// What holds of every event of every log.
pub fn well_formed(log: &[Event], at: usize) -> Result<(), String> {
    let event = &log[at];
    if event.cause.is_some_and(|EventId(cause)| cause as usize >= at) {
        return Err("its cause is not before it".to_owned());
    }
    if at > 0 && log[at - 1].at > event.at {
        return Err("it is before the one above it".to_owned());
    }
    Ok(())
}
