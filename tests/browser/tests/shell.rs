//! The page around the engine: there before it, without it, after it has failed, in any folder, and without a network.
use crate::access::faultless;
use drift_browser::{Page, Screen, WebDriverResult, journey};
use serde_json::json;

const HEADING: &str = "Copies drift. Watch them mend.";

#[tokio::test]
async fn the_shell_is_there_before_the_engine() {
    journey("shell-first", Screen::LAPTOP, async |page| {
        page.site.hold_engine();
        page.browser.goto(page.site.url()).await?;
        assert_eq!(page.text("#app h1").await?, HEADING);
        assert_eq!(page.text("#loading").await?, "Loading the engine…");
        page.shot("shell").await?;
        page.site.release_engine();
        page.started().await?;
        assert!(!page.find("#app").await?.text().await?.is_empty());
        assert_eq!(page.attribute("#failure", "hidden").await?.as_deref(), Some(""));
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn the_shell_has_no_accessibility_faults_in_either_theme() {
    journey("shell-axe", Screen::LAPTOP, async |page| {
        page.site.hold_engine();
        for screen in [Screen::LAPTOP, Screen::PHONE.dark()] {
            page.look(screen).await?;
            page.browser.goto(page.site.url()).await?;
            page.find("#loading").await?;
            let theme = if screen.dark { "dark" } else { "light" };
            assert_eq!(page.attribute("html", "data-theme").await?.as_deref(), Some(theme));
            assert_eq!(page.accessibility_faults().await?, Vec::<String>::new(), "{theme}");
        }
        page.site.release_engine();
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn the_readers_theme_wins_over_the_systems() {
    journey("shell-theme", Screen::LAPTOP.dark(), async |page| {
        page.open("").await?;
        page.attribute_becomes("html", "data-theme", "dark").await?;
        page.run("localStorage.setItem('drift.theme', 'light')").await?;
        page.reload().await?;
        page.attribute_becomes("html", "data-theme", "light").await
    })
    .await;
}

#[tokio::test]
async fn the_policy_is_in_force() {
    journey("shell-policy", Screen::LAPTOP, async |page| {
        page.open("").await?;
        let policy = page.attribute("meta[http-equiv=Content-Security-Policy]", "content").await?.unwrap_or_default();
        assert!(policy.starts_with("default-src 'none'") && !policy.contains("unsafe-inline"), "{policy}");
        page.expect_errors();
        let script = "window.ran = 'no'; const s = document.createElement('script'); s.textContent = \"window.ran = 'yes'\";
            document.head.append(s); return window.ran";
        assert_eq!(page.run(script).await?, json!("no"));
        let blocked = page.console_errors().await?;
        assert_eq!(blocked.len(), 1, "only the script put in on purpose is blocked: {blocked:?}");
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn any_folder_of_a_server_will_do() {
    journey("shell-below", Screen::PHONE, async |page| {
        page.browser.goto(page.site.url_below()).await?;
        page.started().await?;
        let outside =
            "return performance.getEntriesByType('resource').map(e => new URL(e.name).pathname).filter(p => !p.startsWith('/some/where/'))";
        assert_eq!(page.run(outside).await?, json!([]));
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn without_the_engine_the_page_says_so() {
    journey("shell-lost", Screen::LAPTOP, async |page| {
        page.expect_errors();
        page.site.lose_engine();
        page.browser.goto(page.site.url()).await?;
        assert!(!page.text("#failure-message").await?.is_empty());
        page.shot("failure").await?;
        faultless(page, Screen::LAPTOP, "no engine").await?;
        page.site.release_engine();
        page.click("#failure-reload").await?;
        page.started().await
    })
    .await;
}

#[tokio::test]
async fn a_part_that_did_not_arrive_is_asked_for_again() {
    journey("shell-part", Screen::LAPTOP, async |page| {
        page.expect_errors();
        page.site.lose_parts();
        page.browser.goto(format!("{}#/glossary", page.site.url())).await?;
        page.text_becomes("[data-testid=part-missing] h1", "did not arrive").await?;
        faultless(page, Screen::LAPTOP, "a part is missing").await?;
        page.click("[data-testid=try-again]").await?;
        page.text_becomes("[data-testid=part-missing] h1", "did not arrive").await?;
        page.site.release_engine();
        page.click("[data-testid=try-again]").await?;
        page.text_becomes("h1", "Glossary").await
    })
    .await;
}

#[tokio::test]
async fn a_panic_leaves_a_readable_page_with_the_run() {
    journey("shell-panic", Screen::PHONE, async |page| {
        page.open("").await?;
        page.run("dispatchEvent(new CustomEvent('drift-panic', { detail: { message: 'the first cause', run: 'the run' } }))").await?;
        page.run("dispatchEvent(new CustomEvent('drift-panic', { detail: 'a later one' }))").await?;
        assert_eq!(page.text("#failure-message").await?, "the first cause");
        page.find("#failure-run").await?;
        faultless(page, Screen::PHONE, "after a panic").await?;
        let href = page.attribute("#failure-run", "href").await?.unwrap_or_default();
        assert!(href.starts_with("blob:"), "{href}");
        check_fresh(page).await?;
        Ok(())
    })
    .await;
}

async fn check_fresh(page: &Page) -> WebDriverResult<()> {
    page.run("sessionStorage.setItem('drift.test', 'kept')").await?;
    page.click("#failure-fresh").await?;
    page.attribute_becomes("html", "data-fresh", "yes").await?;
    page.started().await?;
    assert_eq!(page.run("return sessionStorage.getItem('drift.test')").await?, json!(null));
    assert_eq!(page.run("return location.search").await?, json!(""));
    Ok(())
}

#[tokio::test]
async fn a_second_visit_needs_no_network() {
    journey("shell-offline", Screen::LAPTOP, async |page| {
        page.open("").await?;
        page.browser.execute_async("const done = arguments[0]; navigator.serviceWorker.ready.then(() => done(true))", Vec::new()).await?;
        page.expect_errors();
        page.site.close();
        page.reload().await?;
        assert_eq!(page.attribute("#failure", "hidden").await?.as_deref(), Some(""));
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn a_newer_version_is_said_and_changes_nothing() {
    journey("shell-newer", Screen::PHONE, async |page| {
        page.open("").await?;
        let ready = "const done = arguments[0]; navigator.serviceWorker.ready.then(() => done(true))";
        page.browser.execute_async(ready, Vec::new()).await?;
        let update = "const done = arguments[0]; navigator.serviceWorker.ready.then((r) => r.update()).then(() => done(true))";
        page.browser.execute_async(update, Vec::new()).await?;
        assert_eq!(page.attribute("#update", "hidden").await?.as_deref(), Some(""), "the same version is not news");
        page.run("document.getElementById('main').focus()").await?;
        page.site.renew();
        page.browser.execute_async(update, Vec::new()).await?;
        page.text_becomes("#update:not([hidden])", "A newer version").await?;
        assert_eq!(page.run("return document.activeElement.id").await?, json!("main"), "the focus stays");
        faultless(page, Screen::PHONE, "a newer version").await?;
        page.shot("newer").await?;
        page.click("#update-later").await?;
        assert_eq!(page.attribute("#update", "hidden").await?.as_deref(), Some(""));
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn a_request_to_another_server_would_be_seen() {
    journey("shell-foreign", Screen::LAPTOP, async |page| {
        page.open("").await?;
        assert_eq!(page.foreign_requests().await?, Vec::<String>::new());
        page.expect_errors();
        let elsewhere = page.site.url().replace("127.0.0.1", "localhost");
        page.browser.goto(&elsewhere).await?;
        page.started().await?;
        let seen = page.foreign_requests().await?;
        assert!(seen.contains(&elsewhere), "{seen:?}");
        page.open("").await?;
        // Nothing more comes from a page that has been left.
        page.foreign_requests().await?;
        Ok(())
    })
    .await;
}
