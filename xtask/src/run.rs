//! Running other programs: with our own tools first on PATH, from the project's root, saying what is run and how long it took.
use std::env;
use std::ffi::OsString;
use std::fmt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

/// Why a command stopped, for a person to read, and the process's exit code.
#[derive(Debug)]
pub struct Failure {
    message: String,
    /// What the process ends with: 2 for wrong usage, otherwise the failed program's own code or 1.
    pub code: u8,
}

impl Failure {
    /// Something went wrong that the message explains.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), code: 1 }
    }

    /// The command line was not understood.
    pub fn usage(message: &str) -> Self {
        Self { message: message.into(), code: 2 }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

/// The project's root folder.
pub fn root() -> &'static Path {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    own.parent().unwrap_or(own)
}

/// Where everything that the project installs for itself lives.
pub fn tools_dir() -> PathBuf {
    root().join("target/tools")
}

/// PATH with the project's own tools in front.
fn search_path() -> OsString {
    let old = env::var_os("PATH").unwrap_or_default();
    let all = std::iter::once(tools_dir().join("bin")).chain(env::split_paths(&old));
    // Joining fails only if a folder's name holds the separator; the old PATH alone is then the best there is.
    env::join_paths(all).unwrap_or(old)
}

/// A command in the project's root with a clean environment for nested cargo and Trunk.
pub fn command(program: &str, args: &[&str]) -> Command {
    let mut command = Command::new(program);
    command.args(args).current_dir(root()).env("PATH", search_path());
    // `cargo run` sets these for us; a nested cargo must choose for itself.
    for key in ["CARGO", "CARGO_MANIFEST_DIR", "CARGO_MANIFEST_PATH", "CARGO_PKG_NAME", "RUSTUP_TOOLCHAIN"] {
        command.env_remove(key);
    }
    if program == "trunk" {
        // Trunk reads NO_COLOR as a flag and refuses the customary NO_COLOR=1.
        command.env_remove("NO_COLOR");
    }
    command
}

/// Runs a program to its end; its output is the user's.
pub fn run(program: &str, args: &[&str]) -> Result<(), Failure> {
    finish(command(program, args))
}

/// Runs a prepared command to its end, printing it before and its time after.
pub fn finish(mut command: Command) -> Result<(), Failure> {
    let shown = shown(&command);
    eprintln!("\n> {shown}");
    let start = Instant::now();
    let status = command.status().map_err(|e| Failure::new(format!("{shown}: {e}")))?;
    eprintln!("  ({:.1} s)", start.elapsed().as_secs_f64());
    if status.success() {
        return Ok(());
    }
    let code = status.code().and_then(|c| u8::try_from(c).ok()).unwrap_or(1);
    Err(Failure { message: format!("failed: {shown}"), code })
}

fn shown(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(|w| w.to_string_lossy()).collect::<Vec<_>>().join(" ")
}

/// What a program prints, or nothing if it is missing or fails.
pub fn output(program: &str, args: &[&str]) -> Option<String> {
    let out = command(program, args).output().ok()?;
    out.status.success().then(|| String::from_utf8_lossy(&out.stdout).into_owned())
}

/// Reads one of the project's own text files.
pub fn read(path: impl AsRef<Path>) -> Result<String, Failure> {
    let path = root().join(path);
    std::fs::read_to_string(&path).map_err(|e| Failure::new(format!("{}: {e}", path.display())))
}
