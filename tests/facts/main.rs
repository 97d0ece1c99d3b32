//! Facts: what real systems do, each with where it is written, and that the engine does the same. One file per system. What is told from
//! memory only has no place here.
#![cfg(not(target_arch = "wasm32"))]

mod cassandra;
mod dynamo;

#[path = "../support/rules.rs"]
mod rules;
#[path = "../support/run.rs"]
mod run;
