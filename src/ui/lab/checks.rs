//! What clients could complain of, and the entropy gauge: the foot of the right-hand column.

use yew::prelude::*;

use super::LabHandle;
use super::event_inspector::pairs;
use super::handle::Selection;
use crate::view::gauge::{Flow, GaugeView};
use crate::view::verdict::{Judge, Piece, Standing, VerdictView};

/// Verdict and gauge at the cursor.
#[hook]
pub fn use_checks(lab: &LabHandle) -> Html {
    let judge = use_mut_ref(Judge::default);
    let begun = lab.read(|s| s.metrics().reads.begun + s.metrics().writes.begun > 0);
    if !begun {
        return Html::default();
    }
    let verdict = lab.read(|s| judge.borrow_mut().verdict(s));
    let gauge = lab.read(GaugeView::of);
    html! {
        <>
            { verdict_section(lab, &verdict) }
            { gauge_section(&gauge) }
        </>
    }
}

/// A sentence with its operations as links.
fn line(lab: &LabHandle, pieces: &[Piece]) -> Html {
    let piece = |piece: &Piece| match piece {
        Piece::Words(text) => html! { { text } },
        Piece::Op(op, name) => {
            let (lab, op) = (lab.clone(), *op);
            html! {
                <button type="button" class="oplink" data-op={op.number.to_string()}
                    onclick={move |_| lab.set_ui(|ui| ui.selection = Selection::Operation(op))}>{ name }</button>
            }
        }
    };
    html! { <>{ for pieces.iter().map(piece) }</> }
}

fn verdict_section(lab: &LabHandle, view: &VerdictView) -> Html {
    let (sign, word, class) = match view.standing {
        Standing::Well => ("=", "well", "same"),
        Standing::Broken => ("≠", "broken", "wrong"),
        Standing::Unknown => ("?", "unknown", "same"),
    };
    html! {
        <section class="not-projector" data-testid="verdict-card" data-standing={word}>
            <h3 class="h">{ "What clients were told" }<small>{ "so far" }</small></h3>
            <p class="judged">
                <span class={classes!("stamp", class)} aria-hidden="true">{ sign }</span>
                <span data-testid="verdict-linear">
                    if view.counts.is_empty() { { "nothing stale, nothing lost; " } } else { <b>{ format!("{}; ", view.counts) }</b> }
                    { line(lab, &view.linear) }
                </span>
            </p>
            if !view.lines.is_empty() {
                <ul class="found" data-testid="verdict-lines">
                    { for view.lines.iter().map(|l| html! { <li>{ line(lab, l) }</li> }) }
                    if view.hidden > 0 { <li class="dim">{ format!("and {} more", view.hidden) }</li> }
                </ul>
            }
        </section>
    }
}

fn flow(word: &str, of: &Flow, class: &'static str) -> Html {
    html! {
        <>
            <span>{ word.to_owned() }</span>
            <svg class={classes!("bar", class)} viewBox="0 0 1000 12" preserveAspectRatio="none" aria-hidden="true">
                <rect class="rail" width="1000" height="12" />
                <rect width={of.share.to_string()} height="12" />
            </svg>
            <b data-testid={format!("entropy-{class}")} data-copies={of.copies.to_string()}>{ &of.rate }</b>
        </>
    }
}

fn gauge_section(view: &GaugeView) -> Html {
    html! {
        <section class="not-projector" data-testid="gauge">
            <h3 class="h">{ "Entropy" }<small>{ &view.window }</small></h3>
            <p class="vh">{ view.text() }</p>
            <div class="cost gauge" aria-hidden="true">
                { flow("fell behind", &view.entered, "in") }
                { flow("caught up", &view.left, "out") }
            </div>
            <p class="behind"><b class={classes!((view.behind > 0).then_some("faulty"))} data-testid="gauge-behind" data-copies={view.behind.to_string()}>
                { &view.behind_words }
            </b></p>
            <details class="facts">
                <summary>{ "Counts" }</summary>
                { pairs(&view.facts) }
            </details>
        </section>
    }
}
