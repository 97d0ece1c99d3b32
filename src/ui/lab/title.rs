//! What is open: the run's title, its seed, and whether the person has changed it.

use yew::prelude::*;

use super::LabHandle;
use super::open::Opened;
use crate::lab::Session;
use crate::ui::storage;

/// Properties of [`Title`].
#[derive(Debug, PartialEq, Properties)]
pub struct TitleProps {
    /// What was opened.
    pub opened: Opened,
}

/// The title in the bar.
#[component]
pub fn Title(props: &TitleProps) -> Html {
    let Some(lab) = use_context::<LabHandle>() else { return Html::default() };
    let (title, about, seed) = lab.read(|s| (s.script().title.clone(), s.script().about.clone(), s.script().seed));
    html! {
        <>
            <h1 title={about} data-testid="title">{ if title.is_empty() { "A run without a title".to_owned() } else { title } }</h1>
            <span class="dim not-projector">{ "seed " }<b>{ seed.to_string() }</b></span>
            <Whose opened={props.opened.clone()} />
        </>
    }
}

/// Whether the run is shared or changed by the person, and a button that opens it again from its beginning.
#[component]
pub fn Whose(props: &TitleProps) -> Html {
    let Some(lab) = use_context::<LabHandle>() else { return Html::default() };
    let changed = lab.read(|s| s.branches().len() > 1 || *s.script() != *props.opened.original);
    let shared = props.opened.place.as_ref().is_some_and(|p| p.starts_with("run/"));
    let onclick = {
        let (lab, opened) = (lab.clone(), props.opened.clone());
        Callback::from(move |_: MouseEvent| {
            // It was opened once, so it opens again.
            let Ok(mut session) = Session::open((*opened.original).clone()) else { return };
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
            if changed && props.opened.place.is_some() {
                <button type="button" class="btn sm not-projector" data-testid="again" {onclick} title="Opens this run as it was; can be undone">
                    { "Start again" }
                </button>
            }
        </>
    }
}
