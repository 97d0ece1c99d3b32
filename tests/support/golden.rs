//! Runs and their fingerprints, checked natively (`tests/golden.rs`) and in WebAssembly (`tests/web.rs`): the same everywhere, for ever.

use drift::lab::{Report, Script, Session, gallery, script_from_file};

/// Seeds of generated runs, with the fingerprint of each at its end.
pub const GENERATED: [(u64, &str); 4] = [
    (1, "a5e8a4207a3b9f92ba0f99d949d88569b751aac67cab4a8a49fb2b2e191e6504"),
    (2, "8459dcecaf5cfb74a2f9bdc500e8760725053e7dd612e88666ff56ac09b0c516"),
    (3, "71872b5ec3aefa8a94d2eb20bcdfd058a663b7eaa17e71b81c8f00eef9abbb1e"),
    (4, "2a38f9a86d58716bf87c083a03c31f34be07f3d574d65aa4ec2e2903f10eda9f"),
];

/// The shipped runs, with the fingerprint of each at its end.
pub const SHIPPED: [(&str, &str); 6] = [
    ("three-answers", "12b2a7128174c1fee456e6178ee56b8e31c7fc8b07633c1cd8e7f82d136ee7b1"),
    ("cut-and-return", "9045d3ea759c0654e18e0236f85faea9b119b4d1508c69bdd852f0284bbec5d3"),
    ("v5-v3-v5", "bf7d54037ea0c719be6c51f1b100d1e5797c287d985f61bc8117ee014cf0c685"),
    ("hinted-handoff", "e610d6fd36c34c936bdd6fb63096089a22f592d6685c6b39f59ab9a347c39276"),
    ("sloppy-quorum", "19ec7e00651b46a0bfef85ac59a06f50288480fbb9096d65f6624526fcc33359"),
    ("week", "fed904b5f4c82ada4f6dba8fa378e808239118974e800c08fc6d1c320a04a25b"),
];

/// A busy run with every kind of fault: lossy, duplicating, reordering, skewed, with heartbeats and a sync interval.
pub fn generated(seed: u64) -> Script {
    let text = format!(
        r#"{{"format":"drift-run","version":1,"engine": 2,"run":{{"seed":{seed},"end":"6s",
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
