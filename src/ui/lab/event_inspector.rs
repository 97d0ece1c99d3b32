//! The event inspector: one event or message, its size and times, its cause and its effects.

use yew::prelude::*;

use super::LabHandle;
use super::handle::Selection;
use super::inspector::chips;
use super::why::{lights, mark, visit};
use crate::engine::base::EventId;
use crate::ui::marks::icon;
use crate::view::format::moment;
use crate::view::glyph::{Form, Icon, Kind};
use crate::view::inspect::{EventView, Link};
use crate::view::narrate::Mark;

/// Pairs of a name and a value.
pub fn pairs(of: &[(&'static str, String)]) -> Html {
    html! { <dl class="pairs">{ for of.iter().map(|(name, value)| html! { <><dt>{ *name }</dt><dd>{ value }</dd></> }) }</dl> }
}

/// The button that ends a selection.
pub fn close(lab: &LabHandle) -> Html {
    let lab = lab.clone();
    html! {
        <button type="button" class="tb" aria-label="Close" data-testid="close-selection" onclick={move |_| lab.set_ui(|ui| ui.selection = Selection::Nothing)}>
            { icon(Icon::Close) }
        </button>
    }
}

fn link(lab: &LabHandle, link: &Link) -> Html {
    let (onmouseenter, onmouseleave, onfocus, onblur) = lights(lab, link.event);
    let (lab, event) = (lab.clone(), link.event);
    let of = if link.ahead { Mark::Traffic(Kind::Gossip, Form::Asks) } else { Mark::Traffic(Kind::Gossip, Form::Carries) };
    html! {
        <li>
            <button type="button" data-event={event.0.to_string()} onclick={move |_| visit(&lab, event)} {onmouseenter} {onmouseleave} {onfocus} {onblur}>
                { mark(of, 14) }
                <b class="vh">{ if link.ahead { "to come" } else { "happened" } }</b>
                <span class="what" title={link.text.clone()}>{ &link.text }</span>
                <span class="m">{ moment(link.at) }</span>
            </button>
        </li>
    }
}

/// What there is to know about one event.
pub fn event_inspector(lab: &LabHandle, event: EventId) -> Html {
    let Some(view) = lab.read(|s| EventView::of(s, event)) else { return Html::default() };
    html! {
        <section data-testid="event-inspector" data-event={view.id.0.to_string()}>
            <div class="oph">{ mark(view.mark, 26) }<h2>{ view.title }</h2><span class="dim m">{ moment(view.at) }</span>{ close(lab) }</div>
            <p class="serif"><b>{ &view.sentence.headline }</b>{ " " }{ &view.sentence.rest }</p>
            if !view.payload.is_empty() { <div>{ "carries " }{ chips(&view.payload) }</div> }
            { pairs(&view.facts) }
            if let Some(cause) = &view.cause {
                <h3 class="h">{ "Cause" }</h3>
                <ul class="hist" data-testid="event-cause">{ link(lab, cause) }</ul>
            }
            if !view.effects.is_empty() {
                <h3 class="h">{ "Effects" }</h3>
                <ul class="hist" data-testid="event-effects">{ for view.effects.iter().map(|e| link(lab, e)) }</ul>
            }
        </section>
    }
}
