//! The four shipped runs.

use drift::engine::base::NodeId;
use drift::engine::node::{Note, Outcome};
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
