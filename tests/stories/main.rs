//! Stories: what a person sees in a run, fault by fault and rule by rule, each with what must not happen.
#![cfg(not(target_arch = "wasm32"))]

mod bitmaps;
mod clients;
mod combined;
mod cuts;
mod digests;
mod found;
mod handoff;
mod levels;
mod liars;
mod load;
mod logs;
mod machines;
mod members;
mod method_liars;
mod network;
mod quorums;
mod read_repair;
mod reads;
mod redrawn;
mod redrawn_swarm;
mod rot;
mod segments;
mod sets;
mod shipped;
mod sweeps;
mod turns;
mod versions;

mod incremental;
#[path = "../support/play.rs"]
mod play;
#[path = "../support/run.rs"]
mod run;
mod tombstones;
mod tries;
mod validation;
mod validation_liars;
