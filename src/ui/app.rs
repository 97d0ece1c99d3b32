//! The page as a whole: which place shows what.

use yew::prelude::*;
use yew_router::prelude::*;

use super::header::{Bar, header, skip_link};
use super::later::Later;
use super::marks::patterns;
use super::route::{Route, set_title};

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
        Route::Nowhere => html! { <Nowhere /> },
        Route::Shared | Route::New | Route::LessonFrom => html! { <WithQuery {route} /> },
        route => html! { <Later {route} /> },
    }
}

/// Properties of [`WithQuery`].
#[derive(Debug, PartialEq, Properties)]
struct WithQueryProps {
    route: Route,
}

/// A page that is described by what follows the `?`.
#[component]
fn WithQuery(props: &WithQueryProps) -> Html {
    let query: AttrValue = use_location().map(|l| l.query_str().to_owned()).unwrap_or_default().into();
    html! { <Later route={props.route.clone()} {query} /> }
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
