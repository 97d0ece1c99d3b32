//! The network sheet: messages lost, sent twice or held back, in order or not, and bandwidth.

use web_sys::HtmlInputElement;
use yew::prelude::*;

use super::LabHandle;
use super::act::act_or_say;
use super::chooser::use_reveal;
use super::settings::from_start;
use crate::engine::world::Command;
use crate::ui::header::verb;
use crate::view::network_text::NetworkDraft;

/// Properties of [`NetworkSheet`].
#[derive(Debug, PartialEq, Properties)]
pub struct NetworkSheetProps {
    /// Closes the sheet.
    pub close: Callback<()>,
}

/// One field: its label, its unit, its name for tests, and the text it holds.
type Entry = (&'static str, &'static str, &'static str, fn(&mut NetworkDraft) -> &mut String);

const FIELDS: [Entry; 5] = [
    ("Lost", "%", "lost", |d| &mut d.lost),
    ("Sent twice", "%", "twice", |d| &mut d.twice),
    ("Held back", "%", "held", |d| &mut d.held),
    ("Up to", "", "held-by", |d| &mut d.held_by),
    ("Bandwidth", "kB/s", "bandwidth", |d| &mut d.bandwidth),
];

/// The sheet.
#[component]
pub fn NetworkSheet(props: &NetworkSheetProps) -> Html {
    let Some(lab) = use_context::<LabHandle>() else { return Html::default() };
    let sheet = use_reveal();
    let draft = use_state_eq(|| lab.read(|s| NetworkDraft::of(&s.world().network().config)));
    let wrong = use_state_eq(|| None::<String>);
    let onsubmit = {
        let (lab, draft, wrong, close) = (lab.clone(), draft.clone(), wrong.clone(), props.close.clone());
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            match lab.read(|s| draft.read(&s.world().network().config)) {
                Ok(network) => {
                    if act_or_say(&lab, Command::Network { network }) {
                        close.emit(());
                    }
                }
                Err(why) => wrong.set(Some(why)),
            }
        })
    };
    let onstart = {
        let (lab, draft, wrong, close) = (lab.clone(), draft.clone(), wrong.clone(), props.close.clone());
        Callback::from(move |_: MouseEvent| match lab.read(|s| draft.read(&s.script().config.network)) {
            Ok(network) => {
                if from_start(&lab, |c| c.network = network) {
                    close.emit(());
                }
            }
            Err(why) => wrong.set(Some(why)),
        })
    };
    let onorder = {
        let draft = draft.clone();
        Callback::from(move |event: Event| {
            if let Some(input) = event.target_dyn_into::<HtmlInputElement>() {
                draft.set(NetworkDraft { in_order: input.checked(), ..(*draft).clone() });
            }
        })
    };
    let close = props.close.reform(|_: MouseEvent| ());
    html! {
        <form class="fault-sheet" ref={sheet} {onsubmit} data-testid="fault-sheet-network">
            { for FIELDS.map(|entry| field(&draft, &wrong, entry)) }
            <label class="check"><input type="checkbox" checked={draft.in_order} onchange={onorder} data-testid="fault-network-in-order" />
                { "Messages of one link stay in order" }</label>
            if let Some(why) = (*wrong).clone() { <p class="faulty" role="alert" data-testid="fault-error">{ why }</p> }
            <p class="dimmer">{ "A bandwidth of 0 is without limit." }</p>
            <p class="verbs">
                <button type="submit" class="btn sm pri" data-testid="fault-apply">{ "From here" }</button>
                <button type="button" class="btn sm" data-testid="fault-from-start" title="The same run with this network from its start, as a branch" onclick={onstart}>{ "From the start" }</button>
                { verb("Cancel", "fault-cancel", close) }
            </p>
        </form>
    }
}

fn field(draft: &UseStateHandle<NetworkDraft>, wrong: &UseStateHandle<Option<String>>, (label, unit, word, text): Entry) -> Html {
    let value = text(&mut (**draft).clone()).clone();
    let oninput = {
        let (draft, wrong) = (draft.clone(), wrong.clone());
        Callback::from(move |event: InputEvent| {
            if let Some(input) = event.target_dyn_into::<HtmlInputElement>() {
                let mut new = (*draft).clone();
                *text(&mut new) = input.value();
                draft.set(new);
                wrong.set(None);
            }
        })
    };
    html! {
        <label class="amount">
            <span>{ label }</span>
            <input class="fld" {value} {oninput} autocomplete="off" inputmode="decimal" data-testid={format!("fault-network-{word}")} />
            if !unit.is_empty() { <span class="dim">{ unit }</span> }
        </label>
    }
}
