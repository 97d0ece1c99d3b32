//! What a replica remembers beside its rows: its operation log, and how far it has read in the logs of others. It lives and dies with the
//! rows: what a crash takes back of them it takes back of this too.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::dots::{Dots, arc_of, dot_in};
use super::ranges::{NEVER, Partners, copies};
use super::{Ctx, Node, Settings};
use crate::engine::base::NodeId;
use crate::engine::data::{Change, Key, PageMap, Row};
use crate::engine::place::{ArcId, Ring};
use crate::engine::sweep::{LogPolicy, OpLog, Position, Source};

/// How far another node's log has been read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reading {
    /// Where.
    pub position: Position,
    /// The numbers of copies that were in force: others make other ranges common, which were passed over so far.
    copies: u64,
}

/// The part that is on disk once rows are.
#[derive(Debug, Clone, Default)]
struct Kept {
    log: Option<OpLog>,
    read: PageMap<NodeId, Reading>,
    /// The numbers of copies at the start, of a node that has been there since: it has read nothing of anybody, and missed nothing.
    began: Option<u64>,
    /// Events seen, if they are numbered.
    dots: Option<Dots>,
}

/// A node's history. Nothing is kept while no method asks for it.
#[derive(Debug, Clone, Default)]
pub struct History {
    now: Kept,
    /// What is on disk, while something is not.
    disk: Option<Box<Kept>>,
    /// Logs begun so far. Numbers are never used again.
    incarnations: u32,
    /// Who ships the rows that come now. Volatile.
    pub(super) taking: Option<Source>,
    /// Whose message of a sweep is being worked on. Volatile.
    pub(super) with: Option<NodeId>,
    /// How many writes this node has coordinated in each range. Never goes back, as its clock never does.
    pub(super) next: BTreeMap<ArcId, u32>,
}

impl History {
    /// The log, if one is kept.
    pub fn log(&self) -> Option<&OpLog> {
        self.now.log.as_ref()
    }

    /// Events seen, if they are numbered.
    pub fn dots(&self) -> Option<&Dots> {
        self.now.dots.as_ref()
    }

    pub(super) fn dots_mut(&mut self) -> Option<&mut Dots> {
        self.now.dots.as_mut()
    }

    /// Events that a crash would leave.
    pub(super) fn dots_on_disk(&self) -> Option<&Dots> {
        self.disk.as_ref().map_or(&self.now, |disk| disk).dots.as_ref()
    }

    /// Whether something is not on disk.
    pub(super) fn is_unsynced(&self) -> bool {
        self.disk.is_some()
    }

    /// How far each log has been read.
    pub fn read(&self) -> impl Iterator<Item = (NodeId, Position)> {
        self.now.read.iter().map(|(node, reading)| (*node, reading.position))
    }

    /// How far `peer`'s log has been read, if this node has a place in it.
    pub fn read_of(&self, peer: NodeId, settings: &Settings, ring: &Ring) -> Option<Position> {
        self.reading(peer, copies(settings, ring))
    }

    /// How far `peer`'s log has been read; `None` if this node may lack what was never in any log, or was read by whom it was before.
    pub(super) fn reading(&self, peer: NodeId, copies: u64) -> Option<Position> {
        match self.now.read.get(&peer) {
            Some(reading) => (reading.copies == copies).then_some(reading.position),
            None => (self.now.began == Some(copies)).then_some(Position::START),
        }
    }

    /// Something is about to change: what is on disk stays as it is until the next sync.
    pub(super) fn before_change(&mut self, synced: bool) {
        if synced {
            self.disk = None;
        } else if self.disk.is_none() {
            self.disk = Some(Box::new(self.now.clone()));
        }
    }

    /// Everything is on disk.
    pub(super) fn sync(&mut self) {
        self.disk = None;
    }

    /// Loses what is not on disk. A log that loses entries goes on as another one.
    pub(super) fn crash(&mut self) {
        (self.taking, self.with) = (None, None);
        let Some(disk) = self.disk.take() else { return };
        let had = self.now.log.take().map(|log| log.position());
        self.now = *disk;
        if let Some(log) = self.now.log.as_mut().filter(|log| Some(log.position()) != had) {
            self.incarnations += 1;
            log.begin_again(self.incarnations);
        }
    }

    /// Loses everything: the disk is gone, or is another one.
    pub fn wipe(&mut self) {
        let next = std::mem::take(&mut self.next);
        *self = History { incarnations: self.incarnations, next, ..History::default() };
    }

    /// Keeps a log or stops keeping one. `whole`: the node holds nothing; `first`: it starts for the first time.
    pub(super) fn configure(&mut self, settings: &Settings, copies: u64, whole: bool, first: bool) {
        let wanted = settings.sweeps.log_policy().is_some();
        if wanted == self.now.log.is_some() && settings.sweeps.numbers_events() == self.now.dots.is_some() {
            return;
        }
        self.disk = None;
        History::configure_dots(&mut self.now.dots, settings, (whole && first).then_some(copies));
        if wanted == self.now.log.is_some() {
            return;
        }
        self.now = Kept { dots: self.now.dots.take(), ..Kept::default() };
        if wanted {
            self.incarnations += 1;
            self.now.log = Some(OpLog::new(self.incarnations, whole));
            self.now.began = (whole && first).then_some(copies);
        }
    }

    /// An event has reached this node: it holds what it wrote, or something newer.
    fn saw(&mut self, arc: ArcId, key: &Key, row: &Row) {
        if let (Some(dots), Some((node, event))) = (&mut self.now.dots, dot_in(row, arc)) {
            dots.add((arc, node), event, key);
        }
    }

    /// The ring has been redrawn: what is remembered of ranges that are no more is forgotten, in memory and on disk.
    pub(super) fn redrawn(&mut self, ring: &Ring, partners: &Partners) {
        for kept in std::iter::once(&mut self.now).chain(self.disk.as_deref_mut()) {
            if kept.log.is_some() {
                for peer in &partners.strangers {
                    // What was not common before was passed over in its log.
                    kept.read.insert(*peer, Reading { position: Position::START, copies: NEVER });
                }
            }
            if let Some(dots) = &mut kept.dots {
                dots.redrawn(ring, partners);
            }
        }
    }

    /// What was seen of other ranges is no longer here.
    pub(super) fn keep_seen(&mut self, kept: impl Fn(ArcId) -> bool) {
        for part in std::iter::once(&mut self.now).chain(self.disk.as_deref_mut()) {
            part.dots.iter_mut().for_each(|dots| dots.keep_seen(&kept));
        }
    }

    fn append(&mut self, policy: LogPolicy, key: &Key, row: &Arc<Row>, synced: bool) {
        self.before_change(synced);
        let source = self.taking;
        if let Some(log) = &mut self.now.log {
            log.append(policy, key, row, source);
        }
    }
}

impl Node {
    /// The node has started, or settings of sweeps have changed.
    pub(super) fn configure_history(&mut self, ctx: &Ctx<'_>) {
        let first = self.generation == 1;
        self.history.configure(ctx.settings, ctx.copies(), self.store.rows().is_empty(), first);
    }

    /// This node was given a row: its history follows.
    pub(super) fn history_follows(&mut self, key: &Key, given: &Row, change: Change, ctx: &mut Ctx<'_>) {
        if self.history.now.log.is_none() && self.history.now.dots.is_none() {
            return;
        }
        let synced = self.is_synced(ctx);
        self.history.before_change(synced);
        if self.history.now.dots.is_some() {
            self.history.saw(arc_of(ctx.ring, key.token()), key, given);
            self.changed(ctx);
        }
        if change != Change::Stored {
            return;
        }
        let by = self.history.with;
        if let Some(dots) = &mut self.history.now.dots {
            dots.holds(key, dot_in(given, arc_of(ctx.ring, key.token())).is_some(), by);
        }
        if let (Some(policy), Some(row)) = (ctx.settings.sweeps.log_policy(), self.store.get(key)) {
            self.history.append(policy, key, row, synced);
        }
    }

    /// This node gave up a row that rotted: what it has read and seen of others no longer tells what it holds.
    pub(super) fn history_gave_up(&mut self, key: &Key, synced: bool) {
        if self.history.now.log.is_none() && self.history.now.dots.is_none() {
            return;
        }
        self.history.before_change(synced);
        (self.history.now.read, self.history.now.began) = (PageMap::default(), None);
        if let Some(dots) = &mut self.history.now.dots {
            dots.gave_up(key);
        }
    }

    /// `peer`'s log has been read so far, and all of it is held here.
    pub(super) fn has_read(&mut self, peer: NodeId, position: Position, ctx: &mut Ctx<'_>) {
        // Nothing that came with it may be lost alone.
        let copies = ctx.copies();
        // Two sweeps of the same pair may go on at once: what one has read stays read.
        let known = self.history.now.read.get(&peer).filter(|read| read.copies == copies);
        if known.is_some_and(|read| read.position.incarnation == position.incarnation && read.position.seq >= position.seq) {
            return;
        }
        self.history.before_change(self.unsynced() == 0);
        self.history.now.read.insert(peer, Reading { position, copies });
        if self.history.disk.is_some() {
            self.changed(ctx);
        }
    }
}
