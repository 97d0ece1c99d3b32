//! Choosing nodes by letter: for cuts and snips, in step with what is chosen on the stage.

use yew::prelude::*;

use super::act::act_or_say;
use super::{LabHandle, Tool};
use crate::engine::base::NodeId;
use crate::engine::world::{Command, Status};
use crate::ui::header::verb;
use crate::view::faults;
use crate::view::format::list;

/// Every node as a round button; `testid` and its letter name it for tests, `choose` takes the one that is pressed.
pub fn letters(lab: &LabHandle, testid: &str, pressed: &[NodeId], choose: &Callback<NodeId>) -> Html {
    let nodes: Vec<(NodeId, Status)> = lab.read(|s| s.world().hosts().iter().map(|h| (h.node.id, h.status)).collect());
    html! {
        <div class="nodes" role="group" aria-label="Nodes">
            { for nodes.into_iter().map(|(node, status)| {
                let choose = choose.clone();
                let down = status == Status::Down;
                html! {
                    <button type="button" class={classes!(down.then_some("dead"))} aria-pressed={pressed.contains(&node).to_string()}
                        aria-label={if down { format!("{node}, down") } else { node.to_string() }}
                        data-testid={format!("{}-{node}", testid)} onclick={move |_| choose.emit(node)}>{ node.to_string() }</button>
                }
            }) }
        </div>
    }
}

/// Brings a sheet that has just been opened into view; give the reference to its root.
#[hook]
pub fn use_reveal() -> NodeRef {
    let sheet = use_node_ref();
    {
        let sheet = sheet.clone();
        use_effect_with((), move |()| {
            if let Some(element) = sheet.cast::<web_sys::Element>() {
                element.scroll_into_view_with_bool(false);
            }
        });
    }
    sheet
}

fn cancel(lab: &LabHandle) -> Callback<MouseEvent> {
    let lab = lab.clone();
    Callback::from(move |_| lab.set_ui(|ui| ui.tool = Tool::Point))
}

/// Properties of [`CutSheet`].
#[derive(Debug, PartialEq, Properties)]
pub struct CutSheetProps {
    /// Nodes chosen so far.
    pub chosen: Vec<NodeId>,
    /// Whether only messages from them stop.
    pub one_way: bool,
}

/// Chooses the nodes of an island and cuts.
#[component]
pub fn CutSheet(props: &CutSheetProps) -> Html {
    let Some(lab) = use_context::<LabHandle>() else { return Html::default() };
    let sheet = use_reveal();
    let (chosen, one_way) = (props.chosen.clone(), props.one_way);
    let choose = {
        let lab = lab.clone();
        Callback::from(move |node: NodeId| {
            lab.set_ui(|ui| {
                if let Tool::Cut { chosen, .. } = &mut ui.tool {
                    match chosen.iter().position(|n| *n == node) {
                        Some(place) => drop(chosen.remove(place)),
                        None => chosen.push(node),
                    }
                }
            });
        })
    };
    let onsubmit = {
        let (lab, chosen) = (lab.clone(), chosen.clone());
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            let command = lab.read(|s| faults::cut(s, &chosen, one_way));
            if !chosen.is_empty() && act_or_say(&lab, command) {
                lab.set_ui(|ui| ui.tool = Tool::Point);
            }
        })
    };
    let what = match (chosen.is_empty(), one_way) {
        (true, false) => "Choose the nodes to cut off, here or on the sheet; or drag a line across the sheet.".to_owned(),
        (true, true) => "Choose the nodes that nobody is to hear, here or on the sheet.".to_owned(),
        (false, false) => format!("{} | everyone else", list(&chosen)),
        (false, true) => format!("Nobody hears {}; they hear everyone.", list(&chosen)),
    };
    html! {
        <form class="fault-sheet" ref={sheet} {onsubmit} data-testid="fault-sheet-cut">
            <p class="dim" role="status">{ what }</p>
            { letters(&lab, "fault-choose", &chosen, &choose) }
            <p class="verbs">
                <button type="submit" class="btn sm pri" disabled={chosen.is_empty()} data-testid="fault-apply">{ if one_way { "Silence" } else { "Cut" } }</button>
                { verb("Cancel", "fault-cancel", cancel(&lab)) }
            </p>
        </form>
    }
}

/// Properties of [`SnipSheet`].
#[derive(Debug, PartialEq, Properties)]
pub struct SnipSheetProps {
    /// One end of the link.
    pub first: Option<NodeId>,
}

/// Chooses the two ends of a link and cuts it.
#[component]
pub fn SnipSheet(props: &SnipSheetProps) -> Html {
    let Some(lab) = use_context::<LabHandle>() else { return Html::default() };
    let sheet = use_reveal();
    let first = props.first;
    let choose = {
        let lab = lab.clone();
        Callback::from(move |node: NodeId| {
            let tool = match first {
                Some(a) if a != node => {
                    act_or_say(&lab, Command::CutLink { a: a.into(), b: node.into() });
                    Tool::Point
                }
                Some(_) => Tool::Snip { first: None },
                None => Tool::Snip { first: Some(node) },
            };
            lab.set_ui(|ui| ui.tool = tool);
        })
    };
    let what = match first {
        None => "Choose one end of the link, here or on the sheet.".to_owned(),
        Some(a) => format!("Cut the link between {a} and …"),
    };
    html! {
        <div class="fault-sheet" ref={sheet} data-testid="fault-sheet-snip">
            <p class="dim" role="status">{ what }</p>
            { letters(&lab, "fault-choose", first.as_slice(), &choose) }
            <p class="verbs">{ verb("Cancel", "fault-cancel", cancel(&lab)) }</p>
        </div>
    }
}
