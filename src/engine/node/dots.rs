//! The events that a replica has seen, as bitmap version vectors (DottedDB): every write has a number that its coordinator gave it, and a
//! replica knows for each coordinator which numbers have reached it, and under which keys.
//!
//! DottedDB lets a replica coordinate and number its own writes; here any node may coordinate, so each numbers its writes range by range:
//! then all replicas of a range ought to see all of its numbers. A range that is split, merged or given other replicas is another range: its
//! numbers begin anew, and rows that were numbered in an older one count as rows without numbers.

use std::sync::Arc;

use super::ranges::{NEVER, Partners};
use super::{Ctx, Deletes, History, Node, Out, Removed, RemovedWhy, Settings};
use crate::engine::base::{NodeId, map_of};
use crate::engine::data::{Clock, Key, PageMap, Payload, Row, Token, Version};
use crate::engine::place::{ArcId, Ring};
use crate::engine::sweep::{Seen, TokenRange};

/// Whose events: the range, and the coordinator.
pub type Actor = (ArcId, NodeId);

/// Bits of a row's number that count; those above are the change of the ring that made the range.
const COUNT_BITS: u32 = 20;

/// What a replica knows about events.
#[derive(Debug, Clone, Default)]
pub struct Dots {
    /// Events that are here, or that something here is newer than.
    pub(super) seen: PageMap<Actor, Seen>,
    /// The keys of events that not everybody is known to have seen (DottedDB's dot-key map).
    pub(super) keys: PageMap<(Actor, u64), Key>,
    /// What peers have seen by their own word, of what is on their disks (DottedDB's watermark).
    pub(super) known: PageMap<(NodeId, Actor), Seen>,
    /// Peers with whom everything has been compared since this node holds anything, and the numbers of copies then.
    pub(super) settled: PageMap<NodeId, u64>,
    /// The numbers of copies at the start, of a node that has been there since.
    pub(super) began: Option<u64>,
    /// The newest timestamp of deletes forgotten here, for each range.
    horizon: PageMap<ArcId, u64>,
    /// How often something came or went that no event tells of, and how often of these it came in a sweep with each peer.
    untold: u64,
    untold_by: PageMap<NodeId, u64>,
    /// Keys whose rows were given up because their bytes were rotten: they have been seen, and are no deletes.
    lost: PageMap<Key, ()>,
}

/// The range that a token falls into.
pub fn arc_of(ring: &Ring, token: Token) -> ArcId {
    ring.arc_id(token)
}

/// The change of the ring that made the range in which an event was numbered, and its number there.
const fn parts(dot: u32) -> (u32, u64) {
    (dot >> COUNT_BITS, (dot & ((1 << COUNT_BITS) - 1)) as u64)
}

/// The event that wrote a row, if it is one of this range: who coordinated it, and its number.
pub(super) fn dot_in(row: &Row, arc: ArcId) -> Option<(NodeId, u64)> {
    let (node, dot) = row.dot()?;
    let (since, event) = parts(dot);
    (since == arc.since).then_some((node, event))
}

impl Dots {
    /// What has been seen of each actor.
    pub fn seen(&self) -> impl Iterator<Item = (Actor, &Seen)> {
        self.seen.iter().map(|(actor, seen)| (*actor, seen))
    }

    /// What has been seen of one actor.
    pub fn seen_of(&self, actor: Actor) -> Option<&Seen> {
        self.seen.get(&actor)
    }

    /// Events whose keys are remembered.
    pub fn remembered(&self) -> u64 {
        self.keys.len()
    }

    /// What `peer` has seen of an actor by its own word.
    pub fn known(&self, peer: NodeId, actor: Actor) -> Option<&Seen> {
        self.known.get(&(peer, actor))
    }

    pub(super) fn has_seen(&self, actor: Actor, event: u64) -> bool {
        self.seen.get(&actor).is_some_and(|seen| seen.holds(event))
    }

    /// An event of this key is here, or something newer.
    pub(super) fn add(&mut self, actor: Actor, event: u64, key: &Key) {
        let mut seen = self.seen.get(&actor).cloned().unwrap_or_default();
        if seen.add(event) {
            self.seen.insert(actor, seen);
        }
        self.keys.insert((actor, event), key.clone());
    }

    /// The events of these ranges that have been seen, by range.
    pub(super) fn clock_of(&self, ranges: &[TokenRange], ring: &Ring) -> Box<[(u32, NodeId, Seen)]> {
        let one = |(range, arc): (u32, ArcId)| {
            let all = self.seen.iter_from(move |(at, _)| *at < arc).take_while(move |((at, _), _)| *at == arc);
            all.map(move |((_, node), seen)| (range, *node, seen.clone()))
        };
        (0u32..).zip(ranges.iter().map(|range| arc_of(ring, range.right))).flat_map(one).collect()
    }

    /// Whether everything has been compared with `peer` once, under these numbers of copies.
    pub(super) fn is_settled(&self, peer: NodeId, copies: u64) -> bool {
        self.settled.get(&peer).copied().or(self.began) == Some(copies)
    }

    /// How often something came or went that no event tells of, and that `peer` did not bring: while this stays, the two agree on it.
    pub(super) fn untold(&self, peer: NodeId) -> u64 {
        self.untold - self.untold_by.get(&peer).copied().unwrap_or(0)
    }

    /// Something has come or gone that no event tells of: everything is to be compared once more with everybody but the one who brought it.
    fn unsettle(&mut self, by: Option<NodeId>) {
        let known = by.and_then(|by| Some((by, self.settled.get(&by).copied().or(self.began)?)));
        (self.settled, self.began) = (PageMap::default(), None);
        known.map(|(by, copies)| self.settled.insert(by, copies));
        self.untold += 1;
        if let Some(by) = by {
            let count = self.untold_by.get(&by).copied().unwrap_or(0);
            self.untold_by.insert(by, count + 1);
        }
    }

    /// A row was given up, though its event was seen and nobody deleted it.
    pub(super) fn gave_up(&mut self, key: &Key) {
        self.unsettle(None);
        self.lost.insert(key.clone(), ());
    }

    /// A row has come, in a sweep with `by` or otherwise, and an event of its range tells of it or not.
    pub(super) fn holds(&mut self, key: &Key, told: bool, by: Option<NodeId>) {
        self.lost.remove(key);
        if !told {
            self.unsettle(by);
        }
    }

    /// The ring has been redrawn: nobody tells of events of ranges that are no more, and with everybody who shares a new one everything is
    /// compared once. What has been seen where deletes were forgotten stays known: their older rows may still be under way.
    pub(super) fn redrawn(&mut self, ring: &Ring, partners: &Partners) {
        let gone = |arc: ArcId| !ring.has_arc(arc);
        let keys: Vec<(Actor, u64)> = self.keys.iter().map(|(at, _)| *at).filter(|((arc, _), _)| gone(*arc)).collect();
        keys.iter().for_each(|at| drop(self.keys.remove(at)));
        let known: Vec<(NodeId, Actor)> = self.known.iter().map(|(at, _)| *at).filter(|(_, (arc, _))| gone(*arc)).collect();
        known.iter().for_each(|at| drop(self.known.remove(at)));
        let forgot = |arc: &ArcId| self.horizon.get(arc).is_some();
        let seen: Vec<Actor> = self.seen.iter().map(|(actor, _)| *actor).filter(|(arc, _)| gone(*arc) && !forgot(arc)).collect();
        seen.iter().for_each(|actor| drop(self.seen.remove(actor)));
        for peer in &partners.all {
            self.settled.insert(*peer, NEVER);
        }
        self.untold += u64::from(!partners.all.is_empty());
    }

    /// What was seen of other ranges is no longer here.
    pub(super) fn keep_seen(&mut self, kept: impl Fn(ArcId) -> bool) {
        let gone: Vec<Actor> = self.seen.iter().map(|(actor, _)| *actor).filter(|(arc, _)| !kept(*arc)).collect();
        gone.iter().for_each(|actor| drop(self.seen.remove(actor)));
    }

    /// Whether all these replicas have seen an event, by their own word.
    fn everybody(&self, me: NodeId, replicas: &[NodeId], actor: Actor, event: u64) -> bool {
        let sees = |node: &NodeId| match *node == me {
            true => self.has_seen(actor, event),
            false => self.known(*node, actor).is_some_and(|seen| seen.holds(event)),
        };
        replicas.iter().all(sees)
    }
}

impl Node {
    /// The row of a write that this node coordinates, numbered if events are.
    pub(super) fn numbered(&mut self, key: &Key, version: Version, ctx: &Ctx<'_>) -> Row {
        if self.history.dots().is_none() {
            return Row::single(version);
        }
        let arc = arc_of(ctx.ring, key.token());
        let next = self.history.next.entry(arc).or_insert(0);
        if *next >> COUNT_BITS > 0 || (*next + 1) >> COUNT_BITS > 0 {
            return Row::single(version);
        }
        *next += 1;
        Row::dotted(version, arc.since << COUNT_BITS | *next)
    }

    /// What to make of a row that has come: one whose delete has been seen by everybody and forgotten is a mark of that delete again, which
    /// is older than anything that may be held elsewhere and as new as the row itself.
    pub(super) fn unburied(&self, key: &Key, row: &Arc<Row>, ctx: &Ctx<'_>) -> Option<Arc<Row>> {
        let (dots, (node, dot)) = (self.history.dots()?, row.dot()?);
        let (since, event) = parts(dot);
        let arc = ctx.ring.arc_id_of(key.token(), since)?;
        let Clock::Stamp(stamp) = row.versions().first()?.clock;
        let horizon = *dots.horizon.get(&arc)?;
        let gone =
            stamp.micros <= horizon && dots.has_seen((arc, node), event) && self.store.get(key).is_none() && dots.lost.get(key).is_none();
        (gone && !row.is_deleted()).then(|| Arc::new(Row::dotted(Version { clock: Clock::Stamp(stamp), payload: Payload::Tombstone }, dot)))
    }

    /// What is on this node's disk of the events in these ranges, by range: what it says of itself must outlive a crash.
    pub(super) fn clock_of(&self, ranges: &[TokenRange], ring: &Ring) -> Box<[(u32, NodeId, Seen)]> {
        self.history.dots_on_disk().map_or_else(Box::default, |dots| dots.clock_of(ranges, ring))
    }

    /// What a peer has said about the events it has seen. If `everything` has been compared, it counts as seen here too, and as settled if
    /// nothing has come or gone meanwhile that no event tells of: `untold` is how often that had happened when it began.
    pub(super) fn note_clock(
        &mut self,
        peer: NodeId,
        ranges: &[TokenRange],
        clock: &[(u32, NodeId, Seen)],
        everything: Option<u64>,
        ctx: &mut Ctx<'_>,
    ) {
        self.history.before_change(self.unsynced() == 0);
        let copies = ctx.copies();
        let Some(dots) = self.history.dots_mut() else { return };
        // Numbers that no coordinator ever gives are no news of anything.
        for (range, node, seen) in clock.iter().filter(|(.., seen)| seen.last() <= u64::from(u32::MAX)) {
            let Some(range) = ranges.get(*range as usize) else { continue };
            let actor = (arc_of(ctx.ring, range.right), *node);
            dots.known.insert((peer, actor), seen.clone());
            if everything.is_some() {
                let mut mine = dots.seen.get(&actor).cloned().unwrap_or_default();
                mine.join(seen);
                dots.seen.insert(actor, mine);
            }
        }
        if everything == Some(dots.untold(peer)) {
            dots.settled.insert(peer, copies);
        }
        if self.history.is_unsynced() {
            self.changed(ctx);
        }
    }

    /// Forgets the keys of events, and the marks of deletes, that every replica has seen.
    pub(super) fn forget_seen(&mut self, ranges: &[TokenRange], ctx: &mut Ctx<'_>) {
        let me = self.id;
        let arcs =
            ranges.iter().map(|range| (arc_of(ctx.ring, range.right), ctx.ring.replicas(range.right, &ctx.settings.replicas).to_vec()));
        let arcs = map_of(arcs);
        let Some(dots) = self.history.dots() else { return };
        let old = |actor: Actor, event: u64| arcs.get(&actor.0).is_some_and(|replicas| dots.everybody(me, replicas, actor, event));
        let events: Vec<(Actor, u64)> = dots.keys.iter().map(|(at, _)| *at).filter(|(actor, event)| old(*actor, *event)).collect();
        let forgets = ctx.settings.sweeps.bitmaps.is_some_and(|bitmaps| bitmaps.deletes == Deletes::Forget);
        let dead = |key: &Key| {
            let row = self.store.get(key)?;
            let arc = arc_of(ctx.ring, key.token());
            let (node, event) = dot_in(row, arc)?;
            old((arc, node), event).then(|| (key.clone(), arc, row.deleted_at().unwrap_or(0)))
        };
        let dead: Vec<(Key, ArcId, u64)> = if forgets { self.store.tombstones().filter_map(dead).collect() } else { Vec::new() };
        if events.is_empty() && dead.is_empty() {
            return;
        }
        let synced = self.is_synced(ctx);
        self.history.before_change(synced);
        if let Some(dots) = self.history.dots_mut() {
            events.iter().for_each(|at| drop(dots.keys.remove(at)));
            for (_, arc, deleted) in &dead {
                let newest = dots.horizon.get(arc).copied().unwrap_or(0).max(*deleted);
                dots.horizon.insert(*arc, newest);
            }
        }
        for (key, ..) in dead {
            if let Some(row) = self.store.remove(&key, synced) {
                self.trees_follow(&key, Some(&row), ctx);
                ctx.out.push(Out::Removed(Removed { key, row, why: RemovedWhy::SeenByAll }));
            }
        }
        self.changed(ctx);
    }
}

impl History {
    /// Begins or stops to number events.
    pub(super) fn configure_dots(dots: &mut Option<Dots>, settings: &Settings, began: Option<u64>) {
        let wanted = settings.sweeps.numbers_events();
        if wanted != dots.is_some() {
            *dots = wanted.then(|| Dots { began, ..Dots::default() });
        }
    }
}
