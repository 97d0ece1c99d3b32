//! Hand-made histories for each verdict.

use super::*;
use crate::engine::base::{ClientId, Endpoint, NodeId};
use crate::engine::data::{Payload, Row, Version};
use crate::engine::node::{Level, Note, Outcome, Request, Verb};
use crate::engine::world::{Event, EventKind};

/// Calls from a drawing: each row is one call, `[` its beginning, `]` its end (or `~` if it has none), what it did in between: `w3` wrote
/// 3, `r0` was shown nothing. Columns are places.
fn drawn(rows: &[&str]) -> Vec<Call> {
    let one = |row: &&str| {
        let began = row.find('[').expect("a beginning") as u32;
        let ended = row.find(']').map(|i| i as u32);
        let word: String = row.chars().filter(|c| c.is_ascii_alphanumeric()).collect();
        let mark = Mark(word[1..].parse().expect("a number"));
        let act = if word.starts_with('w') { Act::Write(mark) } else { Act::Read(mark) };
        Call { op: None, began, ended, act }
    };
    let mut calls: Vec<Call> = rows.iter().map(one).collect();
    calls.sort_by_key(|c| c.began);
    calls
}

fn judged(rows: &[&str]) -> Verdict {
    judge(&drawn(rows), BUDGET)
}

fn broken(read: usize, why: Why) -> Verdict {
    Verdict::No(Conflict { read, why })
}

#[test]
fn one_after_the_other_is_linearizable() {
    assert_eq!(judged(&["[r0]            ", "     [w1]       ", "          [r1]  "]), Verdict::Yes);
    assert_eq!(judged(&[]), Verdict::Yes);
}

#[test]
fn a_read_that_misses_an_acknowledged_write_is_not() {
    let rows = ["[w1]            ", "     [w2]       ", "          [r1]  "];
    assert_eq!(judged(&rows), broken(2, Why::Passed { since: Some(0), by: 1 }));
    assert_eq!(stale(&drawn(&rows)), [Old { read: 2, missed: 1, first: 1, last: 1 }]);
    let never = ["[w1]       ", "     [r0]  "];
    assert_eq!(judged(&never), broken(1, Why::Passed { since: None, by: 0 }));
}

#[test]
fn an_old_value_while_a_write_runs_is_legal_until_somebody_saw_the_new_one() {
    let running = ["[w1]                 ", "     [w2          ]  ", "       [r1]          "];
    assert_eq!(judged(&running), Verdict::Yes);
    assert!(stale(&drawn(&running)).is_empty());
    let back = ["[w1]                      ", "     [w2               ]  ", "       [r2]               ", "            [r1]          "];
    assert_eq!(judged(&back), broken(3, Why::Passed { since: Some(0), by: 2 }), "from new back to old");
    assert!(stale(&drawn(&back)).is_empty(), "no acknowledged write was missed");
}

#[test]
fn a_write_of_unknown_outcome_may_take_effect_late_or_never() {
    let never = ["[w1]                 ", "     [w2~            ", "          [r1]       ", "               [r1]  "];
    assert_eq!(judged(&never), Verdict::Yes);
    let late = ["[w1]                 ", "     [w2~            ", "          [r1]       ", "               [r2]  "];
    assert_eq!(judged(&late), Verdict::Yes);
    assert!(stale(&drawn(&late)).is_empty());
    let back = ["[w1]                 ", "     [w2~            ", "          [r2]       ", "               [r1]  "];
    assert_eq!(judged(&back), broken(3, Why::Passed { since: Some(0), by: 2 }));
    let after_an_ack = ["[w1~                 ", "     [w2]            ", "          [r2]       ", "               [r1]  "];
    assert_eq!(judged(&after_an_ack), Verdict::Yes, "it took effect only after the later write");
}

#[test]
fn a_value_from_nowhere_and_one_from_the_future_are_refused() {
    assert_eq!(judged(&["[r7]  "]), broken(0, Why::Nowhere));
    assert_eq!(judged(&["[r7]       ", "     [w7]  "]), broken(0, Why::Nowhere));
}

#[test]
fn two_readers_who_disagree_about_the_order_contradict_only_together() {
    // Both writes run all the time; one reader sees 1 then 2, the other 2 then 1.
    let rows = [
        "[w1                          ]   ",
        " [w2                          ]  ",
        "   [r1]                          ",
        "         [r2]                    ",
        "    [r2]                         ",
        "          [r1]                   ",
    ];
    assert_eq!(judged(&rows), broken(5, Why::Together(vec![0, 1, 2, 3, 4])), "without any one of them there is an order");
}

#[test]
fn deletes_are_writes_of_nothing() {
    let rows = ["[w1]            ", "     [w0]       ", "          [r0]  "];
    assert_eq!(judged(&rows), Verdict::Yes);
    let risen = ["[w1]            ", "     [w0]       ", "          [r1]  "];
    assert_eq!(judged(&risen), broken(2, Why::Passed { since: Some(0), by: 1 }));
    let unknown = ["[w1]            ", "     [w0~       ", "          [r0]  ", "               [r0]"];
    assert_eq!(judged(&unknown), Verdict::Yes);
}

#[test]
fn staleness_counts_what_was_missed_since_the_first() {
    let rows = [
        "[w1]                      ",
        "     [w2]                 ",
        "          [w3]            ",
        "               [r1]       ",
        "                    [r3]  ",
    ];
    assert_eq!(stale(&drawn(&rows)), [Old { read: 3, missed: 2, first: 1, last: 2 }]);
}

#[test]
fn the_search_gives_up_aloud() {
    // Twelve writes at once, each seen by a read that runs as long, and one read too many that fits nowhere plainly.
    let mut calls: Vec<Call> = Vec::new();
    for i in 0..12u32 {
        calls.push(Call { op: None, began: i, ended: Some(200 + i), act: Act::Write(Mark(i + 1)) });
        calls.push(Call { op: None, began: 20 + i, ended: Some(100 + i), act: Act::Read(Mark(i + 1)) });
    }
    calls.sort_by_key(|c| c.began);
    assert_eq!(linearizable(&calls, BUDGET), Answer::Yes);
    assert_eq!(linearizable(&calls, 3), Answer::Unknown);
    assert_eq!(judge(&calls, 3), Verdict::Unknown);
}

#[test]
fn long_histories_are_judged_quickly() {
    // Five thousand writes, each read three times while the next is running, and a tenth of unknown outcome.
    let mut calls: Vec<Call> = Vec::new();
    for i in 0..5_000u32 {
        let at = i * 20;
        calls.push(Call { op: None, began: at, ended: (i % 10 != 0).then_some(at + 22), act: Act::Write(Mark(i + 1)) });
        for r in 0..3 {
            calls.push(Call { op: None, began: at + 5 + r, ended: Some(at + 12 + r), act: Act::Read(Mark(i + 1)) });
        }
    }
    calls.sort_by_key(|c| c.began);
    assert_eq!(judge(&calls, BUDGET), Verdict::Yes);
    let last = calls.iter().rposition(Call::is_read).expect("a read");
    calls[last].act = Act::Read(Mark(17));
    assert!(matches!(judge(&calls, BUDGET), Verdict::No(Conflict { read, why: Why::Passed { .. } }) if read == last));
}

/// An event of client c0's operation with this number.
fn event(number: u32, who: impl Into<Endpoint>, kind: EventKind) -> Event {
    Event { at: Micros(0), cause: None, who: Some(who.into()), op: Some(OpId { number, tag: number, attempt: 0 }), kind }
}

#[test]
fn a_write_that_was_tried_again_may_show_its_first_version_late() {
    let key = Key::new("k");
    let (client, node) = (ClientId(0), NodeId(0));
    let version = |micros| Version { clock: Rule::LastWriteWins.mint(node, micros), payload: Payload::Value(b"x"[..].into()) };
    let began = |verb| {
        let request = Request { verb, key: key.clone(), level: Level::One };
        EventKind::Began { request: std::sync::Arc::new(request), via: node }
    };
    let stamped = |micros| EventKind::Note(Note::Stamped { key: key.clone(), version: version(micros) });
    let found = |micros| EventKind::Ended(Outcome::Found(Some(std::sync::Arc::new(Row::single(version(micros))))));
    let mut log = vec![
        event(1, client, began(Verb::Write(b"x"[..].into()))),
        event(1, node, stamped(10)),
        event(1, node, stamped(20)),
        event(1, client, EventKind::Ended(Outcome::Written { acks: 1, clock: version(20).clock })),
        event(2, client, began(Verb::Read)),
        event(2, client, found(20)),
    ];
    let of = |log: &[Event]| Findings::of(&History::of(log), Rule::LastWriteWins);
    assert_eq!(*of(&log).linear(), Linear::Yes);
    log.extend([event(3, client, began(Verb::Read)), event(3, client, found(10))]);
    let twice = of(&log);
    assert_eq!((twice.linear(), twice.stale.len()), (&Linear::Yes, 0), "which of the two took effect last is open");
    assert_eq!(twice.complaints.went_back.len(), 1, "but the client was shown an older version after a newer one");
    log.extend([event(4, client, began(Verb::Read)), event(4, client, found(20))]);
    let Linear::No { op, .. } = of(&log).linear().clone() else { panic!("both cannot have taken effect twice") };
    assert_eq!(op.number, 4);
}
