//! One page in one browser, and what a reader does with it.
use crate::driver::Driver;
use crate::{Site, keep_shot, root};
use serde_json::{Value, json};
use std::cell::Cell;
use std::env;
use std::fs;
use std::time::Duration;
use thirtyfour::common::command::{Actions, Command};
use thirtyfour::prelude::*;
use tokio::time::{Instant, sleep};

/// How long a walk waits for something to appear.
const PATIENCE: Duration = Duration::from_secs(15);
/// How often it looks.
const GLANCE: Duration = Duration::from_millis(25);
/// An attribute of the first element that matches, or null.
const ATTRIBUTE: &str = "return document.querySelector(arguments[0])?.getAttribute(arguments[1]) ?? null";

/// The screen a walk happens on.
#[derive(Clone, Copy, Debug)]
pub struct Screen {
    /// Inner width in CSS pixels.
    pub width: u32,
    /// Inner height in CSS pixels.
    pub height: u32,
    /// Whether it is touched rather than pointed at.
    pub touch: bool,
    /// Whether the system asks for a dark page.
    pub dark: bool,
    /// Whether the system asks for little motion.
    pub still: bool,
}

impl Screen {
    /// A laptop.
    pub const LAPTOP: Self = Self { width: 1440, height: 900, touch: false, dark: false, still: false };
    /// A projector in a classroom.
    pub const PROJECTOR: Self = Self { width: 1280, height: 720, ..Self::LAPTOP };
    /// A phone held upright.
    pub const PHONE: Self = Self { width: 390, height: 844, touch: true, ..Self::LAPTOP };

    /// The same screen with a dark system theme.
    pub const fn dark(self) -> Self {
        Self { dark: true, ..self }
    }

    /// The same screen for somebody who wants little motion.
    pub const fn still(self) -> Self {
        Self { still: true, ..self }
    }
}

/// What is moved over the page.
#[derive(Clone, Copy, Debug)]
pub enum Pointer {
    /// A mouse, its main button held while dragging.
    Mouse,
    /// A finger.
    Touch,
}

/// One page in a browser of its own, served by a server of its own.
pub struct Page {
    /// The browser session, for what has no verb here.
    pub browser: WebDriver,
    /// The server the page comes from.
    pub site: Site,
    errors_expected: Cell<bool>,
    _driver: Driver,
}

impl Page {
    pub(crate) async fn start(screen: Screen) -> WebDriverResult<Self> {
        let site = Site::open()?;
        let driver = Driver::start()?;
        let browser = WebDriver::new(&driver.url, capabilities()).await?;
        let page = Self { browser, site, errors_expected: Cell::new(false), _driver: driver };
        page.look(screen).await?;
        Ok(page)
    }

    /// Changes to another screen.
    pub async fn look(&self, screen: Screen) -> WebDriverResult<()> {
        let cdp = self.browser.cdp();
        let metrics = json!({
            "width": screen.width, "height": screen.height, "deviceScaleFactor": 1, "mobile": screen.touch,
        });
        cdp.send_raw("Emulation.setDeviceMetricsOverride", metrics).await?;
        cdp.send_raw("Emulation.setTouchEmulationEnabled", json!({ "enabled": screen.touch })).await?;
        let theme = if screen.dark { "dark" } else { "light" };
        let motion = if screen.still { "reduce" } else { "no-preference" };
        let media = json!({ "features": [
            { "name": "prefers-color-scheme", "value": theme },
            { "name": "prefers-reduced-motion", "value": motion },
        ]});
        cdp.send_raw("Emulation.setEmulatedMedia", media).await?;
        Ok(())
    }

    /// Opens an address below the site's own, such as `""` or `"#/lab"`, and waits for the engine.
    pub async fn open(&self, path: &str) -> WebDriverResult<()> {
        self.browser.goto(format!("{}{path}", self.site.url())).await?;
        self.started().await
    }

    /// Loads the page again and waits for the engine.
    pub async fn reload(&self) -> WebDriverResult<()> {
        self.browser.refresh().await?;
        self.started().await
    }

    /// Waits until the page itself has replaced the shell that says "loading".
    pub async fn started(&self) -> WebDriverResult<()> {
        self.until("the engine has started", "return !document.getElementById('loading') && !!document.querySelector('#app > *')").await
    }

    /// Waits until a script returns true.
    ///
    /// # Panics
    /// When that takes too long.
    pub async fn until(&self, what: &str, script: &str) -> WebDriverResult<()> {
        self.wait(what, script, Vec::new(), |v| *v == Value::Bool(true)).await
    }

    /// Runs a script again and again until what it returns is good.
    async fn wait(&self, what: &str, script: &str, arguments: Vec<Value>, good: impl Fn(&Value) -> bool) -> WebDriverResult<()> {
        let end = Instant::now() + PATIENCE;
        loop {
            let now = self.run_with(script, arguments.clone()).await?;
            if good(&now) {
                return Ok(());
            }
            assert!(Instant::now() < end, "waited too long until {what}; it is {now}");
            sleep(GLANCE).await;
        }
    }

    /// Runs a script's body in the page and gives what it returns.
    pub async fn run(&self, script: &str) -> WebDriverResult<Value> {
        self.run_with(script, Vec::new()).await
    }

    /// Runs a script's body with `arguments`.
    pub async fn run_with(&self, script: &str, arguments: Vec<Value>) -> WebDriverResult<Value> {
        Ok(self.browser.execute(script, arguments).await?.json().clone())
    }

    /// Waits for a displayed element.
    pub async fn find(&self, css: &str) -> WebDriverResult<WebElement> {
        self.browser.query(By::Css(css)).wait(PATIENCE, GLANCE).and_displayed().desc(css).first().await
    }

    /// How many elements there are now.
    pub async fn count(&self, css: &str) -> WebDriverResult<usize> {
        Ok(self.browser.find_all(By::Css(css)).await?.len())
    }

    /// The text of a displayed element, waiting for it.
    pub async fn text(&self, css: &str) -> WebDriverResult<String> {
        self.find(css).await?.text().await
    }

    /// An attribute of an element, now and displayed or not; `None` without the element or the attribute.
    pub async fn attribute(&self, css: &str, name: &str) -> WebDriverResult<Option<String>> {
        let value = self.run_with(ATTRIBUTE, vec![json!(css), json!(name)]).await?;
        Ok(value.as_str().map(str::to_owned))
    }

    /// Waits until an attribute has a value.
    ///
    /// # Panics
    /// When that takes too long.
    pub async fn attribute_becomes(&self, css: &str, name: &str, value: &str) -> WebDriverResult<()> {
        let what = format!("{css} has {name}={value:?}");
        self.wait(&what, ATTRIBUTE, vec![json!(css), json!(name)], |v| v == value).await
    }

    /// Waits until the text of an element holds some words.
    ///
    /// # Panics
    /// When that takes too long.
    pub async fn text_becomes(&self, css: &str, words: &str) -> WebDriverResult<()> {
        let script = "return document.querySelector(arguments[0])?.textContent ?? null";
        let what = format!("{css} holds {words:?}");
        let good = |v: &Value| v.as_str().is_some_and(|text| text.contains(words));
        self.wait(&what, script, vec![json!(css)], good).await
    }

    /// Clicks a displayed element, waiting for it.
    pub async fn click(&self, css: &str) -> WebDriverResult<()> {
        self.find(css).await?.click().await
    }

    /// Types into whatever has the focus; [`Key`] and text can be added together, modifiers first.
    pub async fn keys(&self, keys: impl Into<thirtyfour::TypingData>) -> WebDriverResult<()> {
        self.browser.action_chain().send_keys(keys).perform().await
    }

    /// Presses a key while another is held.
    pub async fn chord(&self, held: Key, key: Key) -> WebDriverResult<()> {
        self.browser.action_chain().key_down(held.clone()).send_keys(key).key_up(held).perform().await
    }

    /// The middle of an element in the window, in CSS pixels.
    pub async fn centre(&self, css: &str) -> WebDriverResult<(i64, i64)> {
        let element = self.find(css).await?;
        let script =
            "const r = arguments[0].getBoundingClientRect(); return [Math.round(r.x + r.width / 2), Math.round(r.y + r.height / 2)]";
        self.browser.execute(script, vec![element.to_json()?]).await?.convert()
    }

    /// Drags along a line of points in the window, in CSS pixels, as fast as a quick hand.
    pub async fn drag(&self, pointer: Pointer, line: &[(i64, i64)]) -> WebDriverResult<()> {
        let (kind, mut moves) = (
            match pointer {
                Pointer::Mouse => "mouse",
                Pointer::Touch => "touch",
            },
            Vec::new(),
        );
        for (n, (x, y)) in line.iter().enumerate() {
            let duration = if n == 0 { 0 } else { 60 };
            moves.push(json!({ "type": "pointerMove", "duration": duration, "origin": "viewport", "x": x, "y": y }));
            if n == 0 {
                moves.push(json!({ "type": "pointerDown", "button": 0 }));
            }
        }
        moves.push(json!({ "type": "pointerUp", "button": 0 }));
        let source = json!([{ "type": "pointer", "id": "hand", "parameters": { "pointerType": kind }, "actions": moves }]);
        self.browser.handle().cmd(Command::PerformActions(Actions::from(source))).await?;
        Ok(())
    }

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

    /// Everything this page has asked any other server for.
    pub async fn foreign_requests(&self) -> WebDriverResult<Vec<String>> {
        let script = "return performance.getEntriesByType('resource').map(e => e.name)
            .filter(n => new URL(n, location).origin !== location.origin && !/^(blob|data):/.test(n))";
        self.browser.execute(script, Vec::new()).await?.convert()
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
        self.browser.execute(axe, Vec::new()).await?;
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

    pub(crate) async fn quit(self) {
        // The driver is stopped next in any case.
        let _ = self.browser.quit().await;
    }
}

fn capabilities() -> thirtyfour::Capabilities {
    let mut options = json!({ "args": [
        "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-quic", "--no-first-run",
        "--disable-background-networking", "--disable-component-update", "--disable-sync", "--hide-scrollbars",
    ]});
    if let Ok(chrome) = env::var("CHROME") {
        options["binary"] = json!(chrome);
    }
    let mut all = serde_json::Map::new();
    all.insert("browserName".into(), json!("chrome"));
    all.insert("goog:chromeOptions".into(), options);
    all.insert("goog:loggingPrefs".into(), json!({ "browser": "ALL" }));
    // Walks wait for what they need to see; a page whose engine is held back never finishes loading.
    all.insert("pageLoadStrategy".into(), json!("eager"));
    all.into()
}
