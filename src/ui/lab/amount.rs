//! Faults of one node: which node, and for some of them how much.

use web_sys::HtmlInputElement;
use yew::prelude::*;

use super::act::act_or_say;
use super::chooser::{letters, use_reveal};
use super::{LabHandle, Selection};
use crate::engine::base::NodeId;
use crate::engine::world::Command;
use crate::ui::header::verb;
use crate::view::faults;
use crate::view::glyph::Icon;
use crate::view::settings_text::{read_offset, read_span};

/// A fault of one node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NodeFault {
    /// It dies; what is not on disk is lost.
    Crash,
    /// It stands still.
    Pause,
    /// Everything to and from it takes longer.
    Slow,
    /// Its clock is wrong.
    Clock,
    /// It dies and loses its disk.
    Wipe,
    /// Its copy of the key shown changes by itself.
    Rot,
}

impl NodeFault {
    /// Every fault, in the order of the grid.
    pub const ALL: [NodeFault; 6] =
        [NodeFault::Crash, NodeFault::Pause, NodeFault::Slow, NodeFault::Clock, NodeFault::Wipe, NodeFault::Rot];

    /// Its word in names for tests.
    pub const fn word(self) -> &'static str {
        match self {
            NodeFault::Crash => "crash",
            NodeFault::Pause => "pause",
            NodeFault::Slow => "slow",
            NodeFault::Clock => "clock",
            NodeFault::Wipe => "wipe",
            NodeFault::Rot => "rot",
        }
    }

    /// What it is called.
    pub const fn name(self) -> &'static str {
        match self {
            NodeFault::Crash => "Crash",
            NodeFault::Pause => "Pause",
            NodeFault::Slow => "Slow",
            NodeFault::Clock => "Clock",
            NodeFault::Wipe => "Wipe",
            NodeFault::Rot => "Rot",
        }
    }

    /// What it does.
    pub const fn title(self) -> &'static str {
        match self {
            NodeFault::Crash => "Kill a node: what is in memory and not on disk is lost",
            NodeFault::Pause => "Stop a node in its tracks: messages pile up at its door",
            NodeFault::Slow => "Make every message to and from a node slower",
            NodeFault::Clock => "Set a node's clock ahead or back",
            NodeFault::Wipe => "Kill a node and empty its disk",
            NodeFault::Rot => "Let bytes of a node's copy change by themselves",
        }
    }

    /// Its picture.
    pub const fn icon(self) -> Icon {
        match self {
            NodeFault::Crash => Icon::Crash,
            NodeFault::Pause => Icon::Hand,
            NodeFault::Slow => Icon::Slow,
            NodeFault::Clock => Icon::Clock,
            NodeFault::Wipe => Icon::Wipe,
            NodeFault::Rot => Icon::Crack,
        }
    }

    /// The amount it begins with, if it takes one.
    pub const fn usual(self) -> Option<&'static str> {
        match self {
            NodeFault::Slow => Some("200 ms"),
            NodeFault::Clock => Some("+500 ms"),
            NodeFault::Rot => Some(""),
            NodeFault::Crash | NodeFault::Pause | NodeFault::Wipe => None,
        }
    }

    /// The command that does it, or what is wrong with the amount.
    pub fn command(self, lab: &LabHandle, node: NodeId, amount: &str) -> Result<Command, String> {
        Ok(match self {
            NodeFault::Crash => Command::Crash { node },
            NodeFault::Pause => Command::Pause { node },
            NodeFault::Wipe => Command::Wipe { node },
            NodeFault::Rot => lab.read(|s| faults::rot(s, node, lab.ui().key.as_ref(), amount.trim()))?,
            NodeFault::Slow => Command::Slow { node, by: read_span(amount)? },
            NodeFault::Clock => Command::Clock { node, offset_us: read_offset(amount)? },
        })
    }
}

/// The field for how much, if the fault takes an amount.
fn amount_field(fault: NodeFault, amount: &UseStateHandle<String>, wrong: &UseStateHandle<Option<String>>) -> Html {
    let ask = match fault {
        NodeFault::Slow => "Slower by",
        NodeFault::Clock => "Off by",
        NodeFault::Rot => "Becomes",
        NodeFault::Crash | NodeFault::Pause | NodeFault::Wipe => return Html::default(),
    };
    let oninput = {
        let (amount, wrong) = (amount.clone(), wrong.clone());
        Callback::from(move |event: InputEvent| {
            if let Some(input) = event.target_dyn_into::<HtmlInputElement>() {
                amount.set(input.value());
                wrong.set(None);
            }
        })
    };
    html! {
        <label class="amount"><span>{ ask }</span>
            <input class="fld" value={(**amount).clone()} {oninput} autocomplete="off" placeholder={if fault == NodeFault::Rot { "one bit flips" } else { "" }} data-testid="fault-amount" aria-invalid={wrong.is_some().to_string()} />
        </label>
    }
}

/// Properties of [`NodeSheet`].
#[derive(Debug, PartialEq, Properties)]
pub struct NodeSheetProps {
    /// What is to happen.
    pub fault: NodeFault,
    /// Closes the sheet.
    pub close: Callback<()>,
}

/// Asks for the node, by letter or by a click on the stage.
#[component]
pub fn NodeSheet(props: &NodeSheetProps) -> Html {
    let Some(lab) = use_context::<LabHandle>() else { return Html::default() };
    let fault = props.fault;
    let amount = use_state_eq(|| fault.usual().unwrap_or_default().to_owned());
    let wrong = use_state_eq(|| None::<String>);
    let sheet = use_reveal();
    let begin = use_memo((), |()| lab.ui().selection);
    let act = {
        let (lab, close, amount, wrong) = (lab.clone(), props.close.clone(), amount.clone(), wrong.clone());
        Callback::from(move |node: NodeId| match fault.command(&lab, node, &amount) {
            Ok(command) => {
                if act_or_say(&lab, command) {
                    close.emit(());
                }
            }
            Err(why) => wrong.set(Some(format!("{}: {why}.", fault.name()))),
        })
    };
    {
        // A node clicked on the stage while the sheet is open is the answer.
        let act = act.clone();
        use_effect_with(lab.ui().selection, move |selection| {
            if let Selection::Node(node) = selection
                && *selection != *begin
            {
                act.emit(*node);
            }
        });
    }
    let selected = if let Selection::Node(node) = lab.ui().selection { Some(node) } else { None };
    let onsubmit = {
        let act = act.clone();
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            if let Some(node) = selected {
                act.emit(node);
            }
        })
    };
    let (close, word) = (props.close.reform(|_: MouseEvent| ()), fault.word());
    html! {
        <form class="fault-sheet" ref={sheet} {onsubmit} data-testid={format!("fault-sheet-{word}")}>
            { amount_field(fault, &amount, &wrong) }
            <p class="dim">{ if fault == NodeFault::Rot {
                let key = lab.ui().key.map_or_else(|| "the key".to_owned(), |key| key.to_string());
                format!("Whose copy of {key} rots? Press it here or on the sheet.")
            } else {
                format!("{} which node? Press it here or on the sheet.", fault.name())
            } }</p>
            { letters(&lab, "fault-node", selected.as_slice(), &act) }
            if let Some(why) = (*wrong).clone() { <p class="faulty" role="alert" data-testid="fault-error">{ why }</p> }
            <p class="verbs">
                if fault.usual().is_some() && selected.is_some() {
                    <button type="submit" class="btn sm pri" data-testid="fault-apply">{ format!("{} {}", fault.name(), selected.map_or(String::new(), |n| n.to_string())) }</button>
                }
                { verb("Cancel", "fault-cancel", close) }
            </p>
        </form>
    }
}
