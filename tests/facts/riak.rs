//! Riak KV 3.0: what W, DW, PW, R, PR and their friends ask for. Files are of riak_kv unless another project is named.

use drift::engine::node::sweeps::{Say, SegmentSay};
use drift::engine::node::{Body, Method, Note, Segments, SweepPolicy, SweepSettings};
use drift::engine::observe::Sweeps;
use drift::engine::sweep::{Combine, LeafContent};
use drift::engine::world::EventKind;

use crate::run::{Played, Run, key_on};

/// Five machines, one token each: the key lies on A, B, C; D and E can stand in. N = 3.
fn five() -> (Run, String) {
    let run = Run::of(5).with("fallback.stand-in", "next-healthy").with("detector", "50ms 150ms").with("write.local-first", "true");
    (run, key_on(5, "ABC"))
}

/// `riak_kv_put_core`: enough is W, DW, PW and node_confirms together; PW counts primaries, DW and W anyone; what the nodes believed up cannot give is
/// refused at once (`riak_kv_put_fsm:validate`).
#[test]
fn a_write_needs_w_and_dw_and_pw_and_confirms() {
    let write = |down: &str, settings: &[(&str, &str)]| {
        let (mut run, key) = five();
        for node in down.split_whitespace() {
            run = run.at("0s", &format!("crash {node}"));
        }
        for (name, value) in settings {
            run = run.with(name, value);
        }
        run.at("1s", &format!("c0 A write {key} v")).end("4s").play().outcomes().remove(0)
    };
    type Case = (&'static str, &'static [(&'static str, &'static str)], &'static str);
    let table: [Case; 13] = [
        ("", &[("write-level", "3"), ("write.durable", "3"), ("write.primary", "3"), ("write.confirms", "3")], "written"),
        ("B", &[("write-level", "3")], "written"),
        ("B", &[("write.durable", "3")], "written"),
        ("B", &[("write.primary", "2")], "written"),
        ("B", &[("write.primary", "3")], "unavailable 2/3"),
        ("B", &[("write.confirms", "3")], "written"),
        ("B C", &[("write-level", "3")], "written"),
        ("B C", &[("write.primary", "1")], "written"),
        ("B C", &[("write.primary", "QUORUM")], "unavailable 1/2"),
        ("B C D", &[("write-level", "2")], "written"),
        ("B C D", &[("write-level", "3")], "unavailable 2/3"),
        ("B C D", &[("write.durable", "3")], "unavailable 2/3"),
        ("B C D E", &[("write-level", "1")], "written"),
    ];
    for (down, settings, outcome) in table {
        assert_eq!(write(down, settings), outcome, "down: {down}, {settings:?}");
    }
}

/// Same place, `count_physically_diverse`: two partitions on one machine confirm once. Three machines, B down: A stands in for B beside its own.
#[test]
fn confirms_counts_machines() {
    let key = key_on(3, "ABC");
    let write = |name: &str| {
        let run = Run::of(3).partitions(4).with("fallback.stand-in", "partition").with("detector", "50ms 150ms").at("0s", "crash B");
        let run = run.with("write-level", "QUORUM").with(name, "3").at("1s", &format!("c0 A write {key} v")).end("4s").play();
        (run.outcomes().remove(0), run.guests(&key).is_empty())
    };
    assert_eq!(write("write.durable"), ("written".to_owned(), false), "one of the three copies is a guest on a machine that has one");
    assert_eq!(write("write.confirms"), ("unavailable 2/3".to_owned(), true));
}

/// Same place, `num_node_confirms`: only stored copies confirm, here those on disk.
#[test]
fn confirms_counts_what_is_stored() {
    let write = |durable: &str| {
        let (run, key) = five();
        let run = run.with("sync", "400ms").with("write-level", "ONE").with("write.confirms", "3").with("write.durable", durable);
        run.at("1s", &format!("c0 A write {key} v")).end("4s").play().took_ms(0)
    };
    assert!(write("ONE") > 400 && write("ALL") == write("ONE"), "three machines, each after its own visit to the disk");
}

/// `riak_kv_put_fsm`: the coordinating node stores first, and only then sends to the others; W counts what is received, DW what is stored.
#[test]
fn the_coordinator_stores_first_and_dw_waits_for_the_disk() {
    let (run, key) = five();
    let write = format!("c0 A write {key} v");
    let plain = run.clone().at("1s", &write).play();
    let place = |run: &Played, test: fn(&EventKind) -> bool| run.place(test);
    let stored = place(&plain, |k| matches!(k, EventKind::Applied(_)));
    let sent =
        plain.log.iter().position(|e| matches!(&e.kind, EventKind::Sent(m) if matches!(m.body, Body::Write { .. }) && m.from != m.to));
    assert!(Some(stored) < sent && plain.noted(|n| *n == Note::LocalFirst));
    let lazy = run.with("sync", "400ms");
    let (w, dw) = (lazy.clone().at("1s", &write).play(), lazy.with("write.durable", "QUORUM").at("1s", &write).play());
    assert!(w.took_ms(0) < 50 && dw.took_ms(0) > 400, "{} and {} ms", w.took_ms(0), dw.took_ms(0));
    assert_eq!([w.outcomes(), dw.outcomes()], [["written"], ["written"]]);
}

/// `riak_kv_put_fsm`, `put_coordinator_failure_timeout`: a node outside the preference list passes the write on, and to the next one after 3 s without
/// word.
#[test]
fn a_write_is_passed_on_to_a_replica() {
    let (run, key) = five();
    let run = run.with("detector", "none").with("write.coordinate", r#"{"replica":{"patience":"3s"}}"#).with("write-timeout", "60s");
    let write = format!("c0 E write {key} v");
    let quick = run.clone().at("1s", &write).play();
    assert!(quick.noted(|n| matches!(n, Note::Forwarded { to } if to.to_string() == "A")) && quick.took_ms(0) < 60);
    let slow = run.at("0s", "crash A").at("1s", &write).end("15s").play();
    assert_eq!(slow.notes(|n| matches!(n, Note::Forwarded { .. })), 2);
    assert!((3_000..3_080).contains(&slow.took_ms(0)), "{}", slow.took_ms(0));
    assert_eq!([quick.outcomes(), slow.outcomes()], [["written"], ["written"]]);
    assert_eq!((quick.held(&key).as_str(), slow.held(&key).as_str()), ("A=v B=v C=v", "A=- B=v C=v"));
}

/// Reads of all N, answered at R; C answers 1 s late.
fn reading() -> (Run, String) {
    let (run, key) = five();
    let run = run.with("read.contact", "everyone").with("digests", "off").with("repair", "asynchronous").with("detector", "none");
    (run.at("0s", "slow C 500ms"), key)
}

/// `riak_kv_get_core:enough`, `riak_kv_get_fsm` (FailThreshold): with notfound_ok "not found" counts towards R; without it, it counts as a failure, and
/// N - max(R, PR) + 1 of them end the read; basic_quorum ends it at a majority. Nobody has the key.
#[test]
fn how_many_not_founds_end_a_read() {
    let read = |ok: &str, basic: &str, r: &str| {
        let (run, key) = reading();
        let run = run.with("read.absent-counts", ok).with("read.basic-quorum", basic).with("read-level", r);
        let run = run.at("1s", &format!("c0 A read {key}")).end("8s").play();
        assert_eq!(run.outcomes(), ["not-found"]);
        // A answers itself at once, B after 20 ms, C after a second.
        match run.took_ms(0) {
            20 => 1,
            40 => 2,
            1_040 => 3,
            other => panic!("{other} ms"),
        }
    };
    let table = [
        ("true", "false", "1", 1),
        ("true", "false", "2", 2),
        ("true", "false", "3", 3),
        ("false", "false", "1", 3),
        ("false", "true", "1", 2),
        ("false", "false", "2", 2),
        ("false", "true", "2", 2),
        ("false", "false", "3", 1),
        ("false", "true", "3", 1),
    ];
    for (ok, basic, r, answers) in table {
        assert_eq!(read(ok, basic, r), answers, "notfound_ok {ok}, basic_quorum {basic}, R {r}");
    }
}

/// `riak_kv_get_core:response`: "not found" is the answer only if nobody has found anything; otherwise R is not met, which is an error.
#[test]
fn too_few_values_are_an_error_and_not_a_not_found() {
    let read = |ok: &str, r: &str| {
        let (run, key) = reading();
        let run =
            run.with("fallback.stand-in", "nobody").with("read.absent-counts", ok).with("read-level", r).with("write-timeout", "300ms");
        let run = run.at("0s", "cut B C D E").at("1s", &format!("c0 A write {key} v ONE")).at("2s", "mend-all");
        let run = run.at("3s", &format!("c0 A read {key}")).end("9s").play();
        (run.outcomes().remove(1), run.held(&key))
    };
    let all = "A=v B=v C=v".to_owned();
    assert_eq!(read("true", "2"), ("value v".to_owned(), all.clone()));
    assert_eq!(read("false", "1"), ("value v".to_owned(), all.clone()));
    assert_eq!(read("false", "2"), ("timed-out 1/2".to_owned(), all), "one value and two without: R = 2 cannot be met any more");
}

/// `riak_kv_get_core`: PR counts answers of primaries; what the primaries believed up cannot give is refused at once.
#[test]
fn pr_counts_primaries_only() {
    let read = |down: &str, pr: &str| {
        let (mut run, key) = five();
        run = run
            .with("read.contact", "everyone")
            .with("digests", "off")
            .with("read.primary", pr)
            .at("0s", &format!("c0 A write {key} v ALL"));
        for node in down.split_whitespace() {
            run = run.at("1s", &format!("crash {node}"));
        }
        run.at("3s", &format!("c0 A read {key}")).end("9s").play().outcomes().remove(1)
    };
    assert_eq!([read("", "3"), read("B", "2"), read("B C", "1")], ["value v"; 3]);
    assert_eq!([read("B", "3"), read("B C", "2")], ["unavailable 2/3", "unavailable 1/2"]);
}

/// `riak_kv_get_fsm`: the client is answered at R; when all N have answered, whoever was behind is mended.
#[test]
fn repair_comes_after_the_answer_and_reaches_all() {
    let (run, key) = reading();
    let run =
        run.with("fallback.stand-in", "nobody").with("write-timeout", "300ms").at("0s", "cut C").at("1s", &format!("c0 A write {key} v"));
    let run = run.at("2s", "mend-all").at("3s", &format!("c0 A read {key}")).end("9s").play();
    assert_eq!((run.outcomes()[1].as_str(), run.took_ms(1)), ("value v", 40));
    let (answered, _) = run.note_at(|n| matches!(n, Note::Lingers { .. })).expect("it waits for C");
    let (repaired, _) = run.note_at(|n| matches!(n, Note::RepairStarted { .. })).expect("C is behind");
    assert_eq!((answered, repaired), (3_030, 4_030));
    assert_eq!(run.held(&key), "A=v B=v C=v");
}

/// riak_core, `riak_core_vnode_manager`, `riak_core_vnode`: handoff is looked for every 10 s and begins when the owner is up and the copies have been
/// left alone for 60 s; the stand-in deletes only what the owner has confirmed.
#[test]
fn handoff_waits_for_the_owner_and_for_quiet() {
    let (run, key) = five();
    let write = |at: &str| (at.to_owned(), format!("c0 A write {key} v{at}"));
    let story = |writes: &[(String, String)]| {
        let mut run = run.clone().chatter("counted").at("0s", "crash B");
        for (at, what) in writes {
            run = run.at(at, what);
        }
        run.at("20s", "restart B").end("140s").play()
    };
    let one = story(&[write("1s")]);
    let started = |run: &Played| run.note_at(|n| matches!(n, Note::HandoffStarted { .. })).expect("it begins");
    assert_eq!(started(&one), (61_020, "D".to_owned()), "60 s after the write, at the sixth look");
    assert_eq!((one.held(&key).as_str(), one.guests(&key).as_str()), ("A=v1s B=v1s C=v1s", ""));
    let two = story(&[write("1s"), write("15s")]);
    assert_eq!(started(&two).0, 81_020, "60 s after the last write");
}

/// riak_core, `docs/hashtree.md`: with 1,024 × 1,024 segments one differing key costs the exchange of three buckets of hashes and of the keys of
/// one segment; equal trees cost one hash.
#[test]
fn one_differing_key_costs_three_buckets_and_a_segment() {
    let key = key_on(4, "AB");
    let run = Run::of(4).with("replicas", "2").with("repair", "off").at("0s", "preload 2000 seed 3").at("1s", "cut B");
    let run = run.at("2s", &format!("c0 A write {key} new ONE")).at("3s", "mend-all");
    let run = run.at("4s", r#"sweep A B {"method":"segments"}"#).end("9s").play();
    let count = |code: u8| run.sent(|m| matches!(&m.body, Body::Sweep { say, .. } if say_code(say) == code)).len();
    assert_eq!((count(2), count(3), count(4)), (3, 3, 1));
    let cost = Sweeps::of(&run.log).costs().next().expect("a sweep").clone();
    let levels: Vec<u64> = cost.levels.iter().map(|level| level.compared).collect();
    assert_eq!(levels[0], 1, "the root, then buckets of up to 1,024");
    assert!((300..=1_024).contains(&levels[1]) && levels[2] >= 1 && levels[2] < 10, "{levels:?}");
    assert_eq!((cost.keys_compared, cost.keys_differed), (1, 1));
    let run =
        Run::of(4).with("replicas", "2").at("0s", "preload 2000 seed 3").at("4s", r#"sweep A B {"method":"segments"}"#).end("9s").play();
    assert_eq!(run.sent(|m| matches!(&m.body, Body::Sweep { say, .. } if say_code(say) == 2)).len(), 1);
}

/// The code of a message of an exchange by segments; 0 of any other.
fn say_code(say: &Say) -> u8 {
    match say {
        Say::Segments(SegmentSay::Bucket { .. }) => 2,
        Say::Segments(SegmentSay::Hashes { .. }) => 3,
        Say::Segments(SegmentSay::Segment { .. }) => 4,
        _ => 0,
    }
}

/// riak_kv, `riak_kv_index_hashtree`: the hash of an object is that of its vector clock, so that values that differ under one clock look equal; a
/// width of 1,024, trees a week old are made anew (`anti_entropy_expire`), two exchanges at once (`anti_entropy_concurrency`).
#[test]
fn trees_of_segments_have_riaks_values() {
    let (segments, sweeps) = (Segments::default(), SweepSettings::default());
    assert_eq!((segments.width, segments.expire), (1_024, "7d".parse().expect("a span")));
    assert_eq!(sweeps.at_once, 2);
    let tree = SweepPolicy { method: Method::Segments, ..SweepPolicy::default() }.tree_of_segments();
    assert_eq!((tree.leaf, tree.combine, tree.leaves_for(0)), (LeafContent::Version, Combine::Hash, 1 << 20));
}
