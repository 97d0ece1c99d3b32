//! A lesson in front of a class: screen by screen on a projector, votes by code, notes, links, and a room without a network.
use crate::access::faultless;
use crate::lessons::{lesson, open};
use drift::course::{Kind, Question, ballot, references, right, units};
use drift_browser::{Key, Page, Screen, WebDriverResult, journey};
use serde_json::json;

const ROOM: &str = "[data-testid=present]";

fn question(slug: &str, name: &str) -> Question {
    let lesson = lesson(slug);
    let found = lesson.blocks().find_map(|(_, b)| match &b.kind {
        Kind::Question(q) if q.name == name => Some(q.clone()),
        _ => None,
    });
    found.expect("it is asked")
}

/// Which screen is shown.
async fn screen(page: &Page) -> WebDriverResult<u32> {
    Ok(page.attribute(ROOM, "data-screen").await?.and_then(|s| s.parse().ok()).expect("a number"))
}

/// Goes on to the screen with this question.
async fn to_question(page: &Page, name: &str) -> WebDriverResult<()> {
    for _ in 0..60 {
        if page.count(&format!("[data-testid=question-{name}]")).await? > 0 {
            return Ok(());
        }
        page.keys(Key::PageDown + "").await?;
    }
    panic!("no screen asks {name}")
}

#[tokio::test]
async fn a_lesson_is_shown_screen_by_screen_and_tells_nothing_too_soon() {
    journey("class-present", Screen::PROJECTOR, async |page| {
        open(page, "hinted-handoff").await?;
        page.click("[data-testid=present-open]").await?;
        page.attribute_becomes(ROOM, "data-screen", "0").await?;
        page.attribute_becomes("html", "data-mode", "projector").await?;
        let fits = "const m = document.querySelector('.pr-main'); return m.scrollWidth <= m.clientWidth + 1";
        let large = "return [...document.querySelectorAll('.pr-text p, .pr-text li, .ask h3, .ask .opt')].every(e => parseFloat(getComputedStyle(e).fontSize) >= 23)";
        let last: u32 = page.attribute(ROOM, "data-screens").await?.and_then(|s| s.parse().ok()).expect("a number");
        let (mut seen, mut asked) = (0, 0);
        while seen < last {
            page.keys(Key::PageDown + "").await?;
            seen = screen(page).await?;
            assert_eq!(page.run(fits).await?, json!(true), "screen {seen} fits in width");
            assert_eq!(page.run(large).await?, json!(true), "screen {seen} is read from the back row");
            let open = page.count("[data-testid^=question-][data-open=true], [data-testid^=table-][data-open=true]").await?;
            if open > 0 {
                asked += 1;
                assert_eq!(page.count(".so, [data-testid=verdict], .truth").await?, 0, "screen {seen} tells no answer");
                page.keys(Key::PageDown + "").await?;
                page.find(".so, [data-testid=verdict], .truth").await?;
                assert_eq!(screen(page).await?, seen, "what is hidden is shown before the next screen");
            }
        }
        assert!(asked >= 5, "{asked} questions");
        page.keys(Key::PageDown + "").await?;
        assert_eq!(screen(page).await?, last, "there is nothing after the last");
        page.keys(Key::PageUp + "").await?;
        assert_eq!(screen(page).await?, last - 1);
        page.reload().await?;
        page.attribute_becomes(ROOM, "data-screen", &(last - 1).to_string()).await?;
        page.keys(Key::Home + "").await?;
        page.attribute_becomes(ROOM, "data-screen", "0").await?;
        page.keys(Key::Escape + "").await?;
        page.find("[data-testid=lesson]").await?;
        page.until("letters are small again", "return !document.documentElement.dataset.mode").await?;
        assert_eq!(page.count("[data-testid=verdict]").await?, 0, "nothing was answered for the teacher");
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn keys_help_notes_and_an_empty_screen() {
    journey("class-keys", Screen::PROJECTOR, async |page| {
        page.open("#/lesson/hinted-handoff?present").await?;
        page.find(ROOM).await?;
        faultless(page, Screen::PROJECTOR, "the title for a room").await?;
        page.keys("?").await?;
        page.text_becomes("[data-testid=help-sheet]", "a clicker's next").await?;
        faultless(page, Screen::PROJECTOR, "keys for a room").await?;
        page.keys(Key::Escape + "").await?;
        page.until("the sheet is gone", "return !document.querySelector('[data-testid=help-sheet]')").await?;
        page.find(ROOM).await?;
        page.keys(Key::Right + "").await?;
        page.keys(Key::Right + "").await?;
        page.keys("n").await?;
        page.text_becomes("[data-testid=present-notes-shown]", "A hint is a promise").await?;
        faultless(page, Screen::PROJECTOR, "notes for a room").await?;
        page.keys("n").await?;
        page.until("notes are gone", "return !document.querySelector('[data-testid=present-notes-shown]')").await?;
        page.keys("b").await?;
        page.find(".present.blank").await?;
        page.keys(Key::PageDown + "").await?;
        page.until("it is filled again", "return !document.querySelector('.present.blank')").await?;
        assert_eq!(screen(page).await?, 2);
        to_question(page, "when-does-c-learn").await?;
        faultless(page, Screen::PROJECTOR, "a question for a room").await?;
        page.keys("p").await?;
        assert_eq!(page.count("[aria-label=Pause]").await?, 0, "nothing runs before the answer");
        page.keys(Key::PageDown + "").await?;
        page.find("[data-testid=verdict]").await?;
        faultless(page, Screen::PROJECTOR, "an answer for a room").await
    })
    .await;
}

#[tokio::test]
async fn a_class_votes_by_codes() {
    journey("class-vote", Screen::PROJECTOR, async |page| {
        let (slug, name) = ("drift", "who-tells-c");
        // A learner predicts and is given a code of it, the same after a second try.
        open(page, slug).await?;
        let section = format!("[data-testid=question-{name}]");
        page.run_with("document.querySelector(arguments[0]).click()", vec![json!(format!("{section} [data-testid=option-2]"))]).await?;
        page.click(&format!("{section} [data-testid=predict]")).await?;
        let code = page.text(&format!("{section} [data-testid=vote-code]")).await?;
        page.click(&format!("{section} [data-testid=vote-copy]")).await?;
        page.text_becomes(&format!("{section} .vote-code"), "Cop").await?;
        let q = question(slug, name);
        let truth = right(&lesson(slug), &q, None).expect("it has an answer");
        let mut codes: Vec<String> = (0..30).map(|i| ballot(slug, &q, &format!("page {i}"), &[[1, 1, 3][i % 3]])).collect();
        codes.extend([code.clone(), code, "K7Q-BAD00-1X".to_owned(), ballot("quorums", &q, "x", &[1])]);
        page.open(&format!("#/lesson/{slug}?present")).await?;
        page.find(ROOM).await?;
        to_question(page, name).await?;
        page.keys("v").await?;
        page.click("[data-testid=vote-box]").await?;
        let paste = "const box = document.querySelector('[data-testid=vote-box]'); box.value = arguments[0];
            box.dispatchEvent(new InputEvent('input', { bubbles: true }))";
        page.run_with(paste, vec![json!(codes.join("\n"))]).await?;
        for (option, votes) in [(1, "20"), (2, "1"), (3, "10")] {
            page.attribute_becomes(&format!("[data-testid=votes-{option}]"), "data-votes", votes).await?;
        }
        page.text_becomes("[data-testid=vote-said]", "31 votes counted. One voter came twice and counts once.").await?;
        page.click("[data-testid=vote-damaged] summary").await?;
        let damaged = page.text("[data-testid=vote-damaged]").await?;
        assert!(damaged.contains("line 33: ") && damaged.contains("line 34: ") && damaged.contains("for another lesson"), "{damaged}");
        faultless(page, Screen::PROJECTOR, "votes").await?;
        // Letters typed into the box are no keys; Escape leaves the box first.
        page.click("[data-testid=vote-box]").await?;
        page.keys("nb").await?;
        assert_eq!(page.count("[data-testid=present-notes-shown], .present.blank").await?, 0);
        page.keys(Key::Escape + "").await?;
        assert_eq!(page.count("[data-testid=histogram] .so").await?, 0, "what happens is not told yet");
        page.keys(Key::PageDown + "").await?;
        let told = "return [...document.querySelectorAll('[data-testid=histogram] tbody tr')].map(r => r.classList.contains('so'))";
        page.find("[data-testid=histogram] .so").await?;
        assert_eq!(page.run(told).await?, json!(truth), "what the engine says stands beside the votes");
        faultless(page, Screen::PROJECTOR, "votes and what happened").await?;
        page.keys("v").await?;
        page.until("the box is closed", "return !document.querySelector('[data-testid=vote]')").await
    })
    .await;
}

#[tokio::test]
async fn every_link_of_the_lessons_leads_somewhere() {
    journey("class-links", Screen::LAPTOP, async |page| {
        let known: Vec<String> = units().into_iter().filter(|u| u.written).map(|u| u.slug).collect();
        let works: Vec<String> = references().into_iter().map(|r| r.address).collect();
        let mut inner: Vec<String> = Vec::new();
        for slug in &known {
            open(page, slug).await?;
            while page.count("[data-open=true] [data-testid=show-me]").await? > 0 {
                page.run("document.querySelector('[data-open=true] [data-testid=show-me]').click()").await?;
            }
            let links = page.run("return [...document.querySelectorAll('[data-testid=lesson] main a')].map(a => a.getAttribute('href'))").await?;
            for link in links.as_array().into_iter().flatten().filter_map(|l| l.as_str()) {
                if link.starts_with('#') {
                    inner.push(link.to_owned());
                } else {
                    assert!(works.iter().any(|w| w == link) || link.starts_with("https://"), "{slug}: {link}");
                }
            }
        }
        inner.sort();
        inner.dedup();
        assert!(inner.len() >= known.len(), "{inner:?}");
        for link in inner {
            page.open(&link).await?;
            page.until(
                &format!("{link} leads somewhere"),
                "return !!document.querySelector('[data-testid=lesson], [data-testid=lab], [data-testid=glossary], [data-testid=references], [data-testid=course], [data-testid=two], [data-testid=summary], [data-testid=work]')
                    && !document.querySelector('[data-testid=lesson-failed], [data-testid=not-found], [data-testid=error]')",
            )
            .await?;
        }
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn lessons_open_without_a_network_after_the_first_visit() {
    journey("class-offline", Screen::LAPTOP, async |page| {
        page.open("").await?;
        page.browser.execute_async("const done = arguments[0]; navigator.serviceWorker.ready.then(() => done(true))", Vec::new()).await?;
        // The worker keeps what the page asks for from the next load on.
        page.reload().await?;
        page.expect_errors();
        page.site.close();
        for unit in units().into_iter().filter(|u| u.written) {
            open(page, &unit.slug).await?;
            assert_eq!(page.count("[data-testid=lesson-failed]").await?, 0, "{}", unit.slug);
            page.find("[data-testid^=figure-] [data-testid=stage]").await?;
        }
        page.open("#/glossary").await?;
        page.find("[data-testid=glossary] dt").await?;
        page.open("#/lesson/drift?present").await?;
        page.find(ROOM).await?;
        Ok(())
    })
    .await;
}
