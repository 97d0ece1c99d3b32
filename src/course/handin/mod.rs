//! Handing in: what a learner answered, with the runs that were tried, as one file or link, and grading a whole class of them.
//!
//! Nobody's word is taken: a hand-in claims what its page thought of the answers, and the grader runs the same engine again.

mod class;
mod grader;
mod progress;
mod seeds;
mod sheet;

pub use class::Class;
pub use grader::{Grader, Mark, Remark, Standing};
pub use progress::Progress;
pub use seeds::{WHO, who};
pub use sheet::{SHEET_ITEMS, Sheet, key};

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::answers::{Answer, Answers, is_zero};
use super::grade::Medal;
use crate::engine::base::Digest;
use crate::engine::world::ENGINE_VERSION;
use crate::lab::{BOUNDS, LabError, pack, unpack};

/// Version of the format.
pub const HANDIN_VERSION: u32 = 1;
/// What the `format` field says.
const FORMAT: &str = "drift-hand-in";

/// Bounds on hand-ins (one table in ARCHITECTURE.md).
#[derive(Debug, Clone, Copy)]
pub struct HandInBounds {
    /// Bytes of a file.
    pub bytes: usize,
    /// Lessons of one.
    pub lessons: usize,
    /// Answers of one lesson.
    pub answers: usize,
    /// Parts of one answer: options or cells.
    pub parts: usize,
    /// Characters of one part, or of a name; a run may be as long as a link.
    pub characters: usize,
}

/// The bounds in force.
pub const HANDIN_BOUNDS: HandInBounds = HandInBounds { bytes: 4 << 20, lessons: 100, answers: 500, parts: 60, characters: 200 };

/// What a learner hands in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct HandIn {
    format: String,
    version: u32,
    /// The engine of the page that made it.
    pub engine: u32,
    /// A name or number; empty if the learner gave none.
    #[serde(default)]
    pub who: String,
    /// The lessons, in the order of the course.
    pub lessons: Vec<Handed>,
    /// A sum over all the rest: another one means that it was changed after it was made.
    sum: String,
}

/// The answers to one lesson.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Handed {
    /// The lesson's short name.
    pub lesson: String,
    /// A print of the lesson's text (`Lesson::print`); 0 if it is not known.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub text: u32,
    /// The engine by which the page graded them.
    pub engine: u32,
    /// How many steps were reached.
    #[serde(default)]
    pub reached: u32,
    /// Of how many.
    #[serde(default)]
    pub steps: u32,
    /// The answers.
    pub answers: Vec<Given>,
}

/// One answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Given {
    /// The block's name.
    pub item: String,
    /// The latest answer, or the best run of a challenge.
    pub latest: Tried,
    /// How often it was answered.
    pub tries: u32,
    /// The medal that is claimed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub medal: Option<Medal>,
    /// The first answer, if the learner hands it in as well.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first: Option<Tried>,
}

/// What was given once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Tried {
    /// Numbers of options from 1; what stands in each cell; the link of a run.
    pub given: Vec<String>,
    /// The seed of the figure; none for its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seed: Option<u64>,
    /// How many fresh runs had been asked for.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub turn: u32,
    /// The claim that it is right.
    pub right: bool,
}

impl Given {
    fn of(answer: &Answer, with_first: bool) -> Given {
        let a = answer.clone();
        let first = Tried { given: a.first, seed: a.first_seed, turn: a.first_turn, right: a.first_right };
        Given {
            item: a.item,
            latest: Tried { given: a.given, seed: a.seed, turn: a.turn, right: a.right },
            tries: a.tries,
            medal: a.medal,
            first: with_first.then_some(first),
        }
    }
}

impl HandIn {
    /// What somebody hands in of these logs; what was answered first only if they want that.
    pub fn of(name: &str, logs: &[Answers], with_first: bool) -> HandIn {
        let handed = |log: &Answers| Handed {
            lesson: log.lesson.clone(),
            text: log.text,
            engine: log.engine,
            reached: log.reached,
            steps: log.steps,
            answers: log.answers.iter().map(|a| Given::of(a, with_first)).collect(),
        };
        let lessons = logs.iter().filter(|log| !log.answers.is_empty()).map(handed).collect();
        let (format, sum) = (FORMAT.to_owned(), String::new());
        let mut made = HandIn { format, version: HANDIN_VERSION, engine: ENGINE_VERSION, who: who(name), lessons, sum };
        made.seal();
        made
    }

    /// Puts the sum of what it says now. It keeps nobody from changing a hand-in who knows how; it shows who has only edited one.
    pub fn seal(&mut self) {
        self.sum = self.summed();
    }

    /// The sum over all but itself.
    fn summed(&self) -> String {
        let bare = HandIn { sum: String::new(), ..self.clone() };
        format!("{:016x}", Digest::of_bytes(bare.text().as_bytes()).head())
    }

    /// Whether nothing was changed after it was made.
    pub fn is_as_made(&self) -> bool {
        self.sum == self.summed()
    }

    /// Writes it.
    pub fn text(&self) -> String {
        // Plain structs of strings and numbers always have a JSON form.
        serde_json::to_value(self).unwrap_or_default().to_string()
    }

    /// The payload of a link. Fails if it would be too long; a file always works.
    pub fn payload(&self) -> Result<String, LabError> {
        pack("the link", &self.text())
    }

    /// Reads a payload.
    pub fn from_payload(payload: &str) -> Result<HandIn, String> {
        HandIn::read(&unpack("the link", payload).map_err(|e| e.to_string())?)
    }

    /// Reads a file. Fails in words if it is cut off, foreign or too large.
    pub fn read(text: &str) -> Result<HandIn, String> {
        if text.len() > HANDIN_BOUNDS.bytes {
            return Err(format!("it is too large: {} bytes, at most {}", text.len(), HANDIN_BOUNDS.bytes));
        }
        let unreadable = |e: serde_json::Error| if e.is_eof() { "it is cut off".to_owned() } else { format!("it cannot be read: {e}") };
        let value: Json = serde_json::from_str(text).map_err(unreadable)?;
        let format = value.get("format").and_then(Json::as_str).unwrap_or_default();
        if format != FORMAT {
            let found: String = format.chars().filter(|c| !c.is_control()).take(40).collect();
            let found = if found.is_empty() { "it names no format".to_owned() } else { format!("its format is \"{found}\"") };
            return Err(format!("it is no hand-in: {found}"));
        }
        let version = value.get("version").and_then(Json::as_u64).unwrap_or_default();
        if version != u64::from(HANDIN_VERSION) {
            return Err(format!("it is of format version {version}; this reads version {HANDIN_VERSION}"));
        }
        let made = HandIn::deserialize(value).map_err(unreadable)?;
        made.bounded()?;
        Ok(made)
    }

    fn bounded(&self) -> Result<(), String> {
        let most = |what: &str, size: usize, limit: usize| {
            if size <= limit { Ok(()) } else { Err(format!("it has {size} {what}, at most {limit}")) }
        };
        let bounds = &HANDIN_BOUNDS;
        if self.who != who(&self.who) {
            return Err(format!("its name or number is not one: at most {WHO} characters that can be seen"));
        }
        most("lessons", self.lessons.len(), bounds.lessons)?;
        let name = |name: &str| most("characters in a name", name.chars().count(), bounds.characters);
        for (i, handed) in self.lessons.iter().enumerate() {
            name(&handed.lesson)?;
            if self.lessons[..i].iter().any(|other| other.lesson == handed.lesson) {
                return Err("it has a lesson twice".to_owned());
            }
            most("answers to a lesson", handed.answers.len(), bounds.answers)?;
            for (i, answer) in handed.answers.iter().enumerate() {
                name(&answer.item)?;
                if handed.answers[..i].iter().any(|other| other.item == answer.item) {
                    return Err("it has an answer twice".to_owned());
                }
                for tried in std::iter::once(&answer.latest).chain(&answer.first) {
                    most("parts in an answer", tried.given.len(), bounds.parts)?;
                    // A run that was tried is one part, as long as a link may be.
                    let limit = if tried.given.len() == 1 { BOUNDS.link_bytes } else { bounds.characters };
                    tried.given.iter().try_for_each(|part| most("bytes in a part of an answer", part.len(), limit))?;
                }
            }
        }
        Ok(())
    }
}
