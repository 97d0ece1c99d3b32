//! An exercise sheet: items picked from lessons, in the order of whoever made it, each on the reader's own run.

use yew::prelude::*;
use yew_router::prelude::use_location;

use super::challenge;
use super::figure::LiveFigure;
use super::load::{Loaded, Source, load};
use super::others::Filling;
use super::question::Asking;
use super::reader::{Reader, own_number};
use crate::course::{Kind, Lesson, Sheet, units};
use crate::ui::header::{Bar, header};
use crate::ui::route::set_title;
use crate::view::format::counted;

/// Lessons that are being fetched, and what became of each.
type Fetched = Vec<(String, Loaded)>;

/// Fetches lessons, each once.
#[hook]
pub fn use_lessons(slugs: Vec<String>) -> Fetched {
    let fetched = use_mut_ref(Fetched::new);
    let revision = use_state(|| 0u32);
    {
        let (fetched, revision) = (fetched.clone(), revision.setter());
        use_effect_with(slugs, move |slugs| {
            *fetched.borrow_mut() = slugs.iter().map(|slug| (slug.clone(), Loaded::Waiting)).collect();
            for (i, slug) in slugs.iter().enumerate() {
                let (fetched, revision, name) = (fetched.clone(), revision.clone(), slug.clone());
                let done = Callback::from(move |loaded| {
                    if let Some(slot) = fetched.borrow_mut().get_mut(i).filter(|(slug, _)| *slug == name) {
                        slot.1 = loaded;
                    }
                    revision.set(i as u32 + 1);
                });
                load(Source::Course(slug.clone().into()), done);
            }
            // What waits is shown.
            revision.set(u32::MAX);
        });
    }
    let _ = *revision;
    fetched.borrow().clone()
}

/// The page.
#[component]
pub fn SheetPage() -> Html {
    let query = use_location().map(|l| l.query_str().to_owned()).unwrap_or_default();
    let sheet = Sheet::read(&query);
    let slugs = sheet.as_ref().map_or(Vec::new(), |s| s.lessons().into_iter().map(str::to_owned).collect());
    let fetched = use_lessons(slugs);
    let sheet = match sheet {
        Ok(sheet) => sheet,
        Err(why) => return wrong(&format!("The link cannot be used: {why}.")),
    };
    let faults = fetched.iter().find_map(|(_, loaded)| if let Loaded::Failed(faults) = loaded { Some(faults.clone()) } else { None });
    if let Some(faults) = faults {
        return super::failed(&faults);
    }
    let lessons: Vec<std::rc::Rc<Lesson>> =
        fetched.iter().filter_map(|(_, loaded)| if let Loaded::Ready(lesson) = loaded { Some(lesson.clone()) } else { None }).collect();
    if lessons.len() < sheet.lessons().len() {
        return html! { <>{ header(Bar::default()) }<main id="main" class="pg" tabindex="-1"><p class="waiting">{ "One moment …" }</p></main></> };
    }
    html! { <Working key={query} {sheet} {lessons} /> }
}

fn wrong(why: &str) -> Html {
    set_title("Sheet not opened");
    html! {
        <>
            { header(Bar::default()) }
            <main id="main" class="pg" tabindex="-1" data-testid="sheet-failed">
                <div class="cover"><div><h1>{ "This is no exercise sheet" }</h1><p>{ why }</p></div></div>
                <div class="cta"><a class="btn pri big" href="#/sheets">{ "Make one" }</a></div>
            </main>
        </>
    }
}

#[derive(Properties)]
struct WorkingProps {
    sheet: Sheet,
    lessons: Vec<std::rc::Rc<Lesson>>,
}

impl PartialEq for WorkingProps {
    fn eq(&self, other: &Self) -> bool {
        self.sheet == other.sheet
    }
}

#[component]
fn Working(props: &WorkingProps) -> Html {
    let revision = use_state(|| 0u64);
    let count = use_mut_ref(|| 0u64);
    let readers = {
        let (set, props) = (revision.setter(), (props.lessons.clone(), props.sheet.items.clone()));
        use_memo((), move |()| {
            let (lessons, items) = props;
            let reader = |lesson: std::rc::Rc<Lesson>| {
                let mine = items.iter().filter(|(slug, _)| *slug == lesson.slug).map(|(_, item)| item.clone()).collect();
                let (set, count) = (set.clone(), count.clone());
                // One count for all lessons: each change of any of them is another revision of the sheet.
                let changed = Callback::from(move |_| {
                    *count.borrow_mut() += 1;
                    set.set(*count.borrow());
                });
                Reader::of(lesson, Some(mine), changed)
            };
            lessons.into_iter().map(reader).collect::<Vec<Reader>>()
        })
    };
    let title = if props.sheet.title.is_empty() { "Exercises" } else { props.sheet.title.as_str() };
    set_title(title);
    let open = |(slug, item): &(String, String)| readers.iter().any(|r| r.lesson().slug == *slug && r.log().of(item).is_none());
    let left = props.sheet.items.iter().filter(|item| open(item)).count() as u64;
    let number = own_number();
    let mut drawn: Vec<(String, usize)> = Vec::new();
    let mut item = |n: usize, (slug, name): &(String, String)| {
        let Some(reader) = readers.iter().find(|r| r.lesson().slug == *slug) else { return Html::default() };
        let reader = reader.at(*revision);
        let Some((step, block)) = place(reader.lesson(), name) else {
            return html! { <li><p class="faulty">{ format!("There is no item \"{name}\" in \"{}\".", reader.lesson().title) }</p></li> };
        };
        let kind = &reader.lesson().steps[step].blocks[block].kind;
        let figure = match kind {
            Kind::Question(q) => Some(q.figure),
            Kind::Table(t) => t.rows.first().map(|r| r.figure),
            _ => None,
        };
        // A figure is drawn once, with the first item that is about it.
        let figure = figure.filter(|f| !reader.lesson().figures[*f].hidden && !drawn.contains(&(slug.clone(), *f)));
        drawn.extend(figure.map(|f| (slug.clone(), f)));
        let body = exercise(&reader, kind, figure, (step, block));
        html! {
            <li key={format!("{slug}/{name}")} class="step" data-testid={format!("sheet-{slug}-{name}")}>
                <h2 class="from"><b>{ n + 1 }</b>{ "from " }<a href={format!("#/lesson/{slug}")}>{ reader.lesson().title.clone() }</a></h2>
                <ContextProvider<Reader> context={reader.clone()}>{ body }</ContextProvider<Reader>>
            </li>
        }
    };
    let items: Vec<Html> = props.sheet.items.iter().enumerate().map(|(n, at)| item(n, at)).collect();
    html! {
        <>
            { header(Bar::default()) }
            <main id="main" class="pg work exercises" tabindex="-1" data-testid="sheet" data-left={left.to_string()}>
                <div class="cover">
                    <div>
                        <h1>{ title }</h1>
                        <p>{ format!("{}. {}", counted(items.len() as u64, "exercise", "exercises"), if number.is_empty() { "You have given no name or number.".to_owned() } else { format!("The runs are those of {number}.") }) }</p>
                    </div>
                    <div class="cta no-print"><a class="btn big" href="#/work">{ "Your work and hand-in" }</a></div>
                </div>
                <ol>{ for items }</ol>
                <p class="sheet-end" role="status">{ if left == 0 { "All answered." } else { "" } }</p>
            </main>
        </>
    }
}

/// An item, beside its figure if that is drawn here.
fn exercise(reader: &Reader, kind: &Kind, figure: Option<usize>, place: (usize, usize)) -> Html {
    match (kind, figure) {
        (Kind::Challenge(c), _) => challenge::card(reader, c),
        (Kind::Question(_), Some(f)) => html! { <LiveFigure place={f}><Asking {place} /></LiveFigure> },
        (Kind::Question(_), None) => html! { <div class="ask-sheet"><Asking {place} /></div> },
        (_, figure) => html! {
            <>
                if let Some(f) = figure { <LiveFigure place={f} /> }
                <div class="ask-sheet"><Filling {place} /></div>
            </>
        },
    }
}

/// Where an item stands in its lesson.
fn place(lesson: &Lesson, item: &str) -> Option<(usize, usize)> {
    let of_step = |(i, step): (usize, &crate::course::Step)| Some((i, step.blocks.iter().position(|b| b.kind.item() == Some(item))?));
    lesson.steps.iter().enumerate().find_map(of_step)
}

/// The lessons of the course that are written.
pub fn written() -> Vec<String> {
    units().into_iter().filter(|u| u.written).map(|u| u.slug).collect()
}
