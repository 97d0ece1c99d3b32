//! The sandbox as a sentence: an empty ring whose numbers can be changed before it is opened.

use web_sys::HtmlSelectElement;
use yew::prelude::*;

use super::lab::scrub::Scrub;
use crate::engine::node::Level;
use crate::engine::place::MAX_ZONES;
use crate::engine::world::LIMITS;
use crate::view::settings_text::{Number, Unit};

/// Words of the repair setting: as in the address, as in the sentence.
const REPAIR: [(&str, &str); 3] = [("blocking", "before the answer"), ("asynchronous", "after the answer"), ("off", "off")];

/// How the ring can be divided: as in the address, as in the sentence.
const DIVIDED: [(&str, &str); 7] = [
    ("tokens=1", "one token a node"),
    ("tokens=4", "4 tokens a node"),
    ("tokens=16", "16 tokens a node"),
    ("tokens=256", "256 tokens a node"),
    ("partitions=16", "16 partitions"),
    ("partitions=64", "64 partitions"),
    ("partitions=256", "256 partitions"),
];

/// What the sentence says.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Wanted {
    nodes: u64,
    zones: u64,
    divided: &'static str,
    copies: u64,
    /// Whether every zone has that many copies.
    each: bool,
    write: Level,
    read: Level,
    repair: &'static str,
}

impl Wanted {
    fn address(&self) -> String {
        let Wanted { nodes, zones, divided, write, read, repair, .. } = self;
        let copies = if self.zoned() { vec![self.copies.to_string(); self.zones as usize].join(",") } else { self.copies.to_string() };
        // What is as usual is not said, so that plain rings keep their short address.
        let zones = if *zones > 1 { format!("&zones={zones}") } else { String::new() };
        let divided = if *divided == DIVIDED[0].0 { String::new() } else { format!("&{divided}") };
        format!("#/new?nodes={nodes}{zones}{divided}&copies={copies}&write={}&read={}&repair={repair}", write.name(), read.name())
    }

    fn zoned(&self) -> bool {
        self.each && self.zones > 1
    }

    /// N over all zones.
    fn total(&self) -> u32 {
        u32::try_from(self.copies * if self.zoned() { self.zones } else { 1 }).unwrap_or(u32::MAX)
    }
}

/// One choice of the sentence.
fn choice(
    wanted: &UseStateHandle<Wanted>,
    id: &'static str,
    label: &'static str,
    options: Vec<String>,
    chosen: usize,
    set: fn(&mut Wanted, usize),
) -> Html {
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
}

/// The sentence and its button.
#[hook]
pub fn use_empty_ring() -> Html {
    let wanted = use_state_eq(|| Wanted {
        nodes: 6,
        zones: 1,
        divided: DIVIDED[0].0,
        copies: 3,
        each: false,
        write: Level::Quorum,
        read: Level::Quorum,
        repair: "blocking",
    });
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
    let choice = |id, label, options, chosen, set| choice(&wanted, id, label, options, chosen, set);
    let n = wanted.total();
    let divided = DIVIDED.iter().position(|(word, _)| *word == wanted.divided).unwrap_or_default();
    let levels = || Level::PLAIN.map(|l| format!("{} ({})", l.block_for(n), l.name())).to_vec();
    let place = |level: Level| Level::PLAIN.iter().position(|l| *l == level).unwrap_or_default();
    let repair = REPAIR.iter().position(|(word, _)| *word == wanted.repair).unwrap_or_default();
    html! {
        <section class="sand" aria-label="An empty ring">
            <div>
                <p>
                    { "Start an empty ring of " }
                    { number("new-nodes", "nodes", wanted.nodes, LIMITS.nodes.into(), |w, n| (w.nodes, w.zones) = (n, w.zones.min(n))) }
                    { " nodes in " }
                    { number("new-zones", "zones", wanted.zones, (MAX_ZONES as u64).min(wanted.nodes), |w, n| w.zones = n) }
                    { if wanted.zones == 1 { " zone, divided into " } else { " zones, divided into " } }
                    { choice("new-divided", "how the ring is divided", DIVIDED.iter().map(|(_, words)| (*words).to_owned()).collect(), divided, |w, i| w.divided = DIVIDED[i.min(6)].0) }
                    { ", with " }
                    { number("new-copies", "copies of each key", wanted.copies, LIMITS.nodes.into(), |w, n| w.copies = n) }
                    { " copies of each key" }
                    if wanted.zones > 1 {
                        { ", " }
                        { choice("new-spread", "whether copies are counted zone by zone", vec!["wherever they stand".to_owned(), "in each zone".to_owned()], usize::from(wanted.each), |w, i| w.each = i == 1) }
                    }
                    { ". Writes wait for " }
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
