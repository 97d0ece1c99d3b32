//! The checker of client histories against a second one that only knows how to try everything.
#![cfg(not(target_arch = "wasm32"))]

use drift::engine::observe::check::{Act, Answer, BUDGET, Call, Conflict, Mark, Verdict, Why, judge, linearizable, stale};
use proptest::prelude::*;
use proptest::strategy::ValueTree;

/// Whether `order` is one that could have happened one call after the other.
fn happened(order: &[Call]) -> bool {
    let mut shows = Mark::NOTHING;
    for (i, call) in order.iter().enumerate() {
        if order[i + 1..].iter().any(|later| later.ended.is_some_and(|end| end < call.began)) {
            return false;
        }
        match call.act {
            Act::Write(mark) => shows = mark,
            Act::Read(mark) if mark != shows => return false,
            Act::Read(_) => {}
        }
    }
    true
}

/// Whether some order of the calls from `fixed` on, after those before it, could have happened. Tries all.
fn any_order(calls: &mut [Call], fixed: usize) -> bool {
    if fixed == calls.len() {
        return happened(calls);
    }
    (fixed..calls.len()).any(|i| {
        calls.swap(fixed, i);
        let found = any_order(calls, fixed + 1);
        calls.swap(fixed, i);
        found
    })
}

/// Whether there is an order, with any choice of those writes that may never have taken effect.
fn by_trying(calls: &[Call]) -> bool {
    let (sure, maybe): (Vec<Call>, Vec<Call>) = calls.iter().partition(|c| c.ended.is_some());
    (0..1u32 << maybe.len()).any(|choice| {
        let chosen = maybe.iter().enumerate().filter(|(i, _)| choice >> i & 1 == 1).map(|(_, c)| *c);
        let mut all: Vec<Call> = sure.iter().copied().chain(chosen).collect();
        any_order(&mut all, 0)
    })
}

/// What was known at `place`: calls that had begun; reads only if they had ended.
fn known_at(calls: &[Call], place: u32) -> Vec<Call> {
    let begun = calls.iter().filter(|c| c.began <= place);
    let cut = begun.map(|c| Call { ended: c.ended.filter(|end| *end <= place), ..*c });
    cut.filter(|c| c.ended.is_some() || matches!(c.act, Act::Write(_))).collect()
}

/// Up to eight calls with few marks; when `own` holds each write makes a mark of its own. Beginnings and ends are shuffled, but calls are short more often
/// than long, so that about half of all histories have an order.
fn history() -> impl Strategy<Value = Vec<Call>> {
    let call = (0..1_000u32, 1..600u32, 0..10u8, 0..4u32, 0..6u8);
    (prop::collection::vec(call, 1..9), any::<bool>()).prop_map(|(raw, own)| {
        let mut writes = 0;
        let mut calls: Vec<Call> = Vec::new();
        for (i, (began, length, kind, mark, fate)) in raw.into_iter().enumerate() {
            // No two places are the same.
            let (began, end) = (began * 8 + i as u32, (began + length) * 8 + i as u32);
            let write = kind < 5;
            writes += u32::from(write);
            let mark = Mark(if write && own { writes } else { mark });
            let act = if write { Act::Write(mark) } else { Act::Read(mark) };
            calls.push(Call { op: None, began, ended: (!write || fate > 0).then_some(end), act });
        }
        calls.sort_by_key(|c| c.began);
        calls
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 6_000, failure_persistence: None, ..ProptestConfig::default() })]

    /// Both checkers agree about every history.
    #[test]
    fn the_search_finds_an_order_where_there_is_one(calls in history()) {
        let expected = if by_trying(&calls) { Answer::Yes } else { Answer::No };
        prop_assert_eq!(linearizable(&calls, BUDGET), expected);
    }

    /// The read named is the first that breaks the history, and what is held against it is true.
    #[test]
    fn the_read_at_fault_is_the_first(calls in history()) {
        match judge(&calls, BUDGET) {
            Verdict::Yes => prop_assert!(by_trying(&calls)),
            Verdict::Unknown => prop_assert!(false, "so short a history is never too much"),
            Verdict::No(Conflict { read, why }) => {
                let end = calls[read].ended.expect("a read has an end");
                prop_assert!(!by_trying(&known_at(&calls, end)), "broken once it had been answered");
                prop_assert!(by_trying(&known_at(&calls, end - 1)), "and not before");
                match why {
                    Why::Nowhere => {
                        prop_assert!(!calls.iter().any(|c| c.act == Act::Write(calls[read].act.mark()) && c.began < end));
                    }
                    Why::Passed { since, by } => {
                        prop_assert!(calls[by].precedes(&calls[read]) && calls[by].act.mark() != calls[read].act.mark());
                        prop_assert!(since.is_none_or(|s| calls[s].precedes(&calls[by]) && calls[s].act.mark() == calls[read].act.mark()));
                    }
                    Why::Together(others) => {
                        prop_assert!(!others.is_empty() && !others.contains(&read));
                        let part: Vec<Call> = others.iter().chain([&read]).map(|i| calls[*i]).collect();
                        prop_assert!(!by_trying(&known_at(&part, end)), "together they have no order");
                    }
                }
            }
        }
    }

    /// A stale read breaks the history; a read that no order of the writes alone explains is stale, or was shown what nobody had written.
    #[test]
    fn stale_reads_are_those_that_miss_a_write(calls in history()) {
        let old = stale(&calls);
        for (read, call) in calls.iter().enumerate().filter(|(_, c)| c.is_read()) {
            let end = call.ended.expect("a read has an end");
            let found = old.iter().find(|o| o.read == read);
            if let Some(found) = found {
                prop_assert!(!by_trying(&known_at(&calls, end)));
                prop_assert!(found.missed > 0 && calls[found.first].precedes(call) && calls[found.last].precedes(call));
            }
            let alone: Vec<Call> = calls.iter().copied().filter(|c| !c.is_read() || c == call).collect();
            let written = call.act.mark() == Mark::NOTHING
                || calls.iter().any(|c| c.act == Act::Write(call.act.mark()) && c.began < end);
            if written && !by_trying(&known_at(&alone, end)) {
                prop_assert!(found.is_some(), "{call:?} misses a write");
            }
        }
    }
}

/// Three thousand histories from a fixed seed: about as many have an order as have none, so that neither answer is right by chance, and
/// every reason is given.
#[test]
fn both_answers_and_all_reasons_are_common() {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let strategy = history();
    let (mut yes, mut nowhere, mut passed, mut together) = (0, 0, 0, 0);
    for _ in 0..3_000 {
        let calls = strategy.new_tree(&mut runner).expect("a history").current();
        match judge(&calls, BUDGET) {
            Verdict::Yes => yes += 1,
            Verdict::No(Conflict { why: Why::Nowhere, .. }) => nowhere += 1,
            Verdict::No(Conflict { why: Why::Passed { .. }, .. }) => passed += 1,
            Verdict::No(Conflict { why: Why::Together(_), .. }) => together += 1,
            Verdict::Unknown => panic!("so short a history is never too much: {calls:?}"),
        }
    }
    let all = format!("{yes} have an order, {nowhere} read from nowhere, {passed} the past, {together} contradict together");
    assert!((600..2_400).contains(&yes) && nowhere > 50 && passed > 50 && together > 5, "{all}");
}
