//! One page in one browser, and what a reader does with it.
use crate::Site;
use crate::driver::Driver;
use crate::folder::Folder;
use serde_json::{Value, json};
use std::cell::Cell;
use std::env;
use std::sync::Arc;
use std::time::Duration;
use thirtyfour::prelude::*;
use tokio::time::{Instant, sleep};

/// How long a walk waits for something to appear.
const PATIENCE: Duration = Duration::from_secs(60);
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

/// Whether the browser lets pages store anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Storage {
    /// As usual.
    Allowed,
    /// Every attempt throws.
    Blocked,
}

/// Keeps what the page says in passing: a confirmation goes away by itself, and a busy machine may look too late.
const LISTEN: &str = "window.said = [];
    const hear = () => {
        const now = document.querySelector('[data-testid=notice]')?.textContent ?? '';
        if (now && window.said.at(-1) !== now) window.said.push(now);
    };
    new MutationObserver(hear).observe(document, { subtree: true, childList: true, characterData: true });";

/// One page in a browser of its own, served by a server of its own.
pub struct Page {
    /// The browser session, for what has no verb here.
    pub browser: WebDriver,
    /// The server the page comes from.
    pub site: Site,
    pub(crate) errors_expected: Cell<bool>,
    pub(crate) folder: Folder,
    _driver: Arc<Driver>,
}

impl Page {
    pub(crate) async fn start(screen: Screen, storage: Storage) -> WebDriverResult<Self> {
        let (site, folder, driver) = (Site::open()?, Folder::new()?, Driver::shared()?);
        let browser = WebDriver::new(&driver.url, capabilities(&folder, storage)).await?;
        let page = Self { browser, site, errors_expected: Cell::new(false), folder, _driver: driver };
        page.browser.cdp().send_raw("Page.enable", json!({})).await?;
        page.browser.cdp().send_raw("Page.addScriptToEvaluateOnNewDocument", json!({ "source": LISTEN })).await?;
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
    pub(crate) async fn wait(&self, what: &str, script: &str, arguments: Vec<Value>, good: impl Fn(&Value) -> bool) -> WebDriverResult<()> {
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

    /// Waits until something holds outside the browser.
    pub(crate) async fn until_here(&self, what: &str, good: impl Fn() -> bool) -> WebDriverResult<()> {
        let end = Instant::now() + PATIENCE;
        while !good() {
            assert!(Instant::now() < end, "waited too long until {what}");
            sleep(GLANCE).await;
        }
        Ok(())
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

    /// Waits until the page has confirmed something in these words since it was loaded, or since this was asked last.
    ///
    /// # Panics
    /// When that takes too long.
    pub async fn said(&self, words: &str) -> WebDriverResult<()> {
        let script = "const at = window.said.findIndex(told => told.includes(arguments[0]));
            return at < 0 ? window.said : (window.said.splice(0, at + 1), true)";
        self.wait(&format!("the page has said {words:?}"), script, vec![json!(words)], |v| *v == Value::Bool(true)).await
    }

    pub(crate) async fn quit(self) {
        // The driver is stopped next in any case.
        let _ = self.browser.quit().await;
    }
}

fn capabilities(folder: &Folder, storage: Storage) -> thirtyfour::Capabilities {
    let mut options = json!({ "args": [
        "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-quic", "--no-first-run",
        "--disable-background-networking", "--disable-component-update", "--disable-sync", "--hide-scrollbars",
    ]});
    options["prefs"] = json!({ "download.default_directory": folder.saves(), "download.prompt_for_download": false });
    if storage == Storage::Blocked {
        options["prefs"]["profile.default_content_setting_values.cookies"] = json!(2);
    }
    if let Ok(chrome) = env::var("CHROME") {
        options["binary"] = json!(chrome);
    }
    let mut all = serde_json::Map::new();
    all.insert("browserName".into(), json!("chrome"));
    all.insert("goog:chromeOptions".into(), options);
    // The performance log has every request of every page of the session.
    all.insert("goog:loggingPrefs".into(), json!({ "browser": "ALL", "performance": "ALL" }));
    // Walks wait for what they need to see; a page whose engine is held back never finishes loading.
    all.insert("pageLoadStrategy".into(), json!("eager"));
    all.into()
}
