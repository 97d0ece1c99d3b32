//! Keeping work. Each tab keeps its own per place; the newest work of all tabs is kept too, for a tab that was closed.

use crate::engine::base::arrange;
use std::cell::RefCell;

use serde::{Deserialize, Serialize};
use web_sys::Storage;

/// Prefix of the names under which a tab keeps the work of each place.
const WORK: &str = "drift.work/";
/// Name under which the newest work of all tabs is kept.
const LATEST: &str = "drift.latest";

/// Why something could not be kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotKept {
    /// The browser does not let this page store anything.
    Blocked,
    /// There is no room left.
    Full,
}

impl NotKept {
    /// What to tell the person.
    pub const fn words(self) -> &'static str {
        match self {
            NotKept::Blocked => {
                "The browser does not let this page keep your work: it will be gone when you close or reload this tab. Save it as a file to keep it."
            }
            NotKept::Full => {
                "There is no room left to keep your work: what you do from here on will be gone when you close or reload this tab. Save it as a file to keep it."
            }
        }
    }
}

/// Somebody's newest work.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Latest {
    /// Its title.
    pub title: String,
    /// Where it was made: what follows the `#` of an address.
    pub address: String,
    /// The run file.
    pub file: String,
}

thread_local! {
    /// The newest run file of this page, for the last words after a panic, when nothing can be computed any more.
    static LAST: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// The newest run file of this page, if it can be had.
pub fn last_words() -> Option<String> {
    LAST.try_with(|last| last.try_borrow().ok()?.clone()).ok().flatten()
}

/// What this tab alone sees. Asking throws where storage is blocked.
fn tab() -> Option<Storage> {
    web_sys::window()?.session_storage().ok().flatten()
}

/// What all tabs see.
fn shared() -> Option<Storage> {
    web_sys::window()?.local_storage().ok().flatten()
}

/// Keeps a run file for a place of this tab.
pub fn keep(place: &str, file: &str) -> Result<(), NotKept> {
    LAST.with(|last| *last.borrow_mut() = Some(file.to_owned()));
    put(tab(), &format!("{WORK}{place}"), file)
}

/// Keeps a text that is no run for a place of this tab.
pub fn keep_text(place: &str, text: &str) -> Result<(), NotKept> {
    put(tab(), &format!("{WORK}{place}"), text)
}

/// Keeps what a person has made, to be offered to a new tab.
pub fn keep_latest(latest: &Latest) -> Result<(), NotKept> {
    // Plain texts always have a JSON form.
    put(shared(), LATEST, &serde_json::to_string(latest).unwrap_or_default())
}

fn put(storage: Option<Storage>, name: &str, value: &str) -> Result<(), NotKept> {
    let storage = storage.ok_or(NotKept::Blocked)?;
    storage.set_item(name, value).map_err(|_| NotKept::Full)
}

fn get(storage: Option<Storage>, name: &str) -> Option<String> {
    storage?.get_item(name).ok().flatten()
}

/// The work this tab has kept for a place.
pub fn kept(place: &str) -> Option<String> {
    get(tab(), &format!("{WORK}{place}"))
}

/// Forgets what this tab has kept for a place.
pub fn forget(place: &str) {
    if let Some(storage) = tab() {
        // If it cannot be removed it will be kept over at the next change.
        let _ = storage.remove_item(&format!("{WORK}{place}"));
    }
}

/// The newest work of all tabs.
pub fn latest() -> Option<Latest> {
    // By way of a value, as runs are read: each way is compiled apart.
    serde_json::from_value(serde_json::from_str(&get(shared(), LATEST)?).ok()?).ok()
}

/// Remembers a small choice for all tabs, where that is allowed.
pub fn remember(name: &str, value: &str) {
    // Not being remembered costs one click next time.
    let _ = put(shared(), name, value);
}

/// A choice remembered by [`remember`].
pub fn remembered(name: &str) -> Option<String> {
    get(shared(), name)
}

/// Keeps a text for all tabs.
pub fn keep_for_all(name: &str, value: &str) -> Result<(), NotKept> {
    put(shared(), name, value)
}

/// Forgets what was kept for all tabs under a name.
pub fn forget_for_all(name: &str) {
    if let Some(storage) = shared() {
        // What cannot be removed is seen again at once.
        let _ = storage.remove_item(name);
    }
}

/// The names that begin so among those kept for all tabs, in order.
pub fn names_for_all(prefix: &str) -> Vec<String> {
    let Some(storage) = shared() else { return Vec::new() };
    let count = storage.length().unwrap_or_default();
    let mut found: Vec<String> = (0..count).filter_map(|i| storage.key(i).ok().flatten()).filter(|name| name.starts_with(prefix)).collect();
    arrange(&mut found, Ord::cmp);
    found
}

/// Whether the reader has asked for a fresh start, so that nothing is restored.
pub fn is_fresh() -> bool {
    gloo::utils::document_element().has_attribute("data-fresh")
}
