//! The torn sheet: what a partition looks like.
//!
//! The paper is torn between groups that cannot reach each other. The main part stays where it is; every other
//! piece moves a little away and, in small rings, turns a little, so that the squares and the ring no longer line
//! up and the desk shows through.

use super::contour::{self, Field};
use super::edge::Edge;
use super::{Pen, Point, Profile, inside, pt, round1};

pub use super::contour::Site;

/// How far a piece turns, in degrees. Above [`TURN_LIMIT`] nodes pieces only move: turned, their chips would collide.
const TURN: f64 = 1.6;
/// The largest ring whose pieces turn.
const TURN_LIMIT: usize = 12;

/// One torn-off piece of paper.
#[derive(Clone, Debug, PartialEq)]
pub struct Piece {
    /// The group it carries (1, 2, ...).
    pub group: u8,
    /// Its outline where it was before it moved: clip, fill and stroke with it, inside a group with [`Piece::transform`].
    pub outline: String,
    /// How far it moved.
    pub shift: Point,
    /// How far it turned, degrees clockwise.
    pub turn: f64,
    /// What it turned about.
    pub pivot: Point,
    /// Where the scissors lie: beside the start of the tear, off the paper.
    pub scissors: Point,
    /// Where the scissors point, in degrees.
    pub scissors_angle: f64,
    /// Middle of the torn edge, not moved: the place of a turnstile or a label.
    pub middle: Point,
    /// Direction across the tear at its middle, from the main sheet into the piece, in degrees.
    pub inward: f64,
    shape: Vec<Point>,
}

impl Piece {
    /// The `transform` attribute that moves the piece (and everything on it) to its place.
    pub fn transform(&self) -> String {
        let (s, p) = (self.shift, self.pivot);
        if self.turn == 0.0 {
            format!("translate({} {})", s.x, s.y)
        } else {
            format!("translate({} {}) rotate({} {} {})", s.x, s.y, self.turn, p.x, p.y)
        }
    }

    /// Where a spot of the unmoved paper has gone.
    pub fn place(&self, p: Point) -> Point {
        p.turned(self.pivot, self.turn).plus(self.shift).rounded()
    }

    /// The spot of the unmoved paper that is now at `p`.
    pub fn unplace(&self, p: Point) -> Point {
        p.minus(self.shift).turned(self.pivot, -self.turn)
    }

    /// Whether a spot of the unmoved paper lies on this piece.
    pub fn holds(&self, p: Point) -> bool {
        inside(&self.shape, p)
    }

    /// The mark of a one-way cut: a bar on the tear with an arrow through it. `into` tells whether messages still
    /// pass into the piece (else out of it). Drawn in main sheet coordinates, on top of everything.
    pub fn turnstile(&self, into: bool) -> String {
        let along = pt(1.0, 0.0).turned(pt(0.0, 0.0), self.inward);
        let along = if into { along } else { along.times(-1.0) };
        let side = along.left();
        let mid = self.middle.plus(self.shift.times(0.5));
        let (tail, tip) = (mid.minus(along.times(17.0)), mid.plus(along.times(17.0)));
        let barb = tip.minus(along.times(8.0));
        let mut pen = Pen::new();
        pen.go(tail).line(tip).go(barb.plus(side.times(6.0))).line(tip).line(barb.minus(side.times(6.0)));
        pen.go(mid.plus(side.times(13.0))).line(mid.plus(side.times(4.0)));
        pen.go(mid.minus(side.times(13.0))).line(mid.minus(side.times(4.0)));
        pen.done()
    }
}

/// A sheet torn into a main part and pieces.
#[derive(Clone, Debug, PartialEq)]
pub struct Tear {
    /// Outline of the main part that stays.
    pub main: String,
    /// Outline of the whole sheet: the desk that shows through wherever no paper lies.
    pub desk: String,
    /// The pieces that moved, by group; an island of scattered nodes has several.
    pub pieces: Vec<Piece>,
    main_shapes: Vec<Vec<Point>>,
}

/// Tears the sheet between the groups of `sites`: a [`Site::node`] for each node, [`Site::room`] for each card
/// that is drawn, and for each client that the cut names (a client it does not name may lie on any paper). `nodes` is the number of nodes on the ring; `cut` the id from
/// which the ragged edge is drawn. `None` when there is only one group.
pub fn tear(profile: Profile, nodes: usize, sites: &[Site], cut: u64) -> Option<Tear> {
    let sheet = profile.sheet();
    if !sites.iter().any(|s| s.group > 0) || !sites.iter().any(|s| s.group == 0) {
        return None;
    }
    let field = Field::new(sites, &sheet);
    let (main_shapes, _) = contour::outlines(&field, 0, &sheet, cut);
    let mut pieces = Vec::new();
    for group in 1..field.groups {
        let (loops, open) = contour::outlines(&field, group, &sheet, cut);
        for shape in loops {
            let on_it: Vec<Point> = sites.iter().filter(|s| s.group == group && inside(&shape, s.at)).map(|s| s.at).collect();
            if !on_it.is_empty() {
                pieces.push(piece(profile, nodes, group, shape, &open, &on_it, sites));
            }
        }
    }
    let mut main = Pen::new();
    for shape in &main_shapes {
        main.through(shape).close();
    }
    let (a, b) = (pt(sheet.x, sheet.y), pt(sheet.right(), sheet.bottom()));
    let desk = Pen::new().through(&[a, pt(b.x, a.y), b, pt(a.x, b.y)]).close().done();
    Some(Tear { main: main.done(), desk, pieces, main_shapes })
}

fn mean(points: &[Point]) -> Point {
    let sum = points.iter().fold(pt(0.0, 0.0), |a, p| a.plus(*p));
    sum.times(1.0 / points.len().max(1) as f64)
}

fn piece(profile: Profile, nodes: usize, group: u8, shape: Vec<Point>, open: &[Vec<Point>], on_it: &[Point], sites: &[Site]) -> Piece {
    let sheet = profile.sheet();
    let own = mean(on_it);
    let rest: Vec<Point> = sites.iter().filter(|s| s.group == 0).map(|s| s.at).collect();
    // Away from the middle of the sheet; for a piece that is centred itself, away from the main part.
    let away = own.minus(sheet.centre());
    let away = if away.len() < 30.0 { own.minus(mean(&rest)) } else { away };
    let shift = away.unit().times(profile.shift()).rounded();
    // The torn line of this piece: the open border line that shares its first point with the outline.
    let line = open.iter().find(|l| shape.contains(&l[0])).cloned().unwrap_or_else(|| shape.clone());
    let mid = line.len() / 2;
    let along = line[(mid + 2).min(line.len() - 1)].minus(line[mid.saturating_sub(2)]);
    // The piece lies on the right hand of its border line.
    let inward = round1(along.left().times(-1.0).degrees());
    let (start, next) = (line[0], line[5.min(line.len() - 1)]);
    let inwards = next.minus(start).unit();
    let outline = Pen::new().through(&shape).close().done();
    Piece {
        group,
        outline,
        shift,
        turn: if nodes > TURN_LIMIT { 0.0 } else { TURN },
        pivot: own.rounded(),
        scissors: start.minus(inwards.times(18.0)).rounded(),
        scissors_angle: round1(inwards.degrees()),
        middle: line[mid].rounded(),
        inward,
        shape,
    }
}

impl Tear {
    /// The index of the piece that carries a spot of the unmoved paper; `None` for the main part.
    pub fn side_of(&self, p: Point) -> Option<usize> {
        self.pieces.iter().position(|piece| piece.holds(p))
    }

    /// Where a spot of the unmoved paper is now.
    pub fn place(&self, p: Point) -> Point {
        self.side_of(p).map_or(p, |i| self.pieces[i].place(p))
    }

    /// The share of a message's way at which the tear stops it. `from` is the sender's spot on the unmoved paper;
    /// the path itself runs between moved places. `None` if the path never leaves the sender's paper.
    pub fn stops(&self, edge: &Edge, from: Point) -> Option<f64> {
        match self.side_of(from) {
            Some(i) => edge.blocked_at(|p| !self.pieces[i].holds(self.pieces[i].unplace(p))),
            None => edge.blocked_at(|p| !self.main_shapes.iter().any(|shape| inside(shape, p))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::edge::End;
    use super::super::ring;
    use super::*;
    use proptest::prelude::*;

    fn sites(profile: Profile, n: usize, cut_off: impl Fn(usize) -> u8) -> (ring::Layout, Vec<Site>) {
        let lay = ring::layout(profile, n, 1);
        let sites = lay.nodes.iter().enumerate().map(|(i, node)| Site::node(node.at, lay.radius, cut_off(i))).collect();
        (lay, sites)
    }

    #[test]
    fn the_tear_round_d_holds_d_alone_and_moves_down() {
        let (lay, sites) = sites(Profile::Desktop, 6, |i| u8::from(i == 3));
        let torn = tear(Profile::Desktop, 6, &sites, 1).expect("torn");
        assert_eq!(torn.pieces.len(), 1);
        let piece = &torn.pieces[0];
        assert_eq!(torn.side_of(lay.nodes[3].at), Some(0));
        assert!((0..6).filter(|i| *i != 3).all(|i| torn.side_of(lay.nodes[i].at).is_none()));
        assert!(piece.shift.x.abs() < 0.5 && piece.shift.y == 15.0, "{:?}", piece.shift);
        assert_eq!(piece.turn, 1.6);
        assert!(piece.transform().contains(" 15) rotate(1.6 "));
        assert!(piece.scissors.y > 500.0, "the scissors lie at the lower edge: {:?}", piece.scissors);
        assert!((piece.inward - 90.0).abs() < 40.0, "inward is down: {}", piece.inward);
        let back = piece.unplace(piece.place(lay.nodes[3].at));
        assert!(back.dist(lay.nodes[3].at) < 0.2);
    }

    #[test]
    fn one_group_is_not_torn() {
        let (_, whole) = sites(Profile::Desktop, 6, |_| 0);
        assert_eq!(tear(Profile::Desktop, 6, &whole, 1), None);
        assert_eq!(tear(Profile::Desktop, 6, &[], 1), None);
    }

    #[test]
    fn the_same_cut_is_drawn_alike_and_another_differently() {
        let (_, s) = sites(Profile::Desktop, 6, |i| u8::from(i == 3));
        let draw = |cut| tear(Profile::Desktop, 6, &s, cut);
        assert_eq!(draw(5), draw(5));
        assert_ne!(draw(5), draw(6));
    }

    #[test]
    fn messages_stop_at_the_tear_from_both_sides() {
        let (lay, s) = sites(Profile::Desktop, 6, |i| u8::from(i == 3));
        let torn = tear(Profile::Desktop, 6, &s, 1).expect("torn");
        let end = |i: usize| End::Disc(torn.place(lay.nodes[i].at), lay.radius);
        let there = torn.stops(&Edge::between(&end(0), &end(3), 0), lay.nodes[0].at).expect("stopped");
        let back = torn.stops(&Edge::between(&end(3), &end(0), 0), lay.nodes[3].at).expect("stopped");
        assert!(there > 0.5 && there < 1.0, "{there}");
        assert!(back > 0.0 && back < 0.5, "{back}");
        assert_eq!(torn.stops(&Edge::between(&end(0), &end(1), 0), lay.nodes[0].at), None);
    }

    #[test]
    fn three_islands_give_three_pieces_and_large_rings_do_not_turn() {
        let (lay, s) = sites(Profile::Desktop, 16, |i| match i {
            2 => 1,
            7 | 8 => 2,
            12 => 3,
            _ => 0,
        });
        let torn = tear(Profile::Desktop, 16, &s, 3).expect("torn");
        assert_eq!(torn.pieces.iter().map(|p| p.group).collect::<Vec<_>>(), vec![1, 2, 3]);
        assert!(torn.pieces.iter().all(|p| p.turn == 0.0));
        for (i, node) in lay.nodes.iter().enumerate() {
            let group = torn.side_of(node.at).map_or(0, |p| torn.pieces[p].group);
            assert_eq!(group, s[i].group, "node {i}");
        }
    }

    #[test]
    fn a_turnstile_points_the_way_that_is_open() {
        let (_, s) = sites(Profile::Desktop, 6, |i| u8::from(i == 3));
        let torn = tear(Profile::Desktop, 6, &s, 1).expect("torn");
        let (into, out) = (torn.pieces[0].turnstile(true), torn.pieces[0].turnstile(false));
        assert_ne!(into, out);
        assert_eq!(into.matches('M').count(), 4);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]
        #[test]
        fn every_disc_lies_on_the_paper_of_its_group(
            n in 3usize..=16,
            mask in 1u32..0xFFFF,
            cut in any::<u64>(),
            profile in prop::sample::select(&Profile::ALL[..]),
        ) {
            let (lay, s) = sites(profile, n, |i| u8::from(mask >> i & 1 == 1));
            if let Some(torn) = tear(profile, n, &s, cut) {
                for (i, node) in lay.nodes.iter().enumerate() {
                    for step in 0..8 {
                        let rim = node.at.plus(pt(lay.radius * 0.9, 0.0).turned(pt(0.0, 0.0), f64::from(step) * 45.0));
                        let group = torn.side_of(rim).map_or(0, |p| torn.pieces[p].group);
                        prop_assert_eq!(group, s[i].group, "node {} of {}, rim {:?}", i, n, rim);
                    }
                }
                for piece in &torn.pieces {
                    prop_assert!(piece.outline.starts_with('M') && piece.outline.ends_with('Z'));
                    prop_assert!(piece.shift.len() > 9.0 && piece.shift.len() < 15.2);
                }
            }
        }
    }
}
