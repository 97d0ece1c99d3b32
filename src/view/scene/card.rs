//! The coordinator's card: the digests it has in hand, side by side.

use super::Shown;
use super::copies::ChipMark;
use super::ground::Ground;
use super::rooms::Rooms;
use crate::engine::base::{Digest, Endpoint, NodeId, arrange};
use crate::engine::node::{Body, Note, Verb};
use crate::engine::world::EventKind;
use crate::lab::Session;
use crate::view::chip;
use crate::view::geometry::edge::Edge;
use crate::view::geometry::{Pen, Point, Profile, Rect, pt};
use crate::view::narrate::Facts;

/// Rows a card has at most.
const ROWS: usize = 5;

/// One digest on the card.
#[derive(Debug, Clone, PartialEq)]
pub struct CardRow {
    /// Whose.
    pub node: NodeId,
    /// Start of the letter's baseline.
    pub letter: Point,
    /// Its first four hexadecimal digits.
    pub digits: String,
    /// Where they are written.
    pub digits_at: Point,
    /// The digits as bars, each with whether it was found equal: to the first row's, or in the first row to all others'.
    pub bars: Vec<(Rect, bool)>,
}

/// The card.
#[derive(Debug, Clone, PartialEq)]
pub struct CompareCard {
    /// Whose it is.
    pub coordinator: NodeId,
    /// Its outline where it is now.
    pub room: Rect,
    /// The pointer to its node: a triangle, then the line that opens the outline there.
    pub pointer: (String, String),
    /// The digests, the row in hand first.
    pub rows: Vec<CardRow>,
    /// Discs with the verdict: where, and whether the digests are equal. Empty until they have been compared.
    pub verdicts: Vec<(Point, bool)>,
    /// Radius of such a disc.
    pub disc: f64,
    /// Sizes of letters and of digits.
    pub sizes: (f64, f64),
}

impl CompareCard {
    /// Whether digests were found to differ.
    pub fn differs(&self) -> bool {
        self.verdicts.iter().any(|(_, equal)| !equal)
    }
}

/// Answers of the first round in the order in which they came, the row in hand first, and whether they have been compared.
fn answers(session: &Session, shown: &Shown) -> Option<(Vec<(NodeId, Digest)>, bool)> {
    let past = &session.log()[shown.began.0 as usize..session.cursor() as usize];
    let facts = Facts::of(session);
    let (mut rows, mut digests, mut compared) = (Vec::new(), Vec::new(), false);
    for event in past.iter().filter(|e| e.op == Some(shown.op) && e.who == Some(Endpoint::Node(shown.via))) {
        match &event.kind {
            EventKind::Delivered(m) => match (&m.body, m.from) {
                (Body::Data { row, round: 1 }, Endpoint::Node(from)) => rows.push((from, facts.settings_at(event.at).digest.of(row))),
                (Body::Digest(digest), Endpoint::Node(from)) => digests.push((from, *digest)),
                _ => {}
            },
            EventKind::Note(Note::DigestsMatch | Note::DigestsDiffer { .. }) => compared = true,
            _ => {}
        }
    }
    if digests.is_empty() {
        return None;
    }
    rows.extend(digests);
    rows.dedup_by_key(|(node, _)| *node);
    Some((rows, compared))
}

/// Measures of a card in one drawing.
struct Measures {
    w: f64,
    row: f64,
    letter: f64,
    digits: f64,
    bars: (f64, f64, f64),
    digits_x: f64,
    disc: f64,
}

fn measures(profile: Profile) -> Measures {
    match profile {
        Profile::Desktop => {
            Measures { w: 172.0, row: 38.0, letter: 18.0, digits: 16.0, bars: (34.0, 44.0, 22.0), digits_x: 84.0, disc: 15.0 }
        }
        Profile::Projector => {
            Measures { w: 178.0, row: 45.0, letter: 22.0, digits: 19.0, bars: (35.0, 46.0, 25.0), digits_x: 87.0, disc: 17.0 }
        }
        // A phone has no room for bars beside letters: the digits alone, in one line each.
        Profile::Mobile | Profile::Figure => {
            Measures { w: 92.0, row: 22.0, letter: 14.0, digits: 14.0, bars: (0.0, 0.0, 0.0), digits_x: 26.0, disc: 10.5 }
        }
    }
}

/// Rectangles round the coordinator, best first: outside the ring, not on the roads of the operation.
fn spots(ground: &mut Ground, shown: &Shown, w: f64, h: f64) -> Vec<Rect> {
    let layout = ground.layout.clone();
    let node = layout.nodes[shown.via.index()];
    let via = Endpoint::Node(shown.via);
    let others = shown.asked.iter().map(|n| Endpoint::Node(*n)).chain([shown.client.into()]).filter(|e| *e != via);
    let ways: Vec<(Endpoint, Endpoint)> = others.flat_map(|e| [(e, via), (via, e)]).collect();
    let roads: Vec<Edge> = ways.into_iter().filter_map(|(a, b)| ground.road(a, b)).map(|r| r.edge).collect();
    let cost = |r: &Rect| {
        let ideal = node.at.plus(node.outward.times(layout.radius + 40.0)).plus(pt(0.0, layout.radius + h / 2.0));
        let covered = roads.iter().flat_map(|e| (1..12).map(|i| e.point_at(f64::from(i) / 12.0))).filter(|p| r.grown(10.0).holds(*p));
        let inner = r.centre().dist(layout.centre) < node.at.dist(layout.centre);
        r.centre().dist(ideal) + 40.0 * covered.count() as f64 + if inner { 60.0 } else { 0.0 }
    };
    let mut out = Vec::new();
    for gap in [20.0, 34.0, 52.0, 76.0] {
        let (rx, ry) = (layout.radius + gap + w / 2.0, layout.radius + gap * 0.8 + h / 2.0);
        for k in -5..=5 {
            let t = f64::from(k) / 5.0;
            out.extend([pt(t * rx, ry), pt(t * rx, -ry), pt(rx, t * ry), pt(-rx, t * ry)].map(|d| Rect::around(node.at.plus(d), w, h)));
        }
    }
    // Along the sheet's edges there is often room where round the node there is none.
    let sheet = ground.profile.sheet().grown(-5.0);
    let levels = (0..40).map(|k| sheet.y + (sheet.h - h) * f64::from(k) / 39.0);
    out.extend(levels.flat_map(|y| [Rect::new(sheet.x, y, w, h), Rect::new(sheet.right() - w, y, w, h)]));
    arrange(&mut out, |a, b| cost(a).total_cmp(&cost(b)));
    out
}

/// The triangle from the card to its node, and the stretch of outline it opens.
fn pointer(room: &Rect, node: Point, radius: f64) -> (String, String) {
    let near = room.grown(-14.0).nearest(node);
    let tip = node.plus(near.minus(node).unit().times(radius + 2.0));
    let level = node.y < room.y || node.y > room.bottom();
    let (a, b) = if level {
        let y = if node.y < room.y { room.y } else { room.bottom() };
        let x = near.x.clamp(room.x + 14.0, room.right() - 14.0);
        (pt(x - 10.0, y), pt(x + 10.0, y))
    } else {
        let x = if node.x < room.x { room.x } else { room.right() };
        let y = near.y.clamp(room.y + 11.0, room.bottom() - 11.0);
        (pt(x, y - 8.0), pt(x, y + 8.0))
    };
    let along = b.minus(a).unit();
    let triangle = Pen::new().go(a).line(tip).line(b).done();
    let gap = Pen::new().go(a.plus(along)).line(b.minus(along)).done();
    (triangle, gap)
}

/// The card of the operation shown, from its first digest to its end.
pub(super) fn card(
    session: &Session,
    ground: &mut Ground,
    shown: Option<&Shown>,
    chips: &[ChipMark],
    taken: &[Rect],
) -> Option<CompareCard> {
    let shown = shown.filter(|s| s.verb == Verb::Read && s.outcome.is_none())?;
    let (mut found, compared) = answers(session, shown)?;
    found.truncate(ROWS);
    let m = measures(ground.profile);
    let h = m.row * found.len() as f64 + 8.0;
    let candidates = spots(ground, shown, m.w, h);
    let mut rooms = Rooms::new(ground, chips);
    taken.iter().for_each(|r| rooms.hold(*r));
    let piece = ground.piece_of(shown.via.into());
    let sheet = ground.profile.sheet().grown(-8.0);
    let corner = Rect::new(sheet.x, sheet.bottom() - h, m.w, h);
    let room = rooms.take(candidates.iter().copied(), Some(piece)).or_else(|| rooms.take(candidates, None)).map_or(corner, |r| r.rect);
    let room = Rect::around(ground.moved(room.centre()), m.w, h).rounded();
    let (_, reference) = *found.first()?;
    let first = reference.short();
    let shorts: Vec<String> = found.iter().map(|(_, digest)| digest.short()).collect();
    let row = |(i, (node, digest)): (usize, &(NodeId, Digest))| {
        let y = room.y + 4.0 + m.row * i as f64;
        let digits = digest.short();
        let (bx, bw, bh) = m.bars;
        let area = Rect::new(room.x + bx, y + (m.row - bh) / 2.0, bw, bh);
        let bars = if bw > 0.0 { chip::bars(&digits, &area) } else { Vec::new() };
        let shorts = &shorts;
        let same = (0..digits.len()).map(|d| {
            let alike = |other: &String| other.as_bytes().get(d) == digits.as_bytes().get(d);
            // The row in hand is compared with all others, each other one with it.
            compared && if i == 0 { shorts.iter().all(alike) } else { alike(&first) }
        });
        CardRow {
            node: *node,
            letter: pt(room.x + 12.0, y + m.row / 2.0 + m.letter * 0.34).rounded(),
            digits_at: pt(room.x + m.digits_x, y + m.row / 2.0 + m.digits * 0.34).rounded(),
            bars: bars.into_iter().zip(same).collect(),
            digits,
        }
    };
    let rows: Vec<CardRow> = found.iter().enumerate().map(row).collect();
    let x = room.right() - m.disc - 9.0;
    let verdict = |(i, (_, digest)): (usize, &(NodeId, Digest))| {
        // With two rows the disc stands between them; with more, each other row has its own.
        let y = if found.len() == 2 { room.centre().y } else { room.y + 4.0 + m.row * (i as f64 + 0.5) };
        (pt(x, y).rounded(), *digest == reference)
    };
    let verdicts = if compared { found.iter().enumerate().skip(1).map(verdict).collect() } else { Vec::new() };
    let node = ground.layout.nodes[shown.via.index()].at;
    Some(CompareCard {
        coordinator: shown.via,
        pointer: pointer(&room, ground.moved(node), ground.layout.radius),
        room,
        rows,
        verdicts,
        disc: m.disc,
        sizes: (m.letter, m.digits),
    })
}
