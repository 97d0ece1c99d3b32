//! A node as a stand-in: it keeps copies that belong to others, and hands them back (Dynamo, section 4.6; Riak, hinted handoff).

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Body, Ctx, Lost, Node, Note, Timer};
use crate::engine::base::{Micros, NodeId};
use crate::engine::data::{Key, Row, Store};

/// What a node holds for one owner.
#[derive(Debug, Clone, Default)]
pub struct Guest {
    /// The rows. The synced part survives a crash.
    pub store: Store,
    /// When one was written last.
    pub touched: Micros,
    /// The handoff under way. Volatile.
    pub handoff: Option<Handoff>,
}

/// Rows on their way back to their owner.
#[derive(Debug, Clone, Default)]
pub struct Handoff {
    /// Counts the rounds of this node.
    pub round: u32,
    /// Rows sent and not acknowledged.
    pub missing: BTreeMap<Key, Arc<Row>>,
}

/// Everything a node holds for others.
#[derive(Debug, Clone, Default)]
pub struct Guests {
    by_owner: BTreeMap<NodeId, Guest>,
    rounds: u32,
    tick_due: bool,
}

impl Guests {
    /// What is held, by owner.
    pub fn all(&self) -> &BTreeMap<NodeId, Guest> {
        &self.by_owner
    }

    /// The row held for `owner`.
    pub fn get(&self, owner: NodeId, key: &Key) -> Option<&Arc<Row>> {
        self.by_owner.get(&owner)?.store.get(key)
    }

    /// The store for `owner`, which is touched now.
    pub(super) fn store(&mut self, owner: NodeId, now: Micros) -> &mut Store {
        let guest = self.by_owner.entry(owner).or_default();
        guest.touched = now;
        &mut guest.store
    }

    /// All stores.
    pub(super) fn stores(&mut self) -> impl Iterator<Item = &mut Store> {
        self.by_owner.values_mut().map(|guest| &mut guest.store)
    }

    /// Whether a timer to look for owners that are back is running.
    pub(super) fn looks(&self) -> bool {
        self.tick_due
    }

    /// How many changes a crash would take back.
    pub fn unsynced(&self) -> usize {
        self.by_owner.values().map(|guest| guest.store.unsynced()).sum()
    }

    /// Loses every copy, or has those of `copy` in their place. Rounds go on from here, as no late acknowledgement may stand for a later one.
    pub fn replace(&mut self, copy: Guests) {
        *self = Guests { rounds: self.rounds.max(copy.rounds), ..copy };
    }

    /// Loses what was not synced, and what is volatile. Returns each row that changed: for whom it was held, the key, before, after.
    pub fn crash(&mut self) -> Vec<Lost> {
        let mut lost = Vec::new();
        for (owner, guest) in &mut self.by_owner {
            lost.extend(guest.store.crash().into_iter().map(|(key, (before, after))| (Some(*owner), key, before, after)));
        }
        self.forget();
        lost
    }

    /// Forgets what is volatile.
    pub(super) fn forget(&mut self) {
        self.tick_due = false;
        self.by_owner.values_mut().for_each(|guest| guest.handoff = None);
        self.tidy();
    }

    fn tidy(&mut self) {
        self.by_owner.retain(|_, guest| !guest.store.rows().is_empty() || guest.handoff.is_some());
    }
}

impl Node {
    /// Sets the timer to look for owners that are back, unless it runs.
    pub(super) fn start_handoff_timer(&mut self, ctx: &mut Ctx<'_>) {
        if !self.guests.by_owner.is_empty() && !self.guests.tick_due {
            self.guests.tick_due = true;
            ctx.wake(ctx.settings.fallback.tick.max(Micros(1)), Timer::Handoff);
        }
    }

    /// Looks for owners that are back and whose copies have been left alone for a while.
    pub(super) fn look_for_owners(&mut self, ctx: &mut Ctx<'_>) {
        self.guests.tick_due = false;
        self.guests.tidy();
        let settings = ctx.settings.fallback;
        let ready: Vec<NodeId> = self
            .guests
            .by_owner
            .iter()
            .filter(|(owner, guest)| guest.handoff.is_none() && self.believes_up(**owner) && ctx.now.since(guest.touched) >= settings.idle)
            .map(|(owner, _)| *owner)
            .collect();
        let busy = self.guests.by_owner.values().filter(|guest| guest.handoff.is_some()).count();
        for owner in ready.into_iter().take((settings.at_once as usize).saturating_sub(busy)) {
            self.hand_back(owner, ctx);
        }
        self.start_handoff_timer(ctx);
    }

    fn hand_back(&mut self, owner: NodeId, ctx: &mut Ctx<'_>) {
        self.guests.rounds += 1;
        let round = self.guests.rounds;
        let Some(guest) = self.guests.by_owner.get_mut(&owner) else { return };
        let mut missing: BTreeMap<Key, Arc<Row>> = BTreeMap::new();
        missing.extend(guest.store.rows().iter().map(|(key, row)| (key.clone(), row.clone())));
        ctx.note(None, Note::HandoffStarted { owner, count: missing.len() as u32 });
        for (key, row) in &missing {
            ctx.send(owner, None, Body::Handoff { key: key.clone(), row: row.clone(), round });
        }
        guest.handoff = Some(Handoff { round, missing });
        ctx.wake(ctx.settings.write.timeout, Timer::HandoffOver(owner, round));
    }

    /// Whether a handoff of this round is under way.
    pub(super) fn hands_back(&self, owner: NodeId, round: u32) -> bool {
        self.guests.by_owner.get(&owner).and_then(|guest| guest.handoff.as_ref()).is_some_and(|handoff| handoff.round == round)
    }

    /// The owner has a row: the copy here is deleted, unless a newer write has come meanwhile.
    pub(super) fn handed_back(&mut self, owner: NodeId, key: &Key, round: u32, ctx: &mut Ctx<'_>) {
        let Some(guest) = self.guests.by_owner.get_mut(&owner) else { return };
        let Some(handoff) = guest.handoff.as_mut().filter(|handoff| handoff.round == round) else { return };
        let Some(sent) = handoff.missing.remove(key) else { return };
        if guest.store.get(key) == Some(&sent) {
            guest.store.remove(key, true);
        }
        if handoff.missing.is_empty() {
            guest.handoff = None;
            self.guests.tidy();
            ctx.note(None, Note::HandoffDone { owner });
        }
    }

    /// The owner did not acknowledge everything in time: what is left is tried again at a later look.
    pub(super) fn handoff_over(&mut self, owner: NodeId, ctx: &mut Ctx<'_>) {
        let Some(handoff) = self.guests.by_owner.get_mut(&owner).and_then(|guest| guest.handoff.take()) else { return };
        ctx.note(None, Note::HandoffStopped { owner, kept: handoff.missing.len() as u32 });
    }
}
