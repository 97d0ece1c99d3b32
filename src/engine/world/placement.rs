//! Bounds of a topology and of the numbers of replicas, checked before a world is made.

use super::bounds::{CommandError, LIMITS, ensure};
use super::config::Config;
use crate::engine::base::{NodeId, arrange};
use crate::engine::place::{MAX_ZONES, Replication, Style, Topology};

fn name(field: &'static str, text: &str) -> Result<(), CommandError> {
    let length = text.chars().count();
    ensure(field, (1..=24).contains(&length), || format!("each name must have 1 to 24 characters, one has {length}"))
}

fn distinct<'a>(field: &'static str, names: impl Iterator<Item = &'a String>) -> Result<(), CommandError> {
    let mut names: Vec<&String> = names.collect();
    arrange(&mut names, Ord::cmp);
    let twice = names.windows(2).find(|pair| pair[0] == pair[1]);
    ensure(field, twice.is_none(), || format!("two have the same name, {}", twice.map_or("", |pair| pair[0])))
}

impl Config {
    /// Whether nodes can stand and own as the topology says.
    pub(super) fn check_topology(&self) -> Result<(), CommandError> {
        let topology = &self.topology;
        let zones = topology.zones.len();
        ensure("zones", zones <= MAX_ZONES, || format!("must be at most {MAX_ZONES}, are {zones}"))?;
        distinct("zones", topology.zones.iter().map(|z| &z.name))?;
        for zone in &topology.zones {
            name("zones", &zone.name)?;
            let racks = zone.racks.len();
            ensure("racks", racks <= LIMITS.racks as usize, || format!("must be at most {} in a zone, are {racks}", LIMITS.racks))?;
            zone.racks.iter().try_for_each(|rack| name("racks", rack))?;
            distinct("racks", zone.racks.iter())?;
        }
        self.check_places(topology)?;
        match topology.style {
            Style::Tokens(each) => ensure("tokens", (1..=LIMITS.tokens).contains(&each), || {
                format!("must be 1 to {} for each node, are {each}", LIMITS.tokens)
            }),
            Style::Partitions(q) => ensure("partitions", q.is_power_of_two() && q <= LIMITS.partitions, || {
                format!("must be a power of two up to {}, are {q}", LIMITS.partitions)
            }),
        }
    }

    fn check_places(&self, topology: &Topology) -> Result<(), CommandError> {
        for (node, place) in &topology.places {
            self.knows("places", *node)?;
            ensure("places", topology.find(place).is_some(), || {
                let rack = place.rack.as_ref().map_or(String::new(), |rack| format!(" with a rack called {}", shortened(rack)));
                format!("{node} stands in a zone called {}{rack}, and there is none", shortened(&place.zone))
            })?;
        }
        topology.coordinators.iter().try_for_each(|node| self.knows("coordinators", *node))?;
        let owners = (0..self.nodes).any(|n| !topology.coordinators.contains(&NodeId(n)));
        ensure("coordinators", owners, || "must leave at least one node that holds data".to_owned())
    }

    /// Whether a number of replicas means something in these zones.
    pub(super) fn check_replicas(&self, replicas: &Replication) -> Result<(), CommandError> {
        if let Replication::PerZone(list) = replicas {
            let (listed, zones) = (list.counts().len(), self.topology.zone_count() as usize);
            ensure("replicas", listed <= zones, || format!("must have at most one number for each of the {zones} zones, has {listed}"))?;
        }
        Ok(())
    }
}

/// A name from outside, short enough for a sentence.
fn shortened(text: &str) -> String {
    text.chars().take(24).collect()
}

/// Whether the numbers themselves are within their bounds.
pub(super) fn check_counts(replicas: &Replication) -> Result<(), CommandError> {
    let total = replicas.total();
    let largest = match replicas {
        Replication::Simple(n) => *n,
        Replication::PerZone(list) => list.counts().iter().copied().max().unwrap_or(0).into(),
    };
    let fits = total >= 1 && largest <= LIMITS.nodes;
    ensure("replicas", fits, || match replicas {
        Replication::Simple(n) => format!("must be 1 to {}, is {n}", LIMITS.nodes),
        Replication::PerZone(_) if total == 0 => "must be at least 1 in some zone".to_owned(),
        Replication::PerZone(_) => format!("must be 0 to {} in each zone, is {largest}", LIMITS.nodes),
    })
}
