//! Quorums, unit 2 of the syllabus: what R + W > N promises, four ways in which a read is stale all the same, and what a checker says of each.

use drift::engine::node::{Body, Note};
use drift::engine::world::EventKind;

use crate::run::{Played, Run, key_on};

fn last(run: &Played) -> String {
    run.outcomes().last().cloned().expect("an operation")
}

/// What the checker says: whether the run is linearizable, and which reads were stale.
fn verdict(run: &Played) -> (String, Vec<u32>) {
    (run.report.checks.linearizable.clone(), run.report.checks.stale_reads.iter().map(|s| s.read).collect())
}

/// The classic case: five replicas, three confirm a write, three answer a read.
#[test]
fn five_three_three_outlives_any_two_nodes() {
    let nodes = ["A", "B", "C", "D", "E"];
    for (i, first) in nodes.iter().enumerate() {
        for second in &nodes[i + 1..] {
            let up: Vec<&&str> = nodes.iter().filter(|n| *n != first && *n != second).collect();
            let run = Run::of(5).with("replicas", "5").with("repair", "off").with("write-level", "3").with("read-level", "3");
            // The writer misses two; later two others may be down for the reader.
            let run = run.at("0s", &format!("cut {first} {second}")).at("1s", &format!("c0 {} write k v", up[0]));
            let run = run.at("4s", "mend-all").at("4s", &format!("crash {}", up[1])).at("4s", &format!("crash {}", up[2]));
            let run = run.at("4s", "set detector 50ms 150ms").at("5s", &format!("c1 {first} read k")).play();
            assert_eq!(run.outcomes(), ["written", "value v"], "without {first} and {second}, then without {} and {}", up[1], up[2]);
            assert_eq!(verdict(&run), ("yes".to_owned(), vec![]));
        }
    }
    let three = Run::of(5).with("replicas", "5").with("detector", "50ms 150ms").with("write-level", "3").with("read-level", "3");
    let three = three.at("0s", "crash C").at("0s", "crash D").at("0s", "crash E").at("1s", "c0 A write k v").at("2s", "c1 B read k").play();
    assert_eq!(three.outcomes(), ["unavailable 2/3", "unavailable 2/3"], "a third one down is one too many");
    assert_eq!(three.held("k"), "A=- B=- C=- D=- E=-", "and nothing was written");
}

#[test]
fn two_and_two_of_five_need_not_meet() {
    let run = Run::of(5).with("replicas", "5").with("repair", "off").with("write-level", "2").with("read-level", "2");
    let run = run.at("0s", "cut A B c0").at("1s", "c0 A write k v").at("4s", "c1 C read k").play();
    assert_eq!(run.outcomes(), ["written", "not-found"], "written on A and B, read from two others");
    assert_eq!(verdict(&run), ("no".to_owned(), vec![2]), "2 + 2 is not more than 5");
}

/// Unavailable is not timed out: one knows beforehand and does nothing, the other asked and may have done it.
#[test]
fn refused_writes_nothing_and_keeps_no_hint_while_a_timeout_may_have_written() {
    let story = |detector: &str| {
        let run = Run::of(3).with("detector", detector).with("hints.keeper", "coordinator").with("write-timeout", "500ms");
        run.at("1s", "crash B").at("1s", "crash C").at("2s", "c0 A write k v").end("8s").play()
    };
    let (refused, waited) = (story("50ms 150ms"), story("none"));
    assert_eq!((refused.outcomes(), waited.outcomes()), (vec!["unavailable 1/2".to_owned()], vec!["timed-out 1/2".to_owned()]));
    assert_eq!((refused.held("k").as_str(), refused.hints("A")), ("A=- B=- C=-", 0));
    assert_eq!((waited.held("k").as_str(), waited.hints("A")), ("A=v B=- C=-", 2), "A has it, and hints for both");
    assert!(refused.took_ms(0) < 50 && waited.took_ms(0) > 500);
    assert_eq!(refused.sent(|m| !matches!(m.body, Body::Heartbeat { .. } | Body::Request(_) | Body::Reply { .. })).len(), 0);
}

/// During a partition: refuse, or fall back to a smaller quorum. Both are a policy of the client, and the report tells them apart.
#[test]
fn a_partition_is_answered_by_refusing_or_by_a_lower_level() {
    let story = |policy: &str| {
        let run = Run::of(3).with("client.policy", policy).with("detector", "50ms 150ms").at("1s", "cut A c0");
        let run = run.at("2s", "c0 A write k a").at("3s", "c1 B write k b").at("4s", "c0 A read k");
        run.at("5s", "mend-all").at("6s", "c1 C read k ALL").end("9s").play()
    };
    let (refuse, lower) = (story(r#""refuse""#), story(r#"{"lower":"ONE"}"#));
    assert_eq!(refuse.outcomes(), ["unavailable 1/2", "written", "unavailable 1/2", "value b"], "the small side is shut");
    assert_eq!(lower.outcomes(), ["written", "written", "value a", "value b"], "both sides go on");
    let again = |run: &Played, op: usize| run.report.operations[op].attempts.iter().map(|a| a.level.clone()).collect::<Vec<_>>();
    assert_eq!([again(&refuse, 0), again(&refuse, 2)], [Vec::<String>::new(), vec![]]);
    assert_eq!(
        [again(&lower, 0), again(&lower, 2), again(&lower, 1)],
        [vec!["ONE".to_owned()], vec!["ONE".to_owned()], vec![]],
        "in the history"
    );
    assert_eq!(verdict(&refuse), ("yes".to_owned(), vec![]));
    assert_eq!(verdict(&lower), ("no".to_owned(), vec![3]), "the price: A's side reads past a write that was over");
}

fn sloppy() -> (Run, String) {
    let run = Run::of(5)
        .with("fallback.stand-in", "next-healthy")
        .with("fallback.idle", "0s")
        .with("detector", "50ms 150ms")
        .with("repair", "off");
    (run, key_on(5, "ABC"))
}

/// First way: a sloppy quorum. The write's set and the read's do not meet.
#[test]
fn stale_by_a_sloppy_quorum() {
    let (run, key) = sloppy();
    let run = run.at("0s", &format!("c0 A write {key} old ALL")).at("1s", "cut B C c1");
    let run = run.at("2s", &format!("c0 A write {key} new")).at("3s", &format!("c1 B read {key}")).end("9s").play();
    assert_eq!(run.outcomes(), ["written", "written", "value old"], "R + W > N, and still stale");
    assert_eq!(run.guests(&key), "D for B=new, E for C=new");
    assert_eq!(verdict(&run), ("no".to_owned(), vec![3]), "the write was over before the read began");
    // With strict quorums the same write is refused, so nobody reads past it.
    let (strict, key) = sloppy();
    let strict = strict.with("fallback.stand-in", "nobody").at("0s", &format!("c0 A write {key} old ALL")).at("1s", "cut B C c1");
    let strict = strict.at("2s", &format!("c0 A write {key} new")).at("3s", &format!("c1 B read {key}")).end("9s").play();
    assert_eq!(strict.outcomes(), ["written", "unavailable 1/2", "value old"]);
    assert_eq!(verdict(&strict).0, "yes");
}

/// Second way: the read runs beside the write. Old is legal, new is legal; new and then old is not.
#[test]
fn a_read_beside_a_write_may_see_either() {
    // A has the write at 2.010 s, B and C at 2.420 s; B and C ask each other first.
    let key = key_on(3, "BCA");
    let base = |mode: &str| {
        let run = Run::of(3).with("repair", mode).at("0s", &format!("c0 A write {key} old ALL"));
        let run = run.at("1s", "link A > B slower 400ms").at("1s", "link A > C slower 400ms");
        run.at("2s", &format!("c0 A write {key} new"))
    };
    let read = |via: &str, level: &str| format!("c1 {via} read {key} {level}");
    let beside = base("off").at("2100ms", &read("B", "QUORUM")).at("2150ms", &read("C", "QUORUM")).play();
    assert_eq!(beside.outcomes()[2..], ["value old", "value old"]);
    assert_eq!(verdict(&beside), ("yes".to_owned(), vec![]), "the write is still running");
    let back = base("off").at("2100ms", &read("A", "ONE")).at("2200ms", &read("B", "QUORUM")).play();
    assert_eq!(back.outcomes()[2..], ["value new", "value old"], "one read sees it, a later one does not");
    assert_eq!((verdict(&back).0.as_str(), back.report.checks.went_back.len()), ("no", 1));
    // Blocking repair at a quorum: who has been told "new" is followed by nobody who is told "old".
    let held = base("blocking").at("2100ms", &read("A", "QUORUM")).at("3500ms", &read("B", "QUORUM")).play();
    assert_eq!(held.outcomes()[2..], ["value new", "value new"]);
    assert_eq!((verdict(&held).0.as_str(), held.report.checks.went_back.len()), ("yes", 0));
}

/// Third way: a write that failed with too few confirmations is not rolled back. A later read may see it or not, and both are legal.
#[test]
fn a_failed_write_may_be_seen_later_or_not() {
    let story = |reader: &str, down: &str| {
        let run = Run::of(3).with("write-timeout", "300ms").with("detector", "50ms 150ms").with("repair", "blocking");
        let run = run.at("0s", "c0 A write k old ALL").at("1s", "set detector none").at("1s", "cut A c0").at("2s", "c0 A write k new");
        let run = run.at("4s", "mend-all").at("4s", "set detector 50ms 150ms").at("4s", &format!("crash {down}"));
        run.at("5s", &format!("c1 {reader} read k")).end("9s").play()
    };
    let (seen, unseen) = (story("A", "C"), story("B", "A"));
    assert_eq!(seen.outcomes(), ["written", "timed-out 1/2", "value new"]);
    assert_eq!(unseen.outcomes(), ["written", "timed-out 1/2", "value old"]);
    assert_eq!([verdict(&seen).0, verdict(&unseen).0], ["yes", "yes"], "its outcome is unknown, so either is legal");
    assert!(!seen.has(|k| matches!(k, EventKind::Reverted { .. })), "nobody took it back");
}

/// Fourth way: a node that held the new value dies and is put back from an old copy.
#[test]
fn stale_by_an_old_disk() {
    let story = |restore: bool| {
        let run = Run::of(3).with("detector", "50ms 150ms").with("repair", "off").at("0s", "c0 A write k old ALL").at("1s", "backup B");
        let run = run.at("2s", "cut C").at("3s", "c0 A write k new").at("4s", "mend-all").at("4s", "cut A");
        let run = if restore { run.at("5s", "restore B").at("6s", "restart B") } else { run };
        run.at("8s", "c1 C read k").end("12s").play()
    };
    let (kept, restored) = (story(false), story(true));
    assert_eq!([last(&kept), last(&restored)], ["value new", "value old"], "B has forgotten what it confirmed");
    assert_eq!([verdict(&kept), verdict(&restored)], [("yes".to_owned(), vec![]), ("no".to_owned(), vec![3])]);
}

/// "R = 3 of N = 3 is the safest": it is ALL, and one node ends it.
#[test]
fn reading_from_all_dies_with_one_node() {
    let run = Run::of(3).with("detector", "50ms 150ms").at("0s", "c0 A write k v ALL").at("1s", "crash C");
    let run = run.at("2s", "c1 A read k ALL").at("3s", "c1 A read k 3").at("4s", "c1 A read k QUORUM").play();
    assert_eq!(run.outcomes(), ["written", "unavailable 2/3", "unavailable 2/3", "value v"]);
    assert_eq!(run.notes(|n| matches!(n, Note::Unavailable { .. })), 2, "refused at once both times");
}

/// The quiz of unit 1: a write that one replica missed stays missed for ever, with quorums and with no crash at all.
#[test]
fn quorums_do_not_mend() {
    let mut run = Run::of(3).with("repair", "off").at("0s", "cut C").at("1s", "c0 A write k v").at("5s", "mend-all");
    for hour in 1..=24 {
        run = run.at(&format!("{hour}h"), "c1 C read k");
    }
    let run = run.end("7d").play();
    assert!(run.outcomes().iter().skip(1).all(|o| o == "value v"), "every quorum read is right");
    assert_eq!((run.held("k").as_str(), run.report.stale_keys), ("A=v B=v C=-", 1), "and C never learns it");
    assert!(!run.has(|k| matches!(k, EventKind::Fault(drift::engine::world::Fault::Crashed { .. }))));
}
