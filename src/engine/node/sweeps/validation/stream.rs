//! Two replicas that differ send each other all rows of the ranges in which they do (Apache Cassandra, `repair/LocalSyncTask` and
//! `SymmetricRemoteSyncTask`). Rows are merged like any write: what is newer stays.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::message::RepairSay;
use super::note::RepairStep;
use super::party::Party;
use super::plan::{lies_in, shared};
use super::{Say, SessionId};
use crate::engine::base::{Micros, NodeId};
use crate::engine::data::{Key, Row};
use crate::engine::node::sweeps::{Page, Refusal, SweepStep};
use crate::engine::node::{Ctx, Node};
use crate::engine::sweep::TokenRange;

/// Rows sent without having been asked for: to be confirmed.
const SENT: u32 = 0;
/// Rows sent because they were asked for.
const FETCHED: u32 = 1;

/// Rows that come from and go to one other replica.
#[derive(Debug, Clone, Default)]
pub struct Streaming {
    /// Pages that are still to come; not known before the first.
    coming: Option<BTreeSet<u32>>,
    /// Pages that are still to be confirmed.
    going: BTreeSet<u32>,
    came: u32,
    went: u32,
}

impl Streaming {
    fn is_over(&self) -> bool {
        self.coming.as_ref().is_some_and(BTreeSet::is_empty) && self.going.is_empty()
    }
}

impl Node {
    /// All rows of these ranges, as far as both take part for them; tombstones that have expired too, as files hold them.
    /// What does not fit its checksum is read by nobody.
    fn rows_of(&self, session: SessionId, ranges: &[TokenRange], party: &Party, other: NodeId, ctx: &Ctx<'_>) -> Vec<(Key, Arc<Row>)> {
        let common: Vec<TokenRange> = shared(&party.plan, self.id, other).collect();
        let within = |range: &&TokenRange| common.iter().any(|outer| lies_in(**range, *outer));
        let runs = ranges.iter().filter(within).flat_map(|range| range.runs());
        // An incremental repair sends what was set aside for it, and nothing else.
        let only = self.records.pending(session);
        let all = runs.flat_map(|(first, last)| self.store.between(first, last));
        all.filter(|(key, _)| (only.is_none() || self.store.mark(key) == only) && !self.checks(key, ctx))
            .map(|(key, row)| (key.clone(), row.clone()))
            .collect()
    }

    /// The one that started the repair wants this node and another one brought into line.
    pub(super) fn stream_begun(
        &self,
        session: SessionId,
        party: &mut Party,
        (with, ranges, pull): (NodeId, &Arc<[TokenRange]>, bool),
        ctx: &mut Ctx<'_>,
    ) {
        if with == self.id || party.streams.contains_key(&with) {
            return;
        }
        let mut stream = Streaming::default();
        self.say(with, session, Say::Repair(RepairSay::Fetch { ranges: ranges.clone() }), ctx);
        let rows = if pull { Vec::new() } else { self.rows_of(session, ranges, party, with, ctx) };
        if !rows.is_empty() {
            stream.went = rows.len() as u32;
            stream.going = (0..self.send_rows(with, session, SENT, &rows, ctx)).collect();
        }
        party.streams.insert(with, stream);
    }

    /// Another replica wants all rows of these ranges.
    pub(super) fn stream_fetched(&self, from: NodeId, session: SessionId, party: &Party, ranges: &[TokenRange], ctx: &mut Ctx<'_>) {
        self.send_rows(from, session, FETCHED, &self.rows_of(session, ranges, party, from, ctx), ctx);
    }

    /// Rows came.
    pub(super) fn streamed(&mut self, from: NodeId, session: SessionId, page: Page, rows: &[(Key, Arc<Row>)], ctx: &mut Ctx<'_>) {
        let Some(mut party) = self.sweeps.repairs.parties.remove(&session) else { return };
        let mut wanted = page.page < page.pages;
        match page.part {
            SENT => {}
            FETCHED => match party.streams.get_mut(&from) {
                Some(stream) => wanted = wanted && stream.coming.get_or_insert_with(|| (0..page.pages).collect()).remove(&page.page),
                None => wanted = false,
            },
            _ => wanted = false,
        }
        if wanted {
            party.touched = ctx.now;
            let common: Vec<TokenRange> = shared(&party.plan, self.id, from).collect();
            let mut came = 0;
            for (key, row) in rows.iter().filter(|(key, _)| common.iter().any(|range| range.holds(key.token()))) {
                came += 1;
                self.take_streamed(session, key, row, ctx);
            }
            match party.streams.get_mut(&from) {
                Some(stream) if page.part == FETCHED => {
                    stream.came += came;
                    self.stream_went_on(from, session, &mut party, ctx);
                }
                _ => self.say(from, session, Say::Stored { page: page.page }, ctx),
            }
        }
        self.sweeps.repairs.parties.insert(session, party);
    }

    /// Rows that were sent have been merged.
    pub(super) fn stream_stored(&mut self, from: NodeId, session: SessionId, page: u32, ctx: &mut Ctx<'_>) {
        let Some(mut party) = self.sweeps.repairs.parties.remove(&session) else { return };
        if party.streams.get_mut(&from).is_some_and(|stream| stream.going.remove(&page)) {
            party.touched = ctx.now;
            self.stream_went_on(from, session, &mut party, ctx);
        }
        self.sweeps.repairs.parties.insert(session, party);
    }

    /// Something came or was confirmed: tells the one that started the repair when all is done, and now and then that it is not yet.
    fn stream_went_on(&self, with: NodeId, session: SessionId, party: &mut Party, ctx: &mut Ctx<'_>) {
        let Some(stream) = party.streams.get(&with) else { return };
        if stream.is_over() {
            let (came, went) = (stream.came, stream.went);
            party.streams.remove(&with);
            self.note_sweep(session, SweepStep::Repair(RepairStep::Synced { with, came, went }), ctx);
            self.say(session.by, session, Say::Repair(RepairSay::Synced { with, came, went }), ctx);
        } else if ctx.now.since(party.told) >= Micros(ctx.settings.sweeps.timeout.0 / 4) {
            party.told = ctx.now;
            self.say(session.by, session, Say::Repair(RepairSay::Going { with }), ctx);
        }
    }

    /// The other replica takes no part any more: the one that started the repair must know.
    pub(super) fn stream_refused(&mut self, from: NodeId, session: SessionId, why: Refusal, ctx: &mut Ctx<'_>) {
        let stream = self.sweeps.repairs.parties.get_mut(&session).and_then(|party| party.streams.remove(&from));
        if stream.is_some() {
            self.say(session.by, session, Say::Refused(why), ctx);
        }
    }
}
