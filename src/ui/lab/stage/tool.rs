//! The bar that floats over the stage while a tool is in hand.

use yew::prelude::*;

use super::gesture::cut_chosen;
use crate::engine::base::NodeId;
use crate::ui::header::verb;
use crate::ui::lab::{LabHandle, Tool};

/// The bar that floats over the stage while a tool is in hand.
pub fn tool_bar(lab: &LabHandle, tool: &Tool) -> Html {
    let named = |nodes: &[NodeId]| nodes.iter().map(NodeId::to_string).collect::<Vec<_>>().join(" ");
    let words = match tool {
        Tool::Point => return Html::default(),
        Tool::Cut { chosen, .. } if chosen.is_empty() => "Choose nodes to cut off, or draw a line".to_owned(),
        Tool::Cut { chosen, one_way: true } => format!("Not heard: {}", named(chosen)),
        Tool::Cut { chosen, .. } => format!("Cut off: {}", named(chosen)),
        Tool::Snip { first: None } => "Choose one end of the link".to_owned(),
        Tool::Snip { first: Some(first) } => format!("{first} and …: choose the other end"),
    };
    let ready = matches!(tool, Tool::Cut { chosen, .. } if !chosen.is_empty());
    let cut = {
        let lab = lab.clone();
        Callback::from(move |_: MouseEvent| cut_chosen(&lab))
    };
    let away = {
        let lab = lab.clone();
        Callback::from(move |_: MouseEvent| lab.set_ui(|ui| ui.tool = Tool::Point))
    };
    html! {
        <div class="stage-tool" data-testid="stage-tool">
            <span role="status">{ words }</span>
            if ready { <button type="button" class="btn pri sm" data-testid="stage-cut" onclick={cut}>{ "Cut" }</button> }
            { verb("Cancel", "stage-cancel", away) }
        </div>
    }
}

/// Nodes that a tool has in hand.
pub fn chosen(tool: &Tool) -> Vec<NodeId> {
    match tool {
        Tool::Point => Vec::new(),
        Tool::Cut { chosen, .. } => chosen.clone(),
        Tool::Snip { first } => first.iter().copied().collect(),
    }
}
