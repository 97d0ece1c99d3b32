//! Stories of faults that the swarm found in the engine, each as small as it gets.

use drift::engine::node::Note;

use crate::run::Run;

#[test]
fn hints_of_a_second_outage_are_delivered_too() {
    let run = Run::of(3)
        .with("hints.keeper", "coordinator")
        .with("hints.flush", "0s")
        .with("hints.poll", "500ms")
        .with("detector", "100ms 300ms")
        .at("1s", "crash C")
        .at("2s", "c0 A write k first")
        .at("3s", "restart C")
        .at("8s", "crash C")
        .at("9s", "c0 A write k second")
        .at("10s", "restart C")
        .play();
    assert_eq!(run.held("k"), "A=second B=second C=second", "though nothing waited when the looks of the first outage ended");
    assert_eq!(run.notes(|n| matches!(n, Note::ReplayDone { .. })), 2);
}

#[test]
fn guests_of_a_second_outage_go_home_too() {
    let run = Run::of(4)
        .with("fallback", r#"{"stand-in":"next-healthy","tick":"500ms","idle":"100ms"}"#)
        .with("detector", "100ms 300ms")
        .at("1s", "crash C")
        .at("2s", "c0 A write k first ALL")
        .at("2s", "c0 A write l first ALL")
        .at("3s", "restart C")
        .at("8s", "crash C")
        .at("9s", "c0 A write k second ALL")
        .at("9s", "c0 A write l second ALL")
        .at("10s", "restart C")
        .play();
    assert_eq!(run.report.stale_keys, 0);
    assert!(run.session.world().hosts().iter().all(|host| host.node.guests.all().is_empty()));
}

#[test]
fn a_node_that_only_coordinates_knows_who_is_up() {
    let run = Run::of(4)
        .topology(serde_json::json!({"coordinators": ["D"]}))
        .with("detector", "100ms 300ms")
        .at("3s", "c0 D write k v ALL")
        .at("4s", "c0 D read k ALL")
        .play();
    assert_eq!(run.outcomes(), ["written", "value v"], "the others tell it that they live");
    assert!(!run.noted(|n| matches!(n, Note::Suspected(_))));
}

#[test]
fn a_zone_without_replicas_is_not_asked_by_each_quorum() {
    let run = Run::of(5).zones(&[("here", 3), ("there", 0)]).at("1s", "c0 A write k v EACH_QUORUM").play();
    assert_eq!(run.outcomes(), ["written"]);
}

#[test]
fn a_hint_is_not_dropped_for_a_newer_one_that_finds_no_room() {
    let run = Run::of(3)
        .with("hints", r#"{"keeper":"coordinator","full":"compact","room":60,"poll":"30s","flush":"0s"}"#)
        .with("detector", "100ms 300ms")
        .at("1s", "crash C")
        .at("2s", "c0 A write k 1")
        .at("3s", "c0 A write other with-a-long-value-that-fills-all-the-room-there-is-and-more")
        .at("4s", "c0 A write k 2")
        .play();
    let world = run.session.world();
    let kept = world.host("A".parse().expect("a node")).map_or(0, |host| host.node.hints.count());
    assert!(run.noted(|n| matches!(n, Note::HintRefused { .. })), "the third finds no room");
    assert_eq!(kept, 2, "so the first stays");
}

#[test]
fn a_hint_that_is_thrown_away_unconfirmed_is_lost_with_its_message() {
    let held = |hopeful: bool| {
        Run::of(3)
            .with("hints.keeper", "coordinator")
            .with("hints.flush", "0s")
            .with("hints.poll", "500ms")
            .with("write-timeout", "300ms")
            .with("detector", "100ms 300ms")
            .with("misbehave.hopeful-hints", &hopeful.to_string())
            .at("1s", "crash C")
            .at("2s", "c0 A write k v")
            .then("3s", serde_json::json!({"do": "link", "from": "A", "to": "C", "rule": {"loss-ppm": 1_000_000}}))
            .at("3s", "restart C")
            .then("6s", serde_json::json!({"do": "link", "from": "A", "to": "C", "rule": {}}))
            .play()
            .held("k")
    };
    assert_eq!(held(false), "A=v B=v C=v", "the rule: it is sent again until it is confirmed");
    assert_ne!(held(true), "A=v B=v C=v");
}
