//! One attempt at one coordinator: whom it may ask, and what it may say.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use drift::engine::base::{Digest, DigestFunction, Endpoint, Micros, NodeId};
use drift::engine::data::{Row, Version};
use drift::engine::node::{Contact, Coordinate, Full, Keeper, Level, Outcome, ReadSettings, Repair, Request, Speculate, Verb};
use drift::engine::world::World;

use crate::replicas::{only, rank};
use crate::rules::Rules;
use crate::wanted::{Seat, Wanted, plain};

/// What a coordinator has done and heard of one attempt since it took it up.
pub struct Work {
    pub since: Micros,
    pub rules: Rules,
    pub request: Arc<Request>,
    pub client: Endpoint,
    pub wanted: Wanted,
    /// Who can take part, and who is down without a stand-in; unknown if much happened in one step.
    pub plan: Option<(Vec<Seat>, Vec<NodeId>)>,
    pub asked: Vec<Seat>,
    pub for_rows: usize,
    pub forwarded: u32,
    pub acks: BTreeSet<Seat>,
    pub on_disk: BTreeSet<Seat>,
    pub hinted: bool,
    pub rows: BTreeMap<Seat, Vec<Option<Arc<Row>>>>,
    pub digests: BTreeMap<Seat, Vec<Digest>>,
    pub repairs: BTreeSet<Seat>,
    pub repaired: BTreeSet<Seat>,
    pub made: Vec<Version>,
    pub answered: bool,
    /// Replicas that said that their copy is of no use.
    pub failed: u32,
}

/// Whether a replica has told the digest of this row, by whichever function: it may have changed while the read went on.
fn digests_are(told: Option<&Vec<Digest>>, row: &Option<Arc<Row>>) -> bool {
    told.is_some_and(|told| DigestFunction::EVERY.iter().any(|function| told.contains(&function.of(row))))
}

impl Work {
    pub fn ask(&mut self, seats: &[Seat]) -> Result<(), String> {
        for seat in seats {
            if self.asked.contains(seat) {
                return Err(format!("{seat:?} is asked twice"));
            }
            self.asked.push(*seat);
        }
        Ok(())
    }

    pub fn reads(&self) -> bool {
        self.request.verb == Verb::Read
    }

    /// What must be there: needed and there, for the level, for owners, for disks and for machines.
    pub fn demands(&self, counted: u32, owners: usize, disk: usize, machines: usize) -> Vec<(u32, u32)> {
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
    pub fn shortfalls(&self, world: &World) -> Vec<(u32, u32)> {
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
    pub fn went_rightly(&self, node: NodeId, world: &World) -> Result<(), &'static str> {
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

    pub fn read_rightly(&self, node: NodeId, seats: &[Seat], read: &ReadSettings, world: &World) -> Result<(), &'static str> {
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

    pub fn may_say(&self, outcome: &Outcome, now: Micros, world: &World, rules: &Rules) -> Result<(), String> {
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
            Outcome::Written { acks, clock } => self.may_confirm(*acks, world, self.made.iter().any(|v| v.clock == *clock)),
            Outcome::TimedOut { received, required } => {
                let patience = if self.reads() { self.rules.read_timeout } else { self.rules.write_timeout };
                let patience = match (self.forwarded, self.rules.all.write.coordinate) {
                    (1.., Coordinate::Replica { patience }) => patience,
                    _ => patience,
                };
                // Where answers without the key do not count, so many of them end a read before its time.
                let hopeless = self.reads() && self.absent_limit().is_some_and(|limit| self.absent() >= limit);
                if now < self.since.plus(patience) && !hopeless && self.failed == 0 {
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
    pub fn unmet(&self, world: &World) -> Vec<(u32, u32)> {
        let owners = self.on_disk.iter().filter(|(_, owner)| owner.is_none()).count();
        // Riak KV, `riak_kv_put_core`: what is stored confirms, once stores are counted apart.
        let write = &self.rules.all.write;
        let confirmed = if write.durable.or(write.primary).is_some() { &self.on_disk } else { &self.acks };
        let machines: BTreeSet<NodeId> = confirmed.iter().map(|(node, _)| *node).collect();
        let mut demands = self.demands(self.wanted.counted(&self.acks, world), owners, self.on_disk.len(), machines.len());
        demands.retain(|(required, there)| there < required);
        demands
    }

    pub fn may_confirm(&self, acks: u32, world: &World, stamped: bool) -> Result<(), String> {
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
    pub fn may_find(&self, found: &Option<Arc<Row>>, world: &World, rules: &Rules) -> Result<(), String> {
        let place = |row: &Option<Arc<Row>>| {
            row.as_deref().map(|row| {
                let v = only(row);
                (rank(v).0, rank(v).1, rank(v).2.to_vec(), rank(v).3)
            })
        };
        let target = place(found);
        let told: Vec<&Option<Arc<Row>>> = self.rows.values().flatten().collect();
        if found.is_some() && !told.contains(&found) {
            return Err("nobody told it".to_owned());
        }
        let limit = self.absent_limit();
        let has = |seat: &Seat| {
            digests_are(self.digests.get(seat), found) || self.rows.get(seat).is_some_and(|rows| rows.iter().any(|row| row == found))
        };
        if let Some(limit) = limit.filter(|_| found.is_none()) {
            let count = self.absent();
            return if count >= limit { Ok(()) } else { Err(format!("only {count} of {limit} are absent")) };
        }
        let heard = |seat: &&Seat| {
            let rows = self.rows.get(seat).is_some_and(|rows| rows.iter().any(|row| place(row) <= target));
            // A digest may be that of a row that somebody else told.
            let same = |row: &Option<Arc<Row>>| digests_are(self.digests.get(seat), row) && place(row) <= target;
            rows || digests_are(self.digests.get(seat), found) || told.iter().copied().any(same)
        };
        let agreed: Vec<Seat> = self.asked.iter().filter(heard).copied().collect();
        let owners = agreed.iter().filter(|(_, owner)| owner.is_none()).count() as u32;
        let primary = self.rules.all.read.primary.map_or(0, |level| plain(level, self.rules.replicas));
        if !self.wanted.met(&agreed, world) || owners < primary {
            return Err(format!("only {agreed:?} are known not to hold more"));
        }
        // The policy may have changed while the read went on.
        let policies = [self.rules.all.read.repair, rules.all.read.repair];
        let blocks = policies.iter().all(|repair| matches!(repair, Repair::Blocking | Repair::BlockingAll));
        let mut holding: BTreeSet<Seat> = self.asked.iter().filter(|seat| has(seat)).copied().collect();
        holding.extend(&self.repaired);
        if blocks && found.is_some() && !self.wanted.met(&holding, world) {
            return Err(format!("only {holding:?} hold it"));
        }
        if policies == [Repair::BlockingAll; 2]
            && !self.repairs.is_subset(&self.repaired)
            && !self.wanted.met(self.asked.iter().filter(|s| has(s)), world)
        {
            return Err("not everybody has confirmed the repair".to_owned());
        }
        Ok(())
    }

    /// How many have said that they have no such key.
    pub fn absent(&self) -> u32 {
        let lacks = |seat: &&Seat| {
            digests_are(self.digests.get(seat), &None) || self.rows.get(seat).is_some_and(|rows| rows.iter().any(Option::is_none))
        };
        self.asked.iter().filter(lacks).count() as u32
    }

    /// So many that have no such key mean that it is not there, if such answers do not count.
    pub fn absent_limit(&self) -> Option<u32> {
        let read = &self.rules.all.read;
        let n = self.rules.replicas;
        let most = self.wanted.required().max(read.primary.map_or(0, |level| plain(level, n)));
        let failures = (n + 1).saturating_sub(most);
        (!read.absent_counts).then(|| if read.basic_quorum { failures.min(n / 2 + 1) } else { failures })
    }
}
