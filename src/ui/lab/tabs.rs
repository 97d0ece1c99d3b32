//! Tabs below the drawing on phones: one panel at a time.

use yew::prelude::*;

/// A panel that has a tab.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Tab {
    /// What is selected.
    #[default]
    Inspect,
    /// What clients do.
    Client,
    /// What breaks.
    Faults,
    /// How nodes behave.
    Settings,
    /// What a sweep costs: beside a sweep alone.
    Sweep,
}

impl Tab {
    /// The tabs beside the ring, in order.
    pub const RING: &[Tab] = &[Tab::Inspect, Tab::Client, Tab::Faults, Tab::Settings];
    /// The tabs beside a sweep, in order.
    pub const SWEEP: &[Tab] = &[Tab::Sweep, Tab::Inspect, Tab::Client, Tab::Faults, Tab::Settings];

    /// Its word in `data-tab` and `data-panel`.
    pub const fn word(self) -> &'static str {
        match self {
            Tab::Inspect => "inspect",
            Tab::Client => "client",
            Tab::Faults => "faults",
            Tab::Settings => "settings",
            Tab::Sweep => "sweep",
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Tab::Inspect => "Inspect",
            Tab::Client => "Client",
            Tab::Faults => "Faults",
            Tab::Settings => "Settings",
            Tab::Sweep => "Sweep",
        }
    }
}

/// The row of tabs.
pub fn tabs(all: &'static [Tab], current: Tab, choose: &Callback<Tab>, label: &str) -> Html {
    let place = all.iter().position(|t| *t == current).unwrap_or_default();
    let onkeydown = {
        let choose = choose.clone();
        Callback::from(move |event: KeyboardEvent| {
            let to = match event.key().as_str() {
                "ArrowRight" => (place + 1) % all.len(),
                "ArrowLeft" => (place + all.len() - 1) % all.len(),
                _ => return,
            };
            // These arrows move between tabs and not in time.
            event.stop_propagation();
            event.prevent_default();
            focus_sibling(&event, to);
            choose.emit(all[to]);
        })
    };
    html! {
        <nav class="tabs" aria-label={label.to_owned()}><div role="tablist" aria-label={label.to_owned()} {onkeydown}>
            { for all.iter().map(|tab| {
                let tab = *tab;
                let chosen = tab == current;
                let choose = choose.clone();
                html! {
                    <button type="button" role="tab" data-testid={format!("tab-{}", tab.word())} aria-selected={chosen.to_string()}
                        tabindex={if chosen { "0" } else { "-1" }} onclick={move |_| choose.emit(tab)}>{ tab.name() }</button>
                }
            }) }
        </div></nav>
    }
}

/// Moves the focus to the button at `place` of the row in which a key was pressed.
fn focus_sibling(event: &KeyboardEvent, place: usize) {
    let row = event.target_dyn_into::<web_sys::Element>().and_then(|button| button.parent_element());
    let button = row.and_then(|row| row.children().item(place as u32));
    if let Some(button) = button.and_then(|b| wasm_bindgen::JsCast::dyn_into::<web_sys::HtmlElement>(b).ok()) {
        // The tab is chosen all the same.
        let _ = button.focus();
    }
}
