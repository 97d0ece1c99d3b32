//! Read repair, unit 3 of the syllabus: when, of whom, by what chance, at what price, and what it does not give.

use drift::engine::node::{Body, Note};
use drift::engine::world::EventKind;

use crate::run::{Played, Run, key_on};

/// The worked case: N = 3, W = 2, R = 2; A and B take x = 1 while C is cut off.
fn worked() -> Run {
    Run::of(3).at("0s", "cut C").at("1s", "c0 A write x 1").at("5s", "mend-all")
}

fn repairs(run: &Played) -> usize {
    run.sent(|m| matches!(m.body, Body::Repair { .. })).len()
}

#[test]
fn a_replica_that_comes_back_learns_nothing_until_somebody_reads() {
    let mut run = worked().at("1h", "c1 B read x").end("2h").play();
    assert_eq!(run.outcomes(), ["written", "value 1"], "W + R > N: consistent all along");
    assert_eq!(run.held_at("59min", "x"), "A=1 B=1 C=-", "C is back for an hour, and has not learned it");
    let contacts = |k: &EventKind| if let EventKind::Note(Note::Chose { asked, .. }) = k { Some(asked.len()) } else { None };
    assert_eq!(run.log.iter().filter_map(|e| contacts(&e.kind)).collect::<Vec<_>>(), [3, 2], "all are written to, two are read");
    // From B and C: B wins, C is mended, and the client need not have waited for that.
    let read =
        |mode: &str| worked().with("repair", mode).at("6s", "crash A").at("6s", "set detector 50ms 150ms").at("8s", "c1 B read x").play();
    let (blocking, asynchronous) = (read("blocking"), read("asynchronous"));
    assert_eq!([blocking.outcomes(), asynchronous.outcomes()], [["written", "value 1"], ["written", "value 1"]]);
    assert_eq!([blocking.held("x"), asynchronous.held("x")], ["A=1 B=1 C=1", "A=1 B=1 C=1"]);
    assert_eq!(blocking.took_ms(1) - asynchronous.took_ms(1), 20, "waiting for C costs one way there and back");
}

#[test]
fn v5_v3_v5_sends_one_repair_to_the_one_behind() {
    let mut run = Run::of(3);
    for i in 1..=3 {
        run = run.at(&format!("{i}00ms"), &format!("c0 A write k v{i} ALL"));
    }
    let run = run
        .at("1s", "cut B")
        .at("2s", "c0 A write k v4")
        .at("5s", "c0 A write k v5")
        .at("8s", "mend-all")
        .at("9s", "c1 A read k ALL")
        .play();
    assert_eq!(run.outcomes()[5], "value v5");
    let sent = run.sent(|m| matches!(m.body, Body::Repair { .. }));
    assert_eq!(sent.iter().map(|m| m.to.to_string()).collect::<Vec<_>>(), ["B"], "A and C are not written to");
    assert_eq!(run.held("k"), "A=v5 B=v5 C=v5");
}

/// Timing is a policy. C, which is slow, is behind; the read is at ALL, or at a quorum with everybody asked (hybrid).
#[test]
fn how_long_the_client_waits_is_a_policy() {
    let key = key_on(3, "ABC");
    let read = |mode: &str, contact: &str, level: &str| {
        let run = Run::of(3).with("repair", mode).with("read.contact", contact).with("digests", "off").at("0s", "cut C");
        let run = run.at("1s", &format!("c0 A write {key} 1")).at("5s", "mend-all").at("5s", "slow C 500ms");
        let run = run.at("6s", &format!("c1 A read {key} {level}")).end("12s").play();
        assert_eq!(run.outcomes(), ["written", "value 1"]);
        assert_eq!(run.sent(|m| matches!(m.body, Body::Reply { .. })).len(), 2, "the client is told once");
        (run.took_ms(1), run.held(&key))
    };
    let all = || "A=1 B=1 C=1".to_owned();
    // 10 ms there, 1,020 ms for C's row, 1,020 ms for its confirmation, 10 ms back.
    assert_eq!(read("blocking", "level", "ALL"), (2_060, all()));
    assert_eq!(read(r#"{"bounded":"100ms"}"#, "level", "ALL"), (1_140, all()));
    assert_eq!(read("asynchronous", "level", "ALL"), (1_040, all()));
    assert_eq!(read("asynchronous", "everyone", "QUORUM"), (40, all()));
    assert_eq!(read("asynchronous", "level", "QUORUM"), (40, "A=1 B=1 C=-".to_owned()), "who is not asked is not mended");
}

/// Blocking repair makes quorum reads monotonic, and costs availability; repair after the answer loses that.
#[test]
fn blocking_is_monotonic_and_can_be_unavailable() {
    // A alone has "new". The first read finds it, and its repair of B is lost; the second asks B and C.
    let key = key_on(3, "BCA");
    let story = |mode: &str| {
        let run = Run::of(3).with("repair", mode).with("read-timeout", "500ms").at("0s", &format!("c0 A write {key} old ALL"));
        let run = run.at("1s", "cut A c0").at("2s", &format!("c0 A write {key} new ONE")).at("5s", "mend-all");
        let run = run.at("6s", &format!("c1 A read {key}")).at("6051ms", "cut-link A B").at("6051ms", "cut-link A C");
        let run = run.at("8s", &format!("c1 B read {key}")).end("12s").play();
        (run.outcomes()[2..].to_vec(), run.report.checks.went_back.len())
    };
    assert_eq!(
        story("blocking"),
        (vec!["timed-out 1/2".to_owned(), "value old".to_owned()], 0),
        "no answer rather than one that may be taken back"
    );
    assert_eq!(story("asynchronous"), (vec!["value new".to_owned(), "value old".to_owned()], 1), "an answer, and then back in time");
    assert_eq!(story("off"), (vec!["value new".to_owned(), "value old".to_owned()], 1));
}

/// Whom a read asks and mends is a preset's policy: as many as the level needs, or all.
#[test]
fn as_many_as_the_level_needs_or_all() {
    let key = key_on(3, "ABC");
    let read = |preset: &str| {
        let run =
            Run::of(3).like(preset).even().with("hints.keeper", "nobody").with("fallback.stand-in", "nobody").with("detector", "none");
        let run = run.with("sync", "every-write").with("write.coordinate", "anyone").with("write-timeout", "300ms");
        let run = run.at("0s", &format!("c0 A write {key} old ALL")).at("1s", "cut C").at("2s", &format!("c0 A write {key} new"));
        let run = run.at("5s", "mend-all").at("5s", "slow C 100ms").at("6s", &format!("c1 A read {key}")).end("30s").play();
        assert_eq!(
            (run.outcomes(), run.took_ms(2)),
            (vec!["written".to_owned(), "written".to_owned(), "value new".to_owned()], 40),
            "{preset}"
        );
        run.held(&key)
    };
    assert_eq!(read("cassandra"), "A=new B=new C=old", "C is not asked");
    assert_eq!([read("riak"), read("dynamo")], ["A=new B=new C=new"; 2], "C is asked and mended, and keeps nobody waiting");
}

/// By chance, one read in ten: a hot key is mended soon, and not by each of many readers; a key that is read once may stay behind for ever.
#[test]
fn a_chance_mends_hot_keys_and_leaves_cold_ones() {
    let story = |contact: &str| {
        let mut run = Run::of(3).with("read.contact", contact).with("repair", "asynchronous").at("0s", "cut C");
        for i in 0..20 {
            run = run.at(&format!("{}ms", 1_000 + i), &format!("c0 A write cold{i} v"));
        }
        run = run.at("1500ms", "c0 A write hot v").at("5s", "mend-all");
        for i in 0..20 {
            run = run.at(&format!("{}ms", 6_000 + i), &format!("c1 A read cold{i} ONE"));
        }
        for i in 0..60 {
            run = run.at(&format!("{}ms", 7_000 + 100 * i), "c1 A read hot ONE");
        }
        // Nothing but reads of A: who else is behind stays so unless by chance.
        run.end("1h").play()
    };
    let chance = |ppm: u32| story(&format!(r#"{{"chance":{{"all-ppm":{ppm},"zone-ppm":0}}}}"#));
    let (never, some, always) = (chance(0), chance(100_000), chance(1_000_000));
    let behind = |run: &Played| (0..20).filter(|i| run.held(&format!("cold{i}")).ends_with('-')).count();
    assert_eq!((behind(&never), never.held("hot").as_str()), (20, "A=v B=v C=-"), "reads of one replica compare nothing");
    assert_eq!((behind(&always), always.held("hot").as_str()), (0, "A=v B=v C=v"));
    assert_eq!(some.held("hot"), "A=v B=v C=v", "sixty readers, one in ten looks");
    assert!((10..20).contains(&behind(&some)), "most cold keys were unlucky, and no one reads them again: {}", behind(&some));
    let messages = |run: &Played| run.report.metrics.reads.messages;
    assert!(messages(&never) < messages(&some) && messages(&some) < messages(&always), "the chance is what it costs");
}

/// Many read a stale hot key at once: each repairs it, unless only some look.
#[test]
fn many_readers_repair_a_hot_key_many_times() {
    let story = |contact: &str| {
        let mut run = worked().with("read.contact", contact).with("repair", "asynchronous");
        for i in 0..30 {
            run = run.at(&format!("{}us", 6_000_000 + i), "c1 A read x ONE");
        }
        let run = run.play();
        (repairs(&run), run.count(|k| matches!(k, EventKind::Applied(a) if a.by == drift::engine::node::Traffic::Repair && a.change == drift::engine::data::Change::Stored)))
    };
    let (all, stored) = story("everyone");
    assert_eq!((all, stored), (30, 1), "thirty repairs, of which one was needed");
    let (few, _) = story(r#"{"chance":{"all-ppm":100000,"zone-ppm":0}}"#);
    assert!((1..15).contains(&few), "{few}");
}

/// Adaptive: the chance doubles with each mismatch found and fades with each match.
#[test]
fn an_adaptive_chance_rises_where_copies_differ() {
    let story = |stale: bool| {
        let mut run =
            Run::of(3).with("read.contact", r#"{"adaptive":{"low-ppm":50000,"high-ppm":1000000}}"#).with("repair", "asynchronous");
        if stale {
            run = run.at("0s", "cut C");
        }
        for i in 0..150 {
            run = run.at(&format!("{}ms", 100 + i), &format!("c0 A write k{i} v"));
        }
        run = run.at("4s", "mend-all");
        for i in 0..150 {
            run = run.at(&format!("{}ms", 5_000 + 50 * i), &format!("c1 A read k{i} ONE"));
        }
        let run = run.end("15s").play();
        run.notes(|n| matches!(n, Note::Chose { required: 1, asked, .. } if asked.len() == 3))
    };
    let (agree, differ) = (story(false), story(true));
    assert!(agree < 20, "one in twenty while all is well: {agree}");
    assert!(differ > 60, "after the first mismatches almost every read looks: {differ}");
}

/// Its price: reads, writes and bytes that a cluster without it does not spend.
#[test]
fn repair_has_a_price() {
    let story = |mode: &str| {
        let mut run = Run::of(3).with("repair", mode).at("0s", "cut C");
        for i in 0..20 {
            run = run.at(&format!("{}ms", 1_000 + i), &format!("c0 A write k{i} v"));
        }
        run = run.at("5s", "mend-all");
        for i in 0..20 {
            run = run.at(&format!("{}ms", 6_000 + 20 * i), &format!("c1 A read k{i} ALL"));
        }
        run.play()
    };
    let (with, without) = (story("blocking"), story("off"));
    assert_eq!(with.outcomes(), without.outcomes(), "the reader is told the same either way");
    assert_eq!((with.report.stale_keys, without.report.stale_keys), (0, 20));
    assert_eq!(
        (with.report.traffic["repair"].messages, without.report.traffic["repair"].messages),
        (40, 0),
        "a repair and a confirmation each"
    );
    let bytes = |run: &Played| run.report.metrics.reads.bytes;
    assert!(bytes(&with) > bytes(&without));
    let last = with.report.operations.len() - 1;
    assert!(with.took_ms(last) >= without.took_ms(last));
}

/// Without a coordinator: the client reads replicas itself, takes the newest, and writes it back.
#[test]
fn a_client_can_repair_by_itself() {
    let read = |direct: &str| worked().with("client.direct", direct).at("6s", "c1 C read x QUORUM").play();
    let (off, everyone) = (read("off"), read("everyone"));
    assert_eq!([off.outcomes(), everyone.outcomes()], [["written", "value 1"], ["written", "value 1"]]);
    assert_eq!(everyone.held("x"), "A=1 B=1 C=1");
    let from_client =
        |run: &Played| run.sent(|m| matches!(m.body, Body::Repair { .. } | Body::Write { .. }) && m.from.to_string() == "c1").len();
    assert!(from_client(&everyone) >= 1 && from_client(&off) == 0, "the client itself writes it back");
    assert_eq!(everyone.sent(|m| matches!(m.body, Body::Request(_))).len(), 1, "only the write went through a coordinator");
}

/// Repair is about replicas. What a client has written it may not read, whatever the repair; its session sees to that.
#[test]
fn read_your_writes_is_the_sessions_not_the_repairs() {
    let story = |mode: &str, session: &str| {
        let run = Run::of(3).with("repair", mode).with("client.read-your-writes", session).with("write-timeout", "300ms");
        let run = run.at("0s", "c0 A write k old ALL").at("1s", "cut C").at("2s", "c0 A write k mine ONE").at("3s", "mend-all");
        run.at("4s", "c0 C read k ONE").play()
    };
    for mode in ["blocking", "asynchronous", "off"] {
        let plain = story(mode, "false");
        assert_eq!(plain.outcomes()[2], "value old", "repair {mode}");
        assert_eq!(plain.report.checks.own_writes_missed.len(), 1);
        let session = story(mode, "true");
        assert_eq!(session.outcomes()[2], "value mine", "it asked another coordinator");
        assert_eq!((session.report.checks.own_writes_missed.len(), session.report.operations[2].attempts.len()), (0, 1));
    }
}

/// A client that goes back in time at ONE, and two cures: monotonic reads, and staying with one coordinator.
#[test]
fn a_client_goes_back_in_time_and_two_cures() {
    let story = |setting: &str| {
        let run = Run::of(3).with("repair", "off");
        let run = if setting.is_empty() { run } else { run.with(setting, "true") };
        let run = run.at("0s", "c0 A write k old ALL").at("1s", "cut C").at("2s", "c0 A write k new").at("5s", "mend-all");
        let run = run.at("6s", "c1 A read k ONE").at("7s", "c1 C read k ONE").play();
        (run.outcomes()[2..].to_vec(), run.report.checks.went_back.len())
    };
    let both = |a: &str, b: &str| vec![format!("value {a}"), format!("value {b}")];
    assert_eq!(story(""), (both("new", "old"), 1));
    assert_eq!(story("client.monotonic-reads"), (both("new", "new"), 0));
    assert_eq!(story("client.sticky"), (both("new", "new"), 0));
}

/// The quiz on timing: before or after the answer, either can be right. Both mend; the goal decides.
#[test]
fn before_or_after_either_mends_under_any_load() {
    for mode in ["blocking", "asynchronous"] {
        let mut run = worked().with("repair", mode);
        for i in 0..10 {
            run = run.at(&format!("{}ms", 6_000 + 100 * i), "c1 C read x");
        }
        let run = run.play();
        assert_eq!((run.report.stale_keys, run.held("x").as_str()), (0, "A=1 B=1 C=1"), "{mode}");
        assert!(repairs(&run) == 1 && run.outcomes()[1..].iter().all(|o| o == "value 1"), "{mode}: once mended it costs nothing more");
    }
}

/// A fixed prefix of replicas is asked (a misbehaviour): the last replica of a key is never read, never found behind.
#[test]
fn a_fixed_prefix_never_finds_the_last_one() {
    let key = key_on(3, "ABC");
    let story = |order: &str| {
        let mut run =
            Run::of(3).with("read.proximity", order).at("0s", "cut C").at("1s", &format!("c0 A write {key} v")).at("5s", "mend-all");
        for i in 0..10 {
            run = run.at(&format!("{}ms", 6_000 + 100 * i), &format!("c1 C read {key}"));
        }
        run.play().held(&key)
    };
    assert_eq!([story("ring"), story("prefix")], ["A=v B=v C=v", "A=v B=v C=-"]);
}
