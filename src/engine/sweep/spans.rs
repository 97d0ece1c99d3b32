//! Range-based set reconciliation (Meyer 2023; negentropy, protocol version 1): a range whose fingerprints differ is split, until so few
//! items are left that they are named.

use serde::{Deserialize, Serialize};

use super::itemset::{ItemSet, RowItem};
use crate::engine::base::{Count, DigestFunction, Sink, Wire};

/// How ranges are split and messages bounded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct SpanPolicy {
    /// Parts that a range with differing fingerprints is split into.
    pub parts: u32,
    /// A range with fewer items than this is not split: its items are listed.
    pub list: u32,
    /// Most bytes of the spans of one message; what does not fit is left for later under one fingerprint.
    pub frame: u32,
}

impl Default for SpanPolicy {
    /// Sixteen parts and lists below 32 items (negentropy, `splitRange`), frames of 256 KiB.
    fn default() -> Self {
        SpanPolicy { parts: 16, list: 32, frame: 256 << 10 }
    }
}

impl SpanPolicy {
    /// What is out of bounds, as the field and what it must be.
    pub fn fault(&self) -> Option<(&'static str, String)> {
        let within = |n: u32, low: u32, high: u32| (!(low..=high).contains(&n)).then(|| format!("must be {low} to {high}, is {n}"));
        let checks = [
            ("parts of a range", within(self.parts, 2, 256)),
            ("items of a list", within(self.list, 2, 1024)),
            // One split and one list of the widest policy fit into the smallest frame of negentropy.
            ("bytes of a frame", within(self.frame, 4096, 4 << 20)),
        ];
        checks.into_iter().find_map(|(field, problem)| Some((field, problem?)))
    }
}

impl Wire for SpanPolicy {
    fn encode<S: Sink>(&self, sink: &mut S) {
        sink.u32(self.parts | self.list << 16);
        sink.u32(self.frame);
    }
}

/// What is said about a span of tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mark {
    /// Nothing more to say about it.
    Done,
    /// The fingerprint of the sender's items there.
    Print(u64),
    /// The sender's items there.
    List(Box<[RowItem]>),
}

/// A span of tokens: from the end of the one before, or from 0.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Span {
    /// The last token of it.
    pub last: u64,
    /// What is said about it.
    pub mark: Mark,
}

/// Bytes that a span's end takes, beside those it shares with the end before it: its bytes up to the last one that is not 0xff.
fn end_bytes(before: Option<u64>, last: u64) -> (u32, u32) {
    let length = 8 - (last.trailing_ones() / 8).min(7);
    let shared = before.map_or(0, |before| ((before ^ last).leading_zeros() / 8).min(length - 1));
    (shared, length - shared)
}

impl Span {
    /// Writes it after a span that ends with `before`. One byte says what it is, how many bytes of the end are those of the last end, and
    /// how many follow.
    fn put<S: Sink>(&self, before: Option<u64>, sink: &mut S) {
        let (shared, more) = end_bytes(before, self.last);
        let kind = match self.mark {
            Mark::Done => 0,
            Mark::Print(_) => 1,
            Mark::List(_) => 2,
        };
        sink.u8(kind | (shared << 2) as u8 | ((more - 1) << 5) as u8);
        sink.put(&self.last.to_be_bytes()[shared as usize..(shared + more) as usize]);
        match &self.mark {
            Mark::Done => {}
            Mark::Print(hash) => sink.u64(*hash),
            Mark::List(items) => {
                sink.put(&(items.len() as u32).to_le_bytes()[..3]);
                items.iter().for_each(|item| sink.u64(*item));
            }
        }
    }

    fn bytes(&self, before: Option<u64>) -> u32 {
        let mut count = Count(0);
        self.put(before, &mut count);
        count.0
    }
}

/// Spans as they travel, one after another.
impl Wire for [Span] {
    fn encode<S: Sink>(&self, sink: &mut S) {
        let mut before = None;
        for span in self {
            span.put(before, sink);
            before = Some(span.last);
        }
    }
}

/// What comes of a message of spans.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Reply {
    /// The spans to send back; none if nothing is left to say.
    pub spans: Vec<Span>,
    /// Items of this side that the other one lacks, with their tokens.
    pub mine: Vec<(u64, RowItem)>,
    /// Items that this side lacks.
    pub theirs: Vec<RowItem>,
    /// Fingerprints compared.
    pub compared: u64,
    /// Fingerprints that differed.
    pub differed: u64,
    /// Items that the other side listed.
    pub listed: u64,
}

/// One side of the exchange.
#[derive(Debug, Clone, Copy)]
pub struct Side<'a> {
    /// What it holds.
    pub set: &'a ItemSet,
    /// How ranges are split.
    pub policy: SpanPolicy,
    /// What fingerprints are made with.
    pub digest: DigestFunction,
    /// Whether it is the side that finds out: it takes lists apart. The other one answers a list with its own.
    pub asks: bool,
}

/// Collects spans until the frame is full.
struct Frame<'a> {
    side: Side<'a>,
    reply: Reply,
    bytes: u32,
    /// The end of the last span written.
    end: Option<u64>,
    /// The end of a run of spans with nothing to say, which is written only before something else.
    quiet: Option<u64>,
    full: bool,
}

/// Kept free for the span that stands for what did not fit: its end, what it is, its fingerprint.
const REST: u32 = 24;

impl Frame<'_> {
    /// Writes a span, unless it does not fit.
    fn add(&mut self, span: Span) -> bool {
        if self.full {
            return false;
        }
        let before = self.quiet.or(self.end);
        let quiet = self.quiet.map(|last| Span { last, mark: Mark::Done });
        let size = span.bytes(before) + quiet.as_ref().map_or(0, |quiet| quiet.bytes(self.end));
        // The first one fits whatever its size: every message gets something done.
        if self.bytes + size + REST > self.side.policy.frame && !self.reply.spans.is_empty() {
            self.full = true;
            return false;
        }
        self.bytes += size;
        self.end = Some(span.last);
        self.quiet = None;
        self.reply.spans.extend(quiet);
        self.reply.spans.push(span);
        true
    }

    /// Splits the items `from..to`, which end with the token `last`, into parts of nearly as many items; or lists them if there are few.
    fn split(&mut self, from: usize, to: usize, last: u64) {
        let Side { set, policy, digest, .. } = self.side;
        let (count, parts, tokens) = (to - from, policy.parts as usize, set.tokens());
        if count < policy.list as usize {
            self.list(from, to, last);
            return;
        }
        // Items of one token stay together.
        let whole = |end: usize| end + tokens[end..to].iter().take_while(|token| **token == tokens[end - 1]).count();
        let mut ends: Vec<usize> = (1..parts).map(|part| whole(from + (count * part / parts).max(1).min(count))).collect();
        ends.dedup();
        ends.retain(|end| *end < to);
        if ends.is_empty() {
            self.list(from, to, last);
            return;
        }
        let mut begin = from;
        for end in ends.into_iter().chain([to]) {
            let ends = if end == to { last } else { shortest_between(tokens[end - 1], tokens.get(end).copied()) };
            if !self.add(Span { last: ends, mark: Mark::Print(set.fingerprint(digest, begin, end)) }) {
                return;
            }
            begin = end;
        }
    }

    /// Lists the items `from..to`, which end with the token `last`; in pieces if there are too many for what is left of the frame.
    fn list(&mut self, from: usize, to: usize, last: u64) {
        let set = self.side.set;
        let mut begin = from;
        loop {
            let room = (self.side.policy.frame.saturating_sub(self.bytes + 2 * REST) / 8).max(1) as usize;
            let mut end = to.min(begin + room);
            while end < to && set.tokens()[end] == set.tokens()[end - 1] {
                end += 1;
            }
            let ends = if end == to { last } else { shortest_between(set.tokens()[end - 1], set.tokens().get(end).copied()) };
            if !self.add(Span { last: ends, mark: Mark::List(set.items()[begin..end].into()) }) || end == to {
                return;
            }
            begin = end;
        }
    }

    /// The frame is full or everything has been said: what did not fit is put under one fingerprint.
    fn close(mut self) -> Reply {
        if self.full {
            let set = self.side.set;
            if let Some(last) = self.quiet {
                self.reply.spans.push(Span { last, mark: Mark::Done });
            }
            let from = self.quiet.or(self.end).map_or(0, |end| set.place_after(end));
            let hash = set.fingerprint(self.side.digest, from, set.len());
            self.reply.spans.push(Span { last: u64::MAX, mark: Mark::Print(hash) });
        }
        self.reply
    }
}

/// The token from `below` on and before `next` whose end takes the fewest bytes.
fn shortest_between(below: u64, next: Option<u64>) -> u64 {
    let Some(next) = next else { return u64::MAX };
    let filled = (1..8).map(|bytes| below | u64::MAX >> (8 * bytes));
    filled.into_iter().find(|end| *end < next).unwrap_or(below)
}

impl Side<'_> {
    fn frame(&self) -> Frame<'_> {
        Frame { side: *self, reply: Reply::default(), bytes: 0, end: None, quiet: None, full: false }
    }

    /// The first message: all that is held, split once.
    pub fn open(&self) -> Vec<Span> {
        let mut frame = self.frame();
        frame.split(0, self.set.len(), u64::MAX);
        frame.close().spans
    }

    /// Answers a message of spans; `None` if they are not in order.
    pub fn answer(&self, spans: &[Span]) -> Option<Reply> {
        if !spans.is_sorted_by(|a, b| a.last < b.last) {
            return None;
        }
        let mut frame = self.frame();
        let mut from = 0;
        for span in spans {
            let to = self.set.place_after(span.last);
            let mut done = true;
            match &span.mark {
                Mark::Done => {}
                Mark::Print(hash) => {
                    frame.reply.compared += 1;
                    if self.set.fingerprint(self.digest, from, to) != *hash {
                        frame.reply.differed += 1;
                        frame.split(from, to, span.last);
                        done = false;
                    }
                }
                Mark::List(items) if self.asks => self.take_apart(items, from, to, &mut frame.reply),
                Mark::List(items) => {
                    frame.reply.listed += items.len() as u64;
                    frame.list(from, to, span.last);
                    done = false;
                }
            }
            if frame.full {
                break;
            }
            if done {
                frame.quiet = Some(span.last);
            }
            from = to;
        }
        Some(frame.close())
    }

    /// What only one of the two has in `from..to`.
    fn take_apart(&self, items: &[RowItem], from: usize, to: usize, reply: &mut Reply) {
        reply.listed += items.len() as u64;
        let mut theirs = items.to_vec();
        theirs.sort_unstable();
        theirs.dedup();
        let mut mine = self.set.items()[from..to].to_vec();
        mine.sort_unstable();
        let places = from..to;
        let here = places.map(|at| (self.set.tokens()[at], self.set.items()[at]));
        reply.mine.extend(here.filter(|(_, item)| theirs.binary_search(item).is_err()));
        reply.theirs.extend(theirs.into_iter().filter(|item| mine.binary_search(item).is_err()));
    }
}
