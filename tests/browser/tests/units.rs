//! Whole units as a learner goes through them, step by step to the end: one with a finger on a phone, one with the keyboard alone.
use crate::access::faultless;
use crate::lessons::{lesson, open};
use drift::course::{Cell, Challenge, Filled, Kind, Lesson, Question, Table, filled, right, value_text};
use drift::lab::{Session, to_file};
use drift_browser::{Key, Page, Pointer, Screen, WebDriverResult, journey};
use serde_json::json;

/// With what a learner does everything.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Hand {
    Finger,
    Keys,
}

/// A learner with a unit.
struct Learner<'a> {
    page: &'a Page,
    lesson: Lesson,
    hand: Hand,
}

impl Learner<'_> {
    /// Presses a button or follows a link.
    async fn press(&self, css: &str) -> WebDriverResult<()> {
        let page = self.page;
        match self.hand {
            Hand::Keys => {
                page.tab_to(css).await?;
                page.keys(Key::Enter + "").await
            }
            Hand::Finger => {
                page.find(css).await?;
                let middle = "document.querySelector(arguments[0]).scrollIntoView({ block: 'center', behavior: 'instant' })";
                page.run_with(middle, vec![json!(css)]).await?;
                page.drag(Pointer::Touch, &[page.centre(css).await?]).await
            }
        }
    }

    async fn question(&self, question: &Question) -> WebDriverResult<()> {
        let (page, section) = (self.page, format!("[data-testid=question-{}]", question.name));
        page.find(&section).await?;
        let truth = right(&self.lesson, question, None).expect("it has an answer");
        let wanted: Vec<usize> = truth.iter().enumerate().filter(|(_, so)| **so).map(|(i, _)| i + 1).collect();
        let option = |n: usize| format!("{section} [data-testid=option-{n}]");
        match self.hand {
            Hand::Finger => {
                for n in &wanted {
                    self.press(&format!("{section} label:nth-of-type({n})")).await?;
                }
            }
            Hand::Keys if question.many => {
                for n in &wanted {
                    page.tab_to(&option(*n)).await?;
                    page.keys(" ").await?;
                }
            }
            Hand::Keys => {
                page.tab_to(&option(1)).await?;
                page.keys(" ").await?;
                for _ in 1..wanted[0] {
                    page.keys(Key::Down + "").await?;
                }
            }
        }
        self.press(&format!("{section} [data-testid=predict]")).await?;
        page.attribute_becomes(&format!("{section} [data-testid=verdict]"), "data-right", "true").await?;
        page.find(&format!("{section} [data-testid=vote-code]")).await?;
        Ok(())
    }

    async fn table(&self, table: &Table) -> WebDriverResult<()> {
        let (page, form) = (self.page, format!("[data-testid=table-{}]", table.name));
        for (i, row) in table.rows.iter().enumerate() {
            let cell = format!("{form} [data-testid=cell-{}]", i + 1);
            match (&row.cell, filled(&self.lesson, row, None).expect("it is measured")) {
                (Cell::Pick(picks), Filled::Pick(right)) => {
                    let place = right.iter().position(|r| *r).expect("one is right");
                    if self.hand == Hand::Finger {
                        // The list of a phone is the system's own.
                        page.choose(&cell, &picks[place].0).await?;
                    } else {
                        page.tab_to(&cell).await?;
                        for _ in 0..=place {
                            page.keys(Key::Down + "").await?;
                        }
                    }
                }
                (_, Filled::Number(value)) => {
                    self.focus(&cell).await?;
                    page.keys(value_text(&value).replace(" bytes", "")).await?;
                }
                _ => panic!("a cell of one kind is filled with another"),
            }
        }
        self.press(&format!("{form} [data-testid=fill]")).await?;
        page.attribute_becomes(&form, "data-open", "false").await?;
        assert_eq!(page.count(&format!("{form} td.so")).await?, table.rows.len(), "{}: all cells are right", table.name);
        Ok(())
    }

    async fn focus(&self, css: &str) -> WebDriverResult<()> {
        if self.hand == Hand::Keys { self.page.tab_to(css).await } else { self.press(css).await }
    }

    /// Both runs stand where they part, and go on together.
    async fn what_if(&self, name: &str) -> WebDriverResult<()> {
        let (page, figure) = (self.page, format!("[data-testid=what-if-{name}]"));
        let clocks = format!("return [...document.querySelectorAll('{figure} [data-testid=stage]')].map(s => +s.dataset.now)");
        let together = async |when: &str| {
            let both = page.run(&clocks).await?;
            assert_eq!(both[0], both[1], "{name}: both stand at the same instant {when}");
            WebDriverResult::Ok(both[0].as_u64().unwrap_or_default())
        };
        self.press(&format!("{figure} [data-testid=both-on]")).await?;
        let later = together("after an event").await?;
        self.press(&format!("{figure} [data-testid=parted]")).await?;
        let parted = together("where they part").await?;
        assert!(later > parted, "{name}: there is something after the first difference"); // In microseconds of simulated time.
        page.find(&format!("{figure} .wi-table")).await?;
        Ok(())
    }

    /// Every beat of a case moves its figure.
    async fn case(&self, name: &str, figure: usize, beats: usize) -> WebDriverResult<()> {
        let clock = format!("[data-testid=figure-{}] [data-testid=figure-clock]", self.lesson.figures[figure].name);
        for beat in 1..=beats {
            let button = format!("[data-testid=case-{name}] li:nth-child({beat}) .to-moment");
            let at = self.page.text(&button).await?;
            self.press(&button).await?;
            self.page.text_becomes(&clock, &at).await?;
        }
        Ok(())
    }

    /// Everything of the unit but its challenges, in the order of the text. Returns those.
    async fn read(&self) -> WebDriverResult<Vec<Challenge>> {
        let mut challenges = Vec::new();
        for (_, block) in self.lesson.blocks() {
            match &block.kind {
                Kind::Question(q) => self.question(q).await?,
                Kind::Table(t) => self.table(t).await?,
                Kind::WhatIf(w) => self.what_if(&w.name).await?,
                Kind::Case(c) => self.case(&c.name, c.figure, c.beats.len()).await?,
                Kind::Plot(p) => {
                    let figure = format!("[data-testid=plot-{}]", p.name);
                    self.page.attribute_becomes(&figure, "data-done", "true").await?;
                    self.press(&format!("{figure} summary")).await?;
                    self.page.find(&format!("{figure} details td")).await?;
                }
                Kind::Challenge(c) => challenges.push(c.clone()),
                _ => {}
            }
        }
        Ok(challenges)
    }

    /// Takes on a challenge with what its author did, kept in this tab as the lab would keep it.
    async fn challenge(&self, challenge: &Challenge) -> WebDriverResult<()> {
        let (page, slug) = (self.page, &self.lesson.slug);
        let card = format!("[data-testid=challenge-{}]", challenge.name);
        self.press(&format!("{card} [data-testid=take-challenge]")).await?;
        page.find("[data-testid=judge]").await?;
        page.open(&format!("#/lesson/{slug}")).await?;
        let solved = self.lesson.variant(challenge.figure, &challenge.solution.edits, None).expect("its run");
        let work = to_file(&Session::open(solved).expect("within bounds"));
        let place = format!("drift.work/challenge/{slug}/{}", challenge.name);
        page.run_with("sessionStorage.setItem(arguments[0], arguments[1])", vec![json!(place), json!(work)]).await?;
        page.open(&format!("#/challenge/{slug}/{}", challenge.name)).await?;
        self.press("[data-testid=judge]").await?;
        page.text_becomes("[data-testid=challenge-verdict]", "Won").await?;
        open(page, slug).await?;
        page.text_becomes(&card, "your best").await
    }

    /// To the last step, away, and back: all of it is still there.
    async fn end_and_return(&self) -> WebDriverResult<()> {
        let (page, steps) = (self.page, self.lesson.steps.len());
        if self.hand == Hand::Keys {
            self.press(&format!("[data-testid=rail-{steps}]")).await?;
        } else {
            page.run("document.querySelector('.lesson-end').scrollIntoView({ block: 'end', behavior: 'instant' })").await?;
        }
        page.text_becomes(".rail-now", &format!("Step {steps} of {steps}")).await?;
        page.attribute_becomes(".rail-bar", "aria-label", &format!("{steps} of {steps} steps done")).await?;
        let answered = "return [document.querySelectorAll('[data-testid=verdict][data-right=true]').length, document.querySelectorAll('[data-open=true], .later').length]";
        let before = page.run(answered).await?;
        assert_eq!(before[1], json!(0), "nothing is open any more");
        page.reload().await?;
        page.attribute_becomes("[data-testid=lesson]", "data-ready", "true").await?;
        page.until("all answers are there again", &format!("return JSON.stringify((() => {{ {answered} }})()) === '{before}'")).await?;
        page.open("").await?;
        let state = format!("[data-testid=unit-{}] + .state", self.lesson.unit.unwrap_or_default());
        page.text_becomes(&state, "read").await
    }
}

async fn go_through(name: &str, screen: Screen, hand: Hand, slug: &str) {
    journey(name, screen, async |page| {
        let learner = Learner { page, lesson: lesson(slug), hand };
        open(page, slug).await?;
        let challenges = learner.read().await?;
        let wide = page.run("return document.documentElement.scrollWidth <= innerWidth").await?;
        assert_eq!(wide, json!(true), "nothing is wider than the window");
        faultless(page, screen, "a unit that has been gone through").await?;
        for challenge in &challenges {
            learner.challenge(challenge).await?;
        }
        learner.end_and_return().await
    })
    .await;
}

#[tokio::test]
async fn unit_1_with_a_finger_on_a_phone() {
    go_through("unit-1-touch", Screen::PHONE, Hand::Finger, "drift").await;
}

#[tokio::test]
async fn unit_6_with_the_keyboard_alone() {
    go_through("unit-6-keyboard", Screen::LAPTOP, Hand::Keys, "comparing-everything").await;
}

#[tokio::test]
async fn what_follows_a_prediction_waits_for_it() {
    journey("unit-waits", Screen::LAPTOP, async |page| {
        open(page, "drift").await?;
        page.find("[data-testid=later-2]").await?;
        let text = page.text("#step-2").await?;
        assert!(!text.contains("holds beach"), "the text below does not tell what is asked: {text}");
        page.click("[data-testid=question-who-tells-c] [data-testid=show-me]").await?;
        page.text_becomes("#step-2", "holds beach").await
    })
    .await;
}

#[tokio::test]
async fn words_and_marks_light_each_other() {
    journey("unit-tied", Screen::LAPTOP, async |page| {
        open(page, "drift").await?;
        let figure = "[data-testid=figure-one-miss]";
        page.tab_to("[data-mark$=\"-C\"]").await?;
        page.attribute_becomes("[data-mark$=\"-C\"]", "class", "tied lit").await?;
        page.find(&format!("{figure} [data-testid=node-C].lit")).await?;
        page.keys(Key::Tab + "").await?;
        page.until("it goes out", &format!("return !document.querySelector('{figure} [data-testid=node-C].lit')")).await?;
        // The other way: a mark in the figure lights its word.
        let point = "document.querySelector(arguments[0]).dispatchEvent(new PointerEvent('pointermove', { bubbles: true, pointerType: 'mouse',
            ...(({ x, y, width, height }) => ({ clientX: x + width / 2, clientY: y + height / 2 }))(document.querySelector(arguments[0]).getBoundingClientRect()) }))";
        page.run_with(point, vec![json!(format!("{figure} [data-testid=node-C] .body"))]).await?;
        page.attribute_becomes("[data-mark$=\"-C\"]", "class", "tied lit").await
    })
    .await;
}
