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
    /// The answers, in the order in which they were first given.
    pub answers: Vec<Answer>,
}

impl Answers {
    /// None yet.
    pub fn new(lesson: &str) -> Answers {
        let (format, lesson) = (FORMAT.to_owned(), lesson.to_owned());
        Answers { format, version: LOG_VERSION, engine: ENGINE_VERSION, lesson, reached: 0, steps: 0, answers: Vec::new() }
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

    /// Takes in an answer: the first one to an item stays beside the latest.
    pub fn give(&mut self, item: &str, seed: Option<u64>, given: Vec<String>, right: bool, medal: Option<Medal>) {
        match self.answers.iter_mut().find(|a| a.item == item) {
            Some(known) => {
                (known.seed, known.given, known.tries) = (seed, given, known.tries + 1);
                // A challenge once won stays won.
                known.right = right || known.medal.is_some();
                known.medal = known.medal.max(medal);
            }
            None => {
                let first = given.clone();
                self.answers.push(Answer { item: item.to_owned(), seed, given, first, first_right: right, right, tries: 1, medal });
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

/// Grades what was given to an item of a lesson, by running the engine. None if the lesson has no such item.
pub fn grade(lesson: &Lesson, item: &str, seed: Option<u64>, given: &[String]) -> Option<Result<Grade, Wrong>> {
    let of_block = |kind: &Kind| -> Option<Result<Grade, Wrong>> {
        match kind {
            Kind::Question(q) if q.name == item => Some(right(lesson, q, seed).map(|right| {
                let chosen = places(given);
                let all = right.iter().enumerate().all(|(i, right)| *right == chosen.contains(&i));
                Grade { right: u32::from(all), of: 1, medal: None }
            })),
            Kind::Table(t) if t.name == item => {
                let mut points = 0;
                for (row, given) in t.rows.iter().zip(given) {
                    match filled(lesson, row, seed) {
                        Ok(truth) => points += u32::from(fits(&row.cell, &truth, given)),
                        Err(wrong) => return Some(Err(wrong)),
                    }
                }
                Some(Ok(Grade { right: points, of: t.rows.len() as u32, medal: None }))
            }
            Kind::Challenge(c) if c.name == item => {
                let run = given.first().map_or(Err("no run was handed in".to_owned()), |link| run_of(link));
                let judged = run.map_err(|e| (0, e)).and_then(|script| judge(lesson, c, &script));
                Some(judged.map(|judged| {
                    let medal = if let Judged::Won(medal, _) = judged { Some(medal) } else { None };
                    Grade { right: u32::from(medal.is_some()), of: 1, medal }
                }))
            }
            _ => None,
        }
    };
    lesson.blocks().find_map(|(_, block)| of_block(&block.kind))
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
