//! Two Merkle trees that descend together: the asker's on the left, the other one's on the right, their messages between them, and the rows
//! of the leaves that differ below.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::rc::Rc;

use yew::prelude::*;

use super::Seen;
use super::size::use_size;
use super::{ladder, rows, trees};
use crate::engine::data::Key;
use crate::engine::node::Streams;
use crate::engine::node::sweeps::Place;
use crate::lab::{BranchId, Session};
use crate::ui::lab::LabHandle;
use crate::ui::lab::sweep::trees::Hand;
use crate::view::sweep::descent::{Descent, asking_trees};
use crate::view::sweep::ladder::steps;
use crate::view::sweep::plan::Plan;
use crate::view::sweep::rows::{Leaf, Source, differing, leaves};
use crate::view::sweep::{ends, policy, talk};

/// Leaves whose rows are drawn at most.
const OPEN: usize = 9;
/// Keys that differ when a sweep begins, remembered at most.
const REMEMBERED: usize = 20_000;

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
    let bits = policy.unwrap_or_default().tree.bits();
    let descent = Descent::new(seen.id(), seen.cost.with, bits, asking_trees(&then.world, seen.id()));
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

/// The drawing.
#[component]
pub fn DescentView(props: &DescentViewProps) -> Html {
    let (lab, seen) = (&props.lab, &props.seen);
    let kept = use_mut_ref(|| None::<Kept>);
    let around = use_node_ref();
    let size = use_size(&around, (1060.0, 500.0));
    let at = use_state_eq(|| None::<Place>);
    lab.read(|session| follow(session, seen, &kept));
    let (ui, kept) = (lab.ui(), kept.borrow());
    let Some(Kept { descent, at_start, .. }) = kept.as_ref() else { return Html::default() };
    let all = &descent.exchange;
    let zoom = ui.zoom.filter(|top| top.range < all.ranges && top.level <= all.depth());
    let both = ends(&seen.cost);
    lab.read(|session| {
        let said = talk::talk(session, seen.id());
        let steps = steps(&said);
        let tree = all.asking.first().map(|tree| tree.policy()).unwrap_or_default();
        let source = Source { session, ends: both, ranges: &seen.ranges, tree, at_start };
        let open = leaves(&source, all, &said, OPEN);
        let after = if policy(session, seen.id()).is_some_and(|policy| policy.streams == Streams::Leaves) { 5 } else { 7 };
        let plan = Plan::of(all, zoom, (size.0.max(300.0), size.1), after, height_of(&open));
        let hand = Hand { lab: lab.clone(), at: at.clone(), zoom };
        let moves = ui.playing || ui.stepped;
        html! {
            <>
                { trees::crumbs(all, &hand) }
                <div class="trees-box" ref={around.clone()}>
                    <svg class={classes!("trees", "k-sync", moves.then_some("moves"))} data-testid="trees" width={plan.width.to_string()} height={plan.height.to_string()}
                        viewBox={format!("0 0 {} {}", plan.width, plan.height)} role="group" tabindex="0" aria-label={trees::summary(all, both)}
                        onkeydown={hand.keys(all)}>
                        { trees::side(all, true, both.0, &plan, &hand) }
                        { trees::side(all, false, both.1, &plan, &hand) }
                        if let Some(ends) = plan.ladder { { ladder::drawing(lab, all, &steps, &plan, ends) } }
                        { rows::drawing(all, &open, &plan, both) }
                    </svg>
                </div>
                { trees::caption(all, both, *at) }
                if plan.ladder.is_none() { { ladder::list(lab, all, &steps, both) } }
                { trees::twin(all, both, &open) }
            </>
        }
    })
}
