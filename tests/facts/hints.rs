//! Hints: when they are kept, for how long, and when they are delivered. Apache Cassandra 4.1, paths below `src/java/org/apache/cassandra/`.

use drift::engine::base::{Micros, NodeId, Wire};
use drift::engine::node::{Body, NoHint, Note};
use drift::engine::world::{Event, EventKind};

use crate::run::{Played, Run};

const C: NodeId = NodeId(2);

/// Three nodes; coordinators keep hints for 5 s; C is convicted after 300 ms.
fn cluster() -> Run {
    Run::of(3).with("hints.keeper", "coordinator").with("hints.window", "5s").with("detector", "100ms 300ms").with("write-timeout", "500ms")
}

/// When `who` first noted something that is so.
fn when(run: &Played, who: &str, test: impl Fn(&Note) -> bool) -> Micros {
    let so = |e: &&Event| e.who.is_some_and(|w| w.to_string() == who) && matches!(&e.kind, EventKind::Note(note) if test(note));
    run.log.iter().find(so).expect("it happens").at
}

fn kept(run: &Played) -> usize {
    run.notes(|n| matches!(n, Note::HintKept { .. }))
}

fn refused(run: &Played, why: NoHint) -> usize {
    run.notes(|n| matches!(n, Note::HintRefused { target: C, why: w } if *w == why))
}

/// `service/StorageProxy.shouldHint`, `gms/Gossiper.getEndpointDowntime`: the window is counted from the moment at which this node convicted the
/// target, not from when it died; 0 while it is believed up.
#[test]
fn the_window_begins_at_the_conviction() {
    let crash = cluster().at("1s", "crash C").end("9s");
    let convicted = when(&crash.play(), "A", |n| *n == Note::Suspected(C));
    assert!((Micros::ms(1_200)..Micros::ms(1_500)).contains(&convicted), "{convicted}");
    // A request takes 10 ms to A.
    let write = |after: u64| {
        let at = format!("{}us", convicted.0 + after - 10_000);
        let run = crash.clone().at(&at, "c0 A write k v QUORUM").play();
        assert_eq!(run.outcomes(), ["written"], "a hint or none, two of three are enough");
        (kept(&run), refused(&run, NoHint::Window))
    };
    assert_eq!([write(10_000), write(5_000_000), write(5_000_001)], [(1, 0), (1, 0), (0, 1)]);
}

/// `service/AbstractWriteResponseHandler.onFailure`, `StorageProxy.submitHint`: before the conviction a silent replica is waited for; its hint is
/// made when the wait is over, whatever the client was told.
#[test]
fn a_silent_replica_gets_its_hint_at_the_timeout() {
    let run = cluster().at("1s", "crash C").at("1050ms", "c0 A write k v QUORUM").end("4s").play();
    assert_eq!(run.outcomes(), ["written"]);
    assert_eq!(when(&run, "A", |n| matches!(n, Note::HintKept { target: C, late: true, .. })), Micros::ms(1_560));
    let failed = cluster().with("detector", "none").at("1s", "crash C").at("1050ms", "c0 A write k v ALL").end("4s").play();
    assert_eq!(failed.outcomes(), ["timed-out 2/3"]);
    assert_eq!(kept(&failed), 1, "the level failed, the hint is kept all the same");
}

/// `gms/Gossiper`: conviction is each node's own, so each coordinator has its own window.
#[test]
fn the_window_is_each_coordinators_own() {
    let run = cluster()
        .at("1s", "cut-one-way C > A")
        .at("4s", "cut-one-way C > B")
        .at("8s", "c0 A write k v ONE")
        .at("8s", "c1 B write q v ONE")
        .end("9s")
        .play();
    assert_eq!(run.outcomes(), ["written", "written"]);
    assert!(when(&run, "A", |n| matches!(n, Note::HintRefused { why: NoHint::Window, .. })) > Micros::secs(8));
    assert!(when(&run, "B", |n| matches!(n, Note::HintKept { .. })) > Micros::secs(8));
    assert_eq!((run.hints("A"), run.hints("B")), (0, 1));
}

/// `conf/cassandra.yaml`, `hint_window_persistent_enabled`: a target that flaps does not start a new window while old hints wait for it.
#[test]
fn the_window_survives_flaps_while_hints_wait() {
    let flap = |persistent: &str, paused: &str| {
        let run = cluster().with("hints.persistent-window", persistent).with("hints.paused", paused).with("hints.replay", "on-up");
        let run = run.with("hints.flush", "100ms");
        let run = run.at("1s", "crash C").at("2s", "c0 A write k v").at("5s", "restart C").at("6s", "crash C");
        let run = run.at("8s", "c0 A write q v").end("9s").play();
        assert_eq!(run.outcomes(), ["written", "written"]);
        (kept(&run), refused(&run, NoHint::Window))
    };
    assert_eq!(flap("true", "true"), (1, 1), "the oldest hint is 6 s old");
    assert_eq!(flap("false", "true"), (2, 0), "down for less than 2 s");
    assert_eq!(flap("true", "false"), (2, 0), "the first hint was delivered, so nothing waits");
}

/// `conf/cassandra.yaml`, `max_hints_size_per_host`; `StorageProxy.shouldHint`: refused when the target's hints are already above the size; 0 is
/// without limit.
#[test]
fn the_size_limit_is_soft() {
    let store = |room: &str| {
        let run = cluster().with("hints.room", room).at("1s", "crash C");
        let run = run.at("2s", "c0 A write a v").at("2100ms", "c0 A write b v").at("2200ms", "c0 A write c v").end("4s").play();
        assert_eq!(run.outcomes(), ["written"; 3]);
        (run.hints("A"), refused(&run, NoHint::Room))
    };
    assert_eq!([store("1"), store("100000"), store("0")], [(1, 2), (3, 0), (3, 0)]);
}

/// `hints/HintsDispatchTrigger`: a poll every 10 s dispatches closed files of targets that are up and then closes the file being written, which goes
/// at the next poll: the first hint leaves 10 s to 20 s after the target is found up, not at that moment.
#[test]
fn the_open_file_goes_at_the_second_poll() {
    let run = cluster().with("hints.window", "1h").at("1s", "crash C").at("2s", "c0 A write k v").at("47s", "restart C").end("80s").play();
    let up = when(&run, "A", |n| *n == Note::Trusted(C));
    let first = run.sent(|m| matches!(m.body, Body::Hint { .. }))[0].sent_at;
    // Polls fall every 10 s from the hint on, which was kept at 2.01 s.
    assert!((Micros::secs(47)..Micros::ms(47_200)).contains(&up));
    assert_eq!(first, Micros::ms(62_010), "52.01 s closes the file, 62.01 s sends it");
    assert!((Micros::secs(10)..=Micros::secs(20)).contains(&first.since(up)));
    assert_eq!((run.held("k").as_str(), run.hints("A")), ("A=v B=v C=v", 0));
    let soon = cluster().with("hints.window", "1h").with("hints.replay", "on-up").at("1s", "crash C").at("2s", "c0 A write k v");
    let soon = soon.at("47s", "restart C").end("80s").play();
    let up = when(&soon, "A", |n| *n == Note::Trusted(C));
    assert_eq!(soon.sent(|m| matches!(m.body, Body::Hint { .. }))[0].sent_at, up, "before 3.0 the good news itself started it");
}

/// `gms/FailureDetector.interpret`, with `hints` as above: the documented defaults from a crash to the last hint. Conviction after 18.42 mean
/// intervals of silence, at the next look; then the echo; then two polls.
#[test]
fn conviction_and_dispatch_with_the_documented_defaults() {
    let run =
        Run::of(3).like("cassandra").with("sync", "every-write").chatter("counted").at("100s", "crash C").at("130s", "c0 A write k v");
    let run = run.at("200s", "restart C").end("260s").play();
    let convicted = run.log.iter().find_map(|e| match &e.kind {
        EventKind::Note(Note::Convicted { peer: C, silence, mean, .. }) if e.who == Some(NodeId(0).into()) => Some((e.at, *silence, *mean)),
        _ => None,
    });
    let (at, silence, mean) = convicted.expect("A gives C up");
    assert!((Micros::ms(1_000)..Micros::ms(1_020)).contains(&mean), "a second, and the initial two fading: {mean}");
    let patience = Micros(mean.0 * 18_420_680 / 1_000_000);
    assert!(silence > patience && silence <= patience.plus(Micros::secs(1)), "{silence} after {patience}");
    assert!((Micros::secs(117)..Micros::secs(121)).contains(&at), "{at}");
    let up = when(&run, "A", |n| matches!(n, Note::Revived { peer: C, .. }));
    assert!((Micros::secs(200)..Micros::ms(201_100)).contains(&up), "its next heartbeat and an echo: {up}");
    let first = run.sent(|m| matches!(m.body, Body::Hint { .. }))[0].sent_at;
    assert!((Micros::secs(10)..=Micros::secs(20)).contains(&first.since(up)), "{first} after {up}");
    assert_eq!((run.held("k").as_str(), run.hints("A")), ("A=v B=v C=v", 0));
}

/// `conf/cassandra.yaml`, `hinted_handoff_throttle`; `hints/HintsDispatchExecutor`: the rate to one target is divided by the number of other
/// nodes.
#[test]
fn the_throttle_is_shared_among_the_peers() {
    let gaps = |nodes: u32, throttle: &str| -> (Vec<Micros>, u64) {
        let run = Run::of(nodes).with("replicas", "3").with("hints.keeper", "coordinator").with("detector", "100ms 300ms");
        let mut run = run.with("hints.throttle", throttle).with("hints.replay", "on-up").with("hints.flush", "100ms").at("1s", "crash C");
        let key = crate::run::key_on(nodes, "ABC");
        for i in 0..4 {
            run = run.at(&format!("{}ms", 2_000 + 10 * i), &format!("c0 A write {key} v"));
        }
        let run = run.at("4s", "restart C").end("19s").play();
        let sent = run.sent(|m| matches!(m.body, Body::Hint { .. }));
        let Body::Hint { hint, .. } = &sent[0].body else { panic!("a hint") };
        assert_eq!(sent.len(), 4);
        (sent.windows(2).map(|w| w[1].sent_at.since(w[0].sent_at)).collect(), u64::from(hint.size()))
    };
    for (nodes, throttle) in [(3u32, 2_000u64), (5, 2_000), (5, 1_000)] {
        let (gaps, size) = gaps(nodes, &throttle.to_string());
        let each = throttle / u64::from(nodes - 1);
        assert_eq!(gaps, vec![Micros((size * 1_000_000).div_ceil(each)); 3], "{size} bytes at {each} a second");
    }
    assert_eq!(gaps(5, "0").0, [Micros::ZERO; 3], "0 is without limit");
}

/// `hints/Hint.isLive`, `Hint.apply`: a hint lives as long as the tombstone grace, when it was made and now; the sender looks before it sends, the
/// receiver before it applies.
#[test]
fn an_expired_hint_is_dropped_by_sender_and_receiver() {
    let base = |grace: &str| cluster().with("hints.window", "1h").with("grace", grace).with("hints.replay", "on-up").at("1s", "crash C");
    let late = base("5s 1h").at("2s", "c0 A write k v").at("8s", "restart C").end("30s").play();
    assert_eq!(late.sent(|m| matches!(m.body, Body::Hint { .. })).len(), 0);
    assert!(late.noted(|n| matches!(n, Note::HintsExpired { target: C, count: 1 })));
    assert_eq!(late.held("k"), "A=v B=v C=-");
    // C's clock is an hour ahead, so for C the hint is too old.
    let ahead = base("10min 1h").at("1s", "clock C 3600000000").at("2s", "c0 A write k v").at("8s", "restart C").end("40s").play();
    assert_eq!(ahead.sent(|m| matches!(m.body, Body::Hint { .. })).len(), 1);
    assert_eq!(ahead.log.iter().find(|e| matches!(e.kind, EventKind::Note(Note::HintsExpired { .. }))).and_then(|e| e.who), Some(C.into()));
    assert_eq!((ahead.held("k").as_str(), ahead.hints("A")), ("A=v B=v C=-", 0), "it is acknowledged, and so deleted");
}

/// `net/Verb.READ_REPAIR_REQ`: a repair write that is not confirmed never makes a hint.
#[test]
fn a_repair_never_makes_a_hint() {
    let run = cluster().with("read-timeout", "500ms").with("detector", "none").at("1s", "cut C").at("2s", "c0 A write k v");
    let run = run.at("2500ms", "set hints {\"keeper\":\"nobody\"}").at("4s", "mend-all").at("4s", "set hints {\"keeper\":\"coordinator\"}");
    let run = run.at("5s", "c0 A read k ALL").at("5052ms", "cut C").end("9s").play();
    assert_eq!(run.outcomes(), ["written", "timed-out 2/3"]);
    assert!(run.noted(|n| matches!(n, Note::RepairStarted { .. })));
    assert_eq!((kept(&run), run.held("k").as_str()), (0, "A=v B=v C=-"));
}
