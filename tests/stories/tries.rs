//! Garage's way to compare replicas: tries that follow the rows at a distance, and a driver that only pushes.

use drift::engine::node::sweeps::{Say, SweepOutcome, TrieSay};
use drift::engine::node::{Body, Message, Note};
use drift::engine::observe::{SweepCost, Sweeps};
use drift::engine::sweep::TrieNode;
use drift::engine::world::EventKind;

use crate::run::{Played, Run};

const TRIE: &str = r#"{"method":"trie"}"#;

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

fn sweeps(message: &Message) -> bool {
    matches!(message.body, Body::Sweep { .. })
}

fn said(played: &Played) -> Vec<Say> {
    played.sent(sweeps).iter().filter_map(|m| if let Body::Sweep { say, .. } = &m.body { Some((**say).clone()) } else { None }).collect()
}

#[test]
fn one_run_leaves_the_driver_behind_and_a_second_one_from_the_other_side_mends_it() {
    let run = apart()
        .at("2s", "c0 A write here a ONE")
        .at("2s", "c1 C write there c ONE")
        .at("3s", "mend-all")
        .at("4s", &format!("sweep A C {TRIE}"))
        .at("8s", &format!("sweep C A {TRIE}"))
        .end("12s");
    let mut run = run.play();
    assert_eq!(run.held_at("7s", "here"), "A=a B=a C=a", "A has pushed");
    assert_eq!(run.held_at("7s", "there"), "A=- B=- C=c", "and has asked for nothing");
    assert_eq!(run.held("there"), "A=c B=- C=c", "C's own run brings it");
    assert_eq!(outcomes(&run), [SweepOutcome::Pushed { rows: 1 }; 2]);
    let pulls = run
        .sent(|m| sweeps(m) && matches!(&m.body, Body::Sweep { say, .. } if matches!(**say, Say::FetchRows { .. } | Say::ListKeys { .. })));
    assert!(pulls.is_empty());
}

#[test]
fn equal_tries_exchange_roots_and_nothing_else() {
    let run =
        Run::of(3).at("1s", "preload 100 seed 3").at("2s", &format!("sweep A B {TRIE}")).at("4s", &format!("sweep B A {TRIE}")).play();
    assert_eq!(outcomes(&run), [SweepOutcome::Equal; 2]);
    assert_eq!(said(&run).iter().map(Say::code).collect::<Vec<u8>>(), [1, 2, 11, 1, 2, 11]);
    let scanned: Vec<u64> = costs(&run).iter().map(|cost| cost.scanned).collect();
    assert_eq!(scanned, [200, 0], "made once, then kept");
    assert!(!run.has(|k| matches!(k, EventKind::Applied(_))));
}

#[test]
fn the_walk_is_breadth_first_and_asks_only_where_it_has_more_than_one_row() {
    let mut run = apart().at("1s", "preload 3000 seed 3");
    for i in 0..20 {
        run = run.at("2s", &format!("c0 A write key-{i} new ONE"));
    }
    let run = run.at("3s", "mend-all").at("4s", &format!("sweep A C {TRIE}")).end("30s").play();
    for i in 0..20 {
        assert_eq!(run.held(&format!("key-{i}")), "A=new B=new C=new");
    }
    let asked: Vec<usize> = said(&run)
        .iter()
        .filter_map(|say| if let Say::Trie(TrieSay::Get { prefix, .. }) = say { Some(prefix.len()) } else { None })
        .collect();
    assert!(asked.is_sorted() && asked.last() > Some(&0), "level by level: {asked:?}");
    let got: Vec<usize> = said(&run)
        .iter()
        .filter_map(|say| match say {
            Say::Trie(TrieSay::Node { node: TrieNode::Inner(children), .. }) => Some(children.len()),
            Say::Trie(TrieSay::Node { .. }) => Some(0),
            _ => None,
        })
        .collect();
    assert_eq!(got.len(), asked.len());
    assert!(got.iter().all(|children| *children > 1), "preloaded on both sides: {got:?}");
    let cost = &costs(&run)[0];
    assert_eq!(cost.ended.expect("it ended").1, SweepOutcome::Pushed { rows: 20 });
    assert_eq!((cost.rows, cost.over_streamed), (20, 0));
    // The roots, each node asked for, and the rows in two batches of 16.
    assert_eq!(cost.round_trips, 1 + asked.len() as u64 + 1);
}

#[test]
fn a_trie_is_behind_its_rows_until_its_queue_is_worked_off() {
    let slow = r#"{"method":"trie","trie":{"lag":"3s"}}"#;
    let run = Run::of(3)
        .with("repair", "off")
        .at("1s", &format!("sweep A C {slow}"))
        .at("2s", "cut C c1")
        .at("2500ms", "c0 A write k v ONE")
        .at("3s", "mend-all")
        .at("4s", &format!("sweep A C {slow}"))
        .at("7s", &format!("sweep A C {slow}"))
        .end("12s")
        .play();
    assert_eq!(outcomes(&run), [SweepOutcome::Equal, SweepOutcome::Equal, SweepOutcome::Pushed { rows: 1 }]);
    assert_eq!(run.held("k"), "A=v B=v C=v");
    // The other way round: what has arrived is pushed again, for nothing, while the other's trie does not show it.
    let run = Run::of(3)
        .at("1s", &format!("sweep A C {slow}"))
        .at("2s", "slow C 1s")
        .at("2500ms", "c0 A write k v ONE")
        .at("4s", "slow C 0s")
        .at("5600ms", &format!("sweep A C {slow}"))
        .end("20s")
        .play();
    assert_eq!((outcomes(&run)[1], costs(&run)[1].over_streamed), (SweepOutcome::Pushed { rows: 1 }, 1));
}

#[test]
fn an_older_row_that_is_pushed_changes_nothing() {
    let run = Run::of(3)
        .with("repair", "off")
        .at("0s", "c0 A write k first ALL")
        .at("1s", "cut C c1")
        .at("2s", "c1 C write k second ONE")
        .at("3s", "mend-all")
        .at("4s", &format!("sweep A C {TRIE}"))
        .play();
    assert_eq!(run.held("k"), "A=first B=first C=second");
    assert_eq!((outcomes(&run)[0], costs(&run)[0].over_streamed), (SweepOutcome::Pushed { rows: 1 }, 1));
}

#[test]
fn what_a_crash_takes_back_leaves_the_trie_too() {
    let run = Run::of(3)
        .with("sync", "30s")
        .with("repair", "off")
        .at("0s", &format!("sweep A C {TRIE}"))
        .at("2s", "c0 A write k v ALL")
        .at("4s", "crash C")
        .at("5s", "restart C")
        .at("6s", &format!("sweep A C {TRIE}"))
        .end("12s")
        .play();
    assert_eq!(run.held("k"), "A=v B=v C=v");
    assert_eq!(outcomes(&run), [SweepOutcome::Equal, SweepOutcome::Pushed { rows: 1 }]);
    assert_eq!(costs(&run)[1].scanned, 0, "and it is still there");
}

#[test]
fn a_disk_that_is_put_back_brings_its_own_trie() {
    let run = Run::of(3)
        .with("repair", "off")
        .at("1s", "preload 60 seed 3")
        .at("2s", "backup C")
        .at("3s", "c0 A write k v ALL")
        .at("4s", &format!("sweep A C {TRIE}"))
        .at("5s", "restore C")
        .at("6s", "restart C")
        .at("7s", &format!("sweep A C {TRIE}"))
        .end("12s")
        .play();
    assert_eq!(outcomes(&run), [SweepOutcome::Equal, SweepOutcome::Pushed { rows: 1 }], "one database: nothing can vanish unseen");
    assert_eq!(run.held("k"), "A=v B=v C=v");
}

#[test]
fn who_dies_during_a_walk_loses_nothing_and_what_is_written_meanwhile_stays() {
    for (dies, at) in [("A", "4015ms"), ("A", "4035ms"), ("C", "4015ms"), ("C", "4055ms")] {
        let mut run = apart().with("sweeps", r#"{"timeout":"300ms","retries":0}"#).at("1s", "preload 400 seed 3");
        for i in 0..3 {
            run = run.at("2s", &format!("c0 A write key-{i} old"));
        }
        let run = run
            .at("3s", "mend-all")
            .at("4s", &format!("sweep A C {TRIE}"))
            .at("4005ms", "c1 B write key-1 new")
            .at(at, &format!("crash {dies}"))
            .at("6s", &format!("restart {dies}"))
            .at("10s", &format!("sweep A C {TRIE}"))
            .at("15s", &format!("sweep C A {TRIE}"))
            .end("25s")
            .play();
        assert_eq!(run.held("key-0"), "A=old B=old C=old", "{dies} at {at}");
        let now = run.held("key-1");
        assert!(now == "A=new B=new C=new", "{dies} at {at}: {now}");
        assert!(costs(&run).last().is_some_and(|cost| cost.ended.is_some_and(|(_, how)| how.is_good())));
    }
}

#[test]
fn bytes_of_the_bill_are_bytes_of_the_messages() {
    let mut run = apart().at("1s", "preload 300 seed 3");
    for i in 0..9 {
        run = run.at("2s", &format!("c0 A write key-{i} new ONE"));
    }
    let run = run.at("3s", "mend-all").at("4s", &format!("sweep A C {TRIE}")).end("30s").play();
    let cost = &costs(&run)[0];
    let all = run.sent(sweeps);
    assert_eq!(cost.bytes(), all.iter().map(|m| u64::from(m.size)).sum::<u64>());
    assert_eq!(cost.messages, all.len() as u64);
    assert!(cost.hashes_compared() > 9 && !run.noted(|n| matches!(n, Note::SweepRead { .. })));
}
