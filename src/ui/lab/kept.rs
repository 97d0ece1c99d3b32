//! The part of the node inspector about what a node keeps for others: hints, each a way to its write, and guest copies.

use yew::prelude::*;

use super::LabHandle;
use super::handle::Selection;
use super::inspector::chips;
use super::why::{lights, visit};
use crate::ui::marks::glyph;
use crate::view::format::counted;
use crate::view::glyph::{Form, Kind};
use crate::view::inspect::{GuestView, HintView, LineView};

/// Hints, one list for each replica they are for.
pub fn hints(lab: &LabHandle, lines: &[LineView]) -> Html {
    if lines.is_empty() {
        return Html::default();
    }
    html! {
        <>
            <h3 class="h">{ "Hints it keeps" }<small>{ "until they are back" }</small></h3>
            <div data-testid="node-hints">{ for lines.iter().map(|l| line(lab, l)) }</div>
        </>
    }
}

fn line(lab: &LabHandle, line: &LineView) -> Html {
    html! {
        <div class="kept" data-target={line.target.to_string()}>
            <p><span class="disc">{ line.target.to_string() }</span><b>{ format!("for {}", line.target) }</b><span>{ &line.size }</span></p>
            <p class="dim">{ &line.age }</p>
            if let Some(replay) = &line.replay { <p class="going" data-testid="hint-replay">{ glyph(Kind::Hint, Form::Carries, 16) }{ replay }</p> }
            <ul class="hist">{ for line.hints.iter().map(|h| hint(lab, h)) }</ul>
            if line.hidden > 0 { <p class="dim">{ format!("and {} more", counted(line.hidden as u64, "hint", "hints")) }</p> }
        </div>
    }
}

/// One hint; chosen, it shows its write, at the moment it was kept.
fn hint(lab: &LabHandle, hint: &HintView) -> Html {
    let text = html! {
        <>
            { glyph(Kind::Hint, Form::Carries, 18) }
            <b>{ hint.op.as_ref().map_or("", |(_, name)| name) }</b>
            <span class="what"><span class="m">{ &hint.key }</span>{ " " }{ chips(&hint.chips) }</span>
            <span class="m">{ &hint.text }</span>
        </>
    };
    let title = format!("hint of {}, {}", hint.key, hint.text);
    match (hint.event, &hint.op) {
        (Some(event), _) => {
            let target = lab.clone();
            let (onmouseenter, onmouseleave, onfocus, onblur) = lights(lab, event);
            html! { <li><button type="button" {title} onclick={move |_| visit(&target, event)} {onmouseenter} {onmouseleave} {onfocus} {onblur}>{ text }</button></li> }
        }
        (None, Some((op, _))) => {
            let (target, op) = (lab.clone(), *op);
            html! { <li><button type="button" {title} onclick={move |_| target.set_ui(|ui| ui.selection = Selection::Operation(op))}>{ text }</button></li> }
        }
        (None, None) => html! { <li class="plain" {title}>{ text }</li> },
    }
}

/// Copies held in other nodes' names.
pub fn guests(all: &[GuestView]) -> Html {
    if all.is_empty() {
        return Html::default();
    }
    html! {
        <>
            <h3 class="h">{ "Stands in for" }<small>{ "apart from its own" }</small></h3>
            <div data-testid="node-guests">{ for all.iter().map(|g| html! {
                <div class="kept" data-owner={g.owner.to_string()}>
                    <p><span class="disc">{ g.owner.to_string() }</span><b>{ format!("for {}", g.owner) }</b><span>{ &g.text }</span></p>
                    if let Some(handoff) = &g.handoff { <p class="going">{ glyph(Kind::Hint, Form::Carries, 16) }{ handoff }</p> }
                    <ul class="hist">{ for g.rows.iter().map(|(key, row)| html! {
                        <li class="plain"><span></span><b class="m">{ key }</b><span class="what">{ chips(row) }</span><span></span></li>
                    }) }</ul>
                    if g.hidden > 0 { <p class="dim">{ format!("and {} more", counted(g.hidden, "copy", "copies")) }</p> }
                </div>
            }) }</div>
        </>
    }
}
