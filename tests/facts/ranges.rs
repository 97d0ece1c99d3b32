//! Ranges that move: what real systems do with rows and hints of a node that no longer holds a range.

use std::collections::BTreeSet;

use drift::engine::base::NodeId;
use drift::engine::data::Key;
use drift::engine::node::Note;
use drift::engine::world::{Event, EventKind};

use crate::run::{Played, Run, key_on};

fn moved(then: &[(&str, &str)]) -> (String, Played) {
    let key = key_on(6, "BCD");
    let run = Run::of(6).with("repair", "off").with("hints.keeper", "nobody").at("1s", &format!("c0 A write {key} v ALL"));
    let run = run.at("2s", &format!("move {key} F"));
    let run = then.iter().fold(run, |run, (when, what)| run.at(when, &what.replace("KEY", &key)));
    (key, run.play())
}

fn holds(played: &Played, node: &str, key: &str) -> bool {
    let id: NodeId = node.parse().expect("a node");
    played.session.world().host(id).expect("it is there").node.store.get(&Key::new(key)).is_some()
}

/// DataStax, "nodetool cleanup": data is not removed from nodes that lose part of their range until cleanup is run on them.
#[test]
fn cassandra_rows_of_a_lost_range_stay_until_cleanup() {
    let (key, left) = moved(&[]);
    assert!(holds(&left, "B", &key) && left.held(&key) == "C=v D=v F=-");
    let (key, clean) = moved(&[("3s", "cleanup B")]);
    assert!(!holds(&clean, "B", &key) && clean.noted(|n| *n == Note::CleanedUp { rows: 1 }));
}

/// DataStax Enterprise, "nodetool cleanup": without it data that was deleted may come back. Here: B misses the delete because it holds the
/// range no longer, the mark of the delete is thrown away after its grace, and B gets the range back.
#[test]
fn cassandra_deleted_data_comes_back_with_a_range_that_was_not_cleaned_up() {
    let story = |cleanup: bool| {
        let key = key_on(6, "BCD");
        let run = Run::of(6)
            .with("repair", "off")
            .with("hints.keeper", "nobody")
            .with("grace", "2s 500ms")
            .with("sweeps.policy", r#"{"method":"descent"}"#);
        let run = run.at("1s", &format!("c0 A write {key} v ALL")).at("2s", &format!("move {key} F"));
        let run = if cleanup { run.at("2500ms", "cleanup B") } else { run };
        let run = run
            .at("3s", &format!("c0 A delete {key} ALL"))
            .at("8s", &format!("move {key} B"))
            .at("9s", "sweep B C")
            .at("10s", &format!("c0 A read {key} ALL"));
        run.play().outcomes().last().cloned().expect("a read")
    };
    assert_eq!((story(false).as_str(), story(true).as_str()), ("value v", "not-found"));
}

/// Apache Cassandra 4.1, `hints/HintVerbHandler` (CASSANDRA-5902): a node that gets a hint for a range it holds no longer keeps it for all
/// who do, and does not apply it.
#[test]
fn cassandra_a_hint_for_a_lost_range_is_addressed_anew() {
    let key = key_on(6, "BCD");
    let run = Run::of(6)
        .with("repair", "off")
        .with("hints.keeper", "coordinator")
        .with("hints.flush", "0s")
        .with("hints.poll", "500ms")
        .with("detector", "100ms 300ms");
    let run = run.at("1s", "cut B").at("3s", &format!("c0 A write {key} v")).at("4s", "link A > B slower 2s").at("4s", "mend-all");
    // The hint is under way, and takes two seconds.
    let run = run.at("6s", &format!("move {key} F")).play();
    let kept = |event: &Event| match (&event.kind, event.who) {
        (EventKind::Note(Note::HintKept { target, .. }), Some(who)) if who == NodeId(1).into() => Some(*target),
        _ => None,
    };
    let by_b: BTreeSet<NodeId> = run.log.iter().filter_map(kept).collect();
    assert_eq!(by_b, BTreeSet::from([NodeId(2), NodeId(3), NodeId(5)]), "B keeps it for each replica");
    assert_eq!((run.held(&key).as_str(), holds(&run, "B", &key)), ("C=v D=v F=v", false));
}
