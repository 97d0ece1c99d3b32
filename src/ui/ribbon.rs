//! Lanes of replicas over time, filled with the version held: a disagreement reads like a flag.

use yew::prelude::*;

use super::marks::glyph_parts;
use crate::engine::base::{Micros, arrange};
use crate::ui::svg::{path, path_at, px, rect, text};
use crate::view::chip::look;
use crate::view::format::{list, span};
use crate::view::geometry::{Rect, pt};
use crate::view::glyph::{Form, Kind, LOST};
use crate::view::home::{Held, Lane, Ribbon, ticks};

/// Places and sizes of a drawing, in its own units.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Frame {
    width: f64,
    /// Where the lanes begin.
    left: f64,
    /// Height of a lane.
    lane: f64,
    /// From one lane to the next.
    pitch: f64,
    /// Size of the words.
    words: f64,
}

impl Frame {
    /// For a screen.
    pub const WIDE: Frame = Frame { width: 1312.0, left: 46.0, lane: 32.0, pitch: 66.0, words: 16.0 };
    /// For a phone.
    pub const NARROW: Frame = Frame { width: 362.0, left: 26.0, lane: 26.0, pitch: 50.0, words: 12.5 };

    /// For a figure of a lesson.
    pub const FIGURE: Frame = Frame { width: 760.0, left: 36.0, lane: 22.0, pitch: 32.0, words: 13.5 };
    /// For a figure that is shown to a room.
    pub const ROOM: Frame = Frame { width: 560.0, left: 36.0, lane: 25.0, pitch: 31.0, words: 17.0 };
    /// For one of two figures side by side, or on a phone.
    pub const HALF: Frame = Frame { width: 372.0, left: 28.0, lane: 22.0, pitch: 32.0, words: 13.0 };

    /// Where an instant lies.
    pub fn x(&self, at: Micros, end: Micros) -> f64 {
        let share = at.0.min(end.0) as f64 / end.0.max(1) as f64;
        (self.left + share * (self.width - self.left - 8.0)).round()
    }

    fn top(&self, lane: usize) -> f64 {
        14.0 + lane as f64 * self.pitch
    }

    fn bottom(&self, lanes: usize) -> f64 {
        self.top(lanes) - self.pitch + self.lane + 24.0
    }
}

/// The drawing.
pub fn drawing(ribbon: &Ribbon, f: Frame, class: &'static str) -> Html {
    let bottom = f.bottom(ribbon.lanes.len());
    html! {
        <svg class={classes!("front", class)} viewBox={format!("0 0 {} {}", f.width, bottom + 22.0)} role="img" aria-label={summary(ribbon)}>
            { axis(ribbon, f, bottom) }
            { for ribbon.lanes.iter().enumerate().map(|(i, lane)| lane_view(ribbon, f, i, lane)) }
            { for ribbon.lanes.iter().enumerate().map(|(i, lane)| notes(ribbon, f, i, lane)) }
        </svg>
    }
}

/// Lanes without words, up to an instant: what comes later is not known yet.
pub fn lanes(ribbon: &Ribbon, f: Frame, upto: Micros) -> Html {
    let bottom = f.bottom(ribbon.lanes.len());
    let cut = |spans: &[(Micros, Micros)]| -> Vec<(Micros, Micros)> {
        spans.iter().filter(|(from, _)| *from < upto).map(|(from, to)| (*from, (*to).min(upto))).collect()
    };
    let known = |lane: &Lane| Lane {
        held: lane.held.iter().filter(|h| h.from < upto).map(|h| Held { to: h.to.min(upto), ..*h }).collect(),
        down: cut(&lane.down),
        cut: cut(&lane.cut),
        ..lane.clone()
    };
    html! {
        <>
            { axis(ribbon, f, bottom) }
            { for ribbon.lanes.iter().enumerate().map(|(i, lane)| lane_view(ribbon, f, i, &known(lane))) }
        </>
    }
}

/// How large a drawing of so many lanes is: width and height.
pub fn size(f: Frame, lanes: usize) -> (f64, f64) {
    (f.width, f.bottom(lanes) + 22.0)
}

/// The drawing in a sentence.
pub fn summary(ribbon: &Ribbon) -> String {
    let lane = |lane: &Lane| {
        let held = list(lane.held.iter().map(|h| h.version.map_or("nothing".to_owned(), |(n, _)| format!("v{n}"))));
        let missed = lane.missed.iter().map(|(_, n)| format!("v{n}"));
        let missed = if lane.missed.is_empty() { String::new() } else { format!(", missed {}", list(missed)) };
        format!("{} held {held}{missed}.", lane.node)
    };
    let lanes: Vec<String> = ribbon.lanes.iter().map(lane).collect();
    format!("The replicas of {} over {}. {}", ribbon.key, span(ribbon.end), lanes.join(" "))
}

fn axis(ribbon: &Ribbon, f: Frame, bottom: f64) -> Html {
    let all = ticks(ribbon.end);
    let every = if f.width < 600.0 { all.len().div_ceil(4).max(1) } else { 1 };
    let days = ribbon.end >= Micros::secs(3 * 86_400);
    html! {
        { for all.iter().step_by(every).map(|at| {
            let x = f.x(*at, ribbon.end);
            let words = if days { format!("day {}", at.0 / 86_400_000_000 + 1) } else if at.0 == 0 { "0".to_owned() } else { span(*at) };
            html! {
                <>
                    { path("day", &format!("M{x} 4V{bottom}")) }
                    if x + 40.0 < f.width { { text(classes!("s", "f-ink3"), pt(x + 4.0, bottom + 16.0), None, f.words, &words) } }
                </>
            }
        }) }
    }
}

fn lane_view(ribbon: &Ribbon, f: Frame, i: usize, lane: &Lane) -> Html {
    let top = f.top(i);
    let room = |from: Micros, to: Micros| {
        let x = f.x(from, ribbon.end);
        (x, (f.x(to, ribbon.end) - x).max(1.0))
    };
    html! {
        <g class="lane">
            { text(classes!("d", "wb"), pt(f.left * 0.52, top + f.lane * 0.5 + 8.0), Some("middle"), f.words * 1.45, &lane.node.to_string()) }
            { path("base", &format!("M{} {}H{}", f.left, top + f.lane / 2.0, f.width - 8.0)) }
            { for lane.held.iter().filter_map(|held| {
                let (number, stone) = held.version?;
                let (x, width) = room(held.from, held.to);
                let look = look(number);
                let label = if stone { format!("{} deleted", look.label) } else { look.label.clone() };
                // The label begins where the lane can be seen.
                let seen = lane.down.iter().find(|(from, to)| *from <= held.from && held.from < *to).map_or(x, |(_, to)| f.x(*to, ribbon.end));
                let space = x + width - seen;
                Some(html! {
                    <>
                        { rect(classes!("held", look.class), &Rect::new(x, top, width, f.lane), "0") }
                        <rect x={px(x)} y={px(top)} width={px(width.min(10.0))} height={px(f.lane)} fill={look.spine_fill()} />
                        if space > 42.0 {
                            { text(classes!("on"), pt(seen + 17.0, top + f.lane / 2.0 + f.words * 0.36), None, f.words, &label) }
                        }
                    </>
                })
            }) }
            { for lane.down.iter().map(|(from, to)| {
                let (x, width) = room(*from, *to);
                html! {
                    <>
                        { rect(classes!("down"), &Rect::new(x, top, width, f.lane), "0") }
                        if width > 46.0 {
                            { text(classes!("s", "wb", "halo"), pt(x + width / 2.0, top + f.lane / 2.0 + 5.0), Some("middle"), f.words, "down") }
                        }
                    </>
                }
            }) }
            { for lane.cut.iter().map(|(from, to)| path("torn", &torn(f.x(*from, ribbon.end), f.x(*to, ribbon.end), top - 6.5))) }
        </g>
    }
}

/// A strip of torn paper from `x0` to `x1` round `y`. The same strip every time.
fn torn(x0: f64, x1: f64, y: f64) -> String {
    let steps = (((x1 - x0) / 9.0).round() as u32).clamp(2, 200);
    let at = |i: u32| x0 + (x1 - x0) * f64::from(i) / f64::from(steps);
    // A hash of the step, from -1 to 1: irregular, but not random.
    let rough = |i: u32| f64::from(i.wrapping_mul(2_654_435_761).wrapping_add(97) >> 16 & 0xff) / 127.5 - 1.0;
    let thick = |i: u32| if i == 0 || i == steps { 0.0 } else { 3.6 };
    let mut d = format!("M{x0:.1} {y:.1}");
    for i in 1..=steps {
        d.push_str(&format!("L{:.1} {:.1}", at(i), y - thick(i) + 1.4 * rough(i)));
    }
    for i in (1..steps).rev() {
        d.push_str(&format!("L{:.1} {:.1}", at(i), y + thick(i) + 1.4 * rough(i + 500)));
    }
    d + "Z"
}

/// What was missed and what mended it, in words where there is room.
fn notes(ribbon: &Ribbon, f: Frame, i: usize, lane: &Lane) -> Html {
    let top = f.top(i);
    let y = top + f.lane + f.words + 1.0;
    let mut free = 0.0;
    let mut word = |x: f64, class: &'static str, what: String| {
        let half = what.chars().count() as f64 * f.words * 0.25;
        let middle = x.clamp(f.left + half, f.width - 8.0 - half);
        let fits = middle - half > free;
        if fits {
            free = middle + half + 8.0;
        }
        fits.then(|| text(classes!("s", "wb", class), pt(middle, y), Some("middle"), f.words, &what))
    };
    let mut marks: Vec<(Micros, Option<String>)> =
        lane.missed.iter().map(|(at, n)| (*at, Some(format!("{} misses v{n}", lane.node)))).collect();
    marks.extend(lane.lost.iter().map(|(at, n)| (*at, Some(format!("{} loses v{n}", lane.node)))));
    marks.extend(lane.repairs.iter().map(|(at, _)| (*at, None)));
    arrange(&mut marks, Ord::cmp);
    html! {
        { for marks.into_iter().map(|(at, bad)| {
            let x = f.x(at, ribbon.end);
            let middle = top + f.lane / 2.0;
            match bad {
                Some(what) => html! {
                    <>
                        { path_at("lost k-fault on-version", LOST, Some(format!("translate({x} {middle}) scale(.62)"))) }
                        { word(x, "f-fault", what) }
                    </>
                },
                None => html! {
                    <>
                        <g class="on-version" transform={format!("translate({x} {middle}) scale(.9)")}>{ glyph_parts(Kind::Repair, Form::Carries) }</g>
                        { word(x, "", format!("a read repairs {}", lane.node)) }
                    </>
                },
            }
        }) }
    }
}
