//! The kinds of fenced blocks, each read from its fields.

use super::bounds::LESSON_BOUNDS;
use super::fault::Wrong;
use super::fields::{Field, Fields};
use super::lesson::{
    Asked, Attempt, Beat, Case, Cell, Challenge, Choice, Claim, Code, Figure, Kind, Lesson, MEASURES, Measure, Plot, Question, Row, Table,
    Verdict, WhatIf,
};
use super::prose;
use super::read::Around;
use super::scenario::{WORDS, edits};
use super::tries::trials;
use crate::lab::{Condition, Quantity};

/// Where a block stands.
pub(super) struct Place<'a> {
    pub line: usize,
    pub name: &'a str,
    /// Figures before it.
    pub number: usize,
}

/// Every kind of block.
const KINDS: &str = "figure, predict, quiz, hunt, what-if, challenge, plot, table, estimate, case, measure, code, note, teacher";

/// Reads a block of this kind. A figure is added to the lesson's figures.
pub(super) fn block(lesson: &mut Lesson, kind: &str, body: &str, place: &Place<'_>, around: &mut Around) -> Result<Kind, Wrong> {
    match kind {
        "note" | "teacher" => {
            let found = prose::blocks(body, place.line + 1, around)?;
            let inner = |found| match found {
                prose::Found::Block(block) => Ok(*block),
                prose::Found::Step(_, line) => Err((line, "expected no step within a note".to_owned())),
            };
            let inner = found.into_iter().map(inner).collect::<Result<_, _>>()?;
            return Ok(if kind == "note" { Kind::Note(inner) } else { Kind::Teacher(inner) });
        }
        "code" => return code(body, place, around),
        _ => {}
    }
    let mut fields = Fields::read(body, place.line + 1)?;
    if kind == "figure" {
        let figure = figure(&mut fields, place, around)?;
        fields.done(&format!("caption, claim, seeds, beat, start, lanes, hidden, {WORDS}"))?;
        if lesson.figures.iter().any(|f| f.name == figure.name) {
            return Err((place.line, format!("expected another name: there is a figure \"{}\" already", figure.name)));
        }
        lesson.figures.push(figure);
        return Ok(Kind::Figure(place.number));
    }
    let name = own_name(place, around)?;
    Ok(match kind {
        "predict" => Kind::Question(question(Asked::Predict, name, fields, place, around)?),
        "quiz" => Kind::Question(question(Asked::Quiz, name, fields, place, around)?),
        "hunt" => Kind::Question(question(Asked::Hunt, name, fields, place, around)?),
        "what-if" => Kind::WhatIf(what_if(name, fields, place, around)?),
        "challenge" => Kind::Challenge(challenge(name, fields, place, around)?),
        "plot" => Kind::Plot(plot(name, fields, place, around)?),
        "table" => Kind::Table(table(name, fields, place, around, false)?),
        "estimate" => Kind::Table(table(name, fields, place, around, true)?),
        "case" => Kind::Case(case(name, fields, place, around)?),
        "measure" => Kind::Measure(measure(name, fields, place, around)?),
        _ => return Err((place.line, format!("expected a block of one of the kinds {KINDS}; found \"{kind}\""))),
    })
}

/// The name under which answers are kept: each once.
fn own_name(place: &Place<'_>, around: &mut Around) -> Result<String, Wrong> {
    if place.name.is_empty() {
        return Err((place.line, "expected a name after the kind of the block, such as ```predict who-wins".to_owned()));
    }
    if around.names.iter().any(|n| n == place.name) {
        return Err((place.line, format!("expected another name: \"{}\" is used already", place.name)));
    }
    around.names.push(place.name.to_owned());
    Ok(place.name.to_owned())
}

fn figure(fields: &mut Fields, place: &Place<'_>, around: &Around) -> Result<Figure, Wrong> {
    let base = fields.take("run")?.map(|f| f.value);
    let caption = match fields.take("caption")? {
        Some(caption) => around.text(&caption.value, caption.line)?,
        None => Vec::new(),
    };
    let claims = claims(fields.take_all("claim"))?;
    let seeds = match fields.take("seeds")? {
        Some(field) => seeds(&field)?,
        None => Vec::new(),
    };
    let beats = beats(fields.take_all("beat"), around)?;
    let start = fields.take("start")?.map(|f| f.parse()).transpose()?;
    let lanes = switch(fields, "lanes", true)?;
    let hidden = switch(fields, "hidden", false)?;
    let edits = edits(fields)?;
    let name = around.figures.get(place.number).cloned().unwrap_or_default();
    Ok(Figure { name, line: place.line, base, edits, script: None, caption, claims, seeds, beats, start, lanes, hidden })
}

fn switch(fields: &mut Fields, key: &str, default: bool) -> Result<bool, Wrong> {
    match fields.take(key)? {
        None => Ok(default),
        Some(field) if field.value == "yes" => Ok(true),
        Some(field) if field.value == "no" => Ok(false),
        Some(field) => Err((field.line, format!("`{key}:` expected yes or no, found \"{}\"", field.value))),
    }
}

/// `1-9, 12`.
fn seeds(field: &Field) -> Result<Vec<u64>, Wrong> {
    let wrong = || (field.line, format!("`seeds:` expected at most {} seeds, such as `1-9, 12`", LESSON_BOUNDS.seeds));
    let mut all = Vec::new();
    for part in field.value.split(',') {
        let (low, high) = part.split_once('-').unwrap_or((part, part));
        let (low, high): (u64, u64) = (low.trim().parse().map_err(|_| wrong())?, high.trim().parse().map_err(|_| wrong())?);
        if high < low || high - low >= LESSON_BOUNDS.seeds as u64 {
            return Err(wrong());
        }
        all.extend(low..=high);
    }
    if all.len() <= LESSON_BOUNDS.seeds { Ok(all) } else { Err(wrong()) }
}

fn claims(fields: Vec<Field>) -> Result<Vec<Claim>, Wrong> {
    fields.into_iter().map(|f| f.alone().and_then(|()| Ok(Claim { condition: f.parse()?, line: f.line }))).collect()
}

/// `beat: MOMENT | text`, with `claim:` below.
fn beats(fields: Vec<Field>, around: &Around) -> Result<Vec<Beat>, Wrong> {
    let mut all = Vec::new();
    for mut field in fields {
        let (at, text) = pair(&field, "beat: 400ms | what happens")?;
        let at = at.parse().map_err(|e| (field.line, format!("`beat:` {e}")))?;
        let text = around.text(text, field.line)?;
        let claim = claims(field.below.take_all("claim"))?.pop();
        field.below.done("claim")?;
        all.push(Beat { at, text, claim, line: field.line });
    }
    Ok(all)
}

/// A value in two parts, cut at the first ` | `.
pub(super) fn pair<'a>(field: &'a Field, like: &str) -> Result<(&'a str, &'a str), Wrong> {
    let cut = field.value.split_once(" | ").map(|(a, b)| (a.trim(), b.trim()));
    cut.ok_or_else(|| (field.line, format!("expected two parts with | between them, such as `{like}`")))
}

/// The figure that a block is about: the one it names, or the latest.
fn about(fields: &mut Fields, around: &Around, line: usize) -> Result<usize, Wrong> {
    match fields.take("figure")? {
        Some(field) => around.figure(&field.value).map_err(|e| (field.line, e)),
        None if around.figures.is_empty() => Err((line, "expected a figure before this block".to_owned())),
        None => Ok(around.latest),
    }
}

fn said(fields: &mut Fields, key: &str, around: &Around) -> Result<Vec<super::lesson::Inline>, Wrong> {
    fields.take(key)?.map_or(Ok(Vec::new()), |f| around.text(&f.value, f.line))
}

fn quantity(fields: &mut Fields, key: &str) -> Result<Option<Quantity>, Wrong> {
    fields.take(key)?.map(|f| f.parse()).transpose()
}

fn question(asked: Asked, name: String, mut fields: Fields, place: &Place<'_>, around: &Around) -> Result<Question, Wrong> {
    let figure = about(&mut fields, around, place.line)?;
    let (at, until) = (quantity(&mut fields, "at")?, quantity(&mut fields, "until")?);
    let ask = fields.need("ask", place.line)?;
    let ask = around.text(&ask.value, ask.line)?;
    let many = switch(&mut fields, "many", false)?;
    let say = said(&mut fields, "say", around)?;
    let trials = trials(&mut fields, around)?;
    let mut options = Vec::new();
    for field in fields.take_all("option") {
        options.push(choice(field, figure, around)?);
    }
    fields.done("figure, at, until, ask, many, try, option, say")?;
    if !(2..=LESSON_BOUNDS.options).contains(&options.len()) {
        return Err((place.line, format!("expected 2 to {} lines `option: …`, found {}", LESSON_BOUNDS.options, options.len())));
    }
    Ok(Question { name, asked, figure, at, until, ask, options, many, say, trials })
}

fn choice(field: Field, figure: usize, around: &Around) -> Result<Choice, Wrong> {
    let line = field.line;
    let text = around.text(&field.value, line)?;
    let mut below = field.below;
    let when = below.need("if", line)?.parse()?;
    let figure = match below.take("figure")? {
        Some(named) => around.figure(&named.value).map_err(|e| (named.line, e))?,
        None => figure,
    };
    let say = below.need("say", line)?;
    let say = around.text(&say.value, say.line)?;
    let moment = quantity(&mut below, "see")?;
    let with = with(&mut below)?;
    below.done("if, figure, with, see, say")?;
    Ok(Choice { line, text, when, figure, with, say, moment })
}

/// What is changed in a run first: the lines below `with:`.
pub(super) fn with(fields: &mut Fields) -> Result<Vec<super::scenario::Edit>, Wrong> {
    match fields.take("with")? {
        None => Ok(Vec::new()),
        Some(mut field) => {
            let made = edits(&mut field.below)?;
            field.below.done(WORDS)?;
            Ok(made)
        }
    }
}

fn what_if(name: String, mut fields: Fields, place: &Place<'_>, around: &Around) -> Result<WhatIf, Wrong> {
    let figure = about(&mut fields, around, place.line)?;
    let ask = said(&mut fields, "ask", around)?;
    let (left, right) = (fields.need("left", place.line)?.value, fields.need("right", place.line)?.value);
    let mut change = fields.need("change", place.line)?;
    let line = change.line;
    let made = edits(&mut change.below)?;
    change.below.done(WORDS)?;
    if made.is_empty() {
        return Err((line, "expected what is changed in the lines below `change:`".to_owned()));
    }
    let mut rows = Vec::new();
    for field in fields.take_all("compare") {
        let (label, what) = pair(&field, "compare: C holds v2 | time(holds(C, x, v2))")?;
        rows.push((label.to_owned(), what.parse().map_err(|e| (field.line, format!("`compare:` {e}")))?));
    }
    let claims = (claims(fields.take_all("left-claim"))?, claims(fields.take_all("right-claim"))?);
    fields.done("figure, ask, left, right, change, compare, left-claim, right-claim")?;
    Ok(WhatIf { name, figure, ask, left, right, change: made, rows, claims })
}

fn words(fields: &mut Fields, key: &str) -> Result<Vec<String>, Wrong> {
    let value = fields.take(key)?.map_or(String::new(), |f| f.value);
    Ok(value.split(',').map(str::trim).filter(|w| !w.is_empty()).map(str::to_owned).collect())
}

fn challenge(name: String, mut fields: Fields, place: &Place<'_>, around: &Around) -> Result<Challenge, Wrong> {
    let figure = about(&mut fields, around, place.line)?;
    let title = fields.need("title", place.line)?.value;
    let ask = fields.need("ask", place.line)?;
    let ask = around.text(&ask.value, ask.line)?;
    let (allow, settings) = (words(&mut fields, "allow")?, words(&mut fields, "settings")?);
    let at_most = fields.take("at-most")?.map_or(Ok(40), |f| f.parse())?;
    let win: Condition = fields.need("win", place.line)?.parse()?;
    let score = fields.need("score", place.line)?.parse()?;
    let mut medals = [0.0; 3];
    for (i, medal) in ["gold", "silver", "bronze"].into_iter().enumerate() {
        medals[i] = number(&fields.need(medal, place.line)?)?;
    }
    let say = said(&mut fields, "say", around)?;
    let mut verdicts = Vec::new();
    for mut field in fields.take_all("verdict") {
        let say = field.below.need("say", field.line)?;
        let say = around.text(&say.value, say.line)?;
        verdicts.push(Verdict { when: field.below.need("if", field.line)?.parse()?, name: field.value, say });
        field.below.done("if, say")?;
    }
    let solution = attempt(fields.need("solution", place.line)?, "gold")?;
    let attempts = fields.take_all("attempt").into_iter().map(|f| attempt(f, "")).collect::<Result<_, _>>()?;
    fields.done("figure, title, ask, allow, settings, at-most, win, score, gold, silver, bronze, say, verdict, solution, attempt")?;
    Ok(Challenge { name, title, figure, ask, allow, settings, at_most, win, score, medals, say, verdicts, solution, attempts })
}

/// A number, a time or a number of bytes.
fn number(field: &Field) -> Result<f64, Wrong> {
    match field.parse::<Quantity>()? {
        Quantity::Number(n) => Ok(n),
        Quantity::Span(span) => Ok(span.0 as f64),
        _ => Err((field.line, format!("`{}:` expected a number or a time", field.key))),
    }
}

fn attempt(mut field: Field, gets: &str) -> Result<Attempt, Wrong> {
    let gets = match field.below.take("gets")? {
        Some(gets) => gets.value,
        None if gets.is_empty() => return Err((field.line, "expected `gets: …` below: the verdict of this attempt".to_owned())),
        None => gets.to_owned(),
    };
    let edits = edits(&mut field.below)?;
    field.below.done(&format!("gets, {WORDS}"))?;
    Ok(Attempt { line: field.line, name: field.value, edits, gets })
}

fn plot(name: String, mut fields: Fields, place: &Place<'_>, around: &Around) -> Result<Plot, Wrong> {
    let figure = about(&mut fields, around, place.line)?;
    let (x, y) = (fields.need("x", place.line)?.value, fields.need("y", place.line)?.value);
    let mut points = Vec::new();
    for mut field in fields.take_all("point") {
        let made = edits(&mut field.below)?;
        let mut claims = claims(field.below.take_all("claim"))?;
        field.below.done(&format!("claim, {WORDS}"))?;
        points.push((field.value, made, std::mem::take(&mut claims)));
    }
    let mut lines = Vec::new();
    for mut field in fields.take_all("line") {
        let made = edits(&mut field.below)?;
        let (label, what) = pair(&field, "line: with digests | bytes")?;
        lines.push((label.to_owned(), what.parse().map_err(|e| (field.line, format!("`line:` {e}")))?, made));
        field.below.done(WORDS)?;
    }
    fields.done("figure, x, y, point, line")?;
    if points.len() < 2 || points.len() > LESSON_BOUNDS.options || lines.is_empty() {
        return Err((place.line, "expected at least two lines `point: …` and one line `line: …`".to_owned()));
    }
    let claims = points.iter().flat_map(|(x, _, claims)| claims.iter().map(|c| (x.clone(), c.clone()))).collect();
    let points = points.into_iter().map(|(x, edits, _)| (x, edits)).collect();
    Ok(Plot { name, figure, x, y, points, lines, claims })
}

fn table(name: String, mut fields: Fields, place: &Place<'_>, around: &Around, estimate: bool) -> Result<Table, Wrong> {
    let figure = about(&mut fields, around, place.line)?;
    let ask = fields.need("ask", place.line)?;
    let ask = around.text(&ask.value, ask.line)?;
    let say = said(&mut fields, "say", around)?;
    let mut rows = Vec::new();
    for field in fields.take_all("row") {
        rows.push(row(field, figure, around)?);
    }
    fields.done("figure, ask, row, say")?;
    let most = if estimate { 1 } else { LESSON_BOUNDS.options };
    if !(1..=most).contains(&rows.len()) {
        return Err((place.line, format!("expected 1 to {most} lines `row: …`, found {}", rows.len())));
    }
    Ok(Table { name, ask, rows, say, estimate })
}

fn row(field: Field, figure: usize, around: &Around) -> Result<Row, Wrong> {
    let line = field.line;
    let label = around.text(&field.value, line)?;
    let mut below = field.below;
    let figure = match below.take("figure")? {
        Some(named) => around.figure(&named.value).map_err(|e| (named.line, e))?,
        None => figure,
    };
    let with = with(&mut below)?;
    let cell = match below.take("value")? {
        Some(value) => {
            let within = below.take("within")?;
            let percent =
                |f: &Field| f.value.strip_suffix('%').and_then(|n| n.trim().parse::<f64>().ok()).filter(|n| (0.0..=10_000.0).contains(n));
            let within = match &within {
                None => 0.0,
                Some(f) => percent(f).ok_or_else(|| (f.line, format!("`within:` expected a share such as 10%, found \"{}\"", f.value)))?,
            };
            Cell::Number(value.parse()?, within)
        }
        None => {
            let mut picks = Vec::new();
            for pick in below.take_all("pick") {
                let (text, when) = pair(&pick, "pick: foreground | count(repair-started) > 0")?;
                picks.push((text.to_owned(), when.parse().map_err(|e| (pick.line, format!("`pick:` {e}")))?));
            }
            if picks.len() < 2 {
                return Err((line, "expected `value: …`, or at least two lines `pick: …`, below this row".to_owned()));
            }
            Cell::Pick(picks)
        }
    };
    below.done("figure, with, value, within, pick")?;
    Ok(Row { line, label, figure, with, cell })
}

fn case(name: String, mut fields: Fields, place: &Place<'_>, around: &Around) -> Result<Case, Wrong> {
    let figure = about(&mut fields, around, place.line)?;
    let beats = beats(fields.take_all("beat"), around)?;
    fields.done("figure, beat")?;
    if beats.is_empty() {
        return Err((place.line, "expected at least one line `beat: MOMENT | text`".to_owned()));
    }
    Ok(Case { name, figure, beats })
}

fn measure(name: String, mut fields: Fields, place: &Place<'_>, around: &Around) -> Result<Measure, Wrong> {
    let ask = fields.need("ask", place.line)?;
    let ask = around.text(&ask.value, ask.line)?;
    fields.done("ask")?;
    if !MEASURES.contains(&name.as_str()) {
        return Err((place.line, format!("expected the name of what can be measured: {}; found \"{name}\"", MEASURES.join(", "))));
    }
    Ok(Measure { name, ask })
}

/// Code: fields, a line `---`, and the code as it stands.
fn code(body: &str, place: &Place<'_>, around: &Around) -> Result<Kind, Wrong> {
    let (head, text) = match body.split_once("\n---\n") {
        Some((head, text)) => (head, text),
        None => body.strip_prefix("---\n").map_or(("", body), |text| ("", text)),
    };
    let mut fields = Fields::read(head, place.line + 1)?;
    let from = fields.take("from")?.map(|f| f.value);
    let mut notes = Vec::new();
    for field in fields.take_all("note") {
        let (line, words) = pair(&field, "note: 3 | what line 3 does")?;
        let line = line.parse().ok().filter(|n| (1..=text.lines().count()).contains(n));
        let line = line.ok_or_else(|| (field.line, "`note:` expected the number of a line of the code before the |".to_owned()))?;
        notes.push((line, around.text(words, field.line)?));
    }
    fields.done("from, note")?;
    Ok(Kind::Code(Code { from, text: text.trim_end().to_owned(), notes }))
}
