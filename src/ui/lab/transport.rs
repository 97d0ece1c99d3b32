//! The transport: start, back, play, step, decisions, speed, and where in the run we are.

use std::rc::Rc;

use web_sys::{HtmlInputElement, HtmlSelectElement};
use yew::prelude::*;

use super::moves::{Move, SPEEDS, go, run_to, toggle_play};
use super::play::{rate, skips};
use super::timeline::use_track;
use super::{LabHandle, UiState};
use crate::lab::{Condition, Predicate};
use crate::ui::marks::icon;
use crate::view::glyph::Icon;
use crate::view::timeline::{Track, clock, ratio};

/// What "run until" offers, in words.
const CONDITIONS: [(Predicate, &str); 8] = [
    (Predicate::Mismatch, "answers differ"),
    (Predicate::Repair, "a repair is sent"),
    (Predicate::Loss, "a message is lost"),
    (Predicate::Timeout, "a timeout"),
    (Predicate::Unavailable, "a refusal"),
    (Predicate::OperationEnds, "an operation ends"),
    (Predicate::Disagreement, "copies disagree"),
    (Predicate::Agreement, "all copies agree"),
];

/// The transport.
#[hook]
pub fn use_transport(lab: &LabHandle) -> Html {
    let track = use_track(lab);
    let until = use_until(lab);
    let ui = lab.ui();
    let (at_start, at_end) = lab.read(|s| (s.cursor() == 0 && s.now().0 == 0, s.now() >= s.end()));
    let to = |wanted: Move| {
        let lab = lab.clone();
        Callback::from(move |_: MouseEvent| go(&lab, wanted))
    };
    let play = {
        let lab = lab.clone();
        Callback::from(move |_: MouseEvent| toggle_play(&lab))
    };
    let (face, word) = if ui.playing { (Icon::Pause, "Pause") } else { (Icon::Play, "Play") };
    html! {
        <div class="tp" role="group" aria-label="Time" data-testid="transport">
            <div class="row">
                { button(Icon::ToStart, "To the start", "Home", "transport-start", at_start, to(Move::Start)) }
                { button(Icon::StepBack, "Step back", "←", "transport-back", at_start, to(Move::Back)) }
                <button type="button" class="pri" data-testid="transport-play" aria-label={word} title={format!("{word} (Space)")} onclick={play}>{ icon(face) }</button>
                { button(Icon::Step, "Step", "→", "transport-step", at_end, to(Move::Step)) }
                { button(Icon::Decision, "To the next decision", "Shift →", "transport-decision", at_end, to(Move::Decision)) }
            </div>
            { until }
            <div class="tp-more">
                { speed(lab, &ui) }
                { toggle(lab, Icon::SkipQuiet, "Skip quiet time", "skip-quiet", ui.skip_quiet, |ui| ui.skip_quiet = !ui.skip_quiet) }
                { toggle(lab, Icon::Hand, "Stop at decisions", "stop-at-decisions", ui.stop_at_decisions, |ui| ui.stop_at_decisions = !ui.stop_at_decisions) }
            </div>
            { place(lab, &ui, track) }
        </div>
    }
}

fn button(face: Icon, label: &'static str, key: &'static str, testid: &'static str, disabled: bool, onclick: Callback<MouseEvent>) -> Html {
    // A disabled button would lose the focus and with it the keyboard; this one only says that it has nothing to do.
    html! {
        <button type="button" data-testid={testid} aria-label={label} title={format!("{label} ({key})")} aria-disabled={disabled.then_some("true")} {onclick}>{ icon(face) }</button>
    }
}

fn toggle(lab: &LabHandle, face: Icon, label: &'static str, testid: &'static str, on: bool, change: fn(&mut UiState)) -> Html {
    let lab = lab.clone();
    let onclick = Callback::from(move |_: MouseEvent| lab.set_ui(change));
    html! {
        <button type="button" class="tb" data-testid={testid} aria-label={label} title={label} aria-pressed={on.to_string()} {onclick}>{ icon(face) }</button>
    }
}

fn speed(lab: &LabHandle, ui: &UiState) -> Html {
    let oninput = {
        let lab = lab.clone();
        Callback::from(move |event: InputEvent| {
            let value = event.target_dyn_into::<HtmlInputElement>().and_then(|input| input.value().parse::<i8>().ok());
            if let Some(value) = value {
                lab.set_ui(|ui| ui.speed = value.clamp(*SPEEDS.start(), *SPEEDS.end()));
            }
        })
    };
    let per_ms = lab.read(|s| rate(s, ui.speed));
    let shown = ratio(per_ms, 1_000.0);
    let words = format!("simulated to real time {}", shown.replace(" : ", " to "));
    html! {
        <label class="speed" title="Simulated time : real time. Keys , and .">
            <span>{ "Speed" }</span>
            <input type="range" min={SPEEDS.start().to_string()} max={SPEEDS.end().to_string()} step="1" value={ui.speed.to_string()}
                data-testid="speed" aria-valuetext={words} {oninput} />
            <b data-testid="speed-ratio">{ shown }</b>
        </label>
    }
}

fn place(lab: &LabHandle, ui: &UiState, track: Rc<Track>) -> Html {
    let (now, cursor, events, skipping) = lab.read(|s| (s.now(), s.cursor(), s.log().len(), ui.playing && skips(s, ui)));
    let shown = clock(now);
    let (made, all) = (track.decisions_before(cursor), track.decisions.len());
    let back = {
        let lab = lab.clone();
        Callback::from(move |_: MouseEvent| go(&lab, Move::DecisionBack))
    };
    html! {
        <div class={classes!("clock", (shown.chars().count() > 9).then_some("long"))} data-skipping={skipping.then_some("true")}>
            <span class="big" data-testid="transport-time">{ shown }</span>
            <span class="cnt">
                <span data-testid="transport-event">{ "event " }<b>{ cursor }</b>{ format!(" of {events}") }</span>
                if skipping {
                    <span data-testid="transport-skipping"><b>{ "skipping quiet time" }</b></span>
                } else {
                    <span data-testid="transport-decisions">
                        <button type="button" class="tp-back" data-testid="transport-decision-back" aria-label="To the decision before" title="To the decision before (Shift ←)" onclick={back}>{ "◂" }</button>
                        { "decision " }<b>{ made }</b>{ format!(" of {all}") }
                    </span>
                }
            </span>
        </div>
    }
}

/// "Run until": a condition and a button.
#[hook]
fn use_until(lab: &LabHandle) -> Html {
    let chosen = use_state_eq(|| 0usize);
    let text = use_state_eq(String::new);
    let onchange = {
        let chosen = chosen.clone();
        Callback::from(move |event: Event| {
            if let Some(select) = event.target_dyn_into::<HtmlSelectElement>() {
                chosen.set((select.selected_index().max(0) as usize).min(CONDITIONS.len()));
            }
        })
    };
    let lab = lab.clone();
    let Some(condition) = CONDITIONS.get(*chosen).copied() else { return until_words(&lab, &text, onchange) };
    let run = Callback::from(move |_: MouseEvent| go(&lab, Move::Until(condition.0)));
    html! {
        <span class="until">
            <select class="fld" aria-label="Run until" title="Run until" data-testid="until" {onchange}>
                { for CONDITIONS.iter().enumerate().map(|(i, (_, words))| html! { <option selected={i == *chosen}>{ format!("until {words}") }</option> }) }
                <option>{ "until a condition …" }</option>
            </select>
            <button type="button" class="tb go" data-testid="until-go" aria-label={format!("Run until {}", condition.1)} title={format!("Run until {}", condition.1)} onclick={run}>
                { icon(Icon::Arrow) }
            </button>
        </span>
    }
}

/// "Run until" with a condition in words, such as `holds(C, x, 2)`.
fn until_words(lab: &LabHandle, text: &UseStateHandle<String>, onchange: Callback<Event>) -> Html {
    let oninput = {
        let text = text.clone();
        Callback::from(move |event: InputEvent| {
            if let Some(input) = event.target_dyn_into::<HtmlInputElement>() {
                text.set(input.value());
            }
        })
    };
    let onsubmit = {
        let (lab, text) = (lab.clone(), text.clone());
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            match text.parse::<Condition>() {
                Ok(condition) => run_to(&lab, &condition),
                Err(error) => lab.set_ui(|ui| ui.error = Some(format!("This is no condition: {error}."))),
            }
        })
    };
    // Back to the list: its first entry.
    let back = Callback::from(move |event: Event| onchange.emit(event));
    html! {
        <form class="until" {onsubmit}>
            <select class="fld short" aria-label="Run until" title="Run until" data-testid="until" onchange={back}>
                { for CONDITIONS.iter().map(|(_, words)| html! { <option>{ format!("until {words}") }</option> }) }
                <option selected=true>{ "until" }</option>
            </select>
            <input class="fld" value={(**text).clone()} aria-label="Condition" placeholder="holds(C, x, 2)" autocomplete="off" spellcheck="false" data-testid="until-text" {oninput} />
            <button type="submit" class="tb go" data-testid="until-go" aria-label="Run until this holds" title="Run until this holds">{ icon(Icon::Arrow) }</button>
        </form>
    }
}
