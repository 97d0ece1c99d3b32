//! What must hold on any page at any time: nothing wrong in the console, nobody else asked, nothing inaccessible, no panic.
use crate::{Page, keep_shot, root};
use serde_json::Value;
use std::env;
use std::fs;
use thirtyfour::prelude::*;

impl Page {
    /// Keeps a picture of the window as `target/shots/NAME.png`.
    pub async fn shot(&self, name: &str) -> WebDriverResult<()> {
        Ok(keep_shot(name, &self.browser.screenshot_as_png().await?)?)
    }

    /// The errors that the console showed since the last call.
    pub async fn console_errors(&self) -> WebDriverResult<Vec<String>> {
        let log = self.browser.get_log("browser").await?;
        // Warnings are the browser's business: it warns that it does not check the integrity of a preloaded module.
        Ok(log.into_iter().filter(|e| e.level == "SEVERE").map(|e| e.message).collect())
    }

    /// Every request to another server since the last call, by any page of this browser session, answered or not.
    pub async fn foreign_requests(&self) -> WebDriverResult<Vec<String>> {
        let log = self.browser.get_log("performance").await?;
        Ok(log.iter().filter_map(|entry| requested(&entry.message)).filter(|url| self.is_foreign(url)).collect())
    }

    fn is_foreign(&self, url: &str) -> bool {
        let own = ["data:", "blob:", "about:", "chrome:"];
        !url.starts_with(&self.site.url()) && !own.iter().any(|scheme| url.starts_with(scheme))
    }

    /// Says that this walk breaks something on purpose, so console errors are no fault.
    pub fn expect_errors(&self) {
        self.errors_expected.set(true);
    }

    /// What the axe checks find wrong on the page as it stands: rule, what it asks for, and where.
    ///
    /// # Panics
    /// When axe is not installed and `DRIFT_NO_AXE` is not set.
    pub async fn accessibility_faults(&self) -> WebDriverResult<Vec<String>> {
        let file = root().join("target/tools/node_modules/axe-core/axe.min.js");
        let axe = match fs::read_to_string(&file) {
            Ok(axe) => axe,
            Err(_) if env::var_os("DRIFT_NO_AXE").is_some() => {
                eprintln!("DRIFT_NO_AXE is set: accessibility not checked");
                return Ok(Vec::new());
            }
            Err(error) => panic!("{}: {error}; run `cargo xtask setup`, or set DRIFT_NO_AXE=1", file.display()),
        };
        if self.run("return !window.axe").await? == Value::Bool(true) {
            self.browser.execute(axe, Vec::new()).await?;
        }
        let script = "const done = arguments[arguments.length - 1];
            axe.run({ resultTypes: ['violations'] }).then(
                r => done(r.violations.map(v => v.id + ': ' + v.help + ' at ' + v.nodes.map(n => n.target.join(' ') + ' (' + n.failureSummary + ')').join(', '))),
                e => done(['axe itself: ' + e]))";
        self.browser.execute_async(script, Vec::new()).await?.convert()
    }

    /// The rules that hold after every walk.
    pub(crate) async fn check_quiet(&self) -> WebDriverResult<()> {
        if !self.errors_expected.get() {
            assert_eq!(self.console_errors().await?, Vec::<String>::new(), "errors in the console");
        }
        assert_eq!(self.foreign_requests().await?, Vec::<String>::new(), "requests to other servers");
        Ok(())
    }

    /// Keeps what helps to understand a failed walk; the walk's own failure matters more than one here.
    pub(crate) async fn report(&self, name: &str) {
        if let Ok(url) = self.browser.current_url().await {
            eprintln!("{name}: at {url}");
        }
        for error in self.console_errors().await.unwrap_or_default() {
            eprintln!("{name}: console: {error}");
        }
        if self.shot(&format!("failed-{name}")).await.is_ok() {
            eprintln!("{name}: see target/shots/failed-{name}.png");
        }
    }
}

/// The address that an entry of the performance log says was asked for.
fn requested(entry: &str) -> Option<String> {
    let entry: Value = serde_json::from_str(entry).ok()?;
    let message = entry.get("message")?;
    let asked = message.get("method")? == "Network.requestWillBeSent";
    let url = message.pointer("/params/request/url")?.as_str()?;
    asked.then(|| url.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_read_from_the_log() {
        let entry =
            |method: &str| format!(r#"{{"message":{{"method":"{method}","params":{{"request":{{"url":"http://a/b"}}}}}},"webview":"1"}}"#);
        assert_eq!(requested(&entry("Network.requestWillBeSent")).as_deref(), Some("http://a/b"));
        assert_eq!(requested(&entry("Network.loadingFinished")), None);
        assert_eq!(requested("nothing"), None);
    }
}
