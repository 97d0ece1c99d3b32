//! Checksums on a replica: values that do not fit are found by a read or by a scrub, answered with a failure, given up, fetched anew.
//!
//! The checksum is kept with the value, by the replica or by whoever took up the write (Apache Cassandra 4.1, `crc_check_chance`; Riak;
//! Garage, `src/block/repair.rs`). What it cannot tell: bytes that were rotten before it was made, and bytes that rotted together with it.

mod message;
mod scrub;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

pub use message::RotSay;
pub(super) use scrub::Scrubbing;

use super::{Body, Checksum, Ctx, Message, Node, Note, Out, Removed, RemovedWhy, Rotten, Timer, Tombstones, Traffic};
use crate::engine::base::{Endpoint, Micros, NodeId, arrange};
use crate::engine::data::{Key, Row};
use crate::engine::sweep::TokenRange;

/// What came upon a value that does not fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FoundBy {
    /// A read, or a sweep that read the row.
    Read,
    /// A look at everything.
    Scrub,
}

/// One finding or decision about checksums.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RotStep {
    /// A checksum does not fit its bytes.
    Found {
        /// The key.
        key: Key,
        /// How it came out.
        by: FoundBy,
        /// What is done about it.
        then: Rotten,
    },
    /// Another replica is asked for the row.
    Asked {
        /// The key.
        key: Key,
        /// Whom.
        of: NodeId,
    },
    /// The row came, and fits.
    Fetched {
        /// The key.
        key: Key,
        /// From whom.
        from: NodeId,
    },
    /// No other replica had the row: only a repair can bring it.
    NobodyHas {
        /// The key.
        key: Key,
    },
    /// A replica answered a coordinator that its copy does not fit.
    Failed {
        /// The replica.
        by: NodeId,
        /// Who is asked in its place, if anybody is left.
        instead: Option<NodeId>,
    },
    /// A look at everything is over.
    Scrubbed {
        /// Rows read.
        rows: u64,
        /// Their bytes.
        bytes: u64,
        /// How many did not fit.
        found: u64,
    },
}

impl RotStep {
    /// A small number per kind, for fingerprints.
    pub const fn code(&self) -> u64 {
        match self {
            RotStep::Found { .. } => 1,
            RotStep::Asked { .. } => 2,
            RotStep::Fetched { .. } => 3,
            RotStep::NobodyHas { .. } => 4,
            RotStep::Failed { .. } => 5,
            RotStep::Scrubbed { .. } => 6,
        }
    }

    /// The key it is about.
    pub const fn key(&self) -> Option<&Key> {
        match self {
            RotStep::Found { key, .. } | RotStep::Asked { key, .. } | RotStep::Fetched { key, .. } | RotStep::NobodyHas { key } => {
                Some(key)
            }
            RotStep::Failed { .. } | RotStep::Scrubbed { .. } => None,
        }
    }
}

/// A row that was given up and is asked for.
#[derive(Debug, Clone)]
struct Wanted {
    key: Key,
    /// Who is asked now, and who can be asked after that.
    of: NodeId,
    left: Vec<NodeId>,
}

/// What a node remembers of checks. Volatile.
#[derive(Debug, Clone, Default)]
pub struct Integrity {
    wanted: BTreeMap<u32, Wanted>,
    asked: u32,
    /// Keys of rows that are kept although they do not fit.
    known: BTreeSet<Key>,
    /// Who made the checksums that are kept.
    made: Checksum,
    pub(super) scrub: Scrubbing,
}

impl Integrity {
    /// How many rows are being fetched anew.
    pub fn fetching(&self) -> usize {
        self.wanted.len()
    }

    /// Whether it has found that its row does not fit, and kept it. (Another row may have taken its place since.)
    pub fn knows(&self, key: &Key) -> bool {
        self.known.contains(key)
    }

    /// Whether anything still waits for this timer, which is one of this room's.
    pub(super) fn expects(&self, timer: Timer) -> bool {
        match timer {
            Timer::Fetch(number) => self.wanted.contains_key(&number),
            Timer::Scrub(epoch) => self.scrub.expects(epoch),
            _ => false,
        }
    }
}

impl Node {
    /// One of this room's timers went off.
    pub(super) fn integrity_woke(&mut self, timer: Timer, ctx: &mut Ctx<'_>) {
        match timer {
            Timer::Fetch(number) => self.fetch_failed(number, ctx),
            Timer::Scrub(_) => self.scrub(ctx),
            _ => {}
        }
    }

    /// Bytes on this node's disk change by themselves; it notices nothing.
    pub fn rot(&mut self, key: &Key, before: &Arc<Row>, after: &Arc<Row>, misfit: bool) {
        self.store.rot(key, after, misfit);
        self.sweeps.kept.rotted(key, before);
    }

    /// Whether checks would tell that this row does not fit.
    fn is_rotten(&self, key: &Key, ctx: &Ctx<'_>) -> bool {
        ctx.settings.integrity.checksum != Checksum::None && self.store.is_misfit(key)
    }

    /// Whether whoever reads this row is to find that it does not fit.
    pub(super) fn checks(&self, key: &Key, ctx: &Ctx<'_>) -> bool {
        ctx.settings.integrity.on_read && self.is_rotten(key, ctx)
    }

    /// Whether readers see all rows there are: no check is made and no tombstone expires.
    pub(super) fn shows_all(&self, ctx: &Ctx<'_>) -> bool {
        ctx.settings.tombstones == Tombstones::Keep && !(ctx.settings.integrity.on_read && self.store.misfits().next().is_some())
    }

    /// A row is about to be read for somebody. Returns whether that fails: then everything has been done about it but the answer.
    pub(super) fn read_fails(&mut self, message: &Message, key: &Key, ctx: &mut Ctx<'_>) -> bool {
        let own = message.owner.is_none_or(|owner| owner == self.id);
        if !own || !self.checks(key, ctx) {
            return false;
        }
        self.found_rotten(key, FoundBy::Read, ctx);
        true
    }

    /// Tells a coordinator that there is no answer.
    pub(super) fn fail_read(&self, message: &Message, round: u8, ctx: &mut Ctx<'_>) {
        ctx.send_for(message.from, message.owner, message.op, Body::Rot(RotSay::Failed { round }));
    }

    /// A sweep is about to read these ranges: rows that do not fit are no part of what it compares, unless they are kept.
    pub(super) fn check_ranges(&mut self, ranges: &[TokenRange], ctx: &mut Ctx<'_>) {
        let read = |key: &&Key| self.checks(key, ctx) && ranges.iter().any(|range| range.holds(key.token()));
        let rotten: Vec<Key> = self.store.misfits().filter(read).cloned().collect();
        for key in rotten {
            self.found_rotten(&key, FoundBy::Read, ctx);
        }
    }

    /// A row does not fit: what the settings say is done about it.
    fn found_rotten(&mut self, key: &Key, by: FoundBy, ctx: &mut Ctx<'_>) {
        let then = ctx.settings.integrity.rotten;
        ctx.note(None, Note::Rot(RotStep::Found { key: key.clone(), by, then }));
        if then == Rotten::Keep {
            self.integrity.known.insert(key.clone());
            return;
        }
        let synced = self.is_synced(ctx);
        if let Some(row) = self.store.remove(key, synced) {
            self.trees_follow(key, Some(&row), ctx);
            self.history_gave_up(key, synced);
            ctx.out.push(Out::Removed(Removed { key: key.clone(), row, why: RemovedWhy::Rotten }));
            self.changed(ctx);
        }
        if then == Rotten::Refetch {
            let replicas = ctx.ring.replicas(key.token(), &ctx.settings.replicas);
            let mut left: Vec<NodeId> = replicas.into_iter().filter(|peer| *peer != self.id).collect();
            // The next one to be asked is at the end; whoever is believed down comes last.
            left.reverse();
            arrange(&mut left, |a, b| self.believes_up(*a).cmp(&self.believes_up(*b)));
            self.fetch(Wanted { key: key.clone(), of: self.id, left }, ctx);
        }
    }

    /// Whoever was asked for a row has none that fits, or says nothing.
    fn fetch_failed(&mut self, number: u32, ctx: &mut Ctx<'_>) {
        if let Some(wanted) = self.integrity.wanted.remove(&number) {
            self.fetch(wanted, ctx);
        }
    }

    /// Asks the next replica for a row that was given up, under a number of its own: what still comes of an earlier question is too late.
    fn fetch(&mut self, mut wanted: Wanted, ctx: &mut Ctx<'_>) {
        let key = wanted.key.clone();
        let Some(of) = wanted.left.pop() else { return ctx.note(None, Note::Rot(RotStep::NobodyHas { key })) };
        wanted.of = of;
        self.integrity.asked += 1;
        let number = self.integrity.asked;
        self.integrity.wanted.insert(number, wanted);
        ctx.note(None, Note::Rot(RotStep::Asked { key: key.clone(), of }));
        ctx.send(of, None, Body::Rot(RotSay::Fetch { number, key }));
        ctx.wake(ctx.settings.read.timeout.max(Micros(1)), Timer::Fetch(number));
    }

    /// A message about rotten values arrived.
    pub(super) fn rot_heard(&mut self, message: &Message, say: &RotSay, ctx: &mut Ctx<'_>) {
        let Endpoint::Node(from) = message.from else { return };
        match say {
            RotSay::Failed { .. } => {
                if let Some(op) = message.op {
                    self.read_failed(op, from, message.owner, ctx);
                }
            }
            RotSay::Fetch { number, key } => {
                if !self.read_fails(message, key, ctx) {
                    let row = self.visible(None, key, ctx);
                    return ctx.send(from, None, Body::Rot(RotSay::Fetched { number: *number, key: key.clone(), row }));
                }
                ctx.send(from, None, Body::Rot(RotSay::Fetched { number: *number, key: key.clone(), row: None }));
            }
            RotSay::Fetched { number, key, row } => {
                let asked = self.integrity.wanted.get(number).is_some_and(|wanted| wanted.of == from && wanted.key == *key);
                match row.as_ref().filter(|row| Row::fits(row)) {
                    _ if !asked => {}
                    Some(row) => {
                        self.integrity.wanted.remove(number);
                        ctx.note(None, Note::Rot(RotStep::Fetched { key: key.clone(), from }));
                        self.hold(None, None, key, row, Traffic::Repair, ctx);
                    }
                    None => self.fetch_failed(*number, ctx),
                }
            }
        }
    }
}
