//! Keeping work: each tab its own; and when the browser stores nothing, or has no room, the person is told and loses nothing.
use crate::desk::{
    BANNER, STAGE, close_share, copies, event, fingerprint, futures, open, open_share, place, run_until, settle, three_answers, until_kept,
    write,
};
use drift::lab::from_file;
use drift_browser::{Page, Screen, Storage, WebDriverResult, journey, journey_with};
use serde_json::json;

/// Fills what this tab and this site may store to the last character.
const FILL: &str = "for (const store of [sessionStorage, localStorage])
    for (let size = 1 << 22, n = 0; size >= 1; ) try { store.setItem('filled' + n++, 'x'.repeat(size)); } catch { size >>= 1; }
    return true";
/// Makes room again.
const FREE: &str = "for (const store of [sessionStorage, localStorage])
    for (const name of Object.keys(store)) if (name.startsWith('filled')) store.removeItem(name);";

/// Saves a run file by mouse: natively it is the run that the page shows.
async fn saves_what_it_shows(page: &Page) -> WebDriverResult<()> {
    let print = fingerprint(page).await?;
    open_share(page).await?;
    page.click("[data-testid=share-save]").await?;
    let text = page.saved_file(".drift.json").await?;
    close_share(page).await?;
    let session = from_file(&text).expect("a run file that the page saved");
    assert_eq!(session.world().fingerprint().to_string(), print, "the file holds what the page shows");
    Ok(())
}

#[tokio::test]
async fn two_tabs_keep_their_own_work() {
    journey("storage-tabs", Screen::LAPTOP, async |page| {
        three_answers(page).await?;
        let left = page.browser.window().await?;
        run_until(page, "answers differ").await?;
        write(page, "cart", "milk").await?;
        settle(page).await?;
        until_kept(page).await?;
        let in_left = (place(page).await?, futures(page).await?);
        let right = page.browser.new_tab().await?;
        page.browser.switch_to_window(right.clone()).await?;
        page.look(Screen::LAPTOP).await?;
        open(page, "#/lab/three-answers").await?;
        let began = crate::lab::shipped("three-answers").cursor();
        assert_eq!((event(page).await?, futures(page).await?), (began, 0), "a run of the gallery begins anew in another tab");
        page.click("[data-testid=transport-start]").await?;
        run_until(page, "an operation ends").await?;
        write(page, "cart", "coffee").await?;
        settle(page).await?;
        until_kept(page).await?;
        let in_right = (place(page).await?, futures(page).await?);
        assert_ne!(in_left, in_right);
        for (tab, kept) in [(&left, &in_left), (&right, &in_right)] {
            page.browser.switch_to_window(tab.clone()).await?;
            assert_eq!((place(page).await?, futures(page).await?), *kept, "untouched by the other");
            page.reload().await?;
            page.find(STAGE).await?;
            assert_eq!((place(page).await?, futures(page).await?), *kept, "after loading it again");
        }
        third_tab(page, &in_right.0).await
    })
    .await;
}

/// A new tab is offered the newest work of all.
async fn third_tab(page: &Page, newest: &str) -> WebDriverResult<()> {
    let tab = page.browser.new_tab().await?;
    page.browser.switch_to_window(tab).await?;
    page.look(Screen::LAPTOP).await?;
    page.open("").await?;
    page.click("[data-testid=continue]").await?;
    page.find(STAGE).await?;
    assert_eq!(place(page).await?, newest);
    Ok(())
}

#[tokio::test]
async fn work_is_kept_the_moment_a_tab_is_left() {
    journey("storage-leave", Screen::LAPTOP, async |page| {
        open(page, "#/lab").await?;
        write(page, "cart", "tea").await?;
        settle(page).await?;
        let (before, print) = (place(page).await?, fingerprint(page).await?);
        page.reload().await?;
        page.find(STAGE).await?;
        assert_eq!((place(page).await?, fingerprint(page).await?), (before, print));
        page.click("[data-testid=again]").await?;
        page.attribute_becomes(STAGE, "data-event", "0").await?;
        assert_eq!(copies(page).await?.matches("=none").count(), 6, "start again forgets it");
        page.reload().await?;
        page.find(STAGE).await?;
        assert_eq!(event(page).await?, 0);
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn where_storage_is_blocked_everything_else_works() {
    journey_with("storage-blocked", Screen::LAPTOP, Storage::Blocked, async |page| {
        page.open("").await?;
        let blocked = "try { return !sessionStorage; } catch { return true; }";
        page.until("storage is blocked in this browser", blocked).await?;
        page.click("main a[href='#/lab']").await?;
        write(page, "cart", "tea").await?;
        page.text_becomes(BANNER, "does not let this page keep your work").await?;
        settle(page).await?;
        assert!(copies(page).await?.contains("=v1"));
        saves_what_it_shows(page).await?;
        page.click("[data-testid=error-close]").await?;
        page.until("the banner is gone", &format!("return !document.querySelector('{BANNER}')")).await?;
        write(page, "cart", "water").await?;
        settle(page).await?;
        assert_eq!(page.count(BANNER).await?, 0, "it is said once");
        page.click("[data-testid=theme]").await?;
        page.attribute_becomes("html", "data-theme", "dark").await
    })
    .await;
}

#[tokio::test]
async fn where_storage_is_full_the_work_at_hand_stays() {
    journey("storage-full", Screen::LAPTOP, async |page| {
        open(page, "#/lab").await?;
        write(page, "cart", "tea").await?;
        settle(page).await?;
        until_kept(page).await?;
        page.until("storage is filled", FILL).await?;
        write(page, "cart", "water").await?;
        page.text_becomes(BANNER, "no room left to keep your work").await?;
        settle(page).await?;
        assert!(copies(page).await?.contains("=v2"));
        saves_what_it_shows(page).await?;
        page.run(FREE).await?;
        page.click("[data-testid=transport-back]").await?;
        page.click("[data-testid=transport-step]").await?;
        until_kept(page).await?;
        let (before, print) = (place(page).await?, fingerprint(page).await?);
        page.reload().await?;
        page.find(STAGE).await?;
        assert_eq!((place(page).await?, fingerprint(page).await?), (before, print), "kept again once there is room");
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn work_that_cannot_be_read_any_more_is_named_and_nothing_breaks() {
    journey("storage-damaged", Screen::LAPTOP, async |page| {
        page.open("").await?;
        let newer = r#"{"format":"drift-run","version":1,"engine":77,"branches":[]}"#;
        for (kept, word) in [("{", "cannot be read"), (newer, "engine version 77"), ("", "cannot be read")] {
            page.open("#/").await?;
            page.run_with("sessionStorage.setItem('drift.work/lab', arguments[0])", vec![json!(kept)]).await?;
            open(page, "#/lab").await?;
            page.text_becomes(BANNER, "What was kept here cannot be opened").await?;
            page.text_becomes(BANNER, word).await?;
            assert_eq!(event(page).await?, 0, "an empty ring instead");
        }
        page.run("localStorage.setItem('drift.latest', '{\"title\":5}'); localStorage.setItem('drift.theme', 'pink'); localStorage.setItem('drift.keys', '')").await?;
        page.open("").await?;
        page.reload().await?;
        page.find("[data-testid=start]").await?;
        page.attribute_becomes("html", "data-theme", "light").await
    })
    .await;
}

#[tokio::test]
async fn back_and_forward_in_the_browser_lose_nothing() {
    journey("storage-history", Screen::LAPTOP, async |page| {
        page.open("").await?;
        page.click("main a[href='#/lab']").await?;
        page.find(STAGE).await?;
        write(page, "cart", "tea").await?;
        settle(page).await?;
        let (before, print) = (place(page).await?, fingerprint(page).await?);
        page.browser.back().await?;
        page.find("[data-testid=home]").await?;
        page.text_becomes("[data-testid=continue]", "Sandbox").await?;
        page.browser.forward().await?;
        page.find(STAGE).await?;
        assert_eq!((place(page).await?, fingerprint(page).await?), (before, print));
        Ok(())
    })
    .await;
}
