//! What comes from outside: every bound just inside and just outside, damaged and foreign files and links, and the command line.
#![cfg(not(target_arch = "wasm32"))]

#[path = "support/run.rs"]
mod run;

use std::process::{Command, Output, Stdio};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use drift::engine::base::{Draws, Micros, NodeId, Purpose};
use drift::engine::world::{Command as Action, LIMITS};
use drift::lab::{
    BOUNDS, BranchId, LabError, Report, Session, from_file, from_link, linked, pack, script_from_file, to_file, to_link, unpack,
};
use miniz_oxide::deflate::compress_to_vec;
use proptest::prelude::*;
use run::{Run, shipped, span};

/// The first run is accepted; the second is refused in words that name the field and the bound.
fn bound(inside: &Run, outside: &Run, field: &str, limit: &str) {
    inside.script();
    let words = outside.refused();
    assert!(words.contains(field) && words.contains(limit), "should name {field} and {limit}: {words}");
}

#[test]
fn sizes_of_a_world() {
    bound(&Run::of(100), &Run::of(101), "nodes", "1 to 100");
    bound(&Run::of(1), &Run::of(0), "nodes", "1 to 100");
    bound(&Run::of(3).clients(16), &Run::of(3).clients(17), "clients", "1 to 16");
    bound(&Run::of(3).clients(1), &Run::of(3).clients(0), "clients", "1 to 16");
    let named = |length: usize| Run::of(3).named(vec!["é".repeat(length)]);
    bound(&named(24), &named(25), "clients", "1 to 24");
    bound(&named(1), &named(0), "clients", "1 to 24");
    let replicas = |n: &str| Run::of(3).with("replicas", n);
    bound(&replicas("100"), &replicas("101"), "replicas", "1 to 100");
    bound(&replicas("1"), &replicas("0"), "replicas", "1 to 100");
}

#[test]
fn sizes_of_commands() {
    let key = |bytes: usize| Run::of(3).at("0s", &format!("c0 A read {}", "k".repeat(bytes)));
    bound(&key(256), &key(257), "command 1, key", "1 to 256 bytes, has 257");
    bound(&key(1), &key(0), "command 1, key", "1 to 256 bytes");
    let value = |bytes: usize| Run::of(3).at("0s", &format!("c0 A write k {}", "v".repeat(bytes)));
    bound(&value(65_536), &value(65_537), "command 1, value", "65536 bytes, has 65537");
    let many = |count: usize| (0..count).fold(Run::of(3), |run, _| run.at("0s", "resume A"));
    bound(&many(10_000), &many(10_001), "10001 commands", "at most 10000");
    let focus = |bytes: usize| Run::of(3).also("focus", &"k".repeat(bytes));
    bound(&focus(256), &focus(257), "focus", "256 bytes");
    let title = |length: usize| Run::of(3).also("title", &"é".repeat(length));
    bound(&title(120), &title(121), "the title", "121 characters, at most 120");
    let about = |length: usize| Run::of(3).also("about", &"é".repeat(length));
    bound(&about(2_000), &about(2_001), "the description", "2001 characters, at most 2000");
}

#[test]
fn preloads_are_bounded_one_by_one_and_together() {
    let one = |count: &str| Run::of(3).at("0s", &format!("preload {count}"));
    bound(&one("1000000"), &one("1000001"), "command 1, count", "1000000");
    let two = |count: &str| Run::of(3).at("0s", "preload 600000").at("1s", &format!("preload {count}"));
    bound(&two("400000"), &two("400001"), "command 2, count", "1000000, are 1000001");
    let values = |count: u32| Run::of(3).at("0s", &format!("preload {count} value-bytes 65536"));
    bound(&values(1_024), &values(1_025), "command 1, value-bytes", "67108864 bytes");
    let value = |bytes: u32| Run::of(3).at("0s", &format!("preload 1 value-bytes {bytes}"));
    bound(&value(65_536), &value(65_537), "command 1, value-bytes", "65536");
}

#[test]
fn spans_reach_from_least_to_four_hundred_days() {
    let (long, longer) = (LIMITS.span.to_string(), Micros(LIMITS.span.0 + 1).to_string());
    for (setting, field) in
        [("write-timeout", "write timeout"), ("read-timeout", "read timeout"), ("client-timeout", "client timeout"), ("sync", "sync")]
    {
        let set = |value: &str| Run::of(3).with(setting, value);
        let later = |value: &str| Run::of(3).at("0s", &format!("set {setting} {value}"));
        for set in [&set as &dyn Fn(&str) -> Run, &later] {
            bound(&set("1ms"), &set("999us"), field, "1ms to 400d");
            bound(&set(&long), &set(&longer), field, "1ms to 400d");
        }
    }
    let beats = |every: &str, timeout: &str| Run::of(3).with("detector", &format!("{every} {timeout}"));
    bound(&beats("1ms", "1ms"), &beats("999us", "1ms"), "heartbeat interval", "1ms to 400d");
    bound(&beats("1s", "1s"), &beats("1s", "999999us"), "heartbeat timeout", "1s to 400d");
    bound(&beats(&long, &long), &beats("1s", &longer), "heartbeat timeout", "1s to 400d");
    bound(&Run::of(3).end(&long), &Run::of(3).end(&longer), "end", "400d");
    let slow = |by: &str| Run::of(3).at("0s", &format!("slow A {by}"));
    bound(&slow(&long), &slow(&longer), "command 1, by", "0s to 400d");
    let clock = |by: i64| Run::of(3).at("0s", &format!("clock A {by}"));
    let most = LIMITS.span.0 as i64;
    bound(&clock(most), &clock(most + 1), "command 1, offset-us", "400d");
    bound(&clock(-most), &clock(-most - 1), "command 1, offset-us", "400d");
    bound(&clock(0), &clock(i64::MIN), "command 1, offset-us", "400d");
}

#[test]
fn what_a_network_may_do() {
    let (long, longer) = (LIMITS.span.to_string(), Micros(LIMITS.span.0 + 1).to_string());
    let spans = [
        ("latency", "1us", "0us", "1us to 400d"),
        ("latency", &long, &longer, "1us to 400d"),
        ("latency", "1us..2us", "0us..2us", "1us to 400d"),
        ("latency", "1us+1us", &format!("1us+{longer}"), "0s to 400d"),
        ("local", "1us", "0us", "1us to 400d"),
        ("reorder-by", &long, &longer, "0s to 400d"),
        ("loss-ppm", "1000000", "1000001", "1000000, is 1000001"),
        ("duplicate-ppm", "1000000", "1000001", "1000000, is 1000001"),
        ("reorder-ppm", "1000000", "1000001", "1000000, is 1000001"),
    ];
    for (name, inside, outside, limit) in spans {
        bound(&Run::of(3).network(name, inside), &Run::of(3).network(name, outside), name, limit);
        let later = |value: &str| Run::of(3).at("0s", &format!("network {name} {value}"));
        bound(&later(inside), &later(outside), name, limit);
    }
    let link = |rule: &str| Run::of(3).at("0s", &format!("link A > B {rule}"));
    bound(&link("loss-ppm 1000000"), &link("loss-ppm 1000001"), "command 1, loss-ppm", "1000000");
    bound(&link(&format!("slower {long}")), &link(&format!("slower {longer}")), "command 1, slower", "0s to 400d");
}

#[test]
fn commands_name_who_is_there_and_come_in_order() {
    let at = |what: &str| Run::of(3).at("1s", what);
    bound(&at("c1 C read k"), &at("c2 C read k"), "command 1, client", "c1");
    bound(&at("c1 C read k"), &at("c1 D read k"), "command 1, via", "the last one is C");
    bound(&at("crash C"), &at("crash D"), "command 1, node", "the last one is C");
    bound(&at("cut A B | c0"), &at("cut A B | B"), "command 1, islands", "two islands");
    bound(&at("cut A"), &at("cut "), "a node such as A", "found \"\"");
    bound(&at("cut-one-way A > B"), &at("cut-one-way A > D"), "command 1, from/to", "the last one is C");
    bound(&at("cut-link A B"), &at("cut-link A A"), "command 1, link", "two different ends");
    bound(&at("c0 A read k").at("1s", "c0 A read l"), &at("c0 A read k").at("999ms", "c0 A read l"), "command 2, at", "1s");
    let late = |when: &str| Run::of(3).end("5s").at(when, "crash A");
    bound(&late("5s"), &late("5000001us"), "command 1, at", "5s");
}

#[test]
fn foreign_and_later_files_and_links_are_called_so() {
    let foreign = |field: &str, value: serde_json::Value| script_from_file(&Run::of(3).envelope(field, value).text());
    for (field, value) in [("format", "song".into()), ("version", 2.into()), ("version", 0.into()), ("engine", 999.into())] {
        let found = foreign(field, value);
        assert!(matches!(found, Err(LabError::Foreign { .. })), "{found:?}");
    }
    assert!(foreign("colour", "red".into()).is_err_and(|e| e.to_string().contains("colour")), "an unknown field is named");
    assert!(Run::of(3).also("colour", "red").refused().contains("colour"));
    for link in ["2.abc", "", "abc"] {
        assert!(matches!(from_link(link), Err(LabError::Foreign { .. })), "{link}");
    }
    let song = format!("1.{}", URL_SAFE_NO_PAD.encode(compress_to_vec(br#"{"f":"song","v":1,"e":1}"#, 9)));
    assert!(matches!(from_link(&song), Err(LabError::Foreign { .. })));
}

#[test]
fn a_file_may_have_sixteen_mebibytes() {
    let text = Run::of(3).text();
    let padded = |bytes: usize| format!("{text}{}", " ".repeat(bytes - text.len()));
    assert!(script_from_file(&padded(BOUNDS.file_bytes)).is_ok());
    let words = script_from_file(&padded(BOUNDS.file_bytes + 1)).expect_err("too large").to_string();
    assert!(words.contains("the run file") && words.contains("16777217 bytes, at most 16777216"), "{words}");
}

#[test]
fn a_link_may_have_eight_kibibytes() {
    // Text that does not shrink, so that the link grows with it.
    let draws = Draws::new(1);
    let letter = |i: u64| char::from(b'a' + (draws.draw(Purpose::Preload, [i]) % 26) as u8);
    let noise = |n: usize| (0..n as u64).map(letter).collect::<String>();
    let session = |n: usize| Session::open(Run::of(3).at("0s", &format!("c0 A write k {}", noise(n))).script()).expect("within bounds");
    let lengths: Vec<usize> = (0..20_000).collect();
    let most = lengths.partition_point(|n| to_link(&session(*n)).is_ok()) - 1;
    let link = to_link(&session(most)).expect("it fits");
    assert!((BOUNDS.link_bytes - 8..=BOUNDS.link_bytes).contains(&link.len()), "{}", link.len());
    assert_eq!(from_link(&link).expect("our own link").0, *session(most).script());
    let words = to_link(&session(most + 16)).expect_err("too long").to_string();
    assert!(words.contains("the link") && words.contains("at most 8192"), "{words}");
    let words = from_link(&"1".repeat(BOUNDS.link_bytes + 1)).expect_err("too long").to_string();
    assert!(words.contains("8193 characters, at most 8192"), "{words}");
}

/// Deflate shrinks at most about a thousandfold, so no link of 8 KiB unpacks to more than the bound on unpacking; the bound stands for
/// what may be longer one day. The worst link there is must be read or refused at once.
#[test]
fn a_link_that_unpacks_to_as_much_as_can_be_is_refused_at_once() {
    let longest = (1..).map(|mib| (mib, compress_to_vec(&vec![b' '; mib << 20], 9))).take_while(|(_, packed)| packed.len() <= 6_000).last();
    let (mib, packed) = longest.expect("one mebibyte of blanks fits");
    let link = format!("1.{}", URL_SAFE_NO_PAD.encode(packed));
    assert!(link.len() <= BOUNDS.link_bytes && mib >= 5 && mib << 20 <= BOUNDS.inflated_bytes, "{mib} MiB");
    assert!(matches!(from_link(&link), Err(LabError::Unreadable { .. })), "blanks are no run");
}

#[test]
fn a_tree_has_so_many_branches_and_a_line_so_many_in_a_row() {
    let mut session = Session::open(Run::of(3).at("1s", "c0 A write k v").script()).expect("within bounds");
    let crash = |session: &mut Session| {
        session.seek_event(0);
        session.act(Action::Crash { node: NodeId(2) })
    };
    // The first line holds the original, so 63 more may follow one another.
    for deep in 1..BOUNDS.depth {
        assert!(crash(&mut session).is_ok_and(|acted| acted.branched.is_some()), "{deep} deep");
    }
    let words = crash(&mut session).expect_err("too deep").to_string();
    assert!(words.contains("65 branches deep, at most 64"), "{words}");
    let kept = from_file(&to_file(&session)).expect("our own file");
    assert_eq!((kept.branches().len(), kept.current()), (BOUNDS.depth, session.current()));
    while session.branches().len() < BOUNDS.branches {
        session.switch(BranchId(0)).expect("it is there");
        crash(&mut session).expect("there is room");
    }
    session.switch(BranchId(0)).expect("it is there");
    let words = crash(&mut session).expect_err("too many").to_string();
    assert!(words.contains("257 branches, at most 256"), "{words}");
    let text = to_file(&session);
    assert_eq!(from_file(&text).expect("our own file").branches(), session.branches(), "what was refused left nothing behind");
    let one_more = text.replacen("\"branches\":[", "\"branches\":[{\"name\":\"x\",\"run\":{\"end\":\"1s\"}},", 1);
    assert!(from_file(&one_more).is_err_and(|e| e.to_string().contains("257 branches, at most 256")));
    let nowhere = text.replacen("\"parent\":[0,", "\"parent\":[900,", 1);
    assert!(from_file(&nowhere).is_err_and(|e| e.to_string().contains("900")));
    assert!(matches!(session.switch(BranchId(256)), Err(LabError::NoBranch(256))));
}

#[test]
fn a_run_with_too_many_events_stops_and_says_so() {
    let run = Run::of(100).with("detector", "1ms 1s");
    let (report, log) = Report::of(&run.clone().end("50ms").script());
    assert!(report.complete && log.len() < BOUNDS.events as usize);
    let (report, log) = Report::of(&run.script());
    assert!(!report.complete && report.end_us < 20_000_000);
    assert!(log.len() >= BOUNDS.events as usize && log.len() < BOUNDS.events as usize + 1_000);
}

/// Heartbeats that are only counted leave no event: the number of inputs is bounded too, and nothing waits for an event that never comes.
#[test]
fn a_run_with_few_events_and_endless_heartbeats_opens_at_once() {
    let run = Run::of(100).with("detector", "1ms 400d").chatter("counted").end("400d");
    let mut session = Session::open(run.script()).expect("within bounds");
    assert_eq!((session.log().len(), session.is_cut_short()), (0, false));
    session.seek_time(span("20ms"));
    assert_eq!(session.now(), span("20ms"));
    assert!(session.world().now() > span("19ms"), "the world is as it is then");
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_refused_in_words(text in ".{0,200}") {
        let refused = [from_file(&text).err(), from_link(&text).err(), from_link(&format!("1.{text}")).err()];
        prop_assert!(refused.iter().all(|e| e.as_ref().is_some_and(|e| !e.to_string().is_empty())));
    }

    #[test]
    fn any_bytes_in_a_link_are_refused(bytes in prop::collection::vec(any::<u8>(), 0..300), packed in any::<bool>()) {
        let bytes = if packed { compress_to_vec(&bytes, 1) } else { bytes };
        let link = format!("1.{}", URL_SAFE_NO_PAD.encode(bytes));
        prop_assert!(from_link(&link).is_err());
    }

    #[test]
    fn a_damaged_link_never_opens_out_of_bounds(at in any::<prop::sample::Index>(), with in "[A-Za-z0-9_-]") {
        let session = Session::open(shipped("week")).expect("within bounds");
        let mut link = to_link(&session).expect("short enough");
        let at = 2 + at.index(link.len() - 2);
        prop_assert!(from_link(&link[..at]).is_err(), "a link that was cut off is refused");
        link.replace_range(at..=at, &with);
        if let Ok((script, _)) = from_link(&link) {
            prop_assert!(script.check().is_ok());
        }
    }

    #[test]
    fn a_damaged_file_never_opens_out_of_bounds(at in any::<prop::sample::Index>(), with in "[ -~]") {
        let mut text = Run::of(3).with("replicas", "2").at("1s", "c0 A write k v").at("2s", "cut A | B").text();
        let at = at.index(text.len());
        text.replace_range(at..=at, &with);
        if let Ok(script) = script_from_file(&text) {
            prop_assert!(script.check().is_ok());
            prop_assert!(Report::of(&script).0.complete, "and plays");
        }
    }
}

#[test]
fn a_link_brings_back_the_same_run() {
    for slug in ["three-answers", "cut-and-return", "v5-v3-v5", "week"] {
        let mut session = Session::open(shipped(slug)).expect("within bounds");
        session.seek_event(7);
        let (script, at) = from_link(&to_link(&session).expect("short enough")).expect("our own link");
        assert_eq!((&script, at), (session.script(), session.cursor()));
    }
}

/// Links of before places had a time have only the number of events, and what follows from it.
#[test]
fn a_link_without_a_time_opens_at_its_event() {
    let mut session = Session::open(shipped("week")).expect("within bounds");
    session.seek_event(40);
    let text = unpack("the link", &to_link(&session).expect("short enough")).expect("our own link");
    assert!(!text.contains("\"now\"") && !text.contains("\"settled\""), "{text}");
    let (between, last) = (session.now().plus(Micros(1)), session.cursor());
    session.seek_time(between);
    assert_eq!(session.cursor(), last, "nothing happens so soon");
    let late = to_link(&session).expect("short enough");
    assert_eq!(linked(&late).map(|(_, spot)| (spot.events, spot.now)), Ok((last, between)));
    // A place that the run does not have: the nearest that it has.
    let text = unpack("the link", &late).expect("our own link");
    let now = format!("\"now\":{}", serde_json::to_string(&between).expect("a time"));
    assert!(text.contains(&now), "{text}");
    let far = pack("the link", &text.replace(&now, "\"now\":99999999999999")).expect("short enough");
    let (script, spot) = linked(&far).expect("it is one");
    let mut again = Session::open(script).expect("within bounds");
    spot.seek(&mut again);
    assert_eq!((again.cursor(), again.now()), (last, Micros(between.0 - 1)), "beyond the next event nothing is believed");
}

fn drift(words: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_drift")).args(words).stdin(Stdio::null()).output().expect("drift starts")
}

#[test]
fn the_command_line_reports_what_the_library_does() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/static/runs/week.json");
    let output = drift(&["run", file]);
    assert!(output.status.success());
    let report: Report = serde_json::from_slice(&output.stdout).expect("a report");
    assert_eq!(report, Report::of(&shipped("week")).0);
    let events = drift(&["events", file]);
    assert_eq!(String::from_utf8_lossy(&events.stdout).lines().count() as u64, report.events);
}

#[test]
fn the_command_line_judges_in_words() {
    let output = drift(&["check", concat!(env!("CARGO_MANIFEST_DIR"), "/static/runs/week.json")]);
    assert!(output.status.success());
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(text.lines().next().is_some_and(|first| first.contains("linearizable: ")), "{text}");
    assert!(text.contains("1 copy of 1 key behind") && text.contains("under-replicated"), "{text}");
}

#[test]
fn the_command_line_prints_presets_with_what_they_differ_in() {
    let list = drift(&["preset"]);
    assert!(list.status.success());
    let names = String::from_utf8_lossy(&list.stdout).into_owned();
    for preset in drift::lab::presets() {
        assert!(names.contains(&format!("{} ", preset.name)), "{names}");
        let output = drift(&["preset", &preset.name]);
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success() && preset.fidelity.iter().chain(&preset.sources).all(|line| text.contains(line)), "{text}");
        // What is printed can be pasted into a run file.
        let config = text.split_once("\"config\"\n").map(|(_, config)| config).expect("the configuration is printed");
        let run = format!(r#"{{"format":"drift-run","version":1,"engine":2,"run":{{"end":"1s","config":{config},"commands":[]}}}}"#);
        let read = script_from_file(&run).expect("it reads").config;
        assert!(preset.is(&read.settings, read.topology.style), "{}", preset.name);
    }
    let unknown = drift(&["preset", "mongo"]);
    let said = String::from_utf8_lossy(&unknown.stderr).into_owned();
    assert!(unknown.status.code() == Some(2) && said.contains("mongo") && said.contains("cassandra-3, riak"), "{said}");
}

#[test]
fn a_bad_file_or_command_line_ends_with_two_and_says_why() {
    let cargo = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
    let wrong: [&[&str]; 7] =
        [&["run", cargo], &["events", cargo], &["run", "no-such-file.json"], &["run"], &[], &["dance"], &["run", "-"]];
    for words in wrong {
        let output = drift(words);
        assert_eq!(output.status.code(), Some(2), "{words:?}");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.stdout.is_empty() && said.starts_with("drift: ") && !said.contains("panicked"), "{words:?}: {said}");
    }
}

#[test]
fn what_a_workload_may_be() {
    let refused = |run: &str| {
        let engine = drift::engine::world::ENGINE_VERSION;
        let text = format!(r#"{{"format":"drift-run","version":1,"engine":{engine},"run":{run}}}"#);
        script_from_file(&text).expect_err("out of bounds").to_string()
    };
    let workload =
        |rest: &str| refused(&format!(r#"{{"end":"1s","commands":[{{"at":"0s","do":"workload","every":"1ms","duration":"1s"{rest}}}]}}"#));
    for (rest, field, bound) in [
        (r#","via":["G"]"#, "via", "the last one is F"),
        (r#","keys":0"#, "keys", "1 to 1000000"),
        (r#","reads-ppm":1000001"#, "reads-ppm", "1000000"),
        (r#","value-bytes":{"low":9,"high":8}"#, "value-bytes", "65536"),
        (r#","popularity":{"skew":{"keys-ppm":20000,"operations-ppm":10000}}"#, "keys-ppm", "10000"),
        (r#","popularity":{"skew":{"keys-ppm":10,"operations-ppm":900000}}"#, "keys-ppm", "at least one of the 100 keys"),
        (r#","popularity":{"skew":{"keys-ppm":10000,"operations-ppm":1000000}}"#, "operations-ppm", "999999"),
    ] {
        let words = workload(rest);
        assert!(words.contains(field) && words.contains(bound), "{words}");
    }
    let many = vec![r#"{"at":"0s","do":"workload","every":"1ms","duration":"1s"}"#; 17].join(",");
    let many = refused(&format!(r#"{{"end":"1s","commands":[{many}]}}"#));
    assert!(many.contains("command 17") && many.contains("16"), "{many}");
}
