//! A sweep of logs, both sides: each is sent what the other's log says after the last entry that it has read (Apache CouchDB's replication:
//! changes since a number, then the rows that are lacking, then a checkpoint). Where a log has been cut off, every key is compared instead.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::answer::{Answering, Held};
use super::ask::{Asking, Phase, Work};
use super::log_say::{Changed, LogSay, LogStep, Whole};
use super::message::{Place, Say, SessionId};
use super::note::{SweepOutcome, SweepStep};
use super::trees::common_ranges;
use super::{ASKED_AT_ONCE, KEYS_AT_ONCE};
use crate::engine::base::NodeId;
use crate::engine::data::{Key, Row};
use crate::engine::node::{Ctx, Node, Streams};
use crate::engine::sweep::{LogEntry, Position, Source, TokenRange};

/// The part of a batch that stands for the word how far it goes: rows of the batch are part 0.
const UPTO: u32 = u32::MAX;

/// How far a sweep of logs has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Shipping {
    /// The end of the peer's log when the sweep began.
    pub theirs: Option<Position>,
    /// How often the peer had started then.
    generation: u32,
    /// The end of the own log then.
    pub mine: Option<Position>,
    /// What the peer has read of the own log by its own word.
    claim: Option<Position>,
    /// The last entry of the own log that it has read.
    pub peer_read: u64,
    /// Batches read so far.
    batches: u32,
    /// Where it was asked to read on from.
    asked: Position,
    /// Where the peer's log will have been read to once the rows of this batch are here.
    upto: Option<Position>,
    /// Whether every key is compared, and why.
    pub whole: Option<Whole>,
}

/// What of this side's log is for `peer`: in the ranges, and not shipped by itself since its last start.
fn for_peer<'a>(
    entries: impl Iterator<Item = (u64, &'a LogEntry)>,
    ranges: &'a [TokenRange],
    peer: Source,
) -> impl Iterator<Item = (u64, &'a LogEntry)> {
    entries.filter(move |(_, entry)| entry.source != Some(peer) && ranges.iter().any(|range| range.holds(entry.key.token())))
}

fn changed((seq, entry): (u64, &LogEntry)) -> Changed {
    Changed { seq, key: entry.key.clone(), clocks: entry.row.versions().iter().map(|version| version.clock).collect() }
}

fn row((_, entry): (u64, &LogEntry)) -> (Key, Arc<Row>) {
    (entry.key.clone(), entry.row.clone())
}

impl Node {
    /// Who ships rows that come in this session, if logs are its method.
    pub(super) fn source(&self, from: NodeId, session: SessionId) -> Option<Source> {
        if session.by != self.id {
            let open = self.sweeps.answering.get(&session).filter(|open| matches!(open.work, Held::Log))?;
            return matches!(open.work, Held::Log).then_some(Source { node: from, generation: session.generation });
        }
        match self.sweeps.asking.get(&session.number)?.work {
            Work::Log(shipping) => Some(Source { node: from, generation: shipping.generation }),
            _ => None,
        }
    }

    /// Whether a sweep is over everything that the two share.
    pub(super) fn is_entire(&self, peer: NodeId, ranges: &[TokenRange], ctx: &Ctx<'_>) -> bool {
        ranges == common_ranges(ctx.ring, &ctx.settings.replicas, self.id, peer)
    }

    /// A peer calls for a sweep of logs.
    pub(super) fn log_head(&self, session: SessionId, ranges: &[TokenRange], ctx: &mut Ctx<'_>) -> Held {
        let end = self.history.log().map(|log| log.position());
        let read = self.history.reading(session.by, ctx.copies()).filter(|_| self.is_entire(session.by, ranges, ctx));
        self.say(session.by, session, Say::Log(LogSay::Head { generation: self.generation, end, read }), ctx);
        Held::Log
    }

    /// The asker of a sweep of logs says something.
    pub(super) fn log_asked(&mut self, session: SessionId, open: &Answering, say: &LogSay, ctx: &mut Ctx<'_>) {
        match say {
            LogSay::Since(read) => self.log_since(session, open, *read, ctx),
            LogSay::Offer { part, changes } if changes.len() <= KEYS_AT_ONCE => {
                let keys = self.lacking(&open.ranges, changes, ctx).into_iter().collect();
                self.say(session.by, session, Say::Log(LogSay::Lacks { part: *part, keys }), ctx);
            }
            LogSay::Read(position) if self.is_entire(session.by, &open.ranges, ctx) => self.has_read(session.by, *position, ctx),
            _ => {}
        }
    }

    fn log_since(&self, session: SessionId, open: &Answering, read: Position, ctx: &mut Ctx<'_>) {
        let log = self.history.log().filter(|_| self.is_entire(session.by, &open.ranges, ctx));
        let peer = Source { node: session.by, generation: session.generation };
        let Some((log, after)) = log.and_then(|log| Some((log, log.place(peer, read)?))) else {
            return self.say(session.by, session, Say::Log(LogSay::Gone), ctx);
        };
        let all: Vec<(u64, &LogEntry)> = for_peer(log.after(after), &open.ranges, peer).take(KEYS_AT_ONCE + 1).collect();
        let batch = &all[..all.len().min(KEYS_AT_ONCE)];
        // All of them, or as many as one message takes.
        let upto = match batch.last().filter(|_| all.len() > KEYS_AT_ONCE) {
            Some((seq, entry)) => Position { seq: *seq, digest: entry.digest, ..log.position() },
            None => log.position(),
        };
        let whole = open.policy.streams == Streams::Leaves;
        let changes = if whole { Box::default() } else { batch.iter().copied().map(changed).collect() };
        self.say(session.by, session, Say::Log(LogSay::Changes { upto, changes }), ctx);
        if whole {
            let rows: Vec<(Key, Arc<Row>)> = batch.iter().copied().map(row).collect();
            self.send_rows(session.by, session, 0, &rows, ctx);
        }
    }

    /// Keys of these changes whose rows are lacking here.
    fn lacking(&self, ranges: &[TokenRange], changes: &[Changed], ctx: &Ctx<'_>) -> BTreeSet<Key> {
        let mine = changes.iter().filter(|change| ranges.iter().any(|range| range.holds(change.key.token())));
        let lacks = |change: &&Changed| ctx.settings.rule.lacks(self.store.get(&change.key).map(|row| &**row), &change.clocks);
        mine.filter(lacks).map(|change| change.key.clone()).collect()
    }

    /// The other side of a sweep of logs says something.
    pub(super) fn log_heard(&mut self, asking: &mut Asking, say: &Say, ctx: &mut Ctx<'_>) -> Option<SweepOutcome> {
        let (Say::Log(say), Work::Log(mut shipping)) = (say, asking.work.clone()) else { return None };
        let waits = shipping.whole.is_none() && asking.phase == Phase::Log;
        match say {
            LogSay::Head { generation, end, read } if asking.phase == Phase::Opening => {
                asking.touched = ctx.now;
                (shipping.theirs, shipping.generation) = (*end, *generation);
                self.log_begins(asking, shipping, *read, ctx)
            }
            LogSay::Changes { upto, changes } if waits && shipping.upto.is_none() && asking.missing.contains_key(&UPTO) => {
                asking.touched = ctx.now;
                self.changes_came(asking, shipping, *upto, changes, ctx)
            }
            LogSay::Gone if waits && asking.missing.contains_key(&UPTO) => {
                asking.touched = ctx.now;
                self.log_fails(asking, shipping, Whole::PeerTruncated, ctx)
            }
            LogSay::Lacks { part, keys } if waits && *part != UPTO && asking.missing.remove(part).is_some() => {
                asking.touched = ctx.now;
                let mine = keys.iter().filter(|key| asking.ranges.iter().any(|range| range.holds(key.token())));
                let rows: Vec<(Key, Arc<Row>)> = mine.filter_map(|key| Some((key.clone(), self.visible(None, key, ctx)?))).collect();
                asking.push.extend(rows);
                if asking.missing.is_empty() { self.push_or_part(asking, ctx) } else { None }
            }
            _ => None,
        }
    }

    /// Both ends are known: what each lacks can be told, or everything must be compared.
    fn log_begins(
        &mut self,
        asking: &mut Asking,
        mut shipping: Shipping,
        peer_read: Option<Position>,
        ctx: &mut Ctx<'_>,
    ) -> Option<SweepOutcome> {
        let log = self.history.log();
        shipping.mine = log.map(|log| log.position());
        let peer = Source { node: asking.with, generation: shipping.generation };
        let place = log.and_then(|log| log.place(peer, peer_read?));
        (shipping.claim, shipping.peer_read) = (peer_read, place.unwrap_or(0));
        let why = match (log, shipping.theirs, self.history.reading(asking.with, ctx.copies()), peer_read, place) {
            (None, ..) | (_, None, ..) => Some(Whole::NoLog),
            (_, _, None, ..) => Some(Whole::New),
            (_, _, _, None, _) => Some(Whole::PeerNew),
            (_, _, _, _, None) => Some(Whole::Truncated),
            _ => None,
        };
        let why = if self.is_entire(asking.with, &asking.ranges, ctx) { why } else { Some(Whole::Part) };
        match why {
            Some(why) => self.log_fails(asking, shipping, why, ctx),
            None => self.log_reads_on(asking, shipping, ctx),
        }
    }

    /// Logs do not help: every key is compared, in the ranges that both hold.
    fn log_fails(&mut self, asking: &mut Asking, mut shipping: Shipping, why: Whole, ctx: &mut Ctx<'_>) -> Option<SweepOutcome> {
        self.note_sweep(asking.session, SweepStep::Log(LogStep::Whole(why)), ctx);
        shipping.whole = Some(why);
        asking.work = Work::Log(shipping);
        self.ask_for_all_keys(asking, ctx);
        None
    }

    /// What is left where no history helps: every key with a digest of its row.
    pub(super) fn ask_for_all_keys(&self, asking: &mut Asking, ctx: &mut Ctx<'_>) {
        let leaves: Vec<Place> = (0..asking.ranges.len() as u32).map(|range| Place { range, level: 0, index: 0 }).collect();
        asking.wait(Phase::Keys, leaves.len().div_ceil(ASKED_AT_ONCE));
        for (part, leaves) in (0u32..).zip(leaves.chunks(ASKED_AT_ONCE)) {
            self.say(asking.with, asking.session, Say::ListKeys { part, leaves: leaves.into() }, ctx);
        }
    }

    /// Asks for the next batch of changes, unless everything has been read.
    fn log_reads_on(&mut self, asking: &mut Asking, mut shipping: Shipping, ctx: &mut Ctx<'_>) -> Option<SweepOutcome> {
        shipping.upto = None;
        let (theirs, read) = (shipping.theirs?, self.history.reading(asking.with, ctx.copies())?);
        shipping.asked = read;
        asking.work = Work::Log(shipping);
        if read == theirs || (shipping.batches > 0 && read.seq >= theirs.seq) {
            return self.log_offers(asking, shipping, ctx);
        }
        asking.wait(Phase::Log, usize::from(asking.policy.streams == Streams::Leaves));
        asking.missing.insert(UPTO, None);
        self.say(asking.with, asking.session, Say::Log(LogSay::Since(read)), ctx);
        None
    }

    fn changes_came(
        &mut self,
        asking: &mut Asking,
        mut shipping: Shipping,
        upto: Position,
        changes: &[Changed],
        ctx: &mut Ctx<'_>,
    ) -> Option<SweepOutcome> {
        let (theirs, asked) = (shipping.theirs?, shipping.asked);
        // Further than what was asked for: a sweep that the peer has started may have read as far meanwhile.
        let further = asked.incarnation != upto.incarnation || upto.seq > asked.seq;
        if upto.incarnation != theirs.incarnation || !further || changes.len() > KEYS_AT_ONCE {
            return Some(SweepOutcome::Nonsense);
        }
        shipping.upto = Some(upto);
        shipping.batches += 1;
        asking.work = Work::Log(shipping);
        asking.missing.remove(&UPTO);
        let wanted: Vec<Key> = self.lacking(&asking.ranges, changes, ctx).into_iter().collect();
        if asking.policy.streams == Streams::Keys {
            let step = LogStep::Read { upto: upto.seq, changes: changes.len() as u32, lacked: wanted.len() as u32 };
            self.note_sweep(asking.session, SweepStep::Log(step), ctx);
            asking.missing.clear();
        }
        if !wanted.is_empty() {
            asking.wait(Phase::Fetching, wanted.len().div_ceil(ASKED_AT_ONCE));
            for (part, keys) in (0u32..).zip(wanted.chunks(ASKED_AT_ONCE)) {
                self.say(asking.with, asking.session, Say::FetchRows { part, keys: keys.into() }, ctx);
            }
        }
        if asking.missing.is_empty() { self.log_batch_done(asking, ctx) } else { None }
    }

    /// All rows of a batch are here: the checkpoint moves on.
    pub(super) fn log_batch_done(&mut self, asking: &mut Asking, ctx: &mut Ctx<'_>) -> Option<SweepOutcome> {
        let Work::Log(shipping) = asking.work else { return None };
        if shipping.whole.is_some() {
            return self.push_rows(asking, ctx);
        }
        // Rows that came by themselves before the word how far they go.
        let upto = shipping.upto?;
        if asking.policy.streams == Streams::Leaves {
            self.note_sweep(asking.session, SweepStep::Log(LogStep::Read { upto: upto.seq, changes: 0, lacked: 0 }), ctx);
        }
        self.has_read(asking.with, upto, ctx);
        self.log_reads_on(asking, shipping, ctx)
    }

    /// Everything has been read: now what the peer has not read of the own log.
    fn log_offers(&mut self, asking: &mut Asking, shipping: Shipping, ctx: &mut Ctx<'_>) -> Option<SweepOutcome> {
        let peer = Source { node: asking.with, generation: shipping.generation };
        let end = shipping.mine?.seq;
        let log = self.history.log()?;
        if log.place(peer, shipping.claim?).is_none() {
            // What came meanwhile has pushed it out.
            return self.log_fails(asking, shipping, Whole::Truncated, ctx);
        }
        let unread = log.after(shipping.peer_read).take_while(|(seq, _)| *seq <= end);
        let entries: Vec<(u64, &LogEntry)> = for_peer(unread, &asking.ranges, peer).collect();
        if entries.is_empty() {
            return self.push_or_part(asking, ctx);
        }
        let step = LogStep::Offered { changes: entries.len() as u32, upto: end };
        if asking.policy.streams == Streams::Leaves {
            let rows: Vec<(Key, Arc<Row>)> = entries.into_iter().map(row).collect();
            self.note_sweep(asking.session, SweepStep::Log(step), ctx);
            let pages = self.send_rows(asking.with, asking.session, 0, &rows, ctx);
            asking.push.extend(rows);
            asking.wait(Phase::Storing, pages as usize);
            return None;
        }
        let changes: Vec<Changed> = entries.into_iter().map(changed).collect();
        self.note_sweep(asking.session, SweepStep::Log(step), ctx);
        asking.wait(Phase::Log, changes.len().div_ceil(KEYS_AT_ONCE));
        for (part, changes) in (0u32..).zip(changes.chunks(KEYS_AT_ONCE)) {
            self.say(asking.with, asking.session, Say::Log(LogSay::Offer { part, changes: changes.into() }), ctx);
        }
        None
    }

    /// The two hold the same now: each has read the other's log to where it stood when the sweep began.
    pub(super) fn log_ends(&mut self, asking: &Asking, ctx: &mut Ctx<'_>) {
        let Work::Log(shipping) = asking.work else { return };
        if !self.is_entire(asking.with, &asking.ranges, ctx) {
            return;
        }
        if let Some(theirs) = shipping.theirs.filter(|_| shipping.whole.is_some()) {
            self.has_read(asking.with, theirs, ctx);
        }
        if let Some(mine) = shipping.mine.filter(|mine| shipping.claim != Some(*mine)) {
            self.say(asking.with, asking.session, Say::Log(LogSay::Read(mine)), ctx);
        }
    }
}

/// Rows of a sweep of logs may come before the word how far they go: they are waited for in this phase too.
pub(super) fn takes_rows(asking: &Asking) -> bool {
    asking.phase == Phase::Log && ships_in_order(asking)
}

/// Whether rows come from the peer's log as they were written there, so that what is newer here is no answer to them: the own log has it.
pub(super) fn ships_in_order(asking: &Asking) -> bool {
    matches!(asking.work, Work::Log(shipping) if shipping.whole.is_none()) && asking.policy.streams == Streams::Leaves
}
