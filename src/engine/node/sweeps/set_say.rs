//! What is said and noted in sweeps that compare sets of row digests, by ranges or by coded symbols.

use super::SessionId;
use crate::engine::base::{Mix, Sink, Wire};
use crate::engine::node::Mode;
use crate::engine::sweep::{RowItem, Span, Symbols};

/// One message of such a sweep.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SetSay {
    /// My digests, range by range: what is equal with yours, where they differ, or which they are.
    Spans {
        /// Counts the messages of the exchange, from 0 for the first one of the side that answers.
        round: u32,
        /// The ranges.
        spans: Box<[Span]>,
    },
    /// The next coded symbols of all my digests.
    Symbols {
        /// Which message of symbols this is, from 0.
        message: u32,
        /// If it is sent once more: after which message that was asked for; else 0.
        again: u32,
        /// The symbols.
        run: Symbols,
    },
    /// Send me the first symbols again: nothing can be found without them.
    Again {
        /// The message that came without them.
        after: u32,
    },
    /// Send me the rows that have these digests.
    FetchItems {
        /// Which part of a long list this is, from 0.
        part: u32,
        /// The digests.
        items: Box<[RowItem]>,
    },
}

impl SetSay {
    const fn kind(&self) -> u8 {
        match self {
            SetSay::Spans { .. } => 1,
            SetSay::Symbols { .. } => 2,
            SetSay::Again { .. } => 3,
            SetSay::FetchItems { .. } => 4,
        }
    }

    /// Whether it asks or carries.
    pub const fn mode(&self) -> Mode {
        match self {
            SetSay::Spans { .. } | SetSay::Symbols { .. } => Mode::Carries,
            SetSay::Again { .. } | SetSay::FetchItems { .. } => Mode::Asks,
        }
    }

    /// Tells apart messages of one session, in 56 bits.
    pub fn nth(&self) -> u64 {
        let n = match self {
            SetSay::Spans { round: n, .. } | SetSay::FetchItems { part: n, .. } | SetSay::Again { after: n } => *n,
            // Sent once more it is another message, with a fate of its own.
            SetSay::Symbols { message, again, .. } => *message ^ again << 16,
        };
        u64::from(self.kind()) << 48 | u64::from(n)
    }

    /// As a question of the side that started the sweep, one after which it waits: its kind and which one it is. Parts of one question are
    /// the same.
    pub fn question(&self) -> (u8, u32) {
        match self {
            SetSay::Spans { round, .. } => (64 | self.kind(), *round),
            _ => (64 | self.kind(), 0),
        }
    }
}

impl Wire for SetSay {
    fn encode<S: Sink>(&self, sink: &mut S) {
        sink.u8(self.kind());
        match self {
            SetSay::Spans { round, spans } => {
                sink.u32(*round);
                sink.u32(spans.len() as u32);
                spans[..].encode(sink);
            }
            SetSay::Symbols { message, again, run } => {
                sink.u32(*message);
                sink.u32(*again);
                run.encode(sink);
            }
            SetSay::Again { after } => sink.u32(*after),
            SetSay::FetchItems { part, items } => {
                sink.u32(*part);
                sink.u32(items.len() as u32);
                items.iter().for_each(|item| sink.u64(*item));
            }
        }
    }
}

/// What a node finds in such a sweep.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SetStep {
    /// All rows have been read for their digests.
    Read {
        /// How many.
        rows: u64,
    },
    /// Ranges that came have been compared.
    Ranges {
        /// Which message they came with.
        round: u32,
        /// Fingerprints compared.
        compared: u64,
        /// Those that differed: split, or listed.
        differed: u64,
        /// Digests that came in lists.
        listed: u64,
    },
    /// Coded symbols have come, and what stood alone in one has been taken out of all others.
    Peeled {
        /// Symbols received so far.
        received: u32,
        /// Digests found so far.
        found: u32,
        /// Whether these are all.
        done: bool,
    },
    /// It is known which digests only one side has. A row that both have in different versions counts on both sides.
    Found {
        /// Those of this side.
        mine: u32,
        /// Those of the other side.
        theirs: u32,
    },
}

impl SetStep {
    /// Whether stepping from decision to decision stops here.
    pub const fn is_decision(&self) -> bool {
        !matches!(self, SetStep::Read { .. })
    }

    /// Takes it into a run's running mix.
    pub fn mix(&self, session: SessionId, mix: &mut Mix) {
        mix.word(u64::from(session.by.0) << 32 | u64::from(session.number));
        let (code, a, b) = match *self {
            SetStep::Read { rows } => (1u64, rows, 0),
            SetStep::Ranges { round, compared, differed, listed } => (2, compared ^ u64::from(round) << 32, differed ^ listed << 32),
            SetStep::Peeled { received, found, done } => (3, u64::from(received) << 32 | u64::from(found), u64::from(done)),
            SetStep::Found { mine, theirs } => (4, u64::from(mine) << 32 | u64::from(theirs), 0),
        };
        mix.word((60 << 8 | code) << 48 ^ a);
        mix.word(b);
    }
}
