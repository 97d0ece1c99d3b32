//! Deletes that are forgotten: a tombstone outlived by a replica that missed it, and what repair in time is good for.

use drift::engine::base::{Micros, NodeId};
use drift::engine::data::Key;
use drift::engine::node::RemovedWhy;
use drift::engine::observe::Truth;
use drift::engine::world::{Event, EventKind};
use drift::lab::{Session, script_from_file};
use drift::view::narrate::sentence;

const PURGE: &str = r#""tombstones":{"purge":{"grace":"10s","every":"1s"}}"#;
/// A value on all three replicas, C behind a cut, a delete that the others take.
const MISSED: &str = r#"{"at":"0s","do":"write","client":"c0","via":"A","key":"k","value":"old","level":"ALL"},
    {"at":"1s","do":"cut","islands":[["C"]]},{"at":"2s","do":"delete","client":"c0","via":"A","key":"k"},{"at":"5s","do":"mend-all"}"#;

fn run(settings: &str, commands: &str) -> Session {
    let text = format!(
        r#"{{"format":"drift-run","version":1,"engine": 2,"run":{{"seed":4,"end":"40s","config":{{"nodes":3,"settings":{{{settings}}}}},"commands":[{commands}]}}}}"#
    );
    let mut session = Session::open(script_from_file(&text).expect("within bounds")).expect("opens");
    session.seek_time(session.end());
    session
}

/// What A, B and C hold: a value, "x" for a tombstone, "-" for nothing.
fn held(session: &Session) -> String {
    let row = |node: u32| session.world().host(NodeId(node)).and_then(|h| h.node.store.get(&Key::new("k")).cloned());
    let text = |row: Option<std::sync::Arc<drift::engine::data::Row>>| match row {
        None => "-".to_owned(),
        Some(row) if row.is_deleted() => "x".to_owned(),
        Some(row) => String::from_utf8_lossy(row.value().unwrap_or_default()).into_owned(),
    };
    (0..3).map(|n| text(row(n))).collect::<Vec<_>>().join(" ")
}

fn removals(session: &Session) -> Vec<(u32, &Event)> {
    let log = session.log().iter().enumerate();
    log.filter(|(_, e)| matches!(e.kind, EventKind::Removed(_))).map(|(i, e)| (i as u32, e)).collect()
}

fn answers(session: &Session) -> Vec<Option<String>> {
    use drift::engine::node::{Outcome, Verb};
    let reads = session.history().operations().iter().filter(|o| o.request.verb == Verb::Read);
    let found = |o: &drift::engine::observe::Operation| match &o.ended {
        Some((_, _, Outcome::Found(row))) => row.as_ref().and_then(|r| r.value().map(|v| String::from_utf8_lossy(v).into_owned())),
        other => panic!("the read finds something or nothing: {other:?}"),
    };
    reads.map(found).collect()
}

#[test]
fn a_delete_forgotten_before_all_have_heard_of_it_is_undone() {
    let read = r#"{"at":"25s","do":"read","client":"c1","via":"B","key":"k","level":"ALL"}"#;
    let mut s = run(PURGE, &format!("{MISSED},{read}"));
    let removed = removals(&s);
    assert_eq!(removed.len(), 2, "A and B remove it, each by itself");
    for (i, event) in &removed {
        let EventKind::Removed(what) = &event.kind else { continue };
        let RemovedWhy::Grace { age } = what.why else { panic!("nothing rots here") };
        assert!(what.row.is_deleted() && age > Micros::secs(10) && age <= Micros::ms(11_100), "{age}");
        let told = sentence(&s, drift::engine::base::EventId(*i)).expect("it has words");
        assert!(told.rest.contains("C never heard of the delete and still holds the value"), "{}", told.rest);
    }
    assert_eq!(answers(&s), [Some("old".to_owned())], "the deleted value is found");
    assert_eq!(held(&s), "old old old", "and repaired onto those that had deleted it");
    let back = s.log().iter().enumerate().filter(|(i, e)| {
        matches!(&e.kind, EventKind::Applied(a) if !a.given.is_deleted())
            && sentence(&s, drift::engine::base::EventId(*i as u32)).is_some_and(|t| t.headline.starts_with("The deleted value is back"))
    });
    assert_eq!(back.count(), 2, "and the sentences say what it is");
    // On the way: the chips of A and B are gone, C's is still there.
    s.seek_time(Micros::secs(20));
    assert_eq!(held(&s), "- - old");
    assert_eq!(s.truth().stale_copies(), 2, "as things stand, it is A and B that lack something");
    let (cursor, fingerprint) = (s.cursor(), s.world().fingerprint());
    s.seek_time(Micros::ZERO);
    s.seek_event(cursor);
    assert_eq!(s.world().fingerprint(), fingerprint);
    assert_eq!(s.truth().stale_copies(), Truth::of(s.world()).stale_copies());
}

#[test]
fn a_repair_within_the_grace_lets_a_delete_be_forgotten_safely() {
    let reads = r#"{"at":"8s","do":"read","client":"c1","via":"B","key":"k","level":"ALL"},{"at":"25s","do":"read","client":"c1","via":"C","key":"k","level":"ALL"}"#;
    let s = run(PURGE, &format!("{MISSED},{reads}"));
    assert_eq!(answers(&s), [None, None]);
    assert_eq!(removals(&s).len(), 3);
    assert_eq!(held(&s), "- - -");
    assert_eq!(s.truth().stale_copies(), 0);
}

#[test]
fn kept_for_good_a_tombstone_refuses_the_old_value_for_ever() {
    let read = r#"{"at":"25s","do":"read","client":"c1","via":"B","key":"k","level":"ALL"}"#;
    let s = run(r#""replicas":3"#, &format!("{MISSED},{read}"));
    assert!(removals(&s).is_empty());
    assert_eq!((answers(&s), held(&s).as_str()), (vec![None], "x x x"));
}

#[test]
fn an_expired_tombstone_counts_as_gone_before_it_is_removed() {
    // A looks only once in half a minute; until then its old tombstone is not told to readers, and nobody counts as behind.
    let s = run(
        r#""tombstones":{"purge":{"grace":"10s","every":"30s"}}"#,
        r#"{"at":"0s","do":"delete","client":"c0","via":"A","key":"k","level":"ALL"},{"at":"20s","do":"read","client":"c1","via":"B","key":"k","level":"ALL"}"#,
    );
    use drift::engine::node::Note;
    assert!(s.log().iter().any(|e| e.kind == EventKind::Note(Note::DigestsMatch)));
    assert_eq!(s.history().operations()[1].ended.as_ref().map(|e| e.2.clone()), Some(drift::engine::node::Outcome::Found(None)));
    assert_eq!((removals(&s).len(), held(&s).as_str()), (3, "- - -"), "the look at 30 s finds it");
}

#[test]
fn age_is_judged_by_clocks_that_may_be_wrong() {
    // A's clock is a minute behind: the delete is born old. With A's clock ahead it stays for a minute longer.
    let delete = r#"{"at":"2s","do":"delete","client":"c0","via":"A","key":"k","level":"ALL"}"#;
    let behind = run(PURGE, &format!(r#"{{"at":"0s","do":"clock","node":"A","offset-us":-60000000}},{delete}"#));
    let at: Vec<(NodeId, Micros)> = removals(&behind).iter().filter_map(|(_, e)| Some((e.who?.node()?, e.at))).collect();
    assert_eq!(at.len(), 3);
    let of = |node| at.iter().find(|(n, _)| *n == NodeId(node)).map(|(_, at)| *at).expect("it removes it");
    assert!(of(0) > Micros::secs(12) && of(1) < Micros::secs(4) && of(2) < Micros::secs(4), "{at:?}");
    let ahead = run(PURGE, &format!(r#"{{"at":"0s","do":"clock","node":"A","offset-us":60000000}},{delete}"#));
    assert_eq!(removals(&ahead).iter().filter(|(_, e)| e.who != Some(NodeId(0).into())).count(), 0);
}

#[test]
fn a_removal_that_was_not_on_disk_is_taken_back_by_a_crash_and_made_again() {
    let s = run(
        r#""sync":{"every":"3s"},"tombstones":{"purge":{"grace":"10s","every":"1s"}}"#,
        r#"{"at":"0s","do":"delete","client":"c0","via":"A","key":"k","level":"ALL"},{"at":"11900ms","do":"crash","node":"B"},{"at":"13s","do":"restart","node":"B"}"#,
    );
    let b: Vec<&Event> = s.log().iter().filter(|e| e.who == Some(NodeId(1).into())).collect();
    let place = |test: fn(&EventKind) -> bool| b.iter().position(|e| test(&e.kind));
    let removed = place(|k| matches!(k, EventKind::Removed(_))).expect("removed");
    let back = place(|k| matches!(k, EventKind::Reverted { before: None, after: Some(row), .. } if row.is_deleted())).expect("taken back");
    assert!(removed < back);
    assert_eq!(b.iter().filter(|e| matches!(e.kind, EventKind::Removed(_))).count(), 2, "and removed again after the restart");
    assert_eq!(held(&s), "- - -");
}

#[test]
fn the_rule_can_be_switched_on_and_off_while_tombstones_lie_about() {
    let delete = r#"{"at":"0s","do":"delete","client":"c0","via":"A","key":"k","level":"ALL"}"#;
    let set = |at: &str, to: &str| format!(r#"{{"at":"{at}","do":"set","setting":{{"tombstones":{to}}}}}"#);
    let purge = r#"{"purge":{"grace":"5s","every":"1s"}}"#;
    let on = run(
        r#""replicas":3"#,
        &format!(
            "{delete},{{\"at\":\"19s\",\"do\":\"pause\",\"node\":\"C\"}},{},{{\"at\":\"25s\",\"do\":\"resume\",\"node\":\"C\"}}",
            set("20s", purge)
        ),
    );
    let at: Vec<Micros> = removals(&on).iter().map(|(_, e)| e.at).collect();
    assert_eq!(at, [Micros::secs(21), Micros::secs(21), Micros::secs(26)], "C hears of it when it goes on");
    let off = run(PURGE, &format!("{delete},{}", set("5s", r#""keep""#)));
    assert_eq!((removals(&off).len(), held(&off).as_str()), (0, "x x x"));
    let sooner = run(r#""tombstones":{"purge":{"grace":"100d","every":"10d"}}"#, &format!("{delete},{}", set("20s", purge)));
    assert_eq!(removals(&sooner).len(), 3, "the old timer is not waited for");
}
