//! A repair by whole trees: who takes part and how far each is, what the trees of every two say, and the trees of one pair.

use std::rc::Rc;

use yew::prelude::*;

use super::Seen;
use super::descent::{Figure, REMEMBERED, figure};
use super::size::use_size;
use crate::engine::base::NodeId;
use crate::engine::data::Key;
use crate::engine::node::Parallelism;
use crate::engine::node::sweeps::Place;
use crate::ui::lab::LabHandle;
use crate::ui::marks::glyph;
use crate::view::glyph::{Form, Kind};
use crate::view::sweep::rows::differing;
use crate::view::sweep::talk;
use crate::view::sweep::talk::Fate;
use crate::view::sweep::validation::{Pair, Party, Repair, Step, joined, repair};

/// Properties of [`ValidationView`].
#[derive(Properties, PartialEq)]
pub struct ValidationViewProps {
    /// The lab.
    pub lab: LabHandle,
    /// The sweep in view.
    pub seen: Seen,
}

/// Keys of a pair that differed when the repair began.
type Start = Option<((crate::engine::base::EventId, NodeId, NodeId), Rc<std::collections::BTreeSet<Key>>)>;

/// The drawing.
#[component]
pub fn ValidationView(props: &ValidationViewProps) -> Html {
    let (lab, seen) = (&props.lab, &props.seen);
    let around = use_node_ref();
    let size = use_size(&around, (1060.0, 440.0));
    let at = use_state_eq(|| None::<Place>);
    let wanted = use_state_eq(|| None::<(NodeId, NodeId)>);
    let kept = use_mut_ref(|| None as Start);
    lab.read(|session| {
        let all = repair(session, seen.id());
        let Some(pair) = all.shown(*wanted) else {
            return html! { <p class="hist-note">{ "Nobody has been called yet." }</p> };
        };
        let ranges = all.ranges(pair);
        let id = (seen.began, pair.0, pair.1);
        let mut kept = kept.borrow_mut();
        if kept.as_ref().is_none_or(|(of, _)| *of != id) {
            let then = session.peek(seen.began.0 + 1);
            *kept = Some((id, Rc::new(differing(&then.world, &then.truth, pair, &ranges, REMEMBERED))));
        }
        let Some((_, at_start)) = kept.as_ref() else { return Html::default() };
        let (trees, said) = (all.exchange(pair), talk::talk(session, seen.id()));
        let together = if all.levels > 0 { joined(&trees) } else { Vec::new() };
        let under = ("These leaves move together: all the children of one node differ, or a leaf by itself", "joined", together);
        let how = all.how;
        let drawn = Figure {
            lab,
            all: &trees,
            ends: pair,
            by: seen.id().by,
            ranges: &ranges,
            at_start,
            after: 9 + if how.order == Parallelism::Parallel { 0 } else { 2 } + if how.incremental { 3 } else { 0 },
            room: (&around, size),
            at: &at,
            under: [under.clone(), under],
        };
        html! {
            <>
                { head(&all, seen.id().by, pair, &wanted) }
                { figure(&drawn, session, &said) }
            </>
        }
    })
}

/// Replicas and pairs.
fn head(all: &Repair, by: NodeId, shown: (NodeId, NodeId), wanted: &UseStateHandle<Option<(NodeId, NodeId)>>) -> Html {
    let party = |party: &Party| {
        let travels = matches!(party.step, Step::Sent(Fate::There));
        html! {
            <li data-testid={format!("party-{}", party.node)}>
                <b class="who">{ party.node.to_string() }</b>
                <span>{ party.words() }{ if party.node == by { " (coordinates)" } else { "" } }</span>
                if travels { { glyph(Kind::Sync, Form::Carries, 18) } }
            </li>
        }
    };
    let outside = all.parties.iter().all(|party| party.node != by);
    let pair = |pair: &Pair| {
        let (ends, wanted) = (pair.ends, wanted.clone());
        let onclick = Callback::from(move |_: MouseEvent| wanted.set(Some(ends)));
        html! {
            <button type="button" aria-current={(ends == shown).then_some("true")} class={pair.ranges.is_some_and(|n| n > 0).then_some("torn")} data-testid={format!("pair-{}-{}", ends.0, ends.1)} {onclick}>
                <b>{ format!("{} and {}", ends.0, ends.1) }</b>{ format!(": {}", pair.words()) }
            </button>
        }
    };
    html! {
        <div class="repair-head" data-testid="repair-head">
            <ul class="parties" aria-label="Replicas that take part">
                { for all.parties.iter().map(party) }
                if outside { <li><b class="who">{ by.to_string() }</b><span>{ "coordinates, and holds none of it" }</span></li> }
            </ul>
            <div class="pairs" role="group" aria-label="Whose trees are shown">{ for all.pairs.iter().map(pair) }</div>
        </div>
    }
}
