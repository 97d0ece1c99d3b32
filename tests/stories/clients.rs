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
