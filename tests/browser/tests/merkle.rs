//! Trees of segments, tries, whole trees and versions in the lab: followed forwards and back, disturbed in the middle, and as points of the race.
use crate::access::faultless;
use crate::desk::{link, natively, write};
use drift::engine::base::NodeId;
use drift::engine::data::Key;
use drift::lab::{Axis, Field, racers};
use drift::view::format::count;
use drift::view::sweep::{place, shown};
use drift_browser::{Page, Screen, WebDriverResult, journey};

const SWEEP: &str = "[data-testid=sweep]";
const ANOTHER: &str = "[data-testid=sweep-another]";

/// Starts a sweep by this method between two replicas of which one is behind, and waits for its end.
async fn swept(page: &Page, method: &str, choices: &[(&str, &str)]) -> WebDriverResult<()> {
    page.open("#/lab/two-stale-leaves").await?;
    page.find(SWEEP).await?;
    page.choose(&format!("{ANOTHER} [data-testid=sweep-method]"), method).await?;
    for (name, words) in choices {
        page.choose(&format!("{ANOTHER} [data-testid=sweep-{name}]"), words).await?;
    }
    page.click(&format!("{ANOTHER} [data-testid=sweep-go]")).await?;
    page.attribute_becomes(SWEEP, "data-method", method).await?;
    page.until("it is over", "return /moved|read|pushed|differs/.test(document.querySelector('[data-testid=sweep-bill] small')?.innerText)")
        .await
}

/// What is seen of the sweep: the drawing's words, its bill, and how many nodes have which mark.
async fn seen(page: &Page) -> WebDriverResult<String> {
    let marks = page.run("return ['asked','sent','equal','differs','theirs','torn','came','coming'].map(c => c + document.querySelectorAll('[data-testid=sweep] .' + c).length).join(' ')").await?;
    Ok(format!("{}\n{}\n{marks}", page.text(SWEEP).await?, page.text("[data-testid=sweep-bill]").await?))
}

/// Goes to the middle of the sweep, steps on and back, and compares what is seen; then holds it against the engine.
async fn there_and_back(page: &Page) -> WebDriverResult<()> {
    page.click("[data-testid=phases] li:nth-child(2) button").await?;
    let mut before = Vec::new();
    for _ in 0..6 {
        before.push(seen(page).await?);
        page.click("[data-testid=transport-step]").await?;
    }
    assert!(before.windows(2).any(|pair| pair[0] != pair[1]), "something happens");
    for known in before.iter().rev() {
        page.click("[data-testid=transport-back]").await?;
        assert_eq!(seen(page).await?, *known);
    }
    let session = natively(&link(page).await?);
    let number = page.attribute(SWEEP, "data-sweep").await?.unwrap_or_default();
    let named = |id: &drift::engine::node::sweeps::SessionId| format!("{}-{}", id.by, id.number) == number;
    let id = session.sweep_log().begun().iter().map(|(_, id)| *id).find(named);
    let at = shown(&session, id).expect("a sweep");
    let (sent, _) = place(&session, at.cost.session);
    assert_eq!(page.text("[data-testid=sweep-bill] tbody tr:nth-child(2) .n").await?, count(at.cost.bytes()), "bytes so far");
    page.text_becomes("[data-testid=phases] p", &format!("message {} of", count(sent as u64))).await
}

#[tokio::test]
async fn segments_are_followed_forwards_and_back() {
    journey("merkle-segments", Screen::LAPTOP, async |page| {
        swept(page, "trees of segments", &[("width", "16")]).await?;
        page.text_becomes("[data-testid=segments-reads]", "3 done, 0 to come").await?;
        there_and_back(page).await?;
        page.text_becomes("[data-testid=segments-notes] .locked", "locked").await?;
        faultless(page, Screen::LAPTOP, "segments").await
    })
    .await;
}

#[tokio::test]
async fn tries_are_followed_forwards_and_back() {
    journey("merkle-tries", Screen::LAPTOP, async |page| {
        swept(page, "tries", &[]).await?;
        there_and_back(page).await?;
        page.text_becomes("[data-testid=tries-notes]", "Only B pushes.").await?;
        faultless(page, Screen::LAPTOP, "tries").await
    })
    .await;
}

#[tokio::test]
async fn whole_trees_are_followed_forwards_and_back() {
    journey("merkle-whole", Screen::LAPTOP, async |page| {
        swept(page, "whole trees", &[]).await?;
        page.text_becomes("[data-testid=pair-B-C]", "in line").await?;
        assert!(page.count("[data-testid=joined-0] path").await? >= 1, "what moves together is bracketed");
        there_and_back(page).await?;
        faultless(page, Screen::LAPTOP, "whole trees").await
    })
    .await;
}

#[tokio::test]
async fn versions_are_followed_forwards_and_back() {
    journey("merkle-versions", Screen::LAPTOP, async |page| {
        swept(page, "versions", &[]).await?;
        assert_eq!(page.count("[data-testid=sweep-versions] tbody tr").await?, 3, "three keys differed");
        there_and_back(page).await?;
        faultless(page, Screen::LAPTOP, "versions").await
    })
    .await;
}

#[tokio::test]
async fn whole_trees_of_all_replicas_are_compared_pair_by_pair() {
    journey("merkle-pairs", Screen::LAPTOP, async |page| {
        swept(page, "whole trees", &[("b", "all replicas of its ranges")]).await?;
        assert!(page.count("[data-testid=repair-head] .pairs button").await? >= 2, "every two that share a range");
        page.click("[data-testid=repair-head] .pairs button:last-child").await?;
        page.attribute_becomes("[data-testid=repair-head] .pairs button:last-child", "aria-pressed", "true").await?;
        faultless(page, Screen::LAPTOP, "pairs").await
    })
    .await;
}

#[tokio::test]
async fn a_key_changed_in_the_middle_of_any_comparison_is_not_lost() {
    journey("merkle-disturbed", Screen::PROJECTOR, async |page| {
        for (method, choices) in [("trees of segments", &[("width", "16")][..]), ("tries", &[]), ("whole trees", &[])] {
            swept(page, method, choices).await?;
            page.click("[data-testid=phases] li:nth-child(2) button").await?;
            page.click("[data-testid=tab-client]").await?;
            write(page, "key-24", "no milk at all").await?;
            page.click("[data-testid=tab-sweep]").await?;
            let mut session = natively(&link(page).await?);
            session.seek_time(session.end());
            let held = |node: u32| session.world().host(NodeId(node)).and_then(|h| h.node.store.get(&Key::new("key-24")).cloned());
            assert_eq!(held(1), held(2), "{method}");
            let newest = format!("{:?}", held(2).expect("it is held"));
            let wanted = format!("{:?}", "no milk at all".as_bytes().to_vec()).replace(['[', ']'], "");
            assert!(newest.contains(&wanted), "{method}: {newest}");
        }
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn a_point_of_every_racer_opens_its_run() {
    journey("merkle-race", Screen::LAPTOP, async |page| {
        page.open("#/lab/two-stale-leaves").await?;
        page.click("[data-testid=race-open]").await?;
        let last = racers().len() - 1;
        page.click("[data-testid=race-places]").await?;
        page.find(&format!("[data-testid=race] [data-testid=dot-{last}-0]")).await?;
        page.click("[data-testid=race-stop]").await?;
        // A line can be left out and brought back.
        page.click("[data-testid=line-2]").await?;
        page.until("it is gone", "return !document.querySelector('[data-testid=dot-2-0]')").await?;
        page.click("[data-testid=line-2]").await?;
        page.find("[data-testid=dot-2-0]").await?;
        faultless(page, Screen::LAPTOP, "race").await?;
        page.click("[data-testid=race] details summary").await?;
        page.click(&format!("[data-testid=race-cell-{last}-0]")).await?;
        let script = Field::at(Axis::Places, 1, false).script(&racers()[last]);
        page.text_becomes("[data-testid=notice]", &format!("Opened \"{}\"", script.title)).await?;
        let session = natively(&link(page).await?);
        assert_eq!(session.script().commands, script.commands, "the very run that was measured");
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn a_phone_shows_every_comparison_below_each_other() {
    journey("merkle-phone", Screen::PHONE, async |page| {
        page.open("#/lab/two-stale-leaves").await?;
        page.find(SWEEP).await?;
        for method in ["trees of segments", "tries", "whole trees", "versions"] {
            page.click("[data-testid=tab-sweep]").await?;
            page.choose(&format!("{ANOTHER} [data-testid=sweep-method]"), method).await?;
            page.click(&format!("{ANOTHER} [data-testid=sweep-go]")).await?;
            page.attribute_becomes(SWEEP, "data-method", method).await?;
            let wide = "return document.documentElement.scrollWidth <= innerWidth";
            page.until("nothing sticks out", wide).await?;
            faultless(page, Screen::PHONE, method).await?;
        }
        Ok(())
    })
    .await;
}
