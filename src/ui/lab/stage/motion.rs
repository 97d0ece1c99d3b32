//! What moves: frames while time runs or something fades, and the canvas's size, colours and manners.

use std::cell::RefCell;
use std::rc::Rc;

use gloo::events::EventListener;
use gloo::render::{AnimationFrame, request_animation_frame};
use js_sys::{Array, Function, Object, Reflect};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Element, HtmlCanvasElement, ResizeObserver};

use super::canvas::{Fit, Manner, Painter, Palette, Ripple};
use crate::engine::base::{Endpoint, OpId};
use crate::engine::world::EventKind;
use crate::ui::lab::LabHandle;
use crate::view::geometry::Profile;
use crate::view::geometry::edge::End;
use crate::view::glyph::Kind;
use crate::view::scene::{FlightMark, Ground, flights};

/// How long a ring round a receiver lasts, milliseconds.
const RIPPLE: f64 = 240.0;
/// Events between two frames above which rings are left out: nobody could follow them.
const FOLLOWED: u32 = 400;

/// What the component tells the painter at each revision.
#[derive(Clone)]
pub struct Told {
    /// The lab.
    pub lab: LabHandle,
    /// Whether time runs.
    pub playing: bool,
    /// Counts jumps: nothing is animated across them.
    pub jumps: u32,
    /// The operation shown.
    pub shown: Option<OpId>,
    /// The drawing.
    pub profile: Profile,
    /// Kinds of traffic that are painted faintly.
    pub faded: Vec<Kind>,
}

/// A ring that fades, with the time at which it began (milliseconds; infinite while nothing may move).
struct Fading {
    at: Endpoint,
    since: f64,
}

struct State {
    canvas: HtmlCanvasElement,
    painter: Painter,
    palette: Option<Palette>,
    ground: Rc<RefCell<Ground>>,
    told: Told,
    still: bool,
    /// CSS pixels of the box.
    size: (f64, f64),
    marks: Vec<FlightMark>,
    fading: Vec<Fading>,
    ripples: Vec<Ripple>,
    cursor: u32,
    jumps: u32,
    frame: Option<AnimationFrame>,
}

/// Keeps a stage's canvas painted. Dropping it stops everything.
pub struct Motion {
    state: Rc<RefCell<State>>,
    resize: ResizeObserver,
    _resized: Closure<dyn FnMut()>,
    theme: Option<(JsValue, Closure<dyn FnMut()>)>,
    _queries: Vec<EventListener>,
}

impl Drop for Motion {
    fn drop(&mut self) {
        self.resize.disconnect();
        if let Some((observer, _)) = &self.theme {
            call(observer, "disconnect", &[]);
        }
        self.state.borrow_mut().frame = None;
    }
}

/// Calls a method by name; what the browser lacks is left undone.
fn call(object: &JsValue, method: &str, arguments: &[&JsValue]) {
    let function = Reflect::get(object, &method.into()).ok().and_then(|f| f.dyn_into::<Function>().ok());
    if let Some(function) = function {
        let list: Array = arguments.iter().copied().cloned().collect();
        let _ = Reflect::apply(&function, object, &list);
    }
}

/// Calls back when the page's theme or mode changes: they are attributes of the document's root.
fn watch_theme(changed: Closure<dyn FnMut()>) -> Option<(JsValue, Closure<dyn FnMut()>)> {
    let window = web_sys::window()?;
    let constructor = Reflect::get(&window, &"MutationObserver".into()).ok()?.dyn_into::<Function>().ok()?;
    let observer = Reflect::construct(&constructor, &Array::of1(changed.as_ref())).ok()?;
    let options = Object::new();
    Reflect::set(&options, &"attributes".into(), &JsValue::TRUE).ok()?;
    let root: JsValue = window.document()?.document_element()?.into();
    call(&observer, "observe", &[&root, &options]);
    Some((observer, changed))
}

/// Whether the reader wants nothing to move.
pub fn wants_stillness() -> bool {
    let query = web_sys::window().and_then(|w| w.match_media("(prefers-reduced-motion: reduce)").ok().flatten());
    query.is_some_and(|q| q.matches())
}

impl Motion {
    /// Starts painting on `canvas`. `resized` is told the width of the box (CSS pixels) whenever its size changes.
    pub fn start(
        stage: &Element,
        canvas: HtmlCanvasElement,
        ground: Rc<RefCell<Ground>>,
        told: Told,
        resized: impl Fn(f64) + 'static,
    ) -> Option<Motion> {
        let painter = Painter::new(&canvas)?;
        let cursor = told.lab.read(|s| s.cursor());
        let jumps = told.jumps;
        let state = State {
            canvas,
            painter,
            palette: None,
            ground,
            told,
            still: wants_stillness(),
            size: (0.0, 0.0),
            marks: Vec::new(),
            fading: Vec::new(),
            ripples: Vec::new(),
            cursor,
            jumps,
            frame: None,
        };
        let state = Rc::new(RefCell::new(state));
        let on_resize = {
            let (state, stage) = (state.clone(), stage.clone());
            Closure::<dyn FnMut()>::new(move || {
                let size = (f64::from(stage.client_width()), f64::from(stage.client_height()));
                state.borrow_mut().size = size;
                resized(size.0);
                kick(&state);
            })
        };
        let resize = ResizeObserver::new(on_resize.as_ref().unchecked_ref()).ok()?;
        resize.observe(stage);
        let repaint = {
            let state = state.clone();
            move || {
                let mut s = state.borrow_mut();
                s.palette = None;
                s.still = wants_stillness();
                drop(s);
                kick(&state);
            }
        };
        let queries = ["(prefers-color-scheme: dark)", "(prefers-reduced-motion: reduce)"];
        let listen = |query: &str| {
            let list = web_sys::window()?.match_media(query).ok()??;
            let repaint = repaint.clone();
            Some(EventListener::new(&list, "change", move |_| repaint()))
        };
        let listeners = queries.iter().filter_map(|q| listen(q)).collect();
        let theme = watch_theme(Closure::new(repaint));
        kick(&state);
        Some(Motion { state, resize, _resized: on_resize, theme, _queries: listeners })
    }

    /// Takes in a new revision and paints it.
    pub fn tell(&self, told: Told) {
        self.state.borrow_mut().told = told;
        kick(&self.state);
    }
}

/// Asks for a frame unless one is coming.
fn kick(state: &Rc<RefCell<State>>) {
    let mut s = state.borrow_mut();
    if s.frame.is_none() {
        let state = state.clone();
        s.frame = Some(request_animation_frame(move |time| {
            let more = {
                let mut s = state.borrow_mut();
                s.frame = None;
                s.paint(time)
            };
            if more {
                kick(&state);
            }
        }));
    }
}

impl State {
    /// Paints one frame. Returns whether another is needed.
    fn paint(&mut self, time: f64) -> bool {
        let ratio = web_sys::window().map_or(1.0, |w| w.device_pixel_ratio());
        let fit = Fit::of(self.told.profile, self.size.0, self.size.1, ratio);
        if fit.size.0 == 0 || fit.size.1 == 0 {
            return false;
        }
        if (self.canvas.width(), self.canvas.height()) != fit.size {
            self.canvas.set_width(fit.size.0);
            self.canvas.set_height(fit.size.1);
        }
        let palette = self.palette.get_or_insert_with(|| Palette::of(&self.canvas));
        let (told, ground, marks, fading) = (&self.told, &self.ground, &mut self.marks, &mut self.fading);
        let jumped = told.jumps != self.jumps;
        let (before, still) = (self.cursor, self.still);
        let Ok(mut ground) = ground.try_borrow_mut() else { return true };
        self.cursor = told.lab.read(|session| {
            ground.follow(session, told.profile);
            flights(session, &mut ground, told.shown, marks);
            let cursor = session.cursor();
            if jumped || still && cursor != before {
                fading.clear();
            }
            if !jumped && cursor > before && cursor - before <= FOLLOWED {
                for event in &session.log()[before as usize..cursor as usize] {
                    if let (EventKind::Delivered(_), Some(at), false) = (&event.kind, event.who, event.is_quiet()) {
                        fading.retain(|f| f.at != at);
                        fading.push(Fading { at, since: if still { f64::INFINITY } else { time } });
                    }
                }
            }
            cursor
        });
        self.jumps = told.jumps;
        fading.retain(|f| time - f.since < RIPPLE);
        self.ripples.clear();
        for f in fading.iter() {
            let (at, radius) = match ground.outline(f.at) {
                Some(End::Disc(at, radius)) => (at, radius),
                Some(End::Card(card)) => (card.centre(), card.w * 0.5),
                None => continue,
            };
            let age = if f.since.is_finite() { ((time - f.since) / RIPPLE).clamp(0.0, 1.0) } else { 0.0 };
            self.ripples.push(Ripple { at, radius, age });
        }
        self.painter.paint(&self.marks, &self.ripples, &fit, &Manner { palette, profile: told.profile, still, faded: &told.faded });
        told.playing && !still || self.fading.iter().any(|f| f.since.is_finite())
    }
}
