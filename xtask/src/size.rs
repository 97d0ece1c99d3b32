//! How much a visitor downloads: code as it stands, with gzip and with brotli, and the limit on it.
use crate::run::{Failure, root};
use drift_bench::{machine, write_section};
use flate2::Compression;
use flate2::write::GzEncoder;
use std::fs;
use std::io::{self, Write};
use std::path::Path;

/// The most all wasm and JavaScript of the site may weigh after brotli, in bytes: what was reached with sweeps, the course and classes
/// (BENCHMARKS.md), and 2 %. The goal is 250,000.
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

/// Prints the size of a built site's code and fails above the limit.
pub fn report(site: &Path) -> Result<(), Failure> {
    let folder = root().join(site);
    let total = weigh(&folder).map_err(|e| Failure::new(format!("{}: {e} (is the site built?)", site.display())))?;
    if total.raw == 0 {
        return Err(Failure::new(format!("{} holds no code; is the site built?", site.display())));
    }
    if total.brotli > LIMIT {
        return Err(Failure::new(format!("the code is {} bytes after brotli; the limit is {LIMIT}", total.brotli)));
    }
    Ok(())
}

/// Writes the size of a built site's code to BENCHMARKS.md.
pub fn record(site: &Path) -> Result<(), Failure> {
    let failure = |e: io::Error| Failure::new(format!("{}: {e} (is the site built?)", site.display()));
    let total = weigh(&root().join(site)).map_err(failure)?;
    let body = format!(
        "All wasm and JavaScript of the release page; after brotli at most {LIMIT} bytes are allowed.\n{}\n\n\
         | raw | gzip | brotli |\n|---|---|---|\n| {} | {} | {} |",
        machine(),
        total.raw,
        total.gzip,
        total.brotli,
    );
    write_section("Size", &body).map_err(failure)
}

fn weigh(folder: &Path) -> io::Result<Weight> {
    let mut total = Weight::default();
    let mut paths = fs::read_dir(folder)?.map(|e| e.map(|e| e.path())).collect::<io::Result<Vec<_>>>()?;
    paths.sort();
    println!("\n{:>10} {:>10} {:>10}  bytes", "raw", "gzip", "brotli");
    for path in paths {
        if path.extension().is_some_and(|e| e == "wasm" || e == "js") {
            let weight = Weight::of(&fs::read(&path)?)?;
            weight.print(&path.file_name().unwrap_or_default().to_string_lossy());
            total.add(weight);
        }
    }
    total.print("in all");
    Ok(total)
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
}
