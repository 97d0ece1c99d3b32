//! How clients fare and what sweeps do, over a sliding window and since the start of a run.

use std::collections::{BTreeMap, VecDeque};

use super::Spans;
use crate::engine::base::{Endpoint, Micros, NodeId, arrange};
use crate::engine::data::Change;
use crate::engine::node::sweeps::{QueueStep, SweepStep};
use crate::engine::node::{Note, Traffic, Verb};
use crate::engine::world::{Event, EventKind, World};

/// How long an operation stays in the window.
pub const WINDOW: Micros = Micros::secs(5);

/// Most operations of the window: with more, the oldest leave early.
const MOST: usize = 512;

/// How long operations of one kind took.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Latency {
    /// Those of the window, with when they ended, oldest first.
    lately: VecDeque<(Micros, Micros)>,
    /// All of them.
    pub all: Spans,
}

impl Latency {
    fn add(&mut self, at: Micros, took: Micros) {
        self.lately.push_back((at, took));
        self.all.add(took);
        let since = Micros(at.0.saturating_sub(WINDOW.0));
        while self.lately.len() > MOST || self.lately.front().is_some_and(|(ended, _)| *ended < since) {
            self.lately.pop_front();
        }
    }

    /// What so many thousandths of the window's operations did not exceed at `now`; `None` if none ended lately.
    pub fn quantile(&self, now: Micros, thousandths: u32) -> Option<Micros> {
        let since = Micros(now.0.saturating_sub(WINDOW.0));
        let mut took: Vec<Micros> = self.lately.iter().filter(|(at, _)| *at >= since).map(|(_, took)| *took).collect();
        arrange(&mut took, Ord::cmp);
        let place = (took.len() as u64 * u64::from(thousandths)).div_ceil(1_000).max(1) as usize;
        took.get(place - 1).copied()
    }
}

/// What sweeps did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Swept {
    /// Sweeps begun.
    pub begun: u64,
    /// Ended well.
    pub good: u64,
    /// Ended badly.
    pub failed: u64,
    /// Put off after a failure, to be tried again.
    pub retries: u64,
    /// Rows that replicas took from sweeps and had lacked.
    pub rows: u64,
    /// Bytes of their messages.
    pub bytes: u64,
}

/// Clients and sweeps, side by side.
#[derive(Debug, Clone, Default)]
pub struct Pulse {
    /// Reads.
    pub reads: Latency,
    /// Writes and deletes.
    pub writes: Latency,
    /// Sweeps.
    pub swept: Swept,
    /// Bytes that went from one zone into another, whatever they were for.
    pub across_zones: u64,
    /// Of these, bytes of sweeps.
    pub swept_across: u64,
    /// The last good end of a sweep that each node started.
    pub last_good: BTreeMap<NodeId, Micros>,
    open: BTreeMap<u32, (bool, Micros)>,
}

/// Sweeps that wait or are under way at all nodes.
pub fn sweep_backlog(world: &World) -> u64 {
    let each = world.hosts().iter().map(|host| {
        let sweeps = &host.node.sweeps;
        (sweeps.queue().waiting().len() + sweeps.asking().len()) as u64
    });
    each.sum()
}

impl Pulse {
    /// Takes in what has just happened.
    pub fn observe(&mut self, world: &World, events: &[Event]) {
        events.iter().for_each(|event| self.see(world, event));
    }

    fn see(&mut self, world: &World, event: &Event) {
        match &event.kind {
            EventKind::Began { request, .. } => {
                self.open.extend(event.op.map(|op| (op.number, (request.verb == Verb::Read, event.at))));
            }
            EventKind::Ended(_) => {
                if let Some((read, began)) = event.op.and_then(|op| self.open.remove(&op.number)) {
                    let latency = if read { &mut self.reads } else { &mut self.writes };
                    latency.add(event.at, event.at.since(began));
                }
            }
            EventKind::Sent(message) => {
                let sweep = message.body.traffic() == Traffic::Tree && message.from != message.to;
                self.swept.bytes += if sweep { u64::from(message.size) } else { 0 };
                if let (Endpoint::Node(from), Endpoint::Node(to)) = (message.from, message.to)
                    && world.ring().zone_of(from) != world.ring().zone_of(to)
                {
                    self.across_zones += u64::from(message.size);
                    self.swept_across += if sweep { u64::from(message.size) } else { 0 };
                }
            }
            EventKind::Applied(applied) => {
                self.swept.rows += u64::from(applied.by == Traffic::Tree && applied.change == Change::Stored);
            }
            EventKind::Note(Note::Queue(QueueStep::Postponed { .. })) => self.swept.retries += 1,
            EventKind::Note(Note::Sweep { session, step }) => match step {
                SweepStep::Began { .. } => self.swept.begun += 1,
                SweepStep::Ended { outcome, .. } if outcome.is_good() => {
                    self.swept.good += 1;
                    self.last_good.insert(session.by, event.at);
                }
                SweepStep::Ended { .. } => self.swept.failed += 1,
                _ => {}
            },
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_window_forgets_and_the_whole_does_not() {
        let mut latency = Latency::default();
        for ms in 1..=100 {
            latency.add(Micros::ms(10 * ms), Micros::ms(ms));
        }
        let at = |now, thousandths| latency.quantile(Micros::ms(now), thousandths).map(|span| span.0 / 1_000);
        assert_eq!([at(1_000, 500), at(1_000, 990), at(1_000, 1_000)], [Some(50), Some(99), Some(100)]);
        assert_eq!(at(5_900, 500), Some(95), "only those that ended from 900 ms on are left");
        assert_eq!(at(9_000, 500), None);
        latency.add(Micros::secs(20), Micros::secs(1));
        assert_eq!((latency.lately.len(), latency.all.count()), (1, 101));
        for ms in 0..2_000 {
            latency.add(Micros::secs(20), Micros::ms(ms));
        }
        assert_eq!(latency.lately.len(), MOST, "never more than there is room for");
    }
}
