//! A number in a sentence: drag it, use the arrow keys, or type.

use web_sys::{HtmlInputElement, PointerEvent};
use yew::prelude::*;

use crate::view::settings_text::Number;

/// CSS pixels of drag for one step.
const STEP: i32 = 12;

/// Properties of [`Scrub`].
#[derive(Debug, PartialEq, Properties)]
pub struct ScrubProps {
    /// The number.
    pub number: Number,
    /// Takes a new value that is within bounds.
    pub set: Callback<u64>,
    /// Takes what is wrong with what was typed.
    pub refuse: Callback<String>,
    /// Is told when somebody begins to change it.
    #[prop_or_default]
    pub touch: Callback<Number>,
}

/// What is going on with the value.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Held {
    /// Nothing: it shows the value in force.
    No,
    /// Somebody types.
    Typed(String),
    /// Somebody drags: where the drag began, and the value so far.
    Dragged { from: i32, value: u64, moved: bool },
}

/// The number.
#[component]
pub fn Scrub(props: &ScrubProps) -> Html {
    let held = use_state_eq(|| Held::No);
    let number = props.number;
    let text = match &*held {
        Held::No => number.shown(),
        Held::Typed(text) => text.clone(),
        Held::Dragged { value, .. } => Number { value: *value, ..number }.shown(),
    };
    let commit = {
        let (held, set, refuse) = (held.clone(), props.set.clone(), props.refuse.clone());
        move || {
            if let Held::Typed(text) = &*held {
                match number.read(text) {
                    Ok(value) if value != number.value => set.emit(value),
                    Ok(_) => {}
                    Err(why) => refuse.emit(why),
                }
            }
            held.set(Held::No);
        }
    };
    let oninput = {
        let held = held.clone();
        Callback::from(move |event: InputEvent| {
            if let Some(input) = event.target_dyn_into::<HtmlInputElement>() {
                held.set(Held::Typed(input.value()));
            }
        })
    };
    let onkeydown = keys(&held, number, props.set.clone(), commit.clone());
    let (down, drag, up) = drags(&held, number, props.set.clone());
    let onfocus = props.touch.reform(move |_: FocusEvent| number);
    let dragging = matches!(&*held, Held::Dragged { moved: true, .. });
    html! {
        <input type="text" class={classes!("scrub", dragging.then_some("held"))} role="spinbutton" autocomplete="off" spellcheck="false"
            data-testid={format!("setting-{}", number.id)} aria-label={number.label} aria-valuenow={number.value.to_string()}
            aria-valuemin={number.least.to_string()} aria-valuemax={number.most.to_string()} aria-valuetext={number.shown()}
            title={format!("{}: {}", number.label, number.bounds())} size={text.chars().count().max(1).to_string()} value={text.clone()}
            {oninput} {onkeydown} {onfocus} onblur={move |_: FocusEvent| commit()}
            onpointerdown={down} onpointermove={drag} onpointerup={up.clone()} onpointercancel={up} />
    }
}

/// Arrows step, Enter takes what was typed, Escape forgets it.
fn keys(held: &UseStateHandle<Held>, number: Number, set: Callback<u64>, commit: impl Fn() + 'static) -> Callback<KeyboardEvent> {
    let held = held.clone();
    Callback::from(move |event: KeyboardEvent| {
        let steps = match event.key().as_str() {
            "ArrowUp" => 1,
            "ArrowDown" => -1,
            "PageUp" => 3,
            "PageDown" => -3,
            "Enter" => {
                event.prevent_default();
                commit();
                return;
            }
            "Escape" => {
                held.set(Held::No);
                return;
            }
            _ => return,
        };
        event.prevent_default();
        event.stop_propagation();
        let value = number.stepped(number.value, steps);
        held.set(Held::No);
        if value != number.value {
            set.emit(value);
        }
    })
}

/// A drag shows the value it would give, and gives it when it ends: one change, however far it went.
#[allow(clippy::type_complexity, reason = "three handlers of one gesture")]
fn drags(
    held: &UseStateHandle<Held>,
    number: Number,
    set: Callback<u64>,
) -> (Callback<PointerEvent>, Callback<PointerEvent>, Callback<PointerEvent>) {
    let down = {
        let held = held.clone();
        Callback::from(move |event: PointerEvent| {
            if event.button() == 0 && *held == Held::No {
                held.set(Held::Dragged { from: event.client_x(), value: number.value, moved: false });
                if let Some(input) = event.target_dyn_into::<HtmlInputElement>() {
                    // Without capture the drag ends at the edge of the number.
                    let _ = input.set_pointer_capture(event.pointer_id());
                }
            }
        })
    };
    let drag = {
        let held = held.clone();
        Callback::from(move |event: PointerEvent| {
            if let Held::Dragged { from, moved, .. } = &*held {
                let steps = (event.client_x() - from) / STEP;
                held.set(Held::Dragged { from: *from, value: number.stepped(number.value, steps), moved: *moved || steps != 0 });
            }
        })
    };
    let up = {
        let held = held.clone();
        Callback::from(move |_: PointerEvent| {
            if let Held::Dragged { value, .. } = &*held {
                let value = *value;
                held.set(Held::No);
                if value != number.value {
                    set.emit(value);
                }
            }
        })
    };
    (down, drag, up)
}
