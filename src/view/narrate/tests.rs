//! Sentences held against engine state: real sessions are played, and the words must say what the engine did.

mod storm;

use super::*;
use crate::engine::base::NodeId;
use crate::engine::data::{Change, Order};
use crate::engine::node::coordinate::Pending;
use crate::engine::node::{Body, Outcome};
use crate::engine::world::LostWhy;
use crate::lab::{Script, Stride};

/// A session of a run written as in a file.
pub(crate) fn session(run: &str) -> Session {
    let script: Script = serde_json::from_str(run).expect("a run");
    Session::open(script).expect("within bounds")
}

/// Six nodes, every message takes 10 ms; `cart:ada` lives on C, D and E.
fn quick(settings: &str, commands: &str, end: &str) -> Session {
    session(&format!(
        r#"{{"end":"{end}","seed":7,"config":{{"network":{{"latency":{{"fixed":"10ms"}}}},"settings":{{{settings}}}}},"commands":[{commands}]}}"#
    ))
}

fn find(session: &Session, wanted: impl Fn(&EventKind) -> bool) -> EventId {
    let at = session.log().iter().position(|e| wanted(&e.kind)).expect("it happens");
    EventId(at as u32)
}

/// The sentence of the first event that `wanted` accepts.
fn said(session: &Session, wanted: impl Fn(&EventKind) -> bool) -> Sentence {
    sentence(session, find(session, wanted)).expect("in the log")
}

const WRITE: &str = r#"{"at":"10ms","do":"write","client":"c0","via":"F","key":"cart:ada","value":"tea"}"#;

#[test]
fn before_anything_happens_a_newcomer_is_told_what_to_do() {
    let empty = quick("", "", "1s");
    let first = narrate(&empty);
    assert_eq!((first.event, first.headline.as_str()), (None, "Nothing has happened yet."));
    assert!(first.rest.contains("press Send") && first.rest.starts_with("6 nodes"), "{}", first.rest);
    let written = session(&format!(r#"{{"end":"1s","about":"A write.","commands":[{WRITE}]}}"#));
    assert_eq!((narrate(&written).headline.as_str(), narrate(&written).rest.as_str()), ("Press play, or step.", "A write."));
    assert_eq!(narrate(&written).cause, None);
}

#[test]
fn a_write_is_told_from_the_request_to_the_last_late_confirmation() {
    let mut run = quick("", WRITE, "1s");
    let mut told = Vec::new();
    while run.step(Stride::Event) {
        told.push(narrate(&run).headline);
    }
    let expected = [
        "ada asks F to write “tea” to cart:ada.",
        "F sends v1 to C, D and E.",
        "C now holds v1.",
        "D now holds v1.",
        "E now holds v1.",
        "C's confirmation reaches F: 1 of 2.",
        "F has 2 confirmations: enough for QUORUM.",
        "E's confirmation comes late: nobody waits for it.",
        "ada is told that cart:ada is written.",
    ];
    assert_eq!(told, expected);
}

#[test]
fn a_late_confirmation_is_waited_for_by_nobody() {
    let mut run = quick("", WRITE, "1s");
    let acks: Vec<u32> = (0..run.log().len() as u32)
        .filter(|i| matches!(&run.log()[*i as usize].kind, EventKind::Delivered(m) if m.body == Body::WriteAck))
        .collect();
    let last = EventId(*acks.last().expect("three confirmations"));
    let late = sentence(&run, last).expect("in the log");
    assert!(late.headline.ends_with("comes late: nobody waits for it."), "{}", late.headline);
    assert!(late.rest == "F answered W1 at 0.040 s without it, yet now knows that E has handled the write.", "{}", late.rest);
    run.seek_event(last.0);
    let waits = run.world().host(NodeId(5)).and_then(|h| h.node.coordinator.pending(run.history().operations()[0].id).cloned());
    assert!(matches!(waits, Some(Pending::Write(w)) if w.answered), "the engine, too, has answered");
}

/// C misses v2 behind a cut that is mended before the read.
const DRIFT: &str = r#"{"at":"10ms","do":"write","client":"c0","via":"F","key":"cart:ada","value":"tea"},
    {"at":"100ms","do":"cut","islands":[["C"]]},
    {"at":"110ms","do":"write","client":"c0","via":"F","key":"cart:ada","value":"tea, milk"},
    {"at":"200ms","do":"mend-all"},
    {"at":"300ms","do":"read","client":"c1","via":"F","key":"cart:ada"}"#;

#[test]
fn a_mismatch_names_the_rule_and_the_real_cause() {
    let run = quick("", DRIFT, "1s");
    let differ = said(&run, |k| matches!(k, EventKind::Note(Note::DigestsDiffer { .. })));
    assert_eq!(differ.headline, "C's row and D's digest do not match.");
    assert_eq!(differ.rest, "A digest can show that two copies differ, never which one is older, so F must fetch D's whole row.");
    assert_eq!(differ.rule, "a digest mismatch forces a full read");
    let cause = differ.cause.clone().expect("a cut kept it from C");
    assert_eq!(cause.text, "a cut kept v2 from C");
    assert!(
        matches!(&run.log()[cause.event.0 as usize].kind, EventKind::Lost { message, why: LostWhy::Cut(_) } if message.to == NodeId(2).into())
    );
    assert_eq!(differ.brief(), ("C's row and D's digest do not match,".to_owned(), "so F must fetch D's whole row.".to_owned()));
    let repair = said(&run, |k| matches!(k, EventKind::Note(Note::RepairStarted { .. })));
    assert_eq!(repair.headline, "F sends v2 to C, and bob must wait.");
    assert_eq!(repair.cause.map(|c| c.text), Some("a cut kept v2 from C".to_owned()));
    let answer = said(&run, |k| matches!(k, EventKind::Ended(Outcome::Found(_))));
    assert_eq!(answer.headline, "bob reads v2: “tea, milk”.");
}

#[test]
fn causes_of_drift_tell_crash_loss_choice_and_pause_apart() {
    let read = r#"{"at":"2s","do":"read","client":"c1","via":"F","key":"cart:ada","level":"ALL"}"#;
    let why = |settings: &str, commands: &str| {
        let run = quick(settings, &format!("{commands},{read}"), "8s");
        said(&run, |k| matches!(k, EventKind::Note(Note::DigestsDiffer { .. }))).cause.map(|c| c.text)
    };
    let unsynced = r#""sync":{"every":"10s"}"#;
    let crash = r#"{"at":"500ms","do":"crash","node":"D"},{"at":"600ms","do":"restart","node":"D"}"#;
    assert_eq!(why(unsynced, &format!("{WRITE},{crash}")).as_deref(), Some("D crashed before its log was flushed"));
    let wipe = r#"{"at":"500ms","do":"wipe","node":"D"},{"at":"600ms","do":"restart","node":"D"}"#;
    assert_eq!(why("", &format!("{WRITE},{wipe}")).as_deref(), Some("D lost its disk"));
    let dead = r#"{"at":"5ms","do":"crash","node":"D"}"#;
    let back = r#"{"at":"600ms","do":"restart","node":"D"}"#;
    assert_eq!(why("", &format!("{dead},{WRITE},{back}")).as_deref(), Some("D was down when v1 came"));
    let beats = r#""detector":{"heartbeat":{"every":"50ms","timeout":"120ms"}}"#;
    let late = r#"{"at":"700ms","do":"write","client":"c0","via":"F","key":"cart:ada","value":"tea"}"#;
    let later = r#"{"at":"1s","do":"restart","node":"D"}"#;
    assert_eq!(why(beats, &format!("{dead},{late},{later}")).as_deref(), Some("F believed D down and never sent it v1"));
    let lossy = r#"{"at":"5ms","do":"link","from":"F","to":"D","rule":{"loss-ppm":1000000}},{"at":"10ms","do":"write","client":"c0","via":"F","key":"cart:ada","value":"tea"},{"at":"1s","do":"link","from":"F","to":"D","rule":{}}"#;
    assert_eq!(why("", lossy).as_deref(), Some("the network lost F's write of v1"));
}

#[test]
fn a_repair_that_comes_after_a_newer_write_is_refused() {
    // F's repair of C takes half a second longer than E's next write.
    let slow = r#",{"at":"335ms","do":"link","from":"F","to":"C","rule":{"slower":"500ms"}},
        {"at":"400ms","do":"write","client":"c0","via":"E","key":"cart:ada","value":"tea, milk, rice"}"#;
    let run = quick("", &format!("{DRIFT}{slow}"), "2s");
    let refused = said(&run, |k| matches!(k, EventKind::Applied(a) if a.change == Change::Refused));
    assert_eq!(refused.headline, "C refuses the repair with v2: it holds v3, which is newer.");
    assert!(refused.rest.contains("wants C to hold at least v2, and it does"), "{}", refused.rest);
    let event = &run.log()[refused.event.expect("an event").0 as usize];
    let EventKind::Applied(applied) = &event.kind else { panic!("a row was given") };
    let held = applied.before.as_ref().expect("it holds a row");
    assert_eq!(run.world().settings().rule.compare(&held.versions()[0], &applied.given.versions()[0]), Order::Newer);
}

#[test]
fn a_timeout_rolls_nothing_back() {
    let cut = r#"{"at":"5ms","do":"cut","islands":[["D","E"]]}"#;
    let mut run = quick("", &format!("{cut},{WRITE}"), "4s");
    let at = find(&run, |k| matches!(k, EventKind::Note(Note::TimedOut { .. })));
    let gave_up = sentence(&run, at).expect("in the log");
    assert_eq!(gave_up.headline, "F gives up: 1 of 2 confirmations after 2 s.");
    assert!(gave_up.rest.contains("Nothing is rolled back: C confirmed v1"), "{}", gave_up.rest);
    run.seek_time(run.end());
    let store = |n: u32| run.world().host(NodeId(n)).and_then(|h| h.node.store.get(&crate::engine::data::Key::new("cart:ada")));
    assert!(store(2).is_some() && store(3).is_none(), "C keeps the write that timed out");
    let told = said(&run, |k| matches!(k, EventKind::Ended(Outcome::TimedOut { .. })));
    assert!(told.rest.contains("C took v1, and the timeout does not undo that"), "{}", told.rest);
}

#[test]
fn unavailable_says_that_nothing_was_sent() {
    let beats = r#""detector":{"heartbeat":{"every":"50ms","timeout":"120ms"}}"#;
    let run = quick(
        beats,
        r#"{"at":"5ms","do":"cut","islands":[["D","E"]]},{"at":"1s","do":"write","client":"c0","via":"F","key":"cart:ada","value":"tea"}"#,
        "2s",
    );
    let refuses = said(&run, |k| matches!(k, EventKind::Note(Note::Unavailable { .. })));
    assert_eq!(refuses.headline, "F refuses: it believes 1 replica up, and QUORUM needs 2.");
    assert!(refuses.rest.starts_with("Nothing was sent to any replica, so no copy has changed."), "{}", refuses.rest);
    assert!(refuses.cause.is_some_and(|c| c.text == "F believes D down"));
    let op = run.history().operations()[0].id;
    let sent = run.log().iter().filter(|e| e.op == Some(op)).filter_map(|e| if let EventKind::Sent(m) = &e.kind { Some(m) } else { None });
    assert!(sent.filter(|m| m.from == NodeId(5).into()).all(|m| matches!(m.body, Body::Reply { .. })));
    let suspects = said(&run, |k| matches!(k, EventKind::Note(Note::Suspected(NodeId(3)))));
    assert!(suspects.rest.contains("In truth D runs"), "{}", suspects.rest);
    assert_eq!(suspects.cause.map(|c| c.text).as_deref(), Some("D and E are cut off"));
}

#[test]
fn a_read_at_one_may_be_old_and_says_so() {
    let drift = DRIFT.replace(r#""via":"F","key":"cart:ada"}"#, r#""via":"F","key":"cart:ada","level":"ONE"}"#);
    let run = quick("", &drift, "1s");
    let trusts = said(&run, |k| matches!(k, EventKind::Note(Note::QuorumReached { required: 1, .. })));
    assert_eq!(trusts.headline, "C's row is all that ONE needs, so F answers bob.");
    let old = said(&run, |k| matches!(k, EventKind::Ended(Outcome::Found(_))));
    assert_eq!(old.headline, "bob reads v1: “tea”.");
    assert_eq!(
        old.rest,
        "This is old: W2 was acknowledged with v2 before this read began, but C, the only replica asked, answered without it."
    );
    assert_eq!(old.cause.map(|c| c.text).as_deref(), Some("a cut kept v2 from C"));
}

#[test]
fn a_client_whose_coordinator_is_dead_gives_up() {
    let dead = r#"{"at":"5ms","do":"crash","node":"F"}"#;
    let run = quick("", &format!("{dead},{WRITE}"), "20s");
    let gave_up = said(&run, |k| matches!(k, EventKind::Ended(Outcome::NoAnswer)));
    assert_eq!(gave_up.headline, "ada gives up on W1: F never answered.");
    assert!(
        gave_up.rest.contains("For 12 s") && gave_up.rest.contains("In truth no replica has taken the write so far."),
        "{}",
        gave_up.rest
    );
    assert_eq!(gave_up.cause.map(|c| c.text).as_deref(), Some("ada's request to write cart:ada to F: lost: the receiver is down"));
}

#[test]
fn a_delete_is_a_tombstone_and_repair_may_be_off() {
    let delete = r#"{"at":"100ms","do":"delete","client":"c0","via":"F","key":"cart:ada"},{"at":"200ms","do":"read","client":"c1","via":"F","key":"cart:ada"}"#;
    let run = quick("", &format!("{WRITE},{delete}"), "1s");
    let held = said(&run, |k| matches!(k, EventKind::Applied(a) if a.given.is_deleted()));
    assert_eq!(held.headline, "C now holds v2 (a tombstone).");
    assert_eq!(said(&run, |k| matches!(k, EventKind::Ended(Outcome::Found(_)))).headline, "bob is told that cart:ada is deleted.");
    let off = quick(r#""read":{"repair":"off"}"#, DRIFT, "1s");
    assert_eq!(
        said(&off, |k| matches!(k, EventKind::Note(Note::RepairSkipped { .. }))).headline,
        "C is behind and stays behind: repair is off."
    );
    let after = quick(r#""read":{"repair":"asynchronous"}"#, DRIFT, "1s");
    assert_eq!(
        said(&after, |k| matches!(k, EventKind::Note(Note::RepairStarted { .. }))).headline,
        "F has answered bob and now sends v2 to C."
    );
    let rows = quick(r#""read":{"digests":false}"#, DRIFT, "1s");
    assert_eq!(said(&rows, |k| matches!(k, EventKind::Note(Note::DigestsDiffer { .. }))).headline, "The rows of C and D do not match.");
}

#[test]
fn decisions_are_counted_and_a_sentence_at_a_decision_is_about_it() {
    let mut run = quick("", DRIFT, "1s");
    let mut decisions = Decisions::default();
    decisions.update(&run);
    while run.step(Stride::Decision) {
        let happened = run.log()[..run.cursor() as usize].iter().filter(|e| e.is_decision()).count() as u32;
        assert_eq!(decisions.passed(run.cursor()), happened);
        let mut told = narrate(&run);
        told.decision = told.event.and_then(|event| decisions.place(event));
        let (n, of) = told.decision.expect("a step that holds a decision is told by one");
        assert!(n <= happened && of == decisions.total() && told.spoken().starts_with(&format!("Decision {n} of {of}. {}", told.headline)));
    }
    assert_eq!(decisions.total(), decisions.passed(run.cursor()));
    run.seek_time(crate::engine::base::Micros::ms(150));
    run.act(crate::engine::world::Command::Crash { node: NodeId(0) }).expect("A can crash");
    let before = decisions.clone();
    decisions.update(&run);
    let mut fresh = Decisions::default();
    fresh.update(&run);
    assert_eq!(decisions, fresh, "another log is counted anew");
    assert_ne!(decisions, before);
}

#[test]
fn the_shipped_runs_are_told_in_two_lines_each() {
    let mut long = Vec::new();
    for (slug, text) in crate::lab::gallery() {
        let mut run = crate::lab::from_file(text).expect("a shipped run opens");
        run.seek_event(0);
        for _ in 0..400 {
            let told = narrate(&run);
            let letters = told.headline.chars().count() + told.rest.chars().count();
            if letters > 160 {
                long.push(format!("{slug}, {letters} letters: {} {}", told.headline, told.rest));
            }
            if !run.step(Stride::Event) {
                break;
            }
        }
    }
    assert!(long.is_empty(), "{long:#?}");
}
