//! A peer that says anything at all in sweeps of every method, in both roles: the node neither fails nor forgets, takes nothing older than what
//! it holds and nothing that lies elsewhere, and whatever it has started ends in one way that it names.

use std::sync::Arc;

use drift::engine::base::{Digest, DigestFunction, NodeId};
use drift::engine::data::{Clock, Key, Row, Token};
use drift::engine::node::sweeps::{Changed, LogStep};
use drift::engine::node::sweeps::{
    DotSay, LogSay, Page, Place, Refusal, Say, SegmentSay, SessionId, SetSay, SweepOutcome, SweepStep, Told, TrieSay, VersionSay, Whole,
    common_ranges,
};
use drift::engine::node::{Input, Method, Note, Out, Streams, SweepPolicy, Timer};
use drift::engine::place::Redraw;
use drift::engine::sweep::{Coded, Mark, Position, Seen, Span, Symbols, TokenRange, TrieNode};

use super::liars::{Alone, row, said};

const A: NodeId = NodeId(0);
const B: NodeId = NodeId(1);

const METHODS: [Method; 9] = [
    Method::Descent,
    Method::Full,
    Method::Log,
    Method::Ranges,
    Method::Sketch,
    Method::Segments,
    Method::Trie,
    Method::Versions,
    Method::Bitmaps,
];

/// Numbers without a pattern.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % n
    }

    /// A small number, or one that nobody would say in earnest.
    fn count(&mut self) -> u32 {
        [0, 0, 0, 1, 1, 2, 3, 3, u32::MAX][self.below(9) as usize]
    }

    fn large(&mut self) -> u64 {
        [0, 1, 2, 3, 64, 70_000, u64::MAX - 1, u64::MAX][self.below(8) as usize]
    }

    fn few<T>(&mut self, most: u64, mut one: impl FnMut(&mut Dice) -> T) -> Box<[T]> {
        (0..self.below(most + 1)).map(|_| one(self)).collect()
    }

    fn key(&mut self) -> Key {
        Key::new(["k", "k", "x", "y", "z"][self.below(5) as usize])
    }

    fn hash(&mut self) -> Digest {
        DigestFunction::Xxh64.of_bytes(&[self.below(3) as u8])
    }

    fn clocks(&mut self) -> Box<[Clock]> {
        self.few(1, |dice| row(dice.below(12)).versions()[0].clock)
    }

    fn range(&mut self, alone: &Alone) -> TokenRange {
        let common = common_ranges(&alone.ring, &alone.settings.replicas, A, B);
        let one = common[self.below(common.len() as u64) as usize];
        if self.below(3) == 0 { TokenRange { left: one.right, right: one.left } } else { one }
    }
}

fn clock(dice: &mut Dice) -> Box<[(u32, NodeId, Seen)]> {
    dice.few(3, |dice| (dice.count(), NodeId(dice.count() % 9), Seen::new(dice.large(), dice.large())))
}

fn events(dice: &mut Dice) -> Box<[Told]> {
    dice.few(3, |dice| Told {
        range: dice.count(),
        node: NodeId(dice.count()),
        event: dice.large(),
        key: dice.key(),
        clocks: dice.clocks(),
    })
}

fn changes(dice: &mut Dice) -> Box<[Changed]> {
    dice.few(3, |dice| Changed { seq: dice.large(), key: dice.key(), clocks: dice.clocks() })
}

fn position(dice: &mut Dice) -> Position {
    Position { incarnation: dice.count(), seq: dice.large(), digest: dice.below(2) }
}

fn policy(dice: &mut Dice) -> SweepPolicy {
    let streams = [Streams::Keys, Streams::Leaves][dice.below(2) as usize];
    let mut policy = SweepPolicy { method: METHODS[dice.below(9) as usize], streams, ..SweepPolicy::default() };
    policy.tree.fan_out = [2, 2, 16, 3, 0][dice.below(5) as usize];
    policy
}

fn span(dice: &mut Dice) -> Span {
    let mark = [Mark::Done, Mark::Print(dice.large()), Mark::List(dice.few(3, Dice::large))][dice.below(3) as usize].clone();
    Span { last: dice.large(), mark }
}

/// Anything that can be said in a sweep.
fn anything(dice: &mut Dice, alone: &Alone) -> Say {
    let fitting = Page { part: 0, page: 0, pages: 1 };
    let page = if dice.below(2) == 0 { fitting } else { Page { part: dice.count(), page: dice.count(), pages: dice.count() } };
    let place = |dice: &mut Dice| Place { range: dice.count(), level: dice.count(), index: dice.large() };
    let (part, ask, some) = (dice.count(), dice.count(), dice.below(2) == 0);
    match dice.below(32) {
        0 => Say::Open { policy: policy(dice), ranges: dice.few(3, |dice| dice.range(alone)).into_vec().into() },
        1 => Say::Roots(dice.few(4, |dice| (dice.count(), dice.hash()))),
        2 => Say::Children { part, level: dice.count(), nodes: dice.few(3, place) },
        3 => Say::Hashes { part, level: dice.count(), hashes: dice.few(6, Dice::hash) },
        4 => Say::ListKeys { part, leaves: dice.few(3, place) },
        5 => Say::Keys { page, entries: dice.few(3, |dice| (dice.key(), dice.hash())) },
        6 => Say::FetchLeaves { part, leaves: dice.few(3, place) },
        7 => Say::FetchRows { part, keys: dice.few(3, Dice::key) },
        8..=10 => Say::Rows { page, rows: dice.few(3, |dice| (dice.key(), row(dice.below(12)))) },
        11 => Say::Stored { page: part },
        12 => Say::Close,
        13 if dice.below(8) == 0 => {
            Say::Refused([Refusal::Busy, Refusal::Locked, Refusal::Bounds, Refusal::Unknown][dice.below(4) as usize])
        }
        14 => Say::Log(LogSay::Head { generation: dice.count(), end: some.then(|| position(dice)), read: (!some).then(|| position(dice)) }),
        15 => Say::Log(LogSay::Since(position(dice))),
        16 => Say::Log(LogSay::Changes { upto: position(dice), changes: changes(dice) }),
        17 => Say::Log([LogSay::Gone, LogSay::Read(position(dice))][dice.below(2) as usize].clone()),
        18 => Say::Log(LogSay::Offer { part, changes: changes(dice) }),
        19 => Say::Log(LogSay::Lacks { part, keys: dice.few(3, Dice::key) }),
        20 => Say::Set(SetSay::Spans { round: dice.count(), spans: dice.few(3, span) }),
        21 => Say::Set(SetSay::Symbols {
            message: dice.count(),
            again: dice.count(),
            run: Symbols {
                items: dice.count(),
                from: dice.count(),
                symbols: dice.few(20, |dice| Coded { sum: dice.large(), check: dice.count(), count: dice.below(5) as i32 - 2 }),
            },
        }),
        22 => Say::Set(
            [SetSay::Again { after: part }, SetSay::FetchItems { part, items: dice.few(3, Dice::large) }][dice.below(2) as usize].clone(),
        ),
        23 => Say::Segments([SegmentSay::Ready, SegmentSay::Rehash(dice.key())][dice.below(2) as usize].clone()),
        24 => Say::Segments(SegmentSay::Bucket { ask, bucket: place(dice) }),
        25 => Say::Segments(SegmentSay::Hashes { ask, hashes: dice.few(4, |dice| (dice.count(), dice.hash())) }),
        26 => Say::Segments(SegmentSay::Segment { ask, segment: place(dice) }),
        27 => Say::Trie(TrieSay::Get { ask, range: part, prefix: dice.few(9, |dice| dice.below(256) as u8) }),
        28 => Say::Trie(TrieSay::Node {
            ask,
            node: if some { TrieNode::Empty } else { TrieNode::Inner(dice.few(4, |dice| (dice.below(256) as u8, dice.hash()))) },
        }),
        29 => Say::Versions(match dice.below(3) {
            0 => VersionSay::Ready,
            1 => VersionSay::Have { part, range: dice.range(alone), versions: dice.few(3, |dice| (dice.key(), dice.clocks())) },
            _ => VersionSay::Lacks { part, keys: dice.few(3, Dice::key) },
        }),
        30 => Say::Dots(match dice.below(4) {
            0 => DotSay::Seen { settled: some, clock: clock(dice) },
            1 => DotSay::Missing(clock(dice)),
            2 => DotSay::Told { page, events: events(dice) },
            _ => DotSay::Gone,
        }),
        _ => Say::Dots(match dice.below(3) {
            0 => DotSay::Offer { part, events: events(dice) },
            1 => DotSay::Lacks { part, keys: dice.few(3, Dice::key) },
            _ => DotSay::Done(some.then(|| clock(dice))),
        }),
    }
}

fn ends(out: &[Out]) -> Vec<(SessionId, SweepOutcome)> {
    let one = |out: &Out| match out {
        Out::Note { note: Note::Sweep { session, step: SweepStep::Ended { outcome, .. } }, .. } => Some((*session, *outcome)),
        _ => None,
    };
    out.iter().filter_map(one).collect()
}

fn micros(row: Option<&Arc<Row>>) -> Option<Clock> {
    row.map(|row| row.versions()[0].clock)
}

/// A node that keeps logs and numbers events, so that every method has something to go by.
fn remembering() -> Alone {
    let mut alone = Alone::new();
    alone.settings.sweeps = serde_json::from_str(r#"{"log":{"entries":3},"bitmaps":{"deletes":"forget"}}"#).expect("settings");
    alone.handle(Input::Started);
    alone
}

#[test]
fn whatever_is_said_rows_only_grow_newer_and_every_sweep_ends() {
    let mut kinds: Vec<SweepOutcome> = Vec::new();
    for seed in 0..1_000 {
        let (mut dice, mut alone) = (Dice(seed), remembering());
        let (mut newest, mut open) = (alone.held().cloned(), std::collections::BTreeSet::new());
        for _ in 0..150 {
            let begun: Vec<u32> = alone.node.sweeps.asking().keys().copied().collect();
            let number = begun.get(dice.below(3) as usize).copied().unwrap_or(1);
            let own = SessionId { by: A, generation: alone.node.generation, number };
            let foreign = SessionId { by: B, generation: 1, number: dice.below(3) as u32 };
            let session = if dice.below(3) > 0 { own } else { foreign };
            let out = match dice.below(40) {
                0 | 1 => alone.handle(Input::Sweep(B, SweepPolicy { tree: SweepPolicy::default().tree, ..policy(&mut dice) })),
                2 => alone.handle(Input::Timer([Timer::SweepIdle(foreign), Timer::SweepAgain(own.number)][dice.below(2) as usize])),
                3 if dice.below(4) == 0 => alone.handle(Input::StopSweep(Some(own.number))),
                // The ring is redrawn, and the node hears of it by whatever comes next.
                4 => {
                    let range = Token(dice.below(1 << 33) << 31);
                    let redraw = if dice.below(2) == 0 { Redraw::Split { range, at: None } } else { Redraw::Merge { range } };
                    if let Ok(ring) = alone.ring.redrawn(&redraw, &alone.settings.replicas) {
                        alone.ring = ring;
                    }
                    alone.handle(Input::Timer(Timer::SweepIdle(foreign)))
                }
                _ => {
                    let from = if dice.below(8) == 0 { NodeId(dice.below(5) as u32) } else { B };
                    let say = anything(&mut dice, &alone);
                    alone.hear(from, session, say)
                }
            };
            assert!(out.len() < 3_000, "seed {seed}: one message, {} consequences", out.len());
            open.extend(alone.node.sweeps.asking().values().map(|asking| asking.session));
            for (session, outcome) in ends(&out) {
                if !kinds.iter().any(|known| std::mem::discriminant(known) == std::mem::discriminant(&outcome)) {
                    kinds.push(outcome);
                }
                open.remove(&session);
            }
            assert!(open.iter().all(|session| alone.node.sweeps.asking().contains_key(&session.number)), "seed {seed}: one vanished");
            assert!(micros(alone.held()) >= micros(newest.as_ref()), "seed {seed}: k went back");
            newest = alone.held().cloned();
            let foreign_key = |key: &Key| common_ranges(&alone.ring, &alone.settings.replicas, A, B).iter().all(|r| !r.holds(key.token()));
            assert!(!alone.node.store.rows().iter().any(|(key, _)| foreign_key(key)), "seed {seed}: a row from elsewhere");
        }
        // Nobody says anything any more: patience ends whatever is left.
        let left: Vec<u32> = alone.node.sweeps.asking().keys().copied().collect();
        alone.settings.sweeps.timeout = drift::engine::base::Micros::ZERO;
        for number in left {
            let reading = alone.node.sweeps.asking()[&number].phase == drift::engine::node::sweeps::Phase::Reading;
            let out = alone.handle(Input::Timer(Timer::SweepPatience(number)));
            assert!(reading || ends(&out).iter().any(|(_, outcome)| *outcome == SweepOutcome::TimedOut), "seed {seed}: {out:?}");
        }
    }
    assert!(kinds.len() >= 6, "sweeps end in many ways: {kinds:?}");
}

#[test]
fn a_log_that_does_not_go_on_is_nonsense() {
    let begun = || {
        let mut alone = remembering();
        let end = Some(Position { incarnation: 4, seq: 9, digest: 1 });
        let out = alone.handle(Input::Sweep(B, SweepPolicy { method: Method::Log, ..SweepPolicy::default() }));
        let session = said(&out)[0].0;
        (alone, session, end)
    };
    // It held a row before it kept a log, and so it compares every key; whatever is said of changes then is not waited for.
    let (mut alone, session, end) = begun();
    let out = alone.hear(B, session, Say::Log(LogSay::Head { generation: 1, end, read: None }));
    let whole = |out: &Out| matches!(out, Out::Note { note: Note::Sweep { step: SweepStep::Log(LogStep::Whole(Whole::New)), .. }, .. });
    assert!(out.iter().any(whole), "{out:?}");
    let upto = Position { incarnation: 4, seq: 9, digest: 1 };
    assert!(alone.hear(B, session, Say::Log(LogSay::Changes { upto, changes: Box::new([]) })).is_empty());
    // A place in a log that is none is believed of B's own log alone, and an honest B will not find it: then everything is compared.
    let mut alone = remembering();
    let common = common_ranges(&alone.ring, &alone.settings.replicas, A, B);
    let session = SessionId { by: B, generation: 1, number: 1 };
    let policy = SweepPolicy { method: Method::Log, ..SweepPolicy::default() };
    alone.hear(B, session, Say::Open { policy, ranges: common.into() });
    alone.hear(B, session, Say::Log(LogSay::Read(Position { incarnation: 7, seq: u64::MAX, digest: 3 })));
    let out = alone.hear(B, session, Say::Log(LogSay::Since(Position { incarnation: 1, seq: 50, digest: 3 })));
    assert_eq!(said(&out), [(session, &Say::Log(LogSay::Gone))], "of a past that it does not have it tells nothing");
    // Somebody who has been there from the start reads on, and an answer that goes no further ends it.
    alone.node = drift::engine::node::Node::new(A);
    alone.handle(Input::Started);
    let out = alone.handle(Input::Sweep(B, policy));
    let own = said(&out)[0].0;
    let head = LogSay::Head { generation: 1, end: Some(Position { incarnation: 8, seq: 4, digest: 2 }), read: Some(Position::START) };
    let out = alone.hear(B, own, Say::Log(head));
    assert_eq!(said(&out), [(own, &Say::Log(LogSay::Since(Position::START)))], "it reads on");
    let upto = Position { incarnation: 8, seq: 2, digest: 2 };
    let out = alone.hear(B, own, Say::Log(LogSay::Changes { upto, changes: Box::new([]) }));
    assert_eq!(said(&out), [(own, &Say::Log(LogSay::Since(upto)))], "and on");
    let out = alone.hear(B, own, Say::Log(LogSay::Changes { upto, changes: Box::new([]) }));
    assert_eq!(ends(&out), [(own, SweepOutcome::Nonsense)]);
    assert_eq!(alone.held(), None);
}

#[test]
fn a_place_in_a_log_moves_on_only_when_the_rows_are_there() {
    let mut alone = remembering();
    alone.node = drift::engine::node::Node::new(A);
    alone.handle(Input::Started);
    let policy = SweepPolicy { method: Method::Log, ..SweepPolicy::default() };
    let reads_from = |alone: &mut Alone| {
        let out = alone.handle(Input::Sweep(B, policy));
        let own = said(&out)[0].0;
        let head = LogSay::Head { generation: 1, end: Some(Position { incarnation: 8, seq: 1, digest: 2 }), read: Some(Position::START) };
        let out = alone.hear(B, own, Say::Log(head));
        let Some((_, Say::Log(LogSay::Since(asked)))) = said(&out).first().copied() else { panic!("it reads on: {out:?}") };
        (own, *asked)
    };
    let (own, asked) = reads_from(&mut alone);
    assert_eq!(asked, Position::START);
    let change = Changed { seq: 1, key: Key::new("k"), clocks: [row(9).versions()[0].clock].into() };
    let upto = Position { incarnation: 8, seq: 1, digest: 2 };
    let out = alone.hear(B, own, Say::Log(LogSay::Changes { upto, changes: [change].into() }));
    assert!(matches!(said(&out).as_slice(), [(_, Say::FetchRows { keys, .. })] if **keys == [Key::new("k")]), "{out:?}");
    // B dies before the row has come: the next sweep asks for the same change again.
    alone.handle(Input::StopSweep(Some(own.number)));
    let (own, asked) = reads_from(&mut alone);
    assert_eq!((asked, alone.held()), (Position::START, None));
    alone.handle(Input::StopSweep(Some(own.number)));
}
