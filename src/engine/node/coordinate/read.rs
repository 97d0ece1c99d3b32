//! Reads: one row and digests, and a second round for rows when they differ (Apache Cassandra 4.1, `service/reads`; Riak KV,
//! `riak_kv_get_fsm`).

use std::sync::Arc;

use super::Pending;
use super::plan::{Plan, Seat, nodes, zones};
use crate::engine::base::{Digest, Endpoint, Micros, NodeId, OpId, Purpose, arrange, chance};
use crate::engine::data::{Key, Row};
use crate::engine::node::integrity::RotStep;
use crate::engine::node::{Body, Contact, Ctx, Level, Need, Node, Note, Outcome, Proximity, Speculate, Timer, Traffic};

/// What one replica has answered.
#[derive(Debug, Clone)]
pub struct Answer {
    /// Who.
    pub seat: Seat,
    /// Its digest, sent as such or computed from its row.
    pub digest: Digest,
    /// Its row, if it sent one: `Some(None)` says that it holds none.
    pub row: Option<Option<Arc<Row>>>,
}

/// How far a read has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Phase {
    /// Waiting for the first answers.
    First,
    /// Digests differed: waiting for these replicas' rows.
    Second {
        /// Whose rows are still missing.
        waiting: Vec<Seat>,
    },
    /// The client has its answer; the remaining answers are awaited, to be compared in the background.
    Lingering,
    /// Rows are merged; stale replicas are being repaired.
    Repairing {
        /// Acknowledgements the answer waits for.
        latch: u32,
        /// How many of those asked held the merge already.
        current: u32,
        /// Who was sent the merged row.
        to: Vec<Seat>,
        /// Who confirmed.
        acks: Vec<Seat>,
    },
}

/// A read in progress.
#[derive(Debug, Clone)]
pub struct ReadOp {
    /// Who waits for it.
    pub client: Endpoint,
    /// The key.
    pub key: Key,
    /// When it began.
    pub began: Micros,
    /// What the level waits for.
    pub need: Need,
    /// Answers needed.
    pub required: u32,
    /// Answers needed from replicas themselves and not stand-ins (PR).
    primary: u32,
    /// So many replicas without the key mean that it is not there, if such answers do not count; with the digest of having none.
    absent_limit: Option<(u32, Digest)>,
    /// Replicas asked, closest first.
    pub contacts: Vec<Seat>,
    /// Replicas that could be asked too.
    pub spare: Vec<Seat>,
    /// Replicas believed down when it began.
    pub down: Vec<NodeId>,
    /// Answers so far, at most one per replica.
    pub answers: Vec<Answer>,
    /// How far it has come.
    pub phase: Phase,
    /// The merge of all rows, once known.
    pub merged: Option<Arc<Row>>,
    /// Whether the client has been told.
    pub answered: bool,
}

impl ReadOp {
    /// Answers that count in the present phase.
    pub(super) fn received(&self) -> u32 {
        match &self.phase {
            Phase::First | Phase::Lingering => self.need.counted(zones(self.counting())),
            Phase::Second { waiting } => (self.contacts.len() - waiting.len()) as u32,
            // The level's replicas that are known to hold the answer.
            Phase::Repairing { current, acks, .. } => current + acks.len() as u32,
        }
    }

    /// Whose answers count: with an `absent_limit` "I have no such key" is none.
    fn counting(&self) -> impl Iterator<Item = &Seat> {
        let absent = self.absent_limit.map(|(_, digest)| digest);
        self.answers.iter().filter(move |answer| Some(answer.digest) != absent).map(|answer| &answer.seat)
    }

    /// Whether enough first answers are in, a whole row among them.
    fn complete(&self) -> bool {
        let owners = self.counting().filter(|seat| seat.stands_for().is_none()).count() as u32;
        let data = self.answers.iter().any(|answer| answer.row.is_some());
        data && owners >= self.primary && self.need.met(zones(self.counting()))
    }

    /// What is missing when the coordinator's patience is over: how many are there, of how many. What holds the answer back may be something
    /// else than their number (the row itself, or a repair that all must confirm): then one counts as missing, as in Apache Cassandra
    /// (`BlockingReadRepair.awaitWrites`).
    fn missing(&self) -> (u32, u32) {
        let (received, owners) = (self.received(), self.counting().filter(|seat| seat.stands_for().is_none()).count() as u32);
        match self.phase {
            Phase::First if received >= self.required && owners < self.primary => (owners, self.primary),
            _ => (received.min(self.required.saturating_sub(1)), self.required),
        }
    }

    /// How many replicas said that they have no such key, if that is too many.
    fn absent(&self) -> Option<u32> {
        let (limit, _) = self.absent_limit?;
        let count = (self.answers.len() - self.counting().count()) as u32;
        (count >= limit).then_some(count)
    }

    /// Who was asked and has not answered.
    pub fn silent(&self) -> Vec<Seat> {
        self.contacts.iter().filter(|seat| !self.answers.iter().any(|a| a.seat == **seat)).copied().collect()
    }
}

impl Node {
    /// Asks as many replicas as the level needs (or more, by policy), closest first: the first for its row, the others for digests.
    pub(super) fn start_read(&mut self, op: OpId, client: Endpoint, key: &Key, plan: Plan, ctx: &mut Ctx<'_>) {
        let settings = &ctx.settings.read;
        let mut candidates = plan.seats;
        self.order(&mut candidates, ctx);
        let (mut contacts, mut spare): (Vec<Seat>, Vec<Seat>) = (Vec::new(), Vec::new());
        for seat in candidates {
            let with = zones(contacts.iter().chain([&seat]));
            let useful = plan.need.counted(with) > contacts.len() as u32 && contacts.len() < plan.need.required() as usize;
            if useful { contacts.push(seat) } else { spare.push(seat) }
        }
        let extra = self.extra_contacts(op, &spare, ctx);
        contacts.extend(&extra);
        spare.retain(|seat| !extra.contains(seat) && plan.need.counts(seat.zone));
        let rows = if !settings.digests { contacts.len() } else { 1 + usize::from(settings.speculate == Speculate::Always) };
        let required = plan.need.required();
        self.note_choice(op, required, &contacts, &plan.down, ctx);
        for (i, seat) in contacts.iter().enumerate() {
            let key = key.clone();
            let body = if i < rows { Body::ReadData { key, round: 1 } } else { Body::ReadDigest { key } };
            self.send_to(seat, op, body, ctx);
        }
        let n = ctx.settings.replicas.total();
        let primary = settings.primary.map_or(0, |level| level.block_for(n));
        // Riak KV, `riak_kv_get_core`: N - max(R, PR) + 1 failures, or a majority with `basic_quorum`.
        let failures = (n + 1).saturating_sub(required.max(primary));
        let limit = if settings.basic_quorum { failures.min(n / 2 + 1) } else { failures };
        let read = ReadOp {
            client,
            key: key.clone(),
            began: ctx.now,
            need: plan.need,
            required,
            primary,
            absent_limit: (!settings.absent_counts).then(|| (limit, ctx.digest(&None))),
            contacts,
            spare,
            down: plan.down,
            answers: Vec::new(),
            phase: Phase::First,
            merged: None,
            answered: false,
        };
        let patience = self.coordinator.lately.patience(settings).filter(|_| !read.spare.is_empty() && !matches!(read.need, Need::Each(_)));
        self.open(op, Pending::Read(read), ctx);
        if let Some(patience) = patience {
            ctx.wake(patience, Timer::Speculate(op));
        }
    }

    /// Closest first: this node itself, its zone, then the others (Apache Cassandra 4.1, the snitch's order).
    fn order(&self, seats: &mut [Seat], ctx: &Ctx<'_>) {
        let home = ctx.ring.zone_of(self.id).0;
        let pace = |seat: &Seat| match ctx.settings.read.proximity {
            Proximity::Latency => self.coordinator.lately.pace(seat.node),
            Proximity::Ring | Proximity::Prefix => Micros::ZERO,
        };
        if ctx.settings.read.proximity != Proximity::Prefix {
            let rank = |seat: &Seat| (seat.node != self.id, seat.zone != home, pace(seat));
            arrange(seats, |a, b| rank(a).cmp(&rank(b)));
        }
    }

    /// Who is asked beyond what the level needs.
    fn extra_contacts(&self, op: OpId, spare: &[Seat], ctx: &Ctx<'_>) -> Vec<Seat> {
        let settings = &ctx.settings.read;
        let home = ctx.ring.zone_of(self.id).0;
        // One draw decides between everyone, the zone and nobody (Apache Cassandra 3.11, `CFMetaData.newReadRepairDecision`).
        let draw = ctx.draws.draw(Purpose::Pick, [u64::from(op.tag), u64::from(self.id.0)]);
        let count = match settings.contact {
            _ if op.is_own() => return spare.to_vec(),
            Contact::Everyone => return spare.to_vec(),
            Contact::Chance { all_ppm, .. } if chance(draw, all_ppm) => return spare.to_vec(),
            Contact::Chance { all_ppm, zone_ppm } if chance(draw, all_ppm.saturating_add(zone_ppm)) => {
                return spare.iter().filter(|seat| seat.zone == home).copied().collect();
            }
            Contact::Adaptive { low_ppm, .. } if chance(draw, self.coordinator.lately.chance_ppm(low_ppm)) => return spare.to_vec(),
            Contact::Chance { .. } | Contact::Adaptive { .. } | Contact::Level => usize::from(settings.speculate == Speculate::Always),
        };
        spare.iter().take(count).copied().collect()
    }

    /// Answers take long: asks one replica more, for its row if none has come yet.
    pub(in crate::engine::node) fn speculate(&mut self, op: OpId, ctx: &mut Ctx<'_>) {
        let Some(read) = self.coordinator.read(op).filter(|read| read.may_speculate()) else { return };
        let seat = read.spare.remove(0);
        read.contacts.push(seat);
        let key = read.key.clone();
        let (data, round) = match &mut read.phase {
            Phase::Second { waiting } => {
                waiting.push(seat);
                (true, 2)
            }
            _ => (!read.answers.iter().any(|a| a.row.is_some()), 1),
        };
        ctx.note(op, Note::Speculated { extra: seat.node, data });
        self.send_to(&seat, op, if data { Body::ReadData { key, round } } else { Body::ReadDigest { key } }, ctx);
    }

    /// A whole row came, in the first or the second round.
    pub(in crate::engine::node) fn data_came(
        &mut self,
        op: OpId,
        (from, owner): (NodeId, Option<NodeId>),
        row: &Option<Arc<Row>>,
        round: u8,
        ctx: &mut Ctx<'_>,
    ) {
        let Some(read) = self.coordinator.read(op) else { return };
        let Some(seat) = read.contacts.iter().copied().find(|seat| seat.is(from, owner)) else { return };
        let digest = ctx.digest(row);
        if round == 1 {
            return self.first_answer(op, Answer { seat, digest, row: Some(row.clone()) }, ctx);
        }
        // A duplicate, or an answer to a round that is over, changes nothing.
        let Phase::Second { waiting } = &mut read.phase else { return };
        if waiting.contains(&seat) {
            waiting.retain(|other| *other != seat);
            let answer = Answer { seat, digest, row: Some(row.clone()) };
            match read.answers.iter_mut().find(|a| a.seat == seat) {
                Some(old) => *old = answer,
                None => read.answers.push(answer),
            }
            if read.second_round_over() {
                self.resolve(op, ctx);
            }
        }
    }

    /// A digest came.
    pub(in crate::engine::node) fn digest_came(
        &mut self,
        op: OpId,
        (from, owner): (NodeId, Option<NodeId>),
        digest: Digest,
        ctx: &mut Ctx<'_>,
    ) {
        let Some(read) = self.coordinator.read(op) else { return };
        if let Some(seat) = read.contacts.iter().copied().find(|seat| seat.is(from, owner)) {
            self.first_answer(op, Answer { seat, digest, row: None }, ctx);
        }
    }

    /// A replica answers that its copy is of no use: another one is asked in its place, if one is left (Apache Cassandra 4.1, `ReadCallback.onFailure`,
    /// which fails the read once those asked can no longer be enough).
    pub(in crate::engine::node) fn read_failed(&mut self, op: OpId, from: NodeId, owner: Option<NodeId>, ctx: &mut Ctx<'_>) {
        let Some(read) = self.coordinator.read(op) else { return };
        let asked = !matches!(read.phase, Phase::Repairing { .. });
        let Some(at) = read.contacts.iter().position(|seat| seat.is(from, owner)).filter(|_| asked) else { return };
        let seat = read.contacts.remove(at);
        read.answers.retain(|answer| answer.seat != seat);
        if let Phase::Second { waiting } = &mut read.phase {
            waiting.retain(|other| *other != seat);
        }
        let spare = (!read.answered && !read.spare.is_empty()).then(|| read.spare.remove(0));
        ctx.note(op, Note::Rot(RotStep::Failed { by: from, instead: spare.map(|seat| seat.node) }));
        let Some(read) = self.coordinator.read(op) else { return };
        if let Some(seat) = spare {
            read.contacts.push(seat);
            let (key, second) = (read.key.clone(), if let Phase::Second { waiting } = &mut read.phase { Some(waiting) } else { None });
            let round = if second.is_some() { 2 } else { 1 };
            second.into_iter().for_each(|waiting| waiting.push(seat));
            return self.send_to(&seat, op, Body::ReadData { key, round }, ctx);
        }
        let (client, hopeless, missing) = (read.client, !read.answered && !read.need.met(zones(&read.contacts)), read.missing());
        let (second, lingering) = (read.second_round_over(), read.phase == Phase::Lingering && read.silent().is_empty());
        if hopeless {
            self.give_up(op, client, Traffic::Read, missing, ctx);
            self.coordinator.pending.remove(&op);
        } else if second {
            self.resolve(op, ctx);
        } else if lingering {
            self.compare_rest(op, ctx);
        }
    }

    fn first_answer(&mut self, op: OpId, answer: Answer, ctx: &mut Ctx<'_>) {
        let Some(read) = self.coordinator.read(op) else { return };
        let known = read.answers.iter().any(|a| a.seat == answer.seat);
        if known || !matches!(read.phase, Phase::First | Phase::Lingering) {
            return;
        }
        let (node, took) = (answer.seat.node, ctx.now.since(read.began));
        read.answers.push(answer);
        let (first, complete, absent, all) = (read.phase == Phase::First, read.complete(), read.absent(), read.silent().is_empty());
        let (received, required) = (read.received(), read.required);
        self.coordinator.lately.answered(node, took);
        match (first, absent) {
            (true, _) if complete => {
                ctx.note(op, Note::QuorumReached { received, required });
                self.compare(op, ctx);
            }
            (true, Some(absent)) => self.found_too_little(op, absent, ctx),
            (false, _) if all => self.compare_rest(op, ctx),
            _ => {}
        }
    }

    /// So many have no such key that the level cannot be met: not found, if nobody has it; otherwise an error. Who lacks it is mended all
    /// the same (Riak KV, `riak_kv_get_core:response`, `final_action`).
    fn found_too_little(&mut self, op: OpId, absent: u32, ctx: &mut Ctx<'_>) {
        let Some(read) = self.coordinator.read(op) else { return };
        let (client, none, missing) = (read.client, read.counting().next().is_none(), read.missing());
        if none {
            ctx.note(op, Note::NotFound { absent });
            self.answer_read(op, ctx);
        } else {
            read.answered = true;
            self.give_up(op, client, Traffic::Read, missing, ctx);
        }
        let repairs = ctx.repair_of(op) != crate::engine::node::Repair::Off;
        let all = self.coordinator.read(op).is_some_and(|read| read.silent().is_empty());
        if repairs && all { self.compare_rest(op, ctx) } else { self.linger(op, ctx) }
    }

    /// Tells the client what was found.
    pub(in crate::engine::node) fn answer_read(&mut self, op: OpId, ctx: &mut Ctx<'_>) {
        let Some(read) = self.coordinator.read(op).filter(|read| !read.answered) else { return };
        read.answered = true;
        let took = ctx.now.since(read.began);
        let outcome = Outcome::Found(read.merged.clone());
        ctx.send(read.client, Some(op), Body::Reply { traffic: Traffic::Read, outcome });
        self.coordinator.lately.took(took);
    }

    /// The coordinator's patience with a read is over.
    pub(super) fn read_timed_out(&mut self, op: OpId, read: ReadOp, ctx: &mut Ctx<'_>) {
        let missing = read.missing();
        let silent: Vec<NodeId> = match &read.phase {
            Phase::Repairing { to, acks, .. } => to.iter().filter(|seat| !acks.contains(seat)).map(|seat| seat.owner).collect(),
            _ => Vec::new(),
        };
        let (client, answered, lingers) = (read.client, read.answered, read.phase == Phase::Lingering);
        if !answered {
            self.give_up(op, client, Traffic::Read, missing, ctx);
        }
        if let (true, Some(row)) = (ctx.settings.read.hint_repairs, &read.merged) {
            for target in silent {
                self.hint(target, Some(op), &read.key, row, true, ctx);
            }
        }
        if lingers {
            // What is here is compared; repairs get a patience of their own.
            self.open(op, Pending::Read(read), ctx);
            self.compare_rest(op, ctx);
        }
    }

    /// Stays for the answers that are still missing, if any are and somebody could be repaired by them.
    pub(super) fn linger(&mut self, op: OpId, ctx: &mut Ctx<'_>) {
        let repairs = ctx.repair_of(op) != crate::engine::node::Repair::Off;
        let Some(read) = self.coordinator.read(op) else { return };
        let waiting = read.silent();
        if waiting.is_empty() || !repairs {
            self.coordinator.pending.remove(&op);
        } else {
            read.phase = Phase::Lingering;
            ctx.note(op, Note::Lingers { waiting: nodes(&waiting) });
        }
    }
}

impl ReadOp {
    /// Whether one more replica may be asked now.
    pub fn may_speculate(&self) -> bool {
        let waits = matches!(self.phase, Phase::First | Phase::Second { .. });
        waits && !self.answered && !self.spare.is_empty()
    }

    /// Whether enough rows are in: of everyone asked again, or of as many as the level and PR need.
    pub(super) fn second_round_over(&self) -> bool {
        let Phase::Second { waiting } = &self.phase else { return false };
        let rest = || self.counting().filter(|seat| !waiting.contains(seat));
        let owners = rest().filter(|seat| seat.stands_for().is_none()).count() as u32;
        waiting.is_empty() || !self.answered && owners >= self.primary && self.need.met(zones(rest()))
    }
}

impl Level {
    /// Whether a read can ask for it: a hint answers no read.
    pub const fn can_read(self) -> bool {
        !matches!(self, Level::Any)
    }
}
