//! How the room of a sweep's drawing is shared out: the asker's trees, the ladder, the other one's trees, and below them the rows.

use super::forest::{Frame, first_level};
use super::ladder::{Stage, Step};
use crate::engine::node::sweeps::Place;

/// Narrower drawings have no ladder between the trees.
const NARROW: f64 = 560.0;
/// Least distance of levels at which each message has a line of its own.
const ROOMY: f64 = 64.0;
/// From one rung to the next.
pub const RUNG: f64 = 22.0;

/// Where everything is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Plan {
    /// Width of the drawing.
    pub width: f64,
    /// Height of the drawing; more than it was given if levels would be too close.
    pub height: f64,
    /// The trees of the one who asks, and of the one who answers.
    pub frames: [Frame; 2],
    /// Left and right end of the ladder, if there is room for one.
    pub ladder: Option<(f64, f64)>,
    /// Whether each message of the ladder has a line of its own.
    pub roomy: bool,
    /// The line of the leaves.
    pub leaves: f64,
    /// Where rows begin.
    pub rows: f64,
    /// The lowest level.
    pub depth: u32,
}

impl Plan {
    /// Shares out `size` (width and height) for trees with so many levels below the root. `after` is how many rungs there may be below the leaves, `lines` the height that rows take on
    /// narrow drawings. Nothing of it changes while a sweep goes on, so that nothing moves but what is said.
    pub fn of(depth: u32, zoom: Option<Place>, size: (f64, f64), after: usize, lines: f64) -> Plan {
        let (width, given) = size;
        let wide = width >= NARROW;
        let ladder = if width >= 900.0 { 204.0 } else { 172.0 };
        let (side, between) = if wide { ((width - ladder - 56.0) / 2.0, ladder + 36.0) } else { ((width - 14.0) / 2.0, 14.0) };
        let margin = if wide { 10.0 } else { 0.0 };
        let levels = f64::from(depth - first_level(zoom).min(depth));
        let below = if wide { after as f64 * RUNG + 14.0 } else { lines };
        let share = |top: f64| (given - top - 40.0 - below) / levels.max(1.0);
        let roomy = wide && share(66.0) >= ROOMY;
        let top = if roomy { 66.0 } else { 44.0 };
        let gap = share(top).clamp(if wide { 28.0 } else { 40.0 }, if wide { 92.0 } else { 56.0 });
        let frame = |x: f64| Frame { x, w: side, top, gap, zoom };
        let leaves = top + levels * gap;
        let rows = leaves + 40.0;
        Plan {
            width,
            height: (rows + below).max(if wide { given } else { 0.0 }),
            frames: [frame(margin), frame(margin + side + between)],
            ladder: wide.then_some((margin + side + 18.0, margin + side + 18.0 + ladder)),
            roomy,
            leaves,
            rows,
            depth,
        }
    }

    /// The line of a rung, and whether it shares it with its answer; `None` if it is out of view.
    pub fn rung(&self, step: &Step, place_after: usize) -> Option<f64> {
        match step.stage {
            Stage::Level(level) => {
                let first = first_level(self.frames[0].zoom);
                if level < first || level > self.depth {
                    return None;
                }
                let y = self.frames[0].y(level);
                Some(match (self.roomy, step.from_asking) {
                    (true, true) => y - 43.0,
                    (true, false) => y - 21.0,
                    // Half way to the level above.
                    (false, _) => y - (self.frames[0].gap * 0.5).min(20.0),
                })
            }
            _ => Some(self.rows - 8.0 + place_after as f64 * RUNG),
        }
    }
}
