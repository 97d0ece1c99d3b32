//! Sweeps in the lab: started by hand, followed level by level and back, disturbed in the middle, on a phone, raced. Each against the engine.
use crate::desk::{link, natively, open, write};
use drift::engine::base::NodeId;
use drift::engine::data::Key;
use drift::lab::{Axis, Field, Session, racers};
use drift::view::format::count;
use drift::view::sweep::{descent, exchange::Mark, policy, shown};
use drift_browser::{Key as Press, Page, Screen, WebDriverResult, journey};
use serde_json::json;

const TREES: &str = "[data-testid=trees]";

/// The first number of the bill: hashes compared.
async fn compared(page: &Page) -> WebDriverResult<String> {
    page.text("[data-testid=sweep-bill] tbody tr:first-child .n").await
}

/// Nodes drawn with a mark, on both sides.
async fn drawn(page: &Page, mark: &str) -> WebDriverResult<usize> {
    page.count(&format!("{TREES} .tn.{mark}")).await
}

/// What the drawing must show where a session stands: hashes compared, nodes that differ and nodes that are asked for.
fn expected(session: &Session) -> (String, usize, usize) {
    let at = shown(session, None).expect("a sweep");
    let then = session.peek(at.began.0 + 1);
    let bits = policy(session, at.cost.session).expect("it was said").tree.bits();
    let mut all = descent::Descent::new(at.cost.session, at.cost.with, bits, descent::asking_trees(&then.world, at.cost.session));
    all.follow(session);
    let with = |mark: Mark| all.exchange.levels.iter().flat_map(|l| &l.nodes).filter(|(_, m)| *m == mark).count();
    (count(at.cost.hashes_compared()), 2 * with(Mark::Differs), 2 * with(Mark::Asked))
}

#[tokio::test]
async fn a_sweep_is_started_by_hand_from_the_ring() {
    journey("sweep-by-hand", Screen::LAPTOP, async |page| {
        open(page, "#/lab/cut-and-return").await?;
        page.click("[data-testid=sweep-open]").await?;
        page.choose("[data-testid=sweep-start] [data-testid=sweep-leaves]", "16").await?;
        page.click("[data-testid=sweep-start] [data-testid=sweep-go]").await?;
        page.find("[data-testid=sweep]").await?;
        page.until(
            "it is over",
            "return /nothing differs|rows moved/.test(document.querySelector('[data-testid=sweep-bill] small')?.innerText)",
        )
        .await?;
        let session = natively(&link(page).await?);
        let at = shown(&session, None).expect("a sweep");
        assert_eq!(compared(page).await?, count(at.cost.hashes_compared()));
        assert!(at.cost.ended.is_some_and(|(_, outcome)| outcome.is_good()));
        assert_eq!(page.accessibility_faults().await?, Vec::<String>::new());
        page.keys("s").await?;
        page.find("[data-testid=stage]").await?;
        page.keys("s").await?;
        page.find("[data-testid=sweep]").await?;
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn levels_are_followed_step_by_step_and_back() {
    journey("sweep-levels", Screen::PROJECTOR, async |page| {
        page.open("#/lab/two-stale-leaves").await?;
        page.find(TREES).await?;
        for _ in 0..3 {
            for _ in 0..5 {
                page.click("[data-testid=transport-step]").await?;
            }
            let (hashes, differ, asked) = expected(&natively(&link(page).await?));
            assert_eq!((compared(page).await?, drawn(page, "differs").await?, drawn(page, "asked").await?), (hashes, differ, asked));
        }
        let (before, event) = (page.text("[data-testid=ladder]").await?, natively(&link(page).await?).cursor());
        page.click("[data-testid=transport-step]").await?;
        page.click("[data-testid=transport-step]").await?;
        assert!(natively(&link(page).await?).cursor() > event, "two steps on");
        page.click("[data-testid=transport-back]").await?;
        page.click("[data-testid=transport-back]").await?;
        assert_eq!((page.text("[data-testid=ladder]").await?, natively(&link(page).await?).cursor()), (before, event), "back is back");
        // The parts of the sweep are places to go to.
        page.click("[data-testid=phases] li:last-child button").await?;
        let (hashes, differ, _) = expected(&natively(&link(page).await?));
        assert_eq!((compared(page).await?, drawn(page, "differs").await?), (hashes, differ));
        assert_eq!(page.count("[data-testid=leaf-rows] .told").await?, 6, "three rows on each side");
        assert_eq!(page.accessibility_faults().await?, Vec::<String>::new());
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn a_key_changed_in_the_middle_of_an_exchange_is_not_lost() {
    journey("sweep-disturbed", Screen::PROJECTOR, async |page| {
        page.open("#/lab/two-stale-leaves").await?;
        page.find(TREES).await?;
        for _ in 0..9 {
            page.click("[data-testid=transport-step]").await?;
        }
        page.click("[data-testid=tab-client]").await?;
        write(page, "key-24", "no milk at all").await?;
        page.click("[data-testid=tab-sweep]").await?;
        page.until("the sweep is over", "return /rows moved/.test(document.querySelector('[data-testid=sweep-bill] small')?.innerText)")
            .await?;
        page.text_becomes("[data-testid=sweep-behind]", "they hold the same").await?;
        let mut session = natively(&link(page).await?);
        session.seek_time(session.end());
        let held = |node: u32| session.world().host(NodeId(node)).and_then(|h| h.node.store.get(&Key::new("key-24")).cloned());
        assert_eq!(held(1), held(2));
        let newest = held(2).expect("it is held");
        assert!(
            format!("{newest:?}").contains(&format!("{:?}", "no milk at all".as_bytes().to_vec()).replace(['[', ']'], "")),
            "{newest:?}"
        );
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn a_phone_shows_the_trees_and_the_talk_below_them() {
    journey("sweep-phone", Screen::PHONE, async |page| {
        page.open("#/lab/two-stale-leaves").await?;
        page.find(TREES).await?;
        for _ in 0..8 {
            page.click("[data-testid=transport-step]").await?;
        }
        assert!(page.count("[data-testid=ladder] li").await? >= 3);
        assert_eq!(page.run("return document.documentElement.scrollWidth <= innerWidth").await?, json!(true));
        assert_eq!(page.accessibility_faults().await?, Vec::<String>::new());
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn wide_trees_are_strips_that_open_by_keyboard() {
    journey("sweep-zoom", Screen::LAPTOP, async |page| {
        page.open("#/lab/far-and-near").await?;
        page.find(TREES).await?;
        page.click("[data-testid=phases] li:nth-child(5) button").await?;
        page.tab_to(TREES).await?;
        page.keys(Press::Down + "").await?;
        page.text_becomes("[data-testid=trees-caption]", "level 1").await?;
        page.text_becomes("[data-testid=trees-caption]", "they differ").await?;
        page.keys(Press::Enter + "").await?;
        page.find("[data-testid=trees-crumbs]").await?;
        page.keys(Press::Backspace + "").await?;
        page.until("all again", "return !document.querySelector('[data-testid=trees-crumbs]')").await?;
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn a_point_of_the_race_is_a_run_that_opens() {
    journey("sweep-race", Screen::LAPTOP, async |page| {
        page.open("#/lab/two-stale-leaves").await?;
        page.click("[data-testid=race-open]").await?;
        page.find("[data-testid=race] [data-testid=dot-0-0]").await?;
        page.click("[data-testid=race-stop]").await?;
        assert_eq!(page.accessibility_faults().await?, Vec::<String>::new());
        page.click("[data-testid=race] details summary").await?;
        page.click("[data-testid=race-cell-0-0]").await?;
        let script = Field::at(Axis::Differences, 1, false).script(&racers()[0]);
        page.said(&format!("Opened \"{}\"", script.title)).await?;
        let session = natively(&link(page).await?);
        assert_eq!(session.script().commands, script.commands, "the very run that was measured");
        Ok(())
    })
    .await;
}
