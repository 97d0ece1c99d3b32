//! Two replicas find out what they disagree on, and what it costs: counts worked out by hand.

use drift::engine::base::Wire;
use drift::engine::node::sweeps::{Refusal, SweepOutcome, SweepStep};
use drift::engine::node::{Body, Message, Note, Traffic};
use drift::engine::observe::{SweepCost, Sweeps};
use drift::engine::world::EventKind;

use crate::run::{Played, Run};

/// A tree of two children a node and three levels below the root.
const SMALL: &str = r#"{"tree":{"fan-out":2,"depth":{"fixed":3}}}"#;

/// Three nodes that all hold everything, and a cut that keeps C from the others from 1 s to 3 s.
fn apart() -> Run {
    Run::of(3).with("repair", "off").at("1s", "cut C c1")
}

fn costs(played: &Played) -> Vec<SweepCost> {
    Sweeps::of(&played.log).costs().cloned().collect()
}

fn outcome(played: &Played, nth: usize) -> SweepOutcome {
    costs(played)[nth].ended.expect("it ended").1
}

fn sweeps(message: &Message) -> bool {
    matches!(message.body, Body::Sweep { .. })
}

/// What the messages say, in order, by their codes.
fn said(played: &Played) -> Vec<u8> {
    let code = |m: &&Message| if let Body::Sweep { say, .. } = &m.body { say.code() } else { 0 };
    played.sent(sweeps).iter().map(code).collect()
}

#[test]
fn one_missing_row_costs_one_path() {
    let run = apart().at("2s", "c0 A write k v").at("3s", "mend-all").at("4s", &format!("sweep A C {SMALL}")).play();
    assert_eq!(run.held("k"), "A=v B=v C=v");
    let cost = &costs(&run)[0];
    // Three ranges, one for each token; one root differs; then two children on each of three levels.
    let levels: Vec<(u64, u64)> = cost.levels.iter().map(|l| (l.compared, l.differed)).collect();
    assert_eq!(levels, [(3, 1), (2, 1), (2, 1), (2, 1)]);
    // Roots, three times children, keys, rows: each a question and an answer. Then the end is told.
    assert_eq!(said(&run), [1, 2, 3, 4, 3, 4, 3, 4, 5, 6, 9, 10, 11]);
    assert_eq!((cost.messages, cost.round_trips, cost.rows, cost.over_streamed), (13, 6, 1, 0));
    assert_eq!((cost.keys_compared, cost.keys_differed, cost.scanned), (1, 1, 1));
    assert_eq!(cost.ended.expect("it ended").1, SweepOutcome::Repaired { pulled: 0, pushed: 1 });
}

#[test]
fn whoever_lacks_the_row_may_start() {
    let run = apart().at("2s", "c0 A write k v").at("3s", "mend-all").at("4s", &format!("sweep C A {SMALL}")).play();
    assert_eq!(run.held("k"), "A=v B=v C=v");
    assert_eq!(outcome(&run, 0), SweepOutcome::Repaired { pulled: 1, pushed: 0 });
    assert_eq!(said(&run), [1, 2, 3, 4, 3, 4, 3, 4, 5, 6, 8, 9, 11]);
}

#[test]
fn equal_replicas_exchange_roots_and_nothing_else() {
    let run = Run::of(3).at("1s", "preload 100 seed 3").at("2s", &format!("sweep A B {SMALL}")).play();
    assert_eq!(said(&run), [1, 2, 11]);
    assert_eq!(outcome(&run, 0), SweepOutcome::Equal);
    assert!(!run.has(|k| matches!(k, EventKind::Applied(_))), "no row moves");
    let cost = &costs(&run)[0];
    assert_eq!((cost.hashes_compared(), cost.rows, cost.scanned), (3, 0, 200), "but a scan reads all rows on both sides");
}

#[test]
fn a_stale_copy_is_found_on_both_sides_and_the_newer_wins() {
    let run = Run::of(3)
        .with("repair", "off")
        .at("0s", "c0 A write j old ALL")
        .at("0s", "c0 A write k old ALL")
        .at("1s", "cut C c1")
        .at("2s", "c0 A write k here ONE")
        .at("2100ms", "c1 C write j there ONE")
        .at("3s", "mend-all")
        .at("4s", "sweep A C")
        .play();
    assert_eq!((run.held("j"), run.held("k")), ("A=there B=old C=there".to_owned(), "A=here B=here C=here".to_owned()));
    // Both rows come; of k the older is refused, and the newer goes.
    assert_eq!(outcome(&run, 0), SweepOutcome::Repaired { pulled: 2, pushed: 1 });
    assert_eq!(costs(&run)[0].over_streamed, 1);
}

#[test]
fn a_full_comparison_sends_the_newer_row_back_whatever_streams_says() {
    for streams in ["keys", "leaves"] {
        let run = Run::of(3).with("repair", "off").at("0s", "c0 A write k old ALL").at("1s", "cut C c1").at("2s", "c0 A write k new ONE");
        let run = run.at("3s", "mend-all").at("4s", &format!(r#"sweep A C {{"method":"full","streams":"{streams}"}}"#)).play();
        assert_eq!(run.held("k"), "A=new B=new C=new", "{streams}");
        assert_eq!(outcome(&run, 0), SweepOutcome::Repaired { pulled: 1, pushed: 1 }, "{streams}");
    }
}

#[test]
fn all_ways_to_compare_repair_the_same_and_differ_in_what_they_send() {
    let start = |policy: &str| {
        let mut run = apart().at("1s", "preload 200 seed 3");
        for i in 0..5 {
            run = run.at("2s", &format!("c0 A write key-{i} new ONE"));
        }
        run.at("3s", "mend-all").at("4s", &format!("sweep C A {policy}")).play()
    };
    let bills: Vec<SweepCost> = [
        r#"{"method":"full"}"#,
        r#"{}"#,
        r#"{"streams":"leaves","tree":{"fan-out":2,"depth":{"fixed":2}}}"#,
        r#"{"upkeep":"kept"}"#,
        r#"{"tree":{"combine":"hash","digest":"sha-256"}}"#,
    ]
    .map(|policy| {
        let run = start(policy);
        for i in 0..5 {
            assert_eq!(run.held(&format!("key-{i}")), "A=new B=new C=new", "{policy}");
        }
        costs(&run).remove(0)
    })
    .into();
    let [full, descent, leaves, ..] = bills.as_slice() else { panic!("five") };
    assert!(full.metadata_bytes > 5 * 200 && full.keys_compared == 200 && full.levels.is_empty());
    assert!(descent.metadata_bytes < full.metadata_bytes && descent.keys_compared < 200);
    assert!(leaves.over_streamed > 50 && descent.over_streamed == 0, "{} and {}", leaves.over_streamed, descent.over_streamed);
}

#[test]
fn bytes_of_the_bill_are_bytes_of_the_messages() {
    let mut run = apart().at("1s", "preload 300 seed 3");
    for i in 0..20 {
        run = run.at("2s", &format!("c0 A write key-{i} new ONE"));
    }
    let run = run.at("3s", "mend-all").at("4s", "sweep A C").at("6s", r#"sweep B C {"method":"full"}"#).play();
    let mut total = 0;
    for message in run.sent(sweeps) {
        let mut bytes = Vec::new();
        message.encode(&mut bytes);
        assert_eq!(bytes.len() as u32, message.size);
        total += u64::from(message.size);
    }
    assert_eq!(total, costs(&run).iter().map(SweepCost::bytes).sum::<u64>());
    assert_eq!(total, run.session.world().ledger().of(Traffic::Tree).bytes);
    let cost = &costs(&run)[0];
    assert!(cost.naive_bytes(run.session.world()) > 300 * 20);
}

#[test]
fn a_write_in_the_middle_of_an_exchange_is_never_lost() {
    // Every 5 ms from before the sweep to after it.
    for step in 0..40 {
        let at = format!("{}ms", 3_990 + 5 * step);
        let run = apart().at("2s", "c0 A write k v ONE").at("3s", "mend-all").with("sync", "every-write");
        let run = if step < 2 {
            run.at(&at, "c1 C write k newer ONE").at("4s", "sweep A C")
        } else {
            run.at("4s", "sweep A C").at(&at, "c1 C write k newer ONE")
        };
        let run = run.at("6s", r#"sweep C A {"upkeep":"kept"}"#).play();
        assert_eq!(run.held("k"), "A=newer B=newer C=newer", "{at}");
    }
}

#[test]
fn a_peer_that_dies_ends_the_sweep_and_a_later_try_succeeds() {
    let base =
        || apart().with("sweeps", r#"{"timeout":"500ms","retries":3,"back-off":"1s"}"#).at("2s", "c0 A write k v").at("3s", "mend-all");
    let dead = base().at("4s", "sweep A C").at("4015ms", "crash C").at("5s", "restart C").play();
    assert_eq!(outcome(&dead, 0), SweepOutcome::TimedOut);
    assert_eq!(outcome(&dead, 1), SweepOutcome::Repaired { pulled: 0, pushed: 1 });
    assert_eq!(dead.held("k"), "A=v B=v C=v");
    // Back before the asker gives up: it says that it knows nothing of the old session.
    let back = base().at("4s", "sweep A C").at("4015ms", "crash C").at("4016ms", "restart C").play();
    assert_eq!(outcome(&back, 0), SweepOutcome::Refused(Refusal::Unknown));
    assert_eq!(outcome(&back, 1), SweepOutcome::Repaired { pulled: 0, pushed: 1 });
    // The asker dies: the other side forgets the session, and nothing is lost.
    let asker = base().at("4s", "sweep A C").at("4025ms", "crash A").at("4100ms", "restart A").play();
    assert!(asker.noted(|n| matches!(n, Note::Sweep { step: SweepStep::Abandoned, .. })));
    assert!(asker.session.world().hosts().iter().all(|h| h.node.sweeps.answering().is_empty() && h.node.sweeps.asking().is_empty()));
}

#[test]
fn a_busy_peer_refuses_and_strangers_have_nothing_to_compare() {
    let run = Run::of(3).with("sweeps", r#"{"at-once":1,"retries":0}"#).at("1s", "sweep A C").at("1s", "sweep B C").play();
    assert_eq!((outcome(&run, 0), outcome(&run, 1)), (SweepOutcome::Equal, SweepOutcome::Refused(Refusal::Busy)));
    let run = Run::of(6).with("replicas", "1").at("1s", "sweep A D").play();
    assert!(run.noted(|n| matches!(n, Note::Sweep { step: SweepStep::NothingInCommon { .. }, .. })));
    assert!(run.sent(sweeps).is_empty());
}

#[test]
fn a_cluster_sweeps_by_itself_and_heals_what_nobody_reads() {
    let mut run = Run::of(6).with("repair", "off").with("sweeps", r#"{"schedule":{"every":"2s","jitter":"200ms"}}"#).end("60s");
    run = run.at("0s", "preload 300 seed 5").at("1s", "cut D E c1");
    for i in 0..30 {
        run = run.at("2s", &format!("c0 A write key-{i} here ONE")).at("2s", &format!("c1 D write key-{} there ONE", i + 15));
    }
    let mut run = run.at("5s", "mend-all").at("6s", "wipe F").at("7s", "restart F").play();
    assert!(run.stale_at("7s") > 150, "everything F held, and more: {}", run.stale_at("7s"));
    assert_eq!(run.stale_at("60s"), 0);
    assert!(costs(&run).len() > 100, "each of six nodes every two seconds");
}

#[test]
fn keys_alone_leave_a_stale_value_where_it_is() {
    let stale = |leaf: &str| {
        let run = Run::of(3).with("repair", "off").at("0s", "c0 A write k old ALL").at("1s", "cut C c1").at("2s", "c0 A write k new ONE");
        run.at("3s", "mend-all").at("4s", &format!(r#"sweep A C {{"tree":{{"leaf":"{leaf}"}}}}"#)).play().held("k")
    };
    assert_eq!(stale("key"), "A=new B=new C=old", "the mistake");
    assert_eq!((stale("version"), stale("row")), ("A=new B=new C=new".to_owned(), "A=new B=new C=new".to_owned()));
}

#[test]
fn a_sweep_that_only_sends_leaves_whoever_asks_behind() {
    let held = |by: &str, method: &str, one_way: bool| {
        let run = Run::of(3).with("repair", "off").with("misbehave.one-way-sweeps", &one_way.to_string()).at("0s", "c0 A write k old ALL");
        let run = run.at("1s", "cut C c1").at("2s", "c0 A write k new").at("3s", "mend-all");
        run.at("4s", &format!(r#"sweep {by} {{"method":"{method}"}}"#)).play().held("k")
    };
    for method in ["full", "descent"] {
        assert_eq!(held("C A", method, true), "A=new B=new C=old", "C, which is behind, asks for nothing");
        assert_eq!(held("A C", method, true), "A=new B=new C=new", "A sends what it has");
        assert_eq!(held("C A", method, false), "A=new B=new C=new", "the rule");
    }
}

#[test]
fn what_is_out_of_bounds_is_refused_in_words() {
    for (policy, words) in [
        (r#"{"tree":{"fan-out":3}}"#, "tree fan-out: must be 2, 4, 8"),
        (r#"{"tree":{"fan-out":2,"depth":{"fixed":21}}}"#, "tree depth: must be at most 20"),
    ] {
        let refused = Run::of(3).at("1s", &format!("sweep A B {policy}")).refused();
        assert!(refused.contains(words), "{refused}");
        let refused = Run::of(3).with("sweeps", &format!(r#"{{"policy":{policy}}}"#)).refused();
        assert!(refused.contains(words), "{refused}");
    }
    for (sweeps, words) in [
        (r#"{"at-once":0}"#, "sweeps at once: must be 1 to 64"),
        (r#"{"rows-at-once":1025}"#, "rows at once: must be 1 to 1024"),
        (r#"{"retries":11}"#, "sweep retries: must be 0 to 10"),
        (r#"{"timeout":"0ms"}"#, "sweep timeout"),
        (r#"{"schedule":{"every":"0ms"}}"#, "time between two sweeps"),
    ] {
        let refused = Run::of(3).with("sweeps", sweeps).refused();
        assert!(refused.contains(words), "{refused}");
    }
    assert!(Run::of(3).at("1s", "sweep A A").refused().contains("needs two different nodes"));
    assert!(Run::of(3).at("1s", "sweep A D").refused().contains("there is no D"));
}
