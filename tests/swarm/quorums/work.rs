//! What one coordinator owes one operation: whom it may ask, and what it may say.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use drift::engine::base::{Digest, DigestFunction, Endpoint, Micros, NodeId};
use drift::engine::data::{Key, Row, Version};
use drift::engine::node::{Contact, Coordinate, Full, Keeper, Level, Outcome, ReadSettings, Repair, Request, Speculate, StandIn, Verb};
use drift::engine::place::Replication;
use drift::engine::world::World;

use crate::replicas::{only, rank};
use crate::rules::Rules;

/// A node asked, and the replica it stands in for.
pub(super) type Seat = (NodeId, Option<NodeId>);

/// Who must answer: so many of those in some zones, each zone apart; one group of all zones where places do not matter.
#[derive(Debug, Clone, Default)]
pub struct Wanted(Vec<(Option<u32>, u32)>);

pub(super) fn majority(n: u32) -> u32 {
    (1..=n).find(|some| some * 2 > n).unwrap_or(1)
}

/// A level as a plain number out of `n`.
pub(super) fn plain(level: Level, n: u32) -> u32 {
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
    pub(super) fn of(level: Level, replicas: &Replication, home: u32) -> Wanted {
        let total = replicas.total();
        let zones: Vec<u32> = match replicas {
            Replication::PerZone(list) if list.counts().len() > 1 => list.counts().iter().map(|n| u32::from(*n)).collect(),
            _ => return Wanted(vec![(None, plain(level, total))]),
        };
        Wanted(match level {
            Level::LocalOne => vec![(Some(home), 1)],
            Level::LocalQuorum => vec![(Some(home), majority(zones.get(home as usize).copied().unwrap_or(0)))],
            Level::EachQuorum => {
                zones.iter().enumerate().filter(|(_, n)| **n > 0).map(|(zone, n)| (Some(zone as u32), majority(*n))).collect()
            }
            level => vec![(None, plain(level, total))],
        })
    }

    pub(super) fn required(&self) -> u32 {
        self.0.iter().map(|(_, n)| n).sum()
    }

    /// How many of these count, surplus ones of a zone left out, unless the zone is all that counts.
    pub(super) fn counted<'a>(&self, seats: impl IntoIterator<Item = &'a Seat>, world: &World) -> u32 {
        let zones: Vec<u32> = seats.into_iter().map(|(node, _)| world.ring().zone_of(*node).0).collect();
        let of = |zone: Option<u32>| zones.iter().filter(|z| zone.is_none_or(|zone| zone == **z)).count() as u32;
        match self.0.as_slice() {
            [(zone, _)] => of(*zone),
            groups => groups.iter().map(|(zone, n)| of(*zone).min(*n)).sum(),
        }
    }

    pub(super) fn met<'a>(&self, seats: impl IntoIterator<Item = &'a Seat>, world: &World) -> bool {
        self.counted(seats, world) >= self.required()
    }
}

/// What a coordinator has done and heard of one attempt since it took it up.
pub(super) struct Work {
    pub(super) since: Micros,
    pub(super) rules: Rules,
    pub(super) request: Arc<Request>,
    pub(super) client: Endpoint,
    pub(super) wanted: Wanted,
    /// Who can take part, and who is down without a stand-in; unknown if much happened in one step.
    pub(super) plan: Option<(Vec<Seat>, Vec<NodeId>)>,
    pub(super) asked: Vec<Seat>,
    pub(super) for_rows: usize,
    pub(super) forwarded: u32,
    pub(super) acks: BTreeSet<Seat>,
    pub(super) on_disk: BTreeSet<Seat>,
    pub(super) hinted: bool,
    pub(super) rows: BTreeMap<Seat, Vec<Option<Arc<Row>>>>,
    pub(super) digests: BTreeMap<Seat, Vec<Digest>>,
    pub(super) repairs: BTreeSet<Seat>,
    pub(super) repaired: BTreeSet<Seat>,
    pub(super) made: Vec<Version>,
    pub(super) answered: bool,
}

/// Who can take part in an operation on `key` at this coordinator, by its own view of who is up: replicas, then stand-ins.
pub(super) fn plan(via: NodeId, key: &Key, world: &World, rules: &Rules) -> (Vec<Seat>, Vec<NodeId>) {
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

impl Work {
    pub(super) fn ask(&mut self, seats: &[Seat]) -> Result<(), String> {
        for seat in seats {
            if self.asked.contains(seat) {
                return Err(format!("{seat:?} is asked twice"));
            }
            self.asked.push(*seat);
        }
        Ok(())
    }

    pub(super) fn reads(&self) -> bool {
        self.request.verb == Verb::Read
    }

    /// What must be there: needed and there, for the level, for owners, for disks and for machines.
    pub(super) fn demands(&self, counted: u32, owners: usize, disk: usize, machines: usize) -> Vec<(u32, u32)> {
        let (all, n) = (&self.rules.all, self.rules.replicas);
        let count = |level: Option<Level>| level.map_or(0, |level| plain(level, n));
        let mut demands = vec![(self.wanted.required(), counted)];
        if self.reads() {
            demands.push((count(all.read.primary), owners as u32));
        } else {
            demands.push((count(all.write.durable), disk as u32));
            demands.push((count(all.write.primary), owners as u32));
            demands.push((all.write.confirms, machines as u32));
        }
        demands
    }

    /// Demands that those who can take part do not meet.
    pub(super) fn shortfalls(&self, world: &World) -> Vec<(u32, u32)> {
        let Some((seats, down)) = &self.plan else { return Vec::new() };
        if self.request.level == Level::Any && self.rules.all.hints.keeper != Keeper::Nobody && !down.is_empty() {
            return Vec::new();
        }
        let owners = seats.iter().filter(|(_, owner)| owner.is_none()).count();
        let machines: BTreeSet<NodeId> = seats.iter().map(|(node, _)| *node).collect();
        let mut demands = self.demands(self.wanted.counted(seats, world), owners, seats.len(), machines.len());
        demands.retain(|(required, there)| there < required);
        demands
    }

    /// The step in which it was taken up is over.
    pub(super) fn went_rightly(&self, node: NodeId, world: &World) -> Result<(), &'static str> {
        let Some((seats, _)) = &self.plan else { return Ok(()) };
        let all = &self.rules.all;
        let own = seats.iter().find(|(at, _)| *at == node);
        if matches!(all.write.coordinate, Coordinate::Replica { .. }) && !self.reads() && own.is_none() && !seats.is_empty() {
            return if self.forwarded == 1 && self.asked.is_empty() { Ok(()) } else { Err("it should pass the request on") };
        }
        if self.forwarded > 0 {
            return Err("it should not pass the request on");
        }
        if !self.shortfalls(world).is_empty() {
            return if self.asked.is_empty() && self.answered { Ok(()) } else { Err("too few are up") };
        }
        if self.answered && self.asked.is_empty() && !self.reads() {
            return Ok(()); // Overloaded, or nothing but a hint: judged by what it said.
        }
        if !self.reads() {
            let first: Vec<Seat> = own.copied().into_iter().collect();
            let right: Vec<Seat> = if all.write.local_first && !first.is_empty() { first } else { seats.clone() };
            let same = right.len() == self.asked.len() && right.iter().all(|seat| self.asked.contains(seat));
            return if same { Ok(()) } else { Err("a write goes to all that are up") };
        }
        self.read_rightly(node, seats, &all.read, world)
    }

    pub(super) fn read_rightly(&self, node: NodeId, seats: &[Seat], read: &ReadSettings, world: &World) -> Result<(), &'static str> {
        let (asked, required) = (&self.asked, self.wanted.required() as usize);
        let extra = usize::from(read.speculate == Speculate::Always);
        let zone = |seat: &Seat| world.ring().zone_of(seat.0);
        let home = world.ring().zone_of(node);
        let counts = |seat: &Seat| self.wanted.counted([seat], world) > 0;
        if !asked.iter().all(|seat| seats.contains(seat)) || !self.wanted.met(asked, world) {
            return Err("it asks others, or too few");
        }
        let everyone = asked.len() == seats.len();
        let right = match read.contact {
            Contact::Level => (required..=required + extra).contains(&asked.len()),
            Contact::Everyone => everyone,
            Contact::Chance { .. } | Contact::Adaptive { .. } => asked.len() >= required,
        };
        if !right {
            return Err("it asks too many or too few");
        }
        let rows = if read.digests { 1 + extra } else { asked.len() };
        if self.for_rows != rows.min(asked.len()) {
            return Err("it asks for too many or too few rows");
        }
        // Closest first: itself, then its zone. (Where each zone has its own number, each is served apart.)
        let mine = seats.iter().find(|seat| seat.0 == node && counts(seat));
        if mine.is_some_and(|mine| !asked.contains(mine)) {
            return Err("it does not ask itself first");
        }
        let left_at_home = seats.iter().any(|seat| zone(seat) == home && !asked.contains(seat));
        if matches!(self.wanted.0.as_slice(), [(None, _)]) && left_at_home && asked.iter().any(|seat| zone(seat) != home) {
            return Err("it asks another zone before its own");
        }
        Ok(())
    }

    pub(super) fn may_say(&self, outcome: &Outcome, now: Micros, world: &World, rules: &Rules) -> Result<(), String> {
        let fail = |why: String| Err(why);
        match outcome {
            Outcome::NoAnswer | Outcome::Behind { .. } => fail("nodes do not say so".to_owned()),
            Outcome::Unavailable { required, alive } => {
                let right = self.plan.is_none() || self.shortfalls(world).contains(&(*required, *alive));
                if right && self.asked.is_empty() { Ok(()) } else { fail(format!("{:?}", self.shortfalls(world))) }
            }
            Outcome::Overloaded { target } => {
                let hints = &self.rules.all.hints;
                let allowed = hints.overload > 0 || hints.full == Full::Refuse && hints.room > 0;
                let down = self.plan.as_ref().is_none_or(|(_, down)| down.contains(target));
                if allowed && down && self.asked.is_empty() { Ok(()) } else { fail("it has room".to_owned()) }
            }
            Outcome::Written { acks, clock } => self.may_confirm(*acks, world, self.made.last().map(|v| v.clock) == Some(*clock)),
            Outcome::TimedOut { received, required } => {
                let patience = if self.reads() { self.rules.read_timeout } else { self.rules.write_timeout };
                let patience = match (self.forwarded, self.rules.all.write.coordinate) {
                    (1.., Coordinate::Replica { patience }) => patience,
                    _ => patience,
                };
                if now < self.since.plus(patience) {
                    return fail("too early".to_owned());
                }
                let counted = self.unmet(world);
                let right =
                    *received < *required && (self.reads() || self.forwarded > 0 || counted.first() == Some(&(*required, *received)));
                if right { Ok(()) } else { fail(format!("counted {counted:?}")) }
            }
            Outcome::Found(row) => self.may_find(row, world, rules),
        }
    }

    /// Demands of a write that its acknowledgements do not meet, each with what is there.
    pub(super) fn unmet(&self, world: &World) -> Vec<(u32, u32)> {
        let owners = self.on_disk.iter().filter(|(_, owner)| owner.is_none()).count();
        let machines: BTreeSet<NodeId> = self.acks.iter().map(|(node, _)| *node).collect();
        let mut demands = self.demands(self.wanted.counted(&self.acks, world), owners, self.on_disk.len(), machines.len());
        demands.retain(|(required, there)| there < required);
        demands
    }

    pub(super) fn may_confirm(&self, acks: u32, world: &World, stamped: bool) -> Result<(), String> {
        let counted = self.wanted.counted(&self.acks, world);
        let unmet = self.unmet(world);
        let enough = unmet.is_empty() || self.request.level == Level::Any && self.hinted;
        let asked = self.acks.iter().all(|seat| self.asked.contains(seat));
        if enough && acks == counted && asked && stamped {
            return Ok(());
        }
        Err(format!("{counted} acks counted of {:?}, unmet {unmet:?}", self.acks))
    }

    /// A read may say only what some replica told, no older than what as many as the level needs have told; and if repair comes before
    /// the answer, as many must hold it.
    pub(super) fn may_find(&self, found: &Option<Arc<Row>>, world: &World, rules: &Rules) -> Result<(), String> {
        let place = |row: &Option<Arc<Row>>| {
            row.as_deref().map(|row| {
                let v = only(row);
                (rank(v).0, rank(v).1, rank(v).2.to_vec(), rank(v).3)
            })
        };
        let target = place(found);
        // The function may have changed while the read went on.
        let is = |told: Option<&Vec<Digest>>, row: &Option<Arc<Row>>| {
            told.is_some_and(|told| DigestFunction::EVERY.iter().any(|f| told.contains(&f.of(row))))
        };
        let told: Vec<&Option<Arc<Row>>> = self.rows.values().flatten().collect();
        if found.is_some() && !told.contains(&found) {
            return Err("nobody told it".to_owned());
        }
        let limit = self.absent_limit();
        let has =
            |seat: &Seat| is(self.digests.get(seat), found) || self.rows.get(seat).is_some_and(|rows| rows.iter().any(|row| row == found));
        if let Some(limit) = limit {
            let absent = |seat: &&Seat| {
                is(self.digests.get(seat), &None) || self.rows.get(seat).is_some_and(|rows| rows.iter().any(Option::is_none))
            };
            let count = self.asked.iter().filter(absent).count() as u32;
            if found.is_none() {
                return if count >= limit { Ok(()) } else { Err(format!("only {count} of {limit} are absent")) };
            }
        }
        let heard = |seat: &&Seat| {
            let rows = self.rows.get(seat).is_some_and(|rows| rows.iter().any(|row| place(row) <= target));
            // A digest may be that of a row that somebody else told.
            let same = |row: &Option<Arc<Row>>| is(self.digests.get(seat), row) && place(row) <= target;
            rows || is(self.digests.get(seat), found) || told.iter().copied().any(|row| same(&row))
        };
        let agreed: Vec<Seat> = self.asked.iter().filter(heard).copied().collect();
        let owners = agreed.iter().filter(|(_, owner)| owner.is_none()).count() as u32;
        let primary = self.rules.all.read.primary.map_or(0, |level| plain(level, self.rules.replicas));
        if !self.wanted.met(&agreed, world) || owners < primary {
            return Err(format!("only {agreed:?} are known not to hold more"));
        }
        let blocks = matches!(rules.all.read.repair, Repair::Blocking | Repair::BlockingAll);
        let mut holding: BTreeSet<Seat> = self.asked.iter().filter(|seat| has(seat)).copied().collect();
        holding.extend(&self.repaired);
        if blocks && found.is_some() && !self.wanted.met(&holding, world) {
            return Err(format!("only {holding:?} hold it"));
        }
        if rules.all.read.repair == Repair::BlockingAll
            && !self.repairs.is_subset(&self.repaired)
            && !self.wanted.met(self.asked.iter().filter(|s| has(s)), world)
        {
            return Err("not everybody has confirmed the repair".to_owned());
        }
        Ok(())
    }

    /// So many that have no such key mean that it is not there, if such answers do not count.
    pub(super) fn absent_limit(&self) -> Option<u32> {
        let read = &self.rules.all.read;
        let n = self.rules.replicas;
        let most = self.wanted.required().max(read.primary.map_or(0, |level| plain(level, n)));
        let failures = (n + 1).saturating_sub(most);
        (!read.absent_counts).then(|| if read.basic_quorum { failures.min(n / 2 + 1) } else { failures })
    }
}
