//! The node inspector: what one node holds and believes, and what can be done to it.

use yew::prelude::*;

use super::LabHandle;
use super::act::act_or_say;
use super::event_inspector::{close, pairs};
use super::handle::Selection;
use super::inspector::chips;
use super::kept;
use super::two_clocks;
use super::why::visit;
use crate::engine::base::NodeId;
use crate::engine::world::Status;
use crate::ui::marks::icon;
use crate::view::format::counted;
use crate::view::inspect::{Act, NodeView, range_acts};
use crate::view::narrate::Names;

/// What there is to know about one node, and the buttons that act on it.
pub fn node_inspector(lab: &LabHandle, node: NodeId) -> Html {
    let Some(view) = lab.read(|s| NodeView::of(s, node)) else { return Html::default() };
    let dead = (view.running == Status::Down).then_some("dead");
    html! {
        <section data-testid="node-inspector" data-node={view.node.to_string()}>
            <div class="oph">
                <span class={classes!("disc", dead)}>{ view.node.to_string() }</span>
                <h2>{ format!("Node {}", view.node) }</h2>
                { close(lab) }
            </div>
            <p class="who" data-testid="node-status">{ &view.status }</p>
            <div class="verbs">{ for view.acts.iter().map(|a| button(lab, a)) }</div>
            { ranges(lab, view.node) }
            { pairs(&view.facts) }
            { two_clocks::of_node(lab, view.node) }
            { kept::hints(lab, &view.hints) }
            { kept::guests(&view.guests) }
            { believes(lab, &view) }
            { suspects(&view) }
            { works(lab, &view) }
            <h3 class="h">{ "Rows it holds" }<small>{ counted(view.total, "row", "rows") }</small></h3>
            { rows(&view) }
        </section>
    }
}

/// What can be done to the ring from here.
fn ranges(lab: &LabHandle, node: NodeId) -> Html {
    let key = lab.ui().key;
    let acts = lab.read(|s| range_acts(s, node, key.as_ref()));
    html! {
        <>
            <h3 class="h">{ "The ring" }<small>{ "no row goes along" }</small></h3>
            <div class="verbs" data-testid="node-ranges">{ for acts.iter().map(|act| button(lab, act)) }</div>
        </>
    }
}

fn button(lab: &LabHandle, act: &Act) -> Html {
    let (lab, command) = (lab.clone(), act.command.clone());
    html! {
        <button type="button" class="btn sm" data-testid={format!("node-{}", act.id)} disabled={act.why_not.is_some()} title={act.why_not.clone()}
            onclick={move |_| { act_or_say(&lab, command.clone()); }}>
            { icon(act.icon) }{ &act.label }
        </button>
    }
}

fn believes(lab: &LabHandle, view: &NodeView) -> Html {
    if view.down.is_empty() {
        return Html::default();
    }
    let item = |(peer, since, event): &(NodeId, String, Option<crate::engine::base::EventId>)| {
        let text =
            html! { <><span class="disc dead">{ peer.to_string() }</span><b></b><span class="what">{ since }</span><span></span></> };
        match event {
            Some(event) => {
                let (lab, event) = (lab.clone(), *event);
                html! { <li><button type="button" onclick={move |_| visit(&lab, event)}>{ text }</button></li> }
            }
            None => html! { <li class="plain">{ text }</li> },
        }
    };
    html! {
        <>
            <h3 class="h">{ "Believes down" }</h3>
            <ul class="hist" data-testid="node-believes">{ for view.down.iter().map(item) }</ul>
        </>
    }
}

fn suspects(view: &NodeView) -> Html {
    if view.suspicions.is_empty() {
        return Html::default();
    }
    html! {
        <>
            <h3 class="h">{ "Suspects" }<small>{ "from its own beliefs" }</small></h3>
            <ul class="hist" data-testid="node-suspects">
                { for view.suspicions.iter().map(|s| html! {
                    <li class="plain" data-peer={s.peer.to_string()} title={format!("{}; {}", s.text, s.detail)}>
                        <b>{ s.peer.to_string() }</b>
                        <span class="m">{ &s.level }</span>
                        <span class="what">{ &s.text }</span>
                        <meter min="0" max="100" value={s.share.to_string()}
                            aria-label={format!("suspicion of {} as a share of the threshold", s.peer)}></meter>
                    </li>
                }) }
            </ul>
        </>
    }
}

fn works(lab: &LabHandle, view: &NodeView) -> Html {
    if view.works.is_empty() {
        return Html::default();
    }
    let item = |(op, text): &(crate::engine::base::OpId, String)| {
        let (name, target, op) = (lab.read(|s| Names::of(s).op(*op)), lab.clone(), *op);
        html! {
            <li><button type="button" onclick={move |_| target.set_ui(|ui| ui.selection = Selection::Operation(op))}>
                <span></span><b>{ name }</b><span class="what">{ text }</span><span></span>
            </button></li>
        }
    };
    html! {
        <>
            <h3 class="h">{ "Works on" }</h3>
            <ul class="hist" data-testid="node-works">{ for view.works.iter().map(item) }</ul>
        </>
    }
}

fn rows(view: &NodeView) -> Html {
    if view.rows.is_empty() {
        return html! { <p class="dim">{ "None." }</p> };
    }
    html! {
        <>
            <ul class="hist" data-testid="node-rows">
                { for view.rows.iter().map(|row| html! {
                    <li class="plain">
                        <span class="m">{ if row.place > 0 { row.place.to_string() } else { String::new() } }</span>
                        <b class="m">{ &row.key }</b>
                        <span class="what">{ chips(&row.chips) }</span>
                        if row.behind { <span class="faulty">{ "behind" }</span> } else { <span></span> }
                    </li>
                }) }
            </ul>
            if view.hidden() > 0 { <p class="dim">{ format!("and {} more", counted(view.hidden(), "row", "rows")) }</p> }
        </>
    }
}
