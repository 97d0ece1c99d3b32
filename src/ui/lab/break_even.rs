//! The break-even sheet: runs with digests and without, measured one after the other while the page stays awake, and drawn as a plot.

use gloo::timers::callback::Timeout;
use web_sys::HtmlSelectElement;
use yew::prelude::*;

use super::LabHandle;
use super::open::sentence;
use crate::lab::{BreakEven, Measured, RATES, Session};
use crate::ui::marks::{glyph, icon};
use crate::ui::share::show_modal;
use crate::view::break_even::{Dot, Plot, SIZES, TableRow, answer, plot, question};
use crate::view::format::count;
use crate::view::glyph::{Form, Icon, Kind};
use crate::view::plot::{Mark, Pen};

/// Offers the sheet.
#[component]
pub fn DigestsPay() -> Html {
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
            <p class="verbs"><button type="button" class="btn sm" data-testid="break-even-open" onclick={show}>{ "When do digests pay?" }</button></p>
            if *open { <BreakEvenSheet {close} /> }
        </>
    }
}

/// Properties of [`BreakEvenSheet`].
#[derive(Debug, PartialEq, Properties)]
pub struct BreakEvenSheetProps {
    /// Closes the sheet.
    pub close: Callback<()>,
}

/// What is asked, and the runs measured so far.
type Work = (Option<BreakEven>, Vec<Option<Measured>>);

/// The sheet. It asks about a cluster with the settings in force.
#[component]
pub fn BreakEvenSheet(props: &BreakEvenSheetProps) -> Html {
    let Some(lab) = use_context::<LabHandle>() else { return Html::default() };
    let sheet = use_node_ref();
    let bytes = use_state_eq(|| 2usize);
    let settings = lab.read(|s| s.world().settings().clone());
    let asked = BreakEven::of(&settings, SIZES[*bytes]);
    let runs = use_runs(asked.clone());
    {
        let sheet = sheet.clone();
        use_effect_with((), move |()| show_modal(&sheet));
    }
    let onclick = props.close.reform(|_: MouseEvent| ());
    let onclose = props.close.reform(|_: Event| ());
    let open = asked.clone().map(|asked| {
        let (lab, close) = (lab.clone(), props.close.clone());
        Callback::from(move |(run, start): (usize, u32)| {
            close.emit(());
            open_run(&lab, &asked, run, start);
        })
    });
    html! {
        <dialog class="sheet break-even" ref={sheet} {onclose} data-testid="break-even" aria-labelledby="break-even-title">
            <div class="sheet-head">
                <h2 id="break-even-title">{ "When do digests pay?" }</h2>
                <button type="button" class="tb" aria-label="Close" data-testid="break-even-close" {onclick}>{ icon(Icon::Close) }</button>
            </div>
            if let Some((asked, open)) = asked.as_ref().zip(open) {
                <p>{ question(asked, &settings) }</p>
                { sizes(*bytes, bytes.setter()) }
                { figure(&runs, &open) }
            } else {
                <p>{ "A key has a single copy here: there is nothing to compare." }</p>
            }
        </dialog>
    }
}

/// Measures one run after the other, each in a slice of its own, so that the page stays awake.
#[hook]
fn use_runs(asked: Option<BreakEven>) -> Vec<Option<Measured>> {
    let work = use_state(|| (None, Vec::new()) as Work);
    let total = asked.as_ref().map_or(0, BreakEven::runs);
    let runs = if work.0 == asked && asked.is_some() { work.1.clone() } else { vec![None; total] };
    let done = runs.iter().flatten().count();
    let (set, kept) = (work.setter(), runs.clone());
    use_effect_with((asked, done), move |(asked, done)| {
        // Both lines grow together, from the left.
        let next = (done % 2) * RATES as usize + done / 2;
        let (asked, mut runs) = (asked.clone(), kept);
        let timer = (*done < total).then(|| {
            Timeout::new(0, move || {
                let measured = asked.as_ref().and_then(|asked| asked.measure(next).ok());
                if let (Some(place), true) = (runs.get_mut(next), measured.is_some()) {
                    *place = measured;
                    set.set((asked, runs));
                }
            })
        });
        move || drop(timer)
    });
    runs
}

/// Opens one of the runs where its reads begin. What was open can be brought back.
fn open_run(lab: &LabHandle, asked: &BreakEven, run: usize, start: u32) {
    match Session::open(asked.script(run)) {
        Ok(mut session) => {
            session.seek_event(start);
            let title = session.script().title.clone();
            lab.replace(session, format!("Opened \"{title}\", before its first read."));
        }
        Err(error) => lab.set_ui(|ui| ui.error = Some(sentence(&error))),
    }
}

fn sizes(chosen: usize, set: UseStateSetter<usize>) -> Html {
    let onchange = Callback::from(move |event: Event| {
        if let Some(select) = event.target_dyn_into::<HtmlSelectElement>() {
            set.set(usize::try_from(select.selected_index()).unwrap_or(0).min(SIZES.len() - 1));
        }
    });
    html! {
        <p class="cfg">{ "The same for values of " }
            <select class="scrub" aria-label="bytes of each value" data-testid="break-even-size" {onchange}>
                { for SIZES.iter().enumerate().map(|(i, n)| html! { <option selected={i == chosen}>{ format!("{} bytes", count((*n).into())) }</option> }) }
            </select>{ "." }
        </p>
    }
}

fn figure(runs: &[Option<Measured>], open: &Callback<(usize, u32)>) -> Html {
    let wide = gloo::utils::window().inner_width().ok().and_then(|w| w.as_f64()).is_none_or(|w| w > 700.0);
    let plot = plot(runs, if wide { (700, 330) } else { (340, 290) });
    let done = runs.iter().flatten().count();
    html! {
        <figure>
            <p class="answer" role="status" data-testid="break-even-answer" data-done={(done == runs.len()).to_string()}>{ answer(runs) }</p>
            <p class="key" aria-hidden="true">
                <span>{ glyph(Kind::Digest, Form::Carries, 18) }{ "with digests" }</span>
                <span>{ glyph(Kind::Read, Form::Carries, 18) }{ "without: whole rows" }</span>
                <span class="dim">{ "A point is a run: choose one to open it." }</span>
            </p>
            { drawing(&plot, open) }
            { table(&plot.table, &plot.dots, open) }
        </figure>
    }
}

fn drawing(plot: &Plot, open: &Callback<(usize, u32)>) -> Html {
    let (w, h) = plot.size;
    let mark = |mark: &Mark| match mark {
        Mark::Line { points, pen } => {
            let points: Vec<String> = points.iter().map(|(x, y)| format!("{x},{y}")).collect();
            html! { <polyline class={pen.class()} points={points.join(" ")} /> }
        }
        Mark::Text { text, at: (x, y), side, upright, size } => {
            let turn = upright.then(|| format!("rotate(-90 {x} {y})"));
            html! { <text x={x.to_string()} y={y.to_string()} text-anchor={side.anchor()} font-size={size.to_string()} transform={turn}>{ text }</text> }
        }
    };
    let dot = |dot: &Dot| {
        let (open, run, start) = (open.clone(), dot.run, dot.start);
        let shape = match dot.pen {
            Pen::First => html! { <path d="M0 -6L5.2 -3V3L0 6L-5.2 3V-3Z" /> },
            _ => html! { <circle r="5" /> },
        };
        html! {
            <g key={run} class={classes!("dot", dot.pen.class())} transform={format!("translate({} {})", dot.at.0, dot.at.1)}
                data-testid={format!("break-even-dot-{run}")} onclick={move |_: MouseEvent| open.emit((run, start))}>
                <title>{ &dot.text }</title>
                <circle class="room" r="13" />
                { shape }
            </g>
        }
    };
    html! {
        <svg class="plot" viewBox={format!("0 0 {w} {h}")} aria-hidden="true" data-testid="break-even-plot">
            { for plot.marks.iter().map(mark) }
            if let Some((x, y)) = plot.cross {
                <line class="cross" x1={x.to_string()} x2={x.to_string()} y1={y.to_string()} y2={(h - 47).to_string()} />
                <circle class="cross" cx={x.to_string()} cy={y.to_string()} r="9" />
            }
            { for plot.dots.iter().map(dot) }
        </svg>
    }
}

/// The plot as a table; its numbers open the runs too.
fn table(rows: &[TableRow], dots: &[Dot], open: &Callback<(usize, u32)>) -> Html {
    let cell = |run: usize, text: &Option<String>| {
        let start = dots.iter().find(|d| d.run == run).map(|d| (d.start, d.text.clone()));
        match (start, text) {
            (Some((start, label)), Some(text)) => {
                let open = open.clone();
                let onclick = Callback::from(move |_: MouseEvent| open.emit((run, start)));
                html! { <td><button type="button" class="oplink" aria-label={format!("{label}. Open this run")} data-testid={format!("break-even-cell-{run}")} {onclick}>{ text }</button></td> }
            }
            _ => html! { <td>{ "…" }</td> },
        }
    };
    html! {
        <details>
            <summary>{ "The same as a table" }</summary>
            <table class="know numbers">
                <thead><tr><th scope="col">{ "reads that differ" }</th><th scope="col">{ "with digests, B" }</th><th scope="col">{ "without, B" }</th></tr></thead>
                <tbody>
                    { for rows.iter().enumerate().map(|(i, row)| html! {
                        <tr><td>{ &row.rate }</td>{ cell(i, &row.digests) }{ cell(i + RATES as usize, &row.rows) }</tr>
                    }) }
                </tbody>
            </table>
        </details>
    }
}
