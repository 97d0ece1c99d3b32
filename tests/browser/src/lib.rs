//! Journeys through the built page in a real browser: a file server, a driver and a page with the few verbs a walk needs.
//!
//! A test is one call of [`journey`]. It gets a fresh server, a fresh browser with an empty profile and one [`Page`], so
//! journeys run side by side. A page's inner state is read as a reader's tools would: from text and attributes.
mod checks;
mod driver;
mod folder;
mod hands;
mod page;
mod site;

pub use hands::Pointer;
pub use page::{Page, Screen, Storage};
pub use site::Site;
pub use thirtyfour::error::{WebDriverError, WebDriverResult};
pub use thirtyfour::{By, Key, WebElement};

use futures_util::FutureExt;
use std::fs;
use std::io;
use std::panic::{AssertUnwindSafe, resume_unwind};
use std::path::{Path, PathBuf};

/// The project's root folder.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Writes a picture under `target/shots`.
fn keep_shot(name: &str, png: &[u8]) -> io::Result<()> {
    let folder = root().join("target/shots");
    fs::create_dir_all(&folder)?;
    fs::write(folder.join(format!("{name}.png")), png)
}

/// Walks through the page on one screen; `name` is for the picture kept in `target/shots` if the walk fails.
///
/// After the walk no console error and no request to another server may have happened, unless the walk has said
/// [`Page::expect_errors`].
///
/// # Panics
/// When the walk panics or fails, or when the browser cannot be started.
pub async fn journey(name: &str, screen: Screen, walk: impl AsyncFnOnce(&Page) -> WebDriverResult<()>) {
    journey_with(name, screen, Storage::Allowed, walk).await;
}

/// [`journey`] in a browser that may keep pages from storing anything.
///
/// # Panics
/// As [`journey`].
pub async fn journey_with(name: &str, screen: Screen, storage: Storage, walk: impl AsyncFnOnce(&Page) -> WebDriverResult<()>) {
    let page = Page::start(screen, storage).await.unwrap_or_else(|e| panic!("{name}: no browser session: {e}"));
    let whole = async {
        walk(&page).await?;
        page.check_quiet().await
    };
    // A walk that panics must not leave a browser behind.
    let outcome = AssertUnwindSafe(whole).catch_unwind().await;
    if !matches!(outcome, Ok(Ok(()))) {
        page.report(name).await;
    }
    page.quit().await;
    match outcome {
        Ok(Ok(())) => {}
        Ok(Err(error)) => panic!("{name}: {error}"),
        Err(panic) => resume_unwind(panic),
    }
}
