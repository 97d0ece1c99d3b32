//! The repair panel: each node's queue of sweeps, with a way to stop them.

use yew::prelude::*;

use crate::engine::base::NodeId;
use crate::ui::lab::LabHandle;
use crate::ui::lab::act::act_or_say;
use crate::ui::lab::moves::watch;
use crate::view::sweep::queue::{Line, NodeQueue, State, queues, stop};

/// The panel; nothing while no node has anything to sweep.
pub fn panel(lab: &LabHandle) -> Html {
    let all = lab.read(queues);
    if all.is_empty() {
        return Html::default();
    }
    html! {
        <section data-testid="sweep-queue">
            <h2 class="h">{ "Queues" }<small>{ "range by range" }</small></h2>
            { for all.iter().map(|queue| node(lab, queue)) }
        </section>
    }
}

fn node(lab: &LabHandle, queue: &NodeQueue) -> Html {
    let id = queue.node;
    html! {
        <details class="fold queue" key={id.0} open={queue.lines.iter().any(|line| matches!(line.state, State::Running(..)))} data-testid={format!("queue-{id}")}>
            <summary><b>{ id.to_string() }</b><span class={classes!((!queue.busy).then_some("dim"))}>{ &queue.brief }</span></summary>
            if !queue.order.is_empty() { <p class="dim" data-testid={format!("queue-order-{id}")}>{ &queue.order }</p> }
            <ol>{ for queue.lines.iter().map(|one| line(lab, id, one)) }</ol>
            if queue.more > 0 {
                <p class="dim">{ format!("and {} more", queue.more) }</p>
            }
            if queue.busy {
                <p class="verbs">{ button(lab, id, None, "Stop all", format!("Stop all sweeps of {id} and what waits")) }</p>
            }
        </details>
    }
}

fn line(lab: &LabHandle, node: NodeId, line: &Line) -> Html {
    match line.state {
        State::Running(number, per_cent) => html! {
            <li class="runs">
                <span>{ &line.what }</span>
                <progress max="100" value={per_cent.to_string()} aria-label={format!("{}: {}", line.what, line.words)} />
                { button(lab, node, Some(number), "Stop", format!("Stop the sweep of {node}: {}", line.what)) }
            </li>
        },
        State::Waiting => html! { <li><span>{ &line.what }</span><span>{ &line.words }</span></li> },
        State::Done => html! { <li class="dim"><span>{ &line.what }</span><span>{ &line.words }</span></li> },
    }
}

fn button(lab: &LabHandle, node: NodeId, number: Option<u32>, words: &'static str, label: String) -> Html {
    let lab = lab.clone();
    let onclick = Callback::from(move |_: MouseEvent| {
        if act_or_say(&lab, stop(node, number)) {
            watch(&lab);
        }
    });
    let testid = number.map_or_else(|| format!("queue-stop-{node}"), |number| format!("queue-stop-{node}-{number}"));
    html! { <button type="button" class="btn sm" aria-label={label} data-testid={testid} {onclick}>{ words }</button> }
}
