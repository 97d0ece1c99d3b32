//! What is wrong with a lesson, said so that its author finds the place.

use std::fmt;

use crate::engine::base::arrange;

/// One thing that is wrong: where, and what was expected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The lesson's file or address.
    pub file: String,
    /// The line, from 1; 0 for the file as a whole.
    pub line: usize,
    /// What was expected, and what was found.
    pub what: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => write!(f, "{}: {}", self.file, self.what),
            line => write!(f, "{}:{line}: {}", self.file, self.what),
        }
    }
}

/// A fault that does not know its file yet: the line, and what was expected.
pub(super) type Wrong = (usize, String);

/// All faults of a list as one text, a line each.
pub fn told(faults: &[Fault]) -> String {
    faults.iter().map(Fault::to_string).collect::<Vec<_>>().join("\n")
}

/// Faults in the order of their lines, each once: what is wrong with many seeds is said with the first of them, and what is wrong with
/// the figure's own is said of that alone.
pub(super) fn folded(faults: Vec<Fault>) -> Vec<Fault> {
    const SEED: &str = " (with seed ";
    let mut made: Vec<(Fault, Vec<u64>)> = Vec::new();
    for fault in faults {
        let cut = fault.what.split_once(SEED).and_then(|(before, rest)| {
            let (seed, after) = rest.split_once(')')?;
            Some((seed.parse::<u64>().ok()?, format!("{before}{after}")))
        });
        let (seed, bare) = cut.map_or((None, fault.what.clone()), |(seed, bare)| (Some(seed), bare));
        match made.iter_mut().find(|(known, _)| known.line == fault.line && known.what == bare) {
            Some((_, seeds)) if !seeds.is_empty() => match seed {
                Some(seed) => seeds.push(seed),
                None => seeds.clear(),
            },
            Some(_) => {}
            None => made.push((Fault { what: bare, ..fault }, seed.into_iter().collect())),
        }
    }
    arrange(&mut made, |(a, _), (b, _)| (a.line, &a.what).cmp(&(b.line, &b.what)));
    let told = |(mut fault, seeds): (Fault, Vec<u64>)| {
        let first = seeds.iter().take(5).map(u64::to_string).collect::<Vec<_>>().join(", ");
        fault.what.push_str(&match seeds.len() {
            0 => String::new(),
            1 => format!(" (with seed {first})"),
            n if n <= 5 => format!(" (with seeds {first})"),
            n => format!(" (with seeds {first} and {} more)", n - 5),
        });
        fault
    };
    made.into_iter().map(told).collect()
}
