//! A phone: one column, fingers for everything, and the page still scrolls under them.
use crate::desk::{BANNER, STAGE, cut_by_drag, event, holders, line_round, open, run_until, settle, write};
use drift_browser::{Page, Pointer, Screen, WebDriverResult, journey};
use serde_json::json;

/// Nothing is wider than the window, and a finger hits what it wants to press (WCAG 2.2, 2.5.8: 24 pixels, except within a sentence).
async fn fits(page: &Page) -> WebDriverResult<()> {
    assert_eq!(page.run("return document.documentElement.scrollWidth <= innerWidth").await?, json!(true), "wider than the phone");
    let small =
        "return [...document.querySelectorAll('button, a, select, input')].filter(e => e.checkVisibility() && !e.closest('.vh, .skip, p, figcaption'))
        .map(e => [e.dataset.testid || e.textContent, e.getBoundingClientRect()])
        .filter(([, r]) => r.width > 0 && (r.width < 24 || r.height < 24)).map(([n, r]) => `${n} ${r.width} x ${r.height}`)";
    assert_eq!(page.run(small).await?, json!([]), "too small for a finger");
    Ok(())
}

async fn show(page: &Page, css: &str) -> WebDriverResult<()> {
    page.find(css).await?;
    page.run_with("document.querySelector(arguments[0]).scrollIntoView({ block: 'center' })", vec![json!(css)]).await?;
    Ok(())
}

#[tokio::test]
async fn a_finger_cuts_once_it_has_the_scissors() {
    journey("touch-cut", Screen::PHONE, async |page| {
        open(page, "#/lab").await?;
        page.click("[data-testid=tab-client]").await?;
        write(page, "cart", "tea").await?;
        settle(page).await?;
        let victim = holders(page).await?.into_iter().rfind(|n| n != "A").expect("several replicas");
        show(page, STAGE).await?;
        let before = event(page).await?;
        page.drag(Pointer::Touch, &line_round(page, &victim).await?).await?;
        assert_eq!(event(page).await?, before, "without the scissors a finger only scrolls");
        assert_eq!(page.attribute(STAGE, "data-torn").await?.as_deref(), Some("false"));
        page.click("[data-testid=tab-faults]").await?;
        page.click("[data-testid=fault-cut]").await?;
        show(page, STAGE).await?;
        cut_by_drag(page, Pointer::Touch, &victim).await?;
        assert_eq!(page.count("[data-testid=stage-tool]").await?, 0, "the scissors are put down");
        show(page, "[data-testid^=fault-undo-]").await?;
        page.click("[data-testid^=fault-undo-]").await?;
        page.attribute_becomes(STAGE, "data-torn", "false").await
    })
    .await;
}

#[tokio::test]
async fn nodes_are_chosen_with_a_tap_and_cut_with_a_button() {
    journey("touch-tap", Screen::PHONE.dark(), async |page| {
        open(page, "#/lab").await?;
        page.click("[data-testid=tab-faults]").await?;
        page.click("[data-testid=fault-cut]").await?;
        show(page, STAGE).await?;
        for node in ["C", "D"] {
            let at = page.centre(&format!("[data-testid=node-{node}] .body")).await?;
            page.drag(Pointer::Touch, &[at]).await?;
        }
        page.text_becomes("[data-testid=stage-tool]", "Cut off: C D").await?;
        page.click("[data-testid=stage-cut]").await?;
        page.attribute_becomes(STAGE, "data-torn", "true").await?;
        for (node, cut) in [("A", "false"), ("B", "false"), ("C", "true"), ("D", "true"), ("E", "false"), ("F", "false")] {
            assert_eq!(page.attribute(&format!("[data-testid=node-{node}]"), "data-cut").await?.as_deref(), Some(cut), "{node}");
        }
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn every_panel_of_a_phone_fits_it() {
    journey("touch-fits", Screen::PHONE, async |page| {
        page.open("").await?;
        page.find("[data-testid=heals] td").await?;
        fits(page).await?;
        open(page, "#/lab/three-answers").await?;
        run_until(page, "answers differ").await?;
        for tab in ["inspect", "client", "faults", "settings"] {
            page.click(&format!("[data-testid=tab-{tab}]")).await?;
            page.attribute_becomes("[data-testid=lab]", "data-tab", tab).await?;
            fits(page).await?;
        }
        open(page, "#/two").await?;
        fits(page).await?;
        page.open("#/lab/none").await?;
        page.find(BANNER).await?;
        fits(page).await
    })
    .await;
}
