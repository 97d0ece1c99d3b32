//! Drawings of sweeps held against the engine's own books, at every event of shipped runs.

use super::descent::{Descent, asking_trees};
use super::exchange::Mark;
use super::forest::{self, Frame, Look};
use super::ladder::{phases, steps};
use super::{Shown, ends, pair, policy, rows, shown, talk};
use crate::engine::node::sweeps::{Place, common_ranges};
use crate::engine::observe::SweepCost;
use crate::lab::{Session, Stride, gallery, script_from_file};

fn open(slug: &str) -> Session {
    let (_, file) = gallery().iter().find(|(s, _)| *s == slug).expect("it is shipped");
    Session::open(script_from_file(file).expect("a sound file")).expect("within bounds")
}

/// Stands where a sweep has just begun.
fn begun(slug: &str) -> Session {
    let mut session = open(slug);
    let began = session.sweep_log().begun()[0].0;
    session.seek_event(began.0 + 1);
    session
}

fn read(session: &Session, shown: &Shown<'_>) -> Descent {
    let then = session.peek(shown.began.0 + 1);
    let bits = policy(session, shown.cost.session).expect("it was said").tree.bits();
    let mut descent = Descent::new(shown.cost.session, shown.cost.with, bits, asking_trees(&then.world, shown.cost.session));
    assert!(!descent.follow(session), "from the start there is nothing to forget");
    descent
}

fn compared(descent: &Descent) -> u64 {
    descent.exchange.levels.iter().flat_map(|l| &l.nodes).filter(|(_, m)| matches!(m, Mark::Equal | Mark::Differs)).count() as u64
}

#[test]
fn what_is_drawn_as_compared_is_what_the_ledger_counts_at_every_step_both_ways() {
    let mut session = begun("two-stale-leaves");
    let mut kept = read(&session, &shown(&session, None).expect("a sweep"));
    let mut steps = 0;
    while shown(&session, None).expect("a sweep").cost.ended.is_none() {
        assert!(!kept.follow(&session), "forwards it reads on");
        let cost = shown(&session, None).expect("a sweep").cost;
        assert_eq!(compared(&kept), cost.hashes_compared(), "event {}", session.cursor());
        let fresh = read(&session, &shown(&session, None).expect("a sweep"));
        assert_eq!(format!("{:?}", fresh.exchange.levels), format!("{:?}", kept.exchange.levels), "read on or read anew");
        session.step(Stride::Event);
        steps += 1;
    }
    assert!(steps > 30);
    let done = session.cursor();
    session.seek_event(150);
    assert!(kept.follow(&session), "backwards it must be read anew");
    session.seek_event(done);
    let leaves: Vec<u64> = read(&session, &shown(&session, None).expect("a sweep")).exchange.leaves.iter().map(|l| l.index).collect();
    assert_eq!(leaves, [5, 12]);
}

#[test]
fn both_sides_show_the_hashes_that_travelled() {
    let mut session = begun("two-stale-leaves");
    session.seek_time(session.end());
    let at = shown(&session, None).expect("a sweep");
    let all = read(&session, &at).exchange;
    let root = Place { range: 0, level: 0, index: 0 };
    assert_ne!(all.hash(true, &root), all.hash(false, &root), "the trees as they were then, although the rows are equal now");
    for (level, marks) in (0u32..).zip(&all.levels) {
        for (number, mark) in &marks.nodes {
            let place = all.place(level, *number);
            assert_eq!(all.hash(true, &place) == all.hash(false, &place), *mark == Mark::Equal, "{place:?}");
        }
    }
}

#[test]
fn the_ladder_has_every_message_and_every_byte() {
    for slug in ["two-stale-leaves", "far-and-near"] {
        let mut session = begun(slug);
        for _ in 0..200 {
            let at = shown(&session, None).expect("a sweep");
            let said = talk::talk(&session, at.cost.session);
            let rungs = steps(&said, ends(at.cost), at.cost.session.by);
            let sum = |of: fn(&super::ladder::Step) -> u64| rungs.iter().map(of).sum::<u64>();
            assert_eq!((sum(|s| s.bytes), sum(|s| u64::from(s.messages))), (at.cost.bytes(), at.cost.messages));
            let flying = session.world().in_flight().count();
            assert!(rungs.iter().map(|s| s.flying.len()).sum::<usize>() <= flying);
            session.step(Stride::Event);
        }
    }
}

#[test]
fn phases_are_all_there_from_the_start_and_fill_as_messages_leave() {
    let mut session = begun("two-stale-leaves");
    let id = session.sweep_log().begun()[0].1;
    let names = |s: &Session| phases(s, id, 4).iter().map(|p| p.name.clone()).collect::<Vec<_>>();
    let all = ["roots", "level 1", "level 2", "level 3", "leaves", "rows back", "rows over", "end"];
    assert_eq!(names(&session), all);
    assert!(phases(&session, id, 4).iter().skip(1).all(|p| p.sent == 0));
    session.seek_time(session.end());
    let done = phases(&session, id, 4);
    assert!(done.iter().all(|p| p.sent == p.messages) && done.windows(2).all(|w| w[0].span.1 <= w[1].span.1));
    assert_eq!(done.iter().map(|p| p.messages as usize).sum::<usize>(), super::place(&session, id).1);
}

/// The ranges of a sweep.
fn ranges(session: &Session, cost: &SweepCost) -> Vec<crate::engine::sweep::TokenRange> {
    common_ranges(session.world().ring(), &session.world().settings().replicas, cost.session.by, cost.with)
}

#[test]
fn rows_of_the_leaves_are_those_of_the_stores_and_arrive_as_they_do() {
    let mut session = begun("two-stale-leaves");
    let at = shown(&session, None).expect("a sweep");
    let (both, of) = (ends(at.cost), ranges(&session, at.cost));
    let at_start = rows::differing(session.world(), session.truth(), both, &of, 100);
    assert_eq!(at_start.len(), 3);
    let tree = policy(&session, at.cost.session).expect("it was said").tree;
    let mut came = Vec::new();
    for _ in 0..330 {
        session.step(Stride::Event);
        let at = shown(&session, None).expect("a sweep");
        let trees = read(&session, &at).exchange;
        let said = talk::talk(&session, at.cost.session);
        let source = rows::Source { session: &session, ends: both, ranges: &of, tree, at_start: &at_start };
        let open = rows::leaves(&source, &trees, &said, 6);
        let now = pair::differ(session.world(), session.truth(), both, &of).rows();
        if open.len() == 2 {
            assert_eq!(open.iter().map(|l| (l.rows, l.needed)).collect::<Vec<_>>(), [(54, 2), (73, 1)]);
            let torn = open.iter().flat_map(|l| &l.pairs).filter(|p| p.differs).count() as u64;
            assert_eq!(torn, now, "event {}", session.cursor());
            came.push(open.iter().flat_map(|l| &l.pairs).filter(|p| p.cells[1].moved == rows::Moved::Came).count());
        }
    }
    assert!(came.is_sorted() && came.last() == Some(&127), "rows come page by page: {came:?}");
}

#[test]
fn equal_parts_fade_and_differing_paths_go_down_to_their_leaves() {
    let mut session = begun("two-stale-leaves");
    session.seek_time(session.end());
    let all = read(&session, &shown(&session, None).expect("a sweep")).exchange;
    let frame = Frame { x: 0.0, w: 440.0, top: 60.0, gap: 66.0, zoom: None };
    let drawn = forest::side(&all, true, &frame);
    let with = |look: Look| drawn.nodes.iter().filter(|n| n.look == look).count();
    assert_eq!(drawn.nodes.len(), 31);
    assert_eq!((with(Look::Marked(Mark::Differs)), with(Look::Marked(Mark::Equal)), with(Look::Unseen)), (9, 6, 0));
    assert_eq!(with(Look::Spared), 31 - 15);
    assert_eq!(
        drawn.edges.iter().filter(|e| e.look == Look::Marked(Mark::Differs)).count(),
        8,
        "every differing node but the root has its path"
    );
    assert!(drawn.labels.iter().filter(|l| l.2).map(|l| l.1.as_str()).eq(["5", "12"]));
    let zoomed = forest::side(&all, true, &Frame { zoom: Some(Place { range: 0, level: 2, index: 1 }), ..frame });
    assert_eq!(zoomed.nodes.len(), 7, "a node and all below it");
}

#[test]
fn a_wide_tree_becomes_strips_that_lose_no_difference() {
    let mut session = begun("far-and-near");
    session.seek_time(crate::engine::base::Micros::ms(1_700));
    let all = read(&session, &shown(&session, None).expect("a sweep")).exchange;
    let drawn = forest::side(&all, true, &Frame { x: 0.0, w: 440.0, top: 60.0, gap: 80.0, zoom: None });
    assert_eq!(drawn.strips.len(), 2, "256 nodes and 4096 leaves have no room each");
    for level in 1..=3 {
        let red = drawn.nodes.iter().filter(|n| n.place.level == level && n.look == Look::Marked(Mark::Differs)).count();
        assert_eq!(red, 12, "level {level}");
    }
}
