//! Screens from the narrowest phone to a wall: nothing is wider than the window, and the lab's drawing and controls are in sight.
use crate::desk::{STAGE, open, run_until};
use drift::course::units;
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

/// Screens of rooms: an old projector, a laptop, a newer projector.
const ROOMS: [(u32, u32); 3] = [(1280, 720), (1440, 900), (1920, 1080)];

/// What does not fit on the screen of a lesson that is shown: how far it scrolls, and what its boxes cut off.
const UNFIT: &str = "const main = document.querySelector('.pr-main');
    const over = e => Math.max(e.scrollHeight - e.clientHeight, e.scrollWidth - e.clientWidth);
    const cuts = e => e.clientHeight > 2 && !e.closest('svg, .vh, details') && /clip|hidden|auto/.test(getComputedStyle(e).overflowY);
    return [main, ...[...main.querySelectorAll('*')].filter(cuts)].filter(e => over(e) > 2)
        .map(e => `${e.dataset.testid || e.className}: ${over(e)}`)";

/// Goes through all screens of a unit, reveals what is hidden, and looks at each in every room.
async fn screens_fit(page: &Page, slug: &str) -> WebDriverResult<()> {
    page.open(&format!("#/lesson/{slug}?present")).await?;
    page.find("[data-testid=present]").await?;
    let last = page.attribute("[data-testid=present]", "data-screens").await?.and_then(|n| n.parse::<u32>().ok()).expect("a number");
    assert!(last > 10, "{slug} has {last} screens");
    for place in 0..=last {
        page.attribute_becomes("[data-testid=present]", "data-screen", &place.to_string()).await?;
        fits(page, &format!("{slug}, screen {place}")).await?;
        if page.text("[data-testid=present-next]").await? == "Reveal" {
            assert_eq!(page.count(".pr-main :is(.so, .told, .truth)").await?, 0, "{slug}, screen {place}: nothing is told yet");
            page.click("[data-testid=present-next]").await?;
            page.text_becomes("[data-testid=present-next]", "Next").await?;
            fits(page, &format!("{slug}, screen {place}, revealed")).await?;
        }
        if place < last {
            page.click("[data-testid=present-next]").await?;
        }
    }
    Ok(())
}

async fn fits(page: &Page, what: &str) -> WebDriverResult<()> {
    for (width, height) in ROOMS {
        page.look(Screen { width, height, ..Screen::PROJECTOR }).await?;
        page.until("the window has its size", &format!("return innerWidth === {width}")).await?;
        assert_eq!(page.run(UNFIT).await?, json!([]), "{what}, {width} x {height}");
    }
    Ok(())
}

async fn units_fit(name: &str, of: impl Fn(u32) -> bool) {
    journey(name, Screen::PROJECTOR, async |page| {
        for unit in units().iter().filter(|u| u.written && of(u.unit)) {
            screens_fit(page, &unit.slug).await?;
        }
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn every_screen_of_units_with_odd_numbers_fits_its_room() {
    units_fit("screens-odd", |n| n % 2 == 1).await;
}

#[tokio::test]
async fn every_screen_of_units_with_even_numbers_fits_its_room() {
    units_fit("screens-even", |n| n % 2 == 0).await;
}
