//! The dock under the stage: transport, timeline and, once there are several, the futures of the run.

use yew::prelude::*;

use super::LabHandle;
use super::branches::branches;
use super::play::use_player;
use super::sweep::PhaseBar;
use super::timeline::Timeline;
use super::transport::use_transport;
use crate::lab::View;

/// The dock. It also lets time run.
#[hook]
pub fn use_dock(lab: &LabHandle, label: String) -> Html {
    use_player(lab);
    let transport = use_transport(lab);
    html! {
        <section class="dock" aria-label={label} data-testid="dock">
            { branches(lab) }
            { transport }
            if lab.ui().view == View::Sweep { <div class="under"><PhaseBar /><Timeline /></div> } else { <Timeline /> }
        </section>
    }
}
