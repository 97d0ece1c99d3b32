//! For a class: one's own work, handing it in, exercise sheets, and grading what was handed in.

mod hand_in;
mod keep;
mod logs;
mod sheets;
mod work;

pub use hand_in::HandedInPage;
pub use sheets::SheetsPage;
pub use work::{WorkPage, strip};

use yew::prelude::*;

use super::route::Route;

/// What an address of the class's rooms shows.
pub fn door(route: &Route, _: &AttrValue) -> Html {
    match route {
        Route::HandedIn => html! { <HandedInPage /> },
        Route::Sheets => html! { <SheetsPage /> },
        _ => html! { <WorkPage /> },
    }
}
