//! Lessons as a learner reads them: through whole units, on a phone, with the keyboard alone, and a teacher's own file.
use crate::access::faultless;
use drift::course::{Asked, Cell, Filled, Kind, Lesson, filled, right, units};
use drift::lab::{Session, gallery, to_file};
use drift_browser::{Key, Page, Screen, WebDriverResult, journey};
use serde_json::json;

/// A unit of ours as the page reads it.
pub fn lesson(slug: &str) -> Lesson {
    let read = |path: &str| std::fs::read_to_string(drift_browser::root().join("static").join(path)).ok();
    let text = read(&format!("course/{slug}.md")).expect("it is written");
    let mut lesson = Lesson::read(&format!("{slug}.md"), &text).expect("it can be read");
    let run = |name: &str| read(&format!("course/runs/{name}.json")).or_else(|| read(&format!("runs/{name}.json")));
    lesson.link(run).expect("its runs are there");
    lesson
}

/// Opens a unit and waits until all of it is drawn.
pub async fn open(page: &Page, slug: &str) -> WebDriverResult<()> {
    page.open(&format!("#/lesson/{slug}")).await?;
    page.attribute_becomes("[data-testid=lesson]", "data-ready", "true").await
}

/// Presses an element that may be out of sight.
pub async fn press(page: &Page, css: &str) -> WebDriverResult<()> {
    let element = page.find(css).await?;
    page.run_with("document.querySelector(arguments[0]).scrollIntoView({block: 'center', behavior: 'instant'})", vec![json!(css)]).await?;
    element.click().await
}

/// Answers everything that can be answered, rightly or (every second question) wrongly, and looks at what the page says to it.
async fn read_through(page: &Page, slug: &str) -> WebDriverResult<()> {
    let lesson = lesson(slug);
    open(page, slug).await?;
    for (n, (_, block)) in lesson.blocks().enumerate() {
        match &block.kind {
            Kind::Question(q) => {
                let truth = right(&lesson, q, None).expect("it has an answer");
                let well = n % 2 == 0 || q.many;
                let section = format!("[data-testid=question-{}]", q.name);
                let figure = format!("[data-testid=figure-{}]", lesson.figures[q.figure].name);
                if q.asked == Asked::Predict {
                    // No figure can be run before its first prediction.
                    let locked = page.attribute(&figure, "data-locked").await?;
                    let off = format!("return document.querySelector('{figure} [data-testid=figure-play]').disabled");
                    assert!(locked.as_deref() == Some("false") || page.run(&off).await? == json!(true), "{}: it waits", q.name);
                }
                for (i, _) in truth.iter().enumerate().filter(|(_, so)| **so == well) {
                    page.run_with(
                        "document.querySelector(arguments[0]).click()",
                        vec![json!(format!("{section} [data-testid=option-{}]", i + 1))],
                    )
                    .await?;
                }
                press(page, &format!("{section} [data-testid=predict]")).await?;
                page.attribute_becomes(&section, "data-open", "false").await?;
                page.attribute_becomes(&format!("{section} [data-testid=verdict]"), "data-right", &well.to_string()).await?;
                let marked = format!("return [...document.querySelectorAll('{section} .opts li')].map(li => li.classList.contains('so'))");
                assert_eq!(page.run(&marked).await?, json!(truth), "{}: what happened is marked", q.name);
            }
            Kind::Table(t) => {
                let form = format!("[data-testid=table-{}]", t.name);
                for (i, row) in t.rows.iter().enumerate() {
                    let cell = format!("{form} [data-testid=cell-{}]", i + 1);
                    match (&row.cell, filled(&lesson, row, None).expect("it is measured")) {
                        (Cell::Pick(picks), Filled::Pick(right)) => {
                            let place = right.iter().position(|r| *r).expect("one is right");
                            page.choose(&cell, &picks[place].0).await?;
                        }
                        (_, Filled::Number(value)) => {
                            let text = drift::course::value_text(&value).replace(" bytes", "");
                            press(page, &cell).await?;
                            page.keys(text).await?;
                        }
                        _ => panic!("a cell of one kind is filled with another"),
                    }
                }
                press(page, &format!("{form} [data-testid=fill]")).await?;
                page.attribute_becomes(&form, "data-open", "false").await?;
                assert_eq!(page.count(&format!("{form} td.so")).await?, t.rows.len(), "{}: all cells are right", t.name);
            }
            _ => {}
        }
    }
    page.until("comparisons are open", "return document.querySelectorAll('.what-if.waits').length === 0").await?;
    for (_, block) in lesson.blocks() {
        if let Kind::WhatIf(w) = &block.kind {
            page.find(&format!("[data-testid=what-if-{}] [data-testid=parted]", w.name)).await?;
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_learner_reads_a_unit_and_comes_back() {
    journey("lesson-laptop", Screen::LAPTOP, async |page| {
        page.open("").await?;
        page.find("[data-testid=course] [data-testid=unit-3]").await?;
        let planned = units().into_iter().filter(|u| !u.written).count();
        if planned > 0 {
            assert!(page.text("[data-testid=planned]").await?.starts_with("Planned: "), "what is not written is said, not linked");
        }
        read_through(page, "read-repair").await?;
        faultless(page, Screen::LAPTOP, "a unit that has been answered").await?;
        press(page, "[data-testid=rail-4]").await?;
        page.until(
            "the fourth step is read",
            "return document.querySelector('[data-testid=rail-4]').getAttribute('aria-current') === 'step'",
        )
        .await?;
        // The run of a figure opens in the lab, and what was answered is still there afterwards.
        press(page, "[data-testid=figure-goes-back] [data-testid=figure-lab]").await?;
        page.find("[data-testid=lab]").await?;
        page.open("").await?;
        assert!(page.text("[data-testid=continue-lesson]").await?.starts_with("Continue: unit 3"));
        open(page, "read-repair").await?;
        page.find("[data-testid=question-c-returns] [data-testid=verdict]").await?;
        page.find("[data-testid=resume]").await?;
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn a_unit_is_read_on_a_phone() {
    journey("lesson-phone", Screen::PHONE, async |page| {
        read_through(page, "read-repair").await?;
        assert_eq!(
            page.run("return document.documentElement.scrollWidth <= innerWidth").await?,
            json!(true),
            "nothing is wider than the phone"
        );
        faultless(page, Screen::PHONE, "a unit on a phone").await
    })
    .await;
}

#[tokio::test]
async fn a_prediction_is_made_with_the_keyboard_alone() {
    journey("lesson-keyboard", Screen::LAPTOP, async |page| {
        open(page, "read-repair").await?;
        page.tab_to("[data-testid=question-c-returns] [data-testid=option-1]").await?;
        page.keys(Key::Down + "").await?;
        page.keys(Key::Enter + "").await?;
        page.attribute_becomes("[data-testid=question-c-returns]", "data-open", "false").await?;
        page.attribute_becomes("[data-testid=question-c-returns] [data-testid=verdict]", "data-right", "true").await?;
        // The run goes on to where the question says, and stops there.
        page.text_becomes("[data-testid=figure-cut-off] [data-testid=figure-clock]", "9.000 s").await?;
        page.tab_to("[data-testid=question-c-returns] [data-testid=see]").await?;
        page.keys(Key::Enter + "").await?;
        page.text_becomes("[data-testid=figure-cut-off] [data-testid=figure-clock]", "8.050 s").await?;
        page.tab_to("[data-testid=question-c-returns] [data-testid=again]").await?;
        page.keys(Key::Enter + "").await?;
        page.attribute_becomes("[data-testid=figure-cut-off]", "data-locked", "true").await
    })
    .await;
}

#[tokio::test]
async fn a_teachers_own_lesson_and_a_broken_one() {
    journey("lesson-own", Screen::LAPTOP, async |page| {
        let guide = std::fs::read_to_string(drift_browser::root().join("static/course/AUTHORING.md")).expect("there is a guide");
        let example = guide.split("````markdown\n").nth(1).and_then(|rest| rest.split("````\n").next()).expect("it has an example");
        page.open("").await?;
        page.give_file("[data-testid=lesson-file]", "my-lesson.md", example.as_bytes()).await?;
        page.attribute_becomes("[data-testid=lesson]", "data-ready", "true").await?;
        page.find("[data-testid=question-after-lunch]").await?;
        page.open("").await?;
        let broken = example.replace("1s: cut C", "1s: cut Q");
        page.give_file("[data-testid=lesson-file]", "my-lesson.md", broken.as_bytes()).await?;
        let said = page.text("[data-testid=lesson-failed]").await?;
        assert!(said.contains("my-lesson.md:16:"), "it names file and line: {said}");
        faultless(page, Screen::LAPTOP, "a broken lesson").await?;
        page.expect_errors();
        page.open("#/lesson/there-is-none").await?;
        page.find("[data-testid=lesson-failed]").await?;
        page.open("#/lesson?from=https://example.org/x.md").await?;
        assert!(page.text("[data-testid=lesson-failed]").await?.contains("from this site"), "nothing foreign is asked");
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn a_challenge_is_judged_by_the_engine_in_the_page() {
    journey("lesson-challenge", Screen::LAPTOP, async |page| {
        let lesson = lesson("read-repair");
        let found = lesson.blocks().find_map(|(_, b)| if let Kind::Challenge(c) = &b.kind { Some(c.clone()) } else { None });
        let challenge = found.expect("it has challenges");
        let address = format!("#/challenge/read-repair/{}", challenge.name);
        page.open(&address).await?;
        page.click("[data-testid=judge]").await?;
        assert!(page.text("[data-testid=challenge-verdict]").await?.starts_with("Not yet."));
        faultless(page, Screen::LAPTOP, "a challenge").await?;
        let solved = lesson.variant(challenge.figure, &challenge.solution.edits, None).expect("its run");
        let file = to_file(&Session::open(solved).expect("within bounds"));
        let place = format!("drift.work/challenge/read-repair/{}", challenge.name);
        // From elsewhere: a lab keeps its own work when it is left.
        page.open("").await?;
        page.run_with("sessionStorage.setItem(arguments[0], arguments[1])", vec![json!(place), json!(file)]).await?;
        page.open(&address).await?;
        page.click("[data-testid=judge]").await?;
        assert!(page.text("[data-testid=challenge-verdict]").await?.starts_with("Won: gold"));
        page.open("").await?;
        assert!(page.text("[data-testid=challenges]").await?.contains("gold"), "the best is kept");
        assert!(gallery().len() > 3);
        Ok(())
    })
    .await;
}
