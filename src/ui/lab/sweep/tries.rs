//! Two tries beside each other, each an icicle: a node lies over what is below it. What is asked and answered stands between them, rows that are
//! pushed below.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::rc::Rc;

use yew::prelude::*;

use super::Seen;
use super::descent::REMEMBERED;
use super::size::use_size;
use super::{ladder, rows};
use crate::engine::base::{EventId, NodeId, set_of};
use crate::engine::data::Key;
use crate::engine::node::sweeps::Place;
use crate::engine::sweep::LevelCount;
use crate::lab::{BranchId, Session};
use crate::ui::lab::LabHandle;
use crate::ui::svg::{path, px, rect};
use crate::view::format::counted;
use crate::view::geometry::{Rect, round1};
use crate::view::sweep::icicle::{Drawn, Layout, layout, name, side};
use crate::view::sweep::ladder::steps;
use crate::view::sweep::plan::Plan;
use crate::view::sweep::rows::{Leaf, differing, pairs};
use crate::view::sweep::tries::{Look, Walk, asking_tries, summary};
use crate::view::sweep::{ends, talk};

/// Properties of [`TriesView`].
#[derive(Properties, PartialEq)]
pub struct TriesViewProps {
    /// The lab.
    pub lab: LabHandle,
    /// The sweep in view.
    pub seen: Seen,
}

/// Which tries and which part a layout is for.
type LayoutOf = (usize, Option<Place>);

/// What is kept from one drawing to the next.
struct Kept {
    of: (BranchId, EventId),
    walk: Walk,
    layout: Option<(LayoutOf, Rc<Layout>)>,
    at_start: BTreeSet<Key>,
}

fn follow(session: &Session, seen: &Seen, kept: &RefCell<Option<Kept>>) {
    let mut kept = kept.borrow_mut();
    let of = (session.current(), seen.began);
    let known = kept.as_mut().filter(|kept| kept.of == of && kept.walk.id == seen.id());
    if known.is_some_and(|kept| !kept.walk.follow(session)) {
        return;
    }
    let then = session.peek(seen.began.0 + 1);
    let mut walk = Walk::new(seen.id(), seen.cost.with, asking_tries(&then.world, seen.id()));
    walk.follow(session);
    let at_start = differing(&then.world, &then.truth, ends(&seen.cost), &seen.ranges, REMEMBERED);
    *kept = Some(Kept { of, walk, layout: None, at_start });
}

/// Moves over the icicle.
#[derive(Clone)]
struct Hand {
    lab: LabHandle,
    at: UseStateHandle<Option<Place>>,
}

impl Hand {
    fn open(&self, place: Option<Place>) {
        self.lab.set_ui(|ui| ui.zoom = place);
    }

    /// Arrows walk the nodes as they are laid out, Enter opens one, Backspace goes back up.
    fn keys(&self, layout: &Rc<Layout>, zoom: Option<Place>) -> Callback<KeyboardEvent> {
        let (hand, layout) = (self.clone(), layout.clone());
        Callback::from(move |event: KeyboardEvent| {
            if event.ctrl_key() || event.meta_key() || event.alt_key() || event.shift_key() {
                return;
            }
            let slots = &layout.slots;
            let here = hand.at.and_then(|at| slots.iter().position(|slot| slot.at == at)).unwrap_or(0);
            let Some(slot) = slots.get(here) else { return };
            let level = |i: usize| slots.get(i).filter(|other| other.at.level == slot.at.level).map(|_| i);
            let next = match event.key().as_str() {
                "ArrowDown" => slots.iter().position(|s| s.at.level == slot.at.level + 1 && s.columns.0 >= slot.columns.0),
                "ArrowUp" => slots
                    .iter()
                    .position(|s| s.at.level + 1 == slot.at.level && s.columns.0 <= slot.columns.0 && slot.columns.1 <= s.columns.1),
                "ArrowRight" => level(here + 1),
                "ArrowLeft" => here.checked_sub(1).and_then(level),
                "Enter" => {
                    hand.open(Some(slot.at));
                    Some(here)
                }
                "Backspace" => {
                    hand.open(zoom.filter(|at| at.level > 1).map(|at| Place { level: at.level - 1, index: at.index >> 8, ..at }));
                    Some(here)
                }
                _ => return,
            };
            hand.at.set(Some(slots.get(next.unwrap_or(here)).map_or(slot.at, |slot| slot.at)));
            event.prevent_default();
            event.stop_propagation();
        })
    }
}

/// The drawing.
#[component]
pub fn TriesView(props: &TriesViewProps) -> Html {
    let (lab, seen) = (&props.lab, &props.seen);
    let kept = use_mut_ref(|| None::<Kept>);
    let around = use_node_ref();
    let size = use_size(&around, (1060.0, 500.0));
    let at = use_state_eq(|| None::<Place>);
    lab.read(|session| follow(session, seen, &kept));
    let mut kept = kept.borrow_mut();
    let Some(Kept { walk, layout: laid, at_start, .. }) = kept.as_mut() else { return Html::default() };
    let (ui, both) = (lab.ui(), ends(&seen.cost));
    let zoom = ui.zoom.filter(|at| (at.range as usize) < walk.asking.len());
    let of = (walk.answering.len(), zoom);
    if laid.as_ref().is_none_or(|(known, _)| *known != of) {
        *laid = Some((of, Rc::new(layout(&walk.asking, &walk.answering, zoom))));
    }
    let Some((_, laid)) = laid.as_ref() else { return Html::default() };
    let hand = Hand { lab: lab.clone(), at: at.clone() };
    lab.read(|session| {
        let said = talk::talk(session, seen.id());
        let steps = steps(&said, both, seen.id().by);
        let top = zoom.map_or(0, |at| at.level);
        let plan = Plan::of(laid.depth.max(walk.levels.len().saturating_sub(1) as u32), zoom, (size.0.max(300.0), size.1), 4, 90.0);
        let levels: Vec<Option<LevelCount>> = walk.levels.iter().map(|count| Some(*count)).collect();
        let moves = ui.playing || ui.stepped;
        let needed = set_of(at_start.iter().cloned().chain(walk.pushed()));
        let leaf = Leaf {
            place: Place { range: 0, level: 0, index: 0 },
            rows: needed.len() as u64,
            needed: at_start.len() as u64,
            whole: true,
            pairs: pairs(session, both, &needed, &said),
        };
        let title = if plan.ladder.is_some() { "where hashes differ" } else { "differ" };
        let trees = |of: usize| {
            let frame = plan.frames[of];
            let drawn = side(walk, laid, of, frame.x, frame.w, |level| frame.y(level.max(top)));
            let room = Rect::new(frame.x, plan.rows + 14.0, frame.w, 40.0);
            html! {
                <g class="forest" data-testid={if of == 0 { "trees-a" } else { "trees-b" }}>
                    { for drawn.iter().filter(|d| d.look >= Look::Asked).filter_map(|d| way(d, frame.y(d.at.level.max(top)) - frame.gap)) }
                    { for drawn.iter().map(|d| node(d, &hand)) }
                    { disc(if of == 0 { both.0 } else { both.1 }, of, &plan) }
                    if leaf.rows > 0 { <g class="leaf-rows">{ rows::side(title, &leaf, of, &room, if of == 0 { both.0 } else { both.1 }) }</g> }
                </g>
            }
        };
        html! {
            <>
                { crumbs(zoom, &hand) }
                <ul class="tree-notes" data-testid="tries-notes">
                    <li>{ format!("Only {} pushes.", both.0) }</li>
                    <li data-testid="tries-left">{ left(walk, both) }</li>
                    if laid.clipped { <li>{ "Open a node to see what is below it." }</li> }
                </ul>
                <div class="trees-box" ref={around.clone()}>
                    <svg class={classes!("trees", "tries", "k-sync", moves.then_some("moves"))} data-testid="trees" width={plan.width.to_string()} height={plan.height.to_string()}
                        viewBox={format!("0 0 {} {}", plan.width, plan.height)} role="group" tabindex="0" aria-label={format!("{} Arrow keys walk the nodes, Enter opens one.", summary(walk))}
                        onkeydown={hand.keys(laid, zoom)}>
                        { trees(0) }{ trees(1) }
                        if let Some(room) = plan.ladder { { ladder::drawing(lab, &levels, &steps, &plan, room) } }
                    </svg>
                </div>
                { caption(walk, laid, *at) }
                if plan.ladder.is_none() { { ladder::list(lab, &levels, &steps, both, seen.id().by) } }
                { twin(walk) }
            </>
        }
    })
}

/// What the walk leaves to the other side.
fn left(walk: &Walk, both: (NodeId, NodeId)) -> String {
    match walk.theirs.len() as u64 {
        0 => format!("So far nothing is known that only {} has.", both.1),
        n => format!("{} only {} has stay there, until {} walks too.", counted(n, "part that", "parts that"), both.1, both.1),
    }
}

/// The way from a node above.
fn way(drawn: &Drawn, above: f64) -> Option<Html> {
    let (x, to) = (round1(drawn.place.x + drawn.place.w / 2.0), round1(drawn.place.y));
    let (px, from) = (round1(drawn.above?), round1(above + 11.0));
    let bend = (to - from) * 0.6;
    let class = match drawn.look {
        Look::Differs | Look::Pushed => "te differs",
        Look::Asked => "te asked",
        _ => "te sent",
    };
    Some(path(class, &format!("M{px} {from}C{px} {} {x} {} {x} {to}", round1(from + bend), round1(to - bend))))
}

/// A node or a row.
fn node(drawn: &Drawn, hand: &Hand) -> Html {
    let here = drawn.at;
    let enter = {
        let at = hand.at.clone();
        Callback::from(move |_: PointerEvent| at.set(Some(here)))
    };
    let onclick = {
        let (hand, leaf) = (hand.clone(), drawn.leaf);
        Callback::from(move |_: MouseEvent| {
            hand.at.set(Some(here));
            if !leaf {
                hand.open(Some(here));
            }
        })
    };
    let (x, y) = (drawn.place.x + drawn.place.w / 2.0, drawn.place.y + drawn.place.h / 2.0 + 4.6);
    html! {
        <g key={format!("{}-{}-{}", here.range, here.level, here.index)} class={classes!("tn", drawn.look.words().0, (*hand.at == Some(here)).then_some("pointed"), (drawn.place.w < 4.0).then_some("thin"), drawn.leaf.then_some("leaf"))}
            onpointerenter={enter} {onclick} data-place={format!("{}.{}.{}", here.range, here.level, here.index)}>
            <title>{ &drawn.title }</title>
            { rect(classes!("box"), &drawn.place, if drawn.leaf && drawn.place.w > 8.0 { "4" } else { "0" }) }
            if !drawn.words.is_empty() { <text class="m" x={px(x)} y={px(y)} text-anchor="middle" font-size="13">{ &drawn.words }</text> }
        </g>
    }
}

/// The node's letter above its tries.
fn disc(letter: NodeId, of: usize, plan: &Plan) -> Html {
    let frame = plan.frames[of];
    let (x, y) = (if of == 0 { frame.x + 14.0 } else { frame.x + frame.w - 14.0 }, frame.top - 27.0);
    html! {
        <g class="tree-of">
            <circle cx={px(x)} cy={px(y)} r="14" />
            <text class="d" x={px(x)} y={px(y + 5.4)} text-anchor="middle" font-size="16">{ letter.to_string() }</text>
        </g>
    }
}

fn crumbs(zoom: Option<Place>, hand: &Hand) -> Html {
    let Some(top) = zoom else { return Html::default() };
    let step = |place: Option<Place>| {
        let hand = hand.clone();
        let onclick = Callback::from(move |_: MouseEvent| hand.open(place));
        let words = place.map_or_else(|| "all".to_owned(), |at| name(&at));
        html! { <li><button type="button" class="oplink" aria-current={(place == Some(top)).then_some("true")} {onclick}>{ words }</button></li> }
    };
    let all = (0..=top.level).map(|level| Some(Place { level, index: top.index >> (8 * (top.level - level)), ..top }));
    html! { <nav aria-label="Part of the tries"><ol class="crumbs" data-testid="trees-crumbs">{ step(None) }{ for all.map(step) }</ol></nav> }
}

/// What is known of the place that is pointed at.
fn caption(walk: &Walk, laid: &Layout, at: Option<Place>) -> Html {
    let slot = at.and_then(|at| laid.slots.iter().find(|slot| slot.at == at));
    let words = slot.map(|slot| format!("{}: {}", name(&slot.at), walk.look(slot).words().1));
    html! {
        <p class="tree-caption" role="status" data-testid="trees-caption">
            { words.unwrap_or_else(|| "A box lies over all keys that begin with its bytes. Press one to see what is below.".to_owned()) }
        </p>
    }
}

/// The drawing as a table, for those who cannot see it.
fn twin(walk: &Walk) -> Html {
    html! {
        <table class="vh" data-testid="trees-table">
            <caption>{ summary(walk) }</caption>
            <thead><tr><th scope="col">{ "bytes" }</th><th scope="col">{ "compared" }</th><th scope="col">{ "differ" }</th></tr></thead>
            <tbody>{ for walk.levels.iter().enumerate().map(|(level, count)| html! { <tr><th scope="row">{ level }</th><td>{ count.compared }</td><td>{ count.differed }</td></tr> }) }</tbody>
        </table>
    }
}
