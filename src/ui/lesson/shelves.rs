//! The glossary and the references of the course.

use crate::engine::base::arrange;
use yew::prelude::*;

use crate::course::{name_of_word, references, units, words};
use crate::ui::header::{Bar, header};
use crate::ui::route::set_title;
use crate::view::glossary;

/// The words of the course and of the lab, from A to Z.
#[component]
pub fn GlossaryPage() -> Html {
    set_title("Glossary");
    let mut all: Vec<(String, String)> = words().into_iter().map(|w| (w.word, w.meaning)).collect();
    let known: Vec<String> = all.iter().map(|(word, _)| name_of_word(word)).collect();
    all.extend(
        glossary::TERMS.iter().filter(|t| !known.contains(&name_of_word(t.word))).map(|t| (t.word.to_owned(), t.meaning.to_owned())),
    );
    arrange(&mut all, |a, b| name_of_word(&a.0).cmp(&name_of_word(&b.0)));
    html! {
        <>
            { header(Bar::default()) }
            <main id="main" class="pg" tabindex="-1" data-testid="glossary">
                <div class="cover"><div><h1>{ "Glossary" }</h1><p>{ "Each word in one plain sentence." }</p></div></div>
                <dl class="words">{ for all.into_iter().map(|(word, meaning)| html! { <div key={word.clone()}><dt>{ word }</dt><dd>{ meaning }</dd></div> }) }</dl>
            </main>
        </>
    }
}

/// The works behind the course.
#[component]
pub fn ReferencesPage() -> Html {
    set_title("References");
    let titles = units();
    let unit = |n: &u32| titles.iter().find(|u| u.unit == *n).map_or(String::new(), |u| u.title.clone());
    html! {
        <>
            { header(Bar::default()) }
            <main id="main" class="pg" tabindex="-1" data-testid="references">
                <div class="cover"><div><h1>{ "References" }</h1><p>{ "The papers and systems behind each unit. What the engine takes from them is named in the code and proved in the tests." }</p></div></div>
                <dl class="words">{ for references().into_iter().map(|work| html! {
                    <div key={work.name.clone()}>
                        <dt><a href={work.address.clone()} rel="noreferrer">{ &work.text }</a></dt>
                        <dd>{ format!("Units: {}", work.units.iter().map(unit).collect::<Vec<_>>().join(", ")) }</dd>
                    </div>
                }) }</dl>
            </main>
        </>
    }
}
