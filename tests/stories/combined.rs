//! Logs with a check by trees beside them, within a zone and across; zones that follow one another asynchronously, and what that costs.

use drift::engine::base::Micros;
use drift::engine::node::{Method, Traffic};
use drift::engine::observe::{Crossings, Sweeps, crossings};
use drift::engine::place::ZoneId;

use crate::run::{Played, Run};

/// Two zones of three nodes, three copies in each; 40 ms between zones, 2 ms within.
fn zones(reach: &str) -> Run {
    let mut run = Run::of(6).zones(&[("east", 3), ("west", 3)]).network("latency", "2ms").with("write.reach", reach);
    run = run.with("write-level", "LOCAL_QUORUM").with("read-level", "LOCAL_QUORUM").with("repair", "off").end("30s");
    run = run.with("sweeps", r#"{"schedule":{"every":"400ms"},"policy":{"method":"log"},"at-once":8}"#);
    for (from, to) in [("A", "D"), ("A", "E"), ("A", "F"), ("B", "D"), ("B", "E"), ("B", "F"), ("C", "D"), ("C", "E"), ("C", "F")] {
        run = run.at("0s", &format!("link {from} > {to} slower 40ms")).at("0s", &format!("link {to} > {from} slower 40ms"));
    }
    run
}

fn crossed(run: &Played) -> Crossings {
    crossings(&run.log, run.session.world().ring())
}

const WEST: ZoneId = ZoneId(1);

#[test]
fn an_asynchronous_zone_follows_by_its_sweeps_and_the_lag_can_be_read_off() {
    let play = |reach: &str| {
        let mut run = zones(reach);
        for i in 0..20 {
            run = run.at(&format!("{}ms", 1_000 + 100 * i), &format!("c0 A write key-{i} v"));
        }
        let mut run = run.play();
        assert_eq!(run.stale_at("30s"), 0, "{reach}");
        assert!(run.outcomes().iter().all(|outcome| outcome == "written"));
        run
    };
    let (now, later) = (crossed(&play("everywhere")), crossed(&play("own-zone")));
    // Written everywhere: one way from zone to zone. Asynchronously: until somebody's next sweep.
    assert_eq!((now.lag[&WEST].count(), later.lag[&WEST].count()), (20, 20));
    assert!(now.lag[&WEST].max() < Micros::ms(60), "{}", now.lag[&WEST].max());
    assert!(later.lag[&WEST].quantile(500) > Micros::ms(60) && later.lag[&WEST].max() < Micros::secs(3), "{}", later.lag[&WEST].max());
    let bytes = |all: &Crossings, traffic| all.bytes.get(&traffic).copied().unwrap_or(0);
    assert!(bytes(&now, Traffic::Write) > 1_000 && bytes(&later, Traffic::Write) == 0);
    assert!(bytes(&later, Traffic::Tree) > 0);
}

#[test]
fn a_zone_that_is_cut_off_goes_on_and_lags_by_as_long_as_it_was_away() {
    let run = zones("own-zone").at("1s", "cut D E F c1").at("2s", "c0 A write k east").at("3s", "c1 D write l west").at("10s", "mend-all");
    let run = run.play();
    assert_eq!(run.outcomes(), ["written", "written"], "each side with its own quorum");
    assert_eq!(run.held("k"), "A=east B=east C=east D=east E=east F=east");
    assert_eq!(run.held("l"), "A=west B=west C=west D=west E=west F=west");
    let lag = &crossed(&run).lag;
    assert!(lag[&WEST].max() > Micros::secs(7) && lag[&ZoneId(0)].max() > Micros::secs(6));
}

#[test]
fn every_so_many_rounds_trees_are_compared_and_zones_may_differ_in_method() {
    let sweeps = r#"{"schedule":{"every":"400ms"},"policy":{"method":"log"},"across":"bitmaps","check-each":3,"at-once":8}"#;
    let run = zones("own-zone").with("sweeps", sweeps).at("1s", "c0 A write k v").play();
    let all = Sweeps::of(&run.log);
    let ring = run.session.world().ring();
    let count = |method: Method, across: bool| {
        all.costs().filter(|c| c.method == method && (ring.zone_of(c.session.by) != ring.zone_of(c.with)) == across).count()
    };
    assert_eq!((count(Method::Bitmaps, false), count(Method::Log, true)), (0, 0));
    for (method, across) in [(Method::Log, false), (Method::Bitmaps, true)] {
        let (by_memory, by_trees) = (count(method, across), count(Method::Descent, across));
        assert!(by_trees > 0 && by_memory >= 2 * by_trees - 6 && by_memory <= 2 * by_trees + 24, "{by_memory} and {by_trees}");
    }
    assert!(Run::of(3).with("sweeps.check-each", "0").refused().contains("sweep check-each: must be 1 to 10000"));
}

#[test]
fn a_check_finds_what_no_log_tells() {
    // B is given an old disk's rows behind its log's back: the run's one way to change rows without an entry is a setting that breaks rules.
    let sweeps =
        |check: &str| format!(r#"{{"schedule":{{"every":"300ms"}},"policy":{{"method":"log"}},"log":{{"entries":10000}}{check}}}"#);
    let play = |check: &str| {
        let run = Run::of(3).with("sweeps", &sweeps(check)).with("repair", "off").with("grace", "2s 100ms").end("20s");
        // A delete that one replica never heard of, forgotten by the others: the value stays where it is, and no log speaks of it.
        let run = run.at("1s", "c0 A write k v ALL").at("2s", "cut C").at("2500ms", "c0 A delete k").at("9s", "mend-all");
        run.play().held("k")
    };
    let (alone, checked) = (play(""), play(r#","check-each":2"#));
    assert_eq!(alone, "A=- B=- C=v", "logs know of the delete, but its mark is gone");
    assert_eq!(checked, "A=v B=v C=v", "the check brings the value back: what it finds is a difference, not the truth");
}
