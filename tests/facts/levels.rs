//! Levels: how many replicas each waits for, and with which of them up it can be had. Apache Cassandra 4.1, paths below
//! `src/java/org/apache/cassandra/`.

use drift::engine::node::{Body, Level, Need};
use drift::engine::world::EventKind;

use crate::run::{Run, key_on};

/// `db/ConsistencyLevel.blockFor`: by N from 1 to 5 in one zone, where local levels are the plain ones (`localQuorumFor`, `eachQuorumFor`).
const ONE_ZONE: [(Level, [u32; 5]); 9] = [
    (Level::Any, [1, 1, 1, 1, 1]),
    (Level::One, [1, 1, 1, 1, 1]),
    (Level::Two, [2, 2, 2, 2, 2]),
    (Level::Three, [3, 3, 3, 3, 3]),
    (Level::Quorum, [1, 2, 2, 3, 3]),
    (Level::All, [1, 2, 3, 4, 5]),
    (Level::LocalOne, [1, 1, 1, 1, 1]),
    (Level::LocalQuorum, [1, 2, 2, 3, 3]),
    (Level::EachQuorum, [1, 2, 2, 3, 3]),
];

#[test]
fn block_for_in_one_zone() {
    for (level, table) in ONE_ZONE {
        assert_eq!([1, 2, 3, 4, 5].map(|n| level.block_for(n)), table, "{level}");
    }
    // Riak's and Dynamo's R and W are numbers; they may be more than N, and are then never had.
    assert_eq!([1, 2, 3, 4, 5].map(|n| Level::Count(4).block_for(n)), [4; 5]);
}

/// `db/ConsistencyLevel.blockFor` with `NetworkTopologyStrategy`: QUORUM and ALL count all zones together, LOCAL levels the coordinator's,
/// EACH_QUORUM a majority of each.
#[test]
fn block_for_in_three_zones() {
    // A majority is the least number of which two sets must meet.
    let majority = |n: u32| (1..).find(|k| 2 * k > n).expect("some number");
    for (a, b, c) in (1..=5).flat_map(|a| (1..=5).flat_map(move |b| (1..=5).map(move |c| (a, b, c)))) {
        for (home, here) in [(0, a), (1, b), (2, c)] {
            let need = |level: Level| level.need(&[a, b, c], home);
            let zone = |count| Need::Zone { zone: home, count };
            assert_eq!([Level::Any, Level::One, Level::Two, Level::Three].map(need), [1, 1, 2, 3].map(Need::Total));
            assert_eq!(need(Level::Quorum), Need::Total(majority(a + b + c)));
            assert_eq!(need(Level::All), Need::Total(a + b + c));
            assert_eq!(need(Level::LocalOne), zone(1));
            assert_eq!(need(Level::LocalQuorum), zone(majority(here)));
            assert_eq!(need(Level::EachQuorum), Need::Each([a, b, c].map(majority).into()));
        }
    }
    // By hand: 3 + 3 + 3, and 3 + 2 + 1 seen from the second zone.
    let required = |zones: [u32; 3], home: u32| Level::EVERY.map(|level| (level.name().into_owned(), level.need(&zones, home).required()));
    let table = |values: [(&str, u32); 9]| values.map(|(name, n)| (name.to_owned(), n));
    let by_hand = [
        ("ANY", 1),
        ("ONE", 1),
        ("LOCAL_ONE", 1),
        ("TWO", 2),
        ("THREE", 3),
        ("LOCAL_QUORUM", 2),
        ("QUORUM", 5),
        ("EACH_QUORUM", 6),
        ("ALL", 9),
    ];
    assert_eq!(required([3, 3, 3], 0), table(by_hand));
    let by_hand = [
        ("ANY", 1),
        ("ONE", 1),
        ("LOCAL_ONE", 1),
        ("TWO", 2),
        ("THREE", 3),
        ("LOCAL_QUORUM", 2),
        ("QUORUM", 4),
        ("EACH_QUORUM", 5),
        ("ALL", 6),
    ];
    assert_eq!(required([3, 2, 1], 1), table(by_hand));
}

/// `locator/ReplicaPlans.assureSufficientLiveReplicas`: which replicas of three are up, as the coordinator believes, decides whether a level
/// can be had; otherwise required and alive are said at once and nothing is sent. ANY needs one replica unless hints are kept.
#[test]
fn availability_in_one_zone() {
    let key = key_on(4, "ABC");
    let levels = [
        Level::Any,
        Level::One,
        Level::Two,
        Level::Three,
        Level::Quorum,
        Level::All,
        Level::LocalOne,
        Level::LocalQuorum,
        Level::EachQuorum,
    ];
    for keeper in ["nobody", "coordinator"] {
        for up in 0..8u32 {
            let alive = up.count_ones();
            // D holds no copy and coordinates.
            let mut run = Run::of(4).with("detector", "50ms 150ms").with("hints.keeper", keeper).end("8s");
            for (_, node) in ["A", "B", "C"].iter().enumerate().filter(|(i, _)| up & (1 << i) == 0) {
                run = run.at("0s", &format!("crash {node}"));
            }
            let mut expected = Vec::new();
            for (i, level) in levels.iter().enumerate() {
                run = run.at(&format!("{}ms", 1_000 + 200 * i), &format!("c0 D write {key} v {level}"));
                let (required, enough) = match level {
                    Level::Any => (1, alive >= 1 || keeper == "coordinator"),
                    Level::One | Level::LocalOne => (1, alive >= 1),
                    Level::Three | Level::All => (3, alive == 3),
                    _ => (2, alive >= 2),
                };
                expected.push(if enough { "written".to_owned() } else { format!("unavailable {alive}/{required}") });
            }
            for (i, level) in levels[1..].iter().enumerate() {
                run = run.at(&format!("{}ms", 3_000 + 200 * i), &format!("c0 D read {key} {level}"));
                let write = &expected[i + 1];
                expected.push(if write == "written" { "value v".to_owned() } else { write.clone() });
            }
            let run = run.play();
            assert_eq!(run.outcomes(), expected, "up: {up:03b}, hints: {keeper}");
            let refused: Vec<u32> = run.report.operations.iter().filter(|o| o.outcome == "unavailable").map(|o| o.number).collect();
            let worked = run.log.iter().filter(|e| e.op.is_some_and(|op| refused.contains(&op.number)));
            let sent = worked.filter(|e| matches!(&e.kind, EventKind::Sent(m) if !matches!(m.body, Body::Request(_) | Body::Reply { .. })));
            assert_eq!(sent.count(), 0, "what is refused asks nobody and leaves no hint");
            assert!(keeper == "coordinator" || run.hints("D") == 0);
        }
    }
}

/// Same place, two zones of three copies each: LOCAL levels look at the coordinator's zone alone, EACH_QUORUM at both, and surplus replicas of
/// one zone do not help the other. (For EACH_QUORUM the real error names the numbers of the zone that lacks some; here they are of both.)
#[test]
fn availability_in_two_zones() {
    let levels = [Level::One, Level::LocalOne, Level::LocalQuorum, Level::Quorum, Level::EachQuorum, Level::All];
    // A, B, C are in x, D, E, F in y; A coordinates.
    for (x, y) in (1..=3u32).flat_map(|x| (0..=3u32).map(move |y| (x, y))) {
        let mut run = Run::of(6).zones(&[("x", 3), ("y", 3)]).with("detector", "50ms 150ms").end("5s");
        for node in ["C", "B"].iter().take(3 - x as usize).chain(["F", "E", "D"].iter().take(3 - y as usize)) {
            run = run.at("0s", &format!("crash {node}"));
        }
        let mut expected = Vec::new();
        for (i, level) in levels.iter().enumerate() {
            run = run.at(&format!("{}ms", 1_000 + 200 * i), &format!("c0 A write k v {level}"));
            let (required, alive) = match level {
                Level::One => (1, x + y),
                Level::LocalOne => (1, x),
                Level::LocalQuorum => (2, x),
                Level::Quorum => (4, x + y),
                Level::EachQuorum => (4, x.min(2) + y.min(2)),
                _ => (6, x + y),
            };
            expected.push(if alive >= required { "written".to_owned() } else { format!("unavailable {alive}/{required}") });
        }
        for (i, level) in levels.iter().enumerate() {
            run = run.at(&format!("{}ms", 3_000 + 200 * i), &format!("c0 A read k {level}"));
            let write = expected[i].clone();
            expected.push(if write == "written" { "value v".to_owned() } else { write });
        }
        assert_eq!(run.play().outcomes(), expected, "{x} up in x, {y} in y");
    }
}

/// `locator/ReplicaPlans`, `service/DatacenterWriteResponseHandler`, `DatacenterSyncWriteResponseHandler`: acknowledgements of another zone do not
/// open a LOCAL_QUORUM, and a whole zone does not stand for a majority of each.
#[test]
fn whose_acknowledgements_count() {
    let write = |slow: &str, level: &str, relay: &str| {
        let mut run = Run::of(6).zones(&[("x", 3), ("y", 3)]).with("write.relay", relay);
        for node in slow.split(' ') {
            run = run.at("0s", &format!("slow {node} 200ms"));
        }
        run.at("1s", &format!("c0 A write k v {level}")).play().took_ms(0)
    };
    // The coordinator acknowledges itself at once; one more of its zone makes a majority there.
    assert_eq!(write("D E F", "LOCAL_QUORUM", "true"), 40);
    assert_eq!(write("B C", "LOCAL_QUORUM", "true"), 440, "though A, D, E and F have it long since");
    assert_eq!(write("B C", "QUORUM", "true"), 50, "A, and the other zone: to one of it and passed on");
    assert_eq!([write("E F", "EACH_QUORUM", "false"), write("E", "EACH_QUORUM", "false")], [440, 40], "two of three in y");
}

/// `service/StorageProxy.sendToHintedReplicas`, `sendMessagesToNonlocalDC`: into another zone goes one message with a list; its receiver passes the
/// write on, and each acknowledges to the coordinator directly.
#[test]
fn one_message_into_another_zone() {
    let run = Run::of(6).zones(&[("x", 3), ("y", 3)]).at("1s", "c0 A write k v ALL").play();
    assert_eq!(run.outcomes(), ["written"]);
    let relays = run.sent(|m| matches!(m.body, Body::Relay { .. }));
    assert_eq!(relays.len(), 1);
    let passed = run.sent(|m| matches!(m.body, Body::Passed { .. }));
    assert!(passed.len() == 2 && passed.iter().all(|m| m.from == relays[0].to), "the receiver passes it on");
    assert!(run.sent(|m| m.body == Body::WriteAck).iter().all(|m| m.to.to_string() == "A"), "acknowledgements go to the coordinator");
    let plain = Run::of(6).zones(&[("x", 3), ("y", 3)]).with("write.relay", "false").at("1s", "c0 A write k v ALL").play();
    assert_eq!(plain.sent(|m| matches!(m.body, Body::Relay { .. } | Body::Passed { .. })).len(), 0);
    assert_eq!(plain.sent(|m| matches!(m.body, Body::Write { .. })).len(), 6);
}
