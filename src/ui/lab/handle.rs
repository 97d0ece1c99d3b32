//! A lab on the page: one session and how it is looked at, shared by its panels. There is no global lab; two on a page never meet.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use yew::Callback;

use super::freeing::free_later;
use super::keeping::pace;
use super::sweep::Kept;
use crate::engine::base::{ClientId, EventId, NodeId, OpId};
use crate::engine::data::Key;
use crate::engine::node::sweeps::{Place, SessionId};
use crate::engine::node::{Level, Traffic};
use crate::lab::{Session, View};
use crate::view::working::{Working, working};

/// What the person points at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Selection {
    /// Nothing: panels follow the last event.
    #[default]
    Nothing,
    /// A node.
    Node(NodeId),
    /// An event of the log.
    Event(EventId),
    /// An operation.
    Operation(OpId),
}

/// What a drag or a choice of nodes on the stage does.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Tool {
    /// Select things; a drag across the sheet cuts.
    #[default]
    Point,
    /// Nodes are being chosen for a cut.
    Cut {
        /// Chosen so far.
        chosen: Vec<NodeId>,
        /// Messages stop only from the chosen nodes to the others.
        one_way: bool,
    },
    /// Two nodes are being chosen, to cut the link between them.
    Snip {
        /// The first one.
        first: Option<NodeId>,
    },
}

/// How a session is looked at. Nothing here changes a run.
#[derive(Debug, Clone, PartialEq)]
pub struct UiState {
    /// The key whose versions are shown; none until one exists.
    pub key: Option<Key>,
    /// What is selected.
    pub selection: Selection,
    /// What is pointed at right now, lit in every view.
    pub hover: Selection,
    /// Whether time runs.
    pub playing: bool,
    /// Whether it runs only until what was sent has come to rest: playing began with a send and not with the play button.
    pub until_quiet: bool,
    /// Playback speed in powers of two: 0 is 1×, at which the median link takes 900 ms.
    pub speed: i8,
    /// Whether stretches in which nothing is on its way are skipped.
    pub skip_quiet: bool,
    /// Whether playing stops at decisions.
    pub stop_at_decisions: bool,
    /// Whether the inspector shows what is true instead of what the coordinator knows.
    pub truth: bool,
    /// What a drag on the stage does.
    pub tool: Tool,
    /// The client of the console.
    pub client: ClientId,
    /// The coordinator of the console.
    pub via: NodeId,
    /// The operation of the console: write, read or delete.
    pub verb: ConsoleVerb,
    /// The level of the console; `None` follows the settings.
    pub level: Option<Level>,
    /// A message for the person: what went wrong, in one sentence.
    pub error: Option<String>,
    /// A short confirmation ("Link copied"), announced and shown for a while.
    pub notice: Option<String>,
    /// Whether what was open before can be brought back: see [`LabHandle::replace`].
    pub undo: bool,
    /// Kinds of traffic that are drawn faintly, chosen in the legend.
    pub faded: Vec<Traffic>,
    /// Counts jumps (seek, step back, branch switch): the stage does not animate across them.
    pub jumps: u32,
    /// Counts single steps, in either direction: messages glide to where the step leaves them.
    pub steps: u32,
    /// Whether the last move was a single step forwards, so that what arrives with it waits for the message to get there.
    pub stepped: bool,
    /// Whether nothing can be done to the run: a figure of a lesson, which is opened in the lab for that.
    pub read_only: bool,
    /// The instant beyond which time does not run: where a question waits, or where a run that is shown has shown what it was for.
    pub stop_at: Option<crate::engine::base::Micros>,
    /// What the middle shows.
    pub view: View,
    /// The sweep that was chosen to be looked at; `None` follows the run.
    pub sweep: Option<SessionId>,
    /// The part of the trees that a sweep's drawing is opened at; `None` is all of them.
    pub zoom: Option<Place>,
}

/// What the client console sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ConsoleVerb {
    /// A write.
    #[default]
    Write,
    /// A read.
    Read,
    /// A delete.
    Delete,
}

impl Default for UiState {
    fn default() -> Self {
        UiState {
            key: None,
            selection: Selection::Nothing,
            hover: Selection::Nothing,
            playing: false,
            until_quiet: false,
            speed: 0,
            skip_quiet: true,
            stop_at_decisions: false,
            truth: false,
            tool: Tool::Point,
            client: ClientId(0),
            via: NodeId(0),
            verb: ConsoleVerb::Write,
            level: None,
            error: None,
            notice: None,
            undo: false,
            faded: Vec::new(),
            jumps: 0,
            steps: 0,
            stepped: false,
            read_only: false,
            stop_at: None,
            view: View::Ring,
            sweep: None,
            zoom: None,
        }
    }
}

struct Shared {
    session: RefCell<Session>,
    /// What was open before another run took its place.
    before: RefCell<Option<Session>>,
    ui: RefCell<UiState>,
    revision: Cell<u64>,
    rerender: Callback<u64>,
    /// Is told how far long work has come.
    working: RefCell<Callback<Option<Working>>>,
    /// Whether the session has been put here and has not come to its place yet.
    opening: Cell<bool>,
    /// What the panels keep of the sweep in view.
    sweep: RefCell<Kept>,
    /// Tells labs of one page apart in element ids.
    number: u32,
}

impl Drop for Shared {
    fn drop(&mut self) {
        free_later(self.session.get_mut());
        self.before.get_mut().iter().for_each(free_later);
    }
}

thread_local! {
    /// Labs made so far on this page.
    static LABS: Cell<u32> = const { Cell::new(0) };
}

/// The key to show when a session is opened.
fn first_key(session: &Session) -> Option<Key> {
    session.script().focus.clone().or_else(|| session.history().keys().next().map(|(k, _)| k.clone()))
}

/// A shared handle on one lab. Equal handles show the same revision of the same lab.
#[derive(Clone)]
pub struct LabHandle {
    shared: Rc<Shared>,
    revision: u64,
}

impl PartialEq for LabHandle {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.shared, &other.shared) && self.revision == other.revision
    }
}

impl LabHandle {
    /// A lab on `session`. `rerender` is called with each new revision; whoever owns the lab puts [`LabHandle::at`] of it in context.
    pub fn new(mut session: Session, rerender: Callback<u64>) -> LabHandle {
        session.set_pace(pace());
        let key = first_key(&session);
        let ui = UiState { key, view: session.script().view, ..UiState::default() };
        let number = LABS.replace(LABS.get() + 1);
        let shared = Shared {
            session: RefCell::new(session),
            before: RefCell::default(),
            ui: RefCell::new(ui),
            revision: Cell::new(0),
            rerender,
            working: RefCell::default(),
            opening: Cell::new(false),
            sweep: RefCell::default(),
            number,
        };
        LabHandle { shared: Rc::new(shared), revision: 0 }
    }

    /// This handle at another revision.
    pub fn at(&self, revision: u64) -> LabHandle {
        LabHandle { shared: self.shared.clone(), revision }
    }

    /// The revision this handle shows.
    pub fn revision(&self) -> u64 {
        self.revision
    }

    /// A number that no other lab of this page has, for element ids.
    pub fn number(&self) -> u32 {
        self.shared.number
    }

    /// What the panels keep of the sweep in view. Do not call it from inside.
    pub fn kept<R>(&self, change: impl FnOnce(&mut Kept) -> R) -> R {
        change(&mut self.shared.sweep.borrow_mut())
    }

    /// Looks at the session. Do not call [`LabHandle::with`] from inside.
    pub fn read<R>(&self, look: impl FnOnce(&Session) -> R) -> R {
        look(&self.shared.session.borrow())
    }

    /// Changes the session and shows the change.
    pub fn with<R>(&self, change: impl FnOnce(&mut Session) -> R) -> R {
        let result = self.quietly(change);
        self.show();
        result
    }

    /// Changes the session without showing it yet: the canvas reads it every frame, panels follow at [`LabHandle::show`].
    pub fn quietly<R>(&self, change: impl FnOnce(&mut Session) -> R) -> R {
        change(&mut self.shared.session.borrow_mut())
    }

    /// Puts another session in the place of the one that is open, which can be brought back by [`LabHandle::bring_back`].
    pub fn replace(&self, session: Session, notice: String) {
        let old = self.shared.session.replace(session);
        self.quietly(|s| s.set_pace(pace()));
        self.shared.opening.set(self.read(Session::is_going));
        let gone = self.shared.before.borrow_mut().replace(old);
        gone.iter().for_each(free_later);
        self.start_over(notice, true);
    }

    /// Undoes the last [`LabHandle::replace`].
    pub fn bring_back(&self) {
        let before = self.shared.before.borrow_mut().take();
        if let Some(session) = before {
            free_later(&self.shared.session.replace(session));
            self.start_over("What was open before is open again.".to_owned(), false);
        }
    }

    /// Who is told how far long work has come.
    pub fn set_working(&self, told: Callback<Option<Working>>) {
        *self.shared.working.borrow_mut() = told;
    }

    /// Tells how far long work has come.
    pub fn tell_working(&self) {
        let told = self.shared.working.borrow().clone();
        told.emit(self.read(working));
    }

    /// The session has come to its place.
    pub fn arrived(&self) {
        self.shared.opening.set(false);
    }

    /// Stops long work. A run that is still being opened gives way to what was open before; else everything stays as it is.
    pub fn cancel(&self) {
        let taken_back = self.quietly(Session::rest);
        if self.shared.opening.take() && self.shared.before.borrow().is_some() {
            return self.bring_back();
        }
        let words = if taken_back { "Stopped. What was asked for is taken back." } else { "Stopped. A step or a move goes on with it." };
        self.set_ui(|ui| (ui.playing, ui.notice) = (false, Some(words.to_owned())));
        self.tell_working();
    }

    /// Looks at a session that has just been opened.
    fn start_over(&self, notice: String, undo: bool) {
        let (key, view) = self.read(|s| (first_key(s), s.script().view));
        self.set_ui(|ui| {
            let jumps = ui.jumps + 1;
            *ui = UiState { key, view, jumps, notice: Some(notice), undo, ..UiState::default() };
        });
    }

    /// Shows the present state in all panels.
    pub fn show(&self) {
        let revision = self.shared.revision.get() + 1;
        self.shared.revision.set(revision);
        self.shared.rerender.emit(revision);
    }

    /// How the session is looked at.
    pub fn ui(&self) -> UiState {
        self.shared.ui.borrow().clone()
    }

    /// Changes how the session is looked at, and shows it.
    pub fn set_ui(&self, change: impl FnOnce(&mut UiState)) {
        change(&mut self.shared.ui.borrow_mut());
        self.show();
    }
}
