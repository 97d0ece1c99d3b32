//! Keys of a lesson that is shown to a room: those of the keyboard, and those that clickers send.

use gloo::events::{EventListener, EventListenerOptions};
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlInputElement};
use yew::prelude::*;

use crate::ui::marks::icon;
use crate::ui::share::show_modal;
use crate::view::glyph::Icon;

/// What a key does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    /// What is hidden is shown; else on to the next screen.
    Next,
    /// To the screen before.
    Back,
    /// To the first screen, or to the last.
    First,
    /// The last screen.
    Last,
    /// Plays the figure, or stops it.
    Play,
    /// One event on in the figure.
    Step,
    /// Shows notes, or hides them.
    Notes,
    /// Opens the box for votes, or closes it.
    Vote,
    /// An empty screen, and back.
    Blank,
    /// The whole monitor, and back.
    Whole,
    /// The list of keys.
    Help,
    /// Back to the lesson as it is read alone.
    Leave,
}

/// Keys (values of `KeyboardEvent.key`, in lower case), what stands on them, what they do in words, and what they do.
type Row = (&'static [&'static str], &'static str, &'static str, Act);

/// Every key.
const KEYS: &[Row] = &[
    (&["pagedown", "arrowright", "arrowdown", " ", "enter"], "→ Space PgDn", "show what is hidden, or go on (a clicker's next)", Act::Next),
    (&["pageup", "arrowleft", "arrowup", "backspace"], "← PgUp", "back (a clicker's back)", Act::Back),
    (&["home"], "Home", "the first screen", Act::First),
    (&["end"], "End", "the last screen", Act::Last),
    (&["p"], "P", "play the figure, or stop it", Act::Play),
    (&["s"], "S", "one event on in the figure", Act::Step),
    (&["n"], "N", "notes", Act::Notes),
    (&["v"], "V", "votes of the class", Act::Vote),
    (&["b", "."], "B", "an empty screen, and back", Act::Blank),
    (&["f"], "F", "the whole monitor, and back", Act::Whole),
    (&["?"], "?", "this list", Act::Help),
    (&["escape"], "Esc", "back to the lesson", Act::Leave),
];

/// Listens to keys as long as it is drawn.
#[hook]
pub fn use_keys(act: Callback<Act>) {
    let latest = use_mut_ref(|| act.clone());
    *latest.borrow_mut() = act;
    use_effect_with((), move |()| {
        let on = EventListenerOptions::enable_prevent_default();
        let listener = EventListener::new_with_options(&gloo::utils::window(), "keydown", on, move |event| {
            let Some(event) = event.dyn_ref::<KeyboardEvent>() else { return };
            if let Some(wanted) = meant(event) {
                event.prevent_default();
                let act = latest.borrow().clone();
                act.emit(wanted);
            }
        });
        move || drop(listener)
    });
}

/// What a key means here; none if whatever has the focus needs it.
fn meant(event: &KeyboardEvent) -> Option<Act> {
    if event.default_prevented() || event.ctrl_key() || event.meta_key() || event.alt_key() || event.is_composing() {
        return None;
    }
    let pressed = event.key().to_ascii_lowercase();
    let (.., act) = KEYS.iter().find(|(keys, ..)| keys.contains(&pressed.as_str()))?;
    let target = event.target().and_then(|t| t.dyn_into::<Element>().ok());
    let inside = |selector: &str| target.as_ref().is_some_and(|t| t.closest(selector).ok().flatten().is_some());
    let kind = target.as_ref().and_then(|t| t.dyn_ref::<HtmlInputElement>()).map(HtmlInputElement::type_);
    let typing = inside("textarea, select, dialog") || kind.as_deref().is_some_and(|t| !matches!(t, "range" | "checkbox" | "radio"));
    if typing {
        // Out of a field before out of the room.
        if pressed == "escape" && !inside("dialog") {
            let _ = target.and_then(|t| t.dyn_into::<web_sys::HtmlElement>().ok()).map(|field| field.blur());
        }
        return None;
    }
    let presses = matches!(pressed.as_str(), " " | "enter") && inside("button, a, summary, input");
    let moves = pressed.starts_with("arrow") && inside("input, .stage, .grid-box, pre");
    (!presses && !moves).then_some(*act)
}

/// Properties of [`KeySheet`].
#[derive(Debug, PartialEq, Properties)]
pub struct KeySheetProps {
    /// Closes the sheet.
    pub close: Callback<()>,
}

/// The list of keys.
#[component]
pub fn KeySheet(props: &KeySheetProps) -> Html {
    let sheet = use_node_ref();
    {
        let sheet = sheet.clone();
        use_effect_with((), move |()| show_modal(&sheet));
    }
    let onclick = props.close.reform(|_: MouseEvent| ());
    let onclose = props.close.reform(|_: Event| ());
    html! {
        <dialog class="sheet help" ref={sheet} {onclose} data-testid="help-sheet" aria-labelledby="help-title">
            <div class="sheet-head">
                <h2 id="help-title">{ "Keys" }</h2>
                <button type="button" class="tb" aria-label="Close" data-testid="help-close" {onclick}>{ icon(Icon::Close) }</button>
            </div>
            <dl class="keys">
                { for KEYS.iter().map(|(_, cap, words, _)| html! { <div><dt><kbd class="kbd">{ *cap }</kbd></dt><dd>{ *words }</dd></div> }) }
            </dl>
            <p>{ "Nothing that happens here is kept as an answer of yours." }</p>
        </dialog>
    }
}
