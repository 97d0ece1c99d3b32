//! The shipped runs.

use drift::engine::base::{Micros, NodeId};
use drift::engine::data::Key;
use drift::engine::node::{NoHint, Note, Outcome, Timer};
use drift::engine::observe::{SweepCost, Sweeps};
use drift::engine::world::{EventKind, Fault, Status};

use crate::run::{Played, shipped, span};

#[test]
fn three_replicas_give_three_answers_and_a_read_finds_the_newest() {
    let mut run = Played::of(shipped("three-answers"));
    assert_eq!(run.held_at("1700ms", "cart"), "B=tea, milk, rice C=tea, milk D=tea");
    assert_eq!(run.report.operations[3].value.as_deref(), Some("tea, milk, rice"), "the quorum read finds the newest");
    let lost = run.log.iter().filter(|e| matches!(e.kind, EventKind::Reverted { .. }));
    assert!(lost.clone().count() == 1 && lost.clone().all(|e| e.who == Some(NodeId(2).into())), "C alone lost its newest row");
    assert!(run.noted(|n| matches!(n, Note::DigestsDiffer { .. })));
    assert_eq!(
        run.held("cart"),
        "B=tea, milk, rice C=tea, milk, rice D=tea",
        "D was not asked and stays behind, although the cut is mended"
    );
}

#[test]
fn a_node_that_comes_back_learns_nothing_by_itself() {
    let mut run = Played::of(shipped("cut-and-return"));
    assert_eq!(run.stale_at("1499ms"), 1, "the cut has been mended for a second, and still C has no x");
    let mended = run.place(|k| matches!(k, EventKind::Fault(Fault::Mended(_))));
    let read = run.log.iter().skip(mended).position(|e| matches!(e.kind, EventKind::Began { .. })).expect("somebody reads") + mended;
    assert!(!run.log[mended..read].iter().any(|e| matches!(e.kind, EventKind::Applied(_))), "nothing is repaired before somebody reads");
    assert_eq!(run.outcomes(), ["written", "value 1"]);
    assert_eq!(run.report.stale_keys, 0, "the read found C behind and repaired it");
}

#[test]
fn v5_v3_v5_differs_resolves_and_is_repaired_before_the_answer() {
    let run = Played::of(shipped("v5-v3-v5"));
    let place = |test: fn(&EventKind) -> bool| run.log.iter().rposition(|e| test(&e.kind)).expect("it happens");
    let differ = place(|k| matches!(k, EventKind::Note(Note::DigestsDiffer { .. })));
    let repair = place(|k| matches!(k, EventKind::Note(Note::RepairStarted { latch: 1, .. })));
    let open = place(|k| matches!(k, EventKind::Note(Note::RepairLatchOpened { .. })));
    let end = place(|k| matches!(k, EventKind::Ended(Outcome::Found(_))));
    assert!(differ < repair && repair < open && open < end, "the client is told only after the repair is confirmed");
    assert_eq!(run.outcomes().last().map(String::as_str), Some("value v5"));
    assert_eq!(run.report.stale_keys, 0);
}

#[test]
fn a_week_without_repair_stays_stale_with_every_node_up() {
    let run = Played::of(shipped("week"));
    assert_eq!(run.session.end(), span("7d"));
    assert_eq!(run.session.truth().stale_copies(), 1);
    assert_eq!(run.report.divergence.last().map(|d| d.1), Some(1));
    assert_eq!(run.report.traffic["repair"].messages, 0, "nothing was ever repaired");
    assert!(!run.noted(|n| matches!(n, Note::RepairStarted { .. })), "repair is off");
    assert!(run.session.world().hosts().iter().all(|h| h.status == Status::Up));
}

/// The bills of all sweeps of a run.
fn bills(run: &Played) -> Vec<SweepCost> {
    Sweeps::of(&run.log).costs().cloned().collect()
}

#[test]
fn two_stale_leaves_are_found_in_fifteen_comparisons_and_cost_a_hundred_times_their_worth() {
    let mut run = Played::of(shipped("two-stale-leaves"));
    assert_eq!(run.stale_at("1999ms"), 3, "C has missed three writes");
    let bill = &bills(&run)[0];
    let levels: Vec<(u64, u64)> = bill.levels.iter().map(|l| (l.compared, l.differed)).collect();
    assert_eq!(levels, [(1, 1), (2, 2), (4, 2), (4, 2), (4, 2)], "two paths, from the root down");
    assert_eq!((bill.leaves, bill.scanned, bill.hashes_compared()), (16, 2 * 1024, 15));
    // Leaf 5 has 54 rows and leaf 12 has 73; all of them move both ways, three of them are news.
    assert_eq!((bill.rows, bill.over_streamed), (2 * (54 + 73), 251));
    assert_eq!(run.report.stale_keys, 0);
}

#[test]
fn far_apart_or_side_by_side_the_same_twelve_rows_are_another_search() {
    let run = Played::of(shipped("far-and-near"));
    let bills = bills(&run);
    let [far, near] = &bills[..] else { panic!("two sweeps, not {}", bills.len()) };
    assert_eq!((far.keys_differed, near.keys_differed), (12, 12));
    // Each of twelve paths opens a node of its own on every level; neighbours share theirs down to the leaves.
    assert_eq!((far.hashes_compared(), near.hashes_compared()), (1 + 16 + 12 * 16 + 12 * 16, 1 + 16 + 16 + 16));
    assert_eq!(near.scanned, 0, "the trees of the first sweep were kept");
    assert_eq!(run.report.stale_keys, 0);
}

/// When some rule first said so.
fn said(run: &Played, test: impl Fn(&Note) -> bool) -> Micros {
    run.log[run.place(|k| matches!(k, EventKind::Note(note) if test(note)))].at
}

#[test]
fn hints_wait_for_a_replica_that_is_down_but_not_beyond_their_window() {
    let c = NodeId(2);
    let mut run = Played::of(shipped("hinted-handoff"));
    let t0 = run.log[run.place(|k| matches!(k, EventKind::Fault(Fault::Crashed { .. })))].at;
    let late = said(&run, |n| matches!(n, Note::HintKept { target, late: true, .. } if *target == c));
    let t1 = said(&run, |n| *n == Note::Suspected(c));
    let at_once = said(&run, |n| matches!(n, Note::HintKept { target, late: false, .. } if *target == c));
    let t2 = t1.plus(span("2s"));
    let refused = said(&run, |n| matches!(n, Note::HintRefused { target, why: NoHint::Window } if *target == c));
    let t3 = said(&run, |n| *n == Note::Trusted(c));
    let t4 = said(&run, |n| matches!(n, Note::ReplayDone { target, count: 3 } if *target == c));
    let beats = [t0, late, t1, at_once, t2, refused, t3, t4];
    assert!(beats.is_sorted(), "{beats:?}");
    assert_eq!(
        run.count(|k| matches!(k, EventKind::Note(Note::HintKept { .. }))),
        3,
        "one after the timeout, two at once, none for the last write"
    );
    assert!(run.has(|k| matches!(k, EventKind::Timer(Timer::Operation(_)))), "the first hint waits for the timeout");
    assert_eq!(run.outcomes()[..5], ["written"; 5].map(str::to_owned), "no client was kept waiting by C");
    assert_eq!(run.outcomes()[5], "value north", "C is back and answers, with what it had before");
    assert_eq!(run.outcomes()[6], "value all four", "a quorum read finds what no hint brought");
    assert_eq!(run.held_at("7s", "map"), "A=all four B=all four C=north, east, south", "the hints bring all but the last");
    assert_eq!(run.held_at("7s", "bill"), "A=12 B=12 C=12");
    assert_eq!((run.held("map"), run.report.stale_keys), ("A=all four B=all four C=all four".to_owned(), 0), "the read repairs C");
    assert!(run.session.world().hosts().iter().all(|h| h.node.hints.count() == 0), "no hint is left");
}

#[test]
fn a_reader_misses_what_stand_ins_hold() {
    let mut run = Played::of(shipped("sloppy-quorum"));
    assert_eq!(run.outcomes(), ["written", "written", "value 12", "value 12 + 7"]);
    let bill = Key::new("bill");
    let guests = |run: &mut Played, when: &str| {
        run.session.seek_time(span(when));
        let hosts = run.session.world().hosts();
        let held = |node: usize, owner: u32| hosts[node].node.guests.get(NodeId(owner), &bill).is_some();
        (held(3, 1), held(4, 2))
    };
    assert_eq!(guests(&mut run, "2900ms"), (true, true), "D holds a copy for B, E one for C");
    assert_eq!(run.held_at("3s", "bill"), "A=12 + 7 B=12 C=12", "of the owners only A has the write");
    assert_eq!(guests(&mut run, "5600ms"), (false, false), "handed over and deleted");
    run.session.seek_time(run.session.end());
    assert_eq!(run.held("bill"), "A=12 + 7 B=12 + 7 C=12 + 7");
    assert_eq!(run.report.traffic["repair"].messages, 0, "the handoff did it, not a read");
    assert_eq!(run.report.checks.stale_reads.len(), 1, "one read returned less than had been written");
    let deleted = run.place(|k| matches!(k, EventKind::Note(Note::HandoffDone { .. })));
    let stored =
        run.log[..deleted].iter().filter(|e| matches!(&e.kind, EventKind::Applied(a) if a.by == drift::engine::node::Traffic::Hint));
    assert!(stored.count() > 0, "no copy is deleted before its owner has it");
}

/// Milliseconds that what began in these seconds took: the longest read and the longest write.
fn longest(run: &Played, from_s: u64, to_s: u64) -> (u64, u64) {
    let then = |o: &&drift::lab::OperationReport| (from_s * 1_000_000..to_s * 1_000_000).contains(&o.began_us);
    let took = |read: bool| {
        let all = run.report.operations.iter().filter(then).filter(|o| (o.verb == "read") == read);
        all.map(|o| (o.ended_us.expect("all end") - o.began_us) / 1_000).max().expect("some")
    };
    (took(true), took(false))
}

#[test]
fn everyone_repairs_at_once_and_reads_wait_while_writes_do_not() {
    let storm = Played::of(shipped("repair-storm"));
    let ((calm, _), (read, write)) = (longest(&storm, 1, 10), longest(&storm, 12, 14));
    assert!(calm < 30 && read > 1_000 && write < 30, "calm {calm} ms, storm {read} ms, writes {write} ms");
    // The same apart and the same to do, but by turns, with a share of the disk and a cap between the zones.
    let tamed = Played::of(shipped("storm-tamed"));
    let (read, write) = longest(&tamed, 1, 26);
    assert!(read < 50 && write < 30, "{read} ms, {write} ms");
    let (loud, quiet) = (&storm.report.pulse, &tamed.report.pulse);
    assert!(quiet.read_latency.p99_us * 20 < loud.read_latency.p99_us);
    assert!(quiet.sweep_cross_zone_bytes * 3 < loud.sweep_cross_zone_bytes);
    // Both come to agree; the tamed one later. Only clients of the settings differ.
    assert_eq!((storm.report.stale_keys, tamed.report.stale_keys), (0, 0));
    let agreed = |run: &Played| run.report.divergence.iter().find(|(at, stale)| *at > 12_000_000 && *stale < 10).expect("it agrees").0;
    assert!(agreed(&storm) < 16_000_000 && (16_000_000..22_000_000).contains(&agreed(&tamed)), "{} {}", agreed(&storm), agreed(&tamed));
    assert!(storm.report.operations.iter().zip(&tamed.report.operations).all(|(a, b)| (a.began_us, &a.key) == (b.began_us, &b.key)));
}

#[test]
fn a_storm_is_seen_in_the_points_of_its_plots() {
    let run = Played::of(shipped("repair-storm"));
    let samples = run.session.samples();
    assert!((150..=241).contains(&samples.len()), "{}", samples.len());
    let at = |s: u64| samples.iter().rfind(|p| p.at <= Micros::secs(s)).expect("a point");
    assert!(at(9).read_p99.is_some_and(|p99| p99 < Micros::ms(30)) && at(9).backlog == 0 && at(9).stale > 150);
    assert!(at(14).read_p99.is_some_and(|p99| p99 > Micros::secs(1)) && at(13).backlog > 10);
    assert!(at(16).swept > 10 * at(10).swept.max(1) / 10 && at(16).across_zones > at(11).across_zones);
    // Going back in time goes back in counts.
    let mut session = run.session;
    let end = session.pulse().swept;
    session.seek_time(Micros::secs(11));
    assert!(session.pulse().swept.bytes < end.bytes && session.pulse().swept.good < end.good);
    session.seek_time(session.end());
    assert_eq!(session.pulse().swept, end);
}
