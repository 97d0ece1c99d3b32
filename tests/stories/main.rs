//! Stories: what a person sees in a run, and what must not happen.

#[path = "../support/play.rs"]
mod play;
mod tombstones;

use drift::engine::node::Note;
use drift::engine::world::{Event, EventKind, Fault};
use drift::lab::Report;
use play::{outcomes, script, shipped};

const THREE: &str = r#"{"nodes":3}"#;

fn has(log: &[Event], test: impl Fn(&EventKind) -> bool) -> bool {
    log.iter().any(|e| test(&e.kind))
}

#[test]
fn c_does_not_learn_x_by_itself() {
    let script = shipped("cut-and-return");
    let (report, log) = Report::of(&script);
    assert!(report.operations.iter().any(|o| o.verb == "read" && o.value.as_deref() == Some("1")), "{:?}", report.operations);
    let mended = log.iter().position(|e| matches!(e.kind, EventKind::Fault(Fault::Mended(_)))).expect("the cut is mended");
    let read = log.iter().skip(mended).position(|e| matches!(e.kind, EventKind::Began { .. })).expect("somebody reads") + mended;
    assert!(!has(&log[mended..read], |k| matches!(k, EventKind::Applied(_))), "nothing is repaired before somebody reads");
}

#[test]
fn a_copy_stays_stale_all_week() {
    let (report, log) = Report::of(&shipped("week"));
    assert_eq!(report.stale_keys, 1);
    assert_eq!(report.divergence.last().map(|d| d.1), Some(1));
    assert!(!has(&log, |k| matches!(k, EventKind::Note(Note::RepairStarted { .. }))), "repair is off");
}

#[test]
fn b_is_found_out_by_its_digest_and_repaired() {
    let (report, log) = Report::of(&shipped("v5-v3-v5"));
    assert_eq!(report.operations.last().and_then(|o| o.value.as_deref()), Some("v5"));
    assert!(has(&log, |k| matches!(k, EventKind::Note(Note::DigestsDiffer { .. }))));
    assert!(has(&log, |k| matches!(k, EventKind::Note(Note::RepairStarted { .. }))));
    assert_eq!(report.stale_keys, 0);
}

#[test]
fn c_loses_in_the_crash_what_it_had_not_synced() {
    let (report, log) = Report::of(&shipped("three-answers"));
    assert!(has(&log, |k| matches!(k, EventKind::Reverted { .. })), "C lost a write");
    assert!(has(&log, |k| matches!(k, EventKind::Note(Note::DigestsDiffer { .. }))));
    let read = report.operations.iter().find(|o| o.verb == "read").expect("somebody reads");
    assert_eq!(read.value.as_deref(), Some("tea, milk, rice"));
}

#[test]
fn a_majority_writes_and_reads() {
    let run = script(
        1,
        THREE,
        r#"{"at":"1ms","do":"write","client":"c0","via":"A","key":"k","value":"v"},
           {"at":"1s","do":"read","client":"c0","via":"B","key":"k"},
           {"at":"2s","do":"delete","client":"c0","via":"C","key":"k"},
           {"at":"3s","do":"read","client":"c0","via":"A","key":"k"}"#,
    );
    assert_eq!(outcomes(&run), ["written v", "value v", "written ", "deleted "]);
}

#[test]
fn a_write_that_times_out_is_not_taken_back() {
    let run = script(
        2,
        THREE,
        r#"{"at":"1ms","do":"cut","islands":[["B"],["C"]]},
           {"at":"2ms","do":"write","client":"c0","via":"A","key":"k","value":"v"},
           {"at":"3s","do":"mend-all"},
           {"at":"3100ms","do":"read","client":"c0","via":"A","key":"k","level":"ALL"}"#,
    );
    assert_eq!(outcomes(&run), ["timed-out v", "value v"]);
}

#[test]
fn more_replicas_than_nodes_cannot_be_had() {
    let run =
        script(3, r#"{"nodes":3,"settings":{"replicas":9}}"#, r#"{"at":"1ms","do":"write","client":"c0","via":"A","key":"k","value":"v"}"#);
    let (report, log) = Report::of(&run);
    assert_eq!(report.operations[0].outcome, "unavailable");
    assert!(!has(&log, |k| matches!(k, EventKind::Applied(_))), "nothing was sent to a replica");
}

#[test]
fn a_clock_that_is_behind_loses_the_later_write() {
    let run = script(
        4,
        THREE,
        r#"{"at":"0s","do":"clock","node":"B","offset-us":-5000000},
           {"at":"1ms","do":"write","client":"c0","via":"A","key":"k","value":"first"},
           {"at":"1s","do":"write","client":"c0","via":"B","key":"k","value":"later"},
           {"at":"2s","do":"read","client":"c0","via":"C","key":"k","level":"ALL"}"#,
    );
    assert_eq!(outcomes(&run), ["written first", "written later", "value first"]);
}

#[test]
fn a_coordinator_that_is_down_gives_no_answer() {
    let run = script(
        5,
        r#"{"nodes":3,"settings":{"client-timeout":"1s"}}"#,
        r#"{"at":"0s","do":"crash","node":"A"},{"at":"1ms","do":"read","client":"c0","via":"A","key":"k"}"#,
    );
    assert_eq!(outcomes(&run), ["no-answer "]);
}

#[test]
fn what_reaches_a_paused_node_waits_for_it() {
    let run = script(
        6,
        THREE,
        r#"{"at":"0s","do":"pause","node":"C"},
           {"at":"1ms","do":"write","client":"c0","via":"A","key":"k","value":"v","level":"ALL"},
           {"at":"1s","do":"resume","node":"C"}"#,
    );
    let (report, log) = Report::of(&run);
    assert!(has(&log, |k| matches!(k, EventKind::Held(_))));
    assert_eq!(report.operations[0].outcome, "written");
    assert!(report.operations[0].ended_us > Some(1_000_000), "ALL waits for the paused node");
}

#[test]
fn a_wiped_disk_is_filled_again_by_a_read() {
    let run = script(
        7,
        THREE,
        r#"{"at":"1ms","do":"write","client":"c0","via":"A","key":"k","value":"v","level":"ALL"},
           {"at":"1s","do":"wipe","node":"B"},
           {"at":"1100ms","do":"restart","node":"B"},
           {"at":"2s","do":"read","client":"c0","via":"A","key":"k","level":"ALL"}"#,
    );
    let (report, log) = Report::of(&run);
    assert!(has(&log, |k| matches!(k, EventKind::Fault(Fault::Wiped { rows: 1 }))));
    assert_eq!(report.stale_keys, 0);
    assert_eq!(outcomes(&run), ["written v", "value v"]);
}
