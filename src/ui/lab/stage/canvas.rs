//! Painting messages in flight: one canvas, alike things together, shapes made once.

use std::cell::RefCell;
use std::collections::BTreeMap;

use wasm_bindgen::{JsCast, JsValue};
use web_sys::{CanvasRenderingContext2d, Element, HtmlCanvasElement, Path2d};

use crate::view::geometry::{Point, Profile};
use crate::view::glyph::{Form, Glyph, Kind, OUTLINE, Paint, glyph};
use crate::view::scene::{FlightMark, sizes};

/// Loud messages above which they are painted small and without their paths.
const CROWD: usize = 150;
/// Background messages above which they are painted as specks.
const SWARM: usize = 400;
/// How faint a kind is that was faded in the legend.
const FAINT: f64 = 0.14;
/// Labels painted at once.
const LABELS: usize = 4;

/// Colours and fonts, read from the page's style sheet.
#[derive(Debug, Default)]
pub struct Palette {
    kinds: Vec<String>,
    versions: Vec<String>,
    sheet: String,
    ink: String,
    on_version: String,
    sans: String,
    /// Glyphs painted once for crowds, in these colours: see [`Painter::crowd`].
    stamps: RefCell<BTreeMap<StampKey, HtmlCanvasElement>>,
}

/// What tells stamps apart: the shape, the version carried (0 for none) and the pixels of one unit of the glyph, in thousandths.
type StampKey = (usize, u32, u32);
/// Stamps kept at most; a resized stage needs others.
const STAMPS: usize = 160;
/// Half the width of a stamp, in units of the glyph: every glyph fits with its outline.
const STAMP: f64 = 14.0;

impl Palette {
    /// The colours in force at `element`.
    pub fn of(element: &Element) -> Palette {
        let style = web_sys::window().and_then(|w| w.get_computed_style(element).ok().flatten());
        let get = |name: &str| {
            let value = style.as_ref().and_then(|s| s.get_property_value(name).ok()).unwrap_or_default();
            value.trim().to_owned()
        };
        Palette {
            kinds: Kind::ALL.iter().map(|k| get(k.token())).collect(),
            versions: (1..=8).map(|v| get(&format!("--v{v}"))).collect(),
            sheet: get("--sheet"),
            ink: get("--ink"),
            on_version: get("--onv"),
            sans: get("--sans"),
            stamps: RefCell::default(),
        }
    }

    fn kind(&self, kind: Kind) -> &str {
        self.kinds.get(kind as usize).map_or("", String::as_str)
    }

    fn version(&self, number: u32) -> &str {
        self.versions.get(number.saturating_sub(1) as usize % 8).map_or("", String::as_str)
    }
}

/// How drawing units lie on the canvas.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Fit {
    /// Device pixels for one drawing unit.
    pub scale: f64,
    /// Device pixels from the canvas's corner to the drawing's origin.
    pub origin: Point,
    /// Size of the canvas in device pixels.
    pub size: (u32, u32),
}

impl Fit {
    /// Fits the drawing into a box of `w` by `h` CSS pixels as SVG's `meet` does.
    pub fn of(profile: Profile, w: f64, h: f64, ratio: f64) -> Fit {
        let view = profile.view();
        let scale = (w / view.w).min(h / view.h);
        let origin = Point { x: (w - view.w * scale) / 2.0 - view.x * scale, y: (h - view.h * scale) / 2.0 - view.y * scale };
        Fit { scale: scale * ratio, origin: origin.times(ratio), size: ((w * ratio).round() as u32, (h * ratio).round() as u32) }
    }
}

/// A ring round somebody whom a message has reached.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ripple {
    /// Round what.
    pub at: Point,
    /// Its radius.
    pub radius: f64,
    /// How much of it is over, from 0 to 1.
    pub age: f64,
}

/// How a frame is painted.
pub struct Manner<'a> {
    /// With these colours.
    pub palette: &'a Palette,
    /// In this drawing.
    pub profile: Profile,
    /// Nothing moves: each message is drawn whole, with its arrowhead.
    pub still: bool,
    /// Kinds of traffic painted faintly.
    pub faded: &'a [Kind],
}

struct Shape {
    glyph: Glyph,
    body: Path2d,
    mark: Option<(Path2d, Paint, f64)>,
}

/// The shapes of all glyphs, made once.
pub struct Painter {
    shapes: Vec<Shape>,
    ctx: CanvasRenderingContext2d,
    dots: JsValue,
    dashes: JsValue,
    plain: JsValue,
}

const FORMS: [Form; 3] = [Form::Asks, Form::Carries, Form::Acks];

fn dash(lengths: &[f64]) -> JsValue {
    lengths.iter().map(|l| JsValue::from_f64(*l)).collect::<js_sys::Array>().into()
}

impl Painter {
    /// A painter on this canvas; `None` if the browser has no canvas.
    pub fn new(canvas: &HtmlCanvasElement) -> Option<Painter> {
        let ctx = canvas.get_context("2d").ok()??.dyn_into::<CanvasRenderingContext2d>().ok()?;
        let path = |d: &str| Path2d::new_with_path_string(d).ok();
        let shape = |(kind, form)| {
            let glyph = glyph(kind, form);
            let mark = match glyph.mark {
                Some((d, paint, width)) => Some((path(d)?, paint, width)),
                None => None,
            };
            Some(Shape { glyph, body: path(glyph.body)?, mark })
        };
        let all = Kind::ALL.into_iter().flat_map(|k| FORMS.map(|f| (k, f)));
        let shapes = all.map(shape).collect::<Option<Vec<Shape>>>()?;
        Some(Painter { shapes, ctx, dots: dash(&[1.0, 6.0]), dashes: dash(&[3.0, 3.0]), plain: dash(&[]) })
    }

    /// Paints one frame.
    pub fn paint(&self, flights: &[FlightMark], ripples: &[Ripple], fit: &Fit, manner: &Manner<'_>) {
        let Manner { palette, profile, still, faded } = *manner;
        let c = &self.ctx;
        let _ = c.reset_transform();
        c.clear_rect(0.0, 0.0, f64::from(fit.size.0), f64::from(fit.size.1));
        let loud = flights.partition_point(|f| f.quiet);
        let (quiet, loud) = flights.split_at(loud);
        self.whole(fit);
        c.set_line_cap("round");
        c.set_line_join("round");
        self.quiet(quiet, manner, fit);
        self.whole(fit);
        if loud.len() <= CROWD {
            self.paths(loud, manner);
        }
        self.ripples(ripples, palette);
        for f in loud {
            c.set_global_alpha(if faded.contains(&f.kind) { FAINT } else { 1.0 });
            let scale = glyph_scale(profile, loud.len(), f);
            if loud.len() <= CROWD || self.stamp(f, palette, fit, scale, still).is_none() {
                self.glyph(f, palette, fit, scale, still);
            }
        }
        c.set_global_alpha(1.0);
        self.whole(fit);
        self.labels(loud, manner);
    }

    /// Drawing units all over.
    fn whole(&self, fit: &Fit) {
        let _ = self.ctx.set_transform(fit.scale, 0.0, 0.0, fit.scale, fit.origin.x, fit.origin.y);
    }

    /// Background messages: small, no paths.
    fn quiet(&self, flights: &[FlightMark], manner: &Manner<'_>, fit: &Fit) {
        let (c, palette, profile) = (&self.ctx, manner.palette, manner.profile);
        let alpha = if manner.faded.contains(&Kind::Gossip) { FAINT } else { 0.8 };
        if flights.len() > SWARM {
            c.set_fill_style_str(palette.kind(Kind::Gossip));
            c.set_global_alpha(alpha);
            for f in flights {
                let p = f.road.edge.point_at(f.at);
                c.fill_rect(p.x - 1.5, p.y - 1.5, 3.0, 3.0);
            }
            c.set_global_alpha(1.0);
            return;
        }
        c.set_global_alpha(alpha);
        let scale = if profile.is_small() || flights.len() > 60 { 0.42 } else { 0.58 };
        for f in flights {
            self.glyph(f, palette, fit, scale, false);
        }
        c.set_global_alpha(1.0);
    }

    /// Behind a message its path is solid, ahead of it dotted, with an arrowhead. Flights come sorted by kind.
    fn paths(&self, flights: &[FlightMark], manner: &Manner<'_>) {
        let (c, still) = (&self.ctx, manner.still);
        for group in flights.chunk_by(|a, b| a.kind == b.kind && a.ours == b.ours) {
            let Some(first) = group.first() else { continue };
            let colour = manner.palette.kind(first.kind);
            let alpha = if manner.faded.contains(&first.kind) { FAINT } else { 1.0 };
            c.set_global_alpha(alpha);
            c.set_stroke_style_str(colour);
            c.set_fill_style_str(colour);
            c.set_line_width(if first.ours { 2.6 } else { 1.8 });
            let _ = c.set_line_dash(&self.plain);
            c.begin_path();
            for f in group {
                self.trace(f, 0.0, if still { 1.0 } else { f.at });
            }
            c.stroke();
            if !still {
                c.set_line_width(1.5);
                c.set_global_alpha(alpha * 0.8);
                let _ = c.set_line_dash(&self.dots);
                c.begin_path();
                for f in group.iter().filter(|f| !f.doomed) {
                    self.trace(f, f.at, 1.0);
                }
                c.stroke();
                let _ = c.set_line_dash(&self.plain);
                c.set_global_alpha(alpha);
            }
            c.begin_path();
            group.iter().filter(|f| !f.doomed).for_each(|f| self.head(f));
            c.fill();
        }
        c.set_global_alpha(1.0);
    }

    fn trace(&self, f: &FlightMark, from: f64, to: f64) {
        let steps = ((to - from) * 14.0).ceil().max(1.0);
        let start = f.road.edge.point_at(from);
        self.ctx.move_to(start.x, start.y);
        let mut i = 1.0;
        while i <= steps {
            let p = f.road.edge.point_at(from + (to - from) * i / steps);
            self.ctx.line_to(p.x, p.y);
            i += 1.0;
        }
    }

    fn head(&self, f: &FlightMark) {
        let tip = f.road.edge.point_at(1.0);
        let along = tip.minus(f.road.edge.point_at(0.96)).unit();
        let tail = tip.minus(along.times(10.0));
        let side = along.left().times(4.6);
        let (a, b) = (tail.plus(side), tail.minus(side));
        self.ctx.move_to(tip.x, tip.y);
        self.ctx.line_to(a.x, a.y);
        self.ctx.line_to(b.x, b.y);
        self.ctx.close_path();
    }

    fn shape(f: &FlightMark) -> usize {
        f.kind as usize * FORMS.len() + f.form as usize
    }

    /// Where a message is, in pixels of the canvas.
    fn place(f: &FlightMark, fit: &Fit, still: bool) -> Point {
        let p = f.road.edge.point_at(if still { if f.doomed { f.road.stop } else { 0.5 } } else { f.at });
        fit.origin.plus(p.times(fit.scale))
    }

    fn glyph(&self, f: &FlightMark, palette: &Palette, fit: &Fit, scale: f64, still: bool) {
        let at = Self::place(f, fit, still);
        let size = fit.scale * scale;
        let _ = self.ctx.set_transform(size, 0.0, 0.0, size, at.x, at.y);
        self.draw(&self.ctx, f, palette);
    }

    /// The same in a crowd: a picture of the glyph, painted once, is put down at whole pixels. That costs half of painting it.
    fn stamp(&self, f: &FlightMark, palette: &Palette, fit: &Fit, scale: f64, still: bool) -> Option<()> {
        let size = fit.scale * scale;
        let half = (STAMP * size).ceil();
        let key = (Self::shape(f), f.version.map_or(0, |v| v % 8 + 1), (size * 1_000.0) as u32);
        let mut stamps = palette.stamps.borrow_mut();
        if !stamps.contains_key(&key) {
            if stamps.len() >= STAMPS {
                stamps.clear();
            }
            let canvas = gloo::utils::document().create_element("canvas").ok()?.dyn_into::<HtmlCanvasElement>().ok()?;
            canvas.set_width(2 * half as u32);
            canvas.set_height(2 * half as u32);
            let c = canvas.get_context("2d").ok()??.dyn_into::<CanvasRenderingContext2d>().ok()?;
            c.set_transform(size, 0.0, 0.0, size, half, half).ok()?;
            c.set_line_cap("round");
            c.set_line_join("round");
            self.draw(&c, f, palette);
            stamps.insert(key, canvas);
        }
        let at = Self::place(f, fit, still);
        self.ctx.reset_transform().ok()?;
        self.ctx.draw_image_with_html_canvas_element(stamps.get(&key)?, at.x.round() - half, at.y.round() - half).ok()
    }

    /// Draws a message's glyph round the origin.
    fn draw(&self, c: &CanvasRenderingContext2d, f: &FlightMark, palette: &Palette) {
        let Some(shape) = self.shapes.get(Self::shape(f)) else { return };
        let colour = palette.kind(f.kind);
        c.set_fill_style_str(if shape.glyph.filled { colour } else { &palette.sheet });
        c.set_stroke_style_str(colour);
        c.set_line_width(OUTLINE);
        c.fill_with_path_2d(&shape.body);
        c.stroke_with_path(&shape.body);
        if let Some((mark, paint, width)) = &shape.mark {
            let tint = if matches!(paint, Paint::FillKind | Paint::StrokeKind) { colour } else { &palette.sheet };
            if matches!(paint, Paint::FillKind | Paint::FillPaper) {
                c.set_fill_style_str(tint);
                c.fill_with_path_2d(mark);
            } else {
                c.set_stroke_style_str(tint);
                c.set_line_width(*width);
                c.stroke_with_path(mark);
            }
        }
        if let (Some(half), Some(version)) = (shape.glyph.core, f.version) {
            c.set_fill_style_str(palette.version(version));
            c.set_stroke_style_str(&palette.on_version);
            c.set_line_width(1.2);
            c.fill_rect(-half, -half, 2.0 * half, 2.0 * half);
            c.stroke_rect(-half, -half, 2.0 * half, 2.0 * half);
        }
    }

    fn ripples(&self, ripples: &[Ripple], palette: &Palette) {
        let c = &self.ctx;
        c.set_stroke_style_str(&palette.ink);
        c.set_line_width(2.0);
        let _ = c.set_line_dash(&self.dashes);
        for r in ripples {
            c.set_global_alpha((1.0 - r.age).clamp(0.0, 1.0));
            c.begin_path();
            let _ = c.arc(r.at.x, r.at.y, r.radius + 5.0 + 6.0 * r.age, 0.0, std::f64::consts::TAU);
            c.stroke();
        }
        c.set_global_alpha(1.0);
        let _ = c.set_line_dash(&self.plain);
    }

    /// A few words beside the messages of the operation shown, on the side to which their path bows.
    fn labels(&self, flights: &[FlightMark], manner: &Manner<'_>) {
        let (palette, profile, still) = (manner.palette, manner.profile, manner.still);
        let ours = || flights.iter().filter(|f| f.ours && f.from != f.to && !manner.faded.contains(&f.kind));
        if profile == Profile::Mobile || ours().nth(LABELS).is_some() {
            return;
        }
        let c = &self.ctx;
        let size = sizes(profile).value;
        c.set_font(&format!("600 {size}px {}", palette.sans));
        c.set_line_width(5.0);
        c.set_stroke_style_str(&palette.sheet);
        c.set_fill_style_str(&palette.ink);
        for f in ours() {
            let t = if still { 0.5 } else { f.at.clamp(0.2, 0.8) };
            let p = f.road.edge.point_at(t);
            let along = f.road.edge.point_at(t + 0.05).minus(f.road.edge.point_at(t - 0.05)).unit();
            let side = along.left();
            c.set_text_align(if side.x > 0.6 {
                "left"
            } else if side.x < -0.6 {
                "right"
            } else {
                "center"
            });
            let at = p.plus(side.times(24.0));
            let y = at.y + size * 0.35 + side.y * 4.0;
            let version = f.version.map_or(String::new(), |v| format!(" v{v}"));
            let text = format!("{}{version} · {} B", f.what, f.size);
            // On a short way the words would lie on the discs at its ends.
            let way = f.road.edge.point_at(0.0).dist(f.road.edge.point_at(1.0));
            if way < text.chars().count() as f64 * size * 0.62 {
                continue;
            }
            let _ = c.stroke_text(&text, at.x, y);
            let _ = c.fill_text(&text, at.x, y);
        }
    }
}

/// How large a loud message's glyph is: those of the operation shown stand out, crowds shrink.
fn glyph_scale(profile: Profile, count: usize, f: &FlightMark) -> f64 {
    let base = match profile {
        Profile::Desktop => 1.25,
        Profile::Projector => 1.45,
        Profile::Mobile => 0.9,
        Profile::Figure => 1.0,
    };
    let crowd = match count {
        0..=16 => 1.0,
        17..=60 => 0.8,
        61..=CROWD => 0.6,
        _ => 0.42,
    };
    base * crowd * if f.ours { 1.0 } else { 0.8 }
}
