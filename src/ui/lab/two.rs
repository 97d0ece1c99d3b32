//! Two labs of one run, side by side, to compare by hand.

use yew::prelude::*;

use super::open::{self, Opened, Place, Restore};
use super::page::LabView;
use crate::lab;
use crate::ui::header::{Bar, header};
use crate::ui::route::{Route, set_title};
use crate::ui::storage;

/// Properties of [`TwoLabs`].
#[derive(Debug, PartialEq, Properties)]
pub struct TwoLabsProps {
    /// The run of the gallery; the first one if none is named.
    #[prop_or_default]
    pub slug: Option<AttrValue>,
}

/// Two independent labs.
#[component]
pub fn TwoLabs(props: &TwoLabsProps) -> Html {
    use_effect_with((), |()| set_title("Two labs"));
    let slug: AttrValue = props.slug.clone().unwrap_or_else(|| lab::gallery().first().map_or("", |(slug, _)| slug).into());
    let pair = use_memo(slug.clone(), |slug| ["left", "right"].map(|side| side_of(slug, side)));
    let titles: Vec<(&str, String)> =
        lab::gallery().iter().filter_map(|(slug, file)| Some((*slug, lab::script_from_file(file).ok()?.title))).collect();
    html! {
        <div class="two">
            { header(Bar { current: Some(Route::Two), mid: html! { <h1>{ "Two labs, one run" }</h1> }, ..Bar::default() }) }
            <nav class="two-choice" aria-label="Run to compare">
                { for titles.into_iter().map(|(name, title)| html! {
                    <a class="btn sm" href={format!("#/two/{name}")} aria-current={(slug.as_str() == name).then_some("page")} data-testid={format!("two-{name}")}>{ title }</a>
                }) }
            </nav>
            <main id="main" class="pair" tabindex="-1" data-testid="two">
                // The bar has no room for it on a phone.
                <h1 class="phone-only scn">{ "Two labs, one run" }</h1>
                { for pair.iter().zip(["Left", "Right"]).map(|(opened, label)| html! {
                    <LabView key={format!("{slug}/{label}")} opened={opened.clone()} compact=true label={format!("{label} lab")} />
                }) }
            </main>
        </div>
    }
}

/// One side: what was left there, or the run from its beginning.
fn side_of(slug: &AttrValue, side: &str) -> Opened {
    let name = format!("two/{slug}/{side}");
    let fresh = open::open(&Place::Gallery(slug.clone()), Restore::Nothing);
    let kept = storage::kept(&name).and_then(|file| lab::from_file(&file).ok());
    let session = kept.or_else(|| lab::Session::open((*fresh.original).clone()).ok());
    match session {
        Some(session) => Opened { error: fresh.error, ..Opened::new(session, (*fresh.original).clone(), Some(name), "/lab".to_owned()) },
        None => fresh,
    }
}
