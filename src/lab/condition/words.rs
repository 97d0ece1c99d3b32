//! Conditions and quantities in words: what a page says it waits for.

use super::quantity::PLAIN;
use super::{Condition, Happening, Ordering, Quantity, Sum, Text};
use crate::engine::base::Endpoint;

fn list(parts: &[Condition], clients: &[String], joint: &str) -> String {
    parts.iter().map(|part| part.words(clients)).collect::<Vec<_>>().join(joint)
}

fn value(text: &Text) -> String {
    match text {
        Text::None => "nothing".to_owned(),
        Text::Deleted => "a tombstone".to_owned(),
        Text::Value(value) => value.clone(),
    }
}

fn party(end: Endpoint, clients: &[String]) -> String {
    match end {
        Endpoint::Node(node) => node.to_string(),
        Endpoint::Client(client) => clients.get(client.0 as usize).cloned().unwrap_or_else(|| client.to_string()),
    }
}

impl Happening {
    /// What it is, in words.
    pub fn words(&self, clients: &[String]) -> String {
        let mut words = self.name.replace('-', " ");
        if let Some(what) = &self.what {
            words = format!("{words} ({})", what.replace('-', " "));
        }
        for (word, end) in [("at", self.at), ("from", self.from), ("to", self.to), ("for", self.about.map(Endpoint::Node))] {
            if let Some(end) = end {
                words = format!("{words} {word} {}", party(end, clients));
            }
        }
        if let Some(op) = self.op {
            words = format!("{words}, operation {op}");
        }
        words
    }

    /// That it comes about, in words.
    fn happens(&self, clients: &[String]) -> String {
        match (self.name.as_str(), &self.what, self.op) {
            ("ended", Some(how), Some(op)) if self.at.is_none() && self.key.is_none() => {
                format!("operation {op} ends: {}", how.replace('-', " "))
            }
            _ => format!("“{}” happens", self.words(clients)),
        }
    }
}

impl Condition {
    /// What it says, in words; clients by the names they have.
    pub fn words(&self, clients: &[String]) -> String {
        let inner = |part: &Condition| part.words(clients);
        match self {
            Condition::Sign(sign) => sign.words().to_owned(),
            Condition::Happens(what) => what.happens(clients),
            Condition::Agree(key) => format!("all replicas of {key} agree"),
            Condition::Holds(node, key, Text::None) => format!("{node} holds nothing for {key}"),
            Condition::Holds(node, key, text) => format!("{node} holds {} for {key}", value(text)),
            Condition::Behind(node, key) => format!("{node} is behind for {key}"),
            Condition::Returned(op, text) => format!("operation {op} is answered with {}", value(text)),
            Condition::Ended(op, how) => format!("operation {op} ends: {}", how.replace('-', " ")),
            Condition::Suspects(a, b) => format!("{a} believes {b} down"),
            Condition::Up(node) => format!("{node} runs"),
            Condition::Same(a, b) => format!("{a} and {b} hold the same"),
            Condition::Compare(a, how, b) => {
                let how = match how {
                    Ordering::Equal => "is",
                    Ordering::Unequal => "is not",
                    Ordering::Less => "is less than",
                    Ordering::AtMost => "is at most",
                    Ordering::More => "is more than",
                    Ordering::AtLeast => "is at least",
                };
                format!("{} {how} {}", a.words(clients), b.words(clients))
            }
            Condition::All(parts) => list(parts, clients, ", and "),
            Condition::Any(parts) => list(parts, clients, ", or "),
            Condition::Not(part) => match &**part {
                Condition::Agree(key) => format!("the replicas of {key} do not agree"),
                Condition::Up(node) => format!("{node} does not run"),
                part => format!("not: {}", inner(part)),
            },
            Condition::Eventually(part) => format!("at some time {}", inner(part)),
            Condition::Always(part) => format!("all the time {}", inner(part)),
            Condition::Never(part) => format!("never: {}", inner(part)),
            Condition::Before(a, b) => format!("{}, before {}", inner(a), inner(b)),
            Condition::Then(a, b) => format!("{}, and later {}", inner(a), inner(b)),
            Condition::At(time, part) => format!("at {time}: {}", inner(part)),
            Condition::Between(from, to, part) => format!("between {from} and {to}: {}", inner(part)),
        }
    }
}

impl Quantity {
    /// What it is, in words.
    pub fn words(&self, clients: &[String]) -> String {
        match self {
            Quantity::Number(n) => n.to_string(),
            Quantity::Span(span) => span.to_string(),
            Quantity::Plain(i) => format!("the number of {}", PLAIN.get(*i).map_or("things", |p| p.1)).replace("the number of the", "the"),
            Quantity::Stale(key) => format!("the number of replicas behind for {key}"),
            Quantity::Copies(key, text) => format!("the number of replicas of {key} that hold {}", value(text)),
            Quantity::Hints(node) => format!("the number of hints at {node}"),
            Quantity::Rows(node) => format!("the number of rows at {node}"),
            Quantity::Messages(traffic) => format!("the number of {} messages", traffic.name()),
            Quantity::Bytes(traffic) => format!("the bytes of {} messages", traffic.name()),
            Quantity::Count(what) => format!("how often “{}” happens", what.words(clients)),
            Quantity::Time(condition) => format!("the time when {}", condition.words(clients)),
            Quantity::Latency(op) => format!("the time that operation {op} takes"),
            Quantity::Row(node, key) => format!("what {node} holds for {key}"),
            Quantity::Answer(op) => format!("the answer to operation {op}"),
            Quantity::Highest(inner) => format!("the highest of {}", inner.words(clients)),
            Quantity::At(time, inner) => format!("{} at {time}", inner.words(clients)),
            Quantity::Sum(a, how, b) => {
                let how = match how {
                    Sum::Plus => "plus",
                    Sum::Minus => "minus",
                    Sum::Times => "times",
                    Sum::Over => "divided by",
                };
                format!("{} {how} {}", a.words(clients), b.words(clients))
            }
        }
    }
}
