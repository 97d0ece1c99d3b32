//! The course: its units, their order, and the works behind them. Lessons themselves are files that are read when they are opened.

use serde::Deserialize;

/// A unit of the course.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Unit {
    /// Its number, from 1.
    pub unit: u32,
    /// Its short name: that of its lesson's file.
    pub slug: String,
    /// Its part of the course, from 1.
    pub part: u32,
    /// Its title.
    pub title: String,
    /// What it is about, in a sentence.
    pub about: String,
    /// Units that should come first.
    pub needs: Vec<u32>,
    /// Whether its lesson is written; otherwise it is planned.
    pub written: bool,
    /// Its challenges, as its lesson has them.
    #[serde(default)]
    pub challenges: Vec<Listed>,
}

/// A challenge as lists name it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Listed {
    /// Its name.
    pub name: String,
    /// Its title.
    pub title: String,
}

/// A work that stands behind units.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reference {
    /// Its short name, for links.
    pub name: String,
    /// Authors, title, place, year.
    pub text: String,
    /// Where it is.
    pub address: String,
    /// The units behind which it stands.
    pub units: Vec<u32>,
}

/// A word of the course and what it means.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Word {
    /// The word.
    pub word: String,
    /// One plain sentence.
    pub meaning: String,
}

/// The parts of the course, in order.
pub const PARTS: [&str; 5] = ["Why copies drift", "Mending one key", "Finding every difference", "Deciding who wins", "Running it"];

/// All units, in order. Files of ours: a test reads them.
pub fn units() -> Vec<Unit> {
    serde_json::from_str(include_str!("../../static/course/units.json")).unwrap_or_default()
}

/// All references.
pub fn references() -> Vec<Reference> {
    serde_json::from_str(include_str!("../../static/course/references.json")).unwrap_or_default()
}

/// Words of the course that the lab has no need of.
pub fn words() -> Vec<Word> {
    serde_json::from_str(include_str!("../../static/course/glossary.json")).unwrap_or_default()
}

/// How links name a word: small letters, hyphens for spaces.
pub fn name_of_word(word: &str) -> String {
    word.chars().map(|c| if c == ' ' { '-' } else { c.to_ascii_lowercase() }).collect()
}
