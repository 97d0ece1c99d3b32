//! A sweep that sends, for every key, the version that is held: the other side says at once which rows are newer there and which it lacks.
//! Precise, and its cost grows with the number of keys, whether they differ or not.

use std::sync::Arc;

use super::KEYS_AT_ONCE;
use super::answer::Answering;
use super::ask::{Asking, Phase, Work};
use super::log_say::versions;
use super::message::{Say, SessionId};
use super::note::{SweepOutcome, SweepStep};
use crate::engine::base::{Sink, Wire, map_of};
use crate::engine::data::{Clock, Key, Row};
use crate::engine::node::desk::{Made, Task};
use crate::engine::node::{Ctx, Mode, Node};
use crate::engine::sweep::TokenRange;

/// A key and the clock of each version held for it.
pub type Versioned = (Key, Box<[Clock]>);

/// One message of a sweep of versions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum VersionSay {
    /// The answer to the call: tell me what you have.
    Ready,
    /// All I hold in this part of a range. Only the one who asks says it; rows that are newer at the other side are the answer.
    Have {
        /// Which part this is, from 0.
        part: u32,
        /// Where it lies.
        range: TokenRange,
        /// Keys and clocks.
        versions: Box<[Versioned]>,
    },
    /// The rest of the answer: keys whose rows I lack.
    Lacks {
        /// The part it answers.
        part: u32,
        /// The keys.
        keys: Box<[Key]>,
    },
}

impl VersionSay {
    /// A small number per kind: the second byte of its encoding.
    pub const fn code(&self) -> u8 {
        match self {
            VersionSay::Ready => 1,
            VersionSay::Have { .. } => 2,
            VersionSay::Lacks { .. } => 3,
        }
    }

    /// Whether it asks, carries or acknowledges.
    pub const fn mode(&self) -> Mode {
        match self {
            VersionSay::Ready => Mode::Acks,
            VersionSay::Have { .. } => Mode::Carries,
            VersionSay::Lacks { .. } => Mode::Asks,
        }
    }

    /// Tells apart messages of one session.
    pub fn nth(&self) -> u64 {
        let part = match self {
            VersionSay::Ready => 0,
            VersionSay::Have { part, .. } | VersionSay::Lacks { part, .. } => *part,
        };
        u64::from(self.code()) << 40 | u64::from(part)
    }
}

impl Wire for VersionSay {
    fn encode<S: Sink>(&self, sink: &mut S) {
        sink.u8(self.code());
        match self {
            VersionSay::Ready => {}
            VersionSay::Have { part, range, versions: all } => {
                sink.u32(*part);
                range.encode(sink);
                sink.u32(all.len() as u32);
                all.iter().for_each(|(key, clocks)| versions(sink, key, clocks));
            }
            VersionSay::Lacks { part, keys } => {
                sink.u32(*part);
                sink.u32(keys.len() as u32);
                keys.iter().for_each(|key| key.encode(sink));
            }
        }
    }
}

/// Ranges cut behind every so many keys, so that each part can be answered alone.
#[derive(Debug, Clone, Default)]
pub struct Parts {
    made: Vec<(TokenRange, Vec<Versioned>)>,
    /// The ranges that are not done, the one at work last.
    todo: Vec<TokenRange>,
    open: Vec<Versioned>,
}

impl Parts {
    /// These ranges, no key of which has come.
    pub fn over(ranges: &[TokenRange]) -> Parts {
        Parts { todo: ranges.iter().rev().copied().collect(), ..Parts::default() }
    }

    /// A key of the range at work, in its order.
    pub fn add(&mut self, key: &Key, row: &Row) {
        // Keys of one token stay together.
        if let Some((last, _)) = self.open.last().filter(|(last, _)| self.open.len() >= KEYS_AT_ONCE && last.token() != key.token())
            && let Some(range) = self.todo.last_mut()
        {
            let part = TokenRange { left: range.left, right: last.token() };
            range.left = part.right;
            self.made.push((part, std::mem::take(&mut self.open)));
        }
        self.open.push((key.clone(), clocks(row).collect()));
    }

    /// All keys of the range at work have come: what is left of it is a part too, with keys or without.
    pub fn turn(&mut self) {
        let open = std::mem::take(&mut self.open);
        self.made.extend(self.todo.pop().map(|range| (range, open)));
    }

    /// The parts, in order.
    pub fn done(self) -> Vec<(TokenRange, Vec<Versioned>)> {
        self.made
    }
}

fn clocks(row: &Row) -> impl Iterator<Item = Clock> {
    row.versions().iter().map(|version| version.clock)
}

impl Node {
    /// The other side of a sweep of versions says something.
    pub(super) fn versions_heard(&mut self, asking: &mut Asking, say: &Say, ctx: &mut Ctx<'_>) -> Option<SweepOutcome> {
        let (Say::Versions(say), Work::Versions(parts)) = (say, &asking.work) else { return None };
        match (say, asking.phase) {
            (VersionSay::Ready, Phase::Opening) => {
                asking.touched = ctx.now;
                self.tell_versions(asking, ctx);
                None
            }
            (VersionSay::Lacks { part, keys }, Phase::Fetching) if part < parts && asking.missing.remove(&(part + parts)).is_some() => {
                asking.touched = ctx.now;
                let mine = keys.iter().filter(|key| asking.ranges.iter().any(|range| range.holds(key.token())));
                let rows: Vec<(Key, Arc<Row>)> = mine.filter_map(|key| Some((key.clone(), self.visible(None, key, ctx)?))).collect();
                asking.push.extend(rows);
                if asking.missing.is_empty() { self.push_or_part(asking, ctx) } else { None }
            }
            _ => None,
        }
    }

    /// Tells every version held. Each part has two answers: rows, and keys that are lacking; the latter are awaited under numbers beyond.
    fn tell_versions(&self, asking: &mut Asking, ctx: &mut Ctx<'_>) {
        let all = match self.done(Task::Versions { ranges: asking.ranges.to_vec() }, ctx) {
            Made::Versions(all) => all,
            _ => Vec::new(),
        };
        asking.work = Work::Versions(all.len() as u32);
        asking.wait(Phase::Fetching, all.len() * 2);
        for (part, (range, versions)) in (0u32..).zip(all) {
            let have = VersionSay::Have { part, range, versions: versions.into() };
            self.say(asking.with, asking.session, Say::Versions(have), ctx);
        }
    }

    /// The asker of a sweep of versions says what it has: this side sends what is newer here, and asks for what it lacks.
    pub(super) fn versions_asked(&self, session: SessionId, open: &Answering, say: &VersionSay, ctx: &mut Ctx<'_>) {
        let VersionSay::Have { part, range, versions } = say else { return };
        let shared = |key: &Key| open.ranges.iter().any(|range| range.holds(key.token()));
        let theirs = map_of(versions.iter().filter(|(key, _)| shared(key)).map(|(key, clocks)| (key, &**clocks)));
        let rule = ctx.settings.rule;
        let lacks = |key: &Key, clocks: &[Clock]| rule.lacks(self.store.get(key).map(|row| &**row), clocks);
        let keys: Box<[Key]> = theirs.iter().filter(|(key, clocks)| lacks(key, clocks)).map(|(key, _)| (*key).clone()).collect();
        let (mut rows, mut compared, mut only_mine) = (Vec::new(), 0, 0);
        for (key, row) in self.rows_in(*range, ctx).filter(|(key, _)| shared(key)) {
            match theirs.get(key) {
                None => only_mine += 1,
                Some(known) => {
                    compared += 1;
                    if !rule.newer_than(row, known) {
                        continue;
                    }
                }
            }
            rows.push((key.clone(), row.clone()));
        }
        let only_theirs = theirs.keys().filter(|key| self.store.get(key).is_none()).count() as u32;
        let differ = (keys.len() as u32 - only_theirs) + (rows.len() as u32 - only_mine);
        self.note_sweep(session, SweepStep::KeysCompared { compared, only_mine, only_theirs, differ }, ctx);
        self.send_rows(session.by, session, *part, &rows, ctx);
        self.say(session.by, session, Say::Versions(VersionSay::Lacks { part: *part, keys }), ctx);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::base::NodeId;
    use crate::engine::data::{Payload, Stamp, Token, Version};

    #[test]
    fn parts_cover_the_range_and_each_key_lies_in_its_part() {
        let mut keys: Vec<Key> = (0..2_500).map(|i| Key::new(&format!("key-{i}"))).collect();
        keys.sort();
        let cut = |range: TokenRange, all: &[Key]| {
            let mut parts = Parts::over(&[range]);
            let row = Row::single(Version { clock: Clock::Stamp(Stamp { micros: 1, node: NodeId(0) }), payload: Payload::Tombstone });
            all.iter().for_each(|key| parts.add(key, &row));
            parts.turn();
            parts.done()
        };
        for range in [TokenRange::RING, TokenRange { left: Token(u64::MAX / 2), right: Token(u64::MAX / 3) }] {
            let runs = range.runs().flat_map(|(first, last)| keys.iter().filter(move |key| first <= key.token() && key.token() <= last));
            let all: Vec<Key> = runs.cloned().collect();
            let made = cut(range, &all);
            assert!(made.len() > 1 && made.iter().all(|(part, keys)| keys.iter().all(|(key, _)| part.holds(key.token()))));
            assert_eq!(made.iter().map(|(part, _)| part.width()).sum::<u128>(), range.width());
            assert!(made.into_iter().flat_map(|(_, keys)| keys).map(|(key, _)| key).eq(all));
        }
        assert_eq!(cut(TokenRange::RING, &[]), [(TokenRange::RING, Vec::new())], "nothing to tell is told too");
    }
}
