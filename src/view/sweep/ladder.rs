//! The ladder between two trees: what was said for each level, gathered by question and answer, with its bytes; and the phases of a sweep.

use super::talk::{Fate, Rung, form};
use crate::engine::base::EventId;
use crate::engine::node::Body;
use crate::engine::node::sweeps::{Say, SessionId};
use crate::engine::world::EventKind;
use crate::lab::Session;
use crate::view::format::{bytes, count, counted};
use crate::view::glyph::Form;

/// What a part of a sweep is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// The hashes of a level; 0 are the roots.
    Level(u32),
    /// The keys in leaves that differ.
    Keys,
    /// Rows that the one who asks lacks.
    Fetch,
    /// Rows that the other one lacks.
    Send,
    /// The end.
    Close,
}

impl Stage {
    /// The stage that a message belongs to.
    pub fn of(say: &Say, from_asking: bool) -> Option<Stage> {
        Some(match say {
            Say::Open { .. } | Say::Roots(_) => Stage::Level(0),
            Say::Children { level, .. } | Say::Hashes { level, .. } => Stage::Level(level.saturating_add(1)),
            Say::ListKeys { .. } | Say::Keys { .. } => Stage::Keys,
            Say::FetchLeaves { .. } | Say::FetchRows { .. } => Stage::Fetch,
            Say::Rows { .. } if from_asking => Stage::Send,
            Say::Rows { .. } => Stage::Fetch,
            Say::Stored { .. } => Stage::Send,
            Say::Close | Say::Refused(_) => Stage::Close,
            _ => return None,
        })
    }

    /// What it is called.
    pub fn name(self, depth: u32) -> String {
        match self {
            Stage::Level(0) => "roots".to_owned(),
            Stage::Level(level) if level == depth => "leaves".to_owned(),
            Stage::Level(level) => format!("level {level}"),
            Stage::Keys => "keys".to_owned(),
            Stage::Fetch => "rows back".to_owned(),
            Stage::Send => "rows over".to_owned(),
            Stage::Close => "end".to_owned(),
        }
    }
}

/// Messages of one stage in one direction, drawn as one rung.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// What they are about.
    pub stage: Stage,
    /// Whether they go from the one who asks.
    pub from_asking: bool,
    /// The first event that sent one.
    pub event: EventId,
    /// How many there are.
    pub messages: u32,
    /// Their bytes.
    pub bytes: u64,
    /// Nodes, hashes, keys or rows in them.
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
}

fn things(say: &Say) -> u64 {
    let n = match say {
        Say::Open { ranges, .. } => ranges.len(),
        Say::Roots(roots) => roots.len(),
        Say::Children { nodes, .. } => nodes.len(),
        Say::Hashes { hashes, .. } => hashes.len(),
        Say::ListKeys { leaves, .. } | Say::FetchLeaves { leaves, .. } => leaves.len(),
        Say::Keys { entries, .. } => entries.len(),
        Say::FetchRows { keys, .. } => keys.len(),
        Say::Rows { rows, .. } => rows.len(),
        _ => 1,
    };
    n as u64
}

fn words(say: &Say, n: u64) -> String {
    match say {
        Say::Open { .. } if n == 1 => "compare?".to_owned(),
        Say::Open { .. } => format!("compare {} ranges?", count(n)),
        Say::Roots(_) => counted(n, "root hash", "root hashes"),
        Say::Children { .. } => format!("ask below {}", count(n)),
        Say::Hashes { .. } => counted(n, "hash", "hashes"),
        Say::ListKeys { .. } => format!("keys of {}?", counted(n, "leaf", "leaves")),
        Say::Keys { .. } => counted(n, "key", "keys"),
        Say::FetchLeaves { .. } => format!("rows of {}?", counted(n, "leaf", "leaves")),
        Say::FetchRows { .. } => format!("{}?", counted(n, "row", "rows")),
        Say::Rows { .. } => counted(n, "row", "rows"),
        Say::Stored { .. } => "stored".to_owned(),
        Say::Close => "done".to_owned(),
        Say::Refused(_) => "refused".to_owned(),
        _ => String::new(),
    }
}

/// Flying messages of one rung that are drawn at most.
const APART: usize = 12;

/// The rungs, in the order of their first message.
pub fn steps(talk: &[Rung<'_>]) -> Vec<Step> {
    let mut all: Vec<Step> = Vec::new();
    for rung in talk {
        let Some(stage) = Stage::of(rung.say, rung.from_asking) else { continue };
        let known = all.iter().rposition(|step| step.stage == stage && step.from_asking == rung.from_asking);
        let at = known.unwrap_or_else(|| {
            all.push(Step {
                stage,
                from_asking: rung.from_asking,
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
    for event in session.sweep_log().events(id) {
        let Some(entry) = session.log().get(event.0 as usize) else { continue };
        if let Some(last) = all.last_mut() {
            last.span.1 = event.0 + 1;
        }
        let EventKind::Sent(message) = &entry.kind else { continue };
        let Body::Sweep { say, .. } = &message.body else { continue };
        let Some(stage) = Stage::of(say, message.from == id.by.into()) else { continue };
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
