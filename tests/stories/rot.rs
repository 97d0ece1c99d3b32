//! Bytes change by themselves: who notices, who wins, and what must not happen.

use drift::engine::base::NodeId;
use drift::engine::data::Change;
use drift::engine::node::integrity::{FoundBy, RotStep};
use drift::engine::node::sweeps::validation::RepairStep;
use drift::engine::node::sweeps::{SweepOutcome, SweepStep};
use drift::engine::node::{Note, RemovedWhy};
use drift::engine::observe::{Sweeps, Truth};
use drift::engine::world::EventKind;

use crate::run::{Played, Run, key_on};

/// Three nodes that hold `k` = `v`, written at ALL, with these settings of checksums.
fn held(integrity: &str) -> Run {
    let run = Run::of(3).with("repair", "blocking").with("integrity", integrity);
    run.at("0s", "c0 A write k v ALL")
}

const REPLICA: &str = r#"{"checksum":"replica"}"#;
const SCRUB: &str = r#"{"checksum":"replica","scrub":{"every":"2s"}}"#;

/// What was written of `k`, as the truth knows it, and how many copies are not that.
fn rotten(run: &Played) -> usize {
    Truth::copies(run.session.world(), &drift::engine::data::Key::new("k")).iter().filter(|copy| copy.rotten).count()
}

fn found(run: &Played, by: FoundBy) -> usize {
    run.notes(|n| matches!(n, Note::Rot(RotStep::Found { by: how, .. }) if *how == by))
}

#[test]
fn larger_rot_wins_and_a_read_spreads_it() {
    // "z" is larger than "v": at equal timestamps it wins everywhere it is seen.
    let run = held("{}").at("1s", "rot C k z").at("2s", "c0 A read k ALL").at("4s", "c0 A read k").play();
    assert_eq!(run.held("k"), "A=z B=z C=z");
    assert_eq!(run.outcomes()[1..], ["value z", "value z"], "nobody ever wrote that");
    assert_eq!(rotten(&run), 3, "the truth still knows what was written");
    assert_eq!(run.session.truth().stale_copies(), 3, "and holds none of them for right, though they agree");
}

#[test]
fn smaller_rot_loses_and_a_read_mends_it() {
    let run = held("{}").at("1s", "rot C k a").at("2s", "c0 A read k ALL").play();
    assert_eq!((run.held("k"), rotten(&run)), ("A=v B=v C=v".to_owned(), 0));
    assert_eq!(run.outcomes()[1], "value v");
    assert_eq!(run.session.truth().stale_copies(), 0);
}

#[test]
fn a_checksum_of_the_replica_turns_rot_into_a_failure_and_reads_survive_below_all() {
    let run = held(r#"{"checksum":"replica","rotten":"keep"}"#).at("1s", "rot A k z");
    let quorum = run.clone().at("2s", "c0 B read k QUORUM").at("3s", "c0 A read k QUORUM").play();
    assert_eq!(quorum.outcomes()[1..], ["value v", "value v"], "A asks in vain at home, and C in its place");
    assert_eq!(quorum.held("k"), "A=z B=v C=v");
    assert!(quorum.noted(|n| matches!(n, Note::Rot(RotStep::Failed { by: NodeId(0), instead: Some(_) }))));
    let all = run.at("2s", "c0 B read k ALL").play();
    assert_eq!(all.outcomes()[1], "timed-out 1/3", "at ALL nobody is left");
    assert!(all.took_ms(1) < 100, "and that is said at once");
    assert_eq!(rotten(&all), 1, "nothing is spread");
}

#[test]
fn what_does_not_fit_is_fetched_anew_even_if_it_is_larger() {
    let run = held(REPLICA).at("1s", "rot A k z").at("2s", "c0 A read k ONE").play();
    assert_eq!(run.outcomes()[1], "value v", "another replica answers the read");
    assert_eq!((run.held("k"), rotten(&run)), ("A=v B=v C=v".to_owned(), 0));
    assert!(run.has(|k| matches!(k, EventKind::Removed(removed) if removed.why == RemovedWhy::Rotten)));
    assert!(run.noted(|n| matches!(n, Note::Rot(RotStep::Fetched { .. }))));
    assert_eq!(run.session.truth().stale_copies(), 0);
}

#[test]
fn what_is_given_up_waits_for_a_repair() {
    let run = held(r#"{"checksum":"replica","rotten":"drop"}"#).at("1s", "rot A k z").at("2s", "c0 A read k ONE");
    assert_eq!(run.play().held("k"), "A=- B=v C=v");
    let swept = run.clone().at("3s", "sweep B A").play();
    assert_eq!(swept.held("k"), "A=v B=v C=v");
    assert_eq!(run.at("3s", "c0 B read k ALL").play().held("k"), "A=v B=v C=v", "or for a read");
}

#[test]
fn a_scrub_finds_what_nobody_reads_and_only_by_a_checksum() {
    let run = held(SCRUB).at("1s", "rot C k z").play();
    assert_eq!((run.held("k"), found(&run, FoundBy::Scrub)), ("A=v B=v C=v".to_owned(), 1));
    let unseen = held(r#"{"scrub":{"every":"2s"}}"#).at("1s", "rot C k z").play();
    assert_eq!((unseen.held("k"), rotten(&unseen)), ("A=v B=v C=z".to_owned(), 1), "no checksum, nothing to check");
    let along = held(SCRUB).at("1s", "rot-sum C k z").play();
    assert_eq!((along.held("k"), found(&along, FoundBy::Scrub)), ("A=v B=v C=z".to_owned(), 0), "the checksum rotted along");
}

#[test]
fn a_scrub_reads_no_faster_than_it_may() {
    let scrubbed = |rate: u64| {
        let settings = format!(r#"{{"checksum":"replica","scrub":{{"every":"10s","rate":{rate}}}}}"#);
        let run = Run::of(3).with("integrity", &settings).end("100s").at("0s", "preload 1000 value-bytes 87").play();
        let over = |n: &Note| matches!(n, Note::Rot(RotStep::Scrubbed { rows: 1000, found: 0, .. }));
        (run.note_at(over).expect("it ends").0, run.notes(over))
    };
    let ((free, times), (slow, fewer)) = (scrubbed(0), scrubbed(10_000));
    assert!(free < 10_000 && (27..=30).contains(&times), "{free} {times}");
    // A thousand rows of about 120 bytes, 10 kB a second.
    assert!((11_000..25_000).contains(&slow) && fewer < times, "{slow} {fewer}");
}

#[test]
fn what_rotted_before_it_was_copied_only_the_writers_checksum_tells() {
    // C is away; A's copy rots before C gets it from A.
    let story = |checksum: &str| {
        let settings = format!(r#"{{"checksum":"{checksum}","on-read":false}}"#);
        let run = Run::of(3).with("integrity", &settings).with("repair", "off").at("0s", "cut C c1").at("1s", "c0 A write k v ONE");
        let run = run.at("2s", "rot A k z").at("3s", "mend-all").at("4s", "sweep A C");
        run.at("6s", &format!(r#"set integrity {{"checksum":"{checksum}","rotten":"keep"}}"#)).at("7s", "c1 C read k ONE").play()
    };
    let (replica, writer) = (story("replica"), story("writer"));
    assert_eq!((replica.held("k"), writer.held("k")), ("A=z B=v C=z".to_owned(), "A=z B=v C=z".to_owned()));
    assert_eq!(replica.outcomes()[1], "value z", "C made a checksum of rotten bytes: it fits");
    assert_eq!(writer.outcomes()[1], "value v", "the one that came along does not: the third replica answers");
    assert_eq!(found(&replica, FoundBy::Read), 0);
    assert_eq!(found(&writer, FoundBy::Read), 2, "it tells on C, and on A in its place");
}

#[test]
fn the_writers_checksum_costs_eight_bytes_each_time() {
    let bytes = |checksum: &str| {
        let run = Run::of(3).with("integrity", &format!(r#"{{"checksum":"{checksum}"}}"#)).at("0s", "c0 A write k v ALL").play();
        run.sent(|m| m.body.row().is_some()).iter().map(|m| u64::from(m.size)).sum::<u64>()
    };
    assert_eq!((bytes("replica"), bytes("writer")), (bytes("none"), bytes("none") + 3 * 8));
}

/// The same rot, looked for by trees of each kind.
#[test]
fn scans_of_bytes_find_rot_stored_hashes_and_versions_miss_it() {
    let swept = |policy: &str, before: &str| {
        let mut run = Run::of(3).with("repair", "off").at("0s", "c0 A write k v ALL");
        if !before.is_empty() {
            run = run.at("1s", &format!("sweep A C {before}"));
        }
        let run = run.at("2s", "rot C k a").at("3s", &format!("sweep A C {policy}")).play();
        let last = Sweeps::of(&run.log).costs().last().and_then(|cost| cost.ended).expect("it ended").1;
        (run.held("k"), last)
    };
    let mended = ("A=v B=v C=v".to_owned(), SweepOutcome::Repaired { pulled: 1, pushed: 1 });
    let missed = ("A=v B=v C=a".to_owned(), SweepOutcome::Equal);
    assert_eq!(swept("{}", ""), mended, "a scan reads the bytes");
    assert_eq!(swept(r#"{"method":"full"}"#, ""), mended, "so does a full comparison");
    assert_eq!(swept(r#"{"tree":{"leaf":"version"}}"#, ""), missed, "versions alone say nothing of bytes");
    assert_eq!(swept(r#"{"upkeep":"kept"}"#, r#"{"upkeep":"kept"}"#), missed, "hashes made before are not made again");
    let hash = r#"{"upkeep":"kept","tree":{"combine":"hash"}}"#;
    assert_eq!(swept(hash, hash), missed);
    assert_eq!(swept(r#"{"upkeep":"kept"}"#, ""), mended, "trees made after it are");
}

#[test]
fn a_kept_tree_is_right_again_after_the_next_write() {
    for combine in ["xor", "hash"] {
        let policy = format!(r#"{{"upkeep":"kept","tree":{{"combine":"{combine}","depth":{{"fixed":0}}}}}}"#);
        let sweep = format!("sweep A C {policy}");
        let run = Run::of(3).at("0s", "c0 A write k v ALL").at("0s", "c0 A write j v ALL").at("1s", &sweep).at("2s", "rot C k z");
        let other = run.clone().at("3s", "c0 A write j w ALL").at("4s", &sweep).play();
        assert_eq!(other.held("k"), "A=v B=v C=z", "{combine}: a neighbour's write does not read it");
        let run = run.at("3s", "c0 A write k w ALL").at("4s", &sweep).play();
        let last = Sweeps::of(&run.log).costs().last().and_then(|cost| cost.ended).expect("it ended").1;
        assert_eq!((run.held("k"), last), ("A=w B=w C=w".to_owned(), SweepOutcome::Equal), "{combine}");
    }
}

#[test]
fn a_sweep_spreads_larger_rot_unless_a_checksum_stops_it() {
    let run = |integrity: &str| held(integrity).with("repair", "off").at("1s", "rot C k z").at("2s", "sweep A C").play();
    assert_eq!(run("{}").held("k"), "A=z B=v C=z");
    let stopped = run(REPLICA);
    assert_eq!((stopped.held("k"), rotten(&stopped)), ("A=v B=v C=v".to_owned(), 0), "C reads it for its tree, and notices");
}

#[test]
fn a_newer_write_takes_the_place_of_rot() {
    let run = held(r#"{"checksum":"replica","rotten":"keep"}"#).at("1s", "rot C k z").at("2s", "c0 A write k w ALL").play();
    assert_eq!((run.held("k"), rotten(&run)), ("A=w B=w C=w".to_owned(), 0));
    assert!(!run.has(|k| matches!(k, EventKind::Applied(a) if a.change == Change::Refused)));
}

#[test]
fn nothing_rots_where_there_is_nothing() {
    let key = key_on(5, "ABC");
    let run =
        Run::of(5).at("0s", "c0 A write k v ALL").at("1s", "c0 A delete k ALL").at("2s", "rot A k z").at("2s", &format!("rot D {key} z"));
    assert_eq!(run.play().count(|k| matches!(k, EventKind::Fault(drift::engine::world::Fault::Rotted(_)))), 0);
}

#[test]
fn nobody_has_it_and_the_next_one_is_asked() {
    // B has lost its disk, C is dead: first one says that it has none, the other nothing at all.
    let run = held(REPLICA).with("read.timeout", "500ms").at("1s", "wipe B").at("2s", "restart B").at("2s", "crash C");
    let alone = run.clone().at("3s", "rot A k z").at("4s", "c0 A read k ONE").play();
    assert!(alone.noted(|n| matches!(n, Note::Rot(RotStep::NobodyHas { .. }))));
    assert_eq!(alone.held("k"), "A=- B=- C=v");
    assert!(alone.session.world().hosts().iter().all(|host| host.node.integrity.fetching() == 0));
    let back = run.at("3s", "rot A k z").at("3s", "restart C").at("4s", "c0 A read k ONE").play();
    assert_eq!(back.held("k"), "A=v B=- C=v", "the second one has it");
}

#[test]
fn a_repair_by_whole_trees_checks_what_it_reads() {
    let run = Run::of(3).with("repair", "off").with("integrity", r#"{"checksum":"replica","rotten":"drop"}"#);
    let run = run.at("1s", "c0 A write k v ALL").at("2s", "rot B k").at("3s", r#"repair A {"method":"validation"}"#).play();
    assert_eq!(run.held("k"), "A=v B=v C=v", "B finds it out as it reads for its tree, gives it up, and gets it anew");
}

#[test]
fn a_repair_by_whole_trees_sends_nothing_that_does_not_fit() {
    // All rows of a range are sent where one differs: what has rotted at B stays at B.
    let run = Run::of(3).with("repair", "off").with("integrity", r#"{"checksum":"replica","rotten":"keep"}"#);
    let run = run.at("1s", "c0 A write k v ALL").at("2s", "rot B k z");
    let run = run.at("3s", r#"repair A {"method":"validation","tree":{"depth":{"fixed":0}}}"#).play();
    assert!(run.noted(|n| matches!(n, Note::Sweep { step: SweepStep::Repair(RepairStep::Synced { .. }), .. })), "rows were sent");
    assert!(run.held("k").starts_with("A=v") && run.held("k").ends_with("C=v"), "{}", run.held("k"));
}
