//! Facts: what real systems do, each with where it is written, and that the engine does the same. One file per subject. What is told from
//! memory only has no place here.
#![cfg(not(target_arch = "wasm32"))]

mod accrual;
mod cassandra;
mod cassandra_repair;
mod digests;
mod dynamo;
mod garage;
mod hints;
mod histories;
mod integrity;
mod levels;
mod placement;
mod presets;
mod ranges;
mod reconcile;
mod repair;
mod riak;
mod schedules;

#[path = "../support/play.rs"]
mod play;
#[path = "../support/rules.rs"]
mod rules;
#[path = "../support/run.rs"]
mod run;
