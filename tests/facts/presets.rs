//! Presets: the values that the systems' own files and papers give, one by one.

use drift::engine::base::{DigestFunction, Micros};
use drift::engine::node::{
    Contact, Coordinate, Detector, Keeper, Level, Method, Reach, Repair, SecondRound, Speculate, StandIn, Sync, Tombstones,
};
use drift::engine::place::Style;
use drift::lab::{Preset, preset};

use crate::run::Run;

fn of(name: &str) -> &'static Preset {
    preset(name).expect("it exists")
}

/// Apache Cassandra 4.1: `conf/cassandra.yaml`; `schema/TableParams` (gc_grace_seconds, speculative_retry, additional_write_policy);
/// `gms/FailureDetector`; `db/Digest`.
#[test]
fn cassandra_4_1() {
    let Preset { style, settings: s, .. } = of("cassandra");
    assert_eq!((*style, s.replicas.total(), s.digest), (Style::Tokens(16), 3, DigestFunction::Md5));
    assert_eq!((s.write.timeout, s.read.timeout, s.sync), (Micros::secs(2), Micros::secs(5), Sync::Every(Micros::secs(10))));
    assert!(s.write.relay && s.write.drop_late && !s.write.local_first && s.write.coordinate == Coordinate::Anyone);
    assert_eq!((s.read.repair, s.read.second_round, s.read.contact), (Repair::Blocking, SecondRound::Everyone, Contact::Level));
    assert_eq!((s.read.speculate, s.read.additional_write), (Speculate::Percentile(990), Some(Micros::secs(1))));
    let h = &s.hints;
    assert_eq!((h.keeper, h.window, h.persistent_window), (Keeper::Coordinator, Micros::secs(3 * 3_600), true));
    assert_eq!((h.flush, h.poll, h.page, h.throttle), (Micros::secs(10), Micros::secs(10), 512 << 10, 1_024 << 10));
    assert_eq!((h.targets_at_once, h.room, h.overload), (2, 0, 128 * 8));
    let Detector::Accrual(accrual) = s.detector else { panic!("{:?}", s.detector) };
    assert_eq!((accrual.every, accrual.window, accrual.threshold.0), (Micros::secs(1), 1_000, 8_000));
    assert_eq!(s.tombstones.grace(), Some(Micros::secs(864_000)));
    assert_eq!(s.fallback.stand_in, StandIn::Nobody);
}

/// Apache Cassandra 3.11: `config/CFMetaData` (dclocal_read_repair_chance 0.1), `conf/cassandra.yaml` (num_tokens 256).
#[test]
fn cassandra_3_11() {
    let Preset { style, settings: s, .. } = of("cassandra-3");
    assert_eq!((*style, s.read.repair, s.read.additional_write), (Style::Tokens(256), Repair::BlockingAll, None));
    assert_eq!(s.read.contact, Contact::Chance { all_ppm: 0, zone_ppm: 100_000 });
    assert!(!s.hints.persistent_window && s.hints.keeper == Keeper::Coordinator);
}

/// Riak KV 3.0: `riak_core_bucket` defaults, `riak_kv_put_fsm`, `riak_core_vnode_manager`; Erlang/OTP `net_kernel` for liveness.
#[test]
fn riak_3_0() {
    let Preset { style, settings: s, .. } = of("riak");
    assert_eq!((*style, s.replicas.total()), (Style::Partitions(64), 3));
    assert_eq!((s.write.level, s.write.durable, s.write.primary, s.write.confirms), (Level::Quorum, Some(Level::Quorum), None, 0));
    assert_eq!((s.read.level, s.read.primary, s.read.absent_counts, s.read.basic_quorum), (Level::Quorum, None, true, false));
    assert_eq!((s.write.timeout, s.read.timeout), (Micros::secs(60), Micros::secs(60)));
    assert!(s.write.local_first && s.write.coordinate == Coordinate::Replica { patience: Micros::secs(3) });
    assert_eq!((s.read.contact, s.read.repair, s.read.digests), (Contact::Everyone, Repair::Asynchronous, false));
    assert_eq!(s.fallback.stand_in, StandIn::Partition);
    assert_eq!((s.fallback.tick, s.fallback.idle, s.fallback.at_once), (Micros::secs(10), Micros::secs(60), 2));
    assert_eq!(s.detector, Detector::Heartbeat { every: Micros::secs(15), timeout: Micros::secs(45) });
}

/// Dynamo (2007): sections 4.3, 4.5, 4.6, 5 and 6.
#[test]
fn dynamo_2007() {
    let Preset { settings: s, .. } = of("dynamo");
    assert_eq!((s.replicas.total(), s.read.level, s.write.level), (3, Level::Count(2), Level::Count(2)));
    assert_eq!((s.fallback.stand_in, s.hints.keeper, s.tombstones), (StandIn::NextHealthy, Keeper::Nobody, Tombstones::Keep));
    assert_eq!((s.read.contact, s.read.repair), (Contact::Everyone, Repair::Asynchronous));
    assert!(s.write.local_first && matches!(s.write.coordinate, Coordinate::Replica { .. }));
}

/// No one system: a stream of logs, a check by trees, zones that follow (the shapes are those of the sources that the preset names).
#[test]
fn managed() {
    let Preset { settings: s, .. } = of("managed");
    assert_eq!((s.sweeps.policy.method, s.sweeps.check_each, s.write.reach), (Method::Log, Some(60), Reach::OwnZone));
    assert_eq!((s.write.level, s.read.level, s.read.repair), (Level::LocalQuorum, Level::LocalQuorum, Repair::Off));
    assert!(s.sweeps.schedule.is_some() && s.sweeps.log_policy().is_some_and(|log| log.entries == 100_000));
}

/// Each preset writes, reads and outlives a node that is down, as far as its system does.
#[test]
fn every_preset_works() {
    for name in ["dynamo", "cassandra", "cassandra-3", "riak", "managed"] {
        let run = Run::of(6).like(name).chatter("counted").at("30s", "c0 A write k a").at("31s", "c1 B read k").at("32s", "crash C");
        let run = run.at("150s", "c0 A write k b").at("160s", "c1 A read k").at("161s", "restart C").at("300s", "c1 B read k ALL");
        let run = run.end("500s").play();
        let outcomes = run.outcomes();
        assert_eq!(outcomes[..2], ["written", "value a"], "{name}");
        assert_eq!(outcomes[2..], ["written", "value b", "value b"], "{name}");
        assert_eq!(run.report.stale_keys, 0, "{name}: {}", run.held("k"));
        assert!(run.guests("k").is_empty() && run.session.world().hosts().iter().all(|h| h.node.hints.count() == 0), "{name}");
    }
}
