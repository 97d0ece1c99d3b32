//! The tools the project needs and how it gets them.
//!
//! A tool of the right version on PATH is used as it is. Anything else goes under `target/tools`, so nothing of the
//! user's is replaced, and deleting `target` undoes it all. Versions stand where they are used anyway: wasm-bindgen in
//! `Cargo.lock`, Trunk in `Trunk.toml`.
use crate::run::{Failure, command, finish, output, read, run, tools_dir};
use std::env;

/// The target the page is compiled for.
pub const WASM: &str = "wasm32-unknown-unknown";

/// The npm package of accessibility checks that the browser journeys inject, and its version.
const AXE: &str = "axe-core@4.14.1";

/// Set to leave the accessibility checks out where npm cannot be had.
const NO_AXE: &str = "DRIFT_NO_AXE";

/// What serving and building the page needs.
pub fn page() -> Result<(), Failure> {
    wasm_target()?;
    let version = locked_version(&read("Cargo.lock")?, "wasm-bindgen")?;
    tool(&["wasm-bindgen", "wasm-bindgen-test-runner"], "wasm-bindgen-cli", &version)?;
    tool(&["trunk"], "trunk", &trunk_version(&read("Trunk.toml")?)?)
}

/// What the browser journeys need on top: Chromium, its driver, and the accessibility checks.
pub fn browser() -> Result<(), Failure> {
    chromium()?;
    axe()
}

/// What the checks of the source need on top.
pub fn lints() -> Result<(), Failure> {
    for (name, component) in [("fmt", "rustfmt"), ("clippy", "clippy")] {
        if output("cargo", &[name, "--version"]).is_some() {
            continue;
        }
        if output("rustup", &["--version"]).is_none() {
            return Err(Failure::new(format!("`cargo {name}` is missing and so is rustup; install your system's package of {component}")));
        }
        run("rustup", &["component", "add", component])?;
    }
    Ok(())
}

fn wasm_target() -> Result<(), Failure> {
    // Asking rustc rather than rustup also accepts a system's own Rust with its wasm package.
    let libraries = output("rustc", &["--print", "target-libdir", "--target", WASM]);
    if libraries.is_some_and(|dir| std::path::Path::new(dir.trim()).is_dir()) {
        return Ok(());
    }
    if output("rustup", &["--version"]).is_none() {
        return Err(Failure::new(format!(
            "Rust's {WASM} target is missing and so is rustup, which would fetch it.\n\
             Install rustup (https://rustup.rs), or your system's package of that target, and try again."
        )));
    }
    run("rustup", &["target", "add", WASM])
        .map_err(|_| Failure::new(format!("rustup could not fetch {WASM}; is there a network? Try again later.")))
}

/// Uses the tool on PATH when all its programs have the right version, else installs it under `target/tools`.
fn tool(programs: &[&str], package: &str, version: &str) -> Result<(), Failure> {
    let right = |program: &&str| output(program, &["--version"]).is_some_and(|v| v.split_whitespace().nth(1) == Some(version));
    if programs.iter().all(right) {
        return Ok(());
    }
    let wanted = format!("{package}@{version}");
    let tools = tools_dir();
    let tools_text = tools.to_string_lossy();
    let scratch = tools.join("build");
    eprintln!("\n{wanted} is not there yet; compiling it into target/tools (once, a few minutes)");
    // Unlocked is the second try, for registries that lack one of the versions the package's lock file names.
    for lock in [Some("--locked"), None] {
        let mut args = vec!["install", &wanted, "--root", &tools_text, "--force", "--no-default-features", "--debug"];
        args.extend(lock);
        let mut install = command("cargo", &args);
        // Unoptimised tools build in a third of the time and are no slower to use here.
        install.env("CARGO_TARGET_DIR", &scratch).env("CARGO_PROFILE_DEV_DEBUG", "0").env("CARGO_PROFILE_DEV_INCREMENTAL", "false");
        if finish(install).is_ok() {
            // The finished programs are copies; what is left is large and of no more use.
            let _ = std::fs::remove_dir_all(&scratch);
            return Ok(());
        }
    }
    Err(Failure::new(format!(
        "{wanted} could not be installed (cargo's own words are above). With a network this works by itself;\n\
         without one, put {} of exactly version {version} on PATH.",
        programs.join(" and ")
    )))
}

fn chromium() -> Result<(), Failure> {
    let driver = env::var_os("CHROMEDRIVER").is_some() || output("chromedriver", &["--version"]).is_some();
    let names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"];
    // A driver finds a browser in its usual place by itself (on macOS and Windows it is not on PATH).
    let chrome =
        !cfg!(target_os = "linux") || env::var_os("CHROME").is_some() || names.iter().any(|name| output(name, &["--version"]).is_some());
    if driver && chrome {
        return Ok(());
    }
    let advice = "The browser tests need Chromium (or Chrome) and the chromedriver of the same version on PATH,\n\
                  or named in the variables CHROME and CHROMEDRIVER.\n\
                  Debian, Ubuntu: apt-get install chromium chromium-driver   macOS: brew install --cask chromium chromedriver\n\
                  anywhere with npm: npx @puppeteer/browsers install chrome@stable (and chromedriver@stable)";
    let root = output("id", &["-u"]).is_some_and(|id| id.trim() == "0");
    if !root || output("apt-get", &["--version"]).is_none() {
        return Err(Failure::new(advice));
    }
    run("apt-get", &["update"])
        .and_then(|()| run("apt-get", &["install", "-y", "--no-install-recommends", "chromium", "chromium-driver"]))
        .map_err(|_| Failure::new(format!("apt-get could not install the browser.\n{advice}")))
}

fn axe() -> Result<(), Failure> {
    let version = AXE.rsplit('@').next().unwrap_or(AXE);
    let manifest = tools_dir().join("node_modules/axe-core/package.json");
    let wanted = format!("\"version\": \"{version}\"");
    if std::fs::read_to_string(manifest).is_ok_and(|text| text.contains(&wanted)) {
        return Ok(());
    }
    if env::var_os(NO_AXE).is_some() {
        eprintln!("{NO_AXE} is set: the journeys run without accessibility checks");
        return Ok(());
    }
    let npm = if cfg!(windows) { "npm.cmd" } else { "npm" };
    if output(npm, &["--version"]).is_none() {
        return Err(Failure::new(format!(
            "npm is needed once, to fetch the accessibility checks ({AXE}). Install Node, or set {NO_AXE}=1 to run without them."
        )));
    }
    let tools = tools_dir();
    std::fs::create_dir_all(&tools).map_err(|e| Failure::new(format!("target/tools: {e}")))?;
    let prefix = tools.to_string_lossy();
    run(npm, &["install", "--prefix", &prefix, "--no-save", "--ignore-scripts", "--no-audit", "--no-fund", AXE]).map_err(|_| {
        Failure::new(format!("npm could not fetch {AXE}; is there a network? Or set {NO_AXE}=1 to run without the accessibility checks."))
    })
}

/// The version of a package in `Cargo.lock`.
fn locked_version(lock: &str, package: &str) -> Result<String, Failure> {
    let name = format!("name = \"{package}\"");
    let mut lines = lock.lines();
    let version = lines
        .find(|line| *line == name)
        .and_then(|_| lines.next())
        .and_then(|line| line.strip_prefix("version = \""))
        .and_then(|line| line.strip_suffix('"'));
    version.map(str::to_owned).ok_or_else(|| Failure::new(format!("Cargo.lock names no version of {package}")))
}

/// The version after the operator of `trunk-version` in `Trunk.toml`.
fn trunk_version(config: &str) -> Result<String, Failure> {
    let value = config.lines().find_map(|line| line.strip_prefix("trunk-version"));
    let digits = value.map(|v| v.trim_matches(|c: char| !c.is_ascii_digit()));
    digits.filter(|v| !v.is_empty()).map(str::to_owned).ok_or_else(|| Failure::new("Trunk.toml names no trunk-version"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lock_file_names_the_version() {
        let lock = "[[package]]\nname = \"wasm-bindgen-macro\"\nversion = \"9.9.9\"\n\n[[package]]\nname = \"wasm-bindgen\"\nversion = \"0.2.130\"\n";
        assert_eq!(locked_version(lock, "wasm-bindgen").ok().as_deref(), Some("0.2.130"));
        assert!(locked_version(lock, "wasm").is_err());
    }

    #[test]
    fn trunk_configuration_names_the_version() {
        assert_eq!(trunk_version("a = 1\ntrunk-version = \"=0.21.14\"\n").ok().as_deref(), Some("0.21.14"));
        assert!(trunk_version("[build]\n").is_err());
        assert!(trunk_version("trunk-version = \"\"\n").is_err());
    }
}
