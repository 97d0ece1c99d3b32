//! Every key compared: a strip of the ring that fills as versions or digests are told, and the keys that differ, with what each side holds.

use std::collections::BTreeSet;
use std::rc::Rc;

use yew::prelude::*;

use super::descent::REMEMBERED;
use super::{Seen, talk};
use crate::engine::base::EventId;
use crate::engine::data::Key;
use crate::engine::node::Method;
use crate::lab::BranchId;
use crate::ui::lab::LabHandle;
use crate::ui::svg::{px, rect};
use crate::view::chip;
use crate::view::format::counted;
use crate::view::geometry::Rect;
use crate::view::sweep::rows::{Moved, differing};
use crate::view::sweep::versions::{Copy, Line, Relation, Table, table};
use crate::view::sweep::{ends, talk as said};

/// Properties of [`VersionsView`].
#[derive(Properties, PartialEq)]
pub struct VersionsViewProps {
    /// The lab.
    pub lab: LabHandle,
    /// The sweep in view.
    pub seen: Seen,
}

/// Keys that differed when the sweep began.
type Start = Option<((BranchId, EventId), Rc<BTreeSet<Key>>)>;

/// The drawing.
#[component]
pub fn VersionsView(props: &VersionsViewProps) -> Html {
    let (lab, seen) = (&props.lab, &props.seen);
    let kept = use_mut_ref(|| None as Start);
    let both = ends(&seen.cost);
    let all = lab.read(|session| {
        let mut kept = kept.borrow_mut();
        let id = (session.current(), seen.began);
        if kept.as_ref().is_none_or(|(of, _)| *of != id) {
            let then = session.peek(seen.began.0 + 1);
            *kept = Some((id, Rc::new(differing(&then.world, &then.truth, both, &seen.ranges, REMEMBERED))));
        }
        let at_start = kept.as_ref().map(|(_, keys)| keys.clone()).unwrap_or_default();
        table(session, both, &seen.ranges, &said::talk(session, seen.id()), &at_start)
    });
    let what = if seen.cost.method == Method::Versions { "version" } else { "digest" };
    let head = |node: crate::engine::base::NodeId| html! { <th scope="col"><b class="who">{ node.to_string() }</b></th> };
    html! {
        <div class="hists every-key" data-testid="sweep-versions">
            { strip(&all, what) }
            if all.lines.is_empty() { <p class="hist-note">{ "Both hold the same." }</p> } else {
                <table class="versions">
                    <caption class="vh">{ "Keys, and what each side holds" }</caption>
                    <thead><tr><th scope="col">{ "key" }</th>{ head(both.0) }<th scope="col"><span class="vh">{ "how they compare" }</span></th>{ head(both.1) }<th scope="col">{ what }</th></tr></thead>
                    <tbody>{ for all.lines.iter().map(line) }</tbody>
                </table>
            }
            if all.more > 0 { <p class="dim">{ format!("and {}", counted(all.more as u64, "key more", "keys more")) }</p> }
            { talk::drawing(lab, seen) }
        </div>
    }
}

fn strip(all: &Table, what: &str) -> Html {
    let wide = 1000.0 / all.strip.len().max(1) as f64;
    let one = |(i, cell): (usize, &crate::view::sweep::versions::Cell)| {
        let at = Rect::new(i as f64 * wide, 4.0, (wide - 1.0).max(0.8), 18.0);
        let mark = Rect::new(at.x, 26.0, at.w.max(2.0), 6.0);
        html! { <>{ rect(classes!("cell", fate(cell.told).0), &at, "0") }if cell.differ > 0 { { rect(classes!("torn"), &mark, "0") } }</> }
    };
    let words = format!("The ranges from left to right: olive where every {what} has been told, red where something differs");
    html! {
        <figure class="strip">
            <svg viewBox="0 0 1000 34" preserveAspectRatio="none" role="img" aria-label={words.clone()} data-testid="versions-strip" height={px(34.0)}>{ for all.strip.iter().enumerate().map(one) }</svg>
            <figcaption class="dim">{ format!("{words}.") }</figcaption>
        </figure>
    }
}

/// The class of what has been sent, and what has become of it.
const fn fate(moved: Moved) -> (&'static str, &'static str) {
    match moved {
        Moved::No => ("no", "not told"),
        Moved::Coming => ("coming", "on its way"),
        Moved::Came => ("came", "told"),
    }
}

fn line(line: &Line) -> Html {
    let (sign, words) = line.relation.words();
    let torn = line.relation != Relation::Same;
    html! {
        <tr key={line.key.name().to_owned()} class={torn.then_some("torn")}>
            <th scope="row" class="m">{ line.key.name() }</th>
            { copy(&line.copies[0]) }
            <td class="sign" title={words}><span aria-hidden="true">{ sign }</span><span class="vh">{ words }</span></td>
            { copy(&line.copies[1]) }
            <td class={fate(line.told).0}>{ fate(line.told).1 }</td>
        </tr>
    }
}

fn copy(copy: &Copy) -> Html {
    let class = copy.version.filter(|n| *n > 0).map(|n| chip::look(n).class);
    let moved = match copy.moved {
        Moved::No => "",
        Moved::Coming => ", a row is on its way",
        Moved::Came => ", a row came",
    };
    html! {
        <td class={fate(copy.moved).0}><span class={classes!("v-chip", class, copy.version.is_none().then_some("none"))}>{ copy.label() }</span><span class="dim">{ format!(" {}{moved}", copy.clock) }</span></td>
    }
}
