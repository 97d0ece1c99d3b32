//! Clients and what they cannot see: sessions, retries, reads without a coordinator, workloads, and disks that go back in time.

use drift::engine::world::{ClientAct, Event, EventKind, Fault};
use drift::lab::Report;

use super::play::{outcomes, script};

fn has(log: &[Event], test: impl Fn(&EventKind) -> bool) -> bool {
    log.iter().any(|e| test(&e.kind))
}

#[test]
fn an_old_disk_hides_an_acknowledged_write_from_a_quorum() {
    let commands = |restore: &str| {
        format!(
            r#"{{"at":"1ms","do":"write","client":"c0","via":"A","key":"k","value":"old","level":"ALL"}},
            {{"at":"500ms","do":"backup","node":"B"}},
            {{"at":"600ms","do":"cut","islands":[["C"]]}},
            {{"at":"700ms","do":"write","client":"c0","via":"A","key":"k","value":"new"}},
            {{"at":"1s","do":"mend-all"}},{{"at":"1s","do":"cut","islands":[["A"]]}},
            {restore}
            {{"at":"2s","do":"read","client":"c1","via":"C","key":"k"}}"#
        )
    };
    let beats = r#"{"nodes":3,"settings":{"detector":{"heartbeat":{"every":"50ms","timeout":"200ms"}}}}"#;
    let kept = script(8, beats, &commands(""));
    assert_eq!(outcomes(&kept), ["written old", "written new", "value new"], "two quorums meet at B");
    let restored = script(8, beats, &commands(r#"{"at":"1100ms","do":"restore","node":"B"},{"at":"1200ms","do":"restart","node":"B"},"#));
    assert_eq!(outcomes(&restored), ["written old", "written new", "value old"], "B has forgotten what it confirmed");
    let (_, log) = Report::of(&restored);
    assert!(has(&log, |k| matches!(k, EventKind::Fault(Fault::Restored { rows: 1, .. }))));
    assert!(has(&log, |k| matches!(k, EventKind::Reverted { .. })), "the copy is seen to go back");
}

#[test]
fn a_restore_without_a_backup_does_nothing_and_a_backup_holds_only_what_was_synced() {
    let run = script(
        9,
        r#"{"nodes":3,"settings":{"sync":{"every":"10s"}}}"#,
        r#"{"at":"0s","do":"restore","node":"B"},
           {"at":"1ms","do":"write","client":"c0","via":"A","key":"k","value":"v","level":"ALL"},
           {"at":"1s","do":"backup","node":"B"},{"at":"1100ms","do":"restore","node":"B"},{"at":"1200ms","do":"restart","node":"B"}"#,
    );
    let (report, log) = Report::of(&run);
    assert!(has(&log, |k| matches!(k, EventKind::Fault(Fault::BackedUp { rows: 0 }))), "nothing was on disk");
    assert_eq!(log.iter().filter(|e| matches!(e.kind, EventKind::Fault(Fault::Restored { .. }))).count(), 1);
    assert_eq!(report.stale_keys, 1, "B lacks the write");
}

/// One operation: time, client, coordinator, verb, key.
type Asked = (u64, String, String, String, String);

/// What clients asked.
fn asked(report: &Report) -> Vec<Asked> {
    report.operations.iter().map(|o| (o.began_us, o.client.clone(), o.via.clone(), o.verb.clone(), o.key.clone())).collect()
}

const BUSY: &str = r#"{"at":"100ms","do":"workload","every":"5ms","duration":"2s","reads-ppm":750000,"keys":1000,
    "popularity":{"skew":{"keys-ppm":10000,"operations-ppm":900000}},"value-bytes":{"low":8,"high":40},"seed":5}"#;

#[test]
fn a_workload_asks_what_it_was_told_to() {
    let (report, log) = Report::of(&script(10, r#"{"nodes":5}"#, BUSY));
    let ops = asked(&report);
    assert!((330..470).contains(&ops.len()), "400 operations in 2 s at one every 5 ms on average, got {}", ops.len());
    assert!(ops.iter().all(|o| (100_000..2_100_000).contains(&o.0)), "only while it goes on");
    let share = |test: &dyn Fn(&Asked) -> bool| ops.iter().filter(|o| test(o)).count() * 100 / ops.len();
    assert!((68..82).contains(&share(&|o| o.3 == "read")), "three quarters are reads");
    let popular = |key: &str| key.strip_prefix("key-").and_then(|n| n.parse().ok()).is_some_and(|n: u32| n < 10);
    assert!((84..96).contains(&share(&|o| popular(&o.4))), "one per cent of the keys take nine tenths");
    assert!((40..60).contains(&share(&|o| o.1 == "ada")), "the clients take turns");
    let sizes: Vec<usize> = report.operations.iter().filter(|o| o.verb == "write").filter_map(|o| Some(o.value.as_ref()?.len())).collect();
    assert!(sizes.iter().all(|s| (8..=40).contains(s)) && sizes.iter().min() != sizes.iter().max(), "{sizes:?}");
    let ended = log.iter().find_map(|e| {
        if let EventKind::Fault(Fault::WorkloadEnded { operations, .. }) = e.kind { Some((e.at.0, operations)) } else { None }
    });
    assert_eq!(ended, Some((2_100_000, ops.len() as u32)));
}

#[test]
fn faults_and_other_commands_do_not_change_what_a_workload_asks() {
    let (plain, _) = Report::of(&script(10, r#"{"nodes":5}"#, BUSY));
    let with = format!(
        r#"{{"at":"0s","do":"workload","every":"50ms","duration":"1s","seed":9}},{BUSY},{{"at":"200ms","do":"crash","node":"B"}},
        {{"at":"500ms","do":"write","client":"c0","via":"A","key":"k","value":"v"}}"#
    );
    let (disturbed, _) = Report::of(&script(10, r#"{"nodes":5}"#, &with));
    let rest: Vec<_> = asked(&disturbed);
    assert!(rest.len() > asked(&plain).len());
    assert!(asked(&plain).iter().all(|o| rest.contains(o)), "every operation is there, at its own time");
    let (other, _) = Report::of(&script(10, r#"{"nodes":5}"#, &BUSY.replace("\"seed\":5", "\"seed\":6")));
    assert_ne!(asked(&plain), asked(&other), "another seed asks something else");
}

#[test]
fn a_stopped_workload_asks_no_more() {
    let stop = |which: &str| {
        format!(r#"{BUSY},{{"at":"100ms","do":"workload","every":"9ms","duration":"3s"}},{{"at":"1s","do":"stop-workload"{which}}}"#)
    };
    let late = |commands: &str| asked(&Report::of(&script(10, r#"{"nodes":5}"#, commands)).0).iter().filter(|o| o.0 > 1_000_000).count();
    assert_eq!(late(&stop("")), 0);
    let (one, other) = (late(&stop(r#","workload":0"#)), late(&stop(r#","workload":1"#)));
    assert!(one > 100 && other > 100, "{one} {other}: the one that was not named goes on");
}

#[test]
fn a_long_workload_waits_in_the_queue_as_one_timer() {
    let run = script(11, r#"{"nodes":3,"chatter":"counted"}"#, r#"{"at":"0s","do":"workload","every":"1ms","duration":"300d"}"#);
    let mut log = Vec::new();
    let mut player = drift::lab::Player::new(&run, &mut log);
    assert!(player.run(&run, &mut log, 2_000_000), "the run ends before its log is full");
    assert_eq!(player.world.workloads().count(), 1, "it would have gone on");
}

/// `old` everywhere, then `new` on A and B only: C hears neither of them, and clients reach everyone.
const C_IS_BEHIND: &str = r#"{"at":"1ms","do":"write","client":"c0","via":"A","key":"k","value":"old","level":"ALL"},
    {"at":"300ms","do":"cut-one-way","from":["A","B"],"to":["C"]},
    {"at":"400ms","do":"write","client":"c0","via":"A","key":"k","value":"new","level":"ONE"}"#;

/// A run of three nodes in which C is behind, with these settings of clients and these commands at the end.
fn behind(client: &str, rest: &str) -> drift::lab::Script {
    script(12, &format!(r#"{{"nodes":3,"settings":{{"client":{{{client}}},"client-timeout":"1s"}}}}"#), &format!("{C_IS_BEHIND},{rest}"))
}

fn read(at: u32, client: &str, via: &str) -> String {
    format!(r#"{{"at":"{at}ms","do":"read","client":"{client}","via":"{via}","key":"k","level":"ONE"}}"#)
}

#[test]
fn a_session_reads_its_own_writes_and_nobody_elses() {
    let end = |client: &str, reader: &str| outcomes(&behind(client, &read(1_000, reader, "C"))).pop();
    let own = r#""read-your-writes":true"#;
    assert_eq!(end("", "c0").as_deref(), Some("value old"), "without a session the writer reads what was before");
    assert_eq!(end(own, "c0").as_deref(), Some("value new"), "with one it asks on until it finds its write");
    assert_eq!(end(own, "c1").as_deref(), Some("value old"), "somebody else has written nothing and is promised nothing");
    assert_eq!(
        end(r#""read-your-writes":true,"behind-retries":0"#, "c0").as_deref(),
        Some("behind old"),
        "bounded by as often as it may ask"
    );
}

#[test]
fn a_monotonic_reader_never_goes_back() {
    let twice = format!("{},{}", read(1_000, "c1", "A"), read(1_500, "c1", "C"));
    let ends = |client: &str| outcomes(&behind(client, &twice)).split_off(2);
    assert_eq!(ends(""), ["value new", "value old"], "back in time");
    assert_eq!(ends(r#""read-your-writes":true"#), ["value new", "value old"], "own writes are another promise");
    assert_eq!(ends(r#""monotonic-reads":true"#), ["value new", "value new"]);
    let (report, log) = Report::of(&behind(r#""monotonic-reads":true"#, &twice));
    let attempts = &report.operations[3].attempts;
    assert!((1..=3).contains(&attempts.len()) && attempts.iter().all(|a| a.after == "behind" && a.via != "C"), "{attempts:?}");
    assert!(
        !has(&log, |k| matches!(k, EventKind::Note(drift::engine::node::Note::RepairStarted { .. }))),
        "no replica was repaired for it"
    );
}

#[test]
fn a_sticky_client_stays_until_silence_drives_it_away() {
    let end = format!(
        r#"{},{},{{"at":"2s","do":"crash","node":"A"}},{}"#,
        read(1_000, "c1", "A"),
        read(1_500, "c1", "C"),
        read(2_100, "c1", "A")
    );
    let (loose, _) = Report::of(&behind("", &end));
    let vias = |r: &Report| r.operations[2..].iter().map(|o| format!("{} {}", o.via, o.outcome)).collect::<Vec<_>>();
    assert_eq!(vias(&loose), ["A value", "C value", "A no-answer"]);
    let (sticky, _) = Report::of(&behind(r#""sticky":true,"retries":1,"back-off":"50ms""#, &end));
    assert_eq!(vias(&sticky), ["A value", "A value", "A value"], "begun at A");
    let moved = &sticky.operations[4];
    assert_eq!(moved.attempts.len(), 1);
    assert_eq!((moved.attempts[0].after.as_str(), moved.attempts[0].at_us), ("no-answer", 3_100_000), "after the client's patience");
    assert_ne!(moved.attempts[0].via, "A");
}

#[test]
fn rests_double_and_attempts_are_bounded() {
    let run = |client: &str, back: &str| {
        let config = format!(
            r#"{{"nodes":3,"settings":{{"client":{{{client}}},"detector":{{"heartbeat":{{"every":"50ms","timeout":"150ms"}}}}}}}}"#
        );
        let commands = format!(
            r#"{{"at":"0s","do":"crash","node":"B"}},{{"at":"0s","do":"crash","node":"C"}},
            {{"at":"1s","do":"write","client":"c0","via":"A","key":"k","value":"v"}},{{"at":"{back}","do":"restart","node":"B"}}"#
        );
        Report::of(&script(13, &config, &commands)).0.operations.remove(0)
    };
    assert_eq!(run("", "1700ms").outcome, "unavailable");
    let patient = run(r#""retries":5,"back-off":"200ms","sticky":true"#, "1700ms");
    assert_eq!(patient.outcome, "written", "B is back before its attempts are used up");
    let at: Vec<u64> = patient.attempts.iter().map(|a| a.at_us).collect();
    let gaps: Vec<u64> = at.windows(2).map(|w| w[1] - w[0]).collect();
    assert!(gaps.len() >= 2 && gaps.windows(2).all(|g| g[1] > g[0] + 150_000), "each rest is longer: {gaps:?}");
    let gone = run(r#""retries":2,"back-off":"100ms","sticky":true"#, "3900ms");
    assert_eq!((gone.outcome.as_str(), gone.attempts.len()), ("unavailable", 2));
}

#[test]
fn a_client_may_settle_for_less_and_both_levels_are_on_record() {
    let run = |policy: &str, detector: &str| {
        let config =
            format!(r#"{{"nodes":3,"settings":{{"client":{{"policy":{policy}}},"detector":{detector},"write":{{"timeout":"500ms"}}}}}}"#);
        let commands = r#"{"at":"0s","do":"cut","islands":[["B","C"]]},
            {"at":"1s","do":"write","client":"c0","via":"A","key":"k","value":"v"}"#;
        Report::of(&script(14, &config, commands))
    };
    let beats = r#"{"heartbeat":{"every":"50ms","timeout":"150ms"}}"#;
    let (refused, log) = run(r#""refuse""#, beats);
    assert_eq!(refused.operations[0].outcome, "unavailable");
    assert!(!has(&log, |k| matches!(k, EventKind::Applied(_))), "nothing was written");
    for (detector, after) in [(beats, "unavailable"), (r#""none""#, "timed-out")] {
        let (lowered, _) = run(r#"{"lower":"ONE"}"#, detector);
        let op = &lowered.operations[0];
        let record: Vec<_> = op.attempts.iter().map(|a| (a.level.as_str(), a.via.as_str(), a.after.as_str())).collect();
        assert_eq!((op.outcome.as_str(), op.level.as_str(), op.received), ("written", "QUORUM", Some(1)));
        assert_eq!(record, [("ONE", "A", after)]);
    }
    let (never, _) = run(r#"{"lower":"ALL"}"#, beats);
    assert_eq!((never.operations[0].outcome.as_str(), never.operations[0].attempts.len()), ("unavailable", 1), "once and no more");
}

#[test]
fn a_client_that_reads_replicas_itself_mends_those_behind() {
    let all = r#"{"at":"1s","do":"read","client":"c1","via":"C","key":"k","level":"ALL"}"#;
    let (plain, _) = Report::of(&behind("", &read(1_000, "c1", "C")));
    assert_eq!(plain.stale_keys, 1);
    let (direct, log) = Report::of(&behind(r#""direct":"level""#, all));
    assert_eq!(direct.operations[2].value.as_deref(), Some("new"));
    assert_eq!(direct.stale_keys, 0, "C has it now");
    let from = log.iter().position(|e| e.at.0 >= 1_000_000).expect("the read");
    assert!(!has(&log[from..], |k| matches!(k, EventKind::Note(_))), "no node coordinated anything");
    let repairs = has(&log[from..], |k| matches!(k, EventKind::Client(ClientAct::WroteBack { to }) if to.len() == 1));
    assert!(repairs, "written back to one replica only");
    // At ONE the first answer counts, which may be old; only a client that asks everyone hears of the others.
    let (one, _) = Report::of(&behind(r#""direct":"level""#, &read(1_000, "c1", "C")));
    assert_eq!(one.stale_keys, 1, "one replica was asked, and nothing compared");
    let (everyone, _) = Report::of(&behind(r#""direct":"everyone""#, &read(1_000, "c1", "C")));
    assert_eq!((everyone.stale_keys, everyone.operations[2].outcome.as_str()), (0, "value"));
}

#[test]
fn a_direct_read_without_enough_answers_times_out() {
    let run = behind(
        r#""direct":"level""#,
        r#"{"at":"900ms","do":"crash","node":"C"},{"at":"1s","do":"read","client":"c1","via":"A","key":"k","level":"ALL"},
           {"at":"1s","do":"read","client":"c1","via":"A","key":"k","level":"QUORUM"}"#,
    );
    let (report, _) = Report::of(&run);
    let op = &report.operations[2];
    assert_eq!((op.outcome.as_str(), op.received, op.required, op.ended_us), ("timed-out", Some(2), Some(3), Some(2_000_000)));
}
