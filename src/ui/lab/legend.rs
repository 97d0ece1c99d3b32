//! The kinds of messages, with how many of each have been sent at this moment.

use yew::prelude::*;

use super::LabHandle;
use crate::engine::node::Traffic;
use crate::ui::marks::glyph;
use crate::view::format::count;
use crate::view::glyph::{Form, Kind};

/// How a kind of traffic is drawn.
pub const fn kind(traffic: Traffic) -> Kind {
    match traffic {
        Traffic::Write => Kind::Write,
        Traffic::Read => Kind::Read,
        Traffic::Digest => Kind::Digest,
        Traffic::Repair => Kind::Repair,
        Traffic::Gossip => Kind::Gossip,
        Traffic::Hint => Kind::Hint,
        Traffic::Tree => Kind::Sync,
    }
}

/// The legend above the stage.
pub fn legend(lab: &LabHandle) -> Html {
    let faded = lab.ui().faded;
    let tallies = lab.read(|s| Traffic::EVERY.map(|t| (t, s.world().ledger().of(t))));
    html! {
        <div class="legend" role="group" aria-label="Messages so far, by kind" data-testid="legend">
            { for tallies.map(|(traffic, tally)| {
                let name = traffic.name();
                let faded = faded.contains(&traffic);
                let onclick = {
                    let lab = lab.clone();
                    Callback::from(move |_| lab.set_ui(|ui| match ui.faded.iter().position(|t| *t == traffic) {
                        Some(place) => drop(ui.faded.remove(place)),
                        None => ui.faded.push(traffic),
                    }))
                };
                html! {
                    <button type="button" class={classes!((tally.messages == 0).then_some("off"), faded.then_some("hid"))} data-testid={format!("legend-{name}")}
                        title={if faded { "Draw these plainly" } else { "Draw these faintly" }} {onclick}>
                        { glyph(kind(traffic), Form::Carries, 19) }{ name }<b>{ count(tally.messages) }</b>
                        if faded { <span class="vh">{ ", drawn faintly" }</span> }
                    </button>
                }
            }) }
        </div>
    }
}
