//! Events on the timeline: a glyph each while there are few, bars when there are many.

use std::fmt::Write as _;

use super::bands::{Bands, EVENT_ROW};
use super::window::Scale;
use crate::engine::base::{EventId, Micros};
use crate::engine::world::{Event, EventKind};
use crate::view::glyph::{Form, Kind};
use crate::view::scene::{form, kind};

/// More events than this in view are drawn as bars.
pub const GLYPHS: usize = 400;

/// What an event looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Look {
    /// A message that left (small) or arrived.
    Message {
        /// Its kind.
        kind: Kind,
        /// Whether it asks, carries or acknowledges.
        form: Form,
        /// Whether it has only just left.
        left: bool,
    },
    /// A message that was lost.
    Lost,
}

/// An event as a glyph.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Mark {
    /// Which event.
    pub id: EventId,
    /// Its shape.
    pub look: Look,
    /// Middle.
    pub x: f64,
    /// Middle.
    pub y: f64,
    /// Size relative to the glyph's own box.
    pub scale: f64,
}

/// Bars of one kind of event.
#[derive(Debug, Clone, PartialEq)]
pub struct Bars {
    /// The kind; none for losses.
    pub kind: Option<Kind>,
    /// Path data of all its bars.
    pub path: String,
}

/// What became of the events in view.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Marks {
    /// One glyph per event, in order.
    pub glyphs: Vec<Mark>,
    /// Where a column had more events than rows: middle, and how many are not drawn.
    pub more: Vec<(f64, usize)>,
    /// Bars instead of glyphs.
    pub bars: Vec<Bars>,
    /// Events that the highest bar stands for; 0 if there are none.
    pub highest: u32,
}

fn look(event: &Event) -> Option<Look> {
    let message = |left| event.message().map(|m| Look::Message { kind: kind(m.body.traffic()), form: form(m.body.mode()), left });
    match event.kind {
        EventKind::Sent(_) => message(true),
        EventKind::Delivered(_) | EventKind::Held(_) => message(false),
        EventKind::Lost { .. } => Some(Look::Lost),
        _ => None,
    }
}

/// Events of the log that lie in the window: the index of the first, and one past the last.
pub fn visible(log: &[Event], from: Micros, to: Micros) -> (usize, usize) {
    (log.partition_point(|e| e.at < from), log.partition_point(|e| e.at <= to))
}

/// Lays out the messages of a log that lie in the window.
pub fn marks(log: &[Event], scale: &Scale, bands: &Bands) -> Marks {
    let (first, last) = visible(log, scale.window.from, scale.window.to);
    let view = &log[first..last];
    let drawn = view.iter().filter(|e| look(e).is_some());
    let (quiet, loud) = drawn.fold((0, 0), |(q, l), e| if e.is_quiet() { (q + 1, l) } else { (q, l + 1) });
    let mut marks = Marks::default();
    if loud > GLYPHS {
        bars(view, scale, bands, |e| !e.is_quiet(), bands.event_rows as f64 * EVENT_ROW - 4.0, &mut marks);
    } else {
        stack(view, first, scale, bands, |e| !e.is_quiet() || quiet + loud <= GLYPHS, &mut marks);
    }
    if loud > GLYPHS || quiet + loud > GLYPHS {
        bars(view, scale, bands, Event::is_quiet, 5.0, &mut marks);
    }
    marks
}

/// One glyph per event, each in the lowest row that is free there. Background keeps to the lowest row, where chatter may overlap chatter.
fn stack(view: &[Event], first: usize, scale: &Scale, bands: &Bands, wanted: impl Fn(&Event) -> bool, marks: &mut Marks) {
    let mut free = vec![f64::MIN; bands.event_rows];
    for (i, event) in view.iter().enumerate().filter(|(_, e)| wanted(e)) {
        let Some(look) = look(event) else { continue };
        let x = scale.x(event.at);
        let (size, room) = match look {
            _ if event.is_quiet() => (0.3, 4.0),
            Look::Message { left: true, .. } => (0.31, 8.2),
            _ => (0.4, 9.6),
        };
        let row = if event.is_quiet() { Some(0) } else { free.iter().position(|f| *f <= x) };
        match (row, marks.more.last_mut()) {
            (Some(row), _) => {
                free[row] = x + room;
                let y = bands.events - row as f64 * EVENT_ROW;
                marks.glyphs.push(Mark { id: EventId((first + i) as u32), look, x, y, scale: size });
            }
            (None, Some((last, n))) if x - *last < 9.0 => *n += 1,
            (None, _) => marks.more.push((x, 1)),
        }
    }
}

/// Width of a bar with its gap.
const COLUMN: f64 = 4.0;
/// Kinds of traffic, and losses.
const SERIES: usize = Kind::ALL.len() + 1;

/// Bars, one column for every few pixels, kinds on top of one another, losses uppermost.
fn bars(view: &[Event], scale: &Scale, bands: &Bands, wanted: impl Fn(&Event) -> bool, height: f64, marks: &mut Marks) {
    let columns = (scale.width / COLUMN).ceil().max(1.0) as usize;
    let mut counts = vec![[0u32; SERIES]; columns];
    for event in view.iter().filter(|e| wanted(e)) {
        let series = match look(event) {
            Some(Look::Message { kind, .. }) => Kind::ALL.iter().position(|k| *k == kind).unwrap_or(0),
            Some(Look::Lost) => SERIES - 1,
            None => continue,
        };
        let column = ((scale.x(event.at) - scale.left) / COLUMN) as usize;
        counts[column.min(columns - 1)][series] += 1;
    }
    let highest = counts.iter().map(|c| c.iter().sum::<u32>()).max().unwrap_or(0);
    marks.highest = marks.highest.max(highest);
    let base = bands.events + EVENT_ROW / 2.0 - 1.0;
    let mut paths = vec![String::new(); SERIES];
    for (i, column) in counts.iter().enumerate() {
        let (x, mut y) = (scale.left + i as f64 * COLUMN, base);
        for (series, n) in column.iter().enumerate().filter(|(_, n)| **n > 0) {
            let h = (f64::from(*n) / f64::from(highest) * height).max(1.0);
            y -= h;
            // Writing to a string cannot fail.
            let _ = write!(paths[series], "M{x:.1} {y:.1}h{:.1}v{h:.1}h-{:.1}z", COLUMN - 1.0, COLUMN - 1.0);
        }
    }
    let kinds = Kind::ALL.into_iter().map(Some).chain([None]);
    marks.bars.extend(kinds.zip(paths).filter(|(_, path)| !path.is_empty()).map(|(kind, path)| Bars { kind, path }));
}
