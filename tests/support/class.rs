//! Somebody of a class: what they answer and hand in, rightly or not.
#![allow(dead_code, reason = "shared by several test programs, each of which uses a part")]

use drift::course::{Answers, Challenge, Filled, HandIn, Kind, Lesson, Medal, On, filled, right, shipped, shipped_runs};
use drift::lab::{Session, gallery, to_link};

/// A lesson that is shipped, with its runs.
pub fn lesson(slug: &str) -> Lesson {
    let (_, text) = shipped().iter().find(|(name, _)| *name == slug).expect("it is shipped");
    let mut lesson = Lesson::read(&format!("{slug}.md"), text).expect("it can be read");
    let run = |name: &str| gallery().iter().chain(shipped_runs()).find(|(slug, _)| *slug == name).map(|(_, text)| (*text).to_owned());
    lesson.link(run).expect("its runs are there");
    lesson
}

/// The link of the run that solves a challenge begun with this seed.
pub fn solved(lesson: &Lesson, c: &Challenge, seed: Option<u64>) -> String {
    let script = lesson.variant(c.figure, &c.solution.edits, seed).expect("it has a run");
    to_link(&Session::open(script).expect("within bounds")).expect("short enough")
}

/// What is right of an item on this run, as the page writes it; and something else.
pub fn given(lesson: &Lesson, kind: &Kind, seed: Option<u64>, well: bool) -> Vec<String> {
    match kind {
        Kind::Question(q) => {
            let right = right(lesson, q, seed).expect("it has an answer");
            let chosen = right.iter().enumerate().filter(|(_, so)| **so == well).map(|(i, _)| (i + 1).to_string());
            if well { chosen.collect() } else { chosen.take(1).collect() }
        }
        Kind::Table(t) => {
            let cell = |row| match filled(lesson, row, seed).expect("it is measured") {
                Filled::Number(value) if well => drift::course::value_text(&value).replace(" bytes", ""),
                Filled::Number(_) => "-1".to_owned(),
                Filled::Pick(right) => (1 + right.iter().position(|so| *so == well).expect("one is")).to_string(),
            };
            t.rows.iter().map(cell).collect()
        }
        _ => Vec::new(),
    }
}

/// Somebody who answers all of a lesson; `late` of the items wrongly at first, and then on the same run rightly.
pub fn learner(lesson: &Lesson, who: &str, late: usize) -> Answers {
    let mut log = Answers::new(&lesson.slug);
    (log.text, log.steps) = (lesson.print, lesson.steps.len() as u32);
    for (n, (_, item)) in lesson.items().into_iter().enumerate() {
        let kind = lesson.item(item).expect("it is there");
        let on = lesson.figure_of(item).map(|f| On { seed: lesson.seed_of(who, f, 0), turn: 0 }).unwrap_or_default();
        if let Kind::Challenge(c) = kind {
            log.give(item, on, vec![solved(lesson, c, on.seed)], true, Some(medal(&c.solution.gets)));
            continue;
        }
        if n < late {
            log.give(item, on, given(lesson, kind, on.seed, false), false, None);
        }
        log.give(item, on, given(lesson, kind, on.seed, true), true, None);
    }
    log
}

pub fn medal(name: &str) -> Medal {
    match name {
        "won" => Medal::Won,
        "bronze" => Medal::Bronze,
        "silver" => Medal::Silver,
        _ => Medal::Gold,
    }
}

/// Changes a hand-in as its JSON, and makes its sum fit again, as somebody would who means it.
pub fn forged(made: &HandIn, change: impl Fn(&mut serde_json::Value)) -> HandIn {
    let mut json = serde_json::from_str(&made.text()).expect("it is JSON");
    change(&mut json);
    let mut bare = HandIn::read(&json.to_string()).expect("it can be read");
    let (who, lessons, engine) = (bare.who.clone(), bare.lessons.clone(), bare.engine);
    bare = HandIn::of(&who, &[], false);
    (bare.lessons, bare.engine) = (lessons, engine);
    bare.seal();
    bare
}
