//! The static site: styles and files by Trunk, the code in parts (see [`split`]), made strict and ready for working without a network.
//!
//! Trunk cannot split code, so it gets `index.html` without the line that names it and writes the rest of the folder; the code and the script
//! that starts it are put in afterwards. Then `index.html` gets a content-security policy with the digest of that script, and `sw.js` gets the
//! list of files to keep. `trunk serve` and `trunk build` do none of this: they work on `index.html` as it stands, with all code in one file.
use crate::run::{self, Failure, root};
use crate::split::{self, Code};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256, Sha384};
use std::env;
use std::fs;
use std::path::Path;

/// Whether the build may bring `Cargo.lock` up to date.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Lock {
    /// As every cargo command does.
    MayChange,
    /// A lock file that does not fit is an error.
    Fixed,
}

/// Flags for the compiler, as cargo wants them: apart by a character that no path has.
pub fn flags(own: &[&str]) -> String {
    let mut all: Vec<String> = own.iter().map(|flag| (*flag).to_owned()).collect();
    // Panics name source files; where this machine keeps the crates is nobody's business, and makes every builder's page differ.
    let home = env::var("CARGO_HOME").ok().or_else(|| env::home_dir().map(|home| home.join(".cargo").to_string_lossy().into_owned()));
    all.extend(home.map(|home| format!("--remap-path-prefix={home}=cargo")));
    all.join("\x1f")
}

/// Where Trunk finds a page that names no code, relative to the project's root. No `Cargo.toml` may stand beside it: Trunk would build it.
const SHELL: &str = "target/shell/index.html";

/// Builds the site into a folder given relative to the project's root.
pub fn build(dist: &Path, lock: Lock) -> Result<(), Failure> {
    let folder = dist.to_string_lossy();
    let code = split::code(lock)?;
    let failure = |problem: String| Failure::new(format!("{folder}: {problem}"));
    let shell = root().join(SHELL);
    shell.parent().map_or(Ok(()), fs::create_dir_all).map_err(|e| Failure::new(format!("{SHELL}: {e}")))?;
    without_code(&run::read("index.html")?).and_then(|page| write(&shell, &page)).map_err(failure)?;
    let site = root().join(dist);
    run::run("trunk", &["build", "--release", "--dist", &site.to_string_lossy(), SHELL])?;
    with_code(&site, &code).and_then(|()| finish(&site)).map_err(failure)?;
    eprintln!("  {folder}: code, policy and list of files written");
    Ok(())
}

/// The page without the line that makes Trunk build the code, and with paths as seen from [`SHELL`].
fn without_code(page: &str) -> Result<String, String> {
    let lines: Vec<&str> = page.lines().filter(|line| !line.contains("rel=\"rust\"")).collect();
    if lines.len() + 1 != page.lines().count() {
        return Err("index.html should name the code in one line".to_owned());
    }
    Ok(lines.join("\n").replace("=\"static/", "=\"../../static/"))
}

/// Puts the code into the site and names it in the page.
fn with_code(site: &Path, code: &Code) -> Result<(), String> {
    for (name, bytes) in [&code.page, &code.link, &code.main].into_iter().chain(&code.parts) {
        fs::write(site.join(name), bytes).map_err(|e| format!("{name}: {e}"))?;
    }
    write(&site.join(split::LIST), &code.list)?;
    let path = site.join("index.html");
    let page = read(&path)?;
    let (before, after) = page.split_once("</head>").ok_or("index.html has no </head>")?;
    write(&path, &format!("{before}{}</head>{after}", start(code)))
}

/// What starts the code: the same event as Trunk's own script sends, and everything asked for before the script runs.
fn start(code: &Code) -> String {
    let script = |(name, bytes): &split::File| {
        format!("<link rel=\"modulepreload\" href=\"./{name}\" crossorigin=\"anonymous\" integrity=\"{}\">\n", integrity(bytes))
    };
    let (page, main) = (&code.page.0, &code.main);
    format!(
        "<script type=\"module\">\nimport init from './{page}';\nconst wasm = await init({{ module_or_path: './{}' }});\n\
         dispatchEvent(new CustomEvent(\"TrunkApplicationStarted\", {{ detail: {{ wasm }} }}));\n</script>\n{}{}\
         <link rel=\"preload\" href=\"./{}\" crossorigin=\"anonymous\" integrity=\"{}\" as=\"fetch\" type=\"application/wasm\">\n",
        main.0,
        script(&code.page),
        script(&code.link),
        main.0,
        integrity(&main.1),
    )
}

/// What Trunk leaves to us.
fn finish(site: &Path) -> Result<(), String> {
    let page_path = site.join("index.html");
    let page = read(&page_path)?;
    let strict = with_head(&page, &head(&policy(&page)?))?;
    write(&page_path, &strict)?;
    let worker_path = site.join("sw.js");
    let files = files(site)?;
    let worker = with_files(&read(&worker_path)?, site, &files)?;
    write(&worker_path, &worker)
}

/// The digest of a file as pages name it.
pub fn integrity(bytes: &[u8]) -> String {
    format!("sha384-{}", STANDARD.encode(Sha384::digest(bytes)))
}

/// A wasm module without what only debuggers read: the names of its functions are a tenth of the download.
pub fn slim(module: &[u8]) -> Result<Vec<u8>, String> {
    without_sections(module, &["name", "producers", "target_features"]).ok_or_else(|| "not a wasm module".to_owned())
}

/// A wasm module without some of its custom sections; `None` if it is not a module.
fn without_sections(module: &[u8], names: &[&str]) -> Option<Vec<u8>> {
    let (head, mut rest) = module.split_at_checked(8).filter(|(head, _)| head.starts_with(b"\0asm"))?;
    let mut kept = head.to_vec();
    while let [kind, body @ ..] = rest {
        let (size, body) = number(body)?;
        let (body, next) = body.split_at_checked(size)?;
        let section = &rest[..rest.len() - next.len()];
        let (length, name) = number(body).unwrap_or_default();
        let unwanted = *kind == 0 && names.iter().any(|n| name.get(..length) == Some(n.as_bytes()));
        if !unwanted {
            kept.extend(section);
        }
        rest = next;
    }
    Some(kept)
}

/// A number in LEB128, and what follows it.
fn number(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let mut value = 0;
    for (i, byte) in bytes.iter().take(5).enumerate() {
        value |= usize::from(byte & 127) << (7 * i);
        if byte & 128 == 0 {
            return Some((value, &bytes[i + 1..]));
        }
    }
    None
}

fn read(path: &Path) -> Result<String, String> {
    fs::read_to_string(path).map_err(|e| format!("{}: {e}", path.display()))
}

fn write(path: &Path, text: &str) -> Result<(), String> {
    fs::write(path, text).map_err(|e| format!("{}: {e}", path.display()))
}

/// Elements that only a built page has: the policy, and the name of the worker that `boot.js` then registers.
fn head(policy: &str) -> String {
    format!("\n  <meta http-equiv=\"Content-Security-Policy\" content=\"{policy}\">\n  <meta name=\"drift-worker\" content=\"sw.js\">")
}

/// Puts elements first into a page's head; a policy holds only for what follows it.
fn with_head(page: &str, elements: &str) -> Result<String, String> {
    let (before, after) = page.split_once("<head>").ok_or("index.html has no <head>")?;
    Ok(format!("{before}<head>{elements}{after}"))
}

/// The strictest policy under which the page works: everything from its own place, nothing inline but the script that starts the code.
fn policy(page: &str) -> Result<String, String> {
    for what in ["<style", " style=", "javascript:"] {
        if page.contains(what) {
            return Err(format!("index.html contains `{what}`, which the policy forbids"));
        }
    }
    let digests: String =
        inline_scripts(page)?.iter().map(|script| format!(" 'sha256-{}'", STANDARD.encode(Sha256::digest(script)))).collect();
    Ok([
        "default-src 'none'",
        &format!("script-src 'self' 'wasm-unsafe-eval'{digests}"),
        "style-src 'self'",
        "font-src 'self'",
        // Charts and exported pictures are made in the page.
        "img-src 'self' data: blob:",
        "connect-src 'self'",
        "manifest-src 'self'",
        "worker-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
    ]
    .join("; "))
}

/// The text of every script element without a source, exactly as the browser will hash it.
fn inline_scripts(page: &str) -> Result<Vec<&str>, String> {
    let mut found = Vec::new();
    let mut rest = page;
    while let Some(start) = rest.find('<') {
        rest = &rest[start..];
        if let Some(comment) = rest.strip_prefix("<!--") {
            rest = comment.split_once("-->").ok_or("a comment in index.html does not end")?.1;
        } else if let Some(element) = rest.strip_prefix("<script") {
            let (attributes, after) = element.split_once('>').ok_or("a tag in index.html does not end")?;
            let (body, after) = after.split_once("</script>").ok_or("a script in index.html does not end")?;
            if !attributes.contains(" src=") {
                found.push(body);
            }
            rest = after;
        } else {
            rest = &rest[1..];
        }
    }
    Ok(found)
}

/// Every file of the site but the worker itself, relative to the site, with forward slashes, in order.
pub fn files(site: &Path) -> Result<Vec<String>, String> {
    let mut found = Vec::new();
    let mut folders = vec![String::new()];
    while let Some(folder) = folders.pop() {
        let here = site.join(&folder);
        for entry in fs::read_dir(&here).map_err(|e| format!("{}: {e}", here.display()))? {
            let entry = entry.map_err(|e| e.to_string())?;
            let path = format!("{folder}{}", entry.file_name().to_string_lossy());
            if entry.file_type().map_err(|e| e.to_string())?.is_dir() {
                folders.push(format!("{path}/"));
            } else if path != "sw.js" {
                found.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}

/// The worker with its list of files filled in, and a version that changes when any of them does.
fn with_files(worker: &str, site: &Path, files: &[String]) -> Result<String, String> {
    let mut digest = Sha256::new();
    for file in files {
        let bytes = fs::read(site.join(file)).map_err(|e| format!("{file}: {e}"))?;
        digest.update(file);
        digest.update([0]);
        digest.update(Sha256::digest(&bytes));
    }
    let version = STANDARD.encode(&digest.finalize()[..12]);
    let list: String = files.iter().map(|f| format!("  \"./{f}\",\n")).collect();
    let worker = fill(worker, "const VERSION = \"\";", &format!("const VERSION = \"{version}\";"))?;
    fill(&worker, "const FILES = [];", &format!("const FILES = [\n{list}];"))
}

fn fill(text: &str, blank: &str, filled: &str) -> Result<String, String> {
    match text.matches(blank).count() {
        1 => Ok(text.replace(blank, filled)),
        n => Err(format!("sw.js should hold `{blank}` once, but does {n} times")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_inline_scripts_are_hashed() {
        let page = "<head><!-- <script>no</script> --><script src=\"./boot.js\"></script><script type=\"module\">\nlet a = 1 < 2;\n</script></head>";
        assert_eq!(inline_scripts(page), Ok(vec!["\nlet a = 1 < 2;\n"]));
    }

    #[test]
    fn a_policy_allows_the_digest_a_browser_computes() {
        // The digest of "alert(1)" as `openssl dgst -sha256 -binary | base64` prints it.
        let policy = policy("<head></head><script>alert(1)</script>").expect("a policy");
        assert!(policy.contains("script-src 'self' 'wasm-unsafe-eval' 'sha256-bhHHL3z2vDgxUt0W3dWQOrprscmda2Y5pLsLg4GF+pI='"), "{policy}");
        assert!(!policy.contains("unsafe-inline"));
    }

    #[test]
    fn what_the_policy_would_block_is_refused_at_once() {
        assert!(policy("<p style=\"color:red\">").is_err());
        assert!(policy("<style>p{}</style>").is_err());
        assert!(inline_scripts("<script>never ends").is_err());
    }

    #[test]
    fn only_the_named_sections_go() {
        let head = b"\0asm\x01\0\0\0".as_slice();
        let (names, code, other) = (b"\0\x06\x04name!".as_slice(), b"\x0a\x81\0!".as_slice(), b"\0\x02\x01n".as_slice());
        let module = [head, names, code, other].concat();
        assert_eq!(without_sections(&module, &["name"]), Some([head, code, other].concat()));
        assert_eq!(without_sections(&module[..module.len() - 1], &["name"]), None);
        assert_eq!(without_sections(b"<html>", &[]), None);
    }

    #[test]
    fn the_policy_comes_first_in_the_head() {
        let page = with_head("<html><head><script></script></head>", "<meta>");
        assert_eq!(page.as_deref(), Ok("<html><head><meta><script></script></head>"));
        assert!(with_head("<html>", "").is_err());
    }

    #[test]
    fn a_worker_without_the_blanks_is_refused() {
        assert!(fill("const FILES = [];", "const FILES = [];", "x").is_ok());
        assert!(fill("const FILES = [1];", "const FILES = [];", "x").is_err());
    }
}
