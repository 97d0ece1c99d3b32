//! Zones as plates under their machines, and the track on which tokens and partitions lie.

use super::ground::Ground;
use super::rooms::Rooms;
use super::text::{TextMark, Tone, sizes};
use super::{Focus, Look};
use crate::engine::base::NodeId;
use crate::engine::data::{Key, Token};
use crate::engine::node::StandIn;
use crate::engine::place::{Ring, ZoneId};
use crate::engine::world::Status;
use crate::lab::Session;
use crate::view::geometry::ring::Anchor;
use crate::view::geometry::{Rect, pt};
use crate::view::placement_text::{members, zone_name};

/// Tokens up to which each has a tick; more would be a grey band.
const TICKS: usize = 1_024;

/// A zone on the ring.
#[derive(Debug, Clone, PartialEq)]
pub struct ZoneMark {
    /// Which.
    pub zone: ZoneId,
    /// The plates under its machines: one for each row of neighbours. Path data of their middles.
    pub plates: Vec<String>,
    /// Its name; none where there is no room.
    pub name: Option<TextMark>,
}

/// Tokens or partitions, where they do not follow the order of the machines.
#[derive(Debug, Clone, PartialEq)]
pub struct TokenTrack {
    /// The track.
    pub line: String,
    /// A tick for each token.
    pub ticks: String,
    /// The stretches of the node that is selected or pointed at: keys whose first replica it is.
    pub own: Vec<String>,
    /// The key's way along the track: to the last token of its preference list.
    pub walk: Option<String>,
    /// Ticks of the tokens that make the list.
    pub list: String,
    /// Letters of owners: of every stretch that has room for one, else of the list only.
    pub letters: Vec<TextMark>,
}

/// The share of a turn at which a token lies on the track.
pub(super) fn turn(token: Token) -> f64 {
    token.0 as f64 / 18_446_744_073_709_551_616.0
}

/// Whether tokens lie where the machines stand: one each, in their order.
pub(super) fn is_plain(ring: &Ring) -> bool {
    ring.tokens().len() == ring.nodes() as usize && ring.tokens().iter().enumerate().all(|(i, (_, node))| node.index() == i)
}

/// The zones; none where there is one only.
pub(super) fn zones(session: &Session, ground: &Ground, rooms: &mut Rooms<'_>) -> Vec<ZoneMark> {
    let ring = session.world().ring();
    if ring.zones().len() < 2 {
        return Vec::new();
    }
    let size = sizes(ground.profile).note;
    let inner = if is_plain(ring) { 0.0 } else { 8.0 + size * 1.6 };
    let mark = |zone: ZoneId| {
        let runs = runs(&members(ring, zone));
        let text = zone_name(ring, zone);
        // Beside the middle of its longest row, inside the ring.
        let (first, last) = runs.iter().copied().max_by_key(|(first, last)| last - first)?;
        let (w, h) = (text.chars().count() as f64 * size * 0.52 + 4.0, size + 4.0);
        let middle = ground.layout.middle_of(first, last);
        let near = [10.0, 22.0, 36.0].into_iter().flat_map(|more| [0.0, 0.03, -0.03, 0.06, -0.06].map(|side| (more, side)));
        let spots = near.map(|(more, side)| {
            let at = ground.layout.track_at(middle + side, inner + more);
            let lean = at.minus(ground.layout.centre).unit();
            Rect::around(at.minus(pt(lean.x * w / 2.0, lean.y * h / 2.0)), w, h)
        });
        let room = rooms.take(spots, None);
        let name = room.map(|room| TextMark {
            at: pt(room.rect.centre().x, room.rect.bottom() - 4.0).rounded(),
            anchor: Anchor::Middle,
            text,
            tone: Tone::Aside,
            size,
        });
        let plates = runs.iter().map(|(first, last)| ground.layout.plate(*first, *last)).collect();
        Some(ZoneMark { zone, plates, name })
    };
    (0..ring.zones().len() as u32).map(ZoneId).filter_map(mark).collect()
}

/// Rows of neighbours among these nodes.
fn runs(nodes: &[NodeId]) -> Vec<(usize, usize)> {
    let mut runs: Vec<(usize, usize)> = Vec::new();
    for node in nodes.iter().map(|n| n.index()) {
        match runs.last_mut() {
            Some((_, last)) if *last + 1 == node => *last = node,
            _ => runs.push((node, node)),
        }
    }
    runs
}

/// The entries of the ring that make the preference list of `token`, in its order: each replica's first on the way round.
fn list(session: &Session, token: Token) -> Vec<(usize, NodeId)> {
    let ring = session.world().ring();
    let mut wanted = ring.replicas(token, &session.world().settings().replicas);
    let mut found = Vec::new();
    for (entry, node) in ring.clockwise(token) {
        if wanted.is_empty() {
            break;
        }
        if let Some(i) = wanted.iter().position(|w| *w == node) {
            wanted.remove(i);
            found.push((entry, node));
        }
    }
    found
}

/// Who would stand in for owners of this key that go down, first to last: as many as there are owners. None where stand-ins are not used,
/// and nobody who is down itself.
pub(super) fn standbys(session: &Session, key: &Key) -> Vec<NodeId> {
    let (world, token) = (session.world(), key.token());
    let (ring, settings) = (world.ring(), world.settings());
    let owners = ring.replicas(token, &settings.replicas);
    let up = |node: &NodeId| world.host(*node).is_some_and(|h| h.status != Status::Down);
    let skip = match settings.fallback.stand_in {
        StandIn::Nobody => return Vec::new(),
        StandIn::NextHealthy => 0,
        // Partitions after the Nth, whoever owns them; owners of the key have their numbers already.
        StandIn::Partition => settings.replicas.total() as usize,
    };
    let mut found: Vec<NodeId> = Vec::new();
    for (_, node) in ring.clockwise(token).skip(skip) {
        if found.len() == owners.len() {
            break;
        }
        if !owners.contains(&node) && !found.contains(&node) && up(&node) {
            found.push(node);
        }
    }
    found
}

/// The track; none where tokens lie where the machines stand.
pub(super) fn track(session: &Session, ground: &Ground, look: &Look<'_>) -> Option<TokenTrack> {
    let ring = session.world().ring();
    let (layout, tokens) = (&ground.layout, ring.tokens());
    if is_plain(ring) || tokens.is_empty() {
        return None;
    }
    let at = |entry: usize| turn(tokens[entry].0);
    // The stretch that ends at an entry.
    let span = |entry: usize| {
        let (from, to) = (at((entry + tokens.len() - 1) % tokens.len()), at(entry));
        (if from < to { from } else { from - 1.0 }, to)
    };
    let focus = [look.hovered, look.selected].into_iter().find_map(|f| if let Focus::Node(n) = f { Some(n) } else { None });
    let owned = (0..tokens.len()).filter(|i| Some(tokens[*i].1) == focus).map(span);
    let list = look.key.map(|key: &Key| (turn(key.token()), list(session, key.token())));
    let size = sizes(ground.profile).note;
    let depth = 4.0 + size * 0.7;
    let letter = |turn: f64, inward: f64, node: NodeId, tone: Tone| TextMark {
        at: layout.track_at(turn, inward).plus(pt(0.0, size * 0.35)).rounded(),
        anchor: Anchor::Middle,
        text: node.to_string(),
        tone,
        size,
    };
    let chosen: Vec<(usize, NodeId)> = list.as_ref().map_or(Vec::new(), |(_, l)| l.clone());
    let roomy = |(from, to): &(f64, f64)| layout.track_length(to - from) >= size * 1.15;
    let plain = (0..tokens.len()).filter(|i| !chosen.iter().any(|(c, _)| c == i)).map(|i| (i, span(i))).filter(|(_, s)| roomy(s));
    let mut letters: Vec<TextMark> = plain.map(|(i, (from, to))| letter((from + to) / 2.0, depth, tokens[i].1, Tone::Quiet)).collect();
    // The list's own letters, further in where two would lie on each other.
    let mut last = f64::MIN;
    let mut deep = false;
    for (entry, node) in &chosen {
        let (from, to) = span(*entry);
        let middle = (from + to) / 2.0;
        deep = layout.track_length((middle - last).abs().min(1.0)) < size && !deep;
        last = middle;
        letters.push(letter(middle, if deep { depth + size } else { depth }, *node, Tone::Bold));
    }
    let walk = list.as_ref().and_then(|(from, chosen)| {
        let to = at(chosen.last()?.0);
        Some(layout.track_arc(*from, if to < *from { to + 1.0 } else { to }))
    });
    let ticks = if tokens.len() <= TICKS { layout.ticks((0..tokens.len()).map(at), 4.0, 4.0) } else { String::new() };
    Some(TokenTrack {
        line: layout.track(),
        ticks,
        own: owned.map(|(from, to)| layout.track_arc(from, to)).collect(),
        walk,
        list: layout.ticks(chosen.iter().map(|(i, _)| at(*i)), 6.0, 6.0),
        letters,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::Script;
    use crate::view::geometry::Profile;
    use crate::view::scene::{Scene, scene};

    fn session(nodes: u32, topology: &str, replicas: &str) -> Session {
        let text = format!(
            r#"{{"seed": 3, "end": "2s", "config": {{"nodes": {nodes}, "topology": {topology}, "settings": {{"replicas": {replicas}}}}}}}"#
        );
        Session::open(serde_json::from_str::<Script>(&text).expect("a script")).expect("within bounds")
    }

    fn drawn(session: &Session, look: Look<'_>) -> Scene {
        let mut ground = Ground::of(session, Profile::Desktop);
        scene(session, &mut ground, &look)
    }

    #[test]
    fn the_plain_ring_has_no_track_and_no_plates() {
        let key = Key::new("cart");
        let scene = drawn(&session(6, "{}", "3"), Look { key: Some(&key), ..Look::default() });
        assert!(scene.track.is_none() && scene.zones.is_empty() && scene.owned.is_some());
    }

    #[test]
    fn virtual_nodes_lie_on_a_track_with_the_keys_list() {
        let session = session(6, r#"{"style": {"tokens": 8}}"#, "3");
        let key = Key::new("cart");
        let look = Look { key: Some(&key), selected: Focus::Node(NodeId(1)), ..Look::default() };
        let scene = drawn(&session, look);
        let track = scene.track.expect("tokens do not follow the machines");
        assert_eq!((track.ticks.matches('M').count(), track.own.len(), track.list.matches('M').count()), (48, 8, 3));
        assert!(scene.owned.is_none() && track.walk.is_some());
        let bold: Vec<String> = track.letters.iter().filter(|l| l.tone == Tone::Bold).map(|l| l.text.clone()).collect();
        let replicas: Vec<String> = scene.chips.iter().map(|c| c.node.to_string()).collect();
        assert_eq!(bold, replicas, "the list in its order");
        let label = scene.key.expect("a key");
        assert_eq!(label.dot, Ground::of(&session, Profile::Desktop).layout.track_at(turn(key.token()), 0.0).rounded());
    }

    #[test]
    fn the_next_stand_ins_are_numbered_after_the_owners() {
        let key = Key::new("cart:ada");
        let run = |settings: &str, commands: &str| {
            let text = format!(r#"{{"end": "2s", "config": {{"nodes": 7, "settings": {{{settings}}}}}, "commands": [{commands}]}}"#);
            let mut session = Session::open(serde_json::from_str::<Script>(&text).expect("a script")).expect("within bounds");
            session.seek_time(session.end());
            let scene = drawn(&session, Look { key: Some(&key), ..Look::default() });
            let owners: String = scene.chips.iter().map(|c| c.node.to_string()).collect();
            let mut next: Vec<(u32, String)> = scene.nodes.iter().filter_map(|n| Some((n.standby?, n.letter.clone()))).collect();
            next.sort_unstable();
            (owners, next, scene.summary)
        };
        let ring: String = Session::open(serde_json::from_str::<Script>(r#"{"end": "2s", "config": {"nodes": 7}}"#).expect("a script"))
            .map(|s| s.world().ring().walk(key.token()).map(|n| n.to_string()).collect())
            .expect("within bounds");
        assert_eq!(run("", "").1, [], "strict quorums have none");
        let dynamo = r#""fallback": {"stand-in": "next-healthy"}"#;
        let (owners, next, summary) = run(dynamo, "");
        let letter = |i: usize| ring[i..=i].to_owned();
        assert_eq!((owners.as_str(), next), (&ring[..3], vec![(4, letter(3)), (5, letter(4)), (6, letter(5))]));
        assert!(summary.contains(&format!(
            "For owners that are down, {} stands in first, then {} and {}.",
            letter(3),
            letter(4),
            letter(5)
        )));
        let down = format!(r#"{{"at": "1s", "do": "crash", "node": "{}"}}"#, letter(3));
        assert_eq!(run(dynamo, &down).1, [(4, letter(4)), (5, letter(5)), (6, letter(6))], "who is down cannot stand in");
        let riak = run(r#""fallback": {"stand-in": "partition"}"#, "").1;
        assert_eq!(riak[0], (4, letter(3)), "the owner of the next partition");
    }

    #[test]
    fn partitions_name_their_owners() {
        let scene = drawn(&session(4, r#"{"style": {"partitions": 16}}"#, "3"), Look::default());
        let track = scene.track.expect("partitions");
        let letters: String = track.letters.iter().map(|l| l.text.as_str()).collect();
        assert_eq!(letters, "ABCDABCDABCDABCD");
        assert!(track.walk.is_none() && track.list.is_empty() && track.own.is_empty());
    }

    #[test]
    fn zones_have_plates_and_names() {
        let zones = r#"{"zones": [{"name": "north"}, {"name": "south"}], "places": {"F": {"zone": "north"}}}"#;
        let scene = drawn(&session(7, zones, "[2, 1]"), Look::default());
        let plates: Vec<usize> = scene.zones.iter().map(|z| z.plates.len()).collect();
        assert_eq!(plates, [2, 2], "A to D and F; E and G");
        let names: Vec<String> = scene.zones.iter().filter_map(|z| z.name.as_ref()).map(|n| n.text.clone()).collect();
        assert_eq!(names, ["north", "south"]);
        assert!(scene.summary.contains("Zones: A to D and F in north and E and G in south."), "{}", scene.summary);
    }

    #[test]
    fn the_largest_rings_are_drawn_without_ticks() {
        let scene = drawn(&session(100, r#"{"style": {"tokens": 256}}"#, "3"), Look { key: Some(&Key::new("k")), ..Look::default() });
        let track = scene.track.expect("tokens");
        assert!(track.ticks.is_empty() && track.letters.len() == 3);
    }
}
