//! Runs of many keys, moved in slices as the page does: what they show on the way, what cancelling leaves, and that they end the same.
#![cfg(not(target_arch = "wasm32"))]

use drift::engine::base::{Micros, NodeId};
use drift::engine::node::{Method, SweepPolicy, Upkeep};
use drift::engine::world::{Command, Doing};
use drift::lab::{BranchId, Pace, Script, Session, Stride, script_from_file};

/// Keys: enough to be read in slices.
const KEYS: u64 = 10_000;

/// A preload, a node that misses writes, and room for a sweep.
fn script(sweep: &str) -> Script {
    let file = format!(
        r#"{{"format":"drift-run","version":1,"engine":2,"run":{{"seed":4,"end":"6s","config":{{"nodes":3,"clients":["c0"]}},"commands":[
        {{"at":"1ms","do":"preload","count":{KEYS}}},{{"at":"1s","do":"cut","islands":[["C"]]}},
        {{"at":"1200ms","do":"write","client":"c0","via":"A","key":"key-17","value":"new"}},
        {{"at":"1300ms","do":"delete","client":"c0","via":"A","key":"key-18"}},{{"at":"2s","do":"mend-all"}}{sweep}]}}}}"#
    );
    script_from_file(&file).expect("within bounds")
}

/// A sweep of C with A by this method at 3 s.
fn sweep(method: &str) -> Script {
    script(&format!(r#",{{"at":"3s","do":"sweep","a":"C","b":"A","policy":{{{method}}}}}"#))
}

/// Goes on until it is there. Returns what it said it was doing, each once in a row.
fn arrive(session: &mut Session) -> Vec<Option<Doing>> {
    let mut seen = Vec::new();
    while session.is_going() {
        let progress = session.progress().expect("it is on its way");
        assert!(progress.done <= progress.of);
        if seen.last() != Some(&progress.doing) {
            seen.push(progress.doing);
        }
        session.work();
    }
    seen
}

#[test]
fn every_method_ends_the_same_in_slices() {
    let plain = ["descent", "ranges", "sketch", "log", "bitmaps", "segments", "trie", "full", "versions", "validation"];
    let more = [
        r#""upkeep":"kept""#,
        r#""method":"segments","segments":{"build":"200ms"}"#,
        r#""method":"sketch","sketch":{"page":40}"#,
        r#""method":"validation","validation":{"order":"sequential"}"#,
        r#""method":"validation","validation":{"incremental":true},"tree":{"fan-out":2,"depth":{"rows":15}}"#,
    ];
    for method in plain.map(|name| format!(r#""method":"{name}""#)).into_iter().chain(more.map(str::to_owned)) {
        let script = sweep(&method);
        let mut whole = Session::open(script.clone()).expect("opens");
        whole.seek_time(whole.end());
        let mut sliced = Session::open_at(script, Pace::Slices(1_500)).expect("opens");
        sliced.seek_time(sliced.end());
        let doing = arrive(&mut sliced);
        let reads = |node: u32| doing.contains(&Some(Doing::Reading(NodeId(node))));
        // Only one side tells its versions; the other looks at a page of them at a time.
        assert!(reads(2) && (reads(0) || method.contains("versions")), "who reads does it in slices: {method}, {doing:?}");
        assert!(whole.log() == sliced.log(), "{method}");
        assert_eq!(whole.world().fingerprint(), sliced.world().fingerprint(), "{method}");
        // Back and forth over what took long.
        for events in [0, 1, 5, 3, sliced.log().len() as u32] {
            whole.seek_event(events);
            sliced.seek_event(events);
            assert!(!sliced.is_going(), "what is known needs no more work");
            assert_eq!(whole.world().fingerprint(), sliced.world().fingerprint(), "{method} after {events} events");
        }
    }
}

#[test]
fn symbols_beyond_the_first_are_made_in_slices_too() {
    let write = |n: u64| {
        let at = 2_200_000 + n;
        format!(r#",{{"at":"{at}us","do":"write","client":"c0","via":"A","key":"key-{n}","value":"new"}}"#)
    };
    let writes: String = (100..160).map(write).collect();
    let cut = r#",{"at":"2100ms","do":"cut","islands":[["C"]]}"#;
    let mended = r#",{"at":"2800ms","do":"mend-all"},{"at":"3s","do":"sweep","a":"C","b":"A","policy":{"method":"sketch"}}"#;
    let script = script(&format!("{cut}{writes}{mended}"));
    let mut whole = Session::open(script.clone()).expect("opens");
    whole.seek_time(whole.end());
    let mut sliced = Session::open_at(script, Pace::Slices(1_500)).expect("opens");
    sliced.seek_time(sliced.end());
    let times = arrive(&mut sliced).iter().filter(|doing| **doing == Some(Doing::Reading(NodeId(2)))).count();
    assert!(times >= 2, "the set, and more symbols than the first: {times}");
    assert!(whole.log() == sliced.log());
    assert_eq!(whole.world().fingerprint(), sliced.world().fingerprint());
    assert_eq!(sliced.truth().stale_copies(), 0);
}

#[test]
fn it_says_what_it_does_and_stays_where_it_is() {
    let mut session = Session::open_at(sweep(""), Pace::Slices(1_500)).expect("opens");
    assert!(session.world().hosts().iter().all(|host| host.node.store.rows().is_empty()), "nothing is loaded yet");
    session.seek_time(session.end());
    assert_eq!((session.cursor(), session.now()), (0, Micros::ZERO));
    let doing = arrive(&mut session);
    let long: Vec<Doing> = doing.into_iter().flatten().collect();
    assert_eq!(long, [Doing::Loading(KEYS), Doing::Reading(NodeId(2)), Doing::Reading(NodeId(0))]);
    assert!(session.now() == session.end() && session.progress().is_none());
    assert!(session.world().hosts().iter().all(|host| host.node.store.rows().len() == KEYS));
    // Replicas share what they were filled with.
    assert_eq!(session.truth().stale_copies(), 0, "the sweep has repaired C");
}

#[test]
fn cancelling_keeps_what_there_is() {
    let mut session = Session::open_at(script(""), Pace::Slices(1_500)).expect("opens");
    session.seek_time(Micros::secs(2));
    session.work();
    assert!(!session.rest(), "no command was given");
    assert_eq!((session.cursor(), session.has_work(), session.progress()), (0, false, None));
    session.step(Stride::Event);
    arrive(&mut session);
    assert_eq!(session.cursor(), 1, "a step goes on with it");
    session.seek_time(Micros::secs(3));
    arrive(&mut session);

    let (known, script) = (session.log().len(), session.script().clone());
    let policy = Some(SweepPolicy { method: Method::Descent, upkeep: Upkeep::Scan, ..SweepPolicy::default() });
    let command = Command::Sweep { a: NodeId(2), b: NodeId(1), policy };
    session.act(command.clone()).expect("it is possible");
    assert!(session.is_going(), "the trees take longer than a slice");
    assert!(session.rest(), "the sweep is taken back");
    assert_eq!(session.script().commands, script.commands);
    assert_eq!((session.now(), session.current(), session.branches().len()), (Micros::secs(3), BranchId(0), 1));
    assert!(session.log().len() <= known && session.sweep_log().begun().is_empty());

    session.act(command).expect("it is possible");
    arrive(&mut session);
    assert_eq!(session.script().commands.len(), script.commands.len() + 1);
    session.seek_time(session.end());
    arrive(&mut session);
    assert_eq!(session.truth().stale_copies(), 0);
}
