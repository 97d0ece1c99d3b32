//! Free rooms on the sheet for words and cards.

use super::copies::ChipMark;
use super::ground::Ground;
use crate::engine::base::arrange;
use crate::view::geometry::{Point, Rect, pt};

/// Keeps track of what is taken.
#[derive(Debug)]
pub(super) struct Rooms<'a> {
    ground: &'a Ground,
    taken: Vec<Rect>,
    /// Cards in use: those of replicas.
    cards: Vec<Rect>,
}

/// A room found, on the unmoved paper.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Room {
    /// Where.
    pub rect: Rect,
    /// The torn-off piece it lies on.
    pub piece: Option<usize>,
}

impl<'a> Rooms<'a> {
    /// All free but the discs, the clients and the cards of these replicas.
    pub(super) fn new(ground: &'a Ground, chips: &[ChipMark]) -> Rooms<'a> {
        let cards = chips.iter().filter_map(|c| ground.layout.nodes.get(c.node.index())?.card).map(|c| c.room).collect();
        Rooms { ground, taken: Vec::new(), cards }
    }

    /// Marks a rectangle as taken.
    pub(super) fn hold(&mut self, rect: Rect) {
        self.taken.push(rect);
    }

    /// Everything taken so far.
    pub(super) fn into_taken(self) -> Vec<Rect> {
        self.taken
    }

    /// The piece a rectangle lies on, or `None` in the outer option if the tear runs through it.
    fn side(&self, rect: &Rect) -> Option<Option<usize>> {
        let Some(torn) = &self.ground.tear else { return Some(None) };
        let r = rect.grown(4.0);
        let mid = r.centre();
        let corners = [pt(r.x, r.y), pt(r.right(), r.y), pt(r.x, r.bottom()), pt(r.right(), r.bottom())];
        let edges = [pt(mid.x, r.y), pt(mid.x, r.bottom()), pt(r.x, mid.y), pt(r.right(), mid.y)];
        let side = torn.side_of(mid);
        corners.iter().chain(&edges).all(|p| torn.side_of(*p) == side).then_some(side)
    }

    fn is_free(&self, rect: &Rect, want: Option<Option<usize>>) -> Option<Room> {
        let layout = &self.ground.layout;
        let clear = self.ground.profile.sheet().grown(-4.0).contains(rect)
            && layout.nodes.iter().all(|n| !rect.meets_disc(n.at, layout.radius + 4.0))
            && self.cards.iter().all(|c| !c.grown(2.0).meets(rect))
            && layout.clients.iter().all(|c| !c.grown(4.0).meets(rect))
            && self.taken.iter().all(|t| !t.grown(3.0).meets(rect));
        let side = if clear { self.side(rect)? } else { return None };
        want.is_none_or(|w| w == side).then_some(Room { rect: rect.rounded(), piece: side })
    }

    /// Takes the first free one of these rectangles. `want` asks for one piece of paper (or the main sheet).
    pub(super) fn take(&mut self, rects: impl IntoIterator<Item = Rect>, want: Option<Option<usize>>) -> Option<Room> {
        let room = rects.into_iter().find_map(|r| self.is_free(&r, want))?;
        self.taken.push(room.rect);
        Some(room)
    }

    /// Rectangles round a disc, near ones first, of these the ones that lie most in the direction `prefer`.
    pub(super) fn round(at: Point, radius: f64, w: f64, h: f64, prefer: Point) -> Vec<Rect> {
        let mut out = Vec::new();
        for gap in [14.0, 22.0, 36.0] {
            let (dx, dy) = (radius + gap + w / 2.0, radius + gap * 0.5 + h / 2.0);
            let mut spots = [
                (dx, 6.0),
                (dx, -h / 2.0),
                (dx, h / 2.0 + 6.0),
                (-dx, 6.0),
                (-dx, -h / 2.0),
                (-dx, h / 2.0 + 6.0),
                (0.0, -dy),
                (0.0, dy),
                (dx * 0.8, dy),
                (dx * 0.8, -dy),
                (-dx * 0.8, dy),
                (-dx * 0.8, -dy),
            ]
            .map(|(x, y)| pt(x, y));
            let lean = |p: &Point| {
                let unit = p.unit();
                unit.x * prefer.x + unit.y * prefer.y
            };
            arrange(&mut spots, |a, b| lean(b).total_cmp(&lean(a)));
            out.extend(spots.map(|p| Rect::around(at.plus(p), w, h)));
        }
        out
    }
}
