//! The form that starts a sweep, written as a sentence: the same beside the ring and beside a sweep.

use web_sys::HtmlSelectElement;
use yew::prelude::*;

use crate::engine::base::NodeId;
use crate::engine::node::sweeps::SessionId;
use crate::engine::sweep::TreePolicy;
use crate::lab::View;
use crate::ui::lab::LabHandle;
use crate::ui::lab::act::act_or_say;
use crate::ui::lab::moves::watch;
use crate::view::sweep::start::{
    COMBINES, CONTENTS, Draft, FANS, METHODS, STREAMS, UPKEEPS, has_trees, leaf_choice, leaves, method_choice, others, with_fan_out,
};
use crate::view::sweep::{begun, names};

/// Starts a sweep at the cursor and looks at it.
pub fn start(lab: &LabHandle, draft: &Draft) {
    if !act_or_say(lab, draft.command()) {
        return;
    }
    let newest: Option<SessionId> = lab.read(|s| begun(s).last().map(|(_, id)| *id));
    lab.set_ui(|ui| {
        ui.view = View::Sweep;
        ui.sweep = newest;
        ui.zoom = None;
    });
    watch(lab);
}

/// A choice in the sentence.
fn choice(label: &str, testid: &'static str, all: Vec<String>, chosen: usize, choose: Callback<usize>) -> Html {
    let onchange = Callback::from(move |event: Event| {
        if let Some(select) = event.target_dyn_into::<HtmlSelectElement>() {
            choose.emit(usize::try_from(select.selected_index()).unwrap_or(0));
        }
    });
    html! {
        <select class="scrub" aria-label={label.to_owned()} data-testid={testid} {onchange}>
            { for all.into_iter().enumerate().map(|(i, words)| html! { <option selected={i == chosen}>{ words }</option> }) }
        </select>
    }
}

/// The form's state: nothing until somebody changes something.
#[hook]
pub fn use_start(lab: &LabHandle) -> Html {
    let draft = use_state_eq(|| None::<Draft>);
    let set = draft.setter();
    let current = lab.read(|s| (*draft).or_else(|| Draft::usual(s)).map(|d| d.fitting(s)));
    let Some(draft) = current else {
        return html! { <p class="dim">{ "No two nodes hold a part of the ring in common: there is nothing to compare." }</p> };
    };
    let onsubmit = {
        let lab = lab.clone();
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            start(&lab, &draft);
        })
    };
    let pick = |change: fn(&mut Draft, usize)| {
        let set = set.clone();
        Callback::from(move |place: usize| {
            let mut next = draft;
            change(&mut next, place);
            set.set(Some(next));
        })
    };
    let (nodes, peers) = lab.read(|s| ((0..s.world().hosts().len() as u32).map(NodeId).collect::<Vec<_>>(), others(s, draft.a)));
    let letters = |nodes: &[NodeId]| nodes.iter().map(NodeId::to_string).collect::<Vec<_>>();
    let place = |nodes: &[NodeId], node: NodeId| nodes.iter().position(|n| *n == node).unwrap_or(0);
    let with = {
        let (set, peers) = (set.clone(), peers.clone());
        Callback::from(move |i: usize| set.set(Some(Draft { b: peers.get(i).copied().unwrap_or(draft.b), ..draft })))
    };
    let methods = METHODS.iter().map(|m| names(*m).0.to_owned()).collect();
    html! {
        <form class="sweep-start" {onsubmit} data-testid="sweep-form">
            <p class="cfg">
                { "Compare " }{ choice("who starts", "sweep-a", letters(&nodes), place(&nodes, draft.a), pick(|d, i| d.a = NodeId(i as u32))) }
                { " with " }{ choice("with whom", "sweep-b", letters(&peers), place(&peers, draft.b), with) }
                { " by " }{ choice("method", "sweep-method", methods, method_choice(draft.policy.method), pick(|d, i| d.policy.method = METHODS[i.min(METHODS.len() - 1)])) }
                if has_trees(draft.policy.method) { { trees(&draft, &set) } } else { { "." } }
            </p>
            <p class="verbs"><button type="submit" class="btn sm pri" data-testid="sweep-go">{ "Compare" }</button></p>
        </form>
    }
}

/// What is said about trees.
fn trees(draft: &Draft, set: &UseStateSetter<Option<Draft>>) -> Html {
    let draft = *draft;
    let tree = draft.policy.tree;
    let change = |of: fn(&mut Draft, usize)| {
        let set = set.clone();
        Callback::from(move |place: usize| {
            let mut next = draft;
            of(&mut next, place);
            set.set(Some(next));
        })
    };
    let words = |all: Vec<&str>| all.into_iter().map(str::to_owned).collect::<Vec<_>>();
    let leaf = change(|d, i| {
        d.policy.tree = TreePolicy { depth: leaves(&d.policy.tree)[i.min(leaves(&d.policy.tree).len() - 1)].0, ..d.policy.tree }
    });
    let fan = change(|d, i| d.policy.tree = with_fan_out(&d.policy.tree, FANS[i.min(FANS.len() - 1)]));
    let content = change(|d, i| d.policy.tree.leaf = CONTENTS[i.min(CONTENTS.len() - 1)].0);
    let combine = change(|d, i| d.policy.tree.combine = COMBINES[i.min(COMBINES.len() - 1)].0);
    let stream = change(|d, i| d.policy.streams = STREAMS[i.min(STREAMS.len() - 1)].0);
    let upkeep = change(|d, i| d.policy.upkeep = UPKEEPS[i.min(UPKEEPS.len() - 1)].0);
    let at = |found: Option<usize>| found.unwrap_or(0);
    html! {
        <>
            { ", with " }{ choice("leaves", "sweep-leaves", leaves(&tree).into_iter().map(|(_, w)| w).collect(), leaf_choice(&tree), leaf) }
            { " leaves and " }{ choice("children of a node", "sweep-fan", FANS.iter().map(u32::to_string).collect(), at(FANS.iter().position(|f| *f == tree.fan_out)), fan) }
            { " children to a node. A leaf hashes " }
            { choice("what a leaf hashes", "sweep-content", words(CONTENTS.iter().map(|c| c.1).collect()), at(CONTENTS.iter().position(|c| c.0 == tree.leaf)), content) }
            { "; hashes are combined " }
            { choice("how hashes are combined", "sweep-combine", words(COMBINES.iter().map(|c| c.1).collect()), at(COMBINES.iter().position(|c| c.0 == tree.combine)), combine) }
            { ". Trees are " }
            { choice("where trees come from", "sweep-upkeep", words(UPKEEPS.iter().map(|c| c.1).collect()), at(UPKEEPS.iter().position(|c| c.0 == draft.policy.upkeep)), upkeep) }
            { ". Send " }
            { choice("what is sent", "sweep-streams", words(STREAMS.iter().map(|c| c.1).collect()), at(STREAMS.iter().position(|c| c.0 == draft.policy.streams)), stream) }
            { "." }
        </>
    }
}
