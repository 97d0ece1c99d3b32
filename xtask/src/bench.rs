//! `cargo xtask bench`: everything that is measured, written to BENCHMARKS.md section by section.
use crate::run::{Failure, command, finish, root, run};
use crate::{site, size, tools};
use std::path::Path;

/// Where the journeys' site is; the frames are counted on the same page that is tested.
const SITE: &str = "target/e2e-dist";

/// The native benchmarks, then the page's size, its frames and a million keys in it. With arguments only `cargo bench` with those.
pub fn bench(rest: &[&str]) -> Result<(), Failure> {
    run("cargo", &[&["bench"], rest].concat())?;
    if !rest.is_empty() {
        return Ok(());
    }
    tools::page()?;
    tools::browser()?;
    site::build(Path::new(SITE), site::Lock::MayChange)?;
    size::record(Path::new(SITE))?;
    for watched in ["frames", "keys"] {
        let mut watch = command("cargo", &["run", "--release", "-p", "drift-browser", "--bin", watched]);
        watch.env("DRIFT_DIST", root().join(SITE));
        finish(watch)?;
    }
    Ok(())
}
