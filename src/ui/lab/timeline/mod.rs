//! The timeline in the dock: the whole run as a strip, with a playhead to drag.
//!
//! What a recording holds ([`Track`]) and how it lies in the present window ([`Dock`]) are found only when they change; while time runs
//! only the playhead and what it divides are drawn anew.

mod drawing;
mod gesture;

use std::rc::Rc;

use gloo::events::{EventListener, EventListenerOptions};
use gloo::render::{AnimationFrame, request_animation_frame};
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::{Element, ResizeObserver, WheelEvent};
use yew::prelude::*;

use super::moves::{Move, go};
use super::{LabHandle, UiState};
use crate::engine::base::Micros;
use crate::lab::Session;
use crate::ui::marks::icon;
use crate::ui::theme;
use crate::view::glyph::Icon;
use crate::view::narrate::{Names, short};
use crate::view::timeline::{Bands, Dock, NARROW, Stamp, Track, Window, clock};

use drawing::{Picture, Strip};
use gesture::{Hand, use_hand};

/// The facts of the run that is open, found anew only when the recording changes.
#[hook]
pub fn use_track(lab: &LabHandle) -> Rc<Track> {
    let kept = use_mut_ref(|| None::<Rc<Track>>);
    lab.read(|session| {
        let mut kept = kept.borrow_mut();
        match &*kept {
            Some(track) if track.stamp == Stamp::of(session) => track.clone(),
            _ => kept.insert(Rc::new(Track::of(session))).clone(),
        }
    })
}

/// Size of the drawing and of its text, in CSS pixels.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Size {
    width: f64,
    height: f64,
    font: f64,
}

/// Room around the drawing in its box.
const PADDING: (f64, f64) = (16.0, 4.0);

/// The size of the drawing: what its box leaves, or on a phone what it needs.
#[hook]
fn use_size(around: &NodeRef, track: &Track) -> Size {
    let measured = use_state_eq(|| (1000.0, 172.0));
    {
        let (around, measured) = (around.clone(), measured.setter());
        use_effect_with((), move |()| {
            let watch = around.cast::<Element>().and_then(|element| {
                let measure = {
                    let (element, measured) = (element.clone(), measured.clone());
                    move || measured.set((f64::from(element.client_width()), f64::from(element.client_height())))
                };
                measure();
                let callback = Closure::<dyn FnMut()>::new(measure);
                let observer = ResizeObserver::new(callback.as_ref().unchecked_ref()).ok()?;
                observer.observe(&element);
                Some((observer, callback))
            });
            move || {
                if let Some((observer, _callback)) = watch {
                    observer.disconnect();
                }
            }
        });
    }
    let window_width = gloo::utils::window().inner_width().ok().and_then(|w| w.as_f64()).unwrap_or(1000.0);
    let phone = window_width <= 700.0;
    let font = if theme::is_projector() { 16.0 } else { 13.0 };
    let width = (measured.0 - PADDING.0).max(200.0);
    let height = if phone { Bands::natural_height(font, track) } else { (measured.1 - PADDING.1).clamp(100.0, 400.0) };
    Size { width, height, font }
}

/// The window in view; it follows the playhead when that leaves it.
#[hook]
fn use_window(lab: &LabHandle, now: Micros, end: Micros) -> (Window, UseStateSetter<Option<Window>>) {
    // Nothing chosen: the whole run, however long it becomes.
    let chosen = use_state_eq(|| None::<Window>);
    let setter = chosen.setter();
    let window = chosen.map_or(Window::whole(end), |w| w.clamped(end));
    {
        let setter = setter.clone();
        use_effect_with((now, lab.number()), move |(now, _)| {
            if !window.holds(*now) {
                setter.set(Some(window.following(*now, end)));
            }
        });
    }
    (window, setter)
}

/// What the slider says of the present.
fn present(session: &Session) -> String {
    let last = session.last_event().map(|(_, e)| short(e, &Names::of(session))).unwrap_or_else(|| "nothing has happened yet".to_owned());
    format!("{}, event {}, {last}", clock(session.now()), session.cursor())
}

/// Zooming by key, button or a notch of a wheel.
const NOTCH: f64 = 0.7;

/// A shared value that is equal only to itself.
#[derive(Debug)]
struct Shared<T>(Rc<T>);

impl<T> Clone for Shared<T> {
    fn clone(&self) -> Shared<T> {
        Shared(self.0.clone())
    }
}

impl<T> PartialEq for Shared<T> {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

/// The timeline.
#[component]
pub fn Timeline() -> Html {
    let Some(lab) = use_context::<LabHandle>() else { return Html::default() };
    let lab = &lab;
    let track = use_track(lab);
    let around = use_node_ref();
    let size = use_size(&around, &track);
    let (now, end, cursor, events) = lab.read(|s| (s.now(), s.end(), s.cursor(), s.log().len()));
    let (window, set_window) = use_window(lab, now, end);
    let dock = {
        let lab = lab.clone();
        use_memo((Shared(track.clone()), window, size), move |(track, window, size)| {
            lab.read(|s| Dock::of(s, &track.0, *window, size.width, size.height, size.font))
        })
    };
    let svg = use_node_ref();
    let hand = Rc::new(Hand { lab: lab.clone(), dock: dock.clone(), track: track.clone(), svg: svg.clone(), window: set_window.clone() });
    let touch = use_hand(&hand);
    use_wheel(&hand);
    use_smooth_playhead(&hand);
    let ui = lab.ui();
    let picture = Picture { lab, dock: &dock, track: &track, ui: &ui, cursor, now };
    let onkeydown = keys(hand.clone());
    let view = format!("0 0 {} {}", size.width, size.height);
    html! {
        <div class="tlw" ref={around}>
            <svg class="tl strip" viewBox={view.clone()} width={size.width.to_string()} height={size.height.to_string()} aria-hidden="true">
                <Strip dock={Shared(dock.clone())} track={Shared(track.clone())} number={lab.number()} />
            </svg>
            <svg ref={svg} class={classes!("tl", (size.width < NARROW).then_some("narrow"))} viewBox={view} width={size.width.to_string()} height={size.height.to_string()}
                role="slider" tabindex="0" aria-label="Time" aria-orientation="horizontal" data-testid="timeline"
                aria-valuemin="0" aria-valuemax={events.to_string()} aria-valuenow={cursor.to_string()} aria-valuetext={lab.read(present)}
                data-from={window.from.0.to_string()} data-to={window.to.0.to_string()}
                {onkeydown} onpointerdown={touch.down} onpointermove={touch.moved} onpointerup={touch.up} onpointercancel={touch.cancel} onpointerleave={touch.leave}>
                { picture.changing() }
            </svg>
            { zoom_buttons(&hand) }
        </div>
    }
}

/// Keys of the slider. What it handles goes no further.
fn keys(hand: Rc<Hand>) -> Callback<KeyboardEvent> {
    Callback::from(move |event: KeyboardEvent| {
        if event.ctrl_key() || event.meta_key() || event.alt_key() {
            return;
        }
        let lab = &hand.lab;
        let leap = |by: i64| Move::Event((i64::from(lab.read(Session::cursor)) + by).max(0) as u32);
        let wanted = match (event.key().as_str(), event.shift_key()) {
            ("ArrowLeft" | "ArrowDown", false) => Move::Back,
            ("ArrowRight" | "ArrowUp", false) => Move::Step,
            ("ArrowLeft" | "ArrowDown", true) => Move::DecisionBack,
            ("ArrowRight" | "ArrowUp", true) => Move::Decision,
            ("Home", _) => Move::Start,
            ("End", _) => Move::End,
            ("PageDown", _) => leap(-10),
            ("PageUp", _) => leap(10),
            ("+" | "=", _) => return hand.zoom_by_key(&event, NOTCH),
            ("-", _) => return hand.zoom_by_key(&event, 1.0 / NOTCH),
            ("0", _) => {
                event.prevent_default();
                return hand.window.set(None);
            }
            _ => return,
        };
        event.prevent_default();
        go(lab, wanted);
    })
}

fn zoom_buttons(hand: &Rc<Hand>) -> Html {
    let whole = hand.dock.scale.window == Window::whole(hand.track.end);
    let zoom = |factor: f64| {
        let hand = hand.clone();
        Callback::from(move |_: MouseEvent| hand.zoom_at_playhead(factor))
    };
    let fit = {
        let hand = hand.clone();
        Callback::from(move |_: MouseEvent| hand.fit(whole))
    };
    let (face, words) = if whole { (Icon::Lens, "Zoom to what is happening") } else { (Icon::ToEnd, "Show the whole run") };
    html! {
        <div class="tl-tools" role="group" aria-label="Zoom of the timeline">
            <button type="button" data-testid="timeline-out" aria-label="Zoom out" title="Zoom out (− on the timeline)" onclick={zoom(1.0 / NOTCH)}>{ icon(Icon::Minus) }</button>
            <button type="button" data-testid="timeline-in" aria-label="Zoom in" title="Zoom in (+ on the timeline, or the wheel)" onclick={zoom(NOTCH)}>{ icon(Icon::Plus) }</button>
            <button type="button" data-testid="timeline-fit" aria-label={words} title={words} onclick={fit}>
                if whole { { icon(face) } } else { { "all" } }
            </button>
        </div>
    }
}

/// The wheel zooms around the pointer; sideways, or with shift, it moves the window.
#[hook]
fn use_wheel(hand: &Rc<Hand>) {
    let latest = use_mut_ref(|| hand.clone());
    *latest.borrow_mut() = hand.clone();
    let svg = hand.svg.clone();
    use_effect_with((), move |()| {
        let listener = svg.cast::<Element>().map(|element| {
            // The page must not scroll or zoom as well.
            let options = EventListenerOptions::enable_prevent_default();
            EventListener::new_with_options(&element, "wheel", options, move |event| {
                if let Some(wheel) = event.dyn_ref::<WheelEvent>() {
                    wheel.prevent_default();
                    latest.borrow().wheel(wheel);
                }
            })
        });
        move || drop(listener)
    });
}

/// Moves the playhead in every frame while time runs; the rest of the drawing follows at its own pace.
#[hook]
fn use_smooth_playhead(hand: &Rc<Hand>) {
    let latest = use_mut_ref(|| hand.clone());
    *latest.borrow_mut() = hand.clone();
    let UiState { playing, .. } = hand.lab.ui();
    {
        let hand = hand.clone();
        use_effect(move || hand.move_playhead());
    }
    use_effect_with(playing, move |playing| {
        let frame = Rc::new(std::cell::RefCell::new(None::<AnimationFrame>));
        if *playing {
            follow(latest, frame.clone());
        }
        move || drop(frame.borrow_mut().take())
    });
}

fn follow(latest: Rc<std::cell::RefCell<Rc<Hand>>>, frame: Rc<std::cell::RefCell<Option<AnimationFrame>>>) {
    let next = frame.clone();
    *frame.borrow_mut() = Some(request_animation_frame(move |_| {
        latest.borrow().move_playhead();
        follow(latest, next);
    }));
}
