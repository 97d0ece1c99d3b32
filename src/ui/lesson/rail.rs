//! The rail: the unit's steps, which of them are done, and which is read.

use gloo::events::EventListener;
use wasm_bindgen::JsCast;
use web_sys::HtmlElement;
use yew::prelude::*;

use super::reader::Reader;
use crate::course::units;
use crate::ui::marks::icon;
use crate::view::glyph::Icon;

/// Which step is read: the last whose heading has passed the upper third of the window. Reading on is remembered.
#[hook]
pub fn use_scroll(reader: &Reader, steps: usize, ready: usize) -> usize {
    let current = use_state_eq(|| 0usize);
    let (set, reader) = (current.setter(), reader.clone());
    use_effect_with((steps, ready), move |(steps, ready)| {
        let (steps, ready) = (*steps, *ready);
        let look = move || {
            let window = gloo::utils::window();
            let height = window.inner_height().ok().and_then(|h| h.as_f64()).unwrap_or(800.0);
            let document = gloo::utils::document();
            let passed = |i: &usize| {
                let element = document.get_element_by_id(&format!("step-{}", i + 1));
                element.is_some_and(|e| e.get_bounding_client_rect().top() < height / 3.0)
            };
            let end = gloo::utils::document_element().scroll_height() as f64;
            let seen = window.scroll_y().unwrap_or_default() + height;
            // A short last step never comes that far up.
            let at_end = ready == steps && seen >= end - 4.0 && seen > height * 1.5;
            let now = if at_end { steps.saturating_sub(1) } else { (0..steps).rev().find(passed).unwrap_or(0) };
            set.set(now);
            reader.reach(now);
        };
        let listener = EventListener::new(&gloo::utils::window(), "scroll", move |_| look());
        move || drop(listener)
    });
    *current
}

/// Properties of [`Rail`].
#[derive(Properties, PartialEq)]
pub struct RailProps {
    /// The step that is read.
    pub current: usize,
}

/// Goes to a step.
fn to_step(step: usize) {
    let document = gloo::utils::document();
    if let Some(section) = document.get_element_by_id(&format!("step-{}", step + 1)) {
        section.scroll_into_view();
    }
    let title = document.get_element_by_id(&format!("step-{}-title", step + 1));
    if let Some(title) = title.and_then(|t| t.dyn_into::<HtmlElement>().ok()) {
        // A heading that cannot take the focus is in sight all the same.
        let _ = title.focus();
    }
}

/// The rail of a lesson.
#[component]
pub fn Rail(props: &RailProps) -> Html {
    let Some(reader) = use_context::<Reader>() else { return Html::default() };
    let lesson = reader.lesson();
    let items = lesson.items();
    let reached = reader.log().reached as usize;
    let done = |step: usize| {
        let mine: Vec<&str> = items.iter().filter(|(s, _)| *s == step).map(|(_, name)| *name).collect();
        if mine.is_empty() { step < reached } else { mine.iter().all(|name| !reader.is_open(name)) }
    };
    let units = units();
    let around = |there: bool| {
        let unit = lesson.unit.and_then(|n| units.iter().find(|u| u.unit == n))?;
        let found =
            if there { units.iter().find(|u| unit.needs.contains(&u.unit)) } else { units.iter().find(|u| u.needs.contains(&unit.unit)) };
        found.map(|u| {
            let word = if there { "Before this: " } else { "After this: " };
            let title = if u.written {
                html! { <a href={format!("#/lesson/{}", u.slug)}>{ &u.title }</a> }
            } else {
                html! { { format!("{} (planned)", u.title) } }
            };
            html! { <p>{ word }{ title }</p> }
        })
    };
    let steps = lesson.steps.len();
    let resume = (reached > 0 && props.current == 0 && reached < steps).then_some(reached);
    html! {
        <nav class="rail" aria-label="Steps of this lesson">
            if let Some(unit) = lesson.unit { <p class="rail-unit">{ format!("Unit {unit} of {}", units.len()) }</p> }
            <p class="rail-title">{ &lesson.title }</p>
            <div class="rail-bar" role="img" aria-label={format!("{} of {steps} steps done", (0..steps).filter(|s| done(*s)).count())}>
                { for (0..steps).map(|s| html! { <i class={if done(s) { "done" } else if s == props.current { "now" } else { "" }}></i> }) }
            </div>
            <p class="rail-now">{ format!("Step {} of {steps}: {}", props.current + 1, lesson.steps.get(props.current).map_or("", |s| s.title.as_str())) }</p>
            <ol>
                { for lesson.steps.iter().enumerate().map(|(i, step)| {
                    let now = i == props.current;
                    let class = classes!(done(i).then_some("done"), now.then_some("now"));
                    html! {
                        <li {class}>
                            <button type="button" aria-current={now.then_some("step")} onclick={move |_| to_step(i)} data-testid={format!("rail-{}", i + 1)}>
                                <span class="dot">if done(i) { { icon(Icon::Tick) } }</span><span>{ &step.title }</span>if done(i) { <span class="vh">{ " (done)" }</span> }
                            </button>
                        </li>
                    }
                }) }
            </ol>
            if let Some(step) = resume {
                <button type="button" class="btn sm" onclick={move |_| to_step(step)} data-testid="resume">{ format!("Go on at step {}", step + 1) }</button>
            }
            <div class="rail-around">{ for around(true) }{ for around(false) }</div>
        </nav>
    }
}
