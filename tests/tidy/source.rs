//! Reading the project's files.
use proc_macro2::TokenStream;
use std::fs;
use std::path::Path;

/// One Rust file.
pub struct Source {
    /// Relative to the project's root, with forward slashes.
    pub path: String,
    /// Its text.
    pub text: String,
    /// Its tokens: comments are gone and strings are single tokens, so nothing in them is mistaken for code.
    pub tokens: TokenStream,
}

impl Source {
    /// # Panics
    /// When the text is not Rust.
    pub fn new(path: &str, text: &str) -> Self {
        let tokens = text.parse().unwrap_or_else(|e| panic!("{path}: {e}"));
        Self { path: path.into(), text: text.into(), tokens }
    }

    /// A fault on a line, as editors like to read it.
    pub fn fault(&self, line: usize, what: impl std::fmt::Display) -> String {
        format!("{}:{line}: {what}", self.path)
    }
}

/// Every Rust file of the project.
pub fn all() -> Vec<Source> {
    let folders = ["src", "tests", "benches", "xtask"];
    let files = folders.iter().flat_map(|folder| texts(folder, "rs"));
    files.map(|(path, text)| Source::new(&path, &text)).collect()
}

/// Path and text of every file below a folder with an ending.
///
/// # Panics
/// When a file cannot be read.
pub fn texts(folder: &str, ending: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let Ok(entries) = fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)) else {
        return found;
    };
    let mut names: Vec<_> = entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    for name in names {
        let path = format!("{folder}/{name}");
        let full = Path::new(env!("CARGO_MANIFEST_DIR")).join(&path);
        if full.is_dir() && name != "target" {
            found.extend(texts(&path, ending));
        } else if full.extension().is_some_and(|e| e == ending) {
            let text = fs::read_to_string(&full).unwrap_or_else(|e| panic!("{path}: {e}"));
            found.push((path, text));
        }
    }
    found
}

#[test]
fn this_file_is_found() {
    let files = all();
    let own = files.iter().find(|s| s.path == "tests/tidy/source.rs").expect("this file");
    assert!(own.text.contains("fn this_file_is_found"));
}
