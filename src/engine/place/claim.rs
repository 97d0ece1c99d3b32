//! Who owns which of Q equal partitions.

use crate::engine::base::NodeId;

/// How many partitions in a row should have different owners (Riak, `target_n_val`).
pub const TARGET_N: usize = 4;

/// The owners of `q` partitions in ring order: the nodes by turns. If that would let the last partitions and the first ones share
/// an owner within [`TARGET_N`] of each other, the end is lengthened by nodes that are taken out of earlier turns, the last one
/// from the first turn (Riak, `riak_core_claim:sequential_claim`; worked in its docs/ring_claim.md). Where there are too few
/// nodes or turns for that, neighbours may share an owner.
pub fn claim(q: u32, nodes: &[NodeId]) -> Vec<NodeId> {
    let (q, count) = (q as usize, nodes.len());
    if count == 0 {
        return Vec::new();
    }
    let (turns, overhang) = (q / count, q % count);
    let missing = TARGET_N.saturating_sub(overhang);
    let spare = count.saturating_sub(TARGET_N);
    if overhang == 0 || missing == 0 || turns * spare < missing {
        return nodes.iter().cycle().take(q).copied().collect();
    }
    let from_each = missing.div_ceil(turns);
    let mut owners = Vec::with_capacity(q);
    let mut taken = 0;
    for _ in 0..turns {
        let take = from_each.min(missing - taken);
        let first = TARGET_N - taken - take;
        owners.extend(nodes.iter().enumerate().filter(|(i, _)| !(first..first + take).contains(i)).map(|(_, node)| *node));
        taken += take;
    }
    owners.extend(&nodes[..TARGET_N]);
    owners
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nodes(n: u32) -> Vec<NodeId> {
        (0..n).map(NodeId).collect()
    }

    #[test]
    fn every_partition_has_an_owner_and_shares_are_even() {
        for n in 1..=40 {
            for q in [1, 2, 4, 8, 16, 32, 64, 128, 1024] {
                let owners = claim(q, &nodes(n));
                assert_eq!(owners.len(), q as usize, "{n} nodes, {q} partitions");
                let shares: Vec<usize> = nodes(n).iter().map(|node| owners.iter().filter(|o| *o == node).count()).collect();
                let (least, most) = (shares.iter().min().copied().unwrap_or(0), shares.iter().max().copied().unwrap_or(0));
                assert!(most - least <= 1, "{n} nodes, {q} partitions: {shares:?}");
            }
        }
    }

    #[test]
    fn neighbours_differ_wherever_there_is_room() {
        for n in 8..=40 {
            for q in [128, 256, 1024] {
                let owners = claim(q, &nodes(n));
                for i in 0..owners.len() {
                    let four: Vec<NodeId> = (0..TARGET_N).map(|k| owners[(i + k) % owners.len()]).collect();
                    assert!((0..TARGET_N).all(|a| !four[..a].contains(&four[a])), "{n} nodes, {q} partitions, at {i}: {four:?}");
                }
            }
        }
    }

    #[test]
    fn nobody_owns_nothing() {
        assert_eq!(claim(8, &[]), []);
    }
}
