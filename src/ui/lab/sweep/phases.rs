//! The bar of a sweep's parts, beside the timeline: what is behind, what goes on, what is to come.

use yew::prelude::*;

use super::{Seen, use_seen};
use crate::engine::node::Method;
use crate::ui::lab::LabHandle;
use crate::ui::lab::moves::{Move, go};
use crate::view::format::count;
use crate::view::sweep::ladder::{Phase, phases};
use crate::view::sweep::place;

/// The bar of the sweep in view; nothing for methods without parts.
#[component]
pub fn PhaseBar() -> Html {
    let Some(lab) = use_context::<LabHandle>() else { return Html::default() };
    html! { <Bar {lab} /> }
}

#[derive(Properties, PartialEq)]
struct BarProps {
    lab: LabHandle,
}

#[component]
fn Bar(props: &BarProps) -> Html {
    match use_seen(&props.lab) {
        Some(seen) if has_parts(seen.cost.method) => bar(&props.lab, &seen),
        _ => Html::default(),
    }
}

/// Methods whose messages come in parts.
const fn has_parts(method: Method) -> bool {
    !matches!(method, Method::Log | Method::Ranges | Method::Sketch | Method::Bitmaps)
}

fn bar(lab: &LabHandle, seen: &Seen) -> Html {
    let (all, cursor, (sent, known)) = lab.read(|s| {
        // Before its end is known, nobody can say which level is the last.
        let whole = s.sweeps_ahead().cost(seen.id()).filter(|cost| cost.ended.is_some());
        // The last level of a trie is not one of leaves alone.
        let depth = whole.filter(|c| c.method != Method::Trie).map_or(u32::MAX, |cost| cost.levels.len().saturating_sub(1) as u32);
        (phases(s, seen.id(), depth), s.cursor(), place(s, seen.id()))
    });
    let part = |phase: &Phase| {
        let (from, to) = phase.span;
        let state = match cursor {
            c if c >= to => "past",
            c if c >= from => "now",
            _ => "ahead",
        };
        let lab = lab.clone();
        let onclick = Callback::from(move |_: MouseEvent| go(&lab, Move::Event(from)));
        let share = (phase.sent * 100).checked_div(phase.messages).unwrap_or(0);
        html! {
            <li class={state} key={format!("{:?}", phase.stage)}>
                <button type="button" {onclick} title={format!("{} of {} messages", phase.sent, phase.messages)} aria-current={(state == "now").then_some("step")}>
                    <span>{ &phase.name }</span>
                    <svg viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">
                        <rect class="all" width="100" height="10" />
                        <rect class="done" width={if state == "past" { "100".to_owned() } else { share.to_string() }} height="10" />
                    </svg>
                </button>
            </li>
        }
    };
    html! {
        <div class="phases k-sync" data-testid="phases">
            <ol aria-label="Parts of the sweep">{ for all.iter().map(part) }</ol>
            <p>{ "message " }<b>{ count(sent as u64) }</b>{ format!(" of {}", count(known as u64)) }</p>
        </div>
    }
}
