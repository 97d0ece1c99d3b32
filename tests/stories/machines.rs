//! Machines: crash and disk, pause and its timers, lost disks, wrong clocks, preloaded rows.

use drift::engine::base::NodeId;
use drift::engine::node::{Body, Note, Timer};
use drift::engine::world::{EventKind, Fault, LostWhy};

use crate::run::Run;

#[test]
fn a_crash_loses_exactly_what_was_not_synced() {
    let story = |sync: &str| {
        Run::of(3)
            .with("sync", sync)
            .at("0s", "c0 A write k old")
            .at("1s", "c0 A write k new")
            .at("1200ms", "crash B")
            .at("2s", "restart B")
            .play()
    };
    let run = story("400ms");
    assert_eq!(run.held("k"), "A=new B=old C=new", "the first write had reached B's disk, the second had not");
    assert!(run.has(|k| matches!(k, EventKind::Fault(Fault::Crashed { lost: 1 }))));
    assert_eq!(run.outcomes(), ["written", "written"], "both had been confirmed to the client");
    let safe = story("every-write");
    assert_eq!(safe.held("k"), "A=new B=new C=new", "with a sync before each acknowledgement nothing is lost");
    assert!(!safe.has(|k| matches!(k, EventKind::Reverted { .. })));
    assert!(!safe.noted(|n| matches!(n, Note::Synced { .. })), "and there is nothing to sync later");
}

#[test]
fn the_commit_log_is_synced_once_for_all_writes_of_an_interval() {
    let run = Run::of(1)
        .with("replicas", "1")
        .with("sync", "400ms")
        .at("1s", "c0 A write a 1")
        .at("1100ms", "c0 A write b 2")
        .at("1200ms", "c0 A write c 3")
        .at("3s", "c0 A write d 4")
        .play();
    let synced: Vec<u32> =
        run.log.iter().filter_map(|e| if let EventKind::Note(Note::Synced { changes }) = e.kind { Some(changes) } else { None }).collect();
    assert_eq!(synced, [3, 1], "and not again while there is nothing to sync");
}

#[test]
fn a_write_that_is_synced_at_once_is_not_lost_with_an_older_one() {
    // From the second on each write is on disk before it is acknowledged; the log before it is then on disk too.
    let run = Run::of(1)
        .with("replicas", "1")
        .with("sync", "10s")
        .at("1s", "c0 A write k first")
        .at("1s", "c0 A write other first")
        .at("2s", "set sync every-write")
        .at("3s", "c0 A write k second")
        .at("4s", "crash A")
        .at("5s", "restart A")
        .at("6s", "c1 A read k")
        .at("7s", "c1 A read other")
        .play();
    assert_eq!(run.outcomes()[3..], ["value second", "value first"]);
    assert!(!run.has(|k| matches!(k, EventKind::Reverted { .. })));
}

#[test]
fn syncing_goes_on_after_a_spell_of_syncing_every_write() {
    let run = Run::of(1)
        .with("replicas", "1")
        .with("sync", "400ms")
        .at("1s", "c0 A write a 1")
        .at("1100ms", "set sync every-write")
        .at("1200ms", "c0 A write b 2")
        .at("2s", "set sync 400ms")
        .at("3s", "c0 A write c 3")
        .at("5s", "crash A")
        .play();
    assert_eq!(run.held("c"), "A=3", "the third write reached the disk two seconds before the crash");
}

#[test]
fn a_coordinator_that_crashes_forgets_its_operations() {
    let run = Run::of(3)
        .with("client-timeout", "3s")
        .at("1s", "c0 A write k v ALL")
        .at("1015ms", "crash A")
        .at("1016ms", "restart A")
        .at("10s", "c1 B read k ALL")
        .play();
    assert_eq!(run.outcomes(), ["no-answer", "value v"], "it never answers, and the write is done all the same");
    assert!(!run.noted(|n| matches!(n, Note::TimedOut { .. })), "its timer died with it");
    assert!(run.arrivals("B", "A").iter().any(|(_, m)| m.body == Body::WriteAck), "B's acknowledgement comes");
    assert!(run.arrivals("A", "c0").is_empty(), "but for what A forgot it means nothing");
}

#[test]
fn what_reaches_a_node_that_is_down_is_lost() {
    let run = Run::of(3).at("0s", "crash C").at("1s", "c0 A write k v").at("2s", "restart C").at("3s", "restart C").play();
    assert_eq!(run.outcomes(), ["written"]);
    assert_eq!(run.count(|k| matches!(k, EventKind::Lost { why: LostWhy::Down, .. })), 1);
    assert_eq!(run.held("k"), "A=v B=v C=-");
    assert_eq!(run.count(|k| matches!(k, EventKind::Fault(Fault::Restarted))), 1, "starting what runs is no event");
}

#[test]
fn a_paused_node_does_nothing_and_loses_nothing() {
    let mut run = Run::of(3).at("0s", "pause C").at("1s", "c0 A write k v ALL").at("2s", "resume C").at("2s", "resume C").play();
    assert_eq!(run.held_at("1999ms", "k"), "A=v B=v C=-");
    assert_eq!(run.held_at("2s", "k"), "A=v B=v C=v", "what waited is handled on resuming");
    assert_eq!(run.outcomes(), ["written"]);
    assert_eq!(run.took_ms(0), 1_020, "ALL waits for it");
    assert_eq!(run.count(|k| matches!(k, EventKind::Held(_))), 1);
    assert!(run.has(|k| matches!(k, EventKind::Fault(Fault::Resumed { waiting: 1 }))));
    assert_eq!(run.count(|k| matches!(k, EventKind::Fault(Fault::Resumed { .. }))), 1, "resuming what runs is no event");
}

#[test]
fn the_timers_of_a_paused_node_wait_with_its_messages_in_the_order_in_which_they_came() {
    // A stands still from before the answers come until long after its patience would have ended.
    let run = Run::of(3).with("write-timeout", "500ms").at("1s", "c0 A write k v ALL").at("1015ms", "pause A").at("3s", "resume A").play();
    assert_eq!(run.outcomes(), ["written"], "the acknowledgements came before the timer went off");
    assert!(!run.noted(|n| matches!(n, Note::TimedOut { .. })));
    let late = Run::of(3)
        .with("write-timeout", "500ms")
        .at("0s", "slow C 1s")
        .at("1s", "c0 A write k v ALL")
        .at("1015ms", "pause A")
        .at("4s", "resume A")
        .play();
    assert_eq!(late.outcomes(), ["timed-out 2/3"], "C's came after it");
    let timer = late.place(|k| matches!(k, EventKind::Timer(Timer::Operation(_))));
    let resumed = late.place(|k| matches!(k, EventKind::Fault(Fault::Resumed { .. })));
    assert!(resumed < timer, "and no timer goes off while it stands still");
}

#[test]
fn a_paused_node_syncs_only_after_it_goes_on_and_a_crash_takes_what_waited() {
    let run = Run::of(3)
        .with("sync", "200ms")
        .at("1s", "c0 A write k v")
        .at("1100ms", "pause B")
        .at("1200ms", "c0 A write k w")
        .at("3s", "crash B")
        .at("4s", "restart B")
        .play();
    assert_eq!(run.held("k"), "A=w B=- C=w", "the first write was never synced, the second never handled");
    assert_eq!(run.count(|k| matches!(k, EventKind::Lost { why: LostWhy::Crashed, .. })), 1);
}

#[test]
fn settings_that_change_reach_a_paused_node_when_it_goes_on() {
    let run = Run::of(2)
        .with("replicas", "2")
        .at("0s", "pause B")
        .at("1s", "set detector 100ms 300ms")
        .at("3s", "resume B")
        .at("10s", "c0 A read k ALL")
        .play();
    assert!(run.noted(|n| matches!(n, Note::Suspected(NodeId(1)))), "A heard nothing from it");
    assert!(!run.noted(|n| matches!(n, Note::Suspected(NodeId(0)))), "what A had said waited at B's door");
    assert_eq!(run.outcomes(), ["not-found"], "and by then they trust each other");
}

#[test]
fn a_wiped_disk_holds_nothing_until_somebody_reads() {
    let mut run = Run::of(3)
        .at("0s", "c0 A write k v ALL")
        .at("1s", "wipe B")
        .at("1100ms", "restart B")
        .at("5s", "c0 B read k ONE")
        .at("6s", "c0 A read k ALL")
        .play();
    assert!(run.has(|k| matches!(k, EventKind::Fault(Fault::Wiped { rows: 1 }))));
    assert_eq!(run.held_at("4s", "k"), "A=v B=- C=v", "nobody tells it");
    assert_eq!(
        run.outcomes(),
        ["written", "not-found", "value v"],
        "it answers that it has nothing, until it is read together with others"
    );
    assert_eq!(run.held("k"), "A=v B=v C=v");
}

#[test]
fn a_wipe_takes_what_was_synced_too_and_does_not_start_the_node() {
    let run = Run::of(3).at("0s", "c0 A write k v ALL").at("1s", "crash B").at("2s", "wipe B").at("3s", "c0 A write k w ALL").play();
    assert_eq!(run.held("k"), "A=w B=- C=w");
    assert_eq!(run.outcomes()[1], "timed-out 2/3");
    assert_eq!(run.count(|k| matches!(k, EventKind::Fault(Fault::Crashed { .. }))), 1, "it was down already");
}

#[test]
fn a_fast_clock_makes_a_later_write_lose() {
    let run = Run::of(3)
        .at("0s", "clock B 3600000000")
        .at("1s", "c0 B write k first")
        .at("2s", "c0 A write k second")
        .at("3s", "c0 C read k ALL")
        .play();
    assert_eq!(run.outcomes(), ["written", "written", "value first"], "both are acknowledged, and the later one is gone");
    assert_eq!(run.held("k"), "A=first B=first C=first");
    assert_eq!(run.report.divergence.last().map(|d| d.1), Some(0), "no replica disagrees: this is no drift but a lost update");
}

#[test]
fn a_fast_clock_hides_a_delete_too() {
    let run = Run::of(3).at("0s", "clock B 60000000").at("1s", "c0 B write k v").at("2s", "c0 A delete k").at("3s", "c1 A read k").play();
    assert_eq!(run.outcomes(), ["written", "written", "value v"]);
}

#[test]
fn a_clock_set_back_never_repeats_a_reading() {
    let run = Run::of(3)
        .at("1s", "c0 A write k first")
        .at("2s", "clock A -60000000")
        .at("3s", "c0 A write k second")
        .at("4s", "c0 A read k ALL")
        .at("5s", "c0 B write k third")
        .at("6s", "c0 A write k fourth")
        .at("7s", "c0 A read k ALL")
        .play();
    assert_eq!(run.outcomes()[2], "value second", "one node's own writes keep their order");
    assert_eq!(run.outcomes()[5], "value third", "but against another node's it is a minute behind");
}

#[test]
fn preloaded_rows_are_at_their_replicas_and_on_disk_without_a_message() {
    let run = Run::of(6)
        .with("sync", "10s")
        .at("0s", "preload 50 value-bytes 8")
        .at("1s", "crash B")
        .at("2s", "restart B")
        .at("3s", "c0 A read key-49 ALL")
        .at("4s", "c0 A read key-50 ALL")
        .play();
    assert!(!run.log.iter().take_while(|e| e.at.0 < 1_000_000).any(|e| e.message().is_some()), "no message brings them");
    let held: u64 = run.session.world().hosts().iter().map(|h| h.node.store.rows().len()).sum();
    assert_eq!(held, 150, "three copies of each, the crash notwithstanding");
    assert_eq!(run.report.stale_keys, 0);
    assert!(run.outcomes()[0].starts_with("value ") && run.outcomes()[0].len() == "value ".len() + 8);
    assert_eq!(run.outcomes()[1], "not-found");
}

#[test]
fn a_preload_never_replaces_what_was_written() {
    let mut run = Run::of(3)
        .with("sync", "10s")
        .at("1s", "c0 A write key-0 mine")
        .at("2s", "preload 2")
        .at("3s", "crash C")
        .at("4s", "restart C")
        .play();
    assert_eq!(run.held_at("2s", "key-0"), "A=mine B=mine C=mine", "it is older than everything");
    let held = run.held("key-0");
    assert!(held.starts_with("A=mine B=mine C=") && !held.ends_with("C=-"), "and on disk: C lost only its write: {held}");
    assert!(!held.ends_with("C=mine"));
}
