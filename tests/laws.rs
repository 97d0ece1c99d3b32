//! Laws that hold for every run and every value, checked on generated ones. What a run means is checked by the swarm.
#![cfg(not(target_arch = "wasm32"))]

#[path = "support/random.rs"]
mod random;
#[path = "support/rules.rs"]
mod rules;
#[path = "support/run.rs"]
mod run;
#[path = "support/sweeping.rs"]
mod sweeping;

use std::sync::Arc;

use drift::engine::base::{Endpoint, Micros, NodeId, Wire};
use drift::engine::data::{Clock, Merge, Order, Payload, Row, Rule, Stamp, Token, Version};
use drift::engine::observe::History;
use drift::engine::place::Ring;
use drift::engine::world::{Chatter, Command, Event, Preload};
use drift::lab::{Pace, Player, Report, Script, Session, Spot, Stride, Timed, from_file, from_link, linked, to_file, to_link};
use proptest::prelude::*;
use proptest::sample::Index;
use run::Run;

/// Runs of every kind: any settings, any network, any faults; it shrinks to fewer commands.
fn script() -> impl Strategy<Value = Script> {
    (any::<u64>(), 0..40u64).prop_map(|(seed, commands)| random::run(seed, commands).run.script())
}

/// A version out of few, so that ties are common.
fn version() -> impl Strategy<Value = Version> {
    let payload = prop_oneof![
        Just(Payload::Tombstone),
        prop::sample::select(vec!["", "a", "b", "ab", "é"]).prop_map(|text| Payload::Value(text.as_bytes().into())),
    ];
    (0..3u64, 0..3u32, payload)
        .prop_map(|(micros, node, payload)| Version { clock: Clock::Stamp(Stamp { micros, node: NodeId(node) }), payload })
}

/// A row or none.
fn row() -> impl Strategy<Value = Option<Arc<Row>>> {
    prop::option::of(version().prop_map(|version| Arc::new(Row::single(version))))
}

/// The start of a script played afresh until `enough`.
fn fresh(script: &Script, mut enough: impl FnMut(&mut Player, &[Event]) -> bool) -> (Player, Vec<Event>) {
    let mut log = Vec::new();
    let mut player = Player::new(script, &mut log);
    while !enough(&mut player, &log) && player.step(script, &mut log) {}
    (player, log)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, failure_persistence: None, ..ProptestConfig::default() })]

    /// The same script gives the same events and the same end, whoever plays it.
    #[test]
    fn a_script_played_again_is_the_same_run(script in script()) {
        let ((report, log), (again, log_again)) = (Report::of(&script), Report::of(&script));
        prop_assert_eq!(&report, &again);
        prop_assert_eq!(&log, &log_again);
        let mut session = Session::open(script).expect("within bounds");
        session.seek_time(session.end());
        prop_assert_eq!(session.log(), &log[..]);
        prop_assert_eq!(session.world().fingerprint().to_string(), report.fingerprint);
        let history = History::of(&log);
        prop_assert_eq!(session.history().operations(), history.operations());
    }

    /// Going to an event is a fresh run to it; a step forth and back ends where it began.
    #[test]
    fn going_to_an_event_is_a_fresh_run_to_it(script in script(), places in prop::collection::vec(any::<Index>(), 6)) {
        let mut session = Session::open(script.clone()).expect("within bounds");
        while !session.pump(10_000) {}
        for place in places {
            session.seek_event(place.index(session.log().len() + 1) as u32);
            let (player, log) = fresh(&script, |_, log| log.len() as u32 >= session.cursor());
            prop_assert_eq!(log.len() as u32, session.cursor());
            prop_assert_eq!(player.world.fingerprint(), session.world().fingerprint());
            prop_assert_eq!(player.truth.stale_copies(), session.truth().stale_copies());
            let here = (session.cursor(), session.world().fingerprint());
            for stride in [Stride::Event, Stride::Decision] {
                if session.step(stride) {
                    session.step_back(stride);
                    prop_assert!(session.cursor() <= here.0);
                    session.seek_event(here.0);
                }
                session.seek_event(here.0);
                prop_assert_eq!((session.cursor(), session.world().fingerprint()), here);
            }
        }
    }

    /// Long work that is done ahead, in pieces however small, changes nothing.
    #[test]
    fn work_done_ahead_changes_nothing(mut script in script(), keys in 0..90u64, piece in 1..40u64) {
        script.commands.insert(0, Timed { at: Micros(1), command: Command::Preload(Preload { count: keys, seed: 1, value_bytes: 9 }) });
        let (plain, known) = fresh(&script, |_, _| false);
        let mut log = Vec::new();
        let mut player = Player::new(&script, &mut log);
        loop {
            let mut ahead = player.look_ahead(&script, 0);
            while !player.world.work_ahead(&mut ahead, &mut piece.clone()) {}
            if !player.step_ready(&script, ahead, &mut log) {
                break;
            }
            while !player.settle(&mut 1) {}
        }
        let counted = |player: &Player| (player.truth.entropy(), player.truth.stale_copies(), player.truth.stale_keys(), player.truth.last_copies());
        prop_assert_eq!(counted(&player), counted(&plain));
        prop_assert!(log == known);
        prop_assert_eq!(player.world.fingerprint(), plain.world.fingerprint());
    }

    /// A session that moves in slices comes to the same places.
    #[test]
    fn slices_come_to_the_same_places(script in script(), times in prop::collection::vec(0..10_500_000u64, 4), rows in 200..3_000u64) {
        let mut whole = Session::open(script.clone()).expect("within bounds");
        let mut sliced = Session::open_at(script, Pace::Slices(rows)).expect("within bounds");
        for (i, time) in times.into_iter().enumerate() {
            let (before, way) = (sliced.cursor(), i % 3);
            for session in [&mut whole, &mut sliced] {
                match way {
                    0 => session.seek_time(Micros(time)),
                    1 => session.seek_event((time / 1_000) as u32),
                    _ => _ = session.step(Stride::Decision),
                }
            }
            while sliced.is_going() {
                prop_assert_eq!(sliced.cursor(), before, "it stays until it is there");
                sliced.work();
            }
            prop_assert_eq!((whole.cursor(), whole.now()), (sliced.cursor(), sliced.now()));
            prop_assert_eq!(whole.world().fingerprint(), sliced.world().fingerprint());
        }
    }

    /// Going to a time is a fresh run to it, in whatever order times and events are visited.
    #[test]
    fn going_to_a_time_is_a_fresh_run_to_it(script in script(), times in prop::collection::vec(0..10_500_000u64, 6)) {
        let mut session = Session::open(script.clone()).expect("within bounds");
        for time in times {
            let time = Micros(time);
            session.seek_time(time);
            let until = time.min(script.end);
            let (player, log) = fresh(&script, |player, _| player.next_at(&script).is_none_or(|at| at > until));
            prop_assert_eq!((log.len() as u32, until), (session.cursor(), session.now()));
            prop_assert_eq!(player.world.fingerprint(), session.world().fingerprint());
            session.seek_event(session.cursor());
            let (player, _) = fresh(&script, |_, log| log.len() as u32 >= session.cursor());
            prop_assert_eq!(player.world.fingerprint(), session.world().fingerprint(), "and back to just after its last event");
        }
    }

    /// Files and links give back the same run at the same place.
    #[test]
    fn files_and_links_keep_the_run(script in script(), place in any::<Index>()) {
        let mut session = Session::open(script).expect("within bounds");
        while !session.pump(10_000) {}
        session.seek_event(place.index(session.log().len() + 1) as u32);
        let again = from_file(&to_file(&session)).expect("our own file");
        prop_assert_eq!(again.world().fingerprint(), session.world().fingerprint());
        prop_assert_eq!((again.script(), again.cursor(), again.now()), (session.script(), session.cursor(), session.now()));
        let (linked, event) = from_link(&to_link(&session).expect("short enough")).expect("our own link");
        prop_assert_eq!((&linked, event), (session.script(), session.cursor()));
    }

    /// A link opens where it was made, also in the quiet between two events and where what is only counted has been carried out.
    #[test]
    fn a_link_opens_at_the_very_same_place(mut script in script(), time in 0..10_500_000u64, to_event in any::<bool>()) {
        script.config.chatter = Chatter::Counted;
        let mut session = Session::open(script).expect("within bounds");
        session.seek_time(Micros(time));
        if to_event {
            session.seek_event(session.cursor());
        }
        let (script, spot) = linked(&to_link(&session).expect("short enough")).expect("our own link");
        let mut again = Session::open(script).expect("within bounds");
        spot.seek(&mut again);
        prop_assert_eq!((again.cursor(), again.now()), (session.cursor(), session.now()));
        prop_assert_eq!(again.world().fingerprint(), session.world().fingerprint());
        prop_assert!(!to_event || spot == Spot { events: session.cursor(), ..Spot::default() }, "an event says it all: {:?}", spot);
    }

    /// Acting in the past keeps the old future, event for event, and a file keeps both.
    #[test]
    fn the_old_future_is_kept(script in script(), place in any::<Index>()) {
        let mut session = Session::open(script).expect("within bounds");
        session.seek_time(session.end());
        let (log, end) = (session.log().to_vec(), session.world().fingerprint());
        session.seek_event(place.index(log.len() + 1) as u32);
        prop_assume!((session.cursor() as usize) < log.len());
        let (kept, before) = (session.current(), session.cursor() as usize);
        let acted = session.act(Command::Crash { node: NodeId(0) }).expect("accepted");
        prop_assert_eq!(acted.branched, Some(kept));
        prop_assert_eq!(&session.log()[..before], &log[..before], "the past is the same");
        let mut again = from_file(&to_file(&session)).expect("our own file");
        prop_assert_eq!(again.world().fingerprint(), session.world().fingerprint());
        for session in [&mut session, &mut again] {
            session.switch(kept).expect("it is there");
            session.seek_time(session.end());
            prop_assert_eq!(session.log(), &log[..]);
            prop_assert_eq!(session.world().fingerprint(), end);
        }
    }

    /// A draw depends on what it is for: one more operation on another key, of a client and a coordinator of its own, shifts no other message.
    #[test]
    fn one_more_read_shifts_nothing_else(seed in any::<u64>(), loss in 0..200_000u32, at in 0..2_000u64) {
        let story = |extra: bool| {
            let mut run = Run::of(5).seed(seed).network("latency", "5ms+20ms").network("loss-ppm", &loss.to_string());
            run = run.network("duplicate-ppm", "100000").network("reorder-ppm", "100000").with("detector", "200ms 500ms").end("4s");
            for i in 0..40 {
                let now = i * 50;
                if extra && (now..now + 50).contains(&at) {
                    run = run.at(&format!("{at}ms"), "c1 E read elsewhere ONE");
                }
                let later = if (now..now + 50).contains(&at) { at } else { now };
                run = run.at(&format!("{later}ms"), if i % 3 == 0 { "c0 A read k" } else { "c0 B write k v" });
            }
            let log = run.play().log;
            let extra = log.iter().find_map(|e| e.op.filter(|_| e.who == "c1".parse().ok()));
            let said = |e: &Event| e.message().map(|m| (m.from, m.to, m.body.code(), m.sent_at));
            log.iter().filter(|e| e.op.is_none() || e.op != extra).map(|e| (e.at, e.who, said(e))).collect::<Vec<_>>()
        };
        prop_assert_eq!(story(true), story(false));
    }

    /// The rule puts all versions in one order: of two different ones exactly one wins, whoever asks.
    #[test]
    fn versions_have_one_order(a in version(), b in version(), c in version()) {
        let rule = Rule::LastWriteWins;
        let flipped = |order| match order {
            Order::Newer => Order::Older,
            Order::Older => Order::Newer,
            same => same,
        };
        prop_assert_eq!(rule.compare(&a, &b), flipped(rule.compare(&b, &a)));
        prop_assert_eq!(rule.compare(&a, &b) == Order::Equal, a == b);
        if rule.compare(&a, &b) == Order::Newer && rule.compare(&b, &c) == Order::Newer {
            prop_assert_eq!(rule.compare(&a, &c), Order::Newer);
        }
    }

    /// Merging is commutative, associative and idempotent: replicas that were given the same rows hold the same, in whatever order they came.
    #[test]
    fn merging_forgets_the_order(a in row(), b in row(), c in row()) {
        let join = |x: &Option<Arc<Row>>, y: &Option<Arc<Row>>| Rule::LastWriteWins.merged(x.clone(), y.as_ref());
        prop_assert_eq!(join(&a, &b), join(&b, &a));
        prop_assert_eq!(join(&join(&a, &b), &c), join(&a, &join(&b, &c)));
        prop_assert_eq!(join(&a, &a), a.clone());
        prop_assert_eq!(join(&join(&a, &b), &b), join(&a, &b));
        if let (Some(a), Some(b)) = (&a, &b) {
            let same = Rule::LastWriteWins.merge(a, b) == Merge::Same;
            prop_assert_eq!(same, a == b);
        }
    }

    /// Encodings tell values apart and their sizes are their lengths.
    #[test]
    fn encodings_tell_rows_apart(a in row(), b in row()) {
        let bytes = |row: &Option<Arc<Row>>| {
            let mut bytes: Vec<u8> = Vec::new();
            row.encode(&mut bytes);
            bytes
        };
        prop_assert_eq!(bytes(&a).len() as u32, a.size());
        prop_assert_eq!(bytes(&a) == bytes(&b), a == b);
    }

    /// A key's replicas are distinct, as many as there can be, clockwise from its token.
    #[test]
    fn replicas_are_distinct_and_follow_the_ring(nodes in 1..=100u32, n in 1..=100u32, token in any::<u64>()) {
        let ring = Ring::even(nodes);
        let replicas = ring.replicas(Token(token), &n.into());
        prop_assert_eq!(replicas.len() as u32, n.min(nodes));
        prop_assert!(replicas.windows(2).all(|w| w[1].0 == (w[0].0 + 1) % nodes), "nodes are lettered in ring order: {:?}", replicas);
        let first = ring.tokens().iter().find(|(t, _)| t.0 >= token).or(ring.tokens().first()).map(|(_, node)| *node);
        prop_assert_eq!(replicas.first().copied(), first);
        prop_assert!((0..nodes).all(|node| ring.is_replica(Token(token), &n.into(), NodeId(node)) == replicas.contains(&NodeId(node))));
    }

    /// Times and names are read back as they were written.
    #[test]
    fn text_forms_are_read_back(micros in any::<u64>(), number in any::<u32>(), client in any::<bool>()) {
        prop_assert_eq!(Micros(micros).to_string().parse(), Ok(Micros(micros)));
        let end = if client { Endpoint::Client(drift::engine::base::ClientId(number)) } else { Endpoint::Node(NodeId(number % 300_000_000)) };
        prop_assert_eq!(end.to_string().parse(), Ok(end));
    }
}
