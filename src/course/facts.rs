//! What a figure's run says to everything that the lesson asks of it, in one play.

use super::fault::Wrong;
use super::lesson::{Beat, Block, Cell, Choice, Inline, Kind, Lesson, Live, Target};
use crate::engine::base::Micros;
use crate::lab::{Condition, Film, Quantity, Seen, Value};

/// Everything asked of one figure's run, with the answers.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    film: Film,
    seen: Seen,
}

impl Facts {
    /// Plays a figure's run with a seed (its own if none) and answers what the lesson asks of it.
    pub fn of(lesson: &Lesson, figure: usize, seed: Option<u64>) -> Result<Facts, Wrong> {
        let mut film = Film::default();
        for live in lesson.lives().iter().filter(|l| l.figure == figure) {
            film.measure(&live.quantity);
        }
        if let Some(figure) = lesson.figures.get(figure) {
            figure.claims.iter().for_each(|claim| _ = film.ask(&claim.condition));
            figure.beats.iter().for_each(|beat| _ = film.measure(&beat.at));
            figure.start.iter().for_each(|q| _ = film.measure(q));
        }
        for (_, block) in lesson.blocks() {
            gather(&block.kind, figure, &mut film);
        }
        let script = lesson.variant(figure, &[], seed)?;
        let line = lesson.figures.get(figure).map_or(0, |f| f.line);
        let seen = film.play(&script).map_err(|e| (line, e.to_string()))?;
        Ok(Facts { film, seen })
    }

    /// What a quantity is worth; nothing if the lesson does not ask it of this figure.
    pub fn value(&self, quantity: &Quantity) -> Value {
        self.film.place_of(quantity).and_then(|i| self.seen.values.get(i).cloned()).unwrap_or(Value::Nothing)
    }

    /// The instant that a quantity names.
    pub fn moment(&self, quantity: &Quantity) -> Option<Micros> {
        self.value(quantity).time()
    }

    /// Whether a condition holds at the end.
    pub fn holds(&self, condition: &Condition) -> bool {
        self.film.place(condition).and_then(|i| self.seen.holds.get(i).copied()).unwrap_or_default()
    }

    /// When a condition first held, and after how many events.
    pub fn first(&self, condition: &Condition) -> Option<(Micros, u32)> {
        self.film.place(condition).and_then(|i| self.seen.first.get(i).copied()).flatten()
    }

    /// Whether the run was stopped before its end.
    pub fn is_cut_short(&self) -> bool {
        self.seen.cut_short
    }
}

/// What a block asks of the run of a figure as it is.
fn gather(kind: &Kind, figure: usize, film: &mut Film) {
    match kind {
        Kind::Question(q) => {
            if q.figure == figure {
                q.at.iter().chain(&q.until).for_each(|q| _ = film.measure(q));
            }
            for option in q.options.iter().filter(|o| o.figure == figure && o.with.is_empty()) {
                film.ask(&option.when);
                option.moment.iter().for_each(|q| _ = film.measure(q));
            }
        }
        Kind::WhatIf(w) if w.figure == figure => {
            w.rows.iter().for_each(|(_, q)| _ = film.measure(q));
            w.claims.0.iter().for_each(|claim| _ = film.ask(&claim.condition));
        }
        Kind::Case(c) if c.figure == figure => c.beats.iter().for_each(|beat| _ = film.measure(&beat.at)),
        Kind::Table(t) => {
            for row in t.rows.iter().filter(|r| r.figure == figure && r.with.is_empty()) {
                match &row.cell {
                    Cell::Number(q, _) => _ = film.measure(q),
                    Cell::Pick(picks) => picks.iter().for_each(|(_, c)| _ = film.ask(c)),
                }
            }
        }
        _ => {}
    }
}

impl Lesson {
    /// Every value that its text states.
    pub fn lives(&self) -> Vec<&Live> {
        let mut found = Vec::new();
        self.each_text(&mut |part| {
            if let Inline::Live(live) | Inline::Link(Target::Moment(live), _) = part {
                found.push(live);
            }
        });
        found
    }

    /// Walks every part of every line of text.
    pub fn each_text<'a>(&'a self, see: &mut impl FnMut(&'a Inline)) {
        self.goals.iter().for_each(|goal| parts(goal, see));
        for figure in &self.figures {
            parts(&figure.caption, see);
            beats(&figure.beats, see);
        }
        self.steps.iter().flat_map(|s| &s.blocks).for_each(|block| texts(block, see));
    }
}

fn parts<'a>(all: &'a [Inline], see: &mut impl FnMut(&'a Inline)) {
    for part in all {
        see(part);
        if let Inline::Strong(inner) | Inline::Emphasis(inner) | Inline::Link(_, inner) = part {
            parts(inner, see);
        }
    }
}

fn beats<'a>(all: &'a [Beat], see: &mut impl FnMut(&'a Inline)) {
    all.iter().for_each(|beat| parts(&beat.text, see));
}

fn texts<'a>(block: &'a Block, see: &mut impl FnMut(&'a Inline)) {
    match &block.kind {
        Kind::Heading(line) | Kind::Paragraph(line) => parts(line, see),
        Kind::List(_, items) => items.iter().flatten().for_each(|b| texts(b, see)),
        Kind::Quote(inner) | Kind::Note(inner) | Kind::Teacher(inner) => inner.iter().for_each(|b| texts(b, see)),
        Kind::Grid(head, rows) => head.iter().chain(rows.iter().flatten()).for_each(|cell| parts(cell, see)),
        Kind::Question(q) => {
            parts(&q.ask, see);
            parts(&q.say, see);
            let mut option = |o: &'a Choice| {
                parts(&o.text, see);
                parts(&o.say, see);
            };
            q.options.iter().for_each(&mut option);
            q.trials.iter().for_each(|trial| parts(&trial.text, see));
        }
        Kind::WhatIf(w) => parts(&w.ask, see),
        Kind::Measure(m) => parts(&m.ask, see),
        Kind::Challenge(c) => {
            parts(&c.ask, see);
            parts(&c.say, see);
            c.verdicts.iter().for_each(|v| parts(&v.say, see));
        }
        Kind::Table(t) => {
            parts(&t.ask, see);
            parts(&t.say, see);
            t.rows.iter().for_each(|row| parts(&row.label, see));
        }
        Kind::Case(c) => beats(&c.beats, see),
        Kind::Code(c) => c.notes.iter().for_each(|(_, words)| parts(words, see)),
        Kind::Figure(_) | Kind::Plot(_) => {}
    }
}
