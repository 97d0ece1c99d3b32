//! The page as a whole: which place shows what.

use yew::prelude::*;
use yew_router::prelude::*;

use super::class::{HandedInPage, SheetsPage, WorkPage};
use super::header::{Bar, header, skip_link};
use super::home::Home;
use super::lab::open::Place;
use super::lab::page::LabPage;
use super::lab::two::TwoLabs;
use super::lesson::{ChallengePage, GlossaryPage, LessonPage, ReferencesPage, SheetPage, Source, SummaryPage};
use super::marks::patterns;
use super::route::{Route, query, set_title};

/// The page.
#[component]
pub fn App() -> Html {
    html! {
        <HashRouter>
            { skip_link() }
            { patterns() }
            <Switch<Route> render={show} />
        </HashRouter>
    }
}

fn show(route: Route) -> Html {
    match route {
        Route::Home => html! { <Home /> },
        Route::Lab => html! { <LabPage place={Place::Own} /> },
        Route::Run { slug } => html! { <LabPage place={Place::Gallery(slug.into())} /> },
        Route::Shared | Route::New | Route::LessonFrom => html! { <WithQuery {route} /> },
        Route::Lesson { slug } => html! { <LessonPage source={Source::Course(slug.into())} /> },
        Route::Challenge { slug, name } => html! { <ChallengePage slug={AttrValue::from(slug)} name={AttrValue::from(name)} /> },
        Route::Work => html! { <WorkPage /> },
        Route::Summary { slug } => html! { <SummaryPage slug={AttrValue::from(slug)} /> },
        Route::HandedIn => html! { <HandedInPage /> },
        Route::Sheet => html! { <SheetPage /> },
        Route::Sheets => html! { <SheetsPage /> },
        Route::Glossary => html! { <GlossaryPage /> },
        Route::References => html! { <ReferencesPage /> },
        Route::Two => html! { <TwoLabs /> },
        Route::TwoOf { slug } => html! { <TwoLabs {slug} /> },
        Route::Nowhere => html! { <Nowhere /> },
    }
}

/// Properties of [`WithQuery`].
#[derive(Debug, PartialEq, Properties)]
struct WithQueryProps {
    route: Route,
}

/// A lab that is described by what follows the `?`.
#[component]
fn WithQuery(props: &WithQueryProps) -> Html {
    let query_text: AttrValue = use_location().map(|l| l.query_str().to_owned()).unwrap_or_default().into();
    if props.route == Route::LessonFrom {
        let from = query(&query_text, "from").unwrap_or_default().to_owned();
        return html! { <LessonPage source={Source::Address(from.into())} /> };
    }
    let place = if props.route == Route::New { Place::New(query_text) } else { Place::Shared(query_text) };
    html! { <LabPage {place} /> }
}

/// Nothing is here.
#[component]
fn Nowhere() -> Html {
    use_effect_with((), |()| set_title("Not found"));
    html! {
        <>
            { header(Bar::default()) }
            <main id="main" class="pg" tabindex="-1" data-testid="not-found">
                <div class="cover"><div>
                    <h1>{ "There is nothing here" }</h1>
                    <p>{ "The address may have been cut off or mistyped." }</p>
                </div></div>
                <div class="cta">
                    <Link<Route> classes="btn pri big" to={Route::Home}>{ "Front page" }</Link<Route>>
                    <Link<Route> classes="btn big" to={Route::Lab}>{ "Lab" }</Link<Route>>
                </div>
            </main>
        </>
    }
}
