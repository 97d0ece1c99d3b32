//! The whole loop with keys alone, the focus seen wherever it goes.
use crate::desk::{STAGE, WHY, copies, event, fingerprint, futures, held_by, holders, instant, is_settled, only_cut, place, press_until};
use drift_browser::{Key, Page, Screen, WebDriverResult, journey};
use serde_json::json;

#[tokio::test]
async fn the_whole_loop_with_keys_alone() {
    journey("keyboard-loop", Screen::LAPTOP, async |page| {
        page.open("").await?;
        page.tab_to("main a[href='#/lab']").await?;
        page.keys(Key::Enter + "").await?;
        page.find(STAGE).await?;
        write(page, Some("cart"), "tea").await?;
        let victim = drift_apart(page).await?;
        heal_by_reading(page, &victim).await?;
        change_the_past(page).await?;
        let (before, print) = (place(page).await?, fingerprint(page).await?);
        share(page).await?;
        page.reload().await?;
        page.find(STAGE).await?;
        assert_eq!(place(page).await?, before, "after loading the page again");
        assert_eq!(fingerprint(page).await?, print);
        Ok(())
    })
    .await;
}

/// W, the value, Enter; then Tab out of the field, so that keys act on the lab again.
async fn write(page: &Page, key: Option<&str>, value: &str) -> WebDriverResult<()> {
    page.keys("w").await?;
    if let Some(key) = key {
        focused(page, "console-key").await?;
        page.keys(key).await?;
        page.keys(Key::Tab + "").await?;
    }
    focused(page, "console-value").await?;
    page.keys(value).await?;
    page.keys(Key::Enter + "").await?;
    page.tab_to("[data-testid=console-send]").await
}

async fn focused(page: &Page, testid: &str) -> WebDriverResult<()> {
    page.until(&format!("{testid} has the focus"), &format!("return document.activeElement.dataset.testid === '{testid}'")).await
}

/// Steps on with the arrow key until nothing is on its way.
async fn settle(page: &Page) -> WebDriverResult<()> {
    press_until(page, async || page.keys(Key::Right + "").await, async || is_settled(page).await).await
}

async fn drift_apart(page: &Page) -> WebDriverResult<String> {
    settle(page).await?;
    let replicas = holders(page).await?;
    let victim = replicas.iter().rfind(|n| *n != "A").expect("several replicas").clone();
    page.keys("c").await?;
    let here = format!("node-{victim}");
    let script = "return document.activeElement.dataset.testid === arguments[0] && document.activeElement.matches(':focus-visible')";
    let on_it = async || Ok(page.run_with(script, vec![json!(here)]).await? == json!(true));
    press_until(page, async || page.keys(Key::Right + "").await, on_it).await?;
    page.keys(Key::Enter + "").await?;
    page.text_becomes("[data-testid=stage-tool]", &format!("Cut off: {victim}")).await?;
    page.keys("c").await?;
    only_cut(page, &victim).await?;
    write(page, None, "water").await?;
    settle(page).await?;
    for node in &replicas {
        let known = if *node == victim { "v1" } else { "v2" };
        assert_eq!(held_by(page, node).await?, known, "{node}, while {victim} is cut off");
    }
    Ok(victim)
}

async fn heal_by_reading(page: &Page, victim: &str) -> WebDriverResult<()> {
    page.keys("m").await?;
    page.attribute_becomes(STAGE, "data-torn", "false").await?;
    page.keys("r").await?;
    page.tab_to("[data-testid=console-level]").await?;
    page.keys("ALL").await?;
    page.tab_to("[data-testid=console-send]").await?;
    page.keys(Key::Enter + "").await?;
    let says = async |words: &str| Ok(page.text(WHY).await?.contains(words));
    press_until(page, async || page.chord(Key::Shift, Key::Right).await, async || says("do not match").await).await?;
    page.find("[data-testid=verdict][data-equal=false]").await?;
    let mismatch = place(page).await?;
    settle(page).await?;
    let repaired = place(page).await?;
    assert_eq!(held_by(page, victim).await?, "v2");
    assert!(!copies(page).await?.contains("=v1"), "nobody is behind: {repaired}");
    press_until(page, async || page.keys(Key::Left + "").await, async || Ok(place(page).await? == mismatch)).await?;
    press_until(page, async || page.keys(Key::Right + "").await, async || Ok(place(page).await? == repaired)).await?;
    page.keys(Key::Home + "").await?;
    page.attribute_becomes(STAGE, "data-event", "0").await?;
    assert!(!copies(page).await?.contains("=v"), "nobody holds anything at the start");
    page.keys(Key::End + "").await?;
    page.until("the end", &format!("return document.querySelector('{STAGE}').dataset.event !== '0'")).await?;
    press_until(page, async || page.chord(Key::Shift, Key::Left).await, async || Ok(place(page).await? == mismatch)).await
}

async fn change_the_past(page: &Page) -> WebDriverResult<()> {
    write(page, None, "milk").await?;
    page.said("The old future is kept").await?;
    assert_eq!(futures(page).await?, 2);
    settle(page).await?;
    let now = instant(page).await?;
    page.tab_to("[data-testid=branch-0]").await?;
    page.keys(Key::Enter + "").await?;
    page.attribute_becomes("[data-testid=branch-0]", "aria-pressed", "true").await?;
    assert_eq!(instant(page).await?, now, "the old future at the same instant");
    page.tab_to("[data-testid=branch-1]").await?;
    page.keys(" ").await?;
    page.attribute_becomes("[data-testid=branch-1]", "aria-pressed", "true").await
}

/// Opens the sheet, finds the link in it, closes it with Escape: the focus is back where it was.
async fn share(page: &Page) -> WebDriverResult<()> {
    page.tab_to("[data-testid=share]").await?;
    page.keys(Key::Enter + "").await?;
    page.tab_to("[data-testid=share-link]").await?;
    let link = page.run("return document.activeElement.value").await?;
    assert!(link.as_str().is_some_and(|l| l.contains("#/run?r=1.")), "{link}");
    page.keys(Key::Escape + "").await?;
    page.until("the sheet is gone", "return !document.querySelector('[data-testid=share-sheet]')").await?;
    focused(page, "share").await
}

#[tokio::test]
async fn keys_do_nothing_where_they_are_typed_and_can_be_switched_off() {
    journey("keyboard-off", Screen::LAPTOP, async |page| {
        crate::desk::open(page, "#/lab/v5-v3-v5").await?;
        page.keys("?").await?;
        page.find("[data-testid=help-sheet]").await?;
        page.tab_to("[data-testid=keys-switch]").await?;
        page.keys(" ").await?;
        page.keys(Key::Escape + "").await?;
        page.until("the sheet is gone", "return !document.querySelector('[data-testid=help-sheet]')").await?;
        page.keys(Key::Right + "").await?;
        page.keys("?").await?;
        assert_eq!(page.count("[data-testid=help-sheet]").await?, 0);
        assert_eq!(event(page).await?, 0, "keys are off");
        page.click("[data-testid=help]").await?;
        page.click("[data-testid=keys-switch]").await?;
        page.click("[data-testid=help-close]").await?;
        page.click("[data-testid=console-value]").await?;
        page.keys("k m c w r x ?").await?;
        assert_eq!(page.run("return document.activeElement.value").await?, json!("k m c w r x ?"));
        assert_eq!((event(page).await?, futures(page).await?), (0, 0), "letters that are typed are letters");
        page.tab_to("[data-testid=console-send]").await?;
        page.keys(Key::Right + "").await?;
        page.until("keys are on again", &format!("return document.querySelector('{STAGE}').dataset.event !== '0'")).await
    })
    .await;
}

#[tokio::test]
async fn arrows_walk_to_messages_on_their_way_and_space_plays() {
    journey("keyboard-stage", Screen::LAPTOP, async |page| {
        crate::desk::open(page, "#/lab/v5-v3-v5").await?;
        page.tab_to("[data-testid=stage] [tabindex='0']").await?;
        focused(page, "node-A").await?;
        page.tab_to("[data-testid=transport-step]").await?;
        press_until(page, async || page.keys(Key::Right + "").await, async || Ok(page.count("[data-testid=message]").await? > 0)).await?;
        page.tab_to("[data-testid=stage] [tabindex='0']").await?;
        page.keys(Key::Left + "").await?;
        focused(page, "message").await?;
        page.keys(Key::Enter + "").await?;
        page.find("[data-testid=event-inspector]").await?;
        page.keys(Key::Escape + "").await?;
        page.until("nothing is selected", "return !document.querySelector('[data-testid=event-inspector]')").await?;
        page.keys(" ").await?;
        page.find("[data-testid=event-inspector]").await?;
        page.tab_to("[data-testid=timeline]").await?;
        page.keys(" ").await?;
        page.attribute_becomes("[data-testid=transport-play]", "aria-label", "Pause").await?;
        page.keys(" ").await?;
        page.attribute_becomes("[data-testid=transport-play]", "aria-label", "Play").await
    })
    .await;
}
