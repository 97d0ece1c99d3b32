//! The dock under the stage: transport, timeline and, once there are several, the futures of the run.

use yew::prelude::*;

use super::branches::Branches;
use super::play::Player;
use super::timeline::Timeline;
use super::transport::Transport;

/// Properties of [`Dock`].
#[derive(Debug, PartialEq, Properties)]
pub struct DockProps {
    /// What it is called: labs of one page have one each.
    pub label: String,
}

/// The dock. It also lets time run.
#[component]
pub fn Dock(props: &DockProps) -> Html {
    html! {
        <section class="dock" aria-label={props.label.clone()} data-testid="dock">
            <Player />
            <Branches />
            <Transport />
            <Timeline />
        </section>
    }
}
