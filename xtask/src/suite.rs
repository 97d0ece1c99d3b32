//! `cargo xtask test`: every check there is, cheapest first, stopping at the first that fails.
use crate::run::{Failure, command, finish, root, run};
use crate::tools::WASM;
use crate::{site, size, tools};
use std::path::Path;

/// Where the site for the journeys is built; `dist` is left alone, since `trunk serve` writes a different page there.
const SITE: &str = "target/e2e-dist";

/// Fetches what is missing, then runs every check and test.
pub fn test() -> Result<(), Failure> {
    tools::page()?;
    tools::lints()?;
    tools::browser()?;
    run("cargo", &["fmt", "--all", "--check"])?;
    lint(&["--workspace", "--all-targets"])?;
    // The unit tests beside the sources are native ones.
    lint(&["-p", "drift", "--lib", "--bins", "--test", "web", "--target", WASM])?;
    documents()?;
    run("cargo", &["test", "--locked", "-p", "drift", "-p", "xtask"])?;
    run("cargo", &["test", "--locked", "-p", "drift-bench", "--lib"])?;
    // No --quiet here: the wasm test runner refuses it.
    run("cargo", &["test", "--locked", "-p", "drift", "--target", WASM, "--test", "web"])?;
    site::build(Path::new(SITE), site::Lock::Fixed)?;
    size::report(Path::new(SITE))?;
    let mut journeys = command("cargo", &["test", "--locked", "-p", "drift-browser"]);
    journeys.env("DRIFT_DIST", root().join(SITE));
    finish(journeys)
}

/// What the code says about itself: every link leads somewhere.
fn documents() -> Result<(), Failure> {
    let mut doc = command("cargo", &["doc", "--locked", "--no-deps", "-p", "drift"]);
    doc.env("RUSTDOCFLAGS", "-D warnings");
    finish(doc)
}

fn lint(which: &[&str]) -> Result<(), Failure> {
    run("cargo", &[&["clippy", "--locked"], which, &["--", "-D", "warnings"]].concat())
}
