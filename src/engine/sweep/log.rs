//! A replica's operation log: every change of a row under a number of its own, so that another replica can be sent what came after the
//! last one it has read (Bayou's anti-entropy, Petersen and others 1997; Apache CouchDB's changes feed).

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::engine::base::{Digest, NodeId, Sink, Wire};
use crate::engine::data::{Key, PageMap, Row};

/// How much of its past a log keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct LogPolicy {
    /// Most entries; the oldest go first.
    pub entries: u64,
    /// Most bytes of keys and rows; 0 is no limit.
    pub bytes: u64,
    /// Whether only the last entry of each key is kept (log compaction): shorter, but versions in between are forgotten.
    pub compact: bool,
}

impl Default for LogPolicy {
    /// 10,000 entries of any size, all versions.
    fn default() -> Self {
        LogPolicy { entries: 10_000, bytes: 0, compact: false }
    }
}

/// A place in one node's log, as another node remembers it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Position {
    /// Which log: a node that may have lost entries begins another one.
    pub incarnation: u32,
    /// The last entry read; 0 before the first.
    pub seq: u64,
    /// The digest of all entries up to it: whether the two have the same past is seen at a glance.
    pub digest: u64,
}

impl Position {
    /// Of one who has been there from the start and has read nothing yet: no log has number 0.
    pub const START: Position = Position { incarnation: 0, seq: 0, digest: 0 };
}

impl Wire for Position {
    fn encode<S: Sink>(&self, sink: &mut S) {
        sink.u32(self.incarnation);
        sink.u64(self.seq);
        sink.u64(self.digest);
    }
}

/// The node that sent a row during a sweep of logs, and how often it had started then.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Source {
    /// Who.
    pub node: NodeId,
    /// Its starts.
    pub generation: u32,
}

/// One change of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogEntry {
    /// The key.
    pub key: Key,
    /// What has been held since.
    pub row: Arc<Row>,
    /// Who shipped it, if it came that way: it is not shipped back.
    pub source: Option<Source>,
    /// The digest of the log up to here.
    pub digest: u64,
}

impl LogEntry {
    fn bytes(&self) -> u64 {
        u64::from(self.key.size() + self.row.size())
    }
}

/// The log. Clones share their pages.
#[derive(Debug, Clone)]
pub struct OpLog {
    incarnation: u32,
    /// The log before this one, and the last entry of it that is here too.
    prior: Option<(u32, u64)>,
    /// Whether everything that the replica has taken since it held nothing went through this log.
    whole: bool,
    entries: PageMap<u64, LogEntry>,
    /// The last entry of each key, if only these are kept.
    latest: PageMap<Key, u64>,
    last: u64,
    digest: u64,
    /// The last entry that was cut off, and the digest up to it.
    floor: (u64, u64),
    /// Who shipped it, and the last entry cut off that came from anywhere else: for him nothing was cut off after that.
    floor_source: (Option<Source>, u64),
    /// Entries given up for later ones of their keys.
    compacted: u64,
    bytes: u64,
}

impl OpLog {
    /// An empty log. `whole`: the replica holds nothing that it would not contain.
    pub fn new(incarnation: u32, whole: bool) -> OpLog {
        OpLog {
            incarnation,
            prior: None,
            whole,
            entries: PageMap::default(),
            latest: PageMap::default(),
            last: 0,
            digest: 0,
            floor: (0, 0),
            floor_source: (None, 0),
            compacted: 0,
            bytes: 0,
        }
    }

    /// The log goes on under another number: entries after its last one, which others may have read, are lost.
    pub fn begin_again(&mut self, incarnation: u32) {
        self.prior = Some((self.incarnation, self.last));
        self.incarnation = incarnation;
    }

    /// Adds a change, and gives up what the policy does not keep.
    pub fn append(&mut self, policy: LogPolicy, key: &Key, row: &Arc<Row>, source: Option<Source>) {
        self.last += 1;
        let mut bytes = Vec::new();
        bytes.u64(self.digest);
        key.encode(&mut bytes);
        row.encode(&mut bytes);
        self.digest = Digest::of_bytes(&bytes).head();
        let entry = LogEntry { key: key.clone(), row: row.clone(), source, digest: self.digest };
        self.bytes += entry.bytes();
        self.entries.insert(self.last, entry);
        if policy.compact
            && let Some(earlier) = self.latest.insert(key.clone(), self.last)
            && let Some(gone) = self.entries.remove(&earlier)
        {
            self.bytes -= gone.bytes();
            self.compacted += 1;
        }
        while self.entries.len() > policy.entries || (policy.bytes > 0 && self.bytes > policy.bytes) {
            let Some(oldest) = self.entries.iter().next().map(|(seq, _)| *seq) else { return };
            let Some(gone) = self.entries.remove(&oldest) else { return };
            self.bytes -= gone.bytes();
            if self.floor_source.0 != gone.source {
                self.floor_source = (gone.source, self.floor.0);
            }
            self.floor = (oldest, gone.digest);
            if self.latest.get(&gone.key) == Some(&oldest) {
                self.latest.remove(&gone.key);
            }
        }
    }

    /// Where its end is.
    pub fn position(&self) -> Position {
        Position { incarnation: self.incarnation, seq: self.last, digest: self.digest }
    }

    /// The last entry that was cut off; 0 if none was.
    pub fn floor(&self) -> u64 {
        self.floor.0
    }

    /// How many entries gave way to later ones of their keys.
    pub fn compacted(&self) -> u64 {
        self.compacted
    }

    /// Bytes of keys and rows kept.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Entries kept, oldest first, under their numbers.
    pub fn entries(&self) -> &PageMap<u64, LogEntry> {
        &self.entries
    }

    /// Entries after `seq`, oldest first.
    pub fn after(&self, seq: u64) -> impl Iterator<Item = (u64, &LogEntry)> {
        self.entries.iter_from(move |at| *at <= seq).map(|(at, entry)| (*at, entry))
    }

    /// The digest of everything up to `seq`, if it can still be told: not of an entry that compaction has taken.
    fn digest_at(&self, seq: u64) -> Option<u64> {
        match seq {
            _ if seq == self.last => Some(self.digest),
            _ if seq == self.floor.0 => Some(self.floor.1),
            _ => self.entries.get(&seq).map(|entry| entry.digest),
        }
    }

    /// The entry here after which `who` goes on, having read so far; `None` if what comes next has been cut off, unless all of that was
    /// his own, or if the two do not have the same past.
    pub fn place(&self, who: Source, read: Position) -> Option<u64> {
        let same_past = |seq: u64| self.digest_at(seq).is_none_or(|digest| digest == read.digest);
        let floor = if self.floor_source.0 == Some(who) { self.floor_source.1 } else { self.floor.0 };
        let kept = |seq: u64| seq >= floor;
        if read.incarnation == self.incarnation {
            return (read.seq <= self.last && kept(read.seq) && same_past(read.seq)).then_some(read.seq);
        }
        if let Some((_, cut)) = self.prior.filter(|(prior, _)| *prior == read.incarnation) {
            // What he has read beyond is lost here, and is his to send.
            return (kept(cut.min(read.seq)) && (read.seq > cut || same_past(read.seq))).then_some(cut.min(read.seq));
        }
        (self.whole && floor == 0).then_some(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::data::{Payload, Rule, Version};

    const WHO: Source = Source { node: NodeId(5), generation: 1 };

    fn row(micros: u64) -> Arc<Row> {
        let clock = Rule::LastWriteWins.mint(NodeId(0), micros);
        Arc::new(Row::single(Version { clock, payload: Payload::Value(vec![7; 4].into()) }))
    }

    fn log(policy: LogPolicy, keys: &[&str]) -> OpLog {
        let mut log = OpLog::new(1, true);
        (1..).zip(keys).for_each(|(micros, key)| log.append(policy, &Key::new(key), &row(micros), None));
        log
    }

    fn seqs(log: &OpLog, after: u64) -> Vec<u64> {
        log.after(after).map(|(seq, _)| seq).collect()
    }

    #[test]
    fn a_reader_goes_on_where_it_stopped() {
        let all = log(LogPolicy::default(), &["a", "b", "c"]);
        assert_eq!((seqs(&all, 1), all.place(WHO, Position::START)), (vec![2, 3], Some(0)));
        assert_eq!(all.place(WHO, all.position()), Some(3));
        assert_eq!(all.place(WHO, Position { seq: 4, ..all.position() }), None, "nobody has read what is not written");
        assert_eq!(all.place(WHO, Position { seq: 2, ..all.position() }), None, "another past: the digest is that of the end");
    }

    #[test]
    fn retention_cuts_the_oldest_off_and_who_is_too_late_must_start_over() {
        let cut = log(LogPolicy { entries: 2, ..LogPolicy::default() }, &["a", "b", "c", "d"]);
        assert_eq!((cut.floor(), seqs(&cut, 0)), (2, vec![3, 4]));
        let early = log(LogPolicy::default(), &["a"]).position();
        let just = log(LogPolicy::default(), &["a", "b"]).position();
        assert_eq!((cut.place(WHO, early), cut.place(WHO, just), cut.place(WHO, Position::START)), (None, Some(2), None));
        let one = u64::from(Key::new("a").size() + row(1).size());
        let small = log(LogPolicy { bytes: 2 * one, ..LogPolicy::default() }, &["a", "b", "c"]);
        assert_eq!((seqs(&small, 0), small.bytes()), (vec![2, 3], 2 * one));
    }

    #[test]
    fn compaction_keeps_the_last_entry_of_each_key_and_forgets_the_versions_between() {
        let policy = LogPolicy { compact: true, ..LogPolicy::default() };
        let short = log(policy, &["a", "b", "a", "a"]);
        assert_eq!((seqs(&short, 0), short.compacted(), short.floor()), (vec![2, 4], 2, 0));
        // Nothing that a reader needs is missing: the later entry says more than the earlier one.
        assert_eq!(short.place(WHO, log(policy, &["a"]).position()), Some(1));
        let full = log(LogPolicy { entries: 2, ..policy }, &["a", "b", "a", "c", "b"]);
        assert_eq!((seqs(&full, 0), full.floor()), (vec![4, 5], 3));
    }

    #[test]
    fn positions_in_a_log_that_lost_its_end_are_taken_back_to_what_is_left() {
        let (two, read) = (log(LogPolicy::default(), &["a", "b"]), log(LogPolicy::default(), &["a", "b", "c"]).position());
        let mut after = two.clone();
        after.begin_again(2);
        after.append(LogPolicy::default(), &Key::new("x"), &row(9), None);
        assert_eq!(after.place(WHO, read), Some(2), "the entry x has the number that c had, and is not taken for it");
        assert_eq!(after.place(WHO, log(LogPolicy::default(), &["a"]).position()), Some(1));
        after.begin_again(3);
        assert_eq!(after.place(WHO, read), Some(0), "two losses back: from the beginning, which is still there");
        assert_eq!(OpLog::new(4, false).place(WHO, read), None, "a log begun over rows that it does not have");
        assert_eq!(OpLog::new(4, true).place(WHO, read), Some(0), "a log begun on an empty disk has all that is on it");
    }

    #[test]
    fn what_a_reader_shipped_itself_is_not_missed_by_it() {
        let policy = LogPolicy { entries: 2, ..LogPolicy::default() };
        let mut log = log(policy, &["a"]);
        let read = log.position();
        (2..7).for_each(|micros| log.append(policy, &Key::new(&format!("k{micros}")), &row(micros), Some(WHO)));
        assert_eq!((log.floor(), log.place(WHO, read), log.place(WHO, Position::START)), (4, Some(1), None));
        let again = Source { generation: 2, ..WHO };
        assert_eq!(log.place(again, read), None, "it may have lost it since");
    }
}
