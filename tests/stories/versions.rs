//! A version for every key goes across: exactly the rows that differ move, and the cost is that of all keys.

use drift::engine::base::Wire;
use drift::engine::node::sweeps::{Refusal, Say, SweepOutcome};
use drift::engine::node::{Body, Message};
use drift::engine::observe::{SweepCost, Sweeps};

use crate::run::{Played, Run};

const VERSIONS: &str = r#"{"method":"versions"}"#;

fn apart() -> Run {
    Run::of(3).with("repair", "off").at("1s", "cut C c1")
}

fn costs(played: &Played) -> Vec<SweepCost> {
    Sweeps::of(&played.log).costs().cloned().collect()
}

fn outcome(played: &Played, nth: usize) -> SweepOutcome {
    costs(played)[nth].ended.expect("it ended").1
}

/// What the messages say, in order: codes, those about versions counted from 51.
fn said(played: &Played) -> Vec<u8> {
    let code = |m: &&Message| match &m.body {
        Body::Sweep { say, .. } => match &**say {
            Say::Versions(versions) => 50 + versions.code(),
            say => say.code(),
        },
        _ => 0,
    };
    played.sent(|m| matches!(m.body, Body::Sweep { .. })).iter().map(code).collect()
}

#[test]
fn each_side_gets_exactly_what_is_newer_at_the_other() {
    let run = apart()
        .at("1s", "preload 50")
        .at("2s", "c0 A write j here ONE")
        .at("2s", "c0 A write k old ONE")
        .at("2100ms", "c1 C write k new ONE");
    let run = run.at("2200ms", "c1 C write l there ONE").at("3s", "mend-all").at("4s", &format!("sweep A C {VERSIONS}")).play();
    assert_eq!((run.held("j"), run.held("l")), ("A=here B=here C=here".to_owned(), "A=there B=- C=there".to_owned()));
    assert_eq!(run.held("k"), "A=new B=old C=new");
    // The call, word that it listens; for each of three ranges the versions, the rows that are newer there, the keys that are lacking;
    // then the row that was lacking, its confirmation, the end.
    assert_eq!(said(&run), [1, 51, 52, 52, 52, 9, 53, 9, 53, 9, 53, 9, 10, 11]);
    let cost = &costs(&run)[0];
    assert_eq!((cost.rows, cost.over_streamed, cost.keys_compared, cost.keys_differed), (3, 0, 53, 3));
    assert_eq!((outcome(&run, 0), cost.round_trips), (SweepOutcome::Repaired { pulled: 2, pushed: 1 }, 3));
}

#[test]
fn equal_replicas_still_pay_for_every_key() {
    let bytes = |keys: u32| {
        let run = Run::of(3).at("1s", &format!("preload {keys}")).at("2s", &format!("sweep A B {VERSIONS}")).play();
        assert_eq!((outcome(&run, 0), costs(&run)[0].rows), (SweepOutcome::Equal, 0));
        costs(&run)[0].bytes()
    };
    // A key's name with its length, one clock of twelve bytes, and how many clocks there are.
    let name = |i: u32| u64::from(format!("key-{i}").len() as u32 + 2 + 12 + 1);
    assert_eq!(bytes(100) - bytes(50), (50..100).map(name).sum::<u64>());
    assert!(bytes(3_000) > bytes(2_000) + 1_000 * 20, "in several messages too");
}

#[test]
fn bytes_of_the_bill_are_bytes_of_the_messages() {
    let mut run = apart().at("1s", "preload 300 seed 3");
    for i in 0..20 {
        run = run.at("2s", &format!("c0 A write key-{i} new ONE"));
    }
    let run = run.at("3s", "mend-all").at("4s", &format!("sweep A C {VERSIONS}")).at("6s", r#"sweep B C {"method":"log"}"#).play();
    let mut total = 0;
    for message in run.sent(|m| matches!(m.body, Body::Sweep { .. })) {
        let mut bytes = Vec::new();
        message.encode(&mut bytes);
        assert_eq!(bytes.len() as u32, message.size);
        total += u64::from(message.size);
    }
    assert_eq!(total, costs(&run).iter().map(SweepCost::bytes).sum::<u64>());
}

#[test]
fn a_write_in_the_middle_of_an_exchange_is_never_lost() {
    for step in 0..40 {
        let at = format!("{}ms", 3_990 + 5 * step);
        let run = apart().at("2s", "c0 A write k v ONE").at("3s", "mend-all");
        let run = if step < 2 {
            run.at(&at, "c1 C write k newer ONE").at("4s", &format!("sweep A C {VERSIONS}"))
        } else {
            run.at("4s", &format!("sweep A C {VERSIONS}")).at(&at, "c1 C write k newer ONE")
        };
        let run = run.at("6s", &format!("sweep C A {VERSIONS}")).play();
        assert_eq!(run.held("k"), "A=newer B=newer C=newer", "{at}");
    }
}

#[test]
fn a_peer_that_dies_ends_the_sweep_and_a_later_try_succeeds() {
    let base = || {
        let base = apart().with("sweeps", r#"{"timeout":"500ms","retries":3,"back-off":"1s"}"#);
        base.at("2s", "c0 A write k v").at("3s", "mend-all").at("4s", &format!("sweep A C {VERSIONS}"))
    };
    let dead = base().at("4015ms", "crash C").at("5s", "restart C").play();
    assert_eq!((outcome(&dead, 0), outcome(&dead, 1)), (SweepOutcome::TimedOut, SweepOutcome::Repaired { pulled: 0, pushed: 1 }));
    let back = base().at("4015ms", "crash C").at("4016ms", "restart C").play();
    assert_eq!((outcome(&back, 0), back.held("k")), (SweepOutcome::Refused(Refusal::Unknown), "A=v B=v C=v".to_owned()));
}
