//! Torn outlines from groups of places: a field per group, its border by marching squares, a ragged paper edge.
//!
//! Each site pulls with its weight over the squared distance from its rim; a spot belongs to the group that pulls
//! most, so a disc always lies whole on its own paper. The
//! border of a group is the zero line of "mine minus the strongest other". It is found on a grid of squares,
//! rounded by a Catmull-Rom curve, and roughened by smooth noise that depends on the place and the cut's id only,
//! so both sides of a tear have the same edge and every replay draws it alike.

use super::{Point, Rect, mix, pt};
use crate::engine::base::arrange;

/// Something that belongs to one side: a node, a chip, a client.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Site {
    /// Where it lies before anything moves.
    pub at: Point,
    /// 0 is the main sheet, 1, 2, ... are islands.
    pub group: u8,
    /// Radius of the disc that may not be torn.
    pub radius: f64,
    /// How strongly it claims the paper round it; a node has 1.
    pub weight: f64,
}

impl Site {
    /// A node's disc with a little air round it.
    pub fn node(at: Point, radius: f64, group: u8) -> Site {
        Site { at, group, radius: radius + 3.0, weight: 1.0 }
    }

    /// The sites that keep a rectangle (a chip with its texts, a client's card) whole: a row of discs covering it.
    pub fn room(room: &Rect, group: u8) -> Vec<Site> {
        let radius = room.h.min(room.w) / 2.0 + 2.0;
        let (from, to) = (room.x + room.h / 2.0, room.right() - room.h / 2.0);
        let steps = ((to - from) / (radius * 1.2)).ceil().max(1.0) as u32;
        let disc = |i: u32| {
            let x = if to > from { from + (to - from) * f64::from(i) / f64::from(steps) } else { room.centre().x };
            Site { at: pt(x, room.centre().y), group, radius, weight: 0.35 / f64::from(steps + 1) }
        };
        (0..=steps).map(disc).collect()
    }
}

/// Side of a grid square.
const STEP: f64 = 8.0;
/// How far the ragged edge strays from the smooth line.
const ROUGH: f64 = 2.0;

/// Distance between the ghosts that tie a site to the edge of the sheet.
const GHOSTS: f64 = 24.0;

/// The pull of every group, measured on the mesh.
pub(super) struct Field {
    pub groups: u8,
    /// Squares across and down the sheet.
    across: u64,
    down: u64,
    sheet: Rect,
    /// For each corner, row by row, one number for each group.
    pulls: Vec<f64>,
}

impl Field {
    /// Builds the field: besides the sites themselves a row of ghosts from each node outwards past the sheet's edge, so
    /// that every side reaches the edge and none is a hole in another, and a middle site for the larger part, so
    /// that a tear leaves room for the messages crossing the sheet.
    pub fn new(sites: &[Site], sheet: &Rect) -> Field {
        let groups = sites.iter().map(|s| s.group + 1).max().unwrap_or(1);
        let mid = sheet.centre();
        let total: f64 = sites.iter().map(|s| s.weight).sum();
        let main: f64 = sites.iter().filter(|s| s.group == 0).map(|s| s.weight).sum();
        let lead = ((2.0 * main - total) / total.max(1e-9)).max(0.0);
        // The larger the main part, the weaker its ghosts: they keep a lone node tied to the edge without squeezing
        // the island between its neighbours.
        let main_ghost = 1.0 - 0.85 * lead;
        let mut all = sites.to_vec();
        for s in sites.iter().filter(|s| s.weight >= 0.5) {
            let far = beyond(sheet, mid, s.at);
            let out = far.minus(s.at).unit();
            let mut reach = s.radius + GHOSTS / 2.0;
            while reach < far.dist(s.at) + GHOSTS {
                let weight = s.weight * if s.group == 0 { main_ghost } else { 1.0 };
                all.push(Site { at: s.at.plus(out.times(reach)), radius: 0.0, weight, ..*s });
                reach += GHOSTS;
            }
        }
        if lead > 0.0 {
            all.push(Site { at: mid, group: 0, radius: 0.0, weight: 1.2 * lead });
        }
        Field::measured(&all, groups, sheet)
    }

    /// Measures every group's pull at every corner of the mesh, once for all groups.
    fn measured(sites: &[Site], groups: u8, sheet: &Rect) -> Field {
        let across = (sheet.w / STEP).ceil().max(1.0) as u64;
        let down = (sheet.h / STEP).ceil().max(1.0) as u64;
        let many = usize::from(groups);
        let mut field = Field { groups, across, down, sheet: *sheet, pulls: Vec::new() };
        field.pulls = vec![0.0; many * ((across + 1) * (down + 1)) as usize];
        for j in 0..=down {
            for i in 0..=across {
                let (p, at) = (field.corner(i, j), field.index(i, j));
                let here = &mut field.pulls[at..at + many];
                for s in sites {
                    let d = s.at.minus(p);
                    let far2 = d.x * d.x + d.y * d.y;
                    // Only discs need the root: most sites are ghosts without a radius.
                    let gap2 = if s.radius > 0.0 {
                        let gap = (far2.sqrt() - s.radius).max(0.3);
                        gap * gap
                    } else {
                        far2.max(0.1)
                    };
                    here[usize::from(s.group)] += s.weight / gap2;
                }
            }
        }
        field
    }

    /// A corner of the mesh.
    fn corner(&self, i: u64, j: u64) -> Point {
        let s = &self.sheet;
        pt(s.x + s.w * i as f64 / self.across as f64, s.y + s.h * j as f64 / self.down as f64)
    }

    fn index(&self, i: u64, j: u64) -> usize {
        (j * (self.across + 1) + i) as usize * usize::from(self.groups)
    }

    /// How much more group `g` pulls at a corner than the strongest other group.
    fn lead(&self, g: u8, i: u64, j: u64) -> f64 {
        let at = self.index(i, j);
        let here = self.pulls[at..at + usize::from(self.groups)].iter();
        let (mut mine, mut other) = (0.0, 0.0_f64);
        for (group, pull) in here.enumerate() {
            if group == usize::from(g) {
                mine = *pull;
            } else {
                other = other.max(*pull);
            }
        }
        mine - other
    }
}

/// Where the ray from the middle through a site leaves the sheet, and a little further.
fn beyond(sheet: &Rect, mid: Point, at: Point) -> Point {
    let dir = at.minus(mid).unit();
    let tx = if dir.x.abs() < 1e-9 { f64::MAX } else { (sheet.w / 2.0) / dir.x.abs() };
    let ty = if dir.y.abs() < 1e-9 { f64::MAX } else { (sheet.h / 2.0) / dir.y.abs() };
    mid.plus(dir.times(tx.min(ty) + 24.0))
}

/// One border line; the group lies on its right hand.
pub(super) type Line = Vec<Point>;

/// The closed outlines of group `g` inside the sheet, ragged, together with the open border lines they used.
pub(super) fn outlines(field: &Field, g: u8, sheet: &Rect, cut: u64) -> (Vec<Line>, Vec<Line>) {
    let (open, closed) = chain(&segments(field, g));
    let rough = |line: &Line, ring: bool| roughen(&smooth(line, ring), ring, sheet, cut);
    let open: Vec<Line> = open.iter().map(|l| rough(l, false)).collect();
    let mut loops: Vec<Line> = closed.iter().map(|l| rough(l, true)).collect();
    loops.extend(stitch(&open, sheet));
    if open.is_empty() && field.lead(g, 0, 0) > 0.0 {
        loops.insert(
            0,
            vec![pt(sheet.x, sheet.y), pt(sheet.right(), sheet.y), pt(sheet.right(), sheet.bottom()), pt(sheet.x, sheet.bottom())],
        );
    }
    (loops, open)
}

/// A point on the grid's mesh, named by the mesh edge it lies on, so that neighbours join exactly.
#[derive(Clone, Copy)]
struct Knot {
    key: u64,
    at: Point,
}

/// Marching squares: directed pieces of the border, the group on the right hand.
fn segments(field: &Field, g: u8) -> Vec<(Knot, Knot)> {
    let (nx, ny) = (field.across, field.down);
    let corner = |i, j| field.corner(i, j);
    let f = |i: u64, j: u64| field.lead(g, i, j);
    let knot = |a: (u64, u64), b: (u64, u64)| {
        let (va, vb) = (f(a.0, a.1), f(b.0, b.1));
        let key = ((a.1 * (nx + 1) + a.0) << 1) | u64::from(a.1 != b.1);
        Knot { key, at: corner(a.0, a.1).towards(corner(b.0, b.1), va / (va - vb)) }
    };
    let mut out = Vec::new();
    for j in 0..ny {
        for i in 0..nx {
            let [a, b, c, d] = [f(i, j), f(i + 1, j), f(i + 1, j + 1), f(i, j + 1)].map(|v| v > 0.0);
            let top = || knot((i, j), (i + 1, j));
            let right = || knot((i + 1, j), (i + 1, j + 1));
            let low = || knot((i, j + 1), (i + 1, j + 1));
            let left = || knot((i, j), (i, j + 1));
            let case = u8::from(a) | u8::from(b) << 1 | u8::from(c) << 2 | u8::from(d) << 3;
            match case {
                1 => out.push((top(), left())),
                2 => out.push((right(), top())),
                3 => out.push((right(), left())),
                4 => out.push((low(), right())),
                5 => out.extend([(top(), left()), (low(), right())]),
                6 => out.push((low(), top())),
                7 => out.push((low(), left())),
                8 => out.push((left(), low())),
                9 => out.push((top(), low())),
                10 => out.extend([(right(), top()), (left(), low())]),
                11 => out.push((right(), low())),
                12 => out.push((left(), right())),
                13 => out.push((top(), right())),
                14 => out.push((left(), top())),
                _ => {}
            }
        }
    }
    out
}

/// Joins directed pieces into open lines (from edge to edge of the sheet) and closed loops.
fn chain(pieces: &[(Knot, Knot)]) -> (Vec<Line>, Vec<Line>) {
    let mut starts: Vec<(u64, usize)> = pieces.iter().enumerate().map(|(i, s)| (s.0.key, i)).collect();
    arrange(&mut starts, Ord::cmp);
    let next = |key: u64| starts.binary_search_by_key(&key, |s| s.0).ok().map(|at| starts[at].1);
    let mut ends: Vec<u64> = pieces.iter().map(|s| s.1.key).collect();
    arrange(&mut ends, Ord::cmp);
    let mut used = vec![false; pieces.len()];
    let mut follow = |first: usize| {
        let mut line = vec![pieces[first].0.at];
        let mut at = Some(first);
        while let Some(i) = at.filter(|i| !used[*i]) {
            used[i] = true;
            line.push(pieces[i].1.at);
            at = next(pieces[i].1.key);
        }
        line
    };
    let heads = (0..pieces.len()).filter(|i| ends.binary_search(&pieces[*i].0.key).is_err());
    let open: Vec<Line> = heads.map(&mut follow).collect();
    let mut closed = Vec::new();
    for i in 0..pieces.len() {
        let line = follow(i);
        if line.len() > 3 {
            closed.push(line);
        }
    }
    (open, closed)
}

/// Catmull-Rom through the points, one new point in the middle of each stretch.
fn smooth(line: &Line, ring: bool) -> Line {
    let n = line.len();
    let get = |i: isize| {
        if ring {
            // A ring's last point repeats its first.
            line[(i.rem_euclid(n as isize - 1)) as usize]
        } else {
            line[i.clamp(0, n as isize - 1) as usize]
        }
    };
    let mut out = Vec::with_capacity(2 * n);
    for i in 0..n as isize - 1 {
        let (a, b, c, d) = (get(i - 1), get(i), get(i + 1), get(i + 2));
        out.push(b);
        let mid = |a: f64, b: f64, c: f64, d: f64| (9.0 * (b + c) - a - d) / 16.0;
        // Very short stretches need no middle: they only make the edge fuzzy.
        if b.dist(c) > 4.0 {
            out.push(pt(mid(a.x, b.x, c.x, d.x), mid(a.y, b.y, c.y, d.y)));
        }
    }
    out.push(line[n - 1]);
    out
}

/// Moves every point by the noise of its place; ends of open lines stay on the sheet's edge.
fn roughen(line: &Line, ring: bool, sheet: &Rect, cut: u64) -> Line {
    let last = line.len() - 1;
    let mut out: Line = Vec::with_capacity(line.len());
    for (i, p) in line.iter().enumerate() {
        let end = !ring && (i == 0 || i == last);
        let q = if end { *p } else { sheet.nearest(p.plus(noise(cut, *p))) };
        out.push(q);
    }
    out
}

/// Smooth noise of the plane: up to `ROUGH` in each direction, with bumps about ten units wide.
fn noise(cut: u64, p: Point) -> Point {
    let cell = 9.0;
    let (gx, gy) = ((p.x / cell).floor(), (p.y / cell).floor());
    let (fx, fy) = (p.x / cell - gx, p.y / cell - gy);
    let value = |dx: i64, dy: i64, axis: u64| {
        let place = ((gx as i64 + dx) as u64).wrapping_mul(0x1_0001) ^ ((gy as i64 + dy) as u64).wrapping_mul(0x5_0000_0003);
        (mix(cut ^ axis, place) >> 11) as f64 / (1u64 << 53) as f64 * 2.0 - 1.0
    };
    let blend = |axis: u64| {
        let top = value(0, 0, axis) * (1.0 - fx) + value(1, 0, axis) * fx;
        let low = value(0, 1, axis) * (1.0 - fx) + value(1, 1, axis) * fx;
        (top * (1.0 - fy) + low * fy) * ROUGH * 1.25
    };
    pt(blend(0xA11CE).clamp(-ROUGH, ROUGH), blend(0xB0B).clamp(-ROUGH, ROUGH))
}

/// Closes open lines along the sheet's outline: after a line's end walk clockwise to the next line's start.
fn stitch(open: &[Line], sheet: &Rect) -> Vec<Line> {
    let total = 2.0 * (sheet.w + sheet.h);
    let starts: Vec<f64> = open.iter().map(|l| sheet.walk_of(l[0])).collect();
    let mut used = vec![false; open.len()];
    let mut out = Vec::new();
    for first in 0..open.len() {
        let mut at = first;
        let mut ring = Vec::new();
        while !used[at] {
            used[at] = true;
            ring.extend_from_slice(&open[at]);
            let here = sheet.walk_of(open[at][open[at].len() - 1]);
            let gap = |i: usize| (starts[i] - here).rem_euclid(total);
            let next = (0..open.len()).min_by(|a, b| gap(*a).total_cmp(&gap(*b))).unwrap_or(at);
            ring.extend(sheet.corners_between(here, starts[next]));
            at = next;
        }
        if ring.len() > 2 {
            out.push(ring);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn noise_is_small_repeatable_and_differs_between_cuts() {
        let mut differs = 0;
        for i in 0..200 {
            let p = pt(f64::from(i) * 3.7, f64::from(i % 17) * 11.3);
            let n = noise(7, p);
            assert!(n.x.abs() <= ROUGH && n.y.abs() <= ROUGH);
            assert_eq!(n, noise(7, p));
            differs += usize::from(n != noise(8, p));
        }
        assert!(differs > 190);
    }

    #[test]
    fn two_sites_part_a_sheet_down_the_middle() {
        let sheet = Rect::new(0.0, 0.0, 200.0, 100.0);
        let sites = [
            Site { at: pt(50.0, 50.0), group: 0, radius: 9.0, weight: 1.0 },
            Site { at: pt(150.0, 50.0), group: 1, radius: 9.0, weight: 1.0 },
        ];
        let field = Field::new(&sites, &sheet);
        let (loops, open) = outlines(&field, 1, &sheet, 1);
        assert_eq!((loops.len(), open.len()), (1, 1));
        assert!(open[0].iter().all(|p| (p.x - 100.0).abs() < 4.0), "{:?}", open[0]);
        assert!(super::super::inside(&loops[0], pt(150.0, 50.0)));
        assert!(super::super::inside(&loops[0], pt(199.0, 99.0)), "the corners belong to the piece");
        assert!(!super::super::inside(&loops[0], pt(50.0, 50.0)));
    }
}
