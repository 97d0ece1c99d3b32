//! The ring: where nodes, the cards beside them, clients and the key's mark lie.
//!
//! Nodes stand on an ellipse, the first at the top, then clockwise in ring order. Beside each node a place is kept
//! for its version chip: outside the ring, clear of the ring line, of every disc, of every other place and of the
//! clients. Small rings have room for a chip with a note and the value; larger ones for a chip; the largest show
//! what a node holds as a dot and a stretch of the ring.

use super::{Pen, Point, Profile, Rect, card, pt};

pub use super::card::{Anchor, Card, Spot};

/// How much is drawn at a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Detail {
    /// Chip, note and value (up to 8 nodes).
    Full,
    /// A small chip (up to 16 nodes).
    Compact,
    /// The disc itself and a stretch of the ring take the version's colour.
    Dot,
}

impl Detail {
    /// The level for a ring of `n` nodes.
    pub fn of(n: usize) -> Detail {
        match n {
            0..=8 => Detail::Full,
            9..=16 => Detail::Compact,
            _ => Detail::Dot,
        }
    }
}

/// One node on the ring.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Place {
    /// Centre of the disc.
    pub at: Point,
    /// Unit vector away from the middle of the ring.
    pub outward: Point,
    /// Room for what it holds; `None` for [`Detail::Dot`].
    pub card: Option<Card>,
}

/// A ring laid out on a sheet.
#[derive(Clone, Debug, PartialEq)]
pub struct Layout {
    /// Which drawing.
    pub profile: Profile,
    /// How much is drawn at each node.
    pub detail: Detail,
    /// Middle of the ring.
    pub centre: Point,
    /// Half its width.
    pub rx: f64,
    /// Half its height.
    pub ry: f64,
    /// Radius of a node's disc.
    pub radius: f64,
    /// Size of the letter in a disc.
    pub letter: f64,
    /// The nodes, clockwise from the top.
    pub nodes: Vec<Place>,
    /// Cards of the clients, top to bottom.
    pub clients: Vec<Rect>,
}

/// The key's mark on the ring.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct KeyMark {
    /// The dot on the ring line.
    pub at: Point,
    /// The end of the short line that leads to the label.
    pub lead: Point,
    /// The key; the hash goes one line below.
    pub label: Spot,
}

/// The largest number of client cards that fit.
pub const MAX_CLIENTS: usize = 6;

/// Lays out `n` nodes and up to [`MAX_CLIENTS`] clients.
pub fn layout(profile: Profile, n: usize, clients: usize) -> Layout {
    let (centre, rx, ry, base) = match profile {
        Profile::Desktop => (pt(404.0, 268.0), 224.0, 184.0, 37.0),
        Profile::Projector => (pt(450.0, 240.0), 240.0, 160.0, 39.0),
        Profile::Mobile => (pt(196.0, 214.0), 128.0, 150.0, 25.0),
        Profile::Figure => (pt(272.0, 196.0), 164.0, 136.0, 27.0),
    };
    let on_ring: Vec<Point> = (0..n).map(|i| on_ellipse(centre, rx, ry, i as f64 / n.max(1) as f64)).collect();
    let nearest = (0..n).map(|i| on_ring[i].dist(on_ring[(i + 1) % n])).filter(|d| *d > 0.0).fold(f64::MAX, f64::min);
    let radius = super::round1((nearest * 0.36).min(base).max(2.5));
    let mut lay = Layout {
        profile,
        detail: Detail::of(n),
        centre,
        rx,
        ry,
        radius,
        letter: super::round1(radius * 0.86),
        nodes: on_ring.iter().map(|at| place(*at, centre)).collect(),
        clients: client_cards(profile, clients.min(MAX_CLIENTS)),
    };
    if lay.detail != Detail::Dot {
        for i in 0..n {
            lay.nodes[i].card = card::card(&lay, i);
        }
    }
    lay
}

fn place(at: Point, centre: Point) -> Place {
    Place { at: at.rounded(), outward: at.minus(centre).unit(), card: None }
}

/// The point at share `turn` of a full turn, clockwise from the top.
#[expect(clippy::disallowed_methods, reason = "a drawing, rounded to a tenth; nothing is hashed")]
pub(super) fn on_ellipse(centre: Point, rx: f64, ry: f64, turn: f64) -> Point {
    let a = turn * std::f64::consts::TAU;
    pt(centre.x + rx * a.sin(), centre.y - ry * a.cos())
}

fn client_cards(profile: Profile, count: usize) -> Vec<Rect> {
    let (x, middle, w, h, step, top) = match profile {
        Profile::Desktop => (52.0, 176.0, 50.0, 30.0, 56.0, 36.0),
        Profile::Projector => (60.0, 160.0, 64.0, 38.0, 60.0, 36.0),
        Profile::Mobile => (29.0, 139.0, 36.0, 22.0, 46.0, 30.0),
        Profile::Figure => (36.0, 124.0, 40.0, 24.0, 44.0, 30.0),
    };
    let first = (middle - step * (count.saturating_sub(1)) as f64 / 2.0).max(top);
    (0..count).map(|i| Rect::around(pt(x, first + step * i as f64), w, h).rounded()).collect()
}

impl Layout {
    /// Keeps only the cards that are drawn; labels and call-outs may then use the room of the others. Cards keep
    /// their places, so nothing jumps when another node becomes a replica.
    pub fn with_cards(mut self, drawn: impl Fn(usize) -> bool) -> Layout {
        for (i, node) in self.nodes.iter_mut().enumerate() {
            node.card = node.card.filter(|_| drawn(i));
        }
        self
    }

    /// Whether a spot lies inside the ring line.
    pub fn encloses(&self, p: Point) -> bool {
        let d = p.minus(self.centre);
        let (x, y) = (d.x / self.rx, d.y / self.ry);
        x * x + y * y < 1.0
    }

    /// Whether the ring line runs through a rectangle (three units of air included).
    pub fn crosses_ring(&self, room: &Rect) -> bool {
        let near = room.grown(3.0);
        (0..360).any(|i| near.holds(on_ellipse(self.centre, self.rx, self.ry, f64::from(i) / 360.0)))
    }

    /// The ring line as path data.
    pub fn ring(&self) -> String {
        self.arc(0.0, 1.0)
    }

    /// A stretch of the ring line clockwise from share `from` to share `to` of a full turn (`to` may exceed 1).
    pub fn arc(&self, from: f64, to: f64) -> String {
        let steps = (((to - from) * 96.0).ceil() as usize).clamp(1, 192);
        let points: Vec<Point> =
            (0..=steps).map(|i| on_ellipse(self.centre, self.rx, self.ry, from + (to - from) * i as f64 / steps as f64)).collect();
        Pen::new().through(&points).done()
    }

    /// The stretch of ring that belongs to node `i` in a [`Detail::Dot`] drawing: from half way to its left
    /// neighbour to half way to its right one.
    pub fn segment(&self, i: usize) -> String {
        let n = self.nodes.len().max(1) as f64;
        self.arc((i as f64 - 0.46) / n, (i as f64 + 0.46) / n)
    }

    /// The share of a full turn at which a token lies in the drawing. With one ascending token for each node the
    /// drawing is stretched so that the mark falls between the right two nodes; otherwise the plain share of 2^64.
    pub fn turn_of(&self, token: u64, nodes: &[u64]) -> f64 {
        let share = |t: u64| t as f64 / 18_446_744_073_709_551_616.0;
        let n = nodes.len();
        if n < 2 || n != self.nodes.len() || !nodes.is_sorted_by(|a, b| a < b) {
            return share(token);
        }
        let after = nodes.partition_point(|t| *t <= token);
        let low = (after + n - 1) % n;
        let (from, to) = (nodes[low], nodes[after % n]);
        let part = share(token.wrapping_sub(from)) / share(to.wrapping_sub(from)).max(1e-18);
        (low as f64 + part) / n as f64
    }

    /// The key's mark at share `turn` of a full turn, its label where it hides nothing. Only the cards of nodes for which `holds` is true
    /// are in use.
    pub fn key_mark(&self, turn: f64, holds: &dyn Fn(usize) -> bool) -> KeyMark {
        let at = on_ellipse(self.centre, self.rx, self.ry, turn);
        let out = at.minus(self.centre).unit();
        let (w, h) = match self.profile {
            Profile::Desktop => (92.0, 36.0),
            Profile::Projector => (116.0, 46.0),
            Profile::Mobile | Profile::Figure => (76.0, 18.0),
        };
        let sheet = self.profile.sheet().grown(-4.0);
        let blocked = |room: &Rect| {
            !sheet.contains(room)
                || self.nodes.iter().any(|n| room.meets_disc(n.at, self.radius + 2.0))
                || self.nodes.iter().enumerate().filter(|(i, _)| holds(*i)).filter_map(|(_, n)| n.card.as_ref()).any(|c| c.room.meets(room))
                || self.clients.iter().any(|c| c.meets(room))
                || self.crosses_ring(room)
        };
        let try_at = |dir: Point, reach: f64, right: bool| {
            let lead = at.plus(dir.times(reach));
            let x = if right { lead.x + 3.0 } else { lead.x - 3.0 - w };
            let y = if dir.y < 0.0 { lead.y - h } else { lead.y };
            (lead, Rect::new(x, y, w, h), right)
        };
        let tries = [18.0, 30.0, 44.0, 60.0, 80.0].into_iter().flat_map(|reach| {
            [(out, out.x >= 0.0), (out, out.x < 0.0), (out.times(-1.0), out.x < 0.0), (out.times(-1.0), out.x >= 0.0)]
                .map(|(dir, right)| try_at(dir, reach, right))
        });
        let (lead, room, right) = tries.into_iter().find(|t| !blocked(&t.1)).unwrap_or_else(|| try_at(out.times(-1.0), 18.0, out.x < 0.0));
        let anchor = if right { Anchor::Start } else { Anchor::End };
        let base = room.y + if self.profile.is_small() { h - 4.0 } else { h * 0.42 };
        let x = if right { room.x } else { room.right() };
        KeyMark { at: at.rounded(), lead: lead.rounded(), label: Spot { at: pt(x, base).rounded(), anchor, width: w } }
    }

    /// A free rectangle of the given size as near to `near` as possible: clear of discs, cards, clients and of
    /// everything in `avoid`; it may lie on the ring line, and lies inside the ring only if that is much nearer.
    /// `None` if the sheet is full.
    pub fn free_room(&self, w: f64, h: f64, near: Point, avoid: &[Rect]) -> Option<Rect> {
        let sheet = self.profile.sheet().grown(-8.0);
        let (cols, rows) = (((sheet.w - w) / 6.0) as i32, ((sheet.h - h) / 6.0) as i32);
        let spots = (0..=rows).flat_map(|j| (0..=cols).map(move |i| (i, j)));
        spots
            .map(|(i, j)| Rect::new(sheet.x + 6.0 * f64::from(i), sheet.y + 6.0 * f64::from(j), w, h))
            .filter(|room| {
                sheet.contains(room)
                    && self.nodes.iter().all(|n| !room.meets_disc(n.at, self.radius + 5.0) && n.card.is_none_or(|c| !c.room.meets(room)))
                    && self.clients.iter().chain(avoid).all(|c| !c.grown(3.0).meets(room))
            })
            .min_by(|a, b| {
                let cost = |r: &Rect| r.centre().dist(near) + if self.encloses(r.centre()) { 90.0 } else { 0.0 };
                cost(a).total_cmp(&cost(b))
            })
            .map(|r| r.rounded())
    }
}

#[cfg(test)]
mod tests;
