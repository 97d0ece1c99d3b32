//! What two replicas say to each other about their logs, and what a sweep of logs finds.

use crate::engine::base::{Mix, Sink, Wire};
use crate::engine::data::{Clock, Key};
use crate::engine::node::Mode;
use crate::engine::sweep::Position;

/// A change without its row: its number in the log, the key, and the clocks of what was held since.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changed {
    /// Its number.
    pub seq: u64,
    /// The key.
    pub key: Key,
    /// The clock of each version.
    pub clocks: Box<[Clock]>,
}

/// One message of a sweep of logs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LogSay {
    /// The answer to the call: where my log stands, and how far I have read in yours.
    Head {
        /// How often I have started.
        generation: u32,
        /// The end of my log, if I keep one.
        end: Option<Position>,
        /// How far I have read; `None` if I need everything.
        read: Option<Position>,
    },
    /// Tell me what came after this. Only the one who asks says it.
    Since(Position),
    /// What came after it.
    Changes {
        /// Where that leaves the reader.
        upto: Position,
        /// The changes, oldest first; none of them if their rows come by themselves.
        changes: Box<[Changed]>,
    },
    /// What you asked for has been cut off, or we have not the same past.
    Gone,
    /// These changes are here and not yet read by you. Only the one who asks says it.
    Offer {
        /// Which part of a long list this is, from 0.
        part: u32,
        /// The changes, oldest first.
        changes: Box<[Changed]>,
    },
    /// The keys of your offer whose rows I lack.
    Lacks {
        /// The part it answers.
        part: u32,
        /// The keys.
        keys: Box<[Key]>,
    },
    /// You hold everything of my log up to here.
    Read(Position),
}

impl LogSay {
    /// A small number per kind: the second byte of its encoding.
    pub const fn code(&self) -> u8 {
        match self {
            LogSay::Head { .. } => 1,
            LogSay::Since(_) => 2,
            LogSay::Changes { .. } => 3,
            LogSay::Gone => 4,
            LogSay::Offer { .. } => 5,
            LogSay::Lacks { .. } => 6,
            LogSay::Read(_) => 7,
        }
    }

    /// Whether it asks, carries or acknowledges.
    pub const fn mode(&self) -> Mode {
        match self {
            LogSay::Since(_) => Mode::Asks,
            LogSay::Head { .. } | LogSay::Changes { .. } | LogSay::Offer { .. } => Mode::Carries,
            LogSay::Lacks { .. } => Mode::Asks,
            LogSay::Gone | LogSay::Read(_) => Mode::Acks,
        }
    }

    /// Whether the one who asks waits for an answer to it, and which question of its kind it is.
    pub const fn question(&self) -> Option<u32> {
        match self {
            LogSay::Since(read) => Some(read.seq as u32),
            LogSay::Offer { .. } => Some(0),
            _ => None,
        }
    }

    /// Tells apart messages of one session.
    pub fn nth(&self) -> u64 {
        let detail = match self {
            LogSay::Since(at) | LogSay::Changes { upto: at, .. } | LogSay::Read(at) => at.seq,
            LogSay::Offer { part, .. } | LogSay::Lacks { part, .. } => u64::from(*part),
            LogSay::Head { .. } | LogSay::Gone => 0,
        };
        u64::from(self.code()) << 40 | detail & 0xff_ffff_ffff
    }
}

impl Wire for Clock {
    fn encode<S: Sink>(&self, sink: &mut S) {
        let Clock::Stamp(stamp) = self;
        sink.u64(stamp.micros);
        sink.u32(stamp.node.0);
    }
}

/// Key and clocks, as every exchange of versions writes them.
pub(super) fn versions<S: Sink>(sink: &mut S, key: &Key, clocks: &[Clock]) {
    key.encode(sink);
    sink.u8(clocks.len().min(255) as u8);
    clocks.iter().for_each(|clock| clock.encode(sink));
}

fn changes<S: Sink>(sink: &mut S, changes: &[Changed]) {
    sink.u32(changes.len() as u32);
    for change in changes {
        sink.u64(change.seq);
        versions(sink, &change.key, &change.clocks);
    }
}

fn position<S: Sink>(sink: &mut S, position: Option<Position>) {
    sink.u8(u8::from(position.is_some()));
    if let Some(position) = position {
        position.encode(sink);
    }
}

impl Wire for LogSay {
    fn encode<S: Sink>(&self, sink: &mut S) {
        sink.u8(self.code());
        match self {
            LogSay::Head { generation, end, read } => {
                sink.u32(*generation);
                position(sink, *end);
                position(sink, *read);
            }
            LogSay::Since(at) | LogSay::Read(at) => at.encode(sink),
            LogSay::Changes { upto, changes: all } => {
                upto.encode(sink);
                changes(sink, all);
            }
            LogSay::Gone => {}
            LogSay::Offer { part, changes: all } => {
                sink.u32(*part);
                changes(sink, all);
            }
            LogSay::Lacks { part, keys } => {
                sink.u32(*part);
                sink.u32(keys.len() as u32);
                keys.iter().for_each(|key| key.encode(sink));
            }
        }
    }
}

/// Why logs cannot say what a replica lacks, so that every key is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whole {
    /// One of the two keeps no log.
    NoLog,
    /// The one who asks has not been there from the start, and has not compared everything with the peer since.
    New,
    /// So it is with the peer.
    PeerNew,
    /// What the peer has not read yet has been cut off here.
    Truncated,
    /// What is to be read next has been cut off at the peer.
    PeerTruncated,
    /// Only parts of what the two share are compared: history knows only of all of it.
    Part,
}

/// One finding or decision of a sweep of logs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogStep {
    /// The peer's log has been read up to a number.
    Read {
        /// The number.
        upto: u64,
        /// Changes that were told.
        changes: u32,
        /// How many of their rows are lacking here.
        lacked: u32,
    },
    /// Changes of the own log have been offered to the peer.
    Offered {
        /// How many.
        changes: u32,
        /// The end of the log.
        upto: u64,
    },
    /// Every key is compared instead.
    Whole(Whole),
}

impl LogStep {
    /// Takes it into a run's running mix.
    pub fn mix(self, mix: &mut Mix) {
        let (code, a, b) = match self {
            LogStep::Read { upto, changes, lacked } => (1, upto, u64::from(changes) << 32 | u64::from(lacked)),
            LogStep::Offered { changes, upto } => (2, upto, u64::from(changes)),
            LogStep::Whole(why) => (3, why as u64, 0),
        };
        mix.word(code << 56 ^ a);
        mix.word(b);
    }
}
