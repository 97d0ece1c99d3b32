//! The beats t0 to t4 of outages, as flags in the row of the fault they belong to.

use super::bands::Bands;
use super::faults::Wrong;
use super::track::Track;
use super::window::Scale;
use crate::engine::base::{EventId, Micros};

/// A beat on the strip.
#[derive(Debug, Clone, PartialEq)]
pub struct BeatMark {
    /// `t0` to `t4`; empty where there is no room for it.
    pub label: &'static str,
    /// What happens, for whoever points at it.
    pub words: String,
    /// When.
    pub at: Micros,
    /// The event, if it is one.
    pub event: Option<EventId>,
    /// Where it stands.
    pub x: f64,
    /// Where its name begins.
    pub label_x: f64,
    /// Top of its row.
    pub y: f64,
    /// Height of its row.
    pub height: f64,
}

/// Width of a name, relative to the size of text.
const NAME: f64 = 1.15;

/// The beats in view.
pub(super) fn beats(track: &Track, scale: &Scale, bands: &Bands) -> Vec<BeatMark> {
    let mut marks: Vec<BeatMark> = Vec::new();
    let wide = NAME * bands.font;
    for outage in &track.outages {
        let (from, _) = outage.ends();
        let mine = |w: Wrong| matches!(w, Wrong::Down(n) | Wrong::Paused(n) if n == outage.node);
        let Some(fault) = track.faults.iter().find(|f| f.from == from && mine(f.wrong)) else { continue };
        let y = bands.faults + fault.lane.min(bands.fault_rows.saturating_sub(1)) as f64 * bands.fault_lane;
        // The row begins with the fault's own words.
        let mut free = scale.x(from) + (fault.label.chars().count() as f64 * 0.56 + 0.8) * bands.font;
        for (i, beat) in outage.beats.iter().enumerate().filter(|(_, b)| scale.window.holds(b.at)) {
            let x = scale.x(beat.at);
            let next = outage.beats.get(i + 1).map_or(scale.right(), |b| scale.x(b.at));
            // The first stands before its box, the others behind their line.
            let (label_x, fits) = match i {
                0 => (x - wide - 1.0, x - wide > scale.left && marks.iter().all(|m| m.y != y || m.label_x + wide < x - wide)),
                _ => (x + 4.0, x + 4.0 >= free && x + 4.0 + wide <= next.max(x + 5.0 + wide * f64::from(u8::from(i == 4)))),
            };
            if fits && i > 0 {
                free = label_x + wide;
            }
            marks.push(BeatMark {
                label: if fits { beat.name } else { "" },
                words: format!("{}: {}", beat.name, beat.what),
                at: beat.at,
                event: beat.event,
                x,
                label_x,
                y,
                height: bands.fault_lane - 2.0,
            });
        }
    }
    marks
}
