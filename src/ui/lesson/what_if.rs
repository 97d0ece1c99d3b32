//! What if: the same seed and commands with one thing changed. Two runs side by side, scrubbed together, the first difference marked.

use web_sys::HtmlInputElement;
use yew::prelude::*;

use super::figure::{in_the_lab, use_figure_lab};
use super::prose;
use super::reader::Reader;
use crate::course::{Kind, WhatIf};
use crate::engine::base::Micros;
use crate::lab::{Film, Script, Session, Value, first_difference};
use crate::ui::lab::LabHandle;
use crate::ui::lab::moves::{Move, go};
use crate::ui::lab::stage::Stage;
use crate::ui::lab::why::use_why;
use crate::ui::ribbon::{Frame, lanes, size, summary};
use crate::ui::svg::{path, px};
use crate::view::format::{capital, moment};
use crate::view::home::ribbon;
use crate::view::value_text::shown;

/// Properties of [`Compared`].
#[derive(Properties, PartialEq)]
pub struct ComparedProps {
    /// The step and the block in which it stands.
    pub place: (usize, usize),
}

fn what_if_of(reader: &Reader, place: (usize, usize)) -> Option<&WhatIf> {
    match &reader.lesson().steps.get(place.0)?.blocks.get(place.1)?.kind {
        Kind::WhatIf(w) => Some(w),
        _ => None,
    }
}

/// A comparison of two runs.
#[component]
pub fn Compared(props: &ComparedProps) -> Html {
    let Some(reader) = use_context::<Reader>() else { return Html::default() };
    let Some(what_if) = what_if_of(&reader, props.place) else { return Html::default() };
    let seed = reader.seed(what_if.figure);
    let lesson = reader.lesson();
    let (left, right) = (lesson.variant(what_if.figure, &[], seed), lesson.variant(what_if.figure, &what_if.change, seed));
    match (left, right) {
        (Ok(left), Ok(right)) => html! { <Pair key={format!("{seed:?}")} place={props.place} {left} {right} /> },
        _ => html! { <p class="failed">{ "The two runs cannot be opened." }</p> },
    }
}

#[derive(Properties, PartialEq)]
struct PairProps {
    place: (usize, usize),
    left: Script,
    right: Script,
}

fn open(script: &Script) -> Option<Session> {
    let mut session = Session::open(script.clone()).ok()?;
    session.pump(400_000);
    Some(session)
}

/// Rows of the table: the label, both values as text, whether they differ.
fn rows(what_if: &WhatIf, left: &Script, right: &Script) -> Vec<(String, String, String, bool)> {
    let mut film = Film::default();
    what_if.rows.iter().for_each(|(_, q)| _ = film.measure(q));
    let (Ok(a), Ok(b)) = (film.play(left), film.play(right)) else { return Vec::new() };
    let text =
        |values: &[Value], q: &crate::lab::Quantity| film.place_of(q).and_then(|i| values.get(i)).map_or(String::new(), |v| shown(q, v));
    let row = |(label, q): &(String, crate::lab::Quantity)| {
        let (x, y) = (text(&a.values, q), text(&b.values, q));
        (label.clone(), x.clone(), y.clone(), x != y)
    };
    what_if.rows.iter().map(row).collect()
}

#[component]
fn Pair(props: &PairProps) -> Html {
    let reader = use_context::<Reader>();
    let (left, right) = {
        let (a, b) = (props.left.clone(), props.right.clone());
        (use_figure_lab(move || open(&a)), use_figure_lab(move || open(&b)))
    };
    let (place, scripts) = (props.place, (props.left.clone(), props.right.clone()));
    let table = {
        let reader = reader.clone();
        use_memo((), move |()| reader.as_ref().and_then(|r| what_if_of(r, place)).map_or(Vec::new(), |w| rows(w, &scripts.0, &scripts.1)))
    };
    let (Some(reader), Some(left), Some(right)) = (reader, left, right) else { return Html::default() };
    html! { <Both {reader} {left} {right} {place} table={(*table).clone()} /> }
}

#[derive(Properties, PartialEq)]
struct BothProps {
    reader: Reader,
    left: LabHandle,
    right: LabHandle,
    place: (usize, usize),
    table: Vec<(String, String, String, bool)>,
}

#[component]
fn Both(props: &BothProps) -> Html {
    let (left, right) = (&props.left, &props.right);
    let parted = use_memo((left.number(), right.number()), |_| left.read(|a| right.read(|b| first_difference(a.log(), b.log()))));
    let (why_left, why_right) = (use_why(left), use_why(right));
    {
        // At first both stand where they part, if they do; else at the end.
        let (left, right, at) = (left.clone(), right.clone(), parted.map(|(_, at)| at));
        use_effect_with((), move |()| both(&left, &right, at.unwrap_or(Micros::MAX)));
    }
    let Some(what_if) = what_if_of(&props.reader, props.place) else { return Html::default() };
    let waits = props.reader.pending(what_if.figure).is_some_and(|q| stands_before(&props.reader, &q.name, props.place));
    if waits {
        // It would tell what the question asks.
        return html! {
            <figure class="what-if waits" data-testid={format!("what-if-{}", what_if.name)}>
                <p>{ "What if " }<b>{ &what_if.right }</b>{ "? This comparison opens once the question about the figure above is answered." }</p>
            </figure>
        };
    }
    let at = parted.map(|(_, at)| at);
    html! {
        <figure class="what-if" data-testid={format!("what-if-{}", what_if.name)} aria-label="What if">
            <div class="wi-head">
                <p>{ prose::line(&props.reader, &what_if.ask, what_if.figure) }</p>
                { time(left, right, at) }
            </div>
            <div class="wi-pair">
                { side(left, &what_if.left, at, why_left) }
                { side(right, &what_if.right, at, why_right) }
            </div>
            { compared(&props.table, what_if) }
        </figure>
    }
}

/// Whether a question stands before a block. What comes after it in the text may be seen by then.
fn stands_before(reader: &Reader, question: &str, place: (usize, usize)) -> bool {
    let asks = |block: &crate::course::Block| matches!(&block.kind, Kind::Question(q) if q.name == question);
    let found = reader.lesson().steps.iter().enumerate().find_map(|(step, s)| Some((step, s.blocks.iter().position(asks)?)));
    found.is_some_and(|found| found < place)
}

/// Moves both runs to an instant.
fn both(left: &LabHandle, right: &LabHandle, at: Micros) {
    for lab in [left, right] {
        let end = lab.read(Session::end);
        go(lab, Move::Time(at.min(end)));
    }
}

/// Time of both runs, and where they part.
fn time(left: &LabHandle, right: &LabHandle, parted: Option<Micros>) -> Html {
    let (now, end) = left.read(|a| right.read(|b| (a.now().max(b.now()), a.end().max(b.end()))));
    let steps = 1_000u64;
    let value = now.0.min(end.0) * steps / end.0.max(1);
    let move_to = |to: fn(&mut Session, &mut Session)| {
        let (left, right) = (left.clone(), right.clone());
        Callback::from(move |_: MouseEvent| {
            left.quietly(|a| right.quietly(|b| to(a, b)));
            let at = left.read(|a| right.read(|b| a.now().max(b.now())));
            both(&left, &right, at);
        })
    };
    let oninput = {
        let (left, right) = (left.clone(), right.clone());
        Callback::from(move |event: InputEvent| {
            let value = event.target_dyn_into::<HtmlInputElement>().and_then(|input| input.value().parse::<u64>().ok());
            if let Some(value) = value {
                let value = value.min(steps);
                both(&left, &right, Micros(end.0 / steps * value + end.0 % steps * value / steps));
            }
        })
    };
    let part = parted.map(|at| {
        let (left, right) = (left.clone(), right.clone());
        let onclick = Callback::from(move |_: MouseEvent| both(&left, &right, at));
        html! { <button type="button" class="btn sm" data-testid="parted" {onclick}>{ format!("≠ first difference, {}", moment(at)) }</button> }
    });
    html! {
        <div class="wi-time">
            <button type="button" class="btn sm" data-testid="both-back" onclick={move_to(|a, b| step(a, b, false))}>{ "Back" }</button>
            <button type="button" class="btn sm" data-testid="both-on" onclick={move_to(|a, b| step(a, b, true))}>{ "Next event" }</button>
            <input class="time" type="range" min="0" max={steps.to_string()} value={value.to_string()} aria-label="Time of both runs" aria-valuetext={moment(now)} data-testid="both-time" {oninput} />
            <span class="m fig-clock">{ moment(now) }</span>
            { for part }
        </div>
    }
}

/// One event on or back, in whichever run has the nearer one.
fn step(a: &mut Session, b: &mut Session, on: bool) {
    if on {
        let next = [a.next_event_at(), b.next_event_at()].into_iter().flatten().min();
        if let Some(at) = next {
            a.seek_time(at);
            b.seek_time(at);
        }
    } else {
        let now = a.now().max(b.now());
        let before = |s: &Session| s.log().iter().filter(|e| !e.is_quiet()).map(|e| e.at).take_while(|at| *at < now).last();
        let at = [before(a), before(b)].into_iter().flatten().max().unwrap_or(Micros::ZERO);
        a.seek_time(at);
        b.seek_time(at);
    }
}

fn side(lab: &LabHandle, title: &str, parted: Option<Micros>, why: Html) -> Html {
    let flags = lab.ui().key.map(|key| lab.read(|s| ribbon(s, &key)));
    let now = lab.read(Session::now);
    html! {
        <div class="wi-side" role="group" aria-label={title.to_owned()}>
            <p class="wi-title">{ capital(title) }<span class="m fig-clock">{ moment(now) }</span></p>
            <ContextProvider<LabHandle> context={lab.clone()}><div class="fig-stage"><Stage /></div></ContextProvider<LabHandle>>
            if let Some(flags) = &flags {
                { {
                    let f = Frame::HALF;
                    let (w, h) = size(f, flags.lanes.len());
                    let x = f.x(now, flags.end);
                    html! {
                        <svg class="front flags" viewBox={format!("0 -14 {w} {}", h + 14.0)} role="img" aria-label={summary(flags)}>
                            { lanes(flags, f, flags.end) }
                            if let Some(at) = parted {
                                { path("beat-line", &format!("M{} 4V{}", f.x(at, flags.end), h - 22.0)) }
                                <g class="beat-tag" transform={format!("translate({} -3)", f.x(at, flags.end))}>
                                    <rect x="-13" y="-10" width="26" height="18" rx="9" /><text text-anchor="middle" y="4" font-size="13">{ "≠" }</text>
                                </g>
                            }
                            <g class="head">{ path("playhead", &format!("M{x} 0V{}", h - 22.0)) }<circle cx={px(x)} cy={px(h - 22.0)} r="4.5" /></g>
                        </svg>
                    }
                } }
            }
            { why }
            { in_the_lab(lab) }
        </div>
    }
}

fn compared(table: &[(String, String, String, bool)], what_if: &WhatIf) -> Html {
    if table.is_empty() {
        return Html::default();
    }
    html! {
        <table class="wi-table">
            <thead class="vh"><tr><td></td><th scope="col">{ &what_if.left }</th><th scope="col">{ &what_if.right }</th></tr></thead>
            <tbody>
                { for table.iter().map(|(label, a, b, differ)| html! {
                    <tr class={differ.then_some("differs")}><th scope="row">{ label }</th><td>{ a }</td><td>{ b }</td></tr>
                }) }
            </tbody>
        </table>
    }
}
