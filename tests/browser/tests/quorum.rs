//! Quorums in the lab: who has answered, zone by zone; what levels promise; and when digests pay. Each against the native engine.
use crate::desk::{click_until, event, link, natively, open, run_until, settle, write};
use drift::engine::node::Level;
use drift::lab::{BreakEven, Session, gallery, script_from_file};
use drift::view::break_even::{SIZES, answer};
use drift::view::inspect::{OpView, Tracker, shown_operation};
use drift::view::overlap::Overlap;
use drift_browser::{Page, Screen, WebDriverResult, journey};

/// The tracker as the page shows it: four numbers, and each node with its sign.
async fn shown(page: &Page) -> WebDriverResult<String> {
    let script = "const n = id => document.querySelector(`[data-testid=quorum-${id}]`)?.innerText;
        const seats = [...document.querySelectorAll('[data-testid^=seat-]')].map(s => s.dataset.testid.slice(5) + '=' + s.dataset.state);
        return [n('needed'), n('got'), n('failed'), n('waiting'), ...seats].join(' ')";
    Ok(page.run(script).await?.as_str().unwrap_or_default().to_owned())
}

/// The tracker as it is natively, in the same words.
fn expected(session: &Session) -> (Tracker, String) {
    let op = shown_operation(session, None, None).expect("an operation");
    let view = OpView::of(session, op).expect("in the history");
    let tracker = view.quorum.expect("a coordinator works on it");
    let seats = view.known.iter().filter_map(|row| Some(format!(" {}={}", row.node, tracker.seat(row.node)?.state.id())));
    let text = format!("{} {} {} {}{}", tracker.needed, tracker.got, tracker.failed, tracker.waiting, seats.collect::<String>());
    (tracker, text)
}

#[tokio::test]
async fn a_quorum_is_followed_answer_by_answer() {
    journey("quorum-read", Screen::PROJECTOR, async |page| {
        open(page, "#/lab/three-answers").await?;
        run_until(page, "answers differ").await?;
        let session = natively(&link(page).await?);
        let (tracker, text) = expected(&session);
        assert!(tracker.met() && tracker.waiting == 0, "both have answered: {text}");
        assert_eq!(shown(page).await?, text);
        page.attribute_becomes("[data-testid=quorum]", "data-met", "true").await?;
        let digests = page.text("[data-testid=digests]").await?;
        assert!(digests.contains("xxh64, 8 bytes each") && digests.contains("differs"), "{digests}");
        let unequal = page.count("[data-testid^=compared-][data-equal=false]").await?;
        assert_eq!(unequal, 1, "one digest differs from the row in hand");
        // Back to where one of them is still waited for.
        click_until(page, "[data-testid=transport-back]", async || Ok(page.text("[data-testid=quorum-waiting]").await? == "1")).await?;
        let mut earlier = session.clone();
        earlier.seek_event(event(page).await?);
        let (tracker, text) = expected(&earlier);
        assert_eq!((shown(page).await?, tracker.got, tracker.met()), (text, 1, false));
        page.attribute_becomes("[data-testid=quorum]", "data-met", "false").await?;
        assert!(page.accessibility_faults().await?.is_empty());
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn zones_are_counted_apart_and_levels_say_what_they_promise() {
    journey("quorum-zones", Screen::LAPTOP, async |page| {
        open(page, "#/new?nodes=6&zones=2&copies=3,3").await?;
        let promise = "[data-testid=overlap]";
        page.text_becomes(promise, "4 + 4 > 6").await?;
        page.choose("[data-testid=setting-write-level]", "LOCAL_QUORUM").await?;
        page.choose("[data-testid=setting-read-level]", "LOCAL_ONE").await?;
        page.attribute_becomes(promise, "data-promise", "may-miss").await?;
        page.choose("[data-testid=setting-read-level]", "LOCAL_QUORUM").await?;
        page.text_becomes(promise, "Across zones, a read may miss the write").await?;
        let session = natively(&link(page).await?);
        assert_eq!(session.world().settings().read.level, Level::LocalQuorum);
        let words = Overlap::of(session.world().settings(), session.world().ring());
        let said = page.text(promise).await?;
        assert!(words.lines.iter().all(|l| said.contains(&l.sum)) && said.contains("within each zone"), "{said}");
        page.choose("[data-testid=setting-write-level]", "EACH_QUORUM").await?;
        page.text_becomes(promise, "Across zones too, every read meets every write").await?;
        write(page, "cart", "tea").await?;
        settle(page).await?;
        let zones = page.text("[data-testid=quorum-zones]").await?;
        let (tracker, text) = expected(&natively(&link(page).await?));
        assert_eq!(shown(page).await?, text);
        assert_eq!((tracker.needed, tracker.got), (4, 4), "two of each zone");
        assert!(zones.contains("north 3 of 2") && zones.contains("south 3 of 2"), "{zones}");
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn the_break_even_of_digests_is_measured_and_its_runs_open() {
    let settings = script_from_file(gallery()[0].1).expect("a shipped run").config.settings;
    let measured = |size: usize| {
        let asked = BreakEven::of(&settings, SIZES[size]).expect("three copies");
        let runs: Vec<_> = (0..asked.runs()).map(|i| asked.measure(i).ok()).collect();
        (asked, runs)
    };
    journey("break-even", Screen::LAPTOP, async |page| {
        open(page, "#/lab/three-answers").await?;
        page.click("[data-testid=settings] [data-testid=break-even-open]").await?;
        let said = "[data-testid=break-even-answer]";
        page.attribute_becomes(said, "data-done", "true").await?;
        assert_eq!(page.text(said).await?, answer(&measured(2).1));
        assert_eq!(page.count("[data-testid^=break-even-dot-]").await?, 22);
        page.choose("[data-testid=break-even-size]", "64 bytes").await?;
        page.text_becomes(said, &answer(&measured(1).1)).await?;
        page.choose("[data-testid=break-even-size]", "256 bytes").await?;
        let (asked, runs) = measured(2);
        page.text_becomes(said, &answer(&runs)).await?;
        assert!(page.accessibility_faults().await?.is_empty());
        page.click("[data-testid=break-even-dot-3]").await?;
        page.said("Opened \"Reads with digests, 6 of 20 find a difference\"").await?;
        let session = natively(&link(page).await?);
        assert_eq!(session.script().commands, asked.script(3).commands, "the very run that was measured");
        assert_eq!(Some(session.cursor()), runs[3].map(|m| m.start), "before its first read");
        // Keyboards reach the same runs through the table.
        page.click("[data-testid=settings] [data-testid=break-even-open]").await?;
        page.attribute_becomes(said, "data-done", "true").await?;
        page.click("[data-testid=break-even] summary").await?;
        page.click("[data-testid=break-even-cell-11]").await?;
        page.said("with whole rows only, 0 of 20").await?;
        let session = natively(&link(page).await?);
        assert_eq!(session.script().commands, asked.script(11).commands, "whole rows, all equal");
        Ok(())
    })
    .await;
}
