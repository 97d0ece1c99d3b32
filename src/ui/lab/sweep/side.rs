//! What a sweep costs, beside its drawing; and the form that starts another one.

use yew::prelude::*;

use super::race::RaceButton;
use super::{Seen, plots, queue, storm, use_seen, use_start};
use crate::ui::lab::LabHandle;
use crate::view::sweep::ledger::{self, Line};
use crate::view::sweep::state;

/// The panel beside a sweep.
#[hook]
pub fn use_side(lab: &LabHandle) -> Html {
    let seen = use_seen(lab);
    let form = use_start(lab);
    let bill = seen.map(|seen| bill(lab, &seen));
    html! {
        <>
            { for bill }
            <section data-testid="sweep-another">
                <h2 class="h">{ "Another sweep" }</h2>
                { form }
                <RaceButton />
            </section>
            { queue::panel(lab) }
            { storm::dashboard(lab) }
            <plots::HashesCompared />
        </>
    }
}

fn bill(lab: &LabHandle, seen: &Seen) -> Html {
    let ahead = lab.read(|s| s.sweeps_ahead().cost(seen.id()).cloned());
    let lines = ledger::lines(&seen.cost, ahead.as_ref(), &seen.at_start);
    let (headline, rest) = ledger::sentence(&seen.cost, ahead.as_ref());
    let row = |line: &Line| {
        html! {
            <tr><th scope="row">{ line.label }</th><td class="n">{ &line.so_far }</td><td>{ &line.at_end }</td><td>{ &line.send_all }</td><td>{ &line.least }</td></tr>
        }
    };
    html! {
        <section data-testid="sweep-bill">
            <h2 class="h">{ "What it costs" }<small>{ state(&seen.cost) }</small></h2>
            <p class="serif" data-testid="sweep-sentence"><b>{ headline }</b>{ " " }{ rest }</p>
            <table class="bill">
                <thead><tr><td /><th scope="col">{ "so far" }</th><th scope="col">{ "at the end" }</th><th scope="col">{ "send all" }</th><th scope="col">{ "least possible" }</th></tr></thead>
                <tbody>{ for lines.iter().map(row) }</tbody>
            </table>
        </section>
    }
}
