//! Handing in: choosing what goes along, a file, a link; and a hand-in that somebody opens by its link.

use web_sys::HtmlInputElement;
use yew::prelude::*;
use yew_router::prelude::use_location;

use super::logs::title;
use crate::course::{self, Answers};
use crate::ui::header::{Bar, header};
use crate::ui::lab::tools::{file_name, save_as};
use crate::ui::marks::icon;
use crate::ui::route::{address, query, set_title};
use crate::ui::share::{Copied, copy_text};
use crate::view::format::counted;
use crate::view::glyph::Icon;

/// Properties of [`HandIn`].
#[derive(Properties, PartialEq)]
pub struct HandInProps {
    /// Whose it is.
    pub number: String,
    /// What was answered.
    pub logs: Vec<Answers>,
    /// The lesson that is to be handed in alone.
    pub only: Option<String>,
}

/// What goes along, and how.
#[component]
pub fn HandIn(props: &HandInProps) -> Html {
    let left_out = use_state_eq(Vec::<String>::new);
    let first = use_state_eq(|| false);
    let answered: Vec<&Answers> = props.logs.iter().filter(|log| !log.answers.is_empty()).collect();
    {
        let (left_out, only) = (left_out.setter(), props.only.clone());
        let slugs: Vec<String> = answered.iter().map(|log| log.lesson.clone()).collect();
        use_effect_with(only, move |only| {
            if let Some(only) = only.as_ref().filter(|only| slugs.contains(only)) {
                left_out.set(slugs.iter().filter(|slug| *slug != only).cloned().collect());
            }
        });
    }
    if answered.is_empty() {
        return Html::default();
    }
    let chosen: Vec<Answers> = answered.iter().filter(|log| !left_out.contains(&log.lesson)).map(|log| (*log).clone()).collect();
    let made = course::HandIn::of(&props.number, &chosen, *first);
    let toggle = |slug: String| {
        let left_out = left_out.clone();
        Callback::from(move |event: Event| {
            let on = event.target_dyn_into::<HtmlInputElement>().is_some_and(|input| input.checked());
            let mut now: Vec<String> = left_out.iter().filter(|s| **s != slug).cloned().collect();
            if !on {
                now.push(slug.clone());
            }
            left_out.set(now);
        })
    };
    let with_first = {
        let first = first.clone();
        Callback::from(move |event: Event| first.set(event.target_dyn_into::<HtmlInputElement>().is_some_and(|input| input.checked())))
    };
    html! {
        <>
            <div class="sec" id="hand-in"><h2>{ "Hand in" }</h2><p>{ "One file with your answers and the runs you tried at challenges. Whoever grades it plays them again." }</p></div>
            <div class="give" data-testid="hand-in">
                <fieldset>
                    <legend>{ "What goes along" }</legend>
                    { for answered.iter().map(|log| html! {
                        <label class="tick" key={log.lesson.clone()}>
                            <input type="checkbox" checked={!left_out.contains(&log.lesson)} onchange={toggle(log.lesson.clone())} data-testid={format!("give-{}", log.lesson)} />
                            <span>{ title(&log.lesson) }<small>{ counted(log.answers.len() as u64, "answer", "answers") }</small></span>
                        </label>
                    }) }
                    <label class="tick apart">
                        <input type="checkbox" checked={*first} onchange={with_first} data-testid="give-first" />
                        <span>{ "My first answers too" }<small>{ "what I thought before the run showed it" }</small></span>
                    </label>
                </fieldset>
                <div class="ways">
                    <p class="line">{ if props.number.is_empty() { "Without a name or number.".to_owned() } else { format!("As {}.", props.number) } }</p>
                    <SaveOrLink key={(chosen.len() * 2 + usize::from(*first)).to_string()} {made} />
                </div>
            </div>
        </>
    }
}

#[derive(Properties, PartialEq)]
struct SaveOrLinkProps {
    made: course::HandIn,
}

/// The file and, where it fits, the link.
#[component]
fn SaveOrLink(props: &SaveOrLinkProps) -> Html {
    let copied = use_state_eq(|| Copied::Not);
    let field = use_node_ref();
    let made = props.made.clone();
    let nothing = made.lessons.is_empty();
    let link = made.payload().ok().filter(|_| !nothing).map(|payload| address(&format!("/hand-in?h={payload}")));
    let copy = {
        let (link, field, copied) = (link.clone(), field.clone(), copied.clone());
        Callback::from(move |_: MouseEvent| {
            if let Some(link) = &link {
                copy_text(link, &field, copied.setter());
            }
        })
    };
    let save = Callback::from(move |_: MouseEvent| save_as(&name_of(&made), &made.text()));
    html! {
        <>
            <button type="button" class="btn pri big" disabled={nothing} onclick={save} data-testid="hand-in-save">{ icon(Icon::Download) }{ "Save the hand-in" }</button>
            { link_part(link.as_ref(), nothing, *copied, field, copy) }
        </>
    }
}

fn link_part(link: Option<&String>, nothing: bool, copied: Copied, field: NodeRef, copy: Callback<MouseEvent>) -> Html {
    let Some(link) = link else {
        let why = if nothing { "" } else { "It is too long for a link: the runs you tried need their room. Save the file." };
        return html! { <p class="dim">{ why }</p> };
    };
    let said = match copied {
        Copied::Not => "",
        Copied::Yes => "Link copied.",
        Copied::Refused => "The browser did not let this page copy: the link is marked, copy it by hand.",
    };
    html! {
        <>
            <p class="cta">
                <input class="fld m share-link" ref={field} readonly=true value={link.clone()} aria-label="The hand-in as a link" data-testid="hand-in-link" />
                <button type="button" class="btn" onclick={copy} data-testid="hand-in-copy">{ icon(Icon::Link) }{ "Copy link" }</button>
            </p>
            <p role="status">{ said }</p>
        </>
    }
}

/// The file's name: whose it is, if that is known.
fn name_of(made: &course::HandIn) -> String {
    let name = if made.who.is_empty() { "hand-in".to_owned() } else { format!("hand-in {}", made.who) };
    file_name(&name)
}

/// A hand-in that came as a link.
#[component]
pub fn HandedInPage() -> Html {
    use_effect_with((), |()| set_title("A hand-in"));
    let text = use_location().map(|l| l.query_str().to_owned()).unwrap_or_default();
    let made = course::HandIn::from_payload(query(&text, "h").unwrap_or_default());
    html! {
        <>
            { header(Bar::default()) }
            <main id="main" class="pg work" tabindex="-1" data-testid="handed-in">
                { match made {
                    Err(why) => html! {
                        <div class="cover"><div><h1>{ "This is no hand-in" }</h1><p>{ format!("The link cannot be used: {why}.") }</p></div></div>
                    },
                    Ok(made) => handed_in(made),
                } }
            </main>
        </>
    }
}

fn handed_in(made: course::HandIn) -> Html {
    let answers: usize = made.lessons.iter().map(|l| l.answers.len()).sum();
    let whose = if made.who.is_empty() { "A hand-in without a name".to_owned() } else { format!("Handed in by {}", made.who) };
    let lessons: Vec<_> = made.lessons.iter().map(|l| (title(&l.lesson), l.answers.len() as u64)).collect();
    let as_made = made.is_as_made();
    let engine = made.engine;
    let save = Callback::from(move |_: MouseEvent| save_as(&name_of(&made), &made.text()));
    html! {
        <>
            <div class="cover"><div>
                <h1>{ whose }</h1>
                <p>{ format!("{} to {}, made with engine {engine}.", counted(answers as u64, "answer", "answers"), counted(lessons.len() as u64, "lesson", "lessons")) }</p>
                if !as_made { <p class="faulty" role="alert">{ "It was changed after it was made." }</p> }
            </div></div>
            <ul class="done">{ for lessons.into_iter().map(|(title, n)| html! { <li><b class="name">{ title }</b><p>{ counted(n, "answer", "answers") }</p></li> }) }</ul>
            <p class="cta">
                <button type="button" class="btn pri big" onclick={save} data-testid="handed-in-save">{ icon(Icon::Download) }{ "Save it as a file" }</button>
            </p>
            <p class="dim grade-how">{ "A class is graded by " }<code>{ "drift grade FILES…" }</code>{ ", which takes links as well." }</p>
        </>
    }
}
