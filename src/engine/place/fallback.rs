//! Who stands in for replicas that are down.

use super::replication::Replication;
use super::ring::Ring;
use crate::engine::base::NodeId;
use crate::engine::data::Token;

/// A node that takes what belongs to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fallback {
    /// The partition that is held for its owner: an index into [`Ring::tokens`].
    pub partition: u32,
    /// Whose it is.
    pub owner: NodeId,
    /// Who holds it meanwhile.
    pub stand_in: NodeId,
}

impl Ring {
    /// The first `n` partitions from `token` on with their owners, whoever is up: Riak's primaries. Unlike in
    /// [`Ring::replicas`] a node may come twice; then one machine holds two of the copies.
    pub fn primaries(&self, token: Token, n: u32) -> Vec<(u32, NodeId)> {
        self.clockwise(token).take(n as usize).map(|(i, node)| (i as u32, node)).collect()
    }

    /// Stand-ins for those of the first `n` partitions whose owners are down, in the order of these partitions (Riak,
    /// `riak_core_apl:find_fallbacks`): the owners of the partitions that follow are gone through once; each partition without an
    /// owner takes the next of them that is up. A stand-in may be a primary of the same key, or stand in twice. Fewer than
    /// needed if the ring ends first.
    pub fn fallbacks(&self, token: Token, n: u32, up: impl Fn(NodeId) -> bool) -> Vec<Fallback> {
        let down = self.primaries(token, n).into_iter().filter(|(_, owner)| !up(*owner));
        let helpers = self.clockwise(token).skip(n as usize).map(|(_, node)| node).filter(|node| up(*node));
        down.zip(helpers).map(|((partition, owner), stand_in)| Fallback { partition, owner, stand_in }).collect()
    }

    /// Whom to ask for `token`, partition by partition: the primaries that are up, then the stand-ins, which is not the order of
    /// the ring (Riak, `riak_core_apl:get_apl_ann`).
    pub fn active(&self, token: Token, n: u32, up: impl Fn(NodeId) -> bool) -> Vec<(u32, NodeId)> {
        let mut active: Vec<(u32, NodeId)> = self.primaries(token, n).into_iter().filter(|(_, owner)| up(*owner)).collect();
        active.extend(self.fallbacks(token, n, up).iter().map(|f| (f.partition, f.stand_in)));
        active
    }

    /// Stand-ins for replicas that are down, in the order of the preference list: each gets the next node of the walk that is up,
    /// is not a replica itself and does not stand in already (Dynamo, sections 4.3 and 4.6). `partition` is where the owner's
    /// first entry on the walk lies. Fewer than needed if the nodes run out.
    pub fn next_healthy(&self, token: Token, replication: &Replication, up: impl Fn(NodeId) -> bool) -> Vec<Fallback> {
        let replicas = self.replicas(token, replication);
        let helpers = self.walk(token).filter(|node| up(*node) && !replicas.contains(node));
        let down = replicas.iter().filter(|owner| !up(**owner));
        down.zip(helpers)
            .map(|(owner, stand_in)| {
                let entry = self.clockwise(token).find(|(_, node)| node == owner).map_or(0, |(i, _)| i);
                Fallback { partition: entry as u32, owner: *owner, stand_in }
            })
            .collect()
    }
}
