//! What the page has to tell the person: what went wrong, and short confirmations.

use gloo::timers::callback::Timeout;
use yew::prelude::*;

use super::LabHandle;
use super::working::WorkingBar;
use crate::ui::header::verb;
use crate::ui::marks::icon;
use crate::view::glyph::Icon;

/// How long a confirmation stays, in milliseconds.
const STAYS: u32 = 5_000;
/// The same while it offers to undo something.
const UNDO_STAYS: u32 = 20_000;

/// The banner for errors and the corner for confirmations.
#[hook]
pub fn use_messages(lab: &LabHandle) -> Html {
    let ui = lab.ui();
    {
        let lab = lab.clone();
        use_effect_with((ui.notice.clone(), ui.undo), move |(notice, undo)| {
            let stays = if *undo { UNDO_STAYS } else { STAYS };
            let gone = move || lab.set_ui(|ui| (ui.notice, ui.undo) = (None, false));
            let timer = notice.is_some().then(|| Timeout::new(stays, gone));
            move || drop(timer)
        });
    }
    let undo = {
        let lab = lab.clone();
        Callback::from(move |_: MouseEvent| lab.bring_back())
    };
    let close = {
        let lab = lab.clone();
        Callback::from(move |_: MouseEvent| lab.set_ui(|ui| ui.error = None))
    };
    html! {
        <>
            <div class="notes">
            <WorkingBar lab={lab.clone()} />
            if let Some(error) = ui.error {
                <div class="banner" role="alert" data-testid="error">
                    { icon(Icon::Warning) }
                    <p>{ error }</p>
                    { verb("Close", "error-close", close) }
                </div>
            }
            </div>
            <div class="said" role="status">
                <span data-testid="notice">{ ui.notice.unwrap_or_default() }</span>
                if ui.undo { { verb("Undo", "undo", undo) } }
            </div>
        </>
    }
}
