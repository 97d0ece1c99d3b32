//! The course on the front page: the map of its units, what is planned, challenges with one's best, and a lesson from a file.

use gloo::file::File;
use gloo::file::callbacks::FileReader;
use web_sys::HtmlInputElement;
use yew::prelude::*;

use super::class::strip;
use super::lesson::{kept, open_lesson_file};
use super::storage;
use super::svg::{path, px};
use crate::course::{Answers, PARTS, Unit, units};
use crate::view::course_map::{SIZE, arrows, height, place};
use crate::view::work::work;

/// Under which name the lesson that was read last is kept.
pub const LATEST: &str = "drift.lesson";

/// A unit and what its reader has done of it.
struct Progress {
    unit: Unit,
    log: Option<Answers>,
}

impl Progress {
    fn is_done(&self) -> bool {
        self.log.as_ref().is_some_and(|log| log.steps > 0 && log.reached + 1 >= log.steps)
    }

    fn words(&self) -> String {
        match &self.log {
            _ if !self.unit.written => "planned".to_owned(),
            Some(_) if self.is_done() => "read".to_owned(),
            Some(log) if log.steps > 0 => format!("step {} of {}", log.reached + 1, log.steps),
            _ => String::new(),
        }
    }
}

fn all() -> Vec<Progress> {
    units().into_iter().map(|unit| Progress { log: if unit.written { kept(&unit.slug) } else { None }, unit }).collect()
}

/// Where the reader left off: the address, and in words.
pub fn left_off() -> Option<(String, String)> {
    let slug = storage::remembered(LATEST)?;
    let unit = units().into_iter().find(|u| u.slug == slug && u.written)?;
    let log = kept(&slug)?;
    let done = log.steps > 0 && log.reached + 1 >= log.steps;
    (!done).then(|| (format!("#/lesson/{slug}"), format!("Continue: unit {}, step {}", unit.unit, log.reached + 1)))
}

/// The course.
#[component]
pub fn Course() -> Html {
    let all = all();
    html! {
        <>
            <div class="sec">
                <h2>{ "The course" }</h2><p>{ format!("{} units. An arrow means: this first.", all.len()) }</p>
                <a href="#/work" data-testid="your-work">{ "Your work" }</a>
            </div>
            <div class="course" data-testid="course">
                { map(&all) }
                <ol class="units">{ for all.iter().filter(|p| p.unit.written).map(row) }</ol>
                { planned(&all) }
            </div>
            { challenges(&all) }
            <OwnLesson />
        </>
    }
}

fn map(all: &[Progress]) -> Html {
    let units: Vec<Unit> = all.iter().map(|p| p.unit.clone()).collect();
    let (w, h) = SIZE;
    html! {
        <svg viewBox={format!("0 0 {w} {h}")} role="group" aria-label="Course map">
            { for PARTS.iter().enumerate().map(|(i, part)| {
                let y = height(i as u32 + 1);
                html! { <>{ path("base", &format!("M232 {y}H{w}")) }<text class="part" x="2" y={px(y + 6.0)} font-size="17">{ *part }</text></> }
            }) }
            { for arrows(&units).into_iter().map(|(d, open)| path(if open { "way" } else { "way later" }, &d)) }
            { for all.iter().map(unit) }
        </svg>
    }
}

fn unit(progress: &Progress) -> Html {
    let unit = &progress.unit;
    let at = place(unit);
    let words: Vec<&str> = match unit.title.split_once(' ').filter(|_| unit.title.len() > 14) {
        Some(_) => {
            let middle = unit.title.len() / 2;
            let cut = unit.title.match_indices(' ').map(|(i, _)| i).min_by_key(|i| i.abs_diff(middle)).unwrap_or(middle);
            vec![&unit.title[..cut], &unit.title[cut + 1..]]
        }
        None => vec![unit.title.as_str()],
    };
    let inner = html! {
        <>
            if unit.written { <circle cx={px(at.x)} cy={px(at.y)} r="18" /> }
            <text class="nr" x={px(at.x)} y={px(at.y + 6.0)} text-anchor="middle" font-size="17">{ unit.unit }</text>
            { for words.iter().enumerate().map(|(i, word)| html! {
                <text class="name" x={px(at.x)} y={px(at.y + 38.0 + 17.0 * i as f64)} text-anchor="middle" font-size="15">{ *word }</text>
            }) }
        </>
    };
    if unit.written {
        let class = classes!("unit", progress.is_done().then_some("done"));
        html! { <a {class} href={format!("#/lesson/{}", unit.slug)}>{ inner }</a> }
    } else {
        html! { <g class="unit planned" aria-hidden="true">{ inner }</g> }
    }
}

fn row(progress: &Progress) -> Html {
    let unit = &progress.unit;
    html! {
        <li key={unit.unit}>
            <span class="nr">{ unit.unit }</span>
            <a href={format!("#/lesson/{}", unit.slug)} data-testid={format!("unit-{}", unit.unit)}><b>{ &unit.title }</b></a>
            <span class="state">{ answered(progress) }{ progress.words() }</span>
            <p>{ &unit.about }</p>
        </li>
    }
}

/// Before and after, if anything was answered.
fn answered(progress: &Progress) -> Html {
    let Some(log) = progress.log.as_ref().filter(|log| !log.answers.is_empty()) else { return Html::default() };
    html! { <a class="strip-link" href={format!("#/work/{}", log.lesson)}>{ strip(&work(log)) }</a> }
}

fn planned(all: &[Progress]) -> Html {
    let names: Vec<String> = all.iter().filter(|p| !p.unit.written).map(|p| format!("{} {}", p.unit.unit, p.unit.title)).collect();
    html! { if !names.is_empty() { <p class="planned-text" data-testid="planned">{ format!("Planned: {}.", names.join(", ")) }</p> } }
}

fn challenges(all: &[Progress]) -> Html {
    let rows: Vec<Html> = all
        .iter()
        .filter(|p| p.unit.written)
        .flat_map(|p| p.unit.challenges.iter().map(move |c| (p, c)))
        .map(|(p, c)| {
            let best = p.log.as_ref().and_then(|log| log.of(&c.name)?.medal).map_or("–", |m| m.name());
            html! {
                <tr>
                    <td class="nr">{ p.unit.unit }</td>
                    <th scope="row"><a href={format!("#/challenge/{}/{}", p.unit.slug, c.name)}>{ &c.title }</a></th>
                    <td>{ best }</td>
                </tr>
            }
        })
        .collect();
    if rows.is_empty() {
        return Html::default();
    }
    html! {
        <>
            <div class="sec"><h2>{ "Challenges" }</h2><p>{ "Judged by running the engine on what you did." }</p></div>
            <table class="chal-list" data-testid="challenges">
                <thead><tr><td>{ "unit" }</td><th scope="col">{ "challenge" }</th><th scope="col">{ "your best" }</th></tr></thead>
                <tbody>{ for rows }</tbody>
            </table>
        </>
    }
}

/// A lesson of somebody's own: from a file, through the same code as ours.
#[component]
fn OwnLesson() -> Html {
    let said = use_state_eq(|| None::<String>);
    let reader = use_mut_ref(|| None::<FileReader>);
    let onchange = {
        let said = said.clone();
        Callback::from(move |event: Event| {
            let Some(input) = event.target_dyn_into::<HtmlInputElement>() else { return };
            if let Some(file) = input.files().and_then(|list| list.get(0)) {
                let said = said.clone();
                *reader.borrow_mut() = open_lesson_file(&File::from(file), Callback::from(move |text| said.set(Some(text))));
            }
            // The same file again is a change, too.
            input.set_value("");
        })
    };
    html! {
        <div class="own-lesson">
            <p>{ "A lesson of your own is a text file: " }<a href="course/AUTHORING.md">{ "how to write one" }</a>{ "." }</p>
            <label class="btn">{ "Open a lesson file" }<input class="vh" type="file" accept=".md,.markdown,text/markdown,text/plain" data-testid="lesson-file" {onchange} /></label>
            if let Some(said) = &*said { <p class="faulty" role="alert">{ said }</p> }
        </div>
    }
}
