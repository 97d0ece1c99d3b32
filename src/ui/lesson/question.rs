//! A question: predict, run, compare, explain. What was chosen stays beside what happened.

use web_sys::HtmlInputElement;
use yew::prelude::*;

use super::prose;
use super::reader::Reader;
use super::trials::Trials;
use super::vote;
use crate::course::{Answer, Asked, Choice, Question, right};
use crate::engine::base::{Micros, arrange};
use crate::lab::{Film, Script, Session, to_link};
use crate::ui::marks::icon;
use crate::view::format::moment;
use crate::view::glyph::Icon;

/// Properties of [`Asking`].
#[derive(Properties, PartialEq)]
pub struct AskingProps {
    /// The step and the block in which the question stands.
    pub place: (usize, usize),
}

/// The question that stands there.
pub fn question_of(reader: &Reader, place: (usize, usize)) -> Option<&Question> {
    match &reader.lesson().steps.get(place.0)?.blocks.get(place.1)?.kind {
        crate::course::Kind::Question(q) => Some(q),
        _ => None,
    }
}

/// A question with its options.
#[component]
pub fn Asking(props: &AskingProps) -> Html {
    let Some(reader) = use_context::<Reader>() else { return Html::default() };
    let chosen = use_state_eq(Vec::<usize>::new);
    let Some(question) = question_of(&reader, props.place) else { return Html::default() };
    let open = reader.is_open(&question.name);
    let answer = reader.log().of(&question.name).cloned();
    html! {
        <section class="ask" data-testid={format!("question-{}", question.name)} data-open={open.to_string()}>
            <p class="kind">{ word(question.asked) }</p>
            <h3>{ prose::line(&reader, &question.ask, question.figure) }</h3>
            if !question.trials.is_empty() { <Trials question={question.clone()} /> }
            if open {
                { form(&reader, question, &chosen) }
            } else {
                <Told place={props.place} {answer} seed={reader.seed(question.figure)} />
            }
        </section>
    }
}

/// What a question is called.
pub fn word(asked: Asked) -> &'static str {
    match asked {
        Asked::Predict => "Predict",
        Asked::Quiz => "Question",
        Asked::Hunt => "Bug hunt",
    }
}

/// The options to choose from.
fn form(reader: &Reader, question: &Question, chosen: &UseStateHandle<Vec<usize>>) -> Html {
    let many = question.many;
    let option = |(i, option): (usize, &Choice)| {
        let onchange = {
            let chosen = chosen.clone();
            Callback::from(move |event: Event| {
                let on = event.target_dyn_into::<HtmlInputElement>().is_some_and(|input| input.checked());
                let mut now: Vec<usize> = chosen.iter().copied().filter(|c| many && *c != i).collect();
                if on {
                    now.push(i);
                }
                arrange(&mut now, Ord::cmp);
                chosen.set(now);
            })
        };
        html! {
            <label class="opt" key={i}>
                <input type={if many { "checkbox" } else { "radio" }} name={question.name.clone()} checked={chosen.contains(&i)} data-testid={format!("option-{}", i + 1)} {onchange} />
                <span class="nr" aria-hidden="true">{ i + 1 }</span>
                <span>{ prose::line(reader, &option.text, question.figure) }</span>
            </label>
        }
    };
    let give = {
        let (reader, name, chosen) = (reader.clone(), question.name.clone(), chosen.clone());
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            if !chosen.is_empty() {
                let given = chosen.iter().map(|i| (i + 1).to_string()).collect();
                chosen.set(Vec::new());
                reader.answer(&name, given, None);
            }
        })
    };
    let show = {
        let (reader, name) = (reader.clone(), question.name.clone());
        Callback::from(move |_: MouseEvent| reader.show_me(&name))
    };
    let go = if question.asked == Asked::Predict { "Predict, and run it" } else { "Answer" };
    html! {
        <form onsubmit={give}>
            <fieldset>
                <legend class="vh">{ if many { "Choose all that are right" } else { "Choose one" } }</legend>
                { for question.options.iter().enumerate().map(option) }
            </fieldset>
            if many { <p class="dim">{ "More than one may be right." }</p> }
            <div class="ask-go">
                <button type="submit" class="btn pri" disabled={chosen.is_empty()} data-testid="predict">{ go }</button>
                <button type="button" class="btn" onclick={show} data-testid="show-me">{ "Show me" }</button>
            </div>
        </form>
    }
}

/// Properties of [`Told`].
#[derive(Properties, PartialEq)]
pub struct ToldProps {
    /// The step and the block in which the question stands.
    pub place: (usize, usize),
    /// What was answered, if anything.
    pub answer: Option<Answer>,
    /// The seed with which the figure runs.
    pub seed: Option<u64>,
}

/// What the engine found of an option: whether it is right, when its moment is, and its run.
#[derive(Clone, PartialEq)]
struct Truth {
    right: bool,
    moment: Option<Micros>,
    /// The run, if it is another one than the figure's.
    other: Option<Script>,
}

fn truths(reader: &Reader, question: &Question, seed: Option<u64>) -> Vec<Truth> {
    let lesson = reader.lesson();
    let right = right(lesson, question, seed).unwrap_or_default();
    let truth = |(option, right): (&Choice, bool)| {
        let elsewhere = option.figure != question.figure || !option.with.is_empty();
        let script = lesson.variant(option.figure, &option.with, seed).ok();
        let moment = match (&option.moment, &script) {
            (Some(q), Some(script)) => {
                let mut film = Film::default();
                film.measure(q);
                film.play(script).ok().and_then(|seen| seen.values.first()?.time())
            }
            _ => None,
        };
        Truth { right, moment, other: script.filter(|_| elsewhere) }
    };
    question.options.iter().zip(right).map(truth).collect()
}

/// What was chosen beside what happened.
#[component]
pub fn Told(props: &ToldProps) -> Html {
    let reader = use_context::<Reader>();
    let found = {
        let (reader, place) = (reader.clone(), props.place);
        use_memo((props.place, props.seed), move |(_, seed)| {
            let reader = reader?;
            let question = question_of(&reader, place)?;
            Some(truths(&reader, question, *seed))
        })
    };
    let Some(reader) = reader else { return Html::default() };
    let (Some(question), Some(found)) = (question_of(&reader, props.place), found.as_ref()) else { return Html::default() };
    let chosen: Vec<usize> = props.answer.iter().flat_map(|a| &a.given).filter_map(|g| g.parse::<usize>().ok()?.checked_sub(1)).collect();
    let is_right = props.answer.as_ref().is_some_and(|a| a.right);
    let option = |(i, (option, truth)): (usize, (&Choice, &Truth))| {
        let mine = chosen.contains(&i);
        let class = classes!("opt", truth.right.then_some("so"), mine.then_some("mine"));
        let what = match (truth.right, mine) {
            (true, true) => "what happened, and your answer",
            (true, false) => "what happened",
            (false, true) => "your answer",
            (false, false) => "",
        };
        html! {
            <li {class} key={i}>
                <span class="nr" aria-hidden="true">if truth.right { { icon(Icon::Tick) } } else { { i + 1 } }</span>
                <span>{ prose::line(&reader, &option.text, question.figure) }if !what.is_empty() { <small>{ what }</small> }</span>
            </li>
        }
    };
    let again = {
        let (reader, question) = (reader.clone(), question.clone());
        Callback::from(move |_: MouseEvent| reader.again(&question))
    };
    let others = reader.lesson().seeds_of(question.figure).len() > 1;
    let explained = |(i, (option, truth)): (usize, (&Choice, &Truth))| {
        let wanted = chosen.contains(&i) || truth.right;
        wanted.then(|| html! { <p key={i}>{ prose::line(&reader, &option.say, question.figure) }{ " " }{ shown_at(&reader, question, option, truth) }</p> })
    };
    let pairs = || question.options.iter().zip(found).enumerate();
    html! {
        <>
            <ol class="opts">{ for pairs().map(option) }</ol>
            <div class="told" aria-live="polite" data-testid="verdict" data-right={is_right.to_string()}>
                if props.answer.is_some() { <p class="verdict-line"><b>{ if is_right { "As you said." } else { "Not as you said." } }</b></p> }
                { for pairs().filter(|(i, _)| chosen.contains(i)).filter_map(explained) }
                { for pairs().filter(|(i, _)| !chosen.contains(i)).filter_map(explained) }
                if !question.say.is_empty() { <p>{ prose::line(&reader, &question.say, question.figure) }</p> }
            </div>
            { vote::code(&reader, question) }
            <button type="button" class="btn sm" onclick={again} data-testid="again">{ if others { "Ask me again, on another run" } else { "Ask me again" } }</button>
        </>
    }
}

/// The moment that shows it: on the figure, or in the lab if it is another run.
fn shown_at(reader: &Reader, question: &Question, option: &Choice, truth: &Truth) -> Html {
    match (&truth.other, truth.moment) {
        (None, Some(at)) => {
            let (reader, figure) = (reader.clone(), question.figure);
            let onclick = Callback::from(move |_: MouseEvent| reader.visit(figure, at));
            html! { <button type="button" class="to-moment" data-testid="see" {onclick}>{ format!("Show {}", moment(at)) }</button> }
        }
        (None, None) if option.figure == question.figure => Html::default(),
        (other, at) => {
            let Some(script) = other.clone() else { return Html::default() };
            let onclick = Callback::from(move |_: MouseEvent| {
                let payload = Session::open(script.clone()).ok().and_then(|mut session| {
                    session.seek_time(at.unwrap_or_else(|| session.end()));
                    to_link(&session).ok()
                });
                if let Some(payload) = payload {
                    let _ = gloo::utils::window().location().set_hash(&format!("/run?r={payload}"));
                }
            });
            html! { <button type="button" class="to-moment" data-testid="see" {onclick}>{ "Open the run that shows it" }</button> }
        }
    }
}
