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
use crate::engine::base::{Endpoint, Micros, OpId};
use crate::engine::world::EventKind;
use crate::ui::lab::LabHandle;
use crate::view::geometry::Profile;
use crate::view::geometry::edge::End;
use crate::view::glyph::Kind;
use crate::view::scene::{FlightMark, Ground, flights};

/// How long a ring round a receiver lasts, milliseconds.
const RIPPLE: f64 = 240.0;
/// How long messages glide to where a single step leaves them, milliseconds.
const GLIDE: f64 = 250.0;
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
    /// Counts single steps: messages glide to where one leaves them.
    pub steps: u32,
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

/// Messages on the way to where a single step leaves them.
struct Glide {
    marks: Vec<FlightMark>,
    /// Simulated microseconds at its start and at its end; a step back runs backwards.
    span: (f64, f64),
    /// When it began, in milliseconds of the page.
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
    now: Micros,
    jumps: u32,
    steps: u32,
    glide: Option<Glide>,
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
        let (cursor, now) = told.lab.read(|s| (s.cursor(), s.now()));
        let (jumps, steps) = (told.jumps, told.steps);
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
            now,
            jumps,
            steps,
            glide: None,
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
        if !self.look(time) {
            return true;
        }
        self.glide(time);
        self.ring(time);
        let palette = self.palette.get_or_insert_with(|| Palette::of(&self.canvas));
        let marks = self.glide.as_ref().map_or(&self.marks, |g| &g.marks);
        let manner = Manner { palette, profile: self.told.profile, still: self.still, faded: &self.told.faded };
        self.painter.paint(marks, &self.ripples, &fit, &manner);
        self.told.playing && !self.still || self.glide.is_some() || self.fading.iter().any(|f| f.since.is_finite())
    }

    /// Looks at the session: what is on its way, and whom something has reached since the last frame. Returns whether it
    /// could: not while the ground is in use elsewhere. Where a single step forwards was made, what was on its way before it begins to glide.
    fn look(&mut self, time: f64) -> bool {
        let State { told, marks, fading, ground, still, .. } = self;
        let Ok(mut ground) = ground.try_borrow_mut() else { return false };
        let (jumped, before, was, still) = (told.jumps != self.jumps, self.cursor, self.now, *still);
        let stepped = told.steps != self.steps && !told.playing && !still;
        let (cursor, now) = told.lab.read(|s| (s.cursor(), s.now()));
        let gliding = (stepped && now > was && !jumped).then(|| marks.clone());
        let arrives = if gliding.is_some() { time + GLIDE } else { time };
        told.lab.read(|session| {
            ground.follow(session, told.profile);
            flights(session, &mut ground, told.shown, marks);
            if jumped || still && cursor != before {
                fading.clear();
            }
            if !jumped && cursor > before && cursor - before <= FOLLOWED {
                for event in &session.log()[before as usize..cursor as usize] {
                    if let (EventKind::Delivered(_), Some(at), false) = (&event.kind, event.who, event.is_quiet()) {
                        fading.retain(|f| f.at != at);
                        fading.push(Fading { at, since: if still { f64::INFINITY } else { arrives } });
                    }
                }
            }
        });
        // A step back undoes what arrived: the same messages, from where that was.
        let undone = (stepped && now < was).then(|| marks.clone());
        if jumped || gliding.is_some() || told.playing {
            self.glide = None;
        }
        if let Some(marks) = gliding.or(undone) {
            self.glide = Some(Glide { marks, span: (was.0 as f64, now.0 as f64), since: time });
        }
        (self.cursor, self.now, self.jumps, self.steps) = (cursor, now, told.jumps, told.steps);
        true
    }

    /// Moves what glides; when it is there, the session's own present is painted again.
    fn glide(&mut self, time: f64) {
        let Some(glide) = &mut self.glide else { return };
        let part = (time - glide.since) / GLIDE;
        if part >= 1.0 {
            self.glide = None;
            return;
        }
        let now = glide.span.0 + (glide.span.1 - glide.span.0) * part.max(0.0);
        glide.marks.iter_mut().for_each(|m| m.put(now));
    }

    /// The rings round those whom something has reached.
    fn ring(&mut self, time: f64) {
        self.fading.retain(|f| time - f.since < RIPPLE);
        self.ripples.clear();
        let Ok(ground) = self.ground.try_borrow() else { return };
        for f in self.fading.iter().filter(|f| !f.since.is_finite() || f.since <= time) {
            let (at, radius) = match ground.outline(f.at) {
                Some(End::Disc(at, radius)) => (at, radius),
                Some(End::Card(card)) => (card.centre(), card.w * 0.5),
                None => continue,
            };
            let age = if f.since.is_finite() { ((time - f.since) / RIPPLE).clamp(0.0, 1.0) } else { 0.0 };
            self.ripples.push(Ripple { at, radius, age });
        }
    }
}
