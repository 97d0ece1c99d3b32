//! Plane geometry of the stage: where discs, chips, cards, message paths and torn edges lie.
//!
//! Everything here is a pure function of plain numbers. Units are user units of the stage drawing (one CSS pixel
//! at 100 %), y grows downwards, angles are degrees clockwise from the x axis. Results are rounded to a tenth, so
//! that two computations of the same picture print the same text.

pub mod edge;
pub mod ring;
pub mod tear;

mod card;
mod contour;
mod profile;
mod split;
mod track;

use crate::engine::base::arrange;
pub use profile::Profile;
pub use split::{Split, split};

/// A place on the sheet.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Point {
    /// Distance from the left.
    pub x: f64,
    /// Distance from the top.
    pub y: f64,
}

/// Shorthand for a point.
pub const fn pt(x: f64, y: f64) -> Point {
    Point { x, y }
}

impl Point {
    /// The vector sum.
    pub fn plus(self, other: Point) -> Point {
        pt(self.x + other.x, self.y + other.y)
    }

    /// The vector from `other` to here.
    pub fn minus(self, other: Point) -> Point {
        pt(self.x - other.x, self.y - other.y)
    }

    /// Both parts multiplied.
    pub fn times(self, k: f64) -> Point {
        pt(self.x * k, self.y * k)
    }

    /// Length of the vector.
    pub fn len(self) -> f64 {
        (self.x * self.x + self.y * self.y).sqrt()
    }

    /// Distance between two points.
    pub fn dist(self, other: Point) -> f64 {
        self.minus(other).len()
    }

    /// The vector of length one in the same direction; straight down if there is no direction.
    pub fn unit(self) -> Point {
        let len = self.len();
        if len < 1e-9 { pt(0.0, 1.0) } else { self.times(1.0 / len) }
    }

    /// A quarter turn anticlockwise on the screen: the left hand of a traveller.
    pub fn left(self) -> Point {
        pt(self.y, -self.x)
    }

    /// The point at share `t` of the way to `other`.
    pub fn towards(self, other: Point, t: f64) -> Point {
        pt(self.x + (other.x - self.x) * t, self.y + (other.y - self.y) * t)
    }

    /// Turned clockwise by `degrees` about `pivot`.
    #[expect(clippy::disallowed_methods, reason = "a drawing, rounded to a tenth; nothing is hashed")]
    pub fn turned(self, pivot: Point, degrees: f64) -> Point {
        let (s, c) = degrees.to_radians().sin_cos();
        let d = self.minus(pivot);
        pt(pivot.x + d.x * c - d.y * s, pivot.y + d.x * s + d.y * c)
    }

    /// Both parts rounded to a tenth.
    pub fn rounded(self) -> Point {
        pt(round1(self.x), round1(self.y))
    }

    /// Direction of the vector in degrees, clockwise from the x axis.
    #[expect(clippy::disallowed_methods, reason = "a drawing, rounded to a tenth; nothing is hashed")]
    pub fn degrees(self) -> f64 {
        self.y.atan2(self.x).to_degrees()
    }
}

/// An upright rectangle.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Rect {
    /// Left edge.
    pub x: f64,
    /// Top edge.
    pub y: f64,
    /// Width.
    pub w: f64,
    /// Height.
    pub h: f64,
}

impl Rect {
    /// A rectangle from its left top corner and size.
    pub const fn new(x: f64, y: f64, w: f64, h: f64) -> Rect {
        Rect { x, y, w, h }
    }

    /// A rectangle from its centre and size.
    pub fn around(centre: Point, w: f64, h: f64) -> Rect {
        Rect::new(centre.x - w / 2.0, centre.y - h / 2.0, w, h)
    }

    /// Right edge.
    pub fn right(&self) -> f64 {
        self.x + self.w
    }

    /// Bottom edge.
    pub fn bottom(&self) -> f64 {
        self.y + self.h
    }

    /// Middle.
    pub fn centre(&self) -> Point {
        pt(self.x + self.w / 2.0, self.y + self.h / 2.0)
    }

    /// Whether a point lies inside or on the edge.
    pub fn holds(&self, p: Point) -> bool {
        p.x >= self.x && p.x <= self.right() && p.y >= self.y && p.y <= self.bottom()
    }

    /// Whether the other rectangle lies wholly inside.
    pub fn contains(&self, other: &Rect) -> bool {
        other.x >= self.x && other.y >= self.y && other.right() <= self.right() && other.bottom() <= self.bottom()
    }

    /// Whether two rectangles share any area.
    pub fn meets(&self, other: &Rect) -> bool {
        self.x < other.right() && other.x < self.right() && self.y < other.bottom() && other.y < self.bottom()
    }

    /// Whether a disc reaches into the rectangle.
    pub fn meets_disc(&self, centre: Point, radius: f64) -> bool {
        self.nearest(centre).dist(centre) < radius
    }

    /// The point of the rectangle nearest to `p`.
    pub fn nearest(&self, p: Point) -> Point {
        pt(p.x.clamp(self.x, self.right()), p.y.clamp(self.y, self.bottom()))
    }

    /// Grown by `by` on every side (shrunk if negative).
    pub fn grown(&self, by: f64) -> Rect {
        Rect::new(self.x - by, self.y - by, self.w + 2.0 * by, self.h + 2.0 * by)
    }

    /// All four numbers rounded to a tenth.
    pub fn rounded(&self) -> Rect {
        Rect::new(round1(self.x), round1(self.y), round1(self.w), round1(self.h))
    }

    /// Length of the outline.
    fn around_len(&self) -> f64 {
        2.0 * (self.w + self.h)
    }

    /// How far clockwise from the left top corner the outline point nearest to `p` lies.
    fn walk_of(&self, p: Point) -> f64 {
        let p = self.nearest(p);
        let gaps = [p.y - self.y, self.right() - p.x, self.bottom() - p.y, p.x - self.x];
        let mut side = 0;
        for (i, gap) in gaps.iter().enumerate() {
            if *gap < gaps[side] {
                side = i;
            }
        }
        match side {
            0 => p.x - self.x,
            1 => self.w + (p.y - self.y),
            2 => self.w + self.h + (self.right() - p.x),
            _ => 2.0 * self.w + self.h + (self.bottom() - p.y),
        }
    }

    /// The corners met when walking the outline clockwise from `from` to `to` (both as [`Rect::walk_of`]).
    fn corners_between(&self, from: f64, to: f64) -> Vec<Point> {
        let total = self.around_len();
        let marks = [
            (self.w, pt(self.right(), self.y)),
            (self.w + self.h, pt(self.right(), self.bottom())),
            (2.0 * self.w + self.h, pt(self.x, self.bottom())),
            (total, pt(self.x, self.y)),
        ];
        let span = (to - from).rem_euclid(total);
        let mut met: Vec<(f64, Point)> = marks.iter().map(|(s, p)| ((s - from).rem_euclid(total), *p)).filter(|(d, _)| *d < span).collect();
        arrange(&mut met, |a, b| a.0.total_cmp(&b.0));
        met.into_iter().map(|(_, p)| p).collect()
    }
}

/// Rounds to a tenth; never returns minus zero.
pub fn round1(v: f64) -> f64 {
    let r = (v * 10.0).round() / 10.0;
    if r == 0.0 { 0.0 } else { r }
}

/// Writes SVG path data (also what a canvas `Path2D` takes), every number rounded to a tenth.
#[derive(Clone, Debug, Default)]
pub struct Pen {
    d: String,
}

impl Pen {
    /// An empty path.
    pub fn new() -> Pen {
        Pen::default()
    }

    fn pair(&mut self, op: char, p: Point) {
        let p = p.rounded();
        self.d.push(op);
        self.d.push_str(&format!("{} {}", p.x, p.y));
    }

    /// Lifts the pen and moves.
    pub fn go(&mut self, p: Point) -> &mut Pen {
        self.pair('M', p);
        self
    }

    /// Draws a straight line.
    pub fn line(&mut self, p: Point) -> &mut Pen {
        self.pair('L', p);
        self
    }

    /// Draws a cubic Bézier curve.
    pub fn curve(&mut self, a: Point, b: Point, to: Point) -> &mut Pen {
        self.pair('C', a);
        self.pair(' ', b);
        self.pair(' ', to);
        self
    }

    /// Goes back to where this stroke began.
    pub fn close(&mut self) -> &mut Pen {
        self.d.push('Z');
        self
    }

    /// Draws straight lines through all points, starting a new stroke.
    pub fn through(&mut self, points: &[Point]) -> &mut Pen {
        if let Some((first, rest)) = points.split_first() {
            self.go(*first);
            for p in rest {
                self.line(*p);
            }
        }
        self
    }

    /// The path data.
    pub fn done(&mut self) -> String {
        std::mem::take(&mut self.d)
    }
}

/// A well-mixed 64-bit number from two: the splitmix64 finaliser (Steele, Lea and Flood 2014).
pub(crate) fn mix(seed: u64, n: u64) -> u64 {
    let mut z = seed.wrapping_add(n.wrapping_mul(0x9E37_79B9_7F4A_7C15)).wrapping_add(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// Whether a point lies inside a closed polygon (even-odd rule).
pub fn inside(polygon: &[Point], p: Point) -> bool {
    let mut odd = false;
    for (i, a) in polygon.iter().enumerate() {
        let b = polygon[(i + 1) % polygon.len()];
        if (a.y > p.y) != (b.y > p.y) && p.x < (b.x - a.x) * (p.y - a.y) / (b.y - a.y) + a.x {
            odd = !odd;
        }
    }
    odd
}

/// Distance from a point to a line segment.
pub(crate) fn segment_dist(a: Point, b: Point, p: Point) -> f64 {
    let ab = b.minus(a);
    let len2 = ab.x * ab.x + ab.y * ab.y;
    let t = if len2 < 1e-12 { 0.0 } else { ((p.x - a.x) * ab.x + (p.y - a.y) * ab.y) / len2 };
    a.towards(b, t.clamp(0.0, 1.0)).dist(p)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounding_prints_short_numbers_and_no_minus_zero() {
        assert_eq!(Pen::new().go(pt(-0.01, 1.26)).line(pt(3.0, 4.04)).close().done(), "M0 1.3L3 4Z");
    }

    #[test]
    fn walking_the_outline_meets_the_corners_in_order() {
        let r = Rect::new(0.0, 0.0, 10.0, 6.0);
        let from = r.walk_of(pt(2.0, 0.0));
        let to = r.walk_of(pt(0.0, 3.0));
        assert_eq!(r.corners_between(from, to), vec![pt(10.0, 0.0), pt(10.0, 6.0), pt(0.0, 6.0)]);
        assert_eq!(r.corners_between(to, from), vec![pt(0.0, 0.0)]);
    }

    #[test]
    fn inside_and_distance_agree_on_a_square() {
        let square = [pt(0.0, 0.0), pt(4.0, 0.0), pt(4.0, 4.0), pt(0.0, 4.0)];
        assert!(inside(&square, pt(2.0, 2.0)));
        assert!(!inside(&square, pt(5.0, 2.0)));
        assert_eq!(segment_dist(square[0], square[1], pt(2.0, -3.0)), 3.0);
        assert_eq!(segment_dist(square[0], square[1], pt(7.0, 4.0)), 5.0);
    }

    #[test]
    fn every_sheet_lies_in_its_view_and_has_a_grid() {
        for profile in Profile::ALL {
            assert!(profile.view().contains(&profile.sheet()));
            let lines = profile.grid().matches('M').count();
            let sheet = profile.sheet();
            let expected = (sheet.w / profile.square()) as usize + (sheet.h / profile.square()) as usize;
            assert!(lines.abs_diff(expected) <= 2, "{profile:?}: {lines} lines");
        }
    }

    #[test]
    fn left_is_up_for_a_traveller_to_the_right() {
        assert_eq!(pt(1.0, 0.0).left(), pt(0.0, -1.0));
        assert_eq!(pt(2.0, 1.0).turned(pt(1.0, 1.0), 90.0).rounded(), pt(1.0, 2.0));
    }
}
