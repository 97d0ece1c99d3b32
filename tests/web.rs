//! The engine in WebAssembly: the same fingerprints as natively, and time that runs both ways.
#![cfg(target_arch = "wasm32")]

#[path = "support/golden.rs"]
mod golden;

use std::sync::Arc;

use drift::engine::base::{DigestFunction, NodeId};
use drift::engine::data::{Payload, Row, Rule, Version};
use wasm_bindgen_test::{console_log, wasm_bindgen_test};

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

/// The same rows as the native benchmark's, in a release build at the page's own optimisation; the table is for BENCHMARKS.md.
#[wasm_bindgen_test]
fn digest_functions_give_the_native_digests_and_are_timed() {
    const LONG_MS: f64 = 200.0;
    let known = ["0a30", "0fa3", "a984", "eb20", "0641", "3409"];
    for (function, known) in DigestFunction::EVERY.into_iter().zip(known) {
        let mut line = format!("| {} | {} |", function.name(), function.size());
        for size in [16, 256, 4_096] {
            let payload = Payload::Value(vec![7; size].into());
            let row = Some(Arc::new(Row::single(Version { clock: Rule::LastWriteWins.mint(NodeId(1), 9), payload })));
            if size == 16 {
                assert_eq!(function.of(&row).short(), known, "{}", function.name());
            }
            // The clock may tick in milliseconds only: go on until there are many of them.
            let (start, mut times, mut sum, mut passed) = (js_sys::Date::now(), 0u32, 0u64, 0.0);
            while passed < LONG_MS {
                for _ in 0..100 {
                    sum ^= std::hint::black_box(function.of(std::hint::black_box(&row))).head();
                }
                times += 100;
                passed = js_sys::Date::now() - start;
            }
            std::hint::black_box(sum);
            line.push_str(&format!(" {:.0} |", passed * 1e6 / f64::from(times)));
        }
        console_log!("{line}");
    }
}
