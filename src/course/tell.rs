//! What the engine says to a lesson, in lines: its authors look at it while they write.

use super::facts::Facts;
use super::grade::{Filled, Judged, attempted, filled, judge, plotted, right};
use super::lesson::{Kind, Lesson, Plot, WhatIf};
use super::prose::plain;
use super::scenario::Edit;
use super::tries::tried;
use crate::engine::base::arrange;
use crate::lab::{Film, Unit, Value};

/// A value as a line of text.
pub fn value_text(value: &Value) -> String {
    match value {
        Value::Number(n, Unit::Time) => value.time().map_or(n.to_string(), |t| t.to_string()),
        Value::Number(n, Unit::Bytes) => format!("{n} bytes"),
        Value::Number(n, _) => n.to_string(),
        Value::Text(text) => text.clone(),
        Value::Nothing => "nothing".to_owned(),
    }
}

/// Every value, right option, cell and verdict of a lesson whose runs are put together.
pub fn answers(lesson: &Lesson) -> Vec<String> {
    let mut lines = Vec::new();
    for (i, figure) in lesson.figures.iter().enumerate() {
        let Ok(facts) = Facts::of(lesson, i, None) else { continue };
        for live in lesson.lives().into_iter().filter(|l| l.figure == i) {
            lines.push((live.line, format!("{}: {} is {}", figure.name, live.quantity, value_text(&facts.value(&live.quantity)))));
        }
        for beat in &figure.beats {
            lines.push((beat.line, format!("{}: beat at {}", figure.name, value_text(&facts.value(&beat.at)))));
        }
    }
    for (_, block) in lesson.blocks() {
        match &block.kind {
            Kind::Question(q) => {
                let right = right(lesson, q, None).unwrap_or_default();
                for trial in &q.trials {
                    let value = tried(lesson, q, trial, None).unwrap_or(Value::Nothing);
                    lines.push((trial.line, format!("{}: {} gives {}", q.name, plain(&trial.text), value_text(&value))));
                }
                let options = q.options.iter().zip(right);
                lines.extend(
                    options.map(|(o, right)| (o.line, format!("{}: {} {}", q.name, if right { "right" } else { "wrong" }, plain(&o.text)))),
                );
            }
            Kind::Table(t) => {
                for row in &t.rows {
                    let what = match filled(lesson, row, None) {
                        Ok(Filled::Number(value)) => value_text(&value),
                        Ok(Filled::Pick(picks)) => format!("pick {:?}", picks.iter().position(|p| *p).map(|i| i + 1)),
                        Err((_, why)) => why,
                    };
                    lines.push((row.line, format!("{}: {} is {what}", t.name, plain(&row.label))));
                }
            }
            Kind::Challenge(c) => {
                for attempt in [&c.solution].into_iter().chain(&c.attempts) {
                    let judged = attempted(lesson, c, None, &attempt.edits).and_then(|s| judge(lesson, c, None, &s));
                    let what = match judged {
                        Ok(Judged::Won(medal, score)) => format!("{} with score {score}", medal.name()),
                        Ok(Judged::Lost(verdict)) => verdict.map_or("lost".to_owned(), |i| c.verdicts[i].name.clone()),
                        Ok(Judged::Refused(why)) | Err((_, why)) => format!("refused: {why}"),
                    };
                    lines.push((
                        attempt.line,
                        format!("{}: {} gets {what}", c.name, if attempt.name.is_empty() { "solution" } else { &attempt.name }),
                    ));
                }
            }
            Kind::WhatIf(w) => lines.push((block.line, sides(lesson, w))),
            Kind::Plot(p) => lines.extend(p.points.iter().map(|(x, edits)| (block.line, point(lesson, p, x, edits)))),
            _ => {}
        }
    }
    arrange(&mut lines, Ord::cmp);
    lines.into_iter().map(|(line, text)| format!("{line:>5}  {text}")).collect()
}

/// What is compared in a what-if, left and right.
fn sides(lesson: &Lesson, what_if: &WhatIf) -> String {
    let mut film = Film::default();
    what_if.rows.iter().for_each(|(_, q)| _ = film.measure(q));
    let [left, right] =
        [&[][..], &what_if.change].map(|edits| lesson.variant(what_if.figure, edits, None).map(|script| film.play(&script)));
    let (Ok(Ok(left)), Ok(Ok(right))) = (left, right) else { return format!("{}: does not run", what_if.name) };
    let row = |(label, q): &(String, crate::lab::Quantity)| {
        let values = film.place_of(q).map(|i| (value_text(&left.values[i]), value_text(&right.values[i]))).unwrap_or_default();
        format!("{label} {} | {}", values.0, values.1)
    };
    format!("{}: {}", what_if.name, what_if.rows.iter().map(row).collect::<Vec<_>>().join("; "))
}

/// What a plot shows at one of its points.
fn point(lesson: &Lesson, plot: &Plot, x: &str, edits: &[Edit]) -> String {
    let values = plotted(lesson, plot, edits, None).unwrap_or_default();
    let lines = plot.lines.iter().zip(values).map(|((label, ..), value)| format!("{label} {}", value_text(&value)));
    format!("{}: at {x}: {}", plot.name, lines.collect::<Vec<_>>().join("; "))
}
