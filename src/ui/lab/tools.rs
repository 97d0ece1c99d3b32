//! Tools of a lab in the top bar, and run files: saving, opening, dropping.

use gloo::file::callbacks::{FileReader, read_as_text};
use gloo::file::{Blob, File, ObjectUrl};
use wasm_bindgen::JsCast;
use yew::prelude::*;

use super::LabHandle;
use super::keeping::pace;
use super::open::sentence;
use crate::lab::{self, BOUNDS, LabError};
use crate::ui::header::tool_button;
use crate::ui::share::ShareSheet;
use crate::ui::theme;
use crate::view::glyph::Icon;

/// Share and projector.
#[hook]
pub fn use_lab_tools() -> Html {
    let sharing = use_state_eq(|| false);
    let open = {
        let sharing = sharing.clone();
        Callback::from(move |_| sharing.set(true))
    };
    let close = {
        let sharing = sharing.clone();
        Callback::from(move |()| sharing.set(false))
    };
    let projector = theme::is_projector();
    let project = Callback::from(|_| theme::set_projector(!theme::is_projector()));
    html! {
        <>
            { tool_button(Icon::Link, "Share or keep this run", "share", None, open) }
            { tool_button(Icon::Projector, "Show to a room", "projector", Some(projector), project) }
            if *sharing { <ShareSheet {close} /> }
        </>
    }
}

/// Offers a text as a file to save.
pub fn save_as(name: &str, text: &str) {
    let blob = Blob::new_with_options(text, Some("application/json"));
    let url = ObjectUrl::from(blob);
    let link = gloo::utils::document().create_element("a").ok().and_then(|a| a.dyn_into::<web_sys::HtmlAnchorElement>().ok());
    if let Some(link) = link {
        link.set_href(&url);
        link.set_download(name);
        link.click();
    }
    // The browser has begun to read it; it may be forgotten a while later.
    gloo::timers::callback::Timeout::new(60_000, move || drop(url)).forget();
}

/// A file name from a title: letters and digits, with hyphens between.
pub fn file_name(title: &str) -> String {
    let plain: String = title.chars().map(|c| if c.is_alphanumeric() { c.to_ascii_lowercase() } else { ' ' }).collect();
    let words: Vec<&str> = plain.split_whitespace().take(8).collect();
    format!("{}.drift.json", if words.is_empty() { "run".to_owned() } else { words.join("-") })
}

/// Reads a file and opens the run in it; what is open stays open if it cannot be read. Dropping the reader stops it.
#[must_use]
pub fn open_file(lab: &LabHandle, file: &File) -> Option<FileReader> {
    if file.size() > BOUNDS.file_bytes as u64 {
        let error = LabError::TooLarge { what: "the run file", size: file.size(), limit: BOUNDS.file_bytes as u64, unit: "bytes" };
        lab.set_ui(|ui| ui.error = Some(sentence(&error)));
        return None;
    }
    let (lab, name) = (lab.clone(), file.name());
    Some(read_as_text(file, move |read| {
        let opened = read.map_err(|e| e.to_string()).and_then(|text| lab::from_file_at(&text, pace()).map_err(|e| e.to_string()));
        match opened {
            Ok(session) => lab.replace(session, format!("Opened {name}.")),
            Err(error) => lab.set_ui(|ui| ui.error = Some(format!("{name} was not opened. {}", sentence(&error)))),
        }
    }))
}

/// Opens run files that are dropped on the lab.
#[hook]
pub fn use_file_drop(lab: &LabHandle) -> (Callback<DragEvent>, Callback<DragEvent>) {
    let reader = use_mut_ref(|| None::<FileReader>);
    let over = Callback::from(|event: DragEvent| event.prevent_default());
    let lab = lab.clone();
    let drop = Callback::from(move |event: DragEvent| {
        let files = event.data_transfer().and_then(|data| data.files());
        if let Some(file) = files.and_then(|list| list.get(0)) {
            event.prevent_default();
            *reader.borrow_mut() = open_file(&lab, &File::from(file));
        }
    });
    (over, drop)
}
