//! Many random runs with every kind of fault, each followed event by event by a reference that knows nothing of the engine's insides;
//! then everything is made whole, every key is read at ALL, and all replicas must agree.
//!
//! `SIM_SEED=n` plays one seed, `SIM_CASES=n` sets how many. A run that breaks a law is cut down to the commands that matter and printed
//! as a run file, which `drift events` and the page open. CONTRIBUTING.md lists breakages of the engine that these laws are known to catch.
#![cfg(not(target_arch = "wasm32"))]

mod clients;
mod post;
mod promises;
mod replicas;

#[path = "../support/random.rs"]
mod random;
#[path = "../support/rules.rs"]
mod rules;
#[path = "../support/run.rs"]
mod run;

use std::collections::BTreeMap;

use clients::Clients;
use drift::engine::node::{Note, Outcome};
use drift::engine::observe::Truth;
use drift::engine::world::{Event, EventKind, Fault, LostWhy};
use drift::lab::{Player, Session};
use post::{Post, well_formed};
use random::Made;
use replicas::Replicas;
use rules::Rules;

/// Commands of a run before it is made whole.
const COMMANDS: u64 = 60;
/// Runs, unless `SIM_CASES` says otherwise.
const CASES: u64 = 400;

#[expect(clippy::disallowed_methods, reason = "which seeds to try is chosen outside the runs; each run depends on its seed alone")]
fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

/// Kinds of things that `kind` tells apart, and the pairs of operations that must overlap.
const KINDS: usize = 39;

/// How often things of each kind happened, so that no law holds only because what it is about never happens.
type Seen = BTreeMap<&'static str, u64>;

fn kind(event: &Event) -> &'static str {
    match &event.kind {
        EventKind::Lost { why, .. } => match why {
            LostWhy::Loss => "lost",
            LostWhy::Cut(_) => "stopped at a cut",
            LostWhy::Down => "lost at a node that is down",
            LostWhy::Crashed => "lost in a crash",
        },
        EventKind::Held(_) => "held",
        EventKind::Reverted { .. } => "reverted",
        EventKind::Ended(outcome) => match outcome {
            Outcome::Written { .. } => "written",
            Outcome::Found(None) => "not found",
            Outcome::Found(Some(row)) if row.is_deleted() => "found deleted",
            Outcome::Found(Some(_)) => "found",
            Outcome::Unavailable { .. } => "unavailable",
            Outcome::TimedOut { .. } => "timed out",
            Outcome::NoAnswer => "no answer",
            Outcome::Overloaded { .. } => "overloaded",
            Outcome::Behind { .. } => "behind",
        },
        EventKind::Note(note) => match note {
            Note::DigestsMatch => "digests match",
            Note::DigestsDiffer { .. } => "digests differ",
            Note::RepairStarted { latch: 0, .. } => "repair after the answer",
            Note::RepairStarted { .. } => "repair before the answer",
            Note::RepairSkipped { .. } => "repair skipped",
            Note::Suspected(_) => "suspected",
            Note::Trusted(_) => "trusted",
            Note::Synced { .. } => "synced",
            _ => "another note",
        },
        EventKind::Fault(fault) => match fault {
            Fault::Cut(_) => "cut",
            Fault::Mended(_) => "mended",
            Fault::Crashed { .. } => "crashed",
            Fault::Restarted => "restarted",
            Fault::Paused => "paused",
            Fault::Resumed { .. } => "resumed",
            Fault::Wiped { .. } => "wiped",
            Fault::SweepAsked { .. } => "sweep asked",
            Fault::Clock { .. } => "clock set",
            Fault::Slow { .. } => "slow",
            Fault::Link { .. } => "link",
            Fault::Network => "network",
            Fault::Set(_) => "setting",
            Fault::Preloaded { .. } => "preloaded",
            Fault::HintsLost { .. } => "hints lost",
            Fault::BackedUp { .. } => "backed up",
            Fault::Restored { .. } => "restored",
            Fault::WorkloadBegan { .. } => "workload began",
            Fault::WorkloadEnded { .. } => "workload ended",
        },
        _ => "anything else",
    }
}

/// Plays a run beside the reference. Fails with the event and the law it breaks.
fn follow(made: &Made, seen: &mut Seen) -> Result<(), String> {
    let script = made.run.script();
    let mut log = Vec::new();
    let mut player = Player::new(&script, &mut log);
    let (mut post, mut replicas, mut clients) = (Post::new(&script), Replicas::new(script.config.nodes), Clients::default());
    let (mut from, mut more) = (0, true);
    loop {
        let rules = Rules::of(player.world.settings());
        for (at, event) in log.iter().enumerate().skip(from) {
            *seen.entry(kind(event)).or_default() += 1;
            let world = &player.world;
            well_formed(&log, at)
                .and_then(|()| post.see(event, world, &rules))
                .and_then(|()| replicas.see(event, world, &rules))
                .and_then(|()| clients.see(event, world, &rules))
                .map_err(|law| format!("event {at} at {}: {law}", event.at))?;
        }
        let after = |law| format!("after event {} at {}: {law}", log.len(), player.world.now());
        replicas.compare(&player.world).and_then(|()| clients.asked_rightly()).map_err(after)?;
        if from < log.len() && player.truth.stale_copies() != Truth::of(&player.world).stale_copies() {
            return Err(after("the truth kept event by event is not that of a full look".to_owned()));
        }
        from = log.len();
        if !more {
            break;
        }
        more = player.step(&script, &mut log);
    }
    replicas.compare_all(&player.world)?;
    post.all_accounted_for(&player.world)?;
    *seen.entry("pairs that must overlap").or_default() += u64::from(promises::kept(made, &clients)?);
    promises::healed(made, &clients)?;
    *seen.entry("runs that sweep").or_default() += u64::from(promises::swept(made)?);
    if player.truth.stale_copies() > 0 {
        return Err("everything is whole and every key was read at ALL, yet replicas disagree".to_owned());
    }
    travels_alike(&player, script, log.len() as u32)
}

/// A session plays the same run, and going back and forth in it changes nothing.
fn travels_alike(player: &Player, script: drift::lab::Script, events: u32) -> Result<(), String> {
    let mut session = Session::open(script).map_err(|e| e.to_string())?;
    for place in [events, events / 2, 0, events / 3, events] {
        session.seek_event(place);
    }
    session.seek_time(session.end());
    if session.world().fingerprint() == player.world.fingerprint() { Ok(()) } else { Err("a session plays another run".to_owned()) }
}

/// Leaves out whatever command may be left out without the run keeping the laws.
fn smallest(mut made: Made) -> Made {
    let mut at = 0;
    while at < made.faults {
        let mut less = made.clone();
        less.run = less.run.without(at);
        less.faults -= 1;
        if follow(&less, &mut Seen::new()).is_err() { made = less } else { at += 1 }
    }
    made
}

fn play(seed: u64, seen: &mut Seen) {
    let made = random::run(seed, COMMANDS);
    if let Err(law) = follow(&made, seen) {
        let small = smallest(made);
        let again = follow(&small, &mut Seen::new()).err().unwrap_or_default();
        panic!("SIM_SEED={seed}: {law}\n\nas small as it gets: {again}\n{}\n", small.run.text());
    }
}

#[test]
fn laws_hold_in_random_runs() {
    let mut seen = Seen::new();
    if let Some(seed) = number("SIM_SEED") {
        play(seed, &mut seen);
        return;
    }
    let cases = number("SIM_CASES").unwrap_or(CASES);
    (0..cases).for_each(|seed| play(seed, &mut seen));
    println!("{seen:#?}");
    // In fewer runs something rare may be missing by chance.
    assert!(seen.len() == KINDS || cases < CASES, "of {KINDS} kinds of things only {} ever happened: {seen:#?}", seen.len());
}
