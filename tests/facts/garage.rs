//! Garage: `src/table/merkle.rs` and `src/table/sync.rs`, as of 2020 and since.

use drift::engine::node::sweeps::{Say, SweepOutcome, TrieSay};
use drift::engine::node::{Body, SweepSettings};
use drift::engine::observe::Sweeps;

use crate::run::{Played, Run, key_on};

/// Two of four nodes share one range; each has written a key that the other lacks, and `driver` starts a sweep.
fn driven_by(drivers: &[&str]) -> (Played, [String; 2]) {
    let mine = key_on(4, "AB");
    let theirs = (0..10_000).map(|n| format!("{mine}-{n}")).find(|name| on_ab(name)).expect("some key lies there");
    let mut run = Run::of(4).with("replicas", "2").with("repair", "off").at("1s", "cut B c1");
    run = run.at("2s", &format!("c0 A write {mine} a ONE")).at("2s", &format!("c1 B write {theirs} b ONE")).at("3s", "mend-all");
    for (i, driver) in drivers.iter().enumerate() {
        let other = if *driver == "A" { "B" } else { "A" };
        run = run.at(&format!("{}s", 4 + 4 * i), &format!(r#"sweep {driver} {other} {{"method":"trie"}}"#));
    }
    (run.end("20s").play(), [mine, theirs])
}

fn on_ab(name: &str) -> bool {
    use drift::engine::{base::NodeId, data::Key, place::Ring};
    Ring::even(4).replicas(Key::new(name).token(), &2.into()) == [NodeId(0), NodeId(1)]
}

/// `sync.rs`, `do_sync_with`: at a leaf of its own the driver sends the item; where it has nothing and the other has something, it does nothing ("they
/// will send them"). So one run makes only the other side current, and it takes a run from each side until both agree.
#[test]
fn the_driver_only_pushes_so_that_two_runs_are_needed() {
    let held = |drivers: &[&str]| {
        let (run, [mine, theirs]) = driven_by(drivers);
        [run.held(&mine), run.held(&theirs)]
    };
    assert_eq!(held(&["A"]), ["A=a B=a", "A=- B=b"]);
    assert_eq!(held(&["B"]), ["A=a B=-", "A=b B=b"]);
    assert_eq!(held(&["A", "A", "A"]), ["A=a B=a", "A=- B=b"], "however often the same node drives");
    assert_eq!(held(&["A", "B"]), ["A=a B=a", "A=b B=b"]);
}

/// `sync.rs`: equal root checksums end it; otherwise the driver asks for the other's node wherever its own has children, and nowhere else.
#[test]
fn equal_roots_end_it_and_only_nodes_with_children_are_asked_for() {
    let (run, _) = driven_by(&["A", "B", "A"]);
    let costs: Vec<_> = Sweeps::of(&run.log).costs().cloned().collect();
    // A drives twice, with B between. A's only row is pushed unseen; B has two, A's node is a leaf without children, and so both of B's go.
    let ends: Vec<SweepOutcome> = costs.iter().filter_map(|cost| Some(cost.ended?.1)).collect();
    assert_eq!(ends, [SweepOutcome::Pushed { rows: 1 }, SweepOutcome::Equal, SweepOutcome::Pushed { rows: 2 }]);
    let asked = run.sent(|m| matches!(&m.body, Body::Sweep { say, .. } if matches!(**say, Say::Trie(TrieSay::Get { .. }))));
    assert!(!asked.is_empty());
}

/// `sync.rs` sends 256 items at once; so may a run here.
#[test]
fn batches_may_be_garages() {
    let sweeps: SweepSettings = serde_json::from_str(r#"{"rows-at-once":256}"#).expect("settings");
    assert_eq!(sweeps.rows_at_once, 256);
    assert!(Run::of(3).with("sweeps", r#"{"rows-at-once":256,"policy":{"method":"trie"}}"#).script().config.nodes == 3);
}
