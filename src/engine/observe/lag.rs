//! How far zones are behind one another: the time from a write's first copy anywhere to its first in each other zone, and the bytes that
//! cross between zones.

use std::collections::BTreeMap;

use super::Spans;
use crate::engine::base::{Endpoint, Micros};
use crate::engine::data::{Change, Clock, Key};
use crate::engine::node::Traffic;
use crate::engine::place::{Ring, ZoneId};
use crate::engine::world::{Event, EventKind};

/// Lags and bytes of a log.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Crossings {
    /// For each zone, how long after the first copy of a version anywhere the first one there came.
    pub lag: BTreeMap<ZoneId, Spans>,
    /// Bytes sent from one zone to another, by traffic.
    pub bytes: BTreeMap<Traffic, u64>,
}

/// Reads them off a log. Versions that never reach a zone have no lag there.
pub fn crossings(log: &[Event], ring: &Ring) -> Crossings {
    let mut all = Crossings::default();
    let mut first: BTreeMap<(Key, Clock), (Micros, Vec<ZoneId>)> = BTreeMap::new();
    for event in log {
        let who = event.who.and_then(Endpoint::node);
        match (&event.kind, who) {
            (EventKind::Applied(applied), Some(node)) if applied.change == Change::Stored && applied.stands_for.is_none() => {
                let zone = ring.zone_of(node);
                for version in applied.given.versions() {
                    let (began, zones) = first.entry((applied.key.clone(), version.clock)).or_insert((event.at, Vec::new()));
                    if zones.contains(&zone) {
                        continue;
                    }
                    zones.push(zone);
                    if zones.len() > 1 {
                        all.lag.entry(zone).or_default().add(event.at.since(*began));
                    }
                }
            }
            (EventKind::Sent(message), _) => {
                if let (Some(from), Some(to)) = (message.from.node(), message.to.node())
                    && ring.zone_of(from) != ring.zone_of(to)
                {
                    *all.bytes.entry(message.body.traffic()).or_default() += u64::from(message.size);
                }
            }
            _ => {}
        }
    }
    all
}
