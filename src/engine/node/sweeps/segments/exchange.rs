//! An exchange by segments, both sides: buckets of hashes from the root down, depth first, then the keys of segments that differ; then an
//! ordinary read of each key that differs, one after another (Riak, `hashtree:compare`, `riak_kv_exchange_fsm`).

use std::collections::BTreeSet;

use super::message::SegmentSay;
use super::upkeep::Segmented;
use crate::engine::base::{Digest, Micros, NodeId, OpId, map_of};
use crate::engine::data::Key;
use crate::engine::node::sweeps::answer::{Answering, Held};
use crate::engine::node::sweeps::ask::{Asking, Phase, Work};
use crate::engine::node::sweeps::{Page, Place, Say, SessionId, SweepOutcome, SweepStep};
use crate::engine::node::{Ctx, Node, Note, Outcome, Timer};
use crate::engine::sweep::{Entries, Entry, LevelCount, TokenRange, compare};

/// How far an exchange has come on the side that asks.
#[derive(Debug, Clone)]
pub struct Exchange {
    /// This side's trees as they were when it began.
    pub trees: Vec<Segmented>,
    /// Buckets to be compared, and segments one level below the leaves: the next one last.
    pub todo: Vec<Place>,
    /// What is asked at present, and how many questions there have been.
    pub asked: (Option<Place>, u32),
    /// Keys of the present segment that have come.
    list: Vec<Entry>,
    /// What comparing keys has found so far: how many only here, only there, differing, and compared.
    counts: (u32, u32, u32, u64),
    /// Keys that differ and have not been read.
    pub keys: BTreeSet<Key>,
    /// The key that is being read.
    pub read: Option<(OpId, Key)>,
    /// Reads that are over, and those that failed.
    pub reads: (u32, u32),
}

impl Exchange {
    pub(in crate::engine::node::sweeps) fn over(trees: Vec<Segmented>) -> Exchange {
        let root = |range: usize| Place { range: range as u32, level: 0, index: 0 };
        let todo = (0..trees.len()).rev().map(root).collect();
        Exchange { trees, todo, asked: (None, 0), list: Vec::new(), counts: (0, 0, 0, 0), keys: BTreeSet::new(), read: None, reads: (0, 0) }
    }

    /// Compares a bucket with the other side's, and puts what differs before everything else that is to be done. `None` if the other side's
    /// answer is no such bucket.
    fn compare(&mut self, bucket: Place, theirs: &[(u32, Digest)]) -> Option<LevelCount> {
        let made = self.trees.get(bucket.range as usize)?;
        let ids = bucket_ids(made, bucket)?;
        let orderly = theirs.windows(2).all(|pair| pair[0].0 < pair[1].0);
        if !orderly || theirs.iter().any(|(index, _)| !ids.contains(&u64::from(*index))) {
            return None;
        }
        let (mut count, mut below, mut theirs) = (LevelCount::default(), Vec::new(), theirs.iter().peekable());
        for index in ids {
            let other = theirs.next_if(|(id, _)| u64::from(*id) == index).map(|(_, hash)| *hash);
            let own = hash_of(made, bucket.level, index);
            count.compared += u64::from(own.is_some() || other.is_some());
            if own != other {
                count.differed += 1;
                below.push(Place { range: bucket.range, level: bucket.level + 1, index });
            }
        }
        self.todo.extend(below.into_iter().rev());
        Some(count)
    }

    /// Compares the keys of a segment.
    fn compare_keys(&mut self, part: Option<TokenRange>, range: u32) {
        let made = part.zip(self.trees.get(range as usize));
        let mine = made.map_or_else(Vec::new, |(part, made)| made.entries(part).collect());
        let Entries { only_mine, only_theirs, differ, compared } = compare(mine, std::mem::take(&mut self.list));
        let counts = &mut self.counts;
        *counts =
            (counts.0 + only_mine.len() as u32, counts.1 + only_theirs.len() as u32, counts.2 + differ.len() as u32, counts.3 + compared);
        self.keys.extend(only_mine.into_iter().chain(only_theirs).chain(differ));
    }
}

/// The nodes of a bucket: the root, or the children of one node.
fn bucket_ids(made: &Segmented, bucket: Place) -> Option<std::ops::Range<u64>> {
    let bits = made.tree.policy().bits();
    match bucket.level {
        0 => (bucket.index == 0).then_some(0..1),
        level if level <= made.tree.depth() && bucket.index < made.tree.nodes(level - 1) => {
            Some(bucket.index << bits..(bucket.index + 1) << bits)
        }
        _ => None,
    }
}

/// The hash of a node that has rows below it.
fn hash_of(made: &Segmented, level: u32, index: u64) -> Option<Digest> {
    let words = made.tree.level(level, index, index + 1);
    words.iter().any(|word| *word != 0).then(|| Digest::of_words(words))
}

/// The part of the ring that a segment covers: it is asked for one level below the leaves.
fn segment_part(made: &Segmented, segment: Place) -> Option<TokenRange> {
    let leaves = made.tree.leaves();
    let is_one = segment.level == made.tree.depth() + 1 && segment.index < leaves;
    is_one.then(|| made.tree.range().part(segment.index, leaves)).flatten()
}

impl Node {
    /// The other side of an exchange says something.
    pub(in crate::engine::node::sweeps) fn exchange_heard(
        &mut self,
        asking: &mut Asking,
        say: &Say,
        ctx: &mut Ctx<'_>,
    ) -> Option<SweepOutcome> {
        // Taken out while it is worked on, and put back.
        let Work::Segments(mut exchange) = std::mem::replace(&mut asking.work, Work::Full) else { return None };
        let present = exchange.asked.0;
        let ended = match (say, asking.phase, present) {
            (Say::Segments(SegmentSay::Ready), Phase::Opening, _) => {
                asking.touched = ctx.now;
                asking.wait(Phase::Buckets, 0);
                self.next_bucket(asking, &mut exchange, ctx)
            }
            (Say::Segments(SegmentSay::Hashes { ask, hashes }), Phase::Buckets, Some(bucket)) if *ask == exchange.asked.1 => {
                asking.touched = ctx.now;
                match exchange.compare(bucket, hashes) {
                    None => Some(SweepOutcome::Nonsense),
                    Some(count) => {
                        self.note_sweep(asking.session, SweepStep::Compared { level: bucket.level, count }, ctx);
                        self.next_bucket(asking, &mut exchange, ctx)
                    }
                }
            }
            (Say::Keys { page, entries }, Phase::Buckets, Some(segment)) => {
                self.segment_came(asking, &mut exchange, segment, (*page, entries), ctx)
            }
            _ => None,
        };
        asking.work = Work::Segments(exchange);
        ended
    }

    /// Keys of the segment that was asked for.
    fn segment_came(
        &mut self,
        asking: &mut Asking,
        exchange: &mut Exchange,
        segment: Place,
        (page, entries): (Page, &[Entry]),
        ctx: &mut Ctx<'_>,
    ) -> Option<SweepOutcome> {
        let part = exchange.trees.get(segment.range as usize).and_then(|made| segment_part(made, segment));
        if page.page >= page.pages || !asking.came(page) {
            return None;
        }
        if entries.iter().any(|(key, _)| part.is_none_or(|part| !part.holds(key.token()))) {
            return Some(SweepOutcome::Nonsense);
        }
        asking.touched = ctx.now;
        exchange.list.extend_from_slice(entries);
        if !asking.missing.is_empty() {
            return None;
        }
        exchange.compare_keys(part, segment.range);
        self.next_bucket(asking, exchange, ctx)
    }

    /// Asks for the next bucket or segment; after the last one keys are read.
    fn next_bucket(&mut self, asking: &mut Asking, exchange: &mut Exchange, ctx: &mut Ctx<'_>) -> Option<SweepOutcome> {
        let next = exchange.todo.pop();
        exchange.asked = (next, exchange.asked.1 + 1);
        let Some(place) = next else { return self.keys_known(asking, exchange, ctx) };
        let ask = exchange.asked.1;
        let is_segment = exchange.trees.get(place.range as usize).is_some_and(|made| place.level > made.tree.depth());
        asking.missing = map_of([(ask, None)].into_iter());
        let say = if is_segment { SegmentSay::Segment { ask, segment: place } } else { SegmentSay::Bucket { ask, bucket: place } };
        self.say(asking.with, asking.session, Say::Segments(say), ctx);
        None
    }

    /// Everything has been compared.
    fn keys_known(&mut self, asking: &mut Asking, exchange: &mut Exchange, ctx: &mut Ctx<'_>) -> Option<SweepOutcome> {
        let (only_mine, only_theirs, differ, compared) = exchange.counts;
        if exchange.keys.is_empty() && compared == 0 {
            return Some(SweepOutcome::Equal);
        }
        self.note_sweep(asking.session, SweepStep::KeysCompared { compared, only_mine, only_theirs, differ }, ctx);
        if exchange.keys.is_empty() {
            return Some(SweepOutcome::Equal);
        }
        asking.wait(Phase::Reading, 0);
        self.next_key(asking, exchange, ctx)
    }

    /// Reads the next key; after the last one the exchange is over.
    fn next_key(&mut self, asking: &mut Asking, exchange: &mut Exchange, ctx: &mut Ctx<'_>) -> Option<SweepOutcome> {
        asking.touched = ctx.now;
        let Some(key) = exchange.keys.pop_first() else {
            let (keys, failed) = exchange.reads;
            return Some(SweepOutcome::Read { keys, failed });
        };
        let op = self.sweeps.segments.next_read(self.id, &key);
        ctx.note(op, Note::SweepRead { session: asking.session, key: key.clone() });
        exchange.read = Some((op, key.clone()));
        self.read_for_itself(op, &key, ctx);
        None
    }

    /// A read that an exchange waits for is over: both trees look at the row again, then comes the next key, after a rest.
    pub(in crate::engine::node) fn own_read_over(&mut self, op: OpId, outcome: &Outcome, ctx: &mut Ctx<'_>) {
        let reads = |asking: &Asking| matches!(&asking.work, Work::Segments(e) if e.read.as_ref().is_some_and(|(read, _)| *read == op));
        let Some(number) = self.sweeps.asking.iter().find(|(_, asking)| reads(asking)).map(|(number, _)| *number) else { return };
        let Some(asking) = self.sweeps.asking.get_mut(&number) else { return };
        let (with, session, pause) = (asking.with, asking.session, asking.policy.segments.unwrap_or_default().throttle);
        let Work::Segments(exchange) = &mut asking.work else { return };
        let Some((_, key)) = exchange.read.take() else { return };
        let failed = !matches!(outcome, Outcome::Found(_));
        exchange.reads = (exchange.reads.0 + 1, exchange.reads.1 + u32::from(failed));
        let more = !exchange.keys.is_empty();
        self.rehash(&key);
        self.say(with, session, Say::Segments(SegmentSay::Rehash(key)), ctx);
        match more && pause > Micros::ZERO {
            true => ctx.wake(pause, Timer::SweepNext(number)),
            false => self.read_next(number, ctx),
        }
    }

    /// The rest between two reads of an exchange is over.
    pub(in crate::engine::node::sweeps) fn read_next(&mut self, number: u32, ctx: &mut Ctx<'_>) {
        let Some(mut asking) = self.sweeps.asking.remove(&number) else { return };
        let ended = match std::mem::replace(&mut asking.work, Work::Full) {
            Work::Segments(mut exchange) => {
                let idle = asking.phase == Phase::Reading && exchange.read.is_none();
                let ended = if idle { self.next_key(&mut asking, &mut exchange, ctx) } else { None };
                asking.work = Work::Segments(exchange);
                ended
            }
            work => {
                asking.work = work;
                None
            }
        };
        match ended {
            None => _ = self.sweeps.asking.insert(number, asking),
            Some(outcome) => self.end_sweep(asking, outcome, ctx),
        }
    }

    /// The side that was asked: it answers from its snapshot, and decides nothing.
    pub(in crate::engine::node::sweeps) fn segments_answer(
        &mut self,
        session: SessionId,
        open: &Answering,
        say: &SegmentSay,
        ctx: &mut Ctx<'_>,
    ) {
        let Held::Segments(trees) = &open.work else { return };
        let by: NodeId = session.by;
        match say {
            SegmentSay::Bucket { ask, bucket } => {
                let made = trees.get(bucket.range as usize);
                let ids = made.and_then(|made| Some((made, bucket_ids(made, *bucket)?)));
                let list = |(made, ids): (&Segmented, std::ops::Range<u64>)| {
                    ids.filter_map(|index| Some((index as u32, hash_of(made, bucket.level, index)?))).collect()
                };
                let hashes: Box<[(u32, Digest)]> = ids.map_or_else(Box::default, list);
                self.say(by, session, Say::Segments(SegmentSay::Hashes { ask: *ask, hashes }), ctx);
            }
            SegmentSay::Segment { ask, segment } => {
                let made = trees.get(segment.range as usize);
                let part = made.and_then(|made| Some((made, segment_part(made, *segment)?)));
                let entries: Vec<Entry> = part.map_or_else(Vec::new, |(made, part)| made.entries(part).collect());
                self.send_keys(session, *ask, &entries, ctx);
            }
            SegmentSay::Rehash(key) if open.ranges.iter().any(|range| range.holds(key.token())) => self.rehash(key),
            _ => {}
        }
    }
}
