//! Workloads: starting one, and stopping those that go on.

use web_sys::{HtmlInputElement, HtmlSelectElement};
use yew::prelude::*;

use super::LabHandle;
use super::act::{act, act_or_say};
use super::open::sentence;
use crate::engine::node::Level;
use crate::view::workload::{self, Draft, Field, Going};

/// What stands in the fields, and what is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct State {
    draft: Draft,
    fault: Option<(Field, String)>,
}

/// The panel: closed until somebody wants a workload, with the list of those that go on.
#[hook]
pub fn use_workloads(lab: &LabHandle) -> Html {
    let state = use_state_eq(|| None::<State>);
    let going = lab.read(workload::going);
    let title = format!("workload-title-{}", lab.number());
    let open = {
        let (lab, state) = (lab.clone(), state.clone());
        Callback::from(move |_: MouseEvent| {
            let usual = lab.read(Draft::usual);
            state.set(state.is_none().then_some(State { draft: usual, fault: None }));
        })
    };
    let form = (*state).clone().map(|s| form(lab, s, state.setter()));
    html! {
        <section data-panel="client" data-testid="workloads" aria-labelledby={title.clone()}>
            <h2 class="h" id={title}>{ "Workload" }</h2>
            <ul class="broken" data-testid="workload-list" aria-label="Workloads that go on">{ for going.into_iter().map(|g| one(lab, g)) }</ul>
            { form.unwrap_or_default() }
            <p class="verbs">
                <button type="button" class="btn sm" data-testid="workload-open" aria-expanded={state.is_some().to_string()} onclick={open}>
                    { if state.is_some() { "Close" } else { "Let clients work\u{2026}" } }
                </button>
            </p>
        </section>
    }
}

fn one(lab: &LabHandle, going: Going) -> Html {
    let onclick = {
        let (lab, stop) = (lab.clone(), going.stop.clone());
        Callback::from(move |_: MouseEvent| {
            act_or_say(&lab, stop.clone());
        })
    };
    html! {
        <li class="active calm" key={going.number} data-testid={format!("workload-is-{}", going.number)}>
            <span>{ &going.text }</span>
            <button type="button" class="btn sm" data-testid={format!("workload-stop-{}", going.number)}
                aria-label={format!("Stop workload {}", going.number + 1)} {onclick}>{ "Stop" }</button>
        </li>
    }
}

/// The fields of a workload, with what stands in them; `set` changes it, to nothing closes the form.
fn form(lab: &LabHandle, state: State, set: UseStateSetter<Option<State>>) -> Html {
    let onsubmit = {
        let (lab, state, set) = (lab.clone(), state.clone(), set.clone());
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            let command = lab.read(|s| state.draft.command(&s.config(), workload::fresh_seed(s)));
            match command.and_then(|c| act(&lab, c).map_err(|e| (Field::Other, sentence(&e)))) {
                Ok(_) => set.set(None),
                Err(fault) => set.set(Some(State { fault: Some(fault), ..state.clone() })),
            }
        })
    };
    let field = |label: &'static str, word: &'static str, this: Field, value: &str, change: fn(&mut Draft, String)| {
        let wrong = state.fault.as_ref().is_some_and(|(f, _)| *f == this);
        let id = format!("workload-{word}-{}", lab.number());
        let (state, set) = (state.clone(), set.clone());
        let oninput = Callback::from(move |event: InputEvent| {
            if let Some(input) = event.target_dyn_into::<HtmlInputElement>() {
                let mut next = State { fault: None, ..state.clone() };
                change(&mut next.draft, input.value());
                set.set(Some(next));
            }
        });
        html! {
            <>
                <label for={id.clone()}>{ label }</label>
                <input class="fld" {id} value={value.to_owned()} autocomplete="off" data-testid={format!("workload-{word}")}
                    aria-invalid={wrong.to_string()} {oninput} />
            </>
        }
    };
    let draft = &state.draft;
    html! {
        <form class="fault-sheet" {onsubmit} data-testid="workload-form">
            <div class="rows">
                { field("One every", "every", Field::Every, &draft.every, |d, text| d.every = text) }
                { field("For", "duration", Field::Duration, &draft.duration, |d, text| d.duration = text) }
                { field("Reads, %", "reads", Field::Reads, &draft.reads, |d, text| d.reads = text) }
                { field("Keys", "keys", Field::Keys, &draft.keys, |d, text| d.keys = text) }
                { field("Popular, %", "popular", Field::Skew, &draft.popular, |d, text| d.popular = text) }
                { field("take, %", "taken", Field::Skew, &draft.taken, |d, text| d.taken = text) }
                { level(lab, &state, &set) }
            </div>
            if let Some((_, why)) = state.fault.as_ref() { <p class="faulty" role="alert" data-testid="workload-error">{ why.clone() }</p> }
            <p class="dimmer hint">{ "The popular keys take that share of all operations. Leave them empty to ask for all keys alike." }</p>
            <p class="verbs"><button type="submit" class="btn sm pri" data-testid="workload-start">{ "Start" }</button></p>
        </form>
    }
}

/// How many replicas must answer.
fn level(lab: &LabHandle, state: &State, set: &UseStateSetter<Option<State>>) -> Html {
    let id = format!("workload-level-{}", lab.number());
    let onchange = {
        let (state, set) = (state.clone(), set.clone());
        Callback::from(move |event: Event| {
            if let Some(select) = event.target_dyn_into::<HtmlSelectElement>() {
                let level = Level::EVERY.into_iter().find(|l| l.name() == select.value());
                set.set(Some(State { draft: Draft { level, ..state.draft.clone() }, ..state.clone() }));
            }
        })
    };
    html! {
        <>
            <label for={id.clone()}>{ "Level" }</label>
            <select class="fld" {id} data-testid="workload-level" {onchange}>
                <option value="" selected={state.draft.level.is_none()}>{ "as set" }</option>
                { for Level::EVERY.into_iter().map(|l| html! {
                    <option value={l.name()} selected={state.draft.level == Some(l)}>{ l.name() }</option>
                }) }
            </select>
        </>
    }
}
