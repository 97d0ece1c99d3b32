//! The race: all sweeps on the same two replicas, each point a run that is carried out in slices and can be opened.

use gloo::timers::callback::Timeout;
use std::rc::Rc;
use yew::prelude::*;

use super::plots::{Dots, drawing};
use crate::lab::{Axis, Field, LabError, Raced, Racer, Run, Session, View, racers};
use crate::ui::lab::LabHandle;
use crate::ui::lab::keeping::pace;
use crate::ui::lab::open::sentence;
use crate::ui::marks::icon;
use crate::ui::share::show_modal;
use crate::view::format::{bytes, count};
use crate::view::glyph::Icon;
use crate::view::race::{Measure, answer, axis_words, log_plot, run_words};

/// Rows that are read, or what counts as much, between two looks at the clock.
const SLICE: u64 = 400;
/// How long a slice may take, in milliseconds: a longer one would be felt.
const PATIENCE: f64 = 12.0;

/// Goes on with a run for one slice.
fn advance(run: &mut Run) -> Option<Raced> {
    let now = || gloo::utils::window().performance().map_or(0.0, |clock| clock.now());
    let began = now();
    loop {
        let raced = run.advance(SLICE);
        if raced.is_some() || now() - began > PATIENCE {
            return raced;
        }
    }
}

/// The button that opens the race.
#[component]
pub fn RaceButton() -> Html {
    let open = use_state_eq(|| false);
    let show = {
        let open = open.clone();
        Callback::from(move |_: MouseEvent| open.set(true))
    };
    let close = {
        let open = open.clone();
        Callback::from(move |()| open.set(false))
    };
    html! {
        <>
            <p class="verbs"><button type="button" class="btn sm" data-testid="race-open" onclick={show}>{ "Race all sweeps\u{2026}" }</button></p>
            if *open { <RaceSheet {close} /> }
        </>
    }
}

#[derive(Debug, PartialEq, Properties)]
struct RaceSheetProps {
    close: Callback<()>,
}

/// What is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Asked {
    axis: Axis,
    near: bool,
}

/// What has been run so far: a line for each racer, a column for each value.
type Lines = Rc<Vec<Vec<Option<Raced>>>>;

#[component]
fn RaceSheet(props: &RaceSheetProps) -> Html {
    let Some(lab) = use_context::<LabHandle>() else { return Html::default() };
    let sheet = use_node_ref();
    let (asked, measure, going) = (use_state_eq(Asked::default), use_state_eq(Measure::default), use_state_eq(|| true));
    let all = use_memo((), |()| racers());
    let hidden = use_state_eq(|| vec![false; all.len()]);
    let lines = use_runs(&all, *asked, *going);
    {
        let sheet = sheet.clone();
        use_effect_with((), move |()| show_modal(&sheet));
    }
    let onclick = props.close.reform(|_: MouseEvent| ());
    let onclose = props.close.reform(|_: Event| ());
    let names: Vec<&str> = all.iter().map(|racer| racer.name).collect();
    let (done, total) = (lines.iter().flatten().flatten().count(), all.len() * asked.axis.values().len());
    let stop = {
        let going = going.clone();
        Callback::from(move |_: MouseEvent| going.set(!*going))
    };
    let open = {
        let (lab, close, all, asked) = (lab.clone(), props.close.clone(), all.clone(), *asked);
        Callback::from(move |(line, column, start): (usize, usize, u32)| {
            if let (Some(racer), Some(value)) = (all.get(line), asked.axis.values().get(column)) {
                close.emit(());
                open_run(&lab, &Field::at(asked.axis, *value, asked.near), racer, start);
            }
        })
    };
    html! {
        <dialog class="sheet race" ref={sheet} {onclose} data-testid="race" aria-labelledby="race-title" data-done={(done == total).to_string()}>
            <div class="sheet-head">
                <h2 id="race-title">{ "All sweeps on the same two replicas" }</h2>
                <button type="button" class="tb" aria-label="Close" data-testid="race-close" {onclick}>{ icon(Icon::Close) }</button>
            </div>
            { choices(&asked, &measure) }
            <p class="answer" role="status" data-testid="race-answer">
                if done < total {
                    <progress max={total.to_string()} value={done.to_string()} aria-label="Runs that are done" />
                    { format!(" {done} of {total} runs are done. ") }
                    <button type="button" class="btn sm" data-testid="race-stop" onclick={stop}>{ if *going { "Stop" } else { "Go on" } }</button>
                } else {
                    { answer(&names, asked.axis, &lines).unwrap_or_default() }
                }
            </p>
            { figure(&names, &asked, *measure, &lines, &open, &hidden) }
        </dialog>
    }
}

/// Carries out one run after the other, column by column, in slices, so that the page stays awake.
#[hook]
fn use_runs(all: &Rc<Vec<Racer>>, asked: Asked, going: bool) -> Lines {
    let kept = use_mut_ref(Vec::<(Asked, Lines)>::new);
    let running = use_mut_ref(|| None::<(Asked, usize, Run)>);
    let turn = use_state(|| 0u64);
    let (rows, columns) = (all.len(), asked.axis.values().len());
    let known = kept.borrow().iter().find(|(of, _)| *of == asked).map(|(_, lines)| lines.clone());
    let lines = known.unwrap_or_else(|| Rc::new(vec![vec![None; columns]; rows]));
    let (now, set, all) = (lines.clone(), turn.setter(), all.clone());
    use_effect_with((asked, going, *turn), move |(asked, going, turn)| {
        let (asked, turn) = (*asked, *turn);
        let next = (0..rows * columns).find(|i| now[i % rows][i / rows].is_none());
        let timer = next.filter(|_| *going).map(|place| {
            Timeout::new(0, move || {
                let mut running = running.borrow_mut();
                if running.as_ref().is_none_or(|(of, at, _)| (*of, *at) != (asked, place)) {
                    let field = Field::at(asked.axis, asked.axis.values()[place / rows], asked.near);
                    *running = Run::new(&field, &all[place % rows]).ok().map(|run| (asked, place, run));
                }
                if let Some(raced) = running.as_mut().and_then(|(_, _, run)| advance(run)) {
                    *running = None;
                    let mut more = (*now).clone();
                    more[place % rows][place / rows] = Some(raced);
                    let mut kept = kept.borrow_mut();
                    kept.retain(|(of, _)| *of != asked);
                    kept.push((asked, Rc::new(more)));
                }
                set.set(turn + 1);
            })
        });
        move || drop(timer)
    });
    lines
}

/// Opens a run where its sweep begins. What was open can be brought back.
fn open_run(lab: &LabHandle, field: &Field, racer: &Racer, start: u32) {
    let opened: Result<Session, LabError> = Session::open_at(field.script(racer), pace());
    match opened {
        Ok(mut session) => {
            session.seek_event(start);
            let title = session.script().title.clone();
            lab.replace(session, format!("Opened \"{title}\", before its sweep."));
            lab.set_ui(|ui| ui.view = View::Sweep);
        }
        Err(error) => lab.set_ui(|ui| ui.error = Some(sentence(&error))),
    }
}

/// What is varied, where differences lie, what is counted.
fn choices(asked: &UseStateHandle<Asked>, measure: &UseStateHandle<Measure>) -> Html {
    let pick = |next: Asked| {
        let asked = asked.clone();
        Callback::from(move |_: MouseEvent| asked.set(next))
    };
    let count_of = |next: Measure| {
        let measure = measure.clone();
        Callback::from(move |_: MouseEvent| measure.set(next))
    };
    let button = |words: &'static str, testid: &'static str, on: bool, onclick: Callback<MouseEvent>| {
        html! { <button type="button" data-testid={testid} aria-pressed={on.to_string()} {onclick}>{ words }</button> }
    };
    let now = **asked;
    html! {
        <div class="race-choices">
            <div class="seg sm" role="group" aria-label="What is varied">
                { button("Differences", "race-differences", now.axis == Axis::Differences, pick(Asked { axis: Axis::Differences, ..now })) }
                { button("Size of the data", "race-size", now.axis == Axis::Size, pick(Asked { axis: Axis::Size, ..now })) }
                { button("Clusters", "race-places", now.axis == Axis::Places, pick(Asked { axis: Axis::Places, near: false })) }
            </div>
            if now.axis != Axis::Places {
                <div class="seg sm" role="group" aria-label="Where the differences lie">
                    { button("Scattered", "race-far", !now.near, pick(Asked { near: false, ..now })) }
                    { button("Side by side", "race-near", now.near, pick(Asked { near: true, ..now })) }
                </div>
            }
            <div class="seg sm" role="group" aria-label="What is counted">
                { button("Bytes", "race-bytes", **measure == Measure::Bytes, count_of(Measure::Bytes)) }
                { button("Round trips", "race-rounds", **measure == Measure::Rounds, count_of(Measure::Rounds)) }
            </div>
        </div>
    }
}

fn figure(
    names: &[&str],
    asked: &Asked,
    measure: Measure,
    lines: &Lines,
    open: &Callback<(usize, usize, u32)>,
    hidden: &UseStateHandle<Vec<bool>>,
) -> Html {
    let values = asked.axis.values();
    let toggle = {
        let hidden = hidden.clone();
        Callback::from(move |i: usize| {
            let next = hidden.iter().enumerate().map(|(j, h)| if i == j { !h } else { *h }).collect();
            hidden.set(next);
        })
    };
    let points = |line: &Vec<Option<Raced>>| {
        line.iter().zip(values).filter_map(|(run, x)| Some((*x, measure.of(run.as_ref()?)))).collect::<Vec<_>>()
    };
    let left_out = |i: usize| hidden.get(i).copied().unwrap_or(false);
    let series: Vec<Vec<(u64, u64)>> =
        lines.iter().enumerate().map(|(i, line)| if left_out(i) { Vec::new() } else { points(line) }).collect();
    let wide = gloo::utils::window().inner_width().ok().and_then(|w| w.as_f64()).is_none_or(|w| w > 700.0);
    let plot = log_plot(&series, if wide { (700, 360) } else { (340, 300) }, axis_words(asked.axis), measure.words());
    let runs = |line: usize| lines[line].iter().enumerate().filter_map(move |(column, run)| Some((column, (*run)?))).collect::<Vec<_>>();
    let dots = |line: usize| {
        let open = open.clone();
        let of = runs(line);
        let text = of.iter().map(|(column, run)| run_words(names[line], asked.axis, values[*column], run)).collect();
        let pick = Callback::from(move |i: usize| {
            if let Some((column, run)) = of.get(i) {
                open.emit((line, *column, run.start));
            }
        });
        Dots { text, pick: Some(pick) }
    };
    let all: Vec<Dots> = (0..names.len()).map(dots).collect();
    html! {
        <figure>
            { drawing(&plot, names, &all, "race-plot", Some((&hidden[..], toggle))) }
            <details>
                <summary>{ "The same as a table" }</summary>
                <div class="race-table"><table class="know numbers">
                    <thead><tr><th scope="col">{ axis_words(asked.axis) }</th>{ for names.iter().map(|name| html! { <th scope="col">{ *name }</th> }) }</tr></thead>
                    <tbody>{ for values.iter().enumerate().map(|(column, value)| html! {
                        <tr><th scope="row">{ count(*value) }</th>{ for (0..names.len()).map(|line| cell(names[line], asked, lines[line][column].as_ref(), (line, column), open)) }</tr>
                    }) }</tbody>
                </table></div>
            </details>
        </figure>
    }
}

/// A number of the table opens its run too.
fn cell(name: &str, asked: &Asked, run: Option<&Raced>, (line, column): (usize, usize), open: &Callback<(usize, usize, u32)>) -> Html {
    let Some(run) = run.copied() else { return html! { <td>{ "…" }</td> } };
    let label = format!("{}. Open this run", run_words(name, asked.axis, asked.axis.values()[column], &run));
    let open = open.clone();
    let onclick = Callback::from(move |_: MouseEvent| open.emit((line, column, run.start)));
    html! {
        <td><button type="button" class="oplink" aria-label={label} data-testid={format!("race-cell-{line}-{column}")} {onclick}>{ format!("{}, {}", bytes(run.bytes()), run.round_trips) }</button></td>
    }
}
