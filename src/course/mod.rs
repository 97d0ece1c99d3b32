//! Floor 3: the course. A lesson is one text file; what it says of runs is computed by the engine, in the page and by the checker alike.

mod answers;
mod blocks;
mod bounds;
mod catalogue;
mod check;
mod facts;
mod fault;
mod fields;
mod grade;
mod handin;
mod lesson;
mod link;
mod numbers;
mod prose;
mod read;
mod scenario;
mod shipped;
mod tell;
mod tries;
mod vote;
mod words;

pub use answers::{Answer, Answers, Grade, LOG_VERSION, On, Truth, fits, grade, run_of, truth};
pub use bounds::{Bounds, LESSON_BOUNDS};
pub use catalogue::{Listed, PARTS, Reference, Unit, Word, name_of_word, references, units, words};
pub use check::{Library, check};
pub use facts::Facts;
pub use fault::{Fault, told};
pub use grade::{Filled, Judged, Medal, attempted, filled, is_near, judge, plotted, right};
pub use handin::{
    Class, Given, Grader, HANDIN_BOUNDS, HANDIN_VERSION, HandIn, HandInBounds, Handed, Mark, Progress, Remark, SHEET_ITEMS, Sheet,
    Standing, Tried, WHO, key, who,
};
pub use lesson::{
    Asked, Attempt, Beat, Block, Case, Cell, Challenge, Choice, Claim, Code, Figure, Inline, Kind, Lesson, Live, MEASURES, Measure, Plot,
    Question, Row, Step, Table, Target, Verdict, WhatIf,
};
pub use scenario::{Edit, changed};
pub use shipped::{shipped, shipped_runs};
pub use tell::{answers, value_text};
pub use tries::{Trial, tried};
pub use vote::{Damaged, Tally, VOTE_BOUNDS, VoteBounds, ballot, count};
