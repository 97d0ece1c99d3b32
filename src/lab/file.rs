//! Run files: JSON that a teacher can write by hand and the page keeps its work in.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::error::LabError;
use super::pace::Pace;
use super::script::{BOUNDS, Script};
use super::session::{Branch, BranchId, Session};
use crate::engine::base::Micros;
use crate::engine::world::ENGINE_VERSION;

/// Version of the file format. A file of a later one is refused with a clear word.
pub const FILE_VERSION: u32 = 1;
/// What the `format` field says.
const FORMAT: &str = "drift-run";
const WHAT: &str = "the run file";

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct FileBranch {
    name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    parent: Option<(u32, u32, Micros)>,
    run: Script,
}

/// A file that holds a tree of branches and a place in it.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct TreeFile {
    format: String,
    version: u32,
    engine: u32,
    branches: Vec<FileBranch>,
    current: u32,
    event: u32,
    now: Micros,
    /// Whether what leaves no event has been carried out up to `now`, its instant included: only where the instant of the last event does
    /// not tell it by itself.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    settled: bool,
}

/// A file that holds one run. The envelope has been checked when this is read.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SingleFile {
    #[serde(rename = "format")]
    _format: String,
    #[serde(rename = "version")]
    _version: u32,
    #[serde(rename = "engine")]
    _engine: u32,
    run: Script,
}

fn unreadable(error: &serde_json::Error) -> LabError {
    LabError::Unreadable { what: WHAT, why: error.to_string() }
}

/// Reads the text and its envelope. Everything is read through one JSON value, so that each format is compiled once.
/// Returns the value, and whether it is a tree.
fn open(text: &str) -> Result<(Value, bool), LabError> {
    if text.len() > BOUNDS.file_bytes {
        return Err(LabError::TooLarge { what: WHAT, size: text.len() as u64, limit: BOUNDS.file_bytes as u64, unit: "bytes" });
    }
    let value: Value = serde_json::from_str(text).map_err(|e| unreadable(&e))?;
    check_version(WHAT, &value, ["format", "version", "engine"])?;
    let is_tree = value.get("branches").is_some_and(|branches| !branches.is_null());
    Ok((value, is_tree))
}

/// Whether the format, format version and engine version that stand in fields of these names are ours: looked at first, so that what
/// is foreign is called foreign and not wrong.
pub(super) fn check_version(what: &'static str, value: &Value, names: [&str; 3]) -> Result<(), LabError> {
    let unlike = |name| LabError::Unreadable { what, why: format!("its {name} is of another kind") };
    let fields = value.as_object().ok_or(LabError::Unreadable { what, why: "it holds no object".to_owned() })?;
    let number = |name| fields.get(name).map_or(Ok(0), |n| n.as_u64().ok_or_else(|| unlike(name)));
    let format = fields.get(names[0]).map_or(Ok(""), |f| f.as_str().ok_or_else(|| unlike(names[0])))?;
    let (version, engine) = (number(names[1])?, number(names[2])?);
    let foreign = |found: String, known: String| Err(LabError::Foreign { what, found, known });
    if format != FORMAT {
        let found: String = format.chars().take(40).collect();
        return foreign(
            if found.is_empty() { "no known format".to_owned() } else { format!("format \"{found}\"") },
            format!("format \"{FORMAT}\""),
        );
    }
    if version != u64::from(FILE_VERSION) {
        return foreign(format!("format version {version}"), format!("version {FILE_VERSION}"));
    }
    if engine != u64::from(ENGINE_VERSION) {
        return foreign(format!("engine version {engine}, whose runs would not replay the same"), format!("version {ENGINE_VERSION}"));
    }
    Ok(())
}

/// The format name, for links.
pub(super) const fn format_name() -> &'static str {
    FORMAT
}

/// Writes the whole tree of a session and the place in it.
pub fn to_file(session: &Session) -> String {
    let branches = session
        .branches()
        .iter()
        .map(|b| FileBranch { name: b.name.clone(), parent: b.parent.map(|(id, n, at)| (id.0, n, at)), run: b.script.clone() })
        .collect();
    let file = TreeFile {
        format: FORMAT.to_owned(),
        version: FILE_VERSION,
        engine: ENGINE_VERSION,
        branches,
        current: session.current().0,
        event: session.cursor(),
        now: session.now(),
        settled: session.tape.is_settled(),
    };
    // Plain structs of strings and numbers always have a JSON form.
    serde_json::to_value(&file).unwrap_or_default().to_string()
}

/// Reads a session from a file, at the place where it was left (or where its author wants a reader to begin).
pub fn from_file(text: &str) -> Result<Session, LabError> {
    from_file_at(text, Pace::Whole)
}

/// The same, at this pace: it may still be on its way to that place.
pub fn from_file_at(text: &str, pace: Pace) -> Result<Session, LabError> {
    let (value, is_tree) = open(text)?;
    if is_tree {
        return read_tree(value)?.session(pace);
    }
    let script = read_single(value)?;
    let start = script.start.unwrap_or(0);
    let mut session = Session::open_at(script, pace)?;
    session.seek_event(start);
    Ok(session)
}

/// Reads the run of a file: its only one, or the current branch of its tree.
pub fn script_from_file(text: &str) -> Result<Script, LabError> {
    let (value, is_tree) = open(text)?;
    if is_tree { read_tree(value)?.script() } else { read_single(value) }
}

fn read_tree(value: Value) -> Result<TreeFile, LabError> {
    TreeFile::deserialize(value).map_err(|e| unreadable(&e))
}

fn read_single(value: Value) -> Result<Script, LabError> {
    let file = SingleFile::deserialize(value).map_err(|e| unreadable(&e))?;
    file.run.check()?;
    Ok(file.run)
}

impl TreeFile {
    /// A session at the place where it was left.
    fn session(self, pace: Pace) -> Result<Session, LabError> {
        let (current, event, now, settled) = (BranchId(self.current), self.event, self.now, self.settled);
        let mut session = Session::open_tree(self.branches()?, current, pace)?;
        session.return_to(event, now, settled);
        Ok(session)
    }

    /// The run of the current branch.
    fn script(self) -> Result<Script, LabError> {
        let current = self.current;
        let branches = self.branches()?;
        branches.iter().try_for_each(|b| b.script.check())?;
        branches.into_iter().nth(current as usize).map(|b| b.script).ok_or(LabError::NoBranch(current))
    }

    /// The branches, if the tree is one. Their runs are not checked.
    fn branches(self) -> Result<Vec<Branch>, LabError> {
        let count = self.branches.len();
        let wrong = |why: String| LabError::Unreadable { what: WHAT, why };
        if count > BOUNDS.branches {
            return Err(LabError::TooLarge {
                what: "the tree of branches",
                size: count as u64,
                limit: BOUNDS.branches as u64,
                unit: "branches",
            });
        }
        let mut depth: Vec<usize> = Vec::with_capacity(count);
        let mut branches = Vec::with_capacity(count);
        for (i, branch) in self.branches.into_iter().enumerate() {
            let above = match branch.parent {
                None => 0,
                Some((parent, _, _)) => {
                    *depth.get(parent as usize).ok_or_else(|| wrong(format!("branch {i}: parent must come before it, is {parent}")))?
                }
            };
            if above >= BOUNDS.depth {
                return Err(LabError::TooLarge {
                    what: "a line of branches",
                    size: above as u64 + 1,
                    limit: BOUNDS.depth as u64,
                    unit: "branches deep",
                });
            }
            depth.push(above + 1);
            let name = branch.name.chars().take(BOUNDS.title).collect();
            let parent = branch.parent.map(|(p, n, at)| (BranchId(p), n, at));
            branches.push(Branch { id: BranchId(i as u32), name, parent, script: branch.run });
        }
        Ok(branches)
    }
}
