//! The accrual failure detector against Apache Cassandra (`gms/FailureDetector.java`, `gms/Gossiper.java`, 4.1): windows of 1000 intervals,
//! an initial value of two gossip intervals that is also the longest interval learned, φ = t / mean / ln 10 and conviction above 8, nobody
//! convicted for 5 s after a local pause of more than 5 s, an echo before a node is marked alive.

use drift::engine::base::{Endpoint, Micros, NodeId};
use drift::engine::node::arrivals::Arrivals;
use drift::engine::node::{Accrual, Body, Note, Phi};
use drift::engine::world::{Event, EventKind};
use drift::lab::{Session, script_from_file};

const A: NodeId = NodeId(0);
const C: NodeId = NodeId(2);

/// Three nodes that beat once a second, with messages that take 10 ms to 30 ms.
fn run(detector: &str, end: &str, commands: &str) -> Session {
    let text = format!(
        r#"{{"format":"drift-run","version":1,"engine": 2,"run":{{"seed":5,"end":"{end}","config":{{"nodes":3,"settings":{{"detector":{detector}}}}},"commands":[{commands}]}}}}"#
    );
    let mut session = Session::open(script_from_file(&text).expect("within bounds")).expect("opens");
    session.seek_time(session.end());
    session
}

fn notes(session: &Session, node: NodeId) -> Vec<(Micros, Note)> {
    let at = |e: &Event| if let EventKind::Note(note) = &e.kind { Some((e.at, note.clone())) } else { None };
    session.log().iter().filter(|e| e.who == Some(node.into())).filter_map(at).collect()
}

#[test]
fn a_steady_second_is_given_up_after_18_42_seconds() {
    let settings = Accrual::default();
    let mut arrivals = Arrivals::begin(Micros::ZERO, settings.initial);
    // Before the first interval is known two seconds stand for it: 2 · 8 · ln 10.
    assert_eq!(arrivals.patience(settings.threshold), Micros(36_841_361));
    let mut now = Micros::ZERO;
    for beat in 1..=1_500u64 {
        now = now.plus(Micros::secs(1));
        arrivals.add(now, &settings);
        if beat == 9 {
            assert_eq!(arrivals.mean(), Micros(1_100_000), "nine seconds and the initial two");
            assert_eq!(arrivals.patience(settings.threshold), Micros(20_262_748));
        }
    }
    assert_eq!(arrivals.len(), 1_000);
    // 8 · ln 10 = 18.420 680 744.
    assert_eq!(arrivals.patience(settings.threshold), Micros(18_420_680));
    let (late, gone) = (now.plus(Micros(18_420_680)), now.plus(Micros(18_420_681)));
    assert!(!arrivals.convicts(late, settings.threshold) && arrivals.convicts(gone, settings.threshold));
    // Cassandra accepts thresholds of 5 to 16.
    assert_eq!((arrivals.patience(Phi::whole(5)), arrivals.patience(Phi::whole(16))), (Micros(11_512_925), Micros(36_841_361)));
    // φ = 1 after 2.303 s, as −log10(e^−2.303) says.
    assert_eq!(arrivals.phi(now.plus(Micros(2_302_586))), Phi::whole(1));
}

#[test]
fn long_intervals_end_a_silence_but_are_not_learned() {
    let settings = Accrual::default();
    let mut arrivals = Arrivals::begin(Micros::ZERO, settings.initial);
    for at in [1, 2, 3, 4, 15, 16] {
        arrivals.add(Micros::secs(at), &settings);
    }
    assert_eq!((arrivals.len(), arrivals.mean(), arrivals.last()), (6, Micros(7_000_000 / 6), Micros::secs(16)));
}

#[test]
fn a_crash_is_noticed_at_the_first_look_after_phi_has_passed_eight() {
    let s = run(r#"{"accrual":{}}"#, "80s", r#"{"at":"40s","do":"crash","node":"C"}"#);
    // The intervals A saw, from the messages that reached it, in floating point: another way to the same instant.
    let came =
        |e: &Event| matches!(&e.kind, EventKind::Delivered(m) if m.from == Endpoint::Node(C) && matches!(m.body, Body::Heartbeat { .. }));
    let beats: Vec<f64> = s.log().iter().filter(|e| e.who == Some(A.into()) && came(e)).map(|e| e.at.0 as f64).collect();
    assert!(beats.len() > 35);
    let mut learned = vec![2e6];
    learned.extend(std::iter::once(0.0).chain(beats.iter().copied()).zip(&beats).map(|(a, b)| b - a).filter(|d| *d <= 2e6));
    let mean = learned.iter().sum::<f64>() / learned.len() as f64;
    let last = beats[beats.len() - 1];
    let convicted = |at: f64| (at - last) / mean / std::f64::consts::LN_10 > 8.0;
    let looks = s.log().iter().filter(|e| e.who == Some(A.into()) && matches!(e.kind, EventKind::Timer(_)));
    let expected = looks.map(|e| e.at).find(|at| convicted(at.0 as f64)).expect("A looks every second");
    let found: Vec<(Micros, Note)> = notes(&s, A);
    let [(at, Note::Convicted { peer, phi, silence, .. })] = found.as_slice() else { panic!("one conviction: {found:?}") };
    assert_eq!((*at, *peer), (expected, C));
    assert!(*phi > Phi::whole(8) && *phi < Phi::whole(9) && *silence > Micros::secs(18), "{phi} after {silence}");
    let host = s.world().host(A).expect("A");
    assert_eq!(host.node.heartbeats.down_since(C), Some(expected));
    assert!(!host.node.believes_up(C));
}

#[test]
fn a_node_is_believed_up_only_when_its_echo_is_back() {
    let crash = r#"{"at":"20s","do":"crash","node":"C"},{"at":"60s","do":"restart","node":"C"}"#;
    let s = run(r#"{"accrual":{}}"#, "70s", crash);
    let found = notes(&s, A);
    let [(_, Note::Convicted { .. }), (asked, Note::EchoAsked(C)), (up, Note::Revived { peer: C, down })] = found.as_slice() else {
        panic!("{found:?}")
    };
    // The question and the answer take 10 ms to 30 ms each.
    assert!((Micros::ms(20)..=Micros::ms(60)).contains(&up.since(*asked)) && *down > Micros::secs(20));
    let arrivals = s.world().host(A).and_then(|h| h.node.heartbeats.windows().find(|w| w.0 == C).map(|w| w.1.len()));
    assert!(arrivals.is_some_and(|n| n < 12), "its rhythm is learned anew after a restart: {arrivals:?}");

    // C is heard, but nothing reaches it: one-way, no echo, and it stays down.
    let one_way = r#"{"at":"20s","do":"crash","node":"C"},{"at":"60s","do":"cut-one-way","from":["A"],"to":["C"]},{"at":"60s","do":"restart","node":"C"}"#;
    let s = run(r#"{"accrual":{}}"#, "70s", one_way);
    let echoes = notes(&s, A).iter().filter(|(_, n)| *n == Note::EchoAsked(C)).count();
    assert!(echoes >= 9, "every heartbeat asks again: {echoes}");
    assert!(s.world().host(A).is_some_and(|h| !h.node.believes_up(C)));
    // A plain heartbeat takes being heard for being up.
    let s = run(r#"{"heartbeat":{"every":"1s","timeout":"5s"}}"#, "70s", one_way);
    assert!(s.world().host(A).is_some_and(|h| h.node.believes_up(C)));
}

#[test]
fn who_stood_still_convicts_nobody() {
    // A stops just before one of its looks, so that this look is the first thing it does when it goes on.
    let quiet = run(r#"{"accrual":{}}"#, "30s", "");
    let looks = |e: &&Event| e.who == Some(A.into()) && matches!(e.kind, EventKind::Timer(_)) && e.at > Micros::secs(20);
    let look = quiet.log().iter().find(looks).expect("A looks every second").at;
    let pause = format!(r#"{{"at":{},"do":"pause","node":"A"}},{{"at":"50s","do":"resume","node":"A"}}"#, look.0 - 1);
    let s = run(r#"{"accrual":{}}"#, "70s", &pause);
    let found = notes(&s, A);
    let [(at, Note::StoodStill { stood, lenient })] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!((*at, *lenient), (Micros::secs(50), Micros::secs(5)));
    assert!((Micros::secs(30)..=Micros::secs(31)).contains(stood), "{stood}");
    assert!(notes(&s, C).iter().any(|(_, n)| matches!(n, Note::Convicted { peer: A, .. })), "the others did give A up");
    // Without that rule, and with the plain detector, A blames the others for its own pause.
    let s = run(r#"{"accrual":{"pause":"400d"}}"#, "70s", &pause);
    assert!(notes(&s, A).iter().any(|(_, n)| matches!(n, Note::Convicted { peer: C, .. })));
    let s = run(r#"{"heartbeat":{"every":"1s","timeout":"5s"}}"#, "70s", &pause);
    assert!(notes(&s, A).iter().any(|(_, n)| matches!(n, Note::Suspected(C))));
}

#[test]
fn repeated_and_overtaken_heartbeats_teach_nothing() {
    let text = r#"{"format":"drift-run","version":1,"engine": 2,"run":{"seed":9,"end":"60s","config":{"nodes":2,"settings":{"detector":{"accrual":{"every":"200ms"}}},
        "network":{"duplicate-ppm":300000,"reorder-ppm":200000,"reorder-by":"500ms"}},"commands":[]}}"#;
    let mut s = Session::open(script_from_file(text).expect("within bounds")).expect("opens");
    s.seek_time(s.end());
    let window = s.world().host(A).and_then(|h| h.node.heartbeats.windows().next().map(|w| (w.1.len(), w.1.mean())));
    let (len, mean) = window.expect("A has one peer");
    assert!(len <= 301, "at most one interval for each of the 300 heartbeats: {len}");
    assert!(mean >= Micros::ms(200), "{mean}");
}

#[test]
fn bounds_are_kept() {
    for bad in [
        r#"{"accrual":{"every":"0s"}}"#,
        r#"{"accrual":{"window":0}}"#,
        r#"{"accrual":{"window":10001}}"#,
        r#"{"accrual":{"threshold":0}}"#,
        r#"{"accrual":{"threshold":"100.5"}}"#,
        r#"{"accrual":{"pause":"500ms"}}"#,
        r#"{"accrual":{"initial":"0s"}}"#,
        r#"{"accrual":{"max-interval":"401d"}}"#,
        r#"{"accrual":{"speed":1}}"#,
    ] {
        let text = format!(
            r#"{{"format":"drift-run","version":1,"engine": 2,"run":{{"end":"1s","config":{{"settings":{{"detector":{bad}}}}},"commands":[]}}}}"#
        );
        let accepted = script_from_file(&text).is_ok_and(|script| Session::open(script).is_ok());
        assert!(!accepted, "{bad}");
    }
}
