//! Grades hand-ins: every answer by running the engine on the run it was given on, every challenge by playing what was tried. What the
//! engine says to an item is asked once for a whole class.

use std::collections::BTreeMap;

use super::super::answers::{Truth, run_of, truth};
use super::super::grade::{Judged, Medal, judge};
use super::super::lesson::{Challenge, Kind, Lesson};
use super::{Given, HandIn, Handed, Tried};
use crate::engine::base::Digest;
use crate::engine::world::ENGINE_VERSION;
use crate::lab::Script;

/// Points of a challenge that is won in gold; silver, bronze and just won give one less each.
const GOLD: u32 = 4;

/// What an answer to an item is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Nothing was handed in.
    Missing,
    /// Right, and so was the first answer.
    RightFirst,
    /// Right, and the first answer was not.
    RightLater,
    /// Right; the first answer was not handed in.
    Right,
    /// Some cells are right.
    Partly,
    /// Not right, or not won.
    Wrong,
    /// A challenge was won.
    Won(Medal),
    /// It was given on a run that is not this learner's: nothing is counted.
    Foreign,
    /// It cannot be graded.
    Unreadable,
}

impl Standing {
    /// In a word or two.
    pub const fn words(self) -> &'static str {
        match self {
            Standing::Missing => "missing",
            Standing::RightFirst => "right first",
            Standing::RightLater => "right later",
            Standing::Right => "right",
            Standing::Partly => "partly",
            Standing::Wrong => "wrong",
            Standing::Won(medal) => medal.name(),
            Standing::Foreign => "another's run",
            Standing::Unreadable => "not graded",
        }
    }
}

/// Points for an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mark {
    /// How many.
    pub points: u32,
    /// Of how many.
    pub of: u32,
    /// Why.
    pub standing: Standing,
}

/// Something to say about a hand-in.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Remark {
    /// Whether a teacher should look at it: something does not fit. Otherwise it is only worth knowing.
    pub grave: bool,
    /// What.
    pub text: String,
}

/// A hand-in as it was graded: a mark for each item of each lesson of the grader, and what is to be said about it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Graded {
    /// Marks by lesson and item, in the grader's order.
    pub marks: Vec<Vec<Mark>>,
    /// What is to be said.
    pub remarks: Vec<Remark>,
    /// The runs that were tried at challenges.
    pub runs: Vec<Run>,
}

/// A run that was tried at a challenge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// Lesson and item.
    pub item: String,
    /// A print of what was done, whatever the seed: of the world it begins in and of all commands.
    pub print: u64,
    /// Its seed.
    pub seed: u64,
    /// How many commands it adds to those of the challenge.
    pub added: usize,
}

type TruthOf = BTreeMap<(usize, String, Option<u64>), Result<Truth, String>>;

/// Grades hand-ins against lessons.
pub struct Grader {
    lessons: Vec<Lesson>,
    truths: TruthOf,
    /// By lesson, challenge, print and seed.
    judged: BTreeMap<(usize, String, u64, u64), Result<Judged, String>>,
}

impl Grader {
    /// Grades against these lessons, whose runs are put together.
    pub fn new(lessons: Vec<Lesson>) -> Grader {
        Grader { lessons, truths: BTreeMap::new(), judged: BTreeMap::new() }
    }

    /// The lessons.
    pub fn lessons(&self) -> &[Lesson] {
        &self.lessons
    }

    /// How many truths and judgements were asked of the engine.
    pub fn played(&self) -> usize {
        self.truths.len() + self.judged.len()
    }

    /// Points that can be had for an item.
    pub fn worth(kind: &Kind) -> u32 {
        match kind {
            Kind::Table(t) => t.rows.len() as u32,
            Kind::Challenge(_) => GOLD,
            _ => 1,
        }
    }

    /// Grades a hand-in.
    pub fn grade(&mut self, made: &HandIn) -> Graded {
        let missing = |kind: &Kind| Mark { points: 0, of: Grader::worth(kind), standing: Standing::Missing };
        let of_lesson = |lesson: &Lesson| lesson.items().iter().filter_map(|(_, item)| lesson.item(item).map(missing)).collect();
        let mut graded = Graded { marks: self.lessons.iter().map(of_lesson).collect(), ..Graded::default() };
        let mut say = |grave, text: String| graded.remarks.push(Remark { grave, text });
        if !made.is_as_made() {
            say(true, "it was changed after it was made".to_owned());
        }
        if made.engine != ENGINE_VERSION {
            say(true, format!("it was made with engine {}; this is engine {ENGINE_VERSION}", made.engine));
        }
        for handed in &made.lessons {
            match self.lessons.iter().position(|lesson| lesson.slug == handed.lesson) {
                Some(place) => self.lesson(place, handed, &made.who, &mut graded),
                None => graded
                    .remarks
                    .push(Remark { grave: true, text: format!("there is no lesson \"{}\" here: not graded", plain(&handed.lesson)) }),
            }
        }
        graded
    }

    fn lesson(&mut self, place: usize, handed: &Handed, who: &str, graded: &mut Graded) {
        let lesson = &self.lessons[place];
        let slug = lesson.slug.clone();
        let mut remarks = Vec::new();
        let mut say = |grave, text: String| remarks.push(Remark { grave, text });
        if handed.engine != ENGINE_VERSION {
            say(true, format!("{slug}: answered with engine {}; this is engine {ENGINE_VERSION}", handed.engine));
        }
        if handed.text != 0 && handed.text != lesson.print {
            say(false, format!("{slug}: answered on another version of the lesson"));
        }
        let items: Vec<String> = lesson.items().iter().map(|(_, item)| (*item).to_owned()).collect();
        let mut common = 0;
        for given in &handed.answers {
            let Some(i) = items.iter().position(|item| *item == given.item) else {
                say(true, format!("{slug}: there is no item \"{}\"", plain(&given.item)));
                continue;
            };
            let mut one = One { place, slug: &slug, who, given, runs: &mut graded.runs, common: &mut common, said: Vec::new() };
            let mark = one.mark(self);
            one.said.into_iter().for_each(|text| say(true, format!("{slug}/{}: {text}", given.item)));
            if let Some(slot) = graded.marks.get_mut(place).and_then(|marks| marks.get_mut(i)) {
                *slot = mark;
            }
        }
        if common > 0 {
            say(false, format!("{slug}: {common} answered on the run that everybody begins with, before the number was given"));
        }
        graded.remarks.append(&mut remarks);
    }

    fn truth(&mut self, place: usize, item: &str, seed: Option<u64>) -> Result<&Truth, String> {
        let lesson = &self.lessons[place];
        let made = || {
            let found = lesson.item(item).and_then(|kind| truth(lesson, kind, seed));
            found.map_or(Err("it is no question".to_owned()), |truth| truth.map_err(|(_, why)| why))
        };
        let known = self.truths.entry((place, item.to_owned(), seed)).or_insert_with(made);
        known.as_ref().map_err(Clone::clone)
    }
}

/// One answer on its way to a mark.
struct One<'a> {
    place: usize,
    slug: &'a str,
    who: &'a str,
    given: &'a Given,
    runs: &'a mut Vec<Run>,
    common: &'a mut u32,
    said: Vec<String>,
}

impl Run {
    fn of(lesson: &Lesson, slug: &str, challenge: &Challenge, script: &Script) -> Run {
        // What was tried, apart from its name and seed: the same commands under two numbers were thought of once.
        let bare = serde_json::to_value((&script.config, &script.commands)).unwrap_or_default();
        let own = lesson.figures.get(challenge.figure).and_then(|f| f.script.as_ref()).map_or(0, |s| s.commands.len());
        Run {
            item: format!("{slug}/{}", challenge.name),
            print: Digest::of_bytes(bare.to_string().as_bytes()).head(),
            seed: script.seed,
            added: script.commands.len().saturating_sub(own),
        }
    }
}

impl One<'_> {
    fn mark(&mut self, grader: &mut Grader) -> Mark {
        let Some(kind) = grader.lessons[self.place].item(&self.given.item).cloned() else {
            return Mark { points: 0, of: 0, standing: Standing::Unreadable };
        };
        match &kind {
            Kind::Challenge(challenge) => self.challenge(grader, challenge),
            _ => self.answer(grader, &kind),
        }
    }

    fn answer(&mut self, grader: &mut Grader, kind: &Kind) -> Mark {
        let of = Grader::worth(kind);
        let mark = |points, standing| Mark { points, of, standing };
        let given = self.given;
        if !self.is_theirs(&grader.lessons[self.place], &given.latest) {
            return mark(0, Standing::Foreign);
        }
        let points = match self.right(grader, kind, &given.latest) {
            Ok(points) => points,
            Err(why) => {
                self.said.push(why);
                return mark(0, Standing::Unreadable);
            }
        };
        let is_right = points == of;
        if is_right != given.latest.right {
            self.said.push(claim(given.latest.right).to_owned());
        }
        let mut first = None;
        if let Some(tried) = &given.first
            && self.is_theirs(&grader.lessons[self.place], tried)
        {
            let right = self.right(grader, kind, tried).is_ok_and(|points| points == of);
            if right != tried.right {
                self.said.push(format!("of the first answer {}", claim(tried.right)));
            }
            first = Some(right);
        }
        let standing = match (is_right, first) {
            (true, Some(true)) => Standing::RightFirst,
            (true, Some(false)) => Standing::RightLater,
            (true, None) => Standing::Right,
            (false, _) if points > 0 => Standing::Partly,
            (false, _) => Standing::Wrong,
        };
        mark(points, standing)
    }

    fn right(&self, grader: &mut Grader, kind: &Kind, tried: &Tried) -> Result<u32, String> {
        Ok(grader.truth(self.place, &self.given.item, tried.seed)?.grade(kind, &tried.given).right)
    }

    /// Whether an answer was given on a run of this learner's. What is said about it otherwise is kept.
    fn is_theirs(&mut self, lesson: &Lesson, tried: &Tried) -> bool {
        let theirs = lesson.figure_of(&self.given.item).and_then(|figure| lesson.seed_of(self.who, figure, tried.turn));
        if tried.seed == theirs {
            return true;
        }
        let run = |seed: Option<u64>| seed.map_or("the figure's own seed".to_owned(), |seed| format!("seed {seed}"));
        if tried.seed.is_none() && tried.turn == 0 && !self.who.is_empty() {
            *self.common += 1;
            return true;
        }
        self.anothers(&run(tried.seed), &run(theirs));
        false
    }

    fn anothers(&mut self, run: &str, theirs: &str) {
        let whose = if self.who.is_empty() { "nobody's: no number was given" } else { "not this number's" };
        self.said.push(format!("answered on {run}, which is {whose} (that would be {theirs})"));
    }

    /// Whether a challenge's run begins with the seed of this learner, or with the one that everybody begins with. The run itself says
    /// with which: hand-ins of before challenges had seeds say nothing of it.
    fn is_their_run(&mut self, lesson: &Lesson, figure: usize, run: u64) -> bool {
        let own = lesson.figures.get(figure).and_then(|f| f.script.as_ref()).map_or(run, |s| s.seed);
        let theirs = lesson.seed_of(self.who, figure, 0).unwrap_or(own);
        if run == theirs {
            return true;
        }
        if run == own && !self.who.is_empty() {
            *self.common += 1;
            return true;
        }
        self.anothers(&format!("seed {run}"), &format!("seed {theirs}"));
        false
    }

    fn challenge(&mut self, grader: &mut Grader, challenge: &Challenge) -> Mark {
        let mark = |points, standing| Mark { points, of: GOLD, standing };
        let link = self.given.latest.given.first().map_or("", String::as_str);
        let lesson = &grader.lessons[self.place];
        let tried = run_of(link);
        if let Ok(script) = &tried {
            let run = Run::of(lesson, self.slug, challenge, script);
            self.runs.push(run);
            if !self.is_their_run(lesson, challenge.figure, script.seed) {
                return mark(0, Standing::Foreign);
            }
        }
        let judged = tried.and_then(|script| {
            let print = self.runs.last().map_or(0, |run| run.print);
            let known = grader.judged.entry((self.place, challenge.name.clone(), print, script.seed));
            known.or_insert_with(|| judge(lesson, challenge, Some(script.seed), &script).map_err(|(_, why)| why)).clone()
        });
        let medal = match judged {
            Err(why) => {
                self.said.push(why);
                return mark(0, Standing::Unreadable);
            }
            Ok(Judged::Refused(why)) => {
                self.said.push(format!("its run is not allowed: {why}"));
                None
            }
            Ok(Judged::Lost(_)) => None,
            Ok(Judged::Won(medal, _)) => Some(medal),
        };
        if medal != self.given.medal {
            let named = |medal: Option<Medal>| medal.map_or("not won", Medal::name);
            self.said.push(format!("it claims \"{}\"; its run is \"{}\"", named(self.given.medal), named(medal)));
        }
        match medal {
            Some(medal) => mark(GOLD - (Medal::Gold as u32 - medal as u32), Standing::Won(medal)),
            None => mark(0, Standing::Wrong),
        }
    }
}

fn claim(right: bool) -> &'static str {
    if right { "it claims to be right, and is not" } else { "it claims to be wrong, and is right" }
}

/// A name from outside as it may be printed.
pub(super) fn plain(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(60).collect()
}
