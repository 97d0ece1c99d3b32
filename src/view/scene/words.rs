//! The picture in words: a sentence that sums it up, a table of the nodes, and the messages one by one.

use super::copies::{ChipMark, Standing};
use super::flight::FlightMark;
use super::ground::Ground;
use super::kept::GuestMark;
use super::nodes::{ClientMark, NodeMark, status_word};
use super::text;
use super::{Look, Shown};
use crate::engine::base::{Micros, arrange};
use crate::engine::node::Verb;
use crate::engine::world::Status;
use crate::lab::Session;
use crate::view::format::list;
use crate::view::geometry::Point;
use crate::view::placement_text;

/// Messages that can be walked to one by one.
const WALKED: usize = 24;

/// A row of the table that stands for the picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableRow {
    /// Letter of the node.
    pub node: String,
    /// Up, paused or down, cut off, and what else is the matter.
    pub state: String,
    /// What it holds of the key shown, and how that stands.
    pub version: String,
    /// Messages at its door.
    pub waiting: String,
}

/// A message that can be walked to.
#[derive(Debug, Clone, PartialEq)]
pub struct MessageMark {
    /// The message's number.
    pub id: u64,
    /// "full row v3 from B to F, 214 bytes".
    pub label: String,
    /// The few words beside its glyph.
    pub short: String,
    /// Where its glyph is.
    pub at: Point,
    /// Whether it is selected.
    pub selected: bool,
    /// Whether it is pointed at.
    pub lit: bool,
}

fn state(node: &NodeMark, ground: &Ground) -> String {
    let mut words = vec![status_word(node.status).to_owned()];
    if let Some((since, how)) = ground.severed(node.id.into()) {
        words.push(format!("{} since {}", how.words(), text::clock(since)));
    }
    if node.slow > Micros::ZERO {
        words.push(format!("slow {}", text::offset(node.slow.0.min(i64::MAX as u64) as i64)));
    }
    if node.clock_offset != 0 {
        words.push(format!("clock {}", text::offset(node.clock_offset)));
    }
    if let Some(place) = node.standby {
        words.push(format!("place {place}: stands in"));
    }
    if node.coordinator {
        words.push("coordinator".to_owned());
    }
    if let Some(hints) = &node.hints {
        words.push(format!("keeps {}", hints.words()));
    }
    if node.suspected {
        words.push("believed down by the coordinator".to_owned());
    }
    words.join(", ")
}

fn holding(chip: &ChipMark) -> String {
    match chip.standing {
        Standing::Nothing => "none".to_owned(),
        Standing::Missing => "none yet".to_owned(),
        standing => {
            let held: Vec<String> = chip.versions.iter().map(|v| format!("{} ({})", v.look.label, v.text)).collect();
            format!("{}, {}", held.join(" and "), standing.words())
        }
    }
}

/// The table.
pub(super) fn table(nodes: &[NodeMark], chips: &[ChipMark], guests: &[GuestMark], ground: &Ground) -> Vec<TableRow> {
    let version = |n: &NodeMark| {
        let own = chips.iter().find(|c| c.node == n.id).map_or("not a replica".to_owned(), holding);
        let others = guests.iter().filter(|g| g.node == n.id).map(|g| format!("; keeps {}", g.words()));
        own + &others.collect::<String>()
    };
    let row = |n: &NodeMark| TableRow { node: n.letter.clone(), state: state(n, ground), version: version(n), waiting: n.held.to_string() };
    nodes.iter().map(row).collect()
}

/// The sentence: who holds what, who is cut off or down, what goes on.
pub(super) fn summary(
    session: &Session,
    nodes: &[NodeMark],
    (chips, guests): (&[ChipMark], &[GuestMark]),
    clients: &[ClientMark],
    look: &Look<'_>,
    shown: Option<&Shown>,
) -> String {
    let mut parts = vec![format!("Ring of {} nodes.", nodes.len())];
    parts.extend(placement_text::zones(session.world().ring()).map(|zones| format!("Zones: {zones}.")));
    if let Some(key) = look.key {
        let held: Vec<String> = chips.iter().take(9).map(|c| format!("{} holds {}", c.node, holding(c))).collect();
        parts.push(format!("Key {}: {}.", text::clipped(key.name(), 40), held.join("; ")));
        parts.extend(guests.iter().map(|g| format!("{} keeps {}.", g.node, g.words())));
    }
    let mut next: Vec<(u32, &str)> = nodes.iter().filter_map(|n| Some((n.standby?, n.letter.as_str()))).collect();
    arrange(&mut next, Ord::cmp);
    if let [(_, first), rest @ ..] = next.as_slice() {
        let then = if rest.is_empty() { String::new() } else { format!(", then {}", list(rest.iter().map(|(_, n)| n))) };
        parts.push(format!("For owners that are down, {first} stands in first{then}."));
    }
    parts.extend(nodes.iter().filter_map(|n| Some(format!("{} keeps {}.", n.letter, n.hints.as_ref()?.words()))));
    let named = |list: Vec<&str>, what: &str| (!list.is_empty()).then(|| format!("{} {what}.", list.join(", ")));
    let letters = |f: &dyn Fn(&NodeMark) -> bool| nodes.iter().filter(|n| f(n)).map(|n| n.letter.as_str()).collect::<Vec<_>>();
    parts.extend(named(letters(&|n| n.cut_off), "cut off"));
    parts.extend(named(letters(&|n| n.status == Status::Down), "down"));
    parts.extend(named(letters(&|n| n.status == Status::Paused), "paused"));
    if let Some(shown) = shown {
        let (who, what) = (text::name(session, shown.client.into()), operation_word(&shown.verb));
        let end = if shown.outcome.is_none() { "goes on" } else { "has ended" };
        parts.push(format!("{} coordinates {what} {} of {who}, which {end}.", shown.via, shown.op.number));
    }
    let waiting: Vec<&str> = clients.iter().filter(|c| c.waits).map(|c| c.name.as_str()).collect();
    parts.extend(named(waiting, "waiting for an answer"));
    let moving = session.world().in_flight().filter(|f| !f.message.body.is_quiet()).count();
    match moving {
        0 => parts.push("No message of an operation is on its way.".to_owned()),
        1 => parts.push("1 message is on its way.".to_owned()),
        n => parts.push(format!("{n} messages are on their way.")),
    }
    parts.join(" ")
}

fn operation_word(verb: &Verb) -> &'static str {
    match verb {
        Verb::Read => "read",
        Verb::Write(_) => "write",
        Verb::Delete => "delete",
    }
}

/// Messages on their way, background left out, those of the operation shown first.
pub(super) fn messages(session: &Session, flights: &[FlightMark], look: &Look<'_>) -> Vec<MessageMark> {
    let about = |focus: super::Focus| match focus {
        super::Focus::Event(e) => session.log().get(e.0 as usize).and_then(|e| e.message()).map(|m| m.id),
        _ => None,
    };
    let (selected, lit) = (about(look.selected), about(look.hovered));
    let mark = |f: &FlightMark| {
        let message = session.world().in_flight().find(|g| g.message.id == f.id && g.copy == f.copy)?.message.clone();
        let what = text::what(&message);
        let version = f.version.map_or(String::new(), |v| format!(" v{v}"));
        let names = (text::name(session, f.from), text::name(session, f.to));
        Some(MessageMark {
            id: f.id,
            label: format!("{what}{version} from {} to {}, {} bytes", names.0, names.1, f.size),
            short: what.to_owned(),
            at: f.road.edge.point_at(f.at),
            selected: selected == Some(f.id),
            lit: lit == Some(f.id),
        })
    };
    let loud = flights.iter().filter(|f| !f.quiet && !f.copy && f.from != f.to);
    let mut marks: Vec<(bool, MessageMark)> = loud.take(WALKED * 4).filter_map(|f| Some((!f.ours, mark(f)?))).collect();
    arrange(&mut marks, |(a, one), (b, other)| (a, one.id).cmp(&(b, other.id)));
    marks.into_iter().map(|(_, m)| m).take(WALKED).collect()
}
