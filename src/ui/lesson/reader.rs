//! A lesson that somebody reads: what is computed for it, what was answered, which figures are on the page.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use yew::Callback;

use crate::course::{Answers, Asked, Facts, Figure, Kind, Lesson, Medal, On, Question, grade, who};
use crate::engine::base::Micros;
use crate::lab::{Quantity, Session};
use crate::ui::course_map::LATEST;
use crate::ui::lab::LabHandle;
use crate::ui::lab::moves::{Move, go};
use crate::ui::storage;

/// Prefix of the names under which answers are kept.
pub const KEPT: &str = "drift.course/";
/// Under which name the reader's own name or number is kept.
pub const WHO_KEPT: &str = "drift.who";

struct Shared {
    lesson: Rc<Lesson>,
    /// The items that are shown; all if none.
    only: Option<Vec<String>>,
    /// The reader's name or number: the seeds of figures follow from it.
    who: String,
    log: RefCell<Answers>,
    /// Questions that were put aside by "show me", or are asked again.
    shown: RefCell<Vec<String>>,
    again: RefCell<Vec<String>>,
    runs: RefCell<Vec<On>>,
    facts: RefCell<Vec<Option<Rc<Facts>>>>,
    labs: RefCell<Vec<Option<LabHandle>>>,
    /// Whether answers are remembered; not when a lesson is shown to a room.
    kept: bool,
    revision: Cell<u64>,
    rerender: Callback<u64>,
}

/// A shared handle on one reading of a lesson.
#[derive(Clone)]
pub struct Reader {
    shared: Rc<Shared>,
    revision: u64,
}

impl PartialEq for Reader {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.shared, &other.shared) && self.revision == other.revision
    }
}

/// The reader's name or number in this browser; empty if none was given.
pub fn own_number() -> String {
    who(&storage::remembered(WHO_KEPT).unwrap_or_default())
}

/// What was kept of earlier readings of a lesson.
pub fn kept(slug: &str) -> Option<Answers> {
    Answers::read(&storage::remembered(&format!("{KEPT}{slug}"))?).ok()
}

impl Reader {
    /// Opens a lesson where it was left.
    pub fn new(lesson: Rc<Lesson>, rerender: Callback<u64>) -> Reader {
        Reader::of(lesson, None, rerender)
    }

    /// The same for these items alone: no figure waits for another one.
    pub fn of(lesson: Rc<Lesson>, only: Option<Vec<String>>, rerender: Callback<u64>) -> Reader {
        let log = kept(&lesson.slug).unwrap_or_else(|| Answers::new(&lesson.slug));
        Reader::with(lesson, log, only, true, rerender)
    }

    /// Opens a lesson for a room: nothing is answered yet, and nothing will be remembered.
    pub fn for_a_room(lesson: Rc<Lesson>, rerender: Callback<u64>) -> Reader {
        let log = Answers::new(&lesson.slug);
        Reader::with(lesson, log, None, false, rerender)
    }

    fn with(lesson: Rc<Lesson>, mut log: Answers, only: Option<Vec<String>>, kept: bool, rerender: Callback<u64>) -> Reader {
        let none = lesson.figures.len();
        (log.steps, log.text) = (lesson.steps.len() as u32, lesson.print);
        // A room sees the figures' own runs.
        let who = if kept { own_number() } else { String::new() };
        let mut runs: Vec<On> = (0..none).map(|figure| On { seed: lesson.seed_of(&who, figure, 0), turn: 0 }).collect();
        // A figure shows the run on which its question was answered.
        for (_, item) in lesson.items() {
            // A challenge is worked on in the lab, on its own run.
            if let Some(answer) = log.of(item).filter(|_| !matches!(lesson.item(item), Some(Kind::Challenge(_))))
                && let Some(figure) = lesson.figure_of(item)
            {
                for run in lesson.together(figure).into_iter().filter(|f| answer.turn >= runs[*f].turn).collect::<Vec<_>>() {
                    runs[run] = On { seed: answer.seed, turn: answer.turn };
                }
            }
        }
        let shared = Shared {
            lesson,
            only,
            who,
            log: RefCell::new(log),
            shown: RefCell::default(),
            again: RefCell::default(),
            runs: RefCell::new(runs),
            facts: RefCell::new(vec![None; none]),
            labs: RefCell::new(vec![None; none]),
            kept,
            revision: Cell::new(0),
            rerender,
        };
        Reader { shared: Rc::new(shared), revision: 0 }
    }

    /// This handle at another revision.
    pub fn at(&self, revision: u64) -> Reader {
        Reader { shared: self.shared.clone(), revision }
    }

    /// The lesson.
    pub fn lesson(&self) -> &Rc<Lesson> {
        &self.shared.lesson
    }

    /// A figure.
    pub fn figure(&self, place: usize) -> Option<&Figure> {
        self.shared.lesson.figures.get(place)
    }

    fn show(&self) {
        let revision = self.shared.revision.get() + 1;
        self.shared.revision.set(revision);
        self.shared.rerender.emit(revision);
    }

    /// The seed with which a figure runs; none for its own.
    pub fn seed(&self, figure: usize) -> Option<u64> {
        self.run(figure).seed
    }

    /// The seed of the reader's own challenge on a figure.
    pub fn challenge_seed(&self, figure: usize) -> Option<u64> {
        self.lesson().seed_of(&self.shared.who, figure, 0)
    }

    fn run(&self, figure: usize) -> On {
        self.shared.runs.borrow().get(figure).copied().unwrap_or_default()
    }

    /// What a figure's run says; computed once.
    pub fn facts(&self, figure: usize) -> Rc<Facts> {
        let known = self.shared.facts.borrow().get(figure).cloned().flatten();
        known.unwrap_or_else(|| {
            let made = Rc::new(Facts::of(self.lesson(), figure, self.seed(figure)).unwrap_or_default());
            if let Some(place) = self.shared.facts.borrow_mut().get_mut(figure) {
                *place = Some(made.clone());
            }
            made
        })
    }

    /// The instant that a quantity names in a figure's run.
    pub fn moment(&self, figure: usize, quantity: &Quantity) -> Option<Micros> {
        self.facts(figure).moment(quantity)
    }

    /// Puts a figure's lab where links find it.
    pub fn put(&self, figure: usize, lab: &LabHandle) {
        if let Some(place) = self.shared.labs.borrow_mut().get_mut(figure) {
            *place = Some(lab.clone());
        }
    }

    /// A figure's lab, if it is on the page.
    pub fn lab(&self, figure: usize) -> Option<LabHandle> {
        self.shared.labs.borrow().get(figure).cloned().flatten()
    }

    /// A fresh session of a figure.
    pub fn session(&self, figure: usize) -> Option<Session> {
        let script = self.lesson().variant(figure, &[], self.seed(figure)).ok()?;
        let mut session = Session::open(script).ok()?;
        // Lessons are short: all of it is known at once.
        session.pump(400_000);
        if let Some(start) = self.figure(figure).and_then(|f| f.start.as_ref()).and_then(|q| self.moment(figure, q)) {
            session.seek_time(start);
        }
        Some(session)
    }

    /// The answers so far.
    pub fn log(&self) -> Answers {
        self.shared.log.borrow().clone()
    }

    /// Whether a question was answered, or put aside.
    pub fn is_open(&self, question: &str) -> bool {
        let shown = self.shared.shown.borrow().iter().any(|q| q == question);
        let again = self.shared.again.borrow().iter().any(|q| q == question);
        !shown && (again || self.shared.log.borrow().of(question).is_none())
    }

    /// The predictions about a figure, in the order of the text.
    fn predictions(&self, figure: usize) -> Vec<&Question> {
        fn of(kind: &Kind) -> Option<&Question> {
            if let Kind::Question(q) = kind { Some(q) } else { None }
        }
        let all = self.shared.lesson.blocks().filter_map(|(_, block)| of(&block.kind));
        let shown = |q: &Question| self.shared.only.as_ref().is_none_or(|only| only.contains(&q.name));
        all.filter(|q| q.figure == figure && q.asked == Asked::Predict && shown(q)).collect()
    }

    /// The prediction that a figure waits for.
    pub fn pending(&self, figure: usize) -> Option<&Question> {
        self.predictions(figure).into_iter().find(|q| self.is_open(&q.name))
    }

    /// Whether nothing can be run on a figure yet: it waits for its first prediction.
    pub fn is_locked(&self, figure: usize) -> bool {
        let all = self.predictions(figure);
        all.first().is_some_and(|q| self.is_open(&q.name))
    }

    /// How far a figure may run: to where its next question stands. What an earlier answer has shown stays shown.
    pub fn limit(&self, figure: usize) -> Option<Micros> {
        let at = |q: &Question| q.at.as_ref().and_then(|q| self.moment(figure, q)).unwrap_or(Micros::ZERO);
        let all = self.predictions(figure);
        let place = all.iter().position(|q| self.is_open(&q.name))?;
        let stands = at(all[place]);
        let shown = all[..place].iter().map(|q| match &q.until {
            Some(until) => self.moment(figure, until).unwrap_or(stands),
            None if at(q) < stands => stands,
            None => Micros::MAX,
        });
        shown.chain([stands]).max().filter(|limit| *limit < Micros::MAX)
    }

    /// Whether what stands below this block would tell what it asks: it is a prediction or an estimate, and open.
    pub fn hides_rest(&self, kind: &Kind) -> bool {
        match kind {
            Kind::Question(q) => q.asked == Asked::Predict && self.is_open(&q.name),
            Kind::Table(t) => t.estimate && self.is_open(&t.name),
            _ => false,
        }
    }

    /// Takes an answer, grades it by running ahead, keeps it, and lets the figure run.
    pub fn answer(&self, item: &str, given: Vec<String>, medal: Option<Medal>) {
        let own = |figure| match self.lesson().item(item) {
            Some(Kind::Challenge(_)) => On { seed: self.challenge_seed(figure), turn: 0 },
            _ => self.run(figure),
        };
        let on = self.lesson().figure_of(item).map(own).unwrap_or_default();
        let right = match medal {
            Some(_) => true,
            None => grade(self.lesson(), item, on.seed, &given).and_then(Result::ok).is_some_and(|g| g.right == g.of),
        };
        self.shared.log.borrow_mut().give(item, on, given, right, medal);
        self.shared.again.borrow_mut().retain(|q| q != item);
        self.keep();
        self.show();
    }

    /// Puts a question aside: its figure may run without an answer.
    pub fn show_me(&self, question: &str) {
        self.shared.shown.borrow_mut().push(question.to_owned());
        self.show();
    }

    /// Asks a question again, on another run if its figure has other seeds.
    pub fn again(&self, question: &Question) {
        let now = self.run(question.figure);
        let turn = now.turn + u32::from(self.lesson().seeds_of(question.figure).len() > 1);
        let next = On { seed: self.lesson().seed_of(&self.shared.who, question.figure, turn), turn };
        self.shared.shown.borrow_mut().retain(|q| *q != question.name);
        let mut asked: Vec<String> = Vec::new();
        if next.seed != now.seed {
            // Another run: everything about this figure is open again.
            for figure in self.lesson().together(question.figure) {
                asked.extend(self.predictions(figure).into_iter().map(|q| q.name.clone()));
                if let Some(run) = self.shared.runs.borrow_mut().get_mut(figure) {
                    *run = next;
                }
                if let Some(facts) = self.shared.facts.borrow_mut().get_mut(figure) {
                    *facts = None;
                }
            }
        } else {
            asked.push(question.name.clone());
        }
        self.shared.shown.borrow_mut().retain(|q| !asked.contains(q));
        self.shared.again.borrow_mut().extend(asked);
        self.show();
    }

    /// Remembers how far somebody has read.
    pub fn reach(&self, step: usize) {
        let further = step as u32 > self.shared.log.borrow().reached;
        if further {
            self.shared.log.borrow_mut().reached = step as u32;
            self.keep();
            self.show();
        }
    }

    fn keep(&self) {
        if !self.shared.kept {
            return;
        }
        storage::remember(LATEST, &self.lesson().slug);
        let log = self.shared.log.borrow();
        storage::remember(&format!("{KEPT}{}", log.lesson), &log.text());
    }

    /// Goes to an instant of a figure, as far as it may run.
    pub fn visit(&self, figure: usize, at: Micros) {
        let at = self.limit(figure).map_or(at, |limit| at.min(limit));
        if let Some(lab) = self.lab(figure) {
            // At the last event of that instant, so that the sentence is about it.
            go(&lab, Move::Time(at));
        }
        self.look_at(figure);
    }

    /// Brings a figure into sight.
    pub fn look_at(&self, figure: usize) {
        let Some(name) = self.figure(figure).map(|f| f.name.clone()) else { return };
        if let Some(element) = gloo::utils::document().get_element_by_id(&format!("figure-{name}")) {
            element.scroll_into_view();
        }
    }
}
