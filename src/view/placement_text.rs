//! Where nodes stand and what they own, in words.

use crate::engine::base::NodeId;
use crate::engine::place::{Replication, Ring, Style, Topology, Zone, ZoneId};
use crate::view::format::{counted, list, per_cent};

/// Names for zones of rings that are made on the page.
const ZONES: [&str; 8] = ["north", "south", "east", "west", "hills", "coast", "lakes", "isles"];

/// So many zones with names of their own; one zone needs none.
pub fn named_zones(count: u32) -> Vec<Zone> {
    let names = ZONES.iter().take(if count > 1 { count as usize } else { 0 });
    names.map(|name| Zone { name: (*name).to_owned(), racks: Vec::new() }).collect()
}

/// Letters of nodes with neighbours drawn together: `A to D`, `A, B and F`.
fn letters(nodes: &[NodeId]) -> String {
    let mut runs: Vec<(NodeId, NodeId)> = Vec::new();
    for node in nodes {
        match runs.last_mut() {
            Some((_, last)) if last.0 + 1 == node.0 => *last = *node,
            _ => runs.push((*node, *node)),
        }
    }
    let words = |(first, last): &(NodeId, NodeId)| match last.0 - first.0 {
        0 => vec![first.to_string()],
        1 => vec![first.to_string(), last.to_string()],
        _ => vec![format!("{first} to {last}")],
    };
    list(runs.iter().flat_map(words))
}

/// The name of a zone, with a number if it has none.
pub fn zone_name(ring: &Ring, zone: ZoneId) -> String {
    let named = ring.zones().get(zone.index()).map(|z| z.name.clone()).filter(|name| !name.is_empty());
    named.unwrap_or_else(|| format!("zone {}", zone.0 + 1))
}

/// The nodes of a zone, in order.
pub fn members(ring: &Ring, zone: ZoneId) -> Vec<NodeId> {
    (0..ring.nodes()).map(NodeId).filter(|node| ring.zone_of(*node) == zone).collect()
}

/// Which nodes stand in which zone; nothing if there is one zone only.
pub fn zones(ring: &Ring) -> Option<String> {
    let zones = (0..ring.zones().len() as u32).map(ZoneId);
    let words = |zone: ZoneId| match members(ring, zone).as_slice() {
        [] => format!("nobody in {}", zone_name(ring, zone)),
        nodes => format!("{} in {}", letters(nodes), zone_name(ring, zone)),
    };
    (ring.zones().len() > 1).then(|| list(zones.map(words)))
}

/// How the ring is divided and where nodes stand, as a sentence; nothing for the plain ring.
pub fn sentence(topology: &Topology, ring: &Ring) -> Option<String> {
    if topology.is_default() && ring.epoch() == 0 {
        return None;
    }
    let nodes = counted(u64::from(ring.nodes()), "node", "nodes");
    let mut words = match topology.style {
        Style::Tokens(1) => format!("{nodes} share the ring, with one token each"),
        Style::Tokens(each) => format!("{nodes} share the ring, with {each} tokens each at random places"),
        Style::Partitions(q) => format!("{nodes} share {} of equal size by turns", counted(u64::from(q), "partition", "partitions")),
    };
    if ring.epoch() > 0 {
        let (times, ranges) = (counted(u64::from(ring.epoch()), "time", "times"), counted(ring.tokens().len() as u64, "range", "ranges"));
        words.push_str(&format!(" at the start; redrawn {times} since, into {ranges}"));
    }
    if !topology.coordinators.is_empty() {
        let idle: Vec<NodeId> = topology.coordinators.iter().copied().collect();
        let verb = if idle.len() == 1 { "owns" } else { "own" };
        words.push_str(&format!("; {} {verb} nothing and only coordinate{}", letters(&idle), if idle.len() == 1 { "s" } else { "" }));
    }
    if let Some(zones) = zones(ring) {
        words.push_str(&format!(". There are {} zones: {zones}", ring.zones().len()));
    }
    words.push('.');
    Some(words)
}

/// Where copies lie: `3 nodes`, `3 nodes of north and 2 of south`.
pub fn copies(replicas: &Replication, ring: &Ring) -> String {
    match replicas {
        Replication::Simple(n) => counted(u64::from(*n), "node", "nodes"),
        Replication::PerZone(counts) => {
            let zones = counts.counts().iter().enumerate().filter(|(_, n)| **n > 0);
            list(zones.enumerate().map(|(i, (zone, n))| {
                let number = if i == 0 { counted(u64::from(*n), "node", "nodes") } else { n.to_string() };
                format!("{number} of {}", zone_name(ring, ZoneId(zone as u32)))
            }))
        }
    }
}

/// What one node is to the ring, in pairs of a name and a value; nothing in the plain ring.
pub fn facts(topology: &Topology, ring: &Ring, node: NodeId) -> Vec<(&'static str, String)> {
    let mut pairs = Vec::new();
    if topology.is_default() && ring.epoch() == 0 {
        return pairs;
    }
    if ring.zones().len() > 1 {
        pairs.push(("zone", zone_name(ring, ring.zone_of(node))));
    }
    let racks = topology.zones.get(ring.zone_of(node).index()).map_or(&[][..], |zone| &zone.racks);
    pairs.extend(racks.get(ring.rack_of(node) as usize).map(|rack| ("rack", rack.clone())));
    let (entries, share) = owned(ring, node);
    let what = if ring.is_partitioned() { ("partition", "partitions") } else { ("token", "tokens") };
    let owns = if entries == 0 { "nothing".to_owned() } else { format!("{}, {}", counted(entries, what.0, what.1), per_cent(share)) };
    pairs.push(("owns", owns));
    pairs
}

/// How many entries of the ring a node has, and what share of all keys has it as the first replica, in parts per million.
fn owned(ring: &Ring, node: NodeId) -> (u64, u32) {
    let tokens = ring.tokens();
    let (mut entries, mut length) = (0, 0u128);
    for (i, (token, owner)) in tokens.iter().enumerate() {
        if *owner == node {
            let before = tokens[(i + tokens.len() - 1) % tokens.len()].0;
            let span = u128::from(token.0.wrapping_sub(before.0));
            entries += 1;
            length += if span == 0 { 1 << 64 } else { span };
        }
    }
    // To a tenth of a per cent: a share is read, not added up.
    (entries, ((length * 1_000 + (1 << 63)) >> 64) as u32 * 1_000)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::base::Draws;

    fn ring(topology: &Topology, nodes: u32) -> Ring {
        Ring::of(topology, nodes, Draws::new(1))
    }

    #[test]
    fn the_plain_ring_needs_no_words() {
        let plain = Topology::default();
        assert_eq!((sentence(&plain, &ring(&plain, 6)), zones(&ring(&plain, 6))), (None, None));
        assert_eq!(facts(&plain, &ring(&plain, 6), NodeId(0)), []);
        assert_eq!(named_zones(1), []);
    }

    #[test]
    fn zones_and_coordinators_are_named() {
        let mut topology = Topology { zones: named_zones(2), style: Style::Tokens(16), ..Topology::default() };
        topology.coordinators.insert(NodeId(6));
        let words = sentence(&topology, &ring(&topology, 7)).expect("words");
        assert_eq!(
            words,
            "7 nodes share the ring, with 16 tokens each at random places; G owns nothing and only coordinates. \
             There are 2 zones: A to D in north and E to G in south."
        );
        assert_eq!(facts(&topology, &ring(&topology, 7), NodeId(6)), [("zone", "south".to_owned()), ("owns", "nothing".to_owned())]);
    }

    #[test]
    fn partitions_are_counted_and_weighed() {
        let topology = Topology { style: Style::Partitions(8), ..Topology::default() };
        let ring = ring(&topology, 4);
        assert_eq!(sentence(&topology, &ring).as_deref(), Some("4 nodes share 8 partitions of equal size by turns."));
        assert_eq!(facts(&topology, &ring, NodeId(2)), [("owns", "2 partitions, 25 %".to_owned())]);
        let one = Topology { style: Style::Partitions(1), ..Topology::default() };
        assert_eq!(facts(&one, &Ring::of(&one, 1, Draws::new(1)), NodeId(0)), [("owns", "1 partition, 100 %".to_owned())]);
    }

    #[test]
    fn copies_are_named_zone_by_zone() {
        let topology = Topology { zones: named_zones(3), ..Topology::default() };
        let ring = ring(&topology, 9);
        let per_zone = |counts: &[u8]| copies(&Replication::per_zone(counts).expect("few"), &ring);
        assert_eq!(per_zone(&[3, 2]), "3 nodes of north and 2 of south");
        assert_eq!(per_zone(&[0, 1, 1]), "1 node of south and 1 of east");
        assert_eq!(copies(&3.into(), &ring), "3 nodes");
    }
}
