//! The network's own faults: delay, loss, duplication, reordering, narrow links.

use drift::engine::base::Micros;
use drift::engine::node::Note;
use drift::engine::world::{EventKind, LostWhy};

use crate::run::{Played, Run};

fn lost(run: &Played) -> usize {
    run.count(|k| matches!(k, EventKind::Lost { why: LostWhy::Loss, .. }))
}

#[test]
fn a_slow_node_is_slow_both_ways_and_nobody_else_is() {
    let run = Run::of(3).at("0s", "slow B 30ms").at("1s", "c0 A write k v ALL").at("5s", "slow B 0s").at("6s", "c0 A write k w ALL").play();
    assert_eq!([run.took_ms(0), run.took_ms(1)], [100, 40], "10+40+40+10 ms, then as before");
    assert_eq!(run.arrivals("A", "C")[0].0, Micros::ms(1_020), "C is as quick as ever");
    assert_eq!(run.arrivals("A", "B")[0].0, Micros::ms(1_050));
}

#[test]
fn two_slow_nodes_add_up_on_the_link_between_them() {
    let run = Run::of(3).at("0s", "slow A 5ms").at("0s", "slow B 30ms").at("1s", "c0 A write k v ALL").play();
    // To A 15 ms, to B 45 ms, back 45 ms, to the client 15 ms.
    assert_eq!(run.took_ms(0), 120);
}

#[test]
fn a_rule_for_a_link_counts_one_way_only() {
    let run = Run::of(3)
        .at("0s", "link A > B slower 50ms")
        .at("1s", "c0 A write k v ALL")
        .at("2s", "link A > B loss-ppm 1000000")
        .at("3s", "c0 A write k w ALL")
        .at("6s", "c0 B write l x ALL")
        .at("10s", "link A > B")
        .at("11s", "c0 A write m y ALL")
        .play();
    assert_eq!(run.outcomes(), ["written", "timed-out 2/3", "timed-out 2/3", "written"]);
    assert_eq!(run.took_ms(0), 90, "50 ms more on the way to B, none on the way back");
    assert_eq!(run.held("k"), "A=w B=v C=w");
    assert_eq!(run.held("l"), "A=x B=x C=x", "B still reaches A; it was A's acknowledgement that was lost");
    assert_eq!(run.took_ms(3), 40, "an empty rule is no rule");
    assert_eq!(lost(&run), 2);
}

#[test]
fn lost_messages_are_not_sent_again() {
    let run = Run::of(3).at("0s", "network loss-ppm 1000000 latency 10ms").at("1s", "c0 A write k v").play();
    assert_eq!(run.outcomes(), ["no-answer"]);
    assert_eq!(run.sent(|_| true).len(), 1);
    assert_eq!(lost(&run), 1);
    assert_eq!(run.held("k"), "A=- B=- C=-");
    let few = Run::of(3).network("loss-ppm", "100000").end("60s");
    let few = (0..200u64).fold(few, |run, i| run.at(&format!("{}ms", i * 100), "c0 A read k ONE")).play();
    let (sent, lost) = (few.sent(|m| m.from != m.to).len(), lost(&few));
    assert!(lost * 20 > sent && lost * 7 < sent, "about a tenth of {sent}: {lost}");
    assert!(few.has(|k| matches!(k, EventKind::Ended(_))), "most of them end well");
}

#[test]
fn a_node_loses_nothing_it_says_to_itself() {
    let run = Run::of(1).with("replicas", "1").network("local", "2ms").at("0s", "link c0 > A slower 0s").at("1s", "c0 A write k v").play();
    assert_eq!(run.took_ms(0), 24, "to A, to itself and back at 2 ms each, to the client");
    let run =
        Run::of(3).at("0s", "link A > B loss-ppm 1000000").at("0s", "link A > C loss-ppm 1000000").at("1s", "c0 A write k v ONE").play();
    assert_eq!(run.held("k"), "A=v B=- C=-");
}

#[test]
fn what_arrives_twice_is_done_once() {
    let run = Run::of(3)
        .network("duplicate-ppm", "1000000")
        .network("latency", "5ms..40ms")
        .at("1s", "c0 A write k v ALL")
        .at("3s", "c0 B read k ALL")
        .play();
    assert_eq!(run.outcomes(), ["written", "value v"]);
    assert_eq!(run.arrivals("c0", "A").len(), 2, "the request comes twice");
    assert_eq!(run.count(|k| matches!(k, EventKind::Note(Note::Stamped { .. }))), 1, "and makes one version");
    assert_eq!(run.count(|k| matches!(k, EventKind::Note(Note::QuorumReached { .. }))), 2, "no acknowledgement counts twice");
    assert_eq!(run.count(|k| matches!(k, EventKind::Ended(_))), 2, "no client is told twice");
}

#[test]
fn a_request_that_comes_again_after_its_end_is_not_carried_out_again() {
    // The second copy comes when the operation is long over and somebody else has written.
    let twice = |seed| {
        Run::of(3)
            .seed(seed)
            .at("0s", "network duplicate-ppm 1000000 reorder-ppm 500000 reorder-by 2s latency 10ms")
            .at("1s", "c0 A write k old ONE")
            .at("1001ms", "network latency 10ms")
            .at("1500ms", "c1 A write k new ALL")
            .play()
    };
    let late = (0..40).map(twice).find(|run| {
        let requests = run.arrivals("c0", "A");
        requests.len() == 2 && requests[0].0 < Micros::ms(1_100) && requests[1].0 > Micros::ms(1_700)
    });
    let run = late.expect("with some seed one copy is held back for long");
    assert_eq!(run.outcomes(), ["written", "written"]);
    assert_eq!(run.count(|k| matches!(k, EventKind::Note(Note::Stamped { .. }))), 2, "one version for each write");
    assert_eq!(run.held("k"), "A=new B=new C=new", "the older write does not come back as the newest");
}

#[test]
fn without_order_a_later_message_may_come_first_and_the_newer_write_still_wins() {
    let story = |in_order: &str, seed: u64| {
        let run = Run::of(3).seed(seed).at("1s", "c0 A write k old ONE").at("1001ms", "c0 A write k new ONE");
        run.at("1005ms", &format!("network latency 5ms..80ms in-order {in_order}")).play()
    };
    let values = |run: &Played| -> Vec<Vec<u8>> {
        let rows = run.arrivals("A", "B").into_iter().filter_map(|(_, m)| m.body.row().cloned());
        rows.filter_map(|row| row.value().map(<[u8]>::to_vec)).collect()
    };
    let mut overtaken = 0;
    for seed in 0..60 {
        let run = story("false", seed);
        overtaken += usize::from(values(&run) == [b"new", b"old"]);
        assert_eq!(run.held("k"), "A=new B=new C=new", "whatever comes last");
        let run = story("true", seed);
        assert_eq!(values(&run), [b"old", b"new"], "in order, what leaves first arrives first");
    }
    assert!(overtaken > 0, "with some seeds the second write overtakes the first");
}

#[test]
fn a_message_that_is_held_back_breaks_the_order_and_by_no_more_than_set() {
    let run = Run::of(2).with("replicas", "2").network("in-order", "true").network("reorder-ppm", "300000").network("reorder-by", "40ms");
    let run = (0..100u64).fold(run, |run, i| run.at(&format!("{}ms", 1_000 + i * 5), "c0 A read k ONE")).play();
    let times: Vec<(Micros, Micros)> = run.arrivals("c0", "A").into_iter().map(|(at, m)| (m.sent_at, at)).collect();
    let late = times.iter().filter(|(sent, at)| at.since(*sent) > Micros::ms(10)).count();
    assert!((15..=45).contains(&late), "about three of ten are held back: {late}");
    assert!(times.iter().all(|(sent, at)| at.since(*sent) <= Micros::ms(50)), "by at most 40 ms");
    assert!(times.windows(2).any(|w| w[0].0 > w[1].0), "others pass them");
}

#[test]
fn a_narrow_link_makes_messages_wait_for_one_another() {
    let value = "x".repeat(1_000);
    let run = Run::of(2)
        .with("replicas", "2")
        .network("bandwidth", "100000")
        .at("1s", &format!("c0 A write k {value} ALL"))
        .at("1s", &format!("c0 A write l {value} ALL"))
        .at("1s", &format!("c1 A write m {value} ALL"))
        .play();
    let arrivals = run.arrivals("c0", "A");
    let spans: Vec<u64> = arrivals.iter().map(|(at, m)| at.since(Micros::secs(1)).0 - 10_000 - u64::from(m.size) * 10).collect();
    assert_eq!(spans, [0, u64::from(arrivals[0].1.size) * 10], "the second waits until the first has left, ten microseconds a byte");
    let other = run.arrivals("c1", "A")[0];
    assert_eq!(other.0.since(Micros::secs(1)).0, 10_000 + u64::from(other.1.size) * 10, "another link is not held up");
    assert_eq!(run.outcomes(), ["written"; 3]);
}

#[test]
fn a_network_that_changes_leaves_what_is_under_way_alone() {
    let run = Run::of(3).at("1s", "c0 A write k v").at("1005ms", "network latency 500ms loss-ppm 0").play();
    assert_eq!(run.arrivals("c0", "A")[0].0, Micros::ms(1_010), "sent before, travels as before");
    assert_eq!(run.arrivals("A", "B")[0].0, Micros::ms(1_510));
}
