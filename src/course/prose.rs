//! Markdown: paragraphs, lists, quotations, tables, and what stands in a line. Values of the engine stand in `{{…}}`.

use std::ops::Range;

use pulldown_cmark::{Event, HeadingLevel, Options, Parser, Tag, TagEnd};

use super::bounds::LESSON_BOUNDS;
use super::fault::Wrong;
use super::lesson::{Block, Inline, Kind, Target};
use super::read::Around;

/// What prose consists of.
pub(super) enum Found {
    /// A step begins: its heading and its line.
    Step(String, usize),
    /// A part of the step.
    Block(Box<Block>),
}

/// Stands for the value number n in the text that Markdown sees: a letter that nobody writes, then the number.
const MARK: char = '\u{e000}';
const END: char = '\u{e001}';

struct Cursor<'a> {
    events: std::iter::Peekable<std::vec::IntoIter<(Event<'a>, Range<usize>)>>,
    text: &'a str,
    first: usize,
    values: Vec<(usize, String)>,
    around: &'a Around,
}

/// Takes the `{{…}}` out of a text. Returns the text with marks, and what they stand for with their lines.
fn take_values(text: &str, first: usize) -> Result<(String, Vec<(usize, String)>), Wrong> {
    let (mut made, mut values) = (String::new(), Vec::new());
    for (i, whole) in text.split_inclusive('\n').enumerate() {
        let mut rest = whole;
        while let Some((before, after)) = rest.split_once("{{") {
            let (inner, after) = after.split_once("}}").ok_or((first + i, "expected }} on the same line as {{".to_owned()))?;
            made.push_str(before);
            made.push_str(&format!("{MARK}{}{END}", values.len()));
            values.push((first + i, inner.trim().to_owned()));
            rest = after;
        }
        made.push_str(rest);
    }
    Ok((made, values))
}

fn cursor<'a>(text: &'a str, first: usize, values: Vec<(usize, String)>, around: &'a Around) -> Cursor<'a> {
    let events: Vec<_> = Parser::new_ext(text, Options::ENABLE_TABLES).into_offset_iter().collect();
    Cursor { events: events.into_iter().peekable(), text, first, values, around }
}

/// Reads prose. The text's first line is line `first` of the file.
pub(super) fn blocks(text: &str, first: usize, around: &Around) -> Result<Vec<Found>, Wrong> {
    let (text, values) = take_values(text, first)?;
    let mut cursor = cursor(&text, first, values, around);
    let mut found = Vec::new();
    while let Some((event, range)) = cursor.events.next() {
        if let Event::Start(Tag::Heading { level: HeadingLevel::H2, .. }) = event {
            let line = cursor.line(&range);
            let title = plain(&cursor.inline(TagEnd::Heading(HeadingLevel::H2))?);
            found.push(Found::Step(title, line));
        } else if let Some(block) = cursor.block(event, &range)? {
            found.push(Found::Block(Box::new(block)));
        }
    }
    Ok(found)
}

/// Reads one paragraph as parts of a line.
pub(super) fn inlines(text: &str, line: usize, around: &Around) -> Result<Vec<Inline>, Wrong> {
    let (text, values) = take_values(text, line)?;
    let mut cursor = cursor(&text, line, values, around);
    match cursor.events.next() {
        None => Ok(Vec::new()),
        Some((Event::Start(Tag::Paragraph), _)) => cursor.inline(TagEnd::Paragraph),
        // A text such as "- 3" or "1. x" would be a list: taken as it stands.
        Some(_) => Ok(vec![Inline::Text(text)]),
    }
}

/// A line's text without marks.
pub(super) fn plain(parts: &[Inline]) -> String {
    let one = |part: &Inline| match part {
        Inline::Text(text) | Inline::Code(text) | Inline::Said(text) => text.clone(),
        Inline::Strong(inner) | Inline::Emphasis(inner) | Inline::Link(_, inner) => plain(inner),
        Inline::Live(_) => "…".to_owned(),
    };
    parts.iter().map(one).collect()
}

impl<'a> Cursor<'a> {
    fn line(&self, range: &Range<usize>) -> usize {
        self.first + self.text[..range.start].matches('\n').count()
    }

    /// The part of a step that begins with this event; none for what is passed over.
    fn block(&mut self, event: Event<'a>, range: &Range<usize>) -> Result<Option<Block>, Wrong> {
        let line = self.line(range);
        let kind = match event {
            Event::Start(Tag::Paragraph) => Kind::Paragraph(self.paragraph(line)?),
            Event::Start(Tag::Heading { level: HeadingLevel::H3, .. }) => Kind::Heading(self.inline(TagEnd::Heading(HeadingLevel::H3))?),
            Event::Start(Tag::Heading { .. }) => {
                return Err((line, "expected ## for a step or ### within one: the lesson's title stands in its head".to_owned()));
            }
            Event::Start(Tag::List(start)) => Kind::List(start.is_some(), self.list()?),
            Event::Start(Tag::BlockQuote(kind)) => Kind::Quote(self.until(TagEnd::BlockQuote(kind))?),
            Event::Start(Tag::Table(_)) => self.table()?,
            Event::Rule => return Ok(None),
            Event::Start(Tag::CodeBlock(_)) => return Err((line, "expected code in a block ```code … ```".to_owned())),
            _ => return Err((line, "expected a paragraph, a list, a quotation, a table or a block".to_owned())),
        };
        Ok(Some(Block { line, kind }))
    }

    fn paragraph(&mut self, line: usize) -> Result<Vec<Inline>, Wrong> {
        let made = self.inline(TagEnd::Paragraph)?;
        let most = LESSON_BOUNDS.paragraph;
        if plain(&made).chars().count() > most {
            return Err((line, format!("expected at most {most} characters in a paragraph")));
        }
        Ok(made)
    }

    /// Parts up to an end.
    fn until(&mut self, end: TagEnd) -> Result<Vec<Block>, Wrong> {
        let mut blocks = Vec::new();
        while let Some((event, range)) = self.events.next() {
            match event {
                Event::End(tag) if tag == end => break,
                // A tight list's item has no paragraph of its own.
                Event::Text(_) | Event::Code(_) | Event::Start(Tag::Emphasis | Tag::Strong | Tag::Link { .. }) => {
                    let line = self.line(&range);
                    let mut parts = Vec::new();
                    self.part(event, &range, &mut parts)?;
                    while let Some((next, _)) = self.events.peek() {
                        let ends = matches!(next, Event::End(tag) if *tag == end);
                        if ends || matches!(next, Event::Start(Tag::List(_) | Tag::Paragraph | Tag::BlockQuote(_))) {
                            break;
                        }
                        if let Some((event, range)) = self.events.next() {
                            self.part(event, &range, &mut parts)?;
                        }
                    }
                    blocks.push(Block { line, kind: Kind::Paragraph(parts) });
                }
                event => blocks.extend(self.block(event, &range)?),
            }
        }
        Ok(blocks)
    }

    fn list(&mut self) -> Result<Vec<Vec<Block>>, Wrong> {
        let mut items = Vec::new();
        while let Some((event, _)) = self.events.next() {
            match event {
                Event::End(TagEnd::List(_)) => break,
                Event::Start(Tag::Item) => items.push(self.until(TagEnd::Item)?),
                _ => {}
            }
        }
        Ok(items)
    }

    fn table(&mut self) -> Result<Kind, Wrong> {
        let (mut head, mut rows, mut row) = (Vec::new(), Vec::new(), Vec::new());
        while let Some((event, _)) = self.events.next() {
            match event {
                Event::End(TagEnd::Table) => break,
                Event::Start(Tag::TableCell) => row.push(self.inline(TagEnd::TableCell)?),
                Event::End(TagEnd::TableHead) => head = std::mem::take(&mut row),
                Event::End(TagEnd::TableRow) => rows.push(std::mem::take(&mut row)),
                _ => {}
            }
        }
        Ok(Kind::Grid(head, rows))
    }

    /// What stands in a line, up to an end.
    fn inline(&mut self, end: TagEnd) -> Result<Vec<Inline>, Wrong> {
        let mut parts = Vec::new();
        while let Some((event, range)) = self.events.next() {
            if matches!(&event, Event::End(tag) if *tag == end) {
                break;
            }
            self.part(event, &range, &mut parts)?;
        }
        Ok(parts)
    }

    fn part(&mut self, event: Event<'a>, range: &Range<usize>, parts: &mut Vec<Inline>) -> Result<(), Wrong> {
        let line = self.line(range);
        match event {
            Event::Text(text) => self.text(&text, parts)?,
            Event::Code(code) => parts.push(self.code(&code)),
            Event::SoftBreak | Event::HardBreak => push_text(parts, " "),
            Event::Start(Tag::Strong) => parts.push(Inline::Strong(self.inline(TagEnd::Strong)?)),
            Event::Start(Tag::Emphasis) => parts.push(Inline::Emphasis(self.inline(TagEnd::Emphasis)?)),
            Event::Start(Tag::Link { dest_url, .. }) => {
                let target = self.target(&dest_url, line)?;
                parts.push(Inline::Link(target, self.inline(TagEnd::Link)?));
            }
            Event::Start(Tag::Image { .. }) => return Err((line, "expected a figure instead of an image".to_owned())),
            Event::Html(_) | Event::InlineHtml(_) => return Err((line, "expected Markdown without HTML".to_owned())),
            _ => {}
        }
        Ok(())
    }

    /// Code keeps `{{…}}` as its author wrote it.
    fn code(&self, code: &str) -> Inline {
        let mut made = code.to_owned();
        for (i, (_, value)) in self.values.iter().enumerate() {
            made = made.replace(&format!("{MARK}{i}{END}"), &format!("{{{{{value}}}}}"));
        }
        Inline::Code(made)
    }

    /// Text with its values.
    fn text(&self, text: &str, parts: &mut Vec<Inline>) -> Result<(), Wrong> {
        let mut rest = text;
        while let Some((before, after)) = rest.split_once(MARK) {
            push_text(parts, before);
            let Some((number, after)) = after.split_once(END) else { break };
            if let Some((line, value)) = number.parse().ok().and_then(|n: usize| self.values.get(n)) {
                let said = value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
                parts.push(match said {
                    Some(said) => Inline::Said(said.to_owned()),
                    None => Inline::Live(self.around.live(value, *line)?),
                });
            }
            rest = after;
        }
        push_text(parts, rest);
        Ok(())
    }

    fn target(&self, to: &str, line: usize) -> Result<Target, Wrong> {
        let wrong = |e: String| (line, e);
        let Some((scheme, rest)) = to.split_once(':').filter(|_| !to.starts_with('#')) else {
            let kept = to.starts_with("#/");
            return if kept {
                Ok(Target::Page(to.to_owned()))
            } else {
                Err(wrong(format!("expected a link such as mark:C or lesson:quorums, found \"{to}\"")))
            };
        };
        let owned = rest.to_owned();
        Ok(match scheme {
            "mark" => Target::Mark(owned),
            "at" => Target::Moment(self.around.live(&rest.replace("%20", " "), line)?),
            "figure" => Target::Figure(self.around.figure(rest).map_err(wrong)?),
            "lesson" => Target::Lesson(owned),
            "run" => Target::Run(owned),
            "term" => Target::Term(owned),
            "ref" => Target::Reference(owned),
            "https" => Target::Web(to.to_owned()),
            _ => {
                return Err(wrong(format!(
                    "expected mark, at, figure, lesson, run, term, ref or https before the colon, found \"{scheme}\""
                )));
            }
        })
    }
}

fn push_text(parts: &mut Vec<Inline>, text: &str) {
    match parts.last_mut() {
        _ if text.is_empty() => {}
        Some(Inline::Text(last)) => last.push_str(text),
        _ => parts.push(Inline::Text(text.to_owned())),
    }
}
