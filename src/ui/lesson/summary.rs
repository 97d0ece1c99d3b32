//! A lesson on paper: what its reader answered, first and last, beside what happened.

use yew::prelude::*;
use yew_router::prelude::*;

use super::load::{Loaded, Source, load};
use super::prose;
use super::reader::{Reader, own_number};
use super::use_ready;
use crate::course::{Answer, Challenge, Filled, Kind, Lesson, Question, Table, Truth, truth};
use crate::ui::header::{Bar, header};
use crate::ui::marks::icon;
use crate::ui::route::set_title;
use crate::view::format::counted;
use crate::view::glyph::Icon;
use crate::view::work::{cell_words, measured_words};

/// Properties of [`SummaryPage`].
#[derive(Properties, PartialEq)]
pub struct SummaryPageProps {
    /// The lesson's short name.
    pub slug: AttrValue,
}

/// The page.
#[component]
pub fn SummaryPage(props: &SummaryPageProps) -> Html {
    let loaded = use_state_eq(|| Loaded::Waiting);
    let source = Source::of_part(&props.slug, use_location().map(|l| l.query_str().to_owned()).unwrap_or_default().as_str());
    {
        let loaded = loaded.setter();
        use_effect_with(source, move |source| load(source.clone(), Callback::from(move |l| loaded.set(l))));
    }
    match &*loaded {
        Loaded::Waiting => {
            html! { <>{ header(Bar::default()) }<main id="main" class="pg" tabindex="-1"><p class="waiting">{ "One moment …" }</p></main></> }
        }
        Loaded::Failed(faults) => super::failed(faults),
        Loaded::Ready(lesson) => html! { <Paper lesson={lesson.clone()} /> },
    }
}

#[derive(Properties, PartialEq)]
struct PaperProps {
    lesson: std::rc::Rc<Lesson>,
}

#[component]
fn Paper(props: &PaperProps) -> Html {
    let lesson = props.lesson.clone();
    set_title(&format!("Summary: {}", lesson.title));
    let reader = {
        let lesson = lesson.clone();
        use_memo((), move |()| Reader::new(lesson, Callback::noop()))
    };
    let items: Vec<String> = lesson.items().into_iter().map(|(_, name)| name.to_owned()).collect();
    // Each answer is judged anew by running the engine, one after each breath.
    let ready = use_ready(items.len());
    let log = reader.log();
    let number = own_number();
    let print = Callback::from(|_: MouseEvent| {
        // Where printing is not allowed, nothing happens.
        let _ = gloo::utils::window().print();
    });
    html! {
        <ContextProvider<Reader> context={(*reader).clone()}>
            { header(Bar::default()) }
            <main id="main" class="pg work paper" tabindex="-1" data-testid="summary" data-ready={(ready == items.len()).to_string()}>
                <div class="cover">
                    <div>
                        <h1>{ &lesson.title }</h1>
                        <p>{ if number.is_empty() { "Your answers beside what happened.".to_owned() } else { format!("{number}: answers beside what happened.") } }</p>
                    </div>
                    <div class="cta no-print">
                        <button type="button" class="btn pri big" onclick={print} data-testid="print">{ "Print" }</button>
                        <a class="btn big" href="#/work">{ "Your work" }</a>
                    </div>
                </div>
                if !lesson.goals.is_empty() {
                    <div class="goals"><p>{ "After this lesson you can" }</p><ul>{ for lesson.goals.iter().map(|g| html! { <li>{ prose::line(&reader, g, 0) }</li> }) }</ul></div>
                }
                <ol class="answers">
                    { for items.iter().take(ready).map(|name| html! { <Item key={name.clone()} name={name.clone()} answer={log.of(name).cloned()} /> }) }
                </ol>
            </main>
        </ContextProvider<Reader>>
    }
}

#[derive(Properties, PartialEq)]
struct ItemProps {
    name: String,
    answer: Option<Answer>,
}

#[component]
fn Item(props: &ItemProps) -> Html {
    let reader = use_context::<Reader>();
    let truth = {
        let reader = reader.clone();
        use_memo((props.name.clone(), props.answer.as_ref().and_then(|a| a.seed)), move |(name, seed)| {
            let reader = reader?;
            truth(reader.lesson(), reader.lesson().item(name)?, *seed)?.ok()
        })
    };
    let Some(reader) = reader else { return Html::default() };
    let answer = props.answer.as_ref();
    let body = match (reader.lesson().item(&props.name), &*truth) {
        (Some(Kind::Question(q)), Some(Truth::Options(right))) => question(&reader, q, right, answer),
        (Some(Kind::Table(t)), Some(Truth::Cells(cells))) => table(&reader, t, cells, answer),
        (Some(Kind::Challenge(c)), _) => challenge(&reader, c, answer),
        _ => return Html::default(),
    };
    html! { <li data-testid={format!("answer-{}", props.name)}>{ body }</li> }
}

/// How often, and whether it was another run than the figure's own.
fn tries(answer: Option<&Answer>) -> String {
    match answer {
        None => "not answered".to_owned(),
        Some(a) => {
            let seed = a.seed.map_or(String::new(), |seed| format!(", on the run with seed {seed}"));
            format!("{}{seed}", counted(u64::from(a.tries), "answer", "answers"))
        }
    }
}

fn has(given: &[String], option: usize) -> bool {
    given.iter().any(|g| g.parse() == Ok(option + 1))
}

fn question(reader: &Reader, q: &Question, right: &[bool], answer: Option<&Answer>) -> Html {
    let option = |(i, (option, so)): (usize, (&crate::course::Choice, &bool))| {
        let (first, now) = (answer.is_some_and(|a| has(&a.first, i)), answer.is_some_and(|a| has(&a.given, i)));
        let mine = match (first, now) {
            (true, true) => "my answer",
            (true, false) => "my first answer",
            (false, true) => "my latest answer",
            (false, false) => "",
        };
        // Somebody who has not answered is told nothing.
        let so = *so && answer.is_some();
        let told = match (so, mine) {
            (true, "") => "what happened".to_owned(),
            (true, mine) => format!("what happened, and {mine}"),
            (false, mine) => mine.to_owned(),
        };
        html! {
            <li class={classes!(so.then_some("so"), (first || now).then_some("mine"))} key={i}>
                <span class="nr">if so { { icon(Icon::Tick) } } else { { i + 1 } }</span>
                <span>{ prose::line(reader, &option.text, q.figure) }if !told.is_empty() { <small>{ told }</small> }</span>
            </li>
        }
    };
    html! {
        <>
            <h2>{ prose::line(reader, &q.ask, q.figure) }</h2>
            <p class="dim">{ tries(answer) }</p>
            <ol class="paper-opts">{ for q.options.iter().zip(right).enumerate().map(option) }</ol>
        </>
    }
}

fn table(reader: &Reader, t: &Table, cells: &[Filled], answer: Option<&Answer>) -> Html {
    let figure = t.rows.first().map_or(0, |row| row.figure);
    html! {
        <>
            <h2>{ prose::line(reader, &t.ask, figure) }</h2>
            <p class="dim">{ tries(answer) }</p>
            if let Some(answer) = answer {
                <div class="grid-box" tabindex="0" role="group" aria-label="Table">
                <table class="grid">
                    <thead><tr><td></td><th scope="col">{ "first" }</th><th scope="col">{ "latest" }</th><th scope="col">{ "measured" }</th></tr></thead>
                    <tbody>{ for t.rows.iter().zip(cells).enumerate().map(|(i, (row, truth))| {
                        let cell = |given: &[String]| given.get(i).map_or(String::new(), |g| cell_words(&row.cell, g));
                        html! {
                            <tr>
                                <th scope="row">{ prose::line(reader, &row.label, row.figure) }</th>
                                <td>{ cell(&answer.first) }</td><td>{ cell(&answer.given) }</td><td><b>{ measured_words(&row.cell, truth) }</b></td>
                            </tr>
                        }
                    }) }</tbody>
                </table>
                </div>
            }
        </>
    }
}

fn challenge(reader: &Reader, c: &Challenge, answer: Option<&Answer>) -> Html {
    let medal = answer.and_then(|a| a.medal).map_or("not won yet", |m| m.name());
    html! {
        <>
            <h2>{ format!("Challenge: {}", c.title) }</h2>
            <p>{ prose::line(reader, &c.ask, c.figure) }</p>
            <p><b>{ medal }</b></p>
        </>
    }
}
