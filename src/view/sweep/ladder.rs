//! The ladder between two trees: what was said for each level, gathered by question and answer, with its bytes; and the phases of a sweep.

use std::collections::BTreeMap;

use super::talk::{Fate, Rung, form};
use crate::engine::base::{EventId, NodeId};
use crate::engine::node::sweeps::validation::RepairSay;
use crate::engine::node::sweeps::{Say, SegmentSay, SessionId, TrieSay, VersionSay};
use crate::engine::node::{Body, Method};
use crate::engine::world::EventKind;
use crate::lab::Session;
use crate::view::format::{bytes, count, counted};
use crate::view::glyph::Form;
use crate::view::narrate::repair_word;

/// What a part of a sweep is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// Who takes part.
    Call,
    /// Snapshots.
    Freeze,
    /// Whole trees.
    Trees,
    /// The hashes of a level; 0 are the roots.
    Level(u32),
    /// The keys in leaves that differ, or all.
    Keys,
    /// Which two replicas are to come into line.
    Sync,
    /// Rows that the one who asks lacks.
    Fetch,
    /// Rows that the other one lacks.
    Send,
    /// Keys that are read, and trees that look at a row again.
    Reads,
    /// What is set aside is marked.
    Promise,
    /// The end.
    Close,
}

impl Stage {
    /// What it is called.
    pub fn name(self, depth: u32) -> String {
        let name = match self {
            Stage::Call => "call",
            Stage::Freeze => "snapshots",
            Stage::Trees => "trees",
            Stage::Level(0) => "roots",
            Stage::Level(level) if level == depth => "leaves",
            Stage::Level(level) => return format!("level {level}"),
            Stage::Keys => "keys",
            Stage::Sync => "pairs",
            Stage::Fetch => "rows back",
            Stage::Send => "rows over",
            Stage::Reads => "reads",
            Stage::Promise => "promises",
            Stage::Close => "end",
        };
        name.to_owned()
    }
}

/// Tells what each message of a sweep is about: an answer is about what its question was about.
#[derive(Debug, Clone, Default)]
struct Stages {
    /// Whether there are no trees but lists of keys.
    lists: bool,
    /// Questions that are only told by their number.
    asked: BTreeMap<u32, Stage>,
}

impl Stages {
    /// The stage that a message belongs to.
    fn of(&mut self, say: &Say, from_asking: bool) -> Option<Stage> {
        if let Say::Open { policy, .. } = say {
            self.lists = policy.method == Method::Full;
        }
        Some(match say {
            Say::Open { .. } if self.lists => Stage::Keys,
            Say::Open { policy, .. } if policy.method == Method::Versions => Stage::Call,
            Say::Open { .. } | Say::Roots(_) | Say::Segments(SegmentSay::Ready) => Stage::Level(0),
            Say::Children { level, .. } | Say::Hashes { level, .. } => Stage::Level(level.saturating_add(1)),
            Say::Segments(SegmentSay::Bucket { ask, bucket }) => self.ask(*ask, Stage::Level(bucket.level)),
            Say::Trie(TrieSay::Get { ask, prefix, .. }) => self.ask(*ask, Stage::Level(prefix.len() as u32 + 1)),
            Say::Segments(SegmentSay::Hashes { ask, .. }) | Say::Trie(TrieSay::Node { ask, .. }) => *self.asked.get(ask)?,
            Say::ListKeys { .. } | Say::Keys { .. } | Say::Segments(SegmentSay::Segment { .. }) => Stage::Keys,
            Say::Segments(SegmentSay::Rehash(_)) => Stage::Reads,
            Say::Versions(VersionSay::Ready) => Stage::Call,
            Say::Versions(_) => Stage::Keys,
            Say::FetchLeaves { .. } | Say::FetchRows { .. } => Stage::Fetch,
            Say::Rows { .. } if from_asking => Stage::Send,
            Say::Rows { .. } => Stage::Fetch,
            Say::Stored { .. } => Stage::Send,
            Say::Repair(told) => match told {
                RepairSay::Prepare { .. } | RepairSay::Prepared => Stage::Call,
                RepairSay::Freeze | RepairSay::Frozen => Stage::Freeze,
                RepairSay::Validate { .. } | RepairSay::Trees(_) => Stage::Trees,
                RepairSay::Sync { .. } | RepairSay::Going { .. } | RepairSay::Synced { .. } => Stage::Sync,
                RepairSay::Fetch { .. } => Stage::Fetch,
                _ => Stage::Promise,
            },
            Say::Close | Say::Refused(_) => Stage::Close,
            _ => return None,
        })
    }

    fn ask(&mut self, number: u32, stage: Stage) -> Stage {
        self.asked.insert(number, stage);
        stage
    }
}

/// Messages of one stage in one direction, drawn as one rung.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// What they are about.
    pub stage: Stage,
    /// Whether they go from the left to the right.
    pub from_asking: bool,
    /// Where they begin and end: 0 is the left side, 1 the right one, a half the node in the middle that only coordinates.
    pub at: (f64, f64),
    /// The first event that sent one.
    pub event: EventId,
    /// How many there are.
    pub messages: u32,
    /// Their bytes.
    pub bytes: u64,
    /// Nodes, hashes, keys or rows in them, of the last kind.
    pub things: u64,
    /// What the glyph is like.
    pub form: Form,
    /// Whether rows travel.
    pub rows: bool,
    /// Where those are that are on their way, from 0 to 1; not more than can be seen apart.
    pub flying: Vec<f64>,
    /// How many will never arrive.
    pub lost: u32,
    /// What they are, without their bytes.
    pub words: String,
}

impl Step {
    /// Words and bytes: `4 hashes, 98 B`.
    pub fn label(&self) -> String {
        let lost = if self.lost > 0 { format!(", {} lost", count(u64::from(self.lost))) } else { String::new() };
        format!("{}, {}{lost}", self.words, bytes(self.bytes))
    }

    /// Whether it is to or from the node in the middle.
    pub fn is_half(&self) -> bool {
        (self.at.0 - self.at.1).abs() < 0.9
    }
}

fn things(say: &Say) -> u64 {
    let n = match say {
        Say::Open { ranges, .. } => ranges.len(),
        Say::Roots(roots) => roots.len(),
        Say::Children { nodes, .. } => nodes.len(),
        Say::Hashes { hashes, .. } => hashes.len(),
        Say::Segments(SegmentSay::Hashes { hashes, .. }) => hashes.len(),
        Say::Trie(TrieSay::Node { node: crate::engine::sweep::TrieNode::Inner(children), .. }) => children.len(),
        Say::Versions(VersionSay::Have { versions, .. }) => versions.len(),
        Say::Versions(VersionSay::Lacks { keys, .. }) => keys.len(),
        Say::ListKeys { leaves, .. } | Say::FetchLeaves { leaves, .. } => leaves.len(),
        Say::Keys { entries, .. } => entries.len(),
        Say::FetchRows { keys, .. } => keys.len(),
        Say::Repair(RepairSay::Fetch { ranges } | RepairSay::Sync { ranges, .. }) => ranges.len(),
        Say::Repair(RepairSay::Trees(trees)) => trees.len(),
        Say::Rows { rows, .. } => rows.len(),
        _ => 1,
    };
    n as u64
}

fn words(say: &Say, n: u64) -> String {
    match say {
        Say::Open { policy, .. } if policy.method == Method::Segments => format!("lock {}?", counted(n, "tree", "trees")),
        Say::Open { .. } if n == 1 => "compare?".to_owned(),
        Say::Open { .. } => format!("compare {} ranges?", count(n)),
        Say::Roots(_) => counted(n, "root hash", "root hashes"),
        Say::Children { .. } => format!("ask below {}", count(n)),
        Say::Segments(SegmentSay::Ready) => "locked".to_owned(),
        Say::Segments(SegmentSay::Bucket { .. }) => format!("{}?", counted(n, "bucket", "buckets")),
        Say::Segments(SegmentSay::Segment { .. }) => format!("keys of {}?", counted(n, "segment", "segments")),
        Say::Segments(SegmentSay::Rehash(_)) => format!("look again at {}", count(n)),
        Say::Trie(TrieSay::Get { .. }) => format!("{}?", counted(n, "node", "nodes")),
        Say::Hashes { .. } | Say::Segments(_) | Say::Trie(_) => counted(n, "hash", "hashes"),
        Say::Versions(VersionSay::Ready) => "ready".to_owned(),
        Say::Versions(VersionSay::Have { .. }) => counted(n, "version", "versions"),
        Say::Versions(VersionSay::Lacks { .. }) => format!("lacks {}", counted(n, "row", "rows")),
        Say::ListKeys { .. } => format!("keys of {}?", counted(n, "leaf", "leaves")),
        Say::Keys { .. } => counted(n, "key", "keys"),
        Say::FetchLeaves { .. } => format!("rows of {}?", counted(n, "leaf", "leaves")),
        Say::FetchRows { .. } => format!("{}?", counted(n, "row", "rows")),
        Say::Repair(RepairSay::Fetch { .. }) => format!("rows of {}?", counted(n, "range", "ranges")),
        Say::Repair(told) => repair_word(told).to_owned(),
        Say::Rows { .. } => counted(n, "row", "rows"),
        Say::Stored { .. } => "stored".to_owned(),
        Say::Close => "done".to_owned(),
        Say::Refused(_) => "refused".to_owned(),
        _ => String::new(),
    }
}

/// Flying messages of one rung that are drawn at most.
const APART: usize = 12;

/// The rungs between two nodes, in the order of their first message. `by` is the node that started the sweep: one of the two, or a third.
pub fn steps(talk: &[Rung<'_>], ends: (NodeId, NodeId), by: NodeId) -> Vec<Step> {
    let mut all: Vec<Step> = Vec::new();
    let mut stages = Stages::default();
    // What the last message of each rung is like: what is counted is of one kind.
    let mut last: Vec<String> = Vec::new();
    let place = |node: NodeId| match node {
        n if n == ends.0 => Some(0.0),
        n if n == ends.1 => Some(1.0),
        n if n == by => Some(0.5),
        _ => None,
    };
    for rung in talk {
        let stage = stages.of(rung.say, rung.from_asking);
        let (Some(stage), Some(from), Some(to)) = (stage, place(rung.way.0), place(rung.way.1)) else { continue };
        if rung.way.0 == rung.way.1 {
            continue;
        }
        let known = all.iter().rposition(|step| step.stage == stage && step.at == (from, to));
        let at = known.unwrap_or_else(|| {
            last.push(words(rung.say, 2));
            all.push(Step {
                stage,
                from_asking: from < to,
                at: (from, to),
                event: rung.event,
                messages: 0,
                bytes: 0,
                things: 0,
                form: form(rung.say),
                rows: matches!(rung.say, Say::Rows { .. }),
                flying: Vec::new(),
                lost: 0,
                words: String::new(),
            });
            all.len() - 1
        });
        let step = &mut all[at];
        let like = words(rung.say, 2);
        if last[at] != like {
            (step.things, step.form, last[at]) = (0, form(rung.say), like);
        }
        step.messages += 1;
        step.bytes += u64::from(rung.size);
        step.things += things(rung.say);
        match rung.fate {
            Fate::Flies(at) if step.flying.len() < APART => step.flying.push(at),
            Fate::Lost => step.lost += 1,
            Fate::Flies(_) | Fate::There => {}
        }
        step.words = words(rung.say, step.things);
    }
    all
}

/// A part of a sweep on its bar: from its first message to the last event before the next part.
#[derive(Debug, Clone, PartialEq)]
pub struct Phase {
    /// What it is about.
    pub stage: Stage,
    /// Its name.
    pub name: String,
    /// The number of events (a count) with which it begins, and with which it ends.
    pub span: (u32, u32),
    /// Its messages as far as the run is known.
    pub messages: u32,
    /// How many of them have been sent at the cursor.
    pub sent: u32,
}

/// The phases of a sweep as far as the run is known, also those that are to come.
pub fn phases(session: &Session, id: SessionId, depth: u32) -> Vec<Phase> {
    let mut all: Vec<Phase> = Vec::new();
    let mut stages = Stages::default();
    for event in session.sweep_log().events(id) {
        let Some(entry) = session.log().get(event.0 as usize) else { continue };
        if let Some(last) = all.last_mut() {
            last.span.1 = event.0 + 1;
        }
        let EventKind::Sent(message) = &entry.kind else { continue };
        let Body::Sweep { say, .. } = &message.body else { continue };
        let Some(stage) = stages.of(say, message.from == id.by.into()) else { continue };
        if all.last().is_none_or(|last| last.stage < stage) {
            all.push(Phase { stage, name: stage.name(depth), span: (event.0 + 1, event.0 + 1), messages: 0, sent: 0 });
        }
        // What comes late still belongs to its own part.
        if let Some(phase) = all.iter_mut().rev().find(|phase| phase.stage == stage) {
            phase.messages += 1;
            phase.sent += u32::from(event.0 < session.cursor());
        }
    }
    all
}
