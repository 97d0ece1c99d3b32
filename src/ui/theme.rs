//! Light or dark, and the projector: both are said on the root element, where the style sheets look.

use gloo::utils::document_element;
use wasm_bindgen::UnwrapThrowExt;

use super::storage;

/// Where the reader's choice is kept; `boot.js` reads it before the first paint.
const KEPT: &str = "drift.theme";

/// What the window is told when the projector goes on or off.
pub const MODE_EVENT: &str = "drift-mode";

/// Whether the page is dark now.
pub fn is_dark() -> bool {
    document_element().get_attribute("data-theme").as_deref() == Some("dark")
}

/// Changes to the other theme and remembers it, where that is allowed.
pub fn toggle() {
    let wanted = if is_dark() { "light" } else { "dark" };
    set("data-theme", Some(wanted));
    storage::remember(KEPT, wanted);
}

/// Whether the page is shown for a room.
pub fn is_projector() -> bool {
    document_element().get_attribute("data-mode").as_deref() == Some("projector")
}

/// Shows the page for a room, or for one reader; tells the window with [`MODE_EVENT`].
pub fn set_projector(on: bool) {
    set("data-mode", on.then_some("projector"));
    if let (Some(window), Ok(event)) = (web_sys::window(), web_sys::Event::new(MODE_EVENT)) {
        let _ = window.dispatch_event(&event);
    }
}

fn set(name: &str, value: Option<&str>) {
    let root = document_element();
    match value {
        // Both names are valid, which is all that could be wrong.
        Some(value) => root.set_attribute(name, value).unwrap_throw(),
        None => root.remove_attribute(name).unwrap_throw(),
    }
}
