//! Range-based set reconciliation as negentropy does it, and coded symbols as the paper on rateless tables and its program say.

use drift::engine::base::DigestFunction;
use drift::engine::sweep::{Decoder, ItemSet, Mark, Side, Sketch, SketchPolicy, Span, SpanPolicy};

fn item(seed: u64, n: u64) -> u64 {
    (seed << 32 | (n + 1)).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(31).wrapping_mul(0xbf58_476d_1ce4_e5b9)
}

fn set(items: impl Iterator<Item = u64>) -> ItemSet {
    ItemSet::new(items.map(|item| (item.rotate_left(17), item)))
}

/// Symbols that two sets of `common` items and `differences` needed, one by one.
fn needed(seed: u64, common: u64, differences: u64) -> u32 {
    let mine = set((0..common).map(|n| item(seed, n)));
    let theirs = set((0..common + differences).map(|n| item(seed, n)));
    let (mut own, mut sent, mut decoder) = (Sketch::default(), Sketch::default(), Decoder::default());
    for place in 0..SketchPolicy::MOST {
        own.reach(mine.items(), place + 1);
        sent.reach(theirs.items(), place + 1);
        let at = place as usize;
        decoder.take(place, &sent.symbols()[at..=at], &own.symbols()[at..=at]);
        if decoder.is_done() {
            assert_eq!(decoder.found().len() as u64, differences);
            return decoder.received();
        }
    }
    panic!("never");
}

/// Yang, Gilad, Alizadeh, "Practical Rateless Set Reconciliation" (SIGCOMM 2024): 1.35 symbols for each difference where there are many, at
/// most 1.72 on average where there are few. A band over seeds: no single run is the average.
#[test]
fn symbols_for_each_difference() {
    let mean = |differences: u64, seeds: u64| {
        let all: u32 = (0..seeds).map(|seed| needed(seed, 100, differences)).sum();
        f64::from(all) / (seeds * differences) as f64
    };
    let many = mean(4_000, 8);
    assert!((1.30..1.42).contains(&many), "{many}");
    for few in [1, 4, 10, 40] {
        let mean = mean(few, 200);
        assert!((1.0..1.9).contains(&mean), "{few}: {mean}");
    }
    assert_eq!(needed(3, 100, 0), 1, "equal sets are known by the first symbol");
}

/// The same paper, section 4: what is sent does not depend on how much will be needed, nor on who receives it.
#[test]
fn a_longer_row_of_symbols_begins_with_a_shorter_one() {
    let set = set((0..1_000).map(|n| item(1, n)));
    let (mut short, mut long) = (Sketch::default(), Sketch::default());
    short.reach(set.items(), 20);
    short.reach(set.items(), 300);
    long.reach(set.items(), 5_000);
    let length = short.symbols().len();
    assert!((300..5_000).contains(&length));
    assert_eq!(short.symbols(), &long.symbols()[..length]);
}

/// `riblt`, `decoder.go`: what is left of symbols of two sets is the symbols of their difference.
#[test]
fn what_both_have_leaves_no_trace() {
    let (a, b) = (set((0..500).map(|n| item(1, n))), set((3..504).map(|n| item(1, n))));
    let only = |range: std::ops::Range<u64>| {
        let mut sketch = Sketch::default();
        sketch.reach(set(range.map(|n| item(1, n))).items(), 64);
        sketch
    };
    let (mut x, mut y) = (Sketch::default(), Sketch::default());
    x.reach(a.items(), 64);
    y.reach(b.items(), 64);
    let (lost, new) = (only(0..3), only(500..504));
    for place in 0..64 {
        let (mut left, mut want) = (y.symbols()[place], new.symbols()[place]);
        left.subtract(&x.symbols()[place]);
        want.subtract(&lost.symbols()[place]);
        assert_eq!(left, want, "{place}");
    }
}

fn side(set: &ItemSet, asks: bool) -> Side<'_> {
    Side { set, policy: SpanPolicy::default(), digest: DigestFunction::Xxh64, asks }
}

fn prints(spans: &[Span]) -> usize {
    spans.iter().filter(|span| matches!(span.mark, Mark::Print(_))).count()
}

/// negentropy, protocol version 1, `splitRange`: 32 items or more become sixteen ranges of as many items but one; fewer are listed.
#[test]
fn a_range_becomes_sixteen_or_a_list() {
    for (items, parts) in [(32, 16), (33, 16), (1_000, 16), (31, 0), (0, 0)] {
        let set = set((0..items).map(|n| item(2, n)));
        let spans = side(&set, false).open();
        assert_eq!(prints(&spans), parts, "{items}");
        assert_eq!(spans.last().expect("one").last, u64::MAX, "all of it");
        if parts == 0 {
            assert!(matches!(spans.as_slice(), [Span { mark: Mark::List(list), .. }] if list.len() as u64 == items));
        } else {
            let ends: Vec<usize> = spans.iter().map(|span| set.place_after(span.last)).collect();
            let sizes: Vec<usize> = std::iter::once(0).chain(ends.iter().copied()).zip(&ends).map(|(from, to)| to - from).collect();
            let (least, most) = (sizes.iter().min().expect("some"), sizes.iter().max().expect("some"));
            assert!(most - least <= 1, "{sizes:?}");
        }
    }
}

/// The same: equal ranges are skipped, differing ones are split again; to a list the side that asked answers nothing, the other one with its
/// own list.
#[test]
fn who_answers_what() {
    let (a, b) = (set((0..1_000).map(|n| item(2, n))), set((0..1_001).map(|n| item(2, n))));
    let reply = side(&a, true).answer(&side(&b, false).open()).expect("in order");
    assert_eq!((reply.compared, reply.differed, prints(&reply.spans)), (16, 1, 16), "one of sixteen differs, and is split into sixteen");
    assert!(reply.spans.len() <= 17, "what was skipped before it takes one span, what is skipped after it none");
    let back = side(&b, false).answer(&reply.spans).expect("in order");
    assert_eq!((back.compared, back.differed), (16, 1));
    let list = back.spans.iter().find_map(|span| if let Mark::List(list) = &span.mark { Some(list.clone()) } else { None }).expect("a few");
    assert!(list.len() < 32 && list.contains(&item(2, 1_000)));
    let end = side(&a, true).answer(&back.spans).expect("in order");
    assert_eq!((end.theirs, end.mine.len(), end.spans.len()), (vec![item(2, 1_000)], 0, 0));
    let own = side(&a, false).answer(&back.spans).expect("in order");
    assert!(own.theirs.is_empty() && own.spans.iter().any(|span| matches!(&span.mark, Mark::List(own) if own.len() + 1 == list.len())));
    assert!(side(&a, true).answer(&side(&a, false).open()).expect("in order").spans.is_empty(), "equal sets: nothing is left to say");
}

/// The same, `frameSizeLimit`: what does not fit stands under one fingerprint to the end, and is gone into later.
#[test]
fn a_full_frame_ends_with_a_fingerprint_of_the_rest() {
    use drift::engine::base::Wire;
    let set = set((0..40_000).map(|n| item(2, n)));
    let policy = SpanPolicy { frame: 4_096, ..SpanPolicy::default() };
    let lists: Vec<Span> = (0..16).map(|n| Span { last: u64::MAX >> (15 - n), mark: Mark::List(Box::new([])) }).collect();
    let reply = Side { policy, ..side(&set, false) }.answer(&lists).expect("in order");
    assert!(reply.spans[..].size() <= 4_096);
    assert!(matches!(reply.spans.last(), Some(Span { last: u64::MAX, mark: Mark::Print(_) })));
    let listed: usize = reply.spans.iter().map(|span| if let Mark::List(list) = &span.mark { list.len() } else { 0 }).sum();
    assert!((400..520).contains(&listed), "as many as fit: {listed}");
}
