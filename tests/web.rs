//! The engine in WebAssembly: the same fingerprints as natively, and time that runs both ways.
#![cfg(target_arch = "wasm32")]

#[path = "support/golden.rs"]
mod golden;

use wasm_bindgen_test::wasm_bindgen_test;

#[wasm_bindgen_test]
fn fingerprints_are_those_of_the_native_table() {
    let differences = golden::differences();
    assert!(differences.is_empty(), "runs differ from the native table:\n{}", differences.join("\n"));
}

#[wasm_bindgen_test]
fn going_anywhere_is_like_a_fresh_run() {
    golden::seeks_like_a_fresh_run(&golden::generated(1));
    golden::seeks_like_a_fresh_run(&golden::shipped("three-answers"));
}
