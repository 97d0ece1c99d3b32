//! Logs: what came after the last entry read is shipped, and nothing else; a log that cannot say it falls back to everything.

use drift::engine::node::sweeps::{LogStep, Refusal, Say, SweepOutcome, SweepStep, Whole};
use drift::engine::node::{Body, Message, Note};
use drift::engine::observe::{SweepCost, Sweeps};

use crate::run::{Played, Run};

const LOG: &str = r#"{"method":"log"}"#;

/// Three nodes that keep logs, and a cut that keeps C from the others from 1 s on.
fn apart(log: &str) -> Run {
    Run::of(3).with("repair", "off").with("sweeps.log", log).with("sweeps.policy", LOG).at("1s", "cut C c1")
}

fn costs(played: &Played) -> Vec<SweepCost> {
    Sweeps::of(&played.log).costs().cloned().collect()
}

fn outcome(played: &Played, nth: usize) -> SweepOutcome {
    costs(played)[nth].ended.expect("it ended").1
}

fn sweeps(message: &Message) -> bool {
    matches!(message.body, Body::Sweep { .. })
}

/// What the messages say, in order: codes, those about logs counted from 41.
fn said(played: &Played) -> Vec<u8> {
    let code = |m: &&Message| match &m.body {
        Body::Sweep { say, .. } => match &**say {
            Say::Log(log) => 40 + log.code(),
            say => say.code(),
        },
        _ => 0,
    };
    played.sent(sweeps).iter().map(code).collect()
}

fn whole(played: &Played) -> Vec<Whole> {
    let why = |e: &drift::engine::world::Event| match e.kind {
        drift::engine::world::EventKind::Note(Note::Sweep { step: SweepStep::Log(LogStep::Whole(why)), .. }) => Some(why),
        _ => None,
    };
    played.log.iter().filter_map(why).collect()
}

#[test]
fn only_what_came_after_the_last_entry_read_is_shipped() {
    let run = apart("{}")
        .at("2s", "c0 A write k v")
        .at("3s", "mend-all")
        .at("4s", "sweep A C")
        .at("5s", "sweep A C")
        .at("6s", "sweep C A")
        .play();
    assert_eq!(run.held("k"), "A=v B=v C=v");
    assert_eq!(outcome(&run, 0), SweepOutcome::Repaired { pulled: 0, pushed: 1 });
    // The call, both ends, the question for C's changes (none), the offer, what is lacking, the row, its confirmation, the checkpoint, the end. The second time: nothing new.
    // The third: neither has anything that the other one has not read.
    assert_eq!(said(&run), [1, 41, 42, 43, 45, 46, 9, 10, 47, 11, 1, 41, 42, 43, 11, 1, 41, 11]);
    assert_eq!((outcome(&run, 1), outcome(&run, 2)), (SweepOutcome::Equal, SweepOutcome::Equal));
    assert_eq!((costs(&run)[0].rows, costs(&run)[0].over_streamed, costs(&run)[0].scanned), (1, 0, 0));
    assert!(whole(&run).is_empty());
}

#[test]
fn the_cost_follows_what_was_written_and_not_what_is_held() {
    let bytes = |keys: &str| {
        let run =
            apart("{}").at("1s", &format!("preload {keys}")).at("2s", "c0 A write k v").at("3s", "mend-all").at("4s", "sweep C A").play();
        assert_eq!((run.held("k"), whole(&run).len()), ("A=v B=v C=v".to_owned(), 0));
        costs(&run)[0].bytes()
    };
    assert_eq!(bytes("10"), bytes("2000"));
}

#[test]
fn what_a_log_has_cut_off_is_found_by_comparing_everything_once() {
    let mut run = apart(r#"{"entries":5}"#);
    for i in 0..20 {
        run = run.at("2s", &format!("c0 A write key-{i} v"));
    }
    let run = run.at("3s", "mend-all").at("4s", "sweep C A").at("6s", "c0 A write z late ONE").at("7s", "sweep C A").play();
    assert_eq!(whole(&run), [Whole::PeerTruncated]);
    assert_eq!(outcome(&run, 0), SweepOutcome::Repaired { pulled: 20, pushed: 0 });
    for i in 0..20 {
        assert_eq!(run.held(&format!("key-{i}")), "A=v B=v C=v");
    }
    // The next one goes by the log again: one entry, which C has already.
    let second = &costs(&run)[1];
    assert_eq!((second.keys_compared, second.keys_differed, second.rows), (1, 0, 0));
    // What is cut off at the asker's side is known without asking.
    let mut run = apart(r#"{"entries":5}"#);
    for i in 0..20 {
        run = run.at("2s", &format!("c0 A write key-{i} v"));
    }
    let run = run.at("3s", "mend-all").at("4s", "sweep A C").play();
    assert_eq!((whole(&run), outcome(&run, 0)), (vec![Whole::Truncated], SweepOutcome::Repaired { pulled: 0, pushed: 20 }));
}

#[test]
fn rows_in_order_ship_every_version_and_compaction_forgets_those_between() {
    let rows = |log: &str| {
        let mut run = apart(log);
        for i in 0..6 {
            run = run.at(&format!("2{i}00ms"), &format!("c0 A write k v{i} ONE"));
        }
        let run = run.at("3s", "mend-all").at("4s", r#"sweep C A {"method":"log","streams":"leaves"}"#).play();
        assert_eq!((run.held("k"), whole(&run).len()), ("A=v5 B=v5 C=v5".to_owned(), 0));
        (costs(&run)[0].rows, outcome(&run, 0))
    };
    assert_eq!(rows("{}"), (6, SweepOutcome::Repaired { pulled: 6, pushed: 0 }));
    assert_eq!(rows(r#"{"compact":true}"#), (1, SweepOutcome::Repaired { pulled: 1, pushed: 0 }));
}

#[test]
fn rows_in_order_go_both_ways() {
    let run = apart("{}").at("2s", "c0 A write j here ONE").at("2s", "c1 C write k there ONE").at("3s", "mend-all");
    let run = run
        .at("4s", r#"sweep A C {"method":"log","streams":"leaves"}"#)
        .at("5s", r#"sweep C A {"method":"log","streams":"leaves"}"#)
        .play();
    assert_eq!((run.held("j"), run.held("k")), ("A=here B=here C=here".to_owned(), "A=there B=- C=there".to_owned()));
    assert_eq!((outcome(&run, 0), costs(&run)[1].rows), (SweepOutcome::Repaired { pulled: 1, pushed: 1 }, 0), "nothing is shipped back");
}

#[test]
fn a_crash_before_the_sync_takes_log_and_rows_alike_and_numbers_are_not_used_twice() {
    // A's first write is on disk, its second is not; C has read both when A dies, and A writes others under the same numbers.
    let run = Run::of(3).with("repair", "off").with("sync", "5s").with("sweeps.policy", LOG).at("1s", "cut B");
    let run =
        run.at("1s", "c0 A write a one ONE").at("6500ms", "cut A c0 | C c1").at("7s", "c0 A write b two ONE").at("7100ms", "mend-all");
    let run = run.at("7200ms", "cut B").at("8s", "sweep C A").at("9s", "crash A").at("9100ms", "restart A");
    let run = run.at("9200ms", "cut A c0 | C c1").at("9500ms", "c0 A write c three ONE").at("10s", "mend-all").at("10100ms", "cut B");
    let run = run.at("11s", "sweep C A").play();
    assert_eq!((run.held("b"), run.held("c")), ("A=two B=- C=two".to_owned(), "A=three B=- C=three".to_owned()));
    assert!(whole(&run).is_empty(), "what is left of the old log is enough: {:?}", whole(&run));
}

#[test]
fn a_wiped_disk_has_no_place_in_any_log() {
    let run = apart("{}").at("1s", "preload 50").at("2s", "c0 A write k v").at("3s", "mend-all").at("4s", "sweep A C");
    let run =
        run.at("5s", "wipe C").at("6s", "restart C").at("7s", "sweep A C").at("9s", "c0 B write n new ONE").at("10s", "sweep C A").play();
    assert_eq!(whole(&run), [Whole::PeerNew]);
    assert_eq!(outcome(&run, 1), SweepOutcome::Repaired { pulled: 0, pushed: 51 });
    assert_eq!((run.held("k"), run.held("key-7").matches('-').count()), ("A=v B=v C=v".to_owned(), 0));
    // An older disk is another disk.
    let run = apart("{}").at("2s", "mend-all").at("3s", "c0 A write k v ALL").at("4s", "backup C").at("5s", "c0 A write k w ALL");
    let run = run.at("6s", "sweep A C").at("7s", "restore C").at("8s", "restart C").at("9s", "sweep A C").play();
    assert_eq!((run.held("k"), whole(&run)), ("A=w B=w C=w".to_owned(), vec![Whole::PeerNew]));
}

#[test]
fn a_log_begun_in_the_middle_of_a_run_starts_from_a_comparison() {
    let run = Run::of(3).with("repair", "off").at("1s", "cut C c1").at("2s", "c0 A write k v").at("3s", "mend-all");
    let run = run.at("4s", r#"set sweeps {"policy":{"method":"log"}}"#).at("5s", "sweep A C").at("6s", "sweep A C").play();
    assert_eq!((run.held("k"), whole(&run)), ("A=v B=v C=v".to_owned(), vec![Whole::New]));
    // Without any log a sweep of logs is a comparison of everything.
    let run = Run::of(3).with("repair", "off").at("1s", "cut C c1").at("2s", "c0 A write k v").at("3s", "mend-all");
    let run = run.at("5s", &format!("sweep A C {LOG}")).play();
    assert_eq!((run.held("k"), whole(&run)), ("A=v B=v C=v".to_owned(), vec![Whole::NoLog]));
}

#[test]
fn a_write_in_the_middle_of_an_exchange_is_never_lost() {
    for streams in ["keys", "leaves"] {
        for step in 0..40 {
            let at = format!("{}ms", 3_990 + 5 * step);
            let policy = format!(r#"{{"method":"log","streams":"{streams}"}}"#);
            let run = apart("{}").at("2s", "c0 A write k v ONE").at("3s", "mend-all");
            let run = if step < 2 {
                run.at(&at, "c1 C write k newer ONE").at("4s", &format!("sweep A C {policy}"))
            } else {
                run.at("4s", &format!("sweep A C {policy}")).at(&at, "c1 C write k newer ONE")
            };
            let run = run.at("6s", &format!("sweep C A {policy}")).play();
            assert_eq!(run.held("k"), "A=newer B=newer C=newer", "{at} {streams}");
        }
    }
}

#[test]
fn a_history_longer_than_a_message_is_read_to_its_last_entry() {
    for streams in ["keys", "leaves"] {
        let mut run = apart(r#"{"entries":4000}"#);
        for i in 0..1_100 {
            run = run.at("2s", &format!("c0 A write key-{i} v ONE"));
        }
        let mut run = run.at("3s", "mend-all").at("3500ms", &format!(r#"sweep C A {{"method":"log","streams":"{streams}"}}"#)).play();
        assert_eq!((run.stale_at("3400ms"), run.stale_at("4s")), (1_100, 0), "{streams}");
        assert_eq!((outcome(&run, 0), whole(&run).len()), (SweepOutcome::Repaired { pulled: 1_100, pushed: 0 }, 0));
    }
}

#[test]
fn a_peer_that_dies_ends_the_sweep_and_its_place_is_kept() {
    let base = || {
        let base = apart("{}").with("sweeps.timeout", "500ms").with("sweeps.retries", "3").with("sweeps.back-off", "1s");
        base.at("2s", "c0 A write k v").at("3s", "mend-all")
    };
    let dead = base().at("4s", "sweep A C").at("4015ms", "crash C").at("5s", "restart C").play();
    assert_eq!((outcome(&dead, 0), outcome(&dead, 1)), (SweepOutcome::TimedOut, SweepOutcome::Repaired { pulled: 0, pushed: 1 }));
    let back = base().at("4s", "sweep A C").at("4015ms", "crash C").at("4016ms", "restart C").play();
    assert_eq!(outcome(&back, 0), SweepOutcome::Refused(Refusal::Unknown));
    assert_eq!((back.held("k"), whole(&back).len()), ("A=v B=v C=v".to_owned(), 0));
}

#[test]
fn a_cluster_that_ships_logs_heals_by_itself() {
    let mut run =
        Run::of(6).with("repair", "off").with("sweeps", r#"{"schedule":{"every":"2s","jitter":"200ms"},"policy":{"method":"log"}}"#);
    run = run.end("60s").at("0s", "preload 300 seed 5").at("1s", "cut D E c1");
    for i in 0..30 {
        run = run.at("2s", &format!("c0 A write key-{i} here ONE")).at("2s", &format!("c1 D write key-{} there ONE", i + 15));
    }
    let mut run = run.at("5s", "mend-all").at("6s", "wipe F").at("7s", "restart F").play();
    assert!(run.stale_at("7s") > 150, "everything F held, and more: {}", run.stale_at("7s"));
    assert_eq!(run.stale_at("60s"), 0);
    let last: Vec<SweepCost> = costs(&run).into_iter().filter(|cost| cost.began.0 > 50_000_000).collect();
    assert!(last.len() > 20 && last.iter().all(|cost| cost.rows == 0 && cost.bytes() < 600), "and then there is nothing to ship");
}

#[test]
fn a_queue_that_cuts_ranges_into_parts_leaves_histories_whole() {
    for method in ["log", "bitmaps"] {
        let sweeps = format!(r#"{{"schedule":{{"every":"1s"}},"policy":{{"method":"{method}"}},"queue":{{"segments":4}},"at-once":8}}"#);
        let mut run = Run::of(3).with("repair", "off").with("sweeps", &sweeps).at("1s", "cut C c1");
        for i in 0..12 {
            run = run.at("2s", &format!("c0 A write k{i} here ONE")).at("2s", &format!("c1 C write k{} there ONE", i + 6));
        }
        let mut run = run.at("3s", "mend-all").end("40s").play();
        assert_eq!((run.stale_at("40s"), whole(&run).len()), (0, 0), "{method}");
    }
}

#[test]
fn what_is_out_of_bounds_is_refused_in_words() {
    for (log, words) in [(r#"{"entries":0}"#, "log entries: must be 1 to"), (r#"{"bytes":1099511627777}"#, "log bytes: must be")] {
        let refused = Run::of(3).with("sweeps.log", log).refused();
        assert!(refused.contains(words), "{refused}");
    }
}

#[test]
fn two_that_read_each_others_logs_at_once_are_not_in_each_others_way() {
    for (later, streams) in (0..24).flat_map(|n| [(n * 5, "keys"), (n * 5, "leaves")]) {
        let policy = format!(r#"{{"method":"log","streams":"{streams}"}}"#);
        let run = apart("{}").at("2s", "c1 C write l w ONE").at("3s", "mend-all");
        let run = run.at("4s", &format!("sweep C A {policy}")).at(&format!("{}ms", 4_000 + later), &format!("sweep A C {policy}")).play();
        let ended: Vec<SweepOutcome> = costs(&run).iter().filter_map(|cost| Some(cost.ended?.1)).collect();
        assert!(ended.len() == 2 && ended.iter().all(|outcome| outcome.is_good()), "{later} ms later, {streams}: {ended:?}");
        assert_eq!(run.held("l"), "A=w B=- C=w");
    }
}
