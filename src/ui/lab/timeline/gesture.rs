//! Hands on the timeline: dragging the playhead, clicking what is drawn, zooming and moving the window.

use std::cell::RefCell;
use std::rc::Rc;

use gloo::render::{AnimationFrame, request_animation_frame};
use wasm_bindgen::JsCast;
use web_sys::{Element, SvgElement, WheelEvent};
use yew::prelude::*;

use super::super::moves::{Move, go};
use super::super::{LabHandle, Selection};
use crate::engine::base::Micros;
use crate::view::timeline::{Dock, Hit, Track, Window};

/// How far a pointer moves before it drags, in pixels.
const DRAG: f64 = 4.0;
/// Moments closer together than this many times the median travel belong to one burst of activity.
const BURST: u64 = 64;

/// What a gesture needs to know of the drawing it is made on.
pub struct Hand {
    /// The lab.
    pub lab: LabHandle,
    /// The drawing.
    pub dock: Rc<Dock>,
    /// The run.
    pub track: Rc<Track>,
    /// The element.
    pub svg: NodeRef,
    /// Sets the window in view; nothing is the whole run.
    pub window: UseStateSetter<Option<Window>>,
}

impl Hand {
    /// A point of the screen in the units of the drawing.
    fn spot(&self, x: i32, y: i32) -> (f64, f64) {
        let Some(rect) = self.svg.cast::<Element>().map(|e| e.get_bounding_client_rect()) else { return (0.0, 0.0) };
        let scale = self.dock.bands.width / rect.width().max(1.0);
        ((f64::from(x) - rect.left()) * scale, (f64::from(y) - rect.top()) * scale)
    }

    fn now(&self) -> Micros {
        self.lab.read(|s| s.now())
    }

    fn zoom(&self, factor: f64, around: Micros) {
        let window = self.dock.scale.window.zoomed(factor, around, self.track.end);
        self.window.set((window != Window::whole(self.track.end)).then_some(window));
    }

    /// Zooms; the playhead stays where it is.
    pub fn zoom_at_playhead(&self, factor: f64) {
        self.zoom(factor, self.now());
    }

    /// The same for a key that has been dealt with by that.
    pub fn zoom_by_key(&self, event: &KeyboardEvent, factor: f64) {
        event.prevent_default();
        self.zoom_at_playhead(factor);
    }

    fn pan(&self, pixels: f64) {
        let by = self.dock.scale.span_of(pixels);
        self.window.set(Some(self.dock.scale.window.panned(by, self.track.end)));
    }

    /// A notch of the wheel.
    pub fn wheel(&self, event: &WheelEvent) {
        let (x, _) = self.spot(event.client_x(), event.client_y());
        // Lines and pages are turned into pixels that feel the same.
        let unit = match event.delta_mode() {
            0 => 1.0,
            1 => 16.0,
            _ => 100.0,
        };
        let (dx, dy) = (event.delta_x() * unit, event.delta_y() * unit);
        if event.shift_key() || dx.abs() > dy.abs() {
            self.pan(if dx == 0.0 { dy } else { dx });
        } else {
            let closer = 1.0 + dy.abs().min(200.0) * 0.004;
            self.zoom(if dy < 0.0 { 1.0 / closer } else { closer }, self.dock.scale.at(x));
        }
    }

    /// From the whole run to the burst of activity at the playhead, and back.
    pub fn fit(&self, activity: bool) {
        let near = activity.then(|| {
            let gap = Micros(self.lab.read(|s| s.median_travel()).0.saturating_mul(BURST));
            Window::around_activity(&self.track.moments, self.now(), gap, self.track.end)
        });
        self.window.set(near);
    }

    /// Puts the playhead where time is, without drawing anything: playhead and veil are layers of their own, which only move.
    pub fn move_playhead(&self) {
        let Some(svg) = self.svg.cast::<Element>() else { return };
        let scale = &self.dock.scale;
        let x = scale.x(self.now()).clamp(scale.left, scale.right());
        let put = |part: &str, transform: &str| {
            let found = svg.query_selector(part).ok().flatten();
            if let Some(style) = found.and_then(|e| e.dyn_into::<SvgElement>().ok()).map(|e| e.style()) {
                // A valid name of a property is all it takes.
                let _ = style.set_property("transform", transform);
            }
        };
        put("[data-part=playhead]", &format!("translateX({x:.2}px)"));
        let ahead = (scale.right() - x) / (scale.right() - scale.left).max(1.0);
        put("[data-part=veil]", &format!("translateX({x:.2}px) scaleX({ahead:.5})"));
    }

    /// What lies under a pointer becomes lit in all views.
    fn hover(&self, hit: Hit) {
        let lit = match hit {
            Hit::Operation(op) => Selection::Operation(op),
            Hit::Event(id) => Selection::Event(id),
            Hit::Branch(_) | Hit::Time(_) => Selection::Nothing,
        };
        self.light(lit);
    }

    fn light(&self, lit: Selection) {
        if self.lab.ui().hover != lit {
            self.lab.set_ui(|ui| ui.hover = lit);
        }
    }

    /// A click: to the event under it, which is selected; to the instant, if there is nothing.
    fn click(&self, x: f64, y: f64) {
        let (wanted, selection) = match self.dock.hit(x, y, &self.track) {
            Hit::Event(id) => (Move::Event(id.0 + 1), Some(Selection::Event(id))),
            Hit::Operation(op) => (Move::Time(self.dock.scale.at(x)), Some(Selection::Operation(op))),
            Hit::Branch(branch) => return super::super::branches::switch(&self.lab, branch),
            Hit::Time(at) => (Move::Time(at), None),
        };
        go(&self.lab, wanted);
        if let Some(selection) = selection {
            self.lab.set_ui(|ui| ui.selection = selection);
        }
    }
}

/// What is being done.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
enum Doing {
    #[default]
    Nothing,
    /// Pressed here, not yet moved.
    Pressed { x: f64, y: f64 },
    /// The playhead follows the pointer.
    Scrubbing,
    /// The window follows the pointer, which was here.
    Panning { x: f64 },
    /// Two fingers: their middle and distance.
    Pinching { middle: f64, apart: f64 },
}

#[derive(Default)]
struct State {
    doing: Doing,
    /// Fingers on the timeline, by pointer.
    fingers: Vec<(i32, f64)>,
    /// Where the playhead is to go in the next frame.
    wanted: Option<f64>,
    frame: Option<AnimationFrame>,
}

/// Handlers of the timeline.
pub struct Touch {
    /// A pointer is pressed.
    pub down: Callback<PointerEvent>,
    /// A pointer moves.
    pub moved: Callback<PointerEvent>,
    /// A pointer is let go.
    pub up: Callback<PointerEvent>,
    /// The browser takes a pointer away.
    pub cancel: Callback<PointerEvent>,
    /// A pointer leaves.
    pub leave: Callback<PointerEvent>,
}

/// Gestures on the drawing.
#[hook]
pub fn use_hand(hand: &Rc<Hand>) -> Touch {
    let state = use_mut_ref(State::default);
    let latest = use_mut_ref(|| hand.clone());
    *latest.borrow_mut() = hand.clone();
    let with = |act: fn(&Latest, &Rc<RefCell<State>>, &PointerEvent)| {
        let (state, latest) = (state.clone(), latest.clone());
        Callback::from(move |event: PointerEvent| act(&latest, &state, &event))
    };
    Touch { down: with(press), moved: with(drag), up: with(release), cancel: with(cancel), leave: with(leave) }
}

type Latest = Rc<RefCell<Rc<Hand>>>;

fn pinch(fingers: &[(i32, f64)]) -> Option<Doing> {
    let [(_, a), (_, b), ..] = fingers else { return None };
    Some(Doing::Pinching { middle: (a + b) / 2.0, apart: (a - b).abs().max(12.0) })
}

fn press(latest: &Latest, state: &Rc<RefCell<State>>, event: &PointerEvent) {
    if event.button() != 0 {
        return;
    }
    let hand = latest.borrow().clone();
    let (x, y) = hand.spot(event.client_x(), event.client_y());
    if let Some(svg) = hand.svg.cast::<Element>() {
        // A pointer that is gone already cannot be captured, and need not be.
        let _ = svg.set_pointer_capture(event.pointer_id());
    }
    let mut state = state.borrow_mut();
    state.fingers.retain(|(id, _)| *id != event.pointer_id());
    state.fingers.push((event.pointer_id(), x));
    state.doing = match pinch(&state.fingers) {
        Some(pinching) => pinching,
        None if event.shift_key() => Doing::Panning { x },
        None => Doing::Pressed { x, y },
    };
}

fn drag(latest: &Latest, state: &Rc<RefCell<State>>, event: &PointerEvent) {
    let hand = latest.borrow().clone();
    let (x, y) = hand.spot(event.client_x(), event.client_y());
    let mut now = state.borrow_mut();
    if let Some((_, finger)) = now.fingers.iter_mut().find(|(id, _)| *id == event.pointer_id()) {
        *finger = x;
    }
    match now.doing {
        Doing::Nothing => {
            drop(now);
            hand.hover(hand.dock.hit(x, y, &hand.track));
        }
        Doing::Pressed { x: from, .. } if (x - from).abs() < DRAG => {}
        Doing::Pressed { .. } | Doing::Scrubbing => {
            now.doing = Doing::Scrubbing;
            now.wanted = Some(x);
            if now.frame.is_none() {
                let (latest, state) = (latest.clone(), state.clone());
                now.frame = Some(request_animation_frame(move |_| scrub(&latest, &state)));
            }
        }
        Doing::Panning { x: from } => {
            now.doing = Doing::Panning { x };
            drop(now);
            hand.pan(from - x);
        }
        Doing::Pinching { middle, apart } => {
            let Some(Doing::Pinching { middle: m, apart: a }) = pinch(&now.fingers) else { return };
            now.doing = Doing::Pinching { middle: m, apart: a };
            drop(now);
            let end = hand.track.end;
            let moved = hand.dock.scale.window.panned(hand.dock.scale.span_of(middle - m), end);
            hand.window.set(Some(moved.zoomed(apart / a, hand.dock.scale.at(middle), end)));
        }
    }
}

/// Once a frame: to where the pointer is.
fn scrub(latest: &Latest, state: &Rc<RefCell<State>>) {
    let wanted = {
        let mut state = state.borrow_mut();
        state.frame = None;
        state.wanted.take()
    };
    if let Some(x) = wanted {
        let hand = latest.borrow().clone();
        go(&hand.lab, Move::Time(hand.dock.scale.at(x)));
    }
}

fn release(latest: &Latest, state: &Rc<RefCell<State>>, event: &PointerEvent) {
    let doing = {
        let mut state = state.borrow_mut();
        state.fingers.retain(|(id, _)| *id != event.pointer_id());
        let doing = state.doing;
        // One of two fingers stays: nothing more until it is gone as well.
        state.doing = Doing::Nothing;
        doing
    };
    let hand = latest.borrow().clone();
    match doing {
        Doing::Pressed { x, y } => hand.click(x, y),
        Doing::Scrubbing => scrub(latest, state),
        Doing::Nothing | Doing::Panning { .. } | Doing::Pinching { .. } => {}
    }
}

fn cancel(_: &Latest, state: &Rc<RefCell<State>>, event: &PointerEvent) {
    let mut state = state.borrow_mut();
    state.fingers.retain(|(id, _)| *id != event.pointer_id());
    state.doing = Doing::Nothing;
}

fn leave(latest: &Latest, state: &Rc<RefCell<State>>, _: &PointerEvent) {
    if state.borrow().doing == Doing::Nothing {
        latest.borrow().light(Selection::Nothing);
    }
}
