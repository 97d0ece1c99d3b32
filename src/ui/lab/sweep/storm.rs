//! The storm dashboard: small plots over the time of the run, one below the other, with the cursor in all of them.

use yew::prelude::*;

use super::plots::mark;
use crate::ui::lab::LabHandle;
use crate::view::storm::{Chart, charts, score};

/// Width and height of one plot.
const SIZE: (u32, u32) = (330, 104);

/// The dashboard.
pub fn dashboard(lab: &LabHandle) -> Html {
    let (all, words) = lab.read(|s| (charts(s, SIZE), score(s)));
    html! {
        <section data-testid="storm" class="storm">
            <h2 class="h">{ "Clients beside sweeps" }<small>{ "last 5 s, over time" }</small></h2>
            <p class="dim" data-testid="storm-score">{ words }</p>
            { for all.iter().map(chart) }
            <table class="vh">
                <caption>{ "Clients beside sweeps" }</caption>
                <thead><tr><th scope="col">{ "what" }</th><th scope="col">{ "at the cursor" }</th><th scope="col">{ "at most" }</th></tr></thead>
                <tbody>{ for all.iter().map(|chart| html! { <tr><th scope="row">{ chart.title }</th><td>{ &chart.now }</td><td>{ &chart.most }</td></tr> }) }</tbody>
            </table>
        </section>
    }
}

fn chart(chart: &Chart) -> Html {
    let (w, h) = chart.size;
    html! {
        <figure key={chart.id} data-testid={format!("storm-{}", chart.id)}>
            <figcaption aria-hidden="true"><span>{ chart.title }</span><b>{ &chart.now }</b></figcaption>
            <svg class="plot" viewBox={format!("0 0 {w} {h}")} aria-hidden="true">
                { for chart.marks.iter().map(mark) }
                if let Some(x) = chart.cursor {
                    <line class="cross" x1={x.to_string()} x2={x.to_string()} y1="4" y2={(h - 22).to_string()} />
                }
            </svg>
        </figure>
    }
}
