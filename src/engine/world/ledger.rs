//! Counters of messages and bytes by kind of traffic.

use crate::engine::node::{Message, Traffic};

/// Counts of one kind of traffic.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    /// Messages sent, clients' included; a node's messages to itself are not.
    pub messages: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Messages that never arrived.
    pub lost: u64,
    /// Messages a node sent to itself, which cost the network nothing.
    pub local: u64,
}

/// Counts of all kinds of traffic.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Ledger {
    by_kind: [Tally; Traffic::EVERY.len()],
}

impl Ledger {
    /// Counts of this kind.
    pub fn of(&self, traffic: Traffic) -> Tally {
        self.by_kind[traffic as usize]
    }

    pub(super) fn sent(&mut self, message: &Message) {
        let tally = &mut self.by_kind[message.body.traffic() as usize];
        if message.from == message.to {
            tally.local += 1;
        } else {
            tally.messages += 1;
            tally.bytes += u64::from(message.size);
        }
    }

    pub(super) fn lost(&mut self, message: &Message) {
        self.by_kind[message.body.traffic() as usize].lost += 1;
    }
}
