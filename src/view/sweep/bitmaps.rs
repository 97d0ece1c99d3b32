//! What a sweep of bitmaps draws: for each range and coordinator the events that both sides have seen, one above the other, and the holes.

use crate::engine::base::{NodeId, set_of};
use crate::engine::node::dots::arc_of;
use crate::engine::place::ArcId;
use crate::engine::sweep::{Seen, TokenRange};
use crate::engine::world::World;
use crate::lab::Session;
use crate::view::format::{count, counted};

/// Events drawn one by one, at most: the first beyond what both have seen.
pub const MOST: usize = 48;

/// What a side knows of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dot {
    /// Seen here.
    Seen,
    /// Seen at the other side only: this is what is missing.
    Missing,
    /// Seen by neither.
    Nobody,
}

impl Dot {
    /// Its class, and what it is in words.
    pub const fn words(self) -> (&'static str, &'static str) {
        match self {
            Dot::Seen => ("seen", "seen"),
            Dot::Missing => ("missing", "missing"),
            Dot::Nobody => ("nobody", "seen by neither"),
        }
    }
}

/// The events of one coordinator in one range, as both sides know them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lane {
    /// Whose events.
    pub by: NodeId,
    /// Which of the ranges that are compared.
    pub range: usize,
    /// The base of each side: it has seen everything up to it. The one who asks first.
    pub bases: [u64; 2],
    /// The number of the first event drawn.
    pub first: u64,
    /// Events from there on: what each side knows.
    pub dots: Vec<[Dot; 2]>,
    /// Events beyond those drawn.
    pub more: u64,
}

impl Lane {
    /// How many events each side lacks, of those drawn.
    pub fn missing(&self) -> [usize; 2] {
        [0, 1].map(|side| self.dots.iter().filter(|dot| dot[side] == Dot::Missing).count())
    }

    /// How it stands, in a few words.
    pub fn words(&self, ends: (NodeId, NodeId)) -> String {
        let one = |node: NodeId, n: usize| (n > 0).then(|| format!("{node} lacks {}", counted(n as u64, "event", "events")));
        let [a, b] = self.missing();
        let both: Vec<String> = [one(ends.0, a), one(ends.1, b)].into_iter().flatten().collect();
        if both.is_empty() { format!("both have seen all {}", count(self.bases[0].max(self.first - 1))) } else { both.join(", ") }
    }
}

fn clock(world: &World, node: NodeId, arc: ArcId, by: NodeId) -> Seen {
    let dots = world.host(node).and_then(|host| host.node.history.dots());
    dots.and_then(|dots| dots.seen_of((arc, by))).cloned().unwrap_or_default()
}

fn lane(both: [Seen; 2], range: usize, by: NodeId) -> Lane {
    let bases = [both[0].base(), both[1].base()];
    let first = bases[0].min(bases[1]) + 1;
    let last = both[0].last().max(both[1].last());
    let dot = |side: usize, event: u64| match (both[side].holds(event), both[1 - side].holds(event)) {
        (true, _) => Dot::Seen,
        (false, true) => Dot::Missing,
        (false, false) => Dot::Nobody,
    };
    let dots: Vec<[Dot; 2]> = (first..=last).take(MOST).map(|event| [dot(0, event), dot(1, event)]).collect();
    let more = (last + 1 - first).saturating_sub(dots.len() as u64);
    Lane { by, range, bases, first, dots, more }
}

/// All lanes: those where something is missing first, each in ring order. `None` if events are not numbered.
pub fn lanes(session: &Session, ends: (NodeId, NodeId), ranges: &[TokenRange]) -> Option<Vec<Lane>> {
    let world = session.world();
    let of = |node: NodeId| Some(set_of(world.host(node)?.node.history.dots()?.seen().map(|(actor, _)| actor)));
    let actors = set_of(of(ends.0)?.union(&of(ends.1)?).copied());
    let mut all = Vec::new();
    for (range, arc) in ranges.iter().map(|range| arc_of(world.ring(), range.right)).enumerate() {
        for (_, by) in actors.iter().filter(|(at, _)| *at == arc) {
            all.push(lane([clock(world, ends.0, arc, *by), clock(world, ends.1, arc, *by)], range, *by));
        }
    }
    let (torn, whole): (Vec<Lane>, Vec<Lane>) = all.into_iter().partition(|lane| lane.missing() != [0, 0]);
    Some(torn.into_iter().chain(whole).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::sweep::logs::tests::session;

    #[test]
    fn a_hole_lights_up_and_is_filled() {
        let mut run = session(
            r#"{"end":"9s","config":{"nodes":3,"network":{"latency":{"fixed":"10ms"}},"settings":{"read":{"repair":"off"},"sweeps":{"policy":{"method":"bitmaps"}}}},"commands":[
            {"at":"1s","do":"write","client":"c0","via":"A","key":"k","value":"1","level":"ALL"},
            {"at":"2s","do":"cut","islands":[["C"]]},
            {"at":"2s","do":"write","client":"c0","via":"A","key":"k","value":"2","level":"ONE"},
            {"at":"3s","do":"mend-all"},
            {"at":"4s","do":"write","client":"c0","via":"A","key":"k","value":"3","level":"ALL"},
            {"at":"6s","do":"sweep","a":"A","b":"C"}]}"#,
        );
        let ends = ("A".parse().expect("a node"), "C".parse().expect("a node"));
        let ring = [TokenRange { left: crate::engine::data::Token(0), right: crate::engine::data::Key::new("k").token() }];
        run.seek_time("5s".parse().expect("a time"));
        let before = lanes(&run, ends, &ring).expect("numbered").remove(0);
        assert_eq!((before.bases, before.first), ([3, 1], 2));
        assert_eq!(before.dots, [[Dot::Seen, Dot::Missing], [Dot::Seen, Dot::Seen]]);
        assert_eq!(before.words(ends), "C lacks 1 event");
        run.seek_time(run.end());
        let after = lanes(&run, ends, &ring).expect("numbered").remove(0);
        assert_eq!((after.bases, after.dots.len(), after.words(ends)), ([3, 3], 0, "both have seen all 3".to_owned()));
    }
}
