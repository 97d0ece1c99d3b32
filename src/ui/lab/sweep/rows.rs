//! The rows inside the leaves that differ: both sides in the same order, below their trees.

use yew::prelude::*;

use crate::engine::base::NodeId;
use crate::ui::svg::{px, rect};
use crate::view::chip;
use crate::view::format::{count, counted};
use crate::view::geometry::Rect;
use crate::view::sweep::exchange::Exchange;
use crate::view::sweep::forest::name;
use crate::view::sweep::plan::Plan;
use crate::view::sweep::rows::{Cell, Leaf, Moved, Pair};

/// Height of one leaf's rows with their title.
pub const BLOCK: f64 = 52.0;

/// The rows of the leaves that differ.
pub fn drawing(trees: &Exchange, open: &[Leaf], plan: &Plan, ends: (NodeId, NodeId)) -> Html {
    let lines = ((plan.height - plan.rows - 20.0) / BLOCK).floor().max(1.0) as usize;
    // Leaves of few rows stand beside each other.
    let widest = open.iter().map(|leaf| leaf.pairs.len()).max().unwrap_or(0) as f64 * 9.0;
    let columns = (plan.frames[0].w / (widest + 24.0).max(190.0)).floor().clamp(1.0, 3.0) as usize;
    let fit = lines * columns;
    let more = trees.leaves.len().saturating_sub(fit.min(open.len()));
    let block = |(i, leaf): (usize, &Leaf)| {
        let wide = plan.frames[0].w / columns as f64;
        let room = |of: usize| {
            Rect::new(
                plan.frames[of].x + (i % columns) as f64 * wide,
                plan.rows + 14.0 + (i / columns) as f64 * BLOCK,
                wide - if columns > 1 { 12.0 } else { 0.0 },
                BLOCK,
            )
        };
        let title = name(trees, &leaf.place);
        html! { <g key={format!("{}-{}", leaf.place.range, leaf.place.index)}>{ side(&title, leaf, 0, &room(0), ends.0) }{ side(&title, leaf, 1, &room(1), ends.1) }</g> }
    };
    let last = plan.rows + 12.0 + fit.min(open.len()).div_ceil(columns) as f64 * BLOCK;
    html! {
        <g class="leaf-rows" data-testid="leaf-rows">
            { for open.iter().take(fit).enumerate().map(block) }
            if more > 0 && !open.is_empty() {
                <text class="s f-ink2" x={px(plan.frames[1].x)} y={px((last + 2.0).min(plan.height - 4.0))} font-size="13">{ format!("and {}", counted(more as u64, "more leaf", "more leaves")) }</text>
            }
        </g>
    }
}

/// One side's rows of a leaf, or of whatever the title says.
pub fn side(title: &str, leaf: &Leaf, of: usize, frame: &Rect, letter: NodeId) -> Html {
    let y = frame.y;
    let wide = (frame.w / leaf.pairs.len().max(1) as f64).min(9.0);
    let came = leaf.pairs.iter().filter(|pair| pair.cells[of].moved == Moved::Came).count() as u64;
    let coming = leaf.pairs.iter().filter(|pair| pair.cells[of].moved == Moved::Coming).count() as u64;
    let cell =
        |(i, pair): (usize, &Pair)| one(pair, &pair.cells[of], Rect::new(frame.x + i as f64 * wide, y + 8.0, (wide - 1.2).max(1.2), 16.0));
    // What differs is drawn over its neighbours.
    let (plain, told): (Vec<_>, Vec<_>) = leaf.pairs.iter().enumerate().partition(|(_, pair)| pair.cells[of].version.is_none());
    let news = match (came, coming) {
        (0, 0) => String::new(),
        _ if frame.w <= 260.0 => String::new(),
        (came, 0) => format!("{} came", count(came)),
        (0, coming) => format!("{} on the way", count(coming)),
        (came, coming) => format!("{} came, {} on the way", count(came), count(coming)),
    };
    html! {
        <>
            <text class="s" x={px(frame.x)} y={px(y)} font-size="13">
                <tspan class="d b">{ letter.to_string() }</tspan>
                if of == 0 && frame.w > 170.0 { <tspan class="b" dx="8">{ title.to_owned() }</tspan>{ format!(", {}, ", counted(leaf.rows, "row", "rows")) }<tspan class="hot">{ count(leaf.needed) }</tspan>{ " needed" } }
            </text>
            <text class="i f-ink2" x={px(frame.x + frame.w)} y={px(y)} text-anchor="end" font-size="14">{ news }</text>
            { for plain.into_iter().map(cell) }
            { for told.into_iter().map(cell) }
        </>
    }
}

/// A row.
fn one(pair: &Pair, cell: &Cell, at: Rect) -> Html {
    let moved = match cell.moved {
        Moved::No => None,
        Moved::Coming => Some("coming"),
        Moved::Came => Some("came"),
    };
    match cell.version {
        Some(number) if cell.held => {
            let look = chip::look(number);
            let big = Rect::new(at.x + at.w / 2.0 - 5.5, at.y - 4.0, 11.0, 24.0);
            html! {
                <g class={classes!("told", (number > 0).then_some(look.class), moved, pair.differs.then_some("torn"))}>
                    <title>{ format!("{}: {}", pair.key.name(), if number == 0 { "older than the run".to_owned() } else { look.label.clone() }) }</title>
                    { rect(classes!("ground"), &big, "1.5") }
                    if number > 0 { <rect x={px(big.x)} y={px(big.y)} width={px(big.w)} height={px(big.h)} rx="1.5" fill={look.spine_fill()} /> }
                    { rect(classes!("edge"), &big, "1.5") }
                </g>
            }
        }
        _ => rect(classes!("row", moved, (!cell.held).then_some("none")), &at, "1"),
    }
}
