//! The front page: what this is, what runs there are, and what heals what. Every number and picture comes from the engine in the page.

use gloo::timers::callback::Timeout;
use yew::prelude::*;
use yew_router::prelude::Link;

use super::course_map::{Course, left_off};
use super::empty_ring::use_empty_ring;
use super::header::{Bar, header};
use super::later::{did_not_arrive, use_front};
use super::marks::{glyph, icon};
use super::presets::RingLike;
use super::ribbon::{Frame, drawing};
use super::route::{Route, set_title};
use super::storage;
use crate::engine::node::Repair;
use crate::lab::{self, gallery, heading};
use crate::view::chip::look;
use crate::view::format::{clipped, counted};
use crate::view::glyph::{Form, Icon, Kind};
use crate::view::home::{self, Dot, Healing, Picture};

/// The run on the cover; the first of the gallery if there is none of this name.
const COVER: &str = "three-answers";
/// The run on which ways of repairing are measured; the first of the gallery if there is none of this name.
const MEASURED: &str = "three-answers";

/// What has been computed so far. Each run is computed after a breath, so that the page is there at once.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Computed {
    pictures: Vec<Option<Picture>>,
    healing: Vec<Healing>,
}

fn file(slug: &str) -> Option<&'static str> {
    let all = gallery();
    all.iter().find(|(name, _)| *name == slug).or(all.first()).map(|(_, file)| *file)
}

/// What of this page needs the engine: a part of its own, so that the page can be read before the engine is here.
#[derive(Debug, Clone, Copy)]
pub struct Front {
    compute: fn(Computed) -> Computed,
    ring_like: fn() -> Html,
}

/// What of this page needs the engine.
pub const FRONT: Front = Front { compute, ring_like: || html! { <RingLike /> } };

/// Computes what the page shows, one run at a time, as soon as the engine is here.
#[hook]
fn use_computed(front: Option<Front>) -> Computed {
    let computed = use_state_eq(Computed::default);
    let timer = use_mut_ref(|| None::<Timeout>);
    {
        let computed = computed.clone();
        use_effect_with(((*computed).clone(), front.is_some()), move |(so_far, _)| {
            let (so_far, next) = (so_far.clone(), computed.setter());
            let done = so_far.pictures.len() == gallery().len() && !so_far.healing.is_empty();
            *timer.borrow_mut() = front.filter(|_| !done).map(|front| Timeout::new(0, move || next.set((front.compute)(so_far))));
        });
    }
    (*computed).clone()
}

fn compute(mut so_far: Computed) -> Computed {
    match gallery().get(so_far.pictures.len()) {
        // A run that is shipped with the page opens; should one not, its card has no picture.
        Some((_, file)) => so_far.pictures.push(home::picture(file).ok()),
        None => {
            let script = file(MEASURED).and_then(|file| lab::script_from_file(file).ok());
            so_far.healing = script.and_then(|script| home::healing(&script).ok()).unwrap_or_default();
        }
    }
    so_far
}

/// The front page, for whatever leads to it.
pub fn door(_: &Route, _: &AttrValue) -> Html {
    html! { <Home /> }
}

/// The front page.
#[component]
pub fn Home() -> Html {
    use_effect_with((), |()| set_title(""));
    let front = use_front();
    let computed = use_computed(front.as_ref().ok().copied().flatten());
    let (doors, empty_ring) = (use_doors(), use_empty_ring());
    let place = gallery().iter().position(|(slug, _)| *slug == COVER).unwrap_or_default();
    let cover = computed.pictures.get(place).cloned().flatten();
    html! {
        <>
            { header(Bar { current: Some(Route::Home), ..Bar::default() }) }
            <main id="main" class="pg" tabindex="-1" data-testid="home">
                <div class="cover">
                    <div>
                        <h1>{ "Copies drift. Watch them mend." }</h1>
                        <p>{ "A textbook on databases without a leader, built around a real replication engine that runs in this page. Every run can be stopped, rewound, changed and shared." }</p>
                    </div>
                    { doors }
                </div>
                { cover_part(gallery().get(place).map_or("", |(slug, _)| slug), cover.as_ref()) }
                <Course />
                <div class="sec"><h2>{ "Runs" }</h2><p>{ "Ready to be broken. Each picture is the run itself at its end." }</p></div>
                <ul class="gal">{ for gallery().iter().enumerate().map(|(i, (slug, file))| card(slug, file, computed.pictures.get(i).cloned().flatten())) }</ul>
                { healing_part(&computed.healing) }
                { empty_ring }
                { match &front {
                    Ok(front) => front.map(|front| (front.ring_like)()).unwrap_or_default(),
                    Err(again) => did_not_arrive("The engine did not arrive, so these runs have no pictures. Is there a network? ", again.clone()),
                } }
                <footer class="foot">
                    <span>{ "Runs in this page alone: nothing is sent anywhere." }</span>
                    <Link<Route> to={Route::Two}>{ "Two labs side by side" }</Link<Route>>
                    <Link<Route> to={Route::Sheets}>{ "Make an exercise sheet" }</Link<Route>>
                    <Link<Route> to={Route::Glossary}>{ "Glossary" }</Link<Route>>
                    <Link<Route> to={Route::References}>{ "References" }</Link<Route>>
                    <span>{ "MIT or Apache-2.0; fonts under the OFL." }</span>
                </footer>
            </main>
        </>
    }
}

/// Where to go first.
#[hook]
fn use_doors() -> Html {
    let latest = use_memo((), |()| storage::latest());
    html! {
        <div class="cta">
            if let Some((address, words)) = left_off() {
                <a class="btn pri big" href={address} data-testid="continue-lesson">{ words }</a>
            }
            if let Some(work) = (*latest).as_ref() {
                <a class="btn pri big" href={continued(&work.address)} data-testid="continue">{ format!("Continue: {}", clipped(&work.title, 28)) }</a>
                <a class="btn big" href="#/new" data-testid="open-lab">{ "Open the lab" }</a>
            } else {
                if left_off().is_none() { <a class="btn pri big" href="#/lab/three-answers" data-testid="start">{ "Watch a run" }</a> }
                <Link<Route> classes="btn big" to={Route::Lab}>{ "Open the lab" }</Link<Route>>
            }
        </div>
    }
}

/// The address that brings the newest work back.
fn continued(address: &str) -> String {
    format!("#{address}{}continue=1", if address.contains('?') { '&' } else { '?' })
}

fn cover_part(slug: &str, picture: Option<&Picture>) -> Html {
    let Some(picture) = picture else { return html! { <div class="front-room"></div> } };
    let Some(ribbon) = &picture.ribbon else { return Html::default() };
    html! {
        <figure data-testid="cover">
            { drawing(ribbon, Frame::WIDE, "wide") }
            { drawing(ribbon, Frame::NARROW, "narrow") }
            <figcaption class="figcap">
                { format!("{}: {}. ", picture.title, picture.facts) }<a href={format!("#/lab/{slug}")}>{ "Open this run" }</a>
            </figcaption>
        </figure>
    }
}

fn card(slug: &'static str, file: &'static str, picture: Option<Picture>) -> Html {
    let words = heading(file);
    html! {
        <li key={slug}>
            <a href={format!("#/lab/{slug}")} data-testid={format!("card-{slug}")}>
                <svg class="thumb" viewBox="0 0 232 136" aria-hidden="true">
                    <rect class="body" x=".5" y=".5" width="231" height="135" rx="3" />
                    <path class="squares" d={squares()} />
                    if let Some(picture) = &picture { { small_ring(&picture.dots) } }
                </svg>
                <b>{ words.0 }</b>
                <span>{ words.1 }</span>
                <span class="fact">{ picture.map(|p| p.facts).unwrap_or_default() }</span>
            </a>
        </li>
    }
}

/// Squared paper.
fn squares() -> String {
    let upright = (1..=12).map(|i| format!("M{} 1V135", i * 18 - 2));
    let level = (1..=7).map(|i| format!("M1 {}H231", i * 18 - 4));
    upright.chain(level).collect()
}

fn small_ring(dots: &[Dot]) -> Html {
    let (cx, cy, rx, ry) = (116.0, 68.0, 62.0, 46.0);
    let radius = if dots.len() > 12 { 5.0 } else { 9.0 };
    html! {
        <>
            <ellipse class="ringline" cx={cx.to_string()} cy={cy.to_string()} rx={rx.to_string()} ry={ry.to_string()} />
            { for dots.iter().map(|dot| {
                let (x, y) = (cx + dot.at.x * rx, cy + dot.at.y * ry);
                let side = if dot.at.x < -0.05 { -1.0 } else { 1.0 };
                let chip = x + side * (radius + 11.0) - 8.0;
                let class = classes!("n", dot.replica.then_some("rep"));
                html! {
                    <>
                        <circle {class} cx={x.to_string()} cy={y.to_string()} r={radius.to_string()} fill={dot.down.then_some("url(#hatch-dead)")} />
                        if let Some(n) = dot.version {
                            <rect class={classes!("c", look(n).class)} x={chip.to_string()} y={(y - 6.0).to_string()} width="16" height="12" rx="1.5" />
                            <rect x={chip.to_string()} y={(y - 6.0).to_string()} width="5" height="12" fill={look(n).spine_fill()} />
                        }
                    </>
                }
            }) }
        </>
    }
}

fn healing_part(all: &[Healing]) -> Html {
    let Some((title, _)) = file(MEASURED).map(heading) else { return Html::default() };
    let words = |repair: Repair| match repair {
        Repair::Blocking | Repair::BlockingAll | Repair::Bounded(_) => (
            "Read repair, before the answer",
            "Copies that a read has found behind",
            "Before the client hears: it never sees an older value afterwards",
        ),
        Repair::Asynchronous => (
            "Read repair, after the answer",
            "Copies that a read has found behind",
            "Soon after the client hears: the answer does not wait",
        ),
        Repair::Off => ("Nothing", "None", "Never: a copy that missed a write stays behind"),
    };
    html! {
        <>
            <div class="sec"><h2>{ "What heals what" }</h2><p>{ format!("Measured now, on \"{title}\".") }</p></div>
            <table class="heals" data-testid="heals">
                <thead><tr>
                    <th scope="col">{ "Mechanism" }</th><th scope="col">{ "Heals" }</th><th scope="col">{ "How soon" }</th>
                    <th scope="col">{ "Last read" }</th><th scope="col">{ "Repair sent" }</th><th scope="col">{ "Behind at the end" }</th>
                </tr></thead>
                <tbody>{ for all.iter().map(|row| {
                    let (name, heals, soon) = words(row.repair);
                    let mark = if row.repair == Repair::Off { icon(Icon::Close) } else { glyph(Kind::Repair, Form::Carries, 22) };
                    html! {
                        <tr>
                            <th scope="row">{ mark }{ name }</th><td>{ heals }</td><td>{ soon }</td>
                            <td class="num"><span class="lbl">{ "Last read: " }</span>{ row.read.clone().unwrap_or_else(|| "no answer".to_owned()) }</td>
                            <td class="num"><span class="lbl">{ "Repair sent: " }</span>{ row.bytes.clone() }</td>
                            <td class="num"><span class="lbl">{ "Behind at the end: " }</span>{ counted(row.behind, "copy", "copies") }</td>
                        </tr>
                    }
                }) }</tbody>
            </table>
            <p class="figcap">{ "Read repair never reaches a key that nobody reads." }</p>
        </>
    }
}
