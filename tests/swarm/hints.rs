//! The reference for hints: a line of hints changes only for a reason. One is added when its keeper says so; it leaves when its target has
//! acknowledged it, when it is too old, when a newer one of its key takes its place, when its key has other replicas, or with the disk.

use std::collections::{BTreeMap, BTreeSet};

use drift::engine::base::{Endpoint, Micros, NodeId, Wire};
use drift::engine::data::{Key, Version};
use drift::engine::node::hints::{Hint, HintStore};
use drift::engine::node::{Body, Full, Message, Note, Timer};
use drift::engine::world::{Event, EventKind, Fault, World};

use crate::replicas::{Replicas, only, rank, shows};
use crate::rules::Rules;

/// Whether a hint is too old when a clock shows this: by the bound it was made with, or by the present grace of tombstones.
pub fn outlived(hint: &Hint, shown: u64, rules: &Rules) -> bool {
    let bounds = [hint.lives, rules.all.tombstones.grace()];
    bounds.into_iter().flatten().any(|span| hint.created.saturating_add(span.0) <= shown)
}

/// A hint as it was after the last step.
#[derive(Clone, PartialEq)]
struct Seen {
    hint: std::sync::Arc<Hint>,
    flushed: bool,
}

type Lines = BTreeMap<NodeId, BTreeMap<u64, Seen>>;

fn lines(store: &HintStore) -> Lines {
    let line = |hints: &std::collections::VecDeque<drift::engine::node::hints::Kept>| {
        hints.iter().map(|kept| (kept.hint.id, Seen { hint: kept.hint.clone(), flushed: kept.flushed })).collect()
    };
    store.lines().iter().map(|(target, l)| (*target, line(&l.hints))).collect()
}

/// What one step said about one node's hints.
#[derive(Default)]
struct Step {
    kept: Vec<(NodeId, Key)>,
    moved: BTreeSet<NodeId>,
    expired: BTreeMap<NodeId, u32>,
    flushed: bool,
    crashed: bool,
    resumed: bool,
    new_disk: Option<Lines>,
    lost: u32,
}

/// The reference for all hints.
#[derive(Default)]
pub struct Hints {
    nodes: BTreeMap<NodeId, Lines>,
    backups: BTreeMap<NodeId, Lines>,
    /// Hints on their way: by keeper, target and number, the attempt.
    sent: BTreeMap<(NodeId, NodeId, u64), u32>,
    /// When the page of an attempt began.
    pages: BTreeMap<(NodeId, NodeId, u32), Micros>,
    acked: BTreeSet<(NodeId, NodeId, u64)>,
    /// Hints that a node was given and has not confirmed yet.
    given: BTreeMap<(NodeId, NodeId, u64, u32), u32>,
    steps: BTreeMap<NodeId, Step>,
    /// Operations refused in this step, and those that hints were made for.
    unavailable: BTreeSet<u32>,
    hinted: BTreeSet<u32>,
}

impl Hints {
    /// Follows one event.
    pub fn see(&mut self, event: &Event, world: &World, rules: &Rules) -> Result<(), String> {
        let Some(node) = event.who.and_then(Endpoint::node) else { return Ok(()) };
        let step = self.steps.entry(node).or_default();
        match &event.kind {
            EventKind::Note(note) => {
                if matches!(note, Note::HintKept { .. } | Note::HintSent { .. }) {
                    self.hinted.extend(event.op.map(|op| op.number));
                }
                match note {
                    Note::Unavailable { .. } => self.unavailable.extend(event.op.map(|op| op.number)),
                    Note::HintKept { target, key, .. } => step.kept.push((*target, key.clone())),
                    Note::HintsMoved { target, .. } => {
                        step.moved.insert(*target);
                    }
                    Note::HintsExpired { target, count } => *step.expired.entry(*target).or_default() += count,
                    Note::ReplayStarted { target, .. } => return started(node, *target, step.resumed, world, rules),
                    _ => {}
                }
            }
            EventKind::Timer(Timer::HintFlush) => step.flushed = true,
            EventKind::Fault(Fault::Resumed { .. }) => step.resumed = true,
            EventKind::Fault(Fault::Crashed { .. }) => step.crashed = true,
            EventKind::Fault(Fault::HintsLost { count }) => step.lost = *count,
            EventKind::Fault(Fault::Wiped { .. }) => step.new_disk = Some(Lines::new()),
            EventKind::Fault(Fault::Restored { .. }) => step.new_disk = self.backups.get(&node).cloned(),
            EventKind::Fault(Fault::BackedUp { .. }) => {
                let now = self.nodes.get(&node).cloned().unwrap_or_default();
                self.backups.insert(node, on_disk(now));
            }
            EventKind::Delivered(message) => self.delivered(node, message),
            EventKind::Sent(message) => return self.sent(node, message, event.at, world, rules),
            _ => {}
        }
        Ok(())
    }

    fn delivered(&mut self, node: NodeId, message: &Message) {
        let Some(from) = message.from.node() else { return };
        match &message.body {
            Body::HintAck { hint, attempt } if self.sent.get(&(node, from, *hint)) == Some(attempt) => {
                self.acked.insert((node, from, *hint));
            }
            Body::Hint { hint, attempt } => *self.given.entry((node, from, hint.id, *attempt)).or_default() += 1,
            _ => {}
        }
    }

    fn sent(&mut self, node: NodeId, message: &Message, now: Micros, world: &World, rules: &Rules) -> Result<(), String> {
        let Some(to) = message.to.node() else { return Ok(()) };
        match &message.body {
            Body::Hint { hint, attempt } => {
                let began = *self.pages.entry((node, to, *attempt)).or_insert(now);
                let known = |lines: &Lines| lines.get(&to).and_then(|line| line.get(&hint.id)).is_some_and(|seen| seen.hint == *hint);
                let held = world.host(node).is_some_and(|host| known(&lines(&host.node.hints)));
                if !held && !self.nodes.get(&node).is_some_and(known) {
                    return Err(format!("{node} sends {to} a hint that it does not keep for it: {hint:?}"));
                }
                if outlived(hint, shows(world, node, began), rules) && began == now {
                    return Err(format!("{node} sends {to} a hint that has expired: {hint:?}"));
                }
                self.sent.insert((node, to, hint.id), *attempt);
                Ok(())
            }
            Body::HintAck { hint, attempt } => match self.given.get_mut(&(node, to, *hint, *attempt)) {
                Some(left) if *left > 0 => {
                    *left -= 1;
                    Ok(())
                }
                _ => Err(format!("{node} confirms hint {hint} of {to}, which has not come")),
            },
            _ => Ok(()),
        }
    }

    /// After a step: every change of every line had a reason.
    pub fn compare(&mut self, world: &World, replicas: &Replicas, rules: &Rules) -> Result<(), String> {
        let refused = std::mem::take(&mut self.unavailable);
        let hinted = std::mem::take(&mut self.hinted);
        if let Some(op) = refused.intersection(&hinted).next() {
            return Err(format!("operation {op} was unavailable, and a hint was made for it"));
        }
        for (node, step) in std::mem::take(&mut self.steps) {
            let host = world.host(node).ok_or("no such node")?;
            let now = lines(&host.node.hints);
            for (target, line) in host.node.hints.lines() {
                let bytes: u64 = line.hints.iter().map(|kept| u64::from(kept.hint.size())).sum();
                if bytes != line.bytes {
                    return Err(format!("{node} counts {} bytes of hints for {target}, which are {bytes}", line.bytes));
                }
            }
            let mut before = self.nodes.remove(&node).unwrap_or_default();
            if step.crashed {
                let count = |lines: &Lines| lines.values().map(|line| line.len() as u32).sum::<u32>();
                let all = count(&before);
                before = on_disk(before);
                if all - count(&before) != step.lost {
                    return Err(format!("{node} lost {} hints in a crash, should be {}", step.lost, all - count(&before)));
                }
            }
            if let Some(disk) = &step.new_disk {
                before = disk.clone();
                self.sent.retain(|(at, ..), _| *at != node);
                self.acked.retain(|(at, ..)| *at != node);
                self.pages.retain(|(at, ..), _| *at != node);
            }
            self.changes(node, &before, &now, &step, world, replicas, rules).map_err(|law| format!("{node}: {law}"))?;
            self.nodes.insert(node, now);
        }
        Ok(())
    }

    #[expect(clippy::too_many_arguments, reason = "a step is judged from all sides")]
    fn changes(
        &self,
        node: NodeId,
        before: &Lines,
        now: &Lines,
        step: &Step,
        world: &World,
        replicas: &Replicas,
        rules: &Rules,
    ) -> Result<(), String> {
        let shown = shows(world, node, world.now());
        let nothing = BTreeMap::new();
        let present = |key: &Key| world.ring().replicas(key.token(), &rules.all.replicas);
        let mut expected = step.kept.clone();
        for target in before.keys().chain(now.keys()).copied().collect::<BTreeSet<_>>() {
            let (old, new) = (before.get(&target).unwrap_or(&nothing), now.get(&target).unwrap_or(&nothing));
            let mut expired = 0;
            for (id, seen) in old {
                let Some(still) = new.get(id) else {
                    let hint = &seen.hint;
                    let moved =
                        step.moved.contains(&target) && !present(&hint.key).contains(&target) && everywhere(hint, &present(&hint.key), now);
                    let dead = outlived(hint, shown, rules);
                    let newer = new.values().any(|other| {
                        other.hint.key == hint.key && version(&other.hint) >= version(hint) && !old.contains_key(&other.hint.id)
                    });
                    let replaced = rules.all.hints.full == Full::Compact && newer;
                    if !self.acked.contains(&(node, target, *id)) {
                        expired += u32::from(dead && !moved && !replaced);
                        if !moved && !dead && !replaced {
                            return Err(format!("hint {id} for {target} is gone without reason: {hint:?}"));
                        }
                    }
                    continue;
                };
                let flushes = step.flushed || still.flushed == seen.flushed;
                if still.hint != seen.hint || !flushes || seen.flushed && !still.flushed {
                    return Err(format!("hint {id} for {target} has changed"));
                }
            }
            if expired > step.expired.get(&target).copied().unwrap_or(0) {
                return Err(format!("{expired} hints for {target} expired in silence"));
            }
            for (id, seen) in new.iter().filter(|(id, _)| !old.contains_key(id)) {
                let hint = &seen.hint;
                if !replicas.was_made(&hint.key, only(&hint.row)) {
                    return Err(format!("hint {id} for {target} holds what nobody wrote: {hint:?}"));
                }
                if let Some(at) = expected.iter().position(|(t, key)| *t == target && *key == hint.key) {
                    expected.remove(at);
                } else if step.moved.is_empty() || !present(&hint.key).contains(&target) {
                    return Err(format!("hint {id} for {target} is there without reason: {hint:?}"));
                }
            }
        }
        // What was kept may be gone again within one step, of a node that goes on after a pause.
        let passing = rules.all.hints.full == Full::Compact;
        expected.retain(|(target, _)| !passing && !step.expired.contains_key(target) && !step.moved.contains(target));
        if expected.is_empty() { Ok(()) } else { Err(format!("it says that it keeps hints it has not: {expected:?}")) }
    }

    /// At the end, long after everything was made whole: nothing waits any more.
    pub fn drained(world: &World) -> Result<(), String> {
        for host in world.hosts() {
            if host.node.hints.count() > 0 || !host.node.guests.all().is_empty() {
                let (hints, guests) = (host.node.hints.lines(), host.node.guests.all());
                return Err(format!("{} still keeps {hints:?} and {guests:?}", host.node.id));
            }
        }
        Ok(())
    }
}

fn version(hint: &Hint) -> (u64, bool, &[u8], u32) {
    let version: &Version = only(&hint.row);
    rank(version)
}

/// Whether each of these nodes has a hint of the same content.
fn everywhere(hint: &Hint, at: &[NodeId], lines: &Lines) -> bool {
    let same = |other: &Seen| other.hint.row == hint.row && other.hint.created == hint.created && other.hint.key == hint.key;
    at.iter().all(|node| lines.get(node).is_some_and(|line| line.values().any(same)))
}

fn on_disk(mut lines: Lines) -> Lines {
    lines.values_mut().for_each(|line| line.retain(|_, seen| seen.flushed));
    lines
}

/// A replay begins only towards a node that its keeper itself believes up, not while replay stands still, and not to too many. Whoever is
/// `resumed` does all that has waited at once, and may come to believe a node down just after it has begun.
fn started(node: NodeId, target: NodeId, resumed: bool, world: &World, rules: &Rules) -> Result<(), String> {
    let Some(host) = world.host(node) else { return Ok(()) };
    let running = host.node.hints.lines().values().filter(|line| line.replay.is_some()).count();
    let settings = &rules.all.hints;
    if settings.paused || !(resumed || host.node.believes_up(target)) || running > settings.targets_at_once as usize {
        return Err(format!("{node} replays hints to {target}, which it should not"));
    }
    Ok(())
}
