//! `drift grade`: the hand-ins of a class, from files, folders and links.

use std::path::{Path, PathBuf};

use drift::course::{Class, Grader, HANDIN_BOUNDS, HandIn, Lesson, Sheet, key, shipped, shipped_runs, told, who};
use drift::lab::{BOUNDS, gallery};

use super::{open, text_of};

/// What is to be graded, and how.
#[derive(Default)]
pub struct Order {
    /// Files, folders and links.
    pub files: Vec<String>,
    /// A table for spreadsheets: printed, or into a file.
    pub csv: Option<Option<String>>,
    /// A folder with further lessons.
    pub lessons: Option<String>,
    /// Whose key of a sheet.
    pub number: Option<String>,
}

/// The key of a sheet (an address, or LESSON/ITEM...), or what items there are.
pub fn sheet(words: &[String], order: &Order) -> Result<String, String> {
    let lessons = lessons(order.lessons.as_deref())?;
    let mut lines = Vec::new();
    if words.is_empty() {
        for lesson in &lessons {
            for (_, item) in lesson.items() {
                let Some(kind) = lesson.item(item) else { continue };
                lines.push(format!("{:<44}{:<12}{}", format!("{}/{item}", lesson.slug), kind.word(), kind.asks()));
            }
        }
        return Ok(lines.join("\n"));
    }
    let text = if words[0].contains("/sheet?") { words[0].clone() } else { format!("items={}", words.join(",")) };
    let sheet = Sheet::read(&text)?;
    if !sheet.title.is_empty() {
        lines.push(sheet.title.clone());
    }
    lines.push(format!("#{}", sheet.address()));
    for (n, (slug, item)) in sheet.items.iter().enumerate() {
        let lesson = lessons.iter().find(|lesson| lesson.slug == *slug).ok_or_else(|| format!("there is no lesson \"{slug}\""))?;
        let kind = lesson.item(item).ok_or_else(|| format!("{slug}: there is no item \"{item}\"; `drift sheet` lists all"))?;
        lines.push(format!("\n{}. {} ({}, {slug}/{item})", n + 1, kind.asks(), kind.word()));
        let number = order.number.as_deref().map(who);
        lines.extend(key(lesson, item, number.as_deref()).into_iter().map(|line| format!("   {line}")));
    }
    Ok(lines.join("\n"))
}

/// Hand-ins of one order at most.
const MOST: usize = 10_000;

/// The table, and the exit code: 3 if there is something to look at.
pub fn grade(order: &Order) -> Result<(String, u8), String> {
    let mut class = Class::new(Grader::new(lessons(order.lessons.as_deref())?));
    for (name, made) in hand_ins(&order.files)? {
        class.add(&name, made);
    }
    class.compare();
    let text = match &order.csv {
        None => class.table(),
        Some(None) => class.csv().trim_end().to_owned(),
        Some(Some(file)) => {
            std::fs::write(file, class.csv()).map_err(|e| format!("{file}: {e}"))?;
            class.table()
        }
    };
    Ok((text, if class.is_clean() { 0 } else { 3 }))
}

/// The lessons of the course, with those of a folder before them: of two of one name the folder's counts.
pub fn lessons(folder: Option<&str>) -> Result<Vec<Lesson>, String> {
    let mut found: Vec<Lesson> = Vec::new();
    if let Some(folder) = folder {
        for file in listed(Path::new(folder), "md")? {
            found.push(open(&file).map_err(|faults| told(&faults))?);
        }
        if found.is_empty() {
            return Err(format!("{folder}: there is no lesson (*.md) in it"));
        }
    }
    for (slug, text) in shipped() {
        if !found.iter().any(|lesson| lesson.slug == *slug) {
            found.push(built_in(slug, text)?);
        }
    }
    Ok(found)
}

/// A lesson that is built in, put together.
fn built_in(slug: &str, text: &str) -> Result<Lesson, String> {
    let mut lesson = Lesson::read(&format!("{slug}.md"), text).map_err(|faults| told(&faults))?;
    let run = |name: &str| gallery().iter().chain(shipped_runs()).find(|(slug, _)| *slug == name).map(|(_, text)| (*text).to_owned());
    lesson.link(run).map_err(|faults| told(&faults))?;
    Ok(lesson)
}

/// The files of a folder whose names end so, in order.
fn listed(folder: &Path, ending: &str) -> Result<Vec<PathBuf>, String> {
    let entries = std::fs::read_dir(folder).map_err(|e| format!("{}: {e}", folder.display()))?;
    let named = |p: &PathBuf| {
        let name = p.file_stem().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        // Files beside the lessons, such as a guide, begin with a capital.
        p.extension().is_some_and(|e| e == ending)
            && (ending != "md" || name.starts_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit()))
    };
    let mut found: Vec<PathBuf> = entries.filter_map(|e| Some(e.ok()?.path())).filter(named).collect();
    found.sort();
    Ok(found)
}

type Found = (String, Result<HandIn, String>);

/// Every hand-in that these names stand for, each with its name, in order.
fn hand_ins(names: &[String]) -> Result<Vec<Found>, String> {
    let mut found: Vec<Found> = Vec::new();
    for name in names {
        let path = Path::new(name);
        if name.contains("/hand-in?") {
            found.push((format!("link {}", found.len() + 1), of_link(name)));
        } else if path.is_dir() {
            for file in listed(path, "json")? {
                found.extend(of_file(&file)?);
            }
        } else {
            found.extend(of_file(path)?);
        }
        if found.len() > MOST {
            return Err(format!("there are more than {MOST} hand-ins"));
        }
    }
    Ok(found)
}

/// The hand-in of a file, or one for each link in it. A file that is not there is a mistake of the command line; one that cannot be read
/// is somebody's hand-in.
fn of_file(file: &Path) -> Result<Vec<Found>, String> {
    if !file.exists() {
        return Err(format!("{}: there is no such file", file.display()));
    }
    let name = file.file_name().map_or(file.display().to_string(), |n| n.to_string_lossy().into_owned());
    let text = match text_of(file, HANDIN_BOUNDS.bytes as u64 + 1) {
        Ok(text) => text,
        Err(why) => return Ok(vec![(name, Err(format!("it cannot be read: {why}")))]),
    };
    if !text.contains("/hand-in?") || text.trim_start().starts_with('{') {
        return Ok(vec![(name, HandIn::read(&text))]);
    }
    let lines = text.lines().map(str::trim).enumerate().filter(|(_, line)| line.contains("/hand-in?"));
    Ok(lines.map(|(i, line)| (format!("{name}:{}", i + 1), of_link(line))).collect())
}

/// The hand-in of a link's address.
fn of_link(address: &str) -> Result<HandIn, String> {
    let query = address.split_once("/hand-in?").map_or("", |(_, query)| query);
    let payload = query.split(['&', ' ']).find_map(|pair| pair.strip_prefix("h="));
    // An address is never longer than its bound and what stands before it.
    let payload = payload.filter(|p| p.len() <= 2 * BOUNDS.link_bytes).ok_or("the link holds no hand-in")?;
    HandIn::from_payload(payload)
}
