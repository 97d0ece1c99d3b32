//! The learner's page: prose with live figures, questions before runs, a rail with steps, and what was answered.

mod challenge;
mod figure;
mod load;
mod measure;
mod others;
mod plot;
mod present;
mod present_keys;
mod prose;
mod question;
mod rail;
mod reader;
mod sheet;
mod shelves;
mod summary;
mod trials;
mod vote;
mod what_if;

pub use challenge::ChallengePage;
pub use load::Loaded;
pub use load::{OWN, Source, open_lesson_file};
pub use reader::{KEPT, WHO_KEPT, kept, own_number};
pub use sheet::{SheetPage, use_lessons, written};
pub use shelves::{GlossaryPage, ReferencesPage};
pub use summary::SummaryPage;

use std::rc::Rc;

use gloo::timers::callback::Timeout;
use yew::prelude::*;

use super::header::{Bar, header};
use super::route::{self, Route, set_title};
use crate::course::{Fault, Kind, Lesson, Question, units};
use crate::view::slides::Shows;
use figure::LiveFigure;
use load::{load, part_of};
use measure::Measuring;
use others::Filling;
use plot::Plotted;
use present::{Presenting, is_presented, presented};
use question::Asking;
use rail::{Rail, use_scroll};
use reader::Reader;
use what_if::Compared;

/// What an address of the course shows.
pub fn door(route: &Route, query: &AttrValue) -> Html {
    match route {
        Route::Challenge { slug, name } => {
            html! { <ChallengePage slug={AttrValue::from(slug.clone())} name={AttrValue::from(name.clone())} /> }
        }
        Route::Summary { slug } => html! { <SummaryPage slug={AttrValue::from(slug.clone())} /> },
        Route::Sheet => html! { <SheetPage /> },
        Route::Glossary => html! { <GlossaryPage /> },
        Route::References => html! { <ReferencesPage /> },
        Route::Lesson { slug } => html! { <LessonPage source={Source::Course(slug.clone().into())} /> },
        _ => html! { <LessonPage source={Source::Address(route::query(query, "from").unwrap_or_default().to_owned().into())} /> },
    }
}

/// Properties of [`LessonPage`].
#[derive(Properties, PartialEq)]
pub struct LessonPageProps {
    /// Where the lesson comes from.
    pub source: Source,
}

/// A page with one lesson.
#[component]
pub fn LessonPage(props: &LessonPageProps) -> Html {
    let loaded = use_state_eq(|| Loaded::Waiting);
    let query = yew_router::hooks::use_location().map(|l| l.query_str().to_owned()).unwrap_or_default();
    let room = is_presented(&query);
    {
        let loaded = loaded.setter();
        // Showing it to a room reads nothing anew.
        use_effect_with((props.source.clone(), presented(&query, false)), move |(source, _)| {
            loaded.set(Loaded::Waiting);
            let source = source.clone();
            load(source, Callback::from(move |l| loaded.set(l)));
        });
    }
    match &*loaded {
        Loaded::Waiting => html! {
            <>{ header(Bar::default()) }<main id="main" class="pg" tabindex="-1" data-testid="lesson-waiting"><p class="waiting">{ "One moment …" }</p></main></>
        },
        Loaded::Failed(faults) => failed(faults),
        Loaded::Ready(lesson) if room => html! { <Presenting key={lesson.slug.clone()} lesson={lesson.clone()} /> },
        Loaded::Ready(lesson) => html! { <Reading key={lesson.slug.clone()} lesson={lesson.clone()} /> },
    }
}

/// What is wrong with a lesson, for its author.
fn failed(faults: &[Fault]) -> Html {
    set_title("Lesson not opened");
    html! {
        <>
            { header(Bar::default()) }
            <main id="main" class="pg" tabindex="-1" data-testid="lesson-failed">
                <div class="cover"><div>
                    <h1>{ "This lesson cannot be shown" }</h1>
                    <p>{ "Nothing of it was run. Each line says where, and what was expected there." }</p>
                </div></div>
                <ul class="mistakes">{ for faults.iter().take(40).map(|f| html! { <li><code>{ f.to_string() }</code></li> }) }</ul>
                <div class="cta"><a class="btn pri big" href="#/">{ "Front page" }</a></div>
            </main>
        </>
    }
}

#[derive(Properties, PartialEq)]
struct ReadingProps {
    lesson: Rc<Lesson>,
}

/// A lesson that is read.
#[component]
fn Reading(props: &ReadingProps) -> Html {
    let lesson = props.lesson.clone();
    let revision = use_state(|| 0u64);
    let owner = {
        let (set, lesson) = (revision.setter(), lesson.clone());
        use_memo((), move |()| Reader::new(lesson, Callback::from(move |r| set.set(r))))
    };
    let reader = owner.at(*revision);
    use_effect_with(lesson.title.clone(), |title| set_title(title));
    let ready = use_ready(lesson.steps.len());
    let current = use_scroll(&reader, lesson.steps.len(), ready);
    let figures = before(&lesson);
    html! {
        <ContextProvider<Reader> context={reader.clone()}>
            { header(Bar { mid: html! { <b class="not-phone">{ &lesson.title }</b> }, tools: present::tool(), ..Bar::default() }) }
            <div class="lesson" data-testid="lesson" data-ready={(ready == lesson.steps.len()).to_string()}>
                <Rail {current} />
                <main id="main" tabindex="-1">
                    <header class="lesson-head">
                        <h1>{ &lesson.title }</h1>
                        { facts(&lesson) }
                        if !lesson.goals.is_empty() {
                            <div class="goals"><p>{ "After this you can" }</p><ul>{ for lesson.goals.iter().map(|g| html! { <li>{ prose::line(&reader, g, 0) }</li> }) }</ul></div>
                        }
                    </header>
                    { for lesson.steps.iter().enumerate().map(|(i, step)| html! {
                        <section class="step" id={format!("step-{}", i + 1)} aria-labelledby={format!("step-{}-title", i + 1)} key={i}>
                            <h2 id={format!("step-{}-title", i + 1)} tabindex="-1">{ &step.title }</h2>
                            if i < ready { { body(&reader, i, &figures) } } else { <p class="waiting">{ "…" }</p> }
                        </section>
                    }) }
                    { end(&reader) }
                </main>
            </div>
        </ContextProvider<Reader>>
    }
}

fn facts(lesson: &Lesson) -> Html {
    let unit = lesson.unit.map(|n| format!("Unit {n} of {}", units().len()));
    let minutes = (lesson.minutes > 0).then(|| format!("about {} minutes", lesson.minutes));
    let line = unit.into_iter().chain(minutes).collect::<Vec<_>>().join(" · ");
    html! { if !line.is_empty() { <p class="facts">{ line }</p> } }
}

/// How many steps are drawn: one more after each breath, so that the page is there at once.
#[hook]
fn use_ready(steps: usize) -> usize {
    let ready = use_state_eq(|| 1usize.min(steps));
    let timer = use_mut_ref(|| None::<Timeout>);
    {
        let ready = ready.clone();
        use_effect_with(*ready, move |now| {
            let next = *now + 1;
            *timer.borrow_mut() = (*now < steps).then(|| Timeout::new(0, move || ready.set(next)));
        });
    }
    *ready
}

/// For each block, the figure that was there last: marks and values in text belong to it.
fn before(lesson: &Lesson) -> Vec<Vec<usize>> {
    let mut latest = 0;
    let mut of_step = |step: &crate::course::Step| {
        let each = step.blocks.iter().map(|block| {
            if let Kind::Figure(place) = block.kind {
                latest = place;
            }
            latest
        });
        each.collect()
    };
    lesson.steps.iter().map(&mut of_step).collect()
}

/// The figure that the text of a screen belongs to: the latest that stands before its first block.
fn latest_figure(lesson: &Lesson, step: usize, shows: &Shows) -> usize {
    let block = match shows {
        Shows::Figure(figure, _) => return *figure,
        Shows::Block(block) => *block,
        Shows::Prose(blocks) => blocks.first().copied().unwrap_or(0),
    };
    before(lesson).get(step).and_then(|all| all.get(block)).copied().unwrap_or(0)
}

/// What stands beside a figure: the question that follows it, if it is about it.
fn side(lesson: &Lesson, step: usize, block: usize, figure: usize) -> Option<&Question> {
    match &lesson.steps[step].blocks.get(block + 1)?.kind {
        Kind::Question(q) if q.figure == figure => Some(q),
        _ => None,
    }
}

/// The blocks of a step. Notes stand beside the paragraph before them.
fn body(reader: &Reader, step: usize, figures: &[Vec<usize>]) -> Html {
    let lesson = reader.lesson().clone();
    let blocks = &lesson.steps[step].blocks;
    let mut parts: Vec<Html> = Vec::new();
    // What follows an open prediction in its step would tell what happens.
    let ask = blocks.iter().position(|b| reader.hides_rest(&b.kind));
    let upto = ask.map_or(blocks.len(), |at| at + 1);
    for (i, block) in blocks.iter().enumerate().take(upto) {
        let figure = figures[step][i];
        let place = (step, i);
        let beside = i > 0
            && matches!(&blocks[i].kind, Kind::Question(q) if matches!(blocks[i - 1].kind, Kind::Figure(f) if f == q.figure && !lesson.figures[f].hidden));
        parts.push(match &block.kind {
            Kind::Figure(f) if lesson.figures[*f].hidden => Html::default(),
            Kind::Figure(f) => match side(&lesson, step, i, *f) {
                Some(_) => html! { <LiveFigure place={*f}><Asking place={(step, i + 1)} /></LiveFigure> },
                None => html! { <LiveFigure place={*f} /> },
            },
            Kind::Question(_) if beside => Html::default(),
            Kind::Question(_) => html! { <div class="ask-sheet"><Asking {place} /></div> },
            Kind::WhatIf(_) => html! { <Compared {place} /> },
            Kind::Challenge(c) => challenge::card(reader, c),
            Kind::Plot(_) => html! { <Plotted {place} /> },
            Kind::Table(_) => html! { <div class="ask-sheet"><Filling {place} /></div> },
            Kind::Case(c) => others::case(reader, c),
            Kind::Code(c) => others::code(reader, c, figure),
            Kind::Measure(m) => html! { <div class="ask-sheet"><Measuring measure={m.clone()} {figure} /></div> },
            Kind::Note(inner) => html! { <div class="note" role="note">{ prose::all(reader, inner, figure) }</div> },
            _ => prose::prose(reader, block, figure).unwrap_or_default(),
        });
    }
    if upto < blocks.len() {
        parts.push(html! { <p class="later" data-testid={format!("later-{}", step + 1)}>{ "This step goes on once you have answered, or asked to be shown." }</p> });
    }
    // By their places, so that a figure stays the same one when more comes below it.
    parts.into_iter().enumerate().map(|(i, part)| html! { <key={i}>{ part }</> }).collect()
}

/// Where to go from here.
fn end(reader: &Reader) -> Html {
    let lesson = reader.lesson();
    let all = units();
    let here = lesson.unit;
    let next = all.iter().find(|u| here.is_some_and(|h| u.unit > h) && u.written);
    html! {
        <nav class="lesson-end" aria-label="Where to go from here">
            if let Some(next) = next { <a class="btn pri big" href={format!("#/lesson/{}", next.slug)} data-testid="next-unit">{ format!("Next: {}", next.title) }</a> }
            <a class="btn big" href="#/">{ "All units" }</a>
            <a class="btn big" href={format!("#/work?lesson={}", lesson.slug)} data-testid="to-hand-in">{ "Hand in" }</a>
            <a href={part_of(lesson, "work", "")} data-testid="to-summary">{ "Summary to print" }</a>
            <a href="#/glossary">{ "Glossary" }</a>
            <a href="#/references">{ "References" }</a>
        </nav>
    }
}
