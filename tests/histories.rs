//! Laws of sweeps that use what replicas remember: whatever was written, lost, crashed, wiped and swept before, once everybody can talk and
//! has swept with everybody, all hold the merge, which is never older than anything acknowledged by a disk that is still there.
#![cfg(not(target_arch = "wasm32"))]

#[path = "support/run.rs"]
mod run;

use drift::engine::data::Key;
use drift::engine::observe::Truth;
use proptest::prelude::*;
use run::{Played, Run};

/// One thing that happens: what, to whom, to which key.
#[derive(Debug, Clone)]
enum Deed {
    Write(u8, u8),
    Delete(u8, u8),
    Cut(u8),
    Mend,
    Crash(u8),
    Wipe(u8),
    Restart(u8),
    Backup(u8),
    Restore(u8),
    Sweep(u8, u8),
    Rest,
}

fn deed() -> impl Strategy<Value = Deed> {
    let node = || 0..4u8;
    prop_oneof![
        8 => (node(), 0..8u8).prop_map(|(n, k)| Deed::Write(n, k)),
        2 => (node(), 0..8u8).prop_map(|(n, k)| Deed::Delete(n, k)),
        3 => node().prop_map(Deed::Cut),
        3 => Just(Deed::Mend),
        2 => node().prop_map(Deed::Crash),
        1 => node().prop_map(Deed::Wipe),
        3 => node().prop_map(Deed::Restart),
        1 => node().prop_map(Deed::Backup),
        1 => node().prop_map(Deed::Restore),
        6 => (node(), node()).prop_map(|(a, b)| Deed::Sweep(a, b)),
        2 => Just(Deed::Rest),
    ]
}

const NAMES: [&str; 4] = ["A", "B", "C", "D"];

fn play(settings: &[(&str, &str)], policies: &[&str], deeds: &[Deed], gap: u64) -> Played {
    let mut run = Run::of(4).with("repair", "off").end("600s");
    for (name, value) in settings {
        run = run.with(name, value);
    }
    let mut at = 100u64;
    let mut now = |gap: u64| {
        at += gap;
        format!("{at}ms")
    };
    run = run.at(&now(0), "preload 5 seed 9");
    for (i, deed) in deeds.iter().enumerate() {
        let name = |n: &u8| NAMES[usize::from(*n)];
        let line = match deed {
            Deed::Write(n, k) => format!("c0 {} write k{k} v{i} ONE", name(n)),
            Deed::Delete(n, k) => format!("c0 {} delete k{k} ONE", name(n)),
            // The client stays with the node that is cut off.
            Deed::Cut(n) => format!("cut {}", name(n)),
            Deed::Mend => "mend-all".to_owned(),
            Deed::Crash(n) => format!("crash {}", name(n)),
            Deed::Wipe(n) => format!("wipe {}", name(n)),
            Deed::Restart(n) => format!("restart {}", name(n)),
            Deed::Backup(n) => format!("backup {}", name(n)),
            Deed::Restore(n) => format!("restore {}", name(n)),
            Deed::Sweep(a, b) if a == b => continue,
            Deed::Sweep(a, b) => format!("sweep {} {} {}", name(a), name(b), policies[i % policies.len()]),
            Deed::Rest => {
                now(3_000);
                continue;
            }
        };
        run = run.at(&now(gap), &line);
    }
    run = run.at(&now(100), "mend-all");
    for node in NAMES {
        run = run.at(&now(1), &format!("restart {node}"));
    }
    now(20_000);
    // Everybody with everybody, as often as a difference may have to travel.
    for _ in 0..3 {
        for a in NAMES {
            for b in NAMES {
                if a != b {
                    run = run.at(&now(3_000), &format!("sweep {a} {b} {}", policies[0]));
                }
            }
        }
    }
    run.play()
}

/// Whether all replicas of each key agree at the end, and on what.
fn disagreement(played: &Played) -> Option<String> {
    let keys = (0..8).map(|k| format!("k{k}")).chain((0..5).map(|k| format!("key-{k}")));
    // Where deletes are forgotten, holding the mark of one is as good as holding nothing.
    let forgets = played.session.world().settings().sweeps.forgets_deletes();
    let apart = |key: &String| {
        let copies = Truth::copies(played.session.world(), &Key::new(key));
        let row = |i: usize| copies[i].row.as_ref().filter(|row| !forgets || !row.is_deleted());
        (1..copies.len()).any(|i| row(i) != row(0))
    };
    keys.into_iter().find(apart).map(|key| format!("{key}: {}", played.held(&key)))
}

fn settings() -> impl Strategy<Value = (Option<u64>, &'static str, &'static str, u64)> {
    let sync = prop_oneof![Just(None), (50..4_000u64).prop_map(Some)];
    let replicas = prop::sample::select(vec!["3", "2", "4"]);
    let log = prop::sample::select(vec!["{}", r#"{"entries":3}"#, r#"{"compact":true}"#, r#"{"bytes":60,"compact":true}"#]);
    (sync, replicas, log, prop::sample::select(vec![5u64, 25, 400]))
}

fn law(policies: &[&str], settings: (Option<u64>, &str, &str, u64), deeds: &[Deed]) -> Result<(), TestCaseError> {
    law_with(policies, settings, "null", deeds)
}

fn law_with(
    policies: &[&str],
    (sync, replicas, log, gap): (Option<u64>, &str, &str, u64),
    bitmaps: &str,
    deeds: &[Deed],
) -> Result<(), TestCaseError> {
    let sync = sync.map_or_else(|| "every-write".to_owned(), |ms| format!("{ms}ms"));
    let settings = [
        ("sync", sync.as_str()),
        ("replicas", replicas),
        ("sweeps.log", log),
        ("sweeps.bitmaps", bitmaps),
        ("sweeps.timeout", "1s"),
        ("sweeps.at-once", "8"),
    ];
    let played = play(&settings, policies, deeds, gap);
    prop_assert_eq!(disagreement(&played), None);
    prop_assert_eq!(played.session.truth().stale_copies(), 0);
    Ok(())
}

const KEYS: &str = r#"{"method":"log"}"#;
const ROWS: &str = r#"{"method":"log","streams":"leaves"}"#;

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    /// Changes first, then the rows that are lacking.
    #[test]
    fn logs_heal_whatever_happened(settings in settings(), deeds in prop::collection::vec(deed(), 0..40)) {
        law(&[KEYS], settings, &deeds)?;
    }

    /// Exactly the events that are missing, alone and among other methods.
    #[test]
    fn bitmaps_heal_whatever_happened(
        settings in settings(),
        deletes in prop::sample::select(vec!["keep", "forget"]),
        alone in any::<bool>(),
        deeds in prop::collection::vec(deed(), 0..40),
    ) {
        let policies = [r#"{"method":"bitmaps"}"#, KEYS, r#"{"method":"versions"}"#];
        let bitmaps = format!(r#"{{"deletes":"{deletes}"}}"#);
        law_with(&policies[..if alone { 1 } else { 3 }], settings, &bitmaps, &deeds)?;
    }

    /// A version for every key.
    #[test]
    fn versions_heal_whatever_happened(settings in settings(), deeds in prop::collection::vec(deed(), 0..40)) {
        law(&[r#"{"method":"versions"}"#, KEYS], settings, &deeds)?;
    }

    /// Rows in order, and other methods between.
    #[test]
    fn logs_that_ship_rows_heal_whatever_happened(settings in settings(), deeds in prop::collection::vec(deed(), 0..40)) {
        law(&[ROWS, KEYS, "{}"], settings, &deeds)?;
    }
}
