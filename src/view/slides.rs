//! A lesson cut into screens for a room: little enough text on each, every figure with its question, notes kept apart.

use crate::course::{Asked, Block, Inline, Kind, Lesson, Question};

/// Characters of prose that fit on a projector in large type.
const ROOM: usize = 430;
/// Height that a question and its answer may take beside a figure, in the units of a screen of 1280 x 720.
const TALL: usize = 560;
/// Rows to fill in that fit in large type.
const ROWS: usize = 6;

/// What one screen shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slide {
    /// The step it belongs to.
    pub step: usize,
    /// What it shows.
    pub shows: Shows,
    /// Blocks of the step that are told to whoever presents: notes in the margin, and notes for the teacher.
    pub notes: Vec<usize>,
    /// Whether it holds more than fits in large type.
    pub full: bool,
}

/// What a screen shows: blocks by their places in the step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shows {
    /// Text.
    Prose(Vec<usize>),
    /// A figure, by its place in the lesson, and what stands beside it.
    Figure(usize, Option<usize>),
    /// A block of its own.
    Block(usize),
}

impl Slide {
    /// The block that can be revealed on it: a question, or cells to fill in.
    pub fn hides(&self, lesson: &Lesson) -> Option<usize> {
        let block = match self.shows {
            Shows::Figure(_, beside) => beside?,
            Shows::Block(block) => block,
            Shows::Prose(_) => return None,
        };
        let kind = &lesson.steps.get(self.step)?.blocks.get(block)?.kind;
        matches!(kind, Kind::Question(_) | Kind::Table(_)).then_some(block)
    }
}

/// The screens of a lesson, in order.
pub fn slides(lesson: &Lesson) -> Vec<Slide> {
    let mut all: Vec<Slide> = (0..lesson.steps.len()).flat_map(|step| of_step(lesson, step)).collect();
    all.iter_mut().for_each(|slide| slide.full = is_full(lesson, slide));
    all
}

/// Whether a screen holds more than fits in large type.
fn is_full(lesson: &Lesson, slide: &Slide) -> bool {
    let blocks = &lesson.steps[slide.step].blocks;
    match &slide.shows {
        Shows::Prose(all) => all.iter().map(|b| length(&blocks[*b])).sum::<usize>() > ROOM,
        Shows::Figure(_, beside) => beside.is_some_and(|b| match &blocks[b].kind {
            Kind::Question(question) => height(question) > TALL,
            _ => false,
        }),
        Shows::Block(b) => matches!(&blocks[*b].kind, Kind::Table(table) if table.rows.len() > ROWS),
    }
}

/// About how high a question stands with its answer, beside a figure.
fn height(question: &Question) -> usize {
    let lines = |line: &[Inline], room: usize| signs(line).div_ceil(room);
    let options: usize = question.options.iter().map(|o| 28 + 32 * lines(&o.text, 46)).sum();
    // Whichever is right, its words are told, and its mark takes a line.
    let told = question.options.iter().map(|o| 36 + 32 * lines(&o.say, 56)).max().unwrap_or(0);
    let say = if question.say.is_empty() { 0 } else { 8 + 32 * lines(&question.say, 56) };
    40 + 35 * lines(&question.ask, 40) + options + told + say + 44
}

fn of_step(lesson: &Lesson, step: usize) -> Vec<Slide> {
    let blocks = &lesson.steps[step].blocks;
    let mut made: Vec<Slide> = Vec::new();
    // Characters on the latest screen, while it takes more prose.
    let mut room = None::<usize>;
    let mut skip = None;
    let mut waiting = Vec::new();
    for (i, block) in blocks.iter().enumerate() {
        if skip == Some(i) {
            continue;
        }
        let shown = |f: usize| !lesson.figures[f].hidden;
        let shows = match &block.kind {
            Kind::Note(_) | Kind::Teacher(_) => {
                match made.last_mut() {
                    Some(slide) => slide.notes.push(i),
                    None => waiting.push(i),
                }
                continue;
            }
            Kind::Figure(f) if !shown(*f) => continue,
            Kind::Figure(f) => {
                let beside = blocks.get(i + 1).is_some_and(|next| is_about(&next.kind, *f)).then_some(i + 1);
                skip = beside;
                Shows::Figure(*f, beside)
            }
            Kind::Question(q) if q.asked == Asked::Predict && shown(q.figure) => Shows::Figure(q.figure, Some(i)),
            Kind::Case(c) if shown(c.figure) => Shows::Figure(c.figure, Some(i)),
            kind if is_prose(kind) => {
                let length = length(block);
                let fits = |used: &usize| used + length <= ROOM;
                let on = match room.filter(fits) {
                    Some(used) => {
                        if let Some(Slide { shows: Shows::Prose(all), .. }) = made.last_mut() {
                            all.push(i);
                        }
                        room = Some(used + length);
                        continue;
                    }
                    None => Shows::Prose(vec![i]),
                };
                room = Some(length);
                made.push(Slide { step, shows: on, notes: std::mem::take(&mut waiting), full: false });
                continue;
            }
            _ => Shows::Block(i),
        };
        room = None;
        made.push(Slide { step, shows, notes: std::mem::take(&mut waiting), full: false });
    }
    if made.is_empty() {
        made.push(Slide { step, shows: Shows::Prose(Vec::new()), notes: waiting, full: false });
    }
    made
}

/// Whether a block is a question about this figure, or its worked case.
fn is_about(kind: &Kind, figure: usize) -> bool {
    match kind {
        Kind::Question(q) => q.figure == figure,
        Kind::Case(c) => c.figure == figure,
        _ => false,
    }
}

fn is_prose(kind: &Kind) -> bool {
    matches!(kind, Kind::Heading(_) | Kind::Paragraph(_) | Kind::List(..) | Kind::Quote(_) | Kind::Grid(..))
}

/// Characters of a block of prose, as far as they take room.
fn length(block: &Block) -> usize {
    match &block.kind {
        Kind::Heading(line) | Kind::Paragraph(line) => signs(line) + 20,
        // Each item begins a line.
        Kind::List(_, items) => items.iter().flatten().map(|b| length(b) + 10).sum(),
        Kind::Quote(inner) => inner.iter().map(length).sum(),
        Kind::Grid(_, rows) => rows.iter().map(|row| 30 + row.iter().map(|cell| signs(cell)).sum::<usize>()).sum(),
        _ => 0,
    }
}

fn signs(line: &[Inline]) -> usize {
    let one = |part: &Inline| match part {
        Inline::Text(text) | Inline::Code(text) | Inline::Said(text) => text.chars().count(),
        Inline::Strong(inner) | Inline::Emphasis(inner) | Inline::Link(_, inner) => signs(inner),
        Inline::Live(_) => 6,
    };
    line.iter().map(one).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "---\ntitle: T\n---\n## One\n\nFirst.\n\n```teacher\nAsk them.\n```\n\nSecond.\n\n```figure f\nnodes: 3\nend: 1s\n```\n```predict p\nask: a?\noption: x\n  if: agreement\n  say: s\noption: y\n  if: disagreement\n  say: s\n```\n\nAfter.\n\n```note\nIn the margin.\n```\n```case c\nbeat: 1ms | a\n```\n## Two\n```figure hid\nnodes: 3\nend: 1s\nhidden: yes\n```\n```quiz q\nask: b?\noption: x\n  if: agreement\n  say: s\noption: y\n  if: disagreement\n  say: s\n```\n";

    #[test]
    fn text_stands_together_figures_with_their_questions_and_notes_apart() {
        let lesson = Lesson::read("t.md", TEXT).expect("it can be read");
        let all = slides(&lesson);
        let shows: Vec<(usize, Shows)> = all.iter().map(|s| (s.step, s.shows.clone())).collect();
        assert_eq!(
            shows,
            [
                (0, Shows::Prose(vec![0, 2])),
                (0, Shows::Figure(0, Some(4))),
                (0, Shows::Prose(vec![5])),
                (0, Shows::Figure(0, Some(7))),
                (1, Shows::Block(1)),
            ]
        );
        assert_eq!(all.iter().map(|s| s.notes.clone()).collect::<Vec<_>>(), [vec![1], vec![], vec![6], vec![], vec![]]);
        assert_eq!(all.iter().map(|s| s.hides(&lesson)).collect::<Vec<_>>(), [None, Some(4), None, None, Some(1)]);
    }

    #[test]
    fn what_is_too_long_for_large_type_is_told_apart() {
        let lesson = Lesson::read("t.md", TEXT).expect("it can be read");
        assert!(slides(&lesson).iter().all(|s| !s.full), "little is large");
        let long = TEXT.replace("ask: a?", &format!("ask: {}", "a long question, in many words. ".repeat(12)));
        let lesson = Lesson::read("t.md", &long).expect("it can be read");
        assert_eq!(slides(&lesson).iter().map(|s| s.full).collect::<Vec<_>>(), [false, true, false, false, false]);
        let list = format!("---\ntitle: T\n---\n## One\n\n{}", "- One of the many items of a list.\n".repeat(12));
        let lesson = Lesson::read("t.md", &list).expect("it can be read");
        assert!(slides(&lesson)[0].full, "a list is not cut");
    }

    #[test]
    fn long_text_is_cut_and_nothing_is_lost() {
        let text = format!("---\ntitle: T\n---\n## One\n\n{}", "A sentence that fills the room of a screen, more or less.\n\n".repeat(30));
        let lesson = Lesson::read("t.md", &text).expect("it can be read");
        let all = slides(&lesson);
        let each: Vec<usize> = all.iter().map(|s| if let Shows::Prose(b) = &s.shows { b.len() } else { 0 }).collect();
        assert_eq!(each.iter().sum::<usize>(), 30);
        assert!(each.iter().all(|n| (1..=6).contains(n)), "{each:?}");
        let empty = Lesson::read("t.md", "---\ntitle: T\n---\n## One\n").expect("it can be read");
        assert_eq!(slides(&empty).len(), 1);
    }
}
