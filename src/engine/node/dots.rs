//! The events that a replica has seen, as bitmap version vectors (DottedDB): every write has a number that its coordinator gave it, and a
//! replica knows for each coordinator which numbers have reached it, and under which keys.
//!
//! DottedDB lets a replica coordinate and number its own writes; here any node may coordinate, so each numbers its writes range by range:
//! then all replicas of a range ought to see all of its numbers.

use std::sync::Arc;

use super::{Ctx, Deletes, History, Node, Out, Removed, RemovedWhy, Settings};
use crate::engine::base::{NodeId, map_of};
use crate::engine::data::{Clock, Key, PageMap, Payload, Row, Token, Version};
use crate::engine::place::Ring;
use crate::engine::sweep::{Seen, TokenRange};

/// Whose events: the range, named by the token that ends it, and the coordinator.
pub type Actor = (Token, NodeId);

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
    horizon: PageMap<Token, u64>,
    /// How often something came or went that no event tells of, and how often of these it came in a sweep with each peer.
    untold: u64,
    untold_by: PageMap<NodeId, u64>,
    /// Keys whose rows were given up because their bytes were rotten: they have been seen, and are no deletes.
    lost: PageMap<Key, ()>,
}

/// The range that a token falls into, named by the ring's token that ends it.
pub fn arc_of(ring: &Ring, token: Token) -> Token {
    ring.tokens().get(ring.entry_of(token)).map_or(Token(0), |(end, _)| *end)
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
        let one = |(range, arc): (u32, Token)| {
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

    /// A row has come, in a sweep with `by` or otherwise.
    pub(super) fn holds(&mut self, key: &Key, row: &Row, by: Option<NodeId>) {
        self.lost.remove(key);
        if row.dot().is_none() {
            self.unsettle(by);
        }
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
        let next = self.history.next.entry(arc_of(ctx.ring, key.token())).or_insert(0);
        *next += 1;
        Row::dotted(version, *next)
    }

    /// What to make of a row that has come: one whose delete has been seen by everybody and forgotten is a mark of that delete again, which
    /// is older than anything that may be held elsewhere and as new as the row itself.
    pub(super) fn unburied(&self, key: &Key, row: &Arc<Row>, ctx: &Ctx<'_>) -> Option<Arc<Row>> {
        let (dots, (node, dot)) = (self.history.dots()?, row.dot()?);
        let arc = arc_of(ctx.ring, key.token());
        let Clock::Stamp(stamp) = row.versions().first()?.clock;
        let horizon = *dots.horizon.get(&arc)?;
        let gone = stamp.micros <= horizon
            && dots.has_seen((arc, node), u64::from(dot))
            && self.store.get(key).is_none()
            && dots.lost.get(key).is_none();
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
        let copies = ctx.settings.replicas.code();
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
            let (node, dot) = row.dot()?;
            let arc = arc_of(ctx.ring, key.token());
            old((arc, node), u64::from(dot)).then(|| (key.clone(), arc, row.deleted_at().unwrap_or(0)))
        };
        let dead: Vec<(Key, Token, u64)> = if forgets { self.store.tombstones().filter_map(dead).collect() } else { Vec::new() };
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
    pub(super) fn configure_dots(dots: &mut Option<Dots>, settings: &Settings, fresh: bool) {
        let wanted = settings.sweeps.numbers_events();
        if wanted != dots.is_some() {
            *dots = wanted.then(|| Dots { began: fresh.then(|| settings.replicas.code()), ..Dots::default() });
        }
    }
}
