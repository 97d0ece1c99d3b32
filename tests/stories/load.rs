//! What disks and links can carry: clients wait for sweeps, unless these are kept within bounds.

use drift::engine::base::{Micros, NodeId};
use drift::engine::node::sweeps::QueueStep;
use drift::engine::node::{Body, Note, Traffic};
use drift::engine::observe::Sweeps;
use drift::engine::world::EventKind;

use crate::run::{Played, Run};

/// Three nodes that all hold the same 3,000 rows, and disks that scan 1,000 rows a second.
fn slow() -> Run {
    Run::of(3).with("disk", r#"{"read":"1ms","write":"1ms","scan":"1ms"}"#).at("0s", "preload 3000 seed 5")
}

fn took(run: &Run, what: &str, with: &str) -> u64 {
    run.clone().with("disk.sweep-share-ppm", with).at("1100ms", what).play().took_ms(0)
}

#[test]
fn a_disk_takes_its_time() {
    // 10 ms there, 1 ms at the disk, 10 ms back, and the same again for what client and coordinator say.
    let at = |disk: &str| {
        let run = Run::of(3).network("local", "1us").with("disk", disk).at("0s", "preload 10 seed 5");
        let run = run.at("1s", "c0 A write k v ALL").at("2s", "c0 A read k ALL").play();
        (run.took_ms(0), run.took_ms(1))
    };
    assert_eq!(at("null"), (40, 40));
    assert_eq!(at(r#"{"read":"7ms","write":"3ms"}"#), (43, 47));
    // Reads wait for each other; writes only for writes.
    let run = Run::of(3).with("replicas", "1").with("disk", r#"{"read":"50ms","write":"5ms"}"#);
    let run = run.at("1s", "c0 A read k").at("1s", "c1 A read k").at("1s", "c0 A write k v").at("1s", "c1 A write k w").play();
    let mut all: Vec<u64> = (0..4).map(|i| run.took_ms(i)).collect();
    all.sort_unstable();
    assert_eq!((all[1] - all[0], all[3] - all[2]), (5, 50));
}

#[test]
fn a_read_waits_for_a_scan_and_a_write_does_not() {
    let quiet = slow();
    let busy = slow().at("1s", "sweep A B").at("1s", "sweep B C").at("1s", "sweep C A");
    let (read, write) = ("c0 A read k ALL", "c0 A write k v ALL");
    assert!(took(&quiet, read, "null") < 50 && took(&quiet, write, "null") < 50);
    assert!(took(&busy, read, "null") > 2_000, "{}", took(&busy, read, "null"));
    assert!(took(&busy, write, "null") < 50, "{}", took(&busy, write, "null"));
    // With a share of its own the sweep takes longer, and the read hardly notices.
    assert!(took(&busy, read, "250000") < 50, "{}", took(&busy, read, "250000"));
    let ended = |share: &str| {
        let run = busy.clone().with("disk.sweep-share-ppm", share).with("sweeps", r#"{"timeout":"200s"}"#).end("90s").play();
        let ends: Vec<Micros> = Sweeps::of(&run.log).costs().map(|cost| cost.ended.expect("it ended").0).collect();
        ends.into_iter().max().expect("some")
    };
    assert!(ended("250000") > ended("null"));
}

#[test]
fn a_crash_empties_the_queue_of_the_disk() {
    let run = slow().at("1s", "sweep A B").at("1100ms", "crash A").at("1200ms", "restart A").at("1300ms", "c0 A read k ONE").play();
    assert!(run.took_ms(0) < 50);
    assert_eq!(run.session.world().disk_busy(NodeId(0)), Micros::ZERO);
}

/// Bytes that sweeps put on the way in each second, by all that `counts`.
fn rates(run: &Played, counts: impl Fn(NodeId, NodeId) -> bool) -> Vec<u64> {
    let mut seconds: Vec<u64> = Vec::new();
    // As they arrive: what leaves a node is stretched by its cap.
    for event in &run.log {
        if let EventKind::Delivered(message) = &event.kind
            && message.body.traffic() == Traffic::Tree
            && message.from != message.to
            && let (Some(from), Some(to)) = (message.from.node(), message.to.node())
            && counts(from, to)
        {
            let second = (event.at.0 / 1_000_000) as usize;
            seconds.resize(seconds.len().max(second + 1), 0);
            seconds[second] += u64::from(message.size);
        }
    }
    seconds
}

#[test]
fn caps_bound_what_sweeps_send() {
    let with = |caps: &str| {
        let sweeps = format!(r#"{{"caps":{caps},"timeout":"60s","rows-at-once":4}}"#);
        let mut run = Run::of(4).zones(&[("north", 2), ("south", 2)]).with("repair", "off").with("sweeps", &sweeps).end("120s");
        run = run.at("0s", "preload 100 seed 5 value-bytes 200").at("1s", "cut C D c1");
        for i in 0..60 {
            run = run.at("2s", &format!("c0 A write n{i} {} ONE", "v".repeat(200)));
        }
        run.at("3s", "mend-all").at("4s", "sweep A C").at("4s", "sweep B D").play()
    };
    let (free, node, zone) = (with("{}"), with(r#"{"node":2000}"#), with(r#"{"zone":2000}"#));
    let most = |run: &Played, counts: &dyn Fn(NodeId, NodeId) -> bool| rates(run, counts).into_iter().max().unwrap_or(0);
    let from_a = |from: NodeId, _: NodeId| from == NodeId(0);
    let out = |from: NodeId, to: NodeId| from.0 < 2 && to.0 >= 2;
    assert!(most(&free, &from_a) > 6_000);
    // A message that straddles a second counts where it ends.
    assert!(most(&node, &from_a) <= 2_000 + 1_000, "{:?}", rates(&node, from_a));
    assert!(most(&node, &out) > 3_000, "two nodes send twice as much");
    assert!(most(&zone, &out) <= 2_000 + 1_000);
    for run in [free, node, zone] {
        assert_eq!(run.report.stale_keys, 0, "slower, and done all the same");
    }
}

#[test]
fn what_clients_wait_for_holds_sweeps_back() {
    // 300 reads wait at a disk that takes 100 ms for each: Riak's table says 10 ms from 200 on.
    let sweeps = r#"{"schedule":{"every":"5s","start":"together"},"queue":{"throttle":true,"ranges":"first"}}"#;
    let mut run = Run::of(3).with("replicas", "3").with("disk", r#"{"read":"100ms","scan":"0us"}"#).with("sweeps", sweeps).end("6s");
    for i in 0..300 {
        run = run.at(&format!("{}ms", 4_000 + i), "c0 A read k ONE");
    }
    let run = run.play();
    let held: Vec<(u64, Micros)> = run
        .log
        .iter()
        .filter_map(|event| match &event.kind {
            EventKind::Note(Note::Queue(QueueStep::HeldBack { waiting, rest })) => Some((*waiting, *rest)),
            _ => None,
        })
        .collect();
    assert!(!held.is_empty() && held.iter().all(|(waiting, rest)| (200..500).contains(waiting) && *rest == Micros::ms(10)), "{held:?}");
    assert!(run.has(|kind| matches!(kind, EventKind::Sent(m) if matches!(m.body, Body::Sweep { .. }))), "the others go on");
}
