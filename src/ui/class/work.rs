//! One's own work: whose it is, what was answered before and after, handing it in, keeping it.

use web_sys::HtmlInputElement;
use yew::prelude::*;
use yew_router::prelude::use_location;

use super::hand_in::HandIn;
use super::keep::Keep;
use super::logs::{keep_number, logs, title};
use crate::course::{Answers, who};
use crate::ui::header::{Bar, header};
use crate::ui::lesson::own_number;
use crate::ui::route::{query, set_title};
use crate::view::work::{Was, Work, work};

/// The page.
#[component]
pub fn WorkPage() -> Html {
    use_effect_with((), |()| set_title("Your work"));
    let number = use_state_eq(own_number);
    // What is kept changes behind this page: it is read anew with every revision.
    let revision = use_state_eq(|| 0u32);
    let changed = {
        let revision = revision.clone();
        Callback::from(move |()| revision.set(*revision + 1))
    };
    let logs = logs();
    let only = use_location().and_then(|l| query(l.query_str(), "lesson").map(str::to_owned));
    html! {
        <>
            { header(Bar::default()) }
            <main id="main" class="pg work" tabindex="-1" data-testid="work">
                <div class="cover">
                    <div>
                        <h1>{ "Your work" }</h1>
                        <p>{ "It is kept in this browser and nowhere else. You choose what leaves it." }</p>
                    </div>
                    { number_field(&number) }
                </div>
                <div class="sec"><h2>{ "Before and after" }</h2><p>{ "Each column is a question: above your first answer, below your latest." }</p></div>
                { table(&logs) }
                <HandIn number={(*number).clone()} logs={logs.clone()} {only} />
                <Keep number={(*number).clone()} logs={logs} {changed} />
            </main>
        </>
    }
}

fn number_field(number: &UseStateHandle<String>) -> Html {
    let oninput = {
        let number = number.clone();
        Callback::from(move |event: InputEvent| {
            let Some(input) = event.target_dyn_into::<HtmlInputElement>() else { return };
            let given = who(&input.value());
            keep_number(&given);
            number.set(given);
        })
    };
    html! {
        <div class="whose">
            <label for="number">{ "Your name or number" }</label>
            <input id="number" class="fld" maxlength="40" autocomplete="off" value={own_number()} aria-describedby="number-why" data-testid="number" {oninput} />
            <p id="number-why">{ "Optional. Give it before you begin: your figures then run with seeds of your own." }</p>
        </div>
    }
}

/// A row for each lesson with answers.
fn table(logs: &[Answers]) -> Html {
    if logs.iter().all(|log| log.answers.is_empty()) {
        return html! { <p class="none" data-testid="no-work">{ "Nothing answered yet. " }<a href="#/">{ "Choose a unit" }</a></p> };
    }
    html! {
        <>
            <ul class="done" data-testid="work-list">{ for logs.iter().filter(|log| !log.answers.is_empty()).map(row) }</ul>
            <p class="key"><span class="was"><i class="so"></i></span>{ "right" }<span class="was"><i></i></span>{ "wrong" }</p>
        </>
    }
}

fn row(log: &Answers) -> Html {
    let slug = &log.lesson;
    let shown = work(log);
    html! {
        <li key={slug.clone()} data-testid={format!("work-{slug}")}>
            <a class="name" href={format!("#/lesson/{slug}")}>{ title(slug) }</a>
            { strip(&shown) }
            <p>{ &shown.words }</p>
            <a href={format!("#/work/{slug}")} data-testid={format!("summary-{slug}")}>{ "Summary" }</a>
        </li>
    }
}

/// Before above after, a column for each item.
pub fn strip(work: &Work) -> Html {
    let mark = |was: Was| html! { <i class={(was == Was::Right).then_some("so")}></i> };
    html! {
        <span class="strip" role="img" aria-label={work.words.clone()}>
            { for work.items.iter().map(|item| html! { <span class="was" title={item.title.clone()}>{ mark(item.first) }{ mark(item.latest) }</span> }) }
        </span>
    }
}
