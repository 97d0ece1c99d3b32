//! Where machines stand and how the ring is divided among them.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::engine::base::NodeId;

/// The largest number of zones.
pub const MAX_ZONES: usize = 8;

/// A zone (data centre), numbered as in [`Topology::zones`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ZoneId(pub u32);

impl ZoneId {
    /// Index into a list kept in zone order.
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

/// A zone: a data centre, or whatever else fails and is cut off as a whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Zone {
    /// Its name.
    pub name: String,
    /// Its racks; none means that all its nodes stand in one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub racks: Vec<String>,
}

/// Where one node stands, by name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Place {
    /// The zone's name.
    pub zone: String,
    /// The rack's name; the zone's first rack if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rack: Option<String>,
}

/// How the ring is divided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Style {
    /// Every node has so many tokens and owns what lies between each of them and the token before it. A single token is
    /// evenly spaced; several (virtual nodes) are drawn at random (Dynamo, section 6.2, strategy 1; Apache Cassandra).
    Tokens(u32),
    /// So many equal partitions, each owned by one node (Dynamo, section 6.2, strategy 3; Riak).
    Partitions(u32),
}

/// Where the nodes of a cluster stand and what they own. The default is one zone with one rack, one token for each node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Topology {
    /// Zones in order. With none there is a single nameless one. Nodes fill them in equal blocks, the first zones taking what
    /// is left over, and stand in the racks of their zone by turns.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub zones: Vec<Zone>,
    /// Nodes that stand elsewhere than where their turn puts them.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub places: BTreeMap<NodeId, Place>,
    /// Nodes that own nothing and only coordinate.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub coordinators: BTreeSet<NodeId>,
    /// How the ring is divided.
    pub style: Style,
}

impl Default for Topology {
    fn default() -> Self {
        Topology { zones: Vec::new(), places: BTreeMap::new(), coordinators: BTreeSet::new(), style: Style::Tokens(1) }
    }
}

/// Where one node stands, by number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Spot {
    /// The zone.
    pub zone: ZoneId,
    /// The rack within its zone.
    pub rack: u32,
}

impl Topology {
    /// Whether nothing was said: a run file then leaves it out.
    pub fn is_default(&self) -> bool {
        *self == Topology::default()
    }

    /// How many zones there are, the nameless one included.
    pub fn zone_count(&self) -> u32 {
        self.zones.len().max(1) as u32
    }

    /// Where each of `nodes` nodes stands. Names that do not exist (which a check refuses) count as first.
    pub fn spots(&self, nodes: u32) -> Vec<Spot> {
        let zones = self.zone_count();
        let (each, more) = (nodes / zones, nodes % zones);
        let blocks = (0..zones).flat_map(|z| (0..each + u32::from(z < more)).map(move |i| (z, i)));
        let by_turns = blocks.map(|(zone, i)| {
            let racks = self.zones.get(zone as usize).map_or(1, |z| z.racks.len().max(1)) as u32;
            Spot { zone: ZoneId(zone), rack: i % racks }
        });
        let mut spots: Vec<Spot> = by_turns.collect();
        for (node, place) in &self.places {
            if let Some(spot) = spots.get_mut(node.index()) {
                *spot = self.find(place).unwrap_or(Spot { zone: ZoneId(0), rack: 0 });
            }
        }
        spots
    }

    /// The numbers of a place; `None` if there is no zone or rack of that name.
    pub fn find(&self, place: &Place) -> Option<Spot> {
        let zone = self.zones.iter().position(|z| z.name == place.zone)?;
        let rack = match &place.rack {
            Some(name) => self.zones[zone].racks.iter().position(|r| r == name)?,
            None => 0,
        };
        Some(Spot { zone: ZoneId(zone as u32), rack: rack as u32 })
    }

    /// The nodes that own a part of the ring.
    pub fn owners(&self, nodes: u32) -> impl Iterator<Item = NodeId> {
        (0..nodes).map(NodeId).filter(|n| !self.coordinators.contains(n))
    }
}
