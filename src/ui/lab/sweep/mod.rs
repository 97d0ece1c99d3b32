//! The sweep view: the sweep at the cursor in the middle of the lab, its bill beside it. What a method draws is in a file of its own.

mod bitmaps;
mod descent;
mod ladder;
mod logs;
mod phases;
mod plots;
mod queue;
mod race;
mod ranges;
mod rows;
mod side;
mod size;
mod start;
mod storm;
mod symbols;
mod talk;
mod trees;
mod tries;
mod validation;
mod versions;

use std::rc::Rc;

use gloo::timers::callback::Timeout;
use web_sys::HtmlSelectElement;
use yew::prelude::*;

pub use phases::PhaseBar;
use race::RaceButton;
use side::use_side;
use start::use_start;

use super::LabHandle;
use crate::engine::base::EventId;
use crate::engine::node::Method;
use crate::engine::node::sweeps::SessionId;
use crate::engine::observe::SweepCost;
use crate::engine::sweep::TokenRange;
use crate::lab::{BranchId, Session, View};
use crate::view::format::{counted, list};
use crate::view::sweep::pair::{self, Holdings, Weighing};
use crate::view::sweep::{choices, ends, names, policy, shown, tree_words};
use descent::DescentView;

/// Sweeps offered in the list of those that have begun.
const OFFERED: usize = 100;

/// Ring or sweep: what the middle of a lab shows.
pub fn switch(lab: &LabHandle) -> Html {
    let now = lab.ui().view;
    let one = |view: View, word: &'static str, name: &'static str| {
        let lab = lab.clone();
        let onclick = Callback::from(move |_: MouseEvent| lab.set_ui(|ui| ui.view = view));
        html! {
            <button type="button" aria-pressed={(now == view).to_string()} data-testid={format!("view-{word}")} title={format!("{name} (S)")} {onclick}>{ name }</button>
        }
    };
    html! {
        <div class="seg sm views" role="group" aria-label="What is shown">{ one(View::Ring, "ring", "Ring") }{ one(View::Sweep, "sweep", "Sweep") }</div>
    }
}

/// The sweep in view, taken out of the session so that panels can be drawn from it.
#[derive(Debug, Clone, PartialEq)]
pub struct Seen {
    /// The event of its beginning.
    pub began: EventId,
    /// Its bill so far.
    pub cost: Rc<SweepCost>,
    /// Ranges that are compared.
    pub ranges: Rc<[TokenRange]>,
    /// What both held when it began.
    pub at_start: Holdings,
}

impl Seen {
    /// Which sweep.
    pub fn id(&self) -> SessionId {
        self.cost.session
    }
}

/// What is kept of a sweep from one drawing to the next, by all panels together.
#[derive(Default)]
pub struct Kept {
    of: Option<(BranchId, EventId, SessionId)>,
    ranges: Rc<[TokenRange]>,
    weighing: Option<Weighing>,
    known: Holdings,
    timer: Option<Timeout>,
}

/// Rows that are weighed at once: some milliseconds.
const WEIGHED: usize = 20_000;

/// Counts what the two held when the sweep began, a little at a time, and shows it in the end.
fn weigh(lab: &LabHandle) {
    let done = lab.kept(|kept| {
        kept.timer = None;
        let Some(weighing) = &mut kept.weighing else { return false };
        let done = weighing.go_on(WEIGHED);
        kept.known = weighing.holdings;
        if done {
            kept.weighing = None;
        } else {
            let lab = lab.clone();
            kept.timer = Some(Timeout::new(0, move || weigh(&lab)));
        }
        done
    });
    if done {
        lab.show();
    }
}

/// The sweep in view, if any has begun.
#[hook]
pub fn use_seen(lab: &LabHandle) -> Option<Seen> {
    let chosen = lab.ui().sweep;
    lab.read(|session| {
        let shown = shown(session, chosen)?;
        let id = (session.current(), shown.began, shown.cost.session);
        lab.kept(|kept| {
            if kept.of != Some(id) {
                let (ranges, mut weighing) = at_start(session, shown.began, shown.cost);
                let small = weighing.go_on(WEIGHED);
                *kept = Kept { of: Some(id), ranges: ranges.into(), known: weighing.holdings, ..Kept::default() };
                if !small {
                    kept.weighing = Some(weighing);
                    let lab = lab.clone();
                    kept.timer = Some(Timeout::new(0, move || weigh(&lab)));
                }
            }
            Some(Seen { began: shown.began, cost: Rc::new(shown.cost.clone()), ranges: kept.ranges.clone(), at_start: kept.known })
        })
    })
}

/// The ranges of a sweep, and what the two held when it began.
fn at_start(session: &Session, began: EventId, cost: &SweepCost) -> (Vec<TokenRange>, Weighing) {
    let then = session.peek(began.0 + 1);
    let shared =
        || crate::engine::node::sweeps::common_ranges(then.world.ring(), &then.world.settings().replicas, cost.session.by, cost.with);
    // A repair of several replicas has said its ranges when it called them.
    let said = session.sweeps_ahead().cost(cost.session).filter(|ahead| ahead.parties.len() > 2);
    let ranges = said.map_or_else(shared, |ahead| ahead.ranges.clone());
    let weighing = Weighing::new(&then.world, &then.truth, cost, &ranges);
    (ranges, weighing)
}

/// A panel of the lab that is about sweeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Panel {
    /// Who compares what with whom.
    Head,
    /// The sweep itself.
    Stage,
    /// What it costs, and another one.
    Side,
    /// Starting one.
    Start,
}

/// Shows a panel; the lab is the one around it.
pub fn door(panel: Panel) -> Html {
    match panel {
        Panel::Head => html! { <SweepHead /> },
        Panel::Stage => html! { <SweepStage /> },
        Panel::Side => html! { <SweepSide /> },
        Panel::Start => html! { <SweepStart /> },
    }
}

#[component]
fn SweepSide() -> Html {
    let Some(lab) = use_context::<LabHandle>() else { return Html::default() };
    html! { <Side {lab} /> }
}

#[component]
fn Side(props: &MiddleProps) -> Html {
    use_side(&props.lab)
}

#[component]
fn SweepStart() -> Html {
    let Some(lab) = use_context::<LabHandle>() else { return Html::default() };
    html! { <Start {lab} /> }
}

#[component]
fn Start(props: &MiddleProps) -> Html {
    use_start(&props.lab)
}

/// The middle of the lab while a sweep is looked at.
#[component]
fn SweepStage() -> Html {
    let Some(lab) = use_context::<LabHandle>() else { return Html::default() };
    html! { <Middle {lab} /> }
}

#[derive(Properties, PartialEq)]
struct MiddleProps {
    lab: LabHandle,
}

#[component]
fn Middle(props: &MiddleProps) -> Html {
    let lab = &props.lab;
    let seen = use_seen(lab);
    let form = use_start(lab);
    match seen {
        None => empty(form),
        Some(seen) => html! {
            <div class="sweep" data-testid="sweep" data-sweep={format!("{}-{}", seen.id().by, seen.id().number)} data-method={names(seen.cost.method).0}>
                { drawing(lab, &seen) }
            </div>
        },
    }
}

/// The drawing of the sweep's method.
fn drawing(lab: &LabHandle, seen: &Seen) -> Html {
    match seen.cost.method {
        Method::Descent | Method::Segments => html! { <DescentView lab={lab.clone()} seen={seen.clone()} /> },
        Method::Ranges => html! { <ranges::RangesView lab={lab.clone()} seen={seen.clone()} /> },
        Method::Sketch => html! { <symbols::SymbolsView lab={lab.clone()} seen={seen.clone()} /> },
        Method::Log => logs::drawing(lab, seen),
        Method::Bitmaps => bitmaps::drawing(lab, seen),
        Method::Validation => html! { <validation::ValidationView lab={lab.clone()} seen={seen.clone()} /> },
        Method::Trie => html! { <tries::TriesView lab={lab.clone()} seen={seen.clone()} /> },
        Method::Versions | Method::Full => html! { <versions::VersionsView lab={lab.clone()} seen={seen.clone()} /> },
    }
}

/// No sweep has begun at the cursor.
fn empty(form: Html) -> Html {
    html! {
        <div class="sweep none" data-testid="sweep-empty">
            <h2>{ "No sweep has begun here" }</h2>
            <p>{ "A sweep is two replicas comparing what they hold, whether or not anybody reads it. Start one, or go to where one begins." }</p>
            { form }
            <RaceButton />
        </div>
    }
}

/// Who compares what with whom: the head of the middle.
#[component]
fn SweepHead() -> Html {
    let Some(lab) = use_context::<LabHandle>() else { return Html::default() };
    html! { <Head {lab} /> }
}

#[component]
fn Head(props: &MiddleProps) -> Html {
    let seen = use_seen(&props.lab);
    seen.map_or_else(Html::default, |seen| head(&props.lab, &seen))
}

fn head(lab: &LabHandle, seen: &Seen) -> Html {
    let (a, b) = ends(&seen.cost);
    let (range, differ, trees) = lab.read(|s| {
        let now = pair::differ(s.world(), s.truth(), (a, b), &seen.ranges);
        let leaves = seen.cost.leaves;
        let trees = policy(s, seen.id()).filter(|_| leaves > 0).map(|policy| tree_words(&policy, leaves));
        let behind = match pair::copies_behind(s.truth(), &seen.ranges) {
            0 if seen.cost.parties.len() > 2 => "they hold the same".to_owned(),
            n if seen.cost.parties.len() > 2 => format!("{} behind", counted(n, "copy is", "copies are")),
            _ => pair::behind((a, b), &now),
        };
        (pair::range_text(s.world(), &seen.ranges), behind, trees)
    });
    html! {
        <div class="sweep-head">
            <h2>{ format!("Where do {} disagree?", if seen.cost.parties.len() > 2 { list(seen.cost.parties.clone()) } else { format!("{a} and {b}") }) }</h2>
            <p class="dim">
                { range }{ ", " }<b>{ counted(seen.at_start.rows, "key", "keys") }</b>
                if let Some(trees) = trees { { format!(" · {trees}") } }
                { " · " }
                <span class="behind-now" data-testid="sweep-behind">{ differ }</span>
            </p>
            { chooser(lab, seen) }
        </div>
    }
}

/// The sweeps that have begun, if there are several.
fn chooser(lab: &LabHandle, seen: &Seen) -> Html {
    let all = lab.read(|s| choices(s, OFFERED));
    if all.len() < 2 {
        return Html::default();
    }
    let here = seen.id();
    let onchange = {
        let (lab, all) = (lab.clone(), all.clone());
        Callback::from(move |event: Event| {
            let place = event.target_dyn_into::<HtmlSelectElement>().and_then(|select| usize::try_from(select.selected_index()).ok());
            let chosen = place.and_then(|place| all.get(place)).map(|choice| choice.id);
            lab.set_ui(|ui| (ui.sweep, ui.zoom) = (chosen, None));
        })
    };
    html! {
        <select class="scrub" aria-label="Which sweep" data-testid="sweep-choice" {onchange}>
            { for all.iter().map(|choice| html! { <option selected={choice.id == here}>{ &choice.text }</option> }) }
        </select>
    }
}
