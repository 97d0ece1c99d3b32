//! Ranges that are split: the row of tokens as a strip, and under it, message by message, the parts that differ spread out again, until
//! the digests in them are listed.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::talk::{Fate, Rung, talk};
use crate::engine::base::{EventId, set_of};
use crate::engine::node::Note;
use crate::engine::node::sweeps::{Say, SessionId, SetSay, SetStep, SweepStep, Work};
use crate::engine::sweep::{ItemSet, Items, Mark, RowItem, TreePolicy};
use crate::engine::world::{EventKind, World};
use crate::lab::Session;
use crate::view::chip;
use crate::view::format::count;
use crate::view::geometry::Rect;

/// What is known of a part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Look {
    /// Its message is on its way, or lost.
    Sent,
    /// It has come and is not answered yet.
    Asked,
    /// Both hold the same there.
    Equal,
    /// They do not.
    Differs,
}

impl Look {
    /// The class that paints it.
    pub const fn class(self) -> &'static str {
        match self {
            Look::Sent => "sent",
            Look::Asked => "asked",
            Look::Equal => "equal",
            Look::Differs => "differs",
        }
    }
}

/// A digest in a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// The digest.
    pub item: RowItem,
    /// Whether the one who asks has it.
    pub asking: bool,
    /// Whether the other one has it.
    pub answering: bool,
    /// Whether its row has come to the one that lacked it.
    pub came: bool,
}

/// A part of the row of tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// Its first token.
    pub from: u64,
    /// Its last one.
    pub last: u64,
    /// What is known of it.
    pub look: Look,
    /// Its fingerprint; none if it is listed.
    pub hash: Option<u64>,
    /// What is in it, if it is listed.
    pub list: Vec<Entry>,
    /// Whether only the one who asks has told what it has there.
    pub one_sided: bool,
}

/// One message: a row of parts.
#[derive(Debug, Clone, PartialEq)]
pub struct Level {
    /// Whether the one who asks sent it.
    pub from_asking: bool,
    /// The event that sent it.
    pub event: EventId,
    /// Its bytes.
    pub bytes: u32,
    /// Where it is.
    pub fate: Fate,
    /// Whether it has been answered, so that it is known what differs.
    pub answered: bool,
    /// Parts that something is said about.
    pub parts: Vec<Part>,
}

impl Level {
    /// How many parts differ.
    pub fn differing(&self) -> usize {
        self.parts.iter().filter(|part| part.look == Look::Differs).count()
    }
}

/// The digests of the one who asks, if it is at this sweep in this world.
pub fn asking_set(world: &World, id: SessionId) -> Option<Arc<ItemSet>> {
    let asking = world.host(id.by)?.node.sweeps.asking().get(&id.number).filter(|asking| asking.session == id)?;
    match &asking.work {
        Work::Ranges(ranging) => Some(ranging.set.clone()),
        Work::Sketch(peeling) => Some(peeling.set.clone()),
        _ => None,
    }
}

/// Digests of rows that have arrived with this sweep.
pub fn arrived(talk: &[Rung<'_>], tree: TreePolicy) -> BTreeSet<RowItem> {
    let mut items = Items::new(tree);
    let rows = talk
        .iter()
        .filter(|rung| rung.fate == Fate::There)
        .filter_map(|rung| if let Say::Rows { rows, .. } = rung.say { Some(rows) } else { None });
    rows.flatten().map(|(key, row)| items.item(key, row)[0]).collect()
}

/// The last message that was compared at the cursor.
fn compared(session: &Session, id: SessionId) -> Option<u32> {
    let events = session.sweep_log().events(id);
    let past = &events[..events.partition_point(|event| event.0 < session.cursor())];
    past.iter().rev().find_map(|event| match session.log().get(event.0 as usize)?.kind {
        EventKind::Note(Note::Sweep { step: SweepStep::Set(SetStep::Ranges { round, .. }), .. }) => Some(round),
        _ => None,
    })
}

/// The rows of parts, the first message on top.
pub fn levels(session: &Session, id: SessionId, tree: TreePolicy, mine: &ItemSet) -> Vec<Level> {
    let said = talk(session, id);
    let came = arrived(&said, tree);
    let last = compared(session, id);
    let mut all: Vec<Level> = Vec::new();
    for rung in &said {
        let Say::Set(SetSay::Spans { round, spans }) = rung.say else { continue };
        if spans.is_empty() {
            continue;
        }
        let answered = last.is_some_and(|last| last >= *round);
        let mut from = 0;
        let mut parts = Vec::new();
        for span in spans {
            let look = match (rung.fate == Fate::There, answered) {
                (false, _) => Look::Sent,
                (true, false) => Look::Asked,
                // Until a message goes into it.
                (true, true) => Look::Equal,
            };
            let part = Part { from, last: span.last, look, hash: None, list: Vec::new(), one_sided: rung.from_asking };
            match &span.mark {
                Mark::Done => {}
                Mark::Print(hash) => parts.push(Part { hash: Some(*hash), ..part }),
                Mark::List(items) => {
                    let list = if rung.from_asking { own_list(items) } else { list(items, mine, &part, &came) };
                    let differs = answered && !rung.from_asking && list.iter().any(|entry| entry.asking != entry.answering);
                    parts.push(Part { list, look: if differs { Look::Differs } else { look }, ..part });
                }
            }
            from = span.last.wrapping_add(1);
        }
        if let Some(before) = all.last_mut() {
            for part in &mut before.parts {
                if !within(&parts, part.from, part.last).is_empty() {
                    part.look = Look::Differs;
                }
            }
        }
        all.push(Level { from_asking: rung.from_asking, event: rung.event, bytes: rung.size, fate: rung.fate, answered, parts });
    }
    all
}

fn own_list(items: &[RowItem]) -> Vec<Entry> {
    items.iter().map(|item| Entry { item: *item, asking: true, answering: false, came: false }).collect()
}

/// A list of the other side beside what this side has there: in the order of this side, then what it lacks.
fn list(items: &[RowItem], mine: &ItemSet, part: &Part, came: &BTreeSet<RowItem>) -> Vec<Entry> {
    let theirs = set_of(items.iter().copied());
    let from = mine.tokens().partition_point(|token| *token < part.from);
    let own = &mine.items()[from..mine.place_after(part.last).max(from)];
    let known = set_of(own.iter().copied());
    let entry = |item: RowItem, asking, answering| Entry { item, asking, answering, came: came.contains(&item) };
    let here = own.iter().map(|item| entry(*item, true, theirs.contains(item)));
    here.chain(items.iter().filter(|item| !known.contains(item)).map(|item| entry(*item, false, true))).collect()
}

/// Least height of a strip.
const STRIP: f64 = 34.0;
/// Least height of a strip of lists: two lanes.
const LISTS: f64 = 52.0;
/// Room for words above a strip.
const WORDS: f64 = 20.0;
/// Least room between two strips.
const GAP: f64 = 26.0;
/// Least width of a part that is spread out.
const SPREAD: f64 = 96.0;
/// Room for a letter on the left.
const LETTER: f64 = 40.0;

/// A drawn digest of a list.
#[derive(Debug, Clone, PartialEq)]
pub struct Chip {
    /// Where.
    pub at: Rect,
    /// What it is.
    pub entry: Entry,
    /// Whether it stands in the lane of the one who asks.
    pub asking: bool,
}

/// A drawn part.
#[derive(Debug, Clone, PartialEq)]
pub struct Cell {
    /// Where.
    pub at: Rect,
    /// What is known.
    pub look: Look,
    /// Its fingerprint as bars; none if there is no room.
    pub bars: Vec<Rect>,
    /// Its first digits, if there is room.
    pub digits: Option<String>,
    /// Digests in it.
    pub chips: Vec<Chip>,
    /// All of it in words.
    pub title: String,
}

/// A drawn message.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// Which.
    pub level: usize,
    /// Top and height of its strip.
    pub y: (f64, f64),
    /// Its parts.
    pub cells: Vec<Cell>,
    /// Parts that there is no room for.
    pub left_out: usize,
}

/// The drawing.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Drawing {
    /// Width and height.
    pub size: (f64, f64),
    /// Messages.
    pub rows: Vec<Row>,
    /// From a part to what it is split into: areas, and their two edges.
    pub funnels: Vec<(String, String)>,
}

/// Lays the rows out in this room; taller than it if they need more.
pub fn drawing(levels: &[Level], (width, height): (f64, f64)) -> Drawing {
    let strip = |level: &Level| if level.parts.iter().any(|part| part.hash.is_none()) { LISTS } else { STRIP };
    let needed: f64 = levels.iter().map(|level| strip(level) + WORDS + GAP).sum();
    let extra = ((height - needed) / levels.len().max(1) as f64).clamp(0.0, 96.0);
    // What room there is makes strips taller and the ways between them longer.
    let (grown, extra) = (extra.min(70.0) * 0.3, extra - extra.min(70.0) * 0.3);
    let mut made = Drawing { size: (width, needed.max(height)), ..Drawing::default() };
    let (left, right) = (LETTER, width - 2.0);
    let mut y = WORDS;
    // Parts of the row before that differ: their tokens and where they stand.
    let mut open: Vec<(u64, u64, Rect)> = vec![(0, u64::MAX, Rect::new(left, 0.0, right - left, 0.0))];
    for (number, level) in levels.iter().enumerate() {
        let (tall, most) = (strip(level) + grown, (((right - left) / SPREAD) as usize).max(1));
        let mut row = Row { level: number, y: (y, tall), cells: Vec::new(), left_out: 0 };
        let families: Vec<_> = open.iter().map(|(from, last, at)| (*from, *last, *at, within(&level.parts, *from, *last))).collect();
        let shown = families.iter().filter(|family| !family.3.is_empty()).count().min(most).max(1) as f64;
        let room = (right - left - 14.0 * (shown - 1.0)) / shown;
        let (mut next, mut x) = (Vec::new(), left);
        for (from, last, parent, parts) in families.into_iter().filter(|family| !family.3.is_empty()) {
            if x > right - room * 0.5 && !row.cells.is_empty() {
                row.left_out += parts.len();
                continue;
            }
            let group = Rect::new(x, y, room, tall);
            if number > 0 {
                made.funnels.push(funnel(&parent, &group));
            }
            for part in parts {
                let cell = cell(part, &group, (from, last));
                if part.look == Look::Differs {
                    next.push((part.from, part.last, cell.at));
                }
                row.cells.push(cell);
            }
            x += room + 14.0;
        }
        made.rows.push(row);
        open = next;
        y += tall + WORDS + GAP + extra;
    }
    made
}

/// Parts within these tokens: they come in order and do not overlap.
fn within(parts: &[Part], from: u64, last: u64) -> &[Part] {
    let begin = parts.partition_point(|part| part.from < from);
    let end = parts.partition_point(|part| part.last <= last);
    parts.get(begin..end).unwrap_or_default()
}

fn funnel(parent: &Rect, group: &Rect) -> (String, String) {
    let (x0, x1, y0) = (parent.x, parent.right(), parent.bottom());
    let (a, b, y1) = (group.x, group.right(), group.y);
    let middle = (y0 + y1 - WORDS) / 2.0;
    let side = |from: f64, to: f64| format!("M{from:.1} {y0:.1}C{from:.1} {middle:.1} {to:.1} {middle:.1} {to:.1} {y1:.1}");
    let area = format!("{}H{b:.1}C{b:.1} {middle:.1} {x1:.1} {middle:.1} {x1:.1} {y0:.1}Z", side(x0, a));
    (area, format!("{}{}", side(x0, a), side(x1, b)))
}

fn cell(part: &Part, group: &Rect, (from, last): (u64, u64)) -> Cell {
    let whole = (last - from) as f64 + 1.0;
    let place = |token: f64| group.x + group.w * token / whole;
    let (begin, end) = (place((part.from - from) as f64), place((part.last - from) as f64 + 1.0));
    let at = Rect::new(begin + 0.75, group.y, (end - begin - 1.5).max(1.0), group.h).rounded();
    let short = |hash: u64| format!("{:04x}", hash >> 48);
    let narrow = at.w < 26.0;
    let room = if at.w > 88.0 {
        Rect::new(at.x + 8.0, at.centre().y - 10.0, 30.0, 20.0)
    } else {
        Rect::new(at.centre().x - 11.0, at.centre().y - 10.0, 22.0, 20.0)
    };
    let bars = part.hash.filter(|_| !narrow).map_or_else(Vec::new, |hash| chip::bars(&short(hash), &room));
    let what = part.hash.map_or_else(|| format!("{} listed", count(part.list.len() as u64)), |hash| format!("fingerprint {hash:016x}"));
    let state = match part.look {
        Look::Sent => "on its way",
        Look::Asked => "not compared yet",
        Look::Equal => "equal",
        Look::Differs => "they differ",
    };
    Cell {
        at,
        look: part.look,
        bars,
        digits: part.hash.filter(|_| at.w > 88.0).map(short),
        chips: chips(part, &at),
        title: format!("tokens {:016x} to {:016x}: {what}, {state}", part.from, part.last),
    }
}

/// The digests of a list: two lanes, so that what only one side has stands over a gap.
fn chips(part: &Part, at: &Rect) -> Vec<Chip> {
    let pitch = ((at.w - 6.0) / part.list.len().max(1) as f64).min(30.0);
    let start = at.x + (at.w - pitch * part.list.len() as f64) / 2.0;
    let lane = |asking: bool| if asking { at.y + 4.0 } else { at.y + at.h / 2.0 + 2.0 };
    let one = |(i, entry): (usize, &Entry)| {
        let chip = |asking: bool| Chip {
            at: Rect::new(start + pitch * i as f64 + pitch * 0.08, lane(asking), pitch * 0.84, at.h / 2.0 - 6.0).rounded(),
            entry: *entry,
            asking,
        };
        [chip(true), chip(false)]
    };
    part.list.iter().enumerate().flat_map(one).filter(|chip| chip.asking || !part.one_sided).collect()
}
