//! The messages of a sweep as a ladder: what methods without a drawing of their own show.

use yew::prelude::*;

use super::Seen;
use crate::ui::lab::LabHandle;
use crate::ui::lab::why::visit;
use crate::ui::marks::glyph;
use crate::view::format::{bytes, moment};
use crate::view::glyph::Kind;
use crate::view::sweep::talk::{self, Fate};

/// Messages drawn at most: the last ones.
const MOST: usize = 200;

/// The ladder.
pub fn drawing(lab: &LabHandle, seen: &Seen) -> Html {
    let row = |rung: &talk::Rung<'_>| {
        let (lab, event) = (lab.clone(), rung.event);
        let onclick = Callback::from(move |_: MouseEvent| visit(&lab, event));
        let fate = match rung.fate {
            Fate::Flies(_) => "flies",
            Fate::There => "there",
            Fate::Lost => "lost",
        };
        html! {
            <li key={rung.id} class={classes!(fate, (!rung.from_asking).then_some("back"))}>
                <button type="button" {onclick}>
                    { glyph(Kind::Sync, rung.form(), 20) }
                    <span>{ talk::line(rung) }</span>
                    <span class="m">{ format!("{}, {}", moment(rung.at), bytes(u64::from(rung.size))) }</span>
                </button>
            </li>
        }
    };
    let rows: Html = lab.read(|session| {
        let all = talk::talk(session, seen.id());
        all[all.len().saturating_sub(MOST)..].iter().rev().map(row).collect()
    });
    html! { <ol class="talk" data-testid="sweep-talk" aria-label="What was said, the newest first">{ rows }</ol> }
}
