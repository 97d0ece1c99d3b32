//! A lesson shown to a room: one screen after the other in large type, answers hidden until they are revealed, notes and votes on request.

use std::rc::Rc;

use yew::prelude::*;

use super::challenge;
use super::figure::LiveFigure;
use super::measure::Measuring;
use super::others::{self, Filling};
use super::plot::Plotted;
use super::present_keys::{Act, KeySheet, use_keys};
use super::prose;
use super::question::{Told, question_of, word};
use super::reader::Reader;
use super::vote::Voting;
use super::what_if::Compared;
use crate::course::{Choice, Kind, Lesson};
use crate::ui::header::{ThemeButton, tool_button};
use crate::ui::lab::moves::{Move, go, toggle_play};
use crate::ui::route::set_title;
use crate::ui::{storage, theme};
use crate::view::glyph::Icon;
use crate::view::slides::{Shows, Slide, slides};

/// The word in an address that shows a lesson to a room.
const PRESENT: &str = "present";

/// Whether what follows the `?` asks for it.
pub fn is_presented(query: &str) -> bool {
    query.trim_start_matches('?').split('&').any(|part| part == PRESENT || part.starts_with("present="))
}

/// What follows the `?` with it or without it.
pub fn presented(query: &str, on: bool) -> String {
    let rest = query.trim_start_matches('?').split('&').filter(|p| !p.is_empty() && !is_presented(p)).map(str::to_owned);
    let all: Vec<String> = rest.chain(on.then(|| PRESENT.to_owned())).collect();
    if all.is_empty() { String::new() } else { format!("?{}", all.join("&")) }
}

/// Goes to this lesson's other face.
fn turn(on: bool) {
    let location = gloo::utils::window().location();
    let hash = location.hash().unwrap_or_default();
    let (path, query) = hash.split_once('?').unwrap_or((&hash, ""));
    let _ = location.set_hash(&format!("{path}{}", presented(query, on)));
}

/// The tool that shows a lesson to a room.
pub fn tool() -> Html {
    tool_button(Icon::Projector, "Show to a room", "present-open", None, Callback::from(|_| turn(true)))
}

/// Properties of [`Presenting`].
#[derive(Properties, PartialEq)]
pub struct PresentingProps {
    /// The lesson.
    pub lesson: Rc<Lesson>,
}

/// What is open beside the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Open {
    notes: bool,
    vote: bool,
    blank: bool,
    help: bool,
}

/// Large letters, as long as it is drawn.
#[hook]
fn use_projector() {
    use_effect_with((), |()| {
        theme::set_projector(true);
        || theme::set_projector(false)
    });
}

/// The screen that is shown, remembered in this tab; the first one has the title.
#[hook]
fn use_place(slug: &str) -> (usize, Callback<usize>) {
    let name = format!("present/{slug}");
    let at = use_state_eq(|| storage::kept(&name).and_then(|kept| kept.parse().ok()).unwrap_or(0usize));
    let set = at.setter();
    let to = Callback::from(move |place: usize| {
        // Not being kept costs a few presses after a reload.
        let _ = storage::keep_text(&name, &place.to_string());
        set.set(place);
    });
    (*at, to)
}

/// A lesson for a room.
#[component]
pub fn Presenting(props: &PresentingProps) -> Html {
    let lesson = props.lesson.clone();
    let revision = use_state(|| 0u64);
    let owner = {
        let (set, lesson) = (revision.setter(), lesson.clone());
        use_memo((), move |()| Reader::for_a_room(lesson, Callback::from(move |r| set.set(r))))
    };
    let reader = owner.at(*revision);
    let all = use_memo((), |()| slides(&lesson));
    let (place, to) = use_place(&lesson.slug);
    let place = place.min(all.len());
    let open = use_state_eq(Open::default);
    let pasted = use_state_eq(Vec::<(String, AttrValue)>::new);
    use_projector();
    use_effect_with(lesson.title.clone(), |title| set_title(title));
    let slide = place.checked_sub(1).and_then(|i| all.get(i)).cloned();
    let hidden = slide.as_ref().and_then(|s| Some((s.step, s.hides(&lesson)?))).and_then(|(step, block)| {
        let name = lesson.steps[step].blocks[block].kind.item()?.to_owned();
        reader.is_open(&name).then_some(name)
    });
    let act = acting(&reader, slide.as_ref(), hidden.clone(), (place, all.len()), &to, &open);
    use_keys(act.clone());
    let paste = {
        let pasted = pasted.clone();
        move |name: String, text: String| {
            let mut all: Vec<(String, AttrValue)> = pasted.iter().filter(|(n, _)| *n != name).cloned().collect();
            all.push((name, text.into()));
            pasted.set(all);
        }
    };
    let room = Room { vote: open.vote, pasted: (*pasted).clone(), paste: Callback::from(move |(n, t)| paste(n, t)) };
    let press = |what: Act| act.reform(move |_: MouseEvent| what);
    let close = {
        let open = open.clone();
        Callback::from(move |()| open.set(Open { help: false, ..*open }))
    };
    let step = slide.as_ref().map(|s| s.step);
    html! {
        <ContextProvider<Reader> context={reader.clone()}>
            <div class={classes!("present", open.notes.then_some("noted"), open.blank.then_some("blank"))} data-testid="present"
                data-screen={place.to_string()} data-screens={all.len().to_string()}>
                { head(&lesson, step, &open, &press) }
                <main id="main" class="pr-main" tabindex="-1" key={place}>
                    { slide.as_ref().map_or_else(|| cover(&reader), |slide| screen(&reader, slide, &room)) }
                </main>
                if open.notes { { notes(&reader, slide.as_ref()) } }
                <footer class="pr-foot">
                    <button type="button" class="btn" onclick={press(Act::Back)} disabled={place == 0} data-testid="present-back">{ "Back" }</button>
                    <progress max={all.len().to_string()} value={place.to_string()} aria-label="Screens shown"></progress>
                    <span class="m">{ format!("{place} / {}", all.len()) }</span>
                    <button type="button" class="btn pri" onclick={press(Act::Next)} disabled={place == all.len() && hidden.is_none()} data-testid="present-next">
                        { if hidden.is_some() { "Reveal" } else { "Next" } }
                    </button>
                </footer>
                <p class="vh" role="status">{ spoken(&lesson, step, place, all.len()) }</p>
                if open.help { <KeySheet {close} /> }
            </div>
        </ContextProvider<Reader>>
    }
}

/// What keys and buttons do.
fn acting(
    reader: &Reader,
    slide: Option<&Slide>,
    hidden: Option<String>,
    (place, last): (usize, usize),
    to: &Callback<usize>,
    open: &UseStateHandle<Open>,
) -> Callback<Act> {
    let (reader, to, open) = (reader.clone(), to.clone(), open.clone());
    let figure = slide.and_then(|s| if let Shows::Figure(f, _) = s.shows { Some(f) } else { None });
    Callback::from(move |act: Act| {
        let lab = figure.and_then(|f| Some((reader.lab(f)?, reader.limit(f)))).filter(|_| figure.is_some_and(|f| !reader.is_locked(f)));
        match (act, lab) {
            // Whatever is pressed on an empty screen fills it again.
            (Act::Next | Act::Back | Act::Blank, _) if open.blank => open.set(Open { blank: false, ..*open }),
            (Act::Next, _) => match &hidden {
                Some(name) => reader.show_me(name),
                None => to.emit((place + 1).min(last)),
            },
            (Act::Back, _) => to.emit(place.saturating_sub(1)),
            (Act::First, _) => to.emit(0),
            (Act::Last, _) => to.emit(last),
            (Act::Play, Some((lab, limit))) => {
                if !lab.ui().playing {
                    lab.set_ui(|ui| ui.stop_at = limit);
                }
                toggle_play(&lab);
            }
            (Act::Step, Some((lab, limit))) => {
                go(&lab, Move::Step);
                if let Some(limit) = limit.filter(|l| lab.read(|s| s.now() > *l)) {
                    go(&lab, Move::Time(limit));
                }
            }
            (Act::Play | Act::Step, None) => {}
            (Act::Notes, _) => open.set(Open { notes: !open.notes, ..*open }),
            (Act::Vote, _) => open.set(Open { vote: !open.vote, ..*open }),
            (Act::Blank, _) => open.set(Open { blank: true, ..*open }),
            (Act::Help, _) => open.set(Open { help: true, ..*open }),
            (Act::Whole, _) => whole(),
            (Act::Leave, _) => turn(false),
        }
    })
}

/// The whole monitor, and back, where the browser allows it.
fn whole() {
    let document = gloo::utils::document();
    if document.fullscreen_element().is_some() {
        document.exit_fullscreen();
    } else if let Some(root) = document.document_element() {
        let _ = root.request_fullscreen();
    }
}

fn spoken(lesson: &Lesson, step: Option<usize>, place: usize, last: usize) -> String {
    let title = step.and_then(|s| lesson.steps.get(s)).map_or(lesson.title.as_str(), |s| s.title.as_str());
    format!("Screen {place} of {last}: {title}")
}

fn head(lesson: &Lesson, step: Option<usize>, open: &Open, press: &impl Fn(Act) -> Callback<MouseEvent>) -> Html {
    let toggle = |word: &'static str, testid: &'static str, on: bool, act: Act| {
        html! { <button type="button" class="btn sm" aria-pressed={on.to_string()} data-testid={testid} onclick={press(act)}>{ word }</button> }
    };
    html! {
        <header class="pr-top">
            if let Some(step) = step {
                <h1>{ format!("{} · {} of {}", lesson.title, step + 1, lesson.steps.len()) }</h1>
                <h2>{ &lesson.steps[step].title }</h2>
            }
            <div class="tools">
                { toggle("Notes", "present-notes", open.notes, Act::Notes) }
                { toggle("Votes", "present-vote", open.vote, Act::Vote) }
                { tool_button(Icon::Help, "Keys (?)", "help", None, press(Act::Help)) }
                <ThemeButton />
                { tool_button(Icon::Close, "Leave (Esc)", "present-leave", None, press(Act::Leave)) }
            </div>
        </header>
    }
}

/// The first screen.
fn cover(reader: &Reader) -> Html {
    let lesson = reader.lesson();
    html! {
        <div class="pr-cover">
            <h1>{ &lesson.title }</h1>
            <p>{ &lesson.about }</p>
            if !lesson.goals.is_empty() { <ul>{ for lesson.goals.iter().map(|g| html! { <li>{ prose::line(reader, g, 0) }</li> }) }</ul> }
        </div>
    }
}

/// What the screens share: the votes.
struct Room {
    vote: bool,
    pasted: Vec<(String, AttrValue)>,
    paste: Callback<(String, String)>,
}

/// One screen.
fn screen(reader: &Reader, slide: &Slide, room: &Room) -> Html {
    let lesson = reader.lesson();
    let blocks = &lesson.steps[slide.step].blocks;
    let figure = super::latest_figure(lesson, slide.step, &slide.shows);
    let full = slide.full.then_some("full");
    match &slide.shows {
        Shows::Prose(all) => {
            html! { <div class={classes!("pr-text", full)}>{ for all.iter().filter_map(|b| prose::prose(reader, &blocks[*b], figure)) }</div> }
        }
        Shows::Figure(f, beside) => {
            let side = beside.map(|b| beside_figure(reader, (slide.step, b), room));
            let class = classes!("pr-figure", full, (room.vote && slide.hides(lesson).is_some()).then_some("voting"));
            html! { <div {class}><LiveFigure place={*f}>{ for side }</LiveFigure></div> }
        }
        Shows::Block(b) => {
            let place = (slide.step, *b);
            let inner = match &blocks[*b].kind {
                Kind::Question(_) => html! { <div class="ask-sheet">{ question(reader, place, room) }</div> },
                Kind::WhatIf(_) => html! { <Compared {place} /> },
                Kind::Challenge(c) => challenge::card(reader, c),
                Kind::Plot(_) => html! { <Plotted {place} /> },
                Kind::Table(_) => html! { <div class="ask-sheet"><Filling {place} /></div> },
                Kind::Case(c) => others::case(reader, c),
                Kind::Code(c) => others::code(reader, c, figure),
                Kind::Measure(m) => html! { <div class="ask-sheet"><Measuring measure={m.clone()} {figure} /></div> },
                _ => Html::default(),
            };
            let class = classes!("pr-block", full, (room.vote && matches!(blocks[*b].kind, Kind::Question(_))).then_some("voting"));
            html! { <div {class}>{ inner }</div> }
        }
    }
}

fn beside_figure(reader: &Reader, place: (usize, usize), room: &Room) -> Html {
    match &reader.lesson().steps[place.0].blocks[place.1].kind {
        Kind::Case(c) => others::case(reader, c),
        _ => question(reader, place, room),
    }
}

/// A question that a room answers: its options, and what happened once that is revealed.
fn question(reader: &Reader, place: (usize, usize), room: &Room) -> Html {
    let Some(question) = question_of(reader, place) else { return Html::default() };
    let open = reader.is_open(&question.name);
    let option = |(i, option): (usize, &Choice)| {
        html! { <li class="opt" key={i}><span class="nr">{ i + 1 }</span><span>{ prose::line(reader, &option.text, question.figure) }</span></li> }
    };
    let name = question.name.clone();
    let paste = room.paste.reform(move |text: String| (name.clone(), text));
    let pasted = room.pasted.iter().find(|(n, _)| *n == question.name).map(|(_, text)| text.clone()).unwrap_or_default();
    html! {
        <>
            <section class="ask" data-testid={format!("question-{}", question.name)} data-open={open.to_string()}>
                <p class="kind">{ word(question.asked) }</p>
                <h3>{ prose::line(reader, &question.ask, question.figure) }</h3>
                if open {
                    <ol class="opts">{ for question.options.iter().enumerate().map(option) }</ol>
                    if question.many { <p class="dim">{ "More than one may be right." }</p> }
                } else {
                    <Told {place} answer={None::<crate::course::Answer>} seed={reader.seed(question.figure)} />
                }
            </section>
            if room.vote { <Voting question={question.clone()} {pasted} {paste} revealed={!open} /> }
        </>
    }
}

/// What is told to whoever presents, and what a reader finds in the margin.
fn notes(reader: &Reader, slide: Option<&Slide>) -> Html {
    let lesson = reader.lesson();
    let found: Vec<(&str, Html)> = slide.map_or(Vec::new(), |slide| {
        let figure = super::latest_figure(lesson, slide.step, &slide.shows);
        let one = |b: &usize| match &lesson.steps[slide.step].blocks.get(*b)?.kind {
            Kind::Teacher(inner) => Some(("For you", prose::all(reader, inner, figure))),
            Kind::Note(inner) => Some(("In the margin", prose::all(reader, inner, figure))),
            _ => None,
        };
        slide.notes.iter().filter_map(one).collect()
    });
    html! {
        <aside class="pr-notes" aria-label="Notes" data-testid="present-notes-shown">
            if found.is_empty() { <p class="dim">{ "No note for this screen." }</p> }
            { for found.into_iter().map(|(what, words)| html! { <div><p class="kind">{ what }</p>{ words }</div> }) }
        </aside>
    }
}
