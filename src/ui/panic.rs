//! Last words: when the engine stops, the page outside it (`boot.js`) shows the cause and offers the work to save.

use std::panic::PanicHookInfo;

use js_sys::{Object, Reflect};
use wasm_bindgen::JsValue;
use web_sys::{CustomEvent, CustomEventInit};

use super::storage;

/// Whoever listens for it outside of wasm gets `{ message, run }`.
const EVENT: &str = "drift-panic";

/// From now on a panic is told to the page. What runs after a panic is plain script: this module is dead by then.
pub fn install() {
    // Yew would put its own hook in the place of any other.
    yew::set_custom_panic_hook(Box::new(|info| {
        console_error_panic_hook::hook(info);
        // If even this fails there is nothing left to tell it with.
        let _ = tell(info);
    }));
}

fn tell(info: &PanicHookInfo<'_>) -> Result<(), JsValue> {
    let detail = Object::new();
    Reflect::set(&detail, &"message".into(), &info.to_string().into())?;
    if let Some(run) = storage::last_words() {
        Reflect::set(&detail, &"run".into(), &run.as_str().into())?;
    }
    let init = CustomEventInit::new();
    init.set_detail(&detail);
    let event = CustomEvent::new_with_event_init_dict(EVENT, &init)?;
    if let Some(window) = web_sys::window() {
        window.dispatch_event(&event)?;
    }
    Ok(())
}
