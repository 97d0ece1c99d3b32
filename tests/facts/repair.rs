//! Read repair and speculation: how long the answer waits, and who is asked beside those the level needs. Apache Cassandra, paths below
//! `src/java/org/apache/cassandra/`; 4.1 unless another release is named.

use std::collections::BTreeMap;

use drift::engine::node::{Body, Note};
use drift::engine::world::EventKind;

use crate::run::{Played, Run};

/// A alone holds `new`; B and C hold `old`. At 6.050 s a read that began at 6 s sends its repair.
fn a_is_ahead() -> Run {
    Run::of(3)
        .at("0s", "c0 A write k old ALL")
        .at("1s", "cut A c0")
        .at("2s", "c0 A write k new ONE")
        .at("5s", "mend-all")
        .with("second-round", "everyone")
        .with("read-timeout", "2s")
}

/// Latches of a run: how many were repaired, and how many of them the answer waited for.
fn latches(run: &Played) -> Vec<(usize, u32)> {
    let started = |k: &EventKind| if let EventKind::Note(Note::RepairStarted { to, latch }) = k { Some((to.len(), *latch)) } else { None };
    run.log.iter().filter_map(|e| started(&e.kind)).collect()
}

/// `service/reads/repair/BlockingPartitionRepair`: blockFor minus the contacts in sync, never below none.
#[test]
fn the_latch_is_the_level_less_those_in_sync() {
    // N = 5; the write reached so many of them, from A on; a read at this level, coordinated by A, contacts the first so many.
    for (fresh, level, repaired, latch) in
        [(1, "ALL", 4, 4), (2, "ALL", 3, 3), (4, "ALL", 1, 1), (1, "QUORUM", 2, 2), (2, "QUORUM", 1, 1), (1, "TWO", 1, 1), (3, "TWO", 0, 0)]
    {
        let key = crate::run::key_on(5, "ABCDE");
        let cut = ["B", "C", "D", "E"][fresh - 1..].join(" ");
        let run = Run::of(5).with("replicas", "5").at("0s", &format!("c0 A write {key} old ALL")).at("1s", &format!("cut {cut}"));
        let run =
            run.at("2s", &format!("c0 A write {key} new ONE")).at("5s", "mend-all").at("6s", &format!("c1 A read {key} {level}")).play();
        assert_eq!(run.outcomes()[2], "value new");
        let expected = if repaired == 0 { vec![] } else { vec![(repaired, latch)] };
        assert_eq!(latches(&run), expected, "{fresh} of five fresh, read at {level}");
    }
}

/// Same place, with one contact more than the level needs (speculation ALWAYS): a contact in sync beyond the level lets the answer go before
/// anybody has confirmed.
#[test]
fn enough_in_sync_is_a_latch_of_none() {
    let run = Run::of(3).at("0s", "c0 A write k old ALL").at("1s", "cut C").at("2s", "c0 A write k new").at("5s", "mend-all");
    let run = run.at("5500ms", "slow B 5ms").with("read.speculate", "always").at("6s", "c1 A read k QUORUM").play();
    assert_eq!((run.outcomes()[2].as_str(), run.held("k").as_str()), ("value new", "A=new B=new C=new"));
    assert!(latches(&run).iter().all(|(repaired, latch)| (*repaired, *latch) == (1, 0) || (*repaired, *latch) == (1, 1)));
}

/// `BlockingPartitionRepair.maybeSendAdditionalWrites`: after the additional-write delay the merge of what is not confirmed goes to all live
/// replicas that were not contacted, and their acknowledgements count.
#[test]
fn an_extra_mutation_opens_the_latch() {
    // B is cut off just before the repair reaches it.
    let read = |extra: &str| {
        let run = a_is_ahead().at("6s", "c1 A read k QUORUM").at("6052ms", "cut-one-way A > B").end("12s");
        if extra.is_empty() { run.play() } else { run.with("read.additional-write", extra).play() }
    };
    let (with, without) = (read("500ms"), read(""));
    assert_eq!(with.outcomes()[2], "value new");
    assert_eq!(with.took_ms(2), 580, "50 ms to the repair, 500 ms of patience, 20 ms to C and back, 10 ms to the client");
    assert_eq!(with.note_at(|n| matches!(n, Note::WroteMore { .. })).map(|(at, _)| at), Some(6_550));
    assert_eq!(with.held("k"), "A=new B=old C=new");
    assert_eq!((without.outcomes()[2].as_str(), without.held("k").as_str()), ("timed-out 1/2", "A=new B=old C=old"));
    // Nobody is left to write to at ALL.
    let all = a_is_ahead().with("read.additional-write", "500ms").at("6s", "c1 A read k ALL").at("6052ms", "cut-one-way A > B").play();
    assert_eq!(all.outcomes()[2], "timed-out 2/3");
    assert!(!all.noted(|n| matches!(n, Note::WroteMore { .. })));
}

/// 3.11, `service/DataResolver`: the answer waits for all repair writes; there is no extra one.
#[test]
fn before_4_0_all_repairs_are_waited_for() {
    let read = |repair: &str| a_is_ahead().with("repair", repair).at("5s", "slow C 100ms").at("6s", "c1 A read k ALL").play();
    assert_eq!(latches(&read("blocking-all")), [(2, 2)]);
    let lost = a_is_ahead().with("repair", "blocking-all").at("6s", "c1 A read k ALL").at("6052ms", "cut-one-way A > B").play();
    assert_eq!(lost.outcomes()[2], "timed-out 2/3");
}

/// Not of Cassandra but of the lab: a bounded repair answers when the bound is over, and goes on.
#[test]
fn a_bounded_repair_answers_at_its_bound() {
    let read = |bound: &str| {
        let run = a_is_ahead().with("repair", &format!(r#"{{"bounded":"{bound}"}}"#)).at("5s", "slow B 100ms").at("5s", "slow C 100ms");
        run.at("6s", "c1 A read k QUORUM").end("12s").play()
    };
    // The rows are here after 10 + 2 · 220 ms; the confirmation comes 220 ms later.
    let (early, late) = (read("50ms"), read("5s"));
    assert_eq!((early.took_ms(2), late.took_ms(2)), (10 + 440 + 50 + 10, 10 + 660 + 10));
    assert!(early.noted(|n| *n == Note::RepairBounded { missing: 1 }) && !late.noted(|n| matches!(n, Note::RepairBounded { .. })));
    assert!([&early, &late].iter().all(|run| run.outcomes()[2] == "value new" && run.held("k") == "A=new B=new C=old"));
}

fn extra(run: &Played) -> Option<(u64, bool)> {
    run.log.iter().find_map(|e| match &e.kind {
        EventKind::Note(Note::Speculated { data, .. }) => Some((e.at.0 / 1_000, *data)),
        _ => None,
    })
}

/// `service/reads/AbstractReadExecutor.SpeculatingReadExecutor`: after the threshold one more replica is asked, for a digest if a row is here, for
/// the row otherwise; never if the threshold is not before the timeout, if everyone is asked already, or at EACH_QUORUM.
#[test]
fn when_one_more_replica_is_asked() {
    let base = || Run::of(3).at("0s", "c0 A write k v ALL").with("read-timeout", "1s").end("8s");
    let key_read = "c1 A read k QUORUM";
    let after = |span: &str| base().with("read.speculate", &format!(r#"{{"after":"{span}"}}"#));
    let slow = after("100ms").at("1s", "slow B 300ms").at("2s", key_read).play();
    assert_eq!((extra(&slow), slow.took_ms(1)), (Some((2_110, false)), 10 + 100 + 20 + 10), "a digest, since A's own row is here");
    let rows = after("100ms").at("1s", "slow A 300ms").at("1s", "slow B 300ms").at("2s", "c1 C read k QUORUM").play();
    assert_eq!(extra(&rows).map(|(_, data)| data), Some(false), "C's own row is here");
    // A coordinator that holds nothing has to wait for a row: it asks for one.
    let key = crate::run::key_on(4, "ABC");
    let outside = |slow: &str| {
        let run = Run::of(4).at("0s", &format!("c0 A write {key} v ALL")).with("read.speculate", r#"{"after":"100ms"}"#);
        run.at("1s", &format!("slow {slow} 300ms")).at("2s", &format!("c1 D read {key} QUORUM")).end("8s").play()
    };
    assert_eq!((extra(&outside("A")), extra(&outside("B"))), (Some((2_110, true)), Some((2_110, false))));
    for (level, threshold) in [("QUORUM", "1s"), ("ALL", "100ms")] {
        let run = after(threshold).at("1s", "slow B 300ms").at("2s", &format!("c1 A read k {level}")).play();
        assert_eq!(extra(&run), None, "{level}, {threshold}");
    }
    let zoned = Run::of(6).zones(&[("x", 3), ("y", 3)]).with("read.speculate", r#"{"after":"100ms"}"#).at("1s", "slow D 300ms");
    assert_eq!(extra(&zoned.clone().at("2s", "c1 A read k EACH_QUORUM").play()), None);
}

/// Same place, with `schema/SpeculativeRetryPolicy` 99p: half the read timeout until a read has been measured, then the percentile.
#[test]
fn the_threshold_is_a_percentile_of_recent_reads() {
    let run = Run::of(3).at("0s", "c0 A write k v ALL").with("read-timeout", "1s").with("read.speculate", r#"{"percentile":990}"#);
    let first = run.clone().at("1s", "slow B 600ms").at("2s", "c1 A read k QUORUM").end("8s").play();
    assert_eq!(extra(&first), Some((2_510, false)), "half of 1 s");
    let second = run.at("1s", "c1 A read k QUORUM").at("1500ms", "slow B 300ms").at("2s", "c1 A read k QUORUM").end("8s").play();
    assert_eq!(extra(&second), Some((2_030, false)), "the first read took 20 ms at the coordinator");
}

/// `service/reads/AlwaysSpeculatingReadExecutor`: ALWAYS asks one more from the start, two of them for rows.
#[test]
fn always_asks_one_more_and_two_rows() {
    let run = Run::of(3).at("0s", "c0 A write k v ALL").with("read.speculate", "always").at("1s", "c1 A read k QUORUM").play();
    let asked = |test: fn(&Body) -> bool| run.sent(|m| test(&m.body)).len();
    assert_eq!((asked(|b| matches!(b, Body::ReadData { .. })), asked(|b| matches!(b, Body::ReadDigest { .. }))), (2, 1));
}

/// 3.11, `config/CFMetaData.newReadRepairDecision`: one draw for each read decides between all replicas, those of the zone, and nobody more.
#[test]
fn one_draw_decides_whether_all_are_compared() {
    let contacts = |all: u32, zone: u32| {
        let chance = format!(r#"{{"chance":{{"all-ppm":{all},"zone-ppm":{zone}}}}}"#);
        let mut run = Run::of(6).zones(&[("x", 3), ("y", 3)]).with("read.contact", &chance).with("repair", "asynchronous");
        for i in 0..200 {
            run = run.at(&format!("{}ms", 100 * i), &format!("c0 A read k{i} LOCAL_QUORUM"));
        }
        let run = run.end("30s").play();
        let mut found = BTreeMap::<usize, u32>::new();
        for event in &run.log {
            if let EventKind::Note(Note::Chose { asked, .. }) = &event.kind {
                *found.entry(asked.len()).or_default() += 1;
            }
        }
        found
    };
    assert_eq!(contacts(0, 0), [(2, 200)].into());
    assert_eq!(contacts(1_000_000, 0), [(6, 200)].into());
    assert_eq!(contacts(0, 1_000_000), [(3, 200)].into());
    let mixed = contacts(100_000, 300_000);
    assert_eq!(mixed.values().sum::<u32>(), 200);
    assert!((8..=35).contains(&mixed[&6]) && (40..=80).contains(&mixed[&3]), "{mixed:?}");
}
