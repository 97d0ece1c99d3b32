//! Stories: the shipped runs and single faults, told as a learner would see them, with what must not happen.

use drift::engine::base::{Micros, NodeId};
use drift::engine::data::Key;
use drift::engine::node::{Note, Outcome};
use drift::engine::observe::Truth;
use drift::engine::world::{EventKind, LostWhy};
use drift::lab::{Predicate, Report, Script, Session, gallery, script_from_file};

fn shipped(slug: &str) -> Script {
    let (_, text) = gallery().iter().find(|(s, _)| *s == slug).expect("a shipped run");
    script_from_file(text).expect("within bounds")
}

/// A run of three nodes with fixed latency, from the body of its JSON.
fn run(settings: &str, commands: &str) -> Session {
    let text = format!(
        r#"{{"format":"drift-run","version":1,"engine":1,"run":{{"end":"20s","config":{{"nodes":3,"settings":{settings},
        "network":{{"latency":{{"fixed":"10ms"}}}}}},"commands":[{commands}]}}}}"#
    );
    Session::open(script_from_file(&text).expect("within bounds")).expect("opens")
}

/// The values at a key's replicas, in preference order; "-" for none, "x" for a tombstone.
fn held(session: &Session, key: &str) -> Vec<String> {
    let text = |row: &drift::engine::data::Row| {
        if row.is_deleted() { "x".to_owned() } else { String::from_utf8_lossy(row.value().unwrap_or_default()).into_owned() }
    };
    Truth::copies(session.world(), &Key::new(key)).iter().map(|c| c.row.as_deref().map_or("-".to_owned(), text)).collect()
}

fn outcomes(session: &Session) -> Vec<Outcome> {
    session.history().operations().iter().filter_map(|o| o.ended.clone().map(|e| e.2)).collect()
}

#[test]
fn three_replicas_give_three_answers_and_a_read_finds_the_newest() {
    let mut s = Session::open(shipped("three-answers")).expect("opens");
    assert!(s.run_until(Predicate::Mismatch));
    assert_eq!(s.script().start, Some(s.cursor()), "a reader begins where the answers differ");
    let mut versions = held(&s, "cart");
    versions.sort();
    assert_eq!(versions, ["tea", "tea, milk", "tea, milk, rice"], "every replica answers differently");
    s.seek_time(s.end());
    let (report, log) = Report::of(s.script());
    assert_eq!(report.operations[3].value.as_deref(), Some("tea, milk, rice"), "the quorum read finds the newest");
    assert!(log.iter().any(|e| matches!(&e.kind, EventKind::Reverted { .. }) && e.who == Some(NodeId(2).into())), "C lost its newest row");
    assert_eq!(held(&s, "cart").iter().filter(|v| *v == "tea").count(), 1, "D was not asked and stays behind, although the cut is mended");
}

#[test]
fn a_node_that_comes_back_learns_nothing_by_itself() {
    let mut s = Session::open(shipped("cut-and-return")).expect("opens");
    s.seek_time(Micros::ms(1_499));
    assert!(s.world().network().cuts().is_empty(), "the cut has been mended for a second");
    assert_eq!(s.truth().stale_copies(), 1, "and still C has no x");
    s.seek_time(s.end());
    assert_eq!(s.truth().stale_copies(), 0, "the read found C behind and repaired it");
}

#[test]
fn v5_v3_v5_differs_resolves_and_is_repaired_before_the_answer() {
    let s = Session::open(shipped("v5-v3-v5")).expect("opens");
    let place = |test: fn(&EventKind) -> bool| s.log().iter().rposition(|e| test(&e.kind)).expect("it happens");
    let differ = place(|k| matches!(k, EventKind::Note(Note::DigestsDiffer { .. })));
    let repair = place(|k| matches!(k, EventKind::Note(Note::RepairStarted { latch: 1, .. })));
    let open = place(|k| matches!(k, EventKind::Note(Note::RepairLatchOpened { .. })));
    let end = place(|k| matches!(k, EventKind::Ended(Outcome::Found(_))));
    assert!(differ < repair && repair < open && open < end, "the client is told only after the repair is confirmed");
}

#[test]
fn a_week_without_repair_stays_stale_with_every_node_up() {
    let mut s = Session::open(shipped("week")).expect("opens");
    s.seek_time(s.end());
    assert_eq!(s.truth().stale_copies(), 1);
    assert_eq!(s.end(), Micros(7 * 86_400_000_000));
    assert_eq!(Report::of(s.script()).0.traffic["repair"].messages, 0, "nothing was ever repaired");
    assert!(s.world().hosts().iter().all(|h| h.status == drift::engine::world::Status::Up));
}

#[test]
fn unavailable_writes_nothing_and_a_timeout_rolls_nothing_back() {
    // N is larger than the number of nodes: a quorum of seven is four.
    let mut s = run(r#"{"replicas":7}"#, r#"{"at":"1s","do":"write","client":"c0","via":"A","key":"k","value":"v"}"#);
    s.seek_time(s.end());
    assert_eq!(outcomes(&s), [Outcome::Unavailable { required: 4, alive: 3 }]);
    assert!(s.world().hosts().iter().all(|h| h.node.store.rows().is_empty()), "nothing was sent");
    let mut s = run(
        r#"{"write":{"level":"ALL","timeout":"500ms"}}"#,
        r#"{"at":"1s","do":"cut","islands":[["C"]]},{"at":"1s","do":"write","client":"c0","via":"A","key":"k","value":"v"}"#,
    );
    s.seek_time(s.end());
    assert_eq!(outcomes(&s), [Outcome::TimedOut { received: 2, required: 3 }]);
    assert_eq!(held(&s, "k").iter().filter(|v| *v == "v").count(), 2, "whoever applied it keeps it");
}

#[test]
fn a_crash_loses_exactly_what_was_not_synced() {
    let mut s = run(
        r#"{"sync":{"every":"400ms"}}"#,
        r#"{"at":"0s","do":"write","client":"c0","via":"A","key":"k","value":"old"},
        {"at":"1s","do":"write","client":"c0","via":"A","key":"k","value":"new"},{"at":"1200ms","do":"crash","node":"B"}"#,
    );
    s.seek_time(Micros::secs(2));
    let mut values = held(&s, "k");
    values.sort();
    assert_eq!(values, ["new", "new", "old"]);
}

#[test]
fn a_message_past_half_way_survives_a_cut_and_one_before_it_does_not() {
    let cut_at = |us: u64| {
        let commands = format!(
            r#"{{"at":"1s","do":"write","client":"c0","via":"A","key":"k","value":"v"}},{{"at":{us},"do":"cut","islands":[["B","C"]]}}"#
        );
        let mut s = run("{}", &commands);
        s.seek_time(Micros::secs(2));
        s.log().iter().filter(|e| matches!(e.kind, EventKind::Lost { why: LostWhy::Cut(_), .. })).count()
    };
    // The request arrives at 1.010 s; the writes to B and C are half way at 1.015 s.
    assert!(cut_at(1_014_000) >= 2, "both writes are stopped");
    let mut s = run(
        "{}",
        r#"{"at":"1s","do":"write","client":"c0","via":"A","key":"k","value":"v"},{"at":"1016ms","do":"cut","islands":[["B","C"]]}"#,
    );
    s.seek_time(Micros::secs(2));
    assert_eq!(held(&s, "k"), ["v", "v", "v"], "both writes had passed");
}

#[test]
fn a_fast_clock_makes_a_later_write_lose() {
    let mut s = run(
        "{}",
        r#"{"at":"0s","do":"clock","node":"B","offset-us":3600000000},
        {"at":"1s","do":"write","client":"c0","via":"B","key":"k","value":"first"},
        {"at":"2s","do":"write","client":"c0","via":"A","key":"k","value":"second"}"#,
    );
    s.seek_time(s.end());
    assert_eq!(outcomes(&s).len(), 2, "both writes are acknowledged");
    assert_eq!(held(&s, "k"), ["first", "first", "first"], "and the later one is gone");
}

#[test]
fn paused_nodes_hold_messages_and_wiped_nodes_hold_nothing() {
    let mut s = run(
        "{}",
        r#"{"at":"0s","do":"pause","node":"B"},{"at":"1s","do":"write","client":"c0","via":"A","key":"k","value":"v"},
        {"at":"2s","do":"resume","node":"B"},{"at":"3s","do":"wipe","node":"C"},{"at":"4s","do":"restart","node":"C"},
        {"at":"5s","do":"delete","client":"c0","via":"A","key":"k"}"#,
    );
    s.seek_time(Micros::ms(1_500));
    assert_eq!(s.world().host(NodeId(1)).map(|h| h.held()), Some(1));
    assert_eq!(s.truth().stale_copies(), 1);
    s.seek_time(Micros::ms(2_500));
    assert_eq!(s.truth().stale_copies(), 0, "what waited is applied on resuming");
    s.seek_time(Micros::ms(4_500));
    assert_eq!(s.truth().stale_copies(), 1, "the wiped node holds nothing and is told nothing");
    s.seek_time(s.end());
    assert_eq!(held(&s, "k"), ["x", "x", "x"], "tombstones stay");
}

#[test]
fn silence_makes_suspicion_and_a_suspect_is_not_asked() {
    let mut s = run(
        r#"{"detector":{"heartbeat":{"every":"100ms","timeout":"300ms"}}}"#,
        r#"{"at":"1s","do":"crash","node":"B"},{"at":"2s","do":"read","client":"c0","via":"A","key":"k","level":"ALL"},
        {"at":"3s","do":"restart","node":"B"},{"at":"5s","do":"read","client":"c0","via":"A","key":"k","level":"ALL"}"#,
    );
    s.seek_time(s.end());
    assert_eq!(outcomes(&s), [Outcome::Unavailable { required: 3, alive: 2 }, Outcome::Found(None)]);
}

#[test]
fn repair_after_the_answer_or_never_is_as_set() {
    let stale_read = |repair: &str| {
        let commands = r#"{"at":"0s","do":"cut","islands":[["C"]]},{"at":"1s","do":"write","client":"c0","via":"A","key":"k","value":"v"},
        {"at":"5s","do":"mend-all"},{"at":"6s","do":"read","client":"c1","via":"A","key":"k","level":"ALL"}"#;
        let mut s = run(&format!(r#"{{"read":{{"repair":"{repair}"}}}}"#), commands);
        s.seek_time(s.end());
        let read = s.history().operations()[1].clone();
        let took = read.ended.map(|e| e.1.since(read.began_at));
        (s.truth().stale_copies(), took)
    };
    let (blocking, asynchronous, off) = (stale_read("blocking"), stale_read("asynchronous"), stale_read("off"));
    assert_eq!((blocking.0, asynchronous.0, off.0), (0, 0, 1));
    assert!(blocking.1 > asynchronous.1, "the client pays for a repair before the answer");
    assert_eq!(asynchronous.1, off.1, "and not for one after it");
}
