//! How far long work has come, and a way to stop it. Draws itself alone: the panels stay as they are meanwhile.

use yew::prelude::*;

use super::LabHandle;
use crate::ui::header::verb;
use crate::view::working::Working;

/// Properties of [`WorkingBar`].
#[derive(PartialEq, Properties)]
pub struct WorkingBarProps {
    /// The lab.
    pub lab: LabHandle,
}

/// A bar that grows while the lab works on something long.
#[component]
pub fn WorkingBar(props: &WorkingBarProps) -> Html {
    let shown = use_state_eq(|| None::<Working>);
    {
        let set = shown.setter();
        use_effect_with(props.lab.number(), {
            let lab = props.lab.clone();
            move |_| lab.set_working(Callback::from(move |working| set.set(working)))
        });
    }
    let Some(working) = (*shown).clone() else { return Html::default() };
    let lab = props.lab.clone();
    html! {
        <div class="banner calm" role="group" aria-label="Working" data-testid="working">
            <p>{ &working.words }<span class="dim">{ format!(" {} %", working.percent) }</span></p>
            <progress max="100" value={working.percent.to_string()} aria-label={working.words.clone()} data-testid="working-progress" />
            { verb("Cancel", "working-cancel", Callback::from(move |_: MouseEvent| lab.cancel())) }
        </div>
    }
}
