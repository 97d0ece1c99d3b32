//! The whole loop with the mouse: cut, write, heal, read, digest mismatch, repair, back through it, branch, link, reload.
use crate::desk::{
    STAGE, WHY, click_until, copies, cut_by_drag, fingerprint, futures, held_by, holders, instant, link, natively, place, run_until,
    settle, write,
};
use drift_browser::{Page, Pointer, Screen, WebDriverResult, journey};
use std::cell::RefCell;

/// What a link leads to.
#[derive(Default)]
struct Shared {
    payload: String,
    place: String,
    fingerprint: String,
}

#[tokio::test]
async fn the_whole_loop_with_the_mouse() {
    let shared = RefCell::new(Shared::default());
    journey("mouse-loop", Screen::LAPTOP, async |page| {
        page.open("").await?;
        page.click("main a[href='#/lab']").await?;
        write(page, "cart", "tea").await?;
        settle(page).await?;
        let victim = drift_apart(page).await?;
        heal_by_reading(page, &victim).await?;
        change_the_past(page).await?;
        shared.replace(share_and_reload(page).await?);
        Ok(())
    })
    .await;
    let shared = shared.into_inner();
    let session = natively(&shared.payload);
    assert_eq!(session.world().fingerprint().to_string(), shared.fingerprint, "the native engine sees the same run");
    journey("mouse-link", Screen::LAPTOP, async |page| {
        page.open(&format!("#/run?r={}", shared.payload)).await?;
        assert_eq!(place(page).await?, shared.place);
        assert_eq!(fingerprint(page).await?, shared.fingerprint, "and so does a browser that never saw this page");
        assert_eq!(page.text("[data-testid=whose]").await?, "a shared run");
        Ok(())
    })
    .await;
}

/// A cut, and a write that one replica misses. Returns that replica.
async fn drift_apart(page: &Page) -> WebDriverResult<String> {
    let replicas = holders(page).await?;
    let victim = replicas.iter().rfind(|n| *n != "A").expect("several replicas").clone();
    cut_by_drag(page, Pointer::Mouse, &victim).await?;
    write(page, "cart", "water").await?;
    settle(page).await?;
    for node in &replicas {
        let known = if *node == victim { "v1" } else { "v2" };
        assert_eq!(held_by(page, node).await?, known, "{node}, while {victim} is cut off");
    }
    Ok(victim)
}

/// Mends the cut, reads at ALL, and goes through mismatch and repair and back again.
async fn heal_by_reading(page: &Page, victim: &str) -> WebDriverResult<()> {
    page.click("[data-testid^=fault-undo-]").await?;
    page.attribute_becomes(STAGE, "data-torn", "false").await?;
    assert_eq!(held_by(page, victim).await?, "v1", "healing the network heals no copy");
    page.click("[data-testid=console-read]").await?;
    page.choose("[data-testid=console-level]", "ALL").await?;
    page.click("[data-testid=console-send]").await?;
    run_until(page, "answers differ").await?;
    page.find("[data-testid=verdict][data-equal=false]").await?;
    page.text_becomes(WHY, "do not match").await?;
    let mismatch = place(page).await?;
    run_until(page, "a repair is sent").await?;
    assert_eq!(held_by(page, victim).await?, "v1", "a repair on its way has not arrived");
    run_until(page, "an operation ends").await?;
    let repaired = place(page).await?;
    assert_eq!(held_by(page, victim).await?, "v2");
    assert!(!copies(page).await?.contains("=v1"), "nobody is behind: {repaired}");
    click_until(page, "[data-testid=transport-back]", async || Ok(place(page).await? == mismatch)).await?;
    click_until(page, "[data-testid=transport-step]", async || Ok(place(page).await? == repaired)).await?;
    click_until(page, "[data-testid=transport-decision-back]", async || Ok(place(page).await? == mismatch)).await
}

/// Another write in the past: the old future is kept and can be gone to.
async fn change_the_past(page: &Page) -> WebDriverResult<()> {
    assert_eq!(futures(page).await?, 0, "one future is no list");
    write(page, "cart", "milk").await?;
    page.said("The old future is kept").await?;
    assert_eq!(futures(page).await?, 2);
    settle(page).await?;
    let now = instant(page).await?;
    let changed = place(page).await?;
    page.click("[data-testid=branch-0]").await?;
    page.attribute_becomes("[data-testid=branch-0]", "aria-pressed", "true").await?;
    assert_eq!(instant(page).await?, now, "the old future at the same instant");
    page.click("[data-testid=branch-1]").await?;
    page.attribute_becomes("[data-testid=branch-1]", "aria-pressed", "true").await?;
    assert_eq!(place(page).await?, changed);
    Ok(())
}

async fn share_and_reload(page: &Page) -> WebDriverResult<Shared> {
    let shared = Shared { payload: link(page).await?, place: place(page).await?, fingerprint: fingerprint(page).await? };
    page.reload().await?;
    page.find(STAGE).await?;
    assert_eq!(place(page).await?, shared.place, "after loading the page again");
    assert_eq!(fingerprint(page).await?, shared.fingerprint);
    assert_eq!(futures(page).await?, 2);
    Ok(shared)
}
