//! The inspector: what is selected, else the latest operation.

use yew::prelude::*;

use super::LabHandle;
use super::event_inspector::event_inspector;
use super::handle::Selection;
use super::moves::{Move, go};
use super::node_inspector::node_inspector;
use super::why::mark;
use crate::ui::marks::glyph;
use crate::view::digest_bars::{BOX, Bar};
use crate::view::format::count;
use crate::view::glyph::Form;
use crate::view::inspect::{ChipView, Cost, OpView, ReplicaRow, State, Step, shown_operation};

/// Chips in running text.
pub fn chips(of: &[ChipView]) -> Html {
    let chip = |chip: &ChipView| {
        html! {
            <span class={classes!("vchip", chip.look.class, chip.stone.then_some("stone"))} title={chip.text.clone()}>
                <svg aria-hidden="true"><rect width="8" height="22" fill={chip.look.spine_fill()} /></svg>
                <b>{ &chip.look.label }</b>
            </span>
        }
    };
    html! { <>{ for of.iter().map(chip) }</> }
}

/// A digest as bars.
pub fn bars(of: &[Bar]) -> Html {
    let bar = |bar: &Bar| {
        let at = bar.at;
        html! {
            <rect class={bar.same.then_some("same")} x={at.x.to_string()} y={at.y.to_string()} width={at.w.to_string()} height={at.h.to_string()} rx="1" />
        }
    };
    html! { <svg class="fp" viewBox={format!("0 0 {} {}", BOX.0, BOX.1)} aria-hidden="true">{ for of.iter().map(bar) }</svg> }
}

/// Everything in the right-hand column: sections for what is selected and for the operation it belongs to.
pub fn inspector(lab: &LabHandle) -> Html {
    let selection = lab.ui().selection;
    let (operation, event) = match selection {
        Selection::Operation(op) => (Some(op), None),
        Selection::Event(event) => (None, Some(event)),
        Selection::Nothing | Selection::Node(_) => (None, None),
    };
    let view = lab.read(|s| OpView::of(s, shown_operation(s, operation, event)?));
    html! {
        <>
            if let Selection::Node(node) = selection { { node_inspector(lab, node) } }
            if let Selection::Event(event) = selection { { event_inspector(lab, event) } }
            if let Some(view) = view { { operation_sections(lab, &view) } } else { { nothing_yet() } }
        </>
    }
}

/// Before any operation: what this column is for.
fn nothing_yet() -> Html {
    html! {
        <section data-testid="inspector">
            <h2 class="h">{ "No operation yet" }</h2>
            <p class="dim">{ "When a client writes or reads, this is where you see what its coordinator does, what it knows of each replica, and what is true. Choose a node on the stage to look inside it." }</p>
        </section>
    }
}

fn operation_sections(lab: &LabHandle, view: &OpView) -> Html {
    let truth = lab.ui().truth;
    let rows = if truth { &view.truth } else { &view.known };
    html! {
        <>
            <section data-testid="inspector" data-op={view.op.number.to_string()}>
                <div class="oph">
                    { glyph(view.kind, Form::Carries, 26) }
                    <h2 data-testid="inspector-title">{ &view.title }<span class="vh">{ format!(" by {}", view.asked_by) }</span></h2>
                    <span class="dim m" data-testid="inspector-key">{ view.key.name() }</span>
                </div>
                { truth_switch(lab, view, truth) }
                <ul class="asked" aria-label={if truth { "What each replica holds".to_owned() } else { format!("What {} knows of each replica", view.via) }}>
                    { for rows.iter().map(|row| replica(lab, row)) }
                </ul>
            </section>
            <section>
                <h3 class="h">{ format!("What {} does", view.via) }<small data-testid="inspector-status">{ &view.status }</small></h3>
                <ol class="ladder" data-testid="ladder">{ for view.ladder.steps.iter().map(|s| step(lab, s, view.ladder.steps.iter().any(|s| s.state == State::Now))) }</ol>
            </section>
            if let Some(cost) = &view.cost { { cost_section(view, cost) } }
        </>
    }
}

fn truth_switch(lab: &LabHandle, view: &OpView, truth: bool) -> Html {
    let choose = |to: bool| {
        let lab = lab.clone();
        Callback::from(move |_: MouseEvent| lab.set_ui(|ui| ui.truth = to))
    };
    html! {
        <div class="seg sm not-projector" role="group" aria-label="Whose view" data-testid="truth-toggle">
            <button type="button" aria-pressed={(!truth).to_string()} onclick={choose(false)} data-testid="truth-off">{ format!("What {} knows", view.via) }</button>
            <button type="button" aria-pressed={truth.to_string()} onclick={choose(true)} data-testid="truth-on">{ "What is true" }</button>
        </div>
    }
}

fn replica(lab: &LabHandle, row: &ReplicaRow) -> Html {
    let light = |of: Selection| {
        let lab = lab.clone();
        Callback::from(move |_: MouseEvent| lab.set_ui(|ui| ui.hover = of))
    };
    let verdict = row.equal.map(|equal| {
        let (sign, says) = if equal { ("=", "The digests are equal") } else { ("≠", "The digests differ") };
        html! { <span class={classes!("verdict", equal.then_some("same"))} role="img" aria-label={says} data-testid="verdict">{ sign }</span> }
    });
    html! {
        <li key={row.node.0} class={classes!(row.idle.then_some("no"))} data-testid={format!("asked-{}", row.node)}
            onmouseenter={light(Selection::Node(row.node))} onmouseleave={light(Selection::Nothing)}>
            <span class={classes!("disc", (row.place > 0).then_some("rep"))}>{ row.node.to_string() }</span>
            <div>
                <div class="a">
                    { &row.head }{ " " }{ chips(&row.chips) }
                    if row.unknown { <span class="vchip unknown" title="No version known"><b>{ "?" }</b></span> }
                </div>
                <div class="b not-projector">{ &row.detail }</div>
            </div>
            if let Some(digest) = &row.digest {
                <span class="hs" data-testid={format!("digest-{}", row.node)}>{ bars(&row.bars) }<span class="m">{ digest }</span></span>
            }
            { for verdict }
        </li>
    }
}

/// One step; `running` if another one is going on now, so that those done may be left out where there is little room.
fn step(lab: &LabHandle, step: &Step, running: bool) -> Html {
    let (class, word) = match step.state {
        State::Past if running => (classes!("not-projector"), "past"),
        State::Past => (classes!(), "past"),
        State::Now => (classes!("now", "inv"), "now"),
        State::Next => (classes!("nxt"), "next"),
        State::Future => (classes!("fut"), "future"),
    };
    let inside = html! {
        <>
            <span class="st">{ mark(step.mark, 18) }</span>
            <span>{ step.line() }</span>
            <span class="m">{ &step.note }</span>
        </>
    };
    let current = (step.state == State::Now).then_some("step");
    html! {
        <li {class} data-testid="ladder-step" data-state={word} aria-current={current}>
            if let Some(event) = step.event {
                <button type="button" data-event={event.0.to_string()} onclick={let lab = lab.clone(); move |_| go(&lab, Move::Event(event.0 + 1))}>{ inside }</button>
            } else {
                { inside }
            }
        </li>
    }
}

fn cost_section(view: &OpView, cost: &Cost) -> Html {
    let share = |n: u64| format!("{:.2}%", n as f64 * 100.0 / cost.most as f64);
    html! {
        <section class="not-projector" data-testid="bytes">
            <h3 class="h">{ format!("Bytes between {} and replicas", view.via) }</h3>
            <div class="cost">
                { for cost.bars.iter().map(|bar| html! {
                    <>
                        <span>{ &bar.label }</span>
                        <svg class={classes!("bar", bar.kind.class())} aria-hidden="true">
                            <rect width={share(bar.solid)} height="12" />
                            if bar.more > 0 { <rect class="more" x={share(bar.solid)} y="1" width={share(bar.more)} height="10" /> }
                        </svg>
                        <b data-testid={format!("bytes-{}", bar.id)} data-solid={bar.solid.to_string()}>{ count(if bar.id == "mismatch" { bar.total() } else { bar.solid }) }</b>
                    </>
                }) }
            </div>
            if !cost.note.is_empty() { <p class="dimmer">{ &cost.note }</p> }
        </section>
    }
}
