//! A fingerprint names a run: same configuration, seed and commands, same fingerprint, on every machine and in WebAssembly.

use std::fmt;

use sha2::{Digest as _, Sha256};

use super::event::{ClientAct, Event, EventKind, Fault, LostWhy};
use crate::engine::base::{Endpoint, Mix, NodeId, Sink, Wire};
use crate::engine::data::{Row, row_digest};
use crate::engine::node::{Message, Note, Setting, Timer};
use crate::engine::place::Replication;

/// Version of the engine's behaviour. Raised whenever the same run would give another fingerprint.
pub const ENGINE_VERSION: u32 = 2;

/// SHA-256 over everything that happened and every row held.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint(pub [u8; 32]);

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// Feeds an encoding to SHA-256.
pub(super) struct Hashing(pub Sha256);

impl Hashing {
    pub(super) fn new() -> Hashing {
        Hashing(Sha256::new())
    }

    pub(super) fn finish(self) -> Fingerprint {
        Fingerprint(self.0.finalize().into())
    }
}

impl Sink for Hashing {
    fn put(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }
}

fn message_words(mix: &mut Mix, message: &Message) {
    mix.word(message.id);
    mix.word(message.from.code() << 32 | message.to.code());
    mix.word(u64::from(message.size) << 8 | u64::from(message.body.code()));
}

fn row_word(mix: &mut Mix, row: Option<&std::sync::Arc<Row>>) {
    // The clock of the newest version tells rows apart at a fraction of a digest's price; the final hash covers the bytes.
    match row.and_then(|r| r.versions().first()) {
        Some(version) => {
            let crate::engine::data::Clock::Stamp(stamp) = version.clock;
            mix.word(stamp.micros);
            mix.word(u64::from(stamp.node.0) + 1);
        }
        None => mix.word(0),
    }
}

/// Takes one event into the running mix.
pub(super) fn mix_event(mix: &mut Mix, event: &Event) {
    mix.word(event.at.0);
    mix.word(event.who.map_or(u64::MAX, Endpoint::code) ^ event.op.map_or(0, |op| u64::from(op.number) << 32));
    match &event.kind {
        EventKind::Began { request, via } => {
            mix.word(1 << 32 | u64::from(via.0));
            mix.word(request.key.token().0);
            mix.word(u64::from(request.size()));
        }
        EventKind::Ended(outcome) => mix.word(2 << 32 | u64::from(outcome.size())),
        EventKind::Sent(message) => {
            mix.word(3);
            message_words(mix, message);
            row_word(mix, message.body.row());
        }
        EventKind::Delivered(message) => {
            mix.word(4);
            message_words(mix, message);
        }
        EventKind::Lost { message, why } => {
            let code = match why {
                LostWhy::Loss => 0,
                LostWhy::Cut(cut) => 4 + u64::from(cut.0),
                LostWhy::Down => 1,
                LostWhy::Crashed => 2,
            };
            mix.word(5 << 32 | code);
            message_words(mix, message);
        }
        EventKind::Held(message) => {
            mix.word(6);
            message_words(mix, message);
        }
        EventKind::Timer(timer) => mix.word(7 << 32 | timer_code(timer)),
        EventKind::Applied(applied) => {
            mix.word(8 << 32 | applied.change as u64);
            mix.word(applied.key.token().0);
            row_word(mix, Some(&applied.given));
        }
        EventKind::Reverted { key, after, .. } => {
            mix.word(9);
            mix.word(key.token().0);
            mix.word(row_digest(after).head());
        }
        EventKind::Note(note) => mix_note(mix, note),
        EventKind::Removed(removed) => {
            mix.word(12);
            mix.word(removed.key.token().0);
            row_word(mix, Some(&removed.row));
        }
        EventKind::Client(act) => mix_act(mix, act),
        EventKind::Fault(fault) => mix.word(11 << 32 | fault_code(fault)),
    }
}

fn mix_note(mix: &mut Mix, note: &Note) {
    mix.word(10 << 32 | u64::from(note.code()));
    if let Note::Convicted { peer, phi, .. } = note {
        mix.word(phi.0 << 16 ^ u64::from(peer.0));
    }
    if let Note::Sweep { session, step } = note {
        step.mix(*session, mix);
    }
    if let Note::Rot(step) = note {
        mix.word(step.code() << 32 ^ step.key().map_or(0, |key| key.token().0));
    }
    if let Note::Queue(step) = note {
        step.mix(mix);
    }
    if let Note::CleanedUp { rows } = note {
        mix.word(*rows);
    }
    if let Note::RangesFollowed(new) = note {
        new.mix(mix);
    }
}

fn mix_act(mix: &mut Mix, act: &ClientAct) {
    let nodes = |mix: &mut Mix, nodes: &[NodeId]| nodes.iter().for_each(|node| mix.word(u64::from(node.0)));
    match act {
        ClientAct::Retried { request, via, attempt, rest, after } => {
            mix.word(12 << 32 | u64::from(*attempt));
            mix.word(u64::from(via.0) << 32 | u64::from(after.size()));
            mix.word(rest.0 ^ u64::from(request.size()) << 48);
        }
        ClientAct::Asked { replicas, required } => {
            mix.word(13 << 32 | u64::from(*required));
            nodes(mix, replicas);
        }
        ClientAct::WroteBack { to } => {
            mix.word(14 << 32);
            nodes(mix, to);
        }
    }
}

fn timer_code(timer: &Timer) -> u64 {
    match timer {
        Timer::Operation(op) => 4 + u64::from(op.number),
        Timer::Beat(_) => 1,
        Timer::Sync => 2,
        Timer::Speculate(op) => 1 << 40 | u64::from(op.number),
        Timer::RepairBound(op) => 2 << 40 | u64::from(op.number),
        Timer::WriteMore(op) => 3 << 40 | u64::from(op.number),
        Timer::HintFlush => 4 << 40,
        Timer::HintPoll => 5 << 40,
        Timer::HintNext(target, _) => 6 << 40 | u64::from(target.0),
        Timer::HintPage(target, _) => 7 << 40 | u64::from(target.0),
        Timer::Handoff => 8 << 40,
        Timer::HandoffOver(owner, _) => 9 << 40 | u64::from(owner.0),
        Timer::Sweep(_) => 3,
        Timer::SweepDue(_) => 10 << 40,
        Timer::SweepPatience(number) => 11 << 40 | u64::from(*number),
        Timer::SweepAgain(number) => 12 << 40 | u64::from(*number),
        Timer::SweepTurn(number) => 22 << 40 | u64::from(*number),
        Timer::SegmentsBuilt => 60 << 40,
        Timer::TrieWork => 62 << 40,
        Timer::SweepNext(number) => 61 << 40 | u64::from(*number),
        Timer::Fetch(number) => 20 << 40 | u64::from(*number),
        Timer::Scrub(_) => 21 << 40,
        Timer::SweepIdle(session) => 13 << 40 | u64::from(session.by.0) << 24 ^ u64::from(session.number),
        Timer::SweepStream(session, next) => {
            63 << 40 | (u64::from(session.by.0) << 24 ^ u64::from(session.number)) ^ u64::from(*next) << 32
        }
    }
}

fn fault_code(fault: &Fault) -> u64 {
    let (kind, detail) = match fault {
        Fault::Cut(cut) => (1, cut.0),
        Fault::Mended(cut) => (2, cut.0),
        Fault::Crashed { lost } => (3, *lost),
        Fault::Restarted => (4, 0),
        Fault::Paused => (5, 0),
        Fault::Resumed { waiting } => (6, *waiting),
        Fault::Wiped { rows } => (7, *rows as u32),
        Fault::Clock { offset_us } => (8, *offset_us as u32),
        Fault::Slow { by } => (9, by.0 as u32),
        Fault::Link { from, to } => (10, (from.code() << 16 | to.code()) as u32),
        Fault::Network => (11, 0),
        Fault::Set(setting) => match **setting {
            // The simple form keeps the code it had when there was no other.
            Setting::Replicas(n @ Replication::PerZone(_)) => (12, (n.code() ^ n.code() >> 32) as u32),
            _ => (12, 0),
        },
        Fault::Preloaded { count } => (13, *count as u32),
        Fault::BackedUp { rows } => (14, *rows as u32),
        Fault::Restored { rows, taken } => (15, *rows as u32 ^ taken.0 as u32),
        Fault::WorkloadBegan { number } => (16, *number),
        Fault::WorkloadEnded { number, operations } => (17, number << 24 ^ operations),
        Fault::HintsLost { count } => (18, *count),
        Fault::SweepAsked { with } => (19, with.0),
        Fault::Rotted(rotted) => (30, row_digest(&Some(rotted.after.clone())).head() as u32 ^ rotted.key.token().0 as u32),
        Fault::SweepStopped { number } => (40, number.map_or(0, |number| number + 1)),
        Fault::Redrawn(change) => (41, change.what.code()),
        Fault::CleanupAsked => (42, 0),
    };
    kind << 40 | u64::from(detail)
}
