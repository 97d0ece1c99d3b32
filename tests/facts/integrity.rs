//! What systems do about bytes that change on a disk.

use drift::engine::node::integrity::RotStep;
use drift::engine::node::{Checksum, IntegritySettings, Note, Rotten};
use drift::engine::observe::Sweeps;

use crate::run::Run;

/// `k` = `v` on A, B and C, and what is different about it.
fn held(integrity: &str) -> Run {
    Run::of(3).with("integrity", integrity).at("0s", "c0 A write k v ALL")
}

#[test]
fn cassandra_lets_the_larger_value_win_at_equal_timestamps_rotten_or_not() {
    // Apache Cassandra 4.1, `db/rows/Cells.compareValues`: the value's bytes decide last, and a read repair writes the winner everywhere.
    let run = held("{}").at("1s", "rot B k w").at("2s", "c0 A read k ALL").play();
    assert_eq!(run.held("k"), "A=w B=w C=w");
}

#[test]
fn cassandra_answers_with_a_failure_and_reads_survive_below_all() {
    // Apache Cassandra 4.1, `crc_check_chance` 1.0 and `disk_failure_policy: ignore`: `CorruptSSTableException` becomes a failure of this replica.
    let run = held(r#"{"checksum":"replica","rotten":"keep"}"#).at("1s", "rot B k w");
    let run = run.at("2s", "c0 B read k QUORUM").at("3s", "c0 B read k ALL").play();
    assert_eq!(run.outcomes()[1], "value v");
    assert!(run.outcomes()[2].starts_with("timed-out"), "{:?}", run.outcomes());
    assert_eq!(run.held("k"), "A=v B=w C=v");
}

#[test]
fn riak_takes_a_bad_object_for_none_and_read_repair_brings_it_back() {
    // riak_test, `verify_corruption_filtering`: what does not fit reads as not found, and is repaired like any other missing copy.
    let run = held(r#"{"checksum":"replica","rotten":"drop"}"#).at("1s", "rot B k w").at("2s", "c0 B read k ALL");
    let run = run.at("3s", "c0 A read k ALL").play();
    assert_eq!((run.held("k"), run.outcomes()[2].as_str()), ("A=v B=v C=v".to_owned(), "value v"));
}

#[test]
fn riak_trees_of_clocks_never_find_a_flipped_value() {
    // riak_kv, `riak_kv_index_hashtree`: what is hashed of an object is its vector clock.
    let run = held("{}").with("repair", "off").at("1s", "rot B k w").at("2s", r#"sweep A B {"tree":{"leaf":"version"}}"#).play();
    assert_eq!(run.held("k"), "A=v B=w C=v");
    let cost = Sweeps::of(&run.log).costs().next().cloned().expect("a sweep");
    assert_eq!(cost.rows, 0);
}

#[test]
fn garage_fetches_a_corrupted_block_from_a_peer() {
    // Garage 1.2, `src/block/repair.rs`: the scrub worker reads every block; one whose hash is wrong is put aside and fetched anew.
    let run = held(r#"{"checksum":"writer","scrub":{"every":"2s"}}"#).at("1s", "rot B k w").play();
    assert_eq!(run.held("k"), "A=v B=v C=v");
    assert!(run.noted(|n| matches!(n, Note::Rot(RotStep::Fetched { .. }))));
}

#[test]
fn checksums_are_off_until_somebody_asks_for_them() {
    let usual = IntegritySettings::default();
    assert_eq!((usual.checksum, usual.on_read, usual.rotten, usual.scrub), (Checksum::None, true, Rotten::Refetch, None));
}
