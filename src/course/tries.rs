//! Experiments beside a question: the run of its figure with something else done in it, and what comes of that. A hunt is solved by them.

use super::blocks::{pair, with};
use super::fault::Wrong;
use super::fields::Fields;
use super::lesson::{Inline, Lesson, Question};
use super::read::Around;
use super::scenario::Edit;
use crate::lab::{Film, Quantity, Value};

/// An experiment that a reader may make before answering.
#[derive(Debug, Clone, PartialEq)]
pub struct Trial {
    /// Its line in the file.
    pub line: usize,
    /// What is done.
    pub text: Vec<Inline>,
    /// What is looked at afterwards.
    pub quantity: Quantity,
    /// What is changed in the run of the question's figure.
    pub with: Vec<Edit>,
}

/// The lines `try: what is done | quantity`, with `with:` below.
pub(super) fn trials(fields: &mut Fields, around: &Around) -> Result<Vec<Trial>, Wrong> {
    let mut all = Vec::new();
    for mut field in fields.take_all("try") {
        let (text, what) = pair(&field, "try: C is not slow | value(C, x)")?;
        let quantity = what.parse().map_err(|e| (field.line, format!("`try:` {e}")))?;
        let text = around.text(text, field.line)?;
        let with = with(&mut field.below)?;
        field.below.done("with")?;
        all.push(Trial { line: field.line, text, quantity, with });
    }
    Ok(all)
}

/// What comes of an experiment.
pub fn tried(lesson: &Lesson, question: &Question, trial: &Trial, seed: Option<u64>) -> Result<Value, Wrong> {
    let mut film = Film::default();
    film.measure(&trial.quantity);
    let script = lesson.variant(question.figure, &trial.with, seed)?;
    let seen = film.play(&script).map_err(|e| (trial.line, e.to_string()))?;
    Ok(seen.values.first().cloned().unwrap_or(Value::Nothing))
}
