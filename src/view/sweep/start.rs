//! Starting a sweep by hand: which two replicas, and how they find what they disagree on.

use crate::engine::base::NodeId;
use crate::engine::node::sweeps::sharers;
use crate::engine::node::{Method, Streams, SweepPolicy, Upkeep};
use crate::engine::sweep::{Combine, Depth, LeafContent, TreePolicy};
use crate::engine::world::Command;
use crate::lab::Session;
use crate::view::format::count;

/// Methods to choose from.
pub const METHODS: &[Method] = &[
    Method::Descent,
    Method::Full,
    Method::Log,
    Method::Versions,
    Method::Bitmaps,
    Method::Ranges,
    Method::Sketch,
    Method::Segments,
    Method::Trie,
    Method::Validation,
];

/// What may be hashed of a row.
pub const CONTENTS: &[(LeafContent, &str)] = &[
    (LeafContent::Row, "key, version and value"),
    (LeafContent::Version, "key and version"),
    (LeafContent::Key, "the key alone, by mistake"),
];

/// How hashes are combined.
pub const COMBINES: &[(Combine, &str)] = &[(Combine::Xor, "by exclusive or"), (Combine::Hash, "by hashing them again")];

/// What goes across of a leaf that differs.
pub const STREAMS: &[(Streams, &str)] = &[(Streams::Keys, "only rows that differ"), (Streams::Leaves, "all rows of a leaf")];

/// Where trees come from.
pub const UPKEEPS: &[(Upkeep, &str)] = &[(Upkeep::Scan, "made anew from all rows"), (Upkeep::Kept, "kept up to date")];

/// Children of a node.
pub const FANS: &[u32] = &[2, 4, 16, 256];

/// A sweep as somebody wants it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Draft {
    /// Who asks.
    pub a: NodeId,
    /// Who answers; the one who asks itself for all replicas of its ranges.
    pub b: NodeId,
    /// How.
    pub policy: SweepPolicy,
}

impl Draft {
    /// The last sweep again; else one by the settings in force, between the first two nodes that share something; `None` if no two do.
    pub fn usual(session: &Session) -> Option<Draft> {
        // Once more, most likely, what is on the screen.
        if let Some(last) = super::shown(session, None)
            && let Some(policy) = super::policy(session, last.cost.session)
        {
            let together = last.cost.parties.len() > 2;
            let a = last.cost.session.by;
            return Some(Draft { a, b: if together { a } else { last.cost.with }, policy });
        }
        let a = (0..session.world().hosts().len() as u32).map(NodeId).find(|a| !others(session, *a).is_empty())?;
        let b = others(session, a).first().copied()?;
        Some(Draft { a, b, policy: session.world().settings().sweeps.policy })
    }

    /// The same between nodes of this session: nodes that share nothing give way.
    pub fn fitting(mut self, session: &Session) -> Draft {
        let others = others(session, self.a);
        let all = self.policy.method == Method::Validation && self.b == self.a;
        if !others.contains(&self.b) && !all {
            self.b = others.first().copied().unwrap_or(self.b);
        }
        self
    }

    /// Starts it.
    pub fn command(&self) -> Command {
        match self.a == self.b {
            true => Command::Repair { node: self.a, policy: Some(self.policy) },
            false => Command::Sweep { a: self.a, b: self.b, policy: Some(self.policy) },
        }
    }
}

/// Whom a node can compare with.
pub fn others(session: &Session, node: NodeId) -> Vec<NodeId> {
    sharers(session.world().ring(), &session.world().settings().replicas, node)
}

/// Numbers of leaves to choose from, with the depth that gives each.
pub fn leaves(policy: &TreePolicy) -> Vec<(Depth, String)> {
    let most = TreePolicy::MOST_LEAVES.trailing_zeros() / policy.bits();
    let fixed = (1..=most).map(|depth| (Depth::Fixed(depth), count(1 << (policy.bits() * depth))));
    std::iter::once((Depth::Rows(most.min(16 / policy.bits()).max(1)), "as many as rows".to_owned())).chain(fixed).collect()
}

/// The choice nearest to a policy's depth.
pub fn leaf_choice(policy: &TreePolicy) -> usize {
    let all = leaves(policy);
    let place = all.iter().position(|(depth, _)| match (depth, policy.depth) {
        (Depth::Fixed(a), Depth::Fixed(b)) => *a == b,
        (Depth::Rows(_), Depth::Rows(_)) => true,
        _ => false,
    });
    place.unwrap_or(0)
}

/// The same number of leaves, or nearly, with another fan-out.
pub fn with_fan_out(policy: &TreePolicy, fan_out: u32) -> TreePolicy {
    let next = TreePolicy { fan_out, ..*policy };
    let most = TreePolicy::MOST_LEAVES.trailing_zeros() / next.bits();
    let depth = match policy.depth {
        Depth::Fixed(depth) => Depth::Fixed((depth * policy.bits()).div_ceil(next.bits()).clamp(1, most)),
        Depth::Rows(depth) => Depth::Rows((depth * policy.bits()).div_ceil(next.bits()).clamp(1, most)),
    };
    TreePolicy { depth, ..next }
}

/// Whether a method makes trees.
pub const fn has_trees(method: Method) -> bool {
    matches!(method, Method::Descent)
}

/// A method's place in the list of choices.
pub fn method_choice(method: Method) -> usize {
    METHODS.iter().position(|m| *m == method).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leaves_stay_about_as_many_when_the_fan_out_changes() {
        let binary = TreePolicy { fan_out: 2, depth: Depth::Fixed(10), ..TreePolicy::default() };
        let wide = with_fan_out(&binary, 16);
        assert_eq!((wide.fan_out, wide.depth), (16, Depth::Fixed(3)), "4096 are the fewest that are at least 1024");
        assert_eq!(with_fan_out(&TreePolicy { depth: Depth::Fixed(20), ..binary }, 256).depth, Depth::Fixed(2), "never more than the most");
        assert!(leaves(&wide).iter().all(|(depth, _)| TreePolicy { depth: *depth, ..wide }.fault().is_none()));
        assert_eq!(leaves(&binary)[leaf_choice(&binary)].1, "1024");
    }
}
