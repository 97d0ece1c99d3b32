//! Laws of runs whose clients help themselves, on rings of every style.
#![cfg(not(target_arch = "wasm32"))]

use std::sync::Arc;

use drift::engine::base::{Micros, NodeId, Wire};
use drift::engine::data::Row;
use drift::engine::node::Outcome;
use drift::engine::observe::{History, Operation, Truth};
use drift::engine::world::{Command, EventKind};
use drift::lab::{Player, Report, Script, Session, Stride, from_file, script_from_file, to_file};
use proptest::prelude::*;

/// One command as JSON, at a random time, of any kind.
fn command() -> impl Strategy<Value = (u64, String)> {
    let node = prop::sample::select(vec!["A", "B", "C", "D", "E"]);
    let key = prop::sample::select(vec!["k", "l", "cart"]);
    let level = prop::sample::select(vec!["ONE", "QUORUM", "ALL"]);
    let body = (0..18u32, node.clone(), node, key, level, 0..1_000u32).prop_map(|(kind, a, b, key, level, n)| match kind {
        0..=2 => format!(r#""do":"write","client":"c0","via":"{a}","key":"{key}","value":"{n}","level":"{level}""#),
        3..=5 => format!(r#""do":"read","client":"c{}","via":"{a}","key":"{key}","level":"{level}""#, n % 2),
        6 => format!(r#""do":"delete","client":"c0","via":"{a}","key":"{key}""#),
        7 => format!(r#""do":"cut","islands":[["{a}"]]"#),
        8 => r#""do":"mend-all""#.to_owned(),
        9 => format!(r#""do":"crash","node":"{a}""#),
        10 => format!(r#""do":"restart","node":"{b}""#),
        11 => format!(r#""do":"pause","node":"{a}""#),
        12 => format!(r#""do":"resume","node":"{b}""#),
        13 => format!(r#""do":"backup","node":"{a}""#),
        15 => format!(
            r#""do":"workload","every":"{}ms","duration":"700ms","keys":20,"popularity":{{"skew":{{"keys-ppm":100000,"operations-ppm":800000}}}},"seed":{n}"#,
            20 + n % 50
        ),
        16 => r#""do":"stop-workload""#.to_owned(),
        14 => format!(r#""do":"restore","node":"{b}""#),
        _ => format!(r#""do":"clock","node":"{a}","offset-us":{}"#, i64::from(n) * 1_000 - 500_000),
    });
    (0..4_000_000u64, body)
}

/// What clients do by themselves, from nothing to everything.
const CLIENTS: [&str; 5] = [
    "",
    r#""read-your-writes":true,"monotonic-reads":true"#,
    r#""sticky":true,"retries":3,"back-off":"80ms","policy":{"lower":"ONE"}"#,
    r#""direct":"level","monotonic-reads":true,"retries":1"#,
    r#""direct":"everyone","read-your-writes":true,"monotonic-reads":true,"sticky":true,"retries":2,"policy":{"lower":"ONE"}"#,
];

/// Rings of every style, with the replicas they have.
const RINGS: [(&str, &str); 4] = [
    ("3", "{}"),
    ("3", r#"{"style":{"tokens":8},"coordinators":["E"]}"#),
    ("3", r#"{"style":{"partitions":16}}"#),
    ("[2,1]", r#"{"zones":[{"name":"n","racks":["1","2"]},{"name":"s"}],"places":{"A":{"zone":"s"}},"style":{"tokens":4}}"#),
];

/// A run of five nodes on a bad network.
fn script() -> impl Strategy<Value = Script> {
    let ring = prop::sample::select(RINGS.to_vec());
    let parts = (any::<u64>(), prop::collection::vec(command(), 0..25), 0..60_000u32, any::<bool>(), 0..CLIENTS.len(), ring);
    parts.prop_map(|(seed, mut commands, loss, beats, client, (replicas, topology))| {
        let client = CLIENTS[client];
        commands.sort_by_key(|(at, _)| *at);
        let list: Vec<String> = commands.iter().map(|(at, body)| format!(r#"{{"at":{at},{body}}}"#)).collect();
        let detector = if beats { r#"{"heartbeat":{"every":"300ms","timeout":"700ms"}}"# } else { r#""none""# };
        let text = format!(
            r#"{{"format":"drift-run","version":1,"engine":2,"run":{{"seed":{seed},"end":"6s","config":{{"nodes":5,"topology":{topology},
            "settings":{{"replicas":{replicas},"sync":{{"every":"200ms"}},"detector":{detector},"client":{{{client}}},"client-timeout":"800ms"}},
            "network":{{"loss-ppm":{loss},"duplicate-ppm":{loss},"reorder-ppm":{loss}}}}},"commands":[{}]}}}}"#,
            list.join(",")
        );
        script_from_file(&text).expect("within bounds")
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    /// The swarm: after every step, invariants that hold whatever the faults.
    #[test]
    fn invariants_hold_after_every_step(script in script()) {
        let mut log = Vec::new();
        let mut player = Player::new(&script, &mut log);
        let mut seen = 0;
        loop {
            let more = player.step(&script, &mut log);
            for (i, event) in log.iter().enumerate().skip(seen) {
                prop_assert!(event.cause.is_none_or(|c| (c.0 as usize) < i), "a cause comes before its effect");
                prop_assert!(i == 0 || log[i - 1].at <= event.at, "time does not run backwards");
                if let EventKind::Sent(message) = &event.kind {
                    let mut bytes: Vec<u8> = Vec::new();
                    message.encode(&mut bytes);
                    prop_assert_eq!(bytes.len() as u32, message.size, "a message is as long as it says");
                }
                if let EventKind::Ended(drift::engine::node::Outcome::Written { acks, .. }) = &event.kind {
                    let history = History::of(&log);
                    let level = event.op.and_then(|op| history.operation(op)).map(Operation::level);
                    let required = level.map(|l| l.block_for(script.config.settings.replicas.total()));
                    prop_assert!(required.is_some_and(|required| *acks >= required), "nobody is told of fewer confirmations than asked for");
                }
            }
            if seen < log.len() {
                let whole = Truth::of(&player.world);
                prop_assert_eq!(player.truth.stale_copies(), whole.stale_copies(), "truth kept event by event is the truth");
            }
            seen = log.len();
            if !more {
                break;
            }
        }
    }

    /// Whatever the faults: a session never gives its application an answer older than what it has had or written before, and no client
    /// asks more often than it may.
    #[test]
    fn sessions_never_go_back(script in script()) {
        let (_, log) = Report::of(&script);
        let (history, rule, client) = (History::of(&log), script.config.settings.rule, script.config.settings.client);
        for op in history.operations() {
            let most = client.retries + client.behind_retries + 1;
            prop_assert!(op.attempts.len() as u32 <= most);
            let Some((ended, _, Outcome::Found(found))) = &op.ended else { continue };
            let earlier = history.operations().iter().filter(|o| o.client == op.client && o.request.key == op.request.key);
            for (before, outcome) in earlier.filter_map(|o| o.ended.as_ref().filter(|e| e.0 < *ended).map(|e| (o, &e.2))) {
                let seen = match outcome {
                    Outcome::Found(Some(row)) if client.monotonic_reads => row.clone(),
                    Outcome::Written { .. } if client.read_your_writes => Arc::new(Row::single(before.version.clone().expect("acknowledged"))),
                    _ => continue,
                };
                let merged = rule.merged(found.clone(), Some(&seen));
                prop_assert_eq!(&merged, found, "{:?} went back behind {:?}", op.id, before.id);
            }
        }
    }

    /// seek(n) is a fresh run to n; stepping back and forth ends where it began.
    #[test]
    fn time_runs_both_ways(script in script(), places in prop::collection::vec(any::<prop::sample::Index>(), 6)) {
        let mut session = Session::open(script.clone()).expect("within bounds");
        for place in places {
            session.seek_event(place.index(session.log().len() + 1) as u32);
            let mut log = Vec::new();
            let mut fresh = Player::new(&script, &mut log);
            while (log.len() as u32) < session.cursor() && fresh.step(&script, &mut log) {}
            prop_assert_eq!(log.len() as u32, session.cursor());
            prop_assert_eq!(fresh.world.fingerprint(), session.world().fingerprint());
            let here = (session.cursor(), session.world().fingerprint());
            if session.step(Stride::Event) {
                session.step_back(Stride::Event);
                prop_assert!(session.cursor() <= here.0);
                session.seek_event(here.0);
                prop_assert_eq!((session.cursor(), session.world().fingerprint()), here);
            }
        }
    }
}

/// A place found by time holds what left no event in that very microsecond too (a beat that is only counted); one found by event does not. A
/// file gives back the one that was kept.
#[test]
fn a_beat_in_the_microsecond_of_a_command_is_kept() {
    let run = r#"{"seed":1,"end":"2s","config":{"nodes":3,"chatter":"counted","settings":{"detector":{"heartbeat":{"every":"100ms",
        "timeout":"300ms"}}},"network":{"latency":{"fixed":"10ms"}}},"commands":[]}"#;
    let script = script_from_file(&format!(r#"{{"format":"drift-run","version":1,"engine":2,"run":{run}}}"#)).expect("within bounds");
    let mut log = Vec::new();
    let mut player = Player::new(&script, &mut log);
    let mut beat = None;
    while beat.is_none() {
        let (events, at) = (log.len(), player.next_at(&script).expect("a beat comes"));
        player.step(&script, &mut log);
        beat = (log.len() == events && at > Micros(1)).then_some(at);
    }
    let beat = beat.expect("found");
    let mut session = Session::open(script).expect("within bounds");
    session.seek_time(Micros(beat.0 - 1));
    session.act(Command::Crash { node: NodeId(2) }).expect("accepted");
    assert_eq!(session.now(), beat, "the command stands in the microsecond of the beat");
    let by_time = session.world().fingerprint();
    assert_eq!(from_file(&to_file(&session)).expect("our own file").world().fingerprint(), by_time);
    session.seek_event(session.cursor());
    let by_event = session.world().fingerprint();
    assert_ne!(by_time, by_event, "just after the event the beat is still to come");
    assert_eq!(from_file(&to_file(&session)).expect("our own file").world().fingerprint(), by_event);
    session.seek_time(beat);
    assert_eq!(session.world().fingerprint(), by_time);
}
