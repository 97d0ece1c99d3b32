//! How much a visitor downloads: code as it stands, with gzip and with brotli, for each place one can come to first, and the limits on it.
use crate::run::{Failure, root};
use crate::split;
use drift_bench::{machine, write_section};
use flate2::Compression;
use flate2::write::GzEncoder;
use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write};
use std::path::Path;

/// The most that may be downloaded before a place of the page works, in bytes after brotli: what the place is called, the parts it takes
/// (`src/ui/later.rs`), and the limit. The goal was 250,000; the others are what was reached, and 2 % (BENCHMARKS.md).
const PLACES: [(&str, &[&str], usize); 5] = [
    ("the front page", &["home"], 250_000),
    ("the front page with its pictures", &["home", "front"], 589_000),
    ("the lab", &["lab"], 1_027_000),
    ("a lesson", &["lesson"], 1_258_000),
    ("the rooms of a class", &["class"], 739_000),
];

/// The most all wasm and JavaScript of the site may weigh after brotli, in bytes: what was reached with sweeps, the course and classes
/// in parts (BENCHMARKS.md), and 2 %.
const LIMIT: usize = 1_485_000;

/// Bytes of one file, plain and compressed.
#[derive(Clone, Copy, Default)]
struct Weight {
    raw: usize,
    gzip: usize,
    brotli: usize,
}

impl Weight {
    fn of(bytes: &[u8]) -> io::Result<Self> {
        let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
        gzip.write_all(bytes)?;
        let mut brotli = Vec::new();
        // Quality 11 and a 4 MiB window: what servers of static files use when they compress ahead of time.
        brotli::CompressorWriter::new(&mut brotli, 4096, 11, 22).write_all(bytes)?;
        Ok(Self { raw: bytes.len(), gzip: gzip.finish()?.len(), brotli: brotli.len() })
    }

    fn add(&mut self, other: Self) {
        self.raw += other.raw;
        self.gzip += other.gzip;
        self.brotli += other.brotli;
    }

    fn print(self, name: &str) {
        println!("{:>10} {:>10} {:>10}  {name}", self.raw, self.gzip, self.brotli);
    }
}

/// What a site's code weighs.
struct Weighed {
    /// All of it.
    all: Weight,
    /// What must arrive before each of [`PLACES`] works.
    places: Vec<Weight>,
}

/// Prints the size of a built site's code and fails above the limits.
pub fn report(site: &Path) -> Result<(), Failure> {
    let Weighed { all, places } = weigh(site)?;
    let over = |what: &str, weight: Weight, limit: usize| {
        let problem = || Failure::new(format!("{what}: {} bytes after brotli; the limit is {limit}", weight.brotli));
        if weight.brotli > limit { Err(problem()) } else { Ok(()) }
    };
    over("all code", all, LIMIT)?;
    PLACES.iter().zip(places).try_for_each(|((name, _, limit), weight)| over(name, weight, *limit))
}

/// Writes the size of a built site's code to BENCHMARKS.md.
pub fn record(site: &Path) -> Result<(), Failure> {
    let Weighed { all, places } = weigh(site)?;
    let row = |name: &str, w: Weight, limit: usize| format!("\n| {name} | {} | {} | {} | {limit} |", w.raw, w.gzip, w.brotli);
    let rows: String = PLACES.iter().zip(places).map(|((name, _, limit), weight)| row(name, weight, *limit)).collect();
    let body = format!(
        "Wasm and JavaScript of the release page that must arrive before a place works for somebody who comes there first, in bytes;\n\
         after brotli at most the limit is allowed. What one place has fetched the next one does not fetch again.\n{}\n\n\
         | place | raw | gzip | brotli | limit |\n|---|---|---|---|---|{rows}{}",
        machine(),
        row("all code", all, LIMIT),
    );
    write_section("Size", &body).map_err(|e| Failure::new(format!("BENCHMARKS.md: {e}")))
}

/// Weighs every file of code in a site, and adds them up for each place.
fn weigh(site: &Path) -> Result<Weighed, Failure> {
    let folder = root().join(site);
    let failure = |e: io::Error| Failure::new(format!("{}: {e} (is the site built?)", site.display()));
    let files = files(&folder).map_err(failure)?;
    let list = fs::read_to_string(folder.join(split::LIST)).map_err(failure)?;
    println!("\n{:>10} {:>10} {:>10}  bytes", "raw", "gzip", "brotli");
    let mut all = Weight::default();
    for (name, weight) in &files {
        weight.print(name);
        all.add(*weight);
    }
    all.print("all code");
    let mut places = Vec::new();
    for (name, parts, _) in PLACES {
        let weight = place(&files, &list, parts).map_err(Failure::new)?;
        weight.print(name);
        places.push(weight);
    }
    Ok(Weighed { all, places })
}

/// The code in a folder: names and weights.
fn files(folder: &Path) -> io::Result<BTreeMap<String, Weight>> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|e| e == "wasm" || e == "js") {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            found.insert(name, Weight::of(&fs::read(&path)?)?);
        }
    }
    Ok(found)
}

/// What must arrive before a place works: what starts the page, and each file of its parts once. The worker comes later.
fn place(files: &BTreeMap<String, Weight>, list: &str, parts: &[&str]) -> Result<Weight, String> {
    let starts = |name: &&String| ["boot-", "page-", "parts-"].iter().any(|start| name.starts_with(start));
    let mut needed: Vec<&str> = files.keys().filter(starts).map(String::as_str).collect();
    for part in parts {
        let line = list.lines().find_map(|line| line.strip_prefix(part)?.strip_prefix(": "));
        needed.extend(line.ok_or_else(|| format!("{} names no part {part}", split::LIST))?.split(' '));
    }
    needed.sort_unstable();
    needed.dedup();
    let mut sum = Weight::default();
    for name in needed {
        sum.add(*files.get(name).ok_or_else(|| format!("{name} is not in the site"))?);
    }
    Ok(sum)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn compressing_text_that_repeats_makes_it_smaller() -> io::Result<()> {
        let weight = Weight::of(&b"drift and repair ".repeat(1000))?;
        assert_eq!(weight.raw, 17_000);
        assert!(weight.brotli > 0 && weight.brotli < 200);
        assert!(weight.gzip > weight.brotli && weight.gzip < 500);
        Ok(())
    }

    #[test]
    fn a_place_takes_what_starts_the_page_and_each_of_its_files_once() {
        let of = |brotli| Weight { raw: 0, gzip: 0, brotli };
        let sizes = [("boot-1.js", 1), ("page-1_bg.wasm", 2), ("sw.js", 4), ("a.wasm", 8), ("b.wasm", 16), ("c.wasm", 32)];
        let files = sizes.into_iter().map(|(name, size)| (name.to_owned(), of(size))).collect();
        let list = "home: a.wasm\nfront: a.wasm b.wasm\nbad: d.wasm\n";
        let brotli = |parts: &[&str]| place(&files, list, parts).map(|weight| weight.brotli);
        assert_eq!(brotli(&["home"]), Ok(11));
        assert_eq!(brotli(&["home", "front"]), Ok(27));
        assert!(brotli(&["bad"]).is_err() && brotli(&["none"]).is_err());
    }
}
