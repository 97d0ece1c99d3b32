//! Coded symbols that are peeled: point at a digest to see the symbols it took part in.

use std::collections::BTreeSet;

use yew::prelude::*;

use super::Seen;
use super::ranges::{KeptSet, set_of};
use super::size::use_size;
use crate::engine::base::NodeId;
use crate::engine::sweep::RowItem;
use crate::ui::lab::LabHandle;
use crate::ui::svg::{path, px, rect};
use crate::view::format::{count, counted};
use crate::view::sweep::symbols::{Cell, Drawing, Found, Look, Peeling, WORDS, drawing, places};
use crate::view::sweep::{ends, policy};

/// Properties of [`SymbolsView`].
#[derive(Properties, PartialEq)]
pub struct SymbolsViewProps {
    /// The lab.
    pub lab: LabHandle,
    /// The sweep in view.
    pub seen: Seen,
}

/// The drawing.
#[component]
pub fn SymbolsView(props: &SymbolsViewProps) -> Html {
    let (lab, seen) = (&props.lab, &props.seen);
    let sets = use_mut_ref(|| None as KeptSet);
    let kept = use_mut_ref(|| None::<Peeling>);
    let around = use_node_ref();
    let size = use_size(&around, (1060.0, 500.0));
    let at = use_state_eq(|| None::<RowItem>);
    let set = set_of(lab, seen, &sets);
    let both = ends(&seen.cost);
    let made = lab.read(|session| {
        let of = (session.current(), seen.began);
        let mut kept = kept.borrow_mut();
        let new = || Peeling::new(of, set).knowing(&session.peek(seen.began.0 + 1).world, seen.id());
        let mut peeling = kept.take().filter(|peeling| peeling.is_of(of)).unwrap_or_else(new);
        let tree = policy(session, seen.id()).unwrap_or_default().tree;
        let made = drawing(session, seen.id(), tree, &mut peeling, (size.0.max(300.0), size.1));
        *kept = Some(peeling);
        made
    });
    let many = made.cells.last().map_or(0, |cell| cell.place as usize + 1);
    let lit = made.found.iter().find(|found| Some(found.peeled.item) == *at).or_else(|| made.found.iter().max_by_key(|found| found.order));
    let rings: BTreeSet<u32> = lit.map(|found| places(found.peeled.item, many).into_iter().collect()).unwrap_or_default();
    let moves = lab.ui().playing || lab.ui().stepped;
    let (width, height) = made.size;
    html! {
        <>
            <div class="trees-box scrolls" ref={around}>
                <svg class={classes!("trees", "symbols", "k-sync", moves.then_some("moves"))} data-testid="symbols" width={px(width)} height={px(height)}
                    viewBox={format!("0 0 {width} {height}")} role="img" aria-label={summary(&made, both)}>
                    <text class="s" x="4" y={px(WORDS - 8.0)} font-size="15"><tspan class="b">{ came(&made, both) }</tspan>{ state(&made) }</text>
                    { for made.cells.iter().map(|cell| symbol(cell, rings.contains(&cell.place))) }
                    if let Some(found) = lit { { for threads(&made, found, &rings) } }
                    { lane(&made, both.0, true) }
                    { lane(&made, both.1, false) }
                    { for made.found.iter().map(|found| item(found, lit.is_some_and(|lit| lit.order == found.order), &at)) }
                </svg>
            </div>
            <p class="tree-caption" role="status">{ caption(lit, rings.len(), both) }</p>
        </>
    }
}

fn came(made: &Drawing, (_, answering): (NodeId, NodeId)) -> String {
    if made.counts.0 == 0 {
        return "No coded symbol has come yet".to_owned();
    }
    format!("{} of {answering}", counted(u64::from(made.counts.0), "coded symbol", "coded symbols"))
}

fn state(made: &Drawing) -> String {
    let (_, open, coming) = made.counts;
    let left = match (made.done, made.counts.0) {
        (true, _) => ": all empty, nothing is left to find".to_owned(),
        (false, 0) => String::new(),
        (false, _) => format!(": {} still mixed", count(u64::from(open))),
    };
    if coming > 0 { format!("{left}; {} on their way", count(u64::from(coming))) } else { left }
}

fn caption(lit: Option<&Found>, rings: usize, (asking, answering): (NodeId, NodeId)) -> Html {
    let Some(found) = lit else {
        return html! { "A digest that is alone in a symbol can be read. Taken out of the others, it leaves more of them with one." };
    };
    let whose = if found.peeled.mine { asking } else { answering };
    html! {
        <><b>{ format!("{:016x}", found.peeled.item) }</b>{ format!(", found as number {}: only {whose} has it. It was alone in symbol {} and takes part in {}.",
            found.order, found.peeled.place, counted(rings as u64, "symbol", "symbols")) }</>
    }
}

/// Lines from a digest to the symbols it takes part in.
fn threads(made: &Drawing, found: &Found, rings: &BTreeSet<u32>) -> Vec<Html> {
    let (x, y) = (found.at.centre().x, found.at.y);
    let one = |cell: &Cell| {
        let (a, b) = (cell.at.centre().x, cell.at.bottom());
        let middle = (y + b) / 2.0;
        path(
            if cell.place == found.peeled.place { "thread first" } else { "thread" },
            &format!("M{x:.1} {y:.1}C{x:.1} {middle:.1} {a:.1} {middle:.1} {a:.1} {b:.1}"),
        )
    };
    made.cells.iter().filter(|cell| rings.contains(&cell.place)).map(one).collect()
}

fn symbol(cell: &Cell, ring: bool) -> Html {
    let (class, words) = cell.look.words();
    let (x, y) = (cell.at.centre().x, cell.at.y);
    let (wide, roomy) = (cell.at.w > 30.0, cell.at.w > 42.0);
    let size = (cell.at.w * 0.22).clamp(12.0, 20.0);
    let number = match cell.look {
        Look::Mixed => signed(cell.left),
        Look::Gave if cell.at.w > 55.0 => cell.order.map_or_else(String::new, |order| format!("nº {order}")),
        Look::Gave => cell.order.map_or_else(String::new, |order| order.to_string()),
        Look::Bare => "=".to_owned(),
        Look::Emptied => "0".to_owned(),
        Look::Coming => String::new(),
    };
    html! {
        <g class={classes!("tn", "symbol", class, ring.then_some("pointed"))} data-place={cell.place.to_string()}>
            <title>{ format!("symbol {}: {words}; {} at first, {} left", cell.place, signed(cell.start), signed(cell.left)) }</title>
            { rect(classes!("box"), &cell.at, "2") }
            { for cell.bars.iter().map(|bar| rect(classes!("bar"), bar, "1")) }
            { for cell.dots.iter().map(|(at, mine)| rect(classes!("mote", mine.then_some("mine")), at, "2")) }
            if wide {
                if roomy { <text class="place" x={px(cell.at.x + 4.0)} y={px(y + 13.0)} font-size="13">{ cell.place }</text> }
                if cell.bars.is_empty() { <text class="m" x={px(x)} y={px(cell.at.centre().y + size * 0.36)} text-anchor="middle" font-size={px(size)}>{ number }</text> }
                else { <text class="m" x={px(cell.at.right() - 4.0)} y={px(y + 13.5)} text-anchor="end" font-size="13">{ number }</text> }
            }
        </g>
    }
}

fn signed(n: i32) -> String {
    if n > 0 { format!("+{n}") } else { n.to_string().replace('-', "−") }
}

/// The letter of a lane of digests.
fn lane(made: &Drawing, node: NodeId, mine: bool) -> Html {
    let y = if mine { made.lanes.0 } else { made.lanes.1 };
    let many = made.found.iter().filter(|found| found.peeled.mine == mine).count();
    html! {
        <>
            if mine { <text class="s i" x="4" y={px(y - 7.0)} font-size="14">{ "found: digests that only one side has" }{ if made.left_out > 0 { format!(", {} more not drawn", count(made.left_out as u64)) } else { String::new() } }</text> }
            <g class="tree-of"><circle cx="17" cy={px(y + 16.0)} r="13" /><text class="d" x="17" y={px(y + 21.5)} text-anchor="middle" font-size="15">{ node.to_string() }</text></g>
            if many == 0 { <text class="s" x="42" y={px(y + 21.0)} font-size="13">{ if made.done { "none" } else { "none yet" } }</text> }
        </>
    }
}

fn item(found: &Found, lit: bool, at: &UseStateHandle<Option<RowItem>>) -> Html {
    let here = found.peeled.item;
    let point = {
        let at = at.clone();
        move || at.set(Some(here))
    };
    let (enter, onclick) = (
        Callback::from({
            let point = point.clone();
            move |_: PointerEvent| point()
        }),
        Callback::from(move |_: MouseEvent| point()),
    );
    html! {
        <g class={classes!("tn", "item", lit.then_some("pointed"), found.came.then_some("came"))} onpointerenter={enter} {onclick} data-order={found.order.to_string()}>
            <title>{ format!("{here:016x}, found as number {}", found.order) }</title>
            { rect(classes!("box"), &found.at, "2") }
            if found.at.w > 40.0 { <text class="m" x={px(found.at.centre().x)} y={px(found.at.centre().y + 4.7)} text-anchor="middle" font-size="13.5">{ format!("{:04x}", here >> 48) }</text> }
        </g>
    }
}

fn summary(made: &Drawing, (asking, answering): (NodeId, NodeId)) -> String {
    let of = |mine: bool| made.found.iter().filter(|found| found.peeled.mine == mine).count() as u64;
    format!(
        "{}{}. Digests found: {} only at {asking}, {} only at {answering}",
        came(made, (asking, answering)),
        state(made),
        count(of(true)),
        count(of(false))
    )
}
