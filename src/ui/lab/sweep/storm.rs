//! The storm dashboard: small plots over the time of the run, one below the other, with the cursor in all of them.

use yew::prelude::*;

use super::plots::mark;
use crate::lab::BranchId;
use crate::ui::lab::LabHandle;
use crate::view::storm::{Chart, between_zones, charts, score};

/// Width and height of one plot.
const SIZE: (u32, u32) = (330, 104);

/// The dashboard.
pub fn dashboard(lab: &LabHandle) -> Html {
    let (all, figures) = lab.read(|s| (charts(s, SIZE), score(s)));
    html! {
        <section data-testid="storm" class="storm">
            <h2 class="h">{ "Clients beside sweeps" }<small>{ "last 5 s, over time" }</small></h2>
            <dl class="score" data-testid="storm-score">
                { for figures.iter().map(|f| html! {
                    <div key={f.id} data-testid={format!("score-{}", f.id)}><dt>{ f.what }</dt><dd><b>{ &f.value }</b><small>{ &f.more }</small></dd></div>
                }) }
            </dl>
            { for all.iter().map(chart) }
            <Zones lab={lab.clone()} />
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

#[derive(Properties, PartialEq)]
struct ZonesProps {
    lab: LabHandle,
}

/// What was found between zones, and for which branch and event.
type Found = Option<((BranchId, u32), Vec<(String, String)>)>;

/// How far zones are behind, and what crosses between them: a look at every event, so only while it is open and the run stands.
#[component]
fn Zones(props: &ZonesProps) -> Html {
    let lab = &props.lab;
    let open = use_state_eq(|| false);
    let kept = use_mut_ref(|| None as Found);
    let (zones, here) = lab.read(|s| (s.world().ring().zones().len(), (s.current(), s.cursor())));
    if zones < 2 {
        return Html::default();
    }
    let toggle = {
        let open = open.clone();
        Callback::from(move |event: MouseEvent| {
            event.prevent_default();
            open.set(!*open);
        })
    };
    let mut kept = kept.borrow_mut();
    if *open && !lab.ui().playing && kept.as_ref().is_none_or(|(of, _)| *of != here) {
        *kept = Some((here, lab.read(between_zones)));
    }
    let rows = kept.as_ref().map_or(&[][..], |(_, rows)| rows);
    html! {
        <details class="fold" open={*open} data-testid="zones">
            <summary onclick={toggle}><b>{ "Between zones" }</b></summary>
            <table class="bill"><tbody>{ for rows.iter().map(|(what, much)| html! { <tr><th scope="row">{ what }</th><td>{ much }</td></tr> }) }</tbody></table>
            if rows.is_empty() { <p class="dim">{ "Nothing has crossed yet." }</p> }
        </details>
    }
}
