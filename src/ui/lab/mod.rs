//! The lab: one session on the page and the panels that show it.

pub mod act;
pub mod amount;
pub mod branches;
pub mod break_even;
pub mod checks;
pub mod chooser;
pub mod console;
pub mod dock;
pub mod event_inspector;
pub mod faults;
mod freeing;
pub mod handle;
pub mod help;
pub mod inspector;
pub mod keeping;
mod kept;
pub mod keys;
pub mod legend;
pub mod messages;
pub mod moves;
pub mod network;
pub mod node_inspector;
pub mod open;
pub mod page;
pub mod play;
pub mod quorum;
pub mod scrub;
pub mod settings;
pub mod stage;
pub mod sweep;
pub mod tabs;
pub mod timeline;
pub mod title;
pub mod tools;
pub mod transport;
pub mod two;
mod two_clocks;
pub mod why;
mod working;
pub mod workloads;

pub use handle::{ConsoleVerb, LabHandle, Selection, Tool, UiState};

use yew::prelude::*;

use super::route::Route;
use open::Place;

/// What an address of the lab shows.
pub fn door(route: &Route, query: &AttrValue) -> Html {
    let place = match route {
        Route::Two => return html! { <two::TwoLabs /> },
        Route::TwoOf { slug } => return html! { <two::TwoLabs slug={slug.clone()} /> },
        Route::Run { slug } => Place::Gallery(slug.clone().into()),
        Route::Shared => Place::Shared(query.clone()),
        Route::New => Place::New(query.clone()),
        _ => Place::Own,
    };
    html! { <page::LabPage {place} /> }
}
