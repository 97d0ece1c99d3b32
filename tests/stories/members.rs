//! Who lives: heartbeats, suspicion and trust.

use drift::engine::base::NodeId;
use drift::engine::node::{Body, Note};
use drift::engine::world::EventKind;

use crate::run::Run;

#[test]
fn silence_makes_suspicion_and_a_suspect_is_not_asked() {
    let run = Run::of(3)
        .with("detector", "100ms 300ms")
        .at("1s", "crash B")
        .at("2s", "c0 A read k ALL")
        .at("2500ms", "c0 A write k v QUORUM")
        .at("3s", "restart B")
        .at("5s", "c0 A read k ALL")
        .play();
    assert_eq!(run.outcomes(), ["unavailable 2/3", "written", "value v"]);
    let told = run.sent(|m| m.to == NodeId(1).into() && matches!(m.body, Body::Write { .. }));
    assert!(told.is_empty(), "a suspect is left out of a write, and nobody keeps it for later");
    assert_eq!(run.held("k"), "A=v B=v C=v", "the read at ALL found it out");
    assert_eq!(run.count(|k| matches!(k, EventKind::Note(Note::Suspected(NodeId(1))))), 2, "A and C each come to believe it once");
    assert_eq!(run.count(|k| matches!(k, EventKind::Note(Note::Trusted(NodeId(1))))), 2, "and each trusts it again once");
}

#[test]
fn before_the_timeout_nobody_is_suspected() {
    let run = Run::of(3)
        .with("detector", "100ms 300ms")
        .with("read-timeout", "1s")
        .at("1s", "crash B")
        .at("1150ms", "c0 A read k ALL")
        .at("2s", "restart B")
        .end("4s")
        .play();
    assert_eq!(run.outcomes(), ["timed-out 2/3"], "at that moment A still believed B to be up");
    let first = run.log.iter().find(|e| matches!(e.kind, EventKind::Note(Note::Suspected(_)))).expect("later it does not");
    assert!((1_200_000..=1_420_000).contains(&first.at.0), "300 ms after its last beat, at the next beat of another: {}", first.at);
}

#[test]
fn in_quiet_times_nobody_is_suspected_and_everybody_beats() {
    let run = Run::of(4).with("detector", "200ms 500ms").end("10s").play();
    assert!(!run.noted(|n| matches!(n, Note::Suspected(_) | Note::Trusted(_))));
    let beats = run.sent(|m| matches!(m.body, Body::Heartbeat { .. })).len();
    assert!((4 * 3 * 49..=4 * 3 * 51).contains(&beats), "each of four tells three others fifty times: {beats}");
    let first: Vec<u64> = ["A", "B", "C", "D"].iter().map(|n| run.arrivals(n, if *n == "A" { "B" } else { "A" })[0].0.0).collect();
    assert!(first.iter().any(|at| *at != first[0]), "they do not beat in step: {first:?}");
}

#[test]
fn without_a_detector_nobody_beats() {
    let run = Run::of(4).at("1s", "crash B").at("2s", "c0 A write k v ONE").play();
    assert!(run.sent(|m| matches!(m.body, Body::Heartbeat { .. })).is_empty());
    assert!(!run.noted(|n| matches!(n, Note::Suspected(_))));
}

#[test]
fn beliefs_are_each_nodes_own() {
    // B hears nobody, and everybody hears B.
    let run = Run::of(3)
        .with("detector", "100ms 300ms")
        .at("0s", "cut-one-way A C > B")
        .at("2s", "c0 A read k ALL")
        .at("2s", "c1 B read k")
        .with("read-timeout", "1s")
        .play();
    assert_eq!(run.outcomes(), ["timed-out 2/3", "unavailable 1/2"], "A asks B in vain; B asks nobody");
    let host = |n: u32| run.session.world().host(NodeId(n)).expect("it is there");
    assert!(host(0).node.believes_up(NodeId(1)) && !host(1).node.believes_up(NodeId(0)) && host(1).node.believes_up(NodeId(1)));
}

#[test]
fn a_cut_makes_both_sides_suspect_each_other_and_mending_makes_them_trust() {
    let run = Run::of(4).with("detector", "100ms 300ms").at("1s", "cut A B").at("3s", "mend-all").end("5s").play();
    assert_eq!(run.count(|k| matches!(k, EventKind::Note(Note::Suspected(_)))), 8);
    assert_eq!(run.count(|k| matches!(k, EventKind::Note(Note::Trusted(_)))), 8);
    assert!(run.session.world().hosts().iter().all(|h| h.node.heartbeats.suspected().count() == 0));
}

#[test]
fn a_detector_that_is_switched_off_forgets_its_suspicions() {
    let run = Run::of(3)
        .with("detector", "100ms 300ms")
        .with("read-timeout", "500ms")
        .at("1s", "crash B")
        .at("2s", "set detector none")
        .at("3s", "c0 A read k ALL")
        .at("4s", "set detector 100ms 300ms")
        .at("5s", "c0 A read k ALL")
        .play();
    assert_eq!(run.outcomes(), ["timed-out 2/3", "unavailable 2/3"], "believed up again, then found out anew");
    let between = run.sent(|m| matches!(m.body, Body::Heartbeat { .. }) && (2_000_001..4_000_000).contains(&m.sent_at.0));
    assert!(between.is_empty(), "and its timers stop");
}

#[test]
fn heartbeats_may_be_counted_instead_of_kept_and_change_nothing_else() {
    let story = |chatter: &str| {
        Run::of(3)
            .with("detector", "100ms 300ms")
            .chatter(chatter)
            .at("1s", "crash B")
            .at("2s", "c0 A write k v")
            .at("3s", "c0 A read k ALL")
            .end("5s")
            .play()
    };
    let (kept, counted) = (story("kept"), story("counted"));
    assert!(
        kept.has(|k| matches!(k, EventKind::Sent(m) if m.body.is_quiet()))
            && !counted.has(|k| matches!(k, EventKind::Sent(m) if m.body.is_quiet()))
    );
    assert_eq!(kept.outcomes(), counted.outcomes());
    assert_eq!(kept.report.traffic, counted.report.traffic, "they are counted either way");
    let loud = |run: &crate::run::Played| run.log.iter().filter(|e| !e.is_quiet()).map(|e| (e.at, e.who)).collect::<Vec<_>>();
    assert_eq!(loud(&kept), loud(&counted));
}
