//! What a learner answered, kept so that it can be graded again by the same engine: in the page, and by whoever collects it.

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::fault::Wrong;
use super::grade::{Filled, Judged, Medal, filled, is_near, judge, right};
use super::lesson::{Cell, Kind, Lesson};
use crate::engine::world::ENGINE_VERSION;
use crate::lab::{BOUNDS, Script, from_link};

/// Version of the format.
pub const LOG_VERSION: u32 = 1;
/// What the `format` field says.
const FORMAT: &str = "drift-answers";
/// Answers of one lesson at most; characters of one given value at most, runs apart.
const ANSWERS: usize = 500;

/// One item of a lesson as somebody answered it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Answer {
    /// The block's name.
    pub item: String,
    /// The seed of the figure it was answered on; none for the figure's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seed: Option<u64>,
    /// What was given: numbers of options from 1; what stands in each cell; the link of the run that was tried. Empty if the learner only
    /// asked to be shown.
    pub given: Vec<String>,
    /// What was given first.
    pub first: Vec<String>,
    /// Whether the first was right, by the page's own engine.
    pub first_right: bool,
    /// Whether what was given last was right.
    pub right: bool,
    /// How often it was answered.
    pub tries: u32,
    /// The best medal of a challenge.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub medal: Option<Medal>,
    /// How many fresh runs of its figure had been asked for when `given` was given.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub turn: u32,
    /// The seed of the figure when `first` was given; none for the figure's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_seed: Option<u64>,
    /// How many fresh runs of its figure had been asked for when `first` was given.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub first_turn: u32,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
pub(super) fn is_zero(n: &u32) -> bool {
    *n == 0
}

/// On which run of a figure an answer is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct On {
    /// The seed; none for the figure's own.
    pub seed: Option<u64>,
    /// How many fresh runs had been asked for.
    pub turn: u32,
}

/// All answers to one lesson.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Answers {
    format: String,
    version: u32,
    /// The engine by which they were graded.
    pub engine: u32,
    /// The lesson's short name.
    pub lesson: String,
    /// How many steps the reader has reached.
    #[serde(default)]
    pub reached: u32,
    /// How many steps the lesson has.
    #[serde(default)]
    pub steps: u32,
    /// A print of the lesson's text when it was read last (`Lesson::print`); 0 if it is not known.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub text: u32,
    /// The answers, in the order in which they were first given.
    pub answers: Vec<Answer>,
}

impl Answers {
    /// None yet.
    pub fn new(lesson: &str) -> Answers {
        let (format, lesson) = (FORMAT.to_owned(), lesson.to_owned());
        Answers { format, version: LOG_VERSION, engine: ENGINE_VERSION, lesson, reached: 0, steps: 0, text: 0, answers: Vec::new() }
    }

    /// Reads a log. Fails in words if it is damaged, foreign or too large.
    pub fn read(text: &str) -> Result<Answers, String> {
        if text.len() > BOUNDS.file_bytes {
            return Err(format!("the answers are too large: {} bytes, at most {}", text.len(), BOUNDS.file_bytes));
        }
        let value: Json = serde_json::from_str(text).map_err(|e| format!("the answers cannot be read: {e}"))?;
        let log = Answers::deserialize(value).map_err(|e| format!("the answers cannot be read: {e}"))?;
        if log.format != FORMAT || log.version != LOG_VERSION {
            return Err(format!(
                "the answers are of another format: \"{}\", version {}",
                log.format.chars().take(40).collect::<String>(),
                log.version
            ));
        }
        if log.answers.len() > ANSWERS {
            return Err(format!("there are {} answers, at most {ANSWERS}", log.answers.len()));
        }
        Ok(log)
    }

    /// Writes it.
    pub fn text(&self) -> String {
        // Plain structs of strings and numbers always have a JSON form.
        serde_json::to_value(self).unwrap_or_default().to_string()
    }

    /// The answer to an item.
    pub fn of(&self, item: &str) -> Option<&Answer> {
        self.answers.iter().find(|a| a.item == item)
    }

    /// Takes in an answer: the first one to an item stays beside the latest, and of a challenge's runs the best.
    pub fn give(&mut self, item: &str, on: On, given: Vec<String>, right: bool, medal: Option<Medal>) {
        let On { seed, turn } = on;
        match self.answers.iter_mut().find(|a| a.item == item) {
            Some(known) => {
                known.tries = known.tries.saturating_add(1);
                if medal.is_some() && known.medal > medal {
                    return;
                }
                (known.seed, known.turn, known.given) = (seed, turn, given);
                // A challenge once won stays won.
                known.right = right || known.medal.is_some();
                known.medal = known.medal.max(medal);
            }
            None => {
                let (item, first) = (item.to_owned(), given.clone());
                let (first_right, first_seed, first_turn) = (right, seed, turn);
                self.answers.push(Answer { item, seed, given, first, first_right, right, tries: 1, medal, turn, first_seed, first_turn });
            }
        }
    }
}

/// What an answer is worth when the engine grades it again.
#[derive(Debug, Clone, PartialEq)]
pub struct Grade {
    /// Cells or questions that are right.
    pub right: u32,
    /// Of how many.
    pub of: u32,
    /// The medal of a challenge.
    pub medal: Option<Medal>,
}

/// Numbers of options, from 1, as places.
fn places(given: &[String]) -> Vec<usize> {
    given.iter().filter_map(|g| g.parse::<usize>().ok()?.checked_sub(1)).collect()
}

/// The run of a link's payload.
pub fn run_of(payload: &str) -> Result<Script, String> {
    from_link(payload).map(|(script, _)| script).map_err(|e| e.to_string())
}

/// What the engine says to an item, whoever answers it: which options are right, or what belongs into each cell.
#[derive(Debug, Clone, PartialEq)]
pub enum Truth {
    /// Whether each option is right.
    Options(Vec<bool>),
    /// What belongs into each cell.
    Cells(Vec<Filled>),
}

/// What the engine says to a question or a table, with this seed. None for what is neither.
pub fn truth(lesson: &Lesson, kind: &Kind, seed: Option<u64>) -> Option<Result<Truth, Wrong>> {
    match kind {
        Kind::Question(q) => Some(right(lesson, q, seed).map(Truth::Options)),
        Kind::Table(t) => {
            let cells: Result<Vec<Filled>, Wrong> = t.rows.iter().map(|row| filled(lesson, row, seed)).collect();
            Some(cells.map(Truth::Cells))
        }
        _ => None,
    }
}

impl Truth {
    /// How much of what was given is right, and of how much.
    pub fn grade(&self, kind: &Kind, given: &[String]) -> Grade {
        match (self, kind) {
            (Truth::Options(right), _) => {
                let chosen = places(given);
                let all = right.iter().enumerate().all(|(i, right)| *right == chosen.contains(&i));
                Grade { right: u32::from(all && !chosen.is_empty()), of: 1, medal: None }
            }
            (Truth::Cells(cells), Kind::Table(t)) => {
                let right = t.rows.iter().zip(cells).zip(given).filter(|((row, truth), given)| fits(&row.cell, truth, given)).count();
                Grade { right: right as u32, of: t.rows.len() as u32, medal: None }
            }
            _ => Grade { right: 0, of: 0, medal: None },
        }
    }
}

/// Grades what was given to an item of a lesson, by running the engine. None if the lesson has no such item.
pub fn grade(lesson: &Lesson, item: &str, seed: Option<u64>, given: &[String]) -> Option<Result<Grade, Wrong>> {
    let kind = lesson.item(item)?;
    if let Kind::Challenge(c) = kind {
        let run = given.first().map_or(Err("no run was handed in".to_owned()), |link| run_of(link));
        let judged = run.map_err(|e| (0, e)).and_then(|script| judge(lesson, c, seed, &script));
        return Some(judged.map(|judged| {
            let medal = if let Judged::Won(medal, _) = judged { Some(medal) } else { None };
            Grade { right: u32::from(medal.is_some()), of: 1, medal }
        }));
    }
    truth(lesson, kind, seed).map(|truth| truth.map(|t| t.grade(kind, given)))
}

/// Whether what stands in a cell is right.
pub fn fits(cell: &Cell, truth: &Filled, given: &str) -> bool {
    match (cell, truth) {
        (Cell::Number(_, within), Filled::Number(value)) => {
            let given = number(given, value);
            given.zip(value.number()).is_some_and(|(given, truth)| is_near(given, truth, *within))
        }
        (Cell::Pick(_), Filled::Pick(right)) => {
            places(&[given.to_owned()]).first().and_then(|i| right.get(*i)).copied().unwrap_or_default()
        }
        _ => false,
    }
}

/// A number as people write it: `10 240`, `1,000`, `80 ms`; spans in the unit of what is asked for.
fn number(given: &str, like: &crate::lab::Value) -> Option<f64> {
    let plain: String = given.chars().filter(|c| !c.is_whitespace() && *c != ',' && *c != '\u{202f}').collect();
    match like {
        crate::lab::Value::Number(_, crate::lab::Unit::Time) => plain.parse::<crate::engine::base::Micros>().ok().map(|m| m.0 as f64),
        _ => plain.trim_end_matches(|c: char| c.is_ascii_alphabetic() || c == '%').parse().ok().filter(|n: &f64| n.is_finite()),
    }
}

impl Lesson {
    /// What can be answered under this name.
    pub fn item(&self, name: &str) -> Option<&Kind> {
        self.blocks().map(|(_, block)| &block.kind).find(|kind| kind.item() == Some(name))
    }

    /// The names of everything that can be answered, in order, each with the step it is in.
    pub fn items(&self) -> Vec<(usize, &str)> {
        self.blocks().filter_map(|(step, block)| Some((step, block.kind.item()?))).collect()
    }
}

impl Kind {
    /// The name under which an answer is kept; none for what is only read.
    pub fn item(&self) -> Option<&str> {
        match self {
            Kind::Question(q) => Some(&q.name),
            Kind::Table(t) => Some(&t.name),
            Kind::Challenge(c) => Some(&c.name),
            _ => None,
        }
    }
}
