//! Addresses: what follows the `#`. The page works in any folder, since the server never sees this part.
#![expect(clippy::disallowed_types, reason = "the router's derive makes a hash map for a route's parts; its order is never seen")]

use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{AddEventListenerOptions, Event};
use yew_router::Routable;

/// Where the reader is.
#[derive(Debug, Clone, PartialEq, Routable)]
pub enum Route {
    /// The front page.
    #[at("/")]
    Home,
    /// The reader's own work, or an empty ring.
    #[at("/lab")]
    Lab,
    /// A run of the gallery.
    #[at("/lab/:slug")]
    Run {
        /// Its short name.
        slug: String,
    },
    /// A run that somebody shared: `?r=` holds it.
    #[at("/run")]
    Shared,
    /// An empty ring as the front page describes it: `?nodes=6&copies=3…`.
    #[at("/new")]
    New,
    /// Two labs of one run.
    #[at("/two")]
    Two,
    /// Two labs of a run of the gallery.
    #[at("/two/:slug")]
    TwoOf {
        /// Its short name.
        slug: String,
    },
    /// A lesson of the course, or the one that was opened from a file (`own-file`).
    #[at("/lesson/:slug")]
    Lesson {
        /// Its short name.
        slug: String,
    },
    /// A lesson somewhere else on this site: `?from=folder/lesson.md`.
    #[at("/lesson")]
    LessonFrom,
    /// A challenge of a lesson, in the lab.
    #[at("/challenge/:slug/:name")]
    Challenge {
        /// The lesson's short name.
        slug: String,
        /// The challenge's name.
        name: String,
    },
    /// One's own work, all lessons together.
    #[at("/work")]
    Work,
    /// What was answered of one lesson, for paper.
    #[at("/work/:slug")]
    Summary {
        /// The lesson's short name.
        slug: String,
    },
    /// A hand-in that somebody made a link of: `?h=` holds it.
    #[at("/hand-in")]
    HandedIn,
    /// An exercise sheet: `?title=…&items=lesson/item,…`.
    #[at("/sheet")]
    Sheet,
    /// Where exercise sheets are made.
    #[at("/sheets")]
    Sheets,
    /// The words of the course.
    #[at("/glossary")]
    Glossary,
    /// The works behind the course.
    #[at("/references")]
    References,
    /// Nothing is here.
    #[not_found]
    #[at("/not-found")]
    Nowhere,
}

/// The value of a name in `?name=value&…`.
pub fn query<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    text.strip_prefix('?')?.split('&').find_map(|pair| pair.split_once('=').filter(|(n, _)| *n == name)).map(|(_, value)| value)
}

/// The whole address of this page with another part after the `#`.
pub fn address(after: &str) -> String {
    let href = web_sys::window().and_then(|w| w.location().href().ok()).unwrap_or_default();
    format!("{}#{after}", href.split('#').next().unwrap_or_default())
}

/// The address of a shared run.
pub fn shared_address(payload: &str) -> String {
    address(&format!("/run?r={payload}"))
}

/// Repairs addresses that no router reads, such as `#main` or `#//x`: now, and whenever one is typed or a link leads to one. The router's
/// own listener comes after this one.
pub fn guard() {
    repair();
    let Some(window) = web_sys::window() else { return };
    let listener = Closure::<dyn FnMut(Event)>::new(|_| repair());
    let first = AddEventListenerOptions::new();
    first.set_capture(true);
    for event in ["popstate", "hashchange"] {
        // Without it a mistyped address shows the panic page, which still works.
        let _ = window.add_event_listener_with_callback_and_add_event_listener_options(event, listener.as_ref().unchecked_ref(), &first);
    }
    // It listens as long as the page lives.
    listener.forget();
}

fn repair() {
    let Some(window) = web_sys::window() else { return };
    let hash = window.location().hash().unwrap_or_default();
    let path = hash.strip_prefix('#').unwrap_or_default();
    let readable = path.starts_with('/') && !path.starts_with("//") && !path.starts_with("/\\");
    if !readable && let Ok(history) = window.history() {
        let target = if path.is_empty() { "#/" } else { "#/not-found" };
        let _ = history.replace_state_with_url(&JsValue::NULL, "", Some(target));
    }
}

/// Says where the reader is, for the window's title.
pub fn set_title(title: &str) {
    let whole = if title.is_empty() { "Drift & Repair".to_owned() } else { format!("{title} · Drift & Repair") };
    gloo::utils::document().set_title(&whole);
}
