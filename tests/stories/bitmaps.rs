//! Numbered events: each side says which it has seen, and exactly what is missing goes across. Deletes need no grace.

use drift::engine::node::sweeps::{DotStep, Say, SweepOutcome, SweepStep, Whole};
use drift::engine::node::{Body, Message, Note, RemovedWhy};
use drift::engine::observe::{SweepCost, Sweeps};
use drift::engine::world::{Event, EventKind};

use crate::run::{Played, Run};

/// Three nodes whose coordinators number their writes, and a cut that keeps C from the others from 1 s on.
fn apart() -> Run {
    Run::of(3).with("repair", "off").with("sweeps.policy", r#"{"method":"bitmaps"}"#).at("1s", "cut C c1")
}

fn costs(played: &Played) -> Vec<SweepCost> {
    Sweeps::of(&played.log).costs().cloned().collect()
}

fn outcome(played: &Played, nth: usize) -> SweepOutcome {
    costs(played)[nth].ended.expect("it ended").1
}

/// What the messages say, in order: codes, those about events counted from 61.
fn said(played: &Played) -> Vec<u8> {
    let code = |m: &&Message| match &m.body {
        Body::Sweep { say, .. } => match &**say {
            Say::Dots(dots) => 60 + dots.code(),
            say => say.code(),
        },
        _ => 0,
    };
    played.sent(|m| matches!(m.body, Body::Sweep { .. })).iter().map(code).collect()
}

fn steps(played: &Played) -> Vec<DotStep> {
    let step = |e: &Event| match e.kind {
        EventKind::Note(Note::Sweep { step: SweepStep::Dots(step), .. }) => Some(step),
        _ => None,
    };
    played.log.iter().filter_map(step).collect()
}

/// What a node has seen of A's events in each range: base and bitmap.
fn seen(played: &Played, node: &str) -> Vec<(u64, Vec<u64>)> {
    let id = node.parse().expect("a node");
    let dots = played.session.world().host(id).expect("it is there").node.history.dots().expect("events are numbered");
    let of_a = |((_, by), _): &((_, drift::engine::base::NodeId), _)| by.0 == 0;
    dots.seen().filter(of_a).map(|(_, seen)| (seen.base(), seen.bits().to_vec())).collect()
}

#[test]
fn writes_that_arrive_everywhere_leave_nothing_to_tell() {
    let mut run = Run::of(3).with("sweeps.policy", r#"{"method":"bitmaps"}"#);
    for i in 0..20 {
        run = run.at("1s", &format!("c0 A write k{i} v"));
    }
    let run = run.at("4s", "sweep A C").at("5s", "sweep A B").at("6s", "sweep B C").at("7s", "sweep C A").play();
    assert_eq!(said(&run), [1, 61, 62, 63, 11].repeat(4), "no message brought an event that the other one had not seen");
    assert!((0..4).all(|nth| outcome(&run, nth) == SweepOutcome::Equal));
    let seen = seen(&run, "C");
    assert_eq!((seen.len(), seen.iter().map(|(base, _)| base).sum::<u64>()), (3, 20), "one contiguous beginning for each range");
    assert!(seen.iter().all(|(_, bits)| bits.is_empty()));
    // Everybody has said that it has seen everything: no key has to be remembered.
    assert_eq!(
        run.session.world().host("A".parse().expect("a node")).expect("there").node.history.dots().expect("numbered").remembered(),
        0
    );
}

#[test]
fn a_missed_write_is_a_hole_in_the_bitmap_and_exactly_that_is_filled() {
    let run = |sweep: &str| {
        let run = Run::of(3).with("repair", "off").with("sweeps.policy", r#"{"method":"bitmaps"}"#);
        let run = run.at("1s", "c0 A write k one ALL").at("2s", "cut C c1").at("2s", "c0 A write k two").at("3s", "mend-all");
        let run = run.at("4s", "c0 A write k three ALL").at("5s", "c0 A write k four ALL");
        if sweep.is_empty() { run.play() } else { run.at("6s", sweep).play() }
    };
    assert_eq!(seen(&run(""), "C"), [(1, vec![0b110])], "1, a hole, 3 and 4");
    let asked = run("sweep C A");
    assert_eq!((seen(&asked, "C"), costs(&asked)[0].rows), (vec![(4, vec![])], 0), "whoever asks");
    assert_eq!(steps(&asked), [DotStep::Missing { events: 1, lacked: 0 }]);
    let after = run("sweep A C");
    assert_eq!(seen(&after, "C"), [(4, vec![])]);
    // The second write was overwritten: its event is told, no row moves.
    assert_eq!(steps(&after), [DotStep::Missing { events: 0, lacked: 0 }, DotStep::Offered { events: 1 }]);
    assert_eq!((said(&after), costs(&after)[0].rows), (vec![1, 61, 62, 63, 65, 66, 67, 11], 0));
}

#[test]
fn exactly_what_is_missing_goes_across_in_both_directions() {
    let bytes = |keys: &str| {
        let run = apart().at("1s", &format!("preload {keys}")).at("2s", "c0 A write j here ONE").at("2s", "c0 A write m here ONE");
        let run = run.at("2s", "c1 C write k there ONE").at("3s", "mend-all").at("4s", "sweep A C").play();
        assert_eq!((run.held("j"), run.held("k")), ("A=here B=here C=here".to_owned(), "A=there B=- C=there".to_owned()));
        assert_eq!(steps(&run), [DotStep::Missing { events: 1, lacked: 1 }, DotStep::Offered { events: 2 }]);
        let cost = &costs(&run)[0];
        assert_eq!((cost.rows, cost.over_streamed, outcome(&run, 0)), (3, 0, SweepOutcome::Repaired { pulled: 1, pushed: 2 }));
        cost.bytes()
    };
    assert_eq!(bytes("10"), bytes("3000"), "whatever is held besides");
}

#[test]
fn what_has_been_told_is_not_told_again() {
    let run = apart().at("2s", "c0 A write j here ONE").at("2s", "c1 C write k there ONE").at("3s", "mend-all");
    let run = run.at("4s", "sweep A C").at("5s", "sweep A C").at("6s", "sweep C A").play();
    assert!(said(&run).ends_with(&[1, 61, 62, 63, 11].repeat(2)), "neither side has anything left to tell");
    assert!((1..3).all(|nth| outcome(&run, nth) == SweepOutcome::Equal));
}

#[test]
fn a_delete_is_forgotten_when_everybody_has_seen_it_and_not_before() {
    let policy = r#"{"policy":{"method":"bitmaps"},"bitmaps":{"deletes":"forget"}}"#;
    let start = Run::of(3).with("repair", "off").with("sweeps", policy).end("60s");
    let start = start.at("1s", "c0 A write k v ALL").at("2s", "cut C c1").at("3s", "c0 A delete k").at("20s", "mend-all");
    let round = |run: Run, from: u64| {
        let mut run = run;
        for (i, pair) in ["A B", "B C", "C A", "A B", "B C", "C A"].iter().enumerate() {
            run = run.at(&format!("{}s", from + i as u64), &format!("sweep {pair}"));
        }
        run
    };
    // While C is away its peers sweep again and again, and keep the mark: however long it takes.
    let away = round(start.clone().without(3), 4).play();
    assert_eq!(away.held("k"), "A=x B=x C=v");
    let back = round(start, 21).play();
    assert_eq!(back.held("k"), "A=- B=- C=-");
    let removed: Vec<RemovedWhy> =
        back.log.iter().filter_map(|e| if let EventKind::Removed(removed) = &e.kind { Some(removed.why) } else { None }).collect();
    assert_eq!(removed, [RemovedWhy::SeenByAll; 3]);
}

#[test]
fn an_old_disk_does_not_bring_a_forgotten_delete_back() {
    let policy = r#"{"policy":{"method":"bitmaps"},"bitmaps":{"deletes":"forget"}}"#;
    let mut run = Run::of(3).with("repair", "off").with("sweeps", policy).end("60s");
    run = run.at("1s", "c0 A write k v ALL").at("2s", "backup C").at("3s", "c0 A delete k ALL");
    for (i, pair) in ["A B", "B C", "C A", "A B", "B C", "C A"].iter().enumerate() {
        run = run.at(&format!("{}s", 4 + i), &format!("sweep {pair}"));
    }
    run = run.at("20s", "restore C").at("21s", "restart C");
    let mut played = run.clone().play();
    assert_eq!((played.held_at("15s", "k"), played.held("k")), ("A=- B=- C=-".to_owned(), "A=- B=- C=v".to_owned()));
    for (i, pair) in ["A C", "B C", "A B", "B C", "C A", "A B", "B C", "C A"].iter().enumerate() {
        run = run.at(&format!("{}s", 22 + i), &format!("sweep {pair}"));
    }
    let played = run.play();
    assert!(!played.held("k").contains('v'), "A and B know the event and hold nothing for it: {}", played.held("k"));
}

#[test]
fn whoever_was_not_there_from_the_start_compares_everything_once() {
    let run = apart().at("1s", "preload 50").at("2s", "c0 A write k v").at("3s", "mend-all").at("4s", "sweep A C").at("5s", "wipe C");
    let run = run.at("6s", "restart C").at("7s", "sweep A C").at("9s", "sweep C A").play();
    let whole: Vec<DotStep> = steps(&run).into_iter().filter(|step| matches!(step, DotStep::Whole(_))).collect();
    assert_eq!((whole, outcome(&run, 1)), (vec![DotStep::Whole(Whole::PeerNew)], SweepOutcome::Repaired { pulled: 0, pushed: 51 }));
    assert_eq!((run.held("k"), outcome(&run, 2)), ("A=v B=v C=v".to_owned(), SweepOutcome::Equal));
    let run = Run::of(3).with("repair", "off").at("1s", "cut C c1").at("2s", "c0 A write k v").at("3s", "mend-all");
    let run = run.at("5s", r#"sweep A C {"method":"bitmaps"}"#).play();
    assert_eq!((run.held("k"), steps(&run)), ("A=v B=v C=v".to_owned(), vec![DotStep::Whole(Whole::NoLog)]), "nobody numbers anything");
}

#[test]
fn what_a_crash_takes_back_is_missing_again() {
    let run = Run::of(3).with("repair", "off").with("sync", "10s").with("sweeps.policy", r#"{"method":"bitmaps"}"#);
    let run = run.at("1s", "c0 A write k v ALL").at("2s", "crash C").at("3s", "restart C").at("12s", "sweep A C").play();
    assert_eq!((run.held("k"), steps(&run)[1]), ("A=v B=v C=v".to_owned(), DotStep::Offered { events: 1 }));
}

#[test]
fn a_write_in_the_middle_of_an_exchange_is_never_lost() {
    for step in 0..40 {
        let at = format!("{}ms", 3_990 + 5 * step);
        let run = apart().at("2s", "c0 A write k v ONE").at("3s", "mend-all");
        let run = if step < 2 {
            run.at(&at, "c1 C write k newer ONE").at("4s", "sweep A C")
        } else {
            run.at("4s", "sweep A C").at(&at, "c1 C write k newer ONE")
        };
        let run = run.at("6s", "sweep C A").play();
        assert_eq!(run.held("k"), "A=newer B=newer C=newer", "{at}");
    }
}

#[test]
fn what_is_not_on_disk_yet_goes_across_too() {
    // C alone has the write, and only in its memory: after a sweep that says so the two hold the same.
    let run = apart().with("sync", "5s").at("2s", "c1 C write k v ONE").at("2500ms", "mend-all").at("3s", "sweep A C").play();
    assert_eq!((outcome(&run, 0), run.held("k").as_str()), (SweepOutcome::Repaired { pulled: 1, pushed: 0 }, "A=v B=- C=v"));
    let run = apart().with("sync", "5s").at("2s", "c1 C write k v ONE").at("2500ms", "mend-all").at("3s", "sweep C A").play();
    assert_eq!((outcome(&run, 0), run.held("k").as_str()), (SweepOutcome::Repaired { pulled: 0, pushed: 1 }, "A=v B=- C=v"));
}

#[test]
fn rows_that_no_event_tells_of_are_found_by_comparing_everything_once_more() {
    // Only C holds k when events begin to be numbered. A and B compare everything before A has k, and once more after it has come.
    let run = Run::of(3).with("repair", "off").at("1s", "cut C c1").at("2s", "c1 C write k v ONE").at("3s", "mend-all");
    let run =
        run.at("4s", r#"set sweeps {"policy":{"method":"bitmaps"}}"#).at("5s", "sweep A B").at("6s", "sweep A C").at("7s", "sweep A B");
    let run = run.at("8s", "sweep A B").play();
    assert_eq!(run.held("k"), "A=v B=v C=v");
    let whole = |step: &DotStep| if let DotStep::Whole(why) = step { Some(*why) } else { None };
    let all: Vec<Whole> = steps(&run).iter().filter_map(whole).collect();
    assert_eq!(all, [Whole::PeerNew, Whole::New], "A with C, A with B again, and then no more");
}

#[test]
fn a_row_given_up_as_rotten_comes_back_and_is_no_forgotten_delete() {
    let settings = |run: Run| {
        let run = run.with("integrity", r#"{"checksum":"replica","rotten":"drop","scrub":{"every":"100ms"}}"#);
        run.with("sweeps.bitmaps", r#"{"deletes":"forget"}"#)
    };
    let run = settings(Run::of(3).with("repair", "off").with("sweeps.policy", r#"{"method":"bitmaps"}"#));
    let run = run.at("1s", "c0 A write k v ALL").at("2s", "c0 A write gone v ALL").at("3s", "c0 A delete gone ALL");
    // Everybody has seen the delete, and forgets it; it was newer than k.
    let run = run.at("4s", "sweep A B").at("5s", "sweep A C").at("6s", "sweep B C").at("7s", "sweep A B").at("8s", "sweep C A");
    let run = run.at("9s", "rot C k").at("12s", "sweep A C").play();
    assert_eq!((run.held("k"), run.held("gone")), ("A=v B=v C=v".to_owned(), "A=- B=- C=-".to_owned()));
}
