//! Two logs as strips: what is cut off, what the other side has read, what is still to be shipped; and what was said about them.

use yew::prelude::*;

use super::{Seen, talk};
use crate::ui::lab::LabHandle;
use crate::view::format::counted;
use crate::view::sweep::ends;
use crate::view::sweep::logs::{Cell, Look, Strip, strips, whole};

/// The strips and the messages.
pub fn drawing(lab: &LabHandle, seen: &Seen) -> Html {
    let both = ends(&seen.cost);
    let (all, whole) = lab.read(|s| (strips(s, both, &seen.ranges), whole(s, seen.id())));
    let of = |(i, found): (usize, &Option<Strip>)| {
        let (mine, other) = if i == 0 { both } else { (both.1, both.0) };
        match found {
            Some(found) => strip(found, other.to_string()),
            None => html! { <section class="hist"><h3>{ mine.to_string() }</h3><p class="dim">{ "keeps no log" }</p></section> },
        }
    };
    html! {
        <div class="hists" data-testid="sweep-logs">
            { for all.iter().enumerate().map(of) }
            if whole.is_some() { <p class="hist-note" data-testid="logs-whole"><b>{ "The logs do not help here." }</b>{ " Every key is compared instead; after that, each side has a place in the other's log." }</p> }
            { key() }
            { talk::drawing(lab, seen) }
        </div>
    }
}

fn strip(all: &Strip, other: String) -> Html {
    let mark = |after: u64| {
        (all.read == Some(after)).then(|| {
            html! { <li class="le-mark" key={format!("mark-{after}")}><span>{ format!("{other} has read so far") }</span></li> }
        })
    };
    let one = |cell: &Cell| {
        let (class, words) = cell.look.words();
        let title = match cell.key.as_str() {
            "" => format!("entry {}: {words}", cell.seq),
            key => format!("entry {}: {key} = {}, {words}", cell.seq, cell.value),
        };
        html! {
            <>
                <li class={classes!("le", class)} key={cell.seq} {title}>
                    <span class="no">{ cell.seq }</span>
                    if cell.look != Look::CutOff && cell.look != Look::Compacted { <b>{ &cell.key }</b><span class="v">{ &cell.value }</span> }
                    <span class="vh">{ words }</span>
                </li>
                { for mark(cell.seq) }
            </>
        }
    };
    html! {
        <section class="hist" data-testid={format!("log-{}", all.node)}>
            <h3>{ all.node.to_string() }</h3>
            <p>{ &all.words }</p>
            <ol class="log-strip" aria-label={format!("The log of {}, oldest entry first", all.node)}>
                if all.before > 0 { <li class="le-more">{ format!("{} before", counted(all.before, "entry", "entries")) }</li> }
                { for all.read.filter(|read| *read <= all.before).and_then(|_| mark(all.read.unwrap_or(0))) }
                { for all.cells.iter().map(one) }
            </ol>
        </section>
    }
}

/// What the looks mean.
fn key() -> Html {
    let one = |look: Look| {
        let (class, words) = look.words();
        html! { <li><span class={classes!("le", "swatch", class)} />{ words }</li> }
    };
    html! { <ul class="hist-key" aria-label="What the marks mean">{ for [Look::Unread, Look::Read, Look::Theirs, Look::CutOff, Look::Compacted].map(one) }</ul> }
}
