//! A node's queue of sweeps: range by range, in which order, how many at once, and what remains of a round after a crash.

use drift::engine::base::{Micros, NodeId};
use drift::engine::node::sweeps::{QueueStep, SweepOutcome, SweepStep};
use drift::engine::node::{Body, Note};
use drift::engine::observe::{SweepCost, Sweeps};
use drift::engine::sweep::TokenRange;
use drift::engine::world::EventKind;

use crate::run::{Played, Run, key_on};

fn run(nodes: u32, sweeps: &str) -> Run {
    Run::of(nodes).with("repair", "off").with("sweeps", sweeps)
}

fn costs(played: &Played) -> Vec<SweepCost> {
    let mut all: Vec<SweepCost> = Sweeps::of(&played.log).costs().cloned().collect();
    all.sort_by_key(|cost| (cost.began, cost.session));
    all
}

fn steps(played: &Played) -> Vec<(Micros, NodeId, QueueStep)> {
    let step = |event: &drift::engine::world::Event| match (&event.kind, event.who.and_then(|who| who.node())) {
        (EventKind::Note(Note::Queue(step)), Some(node)) => Some((event.at, node, *step)),
        _ => None,
    };
    played.log.iter().filter_map(step).collect()
}

/// When rounds began, at whom.
fn rounds(played: &Played) -> Vec<(Micros, NodeId)> {
    let all = steps(played).into_iter().filter(|(_, _, step)| matches!(step, QueueStep::Round { .. }));
    all.map(|(at, node, _)| (at, node)).collect()
}

/// The ranges that a node's sweeps began with, by the last token of each, in order.
fn order(played: &Played, node: u32) -> Vec<(TokenRange, NodeId)> {
    let mine = costs(played).into_iter().filter(|cost| cost.session.by == NodeId(node));
    mine.map(|cost| (cost.ranges[0], cost.with)).collect()
}

#[test]
fn a_round_compares_each_range_with_each_replica_once() {
    // Three ranges at a node, two other replicas of each.
    for (queue, each) in [("{}", 6), (r#"{"ranges":"first"}"#, 2), (r#"{"segments":4}"#, 24)] {
        let sweeps = format!(r#"{{"schedule":{{"every":"30s","start":"together"}},"queue":{queue},"at-once":64}}"#);
        let run = run(6, &sweeps).at("0s", "preload 60 seed 5").end("58s").play();
        let all = costs(&run);
        assert_eq!(all.len(), 6 * each, "{queue}");
        assert!(all.iter().all(|cost| cost.ranges.len() == 1 && cost.ended.is_some_and(|(_, outcome)| outcome == SweepOutcome::Equal)));
        let mut pairs: Vec<_> = all.iter().map(|cost| (cost.session.by, cost.ranges[0], cost.with)).collect();
        pairs.sort_unstable();
        pairs.dedup();
        assert_eq!(pairs.len(), 6 * each, "none twice");
        let finished = steps(&run).iter().filter(|(_, _, step)| matches!(step, QueueStep::Finished { .. })).count();
        assert_eq!(finished, 6);
        let queue = run.session.world().hosts()[0].node.sweeps.queue();
        assert_eq!((queue.backlog(), queue.done().len()), (0, each));
    }
}

#[test]
fn parts_of_ranges_are_whole_ranges_together() {
    // What differs is found wherever it lies, also with trees that are kept, also round zero, and by partitions.
    for policy in ["{}", r#"{"upkeep":"kept"}"#, r#"{"method":"full"}"#] {
        for partitions in [0, 16] {
            let sweeps = format!(r#"{{"schedule":{{"every":"5s"}},"policy":{policy},"queue":{{"segments":3}}}}"#);
            let mut run = run(5, &sweeps).at("0s", "preload 40 seed 5").at("1s", "cut D E c1").end("30s");
            if partitions > 0 {
                run = run.partitions(partitions);
            }
            for i in 0..40 {
                run = run.at("2s", &format!("c0 A write n{i} v ONE"));
            }
            let run = run.at("3s", "mend-all").play();
            assert_eq!(run.report.stale_keys, 0, "{policy} {partitions}");
        }
    }
}

#[test]
fn rounds_begin_together_in_turn_or_by_a_draw() {
    let began = |start: &str, jitter: &str| {
        let sweeps = format!(r#"{{"schedule":{{"every":"6s","jitter":"{jitter}","start":"{start}"}},"queue":{{}}}}"#);
        rounds(&run(6, &sweeps).end("18500ms").play())
    };
    let secs = |all: &[(Micros, NodeId)]| all.iter().map(|(at, node)| (at.0 / 1_000_000, node.0)).collect::<Vec<_>>();
    let together: Vec<(u64, u32)> = (1..4).flat_map(|round| (0..6).map(move |node| (6 * round, node))).collect();
    assert_eq!(secs(&began("together", "0s")), together);
    let turns: Vec<(u64, u32)> = (1..19).map(|at| (at, (at % 6) as u32)).collect();
    assert_eq!(secs(&began("in-turn", "0s")), turns);
    let mut drawn: Vec<u64> = began("drawn", "0s").iter().map(|(at, _)| at.0).take(6).collect();
    drawn.dedup();
    assert_eq!(drawn.len(), 6, "no two at the same instant");
    // Jitter spreads those that begin together, and does not add up.
    let spread = began("together", "1s");
    assert!(spread.iter().all(|(at, _)| at.0 % 6_000_000 <= 1_000_000) && spread.iter().any(|(at, _)| at.0 % 6_000_000 > 0));
}

#[test]
fn what_was_moved_most_or_read_most_comes_first() {
    let k = key_on(6, "ABC");
    let with = |order: &str| {
        let sweeps = format!(r#"{{"schedule":{{"every":"10s","start":"together"}},"queue":{{"order":"{order}"}},"at-once":64}}"#);
        run(6, &sweeps).at("0s", "preload 60 seed 5").at("1s", "cut C c1").at("2s", &format!("c0 A write {k} v ONE")).at("3s", "mend-all")
    };
    let second = |played: &Played| order(played, 0)[6];
    let oldest = with("oldest").end("28s").play();
    assert_eq!(order(&oldest, 0)[..6], order(&oldest, 0)[6..], "the longest ago is the first of the last round");
    let different = with("different").end("28s").play();
    let (range, peer) = second(&different);
    assert_eq!(peer, NodeId(2), "only C had missed something");
    assert!(range.holds(drift::engine::data::Key::new(&k).token()));
    // Read again and again: its range is first for both peers.
    let mut hot = with("hot").end("28s");
    for i in 0..9 {
        hot = hot.at(&format!("{}ms", 4_000 + i), &format!("c0 A read {k} ONE"));
    }
    let hot = hot.play();
    let token = drift::engine::data::Key::new(&k).token();
    assert!(order(&hot, 0)[..2].iter().all(|(range, _)| range.holds(token)));
    let drawn = with("drawn").end("28s").play();
    assert_ne!(order(&drawn, 0)[..6], order(&drawn, 0)[6..]);
}

#[test]
fn a_peer_that_was_down_comes_first_when_it_is_back() {
    let sweeps = r#"{"schedule":{"every":"10s","start":"together"},"queue":{"order":"unstable"},"at-once":1}"#;
    let run = run(6, sweeps).with("detector", "100ms 500ms").at("2s", "crash C").at("4s", "restart C").end("15s").play();
    assert_eq!(order(&run, 0)[0].1, NodeId(2));
}

#[test]
fn what_is_done_stays_done_after_a_crash_if_it_was_noted_on_disk() {
    // One sweep takes a second or so: five of six are open when A stops.
    let with = |checkpoints: &str| {
        let sweeps = format!(
            r#"{{"schedule":{{"every":"20s","start":"together"}},"queue":{{"checkpoints":"{checkpoints}"}},"at-once":1,"retries":0}}"#
        );
        let run = run(6, &sweeps).network("latency", "200ms").at("0s", "preload 60 seed 5");
        run.at("21200ms", "crash A").at("23s", "restart A").end("38s").play()
    };
    let disk = with("disk");
    let resumed = steps(&disk).into_iter().find_map(|(at, node, step)| match step {
        QueueStep::Resumed { left, done } => Some((at, node, left, done)),
        _ => None,
    });
    let (at, node, left, done) = resumed.expect("it goes on");
    assert_eq!((at, node, left + done), (Micros::secs(23), NodeId(0), 6));
    assert!(done >= 1 && left >= 1, "{done} done");
    assert_eq!(order(&disk, 0).len(), 7, "only the one that was under way is done twice");
    let memory = with("memory");
    assert!(!steps(&memory).iter().any(|(_, _, step)| matches!(step, QueueStep::Resumed { .. })));
    assert!(order(&memory, 0).len() < 6, "the rest waits for the next round");
    // A node that lost its disk has noted nothing.
    let sweeps = r#"{"schedule":{"every":"20s","start":"together"},"queue":{}}"#;
    let wiped = run(3, sweeps).at("21s", "wipe A").at("22s", "restart A").end("30s").play();
    assert!(!steps(&wiped).iter().any(|(_, _, step)| matches!(step, QueueStep::Resumed { .. })));
}

#[test]
fn a_full_queue_leaves_the_rest_to_the_next_round() {
    let sweeps = r#"{"schedule":{"every":"10s","start":"together"},"queue":{"most":4},"at-once":64}"#;
    let run = run(6, sweeps).end("28s").play();
    let first = steps(&run).into_iter().find(|(_, node, _)| *node == NodeId(0)).expect("a round").2;
    assert_eq!(first, QueueStep::Round { jobs: 4, left: 0, put_off: 2 });
    let mut pairs = order(&run, 0);
    assert_eq!(pairs.len(), 8);
    pairs.truncate(6);
    pairs.sort_unstable();
    pairs.dedup();
    assert_eq!(pairs.len(), 6, "those that were put off come first in the next");
}

#[test]
fn one_each_means_one_each() {
    let sweeps = r#"{"schedule":{"every":"10s","start":"together"},"retries":10,"back-off":"50ms","queue":{"one-each":true}}"#;
    let run = run(6, sweeps).at("0s", "preload 60 seed 5").end("19s").play();
    let all = costs(&run);
    assert_eq!(all.iter().filter(|cost| cost.ended.is_some_and(|(_, outcome)| outcome.is_good())).count(), 36, "all are done in the end");
    // Nobody answers while it asks, and nobody answers two.
    let mut answering = [0u32; 6];
    let mut asking = [0u32; 6];
    for event in &run.log {
        let Some(who) = event.who.and_then(|who| who.node()).map(|node| node.0 as usize) else { continue };
        match &event.kind {
            EventKind::Note(Note::Sweep { step: SweepStep::Began { .. }, .. }) => asking[who] += 1,
            EventKind::Note(Note::Sweep { step: SweepStep::Ended { .. }, .. }) => asking[who] -= 1,
            EventKind::Sent(message) => {
                if let Body::Sweep { session, say } = &message.body
                    && session.by.0 as usize != who
                    && say.code() == 2
                {
                    answering[who] += 1;
                }
            }
            EventKind::Delivered(message) => {
                if let Body::Sweep { say, .. } = &message.body
                    && say.code() == 11
                {
                    answering[who] -= 1;
                }
            }
            _ => {}
        }
        assert!(answering[who] + asking[who] <= 1, "{who} at {}", event.at);
    }
}

#[test]
fn ranges_of_a_peer_that_is_down_wait_and_start_when_it_is_back() {
    let sweeps = r#"{"schedule":{"every":"10s","start":"together"},"queue":{},"retries":0,"at-once":64}"#;
    let base = run(6, sweeps).with("detector", "100ms 500ms").with("hints.keeper", "nobody").chatter("counted");
    let run = base.at("8s", "cut C c1").at("9s", "c0 A write k v ONE").at("15s", "mend-all").end("17s").play();
    let to_c = costs(&run).into_iter().filter(|cost| cost.with == NodeId(2) || cost.session.by == NodeId(2)).collect::<Vec<_>>();
    assert!(to_c.iter().all(|cost| cost.began > Micros::secs(15)), "nobody tries while it is down");
    assert!(to_c.len() >= 8 && to_c.iter().all(|cost| cost.ended.is_some_and(|(_, outcome)| outcome.is_good())));
    assert_eq!(run.report.stale_keys, 0);
}

#[test]
fn a_sweep_that_is_stopped_ends_at_once_and_loses_nothing() {
    let base = run(3, "{}").at("0s", "preload 60 seed 5").at("1s", "cut C c1").at("2s", "c0 A write k v ONE").at("3s", "mend-all");
    let run = base.at("4s", "sweep A C").at("4025ms", "stop-sweep A 1").play();
    let cost = &costs(&run)[0];
    assert_eq!(cost.ended, Some((Micros::ms(4_025), SweepOutcome::Stopped)));
    assert!(run.session.world().hosts().iter().all(|host| host.node.sweeps.answering().is_empty()), "the other side is told");
    // All of them, and what waits.
    let sweeps = r#"{"schedule":{"every":"10s","start":"together"},"queue":{},"at-once":1}"#;
    let run = self::run(6, sweeps).at("10015ms", "stop-sweep A").end("19s").play();
    assert!(steps(&run).iter().any(|(_, node, step)| *node == NodeId(0) && *step == QueueStep::Emptied { jobs: 5 }));
    assert_eq!(order(&run, 0).len(), 1);
}

#[test]
fn intensity_is_the_share_of_time_spent_sweeping() {
    let with = |ppm: u32| {
        let sweeps = format!(
            r#"{{"schedule":{{"every":"60s","start":"together"}},"at-once":1,"queue":{{"ranges":"first","intensity-ppm":{ppm}}}}}"#
        );
        let run = run(3, &sweeps).end("100s").play();
        let mine: Vec<SweepCost> = costs(&run).into_iter().filter(|cost| cost.session.by == NodeId(0)).collect();
        (mine[0].ended.expect("it ended").0.since(mine[0].began), mine[1].began.since(mine[0].ended.expect("it ended").0))
    };
    assert_eq!(with(1_000_000).1, Micros::ZERO);
    let (took, rested) = with(250_000);
    assert_eq!(rested.0, took.0 * 3, "a quarter of the time");
}
