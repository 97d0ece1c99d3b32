//! The project's commands: `cargo xtask setup | serve | build | package | test | bench | size`.
//!
//! Every command first brings in the tools it needs (see [`tools`]), says what it runs, and stops at the first failure.
mod bench;
mod package;
mod run;
mod site;
mod size;
mod split;
mod suite;
mod tools;

use run::Failure;
use std::env;
use std::path::Path;
use std::process::ExitCode;

const USAGE: &str = "\
usage: cargo xtask COMMAND [ARGUMENTS]

  serve   fetch what is missing, then serve the page and rebuild it on every change; ARGUMENTS go to `trunk serve`
  build   write a static site to dist/ that works from any folder of any server
  package build the site and write drift-site.zip: the site and a page that says how to serve it
  test    fetch what is missing, then run every check and test, the browser's included
  bench   run all benchmarks, the page's included, and write BENCHMARKS.md; with ARGUMENTS only `cargo bench` with those
  size    print the size of dist/ (or of the folder given) and fail above the limit
  setup   only fetch the tools";

fn main() -> ExitCode {
    let args: Vec<String> = env::args().skip(1).collect();
    let rest: Vec<&str> = args.iter().skip(1).map(String::as_str).collect();
    let outcome = match args.first().map(String::as_str) {
        Some("setup") => tools::page().and_then(|()| tools::browser()),
        Some("serve") => serve(&rest),
        Some("build") => build(&rest),
        Some("package") => build(&rest).and_then(|()| package::package(Path::new("dist"), Path::new("drift-site.zip"))),
        Some("test") => suite::test(),
        Some("bench") => bench::bench(&rest),
        Some("size") => size::report(Path::new(rest.first().unwrap_or(&"dist"))),
        _ => Err(Failure::usage(USAGE)),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("\n{failure}");
            ExitCode::from(failure.code)
        }
    }
}

fn serve(rest: &[&str]) -> Result<(), Failure> {
    tools::page()?;
    run::run("trunk", &[&["serve"], rest].concat())
}

fn build(rest: &[&str]) -> Result<(), Failure> {
    if !rest.is_empty() {
        return Err(Failure::usage(USAGE));
    }
    tools::page()?;
    site::build(Path::new("dist"), site::Lock::MayChange)?;
    size::report(Path::new("dist"))
}
