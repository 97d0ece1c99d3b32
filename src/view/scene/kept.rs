//! What nodes keep for others: hints as a sealed envelope at their keeper, and copies in other nodes' names beside their stand-in.

use super::copies::{VersionMark, row_marks};
use super::ground::Ground;
use super::nodes::NodeMark;
use super::rooms::Rooms;
use super::text::{TextMark, Tone};
use crate::engine::base::NodeId;
use crate::engine::data::Key;
use crate::engine::world::{Host, Status};
use crate::lab::Session;
use crate::view::format::{counted, list};
use crate::view::geometry::Rect;
use crate::view::geometry::ring::Anchor;

/// The envelope at a node that keeps hints.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HintBadge {
    /// How many it keeps, for everyone.
    pub count: usize,
    /// For whom: `C`, `C and D`, `3 nodes`.
    pub targets: String,
    /// Whether some of them are being replayed.
    pub going: bool,
    /// Colour class of the version of the key shown that it is sealed with: the newest one kept.
    pub seal: Option<&'static str>,
}

impl HintBadge {
    /// What `host` keeps; `None` for nothing.
    pub(super) fn of(session: &Session, host: &Host, key: Option<&Key>) -> Option<HintBadge> {
        let lines = host.node.hints.lines();
        let targets: Vec<NodeId> = lines.iter().filter(|(_, l)| !l.hints.is_empty()).map(|(t, _)| *t).collect();
        let kept = lines.values().flat_map(|line| &line.hints).rev().find(|kept| Some(&kept.hint.key) == key);
        let seal = kept.and_then(|kept| row_marks(session, &kept.hint.key, Some(&kept.hint.row), 1).pop());
        (!targets.is_empty()).then(|| HintBadge {
            count: host.node.hints.count(),
            targets: if targets.len() > 2 { counted(targets.len() as u64, "node", "nodes") } else { list(&targets) },
            going: lines.values().any(|line| line.replay.is_some()),
            seal: seal.map(|v| v.look.class),
        })
    }

    /// In words: `3 hints for C`.
    pub fn words(&self) -> String {
        format!("{} for {}", counted(self.count as u64, "hint", "hints"), self.targets)
    }
}

/// A copy of the key shown that a node holds in place of its owner.
#[derive(Debug, Clone, PartialEq)]
pub struct GuestMark {
    /// The stand-in.
    pub node: NodeId,
    /// Whose copy it is.
    pub owner: NodeId,
    /// What it holds.
    pub versions: Vec<VersionMark>,
    /// Where the chip lies.
    pub room: Rect,
    /// "for B".
    pub note: TextMark,
    /// The value, where there is room for it.
    pub value: Option<TextMark>,
    /// Whether it has been sent to its owner, who has not confirmed it yet.
    pub leaving: bool,
    /// Whether the stand-in is down.
    pub gone: bool,
}

impl GuestMark {
    /// In words: `v2 for B`.
    pub fn words(&self) -> String {
        let held: Vec<&str> = self.versions.iter().map(|v| v.look.label.as_str()).collect();
        format!("{} for {}", held.join(" "), self.owner)
    }
}

/// The guest copies of `key`. The first at a node without a copy of its own lies where its own would; the others where there is room.
pub(super) fn guests(session: &Session, ground: &Ground, key: &Key, nodes: &[NodeMark], rooms: &mut Rooms<'_>) -> Vec<GuestMark> {
    let sizes = super::text::sizes(ground.profile);
    let mut marks: Vec<GuestMark> = Vec::new();
    for (host, node) in session.world().hosts().iter().zip(nodes) {
        let Some(place) = ground.layout.nodes.get(node.id.index()) else { continue };
        for (owner, guest) in host.node.guests.all() {
            let Some(row) = guest.store.get(key) else { continue };
            let leaving = guest.handoff.as_ref().is_some_and(|h| h.missing.contains_key(key));
            let words = format!("for {owner}");
            let free = node.rank.is_none() && marks.iter().all(|m| m.node != node.id);
            let (room, note, value) = match place.card.filter(|_| free) {
                Some(card) => {
                    rooms.hold(card.room);
                    let letters = card.value.map_or(1, |v| (v.width / (sizes.value * 0.47)) as usize);
                    let text = row_marks(session, key, Some(row), letters).into_iter().map(|v| v.text).collect::<Vec<_>>().join(" | ");
                    let note = card.note.map(|s| TextMark::at_spot(&s, words.clone(), Tone::QuietBold, sizes.note));
                    (Some(card.chip), note, card.value.map(|s| TextMark::at_spot(&s, text, Tone::Ink, sizes.value)))
                }
                None => (None, None, None),
            };
            let room = room.or_else(|| {
                let wide = 38.0 + words.chars().count() as f64 * sizes.note * 0.6;
                let spots = Rooms::round(place.at, ground.layout.radius, wide, 24.0, place.outward);
                rooms.take(spots, Some(node.piece)).map(|room| Rect::new(room.rect.x, room.rect.y, 34.0, 22.0))
            });
            let Some(room) = room else { continue };
            let beside = crate::view::geometry::pt(room.right() + 6.0, room.y + 16.0).rounded();
            marks.push(GuestMark {
                node: node.id,
                owner: *owner,
                versions: row_marks(session, key, Some(row), 1),
                note: note.unwrap_or(TextMark { at: beside, anchor: Anchor::Start, text: words, tone: Tone::QuietBold, size: sizes.note }),
                room,
                value,
                leaving,
                gone: node.status == Status::Down,
            });
        }
    }
    marks
}
