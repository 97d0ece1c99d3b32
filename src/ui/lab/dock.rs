//! The dock under the stage: transport, timeline and, once there are several, the futures of the run.

use yew::prelude::*;

use super::branches::Branches;
use super::play::Player;
use super::timeline::Timeline;
use super::transport::Transport;

/// The dock. It also lets time run.
#[component]
pub fn Dock() -> Html {
    html! {
        <section class="dock" aria-label="Time" data-testid="dock">
            <Player />
            <Branches />
            <Transport />
            <Timeline />
        </section>
    }
}
