//! Every screen without accessibility faults, in both themes; and without motion for those who want none.
use crate::desk::{BANNER, STAGE, WHY, cut_by_drag, event, open, open_share, run_until, three_answers, write};
use drift::lab::{from_file, gallery};
use drift_browser::{Key, Page, Pointer, Screen, WebDriverResult, journey};
use serde_json::{Value, json};

/// Looks for faults in both themes, as the system asks for them.
pub async fn faultless(page: &Page, screen: Screen, what: &str) -> WebDriverResult<()> {
    for (screen, theme) in [(screen, "light"), (screen.dark(), "dark")] {
        page.look(screen).await?;
        page.attribute_becomes("html", "data-theme", theme).await?;
        // A picture that is still fading in is not yet what people read.
        page.until("nothing moves", "return document.getAnimations().every(a => a.playState !== 'running')").await?;
        assert_eq!(page.accessibility_faults().await?, Vec::<String>::new(), "{what}, {theme}");
    }
    page.look(screen).await
}

#[tokio::test]
async fn the_pages_have_no_faults() {
    journey("access-pages", Screen::LAPTOP, async |page| {
        for screen in [Screen::LAPTOP, Screen::PHONE] {
            page.look(screen).await?;
            page.open("").await?;
            page.find("[data-testid=heals] td").await?;
            faultless(page, screen, "front page").await?;
            page.open("#/nowhere").await?;
            page.find("[data-testid=not-found]").await?;
            faultless(page, screen, "nothing here").await?;
            open(page, "#/two").await?;
            faultless(page, screen, "two labs").await?;
        }
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn the_lab_has_no_faults_whatever_is_selected() {
    journey("access-lab", Screen::LAPTOP, async |page| {
        let look = Screen::LAPTOP;
        open(page, "#/lab").await?;
        faultless(page, look, "empty ring").await?;
        page.click("[data-testid=console-send]").await?;
        page.find("[data-testid=console-error]").await?;
        faultless(page, look, "nothing to send").await?;
        three_answers(page).await?;
        run_until(page, "answers differ").await?;
        faultless(page, look, "mismatch").await?;
        page.click("[data-testid=why-cause]").await?;
        page.find("[data-testid=event-inspector]").await?;
        faultless(page, look, "an event").await?;
        page.click("[data-testid=close-selection]").await?;
        page.click("[data-testid=console-op-1]").await?;
        page.click("[data-testid=truth-on]").await?;
        faultless(page, look, "an operation, and what is true").await?;
        run_until(page, "an operation ends").await?;
        page.click(&format!("{WHY} .term")).await?;
        page.find("[data-testid=why-meaning]").await?;
        faultless(page, look, "a word explained").await?;
        page.keys("4").await?;
        page.find("[data-testid=node-inspector]").await?;
        faultless(page, look, "a node").await?;
        write(page, "cart", "milk").await?;
        page.said("The old future is kept").await?;
        faultless(page, look, "a branch").await?;
        page.click("[data-testid=projector]").await?;
        faultless(page, Screen::PROJECTOR, "for a room").await
    })
    .await;
}

#[tokio::test]
async fn every_sheet_is_without_faults() {
    journey("access-sheets", Screen::LAPTOP, async |page| {
        let look = Screen::LAPTOP;
        open(page, "#/lab/cut-and-return").await?;
        for sheet in ["cut", "one-way", "snip", "slow", "clock", "crash", "network"] {
            page.click(&format!("[data-testid=fault-{sheet}]")).await?;
            page.find("[data-testid^=fault-sheet-]").await?;
            faultless(page, look, sheet).await?;
            page.click("[data-testid=fault-cancel]").await?;
        }
        cut_by_drag(page, Pointer::Mouse, "C").await?;
        page.keys("2k").await?;
        page.attribute_becomes("[data-testid=node-B]", "data-status", "down").await?;
        faultless(page, look, "cut and crashed").await?;
        open_share(page).await?;
        page.click("[data-testid=share-print]").await?;
        faultless(page, look, "share").await?;
        page.give_file("[data-testid=share-open]", "bad.json", b"{}").await?;
        page.find(BANNER).await?;
        faultless(page, look, "an error").await?;
        page.keys("?").await?;
        page.find("[data-testid=help-sheet]").await?;
        faultless(page, look, "help").await
    })
    .await;
}

#[tokio::test]
async fn a_storm_and_its_score_have_no_faults() {
    journey("access-storm", Screen::LAPTOP, async |page| {
        open(page, "#/lab/repair-storm").await?;
        page.click("[data-testid=view-sweep]").await?;
        page.keys(Key::End + "").await?;
        page.text_becomes("[data-testid=score-agreed]", "after ").await?;
        page.find("[data-testid=score-zones]").await?;
        page.run("document.querySelector('[data-testid=zones] summary').click()").await?;
        page.text_becomes("[data-testid=zones]", "Crossed as tree").await?;
        assert_eq!(page.run("scrollTo(0, 9999); return scrollY").await?, json!(0), "panels scroll, the page never does");
        for screen in [Screen::LAPTOP, Screen::PHONE] {
            faultless(page, screen, "a storm").await?;
        }
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn the_panels_of_a_phone_have_no_faults() {
    journey("access-phone", Screen::PHONE, async |page| {
        three_answers(page).await?;
        run_until(page, "answers differ").await?;
        for tab in ["inspect", "client", "faults", "settings"] {
            page.click(&format!("[data-testid=tab-{tab}]")).await?;
            page.attribute_becomes("[data-testid=lab]", "data-tab", tab).await?;
            faultless(page, Screen::PHONE, tab).await?;
        }
        page.click("[data-testid=tab-faults]").await?;
        page.click("[data-testid=fault-cut]").await?;
        faultless(page, Screen::PHONE, "scissors").await?;
        page.keys(Key::Escape + "").await?;
        open_share(page).await?;
        faultless(page, Screen::PHONE, "share").await
    })
    .await;
}

/// Notes the places that the stage passes while it plays.
const WATCH: &str = "const stage = document.querySelector('[data-testid=stage]');
    const seen = window.driftSeen = [];
    const note = () => seen.push([Number(stage.dataset.event), Number(stage.dataset.now)]);
    new MutationObserver(note).observe(stage, { attributes: true, attributeFilter: ['data-event', 'data-now'] });";

#[tokio::test]
async fn who_wants_no_motion_sees_events_and_nothing_between() {
    let (slug, file) = gallery().iter().find(|(slug, _)| *slug == "v5-v3-v5").expect("a shipped run");
    let session = from_file(file).expect("a shipped run");
    journey("access-still", Screen::LAPTOP.still(), async |page| {
        open(page, &format!("#/lab/{slug}")).await?;
        page.run(WATCH).await?;
        page.click("[data-testid=transport-play]").await?;
        page.until("three steps are played", "return new Set(driftSeen.map(([e]) => e)).size >= 3").await?;
        page.click("[data-testid=transport-play]").await?;
        let seen = page.run("return driftSeen").await?;
        let seen: Vec<(u64, u64)> = seen.as_array().into_iter().flatten().filter_map(pair).collect();
        for (events, now) in seen {
            let last = events.checked_sub(1).map_or(0, |last| session.log()[last as usize].at.0);
            assert_eq!(now, last, "between two events after {events}");
        }
        assert_eq!(page.run("return document.getAnimations().filter(a => a.playState === 'running').length").await?, json!(0));
        cut_by_drag(page, Pointer::Mouse, "C").await?;
        let moving = "return document.getAnimations().filter(a => a.playState === 'running' && a.effect.getComputedTiming().duration > 1)
            .map(a => a.animationName || a.transitionProperty)";
        assert_eq!(page.run(moving).await?, json!([]), "the paper parts at once");
        Ok(())
    })
    .await;
}

fn pair(value: &Value) -> Option<(u64, u64)> {
    Some((value.get(0)?.as_u64()?, value.get(1)?.as_u64()?))
}

#[tokio::test]
async fn whoever_cannot_see_the_picture_reads_it() {
    journey("access-words", Screen::LAPTOP, async |page| {
        open(page, "#/lab/cut-and-return").await?;
        run_until(page, "an operation ends").await?;
        let row = "return [...document.querySelectorAll('[data-testid=stage-table] tbody tr')].map(r => r.textContent).find(t => t.startsWith('C'))";
        let cut = page.run(row).await?;
        assert!(cut.as_str().is_some_and(|t| t.contains("cut off")), "{cut}");
        let spoken = "return document.querySelector('[data-testid=why]').getAttribute('aria-live')";
        assert_eq!(page.run(spoken).await?, json!("polite"));
        let slider = page.attribute("[data-testid=timeline]", "aria-valuenow").await?;
        assert_eq!(slider, Some(event(page).await?.to_string()));
        let named = "return [...document.querySelectorAll('[data-testid^=node-][data-version]')].every(n => n.getAttribute('aria-label').startsWith('Node '))";
        assert_eq!(page.run(named).await?, json!(true));
        assert!(page.find(STAGE).await?.is_displayed().await?);
        Ok(())
    })
    .await;
}
