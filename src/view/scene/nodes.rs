//! Nodes and clients as they are drawn.

use super::copies::{ChipMark, dot_class};
use super::ground::Ground;
use super::kept::HintBadge;
use super::rooms::Rooms;
use super::text::{self, TextMark, Tone};
use super::{Focus, Look, Shown};
use crate::engine::base::{ClientId, Endpoint, Micros, NodeId, arrange};
use crate::engine::node::{Outcome, Verb};
use crate::engine::world::Status;
use crate::lab::Session;
use crate::view::geometry::ring::Detail;
use crate::view::geometry::{Point, Rect, pt};

/// One node.
#[derive(Debug, Clone, PartialEq)]
pub struct NodeMark {
    /// Which.
    pub id: NodeId,
    /// Its letter.
    pub letter: String,
    /// Where it stands on the unmoved paper.
    pub at: Point,
    /// Where it is now.
    pub moved: Point,
    /// The torn-off piece it stands on.
    pub piece: Option<usize>,
    /// Its place in the key's preference list, from 1.
    pub rank: Option<u32>,
    /// Its place after the preference list, if it would stand in for an owner that is down: N + 1 stands in first.
    pub standby: Option<u32>,
    /// Whether it coordinates the operation shown.
    pub coordinator: bool,
    /// Whether it runs.
    pub status: Status,
    /// What its links are slowed by.
    pub slow: Micros,
    /// How far its clock is ahead, in microseconds.
    pub clock_offset: i64,
    /// Whether the coordinator of the operation shown believes it to be down.
    pub suspected: bool,
    /// Whether it is not on the main sheet.
    pub cut_off: bool,
    /// The hints it keeps for others.
    pub hints: Option<HintBadge>,
    /// Messages waiting at its door while it is paused.
    pub held: usize,
    /// In a large ring: the class of the version it holds.
    pub holds: Option<&'static str>,
    /// Words beside it.
    pub notes: Vec<TextMark>,
    /// The torn-off piece they lie on.
    pub notes_piece: Option<usize>,
    /// Whether it is selected.
    pub selected: bool,
    /// Whether it is pointed at.
    pub lit: bool,
}

/// The state of a node as one word, for tests and tables.
pub fn status_word(status: Status) -> &'static str {
    match status {
        Status::Up => "up",
        Status::Paused => "paused",
        Status::Down => "down",
    }
}

/// One client.
#[derive(Debug, Clone, PartialEq)]
pub struct ClientMark {
    /// Which.
    pub id: ClientId,
    /// Its name.
    pub name: String,
    /// Its card on the unmoved paper.
    pub card: Rect,
    /// The torn-off piece it lies on.
    pub piece: Option<usize>,
    /// Whether it waits for an answer.
    pub waits: bool,
    /// What it does or was told, in a word or two.
    pub note: Option<TextMark>,
}

fn touches(focus: Focus, node: NodeId, session: &Session) -> bool {
    match focus {
        Focus::Node(n) => n == node,
        Focus::Event(e) => session.log().get(e.0 as usize).is_some_and(|e| {
            let ends = e.message().map(|m| [m.from, m.to]);
            e.who == Some(node.into()) || ends.is_some_and(|ends| ends.contains(&node.into()))
        }),
        Focus::Nothing | Focus::Operation(_) => false,
    }
}

/// All nodes, without their words.
pub(super) fn nodes(session: &Session, ground: &Ground, look: &Look<'_>, shown: Option<&Shown>, chips: &[ChipMark]) -> Vec<NodeMark> {
    let world = session.world();
    let via = shown.map(|s| s.via);
    let believer = via.and_then(|v| world.host(v));
    let standbys = look.key.map_or(Vec::new(), |key| super::placement::standbys(session, key));
    let mark = |(i, place): (usize, &crate::view::geometry::ring::Place)| {
        let id = NodeId(i as u32);
        let host = &world.hosts()[i];
        let rank = chips.iter().position(|c| c.node == id).map(|r| r as u32 + 1);
        NodeMark {
            id,
            letter: id.to_string(),
            at: place.at,
            moved: ground.moved(place.at),
            piece: ground.piece_of(id.into()),
            rank,
            standby: standbys.iter().position(|n| *n == id).map(|i| (chips.len() + i) as u32 + 1),
            coordinator: via == Some(id),
            status: host.status,
            slow: world.network().slow(id),
            clock_offset: host.node.clock.offset,
            suspected: believer.is_some_and(|b| b.status != Status::Down && !b.node.believes_up(id)),
            cut_off: ground.group(id.into()).is_some_and(|g| g != 0),
            hints: HintBadge::of(session, host, look.key),
            held: host.held(),
            holds: if ground.layout.detail == Detail::Dot { dot_class(chips, id) } else { None },
            notes: Vec::new(),
            notes_piece: None,
            selected: touches(look.selected, id, session),
            lit: touches(look.hovered, id, session),
        }
    };
    ground.layout.nodes.iter().enumerate().map(mark).collect()
}

/// What is written beside a node.
fn lines(node: &NodeMark, ground: &Ground, believer: Option<NodeId>, first_of_piece: bool) -> Vec<(String, Tone)> {
    let phone = ground.profile.is_small();
    let mut lines = Vec::new();
    if node.coordinator && !phone {
        lines.push(("coordinator".to_owned(), Tone::QuietBold));
    }
    if let Some((since, how)) = ground.severed(node.id.into()).filter(|_| first_of_piece && !phone) {
        lines.push((how.words().to_owned(), Tone::Fault));
        lines.push((format!("since {}", text::clock(since)), Tone::Quiet));
    }
    match node.status {
        Status::Down => lines.push(("down".to_owned(), Tone::Fault)),
        Status::Paused if node.held > 0 => lines.push((format!("paused, {} wait", node.held), Tone::Fault)),
        Status::Paused => lines.push(("paused".to_owned(), Tone::Fault)),
        Status::Up => {}
    }
    if let Some(hints) = node.hints.as_ref().filter(|_| !phone) {
        lines.push((hints.words(), Tone::QuietBold));
    }
    if node.slow > Micros::ZERO {
        lines.push((format!("slow {}", text::offset(node.slow.0.min(i64::MAX as u64) as i64)), Tone::Fault));
    }
    if node.clock_offset != 0 {
        lines.push((format!("clock {}", text::offset(node.clock_offset)), Tone::Fault));
    }
    // Of a node that is cut off the arc alone tells it: there is little room on a torn-off piece.
    if let Some(believer) = believer.filter(|_| node.suspected && !phone && !node.cut_off) {
        lines.push((format!("down, {believer} thinks"), Tone::Quiet));
    }
    lines
}

/// Writes words beside nodes where there is room.
pub(super) fn annotate(nodes: &mut [NodeMark], ground: &Ground, shown: Option<&Shown>, rooms: &mut Rooms<'_>) {
    if ground.layout.detail == Detail::Dot {
        return;
    }
    let sizes = text::sizes(ground.profile);
    let mut labelled: Vec<usize> = Vec::new();
    // Words of nodes with trouble come before "coordinator", which the double ring tells as well.
    let mut order: Vec<usize> = (0..nodes.len()).collect();
    arrange(&mut order, |a, b| nodes[*b].cut_off.cmp(&nodes[*a].cut_off));
    for i in order {
        let node = &nodes[i];
        let first = node.piece.is_some_and(|p| !labelled.contains(&p));
        let lines = lines(node, ground, shown.map(|s| s.via), first);
        if lines.is_empty() {
            continue;
        }
        let (w, h) = text::block(&lines, sizes.note, sizes.line);
        let card = ground.layout.nodes[i].card.filter(|_| node.rank.is_some());
        let out = ground.layout.nodes[i].outward;
        // Away from the chip; without one over or under the disc, away from the traffic inside the ring.
        let prefer = card.map_or(pt(out.x * 0.3, out.y), |c| pt(node.at.x - c.room.centre().x, 6.0));
        let spots = Rooms::round(node.at, ground.layout.radius, w, h, prefer.unit());
        let own = rooms.take(spots.iter().copied(), Some(node.piece));
        if let Some(room) = own.or_else(|| rooms.take(spots, None)) {
            nodes[i].notes_piece = room.piece;
            let (at, piece) = (nodes[i].at.x, nodes[i].piece);
            if first {
                labelled.extend(piece);
            }
            nodes[i].notes = text::set(lines, &room.rect, at, sizes.note, sizes.line);
        }
    }
}

/// How an operation ended, as its client was told, in a word or two.
fn told(session: &Session, outcome: &Outcome, shown: &Shown) -> String {
    match outcome {
        Outcome::Written { .. } if shown.verb == Verb::Delete => "deleted".to_owned(),
        Outcome::Written { .. } => "written".to_owned(),
        Outcome::Found(None) => "found none".to_owned(),
        Outcome::Found(Some(row)) => row.versions().last().map_or(String::new(), |v| {
            let number = session.history().ordinal(&shown.key, v);
            if row.is_deleted() { format!("got v{number}: deleted") } else { format!("got v{number}") }
        }),
        Outcome::Unavailable { .. } => "unavailable".to_owned(),
        Outcome::TimedOut { .. } => "timed out".to_owned(),
        Outcome::NoAnswer => "no answer".to_owned(),
        Outcome::Overloaded { .. } => "refused".to_owned(),
        Outcome::Behind { .. } => "only older".to_owned(),
    }
}

/// All clients that fit.
pub(super) fn clients(session: &Session, ground: &Ground, shown: Option<&Shown>) -> Vec<ClientMark> {
    let cursor = session.cursor();
    let sizes = text::sizes(ground.profile);
    let begun = session.history().operations().iter().take_while(|o| o.began.0 < cursor);
    let open: Vec<ClientId> = begun.filter(|o| o.ended.as_ref().is_none_or(|(id, ..)| id.0 >= cursor)).map(|o| o.client).collect();
    let mark = |(i, card): (usize, &Rect)| {
        let id = ClientId(i as u32);
        let waits = open.contains(&id);
        let mine = shown.filter(|s| s.client == id && s.active);
        let answer = mine.and_then(|s| s.outcome.as_ref().map(|o| told(session, o, s)));
        let note = if waits { Some("waits".to_owned()) } else { answer };
        let at = Point { x: card.centre().x, y: card.y - 7.0 }.rounded();
        let anchor = crate::view::geometry::ring::Anchor::Middle;
        ClientMark {
            id,
            name: text::clipped(&text::name(session, Endpoint::Client(id)), (card.w / (sizes.name * 0.62)) as usize),
            card: *card,
            piece: ground.piece_of(id.into()),
            waits,
            note: note.map(|text| TextMark { at, anchor, text, tone: Tone::Aside, size: sizes.note + 1.0 }),
        }
    };
    ground.layout.clients.iter().enumerate().map(mark).collect()
}
