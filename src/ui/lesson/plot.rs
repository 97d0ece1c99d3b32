//! A plot: one quantity against a setting, each point a run of its own, measured while the page stays awake.

use gloo::timers::callback::Timeout;
use yew::prelude::*;

use super::reader::Reader;
use crate::course::{Kind, Plot, plotted};
use crate::lab::Value;
use crate::ui::svg::{path, px};
use crate::view::value_text::shown;

/// Properties of [`Plotted`].
#[derive(Properties, PartialEq)]
pub struct PlottedProps {
    /// The step and the block in which it stands.
    pub place: (usize, usize),
}

fn plot_of(reader: &Reader, place: (usize, usize)) -> Option<&Plot> {
    match &reader.lesson().steps.get(place.0)?.blocks.get(place.1)?.kind {
        Kind::Plot(p) => Some(p),
        _ => None,
    }
}

/// Measures one point, on the figure's own run: it is for that one that the checker proves what is claimed of it.
fn measure(reader: &Reader, plot: &Plot, point: usize) -> Vec<Value> {
    let edits = plot.points.get(point).map_or(&[][..], |(_, edits)| edits);
    plotted(reader.lesson(), plot, edits, None).unwrap_or_else(|_| vec![Value::Nothing; plot.lines.len()])
}

/// A plot of a lesson.
#[component]
pub fn Plotted(props: &PlottedProps) -> Html {
    let reader = use_context::<Reader>();
    let measured = use_state_eq(Vec::<Vec<Value>>::new);
    let timer = use_mut_ref(|| None::<Timeout>);
    {
        let (reader, place, next) = (reader.clone(), props.place, measured.clone());
        use_effect_with(measured.len(), move |done| {
            let done = *done;
            let plot = reader.as_ref().and_then(|r| plot_of(r, place)).cloned();
            let work = plot.filter(|p| done < p.points.len()).zip(reader);
            *timer.borrow_mut() = work.map(|(plot, reader)| {
                Timeout::new(10, move || {
                    let mut all = (*next).clone();
                    all.push(measure(&reader, &plot, done));
                    next.set(all);
                })
            });
        });
    }
    let Some(reader) = reader else { return Html::default() };
    let Some(plot) = plot_of(&reader, props.place) else { return Html::default() };
    html! {
        <figure class="lesson-plot" data-testid={format!("plot-{}", plot.name)} data-done={(measured.len() == plot.points.len()).to_string()}>
            <p class="plot-y">{ &plot.y }</p>
            { drawing(plot, &measured, 640.0, "wide") }
            { drawing(plot, &measured, 350.0, "narrow") }
            <p class="plot-x">{ &plot.x }</p>
            <ul class="plot-key">{ for plot.lines.iter().enumerate().map(|(i, (name, _, _))| html! { <li class={format!("line-{}", i % 4)}>{ name }</li> }) }</ul>
            { table(plot, &measured) }
        </figure>
    }
}

const HIGH: f64 = 260.0;

/// The drawing, so many of its own units wide: a phone has one of its own, with letters as large as elsewhere.
fn drawing(plot: &Plot, measured: &[Vec<Value>], width: f64, class: &'static str) -> Html {
    let numbers: Vec<Vec<f64>> = measured.iter().map(|row| row.iter().map(|v| v.number().unwrap_or(0.0)).collect()).collect();
    let top = numbers.iter().flatten().fold(1.0f64, |top, n| top.max(*n)) * 1.06;
    let count = plot.points.len().max(2) as f64 - 1.0;
    let x = |i: usize| 74.0 + i as f64 / count * (width - 96.0);
    let y = |n: f64| HIGH - 26.0 - n / top * (HIGH - 44.0);
    let marks = ["o", "s", "d", "t"];
    let mark = |line: usize, at: (f64, f64)| match marks[line % 4] {
        "o" => html! { <circle cx={px(at.0)} cy={px(at.1)} r="4" /> },
        "s" => html! { <rect x={px(at.0 - 4.0)} y={px(at.1 - 4.0)} width="8" height="8" /> },
        "d" => path("p", &format!("M{} {}l5 5-5 5-5-5z", at.0, at.1 - 5.0)),
        _ => path("p", &format!("M{} {}l5 9h-10z", at.0, at.1 - 5.0)),
    };
    let first = plot.lines.first().map(|(_, q, _)| q);
    html! {
        <svg class={classes!("plotted", class)} viewBox={format!("0 0 {width} {HIGH}")} aria-hidden="true">
            { for [0.0, 0.5, 1.0].into_iter().map(|share| {
                let n = top / 1.06 * share;
                let unit = measured.first().and_then(|row| row.first()).map(|v| match v { Value::Number(_, unit) => *unit, _ => crate::lab::Unit::Count });
                let words = first.zip(unit).map_or(String::new(), |(q, unit)| shown(q, &Value::Number(n.round(), unit)));
                html! { <>{ path("rule", &format!("M64 {}H{}", y(n), width - 12.0)) }<text class="s" x="56" y={px(y(n) + 4.0)} text-anchor="end" font-size="13">{ words }</text></> }
            }) }
            { for plot.points.iter().enumerate().map(|(i, (words, _))| html! { <text class="s" x={px(x(i))} y={px(HIGH - 6.0)} text-anchor="middle" font-size="13">{ words }</text> }) }
            { for plot.lines.iter().enumerate().map(|(line, _)| {
                let points: Vec<(f64, f64)> = numbers.iter().enumerate().filter_map(|(i, row)| Some((x(i), y(*row.get(line)?)))).collect();
                let d: String = points.iter().enumerate().map(|(i, (x, y))| format!("{}{x:.1} {y:.1}", if i == 0 { "M" } else { "L" })).collect();
                html! { <g class={format!("line-{}", line % 4)}>{ path("way", &d) }{ for points.into_iter().map(|at| mark(line, at)) }</g> }
            }) }
        </svg>
    }
}

fn table(plot: &Plot, measured: &[Vec<Value>]) -> Html {
    html! {
        <details><summary>{ "The numbers" }</summary>
            <table class="grid">
                <thead><tr><th scope="col">{ &plot.x }</th>{ for plot.lines.iter().map(|(name, _, _)| html! { <th scope="col">{ name }</th> }) }</tr></thead>
                <tbody>{ for plot.points.iter().zip(measured).map(|((words, _), row)| html! {
                    <tr><th scope="row">{ words }</th>{ for plot.lines.iter().zip(row).map(|((_, q, _), v)| html! { <td>{ shown(q, v) }</td> }) }</tr>
                }) }</tbody>
            </table>
        </details>
    }
}
