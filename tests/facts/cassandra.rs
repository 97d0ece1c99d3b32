//! Apache Cassandra 4.1. Paths are below `src/java/org/apache/cassandra/`.

use std::sync::Arc;

use drift::engine::base::{Micros, NodeId};
use drift::engine::data::{Clock, Key, Order, Payload, Rule, Stamp, Token, Version};
use drift::engine::node::{Body, Level, Note, Settings};
use drift::engine::observe::Truth;
use drift::engine::place::Ring;
use drift::engine::world::EventKind;

use crate::rules::Rules;
use crate::run::{Played, Run};

/// `db/ConsistencyLevel.blockFor`, `quorumFor`: ONE waits for one, QUORUM for half of all replicas rounded down and one more, ALL for all.
#[test]
fn how_many_replicas_a_level_waits_for() {
    let table = [(1, 1, 1), (2, 2, 2), (3, 2, 3), (4, 3, 4), (5, 3, 5), (6, 4, 6), (7, 4, 7)];
    for (n, quorum, all) in table {
        assert_eq!([Level::One, Level::Quorum, Level::All].map(|level| level.block_for(n)), [1, quorum, all], "of {n}");
    }
}

/// `config/Config`: `write_request_timeout` 2 s, `read_request_timeout` 5 s.
#[test]
fn patience_unless_set() {
    let rules = Rules::of(&Settings::default());
    assert_eq!((rules.write_timeout, rules.read_timeout), (Micros::secs(2), Micros::secs(5)));
}

/// `locator/SimpleStrategy.calculateNaturalReplicas`: from the first token at or after the key's, wrapping round, the next distinct nodes;
/// fewer if the ring has fewer.
#[test]
fn replicas_are_the_next_nodes_on_the_ring() {
    let ring = Ring::even(4);
    let quarter = 1u64 << 62;
    let names = |token: u64, n: u32| ring.replicas(Token(token), &n.into()).iter().map(NodeId::to_string).collect::<String>();
    assert_eq!([names(quarter, 3), names(quarter + 1, 3), names(3 * quarter + 1, 3)], ["BCD", "CDA", "ABC"]);
    assert_eq!(names(quarter, 9), "BCDA");
}

/// `locator/ReplicaPlans.assureSufficientLiveReplicas`: too few live replicas is refused before anything is sent; the count is of N even if
/// the ring is smaller.
#[test]
fn unavailable_comes_before_anything_is_sent() {
    let run = Run::of(2).with("replicas", "5").at("1s", "c0 A write k v QUORUM").play();
    assert_eq!(run.outcomes(), ["unavailable 2/3"]);
    assert_eq!(run.sent(|m| !matches!(m.body, Body::Request(_) | Body::Reply { .. })).len(), 0);
}

/// `service/StorageProxy.sendToHintedReplicas`: a write goes to every live replica whatever its level; a level decides when to answer.
/// No rollback after a timeout: whoever applied it keeps it.
#[test]
fn a_write_goes_to_all_and_is_not_taken_back() {
    let run = Run::of(3).at("0s", "cut-one-way B C > A").at("1s", "c0 A write k v QUORUM").play();
    assert_eq!(run.sent(|m| matches!(m.body, Body::Write { .. })).len(), 3);
    assert_eq!(run.outcomes(), ["timed-out 1/2"]);
    assert_eq!(run.held("k"), "A=v B=v C=v");
}

/// `service/reads/AbstractReadExecutor.executeAsync`: one data request, digest requests to the other contacts, as many contacts as the level
/// waits for (without speculation).
#[test]
fn one_row_and_digests() {
    let run = Run::of(5).with("replicas", "5").at("1s", "c0 A read k QUORUM").play();
    let count = |test: fn(&Body) -> bool| run.sent(|m| test(&m.body)).len();
    assert_eq!(count(|b| matches!(b, Body::ReadData { .. })), 1);
    assert_eq!(count(|b| matches!(b, Body::ReadDigest { .. })), 2);
}

/// A, B and C hold `new`, `new` and `old`.
fn one_is_stale() -> Run {
    Run::of(3)
        .at("0s", "c0 A write k old ALL")
        .at("1s", "cut C")
        .at("2s", "c0 A write k new")
        .at("5s", "mend-all")
        .with("second-round", "everyone")
}

/// `service/reads/repair/AbstractReadRepair.startRepair`: after a mismatch full data reads go to all contacts again.
#[test]
fn a_mismatch_reads_rows_from_all_contacts() {
    let run = one_is_stale().at("6s", "c1 A read k ALL").play();
    let second: Vec<String> = run.sent(|m| matches!(m.body, Body::ReadData { round: 2, .. })).iter().map(|m| m.to.to_string()).collect();
    assert_eq!(second, ["A", "B", "C"]);
    assert_eq!(run.outcomes().last().map(String::as_str), Some("value new"));
}

fn latch(run: &Played) -> (u32, usize) {
    let started = |k: &EventKind| if let EventKind::Note(Note::RepairStarted { to, latch }) = k { Some((*latch, to.len())) } else { None };
    run.log.iter().find_map(|e| started(&e.kind)).expect("somebody is repaired")
}

/// `service/reads/repair/BlockingPartitionRepair`: the answer waits for blockFor less the contacts that need no repair, never less than
/// none; only contacts with something missing are sent a mutation.
#[test]
fn the_latch_of_a_blocking_repair() {
    // One of three contacts is stale: wait for 3 − 2.
    assert_eq!(latch(&one_is_stale().at("6s", "c1 A read k ALL").play()), (1, 1));
    // Two contacts of a quorum of two, one stale: wait for 2 − 1.
    assert_eq!(
        latch(&one_is_stale().at("6s", "crash B").at("6s", "set detector 50ms 100ms").at("7s", "c1 A read k QUORUM").play()),
        (1, 1)
    );
    // Four of five stale at ALL: wait for 5 − 1.
    let most = Run::of(5).with("replicas", "5").at("0s", "cut A c0").at("1s", "c0 A write k v ONE").at("2s", "mend-all");
    assert_eq!(latch(&most.at("6s", "c1 A read k ALL").play()), (4, 4));
}

/// Same place, and CASSANDRA-10726: the row is returned only after the latch opens, so quorum reads never go back. If it does not open in
/// time the read times out although the row is known.
#[test]
fn the_answer_waits_for_the_latch() {
    let run = one_is_stale().at("6s", "c1 A read k ALL").play();
    let at = |test: fn(&EventKind) -> bool| run.log.iter().rposition(|e| test(&e.kind)).expect("it happens");
    let opened = at(|k| matches!(k, EventKind::Note(Note::RepairLatchOpened { .. })));
    let answered = at(|k| matches!(k, EventKind::Sent(m) if matches!(m.body, Body::Reply { .. })));
    assert!(opened < answered);
    let never = one_is_stale().at("5s", "cut-one-way C > A").with("repair", "blocking").at("6s", "c1 A read k ALL").play();
    assert_eq!(never.outcomes().last().map(String::as_str), Some("timed-out 2/3"));
}

/// `service/reads/repair/ReadOnlyReadRepair` (`read_repair = 'NONE'`): the rows are read and merged, nothing is written.
#[test]
fn no_repair_still_answers_the_newest() {
    let run = one_is_stale().with("repair", "off").at("6s", "c1 C read k ALL").play();
    assert_eq!(run.outcomes().last().map(String::as_str), Some("value new"));
    assert_eq!(run.sent(|m| matches!(m.body, Body::Repair { .. })).len(), 0);
    assert_eq!(run.held("k"), "A=new B=new C=old");
}

/// NEWS 4.0 and CASSANDRA-13910: background repair by chance is gone, so a read at ONE, with nothing to compare, never repairs.
#[test]
fn a_read_at_one_never_repairs() {
    let run = one_is_stale().at("6s", "c1 C read k ONE").at("7s", "c1 A read k ONE").play();
    assert_eq!(run.outcomes()[2..], ["value old", "value new"]);
    assert_eq!(run.report.traffic["repair"].messages, 0);
}

fn version(micros: u64, value: Option<&[u8]>) -> Version {
    let clock = Clock::Stamp(Stamp { micros, node: NodeId(0) });
    Version { clock, payload: value.map_or(Payload::Tombstone, |bytes| Payload::Value(Arc::from(bytes))) }
}

/// `db/rows/Cells.resolveRegular`: the larger timestamp wins; at equal timestamps a tombstone beats a value; then the larger value bytes win,
/// compared without sign from the first.
#[test]
fn which_of_two_versions_wins() {
    let newer = |a: &Version, b: &Version| assert_eq!(Rule::LastWriteWins.compare(a, b), Order::Newer, "{a:?} over {b:?}");
    newer(&version(2, Some(b"a")), &version(1, Some(b"z")));
    newer(&version(2, Some(b"a")), &version(1, None));
    newer(&version(1, None), &version(1, Some(b"z")));
    newer(&version(1, Some(b"b")), &version(1, Some(b"az")));
    newer(&version(1, Some(b"ab")), &version(1, Some(b"a")));
    newer(&version(1, Some(b"\x80")), &version(1, Some(b"\x7f")));
    newer(&version(1, Some(b"a")), &version(1, Some(b"")));
}

/// `service/ClientState.getTimestamp`: a coordinator stamps a write with its own clock in microseconds, or with one more than its last stamp
/// if the clock is not past that.
#[test]
fn two_writes_of_one_instant_have_two_timestamps() {
    let run = Run::of(1).with("replicas", "1").at("1s", "c0 A write k a").at("1s", "c0 A write k b").play();
    let stamps: Vec<u64> = run
        .log
        .iter()
        .filter_map(|e| match &e.kind {
            EventKind::Note(Note::Stamped { version, .. }) => {
                let Clock::Stamp(stamp) = version.clock;
                Some(stamp.micros)
            }
            _ => None,
        })
        .collect();
    assert_eq!(stamps[1], stamps[0] + 1);
    assert_eq!(Truth::copies(run.session.world(), &Key::new("k")).len(), 1);
}
