//! What a run costs and achieves, counted event by event. Counts are a part of what is derived from a world: they go back in time with it,
//! and are no part of its fingerprint.

use std::collections::BTreeMap;

use crate::engine::base::{NodeId, map_of};
use crate::engine::data::Change;
use crate::engine::node::{Body, Message, Note, Outcome, Traffic, Verb};
use crate::engine::world::{ClientAct, Event, EventKind, Fault, World};

/// How operations of one kind ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Ends {
    /// Operations begun.
    pub begun: u64,
    /// Ended as their clients wanted.
    pub succeeded: u64,
    /// Refused: too few replicas were believed up.
    pub unavailable: u64,
    /// Their coordinators ran out of patience.
    pub timed_out: u64,
    /// Their clients gave up on a coordinator that never answered.
    pub no_answer: u64,
    /// Refused: no room for the hints they would have needed.
    pub overloaded: u64,
    /// Answers older than the client's session allows.
    pub behind: u64,
}

impl Ends {
    /// Ended in any other way than wanted.
    pub fn failed(&self) -> u64 {
        self.unavailable + self.timed_out + self.no_answer + self.overloaded + self.behind
    }

    fn end(&mut self, outcome: &Outcome) {
        match outcome {
            Outcome::Written { .. } | Outcome::Found(_) => self.succeeded += 1,
            Outcome::Unavailable { .. } => self.unavailable += 1,
            Outcome::TimedOut { .. } => self.timed_out += 1,
            Outcome::NoAnswer => self.no_answer += 1,
            Outcome::Overloaded { .. } => self.overloaded += 1,
            Outcome::Behind { .. } => self.behind += 1,
        }
    }
}

/// What something cost the network. A node's messages to itself cost nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Toll {
    /// Messages sent, lost ones included.
    pub messages: u64,
    /// Their bytes.
    pub bytes: u64,
}

/// Repairs of replicas that a read found behind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Repairs {
    /// Reads that found a replica behind.
    pub found: u64,
    /// Of these, reads that left it so: repair was off.
    pub skipped: u64,
    /// Rows sent to replicas.
    pub sent: u64,
    /// Of these, rows that their replicas stored; the others had it already.
    pub stored: u64,
    /// Confirmations that reached a coordinator.
    pub confirmed: u64,
    /// Rows and confirmations that never arrived.
    pub lost: u64,
}

/// Counts since the start of a run.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Metrics {
    /// How reads ended.
    pub reads: Ends,
    /// How writes and deletes ended.
    pub writes: Ends,
    /// Messages of reads: requests and answers, rows, digests, repairs.
    pub read_toll: Toll,
    /// Messages of writes and deletes: requests and answers, rows, acknowledgements.
    pub write_toll: Toll,
    /// Messages that serve no operation, heartbeats left out: those may be counted instead of logged.
    pub background_toll: Toll,
    /// Repairs by reads.
    pub repairs: Repairs,
    /// Rows asked for once more because digests or rows differed.
    pub asked_again: u64,
    /// Times a disk went back or was lost: crashes that took keys back, and wipes. Before the first, nothing acknowledged can be lost.
    pub disk_losses: u64,
    /// Further attempts of clients.
    pub retries: u64,
    /// Operations that have not ended, each with whether it is a read.
    open: BTreeMap<u32, bool>,
}

/// Hints waiting at each node that has any.
pub fn hint_backlog(world: &World) -> BTreeMap<NodeId, u64> {
    let counts = world.hosts().iter().map(|host| (host.node.id, host.node.hints.count() as u64));
    map_of(counts.filter(|(_, count)| *count > 0))
}

impl Metrics {
    /// Takes in what has just happened.
    pub fn observe(&mut self, events: &[Event]) {
        events.iter().for_each(|event| self.count(event));
    }

    fn count(&mut self, event: &Event) {
        match &event.kind {
            EventKind::Began { request, .. } => {
                let read = request.verb == Verb::Read;
                self.ends(read).begun += 1;
                self.open.extend(event.op.map(|op| (op.number, read)));
            }
            EventKind::Ended(outcome) => {
                if let Some(read) = event.op.and_then(|op| self.open.remove(&op.number)) {
                    self.ends(read).end(outcome);
                }
            }
            EventKind::Sent(message) => self.sent(message),
            EventKind::Delivered(message) => {
                self.repairs.confirmed += u64::from(message.body == Body::RepairAck);
            }
            EventKind::Lost { message, .. } => {
                self.repairs.lost += u64::from(message.body.traffic() == Traffic::Repair);
            }
            EventKind::Applied(applied) => {
                self.repairs.stored += u64::from(applied.by == Traffic::Repair && applied.change == Change::Stored);
            }
            EventKind::Reverted { .. } | EventKind::Fault(Fault::Wiped { .. } | Fault::Restored { .. } | Fault::HintsLost { .. }) => {
                self.disk_losses += 1;
            }
            EventKind::Client(ClientAct::Retried { .. }) => self.retries += 1,
            EventKind::Note(Note::Resolved { behind, .. }) => self.repairs.found += u64::from(!behind.is_empty()),
            EventKind::Note(Note::RepairSkipped { .. }) => self.repairs.skipped += 1,
            _ => {}
        }
    }

    fn ends(&mut self, read: bool) -> &mut Ends {
        if read { &mut self.reads } else { &mut self.writes }
    }

    fn sent(&mut self, message: &Message) {
        self.repairs.sent += u64::from(matches!(message.body, Body::Repair { .. }));
        self.asked_again += u64::from(matches!(message.body, Body::ReadData { round: 2.., .. }));
        let toll = match (message.op, message.body.traffic()) {
            (_, Traffic::Gossip) => return,
            (Some(op), _) if op.is_own() => &mut self.background_toll,
            // Replay and handoff serve the write they come from, but not its client.
            (None, _) | (_, Traffic::Hint | Traffic::Tree) => &mut self.background_toll,
            (Some(_), Traffic::Write) => &mut self.write_toll,
            (Some(_), Traffic::Read | Traffic::Digest | Traffic::Repair) => &mut self.read_toll,
        };
        if message.from != message.to {
            toll.messages += 1;
            toll.bytes += u64::from(message.size);
        }
    }
}
