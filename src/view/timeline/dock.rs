//! The whole drawing of the timeline as plain values: what stands where, and what lies under a point.

use std::fmt::Write as _;

use super::bands::Bands;
use super::beats::{BeatMark, beats};
use super::clock::{Tick, ticks};
use super::marks::{Marks, marks, visible};
use super::track::{OpSpan, Track};
use super::window::{Scale, Window};
use crate::engine::base::{EventId, Micros, OpId};
use crate::engine::world::Event;
use crate::lab::{BranchId, Session};
use crate::view::glyph::Kind;

/// Most boxes of one sort that are drawn one by one; beyond, neighbours are drawn as one.
const BOXES: usize = 70;
/// Most decisions drawn one by one.
const DIAMONDS: usize = 90;

/// A box of an operation, or of several that are too close to tell apart.
#[derive(Debug, Clone, PartialEq)]
pub struct OpBox {
    /// Index into [`Track::operations`] of the first.
    pub index: usize,
    /// How many it stands for.
    pub count: usize,
    /// Its hue.
    pub kind: Kind,
    /// Left edge, cut to the strip.
    pub x: f64,
    /// Top edge.
    pub y: f64,
    /// Width.
    pub width: f64,
    /// Height.
    pub height: f64,
    /// Free pixels on its right, up to the next box of its row.
    pub beside: f64,
}

/// A decision, or several at nearly the same place.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Diamond {
    /// The first.
    pub first: EventId,
    /// The last.
    pub last: EventId,
    /// How many.
    pub count: usize,
    /// Middle.
    pub x: f64,
}

/// A fault's box.
#[derive(Debug, Clone, PartialEq)]
pub struct FaultBox {
    /// Index into [`Track::faults`].
    pub index: usize,
    /// Its words, cut to what fits; empty if nothing does.
    pub label: String,
    /// Where its words begin.
    pub label_x: f64,
    /// Left edge, cut to the strip.
    pub x: f64,
    /// Top edge.
    pub y: f64,
    /// Width; 0 for what happened in one instant.
    pub width: f64,
    /// Height.
    pub height: f64,
}

/// A kept future of another branch.
#[derive(Debug, Clone, PartialEq)]
pub struct GhostLine {
    /// Which branch.
    pub branch: BranchId,
    /// Its name.
    pub name: String,
    /// Where it parts from the one shown, if that is in view.
    pub fork: Option<f64>,
    /// Path data of its line.
    pub line: String,
    /// Path data of the ticks at which something is done in it.
    pub acts: String,
}

/// The step plot of stale copies.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Plot {
    /// Path data of the area.
    pub area: String,
    /// Path data of its upper edge.
    pub edge: String,
}

/// The drawing. What depends on the cursor (past or future, the playhead) is left to who draws it.
#[derive(Debug, Clone, PartialEq)]
pub struct Dock {
    /// Where the rows stand.
    pub bands: Bands,
    /// Time and pixels.
    pub scale: Scale,
    /// Marks on the axis.
    pub ticks: Vec<Tick>,
    /// Operations.
    pub ops: Vec<OpBox>,
    /// Decisions.
    pub diamonds: Vec<Diamond>,
    /// Messages.
    pub marks: Marks,
    /// Faults.
    pub faults: Vec<FaultBox>,
    /// Beats of outages.
    pub beats: Vec<BeatMark>,
    /// Stale copies.
    pub plot: Plot,
    /// Other branches.
    pub ghosts: Vec<GhostLine>,
}

/// What lies under a point of the drawing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hit {
    /// An operation's box.
    Operation(OpId),
    /// An event: a message, a decision or a fault.
    Event(EventId),
    /// Where another branch parts.
    Branch(BranchId),
    /// Nothing but time.
    Time(Micros),
}

/// Width of a letter, relative to the size of text. A little more than the truth.
const LETTER: f64 = 0.53;

/// As much of a text as fits into so many pixels; nothing if it would be a stump.
pub fn fitting(text: &str, pixels: f64, font: f64) -> String {
    let room = (pixels / (font * LETTER)).max(0.0) as usize;
    let length = text.chars().count();
    match room {
        room if length <= room => text.to_owned(),
        0..4 => String::new(),
        room => text.chars().take(room - 1).chain(['…']).collect(),
    }
}

impl Dock {
    /// Lays out one view of a run.
    pub fn of(session: &Session, track: &Track, window: Window, width: f64, height: f64, font: f64) -> Dock {
        let bands = Bands::of(width, height, font, track);
        let scale = Scale { window, left: bands.left, width: bands.across };
        Dock {
            ticks: ticks(&scale, if bands.has_labels() { font * 5.0 } else { font * 5.8 }),
            ops: op_boxes(track, &scale, &bands),
            diamonds: diamonds(&track.decisions, session.log(), &scale),
            marks: marks(session.log(), &scale, &bands),
            faults: fault_boxes(track, &scale, &bands),
            beats: beats(track, &scale, &bands),
            plot: plot(session.divergence(), track.worst, &scale, &bands),
            ghosts: ghosts(track, &scale, &bands),
            bands,
            scale,
        }
    }

    /// The height on the plot of so many stale copies.
    pub fn plot_y(&self, stale: u64, worst: u64) -> f64 {
        plot_y(stale, worst, &self.bands)
    }

    /// What lies under a point.
    pub fn hit(&self, x: f64, y: f64, track: &Track) -> Hit {
        let inside = |left: f64, top: f64, w: f64, h: f64| x >= left - 2.0 && x <= left + w.max(4.0) + 2.0 && y >= top && y <= top + h;
        let b = &self.bands;
        if let Some(hit) = self.ops.iter().find(|o| inside(o.x, o.y, o.width, o.height)) {
            return Hit::Operation(track.operations[hit.index].op);
        }
        if let Some(beat) = self.beats.iter().find(|m| (m.x - x).abs() <= 5.0 && y >= m.y && y <= m.y + m.height) {
            return beat.event.map_or(Hit::Time(beat.at), Hit::Event);
        }
        if let Some(hit) = self.faults.iter().find(|f| inside(f.x, f.y, f.width, f.height)) {
            return Hit::Event(track.faults[hit.index].began);
        }
        if (y - b.decisions).abs() <= 9.0 {
            let near = self.diamonds.iter().filter(|d| (d.x - x).abs() <= 8.0).min_by(|a, b| (a.x - x).abs().total_cmp(&(b.x - x).abs()));
            if let Some(diamond) = near {
                return Hit::Event(diamond.first);
            }
        }
        if let Some(middle) = b.ghosts.filter(|m| (y - m).abs() <= 7.0)
            && let Some(ghost) = self.ghosts.iter().find(|g| g.fork.is_some_and(|f| (f - x).abs() <= 9.0 && (y - middle).abs() <= 9.0))
        {
            return Hit::Branch(ghost.branch);
        }
        self.hit_mark(x, y).map_or(Hit::Time(self.scale.at(x)), Hit::Event)
    }

    /// The glyph nearest to a point, if it is close.
    fn hit_mark(&self, x: f64, y: f64) -> Option<EventId> {
        let away = |m: &super::marks::Mark| (m.x - x) * (m.x - x) + (m.y - y) * (m.y - y);
        self.marks.glyphs.iter().filter(|m| away(m) <= 64.0).min_by(|a, b| away(a).total_cmp(&away(b))).map(|m| m.id)
    }

    /// The event nearest in time to a pixel.
    pub fn nearest_event(&self, x: f64, log: &[Event]) -> Option<EventId> {
        let at = self.scale.at(x);
        let after = log.partition_point(|e| e.at < at);
        let candidates = [after.checked_sub(1), (after < log.len()).then_some(after)];
        let nearest = candidates.into_iter().flatten().min_by_key(|i| log[*i].at.0.abs_diff(at.0))?;
        Some(EventId(nearest as u32))
    }

    /// How many marks the drawing is made of: what keeps it quick.
    pub fn size(&self) -> usize {
        let m = &self.marks;
        2 * self.ticks.len()
            + 3 * self.ops.len()
            + self.diamonds.len()
            + m.glyphs.len()
            + m.more.len()
            + m.bars.len()
            + 2 * self.faults.len()
            + 2 * self.beats.len()
            + 3 * self.ghosts.len()
            + 2
    }
}

/// The stretch of the strip between two instants, if any of it is in view.
fn stretch(scale: &Scale, from: Micros, to: Micros) -> Option<(f64, f64)> {
    let (left, right) = (scale.x(from).max(scale.left), scale.x(to).min(scale.right()));
    (to >= scale.window.from && from <= scale.window.to).then_some((left, (right - left).max(0.0)))
}

fn op_boxes(track: &Track, scale: &Scale, bands: &Bands) -> Vec<OpBox> {
    let in_view = |o: &OpSpan| stretch(scale, o.from, o.ended.map_or(track.end, |e| e.1));
    let shown: Vec<(usize, (f64, f64))> = track.operations.iter().enumerate().filter_map(|(i, o)| Some((i, in_view(o)?))).collect();
    let mut boxes: Vec<OpBox> = Vec::new();
    let mut last = [None; super::track::OP_LANES];
    // In a crowd those too close to tell apart are drawn as one, and so are those that lie on each other for want of lanes.
    let merge = if shown.len() > BOXES { scale.width / BOXES as f64 * 1.6 } else { 0.0 };
    for (index, (x, width)) in shown {
        let op = &track.operations[index];
        let before: Option<usize> = last[op.lane];
        if merge > 0.0
            && let Some(b) = before.map(|b| &mut boxes[b])
            && (x + width - b.x < merge || x < b.x + b.width - 1.0)
        {
            b.count += 1;
            b.width = b.width.max(x + width - b.x);
            continue;
        }
        last[op.lane] = Some(boxes.len());
        let y = bands.ops + op.lane as f64 * bands.op_lane;
        boxes.push(OpBox { index, count: 1, kind: op.kind, x, y, width: width.max(2.0), height: bands.op_lane - 2.0, beside: 0.0 });
    }
    let mut next = [scale.right(); super::track::OP_LANES];
    for place in boxes.iter_mut().rev() {
        let lane = track.operations[place.index].lane;
        place.beside = (next[lane] - place.x - place.width).max(0.0);
        next[lane] = place.x;
    }
    boxes
}

fn diamonds(decisions: &[EventId], log: &[Event], scale: &Scale) -> Vec<Diamond> {
    let (first, last) = visible(log, scale.window.from, scale.window.to);
    let from = decisions.partition_point(|d| (d.0 as usize) < first);
    let to = decisions.partition_point(|d| (d.0 as usize) < last);
    let apart = if to - from > DIAMONDS { scale.width / DIAMONDS as f64 } else { 5.0 };
    let mut found: Vec<Diamond> = Vec::new();
    for id in &decisions[from..to] {
        let x = scale.x(log[id.0 as usize].at);
        match found.last_mut() {
            Some(d) if x - d.x < apart => (d.last, d.count) = (*id, d.count + 1),
            _ => found.push(Diamond { first: *id, last: *id, count: 1, x }),
        }
    }
    found
}

fn fault_boxes(track: &Track, scale: &Scale, bands: &Bands) -> Vec<FaultBox> {
    let mut boxes: Vec<FaultBox> = Vec::new();
    let row = |lane: usize| lane.min(bands.fault_rows.saturating_sub(1));
    for (index, fault) in track.faults.iter().enumerate() {
        let to = fault.ended.map_or(track.end, |e| e.1);
        let Some((x, width)) = stretch(scale, fault.from, to) else { continue };
        let y = bands.faults + row(fault.lane) as f64 * bands.fault_lane;
        // A box too narrow for its words has them on its right, as far as the next box leaves room.
        let next = track.faults[index + 1..]
            .iter()
            .find(|f| row(f.lane) == row(fault.lane))
            .map_or(scale.right(), |f| scale.x(f.from).min(scale.right()));
        let inner = (width - 10.0).min(next - x - 8.0);
        let outer = next - x - width - 8.0;
        let wanted = fault.label.chars().count() as f64 * bands.font * LETTER;
        let (label_x, room) = if wanted <= inner || inner >= outer { (x + 5.0, inner) } else { (x + width + 5.0, outer) };
        let crowded = boxes.last().is_some_and(|b| b.y == y && (x - b.x) < 1.0) && boxes.len() > BOXES;
        if !crowded {
            boxes.push(FaultBox {
                index,
                label: fitting(&fault.label, room, bands.font),
                label_x,
                x,
                y,
                width,
                height: bands.fault_lane - 2.0,
            });
        }
    }
    boxes
}

fn plot_y(stale: u64, worst: u64, bands: &Bands) -> f64 {
    let height = (bands.plot_base - bands.plot).max(4.0);
    bands.plot_base - stale as f64 / worst.max(1) as f64 * height
}

/// Steps, at most two points a pixel: within one pixel the highest value stands for the others.
fn plot(changes: &[(EventId, Micros, u64)], worst: u64, scale: &Scale, bands: &Bands) -> Plot {
    if worst == 0 {
        return Plot::default();
    }
    let first = changes.partition_point(|c| c.1 < scale.window.from);
    let mut value = first.checked_sub(1).map_or(0, |i| changes[i].2);
    // Where, the highest value there, and the value left behind.
    let mut steps: Vec<(f64, u64, u64)> = vec![(scale.left, value, value)];
    for (_, at, stale) in changes[first..].iter().take_while(|c| c.1 <= scale.window.to) {
        let x = scale.x(*at);
        match steps.last_mut() {
            Some(last) if x - last.0 < 0.5 => (last.1, last.2) = (last.1.max(*stale), *stale),
            _ => steps.push((x, *stale, *stale)),
        }
        value = *stale;
    }
    steps.push((scale.right(), value, value));
    let mut edge = String::new();
    for (i, (x, peak, stale)) in steps.iter().enumerate() {
        let y = plot_y(*peak, worst, bands);
        // Writing to a string cannot fail.
        let _ = if i == 0 { write!(edge, "M{x:.1} {y:.1}") } else { write!(edge, "H{x:.1}V{y:.1}") };
        if stale != peak {
            let _ = write!(edge, "V{:.1}", plot_y(*stale, worst, bands));
        }
    }
    Plot { area: format!("{edge}V{0:.1}H{1:.1}Z", bands.plot_base, scale.left), edge }
}

/// Most branches drawn; the newest come first.
const GHOSTS: usize = 4;

fn ghosts(track: &Track, scale: &Scale, bands: &Bands) -> Vec<GhostLine> {
    let Some(y) = bands.ghosts else { return Vec::new() };
    let shown = track.ghosts.iter().rev().take(GHOSTS);
    shown
        .filter_map(|ghost| {
            let (x, width) = stretch(scale, ghost.fork, ghost.end.max(ghost.fork))?;
            let mut acts = String::new();
            for at in ghost.acts.iter().filter(|at| scale.window.holds(**at)).take(200) {
                let _ = write!(acts, "M{:.1} {:.1}v8", scale.x(*at), y - 4.0);
            }
            Some(GhostLine {
                branch: ghost.branch,
                name: ghost.name.clone(),
                fork: scale.window.holds(ghost.fork).then(|| scale.x(ghost.fork)),
                line: format!("M{x:.1} {y:.1}h{width:.1}"),
                acts,
            })
        })
        .collect()
}
