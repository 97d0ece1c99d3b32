//! Reads a lesson's file: its head, its prose and its fenced blocks.

use super::bounds::LESSON_BOUNDS;
use super::fault::{Fault, Wrong};
use super::fields::{Fields, short};
use super::lesson::{Block, Inline, Kind, Lesson, Live, Step};
use super::prose;
use crate::engine::base::Digest;

/// What prose and blocks need to know of the rest of the lesson.
pub(super) struct Around {
    /// Names of all figures, in the order of the text.
    pub figures: Vec<String>,
    /// The figure that was there last.
    pub latest: usize,
    /// Names of everything that can be answered, to be unique.
    pub names: Vec<String>,
}

impl Around {
    /// The place of a figure.
    pub fn figure(&self, name: &str) -> Result<usize, String> {
        let found = self.figures.iter().position(|f| f == name);
        found.ok_or_else(|| format!("expected the name of a figure of this lesson ({}), found \"{name}\"", self.figures.join(", ")))
    }

    /// `name: expression`, or an expression about the latest figure.
    pub fn live(&self, text: &str, line: usize) -> Result<Live, Wrong> {
        let named = text.split_once(": ").and_then(|(name, rest)| Some((self.figures.iter().position(|f| f == name.trim())?, rest)));
        let (figure, expression) = named.unwrap_or((self.latest, text));
        if self.figures.is_empty() {
            return Err((line, "expected a figure before a value of its run".to_owned()));
        }
        let quantity = expression.trim().parse().map_err(|e| (line, format!("in \"{}\": {e}", short(text))))?;
        Ok(Live { figure, quantity, line })
    }

    /// Text of a field, as prose.
    pub fn text(&self, text: &str, line: usize) -> Result<Vec<Inline>, Wrong> {
        prose::inlines(text, line, self)
    }
}

/// A fenced block of the file.
struct Fence<'a> {
    line: usize,
    kind: &'a str,
    name: &'a str,
    body: String,
}

enum Part<'a> {
    Prose(usize, String),
    Fence(Fence<'a>),
}

/// Cuts a text into prose and fenced blocks. The first line is line `first` of the file.
fn parts(text: &str, first: usize) -> Result<Vec<Part<'_>>, Wrong> {
    let mut found = Vec::new();
    let mut fence: Option<Fence<'_>> = None;
    let mut open = String::new();
    for (i, whole) in text.lines().enumerate() {
        let line = first + i;
        let mark: String = whole.chars().take_while(|c| *c == '`').collect();
        match &mut fence {
            Some(_) if mark.len() >= open.len() && whole.trim_end() == mark => found.extend(fence.take().map(Part::Fence)),
            Some(fence) => {
                fence.body.push_str(whole);
                fence.body.push('\n');
            }
            None if mark.len() >= 3 => {
                let (kind, name) = whole[mark.len()..].trim().split_once(' ').unwrap_or((whole[mark.len()..].trim(), ""));
                fence = Some(Fence { line, kind, name: name.trim(), body: String::new() });
                open = mark;
            }
            None => match found.last_mut() {
                Some(Part::Prose(_, text)) => {
                    text.push_str(whole);
                    text.push('\n');
                }
                _ => found.push(Part::Prose(line, format!("{whole}\n"))),
            },
        }
    }
    match fence {
        Some(fence) => Err((fence.line, "expected this block to be closed by a line of its own: ```".to_owned())),
        None => Ok(found),
    }
}

/// The head of the file, between two lines `---`, and the rest with the number of its first line.
fn head(text: &str) -> Result<(Fields, &str, usize), Wrong> {
    let wrong = || (1, "expected the lesson's head first: a line `---`, then `title: …`, then a line `---`".to_owned());
    let rest = text.strip_prefix("---\n").or_else(|| text.strip_prefix("---\r\n")).ok_or_else(wrong)?;
    let mut at = 0;
    for (i, line) in rest.split_inclusive('\n').enumerate() {
        if line.trim_end() == "---" {
            return Ok((Fields::read(&rest[..at], 2)?, &rest[at + line.len()..], i + 3));
        }
        at += line.len();
    }
    Err(wrong())
}

impl Lesson {
    /// Reads a lesson. `file` is what messages call it. Runs that it takes from files are still missing: see [`Lesson::link`].
    pub fn read(file: &str, text: &str) -> Result<Lesson, Vec<Fault>> {
        let mut lesson =
            Lesson { file: file.to_owned(), slug: slug(file), print: Digest::of_bytes(text.as_bytes()).head() as u32, ..Lesson::default() };
        let fault = |(line, what)| Fault { file: file.to_owned(), line, what };
        if text.len() > LESSON_BOUNDS.bytes {
            return Err(vec![fault((0, format!("expected at most {} bytes, found {}", LESSON_BOUNDS.bytes, text.len())))]);
        }
        let mut faults = Vec::new();
        let (fields, rest, first) = head(text).map_err(|w| vec![fault(w)])?;
        let parts = parts(rest, first).map_err(|w| vec![fault(w)])?;
        let mut around = Around { figures: figure_names(&parts), latest: 0, names: Vec::new() };
        faults.extend(lesson.take_head(fields, &around).err());
        let mut figures = 0;
        for part in &parts {
            match part {
                Part::Prose(line, text) => match prose::blocks(text, *line, &around) {
                    Ok(blocks) => lesson.take_prose(blocks, &mut faults),
                    Err(wrong) => faults.push(wrong),
                },
                Part::Fence(fence) => {
                    if fence.kind == "figure" {
                        around.latest = figures;
                        figures += 1;
                    }
                    match lesson.fence(fence, &mut around) {
                        Ok(kind) => lesson.push(Block { line: fence.line, kind }, &mut faults),
                        Err(wrong) => faults.push(wrong),
                    }
                }
            }
        }
        faults.extend(lesson.bounds().err());
        if faults.is_empty() { Ok(lesson) } else { Err(faults.into_iter().map(fault).collect()) }
    }

    fn take_head(&mut self, mut fields: Fields, around: &Around) -> Result<(), Wrong> {
        let title = fields.need("title", 1)?;
        self.title = title.value;
        if self.title.is_empty() || self.title.chars().count() > 120 {
            return Err((title.line, "expected a title of 1 to 120 characters".to_owned()));
        }
        if let Some(unit) = fields.take("unit")? {
            self.unit = Some(unit.parse()?);
        }
        if let Some(minutes) = fields.take("minutes")? {
            self.minutes = minutes.parse()?;
        }
        if let Some(about) = fields.take("about")? {
            self.about = about.value;
        }
        for goal in fields.take_all("goal") {
            self.goals.push(around.text(&goal.value, goal.line)?);
        }
        fields.done("title, unit, minutes, about, goal")
    }

    fn take_prose(&mut self, blocks: Vec<prose::Found>, faults: &mut Vec<Wrong>) {
        for found in blocks {
            match found {
                prose::Found::Step(title, line) => self.steps.push(Step { title, line, blocks: Vec::new() }),
                prose::Found::Block(block) => self.push(*block, faults),
            }
        }
    }

    fn push(&mut self, block: Block, faults: &mut Vec<Wrong>) {
        match self.steps.last_mut() {
            Some(step) => step.blocks.push(block),
            None => faults.push((block.line, "expected a step first: a line `## Title`".to_owned())),
        }
    }

    fn fence(&mut self, fence: &Fence<'_>, around: &mut Around) -> Result<Kind, Wrong> {
        let is_name = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if !fence.name.chars().all(is_name) || fence.name.len() > 40 {
            let wrong = format!("expected a name of small letters, digits and hyphens, found \"{}\"", short(fence.name));
            return Err((fence.line, wrong));
        }
        let place = super::blocks::Place { line: fence.line, name: fence.name, number: self.figures.len() };
        super::blocks::block(self, fence.kind, &fence.body, &place, around)
    }

    fn bounds(&self) -> Result<(), Wrong> {
        let bounds = LESSON_BOUNDS;
        let most = |what: &str, found: usize, most: usize| {
            if found > most { Err((0, format!("expected at most {most} {what}, found {found}"))) } else { Ok(()) }
        };
        if self.steps.is_empty() {
            return Err((0, "expected at least one step: a line `## Title`".to_owned()));
        }
        most("steps", self.steps.len(), bounds.steps)?;
        most("figures", self.figures.len(), bounds.figures)?;
        most("blocks", self.blocks().count(), bounds.blocks)
    }
}

/// Names of the figures, in order; those without one are numbered.
fn figure_names(parts: &[Part<'_>]) -> Vec<String> {
    let mut names = Vec::new();
    for part in parts {
        if let Part::Fence(Fence { kind: "figure", name, .. }) = part {
            names.push(if name.is_empty() { format!("figure-{}", names.len() + 1) } else { (*name).to_owned() });
        }
    }
    names
}

/// The short name of a file or address: what stands between the last slash and `.md`.
fn slug(file: &str) -> String {
    let name = file.rsplit(['/', '\\']).next().unwrap_or(file);
    let kept = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' };
    name.trim_end_matches(".md").chars().map(kept).take(60).collect()
}
