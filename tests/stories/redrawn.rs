//! The ring redrawn while replicas work: ranges split, merge and move. No row goes along, nothing is known of a range that was learned of
//! another, and sweeps bring what is missing.

use drift::engine::base::NodeId;
use drift::engine::data::Key;
use drift::engine::node::sweeps::validation::RepairSet;
use drift::engine::node::sweeps::{DotStep, LogStep, QueueStep, Refusal, SweepOutcome, SweepStep, Whole};
use drift::engine::node::{NewRanges, Note};
use drift::engine::observe::{SweepCost, Sweeps};
use drift::engine::place::Redrawn;
use drift::engine::sweep::{TokenRange, Tree, Trie};
use drift::engine::world::{Event, EventKind, Fault};

use crate::run::{Played, Run, key_on, span};

/// Every method, as run files name them, but whole trees: a repair is told to one node alone.
const METHODS: [&str; 9] = ["descent", "full", "segments", "trie", "log", "versions", "bitmaps", "ranges", "sketch"];

fn id(node: &str) -> NodeId {
    node.parse().expect("a node")
}

/// A key of B, C and D on a ring of six.
fn key() -> String {
    key_on(6, "BCD")
}

/// Six nodes that repair nothing but by sweeps of this method.
fn six(method: &str) -> Run {
    Run::of(6).with("repair", "off").with("hints.keeper", "nobody").with("sweeps.policy", &format!(r#"{{"method":"{method}"}}"#))
}

/// What each node said of a change, in order.
fn follows(played: &Played) -> Vec<(String, NewRanges)> {
    let said = |e: &Event| match (&e.kind, e.who) {
        (EventKind::Note(Note::RangesFollowed(new)), Some(who)) => Some((who.to_string(), *new)),
        _ => None,
    };
    played.log.iter().filter_map(said).collect()
}

fn costs(played: &Played) -> Vec<SweepCost> {
    let mut all: Vec<SweepCost> = Sweeps::of(&played.log).costs().cloned().collect();
    all.sort_by_key(|cost| (cost.began, cost.session));
    all
}

fn outcomes(played: &Played) -> Vec<SweepOutcome> {
    costs(played).iter().filter_map(|cost| cost.ended.map(|(_, outcome)| outcome)).collect()
}

/// What a node holds of a key, replica of it or not.
fn holds(played: &Played, node: &str, key: &str) -> bool {
    played.session.world().host(id(node)).expect("it is there").node.store.get(&Key::new(key)).is_some()
}

/// The part of the ring that a key lies in, at the end.
fn range(played: &Played, key: &str) -> TokenRange {
    let ring = played.session.world().ring();
    ring.arc(ring.entry_of(Key::new(key).token()))
}

#[test]
fn a_split_moves_nothing_and_a_merge_undoes_it() {
    let key = key();
    let run = six("descent").at("1s", &format!("c0 A write {key} v ALL")).at("2s", &format!("split {key}"));
    let run = run.at("3s", &format!("c0 A read {key} ALL")).at("4s", "sweep B C");
    // B's range begins after A's token, which is 0.
    let run = run.then("6s", serde_json::json!({"do": "merge", "range": {"token": 1}})).at("7s", "sweep B C");
    let mut run = run.play();
    assert_eq!((run.outcomes(), run.held(&key)), (vec!["written".to_owned(), "value v".to_owned()], "B=v C=v D=v".to_owned()));
    run.session.seek_time(span("1900ms"));
    assert_eq!(run.session.world().ring().tokens().len(), 6, "going back undoes it");
    run.session.seek_time(span("2500ms"));
    assert_eq!(run.session.world().ring().tokens().len(), 7);
    run.session.seek_time(run.session.end());
    assert_eq!(run.session.world().ring().tokens(), drift::engine::place::Ring::even(6).tokens());
    assert_eq!(costs(&run).iter().map(|cost| cost.ranges.len()).collect::<Vec<_>>(), [3, 2]);
    assert_eq!(run.stale_at("2500ms"), 0);
}

#[test]
fn who_joins_starts_without_the_rows_and_who_leaves_keeps_them_until_it_cleans_up() {
    let key = key();
    let moved = |cleanup: bool| {
        let run = six("descent").at("1s", &format!("c0 A write {key} v ALL")).at("2s", &format!("move {key} F")).at("4s", "sweep F C");
        if cleanup { run.at("6s", "cleanup B").at("7s", "cleanup C").play() } else { run.play() }
    };
    let mut run = moved(false);
    assert_eq!(run.held_at("3s", &key), "C=v D=v F=-", "F is a replica, and nobody has sent it anything");
    assert_eq!((run.stale_at("1900ms"), run.stale_at("3s")), (0, 1));
    assert_eq!(run.held(&key), "C=v D=v F=v", "the sweep has brought it");
    assert!(holds(&run, "B", &key), "the rows stay where they were");
    let said = follows(&run);
    let of = |node: &str| said.iter().find(|(who, _)| who == node).expect("it follows").1;
    assert!(of("F").gained > 0 && of("F").lost == 0 && of("B").lost == 3 && of("B").gained == 0, "{said:?}");
    assert!(!said.iter().any(|(who, _)| who == "E"), "it has nothing to do with it");
    let clean = moved(true);
    assert!(!holds(&clean, "B", &key) && holds(&clean, "C", &key), "only what is not its own");
    assert!(clean.noted(|n| *n == Note::CleanedUp { rows: 1 }) && clean.noted(|n| *n == Note::CleanedUp { rows: 0 }));
    assert_eq!(clean.held(&key), "C=v D=v F=v");
}

#[test]
fn a_cleanup_waits_for_a_paused_node_and_not_for_one_that_is_down() {
    let key = key();
    let run = six("descent").at("1s", &format!("c0 A write {key} v ALL")).at("2s", &format!("move {key} F"));
    let paused = run.clone().at("3s", "pause B").at("4s", "cleanup B").at("5s", "resume B").play();
    assert!(!holds(&paused, "B", &key) && paused.note_at(|n| matches!(n, Note::CleanedUp { .. })) == Some((5_000, "B".to_owned())));
    let down = run.at("3s", "crash B").at("4s", "cleanup B").at("5s", "restart B").play();
    assert!(holds(&down, "B", &key) && !down.has(|k| matches!(k, EventKind::Fault(Fault::CleanupAsked))));
}

#[test]
fn a_sweep_under_way_goes_on_or_ends_in_a_way_that_says_so() {
    let key = key();
    for method in METHODS {
        for change in [format!("split {key}"), format!("move {key} F")] {
            let run = six(method).at("500ms", "preload 60 seed 5").at("1s", "cut C c1").at("1s", &format!("c0 A write {key} v"));
            let run = run.at("2s", "mend-all").at("3s", "sweep C D").at("3015ms", &change);
            let run = run
                .at("8s", "sweep C D")
                .at("10s", "sweep D C")
                .at("12s", "sweep F C")
                .at("14s", "sweep C F")
                .at("16s", "sweep D F")
                .play();
            let first = outcomes(&run)[0];
            let ended = first == SweepOutcome::Redrawn;
            // Those that compare rows as they are go on where all of their ranges are still common; a split of one leaves none whole.
            assert!(ended || !change.starts_with("split"), "{method}, {change}: {:?}", outcomes(&run));
            assert_eq!(run.session.truth().stale_copies(), 0, "{method}, {change}: {}", run.held(&key));
            if ended {
                let again = costs(&run).iter().filter(|cost| cost.began < span("7s")).count();
                assert!(again > 1, "{method}, {change}: it is tried again by itself");
            }
            let open =
                run.session.world().hosts().iter().all(|h| h.node.sweeps.asking().is_empty() && h.node.sweeps.answering().is_empty());
            assert!(open, "{method}, {change}: nothing is left open");
        }
    }
}

#[test]
fn whole_trees_of_ranges_that_changed_are_asked_for_again() {
    let key = key();
    for incremental in [false, true] {
        let policy = format!(r#"{{"method":"validation","validation":{{"incremental":{incremental}}}}}"#);
        let run = six("descent").at("1s", "cut C c1").at("1s", &format!("c0 A write {key} v")).at("2s", "mend-all");
        let run = run
            .at("3s", &format!("repair D {policy}"))
            .at("3025ms", &format!("move {key} F"))
            .at("8s", &format!("repair F {policy}"))
            .play();
        assert_eq!(outcomes(&run)[0], SweepOutcome::Redrawn);
        assert_eq!(run.held(&key), "C=v D=v F=v");
        let open = run.session.world().hosts().iter().flat_map(|h| h.node.records.all()).filter(|r| !r.state.is_over()).count();
        assert_eq!(open, 0, "nobody waits for the one that ended");
    }
}

#[test]
fn a_call_over_ranges_that_are_no_more_is_refused_in_a_word() {
    let key = key();
    let run = six("descent").at("1s", "pause C").at("2s", "sweep B C").at("3s", &format!("split {key}")).at("4s", "resume C").play();
    assert!(run.noted(|n| matches!(n, Note::Sweep { step: SweepStep::Refused { why: Refusal::Redrawn }, .. })));
    assert_eq!(outcomes(&run)[0], SweepOutcome::Redrawn, "and who called knows as well");
}

#[test]
fn kept_trees_of_the_halves_are_those_of_their_rows() {
    let key = key();
    for (method, upkeep) in [("descent", "kept"), ("segments", "scan"), ("trie", "scan")] {
        let policy = format!(r#"{{"method":"{method}","upkeep":"{upkeep}","segments":{{"build":"0us"}}}}"#);
        let run = six("descent").with("sweeps.policy", &policy).at("500ms", "preload 400 seed 5").at("1s", "sweep B C");
        let run = run.at("3s", &format!("split {key}")).at("3s", &format!("c0 A write {key} v")).at("5s", "sweep B C").play();
        assert!(outcomes(&run).iter().all(|o| o.is_good()), "{method}: {:?}", outcomes(&run));
        let world = run.session.world();
        let node = &world.host(id("B")).expect("B").node;
        let ring = world.ring();
        let mine: Vec<TokenRange> = (0..7).map(|i| ring.arc(i)).filter(|r| ring.is_replica(r.right, &3.into(), id("B"))).collect();
        let shared: Vec<&TokenRange> = mine.iter().filter(|r| ring.is_replica(r.right, &3.into(), id("C"))).collect();
        assert_eq!(shared.len(), 3);
        for range in shared {
            let rows = || range.runs().flat_map(|(a, b)| node.store.between(a, b));
            let count = rows().count() as u64;
            match method {
                "trie" => {
                    let (made, policy) =
                        (node.sweeps.tries().trie(*range).expect("made anew"), drift::engine::sweep::TreePolicy::default());
                    let mut items = drift::engine::sweep::Items::new(policy);
                    let built = Trie::build(policy.digest, rows().map(|(key, row)| (key.clone(), items.digest(key, row))));
                    assert_eq!((made.rows(), made.root()), (count, built.root()));
                }
                "segments" => {
                    let made = node.sweeps.segments().tree(*range).expect("made anew");
                    assert_eq!(made.rows(), count);
                    let mut items = drift::engine::sweep::Items::new(made.tree.policy());
                    let all = rows().map(|(key, row)| (key.token(), items.item(key, row)));
                    assert_eq!(made.tree.hash(0, 0), Tree::build(*range, made.tree.policy(), made.tree.depth(), all).hash(0, 0));
                }
                _ => {
                    let tree = node.sweeps.kept().tree(*range).expect("made anew");
                    let mut items = drift::engine::sweep::Items::new(tree.policy());
                    let all = rows().map(|(key, row)| (key.token(), items.item(key, row)));
                    assert_eq!(tree.hash(0, 0), Tree::build(*range, tree.policy(), tree.depth(), all).hash(0, 0));
                }
            }
        }
    }
}

#[test]
fn numbers_of_events_of_an_old_range_are_never_taken_for_those_of_a_new_one() {
    let key = key();
    // Twenty events of the whole range; then C misses writes to both halves, numbered anew.
    let mut run = six("bitmaps");
    let token = |name: &str| Key::new(name).token();
    let ring = drift::engine::place::Ring::even(6);
    let arc = ring.arc(ring.entry_of(token(&key)));
    let near: Vec<String> = (0..).map(|i| format!("n{i}")).filter(|name| arc.holds(token(name))).take(20).collect();
    for name in &near {
        run = run.at("1s", &format!("c0 A write {name} old ALL"));
    }
    run = run.at("3s", "sweep B C").at("4s", "sweep C D").at("5s", &format!("split {key}")).at("6s", "cut C c1");
    for name in &near {
        run = run.at("7s", &format!("c0 A write {name} new"));
    }
    let run = run.at("8s", "mend-all").at("9s", "sweep C D").at("12s", "sweep C B").at("15s", "sweep C D").play();
    let whole = |n: &Note| matches!(n, Note::Sweep { step: SweepStep::Dots(DotStep::Whole(Whole::New | Whole::PeerNew)), .. });
    assert!(run.notes(whole) >= 1, "what they remember is about another range: everything is compared once");
    for name in &near {
        assert_eq!(run.held(name), "B=new C=new D=new");
    }
    assert_eq!(outcomes(&run).last(), Some(&SweepOutcome::Equal), "and then numbers count again");
    let last = costs(&run).last().expect("a sweep").session;
    assert!(!run.noted(|n| matches!(n, Note::Sweep { session, step: SweepStep::Dots(DotStep::Whole(_)) } if *session == last)));
}

#[test]
fn a_log_does_not_help_where_a_range_is_new_to_one_of_the_two() {
    let key = key();
    let run = |change: &str| {
        let run = six("log").at("1s", &format!("c0 A write {key} v ALL")).at("2s", "sweep F E").at("3s", "sweep F D").at("4s", "sweep C D");
        run.at("6s", change).at("8s", "sweep F D").at("11s", "sweep C D").play()
    };
    let whole = |played: &Played, nth: usize| {
        let session = costs(played)[nth].session;
        played.noted(|n| matches!(n, Note::Sweep { session: of, step: SweepStep::Log(LogStep::Whole(_)) } if *of == session))
    };
    let moved = run(&format!("move {key} F"));
    assert_eq!(moved.held(&key), "C=v D=v F=v");
    assert_eq!((whole(&moved, 1), whole(&moved, 3), whole(&moved, 4)), (false, true, false), "only for the pair that has something new");
    let split = run(&format!("split {key}"));
    assert_eq!((whole(&split, 3), whole(&split, 4)), (false, false), "a split makes nothing new common");
}

#[test]
fn what_was_repaired_is_not_repaired_for_a_replica_that_comes_later() {
    let key = key();
    let policy = r#"{"method":"validation","validation":{"incremental":true}}"#;
    let run = six("descent").at("1s", &format!("c0 A write {key} v ALL")).at("2s", &format!("repair C {policy}"));
    let before = run.clone().end("5s").play();
    let set = |played: &Played, node: &str| played.session.world().host(id(node)).expect("there").node.repair_set(&Key::new(&key));
    assert!(matches!(set(&before, "C"), RepairSet::Repaired(_)));
    let split = run.clone().at("6s", &format!("split {key}")).end("8s").play();
    assert!(matches!(set(&split, "C"), RepairSet::Repaired(_)), "the same replicas: what they agreed on they agree on");
    let moved = run.at("6s", &format!("move {key} F"));
    assert_eq!(set(&moved.clone().end("8s").play(), "C"), RepairSet::Unrepaired);
    assert_eq!(moved.at("8s", &format!("repair F {policy}")).play().held(&key), "C=v D=v F=v", "so the next repair takes it in");
}

#[test]
fn the_queue_takes_up_what_is_new_and_keeps_what_was_done() {
    let key = key();
    let sweeps = r#"{"policy":{"method":"descent"},"schedule":{"every":"15s","start":"together"},"queue":{}}"#;
    let run = |change: &str| {
        let run = Run::of(6).with("repair", "off").with("sweeps", sweeps).at("1s", &format!("c0 A write {key} v ALL"));
        run.at("20s", change).end("29s").play()
    };
    let split = run(&format!("split {key}"));
    let rounds = |played: &Played| played.notes(|n| matches!(n, Note::Queue(QueueStep::Round { .. })));
    assert_eq!(rounds(&split), 6);
    assert!(costs(&split).iter().all(|cost| cost.began < span("20s")), "what was done of the whole was done of its halves");
    let world = split.session.world();
    assert!(world.host(id("C")).expect("C").node.sweeps.queue().done().keys().any(|(part, _)| *part == range(&split, &key)));
    let moved = run(&format!("move {key} F"));
    let late: Vec<SweepCost> = costs(&moved).into_iter().filter(|cost| cost.began >= span("20s")).collect();
    let change = moved.session.world().ring().last_change().expect("it moved").clone();
    let new = |cost: &SweepCost| {
        change.touched.iter().any(|t| t.range == cost.ranges[0] && [cost.session.by, cost.with].iter().any(|n| t.joined.contains(n)))
    };
    assert!(!late.is_empty() && late.iter().all(new), "only pairs to one of which the range is new: {late:?}");
    assert_eq!(moved.held(&key), "C=v D=v F=v", "in the same round");
    let back =
        six("descent").at("1s", &format!("split {key}")).at("2s", &format!("move {key} F")).at("3s", &format!("move {key} B")).play();
    assert_eq!(back.count(|k| matches!(k, EventKind::Fault(Fault::Redrawn(_)))), 3);
    assert!(
        back.has(|k| matches!(k, EventKind::Fault(Fault::Redrawn(c)) if matches!(c.what, Redrawn::Moved { from, .. } if from == id("F"))))
    );
}

#[test]
fn a_hint_for_a_range_that_has_moved_on_goes_to_all_who_hold_it_now() {
    let key = key();
    let run =
        Run::of(6).with("repair", "off").with("hints.keeper", "coordinator").with("hints.poll", "500ms").with("detector", "100ms 300ms");
    let run = run
        .at("1s", "cut B | C")
        .at("3s", &format!("c0 A write {key} v ONE"))
        .at("4s", &format!("move {key} F"))
        .at("5s", "mend-all")
        .play();
    assert_eq!(run.held(&key), "C=v D=v F=v", "F was no replica when it was written");
    assert!(!holds(&run, "B", &key), "and B, for whom it was kept, is none any more");
}

#[test]
fn a_node_that_was_down_follows_when_it_starts() {
    let key = key();
    let run = six("bitmaps").at("1s", &format!("c0 A write {key} v ALL")).at("2s", "sweep B C").at("3s", "crash C");
    let run =
        run.at("4s", &format!("split {key}")).at("5s", &format!("c0 A write {key} w")).at("6s", "restart C").at("8s", "sweep C D").play();
    assert_eq!(run.held(&key), "B=w C=w D=w");
    assert_eq!(run.session.world().host(id("C")).expect("C").node.epoch, 1);
    assert!(follows(&run).iter().any(|(who, new)| who == "C" && new.anew == 2));
}

#[test]
fn what_the_ring_cannot_be_is_refused_before_it_runs() {
    let key = key();
    let six = || six("descent");
    let merge = six().at("1s", &format!("merge {key}")).refused();
    assert!(merge.contains("command 1") && merge.contains("range: the next range belongs to C"), "{merge}");
    let owner = six().at("1s", &format!("move {key} F")).at("2s", &format!("move {key} F")).refused();
    assert!(owner.contains("command 2") && owner.contains("to: F owns the range already"), "{owner}");
    assert!(six().at("1s", &format!("move {key} G")).refused().contains("to"), "nobody of that name");
    assert!(six().partitions(16).at("1s", &format!("split {key}")).refused().contains("partitions are equally wide"));
    let moves = ["A", "B"].map(|to| six().partitions(16).at("1s", &format!("move {key} {to}")).text());
    assert!(moves.iter().any(|text| drift::lab::script_from_file(text).is_ok()), "but moved to whoever has it not");
    let outside = six().then("1s", serde_json::json!({"do": "split", "range": {"key": key}, "cut": 0})).refused();
    assert!(outside.contains("cut: must lie in the range"), "{outside}");
}
