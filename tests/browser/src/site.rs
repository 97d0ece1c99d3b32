//! A static file server on a free port, as plain as the servers the page will live on.
//!
//! The same files answer under `/` and under [`BELOW`]; a site that works in both places works in any folder. A walk can
//! hold back or lose the engine's module, and end the server, to see the page without them.
use crate::root;
use std::env;
use std::fs;
use std::io::{self, BufRead, BufReader, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;

/// A folder that is not the server's root.
const BELOW: &str = "/some/where/";

/// What happens to a request for the engine's module.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Engine {
    Served,
    Held,
    Lost,
    PartsLost,
}

/// What the server's threads share.
struct Shared {
    files: PathBuf,
    engine: Mutex<Engine>,
    newer: AtomicBool,
    changed: Condvar,
    open: Mutex<Option<Vec<TcpStream>>>,
}

/// A running server; ends when dropped.
pub struct Site {
    address: SocketAddr,
    shared: Arc<Shared>,
}

impl Site {
    /// Serves the folder named by `DRIFT_DIST`, else `target/e2e-dist`.
    pub fn open() -> io::Result<Self> {
        let files = env::var_os("DRIFT_DIST").map_or_else(|| root().join("target/e2e-dist"), PathBuf::from);
        if !files.join("index.html").exists() {
            let advice = "is not a built site; `cargo xtask test` builds one, or name one in DRIFT_DIST";
            return Err(io::Error::other(format!("{} {advice}", files.display())));
        }
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared {
            files,
            engine: Mutex::new(Engine::Served),
            newer: AtomicBool::new(false),
            changed: Condvar::new(),
            open: Mutex::new(Some(Vec::new())),
        });
        let theirs = Arc::clone(&shared);
        thread::spawn(move || accept(&listener, &theirs));
        Ok(Self { address, shared })
    }

    /// The site's address, with a slash at the end.
    pub fn url(&self) -> String {
        format!("http://{}/", self.address)
    }

    /// The same site in a folder of its server.
    pub fn url_below(&self) -> String {
        format!("http://{}{BELOW}", self.address)
    }

    /// Keeps requests for the engine's module waiting.
    pub fn hold_engine(&self) {
        self.set_engine(Engine::Held);
    }

    /// Answers requests for the engine's module again, also those that wait.
    pub fn release_engine(&self) {
        self.set_engine(Engine::Served);
    }

    /// Answers requests for the engine's module with "not found".
    pub fn lose_engine(&self) {
        self.set_engine(Engine::Lost);
    }

    /// Answers requests for the parts that come when they are wanted with "not found"; what starts the page is served.
    pub fn lose_parts(&self) {
        self.set_engine(Engine::PartsLost);
    }

    /// From now on the site has a newer version: a page whose engine has another name, and a worker that says so.
    pub fn renew(&self) {
        self.shared.newer.store(true, Ordering::Relaxed);
    }

    fn set_engine(&self, engine: Engine) {
        *self.shared.engine.lock().unwrap_or_else(PoisonError::into_inner) = engine;
        self.shared.changed.notify_all();
    }

    /// Ends the server and every connection: from now on the page has no network.
    pub fn close(&self) {
        self.release_engine();
        let open = self.shared.open.lock().unwrap_or_else(PoisonError::into_inner).take();
        for stream in open.into_iter().flatten() {
            // The other side may have gone already.
            let _ = stream.shutdown(Shutdown::Both);
        }
        // Wakes the listener, which then sees that it is over.
        let _ = TcpStream::connect(self.address);
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        self.close();
    }
}

fn accept(listener: &TcpListener, shared: &Arc<Shared>) {
    for stream in listener.incoming().flatten() {
        let Ok(kept) = stream.try_clone() else {
            continue;
        };
        match &mut *shared.open.lock().unwrap_or_else(PoisonError::into_inner) {
            Some(open) => open.push(kept),
            None => return,
        }
        let shared = Arc::clone(shared);
        // A browser may hang up in the middle of an answer; that is its right.
        thread::spawn(move || answer(&stream, &shared));
    }
}

/// Answers the requests of one connection until it ends.
fn answer(mut stream: &TcpStream, shared: &Shared) -> io::Result<()> {
    let mut lines = BufReader::new(stream).lines();
    while let Some(first) = lines.next() {
        let first = first?;
        for header in lines.by_ref() {
            if header?.is_empty() {
                break;
            }
        }
        let path = first.split(' ').nth(1).unwrap_or("/");
        let (status, kind, body) = find(path, shared);
        write!(stream, "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nCache-Control: no-cache\r\n\r\n", body.len())?;
        stream.write_all(&body)?;
    }
    Ok(())
}

fn find(target: &str, shared: &Shared) -> (&'static str, &'static str, Vec<u8>) {
    let path = target.split(['?', '#']).next().unwrap_or_default();
    let path = path.strip_prefix(BELOW).unwrap_or_else(|| path.trim_start_matches('/'));
    let path = if path.is_empty() { "index.html" } else { path };
    let lost = path.ends_with(".wasm") && !engine_served(path, shared);
    let file = shared.files.join(path);
    match fs::read(&file) {
        Ok(body) if !lost && !path.contains("..") => ("200 OK", kind(&file), version(path, body, shared)),
        _ => ("404 Not Found", "text/plain", b"not found".to_vec()),
    }
}

/// The file as the site's present version has it.
fn version(path: &str, body: Vec<u8>, shared: &Shared) -> Vec<u8> {
    let (old, new) = match path {
        "index.html" => ("/page-", "/newer-page-"),
        "sw.js" => ("const VERSION = \"", "const VERSION = \"newer"),
        _ => return body,
    };
    match String::from_utf8(body) {
        Ok(text) if shared.newer.load(Ordering::Relaxed) => text.replace(old, new).into_bytes(),
        Ok(text) => text.into_bytes(),
        Err(other) => other.into_bytes(),
    }
}

/// Waits while the engine is held; false if it is lost.
fn engine_served(path: &str, shared: &Shared) -> bool {
    let engine = shared.engine.lock().unwrap_or_else(PoisonError::into_inner);
    let engine = shared.changed.wait_while(engine, |e| *e == Engine::Held).unwrap_or_else(PoisonError::into_inner);
    *engine == Engine::Served || *engine == Engine::PartsLost && path.starts_with("page-")
}

/// The content type by a file's ending; a browser compiles wasm while it arrives only if it is called that.
fn kind(file: &Path) -> &'static str {
    match file.extension().and_then(|e| e.to_str()) {
        Some("html") => "text/html; charset=utf-8",
        Some("js" | "mjs") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("txt" | "md") => "text/plain; charset=utf-8",
        Some("json") => "application/json",
        Some("webmanifest") => "application/manifest+json",
        Some("wasm") => "application/wasm",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("woff2") => "font/woff2",
        _ => "application/octet-stream",
    }
}
