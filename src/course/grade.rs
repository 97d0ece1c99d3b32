//! Grading: the engine runs ahead and says which options are right, what belongs into a cell, and whether a challenge is won.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

use super::fault::Wrong;
use super::lesson::{Cell, Challenge, Lesson, Plot, Question, Row};
use super::scenario::{Edit, changed};
use crate::lab::{Film, Quantity, Script, Seen, Timed, Value};

/// The best that a challenge gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Medal {
    /// Won, with more than bronze allows.
    Won,
    /// Third.
    Bronze,
    /// Second.
    Silver,
    /// Best.
    Gold,
}

impl Medal {
    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Medal::Won => "won",
            Medal::Bronze => "bronze",
            Medal::Silver => "silver",
            Medal::Gold => "gold",
        }
    }
}

/// What came of an attempt at a challenge.
#[derive(Debug, Clone, PartialEq)]
pub enum Judged {
    /// It uses what the challenge does not allow.
    Refused(String),
    /// Not won; which verdict fits, by its place among the challenge's.
    Lost(Option<usize>),
    /// Won, with a medal for this score.
    Won(Medal, f64),
}

/// Right answers, option by option.
pub fn right(lesson: &Lesson, question: &Question, seed: Option<u64>) -> Result<Vec<bool>, Wrong> {
    let mut right = Vec::with_capacity(question.options.len());
    let mut played: Vec<(Script, Film)> = Vec::new();
    let mut places = Vec::new();
    for option in &question.options {
        let script = lesson.variant(option.figure, &option.with, seed)?;
        let at = played.iter().position(|(s, _)| *s == script).unwrap_or_else(|| {
            played.push((script, Film::default()));
            played.len() - 1
        });
        places.push((at, played[at].1.ask(&option.when)));
    }
    let line = question.options.first().map_or(0, |o| o.line);
    let seen: Vec<Seen> =
        played.iter().map(|(script, film)| film.play(script)).collect::<Result<_, _>>().map_err(|e| (line, e.to_string()))?;
    right.extend(places.into_iter().map(|(run, place)| seen[run].holds[place]));
    Ok(right)
}

/// What belongs into a cell: a value, or which pick.
#[derive(Debug, Clone, PartialEq)]
pub enum Filled {
    /// This number or text.
    Number(Value),
    /// Whether each pick is right.
    Pick(Vec<bool>),
}

/// What belongs into a row's cell.
pub fn filled(lesson: &Lesson, row: &Row, seed: Option<u64>) -> Result<Filled, Wrong> {
    let script = lesson.variant(row.figure, &row.with, seed)?;
    let mut film = Film::default();
    match &row.cell {
        Cell::Number(quantity, _) => _ = film.measure(quantity),
        Cell::Pick(picks) => picks.iter().for_each(|(_, when)| _ = film.ask(when)),
    }
    let seen = film.play(&script).map_err(|e| (row.line, e.to_string()))?;
    Ok(match &row.cell {
        Cell::Number(..) => Filled::Number(seen.values.first().cloned().unwrap_or(Value::Nothing)),
        Cell::Pick(picks) => Filled::Pick(picks.iter().map(|(_, when)| film.place(when).is_some_and(|i| seen.holds[i])).collect()),
    })
}

/// The values of a plot's lines at the point that these edits make, line by line.
pub fn plotted(lesson: &Lesson, plot: &Plot, point: &[Edit], seed: Option<u64>) -> Result<Vec<Value>, Wrong> {
    let mut played: Vec<(&[Edit], Film)> = Vec::new();
    for (_, quantity, edits) in &plot.lines {
        match played.iter_mut().find(|(others, _)| *others == edits.as_slice()) {
            Some((_, film)) => _ = film.measure(quantity),
            None => {
                let mut film = Film::default();
                film.measure(quantity);
                played.push((edits, film));
            }
        }
    }
    let mut seen = Vec::new();
    for (edits, film) in &played {
        let script = lesson.variant(plot.figure, &[point, edits].concat(), seed)?;
        seen.push(film.play(&script).map_err(|e| (0, e.to_string()))?);
    }
    let value = |(_, quantity, edits): &(String, Quantity, Vec<Edit>)| {
        let run = played.iter().position(|(others, _)| *others == edits.as_slice())?;
        seen[run].values.get(played[run].1.place_of(quantity)?).cloned()
    };
    Ok(plot.lines.iter().map(|line| value(line).unwrap_or(Value::Nothing)).collect())
}

/// Whether a number is right: within so many percent of the true one.
pub fn is_near(given: f64, truth: f64, percent: f64) -> bool {
    (given - truth).abs() <= truth.abs() * percent / 100.0 + 1e-9
}

/// Judges a run as an attempt at a challenge that is begun with this seed (its figure's own if none).
pub fn judge(lesson: &Lesson, challenge: &Challenge, seed: Option<u64>, attempt: &Script) -> Result<Judged, Wrong> {
    let base = lesson.variant(challenge.figure, &[], seed)?;
    if let Err(why) = allowed(challenge, &base, attempt) {
        return Ok(Judged::Refused(why));
    }
    let script = Script { end: base.end, ..attempt.clone() };
    let mut film = Film::default();
    film.ask(&challenge.win);
    film.measure(&challenge.score);
    let places: Vec<usize> = challenge.verdicts.iter().map(|v| film.ask(&v.when)).collect();
    let seen = film.play(&script).map_err(|e| (0, e.to_string()))?;
    if !seen.holds[0] {
        return Ok(Judged::Lost(places.iter().position(|place| seen.holds[*place])));
    }
    let score = seen.values.first().and_then(Value::number).unwrap_or(f64::MAX);
    let [gold, silver, bronze] = challenge.medals;
    let medal = match score {
        s if s <= gold => Medal::Gold,
        s if s <= silver => Medal::Silver,
        s if s <= bronze => Medal::Bronze,
        _ => Medal::Won,
    };
    Ok(Judged::Won(medal, score))
}

/// The run that an attempt of the lesson's author makes, with this seed.
pub fn attempted(lesson: &Lesson, challenge: &Challenge, seed: Option<u64>, edits: &[Edit]) -> Result<Script, Wrong> {
    changed(&lesson.variant(challenge.figure, &[], seed)?, edits)
}

/// The name of a command in run files.
fn name(timed: &Timed) -> String {
    let fields: Map<String, Json> = timed.clone().into();
    fields.get("do").and_then(Json::as_str).unwrap_or_default().to_owned()
}

/// Whether a run is the challenge's own with no more added than it allows.
fn allowed(challenge: &Challenge, base: &Script, attempt: &Script) -> Result<(), String> {
    if attempt.seed != base.seed {
        return Err(format!("it begins with seed {}, and your challenge with seed {}", attempt.seed, base.seed));
    }
    let json = |script: &Script| serde_json::to_value(&script.config).unwrap_or_default();
    let (mut ours, theirs) = (json(base), json(attempt));
    for path in &challenge.settings {
        let pointer = format!("/settings/{}", path.replace('.', "/"));
        if let (Some(mine), Some(given)) = (ours.pointer_mut(&pointer), theirs.pointer(&pointer)) {
            *mine = given.clone();
        }
    }
    if ours != theirs {
        return Err("it begins in another world than the challenge: other nodes, network or settings".to_owned());
    }
    let mut own = base.commands.iter().peekable();
    let mut added = 0;
    for timed in &attempt.commands {
        if own.peek() == Some(&timed) {
            own.next();
            continue;
        }
        added += 1;
        let name = name(timed);
        if !challenge.allow.is_empty() && !challenge.allow.contains(&name) {
            return Err(format!("it uses \"{name}\"; allowed are {}", challenge.allow.join(", ")));
        }
        if timed.at > base.end {
            return Err(format!("it does something at {}, after the end of the run ({})", timed.at, base.end));
        }
    }
    if own.next().is_some() {
        return Err("it leaves out a command that belongs to the challenge".to_owned());
    }
    if added > challenge.at_most {
        return Err(format!("it adds {added} commands; at most {} are allowed", challenge.at_most));
    }
    Ok(())
}
