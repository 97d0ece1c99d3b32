//! One chromedriver process on a free port.
use std::io::{self, BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::{env, thread};

/// The driver that is running now, if somebody uses one.
static RUNNING: Mutex<Weak<Driver>> = Mutex::new(Weak::new());

/// A running chromedriver; stops when dropped.
pub struct Driver {
    child: Child,
    /// Where it listens.
    pub url: String,
}

impl Driver {
    /// The driver that all journeys of the moment share, each with a session of its own; started if there is none.
    pub fn shared() -> io::Result<Arc<Self>> {
        let mut running = RUNNING.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(driver) = running.upgrade() {
            return Ok(driver);
        }
        let driver = Arc::new(Self::start()?);
        *running = Arc::downgrade(&driver);
        Ok(driver)
    }

    /// Starts the program named by `CHROMEDRIVER`, else the one on PATH.
    fn start() -> io::Result<Self> {
        let program = env::var("CHROMEDRIVER").unwrap_or_else(|_| "chromedriver".into());
        let mut child = Command::new(&program)
            .arg("--port=0")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|e| io::Error::other(format!("{program}: {e}; `cargo xtask setup` fetches it where it can")))?;
        let output = child.stdout.take().ok_or_else(|| io::Error::other("chromedriver has no output"))?;
        let mut output = BufReader::new(output);
        let port = match port(&mut output) {
            Ok(port) => port,
            Err(error) => {
                let _ = child.kill();
                let _ = child.wait();
                return Err(error);
            }
        };
        // A full pipe would stop the driver.
        thread::spawn(move || io::copy(&mut output.by_ref(), &mut io::sink()));
        Ok(Self { child, url: format!("http://127.0.0.1:{port}") })
    }
}

/// Reads until the driver says where it listens.
fn port(output: &mut impl BufRead) -> io::Result<u16> {
    for line in output.lines() {
        if let Some((_, port)) = line?.split_once("started successfully on port ") {
            return port.trim().trim_end_matches('.').parse().map_err(io::Error::other);
        }
    }
    Err(io::Error::other("chromedriver ended without naming its port"))
}

impl Drop for Driver {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_port_is_read_from_what_the_driver_says() {
        let mut said = "Starting ChromeDriver\nChromeDriver was started successfully on port 41234.\n".as_bytes();
        assert_eq!(port(&mut said).ok(), Some(41234));
        assert!(port(&mut "nothing\n".as_bytes()).is_err());
    }
}
