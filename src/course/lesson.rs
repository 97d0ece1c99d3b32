//! A lesson as it is read: steps of prose and blocks, and the figures they speak of.

use super::scenario::Edit;
use crate::lab::{Condition, Quantity, Script};

/// A lesson.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Lesson {
    /// Its file or address, for messages.
    pub file: String,
    /// Its short name: that of its file.
    pub slug: String,
    /// A print of its text: lessons of one name and two prints are two versions.
    pub print: u32,
    /// Its title.
    pub title: String,
    /// Its place in the course; none for lessons of others.
    pub unit: Option<u32>,
    /// How long it takes, in minutes.
    pub minutes: u32,
    /// What it is about, in a sentence.
    pub about: String,
    /// What a reader should be able to say afterwards.
    pub goals: Vec<Vec<Inline>>,
    /// Its steps.
    pub steps: Vec<Step>,
    /// Its figures, in the order of the text.
    pub figures: Vec<Figure>,
}

/// A step: a heading of the second level and what follows it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Step {
    /// Its heading.
    pub title: String,
    /// Its line in the file.
    pub line: usize,
    /// What it consists of.
    pub blocks: Vec<Block>,
}

/// A part of a step.
#[derive(Debug, Clone, PartialEq)]
pub struct Block {
    /// Its line in the file.
    pub line: usize,
    /// What it is.
    pub kind: Kind,
}

/// What a part of a step is.
#[derive(Debug, Clone, PartialEq)]
pub enum Kind {
    /// A heading of the third level.
    Heading(Vec<Inline>),
    /// A paragraph.
    Paragraph(Vec<Inline>),
    /// A list, numbered or not.
    List(bool, Vec<Vec<Block>>),
    /// A quotation.
    Quote(Vec<Block>),
    /// A table: its head and its rows.
    Grid(Vec<Vec<Inline>>, Vec<Vec<Vec<Inline>>>),
    /// A note in the margin.
    Note(Vec<Block>),
    /// A note for whoever presents the lesson to a class.
    Teacher(Vec<Block>),
    /// A live figure, by its place among the lesson's figures.
    Figure(usize),
    /// A question: a prediction before a run, a quiz, or a hunt for a broken rule.
    Question(Question),
    /// The same run with one thing changed.
    WhatIf(WhatIf),
    /// Something to bring about.
    Challenge(Challenge),
    /// A quantity against a setting, measured on many runs.
    Plot(Plot),
    /// Numbers or choices to fill in, or one number to estimate.
    Table(Table),
    /// A worked case: a run told beat by beat.
    Case(Case),
    /// Code to read.
    Code(Code),
    /// Something measured in the reader's own browser.
    Measure(Measure),
}

/// A part of a line of text.
#[derive(Debug, Clone, PartialEq)]
pub enum Inline {
    /// Plain text.
    Text(String),
    /// Important.
    Strong(Vec<Inline>),
    /// Stressed.
    Emphasis(Vec<Inline>),
    /// Code, a key, a value.
    Code(String),
    /// A link or a word tied to a mark.
    Link(Target, Vec<Inline>),
    /// A value computed by the engine.
    Live(Live),
    /// A number that its author vouches for: no run has it.
    Said(String),
}

/// Where a link leads.
#[derive(Debug, Clone, PartialEq)]
pub enum Target {
    /// `mark:C`: a node or client in a figure lights up.
    Mark(String),
    /// `at:2s`, `at:time(…)`: a figure goes to this instant.
    Moment(Live),
    /// `figure:name`: a figure.
    Figure(usize),
    /// `lesson:slug`: another lesson.
    Lesson(String),
    /// `run:slug`: a run of the gallery, in the lab.
    Run(String),
    /// `term:quorum`: a term of the glossary.
    Term(String),
    /// `ref:name`: an entry of the references.
    Reference(String),
    /// `#/lab`: a place of this page.
    Page(String),
    /// `https:`: somewhere else.
    Web(String),
}

impl Target {
    /// Whether it leads to something of the lesson itself: then what stands in the link has no source but the lesson.
    pub fn is_within(&self) -> bool {
        matches!(self, Target::Mark(_) | Target::Moment(_) | Target::Figure(_) | Target::Term(_))
    }
}

/// Something computed on a figure's run.
#[derive(Debug, Clone, PartialEq)]
pub struct Live {
    /// The figure, by its place.
    pub figure: usize,
    /// What.
    pub quantity: Quantity,
    /// Its line in the file.
    pub line: usize,
}

/// Something claimed of a run, that the checker proves.
#[derive(Debug, Clone, PartialEq)]
pub struct Claim {
    /// What.
    pub condition: Condition,
    /// Its line in the file.
    pub line: usize,
}

/// A live figure.
#[derive(Debug, Clone, PartialEq)]
pub struct Figure {
    /// Its name.
    pub name: String,
    /// Its line in the file.
    pub line: usize,
    /// The run file it begins with; an empty ring if none.
    pub base: Option<String>,
    /// What is changed in that.
    pub edits: Vec<Edit>,
    /// The run, once it is put together.
    pub script: Option<Script>,
    /// What stands under it.
    pub caption: Vec<Inline>,
    /// What the text relies on.
    pub claims: Vec<Claim>,
    /// Seeds with which it may be run again; all of them keep what is claimed.
    pub seeds: Vec<u64>,
    /// Its beats.
    pub beats: Vec<Beat>,
    /// Where a reader begins.
    pub start: Option<Quantity>,
    /// Whether lanes of time are drawn under the stage.
    pub lanes: bool,
    /// Whether it is only spoken of and opened from links, not drawn in the text.
    pub hidden: bool,
}

/// An instant of a run with what is said of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Beat {
    /// When.
    pub at: Quantity,
    /// What is said.
    pub text: Vec<Inline>,
    /// What must hold then.
    pub claim: Option<Claim>,
    /// Its line in the file.
    pub line: usize,
}

/// What a question is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    /// Before a run: the figure stands still until it is answered.
    Predict,
    /// About runs that options bring along.
    Quiz,
    /// Which rule is broken: options mend one each.
    Hunt,
}

/// A question with options, graded by the engine.
#[derive(Debug, Clone, PartialEq)]
pub struct Question {
    /// Its name in the answers' log.
    pub name: String,
    /// Which kind.
    pub asked: Asked,
    /// The figure it is about.
    pub figure: usize,
    /// Where the figure stands while it is asked.
    pub at: Option<Quantity>,
    /// How far the figure runs afterwards; to its end if left out.
    pub until: Option<Quantity>,
    /// The question.
    pub ask: Vec<Inline>,
    /// The options.
    pub options: Vec<Choice>,
    /// Whether several may be right and all of them are to be chosen.
    pub many: bool,
    /// What is said to everyone afterwards.
    pub say: Vec<Inline>,
    /// Experiments that may be made first.
    pub trials: Vec<super::tries::Trial>,
}

/// An option of a question.
#[derive(Debug, Clone, PartialEq)]
pub struct Choice {
    /// Its line in the file.
    pub line: usize,
    /// Its text.
    pub text: Vec<Inline>,
    /// It is right if this holds at the end of its run.
    pub when: Condition,
    /// The figure it is judged on.
    pub figure: usize,
    /// What is changed in that figure's run first.
    pub with: Vec<Edit>,
    /// What is said to who chose it.
    pub say: Vec<Inline>,
    /// The moment that shows it, on its figure.
    pub moment: Option<Quantity>,
}

/// The same run with one thing changed.
#[derive(Debug, Clone, PartialEq)]
pub struct WhatIf {
    /// Its name.
    pub name: String,
    /// The figure whose run it is.
    pub figure: usize,
    /// What is asked.
    pub ask: Vec<Inline>,
    /// The run as it is, in a few words.
    pub left: String,
    /// The changed run, in a few words.
    pub right: String,
    /// What is changed.
    pub change: Vec<Edit>,
    /// What is compared.
    pub rows: Vec<(String, Quantity)>,
    /// What must hold on the left and on the right.
    pub claims: (Vec<Claim>, Vec<Claim>),
}

/// Something to bring about.
#[derive(Debug, Clone, PartialEq)]
pub struct Challenge {
    /// Its name.
    pub name: String,
    /// Its title.
    pub title: String,
    /// The figure it begins with.
    pub figure: usize,
    /// What is asked.
    pub ask: Vec<Inline>,
    /// Commands that may be used, by their names in run files; any if empty.
    pub allow: Vec<String>,
    /// Settings that may be changed from the start, by their places (`read.repair`).
    pub settings: Vec<String>,
    /// Commands that may be added.
    pub at_most: usize,
    /// Won if this holds at the end.
    pub win: Condition,
    /// What counts: less is better.
    pub score: Quantity,
    /// The most that is gold, silver and bronze.
    pub medals: [f64; 3],
    /// What is said when it is won.
    pub say: Vec<Inline>,
    /// What is said of wrong attempts: the first whose condition holds.
    pub verdicts: Vec<Verdict>,
    /// A solution.
    pub solution: Attempt,
    /// Wrong attempts.
    pub attempts: Vec<Attempt>,
}

/// What is said of a wrong attempt.
#[derive(Debug, Clone, PartialEq)]
pub struct Verdict {
    /// Its name.
    pub name: String,
    /// If this holds.
    pub when: Condition,
    /// What is said.
    pub say: Vec<Inline>,
}

/// Commands that somebody may try.
#[derive(Debug, Clone, PartialEq)]
pub struct Attempt {
    /// Its line in the file.
    pub line: usize,
    /// What it is, in words.
    pub name: String,
    /// What is done.
    pub edits: Vec<Edit>,
    /// The verdict or medal it must get.
    pub gets: String,
}

/// A quantity against a setting.
#[derive(Debug, Clone, PartialEq)]
pub struct Plot {
    /// Its name.
    pub name: String,
    /// The figure whose run is varied.
    pub figure: usize,
    /// What the x axis is.
    pub x: String,
    /// What the y axis is.
    pub y: String,
    /// What is changed at each point: its x and its changes.
    pub points: Vec<(String, Vec<Edit>)>,
    /// The lines: name, quantity, and what is changed for this line.
    pub lines: Vec<(String, Quantity, Vec<Edit>)>,
    /// What must hold at points: the point's x and the condition.
    pub claims: Vec<(String, Claim)>,
}

/// Cells to fill in.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    /// Its name.
    pub name: String,
    /// What is asked.
    pub ask: Vec<Inline>,
    /// The rows.
    pub rows: Vec<Row>,
    /// What is said afterwards.
    pub say: Vec<Inline>,
    /// Whether it is one number to estimate before it is measured.
    pub estimate: bool,
}

/// A row with a cell to fill in.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// Its line in the file.
    pub line: usize,
    /// What it asks for.
    pub label: Vec<Inline>,
    /// The figure it is measured on.
    pub figure: usize,
    /// What is changed in that figure's run first.
    pub with: Vec<Edit>,
    /// What belongs into it.
    pub cell: Cell,
}

/// What belongs into a cell.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    /// A number, and how far beside it is still right: a share of it in percent.
    Number(Quantity, f64),
    /// One of these: right is whose condition holds.
    Pick(Vec<(String, Condition)>),
}

/// A run told beat by beat.
#[derive(Debug, Clone, PartialEq)]
pub struct Case {
    /// Its name.
    pub name: String,
    /// The figure.
    pub figure: usize,
    /// What is told.
    pub beats: Vec<Beat>,
}

/// Code to read.
#[derive(Debug, Clone, PartialEq)]
pub struct Code {
    /// The file of this project that it is taken from.
    pub from: Option<String>,
    /// The code.
    pub text: String,
    /// What is said of single lines: the line from 1, and the words.
    pub notes: Vec<(usize, Vec<Inline>)>,
}

/// Something measured in the reader's own browser, which no run can say.
#[derive(Debug, Clone, PartialEq)]
pub struct Measure {
    /// What: one of [`MEASURES`].
    pub name: String,
    /// What is asked.
    pub ask: Vec<Inline>,
}

/// What can be measured: the time that each digest function takes.
pub const MEASURES: [&str; 1] = ["digests"];

impl Lesson {
    /// The run files it needs, each once; a figure that begins with the run of one above it needs none.
    pub fn runs(&self) -> Vec<&str> {
        let mut found: Vec<&str> = Vec::new();
        for (i, name) in self.figures.iter().enumerate().filter_map(|(i, f)| Some((i, f.base.as_deref()?))) {
            if !found.contains(&name) && self.figures[..i].iter().all(|f| f.name != name) {
                found.push(name);
            }
        }
        found
    }

    /// All its blocks with the places of their steps, those within notes included.
    pub fn blocks(&self) -> impl Iterator<Item = (usize, &Block)> {
        self.steps.iter().enumerate().flat_map(|(i, step)| step.blocks.iter().map(move |block| (i, block)))
    }
}
