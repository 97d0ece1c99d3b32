//! The hand-ins of a whole class: who is twice there, whose runs are whose, a table to read and a table for spreadsheets.

use std::collections::BTreeMap;

use super::grader::{Graded, plain};
use super::{Grader, HandIn, Mark, Remark, Standing};
use crate::engine::base::{Digest, arrange};

/// Answers from which on two equal logs are not by chance.
const ALIKE: usize = 4;

/// Commands from which on two equal runs of a challenge are hardly by chance. One sweep, started where the challenge begins, many will find.
const THOUGHT_OUT: usize = 3;

/// One hand-in, or what was taken for one.
struct Row {
    /// Where it came from.
    from: String,
    made: Option<HandIn>,
    graded: Graded,
}

/// A class: its hand-ins in the order in which they were added.
pub struct Class {
    grader: Grader,
    rows: Vec<Row>,
}

impl Class {
    /// Nobody yet.
    pub fn new(grader: Grader) -> Class {
        Class { grader, rows: Vec::new() }
    }

    /// Grades a hand-in, or keeps in mind why there is none. `from` is the name of its file.
    pub fn add(&mut self, from: &str, made: Result<HandIn, String>) {
        let from = plain(from);
        let row = match made {
            Ok(made) => Row { from, graded: self.grader.grade(&made), made: Some(made) },
            Err(why) => {
                Row { from, made: None, graded: Graded { remarks: vec![Remark { grave: true, text: plain(&why) }], ..Graded::default() } }
            }
        };
        self.rows.push(row);
    }

    /// Compares the hand-ins with each other; once, after the last was added.
    pub fn compare(&mut self) {
        let mut said: Vec<(usize, bool, String)> = Vec::new();
        let mut told = |group: &[usize], grave: bool, what: &str| {
            for me in group {
                let others: Vec<String> = group.iter().filter(|i| *i != me).take(3).map(|i| self.rows[*i].name()).collect();
                let more = group.len() - 1 - others.len();
                let more = if more > 0 { format!(" and {more} more") } else { String::new() };
                said.push((*me, grave, format!("{what} {}{more}", others.join(", "))));
            }
        };
        let mut numbers: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        let mut logs: BTreeMap<u64, Vec<usize>> = BTreeMap::new();
        let mut runs: BTreeMap<(&str, u64, usize), Vec<usize>> = BTreeMap::new();
        for (i, row) in self.rows.iter().enumerate() {
            let Some(made) = &row.made else { continue };
            if !made.who.is_empty() {
                numbers.entry(made.who.to_lowercase()).or_default().push(i);
            }
            if made.lessons.iter().map(|l| l.answers.len()).sum::<usize>() >= ALIKE {
                logs.entry(log_print(made)).or_default().push(i);
            }
            // Settings alone, many will choose alike.
            for run in row.graded.runs.iter().filter(|run| run.added > 0) {
                runs.entry((&run.item, run.print, run.added)).or_default().push(i);
            }
        }
        numbers.values().filter(|g| g.len() > 1).for_each(|group| told(group, true, "the same number as"));
        let copied: Vec<&Vec<usize>> = logs.values().filter(|g| g.len() > 1).collect();
        copied.iter().for_each(|group| told(group, true, "the same log, answer by answer and run by run, as"));
        for ((what, _, added), group) in runs.iter().filter(|(_, g)| g.len() > 1) {
            if copied.contains(&group) {
                continue;
            }
            match *added >= THOUGHT_OUT {
                true => told(group, true, &format!("{what}: the same {added} commands, to the microsecond, as")),
                false => told(group, false, &format!("{what}: the same, which may well be chance, as")),
            }
        }
        for (i, grave, text) in said {
            self.rows[i].graded.remarks.push(Remark { grave, text });
        }
        self.rows.iter_mut().for_each(|row| arrange(&mut row.graded.remarks, |a, b| b.grave.cmp(&a.grave)));
    }

    /// How many runs and answers the engine was asked for, each once.
    pub fn played(&self) -> usize {
        self.grader.played()
    }

    /// Whether there is nothing that a teacher should look at.
    pub fn is_clean(&self) -> bool {
        self.rows.iter().all(|row| row.graded.remarks.iter().all(|r| !r.grave))
    }

    /// Lessons of which something was handed in, by their places.
    fn handed(&self) -> Vec<usize> {
        let has = |place: &usize| {
            let slug = &self.grader.lessons()[*place].slug;
            self.rows.iter().filter_map(|row| row.made.as_ref()).any(|made| made.lessons.iter().any(|l| l.lesson == *slug))
        };
        (0..self.grader.lessons().len()).filter(has).collect()
    }

    /// The table to read: a line for each hand-in with its points by lesson, what is to be said below it, and then how each item went.
    pub fn table(&self) -> String {
        let handed = self.handed();
        let mut lines = vec![["hand-in", "number", "engine", "points"].map(str::to_owned).to_vec()];
        lines[0].extend(handed.iter().map(|place| self.grader.lessons()[*place].slug.clone()));
        lines[0].push("medals".to_owned());
        for row in &self.rows {
            lines.push(row.line(&handed));
        }
        let mut out = Vec::new();
        for (i, line) in aligned(&lines).into_iter().enumerate() {
            out.push(line);
            if let Some(row) = i.checked_sub(1).and_then(|i| self.rows.get(i)) {
                out.extend(row.graded.remarks.iter().map(|r| format!("    {} {}", if r.grave { "!" } else { "-" }, r.text)));
            }
        }
        out.push(String::new());
        out.extend(aligned(&self.items(&handed)));
        out.join("\n")
    }

    /// How each item went: a line for each with how many of the class got what.
    fn items(&self, handed: &[usize]) -> Vec<Vec<String>> {
        let mut lines =
            vec![["item", "right first", "later", "right", "partly", "wrong", "missing", "not counted"].map(str::to_owned).to_vec()];
        for place in handed {
            let lesson = &self.grader.lessons()[*place];
            for (i, (_, item)) in lesson.items().into_iter().enumerate() {
                let mut counts = [0u32; 7];
                for mark in self.rows.iter().filter_map(|row| row.graded.marks.get(*place)?.get(i)) {
                    counts[match mark.standing {
                        Standing::RightFirst => 0,
                        Standing::RightLater => 1,
                        Standing::Right | Standing::Won(_) => 2,
                        Standing::Partly => 3,
                        Standing::Wrong => 4,
                        Standing::Missing => 5,
                        Standing::Foreign | Standing::Unreadable => 6,
                    }] += 1;
                }
                let shown = counts.map(|n| if n == 0 { "·".to_owned() } else { n.to_string() });
                lines.push(std::iter::once(format!("{}/{item}", lesson.slug)).chain(shown).collect());
            }
        }
        lines
    }

    /// A table for spreadsheets: a row for each hand-in, and for each item its points and what they are for.
    pub fn csv(&self) -> String {
        let handed = self.handed();
        let mut head: Vec<String> = ["hand-in", "number", "engine", "state", "points", "of"].map(str::to_owned).to_vec();
        for place in &handed {
            let lesson = &self.grader.lessons()[*place];
            head.extend(lesson.items().iter().flat_map(|(_, item)| {
                let name = format!("{}/{item}", lesson.slug);
                [format!("{name} points"), format!("{name} verdict")]
            }));
        }
        head.push("remarks".to_owned());
        let width = head.len();
        let mut lines = vec![head];
        for row in &self.rows {
            let grave = row.graded.remarks.iter().any(|r| r.grave);
            let state = match (&row.made, grave) {
                (None, _) => "not graded",
                (_, true) => "look at it",
                _ => "graded",
            };
            let (points, of) = row.points(&handed);
            let number = |n: u32| if row.made.is_some() { n.to_string() } else { String::new() };
            let mut line = vec![row.from.clone(), row.who(), row.engine(), state.to_owned(), number(points), number(of)];
            for mark in handed.iter().filter_map(|place| row.graded.marks.get(*place)).flatten() {
                line.push(mark.points.to_string());
                line.push(mark.standing.words().to_owned());
            }
            line.resize(width - 1, String::new());
            line.push(row.graded.remarks.iter().map(|r| r.text.as_str()).collect::<Vec<_>>().join("; "));
            lines.push(line);
        }
        let line = |cells: &Vec<String>| cells.iter().map(|cell| quoted(cell)).collect::<Vec<_>>().join(",");
        lines.iter().map(line).collect::<Vec<_>>().join("\r\n") + "\r\n"
    }
}

impl Row {
    fn who(&self) -> String {
        self.made.as_ref().map_or(String::new(), |made| made.who.clone())
    }

    fn engine(&self) -> String {
        self.made.as_ref().map_or(String::new(), |made| made.engine.to_string())
    }

    /// The number and the file, or the file alone.
    fn name(&self) -> String {
        if self.who().is_empty() { self.from.clone() } else { format!("{} ({})", self.who(), self.from) }
    }

    fn marks(&self, handed: &[usize]) -> impl Iterator<Item = &Mark> {
        handed.iter().filter_map(|place| self.graded.marks.get(*place)).flatten()
    }

    fn points(&self, handed: &[usize]) -> (u32, u32) {
        self.marks(handed).fold((0, 0), |(points, of), mark| (points + mark.points, of + mark.of))
    }

    fn line(&self, handed: &[usize]) -> Vec<String> {
        let of = |(points, of): (u32, u32)| format!("{points}/{of}");
        let mut line = vec![self.from.clone(), self.who(), self.engine()];
        if self.made.is_none() {
            line.push("not graded".to_owned());
            return line;
        }
        line.push(of(self.points(handed)));
        line.extend(handed.iter().map(|place| of(self.points(&[*place]))));
        let medals = self.marks(handed).filter(|m| matches!(m.standing, Standing::Won(_))).map(|m| m.standing.words());
        line.push(medals.collect::<Vec<_>>().join(" "));
        line
    }
}

/// A print of all answers of a hand-in, whoever's it is.
fn log_print(made: &HandIn) -> u64 {
    let json = serde_json::to_value(&made.lessons).unwrap_or_default();
    Digest::of_bytes(json.to_string().as_bytes()).head()
}

/// Lines with columns below each other.
fn aligned(lines: &[Vec<String>]) -> Vec<String> {
    let columns = lines.iter().map(Vec::len).max().unwrap_or_default();
    let width = |c: usize| lines.iter().filter_map(|line| line.get(c)).map(|cell| cell.chars().count()).max().unwrap_or_default();
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let line = |cells: &Vec<String>| {
        let padded = cells.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}"));
        padded.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    lines.iter().map(line).collect()
}

/// A cell for a spreadsheet. What would be taken for a formula there is kept from it.
fn quoted(cell: &str) -> String {
    let cell = if cell.starts_with(['=', '+', '-', '@']) { format!("'{cell}") } else { cell.to_owned() };
    if cell.contains([',', '"', '\n', '\r']) { format!("\"{}\"", cell.replace('"', "\"\"")) } else { cell }
}
