//! Making an exercise sheet: items picked from all lessons, one link, and the key.

use std::rc::Rc;

use web_sys::HtmlInputElement;
use yew::prelude::*;

use crate::course::{Lesson, SHEET_ITEMS, Sheet, key};
use crate::ui::header::{Bar, header};
use crate::ui::lesson::{Loaded, use_lessons, written};
use crate::ui::marks::icon;
use crate::ui::route::{address, set_title};
use crate::ui::share::{Copied, copy_text};
use crate::view::format::counted;
use crate::view::glyph::Icon;

/// The page.
#[component]
pub fn SheetsPage() -> Html {
    use_effect_with((), |()| set_title("Make an exercise sheet"));
    let sheet = use_state_eq(Sheet::default);
    let slugs = use_memo((), |()| written());
    let fetched = use_lessons((*slugs).clone());
    let ready = fetched.len() == slugs.len() && fetched.iter().all(|(_, loaded)| *loaded != Loaded::Waiting);
    let lessons: Vec<Rc<Lesson>> =
        fetched.into_iter().filter_map(|(_, loaded)| if let Loaded::Ready(lesson) = loaded { Some(lesson) } else { None }).collect();
    let named = {
        let sheet = sheet.clone();
        Callback::from(move |event: InputEvent| {
            if let Some(input) = event.target_dyn_into::<HtmlInputElement>() {
                sheet.set(Sheet { title: input.value().chars().take(120).collect(), ..(*sheet).clone() });
            }
        })
    };
    html! {
        <>
            { header(Bar::default()) }
            <main id="main" class="pg work" tabindex="-1" data-testid="sheets" data-ready={ready.to_string()}>
                <div class="cover">
                    <div>
                        <h1>{ "An exercise sheet" }</h1>
                        <p>{ "Pick what your class should answer. Each of them gets runs of their own; you get the key." }</p>
                    </div>
                </div>
                <div class="give sheets-pick">
                    <div class="shelves">
                        { for lessons.iter().map(|lesson| shelf(lesson, &sheet)) }
                        if !ready { <p class="waiting">{ "One moment …" }</p> }
                    </div>
                    <div class="ways" data-testid="sheet-made">
                        <label class="titled"><span>{ "Title" }</span><input class="fld" maxlength="120" value={sheet.title.clone()} oninput={named} data-testid="sheet-title" /></label>
                        if !sheet.items.is_empty() { <p class="line">{ counted(sheet.items.len() as u64, "exercise", "exercises") }</p> }
                        if sheet.items.len() > SHEET_ITEMS {
                            <p class="faulty">{ format!("At most {SHEET_ITEMS} fit on a sheet.") }</p>
                        } else if sheet.items.is_empty() {
                            <p class="dim">{ "Nothing is picked yet." }</p>
                        } else {
                            <Made key={sheet.address()} sheet={(*sheet).clone()} lessons={Shelf(lessons.clone())} />
                        }
                    </div>
                </div>
            </main>
        </>
    }
}

/// A lesson and its items, to pick from.
fn shelf(lesson: &Rc<Lesson>, sheet: &UseStateHandle<Sheet>) -> Html {
    let slug = &lesson.slug;
    let picked = sheet.items.iter().filter(|(lesson, _)| lesson == slug).count();
    let item = |name: &str| {
        let kind = lesson.item(name)?;
        let place = (slug.clone(), name.to_owned());
        let onchange = {
            let (sheet, place) = (sheet.clone(), place.clone());
            Callback::from(move |event: Event| {
                let on = event.target_dyn_into::<HtmlInputElement>().is_some_and(|input| input.checked());
                let mut items: Vec<_> = sheet.items.iter().filter(|item| **item != place).cloned().collect();
                if on {
                    items.push(place.clone());
                }
                sheet.set(Sheet { items, ..(*sheet).clone() });
            })
        };
        Some(html! {
            <label class="tick" key={name.to_owned()}>
                <input type="checkbox" checked={sheet.items.contains(&place)} {onchange} data-testid={format!("pick-{slug}-{name}")} />
                <span>{ kind.asks() }<small>{ kind.word() }</small></span>
            </label>
        })
    };
    html! {
        <details open={picked > 0} data-testid={format!("shelf-{slug}")}>
            <summary><b>{ &lesson.title }</b><span>{ if picked > 0 { format!("{picked} picked") } else { counted(lesson.items().len() as u64, "item", "items") } }</span></summary>
            { for lesson.items().into_iter().filter_map(|(_, name)| item(name)) }
        </details>
    }
}

/// Lessons as a property: they do not change.
#[derive(Clone)]
struct Shelf(Vec<Rc<Lesson>>);

impl PartialEq for Shelf {
    fn eq(&self, other: &Self) -> bool {
        self.0.len() == other.0.len()
    }
}

#[derive(Properties, PartialEq)]
struct MadeProps {
    sheet: Sheet,
    lessons: Shelf,
}

/// The link of a sheet, and its key when it is asked for.
#[component]
fn Made(props: &MadeProps) -> Html {
    let copied = use_state_eq(|| Copied::Not);
    let shown = use_state_eq(|| false);
    let field = use_node_ref();
    let link = address(&props.sheet.address());
    let copy = {
        let (link, field, copied) = (link.clone(), field.clone(), copied.setter());
        Callback::from(move |_: MouseEvent| copy_text(&link, &field, copied.clone()))
    };
    let show = {
        let shown = shown.clone();
        Callback::from(move |_: MouseEvent| shown.set(!*shown))
    };
    let said = match *copied {
        Copied::Not => "",
        Copied::Yes => "Link copied.",
        Copied::Refused => "The browser did not let this page copy: the link is marked, copy it by hand.",
    };
    html! {
        <>
            <p class="cta">
                <input class="fld m share-link" ref={field} readonly=true value={link} aria-label="The sheet's link" data-testid="sheet-link" />
                <button type="button" class="btn pri" onclick={copy} data-testid="sheet-copy">{ icon(Icon::Link) }{ "Copy link" }</button>
            </p>
            <p role="status">{ said }</p>
            <p class="cta">
                <a class="btn" href={format!("#{}", props.sheet.address())} data-testid="sheet-open">{ "Open the sheet" }</a>
                <button type="button" class="btn" aria-expanded={shown.to_string()} onclick={show} data-testid="sheet-key">{ if *shown { "Hide the key" } else { "Answer key" } }</button>
            </p>
            if *shown { <Key sheet={props.sheet.clone()} lessons={props.lessons.clone()} /> }
        </>
    }
}

/// The key: what the engine says to each item, on every run that somebody may get.
#[component]
fn Key(props: &MadeProps) -> Html {
    let keys = use_memo(props.sheet.clone(), |sheet| {
        let of = |(slug, item): &(String, String)| {
            let lesson = props.lessons.0.iter().find(|lesson| lesson.slug == *slug)?;
            Some((lesson.item(item)?.asks(), key(lesson, item, None)))
        };
        sheet.items.iter().filter_map(of).collect::<Vec<_>>()
    });
    html! {
        <ol class="key-list" data-testid="key">
            { for keys.iter().map(|(asks, lines)| html! { <li><p>{ asks }</p>{ for lines.iter().map(|line| html! { <p class="so">{ line }</p> }) }</li> }) }
        </ol>
    }
}
