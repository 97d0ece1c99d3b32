//! Where the nodes of two forests are drawn: levels on one line, asker on the left. Levels with room show hashes, narrow ones cells, and
//! those with more nodes than pixels a strip, so that two leaves and a million are the same drawing.

use super::exchange::{Exchange, Mark};
use crate::engine::base::arrange;
use crate::engine::node::sweeps::Place;
use crate::view::digest_bars::{self, Bar};
use crate::view::format::count;
use crate::view::geometry::{Rect, round1};

/// Narrowest distance between two nodes that are drawn one by one.
const SINGLE: f64 = 5.0;
/// Width of a step of a strip.
const STEP: f64 = 3.0;
/// Edges of a level that are drawn at most.
const EDGES: usize = 400;

/// How a level is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Manner {
    /// Bars and four digits side by side.
    Wide,
    /// Bars above four digits.
    Stacked,
    /// Four digits.
    Digits,
    /// Two by two digits.
    Narrow,
    /// Cells without digits.
    Cells,
    /// More nodes than pixels.
    Strip,
}

impl Manner {
    fn of(space: f64) -> Manner {
        match space {
            s if s >= 80.0 => Manner::Wide,
            s if s >= 40.0 => Manner::Stacked,
            s if s >= 22.0 => Manner::Narrow,
            s if s >= SINGLE => Manner::Cells,
            _ => Manner::Strip,
        }
    }

    /// Width and height of a node whose hash is shown.
    fn size(self, space: f64) -> (f64, f64) {
        match self {
            Manner::Wide => (76.0, 28.0),
            Manner::Stacked => (38.0, 34.0),
            Manner::Digits => (38.0, 21.0),
            Manner::Narrow => (22.0, 34.0),
            Manner::Cells => ((space - 1.5).min(12.0), 16.0),
            Manner::Strip => (STEP, 16.0),
        }
    }
}

/// What a node looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Look {
    /// Not reached yet.
    Unseen,
    /// Below something equal: it need not be looked at.
    Spared,
    /// Marked.
    Marked(Mark),
}

impl Look {
    /// Its style class.
    pub const fn class(self) -> &'static str {
        match self {
            Look::Unseen => "unseen",
            Look::Spared => "spared",
            Look::Marked(Mark::Equal) => "equal",
            Look::Marked(Mark::Asked) => "asked",
            Look::Marked(Mark::Sent) => "sent",
            Look::Marked(Mark::Differs) => "differs",
        }
    }
}

/// A node, drawn by itself or standing for its step of a strip.
#[derive(Debug, Clone, PartialEq)]
pub struct Drawn {
    /// Which.
    pub place: Place,
    /// How it looks.
    pub look: Look,
    /// Its box.
    pub at: Rect,
    /// Lines of digits with their size; none where there is no room.
    pub digits: Vec<String>,
    /// The four digits as bars, in the coordinates of the drawing.
    pub bars: Vec<Bar>,
    /// The whole hash and what is known of it, for a pointer that rests on it.
    pub title: String,
}

/// A line from a node to a child.
#[derive(Debug, Clone, PartialEq)]
pub struct Edge {
    /// How the child looks.
    pub look: Look,
    /// Path data.
    pub d: String,
}

/// One side's trees.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Side {
    /// Lines, below everything.
    pub edges: Vec<Edge>,
    /// The grounds of strips: where nodes lie too close to be drawn.
    pub strips: Vec<Rect>,
    /// Nodes.
    pub nodes: Vec<Drawn>,
    /// Numbers below the leaves: where, the words, and whether the leaf differs.
    pub labels: Vec<(f64, String, bool)>,
}

/// Where things are.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Frame {
    /// Left edge of a side's trees.
    pub x: f64,
    /// Their width.
    pub w: f64,
    /// The line of the first level shown.
    pub top: f64,
    /// From one level to the next.
    pub gap: f64,
    /// The part that is shown: a node and all below it; everything if none.
    pub zoom: Option<Place>,
}

/// The numbers of the nodes of a level that are in view, from the first to after the last.
pub fn view_of(trees: &Exchange, zoom: Option<Place>, level: u32) -> (u64, u64) {
    match zoom {
        Some(top) if top.level <= level => {
            let (first, below) = (trees.number(&top), trees.bits * (level - top.level));
            (first << below, (first + 1) << below)
        }
        _ => (0, trees.width(level)),
    }
}

/// The level of the first line.
pub fn first_level(zoom: Option<Place>) -> u32 {
    zoom.map_or(0, |top| top.level)
}

impl Frame {
    /// The line of a level.
    pub fn y(&self, level: u32) -> f64 {
        self.top + f64::from(level - first_level(self.zoom)) * self.gap
    }

    fn x_of(&self, (from, to): (u64, u64), number: u64) -> f64 {
        self.x + self.w * ((number - from) as f64 + 0.5) / (to - from) as f64
    }
}

/// Draws one side.
pub fn side(trees: &Exchange, asking: bool, frame: &Frame) -> Side {
    let mut out = Side::default();
    let mut above: Vec<(u64, f64, f64)> = Vec::new();
    for level in first_level(frame.zoom)..=trees.depth() {
        let row = Row::of(trees, asking, frame, level);
        let drawn = row.nodes(&mut out);
        row.edges(&above, &drawn, &mut out);
        if level == trees.depth() {
            row.labels(&drawn, &mut out);
        }
        above = drawn.iter().map(|(number, at, _)| (*number, at.x + at.w / 2.0, at.bottom())).collect();
    }
    out
}

/// One level of one side.
struct Row<'a> {
    trees: &'a Exchange,
    asking: bool,
    frame: &'a Frame,
    level: u32,
    view: (u64, u64),
    space: f64,
    manner: Manner,
}

impl<'a> Row<'a> {
    fn of(trees: &'a Exchange, asking: bool, frame: &'a Frame, level: u32) -> Row<'a> {
        let view = view_of(trees, frame.zoom, level);
        let space = frame.w / (view.1 - view.0).max(1) as f64;
        let manner = match Manner::of(space) {
            // Boxes that are high need room between levels.
            Manner::Stacked if frame.gap < 50.0 => Manner::Digits,
            Manner::Narrow if frame.gap < 50.0 => Manner::Cells,
            Manner::Wide if frame.gap < 34.0 => Manner::Digits,
            manner => manner,
        };
        Row { trees, asking, frame, level, view, space, manner }
    }

    /// Draws the nodes; returns the number, box and look of each.
    fn nodes(&self, out: &mut Side) -> Vec<(u64, Rect, Look)> {
        let marked = self.trees.within(self.level, self.view.0, self.view.1);
        let mut drawn: Vec<(u64, Rect, Look)> = Vec::new();
        if self.manner == Manner::Strip {
            out.strips.push(Rect::new(self.frame.x, self.frame.y(self.level) - 8.0, self.frame.w, 16.0));
            // The most telling node of each step stands for it.
            let mut last: Option<i64> = None;
            for (number, mark) in marked {
                let x = self.frame.x_of(self.view, *number);
                let step = ((x - self.frame.x) / STEP) as i64;
                if last == Some(step) {
                    if let Some((n, _, look)) = drawn.last_mut()
                        && *look < Look::Marked(*mark)
                    {
                        (*n, *look) = (*number, Look::Marked(*mark));
                    }
                    continue;
                }
                last = Some(step);
                let at = Rect::new(self.frame.x + step as f64 * STEP, self.frame.y(self.level) - 8.0, STEP, 16.0);
                drawn.push((*number, at, Look::Marked(*mark)));
            }
        } else {
            for number in self.view.0..self.view.1 {
                let place = self.trees.place(self.level, number);
                if self.trees.bottoms.get(place.range as usize).is_some_and(|bottom| self.level > *bottom) {
                    continue;
                }
                let look = match self.trees.state(&place) {
                    Some(mark) => Look::Marked(mark),
                    None if self.trees.is_spared(&place) => Look::Spared,
                    None => Look::Unseen,
                };
                drawn.push((number, self.room(number, look), look));
            }
        }
        out.nodes.extend(drawn.iter().map(|(number, at, look)| self.node(*number, *at, *look)));
        drawn
    }

    /// A node's box.
    fn room(&self, number: u64, look: Look) -> Rect {
        let open = matches!(look, Look::Marked(mark) if mark != Mark::Equal);
        let (w, h) = match (open, look) {
            (true, _) => self.manner.size(self.space),
            (_, Look::Marked(_)) if self.manner == Manner::Wide => (58.0, 24.0),
            (_, Look::Marked(_)) => ((self.space - 4.0).min(22.0), 20.0),
            _ => ((self.space - 4.0).clamp(3.0, 14.0), 11.0),
        };
        let (x, y) = (self.frame.x_of(self.view, number), self.frame.y(self.level));
        Rect::new(round1(x - w / 2.0), round1(y - h / 2.0), w, h)
    }

    fn node(&self, number: u64, at: Rect, look: Look) -> Drawn {
        let place = self.trees.place(self.level, number);
        let (mine, theirs) = (self.trees.hash(self.asking, &place), self.trees.hash(!self.asking, &place));
        let short = mine.map(|hash| hash.short());
        let open = matches!(look, Look::Marked(mark) if mark != Mark::Equal);
        let (digits, bars) = match (&short, look) {
            (Some(short), _) if open => self.digits(short, mine.zip(theirs).filter(|_| look == Look::Marked(Mark::Differs)), &at),
            (Some(short), Look::Marked(_)) if self.manner == Manner::Wide => (vec![format!("= {short}")], Vec::new()),
            (_, Look::Marked(Mark::Equal)) if at.w >= 10.0 => (vec!["=".to_owned()], Vec::new()),
            _ => Default::default(),
        };
        let known = match look {
            Look::Unseen => "not looked at",
            Look::Spared => "below an equal node",
            Look::Marked(Mark::Equal) => "equal",
            Look::Marked(Mark::Asked) => "asked for",
            Look::Marked(Mark::Sent) => "sent, not compared",
            Look::Marked(Mark::Differs) => "differs",
        };
        let title = format!("{}: {}, {known}", name(self.trees, &place), short.as_deref().unwrap_or("no tree yet"));
        Drawn { place, look, at, digits, bars, title }
    }

    /// The digits of a node that is open, and its bars where there is room for them.
    fn digits(
        &self,
        short: &str,
        both: Option<(crate::engine::base::Digest, crate::engine::base::Digest)>,
        at: &Rect,
    ) -> (Vec<String>, Vec<Bar>) {
        let room = match self.manner {
            Manner::Wide => Some(Rect::new(at.x + 6.0, at.y + 5.0, 23.0, at.h - 10.0)),
            Manner::Stacked => Some(Rect::new(at.x + 8.0, at.y + 4.0, at.w - 16.0, 11.0)),
            _ => None,
        };
        let bars = room.map_or_else(Vec::new, |room| {
            let of = |hash| digest_bars::bars(hash, &both.map_or_else(Vec::new, |(_, other)| vec![other]));
            let all = both.map_or_else(Vec::new, |(mine, _)| of(mine));
            let scale = |bar: Bar| {
                let (sx, sy) = (room.w / digest_bars::BOX.0, room.h / digest_bars::BOX.1);
                let place = Rect::new(room.x + bar.at.x * sx, room.y + bar.at.y * sy, bar.at.w * sx, bar.at.h * sy);
                Bar { at: place, ..bar }
            };
            all.into_iter().map(scale).collect()
        });
        let lines = match self.manner {
            Manner::Wide | Manner::Stacked | Manner::Digits => vec![short.to_owned()],
            Manner::Narrow => short.split_at_checked(2).map_or_else(Vec::new, |(a, b)| vec![a.to_owned(), b.to_owned()]),
            Manner::Cells | Manner::Strip => Vec::new(),
        };
        (lines, bars)
    }

    /// Lines from the nodes above.
    fn edges(&self, above: &[(u64, f64, f64)], drawn: &[(u64, Rect, Look)], out: &mut Side) {
        let bits = self.trees.bits;
        let mut last: Option<(i64, i64, Look)> = None;
        let mut edges = Vec::new();
        for (number, at, look) in drawn {
            let dense = self.space < 2.0 * SINGLE;
            if dense && !matches!(look, Look::Marked(Mark::Differs | Mark::Asked | Mark::Sent)) {
                continue;
            }
            let parent = above.binary_search_by_key(&(number >> bits), |(n, _, _)| *n);
            let Some((_, px, py)) = parent.ok().or_else(|| nearest(above, number >> bits)).and_then(|i| above.get(i)) else { continue };
            let (x, y) = (at.x + at.w / 2.0, at.y);
            let column = ((px / 2.0) as i64, (x / 2.0) as i64, *look);
            if last == Some(column) || edges.len() >= EDGES {
                continue;
            }
            last = Some(column);
            let bend = (y - py).max(8.0) * 0.62;
            let d = format!(
                "M{} {}C{} {} {} {} {} {}",
                round1(*px),
                round1(*py),
                round1(*px),
                round1(py + bend),
                round1(x),
                round1(y - bend),
                round1(x),
                round1(y)
            );
            edges.push(Edge { look: *look, d });
        }
        // What differs lies above what does not.
        arrange(&mut edges, |a, b| a.look.cmp(&b.look));
        out.edges.extend(edges);
    }

    /// Numbers below the leaves, as far as they do not touch.
    fn labels(&self, drawn: &[(u64, Rect, Look)], out: &mut Side) {
        let single = self.view.1 - self.view.0 <= 1 || self.trees.ranges > 1;
        let text = |number: u64| if self.trees.ranges > 1 { count(self.trees.place(self.level, number).index) } else { count(number) };
        let every = self.space >= 20.0 && !single;
        let mut free = f64::NEG_INFINITY;
        for (number, at, look) in drawn {
            let differs = *look == Look::Marked(Mark::Differs);
            let (x, words) = (at.x + at.w / 2.0, text(*number));
            let half = words.chars().count() as f64 * 4.2;
            if (differs || every) && x - half >= free {
                free = x + half + 5.0;
                out.labels.push((round1(x), words, differs));
            }
        }
    }
}

/// The node of a strip above that stands for the step a node is in.
fn nearest(above: &[(u64, f64, f64)], number: u64) -> Option<usize> {
    let after = above.partition_point(|(n, _, _)| *n < number);
    let near = [after.checked_sub(1), Some(after).filter(|i| *i < above.len())];
    near.into_iter().flatten().min_by_key(|i| above[*i].0.abs_diff(number))
}

/// Where some leaves of one tree lie, from left to right; `None` if none of them is in view.
pub fn reach(trees: &Exchange, frame: &Frame, (range, first, last): (u32, u64, u64)) -> Option<(f64, f64)> {
    let level = trees.bottoms.get(range as usize).copied().unwrap_or_else(|| trees.depth());
    let view = view_of(trees, frame.zoom, level);
    let number = |index| trees.number(&Place { range, level, index });
    let (from, to) = (number(first).max(view.0), (number(last) + 1).min(view.1));
    let at = |number: u64| frame.x + frame.w * (number - view.0) as f64 / (view.1 - view.0).max(1) as f64;
    (from < to).then(|| (round1(at(from)), round1(at(to))))
}

/// A node in words: `root`, `node 5 of level 2`, `leaf 12`.
pub fn name(trees: &Exchange, place: &Place) -> String {
    let range = if trees.ranges > 1 { format!("range {}, ", place.range + 1) } else { String::new() };
    let bottom = trees.bottoms.get(place.range as usize).copied().unwrap_or_else(|| trees.depth());
    match place.level {
        0 => format!("{range}root"),
        level if level == bottom => format!("{range}leaf {}", count(place.index)),
        level => format!("{range}level {level}, node {}", count(place.index)),
    }
}

impl PartialOrd for Look {
    fn partial_cmp(&self, other: &Look) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Look {
    fn cmp(&self, other: &Look) -> std::cmp::Ordering {
        let rank = |look: &Look| match look {
            Look::Unseen => 0,
            Look::Spared => 1,
            Look::Marked(mark) => 2 + *mark as u8,
        };
        rank(self).cmp(&rank(other))
    }
}
