//! Facts about real systems and papers, each with its source, that the engine must reproduce.
#![cfg(not(target_arch = "wasm32"))]

mod accrual;
mod digests;
mod placement;
#[path = "../support/play.rs"]
mod play;
