//! The upper layer: nodes, chips, clients, labels and the coordinator's card.

use std::collections::BTreeMap;

use yew::prelude::*;

use super::memory::loser_name;
use super::parts::{chip_class, chip_parts, glyph, words};
use crate::engine::base::{Micros, NodeId};
use crate::engine::world::Status;
use crate::ui::svg::{circle, group, moved, path, path_at, rect, text};
use crate::view::chip;
use crate::view::geometry::ring::Detail;
use crate::view::geometry::{Pen, Point, Profile, Rect, pt};
use crate::view::glyph::{Form, SCISSORS};
use crate::view::scene::{
    ChipMark, ClientMark, CompareCard, Ground, GuestMark, HintBadge, KeyLabel, LoserMark, MessageMark, NodeMark, Scene, status_word,
};

/// Things of the stage that can be walked to with the arrow keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Item {
    /// A node.
    Node(NodeId),
    /// A message on its way.
    Message(u64),
}

impl Item {
    /// The value of its `data-item` attribute.
    pub fn name(self) -> String {
        match self {
            Item::Node(n) => format!("node-{}", n.0),
            Item::Message(id) => format!("message-{id}"),
        }
    }
}

/// What the upper layer needs to know besides the scene.
pub struct Around<'a> {
    /// The one thing that Tab reaches.
    pub stop: Option<Item>,
    /// Nodes chosen for a cut or a snip.
    pub chosen: &'a [NodeId],
    /// Whether something of this name has only just appeared.
    pub fresh: &'a dyn Fn(&str) -> bool,
    /// What chips were laid over, by node.
    pub under: &'a BTreeMap<NodeId, ChipMark>,
}

fn arc(radius: f64) -> String {
    format!("M0 {:.1}A{radius:.1} {radius:.1} 0 1 1 {:.1} 0", -radius, -radius)
}

/// The hints a node keeps: an envelope sealed with the version it carries, and how many there are.
fn envelope(hints: &HintBadge, at: Point, small: f64) -> Html {
    let (w, h) = (small * 2.9, small * 2.0);
    let (outline, flap, seal) = chip::envelope(&Rect::new(-w / 2.0, -h / 2.0, w, h));
    let size = small * 1.5;
    html! {
        <g class={classes!("envelope", hints.going.then_some("going"))} transform={format!("translate({:.1} {:.1})", at.x, at.y)}>
            <path class="paper-of" d={outline} />
            <path class="flap" d={flap} />
            if let Some(class) = hints.seal {
                <rect class={classes!("core", class)} x={seal.x.to_string()} y={seal.y.to_string()} width={seal.w.to_string()} height={seal.h.to_string()} rx="1" />
            }
            <g class="tally" transform={format!("translate({:.1} {:.1})", -w / 2.0, h / 2.0)}>
                <circle r={(small * 0.95).to_string()} />
                <text y={(size * 0.34).to_string()} font-size={size.to_string()}>{ hints.count }</text>
            </g>
        </g>
    }
}

/// A copy in another node's name. When it leaves, its place stays dashed until the owner has confirmed.
fn guest(guest: &GuestMark, around: &Around<'_>) -> Html {
    let name = format!("guest-{}-{}", guest.node, guest.owner);
    let version = guest.versions.last();
    let fresh = (around.fresh)(&name).then_some("fresh");
    let label = version.map_or(String::new(), |v| v.look.label.clone());
    html! {
        <g key={name.clone()} data-testid={name} data-version={label} data-leaving={guest.leaving.to_string()}
            class={classes!("guest", guest.leaving.then_some("leaving"), guest.gone.then_some("faint"))}>
            <rect class="sleeve" x={(guest.room.x - 3.5).to_string()} y={(guest.room.y - 3.5).to_string()}
                width={(guest.room.w + 7.0).to_string()} height={(guest.room.h + 7.0).to_string()} rx="4" />
            <g class={classes!(chip_class(version), fresh)}>{ chip_parts(version, &guest.room) }</g>
            { words(&guest.note, true) }
            if let Some(value) = &guest.value { { words(value, true) } }
        </g>
    }
}

/// The small marks round a disc: rank, trouble, clock.
fn badges(node: &NodeMark, r: f64) -> Html {
    let off = r * 0.74;
    let small = (r * 0.31).max(6.5);
    let size = r * 0.4;
    let cross = small * 0.42;
    let wave = format!("M{:.1} {:.1}q{q:.1}-6 {h:.1} 0t{h:.1} 0t{h:.1} 0t{h:.1} 0", -r * 0.6, r + 6.0, q = r * 0.15, h = r * 0.3);
    html! {
        <>
            if let Some(hints) = &node.hints { { envelope(hints, pt(-off, off), small) } }
            if let Some(rank) = node.rank { { badge("badge", off, -off, small, text(classes!(), pt(0.0, size * 0.33), None, size, &rank.to_string())) } }
            if let Some(place) = node.standby {
                <g class="badge standby" transform={format!("translate({off:.1} {:.1})", -off)} data-testid={format!("standby-{}", node.letter)}>
                    <circle r={small.to_string()} />
                    <text y={(size * 0.33).to_string()} font-size={size.to_string()}>{ place }</text>
                </g>
            }
            if node.status == Status::Down {
                { badge("cross", off, off, small, path("", &format!("M{0:.1} {0:.1}L{cross:.1} {cross:.1}M{cross:.1} {0:.1}L{0:.1} {cross:.1}", -cross))) }
            }
            if node.status == Status::Paused {
                { badge("cross still", off, off, small, path("", &format!("M{0:.1} {0:.1}V{cross:.1}M{cross:.1} {0:.1}V{cross:.1}", -cross))) }
            }
            if node.suspected { { path("suspect", &arc(r + 8.0)) } }
            if node.slow > Micros::ZERO { { path("wave", &wave) } }
            if node.clock_offset != 0 {
                { badge("clock", -off, -off, small * 0.86, html! {
                    <>
                        { path("", &format!("M0 0V{:.1}", -small * 0.56)) }
                        { path("wrong", &format!("M0 0L{:.1} {:.1}", small * 0.46, if node.clock_offset > 0 { small * 0.2 } else { -small * 0.2 })) }
                    </>
                }) }
            }
        </>
    }
}

/// A small disc beside a node's own, and what is on it.
fn badge(class: &'static str, x: f64, y: f64, r: f64, on_it: Html) -> Html {
    group(classes!(class), Some(format!("translate({x:.1} {y:.1})")), html! { <>{ circle("", r) }{ on_it }</> })
}

fn node_label<'a>(node: &NodeMark, chip: Option<&ChipMark>, guests: impl Iterator<Item = &'a GuestMark>) -> String {
    let mut label = format!("Node {}, {}", node.letter, status_word(node.status));
    if node.cut_off {
        label.push_str(", cut off");
    }
    if let Some(chip) = chip {
        let standing = chip.standing.words();
        label.push_str(&format!(", holds {}{}", chip.label(), if standing.is_empty() { String::new() } else { format!(", {standing}") }));
    }
    if let Some(place) = node.standby {
        label.push_str(&format!(", would stand in, place {place}"));
    }
    if let Some(hints) = &node.hints {
        label.push_str(&format!(", keeps {}", hints.words()));
    }
    for guest in guests {
        label.push_str(&format!(", keeps {}", guest.words()));
    }
    if node.selected {
        label.push_str(", selected");
    }
    label
}

fn node(scene: &Scene, node: &NodeMark, around: &Around<'_>) -> Html {
    let (r, letter) = scene.disc;
    let chip = scene.chips.iter().find(|c| c.node == node.id);
    let item = Item::Node(node.id);
    let class = classes!(
        "node",
        node.rank.map(|_| "replica"),
        node.coordinator.then_some("coord"),
        (node.status == Status::Down).then_some("dead"),
        (scene.detail == Detail::Dot).then_some("dot"),
        node.holds,
        node.selected.then_some("sel"),
        node.lit.then_some("lit"),
        around.chosen.contains(&node.id).then_some("chosen"),
    );
    let at = moved(node.at);
    // A dead node's letter has toppled over.
    let turn = if node.status == Status::Down { "rotate(-78)" } else { "" };
    // Compact rings keep their letters; in the largest they would be unreadable.
    let lettered = letter >= 8.0;
    html! {
        <g key={item.name()}>
        <g class={class.clone()} transform={at.clone()}
            role="button" tabindex={if around.stop == Some(item) { "0" } else { "-1" }}
            aria-label={node_label(node, chip, scene.guests.iter().filter(|g| g.node == node.id))} data-item={item.name()}
            data-testid={format!("node-{}", node.letter)}
            data-version={chip.map_or("none".to_owned(), ChipMark::label)}
            data-status={status_word(node.status)} data-cut={node.cut_off.to_string()}>
            { circle("halo-ring", r + 7.0) }
            { circle("body", r) }
            if node.coordinator { { circle("inner", r * 0.84) } }
            if lettered {
                <text y={(letter * 0.34).to_string()} font-size={letter.to_string()} transform={turn}>{ &node.letter }</text>
            }
        </g>
        // Beside the button and not in it: what a badge shows, the button's name says in words.
        if scene.detail != Detail::Dot {
            <g {class} transform={at} aria-hidden="true" pointer-events="none">{ badges(node, r) }</g>
        }
        </g>
    }
}

fn chip(chip: &ChipMark, around: &Around<'_>) -> Html {
    let Some(room) = chip.room else { return Html::default() };
    let name = format!("chip-{}-{}", chip.node, chip.label());
    let version = chip.versions.last();
    let old = around.under.get(&chip.node).filter(|old| old.label() != chip.label());
    let fresh = (around.fresh)(&name);
    let rotten = version.is_some_and(|v| v.rotten);
    html! {
        <g key={format!("chip-{}", chip.node)} data-testid={format!("chip-{}", chip.node)} data-version={chip.label()} data-rotten={rotten.to_string()} class={classes!(chip.gone.then_some("faint"))}>
            <g>
                if let Some(old) = old.filter(|_| fresh) {
                    <g key={format!("under-{name}")} class={classes!(chip_class(old.versions.last()), "old")}>
                        { chip_parts(old.versions.last(), &room) }
                    </g>
                }
                <g key={name} class={classes!(chip_class(version), fresh.then_some("fresh"))}>{ chip_parts(version, &room) }</g>
            </g>
            if let Some(note) = &chip.note { { words(note, true) } }
            if let Some(value) = &chip.value { { words(value, true) } }
        </g>
    }
}

/// A row that came too late slides off the newer one.
fn loser(loser: &LoserMark, around: &Around<'_>) -> Html {
    let (name, version) = (loser_name(loser), loser.versions.last());
    let fresh = (around.fresh)(&name).then_some("sliding");
    html! {
        <g key={name} class={classes!(chip_class(version), "loser", fresh)} aria-hidden="true" data-testid={format!("loser-{}", loser.node)}>
            { chip_parts(version, &loser.room) }
        </g>
    }
}

fn client(c: &ClientMark, profile: Profile) -> Html {
    let r = c.card;
    let bend = 5.0;
    let body = Pen::new()
        .go(pt(r.x, r.y))
        .line(pt(r.right() - bend, r.y))
        .curve(pt(r.right() - 2.0, r.y), pt(r.right(), r.y + 2.0), pt(r.right(), r.y + bend))
        .line(pt(r.right(), r.bottom() - bend))
        .curve(pt(r.right(), r.bottom() - 2.0), pt(r.right() - 2.0, r.bottom()), pt(r.right() - bend, r.bottom()))
        .line(pt(r.x, r.bottom()))
        .close()
        .done();
    let size = crate::view::scene::sizes(profile).name;
    html! {
        <g class={classes!("client", c.waits.then_some("waits"))} data-testid={format!("client-{}", c.name)} data-waits={c.waits.to_string()}>
            { path("body", &body) }
            { path("spine", &format!("M{} {}V{}", r.x, r.y, r.bottom())) }
            { text(classes!(), r.centre().plus(pt(1.5, size * 0.34)), None, size, &c.name) }
            if let Some(note) = &c.note { { group(classes!("aside"), None, words(note, true)) } }
        </g>
    }
}

fn key_mark(key: &KeyLabel) -> Html {
    html! {
        <g data-testid="key-mark">
            { path("lead", &format!("M{} {}L{} {}", key.dot.x, key.dot.y, key.lead.x, key.lead.y)) }
            <circle class="keydot" cx={key.dot.x.to_string()} cy={key.dot.y.to_string()} r="5.5" />
            { for key.lines.iter().map(|l| words(l, true)) }
        </g>
    }
}

fn disc(at: Point, equal: bool, radius: f64) -> Html {
    html! {
        <g class="verdict-mark" data-testid="verdict" data-equal={equal.to_string()} transform={moved(at)}>
            <g class="stamp">
                <circle class={classes!("neq", equal.then_some("same"))} r={radius.to_string()} />
                <text class="s f-sheet" y={(radius * 0.47).to_string()} font-size={(radius * 1.45).to_string()}
                    font-weight="700" text-anchor="middle">{ if equal { "=" } else { "≠" } }</text>
            </g>
        </g>
    }
}

fn card(card: &CompareCard, around: &Around<'_>) -> Html {
    let name = format!("card-{}-{}", card.rows.len(), card.verdicts.len());
    let (letter, digits) = card.sizes;
    let judged = (!card.verdicts.is_empty() && (around.fresh)(&name)).then_some("judging");
    html! {
        <g key={name} class={classes!("compare", judged)} data-testid="compare" data-differs={card.differs().to_string()}>
            { path("callout", &card.pointer.0) }
            { rect(classes!("callout"), &card.room, "3") }
            { path("gap", &card.pointer.1) }
            { for card.rows.iter().map(|row| html! {
                <g data-testid={format!("compare-{}", row.node)} data-digest={row.digits.clone()}>
                    { text(classes!("d", "wb"), row.letter, None, letter, &row.node.to_string()) }
                    { for row.bars.iter().enumerate().map(|(i, (bar, same))| {
                        rect(classes!("fpbar", same.then_some("same"), format!("bar-{i}")), bar, "1")
                    }) }
                    { text(classes!("m", "wb"), row.digits_at, None, digits, &row.digits) }
                </g>
            }) }
            { for card.verdicts.iter().map(|(at, equal)| disc(*at, *equal, card.disc)) }
        </g>
    }
}

fn corner(scene: &Scene) -> Html {
    html! {
        <>
            <g data-testid="legend" class="key-legend">
                { for scene.legend.iter().map(|row| html! {
                    <g key={row.version.number}>
                        { group(chip_class(Some(&row.version)), None, chip_parts(Some(&row.version), &row.chip)) }
                        { words(&row.text, true) }
                    </g>
                }) }
            </g>
            if let Some(tally) = &scene.tally {
                <g data-testid="tally">
                    { words(&tally.title, true) }
                    { for tally.counts.iter().map(|(kind, n, at, number)| html! {
                        <g data-kind={kind.class()} data-count={n.to_string()}>
                            { glyph(*kind, Form::Carries, None, *at, 0.66) }
                            { words(number, true) }
                        </g>
                    }) }
                </g>
            }
        </>
    }
}

fn message(m: &MessageMark, around: &Around<'_>) -> Html {
    let item = Item::Message(m.id);
    html! {
        <g key={item.name()} class={classes!("msg", m.selected.then_some("sel"), m.lit.then_some("lit"))} role="button"
            transform={moved(m.at)} aria-label={m.label.clone()} data-item={item.name()}
            data-testid="message" tabindex={if around.stop == Some(item) { "0" } else { "-1" }}>
            { circle("hit", 16.0) }
            { circle("halo-ring", 18.0) }
        </g>
    }
}

/// Everything that stands on one piece of paper (`None`: the main sheet). Each list has a group of its own, so that one growing does
/// not make another anew.
fn on_piece(scene: &Scene, piece: Option<usize>, around: &Around<'_>) -> Html {
    let here = |node: NodeId| scene.nodes.get(node.index()).is_some_and(|n| n.piece == piece);
    html! {
        <>
            <g>{ for scene.nodes.iter().filter(|n| n.piece == piece).map(|n| node(scene, n, around)) }</g>
            <g>{ for scene.chips.iter().filter(|c| here(c.node)).map(|c| chip(c, around)) }</g>
            <g>{ for scene.guests.iter().filter(|g| here(g.node)).map(|g| guest(g, around)) }</g>
            <g>{ for scene.losers.iter().filter(|l| here(l.node)).map(|l| loser(l, around)) }</g>
            <g>{ for scene.nodes.iter().filter(|n| n.notes_piece == piece).flat_map(|n| &n.notes).map(|t| words(t, true)) }</g>
            <g>{ for scene.clients.iter().filter(|c| c.piece == piece).map(|c| client(c, scene.profile)) }</g>
            if let Some(key) = scene.key.as_ref().filter(|k| k.piece == piece) { { key_mark(key) } }
        </>
    }
}

/// The upper layer.
pub fn marks(scene: &Scene, ground: &Ground, around: &Around<'_>) -> Html {
    let pieces = ground.tear.as_ref().map_or(&[][..], |t| &t.pieces);
    html! {
        <>
            { on_piece(scene, None, around) }
            <g>{ for pieces.iter().enumerate().map(|(i, piece)| {
                let name = super::paper::piece_name(piece);
                let fresh = (around.fresh)(&name).then_some("parting");
                html! {
                    <g key={name} class={classes!("piece", fresh)} transform={piece.transform()} data-testid="piece">
                        { on_piece(scene, Some(i), around) }
                    </g>
                }
            }) }</g>
            <g>{ for pieces.iter().map(|p| {
                path_at("scissors", SCISSORS, Some(format!("{} rotate({})", moved(p.scissors), p.scissors_angle)))
            }) }</g>
            <g>{ for ground.turnstiles.iter().flat_map(|d| [path("turnstile under", d), path("turnstile", d)]) }</g>
            <g>{ corner(scene) }</g>
            <g>if let Some(c) = &scene.card { { card(c, around) } }</g>
            <g>{ for scene.messages.iter().map(|m| message(m, around)) }</g>
        </>
    }
}
