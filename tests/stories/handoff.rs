//! Hinted handoff, unit 5 of the syllabus: hints at a coordinator beat by beat, stand-ins, what each costs, and what their limits lose.

use drift::engine::node::{Body, NoHint, Note};

use crate::run::{Played, Run, key_on};

/// Coordinators keep hints; short spans, so that a run has few events.
fn hinting() -> Run {
    Run::of(3)
        .with("hints.keeper", "coordinator")
        .with("detector", "100ms 300ms")
        .with("write-timeout", "500ms")
        .with("hints.flush", "1s")
        .with("hints.poll", "1s")
}

fn at(run: &Played, test: impl Fn(&Note) -> bool) -> u64 {
    run.note_at(test).expect("it happens").0
}

/// t0 the write arrives while one replica restarts; t1 the quorum answers; t2 the timeout fires and the hint is written; t3 the replica is back and
/// the heartbeats say so; t4 the hint is replayed, acknowledged and deleted.
#[test]
fn the_beats_of_one_write() {
    let run = hinting().at("2s", "crash C").at("2050ms", "c0 A write k v").at("5s", "restart C").end("10s").play();
    let t0 = at(&run, |n| matches!(n, Note::Stamped { .. }));
    let t1 = at(&run, |n| matches!(n, Note::QuorumReached { .. }));
    let t2 = at(&run, |n| matches!(n, Note::HintKept { late: true, .. }));
    let t3 = at(&run, |n| matches!(n, Note::Trusted(_)));
    let t4 = at(&run, |n| matches!(n, Note::ReplayDone { count: 1, .. }));
    assert_eq!((t0, t1, t2), (2_060, 2_080, 2_560), "the client knows long before the hint is written");
    assert!(t2 < t3 && (5_000..5_200).contains(&t3) && t3 < t4 && t4 < t3 + 2_100, "{t3} {t4}");
    assert_eq!((run.outcomes(), run.held("k").as_str(), run.hints("A")), (vec!["written".to_owned()], "A=v B=v C=v", 0));
    assert_eq!(run.sent(|m| matches!(m.body, Body::Hint { .. })).len(), 1, "sent once");
    assert_eq!(run.report.traffic["repair"].messages, 0, "nobody read, and no repair was needed");
}

/// Once the target is known to be down the hint waits for nothing: it is written when the write arrives.
#[test]
fn a_target_known_to_be_down_gets_its_hint_at_once() {
    let run = hinting().at("2s", "crash C").at("4s", "c0 A write k v").end("6s").play();
    assert_eq!(at(&run, |n| matches!(n, Note::HintKept { late: false, .. })), 4_010);
    assert_eq!(run.sent(|m| matches!(m.body, Body::Write { .. }) && m.to.to_string() == "C").len(), 0, "C is not even asked");
}

/// The timeline of one outage: silent, known, past the window, back, caught up except for what came after the window.
#[test]
fn the_timeline_of_an_outage() {
    let mut run =
        hinting().with("hints.window", "5s").at("2s", "crash C").at("2050ms", "c0 A write silent v").at("4s", "c0 A write known v");
    run = run.at("9s", "c0 A write late v").at("12s", "restart C");
    let mut run = run.at("12150ms", "c1 C read known ONE").at("20s", "c1 C read late ONE").end("25s").play();
    assert_eq!(
        run.outcomes(),
        ["written", "written", "written", "not-found", "not-found"],
        "from up to replay C answers old data; the last it never gets"
    );
    assert_eq!((run.held("silent").as_str(), run.held("known").as_str()), ("A=v B=v C=v", "A=v B=v C=v"));
    assert_eq!(run.held("late"), "A=v B=v C=-", "past the window nothing is kept: only a read or a sweep brings it");
    assert!(run.noted(|n| matches!(n, Note::HintRefused { why: NoHint::Window, .. })));
    assert_eq!(run.held_at("12150ms", "known"), "A=v B=v C=-");
}

/// A hint answers no read and counts for no level, except for a write at ANY: which then "succeeds" where nobody can read it.
#[test]
fn a_write_at_any_can_succeed_unreadable() {
    let key = key_on(4, "ABC");
    // D coordinates and holds no copy.
    let base = || {
        Run::of(4).with("hints.keeper", "coordinator").with("hints.flush", "1s").with("hints.poll", "1s").with("detector", "100ms 300ms")
    };
    let down = |run: Run| run.at("1s", "crash A").at("1s", "crash B").at("1s", "crash C");
    let run = down(base()).at("2s", &format!("c0 D write {key} one ONE")).at("3s", &format!("c0 D write {key} any ANY"));
    let run = run.at("4s", &format!("c0 D read {key} ONE")).at("6s", "restart A");
    let mut run = run.at("6250ms", &format!("c0 D read {key} ONE")).at("12s", &format!("c0 D read {key} ONE")).end("14s").play();
    assert_eq!(run.outcomes(), ["unavailable 0/1", "written", "unavailable 0/1", "not-found", "value any"]);
    assert_eq!(run.held_at("5s", &key), "A=- B=- C=-", "acknowledged, and on no replica");
    assert_eq!(run.notes(|n| *n == Note::HintCounted), 1, "only at ANY does a hint count");
    assert_eq!(run.hints("D"), 2, "those for B and C wait on");
}

/// The ring A B C D E with replicas A, B, C and B down: the write lands on A, D, C; D's copy is B's, and goes to B when it is back.
#[test]
fn a_stand_in_holds_and_hands_back() {
    let key = key_on(5, "ABC");
    let run = Run::of(5)
        .with("fallback.stand-in", "next-healthy")
        .with("fallback.idle", "0s")
        .with("fallback.tick", "1s")
        .with("detector", "100ms 300ms");
    let run = run.at("1s", "crash B").at("3s", &format!("c0 A write {key} v 3")).at("6s", "restart B").end("12s");
    let mut run = run.play();
    assert_eq!(run.outcomes(), ["written"], "three confirmations with one replica down");
    assert!(run.noted(|n| matches!(n, Note::StoodIn { seats } if seats[0].node.to_string() == "D" && seats[0].owner.to_string() == "B")));
    assert_eq!(run.held_at("5s", &key), "A=v B=- C=v");
    assert_eq!((run.held(&key).as_str(), run.guests(&key).as_str()), ("A=v B=v C=v", ""), "handed over, and then deleted");
    // Never fewer than three copies: D deletes only after B's acknowledgement.
    let acked = run
        .log
        .iter()
        .position(|e| matches!(&e.kind, drift::engine::world::EventKind::Delivered(m) if matches!(m.body, Body::HandoffAck { .. })));
    let done = run.log.iter().position(|e| matches!(&e.kind, drift::engine::world::EventKind::Note(Note::HandoffDone { .. })));
    assert!(acked.is_some() && acked < done);
    assert!(run.sent(|m| matches!(m.body, Body::Hint { .. })).is_empty(), "there are no hints beside");
}

/// A handoff whose acknowledgement is lost deletes nothing; it is done again.
#[test]
fn a_lost_acknowledgement_keeps_the_guest() {
    let key = key_on(5, "ABC");
    let run = Run::of(5)
        .with("fallback.stand-in", "next-healthy")
        .with("fallback.idle", "0s")
        .with("fallback.tick", "1s")
        .with("detector", "100ms 300ms");
    let run = run.with("write-timeout", "500ms").at("1s", "crash B").at("3s", &format!("c0 A write {key} v 3"));
    let run = run.at("6s", "restart B").at("6031ms", "set detector none").at("6031ms", "cut-one-way B > D");
    let cut = run.clone().end("9s").play();
    assert!(cut.notes(|n| matches!(n, Note::HandoffStopped { kept: 1, .. })) >= 1, "B has it, but D does not know");
    assert_eq!((cut.held(&key).as_str(), cut.guests(&key).as_str()), ("A=v B=v C=v", "D for B=v"));
    let mended = run.at("9s", "mend-all").end("15s").play();
    assert_eq!((mended.held(&key).as_str(), mended.guests(&key).as_str()), ("A=v B=v C=v", ""));
}

/// And its price: B and C are cut off, the write goes to A, D and E, and a read of B and C right after does not see it.
#[test]
fn a_reader_misses_what_stand_ins_hold() {
    let key = key_on(5, "ABC");
    let run = Run::of(5)
        .with("fallback.stand-in", "next-healthy")
        .with("fallback.idle", "0s")
        .with("fallback.tick", "1s")
        .with("detector", "100ms 300ms");
    let run = run.at("1s", "cut B C c1").at("3s", &format!("c0 A write {key} v 3")).at("4s", &format!("c1 B read {key} 2"));
    let mut run = run.at("6s", "mend-all").at("12s", &format!("c1 B read {key} 2")).end("14s").play();
    assert_eq!(run.outcomes(), ["written", "not-found", "value v"], "R + W > N does not help; the handoff does, later");
    assert_eq!(run.held_at("5s", &key), "A=v B=- C=-");
    assert_eq!((run.held(&key).as_str(), run.guests(&key).as_str()), ("A=v B=v C=v", ""));
    assert_eq!((run.report.checks.linearizable.as_str(), run.report.checks.stale_reads[0].read), ("no", 2));
}

/// Who keeps hints is a policy: the coordinator, another replica, or a node outside.
#[test]
fn who_keeps_the_hint() {
    let key = key_on(5, "ABC");
    let keeper = |who: &str, via: &str| {
        let run = Run::of(5).with("hints.keeper", who).with("detector", "100ms 300ms").with("hints.flush", "1s").with("hints.poll", "1s");
        let run = run.at("1s", "crash C").at("3s", &format!("c0 {via} write {key} v"));
        let early = run.clone().end("5s").play();
        let late = run.at("6s", "restart C").end("12s").play();
        assert_eq!((early.outcomes(), late.held(&key).as_str()), (vec!["written".to_owned()], "A=v B=v C=v"), "{who}");
        assert!(["A", "B", "D", "E"].iter().all(|n| late.hints(n) == 0), "delivered, and deleted");
        ["A", "B", "C", "D", "E"].into_iter().filter(|n| early.hints(n) > 0).collect::<String>()
    };
    assert_eq!([keeper("coordinator", "B"), keeper("coordinator", "E"), keeper("replica", "E")], ["B", "E", "A"]);
    assert_eq!(keeper("proximity", "B"), "D", "the next outside the list");
    assert!(["D", "E"].contains(&keeper("any", "B").as_str()));
    assert_eq!(keeper(r#"{"consistent":1}"#, "B"), "D");
}

/// The store for one target is bounded: new hints are dropped, older ones of the same key make room, or the write is refused.
#[test]
fn a_full_store_drops_compacts_or_refuses() {
    let story = |full: &str| {
        let mut run = hinting().with("hints.room", "300").with("hints.full", full).at("1s", "crash C");
        for i in 0..8 {
            run = run.at(&format!("{}ms", 3_000 + 100 * i), &format!("c0 A write k v{i}"));
        }
        run.at("6s", "restart C").end("12s").play()
    };
    let (drop, compact, refuse) = (story("drop"), story("compact"), story("refuse"));
    assert!(drop.outcomes().iter().all(|o| o == "written") && drop.noted(|n| matches!(n, Note::HintRefused { why: NoHint::Room, .. })));
    assert_ne!(drop.held("k"), "A=v7 B=v7 C=v7", "the newest found no room");
    assert_eq!(compact.held("k"), "A=v7 B=v7 C=v7", "the newest of the key is kept");
    assert!(compact.outcomes().iter().all(|o| o == "written"));
    assert!(refuse.outcomes().iter().any(|o| o.starts_with("overloaded")), "back-pressure: {:?}", refuse.outcomes());
    let held = refuse.held("k");
    assert!(held.split(' ').all(|copy| copy.ends_with(&held[held.len() - 2..])), "nothing was taken that C lacks: {held}");
}

/// A hint must not outlive the tombstones: replayed after they are gone, it brings a deleted value back.
#[test]
fn a_hint_that_never_expires_resurrects() {
    let story = |never: &str| {
        let run =
            hinting().with("grace", "5s 1s").with("hints.never-expire", never).with("hints.paused", "true").with("repair", "blocking");
        let run = run.at("1s", "crash C").at("3s", "c0 A write k old").at("4s", "restart C").at("5s", "c0 A delete k ALL");
        let set = format!(r#"set hints {{"keeper":"coordinator","flush":"1s","poll":"1s","never-expire":{never}}}"#);
        run.at("15s", &set).at("25s", "c1 A read k ALL").end("30s").play()
    };
    let (right, wrong) = (story("false"), story("true"));
    assert_eq!(
        (right.outcomes()[1..].to_vec(), right.held("k").as_str()),
        (vec!["written".to_owned(), "not-found".to_owned()], "A=- B=- C=-")
    );
    assert!(right.noted(|n| matches!(n, Note::HintsExpired { .. })));
    assert_eq!(
        (wrong.outcomes()[1..].to_vec(), wrong.held("k").as_str()),
        (vec!["written".to_owned(), "value old".to_owned()], "A=old B=old C=old"),
        "back from the dead, and spread by the read"
    );
}

/// Hints die with the node that holds them: flushed ones come back with its disk, others do not; a wipe takes all. A read brings what they lost.
#[test]
fn hints_die_with_their_holder() {
    let story = |fault: &str, when: &str| {
        let run = hinting().with("hints.flush", "2s").at("1s", "crash C").at("3s", "c0 A write k v").at(when, fault);
        let run = run.at("7s", "restart C").at("8s", "restart A").at("20s", "c1 B read k ONE").end("22s");
        let before = run.play();
        let read = run.at("21s", "c1 B read k ALL").play();
        (before.held("k"), read.held("k"))
    };
    let all = "A=v B=v C=v".to_owned();
    assert_eq!(story("crash A", "6s"), (all.clone(), all.clone()), "on disk: replayed after the restart");
    assert_eq!(story("crash A", "4s"), ("A=v B=v C=-".to_owned(), all.clone()), "in memory: lost, and a read at ALL finds it out");
    assert_eq!(story("wipe A", "6s"), ("A=- B=v C=-".to_owned(), all), "with the disk: lost");
}

/// Replay stands still while paused, and goes on when resumed.
#[test]
fn a_paused_replay_waits() {
    let run = hinting().with("hints.paused", "true").at("1s", "crash C").at("3s", "c0 A write k v").at("5s", "restart C");
    let paused = run.clone().end("20s").play();
    assert_eq!((paused.held("k").as_str(), paused.hints("A")), ("A=v B=v C=-", 1));
    assert!(paused.sent(|m| matches!(m.body, Body::Hint { .. })).is_empty());
    let resumed = run.at("10s", r#"set hints {"keeper":"coordinator","flush":"1s","poll":"1s"}"#).end("20s").play();
    assert_eq!((resumed.held("k").as_str(), resumed.hints("A")), ("A=v B=v C=v", 0));
}

/// A page whose acknowledgement is lost is sent again as a whole, and changes nothing twice.
#[test]
fn a_failed_page_is_sent_again() {
    let run = hinting().at("1s", "crash C").at("3s", "c0 A write a v").at("3100ms", "c0 A write b v").at("5s", "restart C");
    let quiet = run.clone().end("20s").play();
    let first = quiet.sent(|m| matches!(m.body, Body::Hint { .. }))[0].sent_at;
    // The acknowledgements of the first page are stopped.
    let run = run
        .at(&format!("{}us", first.0 + 10_100), "cut-one-way C > A")
        .at(&format!("{}us", first.0 + 250_000), "mend-all")
        .end("20s")
        .play();
    assert_eq!(run.notes(|n| matches!(n, Note::ReplayStopped { missing: 2, .. })), 1);
    assert_eq!(run.sent(|m| matches!(m.body, Body::Hint { .. })).len(), 4, "both again");
    assert_eq!((run.held("a").as_str(), run.held("b").as_str(), run.hints("A")), ("A=v B=v C=v", "A=v B=v C=v", 0));
}
