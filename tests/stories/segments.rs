//! Riak's way to compare replicas: trees of fixed segments on disk, exchanged under locks, and reads that repair what differs.

use drift::engine::node::sweeps::{Refusal, Say, SegmentSay, SweepOutcome, SweepStep};
use drift::engine::node::{Body, Message, Note, Traffic};
use drift::engine::observe::{SweepCost, Sweeps};
use drift::engine::world::EventKind;

use crate::run::{Played, Run};

/// Sixteen segments: small enough to draw.
const SMALL: &str = r#"{"method":"segments","segments":{"width":4}}"#;

/// Three nodes that all hold everything, and a cut that keeps C from the others from 1 s to 3 s.
fn apart() -> Run {
    Run::of(3).with("repair", "off").at("1s", "cut C c1")
}

fn costs(played: &Played) -> Vec<SweepCost> {
    Sweeps::of(&played.log).costs().cloned().collect()
}

fn outcomes(played: &Played) -> Vec<SweepOutcome> {
    costs(played).iter().map(|cost| cost.ended.expect("it ended").1).collect()
}

/// What an exchange says in its own words, in order.
fn said(played: &Played) -> Vec<SegmentSay> {
    let one = |m: &&Message| match &m.body {
        Body::Sweep { say, .. } => match &**say {
            Say::Segments(say) => Some(say.clone()),
            _ => None,
        },
        _ => None,
    };
    played.sent(|_| true).iter().filter_map(one).collect()
}

fn is_own(message: &Message) -> bool {
    message.op.is_some_and(|op| op.is_own())
}

#[test]
fn a_row_that_one_side_lacks_is_found_in_buckets_and_mended_by_a_read() {
    for (asker, other) in [("A", "C"), ("C", "A")] {
        let sweep = format!("sweep {asker} {other} {SMALL}");
        let run = apart().at("2s", "c0 A write k v").at("3s", "mend-all").at("4s", &sweep).play();
        assert_eq!(run.held("k"), "A=v B=v C=v", "although read repair is off for clients");
        assert_eq!(outcomes(&run), [SweepOutcome::Read { keys: 1, failed: 0 }]);
        let cost = &costs(&run)[0];
        // One root for each of three trees; below the root that differs one bucket on each level, in which one side has nothing.
        let levels: Vec<(u64, u64)> = cost.levels.iter().map(|l| (l.compared, l.differed)).collect();
        assert_eq!(levels, [(1, 1), (1, 1), (1, 1)]);
        assert_eq!((cost.keys_compared, cost.keys_differed, cost.scanned), (1, 1, 1));
        assert!(
            run.sent(|m| matches!(&m.body, Body::Sweep { say, .. } if matches!(**say, Say::Rows { .. }))).is_empty(),
            "it streams nothing"
        );
        assert_eq!(run.sent(|m| is_own(m) && m.body.traffic() == Traffic::Repair && m.body.row().is_some()).len(), 1, "one row goes to C");
        assert!(cost.rows >= 1 && cost.row_bytes > 0, "the read is on the bill");
        assert_eq!(run.report.operations.len(), 1, "no client asked for it");
    }
}

#[test]
fn equal_trees_exchange_one_hash_each() {
    let run =
        Run::of(3).at("1s", "preload 100 seed 3").at("2s", &format!("sweep A B {SMALL}")).at("4s", &format!("sweep B A {SMALL}")).play();
    assert_eq!(outcomes(&run), [SweepOutcome::Equal; 2]);
    let [first, second] = &costs(&run)[..] else { panic!("two sweeps") };
    assert_eq!((first.hashes_compared(), first.rows, first.scanned), (3, 0, 200));
    assert_eq!((second.hashes_compared(), second.scanned, second.computed), (3, 0, 0), "the trees are there and nothing has changed");
    assert!(!run.has(|k| matches!(k, EventKind::Applied(_))));
}

#[test]
fn buckets_are_opened_depth_first() {
    let mut run = apart().at("1s", "preload 300 seed 3");
    for i in 0..12 {
        run = run.at("2s", &format!("c0 A write key-{i} new ONE"));
    }
    let run = run.at("3s", "mend-all").at("4s", &format!("sweep C A {SMALL}")).end("30s").play();
    for i in 0..12 {
        assert_eq!(run.held(&format!("key-{i}")), "A=new B=new C=new");
    }
    assert_eq!(outcomes(&run), [SweepOutcome::Read { keys: 12, failed: 0 }]);
    let asked: Vec<(u32, u32, u64)> = said(&run)
        .iter()
        .filter_map(|say| match say {
            SegmentSay::Bucket { bucket: place, .. } | SegmentSay::Segment { segment: place, .. } => {
                Some((place.range, place.level, place.index))
            }
            _ => None,
        })
        .collect();
    // A child follows its parent at once, and its brothers come after all that is below it.
    for pair in asked.windows(2) {
        let ((range, level, index), (next_range, next_level, next_index)) = (pair[0], pair[1]);
        let child =
            next_range == range && next_level == level + 1 && (level == 0 || level == 3 || next_index == index || next_index / 4 == index);
        assert!(child || next_range > range || next_level <= level, "{:?} after {:?}", pair[1], pair[0]);
    }
    assert!(asked.iter().filter(|(_, level, _)| *level == 3).count() > 3, "several segments: {asked:?}");
    let reads = run.notes(|n| matches!(n, Note::SweepRead { .. }));
    assert_eq!(reads, 12);
}

#[test]
fn a_tree_that_is_not_made_is_refused_until_it_is() {
    let policy = r#"{"method":"segments","segments":{"width":4,"build":"700ms"}}"#;
    let run = apart()
        .with("sweeps", r#"{"retries":4,"back-off":"1s"}"#)
        .at("2s", "c0 A write k v")
        .at("3s", "mend-all")
        .at("4s", &format!("sweep C A {policy}"))
        .end("30s")
        .play();
    let unbuilt = SweepOutcome::Refused(Refusal::NotBuilt);
    assert_eq!(outcomes(&run), [unbuilt, unbuilt, SweepOutcome::Read { keys: 1, failed: 0 }], "first its own tree, then the other's");
    assert_eq!(run.held("k"), "A=v B=v C=v");
}

#[test]
fn a_tree_serves_one_exchange_at_a_time() {
    let run = Run::of(3)
        .at("1s", "preload 50 seed 3")
        .at("2s", &format!("sweep A B {SMALL}"))
        .at("2s", &format!("sweep A C {SMALL}"))
        .end("20s")
        .play();
    assert_eq!(
        outcomes(&run),
        [SweepOutcome::Equal, SweepOutcome::Refused(Refusal::Locked), SweepOutcome::Equal],
        "the third is the second again"
    );
    let run = Run::of(3).at("1s", "preload 50 seed 3").at("2s", &format!("sweep A B {SMALL}")).at("2s", &format!("sweep C B {SMALL}"));
    let run = run.end("20s").play();
    assert!(run.noted(|n| matches!(n, Note::Sweep { step: SweepStep::Refused { why: Refusal::Locked }, .. })), "B's tree is taken");
    assert!(outcomes(&run).iter().filter(|o| **o == SweepOutcome::Equal).count() == 2);
}

/// What a crash leaves of a tree: everything but its buffer, and no hash is trusted before all have been computed again.
#[test]
fn a_tree_survives_a_crash_without_its_buffer() {
    let run = Run::of(3)
        .at("1s", "preload 60 seed 3")
        .at("2s", &format!("sweep A C {SMALL}"))
        .at("3s", "c0 A write k v ALL")
        .at("4s", "crash C")
        .at("5s", "restart C")
        .at("6s", &format!("sweep A C {SMALL}"))
        .at("12s", &format!("sweep A C {SMALL}"))
        .end("20s")
        .play();
    assert_eq!(run.held("k"), "A=v B=v C=v", "the row itself was on disk");
    assert_eq!(outcomes(&run), [SweepOutcome::Equal, SweepOutcome::Read { keys: 1, failed: 0 }, SweepOutcome::Equal]);
    let [_, second, third] = &costs(&run)[..] else { panic!("three sweeps") };
    assert_eq!((second.scanned, third.scanned), (0, 0), "no row is read again");
    assert!(second.computed > 60, "but every hash: {}", second.computed);
    assert!(third.computed < 20, "then only what the read has looked at again: {}", third.computed);
    assert_eq!((second.rows, second.over_streamed), (0, 0), "the read finds equal digests: only the tree was wrong");
}

/// Rows that vanish without a write are not missed: the tree was never told. It is, when it is made anew.
#[test]
fn a_vanished_row_is_found_only_after_the_tree_has_expired() {
    let policy = r#"{"method":"segments","segments":{"width":4,"expire":"20s"}}"#;
    let sweep = format!("sweep A C {policy}");
    let run = Run::of(3)
        .with("repair", "off")
        .at("1s", "preload 60 seed 3")
        .at("2s", "backup C")
        .at("3s", "c0 A write k v ALL")
        .at("4s", &sweep)
        .at("5s", "restore C")
        .at("6s", "restart C")
        .at("7s", &sweep)
        .at("30s", &sweep)
        .end("40s")
        .play();
    assert_eq!(outcomes(&run), [SweepOutcome::Equal, SweepOutcome::Equal, SweepOutcome::Read { keys: 1, failed: 0 }]);
    let scanned: Vec<u64> = costs(&run).iter().map(|cost| cost.scanned).collect();
    assert_eq!(scanned, [122, 0, 121]);
    assert_eq!(run.held("k"), "A=v B=v C=v");
}

#[test]
fn a_rest_between_reads_holds_the_locks_and_nothing_else() {
    let mut run = apart();
    for i in 0..4 {
        run = run.at("2s", &format!("c0 A write k{i} old ONE"));
    }
    let policy = r#"{"method":"segments","segments":{"width":4,"throttle":"1s"}}"#;
    run = run.with("sweeps", r#"{"timeout":"300ms","retries":0}"#).at("3s", "mend-all").at("4s", &format!("sweep A C {policy}"));
    // Written while the exchange rests, with another sweep of the same trees before the door.
    let run = run.at("5s", "c0 A write k3 new ALL").at("5500ms", &format!("sweep A B {SMALL}")).end("20s").play();
    assert_eq!(outcomes(&run), [SweepOutcome::Read { keys: 4, failed: 0 }, SweepOutcome::Refused(Refusal::Locked)]);
    assert_eq!(run.held("k3"), "A=new B=new C=new");
    for i in 0..3 {
        assert_eq!(run.held(&format!("k{i}")), "A=old B=old C=old");
    }
    let (began, ended) = costs(&run)[0].ended.map(|(at, _)| (costs(&run)[0].began, at)).expect("it ended");
    assert!(ended.since(began).0 > 3_000_000, "three rests");
}

#[test]
fn a_tree_that_was_wrong_is_right_after_the_key_has_been_read() {
    // C's tree is made while C holds nothing; then its rows come back from a backup, which trees do not follow.
    let run = Run::of(3).with("repair", "off").with("sweeps", r#"{"timeout":"300ms","retries":0}"#);
    let run = run.at("0s", "c0 A write k v ALL").at("500ms", "backup C").at("1s", "cut C c1");
    let run = run.at("1s", "wipe C").at("1500ms", "restart C").at("2s", &format!("sweep C A {SMALL}")).at("3s", "mend-all");
    let run = run.at("4s", "restore C").at("4500ms", "restart C").at("5s", &format!("sweep C A {SMALL}"));
    let run = run.at("7s", &format!("sweep C A {SMALL}")).play();
    let read = SweepOutcome::Read { keys: 1, failed: 0 };
    assert_eq!(outcomes(&run), [SweepOutcome::TimedOut, read, SweepOutcome::Equal], "the rows are alike all the time");
    assert_eq!(run.held("k"), "A=v B=v C=v");
}

#[test]
fn who_dies_during_an_exchange_loses_nothing() {
    for (dies, at) in [("A", "4015ms"), ("A", "4035ms"), ("A", "4055ms"), ("C", "4015ms"), ("C", "4035ms"), ("C", "4075ms")] {
        let run = apart()
            .with("sweeps", r#"{"timeout":"300ms","retries":0}"#)
            .at("2s", "c0 A write k v")
            .at("3s", "mend-all")
            .at("4s", &format!("sweep A C {SMALL}"))
            .at(at, &format!("crash {dies}"))
            .at("6s", &format!("restart {dies}"))
            .at("10s", &format!("sweep A C {SMALL}"))
            .end("20s")
            .play();
        assert_eq!(run.held("k"), "A=v B=v C=v", "{dies} at {at}");
        assert!(costs(&run).last().is_some_and(|cost| cost.ended.is_some_and(|(_, how)| how.is_good())), "no lock is left behind");
    }
}

#[test]
fn a_read_that_fails_is_counted() {
    let run = apart()
        .with("read.level", "ALL")
        .with("detector", "100ms 300ms")
        .at("2s", "c0 A write k v ONE")
        .at("3s", "mend-all")
        .at("4s", "crash B")
        .at("6s", &format!("sweep A C {SMALL}"))
        .end("20s")
        .play();
    assert_eq!(outcomes(&run), [SweepOutcome::Read { keys: 1, failed: 1 }]);
    assert!(!costs(&run)[0].ended.is_some_and(|(_, how)| how.is_good()));
}

#[test]
fn bytes_of_the_bill_are_bytes_of_the_messages_and_of_the_reads() {
    let mut run = apart().at("1s", "preload 200 seed 3");
    for i in 0..9 {
        run = run.at("2s", &format!("c0 A write key-{i} new ONE"));
    }
    let run = run.at("3s", "mend-all").at("4s", &format!("sweep C A {SMALL}")).end("30s").play();
    let cost = &costs(&run)[0];
    let all = run.sent(|m| matches!(m.body, Body::Sweep { .. }) || is_own(m) && m.from != m.to);
    assert_eq!(cost.bytes(), all.iter().map(|m| u64::from(m.size)).sum::<u64>());
    assert_eq!(cost.messages, all.len() as u64);
    let rows = all.iter().filter(|m| m.body.row().is_some());
    assert_eq!((cost.row_bytes, cost.rows), (rows.clone().map(|m| u64::from(m.size)).sum(), rows.count() as u64));
}
