//! Laws of the methods that compare sets: whatever two replicas hold, what is found is what differs, by ranges and by coded symbols.
#![cfg(not(target_arch = "wasm32"))]

use std::collections::BTreeSet;

use drift::engine::base::{DigestFunction, Micros, Wire};
use drift::engine::sweep::{Coded, Decoder, ItemSet, Mark, RowItem, Side, Sketch, SketchPolicy, Span, SpanPolicy, Symbols};
use proptest::prelude::*;

type Rows = BTreeSet<(u64, RowItem)>;

/// What the exchange by ranges finds, and what it took.
#[derive(Debug, Default)]
struct Found {
    mine: Rows,
    theirs: BTreeSet<RowItem>,
    messages: usize,
    largest: u32,
}

fn set(rows: &Rows) -> ItemSet {
    ItemSet::new(rows.iter().copied())
}

/// The whole exchange: `b` begins, `a` finds out.
fn exchange(a: &Rows, b: &Rows, policy: SpanPolicy) -> Found {
    let (mine, theirs) = (set(a), set(b));
    let side = |set, asks| Side { set, policy, digest: DigestFunction::Xxh64, asks };
    let (asker, answerer) = (side(&mine, true), side(&theirs, false));
    let mut found = Found::default();
    let mut spans = answerer.open();
    loop {
        assert_eq!(read(&written(&spans)), spans, "what is written can be read");
        found.largest = found.largest.max(spans[..].size());
        let reply = asker.answer(&spans).expect("in order");
        found.messages += 1;
        found.mine.extend(reply.mine);
        found.theirs.extend(reply.theirs);
        if reply.spans.is_empty() {
            return found;
        }
        found.largest = found.largest.max(reply.spans[..].size());
        assert_eq!(read(&written(&reply.spans)), reply.spans);
        spans = answerer.answer(&reply.spans).expect("in order").spans;
        found.messages += 1;
        assert!(found.messages < 10_000, "it comes to an end");
    }
}

fn written(spans: &[Span]) -> Vec<u8> {
    let mut bytes = Vec::new();
    spans.encode(&mut bytes);
    bytes
}

/// Reads spans back from their bytes.
fn read(mut bytes: &[u8]) -> Vec<Span> {
    let mut spans: Vec<Span> = Vec::new();
    let word = |bytes: &mut &[u8]| {
        let (word, rest) = bytes.split_at(8);
        *bytes = rest;
        u64::from_le_bytes(word.try_into().expect("eight"))
    };
    while let Some((head, rest)) = bytes.split_first() {
        bytes = rest;
        let (shared, more) = (usize::from(head >> 2 & 7), usize::from(head >> 5) + 1);
        let mut end = [0xff; 8];
        let before = spans.last().map_or(0, |span| span.last).to_be_bytes();
        end[..shared].copy_from_slice(&before[..shared]);
        end[shared..shared + more].copy_from_slice(&bytes[..more]);
        bytes = &bytes[more..];
        let mark = match head & 3 {
            0 => Mark::Done,
            1 => Mark::Print(word(&mut bytes)),
            _ => {
                let count = u32::from_le_bytes([bytes[0], bytes[1], bytes[2], 0]);
                bytes = &bytes[3..];
                Mark::List((0..count).map(|_| word(&mut bytes)).collect())
            }
        };
        spans.push(Span { last: u64::from_be_bytes(end), mark });
    }
    spans
}

/// Symbols go page by page from `b` to `a`, in this order of pages and then all others, until everything is found.
fn decode(a: &Rows, b: &Rows, policy: SketchPolicy, order: &[u32]) -> Decoder {
    let (mine, theirs) = (set(a), set(b));
    let (mut own, mut sent) = (Sketch::default(), Sketch::default());
    let mut decoder = Decoder::default();
    for message in order.iter().copied().chain(0..) {
        let places = policy.symbols_of(message);
        assert!(!places.is_empty(), "enough symbols tell everything");
        own.reach(mine.items(), places.end);
        sent.reach(theirs.items(), places.end);
        let run = places.start as usize..places.end as usize;
        decoder.take(places.start, &sent.symbols()[run.clone()], &own.symbols()[run]);
        if decoder.is_done() || decoder.is_broken() {
            break;
        }
    }
    decoder
}

fn peeled(decoder: &Decoder, mine: bool) -> BTreeSet<RowItem> {
    decoder.found().iter().filter(|peeled| peeled.mine == mine).map(|peeled| peeled.item).collect()
}

fn items(rows: &Rows) -> BTreeSet<RowItem> {
    rows.iter().map(|(_, item)| *item).collect()
}

/// Tokens some of which are the same and many of which lie close together or at the ends; items that are all different. An item says where
/// its key lies, as that of a row does.
fn rows(most: usize) -> impl Strategy<Value = Rows> {
    prop::collection::btree_set(0..2_000u64, 0..most).prop_map(|all| {
        // Digests, as real items are: of numbers in a row, sums say too little.
        let item = |n: u64| DigestFunction::Xxh64.words(&n.to_be_bytes())[0];
        let token = |n: u64| match n % 5 {
            0 => n % 8,
            1 => u64::MAX - n % 3,
            2 => (n % 40) << 58,
            3 => 7 << 40 | n,
            _ => item(n).rotate_left(20),
        };
        all.into_iter().map(|n| (token(n), item(n))).collect()
    })
}

fn policy() -> impl Strategy<Value = SpanPolicy> {
    (2..257u32, 2..1025u32, prop::sample::select(vec![4096u32, 5000, 1 << 20])).prop_map(|(parts, list, frame)| SpanPolicy {
        parts,
        list,
        frame,
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    /// By ranges exactly the difference is found, in both directions, however ranges are split and messages cut.
    #[test]
    fn ranges_find_what_differs(a in rows(900), b in rows(60), alike in any::<bool>(), policy in policy()) {
        let b = if alike { a.iter().skip(3).chain(&b).copied().collect() } else { b };
        for (x, y) in [(&a, &b), (&b, &a)] {
            let found = exchange(x, y, policy);
            prop_assert_eq!(&found.mine, &(x - y));
            prop_assert_eq!(&found.theirs, &items(&(y - x)));
            // Items of one token are never parted: a frame is exceeded by those of one token at most.
            let alike = |rows: &Rows| rows.iter().map(|(token, _)| rows.range((*token, 0)..=(*token, u64::MAX)).count()).max();
            let most = alike(x).max(alike(y)).unwrap_or(0) as u32;
            prop_assert!(found.largest <= policy.frame + 8 * most, "{} of {}", found.largest, policy.frame);
        }
    }

    /// By coded symbols exactly the difference is found, in both directions, in whatever order pages come and if some come twice.
    #[test]
    fn symbols_find_what_differs(a in rows(200), b in rows(20), alike in any::<bool>(), page in 1..40u32, order in prop::collection::vec(0..5u32, 0..6)) {
        let b = if alike { a.iter().skip(3).chain(&b).copied().collect() } else { b };
        let policy = SketchPolicy { page, every: Micros::ms(1), most: 1 << 14 };
        for (x, y) in [(&a, &b), (&b, &a)] {
            let decoder = decode(x, y, policy, &order);
            prop_assert!(decoder.is_done());
            prop_assert_eq!(peeled(&decoder, true), items(&(x - y)));
            prop_assert_eq!(peeled(&decoder, false), items(&(y - x)));
            prop_assert_eq!(decoder.found().len(), (x - y).len() + (y - x).len(), "each once");
        }
    }

    /// Symbols that no set has never keep the receiver busy for long, and what it gives up it does not call done.
    #[test]
    fn lies_come_to_an_end(a in rows(50), lies in prop::collection::vec((0..4u64, 0..2u32, -2..3i32), 1..60), true_checks in any::<bool>()) {
        let mine = set(&a);
        let mut own = Sketch::default();
        own.reach(mine.items(), lies.len() as u32);
        let symbols: Vec<Coded> = lies.iter().map(|(sum, check, count)| {
            let mut symbol = Coded { sum: *sum, check: *check, count: *count };
            if true_checks {
                symbol = Coded::default();
                symbol.put(*sum, *count);
            }
            symbol
        }).collect();
        let mut decoder = Decoder::default();
        decoder.take(0, &symbols, own.symbols());
        prop_assert!(decoder.found().len() <= symbols.len());
        prop_assert!(!(decoder.is_done() && decoder.is_broken()));
    }

    /// Spans of a liar are answered or refused, and whatever is answered can be sent.
    #[test]
    fn foreign_spans_are_answered_or_refused(a in rows(100), spans in prop::collection::vec((any::<u64>(), 0..3u8, any::<u64>()), 0..20), sorted in any::<bool>(), asks in any::<bool>(), policy in policy()) {
        let mut spans: Vec<Span> = spans.into_iter().map(|(last, kind, word)| Span {
            last,
            mark: match kind { 0 => Mark::Done, 1 => Mark::Print(word), _ => Mark::List([word, word].into()) },
        }).collect();
        if sorted {
            spans.sort_by_key(|span| span.last);
            spans.dedup_by_key(|span| span.last);
        }
        let set = set(&a);
        let reply = Side { set: &set, policy, digest: DigestFunction::Xxh64, asks }.answer(&spans);
        prop_assert_eq!(reply.is_some(), spans.is_sorted_by(|x, y| x.last < y.last));
        if let Some(reply) = reply {
            prop_assert_eq!(read(&written(&reply.spans)), reply.spans);
        }
    }
}

#[test]
fn a_symbol_takes_thirteen_bytes_and_a_little() {
    let rows: Rows = (0..5_000u64).map(|n| (n, n.wrapping_mul(0x9e37_79b9_7f4a_7c15))).collect();
    let mut sketch = Sketch::default();
    sketch.reach(set(&rows).items(), 1_024);
    let say = Symbols { items: 5_000, from: 0, symbols: sketch.symbols()[..1_024].into() };
    let (bytes, symbols) = (say.size(), 1_024);
    assert!((13 * symbols + 12..14 * symbols).contains(&bytes), "{bytes}");
}

#[test]
fn pages_grow_and_end_where_the_most_is_reached() {
    let policy = SketchPolicy { page: 16, every: Micros::ms(1), most: 100 };
    let pages: Vec<_> = (0..5).map(|message| policy.symbols_of(message)).collect();
    assert_eq!(pages, [0..16, 16..48, 48..96, 96..100, 100..100]);
}
