//! A repair by whole trees among nodes that say what makes no sense: it ends or goes on, and no row is lost or overwritten by an older one.

use std::sync::Arc;

use drift::engine::base::NodeId;
use drift::engine::data::Key;
use drift::engine::node::sweeps::validation::{RepairSay, RepairState, Share};
use drift::engine::node::sweeps::{Page, Refusal, Say, SessionId, SweepOutcome, SweepStep, common_ranges};
use drift::engine::node::{Input, Method, Note, Out, SweepPolicy, Timer, Validation};
use drift::engine::sweep::{Depth, TokenRange, Tree, TreePolicy};

use crate::liars::{Alone, row, said};

const A: NodeId = NodeId(0);
const B: NodeId = NodeId(1);
const C: NodeId = NodeId(2);

fn policy() -> SweepPolicy {
    SweepPolicy { method: Method::Validation, ..SweepPolicy::default() }
}

/// Starts a repair of everything: A is the coordinator and a replica.
fn start(alone: &mut Alone) -> SessionId {
    let out = alone.handle(Input::Sweep(A, policy()));
    let (session, _) = said(&out).into_iter().find(|(_, say)| matches!(say, Say::Repair(RepairSay::Prepare { .. }))).expect("it asks");
    session
}

fn ended(out: &[Out]) -> Option<SweepOutcome> {
    out.iter().find_map(|out| match out {
        Out::Note { note: Note::Sweep { step: SweepStep::Ended { outcome, .. }, .. }, .. } => Some(*outcome),
        _ => None,
    })
}

/// Trees of nothing for all ranges.
fn trees(alone: &Alone, with: TreePolicy, depth: u32) -> Box<[Arc<Tree>]> {
    let ranges = common_ranges(&alone.ring, &alone.settings.replicas, A, B);
    ranges.into_iter().map(|range| Arc::new(Tree::empty(range, with, depth))).collect()
}

fn tell(alone: &mut Alone, from: NodeId, session: SessionId, told: RepairSay) -> Vec<Out> {
    alone.hear(from, session, Say::Repair(told))
}

fn prepared(alone: &mut Alone) -> SessionId {
    let session = start(alone);
    [A, B, C].iter().for_each(|node| drop(tell(alone, *node, session, RepairSay::Prepared)));
    session
}

#[test]
fn trees_that_do_not_fit_end_the_repair_and_touch_nothing() {
    let other = TreePolicy { fan_out: 4, ..TreePolicy::default() };
    type Wrong = fn(&Alone, TreePolicy) -> Box<[Arc<Tree>]>;
    let wrong: [Wrong; 3] = [
        |_, _| Box::default(),
        |alone, other| trees(alone, other, 2),
        |alone, _| trees(alone, TreePolicy::default(), 1).into_iter().rev().collect(),
    ];
    for make in wrong {
        let mut alone = Alone::new();
        let session = prepared(&mut alone);
        let lie = make(&alone, other);
        let out = tell(&mut alone, B, session, RepairSay::Trees(lie));
        assert_eq!(ended(&out), Some(SweepOutcome::Nonsense));
        assert_eq!(alone.held(), Some(&row(5)));
        assert!(alone.node.sweeps.repairs().coordinating().is_empty());
    }
}

#[test]
fn a_tree_that_lies_about_rows_only_makes_more_rows_move() {
    let mut alone = Alone::new();
    let session = prepared(&mut alone);
    for node in [A, B, C] {
        // Of any depth, and empty: B and C say that they hold nothing.
        let all = trees(&alone, TreePolicy::default(), node.0 % 3);
        let all = if node == A {
            let out = alone.hear(A, session, Say::Repair(RepairSay::Prepare { policy: policy(), plan: plan(&alone), promotes: true }));
            assert!(matches!(said(&out)[0].1, Say::Repair(RepairSay::Prepared)));
            let out = tell(&mut alone, A, session, RepairSay::Validate { as_of: u64::MAX });
            match said(&out)[0].1 {
                Say::Repair(RepairSay::Trees(trees)) => trees.clone(),
                other => panic!("{other:?}"),
            }
        } else {
            all
        };
        let out = tell(&mut alone, node, session, RepairSay::Trees(all));
        assert_eq!(ended(&out), None);
    }
    // Two syncs wait. An older row comes for the key, and one of a key that is nobody's: neither harms.
    let sync = RepairSay::Sync { with: B, ranges: [TokenRange::RING].into(), pull: false };
    tell(&mut alone, A, session, sync);
    let page = Page { part: 1, page: 0, pages: 1 };
    alone.hear(B, session, Say::Rows { page, rows: [(Key::new("k"), row(4))].into() });
    assert_eq!(alone.held(), Some(&row(5)), "an older row never replaces a newer one");
}

fn plan(alone: &Alone) -> Arc<[Share]> {
    let ranges = common_ranges(&alone.ring, &alone.settings.replicas, A, B);
    ranges.into_iter().map(|range| Share { range, holders: [A, B, C].into() }).collect()
}

#[test]
fn plans_that_are_wrong_are_refused() {
    let mut alone = Alone::new();
    let session = SessionId { by: B, generation: 1, number: 1 };
    let ask = |alone: &mut Alone, policy, plan: Arc<[Share]>| {
        let out = tell(alone, B, session, RepairSay::Prepare { policy, plan, promotes: true });
        said(&out)[0].1.clone()
    };
    let right = plan(&alone);
    let strangers: Arc<[Share]> = right.iter().map(|share| Share { range: share.range, holders: [A, NodeId(u32::MAX)].into() }).collect();
    let wide: Arc<[Share]> = [Share { range: TokenRange::RING, holders: [A, B].into() }].into();
    let others: Arc<[Share]> = right.iter().map(|share| Share { range: share.range, holders: [B, C].into() }).collect();
    for wrong in [strangers, wide, others, [].into()] {
        assert_eq!(ask(&mut alone, policy(), wrong), Say::Refused(Refusal::NotMine));
    }
    let bad = SweepPolicy { tree: TreePolicy { depth: Depth::Fixed(40), ..TreePolicy::default() }, ..policy() };
    assert_eq!(ask(&mut alone, bad, right.clone()), Say::Refused(Refusal::Bounds));
    assert_eq!(ask(&mut alone, policy(), right.clone()), Say::Repair(RepairSay::Prepared));
    assert_eq!(ask(&mut alone, policy(), right), Say::Repair(RepairSay::Prepared), "a second copy is answered alike");
}

#[test]
fn what_strangers_and_the_past_say_changes_nothing() {
    let mut alone = Alone::new();
    let now = prepared(&mut alone);
    let old = SessionId { generation: now.generation + 7, ..now };
    let foreign = SessionId { by: C, generation: 9, number: 9 };
    let ranges: Arc<[TokenRange]> = [TokenRange::RING].into();
    let page = |part| Page { part, page: 3, pages: 2 };
    let all = |alone: &Alone| {
        vec![
            Say::Repair(RepairSay::Prepared),
            Say::Repair(RepairSay::Freeze),
            Say::Repair(RepairSay::Frozen),
            Say::Repair(RepairSay::Validate { as_of: 0 }),
            Say::Repair(RepairSay::Trees(trees(alone, TreePolicy::default(), 0))),
            Say::Repair(RepairSay::Sync { with: A, ranges: ranges.clone(), pull: false }),
            Say::Repair(RepairSay::Fetch { ranges: ranges.clone() }),
            Say::Repair(RepairSay::Going { with: C }),
            Say::Repair(RepairSay::Synced { with: A, came: u32::MAX, went: u32::MAX }),
            Say::Rows { page: page(0), rows: [(Key::new("k"), row(9))].into() },
            Say::Rows { page: page(1), rows: [(Key::new("k"), row(9))].into() },
            Say::Rows { page: page(7), rows: [(Key::new("k"), row(9))].into() },
            Say::Stored { page: 8 },
            Say::Repair(RepairSay::Propose),
            Say::Repair(RepairSay::Promise),
            Say::Repair(RepairSay::Commit),
            Say::Repair(RepairSay::AskState),
            Say::Repair(RepairSay::State(Some(RepairState::Finalized))),
            Say::Repair(RepairSay::State(None)),
        ]
    };
    for session in [old, foreign, now] {
        for from in [B, C, NodeId(77)] {
            for say in all(&alone) {
                // B's trees are waited for, and C's.
                if session == now && matches!(say, Say::Repair(RepairSay::Trees(_))) && from != NodeId(77) {
                    continue;
                }
                alone.hear(from, session, say);
                assert_eq!(alone.held(), Some(&row(5)));
            }
        }
    }
    let repairs = alone.node.sweeps.repairs();
    assert_eq!((repairs.coordinating().len(), repairs.parties().len()), (1, 0), "it goes on waiting");
    for number in [0, now.number, 99] {
        for timer in [Timer::SweepPatience(number), Timer::SweepAgain(number), Timer::SweepIdle(foreign), Timer::SweepIdle(now)] {
            alone.handle(Input::Timer(timer));
        }
    }
    assert_eq!(alone.held(), Some(&row(5)));
}

/// Small numbers without a pattern.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % n
    }
}

/// Anything that can be said in a repair.
fn anything(dice: &mut Dice, alone: &Alone) -> Say {
    let incremental = Validation { incremental: dice.below(2) == 0, ..Validation::default() };
    let node = NodeId(dice.below(4) as u32);
    let ranges: Arc<[TokenRange]> = plan(alone).iter().map(|share| share.range).collect();
    let states = [RepairState::Preparing, RepairState::Promised, RepairState::Finalized, RepairState::Failed];
    let page = Page { part: dice.below(3) as u32, page: dice.below(2) as u32, pages: dice.below(3) as u32 };
    Say::Repair(match dice.below(20) {
        0 | 1 => RepairSay::Prepare {
            policy: SweepPolicy { validation: Some(incremental), ..policy() },
            plan: plan(alone),
            promotes: dice.below(3) > 0,
        },
        2 => RepairSay::Prepared,
        3 => RepairSay::Freeze,
        4 => RepairSay::Frozen,
        5 => RepairSay::Validate { as_of: dice.below(u64::MAX >> 34) },
        6 => RepairSay::Trees(trees(alone, TreePolicy::default(), dice.below(3) as u32)),
        7 => RepairSay::Sync { with: node, ranges, pull: dice.below(2) == 0 },
        8 => RepairSay::Fetch { ranges },
        9 => RepairSay::Going { with: node },
        10 => RepairSay::Synced { with: node, came: u32::MAX, went: 1 },
        11 => RepairSay::Propose,
        12 => RepairSay::Promise,
        13 => RepairSay::Commit,
        14 => RepairSay::AskState,
        15 => RepairSay::State(states.get(dice.below(5) as usize).copied()),
        16 => return Say::Stored { page: dice.below(3) as u32 },
        17 => return [Say::Close, Say::Refused(Refusal::Unknown)][dice.below(2) as usize].clone(),
        _ => return Say::Rows { page, rows: [(Key::new("k"), row(dice.below(12)))].into() },
    })
}

#[test]
fn whatever_is_said_rows_only_grow_newer_and_nothing_is_marked_without_a_promise() {
    let mut finalized = 0;
    for seed in 0..300 {
        let (mut dice, mut alone) = (Dice(seed), Alone::new());
        let own = alone.handle(Input::Sweep(
            A,
            SweepPolicy { validation: Some(Validation { incremental: true, ..Validation::default() }), ..policy() },
        ));
        let own = said(&own)[0].0;
        let foreign = |number| SessionId { by: B, generation: 1, number };
        let (mut newest, mut promised) = (alone.held().cloned(), std::collections::BTreeSet::new());
        for _ in 0..150 {
            let session = [own, foreign(1), foreign(2)][dice.below(3) as usize];
            let from = if dice.below(3) == 0 { NodeId(dice.below(5) as u32) } else { session.by };
            let said_now = if dice.below(12) == 0 {
                let timers = [Timer::SweepIdle(session), Timer::SweepPatience(session.number), Timer::SweepAgain(session.number)];
                alone.handle(Input::Timer(timers[dice.below(3) as usize]))
            } else if dice.below(40) == 0 {
                alone.node.forget();
                alone.node.lose_memory();
                alone.handle(Input::Started)
            } else {
                let say = anything(&mut dice, &alone);
                alone.hear(from, session, say)
            };
            promised.extend(
                said(&said_now).into_iter().filter(|(_, say)| **say == Say::Repair(RepairSay::Promise)).map(|(session, _)| session),
            );
            let held = alone.held().cloned();
            assert!(held.as_ref().map(|row| row.versions()[0].clock) >= newest.as_ref().map(|row| row.versions()[0].clock), "seed {seed}");
            newest = held;
            for record in alone.node.records.all().filter(|record| record.state == RepairState::Finalized) {
                assert!(promised.contains(&record.session), "seed {seed}: {record:?}");
            }
        }
        finalized += alone.node.records.all().filter(|record| record.state == RepairState::Finalized).count();
    }
    assert!(finalized > 10, "{finalized}");
}
