//! How much memory a run keeps for each event of its log, what the log points to included.
#[path = "event_loop/ours.rs"]
#[expect(dead_code, reason = "the rates are the other benchmark's")]
mod ours;
#[path = "event_loop/work.rs"]
#[expect(dead_code, reason = "the bare messages are the other benchmark's")]
mod work;

use drift::engine::node::Message;
use drift::engine::world::Event;
use drift_bench::{machine, write_section};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};
use std::alloc::System;

#[global_allocator]
static COUNTING: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// Events of the run.
const EVENTS: u64 = 200_000;

fn main() -> std::io::Result<()> {
    let whole = Region::new(COUNTING);
    let mut log = Vec::with_capacity(EVENTS as usize + 1_000);
    let world = ours::served(64, EVENTS, &mut log);
    let events = log.len();
    let kept = held(&whole);
    drop(world);
    let logged = held(&whole);
    drop(log);
    let each = |bytes: isize| bytes as f64 / events as f64;
    let table = format!(
        "Bytes asked of the allocator and not given back after a run of {events} events (64 operations open at any time, quorum reads and writes).\n{}\n\n\
         | | bytes | aim |\n|---|---|---|\n\
         | a kept event, with all that it points to | {:.0} | 200 |\n| the world beside the log, for each event | {:.0} | |\n\
         | of it the entry itself (`size_of::<Event>()`) | {} | |\n| a message, shared by its events (`size_of::<Message>()`) | {} | |\n",
        machine(),
        each(logged),
        each(kept - logged),
        size_of::<Event>(),
        size_of::<Message>(),
    );
    println!("{table}");
    write_section("Memory", &table)
}

/// Bytes allocated since, less those given back.
fn held(since: &Region<'_, System>) -> isize {
    let change = since.change();
    change.bytes_allocated as isize - change.bytes_deallocated as isize
}
