//! A class: one hand-in from the page to its grade, progress kept, forgotten and brought back, an exercise sheet from its making to its key.
use crate::access::faultless;
use crate::lessons::{lesson, open, press};
use drift::course::{Grader, HandIn, Kind, Lesson, Medal, Progress, Sheet, Standing, key, right};
use drift::lab::{Session, to_file};
use drift_browser::{Key, Page, Screen, WebDriverResult, journey};
use serde_json::json;

/// Chooses the options that are right on this run (or one that is not), and answers.
async fn answer(page: &Page, slug: &str, item: &str, seed: Option<u64>, well: bool) -> WebDriverResult<()> {
    let lesson = lesson(slug);
    let Some(Kind::Question(q)) = lesson.item(item) else { panic!("{item} is no question") };
    let truth = right(&lesson, q, seed).expect("it has an answer");
    let section = format!("[data-testid=question-{item}]");
    for (i, _) in truth.iter().enumerate().filter(|(_, so)| **so == well).take(if well { 40 } else { 1 }) {
        let option = format!("{section} [data-testid=option-{}]", i + 1);
        page.run_with("document.querySelector(arguments[0]).click()", vec![json!(option)]).await?;
    }
    press(page, &format!("{section} [data-testid=predict]")).await?;
    page.attribute_becomes(&section, "data-open", "false").await?;
    page.attribute_becomes(&format!("{section} [data-testid=verdict]"), "data-right", &well.to_string()).await
}

/// Takes on a challenge with what its author did, on the run of a number. Returns the seed of that run.
async fn take_on(page: &Page, lesson: &Lesson, name: &str, who: &str) -> WebDriverResult<u64> {
    let Some(Kind::Challenge(c)) = lesson.item(name) else { panic!("{name} is no challenge") };
    let seed = lesson.seed_of(who, c.figure, 0).expect("a run of one's own");
    let solved = lesson.variant(c.figure, &c.solution.edits, Some(seed)).expect("its run");
    let (slug, work) = (&lesson.slug, to_file(&Session::open(solved).expect("within bounds")));
    page.open("").await?;
    let place = format!("drift.work/challenge/{slug}/{name}/{seed}");
    page.run_with("sessionStorage.setItem(arguments[0], arguments[1])", vec![json!(place), json!(work)]).await?;
    page.open(&format!("#/challenge/{slug}/{name}")).await?;
    press(page, "[data-testid=judge]").await?;
    page.text_becomes("[data-testid=challenge-verdict]", "Won: gold").await?;
    let terms = page.run("return document.querySelector('.terms').textContent").await?;
    assert!(terms.as_str().is_some_and(|t| t.contains(&format!("the run with seed {seed}, by your number"))), "{terms}");
    Ok(seed)
}

/// A number whose run of a challenge is another.
fn other(lesson: &Lesson, item: &str, seed: u64) -> String {
    let figure = lesson.figure_of(item).expect("it has one");
    let differs = |n: &String| lesson.seed_of(n, figure, 0).is_some_and(|theirs| theirs != seed);
    (1..99).map(|n: u32| format!("Jo {n}")).find(differs).expect("somebody")
}

async fn value(page: &Page, css: &str) -> WebDriverResult<String> {
    let value = page.run_with("return document.querySelector(arguments[0]).value", vec![json!(css)]).await?;
    Ok(value.as_str().unwrap_or_default().to_owned())
}

#[tokio::test]
async fn a_hand_in_goes_from_the_page_to_its_grade() {
    journey("hand-in", Screen::LAPTOP, async |page| {
        page.open("").await?;
        page.click("[data-testid=your-work]").await?;
        page.find("[data-testid=no-work]").await?;
        page.tab_to("[data-testid=number]").await?;
        page.keys("Jo 17").await?;
        // The figures are now Jo's: a question is judged on a run of her own.
        let drift = lesson("drift");
        let seeded = |item: &&str| drift.figure_of(item).is_some_and(|f| drift.seed_of("Jo 17", f, 0).is_some());
        let questions: Vec<&str> =
            drift.items().into_iter().map(|(_, item)| item).filter(|i| matches!(drift.item(i), Some(Kind::Question(_)))).collect();
        let own = *questions.iter().find(|i| seeded(i)).expect("a figure with seeds");
        let figure = drift.figure_of(own).expect("it has one");
        open(page, "drift").await?;
        for item in questions.iter().take_while(|i| **i != own).filter(|i| drift.figure_of(i) == Some(figure)) {
            answer(page, "drift", item, drift.seed_of("Jo 17", figure, 0), true).await?;
        }
        answer(page, "drift", own, drift.seed_of("Jo 17", figure, 0), false).await?;
        // Asked again, it is another run of hers.
        press(page, &format!("[data-testid=question-{own}] [data-testid=again]")).await?;
        page.attribute_becomes(&format!("[data-testid=question-{own}]"), "data-open", "true").await?;
        answer(page, "drift", own, drift.seed_of("Jo 17", figure, 1), true).await?;
        let seed = take_on(page, &drift, "two-faults", "Jo 17").await?;
        open(page, "drift").await?;
        press(page, "[data-testid=to-hand-in]").await?;
        faultless(page, Screen::LAPTOP, "one's own work").await?;
        press(page, "[data-testid=give-first]").await?;
        press(page, "[data-testid=hand-in-save]").await?;
        let made = HandIn::read(&page.saved_file("hand-in-jo-17.drift.json").await?).expect("it is a hand-in");
        assert!(made.who == "Jo 17" && made.is_as_made());
        let graded = Grader::new(vec![drift.clone()]).grade(&made);
        assert_eq!(graded.remarks, vec![]);
        let place = drift.items().iter().position(|(_, item)| *item == own).expect("it is there");
        assert_eq!(graded.marks[0][place].standing, Standing::RightLater);
        let won = drift.items().iter().position(|(_, item)| *item == "two-faults").expect("it is there");
        assert_eq!(graded.marks[0][won].standing, Standing::Won(Medal::Gold), "on seed {seed}");
        let copied = HandIn::read(&made.text().replace("Jo 17", &other(&drift, "two-faults", seed))).expect("it can be read");
        assert_eq!(Grader::new(vec![drift.clone()]).grade(&copied).marks[0][won].standing, Standing::Foreign);
        assert_eq!(
            graded.marks[0].iter().filter(|m| m.standing == Standing::Missing).count(),
            drift.items().len() - made.lessons[0].answers.len()
        );
        // The link holds the same, and shows what it is.
        let link = value(page, "[data-testid=hand-in-link]").await?;
        let payload = link.split("h=").nth(1).expect("a payload");
        assert_eq!(HandIn::from_payload(payload), Ok(made));
        page.open(&format!("#/hand-in?h={payload}")).await?;
        assert!(page.text("[data-testid=handed-in]").await?.contains("Handed in by Jo 17"));
        faultless(page, Screen::LAPTOP, "a hand-in").await?;
        page.open(&format!("#/hand-in?h={}", &payload[..payload.len() / 2])).await?;
        page.until("it is refused", "return document.querySelector('[data-testid=handed-in] h1').textContent === 'This is no hand-in'")
            .await
    })
    .await;
}

#[tokio::test]
async fn progress_is_kept_forgotten_and_brought_back() {
    journey("progress", Screen::PHONE, async |page| {
        open(page, "read-repair").await?;
        answer(page, "read-repair", "c-returns", None, true).await?;
        page.open("#/work").await?;
        let row = "[data-testid=work-read-repair]";
        assert!(page.text(row).await?.contains("1 answered: 1 right at first, 1 now"));
        assert_eq!(
            page.run("return document.documentElement.scrollWidth <= innerWidth").await?,
            json!(true),
            "nothing is wider than the phone"
        );
        faultless(page, Screen::PHONE, "one's own work on a phone").await?;
        press(page, "[data-testid=progress-save]").await?;
        let file = page.saved_file("progress.drift.json").await?;
        assert_eq!(Progress::read(&file).expect("it reads back").lessons[0].answers.len(), 1);
        // It is asked first, and can be taken back.
        press(page, "[data-testid=progress-reset]").await?;
        press(page, "[data-testid=reset-no]").await?;
        page.find(row).await?;
        press(page, "[data-testid=progress-reset]").await?;
        press(page, "[data-testid=reset-yes]").await?;
        page.find("[data-testid=no-work]").await?;
        press(page, "[data-testid=reset-undo]").await?;
        page.find(row).await?;
        press(page, "[data-testid=progress-reset]").await?;
        press(page, "[data-testid=reset-yes]").await?;
        page.reload().await?;
        page.find("[data-testid=no-work]").await?;
        page.give_file("[data-testid=progress-load]", "cut.json", &file.as_bytes()[..99]).await?;
        page.text_becomes("[data-testid=progress-said]", "cut.json was not loaded: it is cut off.").await?;
        page.give_file("[data-testid=progress-load]", "progress.json", file.as_bytes()).await?;
        page.find(row).await?;
        // What it was answered stays beside what happened, for paper.
        press(page, "[data-testid=summary-read-repair]").await?;
        page.attribute_becomes("[data-testid=summary]", "data-ready", "true").await?;
        assert!(page.text("[data-testid=answer-c-returns]").await?.contains("what happened, and my answer"));
        faultless(page, Screen::PHONE, "a summary").await
    })
    .await;
}

#[tokio::test]
async fn a_sheet_is_made_and_answered() {
    journey("sheet", Screen::LAPTOP, async |page| {
        page.open("#/sheets").await?;
        page.attribute_becomes("[data-testid=sheets]", "data-ready", "true").await?;
        page.tab_to("[data-testid=shelf-read-repair] summary").await?;
        page.keys(Key::Enter + "").await?;
        press(page, "[data-testid=pick-read-repair-who-is-written]").await?;
        press(page, "[data-testid=pick-read-repair-c-returns]").await?;
        press(page, "[data-testid=sheet-title]").await?;
        page.keys("Week 3").await?;
        let link = value(page, "[data-testid=sheet-link]").await?;
        let sheet = Sheet::read(&link).expect("it is a sheet");
        assert!(sheet.title == "Week 3" && sheet.items.len() == 2 && sheet.items[0].1 == "who-is-written");
        press(page, "[data-testid=sheet-key]").await?;
        let told = page.text("[data-testid=key]").await?;
        for line in key(&lesson("read-repair"), "c-returns", None) {
            assert!(told.contains(&line), "{line} in {told}");
        }
        faultless(page, Screen::LAPTOP, "making a sheet").await?;
        press(page, "[data-testid=sheet-open]").await?;
        page.attribute_becomes("[data-testid=sheet]", "data-left", "2").await?;
        answer(page, "read-repair", "who-is-written", None, true).await?;
        answer(page, "read-repair", "c-returns", None, true).await?;
        page.attribute_becomes("[data-testid=sheet]", "data-left", "0").await?;
        faultless(page, Screen::LAPTOP, "a sheet").await?;
        // What was answered there is part of one's work.
        page.open("#/work").await?;
        assert!(page.text("[data-testid=work-read-repair]").await?.contains("2 answered"));
        page.open("#/sheet?items=nothing").await?;
        page.find("[data-testid=sheet-failed]").await?;
        Ok(())
    })
    .await;
}
