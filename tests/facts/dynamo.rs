//! DeCandia and others, "Dynamo: Amazon's highly available key-value store", SOSP 2007.

use drift::engine::base::NodeId;
use drift::engine::data::Token;
use drift::engine::node::sweeps::{Say, common_ranges};
use drift::engine::node::{Body, Message};
use drift::engine::place::Ring;
use drift::engine::sweep::TokenRange;

use crate::run::Run;

/// Section 4.3: a key is stored at its coordinator and the N−1 next nodes clockwise; the list holds only distinct physical nodes. Figure 2:
/// with N = 3, node D stores the keys of the ranges (A, B], (B, C] and (C, D].
#[test]
fn a_node_stores_the_ranges_of_its_predecessors() {
    let ring = Ring::even(7);
    let owner = |n: usize| ring.tokens()[n].0.0;
    let (a, b, c, d) = (owner(0), owner(1), owner(2), owner(3));
    let holds = |token: u64| ring.is_replica(Token(token), &3.into(), NodeId(3));
    assert!([a + 1, b, b + 1, c, c + 1, d].into_iter().all(holds), "(A, B], (B, C] and (C, D]");
    assert!(![a, d + 1, u64::MAX].into_iter().any(holds), "and nothing else");
}

/// Section 4.5: R and W are chosen so that R + W > N, as in a quorum system; section 6: (3, 2, 2) is common for (N, R, W). Whichever replica
/// missed the write and whoever reads: a read finds it, without any repair. With R + W = N it may not.
#[test]
fn r_and_w_that_overlap_find_the_last_write() {
    let story = |missed: &str, writer: &str, reader: &str, level: &str| {
        let run = Run::of(3).with("repair", "off").at("0s", &format!("cut {missed}")).at("1s", &format!("c0 {writer} write k v QUORUM"));
        run.at("3s", "mend-all").at("4s", &format!("c1 {reader} read k {level}")).play().outcomes()
    };
    for (missed, writer) in [("A", "B"), ("B", "C"), ("C", "A")] {
        for reader in ["A", "B", "C"] {
            assert_eq!(story(missed, writer, reader, "QUORUM"), ["written", "value v"]);
        }
        assert_eq!(story(missed, writer, missed, "ONE"), ["written", "not-found"]);
    }
}

/// Section 4.7: each node has a tree for each key range that it hosts; two nodes exchange the roots of the ranges that they host in common,
/// and if they are equal, nothing else.
#[test]
fn two_nodes_compare_the_ranges_they_host_in_common() {
    let ring = Ring::even(7);
    let (_, b) = ring.tokens()[1];
    let token = |n: usize| ring.tokens()[n].0;
    // C stores (G, A], (A, B] and (B, C]; D stores (A, B], (B, C] and (C, D].
    let common = common_ranges(&ring, &3.into(), NodeId(2), NodeId(3));
    let expected = [(0, 1), (1, 2)].map(|(left, right)| TokenRange { left: token(left), right: token(right) });
    assert_eq!(common, expected);
    assert_eq!(common_ranges(&ring, &3.into(), b, NodeId(5)), [], "B and F share nothing");
    let run = Run::of(7).at("1s", "c0 A write k v ALL").at("3s", "sweep C D").play();
    let said = |m: &Message| if let Body::Sweep { say, .. } = &m.body { Some((**say).clone()) } else { None };
    let all: Vec<Say> = run.sent(|m| said(m).is_some()).into_iter().filter_map(said).collect();
    let [Say::Open { ranges, .. }, Say::Roots(roots), Say::Close] = all.as_slice() else { panic!("{all:?}") };
    assert_eq!((ranges.as_ref(), roots.len()), (expected.as_slice(), 2));
}
