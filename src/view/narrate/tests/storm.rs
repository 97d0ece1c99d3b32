//! Runs in which everything goes wrong at once: every kind of event has a sentence, and counts, beliefs and rows are the engine's.

use super::super::*;
use super::session;
use crate::engine::base::{Endpoint, NodeId, OpId};
use crate::engine::node::Outcome;
use crate::engine::node::coordinate::{Pending, Phase};
use crate::engine::node::sweeps::{LogStep, SweepStep};
use crate::engine::world::{LostWhy, Status};

/// Everything that can go wrong at once, with plain heartbeats.
fn storm(seed: u64) -> Session {
    storm_with(seed, r#"{"heartbeat":{"every":"60ms","timeout":"200ms"}}"#)
}

fn storm_with(seed: u64, detector: &str) -> Session {
    let mut commands = vec![r#"{"at":"1ms","do":"preload","count":3}"#.to_owned()];
    let mut n = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    for i in 0..60u64 {
        n = n.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let (at, node, other) =
            (20 + i * 35, ["A", "B", "C", "D", "E", "F"][(n >> 33) as usize % 6], ["C", "D", "E"][(n >> 40) as usize % 3]);
        let level = ["ONE", "QUORUM", "ALL"][(n >> 45) as usize % 3];
        let op = |verb: &str, more: &str| {
            format!(r#""do":"{verb}","client":"c{}","via":"{node}","key":"cart:ada","level":"{level}"{more}"#, i % 2)
        };
        let body = match (n >> 50) % 20 {
            0..=5 => op("write", &format!(r#","value":"value {i}""#)),
            6..=10 => op("read", ""),
            11 => op("delete", ""),
            12 => format!(r#""do":"cut","islands":[["{other}"]]"#),
            13 => r#""do":"mend-all""#.to_owned(),
            14 => format!(r#""do":"crash","node":"{other}""#),
            15 => format!(r#""do":"restart","node":"{other}""#),
            16 => format!(r#""do":"pause","node":"{node}""#),
            17 => format!(r#""do":"resume","node":"{node}""#),
            18 => format!(r#""do":"slow","node":"{other}","by":"80ms""#),
            _ => [
                r#""do":"wipe","node":"E""#,
                r#""do":"clock","node":"F","offset-us":-500000"#,
                r#""do":"cut-one-way","from":["D"],"to":["F"]"#,
                r#""do":"cut-link","a":"C","b":"F""#,
                r#""do":"link","from":"F","to":"C","rule":{"slower":"200ms"}"#,
                r#""do":"network","network":{"loss-ppm":50000}"#,
                r#""do":"set","setting":{"repair":"asynchronous"}"#,
                r#""do":"set","setting":{"replicas":2}"#,
            ][(n >> 55) as usize % 8]
                .to_owned(),
        };
        commands.push(format!(r#"{{"at":"{at}ms",{body}}}"#));
    }
    session(&format!(
        r#"{{"end":"6s","seed":{seed},"config":{{"nodes":6,"network":{{"loss-ppm":30000,"duplicate-ppm":80000,"reorder-ppm":100000,"latency":{{"uniform":{{"low":"5ms","high":"40ms"}}}}}},
        "settings":{{"sync":{{"every":"300ms"}},"detector":{detector},"write":{{"timeout":"400ms"}},"read":{{"timeout":"600ms"}},"client-timeout":"900ms"}}}},"commands":[{}]}}"#,
        commands.join(",")
    ))
}

/// The whole sentence, checked for what no sentence may look like.
fn well_made(told: &Sentence) -> String {
    let all = format!("{} {}", told.headline, told.rest);
    assert!(told.headline.ends_with('.') && !told.headline.contains(".."), "{all}");
    assert!(told.rest.is_empty() || told.rest.ends_with('.') && !told.rest.starts_with(' '), "{all}");
    assert!(!all.contains("  ") && !all.contains("nobody's") && !all.contains(" ."), "{all}");
    all
}

#[test]
fn suspicion_and_echoes_are_told_as_they_were() {
    let accrual = r#"{"accrual":{"every":"60ms","initial":"80ms","max-interval":"200ms","threshold":2,"pause":"150ms"}}"#;
    let mut codes = std::collections::BTreeSet::new();
    for seed in 0..6 {
        let run = storm_with(seed, accrual);
        for (i, event) in run.log().iter().enumerate() {
            let told = sentence(&run, EventId(i as u32)).expect("every event has one");
            let all = well_made(&told);
            let EventKind::Note(note) = &event.kind else { continue };
            codes.insert(note.code());
            match note {
                Note::Convicted { peer, silence, .. } => {
                    assert!(all.contains(&format!("believes {peer} down")) && all.contains(&crate::view::format::span(*silence)), "{all}");
                }
                Note::EchoAsked(peer) => assert!(all.contains(&format!("hears {peer}")), "{all}"),
                Note::Revived { peer, .. } => assert!(all.contains(&format!("{peer}'s echo comes back")), "{all}"),
                _ => {}
            }
        }
    }
    assert!((37..=40).all(|code| codes.contains(&code)), "{codes:?}");
}

#[test]
fn every_event_of_a_storm_has_a_well_made_sentence() {
    let mut kinds = std::collections::BTreeSet::new();
    for seed in 0..12 {
        let run = storm(seed);
        let names = Names::of(&run);
        for (i, event) in run.log().iter().enumerate() {
            let id = EventId(i as u32);
            let told = sentence(&run, id).expect("every event has one");
            let all = well_made(&told);
            assert!(told.cause.as_ref().is_none_or(|c| c.event < id && !c.text.is_empty()), "{all}");
            assert!(told.effects.iter().all(|e| *e > id && run.log()[e.0 as usize].cause == Some(id)));
            assert!(!short(event, &names).is_empty());
            kinds.insert(match &event.kind {
                EventKind::Note(note) => 100 + u32::from(note.code()),
                EventKind::Lost { why: LostWhy::Loss, .. } => 1,
                EventKind::Lost { why: LostWhy::Cut(_), .. } => 2,
                EventKind::Lost { why: LostWhy::Down, .. } => 3,
                EventKind::Lost { why: LostWhy::Crashed, .. } => 4,
                EventKind::Applied(a) => 5 + a.change as u32,
                EventKind::Ended(Outcome::Written { .. }) => 10,
                EventKind::Ended(Outcome::Found(_)) => 11,
                EventKind::Ended(Outcome::Unavailable { .. }) => 12,
                EventKind::Ended(Outcome::TimedOut { .. }) => 13,
                EventKind::Ended(Outcome::NoAnswer) => 14,
                EventKind::Held(_) => 15,
                EventKind::Reverted { .. } => 16,
                EventKind::Timer(Timer::Operation(_)) => 17,
                EventKind::Delivered(m) => 20 + u32::from(m.body.code()),
                EventKind::Sent(m) => 40 + u32::from(m.body.code()),
                EventKind::Fault(fault) => 60 + fault_icon(fault) as u32,
                _ => 0,
            });
        }
        assert_eq!(lines(run.log(), names.clients, names.history).len(), run.log().len());
    }
    let notes = kinds.iter().filter(|k| (100..160).contains(*k)).count();
    assert!((13..=14).contains(&notes) && (1..=17).filter(|k| *k != 8 && *k != 9).all(|k| kinds.contains(&k)), "{kinds:?}");
}

/// What a coordinator is doing about an operation, by the engine.
fn pending(run: &Session, via: Endpoint, op: OpId) -> Option<Pending> {
    run.world().host(via.node()?)?.node.coordinator.pending(op).cloned()
}

#[test]
fn counts_and_lateness_are_those_of_the_coordinator() {
    let (mut late, mut counted) = (0, 0);
    for seed in 0..30 {
        let mut run = storm(seed);
        let arrivals: Vec<(u32, Endpoint, OpId)> = run
            .log()
            .iter()
            .enumerate()
            .filter_map(|(i, e)| match &e.kind {
                EventKind::Delivered(m) if is_answer(&m.body) => Some((i as u32, m.to, m.op?)),
                _ => None,
            })
            .collect();
        for (i, via, op) in arrivals {
            let told = sentence(&run, EventId(i)).expect("in the log").headline;
            if Facts::of(&run).at_once(EventId(i)).any(|(_, e)| matches!(e.kind, EventKind::Note(_))) {
                continue;
            }
            run.seek_event(i + 1);
            let state = pending(&run, via, op);
            if told.contains("nobody waits") {
                late += 1;
                let waits = match &state {
                    Some(Pending::Write(w)) => !w.answered,
                    Some(Pending::Read(r)) => !r.answered,
                    Some(Pending::Forwarded(_)) => false,
                    None => false,
                };
                assert!(!waits, "seed {seed}, event {i}: {told}");
            } else if let Some((_, numbers)) = told.rsplit_once(": ") {
                counted += 1;
                let n: usize = numbers.split(' ').next().and_then(|n| n.parse().ok()).expect("a count");
                let engine = match &state {
                    Some(Pending::Forwarded(_)) => 0,
                    Some(Pending::Write(w)) => w.acks.len(),
                    Some(Pending::Read(r)) => match &r.phase {
                        Phase::First => r.answers.len(),
                        Phase::Repairing { acks, .. } => acks.len(),
                        Phase::Second { .. } | Phase::Lingering => 0,
                    },
                    None => 0,
                };
                assert_eq!(n, engine, "seed {seed}, event {i}: {told}");
            }
        }
    }
    assert!(late > 20 && counted > 50, "late {late}, counted {counted}");
}

#[test]
fn what_is_said_to_be_held_is_what_the_store_holds() {
    let mut looked = 0;
    for seed in 0..4 {
        let mut run = storm(seed);
        let key = crate::engine::data::Key::new("cart:ada");
        for at in (200..run.log().len() as u32).step_by(97) {
            run.seek_event(at);
            for node in (0..6).map(NodeId) {
                if let Held::Known(row) = held(&Facts::of(&run), node, &key, EventId(run.cursor())) {
                    looked += 1;
                    let store = run.world().host(node).and_then(|h| h.node.store.get(&key).cloned());
                    assert_eq!(row, store, "seed {seed}, {node} after {at} events");
                }
            }
        }
    }
    assert!(looked > 100, "{looked}");
}

#[test]
fn beliefs_and_status_are_those_of_the_world() {
    let mut suspicions = 0;
    for seed in 0..4 {
        let mut run = storm(seed);
        let notes: Vec<(u32, NodeId)> = run
            .log()
            .iter()
            .enumerate()
            .filter_map(|(i, e)| if let EventKind::Note(Note::Suspected(peer)) = e.kind { Some((i as u32, peer)) } else { None })
            .collect();
        for (i, peer) in notes {
            suspicions += 1;
            let told = sentence(&run, EventId(i)).expect("in the log").rest;
            run.seek_event(i + 1);
            let truth = match run.world().host(peer).map(|h| h.status) {
                Some(Status::Up) => format!("In truth {peer} runs"),
                Some(Status::Paused) => format!("In truth {peer} is paused"),
                _ => format!("In truth, too, {peer} is down"),
            };
            assert!(told.contains(&truth), "seed {seed}, event {i}: {told}");
            let who = run.log()[i as usize].who.and_then(Endpoint::node).expect("a node");
            let since = Facts::of(&run).suspected_since(who, peer, EventId(i + 1)).map(|(id, _)| id.0);
            assert_eq!(since, Some(i));
        }
    }
    assert!(suspicions > 10, "{suspicions}");
}

#[test]
fn what_clients_do_by_themselves_has_sentences_too() {
    let clients = [
        r#""read-your-writes":true,"monotonic-reads":true,"behind-retries":0"#,
        r#""read-your-writes":true,"monotonic-reads":true"#,
        r#""sticky":true,"retries":2,"back-off":"50ms","policy":{"lower":"ONE"}"#,
        r#""direct":"everyone","monotonic-reads":true,"retries":1"#,
    ];
    let mut kinds = std::collections::BTreeSet::new();
    for (seed, client) in clients.iter().flat_map(|client| (20..27).map(move |seed| (seed, client))) {
        let mut script = storm(seed).script().clone();
        script.config.settings.client = serde_json::from_str(&format!("{{{client}}}")).expect("settings");
        let first = script.commands[0].at;
        for (text, at) in [
            (r#"{"at":"0s","do":"workload","every":"30ms","duration":"2s","keys":3}"#, first),
            (r#"{"at":"0s","do":"backup","node":"C"}"#, Micros::ms(800)),
            (r#"{"at":"0s","do":"restore","node":"C"}"#, Micros::ms(1_500)),
        ] {
            let timed: crate::lab::Timed = serde_json::from_str(text).expect("a command");
            script.commands.push(crate::lab::Timed { at, ..timed });
        }
        script.commands.sort_by_key(|t| t.at);
        let mut run = Session::open(script).expect("within bounds");
        run.seek_time(run.end());
        let names = Names::of(&run);
        for (i, event) in run.log().iter().enumerate() {
            let told = sentence(&run, EventId(i as u32)).expect("every event has one");
            let all = format!("{} {}", told.headline, told.rest);
            assert!(told.headline.ends_with('.') && !all.contains("..") && !all.contains("  ") && !all.contains(" ."), "{all}");
            assert!(told.rest.is_empty() || told.rest.ends_with('.'), "{all}");
            assert!(!short(event, &names).is_empty());
            kinds.insert(match &event.kind {
                EventKind::Client(ClientAct::Retried { after: Outcome::Behind { .. }, .. }) => "asks another after an old answer",
                EventKind::Client(ClientAct::Retried { after: Outcome::NoAnswer, .. }) => "asks another after silence",
                EventKind::Client(ClientAct::Retried { .. }) => "asks again after an error",
                EventKind::Client(ClientAct::Asked { .. }) => "asks replicas",
                EventKind::Client(ClientAct::WroteBack { .. }) => "writes back",
                EventKind::Ended(Outcome::Behind { .. }) => "gets nothing new enough",
                EventKind::Fault(Fault::WorkloadBegan { .. }) => "workload begins",
                EventKind::Fault(Fault::WorkloadEnded { .. }) => "workload ends",
                EventKind::Fault(Fault::BackedUp { .. }) => "backup",
                EventKind::Fault(Fault::Restored { .. }) => "restore",
                _ => "",
            });
        }
        // The inspectors look at every operation while it goes on and when it is over.
        for operation in run.history().operations().iter().map(|o| o.id).collect::<Vec<_>>() {
            assert!(crate::view::inspect::OpView::of(&run, operation).is_some());
        }
        run.seek_time(Micros::ms(1_300));
        for operation in run.history().operations().iter().map(|o| o.id).collect::<Vec<_>>() {
            assert!(crate::view::inspect::OpView::of(&run, operation).is_some());
        }
    }
    assert_eq!(kinds.len(), 11, "{kinds:?}");
}

#[test]
fn a_session_says_why_it_asks_on_and_both_levels_are_named() {
    let mut run = session(
        r#"{"end":"4s","seed":12,"config":{"nodes":3,"settings":{"client":{"monotonic-reads":true},"client-timeout":"1s"}},"commands":[
        {"at":"1ms","do":"write","client":"c0","via":"A","key":"k","value":"old","level":"ALL"},
        {"at":"300ms","do":"cut-one-way","from":["A","B"],"to":["C"]},
        {"at":"400ms","do":"write","client":"c0","via":"A","key":"k","value":"new","level":"ONE"},
        {"at":"1s","do":"read","client":"c1","via":"A","key":"k","level":"ONE"},
        {"at":"1500ms","do":"read","client":"c1","via":"C","key":"k","level":"ONE"}]}"#,
    );
    run.seek_time(run.end());
    let act = run.log().iter().position(|e| matches!(e.kind, EventKind::Client(_))).expect("it asks on");
    let told = sentence(&run, EventId(act as u32)).expect("every event has one");
    assert!(told.rest.contains("C's answer was v1, older than the v2 it has seen"), "{told:?}");
    let view = crate::view::inspect::OpView::of(&run, run.history().operations()[3].id).expect("it is there");
    assert!(!view.asked_by.ends_with("through C"), "{}", view.asked_by);
    let run = session(
        r#"{"end":"4s","seed":14,"config":{"nodes":3,"settings":{"client":{"policy":{"lower":"ONE"}},"write":{"timeout":"500ms"}}},"commands":[
        {"at":"0s","do":"cut","islands":[["B","C"]]},
        {"at":"1s","do":"write","client":"c0","via":"A","key":"k","value":"v"}]}"#,
    );
    let act = run.log().iter().position(|e| matches!(e.kind, EventKind::Client(_))).expect("it settles for less");
    let told = sentence(&run, EventId(act as u32)).expect("every event has one");
    assert!(told.headline.contains("now at ONE instead of QUORUM"), "{told:?}");
    assert!(told.rest.contains("makes another version"), "{told:?}");
}

#[test]
fn sweeps_in_a_storm_have_sentences_for_every_step() {
    let policies = [
        "{}",
        r#"{"method":"full"}"#,
        r#"{"method":"log"}"#,
        r#"{"method":"versions"}"#,
        r#"{"method":"bitmaps"}"#,
        r#"{"method":"ranges"}"#,
        r#"{"method":"sketch"}"#,
        r#"{"method":"segments","segments":{"width":4}}"#,
        r#"{"method":"trie"}"#,
        r#"{"method":"validation"}"#,
        r#"{"streams":"leaves","upkeep":"kept","tree":{"fan-out":2,"depth":{"fixed":2}}}"#,
    ];
    let mut kinds = std::collections::BTreeSet::new();
    for (seed, policy) in policies.iter().flat_map(|policy| (40..44).map(move |seed| (seed, policy))) {
        let mut script = storm(seed).script().clone();
        let sweeps = format!(r#"{{"schedule":{{"every":"300ms"}},"timeout":"200ms","retries":1,"back-off":"20ms","policy":{policy}}}"#);
        script.config.settings.sweeps = serde_json::from_str(&sweeps).expect("settings");
        let mut run = Session::open(script).expect("within bounds");
        run.seek_time(run.end());
        let names = Names::of(&run);
        for (i, event) in run.log().iter().enumerate() {
            let told = sentence(&run, EventId(i as u32)).expect("every event has one");
            let all = format!("{} {}", told.headline, told.rest);
            assert!(told.headline.ends_with('.') && !all.contains("..") && !all.contains("  ") && !all.contains(" ."), "{all}");
            assert!(told.rest.is_empty() || told.rest.ends_with('.'), "{all}");
            assert!(!short(event, &names).is_empty());
            if let EventKind::Note(Note::Sweep { step, .. }) = &event.kind {
                kinds.insert(match step {
                    SweepStep::Began { .. } => "began",
                    SweepStep::Trees { rows: 0, .. } => "trees at hand",
                    SweepStep::Trees { .. } => "trees made",
                    SweepStep::Compared { .. } => "compared",
                    SweepStep::KeysCompared { .. } => "keys",
                    SweepStep::Ended { outcome, .. } if outcome.is_good() => "done",
                    SweepStep::Ended { .. } => "failed",
                    SweepStep::Refused { .. } => "refused",
                    SweepStep::Abandoned => "abandoned",
                    SweepStep::NothingInCommon { .. } => "nothing",
                    SweepStep::Set(_) => "set",
                    SweepStep::Dots(_) => "dots",
                    SweepStep::Repair(_) => "repair",
                    SweepStep::Log(LogStep::Whole(_)) => "whole",
                    SweepStep::Log(_) => "logs read",
                });
            }
        }
    }
    assert_eq!(kinds.len(), 15, "{kinds:?}");
}
