//! Breaking things: cuts, crashes, slow nodes, wrong clocks, a bad network; and undoing what is broken.

use yew::prelude::*;

use super::act::act_or_say;
use super::amount::{NodeFault, NodeSheet};
use super::chooser::{CutSheet, SnipSheet};
use super::network::NetworkSheet;
use super::{LabHandle, Selection, Tool};
use crate::ui::marks::icon;
use crate::view::faults::{self, Active};
use crate::view::glyph::Icon;

/// The sheet that is open below the grid, besides those of the stage's tools.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sheet {
    /// A node is to be chosen.
    Node(NodeFault),
    /// The network as a whole.
    Network,
}

/// The faults.
#[hook]
pub fn use_faults(lab: &LabHandle) -> Html {
    let sheet = use_state_eq(|| None::<Sheet>);
    let ui = lab.ui();
    let close = {
        let sheet = sheet.setter();
        Callback::from(move |()| sheet.set(None))
    };
    let title = format!("faults-title-{}", lab.number());
    html! {
        <section data-panel="faults" data-testid="faults" aria-labelledby={title.clone()}>
            <h2 class="h" id={title}>{ "Faults" }</h2>
            <div class="faults" role="group" aria-label="Break something">
                { tools(lab, &sheet) }
                { for NodeFault::ALL.map(|fault| node_button(lab, &sheet, fault)) }
                { network_button(lab, &sheet) }
            </div>
            { match (&ui.tool, *sheet) {
                (Tool::Cut { chosen, one_way }, _) => html! { <CutSheet chosen={chosen.clone()} one_way={*one_way} /> },
                (Tool::Snip { first }, _) => html! { <SnipSheet first={*first} /> },
                (Tool::Point, Some(Sheet::Node(fault))) => html! { <NodeSheet key={fault.word()} {fault} close={close.clone()} /> },
                (Tool::Point, Some(Sheet::Network)) => html! { <NetworkSheet close={close.clone()} /> },
                (Tool::Point, None) => html! {},
            } }
            { broken_now(lab) }
        </section>
    }
}

fn button(picture: Icon, words: &'static str, word: &str, title: &'static str, on: bool, onclick: Callback<MouseEvent>) -> Html {
    html! {
        <button type="button" data-testid={format!("fault-{word}")} aria-pressed={on.to_string()} {title} {onclick}>{ icon(picture) }{ words }</button>
    }
}

/// The tools that choose several nodes, here or on the stage.
fn tools(lab: &LabHandle, sheet: &UseStateHandle<Option<Sheet>>) -> Html {
    let ui = lab.ui();
    let chosen: Vec<_> = if let Selection::Node(node) = ui.selection { vec![node] } else { Vec::new() };
    let first = chosen.first().copied();
    let one = |tool: Tool, is: fn(&Tool) -> bool| {
        let on = is(&ui.tool);
        let (lab, sheet) = (lab.clone(), sheet.clone());
        let onclick = Callback::from(move |_| {
            sheet.set(None);
            let tool = if on { Tool::Point } else { tool.clone() };
            lab.set_ui(|ui| ui.tool = tool);
        });
        (on, onclick)
    };
    let (cut_on, cut) = one(Tool::Cut { chosen: chosen.clone(), one_way: false }, |t| matches!(t, Tool::Cut { one_way: false, .. }));
    let (way_on, way) = one(Tool::Cut { chosen, one_way: true }, |t| matches!(t, Tool::Cut { one_way: true, .. }));
    let (snip_on, snip) = one(Tool::Snip { first }, |t| matches!(t, Tool::Snip { .. }));
    html! {
        <>
            { button(Icon::Scissors, "Cut", "cut", "Cut some nodes off from the rest", cut_on, cut) }
            { button(Icon::OneWay, "One-way", "one-way", "Let nobody hear some nodes, while they hear everyone", way_on, way) }
            { button(Icon::Snip, "Snip", "snip", "Cut the link between two nodes", snip_on, snip) }
        </>
    }
}

fn node_button(lab: &LabHandle, sheet: &UseStateHandle<Option<Sheet>>, fault: NodeFault) -> Html {
    let ui = lab.ui();
    let on = ui.tool == Tool::Point && **sheet == Some(Sheet::Node(fault));
    let onclick = {
        let (lab, sheet) = (lab.clone(), sheet.clone());
        Callback::from(move |_| {
            // With a node in hand there is nothing left to ask, unless it takes an amount.
            match (lab.ui().selection, fault.usual()) {
                (Selection::Node(node), None) => {
                    if let Ok(command) = fault.command(&lab, node, "") {
                        act_or_say(&lab, command);
                    }
                    sheet.set(None);
                }
                _ => sheet.set((!on).then_some(Sheet::Node(fault))),
            }
            lab.set_ui(|ui| ui.tool = Tool::Point);
        })
    };
    button(fault.icon(), fault.name(), fault.word(), fault.title(), on, onclick)
}

fn network_button(lab: &LabHandle, sheet: &UseStateHandle<Option<Sheet>>) -> Html {
    let on = lab.ui().tool == Tool::Point && **sheet == Some(Sheet::Network);
    let onclick = {
        let (lab, sheet) = (lab.clone(), sheet.clone());
        Callback::from(move |_| {
            sheet.set((!on).then_some(Sheet::Network));
            lab.set_ui(|ui| ui.tool = Tool::Point);
        })
    };
    button(Icon::Drop, "Loss", "network", "Lose, repeat, hold back or slow down messages", on, onclick)
}

/// What is broken at the cursor, each with a button that undoes it.
fn broken_now(lab: &LabHandle) -> Html {
    let active = lab.read(faults::active);
    html! {
        <ul class="broken" data-testid="fault-active" aria-label="What is broken now">
            { for active.into_iter().map(|fault: Active| {
                let onclick = {
                    let (lab, undo) = (lab.clone(), fault.undo.clone());
                    Callback::from(move |_| { act_or_say(&lab, undo.clone()); })
                };
                html! {
                    <li class="active" key={fault.id.clone()} data-testid={format!("fault-is-{}", fault.id)}>
                        { icon(fault.icon) }
                        <span>{ &fault.text }</span>
                        <button type="button" class="btn sm" data-testid={format!("fault-undo-{}", fault.id)} aria-label={format!("{}: {}", fault.verb, fault.text)} {onclick}>
                            { fault.verb }
                        </button>
                    </li>
                }
            }) }
        </ul>
    }
}
