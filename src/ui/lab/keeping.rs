//! Work between the frames: long runs are executed to their end in slices, and what the person has done is kept.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use gloo::events::EventListener;
use gloo::timers::callback::Timeout;
use gloo::utils::window;
use yew::prelude::*;

use super::LabHandle;
use super::open::Opened;
use crate::engine::base::Micros;
use crate::lab::{self, BranchId, Pace, Session};
use crate::ui::storage::{self, Latest, NotKept};
use crate::view::format::count;
use crate::view::timeline::clock;

/// Rows of one slice at first, and at least and at most.
const ROWS: [u64; 3] = [20_000, 500, 400_000];
/// Milliseconds that a slice is to take: most of the time is left to the page.
const SLICE: std::ops::RangeInclusive<f64> = 6.0..=14.0;

thread_local! {
    /// Rows of a slice on this machine.
    static PACE: Cell<u64> = const { Cell::new(ROWS[0]) };
}

/// How much a session on this page does at once.
pub fn pace() -> Pace {
    Pace::Slices(PACE.get())
}

/// A slice has taken so many milliseconds: larger or smaller ones from here on.
fn adjust(took: f64) {
    let rows = PACE.get();
    let better = if took > *SLICE.end() {
        rows * 2 / 3
    } else if took < *SLICE.start() {
        rows * 5 / 4
    } else {
        rows
    };
    PACE.set(better.clamp(ROWS[1], ROWS[2]));
}
/// Slices after which the panels are drawn anew, so that a long timeline is seen growing.
const SHOWN_EVERY: u32 = 25;
/// Milliseconds between a change and its being kept.
const PATIENCE: u32 = 500;

/// Executes what is still unknown of the run, slice by slice.
#[hook]
pub fn use_idle_work(lab: &LabHandle) {
    let running = use_mut_ref(|| None::<Timeout>);
    let lab = lab.clone();
    use_effect_with(lab.revision(), move |_| {
        if running.borrow().is_none() && lab.read(Session::has_work) {
            slice(lab, running, 1);
        }
    });
}

fn slice(lab: LabHandle, running: Rc<RefCell<Option<Timeout>>>, nth: u32) {
    let next = running.clone();
    let timer = Timeout::new(0, move || {
        let now = || window().performance().map_or(0.0, |p| p.now());
        let (from, known) = (now(), lab.read(|s| s.log().len()));
        let worked = lab.quietly(|s| {
            s.set_pace(pace());
            s.work()
        });
        // A slice that came to its end before its work was used up says nothing.
        if worked.arrived.is_none() && !worked.finished || now() - from > *SLICE.end() {
            adjust(now() - from);
        }
        let done = !lab.read(Session::has_work);
        *next.borrow_mut() = None;
        if !done {
            slice(lab.clone(), next, nth + 1);
        }
        lab.tell_working();
        if let Some(found) = worked.arrived {
            lab.arrived();
            lab.set_ui(|ui| {
                ui.jumps += 1;
                if !found {
                    ui.notice = Some("That does not happen before the end of this run.".to_owned());
                }
            });
        }
        let grew = lab.read(|s| s.log().len()) > known;
        let short = if done { lab.read(cut_short) } else { None };
        if short.is_some() {
            lab.set_ui(|ui| ui.error = short);
        } else if done && worked.finished || grew && nth.is_multiple_of(SHOWN_EVERY) {
            lab.show();
        }
    });
    *running.borrow_mut() = Some(timer);
}

/// What to tell the person about a run that has too many events.
fn cut_short(session: &Session) -> Option<String> {
    let last = session.log().last().filter(|_| session.is_cut_short())?;
    Some(format!(
        "This run has too many events: after {} of them, at {}, nothing more is known of it.",
        count(session.log().len() as u64),
        clock(last.at)
    ))
}

/// Keeps the work of a lab: soon after every change, and at once when the page is left.
#[hook]
pub fn use_autosave(lab: &LabHandle, opened: &Opened) {
    let keeper = use_memo((), |()| Keeper {
        lab: lab.clone(),
        opened: opened.clone(),
        timer: RefCell::default(),
        told: RefCell::default(),
        kept: RefCell::default(),
    });
    {
        let keeper = keeper.clone();
        use_effect_with(lab.revision(), move |_| Keeper::soon(&keeper));
    }
    use_effect_with((), move |()| {
        let (on_hide, on_switch) = (keeper.clone(), keeper.clone());
        // Phones may never say that a page is left, only that it is no longer seen.
        let listeners = [
            EventListener::new(&gloo::utils::window(), "pagehide", move |_| on_hide.keep()),
            EventListener::new(&gloo::utils::document(), "visibilitychange", move |_| on_switch.keep()),
        ];
        move || {
            drop(listeners);
            keeper.close();
        }
    });
}

/// Keeps one lab's work.
struct Keeper {
    lab: LabHandle,
    opened: Opened,
    timer: RefCell<Option<Timeout>>,
    /// What the person has been told about work that is not kept.
    told: RefCell<Option<NotKept>>,
    /// What was kept last.
    kept: RefCell<Option<Stamp>>,
}

/// Tells what was done apart from where one is: branch, branches, commands and end.
type Stamp = (BranchId, usize, usize, Micros);

fn stamp(session: &Session) -> Stamp {
    (session.current(), session.branches().len(), session.script().commands.len(), session.end())
}

impl Keeper {
    fn soon(keeper: &Rc<Keeper>) {
        if keeper.opened.place.is_none() || keeper.timer.borrow().is_some() {
            return;
        }
        let again = keeper.clone();
        *keeper.timer.borrow_mut() = Some(Timeout::new(PATIENCE, move || Keeper::due(&again)));
    }

    /// While time runs only the place changes: writing a long run down for that twice a second would be felt.
    fn due(keeper: &Rc<Keeper>) {
        let only_place = keeper.lab.ui().playing && *keeper.kept.borrow() == Some(keeper.lab.read(stamp));
        if only_place {
            keeper.timer.borrow_mut().take();
            Keeper::soon(keeper);
        } else {
            keeper.keep();
        }
    }

    fn keep(&self) {
        self.timer.borrow_mut().take();
        let Some(place) = &self.opened.place else { return };
        let (title, file, own) = self.lab.read(|s| {
            let own = s.branches().len() > 1 || *s.script() != *self.opened.original;
            (s.script().title.clone(), lab::to_file(s), own)
        });
        *self.kept.borrow_mut() = Some(self.lab.read(stamp));
        let here = storage::keep(place, &file);
        // A run that is only looked at does not replace what the person has made elsewhere.
        let everywhere = if own { storage::keep_latest(&Latest { title, address: self.opened.address.to_string(), file }) } else { Ok(()) };
        let problem = here.and(everywhere).err();
        if self.told.replace(problem) != problem
            && let Some(problem) = problem
        {
            self.lab.set_ui(|ui| ui.error = Some(problem.words().to_owned()));
        }
    }

    /// The lab leaves the page.
    fn close(&self) {
        if self.timer.borrow_mut().take().is_some() {
            self.keep();
        }
    }
}
