//! Where a lesson comes from: the course, a file, an address of this site. The same reading and the same bounds for all.

use gloo::file::File;
use gloo::file::callbacks::{FileReader, read_as_text};
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{Response, Url};
use yew::prelude::*;

use crate::course::{Fault, LESSON_BOUNDS, Lesson};
use crate::lab::{BOUNDS, gallery};
use crate::ui::route::query;
use crate::ui::storage;

/// Where a lesson comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// The course: its short name.
    Course(AttrValue),
    /// An address of this site, from the page's own folder.
    Address(AttrValue),
}

impl Source {
    /// The lesson that a part of it at this address belongs to: a short name, and what follows the `?`.
    pub fn of_part(slug: &AttrValue, query_text: &str) -> Source {
        match query(query_text, "from") {
            Some(from) => Source::Address(from.to_owned().into()),
            None => Source::Course(slug.clone()),
        }
    }

    /// Where the lesson itself is read.
    pub fn address(&self) -> String {
        match self {
            Source::Course(slug) => format!("#/lesson/{slug}"),
            Source::Address(from) => format!("#/lesson?from={from}"),
        }
    }
}

/// The address of a part of the lesson that is open here (a challenge, its summary): a lesson that is none of the course's is read from
/// where it came from again.
pub fn part_of(lesson: &Lesson, place: &str, name: &str) -> String {
    let hash = gloo::utils::window().location().hash().unwrap_or_default();
    let (path, rest) = hash.split_once('?').unwrap_or((&hash, ""));
    let from = query(&format!("?{rest}"), "from").map_or(String::new(), |from| format!("?from={from}"));
    let slug = if path == format!("#/lesson/{OWN}") { OWN } else { &lesson.slug };
    format!("#/{place}/{slug}{name}{from}")
}

/// The short name under which a file that a person has opened is kept in this tab.
pub const OWN: &str = "own-file";

/// A lesson on its way.
#[derive(Debug, Clone, PartialEq)]
pub enum Loaded {
    /// It is being read.
    Waiting,
    /// It cannot be shown: why.
    Failed(Vec<Fault>),
    /// Here it is.
    Ready(std::rc::Rc<Lesson>),
}

/// Keeps a lesson file that a person has opened, and goes to it.
pub fn open_lesson_file(file: &File, told: Callback<String>) -> Option<FileReader> {
    if file.size() > LESSON_BOUNDS.bytes as u64 {
        told.emit(format!("{} has {} bytes; a lesson has at most {}.", file.name(), file.size(), LESSON_BOUNDS.bytes));
        return None;
    }
    let name = file.name();
    Some(read_as_text(file, move |read| match read {
        Ok(text) => {
            let kept = storage::keep_text(OWN, &format!("{name}\n{text}"));
            if let Err(why) = kept {
                return told.emit(why.words().to_owned());
            }
            let location = gloo::utils::window().location();
            // The same address twice would show the file before this one.
            let _ = location.set_hash(&format!("/lesson/{OWN}?{}", crate::engine::base::Digest::of_bytes(text.as_bytes()).head() & 0xffff));
        }
        Err(error) => told.emit(format!("{name} could not be read: {error}")),
    }))
}

/// Reads a lesson and puts its runs together; tells when it is done.
pub fn load(source: Source, done: Callback<Loaded>) {
    spawn_local(async move {
        let loaded = match read(&source).await {
            Ok(lesson) => Loaded::Ready(std::rc::Rc::new(lesson)),
            Err(faults) => Loaded::Failed(faults),
        };
        done.emit(loaded);
    });
}

async fn read(source: &Source) -> Result<Lesson, Vec<Fault>> {
    let (name, folder, text) = match source {
        Source::Course(slug) if slug.as_str() == OWN => {
            let kept = storage::kept(OWN).unwrap_or_default();
            let (name, text) = kept.split_once('\n').map(|(n, t)| (n.to_owned(), t.to_owned())).unwrap_or_default();
            let none = "no file is open in this tab: open one on the front page".to_owned();
            (name.clone(), String::new(), if name.is_empty() { Err(none) } else { Ok(text) })
        }
        Source::Course(slug) => {
            let plain: String = slug.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-').collect();
            (format!("{plain}.md"), "course/".to_owned(), fetched(&format!("course/{plain}.md"), LESSON_BOUNDS.bytes).await)
        }
        Source::Address(path) => {
            let folder = path.rsplit_once('/').map_or(String::new(), |(folder, _)| format!("{folder}/"));
            (path.to_string(), folder, fetched(path, LESSON_BOUNDS.bytes).await)
        }
    };
    let fault = |what: String| vec![Fault { file: name.clone(), line: 0, what }];
    let mut lesson = Lesson::read(&name, &text.map_err(fault)?)?;
    let mut runs: Vec<(String, String)> = Vec::new();
    let wanted: Vec<String> = lesson.runs().into_iter().map(str::to_owned).collect();
    for run in wanted {
        let shipped = gallery().iter().find(|(slug, _)| *slug == run).map(|(_, text)| (*text).to_owned());
        let text = match shipped {
            Some(text) => Some(text),
            None => run_file(&folder, &run).await,
        };
        runs.extend(text.map(|text| (run, text)));
    }
    lesson.link(|name| runs.iter().find(|(run, _)| run == name).map(|(_, text)| text.clone()))?;
    Ok(lesson)
}

/// A run file beside the lesson, or among the course's.
async fn run_file(folder: &str, name: &str) -> Option<String> {
    let is_name = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_');
    if !is_name {
        return None;
    }
    for place in [format!("{folder}{name}.json"), format!("{folder}runs/{name}.json"), format!("course/runs/{name}.json")] {
        if let Ok(text) = fetched(&place, BOUNDS.file_bytes).await {
            return Some(text);
        }
    }
    None
}

/// A text of this site, at most so many bytes of it.
async fn fetched(path: &str, most: usize) -> Result<String, String> {
    let window = gloo::utils::window();
    let here = window.location().href().unwrap_or_default();
    let same = Url::new_with_base(path, &here).ok().filter(|url| Ok(url.origin()) == window.location().origin());
    let url = same.ok_or("a lesson must come from this site")?;
    let answer =
        JsFuture::from(window.fetch_with_str(&url.href())).await.map_err(|_| "there is no way to it: is there a network?".to_owned())?;
    let answer: Response = answer.dyn_into().map_err(|_| "the answer is no answer".to_owned())?;
    if !answer.ok() {
        return Err(format!("there is no such file: the server answers {}", answer.status()));
    }
    let text = answer.text().map_err(|_| "the answer has no text".to_owned())?;
    let text = JsFuture::from(text).await.ok().and_then(|t| t.as_string()).ok_or("the answer broke off")?;
    if text.len() > most {
        return Err(format!("it has {} bytes, at most {most}", text.len()));
    }
    // A server that knows no such file may answer with a page of its own.
    if text.trim_start().starts_with("<!") { Err("there is no such file".to_owned()) } else { Ok(text) }
}
