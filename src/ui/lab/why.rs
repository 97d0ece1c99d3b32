//! The sentence that says why, its rule and its cause.

use gloo::timers::callback::Timeout;
use yew::prelude::*;

use super::LabHandle;
use super::handle::Selection;
use super::moves::{Move, go};
use crate::engine::base::EventId;
use crate::ui::marks::{glyph, icon};
use crate::view::format::moment;
use crate::view::glossary::{self, Term};
use crate::view::glyph::Form;
use crate::view::narrate::{Decisions, Mark, Sentence, narrate};

/// Least time between two sentences while time runs, in milliseconds of the page's clock: nobody reads faster.
const PACE_MS: f64 = 800.0;

/// The mark beside a sentence or a step, `size` CSS pixels wide.
pub fn mark(of: Mark, size: u32) -> Html {
    match of {
        Mark::Traffic(kind, form) => glyph(kind, form, size),
        Mark::Lost(kind) => html! { <span class="lost">{ glyph(kind, Form::Asks, size) }</span> },
        Mark::Fault(of) => html! { <span class="faulty">{ icon(of) }</span> },
        Mark::Plain(of) => icon(of),
    }
}

/// Goes to an event and selects it.
pub fn visit(lab: &LabHandle, event: EventId) {
    go(lab, Move::Event(event.0 + 1));
    // The link is gone before a pointer could leave it.
    lab.set_ui(|ui| (ui.selection, ui.hover) = (Selection::Event(event), Selection::Nothing));
}

/// Handlers that light an event in every view while it is pointed at or has the focus: enter, leave, focus, blur.
pub type Lights = (Callback<MouseEvent>, Callback<MouseEvent>, Callback<FocusEvent>, Callback<FocusEvent>);

/// See [`Lights`].
pub fn lights(lab: &LabHandle, event: EventId) -> Lights {
    let light = |of: Selection| {
        let lab = lab.clone();
        move || {
            if lab.ui().hover != of {
                lab.set_ui(|ui| ui.hover = of);
            }
        }
    };
    let (on, off) = (light(Selection::Event(event)), light(Selection::Nothing));
    let (focus, blur) = (on.clone(), off.clone());
    (Callback::from(move |_| on()), Callback::from(move |_| off()), Callback::from(move |_| focus()), Callback::from(move |_| blur()))
}

fn clock_ms() -> f64 {
    gloo::utils::window().performance().map_or(0.0, |p| p.now())
}

/// The latest sentence, but while time runs at most one each [`PACE_MS`].
#[hook]
fn use_paced(latest: Sentence, playing: bool) -> Sentence {
    let shown = use_state_eq(|| latest.clone());
    let last = use_mut_ref(|| f64::NEG_INFINITY);
    {
        let shown = shown.setter();
        use_effect_with((latest.clone(), playing), move |(latest, playing)| {
            let wait = if *playing { PACE_MS - (clock_ms() - *last.borrow()) } else { 0.0 };
            let latest = latest.clone();
            let show = move || {
                *last.borrow_mut() = clock_ms();
                shown.set(latest);
            };
            let timer = if wait <= 0.0 {
                show();
                None
            } else {
                Some(Timeout::new(wait as u32, show))
            };
            move || drop(timer)
        });
    }
    if playing { (*shown).clone() } else { latest }
}

/// Text whose technical words are buttons: they say what they mean when asked, by mouse, touch or key.
pub fn explained(text: &str, open: Option<Term>, ask: &Callback<Option<Term>>) -> Html {
    let piece = |piece: glossary::Piece| match piece.term {
        None => html! { { piece.text } },
        Some(term) => {
            let asked = open == Some(term);
            let onclick = ask.reform(move |_: MouseEvent| (!asked).then_some(term));
            html! {
                <button type="button" class="term" title={term.meaning} aria-expanded={asked.to_string()} {onclick}>{ piece.text }</button>
            }
        }
    };
    html! { <>{ for glossary::pieces(text).into_iter().map(piece) }</> }
}

/// The sentence under the stage.
#[hook]
pub fn use_why(lab: &LabHandle) -> Html {
    let decisions = use_mut_ref(Decisions::default);
    let latest = lab.read(|session| {
        let mut decisions = decisions.borrow_mut();
        decisions.update(session);
        let mut sentence = narrate(session);
        let decides = sentence.event.is_some_and(|event| decisions.place(event).is_some());
        sentence.decision = decides.then(|| (decisions.passed(session.cursor()), decisions.total()));
        sentence
    });
    let sentence = use_paced(latest, lab.ui().playing);
    let open = use_state_eq(|| None::<Term>);
    let ask = {
        let open = open.clone();
        Callback::from(move |term| open.set(term))
    };
    let (brief, so) = sentence.brief();
    html! {
        <div class="why" aria-live="polite" aria-atomic="true" data-testid="why" data-event={sentence.event.map(|e| e.0.to_string())}>
            <span class="g">{ mark(sentence.mark, 26) }</span>
            <p class="not-projector">
                if let Some((n, of)) = sentence.decision {
                    <span class="vh">{ format!("Decision {n} of {of}. ") }</span>
                }
                <b>{ &sentence.headline }</b>{ " " }{ explained(&sentence.rest, *open, &ask) }
            </p>
            <p class="projector-only"><b>{ brief }</b>{ " " }{ so }</p>
            <div class="rule">
                if let Some(term) = *open {
                    <span class="meaning" data-testid="why-meaning"><b>{ term.word }</b>{ ": " }{ term.meaning }</span>
                } else {
                    { rule_and_cause(lab, &sentence) }
                }
            </div>
        </div>
    }
}

fn rule_and_cause(lab: &LabHandle, sentence: &Sentence) -> Html {
    let cause = sentence.cause.clone().map(|cause| {
        let lab = lab.clone();
        let (onmouseenter, onmouseleave, onfocus, onblur) = lights(&lab, cause.event);
        let visit = Callback::from(move |_: MouseEvent| visit(&lab, cause.event));
        html! {
            <button type="button" data-testid="why-cause" data-event={cause.event.0.to_string()} onclick={visit} {onmouseenter} {onmouseleave} {onfocus} {onblur}>
                { format!("Cause: {}, {}", cause.text, moment(cause.at)) }
            </button>
        }
    });
    html! {
        <>
            if !sentence.rule.is_empty() { <span data-testid="why-rule">{ format!("Rule: {}", sentence.rule) }</span> }
            { for cause }
        </>
    }
}
