//! How long a class takes to grade: two hundred hand-ins over every lesson that is shipped, each with runs of its own.
use drift::course::{Answers, Class, Filled, Grader, HandIn, Kind, Lesson, On, filled, right, shipped, shipped_runs, value_text};
use drift::lab::{Session, gallery, to_link};
use drift_bench::{machine, median, write_section};
use std::collections::BTreeMap;
use std::hint::black_box;
use std::time::Instant;

/// Hand-ins of the class.
const CLASS: usize = 200;
/// Rounds of which the median is taken.
const ROUNDS: usize = 3;

/// What is right on a run, so that every learner is made quickly.
type Known = BTreeMap<(String, Option<u64>), Vec<String>>;

fn main() -> std::io::Result<()> {
    let lessons = lessons();
    let mut known = Known::new();
    let class: Vec<String> = (1..=CLASS).map(|n| hand_in(&lessons, n as u64, &mut known).text()).collect();
    let answers: usize = lessons.iter().map(|l| l.items().len()).sum();
    let bytes: usize = class.iter().map(String::len).sum();
    let mut times = Vec::new();
    let mut runs = 0;
    for _ in 0..ROUNDS {
        let start = Instant::now();
        let mut graded = Class::new(Grader::new(lessons.clone()));
        for (n, text) in class.iter().enumerate() {
            graded.add(&n.to_string(), HandIn::read(text));
        }
        graded.compare();
        black_box((graded.table(), graded.csv()));
        times.push(start.elapsed());
        runs = graded.played();
    }
    let one = median(&mut times).as_secs_f64();
    let out = format!(
        "{CLASS} hand-ins, from their texts to both tables, on one core; the median of {ROUNDS} rounds. Each has all {answers} items of {} lessons, answered on the\n\
         runs of its own number, and its own run of every challenge. What the engine says to an item is asked once for each seed: the engine is asked {runs} times.\n{}\n\n\
         | hand-ins | bytes | seconds | hand-ins a second |\n|---|---|---|---|\n| {CLASS} | {bytes} | {one:.2} | {:.0} |",
        lessons.len(),
        machine(),
        CLASS as f64 / one,
    );
    println!("{out}");
    write_section("Grading", &out)
}

fn lessons() -> Vec<Lesson> {
    let read = |(slug, text): &(&str, &str)| {
        let mut lesson = Lesson::read(&format!("{slug}.md"), text).unwrap_or_default();
        let run = |name: &str| gallery().iter().chain(shipped_runs()).find(|(slug, _)| *slug == name).map(|(_, text)| (*text).to_owned());
        lesson.link(run).map(|()| lesson).unwrap_or_default()
    };
    shipped().iter().map(read).collect()
}

fn hand_in(lessons: &[Lesson], n: u64, known: &mut Known) -> HandIn {
    let who = n.to_string();
    let logs: Vec<Answers> = lessons.iter().map(|lesson| log(lesson, &who, n, known)).collect();
    HandIn::of(&who, &logs, true)
}

fn log(lesson: &Lesson, who: &str, n: u64, known: &mut Known) -> Answers {
    let mut log = Answers::new(&lesson.slug);
    for (_, item) in lesson.items() {
        let Some(kind) = lesson.item(item) else { continue };
        let on = lesson.figure_of(item).map(|f| On { seed: lesson.seed_of(who, f, 0), turn: 0 }).unwrap_or_default();
        let name = (format!("{}/{item}", lesson.slug), on.seed);
        let given = if matches!(kind, Kind::Challenge(_)) {
            tried(lesson, kind, on.seed, n)
        } else {
            known.entry(name).or_insert_with(|| answered(lesson, kind, on.seed)).clone()
        };
        log.give(item, on, given, true, None);
    }
    log
}

fn answered(lesson: &Lesson, kind: &Kind, seed: Option<u64>) -> Vec<String> {
    match kind {
        Kind::Question(q) => {
            let right = right(lesson, q, seed).unwrap_or_default();
            right.iter().enumerate().filter(|(_, so)| **so).map(|(i, _)| (i + 1).to_string()).collect()
        }
        Kind::Table(t) => t
            .rows
            .iter()
            .map(|row| match filled(lesson, row, seed) {
                Ok(Filled::Number(value)) => value_text(&value),
                Ok(Filled::Pick(right)) => (right.iter().position(|so| *so).unwrap_or_default() + 1).to_string(),
                Err(_) => String::new(),
            })
            .collect(),
        _ => Vec::new(),
    }
}

/// A solution, its last command so many microseconds later: no two learners tried the same run.
fn tried(lesson: &Lesson, kind: &Kind, seed: Option<u64>, n: u64) -> Vec<String> {
    let Kind::Challenge(c) = kind else { return Vec::new() };
    let Ok(mut script) = lesson.variant(c.figure, &c.solution.edits, seed) else { return Vec::new() };
    let end = script.end;
    if let Some(last) = script.commands.last_mut() {
        last.at.0 = (last.at.0 + n).min(end.0);
    }
    Session::open(script).ok().and_then(|s| to_link(&s).ok()).into_iter().collect()
}
