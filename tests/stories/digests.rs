//! Digest reads, unit 4 of the syllabus: what they save when copies agree, and what they cost when they do not.

use drift::engine::node::{Body, Note};

use crate::run::{Played, Run};

/// A value of a kilobyte on A, B, C; C has an older one if `stale`.
fn big(stale: bool) -> Run {
    let value = |letter: &str| letter.repeat(1_000);
    let run = Run::of(3).at("0s", &format!("c0 A write k {} ALL", value("o")));
    if stale { run.at("1s", "cut C").at("2s", &format!("c0 A write k {}", value("n"))).at("5s", "mend-all") } else { run }
}

/// Bytes that one read at ALL sent, its repair left out.
fn read_bytes(run: &Run) -> u64 {
    let played = run.clone().with("repair", "off").at("6s", "c1 A read k ALL").play();
    assert!(played.outcomes().last().is_some_and(|o| o.starts_with("value")));
    played.report.metrics.reads.bytes
}

#[test]
fn equal_digests_move_one_row_and_a_few_bytes() {
    let (with, without) = (read_bytes(&big(false).with("digests", "on")), read_bytes(&big(false).with("digests", "off")));
    // With digests the row travels to the coordinator once (to itself) and to the client once; without, from all three.
    assert!(without - with > 1_900 && without - with < 2_100, "{with} against {without} bytes: two rows saved");
    let run = big(false).at("6s", "c1 A read k ALL").play();
    assert!(run.noted(|n| *n == Note::DigestsMatch) && !run.noted(|n| matches!(n, Note::DigestsDiffer { .. })));
    assert_eq!(run.sent(|m| matches!(m.body, Body::ReadData { .. })).len(), 1, "and there is no second round");
}

#[test]
fn a_mismatch_costs_more_than_no_digests_would_have() {
    let read = |digests: &str, round: &str| read_bytes(&big(true).with("digests", digests).with("second-round", round));
    let (differing, everyone, rows) = (read("on", "differing"), read("on", "everyone"), read("off", "differing"));
    assert!(differing < everyone, "Cassandra reads all contacts again: {differing} and {everyone} bytes");
    assert!(everyone > rows, "more than rows from the start: {everyone} and {rows}");
    let times = |digests: &str| big(true).with("repair", "off").with("digests", digests).at("6s", "c1 A read k ALL").play();
    let (two, one) = (times("on"), times("off"));
    assert_eq!(two.took_ms(2) - one.took_ms(2), 20, "and one round more");
}

/// The coordinator does not know who is ahead: it is told by rows, and writes back to those behind only.
#[test]
fn a_mismatch_says_that_and_not_who() {
    // The row in hand is the old one: C coordinates.
    let run = big(true).with("second-round", "differing").at("6s", "c1 C read k ALL").play();
    let asked: Vec<String> = run.sent(|m| matches!(m.body, Body::ReadData { round: 2, .. })).iter().map(|m| m.to.to_string()).collect();
    assert_eq!(asked, ["A", "B"], "both differ from the row in hand, though both are right");
    let mended: Vec<String> = run.sent(|m| matches!(m.body, Body::Repair { .. })).iter().map(|m| m.to.to_string()).collect();
    assert_eq!(mended, ["C"], "the coordinator mends itself and nobody else");
    assert!(run.outcomes()[2].starts_with("value nnn"));
}

/// At which share of mismatches do digests stop to pay? Measured over a hundred keys, of which so many differ.
#[test]
fn digests_pay_up_to_a_certain_share_of_mismatches() {
    let bytes = |differ: u32, digests: &str| {
        let value = "v".repeat(200);
        let mut run = Run::of(3).with("repair", "off").with("digests", digests).with("second-round", "everyone");
        for i in differ..100 {
            run = run.at("0s", &format!("c0 A write k{i} {value} ALL"));
        }
        run = run.at("1s", "cut C");
        for i in 0..differ {
            run = run.at("2s", &format!("c0 A write k{i} {value}"));
        }
        run = run.at("5s", "mend-all");
        for i in 0..100 {
            run = run.at("6s", &format!("c1 A read k{i} ALL"));
        }
        let run: Played = run.play();
        assert_eq!(run.outcomes().iter().filter(|o| o.starts_with("value")).count(), 100);
        run.report.metrics.reads.bytes
    };
    let saves = |differ: u32| bytes(differ, "on") < bytes(differ, "off");
    assert!(saves(0) && saves(10) && !saves(100), "they pay when copies mostly agree, which is the rule");
    let even = (0..=100).step_by(10).find(|d| !saves(*d)).expect("at some share they do not");
    assert!((30..=90).contains(&even), "{even} per cent");
}
