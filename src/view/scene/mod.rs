//! The stage as plain values: what is drawn, where, and the same in words.
//!
//! [`scene`] is computed when something has happened; [`flights`] in each frame. Both stand on a [`Ground`] that is kept between
//! frames. Everything on a torn-off piece of paper is given where it lies on the unmoved paper and drawn inside the piece's own
//! transform; roads, trails, stops and the coordinator's card are given where they are now.

mod card;
mod copies;
mod flight;
mod ground;
mod kept;
mod nodes;
mod placement;
mod rooms;
#[cfg(test)]
mod tests;
mod text;
mod traffic;
mod words;

pub use card::{CardRow, CompareCard};
pub use copies::{ChipMark, LoserMark, Standing, VersionMark};
pub use flight::{FlightMark, flights, form, kind, progress, sent_event, version_of};
pub use ground::{Ground, Road, Severed, Snip};
pub use kept::{GuestMark, HintBadge};
pub use nodes::{ClientMark, NodeMark, status_word};
pub use placement::{TokenTrack, ZoneMark};
pub use text::{Sizes, TextMark, Tone, clipped, clock, name, offset, sizes, what};
pub use traffic::{Next, Stop, Tally, Trail};
pub use words::{MessageMark, TableRow};

use rooms::Rooms;

use crate::engine::base::{ClientId, Digest, EventId, NodeId, OpId};
use crate::engine::data::Key;
use crate::engine::node::{Outcome, Verb};
use crate::lab::Session;
use crate::view::geometry::ring::{Anchor, Detail};
use crate::view::geometry::{Profile, Rect, pt};

/// What a person has selected or points at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Focus {
    /// Nothing.
    #[default]
    Nothing,
    /// A node.
    Node(NodeId),
    /// An event of the log.
    Event(EventId),
    /// An operation.
    Operation(OpId),
}

/// How the stage is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Look<'a> {
    /// The key whose versions are shown.
    pub key: Option<&'a Key>,
    /// What is selected.
    pub selected: Focus,
    /// What is pointed at.
    pub hovered: Focus,
    /// Whether to show what leaves next.
    pub preview: bool,
}

/// The operation whose coordinator, trails and digests are shown.
#[derive(Debug, Clone, PartialEq)]
pub struct Shown {
    /// Which.
    pub op: OpId,
    /// Whose.
    pub client: ClientId,
    /// Its coordinator.
    pub via: NodeId,
    /// Its key.
    pub key: Key,
    /// What was asked.
    pub verb: Verb,
    /// The event with which it began.
    pub began: EventId,
    /// Nodes that have been sent something for it.
    pub asked: Vec<NodeId>,
    /// How it ended, if it has.
    pub outcome: Option<Outcome>,
    /// Whether it still goes on, has messages on their way, has only just ended, or was chosen by the person.
    pub active: bool,
}

/// Events looked back at for the operation last heard of.
const LOOK_BACK: usize = 4_000;

/// The operation to show: the selected one, else the one that something last happened for.
pub fn shown(session: &Session, look: &Look<'_>) -> Option<Shown> {
    let (history, cursor) = (session.history(), session.cursor());
    let past = &session.log()[..cursor as usize];
    let begun = |op: OpId| history.operation(op).filter(|o| o.id == op && o.began.0 < cursor);
    let chosen = match look.selected {
        Focus::Operation(op) => begun(op),
        Focus::Event(e) => session.log().get(e.0 as usize).and_then(|e| begun(e.op?)),
        Focus::Nothing | Focus::Node(_) => None,
    };
    let latest = || {
        let heard = past.iter().rev().take(LOOK_BACK).find_map(|e| e.op).and_then(begun);
        heard.or_else(|| history.operations()[..history.operations().partition_point(|o| o.began.0 < cursor)].last())
    };
    let o = chosen.or_else(latest)?;
    let ended = o.ended.as_ref().filter(|(id, ..)| id.0 < cursor);
    let works = session.world().in_flight().any(|f| f.message.op.map(OpId::first) == Some(o.id));
    let just = past.iter().rev().find(|e| !e.is_quiet()).is_some_and(|e| ended.is_some_and(|(_, at, _)| *at == e.at));
    let via = o.via_at(EventId(cursor));
    let mut asked: Vec<NodeId> = Vec::new();
    for event in past[o.began.0 as usize..].iter().filter(|e| e.op == Some(o.id)) {
        let sent = event.message().filter(|m| m.from == via.into()).and_then(|m| m.to.node());
        asked.extend(sent.filter(|n| !asked.contains(n)));
    }
    Some(Shown {
        op: o.id,
        client: o.client,
        via,
        key: o.request.key.clone(),
        verb: o.request.verb.clone(),
        began: o.began,
        asked,
        outcome: ended.map(|(.., outcome)| outcome.clone()),
        active: ended.is_none() || works || just || chosen.is_some(),
    })
}

/// The key's mark on the ring.
#[derive(Debug, Clone, PartialEq)]
pub struct KeyLabel {
    /// The dot on the ring.
    pub dot: crate::view::geometry::Point,
    /// The end of the line that leads to the words.
    pub lead: crate::view::geometry::Point,
    /// The key and the first digits of its hash.
    pub lines: Vec<TextMark>,
    /// The torn-off piece it lies on.
    pub piece: Option<usize>,
}

/// One version of the legend.
#[derive(Debug, Clone, PartialEq)]
pub struct LegendRow {
    /// The version.
    pub version: VersionMark,
    /// Where its chip lies.
    pub chip: Rect,
    /// What it says.
    pub text: TextMark,
}

/// A stretch of ring coloured by what its node holds.
#[derive(Debug, Clone, PartialEq)]
pub struct Stretch {
    /// Path data.
    pub path: String,
    /// Class of the version.
    pub class: &'static str,
}

/// Everything on the stage that changes only with events.
#[derive(Debug, Clone, PartialEq)]
pub struct Scene {
    /// Which drawing.
    pub profile: Profile,
    /// How much is drawn at a node.
    pub detail: Detail,
    /// Radius of a disc and size of its letter.
    pub disc: (f64, f64),
    /// The ring line.
    pub ring: String,
    /// Zones, if there are several.
    pub zones: Vec<ZoneMark>,
    /// Width of the plates under the machines of a zone.
    pub plate: f64,
    /// Tokens or partitions, where they do not follow the order of the machines.
    pub track: Option<TokenTrack>,
    /// The stretch of ring from the key to its last replica.
    pub owned: Option<String>,
    /// In large rings: the stretch of each replica.
    pub stretches: Vec<Stretch>,
    /// The key's mark.
    pub key: Option<KeyLabel>,
    /// The nodes, clockwise.
    pub nodes: Vec<NodeMark>,
    /// What replicas hold, in preference order.
    pub chips: Vec<ChipMark>,
    /// Copies of the key that stand-ins hold in their owners' names.
    pub guests: Vec<GuestMark>,
    /// Rows that replicas have just refused.
    pub losers: Vec<LoserMark>,
    /// The clients.
    pub clients: Vec<ClientMark>,
    /// Versions made so far.
    pub legend: Vec<LegendRow>,
    /// Ways taken by the operation shown.
    pub trails: Vec<Trail>,
    /// Messages that were stopped.
    pub stops: Vec<Stop>,
    /// How many the cuts have stopped.
    pub tally: Option<Tally>,
    /// Marks of single links that are cut: path data.
    pub snips: Vec<String>,
    /// What leaves next.
    pub next: Option<Next>,
    /// The coordinator's digests.
    pub card: Option<CompareCard>,
    /// Messages on their way that can be walked to.
    pub messages: Vec<MessageMark>,
    /// The operation shown.
    pub shown: Option<Shown>,
    /// The picture in one paragraph.
    pub summary: String,
    /// The picture as a table.
    pub table: Vec<TableRow>,
}

/// The share of a turn nearest to `turn` at which a mark on the ring is not hidden by a disc, between the same two nodes.
fn beside_nodes(ground: &Ground, turn: f64) -> f64 {
    let n = ground.layout.nodes.len().max(1) as f64;
    let (low, part) = ((turn * n).floor(), (turn * n).fract());
    let clear = |part: f64| {
        let at = ground.layout.key_mark((low + part) / n, &|_| false).at;
        ground.layout.nodes.iter().all(|p| p.at.dist(at) > ground.layout.radius + 8.0)
    };
    let steps = (0..=24).map(|i| f64::from(i) / 48.0);
    let found = steps.map(|s| if part < 0.5 { part.max(s) } else { part.min(1.0 - s) }).find(|p| clear(*p));
    (low + found.unwrap_or(part)) / n
}

fn key_label(ground: &Ground, session: &Session, key: &Key, chips: &[ChipMark]) -> (f64, KeyLabel) {
    let ring = session.world().ring();
    let (turn, mark) = if placement::is_plain(ring) {
        let tokens: Vec<u64> = ring.tokens().iter().map(|(t, _)| t.0).collect();
        let turn = beside_nodes(ground, ground.layout.turn_of(key.token().0, &tokens));
        (turn, ground.layout.key_mark(turn, &|i| chips.iter().any(|c| c.node.index() == i)))
    } else {
        let turn = placement::turn(key.token());
        (turn, ground.layout.track_mark(turn))
    };
    let sizes = sizes(ground.profile);
    let name = clipped(key.name(), (mark.label.width / (sizes.name * 0.6)) as usize + 1);
    let mut lines = vec![TextMark::at_spot(&mark.label, name, Tone::Mono, sizes.name)];
    if !ground.profile.is_small() {
        let hash = format!("hash {}", Digest::from(key.token().0).short());
        let mut line = TextMark::at_spot(&mark.label, hash, Tone::MonoQuiet, sizes.note);
        line.at = line.at.plus(pt(0.0, sizes.name + 2.0)).rounded();
        lines.push(line);
    }
    let piece = ground.tear.as_ref().and_then(|t| t.side_of(mark.at));
    (turn, KeyLabel { dot: mark.at, lead: mark.lead, lines, piece })
}

/// The rectangle round the words of a key's mark.
fn key_room(label: &KeyLabel) -> Rect {
    let first = &label.lines[0];
    let (w, h) = (96.0, 20.0 * label.lines.len() as f64);
    let x = if first.anchor == Anchor::End { first.at.x - w } else { first.at.x };
    Rect::new(x, first.at.y - first.size, w, h)
}

fn legend(session: &Session, ground: &Ground, key: Option<&Key>, rooms: &mut Rooms<'_>) -> Vec<LegendRow> {
    let Some(key) = key.filter(|_| ground.profile == Profile::Desktop) else { return Vec::new() };
    let sizes = sizes(ground.profile);
    // As many of the latest versions as fit into a corner.
    for most in [5, 3, 2] {
        let made = copies::made(session, key, most, 16);
        let h = 28.0 * made.len() as f64;
        let Some(room) = rooms.take(traffic::corners(ground, 150.0, h.max(1.0), false), Some(None)) else { continue };
        let row = |(i, version): (usize, VersionMark)| {
            let chip = Rect::new(room.rect.x, room.rect.y + 28.0 * i as f64, 38.0, 22.0).rounded();
            let text = TextMark {
                at: pt(chip.right() + 8.0, chip.y + 16.0).rounded(),
                anchor: Anchor::Start,
                text: version.text.clone(),
                tone: Tone::Ink,
                size: sizes.note,
            };
            LegendRow { version, chip, text }
        };
        return made.into_iter().enumerate().map(row).collect();
    }
    Vec::new()
}

fn snips(ground: &mut Ground) -> Vec<String> {
    let mut paths = Vec::new();
    for snip in ground.snips.clone() {
        let ways = [Some((snip.from, snip.to)), Some((snip.to, snip.from)).filter(|_| !snip.one_way)];
        for (from, to) in ways.into_iter().flatten() {
            paths.extend(ground.road(from, to).map(|r| r.edge.snip(r.stop)));
        }
    }
    paths
}

/// The stage of a session at its cursor.
pub fn scene(session: &Session, ground: &mut Ground, look: &Look<'_>) -> Scene {
    ground.follow(session, ground.profile);
    let shown = shown(session, look);
    let chips = look.key.map_or(Vec::new(), |k| copies::chips(session, ground, k));
    let mut nodes = nodes::nodes(session, ground, look, shown.as_ref(), &chips);
    let clients = nodes::clients(session, ground, shown.as_ref());
    let mark = look.key.map(|k| key_label(ground, session, k, &chips));
    let mut rooms = Rooms::new(ground, &chips);
    let label = mark.as_ref().map(|(_, l)| key_room(l));
    label.into_iter().for_each(|r| rooms.hold(r));
    let guests = look.key.map_or(Vec::new(), |k| kept::guests(session, ground, k, &nodes, &mut rooms));
    let zones = placement::zones(session, ground, &mut rooms);
    let legend = legend(session, ground, look.key, &mut rooms);
    let tally = traffic::tally(session, ground, &mut rooms);
    nodes::annotate(&mut nodes, ground, shown.as_ref(), &mut rooms);
    let taken = rooms.into_taken();
    let card = card::card(session, ground, shown.as_ref(), &chips, &taken);
    let mut flying = Vec::new();
    flights(session, ground, shown.as_ref().map(|s| s.op), &mut flying);
    let n = nodes.len();
    let last = chips.last().map(|c| c.node.index() as f64 / n.max(1) as f64);
    let track = placement::track(session, ground, look);
    let owned = mark
        .as_ref()
        .zip(last)
        .filter(|_| track.is_none())
        .map(|((turn, _), last)| ground.layout.arc(*turn, if last < *turn { last + 1.0 } else { last }));
    let stretch = |node: &NodeMark| Some(Stretch { path: ground.layout.segment(node.id.index()), class: node.holds? });
    Scene {
        profile: ground.profile,
        detail: ground.layout.detail,
        disc: (ground.layout.radius, ground.layout.letter),
        ring: ground.layout.ring(),
        zones,
        plate: ground.layout.plate_width(),
        track,
        owned,
        stretches: nodes.iter().filter_map(stretch).collect(),
        key: mark.map(|(_, label)| label),
        summary: words::summary(session, &nodes, (&chips, &guests), &clients, look, shown.as_ref()),
        table: words::table(&nodes, &chips, &guests, ground),
        messages: words::messages(session, &flying, look),
        trails: traffic::trails(session, ground, shown.as_ref()),
        stops: traffic::stops(session, ground, shown.as_ref()),
        snips: snips(ground),
        next: if look.preview { traffic::next(session, ground) } else { None },
        nodes,
        losers: look.key.map_or(Vec::new(), |k| copies::losers(session, &chips, k)),
        chips,
        guests,
        clients,
        legend,
        tally,
        card,
        shown,
    }
}
