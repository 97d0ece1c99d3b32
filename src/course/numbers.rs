//! Numbers in a lesson's text. What is typed grows false when a run changes, so each has a reason to be there: the engine computes it
//! (`{{ … }}`), the run it speaks of is given it, a source says it (it stands in a link), or its author vouches for it (`{{ "…" }}`).

use serde_json::Value as Json;

use super::lesson::{Attempt, Block, Cell, Inline, Kind, Lesson};
use super::scenario::Edit;
use crate::engine::world::Config;
use crate::lab::Script;

/// Words from four on; one, two and three are more often words than numbers.
const WORDS: [(&str, f64); 29] = [
    ("one", 1.0),
    ("two", 2.0),
    ("three", 3.0),
    ("four", 4.0),
    ("five", 5.0),
    ("six", 6.0),
    ("seven", 7.0),
    ("eight", 8.0),
    ("nine", 9.0),
    ("ten", 10.0),
    ("eleven", 11.0),
    ("twelve", 12.0),
    ("thirteen", 13.0),
    ("fourteen", 14.0),
    ("fifteen", 15.0),
    ("sixteen", 16.0),
    ("seventeen", 17.0),
    ("eighteen", 18.0),
    ("nineteen", 19.0),
    ("twenty", 20.0),
    ("thirty", 30.0),
    ("forty", 40.0),
    ("fifty", 50.0),
    ("sixty", 60.0),
    ("seventy", 70.0),
    ("eighty", 80.0),
    ("ninety", 90.0),
    ("tens", 10.0),
    ("dozen", 12.0),
];
/// Words that multiply what stands before them.
const FOLDS: [(&str, f64); 6] =
    [("hundred", 1e2), ("hundreds", 1e2), ("thousand", 1e3), ("thousands", 1e3), ("million", 1e6), ("billion", 1e9)];
/// Units: how run files count them (microseconds, bytes, parts per million).
const UNITS: [(&str, f64); 17] = [
    ("ms", 1e3),
    ("milliseconds", 1e3),
    ("s", 1e6),
    ("second", 1e6),
    ("seconds", 1e6),
    ("min", 60e6),
    ("minute", 60e6),
    ("minutes", 60e6),
    ("h", 3600e6),
    ("hour", 3600e6),
    ("hours", 3600e6),
    ("d", 86400e6),
    ("day", 86400e6),
    ("days", 86400e6),
    ("kB", 1e3),
    ("%", 1e4),
    ("percent", 1e4),
];

fn among(table: &[(&str, f64)], word: &str) -> Option<f64> {
    table.iter().find(|(name, _)| *name == word).map(|(_, n)| *n)
}

/// A number as it stands in a text, and as run files count it.
#[derive(Debug, PartialEq)]
struct Stated {
    text: String,
    value: f64,
}

/// `1,024`, `0.5`, `80ms`, `10%`: the number, and the unit that is written to it. None for names such as `v5` or `SHA-256`.
fn digits(word: &str) -> Option<(f64, f64)> {
    let end = word.find(|c: char| !(c.is_ascii_digit() || c == '.' || c == ',')).unwrap_or(word.len());
    let number: f64 = word[..end].replace(',', "").parse().ok()?;
    let unit = &word[end..];
    if unit.is_empty() { Some((number, 1.0)) } else { among(&UNITS, unit).map(|by| (number, by)) }
}

/// Every number that a text states.
fn stated(text: &str) -> Vec<Stated> {
    let mut found: Vec<Stated> = Vec::new();
    let mut words: Vec<(&str, bool)> = Vec::new();
    for piece in text.split(|c: char| c.is_whitespace() || "()/|–…=+×".contains(c)) {
        let ends = piece.ends_with(|c: char| ",.;:!?\"*".contains(c));
        let bare = piece.trim_matches(|c: char| ",.;:!?\"'*’‘“”-".contains(c));
        // "sixty-four" is two words, "SHA-256" and "key-3" are names.
        let is_name = bare.contains(|c: char| c.is_ascii_digit());
        let mut parts: Vec<&str> = if is_name { vec![bare] } else { bare.split('-').collect() };
        let last = parts.pop().unwrap_or_default();
        words.extend(parts.into_iter().map(|part| (part, false)));
        words.push((last, ends));
    }
    let mut i = 0;
    while i < words.len() {
        let first = i;
        let (mut sum, mut plain, mut large) = (0.0, None::<f64>, false);
        let mut number = digits(words[i].0);
        if number.is_some() {
            i += 1;
        } else {
            while let Some((word, ends)) = words.get(i) {
                let word = word.to_lowercase();
                match (among(&WORDS, &word), among(&FOLDS, &word)) {
                    (Some(n), _) => plain = Some(plain.unwrap_or(0.0) + n),
                    (None, Some(fold)) => {
                        sum += plain.take().unwrap_or(1.0) * fold;
                        large = true;
                    }
                    _ => break,
                }
                i += 1;
                if *ends {
                    break;
                }
            }
            let value = sum + plain.unwrap_or(0.0);
            number = (large || value > 3.0).then_some((value, 1.0));
        }
        let Some((value, mut by)) = number else {
            i = i.max(first + 1);
            continue;
        };
        let mut text: Vec<&str> = words[first..i].iter().map(|(word, _)| *word).collect();
        if let Some((next, unit)) = words.get(i).and_then(|(word, _)| Some((word, among(&UNITS, word)?)))
            && by == 1.0
            && !words[i - 1].1
        {
            (by, i) = (unit, i + 1);
            text.push(next);
        }
        found.push(Stated { text: text.join(" "), value: value * by });
    }
    found
}

/// What a text may state of some runs.
#[derive(Clone, Default)]
struct Given(Vec<f64>);

impl Given {
    /// Numbers of a line such as `10s: sweep A C {"depth":{"fixed":10}}`.
    fn line(&mut self, text: &str) {
        for word in text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '.' || c == '%')) {
            if let Some((number, by)) = digits(word) {
                self.0.push(number * by);
            }
        }
    }

    fn edits(&mut self, edits: &[Edit]) {
        edits.iter().for_each(|edit| self.line(&edit.text()));
    }

    /// Numbers of a value, as far as they are not those of `usual`; seeds are nobody's to speak of.
    fn json(&mut self, value: &Json, usual: &Json) {
        match value {
            _ if value == usual => {}
            Json::Number(n) => self.0.extend(n.as_f64()),
            Json::String(text) => self.line(text),
            Json::Array(all) => all.iter().for_each(|v| self.json(v, &Json::Null)),
            Json::Object(all) => all.iter().filter(|(name, _)| *name != "seed").for_each(|(name, v)| self.json(v, &usual[name])),
            _ => {}
        }
    }

    /// What a run is given: its settings, times, values, how many commands of each kind it has, and the spans between them.
    fn run(&mut self, script: &Script) {
        let json = serde_json::to_value(script).unwrap_or_default();
        let usual = serde_json::to_value(Config::default()).unwrap_or_default();
        self.json(&json["config"], &usual);
        self.json(&json["config"]["nodes"], &Json::Null);
        self.json(&json["config"]["settings"]["replicas"], &Json::Null);
        self.json(&json["commands"], &Json::Null);
        let commands: Vec<&Json> = json["commands"].as_array().into_iter().flatten().collect();
        for one in &commands {
            self.0.push(commands.iter().filter(|other| other["do"] == one["do"]).count() as f64);
        }
        let times: Vec<f64> = script.commands.iter().take(60).map(|t| t.at.0 as f64).chain([script.end.0 as f64]).collect();
        self.0.extend(times.iter().flat_map(|a| times.iter().map(move |b| b - a)).filter(|span| *span > 0.0));
    }

    fn figures(&mut self, lesson: &Lesson, figures: &[usize]) {
        for figure in figures.iter().filter_map(|i| lesson.figures.get(*i)) {
            figure.script.iter().for_each(|script| self.run(script));
            self.edits(&figure.edits);
            figure.claims.iter().for_each(|claim| self.line(&claim.condition.to_string()));
            figure.beats.iter().for_each(|beat| self.line(&beat.at.to_string()));
        }
    }

    fn has(&self, value: f64) -> bool {
        self.0.iter().any(|known| (known - value).abs() <= value.abs() * 1e-9)
    }
}

/// What the text of a block may state beside what its step may: the figures it is about, and its own lines.
fn of_block(lesson: &Lesson, kind: &Kind, given: &mut Given) {
    match kind {
        Kind::Question(q) => {
            given.figures(lesson, &[q.figure]);
            q.at.iter().chain(&q.until).for_each(|q| given.line(&q.to_string()));
            for option in &q.options {
                given.figures(lesson, &[option.figure]);
                given.edits(&option.with);
                given.line(&option.when.to_string());
                option.moment.iter().for_each(|q| given.line(&q.to_string()));
            }
            for trial in &q.trials {
                given.edits(&trial.with);
                given.line(&trial.quantity.to_string());
            }
        }
        Kind::WhatIf(w) => {
            given.figures(lesson, &[w.figure]);
            given.edits(&w.change);
            w.rows.iter().for_each(|(_, q)| given.line(&q.to_string()));
        }
        Kind::Challenge(c) => {
            given.figures(lesson, &[c.figure]);
            given.line(&c.win.to_string());
            given.0.extend(c.medals.iter().copied().chain([c.at_most as f64]));
            let attempts = std::iter::once(&c.solution).chain(&c.attempts);
            attempts.for_each(|Attempt { edits, .. }| given.edits(edits));
        }
        Kind::Table(t) => {
            for row in &t.rows {
                given.figures(lesson, &[row.figure]);
                given.edits(&row.with);
                if let Cell::Number(q, _) = &row.cell {
                    given.line(&q.to_string());
                }
            }
        }
        Kind::Case(c) => {
            given.figures(lesson, &[c.figure]);
            c.beats.iter().for_each(|beat| given.line(&beat.at.to_string()));
        }
        Kind::Figure(i) => given.figures(lesson, &[*i]),
        _ => {}
    }
}

/// The words of a line; a sign where something stands that is no typed text of the author's: a value, code, a link with a source.
fn words(parts: &[Inline], out: &mut String) {
    for part in parts {
        match part {
            Inline::Text(text) => out.push_str(text),
            Inline::Strong(inner) | Inline::Emphasis(inner) => words(inner, out),
            Inline::Link(target, inner) if target.is_within() => words(inner, out),
            Inline::Code(_) | Inline::Live(_) | Inline::Said(_) | Inline::Link(..) => out.push('\u{fffc}'),
        }
    }
}

/// Numbers that are typed into a lesson's text without a reason: the line of the block, and what to do about it.
pub(super) fn typed(lesson: &Lesson) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let mut latest = None;
    for step in &lesson.steps {
        let figures: Vec<usize> = step.blocks.iter().filter_map(|b| if let Kind::Figure(i) = b.kind { Some(i) } else { None }).collect();
        let mut around = Given::default();
        around.figures(lesson, &latest.into_iter().chain(figures.iter().copied()).collect::<Vec<_>>());
        latest = figures.last().copied().or(latest);
        for block in &step.blocks {
            let mut given = around.clone();
            of_block(lesson, &block.kind, &mut given);
            look(lesson, block, &given, &mut found);
        }
    }
    found
}

fn look(lesson: &Lesson, block: &Block, given: &Given, found: &mut Vec<(usize, String)>) {
    let mut see = |line: usize, text: &str| {
        for one in stated(text).into_iter().filter(|one| !given.has(one.value)) {
            let what = format!(
                "expected no typed number, found \"{}\": the engine computes it ({{{{ … }}}}), the run is given it, a link names its source, or it is yours ({{{{ \"{}\" }}}})",
                one.text, one.text
            );
            found.push((line, what));
        }
    };
    let mut line = |at: usize, parts: &[Inline]| {
        let mut text = String::new();
        words(parts, &mut text);
        see(at, &text);
    };
    match &block.kind {
        Kind::Figure(i) => {
            if let Some(figure) = lesson.figures.get(*i) {
                line(figure.line, &figure.caption);
                figure.beats.iter().for_each(|beat| line(beat.line, &beat.text));
            }
        }
        Kind::Case(c) => c.beats.iter().for_each(|beat| line(beat.line, &beat.text)),
        Kind::Question(q) => {
            line(block.line, &q.ask);
            line(block.line, &q.say);
            q.trials.iter().for_each(|trial| line(trial.line, &trial.text));
            q.options.iter().flat_map(|o| [(o.line, &o.text), (o.line, &o.say)]).for_each(|(at, text)| line(at, text));
        }
        Kind::WhatIf(w) => {
            line(block.line, &w.ask);
            let labels = w.rows.iter().map(|(label, _)| label);
            [&w.left, &w.right].into_iter().chain(labels).for_each(|text| line(block.line, &[Inline::Text(text.clone())]));
        }
        Kind::Table(t) => {
            line(block.line, &t.ask);
            line(block.line, &t.say);
            t.rows.iter().for_each(|row| line(row.line, &row.label));
        }
        Kind::Note(inner) | Kind::Teacher(inner) | Kind::Quote(inner) => inner.iter().for_each(|b| look(lesson, b, given, found)),
        Kind::List(_, items) => items.iter().flatten().for_each(|b| look(lesson, b, given, found)),
        kind => kind.lines().into_iter().for_each(|parts| line(block.line, parts)),
    }
}

impl Kind {
    /// The lines of text of a block that has no lines of its own in the file for them.
    fn lines(&self) -> Vec<&[Inline]> {
        match self {
            Kind::Heading(line) | Kind::Paragraph(line) => vec![line],
            Kind::Grid(head, rows) => head.iter().chain(rows.iter().flatten()).map(Vec::as_slice).collect(),
            Kind::Challenge(c) => [&c.ask, &c.say].into_iter().chain(c.verdicts.iter().map(|v| &v.say)).map(Vec::as_slice).collect(),
            Kind::Measure(m) => vec![&m.ask],
            Kind::Code(c) => c.notes.iter().map(|(_, words)| words.as_slice()).collect(),
            _ => Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{digits, stated};

    #[test]
    fn numbers_are_found_in_digits_and_in_words() {
        let found = |text: &str| stated(text).into_iter().map(|s| (s.text, s.value)).collect::<Vec<_>>();
        let one = |text: &str, value: f64| vec![(text.to_owned(), value)];
        assert_eq!(found("Two hundred keys"), one("Two hundred", 200.0));
        assert_eq!(found("sixty-four of them."), one("sixty four", 64.0));
        assert_eq!(found("At 10 s it begins"), one("10 s", 10e6));
        assert_eq!(found("four seconds later"), one("four seconds", 4e6));
        assert_eq!(found("a tree of 4,096 leaves"), one("4,096", 4096.0));
        assert_eq!(found("costs 40ms"), one("40ms", 40e3));
        assert_eq!(found("one in five, ten"), [("five".to_owned(), 5.0), ("ten".to_owned(), 10.0)]);
        assert_eq!(found("three and two of them, once or twice, a third of key-3, v5, SHA-256 and XXH3"), []);
        assert_eq!(digits("0.3"), Some((0.3, 1.0)));
    }
}
