//! Presets in the page: a choice in the lab's settings, a sentence on the front page, and how far each is like its system.

use web_sys::HtmlSelectElement;
use yew::prelude::*;

use super::lab::LabHandle;
use super::lab::act::act_or_say;
use super::lab::settings::from_start;
use crate::engine::world::Command;
use crate::lab::{Preset, preset, presets};

/// Properties of [`Presets`].
#[derive(Debug, PartialEq, Properties)]
pub struct PresetsProps {
    /// Whether a choice holds from the start of the run; otherwise from the cursor on.
    pub start: bool,
}

/// The preset in force in the lab, and the choice of another one.
#[component]
pub fn Presets(props: &PresetsProps) -> Html {
    let Some(lab) = use_context::<LabHandle>() else { return Html::default() };
    let (current, divided) = lab.read(|s| {
        let current = presets().iter().find(|p| p.has(s.world().settings()));
        (current, current.is_none_or(|p| p.style == s.script().config.topology.style))
    });
    let start = props.start;
    let onchange = Callback::from(move |event: Event| {
        let name = event.target_dyn_into::<HtmlSelectElement>().map(|select| select.value()).unwrap_or_default();
        if let Some(preset) = preset(&name) {
            take(&lab, preset, start);
        }
    });
    let chosen = current.map_or("", |p| p.name.as_str());
    html! {
        <>
            <p class="cfg">
                { "The nodes behave like " }
                <select key={format!("{chosen}{start}")} class="scrub" data-testid="setting-preset" aria-label="the system that the settings are like" {onchange}>
                    if current.is_none() { <option value="" selected=true>{ "none of those known here" }</option> }
                    { for presets().iter().map(|p| html! { <option value={p.name.clone()} selected={p.name == chosen}>{ p.like.clone() }</option> }) }
                </select>
                { if divided { "." } else { ", but the ring is divided otherwise: that can be changed from the start only." } }
            </p>
            if let Some(preset) = current { { details(preset) } }
        </>
    }
}

/// Makes the settings those of a preset, here or from the start of the run.
fn take(lab: &LabHandle, preset: &Preset, start: bool) {
    if start {
        from_start(lab, |config| preset.apply(config));
        return;
    }
    let changes = lab.read(|s| preset.changes(s.world().settings()));
    // The first one that is refused is said, and ends it.
    let _ = changes.into_iter().all(|setting| act_or_say(lab, Command::Set { setting }));
}

/// Where a preset's values are written, and in what it differs from its system.
fn details(preset: &Preset) -> Html {
    let list = |lines: &[String]| html! { <ul>{ for lines.iter().map(|line| html! { <li>{ line.clone() }</li> }) }</ul> };
    html! {
        <details class="facts fidelity" data-testid="fidelity">
            <summary>{ format!("How far this is like {}", preset.like) }</summary>
            <h3>{ "As there" }</h3>
            { list(&preset.sources) }
            <h3>{ "Not as there" }</h3>
            { list(&preset.fidelity) }
        </details>
    }
}

/// A sentence that opens an empty ring with the defaults of a system.
#[component]
pub fn RingLike() -> Html {
    let chosen = use_state_eq(|| "cassandra".to_owned());
    let onchange = {
        let chosen = chosen.clone();
        Callback::from(move |event: Event| {
            if let Some(select) = event.target_dyn_into::<HtmlSelectElement>() {
                chosen.set(select.value());
            }
        })
    };
    let Some(current) = preset(&chosen) else { return Html::default() };
    html! {
        <section class="sand" aria-label="An empty ring like a known system">
            <div>
                <p>
                    { "Or an empty ring like " }
                    <select class="scrub" data-testid="ring-like" aria-label="the system it is like" {onchange}>
                        { for presets().iter().filter(|p| p.name != "plain").map(|p| html! {
                            <option value={p.name.clone()} selected={p.name == *chosen}>{ p.like.clone() }</option>
                        }) }
                    </select>
                    { format!(". {}", current.about) }
                </p>
                { details(current) }
            </div>
            <a class="btn big" href={format!("#/new?preset={}", current.name)} data-testid="open-like">{ "Open it" }</a>
        </section>
    }
}
