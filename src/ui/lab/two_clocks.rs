//! Two timelines of hinted handoff on one axis, told apart: an outage with its beats t0 to t4, and the life of one write.

use yew::prelude::*;

use super::LabHandle;
use super::why::{lights, visit};
use crate::engine::base::{Micros, NodeId, OpId};
use crate::view::format::{moment, span};
use crate::view::outage::{Beat, Life, Outage, life, outage_of, outages};

/// Width and margins of the picture, in its own pixels.
const WIDE: f64 = 320.0;
const EDGE: f64 = 14.0;

/// The card of a write: nothing if no hint of it was kept.
pub fn of_write(lab: &LabHandle, op: OpId) -> Html {
    let told = lab.read(|s| life(s, op).map(|l| (outage_of(s, &l), l)));
    let Some((outage, life)) = told else { return Html::default() };
    html! { <section>{ card(lab, outage.as_ref(), Some(&life)) }</section> }
}

/// The card of a node: its outages so far, the latest of them.
pub fn of_node(lab: &LabHandle, node: NodeId) -> Html {
    let latest = lab.read(|s| outages(s).into_iter().rev().find(|o| o.node == node && o.ends().0 <= s.now()));
    latest.map_or_else(Html::default, |outage| card(lab, Some(&outage), None))
}

fn card(lab: &LabHandle, outage: Option<&Outage>, life: Option<&Life>) -> Html {
    let beats = || outage.iter().flat_map(|o| &o.beats).chain(life.iter().flat_map(|l| &l.beats));
    let (Some(from), Some(to)) = (beats().map(|b| b.at).min(), beats().map(|b| b.at).max()) else { return Html::default() };
    let length = to.since(from).0.max(1) as f64;
    let x = move |at: Micros| EDGE + at.since(from).0 as f64 / length * (WIDE - 2.0 * EDGE);
    let both = outage.is_some() && life.is_some();
    html! {
        <div class="clocks" data-testid="two-clocks">
            <h3 class="h">{ if both { "Two timelines" } else if life.is_some() { "The life of a write" } else { "An outage" } }<small>{ span(to.since(from)) }</small></h3>
            <svg viewBox={format!("0 0 {WIDE} {}", if both { 84 } else { 46 })} aria-hidden="true">
                if let Some(outage) = outage { { row(&outage.beats, 26.0, "outage", &x, lab.read(|s| s.now())) } }
                if let Some(life) = life { { row(&life.beats, if both { 64.0 } else { 26.0 }, "life", &x, lab.read(|s| s.now())) } }
            </svg>
            if let Some(outage) = outage { { list(lab, &format!("The outage of {}", outage.node), "outage", &outage.beats) } }
            if let Some(life) = life { { list(lab, &format!("The life of {}", life.name), "life", &life.beats) } }
        </div>
    }
}

/// Beats on a line. Names of beats that lie close together are left to the list.
fn row(beats: &[Beat], y: f64, class: &'static str, x: &dyn Fn(Micros) -> f64, now: Micros) -> Html {
    let (first, last) = (beats.first().map_or(EDGE, |b| x(b.at)), beats.last().map_or(EDGE, |b| x(b.at)));
    let mut free = 0.0;
    let names: Vec<Html> = beats
        .iter()
        .map(|beat| {
            let half = beat.name.chars().count() as f64 * 3.5;
            let middle = x(beat.at).clamp(half, WIDE - half);
            let fits = middle - half >= free;
            if fits {
                free = middle + half + 5.0;
            }
            html! { if fits { <text x={middle.to_string()} y={(y - 12.0).to_string()} text-anchor="middle" font-size="13">{ beat.name }</text> } }
        })
        .collect();
    html! {
        <g class={class}>
            <path class="line" d={format!("M{first:.1} {y}H{last:.1}")} />
            { for beats.iter().map(|b| html! { <circle class={(b.at > now).then_some("ahead")} cx={format!("{:.1}", x(b.at))} cy={y.to_string()} r="5" /> }) }
            { for names }
        </g>
    }
}

fn list(lab: &LabHandle, title: &str, class: &'static str, beats: &[Beat]) -> Html {
    let now = lab.read(|s| s.now());
    let item = |beat: &Beat| {
        let text = html! {
            <><b>{ beat.name }</b><span><span class="did">{ &beat.what }</span><span class="dim">{ &beat.then }</span></span><span class="m">{ moment(beat.at) }</span></>
        };
        let class = (beat.at > now).then_some("ahead");
        match beat.event {
            Some(event) => {
                let target = lab.clone();
                let (onmouseenter, onmouseleave, onfocus, onblur) = lights(lab, event);
                html! { <li {class}><button type="button" onclick={move |_| visit(&target, event)} {onmouseenter} {onmouseleave} {onfocus} {onblur}>{ text }</button></li> }
            }
            None => html! { <li {class}><div>{ text }</div></li> },
        }
    };
    html! {
        <>
            <h4>{ title.to_owned() }</h4>
            <ol class={classes!("beats", class)}>{ for beats.iter().map(item) }</ol>
        </>
    }
}
