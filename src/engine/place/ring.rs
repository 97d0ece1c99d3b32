//! The ring: tokens and their owners, and what each node's surroundings are.

use super::claim::claim;
use super::range::TokenRange;
use super::redraw::History;
use super::replication::Replication;
use super::strategy::Table;
use super::topology::{Spot, Style, Topology, ZoneId};
use crate::engine::base::{Draws, NodeId, Purpose, arrange, set_of};
use crate::engine::data::Token;

/// The length of the ring.
const LENGTH: u128 = 1 << 64;

/// What a zone has, coordinator-only nodes left out.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ZoneShape {
    /// Its name; empty if the topology names no zones.
    pub name: String,
    /// Nodes that own a part of the ring.
    pub nodes: u32,
    /// Racks with such a node.
    pub racks: u32,
}

/// Tokens in ring order, each with its node, and where the nodes stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ring {
    pub(super) tokens: Vec<(Token, NodeId)>,
    spots: Vec<Spot>,
    zones: Vec<ZoneShape>,
    partitioned: bool,
    /// How an operator has redrawn it since the start.
    pub(super) history: History,
    /// Preference lists worked out in advance for the replication in force.
    table: Option<Table>,
}

impl Ring {
    /// The ring of `nodes` nodes that stand as `topology` says. `draws` gives virtual nodes their tokens: a node's tokens depend
    /// on the seed and the node only, so that one more node moves nobody else's.
    pub fn of(topology: &Topology, nodes: u32, draws: Draws) -> Ring {
        let owners: Vec<NodeId> = topology.owners(nodes).collect();
        let tokens = match topology.style {
            Style::Partitions(q) => evenly(&claim(q, &owners)),
            Style::Tokens(0 | 1) => evenly(&by_turns(&owners, &topology.spots(nodes))),
            Style::Tokens(each) => drawn(&owners, each, draws),
        };
        Ring::with(tokens, topology, nodes)
    }

    /// The ring of these tokens, assigned by an operator; of `topology` only where nodes stand counts. Tokens of nodes that do
    /// not exist, and all but the first of equal tokens, are left out.
    pub fn with(mut tokens: Vec<(Token, NodeId)>, topology: &Topology, nodes: u32) -> Ring {
        tokens.retain(|(_, node)| node.0 < nodes);
        arrange(&mut tokens, Ord::cmp);
        tokens.dedup_by_key(|(token, _)| *token);
        let spots = topology.spots(nodes);
        let mut zones: Vec<ZoneShape> = topology.zones.iter().map(|z| ZoneShape { name: z.name.clone(), ..ZoneShape::default() }).collect();
        zones.resize_with(topology.zone_count() as usize, ZoneShape::default);
        let partitioned = matches!(topology.style, Style::Partitions(_));
        let mut ring = Ring { tokens, spots, zones, partitioned, history: History::default(), table: None };
        ring.count_owners();
        ring
    }

    /// Tokens have changed hands: counts anew what each zone has. Lists worked out in advance are void.
    pub(super) fn count_owners(&mut self) {
        self.table = None;
        self.zones.iter_mut().for_each(|zone| (zone.nodes, zone.racks) = (0, 0));
        let owners = set_of(self.tokens.iter().map(|(_, node)| *node));
        owners.iter().for_each(|node| self.zones[self.spots[node.index()].zone.index()].nodes += 1);
        let racks = set_of(owners.iter().map(|node| self.spots[node.index()]));
        racks.iter().for_each(|spot| self.zones[spot.zone.index()].racks += 1);
    }

    /// A ring of `nodes` nodes with one token each in one zone, evenly spaced; node A's token is 0.
    pub fn even(nodes: u32) -> Ring {
        Ring::of(&Topology::default(), nodes, Draws::new(0))
    }

    /// Tokens in ring order, each with its node: in a ring of partitions the floors of the partitions with their owners.
    pub fn tokens(&self) -> &[(Token, NodeId)] {
        &self.tokens
    }

    /// Whether the ring consists of equal partitions.
    pub fn is_partitioned(&self) -> bool {
        self.partitioned
    }

    /// How many nodes there are, coordinator-only ones included.
    pub fn nodes(&self) -> u32 {
        self.spots.len() as u32
    }

    /// The zones in order; there is at least one.
    pub fn zones(&self) -> &[ZoneShape] {
        &self.zones
    }

    /// The zone in which `node` stands; the first for a node that does not exist.
    pub fn zone_of(&self, node: NodeId) -> ZoneId {
        self.spots.get(node.index()).map_or(ZoneId(0), |s| s.zone)
    }

    /// The rack in which `node` stands, numbered within its zone.
    pub fn rack_of(&self, node: NodeId) -> u32 {
        self.spots.get(node.index()).map_or(0, |s| s.rack)
    }

    pub(super) fn spot(&self, node: NodeId) -> Spot {
        Spot { zone: self.zone_of(node), rack: self.rack_of(node) }
    }

    /// Whether `node` owns any part of the ring. One that does not can still coordinate.
    pub fn owns(&self, node: NodeId) -> bool {
        self.tokens.iter().any(|(_, owner)| *owner == node)
    }

    /// The index into [`Ring::tokens`] of the first owner of `token`: the first token at or after it, wrapping round (Apache
    /// Cassandra 4.1, `locator/TokenMetadata.firstTokenIndex`); in a ring of partitions the partition that begins next after it
    /// (Riak, `chash:ordered_from`). A ring without tokens has index 0.
    pub fn entry_of(&self, token: Token) -> usize {
        let at = self.tokens.partition_point(|(t, _)| *t < token || self.partitioned && *t == token);
        if at == self.tokens.len() { 0 } else { at }
    }

    /// The part of the ring that token number `i` ends, in a ring of partitions the one up to it: all its keys have the same replicas. `i`
    /// must be below the number of tokens.
    pub fn arc(&self, i: usize) -> TokenRange {
        let end = |i: usize| {
            let (Token(token), _) = self.tokens[i];
            Token(token.wrapping_sub(u64::from(self.partitioned)))
        };
        TokenRange { left: end(if i == 0 { self.tokens.len() - 1 } else { i - 1 }), right: end(i) }
    }

    /// All entries of the ring clockwise from the first owner of `token`, each with its index.
    pub fn clockwise(&self, token: Token) -> impl Iterator<Item = (usize, NodeId)> {
        self.round_from(self.entry_of(token))
    }

    /// All entries of the ring clockwise from the one at `entry`.
    pub(super) fn round_from(&self, entry: usize) -> impl Iterator<Item = (usize, NodeId)> {
        (entry..self.tokens.len()).chain(0..entry.min(self.tokens.len())).map(|i| (i, self.tokens[i].1))
    }

    /// The nodes clockwise from the first owner of `token`, each once: Dynamo's preference list without an end (section 4.3).
    pub fn walk(&self, token: Token) -> impl Iterator<Item = NodeId> {
        self.distinct_from(self.entry_of(token))
    }

    pub(super) fn distinct_from(&self, entry: usize) -> impl Iterator<Item = NodeId> {
        let mut seen = vec![false; self.spots.len()];
        self.round_from(entry).filter_map(move |(_, node)| (!std::mem::replace(&mut seen[node.index()], true)).then_some(node))
    }

    /// Works out the preference lists for this replication, so that looking one up costs a search for the token only.
    pub fn prepare(&mut self, replication: &Replication) {
        self.table = Table::of(self, replication);
        self.history.counted();
    }

    pub(super) fn work_out_lists(&mut self, replication: &Replication) {
        self.table = Table::of(self, replication);
    }

    /// The preference list of `token`: N distinct nodes, in the order in which the ring is walked. Shorter than N if there are
    /// fewer nodes (of a zone) that own anything.
    pub fn replicas(&self, token: Token, replication: &Replication) -> Vec<NodeId> {
        match self.prepared(token, replication) {
            Some(list) => list.to_vec(),
            None => self.work_out(self.entry_of(token), replication),
        }
    }

    /// Whether `node` is a replica of `token`.
    pub fn is_replica(&self, token: Token, replication: &Replication, node: NodeId) -> bool {
        match self.prepared(token, replication) {
            Some(list) => list.contains(&node),
            None => self.work_out(self.entry_of(token), replication).contains(&node),
        }
    }

    fn prepared(&self, token: Token, replication: &Replication) -> Option<&[NodeId]> {
        self.table.as_ref().and_then(|table| table.list(self.entry_of(token), replication))
    }
}

/// Tokens at equal distances for these owners.
fn evenly(owners: &[NodeId]) -> Vec<(Token, NodeId)> {
    let step = LENGTH / owners.len().max(1) as u128;
    owners.iter().enumerate().map(|(i, node)| (Token((step * i as u128) as u64), *node)).collect()
}

/// The nodes in such an order that every zone's nodes are spread over the whole ring, and then every rack's over its zone:
/// with a single zone and rack as they are.
fn by_turns(owners: &[NodeId], spots: &[Spot]) -> Vec<NodeId> {
    let zone = |node: &NodeId| spots[node.index()].zone;
    let mut ranked: Vec<(u64, ZoneId, NodeId)> = owners
        .iter()
        .enumerate()
        .map(|(i, node)| {
            let size = owners.iter().filter(|n| zone(n) == zone(node)).count() as u64;
            let rank = owners[..i].iter().filter(|n| zone(n) == zone(node)).count() as u64;
            // The share of its zone that stands before it, in units that no two ranks of 100 nodes share.
            ((rank << 32) / size, zone(node), *node)
        })
        .collect();
    arrange(&mut ranked, Ord::cmp);
    ranked.into_iter().map(|(_, _, node)| node).collect()
}

/// Random tokens, in no order.
fn drawn(owners: &[NodeId], each: u32, draws: Draws) -> Vec<(Token, NodeId)> {
    let own = |node: NodeId| (0..each).map(move |i| (Token(draws.draw(Purpose::Token, [node.0.into(), i.into()])), node));
    owners.iter().flat_map(|node| own(*node)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_walks_clockwise_and_wraps() {
        let ring = Ring::even(4);
        let names = |token: u64, n: u32| ring.replicas(Token(token), &n.into()).iter().map(NodeId::to_string).collect::<String>();
        assert_eq!(names(0, 3), "ABC", "a key on a token belongs to that node first");
        assert_eq!(names(1, 3), "BCD");
        assert_eq!(names(u64::MAX, 3), "ABC", "past the last token the ring begins again");
        assert_eq!(names(1 << 63, 9), "CDAB", "no node twice, even if more are wanted");
    }

    #[test]
    fn a_prepared_ring_says_the_same() {
        let topology = Topology { style: Style::Tokens(8), ..Topology::default() };
        let plain = Ring::of(&topology, 7, Draws::new(3));
        let mut prepared = plain.clone();
        prepared.prepare(&3.into());
        for i in 0..500 {
            let token = Token(Draws::new(9).draw(Purpose::Preload, [i]));
            for n in [1, 3, 9] {
                assert_eq!(plain.replicas(token, &n.into()), prepared.replicas(token, &n.into()));
            }
        }
    }

    #[test]
    fn a_ring_of_coordinators_has_no_replicas() {
        let topology = Topology { coordinators: (0..3).map(NodeId).collect(), ..Topology::default() };
        let mut ring = Ring::of(&topology, 3, Draws::new(1));
        ring.prepare(&3.into());
        assert_eq!(ring.replicas(Token(5), &3.into()), []);
        assert_eq!((ring.nodes(), ring.owns(NodeId(0)), ring.walk(Token(5)).count()), (3, false, 0));
    }
}
