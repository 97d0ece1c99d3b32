//! Digest functions: what they cost on the wire, and that each does its work. Sizes are those of the algorithms' own descriptions
//! (xxHash, SipHash, RFC 1321, FIPS 180-4, MurmurHash3).

use drift::engine::base::{DigestFunction, Wire};
use drift::engine::node::{Body, Message, Note};
use drift::engine::world::EventKind;
use drift::lab::{Session, script_from_file};

/// C misses a write behind a cut; then everybody is asked, and asked again.
fn run(digest: &str) -> Session {
    let text = format!(
        r#"{{"format":"drift-run","version":1,"engine": 2,"run":{{"seed":2,"end":"9s","config":{{"nodes":3,"settings":{{"digest":"{digest}"}}}},"commands":[
        {{"at":"0s","do":"cut","islands":[["C"]]}},{{"at":"1s","do":"write","client":"c0","via":"A","key":"k","value":"v"}},
        {{"at":"4s","do":"mend-all"}},{{"at":"5s","do":"read","client":"c1","via":"A","key":"k","level":"ALL"}},
        {{"at":"7s","do":"read","client":"c1","via":"B","key":"k","level":"ALL"}}]}}}}"#
    );
    let mut session = Session::open(script_from_file(&text).expect("within bounds")).expect("opens");
    session.seek_time(session.end());
    session
}

fn digests(session: &Session) -> Vec<Message> {
    let sent = session.log().iter().filter_map(|e| if let EventKind::Sent(m) = &e.kind { Some((**m).clone()) } else { None });
    sent.filter(|m| matches!(m.body, Body::Digest(_))).collect()
}

#[test]
fn every_function_finds_the_stale_copy_and_costs_its_own_bytes() {
    let names = ["xxh64", "siphash-1-3", "xxh3", "md5", "sha-256", "murmur3"];
    let bytes = [8u32, 8, 8, 16, 32, 16];
    // Whatever the digest: what comes before it is a body's code and the message's header.
    let envelope = digests(&run("xxh64"))[0].size - 8;
    for ((name, bytes), function) in names.into_iter().zip(bytes).zip(DigestFunction::EVERY) {
        let s = run(name);
        assert_eq!(s.world().settings().digest, function);
        let sent = digests(&s);
        assert_eq!(sent.len(), 4, "two replicas answer each read with a digest");
        for message in sent {
            let mut encoded = Vec::new();
            message.encode(&mut encoded);
            assert_eq!((message.size, encoded.len() as u32), (envelope + bytes, envelope + bytes), "{name}");
            let Body::Digest(digest) = &message.body else { continue };
            assert!(encoded.ends_with(digest.bytes()), "{name}: the digest itself travels");
        }
        let count = |wanted: fn(&Note) -> bool| s.log().iter().filter(|e| matches!(&e.kind, EventKind::Note(n) if wanted(n))).count();
        assert_eq!(count(|n| matches!(n, Note::DigestsDiffer { .. })), 1, "{name}: the first read finds C behind");
        assert_eq!(count(|n| matches!(n, Note::DigestsMatch)), 1, "{name}: the second finds all equal");
        assert_eq!(s.truth().stale_copies(), 0, "{name}");
    }
}

#[test]
fn the_function_shows_in_the_fingerprint_only_through_the_bytes_sent() {
    let of = |name: &str| run(name).world().fingerprint();
    assert_ne!(of("xxh64"), of("sha-256"), "other sizes, other run");
    assert_eq!(of("md5"), of("murmur3"), "as many bytes, the same decisions: the same run");
}

#[test]
fn a_function_changed_under_a_read_costs_a_second_round_and_no_more() {
    let text = r#"{"format":"drift-run","version":1,"engine": 2,"run":{"end":"5s","config":{"nodes":3,"network":{"latency":{"fixed":"10ms"}}},"commands":[
        {"at":"1s","do":"write","client":"c0","via":"A","key":"k","value":"v"},
        {"at":"2s","do":"read","client":"c1","via":"A","key":"k","level":"ALL"},
        {"at":"2025ms","do":"set","setting":{"digest":"md5"}},
        {"at":"3s","do":"read","client":"c1","via":"A","key":"k","level":"ALL"}]}}"#;
    let mut s = Session::open(script_from_file(text).expect("within bounds")).expect("opens");
    s.seek_time(s.end());
    let values: Vec<bool> = s.history().operations().iter().map(|o| o.ended.is_some()).collect();
    assert_eq!(values, [true; 3], "everybody is answered");
    let last =
        s.log().iter().rev().find_map(|e| {
            if let EventKind::Note(n @ (Note::DigestsMatch | Note::DigestsDiffer { .. })) = &e.kind { Some(n) } else { None }
        });
    assert_eq!(last, Some(&Note::DigestsMatch));
    assert_eq!(s.truth().stale_copies(), 0);
}

#[test]
fn one_row_has_the_same_digests_here_and_in_webassembly() {
    use drift::engine::base::NodeId;
    use drift::engine::data::{Payload, Row, Rule, Version};
    // The same table stands in tests/web.rs.
    let known = ["0a30", "0fa3", "a984", "eb20", "0641", "3409"];
    let payload = Payload::Value(vec![7; 16].into());
    let row = Some(std::sync::Arc::new(Row::single(Version { clock: Rule::LastWriteWins.mint(NodeId(1), 9), payload })));
    assert_eq!(DigestFunction::EVERY.map(|function| function.of(&row).short()), known);
}
