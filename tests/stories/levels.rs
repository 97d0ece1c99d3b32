//! Levels: how many replicas an operation waits for, and how it ends when they do not answer.

use drift::engine::node::{Body, Note, Outcome};
use drift::engine::world::{EventKind, LostWhy};

use crate::run::Run;

#[test]
fn a_majority_writes_reads_and_deletes() {
    let run = Run::of(3)
        .at("1s", "c0 A write k v")
        .at("2s", "c0 B read k")
        .at("3s", "c0 C delete k")
        .at("4s", "c0 A read k")
        .at("5s", "c0 A read nothing")
        .play();
    assert_eq!(run.outcomes(), ["written", "value v", "written", "deleted", "not-found"]);
    assert_eq!(run.report.stale_keys, 0);
    assert!(!run.has(|k| matches!(k, EventKind::Lost { .. })), "and nothing is lost on the way");
}

#[test]
fn the_level_decides_when_to_answer_and_not_whom_to_write_to() {
    for (level, waits_ms) in [("ONE", 20), ("QUORUM", 40), ("ALL", 240)] {
        let run = Run::of(3).at("0s", "slow C 100ms").at("1s", &format!("c0 A write k v {level}")).play();
        assert_eq!(run.took_ms(0), waits_ms, "at {level}");
        assert_eq!(run.held("k"), "A=v B=v C=v", "all replicas are written to at {level}");
        assert_eq!(run.sent(|m| matches!(m.body, Body::Reply { .. })).len(), 1, "the client is told once at {level}");
    }
}

#[test]
fn a_read_asks_no_more_replicas_than_its_level_needs() {
    for (level, asked) in [("ONE", 1), ("QUORUM", 2), ("ALL", 3)] {
        let run = Run::of(3).at("1s", &format!("c0 B read k {level}")).play();
        let requests = run.sent(|m| matches!(m.body, Body::ReadData { .. } | Body::ReadDigest { .. }));
        assert_eq!(requests.len(), asked, "at {level}");
        assert_eq!(requests[0].to.to_string(), "B", "a coordinator that is a replica asks itself first");
        assert!(matches!(requests[0].body, Body::ReadData { .. }));
        assert!(requests[1..].iter().all(|m| matches!(m.body, Body::ReadDigest { .. })), "one row, and digests for the rest");
    }
}

#[test]
fn any_node_coordinates_and_one_that_is_no_replica_keeps_nothing() {
    let probe = Run::of(6).at("1s", "c0 A write k v ALL").play();
    let held = probe.held("k");
    let outsider =
        ["A", "B", "C", "D", "E", "F"].into_iter().find(|n| !held.contains(&format!("{n}="))).expect("six nodes, three replicas");
    let run = Run::of(6).at("1s", &format!("c0 {outsider} write k v ALL")).at("2s", &format!("c0 {outsider} read k ALL")).play();
    assert_eq!(run.outcomes(), ["written", "value v"]);
    let node = outsider.parse().expect("a node");
    assert!(run.session.world().host(node).is_some_and(|h| h.node.store.rows().is_empty()));
}

#[test]
fn too_few_nodes_is_unavailable_and_nothing_is_written() {
    // N is larger than the number of nodes: a quorum of seven is four.
    let run = Run::of(3).with("replicas", "7").at("1s", "c0 A write k v").at("2s", "c0 A read k").at("3s", "c0 A write k w ONE").play();
    assert_eq!(run.outcomes(), ["unavailable 3/4", "unavailable 3/4", "written"]);
    let refused = run.log.iter().filter(|e| e.op.is_some_and(|op| op.number <= 2));
    assert!(!refused.clone().any(|e| matches!(e.kind, EventKind::Applied(_))), "nothing was sent to a replica");
    assert_eq!(run.took_ms(0), 20, "and the client learns it at once");
    assert_eq!(run.held("k"), "A=w B=w C=w", "what can be had is still done");
}

#[test]
fn a_timeout_rolls_nothing_back() {
    let run = Run::of(3)
        .with("write-timeout", "500ms")
        .at("1s", "cut C")
        .at("1s", "c0 A write k v ALL")
        .at("5s", "mend-all")
        .at("6s", "c1 B read k QUORUM")
        .play();
    assert_eq!(run.outcomes(), ["timed-out 2/3", "value v"], "timed out is not undone: a later read finds it");
    assert_eq!(run.took_ms(0), 520, "the coordinator's patience, and the way there and back");
    assert_eq!(run.held("k"), "A=v B=v C=-", "whoever applied it keeps it, and nobody tries again");
}

#[test]
fn a_read_without_enough_answers_times_out_and_says_nothing() {
    let run = Run::of(3).with("read-timeout", "300ms").at("0s", "c0 A write k v ALL").at("1s", "cut B C").at("1s", "c0 A read k").play();
    assert_eq!(run.outcomes(), ["written", "timed-out 1/2"]);
    assert_eq!(run.took_ms(1), 320);
    assert!(!run.has(|k| matches!(k, EventKind::Ended(Outcome::Found(_)))), "one answer of two is no answer");
    assert_eq!(run.count(|k| matches!(k, EventKind::Lost { why: LostWhy::Cut(_), .. })), 1, "only the digest request was on its way");
}

#[test]
fn suspicion_makes_the_same_fault_unavailable_instead_of_a_timeout() {
    let read = |detector: &str| {
        Run::of(3)
            .with("detector", detector)
            .with("read-timeout", "1s")
            .at("1s", "crash B")
            .at("3s", "c0 A read k ALL")
            .at("5s", "c0 A read k")
            .play()
    };
    let (blind, told) = (read("none"), read("100ms 300ms"));
    assert_eq!(blind.outcomes(), ["timed-out 2/3", "timed-out 1/2"], "nobody notices: B is asked although it is down");
    assert_eq!(told.outcomes(), ["unavailable 2/3", "not-found"], "noticed: refused at once, or read from the other two");
    assert!(told.took_ms(0) < blind.took_ms(0));
    assert!(!told.noted(|n| matches!(n, Note::TimedOut { .. })) && !blind.noted(|n| matches!(n, Note::Unavailable { .. })));
}

#[test]
fn a_late_acknowledgement_changes_nothing_that_was_said() {
    let run = Run::of(3).with("write-timeout", "100ms").at("0s", "slow C 200ms").at("1s", "c0 A write k v ALL").play();
    assert_eq!(run.outcomes(), ["timed-out 2/3"]);
    let told = run.place(|k| matches!(k, EventKind::Ended(_)));
    let ack = run.log.iter().rposition(|e| matches!(&e.kind, EventKind::Delivered(m) if m.body == Body::WriteAck)).expect("C answers");
    assert!(told < ack, "C's acknowledgement comes after the client was told");
    assert!(run.log[ack + 1..].iter().all(|e| e.op.is_none()), "and nothing follows from it");
    assert_eq!(run.held("k"), "A=v B=v C=v", "the data stays");
}

#[test]
fn a_coordinator_that_is_down_gives_no_answer_however_long_the_client_waits() {
    let run = Run::of(3).with("client-timeout", "1s").at("0s", "crash A").at("1s", "c0 A read k").at("5s", "restart A").play();
    assert_eq!(run.outcomes(), ["no-answer"]);
    assert_eq!(run.took_ms(0), 1_000);
    assert!(!run.noted(|n| matches!(n, Note::Chose { .. })), "nobody worked on it, then or later");
}

#[test]
fn a_client_that_gave_up_does_not_hear_the_late_answer() {
    let run = Run::of(3).with("client-timeout", "50ms").at("0s", "slow B 30ms").at("0s", "slow C 30ms").at("1s", "c0 A write k v").play();
    assert_eq!(run.outcomes(), ["no-answer"]);
    assert_eq!(run.arrivals("A", "c0").len(), 1, "the answer arrives");
    assert_eq!(run.count(|k| matches!(k, EventKind::Ended(_))), 1, "and ends nothing a second time");
    assert_eq!(run.held("k"), "A=v B=v C=v", "no answer does not mean not done");
}

#[test]
fn levels_set_while_the_run_goes_on_count_from_then_on() {
    let run = Run::of(3)
        .at("1s", "cut B C")
        .at("2s", "set write-level ONE")
        .at("3s", "c0 A write k v")
        .at("6s", "set write-level ALL")
        .at("6s", "set write-timeout 700ms")
        .at("7s", "c0 A write k w")
        .at("9s", "c0 A write k x ONE")
        .at("10s", "set read-level ONE")
        .at("11s", "c1 A read k")
        .play();
    assert_eq!(run.outcomes(), ["written", "timed-out 1/3", "written", "value x"]);
    assert_eq!(run.took_ms(1), 720);
}
