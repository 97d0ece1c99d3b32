//! A folder of its own for each browser: what the page saves, and what it is given.
use crate::root;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process;
use std::sync::atomic::{AtomicU32, Ordering};

/// Folders made by this process.
static MADE: AtomicU32 = AtomicU32::new(0);

/// A folder that is gone when dropped.
pub struct Folder {
    path: PathBuf,
}

impl Folder {
    /// Makes one under `target/tmp`, with a folder for what is saved in it.
    pub fn new() -> io::Result<Self> {
        let name = format!("journey-{}-{}", process::id(), MADE.fetch_add(1, Ordering::Relaxed));
        let path = root().join("target/tmp").join(name);
        fs::create_dir_all(path.join("saved"))?;
        Ok(Self { path: path.canonicalize()? })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Where the browser saves.
    pub fn saves(&self) -> PathBuf {
        self.path.join("saved")
    }

    /// The text of a saved file whose name has this ending; a file being written has another.
    pub fn saved(&self, ending: &str) -> Option<String> {
        let files = fs::read_dir(self.saves()).ok()?.flatten();
        let file = files.map(|f| f.path()).find(|p| p.to_string_lossy().ends_with(ending))?;
        fs::read_to_string(file).ok().filter(|text| !text.is_empty())
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What is left behind lies under target.
        let _ = fs::remove_dir_all(&self.path);
    }
}
