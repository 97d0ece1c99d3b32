//! Carrying out commands: what a person or a script does to the world.

use std::sync::Arc;

use super::command::Command;
use super::event::{Event, EventKind, Fault, LostWhy};
use super::host::{Status, Waiting};
use super::network::CutShape;
use super::preload::{Loading, Preload};
use super::sim::{Due, World};
use crate::engine::base::{CutId, Endpoint, EventId, Micros, NodeId, arrange};
use crate::engine::data::PageMap;
use crate::engine::node::{Changed, Input, Method, Node, Request, Setting, SweepPolicy, Verb};

impl World {
    /// Carries out a command at `at` (now, if that is past). A command that [`Command::check`] refuses, or that changes nothing
    /// (restarting a node that runs), leaves no event.
    pub fn apply(&mut self, at: Micros, command: &Command, log: &mut Vec<Event>) {
        self.wait_until(at);
        let default = (self.settings().read.level, self.settings().write.level);
        match command.clone() {
            Command::Read { client, via, key, level } => {
                self.begin(client, via, Request { verb: Verb::Read, key, level: level.unwrap_or(default.0) }, None, log);
            }
            Command::Write { client, via, key, value, level } => {
                let verb = Verb::Write(value.into_bytes().into());
                self.begin(client, via, Request { verb, key, level: level.unwrap_or(default.1) }, None, log);
            }
            Command::Delete { client, via, key, level } => {
                self.begin(client, via, Request { verb: Verb::Delete, key, level: level.unwrap_or(default.1) }, None, log);
            }
            Command::Cut { islands } => self.cut(CutShape::Islands(islands), log),
            Command::CutOneWay { from, to } => self.cut(CutShape::OneWay(from, to), log),
            Command::CutLink { a, b } => self.cut(CutShape::Link(a, b), log),
            Command::Mend { cut } => self.mend(Some(CutId(cut)), log),
            Command::MendAll => self.mend(None, log),
            Command::Crash { node } => self.crash(node, false, log),
            Command::Wipe { node } => self.crash(node, true, log),
            Command::Restart { node } => self.restart(node, log),
            Command::Pause { node } => self.pause(node, log),
            Command::Resume { node } => self.resume(node, log),
            Command::Clock { node, offset_us } => {
                if let Some(host) = self.hosts.get_mut(node.index()) {
                    Arc::make_mut(&mut host.node).clock.offset = offset_us;
                    self.fault(Some(node.into()), Fault::Clock { offset_us }, log);
                }
            }
            Command::Slow { node, by } => {
                self.network.set_slow(node, by);
                self.fault(Some(node.into()), Fault::Slow { by }, log);
            }
            Command::Link { from, to, rule } => {
                self.network.set_link(from, to, rule);
                self.fault(None, Fault::Link { from, to }, log);
            }
            Command::Network { network } => {
                self.network.config = network;
                self.fault(None, Fault::Network, log);
            }
            Command::Set { setting } => self.configure(setting, log),
            Command::Preload(preload) => self.preload(preload, log),
            Command::Backup { node } => self.back_up(node, log),
            Command::Restore { node } => self.restore(node, log),
            Command::Workload(workload) => self.begin_workload(workload, log),
            Command::Sweep { a, b, policy } => self.sweep(a, b, policy.unwrap_or(self.settings().sweeps.policy), log),
            Command::Rot { node, key, sum, value } => self.rot(node, &key, sum, value, log),
            Command::Repair { node, policy } => {
                let policy = policy.unwrap_or(self.settings().sweeps.policy);
                self.sweep(node, node, SweepPolicy { method: Method::Validation, ..policy }, log);
            }
            Command::StopSweep { node, number } => self.stop_sweep(node, number, log),
            Command::StopWorkload { workload } => self.stop_workload(workload, log),
            Command::Split { .. } | Command::Merge { .. } | Command::Move { .. } => self.redraw(command, log),
            Command::Cleanup { node } => self.clean_up(node, log),
        }
    }

    pub(super) fn fault(&mut self, who: Option<Endpoint>, fault: Fault, log: &mut Vec<Event>) -> Option<EventId> {
        self.emit(None, who, None, EventKind::Fault(fault), log)
    }

    fn cut(&mut self, shape: CutShape, log: &mut Vec<Event>) {
        let id = self.network.cut(shape, self.now);
        self.fault(None, Fault::Cut(id), log);
        self.reconsider_flights();
    }

    fn mend(&mut self, which: Option<CutId>, log: &mut Vec<Event>) {
        for id in self.network.mend(which) {
            self.fault(None, Fault::Mended(id), log);
        }
        self.reconsider_flights();
    }

    /// Messages that are not yet half way learn of a change of cuts.
    fn reconsider_flights(&mut self) {
        let mut moved = Vec::new();
        for (slot, due) in self.queue.iter_mut() {
            if let Due::Flight(flight) = due {
                let fate = self.network.reconsider(flight, self.now);
                if fate != flight.fate {
                    flight.fate = fate;
                    moved.push((flight.message.id, flight.copy, slot, flight.due()));
                }
            }
        }
        // In the order of sending, whatever slots the messages happen to lie in.
        arrange(&mut moved, Ord::cmp);
        for (_, _, slot, at) in moved {
            self.queue.reschedule(slot, at);
        }
    }

    pub(super) fn crash(&mut self, node: NodeId, wipe: bool, log: &mut Vec<Event>) {
        let Some(host) = self.hosts.get_mut(node.index()) else { return };
        let who = Some(Endpoint::Node(node));
        let was_down = host.status == Status::Down;
        host.status = Status::Down;
        let waiting = std::mem::take(&mut host.waiting);
        let machine: &mut Node = Arc::make_mut(&mut host.node);
        machine.forget();
        self.load.stop(node);
        let (lost, hints) = machine.lose_memory();
        let rows = wipe.then(|| machine.wipe());
        let mut cause = None;
        if !was_down {
            cause = self.fault(who, Fault::Crashed { lost: lost.len() as u32 }, log);
        }
        for (stands_for, key, before, after) in lost {
            self.emit(cause, who, None, EventKind::Reverted { key, before, after, stands_for }, log);
        }
        if hints > 0 {
            self.emit(cause, who, None, EventKind::Fault(Fault::HintsLost { count: hints }), log);
        }
        if let Some(rows) = rows {
            self.fault(who, Fault::Wiped { rows }, log);
        }
        for input in waiting {
            if let Waiting::Flight(flight) = input {
                self.lose(flight.message, LostWhy::Crashed, log);
            }
        }
    }

    fn restart(&mut self, node: NodeId, log: &mut Vec<Event>) {
        if self.host(node).is_some_and(|h| h.status == Status::Down) {
            self.hosts[node.index()].status = Status::Up;
            let cause = self.fault(Some(node.into()), Fault::Restarted, log);
            self.run_node(node, Input::Started, cause, log);
        }
    }

    fn pause(&mut self, node: NodeId, log: &mut Vec<Event>) {
        if self.host(node).is_some_and(|h| h.status == Status::Up) {
            self.hosts[node.index()].status = Status::Paused;
            self.fault(Some(node.into()), Fault::Paused, log);
        }
    }

    fn resume(&mut self, node: NodeId, log: &mut Vec<Event>) {
        let Some(host) = self.hosts.get_mut(node.index()).filter(|h| h.status == Status::Paused) else { return };
        host.status = Status::Up;
        let waiting = std::mem::take(&mut host.waiting);
        let cause = self.fault(Some(node.into()), Fault::Resumed { waiting: waiting.len() as u32 }, log);
        for input in waiting {
            match input {
                Waiting::Flight(flight) => self.land(flight, log),
                Waiting::Alarm(alarm) => self.ring_alarm(alarm, log),
                Waiting::Sweep(with, policy) => self.run_node(node, Input::Sweep(with, policy), cause, log),
                Waiting::StopSweep(number) => self.run_node(node, Input::StopSweep(number), cause, log),
                Waiting::Configured(changed) => self.run_node(node, Input::Configured(changed), cause, log),
                Waiting::CleanUp => self.cleans_up(node, cause, log),
            }
        }
    }

    fn configure(&mut self, setting: Setting, log: &mut Vec<Event>) {
        self.settings_mut().set(setting);
        if let Setting::Replicas(n) = setting {
            Arc::make_mut(&mut self.ring).prepare(&n);
        }
        let cause = self.fault(None, Fault::Set(Box::new(setting)), log);
        let changed = match setting {
            Setting::Detector(_) => Some(Changed::Detector),
            Setting::Tombstones(_) => Some(Changed::Tombstones),
            Setting::Sweeps(_) => Some(Changed::Sweeps),
            Setting::Integrity(_) => Some(Changed::Integrity),
            _ => None,
        };
        if let Some(changed) = changed {
            self.tell_all(changed, cause, log);
        }
    }

    /// Tells every node that something changed that all know of at once.
    pub(super) fn tell_all(&mut self, changed: Changed, cause: Option<EventId>, log: &mut Vec<Event>) {
        for node in (0..self.hosts.len() as u32).map(NodeId) {
            match self.hosts[node.index()].status {
                Status::Up => self.run_node(node, Input::Configured(changed), cause, log),
                Status::Paused => self.hosts[node.index()].waiting.push(Waiting::Configured(changed)),
                Status::Down => {} // starting reads the settings
            }
        }
    }

    fn preload(&mut self, preload: Preload, log: &mut Vec<Event>) {
        let rule = self.settings().rule;
        let shares = match self.ready.loaded.take() {
            Some((known, shares)) if known == preload => shares,
            _ => Loading::new(preload, self).finish(self),
        };
        for (host, share) in self.hosts.iter_mut().zip(shares) {
            let node: &mut Node = Arc::make_mut(&mut host.node);
            node.forget_trees();
            node.store.preload(rule, share, PageMap::default());
        }
        self.fault(None, Fault::Preloaded { count: preload.count }, log);
    }
}
