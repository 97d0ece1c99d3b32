//! What the engine says to a lesson, in lines: its authors look at it while they write.

use super::facts::Facts;
use super::grade::{Filled, Judged, attempted, filled, judge, right};
use super::lesson::{Kind, Lesson};
use super::prose::plain;
use crate::lab::{Unit, Value};

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
                    let judged = attempted(lesson, c, &attempt.edits).and_then(|s| judge(lesson, c, &s));
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
            _ => {}
        }
    }
    lines.sort();
    lines.into_iter().map(|(line, text)| format!("{line:>5}  {text}")).collect()
}
