//! Two Merkle trees that descend together: the asker's on the left, the other one's on the right, their messages between them, and the rows
//! of the leaves that differ below.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::rc::Rc;

use yew::prelude::*;

use super::Seen;
use super::size::use_size;
use super::trees::Hand;
use super::{ladder, rows, trees};
use crate::engine::base::NodeId;
use crate::engine::data::Key;
use crate::engine::node::sweeps::Place;
use crate::engine::node::{Method, Streams};
use crate::engine::sweep::{LevelCount, TokenRange};
use crate::lab::{BranchId, Session};
use crate::ui::lab::LabHandle;
use crate::ui::svg::titled;
use crate::view::sweep::descent::{Descent, asking_trees};
use crate::view::sweep::exchange::Exchange;
use crate::view::sweep::ladder::steps;
use crate::view::sweep::plan::Plan;
use crate::view::sweep::rows::{Leaf, Source, differing, leaves};
use crate::view::sweep::segments::Upkeep;
use crate::view::sweep::talk::Rung;
use crate::view::sweep::{ends, forest, policy, segments, talk};

/// Leaves whose rows are drawn at most.
const OPEN: usize = 9;
/// Keys that differ when a sweep begins, remembered at most.
pub const REMEMBERED: usize = 20_000;

/// What is kept of a descent from one drawing to the next.
pub struct Kept {
    of: (BranchId, crate::engine::base::EventId),
    descent: Descent,
    /// Keys that differed when it began.
    at_start: Rc<BTreeSet<Key>>,
}

/// Properties of [`DescentView`].
#[derive(Properties, PartialEq)]
pub struct DescentViewProps {
    /// The lab.
    pub lab: LabHandle,
    /// The sweep in view.
    pub seen: Seen,
}

/// Begins to read a descent from the start.
fn fresh(session: &Session, seen: &Seen) -> Kept {
    let then = session.peek(seen.began.0 + 1);
    let policy = then.world.host(seen.id().by).and_then(|h| h.node.sweeps.asking().get(&seen.id().number).map(|a| a.policy));
    let asking = asking_trees(&then.world, seen.id());
    let bits = asking.first().map_or_else(|| policy.unwrap_or_default().tree.bits(), |tree| tree.policy().bits());
    let descent = Descent::new(seen.id(), seen.cost.with, bits, asking);
    let at_start = Rc::new(differing(&then.world, &then.truth, ends(&seen.cost), &seen.ranges, REMEMBERED));
    Kept { of: (session.current(), seen.began), descent, at_start }
}

/// The descent at the cursor, read on from where it was left.
fn follow(session: &Session, seen: &Seen, kept: &RefCell<Option<Kept>>) {
    let mut kept = kept.borrow_mut();
    let of = (session.current(), seen.began);
    let known = kept.as_mut().filter(|kept| kept.of == of && kept.descent.id == seen.id());
    if known.is_some_and(|kept| !kept.descent.follow(session)) {
        return;
    }
    let mut new = fresh(session, seen);
    new.descent.follow(session);
    *kept = Some(new);
}

/// Height that the rows of these leaves need.
fn height_of(leaves: &[Leaf]) -> f64 {
    if leaves.is_empty() { 0.0 } else { leaves.len().min(3) as f64 * rows::BLOCK + 16.0 }
}

/// What is drawn of two sides' trees.
pub struct Figure<'a> {
    /// The lab.
    pub lab: &'a LabHandle,
    /// The trees.
    pub all: &'a Exchange,
    /// Whose they are.
    pub ends: (NodeId, NodeId),
    /// Who started the sweep: one of the two, or a third that only coordinates.
    pub by: NodeId,
    /// Ranges that are compared.
    pub ranges: &'a [TokenRange],
    /// Keys that differed when it began.
    pub at_start: &'a BTreeSet<Key>,
    /// Rungs that there may be below the leaves.
    pub after: usize,
    /// The box it is drawn in, and its size.
    pub room: (&'a NodeRef, (f64, f64)),
    /// The node pointed at.
    pub at: &'a UseStateHandle<Option<Place>>,
    /// Parts under the leaves of each side that are told apart: those that have changed, or move together.
    pub under: [Under; 2],
}

/// Parts under leaves: what they are, their style class, and which tree with its first and last leaf.
pub type Under = (&'static str, &'static str, Vec<(u32, u64, u64)>);

/// Marks under leaves that are drawn at most.
const UNDER: usize = 300;

/// Draws trees, their ladder, and the rows of the leaves that differ.
pub fn figure(f: &Figure<'_>, session: &Session, said: &[Rung<'_>]) -> Html {
    let (lab, all, both) = (f.lab, f.all, f.ends);
    let ui = lab.ui();
    let zoom = ui.zoom.filter(|top| top.range < all.ranges && top.level <= all.depth());
    let steps = steps(said, both, f.by);
    let tree = all.asking.first().map(|tree| tree.policy()).unwrap_or_default();
    let source = Source { session, ends: both, ranges: f.ranges, tree, at_start: f.at_start };
    let open = leaves(&source, all, said, OPEN);
    let size = f.room.1;
    let plan = Plan::of(all.depth(), zoom, (size.0.max(300.0), size.1), f.after, height_of(&open));
    let hand = Hand { lab: lab.clone(), at: f.at.clone(), zoom };
    let moves = ui.playing || ui.stepped;
    let levels: Vec<Option<LevelCount>> = all.levels.iter().map(|level| level.count).collect();
    let under = |side: usize| {
        let (title, class, parts) = &f.under[side];
        let one = |part: &(u32, u64, u64)| {
            let (from, to) = forest::reach(all, &plan.frames[side], *part)?;
            let to = to.max(from + 3.0);
            Some(titled(class, &format!("M{from} {y}v4H{to}v-4", y = plan.leaves + 17.0), (*title).to_owned()))
        };
        html! { <g data-testid={format!("{class}-{side}")}>{ for parts.iter().take(UNDER).filter_map(one) }</g> }
    };
    html! {
        <>
            { trees::crumbs(all, &hand) }
            <div class="trees-box" ref={f.room.0.clone()}>
                <svg class={classes!("trees", "k-sync", moves.then_some("moves"))} data-testid="trees" width={plan.width.to_string()} height={plan.height.to_string()}
                    viewBox={format!("0 0 {} {}", plan.width, plan.height)} role="group" tabindex="0" aria-label={trees::summary(all, both)}
                    onkeydown={hand.keys(all)}>
                    { trees::side(all, true, both.0, &plan, &hand) }
                    { trees::side(all, false, both.1, &plan, &hand) }
                    { under(0) }{ under(1) }
                    if let Some(ends) = plan.ladder { { ladder::drawing(lab, &levels, &steps, &plan, ends) } }
                    { rows::drawing(all, &open, &plan, both) }
                </svg>
            </div>
            { trees::caption(all, both, **f.at) }
            if plan.ladder.is_none() { { ladder::list(lab, &levels, &steps, both, f.by) } }
            { trees::twin(all, both, &open) }
        </>
    }
}

/// The drawing.
#[component]
pub fn DescentView(props: &DescentViewProps) -> Html {
    let (lab, seen) = (&props.lab, &props.seen);
    let kept = use_mut_ref(|| None::<Kept>);
    let around = use_node_ref();
    let size = use_size(&around, (1060.0, 500.0));
    let at = use_state_eq(|| None::<Place>);
    lab.read(|session| follow(session, seen, &kept));
    let kept = kept.borrow();
    let Some(Kept { descent, at_start, .. }) = kept.as_ref() else { return Html::default() };
    let (both, by_segments) = (ends(&seen.cost), seen.cost.method == Method::Segments);
    lab.read(|session| {
        let said = talk::talk(session, seen.id());
        let upkeep = by_segments.then(|| [both.0, both.1].map(|node| segments::upkeep(session.world(), node, seen.id(), &seen.ranges)));
        let dirty = |side: usize| {
            let parts = upkeep.as_ref().map_or_else(Vec::new, |of| of[side].dirty.iter().map(|p| (p.range, p.index, p.index)).collect());
            ("This segment has changed since its hash was computed", "dirty", parts)
        };
        let leaves = policy(session, seen.id()).is_some_and(|policy| policy.streams == Streams::Leaves);
        let drawn = Figure {
            lab,
            all: &descent.exchange,
            ends: both,
            by: seen.id().by,
            ranges: &seen.ranges,
            at_start,
            after: if leaves { 5 } else { 7 },
            room: (&around, size),
            at: &at,
            under: [dirty(0), dirty(1)],
        };
        html! {
            <>
                if let Some(both) = &upkeep { { upkept(both, segments::reads(session, seen.id()).words()) } }
                { figure(&drawn, session, &said) }
            </>
        }
    })
}

/// Trees of segments in words: their locks, what is dirty, and the reads that mend.
fn upkept(both: &[Upkeep; 2], reads: Option<String>) -> Html {
    let one = |of: &Upkeep| html! { <li class={of.locked.then_some("locked")}>{ of.words() }</li> };
    html! { <ul class="tree-notes" data-testid="segments-notes">{ for both.iter().map(one) }if let Some(words) = reads { <li data-testid="segments-reads">{ words }</li> }</ul> }
}
