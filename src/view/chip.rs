//! Version chips: the index card that shows which version a replica holds.
//!
//! A version is told three ways at once: by colour, by the pattern on the card's spine and by its number, so that
//! it can be read in grey. The eight colours repeat after v8 with the next pattern.

use super::geometry::{Pen, Point, Rect, pt, round1};

/// Number of version colours and of spine patterns.
pub const LOOKS: u32 = 8;

/// How one version is drawn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Look {
    /// Class of the colour: `v1` ... `v8` (sets `--v`).
    pub class: &'static str,
    /// Spine pattern, 0 ... 7: an index into [`TILES`].
    pub pattern: usize,
    /// What is written on it: `v3`.
    pub label: String,
}

const CLASSES: [&str; LOOKS as usize] = ["v1", "v2", "v3", "v4", "v5", "v6", "v7", "v8"];
const TILE_IDS: [&str; LOOKS as usize] = ["spine-1", "spine-2", "spine-3", "spine-4", "spine-5", "spine-6", "spine-7", "spine-8"];
const TILE_REFS: [&str; LOOKS as usize] = [
    "url(#spine-1)",
    "url(#spine-2)",
    "url(#spine-3)",
    "url(#spine-4)",
    "url(#spine-5)",
    "url(#spine-6)",
    "url(#spine-7)",
    "url(#spine-8)",
];

/// The look of the `n`-th version of a key, counted from 1 (0 is drawn like 1).
pub fn look(n: u32) -> Look {
    let i = n.saturating_sub(1);
    let colour = i % LOOKS;
    let pattern = (colour + i / LOOKS) % LOOKS;
    Look { class: CLASSES[colour as usize], pattern: pattern as usize, label: format!("v{n}") }
}

impl Look {
    /// The `fill` attribute that paints the spine's pattern.
    pub fn spine_fill(&self) -> &'static str {
        TILE_REFS[self.pattern]
    }
}

/// One spine pattern: a square tile, transparent but for its marks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tile {
    /// Id of the `<pattern>`, for a `<defs>` drawn once for each page.
    pub id: &'static str,
    /// Strokes (class `pk`).
    pub strokes: &'static str,
    /// Filled marks (class `pf`).
    pub fills: &'static str,
}

/// Side of a tile.
pub const TILE_SIZE: u32 = 6;

const fn tile(id: usize, strokes: &'static str, fills: &'static str) -> Tile {
    Tile { id: TILE_IDS[id], strokes, fills }
}

/// The eight patterns: plain, rising lines, dots, level lines, lattice, upright lines, squares, falling lines.
pub const TILES: [Tile; LOOKS as usize] = [
    tile(0, "", ""),
    tile(1, "M-1 7L7-1M-1 1L1-1M5 7L7 5", ""),
    tile(2, "", "M1.6 3a1.4 1.4 0 1 0 2.8 0a1.4 1.4 0 1 0-2.8 0Z"),
    tile(3, "M0 3H6", ""),
    tile(4, "M0 0L6 6M6 0L0 6", ""),
    tile(5, "M3 0V6", ""),
    tile(6, "M0 3H6M3 0V6", ""),
    tile(7, "M-1-1L7 7M-1 5L1 7M5-1L7 1", ""),
];

/// The hatching of dead things and the one of cuts, as tiles of 8: (pattern id, strokes).
pub const HATCHES: [(&str, &str); 2] = [("hatch-dead", "M-1 9L9-1M-1 1L1-1M7 9L9 7"), ("hatch-cut", "M-1 9L9-1M-1 1L1-1M7 9L9 7")];

/// What a card says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A value.
    Card,
    /// A deletion that is remembered: a rounded stone, label struck out.
    Stone,
    /// Not known here: dashed, with a question mark.
    Unknown,
}

/// A chip's outlines, ready to draw.
#[derive(Clone, Debug, PartialEq)]
pub struct Shape {
    /// The whole outline.
    pub body: String,
    /// The spine on the left, inside the outline; empty for an unknown card.
    pub spine: String,
    /// The line between spine and label; empty for an unknown card.
    pub divider: String,
    /// The line through the label of a stone; empty otherwise.
    pub strike: String,
    /// Middle of the label's baseline.
    pub label: Point,
    /// Size of the label.
    pub size: f64,
}

/// Draws a chip into a rectangle.
pub fn shape(kind: Kind, room: &Rect) -> Shape {
    let spine_w = round1((room.w * 0.2).clamp(5.0, 14.0));
    let size = round1(room.h * 0.56);
    let split = room.x + spine_w;
    let left = if kind == Kind::Unknown { room.x } else { split };
    let drop = if kind == Kind::Stone { room.h * 0.08 } else { 0.0 };
    let label = pt((left + room.right()) / 2.0, room.y + room.h / 2.0 + size * 0.34 + drop).rounded();
    let mut out = Shape { body: rounded(room), spine: String::new(), divider: String::new(), strike: String::new(), label, size };
    let upright = |top: f64| Pen::new().through(&[pt(split, top), pt(split, room.bottom())]).done();
    match kind {
        Kind::Card => {
            out.spine = card_spine(room, split);
            out.divider = upright(room.y);
        }
        Kind::Stone => {
            let shoulder = room.y + room.h * 0.42;
            let top = shoulder_at(room, shoulder, spine_w);
            out.body = stone(room, shoulder);
            out.spine = stone_spine(room, split, shoulder, top);
            out.divider = upright(top);
            let (mid, half) = (label.y - size * 0.32, size * 0.9);
            out.strike = Pen::new().through(&[pt(label.x - half, mid), pt(label.x + half, mid)]).done();
        }
        Kind::Unknown => {}
    }
    out
}

/// The left part of a card, its two corners rounded.
fn card_spine(room: &Rect, split: f64) -> String {
    let (l, t, b, k) = (room.x, room.y, room.bottom(), 3.0);
    Pen::new()
        .go(pt(split, t))
        .line(pt(l + k, t))
        .curve(pt(l + 1.3, t), pt(l, t + 1.3), pt(l, t + k))
        .line(pt(l, b - k))
        .curve(pt(l, b - 1.3), pt(l + 1.3, b), pt(l + k, b))
        .line(pt(split, b))
        .close()
        .done()
}

/// The left part of a stone, following its shoulder up to `top` at the divider.
fn stone_spine(room: &Rect, split: f64, shoulder: f64, top: f64) -> String {
    let (l, b, w) = (room.x, room.bottom(), split - room.x);
    let bend = pt(l, shoulder - (shoulder - top) * 0.55);
    Pen::new().go(pt(l, b)).line(pt(l, shoulder)).curve(bend, pt(l + w * 0.45, top + 1.0), pt(split, top)).line(pt(split, b)).close().done()
}

/// A rectangle with small round corners.
fn rounded(r: &Rect) -> String {
    let (k, c) = (3.0, 1.3);
    let (x0, x1, y0, y1) = (r.x, r.right(), r.y, r.bottom());
    Pen::new()
        .go(pt(x0 + k, y0))
        .line(pt(x1 - k, y0))
        .curve(pt(x1 - c, y0), pt(x1, y0 + c), pt(x1, y0 + k))
        .line(pt(x1, y1 - k))
        .curve(pt(x1, y1 - c), pt(x1 - c, y1), pt(x1 - k, y1))
        .line(pt(x0 + k, y1))
        .curve(pt(x0 + c, y1), pt(x0, y1 - c), pt(x0, y1 - k))
        .line(pt(x0, y0 + k))
        .curve(pt(x0, y0 + c), pt(x0 + c, y0), pt(x0 + k, y0))
        .close()
        .done()
}

/// A gravestone: upright sides, one round top.
fn stone(r: &Rect, shoulder: f64) -> String {
    let (mid, bend) = (r.x + r.w / 2.0, 0.5523);
    let (rx, ry) = (r.w / 2.0, shoulder - r.y);
    Pen::new()
        .go(pt(r.x, r.bottom()))
        .line(pt(r.x, shoulder))
        .curve(pt(r.x, shoulder - ry * bend), pt(mid - rx * bend, r.y), pt(mid, r.y))
        .curve(pt(mid + rx * bend, r.y), pt(r.right(), shoulder - ry * bend), pt(r.right(), shoulder))
        .line(pt(r.right(), r.bottom()))
        .close()
        .done()
}

/// Height of the stone's top `dx` from its left side.
fn shoulder_at(r: &Rect, shoulder: f64, dx: f64) -> f64 {
    let (rx, ry) = (r.w / 2.0, shoulder - r.y);
    let u = (rx - dx) / rx;
    shoulder - ry * (1.0 - u * u).max(0.0).sqrt()
}

/// The crack through a corrupted chip: draw it wide in the paper's colour, then thin in the fault's.
pub fn crack(room: &Rect) -> String {
    // Right of the label, which stays readable.
    let x = room.x + room.w * 0.89;
    let (t, h) = (room.y - 3.0, room.h + 6.0);
    let w = room.w * 0.1;
    let points = [pt(x, t), pt(x - w, t + h * 0.42), pt(x + w * 0.5, t + h * 0.55), pt(x - w * 0.8, t + h)];
    Pen::new().through(&points).done()
}

/// The square bracket that holds siblings together, left of the chips in `room`.
pub fn bracket(room: &Rect) -> String {
    let x = room.x - 7.0;
    let points = [pt(x + 5.0, room.y), pt(x, room.y), pt(x, room.bottom()), pt(x + 5.0, room.bottom())];
    Pen::new().through(&points).done()
}

/// Where the `i`-th of several siblings lies: fanned to the lower right.
pub fn sibling(room: &Rect, i: usize) -> Rect {
    let k = i as f64;
    Rect::new(room.x + 12.0 * k, room.y + 18.0 * k, room.w, room.h).rounded()
}

/// The envelope of a hint round `room`: (outline, flap, place of the small chip inside).
pub fn envelope(room: &Rect) -> (String, String, Rect) {
    let (w, h) = (room.w, room.h);
    let outline = Pen::new()
        .through(&[pt(room.x, room.y), pt(room.right(), room.y), pt(room.right(), room.bottom()), pt(room.x, room.bottom())])
        .close()
        .done();
    let flap = [pt(room.x + 1.5, room.y + 1.5), pt(room.x + w / 2.0, room.y + h * 0.56), pt(room.right() - 1.5, room.y + 1.5)];
    let seal = Rect::new(room.x + w * 0.25, room.y + h * 0.38, w * 0.5, h * 0.52).rounded();
    (outline, Pen::new().through(&flap).done(), seal)
}

/// A digest as bars: each hexadecimal digit of `digest` becomes a rectangle in `room`, bottom aligned. The height
/// of digit 0 is still visible. Characters that are no hexadecimal digits are left out.
pub fn bars(digest: &str, room: &Rect) -> Vec<Rect> {
    let digits: Vec<u32> = digest.chars().filter_map(|c| c.to_digit(16)).collect();
    let n = digits.len().max(1) as f64;
    let pitch = room.w / (n - 0.3);
    let place = |(i, d): (usize, &u32)| {
        let h = room.h * (0.1 + 0.9 * f64::from(*d) / 15.0);
        Rect::new(room.x + pitch * i as f64, room.bottom() - h, pitch * 0.7, h).rounded()
    };
    digits.iter().enumerate().map(place).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ROOM: Rect = Rect::new(10.0, 20.0, 54.0, 32.0);

    #[test]
    fn colours_repeat_with_the_next_pattern() {
        let l = look(3);
        assert_eq!((l.class, l.pattern, l.label.as_str()), ("v3", 2, "v3"));
        let l = look(11);
        assert_eq!((l.class, l.pattern, l.label.as_str()), ("v3", 3, "v11"));
        assert_eq!(look(16).spine_fill(), "url(#spine-1)");
        assert_eq!(look(0).class, "v1");
        assert_eq!(look(u32::MAX).label, "v4294967295");
    }

    #[test]
    fn the_first_64_versions_all_look_different() {
        let mut seen: Vec<(&str, usize)> = (1..=64).map(|n| (look(n).class, look(n).pattern)).collect();
        seen.sort_unstable();
        seen.dedup();
        assert_eq!(seen.len(), 64);
    }

    #[test]
    fn pattern_names_match_their_references() {
        for (i, t) in TILES.iter().enumerate() {
            assert_eq!(TILE_REFS[i], format!("url(#{})", t.id));
            assert_eq!(t.strokes.is_empty() && t.fills.is_empty(), i == 0, "only the first is plain");
        }
    }

    #[test]
    fn each_kind_has_its_parts() {
        let card = shape(Kind::Card, &ROOM);
        assert!(!card.spine.is_empty() && card.strike.is_empty());
        let stone = shape(Kind::Stone, &ROOM);
        assert!(!stone.spine.is_empty() && !stone.strike.is_empty());
        assert_ne!(stone.body, card.body);
        let unknown = shape(Kind::Unknown, &ROOM);
        assert!(unknown.spine.is_empty() && unknown.divider.is_empty());
        assert!(unknown.label.x < card.label.x, "without a spine the label is in the middle");
    }

    #[test]
    fn bars_stand_on_the_ground_and_tell_digits_apart() {
        let b = bars("41d7", &ROOM);
        assert_eq!(b.len(), 4);
        assert!(b.iter().all(|r| (r.bottom() - ROOM.bottom()).abs() < 0.11));
        assert!(b[2].h > b[3].h && b[3].h > b[0].h && b[0].h > b[1].h && b[1].h > 0.0);
        assert!(b[3].right() <= ROOM.right() + 0.2);
        assert!(bars("", &ROOM).is_empty());
        assert_eq!(bars("0xz9", &ROOM).len(), 2);
    }

    #[test]
    fn envelope_and_siblings_fit() {
        let (outline, flap, seal) = envelope(&ROOM);
        assert!(outline.ends_with('Z') && flap.starts_with('M'));
        assert!(ROOM.contains(&seal));
        assert_eq!(sibling(&ROOM, 0), ROOM);
        assert!(sibling(&ROOM, 1).x > ROOM.x);
        assert_eq!(bracket(&ROOM).matches('L').count(), 3);
        assert_eq!(crack(&ROOM).matches('L').count(), 3);
    }

    proptest! {
        #[test]
        fn labels_stay_inside(w in 24.0f64..90.0, h in 14.0f64..48.0) {
            let room = Rect::new(0.0, 0.0, w, h);
            for kind in [Kind::Card, Kind::Stone, Kind::Unknown] {
                let s = shape(kind, &room);
                prop_assert!(room.holds(s.label));
                prop_assert!(s.size <= h);
            }
        }
    }
}
