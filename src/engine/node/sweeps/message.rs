//! What two replicas say to each other during a sweep, and how many bytes it takes.

use std::sync::Arc;

use super::dot_say::DotSay;
use super::log_say::LogSay;
use super::segments::SegmentSay;
use super::set_say::SetSay;
use super::trie::TrieSay;
use super::validation::RepairSay;
use super::versions::VersionSay;
use crate::engine::base::{Digest, NodeId, Sink, Wire};
use crate::engine::data::{Key, Row};
use crate::engine::node::{Method, Mode, Streams, SweepPolicy};
use crate::engine::sweep::{Entry, TokenRange};

/// Names a sweep between two nodes, for both of them and in the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SessionId {
    /// Who started it.
    pub by: NodeId,
    /// How often that node had started then: numbers begin anew with a restart.
    pub generation: u32,
    /// Counts the sweeps that the node has started since, from 1.
    pub number: u32,
}

/// A node of one of the trees that are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// Which of the session's ranges.
    pub range: u32,
    /// Levels below the root.
    pub level: u32,
    /// Its place in its level.
    pub index: u64,
}

/// A place in a long answer: which part of the question it answers, and which page of how many this is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Page {
    /// The part of the question, from 0.
    pub part: u32,
    /// The page, from 0.
    pub page: u32,
    /// How many pages there are; at least 1.
    pub pages: u32,
}

/// Why a node takes no part in a sweep.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// As many sweeps as it may answer are under way.
    Busy,
    /// It, or the asker, does not hold these ranges.
    NotMine,
    /// It knows of no such session: it has started anew since, or given the session up.
    Unknown,
    /// The trees asked for are out of bounds.
    Bounds,
    /// Another incremental repair of some of these ranges has not ended there.
    Overlaps,
    /// Another sweep holds the tree of one of these ranges.
    Locked,
    /// Its trees are not made yet.
    NotBuilt,
    /// The ring has been redrawn: there are no such ranges any more.
    Redrawn,
}

/// One message of a sweep.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Say {
    /// Let us compare these ranges, which we both hold.
    Open {
        /// How.
        policy: SweepPolicy,
        /// Which.
        ranges: Arc<[TokenRange]>,
    },
    /// The depth of my tree of each range, and its root.
    Roots(Box<[(u32, Digest)]>),
    /// Tell me the children of these nodes, all of one level.
    Children {
        /// Which part of a long list this is, from 0.
        part: u32,
        /// The level of the nodes.
        level: u32,
        /// The nodes.
        nodes: Box<[Place]>,
    },
    /// The children, in the order asked.
    Hashes {
        /// The part it answers.
        part: u32,
        /// The level of the nodes asked for.
        level: u32,
        /// The hashes.
        hashes: Box<[Digest]>,
    },
    /// Tell me your keys in these leaves, with digests of their rows.
    ListKeys {
        /// Which part of a long list this is, from 0.
        part: u32,
        /// The leaves.
        leaves: Box<[Place]>,
    },
    /// My keys there.
    Keys {
        /// Where in the answer this is.
        page: Page,
        /// Keys and digests.
        entries: Box<[Entry]>,
    },
    /// Send me all your rows in these leaves.
    FetchLeaves {
        /// Which part of a long list this is, from 0.
        part: u32,
        /// The leaves.
        leaves: Box<[Place]>,
    },
    /// Send me your rows of these keys.
    FetchRows {
        /// Which part of a long list this is, from 0.
        part: u32,
        /// The keys.
        keys: Box<[Key]>,
    },
    /// Merge these rows in.
    Rows {
        /// Where in the answer this is.
        page: Page,
        /// The rows.
        rows: Box<[(Key, Arc<Row>)]>,
    },
    /// Merged, or already newer.
    Stored {
        /// The page it answers.
        page: u32,
    },
    /// I am done: forget this session.
    Close,
    /// I take no part.
    Refused(Refusal),
    /// Something in a repair by whole trees.
    Repair(RepairSay),
    /// A step of a sweep of logs.
    Log(LogSay),
    /// A step of a sweep that compares sets of digests.
    Set(SetSay),
    /// A step of an exchange by segments.
    Segments(SegmentSay),
    /// A step of a walk through tries.
    Trie(TrieSay),
    /// A step of a sweep of versions.
    Versions(VersionSay),
    /// A step of a sweep of bitmaps.
    Dots(DotSay),
}

impl Say {
    /// A small number per kind: the first byte of its encoding.
    pub const fn code(&self) -> u8 {
        match self {
            Say::Open { .. } => 1,
            Say::Roots(_) => 2,
            Say::Children { .. } => 3,
            Say::Hashes { .. } => 4,
            Say::ListKeys { .. } => 5,
            Say::Keys { .. } => 6,
            Say::FetchLeaves { .. } => 7,
            Say::FetchRows { .. } => 8,
            Say::Rows { .. } => 9,
            Say::Stored { .. } => 10,
            Say::Close => 11,
            Say::Refused(_) => 12,
            Say::Repair(_) => 50,
            Say::Log(_) => 40,
            Say::Set(_) => 60,
            Say::Segments(_) => 70,
            Say::Trie(_) => 71,
            Say::Versions(_) => 41,
            Say::Dots(_) => 42,
        }
    }

    /// Whether it asks, carries or acknowledges.
    pub const fn mode(&self) -> Mode {
        match self {
            Say::Open { .. } | Say::Children { .. } | Say::ListKeys { .. } | Say::FetchLeaves { .. } | Say::FetchRows { .. } => Mode::Asks,
            Say::Roots(_) | Say::Hashes { .. } | Say::Keys { .. } | Say::Rows { .. } => Mode::Carries,
            Say::Stored { .. } | Say::Close | Say::Refused(_) => Mode::Acks,
            Say::Repair(told) => told.mode(),
            Say::Log(say) => say.mode(),
            Say::Set(say) => say.mode(),
            Say::Segments(say) => say.mode(),
            Say::Trie(say) => say.mode(),
            Say::Versions(say) => say.mode(),
            Say::Dots(say) => say.mode(),
        }
    }

    /// The one row it carries, if it carries one.
    pub fn row(&self) -> Option<&Arc<Row>> {
        match self {
            Say::Rows { rows, .. } => rows.first().filter(|_| rows.len() == 1).map(|(_, row)| row),
            _ => None,
        }
    }

    /// Tells apart messages of one session.
    pub fn nth(&self) -> u64 {
        let own = match self {
            Say::Repair(told) => Some(told.nth()),
            Say::Log(say) => Some(say.nth()),
            Say::Set(say) => Some(say.nth()),
            Say::Segments(say) => Some(say.nth()),
            Say::Trie(say) => Some(say.nth()),
            Say::Versions(say) => Some(say.nth()),
            Say::Dots(say) => Some(say.nth()),
            _ => None,
        };
        if let Some(nth) = own {
            return u64::from(self.code()) << 56 | nth;
        }
        let (level, part, page) = match self {
            Say::Children { part, level, .. } | Say::Hashes { part, level, .. } => (*level, *part, 0),
            Say::ListKeys { part, .. } | Say::FetchLeaves { part, .. } | Say::FetchRows { part, .. } => (0, *part, 0),
            Say::Keys { page, .. } | Say::Rows { page, .. } => (0, page.part, page.page),
            Say::Stored { page } => (0, 0, *page),
            _ => (0, 0, 0),
        };
        u64::from(self.code()) << 56 | u64::from(level) << 48 | u64::from(part) << 24 | u64::from(page)
    }
}

fn places<S: Sink>(sink: &mut S, places: &[Place]) {
    sink.u32(places.len() as u32);
    for place in places {
        sink.u32(place.range);
        sink.u32(place.index as u32);
    }
}

/// How to compare: as much of it as the other side must know.
fn opening<S: Sink>(sink: &mut S, policy: &SweepPolicy) {
    sink.u8(policy.method.code() | u8::from(policy.streams == Streams::Leaves) << 1);
    policy.tree.encode(sink);
    match policy.method {
        Method::Ranges => policy.ranges.unwrap_or_default().encode(sink),
        Method::Sketch => policy.sketch.unwrap_or_default().encode(sink),
        Method::Segments => policy.segments.unwrap_or_default().encode(sink),
        Method::Trie => policy.trie.unwrap_or_default().encode(sink),
        _ => {}
    }
}

fn leaves<S: Sink>(sink: &mut S, leaves: &[Place]) {
    places(sink, leaves);
    leaves.iter().for_each(|leaf| sink.u8(leaf.level as u8));
}

/// Keys as a part of a longer list.
pub(super) fn numbered<S: Sink>(sink: &mut S, part: u32, keys: &[Key]) {
    sink.u32(part);
    sink.u32(keys.len() as u32);
    keys.iter().for_each(|key| key.encode(sink));
}

fn page<S: Sink>(sink: &mut S, page: &Page) {
    sink.u32(page.part);
    sink.u32(page.page);
    sink.u32(page.pages);
}

fn put_entry<S: Sink>(sink: &mut S, (key, digest): &Entry) {
    key.encode(sink);
    sink.put(digest.bytes());
}

impl Wire for SessionId {
    fn encode<S: Sink>(&self, sink: &mut S) {
        sink.u32(self.by.0);
        sink.u32(self.generation);
        sink.u32(self.number);
    }
}

/// What is said in which session.
impl Wire for (&SessionId, &Say) {
    fn encode<S: Sink>(&self, sink: &mut S) {
        self.0.encode(sink);
        self.1.encode(sink);
    }
}

impl Wire for Say {
    fn encode<S: Sink>(&self, sink: &mut S) {
        sink.u8(self.code());
        match self {
            Say::Open { policy, ranges } => {
                opening(sink, policy);
                sink.u32(ranges.len() as u32);
                ranges.iter().for_each(|range| range.encode(sink));
            }
            Say::Roots(roots) => {
                sink.u32(roots.len() as u32);
                for (depth, root) in roots {
                    sink.u8(*depth as u8);
                    sink.put(root.bytes());
                }
            }
            Say::Children { part, level, nodes } => {
                sink.u32(*part);
                sink.u8(*level as u8);
                places(sink, nodes);
            }
            Say::Hashes { part, level, hashes } => {
                sink.u32(*part);
                sink.u8(*level as u8);
                sink.u32(hashes.len() as u32);
                hashes.iter().for_each(|hash| sink.put(hash.bytes()));
            }
            Say::ListKeys { part, leaves: all } | Say::FetchLeaves { part, leaves: all } => {
                sink.u32(*part);
                leaves(sink, all);
            }
            Say::Keys { page: at, entries } => {
                page(sink, at);
                sink.u32(entries.len() as u32);
                entries.iter().for_each(|entry| put_entry(sink, entry));
            }
            Say::FetchRows { part, keys } => numbered(sink, *part, keys),
            Say::Rows { page: at, rows } => {
                page(sink, at);
                sink.u32(rows.len() as u32);
                for (key, row) in rows {
                    key.encode(sink);
                    row.encode(sink);
                }
            }
            Say::Stored { page } => sink.u32(*page),
            Say::Close => {}
            Say::Refused(why) => sink.u8(*why as u8),
            Say::Repair(told) => told.encode(sink),
            Say::Log(say) => say.encode(sink),
            Say::Set(say) => say.encode(sink),
            Say::Segments(say) => say.encode(sink),
            Say::Trie(say) => say.encode(sink),
            Say::Versions(say) => say.encode(sink),
            Say::Dots(say) => say.encode(sink),
        }
    }
}
