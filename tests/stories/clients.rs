//! Clients and what they cannot see: sessions, retries, reads without a coordinator, workloads, and disks that go back in time.

use drift::engine::world::{EventKind, Fault};
use drift::lab::Report;

use super::has;
use super::play::{outcomes, script};

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
