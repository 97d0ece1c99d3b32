//! Puts a lesson's runs together: from run files, from other figures of the lesson, or from an empty ring.

use super::fault::{Fault, Wrong};
use super::lesson::{Figure, Kind, Lesson};
use super::scenario::{Edit, changed, empty};
use crate::engine::base::Micros;
use crate::engine::data::Key;
use crate::lab::{Script, script_from_file};

impl Lesson {
    /// Puts all runs together. `file` gives the text of a run file by its name. Fails if a run is missing or out of bounds.
    pub fn link(&mut self, file: impl Fn(&str) -> Option<String>) -> Result<(), Vec<Fault>> {
        let mut faults = Vec::new();
        for i in 0..self.figures.len() {
            match self.put_together(i, &file) {
                Ok(script) => self.figures[i].script = Some(script),
                Err(wrong) => faults.push(wrong),
            }
        }
        if faults.is_empty() {
            faults.extend(self.variants().filter_map(|(figure, edits)| self.variant(figure, edits, None).err()));
        }
        let fault = |(line, what)| Fault { file: self.file.clone(), line, what };
        if faults.is_empty() { Ok(()) } else { Err(faults.into_iter().map(fault).collect()) }
    }

    fn put_together(&self, place: usize, file: &impl Fn(&str) -> Option<String>) -> Result<Script, Wrong> {
        let figure = &self.figures[place];
        let base = match &figure.base {
            None => empty(),
            Some(name) => match self.figures[..place].iter().find(|f| f.name == *name) {
                Some(other) => other.script.clone().ok_or_else(|| (figure.line, format!("the figure \"{name}\" has no run")))?,
                None => {
                    let missing = || format!("expected a run file or a figure above this one, found \"{name}\"");
                    let text = file(name).ok_or_else(|| (figure.line, missing()))?;
                    script_from_file(&text).map_err(|e| (figure.line, format!("the run \"{name}\": {e}")))?
                }
            },
        };
        changed(&base, &figure.edits).map_err(|(line, what)| (if line == 0 { figure.line } else { line }, what))
    }

    /// Every change that some block makes to a figure's run.
    fn variants(&self) -> impl Iterator<Item = (usize, &[Edit])> {
        self.blocks().flat_map(|(_, block)| {
            let found: Vec<(usize, &[Edit])> = match &block.kind {
                Kind::Question(q) => {
                    let trials = q.trials.iter().map(|t| (q.figure, t.with.as_slice()));
                    q.options.iter().map(|o| (o.figure, o.with.as_slice())).chain(trials).collect()
                }
                Kind::WhatIf(w) => vec![(w.figure, w.change.as_slice())],
                Kind::Challenge(c) => {
                    [&c.solution].into_iter().chain(&c.attempts).map(|attempt| (c.figure, attempt.edits.as_slice())).collect()
                }
                Kind::Plot(p) => {
                    let edits = p.points.iter().map(|(_, edits)| edits).chain(p.lines.iter().map(|(_, _, edits)| edits));
                    edits.map(|edits| (p.figure, edits.as_slice())).collect()
                }
                Kind::Table(t) => t.rows.iter().map(|row| (row.figure, row.with.as_slice())).collect(),
                _ => Vec::new(),
            };
            found
        })
    }

    /// A figure's run with changes and perhaps another seed.
    pub fn variant(&self, figure: usize, edits: &[Edit], seed: Option<u64>) -> Result<Script, Wrong> {
        let missing = || (0, "the figure has no run".to_owned());
        let figure = self.figures.get(figure).ok_or_else(missing)?;
        let script = figure.script.as_ref().ok_or_else(missing)?;
        let base = Script { seed: seed.unwrap_or(script.seed), ..script.clone() };
        if edits.is_empty() {
            return Ok(base);
        }
        changed(&base, edits).map_err(|(line, what)| (if line == 0 { figure.line } else { line }, what))
    }
}

impl Figure {
    /// The key it shows, if it says one.
    pub fn key(&self) -> Option<&Key> {
        self.script.as_ref()?.focus.as_ref()
    }

    /// The end of its run.
    pub fn end(&self) -> Micros {
        self.script.as_ref().map_or(Micros::ZERO, |s| s.end)
    }
}
