//! Conditions on a whole run and quantities of it, as data: lessons, challenges and "run until" say with them what they wait for.
//!
//! A condition has a text that a person writes and reads back, `eventually(holds(C, x, 2))`; its words (`words`) are what a page shows;
//! a [`Watch`] or a [`Film`] says whether it holds. "Always", "never" and "eventually" reach to the end of the run and no further.

mod eval;
mod film;
mod happening;
mod names;
mod parse;
mod quantity;
mod words;

use std::fmt;

use serde::{Deserialize, Serialize};

pub use eval::Watch;
pub use film::{Film, Seen};
pub use happening::Happening;
pub use names::{NAMES_OF_MESSAGES, name_of_event, name_of_message, names_of_events};
pub use parse::ConditionError;
pub use quantity::{Quantity, Sum, Unit, Value};

use super::predicate::Predicate;
use crate::engine::base::{Micros, NodeId};
use crate::engine::data::Key;

/// How two numbers are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ordering {
    /// `=`
    Equal,
    /// `!=`
    Unequal,
    /// `<`
    Less,
    /// `<=`
    AtMost,
    /// `>`
    More,
    /// `>=`
    AtLeast,
}

impl Ordering {
    /// Each with its sign; longer signs first.
    pub const SIGNS: [(&str, Ordering); 6] = [
        ("!=", Ordering::Unequal),
        ("<=", Ordering::AtMost),
        (">=", Ordering::AtLeast),
        ("=", Ordering::Equal),
        ("<", Ordering::Less),
        (">", Ordering::More),
    ];

    /// Its sign.
    pub fn sign(self) -> &'static str {
        Ordering::SIGNS.iter().find(|(_, o)| *o == self).map_or("=", |(sign, _)| sign)
    }

    /// Whether two numbers stand so.
    pub fn holds(self, a: f64, b: f64) -> bool {
        match self {
            Ordering::Equal => a == b,
            Ordering::Unequal => a != b,
            Ordering::Less => a < b,
            Ordering::AtMost => a <= b,
            Ordering::More => a > b,
            Ordering::AtLeast => a >= b,
        }
    }
}

/// Something that a run does or does not fulfil. In files it is a text.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Condition {
    /// One of the plain signs: `mismatch`, `agreement`.
    Sign(Predicate),
    /// `happens(hint-kept at E for C)`.
    Happens(Happening),
    /// `agree(x)`: all replicas of a key hold the same.
    Agree(Key),
    /// `holds(C, x, 2)`: a node holds this value of a key, as its own copy.
    Holds(NodeId, Key, Text),
    /// `behind(C, x)`: a replica lacks what another one has.
    Behind(NodeId, Key),
    /// `returned(3, 2)`: operation 3 was answered with this value.
    Returned(u32, Text),
    /// `ended(3, timed-out)`: operation 3 ended so.
    Ended(u32, String),
    /// `suspects(A, B)`: A believes B down.
    Suspects(NodeId, NodeId),
    /// `up(B)`: the node runs.
    Up(NodeId),
    /// `same(A, B)`: two nodes hold the same of every key that both are replicas of.
    Same(NodeId, NodeId),
    /// `count(happens) >= 2`.
    Compare(Box<Quantity>, Ordering, Box<Quantity>),
    /// `all(a, b)`.
    All(Vec<Condition>),
    /// `any(a, b)`.
    Any(Vec<Condition>),
    /// `not(a)`.
    Not(Box<Condition>),
    /// `eventually(a)`: at some instant so far.
    Eventually(Box<Condition>),
    /// `always(a)`: at every instant so far.
    Always(Box<Condition>),
    /// `never(a)`: at no instant so far.
    Never(Box<Condition>),
    /// `before(a, b)`: a comes, and b comes later or not at all.
    Before(Box<Condition>, Box<Condition>),
    /// `then(a, b)`: a comes, and b at the same instant or later.
    Then(Box<Condition>, Box<Condition>),
    /// `at(2s, a)`: how it stood at this instant.
    At(Micros, Box<Condition>),
    /// `between(2s, 3s, a)`: at some instant from the first to the second.
    Between(Micros, Micros, Box<Condition>),
}

/// What a row says, for people: a value, or that there is none, or that it was deleted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Text {
    /// `none`: no row.
    None,
    /// `deleted`: a tombstone.
    Deleted,
    /// A value.
    Value(String),
}

impl Text {
    /// From a file: `none`, `deleted`, or a value.
    pub fn read(text: &str) -> Text {
        match text {
            "none" => Text::None,
            "deleted" => Text::Deleted,
            _ => Text::Value(text.to_owned()),
        }
    }

    /// What a row says.
    pub fn of(row: Option<&crate::engine::data::Row>) -> Text {
        match row {
            None => Text::None,
            Some(row) if row.is_deleted() => Text::Deleted,
            Some(row) => Text::Value(String::from_utf8_lossy(row.value().unwrap_or_default()).into_owned()),
        }
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Text::None => f.write_str("none"),
            Text::Deleted => f.write_str("deleted"),
            Text::Value(value) => f.write_str(value),
        }
    }
}

/// A word of a condition: in quotes if it would be read as something else.
pub(super) fn quoted(text: &str) -> String {
    let plain = !text.is_empty() && text.chars().all(parse::is_word);
    if plain { text.to_owned() } else { format!("\"{text}\"") }
}

fn joined(parts: &[Condition]) -> String {
    parts.iter().map(Condition::to_string).collect::<Vec<_>>().join(", ")
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = |t: &Text| quoted(&t.to_string());
        match self {
            Condition::Sign(sign) => f.write_str(sign.name()),
            Condition::Happens(what) => write!(f, "happens({what})"),
            Condition::Agree(key) => write!(f, "agree({})", quoted(key.name())),
            Condition::Holds(node, key, value) => write!(f, "holds({node}, {}, {})", quoted(key.name()), word(value)),
            Condition::Behind(node, key) => write!(f, "behind({node}, {})", quoted(key.name())),
            Condition::Returned(op, value) => write!(f, "returned({op}, {})", word(value)),
            Condition::Ended(op, how) => write!(f, "ended({op}, {how})"),
            Condition::Suspects(a, b) => write!(f, "suspects({a}, {b})"),
            Condition::Up(node) => write!(f, "up({node})"),
            Condition::Same(a, b) => write!(f, "same({a}, {b})"),
            Condition::Compare(a, how, b) => write!(f, "{a} {} {b}", how.sign()),
            Condition::All(parts) => write!(f, "all({})", joined(parts)),
            Condition::Any(parts) => write!(f, "any({})", joined(parts)),
            Condition::Not(a) => write!(f, "not({a})"),
            Condition::Eventually(a) => write!(f, "eventually({a})"),
            Condition::Always(a) => write!(f, "always({a})"),
            Condition::Never(a) => write!(f, "never({a})"),
            Condition::Before(a, b) => write!(f, "before({a}, {b})"),
            Condition::Then(a, b) => write!(f, "then({a}, {b})"),
            Condition::At(time, a) => write!(f, "at({time}, {a})"),
            Condition::Between(from, to, a) => write!(f, "between({from}, {to}, {a})"),
        }
    }
}

impl From<Condition> for String {
    fn from(condition: Condition) -> String {
        condition.to_string()
    }
}

impl TryFrom<String> for Condition {
    type Error = ConditionError;

    fn try_from(text: String) -> Result<Condition, ConditionError> {
        text.parse()
    }
}
