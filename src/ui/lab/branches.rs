//! The futures of a run: which there are, where they part, and going to another one.

use yew::prelude::*;

use super::LabHandle;
use super::open::sentence;
use crate::lab::{Branch, BranchId};
use crate::ui::marks::icon;
use crate::view::glyph::Icon;
use crate::view::timeline::clock;

/// Shows another branch at the same instant.
pub fn switch(lab: &LabHandle, to: BranchId) {
    let done = lab.quietly(|s| s.switch(to));
    lab.set_ui(|ui| {
        ui.playing = false;
        ui.jumps += 1;
        if let Err(error) = done {
            ui.error = Some(sentence(&error));
        }
    });
}

/// Where a branch comes from, in words.
fn origin(branch: &Branch, all: &[Branch]) -> String {
    let Some((parent, events, at)) = branch.parent else { return "the run as it was opened".to_owned() };
    let from = all.get(parent.0 as usize);
    let name = from.map_or("another branch", |b| b.name.as_str());
    match from {
        Some(from) if from.script.config != branch.script.config => format!("{name} with another setting"),
        _ if events == 0 => format!("leaves {name} at the start"),
        _ => format!("leaves {name} at {}", clock(at)),
    }
}

/// A strip with all futures of the run; nothing while there is only one.
pub fn branches(lab: &LabHandle) -> Html {
    let (all, current) = lab.read(|s| (s.branches().to_vec(), s.current()));
    if all.len() < 2 {
        return Html::default();
    }
    html! {
        <div class="branches" role="group" aria-label="Futures of this run" data-testid="branch-list">
            <span class="branches-name">{ icon(Icon::Branch) }{ "Futures" }</span>
            { for all.iter().map(|branch| {
                let here = branch.id == current;
                let onclick = {
                    let (lab, id) = (lab.clone(), branch.id);
                    Callback::from(move |_: MouseEvent| if !here { switch(&lab, id) })
                };
                let words = origin(branch, &all);
                html! {
                    <button key={branch.id.0} type="button" class="btn sm" aria-pressed={here.to_string()} title={words.clone()} data-testid={format!("branch-{}", branch.id.0)} {onclick}>
                        <b>{ branch.name.clone() }</b>
                        if branch.parent.is_some() { <span class="origin">{ words }</span> }
                    </button>
                }
            }) }
        </div>
    }
}
