//! The inside of a fenced block: `key: value` lines, with what belongs to a line indented below it.
//!
//! An indented line that is no `key: value` goes on with the text above it. Lines that begin with `#` are for the author alone.

use super::fault::Wrong;

/// Levels of indentation at most.
const DEPTH: usize = 4;
/// Characters of one value at most.
const VALUE: usize = 4_000;

/// One `key: value` with what is indented below it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Field {
    pub line: usize,
    pub key: String,
    pub value: String,
    pub below: Fields,
}

/// The fields of a block or of one of its parts, in order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Fields {
    all: Vec<Field>,
}

/// Splits `key: value`. A key is a word of small letters, digits and hyphens: `ask`, `at-most`, `1500ms`.
fn split(text: &str) -> Option<(&str, &str)> {
    let (key, value) = text.split_once(':')?;
    let is_key = !key.is_empty() && key.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
    (is_key && (value.is_empty() || value.starts_with(' '))).then(|| (key, value.trim()))
}

impl Fields {
    /// Reads the lines of a block, the first of which is line `first` of the file.
    pub fn read(text: &str, first: usize) -> Result<Fields, Wrong> {
        let mut lines = Vec::new();
        for (i, whole) in text.lines().enumerate() {
            let (line, bare) = (first + i, whole.trim());
            if whole.contains('\t') {
                return Err((line, "expected spaces, found a tabulator".to_owned()));
            }
            if !bare.is_empty() && !bare.starts_with('#') {
                lines.push((line, whole.len() - whole.trim_start().len(), bare));
            }
        }
        let mut rest = lines.as_slice();
        let made = Fields::level(&mut rest, 0, DEPTH)?;
        match rest.first() {
            None => Ok(made),
            Some((line, ..)) => Err((*line, "expected as many spaces as the lines above have".to_owned())),
        }
    }

    fn level(rest: &mut &[(usize, usize, &str)], indent: usize, depth: usize) -> Result<Fields, Wrong> {
        let mut all: Vec<Field> = Vec::new();
        while let [(line, spaces, text), more @ ..] = *rest {
            let key = split(text);
            if *spaces < indent {
                break;
            }
            match (key, all.last_mut()) {
                (Some(_), Some(last)) if *spaces > indent => {
                    if depth == 1 {
                        return Err((*line, format!("expected at most {DEPTH} levels of indentation")));
                    }
                    let below = Fields::level(rest, *spaces, depth - 1)?;
                    last.below.all.extend(below.all);
                    continue;
                }
                (Some((key, value)), _) if *spaces == indent => {
                    all.push(Field { line: *line, key: key.to_owned(), value: value.to_owned(), below: Fields::default() });
                }
                (None, Some(last)) if *spaces > indent => {
                    if !last.value.is_empty() {
                        last.value.push(' ');
                    }
                    last.value.push_str(text);
                    if last.value.chars().count() > VALUE {
                        return Err((*line, format!("expected at most {VALUE} characters")));
                    }
                }
                _ => return Err((*line, format!("expected `key: value`, found \"{}\"", short(text)))),
            }
            *rest = more;
        }
        Ok(Fields { all })
    }

    /// Takes out the only field of this name.
    pub fn take(&mut self, key: &str) -> Result<Option<Field>, Wrong> {
        let mut found = self.take_all(key);
        match found.len() {
            0 => Ok(None),
            1 => Ok(found.pop()),
            _ => Err((found[1].line, format!("expected `{key}:` once, found it again"))),
        }
    }

    /// Takes out the field of this name that must be there.
    pub fn need(&mut self, key: &str, line: usize) -> Result<Field, Wrong> {
        self.take(key)?.ok_or_else(|| (line, format!("expected a line `{key}: …` in this block")))
    }

    /// Takes out all fields of this name.
    pub fn take_all(&mut self, key: &str) -> Vec<Field> {
        let (found, rest) = std::mem::take(&mut self.all).into_iter().partition(|f: &Field| f.key == key);
        self.all = rest;
        found
    }

    /// Takes out the fields whose names begin with a digit: commands by their times.
    pub fn take_times(&mut self) -> Vec<Field> {
        let is_time = |f: &Field| f.key.starts_with(|c: char| c.is_ascii_digit());
        let (found, rest) = std::mem::take(&mut self.all).into_iter().partition(is_time);
        self.all = rest;
        found
    }

    /// Whether everything has been taken; if not, names what may stand here.
    pub fn done(self, known: &str) -> Result<(), Wrong> {
        match self.all.first() {
            None => Ok(()),
            Some(field) => Err((field.line, format!("expected one of {known}; found `{}:`", field.key))),
        }
    }
}

impl Field {
    /// Whether nothing is indented below it.
    pub fn alone(&self) -> Result<(), Wrong> {
        match self.below.all.first() {
            None => Ok(()),
            Some(field) => Err((field.line, format!("expected nothing below `{}:`, found `{}:`", self.key, field.key))),
        }
    }

    /// Reads its value.
    pub fn parse<T: std::str::FromStr>(&self) -> Result<T, Wrong>
    where
        T::Err: std::fmt::Display,
    {
        self.value.parse().map_err(|e| (self.line, format!("`{}:` {e}", self.key)))
    }
}

/// The start of a text, for a message.
pub(super) fn short(text: &str) -> String {
    let mut start: String = text.chars().take(40).collect();
    if start.len() < text.len() {
        start.push('…');
    }
    start
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_below_belong_to_the_line_above() {
        let mut fields =
            Fields::read("ask: Who wins,\n  and why?\n# for me\noption: A\n  if: agreement\n  say: Yes.\noption: B", 10).unwrap();
        assert_eq!(fields.take("ask").unwrap().map(|f| f.value).as_deref(), Some("Who wins, and why?"));
        let mut options = fields.take_all("option");
        assert_eq!(options.iter().map(|f| (f.line, f.value.as_str())).collect::<Vec<_>>(), [(13, "A"), (16, "B")]);
        assert_eq!(options[0].below.need("if", 13).map(|f| f.value), Ok("agreement".to_owned()));
        assert_eq!(fields.done("ask, option"), Ok(()));
    }

    #[test]
    fn what_is_wrong_is_named_with_its_line() {
        let line = |text| Fields::read(text, 1).map(|_| ()).unwrap_err().0;
        assert_eq!(line("ask: one\nno key here"), 2);
        assert_eq!(line("\task: one"), 1);
        assert_eq!(line("a: 1\n b: 2\n  c: 3\n   d: 4\n    e: 5"), 5);
        let mut twice = Fields::read("ask: one\nask: two", 1).unwrap();
        assert_eq!(twice.take("ask").unwrap_err(), (2, "expected `ask:` once, found it again".to_owned()));
        assert_eq!(Fields::read("aks: one", 1).unwrap().done("ask").unwrap_err().1, "expected one of ask; found `aks:`");
    }
}
