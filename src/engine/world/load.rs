//! What machines and links can carry: disks that do one thing after another, and the bytes that sweeps may send. What a node does happens at
//! once; what it says about it leaves when its disk is done.

use std::collections::{BTreeMap, VecDeque};

use crate::engine::base::{Endpoint, Micros, NodeId};
use crate::engine::node::sweeps::{Say, SweepStep};
use crate::engine::node::{Body, Caps, Disk, Message, Note, Out, Traffic};
use crate::engine::place::Ring;

/// What some work takes of a disk, in microseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Demand {
    /// On the log of writes.
    log: u64,
    /// For clients.
    clients: u64,
    /// For sweeps, hints and handoffs.
    sweeps: u64,
}

impl Demand {
    /// What these acts of a node take.
    fn of(disk: &Disk, out: &[Out]) -> Demand {
        let mut all = Demand::default();
        for act in out {
            match act {
                Out::Applied(applied) => match applied.by {
                    Traffic::Tree | Traffic::Hint => all.sweeps += disk.write.0,
                    _ => all.log += disk.write.0,
                },
                Out::Send { body: Body::Data { .. } | Body::Digest(_), .. } => all.clients += disk.read.0,
                Out::Send { body: Body::Hint { .. } | Body::Handoff { .. }, .. } => all.sweeps += disk.read.0,
                Out::Send { body: Body::Sweep { say, .. }, .. } => match &**say {
                    Say::Rows { rows, .. } => all.sweeps += disk.read.0.saturating_mul(rows.len() as u64),
                    Say::Keys { entries, .. } => all.sweeps += disk.scan.0.saturating_mul(entries.len() as u64),
                    _ => {}
                },
                Out::Note { note: Note::Sweep { step, .. }, .. } => {
                    let rows = match step {
                        SweepStep::Trees { rows, .. } => *rows,
                        SweepStep::KeysCompared { compared, only_mine, .. } => compared + u64::from(*only_mine),
                        _ => 0,
                    };
                    all.sweeps += disk.scan.0.saturating_mul(rows);
                }
                _ => {}
            }
        }
        all
    }
}

/// A node's disk.
#[derive(Debug, Clone, Default)]
struct Lanes {
    /// When the log has written what waits.
    log: Micros,
    /// When all else is done that waits; with a share of their own, what waits of clients.
    data: Micros,
    /// When the work of sweeps is done, if they have a share of their own.
    sweeps: Micros,
    /// When each read of a client that waits is done, in order.
    reads: VecDeque<Micros>,
}

/// So many microseconds of work at a share of the disk, from `from` on.
fn done(from: Micros, work: u64, share_ppm: u32) -> Micros {
    let span = u128::from(work) * 1_000_000 / u128::from(share_ppm.max(1));
    from.plus(Micros(u64::try_from(span).unwrap_or(u64::MAX)))
}

impl Lanes {
    /// Takes work in. Returns when it is done.
    fn take(&mut self, now: Micros, demand: Demand, share: Option<u32>) -> Micros {
        let mut ready = now;
        if demand.log > 0 {
            self.log = done(self.log.max(now), demand.log, 1_000_000);
            ready = ready.max(self.log);
        }
        if demand.sweeps > 0 {
            let at = match share {
                None => {
                    self.data = done(self.data.max(now), demand.sweeps, 1_000_000);
                    self.data
                }
                Some(share) => {
                    self.sweeps = done(self.sweeps.max(now), demand.sweeps, share);
                    self.sweeps
                }
            };
            ready = ready.max(at);
        }
        if demand.clients > 0 {
            let left = share.filter(|_| self.sweeps > now).map_or(1_000_000, |share| 1_000_000u32.saturating_sub(share));
            self.data = done(self.data.max(now), demand.clients, left);
            self.reads.push_back(self.data);
            ready = ready.max(self.data);
        }
        ready
    }
}

/// How busy disks and the lanes of sweeps are.
#[derive(Debug, Clone, Default)]
pub(super) struct Load {
    disks: BTreeMap<NodeId, Lanes>,
    /// When each node, and each zone, has sent what its sweeps have said.
    nodes: BTreeMap<NodeId, Micros>,
    zones: BTreeMap<u32, Micros>,
}

/// When so many bytes have left at this rate, behind those that wait; at once without a limit.
fn pass<K: Ord>(lanes: &mut BTreeMap<K, Micros>, key: K, (now, ready): (Micros, Micros), size: u32, rate: u64) -> Micros {
    if rate == 0 {
        return ready;
    }
    let lane = lanes.entry(key).or_default();
    let span = u128::from(size) * 1_000_000 / u128::from(rate);
    *lane = now.max(*lane).plus(Micros(u64::try_from(span).unwrap_or(u64::MAX)));
    ready.max(*lane)
}

impl Load {
    /// Takes in what a node has done. Returns when it may say so.
    pub(super) fn work(&mut self, node: NodeId, now: Micros, disk: &Disk, out: &[Out]) -> Micros {
        let demand = Demand::of(disk, out);
        if demand == Demand::default() {
            return now;
        }
        self.disks.entry(node).or_default().take(now, demand, disk.sweep_share_ppm)
    }

    /// When a message of a sweep may leave that is ready at `ready`.
    pub(super) fn shape(&mut self, message: &Message, ready: Micros, caps: &Caps, ring: &Ring) -> Micros {
        let (Endpoint::Node(from), Endpoint::Node(to)) = (message.from, message.to) else { return ready };
        if from == to || message.body.traffic() != Traffic::Tree {
            return ready;
        }
        let now = message.sent_at;
        let left = pass(&mut self.nodes, from, (now, ready), message.size, caps.node);
        let (zone, other) = (ring.zone_of(from), ring.zone_of(to));
        if zone == other { left } else { pass(&mut self.zones, zone.0, (now, left), message.size, caps.zone) }
    }

    /// Reads of clients that wait for a node's disk.
    pub(super) fn backlog(&mut self, node: NodeId, now: Micros) -> u64 {
        let Some(lanes) = self.disks.get_mut(&node) else { return 0 };
        while lanes.reads.front().is_some_and(|done| *done <= now) {
            lanes.reads.pop_front();
        }
        lanes.reads.len() as u64
    }

    /// How long a node's disk has work for, log left out.
    pub(super) fn busy(&self, node: NodeId, now: Micros) -> Micros {
        self.disks.get(&node).map_or(Micros::ZERO, |lanes| lanes.data.max(lanes.sweeps).since(now))
    }

    /// A node stops: what waited for its disk waits no more.
    pub(super) fn stop(&mut self, node: NodeId) {
        self.disks.remove(&node);
    }
}
