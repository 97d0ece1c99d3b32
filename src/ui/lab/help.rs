//! The help sheet: every key, and how a picture is read.

use web_sys::HtmlInputElement;
use yew::prelude::*;

use super::keys::{KEYS, enabled, set_enabled};
use crate::ui::header::tool_button;
use crate::ui::marks::{glyph, icon};
use crate::ui::share::show_modal;
use crate::view::glyph::{Form, Icon, Kind};

/// What the window is told to open the help sheet of the lab that has the keys.
pub const HELP_EVENT: &str = "drift-help";

/// Asks for the help sheet.
pub fn ask() {
    if let (Some(window), Ok(event)) = (web_sys::window(), web_sys::Event::new(HELP_EVENT)) {
        let _ = window.dispatch_event(&event);
    }
}

/// The tool that opens the help sheet.
pub fn help_button() -> Html {
    tool_button(Icon::Help, "Help and keys (?)", "help", None, Callback::from(|_| ask()))
}

/// Properties of [`HelpSheet`].
#[derive(Debug, PartialEq, Properties)]
pub struct HelpSheetProps {
    /// Closes the sheet.
    pub close: Callback<()>,
}

/// Marks that every picture uses.
const LEGEND: [(Kind, Form, &str); 8] = [
    (Kind::Read, Form::Asks, "hollow: asks for something"),
    (Kind::Read, Form::Carries, "filled: carries a value or a fingerprint"),
    (Kind::Write, Form::Acks, "with a tick: confirms"),
    (Kind::Digest, Form::Carries, "a digest: the fingerprint of a copy"),
    (Kind::Repair, Form::Carries, "a repair: the newer copy for who is behind"),
    (Kind::Hint, Form::Carries, "a hint: a write kept for who was away"),
    (Kind::Sync, Form::Carries, "a sweep: what two nodes tell each other when they compare"),
    (Kind::Gossip, Form::Carries, "a heartbeat: I live"),
];

/// Marks of comparisons, by their style class.
const SWEEPS: [(&str, &str); 7] = [
    ("tn asked", "asked for"),
    ("tn sent", "sent, not compared yet"),
    ("tn equal", "equal: nothing below it is looked at"),
    ("tn differs", "it differs"),
    ("tn part listed", "a part that is listed"),
    ("dirty", "a segment that has changed since its hash was computed"),
    ("joined", "leaves that move together"),
];

/// The mark of a style class, as it is in the drawing.
fn sample(class: &'static str) -> Html {
    let line = matches!(class, "dirty" | "joined");
    html! {
        <svg class="trees" viewBox="0 0 26 22" width="26" height="22" aria-hidden="true">
            if line { <path {class} d="M3 9v5H23v-5" /> } else { <g {class}><rect class="box" x="3" y="4" width="20" height="14" rx="3" /></g> }
        </svg>
    }
}

/// The help sheet.
#[component]
pub fn HelpSheet(props: &HelpSheetProps) -> Html {
    let sheet = use_node_ref();
    let on = use_state_eq(enabled);
    {
        let sheet = sheet.clone();
        use_effect_with((), move |()| show_modal(&sheet));
    }
    let onclick = props.close.reform(|_: MouseEvent| ());
    let onclose = props.close.reform(|_: Event| ());
    let onchange = {
        let on = on.clone();
        Callback::from(move |event: Event| {
            if let Some(input) = event.target_dyn_into::<HtmlInputElement>() {
                set_enabled(input.checked());
                on.set(input.checked());
            }
        })
    };
    html! {
        <dialog class="sheet help" ref={sheet} {onclose} data-testid="help-sheet" aria-labelledby="help-title">
            <div class="sheet-head">
                <h2 id="help-title">{ "Help" }</h2>
                <button type="button" class="tb" aria-label="Close" data-testid="help-close" {onclick}>{ icon(Icon::Close) }</button>
            </div>
            <p>{ "Press play, or go step by step. Every step can be taken back. Change anything at any instant: write, cut the network, stop a node. The future that would have been is kept." }</p>
            { for KEYS.iter().map(|(title, keys)| html! {
                <>
                    <h3>{ *title }</h3>
                    <dl class="keys">
                        { for keys.iter().map(|key| html! {
                            <div><dt><kbd class="kbd">{ key.cap }</kbd></dt><dd>{ key.words }</dd></div>
                        }) }
                    </dl>
                </>
            }) }
            <h3>{ "Messages" }</h3>
            <dl class="keys">
                { for LEGEND.iter().map(|(kind, form, words)| html! { <div><dt>{ glyph(*kind, *form, 22) }</dt><dd>{ *words }</dd></div> }) }
                <div><dt>{ icon(Icon::Crack) }</dt><dd>{ "rot: bytes of a copy have changed by themselves" }</dd></div>
            </dl>
            <h3>{ "Comparisons" }</h3>
            <dl class="keys" data-testid="help-sweeps">
                { for SWEEPS.iter().map(|(class, words)| html! { <div><dt>{ sample(class) }</dt><dd>{ *words }</dd></div> }) }
            </dl>
            <h3>{ "The timeline" }</h3>
            <p>{ "Drag to go to an instant. The wheel, two fingers or + and − zoom; drag with Shift to move. A filled diamond is a decision that has been made, a hollow one is still to come; a red cross is a lost message." }</p>
            <label class="switch"><input type="checkbox" checked={*on} data-testid="keys-switch" {onchange} />{ "Keys do something (they never do while you type)" }</label>
        </dialog>
    }
}
