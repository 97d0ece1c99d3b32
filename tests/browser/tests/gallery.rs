//! Every shipped run gives in the page what it gives natively: fingerprint, events, messages, words.
use crate::desk::{STAGE, event, fingerprint, open};
use drift::lab::{Report, gallery, script_from_file};
use drift::view::format::count;
use drift::view::home;
use drift_browser::{Key, Page, Screen, WebDriverResult, journey};
use serde_json::json;

/// The numbers that the page shows of messages so far, by kind.
async fn shown(page: &Page, kind: &str) -> WebDriverResult<String> {
    page.text(&format!("[data-testid=legend-{kind}] b")).await
}

#[tokio::test]
async fn a_shipped_run_ends_in_the_page_as_it_ends_natively() {
    journey("gallery-runs", Screen::LAPTOP, async |page| {
        for (slug, file) in gallery() {
            let script = script_from_file(file).expect("a shipped run");
            let (report, log) = Report::of(&script);
            open(page, &format!("#/lab/{slug}")).await?;
            assert_eq!(page.text("[data-testid=title]").await?, script.title);
            page.keys(Key::End + "").await?;
            page.attribute_becomes(STAGE, "data-now", &report.end_us.to_string()).await?;
            assert_eq!(fingerprint(page).await?, report.fingerprint, "{slug}");
            assert_eq!(event(page).await? as usize, log.len(), "{slug}");
            page.text_becomes("[data-testid=transport-event]", &format!("event {0} of {0}", log.len())).await?;
            for (kind, traffic) in &report.traffic {
                assert_eq!(shown(page, kind).await?, count(traffic.messages), "{slug}: {kind}");
            }
        }
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn the_front_page_says_what_the_engine_says() {
    journey("gallery-home", Screen::LAPTOP, async |page| {
        page.open("").await?;
        for (slug, file) in gallery() {
            let picture = home::picture(file).expect("a shipped run");
            page.text_becomes(&format!("[data-testid=card-{slug}] .fact"), &picture.facts).await?;
        }
        let measured = script_from_file(gallery()[0].1).expect("a shipped run");
        page.find("[data-testid=heals] td").await?;
        let cells = "return [...document.querySelectorAll('[data-testid=heals] tbody tr')].map(r => r.innerText)";
        let rows = page.run(cells).await?;
        let healing = home::healing(&measured).expect("a shipped run");
        assert_eq!(rows.as_array().map(Vec::len), Some(healing.len()));
        for (row, natively) in rows.as_array().into_iter().flatten().zip(healing) {
            let text = row.as_str().unwrap_or_default();
            assert!(text.contains(&natively.bytes), "{text}: {}", natively.bytes);
            assert!(natively.read.is_none_or(|read| text.contains(&read)), "{text}");
        }
        assert_eq!(page.run("return document.documentElement.scrollWidth <= innerWidth").await?, json!(true));
        Ok(())
    })
    .await;
}
