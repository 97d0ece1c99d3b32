//! Cards beside the nodes: the room for a version chip, a note and the value, found so that nothing is covered.

use super::ring::{Detail, Layout, Place};
use super::{Point, Profile, Rect, pt};

/// Which way a text runs from its spot: SVG's `text-anchor`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Anchor {
    /// To the right.
    Start,
    /// To both sides.
    Middle,
    /// To the left.
    End,
}

impl Anchor {
    /// The attribute's value.
    pub fn name(self) -> &'static str {
        match self {
            Anchor::Start => "start",
            Anchor::Middle => "middle",
            Anchor::End => "end",
        }
    }
}

/// A place for a line of text.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spot {
    /// Start, middle or end of its baseline.
    pub at: Point,
    /// Which of these.
    pub anchor: Anchor,
    /// How wide the text may be.
    pub width: f64,
}

/// The place beside a node for what it holds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Card {
    /// The version chip.
    pub chip: Rect,
    /// "newest" or "1 behind".
    pub note: Option<Spot>,
    /// The value itself.
    pub value: Option<Spot>,
    /// All of it together.
    pub room: Rect,
}

/// Sizes of a card's parts in one profile and level of detail.
struct Sizes {
    chip: (f64, f64),
    note: f64,
    value: f64,
    line: f64,
    gap: f64,
}

fn sizes(profile: Profile, detail: Detail) -> Sizes {
    let full = detail == Detail::Full;
    let (chip, note, value, line, gap) = match (profile, full) {
        (Profile::Desktop, true) => ((54.0, 32.0), 58.0, 96.0, 19.0, 13.0),
        (Profile::Desktop, false) => ((38.0, 22.0), 0.0, 0.0, 0.0, 8.0),
        (Profile::Projector, true) => ((62.0, 37.0), 74.0, 120.0, 24.0, 13.0),
        (Profile::Projector, false) => ((46.0, 26.0), 0.0, 0.0, 0.0, 8.0),
        (Profile::Mobile, true) => ((40.0, 24.0), 52.0, 0.0, 16.0, 6.0),
        (Profile::Figure, true) => ((44.0, 26.0), 56.0, 0.0, 17.0, 7.0),
        (Profile::Mobile | Profile::Figure, false) => ((30.0, 18.0), 0.0, 0.0, 0.0, 4.0),
    };
    Sizes { chip, note, value, line, gap }
}

/// One way to arrange the parts of a card, measured from the card's own corner.
#[derive(Clone, Copy)]
enum Form {
    /// Note beside the chip, value below both.
    Wide,
    /// Value above, then chip and note: for cards over the ring.
    WideUp,
    /// Chip, note, value, one below the other.
    Tall,
    /// Value, note, chip, one below the other.
    TallUp,
    /// Chip and note, no value.
    Short,
    /// The chip alone.
    Bare,
}

fn arrange(s: &Sizes, form: Form, corner: Point, mirrored: bool) -> Card {
    let (cw, ch) = s.chip;
    let has_value = s.value > 0.0 && !matches!(form, Form::Short | Form::Bare);
    let beside = matches!(form, Form::Wide | Form::WideUp | Form::Short) && s.note > 0.0;
    let under = matches!(form, Form::Tall | Form::TallUp) && s.note > 0.0;
    let up = matches!(form, Form::WideUp | Form::TallUp);
    let lines = f64::from(u8::from(has_value)) + f64::from(u8::from(under));
    let w = if beside { cw + 8.0 + s.note } else { cw.max(if under { s.note } else { 0.0 }) };
    let w = if has_value && beside { w.max(s.value) } else { w };
    let h = ch + lines * s.line;
    let room = Rect::new(corner.x, corner.y, w, h);
    let chip_y = if up { corner.y + lines * s.line } else { corner.y };
    let chip_x = if mirrored { room.right() - cw } else { room.x };
    let (edge, anchor) = if mirrored { (room.right() - 1.0, Anchor::End) } else { (room.x + 1.0, Anchor::Start) };
    let line_at = |k: f64| {
        if up { chip_y - 6.0 - k * s.line } else { chip_y + ch + s.line - 4.0 + k * s.line }
    };
    let spot = |y: f64, width: f64| Spot { at: pt(edge, y).rounded(), anchor, width };
    let note = if beside {
        let x = if mirrored { chip_x - 8.0 } else { chip_x + cw + 8.0 };
        Some(Spot { at: pt(x, chip_y + ch / 2.0 + 5.0).rounded(), anchor, width: s.note })
    } else if under {
        Some(spot(line_at(0.0), w))
    } else {
        None
    };
    let value = has_value.then(|| spot(line_at(if under { 1.0 } else { 0.0 }), w));
    Card { chip: Rect::new(chip_x, chip_y, cw, ch).rounded(), note, value, room: room.rounded() }
}

/// Finds the card's place near the node, clear of everything: with note and value if they fit anywhere outside the
/// ring, beside the disc rather than over or under it; inside the ring, where the messages pass, only as a last resort.
pub(super) fn card(lay: &Layout, i: usize) -> Option<Card> {
    let s = sizes(lay.profile, lay.detail);
    let out = lay.nodes[i].outward;
    let mirrored = out.x < -0.25;
    let rich: &[Form] = match (lay.detail, out.y < -0.55) {
        // A phone has room for narrow cards only.
        (Detail::Full, _) if lay.profile.is_small() => &[Form::Tall, Form::Wide],
        (Detail::Full, false) => &[Form::Wide, Form::Tall, Form::WideUp, Form::TallUp],
        (Detail::Full, true) => &[Form::WideUp, Form::TallUp, Form::Wide, Form::Tall],
        _ => &[],
    };
    let poor: &[Form] = if lay.detail == Detail::Full { &[Form::Short, Form::Bare] } else { &[Form::Bare] };
    let find = |forms: &[Form], beside: bool, inner: bool| {
        forms.iter().find_map(|form| {
            [mirrored, !mirrored].into_iter().find_map(|m| {
                let probe = arrange(&s, *form, pt(0.0, 0.0), m);
                let tries = if beside { level_corners(lay, i, &s, &probe, m) } else { stacked_corners(lay, i, &s, &probe) };
                let cards = tries.into_iter().map(|c| arrange(&s, *form, c, m));
                cards.into_iter().find(|c| (inner || !lay.encloses(c.room.centre())) && is_free(lay, i, &c.room))
            })
        })
    };
    let outer = [(rich, true), (rich, false), (poor, true), (poor, false)];
    let inner = [(poor, true), (poor, false)];
    let outside = outer.into_iter().find_map(|(forms, beside)| find(forms, beside, false));
    outside.or_else(|| inner.into_iter().find_map(|(forms, beside)| find(forms, beside, true)))
}

/// Whether a node is in the lower half: its card slides down, else up.
fn slide(node: &Place) -> f64 {
    if node.outward.y < 0.0 { -1.0 } else { 1.0 }
}

/// Corners beside the disc, best first: level with it (the chip's middle a little above the disc's, as on the
/// plates), then sliding outwards.
fn level_corners(lay: &Layout, i: usize, s: &Sizes, probe: &Card, mirrored: bool) -> Vec<Point> {
    let node = &lay.nodes[i];
    let reach = lay.radius + s.gap;
    let x = if mirrored { node.at.x - reach - probe.room.w } else { node.at.x + reach };
    let lift = if lay.detail == Detail::Full { 9.6 } else { 0.0 };
    let level = node.at.y - (probe.chip.y - probe.room.y) - probe.chip.h / 2.0 - lift;
    (0..=12).map(|step| pt(x, level + slide(node) * f64::from(step) * lay.radius / 4.0)).collect()
}

/// Corners over or under the disc, sliding sideways and away from it.
fn stacked_corners(lay: &Layout, i: usize, s: &Sizes, probe: &Card) -> Vec<Point> {
    let (node, room) = (&lay.nodes[i], &probe.room);
    let (dir, reach) = (slide(node), lay.radius + s.gap * 0.6);
    let y = if dir < 0.0 { node.at.y - reach - room.h } else { node.at.y + reach };
    let side = if node.outward.x < 0.0 { -1.0 } else { 1.0 };
    let limits = lay.profile.sheet().grown(-5.0);
    let spots = (0..=10).flat_map(|step| (0..=5).map(move |away| (f64::from(step), f64::from(away))));
    spots
        .map(|(step, away)| {
            let across = node.at.x - room.w / 2.0 + side * step * lay.radius / 4.0;
            pt(across.clamp(limits.x, limits.right() - room.w), y + dir * 7.0 * away)
        })
        .collect()
}

fn is_free(lay: &Layout, i: usize, room: &Rect) -> bool {
    let inside = lay.profile.sheet().grown(-4.0).contains(room);
    let discs = lay.nodes.iter().all(|n| !room.meets_disc(n.at, lay.radius + 3.0));
    let others = lay.nodes[..i].iter().filter_map(|n| n.card.as_ref()).all(|c| !room.grown(2.0).meets(&c.room));
    let clients = lay.clients.iter().all(|c| !room.grown(5.0).meets(c));
    inside && discs && others && clients && !lay.crosses_ring(room)
}
