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
pub const SHIPPED: [(&str, &str); 10] = [
    ("three-answers", "12b2a7128174c1fee456e6178ee56b8e31c7fc8b07633c1cd8e7f82d136ee7b1"),
    ("cut-and-return", "9045d3ea759c0654e18e0236f85faea9b119b4d1508c69bdd852f0284bbec5d3"),
    ("v5-v3-v5", "bf7d54037ea0c719be6c51f1b100d1e5797c287d985f61bc8117ee014cf0c685"),
    ("hinted-handoff", "a1cbeda5a7604ad6af2d3d8d5e42b2aab82da97d3e6d8edb0f62fe094c8049be"),
    ("sloppy-quorum", "28fbcbfae05ab351dd6b8b4ef11bf02b59e2c24e515bd185fdb6d28fe40e09c9"),
    ("two-stale-leaves", "d727c02abd0e68f5dae71ee024c91c1904ce3907c7a24d0c665a8b8bf4a669ac"),
    ("far-and-near", "99a45caa24dce6bad37ad6a205c2984e435f4af18fc0dd54ce75834363feee62"),
    ("repair-storm", "0b1806f30e97aaf28ee54bcef99299c2255704daf51dc49e78276beb2685d5c2"),
    ("storm-tamed", "4a03668fec94171ecedc6403c5f540a1223a51aee8bbc948440de2c6fb0decf3"),
    ("week", "fed904b5f4c82ada4f6dba8fa378e808239118974e800c08fc6d1c320a04a25b"),
];

/// Runs of one mechanism each, with the fingerprint of each at its end.
pub const FEATURED: [(&str, &str); 11] = [
    ("hints-coordinator", "e7f0612c9bdcc167e73687f9d0130817e31cf8e1def125b244ff88bb3a0c6218"),
    ("hints-replica", "1f7f5eb303fde695bab95d1c7ae4d42ed6fd15e3df14c86f8e1e863fd1506de6"),
    ("hints-any", "d124c992341dc75b479ca48d33fc8e5519b163eec9cb7fc611bfb3465e9e61e6"),
    ("hints-consistent", "d044c4e8c0a1719f2bed09855a0d7d1bac3467a263b3d60d797be93271e4ec1a"),
    ("hints-proximity", "7dbfff06b2ceb528876b706698934175732f9652d00eaf18ea97e863c8fc2cfe"),
    ("stand-ins", "5c096d240fb6fd7ca56f49cb1a303aa16eddb0a1cb8171e3bb1231e094175e1f"),
    ("partitions", "25d4c57091b297983ca768bb9e8896b7a504646f089a5d619a303fc010e417cc"),
    ("reads", "f715b9fd792904f2017f87491f5567aebb10a8b24c6c2e445fc9cfc772300158"),
    ("adaptive", "4ec7696bd2ba3f874a70eb34b20a837777fd71ffbd3315984a5ca37f52b779b9"),
    ("members", "91321deef8da8c584635ce6946485cfe2ab6d15683f9f698998fac0377e6196b"),
    ("sessions", "762e66211a4554a4adabd1ab04a2f40dec4b4b3a16967ea3017e85117574cdc0"),
];

/// What stands in a configuration before its settings, the settings, and what else is done in the run of this name.
fn features(name: &str) -> (&'static str, String, &'static str) {
    const ZONES: &str = r#""topology":{"zones":[{"name":"north","racks":["1","2"]},{"name":"south"}],"style":{"tokens":8}},"#;
    const BEATS: &str = r#""detector":{"heartbeat":{"every":"100ms","timeout":"300ms"}}"#;
    let hints = |keeper: &str| {
        let settings = r#""flush":"200ms","poll":"500ms","page":300,"throttle":40000,"lifetime":"20s","room":4000,"full":"compact""#;
        (ZONES, format!(r#""replicas":[2,1],{BEATS},"write":{{"level":"ANY"}},"hints":{{"keeper":{keeper},{settings}}}"#), "")
    };
    let stand_ins = |who: &str| format!(r#"{BEATS},"fallback":{{"stand-in":"{who}","tick":"300ms","idle":"500ms"}}"#);
    match name {
        "hints-coordinator" => hints(r#""coordinator""#),
        "hints-replica" => hints(r#""replica""#),
        "hints-any" => hints(r#""any""#),
        "hints-consistent" => hints(r#"{"consistent":2}"#),
        "hints-proximity" => hints(r#""proximity""#),
        "stand-ins" => ("", stand_ins("next-healthy"), ""),
        "partitions" => {
            let write = r#""write":{"coordinate":{"replica":{"patience":"200ms"}},"durable":"ONE","primary":1,"local-first":true}"#;
            let read = r#""read":{"contact":"everyone","repair":"asynchronous","absent-counts":false,"basic-quorum":true}"#;
            let settings = format!(r#"{},{write},{read},"sync":{{"every":"150ms"}}"#, stand_ins("partition"));
            (r#""topology":{"style":{"partitions":64}},"#, settings, "")
        }
        "reads" => {
            let read = r#""speculate":{"percentile":900},"proximity":"latency","repair":{"bounded":"20ms"},"additional-write":"5ms""#;
            let read = format!(r#""read":{{"level":"LOCAL_QUORUM",{read}}},"write":{{"level":"EACH_QUORUM"}}"#);
            (ZONES, format!(r#""replicas":[3,2],"digest":"sha-256",{read}"#), "")
        }
        "adaptive" => {
            let read = r#""read":{"level":"ONE","contact":{"adaptive":{"low-ppm":100000,"high-ppm":800000}},"speculate":{"after":"15ms"}}"#;
            ("", format!(r#"{read},"digest":"murmur3","write":{{"level":"ONE"}}"#), "")
        }
        "members" => {
            let purge = r#""tombstones":{"purge":{"grace":"2s","every":"300ms"}},"hints":{"keeper":"coordinator","poll":"300ms"}"#;
            let accrual = r#""every":"100ms","initial":"200ms","max-interval":"300ms","threshold":"2.5","pause":"1s""#;
            let more =
                r#",{"at":"5s","do":"backup","node":"A"},{"at":"6s","do":"restore","node":"A"},{"at":"6s","do":"restart","node":"A"}"#;
            ("", format!(r#""detector":{{"accrual":{{{accrual}}}}},{purge},"sync":{{"every":"200ms"}}"#), more)
        }
        "sessions" => {
            let client =
                r#""read-your-writes":true,"monotonic-reads":true,"sticky":true,"retries":2,"policy":{"lower":"ONE"},"direct":"level""#;
            ("", format!(r#""client-timeout":"300ms","write":{{"timeout":"150ms"}},"client":{{{client}}}"#), "")
        }
        _ => panic!("no run called {name}"),
    }
}

/// A run of six nodes, two of which are away for a while, under a workload, with this mechanism.
pub fn featured(name: &str) -> Script {
    let (topology, settings, more) = features(name);
    let workload = r#""do":"workload","every":"9ms","duration":"7s","reads-ppm":500000,"keys":20,"seed":5,"value-bytes":{"low":1,"high":90},
        "popularity":{"skew":{"keys-ppm":100000,"operations-ppm":500000}}"#;
    let network = r#"{"latency":{"tail":{"low":"2ms","mean":"4ms"}},"loss-ppm":5000,"duplicate-ppm":20000}"#;
    let text = format!(
        r#"{{"format":"drift-run","version":1,"engine": 2,"run":{{"seed":11,"end":"12s",
        "config":{{"nodes":6,{topology}"settings":{{{settings}}},"network":{network}}},
        "commands":[
        {{"at":"0s","do":"preload","count":30}},
        {{"at":"100ms",{workload}}},
        {{"at":"1s","do":"cut","islands":[["F","c1"]]}},
        {{"at":"1500ms","do":"crash","node":"B"}},
        {{"at":"2s","do":"delete","client":"c0","via":"A","key":"key-25","level":"ONE"}},
        {{"at":"3s","do":"mend-all"}},
        {{"at":"3500ms","do":"restart","node":"B"}},
        {{"at":"4s","do":"pause","node":"C"}},
        {{"at":"4800ms","do":"resume","node":"C"}}{more},
        {{"at":"9s","do":"read","client":"c0","via":"D","key":"key-25","level":"ALL"}}]}}}}"#
    );
    script_from_file(&text).unwrap_or_else(|e| panic!("{name} is within bounds: {e}"))
}

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
    let featured = FEATURED.iter().map(|(name, known)| (format!("{name:?}"), *known, featured(name)));
    generated
        .chain(shipped)
        .chain(featured)
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
