//! All that a learner has done, as one file: to take it to another browser, or to keep it safe.

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::super::answers::Answers;
use super::{HANDIN_BOUNDS, who};

/// What the `format` field says.
const FORMAT: &str = "drift-progress";
/// Version of the format.
const VERSION: u64 = 1;

/// The logs of all lessons, and whose they are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Progress {
    format: String,
    version: u64,
    /// The learner's name or number; empty if none was given.
    #[serde(default)]
    pub who: String,
    /// The logs, one for each lesson.
    pub lessons: Vec<Answers>,
}

impl Progress {
    /// The progress of somebody.
    pub fn of(name: &str, logs: Vec<Answers>) -> Progress {
        Progress { format: FORMAT.to_owned(), version: VERSION, who: who(name), lessons: logs }
    }

    /// Writes it.
    pub fn text(&self) -> String {
        // Plain structs of strings and numbers always have a JSON form.
        serde_json::to_value(self).unwrap_or_default().to_string()
    }

    /// Reads it. Fails in words if it is damaged, foreign or too large.
    pub fn read(text: &str) -> Result<Progress, String> {
        if text.len() > HANDIN_BOUNDS.bytes {
            return Err(format!("it is too large: {} bytes, at most {}", text.len(), HANDIN_BOUNDS.bytes));
        }
        let unreadable = |e: serde_json::Error| if e.is_eof() { "it is cut off".to_owned() } else { format!("it cannot be read: {e}") };
        let value: Json = serde_json::from_str(text).map_err(unreadable)?;
        let format = value.get("format").and_then(Json::as_str).unwrap_or_default();
        if format != FORMAT || value.get("version").and_then(Json::as_u64) != Some(VERSION) {
            return Err("it is no progress file of this version".to_owned());
        }
        let read = Progress::deserialize(value).map_err(unreadable)?;
        if read.lessons.len() > HANDIN_BOUNDS.lessons {
            return Err(format!("it has {} lessons, at most {}", read.lessons.len(), HANDIN_BOUNDS.lessons));
        }
        for log in &read.lessons {
            // Under this name it will be kept.
            let is_name = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | ' ');
            if log.lesson.is_empty() || log.lesson.len() > HANDIN_BOUNDS.characters || !log.lesson.chars().all(is_name) {
                return Err("one of its lessons has no name that a lesson may have".to_owned());
            }
            Answers::read(&log.text())?;
        }
        Ok(Progress { who: who(&read.who), ..read })
    }
}

impl Answers {
    /// Takes in another log of the same lesson: what is only there is added; of two answers to an item the one that was tried more often stays.
    pub fn join(&mut self, other: Answers) {
        self.reached = self.reached.max(other.reached);
        self.steps = self.steps.max(other.steps);
        for theirs in other.answers {
            match self.answers.iter_mut().find(|a| a.item == theirs.item) {
                Some(ours) if ours.tries < theirs.tries || ours.medal < theirs.medal => *ours = theirs,
                Some(_) => {}
                None => self.answers.push(theirs),
            }
        }
    }
}
