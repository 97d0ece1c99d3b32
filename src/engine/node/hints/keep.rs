//! Keeping hints: whether, by whom, and in what room.

use std::sync::Arc;

use super::{Hint, Kept};
use crate::engine::base::{Micros, NodeId, OpId, Purpose, Wire, map_of, pick};
use crate::engine::data::{Key, Merge, Row};
use crate::engine::node::coordinate::Pending;
use crate::engine::node::note::NoHint;
use crate::engine::node::{Body, Ctx, Full, Keeper, Node, Note, Timer};

impl Node {
    /// Sees to it that `target`, which missed a write, gets it later. `late`: it was believed up, and did not answer in time.
    /// Returns whether a hint is kept at this node now.
    pub(in crate::engine::node) fn hint(
        &mut self,
        target: NodeId,
        op: Option<OpId>,
        key: &Key,
        row: &Arc<Row>,
        late: bool,
        ctx: &mut Ctx<'_>,
    ) -> bool {
        let settings = ctx.settings.hints;
        if settings.keeper == Keeper::Nobody || target == self.id {
            return false;
        }
        if self.past_window(target, ctx) {
            ctx.note(op, Note::HintRefused { target, why: NoHint::Window });
            return false;
        }
        self.hints.made += 1;
        let lives = [settings.lifetime, ctx.settings.tombstones.grace()].into_iter().flatten().min();
        let hint = Hint { id: self.hints.made, op, key: key.clone(), row: row.clone(), created: self.clock.shows(ctx.now), lives };
        match self.keeper_for(target, key, op, ctx) {
            Some(keeper) if keeper == self.id => self.keep(target, Arc::new(hint), late, ctx),
            Some(keeper) => {
                ctx.note(op, Note::HintSent { target, keeper });
                ctx.send(keeper, op, Body::KeepHint { target, hint: Arc::new(hint) });
                false
            }
            None => {
                ctx.note(op, Note::HintRefused { target, why: NoHint::Keeper });
                false
            }
        }
    }

    /// Whether the target has been down for longer than hints are kept (Apache Cassandra 4.1, `StorageProxy.shouldHint`): counted from
    /// the moment this node found it down, and with a persistent window also from the oldest hint that still waits.
    fn past_window(&self, target: NodeId, ctx: &Ctx<'_>) -> bool {
        let window = ctx.settings.hints.window;
        let down = self.heartbeats.down_since(target).is_some_and(|since| ctx.now.since(since) > window);
        let old = self.hints.earliest(target).is_some_and(|first| ctx.now.since(first) > window);
        down || ctx.settings.hints.persistent_window && old
    }

    /// Who keeps a hint for `target`.
    fn keeper_for(&self, target: NodeId, key: &Key, op: Option<OpId>, ctx: &Ctx<'_>) -> Option<NodeId> {
        let replicas = ctx.ring.replicas(key.token(), &ctx.settings.replicas);
        let others = || {
            let walk = ctx.ring.walk(key.token());
            walk.into_iter().filter(|node| !replicas.contains(node) && self.believes_up(*node)).collect::<Vec<_>>()
        };
        let drawn = |nodes: Vec<NodeId>| {
            let word = ctx.draws.draw(Purpose::Pick, [op.map_or(0, |op| u64::from(op.tag)), u64::from(self.id.0), u64::from(target.0)]);
            (!nodes.is_empty()).then(|| nodes[pick(word, nodes.len())])
        };
        match ctx.settings.hints.keeper {
            Keeper::Nobody => None,
            Keeper::Coordinator => Some(self.id),
            Keeper::Replica => replicas.iter().copied().find(|node| *node != target && self.believes_up(*node)),
            Keeper::Any => drawn(others()),
            Keeper::Consistent(k) => drawn(others().into_iter().take(k as usize).collect()),
            Keeper::Proximity => {
                let home = ctx.ring.zone_of(self.id);
                others().into_iter().min_by_key(|node| ctx.ring.zone_of(*node) != home)
            }
        }
    }

    /// Keeps a hint, if there is room. Returns whether it did.
    fn keep(&mut self, target: NodeId, hint: Arc<Hint>, late: bool, ctx: &mut Ctx<'_>) -> bool {
        let settings = ctx.settings.hints;
        let full = |node: &Node| settings.room > 0 && node.hints.lines.get(&target).is_some_and(|line| line.bytes > settings.room);
        if full(self) && settings.full == Full::Compact {
            self.compact(target, &hint, ctx);
        }
        if full(self) {
            ctx.note(hint.op, Note::HintRefused { target, why: NoHint::Room });
            return false;
        }
        ctx.note(hint.op, Note::HintKept { target, key: hint.key.clone(), late });
        self.hints.push(target, Kept { hint, since: ctx.now, flushed: settings.flush == Micros::ZERO, closed: false });
        self.start_hint_timers(ctx);
        true
    }

    /// Makes room for a hint by dropping those of its key that are no newer, unless they are just being sent. If that does not make
    /// enough room nothing is dropped: the new hint will not be kept, and would be missed together with them.
    fn compact(&mut self, target: NodeId, new: &Hint, ctx: &Ctx<'_>) {
        let Some(line) = self.hints.lines.get(&target) else { return };
        let goes = |kept: &&Kept| {
            let older = matches!(ctx.settings.rule.merge(&new.row, &kept.hint.row), Merge::Left | Merge::Same);
            kept.hint.key == new.key && older && !(line.replay.is_some() && kept.closed)
        };
        let old = map_of(line.hints.iter().filter(goes).map(|kept| (kept.hint.id, u64::from(kept.hint.size()))));
        if line.bytes - old.values().sum::<u64>() <= ctx.settings.hints.room {
            self.hints.take(target, |kept| old.contains_key(&kept.hint.id));
        }
    }

    /// Sets the timers that hints need, unless they run.
    pub(in crate::engine::node) fn start_hint_timers(&mut self, ctx: &mut Ctx<'_>) {
        if self.hints.unflushed() > 0 && !self.hints.flush_due {
            self.hints.flush_due = true;
            ctx.wake(ctx.settings.hints.flush.max(Micros(1)), Timer::HintFlush);
        }
        if self.hints.count() > 0 && !self.hints.poll_due {
            self.hints.poll_due = true;
            ctx.wake(ctx.settings.hints.poll.max(Micros(1)), Timer::HintPoll);
        }
    }

    /// Brings hints to disk.
    pub(in crate::engine::node) fn flush_hints(&mut self, ctx: &mut Ctx<'_>) {
        self.hints.flush_due = false;
        let count = std::mem::take(&mut self.hints.unflushed) as u32;
        if count > 0 {
            self.hints.lines.values_mut().flat_map(|line| &mut line.hints).for_each(|kept| kept.flushed = true);
            ctx.note(None, Note::HintsFlushed { count });
        }
    }

    /// Another coordinator asks this node to keep a hint.
    pub(in crate::engine::node) fn keep_for(&mut self, from: NodeId, target: NodeId, hint: &Arc<Hint>, ctx: &mut Ctx<'_>) {
        // Numbered anew: acknowledgements name the keeper's own number.
        self.hints.made += 1;
        let own = Hint { id: self.hints.made, ..(**hint).clone() };
        if self.keep(target, Arc::new(own), false, ctx) {
            ctx.send(from, hint.op, Body::HintKept { target });
        }
    }

    /// A hint has come for a range that has moved on since: it is kept for all who hold the range now (Apache Cassandra 4.1,
    /// `hints/HintVerbHandler`, CASSANDRA-5902).
    pub(super) fn keep_for_all(&mut self, hint: &Hint, ctx: &mut Ctx<'_>) {
        for target in ctx.ring.replicas(hint.key.token(), &ctx.settings.replicas) {
            self.hints.made += 1;
            self.keep(target, Arc::new(Hint { id: self.hints.made, ..hint.clone() }), false, ctx);
        }
    }

    /// The replica, if any, whose lack of room for hints makes this node refuse a write: with `full: refuse`, or because too many
    /// hints wait in memory (Apache Cassandra 4.1, `StorageProxy.checkHintOverload`).
    pub(in crate::engine::node) fn overloaded(&self, down: &[NodeId], ctx: &Ctx<'_>) -> Option<NodeId> {
        let settings = ctx.settings.hints;
        let crowded = settings.overload > 0 && self.hints.unflushed() > settings.overload as usize;
        down.iter().copied().find(|target| {
            self.hints.lines.get(target).is_some_and(|line| {
                let waits = crowded && line.hints.iter().rev().any(|kept| !kept.flushed);
                waits || settings.full == Full::Refuse && settings.room > 0 && line.bytes > settings.room
            })
        })
    }

    /// Another node keeps the hint: at ANY that answers the client.
    pub(in crate::engine::node) fn hint_kept(&mut self, op: OpId, target: NodeId, ctx: &mut Ctx<'_>) {
        if let Some(Pending::Write(write)) = self.coordinator.pending.get_mut(&op) {
            if !write.hinted.contains(&target) {
                write.hinted.push(target);
            }
            self.answer_write(op, ctx);
        }
    }
}
