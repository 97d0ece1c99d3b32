//! What is seen of a run from outside: findings of the checkers in played runs, and metrics that are right at every instant.
#![cfg(not(target_arch = "wasm32"))]

#[path = "support/play.rs"]
mod play;

use drift::engine::base::{Draws, Micros, Purpose};
use drift::engine::node::{Body, Outcome, Traffic, Verb};
use drift::engine::observe::check::{Because, Findings, Linear, lost};
use drift::engine::observe::{History, Metrics, Truth};
use drift::engine::world::{Event, EventKind};
use drift::lab::{ChecksReport, Player, Report, Script, Session};

/// Three nodes, ten milliseconds a message, no loss.
fn run(settings: &str, commands: &str) -> Script {
    play::script(
        1,
        &format!(r#"{{"nodes":3,"clients":["ada","bob"],"settings":{settings},"network":{{"latency":{{"fixed":"10ms"}}}}}}"#),
        commands,
    )
}

/// Every kind of fault on a bad network, with heartbeats and a sync interval.
fn busy(seed: u64) -> Script {
    let config = r#"{"nodes":5,"settings":{"sync":{"every":"300ms"},"detector":{"heartbeat":{"every":"250ms","timeout":"600ms"}},
        "write":{"timeout":"400ms"},"read":{"timeout":"500ms"},"client-timeout":"900ms"},
        "network":{"latency":{"tail":{"low":"5ms","mean":"15ms"}},"loss-ppm":60000,"duplicate-ppm":20000,"reorder-ppm":50000}}"#;
    let faults = [
        (300, r#""do":"cut","islands":[["C","D"],["E"]]"#),
        (900, r#""do":"crash","node":"B""#),
        (1_200, r#""do":"pause","node":"A""#),
        (1_600, r#""do":"resume","node":"A""#),
        (1_700, r#""do":"restart","node":"B""#),
        (2_000, r#""do":"mend-all""#),
        (2_100, r#""do":"wipe","node":"D""#),
        (2_200, r#""do":"restart","node":"D""#),
        (2_300, r#""do":"set","setting":{"replicas":2}"#),
        (2_600, r#""do":"set","setting":{"replicas":3}"#),
    ];
    let mut commands: Vec<(u64, String)> = faults.iter().map(|(at, what)| (*at, format!(r#"{{"at":"{at}ms",{what}}}"#))).collect();
    for i in 0..60u64 {
        let (at, via) = (20 + i * 60, char::from(b'A' + ((i * 7 + seed) % 5) as u8));
        let (key, level) = (["k", "l", "key-3"][(i % 3) as usize], ["ONE", "QUORUM", "ALL"][((i / 3 + seed) % 3) as usize]);
        let what = if i % 4 < 2 { format!(r#""do":"write","value":"{i}""#) } else { r#""do":"read""#.to_owned() };
        commands.push((at, format!(r#"{{"at":"{at}ms",{what},"client":"c{}","via":"{via}","key":"{key}","level":"{level}"}}"#, i % 2)));
    }
    commands.push((0, r#"{"at":"0s","do":"preload","count":20}"#.to_owned()));
    commands.sort_by_key(|(at, _)| *at);
    play::script(seed, config, &commands.into_iter().map(|(_, c)| c).collect::<Vec<_>>().join(","))
}

fn write(at: &str, value: &str, level: &str) -> String {
    format!(r#"{{"at":"{at}","do":"write","client":"c0","via":"A","key":"k","value":"{value}","level":"{level}"}}"#)
}

fn read(at: &str, client: u32, via: &str, level: &str) -> String {
    format!(r#"{{"at":"{at}","do":"read","client":"c{client}","via":"{via}","key":"k","level":"{level}"}}"#)
}

fn checks(settings: &str, commands: &[String]) -> ChecksReport {
    Report::of(&run(settings, &commands.join(","))).0.checks
}

const CUT_C: &str = r#"{"at":"500ms","do":"cut","islands":[["C","c1"]]}"#;
const MEND: &str = r#"{"at":"2s","do":"mend-all"}"#;

#[test]
fn a_healthy_run_gives_no_cause_for_complaint() {
    let found = checks("{}", &[write("100ms", "a", "QUORUM"), read("300ms", 1, "B", "QUORUM"), read("500ms", 0, "C", "ONE")]);
    assert_eq!(found.linearizable, "yes");
    assert!(found.keys.is_empty() && found.stale_reads.is_empty() && found.went_back.is_empty());
    assert!(found.own_writes_missed.is_empty() && found.outranked_writes.is_empty() && found.lost_writes.is_empty());
}

#[test]
fn a_read_behind_a_cut_is_stale_and_says_by_how_much() {
    // C and bob are cut off; two writes are acknowledged without them, then bob reads the first value.
    let found = checks(
        "{}",
        &[write("100ms", "a", "ALL"), CUT_C.to_owned(), write("600ms", "b", "ONE"), write("700ms", "c", "ONE"), read("1s", 1, "C", "ONE")],
    );
    let [stale] = &found.stale_reads[..] else { panic!("{found:?}") };
    assert_eq!((stale.read, stale.versions, stale.missed), (4, 2, Some(3)));
    // The write of b took 10 ms to A, 0.1 ms from A to itself and back each, and 10 ms to its client.
    assert_eq!(stale.age_us, 1_000_000 - 620_200);
    assert_eq!(found.linearizable, "no");
    let [key] = &found.keys[..] else { panic!("{found:?}") };
    assert_eq!((key.read, key.because.as_deref(), key.since, key.by), (Some(4), Some("replaced"), Some(1), Some(2)));
    assert!(found.went_back.is_empty(), "bob had seen nothing newer");
    assert!(found.own_writes_missed.is_empty(), "and had written nothing");
}

#[test]
fn one_client_may_see_time_run_backwards_and_miss_its_own_write() {
    let found = checks(
        "{}",
        &[
            write("100ms", "a", "ALL"),
            CUT_C.to_owned(),
            write("600ms", "b", "ONE"),
            read("800ms", 0, "A", "ONE"),
            MEND.to_owned(),
            read("2500ms", 0, "C", "ONE"),
        ],
    );
    let back: Vec<(u32, u32)> = found.went_back.iter().map(|p| (p.operation, p.after)).collect();
    let own: Vec<(u32, u32)> = found.own_writes_missed.iter().map(|p| (p.operation, p.after)).collect();
    assert_eq!((back, own), (vec![(4, 3)], vec![(4, 2)]));
}

#[test]
fn a_write_that_timed_out_may_be_seen_late_but_not_taken_back() {
    // ALL cannot be reached: the write times out, yet A and B hold it. Reading it and then the old value contradicts itself.
    let settings = r#"{"write":{"timeout":"200ms"},"read":{"repair":"off"}}"#;
    let commands = [
        write("100ms", "a", "ALL"),
        CUT_C.to_owned(),
        write("600ms", "b", "ALL"),
        read("1s", 0, "A", "ONE"),
        MEND.to_owned(),
        read("2500ms", 1, "C", "ONE"),
    ];
    let late = checks(settings, &commands[..4]);
    assert_eq!(late.linearizable, "yes", "the write whose outcome is unknown took effect");
    let both = checks(settings, &commands);
    assert!(both.stale_reads.is_empty(), "no acknowledged write was missed");
    let [key] = &both.keys[..] else { panic!("{both:?}") };
    assert_eq!((key.read, key.because.as_deref(), key.since, key.by), (Some(4), Some("replaced"), Some(1), Some(3)));
}

#[test]
fn a_wrong_clock_makes_a_write_that_nobody_ever_sees() {
    let ahead = r#"{"at":"0s","do":"clock","node":"B","offset-us":3600000000}"#.to_owned();
    let first = r#"{"at":"100ms","do":"write","client":"c0","via":"B","key":"k","value":"first"}"#.to_owned();
    let found = checks("{}", &[ahead, first, write("500ms", "second", "QUORUM"), read("1s", 0, "A", "QUORUM")]);
    assert_eq!(found.outranked_writes.iter().map(|p| (p.operation, p.after)).collect::<Vec<_>>(), [(2, 1)]);
    assert_eq!(found.stale_reads.len(), 1, "whoever reads sees the value of before");
    assert!(found.own_writes_missed.is_empty(), "by the store's own order nothing is missed");
    assert_eq!((found.linearizable.as_str(), found.lost_writes.len()), ("no", 0));
}

#[test]
fn a_write_acknowledged_before_it_was_on_disk_can_be_lost() {
    let settings = r#"{"sync":{"every":"10s"}}"#;
    let cut = r#"{"at":"500ms","do":"cut","islands":[["A","c0"],["B"],["C"]]}"#.to_owned();
    let crash = r#"{"at":"900ms","do":"crash","node":"A"}"#.to_owned();
    let script = run(settings, &[cut, write("600ms", "b", "ONE"), crash].join(","));
    assert_eq!(Report::of(&script).0.checks.lost_writes, [1]);
    // It is lost from the crash on, and not before, also when going back.
    let mut session = Session::open(script).expect("within bounds");
    let lost_at = |session: &mut Session, at| {
        session.seek_time(at);
        lost(session.world(), session.history(), session.cursor()).len()
    };
    assert_eq!(lost_at(&mut session, Micros::secs(2)), 1);
    assert_eq!(lost_at(&mut session, Micros::ms(800)), 0);
    assert_eq!(session.metrics().disk_losses, 0);
}

#[test]
fn a_preloaded_key_that_is_not_found_any_more_is_stale() {
    let wiped =
        ["A", "B", "C"].map(|n| format!(r#"{{"at":"100ms","do":"wipe","node":"{n}"}},{{"at":"100ms","do":"restart","node":"{n}"}}"#));
    let commands = [
        r#"{"at":"0s","do":"preload","count":4}"#.to_owned(),
        r#"{"at":"50ms","do":"read","client":"c0","via":"A","key":"key-2"}"#.to_owned(),
        wiped.join(","),
        r#"{"at":"300ms","do":"read","client":"c0","via":"A","key":"key-2"}"#.to_owned(),
        r#"{"at":"500ms","do":"read","client":"c0","via":"A","key":"key-4"}"#.to_owned(),
    ];
    let found = checks("{}", &commands);
    let [stale] = &found.stale_reads[..] else { panic!("{found:?}") };
    assert_eq!((stale.read, stale.versions, stale.missed, stale.age_us), (2, 1, None, 300_000));
    let [key] = &found.keys[..] else { panic!("{found:?}") };
    assert_eq!((key.key.as_str(), key.read, key.because.as_deref(), key.since, key.by), ("key-2", Some(2), Some("replaced"), None, None));
    assert_eq!(found.went_back.len(), 1, "and the same client had seen the value");
}

#[test]
fn a_key_is_broken_from_the_answer_on_that_broke_it() {
    let script =
        run("{}", &[write("100ms", "a", "ALL"), CUT_C.to_owned(), write("600ms", "b", "ONE"), read("1s", 1, "C", "ONE")].join(","));
    let mut session = Session::open(script).expect("within bounds");
    session.seek_time(session.end());
    let whole = Findings::of(session.history(), session.world().settings().rule);
    let Linear::No { seen, because, .. } = whole.linear() else { panic!("{whole:?}") };
    assert!(matches!(because, Because::Passed { since: Some(_), by: Some(_) }));
    assert_eq!(*whole.before(seen.0).linear(), Linear::Yes);
    assert_eq!(whole.before(seen.0 + 1).linear(), whole.linear());
    assert_eq!((whole.before(seen.0).stale.len(), whole.before(seen.0 + 1).stale.len()), (0, 1));
    // What is known at an instant is what its own history shows.
    for cursor in 0..=session.log().len() {
        let then = Findings::of(&History::of(&session.log()[..cursor]), session.world().settings().rule);
        assert_eq!(then.linear(), whole.before(cursor as u32).linear(), "after {cursor} events");
        assert_eq!(then.stale, whole.before(cursor as u32).stale);
    }
}

#[test]
fn the_shipped_runs_are_judged() {
    let of = |slug: &str| Report::of(&play::shipped(slug)).0;
    let three = of("three-answers");
    assert_eq!((three.checks.linearizable.as_str(), three.checks.stale_reads.len()), ("yes", 0), "quorums met");
    assert_eq!((three.metrics.repairs.found, three.metrics.repairs.sent, three.metrics.repairs.stored), (1, 1, 1));
    let back = of("cut-and-return");
    assert_eq!(back.metrics.entropy.behind, 0);
    assert_eq!(back.metrics.entropy.entered, back.metrics.entropy.left);
    let week = of("week");
    assert_eq!((week.metrics.entropy.behind, week.metrics.under_replicated_keys, week.metrics.repairs.sent), (1, 1, 0));
    for report in [three, back, week, of("v5-v3-v5")] {
        let metrics = report.metrics;
        let sum = |kinds: &[Traffic]| kinds.iter().map(|k| report.traffic[k.name()].messages).sum::<u64>();
        assert_eq!(metrics.reads.messages, sum(&[Traffic::Read, Traffic::Digest, Traffic::Repair]));
        assert_eq!(metrics.writes.messages, sum(&[Traffic::Write]));
        assert_eq!(metrics.reads.begun + metrics.writes.begun, report.operations.len() as u64);
        assert!(metrics.time_to_repair.count > 0 && metrics.time_to_repair.p50_us <= metrics.time_to_repair.p99_us);
        assert!(metrics.time_to_repair.p99_us <= metrics.time_to_repair.max_us);
    }
}

/// Metrics of a log, counted in the plainest way.
fn recounted(log: &[Event]) -> [u64; 10] {
    let count = |test: &dyn Fn(&Event) -> bool| log.iter().filter(|e| test(e)).count() as u64;
    let sent = |test: fn(&Body) -> bool| count(&|e| matches!(&e.kind, EventKind::Sent(m) if test(&m.body)));
    let verb = |e: &Event| {
        let began = log.iter().find(|b| b.op == e.op && matches!(b.kind, EventKind::Began { .. }));
        began.and_then(|b| if let EventKind::Began { request, .. } = &b.kind { Some(request.verb == Verb::Read) } else { None })
    };
    [
        count(&|e| matches!(e.kind, EventKind::Ended(Outcome::Found(_)))),
        count(&|e| matches!(e.kind, EventKind::Ended(Outcome::Written { .. }))),
        count(&|e| matches!(e.kind, EventKind::Ended(Outcome::TimedOut { .. })) && verb(e) == Some(true)),
        count(&|e| matches!(e.kind, EventKind::Ended(Outcome::TimedOut { .. })) && verb(e) == Some(false)),
        count(&|e| matches!(e.kind, EventKind::Ended(Outcome::NoAnswer))),
        sent(|b| matches!(b, Body::Repair { .. })),
        sent(|b| matches!(b, Body::ReadData { round: 2, .. })),
        count(&|e| matches!(&e.kind, EventKind::Delivered(m) if m.body == Body::RepairAck)),
        count(&|e| matches!(&e.kind, EventKind::Lost { message, .. } if message.body.traffic() == Traffic::Repair)),
        count(&|e| matches!(&e.kind, EventKind::Sent(m) if m.from != m.to && m.body.traffic() == Traffic::Write)),
    ]
}

fn counted(m: &Metrics) -> [u64; 10] {
    [
        m.reads.succeeded,
        m.writes.succeeded,
        m.reads.timed_out,
        m.writes.timed_out,
        m.reads.no_answer + m.writes.no_answer,
        m.repairs.sent,
        m.asked_again,
        m.repairs.confirmed,
        m.repairs.lost,
        m.write_toll.messages,
    ]
}

#[test]
fn metrics_are_right_at_every_instant_forwards_and_back() {
    for seed in 1..=4 {
        let script = busy(seed);
        let mut session = Session::open(script.clone()).expect("within bounds");
        while !session.pump(10_000) {}
        let events = session.log().len() as u32;
        for i in 0..40u32 {
            session.seek_event((i * 7_919 + 13) % (events + 1));
            assert_eq!(
                counted(session.metrics()),
                recounted(&session.log()[..session.cursor() as usize]),
                "after {} events",
                session.cursor()
            );
            let mut log = Vec::new();
            let mut fresh = Player::new(&script, &mut log);
            while (log.len() as u32) < session.cursor() && fresh.step(&script, &mut log) {}
            assert_eq!(session.metrics(), &fresh.metrics);
            assert_eq!(session.truth().entropy(), fresh.truth.entropy());
            assert_eq!(session.truth().healed(), fresh.truth.healed());
        }
    }
}

#[test]
fn what_came_in_and_did_not_go_out_is_behind() {
    for seed in 1..=4 {
        let script = busy(seed);
        let mut log = Vec::new();
        let mut player = Player::new(&script, &mut log);
        let mut more = true;
        while more {
            more = player.step(&script, &mut log);
            let (truth, whole) = (&player.truth, Truth::of(&player.world));
            assert_eq!(truth.entropy().entered - truth.entropy().left, truth.stale_copies());
            assert_eq!(
                (truth.stale_copies(), truth.last_copies(), truth.stale_keys()),
                (whole.stale_copies(), whole.last_copies(), whole.stale_keys())
            );
        }
        assert!(player.truth.healed().count() > 0);
    }
}

#[test]
fn time_to_repair_runs_from_the_first_copy_ahead_to_the_last_that_caught_up() {
    let script = run("{}", &[CUT_C.to_owned(), write("600ms", "b", "ONE"), MEND.to_owned(), read("3s", 0, "A", "ALL")].join(","));
    let metrics = Report::of(&script).0.metrics;
    // A holds it at 610.1 ms. The read at ALL reaches A at 3.010 s, C's digest is back at 3.030 s, its row at 3.050 s, the repair arrives at 3.060 s.
    assert_eq!((metrics.time_to_repair.count, metrics.time_to_repair.max_us), (1, 3_060_000 - 610_100));
    assert_eq!((metrics.entropy.entered, metrics.entropy.left), (2, 2), "B and C lacked it; B for ten milliseconds");
    assert_eq!((metrics.repairs.found, metrics.repairs.sent, metrics.repairs.confirmed), (1, 1, 1));
    assert_eq!((metrics.reads.succeeded, metrics.writes.succeeded, metrics.asked_again), (1, 1, 1));
}

#[test]
fn a_key_on_one_disk_alone_is_counted() {
    let script =
        run("{}", &[r#"{"at":"500ms","do":"cut","islands":[["A","c0"],["B"],["C"]]}"#.to_owned(), write("600ms", "b", "ONE")].join(","));
    let metrics = Report::of(&script).0.metrics;
    assert_eq!((metrics.under_replicated_keys, metrics.last_copies, metrics.entropy.behind), (1, 1, 2));
}

#[test]
fn hints_that_wait_are_a_gauge_by_node() {
    let settings = r#"{"hints":{"keeper":"coordinator"},"detector":{"heartbeat":{"every":"50ms","timeout":"200ms"}}}"#;
    let commands = [CUT_C.to_owned(), write("1s", "b", "ONE"), write("1200ms", "c", "ONE")].join(",");
    let backlog = |settings| Report::of(&run(settings, &commands)).0.metrics.hint_backlog;
    assert_eq!(backlog(settings).values().sum::<u64>(), 2, "both writes wait for C");
    assert!(backlog("{}").is_empty(), "nobody keeps hints");
}

/// Two clients write and read one key, every operation at `level`, while nodes come and go, links are cut and messages get lost.
fn stormy(seed: u64, level: &str, repair: &str) -> Script {
    let draws = Draws::new(seed);
    let pick = |i: u64, of: u64| draws.draw(Purpose::Preload, [91, i, 0]) % of;
    let mut commands = Vec::new();
    for i in 0..50u64 {
        let (at, a) = (30 + i * 70, char::from(b'A' + pick(i * 4, 5) as u8));
        let client = pick(i * 4 + 1, 2);
        commands.push(match pick(i * 4 + 2, 14) {
            0..=4 => {
                format!(r#"{{"at":"{at}ms","do":"write","client":"c{client}","via":"{a}","key":"k","value":"{i}","level":"{level}"}}"#)
            }
            5..=9 => format!(r#"{{"at":"{at}ms","do":"read","client":"c{client}","via":"{a}","key":"k","level":"{level}"}}"#),
            10 => format!(r#"{{"at":"{at}ms","do":"cut","islands":[["{a}"]]}}"#),
            11 => format!(r#"{{"at":"{at}ms","do":"mend-all"}},{{"at":"{at}ms","do":"restart","node":"{a}"}}"#),
            12 => format!(r#"{{"at":"{at}ms","do":"crash","node":"{a}"}}"#),
            _ => format!(r#"{{"at":"{at}ms","do":"delete","client":"c{client}","via":"{a}","key":"k","level":"{level}"}}"#),
        });
    }
    let config = format!(
        r#"{{"nodes":5,"settings":{{"write":{{"timeout":"150ms"}},"read":{{"timeout":"200ms","repair":"{repair}"}},"client-timeout":"300ms"}},
        "network":{{"latency":{{"tail":{{"low":"2ms","mean":"25ms"}}}},"loss-ppm":40000,"duplicate-ppm":30000,"reorder-ppm":50000}}}}"#
    );
    play::script(seed, &config, &commands.join(","))
}

/// With quorums, repair before the answer, true clocks and synced disks, the store is a register of H. Attiya, A. Bar-Noy and D. Dolev
/// (Sharing memory robustly in message-passing systems, 1995) as far as reads write back what they return: linearizable, whatever the
/// network does. Without them it is not, and the checker says so.
#[test]
fn strict_quorums_with_blocking_repair_are_linearizable_and_weaker_settings_are_not() {
    let judged = |level: &str, repair: &str| {
        let mut broken = Vec::new();
        let (mut reads, mut unknown) = (0, 0);
        for seed in 0..250 {
            let (report, _) = Report::of(&stormy(seed, level, repair));
            reads += report.metrics.reads.succeeded;
            unknown += report.metrics.writes.timed_out + report.metrics.writes.no_answer;
            assert_ne!(report.checks.linearizable, "unknown", "seed {seed}");
            if report.checks.linearizable == "no" {
                broken.push((seed, report.checks));
            } else {
                assert!(report.checks.stale_reads.is_empty(), "seed {seed}: a stale read is a contradiction");
            }
        }
        assert!(reads > 1_000 && unknown > 200, "{reads} reads, {unknown} writes of unknown outcome: too few to prove anything");
        broken
    };
    let strict = judged("QUORUM", "blocking");
    assert!(strict.is_empty(), "{:?}", strict.first());
    let weak = judged("ONE", "off").len();
    assert!(weak > 50, "{weak} of 250 runs show something old");
}
