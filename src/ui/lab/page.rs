//! A lab on the page: owns the session, lays out the panels, keeps the work.

use gloo::events::EventListener;
use yew::prelude::*;
use yew_router::hooks::use_location;

use super::LabHandle;
use super::checks::use_checks;
use super::console::use_console;
use super::dock::use_dock;
use super::faults::use_faults;
use super::help::help_button;
use super::inspector::inspector;
use super::keeping::{use_autosave, use_idle_work};
use super::keys::use_keys;
use super::legend::legend;
use super::messages::use_messages;
use super::open::{self, Opened, Place, Restore};
use super::settings::use_settings;
use super::stage::Stage;
use super::sweep::{Panel, switch};
use super::tabs::{Tab, tabs};
use super::title::{title, whose};
use super::tools::{use_file_drop, use_lab_tools};
use super::why::use_why;
use super::workloads::use_workloads;
use crate::lab::View;
use crate::ui::header::{Bar, header};
use crate::ui::later::SweepPanel;
use crate::ui::route::{Route, query, set_title};
use crate::ui::theme;

/// Properties of [`LabPage`].
#[derive(Debug, PartialEq, Properties)]
pub struct LabPageProps {
    /// What the address says.
    pub place: Place,
}

/// A page with one lab.
#[component]
pub fn LabPage(props: &LabPageProps) -> Html {
    let newest = use_location().is_some_and(|l| query(l.query_str(), "continue").is_some());
    let restore = if newest { Restore::Newest } else { Restore::Here };
    let opened = use_memo(props.place.clone(), |place| open::open(place, restore));
    use_effect_with(opened.session.script().title.clone(), |title| set_title(title));
    html! { <LabView key={props.place.name()} opened={(*opened).clone()} /> }
}

/// Properties of [`LabView`].
#[derive(Debug, PartialEq, Properties)]
pub struct LabViewProps {
    /// The session to start with, and where its work is kept.
    pub opened: Opened,
    /// Whether this is one of several labs on a page: no bar at the top, no title of its own.
    #[prop_or_default]
    pub compact: bool,
    /// What this lab is called among several.
    #[prop_or_default]
    pub label: AttrValue,
    /// What stands under the bar: the task of a challenge.
    #[prop_or_default]
    pub children: Children,
    /// Is told of the lab and of each of its revisions.
    #[prop_or_default]
    pub told: Callback<LabHandle>,
}

/// One lab, independent of every other one on the page.
#[component]
pub fn LabView(props: &LabViewProps) -> Html {
    let revision = use_state(|| 0u64);
    let owner = {
        let set = revision.setter();
        use_memo((), |()| LabHandle::new((*props.opened.session).clone(), Callback::from(move |r| set.set(r))))
    };
    let lab = owner.at(*revision);
    let (tab, side_tab) = (use_state_eq(Tab::default), use_state_eq(|| Tab::Sweep));
    {
        let told = props.told.clone();
        use_effect_with(lab.clone(), move |lab| told.emit(lab.clone()));
    }
    use_opening_error(&lab, &props.opened);
    use_mode(&lab);
    use_idle_work(&lab);
    use_autosave(&lab, &props.opened);
    let (ondragover, ondrop) = use_file_drop(&lab);
    let faded: Vec<&str> = lab.ui().faded.iter().map(|t| t.name()).collect();
    let faded = (!faded.is_empty()).then(|| faded.join(" "));
    let (keys, messages, tools) = (use_keys(&lab), use_messages(&lab), use_lab_tools());
    let (console, workloads, faults) = (use_console(&lab), use_workloads(&lab), use_faults(&lab));
    let (settings, checks, why) = (use_settings(&lab), use_checks(&lab), use_why(&lab));
    let sweeping = lab.ui().view == View::Sweep;
    let (shown, choose, all) = if sweeping { (*side_tab, side_tab.setter(), Tab::SWEEP) } else { (*tab, tab.setter(), Tab::RING) };
    let choose = Callback::from(move |to| choose.set(to));
    // Several labs on a page have parts of the same kind, told apart by the lab's name.
    let called = |part: &str| if props.compact { format!("{}: {part}", props.label) } else { part.to_owned() };
    let dock = use_dock(&lab, called("Time"));
    html! {
        <ContextProvider<LabHandle> context={lab.clone()}>
            <div class={classes!("lab", props.compact.then_some("compact"))} data-testid="lab" data-tab={shown.word()} data-view={if sweeping { "sweep" } else { "ring" }} data-faded={faded}
                role={props.compact.then_some("group")} aria-label={props.compact.then(|| props.label.clone())} {ondragover} {ondrop}>
                if props.compact {
                    <div class="compact-head"><h2>{ props.label.clone() }</h2>{ whose(&lab, &props.opened) }</div>
                } else {
                    { header(Bar { current: Some(Route::Lab), mid: title(&lab, &props.opened), tools, last: help_button() }) }
                }
                if !props.children.is_empty() { <section class="task" aria-label="Task">{ props.children.clone() }</section> }
                { keys }
                { messages }
                { middle(&lab, why, props.compact) }
                { dock }
                { tabs(all, shown, &choose, &called("Panels")) }
                <aside class="col right" aria-label={called("What is selected")}>
                    if shown == Tab::Sweep { <SweepPanel panel={Panel::Side} /> } else { { inspector(&lab) }{ checks } }
                </aside>
                <aside class="col left" aria-label={called("What you can do")}>
                    { console }
                    { workloads }
                    <ByHand lab={lab.clone()} />
                    { faults }
                    { settings }
                </aside>
            </div>
        </ContextProvider<LabHandle>>
    }
}

/// Stage and sentence: the main part of a page with one lab.
fn middle(lab: &LabHandle, why: Html, compact: bool) -> Html {
    let (head, shown) = match lab.ui().view {
        View::Ring => (legend(lab), html! { <Stage /> }),
        View::Sweep => (html! { <SweepPanel panel={Panel::Head} /> }, html! { <SweepPanel panel={Panel::Stage} /> }),
    };
    let panels = html! { <><div class="mid-head">{ switch(lab) }{ head }</div>{ shown }{ why }</> };
    if compact {
        return html! { <div class="mid-col">{ panels }</div> };
    }
    html! {
        <main id="main" class="mid-col" tabindex="-1">
            <h1 class="phone-only scn">{ lab.read(|s| s.script().title.clone()) }</h1>
            { panels }
        </main>
    }
}

/// Properties of [`ByHand`].
#[derive(PartialEq, Properties)]
struct ByHandProps {
    lab: LabHandle,
}

/// Starting a sweep: beside the ring. What it takes is fetched when it is opened first.
#[component]
fn ByHand(props: &ByHandProps) -> Html {
    let opened = use_state_eq(|| false);
    let title = format!("sweep-title-{}", props.lab.number());
    let ontoggle = {
        let opened = opened.setter();
        Callback::from(move |_: Event| opened.set(true))
    };
    html! {
        <section data-panel="client" data-testid="sweep-start" aria-labelledby={title.clone()}>
            <h2 class="h" id={title}>{ "Sweep" }</h2>
            <details class="more" {ontoggle}>
                <summary data-testid="sweep-open">{ "Compare two replicas\u{2026}" }</summary>
                if *opened { <SweepPanel panel={Panel::Start} /> }
            </details>
        </section>
    }
}

/// Shows once what went wrong when the lab was opened.
#[hook]
fn use_opening_error(lab: &LabHandle, opened: &Opened) {
    let lab = lab.clone();
    use_effect_with(opened.error.clone(), move |error| {
        if let Some(error) = error.clone() {
            lab.set_ui(|ui| ui.error = Some(error));
        }
    });
}

/// Draws everything anew when the projector goes on or off.
#[hook]
fn use_mode(lab: &LabHandle) {
    let lab = lab.clone();
    use_effect_with((), move |()| {
        let listener = EventListener::new(&gloo::utils::window(), theme::MODE_EVENT, move |_| lab.show());
        move || drop(listener)
    });
}
