//! The sentences about the ring and about how many copies a key has, and where.

use super::{Change, Number, Part, Unit, choice, level};
use crate::engine::node::{Setting, Settings};
use crate::engine::place::{MAX_ZONES, Replication, Ring, ZoneId};
use crate::engine::world::LIMITS;
use crate::lab::Session;
use crate::view::placement_text;

/// Names of the number of copies in each zone.
const IN_ZONE: [&str; MAX_ZONES] =
    ["replicas-1", "replicas-2", "replicas-3", "replicas-4", "replicas-5", "replicas-6", "replicas-7", "replicas-8"];

/// How the ring is divided; nothing if it is plain. It is part of the run and cannot be changed while it goes on.
pub(super) fn ring(session: &Session) -> Option<Vec<Part>> {
    placement_text::sentence(&session.script().config.topology, session.world().ring()).map(|words| vec![Part::Words(words)])
}

/// How many copies, where, and how many of them an operation waits for.
pub(super) fn copies(settings: &Settings, ring: &Ring) -> Vec<Part> {
    let n = settings.replicas.total();
    let mut parts = vec![Part::Text("Each key lives on ")];
    match settings.replicas {
        Replication::Simple(_) => {
            parts.push(number("replicas", "copies of each key", n, 1));
            parts.push(Part::Text(" nodes"));
        }
        Replication::PerZone(_) => {
            for (zone, id) in (0..ring.zones().len() as u32).map(ZoneId).zip(IN_ZONE) {
                let here = settings.replicas.of_zone(zone).unwrap_or(0);
                // The last copy cannot go.
                parts.push(number(id, "copies of each key in this zone", here, u32::from(here == n)));
                let last = zone.index() + 1 == ring.zones().len();
                let of = if zone.0 == 0 { " nodes of " } else { " of " };
                let next = if last {
                    ""
                } else if zone.index() + 2 == ring.zones().len() {
                    " and "
                } else {
                    ", "
                };
                parts.push(Part::Words(format!("{of}{}{next}", placement_text::zone_name(ring, zone))));
            }
        }
    }
    if ring.zones().len() > 1 {
        parts.extend([Part::Text(", "), spread(settings, ring)]);
    }
    parts.extend([
        Part::Text(". A write waits for "),
        level("write-level", "replicas a write waits for", &settings.replicas, settings.write.level, Setting::WriteLevel),
        Part::Text(", a read for "),
        level("read-level", "replicas a read waits for", &settings.replicas, settings.read.level, Setting::ReadLevel),
        Part::Text("."),
    ]);
    parts
}

fn number(id: &'static str, label: &'static str, value: u32, least: u32) -> Part {
    Part::Number(Number { id, label, value: value.into(), least: least.into(), most: LIMITS.nodes.into(), unit: Unit::Count })
}

/// Whether zones have numbers of their own. Either choice keeps the number of copies.
fn spread(settings: &Settings, ring: &Ring) -> Part {
    let (n, zones) = (settings.replicas.total(), ring.zones().len() as u32);
    let (simple, zoned) = match settings.replicas {
        Replication::Simple(n) => (Replication::Simple(n), divided(n, zones).unwrap_or(Replication::Simple(n))),
        zoned @ Replication::PerZone(_) => (Replication::Simple(n), zoned),
    };
    let options = [("wherever they stand", simple), ("counted zone by zone", zoned)];
    let options = options.map(|(words, r)| (words.to_owned(), Change::Setting(Setting::Replicas(r)))).to_vec();
    choice("spread", "whether copies are counted zone by zone", options, Change::Setting(Setting::Replicas(settings.replicas)))
}

/// So many copies shared out among so many zones, the first zones taking what is left over.
fn divided(n: u32, zones: u32) -> Option<Replication> {
    let share = |zone: u32| u8::try_from(n / zones + u32::from(zone < n % zones)).ok();
    Replication::per_zone(&(0..zones).map(share).collect::<Option<Vec<u8>>>()?).ok()
}

/// What a new number of copies under this name means.
pub(super) fn change(settings: &Settings, ring: &Ring, id: &str, value: u64) -> Option<Setting> {
    if id == "replicas" {
        return Some(Setting::Replicas(u32::try_from(value).ok()?.into()));
    }
    let zone = IN_ZONE.iter().position(|name| *name == id)?;
    let mut counts: Vec<u8> = (0..ring.zones().len() as u32)
        .map(|z| u8::try_from(settings.replicas.of_zone(ZoneId(z)).unwrap_or(0)).unwrap_or(u8::MAX))
        .collect();
    *counts.get_mut(zone)? = u8::try_from(value).ok()?;
    Replication::per_zone(&counts).ok().map(Setting::Replicas)
}
