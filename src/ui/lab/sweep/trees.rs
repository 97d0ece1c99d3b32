//! The trees themselves: nodes, lines, strips; and what a pointer or the keyboard does to them.

use yew::prelude::*;

use crate::engine::base::NodeId;
use crate::engine::node::sweeps::Place;
use crate::ui::lab::LabHandle;
use crate::ui::svg::{path, px, rect};
use crate::view::format::counted;
use crate::view::geometry::Rect;
use crate::view::sweep::exchange::{Exchange, Mark};
use crate::view::sweep::forest::{self, Drawn, Edge, name};
use crate::view::sweep::plan::Plan;
use crate::view::sweep::rows::Leaf;

/// What acts on the trees.
#[derive(Clone)]
pub struct Hand {
    /// The lab.
    pub lab: LabHandle,
    /// The node pointed at.
    pub at: UseStateHandle<Option<Place>>,
    /// The part that is shown.
    pub zoom: Option<Place>,
}

impl Hand {
    /// Shows a node and all below it; everything if none.
    fn open(&self, place: Option<Place>) {
        self.lab.set_ui(|ui| ui.zoom = place);
    }

    /// Arrows walk the nodes, Enter opens one, Backspace goes back up.
    pub fn keys(&self, trees: &Exchange) -> Callback<KeyboardEvent> {
        let hand = self.clone();
        let (bits, depth, ranges) = (trees.bits, trees.depth(), trees.ranges);
        let interesting = interesting(trees);
        Callback::from(move |event: KeyboardEvent| {
            if event.ctrl_key() || event.meta_key() || event.alt_key() || event.shift_key() {
                return;
            }
            let top = hand.zoom.unwrap_or(Place { range: 0, level: 0, index: 0 });
            let here = hand.at.unwrap_or(top);
            let width = 1u64 << (bits * here.level);
            let next = match event.key().as_str() {
                "ArrowDown" if here.level < depth => {
                    let first = Place { level: here.level + 1, index: here.index << bits, ..here };
                    // Down to where something differs, if anything does.
                    let child = |p: &&Place| p.level == first.level && p.range == here.range && p.index >> bits == here.index;
                    Some(interesting.iter().find(child).copied().unwrap_or(first))
                }
                "ArrowUp" if here.level > 0 => Some(Place { level: here.level - 1, index: here.index >> bits, ..here }),
                "ArrowRight" if here.index + 1 < width => Some(Place { index: here.index + 1, ..here }),
                "ArrowRight" if here.range + 1 < ranges => Some(Place { range: here.range + 1, index: 0, ..here }),
                "ArrowLeft" if here.index > 0 => Some(Place { index: here.index - 1, ..here }),
                "ArrowLeft" if here.range > 0 => Some(Place { range: here.range - 1, index: width - 1, ..here }),
                "ArrowRight" | "ArrowLeft" | "ArrowUp" | "ArrowDown" => Some(here),
                "Enter" => {
                    if here.level < depth {
                        hand.open(Some(here));
                    }
                    Some(here)
                }
                "Backspace" => {
                    hand.open(None);
                    Some(here)
                }
                _ => None,
            };
            if let Some(next) = next {
                hand.at.set(Some(next));
                event.prevent_default();
                event.stop_propagation();
            }
        })
    }
}

/// Nodes that differ, at most a few thousand of them.
fn interesting(trees: &Exchange) -> Vec<Place> {
    let levels = (0u32..).zip(&trees.levels);
    let nodes = levels.flat_map(|(level, l)| l.nodes.iter().map(move |(n, mark)| (level, *n, *mark)));
    nodes.filter(|(_, _, mark)| *mark == Mark::Differs).take(4096).map(|(level, n, _)| trees.place(level, n)).collect()
}

/// The trees of one side.
pub fn side(trees: &Exchange, asking: bool, letter: NodeId, plan: &Plan, hand: &Hand) -> Html {
    let frame = &plan.frames[usize::from(!asking)];
    let drawn = forest::side(trees, asking, frame);
    let made = if asking { !trees.asking.is_empty() } else { !trees.answering.is_empty() };
    let id = if asking { "a" } else { "b" };
    let edge = |edge: &Edge| path(edge_class(edge.look), &edge.d);
    let strip = |at: &Rect| rect(classes!("leaf-strip"), at, "2");
    html! {
        <g class={classes!("forest", (!made).then_some("unmade"))} data-testid={format!("trees-{id}")}>
            { for drawn.edges.iter().map(edge) }
            { for drawn.strips.iter().map(strip) }
            { for drawn.nodes.iter().map(|node| one(node, hand)) }
            { for drawn.labels.iter().map(|(x, words, differs)| html! {
                <text class={classes!("s", "leaf-no", differs.then_some("hot"))} x={px(*x)} y={px(plan.leaves + 31.0)} text-anchor="middle" font-size="13">{ words }</text>
            }) }
            { disc(letter, asking, plan, made) }
        </g>
    }
}

const fn edge_class(look: forest::Look) -> &'static str {
    match look {
        forest::Look::Unseen => "te unseen",
        forest::Look::Spared => "te spared",
        forest::Look::Marked(Mark::Equal) => "te equal",
        forest::Look::Marked(Mark::Asked) => "te asked",
        forest::Look::Marked(Mark::Sent) => "te sent",
        forest::Look::Marked(Mark::Differs) => "te differs",
    }
}

/// A node of a tree.
fn one(node: &Drawn, hand: &Hand) -> Html {
    let (here, leafless) = (node.place, node.at.w < 4.0);
    let pointed = *hand.at == Some(here);
    let enter = {
        let at = hand.at.clone();
        Callback::from(move |_: PointerEvent| at.set(Some(here)))
    };
    let onclick = {
        let hand = hand.clone();
        Callback::from(move |_: MouseEvent| {
            hand.at.set(Some(here));
            if hand.zoom != Some(here) {
                hand.open(Some(here));
            }
        })
    };
    let (x, y) = (node.at.x + node.at.w / 2.0, node.at.y + node.at.h / 2.0);
    let lines = node.digits.len();
    let size = if node.look == forest::Look::Marked(Mark::Equal) { 13.0 } else { 13.5 };
    let line = |(i, words): (usize, &String)| {
        let side_by_side = lines == 1 && node.at.w > 70.0 && !node.bars.is_empty();
        let tx = if side_by_side { x + 15.0 } else { x };
        let ty = match (lines, node.bars.is_empty() || side_by_side) {
            (2, _) => node.at.y + 14.0 + 13.5 * i as f64,
            (_, true) => y + 4.6,
            (_, false) => node.at.bottom() - 5.0,
        };
        html! { <text class="m" x={px(tx)} y={px(ty)} text-anchor="middle" font-size={px(size)}>{ words }</text> }
    };
    html! {
        <g key={format!("{}-{}-{}", here.range, here.level, here.index)} class={classes!("tn", node.look.class(), pointed.then_some("pointed"), leafless.then_some("thin"))} onpointerenter={enter} {onclick}
            data-place={format!("{}.{}.{}", here.range, here.level, here.index)}>
            <title>{ &node.title }</title>
            { rect(classes!("box"), &node.at, if leafless { "0" } else { "3" }) }
            { for node.bars.iter().map(|bar| rect(classes!("bar", bar.same.then_some("same")), &bar.at, "1")) }
            { for node.digits.iter().enumerate().map(line) }
        </g>
    }
}

/// The node's letter beside its root.
fn disc(letter: NodeId, asking: bool, plan: &Plan, made: bool) -> Html {
    let frame = &plan.frames[usize::from(!asking)];
    let (radius, away) = if plan.ladder.is_some() && frame.gap >= 44.0 { (21.0, 76.0) } else { (15.0, 62.0) };
    let x = frame.x + frame.w / 2.0 + if asking { -away } else { away };
    html! {
        <g class={classes!("tree-of", (!made).then_some("unmade"))}>
            <circle cx={px(x)} cy={px(frame.top)} r={px(radius)} />
            <text class="d" x={px(x)} y={px(frame.top + radius * 0.36)} text-anchor="middle" font-size={px(radius * 1.12)}>{ letter.to_string() }</text>
        </g>
    }
}

/// The way from the whole trees to the part that is shown.
pub fn crumbs(trees: &Exchange, hand: &Hand) -> Html {
    let Some(top) = hand.zoom else { return Html::default() };
    let way = (0..=top.level).map(|level| Place { level, index: top.index >> (trees.bits * (top.level - level)), ..top });
    let step = |place: Option<Place>, words: String| {
        let here = place == Some(top);
        let hand = hand.clone();
        let onclick = Callback::from(move |_: MouseEvent| hand.open(place));
        html! { <li><button type="button" class="oplink" aria-current={here.then_some("true")} {onclick}>{ words }</button></li> }
    };
    html! {
        <nav aria-label="Part of the trees"><ol class="crumbs" data-testid="trees-crumbs">
            { step(None, "all".to_owned()) }
            { for way.map(|place| step(Some(place), name(trees, &place))) }
        </ol></nav>
    }
}

/// What is known of the node that is pointed at.
pub fn caption(trees: &Exchange, ends: (NodeId, NodeId), at: Option<Place>) -> Html {
    let words = at.map(|place| {
        let hash = |asking: bool| trees.hash(asking, &place).map_or_else(|| "no hash".to_owned(), |hash| hash.to_string());
        let state = match trees.state(&place) {
            None if trees.is_spared(&place) => "not compared: something above it is equal",
            None => "not looked at yet",
            Some(Mark::Equal) => "equal",
            Some(Mark::Asked) => "asked for",
            Some(Mark::Sent) => "on its way",
            Some(Mark::Differs) => "they differ",
        };
        (name(trees, &place), format!("{} {} · {} {}", ends.0, clip(hash(true)), ends.1, clip(hash(false))), state)
    });
    html! {
        <p class="tree-caption" role="status" data-testid="trees-caption">
            if let Some((name, hashes, state)) = words { <b>{ name }</b>{ " " }<span class="m">{ hashes }</span>{ format!(" {state}") } }
            else { { "Point at a node to read its hashes; press it to see what is below." } }
        </p>
    }
}

/// A hash of 16 digits at most.
fn clip(hash: String) -> String {
    hash.chars().take(16).collect()
}

/// The drawing in one sentence.
pub fn summary(trees: &Exchange, ends: (NodeId, NodeId)) -> String {
    let compared: u64 = trees.levels.iter().filter_map(|level| level.count).map(|count| count.compared).sum();
    format!(
        "Merkle trees of {} and {}: {} below the roots, {} compared, {}. Arrow keys walk the nodes, Enter opens one.",
        ends.0,
        ends.1,
        counted(u64::from(trees.depth()), "level", "levels"),
        counted(compared, "hash", "hashes"),
        counted(trees.leaves.len() as u64, "leaf differs", "leaves differ"),
    )
}

/// The drawing as a table, for those who cannot see it.
pub fn twin(trees: &Exchange, ends: (NodeId, NodeId), open: &[Leaf]) -> Html {
    let level = |(level, marks): (u32, &crate::view::sweep::exchange::Level)| {
        let with = |mark: Mark| marks.nodes.iter().filter(|(_, m)| *m == mark).count();
        let differ: Vec<String> = marks.nodes.iter().filter(|(_, m)| *m == Mark::Differs).take(8).map(|(n, _)| n.to_string()).collect();
        html! {
            <tr><th scope="row">{ level }</th><td>{ with(Mark::Asked) }</td><td>{ with(Mark::Sent) }</td><td>{ with(Mark::Equal) }</td><td>{ with(Mark::Differs) }</td><td>{ differ.join(" ") }</td></tr>
        }
    };
    html! {
        <table class="vh" data-testid="trees-table">
            <caption>{ format!("Comparison of the trees of {} and {}", ends.0, ends.1) }</caption>
            <thead><tr><th scope="col">{ "level" }</th><th scope="col">{ "asked" }</th><th scope="col">{ "sent" }</th><th scope="col">{ "equal" }</th><th scope="col">{ "differ" }</th><th scope="col">{ "which differ" }</th></tr></thead>
            <tbody>{ for (0u32..).zip(&trees.levels).map(level) }</tbody>
            <tfoot>{ for open.iter().map(|leaf| html! { <tr><th scope="row">{ name(trees, &leaf.place) }</th><td colspan="5">{ format!("{} rows, {} needed", leaf.rows, leaf.needed) }</td></tr> }) }</tfoot>
        </table>
    }
}
