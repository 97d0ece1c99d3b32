//! A live figure: the lab's own stage, lanes of time, beats, and a transport that waits for a prediction.

use std::rc::Rc;

use web_sys::HtmlInputElement;
use yew::prelude::*;

use super::prose;
use super::reader::Reader;
use crate::engine::base::Micros;
use crate::lab::{Session, to_link};
use crate::ui::lab::LabHandle;
use crate::ui::lab::moves::{Move, go, toggle_play};
use crate::ui::lab::play::use_player;
use crate::ui::lab::stage::Stage;
use crate::ui::lab::why::use_why;
use crate::ui::marks::icon;
use crate::ui::ribbon::{Frame, lanes, size, summary};
use crate::ui::svg::{path, px};
use crate::ui::theme;
use crate::view::format::moment;
use crate::view::glyph::Icon;
use crate::view::home::{Ribbon, ribbon};

/// A lab of a lesson: nothing can be done to its run. It draws its owner anew by itself.
#[hook]
pub fn use_figure_lab(session: impl FnOnce() -> Option<Session>) -> Option<LabHandle> {
    let revision = use_state(|| 0u64);
    let set = revision.setter();
    let owner = use_memo((), move |()| {
        let lab = session().map(|s| LabHandle::new(s, Callback::from(move |r| set.set(r))));
        lab.inspect(|lab| lab.set_ui(|ui| ui.read_only = true))
    });
    owner.as_ref().as_ref().map(|lab| lab.at(*revision))
}

/// Properties of [`LiveFigure`].
#[derive(Properties, PartialEq)]
pub struct LiveFigureProps {
    /// Which figure of the lesson.
    pub place: usize,
    /// The question that stands beside it.
    #[prop_or_default]
    pub children: Children,
}

/// A figure of the lesson.
#[component]
pub fn LiveFigure(props: &LiveFigureProps) -> Html {
    let Some(reader) = use_context::<Reader>() else { return Html::default() };
    let seed = reader.seed(props.place).map_or("own".to_owned(), |s| s.to_string());
    // Another seed is another run: everything about it begins anew.
    html! { <Running key={format!("{}/{seed}", props.place)} place={props.place}>{ props.children.clone() }</Running> }
}

#[component]
fn Running(props: &LiveFigureProps) -> Html {
    let reader = use_context::<Reader>();
    let place = props.place;
    let lab = {
        let reader = reader.clone();
        use_figure_lab(move || reader.and_then(|r| r.session(place)))
    };
    match (reader, lab) {
        (Some(reader), Some(lab)) => html! { <Drawn {reader} {lab} {place}>{ props.children.clone() }</Drawn> },
        _ => html! { <p class="failed">{ "This figure's run cannot be opened." }</p> },
    }
}

#[derive(Properties, PartialEq)]
struct DrawnProps {
    reader: Reader,
    lab: LabHandle,
    place: usize,
    children: Children,
}

/// Puts the lab where links find it, lets it wait where its next question stands, and plays on when that is answered.
#[hook]
fn use_waiting(reader: &Reader, lab: &LabHandle, place: usize) {
    let pending = reader.pending(place).map(|q| q.name.clone());
    let (limit, locked) = (reader.limit(place), reader.is_locked(place));
    let (reader, lab) = (reader.clone(), lab.clone());
    let before = use_mut_ref(|| None::<Option<String>>);
    use_effect_with((pending, limit), move |(pending, limit)| {
        reader.put(place, &lab);
        let was = before.replace(Some(pending.clone()));
        match (was, limit) {
            // The first look, or asked again: the figure stands where it is asked.
            (None, Some(limit)) => stand(&lab, *limit),
            (Some(_), Some(limit)) if locked || lab.read(|s| s.now() > *limit) => stand(&lab, *limit),
            // A question has been answered: the run goes on, as far as the question says or to the next one.
            (Some(Some(answered)), _) if Some(&answered) != pending.as_ref() => {
                let until = until(&reader, place, &answered).or(*limit);
                lab.set_ui(|ui| {
                    ui.stop_at = until;
                    ui.playing = true;
                });
            }
            _ => {}
        }
        if limit.is_some() && !lab.ui().playing {
            lab.set_ui(|ui| ui.stop_at = *limit);
        }
    });
}

fn stand(lab: &LabHandle, at: Micros) {
    go(lab, Move::Time(at));
}

/// How far the run goes after a question has been answered.
fn until(reader: &Reader, place: usize, question: &str) -> Option<Micros> {
    let lesson = reader.lesson();
    let found = lesson.blocks().find_map(|(_, block)| match &block.kind {
        crate::course::Kind::Question(q) if q.name == question => q.until.as_ref(),
        _ => None,
    });
    found.and_then(|q| reader.moment(place, q))
}

#[component]
fn Drawn(props: &DrawnProps) -> Html {
    let (reader, lab, place) = (&props.reader, &props.lab, props.place);
    use_player(lab);
    use_waiting(reader, lab, place);
    let why = use_why(lab);
    use_effect_with(lab.ui().hover, move |hover| prose::light(place, *hover));
    let Some(figure) = reader.figure(place) else { return Html::default() };
    let locked = reader.is_locked(place);
    let limit = reader.limit(place);
    let key = lab.ui().key;
    let flags =
        use_memo((lab.number(), lab.read(|s| s.log().len()), key), |(_, _, key)| key.as_ref().map(|key| lab.read(|s| ribbon(s, key))));
    let beats = beats(reader, lab, place);
    let has_side = !props.children.is_empty();
    html! {
        <figure class={classes!("fig", has_side.then_some("asked"))} id={format!("figure-{}", figure.name)} data-testid={format!("figure-{}", figure.name)}
            data-locked={locked.to_string()} aria-label={format!("Figure: {}", figure.name.replace('-', " "))}>
            <div class="fig-top">
                <ContextProvider<LabHandle> context={lab.clone()}><div class="fig-stage"><Stage /></div></ContextProvider<LabHandle>>
                if has_side { <div class="fig-side">{ props.children.clone() }</div> }
            </div>
            if figure.lanes {
                if let Some(flags) = flags.as_ref() { { lanes_part(lab, flags, limit, locked, &beats) } }
            }
            { beat_row(reader, lab, place, &beats, locked) }
            <div class="fig-run">
                { transport(lab, locked, limit) }
                { why }
            </div>
            { foot(reader, lab, place) }
        </figure>
    }
}

/// Beats that have their instants: when, which, and whether the figure stands at them or beyond.
fn beats(reader: &Reader, lab: &LabHandle, place: usize) -> Vec<(Micros, usize, bool)> {
    let now = lab.read(Session::now);
    let all = reader.figure(place).map_or(&[][..], |f| &f.beats);
    all.iter().enumerate().filter_map(|(i, beat)| reader.moment(place, &beat.at).map(|at| (at, i, at <= now))).collect()
}

/// Lanes filled with the version held, the beats above them, and where time stands.
fn lanes_part(lab: &LabHandle, flags: &Ribbon, limit: Option<Micros>, locked: bool, beats: &[(Micros, usize, bool)]) -> Html {
    let now = lab.read(Session::now);
    // What comes after an open question is not shown.
    let upto = if limit.is_some() { now } else { flags.end };
    let one = |f: Frame, class: &'static str| {
        let (w, h) = size(f, flags.lanes.len());
        let x = f.x(now, flags.end);
        html! {
            <svg class={classes!("front", "flags", class)} viewBox={format!("0 -14 {w} {}", h + 14.0)} role="img" aria-label={summary(flags)}>
                { for beats.iter().filter(|(at, ..)| limit.is_none_or(|l| *at <= l)).map(|(at, i, _)| {
                    let x = f.x(*at, flags.end);
                    html! {
                        <>
                            { path("beat-line", &format!("M{x} 2V{}", h - 22.0)) }
                            <g class="beat-tag" transform={format!("translate({x} -3)")}>
                                <rect x="-13" y="-10" width="26" height="18" rx="9" /><text text-anchor="middle" y="4" font-size="12.5">{ format!("t{i}") }</text>
                            </g>
                        </>
                    }
                }) }
                { lanes(flags, f, upto) }
                <g class="head">{ path("playhead", &format!("M{x} 0V{}", h - 22.0)) }<circle cx={px(x)} cy={px(h - 22.0)} r="4.5" /></g>
            </svg>
        }
    };
    html! {
        <div class="fig-lanes">
            { one(if theme::is_projector() { Frame::ROOM } else { Frame::FIGURE }, "wide") }
            { one(Frame::HALF, "narrow") }
            { slider(lab, flags.end, limit, locked) }
        </div>
    }
}

/// Where time stands, by hand: under the lanes, as long as they are, and held back where a question waits.
fn slider(lab: &LabHandle, end: Micros, limit: Option<Micros>, off: bool) -> Html {
    let now = lab.read(Session::now);
    let steps = 1_000u64;
    let at = now.0.min(end.0) * steps / end.0.max(1);
    let oninput = {
        let lab = lab.clone();
        Callback::from(move |event: InputEvent| {
            let value = event.target_dyn_into::<HtmlInputElement>().and_then(|input| input.value().parse::<u64>().ok());
            if let Some(value) = value {
                let at = Micros(end.0 / steps * value.min(steps) + end.0 % steps * value.min(steps) / steps);
                go(&lab, Move::Time(limit.map_or(at, |limit| at.min(limit))));
            }
        })
    };
    html! {
        <input class="time" type="range" min="0" max={steps.to_string()} value={at.to_string()} disabled={off} aria-label="Time of this figure"
            aria-valuetext={moment(now)} data-testid="figure-time" {oninput} />
    }
}

/// The beats as a row of buttons, each with its sentence.
fn beat_row(reader: &Reader, lab: &LabHandle, place: usize, beats: &[(Micros, usize, bool)], locked: bool) -> Html {
    let Some(figure) = reader.figure(place).filter(|_| !beats.is_empty()) else { return Html::default() };
    let latest = beats.iter().filter(|(_, _, past)| *past).map(|(_, i, _)| *i).next_back();
    let limit = reader.limit(place);
    html! {
        <ol class="beat-row">
            { for beats.iter().map(|(at, i, past)| {
                // Before a question is answered nobody is told what comes after it.
                let hidden = limit.is_some_and(|l| *at > l);
                let (lab, at) = (lab.clone(), *at);
                let onclick = Callback::from(move |_: MouseEvent| go(&lab, Move::Time(at)));
                let class = classes!((latest == Some(*i)).then_some("now"), past.then_some("past"));
                html! {
                    <li {class}>
                        <button type="button" disabled={locked || hidden} {onclick}><b>{ format!("t{i}") }</b><span class="m">{ if hidden { "?".to_owned() } else { moment(at) } }</span></button>
                        <p>if hidden { { "…" } } else { { prose::line(reader, &figure.beats[*i].text, place) } }</p>
                    </li>
                }
            }) }
        </ol>
    }
}

/// Start, play, step and the next decision.
pub fn transport(lab: &LabHandle, locked: bool, limit: Option<Micros>) -> Html {
    let ui = lab.ui();
    let (at_start, now, end) = lab.read(|s| (s.cursor() == 0 && s.now().0 == 0, s.now(), s.end()));
    let stop = limit.unwrap_or(end);
    let at_stop = now >= stop;
    let button = |face: Icon, label: &'static str, testid: &'static str, off: bool, pri: bool, onclick: Callback<MouseEvent>| {
        html! {
            <button type="button" class={classes!("tbtn", pri.then_some("pri"))} disabled={off} aria-label={label} title={label} data-testid={testid} {onclick}>{ icon(face) }</button>
        }
    };
    let to = |wanted: Move| {
        let lab = lab.clone();
        Callback::from(move |_: MouseEvent| {
            go(&lab, wanted);
            if let Some(limit) = limit.filter(|l| lab.read(|s| s.now() > *l)) {
                go(&lab, Move::Time(limit));
            }
        })
    };
    let play = {
        let lab = lab.clone();
        Callback::from(move |_: MouseEvent| {
            if !lab.ui().playing {
                lab.set_ui(|ui| ui.stop_at = limit);
            }
            toggle_play(&lab);
        })
    };
    let (face, word) = if ui.playing { (Icon::Pause, "Pause") } else { (Icon::Play, "Play") };
    let held = limit.is_some() && at_stop;
    html! {
        <div class="fig-tp" role="group" aria-label="Time">
            { button(Icon::ToStart, "To the start", "figure-start", locked || at_start, false, to(Move::Start)) }
            { button(face, word, "figure-play", locked || held, true, play) }
            { button(Icon::Step, "Step", "figure-step", locked || at_stop, false, to(Move::Step)) }
            { button(Icon::Decision, "To the next decision", "figure-decision", locked || at_stop, false, to(Move::Decision)) }
            <span class="fig-clock m" data-testid="figure-clock">{ moment(now) }</span>
        </div>
    }
}

/// The caption, and where the run opens.
fn foot(reader: &Reader, lab: &LabHandle, place: usize) -> Html {
    let Some(figure) = reader.figure(place) else { return Html::default() };
    let seeded = reader.seed(place).map(|seed| format!(" Seed {seed}."));
    html! {
        <figcaption class="fig-foot">
            <span>{ prose::line(reader, &figure.caption, place) }{ seeded }</span>
            if reader.limit(place).is_none() { { in_the_lab(lab) } }
        </figcaption>
    }
}

/// A link that opens a run in the lab, at this instant.
pub fn in_the_lab(lab: &LabHandle) -> Html {
    let lab = Rc::new(lab.clone());
    // The link is made when it is wanted: a run may be long.
    let onclick = Callback::from(move |event: MouseEvent| {
        event.prevent_default();
        match lab.read(to_link) {
            Ok(payload) => _ = gloo::utils::window().location().set_hash(&format!("/run?r={payload}")),
            Err(error) => lab.set_ui(|ui| ui.notice = Some(error.to_string())),
        }
    });
    html! { <button type="button" class="to-lab" data-testid="figure-lab" {onclick}>{ "Open in the lab" }</button> }
}
