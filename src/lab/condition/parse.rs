//! Reads conditions and quantities from their text.

use std::str::FromStr;

use super::names::OUTCOMES;
use super::quantity::PLAIN;
use super::{Condition, Happening, Ordering, Quantity, Sum, Text};
use crate::engine::base::{Micros, NodeId};
use crate::engine::data::Key;
use crate::engine::node::Traffic;
use crate::lab::predicate::Predicate;

/// Why a text is no condition or quantity: what was expected, what was found.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ConditionError(pub String);

/// Characters of a condition's text at most.
const LENGTH: usize = 2_000;
/// Brackets within brackets at most.
const DEPTH: usize = 24;

/// Whether a word may have this letter without quotes.
pub(super) fn is_word(c: char) -> bool {
    !c.is_whitespace() && !"(),=<>!+*/\"".contains(c)
}

#[derive(Debug, Clone, PartialEq)]
enum Token {
    Word(String),
    Quoted(String),
    Sign(&'static str),
    Open,
    Close,
    Comma,
}

impl Token {
    fn text(&self) -> String {
        match self {
            Token::Word(word) => format!("\"{word}\""),
            Token::Quoted(text) => format!("the text \"{text}\""),
            Token::Sign(sign) => format!("\"{sign}\""),
            Token::Open => "\"(\"".to_owned(),
            Token::Close => "\")\"".to_owned(),
            Token::Comma => "\",\"".to_owned(),
        }
    }
}

const SIGNS: [&str; 10] = ["!=", "<=", ">=", "=", "<", ">", "+", "*", "/", "-"];

fn tokens(text: &str) -> Result<Vec<Token>, String> {
    let mut found = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let taken = match first {
            '(' => (Token::Open, 1),
            ')' => (Token::Close, 1),
            ',' => (Token::Comma, 1),
            '"' => {
                let end = rest[1..].find('"').ok_or("expected a closing quotation mark")?;
                (Token::Quoted(rest[1..=end].to_owned()), end + 2)
            }
            _ => match SIGNS.iter().find(|s| rest.starts_with(**s) && (**s != "-" || rest[1..].starts_with(' '))) {
                Some(sign) => (Token::Sign(sign), sign.len()),
                None => {
                    let end = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
                    if end == 0 {
                        return Err(format!("expected a word, found \"{first}\""));
                    }
                    (Token::Word(rest[..end].to_owned()), end)
                }
            },
        };
        found.push(taken.0);
        rest = rest[taken.1..].trim_start();
    }
    Ok(found)
}

struct Reader {
    tokens: Vec<Token>,
    at: usize,
    depth: usize,
}

type Read<T> = Result<T, String>;

/// Reads the whole of a text with a rule.
fn whole<T>(text: &str, rule: fn(&mut Reader) -> Read<T>) -> Result<T, ConditionError> {
    let read = || {
        if text.len() > LENGTH {
            return Err(format!("expected at most {LENGTH} characters, found {}", text.len()));
        }
        let mut reader = Reader { tokens: tokens(text)?, at: 0, depth: 0 };
        let made = rule(&mut reader)?;
        match reader.peek() {
            None => Ok(made),
            Some(token) => Err(format!("expected the end, found {}", token.text())),
        }
    };
    read().map_err(ConditionError)
}

impl FromStr for Condition {
    type Err = ConditionError;

    fn from_str(text: &str) -> Result<Condition, ConditionError> {
        whole(text, Reader::condition)
    }
}

impl FromStr for Quantity {
    type Err = ConditionError;

    fn from_str(text: &str) -> Result<Quantity, ConditionError> {
        whole(text, Reader::quantity)
    }
}

impl Reader {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at)
    }

    fn found(&self) -> String {
        self.peek().map_or("the end".to_owned(), Token::text)
    }

    fn wants(&self, what: &str) -> String {
        format!("expected {what}, found {}", self.found())
    }

    fn take(&mut self, token: &Token, what: &str) -> Read<()> {
        if self.peek() == Some(token) {
            self.at += 1;
            return Ok(());
        }
        Err(self.wants(what))
    }

    fn word(&mut self, what: &str) -> Read<String> {
        match self.peek() {
            Some(Token::Word(word) | Token::Quoted(word)) => {
                let word = word.clone();
                self.at += 1;
                Ok(word)
            }
            _ => Err(self.wants(what)),
        }
    }

    fn node(&mut self) -> Read<NodeId> {
        self.word("a node such as A")?.parse().map_err(|_| "expected a node such as A".to_owned())
    }

    fn key(&mut self) -> Read<Key> {
        self.word("a key").map(|name| Key::new(&name))
    }

    fn value(&mut self) -> Read<Text> {
        let quoted = matches!(self.peek(), Some(Token::Quoted(_)));
        let word = self.word("a value, none or deleted")?;
        Ok(if quoted { Text::Value(word) } else { Text::read(&word) })
    }

    fn op(&mut self) -> Read<u32> {
        let wrong = || "expected the number of an operation, counted from 1".to_owned();
        self.word("the number of an operation, counted from 1")?.parse().ok().filter(|n| *n > 0).ok_or_else(wrong)
    }

    fn time(&mut self) -> Read<Micros> {
        self.word("a time such as 2s")?.parse().map_err(|_| "expected a time such as 2s".to_owned())
    }

    fn traffic(&mut self) -> Read<Traffic> {
        let name = self.word("a kind of traffic")?;
        let names = || Traffic::EVERY.map(Traffic::name).join(", ");
        Traffic::EVERY.into_iter().find(|t| t.name() == name).ok_or_else(|| format!("expected one of {}, found \"{name}\"", names()))
    }

    fn comma(&mut self) -> Read<()> {
        self.take(&Token::Comma, "a comma")
    }

    /// The words up to the closing bracket.
    fn happening(&mut self) -> Read<Happening> {
        let mut words = Vec::new();
        while let Some(Token::Word(word) | Token::Quoted(word)) = self.peek() {
            words.push(word.clone());
            self.at += 1;
        }
        Happening::read(&words.iter().map(String::as_str).collect::<Vec<_>>())
    }

    fn list(&mut self) -> Read<Vec<Condition>> {
        let mut all = vec![self.condition()?];
        while self.peek() == Some(&Token::Comma) {
            self.at += 1;
            all.push(self.condition()?);
        }
        Ok(all)
    }

    fn pair(&mut self) -> Read<(Box<Condition>, Box<Condition>)> {
        let a = self.boxed()?;
        self.comma()?;
        Ok((a, self.boxed()?))
    }

    fn boxed(&mut self) -> Read<Box<Condition>> {
        self.condition().map(Box::new)
    }

    fn nodes(&mut self) -> Read<(NodeId, NodeId)> {
        let a = self.node()?;
        self.comma()?;
        Ok((a, self.node()?))
    }

    fn condition(&mut self) -> Read<Condition> {
        self.depth += 1;
        if self.depth > DEPTH {
            return Err(format!("expected at most {DEPTH} brackets within brackets"));
        }
        let made = self.one_condition();
        self.depth -= 1;
        made
    }

    fn one_condition(&mut self) -> Read<Condition> {
        let start = self.at;
        let name = if let Some(Token::Word(name)) = self.peek() { name.clone() } else { String::new() };
        if let Some(sign) = Predicate::EVERY.iter().find(|p| p.name() == name) {
            self.at += 1;
            return Ok(Condition::Sign(*sign));
        }
        if self.tokens.get(self.at + 1) == Some(&Token::Open) {
            self.at += 2;
            if let Some(made) = self.formula(&name) {
                let made = made?;
                self.take(&Token::Close, "\")\"")?;
                return Ok(made);
            }
        }
        self.at = start;
        let a = self.quantity()?;
        let signs = Ordering::SIGNS.iter();
        let sign = signs.copied().find(|(sign, _)| self.peek() == Some(&Token::Sign(sign)));
        let (_, how) = sign.ok_or_else(|| self.wants("a condition, or a comparison such as stale-copies = 0"))?;
        self.at += 1;
        Ok(Condition::Compare(Box::new(a), how, Box::new(self.quantity()?)))
    }

    /// What stands in the brackets of a condition of this name; none if it is no condition's name.
    fn formula(&mut self, name: &str) -> Option<Read<Condition>> {
        let start = self.at;
        Some(match name {
            "happens" => self.happening().map(Condition::Happens),
            "agree" => self.key().map(Condition::Agree),
            "holds" => self.holds(),
            "behind" => self.node_and_key().map(|(node, key)| Condition::Behind(node, key)),
            "returned" => self.op().and_then(|op| self.comma().and_then(|()| self.value()).map(|value| Condition::Returned(op, value))),
            "ended" => self.op().and_then(|op| self.comma().and_then(|()| self.outcome()).map(|how| Condition::Ended(op, how))),
            "suspects" => self.nodes().map(|(a, b)| Condition::Suspects(a, b)),
            "up" => self.node().map(Condition::Up),
            "same" => self.nodes().map(|(a, b)| Condition::Same(a, b)),
            "all" => self.list().map(Condition::All),
            "any" => self.list().map(Condition::Any),
            "not" => self.boxed().map(Condition::Not),
            "eventually" => self.boxed().map(Condition::Eventually),
            "always" => self.boxed().map(Condition::Always),
            "never" => self.boxed().map(Condition::Never),
            "before" => self.pair().map(|(a, b)| Condition::Before(a, b)),
            "then" => self.pair().map(|(a, b)| Condition::Then(a, b)),
            "between" => self.between(),
            "at" => {
                let made = self.time().and_then(|time| self.comma().and_then(|()| self.boxed()).map(|a| Condition::At(time, a)));
                // `at(2s, stale-copies) = 1` is a comparison: its bracket holds a quantity.
                if made.is_err() && self.is_quantity_at(start) {
                    return None;
                }
                made
            }
            _ => return None,
        })
    }

    /// Whether what stands in the brackets from here on is a time and a quantity.
    fn is_quantity_at(&mut self, start: usize) -> bool {
        let stood = std::mem::replace(&mut self.at, start);
        let read = |r: &mut Reader| r.time().and_then(|_| r.comma()).and_then(|()| r.quantity()).and_then(|_| r.take(&Token::Close, ""));
        let fits = read(self).is_ok();
        self.at = stood;
        fits
    }

    fn holds(&mut self) -> Read<Condition> {
        let (node, key) = self.node_and_key()?;
        self.comma()?;
        Ok(Condition::Holds(node, key, self.value()?))
    }

    fn between(&mut self) -> Read<Condition> {
        let from = self.time()?;
        self.comma()?;
        let to = self.time()?;
        self.comma()?;
        Ok(Condition::Between(from, to, self.boxed()?))
    }

    fn node_and_key(&mut self) -> Read<(NodeId, Key)> {
        let node = self.node()?;
        self.comma()?;
        Ok((node, self.key()?))
    }

    fn outcome(&mut self) -> Read<String> {
        let name = self.word("an outcome")?;
        if OUTCOMES.contains(&name.as_str()) { Ok(name) } else { Err(format!("expected one of {}, found \"{name}\"", OUTCOMES.join(", "))) }
    }

    fn quantity(&mut self) -> Read<Quantity> {
        let mut made = self.product()?;
        loop {
            let how = match self.peek() {
                Some(Token::Sign("+")) => Sum::Plus,
                Some(Token::Sign("-")) => Sum::Minus,
                _ => return Ok(made),
            };
            self.at += 1;
            made = Quantity::Sum(Box::new(made), how, Box::new(self.product()?));
        }
    }

    fn product(&mut self) -> Read<Quantity> {
        let mut made = self.factor()?;
        loop {
            let how = match self.peek() {
                Some(Token::Sign("*")) => Sum::Times,
                Some(Token::Sign("/")) => Sum::Over,
                _ => return Ok(made),
            };
            self.at += 1;
            made = Quantity::Sum(Box::new(made), how, Box::new(self.factor()?));
        }
    }

    fn factor(&mut self) -> Read<Quantity> {
        self.depth += 1;
        if self.depth > DEPTH {
            return Err(format!("expected at most {DEPTH} brackets within brackets"));
        }
        let made = self.one_factor();
        self.depth -= 1;
        made
    }

    fn one_factor(&mut self) -> Read<Quantity> {
        if self.peek() == Some(&Token::Open) {
            self.at += 1;
            let made = self.quantity()?;
            self.take(&Token::Close, "\")\"")?;
            return Ok(made);
        }
        let name = self.word("a number, a time or a quantity")?;
        if self.peek() == Some(&Token::Open) {
            self.at += 1;
            let made = self.measure(&name)?;
            self.take(&Token::Close, "\")\"")?;
            return Ok(made);
        }
        if name.starts_with(|c: char| c.is_ascii_digit()) {
            let number = name.parse::<f64>().ok().filter(|n| n.is_finite()).map(Quantity::Number);
            return number.or(name.parse().ok().map(Quantity::Span)).ok_or(format!("expected a number or a time, found \"{name}\""));
        }
        let place = PLAIN.iter().position(|(plain, ..)| *plain == name);
        let names = || PLAIN.iter().map(|p| p.0).collect::<Vec<_>>().join(", ");
        place.map(Quantity::Plain).ok_or_else(|| format!("expected a quantity, found \"{name}\"; there are {}", names()))
    }

    /// What stands in the brackets of a quantity of this name.
    fn measure(&mut self, name: &str) -> Read<Quantity> {
        Ok(match name {
            "stale" => Quantity::Stale(self.key()?),
            "copies" => {
                let key = self.key()?;
                self.comma()?;
                Quantity::Copies(key, self.value()?)
            }
            "hints" => Quantity::Hints(self.node()?),
            "rows" => Quantity::Rows(self.node()?),
            "messages" => Quantity::Messages(self.traffic()?),
            "bytes" => Quantity::Bytes(self.traffic()?),
            "count" => Quantity::Count(self.happening()?),
            "time" => Quantity::Time(self.boxed()?),
            "latency" => Quantity::Latency(self.op()?),
            "value" => {
                let (node, key) = self.node_and_key()?;
                Quantity::Row(node, key)
            }
            "answer" => Quantity::Answer(self.op()?),
            "highest" => Quantity::Highest(Box::new(self.quantity()?)),
            "at" => {
                let time = self.time()?;
                self.comma()?;
                Quantity::At(time, Box::new(self.quantity()?))
            }
            _ => return Err(format!("expected a condition or a quantity before the bracket, found \"{name}\"")),
        })
    }
}
