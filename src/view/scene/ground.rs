//! The ground of a stage: where everybody stands, how the paper is torn, and the roads between them.
//!
//! It changes only with the number of nodes and clients, the drawing and the cuts, so a stage keeps it from frame to
//! frame. Roads are found when they are first travelled.

use crate::engine::base::{ClientId, Endpoint, Micros, NodeId};
use crate::engine::world::{Cut, CutShape};
use crate::lab::Session;
use crate::view::geometry::edge::{Edge, End};
use crate::view::geometry::ring::{self, Card, Layout, MAX_CLIENTS};
use crate::view::geometry::tear::{Piece, Site, Tear, tear};
use crate::view::geometry::{Point, Profile, Rect, mix, pt};

/// How strongly a client's card claims the paper round it, measured in nodes.
const CLIENT_WEIGHT: f64 = 0.6;

/// The same for each end of a chip with its words.
const CARD_WEIGHT: f64 = 0.35;

/// The way from one endpoint to another.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Road {
    /// The path as drawn, between moved places.
    pub edge: Edge,
    /// The share of it at which a cut stops messages: where the paper is torn, else half way.
    pub stop: f64,
}

/// A link that is cut without tearing the paper.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Snip {
    /// Sender, or one end.
    pub from: Endpoint,
    /// Receiver, or the other end.
    pub to: Endpoint,
    /// Whether the way back is open.
    pub one_way: bool,
}

/// In what way somebody is cut off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Severed {
    /// Both ways.
    Both,
    /// What it sends is stopped.
    NotHeard,
    /// What is sent to it is stopped.
    HearsNothing,
}

impl Severed {
    /// In words.
    pub fn words(self) -> &'static str {
        match self {
            Severed::Both => "cut off",
            Severed::NotHeard => "not heard",
            Severed::HearsNothing => "hears nobody",
        }
    }
}

/// Places, paper and roads of one stage.
#[derive(Debug, Clone)]
pub struct Ground {
    /// Which drawing.
    pub profile: Profile,
    /// Where nodes, their cards and clients lie before anything moves.
    pub layout: Layout,
    /// How the paper is torn, if it is.
    pub tear: Option<Tear>,
    /// Links cut without a tear.
    pub snips: Vec<Snip>,
    /// Marks of one-way tears: path data.
    pub turnstiles: Vec<String>,
    cuts: Vec<Cut>,
    clients: usize,
    /// Per endpoint, nodes first: 0 for the main sheet, or the group it was cut off with.
    groups: Vec<u8>,
    roads: Vec<Option<Road>>,
}

/// Whether this one-way cut parts all nodes in two, so that it can be drawn as a tear.
fn parts_all(from: &[Endpoint], to: &[Endpoint], nodes: usize) -> bool {
    let count = |list: &[Endpoint]| list.iter().filter(|e| e.node().is_some()).count();
    count(from) + count(to) >= nodes && !from.iter().any(|e| to.contains(e))
}

/// The side of a one-way cut that is drawn as the island: the smaller one.
fn island_of<'a>(from: &'a [Endpoint], to: &'a [Endpoint]) -> &'a [Endpoint] {
    if from.len() <= to.len() { from } else { to }
}

/// Which island of a cut an endpoint is on; 0 is the mainland.
fn island(cut: &Cut, end: Endpoint, nodes: usize) -> u8 {
    match &cut.shape {
        CutShape::Islands(islands) => islands.iter().position(|i| i.contains(&end)).map_or(0, |i| i as u8 + 1),
        CutShape::OneWay(from, to) if parts_all(from, to, nodes) => u8::from(island_of(from, to).contains(&end)),
        CutShape::OneWay(..) | CutShape::Link(..) => 0,
    }
}

/// Puts endpoints that no tear separates into one group. The group with most nodes is 0; the others follow in node order.
fn groups(ends: &[Endpoint], cuts: &[Cut], nodes: usize) -> Vec<u8> {
    let signs: Vec<Vec<u8>> = ends.iter().map(|e| cuts.iter().map(|c| island(c, *e, nodes)).collect()).collect();
    let mut order: Vec<&Vec<u8>> = Vec::new();
    let mut size: Vec<usize> = Vec::new();
    for (i, sign) in signs.iter().enumerate() {
        let place = order.iter().position(|o| *o == sign).unwrap_or(order.len());
        if place == order.len() {
            order.push(sign);
            size.push(0);
        }
        size[place] += usize::from(i < nodes);
    }
    // The first of the largest: nodes are counted, a sheet with clients alone is never the main one.
    let main = (0..order.len()).max_by_key(|i| (size[*i], order.len() - i)).unwrap_or(0);
    let main = order.remove(main.min(order.len().saturating_sub(1)));
    order.insert(0, main);
    signs.iter().map(|s| order.iter().position(|o| *o == s).unwrap_or(0).min(255) as u8).collect()
}

/// Single links to mark: those of link cuts and of one-way cuts that leave somebody out.
fn snips(cuts: &[Cut], nodes: usize) -> Vec<Snip> {
    let mut all = Vec::new();
    for cut in cuts {
        match &cut.shape {
            CutShape::Link(a, b) => all.push(Snip { from: *a, to: *b, one_way: false }),
            CutShape::OneWay(from, to) if !parts_all(from, to, nodes) => {
                let pairs = from.iter().flat_map(|f| to.iter().map(|t| Snip { from: *f, to: *t, one_way: true }));
                all.extend(pairs.filter(|s| s.from != s.to));
            }
            CutShape::OneWay(..) | CutShape::Islands(_) => {}
        }
    }
    all
}

/// A card lies whole on its node's paper: a site at each end of it.
fn card_sites(card: Option<Card>, group: u8) -> Vec<Site> {
    let Some(room) = card.map(|c| c.room) else { return Vec::new() };
    let (mid, reach) = (room.centre(), (room.w - room.h).max(0.0) / 2.0);
    let site = |dx: f64| Site { at: pt(mid.x + dx, mid.y), group, radius: room.h * 0.5 + 3.0, weight: CARD_WEIGHT };
    [-reach, 0.0, reach].map(site).into()
}

/// A node that is cut off alone has room for a few words on the side away from its card, if nobody else is there.
fn word_site(layout: &Layout, i: usize, group: u8) -> Option<Site> {
    let (node, room, r) = (layout.nodes[i], layout.nodes[i].card?.room, layout.radius);
    let side = if room.centre().x < node.at.x { 1.0 } else { -1.0 };
    // Words are larger on a projector.
    let (reach, radius) = if layout.profile == Profile::Projector { (74.0, 44.0) } else { (58.0, 30.0) };
    let at = pt(node.at.x + side * (r + reach), node.at.y);
    let lonely = layout
        .nodes
        .iter()
        .enumerate()
        .filter(|(j, _)| *j != i)
        .all(|(_, n)| n.at.dist(at) > r + 62.0 && n.card.is_none_or(|c| c.room.nearest(at).dist(at) > 40.0));
    let free = lonely && !layout.profile.is_small() && layout.profile.sheet().grown(-50.0).holds(at);
    free.then_some(Site { at, group, radius, weight: CARD_WEIGHT })
}

impl Ground {
    /// The ground of a session as it is now.
    pub fn of(session: &Session, profile: Profile) -> Ground {
        let nodes = session.world().hosts().len();
        let clients = session.script().config.clients.len().min(MAX_CLIENTS);
        let cuts = session.world().network().cuts().to_vec();
        let layout = ring::layout(profile, nodes, clients);
        let ends: Vec<Endpoint> =
            (0..nodes as u32).map(|n| NodeId(n).into()).chain((0..clients as u32).map(|c| ClientId(c).into())).collect();
        let groups = groups(&ends, &cuts, nodes);
        let site = |(i, group): (usize, &u8)| match i.checked_sub(nodes) {
            None => Site { at: layout.nodes[i].at, group: *group, radius: layout.radius, weight: 1.0 },
            Some(c) => {
                let card = layout.clients[c];
                Site { at: card.centre(), group: *group, radius: card.w * 0.55, weight: CLIENT_WEIGHT }
            }
        };
        let mut sites: Vec<Site> = groups.iter().enumerate().map(site).collect();
        if groups.iter().any(|g| *g != 0) {
            sites.extend(layout.nodes.iter().zip(&groups).flat_map(|(n, g)| card_sites(n.card, *g)));
            let alone = |g: u8| g != 0 && groups.iter().filter(|o| **o == g).count() == 1;
            let words = (0..nodes).filter(|i| alone(groups[*i])).filter_map(|i| word_site(&layout, i, groups[i]));
            sites.extend(words.collect::<Vec<Site>>());
        }
        let torn = tear(profile, nodes, &sites, cuts.first().map_or(0, |c| mix(7, u64::from(c.id.0))));
        let snips = snips(&cuts, nodes);
        let roads = vec![None; ends.len() * ends.len()];
        let mut ground = Ground { profile, layout, tear: torn, snips, turnstiles: Vec::new(), cuts, clients, groups, roads };
        ground.turnstiles = ground.find_turnstiles();
        ground
    }

    /// Whether this is still the ground of the session.
    pub fn fits(&self, session: &Session, profile: Profile) -> bool {
        self.profile == profile
            && self.layout.nodes.len() == session.world().hosts().len()
            && self.clients == session.script().config.clients.len().min(MAX_CLIENTS)
            && self.cuts == session.world().network().cuts()
    }

    /// Replaces the ground if the session has moved off it. Returns whether it did.
    pub fn follow(&mut self, session: &Session, profile: Profile) -> bool {
        let stale = !self.fits(session, profile);
        if stale {
            *self = Ground::of(session, profile);
        }
        stale
    }

    fn find_turnstiles(&self) -> Vec<String> {
        let Some(torn) = &self.tear else { return Vec::new() };
        let nodes = self.layout.nodes.len();
        let mut marks = Vec::new();
        for cut in &self.cuts {
            let CutShape::OneWay(from, to) = &cut.shape else { continue };
            if !parts_all(from, to, nodes) {
                continue;
            }
            let isle = island_of(from, to);
            let both = |end: &Endpoint| self.cuts.iter().any(|c| c.id != cut.id && island(c, *end, nodes) != 0);
            let groups: Vec<u8> = isle.iter().filter(|e| !both(e)).filter_map(|e| self.group(*e)).collect();
            // What leaves `from` is stopped, so what goes to `from` still passes.
            let into = std::ptr::eq(isle.as_ptr(), from.as_ptr());
            marks.extend(torn.pieces.iter().filter(|p| groups.contains(&p.group)).map(|p| p.turnstile(into)));
        }
        marks
    }

    fn index(&self, end: Endpoint) -> Option<usize> {
        match end {
            Endpoint::Node(node) => Some(node.index()).filter(|i| *i < self.layout.nodes.len()),
            Endpoint::Client(c) => Some(c.0 as usize).filter(|i| *i < self.clients).map(|i| i + self.layout.nodes.len()),
        }
    }

    /// Everybody who has a place, nodes first.
    pub fn ends(&self) -> impl Iterator<Item = Endpoint> + use<> {
        let (nodes, clients) = (self.layout.nodes.len() as u32, self.clients as u32);
        (0..nodes).map(|n| NodeId(n).into()).chain((0..clients).map(|c| ClientId(c).into()))
    }

    /// The group that an endpoint was cut off with; 0 is the main sheet.
    pub fn group(&self, end: Endpoint) -> Option<u8> {
        self.index(end).map(|i| self.groups[i])
    }

    /// Where an endpoint stands on the unmoved paper.
    pub fn spot(&self, end: Endpoint) -> Option<Point> {
        let i = self.index(end)?;
        let nodes = self.layout.nodes.len();
        Some(if i < nodes { self.layout.nodes[i].at } else { self.layout.clients[i - nodes].centre() })
    }

    /// The torn-off piece that carries an endpoint.
    pub fn piece_of(&self, end: Endpoint) -> Option<usize> {
        self.tear.as_ref()?.side_of(self.spot(end)?)
    }

    /// A torn-off piece.
    pub fn piece(&self, index: usize) -> Option<&Piece> {
        self.tear.as_ref()?.pieces.get(index)
    }

    /// Where a spot of the unmoved paper is now.
    pub fn moved(&self, p: Point) -> Point {
        self.tear.as_ref().map_or(p, |t| t.place(p))
    }

    /// An endpoint's outline where it is now.
    pub fn outline(&self, end: Endpoint) -> Option<End> {
        let at = self.moved(self.spot(end)?);
        Some(match self.index(end)?.checked_sub(self.layout.nodes.len()) {
            None => End::Disc(at, self.layout.radius),
            Some(c) => {
                let card = self.layout.clients[c];
                End::Card(Rect::around(at, card.w, card.h))
            }
        })
    }

    /// The road from one endpoint to another; `None` if one of them has no place on this stage.
    pub fn road(&mut self, from: Endpoint, to: Endpoint) -> Option<Road> {
        let (i, j) = (self.index(from)?, self.index(to)?);
        let slot = i * (self.layout.nodes.len() + self.clients) + j;
        if self.roads[slot].is_none() {
            self.roads[slot] = self.survey(from, to);
        }
        self.roads[slot]
    }

    fn survey(&self, from: Endpoint, to: Endpoint) -> Option<Road> {
        if from == to {
            let node = self.layout.nodes.get(from.node()?.index())?;
            let edge = Edge::looped(self.moved(node.at), self.layout.radius, node.outward);
            return Some(Road { edge, stop: 0.5 });
        }
        let edge = Edge::between(&self.outline(from)?, &self.outline(to)?, 0);
        let torn = self.tear.as_ref().filter(|_| self.group(from) != self.group(to));
        let stop = torn.and_then(|t| t.stops(&edge, self.spot(from)?)).unwrap_or(0.5);
        Some(Road { edge, stop })
    }

    /// Since when an endpoint is cut off from the main sheet, and in what way.
    pub fn severed(&self, end: Endpoint) -> Option<(Micros, Severed)> {
        let nodes = self.layout.nodes.len();
        self.group(end).filter(|g| *g != 0)?;
        let cut = self.cuts.iter().find(|c| island(c, end, nodes) != 0).or(self.cuts.first())?;
        let how = match &cut.shape {
            CutShape::OneWay(from, _) if from.contains(&end) => Severed::NotHeard,
            CutShape::OneWay(..) => Severed::HearsNothing,
            CutShape::Islands(_) | CutShape::Link(..) => Severed::Both,
        };
        Some((cut.since, how))
    }

    /// The node under a point of the drawing, `slack` units round its disc included.
    pub fn node_at(&self, p: Point, slack: f64) -> Option<NodeId> {
        let nodes = self.layout.nodes.iter().map(|n| self.moved(n.at).dist(p)).enumerate();
        let (i, gap) = nodes.min_by(|a, b| a.1.total_cmp(&b.1))?;
        (gap <= self.layout.radius + slack).then_some(NodeId(i as u32))
    }
}
