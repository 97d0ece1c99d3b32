//! Screens from the narrowest phone to a wall: nothing is wider than the window, and the lab's drawing and controls are in sight.
use crate::desk::{STAGE, open, run_until};
use drift_browser::{Page, Screen, WebDriverResult, journey};
use serde_json::{Value, json};

/// Widths and heights in CSS pixels: phones, a tablet both ways, laptops, a projector, a wall.
const SIZES: [(u32, u32); 9] =
    [(320, 640), (390, 844), (844, 390), (768, 1024), (1024, 768), (1280, 720), (1440, 900), (1920, 1080), (3840, 2160)];

/// What reaches beyond the window sideways, by name.
async fn too_wide(page: &Page) -> WebDriverResult<Value> {
    let script = "return document.documentElement.scrollWidth <= innerWidth ? []
        : [...document.querySelectorAll('body *')].filter(e => e.getBoundingClientRect().right > innerWidth + 1)
            .map(e => e.dataset.testid || e.className.baseVal || e.className || e.tagName).slice(0, 8)";
    page.run(script).await
}

#[tokio::test]
async fn no_page_is_wider_than_its_window() {
    journey("screens-wide", Screen::LAPTOP, async |page| {
        for path in ["#/", "#/lab/three-answers", "#/two", "#/lesson/read-repair", "#/glossary", "#/nowhere"] {
            page.open(path).await?;
            if path.contains("three") {
                run_until(page, "answers differ").await?;
            }
            for (width, height) in SIZES {
                page.look(Screen { width, height, ..Screen::LAPTOP }).await?;
                page.until("the window has its size", &format!("return innerWidth === {width}")).await?;
                assert_eq!(too_wide(page).await?, json!([]), "{path} in {width} x {height}");
            }
            page.look(Screen::LAPTOP).await?;
        }
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn a_projector_shows_the_lab_without_scrolling() {
    journey("screens-room", Screen::PROJECTOR, async |page| {
        open(page, "#/lab/three-answers").await?;
        run_until(page, "answers differ").await?;
        in_sight(page, "for one").await?;
        page.click("[data-testid=projector]").await?;
        page.attribute_becomes("html", "data-mode", "projector").await?;
        page.attribute_becomes(STAGE, "data-profile", "projector").await?;
        in_sight(page, "for a room").await
    })
    .await;
}

/// Drawing, sentence and time are wholly in the window, the inspector at least begins in it.
async fn in_sight(page: &Page, mode: &str) -> WebDriverResult<()> {
    let hidden = "return ['stage', 'why', 'transport', 'timeline', 'inspector'].filter(name => {
        const r = document.querySelector(`[data-testid=${name}]`).getBoundingClientRect();
        return r.height === 0 || r.top < 0 || r.left < 0 || r.right > innerWidth || (name !== 'inspector' && r.bottom > innerHeight); })";
    assert_eq!(page.run(hidden).await?, json!([]), "out of sight, {mode}");
    Ok(())
}
