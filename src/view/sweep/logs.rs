//! What a sweep of logs draws: both logs as strips, how far each is read by the other, and what has been cut off.

use crate::engine::base::NodeId;
use crate::engine::node::Note;
use crate::engine::node::sweeps::{LogStep, SessionId, SweepStep, Whole};
use crate::engine::sweep::{LogEntry, OpLog, TokenRange};
use crate::engine::world::{EventKind, World};
use crate::lab::Session;
use crate::view::format::{clipped, count, counted};

/// Entries drawn one by one, at most: the last ones.
pub const MOST: u64 = 40;

/// What an entry is to the other side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Look {
    /// Too old to be kept: nobody can read it any more.
    CutOff,
    /// Given up for a later entry of its key.
    Compacted,
    /// The other side has read it.
    Read,
    /// It came from there: it is not shipped back.
    Theirs,
    /// Of no range that the two share.
    Foreign,
    /// Not read yet: this is what is to be shipped.
    Unread,
}

impl Look {
    /// Its class, and what it is in words.
    pub const fn words(self) -> (&'static str, &'static str) {
        match self {
            Look::CutOff => ("cut", "cut off"),
            Look::Compacted => ("gone", "given up for a later one"),
            Look::Read => ("read", "read"),
            Look::Theirs => ("theirs", "came from there, not shipped back"),
            Look::Foreign => ("foreign", "not shared"),
            Look::Unread => ("unread", "not read yet"),
        }
    }
}

/// One entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cell {
    /// Its number.
    pub seq: u64,
    /// What it is to the other side.
    pub look: Look,
    /// Its key and value, cut short; empty if it is gone.
    pub key: String,
    /// What was held since.
    pub value: String,
}

/// One log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Strip {
    /// Whose.
    pub node: NodeId,
    /// Entries before those drawn.
    pub before: u64,
    /// The last of them.
    pub cells: Vec<Cell>,
    /// The last entry that the other side has read, if it knows where it is.
    pub read: Option<u64>,
    /// The log in one sentence.
    pub words: String,
}

fn cell(seq: u64, entry: Option<&LogEntry>, log: &OpLog, read: Option<u64>, other: NodeId, ranges: &[TokenRange]) -> Cell {
    let look = match entry {
        None if seq <= log.floor() => Look::CutOff,
        None => Look::Compacted,
        Some(_) if read.is_some_and(|read| seq <= read) => Look::Read,
        Some(entry) if entry.source.is_some_and(|source| source.node == other) => Look::Theirs,
        Some(entry) if !ranges.iter().any(|range| range.holds(entry.key.token())) => Look::Foreign,
        Some(_) => Look::Unread,
    };
    let value = entry.map_or_else(String::new, |entry| match entry.row.value() {
        Some(bytes) => clipped(&String::from_utf8_lossy(bytes), 8),
        None => "deleted".to_owned(),
    });
    Cell { seq, look, key: entry.map_or_else(String::new, |entry| clipped(entry.key.name(), 9)), value }
}

fn strip(world: &World, node: NodeId, other: NodeId, ranges: &[TokenRange]) -> Option<Strip> {
    let log = world.host(node)?.node.history.log()?;
    let position = world.host(other)?.node.history.read_of(node, world.settings(), world.ring());
    let read = position.filter(|read| read.incarnation == 0 || read.incarnation == log.position().incarnation).map(|read| read.seq);
    let last = log.position().seq;
    let before = last.saturating_sub(MOST);
    let cells: Vec<Cell> = (before + 1..=last).map(|seq| cell(seq, log.entries().get(&seq), log, read, other, ranges)).collect();
    let unread = cells.iter().filter(|cell| cell.look == Look::Unread).count() as u64;
    let cut = log.floor();
    let words = match read {
        _ if last == 0 => format!("{node} has logged nothing yet."),
        None => format!("{node} has logged {}; {other} has no place in this log.", counted(last, "change", "changes")),
        Some(read) if read < cut => {
            format!("{node} has cut off the first {}; {other} had read {} of them.", counted(cut, "entry", "entries"), count(read))
        }
        Some(_) if unread > 0 => format!("{other} has {} of {node} still to read.", counted(unread, "entry", "entries")),
        Some(read) => format!("{other} has read {node}'s log up to entry {}: nothing is left for it.", count(read)),
    };
    Some(Strip { node, before, cells, read, words })
}

/// Both logs, that of the one who asks first; `None` of a node that keeps none.
pub fn strips(session: &Session, ends: (NodeId, NodeId), ranges: &[TokenRange]) -> [Option<Strip>; 2] {
    let world = session.world();
    [strip(world, ends.0, ends.1, ranges), strip(world, ends.1, ends.0, ranges)]
}

/// Why every key is compared instead, if logs have not helped so far.
pub fn whole(session: &Session, id: SessionId) -> Option<Whole> {
    let events = session.sweep_log().events(id);
    let past = &events[..events.partition_point(|event| event.0 < session.cursor())];
    past.iter().find_map(|event| match &session.log().get(event.0 as usize)?.kind {
        EventKind::Note(Note::Sweep { step: SweepStep::Log(LogStep::Whole(why)), .. }) => Some(*why),
        _ => None,
    })
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::lab::script_from_file;

    pub(in crate::view::sweep) fn session(run: &str) -> Session {
        let file = format!(r#"{{"format":"drift-run","version":1,"engine":2,"run":{run}}}"#);
        Session::open(script_from_file(&file).expect("a run")).expect("within bounds")
    }

    #[test]
    fn a_strip_shows_what_is_cut_off_read_and_to_be_shipped() {
        let mut run = session(
            r#"{"end":"9s","config":{"nodes":3,"network":{"latency":{"fixed":"10ms"}},"settings":{"read":{"repair":"off"},"sweeps":{"policy":{"method":"log"},"log":{"entries":3}}}},"commands":[
            {"at":"1s","do":"write","client":"c0","via":"A","key":"a","value":"1","level":"ALL"},
            {"at":"2s","do":"sweep","a":"A","b":"C"},
            {"at":"3s","do":"cut","islands":[["C"]]},
            {"at":"4s","do":"write","client":"c0","via":"A","key":"b","value":"2","level":"ONE"},
            {"at":"4s","do":"write","client":"c0","via":"A","key":"c","value":"3","level":"ONE"},
            {"at":"4s","do":"delete","client":"c0","via":"A","key":"a","level":"ONE"},
            {"at":"5s","do":"mend-all"},
            {"at":"6s","do":"sweep","a":"A","b":"C"}]}"#,
        );
        let ends = ("A".parse().expect("a node"), "C".parse().expect("a node"));
        let looks = |run: &Session| {
            let [Some(a), Some(c)] = strips(run, ends, &[TokenRange::RING]) else { panic!("both keep one") };
            (a.cells.iter().map(|cell| cell.look).collect::<Vec<_>>(), c.cells.iter().map(|cell| cell.look).collect::<Vec<_>>(), a.words)
        };
        run.seek_time("5500ms".parse().expect("a time"));
        let (a, c, words) = looks(&run);
        assert_eq!(a, [Look::CutOff, Look::Unread, Look::Unread, Look::Unread]);
        assert_eq!(c, [Look::Read]);
        assert_eq!(words, "C has 3 entries of A still to read.");
        run.seek_time(run.end());
        let (a, c, words) = looks(&run);
        assert_eq!(a, [Look::CutOff, Look::Read, Look::Read, Look::Read]);
        assert_eq!(c, [Look::CutOff, Look::Theirs, Look::Theirs, Look::Theirs], "shipped by A, and not shipped back");
        assert_eq!(words, "C has read A's log up to entry 4: nothing is left for it.");
    }
}
