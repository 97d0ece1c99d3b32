//! Sweeps that use what replicas remember: what the sources say of bitmaps and of logs with checkpoints.

use std::collections::BTreeMap;

use drift::engine::base::NodeId;
use drift::engine::node::sweeps::{LogSay, Say, missing};
use drift::engine::node::{Body, Message};
use drift::engine::sweep::Seen;

use crate::run::{Played, Run};

/// ServerWideClocks, `swc_node.erl`, `norm_test`, `add_aux_test`: the bits next to the base become part of it.
#[test]
fn entries_of_a_node_clock_are_normalized() {
    assert_eq!((Seen::new(5, 3), Seen::new(5, 2).base()), (Seen::new(7, 0), 5));
    let add = |base, bits, event| {
        let mut seen = Seen::new(base, bits);
        seen.add(event);
        seen
    };
    let table =
        [((5, 3, 8), (8, 0)), ((5, 3, 7), (7, 0)), ((5, 3, 4), (7, 0)), ((2, 5, 4), (5, 0)), ((2, 5, 6), (3, 6)), ((2, 4, 6), (2, 12))];
    for ((base, bits, event), (to_base, to_bits)) in table {
        assert_eq!(add(base, bits, event), Seen::new(to_base, to_bits), "({base}, {bits}) and {event}");
    }
}

/// `join_aux_test`: joining two entries is the union of what they have seen.
#[test]
fn joined_entries_have_seen_what_either_has() {
    let table = [
        ((5, 3), (2, 4), (7, 0)),
        ((2, 2), (3, 0), (3, 1)),
        ((2, 2), (3, 1), (3, 1)),
        ((2, 2), (3, 2), (3, 3)),
        ((2, 2), (3, 4), (3, 5)),
        ((3, 2), (1, 4), (3, 3)),
        ((3, 2), (1, 16), (3, 6)),
    ];
    for (a, b, joined) in table {
        let (a, b, joined) = (Seen::new(a.0, a.1), Seen::new(b.0, b.1), Seen::new(joined.0, joined.1));
        let (mut there, mut back) = (a.clone(), b.clone());
        there.join(&b);
        back.join(&a);
        assert_eq!((&there, &back), (&joined, &joined), "{a:?} and {b:?}");
    }
}

/// `missing_dots_test`: the events of one clock that are not in another.
#[test]
fn missing_events_are_those_of_the_source_s_own_test() {
    let clock =
        |entries: &[(u64, u64)]| (0..).zip(entries).map(|(node, (base, bits))| (0, NodeId(node), Seen::new(*base, *bits))).collect();
    let (b1, b2): (Vec<_>, Vec<_>) = (
        clock(&[(12, 0), (7, 0), (4, 0), (5, 0), (5, 0), (7, 10), (5, 10), (5, 14)]),
        clock(&[(5, 14), (5, 14), (5, 14), (5, 14), (15, 0), (5, 14), (7, 10), (7, 10)]),
    );
    let mut found: BTreeMap<u32, Vec<u64>> = BTreeMap::new();
    missing(&b1, &b2).for_each(|(_, node, event)| found.entry(node.0).or_default().push(event));
    assert_eq!(found, BTreeMap::from([(0, vec![6, 10, 11, 12]), (1, vec![6]), (5, vec![6, 11]), (7, vec![8])]));
    assert_eq!(missing(&clock(&[(2, 2), (3, 0)]), &[]).map(|(.., event)| event).collect::<Vec<_>>(), [1, 2, 4, 1, 2, 3]);
    assert_eq!(missing(&[], &b1).count(), 0);
}

fn talk(run: &Played) -> Vec<&LogSay> {
    let one = |m: &'_ &Message| matches!(&m.body, Body::Sweep { say, .. } if matches!(**say, Say::Log(_)));
    let all = run.sent(|m| one(&m)).into_iter();
    all.filter_map(|m| if let Body::Sweep { say, .. } = &m.body { if let Say::Log(log) = &**say { Some(log) } else { None } } else { None })
        .collect()
}

/// Apache CouchDB, replication protocol: changes since a sequence number; which of their revisions are lacking; only those documents; then a
/// checkpoint, from which the next replication starts. The source's sequence at the beginning bounds what is read.
#[test]
fn changes_since_a_number_then_what_is_lacking_then_a_checkpoint() {
    let run = Run::of(3)
        .with("repair", "off")
        .with("sweeps.policy", r#"{"method":"log"}"#)
        .at("1s", "c0 A write both v ALL")
        .at("2s", "cut C c1");
    let run = run.at("3s", "c0 A write new w ONE").at("4s", "mend-all").at("5s", "sweep C A").at("6s", "sweep C A").play();
    let [LogSay::Head { end: Some(end), .. }, LogSay::Since(from), LogSay::Changes { upto, changes }, ..] = talk(&run)[..] else {
        panic!("{:?}", talk(&run))
    };
    assert_eq!((from.seq, end, changes.iter().map(|change| change.seq).collect::<Vec<_>>()), (0, upto, vec![1, 2]));
    let fetched =
        run.sent(|m| matches!(&m.body, Body::Sweep { say, .. } if matches!(&**say, Say::FetchRows { keys, .. } if keys.len() == 1)));
    assert_eq!((fetched.len(), run.held("new")), (1, "A=w B=w C=w".to_owned()), "of two changes one is lacking");
    let later: Vec<&LogSay> = talk(&run).into_iter().filter(|say| matches!(say, LogSay::Since(_))).collect();
    assert_eq!(later.len(), 1, "the second time the checkpoint is the end: nothing is asked");
}

/// The same: without a common ancestry there is a full replication.
#[test]
fn without_a_common_past_everything_is_compared() {
    let run =
        Run::of(3).with("repair", "off").with("sweeps.policy", r#"{"method":"log"}"#).at("1s", "c0 A write k v ALL").at("2s", "sweep C A");
    let run = run.at("3s", "wipe C").at("4s", "restart C").at("5s", "sweep C A").play();
    let listed = run.sent(|m| matches!(&m.body, Body::Sweep { say, .. } if matches!(**say, Say::ListKeys { .. })));
    assert_eq!((listed.len(), run.held("k")), (1, "A=v B=v C=v".to_owned()));
}
