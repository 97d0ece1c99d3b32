//! Levels once more, in words of their own: who must answer, and who can take part as one coordinator sees it.

use drift::engine::base::NodeId;
use drift::engine::data::Key;
use drift::engine::node::{Level, StandIn};
use drift::engine::place::Replication;
use drift::engine::world::World;

use crate::rules::Rules;

/// A node asked, and the replica it stands in for.
pub type Seat = (NodeId, Option<NodeId>);

/// Who must answer: so many of those in some zones, each zone apart; one group of all zones where places do not matter.
#[derive(Debug, Clone, Default)]
pub struct Wanted(pub Vec<(Option<u32>, u32)>);

pub fn majority(n: u32) -> u32 {
    (1..=n).find(|some| some * 2 > n).unwrap_or(1)
}

/// A level as a plain number out of `n`.
pub fn plain(level: Level, n: u32) -> u32 {
    match level {
        Level::Any | Level::One | Level::LocalOne => 1,
        Level::Two => 2,
        Level::Three => 3,
        Level::Count(count) => count,
        Level::Quorum | Level::LocalQuorum | Level::EachQuorum => majority(n),
        Level::All => n,
    }
}

impl Wanted {
    pub fn of(level: Level, replicas: &Replication, home: u32) -> Wanted {
        let total = replicas.total();
        let zones: Vec<u32> = match replicas {
            Replication::PerZone(list) if list.counts().len() > 1 => list.counts().iter().map(|n| u32::from(*n)).collect(),
            _ => return Wanted(vec![(None, plain(level, total))]),
        };
        Wanted(match level {
            Level::LocalOne => vec![(Some(home), 1)],
            Level::LocalQuorum => vec![(Some(home), majority(zones.get(home as usize).copied().unwrap_or(0)))],
            Level::EachQuorum => {
                // Of a zone that holds no replica nothing can be asked.
                let each = |(zone, n): (usize, &u32)| (Some(zone as u32), if *n == 0 { 0 } else { majority(*n) });
                zones.iter().enumerate().map(each).collect()
            }
            level => vec![(None, plain(level, total))],
        })
    }

    pub fn required(&self) -> u32 {
        self.0.iter().map(|(_, n)| n).sum()
    }

    /// How many of these count, surplus ones of a zone left out, unless the zone is all that counts.
    pub fn counted<'a>(&self, seats: impl IntoIterator<Item = &'a Seat>, world: &World) -> u32 {
        let zones: Vec<u32> = seats.into_iter().map(|(node, _)| world.ring().zone_of(*node).0).collect();
        let of = |zone: Option<u32>| zones.iter().filter(|z| zone.is_none_or(|zone| zone == **z)).count() as u32;
        match self.0.as_slice() {
            [(zone, _)] => of(*zone),
            groups => groups.iter().map(|(zone, n)| of(*zone).min(*n)).sum(),
        }
    }

    pub fn met<'a>(&self, seats: impl IntoIterator<Item = &'a Seat>, world: &World) -> bool {
        self.counted(seats, world) >= self.required()
    }
}

/// Who can take part in an operation on `key` at this coordinator, by its own view of who is up: replicas, then stand-ins.
pub fn plan(via: NodeId, key: &Key, world: &World, rules: &Rules) -> (Vec<Seat>, Vec<NodeId>) {
    let (ring, n) = (world.ring(), &rules.all.replicas);
    let up = |node: NodeId| world.host(via).is_some_and(|host| host.node.believes_up(node));
    let replicas = ring.replicas(key.token(), n);
    let mut seats: Vec<Seat> = replicas.iter().filter(|r| up(**r)).map(|r| (*r, None)).collect();
    let mut down: Vec<NodeId> = replicas.iter().copied().filter(|r| !up(*r)).collect();
    let helpers: Vec<(NodeId, NodeId)> = match rules.all.fallback.stand_in {
        StandIn::Nobody => Vec::new(),
        StandIn::NextHealthy => {
            let others = ring.walk(key.token()).filter(|node| up(*node) && !replicas.contains(node));
            down.iter().copied().zip(others).collect()
        }
        StandIn::Partition => ring.fallbacks(key.token(), n.total(), up).iter().map(|f| (f.owner, f.stand_in)).collect(),
    };
    for (owner, stand_in) in helpers {
        if down.contains(&owner) {
            down.retain(|node| *node != owner);
            seats.push((stand_in, Some(owner)));
        }
    }
    (seats, down)
}
