//! Parts of the page that come when they are wanted.
//!
//! A part is a door, a function that shows what an address asks for, and all code that only it needs. In the released site (feature `split`,
//! see `xtask/src/split.rs`) that code is a file of its own, fetched the first time the door is asked for; otherwise all code is in one file
//! and the door is there at once. Whoever asks cannot tell the difference.

use std::cell::Cell;
use std::pin::Pin;

use gloo::timers::callback::Timeout;
use wasm_bindgen_futures::spawn_local;
use web_sys::Event;
use yew::prelude::*;

use super::header::{Bar, header};
use super::home::Front;
use super::lab::sweep::Panel;
use super::route::{Route, set_title};
use super::{class, home, lab, lesson};

/// Shows an address: where it leads, and what follows the `?`.
type Door = fn(&Route, &AttrValue) -> Html;

/// The code of a part did not arrive. The browser's console says why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Missing;

#[cfg(feature = "split")]
impl From<wasm_split_helpers::SplitLoaderError> for Missing {
    fn from(_: wasm_split_helpers::SplitLoaderError) -> Self {
        Missing
    }
}

/// One function for each part, which fetches its code if need be and gives what leads into it.
macro_rules! parts {
    ($($name:ident: $kind:ty = $door:path),*) => { $(
        #[cfg(feature = "split")]
        #[wasm_split_helpers::wasm_split($name, fallible)]
        fn $name() -> Result<$kind, Missing> {
            Ok($door)
        }

        #[cfg(not(feature = "split"))]
        async fn $name() -> Result<$kind, Missing> {
            Ok($door)
        }
    )* };
}

parts! {
    home: Door = home::door,
    front: Front = home::FRONT,
    lab: Door = lab::door,
    sweep: fn(Panel) -> Html = lab::sweep::door,
    lesson: Door = lesson::door,
    class: Door = class::door
}

/// A part of the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Home,
    Lab,
    Lesson,
    Class,
}

impl Part {
    const ALL: [Part; 4] = [Part::Home, Part::Lab, Part::Lesson, Part::Class];

    /// The part that shows an address.
    fn of(route: &Route) -> Option<Part> {
        match route {
            Route::Home => Some(Part::Home),
            Route::Lab | Route::Run { .. } | Route::Shared | Route::New | Route::Two | Route::TwoOf { .. } => Some(Part::Lab),
            Route::Lesson { .. } | Route::LessonFrom | Route::Challenge { .. } | Route::Summary { .. } => Some(Part::Lesson),
            Route::Sheet | Route::Glossary | Route::References => Some(Part::Lesson),
            Route::Work | Route::HandedIn | Route::Sheets => Some(Part::Class),
            Route::Nowhere => None,
        }
    }

    /// Its door, when its code is here.
    async fn fetched(self) -> Result<Door, Missing> {
        let door = match self {
            Part::Home => home().await,
            Part::Lab => lab().await,
            Part::Lesson => lesson().await,
            Part::Class => class().await,
        }?;
        HERE.with(|here| here[self as usize].set(Some(door)));
        Ok(door)
    }

    /// Its door if it has been asked for before.
    fn here(self) -> Option<Door> {
        HERE.with(|here| here[self as usize].get())
    }
}

thread_local! {
    /// The doors of the parts that have arrived.
    static HERE: [Cell<Option<Door>>; Part::ALL.len()] = const { [const { Cell::new(None) }; Part::ALL.len()] };
}

/// How long after a part has arrived the other ones are fetched, in ms.
const REST: u32 = 2_000;

/// What the page is told when all parts have been fetched; the worker begins then (`boot.js`).
const EVENT: &str = "drift-rest";

/// Fetches what has not been asked for yet, one part after the other, so that it is there at once when it is.
fn fetch_the_rest() {
    Timeout::new(REST, || {
        spawn_local(async {
            // Nobody waits for it yet; when somebody does it is fetched again, and said if that fails.
            let _ = front().await;
            let _ = sweep().await;
            for part in Part::ALL {
                let _ = part.fetched().await;
            }
            let _ = Event::new(EVENT).and_then(|event| gloo::utils::window().dispatch_event(&event));
        });
    })
    .forget();
}

/// A part on its way.
type Coming<T> = Pin<Box<dyn Future<Output = Result<T, Missing>>>>;

/// What leads into a part: none until it is here; what tries again if it did not arrive.
#[hook]
fn use_arrival<T: Copy + 'static>(fetch: fn() -> Coming<T>) -> Result<Option<T>, Callback<MouseEvent>> {
    let state = use_state(|| Ok(None));
    let attempt = use_state(|| 0);
    {
        let state = state.clone();
        use_effect_with(*attempt, move |_| spawn_local(async move { state.set(fetch().await.map(Some)) }));
    }
    (*state).map_err(|Missing| {
        Callback::from(move |_| {
            state.set(Ok(None));
            attempt.set(*attempt + 1);
        })
    })
}

/// What of the front page needs the engine.
#[hook]
pub fn use_front() -> Result<Option<Front>, Callback<MouseEvent>> {
    use_arrival(|| Box::pin(front()))
}

/// Properties of [`SweepPanel`].
#[derive(Debug, PartialEq, Properties)]
pub struct SweepPanelProps {
    /// Which one.
    pub panel: Panel,
}

/// A panel of the lab around it that is about sweeps, as soon as the code for it is here.
#[component]
pub fn SweepPanel(props: &SweepPanelProps) -> Html {
    match use_arrival(|| Box::pin(sweep())) {
        Ok(Some(show)) => show(props.panel),
        Ok(None) => html! {},
        Err(again) => did_not_arrive("This part did not arrive. Is there a network? ", again),
    }
}

/// A small part that could not be fetched.
pub fn did_not_arrive(words: &'static str, again: Callback<MouseEvent>) -> Html {
    html! {
        <p class="faulty" role="alert">
            { words }
            <button type="button" class="btn sm" data-testid="try-again" onclick={again}>{ "Try again" }</button>
        </p>
    }
}

/// Properties of [`Later`].
#[derive(Debug, PartialEq, Properties)]
pub struct LaterProps {
    /// Where the reader is.
    pub route: Route,
    /// What follows the `?`.
    #[prop_or_default]
    pub query: AttrValue,
}

/// Shows an address as soon as the code for it is here.
#[component]
pub fn Later(props: &LaterProps) -> Html {
    match Part::of(&props.route) {
        Some(part) => html! { <Arriving key={part as usize} {part} route={props.route.clone()} query={props.query.clone()} /> },
        None => html! {},
    }
}

/// Properties of [`Arriving`].
#[derive(Debug, PartialEq, Properties)]
struct ArrivingProps {
    part: Part,
    route: Route,
    query: AttrValue,
}

/// One part, on its way or here.
#[component]
fn Arriving(props: &ArrivingProps) -> Html {
    let part = props.part;
    let door = use_state(|| Ok(part.here()));
    let attempt = use_state(|| 0);
    {
        let door = door.clone();
        use_effect_with(*attempt, move |_| {
            if !matches!(*door, Ok(Some(_))) {
                spawn_local(async move {
                    door.set(part.fetched().await.map(Some));
                    fetch_the_rest();
                });
            }
        });
    }
    match *door {
        Ok(Some(show)) => show(&props.route, &props.query),
        Ok(None) => framed(html! { <p id="loading" role="status">{ "Loading the engine…" }</p> }),
        Err(Missing) => {
            let again = Callback::from(move |_| {
                door.set(Ok(None));
                attempt.set(*attempt + 1);
            });
            missing(again)
        }
    }
}

/// What stands there until a part has arrived: the same as in `index.html`, so that nothing moves.
fn framed(below: Html) -> Html {
    html! {
        <>
            { header(Bar::default()) }
            <main id="main" class="pg" tabindex="-1">
                <div class="cover">
                    <div>
                        <h1>{ "Copies drift. Watch them mend." }</h1>
                        <p>{ "A textbook on databases without a leader, built around a real replication engine that runs in this page. Every run can be stopped, rewound, changed and shared." }</p>
                        { below }
                    </div>
                </div>
            </main>
        </>
    }
}

/// A part that could not be fetched.
fn missing(again: Callback<MouseEvent>) -> Html {
    set_title("Not loaded");
    html! {
        <>
            { header(Bar::default()) }
            <main id="main" class="pg" tabindex="-1" data-testid="part-missing">
                <div class="cover"><div role="alert">
                    <h1>{ "This part did not arrive" }</h1>
                    <p>{ "A part of this page could not be fetched. Is there a network? Your work is kept." }</p>
                </div></div>
                <div class="cta">
                    <button type="button" class="btn pri big" data-testid="try-again" onclick={again}>{ "Try again" }</button>
                    // The site may have a newer version, which no longer has this part.
                    <button type="button" class="btn big" onclick={|_| { let _ = gloo::utils::window().location().reload(); }}>{ "Load the page anew" }</button>
                </div>
            </main>
        </>
    }
}
