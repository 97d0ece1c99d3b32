//! One node collects whole trees of all replicas, compares every two, and has those that differ send each other what differs: Apache
//! Cassandra's repair.

use drift::engine::base::{Micros, NodeId, Wire};
use drift::engine::node::sweeps::validation::{RepairSay, RepairStep};
use drift::engine::node::sweeps::{Refusal, Say, SweepOutcome, SweepStep};
use drift::engine::node::{Body, Message, Note, Traffic};
use drift::engine::observe::{SweepCost, Sweeps};
use drift::engine::world::EventKind;

use crate::run::{Played, Run, key_on};

/// Trees of two children a node, as deep as there are rows.
const BINARY: &str = r#""tree":{"fan-out":2,"depth":{"rows":15}}"#;

/// A repair with these options.
fn how(options: &str) -> String {
    format!(r#"{{"method":"validation",{BINARY},"validation":{{{options}}}}}"#)
}

/// Three nodes that all hold everything; a row that C misses.
fn missed() -> Run {
    Run::of(3).with("repair", "off").at("1s", "cut C c1").at("2s", "c0 A write k v").at("3s", "mend-all")
}

fn costs(played: &Played) -> Vec<SweepCost> {
    Sweeps::of(&played.log).costs().cloned().collect()
}

fn outcomes(played: &Played) -> Vec<SweepOutcome> {
    let ended = |e: &drift::engine::world::Event| match &e.kind {
        EventKind::Note(Note::Sweep { step: SweepStep::Ended { outcome, .. }, .. }) => Some(*outcome),
        _ => None,
    };
    played.log.iter().filter_map(ended).collect()
}

fn told(message: &Message) -> Option<&RepairSay> {
    match &message.body {
        Body::Sweep { say, .. } => match &**say {
            Say::Repair(told) => Some(told),
            _ => None,
        },
        _ => None,
    }
}

/// From whom to whom messages of a kind went.
fn links(played: &Played, test: impl Fn(&RepairSay) -> bool) -> Vec<String> {
    played.sent(|m| told(m).is_some_and(&test)).iter().map(|m| format!("{}{}", m.from, m.to)).collect()
}

fn pairs(played: &Played) -> Vec<(String, u32)> {
    let pair = |e: &drift::engine::world::Event| match &e.kind {
        EventKind::Note(Note::Sweep { step: SweepStep::Repair(RepairStep::Pair { a, b, ranges }), .. }) => {
            Some((format!("{a}{b}"), *ranges))
        }
        _ => None,
    };
    played.log.iter().filter_map(pair).collect()
}

#[test]
fn whole_trees_are_collected_and_every_two_compared() {
    let run = missed().at("4s", &format!("repair A {}", how(""))).play();
    assert_eq!(run.held("k"), "A=v B=v C=v");
    let all = ["AA", "AB", "AC"];
    assert_eq!(links(&run, |t| matches!(t, RepairSay::Prepare { .. })), all);
    assert_eq!(links(&run, |t| matches!(t, RepairSay::Validate { .. })), all);
    assert_eq!(links(&run, |t| matches!(t, RepairSay::Trees(_))).len(), 3);
    assert_eq!(pairs(&run), [("AB".to_owned(), 0), ("AC".to_owned(), 1), ("BC".to_owned(), 1)]);
    // A sees to itself and C; of the pair without it, B is told to.
    assert_eq!(links(&run, |t| matches!(t, RepairSay::Sync { .. })), ["AA", "AB"]);
    assert_eq!(links(&run, |t| matches!(t, RepairSay::Fetch { .. })), ["AC", "BC"]);
    let cost = &costs(&run)[0];
    assert_eq!((cost.pairs, cost.pairs_apart, cost.parties.len()), (3, 2, 3));
    // C gets the row from A and B, the second time in vain, and by then B is sent it too. Nine roots are compared: three pairs, three ranges.
    assert_eq!((cost.rows, cost.over_streamed, cost.levels[0].compared, cost.levels[0].differed), (3, 2, 9, 2));
    assert_eq!(cost.scanned, 2, "A and B read their only row");
    let SweepOutcome::Repaired { pulled, pushed } = outcomes(&run)[0] else { panic!("{:?}", outcomes(&run)) };
    assert_eq!(u64::from(pulled + pushed), cost.rows);
}

#[test]
fn replicas_in_line_move_no_rows_but_their_trees_have_crossed() {
    let run = Run::of(3).at("1s", "preload 1000 seed 3").at("2s", &format!("repair A {}", how(""))).play();
    assert_eq!(outcomes(&run), [SweepOutcome::Equal]);
    assert!(!run.has(|k| matches!(k, EventKind::Applied(_))));
    let cost = &costs(&run)[0];
    // Three ranges of about 333 rows: trees of 512 leaves of 8 bytes each, whole, from B and from C.
    assert!((2 * 3 * 256 * 8..2 * 3 * 512 * 8 + 500).contains(&cost.tree_bytes), "{}", cost.tree_bytes);
    assert_eq!((cost.hashes_compared(), cost.scanned, cost.rows), (9, 3000, 0));
    let descent = Run::of(3).at("1s", "preload 1000 seed 3").at("2s", "sweep A B").play();
    assert!(cost.tree_bytes > 20 * costs(&descent)[0].metadata_bytes, "roots alone would have shown it");
}

#[test]
fn bytes_of_the_bill_are_bytes_of_the_messages() {
    let mut run = Run::of(4).with("repair", "off").at("0s", "preload 300 seed 3").at("1s", "cut C c1");
    for i in 0..20 {
        run = run.at("2s", &format!("c0 A write key-{i} new ONE"));
    }
    let run = run.at("3s", "mend-all").at("4s", &format!("repair B {}", how(r#""order":"sequential","scope":"ring""#))).play();
    let mut total = 0;
    for message in run.sent(|m| matches!(m.body, Body::Sweep { .. })) {
        let mut bytes = Vec::new();
        message.encode(&mut bytes);
        assert_eq!(bytes.len() as u32, message.size);
        total += if message.from == message.to { 0 } else { u64::from(message.size) };
    }
    assert_eq!(total, costs(&run)[0].bytes());
    assert_eq!(total, run.session.world().ledger().of(Traffic::Tree).bytes);
    for i in 0..20 {
        assert!(!run.held(&format!("key-{i}")).split(' ').any(|copy| !copy.ends_with("=new")), "key-{i}");
    }
}

#[test]
fn the_node_that_starts_it_need_not_hold_anything() {
    let key = key_on(5, "BCD");
    let base = || {
        let run = Run::of(5).with("repair", "off").at("1s", "cut C c1");
        run.at("2s", &format!("c0 B write {key} v ONE")).at("3s", "mend-all")
    };
    let held = base().at("4s", &format!("repair A {}", how(""))).play();
    assert_eq!(held.held(&key), "B=v C=- D=v", "A repairs what it holds, and it does not hold this");
    let ring = base().at("4s", &format!("repair A {}", how(r#""scope":"ring""#))).play();
    assert_eq!(ring.held(&key), "B=v C=v D=v");
    // Nobody sends rows to A, or gets any from it.
    let rows = ring.sent(|m| matches!(&m.body, Body::Sweep { say, .. } if matches!(**say, Say::Rows { .. })));
    assert!(rows.iter().all(|m| m.from != NodeId(0).into() && m.to != NodeId(0).into()) && !rows.is_empty());
}

#[test]
fn primary_ranges_repair_everything_once_if_every_node_does_it() {
    let read = |scope: &str| {
        let mut run = Run::of(5).at("0s", "preload 500 seed 3");
        for (i, node) in ["A", "B", "C", "D", "E"].iter().enumerate() {
            run = run.at(&format!("{}s", 1 + i), &format!("repair {node} {}", how(&format!(r#""scope":"{scope}""#))));
        }
        costs(&run.play()).iter().map(|cost| cost.scanned).sum::<u64>()
    };
    assert_eq!(read("primary"), 3 * 500, "every copy once");
    assert_eq!(read("held"), 3 * 3 * 500, "every copy as often as there are replicas");
}

#[test]
fn a_replica_believed_down_fails_the_repair_unless_it_is_forced() {
    let base = || missed().with("detector", "100ms 400ms").with("sweeps", r#"{"retries":0}"#).at("4s", "crash B");
    let run = base().at("6s", &format!("repair A {}", how(""))).play();
    assert_eq!(outcomes(&run), [SweepOutcome::Down(NodeId(1))]);
    assert_eq!(run.held("k"), "A=v B=v C=-");
    assert!(run.sent(|m| told(m).is_some()).is_empty(), "nobody was asked");
    let forced = base().at("6s", &format!("repair A {}", how(r#""force":true"#))).play();
    assert_eq!(forced.held("k"), "A=v B=v C=v");
    assert_eq!(pairs(&forced), [("AC".to_owned(), 1)]);
}

#[test]
fn a_replica_that_dies_under_way_fails_the_repair_and_a_later_try_succeeds() {
    for at in ["4005ms", "4015ms", "4025ms", "4035ms"] {
        let run = missed().with("sweeps", r#"{"timeout":"500ms","retries":2,"back-off":"1s"}"#).with("sync", "every-write");
        let run = run.at("4s", &format!("repair A {}", how(""))).at(at, "crash B").at("5s", "restart B").play();
        assert_eq!(run.held("k"), "A=v B=v C=v", "{at}");
        let outcomes = outcomes(&run);
        assert_eq!(outcomes[0], SweepOutcome::TimedOut, "{at}");
        assert!(outcomes[1].is_good(), "{at}: {outcomes:?}");
    }
    // It has forgotten the repair and says so.
    let run = missed().with("sweeps", r#"{"timeout":"500ms","retries":1,"back-off":"1s"}"#);
    let run = run.at("4s", &format!("repair A {}", how(""))).at("4012ms", "crash B").at("4013ms", "restart B").play();
    assert_eq!(outcomes(&run)[0], SweepOutcome::Refused(Refusal::Unknown));
    assert!(outcomes(&run)[1].is_good());
    // The one that started it dies: the others forget, and nothing is left open.
    let run = missed().with("sweeps", r#"{"timeout":"500ms"}"#).at("4s", &format!("repair A {}", how("")));
    let run = run.at("4025ms", "crash A").at("4100ms", "restart A").play();
    assert!(run.notes(|n| matches!(n, Note::Sweep { step: SweepStep::Abandoned, .. })) >= 1);
    let open = |h: &drift::engine::world::Host| h.node.sweeps.repairs().parties().len() + h.node.sweeps.repairs().coordinating().len();
    assert_eq!(run.session.world().hosts().iter().map(open).sum::<usize>(), 0);
}

#[test]
fn one_after_another_takes_longer_and_looks_at_one_moment() {
    let run = |order: &str| {
        let run = Run::of(3).with("repair", "off").at("0s", "preload 50 seed 3").at("1s", &format!("repair A {}", how(order)));
        // Everybody writes while trees are being made.
        let write = |ms: u64| format!("{}ms", 1_000 + ms);
        (0..40).fold(run, |run, i| run.at(&write(15 + i), &format!("c0 A write w{i} v ONE"))).play()
    };
    let (parallel, sequential) = (run(""), run(r#""order":"sequential""#));
    assert_eq!(links(&parallel, |t| matches!(t, RepairSay::Freeze)).len(), 0);
    assert_eq!(links(&sequential, |t| matches!(t, RepairSay::Freeze)), ["AA", "AB", "AC"]);
    // The second is asked when the first has answered.
    let place = |test: &dyn Fn(&Message) -> bool| sequential.place(|k| matches!(k, EventKind::Sent(m) if test(m)));
    let answered = place(&|m| m.from == NodeId(1).into() && matches!(told(m), Some(RepairSay::Trees(_))));
    let asked = place(&|m| m.to == NodeId(2).into() && matches!(told(m), Some(RepairSay::Validate { .. })));
    assert!(answered < asked);
    let took = |run: &Played| run.note_at(|n| matches!(n, Note::Sweep { step: SweepStep::Ended { .. }, .. })).expect("it ends").0;
    assert!(took(&sequential) > took(&parallel));
    assert!(outcomes(&sequential)[0].is_good());
}

#[test]
fn zone_by_zone_asks_one_of_each_zone_at_a_time() {
    let run = Run::of(6).zones(&[("north", 3), ("south", 3)]).with("replicas", "[3,3]").at("0s", "preload 20 seed 1");
    let run = run.at("1s", &format!("repair A {}", how(r#""order":"zone-by-zone""#))).play();
    assert_eq!(outcomes(&run), [SweepOutcome::Equal]);
    let mut open: Vec<Micros> = Vec::new();
    let mut most = 0;
    for event in &run.log {
        if let EventKind::Sent(message) = &event.kind {
            match told(message) {
                Some(RepairSay::Validate { .. }) => open.push(event.at),
                Some(RepairSay::Trees(_)) => {
                    most = most.max(open.len());
                    open.pop();
                }
                _ => {}
            }
        }
    }
    assert_eq!(most, 2);
}

#[test]
fn pulling_fills_the_one_that_asks_and_nobody_else() {
    let base = || {
        let run = Run::of(3).with("repair", "off").at("1s", "cut C c1").at("2s", "c0 A write k v ONE").at("2s", "c1 C write m w ONE");
        run.at("3s", "mend-all")
    };
    let run = base().at("4s", &format!("repair C {}", how(r#""pull":true"#))).play();
    assert_eq!((run.held("k"), run.held("m")), ("A=v B=v C=v".to_owned(), "A=- B=- C=w".to_owned()));
    let both = base().at("4s", &format!("repair C {}", how(""))).play();
    assert_eq!(both.held("m"), "A=w B=w C=w");
    // With one other node named, only the two take part.
    let two = base().at("4s", &format!("sweep A C {}", how(""))).play();
    assert_eq!((two.held("k"), two.held("m")), ("A=v B=v C=v".to_owned(), "A=w B=- C=w".to_owned()));
    assert_eq!(costs(&two)[0].parties, [NodeId(0), NodeId(2)]);
}

#[test]
fn a_cluster_repairs_itself_by_schedule() {
    let policy = how(r#""scope":"primary""#);
    let sweeps = format!(r#"{{"schedule":{{"every":"2s"}},"at-once":4,"policy":{policy}}}"#);
    let mut run = Run::of(6).with("repair", "off").with("sweeps", &sweeps).end("30s").at("0s", "preload 300 seed 5").at("1s", "cut D E c1");
    for i in 0..30 {
        run = run.at("2s", &format!("c0 A write key-{i} here ONE")).at("2s", &format!("c1 D write key-{} there ONE", i + 15));
    }
    let mut run = run.at("5s", "mend-all").at("6s", "wipe F").at("7s", "restart F").play();
    assert!(run.stale_at("7s") > 100, "{}", run.stale_at("7s"));
    assert_eq!(run.stale_at("30s"), 0);
}

#[test]
fn a_write_under_way_is_never_lost() {
    for step in 0..40u64 {
        let at = |ms: u64| format!("{}ms", 3_990 + 3 * ms);
        let run = missed().with("sync", "every-write");
        let run = if step < 4 {
            run.at(&at(step), "c1 C write k newer ONE").at("4s", &format!("repair A {}", how("")))
        } else {
            run.at("4s", &format!("repair A {}", how(""))).at(&at(step), "c1 C write k newer ONE")
        };
        let run = run.at("6s", &format!("repair B {}", how(r#""order":"sequential""#))).play();
        assert_eq!(run.held("k"), "A=newer B=newer C=newer", "{step}");
    }
}

#[test]
fn expired_tombstones_are_invisible_to_all_at_one_time() {
    // B's clock is a minute ahead: by it the tombstone has expired, by the clock of A, who asks, it has not.
    let base = || {
        let run =
            Run::of(3).with("repair", "off").with("tombstones", r#"{"purge":{"grace":"30s","every":"50s"}}"#).at("0s", "clock B 60000000");
        run.at("1s", "c0 A delete k ALL")
    };
    let run = base().at("2s", &format!("repair A {}", how(""))).end("3s").play();
    assert_eq!((outcomes(&run), run.held("k")), (vec![SweepOutcome::Equal], "A=x B=x C=x".to_owned()));
    assert_eq!(costs(&run)[0].scanned, 3);
    let late = base().at("2s", &format!("repair B {}", how(""))).end("3s").play();
    assert_eq!((outcomes(&late), costs(&late)[0].scanned), (vec![SweepOutcome::Equal], 0), "B's time counts for all");
}

#[test]
fn a_tombstone_that_has_expired_still_travels_with_its_neighbours() {
    // C missed the delete, A and B still have it on disk: files are sent as they are.
    let run = Run::of(3).with("repair", "off").with("tombstones", r#"{"purge":{"grace":"2s","every":"60s"}}"#);
    let run = run.at("0s", "c0 A write k old ALL").at("1s", "cut C c1").at("2s", "c0 A delete k").at("3s", "mend-all");
    let run = run.at("6s", &format!("repair A {}", how(""))).end("7s").play();
    assert_eq!(run.held("k"), "A=x B=x C=x");
}

#[test]
fn what_is_out_of_bounds_is_refused_in_words() {
    assert!(Run::of(3).at("1s", "repair D").refused().contains("there is no D"));
    let refused = Run::of(3).at("1s", r#"repair A {"tree":{"fan-out":3}}"#).refused();
    assert!(refused.contains("tree fan-out: must be 2, 4, 8"), "{refused}");
    let refused = Run::of(3).at("1s", r#"repair A {"validation":{"order":"backwards"}}"#).refused();
    assert!(refused.contains("backwards"), "{refused}");
    let alone = Run::of(3).with("replicas", "1").at("1s", "repair A").play();
    assert!(alone.noted(|n| matches!(n, Note::Sweep { step: SweepStep::NothingInCommon { with: NodeId(0) }, .. })));
}

#[test]
fn a_repair_that_is_stopped_moves_nothing_more_and_is_not_tried_again() {
    let sweep = format!("sweep A C {}", how(""));
    let run = missed().at("4s", &sweep).at("4015ms", "stop-sweep A 1").end("30s").play();
    assert_eq!(outcomes(&run), [SweepOutcome::Stopped]);
    assert_eq!(run.held("k"), "A=v B=v C=-");
    let both = missed().at("4s", &sweep).at("4015ms", "stop-sweep A").at("10s", &sweep).end("30s").play();
    assert_eq!(outcomes(&both).len(), 2);
    assert_eq!(both.held("k"), "A=v B=v C=v", "another one may begin");
}
