//! Ranges that are split, message by message.

use std::rc::Rc;
use std::sync::Arc;

use yew::prelude::*;

use super::Seen;
use super::size::use_size;
use crate::engine::base::{EventId, NodeId};
use crate::engine::sweep::ItemSet;
use crate::lab::BranchId;
use crate::ui::lab::LabHandle;
use crate::ui::lab::why::visit;
use crate::ui::marks::glyph_parts;
use crate::ui::svg::{path, px, rect};
use crate::view::format::{bytes, count, counted};
use crate::view::glyph::{Form, Kind};
use crate::view::sweep::ranges::{Cell, Chip, Drawing, Level, Row, asking_set, drawing, levels};
use crate::view::sweep::talk::Fate;
use crate::view::sweep::{ends, policy};

/// Properties of [`RangesView`].
#[derive(Properties, PartialEq)]
pub struct RangesViewProps {
    /// The lab.
    pub lab: LabHandle,
    /// The sweep in view.
    pub seen: Seen,
}

/// The digests of the one who asks, looked up once for each sweep.
pub type KeptSet = Option<((BranchId, EventId), Arc<ItemSet>)>;

/// The digests that the one who asks began with.
pub fn set_of(lab: &LabHandle, seen: &Seen, kept: &std::cell::RefCell<KeptSet>) -> Arc<ItemSet> {
    lab.read(|session| {
        let of = (session.current(), seen.began);
        let mut kept = kept.borrow_mut();
        if let Some((known, set)) = kept.as_ref()
            && *known == of
        {
            return set.clone();
        }
        let set = asking_set(&session.peek(seen.began.0 + 1).world, seen.id()).unwrap_or_default();
        *kept = Some((of, set.clone()));
        set
    })
}

/// The drawing.
#[component]
pub fn RangesView(props: &RangesViewProps) -> Html {
    let (lab, seen) = (&props.lab, &props.seen);
    let kept = use_mut_ref(|| None as KeptSet);
    let around = use_node_ref();
    let size = use_size(&around, (1060.0, 500.0));
    let set = set_of(lab, seen, &kept);
    let both = ends(&seen.cost);
    let all: Rc<[Level]> = lab.read(|session| {
        let tree = policy(session, seen.id()).unwrap_or_default().tree;
        levels(session, seen.id(), tree, &set).into()
    });
    let Drawing { size: (width, height), rows, funnels } = drawing(&all, (size.0.max(300.0), size.1));
    let moves = lab.ui().playing || lab.ui().stepped;
    html! {
        <>
            <div class="trees-box scrolls" ref={around}>
                <svg class={classes!("trees", "spans", "k-sync", moves.then_some("moves"))} data-testid="spans" width={px(width)} height={px(height)}
                    viewBox={format!("0 0 {width} {height}")} role="img" aria-label={summary(&all, both)}>
                    { for funnels.iter().map(|(area, edges)| html! { <>{ path("funnel", area) }{ path("te differs", edges) }</> }) }
                    { for rows.iter().map(|row| one(lab, &all[row.level], row, both, width)) }
                </svg>
            </div>
            { table(&all, both) }
        </>
    }
}

/// A message: who sent it, what it says, and its parts.
fn one(lab: &LabHandle, level: &Level, row: &Row, (asking, answering): (NodeId, NodeId), width: f64) -> Html {
    let (lab, event) = (lab.clone(), level.event);
    let onclick = Callback::from(move |_: MouseEvent| visit(&lab, event));
    let (from, to) = if level.from_asking { (asking, answering) } else { (answering, asking) };
    let (y, tall) = row.y;
    let words = match level.fate {
        Fate::Flies(_) => ", on its way",
        Fate::Lost => ", lost",
        Fate::There => "",
    };
    let listed = row.cells.iter().any(|cell| !cell.chips.is_empty());
    let verdict = if level.answered { differ(level.differing()) } else { String::new() };
    html! {
        <g class={classes!("level", (level.fate == Fate::Lost).then_some("stopped"))} key={format!("{event:?}")} data-round={row.level.to_string()}>
            <g class="rung" {onclick}>
                <title>{ "Go to this message" }</title>
                <rect class="room" x="0" y={px(y - 18.0)} width={px(width)} height="17" />
                <g transform={format!("translate(52 {}) scale(.62)", y - 10.0)}>{ glyph_parts(Kind::Sync, Form::Carries) }</g>
                <text class="s halo" x="66" y={px(y - 5.5)} font-size="13">{ format!("{from} to {to}: {}, {}{words}", said(level), bytes(u64::from(level.bytes))) }</text>
            </g>
            <text class={classes!("s", "halo", if level.differing() > 0 { "hot" } else { "b" })} x={px(width - 4.0)} y={px(y - 5.5)} text-anchor="end" font-size="13">
                { verdict }
            </text>
            if row.left_out > 0 { <text class="s halo" x={px(width - 4.0)} y={px(y + tall + 15.0)} text-anchor="end" font-size="13">{ format!("{} more not drawn", count(row.left_out as u64)) }</text> }
            if listed {
                <text class="d" x="14" y={px(y + tall * 0.25 + 5.5)} text-anchor="middle" font-size="16">{ asking.to_string() }</text>
                <text class="d" x="14" y={px(y + tall * 0.75 + 5.5)} text-anchor="middle" font-size="16">{ answering.to_string() }</text>
            } else {
                <g class="tree-of"><circle cx="16" cy={px(y + tall / 2.0)} r="14" />
                <text class="d" x="16" y={px(y + tall / 2.0 + 5.5)} text-anchor="middle" font-size="16">{ from.to_string() }</text></g>
            }
            { for row.cells.iter().map(part) }
        </g>
    }
}

fn said(level: &Level) -> String {
    let prints = level.parts.iter().filter(|part| part.hash.is_some()).count();
    let listed: usize = level
        .parts
        .iter()
        .map(|part| part.list.iter().filter(|entry| entry.asking == level.from_asking || entry.answering != level.from_asking).count())
        .sum();
    match (prints, listed) {
        (0, n) => counted(n as u64, "digest listed", "digests listed"),
        (n, 0) => counted(n as u64, "fingerprint", "fingerprints"),
        (n, m) => format!("{}, {}", counted(n as u64, "fingerprint", "fingerprints"), counted(m as u64, "digest listed", "digests listed")),
    }
}

fn differ(n: usize) -> String {
    match n {
        0 => "all equal".to_owned(),
        1 => "1 differs".to_owned(),
        n => format!("{} differ", count(n as u64)),
    }
}

fn part(cell: &Cell) -> Html {
    let (x, y) = (cell.at.right() - 8.0, cell.at.centre().y + 4.7);
    html! {
        <g class={classes!("tn", "part", cell.look.class(), (!cell.chips.is_empty()).then_some("listed"))}>
            <title>{ &cell.title }</title>
            { rect(classes!("box"), &cell.at, "2") }
            { for cell.bars.iter().map(|bar| rect(classes!("bar"), bar, "1")) }
            if let Some(digits) = &cell.digits { <text class="m" x={px(x)} y={px(y)} text-anchor="end" font-size="13.5">{ digits }</text> }
            { for cell.chips.iter().map(chip) }
        </g>
    }
}

/// A digest in the lane of one side: there, lacking, or come.
fn chip(chip: &Chip) -> Html {
    let has = if chip.asking { chip.entry.asking } else { chip.entry.answering };
    let both = chip.entry.asking && chip.entry.answering;
    let class = match (both, has, chip.entry.came) {
        (true, ..) => "both",
        (false, true, _) => "only",
        (false, false, true) => "came",
        (false, false, false) => "none",
    };
    html! { <g><title>{ format!("{:016x}", chip.entry.item) }</title>{ rect(classes!("item", class), &chip.at, "1.5") }</g> }
}

fn summary(all: &[Level], (a, b): (NodeId, NodeId)) -> String {
    let last = all.last().map_or_else(|| "nothing said yet".to_owned(), |level| format!("in the last one {}", differ(level.differing())));
    format!("Ranges of {a} and {b}: {}, {last}", counted(all.len() as u64, "message", "messages"))
}

/// The drawing as a table, for those who cannot see it.
fn table(all: &[Level], (a, b): (NodeId, NodeId)) -> Html {
    let row = |level: &Level| {
        html! { <tr><th scope="row">{ if level.from_asking { a } else { b }.to_string() }</th><td>{ said(level) }</td><td>{ if level.answered { differ(level.differing()) } else { "not compared yet".to_owned() } }</td></tr> }
    };
    html! {
        <table class="vh"><caption>{ format!("Ranges that {a} and {b} compare") }</caption>
            <thead><tr><th scope="col">{ "from" }</th><th scope="col">{ "says" }</th><th scope="col">{ "found" }</th></tr></thead>
            <tbody>{ for all.iter().map(row) }</tbody></table>
    }
}
