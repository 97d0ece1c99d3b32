//! The form that starts a sweep, written as a sentence: the same beside the ring and beside a sweep.

use web_sys::HtmlSelectElement;
use yew::prelude::*;

use crate::engine::base::NodeId;
use crate::engine::node::Method;
use crate::engine::node::sweeps::SessionId;
use crate::lab::View;
use crate::ui::lab::LabHandle;
use crate::ui::lab::act::act_or_say;
use crate::ui::lab::moves::watch;
use crate::view::sweep::parameters::{fixed, parameters};
use crate::view::sweep::start::{Draft, METHODS, method_choice, others};
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

/// The name of a choice for tests.
fn testid(name: &str) -> String {
    if name.starts_with("sweep-") { name.to_owned() } else { format!("sweep-{name}") }
}

/// A choice in the sentence.
fn choice(label: &str, name: &'static str, all: Vec<String>, chosen: usize, choose: Callback<usize>) -> Html {
    let onchange = Callback::from(move |event: Event| {
        if let Some(select) = event.target_dyn_into::<HtmlSelectElement>() {
            choose.emit(usize::try_from(select.selected_index()).unwrap_or(0));
        }
    });
    html! {
        <select class="scrub" aria-label={label.to_owned()} data-testid={testid(name)} {onchange}>
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
    let by_whole_trees = draft.policy.method == Method::Validation;
    let mut with = letters(&peers);
    let mut partner = place(&peers, draft.b);
    if by_whole_trees {
        if draft.b == draft.a {
            partner = with.len();
        }
        with.push("all replicas of its ranges".to_owned());
    }
    let join = {
        let (set, peers) = (set.clone(), peers.clone());
        // The one after the last peer is everybody.
        Callback::from(move |i: usize| set.set(Some(Draft { b: peers.get(i).copied().unwrap_or(draft.a), ..draft })))
    };
    let methods = METHODS.iter().map(|m| names(*m).0.to_owned()).collect();
    html! {
        <form class="sweep-start" {onsubmit} data-testid="sweep-form">
            <p class="cfg">
                { "Compare " }{ choice("who starts", "sweep-a", letters(&nodes), place(&nodes, draft.a), pick(|d, i| d.a = NodeId(i as u32))) }
                { " with " }{ choice("with whom", "sweep-b", with, partner, join) }
                { " by " }{ choice("method", "sweep-method", methods, method_choice(draft.policy.method), pick(|d, i| d.policy.method = METHODS[i.min(METHODS.len() - 1)])) }
                { "." }
                { gaps(&draft, &set) }
            </p>
            <p class="verbs"><button type="submit" class="btn sm pri" data-testid="sweep-go">{ "Compare" }</button></p>
        </form>
    }
}

/// What can be chosen of the method.
fn gaps(draft: &Draft, set: &UseStateSetter<Option<Draft>>) -> Html {
    let draft = *draft;
    let all = parameters(&draft.policy, draft.a == draft.b);
    if all.is_empty() {
        return html! { { fixed(draft.policy.method) } };
    }
    let gap = |gap: crate::view::sweep::parameters::Gap| {
        let set = set.clone();
        let (words, policies): (Vec<String>, Vec<_>) = gap.values.into_iter().unzip();
        let choose = Callback::from(move |i: usize| {
            if let Some(policy) = policies.get(i) {
                set.set(Some(Draft { policy: *policy, ..draft }));
            }
        });
        html! { <>{ gap.before }{ choice(gap.label, gap.id, words, gap.chosen, choose) }</> }
    };
    html! { <>{ for all.into_iter().map(gap) }{ "." }</> }
}
