//! Our sets of digests: ranges with fingerprints, and coded symbols, with the bytes of the messages that nodes exchange.
use crate::{Needs, Pair};
use drift::engine::base::{DigestFunction, NodeId, Wire};
use drift::engine::node::sweeps::{Say, SessionId, SetSay};
use drift::engine::node::{Body, Method, SweepPolicy};
use drift::engine::sweep::{Decoder, ItemSet, RowItem, Side, Sketch, SketchPolicy, SpanPolicy, Symbols, TokenRange};
use std::hint::black_box;
use std::time::Instant;

/// Bytes before the body of every message.
const HEADER: u64 = 33;
/// What digests of rows and ranges are made with.
const DIGEST: DigestFunction = DigestFunction::Xxh64;
/// Symbols that are made when a set is built: enough for some seven hundred digests that differ.
const AT_ONCE: u32 = 1024;

fn item(pair: &Pair) -> RowItem {
    let mut bytes = [0; 16];
    bytes[..8].copy_from_slice(&pair.0.to_le_bytes());
    bytes[8..].copy_from_slice(&pair.1.to_le_bytes());
    DIGEST.words(&bytes)[0]
}

fn set(pairs: &[Pair]) -> ItemSet {
    ItemSet::new(pairs.iter().map(|pair| (pair.0, item(pair))))
}

fn size(say: Say) -> u64 {
    let session = SessionId { by: NodeId(0), generation: 1, number: 1 };
    HEADER + u64::from(Body::Sweep { session, say: Box::new(say) }.size())
}

/// Ranges that take fewer bytes and one round trip more than the usual ones, which are negentropy's.
pub const NARROW: SpanPolicy = SpanPolicy { parts: 8, list: 8, frame: 256 << 10 };

/// The call to compare and the word that it is over.
fn around(method: Method, ranges: Option<SpanPolicy>) -> u64 {
    let policy = SweepPolicy { method, ranges, ..SweepPolicy::default() };
    size(Say::Open { policy, ranges: [TokenRange::RING].into() }) + size(Say::Close)
}

/// Range-based set reconciliation. Building includes hashing rows to digests.
pub fn ranges(pairs: &[Pair], others: &[Vec<Pair>], policy: Option<SpanPolicy>) -> Needs {
    fn side(set: &ItemSet, policy: Option<SpanPolicy>, asks: bool) -> Side<'_> {
        Side { set, policy: policy.unwrap_or_default(), digest: DIGEST, asks }
    }
    let start = Instant::now();
    let mine = black_box(set(black_box(pairs)));
    let build = start.elapsed();
    let found = others.iter().map(|other| {
        let other = set(other);
        let (asker, answerer) = (side(&mine, policy, true), side(&other, policy, false));
        let start = Instant::now();
        let mut said = vec![answerer.open()];
        let (mut have, mut need) = (Vec::new(), Vec::new());
        loop {
            let reply = asker.answer(said.last().expect("one")).expect("in order");
            have.extend(reply.mine);
            need.extend(reply.theirs);
            if reply.spans.is_empty() {
                break;
            }
            let answer = answerer.answer(&reply.spans).expect("in order").spans;
            said.extend([reply.spans, answer]);
        }
        black_box((have, need));
        let time = start.elapsed();
        let bytes = said.into_iter().map(|spans| size(Say::Set(SetSay::Spans { round: 0, spans: spans.into() })));
        Some((time, around(Method::Ranges, policy) + bytes.sum::<u64>()))
    });
    Needs { build: Some(build), update: None, found: found.collect() }
}

/// Coded symbols, message after message until all is found; those that would be under way by then are not counted. Building includes
/// hashing rows and the first symbols. Both sides have all symbols at hand when they begin.
pub fn symbols(pairs: &[Pair], others: &[Vec<Pair>]) -> Needs {
    let start = Instant::now();
    let mine = black_box(set(black_box(pairs)));
    let mut own = Sketch::default();
    own.reach(mine.items(), AT_ONCE);
    let build = start.elapsed();
    let policy = SketchPolicy { most: SketchPolicy::MOST, ..SketchPolicy::default() };
    let found = others.iter().zip([64, 64, 4096, 1 << 19]).map(|(other, enough)| {
        let other = set(other);
        let mut sent = Sketch::default();
        own.reach(mine.items(), enough);
        sent.reach(other.items(), enough);
        let start = Instant::now();
        let mut decoder = Decoder::default();
        let mut messages = 0;
        while !decoder.is_done() {
            let places = policy.symbols_of(messages);
            let run = places.start as usize..places.end as usize;
            decoder.take(places.start, &sent.symbols()[run.clone()], &own.symbols()[run]);
            messages += 1;
        }
        black_box(decoder.found());
        let time = start.elapsed();
        let bytes = (0..messages).map(|message| {
            let places = policy.symbols_of(message);
            let symbols = sent.symbols()[places.start as usize..places.end as usize].into();
            let run = Symbols { items: other.len() as u32, from: places.start, symbols };
            size(Say::Set(SetSay::Symbols { message, again: 0, run }))
        });
        Some((time, around(Method::Sketch, None) + bytes.sum::<u64>()))
    });
    Needs { build: Some(build), update: None, found: found.collect() }
}
