//! Bounds of the protocol settings and of levels: just inside and just outside of each, at the start of a run and as a change while it
//! goes on. What is refused names its field and its bound, and leaves the world as it was.
#![cfg(not(target_arch = "wasm32"))]

use drift::engine::base::{ClientId, NodeId};
use drift::engine::data::Key;
use drift::engine::node::{HintSettings, Keeper, Level, ReadSettings, Replay, Setting, Settings, WriteSettings};
use drift::engine::place::Replication;
use drift::engine::world::{Command, ENGINE_VERSION, LIMITS};
use drift::lab::{LabError, Script, Session, script_from_file};
use serde_json::{Value, json};

fn read_file(settings: &Value, commands: &Value) -> Result<Script, LabError> {
    let run = json!({"end": "20s", "config": {"settings": settings}, "commands": commands});
    script_from_file(&json!({"format": "drift-run", "version": 1, "engine": ENGINE_VERSION, "run": run}).to_string())
}

fn refused(found: Result<Script, LabError>, field: &str, limit: &str) {
    match found {
        Err(LabError::Invalid { error, .. }) => {
            assert!(error.field.contains(field), "should name {field}: {error}");
            assert!(error.problem.contains(limit), "should name {limit}: {error}");
        }
        other => panic!("{field} should be refused as invalid: {other:?}"),
    }
}

/// One part of the settings, once within its bounds and once outside: at the start and as a change.
fn bound(part: &str, inside: Value, outside: Value, field: &str, limit: &str) {
    let change = |value: &Value| json!([{"at": "1s", "do": "set", "setting": {part: value}}]);
    for (settings, commands) in [(json!({part: inside}), json!([])), (json!({}), change(&inside))] {
        if let Err(error) = read_file(&settings, &commands) {
            panic!("{part} {inside} should be accepted: {error}");
        }
    }
    refused(read_file(&json!({part: outside}), &json!([])), field, limit);
    refused(read_file(&json!({}), &change(&outside)), field, limit);
}

/// The same for a span that may be no shorter than `least` microseconds, of a field whose place in its part `make` knows.
fn spans(part: &str, make: impl Fn(Value) -> Value, least: u64, field: &str) {
    let us = |n: u64| json!(format!("{n}us"));
    if least > 0 {
        bound(part, make(us(least)), make(us(least - 1)), field, "to 400d");
    }
    bound(part, make(us(LIMITS.span.0)), make(us(LIMITS.span.0 + 1)), field, "to 400d");
}

#[test]
fn numbers_of_replicas() {
    for (at, field) in [("level", "write level"), ("durable", "write durable"), ("primary", "write primary")] {
        bound("write", json!({at: 3}), json!({at: 4}), field, "1 to 3");
        bound("write", json!({at: 1}), json!({at: 0}), field, "1 to 3");
    }
    for (at, field) in [("level", "read level"), ("primary", "read primary")] {
        bound("read", json!({at: 3}), json!({at: 4}), field, "1 to 3");
        bound("read", json!({at: 1}), json!({at: 0}), field, "1 to 3");
    }
    bound("write", json!({"confirms": 3}), json!({"confirms": 4}), "write confirms", "0 to 3");
    bound("client", json!({"policy": {"lower": 3}}), json!({"policy": {"lower": 4}}), "client policy", "1 to 3");
    bound("client", json!({"policy": {"lower": 1}}), json!({"policy": {"lower": 0}}), "client policy", "1 to 3");
    bound("replicas", json!(100), json!(101), "replicas", "1 to 100");
    bound("replicas", json!(1), json!(0), "replicas", "1 to 100");
    bound("replicas", json!([3]), json!([0]), "replicas", "at least 1");
    bound("replicas", json!([3]), json!([3, 2]), "replicas", "each of the 1 zones");
}

#[test]
fn any_is_for_writes() {
    bound("write", json!({"level": "ANY"}), json!({"durable": "ANY"}), "write durable", "ANY");
    bound("write", json!({"primary": "ALL"}), json!({"primary": "ANY"}), "write primary", "ANY");
    bound("read", json!({"level": "ALL"}), json!({"level": "ANY"}), "read level", "ANY");
    bound("read", json!({"primary": "ONE"}), json!({"primary": "ANY"}), "read primary", "ANY");
    bound("client", json!({"policy": {"lower": "ONE"}}), json!({"policy": {"lower": "ANY"}}), "client policy", "ANY");
    let commands =
        |verb: &str, level: Value| json!([{"at": "1s", "do": verb, "client": "c0", "via": "A", "key": "k", "value": "v", "level": level}]);
    let ask = |verb: &str, level: Value| {
        let mut commands = commands(verb, level);
        if verb != "write" {
            commands[0].as_object_mut().expect("a command").remove("value");
        }
        read_file(&json!({}), &commands)
    };
    for verb in ["write", "delete", "read"] {
        assert!(ask(verb, json!(3)).is_ok() && ask(verb, json!(1)).is_ok());
        refused(ask(verb, json!(4)), "level", "1 to 3");
        refused(ask(verb, json!(0)), "level", "1 to 3");
        assert_eq!(ask(verb, json!("ANY")).is_ok(), verb != "read", "{verb}");
    }
    refused(ask("read", json!("ANY")), "level", "ANY");
    let workload = |level: Value, reads: u32| {
        let command = json!({"at": "1s", "do": "workload", "every": "1s", "duration": "2s", "reads-ppm": reads, "level": level});
        read_file(&json!({}), &json!([command]))
    };
    assert!(workload(json!("ANY"), 0).is_ok() && workload(json!(3), 1_000_000).is_ok());
    refused(workload(json!("ANY"), 1), "level", "ANY");
    refused(workload(json!(4), 0), "level", "1 to 3");
}

/// A number of replicas is out of the N in force: of what was set before, and not of what stands at the start of the run.
#[test]
fn levels_follow_changes_of_n() {
    let write =
        |at: &str, level: u32| json!({"at": at, "do": "write", "client": "c0", "via": "A", "key": "k", "value": "v", "level": level});
    let set = |at: &str, name: &str, value: Value| json!({"at": at, "do": "set", "setting": {name: value}});
    let run = |commands: &[Value]| read_file(&json!({}), &json!(commands));
    assert!(run(&[set("1s", "replicas", json!(5)), write("2s", 5)]).is_ok());
    refused(run(&[write("1s", 5), set("2s", "replicas", json!(5))]), "level", "1 to 3");
    refused(run(&[set("1s", "replicas", json!(2)), write("2s", 3)]), "level", "1 to 2");
    refused(run(&[set("1s", "write-level", json!(3)), set("2s", "replicas", json!(2))]), "write level", "1 to 2");
    assert!(run(&[set("1s", "write-level", json!(3)), set("2s", "write-level", json!(2)), set("3s", "replicas", json!(2))]).is_ok());
    refused(run(&[set("1s", "read-level", json!(4))]), "read level", "1 to 3");
    // Named levels may be more than N: the operation is then unavailable.
    assert!(run(&[set("1s", "replicas", json!(1)), set("2s", "write-level", json!("THREE"))]).is_ok());
}

#[test]
fn spans_of_writes_and_reads() {
    let at = |name: &'static str| move |value: Value| json!({name: value});
    spans("write", at("timeout"), 1_000, "write timeout");
    spans("write", |v| json!({"coordinate": {"replica": {"patience": v}}}), 1_000, "write coordinate patience");
    spans("read", at("timeout"), 1_000, "read timeout");
    spans("read", |v| json!({"repair": {"bounded": v}}), 1_000, "read repair bounded");
    spans("read", at("additional-write"), 1_000, "read additional-write");
    spans("read", |v| json!({"speculate": {"after": v}}), 1_000, "read speculate after");
    spans("client", at("back-off"), 0, "client back-off");
}

/// `repair` alone is a change, not a part of the settings at the start.
#[test]
fn changes_of_one_value() {
    for (name, inside, outside, field) in [
        ("write-timeout", json!("1ms"), json!("999us"), "write timeout"),
        ("read-timeout", json!("1ms"), json!("999us"), "read timeout"),
        ("client-timeout", json!("400d"), json!("401d"), "client timeout"),
        ("read-level", json!("ONE"), json!("ANY"), "read level"),
        ("write-level", json!("ANY"), json!(9), "write level"),
        ("repair", json!({"bounded": "1ms"}), json!({"bounded": "999us"}), "read repair bounded"),
    ] {
        let change = |value: &Value| read_file(&json!({}), &json!([{"at": "1s", "do": "set", "setting": {name: value}}]));
        assert!(change(&inside).is_ok(), "{name} {inside}");
        refused(change(&outside), field, "must");
    }
}

#[test]
fn shares_and_percentiles() {
    let share = |n: u32| json!({"speculate": {"percentile": n}});
    bound("read", share(1_000), share(1_001), "percentile", "1 to 1000");
    bound("read", share(1), share(0), "percentile", "1 to 1000");
    let chance = |all: u32, zone: u32| json!({"contact": {"chance": {"all-ppm": all, "zone-ppm": zone}}});
    bound("read", chance(1_000_000, 0), chance(1_000_001, 0), "all-ppm", "at most 1000000");
    bound("read", chance(400_000, 600_000), chance(400_000, 600_001), "zone-ppm", "together with all-ppm, 400000");
    let adaptive = |low: u32, high: u32| json!({"contact": {"adaptive": {"low-ppm": low, "high-ppm": high}}});
    bound("read", adaptive(5, 5), adaptive(6, 5), "low-ppm", "at most high-ppm, 5");
    bound("read", adaptive(0, 1_000_000), adaptive(0, 1_000_001), "high-ppm", "at most 1000000");
}

#[test]
fn hints_and_stand_ins() {
    let at = |name: &'static str| move |value: Value| json!({name: value});
    spans("hints", at("window"), 0, "hints window");
    spans("hints", at("flush"), 1_000, "hints flush");
    bound("hints", json!({"flush": "0s"}), json!({"flush": "1us"}), "hints flush", "1ms to 400d");
    spans("hints", at("poll"), 1_000, "hints poll");
    spans("hints", at("lifetime"), 1_000, "hints lifetime");
    bound("hints", json!({"page": 1}), json!({"page": 0}), "hints page", "1 to");
    for (name, field) in [("throttle", "hints throttle"), ("room", "hints room")] {
        bound("hints", json!({name: 1u64 << 40}), json!({name: (1u64 << 40) + 1}), field, "0 to 1099511627776");
    }
    let consistent = |n: u32| json!({"keeper": {"consistent": n}});
    bound("hints", consistent(1), consistent(0), "keeper consistent", "1 to 100");
    bound("hints", consistent(100), consistent(101), "keeper consistent", "1 to 100");
    bound("hints", json!({"targets-at-once": 1}), json!({"targets-at-once": 0}), "targets-at-once", "1 to 100");
    bound("hints", json!({"targets-at-once": 100}), json!({"targets-at-once": 101}), "targets-at-once", "1 to 100");
    bound("hints", json!({"overload": 1_000_000}), json!({"overload": 1_000_001}), "overload", "0 to 1000000");
    spans("fallback", at("tick"), 1_000, "fallback tick");
    spans("fallback", at("idle"), 0, "fallback idle");
    bound("fallback", json!({"at-once": 1}), json!({"at-once": 0}), "fallback at-once", "1 to 100");
    bound("fallback", json!({"at-once": 100}), json!({"at-once": 101}), "fallback at-once", "1 to 100");
}

#[test]
fn clients_members_and_tombstones() {
    for name in ["behind-retries", "retries"] {
        bound("client", json!({name: 10}), json!({name: 11}), name, "at most 10");
    }
    let accrual = |name: &'static str| move |value: Value| json!({"accrual": {name: value}});
    spans("detector", |v| json!({"accrual": {"every": v, "pause": "400d"}}), 1_000, "heartbeat interval");
    spans("detector", accrual("initial"), 1_000, "initial interval");
    spans("detector", accrual("max-interval"), 1_000, "longest interval");
    spans("detector", accrual("pause"), 1_000_000, "pause");
    bound("detector", accrual("window")(json!(10_000)), accrual("window")(json!(10_001)), "window", "1 to 10000");
    bound("detector", accrual("window")(json!(1)), accrual("window")(json!(0)), "window", "1 to 10000");
    bound("detector", accrual("threshold")(json!("0.1")), accrual("threshold")(json!("0.099")), "threshold", "0.1 to 100");
    bound("detector", accrual("threshold")(json!(100)), accrual("threshold")(json!("100.001")), "threshold", "0.1 to 100");
    spans("tombstones", |v| json!({"purge": {"grace": v, "every": "1s"}}), 0, "grace");
    spans("tombstones", |v| json!({"purge": {"grace": "1s", "every": v}}), 1_000, "looks for tombstones");
}

#[test]
fn a_range_begins_with_its_lower_end() {
    let network = |low: &str| {
        let network = json!({"latency": {"uniform": {"low": low, "high": "5ms"}}});
        read_file(&json!({}), &json!([{"at": "1s", "do": "network", "network": network}]))
    };
    assert!(network("5ms").is_ok());
    refused(network("5001us"), "latency", "5001us to 5ms");
}

/// A person's command goes through the same door: refused, it leaves the session as it was, to the last event.
#[test]
fn what_is_refused_changes_nothing() {
    let mut session = Session::open(read_file(&json!({}), &json!([])).expect("within bounds")).expect("within bounds");
    let write = |level: Level| {
        let (key, value) = (Key::new("k"), "v".to_owned());
        Command::Write { client: ClientId(0), via: NodeId(0), key, value, level: Some(level) }
    };
    session.act(write(Level::Count(3))).expect("three of three");
    let defaults = Settings::default();
    let wrong = [
        (write(Level::Count(4)), "level"),
        (Command::Read { client: ClientId(0), via: NodeId(0), key: Key::new("k"), level: Some(Level::Any) }, "level"),
        (Command::Read { client: ClientId(0), via: NodeId(6), key: Key::new("k"), level: None }, "via"),
        (Command::Set { setting: Setting::Replicas(Replication::Simple(0)) }, "replicas"),
        (Command::Set { setting: Setting::Write(WriteSettings { confirms: 4, ..defaults.write }) }, "write confirms"),
        (Command::Set { setting: Setting::Read(ReadSettings { level: Level::Any, ..defaults.read }) }, "read level"),
        (Command::Set { setting: Setting::Hints(HintSettings { page: 0, ..defaults.hints }) }, "hints page"),
    ];
    let before = (session.script().clone(), session.cursor(), session.now(), session.world().fingerprint());
    for (command, field) in wrong {
        match session.act(command) {
            Err(LabError::Invalid { error, .. }) => assert_eq!(error.field, field),
            other => panic!("{field} should be refused as invalid: {other:?}"),
        }
        assert_eq!((session.script().clone(), session.cursor(), session.now(), session.world().fingerprint()), before);
    }
    // What is set counts from then on.
    session.act(Command::Set { setting: Setting::Replicas(Replication::Simple(5)) }).expect("five of six nodes");
    session.act(write(Level::Count(5))).expect("five of five");
    let hints = HintSettings { keeper: Keeper::Consistent(2), replay: Replay::OnUp, ..defaults.hints };
    session.act(Command::Set { setting: Setting::Hints(hints) }).expect("two nodes");
    assert!(session.from_start(|config| config.settings.replicas = Replication::Simple(2)).is_err(), "the write at 5 would be above N");
}

#[test]
fn scrubs_and_rot() {
    spans("integrity", |v| json!({"scrub": {"every": v}}), 1_000, "time between two scrubs");
    let rate = |n: u64| json!({"scrub": {"every": "1s", "rate": n}});
    bound("integrity", rate(LIMITS.hint_bytes), rate(LIMITS.hint_bytes + 1), "scrub rate", "bytes");
    let rot = |value: Value| read_file(&json!({}), &json!([value]));
    assert!(rot(json!({"at": "1s", "do": "rot", "node": "A", "key": "k"})).is_ok());
    assert!(rot(json!({"at": "1s", "do": "rot", "node": "A", "key": "k", "sum": true, "value": "x".repeat(LIMITS.value_bytes)})).is_ok());
    refused(rot(json!({"at": "1s", "do": "rot", "node": "A", "key": "k", "value": "x".repeat(LIMITS.value_bytes + 1)})), "value", "65536");
    refused(rot(json!({"at": "1s", "do": "rot", "node": "A", "key": ""})), "key", "1 to 256");
    refused(rot(json!({"at": "1s", "do": "rot", "node": "Z", "key": "k"})), "node", "no Z");
}

#[test]
fn queues_of_sweeps() {
    let queue = |field: &'static str| move |n: u64| json!({"queue": {field: n}});
    for (field, least, most, name) in
        [("segments", 1, 64, "segments"), ("most", 1, 10_000, "wait"), ("intensity-ppm", 10_000, 1_000_000, "intensity")]
    {
        let make = queue(field);
        bound("sweeps", make(least), make(least - 1), name, "must be");
        bound("sweeps", make(most), make(most + 1), name, "must be");
    }
}

#[test]
fn disks_and_caps() {
    for field in ["read", "write", "scan"] {
        bound("disk", json!({field: "1s"}), json!({field: "1000001us"}), "disk", "at most 1s");
    }
    let share = |ppm: u64| json!({"sweep-share-ppm": ppm});
    bound("disk", share(10_000), share(9_999), "share", "10000 to 990000");
    bound("disk", share(990_000), share(990_001), "share", "10000 to 990000");
    for (field, name) in [("node", "by a node"), ("zone", "out of a zone")] {
        let caps = |rate: u64| json!({"caps": {field: rate}});
        bound("sweeps", caps(LIMITS.hint_bytes), caps(LIMITS.hint_bytes + 1), name, "at most");
    }
}

#[test]
fn trees_of_segments_and_tries() {
    let policy = |name: &str, at: &str, value: Value| json!({"policy": {name: {at: value}}});
    for (inside, outside) in [(2, 1), (1_024, 2_048), (64, 65)] {
        let made = |width: u32| policy("segments", "width", json!(width));
        bound("sweeps", made(inside), made(outside), "width of segments", "must be 2, 4, 8");
    }
    spans("sweeps", |span| policy("segments", "expire", span), 1_000, "expiry of segments");
    spans("sweeps", |span| policy("segments", "build", span), 0, "making of segments");
    spans("sweeps", |span| policy("segments", "throttle", span), 0, "rest between reads");
    spans("sweeps", |span| policy("trie", "lag", span), 0, "lag of tries");
}
