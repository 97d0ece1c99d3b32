//! The client console: what a client asks, and what came of what it asked before.

use web_sys::{Element, HtmlInputElement, HtmlSelectElement};
use yew::prelude::*;

use super::moves::watch;
use super::{ConsoleVerb, LabHandle, Selection, UiState};
use crate::engine::base::ClientId;
use crate::engine::data::Key;
use crate::engine::node::Level;
use crate::engine::world::Status;
use crate::ui::lab::legend::kind;
use crate::ui::lab::open::sentence;
use crate::ui::marks::{glyph, version};
use crate::view::console::{self, Ask, Door, Field, Past};
use crate::view::glyph::{Form, Kind};

/// Earlier operations shown.
const SHOWN: usize = 6;

/// What stands in the fields.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Draft {
    /// The key, once somebody has typed one; the key shown until then.
    key: Option<String>,
    value: String,
    /// What is wrong with it.
    fault: Option<(Field, String)>,
}

/// The console.
#[hook]
pub fn use_console(lab: &LabHandle) -> Html {
    let draft = use_state_eq(Draft::default);
    let ui = lab.ui();
    let key = draft.key.clone().or_else(|| ui.key.as_ref().map(|k| k.name().to_owned())).unwrap_or_default();
    let onsubmit = {
        let (lab, draft, key) = (lab.clone(), draft.clone(), key.clone());
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            let fault = send(&lab, &key, &draft.value).err();
            if fault.is_none() {
                show_stage(event.target_dyn_into::<Element>());
            }
            draft.set(Draft { fault, ..(*draft).clone() });
        })
    };
    let names = lab.read(|s| s.script().config.clients.clone());
    let (verb, client) = (ui.verb, ui.client);
    let title = format!("console-title-{}", lab.number());
    let word = match verb {
        ConsoleVerb::Write => ("Send write", "W"),
        ConsoleVerb::Read => ("Send read", "R"),
        ConsoleVerb::Delete => ("Send delete", "X"),
    };
    html! {
        <section data-panel="client" data-testid="console" aria-labelledby={title.clone()}>
            <h2 class="h" id={title}>{ "Client" }</h2>
            <form class="console" {onsubmit}>
                { clients(lab, &names, client) }
                { verbs(lab, verb) }
                <div class="rows">
                    { fields(lab, &draft, &key, verb) }
                    { levels(lab) }
                    <span class="label">{ "Via" }</span>
                    { via(lab) }
                </div>
                if let Some((_, why)) = draft.fault.as_ref() {
                    <p class="faulty" role="alert" data-testid="console-error">{ why.clone() }</p>
                }
                <button type="submit" class="btn pri wide" data-testid="console-send">{ word.0 }<kbd class="kbd">{ word.1 }</kbd></button>
            </form>
            { earlier(lab) }
        </section>
    }
}

/// Where the page scrolls, as on a phone, brings the stage of the lab with this element into view: that is where the message travels.
fn show_stage(inside: Option<Element>) {
    let lab = inside.and_then(|e| e.closest(".lab").ok().flatten());
    let Some(stage) = lab.and_then(|lab| lab.query_selector(".stage-box").ok().flatten()) else { return };
    let height = gloo::utils::window().inner_height().ok().and_then(|h| h.as_f64()).unwrap_or_default();
    let place = stage.get_bounding_client_rect();
    // Half of it is enough to see something move.
    let seen = place.bottom().min(height) - place.top().max(0.0);
    if seen < place.height() / 2.0 {
        stage.scroll_into_view();
    }
}

/// Sends what is in the console, at the cursor.
fn send(lab: &LabHandle, key: &str, value: &str) -> Result<(), (Field, String)> {
    let ui = lab.ui();
    let ask = match ui.verb {
        ConsoleVerb::Write => Ask::Write(value.to_owned()),
        ConsoleVerb::Read => Ask::Read,
        ConsoleVerb::Delete => Ask::Delete,
    };
    let command = lab.read(|s| console::command(&s.config(), ui.client, ui.via, key, ask, ui.level))?;
    super::act::act(lab, command).map_err(|e| (Field::Other, sentence(&e)))?;
    let key = Key::new(key);
    lab.set_ui(|ui| {
        ui.key = Some(key);
        ui.selection = Selection::Nothing;
    });
    // Whoever sends something wants to see it travel.
    watch(lab);
    Ok(())
}

fn choose(lab: &LabHandle, change: impl Fn(&mut UiState) + 'static) -> Callback<MouseEvent> {
    let lab = lab.clone();
    Callback::from(move |_| lab.set_ui(|ui| change(ui)))
}

fn clients(lab: &LabHandle, names: &[String], current: ClientId) -> Html {
    html! {
        <div class="seg wrap" role="group" aria-label="Client">
            { for names.iter().enumerate().map(|(i, name)| {
                let id = ClientId(i as u32);
                html! {
                    <button type="button" aria-pressed={(id == current).to_string()} data-testid={format!("console-client-{i}")}
                        onclick={choose(lab, move |ui| ui.client = id)}>{ name.clone() }</button>
                }
            }) }
        </div>
    }
}

fn verbs(lab: &LabHandle, current: ConsoleVerb) -> Html {
    let all = [
        (ConsoleVerb::Write, "Write", "write", Some(Kind::Write)),
        (ConsoleVerb::Read, "Read", "read", Some(Kind::Read)),
        (ConsoleVerb::Delete, "Delete", "delete", None),
    ];
    html! {
        <div class="seg" role="group" aria-label="Operation">
            { for all.map(|(verb, name, word, mark)| html! {
                <button type="button" aria-pressed={(verb == current).to_string()} data-testid={format!("console-{word}")}
                    onclick={choose(lab, move |ui| ui.verb = verb)}>
                    if let Some(mark) = mark { { glyph(mark, Form::Carries, 17) } }
                    { name }
                </button>
            }) }
        </div>
    }
}

fn fields(lab: &LabHandle, draft: &UseStateHandle<Draft>, key: &str, verb: ConsoleVerb) -> Html {
    let typed = |change: fn(&mut Draft, String)| {
        let draft = draft.clone();
        Callback::from(move |event: InputEvent| {
            if let Some(input) = event.target_dyn_into::<HtmlInputElement>() {
                let mut new = Draft { fault: None, ..(*draft).clone() };
                change(&mut new, input.value());
                draft.set(new);
            }
        })
    };
    let wrong = |field: Field| draft.fault.as_ref().is_some_and(|(f, _)| *f == field);
    let known = lab.read(|s| console::keys(s, lab.ui().key.as_ref()));
    let list = format!("keys-{}", lab.number());
    let value = if verb == ConsoleVerb::Write { draft.value.clone() } else { String::new() };
    let hint = match verb {
        ConsoleVerb::Write => "",
        ConsoleVerb::Read => "a read sends none",
        ConsoleVerb::Delete => "a delete sends none",
    };
    html! {
        <>
            <label for={format!("{list}-key")}>{ "Key" }</label>
            <input class="fld m" id={format!("{list}-key")} list={list.clone()} value={key.to_owned()} autocomplete="off" spellcheck="false"
                data-testid="console-key" aria-invalid={wrong(Field::Key).to_string()} placeholder="cart:ada" maxlength="300"
                oninput={typed(|draft, text| draft.key = Some(text))} />
            <datalist id={list.clone()}>{ for known.into_iter().map(|name| html! { <option value={name} /> }) }</datalist>
            <label for={format!("{list}-value")}>{ "Value" }</label>
            <input class="fld" id={format!("{list}-value")} {value} autocomplete="off" data-testid="console-value" placeholder={hint}
                disabled={verb != ConsoleVerb::Write} aria-invalid={wrong(Field::Value).to_string()}
                oninput={typed(|draft, text| draft.value = text)} />
        </>
    }
}

/// How many replicas must answer.
fn levels(lab: &LabHandle) -> Html {
    let ui = lab.ui();
    let (replicas, usual) = lab.read(|s| {
        let settings = s.world().settings();
        (settings.replicas.total(), if ui.verb == ConsoleVerb::Read { settings.read.level } else { settings.write.level })
    });
    let onchange = {
        let lab = lab.clone();
        Callback::from(move |event: Event| {
            if let Some(select) = event.target_dyn_into::<HtmlSelectElement>() {
                // The usual level is not said: it then follows the settings.
                let level = Level::named(&select.value()).filter(|l| *l != usual);
                lab.set_ui(|ui| ui.level = level);
            }
        })
    };
    let chosen = ui.level.unwrap_or(usual);
    let needs = lab.read(|s| console::level_needs(s.world(), chosen, ui.via));
    let id = format!("level-{}", lab.number());
    html! {
        <>
            <label for={id.clone()}>{ "Level" }</label>
            <span class="fld level">
                <select {id} data-testid="console-level" {onchange}>
                    { for console::levels(usual, ui.verb == ConsoleVerb::Read).into_iter().map(|l| html! {
                        <option value={l.to_string()} selected={l == chosen} title={if l == usual { "as in the settings" } else { "" }}>{ l.to_string() }</option>
                    }) }
                </select>
                <span class="dots" role="img" aria-label={format!("waits for {needs} of {replicas}")} title={console::level_words(chosen, needs, replicas)}>
                    if replicas <= 7 {
                        { for (0..replicas).map(|i| html! { <i class={classes!((i < needs).then_some("f"))} /> }) }
                    } else {
                        { format!("{needs}/{replicas}") }
                    }
                </span>
            </span>
        </>
    }
}

/// The coordinator to ask.
fn via(lab: &LabHandle) -> Html {
    let ui = lab.ui();
    let doors = lab.read(|s| console::doors(s, ui.client));
    html! {
        <div class="nodes" role="group" aria-label="Node to ask">
            { for doors.into_iter().map(|door: Door| {
                let node = door.node;
                let class = match (door.status, door.cut) {
                    (Status::Down, _) => Some("dead"),
                    (_, true) => Some("cut"),
                    _ => None,
                };
                html! {
                    <button type="button" class={classes!(class)} aria-pressed={(ui.via == node).to_string()} aria-label={door.words()}
                        title={door.words()} data-testid={format!("console-via-{node}")} onclick={choose(lab, move |ui| ui.via = node)}>
                        { node.to_string() }
                    </button>
                }
            }) }
        </div>
    }
}

/// The last operations of this client.
fn earlier(lab: &LabHandle) -> Html {
    let ui = lab.ui();
    let past = lab.read(|s| console::past(s, ui.client, SHOWN));
    html! {
        <ul class="hist" data-testid="console-history" aria-label="Earlier operations, newest first">
            { for past.into_iter().map(|p: Past| {
                let op = p.op;
                let current = ui.selection == Selection::Operation(op);
                let words = format!("{} {}: {}{}", p.name, p.key, p.what, p.took.as_ref().map_or(String::new(), |t| format!(", after {t}")));
                html! {
                    <li key={op.number}>
                        <button type="button" data-testid={format!("console-op-{}", op.number)} aria-current={current.then_some("true")} title={words}
                            onclick={choose(lab, move |ui| ui.selection = if ui.selection == Selection::Operation(op) { Selection::Nothing } else { Selection::Operation(op) })}>
                            { glyph(kind(p.verb.traffic()), Form::Carries, 15) }
                            <b>{ p.name }</b>
                            <span class={classes!("what", (!p.well).then_some("faulty"))}>
                                if let Some((n, stone)) = p.version { { version(n, stone) }{ " " } }
                                { p.what }
                            </span>
                            <span class="m">{ p.took.unwrap_or_default() }</span>
                        </button>
                    </li>
                }
            }) }
        </ul>
    }
}
