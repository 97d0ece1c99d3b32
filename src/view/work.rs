//! What a learner has answered, before and after: for each item how the first answer was and how the latest is.

use super::format::counted;
use super::value_text::shown;
use crate::course::{Answer, Answers, Cell, Filled};

/// How an answer stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Was {
    /// Right, or won.
    Right,
    /// Not right.
    Wrong,
}

impl Was {
    const fn of(right: bool) -> Was {
        if right { Was::Right } else { Was::Wrong }
    }

    /// In a word.
    pub const fn word(self) -> &'static str {
        match self {
            Was::Right => "right",
            Was::Wrong => "wrong",
        }
    }
}

/// One item: its name, its first answer and its latest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// Its name.
    pub name: String,
    /// The first answer.
    pub first: Was,
    /// The latest.
    pub latest: Was,
    /// What a pointer is told.
    pub title: String,
}

impl Item {
    fn of(answer: &Answer) -> Item {
        let (first, latest) = (Was::of(answer.first_right), Was::of(answer.right));
        let name = answer.item.replace('-', " ");
        let medal = answer.medal.map_or(String::new(), |m| format!(", {}", m.name()));
        let tries = counted(u64::from(answer.tries), "try", "tries");
        Item { title: format!("{name}: {} first, {} now{medal} ({tries})", first.word(), latest.word()), name, first, latest }
    }
}

/// What was answered of a lesson.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Work {
    /// The items, in the order in which they were first answered.
    pub items: Vec<Item>,
    /// A line on all of them.
    pub words: String,
}

/// The answers of a log, before and after.
pub fn work(log: &Answers) -> Work {
    let items: Vec<Item> = log.answers.iter().map(Item::of).collect();
    let count = |of: fn(&Item) -> Was| items.iter().filter(|i| of(i) == Was::Right).count();
    let words = match items.len() {
        0 => "nothing answered yet".to_owned(),
        n => format!("{} answered: {} right at first, {} now", n, count(|i| i.first), count(|i| i.latest)),
    };
    Work { items, words }
}

/// What stands in a cell, as it is read: the name of a pick, or the number as it was written.
pub fn cell_words(cell: &Cell, given: &str) -> String {
    match cell {
        Cell::Pick(picks) => {
            let pick = given.parse::<usize>().ok().and_then(|n| picks.get(n.checked_sub(1)?));
            pick.map_or(given.to_owned(), |(text, _)| text.clone())
        }
        Cell::Number(..) => given.to_owned(),
    }
}

/// What belongs into a cell, as the engine measured it.
pub fn measured_words(cell: &Cell, truth: &Filled) -> String {
    match (cell, truth) {
        (Cell::Number(quantity, _), Filled::Number(value)) => shown(quantity, value),
        (Cell::Pick(picks), Filled::Pick(right)) => {
            let so = picks.iter().zip(right).filter(|(_, right)| **right).map(|((text, _), _)| text.as_str());
            so.collect::<Vec<_>>().join(", ")
        }
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::course::{Medal, On};

    #[test]
    fn before_and_after_are_told_apart() {
        let mut log = Answers::new("drift");
        assert_eq!(work(&log).words, "nothing answered yet");
        log.give("who-wins", On::default(), vec!["1".to_owned()], false, None);
        log.give("who-wins", On::default(), vec!["2".to_owned()], true, None);
        log.give("two-faults", On::default(), vec!["1.x".to_owned()], true, Some(Medal::Silver));
        let work = work(&log);
        assert_eq!(work.words, "2 answered: 1 right at first, 2 now");
        assert_eq!(work.items[0].title, "who wins: wrong first, right now (2 tries)");
        assert_eq!(work.items[1].title, "two faults: right first, right now, silver (1 try)");
    }
}
