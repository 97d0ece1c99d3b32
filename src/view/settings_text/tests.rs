//! The sentences say what is in force, and every value in them can be changed to what it then says.

use super::*;
use crate::engine::world::Command;
use crate::lab::Script;

fn session(config: &str) -> Session {
    let text = format!(r#"{{"seed": 3, "end": "9s", "config": {config}}}"#);
    let script: Script = serde_json::from_str(&text).expect("a script");
    Session::open(script).expect("within bounds")
}

fn text(session: &Session) -> String {
    let part = |p: &Part| match p {
        Part::Text(words) => (*words).to_owned(),
        Part::Words(words) => words.clone(),
        Part::Choice(c) => format!("[{}]", c.chosen.map_or("?", |i| &c.options[i].0)),
        Part::Number(n) => format!("[{}]", n.shown()),
    };
    sentences(session).iter().map(|s| s.iter().map(part).collect::<String>()).collect::<Vec<_>>().join(" ")
}

#[test]
fn the_defaults_read_as_prose() {
    assert_eq!(
        text(&session("{}")),
        "Each key lives on [3] nodes. A write waits for [2 (QUORUM)], a read for [2 (QUORUM)]. \
         A read asks one replica for the row, the others for [a digest] made with [xxh64 (8 bytes)]; if these differ, it asks [those that differ] for the row. \
         Copies that are behind are repaired [before the answer]. Writes reach the disk [at once]. A delete leaves a tombstone, kept [for good]. Nodes send [no heartbeats]. \
         A coordinator waits [2 s] for a write, [5 s] for a read; a client gives up after [12 s]. \
         A client takes [any answer]. It asks [the node it is told to]. After an error it tries again [0] times, then it [gives up]. \
         It reads [through a coordinator]. A message travels [10 ms] to [30 ms]."
    );
}

#[test]
fn what_is_switched_on_brings_its_numbers() {
    let s = session(
        r#"{"settings": {"sync": {"every": "10s"}, "detector": {"heartbeat": {"every": "200ms", "timeout": "450ms"}}, "read": {"digests": false}},
            "network": {"latency": {"fixed": "1500us"}}}"#,
    );
    let said = text(&s);
    for part in [
        "[together], every [10 s]",
        "[heartbeats] every [200 ms]; silence for [450 ms] means down",
        "travels [1.5 ms].",
        "[the whole row]. Copies",
    ] {
        assert!(said.contains(part), "{part} in {said}");
    }
}

fn apply(session: &mut Session, change: Change) {
    let command = match change {
        Change::Setting(setting) => Command::Set { setting },
        Change::Network(network) => Command::Network { network },
        Change::Nodes(_) => unreachable!("the sentences at the cursor do not offer it"),
    };
    session.act(command).expect("within bounds");
}

#[test]
fn every_choice_and_every_number_takes_effect() {
    let config = r#"{"settings": {"client": {"read-your-writes": true, "retries": 1}, "sync": {"every": "10s"}, "detector": {"heartbeat": {"every": "200ms", "timeout": "450ms"}}}}"#;
    assert_eq!(changeable(config), 65);
    assert_eq!(
        changeable(
            r#"{"settings": {"sync": {"every": "10s"}, "detector": {"accrual": {}}, "tombstones": {"purge": {"grace": "1h", "every": "1min"}}}}"#
        ),
        69
    );
}

/// Every part of every sentence, folded away or not.
fn everything(session: &Session) -> impl Iterator<Item = Part> {
    sentences(session).into_iter().chain(groups(session).into_iter().flat_map(|g| g.sentences)).flatten()
}

/// Tries every choice and every number; returns how many there are.
fn changeable(config: &str) -> usize {
    let mut seen = Vec::new();
    for part in everything(&session(config)) {
        match part {
            Part::Text(_) | Part::Words(_) => {}
            Part::Choice(choice) => {
                seen.push(choice.id);
                for (i, (words, change)) in choice.options.iter().enumerate() {
                    let mut s = session(config);
                    apply(&mut s, *change);
                    let now = everything(&s).find_map(|p| if let Part::Choice(c) = p { (c.id == choice.id).then_some(c) } else { None });
                    assert_eq!(now.and_then(|c| c.chosen), Some(i), "{} {words}", choice.id);
                }
            }
            Part::Number(number) => {
                seen.push(number.id);
                let mut s = session(config);
                let value = number.stepped(number.value, 1);
                assert_ne!(value, number.value);
                let change = change(&s, number.id, value).expect("it can be changed");
                apply(&mut s, change);
                let now = everything(&s).find_map(|p| if let Part::Number(n) = p { (n.id == number.id).then_some(n.value) } else { None });
                assert_eq!(now, Some(value), "{}", number.id);
            }
        }
    }
    seen.len()
}

#[test]
fn what_is_folded_away_reads_as_prose_and_says_in_brief_what_is_in_force() {
    let told = |config: &str| {
        let part = |p: Part| match p {
            Part::Text(words) => words.to_owned(),
            Part::Words(words) => words,
            Part::Choice(c) => format!("[{}]", c.chosen.map_or("?", |i| &c.options[i].0)),
            Part::Number(n) => format!("[{}]", n.shown()),
        };
        let group = |g: Group| {
            let prose = g.sentences.into_iter().map(|s| s.into_iter().map(part).collect::<String>()).collect::<Vec<_>>().join(" ");
            format!("{}, {} ({}): {prose}", g.title, g.brief, if g.active { "active" } else { "as usual" })
        };
        groups(&session(config)).into_iter().map(group).collect::<Vec<_>>()
    };
    assert_eq!(
        told("{}"),
        [
            "Hints, none are kept (as usual): What a replica misses is kept [by nobody].",
            "Stand-ins, nobody: strict quorums (as usual): For an owner believed down [nobody] stands in.",
            "How writes go, to all at once (as usual): A write is coordinated by [whichever node is asked]. It [sends it to all at once]. \
             Into another zone goes [one message, passed on]; it goes to [every zone]. A replica [stores] what comes after the coordinator's patience. \
             Of those it waits for, [any of them] must have it on disk and [any of them] must be owners and not stand-ins; they must be at least [0] different machines.",
            "How reads go, as few as needed (as usual): A read asks [as many as it waits for]; its own zone first, [in ring order]. \
             One replica more is asked [never]. A repair goes to [those that were read]; one that is not confirmed is [left at that]. \
             Of the answers, [any of them] must come from owners and not stand-ins. To have no row [is an answer like any other]; a read gives up when [too few can still answer].",
            "Checksums, none: rot goes unseen (as usual): Checksums of values are made by [nobody].",
            "Sweeps, only when told to (as usual): Nodes compare with others [only when told to]. Two replicas find what differs by this method: [Merkle trees]. \
             Their trees are [made anew for each sweep]: [16] children a node, leaves: [as many as rows]; of a row [all of it] is hashed, and hashes are combined by [exclusive or]. \
             Of a leaf that differs go [only rows that differ]. A node runs [2] at a time, with [16] rows a message. For them it sends [as many bytes as it likes]; \
             out of its zone a zone sends [as many bytes as it likes]. It waits [10 s] for an answer, and tries again [1] times after [1 s], longer each time.",
            "Disks, take no time (as usual): Disks [take no time].",
            "Rules to break, all are kept (as usual): Hints expire [in time] and are thrown away [once confirmed]. A repair [replaces only what is older]. \
             A read [begins close by]. A sweep [moves rows both ways].",
        ]
    );
    let hinted = told(
        r#"{"settings": {"hints": {"keeper": "coordinator"}, "fallback": {"stand-in": "next-healthy"}, "misbehave": {"blind-repair": true}}}"#,
    );
    assert_eq!(
        hinted[0],
        "Hints, kept by the coordinator (active): What a replica misses is kept [by the coordinator] as a hint, but no new ones once it has been down for [3 h], \
         [even if it comes and goes]. Hints reach the disk within [10 s]. Every [10 s] the keeper looks who is back; replay begins [then], \
         in pages of [512 KiB], [at most] [1 MiB] a second shared with the other nodes, to [2] at once. It [goes on]. \
         Hints for one replica get [all the room they need]. Writes are taken [whatever waits in memory]. A hint lives [as long as tombstones do]."
    );
    assert!(
        hinted[1].starts_with("Stand-ins, the next healthy node (active)") && hinted[1].contains("left alone for [1 min]"),
        "{}",
        hinted[1]
    );
    let checked = told(r#"{"settings": {"integrity": {"checksum": "replica", "scrub": {"every": "10s", "rate": 1024}}}}"#);
    assert_eq!(
        checked[4],
        "Checksums, made by each replica, scrubbed (active): Checksums of values are made by [each replica]. \
         [Reads check them]; a value that does not fit is [given up and fetched anew]. \
         [Each node scrubs] what it holds every [10 s], at [1 KiB] a second."
    );
    assert!(hinted[7].starts_with("Rules to break, some are broken (active)"), "{}", hinted[7]);
}

#[test]
fn everything_about_hints_writes_and_reads_takes_effect() {
    let config = r#"{"settings": {
        "hints": {"keeper": {"consistent": 3}, "lifetime": "1h", "room": 4096, "overload": 50},
        "fallback": {"stand-in": "partition"},
        "write": {"coordinate": {"replica": {"patience": "1s"}}, "durable": "ONE", "confirms": 2},
        "read": {"contact": {"chance": {"all-ppm": 100000, "zone-ppm": 0}}, "speculate": {"percentile": 990}, "additional-write": "80ms", "repair": {"bounded": "40ms"}}}}"#;
    let checked = r#"{"settings": {"integrity": {"checksum": "writer", "scrub": {"every": "10s", "rate": 4096}}}}"#;
    assert_eq!(changeable(checked), changeable("{}") + 5);
    assert_eq!(changeable(config), 87);
    let adaptive = r#"{"settings": {"read": {"contact": {"adaptive": {"low-ppm": 10000, "high-ppm": 900000}}, "speculate": {"after": "30ms"}, "proximity": "prefix"}}}"#;
    assert_eq!(changeable(adaptive), 63);
}

#[test]
fn everything_about_sweeps_and_disks_takes_effect() {
    let config = r#"{"settings": {"disk": {"sweep-share-ppm": 200000}, "sweeps": {"schedule": {"every": "10s", "jitter": "1s"},
        "queue": {"segments": 2, "intensity-ppm": 500000}, "caps": {"node": 1000, "zone": 2000}}}}"#;
    let usual = changeable("{}");
    // When, how often, how much later, with or without a queue; eight of the queue; two caps; and five of the disk.
    assert_eq!(changeable(config), usual + 4 + 8 + 2 + 5);
    let Some(group) = groups(&session(config)).into_iter().find(|g| g.id == "sweeps") else { panic!("there is one") };
    assert_eq!((group.brief, group.active), ("by themselves, range by range", true));
}

#[test]
fn sizes_and_shares_step_and_read_back() {
    let size = Number { id: "x", label: "room", value: 1 << 20, least: 1, most: 1 << 40, unit: Unit::Bytes };
    assert_eq!(
        (size.shown().as_str(), size.stepped(1 << 20, 1), size.stepped(1000, 1), size.stepped(1000, -1)),
        ("1 MiB", 1 << 21, 1024, 512)
    );
    assert_eq!((size.read("512 KiB"), size.read("700"), size.read("1.5 mib")), (Ok(1 << 19), Ok(700), Ok(3 << 19)));
    assert!(size.read("512 KB").is_err() && size.read("0 B").is_err() && size.read("-1").is_err());
    let share = Number { id: "x", label: "share", value: 100_000, least: 0, most: 1_000_000, unit: Unit::Share };
    assert_eq!(
        (share.shown().as_str(), share.stepped(100_000, 1), share.stepped(100_000, -1), share.read("99.5 %")),
        ("10 %", 150_000, 90_000, Ok(995_000))
    );
    for ppm in [0, 1_000, 20_000, 100_000, 500_000, 900_000, 990_000, 1_000_000] {
        assert_eq!(share.stepped(share.stepped(ppm, 1), -1).min(999_000), ppm.min(999_000), "there and back from {ppm}");
    }
}

#[test]
fn a_longer_interval_takes_its_bounds_along() {
    let s = session(r#"{"settings": {"detector": {"heartbeat": {"every": "200ms", "timeout": "450ms"}}}}"#);
    let every = change(&s, "beat-every", 1_000_000);
    assert_eq!(every, Some(Change::Setting(Setting::Detector(Detector::Heartbeat { every: Micros::secs(1), timeout: Micros::secs(1) }))));
    let low = change(&s, "latency-low", 50_000);
    let latency = Latency::Uniform { low: Micros::ms(50), high: Micros::ms(50) };
    assert_eq!(low, Some(Change::Network(NetworkConfig { latency, ..NetworkConfig::default() })));
}

#[test]
fn numbers_step_and_are_read_within_their_bounds() {
    let n = Number { id: "x", label: "patience", value: 450_000, least: 1_000, most: LIMITS.span.0, unit: Unit::Span };
    assert_eq!(
        (n.stepped(450_000, 1), n.stepped(450_000, -1), n.stepped(500_000, 3), n.stepped(1_000, -1)),
        (500_000, 200_000, 5_000_000, 1_000)
    );
    assert_eq!((n.read("80 ms"), n.read("1.5s"), n.read("20")), (Ok(80_000), Ok(1_500_000), Ok(20_000)));
    let refused = n.read("0 ms").expect_err("too short");
    assert!(refused.starts_with("Patience: ") && refused.contains("1 ms to 400 d"), "{refused}");
    for nonsense in ["", "ms", "1..5 s", "-3 s", "1 fortnight", "99999999999999999999 d", "1.1234567 s"] {
        assert!(n.read(nonsense).is_err(), "{nonsense}");
    }
    let copies = Number { id: "x", label: "copies", value: 3, least: 1, most: 100, unit: Unit::Count };
    assert_eq!((copies.stepped(100, 1), copies.stepped(1, -1), copies.read(" 5 ")), (100, 1, Ok(5)));
    assert!(copies.read("0").is_err() && copies.read("three").is_err() && copies.read("101").is_err());
}

#[test]
fn shown_times_read_back_as_themselves() {
    for us in [0, 1, 100, 1_500, 1_234, 450_000, 450_001, 1_500_000, 1_234_567, 60_000_000, 61_000_000, 90_000_000, 86_400_000_000] {
        assert_eq!(read_span(&exact(Micros(us))), Ok(Micros(us)), "{}", exact(Micros(us)));
    }
}

#[test]
fn shares_and_offsets() {
    assert_eq!((read_per_cent("2.5"), read_per_cent("100 %"), read_per_cent("0")), (Ok(25_000), Ok(1_000_000), Ok(0)));
    assert!(read_per_cent("101").is_err() && read_per_cent("x").is_err() && read_per_cent("-1").is_err());
    assert_eq!((per_cent_field(25_000), per_cent_field(0)), ("2.5".to_owned(), "0".to_owned()));
    assert_eq!(
        (read_offset("+80 ms"), read_offset("-1.5 s"), read_offset("\u{2212}2 s"), read_offset("0")),
        (Ok(80_000), Ok(-1_500_000), Ok(-2_000_000), Ok(0))
    );
    assert!(read_offset("--1 s").is_err() && read_offset("500 d").is_err());
}

#[test]
fn copies_can_be_counted_zone_by_zone() {
    let zoned = r#"{"topology": {"zones": [{"name": "north"}, {"name": "south"}]}}"#;
    let mut s = session(zoned);
    let start = "6 nodes share the ring, with one token each. There are 2 zones: A to C in north and D to F in south. \
                 Each key lives on [3] nodes, [wherever they stand]. A write waits for [2 (QUORUM)], a read for [2 (QUORUM)].";
    assert!(text(&s).starts_with(start), "{}", text(&s));
    let options = sentences(&s)
        .into_iter()
        .flatten()
        .find_map(|p| if let Part::Choice(c) = p { (c.id == "spread").then_some(c.options) } else { None });
    apply(&mut s, options.expect("a choice")[1].1);
    assert!(text(&s).contains("on [2] nodes of north and [1] of south, [counted zone by zone]."), "{}", text(&s));
    let more = change(&s, "replicas-2", 3).expect("there are two zones");
    apply(&mut s, more);
    assert!(text(&s).contains("on [2] nodes of north and [3] of south") && text(&s).contains("waits for [3 (QUORUM)]"), "{}", text(&s));
    assert_eq!((change(&s, "replicas-3", 1), change(&s, "replicas-2", 300)), (None, None));
    assert!(!sentences(&session("{}")).into_iter().flatten().any(|p| matches!(p, Part::Choice(c) if c.id == "spread")));
}

#[test]
fn the_number_of_nodes_changes_from_the_start_unless_a_command_needs_one_that_is_gone() {
    let mut session = session(r#"{"nodes": 6}"#);
    let number = ring(&session).into_iter().find_map(|p| if let Part::Number(n) = p { Some(n) } else { None }).expect("a number");
    assert_eq!((number.value, number.most), (6, u64::from(LIMITS.nodes)));
    let Some(Change::Nodes(nodes)) = change(&session, number.id, 9) else { panic!("a change of nodes") };
    session.from_start(|c| c.nodes = nodes).expect("nine nodes are within bounds");
    assert_eq!((session.world().hosts().len(), session.branches().len()), (9, 2));
    session.act(Command::Crash { node: crate::engine::base::NodeId(8) }).expect("there is a ninth node");
    let refused = session.from_start(|c| c.nodes = 4);
    assert!(refused.is_err(), "the crash of a node that is not there");
    assert_eq!((session.world().hosts().len(), session.branches().len()), (9, 2), "the work at hand is kept");
}
