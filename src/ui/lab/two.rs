//! Two labs of one run, side by side: to compare by hand, moved together if wanted, with the place where they part.

use std::cell::RefCell;
use std::rc::Rc;

use yew::prelude::*;

use super::LabHandle;
use super::keeping::pace;
use super::moves::{Move, go};

use super::open::{self, Opened, Place, Restore};
use super::page::LabView;
use crate::engine::base::Micros;
use crate::lab::{self, Session, first_difference};
use crate::ui::header::{Bar, header};
use crate::ui::route::{Route, set_title};
use crate::ui::storage;
use crate::view::format::moment;

/// Properties of [`TwoLabs`].
#[derive(Debug, PartialEq, Properties)]
pub struct TwoLabsProps {
    /// The run of the gallery; the first one if none is named.
    #[prop_or_default]
    pub slug: Option<AttrValue>,
}

/// Both labs, and where each stood when it was last looked at.
#[derive(Default)]
struct Sides {
    labs: [Option<LabHandle>; 2],
    seen: [Micros; 2],
}

impl Sides {
    /// Takes in a revision of one side. If both move together and this one has moved, the other follows.
    fn told(sides: &Rc<RefCell<Sides>>, side: usize, lab: LabHandle, together: bool) {
        let now = lab.read(Session::now);
        let mut all = sides.borrow_mut();
        all.labs[side] = Some(lab);
        let moved = std::mem::replace(&mut all.seen[side], now) != now;
        let other = all.labs[1 - side].clone().filter(|_| moved && together);
        if let Some(other) = other {
            let target = other.read(|s| now.min(s.end()));
            all.seen[1 - side] = target;
            drop(all);
            go(&other, Move::Time(target));
        }
    }

    /// Moves both to where they part. Says what there is to say.
    fn part(sides: &Rc<RefCell<Sides>>) -> String {
        let labs = sides.borrow().labs.clone();
        let [Some(left), Some(right)] = labs else { return String::new() };
        for lab in [&left, &right] {
            lab.quietly(|s| s.pump(BOUND));
        }
        match left.read(|a| right.read(|b| first_difference(a.log(), b.log()))) {
            None => "The two runs are the same.".to_owned(),
            Some((_, at)) => {
                sides.borrow_mut().seen = [at; 2];
                for lab in [&left, &right] {
                    let at = lab.read(|s| at.min(s.end()));
                    go(lab, Move::Time(at));
                }
                format!("They part at {}.", moment(at))
            }
        }
    }
}

/// Events that are looked at for the place where two runs part.
const BOUND: u32 = 400_000;

/// Two independent labs.
#[component]
pub fn TwoLabs(props: &TwoLabsProps) -> Html {
    use_effect_with((), |()| set_title("Two labs"));
    let slug: AttrValue = props.slug.clone().unwrap_or_else(|| lab::gallery().first().map_or("", |(slug, _)| slug).into());
    let pair = use_memo(slug.clone(), |slug| ["left", "right"].map(|side| side_of(slug, side)));
    let (sides, together, said) = (use_mut_ref(Sides::default), use_state_eq(|| false), use_state_eq(String::new));
    let told = |side: usize| {
        let (sides, together) = (sides.clone(), *together);
        Callback::from(move |lab: LabHandle| Sides::told(&sides, side, lab, together))
    };
    let toggle = {
        let together = together.clone();
        Callback::from(move |_: MouseEvent| together.set(!*together))
    };
    let part = {
        let (sides, said) = (sides.clone(), said.clone());
        Callback::from(move |_: MouseEvent| said.set(Sides::part(&sides)))
    };
    let titles: Vec<(&str, String)> =
        lab::gallery().iter().filter_map(|(slug, file)| Some((*slug, lab::script_from_file(file).ok()?.title))).collect();
    html! {
        <div class="two">
            { header(Bar { current: Some(Route::Two), mid: html! { <h1>{ "Two labs, one run" }</h1> }, ..Bar::default() }) }
            <nav class="two-choice" aria-label="Run to compare">
                { for titles.into_iter().map(|(name, title)| html! {
                    <a class="btn sm" href={format!("#/two/{name}")} aria-current={(slug.as_str() == name).then_some("page")} data-testid={format!("two-{name}")}>{ title }</a>
                }) }
                <button type="button" class="btn sm" aria-pressed={together.to_string()} data-testid="together" onclick={toggle}>{ "Move together" }</button>
                <button type="button" class="btn sm" data-testid="part" onclick={part}>{ "≠ First difference" }</button>
                <span role="status" class="dim">{ (*said).clone() }</span>
            </nav>
            <main id="main" class="pair" tabindex="-1" data-testid="two">
                // The bar has no room for it on a phone.
                <h1 class="phone-only scn">{ "Two labs, one run" }</h1>
                { for pair.iter().zip(["Left", "Right"]).enumerate().map(|(side, (opened, label))| html! {
                    <LabView key={format!("{slug}/{label}")} opened={opened.clone()} compact=true label={format!("{label} lab")} told={told(side)} />
                }) }
            </main>
        </div>
    }
}

/// One side: what was left there, or the run from its beginning.
fn side_of(slug: &AttrValue, side: &str) -> Opened {
    let name = format!("two/{slug}/{side}");
    let fresh = open::open(&Place::Gallery(slug.clone()), Restore::Nothing);
    let kept = storage::kept(&name).and_then(|file| lab::from_file_at(&file, pace()).ok());
    let session = kept.or_else(|| lab::Session::open_at((*fresh.original).clone(), pace()).ok());
    match session {
        Some(session) => Opened { error: fresh.error, ..Opened::new(session, (*fresh.original).clone(), Some(name), "/lab".to_owned()) },
        None => fresh,
    }
}
