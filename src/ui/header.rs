//! The bar at the top of every page: name, places to go, what is open, and tools.

use yew::prelude::*;
use yew_router::prelude::Link;

use super::marks;
use super::route::Route;
use super::theme;
use crate::view::glyph::Icon;

/// What a page puts into the bar.
#[derive(Default)]
pub struct Bar {
    /// The entry of the navigation that is marked as current.
    pub current: Option<Route>,
    /// What is open, in the middle.
    pub mid: Html,
    /// Tools of this page, left of those that every page has.
    pub tools: Html,
    /// Tools of this page, right of those that every page has.
    pub last: Html,
}

/// The bar at the top.
pub fn header(bar: Bar) -> Html {
    html! {
        <header class="top">
            <Link<Route> classes="brand" to={Route::Home}>
                <svg width="34" height="26" viewBox="0 0 34 26" aria-hidden="true">
                    <rect class="v2" x="1" y="8" width="17" height="17" rx="2" />
                    <rect class="v1" x="10" y="1" width="17" height="17" rx="2" />
                    <path d="M27 18l6 6" />
                </svg>
                <span>{ "Drift & Repair" }</span>
            </Link<Route>>
            <nav aria-label="Places">
                { for [(Route::Home, "Home"), (Route::Lab, "Lab"), (Route::Two, "Two labs")].map(|(to, name)| place(to, name, bar.current.as_ref())) }
            </nav>
            <div class="mid">{ bar.mid }</div>
            <div class="tools">
                { bar.tools }
                <ThemeButton />
                { bar.last }
            </div>
        </header>
    }
}

fn place(to: Route, name: &'static str, current: Option<&Route>) -> Html {
    use yew_router::Routable;
    let mark = (current == Some(&to)).then_some("page");
    html! { <a href={format!("#{}", to.to_path())} aria-current={mark}>{ name }</a> }
}

/// A button that says what it does.
pub fn verb(name: &'static str, testid: &'static str, onclick: Callback<MouseEvent>) -> Html {
    html! { <button type="button" class="btn sm" data-testid={testid} {onclick}>{ name }</button> }
}

/// A square button with a picture.
pub fn tool_button(icon: Icon, label: &str, testid: &'static str, pressed: Option<bool>, onclick: Callback<MouseEvent>) -> Html {
    let label = AttrValue::from(label.to_owned());
    html! {
        <button
            type="button"
            class="tb"
            data-testid={testid}
            aria-label={label.clone()}
            title={label.clone()}
            aria-pressed={pressed.map(|on| on.to_string())}
            {onclick}
        >{ marks::icon(icon) }</button>
    }
}

/// Light or dark.
#[component]
pub fn ThemeButton() -> Html {
    let dark = use_state(theme::is_dark);
    let onclick = {
        let dark = dark.clone();
        Callback::from(move |_| {
            theme::toggle();
            dark.set(theme::is_dark());
        })
    };
    let label = if *dark { "Light page" } else { "Dark page" };
    tool_button(Icon::Contrast, label, "theme", None, onclick)
}

/// A link past the bar, for a keyboard. The address stays as it is: what follows the `#` is the router's.
pub fn skip_link() -> Html {
    let onclick = Callback::from(|event: MouseEvent| {
        event.prevent_default();
        let main = gloo::utils::document().get_element_by_id("main");
        if let Some(main) = main.and_then(|m| wasm_bindgen::JsCast::dyn_into::<web_sys::HtmlElement>(m).ok()) {
            // An element that cannot take the focus keeps the reader where they are.
            let _ = main.focus();
            main.scroll_into_view();
        }
    });
    html! { <a class="skip" href="#main" {onclick}>{ "Skip to the figure" }</a> }
}
