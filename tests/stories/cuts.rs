//! Cuts: who hears whom, what becomes of messages under way, and that mending repairs nothing.

use drift::engine::base::CutId;
use drift::engine::node::Body;
use drift::engine::world::{EventKind, Fault, LostWhy};

use crate::run::{Played, Run};

fn stopped(run: &Played) -> usize {
    run.count(|k| matches!(k, EventKind::Lost { why: LostWhy::Cut(_), .. }))
}

#[test]
fn islands_hear_only_themselves() {
    let run = Run::of(5)
        .with("replicas", "5")
        .with("write-timeout", "500ms")
        .at("0s", "cut A B c0 | C D c1")
        .at("1s", "c0 A write k v ONE")
        .at("1s", "c1 C write k w ONE")
        .at("2s", "c0 A read k QUORUM")
        .at("10s", "c1 A read k ONE")
        .play();
    assert_eq!(run.held("k"), "A=v B=v C=w D=w E=-", "each island has its own truth, and the mainland has none");
    assert_eq!(run.outcomes(), ["written", "written", "timed-out 2/3", "running"], "c1 cannot even ask A");
    assert!(run.arrivals("A", "C").is_empty() && run.arrivals("C", "E").is_empty() && run.arrivals("E", "A").is_empty());
}

#[test]
fn mending_repairs_nothing_by_itself() {
    let mut run = Run::of(3).at("0s", "cut C").at("1s", "c0 A write k v").at("2s", "mend-all").at("15s", "c1 B read k ALL").play();
    assert_eq!(run.held_at("14s", "k"), "A=v B=v C=-", "the network is whole for twelve seconds and C is told nothing");
    assert_eq!(run.held("k"), "A=v B=v C=v", "a read at ALL finds it behind");
}

#[test]
fn a_one_way_cut_lets_the_way_back_open() {
    let run = Run::of(3)
        .with("write-timeout", "500ms")
        .at("0s", "cut-one-way B > A")
        .at("1s", "c0 A write k v ALL")
        .at("2s", "c0 B write l w ALL")
        .at("3s", "c0 C read k ALL")
        .play();
    assert_eq!(run.outcomes(), ["timed-out 2/3", "timed-out 2/3", "value v"]);
    assert_eq!(run.held("k"), "A=v B=v C=v", "A's write reached B; only B's acknowledgement was stopped");
    assert_eq!(run.held("l"), "A=- B=w C=w", "B's write never reached A");
    assert!(run.arrivals("B", "A").is_empty() && !run.arrivals("A", "B").is_empty());
    assert_eq!(stopped(&run), 2);
}

#[test]
fn a_cut_link_leaves_the_way_round_open() {
    let run = Run::of(3)
        .with("write-timeout", "500ms")
        .at("0s", "cut-link A B")
        .at("1s", "c0 A write k v ALL")
        .at("2s", "c0 C read k ALL")
        .play();
    assert_eq!(run.outcomes(), ["timed-out 2/3", "value v"]);
    assert_eq!(run.held("k"), "A=v B=v C=v", "C reads and repairs B, which A cannot reach");
    assert!(run.arrivals("A", "B").is_empty() && run.arrivals("B", "A").is_empty());
    assert!(!run.arrivals("C", "B").is_empty() && !run.arrivals("C", "A").is_empty(), "no other link is touched");
}

#[test]
fn a_client_that_is_cut_off_gets_no_answer_and_its_write_may_still_be_done() {
    let run = Run::of(3).with("client-timeout", "1s").at("1s", "c0 A write k v").at("1015ms", "cut c0").at("5s", "c1 B read k").play();
    assert_eq!(run.outcomes(), ["no-answer", "value v"]);
    assert!(run.arrivals("A", "c0").is_empty());
}

#[test]
fn each_cut_is_mended_on_its_own() {
    let run = Run::of(3)
        .with("read-timeout", "500ms")
        .at("0s", "cut B")
        .at("1s", "cut C")
        .at("2s", "mend 1")
        .at("2s", "mend 7")
        .at("3s", "c0 A read k")
        .at("4s", "c0 A read k ALL")
        .at("5s", "mend 0")
        .at("6s", "c0 A read k ALL")
        .play();
    assert_eq!(run.outcomes()[1..], ["timed-out 2/3", "not-found"], "B stays cut off until its own cut is mended");
    assert_eq!(run.count(|k| matches!(k, EventKind::Fault(Fault::Mended(CutId(1))))), 1);
    assert_eq!(run.count(|k| matches!(k, EventKind::Fault(Fault::Mended(_)))), 2, "mending what is not there is no event");
}

#[test]
fn overlapping_cuts_stop_what_either_stops() {
    let run = Run::of(3)
        .with("read-timeout", "500ms")
        .at("0s", "cut B")
        .at("0s", "cut-link A B")
        .at("1s", "mend 0")
        .at("2s", "c0 A read k ALL")
        .at("3s", "mend 1")
        .at("4s", "c0 A read k ALL")
        .play();
    assert_eq!(run.outcomes(), ["timed-out 2/3", "not-found"]);
}

#[test]
fn a_message_past_half_way_survives_a_cut_and_one_before_it_does_not() {
    // The request arrives at 1.010 s; the writes to B and C are half way at 1.015 s.
    let cut_at = |when: &str| Run::of(3).at("1s", "c0 A write k v").at(when, "cut B C").end("3s").play();
    let (before, after) = (cut_at("1014ms"), cut_at("1016ms"));
    assert_eq!((before.held("k").as_str(), stopped(&before)), ("A=v B=- C=-", 2));
    assert_eq!(after.held("k"), "A=v B=v C=v", "both writes had passed");
    assert_eq!(stopped(&after), 2, "but the acknowledgements had not");
}

#[test]
fn a_cut_that_is_mended_before_a_message_is_half_way_does_not_touch_it() {
    let run = Run::of(3).at("1s", "c0 A write k v ALL").at("1011ms", "cut B").at("1014ms", "mend 0").play();
    assert_eq!(run.outcomes(), ["written"]);
    assert_eq!(stopped(&run), 0);
    assert_eq!(run.took_ms(0), 40, "and it arrives as if nothing had been");
}

#[test]
fn a_node_hears_itself_whatever_is_cut() {
    let run = Run::of(3).at("0s", "cut A c0 | B | C").at("0s", "cut-one-way A > A B").at("1s", "c0 A write k v ONE").play();
    assert_eq!(run.outcomes(), ["written"]);
    assert!(run.arrivals("A", "A").iter().any(|(_, m)| matches!(m.body, Body::Write { .. })));
    assert_eq!(run.held("k"), "A=v B=- C=-");
}
