//! Exercise sheets: items picked from any lessons, as one link, with a key that the engine computes.

use super::super::answers::{Truth, truth};
use super::super::grade::Filled;
use super::super::lesson::{Asked, Cell, Kind, Lesson};
use super::super::prose::plain;
use super::super::tell::value_text;
use crate::lab::BOUNDS;

/// Items of a sheet at most.
pub const SHEET_ITEMS: usize = 60;

/// A sheet: its title, and its items by lesson and name, in order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Sheet {
    /// Its title; may be empty.
    pub title: String,
    /// The lesson and the name of each item.
    pub items: Vec<(String, String)>,
}

impl Sheet {
    /// Reads `title=…&items=lesson/item,lesson/item`, with or without what stands before it in an address.
    pub fn read(text: &str) -> Result<Sheet, String> {
        if text.len() > BOUNDS.link_bytes {
            return Err(format!("it is too long: {} characters, at most {}", text.len(), BOUNDS.link_bytes));
        }
        let query = text.rsplit('?').next().unwrap_or_default();
        let value = |name: &str| query.split('&').filter_map(|pair| pair.split_once('=')).find(|(n, _)| *n == name).map(|(_, v)| v);
        let title: String = decoded(value("title").unwrap_or_default()).chars().filter(|c| !c.is_control()).take(BOUNDS.title).collect();
        let mut items = Vec::new();
        for item in decoded(value("items").unwrap_or_default()).split(',').filter(|item| !item.is_empty()) {
            let (lesson, name) =
                item.split_once('/').ok_or_else(|| format!("expected LESSON/ITEM, found \"{}\"", super::grader::plain(item)))?;
            let named = |text: &str| !text.is_empty() && text.chars().all(|c| c.is_alphanumeric() || c == '-' || c == '_');
            if !named(lesson) || !named(name) {
                return Err(format!("expected LESSON/ITEM, found \"{}\"", super::grader::plain(item)));
            }
            let item = (lesson.to_owned(), name.to_owned());
            if !items.contains(&item) {
                items.push(item);
            }
        }
        match items.len() {
            0 => Err("it names no items".to_owned()),
            n if n > SHEET_ITEMS => Err(format!("it has {n} items, at most {SHEET_ITEMS}")),
            _ => Ok(Sheet { title, items }),
        }
    }

    /// What follows the `#` of its address.
    pub fn address(&self) -> String {
        let items: Vec<String> = self.items.iter().map(|(lesson, item)| format!("{}/{}", encoded(lesson), encoded(item))).collect();
        let title = if self.title.is_empty() { String::new() } else { format!("title={}&", encoded(&self.title)) };
        format!("/sheet?{title}items={}", items.join(","))
    }

    /// The lessons it takes items from, each once, in the order of the sheet.
    pub fn lessons(&self) -> Vec<&str> {
        let mut found: Vec<&str> = Vec::new();
        for (lesson, _) in &self.items {
            if !found.contains(&lesson.as_str()) {
                found.push(lesson);
            }
        }
        found
    }
}

/// A text for an address: letters, digits and hyphens stay.
fn encoded(text: &str) -> String {
    let byte = |b: u8| if b.is_ascii_alphanumeric() || b == b'-' || b == b'_' { char::from(b).to_string() } else { format!("%{b:02X}") };
    text.bytes().map(byte).collect()
}

fn decoded(text: &str) -> String {
    let mut out = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let digits = after.get(..2).and_then(|d| std::str::from_utf8(d).ok()).filter(|_| *first == b'%');
        match digits.and_then(|d| u8::from_str_radix(d, 16).ok()) {
            Some(byte) => {
                out.push(byte);
                rest = &after[2..];
            }
            None => {
                out.push(if *first == b'+' { b' ' } else { *first });
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

impl Kind {
    /// What an item is called where items are listed.
    pub fn word(&self) -> &'static str {
        match self {
            Kind::Question(q) => match q.asked {
                Asked::Predict => "prediction",
                Asked::Quiz => "question",
                Asked::Hunt => "bug hunt",
            },
            Kind::Table(t) if t.estimate => "estimate",
            Kind::Table(_) => "table",
            Kind::Challenge(_) => "challenge",
            _ => "text",
        }
    }

    /// What an item asks, as plain text.
    pub fn asks(&self) -> String {
        match self {
            Kind::Question(q) => plain(&q.ask),
            Kind::Table(t) => plain(&t.ask),
            Kind::Challenge(c) => c.title.clone(),
            _ => String::new(),
        }
    }
}

/// The key to an item, in lines, by running the engine: what is right on the run of this number; for an empty one, on each run that
/// somebody may get.
pub fn key(lesson: &Lesson, item: &str, who: Option<&str>) -> Vec<String> {
    let Some(kind) = lesson.item(item) else { return vec![format!("there is no item \"{item}\"")] };
    if let Kind::Challenge(c) = kind {
        let [gold, silver, bronze] = c.medals;
        return vec![format!("won when {}; {}: gold at most {gold}, silver {silver}, bronze {bronze}", c.win, c.score)];
    }
    let figure = lesson.figure_of(item);
    let seeds = match (who, figure) {
        (Some(who), Some(figure)) => vec![lesson.seed_of(who, figure, 0)],
        (None, Some(figure)) => lesson.seeds_of(figure),
        (_, None) => vec![None],
    };
    let mut groups: Vec<(Vec<String>, Vec<Option<u64>>)> = Vec::new();
    for seed in seeds {
        let lines = match truth(lesson, kind, seed) {
            Some(Ok(truth)) => right_lines(kind, &truth),
            Some(Err((_, why))) => vec![why],
            None => Vec::new(),
        };
        match groups.iter_mut().find(|(known, _)| *known == lines) {
            Some((_, seeds)) => seeds.push(seed),
            None => groups.push((lines, vec![seed])),
        }
    }
    let alone = groups.len() == 1;
    let name = |seed: &Option<u64>| seed.map_or("own".to_owned(), |s| s.to_string());
    let of_group = |(lines, seeds): (Vec<String>, Vec<Option<u64>>)| {
        let on = if alone { String::new() } else { format!(" (seeds {})", seeds.iter().map(name).collect::<Vec<_>>().join(", ")) };
        lines.into_iter().map(move |line| format!("{line}{on}"))
    };
    groups.into_iter().flat_map(of_group).collect()
}

fn right_lines(kind: &Kind, truth: &Truth) -> Vec<String> {
    match (kind, truth) {
        (Kind::Question(q), Truth::Options(right)) => {
            let so = q.options.iter().zip(right).enumerate().filter(|(_, (_, right))| **right);
            so.map(|(i, (option, _))| format!("{}. {}", i + 1, plain(&option.text))).collect()
        }
        (Kind::Table(t), Truth::Cells(cells)) => {
            t.rows.iter().zip(cells).map(|(row, cell)| format!("{}: {}", plain(&row.label), cell_text(&row.cell, cell))).collect()
        }
        _ => Vec::new(),
    }
}

fn cell_text(cell: &Cell, truth: &Filled) -> String {
    match (cell, truth) {
        (Cell::Number(_, within), Filled::Number(value)) if *within > 0.0 => format!("{} (within {within} %)", value_text(value)),
        (_, Filled::Number(value)) => value_text(value),
        (Cell::Pick(picks), Filled::Pick(right)) => {
            let so = picks.iter().zip(right).filter(|(_, right)| **right).map(|((text, _), _)| text.as_str());
            so.collect::<Vec<_>>().join(", ")
        }
        _ => String::new(),
    }
}
