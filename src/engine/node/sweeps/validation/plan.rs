//! Which ranges a repair is over, and who takes part for each.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::message::Share;
use crate::engine::base::{NodeId, arrange, set_of};
use crate::engine::data::Token;
use crate::engine::node::settings::{Scope, Validation};
use crate::engine::node::sweeps::trees::arcs;
use crate::engine::node::{Ctx, Node};
use crate::engine::sweep::TokenRange;

/// Ranges and their replicas.
pub type Plan = Arc<[Share]>;

/// Everybody who takes part, each once, in their order.
pub fn parties(plan: &[Share]) -> BTreeSet<NodeId> {
    plan.iter().flat_map(|share| share.holders.iter().copied()).collect()
}

/// Ranges for which both take part.
pub fn shared(plan: &[Share], a: NodeId, b: NodeId) -> impl Iterator<Item = TokenRange> {
    plan.iter().filter(move |share| share.holders.contains(&a) && share.holders.contains(&b)).map(|share| share.range)
}

/// Whether all of `inner` lies in `outer`.
pub(super) fn lies_in(inner: TokenRange, outer: TokenRange) -> bool {
    outer.offset(Token(inner.left.0.wrapping_add(1))).saturating_add(inner.width()) <= outer.width()
}

impl Node {
    /// The plan of a repair that this node starts, and the first replica that is believed down, if one is.
    pub(super) fn plan_repair(&self, with: Option<NodeId>, ask: Validation, ctx: &Ctx<'_>) -> (Plan, Option<NodeId>) {
        let mut down = None;
        let plan = arcs(ctx.ring).filter_map(|range| {
            let mut holders = ctx.ring.replicas(range.right, &ctx.settings.replicas);
            let wanted = match (with, ask.scope) {
                (Some(other), _) => holders.contains(&self.id) && holders.contains(&other) && other != self.id,
                (None, Scope::Held) => holders.contains(&self.id),
                (None, Scope::Primary) => holders.first() == Some(&self.id),
                (None, Scope::Ring) => true,
            };
            if !wanted {
                return None;
            }
            if let Some(other) = with {
                holders.retain(|node| [self.id, other].contains(node));
            }
            down = down.or(holders.iter().copied().find(|node| !self.believes_up(*node)));
            if ask.force {
                holders.retain(|node| self.believes_up(*node));
            }
            arrange(&mut holders, Ord::cmp);
            (holders.len() > 1).then(|| Share { range, holders: holders.into() })
        });
        (plan.collect(), down)
    }

    /// Whether this plan gives this node, and others beside it, only what they hold.
    pub(super) fn is_right(&self, plan: &[Share], ctx: &Ctx<'_>) -> bool {
        let own = set_of(arcs(ctx.ring));
        let holds = |share: &Share, node: &NodeId| ctx.ring.is_replica(share.range.right, &ctx.settings.replicas, *node);
        let right = |share: &Share| own.contains(&share.range) && share.holders.iter().all(|node| holds(share, node));
        plan.iter().any(|share| share.holders.contains(&self.id)) && plan.iter().all(right)
    }
}
