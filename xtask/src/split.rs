//! The page's code in parts: compiled, taken apart at the functions that are marked for it, and made loadable by browsers.
//!
//! `src/ui/later.rs` marks the parts. The linker keeps what refers to what (`--emit-relocs`); from that `wasm_split_cli_support` finds which
//! functions and which data only one part needs and writes them as modules of their own, with a script that fetches them when they are
//! called for. wasm-bindgen then sees the main module only. Names carry a digest of the whole, and every part's own digest stands in the
//! script that fetches it, so that nothing of another version can slip in.
use crate::run::{self, Failure, command, root};
use crate::site::{Lock, flags, integrity, slim};
use crate::tools::WASM;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use wasm_encoder::Module;
use wasm_encoder::reencode::{Reencode, RoundtripReencoder};
use wasm_split_cli_support::{Options, transform};
use wasmparser::Parser;

/// Where the parts are made, relative to the project's root.
const WORK: &str = "target/split";
/// The module that cargo makes.
const WHOLE: &str = "target/wasm32-unknown-unknown/release/page.wasm";
/// How the module that is to be split and the scripts name each other, before their names carry a digest.
const LINK: &str = "./__wasm_split.js";
const PAGE: &str = "./page.js";

/// Modules of fewer bytes stand in the script that would fetch them: most of each is the list of types that all share, so together they are
/// compressed to little, and every request costs time.
const WITHIN: usize = 3_000;

/// One file of the finished code: its name and what is in it.
pub type File = (String, Vec<u8>);

/// The page's code, ready to be put into the site's folder.
pub struct Code {
    /// The script that starts the page.
    pub page: File,
    /// The script that fetches the parts.
    pub link: File,
    /// What is needed to start.
    pub main: File,
    /// Everything else.
    pub parts: Vec<File>,
    /// Which files each part needs beside what starts the page: a part's name and theirs on a line (see [`LIST`]).
    pub list: String,
}

/// What the list of parts is called in the site: for [`crate::size`] and whoever wonders what a file is for; the page does not read it.
pub const LIST: &str = "parts.txt";

/// Compiles the page and splits it.
pub fn code(lock: Lock) -> Result<Code, Failure> {
    let mut args = vec!["build", "--release", "--features", "split", "--bin", "page", "--target", WASM];
    if lock == Lock::Fixed {
        args.push("--locked");
    }
    let mut cargo = command("cargo", &args);
    cargo.env("CARGO_ENCODED_RUSTFLAGS", flags(&["-Clink-arg=--emit-relocs"]));
    run::finish(cargo)?;
    let work = root().join(WORK);
    let _ = fs::remove_dir_all(&work);
    let failure = |what: &'static str| move |e: String| Failure::new(format!("{what}: {e}"));
    let needs = split(&root().join(WHOLE), &work).map_err(failure(WHOLE))?;
    let (main, out) = (format!("{WORK}/main.wasm"), format!("{WORK}/page"));
    run::run(
        "wasm-bindgen",
        &[
            "--target",
            "web",
            "--no-typescript",
            "--keep-lld-exports",
            "--omit-default-module-path",
            "--out-name",
            "page",
            "--out-dir",
            &out,
            &main,
        ],
    )?;
    named(&work, needs).map_err(failure(WORK))
}

/// Takes a module apart into a folder. Gives each part's name and the stems of the files it needs.
fn split(whole: &Path, work: &Path) -> Result<BTreeMap<String, Vec<String>>, String> {
    let bytes = fs::read(whole).map_err(|e| e.to_string())?;
    let main = work.join("main.wasm");
    let mut options = Options::new(&bytes);
    (options.output_dir, options.main_out_path) = (work, &main);
    (options.link_name, options.main_module) = (LINK, PAGE);
    let made = transform(options).map_err(|e| format!("{e:#}"))?;
    Ok(made.prefetch_map.into_iter().collect())
}

/// Reads what was made and gives everything its final name.
fn named(work: &Path, needs: BTreeMap<String, Vec<String>>) -> Result<Code, String> {
    let read = |name: &str| fs::read(work.join(name)).map_err(|e| format!("{name}: {e}"));
    let text = |name: &str| read(name).and_then(|bytes| String::from_utf8(bytes).map_err(|e| format!("{name}: {e}")));
    let main = slim(&read("page/page_bg.wasm")?)?;
    let mut parts = BTreeMap::new();
    for entry in fs::read_dir(work).map_err(|e| e.to_string())? {
        let name = entry.map_err(|e| e.to_string())?.file_name().to_string_lossy().into_owned();
        if let Some(stem) = name.strip_suffix(".wasm").filter(|stem| *stem != "main") {
            parts.insert(stem.to_owned(), slim(&dense(&read(&name)?)?)?);
        }
    }
    let (page, link) = (text("page/page.js")?, text("__wasm_split.js")?);
    let mut digest = Sha256::new();
    for bytes in [&main].into_iter().chain(parts.values()) {
        digest.update(Sha256::digest(bytes));
    }
    digest.update(&page);
    digest.update(&link);
    let mark: String = digest.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    let mut link = replaced(&link, PAGE, &format!("./page-{mark}.js"))?;
    let mut files = Vec::new();
    let name = |stem: &str| format!("{}-{mark}.wasm", stem.replace('_', "-"));
    for (stem, bytes) in parts {
        let fetch = format!("fetch(new URL(\"./{stem}.wasm\", import.meta.url))");
        if bytes.len() < WITHIN {
            link = replaced(&link, &fetch, &format!("within(\"{}\")", STANDARD.encode(&bytes)))?;
            continue;
        }
        let name = name(&stem);
        let fetched = format!("fetch(new URL(\"./{name}\", import.meta.url), {{ integrity: \"{}\" }})", integrity(&bytes));
        link = replaced(&link, &fetch, &fetched)?;
        files.push((name, bytes));
    }
    let apart = |stem: &&String| files.iter().any(|(file, _)| *file == name(stem));
    let line = |(part, stems): (&String, &Vec<String>)| {
        let names: Vec<String> = stems.iter().filter(apart).map(|stem| name(stem)).collect();
        format!("{part}: {}\n", names.join(" "))
    };
    let list = needs.iter().map(line).collect();
    // Some servers do not say that a module is one; the main module's script allows for that too.
    link = link.replace("WebAssembly.instantiateStreaming(src, imports)", "instantiate(src, imports)") + SCRIPT;
    // Only where it is a file: the main module goes on asking for it by its first name.
    let page = replaced(&page, &format!("from \"{LINK}\""), &format!("from \"./parts-{mark}.js\""))?;
    Ok(Code {
        page: (format!("page-{mark}.js"), page.into_bytes()),
        link: (format!("parts-{mark}.js"), link.into_bytes()),
        main: (format!("page-{mark}_bg.wasm"), main),
        parts: files,
        list,
    })
}

/// The same module with every number as short as can be: the linker leaves room in those that may change, and only wasm-bindgen closes it.
fn dense(bytes: &[u8]) -> Result<Vec<u8>, String> {
    let mut module = Module::new();
    RoundtripReencoder.parse_core_module(&mut module, Parser::new(0), bytes).map_err(|e| e.to_string())?;
    Ok(module.finish())
}

/// What the script needs beside what the tool writes: making a module of what was fetched, and of what stands in the script itself.
const SCRIPT: &str = r#"
async function instantiate(src, imports) {
    const answer = await src;
    if (!answer.ok) throw new Error(`${answer.url}: ${answer.status}`);
    if (answer.headers.get("Content-Type") === "application/wasm") return WebAssembly.instantiateStreaming(answer, imports);
    return WebAssembly.instantiate(await answer.arrayBuffer(), imports);
}
async function within(text) {
    return new Response(Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0)), { headers: { "Content-Type": "application/wasm" } });
}
"#;

/// Replaces what must be there; a tool that has come to write something else is noticed here and not in a browser.
fn replaced(text: &str, from: &str, to: &str) -> Result<String, String> {
    if !text.contains(from) {
        return Err(format!("the scripts do not hold `{from}`"));
    }
    Ok(text.replace(from, to))
}
