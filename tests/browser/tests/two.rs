//! Two labs on one page: each its own run, its own keys, its own work.
use drift_browser::{Key, Page, Screen, WebDriverResult, journey};
use serde_json::{Value, json};

/// What both stages show: events, and what nodes hold.
async fn both(page: &Page) -> WebDriverResult<[Value; 2]> {
    let script = "return [...document.querySelectorAll('[data-testid=stage]')].map(s => [s.dataset.event, s.dataset.torn,
        ...[...s.querySelectorAll('[data-testid^=node-][data-version]')].map(n => n.dataset.version)].join(' '))";
    let found = page.run(script).await?;
    Ok([found[0].clone(), found[1].clone()])
}

/// An element of the left (0) or the right (1) lab.
async fn press(page: &Page, side: usize, css: &str) -> WebDriverResult<()> {
    let labs = page.browser.find_all(drift_browser::By::Css("[data-testid=lab]")).await?;
    let element = labs[side].find(drift_browser::By::Css(css)).await?;
    element.scroll_into_view().await?;
    element.click().await
}

#[tokio::test]
async fn two_labs_of_one_page_are_independent() {
    journey("two-labs", Screen::LAPTOP, async |page| {
        page.open("#/two/cut-and-return").await?;
        page.until("two stages", "return document.querySelectorAll('[data-testid=stage]').length === 2").await?;
        let start = both(page).await?;
        assert_eq!(start[0], start[1]);
        press(page, 1, "[data-testid=transport-decision]").await?;
        let moved = both(page).await?;
        assert_eq!(moved[0], start[0], "the left one stays");
        assert_ne!(moved[1], start[1]);
        page.keys(Key::Right + "").await?;
        let keyed = both(page).await?;
        assert_eq!(keyed[0], start[0], "keys go to the lab that was pressed last");
        assert_ne!(keyed[1], moved[1]);
        press(page, 0, "[data-testid=transport-start]").await?;
        page.keys(Key::End + "").await?;
        let left = both(page).await?;
        assert_ne!(left[0], start[0]);
        assert_eq!(left[1], keyed[1], "and now to the other");
        press(page, 0, "[data-testid=tab-client]").await?;
        press(page, 0, "[data-testid=console-read]").await?;
        press(page, 0, "[data-testid=console-send]").await?;
        let acted = both(page).await?;
        assert_ne!(acted[0], left[0]);
        assert_eq!(acted[1], keyed[1], "what is done in one does not happen in the other");
        let ids = "const ids = [...document.querySelectorAll('[id]')].map(e => e.id); return ids.filter((id, n) => ids.indexOf(id) !== n)";
        assert_eq!(page.run(ids).await?, json!([]), "names of elements are not used twice");
        page.reload().await?;
        page.until("two stages", "return document.querySelectorAll('[data-testid=stage]').length === 2").await?;
        assert_eq!(both(page).await?, acted, "each keeps its own work");
        Ok(())
    })
    .await;
}
