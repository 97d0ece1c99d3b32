//! Time and settings in the lab: playing, dragging along the timeline, running until, other settings; each against the native engine.
use crate::desk::{
    BANNER, STAGE, WHY, click_until, copies, event, fingerprint, futures, holders, link, natively, open, place, run_until, three_answers,
    write,
};
use drift::engine::base::Micros;
use drift::engine::world::ENGINE_VERSION;
use drift::lab::{BOUNDS, FILE_VERSION, Predicate, Session, Stride, from_file, gallery, script_from_file, to_link};
use drift_browser::{Key, Page, Pointer, Screen, WebDriverResult, journey};
use serde_json::json;

pub fn shipped(slug: &str) -> Session {
    let (_, file) = gallery().iter().find(|(s, _)| *s == slug).expect("a shipped run");
    from_file(file).expect("a shipped run")
}

/// The link that the page offers leads natively to the very state that the page shows.
async fn is_native(page: &Page) -> WebDriverResult<Session> {
    let session = natively(&link(page).await?);
    assert_eq!(session.cursor(), event(page).await?);
    assert_eq!(session.world().fingerprint().to_string(), fingerprint(page).await?);
    Ok(session)
}

#[tokio::test]
async fn three_answers_are_seen_and_found_again_by_stepping_back() {
    let mut session = shipped("three-answers");
    session.seek_event(0);
    assert!(session.run_until(Predicate::Mismatch));
    journey("lab-mismatch", Screen::PROJECTOR, async |page| {
        three_answers(page).await?;
        run_until(page, "answers differ").await?;
        assert_eq!(event(page).await?, session.cursor());
        page.text_becomes(WHY, "do not match").await?;
        let before = copies(page).await?;
        assert!(["=v1", "=v2", "=v3"].iter().all(|v| before.contains(v)), "three answers: {before}");
        let mismatch = place(page).await?;
        for _ in 0..12 {
            page.click("[data-testid=transport-step]").await?;
        }
        assert_ne!(place(page).await?, mismatch);
        click_until(page, "[data-testid=transport-back]", async || Ok(place(page).await? == mismatch)).await?;
        is_native(page).await?;
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn what_does_not_happen_is_said() {
    journey("lab-until", Screen::LAPTOP, async |page| {
        open(page, "#/lab/week").await?;
        run_until(page, "a repair is sent").await?;
        page.said("does not happen before the end").await?;
        let end = shipped("week").end().0.to_string();
        page.attribute_becomes(STAGE, "data-now", &end).await?;
        is_native(page).await?;
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn playing_stops_where_it_is_told_to() {
    let mut session = shipped("v5-v3-v5");
    journey("lab-play", Screen::LAPTOP, async |page| {
        open(page, "#/lab/v5-v3-v5").await?;
        page.click("[data-testid=stop-at-decisions]").await?;
        page.run("document.querySelector('[data-testid=speed]').focus()").await?;
        page.keys(Key::End + "").await?;
        for _ in 0..3 {
            session.step(Stride::Decision);
            page.click("[data-testid=transport-play]").await?;
            page.attribute_becomes(STAGE, "data-event", &session.cursor().to_string()).await?;
            page.attribute_becomes("[data-testid=transport-play]", "aria-label", "Play").await?;
            is_native(page).await?;
        }
        page.click("[data-testid=stop-at-decisions]").await?;
        page.click("[data-testid=transport-play]").await?;
        page.attribute_becomes(STAGE, "data-now", &session.end().0.to_string()).await?;
        page.attribute_becomes("[data-testid=transport-play]", "aria-label", "Play").await?;
        is_native(page).await?;
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn the_timeline_is_dragged_to_any_instant() {
    journey("lab-scrub", Screen::LAPTOP, async |page| {
        open(page, "#/lab/v5-v3-v5").await?;
        let now = async || Ok::<u64, drift_browser::WebDriverError>(number(page, STAGE, "data-now").await?);
        let script = "const r = document.querySelector('[data-testid=timeline]').getBoundingClientRect();
            return [Math.round(r.x), Math.round(r.y + r.height - 6), Math.round(r.width)]";
        let shape: Vec<i64> = page.run(script).await?.as_array().into_iter().flatten().filter_map(|n| n.as_i64()).collect();
        let at = |share: i64| (shape[0] + shape[2] * share / 100, shape[1]);
        page.drag(Pointer::Mouse, &[at(20), at(40), at(60)]).await?;
        let (there, seen) = (now().await?, event(page).await?);
        assert!(there > 0 && seen > 0);
        is_native(page).await?;
        page.drag(Pointer::Mouse, &[at(60), at(30)]).await?;
        assert!(now().await? < there, "back again");
        let mut session = is_native(page).await?;
        session.seek_time(Micros(now().await?));
        assert_eq!(session.cursor(), event(page).await?, "the state of that instant");
        page.click("[data-testid=timeline-in]").await?;
        page.until("it is zoomed", "return document.querySelector('[data-testid=timeline]').dataset.from !== '0'").await?;
        page.click("[data-testid=timeline]").await?;
        page.keys("0").await?;
        page.attribute_becomes("[data-testid=timeline]", "data-from", "0").await
    })
    .await;
}

async fn number(page: &Page, css: &str, name: &str) -> WebDriverResult<u64> {
    Ok(page.attribute(css, name).await?.and_then(|n| n.parse().ok()).unwrap_or_default())
}

#[tokio::test]
async fn a_setting_is_changed_from_here_or_from_the_start() {
    journey("lab-settings", Screen::LAPTOP, async |page| {
        three_answers(page).await?;
        run_until(page, "answers differ").await?;
        page.click("[data-testid=setting-start]").await?;
        page.choose("[data-testid=settings] select[aria-label*=repair]", "never").await?;
        page.said("with this from its start").await?;
        assert_eq!(futures(page).await?, 2);
        let session = is_native(page).await?;
        let original = script_from_file(gallery()[0].1).expect("a shipped run");
        assert_eq!(session.script().commands, original.commands, "the same script");
        assert_ne!(session.script().config, original.config, "under another setting");
        page.click("[data-testid=branch-0]").await?;
        page.click("[data-testid=setting-here]").await?;
        page.choose("[data-testid=settings] select[aria-label*=repair]", "never").await?;
        page.said("The old future is kept").await?;
        assert_eq!(futures(page).await?, 3);
        let session = is_native(page).await?;
        assert_eq!(session.script().config, original.config, "from here on it is a command");
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn a_run_of_too_many_events_stops_and_says_so() {
    let detector = json!({ "heartbeat": { "every": "100ms", "timeout": "700ms" } });
    let run = json!({ "end": "60s", "config": { "nodes": 100, "settings": { "detector": detector } } });
    let file = json!({ "format": "drift-run", "version": FILE_VERSION, "engine": ENGINE_VERSION, "run": run });
    let script = script_from_file(&file.to_string()).expect("within bounds");
    let session = Session::open(script).expect("within bounds");
    journey("lab-many", Screen::LAPTOP, async |page| {
        open(page, &format!("#/run?r={}", to_link(&session).expect("short enough"))).await?;
        write(page, "cart", "tea").await?;
        page.text_becomes(BANNER, &drift::view::format::count(BOUNDS.events.into())).await?;
        page.keys(Key::End + "").await?;
        page.attribute_becomes(STAGE, "data-event", &BOUNDS.events.to_string()).await
    })
    .await;
}

#[tokio::test]
async fn what_is_true_is_shown_beside_what_a_node_knows() {
    journey("lab-truth", Screen::LAPTOP, async |page| {
        three_answers(page).await?;
        run_until(page, "answers differ").await?;
        page.click("[data-testid=truth-on]").await?;
        page.attribute_becomes("[data-testid=truth-on]", "aria-pressed", "true").await?;
        let rows = "return [...document.querySelectorAll('[data-testid^=asked-]')].map(r => r.innerText).join(' / ')";
        let truth = page.run(rows).await?;
        page.keys("t").await?;
        page.attribute_becomes("[data-testid=truth-off]", "aria-pressed", "true").await?;
        let known = page.run(rows).await?;
        assert_ne!(truth, known, "a coordinator does not know everything");
        assert_ne!(truth, json!(""));
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn a_range_is_split_and_taken_over_in_another_future() {
    journey("lab-ranges", Screen::LAPTOP, async |page| {
        three_answers(page).await?;
        run_until(page, "answers differ").await?;
        assert_eq!(holders(page).await?, ["B", "C", "D"]);
        page.click("[data-item=node-2]").await?;
        page.click("[data-testid=node-split]").await?;
        page.until("the sentence", &format!("return document.querySelector('{WHY}').innerText.includes('A range of C is split')")).await?;
        page.click("[data-testid=node-take]").await?;
        page.until("the sentence", &format!("return document.querySelector('{WHY}').innerText.includes('A range moves from B to C')"))
            .await?;
        assert_eq!(holders(page).await?, ["C", "D"], "B is no replica of it any more, and E has nothing yet");
        assert!(page.attribute("[data-testid=node-take]", "disabled").await?.is_some(), "C has it already");
        assert_eq!(futures(page).await?, 2, "and what would have been is kept");
        is_native(page).await?;
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

#[tokio::test]
async fn a_preset_is_chosen_on_the_first_page_by_address_and_in_the_settings() {
    journey("lab-presets", Screen::LAPTOP, async |page| {
        let choose = |what: &str, value: &str| {
            format!(
                "const s = document.querySelector('[data-testid={what}]'); s.value = '{value}';
                s.dispatchEvent(new Event('change', {{ bubbles: true }}));"
            )
        };
        page.open("#/").await?;
        page.find("[data-testid=ring-like]").await?;
        page.run(&choose("ring-like", "riak")).await?;
        page.until("the address", "return document.querySelector('[data-testid=open-like]').hash === '#/new?preset=riak'").await?;
        page.open("#/new?preset=riak").await?;
        page.until("the preset", "return document.querySelector('[data-testid=setting-preset]').value === 'riak'").await?;
        page.run("document.querySelector('[data-testid=settings] [data-testid=fidelity]').open = true").await?;
        let told = page.text("[data-testid=settings] [data-testid=fidelity]").await?;
        let riak = drift::lab::preset("riak").expect("a preset");
        assert!(riak.fidelity.iter().chain(&riak.sources).all(|line| told.contains(line.as_str())), "{told}");
        let settings = is_native(page).await?;
        assert!(riak.is(settings.world().settings(), settings.script().config.topology.style), "the run has it written out");
        // From here: the settings are another system's, the ring stays as it is divided.
        page.run(&choose("setting-preset", "cassandra")).await?;
        page.until("the other preset", "return document.querySelector('[data-testid=setting-preset]').value === 'cassandra'").await?;
        assert!(page.text("[data-testid=settings]").await?.contains("divided otherwise"));
        let changed = is_native(page).await?;
        assert!(drift::lab::preset("cassandra").is_some_and(|p| p.has(changed.world().settings())));
        page.open("#/new?preset=mongo").await?;
        page.until("the refusal", "return document.body.innerText.includes('must be one of plain, dynamo')").await?;
        Ok(())
    })
    .await;
}
