//! Message paths: gentle curves from one endpoint to another.
//!
//! A traveller always keeps to the left of the straight line, so a request and its reply bow to different sides
//! and both stay in sight. Positions along a path are shares of its visible part: 0 leaves the sender's outline,
//! 1 touches the receiver's.

use super::{Pen, Point, Rect, pt, round1};

/// What stands at one end of a path and how much room it takes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum End {
    /// A node: centre and radius.
    Disc(Point, f64),
    /// A client's card.
    Card(Rect),
}

/// Air left between an outline and the path, at the start and at the arrow's end.
const START_GAP: f64 = 5.0;
const END_GAP: f64 = 7.0;

impl End {
    /// Middle of the endpoint.
    pub fn centre(&self) -> Point {
        match self {
            End::Disc(c, _) => *c,
            End::Card(r) => r.centre(),
        }
    }

    /// Whether a point keeps at least `gap` away from the outline.
    fn clear(&self, p: Point, gap: f64) -> bool {
        match self {
            End::Disc(c, r) => c.dist(p) >= r + gap,
            End::Card(r) => r.nearest(p).dist(p) >= gap,
        }
    }
}

/// The visible part of one message path, a cubic Bézier curve.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Edge {
    from: Point,
    c1: Point,
    c2: Point,
    to: Point,
}

impl Edge {
    /// A path between two different endpoints. `lane` 0 is the usual bow; 1, 2, ... bow further out, for several
    /// messages under way between the same two at once.
    pub fn between(a: &End, b: &End, lane: u8) -> Edge {
        let (p, q) = (a.centre(), b.centre());
        let run = q.minus(p);
        let bow = (run.len() * 0.067).clamp(9.0, 30.0) * (1.0 + 0.8 * f64::from(lane));
        // A quadratic curve's control point sits twice as far out as the curve goes.
        let control = p.towards(q, 0.5).plus(run.unit().left().times(bow));
        let full = Edge { from: p, c1: p.towards(control, 2.0 / 3.0), c2: q.towards(control, 2.0 / 3.0), to: q };
        let start = full.first(|x| a.clear(x, START_GAP), 0.0, 0.5);
        let end = full.first(|x| b.clear(x, END_GAP), 1.0, 0.5);
        // Endpoints that nearly touch leave no room for a trimmed path: draw the middle of it.
        if end - start < 0.02 { full.part(0.45, 0.55) } else { full.part(start, end) }
    }

    /// A message from an endpoint to itself: a small loop on the side of `outward` (a direction).
    pub fn looped(at: Point, radius: f64, outward: Point) -> Edge {
        let out = outward.unit();
        let side = out.left();
        let from = at.plus(out.times(radius * 0.86)).plus(side.times(radius * 0.6));
        let to = at.plus(out.times(radius * 0.86)).minus(side.times(radius * 0.6));
        let far = out.times(radius * 1.1);
        Edge {
            from: from.plus(out.times(4.0)),
            c1: from.plus(far).plus(side.times(radius * 0.5)),
            c2: to.plus(far).minus(side.times(radius * 0.5)),
            to: to.plus(out.times(6.0)),
        }
    }

    /// The share between `bad` and `good` where `ok` first holds, by halving (about a hundredth of a unit exact).
    fn first(&self, ok: impl Fn(Point) -> bool, bad: f64, good: f64) -> f64 {
        let (mut bad, mut good) = (bad, good);
        for _ in 0..18 {
            let mid = (bad + good) / 2.0;
            if ok(self.raw(mid)) {
                good = mid;
            } else {
                bad = mid;
            }
        }
        good
    }

    fn raw(&self, t: f64) -> Point {
        let u = 1.0 - t;
        let w = [u * u * u, 3.0 * u * u * t, 3.0 * u * t * t, t * t * t];
        pt(
            w[0] * self.from.x + w[1] * self.c1.x + w[2] * self.c2.x + w[3] * self.to.x,
            w[0] * self.from.y + w[1] * self.c1.y + w[2] * self.c2.y + w[3] * self.to.y,
        )
    }

    /// The part of this path between two shares (de Casteljau).
    pub fn part(&self, t0: f64, t1: f64) -> Edge {
        let back = self.cut_after(t1.clamp(0.0, 1.0));
        if t1 <= 1e-9 { back } else { back.cut_before((t0 / t1).clamp(0.0, 1.0)) }
    }

    fn cut_after(&self, t: f64) -> Edge {
        let (a, b, c) = (self.from.towards(self.c1, t), self.c1.towards(self.c2, t), self.c2.towards(self.to, t));
        let (d, e) = (a.towards(b, t), b.towards(c, t));
        Edge { from: self.from, c1: a, c2: d, to: d.towards(e, t) }
    }

    fn cut_before(&self, t: f64) -> Edge {
        self.reversed().cut_after(1.0 - t).reversed()
    }

    fn reversed(&self) -> Edge {
        Edge { from: self.to, c1: self.c2, c2: self.c1, to: self.from }
    }

    /// Where the glyph is at share `t` of the way (clamped to 0..1), rounded.
    pub fn point_at(&self, t: f64) -> Point {
        self.raw(t.clamp(0.0, 1.0)).rounded()
    }

    /// Direction of travel at share `t`, in degrees clockwise from the x axis.
    pub fn angle_at(&self, t: f64) -> f64 {
        round1(self.tangent(t).degrees())
    }

    fn tangent(&self, t: f64) -> Point {
        let t = t.clamp(0.0, 1.0);
        let (a, b) = (self.raw((t - 0.01).max(0.0)), self.raw((t + 0.01).min(1.0)));
        b.minus(a)
    }

    /// Path data of the whole visible path.
    pub fn whole(&self) -> String {
        Pen::new().go(self.from).curve(self.c1, self.c2, self.to).done()
    }

    /// Path data of what lies behind the glyph at share `t` (drawn solid).
    pub fn travelled(&self, t: f64) -> String {
        self.part(0.0, t.clamp(0.0, 1.0)).whole()
    }

    /// Path data of what lies ahead of the glyph at share `t` (drawn dotted).
    pub fn remaining(&self, t: f64) -> String {
        self.part(t.clamp(0.0, 1.0), 1.0).whole()
    }

    /// A closed arrowhead at the receiver's end, `size` units long.
    pub fn arrow(&self, size: f64) -> String {
        let along = self.tangent(1.0).unit();
        let tail = self.to.minus(along.times(size));
        let side = along.left().times(size * 0.45);
        Pen::new().go(self.to).line(tail.plus(side)).line(tail.minus(side)).close().done()
    }

    /// The red bar across the path that stops a message at share `t`; `half` is half its length.
    pub fn bar(&self, t: f64, half: f64) -> String {
        let at = self.raw(t.clamp(0.0, 1.0));
        let side = self.tangent(t).unit().left().times(half);
        Pen::new().go(at.plus(side)).line(at.minus(side)).done()
    }

    /// The first share of the way at which `blocked` holds, if it ever does: where a tear stops a message.
    pub fn blocked_at(&self, blocked: impl Fn(Point) -> bool) -> Option<f64> {
        const STEPS: u32 = 64;
        let hit = (0..=STEPS).map(|i| f64::from(i) / f64::from(STEPS)).find(|t| blocked(self.raw(*t)))?;
        if hit == 0.0 {
            return Some(0.0);
        }
        Some(self.first(&blocked, hit - 1.0 / f64::from(STEPS), hit))
    }

    /// The share that lies `distance` units before share `t`: a stopped glyph waits a little before its bar.
    pub fn before(&self, t: f64, distance: f64) -> f64 {
        let length = (0..32).map(|i| self.raw(f64::from(i) / 32.0).dist(self.raw(f64::from(i + 1) / 32.0))).sum::<f64>();
        (t - distance / length.max(1.0)).clamp(0.0, 1.0)
    }

    /// The mark of a single snipped link at share `t`: two short strokes across the path with a gap between them.
    pub fn snip(&self, t: f64) -> String {
        let at = self.raw(t.clamp(0.0, 1.0));
        let along = self.tangent(t).unit();
        let side = along.left().times(8.0).plus(along.times(3.0));
        let mut pen = Pen::new();
        for shift in [-4.0, 4.0] {
            let mid = at.plus(along.times(shift));
            pen.go(mid.plus(side)).line(mid.minus(side));
        }
        pen.done()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair() -> (End, End) {
        (End::Disc(pt(100.0, 100.0), 37.0), End::Disc(pt(480.0, 100.0), 37.0))
    }

    #[test]
    fn request_and_reply_bow_to_different_sides() {
        let (a, b) = pair();
        let there = Edge::between(&a, &b, 0).point_at(0.5);
        let back = Edge::between(&b, &a, 0).point_at(0.5);
        assert!(there.y < 95.0, "request above: {there:?}");
        assert!(back.y > 105.0, "reply below: {back:?}");
        assert!(Edge::between(&a, &b, 1).point_at(0.5).y < there.y);
    }

    #[test]
    fn paths_start_and_end_outside_the_discs() {
        let (a, b) = pair();
        let e = Edge::between(&a, &b, 0);
        assert!((e.point_at(0.0).dist(a.centre()) - 42.0).abs() < 0.2);
        assert!((e.point_at(1.0).dist(b.centre()) - 44.0).abs() < 0.2);
        let card = End::Card(Rect::around(pt(20.0, 100.0), 50.0, 30.0));
        let p = Edge::between(&card, &b, 0).point_at(0.0);
        assert!(p.x >= 49.0 && p.x < 52.0, "{p:?}");
    }

    #[test]
    fn touching_endpoints_still_give_a_path() {
        let e = Edge::between(&End::Disc(pt(0.0, 0.0), 37.0), &End::Disc(pt(75.0, 0.0), 37.0), 0);
        assert!(e.point_at(0.0).x < e.point_at(1.0).x);
    }

    #[test]
    fn travelled_and_remaining_meet_at_the_glyph() {
        let (a, b) = pair();
        let e = Edge::between(&a, &b, 0);
        for i in 0..=10 {
            let t = f64::from(i) / 10.0;
            let here = e.point_at(t);
            assert!(e.travelled(t).ends_with(&format!("{} {}", here.x, here.y)), "{}", e.travelled(t));
            assert!(e.remaining(t).starts_with(&format!("M{} {}C", here.x, here.y)), "{}", e.remaining(t));
        }
    }

    #[test]
    fn a_wall_is_met_where_it_stands() {
        let (a, b) = pair();
        let e = Edge::between(&a, &b, 0);
        let t = e.blocked_at(|p| p.x > 300.0).expect("the wall is on the way");
        assert!((e.point_at(t).x - 300.0).abs() < 0.2);
        assert!((e.point_at(e.before(t, 10.0)).dist(e.point_at(t)) - 10.0).abs() < 0.5);
        assert_eq!(e.before(0.01, 500.0), 0.0);
        assert_eq!(e.blocked_at(|p| p.x > 1000.0), None);
        assert_eq!(e.blocked_at(|_| true), Some(0.0));
    }

    #[test]
    fn the_stop_bar_is_perpendicular() {
        let (a, b) = pair();
        let bar = Edge::between(&a, &b, 0).bar(0.5, 9.0);
        let xs: Vec<&str> = bar.trim_start_matches('M').split('L').collect();
        assert_eq!(xs[0].split(' ').next(), xs[1].split(' ').next(), "vertical bar on a level path: {bar}");
    }

    #[test]
    fn a_loop_stays_near_its_node_and_outside_it() {
        let at = pt(200.0, 200.0);
        let e = Edge::looped(at, 37.0, pt(1.0, 0.0));
        for i in 0..=20 {
            let d = e.point_at(f64::from(i) / 20.0).dist(at);
            assert!(d > 37.0 && d < 37.0 * 2.6, "{d}");
        }
    }

    #[test]
    fn snip_draws_two_strokes_and_arrow_is_closed() {
        let (a, b) = pair();
        let e = Edge::between(&a, &b, 0);
        assert_eq!(e.snip(0.5).matches('M').count(), 2);
        assert!(e.arrow(9.0).ends_with('Z'));
        assert!(e.angle_at(0.5).abs() < 0.5);
    }
}
