//! One file with the whole site and a page that says how to serve it: for a room without a network, or somebody else's server.
use crate::run::{Failure, root};
use crate::site;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

/// How to serve it; goes beside the site's folder.
const INSTRUCTIONS: &str = "static/package/READ-ME-FIRST.html";

/// The folder inside the package that is to be served.
const FOLDER: &str = "drift";

/// Packs a built site into one file, both given relative to the project's root. The same site gives the same bytes.
pub fn package(dist: &Path, into: &Path) -> Result<(), Failure> {
    let size = pack(&root().join(dist), &root().join(into)).map_err(|e| Failure::new(format!("{}: {e}", into.display())))?;
    eprintln!("  {}: {size} bytes; unpack it and open READ-ME-FIRST.html", into.display());
    Ok(())
}

fn pack(site: &Path, into: &Path) -> Result<u64, String> {
    let mut names = site::files(site)?;
    names.push("sw.js".to_owned());
    let file = File::create(into).map_err(|e| e.to_string())?;
    let mut zip = ZipWriter::new(file);
    // The earliest date there is: the package must not depend on the day it was made.
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated).last_modified_time(DateTime::default());
    let instructions = root().join(INSTRUCTIONS);
    let mut add = |name: String, from: &Path| -> io::Result<()> {
        zip.start_file(name, options).map_err(io::Error::other)?;
        zip.write_all(&fs::read(from)?)
    };
    add("READ-ME-FIRST.html".to_owned(), &instructions).map_err(|e| format!("{INSTRUCTIONS}: {e}"))?;
    for name in names {
        add(format!("{FOLDER}/{name}"), &site.join(&name)).map_err(|e| format!("{name}: {e}"))?;
    }
    let file = zip.finish().map_err(|e| e.to_string())?;
    file.metadata().map(|all| all.len()).map_err(|e| e.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::env;
    use std::io::Read;

    #[test]
    fn a_package_holds_the_site_and_how_to_serve_it() {
        let scratch = env::temp_dir().join(format!("drift-package-{}", std::process::id()));
        fs::create_dir_all(scratch.join("site/fonts")).expect("a folder");
        for (name, text) in [("index.html", "page"), ("sw.js", "worker"), ("fonts/a.woff2", "font")] {
            fs::write(scratch.join("site").join(name), text).expect("a file");
        }
        let (once, twice) = (scratch.join("once.zip"), scratch.join("twice.zip"));
        pack(&scratch.join("site"), &once).expect("a package");
        pack(&scratch.join("site"), &twice).expect("a package");
        assert_eq!(fs::read(&once).expect("bytes"), fs::read(&twice).expect("bytes"), "the same site, the same bytes");
        let mut zip = zip::ZipArchive::new(File::open(&once).expect("a file")).expect("a package");
        let mut names: Vec<String> = zip.file_names().map(|name| name.expect("a name").into_owned()).collect();
        names.sort();
        assert_eq!(names, ["READ-ME-FIRST.html", "drift/fonts/a.woff2", "drift/index.html", "drift/sw.js"]);
        let mut text = String::new();
        zip.by_name("drift/sw.js").expect("a worker").read_to_string(&mut text).expect("text");
        assert_eq!(text, "worker");
        assert!(pack(&scratch.join("nowhere"), &once).is_err());
        fs::remove_dir_all(&scratch).expect("gone");
    }
}
