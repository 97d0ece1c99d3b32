//! When and in which order repair runs: Cassandra Reaper (`src/server/src/main/java/io/cassandrareaper/service/`), Riak's
//! `riak_kv_entropy_manager`, Garage's `src/table/sync.rs`.

use drift::engine::base::{Micros, NodeId};
use drift::engine::data::Token;
use drift::engine::node::{SweepSettings, throttle};
use drift::engine::observe::{SweepCost, Sweeps};
use drift::engine::sweep::TokenRange;

use crate::run::{Played, Run};

fn costs(played: &Played) -> Vec<SweepCost> {
    let mut all: Vec<SweepCost> = Sweeps::of(&played.log).costs().cloned().collect();
    all.sort_by_key(|cost| (cost.began, cost.session));
    all
}

/// `SegmentGenerator.generateSegments`: a range of a size is cut at start + size · j / count, and the parts are the whole.
#[test]
fn segments_of_a_range_are_cut_evenly() {
    let range = TokenRange { left: Token(1_000), right: Token(2_000) };
    let ends = |count: u64| -> Vec<u64> { (0..count).filter_map(|j| Some(range.part(j, count)?.right.0)).collect() };
    assert_eq!((ends(4), ends(1)), (vec![1_250, 1_500, 1_750, 2_000], vec![2_000]));
    // Where it does not come out even, the cut is at the next token instead of the last.
    assert_eq!(ends(3), [1_334, 1_667, 2_000]);
}

/// `SegmentRunner.canRepair`: a segment does not start while one of its hosts takes part in a repair.
#[test]
fn a_segment_waits_until_its_replicas_are_free() {
    let sweeps = r#"{"schedule":{"every":"5s","start":"together"},"queue":{"one-each":true},"retries":5,"back-off":"50ms"}"#;
    let run = Run::of(5).with("sweeps", sweeps).at("0s", "preload 50 seed 5").end("9900ms").play();
    let all = costs(&run);
    let good: Vec<&SweepCost> = all.iter().filter(|cost| cost.ended.is_some_and(|(_, outcome)| outcome.is_good())).collect();
    assert!(good.len() > 10, "{}", good.len());
    let spans = |node: NodeId| -> Vec<(Micros, Micros)> {
        let takes_part = |cost: &&&SweepCost| cost.session.by == node || cost.with == node;
        good.iter().filter(takes_part).filter_map(|cost| Some((cost.began, cost.ended?.0))).collect()
    };
    for node in (0..5).map(NodeId) {
        let spans = spans(node);
        assert!(spans.windows(2).all(|two| two[0].1 <= two[1].0), "{node} is in two sweeps at once: {spans:?}");
    }
}

/// `SegmentRunner.intensityBasedDelayMillis`: after a segment that took d the next one waits for d / intensity − d.
#[test]
fn intensity_is_the_share_of_time_spent_on_segments() {
    let sweeps = |ppm: u32| {
        format!(
            r#"{{"schedule":{{"every":"20s","start":"in-turn"}},"queue":{{"ranges":"first","segments":6,"intensity-ppm":{ppm}}},"at-once":1}}"#
        )
    };
    let rests = |ppm: u32| -> Vec<(u64, u64)> {
        let run = Run::of(3).with("sweeps", &sweeps(ppm)).at("0s", "preload 30 seed 5").end("39s").play();
        let mine: Vec<SweepCost> = costs(&run).into_iter().filter(|cost| cost.session.by == NodeId(0)).collect();
        let pair = |two: &[SweepCost]| {
            let end = two[0].ended.expect("it ended").0;
            (end.since(two[0].began).0, two[1].began.since(end).0)
        };
        mine.windows(2).map(pair).collect()
    };
    assert!(rests(1_000_000).iter().all(|(_, rest)| *rest == 0));
    for (ppm, times, part) in [(900_000, 1, 9), (500_000, 1, 1), (250_000, 3, 1)] {
        let all = rests(ppm);
        assert!(all.len() > 5 && all.iter().all(|(took, rest)| *rest == took * times / part), "{ppm}: {all:?}");
    }
}

/// `riak_kv_entropy_manager:query_and_set_aae_throttle`: of the rows whose length is below the longest mailbox the last one counts, with the
/// limits of `init`: 200, 500, 750, 900 and 1,100 messages.
#[test]
fn riak_rests_longer_the_more_waits() {
    let table = [
        (0, 0),
        (200, 0),
        (201, 10),
        (500, 10),
        (501, 50),
        (750, 50),
        (751, 250),
        (900, 250),
        (901, 1_000),
        (1_100, 1_000),
        (1_101, 5_000),
    ];
    for (waiting, rest) in table {
        assert_eq!(throttle(waiting), rest, "{waiting}");
    }
    // DEFAULT_CONCURRENCY
    assert_eq!(SweepSettings::default().at_once, 2);
}

/// `riak_kv_entropy_manager:next_exchange`: the queue is filled again only when it is empty, and worked off from the front; whoever is down
/// is not waited for.
#[test]
fn an_exchange_with_a_node_that_is_down_is_left_out() {
    let sweeps = r#"{"schedule":{"every":"4s","start":"together"},"queue":{}}"#;
    let run = Run::of(4).with("sweeps", sweeps).with("detector", "100ms 300ms").at("1s", "crash D").end("7s").play();
    let all = costs(&run);
    assert!(all.len() > 4 && all.iter().all(|cost| cost.with != NodeId(3)), "nobody turns to D");
}

/// `sync.rs`, `SyncTodo::pop_task`: a round takes all partitions, each time at a drawn place of what is left.
#[test]
fn garage_takes_partitions_in_a_drawn_order() {
    let sweeps = r#"{"schedule":{"every":"10s","start":"together"},"policy":{"method":"trie"},"queue":{"order":"drawn"},"at-once":64}"#;
    let run = Run::of(6).with("sweeps", sweeps).at("0s", "preload 60 seed 5").end("39s").play();
    let mine: Vec<(TokenRange, NodeId)> =
        costs(&run).iter().filter(|cost| cost.session.by == NodeId(0)).map(|cost| (cost.ranges[0], cost.with)).collect();
    let rounds: Vec<&[(TokenRange, NodeId)]> = mine.chunks(6).collect();
    assert_eq!(rounds.len(), 3, "three ranges with two others each");
    let sorted = |round: &[(TokenRange, NodeId)]| {
        let mut all = round.to_vec();
        all.sort_unstable();
        all
    };
    assert!(rounds.iter().all(|round| sorted(round) == sorted(rounds[0])), "all of them in each round");
    assert!(rounds[0] != rounds[1] && rounds[1] != rounds[2], "in another order each time");
}
