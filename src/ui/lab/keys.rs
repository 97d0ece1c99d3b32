//! Keys of a lab: one table of what each does, which the help sheet shows as well.
//!
//! Of several labs on a page, the one that was last pressed or focused has the keys. They are off while somebody types, and for good if
//! the reader wants (some voice controls send letters).

use std::cell::RefCell;
use std::rc::Rc;

use gloo::events::EventListener;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement, HtmlInputElement};
use yew::prelude::*;

use super::act::act_or_say;
use super::help::{HELP_EVENT, HelpSheet};
use super::moves::{Move, faster, go, toggle_play};
use super::{ConsoleVerb, LabHandle, Selection, Tool, UiState};
use crate::engine::base::NodeId;
use crate::engine::world::{Command, Status};
use crate::lab::View;
use crate::ui::{storage, theme};

/// What a key does.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Action {
    /// A move in time.
    Go(Move),
    /// Plays or pauses.
    Play,
    /// Changes the speed by a power of two.
    Faster(i8),
    /// Chooses what the console sends, and goes there; sends if it is chosen already.
    Console(ConsoleVerb),
    /// Takes up the scissors, or puts them down.
    Cut,
    /// Undoes all cuts.
    Mend,
    /// Crashes the selected node, or starts it again.
    Crash,
    /// Selects a node.
    Node,
    /// What is true instead of what a node knows.
    Truth,
    /// The ring, or the sweep.
    View,
    /// Shown to a room.
    Projector,
    /// The list of keys.
    Help,
    /// Puts everything down.
    Escape,
}

/// A key of the table.
#[derive(Debug, Clone, Copy)]
pub struct Key {
    /// The values of `KeyboardEvent.key` that mean it, in lower case.
    pub keys: &'static [&'static str],
    /// Whether Shift must be held; letters and signs do not care.
    pub shift: bool,
    /// What stands on the key cap.
    pub cap: &'static str,
    /// What it does, in words.
    pub words: &'static str,
    /// What it does.
    pub action: Action,
}

const fn key(keys: &'static [&'static str], cap: &'static str, words: &'static str, action: Action) -> Key {
    Key { keys, shift: false, cap, words, action }
}

const fn shifted(keys: &'static [&'static str], cap: &'static str, words: &'static str, action: Action) -> Key {
    Key { keys, shift: true, cap, words, action }
}

/// Every key, by what it is for.
pub const KEYS: &[(&str, &[Key])] = &[
    (
        "Time",
        &[
            key(&[" "], "Space", "play or pause", Action::Play),
            key(&["arrowright"], "→", "one step on", Action::Go(Move::Step)),
            key(&["arrowleft"], "←", "one step back", Action::Go(Move::Back)),
            shifted(&["arrowright"], "⇧ →", "to the next decision", Action::Go(Move::Decision)),
            shifted(&["arrowleft"], "⇧ ←", "to the decision before", Action::Go(Move::DecisionBack)),
            key(&["home"], "Home", "to the start", Action::Go(Move::Start)),
            key(&["end"], "End", "to the end", Action::Go(Move::End)),
            key(&["."], ".", "faster", Action::Faster(1)),
            key(&[","], ",", "slower", Action::Faster(-1)),
        ],
    ),
    (
        "Doing",
        &[
            key(&["w"], "W", "write: type the value, Enter sends", Action::Console(ConsoleVerb::Write)),
            key(&["r"], "R", "read; R again or Enter sends", Action::Console(ConsoleVerb::Read)),
            key(&["x"], "X", "delete; X again or Enter sends", Action::Console(ConsoleVerb::Delete)),
            key(&["c"], "C", "scissors: choose nodes, Enter cuts", Action::Cut),
            key(&["m"], "M", "mend all cuts", Action::Mend),
            key(&["k"], "K", "crash the selected node, or start it", Action::Crash),
            key(&["1", "2", "3", "4", "5", "6", "7", "8", "9"], "1 … 9", "select a node", Action::Node),
        ],
    ),
    (
        "Looking",
        &[
            key(&["t"], "T", "what is true, or what the node knows", Action::Truth),
            key(&["s"], "S", "the ring, or the sweep", Action::View),
            key(&["p"], "P", "large, for a room", Action::Projector),
            key(&["?"], "?", "this list", Action::Help),
            key(&["escape"], "Esc", "select nothing, put tools down", Action::Escape),
        ],
    ),
];

/// Name under which the reader's wish to have no keys is kept.
const KEPT: &str = "drift.keys";

/// Whether keys do anything.
pub fn enabled() -> bool {
    storage::remembered(KEPT).as_deref() != Some("off")
}

/// Switches all keys but Escape on or off.
pub fn set_enabled(on: bool) {
    storage::remember(KEPT, if on { "on" } else { "off" });
}

/// The entry of the table that a key event means.
fn find(pressed: &str, shift: bool) -> Option<&'static Key> {
    let pressed = pressed.to_ascii_lowercase();
    let named = pressed.chars().count() > 1;
    KEYS.iter().flat_map(|(_, keys)| keys.iter()).find(|k| k.keys.contains(&pressed.as_str()) && (!named || k.shift == shift))
}

thread_local! {
    /// The labs on the page, the one that has the keys last.
    static LABS: RefCell<Vec<u32>> = const { RefCell::new(Vec::new()) };
}

fn take_keys(number: u32) {
    LABS.with_borrow_mut(|labs| {
        labs.retain(|n| *n != number);
        labs.push(number);
    });
}

fn has_keys(number: u32) -> bool {
    LABS.with_borrow(|labs| labs.last() == Some(&number))
}

/// Listens to keys for the lab around it, and shows its help sheet.
#[hook]
pub fn use_keys(lab: &LabHandle) -> Html {
    let here = use_node_ref();
    let helping = use_state_eq(|| false);
    // Held by the listener, which lives as long as the lab is shown.
    let latest = use_mut_ref(|| lab.clone());
    *latest.borrow_mut() = lab.clone();
    {
        let (here, helping) = (here.clone(), helping.setter());
        use_effect_with(lab.number(), move |number| {
            let number = *number;
            take_keys(number);
            let listeners = listen(number, &here, latest, helping);
            move || {
                drop(listeners);
                LABS.with_borrow_mut(|labs| labs.retain(|n| *n != number));
            }
        });
    }
    let close = {
        let helping = helping.clone();
        Callback::from(move |()| helping.set(false))
    };
    html! {
        <>
            <span ref={here} hidden=true />
            if *helping { <HelpSheet {close} /> }
        </>
    }
}

fn listen(number: u32, here: &NodeRef, lab: Rc<RefCell<LabHandle>>, helping: UseStateSetter<bool>) -> Vec<EventListener> {
    let root = here.cast::<Element>().and_then(|e| e.closest(".lab").ok().flatten());
    let mut listeners = Vec::new();
    if let Some(root) = &root {
        for what in ["pointerdown", "focusin"] {
            listeners.push(EventListener::new(root, what, move |_| take_keys(number)));
        }
    }
    let window = gloo::utils::window();
    let help = helping.clone();
    listeners.push(EventListener::new(&window, HELP_EVENT, move |_| {
        if has_keys(number) {
            help.set(true);
        }
    }));
    let on_key = gloo::events::EventListenerOptions::enable_prevent_default();
    listeners.push(EventListener::new_with_options(&window, "keydown", on_key, move |event| {
        let Some(event) = event.dyn_ref::<KeyboardEvent>() else { return };
        if !has_keys(number) {
            return;
        }
        let lab = lab.borrow().clone();
        if press(event, &lab, root.as_ref(), &helping) {
            event.prevent_default();
        }
    }));
    listeners
}

/// Does what a key means, unless something else on the page wants it. Returns whether it did anything.
fn press(event: &KeyboardEvent, lab: &LabHandle, root: Option<&Element>, helping: &UseStateSetter<bool>) -> bool {
    if event.default_prevented() || event.ctrl_key() || event.meta_key() || event.alt_key() || event.is_composing() {
        return false;
    }
    let Some(key) = find(&event.key(), event.shift_key()) else { return false };
    let target = event.target().and_then(|t| t.dyn_into::<Element>().ok());
    if key.action != Action::Escape && !enabled() || target.is_some_and(|t| wants(&t, key)) {
        return false;
    }
    if event.repeat() && !matches!(key.action, Action::Go(_) | Action::Faster(_)) {
        return true;
    }
    match key.action {
        Action::Help => helping.set(true),
        Action::Console(verb) => console(lab, root, verb),
        Action::Cut => cut(lab, root),
        action => act(lab, action, &event.key()),
    }
    true
}

/// Whether the element that has the focus needs this key itself.
fn wants(target: &Element, key: &Key) -> bool {
    let inside = |selector: &str| target.closest(selector).ok().flatten().is_some();
    let typing = target.dyn_ref::<HtmlInputElement>().map_or_else(
        || inside("textarea, select, [contenteditable=true]"),
        |input| !matches!(input.type_().as_str(), "range" | "checkbox" | "radio" | "button" | "submit" | "file"),
    );
    if typing || inside("dialog") {
        return true;
    }
    match key.action {
        Action::Play => inside("button, a, summary, input, [role=button]"),
        Action::Go(_) => inside("input, [role=slider], [role=radiogroup], [role=tablist], [role=listbox], [role=menu], .scrub"),
        _ => false,
    }
}

fn act(lab: &LabHandle, action: Action, pressed: &str) {
    match action {
        Action::Go(wanted) => go(lab, wanted),
        Action::Play => toggle_play(lab),
        Action::Faster(by) => faster(lab, by),
        Action::Mend => mend(lab),
        Action::Crash => crash(lab),
        Action::Node => node(lab, pressed),
        Action::Truth => lab.set_ui(|ui| ui.truth = !ui.truth),
        Action::View => lab.set_ui(|ui| ui.view = if ui.view == View::Ring { View::Sweep } else { View::Ring }),
        Action::Projector => theme::set_projector(!theme::is_projector()),
        Action::Escape => lab.set_ui(escape),
        Action::Help | Action::Console(_) | Action::Cut => {}
    }
}

/// First the tool, then the selection, then the message of what went wrong.
fn escape(ui: &mut UiState) {
    if ui.tool != Tool::Point {
        ui.tool = Tool::Point;
    } else if ui.selection != Selection::Nothing {
        ui.selection = Selection::Nothing;
    } else {
        ui.error = None;
    }
}

/// Takes up the scissors and goes to the stage, where arrows and Enter choose nodes; or puts them down.
fn cut(lab: &LabHandle, root: Option<&Element>) {
    let taken = lab.ui().tool == Tool::Point;
    lab.set_ui(|ui| {
        ui.playing = false;
        ui.tool = if taken { Tool::Cut { chosen: Vec::new(), one_way: false } } else { Tool::Point };
    });
    let stop = root.and_then(|r| r.query_selector("[data-testid=stage] [tabindex=\"0\"]").ok().flatten());
    if let (true, Some(stop)) = (taken, stop) {
        // Shapes of a drawing take the focus as elements of a page do.
        let _ = stop.unchecked_into::<HtmlElement>().focus();
    }
}

fn mend(lab: &LabHandle) {
    if lab.read(|s| s.world().network().cuts().is_empty()) {
        lab.set_ui(|ui| ui.notice = Some("There is no cut to mend.".to_owned()));
    } else {
        act_or_say(lab, Command::MendAll);
    }
}

fn crash(lab: &LabHandle) {
    let Selection::Node(node) = lab.ui().selection else {
        return lab.set_ui(|ui| ui.notice = Some("Select a node first: keys 1 to 9, or a click.".to_owned()));
    };
    let down = lab.read(|s| s.world().host(node).is_some_and(|h| h.status == Status::Down));
    act_or_say(lab, if down { Command::Restart { node } } else { Command::Crash { node } });
}

fn node(lab: &LabHandle, pressed: &str) {
    let nodes = lab.read(|s| s.world().hosts().len() as u32);
    if let Some(n) = pressed.parse::<u32>().ok().and_then(|n| n.checked_sub(1)).filter(|n| *n < nodes) {
        lab.set_ui(|ui| ui.selection = Selection::Node(NodeId(n)));
    }
}

/// Chooses what the console sends. A write goes on to its value, anything to the key if there is none; what needs nothing more is sent when its key is pressed again.
fn console(lab: &LabHandle, root: Option<&Element>, verb: ConsoleVerb) {
    let chosen = lab.ui().verb == verb;
    if !chosen {
        lab.set_ui(|ui| ui.verb = verb);
    }
    let find = |name: &str| {
        root.and_then(|r| r.query_selector(&format!("[data-testid={name}]")).ok().flatten()).and_then(|e| e.dyn_into::<HtmlElement>().ok())
    };
    let (Some(send), value, name) = (find("console-send"), find("console-value"), find("console-key")) else { return };
    // Nothing can be sent before there is a key.
    let empty = |field: &HtmlElement| field.dyn_ref::<HtmlInputElement>().is_some_and(|input| input.value().is_empty());
    let nameless = name.filter(|field| empty(field));
    let (ready, field) = (nameless.is_none(), nameless.or(value));
    // Nothing to focus where the console is not shown (projector, another tab): the key sends at once.
    let hidden = send.offset_parent().is_none();
    let focused = gloo::utils::document().active_element().is_some_and(|a| a == *send);
    if chosen && ready && verb != ConsoleVerb::Write && (hidden || focused) {
        send.click();
        return;
    }
    match field.filter(|_| !hidden && (!ready || verb == ConsoleVerb::Write)) {
        Some(field) => {
            // The field is there and enabled once the console has been drawn with its new verb.
            gloo::timers::callback::Timeout::new(0, move || {
                let _ = field.focus();
                if let Some(input) = field.dyn_ref::<HtmlInputElement>() {
                    input.select();
                }
            })
            .forget();
        }
        None => {
            // A hidden button cannot take the focus, and need not.
            let _ = send.focus();
        }
    }
}
