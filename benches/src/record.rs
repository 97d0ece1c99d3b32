//! BENCHMARKS.md: one section for each benchmark, replaced when that benchmark runs again.
use std::fs;
use std::io;
use std::path::Path;
use std::thread::available_parallelism;
use std::time::{SystemTime, UNIX_EPOCH};

const HEAD: &str =
    "# Benchmarks\n\nWritten by `cargo bench`. Compare only figures of one section: they come from one run on one machine.\n";

/// The machine, how busy it was, and the day, for the reader of a figure.
pub fn machine() -> String {
    let processor = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = processor.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    let model = model.map_or("unknown processor", |(_, name)| name.trim());
    let cores = available_parallelism().map_or(1, usize::from);
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    let when = day(seconds / 86_400);
    // With more at work than there are cores, every figure is too slow and none is steady: a reader must be told.
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = load.split(' ').next().filter(|n| !n.is_empty()).unwrap_or("unknown");
    format!("{model}, {cores} cores, load {load} (of the last minute), {when}")
}

/// A day counted from 1970-01-01, as year-month-day.
fn day(days: u64) -> String {
    let (mut year, mut left) = (1970, days);
    let leap = |year: u64| year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    while left >= 365 + u64::from(leap(year)) {
        left -= 365 + u64::from(leap(year));
        year += 1;
    }
    let lengths = [31, 28 + u64::from(leap(year)), 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let mut month = 1;
    for length in lengths {
        if left < length {
            break;
        }
        left -= length;
        month += 1;
    }
    format!("{year}-{month:02}-{:02}", left + 1)
}

/// Replaces the section with this title in BENCHMARKS.md, or adds it at the end; the file is made if it is missing.
pub fn write_section(title: &str, body: &str) -> io::Result<()> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../BENCHMARKS.md");
    let old = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => HEAD.to_owned(),
        Err(error) => return Err(error),
    };
    fs::write(path, replaced(&old, title, body))
}

fn replaced(text: &str, title: &str, body: &str) -> String {
    let section = format!("\n## {title}\n\n{}\n", body.trim_end());
    let start = format!("\n## {title}\n");
    match text.split_once(&start) {
        None => format!("{}\n{section}", text.trim_end()),
        Some((before, after)) => {
            let rest = after.find("\n## ").map_or("", |at| &after[at..]);
            format!("{before}{section}{rest}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_become_dates() {
        assert_eq!(day(0), "1970-01-01");
        assert_eq!(day(11_016), "2000-02-29");
        assert_eq!(day(20_818), "2026-12-31");
    }

    #[test]
    fn a_section_is_replaced_and_the_others_stay() {
        let first = replaced(HEAD, "A", "one");
        let both = replaced(&first, "B", "two");
        let again = replaced(&both, "A", "three");
        assert!(again.starts_with(HEAD) && again.contains("\n## A\n\nthree\n") && again.ends_with("\n## B\n\ntwo\n"), "{again}");
        assert!(!again.contains("\none\n"));
        assert_eq!(replaced(&again, "A", "three"), again);
    }
}
