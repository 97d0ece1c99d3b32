//! Keeping one's progress: saving all of it, loading it again, starting over (asked first, and taken back if wanted).

use gloo::file::File;
use gloo::file::callbacks::{FileReader, read_as_text};
use web_sys::HtmlInputElement;
use yew::prelude::*;

use super::logs::{forget_all, take_in};
use crate::course::{Answers, HANDIN_BOUNDS, Progress};
use crate::ui::lab::tools::save_as;
use crate::ui::marks::icon;
use crate::view::format::counted;
use crate::view::glyph::Icon;

/// Properties of [`Keep`].
#[derive(Properties, PartialEq)]
pub struct KeepProps {
    /// Whose it is.
    pub number: String,
    /// What was answered.
    pub logs: Vec<Answers>,
    /// Told when what is kept has changed.
    pub changed: Callback<()>,
}

/// What the page is about to do, or has done.
#[derive(Clone, PartialEq)]
enum Now {
    Nothing,
    Asking,
    Forgotten(Progress),
    Said(String),
    Failed(String),
}

/// Saving, loading, starting over.
#[component]
pub fn Keep(props: &KeepProps) -> Html {
    let now = use_state_eq(|| Now::Nothing);
    let reader = use_mut_ref(|| None::<FileReader>);
    let progress = Progress::of(&props.number, props.logs.clone());
    let save = {
        let progress = progress.clone();
        Callback::from(move |_: MouseEvent| save_as("progress.drift.json", &progress.text()))
    };
    let onchange = {
        let (now, changed) = (now.clone(), props.changed.clone());
        Callback::from(move |event: Event| {
            let Some(input) = event.target_dyn_into::<HtmlInputElement>() else { return };
            if let Some(file) = input.files().and_then(|list| list.get(0)) {
                *reader.borrow_mut() = load(&File::from(file), now.setter(), changed.clone());
            }
            // The same file again is a change, too.
            input.set_value("");
        })
    };
    let to = |next: Now| {
        let now = now.clone();
        Callback::from(move |_: MouseEvent| now.set(next.clone()))
    };
    let forget = {
        let (now, changed) = (now.clone(), props.changed.clone());
        Callback::from(move |_: MouseEvent| {
            forget_all();
            now.set(Now::Forgotten(progress.clone()));
            changed.emit(());
        })
    };
    let empty = props.logs.is_empty();
    html! {
        <>
            <div class="sec"><h2>{ "Keep it" }</h2><p>{ "To take it to another browser, or to be safe." }</p></div>
            <div class="cta" data-testid="keep">
                <button type="button" class="btn" disabled={empty} onclick={save} data-testid="progress-save">{ icon(Icon::Download) }{ "Save all progress" }</button>
                <label class="btn">{ icon(Icon::Upload) }{ "Load progress" }<input class="vh" type="file" accept=".json,application/json" data-testid="progress-load" {onchange} /></label>
                <button type="button" class="btn" disabled={empty} onclick={to(Now::Asking)} data-testid="progress-reset">{ "Start over" }</button>
            </div>
            <div class="kept-said" role="status" data-testid="progress-said">{ said(&now, props, &to(Now::Nothing), &forget) }</div>
        </>
    }
}

fn said(now: &UseStateHandle<Now>, props: &KeepProps, nothing: &Callback<MouseEvent>, forget: &Callback<MouseEvent>) -> Html {
    let answers: usize = props.logs.iter().map(|log| log.answers.len()).sum();
    match &**now {
        Now::Nothing => Html::default(),
        Now::Said(text) => html! { <p>{ text }</p> },
        Now::Failed(text) => html! { <p class="faulty">{ text }</p> },
        Now::Asking => html! {
            <div class="sure">
                <p>{ format!("Forget {} to {}, and how far you have read?", counted(answers as u64, "answer", "answers"), counted(props.logs.len() as u64, "lesson", "lessons")) }</p>
                <button type="button" class="btn pri" onclick={forget.clone()} data-testid="reset-yes">{ "Forget them" }</button>
                <button type="button" class="btn" onclick={nothing.clone()} data-testid="reset-no">{ "Keep them" }</button>
            </div>
        },
        Now::Forgotten(progress) => {
            let back = {
                let (now, progress, changed) = (now.clone(), progress.clone(), props.changed.clone());
                Callback::from(move |_: MouseEvent| {
                    now.set(match take_in(progress.clone()) {
                        Ok(_) => Now::Said("All is back.".to_owned()),
                        Err(why) => Now::Failed(why.words().to_owned()),
                    });
                    changed.emit(());
                })
            };
            html! {
                <div class="sure">
                    <p>{ "Forgotten." }</p>
                    <button type="button" class="btn" onclick={back} data-testid="reset-undo">{ "Bring it all back" }</button>
                </div>
            }
        }
    }
}

fn load(file: &File, now: UseStateSetter<Now>, changed: Callback<()>) -> Option<FileReader> {
    let name = file.name();
    if file.size() > HANDIN_BOUNDS.bytes as u64 {
        now.set(Now::Failed(format!("{name} was not loaded: it has {} bytes, at most {}.", file.size(), HANDIN_BOUNDS.bytes)));
        return None;
    }
    Some(read_as_text(file, move |read| {
        let read = read.map_err(|e| e.to_string()).and_then(|text| Progress::read(&text));
        now.set(match read.map(take_in) {
            Ok(Ok(lessons)) => {
                Now::Said(format!("Loaded {} from {name}. What was here stays beside it.", counted(lessons as u64, "lesson", "lessons")))
            }
            Ok(Err(why)) => Now::Failed(why.words().to_owned()),
            Err(why) => Now::Failed(format!("{name} was not loaded: {why}.")),
        });
        changed.emit(());
    }))
}
