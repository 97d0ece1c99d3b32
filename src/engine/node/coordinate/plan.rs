//! Who takes part in an operation, as its coordinator sees it.

use crate::engine::base::{Endpoint, OpId};
use crate::engine::base::{NodeId, arrange};
use crate::engine::data::Key;
use crate::engine::node::{Body, Ctx, Keeper, Level, Need, Node, Note, Reach, Request, Settings, StandIn, Verb};
use crate::engine::place::{Fallback, Replication};

/// A node that takes part in an operation: a replica of the key, or the stand-in for one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seat {
    /// Who is asked.
    pub node: NodeId,
    /// Whose copy it is: the node's own unless it stands in.
    pub owner: NodeId,
    /// The node's zone.
    pub zone: u32,
}

impl Seat {
    /// The replica it stands in for, if it does.
    pub fn stands_for(&self) -> Option<NodeId> {
        (self.node != self.owner).then_some(self.owner)
    }

    /// Whether an answer from `node` on behalf of `owner` comes from this seat.
    pub fn is(&self, node: NodeId, owner: Option<NodeId>) -> bool {
        self.node == node && self.stands_for() == owner
    }
}

/// The zones of seats, for counting them.
pub(super) fn zones<'a>(seats: impl IntoIterator<Item = &'a Seat>) -> impl Iterator<Item = u32> {
    seats.into_iter().map(|seat| seat.zone)
}

/// The nodes of seats.
pub(in crate::engine::node) fn nodes<'a>(seats: impl IntoIterator<Item = &'a Seat>) -> Box<[NodeId]> {
    seats.into_iter().map(|seat| seat.node).collect()
}

/// Replicas of a key as one coordinator sees them.
pub(super) struct Plan {
    /// What the level waits for.
    pub need: Need,
    /// Who can take part: replicas believed up in ring order, then stand-ins.
    pub seats: Vec<Seat>,
    /// Replicas believed down for whom nobody stands in.
    pub down: Vec<NodeId>,
}

/// What `level` waits for at a coordinator in zone `home`. Quorum sizes come from N, not from how many nodes there happen to be.
pub fn need(level: Level, replication: &Replication, home: u32) -> Need {
    match replication {
        Replication::Simple(n) => level.need(&[*n], 0),
        Replication::PerZone(list) => {
            let zones: Vec<u32> = list.counts().iter().map(|n| u32::from(*n)).collect();
            level.need(&zones, home)
        }
    }
}

impl Plan {
    /// What is missing, if the coordinator believes that too few are up: how many are needed, and how many there are
    /// (Apache Cassandra 4.1, `locator/ReplicaPlans.assureSufficientLiveReplicas`; Riak KV, `riak_kv_put_fsm:validate`).
    pub fn shortfall(&self, request: &Request, settings: &Settings) -> Option<(u32, u32)> {
        let reads = request.verb == Verb::Read;
        if request.level == Level::Any && settings.hints.keeper != Keeper::Nobody && !self.down.is_empty() {
            return None;
        }
        let total = settings.replicas.total();
        let count = |level: Option<Level>| level.map_or(0, |level| level.block_for(total));
        let owners = self.seats.iter().filter(|seat| seat.stands_for().is_none()).count() as u32;
        let all = self.seats.len() as u32;
        let (primary, durable) = if reads { (settings.read.primary, None) } else { (settings.write.primary, settings.write.durable) };
        let machines = if reads { 0 } else { settings.write.confirms };
        let mut distinct: Vec<NodeId> = self.seats.iter().map(|seat| seat.node).collect();
        arrange(&mut distinct, Ord::cmp);
        distinct.dedup();
        let demands = [
            (self.need.required(), self.need.counted(zones(&self.seats))),
            (count(primary), owners),
            (count(durable), all),
            (machines, distinct.len() as u32),
        ];
        demands.into_iter().find(|(required, alive)| alive < required)
    }
}

impl Node {
    /// Who takes part in an operation on `key`.
    pub(super) fn plan(&self, key: &Key, level: Level, writes: bool, ctx: &Ctx<'_>) -> Plan {
        let (token, replication) = (key.token(), &ctx.settings.replicas);
        let up = |node: NodeId| self.believes_up(node);
        let seat = |node: NodeId, owner: NodeId| Seat { node, owner, zone: ctx.ring.zone_of(node).0 };
        let mut replicas = ctx.ring.replicas(token, replication);
        let here = |node: &NodeId| ctx.ring.zone_of(*node) == ctx.ring.zone_of(self.id);
        if writes && ctx.settings.write.reach == Reach::OwnZone && replicas.iter().any(here) {
            replicas.retain(here);
        }
        let (alive, mut down): (Vec<NodeId>, Vec<NodeId>) = replicas.into_iter().partition(|r| up(*r));
        let mut seats: Vec<Seat> = alive.into_iter().map(|node| seat(node, node)).collect();
        let helpers: Vec<Fallback> = match ctx.settings.fallback.stand_in {
            _ if down.is_empty() => Vec::new(),
            StandIn::Nobody => Vec::new(),
            StandIn::NextHealthy => ctx.ring.next_healthy(token, replication, up),
            StandIn::Partition => ctx.ring.fallbacks(token, replication.total(), up),
        };
        for Fallback { owner, stand_in, .. } in helpers {
            // A node that owns two of the partitions is one machine here, with one copy.
            if down.contains(&owner) {
                down.retain(|node| *node != owner);
                seats.push(seat(stand_in, owner));
            }
        }
        Plan { need: need(level, replication, ctx.ring.zone_of(self.id).0), seats, down }
    }

    /// Says whom an operation involves.
    pub(super) fn note_choice(&self, op: OpId, required: u32, asked: &[Seat], down: &[NodeId], ctx: &mut Ctx<'_>) {
        let guests: Box<[Seat]> = asked.iter().filter(|seat| seat.stands_for().is_some()).copied().collect();
        if !guests.is_empty() {
            ctx.note(op, Note::StoodIn { seats: guests });
        }
        ctx.note(op, Note::Chose { required, asked: nodes(asked), down: down.into() });
    }

    /// Sends to a seat.
    pub(in crate::engine::node) fn send_to(&self, seat: &Seat, op: OpId, body: Body, ctx: &mut Ctx<'_>) {
        ctx.send_for(Endpoint::Node(seat.node), seat.stands_for(), Some(op), body);
    }
}
