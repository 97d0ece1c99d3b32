//! The quorum tracker, the digests compared, and what the levels promise.

use yew::prelude::*;

use super::inspector::bars;
use crate::view::inspect::{Comparison, Seat, SeatState, Tracker};
use crate::view::overlap::{Overlap, Promise};

/// Needed, got, failed and waiting, and the same zone by zone where the level tells zones apart.
pub fn tracker(of: &Tracker) -> Html {
    let met = of.met();
    let cell = |id: &'static str, label: &'static str, n: u32| {
        html! { <div class={classes!(id, (n == 0).then_some("none"), (label == "down").then_some("calm"))}><dt>{ label }</dt><dd data-testid={format!("quorum-{id}")}>{ n }</dd></div> }
    };
    let hints = match (of.hints, of.hints_count) {
        (0, _) => None,
        (1, true) => Some("A hint is kept, and at ANY it counts.".to_owned()),
        (n, true) => Some(format!("{n} hints are kept, and at ANY one of them is enough.")),
        (1, false) => Some("A hint is kept; it does not count.".to_owned()),
        (n, false) => Some(format!("{n} hints are kept; they do not count.")),
    };
    html! {
        <div class={classes!("quorum", met.then_some("met"))} role="group" aria-label={of.words.clone()} data-testid="quorum" data-met={met.to_string()}>
            <dl class="tally">
                { cell("needed", "needed", of.needed) }
                { cell("got", "got", of.got) }
                { cell("failed", of.failed_words(), of.failed) }
                { cell("waiting", "waiting", of.waiting) }
            </dl>
            if !of.zones.is_empty() {
                <ul class="in-zones" data-testid="quorum-zones">
                    { for of.zones.iter().map(|zone| html! {
                        <li class={classes!(zone.needed.is_some_and(|n| zone.got >= n).then_some("met"))}>
                            <b>{ &zone.name }</b>{ " " }
                            { zone.needed.map_or_else(|| format!("{}, not counted", zone.got), |n| format!("{} of {n}", zone.got)) }
                        </li>
                    }) }
                </ul>
            }
            if let Some(words) = hints { <p class="dim" data-testid="quorum-hints">{ words }</p> }
            if let Some((needed, got)) = of.latch { <p class="dim" data-testid="quorum-latch">{ format!("Repair: {got} of {needed} confirmed.") }</p> }
        </div>
    }
}

/// The sign of a replica on its disc. What is lost on the way is seen only by who looks at the truth.
pub fn sign(of: &Seat, truth: bool) -> Html {
    let lost = truth && of.lost && of.state == SeatState::Waiting;
    let (class, sign, words) =
        if lost { ("failed", SeatState::Failed.sign(), "lost on the way") } else { (of.state.id(), of.state.sign(), of.state.words()) };
    html! { <span class={classes!("seat", class)} role="img" aria-label={words} title={words} data-testid={format!("seat-{}", of.node)} data-state={class}>{ sign }</span> }
}

/// For whom a node stands in, if it does.
pub fn guest(of: &Seat) -> Option<Html> {
    let owner = of.owner?;
    Some(html! { <div class="b" data-testid={format!("guest-{}", of.node)}>{ format!("stands in for {owner}") }</div> })
}

/// Who sent a row and who a digest, and which were equal.
pub fn digests(of: &Comparison) -> Html {
    html! {
        <section class="not-projector" data-testid="digests">
            <h3 class="h">{ "Digests" }<small data-testid="digest-function">{ format!("{}, {} bytes each", of.function, of.size) }</small></h3>
            <ul class="compared">
                { for of.lines.iter().enumerate().map(|(i, line)| html! {
                    <li key={line.node.0} data-testid={format!("compared-{}", line.node)} data-equal={line.equal.map(|e| e.to_string())}>
                        <b>{ line.node.to_string() }</b>
                        <span>{ &line.sent }</span>
                        { bars(&line.bars) }
                        <span class="m">{ &line.digest }</span>
                        <span class={classes!("says", (line.equal == Some(false)).then_some("faulty"))}>{ line.verdict(i == 0) }</span>
                    </li>
                }) }
            </ul>
        </section>
    }
}

/// What the levels promise together.
pub fn overlap(of: &Overlap) -> Html {
    let promise = match of.promise() {
        Promise::Meets => "meets",
        Promise::MayMiss => "may-miss",
        Promise::Never => "never",
    };
    let text = |words: &str, first: bool| {
        let mut letters = words.chars();
        let capital = letters.next().map(|c| c.to_uppercase().collect::<String>()).unwrap_or_default();
        if first { format!("{capital}{}.", letters.as_str()) } else { format!(": {words}.") }
    };
    html! {
        <div class="overlap" data-testid="overlap" data-promise={promise}>
            { for of.lines.iter().map(|line| html! {
                <p class={classes!((line.promise != Promise::Meets).then_some("weak"))}>
                    if !line.sum.is_empty() { <b>{ &line.sum }</b> }
                    { text(&line.words, line.sum.is_empty()) }
                </p>
            }) }
            { for of.notes.iter().map(|note| html! { <p class="dim">{ note }</p> }) }
        </div>
    }
}
