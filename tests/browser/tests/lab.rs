//! The lab as a learner walks through it: cut, write, heal, read, mismatch, repair, back again; branches, links, reload, keys, phone.
use drift_browser::{Page, Pointer, Screen, WebDriverResult, journey};
use serde_json::json;
use thirtyfour::Key;

/// What the replicas of the shown key hold, as the stage says it.
async fn versions(page: &Page) -> WebDriverResult<String> {
    let script = "return [...document.querySelectorAll('[data-testid^=node-][data-version]')].map(n => n.dataset.version).join(' ')";
    Ok(page.run(script).await?.as_str().unwrap_or_default().to_owned())
}

async fn event(page: &Page) -> WebDriverResult<String> {
    Ok(page.attribute("[data-testid=stage]", "data-event").await?.unwrap_or_default())
}

/// Opens a shipped run, which begins where answers differ.
async fn to_the_mismatch(page: &Page) -> WebDriverResult<()> {
    page.open("#/lab/three-answers").await?;
    page.find("[data-testid=stage]").await?;
    page.until("the verdict is stamped", "return !!document.querySelector('[data-testid=verdict]')").await
}

#[tokio::test]
async fn a_mismatch_is_seen_repaired_and_undone_by_stepping_back() {
    journey("lab-mismatch", Screen::LAPTOP, async |page| {
        to_the_mismatch(page).await?;
        let why = page.text("[data-testid=why]").await?;
        assert!(why.contains("do not match"), "{why}");
        let (before, at) = (versions(page).await?, event(page).await?);
        assert!(before.contains("v1") && before.contains("v2") && before.contains("v3"), "three answers: {before}");
        for _ in 0..12 {
            page.click("[data-testid=transport-step]").await?;
        }
        page.click("[data-testid=transport-decision]").await?;
        assert_ne!(event(page).await?, at);
        page.run("document.querySelector('[data-testid=stage]').scrollIntoView()").await?;
        let script = format!(
            "const back = document.querySelector('[data-testid=transport-back]');
            for (let i = 0; i < 200 && document.querySelector('[data-testid=stage]').dataset.event !== '{at}'; i++) {{
                back.click(); await new Promise(r => setTimeout(r, 20)); }}
            return document.querySelector('[data-testid=stage]').dataset.event"
        );
        let found =
            page.browser.execute_async(format!("const done = arguments[0]; (async () => {{ {script} }})().then(done)"), Vec::new()).await?;
        assert_eq!(found.json(), &json!(at), "stepping back comes to the very same event");
        assert_eq!(versions(page).await?, before, "and to the very same copies");
        assert_eq!(page.accessibility_faults().await?, Vec::<String>::new());
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn acting_in_the_past_keeps_the_old_future_and_reload_keeps_the_work() {
    journey("lab-branch", Screen::LAPTOP, async |page| {
        to_the_mismatch(page).await?;
        page.run("document.querySelector('[data-testid=console-value]').focus()").await?;
        page.keys("water").await?;
        page.click("[data-testid=console-send]").await?;
        page.until("the old future is listed", "return document.querySelectorAll('[data-testid^=branch-]').length >= 2").await?;
        page.attribute_becomes("[data-testid=transport-play]", "aria-label", "Pause").await?;
        // What was sent travels until it has come to rest.
        page.attribute_becomes("[data-testid=transport-play]", "aria-label", "Play").await?;
        let at = event(page).await?;
        let held = versions(page).await?;
        page.run("return new Promise(r => setTimeout(r, 1500))").await?;
        page.reload().await?;
        page.until("the stage is back", "return !!document.querySelector('[data-testid=stage]')").await?;
        page.attribute_becomes("[data-testid=stage]", "data-event", &at).await?;
        assert_eq!(versions(page).await?, held);
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn a_drag_cuts_and_the_keyboard_mends() {
    journey("lab-cut", Screen::LAPTOP, async |page| {
        page.open("#/lab").await?;
        let (x, y) = page.centre("[data-testid=node-D]").await?;
        page.drag(Pointer::Mouse, &[(x - 110, y + 45), (x - 70, y - 70), (x, y - 95), (x + 70, y - 70), (x + 110, y + 45)]).await?;
        page.attribute_becomes("[data-testid=node-D]", "data-cut", "true").await?;
        assert_eq!(page.attribute("[data-testid=node-A]", "data-cut").await?.as_deref(), Some("false"));
        page.keys("m").await?;
        page.attribute_becomes("[data-testid=node-D]", "data-cut", "false").await?;
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn keys_alone_open_the_help_and_walk_the_run() {
    journey("lab-keys", Screen::LAPTOP, async |page| {
        page.open("#/lab/v5-v3-v5").await?;
        page.find("[data-testid=stage]").await?;
        page.chord(Key::Shift, Key::Right).await?;
        page.until("a decision", "return Number(document.querySelector('[data-testid=stage]').dataset.event) > 0").await?;
        let first = event(page).await?;
        page.keys(Key::Right + "").await?;
        page.until("a step", &format!("return document.querySelector('[data-testid=stage]').dataset.event !== '{first}'")).await?;
        page.keys(Key::Left + "").await?;
        page.attribute_becomes("[data-testid=stage]", "data-event", &first).await?;
        page.keys("?").await?;
        page.until("the help sheet", "return document.querySelector('[data-testid=help-sheet]')?.open === true").await?;
        assert_eq!(page.accessibility_faults().await?, Vec::<String>::new());
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn a_phone_shows_the_lab_without_sideways_scrolling() {
    journey("lab-phone", Screen::PHONE.dark(), async |page| {
        to_the_mismatch(page).await?;
        assert_eq!(page.run("return document.documentElement.scrollWidth <= innerWidth").await?, json!(true));
        assert_eq!(page.accessibility_faults().await?, Vec::<String>::new());
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn two_labs_do_not_meet_and_home_has_no_faults() {
    journey("lab-two", Screen::LAPTOP, async |page| {
        page.open("#/two").await?;
        page.until("two stages", "return document.querySelectorAll('[data-testid=stage]').length === 2").await?;
        page.run("document.querySelectorAll('[data-testid=transport-decision]')[1].click()").await?;
        page.until("the second moves", "return Number(document.querySelectorAll('[data-testid=stage]')[1].dataset.event) > 0").await?;
        assert_eq!(page.run("return document.querySelectorAll('[data-testid=stage]')[0].dataset.event").await?, json!("0"));
        page.open("#/").await?;
        page.find("[data-testid=home]").await?;
        assert_eq!(page.accessibility_faults().await?, Vec::<String>::new());
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn a_damaged_link_is_refused_in_words_and_a_good_one_opens_its_event() {
    journey("lab-link", Screen::LAPTOP, async |page| {
        page.open("#/run?r=1.damaged").await?;
        page.until("the refusal", "return document.body.innerText.includes('cannot be read')").await?;
        let script = drift::lab::gallery()[0].1;
        let mut session = drift::lab::from_file(script).expect("a shipped run");
        session.seek_event(200);
        let link = drift::lab::to_link(&session).expect("short enough");
        page.open(&format!("#/run?r={link}")).await?;
        page.attribute_becomes("[data-testid=stage]", "data-event", &session.cursor().to_string()).await?;
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn zones_and_partitions_are_chosen_on_the_first_page_and_drawn() {
    journey("lab-zones", Screen::LAPTOP, async |page| {
        page.open("#/").await?;
        let choose = "const s = document.querySelector('[data-testid=setting-new-divided]');
            s.selectedIndex = [...s.options].findIndex(o => o.text === '16 partitions');
            s.dispatchEvent(new Event('change', { bubbles: true }));";
        page.find("[data-testid=setting-new-divided]").await?;
        page.run(choose).await?;
        page.until("the address", "return document.querySelector('[data-testid=open-sandbox]').hash.includes('partitions=16')").await?;
        page.open("#/new?nodes=6&zones=2&partitions=16&copies=2,1").await?;
        page.find("[data-testid=token-track]").await?;
        let letters =
            page.run("return [...document.querySelectorAll('[data-testid=token-track] text')].map(t => t.textContent).join('')").await?;
        // Six nodes by turns; the four that are left over do not meet the first ones.
        assert_eq!(letters, json!("ABCDEFABCDEFABCD"));
        let settings = page.text("[data-testid=settings]").await?;
        assert!(settings.contains("6 nodes share 16 partitions") && settings.contains("of north and"), "{settings}");
        page.open("#/new?zones=9").await?;
        page.until("the refusal", "return document.body.innerText.includes('1 to 8')").await?;
        Ok(())
    })
    .await;
}
