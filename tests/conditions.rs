//! Conditions and quantities: their text reads back, their names are those of the engine, and they hold when they say.

#[path = "support/random.rs"]
mod random;
#[path = "support/rules.rs"]
mod rules;
#[path = "support/run.rs"]
mod run;
#[path = "support/sweeping.rs"]
mod sweeping;

use drift::engine::node::{Body, Note};
use drift::engine::world::EventKind;
use drift::lab::{Condition, Film, NAMES_OF_MESSAGES, Quantity, Value, gallery, name_of_event, name_of_message, names_of_events};
use run::{Played, Run, shipped};

const CONDITIONS: &[(&str, &str)] = &[
    ("agree(x)", "all replicas of x agree"),
    ("eventually(holds(C, status:mia, away))", "at some time C holds away for status:mia"),
    ("always(not(behind(C, x)))", "all the time not: C is behind for x"),
    ("never(returned(3, \"two words\"))", "never: operation 3 is answered with two words"),
    ("all(up(A), suspects(A, B), same(A, C))", "A runs, and A believes B down, and A and C hold the same"),
    ("any(mismatch, repair, agreement)", "answers differ, or a repair is sent, or all copies agree"),
    ("before(happens(crashed at B), happens(ended written op 2))", ""),
    ("then(happens(hint-kept at E for C), happens(sent hint from E to C))", ""),
    ("at(2s, stale-copies = 1)", "at 2s: the number of copies that are behind is 1"),
    ("at(2s, stale-copies) = 1", "the number of copies that are behind at 2s is 1"),
    ("between(2s, 3s, holds(A, x, none))", "between 2s and 3s: A holds nothing for x"),
    ("ended(2, timed-out)", "operation 2 ends: timed out"),
    ("bytes(digest) + bytes(read) * 2 <= (bytes - 10) / 3", ""),
    ("latency(2) < 80ms", "the time that operation 2 takes is less than 80ms"),
    ("highest(hints(E)) >= copies(x, deleted)", ""),
    ("time(agreement) != time(happens(applied stored at C key x))", ""),
];

#[test]
fn their_text_reads_back() {
    for (text, words) in CONDITIONS {
        let condition: Condition = text.parse().unwrap_or_else(|e| panic!("{text}: {e}"));
        let again: Condition = condition.to_string().parse().unwrap_or_else(|e| panic!("{condition}: {e}"));
        assert_eq!(condition, again, "{text}");
        let json = serde_json::to_string(&condition).expect("a text");
        assert_eq!(serde_json::from_str::<Condition>(&json).ok(), Some(condition.clone()));
        if !words.is_empty() {
            assert_eq!(condition.words(&[]), *words);
        }
    }
    for text in [
        "",
        "agree",
        "agree()",
        "agree(x",
        "agree(x))",
        "holds(C, x)",
        "stale-copies",
        "stale-copies = ",
        "happens()",
        "happens(fell)",
        "ended(0, written)",
        "ended(1, somehow)",
        "all()",
        "at(soon, agreement)",
        "bytes(letters) = 1",
        "\"open",
        "1e999 = 1",
    ] {
        assert!(text.parse::<Condition>().is_err(), "{text}");
    }
    let deep = format!("{}agreement{}", "not(".repeat(60), ")".repeat(60));
    assert!(deep.parse::<Condition>().is_err(), "bounded");
    assert!("x".repeat(3_000).parse::<Condition>().is_err(), "bounded");
}

/// `HintKept { … }` is called `hint-kept`: the tables by code follow the engine's own names.
fn spelled(debug: &str) -> String {
    let name: String = debug.chars().take_while(|c| c.is_ascii_alphanumeric()).collect();
    let mut made = String::new();
    for c in name.chars() {
        if c.is_ascii_uppercase() && !made.is_empty() {
            made.push('-');
        }
        made.push(c.to_ascii_lowercase());
    }
    made
}

#[test]
fn names_are_those_of_the_engine() {
    let mut notes = std::collections::BTreeSet::new();
    let mut bodies = std::collections::BTreeSet::new();
    let runs = (0..150).map(|seed| random::run(seed, 25).run.script()).chain(gallery().iter().map(|(slug, _)| shipped(slug)));
    for script in runs {
        for event in &Played::of(script).log {
            let name = name_of_event(&event.kind);
            assert!(names_of_events().any(|n| n == name), "{name} is among the names");
            if let EventKind::Note(note) = &event.kind
                && !matches!(note, Note::Sweep { .. } | Note::Queue(_) | Note::Rot(_))
            {
                assert_eq!(name, spelled(&format!("{note:?}")));
                notes.insert(name);
            }
            if let EventKind::Sent(message) = &event.kind {
                let name = name_of_message(&message.body);
                if !matches!(message.body, Body::Sweep { .. } | Body::Rot(_)) {
                    assert_eq!(name, spelled(&format!("{:?}", message.body)));
                }
                assert!(NAMES_OF_MESSAGES.contains(&name));
                bodies.insert(name);
            }
        }
    }
    assert!(notes.len() >= 20 && bodies.len() >= 12, "{notes:?} {bodies:?}");
}

fn asked(run: &Run, texts: &[&str]) -> Vec<bool> {
    let mut film = Film::default();
    let places: Vec<usize> = texts.iter().map(|t| film.ask(&t.parse().unwrap_or_else(|e| panic!("{t}: {e}")))).collect();
    let seen = film.play(&run.script()).expect("within bounds");
    places.into_iter().map(|i| seen.holds[i]).collect()
}

fn worth(run: &Run, text: &str) -> Value {
    let mut film = Film::default();
    let quantity: Quantity = text.parse().unwrap_or_else(|e| panic!("{text}: {e}"));
    film.measure(&quantity);
    film.play(&run.script()).expect("within bounds").values.remove(0)
}

/// C misses a write, and a read at 8 s mends it.
fn story() -> Run {
    Run::of(3).at("1s", "cut C").at("2s", "c0 A write x 1").at("5s", "mend-all").at("8s", "c1 A read x ALL").end("12s")
}

#[test]
fn they_hold_when_they_say() {
    let run = story();
    let so = [
        "agree(x)",
        "holds(C, x, 1)",
        "at(7s, behind(C, x))",
        "at(7s, holds(C, x, none))",
        "not(at(7s, agree(x)))",
        "eventually(stale-copies = 1)",
        "never(stale-copies > 2)",
        "not(always(agreement))",
        "between(6s, 7s, disagreement)",
        "not(between(6s, 7s, happens(ended written)))",
        "between(1s, 7s, happens(ended written))",
        "returned(2, 1)",
        "ended(1, written)",
        "before(happens(cut), happens(mended))",
        "not(before(happens(mended), happens(cut)))",
        "then(disagreement, agreement)",
        "not(then(happens(mended), happens(cut)))",
        "happens(repair-started for C)",
        "not(happens(repair-started for B))",
        "happens(sent repair to C)",
        "happens(began read op 2)",
        "all(happens(cut), repair)",
        "faults = 1",
        "stale-reads = 0",
        "lost-writes = 0",
        "same(A, C)",
        "at(7s, not(same(A, C)))",
        "copies(x, 1) = 3",
        "at(7s, copies(x, 1)) = 2",
        "count(lost write to C) >= 1",
        "entropy-in = entropy-out",
    ];
    for (text, holds) in so.iter().zip(asked(&run, &so)) {
        assert!(holds, "{text}");
    }
}

#[test]
fn quantities_are_what_the_report_says() {
    let run = story();
    let report = run.play().report;
    let bytes = report.traffic["write"].bytes;
    assert_eq!(worth(&run, "bytes(write)").number(), Some(bytes as f64));
    assert_eq!(worth(&run, "latency(2)").number(), Some((report.operations[1].ended_us.unwrap() - report.operations[1].began_us) as f64));
    assert_eq!(worth(&run, "answer(2)"), Value::Text("1".to_owned()));
    assert_eq!(worth(&run, "answer(1)"), Value::Text("written".to_owned()));
    assert_eq!(worth(&run, "value(C, x)"), Value::Text("1".to_owned()));
    assert_eq!(worth(&run, "at(7s, value(C, x))"), Value::Text("none".to_owned()));
    assert_eq!(worth(&run, "time(happens(crashed))"), Value::Nothing);
    assert_eq!(worth(&run, "time(happens(mended))").number(), Some(5e6));
    assert_eq!(worth(&run, "highest(stale-copies)").number(), Some(2.0));
    assert_eq!(worth(&run, "stale-copies / 0"), Value::Nothing);
}

#[test]
fn a_session_runs_until_a_condition_comes_true() {
    let mut session = drift::lab::Session::open(story().script()).expect("within bounds");
    let mut until = |text: &str| {
        let found = session.run_until_condition(&text.parse().unwrap_or_else(|e| panic!("{text}: {e}")));
        (found, session.now().0 / 1_000)
    };
    assert_eq!(until("behind(C, x)"), (true, 2_010), "A has taken the write, C has not");
    assert!(until("happens(repair-started)").0);
    assert_eq!(until("agree(x)"), (true, 8_060));
    assert_eq!(until("agree(x)"), (false, 12_000), "it holds already, and never comes true again");
}
