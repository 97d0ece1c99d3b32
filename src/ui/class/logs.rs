//! The answers that this browser keeps, all lessons together.

use crate::course::{Answers, Progress, units};
use crate::engine::base::arrange;
use crate::ui::lesson::{KEPT, WHO_KEPT, kept};
use crate::ui::storage::{self, NotKept};

/// Every log, in the order of the course; lessons of others after those of the course.
pub fn logs() -> Vec<Answers> {
    let course: Vec<String> = units().into_iter().map(|u| u.slug).collect();
    let place = |slug: &str| course.iter().position(|c| c == slug).unwrap_or(course.len());
    let names = storage::names_for_all(KEPT);
    let mut found: Vec<Answers> = names.iter().filter_map(|name| kept(name.strip_prefix(KEPT)?)).collect();
    arrange(&mut found, |a, b| place(&a.lesson).cmp(&place(&b.lesson)));
    found
}

/// A lesson's title, or its short name if it is none of the course.
pub fn title(slug: &str) -> String {
    units().into_iter().find(|u| u.slug == slug).map_or(slug.to_owned(), |u| format!("{} {}", u.unit, u.title))
}

/// Keeps a name or number; an empty one is forgotten.
pub fn keep_number(number: &str) {
    storage::remember(WHO_KEPT, number);
}

/// Keeps a log.
pub fn keep(log: &Answers) -> Result<(), NotKept> {
    storage::keep_for_all(&format!("{KEPT}{}", log.lesson), &log.text())
}

/// Takes in somebody's progress beside what is here. Returns how many lessons it brought.
pub fn take_in(progress: Progress) -> Result<usize, NotKept> {
    let count = progress.lessons.len();
    for theirs in progress.lessons {
        let log = match kept(&theirs.lesson) {
            Some(mut ours) => {
                ours.join(theirs);
                ours
            }
            None => theirs,
        };
        keep(&log)?;
    }
    if !progress.who.is_empty() && crate::ui::lesson::own_number().is_empty() {
        keep_number(&progress.who);
    }
    Ok(count)
}

/// Forgets every answer of this browser.
pub fn forget_all() {
    storage::names_for_all(KEPT).iter().for_each(|name| storage::forget_for_all(name));
    storage::forget_for_all(crate::ui::course_map::LATEST);
}
