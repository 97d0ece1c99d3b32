//! Replay: a poll finds replicas that are back; their hints go to them page by page (Apache Cassandra 4.1, `HintsDispatchTrigger`,
//! `HintsDispatcher`).

use std::collections::BTreeSet;
use std::sync::Arc;

use super::{Hint, Kept, Replay};
use crate::engine::base::{Micros, NodeId, Wire};
use crate::engine::node::{Body, Ctx, Node, Note, Replay as When, Timer, Traffic};

impl Node {
    /// The poll: start replays to replicas that are back, then close what was still open, for the next poll.
    pub(in crate::engine::node) fn poll_hints(&mut self, ctx: &mut Ctx<'_>) {
        self.hints.poll_due = false;
        for target in self.hints.lines.keys().copied().collect::<Vec<_>>() {
            self.expire(target, ctx);
            self.start_replay(target, ctx);
            let idle = self.hints.lines.get(&target).is_some_and(|line| line.replay.is_none());
            if idle && self.believes_up(target) {
                self.close(target);
            }
        }
        self.hints.tidy();
        self.start_hint_timers(ctx);
    }

    /// A replica is up again: with `on-up`, its hints go at once.
    pub(in crate::engine::node) fn hints_on_up(&mut self, target: NodeId, ctx: &mut Ctx<'_>) {
        if ctx.settings.hints.replay == When::OnUp {
            self.close(target);
            self.start_replay(target, ctx);
        }
    }

    fn close(&mut self, target: NodeId) {
        let open = self.hints.lines.get_mut(&target).into_iter().flat_map(|line| &mut line.hints);
        open.filter(|kept| kept.flushed).for_each(|kept| kept.closed = true);
    }

    fn expire(&mut self, target: NodeId, ctx: &mut Ctx<'_>) {
        let busy = self.hints.lines.get(&target).is_some_and(|line| line.replay.is_some());
        if busy {
            return;
        }
        let shown = self.clock.shows(ctx.now);
        let gone = self.hints.take(target, |kept| kept.hint.expired(shown, ctx.settings));
        if !gone.is_empty() {
            ctx.note(None, Note::HintsExpired { target, count: gone.len() as u32 });
        }
    }

    fn start_replay(&mut self, target: NodeId, ctx: &mut Ctx<'_>) {
        let settings = ctx.settings.hints;
        let running = self.hints.lines.values().filter(|line| line.replay.is_some()).count();
        if settings.paused || running >= settings.targets_at_once as usize || !self.believes_up(target) {
            return;
        }
        self.move_orphans(target, ctx);
        let Some(line) = self.hints.lines.get_mut(&target).filter(|line| line.replay.is_none()) else { return };
        let count = line.hints.iter().filter(|kept| kept.closed).count() as u32;
        if count > 0 {
            line.replay = Some(Replay { left: count, ..Replay::default() });
            ctx.note(None, Note::ReplayStarted { target, count });
            self.next_page(target, ctx);
        }
    }

    /// Hints whose target no longer holds the key go to those who do (Apache Cassandra 4.1, `HintsService.writeForAllReplicas`).
    fn move_orphans(&mut self, target: NodeId, ctx: &mut Ctx<'_>) {
        let replicas = |hint: &Hint| ctx.ring.replicas(hint.key.token(), &ctx.settings.replicas);
        let orphans = self.hints.take(target, |kept| kept.closed && !replicas(&kept.hint).contains(&target));
        if orphans.is_empty() {
            return;
        }
        let count = orphans.len() as u32;
        for kept in orphans {
            for replica in replicas(&kept.hint) {
                self.hints.made += 1;
                let hint = Arc::new(Hint { id: self.hints.made, ..(*kept.hint).clone() });
                self.hints.push(replica, Kept { hint, ..kept.clone() });
            }
        }
        ctx.note(None, Note::HintsMoved { target, count });
    }

    /// Takes the next page off the front of the line, or ends the replay.
    fn next_page(&mut self, target: NodeId, ctx: &mut Ctx<'_>) {
        let shown = self.clock.shows(ctx.now);
        let most = u64::from(ctx.settings.hints.page);
        self.hints.attempts += 1;
        let attempt = self.hints.attempts;
        let Some(line) = self.hints.lines.get_mut(&target) else { return };
        let Some(replay) = &mut line.replay else { return };
        let mut bytes = 0;
        let (mut page, mut dead) = (Vec::new(), BTreeSet::new());
        for kept in line.hints.iter().filter(|kept| kept.closed).take(replay.left as usize) {
            if kept.hint.expired(shown, ctx.settings) {
                dead.insert(kept.hint.id);
                continue;
            }
            if bytes >= most {
                break;
            }
            bytes += u64::from(kept.hint.size());
            page.push(kept.hint.clone());
        }
        *replay = Replay {
            attempt,
            left: replay.left - dead.len() as u32,
            unsent: page.into(),
            delivered: replay.delivered,
            ..Replay::default()
        };
        let (done, delivered) = (replay.unsent.is_empty(), replay.delivered);
        if !dead.is_empty() {
            self.hints.take(target, |kept| dead.contains(&kept.hint.id));
            ctx.note(None, Note::HintsExpired { target, count: dead.len() as u32 });
        }
        if done {
            if let Some(line) = self.hints.lines.get_mut(&target) {
                line.replay = None;
            }
            self.hints.tidy();
            ctx.note(None, Note::ReplayDone { target, count: delivered });
        } else {
            self.send_hints(target, ctx);
        }
    }

    /// Sends hints of the present page: all of them, or one and a timer if there is a throttle.
    pub(in crate::engine::node) fn send_hints(&mut self, target: NodeId, ctx: &mut Ctx<'_>) {
        // All other nodes may replay to this one at the same time.
        let peers = (ctx.ring.nodes() as u64).saturating_sub(1).max(1);
        let rate = (ctx.settings.hints.throttle > 0).then(|| (ctx.settings.hints.throttle / peers).max(1));
        let Some(replay) = self.hints.lines.get_mut(&target).and_then(|line| line.replay.as_mut()) else { return };
        while let Some(hint) = replay.unsent.pop_front() {
            replay.unacked.insert(hint.id);
            let size = u64::from(hint.size());
            ctx.send(target, hint.op, Body::Hint { hint, attempt: replay.attempt });
            if let (Some(rate), false) = (rate, replay.unsent.is_empty()) {
                ctx.wake(Micros((size * 1_000_000).div_ceil(rate)), Timer::HintNext(target, replay.attempt));
                return;
            }
        }
        ctx.wake(ctx.settings.write.timeout, Timer::HintPage(target, replay.attempt));
    }

    /// Whether a replay still waits for this attempt's timer.
    pub(in crate::engine::node) fn replays(&self, target: NodeId, attempt: u32) -> bool {
        self.hints.lines.get(&target).and_then(|line| line.replay.as_ref()).is_some_and(|replay| replay.attempt == attempt)
    }

    /// A hint arrived: merge it in, unless it is too old by this node's clock; acknowledge it either way.
    pub(in crate::engine::node) fn take_hint(&mut self, from: NodeId, hint: &Hint, attempt: u32, ctx: &mut Ctx<'_>) {
        if hint.expired(self.clock.shows(ctx.now), ctx.settings) {
            ctx.note(hint.op, Note::HintsExpired { target: self.id, count: 1 });
        } else if ctx.ring.epoch() > 0 && !ctx.ring.is_replica(hint.key.token(), &ctx.settings.replicas, self.id) {
            self.keep_for_all(hint, ctx);
        } else {
            self.hold(None, hint.op, &hint.key, &hint.row, Traffic::Hint, ctx);
        }
        ctx.send(from, hint.op, Body::HintAck { hint: hint.id, attempt });
    }

    /// A hint was acknowledged: when the page is complete, its hints are deleted and the next page follows.
    pub(in crate::engine::node) fn hint_acked(&mut self, from: NodeId, hint: u64, attempt: u32, ctx: &mut Ctx<'_>) {
        let Some(replay) = self.hints.lines.get_mut(&from).and_then(|line| line.replay.as_mut()) else { return };
        if replay.attempt != attempt || !replay.unacked.remove(&hint) {
            return;
        }
        replay.acked.insert(hint);
        if replay.unsent.is_empty() && replay.unacked.is_empty() {
            let acked = std::mem::take(&mut replay.acked);
            replay.delivered += acked.len() as u32;
            replay.left -= acked.len() as u32;
            self.hints.take(from, |kept| acked.contains(&kept.hint.id));
            self.next_page(from, ctx);
        }
    }

    /// A page was not acknowledged in time: the replay ends, nothing of the page is deleted, and a later poll sends all of it again.
    pub(in crate::engine::node) fn page_failed(&mut self, target: NodeId, ctx: &mut Ctx<'_>) {
        let Some(replay) = self.hints.lines.get_mut(&target).and_then(|line| line.replay.take()) else { return };
        ctx.note(None, Note::ReplayStopped { target, missing: replay.unacked.len() as u32 });
        if ctx.settings.misbehave.hopeful_hints {
            self.hints.take(target, |kept| replay.unacked.contains(&kept.hint.id) || replay.acked.contains(&kept.hint.id));
        }
        self.start_hint_timers(ctx);
    }
}
