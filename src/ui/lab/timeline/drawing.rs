//! The timeline as SVG: a part that depends only on the recording and the window, and a part that moves with the cursor.

use std::fmt::Write as _;

use yew::prelude::*;

use super::super::{LabHandle, Selection, UiState};
use super::Shared;
use crate::engine::base::Micros;
use crate::ui::marks::glyph_parts;
use crate::ui::svg::{path, path_at, px, rect, text, titled};
use crate::view::geometry::{Rect, pt};
use crate::view::glyph::{DECISION, Form, Kind, LOST};
use crate::view::timeline::{Bands, Bars, Dock, FaultBox, Look, Mark, OpBox, OpSpan, Track, Wrong, clock, fitting, is_past};

fn form_name(form: Form) -> &'static str {
    match form {
        Form::Asks => "asks",
        Form::Carries => "carries",
        Form::Acks => "acks",
    }
}

fn symbol(number: u32, kind: Kind, form: Form) -> String {
    format!("tl{number}-{}-{}", kind.class(), form_name(form))
}

#[derive(PartialEq, Properties)]
pub struct StripProps {
    /// What is drawn.
    pub dock: Shared<Dock>,
    /// The run.
    pub track: Shared<Track>,
    /// The lab's number, for ids.
    pub number: u32,
}

/// What does not depend on the cursor: axis, messages, plot, kept futures.
#[component]
pub fn Strip(props: &StripProps) -> Html {
    let dock = &props.dock.0;
    html! {
        <g aria-hidden="true">
            { symbols(dock, props.number) }
            { axis(dock) }
            { row_names(dock) }
            { path("area past", &dock.plot.area) }
            { path("curve", &dock.plot.edge) }
            { path("base", &format!("M{} {}H{}", px(dock.scale.left), px(dock.bands.plot_base), px(dock.scale.right()))) }
            { for dock.marks.bars.iter().map(bars) }
            { for dock.marks.glyphs.iter().map(|m| mark(m, props.number)) }
            { for dock.marks.more.iter().map(|(x, n)| more(*x, *n, &dock.bands)) }
            { ghosts(dock) }
            { for dock.faults.iter().map(|f| fault_ground(&props.track.0, f)) }
        </g>
    }
}

/// Each glyph in use, drawn once; the marks refer to it.
fn symbols(dock: &Dock, number: u32) -> Html {
    let mut used: Vec<(Kind, Form)> = Vec::new();
    for mark in &dock.marks.glyphs {
        if let Look::Message { kind, form, .. } = mark.look
            && !used.contains(&(kind, form))
        {
            used.push((kind, form));
        }
    }
    html! {
        <defs>
            { for used.into_iter().map(|(kind, form)| html! { <g id={symbol(number, kind, form)}>{ glyph_parts(kind, form) }</g> }) }
            <path id={format!("tl{number}-lost")} class="lost" d={LOST} />
        </defs>
    }
}

fn mark(mark: &Mark, number: u32) -> Html {
    let transform = format!("translate({} {}) scale({})", px(mark.x), px(mark.y), mark.scale);
    match mark.look {
        Look::Message { kind, form, .. } => {
            html! { <use href={format!("#{}", symbol(number, kind, form))} {transform} class={kind.class()} /> }
        }
        Look::Lost => html! { <use href={format!("#tl{number}-lost")} {transform} class="k-fault" /> },
    }
}

fn more(x: f64, n: usize, bands: &Bands) -> Html {
    let y = bands.events - bands.event_rows as f64 * 9.7 + 6.0;
    titled("more", &format!("M{} {}h5m-2.5 -2.5v5", px(x - 2.5), px(y)), format!("and {n} more"))
}

fn bars(bars: &Bars) -> Html {
    html! { <path class={classes!("bars", bars.kind.map_or("k-fault", Kind::class))} d={bars.path.clone()} /> }
}

fn axis(dock: &Dock) -> Html {
    let b = &dock.bands;
    let edge = |x: f64| match () {
        () if x < dock.scale.left + 14.0 => "start",
        () if x > dock.scale.right() - 12.0 => "end",
        () => "middle",
    };
    html! {
        { for dock.ticks.iter().map(|tick| {
            let x = if edge(tick.x) == "start" { tick.x.min(dock.scale.left) } else { tick.x };
            html! {
                <>
                    { path("tick", &format!("M{} {}v{}", px(tick.x), px(b.axis + 3.0), if tick.strong { 6 } else { 4 })) }
                    { text(classes!("f-ink3"), pt(x, b.axis), Some(edge(tick.x)), b.font, &tick.label) }
                </>
            }
        }) }
    }
}

fn row_names(dock: &Dock) -> Html {
    let b = &dock.bands;
    if !b.has_labels() {
        return Html::default();
    }
    let events = b.events - (b.event_rows as f64 - 1.0) * 9.7 / 2.0;
    let mut names = vec![
        ("operations", b.ops + b.op_lane / 2.0 - 1.0),
        ("decisions", b.decisions),
        ("messages", events),
        ("copies behind", (b.plot + b.plot_base) / 2.0),
    ];
    if b.fault_rows > 0 {
        names.push(("faults", b.faults + b.fault_lane * b.fault_rows as f64 / 2.0 - 1.0));
    }
    if let Some(y) = b.ghosts {
        names.push(("other futures", y));
    }
    html! {
        { for names.into_iter().map(|(name, y)| {
            text(classes!("f-ink2"), pt(b.left - 10.0, y + b.font * 0.34), Some("end"), b.font, name)
        }) }
    }
}

fn ghosts(dock: &Dock) -> Html {
    let Some(y) = dock.bands.ghosts else { return Html::default() };
    html! {
        { for dock.ghosts.iter().map(|ghost| html! {
            <g class="fork">
                { path("fork-line", &ghost.line) }
                { path("fork-acts", &ghost.acts) }
                if let Some(x) = ghost.fork {
                    { titled("fork-point", &format!("M{} {}v10l8 -5z", px(x - 3.0), px(y - 5.0)), format!("{} goes its own way from here", ghost.name)) }
                }
            </g>
        }) }
    }
}

fn fault_ground(track: &Track, place: &FaultBox) -> Html {
    let fault = &track.faults[place.index];
    let FaultBox { x, y, width, height, .. } = place;
    if fault.wrong == Wrong::Change {
        return path("change", &format!("M{} {}v{}m0 {}l5 3.5l-5 3.5", px(*x), px(*y), px(*height), px(-*height)));
    }
    let room = Rect::new(*x, *y, width.max(2.0), *height);
    if !matches!(fault.wrong, Wrong::Cut(_) | Wrong::Link(..)) {
        return rect(classes!("span-dead"), &room, "");
    }
    html! {
        <>
            { rect(classes!("span-fault"), &room, "") }
            { rect(classes!("span-fault-edge"), &room, "") }
        </>
    }
}

/// What moves with the cursor.
pub struct Picture<'a> {
    /// The lab.
    pub lab: &'a LabHandle,
    /// The drawing.
    pub dock: &'a Dock,
    /// The run.
    pub track: &'a Track,
    /// What is selected and lit.
    pub ui: &'a UiState,
    /// Events that have happened.
    pub cursor: u32,
    /// The present.
    pub now: Micros,
}

/// Operations above which their boxes are drawn without dashes and halos: those would be all that is seen.
const CROWD: usize = 40;

impl Picture<'_> {
    /// The layer above the strip.
    pub fn changing(&self) -> Html {
        let (b, scale) = (&self.dock.bands, &self.dock.scale);
        let x = scale.x(self.now).clamp(scale.left, scale.right());
        let top = b.decisions + 8.0;
        html! {
            <g aria-hidden="true" class={(self.dock.ops.len() > CROWD).then_some("crowd")}>
                <rect class="veil" data-part="veil" x="0" y={px(top)} width={px(scale.right() - scale.left)} height={px(b.plot_base - top)} />
                { for self.dock.faults.iter().map(|f| self.fault_words(f)) }
                { for self.dock.ops.iter().map(|o| self.operation(o, x)) }
                { for self.dock.diamonds.iter().map(|d| {
                    let class = if is_past(d.first, self.cursor) { "dec" } else { "dec to-come" };
                    path_at(class, DECISION, Some(format!("translate({} {}) scale(.62)", px(d.x), px(b.decisions))))
                }) }
                { self.lit() }
                { self.playhead(x) }
            </g>
        }
    }

    fn fault_words(&self, place: &FaultBox) -> Html {
        if place.label.is_empty() {
            return Html::default();
        }
        let fault = &self.track.faults[place.index];
        let hue = if matches!(fault.wrong, Wrong::Cut(_) | Wrong::Link(..)) { "f-fault" } else { "f-ink" };
        let font = self.dock.bands.font;
        text(classes!("halo", "sb", hue), pt(place.label_x, place.y + place.height / 2.0 + font * 0.34), None, font, &place.label)
    }

    fn operation(&self, place: &OpBox, now: f64) -> Html {
        let op = &self.track.operations[place.index];
        let OpBox { x, y, width, height, count, .. } = place;
        let over = op.ended.is_some_and(|(id, _)| is_past(id, self.cursor));
        let chosen = *count == 1 && (self.ui.selection == Selection::Operation(op.op) || self.ui.hover == Selection::Operation(op.op));
        let past = (now - x).clamp(0.0, *width);
        html! {
            <g class={classes!("op", place.kind.class(), (!over).then_some("open"), chosen.then_some("sel"))}>
                { rect(classes!("box"), &Rect::new(*x, *y, *width, *height), "2") }
                if !over && past > 0.5 && is_past(op.began, self.cursor) { { rect(classes!("past"), &Rect::new(*x, *y, past, *height), "2") } }
                { self.operation_words(place, op, over) }
                if over && op.failed { { path_at("lost k-fault", LOST, Some(format!("translate({} {}) scale(.5)", px(x + width), px(y + height / 2.0)))) } }
            </g>
        }
    }

    fn operation_words(&self, place: &OpBox, op: &OpSpan, over: bool) -> Html {
        let font = self.dock.bands.font;
        let room = place.width - 10.0;
        let name = if place.count > 1 { place.count.to_string() } else { op.name.clone() };
        let wide = name.chars().count() as f64 * font * 0.6;
        let inside = wide <= room + 4.0;
        if !inside && wide + 8.0 > place.beside {
            return Html::default();
        }
        let x = if inside { place.x + 5.0 } else { place.x + place.width + 4.0 };
        let left = room - (name.chars().count() as f64 + 0.6) * font * 0.56;
        let fits = |text: &&String| !text.is_empty() && fitting(text, left, font) == **text;
        let words: &[&String] = if over { &[&op.done, &op.brief] } else { &[&op.doing] };
        let rest = if place.count > 1 { None } else { words.iter().copied().find(fits) };
        html! {
            <text class="halo" x={px(x)} y={px(place.y + place.height / 2.0 + font * 0.35)} font-size={px(font)}>
                <tspan class="sb">{ name }</tspan>
                if let Some(rest) = rest { <tspan dx="4">{ rest.clone() }</tspan> }
            </text>
        }
    }

    /// Rings round the marks of what is selected or pointed at.
    fn lit(&self) -> Html {
        let mut rings = String::new();
        let (selection, hover) = (self.ui.selection, self.ui.hover);
        self.lab.read(|session| {
            let log = session.log();
            let is = |mark: &Mark| {
                let event = log.get(mark.id.0 as usize);
                [selection, hover].into_iter().any(|wanted| match wanted {
                    Selection::Nothing => false,
                    Selection::Event(id) => id == mark.id,
                    Selection::Operation(op) => event.is_some_and(|e| e.op == Some(op)),
                    Selection::Node(node) => hover == wanted && event.is_some_and(|e| e.who == Some(node.into())),
                })
            };
            for mark in self.dock.marks.glyphs.iter().filter(|m| is(m)) {
                // Writing to a string cannot fail.
                let _ = write!(rings, "M{} {}a6.2 6.2 0 1 1 12.4 0a6.2 6.2 0 1 1 -12.4 0", px(mark.x - 6.2), px(mark.y));
            }
            for wanted in [selection, hover] {
                let Selection::Event(id) = wanted else { continue };
                let (b, scale) = (&self.dock.bands, &self.dock.scale);
                if let Some(diamond) = self.dock.diamonds.iter().find(|d| d.first <= id && id <= d.last) {
                    let _ = write!(rings, "M{} {}a7 7 0 1 1 14 0a7 7 0 1 1 -14 0", px(diamond.x - 7.0), px(b.decisions));
                } else if let Some(event) = log.get(id.0 as usize).filter(|e| scale.window.holds(e.at))
                    && !self.dock.marks.glyphs.iter().any(|m| m.id == id)
                {
                    // What has no mark of its own has its moment lit.
                    let _ = write!(rings, "M{} {}V{}", px(scale.x(event.at)), px(b.axis + 3.0), px(b.plot_base));
                }
            }
        });
        path("lit", &rings)
    }

    fn playhead(&self, x: f64) -> Html {
        let (b, scale) = (&self.dock.bands, &self.dock.scale);
        let label = clock(self.now);
        let half = label.chars().count() as f64 * b.font * 0.31 + 6.0;
        // Near an edge the tag stays on the strip while the line goes on to the edge.
        let shift = (scale.left - 6.0 - (x - half)).max(0.0) - ((x + half) - b.width + 1.0).max(0.0);
        let stale = self.lab.read(|s| s.truth().stale_copies());
        let y = self.dock.plot_y(stale, self.track.worst);
        let (aside, anchor) = if x + 30.0 > scale.right() { (-8.0, "end") } else { (8.0, "start") };
        html! {
            <g data-part="playhead" data-testid="timeline-playhead">
                { path("playhead", &format!("M0 {}V{}", px(b.axis), px(b.plot_base))) }
                { rect(classes!("playhead-tag"), &Rect::new(shift - half, 1.0, half * 2.0, b.font + 7.0), "2") }
                { text(classes!("m", "f-sheet", "sb"), pt(shift, 1.0 + (b.font + 7.0) / 2.0 + b.font * 0.34), Some("middle"), b.font, &label) }
                if self.track.worst > 0 {
                    <circle class="playhead-dot" cx="0" cy={px(y)} r="4.2" />
                    { text(classes!("halo", "sb"), pt(aside, (y + b.font * 0.34).min(b.plot_base - 1.0)), Some(anchor), b.font, &stale.to_string()) }
                }
            </g>
        }
    }
}
