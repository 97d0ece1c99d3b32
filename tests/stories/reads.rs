//! Reads: digests, second rounds, repair as set, tombstones.

use drift::engine::node::{Body, Note, Outcome};
use drift::engine::world::EventKind;

use crate::run::{Played, Run};

/// C misses a write; much later somebody reads.
fn c_is_behind() -> Run {
    Run::of(3).at("0s", "cut C").at("1s", "c0 A write k v").at("5s", "mend-all")
}

fn rows_asked(run: &Played, round: u8) -> Vec<String> {
    run.sent(|m| matches!(m.body, Body::ReadData { round: r, .. } if r == round)).iter().map(|m| m.to.to_string()).collect()
}

#[test]
fn equal_digests_end_a_read_after_one_round() {
    let run = Run::of(3).at("1s", "c0 A write k v ALL").at("2s", "c1 B read k ALL").play();
    assert!(run.noted(|n| matches!(n, Note::DigestsMatch)));
    assert!(rows_asked(&run, 2).is_empty() && !run.noted(|n| matches!(n, Note::Resolved { .. })));
    assert_eq!(run.sent(|m| matches!(m.body, Body::Data { row: Some(_), .. })).len(), 1, "one row travels, digests do the rest");
    assert_eq!(run.report.traffic["repair"].messages, 0);
}

#[test]
fn repair_before_the_answer_after_it_or_never_is_as_set() {
    let read = |repair: &str| c_is_behind().with("repair", repair).at("6s", "c1 A read k ALL").play();
    let (blocking, asynchronous, off) = (read("blocking"), read("asynchronous"), read("off"));
    assert_eq!([blocking.held("k"), asynchronous.held("k"), off.held("k")], ["A=v B=v C=v", "A=v B=v C=v", "A=v B=v C=-"]);
    assert_eq!(
        [blocking.took_ms(1), asynchronous.took_ms(1), off.took_ms(1)],
        [80, 60, 60],
        "the client pays for a repair before the answer only"
    );
    assert!([&blocking, &asynchronous, &off].iter().all(|run| run.outcomes()[1] == "value v"), "all three answer the newest");
    assert!(off.noted(|n| matches!(n, Note::RepairSkipped { .. })) && !off.noted(|n| matches!(n, Note::RepairStarted { .. })));
    assert!(!asynchronous.noted(|n| matches!(n, Note::RepairLatchOpened { .. })), "nobody waits for a latch after the answer");
    assert_eq!(
        blocking.sent(|m| matches!(m.body, Body::Repair { .. })).len(),
        1,
        "only the replica that lacks something is sent something"
    );
}

#[test]
fn a_repair_that_is_not_confirmed_in_time_is_a_timeout_although_the_value_is_known() {
    let run = c_is_behind().with("read-timeout", "300ms").at("6s", "c1 A read k ALL").at("6052ms", "cut C").play();
    assert_eq!(run.outcomes()[1], "timed-out 2/3");
    assert!(run.noted(|n| matches!(n, Note::Resolved { .. })));
    assert!(!run.has(|k| matches!(k, EventKind::Ended(Outcome::Found(_)))), "a value that is not on enough replicas is not told");
    assert_eq!(run.took_ms(1), 320);
}

#[test]
fn whom_the_second_round_asks_is_a_policy() {
    let read = |who: &str| c_is_behind().with("second-round", who).at("6s", "c1 A read k ALL").play();
    let (differing, everyone) = (read("differing"), read("everyone"));
    assert_eq!(rows_asked(&differing, 1), ["A"]);
    assert_eq!(rows_asked(&differing, 2), ["C"], "A's row is in hand, and B's digest equals it");
    assert_eq!(rows_asked(&everyone, 2), ["A", "B", "C"], "as Cassandra does");
    assert_eq!([differing.held("k"), everyone.held("k")], ["A=v B=v C=v", "A=v B=v C=v"]);
    assert_eq!([differing.outcomes(), everyone.outcomes()], [["written", "value v"], ["written", "value v"]]);
}

#[test]
fn a_stale_row_in_hand_is_not_the_answer() {
    // C coordinates, so its own old row is the one in hand and both others differ.
    for who in ["differing", "everyone"] {
        let run = c_is_behind().with("second-round", who).at("6s", "c1 C read k ALL").play();
        assert_eq!(run.outcomes()[1], "value v");
        let asked = rows_asked(&run, 2);
        assert!(asked.contains(&"A".to_owned()) && asked.contains(&"B".to_owned()));
        assert_eq!(asked.contains(&"C".to_owned()), who == "everyone");
        assert_eq!(run.held("k"), "A=v B=v C=v");
    }
}

#[test]
fn without_digests_all_rows_come_at_once_and_one_round_is_enough() {
    let run = c_is_behind().with("digests", "off").at("6s", "c1 A read k ALL").play();
    assert_eq!(rows_asked(&run, 1), ["A", "B", "C"]);
    assert!(run.sent(|m| matches!(m.body, Body::ReadDigest { .. } | Body::Digest(_))).is_empty());
    assert!(rows_asked(&run, 2).is_empty(), "with all rows in hand there is nothing left to ask");
    assert_eq!(run.outcomes()[1], "value v");
    assert_eq!(run.held("k"), "A=v B=v C=v");
    assert_eq!(run.took_ms(1), 60, "one round, and the repair");
}

#[test]
fn a_read_at_one_compares_nothing_and_repairs_nothing() {
    let run = c_is_behind().at("6s", "c1 C read k ONE").at("7s", "c1 A read k ONE").play();
    assert_eq!(run.outcomes()[1..], ["not-found", "value v"], "what one replica holds is what one is told");
    assert!(!run.noted(|n| matches!(n, Note::DigestsMatch | Note::DigestsDiffer { .. })));
    assert_eq!(run.held("k"), "A=v B=v C=-");
}

#[test]
fn a_read_that_was_repaired_is_never_followed_by_an_older_one() {
    // The write reached A alone. A quorum read that returns it leaves it on a quorum: the next, at others, must find it.
    let story = |repair: &str| {
        Run::of(3)
            .with("repair", repair)
            .with("write-timeout", "200ms")
            .at("0s", "cut A c0")
            .at("1s", "c0 A write k v")
            .at("2s", "mend-all")
            .at("3s", "c1 A read k")
            .at("4s", "set detector 100ms 300ms")
            .at("4s", "crash A")
            .at("6s", "c1 B read k")
            .play()
            .outcomes()
    };
    assert_eq!(story("blocking"), ["timed-out 1/2", "value v", "value v"]);
    assert_eq!(story("off"), ["timed-out 1/2", "value v", "not-found"], "without repair the value is seen, and then not");
}

#[test]
fn a_tombstone_is_a_version_like_any_other() {
    let mut run = Run::of(3)
        .at("0s", "c0 A write k v ALL")
        .at("1s", "cut C")
        .at("2s", "c0 A delete k")
        .at("3s", "mend-all")
        .at("4s", "c1 C read k ONE")
        .at("5s", "c1 C read k ALL")
        .at("6s", "c1 C read k ONE")
        .play();
    assert_eq!(run.held_at("4s", "k"), "A=x B=x C=v");
    assert_eq!(run.outcomes()[2..], ["value v", "deleted", "deleted"], "a replica that missed the delete still answers the old value");
    assert_eq!(run.held("k"), "A=x B=x C=x", "the read repairs with the tombstone, and tombstones stay");
}

#[test]
fn deleting_what_never_was_leaves_a_tombstone_and_a_later_write_wins() {
    let run =
        Run::of(3).at("1s", "c0 A delete k ALL").at("2s", "c0 B read k").at("3s", "c0 B write k v ALL").at("4s", "c0 C read k").play();
    assert_eq!(run.outcomes(), ["written", "deleted", "written", "value v"]);
    assert_eq!(run.held("k"), "A=v B=v C=v");
}

#[test]
fn a_missing_row_is_repaired_like_a_stale_one_and_an_empty_value_is_not_missing() {
    let run = Run::of(3).at("0s", "cut C").at("1s", "c0 A write k  QUORUM").at("2s", "mend-all").at("3s", "c1 C read k ALL").play();
    assert_eq!(run.outcomes(), ["written", "value "]);
    assert_eq!(run.held("k"), "A= B= C=");
}

#[test]
fn a_write_during_a_read_is_not_undone_by_the_repair() {
    // The repair carries the older row; by the time it arrives C holds a newer one.
    let run = c_is_behind().at("6s", "c1 A read k ALL").at("6045ms", "link A > C slower 100ms").at("6060ms", "c0 C write k new").play();
    let refused = run.has(|k| matches!(k, EventKind::Applied(a) if a.change == drift::engine::data::Change::Refused));
    assert!(refused, "C refuses the repair and acknowledges it: what it holds is newer");
    assert_eq!(run.outcomes(), ["written", "value v", "written"]);
    assert_eq!(run.held("k"), "A=new B=new C=new");
}

#[test]
fn n_that_shrinks_or_grows_moves_no_row() {
    let mut run = Run::of(5)
        .at("0s", "c0 A write k v ALL")
        .at("1s", "set replicas 5")
        .at("2s", "c0 A read k ALL")
        .at("3s", "set replicas 1")
        .at("4s", "c0 A read k ALL")
        .play();
    let stale = ["900ms", "1900ms", "2900ms"].map(|when| run.stale_at(when));
    assert_eq!(stale, [0, 2, 0], "two more replicas are behind until somebody reads");
    assert_eq!(run.outcomes(), ["written", "value v", "value v"]);
    let copies = run.session.world().hosts().iter().filter(|h| h.node.store.rows().len() == 1).count();
    assert_eq!(copies, 5, "nobody throws a copy away");
}
