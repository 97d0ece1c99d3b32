//! Incremental repair: only rows that no repair has taken in are compared, and those are marked when everybody has promised (Apache
//! Cassandra 4.0, "consistent repair"). What is marked is taken on trust, and that trust can be misplaced.

use drift::engine::base::NodeId;
use drift::engine::data::Key;
use drift::engine::node::sweeps::validation::{RepairSay, RepairSet, RepairState, RepairStep};
use drift::engine::node::sweeps::{Refusal, Say, SweepOutcome, SweepStep};
use drift::engine::node::{Body, Message, Note};
use drift::engine::observe::Sweeps;
use drift::engine::world::{Event, EventKind};

use crate::run::{Played, Run};

const POLICY: &str = r#""method":"validation","tree":{"fan-out":2,"depth":{"rows":15}}"#;

fn incremental(node: &str) -> String {
    format!(r#"repair {node} {{{POLICY},"validation":{{"incremental":true}}}}"#)
}

fn full(node: &str) -> String {
    format!("repair {node} {{{POLICY}}}")
}

/// Three nodes that all hold everything and keep it safe at once.
fn three() -> Run {
    Run::of(3).with("repair", "off").with("sync", "every-write").with("sweeps", r#"{"timeout":"500ms","retries":0}"#).end("30s")
}

/// Rows read and sent by each repair, in order.
fn bills(played: &Played) -> Vec<(u64, u64)> {
    let all = Sweeps::of(&played.log);
    let mut costs: Vec<_> = all.costs().collect();
    costs.sort_by_key(|cost| cost.began);
    costs.iter().map(|cost| (cost.scanned, cost.rows)).collect()
}

fn outcomes(played: &Played) -> Vec<SweepOutcome> {
    let ended = |e: &Event| match &e.kind {
        EventKind::Note(Note::Sweep { step: SweepStep::Ended { outcome, .. }, .. }) => Some(*outcome),
        _ => None,
    };
    played.log.iter().filter_map(ended).collect()
}

/// The states a node went through.
fn states(played: &Played, node: u32) -> Vec<RepairState> {
    let state = |e: &Event| match &e.kind {
        EventKind::Note(Note::Sweep { step: SweepStep::Repair(RepairStep::State(state)), .. }) => Some(*state),
        _ => None,
    };
    played.log.iter().filter(|e| e.who == Some(NodeId(node).into())).filter_map(state).collect()
}

/// In which set each node's row is: `u`nrepaired, `p`ending, `r`epaired, `-` no row.
fn sets(played: &Played, key: &str) -> String {
    let key = Key::new(key);
    let set = |host: &drift::engine::world::Host| match host.node.repair_set(&key) {
        _ if host.node.store.get(&key).is_none() => '-',
        RepairSet::Unrepaired => 'u',
        RepairSet::Pending(_) => 'p',
        RepairSet::Repaired(_) => 'r',
    };
    played.session.world().hosts().iter().map(set).collect()
}

fn says(message: &Message, test: impl Fn(&RepairSay) -> bool) -> bool {
    matches!(&message.body, Body::Sweep { say, .. } if matches!(&**say, Say::Repair(told) if test(told)))
}

#[test]
fn what_a_repair_has_taken_in_is_not_read_again() {
    let run = three().at("0s", "preload 300 seed 3").at("1s", "cut C c1").at("2s", "c0 A write k v").at("3s", "mend-all");
    let run = run.at("4s", &incremental("A")).at("6s", &incremental("B")).at("8s", "c0 A write key-7 new").at("9s", &incremental("C"));
    let run = run.at("11s", &full("A")).play();
    assert_eq!(run.held("k"), "A=v B=v C=v");
    // Everything, then nothing, then one row; a full repair reads all of it whatever is marked.
    assert_eq!(bills(&run), [(3 * 300 + 2, 3), (0, 0), (3, 0), (3 * 301, 0)]);
    assert_eq!((sets(&run, "k"), sets(&run, "key-7")), ("rrr".to_owned(), "rrr".to_owned()));
    use RepairState::{Finalized, Prepared, Preparing, Promised, Repairing};
    assert_eq!(states(&run, 2)[..5], [Preparing, Prepared, Repairing, Promised, Finalized]);
}

#[test]
fn a_write_makes_a_row_unrepaired_again() {
    let run = three().at("1s", "c0 A write k v ALL").at("2s", &incremental("A")).at("4s", "cut C c1").at("5s", "c0 A write k w").play();
    assert_eq!((run.held("k"), sets(&run, "k")), ("A=w B=w C=v".to_owned(), "uur".to_owned()));
    // What replaced it is new everywhere but at C, which gets it.
    let run = three().at("1s", "c0 A write k v ALL").at("2s", &incremental("A")).at("4s", "cut C c1").at("5s", "c0 A write k w");
    let run = run.at("6s", "mend-all").at("7s", &incremental("B")).play();
    assert_eq!((run.held("k"), sets(&run, "k")), ("A=w B=w C=w".to_owned(), "rrr".to_owned()));
}

#[test]
fn a_row_lost_from_the_repaired_set_is_found_by_a_full_repair_only() {
    // C's disk is replaced by a new one; or by an older copy; either way what it held is marked as repaired at A and B.
    for lost in [["8s wipe C", "9s restart C"], ["8s restore C", "9s restart C"]] {
        let base = || {
            let run = three().at("500ms", "backup C").at("1s", "c0 A write k v ALL").at("2s", &incremental("A"));
            lost.iter().fold(run, |run, what| {
                let (at, what) = what.split_once(' ').expect("a time");
                run.at(at, what)
            })
        };
        let run = base().at("10s", &incremental("A")).at("12s", &incremental("C")).play();
        assert_eq!((run.held("k"), sets(&run, "k")), ("A=v B=v C=-".to_owned(), "rr-".to_owned()));
        assert_eq!(outcomes(&run), [SweepOutcome::Equal; 3], "each says that all is well");
        let run = base().at("10s", &incremental("A")).at("12s", &full("A")).play();
        assert_eq!(run.held("k"), "A=v B=v C=v");
        assert_eq!(sets(&run, "k"), "rru", "C's row is new to it");
    }
}

#[test]
fn who_is_left_out_keeps_rows_from_being_marked() {
    let force = format!(r#"repair A {{{POLICY},"validation":{{"incremental":true,"force":true}}}}"#);
    let base = || three().with("detector", "100ms 400ms").at("1s", "crash B").at("3s", "c0 A write k v");
    let run = base().at("4s", &force).at("6s", "restart B").play();
    assert!(outcomes(&run)[0].is_good());
    assert_eq!((run.held("k"), sets(&run, "k")), ("A=v B=- C=v".to_owned(), "u-u".to_owned()));
    assert!(run.noted(|n| matches!(n, Note::Sweep { step: SweepStep::Repair(RepairStep::Committed { promotes: false }), .. })));
    // So the next one, with everybody, still finds that B lacks it.
    let run = base().at("4s", &force).at("6s", "restart B").at("8s", &incremental("C")).play();
    assert_eq!((run.held("k"), sets(&run, "k")), ("A=v B=v C=v".to_owned(), "rrr".to_owned()));
    // Two named nodes are not all.
    let two = format!(r#"sweep A B {{{POLICY},"validation":{{"incremental":true}}}}"#);
    let run = three().at("1s", "c0 A write k v ALL").at("2s", &two).play();
    assert_eq!((outcomes(&run), sets(&run, "k")), (vec![SweepOutcome::Equal], "uuu".to_owned()));
}

#[test]
fn a_lost_commit_is_asked_after() {
    let commit = |k: &EventKind| matches!(k, EventKind::Sent(m) if says(m, |t| matches!(t, RepairSay::Commit)));
    let plain = three().at("1s", "c0 A write k v ALL").at("2s", &incremental("A"));
    let at = plain.play();
    let sent = at.log[at.place(commit)].at;
    // Cut off while the word is under way.
    let cut = format!("{}us", sent.0 + 1);
    let run = plain.at(&cut, "cut C c1").at("2500ms", "mend-all").play();
    assert_eq!(states(&run, 2).last(), Some(&RepairState::Finalized));
    assert_eq!(sets(&run, "k"), "rrr");
    let asked = run.sent(|m| says(m, |t| matches!(t, RepairSay::AskState)));
    assert!(!asked.is_empty() && asked.iter().all(|m| m.from == NodeId(2).into()));
    // The same if it has started anew in between: the promise is on its disk.
    let plain = three().at("1s", "c0 A write k v ALL").at("2s", &incremental("A"));
    let run = plain.at(&cut, "crash C").at("3s", "restart C").play();
    assert_eq!(sets(&run, "k"), "rrr");
    // And if nobody can tell it any more, it gives the repair up: its row is unrepaired, which is safe.
    let plain = three().at("1s", "c0 A write k v ALL").at("2s", &incremental("A"));
    let run = plain.at(&cut, "cut C c1").end("60s").play();
    assert_eq!((states(&run, 2).last(), sets(&run, "k").as_str()), (Some(&RepairState::Failed), "rru"));
}

#[test]
fn a_repair_that_fails_marks_nothing_and_the_next_takes_the_rows_in() {
    for at in ["2005ms", "2015ms", "2025ms", "2035ms", "2045ms"] {
        let base = || three().at("1s", "c0 A write k v ALL").at("2s", &incremental("A")).at(at, "crash B").at("3s", "restart B");
        let failed = base().play();
        assert_eq!(outcomes(&failed), [SweepOutcome::TimedOut], "{at}");
        assert_eq!(sets(&failed, "k"), "uuu", "{at}");
        assert!(failed.session.world().hosts().iter().all(|h| h.node.records.all().all(|record| record.state == RepairState::Failed)));
        let run = base().at("8s", &incremental("C")).play();
        assert_eq!((outcomes(&run)[1], sets(&run, "k").as_str()), (SweepOutcome::Equal, "rrr"), "{at}");
    }
    // It has promised, and dies: the repair is finished without it, and it asks.
    let run = three().at("1s", "c0 A write k v ALL").at("2s", &incremental("A")).at("2055ms", "crash B").at("3s", "restart B").play();
    assert_eq!((outcomes(&run), sets(&run, "k").as_str()), (vec![SweepOutcome::Equal], "rrr"));
    // The one that started it dies: after a while the others learn that it has failed.
    let run = three().at("1s", "c0 A write k v ALL").at("2s", &incremental("A")).at("2045ms", "crash A").at("3s", "restart A").play();
    assert_eq!(sets(&run, "k"), "uuu");
    assert!([0, 1, 2].iter().all(|node| states(&run, *node).last() == Some(&RepairState::Failed)));
}

#[test]
fn repairs_that_overlap_do_not_go_on_together() {
    let run = three().at("1s", "c0 A write k v ALL").at("2s", &incremental("A")).at("2025ms", &incremental("B")).play();
    assert!(outcomes(&run).contains(&SweepOutcome::Refused(Refusal::Overlaps)), "{:?}", outcomes(&run));
    assert_eq!(sets(&run, "k"), "rrr", "the first goes on");
    // A full one disturbs nobody.
    let run = three().at("1s", "c0 A write k v ALL").at("2s", &incremental("A")).at("2025ms", &full("B")).play();
    assert!(outcomes(&run).iter().all(|outcome| outcome.is_good()));
}

#[test]
fn a_crash_takes_a_row_back_to_the_set_it_was_in() {
    // k is repaired, then written to C's memory only, and C dies: what is on its disk is the repaired row.
    let run = Run::of(3).with("repair", "off").with("sync", "5s").at("1s", "c0 A write k v ALL").at("2s", &incremental("A"));
    let run = run.at("3s", "c0 A write k w ALL").at("3100ms", "crash C").at("4s", "restart C").end("5s").play();
    assert_eq!((run.held("k"), sets(&run, "k")), ("A=w B=w C=v".to_owned(), "uur".to_owned()));
}

#[test]
fn rows_older_than_what_is_repaired_are_never_found_by_an_incremental_repair() {
    // C is wiped and then gets an old version of k by a hint of a write that everybody else has long replaced.
    let run = three().at("1s", "c0 A write k old ALL").at("2s", "backup C").at("3s", "c0 A write k new ALL").at("4s", &incremental("A"));
    let run = || run_again(&run, "6s");
    let blind = run().at("8s", &incremental("B")).at("10s", &incremental("C")).play();
    assert_eq!((blind.held("k"), sets(&blind, "k")), ("A=new B=new C=old".to_owned(), "rrr".to_owned()), "C's is now marked too");
    let healed = run().at("8s", &full("B")).play();
    assert_eq!(healed.held("k"), "A=new B=new C=new");
}

/// The same run with C's disk replaced by its backup.
fn run_again(run: &Run, at: &str) -> Run {
    run.clone().at(at, "restore C").at("7s", "restart C")
}
