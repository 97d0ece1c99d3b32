//! The same run has the same fingerprint, for ever (natively; `tests/web.rs` checks the same table in WebAssembly).

#[path = "support/golden.rs"]
mod golden;

#[test]
fn fingerprints_are_those_of_the_table() {
    let differences = golden::differences();
    assert!(differences.is_empty(), "runs differ; if that is meant, raise ENGINE_VERSION and put these in:\n{}", differences.join("\n"));
}

#[test]
fn going_anywhere_is_like_a_fresh_run() {
    golden::seeks_like_a_fresh_run(&golden::generated(1));
    golden::seeks_like_a_fresh_run(&golden::shipped("three-answers"));
}
