//! Placement: rings, preference lists, claims, fallbacks.

use drift::engine::base::{Draws, NodeId, Purpose};
use drift::engine::data::{Key, Payload, Token};
use drift::engine::node::Outcome;
use drift::engine::place::{Fallback, Place, Replication, Ring, Style, Topology, Zone, ZoneId};
use drift::engine::world::EventKind;
use drift::lab::{Session, script_from_file};
use proptest::prelude::*;

use crate::play;

fn letters(nodes: impl IntoIterator<Item = NodeId>) -> String {
    nodes.into_iter().map(|n| n.to_string()).collect()
}

fn node(letter: char) -> NodeId {
    letter.to_string().parse().expect("a letter")
}

fn zone(name: &str, racks: &[&str]) -> Zone {
    Zone { name: name.to_owned(), racks: racks.iter().map(|r| (*r).to_owned()).collect() }
}

/// A ring from text such as `A:1:a B:1:b`: nodes in ring order (one token each, at 10, 20, …), each with its zone and rack.
/// A letter that comes again is another token of the same node.
fn ring(text: &str) -> Ring {
    let entries: Vec<(char, &str, &str)> = text
        .split(' ')
        .map(|entry| {
            let mut parts = entry.split(':');
            let letter = parts.next().and_then(|l| l.chars().next()).expect("a letter");
            (letter, parts.next().unwrap_or("1"), parts.next().unwrap_or("a"))
        })
        .collect();
    let mut topology = Topology { zones: ["1", "2", "3"].map(|z| zone(z, &["a", "b", "c", "d"])).into(), ..Topology::default() };
    for (letter, zone, rack) in &entries {
        topology.places.entry(node(*letter)).or_insert(Place { zone: (*zone).to_owned(), rack: Some((*rack).to_owned()) });
    }
    let tokens = entries.iter().enumerate().map(|(i, (letter, ..))| (Token(10 * (i as u64 + 1)), node(*letter))).collect();
    let nodes = entries.iter().map(|(letter, ..)| node(*letter).0 + 1).max().unwrap_or(0);
    Ring::with(tokens, &topology, nodes)
}

fn per_zone(counts: &[u8]) -> Replication {
    Replication::per_zone(counts).expect("few zones")
}

/// Where Dynamo's figure 2 has its key: in the range (A, B] of the ring A to G.
const IN_AB: Token = Token(15);

#[test]
fn dynamo_stores_a_key_at_its_successor_and_the_nodes_after_it() {
    // Dynamo, section 4.2 and 4.3, figure 2: K in (A, B] lies on B, C and D; D holds (A, B], (B, C] and (C, D].
    let ring = ring("A B C D E F G");
    assert_eq!(letters(ring.replicas(IN_AB, &3.into())), "BCD");
    let held: String =
        (0..7).filter(|i| ring.is_replica(Token(10 * i + 5), &3.into(), node('D'))).map(|i| letters([NodeId(i as u32)])).collect();
    assert_eq!(held, "BCD", "the ranges that end at B, C and D");
    assert_eq!(letters(ring.walk(IN_AB)), "BCDEFGA", "the list goes on beyond N, to skip nodes that are down");
}

#[test]
fn dynamo_gives_a_replica_of_a_node_that_is_down_to_the_next_healthy_one() {
    // Dynamo, section 4.6: N is 3, A is down: the replica that would have lived on A goes to D, which knows it is A's.
    let ring = ring("A B C D E F G");
    let with = |down: &'static str| -> Vec<(String, String)> {
        let found = ring.next_healthy(Token(5), &3.into(), |n| !down.contains(&n.to_string()));
        found.iter().map(|f| (f.owner.to_string(), f.stand_in.to_string())).collect()
    };
    let pairs = |list: &[(&str, &str)]| list.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect::<Vec<_>>();
    assert_eq!(with(""), []);
    assert_eq!(with("A"), pairs(&[("A", "D")]));
    assert_eq!(with("AC"), pairs(&[("A", "D"), ("C", "E")]));
    assert_eq!(with("AD"), pairs(&[("A", "E")]), "one that is down itself helps nobody");
    assert_eq!(with("ABCDEF"), pairs(&[("A", "G")]), "fewer than needed where there is nobody left");
}

#[test]
fn a_preference_list_holds_distinct_machines_whatever_their_tokens() {
    // Dynamo, section 4.3: positions are skipped so that the list holds distinct physical nodes only.
    // Apache Cassandra 4.1, SimpleStrategy.calculateNaturalReplicas: the first token at or after the key's, wrapping.
    let ring = ring("A A B A C B D");
    let list = |token: u64, n: u32| letters(ring.replicas(Token(token), &n.into()));
    assert_eq!(list(10, 3), "ABC");
    assert_eq!(list(11, 3), "ABC", "the second of A's tokens");
    assert_eq!(list(31, 3), "ACB");
    assert_eq!(list(71, 3), "ABC", "past the last token");
    assert_eq!(list(45, 9), "CBDA", "N above the number of nodes: all of them");
}

#[test]
fn network_topology_takes_so_many_of_each_zone_in_the_order_of_one_walk() {
    // Apache Cassandra 4.1, NetworkTopologyStrategy.calculateNaturalReplicas: one pass over the ring for all data centres.
    let ring = ring("A:1:a B:2:a C:1:b D:2:b E:1:c F:2:c");
    let list = |counts: &[u8]| letters(ring.replicas(Token(5), &per_zone(counts)));
    assert_eq!(list(&[2, 2]), "ABCD");
    assert_eq!(list(&[1, 3]), "ABDF");
    assert_eq!(list(&[3]), "ACE", "a zone that is not listed has no replica");
    assert_eq!(list(&[0, 2]), "BD");
    assert_eq!(list(&[9, 1]), "ABCE", "as many as the zone has nodes");
    assert_eq!((ring.zone_of(node('D')), ring.rack_of(node('D'))), (ZoneId(1), 1));
    assert_eq!(
        (per_zone(&[3, 2]).total(), per_zone(&[3, 2]).of_zone(ZoneId(1)), Replication::Simple(3).of_zone(ZoneId(1))),
        (5, Some(2), None)
    );
}

#[test]
fn network_topology_takes_a_new_rack_before_a_second_node_of_one() {
    // Same source, DatacenterEndpoints: repeats of a rack are allowed up to N minus the number of racks, and no further.
    let list = |text: &str, n: u8| letters(ring(text).replicas(Token(5), &per_zone(&[n])));
    assert_eq!(list("A:1:a B:1:a C:1:b D:1:c", 3), "ACD", "B shares A's rack and is passed over");
    assert_eq!(list("A:1:a B:1:a C:1:a D:1:b", 3), "ABD", "two racks, N of 3: one repeat, taken at once; C is not looked at again");
    assert_eq!(list("A:1:a B:1:a C:1:a", 3), "ABC", "one rack: repeats all the way");
    assert_eq!(list("A:1:a A:1:a B:1:a C:1:b", 2), "AC", "a second token of the same machine is no repeat");
    assert_eq!(list("A:1:a B:1:a C:1:b D:1:b", 4), "ABCD");
    // Racks of the same name in two zones are two racks.
    assert_eq!(letters(ring("A:1:a B:2:a C:1:b D:2:b").replicas(Token(5), &per_zone(&[1, 1]))), "AB");
}

/// Riak's ring of `q` partitions among `nodes` nodes.
fn riak(q: u32, nodes: u32) -> Ring {
    Ring::of(&Topology { style: Style::Partitions(q), ..Topology::default() }, nodes, Draws::new(0))
}

fn owners(ring: &Ring) -> String {
    letters(ring.tokens().iter().map(|(_, node)| *node))
}

#[test]
fn riak_claims_partitions_by_turns_and_mends_the_end() {
    // riak_core, docs/ring_claim.md: 32 partitions, 5 and 6 nodes, target_n_val 4.
    assert_eq!(owners(&riak(8, 4)), "ABCDABCD");
    assert_eq!(owners(&riak(32, 5)), "ABCEABDEABCDEABCDEABCDEABCDEABCD");
    assert_eq!(owners(&riak(32, 6)), "ABCEFABDEFABCDEFABCDEFABCDEFABCD");
    assert_eq!(owners(&riak(8, 3)), "ABCABCAB", "too few nodes: neighbours share an owner where the ring closes");
}

#[test]
fn riak_looks_for_the_partition_after_the_keys() {
    // riak_core, chash:ordered_from: index / increment + 1, so a key that hashes onto a floor goes to the next partition.
    let ring = riak(8, 4);
    let first = |token: u64| ring.primaries(Token(token), 1);
    let step = 1u64 << 61;
    assert_eq!(first(u64::MAX), [(0, node('A'))]);
    assert_eq!(first(0), [(1, node('B'))]);
    assert_eq!(first(step - 1), [(1, node('B'))]);
    assert_eq!(first(step), [(2, node('C'))]);
}

#[test]
fn riak_finds_fallbacks_in_four_nodes() {
    // riak_core, riak_core_apl: four_node_test. 8 partitions; the key is the last of the ring.
    let ring = riak(8, 4);
    let list = |up: &'static str| -> Vec<(u32, char)> {
        let found = ring.active(Token(u64::MAX), 3, |n| up.contains(&n.to_string()));
        found.iter().map(|(p, n)| (*p, n.to_string().chars().next().expect("a letter"))).collect()
    };
    assert_eq!(list("ABCD"), [(0, 'A'), (1, 'B'), (2, 'C')]);
    assert_eq!(list("BCD"), [(1, 'B'), (2, 'C'), (0, 'D')]);
    assert_eq!(list("CD"), [(2, 'C'), (0, 'D'), (1, 'C')], "C is a primary and stands in as well");
    assert_eq!(list("AB"), [(0, 'A'), (1, 'B'), (2, 'A')]);
    let down = ring.fallbacks(Token(u64::MAX), 3, |n| "CD".contains(&n.to_string()));
    let of = |partition, owner, stand_in| Fallback { partition, owner: node(owner), stand_in: node(stand_in) };
    assert_eq!(down, [of(0, 'A', 'D'), of(1, 'B', 'C')]);
}

#[test]
fn riak_finds_fallbacks_in_six_nodes() {
    // riak_core, riak_core_apl: six_node_test. 64 partitions, N of 3, a key whose first partition is the nineteenth.
    let ring = riak(64, 6);
    let token = Token(u64::from_be_bytes([73, 212, 27, 234, 104, 13, 150, 207]));
    let list = |down: &'static str| -> String {
        let found = ring.active(token, 3, |n| !down.contains(&n.to_string()));
        found.iter().map(|(p, n)| format!("{p}{n} ")).collect()
    };
    for (down, expected) in [
        ("", "19B 20C 21D "),
        ("B", "20C 21D 19E "),
        ("BC", "21D 19E 20F "),
        ("BCD", "19E 20F 21A "),
        ("BCDA", "19E 20F 21E "),
        ("D", "19B 20C 21E "),
        ("DC", "19B 20E 21F "),
        ("DCF", "19B 20E 21A "),
        ("DCFA", "19B 20E 21B "),
        ("DCFAE", "19B 20B 21B "),
        ("C", "19B 21D 20E "),
    ] {
        assert_eq!(list(down), expected, "{down} down");
    }
    assert_eq!(list("ABCDEF"), "", "nobody is up");
}

#[test]
fn equal_partitions_share_the_ring_more_evenly_than_random_tokens() {
    // Dynamo, section 6.2: strategy 3 balances better than strategy 1, and more tokens better than fewer.
    let widest = |style: Style| -> u64 {
        let ring = Ring::of(&Topology { style, ..Topology::default() }, 10, Draws::new(11));
        let tokens = ring.tokens();
        let mut shares = [0u64; 10];
        for (i, (token, owner)) in tokens.iter().enumerate() {
            let before = tokens[(i + tokens.len() - 1) % tokens.len()].0;
            shares[owner.index()] += token.0.wrapping_sub(before.0) >> 20;
        }
        shares.iter().max().copied().unwrap_or(0)
    };
    let fair = (1u64 << 44) / 10;
    let (few, many, equal) = (widest(Style::Tokens(4)), widest(Style::Tokens(256)), widest(Style::Partitions(1024)));
    assert!(few > many && many > equal, "4 tokens {few}, 256 tokens {many}, partitions {equal}");
    assert!(equal <= fair + fair / 50, "103 of 1024 partitions at most, {equal} of {fair}");
}

#[test]
fn tokens_of_one_zone_are_where_they_always_were() {
    let even = Ring::of(&Topology::default(), 6, Draws::new(77));
    assert_eq!(even.tokens(), Ring::even(6).tokens());
    assert_eq!(letters(even.tokens().iter().map(|(_, n)| *n)), "ABCDEF");
    assert_eq!(even.tokens()[3].0, Token((1 << 63) - 2), "a sixth of the ring each, rounded down");
}

#[test]
fn zones_take_nodes_in_blocks_and_share_the_ring_by_turns() {
    let topology = Topology { zones: vec![zone("north", &["1", "2"]), zone("south", &[])], ..Topology::default() };
    let ring = Ring::of(&topology, 7, Draws::new(0));
    let zones: Vec<u32> = (0..7).map(|n| ring.zone_of(NodeId(n)).0).collect();
    assert_eq!(zones, [0, 0, 0, 0, 1, 1, 1]);
    let racks: Vec<u32> = (0..7).map(|n| ring.rack_of(NodeId(n))).collect();
    assert_eq!(racks, [0, 1, 0, 1, 0, 0, 0]);
    assert_eq!(owners(&ring), "AEBFCGD");
    assert_eq!((ring.zones()[0].name.as_str(), ring.zones()[0].nodes, ring.zones()[0].racks), ("north", 4, 2));
}

/// A topology of any kind for up to twelve nodes.
fn topology() -> impl Strategy<Value = (Topology, u32)> {
    let style = prop_oneof![(1..=16u32).prop_map(Style::Tokens), (0..=7u32).prop_map(|power| Style::Partitions(1 << power)),];
    let zones = prop::collection::vec(1..=3usize, 0..=3);
    (style, zones, 1..=12u32, prop::collection::btree_set(0..12u32, 0..=3)).prop_map(|(style, zones, nodes, idle)| {
        let zones = zones.iter().enumerate().map(|(i, racks)| zone(&format!("z{i}"), &["1", "2", "3"][..*racks])).collect();
        let coordinators = idle.into_iter().filter(|n| *n > 0 && *n < nodes).map(NodeId).collect();
        (Topology { zones, style, coordinators, ..Topology::default() }, nodes)
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    /// N distinct nodes that own something, the same every time, prepared or not; as many racks as can be had.
    #[test]
    fn a_preference_list_is_as_wide_as_it_can_be(
        (topology, nodes) in topology(), seed in any::<u64>(), token in any::<u64>(), n in 1..=14u32, counts in prop::collection::vec(0..=5u8, 0..=4),
    ) {
        let ring = Ring::of(&topology, nodes, Draws::new(seed));
        for replication in [Replication::Simple(n), per_zone(&counts)] {
            let list = ring.replicas(Token(token), &replication);
            let mut prepared = Ring::of(&topology, nodes, Draws::new(seed));
            prepared.prepare(&replication);
            prop_assert_eq!(&prepared.replicas(Token(token), &replication), &list);
            let mut once = list.clone();
            once.sort_unstable();
            once.dedup();
            prop_assert_eq!(once.len(), list.len(), "nobody twice");
            let owning: Vec<NodeId> = (0..nodes).map(NodeId).filter(|n| ring.owns(*n)).collect();
            prop_assert!(list.iter().all(|n| ring.owns(*n) && !topology.coordinators.contains(n)));
            for node in (0..nodes).map(NodeId) {
                prop_assert_eq!(ring.is_replica(Token(token), &replication, node), list.contains(&node));
            }
            match replication {
                Replication::Simple(n) => prop_assert_eq!(list.len(), owning.len().min(n as usize)),
                Replication::PerZone(_) => for zone in (0..topology.zone_count()).map(ZoneId) {
                    let here = |list: &[NodeId]| -> Vec<NodeId> { list.iter().copied().filter(|n| ring.zone_of(*n) == zone).collect() };
                    let racks = |list: &[NodeId]| list.iter().map(|n| ring.rack_of(*n)).collect::<std::collections::BTreeSet<_>>().len();
                    let (there, taken) = (here(&owning), here(&list));
                    let wanted = replication.of_zone(zone).unwrap_or(0) as usize;
                    prop_assert_eq!(taken.len(), there.len().min(wanted));
                    prop_assert_eq!(racks(&taken), racks(&there).min(wanted), "distinct racks while there are any");
                },
            }
        }
    }

    /// Virtual nodes: one more node takes from the others and moves nothing between them (Dynamo, section 4.2; Karger et al. 1997).
    #[test]
    fn one_more_node_moves_only_what_it_takes(seed in any::<u64>(), nodes in 1..12u32, each in 2..=16u32, n in 1..=3u32, keys in prop::collection::vec(any::<u64>(), 50)) {
        let topology = Topology { style: Style::Tokens(each), ..Topology::default() };
        let (before, after) = (Ring::of(&topology, nodes, Draws::new(seed)), Ring::of(&topology, nodes + 1, Draws::new(seed)));
        for token in keys.into_iter().map(Token) {
            let (old, mut new) = (before.replicas(token, &n.into()), after.replicas(token, &n.into()));
            if new.contains(&NodeId(nodes)) {
                new.retain(|node| *node != NodeId(nodes));
                prop_assert_eq!(&old[..new.len()], &new[..], "the new node pushes out the last one only");
            } else {
                prop_assert_eq!(old, new);
            }
        }
    }

    /// Riak's active list: as many as are up and needed, primaries in ring order first, nobody who is down.
    #[test]
    fn fallbacks_stand_in_for_those_who_are_down(q in 0..=7u32, nodes in 1..=9u32, n in 1..=5u32, token in any::<u64>(), down in any::<u16>()) {
        let ring = riak(1 << q, nodes);
        let up = |node: NodeId| down >> node.0 & 1 == 0;
        let primaries = ring.primaries(Token(token), n);
        let fallbacks = ring.fallbacks(Token(token), n, up);
        let missing: Vec<(u32, NodeId)> = primaries.iter().copied().filter(|(_, node)| !up(*node)).collect();
        prop_assert!(fallbacks.len() <= missing.len());
        for (fallback, (partition, owner)) in fallbacks.iter().zip(&missing) {
            prop_assert_eq!((fallback.partition, fallback.owner), (*partition, *owner));
            prop_assert!(up(fallback.stand_in));
        }
        let helpers = ring.tokens().len().saturating_sub(n as usize);
        let healthy = ring.clockwise(Token(token)).skip(n as usize).filter(|(_, node)| up(*node)).count();
        prop_assert!(healthy <= helpers);
        prop_assert_eq!(fallbacks.len(), missing.len().min(healthy));
    }
}

#[test]
fn a_write_reaches_so_many_nodes_of_each_zone() {
    let script = play::script(
        4,
        r#"{"nodes":7,"settings":{"replicas":[2,1]},"topology":{"zones":[{"name":"north","racks":["1","2"]},{"name":"south"}],"coordinators":["G"]}}"#,
        r#"{"at":"1s","do":"write","client":"c0","via":"G","key":"cart","value":"tea","level":"ALL"}"#,
    );
    assert_eq!(play::outcomes(&script), ["written tea"]);
    let mut session = Session::open(script).expect("within bounds");
    session.seek_time(session.end());
    let world = session.world();
    let holders: Vec<NodeId> = world.hosts().iter().filter(|h| h.node.store.get(&Key::new("cart")).is_some()).map(|h| h.node.id).collect();
    assert_eq!(holders.iter().filter(|n| world.ring().zone_of(**n) == ZoneId(0)).count(), 2);
    assert_eq!(holders.iter().filter(|n| world.ring().zone_of(**n) == ZoneId(1)).count(), 1);
    assert!(!holders.contains(&node('G')), "G coordinated and holds nothing");
    let sent = session.log().iter().filter(|e| matches!(&e.kind, EventKind::Sent(m) if m.body.row().is_some())).count();
    assert_eq!(sent, 3, "one message to each replica");
}

#[test]
fn a_change_of_replicas_holds_from_the_next_operation_on() {
    let script = play::script(
        4,
        r#"{"nodes":6,"topology":{"zones":[{"name":"north"},{"name":"south"}],"style":{"tokens":8}}}"#,
        r#"{"at":"1s","do":"write","client":"c0","via":"A","key":"k","value":"one","level":"ALL"},
           {"at":"2s","do":"set","setting":{"replicas":[0,2]}},
           {"at":"3s","do":"write","client":"c0","via":"A","key":"k","value":"two","level":"ALL"}"#,
    );
    let mut session = Session::open(script).expect("within bounds");
    session.seek_time(session.end());
    let acks: Vec<u32> = session
        .log()
        .iter()
        .filter_map(|e| if let EventKind::Ended(Outcome::Written { acks, .. }) = e.kind { Some(acks) } else { None })
        .collect();
    assert_eq!(acks, [3, 2]);
    let world = session.world();
    let newest = |node: NodeId| {
        let row = world.host(node).and_then(|h| h.node.store.get(&Key::new("k")).cloned());
        row.is_some_and(|row| matches!(&row.versions()[0].payload, Payload::Value(bytes) if bytes[..] == *b"two"))
    };
    let holders: Vec<NodeId> = (0..6).map(NodeId).filter(|n| newest(*n)).collect();
    assert_eq!(holders.len(), 2);
    assert!(holders.iter().all(|n| world.ring().zone_of(*n) == ZoneId(1)), "{holders:?}");
}

#[test]
fn too_few_nodes_make_a_level_unavailable() {
    // Apache Cassandra 4.1: block-for comes from N, not from the nodes there are.
    let script = play::script(
        1,
        r#"{"nodes":2,"settings":{"replicas":5}}"#,
        r#"{"at":"1s","do":"write","client":"c0","via":"A","key":"k","value":"v"},{"at":"2s","do":"write","client":"c0","via":"A","key":"k","value":"v","level":"ONE"}"#,
    );
    assert_eq!(play::outcomes(&script), ["unavailable v", "written v"]);
}

#[test]
fn a_topology_is_checked_in_words_that_name_field_and_bound() {
    let refused = |config: &str, command: &str| -> String {
        let text = format!(
            r#"{{"format":"drift-run","version":1,"engine": 2,"run":{{"seed":1,"end":"4s","config":{config},"commands":[{command}]}}}}"#
        );
        script_from_file(&text).expect_err("out of bounds").to_string()
    };
    let many: Vec<String> = (0..9).map(|z| format!(r#"{{"name":"z{z}"}}"#)).collect();
    let two = r#""zones":[{"name":"n"},{"name":"s","racks":["1"]}]"#;
    for (config, field, bound) in [
        (r#"{"settings":{"replicas":0}}"#.to_owned(), "replicas", "1 to 100"),
        (r#"{"settings":{"replicas":101}}"#.to_owned(), "replicas", "1 to 100"),
        (r#"{"settings":{"replicas":[0]}}"#.to_owned(), "replicas", "at least 1"),
        (r#"{"settings":{"replicas":[]}}"#.to_owned(), "replicas", "at least 1"),
        (r#"{"settings":{"replicas":[3,3]}}"#.to_owned(), "replicas", "each of the 1 zones"),
        (format!(r#"{{"settings":{{"replicas":[3,101]}},"topology":{{{two}}}}}"#), "replicas", "0 to 100"),
        (r#"{"settings":{"replicas":[1,1,1,1,1,1,1,1,1]}}"#.to_owned(), "replicas", "at most 8"),
        (format!(r#"{{"topology":{{"zones":[{}]}}}}"#, many.join(",")), "zones", "at most 8"),
        (r#"{"topology":{"zones":[{"name":"a"},{"name":"a"}]}}"#.to_owned(), "zones", "same name"),
        (r#"{"topology":{"zones":[{"name":""}]}}"#.to_owned(), "zones", "1 to 24"),
        (r#"{"topology":{"zones":[{"name":"a","racks":["r","r"]}]}}"#.to_owned(), "racks", "same name"),
        (format!(r#"{{"topology":{{{two},"places":{{"A":{{"zone":"west"}}}}}}}}"#), "places", "west"),
        (format!(r#"{{"topology":{{{two},"places":{{"A":{{"zone":"s","rack":"9"}}}}}}}}"#), "places", "9"),
        (format!(r#"{{"topology":{{{two},"places":{{"Z":{{"zone":"s"}}}}}}}}"#), "places", "no Z"),
        (r#"{"nodes":2,"topology":{"coordinators":["A","B"]}}"#.to_owned(), "coordinators", "at least one"),
        (r#"{"nodes":2,"topology":{"coordinators":["C"]}}"#.to_owned(), "coordinators", "no C"),
        (r#"{"topology":{"style":{"tokens":0}}}"#.to_owned(), "tokens", "1 to 256"),
        (r#"{"topology":{"style":{"tokens":257}}}"#.to_owned(), "tokens", "1 to 256"),
        (r#"{"topology":{"style":{"partitions":12}}}"#.to_owned(), "partitions", "power of two"),
        (r#"{"topology":{"style":{"partitions":2048}}}"#.to_owned(), "partitions", "1024"),
    ] {
        let words = refused(&config, "");
        assert!(words.contains(field) && words.contains(bound), "{config}: {words}");
    }
    let words = refused("{}", r#"{"at":"1s","do":"set","setting":{"replicas":[1,2]}}"#);
    assert!(words.contains("replicas") && words.contains("each of the 1 zones"), "{words}");
}

#[test]
fn tokens_do_not_depend_on_how_many_other_nodes_there_are() {
    let draws = Draws::new(5);
    let ring = Ring::of(&Topology { style: Style::Tokens(2), ..Topology::default() }, 3, draws);
    let own: Vec<Token> = ring.tokens().iter().filter(|(_, n)| *n == node('B')).map(|(t, _)| *t).collect();
    let mut expected: Vec<Token> = (0..2).map(|i| Token(draws.draw(Purpose::Token, [1, i]))).collect();
    expected.sort_unstable();
    assert_eq!(own, expected);
}
