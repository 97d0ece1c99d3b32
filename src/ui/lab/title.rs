//! What is open: the run's title, its seed, and whether the person has changed it.

use yew::prelude::*;

use super::LabHandle;
use super::keeping::pace;
use super::open::Opened;
use crate::lab::Session;
use crate::ui::storage;

/// The title in the bar.
pub fn title(lab: &LabHandle, opened: &Opened) -> Html {
    let (name, about, seed) = lab.read(|s| (s.script().title.clone(), s.script().about.clone(), s.script().seed));
    html! {
        <>
            <h1 title={about} data-testid="title">{ if name.is_empty() { "A run without a title".to_owned() } else { name } }</h1>
            <span class="dim not-projector">{ "seed " }<b>{ seed.to_string() }</b></span>
            { whose(lab, opened) }
        </>
    }
}

/// Whether the run is shared or changed by the person, and a button that opens it again from its beginning.
pub fn whose(lab: &LabHandle, opened: &Opened) -> Html {
    let changed = lab.read(|s| s.branches().len() > 1 || *s.script() != *opened.original);
    let shared = opened.place.as_ref().is_some_and(|p| p.starts_with("run/"));
    let onclick = {
        let (lab, opened) = (lab.clone(), opened.clone());
        Callback::from(move |_: MouseEvent| {
            // It was opened once, so it opens again.
            let Ok(mut session) = Session::open_at((*opened.original).clone(), pace()) else { return };
            session.seek_event(opened.start);
            if let Some(place) = &opened.place {
                storage::forget(place);
            }
            lab.replace(session, "Started again.".to_owned());
        })
    };
    let kind = match (changed, shared) {
        (true, _) => "changed by you",
        (false, true) => "a shared run",
        (false, false) => "",
    };
    html! {
        <>
            if !kind.is_empty() { <span class="dim not-projector" data-testid="whose">{ kind }</span> }
            if changed && opened.place.is_some() {
                <button type="button" class="btn sm not-projector" data-testid="again" {onclick} title="Opens this run as it was; can be undone">
                    { "Start again" }
                </button>
            }
        </>
    }
}
