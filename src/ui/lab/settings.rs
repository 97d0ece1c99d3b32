//! The settings: sentences whose values can be changed, from here on or from the start of the run.

use web_sys::HtmlSelectElement;
use yew::prelude::*;

use super::act::act_or_say;
use super::break_even::DigestsPay;
use super::open::sentence;
use super::quorum;
use super::scrub::Scrub;
use super::{LabHandle, Selection, Tool};
use crate::engine::base::NodeId;
use crate::engine::world::{Command, Config};
use crate::ui::presets::Presets;
use crate::view::overlap::Overlap;
use crate::view::settings_text::{self, Change, Choice, Group, Number, Part};

/// When a change takes effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum When {
    /// At the cursor.
    Here,
    /// From the first event on: the run is executed again.
    Start,
}

/// The settings.
#[hook]
pub fn use_settings(lab: &LabHandle) -> Html {
    let when = use_state_eq(|| When::Here);
    let fault = use_state_eq(|| None::<String>);
    let touched = use_state_eq(|| None::<Number>);
    let mut sentences = lab.read(settings_text::sentences);
    if *when == When::Start {
        sentences.insert(0, lab.read(settings_text::ring));
    }
    let apply = {
        let (lab, when, fault) = (lab.clone(), *when, fault.clone());
        Callback::from(move |change: Change| {
            fault.set(None);
            carry_out(&lab, when, change);
        })
    };
    let part = |part: Part| match part {
        // A value is not parted from the stop behind it.
        Part::Text(words) if words.starts_with(['.', ',', ';', ':']) => html! { { format!("\u{2060}{words}") } },
        Part::Text(words) => html! { { words } },
        Part::Words(words) => html! { { words } },
        Part::Choice(choice) => choice_part(choice, *when, apply.clone()),
        Part::Number(number) => {
            let set = {
                let (lab, apply) = (lab.clone(), apply.clone());
                Callback::from(move |value| {
                    if let Some(change) = lab.read(|s| settings_text::change(s, number.id, value)) {
                        apply.emit(change);
                    }
                })
            };
            let refuse = fault.setter();
            let touched = touched.setter();
            html! {
                <Scrub key={number.id} {number} {set} refuse={Callback::from(move |why| refuse.set(Some(why)))}
                    touch={Callback::from(move |n| touched.set(Some(n)))} />
            }
        }
    };
    let overlap = lab.read(|s| Overlap::of(s.world().settings(), s.world().ring()));
    let paragraph = |s: Vec<Part>| {
        let after = after(&s, &overlap);
        html! { <><p class="cfg">{ for s.into_iter().map(&part) }</p>{ after }</> }
    };
    let prose = |sentences: Vec<Vec<Part>>| -> Html { sentences.into_iter().map(paragraph).collect() };
    let folded = |group: Group| {
        html! {
            <details class="fold" key={group.id} data-testid={format!("settings-{}", group.id)}>
                <summary><b>{ group.title }</b><span class={classes!((!group.active).then_some("dim"))}>{ group.brief }</span></summary>
                { prose(group.sentences) }
            </details>
        }
    };
    html! {
        <section data-panel="settings" data-testid="settings" aria-labelledby={format!("settings-title-{}", lab.number())}>
            <h2 class="h" id={format!("settings-title-{}", lab.number())}>{ "Settings" }</h2>
            <div class="seg sm" role="group" aria-label="When a change takes effect">
                { verb(&when, When::Here, "from here", "setting-here", "A change takes effect now; a future you have seen is kept as a branch") }
                { verb(&when, When::Start, "from the start", "setting-start", "A change makes a new branch: the same run with the other setting from its start") }
            </div>
            <Presets start={*when == When::Start} />
            { prose(sentences) }
            <div class="folds">{ for lab.read(settings_text::groups).into_iter().map(folded) }</div>
            <p class="faulty" role="alert" data-testid="setting-error">{ (*fault).clone().unwrap_or_default() }</p>
            if let Some(number) = *touched {
                <p class="dimmer hint" data-testid="setting-bounds">{ format!("{}: {}. Drag, use \u{2191} and \u{2193}, or type.", number.label, number.bounds()) }</p>
            }
        </section>
    }
}

/// What follows a sentence: what its levels promise, or where its digests pay.
fn after(sentence: &[Part], overlap: &Overlap) -> Html {
    match sentence.iter().find_map(|p| if let Part::Choice(c) = p { Some(c.id) } else { None }) {
        Some("digests") => html! { <DigestsPay /> },
        _ if sentence.iter().any(|p| matches!(p, Part::Choice(c) if c.id == "read-level")) => quorum::overlap(overlap),
        _ => Html::default(),
    }
}

fn verb(when: &UseStateHandle<When>, this: When, words: &'static str, testid: &'static str, title: &'static str) -> Html {
    let pressed = (**when == this).to_string();
    let when = when.clone();
    html! { <button type="button" aria-pressed={pressed} data-testid={testid} {title} onclick={move |_| when.set(this)}>{ words }</button> }
}

fn choice_part(choice: Choice, when: When, apply: Callback<Change>) -> Html {
    let options = choice.options.clone();
    let onchange = Callback::from(move |event: Event| {
        let select = event.target_dyn_into::<HtmlSelectElement>();
        if let Some((_, change)) = select.and_then(|s| usize::try_from(s.selected_index()).ok()).and_then(|i| options.get(i)) {
            apply.emit(*change);
        }
    });
    // The select is made anew when the value in force changes, also if the person's choice was refused.
    let key = format!("{}{:?}{}", choice.id, choice.chosen, when == When::Here);
    html! {
        <select {key} class="scrub" data-testid={format!("setting-{}", choice.id)} aria-label={choice.label} title={choice.label} {onchange}>
            { for choice.options.iter().enumerate().map(|(i, (words, _))| html! {
                <option selected={choice.chosen == Some(i)}>{ words.clone() }</option>
            }) }
        </select>
    }
}

/// Makes a change, here or from the start of the run.
fn carry_out(lab: &LabHandle, when: When, change: Change) {
    match (when, change) {
        (When::Start, Change::Setting(setting)) => drop(from_start(lab, |c| c.settings.set(setting))),
        // The sentence is about travel; losses of the moment stay out of it.
        (When::Start, Change::Network(network)) => drop(from_start(lab, |c| c.network.latency = network.latency)),
        (_, Change::Nodes(nodes)) => drop(from_start(lab, |c| c.nodes = nodes)),
        (When::Here, Change::Setting(setting)) => {
            act_or_say(lab, Command::Set { setting });
        }
        (When::Here, Change::Network(network)) => {
            act_or_say(lab, Command::Network { network });
        }
    }
}

/// Runs the same commands in another world, as a branch. Returns whether that was possible.
pub fn from_start(lab: &LabHandle, change: impl FnOnce(&mut Config)) -> bool {
    let made = lab.quietly(|s| s.from_start(change).map(|id| s.branches().get(id.0 as usize).map(|b| b.name.clone()).unwrap_or_default()));
    let nodes = lab.read(|s| s.world().hosts().len());
    let done = made.is_ok();
    lab.set_ui(|ui| match made {
        Ok(name) => {
            ui.jumps += 1;
            ui.error = None;
            ui.notice = Some(format!("Now on \"{name}\": the same commands, with this from its start."));
            // What was pointed at may not be there.
            (ui.selection, ui.hover, ui.tool) = (Selection::Nothing, Selection::Nothing, Tool::Point);
            if ui.via.index() >= nodes {
                ui.via = NodeId(0);
            }
        }
        Err(error) => ui.error = Some(sentence(&error)),
    });
    done
}
