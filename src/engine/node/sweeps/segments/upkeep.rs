//! A node's hash trees of fixed segments: what they know of each row lies on disk beside the rows, follows every write through a buffer,
//! survives a crash, and is thrown away and read anew after a span.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::engine::base::{Digest, Micros, NodeId, OpId};
use crate::engine::data::{Key, PAGE_MAX, Page, PageMap, Row};
use crate::engine::node::desk::{Made, Task};
use crate::engine::node::sweeps::answer::Held;
use crate::engine::node::sweeps::ask::Work;
use crate::engine::node::sweeps::trees::holding;
use crate::engine::node::sweeps::{Refusal, SessionId, SweepStep};
use crate::engine::node::{Ctx, Node, SweepPolicy, Timer};
use crate::engine::sweep::{Builder, Entry, Item, Items, TokenRange, Tree, TreePolicy, words_of};

/// Changes that are buffered before they are written to the tree's disk (Riak, `hashtree:maybe_flush_buffer`).
const BUFFERED: usize = 200;

/// A hash tree, and what it knows of the rows below it. A clone is a snapshot that shares all pages.
#[derive(Debug, Clone)]
pub struct Segmented {
    /// The hashes, as of the last update. Segments that have changed since are marked in it.
    pub tree: Arc<Tree>,
    /// Each key with the digest of its row's versions, as on the tree's own disk: not what the rows say, but what the tree was told.
    entries: PageMap<Key, Item>,
    /// Changes that are not there yet; a crash loses them.
    buffer: Vec<(Key, Option<Item>)>,
    /// The node died with the tree open: marks are lost, so every segment counts as changed (Riak, `hashtree:mark_open_and_check`).
    unclean: bool,
    /// When it was read from the rows.
    built: Micros,
}

/// A tree of segments that is being made of rows in the order of its range.
#[derive(Debug, Clone)]
pub struct SegmentBuilder {
    tree: Builder,
    /// Full pages of entries, those of each run of tokens by themselves: a range round zero is not in key order.
    runs: Vec<Vec<Page<Key, Item>>>,
    open: Vec<(Key, Item)>,
}

impl SegmentBuilder {
    /// A tree without rows so far.
    pub fn new(range: TokenRange, policy: TreePolicy) -> SegmentBuilder {
        SegmentBuilder { tree: Builder::new(range, policy, policy.depth_for(0)), runs: vec![Vec::new()], open: Vec::new() }
    }

    /// One more row.
    pub fn add(&mut self, key: &Key, item: Item) {
        self.tree.add(std::iter::once((key.token(), item)));
        self.open.push((key.clone(), item));
        if self.open.len() == PAGE_MAX {
            self.close();
        }
    }

    fn close(&mut self) {
        let page = std::mem::take(&mut self.open);
        if let Some(run) = self.runs.last_mut().filter(|_| !page.is_empty()) {
            run.push(Arc::new(page));
        }
    }

    /// A run of ascending tokens is over.
    pub fn turn(&mut self) {
        self.close();
        self.runs.push(Vec::new());
    }

    /// All rows have come.
    pub fn done(mut self) -> Segmented {
        self.close();
        let mut runs = self.runs;
        let first = |run: &Vec<Page<Key, Item>>| run.first().and_then(|page| page.first()).map(|(key, _)| key.clone());
        runs.sort_by_cached_key(first);
        let entries = PageMap::of_pages(runs.concat());
        Segmented { tree: Arc::new(self.tree.done()), entries, buffer: Vec::new(), unclean: false, built: Micros::ZERO }
    }
}

impl Segmented {
    /// A tree over nothing.
    pub fn empty(range: TokenRange, policy: TreePolicy) -> Segmented {
        SegmentBuilder::new(range, policy).done()
    }

    fn flush(&mut self) {
        for (key, item) in self.buffer.drain(..) {
            match item {
                Some(item) => self.entries.insert(key, item),
                None => self.entries.remove(&key),
            };
        }
    }

    /// A row has changed, or is looked at again.
    fn change(&mut self, key: &Key, item: Option<Item>) {
        self.buffer.push((key.clone(), item));
        Arc::make_mut(&mut self.tree).change(key.token(), None, None);
        if self.buffer.len() > BUFFERED {
            self.flush();
        }
    }

    /// Brings the hashes up to date: of segments that have changed, or of all after a crash. Returns how many were computed.
    fn update(&mut self) -> u64 {
        self.flush();
        let old = self.tree.computed();
        if std::mem::take(&mut self.unclean) {
            let (range, policy) = (self.tree.range(), self.tree.policy());
            let rows = entries_in(&self.entries, range).map(|(key, item)| (key.token(), *item));
            self.tree = Arc::new(Tree::build(range, policy, self.tree.depth(), rows));
            return self.tree.computed();
        }
        if self.tree.stale() > 0 {
            let entries = &self.entries;
            Arc::make_mut(&mut self.tree).refresh(|part| entries_in(entries, part).map(|(_, item)| *item));
        }
        self.tree.computed() - old
    }

    /// What the tree knows of the rows of a part of its range: each key with its digest.
    pub fn entries(&self, part: TokenRange) -> impl Iterator<Item = Entry> {
        let words = words_of(self.tree.policy().digest);
        entries_in(&self.entries, part).map(move |(key, item)| (key.clone(), Digest::of_words(&item[..words])))
    }

    /// How many rows it knows of, those in the buffer not counted.
    pub fn rows(&self) -> u64 {
        self.entries.len()
    }
}

fn entries_in(entries: &PageMap<Key, Item>, part: TokenRange) -> impl Iterator<Item = &(Key, Item)> {
    let run = move |(first, last)| entries.iter_from(move |key| key.token() < first).take_while(move |(key, _)| key.token() <= last);
    part.runs().flat_map(run)
}

/// The trees of a node. They lie on disk beside the rows and not among them: a crash loses what was buffered, and putting a backup of the
/// rows back leaves them as they are.
#[derive(Debug, Clone, Default)]
pub struct SegmentStore {
    policy: TreePolicy,
    trees: BTreeMap<TokenRange, Segmented>,
    /// Trees that are being made, and the sweep that wanted them. Volatile.
    building: Option<(SessionId, Vec<TokenRange>)>,
    /// How many keys have been read for exchanges: such reads have numbers of their own.
    reads: u32,
}

impl SegmentStore {
    /// The tree of a range, if it has been made.
    pub fn tree(&self, range: TokenRange) -> Option<&Segmented> {
        self.trees.get(&range)
    }

    /// Whether trees are being made.
    pub fn is_building(&self) -> bool {
        self.building.is_some()
    }

    /// Forgets all trees.
    pub(in crate::engine::node) fn clear(&mut self) {
        self.trees.clear();
        self.building = None;
    }

    /// Forgets those of other ranges, made or being made.
    pub(in crate::engine::node::sweeps) fn keep_only(&mut self, kept: impl Fn(TokenRange) -> bool) {
        self.trees.retain(|range, _| kept(*range));
        if let Some((_, wanted)) = &mut self.building {
            wanted.retain(|range| kept(*range));
        }
    }

    /// What is left after a crash.
    pub(in crate::engine::node) fn crashed(mut self) -> SegmentStore {
        self.building = None;
        for tree in self.trees.values_mut() {
            tree.buffer.clear();
            tree.unclean = true;
        }
        self
    }

    /// What is held at `key` has changed, or is looked at again.
    pub(in crate::engine::node::sweeps) fn follow(&mut self, key: &Key, row: Option<&Row>) {
        let Some(tree) = holding(&self.trees, key.token()).and_then(|range| self.trees.get_mut(&range)) else { return };
        let item = row.map(|row| Items::new(self.policy).item(key, row));
        tree.change(key, item);
    }

    /// The name of the next read that serves an exchange.
    pub(super) fn next_read(&mut self, me: NodeId, key: &Key) -> OpId {
        self.reads = self.reads.wrapping_add(1);
        OpId::own(me, self.reads, key.token().0)
    }
}

impl Node {
    /// Locks this node's trees of these ranges for a sweep, brings them up to date and takes a snapshot. Trees that are missing or too old are
    /// made first, and refused until they are there. Says what it took.
    pub(in crate::engine::node::sweeps) fn take_segments(
        &mut self,
        session: SessionId,
        policy: &SweepPolicy,
        ranges: &[TokenRange],
        ctx: &mut Ctx<'_>,
    ) -> Result<Vec<Segmented>, Refusal> {
        if self.segments_locked(session, ranges) {
            return Err(Refusal::Locked);
        }
        let (settings, tree) = (policy.segments.unwrap_or_default(), policy.tree_of_segments());
        if self.sweeps.segments.policy != tree {
            self.sweeps.segments.clear();
            self.sweeps.segments.policy = tree;
        }
        let trees = &mut self.sweeps.segments.trees;
        let old = |made: &Segmented| ctx.now.since(made.built) >= settings.expire;
        let due: Vec<TokenRange> = ranges.iter().filter(|range| trees.get(range).is_none_or(old)).copied().collect();
        due.iter().for_each(|range| _ = trees.remove(range));
        if !due.is_empty() && settings.build > Micros::ZERO {
            let building = &mut self.sweeps.segments.building;
            match building {
                Some((_, wanted)) => wanted.extend(due.iter().filter(|range| !wanted.contains(range)).copied().collect::<Vec<_>>()),
                None => {
                    *building = Some((session, due));
                    ctx.wake(settings.build, Timer::SegmentsBuilt);
                }
            }
            return Err(Refusal::NotBuilt);
        }
        let (rows, mut computed) = self.build_segments(&due, ctx);
        let mut taken = Vec::with_capacity(ranges.len());
        for range in ranges {
            if let Some(made) = self.sweeps.segments.trees.get_mut(range) {
                computed += made.update();
                taken.push(made.clone());
            }
        }
        let leaves = taken.iter().map(|made| made.tree.leaves()).sum();
        self.note_sweep(session, SweepStep::Trees { leaves, rows, computed }, ctx);
        Ok(taken)
    }

    /// Whether another exchange holds the tree of one of these ranges.
    fn segments_locked(&self, session: SessionId, ranges: &[TokenRange]) -> bool {
        let asking = self.sweeps.asking.values().filter(|a| matches!(a.work, Work::Segments(_))).map(|a| (a.session, &a.ranges));
        let answering = self.sweeps.answering.iter().filter(|(_, a)| matches!(a.work, Held::Segments(_))).map(|(s, a)| (*s, &a.ranges));
        asking.chain(answering).any(|(other, locked)| other != session && locked.iter().any(|range| ranges.contains(range)))
    }

    /// Reads rows into trees. Returns how many rows, and how many hashes were computed.
    fn build_segments(&mut self, ranges: &[TokenRange], ctx: &mut Ctx<'_>) -> (u64, u64) {
        let (mut rows, mut computed, policy) = (0, 0, self.sweeps.segments.policy);
        for range in ranges {
            let Made::Segments(mut made) = self.done(Task::Segments { range: *range, policy }, ctx) else { continue };
            made.built = ctx.now;
            rows += made.rows();
            computed += made.tree.computed();
            self.sweeps.segments.trees.insert(*range, *made);
        }
        (rows, computed)
    }

    /// The time that making trees takes is over: reads the rows as they are now.
    pub(in crate::engine::node::sweeps) fn segments_built(&mut self, ctx: &mut Ctx<'_>) {
        let Some((session, ranges)) = self.sweeps.segments.building.take() else { return };
        let (rows, computed) = self.build_segments(&ranges, ctx);
        let leaves = self.sweeps.segments.policy.leaves_for(0) * ranges.len() as u64;
        self.note_sweep(session, SweepStep::Trees { leaves, rows, computed }, ctx);
    }

    /// Looks at a row again, and corrects the tree (Riak, `riak_kv_vnode:rehash`).
    pub(super) fn rehash(&mut self, key: &Key) {
        let row = self.store.get(key).cloned();
        self.sweeps.segments.follow(key, row.as_deref());
    }
}
