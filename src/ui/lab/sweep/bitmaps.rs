//! What both sides have seen of each coordinator's events: a bar for the beginning that is complete, a box for each event after it.

use yew::prelude::*;

use super::{Seen, talk};
use crate::engine::base::NodeId;
use crate::ui::lab::LabHandle;
use crate::view::format::{count, counted};
use crate::view::sweep::bitmaps::{Dot, Lane, lanes};
use crate::view::sweep::{ends, pair};

/// Lanes drawn at most.
const MOST: usize = 12;

/// The lanes and the messages.
pub fn drawing(lab: &LabHandle, seen: &Seen) -> Html {
    let both = ends(&seen.cost);
    let (all, names) = lab.read(|s| {
        let names: Vec<String> = seen.ranges.iter().map(|range| pair::range_text(s.world(), &[*range])).collect();
        (lanes(s, both, &seen.ranges), names)
    });
    let body = match &all {
        None => html! { <p class="hist-note"><b>{ "Nobody numbers events here." }</b>{ " Every key is compared instead." }</p> },
        Some(all) if all.is_empty() => html! { <p class="hist-note">{ "No write has been numbered yet." }</p> },
        Some(all) => html! {
            <>
                { for all.iter().take(MOST).map(|one| lane(one, both, names.get(one.range).map_or("", |name| name))) }
                if all.len() > MOST { <p class="dim">{ format!("and {}", counted((all.len() - MOST) as u64, "lane more", "lanes more")) }</p> }
            </>
        },
    };
    html! {
        <div class="hists" data-testid="sweep-bitmaps">
            { body }
            { key() }
            { talk::drawing(lab, seen) }
        </div>
    }
}

fn lane(lane: &Lane, both: (NodeId, NodeId), range: &str) -> Html {
    let side = |of: usize, node: NodeId| {
        let dot = |(i, dots): (usize, &[Dot; 2])| {
            let event = lane.first + i as u64;
            let (class, words) = dots[of].words();
            html! { <li class={classes!("dot", class)} key={event} title={format!("event {event}: {words}")}><span>{ event }</span><span class="vh">{ words }</span></li> }
        };
        let whole = lane.first - 1;
        html! {
            <div class="dots">
                <b class="who">{ node.to_string() }</b>
                <ol aria-label={format!("What {node} has seen")}>
                    if whole > 0 { <li class="base" title={format!("everything up to event {whole}")}>{ if whole == 1 { "1".to_owned() } else { format!("1–{}", count(whole)) } }</li> }
                    { for lane.dots.iter().enumerate().map(dot) }
                    if lane.more > 0 { <li class="le-more">{ format!("{} more", count(lane.more)) }</li> }
                </ol>
                <span class="base-words">{ format!("all up to {}", count(lane.bases[of])) }</span>
            </div>
        }
    };
    html! {
        <section class={classes!("hist", "lane", (lane.missing() != [0, 0]).then_some("torn"))} data-testid={format!("lane-{}-{}", lane.by, lane.range)}>
            <p><b>{ format!("Writes that {} coordinated", lane.by) }</b>{ format!(", {range}: {}", lane.words(both)) }</p>
            { side(0, both.0) }
            { side(1, both.1) }
        </section>
    }
}

/// What the boxes mean.
fn key() -> Html {
    let one = |dot: Dot| {
        let (class, words) = dot.words();
        html! { <li><span class={classes!("dot", "swatch", class)} />{ words }</li> }
    };
    html! { <ul class="hist-key" aria-label="What the boxes mean"><li><span class="dot swatch base" />{ "everything up to here" }</li>{ for [Dot::Seen, Dot::Missing, Dot::Nobody].map(one) }</ul> }
}
