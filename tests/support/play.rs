//! Short scripts for tests: the parts that matter, with the rest of a run file put round them.

use drift::lab::{Report, Script, gallery, script_from_file};

/// A run of four seconds: configuration and commands as they stand in a run file.
#[allow(dead_code, reason = "shared by several test programs")]
pub fn script(seed: u64, config: &str, commands: &str) -> Script {
    let text = format!(
        r#"{{"format":"drift-run","version":1,"engine": 2,"run":{{"seed":{seed},"end":"4s","config":{config},"commands":[{commands}]}}}}"#
    );
    script_from_file(&text).expect("the test's run is within bounds")
}

/// A shipped run.
#[allow(dead_code, reason = "shared by several test programs")]
pub fn shipped(slug: &str) -> Script {
    let (_, text) = gallery().iter().find(|(s, _)| *s == slug).expect("a shipped run");
    script_from_file(text).expect("the shipped runs are within bounds")
}

/// The words for how each operation ended, in order.
#[allow(dead_code, reason = "shared by several test programs")]
pub fn outcomes(script: &Script) -> Vec<String> {
    Report::of(script).0.operations.into_iter().map(|o| format!("{} {}", o.outcome, o.value.unwrap_or_default())).collect()
}
