//! Runs and their fingerprints, checked natively (`tests/golden.rs`) and in WebAssembly (`tests/web.rs`): the same everywhere, for ever.

use drift::lab::{Report, Script, Session, gallery, script_from_file};

/// Seeds of generated runs, with the fingerprint of each at its end.
pub const GENERATED: [(u64, &str); 4] = [
    (1, "7f876565b542cefe2d1de151a3768eb93fba65c217341db3445ab99f7c0a59bf"),
    (2, "d8e8d85ab161344c99d8739b11a768377f30ab8a2fe1983c6ea737e9c8680ab4"),
    (3, "55bdd76033996cf587774270c1d49eac4c28c59b68a08454d1dcc2eb9a6fec07"),
    (4, "9b402dd8ce073042a0197b9a06c608102ff7d9ca351c556e0e627f7231782ae4"),
];

/// The shipped runs, with the fingerprint of each at its end.
pub const SHIPPED: [(&str, &str); 4] = [
    ("three-answers", "86ddfea0bf97e81dc5b2cecb5d80f172dea1520e93920c32f272a35398ac2344"),
    ("cut-and-return", "18812019dd0a2382b5982f61d1f5d54589f5be6b65d4b92bf428211d7597dfa7"),
    ("v5-v3-v5", "f76ceb5707a2470f86374e536c3dc97eaa589b443ee27c8df8c58c70cc7d9d37"),
    ("week", "804e78668f24a2fe6866ea73d3e8eaa6f9878183a58d02b81356d9a2f0bd4b0d"),
];

/// A busy run with every kind of fault: lossy, duplicating, reordering, skewed, with heartbeats and a sync interval.
pub fn generated(seed: u64) -> Script {
    let text = format!(
        r#"{{"format":"drift-run","version":1,"engine":1,"run":{{"seed":{seed},"end":"6s",
        "config":{{"nodes":7,"settings":{{"sync":{{"every":"300ms"}},"detector":{{"heartbeat":{{"every":"250ms","timeout":"600ms"}}}}}},
        "network":{{"latency":{{"tail":{{"low":"5ms","mean":"15ms"}}}},"loss-ppm":30000,"duplicate-ppm":20000,"reorder-ppm":50000,
        "bandwidth":200000,"in-order":true}}}},
        "commands":[
        {{"at":"0s","do":"preload","count":200}},
        {{"at":"100ms","do":"write","client":"c0","via":"A","key":"k","value":"one"}},
        {{"at":"200ms","do":"clock","node":"B","offset-us":-400000}},
        {{"at":"400ms","do":"write","client":"c1","via":"B","key":"k","value":"two","level":"ONE"}},
        {{"at":"700ms","do":"cut","islands":[["C","D"],["E"]]}},
        {{"at":"800ms","do":"write","client":"c0","via":"C","key":"k","value":"three","level":"ONE"}},
        {{"at":"900ms","do":"crash","node":"F"}},
        {{"at":"1200ms","do":"pause","node":"G"}},
        {{"at":"1300ms","do":"delete","client":"c1","via":"A","key":"key-7"}},
        {{"at":"1600ms","do":"resume","node":"G"}},
        {{"at":"1700ms","do":"restart","node":"F"}},
        {{"at":"2s","do":"mend-all"}},
        {{"at":"2100ms","do":"wipe","node":"D"}},
        {{"at":"2200ms","do":"restart","node":"D"}},
        {{"at":"2500ms","do":"read","client":"c0","via":"E","key":"k","level":"ALL"}},
        {{"at":"3s","do":"set","setting":{{"repair":"asynchronous"}}}},
        {{"at":"3100ms","do":"read","client":"c1","via":"G","key":"key-7"}},
        {{"at":"4s","do":"read","client":"c1","via":"B","key":"k"}}]}}}}"#
    );
    script_from_file(&text).expect("the generated run is within bounds")
}

/// A shipped run.
pub fn shipped(slug: &str) -> Script {
    let (_, text) = gallery().iter().find(|(s, _)| *s == slug).expect("a shipped run");
    script_from_file(text).expect("the shipped runs are within bounds")
}

/// Compares every run with the table; returns the lines that differ, ready to be pasted.
pub fn differences() -> Vec<String> {
    let generated = GENERATED.iter().map(|(seed, known)| (format!("{seed}"), *known, generated(*seed)));
    let shipped = SHIPPED.iter().map(|(slug, known)| (format!("{slug:?}"), *known, shipped(slug)));
    generated
        .chain(shipped)
        .filter_map(|(name, known, script)| {
            let found = Report::of(&script).0.fingerprint;
            (found != known).then(|| format!("    ({name}, \"{found}\"),"))
        })
        .collect()
}

/// Goes to many places of a run in a jumbled order and compares each with a fresh run to the same place.
pub fn seeks_like_a_fresh_run(script: &Script) {
    let mut session = Session::open(script.clone()).expect("within bounds");
    while !session.pump(10_000) {}
    let events = session.log().len() as u32;
    for i in 0..24u32 {
        session.seek_event((i * 7_919 + 13) % (events + 1));
        let mut fresh = Session::open(script.clone()).expect("within bounds");
        fresh.seek_event(session.cursor());
        assert_eq!(session.world().fingerprint(), fresh.world().fingerprint(), "after {} events", session.cursor());
        assert_eq!(session.truth().stale_copies(), fresh.truth().stale_copies());
    }
}
