//! Where the rows of the timeline stand, given its size and what it has to show.

use super::track::Track;

/// Heights and places, in pixels from the top left of the drawing.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bands {
    /// Width of the drawing.
    pub width: f64,
    /// Height of the drawing.
    pub height: f64,
    /// Where time begins; labels stand left of it, if there is room for any.
    pub left: f64,
    /// Pixels of time.
    pub across: f64,
    /// Size of text.
    pub font: f64,
    /// Baseline of the axis labels.
    pub axis: f64,
    /// Top of the first row of operations.
    pub ops: f64,
    /// Height of one row of operations, with its gap.
    pub op_lane: f64,
    /// Middle of the decisions.
    pub decisions: f64,
    /// Middle of the lowest row of events.
    pub events: f64,
    /// Rows of events.
    pub event_rows: usize,
    /// Top of the first row of faults.
    pub faults: f64,
    /// Height of one row of faults, with its gap.
    pub fault_lane: f64,
    /// Rows of faults.
    pub fault_rows: usize,
    /// Middle of the line for other branches, if there are any.
    pub ghosts: Option<f64>,
    /// Top of the plot.
    pub plot: f64,
    /// Bottom of the plot.
    pub plot_base: f64,
}

/// Height of one row of events.
pub const EVENT_ROW: f64 = 9.7;
/// Room for row labels on the left.
const LABELS: f64 = 92.0;
/// Below this width there are no row labels.
pub const NARROW: f64 = 400.0;

impl Bands {
    /// Shares out a drawing of `width` by `height` pixels with text of `font` pixels.
    pub fn of(width: f64, height: f64, font: f64, track: &Track) -> Bands {
        let labels = width >= NARROW;
        let left = if labels { LABELS + (font - 13.0) * 5.0 } else { 14.0 };
        let across = (width - left - if labels { 18.0 } else { 14.0 }).max(40.0);
        let axis = font + 4.0;
        let ops = axis + 7.0;
        let op_lane = match track.op_lanes {
            0 | 1 => font + 8.0,
            2 => font + 5.0,
            _ => font + 2.0,
        };
        // Low drawings have less air; what is left over goes to the rows of events.
        let low = height < 150.0;
        let op_lane = if low && track.op_lanes > 1 { font + 2.0 } else { op_lane };
        let fault_lane = if low { font } else { font + 3.0 };
        let decisions_height = if low { 12.0 } else { 17.0 };
        let plot_height = if low { 16.0 } else { 30.0 };
        let ghosts_height = if track.ghosts.is_empty() { 0.0 } else { 13.0 };
        let without_faults = ops + op_lane * track.op_lanes as f64 + decisions_height + plot_height + ghosts_height + 8.0;
        // Where height is short, rows of faults share one.
        let room = ((height - without_faults - 2.0 * EVENT_ROW) / fault_lane).floor().max(1.0) as usize;
        let fault_rows = track.fault_lanes.min(room);
        let faults_height = fault_lane * fault_rows as f64;
        let fixed = without_faults + faults_height;
        let event_rows = ((height - fixed) / EVENT_ROW).floor().clamp(2.0, 6.0);
        let slack = (height - fixed - event_rows * EVENT_ROW).clamp(-20.0, 24.0);
        let decisions = ops + op_lane * track.op_lanes as f64 + decisions_height / 2.0;
        let events_top = decisions + decisions_height / 2.0;
        let events = events_top + event_rows * EVENT_ROW - EVENT_ROW / 2.0;
        let faults = events + EVENT_ROW / 2.0 + 3.0;
        let under = faults + faults_height;
        let plot_base = under + ghosts_height + plot_height + 2.0 + slack;
        Bands {
            width,
            height,
            left,
            across,
            font,
            axis,
            ops,
            op_lane,
            decisions,
            events,
            event_rows: event_rows as usize,
            faults,
            fault_lane,
            fault_rows,
            ghosts: (ghosts_height > 0.0).then_some(under + ghosts_height / 2.0),
            plot: under + ghosts_height + 4.0,
            plot_base: plot_base.min(height - 3.0),
        }
    }

    /// The height a narrow drawing likes to have.
    pub fn natural_height(font: f64, track: &Track) -> f64 {
        let lanes = track.op_lanes as f64 * (font + 5.0) + track.fault_lanes as f64 * (font + 1.0);
        let ghosts = if track.ghosts.is_empty() { 0.0 } else { 13.0 };
        font + 11.0 + lanes + ghosts + 17.0 + 4.0 * EVENT_ROW + 42.0
    }

    /// Whether rows are labelled on the left.
    pub fn has_labels(&self) -> bool {
        self.width >= NARROW
    }
}
