//! Replicas compare sets of digests, by ranges and by coded symbols: counts worked out by hand, and what must not happen.

use drift::engine::base::Wire;
use drift::engine::node::sweeps::{Refusal, Say, SetSay, SetStep, SweepOutcome, SweepStep};
use drift::engine::node::{Body, Message, Note};
use drift::engine::observe::{SweepCost, Sweeps};
use drift::engine::sweep::Mark;
use drift::engine::world::EventKind;

use crate::run::{Played, Run};

const RANGES: &str = r#"{"method":"ranges"}"#;
const SKETCH: &str = r#"{"method":"sketch"}"#;

/// Three nodes that all hold everything, and a cut that keeps C from the others from 1 s to 3 s.
fn apart() -> Run {
    Run::of(3).with("repair", "off").at("1s", "cut C c1")
}

/// The same with so many rows, of which so many are newer on A and B.
fn behind(rows: u32, newer: u32) -> Run {
    let mut run = Run::of(3).with("repair", "off").at("0s", &format!("preload {rows} seed 3")).at("1s", "cut C c1");
    for i in 0..newer {
        run = run.at("2s", &format!("c0 A write key-{i} new ONE"));
    }
    run.at("3s", "mend-all")
}

fn costs(played: &Played) -> Vec<SweepCost> {
    Sweeps::of(&played.log).costs().cloned().collect()
}

fn outcome(played: &Played, nth: usize) -> SweepOutcome {
    costs(played)[nth].ended.expect("it ended").1
}

fn sweeps(message: &Message) -> bool {
    matches!(message.body, Body::Sweep { .. })
}

/// What the messages say, in order, by their codes; of set messages by their own.
fn said(played: &Played) -> Vec<u8> {
    let code = |m: &&Message| match &m.body {
        Body::Sweep { say, .. } => match &**say {
            Say::Set(SetSay::Spans { .. }) => b's',
            Say::Set(SetSay::Symbols { .. }) => b'c',
            Say::Set(SetSay::Again { .. }) => b'a',
            Say::Set(SetSay::FetchItems { .. }) => b'i',
            say => say.code(),
        },
        _ => 0,
    };
    played.sent(sweeps).iter().map(code).collect()
}

fn steps(played: &Played) -> Vec<SetStep> {
    let step = |event: &drift::engine::world::Event| match event.kind {
        EventKind::Note(Note::Sweep { step: SweepStep::Set(step), .. }) => Some(step),
        _ => None,
    };
    played.log.iter().filter_map(step).collect()
}

#[test]
fn equal_replicas_exchange_one_small_message() {
    for (policy, word, most) in [(RANGES, b's', 350), (SKETCH, b'c', 350)] {
        let run = Run::of(3).at("1s", "preload 1000 seed 3").at("2s", &format!("sweep A B {policy}")).play();
        assert_eq!(said(&run), [1, word, 11], "{policy}");
        assert_eq!(outcome(&run, 0), SweepOutcome::Equal);
        assert!(!run.has(|k| matches!(k, EventKind::Applied(_))), "no row moves");
        let answer = run.sent(sweeps)[1].size;
        assert!(answer < most, "{policy}: {answer} bytes");
        let cost = &costs(&run)[0];
        assert_eq!((cost.round_trips, cost.scanned, cost.computed, cost.rows), (1, 2_000, 2_000, 0));
        assert_eq!(cost.keys_differed, 0);
    }
}

#[test]
fn few_rows_are_listed_at_once() {
    let run = apart().at("2s", "c0 A write k v").at("3s", "mend-all").at("4s", &format!("sweep A C {RANGES}")).play();
    assert_eq!(run.held("k"), "A=v B=v C=v");
    // C has nothing and says so; A has one row, which it sends.
    assert_eq!(said(&run), [1, b's', 9, 10, 11]);
    assert_eq!(outcome(&run, 0), SweepOutcome::Repaired { pulled: 0, pushed: 1 });
    let [
        SetStep::Read { rows: 1 },
        SetStep::Read { rows: 0 },
        SetStep::Ranges { compared: 0, listed: 0, .. },
        SetStep::Found { mine: 1, theirs: 0 },
    ] = steps(&run)[..]
    else {
        panic!("{:?}", steps(&run));
    };
    // The other way round C asks for the row by its digest: it does not know the key.
    let run = apart().at("2s", "c0 A write k v").at("3s", "mend-all").at("4s", &format!("sweep C A {RANGES}")).play();
    assert_eq!((run.held("k"), said(&run)), ("A=v B=v C=v".to_owned(), vec![1, b's', b'i', 9, 11]));
    assert_eq!((costs(&run)[0].round_trips, costs(&run)[0].keys_compared), (2, 1));
}

#[test]
fn one_row_among_a_thousand_costs_two_splits() {
    let run = behind(1_000, 1).at("4s", &format!("sweep A C {RANGES}")).play();
    assert_eq!(run.held("key-0"), "A=new B=new C=new");
    // Sixteen ranges of 62 or 63, sixteen of 3 or 4, then the one list; C's old row comes, and the newer one goes.
    assert_eq!(said(&run), [1, b's', b's', b's', b'i', 9, 9, 10, 11]);
    let cost = &costs(&run)[0];
    let levels: Vec<(u64, u64)> = cost.levels.iter().map(|l| (l.compared, l.differed)).collect();
    assert_eq!(levels, [(16, 1), (16, 1)]);
    assert!((3..=4).contains(&cost.keys_compared));
    assert_eq!((cost.keys_differed, cost.rows, cost.over_streamed, cost.round_trips), (2, 2, 1, 4));
    assert_eq!(outcome(&run, 0), SweepOutcome::Repaired { pulled: 1, pushed: 1 });
    // Asked by the one that is behind, only the newer row moves.
    let run = behind(1_000, 1).at("4s", &format!("sweep C A {RANGES}")).play();
    assert_eq!((run.held("key-0"), costs(&run)[0].rows), ("A=new B=new C=new".to_owned(), 1));
    assert_eq!(outcome(&run, 0), SweepOutcome::Repaired { pulled: 1, pushed: 0 });
}

#[test]
fn a_few_symbols_tell_a_few_differences() {
    let run = behind(1_000, 3).at("4s", &format!("sweep C A {SKETCH}")).play();
    for i in 0..3 {
        assert_eq!(run.held(&format!("key-{i}")), "A=new B=new C=new");
    }
    assert_eq!(said(&run), [1, b'c', b'i', 9, 11], "sixteen symbols are enough for six digests");
    let cost = &costs(&run)[0];
    assert_eq!((cost.symbols, cost.round_trips, cost.rows, cost.keys_differed), (16, 2, 3, 6));
    assert!(steps(&run).contains(&SetStep::Peeled { received: 16, found: 6, done: true }));
    assert!(cost.metadata_bytes < 700, "{}", cost.metadata_bytes);
}

#[test]
fn symbols_go_on_until_all_is_found_and_stop_soon_after() {
    let run = behind(400, 100).at("4s", &format!("sweep C A {SKETCH}")).play();
    assert_eq!(outcome(&run, 0), SweepOutcome::Repaired { pulled: 100, pushed: 0 });
    let cost = &costs(&run)[0];
    // Two hundred digests differ; a page or two are under way when the word to stop comes.
    assert!((200..2 * 200 * 2).contains(&cost.symbols), "{}", cost.symbols);
    let pages = said(&run).iter().filter(|code| **code == b'c').count();
    assert!(pages >= 5 && cost.round_trips == 2, "one question, {pages} pages");
    let after = run.log.iter().rev().take_while(|e| !matches!(e.kind, EventKind::Note(Note::Sweep { step: SweepStep::Ended { .. }, .. })));
    assert!(after.filter(|e| matches!(&e.kind, EventKind::Sent(m) if sweeps(m))).count() <= 1, "nobody sends symbols after the end");
}

#[test]
fn too_many_differences_for_the_policy_end_it_in_words() {
    let policy = r#"{"method":"sketch","sketch":{"most":40}}"#;
    let run = behind(400, 100).at("4s", &format!("sweep C A {policy}")).play();
    assert_eq!(outcome(&run, 0), SweepOutcome::Exhausted);
    assert!(run.held("key-0").starts_with("A=new B=new C=") && !run.held("key-0").ends_with("C=new"), "nothing has moved");
}

#[test]
fn lost_symbols_are_not_missed_but_the_first_are_sent_again() {
    let mut lost = 0;
    for seed in 0..30 {
        let run = behind(300, 20).seed(seed).with("sweeps", r#"{"timeout":"3s","retries":10,"back-off":"10ms"}"#);
        let mut run = run.at("3900ms", r#"link A > C loss-ppm 300000"#).at("4s", &format!("sweep C A {SKETCH}")).end("60s").play();
        assert_eq!(run.stale_at("60s"), 0, "seed {seed}");
        lost += said(&run).iter().filter(|code| **code == b'a').count();
    }
    assert!(lost > 0, "some first message was among those lost");
}

#[test]
fn both_methods_repair_what_differs_on_both_sides() {
    for policy in [
        RANGES,
        SKETCH,
        r#"{"method":"ranges","ranges":{"parts":2,"list":2,"frame":4096}}"#,
        r#"{"method":"sketch","sketch":{"page":1,"every":"1ms"}}"#,
    ] {
        let mut run = Run::of(3).with("repair", "off").at("0s", "preload 500 seed 3").at("1s", "cut C c1");
        for i in 0..30 {
            run = run.at("2s", &format!("c0 A write key-{i} here ONE")).at("2s", &format!("c0 A delete key-{} ONE", i + 100));
        }
        for i in 15..45 {
            run = run.at("2100ms", &format!("c1 C write key-{i} there ONE"));
        }
        let run =
            run.at("3s", "mend-all").at("4s", &format!("sweep A C {policy}")).at("9s", &format!("sweep C A {policy}")).end("20s").play();
        for i in 0..45 {
            let want = if i < 15 { "here" } else { "there" };
            let held = run.held(&format!("key-{i}"));
            assert!(held.starts_with(&format!("A={want} ")) && held.ends_with(&format!(" C={want}")), "{policy} key-{i}: {held}");
        }
        assert_eq!(run.held("key-100"), run.held("key-101"), "deleted everywhere");
        assert!(outcome(&run, 0).is_good() && outcome(&run, 1) == SweepOutcome::Equal, "{policy}");
    }
}

#[test]
fn bytes_of_the_bill_are_bytes_of_the_messages() {
    for policy in [RANGES, SKETCH] {
        let run = behind(600, 40).at("4s", &format!("sweep A C {policy}")).play();
        let mut total = 0;
        for message in run.sent(sweeps) {
            let mut bytes = Vec::new();
            message.encode(&mut bytes);
            assert_eq!(bytes.len() as u32, message.size);
            total += u64::from(message.size);
        }
        assert_eq!(total, costs(&run)[0].bytes(), "{policy}");
    }
}

#[test]
fn a_write_in_the_middle_of_an_exchange_is_never_lost() {
    for policy in [RANGES, SKETCH] {
        for step in 0..40 {
            let at = format!("{}ms", 3_990 + 5 * step);
            let run = behind(200, 2);
            let run = if step < 2 {
                run.at(&at, "c1 C write key-1 newer ONE").at("4s", &format!("sweep A C {policy}"))
            } else {
                run.at("4s", &format!("sweep A C {policy}")).at(&at, "c1 C write key-1 newer ONE")
            };
            let run = run.at("6s", &format!("sweep C A {policy}")).end("9s").play();
            assert_eq!(run.held("key-1"), "A=newer B=newer C=newer", "{policy} {at}");
        }
    }
}

#[test]
fn a_peer_that_dies_ends_the_sweep_and_a_later_try_succeeds() {
    for policy in [RANGES, SKETCH] {
        let base = || behind(300, 40).with("sweeps", r#"{"timeout":"500ms","retries":3,"back-off":"1s"}"#);
        let dead = base().at("4s", &format!("sweep A C {policy}")).at("4035ms", "crash C").at("5s", "restart C").play();
        assert_eq!(outcome(&dead, 0), SweepOutcome::TimedOut, "{policy}");
        assert!(outcome(&dead, 1).is_good());
        assert_eq!(dead.held("key-39"), "A=new B=new C=new");
        // The asker dies: the other side stops sending, forgets the session, and nothing is lost.
        let asker = base().at("4s", &format!("sweep A C {policy}")).at("4035ms", "crash A").at("9s", "restart A").end("60s").play();
        assert!(asker.noted(|n| matches!(n, Note::Sweep { step: SweepStep::Abandoned, .. })));
        assert!(asker.session.world().hosts().iter().all(|h| h.node.sweeps.answering().is_empty() && h.node.sweeps.asking().is_empty()));
        let symbols = said(&asker).iter().filter(|code| **code == b'c').count();
        assert!(symbols <= 25, "a second of patience, a message every 50 ms: {symbols}");
        // Back before the asker gives up: it says that it knows nothing of the old session.
        let back = base().at("4s", &format!("sweep A C {policy}")).at("4035ms", "crash C").at("4036ms", "restart C").play();
        if policy == RANGES {
            assert_eq!(outcome(&back, 0), SweepOutcome::Refused(Refusal::Unknown));
        }
        assert_eq!(back.held("key-39"), "A=new B=new C=new");
    }
}

#[test]
fn no_message_is_larger_than_its_frame() {
    let policy = r#"{"method":"ranges","ranges":{"frame":4096}}"#;
    let run = behind(3_000, 0).at("3500ms", "wipe C").at("3600ms", "restart C").at("4s", &format!("sweep C A {policy}")).end("60s").play();
    assert_eq!(outcome(&run, 0), SweepOutcome::Repaired { pulled: 3_000, pushed: 0 });
    let spans = run.sent(|m| matches!(&m.body, Body::Sweep { say, .. } if matches!(**say, Say::Set(SetSay::Spans { .. }))));
    assert!(spans.iter().all(|m| m.size < 4_096 + 64) && spans.len() > 10);
    let lists = |m: &&Message| match &m.body {
        Body::Sweep { say, .. } => {
            matches!(&**say, Say::Set(SetSay::Spans { spans, .. }) if spans.iter().any(|s| matches!(&s.mark, Mark::List(l) if l.len() > 100)))
        }
        _ => false,
    };
    assert!(spans.iter().any(lists), "an empty replica is told everything, frame by frame");
}

#[test]
fn what_is_out_of_bounds_is_refused_in_words() {
    for (policy, words) in [
        (r#"{"ranges":{"parts":1}}"#, "parts of a range: must be 2 to 256"),
        (r#"{"ranges":{"parts":257}}"#, "parts of a range: must be 2 to 256"),
        (r#"{"ranges":{"list":1}}"#, "items of a list: must be 2 to 1024"),
        (r#"{"ranges":{"list":1025}}"#, "items of a list: must be 2 to 1024"),
        (r#"{"ranges":{"frame":4095}}"#, "bytes of a frame: must be 4096"),
        (r#"{"ranges":{"frame":4194305}}"#, "bytes of a frame: must be 4096"),
        (r#"{"sketch":{"page":0}}"#, "symbols of a page: must be 1 to 4096"),
        (r#"{"sketch":{"page":4097}}"#, "symbols of a page: must be 1 to 4096"),
        (r#"{"sketch":{"most":0}}"#, "symbols of a sweep: must be 1 to 1048576"),
        (r#"{"sketch":{"most":1048577}}"#, "symbols of a sweep: must be 1 to 1048576"),
        (r#"{"sketch":{"every":"0ms"}}"#, "time between pages"),
        (r#"{"sketch":{"every":"2h"}}"#, "time between pages"),
    ] {
        let refused = Run::of(3).at("1s", &format!("sweep A B {policy}")).refused();
        assert!(refused.contains(words), "{refused}");
        let refused = Run::of(3).with("sweeps", &format!(r#"{{"policy":{policy}}}"#)).refused();
        assert!(refused.contains(words), "{refused}");
    }
    let edges = [r#"{"ranges":{"parts":256,"list":1024,"frame":4194304}}"#, r#"{"sketch":{"page":4096,"most":1048576,"every":"1h"}}"#];
    for policy in edges {
        assert!(Run::of(3).at("1s", &format!("sweep A B {policy}")).play().log.len() > 2);
    }
}
