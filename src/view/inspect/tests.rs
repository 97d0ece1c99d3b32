//! The inspector held against engine state: nothing is known that was not delivered, and the truth is the world's.

mod quorum;

use super::*;
use crate::engine::base::{Endpoint, EventId, Micros, NodeId};
use crate::engine::data::row_digest;
use crate::engine::node::coordinate::{Pending, Phase};
use crate::engine::node::{Body, Note};
use crate::engine::observe::Truth;
use crate::engine::world::{Command, Event, EventKind, Status};
use crate::lab::{Script, Session};
use crate::view::narrate::is_answer;

fn session(run: &str) -> Session {
    let script: Script = serde_json::from_str(run).expect("a run");
    Session::open(script).expect("within bounds")
}

/// Six nodes, every message takes 10 ms; `cart:ada` lives on C, D and E.
fn quick(settings: &str, commands: &str) -> Session {
    session(&format!(
        r#"{{"end":"20s","seed":7,"config":{{"network":{{"latency":{{"fixed":"10ms"}}}},"settings":{{{settings}}}}},"commands":[{commands}]}}"#
    ))
}

/// C misses v2 behind a cut that is mended before the read at 300 ms.
const DRIFT: &str = r#"{"at":"10ms","do":"write","client":"c0","via":"F","key":"cart:ada","value":"tea"},
    {"at":"100ms","do":"cut","islands":[["C"]]},
    {"at":"110ms","do":"write","client":"c0","via":"F","key":"cart:ada","value":"tea, milk"},
    {"at":"200ms","do":"mend-all"},
    {"at":"300ms","do":"read","client":"c1","via":"F","key":"cart:ada"}"#;

fn after(session: &mut Session, wanted: impl Fn(&Event) -> bool) -> OpView {
    let at = session.log().iter().position(wanted).expect("it happens");
    session.seek_event(at as u32 + 1);
    view(session)
}

fn view(session: &Session) -> OpView {
    OpView::of(session, shown_operation(session, None, None).expect("an operation")).expect("in the history")
}

fn note(wanted: fn(&Note) -> bool) -> impl Fn(&Event) -> bool {
    move |e| matches!(&e.kind, EventKind::Note(n) if wanted(n))
}

fn labels(row: &ReplicaRow) -> String {
    row.chips.iter().map(|c| c.look.label.as_str()).collect()
}

fn ladder(view: &OpView) -> Vec<(State, String)> {
    view.ladder.steps.iter().map(|s| (s.state, s.line())).collect()
}

#[test]
fn at_the_mismatch_the_coordinator_knows_one_version_and_two_digests() {
    let mut run = quick("", DRIFT);
    let view = after(&mut run, note(|n| matches!(n, Note::DigestsDiffer { .. })));
    assert_eq!((view.title.as_str(), view.key.name(), view.asked_by.as_str()), ("Read R3", "cart:ada", "bob, QUORUM, through F"));
    let heads: Vec<(String, &str, String, bool, Option<bool>)> =
        view.known.iter().map(|r| (r.node.to_string(), r.head.as_str(), labels(r), r.unknown, r.equal)).collect();
    let expected = [
        ("C".to_owned(), "sent the row", "v1".to_owned(), false, None),
        ("D".to_owned(), "asked for its row", String::new(), true, Some(false)),
        ("E".to_owned(), "not asked", String::new(), false, None),
    ];
    assert_eq!(heads, expected);
    assert_eq!(view.known[2].detail, "QUORUM needs no more answers");
    assert!(view.known[0].bars.len() == 4 && view.known[0].bars.iter().any(|b| !b.same), "the digests differ somewhere");
    let steps = ladder(&view);
    let expected = [
        (State::Past, "Ask C for the row"),
        (State::Past, "Ask D for a digest"),
        (State::Now, "Compare: they differ"),
        (State::Next, "Next: ask D for its row"),
        (State::Future, "Keep the newer version"),
        (State::Future, "Repair whoever is behind"),
        (State::Future, "Answer bob"),
    ];
    assert_eq!(steps, expected.map(|(state, line)| (state, line.to_owned())));
    let second = |e: &Event| match &e.kind {
        EventKind::Sent(m) if matches!(m.body, Body::ReadData { round: 2, .. } | Body::Data { round: 2, .. }) => Some(m.size.to_string()),
        _ => None,
    };
    let sizes: Vec<String> = run.log().iter().filter_map(second).collect();
    assert_eq!(view.ladder.steps[3].note, format!("{} B", sizes.join(" + ")), "the question and the row that answers it");
    let truth: Vec<(String, Option<bool>)> = view.truth.iter().map(|r| (labels(r), r.equal)).collect();
    assert_eq!(truth, [("v1".to_owned(), None), ("v2".to_owned(), Some(false)), ("v2".to_owned(), Some(true))]);
    assert_eq!(view.truth[0].detail, "1 behind; F knows v1");
    assert_eq!(view.truth[1].detail, "newest; F has its digest");
}

#[test]
fn every_step_leads_to_where_it_happens() {
    let mut run = quick("", DRIFT);
    let view = after(&mut run, note(|n| matches!(n, Note::DigestsDiffer { .. })));
    let events: Vec<EventId> = view.ladder.steps.iter().filter_map(|s| s.event).collect();
    assert_eq!(events.len(), view.ladder.steps.len(), "all of them happen in this run");
    assert!(events.windows(2).all(|w| w[0] < w[1]), "{events:?}");
    run.seek_event(events[events.len() - 1].0 + 1);
    assert!(view_has(&run, State::Past, "Answer bob") || view_has(&run, State::Next, "Next: answer bob"));
}

fn view_has(run: &Session, state: State, line: &str) -> bool {
    ladder(&view(run)).contains(&(state, line.to_owned()))
}

#[test]
fn after_the_repair_the_coordinator_knows_that_the_copy_is_new() {
    let mut run = quick("", DRIFT);
    let view = after(&mut run, note(|n| matches!(n, Note::RepairLatchOpened { .. })));
    let c = &view.known[0];
    assert_eq!((c.head.as_str(), labels(c).as_str(), c.digest.as_deref()), ("repaired", "v2", None));
    run.seek_time(run.end());
    let done = self::view(&run);
    assert_eq!(done.status, "answered v2 after 80 ms");
    assert!(done.ladder.steps.iter().all(|s| s.state == State::Past), "{:?}", ladder(&done));
    assert!(done.truth.iter().all(|r| labels(r) == "v2" && r.detail.starts_with("newest")));
}

#[test]
fn the_cost_of_full_rows_is_what_they_cost_when_digests_are_off() {
    let mut with = quick("", DRIFT);
    let mismatch = after(&mut with, note(|n| matches!(n, Note::DigestsDiffer { .. }))).cost.expect("it has sent something");
    let bar = |cost: &Cost, id: &str| cost.bars.iter().find(|b| b.id == id).cloned().expect("a bar");
    let mut without = quick(r#""read":{"digests":false}"#, DRIFT);
    without.seek_time(without.end());
    let full = bar(&view(&without).cost.expect("it has sent something"), "full");
    assert_eq!(full.more, 0);
    assert_eq!(bar(&mismatch, "full").total(), full.solid, "the engine sends what was foretold");
    with.seek_time(with.end());
    let end = view(&with).cost.expect("it has sent something");
    assert_eq!(bar(&end, "mismatch").total(), bar(&mismatch, "mismatch").total(), "the second round was foretold to the byte");
    assert_eq!((bar(&end, "mismatch").more, bar(&end, "digests").more), (0, 0));
    let op = with.history().operations()[2].id;
    let sent = |wanted: fn(&Body) -> bool| -> u64 {
        let of =
            with.log().iter().filter(|e| e.op == Some(op)).filter_map(|e| if let EventKind::Sent(m) = &e.kind { Some(m) } else { None });
        of.filter(|m| wanted(&m.body)).map(|m| u64::from(m.size)).sum()
    };
    assert_eq!(bar(&end, "repair").solid, sent(|b| matches!(b, Body::Repair { .. } | Body::RepairAck)));
    assert_eq!(
        bar(&end, "mismatch").solid,
        sent(|b| matches!(b, Body::ReadData { .. } | Body::Data { .. } | Body::ReadDigest { .. } | Body::Digest(_)))
    );
}

#[test]
fn a_coordinator_that_is_a_replica_pays_nothing_for_its_own_copy() {
    let mut run = quick("", &DRIFT.replace(r#""client":"c1","via":"F""#, r#""client":"c1","via":"D""#));
    run.seek_time(run.end());
    let cost = view(&run).cost.expect("it has sent something");
    assert_eq!(cost.note, "D's own copy costs the network nothing.");
    assert_eq!(view(&run).known[0].node, NodeId(3), "its own copy is asked first");
}

#[test]
fn writes_timeouts_refusals_and_dead_coordinators_are_shown() {
    let write = r#"{"at":"10ms","do":"write","client":"c0","via":"F","key":"cart:ada","value":"tea","level":"ALL"}"#;
    let mut run = quick("", &format!(r#"{{"at":"1ms","do":"crash","node":"E"}},{write}"#));
    run.seek_time(Micros::ms(100));
    let waits = view(&run);
    assert_eq!(waits.known.iter().map(|r| r.head.as_str()).collect::<Vec<_>>(), ["confirmed", "confirmed", "sent the write"]);
    assert_eq!(waits.known[2].detail, "sent 0.020 s, no confirmation yet");
    assert!(view_has(&run, State::Now, "Wait: 2 of 3 confirmed"), "{:?}", ladder(&waits));
    assert_eq!(waits.truth[2].detail, "others hold one, down; F knows nothing");
    run.seek_time(Micros::secs(3));
    assert_eq!(
        (view(&run).status.as_str(), view(&run).known[2].detail.as_str()),
        ("timed out after 2 s", "sent 0.020 s, no confirmation in time")
    );
    assert!(view_has(&run, State::Past, "Give up: 2 of 3 came"));

    let beats = r#""detector":{"heartbeat":{"every":"50ms","timeout":"120ms"}}"#;
    let mut refused = quick(beats, &format!(r#"{{"at":"1ms","do":"crash","node":"E"}},{}"#, write.replace("10ms", "1s")));
    refused.seek_time(Micros::secs(2));
    let view_of = view(&refused);
    assert!(view_of.known[2].detail.starts_with("F believes E down since 0."), "{}", view_of.known[2].detail);
    assert_eq!(view_of.known[0].detail, "F believes it up, but too few others");
    assert!(view_has(&refused, State::Past, "Refuse: 2 up, 3 needed") && view_of.cost.is_none());

    let mut dead = quick("", &format!(r#"{write},{{"at":"25ms","do":"crash","node":"F"}}"#));
    dead.seek_time(Micros::secs(1));
    assert!(
        view_has(&dead, State::Past, "Crash and forget W1") && view_has(&dead, State::Now, "ada gives up"),
        "{:?}",
        ladder(&view(&dead))
    );
    assert_eq!(view(&dead).known[0].detail, "sent 0.020 s; F has forgotten it");
    dead.seek_time(Micros::ms(15));
    assert!(view_has(&dead, State::Now, "Wait for ada's request"));
    assert_eq!(view(&dead).known[0].detail, "F has not had the request");

    let mut paused = quick("", &format!(r#"{{"at":"1ms","do":"pause","node":"F"}},{write}"#));
    paused.seek_time(Micros::ms(100));
    assert!(view_has(&paused, State::Now, "Wait: F is paused"), "{:?}", ladder(&view(&paused)));
}

/// Loss, duplicates, cuts and crashes over one key.
fn storm(seed: u64) -> Session {
    let op = |at: u64, verb: &str, via: &str, level: &str| {
        let value = if verb == "write" { format!(r#","value":"value {at}""#) } else { String::new() };
        format!(r#"{{"at":"{at}ms","do":"{verb}","client":"c0","via":"{via}","key":"cart:ada","level":"{level}"{value}}}"#)
    };
    let mut commands = Vec::new();
    for i in 0..40u64 {
        let n = seed.wrapping_add(i).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 20;
        let via = ["A", "B", "C", "D", "E", "F"][n as usize % 6];
        let level = ["ONE", "QUORUM", "ALL"][(n >> 8) as usize % 3];
        let at = 10 + i * 40;
        commands.push(match (n >> 16) % 12 {
            0..=4 => op(at, "write", via, level),
            5..=8 => op(at, "read", via, level),
            9 => format!(r#"{{"at":"{at}ms","do":"crash","node":"{via}"}}"#),
            10 => format!(r#"{{"at":"{at}ms","do":"restart","node":"{via}"}}"#),
            _ => format!(r#"{{"at":"{at}ms","do":"cut","islands":[["{via}"]]}},{{"at":"{at}ms","do":"mend-all"}}"#),
        });
    }
    session(&format!(
        r#"{{"end":"4s","seed":{seed},"config":{{"network":{{"loss-ppm":40000,"duplicate-ppm":50000,"latency":{{"uniform":{{"low":"5ms","high":"30ms"}}}}}},
        "settings":{{"sync":{{"every":"200ms"}},"detector":{{"heartbeat":{{"every":"60ms","timeout":"200ms"}}}},"write":{{"timeout":"300ms"}},"read":{{"timeout":"400ms"}}}}}},"commands":[{}]}}"#,
        commands.join(",")
    ))
}

#[test]
fn nothing_is_known_that_was_not_delivered_and_truth_is_the_worlds() {
    let (mut known, mut pending) = (0, 0);
    for seed in 0..6 {
        let mut run = storm(seed);
        for at in (40..run.log().len() as u32).step_by(37) {
            run.seek_event(at);
            let past = &run.log()[..run.cursor() as usize];
            for operation in run.history().operations().iter().filter(|o| o.began.0 < run.cursor()).rev().take(4) {
                let view = OpView::of(&run, operation.id).expect("in the history");
                for row in &view.known {
                    let heard = past.iter().any(|e| {
                        e.op == Some(operation.id)
                            && matches!(&e.kind, EventKind::Delivered(m) if is_answer(&m.body) && m.from == row.node.into() && m.to == Endpoint::Node(operation.via))
                    });
                    known += u32::from(heard);
                    assert!(heard || row.chips.is_empty() && row.digest.is_none(), "seed {seed}, {at}: {row:?}");
                }
                let copies = Truth::copies(run.world(), &operation.request.key);
                assert_eq!(copies.len(), view.truth.len());
                for (copy, row) in copies.iter().zip(&view.truth) {
                    assert_eq!((copy.node, Some(row_digest(&copy.row).short())), (row.node, row.digest.clone()));
                    assert_eq!(copy.behind, !row.detail.starts_with("newest") && !row.detail.starts_with("nobody"), "{row:?}");
                }
                let state = run.world().host(operation.via).and_then(|h| h.node.coordinator.pending(operation.id));
                let count = |test: fn(&ReplicaRow) -> bool| view.known.iter().filter(|r| test(r)).count();
                match state {
                    Some(Pending::Write(w)) => assert_eq!(count(|r| r.head == "confirmed"), w.acks.len()),
                    Some(Pending::Read(r)) if r.phase == Phase::First => assert_eq!(count(|r| r.digest.is_some()), r.answers.len()),
                    _ => continue,
                }
                pending += 1;
            }
        }
    }
    assert!(known > 200 && pending > 50, "known {known}, pending {pending}");
}

#[test]
fn steps_done_lie_before_the_cursor_and_steps_to_come_behind_it() {
    for seed in 0..6 {
        let mut run = storm(seed);
        for at in (40..run.log().len() as u32).step_by(41) {
            run.seek_event(at);
            for operation in run.history().operations().iter().filter(|o| o.began.0 < run.cursor()).rev().take(4) {
                let view = OpView::of(&run, operation.id).expect("in the history");
                let states: Vec<State> = view.ladder.steps.iter().map(|s| s.state).collect();
                assert!(states.iter().filter(|s| **s == State::Now).count() <= 1, "{:?}", ladder(&view));
                for step in &view.ladder.steps {
                    let happened = step.event.is_some_and(|e| e.0 < run.cursor());
                    assert!(step.state != State::Past || happened, "seed {seed}, {at}: {step:?}");
                    assert!(step.state != State::Future || !happened || states.contains(&State::Now), "seed {seed}, {at}: {step:?}");
                }
                if let Some(cost) = &view.cost {
                    assert!(cost.bars.iter().all(|b| b.total() <= cost.most));
                }
            }
        }
    }
}

#[test]
fn a_node_shows_its_rows_beliefs_and_work_and_can_be_acted_on() {
    let beats = r#""sync":{"every":"10s"},"detector":{"heartbeat":{"every":"50ms","timeout":"120ms"}}"#;
    let mut run = quick(beats, &format!(r#"{DRIFT},{{"at":"310ms","do":"crash","node":"E"}}"#));
    run.seek_time(Micros::ms(305));
    let c = NodeView::of(&run, NodeId(2)).expect("C exists");
    assert_eq!((c.status.as_str(), c.total, c.rows.len()), ("runs from the start", 1, 1));
    assert_eq!((c.rows[0].key.as_str(), c.rows[0].place, c.rows[0].behind), ("cart:ada", 1, true));
    assert!(c.facts.contains(&("not on disk", "1 change".to_owned())), "{:?}", c.facts);
    run.seek_time(Micros::ms(900));
    let f = NodeView::of(&run, NodeId(5)).expect("F exists");
    assert_eq!(f.down.iter().map(|(n, _, _)| *n).collect::<Vec<_>>(), [NodeId(4)]);
    assert!(f.down[0].1.starts_with("since 0.") && f.down[0].2.is_some());
    let e = NodeView::of(&run, NodeId(4)).expect("E exists");
    assert_eq!((e.status.as_str(), e.acts[0].id), ("is down since 0.310 s", "restart"));
    assert_eq!(e.acts.iter().find(|a| a.id == "pause").and_then(|a| a.why_not.as_deref()), Some("E is down already"));
    assert!(NodeView::of(&run, NodeId(99)).is_none());
    for act in e.acts.iter().chain(&f.acts).filter(|a| a.why_not.is_none()) {
        let mut other = run.clone();
        let before = other.log().len();
        other.act(act.command.clone()).expect("an enabled act is accepted");
        assert!(other.log().len() != before || other.branches().len() > 1, "{} does something", act.label);
    }
    run.act(Command::Pause { node: NodeId(2) }).expect("C can pause");
    run.seek_time(Micros(run.now().0 + 100_000));
    let c = NodeView::of(&run, NodeId(2)).expect("C exists");
    let held = run.world().host(NodeId(2)).map(|h| h.held()).expect("C exists");
    assert!(
        held > 0 && c.running == Status::Paused && c.facts.iter().any(|(n, v)| *n == "waiting" && v.starts_with(&held.to_string())),
        "{:?}",
        c.facts
    );
    run.seek_time(Micros::ms(325));
    let works: Vec<(u32, String)> =
        NodeView::of(&run, NodeId(5)).expect("F exists").works.into_iter().map(|(op, text)| (op.number, text)).collect();
    assert_eq!(works, [(2, "2 of 3 confirmed, client told".to_owned()), (3, "0 of 2 answers".to_owned())]);
}

#[test]
fn an_event_shows_its_message_cause_and_effects() {
    let mut run = quick("", DRIFT);
    let at = run.log().iter().position(|e| matches!(&e.kind, EventKind::Sent(m) if matches!(m.body, Body::Digest(_)))).expect("a digest");
    let id = EventId(at as u32);
    run.seek_event(at as u32 + 1);
    let view = EventView::of(&run, id).expect("in the log");
    let fact = |view: &EventView, name: &str| view.facts.iter().find(|(n, _)| *n == name).map(|(_, v)| v.clone()).unwrap_or_default();
    assert_eq!(
        (view.title, fact(&view, "kind").as_str(), fact(&view, "from").as_str(), fact(&view, "to").as_str()),
        ("Message leaves", "digest, carries", "D", "F")
    );
    assert_eq!(fact(&view, "arrives"), "0.330 s, if nothing stops it");
    assert_eq!(view.cause.as_ref().map(|c| c.text.as_str()), Some("D gets F's request for a digest"));
    run.seek_time(run.end());
    assert_eq!(fact(&EventView::of(&run, id).expect("in the log"), "arrived"), "0.330 s, after 10 ms");
    let chose = run.log().iter().position(|e| matches!(&e.kind, EventKind::Note(Note::Chose { .. }))).expect("a choice");
    let view = EventView::of(&run, EventId(chose as u32)).expect("in the log");
    assert_eq!(view.effects.iter().filter(|l| l.text.contains("sends")).count(), 3, "three writes leave: {:?}", view.effects);
    assert!(view.effects.iter().all(|l| !l.ahead));
    let lost = run.log().iter().position(|e| matches!(e.kind, EventKind::Lost { .. })).expect("a loss");
    let view = EventView::of(&run, EventId(lost as u32)).expect("in the log");
    assert_eq!((view.title, fact(&view, "lost").as_str()), ("Message lost", "0.125 s"));
    assert_eq!(view.payload[0].look.label, "v2");
    assert!(EventView::of(&run, EventId(1_000_000)).is_none());
}

#[test]
fn suspicion_grows_with_silence_until_the_peer_is_given_up() {
    let accrual = r#""detector":{"accrual":{"every":"100ms","initial":"100ms","max-interval":"300ms","pause":"500ms"}}"#;
    let mut run = quick(accrual, r#"{"at":"10s","do":"crash","node":"B"}"#);
    let of_b = |run: &mut Session, ms: u64| {
        run.seek_time(Micros::ms(ms));
        let view = NodeView::of(run, NodeId(0)).expect("A");
        assert_eq!(view.suspicions.len(), 5, "every peer");
        view.suspicions.into_iter().find(|s| s.peer == NodeId(1)).expect("B")
    };
    let (calm, uneasy, sure) = (of_b(&mut run, 9_999), of_b(&mut run, 11_000), of_b(&mut run, 13_000));
    let level = |s: &Suspicion| s.level.parse::<crate::engine::node::Phi>().expect("a level").0;
    assert!(level(&calm) < 1_000 && level(&uneasy) > 3_000 && level(&uneasy) < 8_000 && level(&sure) > 8_000);
    assert!(calm.share < 10 && (40..100).contains(&uneasy.share) && sure.share == 100);
    assert!(uneasy.text.ends_with("given up after 1.8 s"), "{}", uneasy.text);
    assert!(calm.detail.starts_with("heartbeats come every 100 ms, the mean of "), "{}", calm.detail);
    assert!(sure.text.contains("believed down since 11."), "{}", sure.text);
    let down = NodeView::of(&run, NodeId(0)).expect("A").down;
    assert!(matches!(down.as_slice(), [(NodeId(1), _, Some(_))]), "the event of the conviction can be visited: {down:?}");
    assert!(NodeView::of(&run, NodeId(1)).expect("B").suspicions.is_empty(), "who is down suspects nobody");
}

#[test]
fn a_keeper_lists_its_hints_with_age_and_a_stand_in_its_guests() {
    let shipped = |slug: &str, ms| {
        let (_, file) = crate::lab::gallery().iter().find(|(s, _)| *s == slug).expect("it is in the gallery");
        let mut session = Session::open(crate::lab::script_from_file(file).expect("it reads")).expect("it is within bounds");
        session.seek_time(Micros::ms(ms));
        session
    };
    let at = shipped("hinted-handoff", 3_000);
    let view = NodeView::of(&at, NodeId(0)).expect("A");
    let [line] = view.hints.as_slice() else { panic!("hints for C alone") };
    assert_eq!((line.target, line.hints.len(), line.replay.is_none()), (NodeId(2), 3, true));
    assert!(line.size.starts_with("3 hints, ") && line.age.ends_with("1 in memory only"), "{} {}", line.size, line.age);
    for hint in &line.hints {
        let event = at.log().get(hint.event.expect("the log tells it").0 as usize).expect("an event");
        assert!(matches!(&event.kind, EventKind::Note(Note::HintKept { key, .. }) if key.to_string() == hint.key));
        assert_eq!(event.op.map(|op| op.first()), hint.op.as_ref().map(|(op, _)| *op), "a hint leads to its write");
    }
    let replaying = NodeView::of(&shipped("hinted-handoff", 6_400), NodeId(0)).expect("A").hints[0].replay.clone();
    assert!(replaying.is_some_and(|r| r.starts_with("replaying: 0 delivered, page of 3, 1 sent, 1 confirmed")));
    let view = NodeView::of(&shipped("sloppy-quorum", 3_000), NodeId(3)).expect("D");
    let [guest] = view.guests.as_slice() else { panic!("a guest for B alone") };
    assert_eq!((guest.owner, guest.rows[0].0.as_str(), guest.handoff.is_none(), view.total), (NodeId(1), "bill", true, 0));
}
