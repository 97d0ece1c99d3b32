//! A sweep with a peer that says what makes no sense: it ends or goes on, and no row is lost or overwritten by an older one.

use std::sync::Arc;

use drift::engine::base::{DigestFunction, Draws, Endpoint, Micros, NodeId};
use drift::engine::data::{Key, Payload, Row, Rule, Version};
use drift::engine::node::desk::Desk;
use drift::engine::node::sweeps::{
    Page, Place, ROUNDS, Refusal, Say, SegmentSay, SessionId, SetSay, SweepOutcome, SweepStep, TrieSay, common_ranges,
};
use drift::engine::node::{Body, Ctx, Input, Message, Method, Node, Note, Out, Radix, Segments, Settings, SweepPolicy};
use drift::engine::place::Ring;
use drift::engine::sweep::{Coded, Depth, Mark, Places, SketchPolicy, Span, SpanPolicy, Symbols, TokenRange, TreePolicy, TrieNode};

const A: NodeId = NodeId(0);
const B: NodeId = NodeId(1);

/// Node A, which holds one row, in a cluster of three that all hold everything.
pub struct Alone {
    pub node: Node,
    pub ring: Ring,
    pub settings: Settings,
}

pub fn row(micros: u64) -> Arc<Row> {
    let clock = Rule::LastWriteWins.mint(A, micros);
    Arc::new(Row::single(Version { clock, payload: Payload::Value(b"v".as_slice().into()) }))
}

impl Alone {
    pub fn new() -> Alone {
        let (mut node, settings) = (Node::new(A), Settings::default());
        node.store.apply(settings.rule, &Key::new("k"), &row(5), true);
        Alone { node, ring: Ring::even(3), settings }
    }

    pub fn handle(&mut self, input: Input<'_>) -> Vec<Out> {
        let mut out = Vec::new();
        let mut ctx = Ctx {
            now: Micros::secs(1),
            settings: &self.settings,
            ring: &self.ring,
            draws: Draws::new(1),
            backlog: 0,
            out: &mut out,
            desk: &mut Desk::default(),
        };
        self.node.handle(input, &mut ctx);
        out
    }

    pub fn hear(&mut self, from: NodeId, session: SessionId, say: Say) -> Vec<Out> {
        let body = Body::Sweep { session, say: Box::new(say) };
        let (from, to) = (Endpoint::from(from), Endpoint::from(A));
        let message = Message { id: 1, from, to, op: None, owner: None, cause: None, sent_at: Micros::ZERO, size: 0, body };
        self.handle(Input::Message(&message))
    }

    /// Starts a sweep with B by this policy.
    fn start(&mut self, policy: SweepPolicy) -> SessionId {
        let out = self.handle(Input::Sweep(B, policy));
        let open = said(&out).into_iter().find_map(|(session, say)| matches!(say, Say::Open { .. }).then_some(session));
        open.expect("it asks")
    }

    pub fn held(&self) -> Option<&Arc<Row>> {
        self.node.store.get(&Key::new("k"))
    }
}

pub fn said(out: &[Out]) -> Vec<(SessionId, &Say)> {
    let one = |out| match out {
        &Out::Send { body: Body::Sweep { session, ref say }, .. } => Some((session, &**say)),
        _ => None,
    };
    out.iter().filter_map(one).collect()
}

fn ended(out: &[Out]) -> Option<SweepOutcome> {
    out.iter().find_map(|out| match out {
        Out::Note { note: Note::Sweep { step: SweepStep::Ended { outcome, .. }, .. }, .. } => Some(*outcome),
        _ => None,
    })
}

fn small() -> SweepPolicy {
    SweepPolicy { tree: TreePolicy { fan_out: 2, depth: Depth::Fixed(2), ..TreePolicy::default() }, ..SweepPolicy::default() }
}

#[test]
fn an_answer_that_does_not_fit_ends_the_sweep() {
    let hash = DigestFunction::Xxh64.of_bytes(b"a lie");
    let mut alone = Alone::new();
    let session = alone.start(small());
    let out = alone.hear(B, session, Say::Roots([(2, hash)].into()));
    assert_eq!(ended(&out), Some(SweepOutcome::Nonsense), "three ranges and one root");
    let session = alone.start(small());
    let out = alone.hear(B, session, Say::Roots([(2, hash); 3].into()));
    assert!(matches!(said(&out).as_slice(), [(_, Say::Children { nodes, .. })] if nodes.len() == 3), "every root is a lie: {out:?}");
    let out = alone.hear(B, session, Say::Hashes { part: 0, level: 0, hashes: [hash; 5].into() });
    assert_eq!(ended(&out), Some(SweepOutcome::Nonsense), "six children and five hashes");
    assert!(alone.node.sweeps.asking().is_empty());
    assert_eq!(alone.held(), Some(&row(5)));
}

#[test]
fn what_nobody_waits_for_changes_nothing() {
    let mut alone = Alone::new();
    let session = alone.start(small());
    let old = SessionId { number: session.number + 7, ..session };
    let before = SessionId { generation: 9, ..session };
    let rows = || Say::Rows { page: Page { part: 0, page: 0, pages: 1 }, rows: [(Key::new("x"), row(9))].into() };
    let hash = DigestFunction::Xxh64.of_bytes(b"a lie");
    for (from, session, say) in [
        (B, old, Say::Refused(Refusal::Busy)),
        (B, before, Say::Roots([(2, hash); 3].into())),
        (NodeId(2), session, Say::Refused(Refusal::Busy)),
        (B, session, rows()),
        (B, session, Say::Stored { page: 0 }),
        (B, session, Say::Hashes { part: 0, level: 0, hashes: [hash; 2].into() }),
        (B, session, Say::Keys { page: Page { part: 0, page: 3, pages: 1 }, entries: Box::new([]) }),
    ] {
        assert!(alone.hear(from, session, say).is_empty());
    }
    assert_eq!(alone.node.store.rows().len(), 1);
    assert!(alone.node.sweeps.asking().contains_key(&session.number), "and the sweep still waits");
}

#[test]
fn a_lie_about_a_hash_costs_work_and_no_data() {
    let mut alone = Alone::new();
    let session =
        alone.start(SweepPolicy { tree: TreePolicy { depth: Depth::Fixed(0), ..TreePolicy::default() }, ..SweepPolicy::default() });
    let hash = DigestFunction::Xxh64.of_bytes(b"a lie");
    alone.hear(B, session, Say::Roots([(0, hash); 3].into()));
    let entries = [(Key::new("k"), hash)].into();
    let out = alone.hear(B, session, Say::Keys { page: Page { part: 0, page: 0, pages: 1 }, entries });
    assert!(matches!(said(&out).as_slice(), [(_, Say::FetchRows { keys, .. })] if keys.len() == 1));
    let out = alone.hear(B, session, Say::Rows { page: Page { part: 0, page: 0, pages: 1 }, rows: [(Key::new("k"), row(3))].into() });
    assert_eq!(alone.held(), Some(&row(5)), "what comes is older");
    assert!(said(&out).iter().any(|(_, say)| matches!(say, Say::Rows { .. })), "so the newer goes back");
}

#[test]
fn a_question_for_what_is_not_there_is_answered_or_refused() {
    let mut alone = Alone::new();
    let session = SessionId { by: B, generation: 1, number: 1 };
    let ask = |level, index| Say::Children { part: 0, level, nodes: [Place { range: 0, level, index }].into() };
    let out = alone.hear(B, session, ask(0, 0));
    assert_eq!(said(&out), [(session, &Say::Refused(Refusal::Unknown))]);
    let odd = |left, right| Say::Open { policy: small(), ranges: [TokenRange { left, right }].into() };
    let common = common_ranges(&alone.ring, &3.into(), A, B);
    let out = alone.hear(B, session, odd(common[0].left, common[1].right));
    assert_eq!(said(&out), [(session, &Say::Refused(Refusal::NotMine))], "not one of the ring's ranges");
    let deep = SweepPolicy { tree: TreePolicy { fan_out: 3, ..TreePolicy::default() }, ..small() };
    let out = alone.hear(B, session, Say::Open { policy: deep, ranges: common.clone().into() });
    assert_eq!(said(&out), [(session, &Say::Refused(Refusal::Bounds))]);
    alone.hear(B, session, Say::Open { policy: small(), ranges: common.into() });
    for (level, index) in [(0, 1), (2, 0), (3, 0), (u32::MAX, u64::MAX), (1, u64::MAX)] {
        let out = alone.hear(B, session, ask(level, index));
        assert!(matches!(said(&out).as_slice(), [(_, Say::Hashes { hashes, .. })] if hashes.is_empty()), "{level} {index}: {out:?}");
        let leaves = [Place { range: 0, level, index }, Place { range: 99, level: 0, index: 0 }].into();
        let out = alone.hear(B, session, Say::ListKeys { part: 0, leaves });
        assert!(matches!(said(&out).as_slice(), [(_, Say::Keys { .. })]));
    }
}

#[test]
fn rows_that_belong_to_other_ranges_are_not_taken() {
    // Five nodes, three copies: A holds the rows of three ranges, and shares fewer with B.
    let mut alone = Alone { ring: Ring::even(5), ..Alone::new() };
    let common = common_ranges(&alone.ring, &3.into(), A, B);
    let key = |inside: bool| {
        let fits = |key: &Key| common.iter().any(|range| range.holds(key.token())) == inside;
        (0..).map(|i| Key::new(&format!("key-{i}"))).find(fits).expect("there are such keys")
    };
    let session = SessionId { by: B, generation: 1, number: 1 };
    alone.hear(B, session, Say::Open { policy: small(), ranges: common.clone().into() });
    let rows = [(key(true), row(9)), (key(false), row(9))].into();
    alone.hear(B, session, Say::Rows { page: Page { part: 0, page: 0, pages: 1 }, rows });
    assert_eq!((alone.node.store.get(&key(true)), alone.node.store.get(&key(false))), (Some(&row(9)), None));
}

/// Spans as the answering side would send them.
fn spans(round: u32, spans: Vec<Span>) -> Say {
    Say::Set(SetSay::Spans { round, spans: spans.into() })
}

#[test]
fn ranges_that_make_no_sense_end_the_exchange() {
    let by_ranges = SweepPolicy { method: Method::Ranges, ranges: Some(SpanPolicy { frame: 4_096, ..SpanPolicy::default() }), ..small() };
    let print = |last, print| Span { last, mark: Mark::Print(print) };
    let all = |mark| Span { last: u64::MAX, mark };
    let mut alone = Alone::new();
    for nonsense in [vec![print(9, 1), print(9, 1)], vec![print(9, 1), print(8, 1)], vec![all(Mark::List((0..2_000).collect()))]] {
        let session = alone.start(by_ranges);
        assert!(alone.hear(B, session, spans(2, vec![])).is_empty(), "nobody waits for that round");
        assert!(alone.hear(NodeId(2), session, spans(0, vec![])).is_empty(), "nor for that node");
        assert_eq!(ended(&alone.hear(B, session, spans(0, nonsense))), Some(SweepOutcome::Nonsense));
    }
    // A liar that calls everything different, again and again, is not listened to for ever.
    let mut session = alone.start(by_ranges);
    let end = (0..=ROUNDS).find_map(|n| ended(&alone.hear(B, session, spans(2 * n, vec![all(Mark::Print(u64::from(n)))]))));
    assert_eq!(end, Some(SweepOutcome::Exhausted));
    // A digest that the liar does not have: it sends nothing, and nothing is lost.
    session = alone.start(by_ranges);
    let out = alone.hear(B, session, spans(0, vec![all(Mark::List([7].into()))]));
    assert!(matches!(said(&out).as_slice(), [(_, Say::Set(SetSay::FetchItems { items, .. }))] if **items == [7]), "{out:?}");
    let out = alone.hear(B, session, Say::Rows { page: Page { part: 0, page: 0, pages: 1 }, rows: Box::new([]) });
    assert!(said(&out).iter().any(|(_, say)| matches!(say, Say::Rows { rows, .. } if rows.len() == 1)), "its own row goes");
    assert_eq!(alone.held(), Some(&row(5)));
}

#[test]
fn symbols_that_make_no_sense_end_the_exchange() {
    let by_symbols =
        SweepPolicy { method: Method::Sketch, sketch: Some(SketchPolicy { page: 8, most: 24, ..SketchPolicy::default() }), ..small() };
    let say = |message, from, symbols: Vec<Coded>| {
        Say::Set(SetSay::Symbols { message, again: 0, run: Symbols { items: 1, from, symbols: symbols.into() } })
    };
    let mut alone = Alone::new();
    alone.node.store.wipe();
    for (message, from, symbols) in [
        (0, 0, vec![Coded::default(); 7]),
        (0, 1, vec![Coded::default(); 8]),
        (1, 0, vec![Coded::default(); 8]),
        (9, 24, vec![]),
        (u32::MAX, 0, vec![Coded::default(); 8]),
        // An item that this side is said to have and the other one not.
        (0, 0, {
            let mut lie = vec![Coded::default(); 8];
            let mut places = Places::of(77);
            while let Some(symbol) = lie.get_mut(places.next as usize) {
                symbol.put(77, -1);
                places.step();
            }
            lie
        }),
    ] {
        let session = alone.start(by_symbols);
        let outcome = ended(&alone.hear(B, session, say(message, from, symbols.clone())));
        assert_eq!(outcome, Some(SweepOutcome::Nonsense), "{message} {from} {symbols:?}");
    }
    // Symbols in which nothing stands alone: they come to an end, and so does the sweep.
    let session = alone.start(by_symbols);
    let dull = |n| vec![Coded { sum: 5, check: 1, count: 7 }; n];
    assert_eq!(ended(&alone.hear(B, session, say(0, 0, dull(8)))), None);
    assert!(alone.hear(B, session, say(0, 0, dull(8))).is_empty(), "a second copy");
    assert_eq!(ended(&alone.hear(B, session, say(1, 8, dull(16)))), Some(SweepOutcome::Exhausted));
    assert_eq!(alone.held(), None);
}

#[test]
fn an_answering_side_stays_within_its_bounds() {
    let common = common_ranges(&Ring::even(3), &Settings::default().replicas, A, B);
    let session = SessionId { by: B, generation: 1, number: 1 };
    let mut alone = Alone::new();
    let odd = SweepPolicy { method: Method::Ranges, ranges: Some(SpanPolicy { parts: 0, ..SpanPolicy::default() }), ..small() };
    let out = alone.hear(B, session, Say::Open { policy: odd, ranges: common.clone().into() });
    assert_eq!(said(&out), [(session, &Say::Refused(Refusal::Bounds))]);
    for method in [Method::Ranges, Method::Sketch] {
        let policy = SweepPolicy { method, ..small() };
        let out = alone.hear(B, session, Say::Open { policy, ranges: common.clone().into() });
        assert!(matches!(said(&out).as_slice(), [(_, Say::Set(_))]), "{method:?}");
        let fetch = |items: Vec<u64>| Say::Set(SetSay::FetchItems { part: 0, items: items.into() });
        assert!(alone.hear(B, session, fetch((0..1_025).collect())).is_empty(), "more than one message may ask for");
        let out = alone.hear(B, session, fetch(vec![1, 1, 2]));
        assert!(matches!(said(&out).as_slice(), [(_, Say::Rows { rows, .. })] if rows.is_empty()), "digests that nobody has");
        let out = alone.hear(B, session, spans(1, vec![Span { last: 3, mark: Mark::Done }, Span { last: 3, mark: Mark::Done }]));
        assert_eq!(said(&out), [(session, &Say::Refused(Refusal::Bounds))]);
        let out = alone.hear(B, session, spans(u32::MAX, vec![]));
        assert!(matches!(said(&out).as_slice(), [(_, Say::Set(SetSay::Spans { spans, .. }))] if spans.is_empty()));
        // Words of another method are no reason to fail either.
        alone.hear(B, session, Say::Set(SetSay::Again { after: 3 }));
        alone.hear(B, session, Say::Children { part: 0, level: 0, nodes: [Place { range: 0, level: 0, index: 0 }].into() });
        alone.hear(B, session, Say::Close);
        assert_eq!(said(&alone.hear(B, session, spans(1, vec![]))), [(session, &Say::Refused(Refusal::Unknown))]);
    }
    assert_eq!(alone.held(), Some(&row(5)));
}

fn segments(width: u32) -> SweepPolicy {
    SweepPolicy { method: Method::Segments, segments: Some(Segments { width, ..Segments::default() }), ..SweepPolicy::default() }
}

#[test]
fn a_bucket_that_is_none_ends_the_exchange() {
    let hash = DigestFunction::Xxh64.of_bytes(b"a lie");
    let begun = || {
        let mut alone = Alone::new();
        let session = alone.start(segments(2));
        let out = alone.hear(B, session, Say::Segments(SegmentSay::Ready));
        assert!(matches!(said(&out).as_slice(), [(_, Say::Segments(SegmentSay::Bucket { ask: 1, bucket }))] if bucket.level == 0));
        (alone, session)
    };
    for lie in [vec![(1, hash)], vec![(0, hash), (0, hash)], vec![(u32::MAX, hash)]] {
        let (mut alone, session) = begun();
        let out = alone.hear(B, session, Say::Segments(SegmentSay::Hashes { ask: 1, hashes: lie.into() }));
        assert_eq!(ended(&out), Some(SweepOutcome::Nonsense));
    }
    // A hash that is a lie leads down to a segment; keys that do not belong there end it.
    let (mut alone, session) = begun();
    let mut ask = 1;
    for id in [0, 0, 0] {
        let out = alone.hear(B, session, Say::Segments(SegmentSay::Hashes { ask, hashes: [(id, hash)].into() }));
        assert!(!said(&out).is_empty(), "it asks on");
        ask += 1;
    }
    let strangers: Vec<(Key, drift::engine::base::Digest)> = (0..100).map(|n| (Key::new(&format!("x{n}")), hash)).collect();
    let out = alone.hear(B, session, Say::Keys { page: Page { part: ask, page: 0, pages: 1 }, entries: strangers.into() });
    assert_eq!(ended(&out), Some(SweepOutcome::Nonsense));
    assert_eq!(alone.held(), Some(&row(5)));
    assert!(alone.node.sweeps.asking().is_empty(), "and the locks are free");
}

#[test]
fn a_key_that_nobody_has_costs_a_read() {
    let mut alone = Alone::new();
    let session = alone.start(segments(2));
    alone.hear(B, session, Say::Segments(SegmentSay::Ready));
    // Whatever is asked for, B has something else than A; and of the last segment it lists a key that fits.
    let mut asked = 1;
    let mut listed = None;
    while listed.is_none() {
        let out = alone.hear(B, session, Say::Segments(SegmentSay::Hashes { ask: asked, hashes: Box::new([]) }));
        asked += 1;
        match said(&out).as_slice() {
            [(_, Say::Segments(SegmentSay::Segment { .. }))] => listed = Some(asked),
            [(_, Say::Segments(SegmentSay::Bucket { .. }))] => {}
            _ => panic!("{out:?}"),
        }
    }
    let out = alone.hear(B, session, Say::Keys { page: Page { part: asked, page: 0, pages: u32::MAX }, entries: Box::new([]) });
    assert!(out.is_empty(), "nobody sends so many pages");
    let mut out = alone.hear(B, session, Say::Keys { page: Page { part: asked, page: 0, pages: 1 }, entries: Box::new([]) });
    for _ in 0..8 {
        if let [(_, Say::Segments(SegmentSay::Bucket { ask, .. }))] = said(&out).as_slice() {
            let ask = *ask;
            out = alone.hear(B, session, Say::Segments(SegmentSay::Hashes { ask, hashes: Box::new([]) }));
        }
    }
    let reads = out
        .iter()
        .filter(|out| matches!(out, Out::Send { op: Some(op), body: Body::ReadData { .. } | Body::ReadDigest { .. }, .. } if op.is_own()));
    assert_eq!(reads.count(), 3, "k is asked of everyone: {out:?}");
    assert_eq!(alone.held(), Some(&row(5)));
    let out = alone.hear(B, session, Say::Refused(Refusal::Unknown));
    assert!(out.is_empty() && !alone.node.sweeps.asking().is_empty(), "a read does not need the other side's sweep");
}

#[test]
fn strange_questions_about_segments_and_tries_are_answered_with_nothing() {
    let mut alone = Alone::new();
    let session = SessionId { by: B, generation: 1, number: 1 };
    let common = common_ranges(&alone.ring, &3.into(), A, B);
    let open = |policy: SweepPolicy| Say::Open { policy, ranges: common.clone().into() };
    let out = alone.hear(B, session, open(segments(3)));
    assert_eq!(said(&out), [(session, &Say::Refused(Refusal::Bounds))]);
    let out = alone.hear(B, session, open(segments(2)));
    assert_eq!(said(&out), [(session, &Say::Segments(SegmentSay::Ready))]);
    let other = SessionId { number: 2, ..session };
    let out = alone.hear(B, other, open(segments(2)));
    assert_eq!(said(&out), [(other, &Say::Refused(Refusal::Locked))]);
    for (range, level, index) in [(9, 0, 0), (0, 0, 1), (0, 3, 0), (0, u32::MAX, u64::MAX), (0, 1, u64::MAX), (0, 4, 0)] {
        let place = Place { range, level, index };
        let out = alone.hear(B, session, Say::Segments(SegmentSay::Bucket { ask: 1, bucket: place }));
        assert!(matches!(said(&out).as_slice(), [(_, Say::Segments(SegmentSay::Hashes { hashes, .. }))] if hashes.is_empty()), "{place:?}");
        let out = alone.hear(B, session, Say::Segments(SegmentSay::Segment { ask: 1, segment: place }));
        assert!(matches!(said(&out).as_slice(), [(_, Say::Keys { entries, .. })] if entries.is_empty() || level == 3), "{place:?}");
    }
    assert!(alone.hear(B, session, Say::Segments(SegmentSay::Rehash(Key::new("nothing")))).is_empty());
    let get = |range, prefix: &[u8]| Say::Trie(TrieSay::Get { ask: 1, range, prefix: prefix.into() });
    assert!(alone.hear(B, session, get(0, b"")).is_empty(), "it is another kind of sweep");
    alone.hear(B, session, Say::Close);
    let out = alone.hear(B, other, open(SweepPolicy { method: Method::Trie, ..SweepPolicy::default() }));
    assert!(matches!(said(&out).as_slice(), [(_, Say::Roots(roots))] if roots.len() == 3));
    for (range, prefix) in [(9, b"".as_slice()), (0, &[7; 300]), (u32::MAX, &[1]), (0, &[0; 9])] {
        let out = alone.hear(B, other, get(range, prefix));
        assert!(matches!(said(&out).as_slice(), [(_, Say::Trie(TrieSay::Node { node: TrieNode::Empty, .. }))]), "{range} {prefix:?}");
    }
}

#[test]
fn a_node_of_a_trie_that_is_a_lie_costs_rows_and_nothing_else() {
    let hash = DigestFunction::Xxh64.of_bytes(b"a lie");
    let mut alone = Alone::new();
    for n in 0..50 {
        alone.node.store.apply(Rule::LastWriteWins, &Key::new(&format!("k{n}")), &row(5), true);
    }
    let policy = SweepPolicy { method: Method::Trie, trie: Some(Radix::default()), ..SweepPolicy::default() };
    let session = alone.start(policy);
    assert_eq!(ended(&alone.hear(B, session, Say::Roots([(0, hash)].into()))), Some(SweepOutcome::Nonsense));
    let session = alone.start(policy);
    let mut out = alone.hear(B, session, Say::Roots([(u32::MAX, hash); 3].into()));
    let mut asked = 0;
    while let [(_, Say::Trie(TrieSay::Get { ask, .. }))] = said(&out).as_slice() {
        let ask = *ask;
        asked += 1;
        for stray in [ask + 1, 0] {
            assert!(alone.hear(B, session, Say::Trie(TrieSay::Node { ask: stray, node: TrieNode::Empty })).is_empty());
        }
        let children = (0..=255).rev().chain([7, 7]).map(|byte| (byte, hash)).collect();
        out = alone.hear(B, session, Say::Trie(TrieSay::Node { ask, node: TrieNode::Inner(children) }));
    }
    assert!(asked > 3);
    let rows: usize = said(&out).iter().map(|(_, say)| if let Say::Rows { rows, .. } = say { rows.len() } else { 0 }).sum();
    assert_eq!(rows, 51, "all of them go, and nothing is taken");
    assert_eq!(alone.node.store.rows().len(), 51);
}
