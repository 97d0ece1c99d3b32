//! Drawings of trees of segments, tries, whole trees and versions held against the engine's own books, forwards and back, with a key changed in
//! the middle.

use super::descent::{Descent, asking_trees};
use super::exchange::Mark;
use super::icicle::{Kind, Layout, layout, side};
use super::logs::tests::session;
use super::rows::{Moved, differing};
use super::tries::{Look, Walk, asking_tries};
use super::validation::{Repair, Step, joined, repair};
use super::versions::{Relation, table};
use super::{Shown, ends, ladder, segments, shown, talk};
use crate::engine::base::NodeId;
use crate::engine::data::Token;
use crate::engine::node::sweeps::SweepOutcome;
use crate::engine::sweep::TokenRange;
use crate::lab::{Session, Stride};

/// Three nodes that hold everything, C misses a row and has one of its own; A compares with C by this policy.
fn apart(policy: &str) -> Session {
    let mut run = session(&format!(
        r#"{{"end":"20s","config":{{"nodes":3,"clients":["ada","cy"],"network":{{"latency":{{"fixed":"10ms"}}}},"settings":{{"read":{{"repair":"off"}}}}}},"commands":[
        {{"at":"0s","do":"preload","count":60,"seed":3,"value-bytes":8}},
        {{"at":"1s","do":"cut","islands":[["C","c1"]]}},
        {{"at":"2s","do":"write","client":"c0","via":"A","key":"here","value":"1","level":"ONE"}},
        {{"at":"2s","do":"write","client":"c1","via":"C","key":"elsewhere","value":"2","level":"ONE"}},
        {{"at":"6s","do":"mend-all"}},
        {{"at":"10s","do":"sweep","a":"A","b":"C","policy":{policy}}}]}}"#
    ));
    let began = run.sweep_log().begun()[0].0;
    run.seek_event(began.0 + 1);
    run
}

fn at(session: &Session) -> Shown<'_> {
    shown(session, None).expect("a sweep")
}

/// Steps to the end of the sweep, with a look at every event; then back again, where everything must look as it did.
fn there_and_back<T: PartialEq + std::fmt::Debug>(session: &mut Session, look: impl Fn(&Session) -> T) {
    let mut seen = Vec::new();
    while at(session).cost.ended.is_none() {
        seen.push((session.cursor(), look(session)));
        session.step(Stride::Event);
    }
    assert!(seen.len() > 5, "{}", seen.len());
    for (cursor, what) in seen.iter().rev() {
        session.seek_event(*cursor);
        assert_eq!(look(session), *what, "event {cursor}");
    }
    session.seek_time(session.end());
}

fn read(session: &Session) -> Descent {
    let (began, id, with) = (at(session).began, at(session).cost.session, at(session).cost.with);
    let trees = asking_trees(&session.peek(began.0 + 1).world, id);
    let mut descent = Descent::new(id, with, trees[0].policy().bits(), trees);
    assert!(!descent.follow(session), "from the start there is nothing to forget");
    descent
}

const SEGMENTS: &str = r#"{"method":"segments","segments":{"width":4}}"#;

#[test]
fn buckets_are_marked_as_the_ledger_counts_them_and_reads_follow() {
    let mut run = apart(SEGMENTS);
    there_and_back(&mut run, |run| {
        let all = read(run).exchange;
        let marked = all.levels.iter().flat_map(|l| &l.nodes).filter(|(_, m)| matches!(m, Mark::Equal | Mark::Differs)).count() as u64;
        assert_eq!(marked, at(run).cost.hashes_compared(), "event {}", run.cursor());
        (format!("{:?}", all.levels), segments::reads(run, at(run).cost.session))
    });
    assert_eq!(read(&run).exchange.leaves.len(), 2);
    let reads = segments::reads(&run, at(&run).cost.session);
    assert_eq!((reads.done.len(), reads.wait, reads.now), (2, 0, None));
    assert!(matches!(at(&run).cost.ended, Some((_, SweepOutcome::Read { keys: 2, failed: 0 }))));
}

#[test]
fn a_lock_is_held_while_an_exchange_goes_on_and_a_write_makes_a_segment_dirty() {
    let mut run = apart(SEGMENTS);
    for _ in 0..12 {
        run.step(Stride::Event);
    }
    let id = at(&run).cost.session;
    let ranges = at(&run).cost.ranges.clone();
    let look = |run: &Session| [0, 2].map(|node| segments::upkeep(run.world(), NodeId(node), id, &ranges));
    assert!(look(&run).iter().all(|of| of.locked && of.dirty.is_empty()), "{:?}", look(&run));
    run.act(crate::engine::world::Command::Write {
        client: crate::engine::base::ClientId(0),
        via: NodeId(0),
        key: crate::engine::data::Key::new("late"),
        value: "3".to_owned(),
        level: None,
    })
    .expect("a command");
    while look(&run)[0].dirty.is_empty() {
        run.step(Stride::Event);
    }
    assert!(look(&run)[0].words().contains("1 segment is dirty"), "{}", look(&run)[0].words());
    run.seek_time(run.end());
    assert!(look(&run).iter().all(|of| !of.locked));
    let held = |node: u32| run.world().host(NodeId(node)).and_then(|h| h.node.store.get(&crate::engine::data::Key::new("late")).cloned());
    assert!(held(0).is_some() && held(0) == held(2));
}

fn walk(session: &Session) -> (Walk, Layout) {
    let (began, id, with) = (at(session).began, at(session).cost.session, at(session).cost.with);
    let mut walk = Walk::new(id, with, asking_tries(&session.peek(began.0 + 1).world, id));
    assert!(!walk.follow(session), "from the start there is nothing to forget");
    let laid = layout(&walk.asking, &walk.answering, None);
    (walk, laid)
}

#[test]
fn a_walk_marks_what_it_compares_pushes_one_way_and_leaves_the_rest() {
    let mut run = apart(r#"{"method":"trie"}"#);
    there_and_back(&mut run, |run| {
        let (walk, laid) = walk(run);
        let compared: u64 = walk.levels.iter().map(|level| level.compared).sum();
        assert_eq!(compared, at(run).cost.hashes_compared());
        let looks: Vec<Look> = laid.slots.iter().map(|slot| walk.look(slot)).collect();
        (looks, walk.pushed(), walk.theirs.clone())
    });
    let (walk, laid) = walk(&run);
    assert!(walk.pushed().iter().any(|key| key.name() == "here"));
    assert_eq!(walk.theirs.len(), 1, "what only C has is C's to push");
    assert!(matches!(at(&run).cost.ended, Some((_, SweepOutcome::Pushed { .. }))));
    // Rows lie over one column each, and everything lies over what is below it.
    let leaves =
        |of: usize| laid.slots.iter().filter(|slot| matches!(slot.kinds[of], Kind::Leaf(..))).map(|slot| slot.columns).collect::<Vec<_>>();
    assert_eq!((leaves(0).len(), leaves(1).len()), (61, 61));
    assert_eq!(laid.columns, 62, "each row that either side has");
    let drawn = side(&walk, &laid, 0, 10.0, 440.0, |level| 60.0 + 40.0 * f64::from(level));
    assert!(drawn.iter().all(|d| d.place.x >= 9.9 && d.place.right() <= 450.1));
}

const WHOLE: &str = r#"{"method":"validation","tree":{"fan-out":2,"depth":{"fixed":4}}}"#;

fn of(session: &Session) -> Repair {
    repair(session, at(session).cost.session)
}

#[test]
fn whole_trees_arrive_are_compared_level_by_level_and_move_in_joined_parts() {
    let mut run = apart(WHOLE);
    let pair = (NodeId(0), NodeId(2));
    there_and_back(&mut run, |run| {
        let all = of(run);
        let marked = |level: &super::exchange::Level| level.count.map_or((0, 0), |c| (c.compared, c.differed));
        if all.plan.is_none() {
            return Vec::new();
        }
        let drawn: Vec<(u64, u64)> = all.exchange(pair).levels.iter().map(marked).collect();
        let counted: Vec<(u64, u64)> = at(run).cost.levels.iter().map(|c| (c.compared, c.differed)).collect();
        assert_eq!(drawn, counted, "event {}", run.cursor());
        drawn
    });
    let all = of(&run);
    assert!(all.parties.iter().all(|party| party.step == Step::Here));
    let trees = all.exchange(pair);
    let together = joined(&trees);
    assert_eq!(all.pairs[0].ranges, Some(together.len() as u32), "as the coordinator counts them");
    let leaves: u64 = together.iter().map(|(_, first, last)| last - first + 1).sum();
    assert_eq!(leaves, trees.leaves.len() as u64);
    assert_eq!(all.pairs[0].moved.map(|(came, went)| u64::from(came + went)), Some(at(&run).cost.rows));
}

#[test]
fn three_replicas_are_three_pairs() {
    let mut run = session(
        r#"{"end":"9s","config":{"nodes":4,"network":{"latency":{"fixed":"10ms"}},"settings":{"read":{"repair":"off"},"sweeps":{"schedule":{"every":"4s","start":"together"},"policy":{"method":"validation","validation":{"scope":"primary"}}}}},"commands":[
        {"at":"1s","do":"cut","islands":[["C"]]},
        {"at":"2s","do":"write","client":"c0","via":"A","key":"k","value":"2","level":"ONE"},
        {"at":"3s","do":"mend-all"}]}"#,
    );
    run.seek_time(run.end());
    let ids: Vec<_> = run.sweep_log().begun().iter().map(|(_, id)| *id).collect();
    assert!(ids.iter().map(|id| repair(&run, *id)).filter(|all| all.plan.is_some()).any(|all| all.pairs.len() == 3));
}

#[test]
fn every_key_shows_who_is_newer_and_what_was_told() {
    for policy in [r#"{"method":"versions"}"#, r#"{"method":"full"}"#] {
        let mut run = apart(policy);
        let both = ends(at(&run).cost);
        let ring = [TokenRange { left: Token(0), right: Token(0) }];
        let start = differing(run.world(), run.truth(), both, &ring, 100);
        assert_eq!(start.len(), 2);
        let look = |run: &Session| table(run, both, &ring, &talk::talk(run, at(run).cost.session), &start);
        let first = look(&run);
        let relations: Vec<Relation> = first.lines.iter().map(|line| line.relation).collect();
        assert!(relations.contains(&Relation::Left) && relations.contains(&Relation::Right), "{relations:?}");
        assert!(first.strip.iter().all(|cell| cell.told == Moved::No) && first.strip.iter().any(|cell| cell.differ > 0));
        there_and_back(&mut run, look);
        let last = look(&run);
        assert!(last.lines.iter().all(|line| line.relation == Relation::Same && line.told == Moved::Came), "{last:?}");
        let came: Vec<bool> = last.lines.iter().map(|line| line.copies.iter().any(|copy| copy.moved == Moved::Came)).collect();
        assert_eq!(came, [true, true]);
    }
}

#[test]
fn ladders_of_all_policies_have_every_message_and_every_byte_but_those_of_reads() {
    for policy in [WHOLE, SEGMENTS, r#"{"method":"trie"}"#, r#"{"method":"versions"}"#, r#"{"method":"full"}"#] {
        let mut run = apart(policy);
        run.seek_time(run.end());
        let cost = at(&run).cost;
        let said = talk::talk(&run, cost.session);
        let rungs = ladder::steps(&said, ends(cost), cost.session.by);
        let across = || said.iter().filter(|rung| rung.way.0 != rung.way.1);
        let sum = |of: fn(&ladder::Step) -> u64| rungs.iter().map(of).sum::<u64>();
        assert_eq!(sum(|s| s.bytes), across().map(|rung| u64::from(rung.size)).sum::<u64>(), "{policy}");
        assert_eq!(sum(|s| u64::from(s.messages)), across().count() as u64, "{policy}");
        assert!(rungs.iter().all(|step| !step.words.is_empty()), "{policy} {rungs:?}");
        if !policy.contains("segments") {
            assert_eq!(sum(|s| s.bytes), cost.bytes(), "{policy}");
        }
        let parts = ladder::phases(&run, cost.session, 4);
        assert_eq!(parts.iter().map(|part| part.messages).sum::<u32>() as usize, said.len(), "{policy}");
    }
}
