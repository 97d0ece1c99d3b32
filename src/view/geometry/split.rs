//! A cut drawn by hand: which endpoints end up on which side of the line.

use super::{Pen, Point, Rect, inside, segment_dist};
use crate::engine::base::arrange;

/// What a drawn line would cut off.
#[derive(Clone, Debug, PartialEq)]
pub struct Split {
    /// Indices on the smaller side, ascending: the island.
    pub island: Vec<usize>,
    /// Indices on the larger side, ascending, with all whose disc the line crosses.
    pub main: Vec<usize>,
    /// The line drawn out to the edges of the sheet, as path data for the dashed preview.
    pub line: String,
}

/// Parts endpoints (centre, radius) by a drawn line across the sheet.
///
/// Both ends of the line are drawn out straight to the sheet's edge; a line whose ends nearly meet is a lasso.
/// An endpoint that the line crosses stays with the larger side. With equal sides the one without the first
/// endpoint is the island. `None` if the line separates nothing.
pub fn split(discs: &[(Point, f64)], drawn: &[Point], sheet: &Rect) -> Option<Split> {
    let length: f64 = drawn.windows(2).map(|w| w[0].dist(w[1])).sum();
    let (first, last) = (*drawn.first()?, *drawn.last()?);
    if length < 8.0 {
        return None;
    }
    let lasso = first.dist(last) < 0.15 * length;
    let line = if lasso { closed(drawn) } else { drawn_out(drawn, sheet) };
    let area = if lasso { line.clone() } else { with_edge(&line, sheet) };
    let crossed = |(at, r): &(Point, f64)| line.windows(2).any(|w| segment_dist(w[0], w[1], *at) < *r);
    let mut sides = [Vec::new(), Vec::new()];
    let mut on_line = Vec::new();
    for (i, disc) in discs.iter().enumerate() {
        if crossed(disc) {
            on_line.push(i);
        } else {
            sides[usize::from(inside(&area, disc.0))].push(i);
        }
    }
    let [out, within] = sides;
    let first_is_out = out.first() < within.first() || within.is_empty();
    let out_is_main = match out.len().cmp(&within.len()) {
        std::cmp::Ordering::Greater => true,
        std::cmp::Ordering::Less => false,
        std::cmp::Ordering::Equal => first_is_out,
    };
    let (mut main, island) = if out_is_main { (out, within) } else { (within, out) };
    main.extend(on_line);
    arrange(&mut main, Ord::cmp);
    if island.is_empty() || main.is_empty() {
        return None;
    }
    Some(Split { island, main, line: Pen::new().through(&line).done() })
}

fn closed(drawn: &[Point]) -> Vec<Point> {
    let mut line = drawn.to_vec();
    line.push(drawn[0]);
    line
}

/// The line with both ends drawn out to the sheet's edge.
fn drawn_out(drawn: &[Point], sheet: &Rect) -> Vec<Point> {
    let kept: Vec<Point> = drawn.iter().map(|p| sheet.nearest(*p)).collect();
    let back: Vec<Point> = kept.iter().rev().copied().collect();
    let mut line = vec![to_edge(&back, sheet)];
    line.extend_from_slice(&kept);
    line.push(to_edge(&kept, sheet));
    line
}

/// Where the end of a line leaves the sheet if it goes on straight. Its direction is taken over the last stretch
/// of about twenty units, since the very last moves of a hand wobble.
fn to_edge(line: &[Point], sheet: &Rect) -> Point {
    let end = line[line.len() - 1];
    let back = line.iter().rev().find(|p| p.dist(end) > 20.0).or(line.first()).copied().unwrap_or(end);
    if back.dist(end) < 1e-9 {
        return end;
    }
    let dir = end.minus(back).unit();
    let reach = |pos: f64, step: f64, low: f64, high: f64| {
        if step > 1e-9 {
            (high - pos) / step
        } else if step < -1e-9 {
            (low - pos) / step
        } else {
            f64::MAX
        }
    };
    let t = reach(end.x, dir.x, sheet.x, sheet.right()).min(reach(end.y, dir.y, sheet.y, sheet.bottom()));
    sheet.nearest(end.plus(dir.times(t.max(0.0))))
}

/// The part of the sheet on one side of a line from edge to edge, as a polygon.
fn with_edge(line: &[Point], sheet: &Rect) -> Vec<Point> {
    let (from, to) = (sheet.walk_of(line[line.len() - 1]), sheet.walk_of(line[0]));
    let mut area = line.to_vec();
    area.extend(sheet.corners_between(from, to));
    area
}

#[cfg(test)]
mod tests {
    use super::super::{Profile, pt, ring};
    use super::*;
    use proptest::prelude::*;

    fn six() -> Vec<(Point, f64)> {
        let lay = ring::layout(Profile::Desktop, 6, 0);
        lay.nodes.iter().map(|n| (n.at, lay.radius)).collect()
    }

    #[test]
    fn a_line_above_d_cuts_d_off() {
        let sheet = Profile::Desktop.sheet();
        let cut = split(&six(), &[pt(250.0, 500.0), pt(404.0, 400.0), pt(560.0, 500.0)], &sheet).expect("a cut");
        assert_eq!(cut.island, vec![3]);
        assert_eq!(cut.main, vec![0, 1, 2, 4, 5]);
        assert!(cut.line.starts_with('M'));
    }

    #[test]
    fn a_short_stroke_is_drawn_out_to_the_edges() {
        let cut = split(&six(), &[pt(404.0, 240.0), pt(404.0, 300.0)], &Profile::Desktop.sheet()).expect("a cut");
        // A and D lie on the line: they stay with the side that counts as larger, the one with the lower index.
        assert_eq!(cut.island, vec![4, 5]);
        assert_eq!(cut.main, vec![0, 1, 2, 3]);
    }

    #[test]
    fn a_lasso_takes_what_it_encloses() {
        let c = six()[1].0;
        let ring: Vec<Point> = (0..24).map(|i| c.plus(pt(60.0, 0.0).turned(pt(0.0, 0.0), f64::from(i) * 15.0))).collect();
        assert_eq!(split(&six(), &ring, &Profile::Desktop.sheet()).expect("a cut").island, vec![1]);
    }

    #[test]
    fn nothing_is_cut_off_by_a_dot_or_a_line_in_the_margin() {
        let sheet = Profile::Desktop.sheet();
        assert_eq!(split(&six(), &[pt(400.0, 300.0), pt(401.0, 300.0)], &sheet), None);
        assert_eq!(split(&six(), &[pt(12.0, 20.0), pt(12.0, 500.0)], &sheet), None);
        assert_eq!(split(&six(), &[], &sheet), None);
        assert_eq!(split(&[], &[pt(0.0, 0.0), pt(400.0, 300.0)], &sheet), None);
    }

    proptest! {
        #[test]
        fn drawing_backwards_cuts_the_same(
            n in 3usize..=16,
            line in prop::collection::vec((0.0f64..800.0, 0.0f64..520.0), 2..12),
        ) {
            let lay = ring::layout(Profile::Desktop, n, 0);
            let discs: Vec<(Point, f64)> = lay.nodes.iter().map(|p| (p.at, lay.radius)).collect();
            let there: Vec<Point> = line.iter().map(|(x, y)| pt(*x, *y)).collect();
            let back: Vec<Point> = there.iter().rev().copied().collect();
            let sheet = Profile::Desktop.sheet();
            let (a, b) = (split(&discs, &there, &sheet), split(&discs, &back, &sheet));
            prop_assert_eq!(a.as_ref().map(|s| &s.island), b.as_ref().map(|s| &s.island));
            if let Some(cut) = a {
                prop_assert!(cut.island.len() <= cut.main.len());
                let mut all = [cut.island, cut.main].concat();
                all.sort_unstable();
                prop_assert_eq!(all, (0..n).collect::<Vec<_>>());
            }
        }
    }
}
