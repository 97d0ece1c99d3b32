//! What two replicas say to each other about numbered events, and what a sweep of bitmaps finds.

use super::log_say::{Whole, versions};
use super::message::Page;
use crate::engine::base::{Mix, NodeId, Sink, Wire};
use crate::engine::data::{Clock, Key};
use crate::engine::node::Mode;
use crate::engine::sweep::Seen;

/// What a node has seen: which of the session's ranges, whose events, which of them.
pub type ClockEntry = (u32, NodeId, Seen);

/// An event with the key that it wrote, and the clocks of what is held for the key now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// Which of the session's ranges.
    pub range: u32,
    /// Who coordinated it.
    pub node: NodeId,
    /// Its number.
    pub event: u64,
    /// The key.
    pub key: Key,
    /// The clock of each version held; none if nothing is.
    pub clocks: Box<[Clock]>,
}

/// One message of a sweep of bitmaps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DotSay {
    /// The answer to the call: what I have seen.
    Seen {
        /// Whether I know all that was never numbered, or was numbered before I was here.
        settled: bool,
        /// What.
        clock: Box<[ClockEntry]>,
    },
    /// This is what I have seen: tell me of the events that I lack. Only the one who asks says it.
    Missing(Box<[ClockEntry]>),
    /// Events that you lack.
    Told {
        /// Where in the answer this is.
        page: Page,
        /// The events.
        events: Box<[Told]>,
    },
    /// I no longer know the keys of some events that you lack.
    Gone,
    /// You lack these events. Only the one who asks says it.
    Offer {
        /// Which part of a long list this is, from 0.
        part: u32,
        /// The events.
        events: Box<[Told]>,
    },
    /// The keys of your offer whose rows I lack.
    Lacks {
        /// The part it answers.
        part: u32,
        /// The keys.
        keys: Box<[Key]>,
    },
    /// You have all that I offered. With what I have seen, if everything has been compared.
    Done(Option<Box<[ClockEntry]>>),
}

impl DotSay {
    /// A small number per kind: the second byte of its encoding.
    pub const fn code(&self) -> u8 {
        match self {
            DotSay::Seen { .. } => 1,
            DotSay::Missing(_) => 2,
            DotSay::Told { .. } => 3,
            DotSay::Gone => 4,
            DotSay::Offer { .. } => 5,
            DotSay::Lacks { .. } => 6,
            DotSay::Done(_) => 7,
        }
    }

    /// Whether it asks, carries or acknowledges.
    pub const fn mode(&self) -> Mode {
        match self {
            DotSay::Missing(_) | DotSay::Lacks { .. } => Mode::Asks,
            DotSay::Seen { .. } | DotSay::Told { .. } | DotSay::Offer { .. } => Mode::Carries,
            DotSay::Gone | DotSay::Done(_) => Mode::Acks,
        }
    }

    /// Whether the one who asks waits for an answer to it.
    pub const fn is_question(&self) -> bool {
        matches!(self, DotSay::Missing(_) | DotSay::Offer { .. })
    }

    /// Tells apart messages of one session.
    pub fn nth(&self) -> u64 {
        let detail = match self {
            DotSay::Told { page, .. } => u64::from(page.page),
            DotSay::Offer { part, .. } | DotSay::Lacks { part, .. } => u64::from(*part),
            _ => 0,
        };
        u64::from(self.code()) << 40 | detail
    }
}

fn clock<S: Sink>(sink: &mut S, clock: &[ClockEntry]) {
    sink.u32(clock.len() as u32);
    for (range, node, seen) in clock {
        sink.u32(*range);
        sink.u32(node.0);
        seen.encode(sink);
    }
}

fn told<S: Sink>(sink: &mut S, events: &[Told]) {
    sink.u32(events.len() as u32);
    for event in events {
        sink.u32(event.range);
        sink.u32(event.node.0);
        sink.u64(event.event);
        versions(sink, &event.key, &event.clocks);
    }
}

impl Wire for DotSay {
    fn encode<S: Sink>(&self, sink: &mut S) {
        sink.u8(self.code());
        match self {
            DotSay::Seen { settled, clock: all } => {
                sink.u8(u8::from(*settled));
                clock(sink, all);
            }
            DotSay::Missing(all) => clock(sink, all),
            DotSay::Told { page, events } => {
                sink.u32(page.page);
                sink.u32(page.pages);
                told(sink, events);
            }
            DotSay::Gone => {}
            DotSay::Offer { part, events } => {
                sink.u32(*part);
                told(sink, events);
            }
            DotSay::Lacks { part, keys } => {
                sink.u32(*part);
                sink.u32(keys.len() as u32);
                keys.iter().for_each(|key| key.encode(sink));
            }
            DotSay::Done(all) => {
                sink.u8(u8::from(all.is_some()));
                if let Some(all) = all {
                    clock(sink, all);
                }
            }
        }
    }
}

/// One finding or decision of a sweep of bitmaps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DotStep {
    /// The peer has told of the events that are missing here.
    Missing {
        /// How many.
        events: u32,
        /// How many rows are lacking.
        lacked: u32,
    },
    /// The peer lacks events, and is told of them.
    Offered {
        /// How many.
        events: u32,
    },
    /// Every key is compared instead.
    Whole(Whole),
}

impl DotStep {
    /// Takes it into a run's running mix.
    pub fn mix(self, mix: &mut Mix) {
        let (code, a, b) = match self {
            DotStep::Missing { events, lacked } => (11, u64::from(events), u64::from(lacked)),
            DotStep::Offered { events } => (12, u64::from(events), 0),
            DotStep::Whole(why) => (13, why as u64, 0),
        };
        mix.word(code << 56 ^ a);
        mix.word(b);
    }
}
