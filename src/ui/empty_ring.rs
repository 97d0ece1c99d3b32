//! The sandbox as a sentence: an empty ring whose numbers can be changed before it is opened.

use web_sys::HtmlSelectElement;
use yew::prelude::*;

use super::lab::scrub::Scrub;
use crate::engine::node::Level;
use crate::engine::world::LIMITS;
use crate::view::settings_text::{Number, Unit};

/// Words of the repair setting: as in the address, as in the sentence.
const REPAIR: [(&str, &str); 3] = [("blocking", "before the answer"), ("asynchronous", "after the answer"), ("off", "off")];

/// What the sentence says.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Wanted {
    nodes: u64,
    copies: u64,
    write: Level,
    read: Level,
    repair: &'static str,
}

impl Wanted {
    fn address(&self) -> String {
        let Wanted { nodes, copies, write, read, repair } = self;
        format!("#/new?nodes={nodes}&copies={copies}&write={}&read={}&repair={repair}", write.name(), read.name())
    }
}

/// The sentence and its button.
#[component]
pub fn EmptyRing() -> Html {
    let wanted = use_state_eq(|| Wanted { nodes: 6, copies: 3, write: Level::Quorum, read: Level::Quorum, repair: "blocking" });
    let fault = use_state_eq(|| None::<String>);
    let number = |id, label, value, most, set: fn(&mut Wanted, u64)| {
        let change = {
            let (wanted, fault) = (wanted.clone(), fault.clone());
            Callback::from(move |value| {
                let mut new = (*wanted).clone();
                set(&mut new, value);
                fault.set(None);
                wanted.set(new);
            })
        };
        let refuse = fault.setter();
        let number = Number { id, label, value, least: 1, most, unit: Unit::Count };
        html! { <Scrub {number} set={change} refuse={Callback::from(move |why| refuse.set(Some(why)))} /> }
    };
    let choice = |id: &'static str, label: &'static str, options: Vec<String>, chosen: usize, set: fn(&mut Wanted, usize)| {
        let wanted = wanted.clone();
        let onchange = Callback::from(move |event: Event| {
            let select = event.target_dyn_into::<HtmlSelectElement>();
            if let Some(i) = select.and_then(|s| usize::try_from(s.selected_index()).ok()) {
                let mut new = (*wanted).clone();
                set(&mut new, i);
                wanted.set(new);
            }
        });
        html! {
            <select class="scrub" data-testid={format!("setting-{id}")} aria-label={label} {onchange}>
                { for options.into_iter().enumerate().map(|(i, words)| html! { <option selected={i == chosen}>{ words }</option> }) }
            </select>
        }
    };
    let n = u32::try_from(wanted.copies).unwrap_or(u32::MAX);
    let levels = || Level::PLAIN.map(|l| format!("{} ({})", l.block_for(n), l.name())).to_vec();
    let place = |level: Level| Level::PLAIN.iter().position(|l| *l == level).unwrap_or_default();
    let repair = REPAIR.iter().position(|(word, _)| *word == wanted.repair).unwrap_or_default();
    html! {
        <section class="sand" aria-label="An empty ring">
            <div>
                <p>
                    { "Start an empty ring of " }
                    { number("new-nodes", "nodes", wanted.nodes, LIMITS.nodes.into(), |w, n| w.nodes = n) }
                    { " nodes with " }
                    { number("new-copies", "copies of each key", wanted.copies, LIMITS.nodes.into(), |w, n| w.copies = n) }
                    { " copies of each key. Writes wait for " }
                    { choice("new-write", "replicas a write waits for", levels(), place(wanted.write), |w, i| w.write = Level::PLAIN[i.min(2)]) }
                    { ", reads for " }
                    { choice("new-read", "replicas a read waits for", levels(), place(wanted.read), |w, i| w.read = Level::PLAIN[i.min(2)]) }
                    { ". Repair: " }
                    { choice("new-repair", "when copies that are behind are repaired", REPAIR.iter().map(|(_, words)| (*words).to_owned()).collect(), repair, |w, i| w.repair = REPAIR[i.min(2)].0) }
                    { ". Ties: last write wins." }
                </p>
                <div class="faulty" role="alert">{ (*fault).clone().unwrap_or_default() }</div>
            </div>
            <a class="btn pri big" href={wanted.address()} data-testid="open-sandbox">{ "Open the sandbox" }</a>
        </section>
    }
}
