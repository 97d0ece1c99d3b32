//! Repair of Apache Cassandra 4.1, paths below `src/java/org/apache/cassandra/`: trees, who compares what with whom, and what is marked.

use drift::engine::base::{DigestFunction, NodeId};
use drift::engine::data::Token;
use drift::engine::node::sweeps::validation::{RepairSay, RepairStep};
use drift::engine::node::sweeps::{Say, SweepOutcome, SweepStep};
use drift::engine::node::{Body, Note};
use drift::engine::observe::Sweeps;
use drift::engine::sweep::{Combine, Depth, Item, LeafContent, TokenRange, Tree, TreePolicy, difference, merged_ranges};
use drift::engine::world::EventKind;

use crate::run::{Played, Run};

const BINARY: TreePolicy =
    TreePolicy { leaf: LeafContent::Row, combine: Combine::Xor, digest: DigestFunction::Xxh64, fan_out: 2, depth: Depth::Rows(20) };

/// A tree of four leaves over (0, 8] with something in these leaves.
fn tree(leaves: &[u64]) -> Tree {
    let range = TokenRange { left: Token(0), right: Token(8) };
    let rows = leaves.iter().map(|leaf| (Token(2 * leaf + 1), [leaf + 7, 0, 0, 0] as Item));
    Tree::build(range, BINARY, 2, rows)
}

fn repair(run: Run, options: &str) -> Run {
    run.at("4s", &format!(r#"repair A {{"tree":{{"fan-out":2,"depth":{{"rows":20}}}},"validation":{{{options}}}}}"#))
}

fn told(played: &Played, test: impl Fn(&RepairSay) -> bool) -> Vec<String> {
    let is =
        |m: &drift::engine::node::Message| matches!(&m.body, Body::Sweep { say, .. } if matches!(&**say, Say::Repair(told) if test(told)));
    played.sent(is).iter().map(|m| format!("{}{}", m.from, m.to)).collect()
}

/// `utils/MerkleTree.differenceHelper` and its unit test: neighbours become one range only if they are siblings all the way up.
#[test]
fn neighbours_that_differ_merge_only_below_one_parent() {
    let ranges = |leaves: &[u64]| -> Vec<(u64, u64)> {
        let (a, b) = (tree(leaves), tree(&[]));
        merged_ranges(a.range(), 1, &difference(&a, &b)).iter().map(|range| (range.left.0, range.right.0)).collect()
    };
    assert_eq!(ranges(&[0, 1]), [(0, 4)]);
    assert_eq!(ranges(&[1, 2]), [(2, 4), (4, 6)]);
    assert_eq!(ranges(&[0, 1, 2, 3]), [(0, 8)]);
    assert_eq!(ranges(&[]), []);
}

/// `utils/MerkleTree.Inner`: an inner hash is the exclusive or of its children, and no hash of hashes; a leaf that of its partitions.
#[test]
fn inner_nodes_are_the_exclusive_or_of_their_children() {
    let tree = tree(&[0, 1, 3]);
    assert_eq!(
        (tree.level(2, 0, 4), tree.level(1, 0, 2), tree.level(0, 0, 1)),
        ([7, 8, 0, 10].as_slice(), [7 ^ 8, 10].as_slice(), [7 ^ 8 ^ 10].as_slice())
    );
}

/// `repair/ValidationManager.createMerkleTrees`: the smaller of ⌈log2 partitions⌉ and `repair_session_max_tree_depth` (20 by default).
#[test]
fn a_tree_is_as_deep_as_its_rows_need_and_no_deeper_than_the_limit() {
    assert_eq!([0, 1, 2, 1000, 1 << 20, 1 << 24].map(|rows| BINARY.depth_for(rows)), [0, 0, 1, 10, 20, 20]);
    let run = repair(Run::of(3).with("replicas", "3").at("0s", "preload 300 seed 3"), "").play();
    // Three ranges of about 100 rows each: 128 leaves, on each of three replicas; the made trees say so.
    let leaves = |k: &EventKind| match k {
        EventKind::Note(Note::Sweep { step: SweepStep::Trees { leaves, .. }, .. }) => Some(*leaves),
        _ => None,
    };
    let all: Vec<u64> = run.log.iter().filter_map(|e| leaves(&e.kind)).collect();
    assert_eq!(all.len(), 3);
    assert!(all.iter().all(|leaves| (3 * 64..=3 * 128).contains(leaves)), "{all:?}");
}

/// `repair/RepairJob.createStandardSyncTasks`: every pair of replicas, n (n - 1) / 2.
#[test]
fn every_two_replicas_are_compared() {
    for (n, pairs) in [(2, 1), (3, 3), (4, 6), (5, 10)] {
        let run = Run::of(n).with("replicas", &n.to_string()).with("write-level", "1").with("read-level", "1");
        let run = repair(run, "").play();
        let pair = |n: &Note| matches!(n, Note::Sweep { step: SweepStep::Repair(RepairStep::Pair { .. }), .. });
        assert_eq!(run.notes(pair), pairs);
        assert_eq!(told(&run, |t| matches!(t, RepairSay::Trees(_))).len(), n as usize, "each sends its tree once");
    }
}

/// `repair/LocalSyncTask` if the coordinator is one of the two, else `repair/SymmetricRemoteSyncTask`: SYNC_REQ to the first.
#[test]
fn the_coordinator_sees_to_its_own_pairs_and_tells_others_to_see_to_theirs() {
    let run = Run::of(3).with("repair", "off").at("1s", "cut C c1").at("2s", "c0 A write k v").at("3s", "mend-all");
    let run = repair(run, "").play();
    assert_eq!(told(&run, |t| matches!(t, RepairSay::Sync { .. })), ["AA", "AB"]);
    assert_eq!(told(&run, |t| matches!(t, RepairSay::Synced { .. })), ["AA", "BA"]);
}

/// dtest `repair_tests/repair_test.py` `test_empty_vs_gcable_no_repair`: a tombstone that has expired equals nothing.
#[test]
fn a_replica_with_an_expired_tombstone_equals_one_with_nothing() {
    let run = Run::of(3).with("repair", "off").with("tombstones", r#"{"purge":{"grace":"1s","every":"60s"}}"#);
    let run = repair(run.at("0s", "cut C c1").at("1s", "c0 A delete k").at("2s", "mend-all"), "").end("6s").play();
    assert_eq!(run.held("k"), "A=x B=x C=-");
    let cost = Sweeps::of(&run.log).costs().next().cloned().expect("one repair");
    assert_eq!((cost.ended.expect("it ended").1, cost.rows, cost.pairs_apart), (SweepOutcome::Equal, 0, 0));
}

/// `service/ActiveRepairService.prepareForRepair`: an endpoint that is not alive fails the repair at once, unless it is forced; and
/// `repair/RepairRunnable`: sets of replicas smaller than two are left out then.
#[test]
fn a_dead_endpoint_fails_the_repair_at_once() {
    let base = |options| repair(Run::of(3).with("detector", "100ms 400ms").at("1s", "crash C"), options).play();
    let ended = |run: &Played| Sweeps::of(&run.log).costs().next().and_then(|cost| cost.ended).expect("it ended").1;
    assert_eq!(ended(&base("")), SweepOutcome::Down(NodeId(2)));
    assert_eq!(ended(&base(r#""force":true"#)), SweepOutcome::Equal);
}

/// `repair/consistent/CoordinatorSession`: prepare, then validation, then propose, promise and commit, each to and from everybody.
#[test]
fn an_incremental_repair_ends_with_a_promise_from_everybody() {
    let run = repair(Run::of(3).at("1s", "c0 A write k v"), r#""incremental":true"#).play();
    let all = ["AA", "AB", "AC"];
    for test in [
        (|t| matches!(t, RepairSay::Prepare { .. })) as fn(&RepairSay) -> bool,
        |t| matches!(t, RepairSay::Propose),
        |t| matches!(t, RepairSay::Commit),
    ] {
        assert_eq!(told(&run, test), all);
    }
    let place = |test: fn(&RepairSay) -> bool, last: bool| {
        let is = |e: &drift::engine::world::Event| match &e.kind {
            EventKind::Sent(m) => matches!(&m.body, Body::Sweep { say, .. } if matches!(&**say, Say::Repair(told) if test(told))),
            _ => false,
        };
        if last { run.log.iter().rposition(is) } else { run.log.iter().position(is) }.expect("it happens")
    };
    assert!(place(|t| matches!(t, RepairSay::Promise), true) < place(|t| matches!(t, RepairSay::Commit), false));
    assert!(place(|t| matches!(t, RepairSay::Prepared), true) < place(|t| matches!(t, RepairSay::Validate { .. }), false));
}
