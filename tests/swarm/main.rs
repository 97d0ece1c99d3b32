//! Many random runs with every kind of fault, each followed event by event by a reference that knows nothing of the engine's insides;
//! then everything is made whole, every key is read at ALL, and all replicas must agree.
//!
//! `SIM_SEED=n` plays one seed, `SIM_CASES=n` sets how many. A run that breaks a law is cut down to the commands that matter and printed
//! as a run file, which `drift events` and the page open. CONTRIBUTING.md lists breakages of the engine that these laws are known to catch.
#![cfg(not(target_arch = "wasm32"))]

mod clients;
mod hints;
mod post;
mod promises;
mod quorums;
mod replicas;
mod sweeps;
mod wanted;
mod work;

#[path = "../support/decay.rs"]
mod decay;
#[path = "../support/random.rs"]
mod random;
#[path = "../support/rules.rs"]
mod rules;
#[path = "../support/run.rs"]
mod run;
#[path = "../support/sweeping.rs"]
mod sweeping;
#[path = "../support/wide.rs"]
mod wide;

use std::collections::{BTreeMap, BTreeSet};

use clients::Clients;
use drift::engine::base::Micros;
use drift::engine::data::Key;
use drift::engine::node::integrity::{FoundBy, RotStep};
use drift::engine::node::sweeps::{QueueStep, SweepOutcome, SweepStep};
use drift::engine::node::{NoHint, Note, Outcome};
use drift::engine::observe::Truth;
use drift::engine::world::{ClientAct, Event, EventKind, Fault, LostWhy, World};
use drift::lab::{Player, Session};
use hints::Hints;
use post::{Post, well_formed};
use quorums::Quorums;
use random::{Made, READS_MS, Rot};
use replicas::Replicas;
use rules::Rules;
use sweeps::Comparing;
use wide::Broken;

/// Commands of a run before it is made whole.
const COMMANDS: u64 = 60;
/// Runs, unless `SIM_CASES` says otherwise.
const CASES: u64 = 400;
/// Runs over the whole foreground path.
const WIDE_CASES: u64 = 600;

#[expect(clippy::disallowed_methods, reason = "which seeds to try is chosen outside the runs; each run depends on its seed alone")]
fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

/// Kinds of things that `kind` tells apart, and the pairs of operations that must overlap.
const KINDS: usize = 55;
/// The same for runs over the whole foreground path.
const WIDE_KINDS: usize = 103;

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
            note => another(note),
        },
        EventKind::Fault(fault) => match fault {
            Fault::Cut(_) => "cut",
            Fault::Mended(_) => "mended",
            Fault::Crashed { .. } => "crashed",
            Fault::Restarted => "restarted",
            Fault::Paused => "paused",
            Fault::Resumed { .. } => "resumed",
            Fault::Wiped { .. } => "wiped",
            Fault::Clock { .. } => "clock set",
            Fault::Slow { .. } => "slow",
            Fault::Link { .. } => "link",
            Fault::Network => "network",
            Fault::Set(_) => "setting",
            Fault::Preloaded { .. } => "preloaded",
            Fault::HintsLost { .. } => "hints lost",
            Fault::SweepAsked { .. } => "sweep asked",
            Fault::Rotted(_) => "rotted",
            Fault::SweepStopped { .. } => "sweep stopped",
            Fault::Redrawn(_) => "redrawn",
            Fault::CleanupAsked => "cleaned up",
            Fault::BackedUp { .. } => "backed up",
            Fault::Restored { .. } => "restored",
            Fault::WorkloadBegan { .. } => "workload began",
            Fault::WorkloadEnded { .. } => "workload ended",
        },
        EventKind::Client(ClientAct::Retried { .. }) => "retried",
        EventKind::Client(ClientAct::Asked { .. }) => "asked directly",
        EventKind::Client(ClientAct::WroteBack { .. }) => "wrote back",
        EventKind::Removed(_) => "purged",
        _ => "anything else",
    }
}

fn another(note: &Note) -> &'static str {
    match note {
        Note::StoodIn { .. } => "stood in",
        Note::HintKept { late: false, .. } => "hint kept",
        Note::HintKept { late: true, .. } => "hint kept late",
        Note::HintSent { .. } => "hint sent",
        Note::HintRefused { why: NoHint::Window, .. } => "hint refused: window",
        Note::HintRefused { why: NoHint::Room, .. } => "hint refused: room",
        Note::HintRefused { why: NoHint::Keeper, .. } => "hint refused: keeper",
        Note::HintCounted => "hint counted",
        Note::HintsFlushed { .. } => "hints flushed",
        Note::ReplayStarted { .. } => "replay started",
        Note::ReplayStopped { .. } => "replay stopped",
        Note::ReplayDone { .. } => "replay done",
        Note::HintsExpired { .. } => "hints expired",
        Note::HintsMoved { .. } => "hints moved",
        Note::HandoffStarted { .. } => "handoff started",
        Note::HandoffStopped { .. } => "handoff stopped",
        Note::HandoffDone { .. } => "handoff done",
        Note::Forwarded { .. } => "forwarded",
        Note::LocalFirst => "local first",
        Note::DroppedLate { .. } => "dropped late",
        Note::Speculated { .. } => "speculated",
        Note::WroteMore { .. } => "wrote more",
        Note::RepairBounded { .. } => "repair bounded",
        Note::Lingers { .. } => "lingers",
        Note::NotFound { .. } => "not found by too many",
        Note::Convicted { .. } => "convicted",
        Note::EchoAsked(_) => "echo asked",
        Note::Revived { .. } => "revived",
        Note::StoodStill { .. } => "stood still",
        Note::Sweep { step, .. } => match step {
            SweepStep::Ended { outcome: SweepOutcome::Equal, .. } => "sweep: equal",
            SweepStep::Ended { outcome: SweepOutcome::Repaired { .. }, .. } => "sweep: repaired",
            SweepStep::Ended { outcome: SweepOutcome::Read { .. }, .. } => "sweep: keys read",
            SweepStep::Ended { outcome: SweepOutcome::Pushed { .. }, .. } => "sweep: pushed",
            SweepStep::Ended { outcome: SweepOutcome::TimedOut, .. } => "sweep: timed out",
            SweepStep::Ended { outcome: SweepOutcome::Refused(_), .. } => "sweep: refused",
            SweepStep::Abandoned => "sweep: abandoned",
            SweepStep::NothingInCommon { .. } => "sweep: nothing in common",
            _ => "a step of a sweep",
        },
        Note::Rot(step) => match step {
            RotStep::Found { by: FoundBy::Read, .. } => "rot: found by a read",
            RotStep::Found { by: FoundBy::Scrub, .. } => "rot: found by a scrub",
            RotStep::Asked { .. } => "rot: asked for anew",
            RotStep::Fetched { .. } => "rot: fetched",
            RotStep::NobodyHas { .. } => "rot: nobody has it",
            RotStep::Failed { instead: Some(_), .. } => "rot: another is asked",
            RotStep::Failed { instead: None, .. } => "rot: nobody left to ask",
            RotStep::Scrubbed { .. } => "rot: scrubbed",
        },
        Note::Queue(step) => match step {
            QueueStep::Round { .. } => "queue: round",
            QueueStep::Resumed { .. } => "queue: resumed",
            QueueStep::Postponed { .. } => "queue: postponed",
            QueueStep::Dropped { .. } => "queue: dropped",
            QueueStep::Finished { .. } => "queue: finished",
            _ => "a step of a queue",
        },
        _ => "another note",
    }
}

/// The reference for operations: a strict one for plain runs, or one that knows the whole foreground path.
enum Judge {
    Plain(Clients),
    Wide(Box<Quorums>),
}

impl Judge {
    fn see(&mut self, event: &Event, world: &World, rules: &Rules) -> Result<(), String> {
        // What a node reads for itself nobody has asked for, and nobody is told.
        if event.op.is_some_and(|op| op.is_own()) {
            return Ok(());
        }
        match self {
            Judge::Plain(clients) => clients.see(event, world, rules),
            Judge::Wide(quorums) => quorums.see(event, world, rules),
        }
    }

    fn asked_rightly(&mut self, world: &World) -> Result<(), String> {
        match self {
            Judge::Plain(clients) => clients.asked_rightly(),
            Judge::Wide(quorums) => quorums.asked_rightly(world),
        }
    }

    fn operations(&self) -> Vec<promises::Op<'_>> {
        match self {
            Judge::Plain(clients) => clients.ops.values().map(clients::Op::promised).collect(),
            Judge::Wide(quorums) => quorums.ops.values().map(quorums::Op::promised).collect(),
        }
    }
}

/// Plays a run beside the reference. Fails with the event and the law it breaks.
fn follow(made: &Made, mut judge: Judge, seen: &mut Seen) -> Result<(), String> {
    let script = made.run.script();
    let mut log = Vec::new();
    let mut player = Player::new(&script, &mut log);
    let (mut post, mut replicas, mut hints) = (Post::new(&script), Replicas::default(), Hints::default());
    let mut comparing = Comparing::default();
    let (mut from, mut more, mut read) = (0, true, false);
    loop {
        let rules = Rules::of(player.world.settings());
        for (at, event) in log.iter().enumerate().skip(from) {
            *seen.entry(kind(event)).or_default() += 1;
            let world = &player.world;
            well_formed(&log, at)
                .and_then(|()| post.see(event, world, &rules))
                .and_then(|()| replicas.see(event, world, &rules))
                .and_then(|()| comparing.see(event, &replicas, world, &rules))
                .and_then(|()| hints.see(event, world, &rules))
                .and_then(|()| judge.see(event, world, &rules))
                .map_err(|law| format!("event {at} at {}: {law}", event.at))?;
        }
        let after = |law| format!("after event {} at {}: {law}", log.len(), player.world.now());
        replicas
            .compare(&player.world)
            .and_then(|()| hints.compare(&player.world, &replicas, &rules))
            .and_then(|()| judge.asked_rightly(&player.world))
            .map_err(after)?;
        if from < log.len() && player.truth.stale_copies() != Truth::of(&player.world).stale_copies() {
            return Err(after("the truth kept event by event is not that of a full look".to_owned()));
        }
        // The first read at ALL has begun, and repaired nothing yet.
        if !read && player.world.now() >= Micros::ms(READS_MS) {
            read = true;
            if made.swept && made.rot != Rot::Free && player.truth.stale_copies() > 0 {
                return Err(after(format!("everything is whole and every node has swept, yet replicas disagree: {}", stale(&player))));
            }
        }
        from = log.len();
        if !more {
            break;
        }
        more = player.step(&script, &mut log);
    }
    replicas.compare_all(&player.world)?;
    post.all_accounted_for(&player.world)?;
    let operations = judge.operations();
    *seen.entry("pairs that must overlap").or_default() += u64::from(promises::kept(made, &operations)?);
    promises::healed(made, &operations)?;
    Hints::drained(&player.world)?;
    comparing.over(&player.world, &log)?;
    if made.rot == Rot::Free {
        agree(&player.world)?;
    } else if player.truth.stale_copies() > 0 {
        return Err("everything is whole and every key was read at ALL, yet replicas disagree".to_owned());
    }
    travels_alike(&player, script, log.len() as u32)
}

/// Replicas hold the same, and be it what nobody wrote.
fn agree(world: &World) -> Result<(), String> {
    let keys: BTreeSet<&Key> = world.hosts().iter().flat_map(|host| host.node.store.rows().iter().map(|(key, _)| key)).collect();
    let torn = keys.into_iter().find(|key| {
        let copies = Truth::copies(world, key);
        copies.iter().any(|copy| copy.row != copies[0].row)
    });
    torn.map_or(Ok(()), |key| Err(format!("everything is whole and every key was read at ALL, yet replicas disagree in {key}")))
}

/// Copies that lack something, for a person to look at.
fn stale(player: &Player) -> String {
    let each: Vec<String> = player.truth.stale().map(|(key, _)| format!("{key}: {:?}", Truth::copies(&player.world, key))).collect();
    each.join("; ")
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

/// A kind of runs, each made from a seed, with the reference that judges them.
#[derive(Clone, Copy)]
struct Family {
    make: fn(u64) -> Made,
    judge: fn() -> Judge,
}

const PLAIN: Family = Family { make: |seed| random::run(seed, COMMANDS), judge: || Judge::Plain(Clients::default()) };
const WIDE: Family = Family { make: |seed| wide::run(seed, COMMANDS, Broken::Nothing), judge: || Judge::Wide(Box::default()) };

impl Family {
    fn follow(self, made: &Made, seen: &mut Seen) -> Result<(), String> {
        follow(made, (self.judge)(), seen)
    }

    /// Leaves out whatever command may be left out without the run keeping the laws.
    fn smallest(self, mut made: Made) -> Made {
        let mut at = 0;
        while at < made.faults {
            let mut less = made.clone();
            less.run = less.run.without(at);
            less.faults -= 1;
            // Without a change of the ring a later one may be none.
            let possible = drift::lab::script_from_file(&less.run.text()).is_ok();
            if possible && self.follow(&less, &mut Seen::new()).is_err() { made = less } else { at += 1 }
        }
        made
    }

    fn play(self, seed: u64, seen: &mut Seen) {
        let made = (self.make)(seed);
        if let Err(law) = self.follow(&made, seen) {
            let small = self.smallest(made);
            let again = self.follow(&small, &mut Seen::new()).err().unwrap_or_default();
            panic!("SIM_SEED={seed}: {law}\n\nas small as it gets: {again}\n{}\n", small.run.text());
        }
    }

    /// Plays all seeds; every one of so many kinds of things must have happened in them.
    fn play_all(self, usual: u64, kinds: usize) {
        let mut seen = Seen::new();
        if let Some(seed) = number("SIM_SEED") {
            return self.play(seed, &mut seen);
        }
        let cases = number("SIM_CASES").unwrap_or(usual);
        let first = number("SIM_FIRST").unwrap_or(0);
        (first..first + cases).for_each(|seed| self.play(seed, &mut seen));
        println!("{seen:#?}");
        // In fewer runs something rare may be missing by chance.
        assert!(seen.len() >= kinds || cases < usual, "of {kinds} kinds of things {} happened: {seen:#?}", seen.len());
    }
}

#[test]
fn laws_hold_in_random_runs() {
    PLAIN.play_all(CASES, KINDS);
}

#[test]
fn laws_hold_on_the_whole_foreground_path() {
    WIDE.play_all(WIDE_CASES, WIDE_KINDS);
}

/// The law that a rule broken on purpose breaks in one of the first runs.
fn caught(broken: Broken) -> String {
    let found = (0..200).find_map(|seed| WIDE.follow(&wide::run(seed, COMMANDS, broken), &mut Seen::new()).err());
    found.unwrap_or_else(|| panic!("nobody noticed {broken:?}"))
}

#[test]
fn rules_broken_on_purpose_are_noticed() {
    let laws = [Broken::Hints, Broken::Repair, Broken::Prefix, Broken::OneWay, Broken::Hopeful].map(caught);
    println!("{laws:#?}");
    assert!(laws[0].contains("expired") || laws[0].contains("holds"), "{laws:?}");
    assert!(laws[1].contains("holds"), "{laws:?}");
    assert!(laws[2].contains("ask itself first") || laws[2].contains("another zone before its own"), "{laws:?}");
    assert!(laws[3].contains("yet they differ"), "{laws:?}");
    assert!(laws[4].contains("gone"), "{laws:?}");
}
