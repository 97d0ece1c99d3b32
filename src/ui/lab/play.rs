//! Playing: simulated time moves with the frames of the page, in proportion and never by more than was seen.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use gloo::render::{AnimationFrame, request_animation_frame};
use yew::prelude::*;

use super::{LabHandle, UiState};
use crate::engine::base::{EventId, Micros};
use crate::engine::world::Event;
use crate::lab::{Session, Stride};

/// Real milliseconds that the median message travels at 1×.
const TRAVEL: f64 = 900.0;
/// Most real milliseconds that one frame stands for: a tab that was hidden does not leap.
const CATCH_UP: f64 = 250.0;
/// Real milliseconds in which a quiet stretch is skipped.
const SKIP: f64 = 400.0;
/// Events that one frame plays at most; at the highest speeds time then runs slower than asked for.
const EVENTS: u32 = 1_500;
/// Milliseconds between two drawings of the panels while nothing happens.
const CALM: f64 = 100.0;
/// The same while something happens.
const BUSY: f64 = 120.0;
/// The same at most, where a machine is slow.
const SLOW: f64 = 400.0;
/// So many times as long as it takes to draw the panels passes until they are drawn again: most frames move messages alone.
const SHARE: f64 = 6.0;
/// Seconds by which a run is made longer at most, to see what comes of what was sent.
const LONGER: u32 = 60;
/// Milliseconds between steps for those who want no motion.
const STILL: f64 = 1_500.0;

/// Simulated microseconds per real millisecond.
pub fn rate(session: &Session, speed: i8) -> f64 {
    let doubled = f64::from(1u32 << speed.unsigned_abs().min(20));
    let factor = if speed < 0 { 1.0 / doubled } else { doubled };
    session.median_travel().0 as f64 / TRAVEL * factor
}

/// The end of the quiet stretch at the cursor that playing would skip: nothing is on its way. A client may still wait.
pub fn quiet_until(session: &Session, known: bool) -> Option<Micros> {
    let next = if session.is_still() { session.next_event_at() } else { return None };
    // Where nothing more happens the end of the run is next, once it is known that nothing more happens.
    next.or_else(|| known.then(|| session.end()))
}

/// Whether a quiet stretch lies ahead that is long enough to be skipped at this speed.
pub fn skips(session: &Session, ui: &UiState) -> bool {
    let gap = |until: Micros| until.since(session.now()).0 as f64 / rate(session, ui.speed);
    ui.skip_quiet && quiet_until(session, false).is_some_and(|until| gap(until) > SKIP)
}

/// Whether the reader wants no motion.
pub fn reduced_motion() -> bool {
    let query = web_sys::window().and_then(|w| w.match_media("(prefers-reduced-motion: reduce)").ok().flatten());
    query.is_some_and(|q| q.matches())
}

/// Lets time run while the lab is playing. Draws nothing.
#[hook]
pub fn use_player(lab: &LabHandle) {
    let playing = lab.ui().playing;
    let lab = lab.clone();
    use_effect_with((lab.number(), playing), move |(_, playing)| {
        let pacer = playing.then(|| Pacer::start(lab));
        move || {
            if let Some(pacer) = pacer {
                pacer.frame.borrow_mut().take();
            }
        }
    });
}

/// What lasts from frame to frame.
struct Pacer {
    lab: LabHandle,
    frame: RefCell<Option<AnimationFrame>>,
    /// When the last frame was, in real milliseconds.
    last: Cell<Option<f64>>,
    /// The part of a microsecond that is still to be played.
    carry: Cell<f64>,
    /// When the panels were drawn last, and at which event.
    shown: Cell<(f64, u32)>,
    /// Milliseconds until the panels are drawn again.
    pace: Cell<f64>,
    /// Whether the last frame drew the panels.
    drew: Cell<bool>,
    /// Simulated microseconds per real millisecond while a quiet stretch is skipped.
    hurry: Cell<Option<f64>>,
}

impl Pacer {
    fn start(lab: LabHandle) -> Rc<Pacer> {
        let cursor = lab.read(Session::cursor);
        let pacer = Rc::new(Pacer {
            lab,
            frame: RefCell::default(),
            last: Cell::default(),
            carry: Cell::default(),
            shown: Cell::new((0.0, cursor)),
            pace: Cell::new(BUSY),
            drew: Cell::default(),
            hurry: Cell::default(),
        });
        pacer.next();
        pacer
    }

    fn next(self: &Rc<Self>) {
        let pacer = self.clone();
        let frame = request_animation_frame(move |now| pacer.tick(now));
        *self.frame.borrow_mut() = Some(frame);
    }

    /// One frame.
    fn tick(self: &Rc<Self>, now: f64) {
        let ui = self.lab.ui();
        if !ui.playing {
            return;
        }
        let still = reduced_motion();
        let Some(last) = self.last.get() else {
            self.last.set(Some(now));
            self.next();
            return;
        };
        let stop = if still {
            if now - last < STILL {
                self.next();
                return;
            }
            self.lab.quietly(|s| still_step(s, &ui))
        } else {
            self.move_on((now - last).min(CATCH_UP), &ui)
        };
        self.last.set(Some(now));
        if self.drew.take() {
            self.pace.set(((now - last) * SHARE).clamp(BUSY, SLOW));
        }
        let cursor = self.lab.read(Session::cursor);
        let (shown, at) = self.shown.get();
        let due = now - shown >= if cursor == at { CALM } else { self.pace.get() };
        let arrived = ui.stop_at.is_some_and(|at| self.lab.read(|s| s.now() >= at));
        let stop = stop || arrived;
        let rests = ui.until_quiet && self.lab.read(Session::is_quiet);
        let stop = stop && (arrived || !(ui.until_quiet && !rests && self.lab.quietly(goes_on)));
        if stop || rests {
            self.lab.set_ui(|ui| {
                ui.playing = false;
                ui.until_quiet = false;
            });
            return;
        }
        if due || still {
            self.shown.set((now, cursor));
            self.drew.set(true);
            self.lab.show();
        }
        self.next();
    }

    /// Plays `elapsed` real milliseconds. Returns whether playing stops here.
    fn move_on(&self, elapsed: f64, ui: &UiState) -> bool {
        self.lab.quietly(|s| {
            let known = s.pump(0);
            let quiet = if ui.skip_quiet { quiet_until(s, known) } else { None };
            let mut rate = rate(s, ui.speed);
            match quiet.map(|until| until.since(s.now()).0 as f64) {
                Some(gap) if self.hurry.get().is_none() && gap / rate > SKIP => self.hurry.set(Some(gap / SKIP)),
                Some(_) => {}
                None => self.hurry.set(None),
            }
            if let Some(hurry) = self.hurry.get() {
                rate = hurry.max(rate);
            }
            let exact = elapsed * rate + self.carry.get();
            self.carry.set(exact.fract());
            let mut target = s.now().plus(Micros(exact as u64));
            if let (Some(until), Some(_)) = (quiet, self.hurry.get())
                && target >= until
            {
                target = until;
                self.hurry.set(None);
                self.carry.set(0.0);
            }
            play_to(s, ui.stop_at.map_or(target, |at| target.min(at)), ui.stop_at_decisions)
        })
    }
}

/// Plays up to `target`, or to the next decision if wanted. Returns whether playing stops there.
fn play_to(session: &mut Session, target: Micros, stop_at_decisions: bool) -> bool {
    let ahead = session.log().get(session.cursor() as usize..).unwrap_or_default();
    let reached = ahead.iter().take(EVENTS as usize).take_while(|e| e.at <= target);
    let decision = if stop_at_decisions { reached.clone().position(Event::is_decision) } else { None };
    if let Some(place) = decision {
        let id = EventId(session.cursor() + place as u32);
        session.seek_event(id.0 + 1);
        return true;
    }
    let target = ahead.get(EVENTS as usize).map_or(target, |e| e.at.min(target));
    let by = target.since(session.now());
    session.advance(by).at_end
}

/// A run whose end comes before the answer to what was sent goes on until something happens again. Returns whether something does.
fn goes_on(session: &mut Session) -> bool {
    let over = session.now() >= session.end();
    if over {
        for _ in 0..LONGER {
            session.extend(Micros::secs(1));
            if session.next_event_at().is_some() {
                return true;
            }
        }
    }
    false
}

/// One event further, or to where time stops. Returns whether playing stops there.
fn still_step(session: &mut Session, ui: &UiState) -> bool {
    match ui.stop_at.filter(|at| session.next_event_at().is_none_or(|next| next > *at)) {
        Some(at) => {
            session.seek_time(at);
            true
        }
        None => one_step(session, ui.stop_at_decisions),
    }
}

/// One event further. Returns whether playing stops there.
fn one_step(session: &mut Session, stop_at_decisions: bool) -> bool {
    let from = session.cursor() as usize;
    if !session.step(Stride::Event) {
        return true;
    }
    let passed = &session.log()[from..session.cursor() as usize];
    stop_at_decisions && passed.iter().any(Event::is_decision)
}
